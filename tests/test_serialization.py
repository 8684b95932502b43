"""Saving and loading: exact, whole or not at all, safe, and good for going on with training."""

import copy
import json
import math
import os
import pickle
import random
import stat
from hashlib import sha256
from random import Random

import pytest

import nn
from autograd import Value
from nn import MLP, SGD, Adam, Dropout, Linear, Module, PReLU, Sequential, Softmax, mse_loss, serialization
from nn.data.loading import DataLoader
from nn.fitting.history import History
from nn.fitting.training import fit
from nn.optimizing.schedules import StepLR
from nn.serialization import CLASSES, _state_of, load, save


def data(seed=0, n=24):
    rng = Random(seed)
    X = [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(n)]
    return X, [math.sin(a) * b for a, b in X]


def trainee():
    """All that a training consists of, with a Dropout and a shuffling loader."""
    rng = Random(1)
    model = MLP(2, [6, 5, 1], activation=["tanh", "prelu"], initializer="xavier_normal", dropout=0.2, rng=rng)
    optimizer = Adam(model.parameters(), lr=0.02)
    schedule = StepLR(optimizer, step_size=2, gamma=0.7)
    return model, optimizer, schedule, DataLoader(data(), batch_size=5, shuffle=True, seed=3)


def test_training_resumes_bit_for_bit(tmp_path):
    model, optimizer, schedule, loader = trainee()
    unbroken = fit(model, loader, mse_loss, optimizer, epochs=7, schedule=schedule)

    first, optimizer, schedule, loader = trainee()
    history = fit(first, loader, mse_loss, optimizer, epochs=3, schedule=schedule)
    save(first, tmp_path / "half.json", optimizer=optimizer, schedule=schedule, loader=loader, history=history)

    second, optimizer, schedule, loader = trainee()
    history = History()
    load(tmp_path / "half.json", second, optimizer=optimizer, schedule=schedule, loader=loader, history=history)
    fit(second, loader, mse_loss, optimizer, epochs=4, schedule=schedule, history=history)
    assert second.state_dict() == model.state_dict()
    assert history["loss"] == unbroken["loss"]


def test_a_model_is_built_anew_from_the_file_alone(tmp_path):
    shared = PReLU(init=0.1)
    model = Sequential(
        MLP(2, [4, 3], activation=shared, dropout=0.5, rng=Random(0)),
        shared,
        Linear(3, 2, bias=False),
        Softmax(temperature=2.0),
    )
    model[0].layers[0].requires_grad_(False)
    model.eval()
    save(model, tmp_path / "m.json")
    again = load(tmp_path / "m.json")
    assert again.state_dict() == model.state_dict()
    assert [p.data for p in again([0.3, -0.7])] == [p.data for p in model([0.3, -0.7])]
    assert [p.requires_grad for p in again.parameters()] == [p.requires_grad for p in model.parameters()]
    assert again[1] is again[0].layers[0].neurons[0].activation  # what was shared is shared
    assert repr(again) == repr(model)
    assert not again.training
    assert again.train()([0.3, -0.7])[0].data == model.train()([0.3, -0.7])[0].data  # its generator goes on


def test_every_module_of_nn_can_be_built_anew(tmp_path):
    arguments = {
        "Neuron": (2,), "Layer": (2, 3), "Linear": (2, 3), "MLP": (2, [3, 1]), "Sequential": (Dropout(0.1),),
        "PolynomialBasis": (2, True), "FourierBasis": (2, 4.0), "GaussianBasis": ([[0.0], [Value(1.0)]], Value(0.5)),
        "TemperatureScaling": (MLP(2, [3]), 2.0), "Embedding": (3, 2),
    }  # fmt: skip
    public = [kind for name in nn.__all__ if isinstance(kind := getattr(nn, name), type) and issubclass(kind, Module)]
    assert [kind for kind in public if CLASSES.get(kind.__name__) is not kind] == []
    for name, kind in CLASSES.items():
        if name in ("Module", "Elementwise", "Basis"):
            continue
        module = kind(*arguments.get(name, ()))
        save(module, tmp_path / "m.json")
        assert repr(load(tmp_path / "m.json")) == repr(module)
        assert load(tmp_path / "m.json").state_dict() == module.state_dict()


