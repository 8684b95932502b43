"""Datasets, loaders, splits, standardising and encodings."""

import copy
import json
import math
import random
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler

from autograd import Value, gradcheck
from nn.data.loading import DataLoader, Dataset, as_dataset, minibatches
from nn.data.preprocessing import Standardizer, classes_of, one_hot
from nn.data.splits import k_fold, random_split, train_validation_test_split

PYTORCH = json.loads((Path(__file__).parent / "references" / "data_pytorch.json").read_text(encoding="utf-8"))
X = [[0.0, 1.0], [1.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
Y = [0, 1, 1, 0]


def numbered(n):
    """A dataset in which every sample is known by its number."""
    return Dataset(range(n), range(n))


# ---------------------------------------------------------------- Dataset


@pytest.mark.parametrize(
    ("inputs", "targets"),
    [
        (X, Y),
        (tuple(map(tuple, X)), tuple(Y)),
        (np.array(X), np.array(Y)),
        (np.array(X, dtype=object), np.array([[y] for y in Y])),
        ([np.array(row) for row in X], iter(Y)),
        (pd.DataFrame(X, columns=["a", "b"]), pd.Series(Y, index=[7, 8, 9, 10])),
        ((row for row in X), pd.DataFrame({"class": Y})),
    ],
    ids=["lists", "tuples", "arrays", "object array and column", "rows and iterator", "frame and Series", "generator"],
)
def test_whatever_the_data_come_in_the_dataset_is_the_same(inputs, targets):
    dataset = Dataset(inputs, targets)
    assert (dataset.inputs, dataset.targets) == (X, Y)
    assert all(type(x) is float for row in dataset.inputs for x in row)
    assert all(type(y) is int for y in dataset.targets)
    assert list(dataset) == list(zip(X, Y))
    assert repr(dataset) == "Dataset(4 samples, inputs (4, 2), targets (4,))"


def test_a_dataset_of_pairs_is_that_of_inputs_and_targets():
    for pairs in (list(zip(X, Y)), zip(X, Y), [[np.array(x), np.int64(y)] for x, y in zip(X, Y)]):
        dataset = Dataset.from_pairs(pairs, feature_names=["a", "b"])
        assert (dataset.inputs, dataset.targets, dataset.feature_names) == (X, Y, ["a", "b"])


def test_a_dataset_keeps_its_own_copy_of_the_numbers():
    rows = [[1.0], [2.0]]
    dataset = Dataset(rows, [0, 1])
    rows[0][0] = math.nan
    assert dataset.inputs == [[1.0], [2.0]]


def test_indices_of_every_kind():
    dataset = Dataset(X, Y, ["a", "b"], ["no", "yes"])
    assert dataset[1] == dataset[np.int64(1)] == dataset[-3] == (X[1], Y[1])
    for part, rows in [(dataset[1:3], [1, 2]), (dataset[::-1], [3, 2, 1, 0]), (dataset[[3, 0]], [3, 0]),
                       (dataset[np.array([2, -1])], [2, 3]), (dataset[range(2)], [0, 1])]:  # fmt: skip
        assert part.inputs == [X[i] for i in rows]
        assert part.targets == [Y[i] for i in rows]
        assert (part.feature_names, part.target_names) == (["a", "b"], ["no", "yes"])


def test_bad_indices_are_refused():
    dataset = Dataset(X, Y)
    for index in (4, -5, [0, 4]):
        with pytest.raises(IndexError, match=r"index -?\d is out of range, it has 4 samples"):
            dataset[index]
    for index in (1.0, "0", True, [True, False, True, False]):
        with pytest.raises(TypeError, match=r"Dataset: .*(not|got)"):
            dataset[index]
    for index in ([], slice(4, 9)):
        with pytest.raises(ValueError, match="no samples are chosen"):
            dataset[index]


def test_single_inputs_are_columns_and_single_targets_are_bare():
    dataset = Dataset([1, 2, 3], [[1.0], [2.0], [3.0]])
    assert dataset[0] == ([1], 1.0)
    assert Dataset([1, 2], [[1.0, 2.0], [3.0, 4.0]])[1] == ([2], [3.0, 4.0])


def test_a_frame_brings_its_names():
    frame = pd.DataFrame({"age": [1, 2], "height": [1.5, 1.6]})
    dataset = Dataset(frame, pd.DataFrame({"u": [0, 1], "v": [1, 0]}))
    assert (dataset.feature_names, dataset.target_names) == (["age", "height"], ["u", "v"])
    assert Dataset(frame, [0, 1], feature_names=["a", "b"]).feature_names == ["a", "b"]


@pytest.mark.parametrize(
    ("inputs", "targets", "error", "message"),
    [
        (X, Y[:3], ValueError, "4 inputs, but 3 targets; each input needs one"),
        ([[1.0, 2.0], [3.0]], [0, 1], ValueError, "Dataset: inputs: row 1 has 1 number, row 0 has 2"),
        ([[], []], [0, 1], ValueError, "row 0 has 0 numbers"),
        ([], [], ValueError, "Dataset: inputs: there are no samples"),
        ([[1.0], [math.nan]], [0, 1], ValueError, "inputs, row 1, column 0 is nan; leave the sample out"),
        (np.array([[1.0, -np.inf]]), [0], ValueError, "inputs, row 0, column 1 is -inf"),
        ([1.0, 2.0], [1.0, math.inf], ValueError, "targets, row 1, column 0 is inf"),
        ([[1.0, "7"]], [0], TypeError, "inputs, row 0, column 1: expected a number, got str '7'"),
        (pd.DataFrame({"a": [1], "b": ["x"]}), [0], TypeError, "inputs, row 0, column 1: .* got str 'x'"),
        (pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}), [0, 1], ValueError, "row 1, column 0 is nan"),
        ([1.0], ["cat"], TypeError, "targets, row 0, column 0: expected a number, got str 'cat'; .* classes_of"),
        ([10**400], [0], ValueError, "inputs, row 0, column 0 is 1000.*; leave the sample out or put a finite number"),
        ([1.0], [None], TypeError, "expected a number, got NoneType None"),
        ([[1j]], [0], TypeError, "got complex 1j"),
        ([[Value(1.0)]], [0], TypeError, r"got Value .*; its number is its \.data"),
        ([[[1.0]]], [0], TypeError, r"row 0, column 0: expected a number, got list \[1\.0\]"),
        (np.array([["2020-01-01"]], "datetime64[ns]"), [0], TypeError, r"inputs: expected .*, got datetime64\[ns\]"),
        (np.array([["2020-01-01"]], "datetime64[D]"), [0], TypeError, r"inputs: expected .*, got datetime64\[D\]"),
        ([[np.timedelta64(1, "ns")]], [0], TypeError, "row 0, column 0: expected a number, got timedelta64"),
        ([1.0], pd.Series(pd.to_datetime(["2020"])), TypeError, "targets: expected .*, got datetime64"),
        (pd.DataFrame({"a": pd.to_datetime(["2020"]), "b": [1.0]}), [0], TypeError, "got Timestamp"),
        (5, [0], TypeError, "Dataset: inputs: expected a sequence of numbers, got int 5"),
        ("ab", [0, 1], TypeError, "expected a sequence of numbers, got str 'ab'"),
    ],
)
def test_what_is_no_dataset_is_refused_with_its_place(inputs, targets, error, message):
    with pytest.raises(error, match=message):
        Dataset(inputs, targets)


