"""Datasets to learn from: drawn from a seed in plain Python, and scikit-learn's real ones."""

import math
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from nn.data.loading import Dataset, seeded
from nn.inputs.checks import MOST, flag, fraction, number, whole_number
from nn.inputs.optional import require
from nn.inputs.spellings import local_names

Point = tuple[float, ...]


@local_names
def make_moons(n_samples: int = 100, shuffle: bool = True, noise: float = 0.0, seed: int | None = None) -> Dataset:
    """Two half circles that interlock: class 0 is (cos t, sin t), class 1 is (1 - cos t, ½ - sin t), 0 ≤ t ≤ π.

    Args:
        n_samples: Of both classes together, at least 2.
        shuffle: In random order, instead of class after class.
        noise: Standard deviation of what is added to each coordinate.
        seed: Of noise and order; None for others each time.

    Source: scikit-learn's `make_moons`, which has `random_state` for seed.

    >>> make_moons(n_samples=4, shuffle=False).targets
    [0, 0, 1, 1]
    """
    outer, inner = _shares("make_moons", n_samples, 2)
    above = [(math.cos(t), math.sin(t)) for t in _spread(math.pi, outer)]
    below = [(1.0 - math.cos(t), 0.5 - math.sin(t)) for t in _spread(math.pi, inner)]
    return _drawn("make_moons", [above, below], shuffle, noise, seed)


@local_names
def make_circles(
    n_samples: int = 100, shuffle: bool = True, noise: float = 0.0, seed: int | None = None, factor: float = 0.8
) -> Dataset:
    """A circle in a circle: class 0 is (cos t, sin t), class 1 is factor·(cos t, sin t), 0 ≤ t < 2π.

    Arguments as for `make_moons`; factor, the radius of the inner circle, lies in [0, 1).
    Source: scikit-learn's `make_circles`.

    >>> [[round(x, 3) for x in point] for point in make_circles(n_samples=4, shuffle=False).inputs]
    [[1.0, 0.0], [-1.0, 0.0], [0.8, 0.0], [-0.8, 0.0]]
    """
    factor = fraction("make_circles: factor", factor)
    rings = [
        [(radius * math.cos(t), radius * math.sin(t)) for t in (2.0 * math.pi * i / size for i in range(size))]
        for radius, size in zip((1.0, factor), _shares("make_circles", n_samples, 2), strict=True)
    ]
    return _drawn("make_circles", rings, shuffle, noise, seed)


@local_names
def make_spirals(
    n_samples: int = 100,
    n_arms: int = 2,
    shuffle: bool = True,
    noise: float = 0.0,
    seed: int | None = None,
    turns: float = 1.0,
) -> Dataset:
    """Spirals from one centre, a class each: arm k is r·(cos t, sin t) with t = 2π(k/n_arms + turns·r), 0 ≤ r ≤ 1.

    Other arguments as for `make_moons`.  The harder the longer the arms: no straight line and no circle parts them.
    Source: Lang and Witbrock, "Learning to tell two spirals apart" (1988).

    >>> make_spirals(n_samples=300, n_arms=3, noise=0.02, seed=0)
    Dataset(300 samples, inputs (300, 2), targets (300,))
    """
    turns = number("make_spirals: turns", turns, low=-sys.float_info.max)
    arms = []
    for arm, size in enumerate(_shares("make_spirals", n_samples, n_arms)):
        angles = [(r, 2.0 * math.pi * (arm / n_arms + turns * r)) for r in _spread(1.0, size)]
        arms.append([(r * math.cos(t), r * math.sin(t)) for r, t in angles])
    return _drawn("make_spirals", arms, shuffle, noise, seed)


@local_names
def make_blobs(
    n_samples: int = 100,
    centers: Sequence[Sequence[float]] = ((-2.0, 0.0), (2.0, 0.0), (0.0, 3.0)),
    cluster_std: float = 1.0,
    shuffle: bool = True,
    seed: int | None = None,
) -> Dataset:
    """Normal distributions, a class each: class k is N(cₖ, cluster_std²·I) around the k-th of the centers.

    Other arguments as for `make_moons`.  Source: scikit-learn's `make_blobs`.

    >>> make_blobs(n_samples=5, centers=[[0.0], [9.0]], cluster_std=0.0, shuffle=False).inputs
    [[0.0], [0.0], [9.0], [9.0], [9.0]]
    """
    shares = _shares("make_blobs", n_samples, len(centers))
    blobs = [[tuple(center)] * size for center, size in zip(centers, shares, strict=True)]
    return _drawn("make_blobs", blobs, shuffle, cluster_std, seed, "cluster_std")


