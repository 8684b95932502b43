"""What the demos of this chapter come to."""

NUMBERS = {
    "01_step_size": {
        "best[0]": 1.4785389261537527,
        "best[1]": 0.5322718108321608,
        "limit": 0.9375719089365653,
        "error(paths['right'][-1])": 0.1064464472818162,
        "error(paths['too big'][-1]) > error(paths['too big'][0]) / 2": True,
        "stopped['StopWhenStill', 0.001][1] > 100 * stopped['StopAtSmallGradient', 0.001][1]": True,
    },
    "02_convexity": {
        "len(left)": 99,
        "f(left[0])": -0.3054284531783504,
        "f(right[0])": 0.29414654744955404,
        "cut['bowl']": 0,
        "cut['f'] > 0": True,
        "chords['linear model']": 0,
        "chords['2-3-1 network'] > 0": True,
    },
    "03_momentum": {
        "apart < 1e-15": True,
        "values['valley', 'gradient descent'][-1]": 0.02456258464699521,
        "values['banana', 'momentum'][-1] < values['banana', 'gradient descent'][-1] / 1e3": True,
        "first[0]": 0.1999999990000001,
        "first[1]": -0.19999999993333328,
    },
    "04_batch_or_stochastic": {
        "complete": True,
        "len(walks['stochastic, batches of 4'])": 385,
        "loss(walks['batch gradient descent'][-1])": 0.7026870747272478,
        "loss(best)": 0.31785350693061065,
        "abs(noise[0] / noise[4] - 4.0) < 0.2": True,
        "losses[4] < losses[32] < losses[128]": True,
    },
    "05_generalisation": {
        "gaps['stopped early'] < gaps['1500 epochs'] / 2": True,
        "over_count[15][1] - over_count[15][0] > 0.05": True,
        "abs(over_count[480][1] - over_count[480][0]) < 0.02": True,
        "300 < best_epoch < 900": True,
    },
    "06_loss_landscape": {
        "len(model.parameters())": 25,
        "abs(loss_of(twin) - loss_of(model)) < 1e-12": True,
        "copies": 46080,
        "peaks['its twin'] > 2 * loss_of(model)": True,
        "share > 0.9": True,
    },
    "07_newton": {
        "step[0]": 0.09523809523809529,
        "apart < 1e-12": True,
        "distances['Newton'][-1] < 1e-9": True,
        "round(least, 6)": 0.200376,
        "needed['Newton'] < needed['L-BFGS']": True,
    },
}