def test_names_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="feature_names are 1, for 2 columns of inputs"):
        Dataset(X, Y, feature_names=["a"])
    with pytest.raises(TypeError, match="names must be a list of texts, not the text 'ab'"):
        Dataset(X, Y, feature_names="ab")


def test_numbers_of_numpy_become_those_of_python():
    dataset = Dataset([[np.int8(3), np.bool_(True)]], [np.float32(0.5)])
    assert dataset[0] == ([3, 1], 0.5)
    assert [type(x) for x in (*dataset.inputs[0], *dataset.targets)] == [int, int, float]


@pytest.mark.parametrize("pairs", [[1.0, 2.0], ["ab"], [([1.0], 0), ([1.0], 0, 0)], {"a": 1}])
def test_what_is_no_pair_is_refused(pairs):
    with pytest.raises(ValueError, match=r"item \d is not a pair \(x, y\), but"):
        Dataset.from_pairs(pairs)
    with pytest.raises(TypeError, match=r"Dataset\.from_pairs: expected pairs \(x, y\), got int 5"):
        DataLoader(5)


# ---------------------------------------------------------------- DataLoader and minibatches


def test_batches_are_those_of_pytorch():
    for n, size, drop_last, expected in PYTORCH["batches"]:
        loader = DataLoader(numbered(n), size, drop_last=drop_last)
        assert [targets for _, targets in loader] == expected
        assert [[x for (x,) in inputs] for inputs, _ in loader] == expected
        assert len(loader) == len(expected)


