"""Saving a model and the state of its training to a JSON file, and loading them without running any code.

A file holds `{"format": …, "version": …, "checksum": …, "content": …}`; the content holds the parameters by name, how
the model is built, and the `state_dict()` of whatever else was passed.  Numbers are written with as many digits
as bring back the same float.
"""

import errno
import hashlib
import json
import math
import os
import random
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from autograd import TABLE, Primitive, Value, write_whole
from nn.judging import calibration
from nn.models import activations, basis, embedding, layers
from nn.models.module import Module

FORMAT, VERSION = "scalar-autograd", 1
MOST_BYTES = 2**30
"""So long may a file be: `save` writes none that is longer, `load` reads none."""
MOST_REPEATED = 1_000_000
"""So many more attributes and elements may a model have where a module that is held twice is counted twice: a file of
thirty modules, each of which holds the next one twice, would describe one that takes 2³⁰ calls to run or to show."""

CLASSES: dict[str, type[Module]] = {
    name: found
    for module in (activations, basis, calibration, embedding, layers)
    for name, found in vars(module).items()
    if isinstance(found, type) and issubclass(found, Module)
}
"""The modules that a file can describe: `load` makes no others."""


def save(model: Module, file: str | os.PathLike[str], **others: Any) -> None:
    """Write a model to a file, and with it the states of other things, by name.

    The file appears whole or not at all, as all that `autograd.write_whole` writes: folders are made, a link is
    followed, mode and owner are kept, and a FIFO or device is left alone.

    Args:
        model: Any Module; one made of the modules of `nn` is described so that `load(file)` can build it anew.
        file: Where to.
        others: Anything with `state_dict()`: optimizer=…, schedule=…, loader=…, history=….  With these training
            continues bit for bit; so do Dropouts that have a `random.Random` of their own.

    Raises TypeError for a state that JSON cannot hold, ValueError for a file that would be too long, before anything is
    written; OSError, naming the file, if it cannot be written.

    >>> import tempfile
    >>> from nn import MLP
    >>> model = MLP(2, [3, 1])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(model, f"{folder}/model.json")
    ...     copy = load(f"{folder}/model.json")
    >>> copy([1.0, 2.0]).data == model([1.0, 2.0]).data
    True
    """
    if not isinstance(model, Module):
        raise TypeError(f"save: model must be a Module, not {type(model).__name__}")
    names = {parameter: name for name, parameter in model.named_parameters()}
    try:
        _hold_to_a_tree(model)
        architecture, reason = _describe(model, names, {}, type(model).__name__), ""
    except (TypeError, ValueError) as error:
        architecture, reason = None, str(error)
    content = {
        "architecture": architecture,
        "reason": reason,
        "parameters": {name: parameter.data for parameter, name in names.items()},
        "frozen": [name for parameter, name in names.items() if not parameter.requires_grad],
        "generators": {name: _state_of(generator) for name, generator in _generators(model)},
        "states": {name: other.state_dict() for name, other in others.items()},
    }
    try:
        data = _dump(_packed(content, "content")).encode()
    except RecursionError:
        raise TypeError("save: a state is nested too deeply, or holds itself") from None
    except UnicodeEncodeError as error:
        raise TypeError(
            f"save: the text {error.object[error.start : error.end]!r} is none that UTF-8 can hold"
        ) from None
    if len(data) > MOST_BYTES - 1000:
        raise ValueError(f"save: load reads at most {MOST_BYTES:,} bytes, and the content takes {len(data):,}")
    whole = {"format": FORMAT, "version": VERSION, "checksum": hashlib.sha256(data).hexdigest()}
    write_whole(file, _dump(whole)[:-1].encode() + b', "content": ' + data + b"}\n")


def load(file: str | os.PathLike[str], model: Module | None = None, **others: Any) -> Module:
    """Read a file of `save`: into a model, or into one built anew, and the states of `others` of the same names.

    Only numbers, names and modules of `nn` are read; no code is run.  Returns the model.
    Raises ValueError, naming the file and what is wrong with it, if it is truncated, corrupt, foreign, too long, of a
    later version, does not fit, or describes modules that hold themselves; OSError, naming it too, if it cannot be
    read.  Then nothing is changed.

    >>> import tempfile
    >>> from nn import MLP
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(MLP(2, [3, 1]), f"{folder}/model.json")
    ...     print(len(load(f"{folder}/model.json").parameters()))
    13
    """
    try:
        if not isinstance(model, Module | None):
            raise TypeError(f"model must be a Module, not {type(model).__name__}")
        content = _read(Path(file))
        if model is None:
            if content["architecture"] is None:
                raise ValueError(f"it does not say how the model is built ({content['reason']}): use load(file, model)")
            model = _built(content["architecture"], content["parameters"], {})
            if not isinstance(model, Module):
                raise ValueError("what it describes is no model")
            _hold_to_a_tree(model)
            str(model)  # raises where a module lacks an attribute, or has one of the wrong kind
        missing = [name for name in others if name not in content["states"]]
        if missing:
            raise ValueError(f"it holds no state of {', '.join(missing)}, only of {list(content['states'])}")
        _restore(model, content, others)
    except OSError as error:
        raise OSError(error.errno or errno.EIO, error.strerror or str(error), str(file)) from error
    except Exception as error:  # whatever else, as of the load_state_dict of another's class
        message = error.args[0] if isinstance(error, KeyError) and error.args else error
        raise ValueError(f"load: {str(file)!r} cannot be loaded: {str(message) or type(error).__name__}") from error
    return model


