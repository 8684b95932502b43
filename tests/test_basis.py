"""Basis functions: polynomials, Gaussian bells, Fourier series."""

import math
import random

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.preprocessing import PolynomialFeatures

from autograd import Value, gradcheck
from nn.data.datasets import make_moons
from nn.models.basis import FourierBasis, GaussianBasis, PolynomialBasis

RNG = random.Random(0)
BATCHES = {d: [[RNG.uniform(-2.0, 2.0) for _ in range(d)] for _ in range(5)] for d in (1, 2, 3)}
BASES = [
    (PolynomialBasis(3, include_bias=True), 2),
    (PolynomialBasis(2), 3),
    (GaussianBasis([[0.0, 0.5], [1.0, -1.0], [0.3, -1.2]], width=0.7), 2),
    (GaussianBasis([0.0, 1.0, 2.0], width=2.0, include_bias=True), 1),
    (FourierBasis(3, period=2.5), 1),
    (FourierBasis(2, period=2.5, include_bias=True), 2),
]


# ---------------------------------------------------------------- all of them


@pytest.mark.parametrize(("basis", "d"), BASES, ids=repr)
def test_derivatives_are_those_of_differences_to_second_order(basis, d):
    assert gradcheck(lambda x: basis(x), [[0.3, -1.2, 0.8][:d]])


@pytest.mark.parametrize(("basis", "d"), BASES, ids=repr)
def test_batches_samples_arrays_and_values_have_the_same_features(basis, d):
    batch = BATCHES[d]
    features = [basis(x) for x in batch]
    for form in (batch, tuple(batch), np.array(batch), pd.DataFrame(batch)):
        assert basis(form) == features
    assert basis(np.array(batch[0])) == features[0]
    assert numbers(basis([Value(x) for x in batch[0]])) == features[0]
    if d == 1:
        assert basis(batch[0][0]) == features[0]
        assert numbers(basis(Value(batch[0][0]))) == features[0]


def numbers(features):
    return [v.data if isinstance(v, Value) else v for v in features]


@pytest.mark.parametrize(("basis", "d"), BASES, ids=repr)
def test_there_is_a_distinct_name_for_each_feature(basis, d):
    names = basis.feature_names([f"x{j}" for j in range(d)])
    assert len(set(names)) == len(names) == basis.n_features_out(d) == len(basis(BATCHES[d][0]))
    assert (names[0] == "1") is basis.include_bias


@pytest.mark.parametrize(("basis", "d"), BASES, ids=repr)
def test_names_are_formulas_of_the_features(basis, d):
    point = [0.3, -1.2, 0.8][:d]
    names = basis.feature_names(["a", "b", "c"][:d])
    assert [evaluated(name, dict(zip("abc", point))) for name in names] == pytest.approx(basis(point), rel=1e-12)


def evaluated(formula, point):
    """The number that a name of a feature stands for, by Python's own arithmetic."""
    if "‖" in formula:
        inputs, centre = formula.removeprefix("exp(-‖").split("‖²/")[0].split(" - (")
        centre = [float(c) for c in centre.rstrip(")").split(", ")]
        x = [point[name] for name in inputs.strip("()").split(", ")]
        width = float(formula.split("2·")[1].rstrip("²)"))
        return math.exp(-sum((a - c) ** 2 for a, c in zip(x, centre)) / (2 * width**2))
    code = formula.replace("^", "**").replace("2π", "2*pi").replace("·", "*")
    code = code if "(" in code else code.replace(" ", "*")
    return eval(code, {"sin": math.sin, "cos": math.cos, "pi": math.pi, **point})


@pytest.mark.parametrize(("basis", "d"), BASES, ids=repr)
def test_samples_that_are_no_numbers_are_refused(basis, d):
    for sample in ([], [["a"] * d], [[[1.0]] * d]):
        with pytest.raises(ValueError, match=rf"{type(basis).__name__}: a sample must be one or more numbers, got"):
            basis(sample)