def test_a_loader_takes_datasets_tuples_and_pairs():
    expected = [(X[:3], Y[:3]), (X[3:], Y[3:])]
    for data in (Dataset(X, Y), (X, Y), (np.array(X), pd.Series(Y)), list(zip(X, Y)), zip(X, Y)):
        assert list(DataLoader(data, 3)) == expected
    with pytest.raises(ValueError, match="item 0 is not a pair"):
        DataLoader([X, Y], 3)


def test_every_epoch_has_every_sample_once_in_another_order():
    loader = DataLoader(numbered(20), 3, shuffle=True, seed=0)
    epochs = [[y for _, targets in loader for y in targets] for _ in range(50)]
    assert all(sorted(epoch) == list(range(20)) for epoch in epochs)
    assert len(set(map(tuple, epochs))) == 50


def test_a_seed_determines_all_orders_and_another_seed_others():
    def orders(seed):
        loader = DataLoader(numbered(20), 3, shuffle=True, seed=seed)
        return [list(loader) for _ in range(5)]

    assert orders(3) == orders(3)
    # Not even shifted: epoch 1 of seed 0 is not epoch 0 of seed 1; nor are those of a seed and its negative equal.
    for seed in (1, -3, 4):
        assert not any(epoch in orders(3) for epoch in orders(seed))


def test_the_order_of_a_seed_is_the_same_on_every_machine():
    """These numbers are promised: a stored seed must give the same training next year."""
    loader = DataLoader(numbered(6), 6, shuffle=True, seed=0)
    assert [next(iter(loader))[1] for _ in range(2)] == [[2, 3, 5, 0, 1, 4], [3, 2, 1, 0, 4, 5]]


def test_breaking_off_an_epoch_does_not_disturb_the_next():
    whole, broken = (DataLoader(numbered(20), 3, shuffle=True, seed=1) for _ in range(2))
    expected = [list(whole) for _ in range(3)]
    for _ in broken:
        break
    iter(broken)  # begun, and no batch taken
    assert list(broken) == expected[2]


def test_two_passes_at_a_time_do_not_disturb_each_other():
    loader, other = (DataLoader(numbered(7), 2, shuffle=True, seed=1) for _ in range(2))
    together = list(zip(loader, loader))
    first, second = list(other), list(other)
    assert together == list(zip(first, second))


def test_a_resumed_loader_gives_the_orders_to_come():
    loader = DataLoader(numbered(20), 3, shuffle=True)
    list(loader)
    state = json.loads(json.dumps(loader.state_dict()))
    resumed = DataLoader(numbered(20), 3, shuffle=True)
    resumed.load_state_dict(state)
    assert [list(resumed) for _ in range(3)] == [list(loader) for _ in range(3)]


