"""A recorded number, or its derivative, as a formula: simplified, in text and in LaTeX.

The derivative is the forward sweep, recorded: the product rule of a sweep from x reads as one writes it by hand.
The formula equals the recorded number wherever that is defined; x/x is 1, and log(x)·x has the derivative log(x) + 1.
"""

import collections
from collections.abc import Iterator, Mapping
from typing import Any

from autograd.core.graph import forward_sweep, topological_order
from autograd.core.mode import is_grad_enabled
from autograd.core.value import Value
from autograd.formulas.algebra import (
    Algebra,
    Application,
    Formula,
    Number,
    Product,
    Sum,
    Symbol,
    tree_size,
)
from autograd.formulas.latex import aligned, latex_application, latex_name, latex_number, latex_power, latex_product
from autograd.formulas.naming import Parameters, own_names
from autograd.formulas.notation import (
    ATOM,
    POWER,
    PRODUCT,
    SUM,
    Names,
    Spelled,
    identifier,
    joined,
    python_application,
    python_number,
)
from autograd.table import primitives
from autograd.table.primitive import as_number

_SMALL = 60  # parts; above it what occurs more than once is written once, on a line of its own
_LONG = 200  # characters of one line


def expression(y: Value, *, model: Any = None) -> "Expression":
    """What was computed, as a formula of its labelled leaves and of the parameters of the model, if one is given.

    The other leaves appear as their number.  Raises TypeError for what is not a Value.
    Source: seeds, "Numerical and Symbolic Differentiation".

    >>> x = Value(2.0, label="x")
    >>> print(expression((x * 3.0 + x).sin() / x))
    sin(4*x)/x
    """
    return _expression(_checked(y, "expression: y"), {}, Parameters(model, "expression: model"))


def derivative_expression(y: Value, x: Value, *, model: Any = None) -> "Expression":
    """∂y/∂x as a formula: the recorded derivative, simplified; names as in `expression`.

    The derivative of a·sin x + b·x·sin x is the lecture's own example.
    Raises TypeError for what is not a Value, ValueError inside `no_grad`.
    Source: seeds, "Numerical and Symbolic Differentiation" and "Forward-Mode Automatic Differentiation".

    >>> a, b, x = (Value(number, label=name) for number, name in [(2.0, "a"), (3.0, "b"), (0.5, "x")])
    >>> print(derivative_expression(a * x.sin() + b * x * x.sin(), x))
    a*cos(x) + b*sin(x) + b*x*cos(x)
    """
    _checked(y, "derivative_expression: y")
    _checked(x, "derivative_expression: x")
    parameters = Parameters(model, "derivative_expression: model")
    if not is_grad_enabled():
        raise ValueError("derivative_expression: a derivative cannot be recorded inside no_grad; call it outside")
    tangents: dict[Any, Any] = {x: 1.0}
    forward_sweep(topological_order(y), tangents, record=True, reached={x})
    return _expression(tangents.get(y, 0.0), {x: x.label} if x.label else {}, parameters)


def derivative_in_names(y: Value, x: Value, names: Mapping[Value, str]) -> "Expression":
    """∂y/∂x as a formula of these nodes, by these names, which need be no identifiers; for reading only."""
    tangents: dict[Any, Any] = {x: 1.0}
    forward_sweep(topological_order(y), tangents, record=True, reached={x})
    algebra, tangent = Algebra(), tangents.get(y, 0.0)
    if not isinstance(tangent, Value):
        return Expression(algebra.number(float(tangent)))
    return Expression(_formula(tangent, algebra, {node: (name, node.data) for node, name in names.items()}))


def _checked(value: Any, role: str) -> Value:
    if not isinstance(value, Value):
        raise TypeError(f"{role} must be a Value, not {type(value).__name__} {value!r:.60}; make it of Values")
    return value


def _expression(y: Any, symbols: dict[Value, str], parameters: Parameters) -> "Expression":
    algebra = Algebra()
    if not isinstance(y, Value):
        return Expression(algebra.number(float(y)))
    names = Names()
    order = topological_order(y)
    own = {leaf: name for leaf, name in own_names(order, parameters).items() if leaf.primitive is None} | symbols
    known = {node: (names.unique(identifier(own[node])), node.data) for node in order if node in own}
    return Expression(_formula(y, algebra, known))


