"""`to_javascript_function`: what was recorded as one function of JavaScript."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autograd.core.value import Value
from autograd.export.braces import JAVASCRIPT, Pair
from autograd.export.exported import ExportedFiles
from autograd.export.subject import Subject, named, subject_of
from autograd.export.verification import SAMPLES, Reference, held_to
from autograd.native.c.steps import braces, index
from autograd.native.javascript.code import functions_used, literal
from autograd.native.javascript.source import checked_name

TOLERANCE = 1e-12

_RUN = """
((f) => {
    const read = (x) => (typeof x === "string" ? Number(x) : x);
    const write = (numbers) => Array.from([numbers].flat(), (x) => (Number.isFinite(x) ? x : String(x)));
    const samples = JSON.parse(require("fs").readFileSync(0, "utf8"));
    const found = samples.map((xs) => { const x = xs.map(read); return [write(f(x)), write(f.gradient(x))]; });
    console.log(JSON.stringify(found));
})(NAME);
"""


def to_javascript_function(
    what: Any,
    inputs: Any = None,
    parameters: Iterable[Value] | None = None,
    *,
    name: str = "model",
    tolerance: float = TOLERANCE,
) -> ExportedFiles:
    """NAME.js, a function of JavaScript without dependencies: NAME(x) of one sample, an array of numbers.

    One output is a number, several an array of numbers.  NAME.gradient(x, adjoints) is the derivative of the output by
    each input, or of several outputs that of Σₖ adjointsₖ yₖ, where all are 1 if none are given.  For batches, and to
    train there, see `to_javascript`.

    Args:
        what, inputs, parameters: As for `to_numpy`; the parameters become constants.
        name: What the function and the file are called.
        tolerance: How far it may be from the engine, relative to numbers above 1.

    It is run and compared if there is node, and says itself how far it is from the engine, or that nobody ran it.
    Raises TypeError or ValueError for what does not fit, VerificationError for what is farther.

    >>> x = Value(1.0, label="x")
    >>> text = to_javascript_function((x * x).tanh(), [x], name="squash").files["squash.js"]
    >>> "const squash = (() => {" in text
    True
    """
    subject = subject_of(what, inputs, parameters, "to_javascript_function")
    text = _text(subject, checked_name(named(name, "to_javascript_function"), "to_javascript_function"))
    difference = _run(text, name, Reference(subject))
    told = "nobody ran it yet, as there was no node"
    if difference is not None:
        held_to(tolerance, difference, "to_javascript_function")
        told = f"on {SAMPLES:,} random samples values and derivatives are within {difference:.1e} of the engine's"
    head = f"// {name}: recorded by autograd, and printed by to_javascript_function; {told}.\n"
    return ExportedFiles({f"{name}.js": head + text}, difference)


def _text(subject: Subject, name: str) -> str:
    pair = Pair(subject.plan(), subject.gradient_plan(), subject.numbers(), JAVASCRIPT, "numbers")
    inputs, outputs = len(subject.inputs), len(subject.outputs)
    times, copied = JAVASCRIPT.times, JAVASCRIPT.copied
    begin = times("i", inputs, ["w[i] = x[i];"])
    values, sweep = pair.values.plan.strip_outputs, pair.sweep.plan.strip_outputs[outputs:]
    result = [f"return {_number(values[0])};"]
    seeds, more = "", []
    if not subject.single:
        seeds = f", adjoints = new Array({outputs}).fill(1)"
        more = times("i", outputs, [f"w[{index(inputs, i=1)}] = adjoints[i];"])
        result = [f"const y = new Array({outputs});", *copied("y", "w", values), "return y;"]
    of_values = [*begin, *pair.values.lines(), *result]
    of_sweep = [*begin, *more, *pair.sweep.lines()]
    of_sweep += [f"const x_bar = new Array({inputs});", *copied("x_bar", "w", sweep), "return x_bar;"]
    inside = [line for text in functions_used(of_values + of_sweep) for line in text.splitlines()]
    numbers = [literal(x) for x in pair.table]
    lines = [", ".join(numbers[i : i + 8]) + "," for i in range(0, len(numbers), 8)]
    inside += ["const numbers = [", *(f"    {line}" for line in lines), "];"] if numbers else []
    inside += [f"const w = new Float64Array({pair.workspace});"]
    inside += braces("function f(x)", of_values)
    inside += braces(f"f.gradient = function (x{seeds})", of_sweep)
    inside[-1] += ";"
    return "\n".join(braces(f"const {name} = (() =>", [*inside, "return f;"])) + ")();\n"


def _number(place: int | float) -> str:
    return f"w[{place}]" if isinstance(place, int) else literal(place)


def _run(text: str, name: str, reference: Reference) -> float | None:
    """The largest difference; None without node."""
    node = shutil.which("node")
    if node is None:
        return None
    with tempfile.TemporaryDirectory(prefix="autograd-", ignore_cleanup_errors=True) as directory:
        program = Path(directory, "model.js")
        program.write_text(text + _RUN.replace("NAME", name), encoding="utf-8")
        samples = json.dumps(reference.samples)
        command = [node, str(program)]
        done = subprocess.run(command, input=samples, capture_output=True, text=True, check=False)  # noqa: S603  # as printed
    if done.returncode:
        raise RuntimeError(f"node failed:\n{done.stderr[:2000]}")
    found = json.loads(done.stdout)
    outputs, gradients = ([[_read(x) for x in xs] for xs in each] for each in zip(*found))
    return max(reference.of_values(outputs), reference.of_gradients(gradients))


def _read(x: float | str) -> float:
    """A number that JSON has, or one of the others as a text."""
    return float(x.replace("Infinity", "inf")) if isinstance(x, str) else x
