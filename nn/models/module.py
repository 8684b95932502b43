"""`Module`: anything that has parameters."""

import contextlib
import html
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Self

from autograd import Value, depending_on
from nn.inputs.checks import counted, flag
from nn.inputs.spellings import MODULE, attach, local_names
from nn.models.description import Description
from nn.models.summary import Summary, summarize
from nn.models.tree import ModuleTree, module_tree

assignments = [0]
"""How many attributes of modules were assigned to so far: by this a layer knows whether what it read still holds."""


class Module:
    """Base of everything with parameters: Values and Modules in attributes, and lists, tuples, dicts, arrays of them.

    A subclass assigns them in `__init__` and defines `forward`, which is run by calling the module.  A parameter
    that two attributes share is one parameter.  Only leaves are parameters, not what a recorded operation made.
    A set of them is refused with TypeError when parameters are asked for.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.bias = Value(2.0), Value(1.0)
    ...     def forward(self, x):
    ...         return self.slope * x + self.bias
    >>> line = Line()
    >>> line(3.0)
    Value(data=7.0, grad=0.0)
    >>> [name for name, _ in line.named_parameters()]
    ['slope', 'bias']
    """

    training = True
    """Whether the module is being trained (`train()`) or used (`eval()`), which Dropout asks."""

    def __setattr__(self, name: str, value: Any) -> None:
        assignments[0] += 1
        object.__setattr__(self, name, value)

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """What `forward` gives."""
        return self.forward(*inputs, **options)

    def forward(self, *inputs: Any, **options: Any) -> Any:  # noqa: ARG002
        """The output for the inputs: defined by the subclass."""
        raise TypeError(f"{type(self).__name__} defines no forward(self, x), so it cannot be called")

    # ------------------------------------------------------------ parameters

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Each parameter once, with its path of attributes and indices, in the order of assignment.

        Raises ValueError where two have one name, as under the keys 1 and "1" of a dict.
        """
        names = set()
        found = list(_found("", self, Value, {}))
        leaves = [x for _, x in found if x.primitive is None]
        results = {x for _, x in found if x.primitive is not None}
        if results:  # what forward computed from the parameters and kept is not one; a weight 0.1·Value(…) is
            results &= set(depending_on(leaves, *results))
        for name, parameter in found:
            if parameter in results:
                continue
            if name in names:
                raise ValueError(f"{type(self).__name__}: two parameters have the name {name!r}; rename a key")
            names.add(name)
            yield name, parameter

    def parameters(self) -> list[Value]:
        """All parameters, in the order of `named_parameters`."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self, set_to_none: bool = False) -> None:
        """Set the `grad` of every parameter to 0, or to None."""
        grad: Any = None if flag("zero_grad: set_to_none", set_to_none) else 0.0
        for parameter in self.parameters():
            parameter.grad = grad

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Freeze all parameters (False), or make them trainable again, and return the module.

        Frozen parameters get no gradient, no update and no graph: for fine-tuning the layers above them.
        Source: seeds, "3.1.1 Variants of Supervised Learning", fine-tuning.
        """
        flag("requires_grad_: requires_grad", requires_grad)
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def state_dict(self) -> dict[str, float]:
        """The numbers of all parameters by name."""
        return {name: parameter.data for name, parameter in self.named_parameters()}

    @local_names
    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set every parameter from a `state_dict`.

        Raises KeyError, naming what is missing or unknown, and TypeError for what is not a number; then nothing
        is changed.
        """
        parameters = dict(self.named_parameters())
        missing = [name for name in parameters if name not in state]
        unknown = [name for name in state if name not in parameters]
        if missing or unknown:
            raise KeyError(
                f"load_state_dict: missing {missing[:5]}, unknown {unknown[:5]} ({len(missing)} and {len(unknown)})"
            )
        numbers = {name: Value(state[name]).data for name in parameters}
        for name, parameter in parameters.items():
            parameter.data = numbers[name]

    # ------------------------------------------------------------ the modules within

    def named_modules(self) -> Iterator[tuple[str, "Module"]]:
        """The module itself, under the name "", and each module within it once, the outer before the inner."""
        return _found("", self, Module, {})

    def modules(self) -> list["Module"]:
        """The module itself and all within it, in the order of `named_modules`."""
        return [module for _, module in self.named_modules()]

    def apply(self, function: Callable[["Module"], object]) -> Self:
        """Call the function with every module within, the inner before the outer, this last, and return this one."""
        for _, module in list(_found("", self, Module, {}, inner_first=True)):
            function(module)
        return self

    def train(self, mode: bool = True) -> Self:
        """Set this module and all within it to training, and return it."""
        mode = flag("train: mode", mode)
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Set this module and all within it to use: Dropout passes everything on."""
        return self.train(False)

    def summary(self) -> Summary:
        """A table of the layers with their shapes and numbers of parameters.

        >>> from nn.models.layers import MLP
        >>> print(MLP(2, [3, 1]).summary())
        ╭──────────┬─────────────────┬───────┬────────────╮
        │ name     │ layer           │ shape │ parameters │
        ├──────────┼─────────────────┼───────┼────────────┤
        │ layers.0 │ Layer, relu     │ 2 → 3 │          9 │
        │ layers.1 │ Layer, identity │ 3 → 1 │          4 │
        ├──────────┼─────────────────┼───────┼────────────┤
        │ MLP      │                 │       │         13 │
        ╰──────────┴─────────────────┴───────┴────────────╯
        """
        return summarize(self)

    # ------------------------------------------------------------ showing

    def tree(self) -> ModuleTree:
        """The modules within as a tree, with shapes, numbers of parameters, and what is frozen.

        >>> from nn.models.layers import MLP
        >>> print(MLP(2, [3, 1]).tree())
        MLP, 13 parameters
        ├── layers.0: Layer, relu, 2 → 3, 9 parameters
        │   └── neurons.0 … 2: 3 × Neuron, relu, 2 → 1, 3 parameters each
        └── layers.1: Layer, identity, 3 → 1, 4 parameters
            └── neurons.0: Neuron, identity, 3 → 1, 4 parameters
        """
        return module_tree(self)

    def __repr__(self) -> str:
        try:
            return _on_one_screen(str(self.tree()))
        except Exception:  # while it is being constructed, or where an attribute's own code fails
            return object.__repr__(self)

    def __rich__(self) -> Any:
        try:
            return self.tree().__rich__()
        except Exception:
            return repr(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """The tree, for notebooks."""
        bundle = {"text/plain": repr(self)}
        with contextlib.suppress(Exception):
            bundle["text/html"] = f"<pre>{html.escape(str(self.tree()))}</pre>"
        return {
            kind: text for kind, text in bundle.items() if kind in (include or bundle) and kind not in (exclude or ())
        }

    def describe(self) -> Description:
        """What `summary`, `tree` and pictures show of it; a layer of your own may tell its sizes too."""
        return Description(type(self).__name__)


def _on_one_screen(text: str) -> str:
    lines = text.split("\n")
    if len(lines) > _SCREEN:
        lines[_SCREEN - 1 :] = [f"… {counted(len(lines) - _SCREEN + 1, 'more line')}: print(model.tree())"]
    return "\n".join(lines)


_SCREEN = 40  # lines

attach(Module, MODULE)

_HOLDERS = (Module, dict, list, tuple, set, frozenset)


def _found(
    name: str, item: Any, kind: type, seen: dict[int, Any], *, inner_first: bool = False
) -> Iterator[tuple[str, Any]]:
    """All items of this kind, Value or Module, in an item and its attributes and elements, each once, with its path."""
    if id(item) in seen:
        return
    seen[id(item)] = item  # kept, so that no other gets its id
    if isinstance(item, kind) and not inner_first:
        yield name, item
    if isinstance(item, Value):
        return
    holders = (*_HOLDERS, kind, sys.modules["numpy"].ndarray) if "numpy" in sys.modules else (*_HOLDERS, kind)
    for key, child in _children(name, item):
        if isinstance(child, holders):  # not to look into each number takes half as long
            yield from _found(f"{name}.{key}" if name else str(key), child, kind, seen, inner_first=inner_first)
    if isinstance(item, kind) and inner_first:
        yield name, item


def _children(name: str, item: Any) -> Iterable[tuple[Any, Any]]:
    """What an item holds, by key or index; TypeError for parameters or modules in a set."""
    if isinstance(item, Module):
        return vars(item).items()
    if isinstance(item, dict):
        return item.items()
    if isinstance(item, list | tuple):
        return enumerate(item)
    if isinstance(item, set | frozenset):
        if any(isinstance(x, Value | Module) for x in item):
            raise TypeError(f"{name} is a {type(item).__name__} of parameters, which has no order; write a list")
        return ()
    if getattr(item, "ndim", 0) and item.dtype.hasobject:  # an array of Values
        return enumerate(item.tolist())
    return ()