def test_a_bad_state_changes_nothing():
    loader = DataLoader((X, Y), seed=5)
    for state, error in [
        ({"seed": 1}, KeyError), ({"seed": 1, "epoch": 2, "size": 3}, KeyError), ({"seed": 1, "epoch": -1}, ValueError),
        ({"seed": 1, "epoch": 1.5}, TypeError), ({"seed": None, "epoch": 1}, TypeError),
    ]:  # fmt: skip
        with pytest.raises(error, match=r"DataLoader\.load_state_dict"):
            loader.load_state_dict(state)
        assert loader.state_dict() == {"seed": 5, "epoch": 0}


def test_loaders_leave_the_global_generator_alone():
    random.seed(0)
    before = random.getstate()
    list(DataLoader((X, Y), shuffle=True))
    random_split((X, Y), [2, 2])
    list(minibatches(X, batch_size=2))
    assert random.getstate() == before


def test_bad_settings_of_loaders_are_refused_at_once():
    for size in (0, -1, 1.5, True, "2"):
        error = ValueError if size.__class__ is int else TypeError
        with pytest.raises(error, match="DataLoader: batch_size must be a whole number of at least 1, not"):
            DataLoader((X, Y), size)
        with pytest.raises(error, match="minibatches: batch_size must be"):
            minibatches(X, batch_size=size)
    with pytest.raises(TypeError, match="DataLoader: seed must be a whole number, not str 'a'"):
        DataLoader((X, Y), seed="a")
    with pytest.raises(ValueError, match="drop_last leaves no batch of 5 in 4 samples"):
        DataLoader((X, Y), 5, drop_last=True)
    with pytest.raises(ValueError, match=r"minibatches: the columns must have one length, got \[4, 3\]"):
        minibatches(X, Y[:3], batch_size=2)


def test_the_order_of_minibatches_is_that_of_random_shuffle():
    rows = list(range(10))
    random.Random(7).shuffle(rows)
    assert list(minibatches(range(10), batch_size=10, seed=7)) == [(rows,)]


# ---------------------------------------------------------------- splits


def test_lengths_of_fractions_are_those_of_pytorch():
    for n, fractions, lengths in PYTORCH["random_split"]:
        assert [len(part) for part in random_split(numbered(n), fractions, seed=0)] == lengths


def test_parts_are_disjoint_whole_and_determined_by_the_seed():
    for lengths in ([6, 3, 1], [0.6, 0.3, 0.1]):
        parts = [part.targets for part in random_split(numbered(10), lengths, seed=1)]
        assert list(map(len, parts)) == [6, 3, 1]
        assert sorted(x for part in parts for x in part) == list(range(10))
        assert parts == [part.targets for part in random_split(numbered(10), lengths, seed=1)]
        assert parts != [part.targets for part in random_split(numbered(10), lengths, seed=2)]


@pytest.mark.parametrize(
    "lengths",
    [[5, 4], [5, 6], [0.5, 0.4], [], [10, 0], [11, -1], [1.2, -0.2], [math.nan, 1.0], [5, 0.5], [1.0, 0.0], ["5", 5]],
)
def test_lengths_that_do_not_add_up_are_refused(lengths):
    with pytest.raises(ValueError, match="random_split: the parts must be whole numbers that sum to 10, or fractions"):
        random_split(numbered(10), lengths)


def test_empty_parts_are_refused():
    with pytest.raises(ValueError, match=r"\[0\.9, 0\.1\] is too much of 3 samples: a part would be empty"):
        random_split(numbered(3), [0.9, 0.1])
    with pytest.raises(ValueError, match="train_validation_test_split: the parts must be"):
        train_validation_test_split(numbered(10), validation=0.0)
    with pytest.raises(ValueError, match="train_validation_test_split: the parts must be"):
        train_validation_test_split(numbered(10), validation=0.6, test=0.4)


def test_train_validation_test_are_a_random_split():
    parts = train_validation_test_split(numbered(100), 0.2, 0.1, seed=4)
    assert [part.targets for part in parts] == [p.targets for p in random_split(numbered(100), [0.7, 0.2, 0.1], seed=4)]


