"""What the demos of this chapter come to."""

NUMBERS = {
    "01_neuron": {
        "h": 0.7162978701990246,
        "by_hand[0] - by_graph[0] + by_hand[1]": -0.973834722296683,
        "slopes[16.0]": 4.0,
    },
    "02_activations": {"dead[0]": 0, "dead[1]": 5, "learning": 16, "round(learnt, 4)": -1.0},
    "03_collapse": {
        "A[0, 0]": -0.15932057829990035,
        "c[0]": 0.2472206313010888,
        "apart < 1e-14": True,
        "round(float(weights[2]), 9)": 0.5,
        "round(losses[0], 6)": 0.25,
        "losses[1] < 1e-6": True,
    },
    "04_worksheet": {
        "E.data": 0.3149154107353313,
        "delta2[0]": 0.09252412965781961,
        "delta1[1]": 0.024983624587198324,
        "by_hand['W1_21']": 0.004972536703028679,
        "apart < 1e-12": True,
    },
    "05_matrix_calculus": {
        "product[1]": 0.5,
        "tensor.shape == (3, 4, 3)": True,
        "np.allclose(contracted, outer)": True,
        "dz[2]": -0.8727992934955575,
        "outer[0, 0]": 0.1910660203513141,
    },
    "06_vector_form": {
        "squared[2]": 1.1,
        "softmax_residuals[0]": -0.6227913992481926,
        "lengths[0]": 4.694700924591301,
        "dh[0]": -0.05106057587646287,
        "apart < 1e-12": True,
        "lengths[1] < 1.0": True,
    },
    "07_batch_gradient": {
        "batch[0]": 0.020995013674466104,
        "np.allclose(each.mean(axis=0), batch)": True,
        "np.allclose(accumulated, batch)": True,
        "np.allclose(dW1, by_graph)": True,
        "lengths.mean()": 2.113804808422617,
    },
    "09_moons": {"accuracies[-1]": 1.0},
    "11_digits": {"len(test)": 359},
}
