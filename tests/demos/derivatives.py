"""What the demos of this chapter come to."""

NUMBERS = {
    "01_first_gradient": {"x1.grad": -1.502915231308525, "worst < 1e-8": True},
    "02_tangent": {
        "slope_times(1.0)": -0.5,
        "f_linearized(0.51)": -0.505,
        "[round(power) for power in powers.values()]": [2, 3, 4],
    },
    "03_steepest_descent": {"size": 1.0533112909084699, "steepest": 180, "down": 179},
    "04_stationary_points": {
        "eigenvalues['minimum']": [1.0, 2.0],
        "eigenvalues['saddle']": [-1.0, 1.0],
        "max(map(abs, eigenvalues['plateau'])) < 0.02": True,
        "[round(path[-1][0], 4) for path in paths.values()]": [-1.0, 1.0, 0.0],
        "len(slow) > 5 * len(fast)": True,
    },
    "05_jacobian": {"same": True, "J[1].tolist()": [1.6487212707001282, 1.0, -2.0]},
    "06_matrix_calculus": {
        "form_by_engine.tolist()": [3.0, -13.5, 4.5],
        "(by_engine - by_rule).tolist()": [0.0, 0.0, 0.0],
        "chain": [True, True],
    },
    "07_chain_rule": {"y.data": 11.652071455223084, "by_x1": 5.5, "by_x2": 1.7163378145367738},
    "08_three_ways": {
        "1e-10 < min(forward) < 1e-7": True,
        "1e-14 < min(central) < 1e-9": True,
        "automatic < 1e-15": True,
        "shared[-1]": 93,
        "formulas[-1]": 33554429,
    },
    "09_topological_order": {
        "calls[-1]": 65533,
        "len(topological_order(y))": 181,
        "x.grad": 2.0**60,
        "right": 1028.0,
        "wrong": 4.0,
    },
    "10_second_backward": {
        "[x_grad for x_grad, v_grad in after]": [27.0, 54.0],
        "[v_grad for x_grad, v_grad in after]": [3.0, 3.0],
        "late": 1.0126749611491705,
    },
    "11_chain_of_jacobians": {"reverse_loss": 152, "forward_loss": 760, "reverse_curve": 760, "forward_curve": 152},
    "12_forward_or_reverse": {"crossing": 32, "forward[0]": 1135, "reverse[-1]": 1073},
    "13_checkpointing": {"saved_runs": [1, 2, 3, 4, 3], "plain": 2.569428742833, "saved == plain": True},
    "14_memory_for_time": {"SEGMENT": 100, "rows['revolve, 20 states'][1]": 47976},
    "15_graphs_elsewhere": {
        "formula == 'log(x1) - sin(x2) + x1*x2'": True,
        "len(trace.instructions)": 5,
        "both(3.0, 1.0)[1]": 4 / 3,
        "[slope for nodes, slope in runs.values()]": [1.0, -1.0],
        "'asks for the number of a value' in refusal": True,
        "[fast(3.0), fast(-3.0)]": [3.0, 3.0],
    },
}