@pytest.mark.parametrize("sizes", [[50, 50, 50], [212, 357], [100, 10, 7, 1], [10] * 10, [97, 3]])
def test_stratified_parts_hold_each_class_in_proportion(sizes):
    """Off by less than two samples: one at each end of the stretch that a part is."""
    labels = [label for label, size in enumerate(sizes) for _ in range(size)]
    dataset = Dataset(range(len(labels)), labels)
    for seed in range(5):
        parts = train_validation_test_split(dataset, 0.2, 0.2, seed, stratify=True)
        assert [len(part) for part in parts] == [len(part) for part in random_split(dataset, [0.6, 0.2, 0.2])]
        assert sorted(x for part in parts for (x,) in part.inputs) == list(range(len(labels)))
        for part in parts:
            for label, size in enumerate(sizes):
                assert abs(part.targets.count(label) - size * len(part) / len(labels)) < 2
    assert parts[0].inputs == train_validation_test_split(dataset, 0.2, 0.2, 4, stratify=True)[0].inputs
    assert parts[0].inputs != train_validation_test_split(dataset, 0.2, 0.2, 5, stratify=True)[0].inputs


def test_stratifying_spreads_rare_classes_over_the_parts_too():
    """40 classes of one sample beside one of 60: a fifth of them is 8, off by less than two at each end of the part."""
    dataset = Dataset(range(100), [0] * 60 + list(range(1, 41)))
    for seed in range(5):
        for part in train_validation_test_split(dataset, 0.2, 0.2, seed, stratify=True)[1:]:
            assert abs(sum(y > 0 for y in part.targets) - 8) < 4


def test_stratifying_needs_classes():
    with pytest.raises(ValueError, match=r"k_fold: to stratify, the targets must be one number each, not \[0, 1\]"):
        k_fold(Dataset(X, [[0, 1]] * 4), 2, stratify=True)


@pytest.mark.parametrize(("n", "k"), [(10, 5), (10, 4), (7, 7), (11, 2)])
def test_folds_have_the_sizes_of_scikit_learn_and_hold_each_sample_once(n, k):
    for stratify in (False, True):
        folds = k_fold(Dataset(range(n), [i % 2 for i in range(n)]), k, seed=0, stratify=stratify)
        assert [len(part) for _, part in folds] == [len(rows) for _, rows in KFold(k).split(range(n))]
        assert sorted(x for _, part in folds for (x,) in part.inputs) == list(range(n))
        for training, validation in folds:
            assert sorted(training.inputs + validation.inputs) == [[i] for i in range(n)]


def test_bad_numbers_of_folds_are_refused():
    with pytest.raises(ValueError, match="k_fold: n_splits must be a whole number of at least 2, not 1"):
        k_fold(numbered(10), 1)
    with pytest.raises(ValueError, match="k_fold: 5 parts cannot be made of 1 sample; there must be at least two"):
        k_fold(numbered(1))
    with pytest.raises(ValueError, match="11 parts cannot be made of 10 samples; give n_splits of at most 10"):
        k_fold(numbered(10), 11)


# ---------------------------------------------------------------- Standardizer