def test_dropouts_that_share_a_generator_still_do(tmp_path):
    rng = Random(5)
    model = Sequential(Linear(2, 4, rng=Random(0)), Dropout(0.5, rng=rng), Linear(4, 4, rng=rng), Dropout(0.5, rng=rng))
    save(model, tmp_path / "m.json")
    again = load(tmp_path / "m.json")
    assert again[1].rng is again[3].rng
    for _ in range(5):
        found, expected = again([1.0, 2.0]), model([1.0, 2.0])
        assert [float(getattr(y, "data", y)) for y in found] == [float(getattr(y, "data", y)) for y in expected]


def test_floats_are_exact(tmp_path):
    model = MLP(1, [4], rng=Random(0))
    numbers = [0.1, 1e308, 5e-324, -0.0, math.inf, -math.inf, math.nan, 1 / 3]
    for parameter, number in zip(model.parameters(), numbers, strict=True):
        parameter.data = number
    save(model, tmp_path / "m.json")
    found = [p.data for p in load(tmp_path / "m.json").parameters()]
    assert list(map(float.hex, found)) == list(map(float.hex, numbers))


class Line(Module):
    """A module of a user's own."""

    def __init__(self):
        self.slope, self.bias, self.function = Value(2.0), Value(1.0), math.sin

    def forward(self, x):
        return self.slope * x + self.bias


def test_a_module_of_ones_own_is_loaded_into_one(tmp_path):
    line, other = Line(), Line()
    line.slope.data = 7.0
    save(line, tmp_path / "line.json")
    assert load(tmp_path / "line.json", other) is other
    assert other.slope.data == 7.0
    with pytest.raises(ValueError, match=r"does not say how the model is built \(Line is .*use load\(file, model\)"):
        load(tmp_path / "line.json")


# ---------------------------------------------------------------- whole or not at all


