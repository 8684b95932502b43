"""Formulas in a normal form, and the rules of arithmetic that bring them there.

A sum is Σ coefficient · term + constant, a product Π base^exponent with whole exponents, and everything else is a
row applied to operands.  Equal formulas are one object, so a formula of a shared graph is as small as the graph;
what it is made of are its `operands`, as those of a recorded operation.  Nothing here is a rule of differentiation.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from autograd.core.graph import topological_order
from autograd.table import primitives
from autograd.table.primitive import Primitive

_FLAT = 64
"""Longer sums and products are parts as they are: merged at every step, a chain would take quadratic time."""


@dataclass(frozen=True, slots=True, eq=False)
class Number:
    """A constant."""

    operands: ClassVar[tuple["Formula", ...]] = ()
    number: float


@dataclass(frozen=True, slots=True, eq=False)
class Symbol:
    """A named leaf, with the number it had."""

    operands: ClassVar[tuple["Formula", ...]] = ()
    name: str
    number: float


@dataclass(frozen=True, slots=True, eq=False)
class Application:
    """A row applied to operands."""

    row: Primitive
    operands: tuple["Formula", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """Π base^exponent; no base is a number or a short product."""

    factors: tuple[tuple["Formula", int], ...]

    @property
    def operands(self) -> tuple["Formula", ...]:
        """The bases."""
        return tuple(base for base, _ in self.factors)


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """Σ coefficient · term + constant; no term is a number or a short sum.  2·x is a sum of one term."""

    terms: tuple[tuple[float, "Formula"], ...]
    constant: float

    @property
    def operands(self) -> tuple["Formula", ...]:
        """The terms, without their coefficients."""
        return tuple(term for _, term in self.terms)


Formula = Number | Symbol | Application | Product | Sum


class Algebra:
    """Makes formulas, each once.

    >>> from autograd.table.primitives import mul, sub
    >>> algebra = Algebra()
    >>> x = algebra.symbol("x", 2.0)
    >>> square = algebra.apply(mul, [x, x])
    >>> square.factors[0][1], algebra.apply(sub, [square, square]).number
    (2, 0.0)
    """

    def __init__(self) -> None:
        self._made: dict[Any, Formula] = {}
        self._rank: dict[Formula, tuple[Any, ...]] = {}
        self._arithmetic: dict[Primitive, Callable[..., Formula]] = {
            primitives.add: lambda x, y: self.sum([(1.0, x), (1.0, y)]),
            primitives.sub: lambda x, y: self.sum([(1.0, x), (-1.0, y)]),
            primitives.neg: lambda x: self.sum([(-1.0, x)]),
            primitives.mul: lambda x, y: self.product([(x, 1), (y, 1)]),
            primitives.div: lambda x, y: self.product([(x, 1), (y, -1)]),
            primitives.sum: lambda *xs: self.sum([(1.0, x) for x in xs]),
            primitives.prod: lambda *xs: self.product([(x, 1) for x in xs]),
        }

    def number(self, number: float) -> Number:
        """A constant."""
        return self._once(Number, repr(number), (number,), (3,))  # type: ignore[no-any-return]

    def symbol(self, name: str, number: float) -> Symbol:
        """A name."""
        return self._once(Symbol, name, (name, number), (0, name))  # type: ignore[no-any-return]

    def apply(self, row: Primitive, operands: Sequence[Formula]) -> Formula:
        """A row of operands: arithmetic as sums and products, the value where all operands are numbers."""
        numbers = [x.number for x in operands if isinstance(x, Number)]
        if len(numbers) == len(operands):
            return self.number(row.evaluate(numbers))
        if row in self._arithmetic:
            return self._arithmetic[row](*operands)
        if row.parts is not None:
            weights, inputs, bias = row.parts(operands)
            products = [self.product([(w, 1), (x, 1)]) for w, x in zip(weights, inputs, strict=True)]
            return self.sum([(1.0, term) for term in (*products, *bias)])
        if row is primitives.pow and isinstance(operands[1], Number):
            exponent = operands[1].number
            if exponent.is_integer() and abs(exponent) < 2**31:
                return self.product([(operands[0], int(exponent))])
        if row is primitives.where and isinstance(operands[0], Number):
            return operands[1] if operands[0].number else operands[2]
        operands = tuple(operands)
        return self._once(Application, (row, operands), (row, operands), (2, row.name))  # type: ignore[no-any-return]

    def sum(self, pairs: Iterable[tuple[float, Formula]]) -> Formula:
        """Σ coefficient · formula, with like terms collected and numbers added up."""
        coefficients: dict[Formula, float] = {}
        constant = 0.0
        for coefficient, formula in pairs:
            match formula:
                case Number():
                    constant += coefficient * formula.number
                    continue
                case Sum() if len(formula.terms) <= _FLAT:
                    constant += coefficient * formula.constant
                    below = [(coefficient * c, term) for c, term in formula.terms]
                case _:
                    below = [(coefficient, formula)]
            for c, term in below:
                coefficients[term] = coefficients.get(term, 0.0) + c
        terms = [(c, term) for term, c in coefficients.items() if c != 0.0]
        if not terms:
            return self.number(constant)
        if len(terms) == 1 and terms[0][0] == 1.0 and constant == 0.0:
            return terms[0][1]
        terms.sort(key=lambda pair: self._place(pair[1]))
        if terms[0][0] < 0.0:  # y - x rather than -x + y
            terms.insert(0, terms.pop(next((i for i, (c, _) in enumerate(terms) if c > 0.0), 0)))
        key = tuple(terms), repr(constant)
        return self._once(Sum, key, (tuple(terms), constant), (1,))  # type: ignore[no-any-return]

    def product(self, pairs: Iterable[tuple[Formula, int]]) -> Formula:
        """Π formula^exponent, with like factors collected and numbers multiplied."""
        exponents: dict[Formula, int] = {}
        coefficient = 1.0
        for formula, exponent in pairs:
            if isinstance(formula, Sum) and len(formula.terms) == 1 and formula.constant == 0.0:
                ((c, formula),) = formula.terms
                coefficient *= primitives.pow.evaluate((c, float(exponent)))
            match formula:
                case Number():
                    coefficient *= primitives.pow.evaluate((formula.number, float(exponent)))
                case Product() if len(formula.factors) <= _FLAT:
                    for base, e in formula.factors:
                        exponents[base] = exponents.get(base, 0) + e * exponent
                case _:
                    exponents[formula] = exponents.get(formula, 0) + exponent
        factors = [(base, e) for base, e in exponents.items() if e]
        if not factors or coefficient == 0.0:
            return self.number(coefficient)
        factors.sort(key=lambda pair: self._rank[pair[0]])
        if factors == [(factors[0][0], 1)]:
            return self.sum([(coefficient, factors[0][0])])
        found = self._once(Product, tuple(factors), (tuple(factors),), (3,))
        return self.sum([(coefficient, found)]) if coefficient != 1.0 else found

    def _once(self, kind: Any, key: Any, fields: tuple[Any, ...], rank: tuple[Any, ...]) -> Any:
        formula = self._made.get((kind, key))
        if formula is None:
            self._made[kind, key] = formula = kind(*fields)
            # names, sums, functions; within a kind by name, then in the order of their making
            self._rank[formula] = (rank[0], str(rank[1]) if len(rank) > 1 else "", len(self._rank))
        return formula

    def _place(self, term: Formula) -> tuple[Any, ...]:
        """Where a term stands in a sum: few factors first, of those the higher powers, then by name."""
        factors = term.factors if isinstance(term, Product) else ((term, 1),)
        return len(factors), [(*self._rank[base][:2], -e, self._rank[base][2]) for base, e in factors]


def tree_size(root: Formula) -> float:
    """How many parts the formula has when written out, shared ones as often as they occur; inf for very many.

    >>> algebra = Algebra()
    >>> tree_size(algebra.symbol("x", 1.0))
    1.0
    """
    size: dict[Formula, float] = {}
    for formula in topological_order(root):
        size[formula] = 1.0 + math.fsum(size[part] for part in formula.operands)
        if size[formula] > 1e9:
            return math.inf
    return size[root]