# ---------------------------------------------------------------- the file


def _dump(item: Any) -> str:
    return json.dumps(item, allow_nan=False, ensure_ascii=False)


def _read(path: Path) -> dict[str, Any]:
    """The content of a file, held to its checksum."""
    with open(path, "rb", opener=_open_at_once) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("it is no regular file")
        if status.st_size > MOST_BYTES:
            raise ValueError(f"it has {status.st_size:,} bytes, and at most {MOST_BYTES:,} are read")
        text = file.read(status.st_size)
    try:
        whole = json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is no whole JSON file: {error}") from error
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise ValueError("it was not written by save()")
    if whole.get("version") != VERSION:
        raise ValueError(f"it has version {whole.get('version')!r}, this package reads {VERSION}: update it")
    try:
        data = _dump(whole.get("content")).encode()
        content: dict[str, Any] = _unpacked(whole.get("content"))
    except RecursionError:
        raise ValueError("it is corrupt: it is nested too deeply") from None
    except ValueError:
        raise ValueError("it is corrupt: its content is none that save() writes") from None
    if hashlib.sha256(data).hexdigest() != whole.get("checksum"):
        raise ValueError("it is corrupt: its checksum does not fit its content")
    kinds = {"architecture": dict | None, "reason": str, "parameters": dict, "frozen": list, "generators": dict,
             "states": dict}  # fmt: skip
    for name, kind in kinds.items():
        if not isinstance(content, dict) or not isinstance(content.get(name, 0), kind):
            raise ValueError(f"it is corrupt: it has no {name}")
    return content


