"""Formulas that anybody may type: parsed by `ast`, checked node by node, and evaluated; none is ever run as code.

A formula has names, numbers, arithmetic, calls of the rows of the table, and the constants pi, e and tau.
"""

import ast
import difflib
import functools
import inspect
import math
import re
import unicodedata
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from keyword import kwlist
from typing import Any

from autograd.formulas.notation import public_arguments
from autograd.table.primitive import ARITHMETIC_ERRORS, DomainWarning, Primitive
from autograd.table.primitives import OPERATORS, TABLE

MOST_CHARACTERS = 10_000  # Python's parser takes well under a second for them, whatever they are
CONSTANTS = {"pi": math.pi, "e": math.e, "tau": math.tau}
# A row whose text is no plain call (softmax, whose text takes an item of a list) has no single number to give.
FUNCTIONS = {
    name: row for row in TABLE.values() if not row.text.endswith("]") for name in (row.name, *row.aliases)
}  # fmt: skip
ALLOWED = (
    "a formula has names, numbers, + - * / // % **, parentheses, the constants pi, e, tau, and functions: "
    "tanh(x), log(x), maximum(x, y), sum([x, y]), dot([u, v], [x, y]) …"
)
_OPERATORS: dict[type[ast.AST], Primitive] = {
    ast.Add: OPERATORS["add"], ast.Sub: OPERATORS["sub"], ast.Mult: OPERATORS["mul"], ast.Div: OPERATORS["truediv"],
    ast.FloorDiv: OPERATORS["floordiv"], ast.Mod: OPERATORS["mod"], ast.Pow: OPERATORS["pow"], ast.USub: TABLE["neg"],
}  # fmt: skip
_INSTEAD: dict[type[ast.AST], str] = {
    ast.BitXor: "^ is not a power here: write **",
    ast.MatMult: "@ is not among the operators: write dot([u, v], [x, y])",
    ast.Compare: "there are no comparisons: step(x - y) is 1 where x > y, and 0 elsewhere",
    ast.BoolOp: "there is no `and` and no `or`: multiply steps, as in step(x)*step(y)",
    ast.IfExp: "there is no `if`: where(condition, x, y) is x where the condition is not 0, and y elsewhere",
    ast.List: "a list may stand only where a function takes one, as in sum([x, y])",
    ast.Tuple: "there is one formula at a time, so no comma outside a call",
    ast.Constant: "only real numbers are numbers here: no text, no complex numbers, no True, no None",
    ast.Subscript: "there are no indices: give each number a name of its own, as in x1 + x2",
    ast.Not: "there is no `not`: 1 - step(x) is 1 where x ≤ 0",
    ast.Attribute: "there are no attributes and no methods: write tanh(x), not x.tanh()",
    ast.Starred: "there is no * before an argument",
    ast.NamedExpr: "there is no := in a formula",
}


_AS_TYPED = str.maketrans("₀₁₂₃₄₅₆₇₈₉−×·⋅÷", "0123456789-***/")  # our own pictures and listings show these


class ExpressionError(ValueError):
    """A formula that cannot be read or evaluated; the message marks the place and says what is allowed."""

    def __init__(self, message: str, text: str = "", column: int | None = None, advice: str = ALLOWED) -> None:
        marked = _marked(text, column) if column is not None else ""
        super().__init__("\n".join(part for part in (message, marked, advice) if part))


@dataclass(frozen=True, slots=True)
class _Step:
    """Takes `count` results off the stack and puts one on it; a step with a name puts that variable on it."""

    column: int
    count: int = 0
    apply: Callable[..., Any] = float
    name: str = ""