def test_bases_without_values_have_no_parameters():
    assert [basis.parameters() for basis, _ in BASES] == [[]] * len(BASES)


# ---------------------------------------------------------------- PolynomialBasis


@pytest.mark.parametrize("include_bias", [False, True])
@pytest.mark.parametrize("degree", [1, 2, 3, 5])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_polynomials_are_those_of_scikit_learn(d, degree, include_bias):
    ours = PolynomialBasis(degree, include_bias=include_bias)
    theirs = PolynomialFeatures(degree, include_bias=include_bias)
    # At most four products, each rounded once, in whatever order.
    np.testing.assert_allclose(ours(BATCHES[d]), theirs.fit_transform(BATCHES[d]), rtol=8 * 2.0**-52)
    names = [f"x{j}" for j in range(d)]
    assert ours.feature_names(names) == theirs.get_feature_names_out().tolist()
    assert ours.n_features_out(d) == theirs.n_output_features_ == math.comb(d + degree, degree) - (not include_bias)


def test_derivatives_of_monomials_at_zero():
    x = Value(0.0)
    for feature, slope in zip(PolynomialBasis(3)(x), [1.0, 0.0, 0.0]):
        x.grad = 0.0
        feature.backward()
        assert x.grad == slope


@pytest.mark.parametrize("degree", [0, -1, 1.5, True, "2", math.nan])
def test_bad_degrees_are_refused(degree):
    with pytest.raises((TypeError, ValueError), match="PolynomialBasis: degree must be a whole number of at least 1"):
        PolynomialBasis(degree)


# ---------------------------------------------------------------- GaussianBasis


@pytest.mark.parametrize("d", [1, 2, 3])
def test_bells_are_the_kernels_of_scikit_learn(d):
    centres, width = BATCHES[d][:3], 0.8
    expected = rbf_kernel(BATCHES[d], centres, gamma=1 / (2 * width**2))
    # scikit-learn finds ‖x - c‖² as ‖x‖² - 2x·c + ‖c‖², which errs by some units in the last place of 12 = ‖x‖².
    np.testing.assert_allclose(GaussianBasis(centres, width)(BATCHES[d]), expected, rtol=1e-13)


def test_bells_far_away_are_zero_and_narrow_ones_do_not_divide_by_zero():
    assert GaussianBasis([0.0], width=1.0)(1e200) == [0.0]
    assert GaussianBasis([0.0, 1.0], width=1e-200)(0.0) == [1.0, 0.0]


def test_centres_and_width_that_are_values_are_trained():
    centres, width = [[Value(0.5), Value(1.0)], [Value(-1.0), Value(0.2)]], Value(0.9)
    basis = GaussianBasis(centres, width)
    assert len(basis.parameters()) == 5
    assert basis.names(["u", "v"])[0] == "exp(-‖(u, v) - (0.5, 1)‖²/(2·0.9²))"
    assert gradcheck(lambda c, s, x: GaussianBasis(c, s)(x), [centres, width, [0.3, -0.4]])


def test_centres_of_one_input_are_spread_evenly():
    basis = GaussianBasis.spread_over([[3.0], [0.0], [0.5], [6.0]], n_centres=4, include_bias=True)
    assert (basis.centres, basis.width, basis.include_bias) == ([[0.0], [2.0], [4.0], [6.0]], 2.0, True)
    assert GaussianBasis.spread_over([0.0, 3.0], 1, width=0.5).centres == [[1.5]]