def _open_at_once(name: str, flags: int) -> int:
    """Opens a FIFO without waiting for a writer."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _packed(item: Any, path: str) -> Any:
    """An item as JSON can hold it: nan and inf as {"float": text}.  Raises TypeError with the path of what cannot."""
    if isinstance(item, bool | int | str | None):
        return item
    if isinstance(item, float):
        return item if math.isfinite(item) else {"float": repr(item)}
    if isinstance(item, list | tuple):
        return [_packed(x, f"{path}[{i}]") for i, x in enumerate(item)]
    if isinstance(item, Mapping) and all(isinstance(key, str) for key in item):
        return {key: _packed(x, f"{path}.{key}") for key, x in item.items()}
    raise TypeError(f"save: {path} must consist of numbers, text, lists and dicts by text, not {type(item).__name__}")


def _unpacked(item: Any) -> Any:
    if isinstance(item, list):
        return [_unpacked(x) for x in item]
    if isinstance(item, dict):
        if item.keys() == {"float"} and item["float"] in ("nan", "inf", "-inf"):
            return float(item["float"])
        return {key: _unpacked(x) for key, x in item.items()}
    return item


# ---------------------------------------------------------------- the model


def _describe(item: Any, names: Mapping[Value, str], numbers: dict[Any, int], path: str) -> Any:
    """How an attribute of a model is built; TypeError with its path for what cannot be described.

    A module or generator has a number, by which alone it is named where it occurs again.
    """
    if isinstance(item, bool | int | float | str | None):
        return item
    if isinstance(item, Value) and item in names:
        return {"parameter": names[item]}
    if isinstance(item, list):
        return [_describe(x, names, numbers, f"{path}[{i}]") for i, x in enumerate(item)]
    if isinstance(item, Primitive) and TABLE.get(item.name) is item:
        return {"primitive": item.name}
    if item is activations.identity:
        return {"function": "identity"}
    if item is random:
        return {"generator": None}
    if isinstance(item, random.Random) and not isinstance(item, random.SystemRandom):  # which has no state
        if item in numbers:
            return {"generator": numbers[item]}
        numbers[item] = len(numbers)
        return {"generator": numbers[item], "state": _state_of(item)}
    if isinstance(item, Module) and CLASSES.get(type(item).__name__) is type(item):
        if item in numbers:
            return {"module": numbers[item]}
        numbers[item] = len(numbers)
        attributes = {
            name: _describe(attribute, names, numbers, f"{path}.{name}") for name, attribute in vars(item).items()
        }
        return {"module": numbers[item], "class": type(item).__name__, "attributes": attributes}
    raise TypeError(f"{path} is {item!r}")


def _built(item: Any, parameters: Mapping[str, float], made: dict[Any, Any]) -> Any:
    """What `_describe` described; ValueError for anything else."""
    if isinstance(item, list):
        return [_built(x, parameters, made) for x in item]
    if not isinstance(item, dict):
        return item
    kind, key = next(iter(item.items()), ("", None))
    if kind == "parameter" and isinstance(key, str) and key in parameters:
        return made.setdefault(key, Value(parameters[key]))
    if kind == "primitive" and key in TABLE:
        return TABLE[key]
    if item == {"function": "identity"}:
        return activations.identity
    if kind == "generator" and key is None:
        return random
    if kind == "generator" and isinstance(key, list):  # from before generators had numbers
        return _generator(key)
    if kind == "generator" and isinstance(key, int):
        if "state" in item:
            made[key] = _generator(item["state"])
    elif kind == "module" and isinstance(key, int) and item.keys() != {"module"}:
        return _built_module(item, parameters, made)
    if kind in ("generator", "module") and isinstance(key, int) and key in made:
        return made[key]
    raise ValueError(f"{item!r:.60} describes nothing known")


def _built_module(item: dict[str, Any], parameters: Mapping[str, float], made: dict[Any, Any]) -> Module:
    called, attributes = item.get("class"), item.get("attributes")
    if not isinstance(called, str) or called not in CLASSES:
        raise ValueError(f"it has a module {called!r:.60}, which is none of nn's: use load(file, model)")
    if not isinstance(attributes, dict):
        raise ValueError(f"it does not say what attributes a {called} has")
    kind = CLASSES[called]
    module = made[item["module"]] = object.__new__(kind)
    for name, attribute in attributes.items():
        if not name.isidentifier() or (hasattr(kind, name) and name != "training"):
            raise ValueError(f"{name!r:.60} is no attribute of a {kind.__name__}")
        vars(module)[name] = _built(attribute, parameters, made)
    return module


def _hold_to_a_tree(model: Module) -> None:
    """Raise ValueError for modules that hold themselves, or are shared so much that they cannot be gone through."""
    sizes: dict[int, int] = {}
    items = 0

    def size(item: Any) -> int:
        """How many items it is made of, what is held twice counted twice."""
        nonlocal items
        if id(item) not in sizes:
            sizes[id(item)] = 0
            children = vars(item) if isinstance(item, Module) else item
            children = list(children.values() if isinstance(children, dict) else children)
            items += 1 + len(children)
            within = sum(size(child) for child in children if isinstance(child, Module | list | tuple | dict))
            sizes[id(item)] = 1 + len(children) + within
        elif not sizes[id(item)]:
            raise ValueError(f"a {type(item).__name__} holds itself")
        return sizes[id(item)]

    try:
        whole = size(model)
    except RecursionError:
        raise ValueError("its modules are nested too deeply") from None
    if whole > 2 * items + MOST_REPEATED:
        raise ValueError(f"its modules hold one another so often that {items:,} items count as over {MOST_REPEATED:,}")


def _restore(model: Module, content: dict[str, Any], others: Mapping[str, Any]) -> None:
    """Set all states, or none if one of them does not fit."""
    frozen = set(content["frozen"])
    generators = dict(_generators(model))
    fresh = {name: _generator(state) for name, state in content["generators"].items() if name in generators}
    before = model.state_dict()
    states = {name: other.state_dict() for name, other in others.items()}
    changed = []
    try:
        model.load_state_dict(content["parameters"])
        for name, other in others.items():
            changed.append(name)
            other.load_state_dict(content["states"][name])
    except BaseException:
        model.load_state_dict(before)
        for name in changed:
            others[name].load_state_dict(states[name])
        raise
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name not in frozen)
    for name, generator in fresh.items():
        generators[name].setstate(generator.getstate())


def _generators(model: Module) -> Iterator[tuple[str, random.Random]]:
    """The generators that modules have of their own."""
    for path, module in model.named_modules():
        for name, attribute in vars(module).items():
            if isinstance(attribute, random.Random) and not isinstance(attribute, random.SystemRandom):
                yield f"{path}.{name}", attribute


def _state_of(generator: random.Random) -> list[Any]:
    version, numbers, gauss = generator.getstate()
    return [version, list(numbers), gauss]


def _generator(state: Any) -> random.Random:
    generator = random.Random()
    version, numbers, gauss = state
    generator.setstate((version, tuple(numbers), gauss))
    return generator