def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    file = tmp_path / "m.json"
    save(MLP(2, [1], rng=Random(0)), file)
    old = file.read_bytes()
    with pytest.raises(TypeError, match=r"content.states.extra.x must consist of numbers.*not object"):
        save(MLP(2, [1]), file, extra=type("E", (), {"state_dict": lambda self: {"x": object()}})())
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("no space left")))
    with pytest.raises(OSError, match="no space"):
        save(MLP(2, [1]), file)
    assert file.read_bytes() == old
    assert [path.name for path in tmp_path.iterdir()] == ["m.json"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_file_has_the_usual_permissions(tmp_path):
    (tmp_path / "plain").touch()
    save(MLP(1, [1]), tmp_path / "m.json")
    assert stat.S_IMODE((tmp_path / "m.json").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_a_failed_load_changes_nothing(tmp_path):
    model, optimizer, schedule, loader = trainee()
    save(model, tmp_path / "m.json", optimizer=optimizer, loader=loader)
    before = model.state_dict()
    for parameter in model.parameters():
        parameter.data += 1.0
    now, state = model.state_dict(), optimizer.state_dict()
    with pytest.raises(ValueError, match="it holds no state of schedule"):
        load(tmp_path / "m.json", model, optimizer=optimizer, schedule=schedule)
    with pytest.raises(ValueError, match="cannot be loaded"):
        load(tmp_path / "m.json", model, loader=loader, optimizer=SGD(model.parameters(), lr=0.1))
    with pytest.raises(ValueError, match="missing"):
        load(tmp_path / "m.json", MLP(2, [6, 6, 1]))
    assert (model.state_dict(), optimizer.state_dict()) == (now, state)
    load(tmp_path / "m.json", model)
    assert model.state_dict() == before


# ---------------------------------------------------------------- files that are none


def content(tmp_path, model=None):
    save(model or MLP(2, [3, 1], rng=Random(0)), tmp_path / "m.json")
    return (tmp_path / "m.json").read_text()


@pytest.mark.parametrize("keep", [0, 1, 50, 300, -2])
def test_a_truncated_file_is_refused(tmp_path, keep):
    text = content(tmp_path)
    (tmp_path / "m.json").write_text(text[: keep if keep >= 0 else len(text) + keep])
    with pytest.raises(ValueError, match=r"m.json.*no whole JSON file"):
        load(tmp_path / "m.json")


def test_a_changed_digit_is_noticed(tmp_path):
    text = content(tmp_path)
    at = text.index('layers.0.neurons.0.w.0": ') + 30
    changed = text[:at] + ("1" if text[at] != "1" else "2") + text[at + 1 :]
    (tmp_path / "m.json").write_text(changed)
    with pytest.raises(ValueError, match="corrupt: its checksum"):
        load(tmp_path / "m.json")


@pytest.mark.parametrize(
    "foreign",
    [b"\x80\x04\x95", b"[]", b"{}", b"null", b"\xff\xfe", b'{"format": "other"}', b"[" * 100_000, b"1" * 10_000,
     pickle.dumps(os.system), b'{"format": "scalar-autograd", "version": 1}'],
)  # fmt: skip
def test_foreign_files_are_refused(tmp_path, foreign):
    (tmp_path / "f.json").write_bytes(foreign)
    with pytest.raises(ValueError, match=r"f\.json"):
        load(tmp_path / "f.json")


def test_a_later_version_is_refused(tmp_path):
    (tmp_path / "f.json").write_text('{"format": "scalar-autograd", "version": 2, "content": {}}')
    with pytest.raises(ValueError, match="version 2, this package reads 1"):
        load(tmp_path / "f.json")


def nested(depth):
    return [nested(depth - 1)] if depth else 1


def forged(tmp_path, change, model=None):
    """A file with a right checksum and a wrong content."""
    whole = json.loads(content(tmp_path, model))
    change(whole["content"])
    (tmp_path / "m.json").write_bytes(sealed(whole))


def sealed(whole):
    """A file with a right checksum, if there is one."""
    if isinstance(whole, dict) and "checksum" in whole:
        text = json.dumps(whole.get("content"), ensure_ascii=False)
        whole["checksum"] = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return json.dumps(whole, ensure_ascii=False).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c["architecture"].update({"class": "os.system"}),
        lambda c: c["architecture"].update({"class": "Module"}) or c["architecture"]["attributes"].clear(),
        lambda c: c["architecture"]["attributes"].update({"__class__": 1}),
        lambda c: c["architecture"]["attributes"].update({"forward": {"primitive": "exp"}}),
        lambda c: c["architecture"]["attributes"].update({"x y": 1}),
        lambda c: c["architecture"].update({"attributes": [1]}),
        lambda c: c["architecture"].pop("attributes"),
        lambda c: c["architecture"].pop("class"),
        lambda c: c["architecture"]["attributes"].pop("layers"),
        lambda c: c["architecture"]["attributes"]["layers"][0]["attributes"]["neurons"][0]["attributes"].pop(
            "activation"
        ),
        lambda c: c["architecture"]["attributes"].update({"layers": 1}),
        lambda c: c["architecture"]["attributes"].update({"layers": {"module": 77}}),
        lambda c: c["architecture"]["attributes"].update({"layers": {"parameter": "nowhere"}}),
        lambda c: c["architecture"]["attributes"].update({"layers": {"primitive": "__import__"}}),
        lambda c: c["architecture"]["attributes"].update({"layers": {"generator": [3, [1, 2], None]}}),
        lambda c: c["architecture"]["attributes"].update({"layers": {"generator": [3, [-1] * 625, None]}}),
        lambda c: c["architecture"]["attributes"].update({"layers": {"generator": 77}}),
        lambda c: c["architecture"]["attributes"].update({"layers": {"generator": 77, "state": [3, [-1] * 625, None]}}),
        lambda c: c["architecture"]["attributes"].update({"layers": nested(300)}),
        lambda c: c["architecture"]["attributes"].update({"layers": nested(600)}),
        lambda c: c["architecture"]["attributes"].update({"layers": {"eval": "1"}}),
        lambda c: c.update(architecture=None),
        lambda c: c.update(parameters=[]),
        lambda c: c.update(frozen={}),
        lambda c: c["parameters"].update({"layers.0.neurons.0.b": "x"}),
        lambda c: c["parameters"].update({"layers.0.neurons.0.b": [1.0]}),
        lambda c: c["parameters"].update({"more": 1.0}),
        lambda c: c["parameters"].pop("layers.0.neurons.0.b"),
        lambda c: c.pop("states"),
    ],
)
def test_malicious_files_give_a_clear_error(tmp_path, change):
    forged(tmp_path, change)
    with pytest.raises(ValueError, match=r"m\.json"):
        load(tmp_path / "m.json")


def test_files_from_before_generators_had_numbers(tmp_path):
    model = Dropout(0.5, rng=Random(0))
    forged(tmp_path, lambda c: c["architecture"]["attributes"]["rng"].update(generator=_state_of(model.rng)), model)
    assert load(tmp_path / "m.json")([1.0] * 9) == model([1.0] * 9)


