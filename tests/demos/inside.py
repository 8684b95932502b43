"""What the demos of this chapter come to."""

NUMBERS = {
    "01_own_primitive": {
        "x.grad": -0.7788007830714049,
        "w.grad": 0.23010983749291727,
        "bool(found)": True,
        "compiled(0.5)[1]": -0.7788007830714049,
        "history['loss'][-1] < 0.005": True,
    },
    "02_own_engine": {"worst < 1e-12": True, "loss.data < 1e-4": True, "twice['Value']": 54.0, "twice['Node']": 72.0},
    "03_compiled": {
        "expected[0]": 14.59566010788685,
        "expected[1][0]": 0.6969296771641957,
        "error < 1e-12": True,
        "held_out > 0.96": True,
        "apart < 1e-12": True,
    },
    "04_inside_the_compiler": {
        "stats.nodes": 1149,
        "stats.loops": 14,
        "kinds['OuterSum']": 3,
        "sizes[64][1]": 15,
        "max(apart.values()) < 1e-12": True,
        "len(longer[100].splitlines()) == len(longer[1000].splitlines())": True,
    },
    "05_value_to_cluster": {
        "apart < 1e-12": True,
        "curve_apart < 1e-12": True,
        "accuracy > 0.9": True,
        "all(same == len(X) for *_, same in rows)": True,
        "same_bits": True,
    },
}