def test_centres_of_several_inputs_cover_the_samples():
    """Farthest-first centres leave no sample farther than twice what any as many centres could (Gonzalez, 1985)."""
    points = np.array(make_moons(60, noise=0.1, seed=0).inputs)
    basis = GaussianBasis.spread_over(points, n_centres=8)
    centres = np.array(basis.centres)
    assert all(centre in points.tolist() for centre in basis.centres)
    between = np.linalg.norm(centres[:, None] - centres, axis=2)
    np.fill_diagonal(between, np.inf)
    assert basis.width == pytest.approx(between.min(axis=1).mean(), rel=1e-14)
    radius = np.linalg.norm(points[:, None] - centres, axis=2).min(axis=1).max()
    assert radius <= between.min()
    assert (
        np.linalg.norm(centres[0] - points.mean(axis=0)) == np.linalg.norm(points - points.mean(axis=0), axis=1).min()
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: GaussianBasis([0.0], 0.0), "GaussianBasis: width must be a finite positive number, not 0.0"),
        (lambda: GaussianBasis([0.0], math.nan), "width must be a finite positive number, not nan"),
        (lambda: GaussianBasis([0.0], "1"), "width must be a finite positive number, not '1'"),
        (lambda: GaussianBasis([0.0], Value(-1.0)), "width must be a finite positive number"),
        (
            lambda: GaussianBasis([math.inf], 1.0),
            "GaussianBasis: centres: each number must be a finite number, not inf",
        ),
        (lambda: GaussianBasis([[None]], 1.0), "each number must be a finite number, not None"),
        (lambda: GaussianBasis([], 1.0), "centres must be samples of one length"),
        (lambda: GaussianBasis([[0.0], [1.0, 2.0]], 1.0), "centres must be samples of one length"),
        (lambda: GaussianBasis([0.0], 1.0)([0.0, 1.0]), r"expected 1 input, got 2; write a batch of numbers as"),
        (lambda: GaussianBasis.spread_over([0.0, 1.0], 3), "n_centres must be from 2 to 2, .* not 3"),
        (lambda: GaussianBasis.spread_over([0.0, 1.0], 1), "from 2 to 2, .* not 1; one centre needs a width"),
        (lambda: GaussianBasis.spread_over([[0.0, 1.0]] * 5, 2, 1.0), "from 1 to 1, the number of distinct samples"),
        (lambda: GaussianBasis.spread_over([0.0, math.nan], 2), "inputs: each number must be a finite number, not nan"),
    ],
)
def test_settings_that_make_no_bells_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# ---------------------------------------------------------------- FourierBasis


@pytest.mark.parametrize("d", [1, 2, 3])
def test_waves_are_those_of_numpy(d):
    x, period = np.array(BATCHES[d]), 1.7
    columns = [f(2 * np.pi * k * x[:, j] / period) for j in range(d) for k in (1, 2, 3) for f in (np.sin, np.cos)]
    # Angles up to 2π·3·2/1.7 = 22 are rounded at 2^-48, and so is a wave near its zero.
    np.testing.assert_allclose(FourierBasis(3, period)(BATCHES[d]), np.column_stack(columns), rtol=0, atol=1e-14)


def test_waves_repeat_after_a_period():
    basis = FourierBasis(4, period=2.5)
    assert basis(0.3 + 2.5) == pytest.approx(basis(0.3), abs=1e-14)  # angles up to 28 are rounded at 2^-48


def test_waves_fit_a_series_of_theirs_exactly():
    """The coefficients of sin(2πx) - ½·cos(4πx) + 3, by least squares."""
    x = np.linspace(0.0, 1.0, 30, endpoint=False)
    basis = FourierBasis(2, period=1.0, include_bias=True)
    y = 3.0 + np.sin(2 * np.pi * x) - 0.5 * np.cos(4 * np.pi * x)
    found = np.linalg.lstsq(np.array(basis(x[:, None])), y, rcond=None)[0]
    np.testing.assert_allclose(found, [3.0, 1.0, 0.0, 0.0, -0.5], atol=1e-14)


@pytest.mark.parametrize("period", [0.0, -1.0, math.nan, math.inf, "1", None])
def test_bad_periods_and_frequencies_are_refused(period):
    with pytest.raises(ValueError, match="FourierBasis: period must be a finite positive number, not"):
        FourierBasis(1, period)
    with pytest.raises(ValueError, match="FourierBasis: n_frequencies must be a whole number of at least 1, not 0"):
        FourierBasis(0, 1.0)
