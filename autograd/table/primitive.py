"""What one row of the table of primitives holds, and how it is called.

A `Primitive` is a fact sheet of one operation: its value, its partial derivatives, its symbol, its LaTeX, its domain,
how machines compute it.  It knows nothing of graphs.  Called on numbers it returns a number; an operand that has an
`_apply_primitive` method (a `Value`) is handed the primitive instead and records it.
"""

import contextlib
import functools
import importlib
import inspect
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from numbers import Complex, Real
from typing import TYPE_CHECKING, Any, Self

from autograd.accelerator import compiled
from autograd.arguments import is_masked
from autograd.arguments import shown as shown
from autograd.table.grouping import Parts
from autograd.table.machine import FLOATS, Lowering, Machine, Operand

ARITHMETIC_ERRORS = (ValueError, ZeroDivisionError, OverflowError)
"""What Python's arithmetic raises where IEEE 754 has an infinity or a nan."""


class DomainWarning(RuntimeWarning):
    """An operand lies outside the domain of a primitive, or on a pole of it.

    The result is what IEEE 754 prescribes: nan, or ±inf at a pole.  To get an error instead:
    `warnings.simplefilter("error", autograd.DomainWarning)`.

    >>> import warnings
    >>> from autograd import log
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     log(Value(0.0)).data
    -inf
    >>> caught[0].category.__name__
    'DomainWarning'
    """


def as_number(value: Any, role: str) -> float:
    """`value` as a float if it is one real number; otherwise a TypeError that says what it is.

    >>> as_number(3, "Value: data")
    3.0
    >>> as_number("3", "Value: data")
    Traceback (most recent call last):
        ...
    TypeError: Value: data must be one real number, not str '3'
    """
    if isinstance(value, float):
        return value if value.__class__ is float else float(value)
    value = unwrapped(value)
    if getattr(getattr(value, "dtype", None), "kind", "") not in _NO_NUMBERS and (
        isinstance(value, Real)
        or (
            hasattr(value, "__float__")
            and getattr(value, "ndim", 0) == 0
            and not isinstance(value, Complex)
            and not hasattr(value, "_apply_primitive")
            and not is_masked(value)
        )
    ):
        try:
            return float(value)
        except (ValueError, OverflowError, TypeError) as error:
            raise TypeError(f"{role} must fit a float, and {shown(value)} does not: {error}") from None
    raise TypeError(f"{role} must be one real number, not {shown(value)}")


_NO_NUMBERS = ("c", "S", "U", "M", "m")  # kinds of NumPy's: complex, bytes, text, dates, times; float() reads text


def unwrapped(value: Any) -> Any:
    """The object in a NumPy array of objects without dimensions, such as `np.asarray(v)`; else the value itself."""
    holds_an_object = getattr(value, "ndim", None) == 0 and getattr(getattr(value, "dtype", None), "kind", "") == "O"
    return value.item() if holds_an_object else value


_LATEX = {"\\": r"\backslash ", "^": r"\hat{\ }", "~": r"\sim ", "#": r"\#{}"} | {c: "\\" + c for c in "{}$&%_"}


def latex_words(text: str) -> str:
    r"""Text as LaTeX takes it, whatever is in it; what cannot be printed is a question mark.

    >>> print(latex_words("100% of #1"))
    100\% of \#{}1
    """
    return "".join(_LATEX.get(c, c if c.isprintable() else "?") for c in text)


class RealNumber:
    """What the numbers that record derivatives, Values and dual numbers, do as a float does.

    Whole numbers come out plain: what they were rounded from has partial 0 wherever there is one, so nothing is lost.
    """

    __slots__ = ()

    @property
    def data(self) -> float:
        """The number."""
        raise NotImplementedError

    def item(self) -> float:
        """The number, as in PyTorch."""
        return self.data

    def conjugate(self) -> Self:
        """The number itself, which is real: what NumPy's variance asks for."""
        return self

    def __pos__(self) -> Self:
        return self

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)

    def __int__(self) -> int:
        return int(self.data)

    def __trunc__(self) -> int:
        return math.trunc(self.data)

    def __floor__(self) -> int:
        return math.floor(self.data)

    def __ceil__(self) -> int:
        return math.ceil(self.data)

    def __round__(self, digits: int | None = None) -> float:
        return round(self.data, digits)

    def __divmod__(self: Any, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self: Any, other: Any) -> Any:
        return other // self, other % self


Partial = float | Callable[..., Any]
Partials = tuple[Partial, ...] | Callable[..., Any]