def test_what_cannot_be_read_is_an_error_of_the_system_that_names_the_file(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"none\.json"):
        load(tmp_path / "none.json")
    with pytest.raises(IsADirectoryError, match=tmp_path.name):
        load(tmp_path)
    save(MLP(1, [1]), tmp_path / "m.json")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", lambda _: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        with pytest.raises(OSError, match=r"Input/output error: .*m\.json'$"):
            load(tmp_path / "m.json")


@pytest.mark.skipif(os.name == "nt", reason="special files")
def test_a_fifo_or_device_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for file in (tmp_path / "fifo", "/dev/zero"):
        with pytest.raises(ValueError, match=f"{file}.*no regular file"):
            load(file)


def test_a_file_that_is_too_long_is_neither_read_nor_written(tmp_path, monkeypatch):
    with (tmp_path / "long.json").open("wb") as file:
        file.truncate(2**40)  # a sparse file: it takes no room
    with pytest.raises(ValueError, match=r"long\.json.*1,099,511,627,776 bytes, and at most"):
        load(tmp_path / "long.json")
    monkeypatch.setattr("nn.serialization.MOST_BYTES", 5000)
    with pytest.raises(ValueError, match="load reads at most 5,000"):
        save(MLP(2, [100]), tmp_path / "new.json")
    assert not (tmp_path / "new.json").exists()


class Odd:
    """A state that raises whatever it likes."""

    def state_dict(self):
        return {}

    def load_state_dict(self, state):
        raise ZeroDivisionError("odd")


def test_errors_of_other_states_name_the_file(tmp_path):
    model = MLP(1, [1])
    save(model, tmp_path / "m.json", odd=Odd())
    with pytest.raises(ValueError, match=r"m\.json.*odd"):
        load(tmp_path / "m.json", model, odd=Odd())
    with pytest.raises(ValueError, match=r"m\.json.*model must be a Module, not int"):
        load(tmp_path / "m.json", 5)
    with pytest.raises(TypeError, match="model must be a Module, not int"):
        save(5, tmp_path / "m.json")


def test_what_cannot_be_saved_is_refused_before_anything_is_written(tmp_path):
    endless = []
    endless.append(endless)
    for state, reason in ((endless, "holds itself"), ("\ud800", "UTF-8")):
        other = type("E", (), {"state_dict": lambda self, state=state: {"x": state}})()
        with pytest.raises(TypeError, match=reason):
            save(MLP(1, [1]), tmp_path / "m.json", other=other)
    assert not list(tmp_path.iterdir())


def test_a_dropout_without_a_state_is_saved_without_one(tmp_path):
    model = Sequential(Linear(1, 1), Dropout(0.5, rng=random.SystemRandom()))
    save(model, tmp_path / "m.json")
    assert load(tmp_path / "m.json", model) is model
    with pytest.raises(ValueError, match="does not say how the model is built"):
        load(tmp_path / "m.json")


# ---------------------------------------------------------------- modules that hold one another


def tower(floors, times=2):
    """A Sequential that holds another `times`, which holds another `times`, and so on: times ** floors calls."""
    found = Sequential(PReLU())
    for _ in range(floors):
        found = Sequential(*[found] * times)
    return found


def test_modules_shared_to_exponential_size_are_refused(tmp_path, monkeypatch):
    save(tower(10), tmp_path / "m.json")
    assert load(tmp_path / "m.json")(1.0).data == 1.0
    shared = PReLU()
    save(MLP(3, [50, 1], activation=shared), tmp_path / "m.json")
    assert load(tmp_path / "m.json").layers[0].neurons[7].activation
    for floors, times in ((40, 2), (100, 900)):
        model = tower(floors, times)
        save(model, tmp_path / "m.json")
        assert load(tmp_path / "m.json", model) is model
        with pytest.raises(ValueError, match=r"m\.json.*so often that"):
            load(tmp_path / "m.json")
        with monkeypatch.context() as patch:  # as a file is that was not written by save()
            patch.setattr(serialization, "_hold_to_a_tree", lambda _: None)
            save(model, tmp_path / "m.json")
        with pytest.raises(ValueError, match=r"m\.json.*so often that"):
            load(tmp_path / "m.json")


