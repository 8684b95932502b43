"""`to_c`: what was recorded as a C99 header and source for any machine, a microcontroller too."""

import ctypes
import shlex
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograd.arguments import counted
from autograd.core.value import Value
from autograd.export.braces import DOUBLE, FLOAT, Pair
from autograd.export.exported import ExportedFiles
from autograd.export.subject import Subject, named, subject_of
from autograd.export.verification import SAMPLES, Reference, held_to
from autograd.native.c.backend import c_compiler
from autograd.native.c.names import identifiers
from autograd.native.c.steps import index

TOLERANCES = {64: 1e-12, 32: 1e-5}
UNITS = {64: 2.0**-53, 32: 2.0**-24}
"""How far a number moves at most when it is rounded, relative to it."""
TESTED = 5  # samples that the test of the file itself has


def to_c(
    what: Any,
    inputs: Any = None,
    parameters: Iterable[Value] | None = None,
    *,
    name: str = "model",
    bits: int = 64,
    tolerance: float | None = None,
) -> ExportedFiles:
    r"""NAME.h and NAME.c, C99 that computes what was recorded and its gradient; it needs libm and nothing else.

    `NAME(x, y, workspace)` computes the outputs of one sample, `NAME_gradient(x, …, workspace)` the derivatives by its
    inputs too; of several outputs y it is x̄ᵢ = Σₖ ȳₖ ∂yₖ/∂xᵢ for the ȳ that it is given.  All memory is the caller's,
    and small: the weights are constants, which a microcontroller leaves in flash.  Compiled with -DNAME_TEST it is a
    program that checks itself.

    Args:
        what, inputs, parameters: As for `to_numpy`; the parameters become constants, stored once for both functions.
        name: What the functions and files are called; made an identifier of C if it is none.
        bits: 64 for double, 32 for float.
        tolerance: How far it may be from the engine, relative to numbers above 1; 1e-12, or 1e-5 for float.

    It is compiled and compared if the system has a C compiler, and says itself how far it is from the engine, or that
    nobody ran it.  Raises TypeError or ValueError for what does not fit, VerificationError for what is farther.

    >>> x, y = Value(1.0, label="x"), Value(2.0, label="y")
    >>> files = to_c(x * y, [x, y], name="product", bits=32).files
    >>> print("\n".join(line for line in files["product.h"].splitlines() if line.startswith("void")))
    void product(const float *x, float *y, float *workspace);
    void product_gradient(const float *x, float *y, float *x_bar, float *workspace);
    """
    if bits not in TOLERANCES:
        raise ValueError(f"to_c: bits must be 64 (double) or 32 (float), not {bits!r}")
    subject = subject_of(what, inputs, parameters, "to_c")
    if not subject.inputs:
        raise ValueError("to_c: inputs is empty, and C has no arrays of no numbers; give at least one leaf")
    file = _File(subject, identifiers([named(name, "to_c")], "model", _LOCAL)[0], bits == 32)
    reference = Reference(subject, narrow=bits == 32)
    found = _run(file, reference)
    if found is not None:
        difference, condition = found
        held_to(TOLERANCES[bits] if tolerance is None else tolerance, difference, "to_c", condition, UNITS[bits])
    header, source = file.texts(reference, found, TOLERANCES[bits])
    return ExportedFiles({f"{file.name}.h": header, f"{file.name}.c": source}, *(found or (None,)))