class SafeExpression:
    """A formula that was checked: its names, in order of appearance, and its value for numbers or Values.

    Raises ExpressionError, marking the place, for whatever is no such formula.

    >>> formula = SafeExpression("tanh(w*x + b)")
    >>> formula.names
    ('w', 'x', 'b')
    >>> w = Value(-3.0, label="w")
    >>> y = formula.evaluate({"w": w, "x": 2.0, "b": 6.88})
    >>> y.backward()
    >>> f"{y.data:.4f} {w.grad:.4f}"
    '0.7064 1.0019'
    >>> SafeExpression("x^2")
    Traceback (most recent call last):
        ...
    autograd.formulas.safe_expression.ExpressionError: ^ is not a power here: write **
      x^2
       ^
    a formula has names, numbers, + - * / // % **, parentheses, the constants pi, e, tau, and functions: tanh(x), \
log(x), maximum(x, y), sum([x, y]), dot([u, v], [x, y]) …
    """

    def __init__(self, text: str) -> None:
        self.text = "".join(" " if c in "\n\r\t" else c for c in text).strip()
        self._source = source = self.text.translate(_AS_TYPED)  # character for character: columns stay
        self._bytes = source.encode("utf-8", "replace")
        self._steps = self._compiled(_parsed(source, self.text))
        self.names = tuple(dict.fromkeys(step.name for step in self._steps if step.name))

    def evaluate(self, numbers: Mapping[str, Any]) -> Any:
        """The value at these numbers: a Value if any of them is one and is used, else a float.

        Constants are computed by IEEE 754 with a DomainWarning, as recorded operations are.
        """
        stack: list[Any] = []
        for step in self._steps:
            operands = stack[len(stack) - step.count :]
            try:
                result = numbers[step.name] if step.name else step.apply(*operands)
            except (TypeError, ValueError) as error:
                name = getattr(step.apply, "name", "") or step.apply.__name__
                message = str(error) if str(error).startswith(f"{name}:") else f"{name}: {error}"
                raise ExpressionError(message, self.text, step.column, "") from None
            if result.__class__ is float and not math.isfinite(result) and step.count:
                _warn_of_constants(step.apply, operands, result)
            stack[len(stack) - step.count :] = [result]
        return stack.pop()

    # ------------------------------------------------------------ checking, operands first, without recursion

    def _compiled(self, tree: ast.expr) -> list[_Step]:
        steps: list[_Step] = []
        pending: list[ast.expr | _Step] = [tree]
        while pending:
            item = pending.pop()
            if isinstance(item, _Step):
                steps.append(item)
                continue
            step, operands = self._checked(item)
            pending += [step, *reversed(operands)] if step else reversed(operands)
        return steps

    def _checked(self, node: ast.expr) -> tuple[_Step | None, Sequence[ast.expr]]:
        """What a node does, and to what; ExpressionError if it is not allowed."""
        column = self._column(node.col_offset)
        match node:
            case ast.Constant(value=int() | float() as literal) if not isinstance(literal, bool):
                return _Step(column, apply=functools.partial(_number, literal)), ()
            case ast.Name():
                return self._name(node.id, column), ()
            case ast.UnaryOp(op=ast.UAdd()):
                return None, (node.operand,)
            case ast.UnaryOp() if type(node.op) in _OPERATORS:
                return _Step(column, 1, _OPERATORS[type(node.op)]), (node.operand,)
            case ast.BinOp() if type(node.op) in _OPERATORS:
                return _Step(column, 2, _OPERATORS[type(node.op)]), (node.left, node.right)
            case ast.BinOp():
                after = len(self._bytes[: node.left.end_col_offset].decode("utf-8", "replace"))
                symbol = next(i for i, c in enumerate(self.text[after:], after) if c not in " )")
                raise self._refusal(node.op, symbol)
            case ast.UnaryOp():
                raise self._refusal(node.op, column)
            case ast.Call():
                return self._call(node, column)
        raise self._refusal(node, column)

    def _name(self, name: str, column: int) -> _Step:
        if name in CONSTANTS:
            return _Step(column, apply=lambda: CONSTANTS[name])
        if name in FUNCTIONS:
            raise ExpressionError(f"{name} is a function: write {FUNCTIONS[name].name}(…)", self.text, column, "")
        return _Step(column, name=name)

    def _call(self, node: ast.Call, column: int) -> tuple[_Step, Sequence[ast.expr]]:
        if not isinstance(node.func, ast.Name):
            raise _missing_sign(self._source, self.text) or self._refusal(node.func, column)
        name = node.func.id
        if name not in FUNCTIONS:
            if (
                name not in CONSTANTS
                and _VARIABLE.fullmatch(name)
                and (missing := _missing_sign(self._source, self.text))
            ):
                raise missing
            raise ExpressionError(_unknown(name), self.text, column)
        row = FUNCTIONS[name]
        arguments = self._arguments(row, node, column)
        lists = _list_positions(row)
        sizes = []
        for position, argument in enumerate(arguments):
            is_list = isinstance(argument, ast.List)
            if is_list is not (position in lists):
                expected = "a list, as in [x, y]" if position in lists else "a number, not a list"
                message = f"{name}: argument {position + 1} must be {expected}"
                raise ExpressionError(message, self.text, self._column(argument.col_offset), "")
            sizes.append(len(argument.elts) if isinstance(argument, ast.List) else None)
        operands = [x for a in arguments for x in (a.elts if isinstance(a, ast.List) else [a])]
        return _Step(column, len(operands), _grouped(row, sizes) if lists else row), operands

    def _arguments(self, row: Primitive, node: ast.Call, column: int) -> Sequence[ast.expr]:
        """The arguments in the order of the function's parameters."""
        keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        if len(keywords) < len(node.keywords):
            raise ExpressionError("there is no ** before an argument", self.text, column)
        if row.pack is None and not keywords and len(node.args) == (row.arity or max(len(node.args), 1)):
            return node.args
        try:
            if row.pack is not None:
                return inspect.signature(row.pack).bind(*node.args, **keywords).args
        except TypeError:
            pass
        raise ExpressionError(f"{row.name} is called as {_usage(row)}", self.text, column, "")

    def _refusal(self, node: ast.AST, column: int) -> ExpressionError:
        kind = type(node)
        return ExpressionError(_INSTEAD.get(kind, f"{kind.__name__} is Python, but no formula"), self.text, column)

    def _column(self, byte: int) -> int:
        return len(self._bytes[:byte].decode("utf-8", "replace"))


