"""What the demos of this chapter come to."""

NUMBERS = {"08_moons": {"accuracies[-1]": 1.0}, "10_digits": {"len(test)": 359}}