class _File:
    """The texts of one subject."""

    def __init__(self, subject: Subject, name: str, narrow: bool) -> None:
        self.subject, self.name, self.upper, self.narrow = subject, name, name.upper(), narrow
        self.real = "float" if narrow else "double"
        dialect = FLOAT if narrow else DOUBLE
        self.dialect, self.literal = dialect, dialect.code.literal
        self.pair = Pair(subject.plan(), subject.gradient_plan(), subject.numbers(), dialect, f"{name}_numbers")
        self.workspace = self.pair.workspace

    def signatures(self) -> list[str]:
        """Of the values, and of the gradient."""
        real, seeds = self.real, "" if self.subject.single else f"const {self.real} *y_bar, "
        return [
            f"void {self.name}(const {real} *x, {real} *y, {real} *workspace)",
            f"void {self.name}_gradient(const {real} *x, {seeds}{real} *y, {real} *x_bar, {real} *workspace)",
        ]

    def code(self) -> str:
        """What is compiled: the table and the functions."""
        numbers = [self.literal(x) for x in self.pair.table]
        lines = [", ".join(numbers[i : i + 8]) + "," for i in range(0, len(numbers), 8)]
        table = [f"static const {self.real} {self.name}_numbers[] = {{", *(f"    {x}" for x in lines), "};", ""]
        outputs, inputs = len(self.subject.outputs), len(self.subject.inputs)
        times, copied = self.dialect.times, self.dialect.copied
        begin = [f"{self.real} *w = workspace;", *times("i", inputs, ["w[i] = x[i];"])]
        seeds = [] if self.subject.single else times("i", outputs, [f"w[{index(inputs, i=1)}] = y_bar[i];"])
        values, sweep = self.pair.values, self.pair.sweep
        found = sweep.plan.strip_outputs
        bodies = (
            [*begin, *values.lines(), *copied("y", "w", values.plan.strip_outputs)],
            [
                *begin,
                *seeds,
                *sweep.lines(),
                *copied("y", "w", found[:outputs]),
                *copied("x_bar", "w", found[outputs:]),
            ],
        )
        functions = [
            "\n".join([signature, "{", *(f"    {line}" for line in body), "}", ""])
            for signature, body in zip(self.signatures(), bodies, strict=True)
        ]
        return "\n".join([*(table if numbers else []), *functions])

    def texts(self, reference: Reference, found: tuple[float, float] | None, tolerance: float) -> tuple[str, str]:
        """The header and the source."""
        subject, name, upper, bits = self.subject, self.name, self.upper, 32 if self.narrow else 64
        told = (
            f"The largest difference to the engine on {SAMPLES:,} random samples is {found[0]:.1e}, of values and "
            f"derivatives,\n * relative to numbers above 1; rounding to {bits} bits alone may make it "
            f"{found[1] * UNITS[bits]:.1e} there, as the condition\n * of that number y is {found[1]:.3g}: the sum of "
            "|v dy/dv| over y and all numbers v on the way to it, relative to y above 1."
            if found is not None
            else "Nobody ran it yet: there was no C compiler.  Compile it with "
            + f"-D{upper}_TEST, and it checks itself."
        )
        seeds = (
            ""
            if subject.single
            else f" * y_bar      {counted(len(subject.outputs), 'number')}, the adjoint of each output\n"
        )
        header = f"""\
/*
 * {name}: recorded by autograd, and printed by to_c.  Compile {name}.c with -std=c99 and link it with -lm.
 * {told}
 *
 * x          {counted(len(subject.inputs), "input")} of one sample
{seeds} * y          {counted(len(subject.outputs), "output")}, filled in
 * x_bar      {"the derivative of y by each input" if subject.single else "the derivative of the sum of y_bar times y by each input"}, filled in
 * workspace  {upper}_WORKSPACE numbers of scratch memory; no two calls at the same time may share them
 */
#ifndef {upper}_H
#define {upper}_H

#define {upper}_INPUTS {len(subject.inputs)}
#define {upper}_OUTPUTS {len(subject.outputs)}
#define {upper}_WORKSPACE {self.workspace}

{chr(10).join(f"{signature};" for signature in self.signatures())}

#endif
"""  # noqa: E501
        source = "\n".join(
            [
                f"/* {name}: see {name}.h. */",
                f'#include "{name}.h"',
                *self._includes(),
                self.code() + self._test(reference, tolerance),
            ]
        )
        return header, source

    def _includes(self) -> list[str]:
        return ["#include <math.h>", "#include <stddef.h>", "", _CONTRACTION, ""]

    def library(self) -> str:
        """The functions as one file that is compiled and loaded."""
        return "\n".join([*self._includes(), *(f"{x};" for x in self.signatures()), self.code()])

    def _test(self, reference: Reference, tolerance: float) -> str:
        subject, name, upper, real = self.subject, self.name, self.upper, self.real
        numbers = np.hstack([reference.outputs, reference.gradients])
        finite = np.flatnonzero(np.isfinite(numbers).all(axis=1)).tolist()
        chosen = (finite or range(len(numbers)))[:TESTED]

        def table(of: str, rows: Sequence[Sequence[float]], width: int) -> list[str]:
            lines = ["{" + ", ".join(map(self.literal, rows[k])) + "}," for k in chosen]
            return [f"static const {real} {of}[{len(chosen)}][{width}] = {{", *(f"    {x}" for x in lines), "};"]

        inputs, outputs = len(subject.inputs), len(subject.outputs)
        tables = [
            *table("samples", reference.samples, inputs),
            *table("values", reference.outputs, outputs),
            *table("gradients", reference.gradients, inputs),
        ]
        ones = (
            ""
            if subject.single
            else f"        for (i = 0; i < {upper}_OUTPUTS; i++) {{\n            y_bar[i] = 1;\n        }}\n"
        )
        declared = "" if subject.single else f", y_bar[{upper}_OUTPUTS]"
        return (
            "\n"
            + f"""\
#ifdef {upper}_TEST
/* Compares with what the engine gave for {counted(len(chosen), "sample")}; returns 0 if all is well. */
#include <stdio.h>

{chr(10).join(tables)}

static double apart(double found, double expected)
{{
    double difference = fabs(found - expected) / (fabs(expected) > 1.0 ? fabs(expected) : 1.0);
    if (found == expected || (isnan(found) && isnan(expected))) {{
        return 0.0;
    }}
    return difference < INFINITY ? difference : INFINITY;
}}

int main(void)
{{
    static {real} workspace[{upper}_WORKSPACE];
    {real} y[{upper}_OUTPUTS], x_bar[{upper}_INPUTS]{declared};
    double largest = 0.0;
    size_t k, i;
    int is_finite;
    for (k = 0; k < {len(chosen)}; k++) {{
        {name}(samples[k], y, workspace);
        is_finite = 1;
        for (i = 0; i < {upper}_OUTPUTS; i++) {{
            largest = fmax(largest, apart((double)y[i], (double)values[k][i]));
            is_finite = is_finite && isfinite(values[k][i]);
        }}
{ones}        {name}_gradient(samples[k], {"" if subject.single else "y_bar, "}y, x_bar, workspace);
        for (i = 0; i < {upper}_OUTPUTS; i++) {{
            largest = fmax(largest, apart((double)y[i], (double)values[k][i]));
        }}
        for (i = 0; is_finite && i < {upper}_INPUTS; i++) {{
            largest = fmax(largest, apart((double)x_bar[i], (double)gradients[k][i]));
        }}
    }}
    printf("largest difference: %.2e\\n", largest);
    return largest <= {tolerance:g} ? 0 : 1;
}}
#endif
"""
        )


