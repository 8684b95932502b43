"""Arguments that belong to the structure: those that a caller of `jit` names, and integers that a function asks for."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from autograd.arguments import shown
from autograd.core.tree import Fixed, Static

Numbers = int | Iterable[int] | None
Names = str | Iterable[str] | None


class StaticArguments:
    """Which arguments of a function are static, by position and by name; one tells the other where that can be known.

    Raises TypeError or ValueError for what is no argument of the function.

    >>> StaticArguments(lambda x, n: x * n, 1, None).names
    {'n'}
    """

    def __init__(self, function: Callable[..., Any], argnums: Numbers, argnames: Names) -> None:
        self.given = argnums, argnames
        numbers, names = _several(argnums), _several(argnames)
        if not all(type(i) is int for i in numbers):
            raise TypeError(f"jit: static_argnums must be an integer or several, not {argnums!r}")
        if not all(isinstance(name, str) for name in names):
            raise TypeError(f"jit: static_argnames must be a name or several, not {argnames!r}")
        self.positions, self.names = {*numbers}, {*names}
        if self.positions or self.names:
            self._match(function)

    def _match(self, function: Callable[..., Any]) -> None:
        try:
            parameters = inspect.signature(function).parameters
        except (TypeError, ValueError):  # there is no signature to some built-in functions
            return
        kinds = {p.kind for p in parameters.values()}
        by_position = [p.name for p in parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        for i in self.positions:
            if not -len(by_position) <= i < len(by_position) and inspect.Parameter.VAR_POSITIONAL not in kinds:
                raise ValueError(f"jit: static_argnums is {i}, and the function has the arguments {by_position}")
        for name in self.names:
            if name not in parameters and inspect.Parameter.VAR_KEYWORD not in kinds:
                raise ValueError(
                    f"jit: static_argnames is {name!r}, and the function has the arguments {[*parameters]}"
                )
        if inspect.Parameter.VAR_POSITIONAL not in kinds:  # else they are counted from the end of each call
            self.positions = {i % len(by_position) for i in self.positions}
        found = {by_position[i] for i in self.positions if 0 <= i < len(by_position)}
        self.positions |= {by_position.index(name) for name in self.names if name in by_position}
        self.names |= found

    def marked(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with static ones as such."""
        if not (self.positions or self.names):
            return args, kwargs
        return (
            tuple([_fixed(x, f"number {i}") if self._has(i, len(args)) else x for i, x in enumerate(args)]),
            {name: _fixed(x, name) if name in self.names else x for name, x in kwargs.items()},
        )

    def _has(self, i: int, count: int) -> bool:
        return i in self.positions or i - count in self.positions


def _several(given: Any) -> list[Any]:
    if isinstance(given, Iterable) and not isinstance(given, str):
        return list(given)
    return [] if given is None else [given]


def _fixed(value: Any, name: str) -> Static:
    if isinstance(value, Static):
        return value
    try:
        hash(value)
    except TypeError:
        raise TypeError(f"jit: argument {name} is static, so it must be hashable, not {shown(value)}") from None
    return Fixed(value)