def variable_name(text: str) -> str:
    """The name as formulas spell it: normalised as Python normalises identifiers, so that x₁ is x1.

    Raises ExpressionError for what cannot be a variable.

    >>> variable_name("x₁"), variable_name("σ")
    ('x1', 'σ')
    """
    try:
        tree = _parsed(text.translate(_AS_TYPED), text)
    except ExpressionError:
        tree = ast.Constant(None)
    name = unicodedata.normalize("NFKC", text)
    if not isinstance(tree, ast.Name) or tree.id != name:
        shown = f"{text!r:.60} cannot be the name of a variable"
        raise ExpressionError(shown, advice="a name is as in Python: x, w_1, σ")
    taken = "function" if name in FUNCTIONS else "constant" if name in CONSTANTS else ""
    if taken:
        raise ExpressionError(f"{name} is the {taken} {name}: choose another name for the variable", advice="")
    return name


def _parsed(source: str, text: str) -> ast.expr:
    if not source:
        raise ExpressionError("the formula is empty")
    if len(source) > MOST_CHARACTERS:
        raise ExpressionError(
            f"the formula has more than {MOST_CHARACTERS:,} characters: {len(source):,}",
            advice="write it as a Python program: from autograd import Value",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python's style: `1if` and the like, which are refused below anyway
            return ast.parse(source, mode="eval").body
    except SyntaxError as error:
        message = (error.msg or "invalid syntax").split(". ")[0].split(";")[0]
        column = (error.offset or len(text) + 1) - 1
        missing = _missing_sign(source, text)
        if missing is not None:
            raise missing from None
        if re.match("=(?!=)", source[column:]):
            message = "it has no =, and the numbers for its names come after it, as in 'x**2' x=3"
        raise ExpressionError(f"not a formula: {message}", text, column) from None
    except (MemoryError, RecursionError):
        raise ExpressionError("the formula is too long or too deep for Python's parser", advice="split it up") from None
    except ValueError as error:
        raise ExpressionError(f"not a formula: {error}") from None


_TOKEN = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[^\W\d]\w*|\S")
_VARIABLE = re.compile(r"[^\W\d_]_?\d*")
"""What looks like a variable before a parenthesis, and not like a function: one letter and an index."""


def _missing_sign(source: str, text: str) -> ExpressionError | None:
    """What is wrong with 2x, x y, 2(x + 1) and x(x + 1), if all that is wrong is that a product has no sign."""
    pieces, places, before, end = [], [], "", 0
    for found in _TOKEN.finditer(source):
        word, between = found[0], source[end : found.start()]
        is_call = word == "(" and before[:1].isalpha() and not _VARIABLE.fullmatch(before)
        ends = before[-1:].isalnum() or before[-1:] in ("_", ")", ".")
        begins = word[0].isalnum() or word[0] in "(_."
        if ends and begins and not is_call and not {before, word} & {*kwlist}:
            between = "*"
            places.append(found.start())
        pieces += [between, word]
        before, end = word, found.end()
    written = "".join(pieces)
    try:
        ast.parse(written, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    shown = written if len(written) <= 60 else written[:57] + "…"
    return ExpressionError(f"a product needs its sign: write {shown}", text, places[0], "") if places else None


def _number(literal: float) -> float:
    try:
        return float(literal)
    except OverflowError:
        return math.inf  # as 1e999 is


def _list_positions(row: Primitive) -> frozenset[int]:
    """Which arguments of a function are sequences."""
    if row.arity is not None or row.pack is None:
        return frozenset()
    shape = public_arguments(row, 4) or public_arguments(row, 5) or ()
    return frozenset(i for i, part in enumerate(shape) if isinstance(part, range))


def _usage(row: Primitive) -> str:
    """How the function is called, in its parameters' names."""
    if row.pack is None:
        return f"{row.name}({', '.join('xyz'[: row.arity]) if row.arity else 'x, y, …'})"
    lists = _list_positions(row)
    parameters = inspect.signature(row.pack).parameters.values()
    shown = ["[x, y]" if i in lists else str(parameter) for i, parameter in enumerate(parameters)]
    return f"{row.name}({', '.join(shown)})"


def _grouped(row: Primitive, sizes: Sequence[int | None]) -> Callable[..., Any]:
    """The row as a function of its flat operands: those of each list are put together again."""

    def apply(*operands: Any) -> Any:
        remaining = iter(operands)
        arguments = [next(remaining) if size is None else [next(remaining) for _ in range(size)] for size in sizes]
        return row(*arguments)

    apply.__name__ = row.name
    return apply


def _warn_of_constants(apply: Callable[..., Any], operands: Sequence[Any], result: float) -> None:
    """Warn of operands outside a domain, but of no overflow, as recording does."""
    if not isinstance(apply, Primitive) or not apply.domain or not all(map(math.isfinite, operands)):
        return
    try:
        apply.value(*operands)
    except OverflowError:
        pass
    except ARITHMETIC_ERRORS:
        shown = f"{apply.name}({', '.join(map(repr, operands))})"
        warnings.warn(f"{shown} is outside its domain: the result is {result}", DomainWarning, stacklevel=3)


def _unknown(name: str) -> str:
    if name in TABLE:
        return f"{name} gives several numbers, and a formula has one: write exp(x - logsumexp([x, y])) for a share"
    if name in CONSTANTS:
        return f"{name} is a number and cannot be called: write {name}*(…)"
    close = ["log"] if name == "ln" else difflib.get_close_matches(name, FUNCTIONS, n=3)
    return f"there is no function {name!r:.40}" + (f"; did you mean {' or '.join(close)}?" if close else "")


def _marked(text: str, column: int) -> str:
    """The formula, or of a long one what is around the place, with a ^ below the place."""
    column = min(max(column, 0), len(text))
    start = max(0, column - 40)
    window = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[start : column + 40])
    before = ("… " if start else "") + window[: column - start]
    width = sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in before)
    ending = " …" if column + 40 < len(text) else ""
    return f"  {before}{window[column - start :]}{ending}\n  {' ' * width}^"
