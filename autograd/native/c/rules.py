"""The rows of one or two operands as functions of C: prints `rules.h`, which the compiled core includes.

A value is the row's lowering; a partial is the row's own, run on expressions of C.  So no formula stands here.
`rules.h` is kept beside the C that reads it, so that building needs no table; a test says that it is fresh.

`python -m autograd.native.c.rules` writes it anew.
"""

import hashlib
import re
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from autograd.native.c.code import PRIMARY, SIGN, CCode, Expression, Form, literal
from autograd.table import primitives
from autograd.table.primitive import Primitive, evaluate_partial
from autograd.table.primitives import TABLE

HEADER = Path(__file__).parents[2] / "accelerator" / "rules.h"

_PREFACE = """\
/* Values and partial derivatives of the rows of one or two operands, printed from the table by
 * `python -m autograd.native.c.rules`: do not edit.  x and y are operands, z the result.
 *
 * Compiled without contraction to fused multiply-adds (-ffp-contract=off), every function gives the bits that the row
 * gives in Python, if hypot is rounded as Python does it, and not as libm.  Of pow(x, 2.0) a compiler makes x * x,
 * another number for one x in a thousand: give it no exponent that it can know, or -fno-builtin-pow.
 */
"""


class Number(Expression):
    """An expression of C in a partial: a primitive called on it is lowered, and nobody differentiates it again."""

    __slots__ = ()
    _level = -1

    def _apply_primitive(self, primitive: Primitive, operands: Sequence[Any]) -> Any:
        return primitive.lowered(self.code, *map(self.code.constant, operands))

    def __pow__(self, other: Any) -> Any:
        return primitives.pow(self, other)


class RuleCode(CCode):
    """A stretch of C that partials can be run on, with the signs of zeros that the rows give."""

    expression = Number

    def constant(self, x: Any) -> Expression:
        """A number as an expression, so that a lowering does not move it in front: min(-0.0, 0.0) is the first."""
        if isinstance(x, Expression):
            return x
        text = literal(x)
        return self.node(Form(text, SIGN if text.startswith("-") else PRIMARY, ()), outside=True)

    def in_order(self, operands: Sequence[Any]) -> list[Any]:
        """As given."""
        return list(operands)


def rules_header() -> str:
    """The text of `rules.h`."""
    rows = [row for row in TABLE.values() if row.arity in (1, 2)]
    functions = "\n".join(text for row in rows for text in _functions(row))
    names = [f"    ROW_{row.name}," for row in rows]
    lists = [_macro(f"ROWS{arity}", [row.name for row in rows if row.arity == arity]) for arity in (1, 2)]
    gates = f"static const char row_is_gate[ROWS] = {{{', '.join(str(int(row.gate)) for row in rows)}}};"
    body = "\n".join([functions, "enum {", *names, "    ROWS", "};", "", *textwrap.wrap(gates, 120), "", *lists])
    version = hashlib.sha256(body.encode()).hexdigest()[:12]
    top = f'#include <math.h>\n\n#define RULES_VERSION "{version}"\n'
    return f"{_PREFACE}#ifndef AUTOGRAD_RULES_H\n#define AUTOGRAD_RULES_H\n\n{top}\n{body}\n#endif\n"


def _functions(row: Primitive) -> Iterator[str]:
    """The value of a row and its partials as functions of C."""
    operands = ("x", "y")[: row.arity]
    code = RuleCode()
    value = row.lowered(code, *_loaded(code, operands))
    yield _function(f"value_{row.name}", operands, code, value)
    partials = row.partials
    assert isinstance(partials, tuple)
    for i, partial in enumerate(partials):
        code = RuleCode()
        z, *xs = _loaded(code, ("z", *operands))
        yield _function(f"partial{i}_{row.name}", ("z", *operands), code, evaluate_partial(partial, z, xs))


def _loaded(code: CCode, names: Sequence[str]) -> list[Expression]:
    return [code.load(name, None, outside=True) for name in names]  # outside: an argument needs no second name


def _function(name: str, arguments: Sequence[str], code: CCode, result: Any) -> str:
    code.store("return", result)
    *constants, last = code.lines()[1]
    statements = [*constants, last.replace("return = ", "return ", 1)]
    unused = [x for x in arguments if not re.search(rf"\b{x}\b", " ".join(statements))]
    lines = [*(f"(void){x};" for x in unused), *statements]
    signature = ", ".join(f"double {x}" for x in arguments)
    return "\n".join([f"static inline double {name}({signature})", "{", *(f"    {line}" for line in lines), "}", ""])


def _macro(name: str, rows: Sequence[str]) -> str:
    """A list of rows for the preprocessor: it is given what to make of each."""
    applied = [f"    X({row})" for row in rows]
    return " \\\n".join([f"#define {name}(X)", *applied]) + "\n"


if __name__ == "__main__":
    HEADER.write_text(rules_header(), encoding="utf-8")