def test_modules_that_hold_themselves_are_refused(tmp_path):
    model = Sequential(Linear(1, 1), PReLU())
    forged(tmp_path, lambda c: c["architecture"]["attributes"].update(more={"module": 0}), model)
    with pytest.raises(ValueError, match=r"m\.json.*a Sequential holds itself"):
        load(tmp_path / "m.json")
    model.itself = [model]
    save(model, tmp_path / "m.json")
    with pytest.raises(ValueError, match=r"m\.json.*a Sequential holds itself"):
        load(tmp_path / "m.json")


# ---------------------------------------------------------------- mutants


JUNK = [
    None, True, False, 0, -1, 1.5, 1e308, 10**400, 2**64, "", "x", "nan", "\ud800", "__class__", [], {}, [[]],
    {"": None}, {"float": "inf"}, {"float": []},
    {"module": 0}, {"module": True}, {"module": 1, "class": "Linear", "attributes": {}},
    {"generator": None}, {"generator": 1, "state": []}, {"parameter": "b"}, {"primitive": "exp"}, {"primitive": []},
    {"function": "identity"},
]  # fmt: skip


def places(item):
    """Every place in lists and dicts, as the holder and the key."""
    keys = range(len(item)) if isinstance(item, list) else item if isinstance(item, dict) else ()
    for key in keys:
        yield item, key
        yield from places(item[key])


def mutated(whole, rng):
    """A file with up to three changes: of the content with a right checksum, or of its bytes."""
    whole = json.loads(whole)
    if rng.random() < 0.7:
        for _ in range(rng.randint(1, 3)):
            found = list(places(whole))
            holder, key = rng.choice(found)
            change = rng.randrange(4)
            if change == 0:
                holder[key] = copy.deepcopy(rng.choice(JUNK))
            elif change == 1:
                other, place = rng.choice(found)
                holder[key] = copy.deepcopy(other[place])
            elif change == 2:
                del holder[key]
            elif isinstance(holder, dict):
                holder[rng.choice(["x", "training", "class", "state", key + "."])] = holder.pop(key)
            else:
                holder *= 2
        return sealed(whole)
    text = bytearray(sealed(whole))
    for _ in range(rng.randint(1, 3)):
        at, length = rng.randrange(len(text)), rng.randint(1, 40)
        text[at : at + rng.choice((0, 1, length))] = rng.choice(
            (b"", bytes([rng.randrange(256)]), text[:length], b"[{")
        )
    return bytes(text)


def refuse_mutants(tmp_path, count):
    """Load as many mutants: each must give a model or an error that names the file, and change nothing on the way."""
    rng = Random(0)
    shared = PReLU(init=0.1)
    model = Sequential(MLP(1, [2, 1], activation=shared, dropout=0.5, rng=Random(0)), shared, Softmax(temperature=2.0))
    optimizer = Adam(model.parameters(), lr=0.02)
    save(model, tmp_path / "m.json", optimizer=optimizer)
    whole = json.loads((tmp_path / "m.json").read_text())
    whole["content"]["generators"] = {name: [3, [1] * 625, None] for name in whole["content"]["generators"]}
    for holder, key in list(places(whole["content"]["architecture"])):
        if key == "state":
            holder[key] = [3, [0] * 624 + [1], None]
    whole = json.dumps(whole)
    file, loaded = tmp_path / "mutant.json", 0
    for _ in range(count):
        file.write_bytes(mutated(whole, rng))
        before = model.state_dict(), optimizer.state_dict(), [p.requires_grad for p in model.parameters()]
        into = rng.choice(({}, {"model": model}, {"model": model, "optimizer": optimizer}))
        error = None
        try:
            found = load(file, **into)
        except ValueError as refused:
            error = refused
        if error is None:
            loaded += 1
            assert isinstance(found, Module)
            assert repr(found)
            found.state_dict()
            load(tmp_path / "m.json", model, optimizer=optimizer)
        else:
            cause = error.__cause__
            assert "mutant.json" in str(error)
            assert isinstance(cause, (ValueError, LookupError, TypeError, AttributeError, OverflowError)), repr(cause)
            assert before == (model.state_dict(), optimizer.state_dict(), [p.requires_grad for p in model.parameters()])
    assert 0 < loaded < count


def test_mutants_of_a_file_are_loaded_or_refused(tmp_path):
    refuse_mutants(tmp_path, 300)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_thirty_thousand_mutants_of_a_file_are_loaded_or_refused(tmp_path):
    refuse_mutants(tmp_path, 30_000)
