"""`Module`: anything that has parameters."""

from collections.abc import Iterator, Mapping
from typing import Any

from autograd import Value


class Module:
    """Base of everything with parameters: Values, Modules, and lists, tuples and dicts of them in its attributes.

    A subclass assigns them in `__init__` and defines `__call__`.  One that two attributes share is one parameter.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.bias = Value(2.0), Value(1.0)
    ...     def __call__(self, x):
    ...         return self.slope * x + self.bias
    >>> [name for name, _ in Line().named_parameters()]
    ['slope', 'bias']
    """

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Each parameter once, with its path of attributes and indices, in the order of assignment."""
        seen: set[Value] = set()
        for name, parameter in _walk("", vars(self)):
            if parameter not in seen:
                seen.add(parameter)
                yield name, parameter

    def parameters(self) -> list[Value]:
        """All parameters, in the order of `named_parameters`."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Set the `grad` of every parameter to 0."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    def state_dict(self) -> dict[str, float]:
        """The numbers of all parameters by name."""
        return {name: parameter.data for name, parameter in self.named_parameters()}

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


def _walk(name: str, item: Any) -> Iterator[tuple[str, Value]]:
    if isinstance(item, Value):
        yield name, item
        return
    if isinstance(item, Module):
        item = vars(item)
    if isinstance(item, dict):
        children: Any = item.items()
    elif isinstance(item, list | tuple):
        children = enumerate(item)
    else:
        return
    for key, child in children:
        yield from _walk(f"{name}.{key}" if name else str(key), child)
