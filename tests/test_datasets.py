"""Generated and real datasets."""

import math
import statistics
import sys

import numpy as np
import pytest
import sklearn.datasets

from nn.data import datasets
from nn.data.datasets import make_blobs, make_circles, make_line, make_moons, make_spirals, make_xor
from nn.data.loading import Dataset

GENERATORS = [make_moons, make_circles, make_spirals, make_blobs, make_line]


@pytest.mark.parametrize("n_samples", [2, 7, 100])
@pytest.mark.parametrize("name", ["make_moons", "make_circles"])
def test_shapes_are_those_of_scikit_learn(name, n_samples):
    ours = getattr(datasets, name)(n_samples, shuffle=False)
    points, classes = getattr(sklearn.datasets, name)(n_samples, shuffle=False)
    # The angles are rounded in another order: some units in the last place of numbers up to 2.
    np.testing.assert_allclose(ours.inputs, points, rtol=0, atol=2e-15)
    assert ours.targets == classes.tolist()


def test_inner_circles_have_the_radius_asked_for():
    for x, label in make_circles(40, factor=0.3, seed=0):
        assert math.hypot(*x) == pytest.approx(0.3 if label else 1.0, rel=1e-15)


@pytest.mark.parametrize("n_arms", [1, 2, 3, 5])
def test_arms_of_a_spiral_are_turns_of_one_another(n_arms):
    points = np.array(make_spirals(20 * n_arms, n_arms, shuffle=False, turns=1.5).inputs) @ [1, 1j]
    arms = points.reshape(n_arms, 20)
    radii = np.linspace(0.0, 1.0, 20)
    np.testing.assert_allclose(arms[0], radii * np.exp(2j * np.pi * 1.5 * radii), atol=1e-14)
    for k in range(n_arms):
        np.testing.assert_allclose(arms[k], arms[0] * np.exp(2j * np.pi * k / n_arms), atol=1e-14)


@pytest.mark.parametrize(("n_samples", "n_arms"), [(7, 3), (100, 7), (5, 5)])
def test_classes_are_as_equal_as_can_be(n_samples, n_arms):
    targets = make_spirals(n_samples, n_arms, seed=0).targets
    sizes = [targets.count(k) for k in range(n_arms)]
    assert sum(sizes) == n_samples
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("make", GENERATORS)
def test_a_seed_determines_a_dataset(make):
    def pairs(seed):
        return list(make(30, seed=seed))

    assert pairs(1) == pairs(1)
    assert pairs(1) != pairs(2)
    assert pairs(None) != pairs(None)
    assert isinstance(make(30), Dataset)


@pytest.mark.parametrize("make", [make_moons, make_circles, make_spirals])
def test_noise_is_normal_with_the_deviation_asked_for(make):
    clean = make(4000, shuffle=False)
    noisy = make(4000, shuffle=False, noise=0.3, seed=0)
    noise = np.array(noisy.inputs) - np.array(clean.inputs)
    # 8000 draws: the deviation errs by 0.3/√16000 = 0.0024, the mean by 0.3/√8000 = 0.0034; four times that.
    assert noise.std() == pytest.approx(0.3, abs=0.01)
    assert abs(noise.mean()) < 0.014


def test_shuffling_keeps_the_points():
    assert sorted(make_moons(50, seed=0)) == sorted(make_moons(50, shuffle=False))
    assert make_moons(50, seed=0).targets != make_moons(50, shuffle=False).targets


def test_blobs_lie_around_their_centres():
    dataset = make_blobs(3000, centers=[[0.0, 0.0, 0.0], [5.0, -5.0, 0.0]], cluster_std=0.5, seed=0)
    for label, center in enumerate([[0.0, 0.0, 0.0], [5.0, -5.0, 0.0]]):
        blob = np.array([x for x, y in dataset if y == label])
        assert len(blob) == 1500
        # Four times 0.5/√1500 = 0.013, and 0.5/√(2·1500) = 0.009.
        np.testing.assert_allclose(blob.mean(axis=0), center, atol=0.052)
        np.testing.assert_allclose(blob.std(axis=0), 0.5, atol=0.036)