def _checked_partials(name: str, partials: Any) -> Partials:
    """The partials of a row, constants as floats; TypeError for what are none."""
    if callable(partials):
        return partials  # type: ignore[no-any-return]
    if not isinstance(partials, tuple | list):
        raise TypeError(
            f"{name}: partials must be a tuple with a number or a function of (result, *operands) for each operand, or "
            f"one function of (result, operands), not {shown(partials)}"
        )
    return tuple(x if callable(x) else as_number(x, f"{name}: partial {i}") for i, x in enumerate(partials, 1))


def evaluate_partial(partial: Partial, result: Any, operands: Sequence[Any]) -> Any:
    """One partial of a row at (result, operands): a number at numbers, recorded at Values."""
    if isinstance(partial, Primitive):
        return partial(*operands)
    return partial(result, *operands) if callable(partial) else partial


def _nan(*_operands: float) -> float:
    return math.nan


if TYPE_CHECKING or compiled is None:

    class Row:
        """What a call of a row does: here, and in the compiled core, where the fast paths are."""

        __slots__ = ("arity", "recorders")

        arity: int | None
        recorders: dict[type, Callable[..., Any]]
        """Functions that apply the row, by the class of the first operand: the core's, for speed."""

        def __call__(self, *arguments: Any) -> Any:
            """What `apply` gives, most often by a short cut."""
            if len(arguments) == self.arity:
                recorder = self.recorders.get(arguments[0].__class__)
                if recorder is not None:
                    made = recorder(*arguments)
                    if made is not NotImplemented:
                        return made
            return self.apply(*arguments)

        def apply(self, *arguments: Any) -> Any:
            """What the call gives, without a short cut."""
            raise NotImplementedError

else:
    Row = compiled.Row


class _PerRow:
    """An attribute that the class of the rows has in one way, and each row in its own."""

    def __init__(self, of_class: Any, of_row: Callable[["Primitive"], Any]) -> None:
        self.of_class, self.of_row = of_class, of_row

    def __get__(self, row: "Primitive | None", _owner: type | None = None) -> Any:
        return self.of_class if row is None else self.of_row(row)


def _signature(row: "Primitive") -> inspect.Signature:
    """The operands of a row as `pack` names them, or a partial; in a call they have no names."""
    partials = row.partials if isinstance(row.partials, tuple) else ()
    named = row.pack or next(filter(inspect.isfunction, partials), None)
    by_place, several = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL
    count = row.arity or 0
    names = "xyz"[:count] if count <= 3 else [f"x{i}" for i in range(1, count + 1)]
    operands = [inspect.Parameter(x, by_place) for x in names] or [inspect.Parameter("xs", several)]
    if named is not None:
        with contextlib.suppress(TypeError, ValueError):  # of a built-in that does not tell
            operands = [*inspect.signature(named).parameters.values()][0 if row.pack else 1 :]
    return inspect.Signature(
        [
            x.replace(kind=by_place if x.kind is x.POSITIONAL_OR_KEYWORD else x.kind, annotation=x.empty)
            for x in operands
        ]
    )


def formula(row: "Primitive", operands: Iterable[str] = "xyz") -> str:
    """The LaTeX of a row, of operands with these names."""
    text = row.latex.replace("#*", "x_1, x_2, …")
    for i, operand in enumerate(operands, 1):
        text = text.replace(f"#{i}", operand)
    return text


def _documentation(row: "Primitive") -> str:
    """What `help` says of a row: the text of the function that it was made of, and the facts in it."""
    is_own = not row.module.startswith("autograd.") and inspect.isroutine(row.value)
    written = inspect.getdoc(row.value) if is_own else None
    facts = {
        "Formula": formula(row, inspect.signature(row).parameters),
        "Defined": row.domain or "everywhere",
        "Ties and kinks": row.rule,
        "Also called": ", ".join(row.aliases),
        "Where a derivative is nan or the result overflows": row.instead and f"use {row.instead}",
    }
    told = "\n".join(f"{name}: {fact}" for name, fact in facts.items() if fact)
    call = f"{row.name}{inspect.signature(row)}".replace("/", "").replace(", )", ")")
    head = written or f"The primitive {call}: a number for numbers, a node of the graph for Values."
    return f"{head}\n\n{told}"


