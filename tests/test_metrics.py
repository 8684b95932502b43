"""Metrics: against scikit-learn, by the definitions of the notes, and what they refuse."""

import math

import numpy as np
import pytest
from sklearn import metrics as reference

from autograd import Value
from nn.judging.metrics import (
    accuracy,
    confusion_matrix,
    f1_score,
    mean_absolute_error,
    mean_squared_error,
    precision_score,
    r2_score,
    recall_score,
    top_k_accuracy,
    zero_one_loss,
)

BY_CLASS = [
    (precision_score, reference.precision_score),
    (recall_score, reference.recall_score),
    (f1_score, reference.f1_score),
]
REGRESSION = [
    (mean_absolute_error, reference.mean_absolute_error),
    (mean_squared_error, reference.mean_squared_error),
    (r2_score, reference.r2_score),
]


@pytest.fixture(scope="module")
def classified():
    rng = np.random.default_rng(0)
    return rng.integers(0, 4, size=60), rng.random((60, 4))


# ---------------------------------------------------------------- against scikit-learn


def test_classification_metrics_are_scikit_learns(classified):
    target, scores = classified
    classes = scores.argmax(axis=1)
    for predicted in (scores, classes, scores.tolist(), list(classes), [[Value(s) for s in row] for row in scores]):
        assert accuracy(target, predicted) == reference.accuracy_score(target, classes)
        assert zero_one_loss(target, predicted) == pytest.approx(reference.zero_one_loss(target, classes), rel=1e-15)
        assert confusion_matrix(target, predicted) == reference.confusion_matrix(target, classes).tolist()
        for ours, theirs in BY_CLASS:
            # 1e-15: scikit-learn adds up in another order
            assert ours(target, predicted) == pytest.approx(theirs(target, classes, average="macro"), rel=1e-15)
            by_class = ours(target, predicted, average=None)
            assert by_class == pytest.approx(theirs(target, classes, average=None), rel=1e-15)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_top_k_accuracy_is_scikit_learns(classified, k):
    target, scores = classified
    if k < 4:  # scikit-learn warns that all classes always hold the target
        assert top_k_accuracy(target, scores, k) == reference.top_k_accuracy_score(target, scores, k=k)
    else:
        assert top_k_accuracy(target, scores, k) == 1.0
    assert top_k_accuracy(target, scores, 1) == accuracy(target, scores)


def test_classes_that_do_not_occur_are_left_out_of_the_macro_average():
    """As in scikit-learn, whose labels are those that occur; class 1 does not, and class 3 is never predicted."""
    target, predicted = [0, 0, 2, 3, 2], [0, 2, 2, 0, 2]
    for ours, theirs in BY_CLASS:
        expected = theirs(target, predicted, average="macro", zero_division=0.0)
        assert ours(target, predicted) == pytest.approx(expected, rel=1e-15)
        assert ours(target, predicted, n_classes=6) == ours(target, predicted)
        by_class = theirs(target, predicted, average=None, labels=range(5), zero_division=0.0)
        assert ours(target, predicted, average=None, n_classes=5) == pytest.approx(by_class, rel=1e-15)


def test_regression_metrics_are_scikit_learns():
    rng = np.random.default_rng(0)
    for shape in ((30,), (30, 3), (2, 1)):
        target = rng.normal(size=shape)
        predicted = target + rng.normal(size=shape)
        for ours, theirs in REGRESSION:
            expected = pytest.approx(theirs(target, predicted), rel=1e-14)  # its sums are not correctly rounded
            assert ours(target, predicted) == expected
            assert ours(target.tolist(), predicted.tolist()) == expected


def test_r2_of_a_constant_target_is_scikit_learns():
    for predicted in ([2.0, 2.0], [2.0, 2.5]):
        assert r2_score([2.0, 2.0], predicted) == reference.r2_score([2.0, 2.0], predicted)


def test_r2_is_zero_for_the_mean_and_negative_for_worse():
    assert r2_score([1.0, 2.0, 3.0], [2.0, 2.0, 2.0]) == 0.0
    assert r2_score([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]) == -3.0


# ---------------------------------------------------------------- thresholds and ties


def test_a_threshold_makes_classes_of_scores():
    probabilities, logits = [0.9, 0.2, 0.6, 0.4], [2.2, -1.4, 0.4, -0.4]
    for target in ([1, 0, 0, 0], [1, -1, -1, -1], [True, False, False, False], np.array([1.0, 0.0, 0.0, 0.0])):
        assert accuracy(target, probabilities, threshold=0.5) == 0.75
        assert accuracy(target, logits, threshold=0) == 0.75
        assert zero_one_loss(target, [Value(s) for s in logits], threshold=0.0) == 0.25


def test_a_score_on_the_threshold_is_class_0_of_two_and_neither_of_plus_and_minus_1():
    """The notes' round(f(x)) is 0 if f(x) ≤ 0.5; their 0/1 loss counts sign(0) as wrong."""
    assert accuracy([0, 1], [0.5, 0.5], threshold=0.5) == 0.5
    assert accuracy([-1, 1], [0.0, 0.0], threshold=0) == 0.0
    for y in (-1, 1):
        for score in (-0.3, 0.0, 2.0):
            assert zero_one_loss(y, score, threshold=0) == float(np.sign(score) != y)


def test_the_first_of_equal_scores_is_predicted():
    assert confusion_matrix([0, 1], [[0.5, 0.5], [0.0, 0.0]]) == [[1, 0], [1, 0]]
    assert top_k_accuracy([1, 2], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], k=2) == 0.5