@local_names
def make_line(
    n_samples: int = 100,
    weights: Sequence[float] = (2.0,),
    bias: float = 1.0,
    noise: float = 0.1,
    seed: int | None = None,
) -> Dataset:
    """A linear model and noise: y = wᵀx + b + ε, x uniform in [-1, 1]ᵈ, ε from N(0, noise²).

    Args:
        n_samples: n, at least 1.
        weights: w, as many numbers as a sample has inputs.
        bias: b.
        noise: Standard deviation of ε.
        seed: Of inputs and noise; None for others each time.

    Source: seeds, "Regression Losses", where f(x) is the mean of a normal distribution.

    >>> make_line(n_samples=50, weights=[1.0, -2.0], seed=0)
    Dataset(50 samples, inputs (50, 2), targets (50,))
    """
    (size,) = _shares("make_line", n_samples, 1)
    _check_deviation("make_line", "noise", noise)
    rng = seeded(seed)
    inputs = [[rng.uniform(-1.0, 1.0) for _ in weights] for _ in range(size)]
    targets = [
        math.fsum(w * x for w, x in zip(weights, row, strict=True)) + bias + rng.gauss(0.0, noise) for row in inputs
    ]
    return Dataset(inputs, targets)


@local_names
def make_xor() -> Dataset:
    """The four points of exclusive or, y = x₀ ⊕ x₁, which no line parts.

    Source: Minsky and Papert, "Perceptrons" (1969); seeds, "The Limitations of Linear Models".

    >>> list(make_xor())
    [([0.0, 0.0], 0), ([0.0, 1.0], 1), ([1.0, 0.0], 1), ([1.0, 1.0], 0)]
    """
    return Dataset([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])


def load_digits(*, scaled: bool = False) -> Dataset:
    """1797 handwritten digits, 64 grey pixels from 0 to 16, or with scaled=True from 0 to 1; 10 classes.

    Of scikit-learn, as are the other `load_` functions; raises ModuleNotFoundError if that is not installed.

    >>> load_digits()
    Dataset(1,797 samples, inputs (1797, 64), targets (1797,))
    """
    return _loaded("load_digits", 16.0 if flag("load_digits: scaled", scaled) else 1.0)


def load_iris() -> Dataset:
    """150 iris flowers: length and width of sepals and petals in cm; 3 species.

    >>> load_iris().target_names
    ['setosa', 'versicolor', 'virginica']
    """
    return _loaded("load_iris")


def load_wine() -> Dataset:
    """178 wines, 13 results of chemical analysis; 3 growers.

    >>> load_wine()
    Dataset(178 samples, inputs (178, 13), targets (178,))
    """
    return _loaded("load_wine")


def load_breast_cancer() -> Dataset:
    """569 breast tumours, 30 measures of cell nuclei; malignant is class 0, benign class 1.

    >>> load_breast_cancer().target_names
    ['malignant', 'benign']
    """
    return _loaded("load_breast_cancer")


def load_diabetes() -> Dataset:
    """442 patients, 10 measures, centred and scaled; the progress of the disease in a year, a number (regression).

    >>> load_diabetes().feature_names
    ['age', 'sex', 'bmi', 'bp', 's1', 's2', 's3', 's4', 's5', 's6']
    """
    return _loaded("load_diabetes")


def _loaded(name: str, divisor: float = 1.0) -> Dataset:
    bunch = getattr(require("sklearn.datasets", f"{name}()"), name)()
    return Dataset(bunch.data / divisor, bunch.target, bunch.feature_names, bunch.get("target_names"))


def _drawn(
    name: str,
    classes: Sequence[Iterable[Point]],
    shuffle: bool,
    deviation: float,
    seed: int | None,
    deviation_name: str = "noise",
) -> Dataset:
    """The points of all classes with noise on each coordinate, in random order if asked."""
    _check_deviation(name, deviation_name, deviation)
    rng = seeded(seed)
    pairs = [
        ([x + rng.gauss(0.0, deviation) for x in point], label)
        for label, points in enumerate(classes)
        for point in points
    ]
    if flag(f"{name}: shuffle", shuffle):
        rng.shuffle(pairs)
    return Dataset.from_pairs(pairs)


def _spread(end: float, size: int) -> list[float]:
    """That many numbers, evenly from 0 to end, both included."""
    return [end * i / max(size - 1, 1) for i in range(size)]


def _shares(name: str, n_samples: Any, n_classes: int) -> list[int]:
    """The samples of each class, as equal as can be; the last ones get one more, as in scikit-learn's moons."""
    n_classes = whole_number(f"{name}: the number of classes", n_classes, most=MOST)
    n_samples = whole_number(f"{name}: n_samples", n_samples, n_classes, MOST)
    return [(n_samples + k) // n_classes for k in range(n_classes)]


def _check_deviation(name: str, setting: str, deviation: float) -> None:
    number(f"{name}: {setting}", deviation)
