"""The command line: a formula is evaluated and differentiated at given numbers, printed, explained and drawn."""

import argparse
import json
import math
import os
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import autograd
from autograd.arguments import counted
from autograd.core.value import Value
from autograd.formulas.explain import explain
from autograd.formulas.program import program
from autograd.formulas.safe_expression import FUNCTIONS, ExpressionError, SafeExpression, variable_name
from autograd.native.llvm.store import MOST_BYTES, VARIABLE, Store, default_folder
from autograd.shell.report import Result, print_report, printable_streams, say
from autograd.transforms.functions import hessian

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

_EXAMPLES = """\
examples:
  python -m autograd "tanh(w*x + b)" w=-3 x=2 b=6.88                    a table of value and gradients
  python -m autograd "tanh(w*x + b)" w=-3 x=2 b=6.88 --svg out.svg      a picture of the graph
  python -m autograd "x**2 * y" x=3 y=pi/2 --order 2                    the Hessian too
  python -m autograd "log(x) + x*y - sin(y)" x=2 y=5 --explain          the chain rule, written out
  python -m autograd "dot([u, v], [x, y])" u=1 v=2 x=3 y=4 --json       for machines
  python -m autograd cache                                              machine code on disk, --clear it
  python -m autograd                                                    a prompt with everything at hand
"""
_FILES = {  # an option, the endings it takes, and what it writes
    "svg": ((".svg",), "the graph as a picture"),
    "png": ((".png",), "the same, in pixels"),
    "pdf": ((".pdf",), "the same, on paper"),
    "dot": ((".dot", ".gv"), "the graph in Graphviz' language"),
    "html": ((".html", ".htm"), "a page that steps through backpropagation"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    r"""Run the command line and return its exit status: 0, 1 for a failed evaluation or file, 2 for wrong usage.

    >>> main(["x**2", "x=3", "--json"])
    {"expression": "x**2", "value": 9.0, "variables": {"x": {"value": 3.0, "gradient": 6.0}}}
    0
    """
    printable_streams()
    try:
        status = _run(sys.argv[1:] if arguments is None else list(arguments))
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:  # `… | head`; the interpreter would flush once more at its end, and complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def _run(arguments: list[str]) -> int:
    if arguments[:1] == ["cache"] and arguments[1:] in ([], ["--clear"]):
        return _kept(clear=len(arguments) > 1)
    parser = _parser()
    # argparse takes whatever starts with - for an option, and so would a formula: -x**2.  A space before it helps.
    arguments = [f" {a}" if a[:1] == "-" and a[:2] != "--" and a not in ("-h", "-") else a for a in arguments]
    options, unknown = parser.parse_known_intermixed_args(arguments)
    if unknown:
        parser.error(f"there is no option {unknown[0]}; a formula that begins with -- needs a space before it: ' --x'")
    if options.expression is None:
        if arguments:
            parser.error("there is no formula; it comes first, as in: python -m autograd 'x**2' x=3")
        from autograd.shell.repl import start  # it imports nn, which nothing else here needs

        return start()
    try:
        formula, numbers = _read(options.expression, options.variables)
        _check_endings(options)
    except ExpressionError as error:
        return _complain(str(error), USAGE)
    try:
        result = _evaluate(formula, numbers, options)
    except (ExpressionError, TypeError, ValueError, RuntimeError, RecursionError, MemoryError) as error:
        return _complain(str(error) or type(error).__name__, FAILED)
    if options.json:
        say(json.dumps(_as_json(result), ensure_ascii=False))
    else:
        for warning in result.warnings:
            _complain(warning, OK, "warning")
        print_report(result)
    return _write_files(result, options)


def _kept(clear: bool) -> int:
    """Say where machine code is kept, and how much, after deleting it if asked."""
    store = Store(default_folder())
    if store.folder is None:
        say(
            f"{VARIABLE} forbids to keep machine code" if VARIABLE in os.environ else "there is no folder of the user's"
        )
        return OK
    if clear:
        store.clear()
    programs, size = store.size()
    say(f"{store.folder}\n{counted(programs, 'program')}, {size / 1e6:.1f} MB of at most {MOST_BYTES / 1e6:.1f}")
    if store.folder.exists() and not store.is_safe():
        say("not used: the folder must belong to this user, be no link, and nobody else may write to it")
    return OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m autograd",
        description="Evaluate a formula, differentiate it by every name in it, print and draw it.\n"
        "Without arguments: a prompt with everything at hand.",
        epilog=f"{_EXAMPLES}\nfunctions: {_wrapped(FUNCTIONS)}\nconstants: pi, e, tau",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("expression", nargs="?", metavar="formula", help="as in Python: 'tanh(w*x + b)'")
    parser.add_argument("variables", nargs="*", metavar="name=number", help="a number for each name in it: w=-3 x=pi/2")
    parser.add_argument("--order", type=int, choices=(1, 2), default=1, help="2 for the Hessian too")
    parser.add_argument("--explain", action="store_true", help="write the chain rule out, path by path")
    parser.add_argument("--program", action="store_true", help="print the program of values and adjoints")
    parser.add_argument("--latex", action="store_true", help="print the formula in LaTeX")
    parser.add_argument("--json", action="store_true", help="print JSON; nan and infinities are strings in it")
    for option, (endings, purpose) in _FILES.items():
        parser.add_argument(f"--{option}", metavar="FILE", help=f"write {purpose} ({' or '.join(endings)})")
    parser.add_argument("--version", action="version", version=f"scalar-autograd {autograd.__version__}")
    return parser


def _wrapped(names: Mapping[str, Any]) -> str:
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) > 92:
            lines.append("  ")
        lines[-1] += f"{name}, "
    return "\n".join(lines).rstrip(", ")


# ---------------------------------------------------------------- reading


def _read(expression: str, assignments: Sequence[str]) -> tuple[SafeExpression, dict[str, float]]:
    """The formula and a number for each of its names; ExpressionError, naming them, if they do not fit."""
    formula = SafeExpression(expression)
    numbers: dict[str, float] = {}
    for assignment in assignments:
        name, equals, text = assignment.strip().partition("=")
        if not equals:
            raise ExpressionError(f"{assignment!r:.60} is not of the form name=number", advice="as in w=-3")
        name = variable_name(name)
        if name in numbers:
            raise ExpressionError(f"{name} is given twice", advice="")
        numbers[name] = _number(name, text)
    missing = [name for name in formula.names if name not in numbers]
    unknown = [name for name in numbers if name not in formula.names]
    complaints = [f"the formula needs a number for {_listed(missing)}"] if missing else []
    complaints += [f"there is no {_listed(unknown)} in the formula"] if unknown else []
    if complaints:
        raise ExpressionError(", and ".join(complaints), advice=f"its names: {_listed(formula.names) or 'none'}")
    return formula, {name: numbers[name] for name in formula.names}


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")


def _number(name: str, text: str) -> float:
    """A number, or arithmetic with numbers such as pi/2."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        formula = SafeExpression(text)
        if not formula.names:
            return float(formula.evaluate({}))
    except ExpressionError:
        pass
    raise ExpressionError(
        f"{name}={text:.60} gives no number for {name}", advice="write it as in w=-3, x=1e-3 or y=pi/2"
    )


def _check_endings(options: argparse.Namespace) -> None:
    for option, (endings, _) in _FILES.items():
        file = getattr(options, option)
        if file is not None and Path(file).suffix.lower() not in endings:
            raise ExpressionError(f"--{option}: the file must end in {' or '.join(endings)}, not {file!r}", advice="")


# ---------------------------------------------------------------- computing


def _evaluate(formula: SafeExpression, numbers: Mapping[str, float], options: argparse.Namespace) -> Result:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        inputs = {name: Value(number, label=name) for name, number in numbers.items()}
        output = formula.evaluate(inputs)
        if not isinstance(output, Value):
            output = Value(output)
        if output.primitive is not None or not inputs:
            output.label = next(name for name in ("y", "f", "result", "result_") if name not in inputs)
        output.backward()
        result = Result(formula, inputs, output)
        if options.order == 2 and inputs:
            result.hessian = hessian(lambda xs: formula.evaluate(dict(zip(inputs, xs, strict=True))))(
                [*numbers.values()]
            )
        makers: dict[str, Callable[[], object]] = {
            "explain": lambda: _explanation(result),
            "program": lambda: program(output),
            "latex": output.latex,
        }
        result.texts = {name: str(make()) for name, make in makers.items() if getattr(options, name)}
    result.warnings = list(dict.fromkeys(" ".join(str(warning.message).split()) for warning in caught))
    return result


def _explanation(result: Result) -> str:
    """The chain rule for each name: the sum over its paths."""
    explanations = [explain(result.output, wrt=x) for x in result.inputs.values()] or [explain(result.output)]
    return "\n".join(map(str, explanations))


def _as_json(result: Result) -> dict[str, Any]:
    names = list(result.inputs)
    report: dict[str, Any] = {
        "expression": result.formula.text,
        "value": _finite(result.output.data),
        "variables": {
            name: {"value": _finite(x.data), "gradient": _finite(x.grad)} for name, x in result.inputs.items()
        },
    }
    if result.hessian is not None:
        rows = ([_finite(number) for number in row] for row in result.hessian)
        report["hessian"] = {name: dict(zip(names, row, strict=True)) for name, row in zip(names, rows, strict=True)}
    return report | result.texts | ({"warnings": result.warnings} if result.warnings else {})


def _finite(number: float) -> float | str:
    return number if math.isfinite(number) else str(number)


# ---------------------------------------------------------------- files


def _write_files(result: Result, options: argparse.Namespace) -> int:
    status = OK
    for option in _FILES:
        file = getattr(options, option)
        if file is None:
            continue
        try:
            _write(result, option, file)
        except Exception as error:  # whatever the layout or the disk has against it, the others are written
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            status = _complain(f"{file} was not written: {reason or type(error).__name__}", FAILED)
        else:
            if not options.json:
                say(f"wrote {file}")
    return status


def _write(result: Result, option: str, file: str) -> None:
    if option == "html":
        from autograd.render.pages.page import to_html

        to_html(result.output, file, title=f"{result.name} = {result.formula.text}")
    else:
        autograd.draw(result.output, file)


def _complain(message: str, status: int, kind: str = "error") -> int:
    if sys.stderr is not None:
        sys.stderr.write(f"{kind}: {message}\n")
    return status