def test_single_samples_and_one_hot_rows_are_read():
    assert accuracy(2, [0.1, 0.2, 0.7]) == 1.0
    assert accuracy(1, 0) == 0.0
    assert accuracy([[0, 1], [1, 0]], [[0.2, 0.8], [0.3, 0.7]]) == 0.5
    assert accuracy((1, 0), np.array([1.0, 1.0])) == 0.5


def test_frames_are_read():
    pd = pytest.importorskip("pandas")
    target, predicted = [[1.0, 2.0], [3.0, 5.0]], [[1.5, 2.0], [2.0, 4.0]]
    for metric, _ in REGRESSION:
        assert metric(pd.DataFrame(target), pd.DataFrame(predicted)) == metric(target, predicted)
    assert accuracy(pd.Series([1, 0]), pd.DataFrame(predicted)) == 0.5


def test_nothing_is_recorded_and_no_value_is_given_back():
    predicted = [Value(0.5) * 2.0, Value(1.0) * 3.0]
    for metric in (mean_absolute_error, mean_squared_error, r2_score):
        assert type(metric([1.0, 2.0], predicted)) is float
    assert type(accuracy([1, 3], predicted)) is float
    assert confusion_matrix([1, 3], predicted)[3] == [0, 0, 0, 1]


def test_the_confusion_matrix_has_as_many_classes_as_asked_for():
    assert confusion_matrix([0], [0], n_classes=2) == [[1, 0], [0, 0]]
    counts = confusion_matrix([0, 1, 1], [1, 1, 0])
    assert counts == [[0, 1], [1, 1]]
    counts[0][0] = 9
    assert counts[1][0] == 1  # no row is another one


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: accuracy([1, 0], [1]), "accuracy: 2 targets, but 1 prediction"),
        (lambda: zero_one_loss([], []), "zero_one_loss: there are no samples"),
        (lambda: accuracy([1, 0], [0.7, 0.2]), r"must be a whole number, not 0.7: for scores say threshold=0.5"),
        (lambda: accuracy([0.5], [1]), "accuracy: target: a class must be a whole number, not 0.5"),
        (lambda: accuracy([1], [math.nan]), "accuracy: predicted has a nan"),
        (lambda: accuracy([1], [[0.5, math.nan]]), "accuracy: predicted has a nan"),
        (lambda: accuracy([1], [math.inf]), "must be a whole number, not inf"),
        (lambda: accuracy([1, 0], [[0.7], [0.2]]), "a row of 1 score says no class: give a flat sequence: for scores"),
        (lambda: accuracy([2, 0], [0.7, 0.2], 0.5), "targets must be 0 and 1, or -1 and 1, not 0, 2"),
        (lambda: accuracy([-1, 0], [0.7, 0.2], 0.5), "targets must be 0 and 1, or -1 and 1, not -1, 0"),
        (lambda: accuracy([1], [0.7], math.nan), "threshold must be a number, not nan"),
        (lambda: top_k_accuracy([1], [[0.5, 0.5]], k=3), "top_k_accuracy: of 2 classes k cannot be 3"),
        (lambda: top_k_accuracy([1], [[0.5, 0.5]], k=0), "k must be a whole number of at least 1, not 0"),
        (lambda: top_k_accuracy([2], [[0.5, 0.5]]), "target 2 is not one of the classes"),
        (lambda: confusion_matrix([0, 2], [0, 1], n_classes=2), "class 2 is not one of the classes"),
        (lambda: confusion_matrix([0, -1], [0, 1]), "class -1 is not one of"),
        (lambda: confusion_matrix([0], [0], n_classes=0), "n_classes must be a whole number of at least 1, not 0"),
        (lambda: precision_score([0], [0], average="micro"), "average must be 'macro' or None, not 'micro'"),
        (lambda: mean_squared_error([1.0], [1.0, 2.0]), "mean_squared_error: 1 target, but 2 predictions"),
        (lambda: mean_squared_error([[1.0], [2.0]], [1.0, 2.0]), "target and predicted must have one shape"),
        (lambda: mean_squared_error([[1.0, 2.0]], [[1.0]]), "target and predicted must have one shape"),
        (lambda: mean_absolute_error([1.0], [math.nan]), "mean_absolute_error: predicted has a nan"),
        (lambda: r2_score([1.0], [1.0]), "r2_score: one sample has no variance"),
        (lambda: r2_score([], []), "r2_score: there are no samples"),
    ],
)
def test_wrong_values_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: accuracy(["a"], [1]), "expected a sequence of numbers, got str|must be numbers"),
        (lambda: accuracy([None], [1]), "accuracy: target must be numbers, not NoneType None"),
        (lambda: accuracy([1], [0.7], "0.5"), "accuracy: threshold must be a number, not str '0.5'"),
        (lambda: zero_one_loss([1], [0.7], True), "zero_one_loss: threshold must be a number, not bool True"),
        (lambda: mean_squared_error([1.0], ["1"]), "got str|must be numbers, not str"),
        (lambda: mean_squared_error(1.0, 1.0), "mean_squared_error: target: expected a sequence of numbers, got float"),
        (lambda: top_k_accuracy([1], [0.5]), "top_k_accuracy: predicted: expected a sequence of numbers, got float"),
    ],
)
def test_what_is_not_a_number_is_refused(call, message):
    with pytest.raises(TypeError, match=message):
        call()