_LOCAL = (
    "apart",
    "difference",
    "gradients",
    "is_finite",
    "k",
    "largest",
    "samples",
    "values",
    "w",
    "x",
    "x_bar",
    "y",
    "y_bar",
)
"""What the text calls its own."""
_CONTRACTION = """\
/* Products and sums are rounded one by one, as in Python; GCC does so with -std=c99. */
#if !defined(__GNUC__) || defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif"""


def _run(file: _File, reference: Reference) -> tuple[float, float] | None:
    """The largest difference, and the condition of what differs; None without a compiler."""
    try:
        compiler = c_compiler()
    except RuntimeError:
        return None
    kind = np.float32 if file.narrow else np.float64
    samples = np.array(reference.samples, dtype=kind)
    outputs = np.empty((SAMPLES, len(file.subject.outputs)), dtype=kind)
    again, gradients = np.empty_like(outputs), np.empty_like(samples)
    seeds, workspace = np.ones_like(outputs), np.zeros(file.workspace, dtype=kind)
    with tempfile.TemporaryDirectory(prefix="autograd-", ignore_cleanup_errors=True) as directory:
        source, library = Path(directory, "model.c"), Path(directory, "model.so")
        source.write_text(file.library(), encoding="utf-8")
        command = [*compiler, "-std=c99", "-O1", "-fPIC", "-shared", str(source), "-o", str(library), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # the user's compiler
        if done.returncode:
            raise RuntimeError(f"the C compiler failed: {shlex.join(command)}\n{done.stderr[:2000]}")
        functions = ctypes.CDLL(str(library))
    forward, sweep = functions[file.name], functions[f"{file.name}_gradient"]
    for k in range(SAMPLES):
        forward(*map(_address, (samples[k], outputs[k], workspace)))
        adjoints = () if file.subject.single else (seeds[k],)
        sweep(*map(_address, (samples[k], *adjoints, again[k], gradients[k], workspace)))
    values, again_values, derivatives = outputs.tolist(), again.tolist(), gradients.tolist()
    of_values = max(reference.of_values(found) for found in (values, again_values))
    return max(of_values, reference.of_gradients(derivatives)), reference.condition(again_values, derivatives)


def _address(array: Any) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
