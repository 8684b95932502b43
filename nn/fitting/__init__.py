"""Training: fit, its callbacks and its history."""
