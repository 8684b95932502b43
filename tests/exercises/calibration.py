def calibration_error(confidences, right, n_bins):
    """ECE = Σᵢ |Bᵢ|/n · |aᵢ - pᵢ|.

    confidences: n numbers between 0 and 1, none on the border of two bins.  right: n numbers, 1 where the
    prediction was right and 0 where not.  n_bins: how many bins of equal width [0, 1] is divided into.
    """
    bins = {}
    for confidence, hit in zip(confidences, right):
        bins.setdefault(int(confidence * n_bins), []).append((confidence, hit))
    error = 0.0
    for inside in bins.values():
        accuracy = sum(hit for _, hit in inside) / len(inside)
        mean_confidence = sum(confidence for confidence, _ in inside) / len(inside)
        error += len(inside) / len(right) * abs(accuracy - mean_confidence)
    return error