class Primitive(Row):
    """One row of the table: everything there is to know about one operation.

    Args:
        name: As in `math` or `torch`.
        value: Function of plain floats.  Where it raises ValueError, ZeroDivisionError or
            OverflowError, `outside` is asked instead.  None: what `lowering` gives on floats.
        partials: For one or two operands a tuple with one local derivative an operand, each a float
            (a constant), a function of (result, *operands), or another primitive (of the operands).
            For any number of operands one function of (result, operands) that returns the sequence
            of all of them.  A partial is written in differentiable operations: called on numbers it
            gives the number, called on Values it records, and that is all of higher order.
        symbol: Shown in pictures; the name by default.
        latex: TeX with #1, #2 … for the operands (#* for all of them, comma separated).
        text: Python with the same markers; a call of the name by default.
        precedence: How tightly `text` binds: 1 for a sum, 2 a product, 3 a sign, 4 a power, 5 for whatever
            needs no parentheses.
        domain: Where it is defined, in words; empty for everywhere.
        rule: What happens at a tie or a kink.
        outside: The IEEE 754 result where `value` raises; nan by default.
        aliases: NumPy's ufunc spellings, which become methods too.
        pack: Turns the public arguments (`dot(a, b)`) into the flat operands.
        parts: Of a sum of products: groups the flat operands into weights, inputs and bias.
        lowering: How machine code computes it: a function of (machine, *operands), with `Machine` for what
            operators have not; or the name of a function of libm.  None if `value` is made of + - * / abs alone.
        expansion: The same in additions and multiplications: a function of the sequence of operands.
        bounded: Whether the result is finite wherever the operands are.
        gate: Whether a partial of exactly 0 is a closed gate, 0 around the point too: what is kept out never arrives,
            be it infinite or nan.
        instead: What to use where a derivative comes out nan, or the result overflows; in words.
        jumps: Whether a rounding of an operand can move the result by more than a rounding.
        share: Whether the result is the share of the first operand among others, whose order does not matter.
        largest_slope: Of a function that levels off at both ends: its largest |derivative|.
        module: Where pickle finds the row again; the module that makes it by default.

    Source: the row form is that of ChainRules.jl and DiffRules.jl; a partial may use the result.

    >>> cube = Primitive("cube", value=lambda x: x * x * x, partials=(lambda y, x: 3 * x * x,))
    >>> x = Value(2.0)
    >>> cube(x).backward()
    >>> x.grad
    12.0
    """

    __signature__ = _PerRow(None, _signature)

    __slots__ = (
        "aliases", "bounded", "domain", "expansion", "gate", "instead", "is_linear", "jumps", "largest_slope", "latex",
        "lowering",
        "module", "name", "outside", "pack", "partials", "parts", "precedence", "rule", "share", "symbol", "text",
        "value",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        value: Callable[..., Any] | None,
        partials: "Partials",
        *,
        symbol: str | None = None,
        latex: str | None = None,
        text: str | None = None,
        precedence: int = 5,
        domain: str = "",
        rule: str = "",
        outside: Callable[..., float] = _nan,
        aliases: Sequence[str] = (),
        pack: Callable[..., tuple[Any, ...]] | None = None,
        parts: Callable[[Sequence[Any]], Parts] | None = None,
        lowering: Lowering | str | None = None,
        expansion: Callable[[Sequence[Any]], Any] | None = None,
        bounded: bool = False,
        gate: bool = False,
        instead: str = "",
        jumps: bool = False,
        share: bool = False,
        largest_slope: float | None = None,
        module: str | None = None,
    ) -> None:
        self.name = str(name)
        self.partials = partials = _checked_partials(self.name, partials)
        self.arity = len(partials) if isinstance(partials, tuple) else None
        self.is_linear = isinstance(partials, tuple) and all(partial.__class__ is float for partial in partials)
        self.lowering = lowering
        self.value = value or self._on_floats()
        self.symbol = str(symbol or name)
        self.latex = latex or rf"\operatorname{{{latex_words(self.name)}}}\left(#*\right)"
        self.text = text or f"{self.name}(#*)"
        self.precedence = precedence
        self.domain = domain
        self.rule = rule
        self.outside = outside
        self.aliases = tuple(aliases)
        self.pack = pack
        self.parts = parts
        self.expansion = expansion
        self.bounded = bounded
        self.gate = gate or (self.is_linear and not any(partials))  # type: ignore[arg-type]  # constants 0
        self.instead = instead
        self.jumps = jumps
        self.share = share
        self.largest_slope = largest_slope
        self.recorders = {}
        self.module = module or sys._getframe(1).f_globals["__name__"]

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _find_primitive, (self.module, self.name)

    def apply(self, *arguments: Any) -> Any:
        """A number for numbers; for anything that records (a Value), what it records.

        Raises TypeError, naming the primitive and the operand, for what is not a number.
        """
        operands = arguments if self.pack is None else self.pack(*arguments)
        if len(operands) == self.arity and all([x.__class__ is float for x in operands]):  # noqa: C419  # in partials
            return self.evaluate(operands)
        if self.arity is not None and len(operands) != self.arity:
            raise TypeError(f"{self.name} takes {self.arity} operand(s), got {len(operands)}")
        if not all(x.__class__ is float or hasattr(x, "_apply_primitive") for x in operands):
            operands = tuple(map(unwrapped, operands))
        recording = [x for x in operands if x.__class__ is not float and hasattr(x, "_apply_primitive")]
        if recording:  # the innermost derivative takes precedence: its numbers may themselves be Values
            return max(recording, key=_level)._apply_primitive(self, operands)
        return self.evaluate([as_number(x, f"{self.name}: operand {i}") for i, x in enumerate(operands, 1)])

    def evaluate(self, numbers: Sequence[float]) -> float:
        """The value at floats, total by IEEE 754: nan outside the domain, ±inf at poles and on overflow."""
        try:
            number: float = self.value(numbers) if self.arity is None else self.value(*numbers)
        except ARITHMETIC_ERRORS:
            number = self.outside(numbers) if self.arity is None else self.outside(*numbers)
        return number if number.__class__ is float else as_number(number, f"{self.name}: the result")

    def lowered(self, machine: Machine, *operands: Operand) -> Operand:
        """The value as a machine computes it, of operands of its own kind.

        Raises TypeError for a row without a `lowering` whose value asks for more than operators, but where the machine
        can call it.
        """
        if isinstance(self.lowering, str):
            return machine.call(self.lowering, *operands)
        if self.lowering is not None:
            return self.lowering(machine, *operands)
        called = getattr(machine, "called", None)
        if called is not None and not self.module.startswith("autograd."):
            return called(self, *operands)
        try:
            return self.value(operands) if self.arity is None else self.value(*operands)
        except TypeError as error:
            raise TypeError(
                f"{self.name} cannot be compiled: its value is not made of + - * / abs alone ({error}); say how a "
                f"machine computes it, Primitive(…, lowering=lambda m, x: …) or @primitive(…, lowering=…), or ask jit "
                "and compile for backend='numpy', which calls the value as it is"
            ) from error

    def _on_floats(self) -> Callable[..., Any]:
        if self.lowering is None:
            raise TypeError(f"{self.name}: a row has a value, or a lowering that gives it on floats")
        value = functools.partial(self.lowered, FLOATS)
        if callable(self.lowering):
            value = functools.partial(self.lowering, FLOATS)  # most rows: a call less
        return value if self.arity is not None else lambda operands: value(*operands)