def _formula(y: Value, algebra: Algebra, symbols: Mapping[Value, tuple[str, float]]) -> Formula:
    """The formula of a number, down to what is a symbol, by its name and number."""
    formula: dict[Any, Formula] = {}
    for node in topological_order(y):
        if node in symbols:
            formula[node] = algebra.symbol(*symbols[node])
        elif node.primitive is None:
            formula[node] = algebra.number(node.data)
        else:
            operands = [formula[x] if isinstance(x, Value) else algebra.number(x) for x in node.operands]
            formula[node] = algebra.apply(node.primitive, operands)
    return formula[y]


class Expression:
    """A formula that prints as Python text and as LaTeX, and can be evaluated.

    >>> x = Value(2.0, label="x")
    >>> square = expression(x * x)
    >>> str(square), square.latex(), square.evaluate(), square.evaluate(x=3.0)
    ('x**2', 'x^{2}', 4.0, 9.0)
    """

    __slots__ = ("_order", "formula")

    def __init__(self, formula: Formula) -> None:
        self.formula = formula
        self._order = topological_order(formula)

    @property
    def names(self) -> dict[str, float]:
        """The names in the formula, with the numbers they had."""
        return {part.name: part.number for part in self._order if isinstance(part, Symbol)}

    def evaluate(self, **numbers: float) -> float:
        """The value at these numbers, and at the recorded ones for names not given; total by IEEE 754.

        Raises ValueError for a name that does not occur, TypeError for what is not a number.
        """
        known = self.names
        for name, number in numbers.items():
            if name not in known:
                raise ValueError(f"evaluate: there is no {name!r} in it; its names are: {', '.join(known) or 'none'}")
            known[name] = as_number(number, f"evaluate: {name}")
        found: dict[Formula, float] = {}
        for part in self._order:
            found[part] = _value(part, found, known)
        return found[self.formula]

    def __str__(self) -> str:
        *steps, result = _lines(self, _TextWriter())
        return "\n".join([*(f"{name} = {text}" for name, text in steps), result[1]])

    def __repr__(self) -> str:
        text = " ".join(str(self).split())
        return f"<expression {text if len(text) <= 80 else text[:77] + '...'}>"

    def latex(self) -> str:
        """LaTeX without dollar signs; large formulas are aligned lines."""
        *steps, result = _lines(self, _LatexWriter())
        if not steps:
            return result[1]
        return aligned([*(f"{name} &= {text}" for name, text in steps), f"&\\phantom{{=}}\\; {result[1]}"])

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


def _value(formula: Formula, found: dict[Formula, float], known: dict[str, float]) -> float:
    match formula:
        case Number():
            return formula.number
        case Symbol():
            return known[formula.name]
        case Application():
            return formula.row.evaluate([found[x] for x in formula.operands])
        case Sum():
            total = 0.0
            for coefficient, term in formula.terms:
                total += coefficient * found[term]
            return total + formula.constant
    above = below = 1.0
    for base, exponent in formula.factors:
        power = primitives.pow.evaluate((found[base], float(abs(exponent))))
        above, below = (above * power, below) if exponent > 0 else (above, below * power)
    return primitives.div.evaluate((above, below))


def _lines(whole: Expression, writer: "_TextWriter") -> Iterator[tuple[str, str]]:
    """(name, text) of every part that gets a line of its own, and last of the whole."""
    uses = collections.Counter(part for formula in whole._order for part in formula.operands)
    large = tree_size(whole.formula) > _SMALL
    names = Names(whole.names)
    steps = 0
    for formula in whole._order:
        written = writer.write(formula)
        shared = large and uses[formula] > 1 and not isinstance(formula, Number | Symbol)
        if formula is not whole.formula and (shared or len(written.text) > _LONG):
            steps += 1
            name = writer.name(names.unique(f"t{steps}"))
            writer.spelled[formula] = Spelled(name)
            writer.named.add(formula)
            yield name, written.text
        else:
            writer.spelled[formula] = written
    yield "", writer.spelled[whole.formula].text


