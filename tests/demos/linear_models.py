"""What the demos of this chapter come to."""

NUMBERS = {
    "01_dot_product": {"right": 711 / 797, "half_right": 604 / 797, "by_w == x": True, "Z.shape": (6, 8, 8)},
    "02_line_three_ways": {
        "closed.tolist()": [2.03234099820834, 0.9832319898993486],
        "[round(float(x), 6) for x in walked - closed]": [0.0, 0.0],
        "[round(slope.data - closed[0], 6), round(math.exp(v.data) - variance, 6)]": [0.0, 0.0],
        "distances['right'] < 1e-3 < distances['too small'] < distances['too big']": True,
    },
    "03_three_bases": {
        "errors['powers']": 0.02010225017339302,
        "errors['bells']": 0.01982661015563732,
        "errors['waves']": 0.019676541467782516,
    },
    "04_overfitting": {
        "best": 3,
        "by_degree[3]": [0.0677003834825734, 0.1194554391028442],
        "by_degree[12][1] > 1000 * by_degree[3][1]": True,
        "gaps[30]": 0.10375131699465698,
        "abs(gaps[400]) < 0.01": True,
    },
    "05_conditioning": {
        "kappas": [1.0, 4.0, 25.0, 100.0, 400.0],
        "3 < steps[-1] / steps[3] < 5": True,
        "shorter": True,
        "shortest.tolist()": [0.5998964431635421, 1.1997928863270841],
    },
    "06_likelihood": {"likelihood": 0.5, "middle": 0.7, "product": 0.0, "logs['least squares']": -0.39872793779229276},
    "07_noise": {
        "best_theta": 2.140303506555567,
        "best_var": 0.3871400559986013,
        "gaussian_gap < 1e-12 and bernoulli_gap < 1e-12": True,
        "[round(s, 9) for s in slope]": [0.0, 0.0],
    },
    "08_outliers": {
        "[round(lines[name][-1][0], 2) for name in losses]": [2.13, 1.01, 1.13],
        "slopes['squared'](5.0)": 10.0,
        "slopes['Huber'](5.0)": 1.0,
    },
    "09_shrinkage": {
        "zeros[shown]": 5,
        "(l2_path == 0.0).sum()": 0,
        "gauss": 1.5625,
        "by_l2": 1.5625,
        "laplace": 1.25,
        "by_l1": 1.25,
        "frobenius_is_w": True,
        "apart < 1e-6": True,
    },
    "10_posterior": {"round(best[0], 3)": 1.558, "round(by_map[5.0], 4)": 0.9996, "round(by_average[5.0], 4)": 0.9768},
    "11_losses_over_margin": {
        "pushed_back": 6.0,
        "above": True,
        "[round(boundaries[name], 3) for name in ('hinge', 'logistic', 'squared')]": [0.0, 0.0, 0.866],
    },
    "12_three_heads": {
        "max(differences.values()) < 1e-12": True,
        "scores['yes or no']": 562 / 569,
        "[round(150 * share) for share in by_number.values()]": [115, 85, 56, 56, 85, 115],
        "len({round(share, 9) for share in by_one_hot.values()})": 1,
    },
    "13_softmax": {
        "points[1.0]": [0.7053845126982412, 0.25949646034241913, 0.03511902695933973],
        "points[20.0][0]": 0.35562669342168524,
        "order_kept": True,
    },
    "14_cross_entropy": {
        "abs(J - formula).max() < 1e-15": True,
        "direct.tolist()": [0.22420781804820114, -0.3905399624011229, 0.1359889157935055, 0.030343228559416225],
        "gradient_when_wrong": [1.0, -1.0, 0.0, 0.0],
        "share": 0.96,
    },
    "15_logsumexp": {
        "(low, high)": (-732, 708),
        "worst < 1e-12": True,
        "all(map(math.isnan, naive_gradient))": True,
        "right_gradient": [0.09003057317038046, 0.24472847105479764, 0.6652409557748218],
    },
    "16_logistic_regression": {"round(size, 3)": 2.488, "round(width, 3)": 1.766, "apart < 1e-6": True},
    "17_limits": {
        "most": 3,
        "round(best_line, 4)": 0.6931,
        "sum((network(x).data > 0.0) == bool(t) for x, t in data)": 4,
    },
}