def test_standardizing_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    x = rng.normal([0.0, 5.0, -3.0], [1.0, 10.0, 0.01], (50, 3))
    x[:, 1] = 7.5
    ours, theirs = Standardizer(), StandardScaler()
    # Both round a few times; 1e-13 is some hundreds of units in the last place of the mean -3 over its spread 0.01.
    np.testing.assert_allclose(ours.fit_transform(x), theirs.fit_transform(x), rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(ours.mean, theirs.mean_, rtol=1e-14, atol=1e-16)
    np.testing.assert_allclose(ours.scale, theirs.scale_, rtol=1e-13)
    assert ours.scale[1] == 1.0
    z = rng.normal(size=(4, 3))
    np.testing.assert_allclose(ours.inverse_transform(z), theirs.inverse_transform(z), rtol=1e-13)
    np.testing.assert_allclose(ours.transform(ours.inverse_transform(z)), z, rtol=1e-12, atol=1e-13)


def test_a_spread_of_one_at_a_mean_of_a_billion_is_kept():
    """The naive E[x²] - E[x]² has no correct digit here; 1e-7 is half the distance of floats at 1e9."""
    column = [1e9 + x for x in (-1.0, 1.0) * 500]
    standardizer = Standardizer().fit(column)
    assert (standardizer.mean, standardizer.scale) == (1e9, 1.0)
    noisy = [1e9 + random.Random(i).gauss(0.0, 1.0) for i in range(200)]
    exact = np.array([math.fsum([x, -1e9]) for x in noisy])  # subtraction is exact here
    standardizer.fit(noisy)
    assert standardizer.mean - 1e9 == pytest.approx(exact.mean(), abs=1e-7)
    assert standardizer.scale == pytest.approx(exact.std(), rel=1e-7)


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_squares_that_would_underflow_or_overflow_do_no_harm(size):
    # The distance, its division by √2 and that of the number by it each round once.
    assert Standardizer().fit_transform([-size, size]) == pytest.approx([-1.0, 1.0], rel=3 * 2.0**-52)


@pytest.mark.parametrize("number", [0.1, 1e9 + 0.1, -7, 0])
def test_constant_columns_become_zero_exactly(number):
    """The mean of three 0.1 rounds to something else, and dividing by that spread would give ±1."""
    standardizer = Standardizer().fit([[number]] * 3)
    assert (standardizer.scale, standardizer.transform([number])) == ([1.0], [0.0])


def test_columns_at_the_ends_of_the_range_are_standardized():
    huge = Standardizer()
    assert huge.fit_transform([[1.7e308], [1.6e308]]) == [pytest.approx([1.0]), pytest.approx([-1.0])]
    assert (huge.mean, huge.scale) == (pytest.approx([1.65e308]), pytest.approx([5e306]))
    largest = sys.float_info.max
    assert Standardizer().fit_transform([[largest], [-largest]] * 3) == [[1.0], [-1.0]] * 3
    tiny = Standardizer().fit([[5e-324]] + [[0.0]] * 99)  # a tenth of the least float is none
    assert (tiny.mean, tiny.scale) == ([0.0], [1.0])


def test_numbers_samples_and_batches_are_told_apart():
    columns = Standardizer().fit(pd.DataFrame(X))
    batch = columns.transform(np.array(X))
    assert [columns.transform(x) for x in X] == batch
    assert columns.transform(pd.DataFrame(X)) == batch
    numbers = Standardizer().fit([1.0, 3.0])
    assert numbers.transform(3.0) == 1.0
    assert numbers.transform(np.array([1.0, 3.0, 5.0])) == [-1.0, 1.0, 3.0]
    assert numbers.inverse_transform([-1.0, 0.0]) == [1.0, 2.0]
    assert Standardizer().fit(iter([1.0, 3.0])).mean == 2.0


def test_values_are_standardized_with_their_derivatives():
    standardizer = Standardizer().fit(X)
    assert gradcheck(lambda x: standardizer.transform(x), [[0.3, -1.2]])
    x = Value(1.0)
    standardizer.transform([x, 0.0])[0].backward()
    assert x.grad == pytest.approx(1 / standardizer.scale[0], rel=1e-15)


def test_the_state_of_a_standardizer_goes_through_json():
    for x in (X, [1.0, 3.0]):
        standardizer = Standardizer().fit(x)
        loaded = Standardizer()
        loaded.load_state_dict(json.loads(json.dumps(standardizer.state_dict())))
        assert loaded.transform(x) == standardizer.transform(x)
        loaded.load_state_dict(Standardizer().state_dict())
        assert loaded.mean is None


def test_bad_states_of_a_standardizer_change_nothing():
    standardizer = Standardizer().fit(X)
    before = standardizer.state_dict()
    for mean, scale, error in [
        ([1.0], [1.0, 2.0], ValueError), ([1.0], [0.0], ValueError), ([1.0], [math.nan], ValueError),
        (1.0, [1.0], ValueError), (["1"], [1.0], TypeError), (None, [1.0], TypeError),
    ]:  # fmt: skip
        with pytest.raises(error, match=r"Standardizer\.load_state_dict"):
            standardizer.load_state_dict({"mean": mean, "scale": scale})
    with pytest.raises(KeyError, match="expected"):
        standardizer.load_state_dict({"mean": [1.0]})
    assert standardizer.state_dict() == before


def test_standardizers_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match="call fit first"):
        Standardizer().transform(X)
    with pytest.raises(ValueError, match="fitted to samples of 2 numbers, got one of 3"):
        Standardizer().fit(X).transform([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"Standardizer\.fit, row 1, column 0 is nan"):
        Standardizer().fit([1.0, math.nan])
    with pytest.raises(ValueError, match=r"Standardizer\.fit: there are no samples"):
        Standardizer().fit([])


# ---------------------------------------------------------------- encodings


@pytest.mark.parametrize("targets", [[0, 1, 2], [[0, 1], [1, 0], [1, 1]]])
def test_who_changes_a_batch_changes_no_data(targets):
    dataset = Dataset([[0.0], [1.0], [2.0]], targets)
    before = copy.deepcopy([dataset.inputs, dataset.targets])
    for _ in range(2):
        for inputs, found in DataLoader(dataset, batch_size=2):
            for row in (*inputs, *found):
                if isinstance(row, list):
                    row[0] += 100.0
            inputs.clear()
            found.clear()
    assert [dataset.inputs, dataset.targets] == before


def test_one_hot_vectors_are_those_of_pytorch():
    for classes, n_classes, vectors in PYTORCH["one_hot"]:
        assert one_hot(classes, None if n_classes == -1 else n_classes) == vectors


def test_one_hot_takes_arrays_and_series():
    assert one_hot(np.array([1, 0])) == one_hot(pd.Series([1, 0])) == [[0, 1], [1, 0]]
    assert one_hot(np.int64(1)) == [0, 1]
    assert one_hot([], 3) == []
    with pytest.raises(ValueError, match="one_hot: there are no classes, so n_classes is needed"):
        one_hot([])


def test_what_is_no_class_is_refused():
    for classes in (3, [0, 3], -1, [0, -1]):
        with pytest.raises(ValueError, match=r"one_hot: class (3|-1) is not one of the classes 0 to 2"):
            one_hot(classes, 3)
    for classes in (1.0, [0, 1.0], True, ["a"], None):
        with pytest.raises(TypeError, match="one_hot: a class must be a whole number, not"):
            one_hot(classes)
    with pytest.raises(ValueError, match="one_hot: n_classes must be a whole number of at least 1, not 0"):
        one_hot([], 0)


@pytest.mark.parametrize("labels", [["b", "a", "c", "a"], [3, 1, 3], np.array(["x", "y", "x"]), [2.5, -1.0]])
def test_classes_are_those_of_numpys_unique(labels):
    classes, numbers = classes_of(labels)
    expected, inverse = np.unique(labels, return_inverse=True)
    assert (classes, numbers) == (expected.tolist(), inverse.tolist())


def test_labels_without_a_class_are_refused():
    with pytest.raises(TypeError, match="the labels must be of one kind, text or numbers"):
        classes_of(["a", 1])
    for labels in (pd.Series(["a", None]), ["a", None], ["a", math.nan]):  # pandas before 3 keeps None
        with pytest.raises(ValueError, match=r"label 1 is (nan|None); leave the sample out or give it a label"):
            classes_of(labels)
    with pytest.raises(ValueError, match="label 0 is <NA>; leave the sample out or give it a label"):
        classes_of([pd.NA, "a"])


def test_labels_make_a_dataset():
    classes, targets = classes_of(["dog", "cat", "dog", "dog"])
    dataset = as_dataset((X, targets))
    assert [classes[y] for _, y in dataset] == ["dog", "cat", "dog", "dog"]
