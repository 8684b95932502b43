"""What the demos of this chapter come to."""

NUMBERS = {
    "01_calibration": {
        "round(right, 2)": 0.76,
        "abs(by_hand - errors['before']) < 1e-12": True,
        "temperature > 1.2": True,
        "errors['after'] < errors['before'] / 2": True,
    },
    "02_conformal": {
        "abs(by_hand - threshold) < 1e-12": True,
        "abs(covered - 0.9) < 0.03": True,
        "table[0][1] > 3": True,
        "size < 1.5": True,
    },
    "03_costs": {
        "threshold": 0.09090909090909091,
        "by_half[1] > by_cost[1]": True,
        "by_cost[0] < by_half[0] / 2": True,
        "overconfident[0] > by_cost[0]": True,
        "len(test)": 284,
    },
}
