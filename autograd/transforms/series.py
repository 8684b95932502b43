"""Taylor mode: numbers that carry all their derivatives along, up to an order, at the cost of a product of series.

Along x(ε) = x₀ + x₁ε + x₂ε² + … an operation z = f(x) has dz/dε = p · dx/dε, where p is the partial of its row: so

    k z_k = Σ_{j=1…k} j x_j p_{k−j}.

The partial is the row's own formula of x and z, evaluated on series; where it is made of z itself (exp: p = z) or of
z's cosine, it asks for coefficients of z before the k-th only, which are there.  So the series that arise within a
formula of partials compute each coefficient when it is asked for, and equal ones are one (the sine in the derivative
of the cosine).  A derivative of order n costs n² products an operation, where n nested dual numbers cost 2ⁿ.

Source: A. Griewank and A. Walther, Evaluating Derivatives, 2nd edition (2008), chapter 13.
"""

import math
from collections.abc import Sequence
from typing import Any

from autograd.core.graph import product, recorded_partials, total
from autograd.core.mode import current
from autograd.table.primitive import Primitive
from autograd.transforms.dual import Jet, next_level


class Expansion:
    """One call of `taylor`: the order of all its series, and those that arise in the formulas of partials."""

    def __init__(self, order: int) -> None:
        self.order = order
        self.level = next_level()
        self.arising: dict[Any, tuple[Series, Sequence[Any]]] | None = None
        """While the coefficients of an operation are computed, what it is made of, by row and operands."""


class Series(Jet):
    """x₀ + x₁ε + x₂ε² + …, up to the order of its expansion.

    >>> x = Series([2.0, 1.0], Expansion(order=3))
    >>> (x * x * x).coefficients
    [8.0, 12.0, 6.0, 1.0]
    """

    __slots__ = ("_expansion", "_known", "_operation", "_terms")

    def __init__(self, coefficients: Sequence[Any], expansion: Expansion) -> None:
        self.primal = coefficients[0]
        self._level = expansion.level
        self._expansion = expansion
        # None where nothing arrives: a 0 that no infinite partial makes a nan
        self._known = [self.primal, *[None if x.__class__ is float and x == 0.0 else x for x in coefficients[1:]]]
        self._operation: tuple[Primitive, Sequence[Any], Sequence[Any]] | None = None
        self._terms: list[tuple[Series, Any]] | None = None
        """Operands, and the partials by them."""

    @property
    def coefficients(self) -> list[Any]:
        """x₀, x₁, x₂, …"""
        return [0.0 if x is None else x for x in map(self._coefficient, range(self._expansion.order + 1))]

    def like(self, coefficients: Sequence[Any]) -> "Series":
        """A number with these coefficients on the level of this one."""
        return Series(coefficients, self._expansion)

    @property
    def _tells(self) -> bool:
        return self._expansion.arising is None

    def __repr__(self) -> str:
        return f"Series({self._known!r})"

    def _carried(self, primitive: Primitive, result: Any, operands: Sequence[Any], primals: Sequence[Any]) -> "Series":
        expansion = self._expansion
        key = primitive, *map(id, operands)
        if expansion.arising is not None and key in expansion.arising:
            return expansion.arising[key][0]
        made = Series([result], expansion)
        made._operation = primitive, operands, primals
        if expansion.arising is not None:
            expansion.arising[key] = made, operands
            return made
        expansion.arising = {key: (made, operands)}
        try:
            made._coefficient(expansion.order)
        finally:
            expansion.arising = None
        made._operation = made._terms = None
        watch = current().watch
        if watch is not None:
            for k, x in enumerate(made._known[1:], 1):
                watch.look(0.0 if x is None else x, f"its Taylor coefficient of order {k}", primitive, primals)
        return made

    def _coefficient(self, k: int) -> Any:
        """x_k, or None where nothing arrives."""
        known = self._known
        while len(known) <= k and self._operation is not None:
            known.append(self._next(len(known), *self._operation))
        return known[k] if k < len(known) else None

    def _next(self, k: int, row: Primitive, operands: Sequence[Any], primals: Sequence[Any]) -> Any:
        if self._terms is None:
            constant = [not self._is_mine(x) for x in operands]
            found = recorded_partials(row, self, operands, constant)
            self._terms = [(x, p) for x, p in zip(operands, found, strict=True) if p is not None]
        sum_ = None
        for x, partial in self._terms:
            if self._is_mine(partial):
                xs = [x._coefficient(j) for j in range(1, k + 1)]
                ps = [partial._coefficient(k - j) for j in range(1, k + 1)]
                term = _weighted_mean(xs, ps, row, primals)
            else:
                own = x._coefficient(k)
                term = None if own is None else product(own, partial, row, primals)
            if term is not None:
                sum_ = total(sum_, term, row, primals)
        return sum_


def _weighted_mean(xs: Sequence[Any], ps: Sequence[Any], row: Primitive, primals: Sequence[Any]) -> Any:
    """1/k Σ_j j x_j p_j for j = 1 … k, or None where nothing arrives."""
    k = len(xs)
    if all([x is None or x.__class__ is float for x in (*xs, *ps)]):  # noqa: C419  # a list is faster
        found = sum([j * x * p for j, x, p in zip(range(1, k + 1), xs, ps) if x is not None and p is not None]) / k
        if math.isfinite(found):
            return found or None
    sum_ = None
    for j, (x, p) in enumerate(zip(xs, ps), 1):
        if x is not None and p is not None:
            term = product(x, p, row, primals)
            if term is not None:
                sum_ = total(sum_, term if j == k else term * (j / k), row, primals)
    return sum_