setattr(Primitive, "__doc__", _PerRow(Primitive.__doc__, _documentation))  # noqa: B010  # typed as text


class OwnSweep(Primitive):
    """A row whose nodes hand on their adjoint in their own way, not by partials: they store None for these."""

    __slots__ = ()

    def pass_on(self, node: Any) -> None:
        """Called by a sweep when the adjoint of the node is complete."""
        raise NotImplementedError

    def operands_of(self, sources: tuple[Any, ...]) -> tuple[Any, ...]:
        """The operands, of which `sources` are what a sweep goes on to."""
        return sources

    def written_out(self, operands: Sequence[Any]) -> Any:
        """The result at these operands as what it is made of, for machine code."""
        return self.value(operands)

    def partials_at(self, node: Any) -> tuple[float | None, ...]:
        """The partials as numbers, if there is a way to know them."""
        return (None,) * len(node.operands)


def _level(operand: Any) -> int:
    level: int = operand._level
    return level


def _find_primitive(module: str, name: str) -> Primitive:
    home = importlib.import_module(module)
    for row in (getattr(home, name, None), *vars(home).values()):
        if isinstance(row, Primitive) and row.name == name:
            return row
    raise LookupError(f"module {module} has no primitive {name!r}: define it at the top level of the module")


def primitive(partials: Partials, **facts: Any) -> Callable[[Callable[..., float]], Primitive]:
    """Decorator: make a row of your own from a function of floats and its partial derivatives.

    The result works wherever a built-in primitive does: any order, any sweep, pictures.
    `facts` are the keyword arguments of `Primitive`.

    >>> from autograd import Value, primitive
    >>> @primitive(partials=(lambda y, x: 3 * x * x,), latex="#1^3")
    ... def cube(x):
    ...     return x * x * x
    >>> cube(2.0)
    8.0
    >>> x = Value(2.0)
    >>> cube(x).backward()
    >>> x.grad
    12.0
    """

    def make_row(value: Callable[..., float]) -> Primitive:
        if not callable(value):
            raise TypeError("use it as @primitive(partials=(…,)) above a function of floats")
        return Primitive(value.__name__, value, partials, **{"module": value.__module__, **facts})

    return make_row
