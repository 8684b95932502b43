"""Calibration errors, temperature scaling, decisions by cost, and conformal prediction sets."""

import math
import random
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from sklearn.calibration import calibration_curve
from sklearn.datasets import make_moons
from sklearn.metrics import brier_score_loss, log_loss

from autograd import Value, no_grad, softmax
from nn.judging.calibration import (
    TemperatureScaling,
    brier_score,
    calibration_bins,
    expected_calibration_error,
    fit_temperature,
    maximum_calibration_error,
)
from nn.judging.decisions import (
    conformal_threshold,
    coverage,
    decide,
    expected_costs,
    mean_set_size,
    prediction_set,
)
from nn.models.layers import MLP
from nn.objectives.losses import binary_cross_entropy_with_logits
from nn.optimizing.optimizers import Adam
from nn.plots import reliability_diagram


def random_predictions(seed, samples=400, classes=4, sharpness=1.5):
    """Logits, their softmax, and classes drawn from probabilities that are less sharp than these: over-confidence."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0.0, 2.0, (samples, classes))
    honest = np.array([softmax(row) for row in (logits / sharpness).tolist()])
    target = np.array([rng.choice(classes, p=p / p.sum()) for p in honest])
    return logits, np.array([softmax(row) for row in logits.tolist()]), target


# ---------------------------------------------------------------- calibration error

HAND_WORKED = [[0.6, 0.4], [0.35, 0.65], [0.3, 0.7], [0.05, 0.95], [1.0, 0.0]]
HAND_TARGET = [0, 0, 1, 1, 0]


def test_bins_worked_by_hand():
    """Confidences 0.6 | 0.65, 0.7 | 0.95, 1 in fifths: (0.4, 0.6] takes 0.6, (0.6, 0.8] half right, (0.8, 1] all."""
    bins = calibration_bins(HAND_WORKED, HAND_TARGET, n_bins=5)
    assert [(bin.lower, bin.upper, bin.size, bin.accuracy) for bin in bins] == [
        (0.4, 0.6, 1, 1.0), (0.6, 0.8, 2, 0.5), (0.8, 1.0, 2, 1.0),
    ]  # fmt: skip
    assert [bin.confidence for bin in bins] == pytest.approx([0.6, 0.675, 0.975], rel=1e-15)
    gaps = [0.4, 0.175, 0.025]
    assert [bin.gap for bin in bins] == pytest.approx(gaps, rel=1e-14)  # a - p cancels up to two digits
    ece = (1 * 0.4 + 2 * 0.175 + 2 * 0.025) / 5
    assert expected_calibration_error(HAND_WORKED, HAND_TARGET, n_bins=5) == pytest.approx(ece, rel=1e-14)
    assert maximum_calibration_error(HAND_WORKED, HAND_TARGET, n_bins=5) == pytest.approx(0.4, rel=1e-14)


@pytest.mark.parametrize("n_bins", [1, 3, 10, 15])
def test_calibration_error_equals_a_numpy_implementation(n_bins):
    _, probabilities, target = random_predictions(seed=0)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == target
    inside = np.digitize(confidence, np.arange(1, n_bins) / n_bins, right=True)
    gaps = [
        (np.mean(inside == i), abs(right[inside == i].mean() - confidence[inside == i].mean()))
        for i in range(n_bins)
        if np.any(inside == i)
    ]
    # 400 roundings of numbers below one, averaged
    assert expected_calibration_error(probabilities, target, n_bins) == pytest.approx(
        sum(share * gap for share, gap in gaps), abs=1e-14
    )
    assert maximum_calibration_error(probabilities, target, n_bins) == pytest.approx(max(g for _, g in gaps), abs=1e-14)


def test_bins_are_those_of_scikit_learn():
    _, probabilities, target = random_predictions(seed=1)
    right = probabilities.argmax(axis=1) == target
    accuracies, confidences = calibration_curve(right, probabilities.max(axis=1), n_bins=8)
    bins = calibration_bins(probabilities, target, n_bins=8)
    assert [bin.accuracy for bin in bins] == pytest.approx(accuracies, rel=1e-14)
    assert [bin.confidence for bin in bins] == pytest.approx(confidences, rel=1e-14)
    assert sum(bin.size for bin in bins) == len(target)


def test_every_edge_belongs_to_the_bin_below_it():
    """For p = i/b as they are typed, where p·b may round to either side; 1/2 of two classes is class 0."""
    for b in range(2, 60):
        for i in range(1, b + 1):
            p = i / b
            (bin,) = calibration_bins([p], [1], n_bins=b)
            confidence = max(p, 1.0 - p)
            assert bin.lower < confidence <= bin.upper
            if p > 0.5:
                assert (bin.lower, bin.upper, bin.accuracy) == ((i - 1) / b, p, 1.0)
    (bin,) = calibration_bins([0.5], [0], n_bins=2)
    assert bin == (0.0, 0.5, 1, 0.5, 1.0)


def test_binary_probabilities_equal_their_two_columns():
    rng = random.Random(2)
    p = [rng.random() for _ in range(50)]
    target = [int(rng.random() < x) for x in p]
    rows = [[1.0 - x, x] for x in p]
    assert calibration_bins(p, target) == calibration_bins(rows, target)
    assert brier_score(p, target) == brier_score(rows, target)


def test_brier_score_equals_scikit_learns():
    _, probabilities, target = random_predictions(seed=3)
    true = brier_score_loss(target, probabilities, labels=range(4))
    assert brier_score(probabilities, target) == pytest.approx(true, rel=1e-14)
    p, binary = probabilities[:, 0], target == 0
    assert brier_score(p, binary) == pytest.approx(brier_score_loss(binary, p), rel=1e-14)


def test_lists_arrays_frames_and_values_are_read_alike_and_nothing_is_recorded():
    pandas = pytest.importorskip("pandas", reason="pandas is optional")
    expected = expected_calibration_error(HAND_WORKED, HAND_TARGET)
    for probabilities in (
        np.array(HAND_WORKED), tuple(map(tuple, HAND_WORKED)), pandas.DataFrame(HAND_WORKED),
        [[Value(p) for p in row] for row in HAND_WORKED],
    ):  # fmt: skip
        result = expected_calibration_error(probabilities, np.array(HAND_TARGET))
        assert (type(result), result) == (float, expected)


def test_reliability_diagram_draws_the_bins_and_shows_nothing(monkeypatch):
    matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is optional")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    monkeypatch.setattr(plt, "show", lambda: pytest.fail("it must not show"))
    axes = reliability_diagram(HAND_WORKED, HAND_TARGET, n_bins=5)
    accuracy, gap = axes.containers
    bins = calibration_bins(HAND_WORKED, HAND_TARGET, n_bins=5)
    assert [bar.get_height() for bar in accuracy] == [bin.accuracy for bin in bins]
    assert [bar.get_x() for bar in accuracy] == [bin.lower for bin in bins]
    tops = [bar.get_y() + bar.get_height() for bar in gap]
    assert tops == pytest.approx([bin.confidence for bin in bins], rel=1e-15)
    assert axes.get_title() == f"ECE {expected_calibration_error(HAND_WORKED, HAND_TARGET, n_bins=5):.1%}"
    assert reliability_diagram(HAND_WORKED, HAND_TARGET, ax=axes) is axes
    plt.close(axes.figure)


# ---------------------------------------------------------------- temperature


def test_temperature_of_two_classes_in_closed_form():
    """Three of four right, all with margin 4: σ(4/τ) = 3/4, so τ = 4 / log 3."""
    logits, target = [[4.0, 0.0], [4.0, 0.0], [0.0, 4.0], [0.0, 4.0]], [0, 0, 1, 0]
    assert fit_temperature(logits, target) == pytest.approx(4.0 / math.log(3.0), rel=1e-14)
    assert fit_temperature([-4.0, -4.0, 4.0, 4.0], target) == pytest.approx(4.0 / math.log(3.0), rel=1e-14)


def test_temperature_equals_scipys():
    logits, _, target = random_predictions(seed=4, samples=200)

    def negative_log_likelihood(temperature):
        return log_loss(target, [softmax(row) for row in (logits / temperature).tolist()], labels=range(4))

    found = minimize_scalar(negative_log_likelihood, bounds=(0.1, 10.0), method="bounded", options={"xatol": 1e-9})
    # a search by values finds a minimum to the root of the precision: √(2⁻⁵²) = 1.5e-8, times a small factor
    assert fit_temperature(logits, target) == pytest.approx(found.x, rel=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_temperature_is_right_to_the_last_digits(seed):
    """Against the zero of Σᵢ (E[z] - z_y) by mpmath at 40 digits."""
    logits, _, target = random_predictions(seed=seed, samples=30)
    tau = fit_temperature(logits, target)
    with mpmath.workdps(40):
        rows = [[mpmath.mpf(z) for z in row] for row in logits.tolist()]

        def slope(beta):
            total = mpmath.mpf(0)
            for row, y in zip(rows, target.tolist(), strict=True):
                weights = [mpmath.exp(beta * (z - max(row))) for z in row]
                total += mpmath.fdot(weights, row) / mpmath.fsum(weights) - row[y]
            return total

        true = 1 / mpmath.findroot(slope, 1 / mpmath.mpf(tau))
    assert tau == pytest.approx(float(true), rel=1e-13)  # the mean over 30 samples loses about two digits


@pytest.mark.parametrize("factor", [2.0**-900, 0.125, 1.0, 2.0**900])
def test_temperature_scales_with_the_logits(factor):
    logits, _, target = random_predictions(seed=5, samples=40)
    assert fit_temperature(logits * factor, target) == fit_temperature(logits, target) * factor


def test_temperature_recovers_the_sharpness_that_the_classes_were_drawn_with():
    """Within four standard errors, which follow from the curvature: 1/√(n·Var z), here 0.025 of 1/τ = 0.4."""
    logits, _, target = random_predictions(seed=6, samples=800, sharpness=2.5)
    tau = fit_temperature(logits, target)
    variances = []
    for row in (logits / tau).tolist():
        p, z = np.array(softmax(row)), np.array(row) * tau
        variances.append(p @ z**2 - (p @ z) ** 2)
    error = 1.0 / math.sqrt(sum(variances))
    assert error < 0.03
    assert abs(1.0 / tau - 1.0 / 2.5) < 4.0 * error


def test_temperature_of_huge_and_of_single_logits():
    huge = fit_temperature([[1000.0, -1000.0], [1000.0, -1000.0], [-1000.0, 1000.0], [-1000.0, 1000.0]], [0, 0, 1, 0])
    assert huge == pytest.approx(2000.0 / math.log(3.0), rel=1e-14)
    # one sample, its class second of three: e^β·... has one minimum, where E[z] = z_y
    tau = fit_temperature([[2.0, 1.9, -10.0]], [1])
    p = softmax([z / tau for z in (2.0, 1.9, -10.0)])
    assert 2.0 * p[0] + 1.9 * p[1] - 10.0 * p[2] == pytest.approx(1.9, rel=1e-13)
    # nearly nothing wrong, or one tiny thing: a far end of the search
    assert 0.0 < fit_temperature([[0.0, 1e-150, -1.0], [5e-324, 0.0, 0.0]], [0, 0]) < 0.01


def test_temperature_refuses_logits_without_a_best_one():
    for logits, target, message in (
        ([[1000.0, -1000.0], [0.0, 3.0]], [0, 1], "every sample is classified right"),
        ([3.0], [1], "every sample is classified right"),
        ([3.0], [0], "not above the others"),
        ([[1.0, 0.0], [1.0, 0.0]], [0, 1], "not above the others"),
        ([[1.0, 1.0], [5.0, 5.0]], [0, 1], "must differ, by finite numbers; they differ by 0"),
        ([[1e308, -1e308]], [1], "they differ by inf"),
        ([[1.0, math.nan]], [0], r"logits must be finite, logits\[0\] is \[1.0, nan\]"),
        ([[1.0, 0.0], [1.0, 0.0, 0.0]], [0, 0], "row 0 has 2 numbers, but row 1 has 3"),
        ([[1.0], [2.0]], [0, 1], r"logits\[0\] has fewer than 2 classes; write those of class 1 of two flat"),
        ([[1.0, 0.0]], [0, 1], "1 sample, but 2 targets"),
        ([[1.0, 0.0]], [2], r"target\[0\] must be one of the classes 0 to 1, not 2"),
        ([], [], "there are no rows"),
    ):
        with pytest.raises(ValueError, match=f"fit_temperature.*{message}"):
            fit_temperature(logits, target)


def test_temperature_scaling_divides_the_logits_of_its_model():
    scaled = TemperatureScaling(lambda x: [x, 2.0 * x, 0.0], temperature=2.0)
    assert [p.data for p in scaled(3.0)] == pytest.approx(softmax([1.5, 3.0, 0.0]), rel=1e-15)
    assert [[p.data for p in row] for row in TemperatureScaling(lambda x: x, 2.0)([[1.0, 0.0], [0.0, 0.0]])] == [
        pytest.approx(softmax([0.5, 0.0]), rel=1e-15), [0.5, 0.5],
    ]  # fmt: skip
    assert TemperatureScaling(lambda x: x, 0.5)(-1000.0).data == 0.0
    assert [p.data for p in TemperatureScaling(lambda x: x)([1000.0, -1000.0])] == [1.0, 0.0]
    for temperature in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="temperature must be above 0 and finite"):
            TemperatureScaling(math.tanh, temperature)


def test_the_temperature_is_saved_but_not_trained():
    scaled = TemperatureScaling(MLP(2, [2], rng=random.Random(0)), temperature=3.0)
    state = scaled.state_dict()
    assert state["temperature"] == 3.0
    p = scaled([1.0, -1.0])
    (-p[0].log()).backward()
    assert scaled.temperature.requires_grad is False
    assert scaled.temperature.grad in (0.0, None)
    assert all(parameter.grad for parameter in scaled.model.parameters())
    other = TemperatureScaling(MLP(2, [2], rng=random.Random(1)))
    other.load_state_dict(state)
    assert [q.data for q in other([1.0, -1.0])] == [q.data for q in p]


def test_a_fit_that_fails_leaves_the_temperature():
    scaled = TemperatureScaling(lambda x: x, temperature=3.0)
    with pytest.raises(ValueError, match="classified right"):
        scaled.fit([[1.0, 0.0]], [0])
    assert scaled.temperature.data == 3.0
    assert scaled.fit(iter([-4.0, -4.0, 4.0, 4.0]), [0, 0, 1, 0]) is scaled
    assert scaled.temperature.data == fit_temperature([-4.0, -4.0, 4.0, 4.0], [0, 0, 1, 0])


def test_temperature_scaling_calibrates_an_overtrained_network():
    """Trained until 40 noisy points are learnt by heart; τ from 200 others; errors on 600 new ones."""
    points, classes = make_moons(n_samples=840, noise=0.4, random_state=0)
    X, y = points.tolist(), classes.tolist()
    model = MLP(2, [12, 12, 1], activation="tanh", initializer="xavier_uniform", rng=random.Random(0))
    optimizer = Adam(model.parameters(), lr=0.02)
    for _ in range(150):
        loss = binary_cross_entropy_with_logits([model(x) for x in X[:40]], y[:40])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    calibrated = TemperatureScaling(model)
    with no_grad():
        before = [calibrated(x) for x in X[240:]]
        calibrated.fit(X[40:240], y[40:240])
        after = [calibrated(x) for x in X[240:]]
    assert calibrated.temperature.data > 1.5
    assert expected_calibration_error(before, y[240:]) > 0.08
    assert expected_calibration_error(after, y[240:]) < 0.5 * expected_calibration_error(before, y[240:])
    assert brier_score(after, y[240:]) < brier_score(before, y[240:])
    assert [p.data > 0.5 for p in after] == [p.data > 0.5 for p in before]


# ---------------------------------------------------------------- costs

DIAGNOSIS = [[0, 10], [1, 0]]  # seeds, figure 3: rows predicted, columns true


def test_the_diagnosis_of_the_notes_worked_by_hand():
    """Predicting "healthy" costs 10·p, "ill" 1·(1 - p): above p = 1/11 it is cheaper to predict "ill"."""
    assert expected_costs([0.8, 0.2], DIAGNOSIS) == [2.0, 0.8]
    assert decide([0.8, 0.2], DIAGNOSIS) == 1
    for p, decision in ((0.0, 0), (0.09, 0), (0.092, 1), (0.5, 1), (1.0, 1)):
        assert decide([1.0 - p, p], DIAGNOSIS) == decision
    assert decide([[0.95, 0.05], [0.8, 0.2]], DIAGNOSIS) == [0, 1]


def test_equal_costs_decide_for_the_likeliest_class():
    _, probabilities, _ = random_predictions(seed=7, samples=50)
    assert decide(probabilities, 1.0 - np.eye(4)) == probabilities.argmax(axis=1).tolist()
    assert decide([0.25, 0.25, 0.5], [[0, 1, 1], [1, 0, 1], [1, 1, 0]]) == 2
    assert decide([0.5, 0.5], [[0, 1], [1, 0]]) == 0  # the first of equals


def test_expected_costs_are_the_product_of_matrix_and_probabilities():
    rng = np.random.default_rng(8)
    _, probabilities, _ = random_predictions(seed=8, samples=20)
    costs = rng.normal(size=(5, 4))  # five decisions on four classes, gains among them
    true = probabilities @ costs.T
    assert np.allclose(expected_costs(probabilities, costs), true, rtol=0, atol=1e-14)
    assert decide(probabilities, costs) == true.argmin(axis=1).tolist()
    values = [Value(p) for p in probabilities[0].tolist()]
    assert expected_costs(values, costs) == expected_costs(probabilities[0], costs)


# ---------------------------------------------------------------- prediction sets


def test_prediction_sets_hold_what_is_above_the_threshold():
    assert prediction_set([0.5, 0.3, 0.2], 0.3) == {0}  # above, not at
    assert prediction_set(np.array([[0.5, 0.3, 0.2], [0.25, 0.35, 0.4]]), 0.24) == [{0, 1}, {0, 1, 2}]
    assert prediction_set([0.0, 1.0], -math.inf) == {0, 1}
    assert prediction_set([0.5, 0.5], 0.5) == set()
    assert coverage([{0, 1}, {2}, set()], [1, 2, 0]) == pytest.approx(2 / 3, rel=1e-15)
    assert mean_set_size([{0, 1}, {2}, set()]) == 1.0


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("n", [1, 4, 9, 19, 30])
def test_conformal_coverage_is_exact_over_all_choices_of_the_new_sample(n, alpha):
    """Of n + 1 samples with different scores, each is new once: ⌈(n+1)(1-α)⌉ of them are covered, no more, no less."""
    rng = random.Random(n)
    probabilities = [softmax([rng.gauss(0.0, 1.0) for _ in range(3)]) for _ in range(n + 1)]
    target = [rng.randrange(3) for _ in range(n + 1)]
    covered = 0
    for i in range(n + 1):
        gamma = conformal_threshold(probabilities[:i] + probabilities[i + 1 :], target[:i] + target[i + 1 :], alpha)
        covered += target[i] in prediction_set(probabilities[i], gamma)
    assert covered == math.ceil((n + 1) * (1 - Fraction(str(alpha))))


def test_conformal_coverage_holds_with_equal_scores():
    """Equal probabilities may only make the sets larger: Γ asks for more than γ, and lets the equal ones in."""
    probabilities, target = [[0.75, 0.25]] * 9 + [[0.25, 0.75]], [0] * 10
    gamma = conformal_threshold(probabilities, target, 0.5)
    assert prediction_set([0.75, 0.25], gamma) == {0}
    assert coverage(prediction_set(probabilities, gamma), target) == 0.9
    gamma = conformal_threshold([[0.0, 1.0]] * 3, [0, 0, 0], 0.25)
    assert prediction_set([0.0, 1.0], gamma) == {0, 1}


def test_conformal_threshold_equals_the_quantile_of_scores():
    """Angelopoulos and Bates: the ⌈(n+1)(1-α)⌉/n quantile of 1 - f_y, where F first reaches it."""
    _, probabilities, target = random_predictions(seed=9, samples=128)
    scores = 1.0 - probabilities[np.arange(128), target]
    for alpha in (0.1, 0.25, 0.29):
        q = np.quantile(scores, math.ceil(129 * (1 - alpha)) / 128, method="inverted_cdf")
        assert conformal_threshold(probabilities, target, alpha) == pytest.approx(1.0 - q, abs=1e-15)


def test_alpha_is_read_as_the_decimal_number_it_is_typed_as():
    """(99 + 1)·0.29 is 28.999999999999996 in floats: 29 misses of 100 are allowed, not 28."""
    p = [i / 100 for i in range(1, 100)]
    assert conformal_threshold(p, [1] * 99, 0.29) == math.nextafter(0.29, 0.0)


def test_too_few_samples_keep_every_class():
    p, target = [[0.9, 0.1]] * 9, [0] * 9
    assert conformal_threshold(p, target, 0.1) == math.nextafter(0.9, 0.0)  # 1/α - 1 = 9 are enough
    assert conformal_threshold(p[1:], target[1:], 0.1) == -math.inf
    assert prediction_set([1.0, 0.0], -math.inf) == {0, 1}


def test_conformal_coverage_over_random_splits():
    """Of a model that is wrong about its probabilities: the mean coverage is k/(n+1), to three standard errors."""
    _, probabilities, target = random_predictions(seed=10, samples=300, sharpness=4.0)
    rows, classes = probabilities.tolist(), target.tolist()
    rng = random.Random(0)
    n, alpha, found = 49, 0.1, []
    for _ in range(150):
        order = rng.sample(range(300), 80)
        gamma = conformal_threshold([rows[i] for i in order[:n]], [classes[i] for i in order[:n]], alpha)
        new = order[n:]
        found.append(coverage(prediction_set([rows[i] for i in new], gamma), [classes[i] for i in new]))
    error = np.std(found) / math.sqrt(len(found))
    assert abs(np.mean(found) - 45 / 50) < 3.0 * error
    assert error < 0.006


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    "function",
    [calibration_bins, expected_calibration_error, maximum_calibration_error, reliability_diagram, brier_score,
     lambda p, y: conformal_threshold(p, y, 0.1)],
)  # fmt: skip
def test_what_are_no_probabilities_or_classes_is_refused_with_its_row(function):
    for probabilities, target, message in (
        ([[0.5, 0.5], [0.5, 0.6]], [0, 0], r"probabilities\[1\]: .*sum to one within 1e-06, these sum to 1\.1"),
        ([[0.5, 0.5], [1.5, -0.5]], [0, 0], r"probabilities\[1\]: probabilities must lie in \[0, 1\], not -0\.5"),
        ([[0.5, math.nan]], [0], r"must lie in \[0, 1\], not nan"),
        ([0.5, 2.0], [0, 0], r"probabilities\[1\]: probabilities must lie in \[0, 1\]"),
        ([[0.5, 0.5], [0.25, 0.25, 0.5]], [0, 0], "row 0 has 2 numbers, but row 1 has 3"),
        ([[0.5, 0.5]], [0, 1], "1 sample, but 2 targets"),
        ([[0.5, 0.5]], [2], r"target\[0\] must be one of the classes 0 to 1, not 2"),
        ([[0.5, 0.5]], [-1], "one of the classes"),
        ([[0.5, 0.5]], [0.5], "one of the classes"),
        ([[0.5, 0.5]], [math.nan], "one of the classes"),
        ([], [], "there are no rows"),
    ):
        with pytest.raises(ValueError, match=message):
            function(probabilities, target)
    for probabilities, target, message in (
        ([["0.5", 0.5]], [0], r"probabilities\[0\]\[0\] must be a number, not str '0\.5'"),
        ([[0.5, 0.5]], ["0"], r"target\[0\] must be a number, not str '0'"),
        (0.5, [0], "expected a sequence"),
        ([0.5], 0, "target: expected a sequence"),
    ):
        with pytest.raises(TypeError, match=message):
            function(probabilities, target)


def test_32_bit_probabilities_are_accepted():
    _, probabilities, target = random_predictions(seed=11)
    narrow = probabilities.astype(np.float32)
    assert expected_calibration_error(narrow, target) == pytest.approx(
        expected_calibration_error(probabilities, target), abs=1e-6
    )


def test_settings_out_of_range_are_refused():
    p, y = [[0.5, 0.5]], [0]
    for n_bins in (0, -1, 2.5, True):
        with pytest.raises(
            (TypeError, ValueError), match="expected_calibration_error: n_bins must be a whole number of at least 1"
        ):
            expected_calibration_error(p, y, n_bins)
    for alpha in (0.0, 1.0, -0.1, math.nan):
        with pytest.raises(ValueError, match="conformal_threshold: alpha must lie between 0 and 1"):
            conformal_threshold(p, y, alpha)
    with pytest.raises(ValueError, match="threshold must be a number, not nan"):
        prediction_set(p, math.nan)
    with pytest.raises(ValueError, match=r"probabilities\[1\]: the probabilities of a sample must sum to one"):
        prediction_set([[0.5, 0.5], [0.2, 0.2]], 0.5)
    with pytest.raises(ValueError, match=r"two classes are written \[1 - p, p\]"):
        prediction_set([0.9, 0.8, 0.3], 0.5)
    for costs, message in (
        ([[0, 1, 2], [1, 0, 2]], "2 classes, but the cost matrix has 3 columns"),
        ([[0, 1], [1]], "row 0 has 2 numbers, but row 1 has 1"),
        ([[0, math.nan]], "costs must be finite, row 0"),
        ([], "there are no rows"),
    ):
        with pytest.raises(ValueError, match=message):
            decide([0.5, 0.5], costs)
    with pytest.raises(ValueError, match="sets must be the prediction sets of at least one sample"):
        coverage([], [])
    with pytest.raises(ValueError, match="coverage: sets must be"):
        coverage(np.array([1, 2]), [1, 2])
    with pytest.raises(TypeError, match="TemperatureScaling: temperature must be a number, not str 'x'"):
        TemperatureScaling(math.tanh, "x")
    with pytest.raises(ValueError, match="mean_set_size: sets must be"):
        mean_set_size([1, 2])
    with pytest.raises(ValueError, match="1 sample, but 2 targets"):
        coverage([{0}], [0, 1])
    with pytest.raises(ValueError, match=r"target\[0\] must be a whole number of at least 0, not -1"):
        coverage([{0}], [-1])