def test_lines_are_found_again_by_least_squares():
    clean = make_line(20, weights=[2.0, -3.0, 0.5], bias=4.0, noise=0.0, seed=0)
    design = np.column_stack([clean.inputs, np.ones(20)])
    found = np.linalg.lstsq(design, clean.targets, rcond=None)[0]
    np.testing.assert_allclose(found, [2.0, -3.0, 0.5, 4.0], rtol=1e-13)
    noisy = make_line(2000, weights=[2.0], bias=1.0, noise=0.5, seed=0)
    residuals = [y - 2.0 * x - 1.0 for (x,), y in noisy]
    assert statistics.pstdev(residuals) == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(4000))
    assert max(abs(x) for (x,) in noisy.inputs) <= 1.0


def test_no_line_parts_exclusive_or():
    """The best linear fit of the four points is the constant ½."""
    dataset = make_xor()
    design = np.column_stack([dataset.inputs, np.ones(4)])
    np.testing.assert_allclose(np.linalg.lstsq(design, dataset.targets, rcond=None)[0], [0.0, 0.0, 0.5], atol=1e-15)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: make_moons(1), "make_moons: n_samples must be a whole number of at least 2, not 1"),
        (lambda: make_moons(10.0), r"make_moons: n_samples must be .* not float 10\.0"),
        (lambda: make_moons(True), "make_moons: n_samples must be"),
        (lambda: make_moons(noise=-0.1), r"make_moons: noise must be at least 0 and finite, not -0\.1"),
        (lambda: make_circles(noise=math.nan), "make_circles: noise must be"),
        (lambda: make_circles(factor=1.0), r"make_circles: factor must be below 1, not 1\.0"),
        (lambda: make_circles(factor=math.nan), "make_circles: factor must be"),
        (lambda: make_spirals(2, 3), "make_spirals: n_samples must be a whole number of at least 3, not 2"),
        (lambda: make_spirals(10, 0), "make_spirals: the number of classes must be .* of at least 1, not 0"),
        (lambda: make_spirals(turns=math.inf), "make_spirals: turns must be finite, not inf"),
        (lambda: make_blobs(centers=[]), "make_blobs: the number of classes must be"),
        (lambda: make_blobs(cluster_std=-1.0), "make_blobs: cluster_std must be"),
        (lambda: make_blobs(centers=[[0.0], [1.0, 2.0]]), "row .* has . number"),
        (lambda: make_line(0), "make_line: n_samples must be"),
        (lambda: make_line(noise=math.inf), "make_line: noise must be"),
        (lambda: make_line(weights=[]), "has 0 numbers"),
    ],
)
def test_settings_that_make_no_dataset_are_refused(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


@pytest.mark.parametrize("name", ["load_digits", "load_iris", "load_wine", "load_breast_cancer", "load_diabetes"])
def test_real_data_are_those_of_scikit_learn_in_plain_numbers(name):
    dataset, bunch = getattr(datasets, name)(), getattr(sklearn.datasets, name)()
    assert dataset.inputs == bunch.data.tolist()
    assert dataset.targets == bunch.target.tolist()
    assert {type(x) for row in dataset.inputs for x in row} == {float}
    assert {type(y) for y in dataset.targets} == {float if name == "load_diabetes" else int}
    assert dataset.feature_names == list(bunch.feature_names)
    assert dataset.target_names == (None if name == "load_diabetes" else [str(t) for t in bunch.target_names])


def test_scaled_digits_lie_between_zero_and_one():
    scaled, plain = datasets.load_digits(scaled=True), datasets.load_digits()
    assert scaled.inputs == [[x / 16 for x in row] for row in plain.inputs]
    assert max(map(max, scaled.inputs)) == 1.0


def test_without_scikit_learn_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ModuleNotFoundError, match=r"load_iris\(\) needs scikit-learn: pip install scikit-learn"):
        datasets.load_iris()