class _TextWriter:
    """Formulas as Python text."""

    def __init__(self) -> None:
        self.spelled: dict[Formula, Spelled] = {}
        self.named: set[Formula] = set()

    def write(self, formula: Formula) -> Spelled:
        """The text of a formula whose parts are written already."""
        match formula:
            case Number():
                return self.number(formula.number)
            case Symbol():
                return Spelled(self.name(formula.name))
            case Application():
                return self.application(formula, [self.spelled[x] for x in formula.operands])
            case Product():
                return self.product(1.0, formula.factors)
            case Sum():
                return joined(self._signed(formula))

    def _signed(self, formula: Sum) -> list[tuple[float, Spelled]]:
        """The terms with their signs, each written without it; the constant last, or first as in 3 - x."""
        terms = [(c, self._term(abs(c), term)) for c, term in formula.terms]
        if formula.constant == 0.0:
            return terms
        constant = formula.constant, self.number(abs(formula.constant))
        return [constant, *terms] if terms[0][0] < 0.0 < formula.constant else [*terms, constant]

    def _term(self, coefficient: float, term: Formula) -> Spelled:
        factors = term.factors if isinstance(term, Product) and term not in self.named else ((term, 1),)
        return self.product(coefficient, factors)

    def product(self, coefficient: float, factors: tuple[tuple[Formula, int], ...]) -> Spelled:
        """Coefficient · Π base^exponent, as a fraction if an exponent is negative."""
        above = [self.power(self.spelled[base], e) for base, e in factors if e > 0]
        below = [self.power(self.spelled[base], -e) for base, e in factors if e < 0]
        inverse = 1.0 / coefficient if coefficient else 0.0
        if len(repr(coefficient)) > 6 and inverse.is_integer() and 1.0 / inverse == coefficient:
            below.insert(0, self.number(inverse))  # x/3 is no 0.3333333333333333*x
        elif coefficient != 1.0 or not above:
            above.insert(0, self.number(coefficient))
        above = above or [self.number(1.0)]
        return self.fraction(above, below) if below else self.times(above)

    # ------------------------------------------------------------ what differs in LaTeX

    def number(self, number: float) -> Spelled:
        """A constant."""
        written = python_number(number)
        short = written.text.removesuffix(".0")
        return written if short == "-0" else written._replace(text=short)  # -0 has lost its sign in Python

    def name(self, name: str) -> str:
        """A name."""
        return name

    def application(self, formula: Application, operands: list[Spelled]) -> Spelled:
        """A row applied to operands."""
        if formula.row is primitives.pow:
            return Spelled(f"{operands[0].within(ATOM)}**{operands[1].within(ATOM)}", POWER)
        written = python_application(formula.row, operands)
        # -a % b is (-a) % b, unlike -a * b, which is no application here
        return Spelled(written.text, SUM) if written.precedence == PRODUCT else written

    def power(self, base: Spelled, exponent: int) -> Spelled:
        """A base with a whole exponent above 0."""
        return base if exponent == 1 else Spelled(f"{base.within(ATOM)}**{exponent}", POWER)

    def times(self, factors: list[Spelled]) -> Spelled:
        """Factors side by side."""
        return factors[0] if len(factors) == 1 else Spelled("*".join(x.within(POWER) for x in factors), PRODUCT)

    def fraction(self, above: list[Spelled], below: list[Spelled]) -> Spelled:
        """A quotient of products."""
        return Spelled(f"{self.times(above).within(PRODUCT)}/{self.times(below).within(POWER)}", PRODUCT)


class _LatexWriter(_TextWriter):
    """Formulas as LaTeX."""

    def number(self, number: float) -> Spelled:
        return latex_number(number)

    def name(self, name: str) -> str:
        return latex_name(name)

    def application(self, formula: Application, operands: list[Spelled]) -> Spelled:
        return latex_application(formula.row, operands)

    def power(self, base: Spelled, exponent: int) -> Spelled:
        return base if exponent == 1 else latex_power(base, str(exponent))

    def times(self, factors: list[Spelled]) -> Spelled:
        return latex_product(factors)

    def fraction(self, above: list[Spelled], below: list[Spelled]) -> Spelled:
        return Spelled(rf"\frac{{{self.times(above).text}}}{{{self.times(below).text}}}", PRODUCT)
