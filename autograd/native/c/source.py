"""A plan as a C99 file that stands alone: for reading, for other programs, and for the back end "c"."""

from collections.abc import Sequence

from autograd.arguments import counted
from autograd.native.c.code import literal
from autograd.native.c.names import identifier, identifiers, in_comment
from autograd.native.c.steps import Steps, braces, copies, index, table
from autograd.native.planning.plan import Plan

WORKSPACE = 1 << 18  # bytes of strips that a block should need at most: what the second cache holds
LONGEST_BLOCK = 128
FEWEST_IN_TABLE = 5  # numbers in consecutive slots that are written as a table


def c_source(
    plan: Plan,
    name: str = "compiled",
    *,
    parameters: Sequence[float] | None = None,
    input_labels: Sequence[str | None] = (),
    parameter_labels: Sequence[str | None] = (),
    output_labels: Sequence[str | None] = (),
) -> str:
    """A standalone C99 file that carries out a plan; it needs libm and nothing else.

    The file has `void NAME(size_t n, const double *data, double weight, double *slots, double *outputs, double
    *workspace)`, which is described in the comment at its top, and `void NAME_init(double *slots)`.  It keeps no state:
    all memory is the caller's.  With sums there are also `NAME_results` and `NAME_gradient`, which read these off the
    slots; without sums and with all numbers known, `-DNAME_MAIN` makes it a program from samples to outputs.

    Args:
        plan: What to carry out.
        name: What the functions are called; made an identifier of C if it is none.
        parameters: Numbers to write into the file, so that NAME_init fills in the parameters too.
        input_labels, parameter_labels, output_labels: What to call these, as far as known.

    Raises ValueError if the count of parameters is not the plan's.

    >>> from autograd import primitives
    >>> from autograd.native.planning.plan import Loop, Operation, Slot, Strip
    >>> double = Loop(1, (Operation(primitives.mul, (2.0, Strip(0)), Strip(1)),))
    >>> plan = Plan(1, strips=2, slots=0, parameters=0, sums=Slot(0), count_of_sums=0, samples=[double])
    >>> plan.strip_outputs = [1]
    >>> "strips[1][s] = 2.0 * x0;" in c_source(plan, "twice")
    True
    """
    if parameters is not None and len(parameters) != plan.parameters:
        raise ValueError(f"c_source: {counted(len(parameters), 'parameter')} given, and the plan has {plan.parameters}")
    return _File(plan, identifier(name, "f"), parameters, input_labels, parameter_labels, output_labels).text()


def block_size(plan: Plan) -> int:
    """Samples in a block: as many as leave the strips in the cache."""
    fitting = WORKSPACE // (8 * max(plan.strips, 1)) // 8 * 8
    return max(8, min(LONGEST_BLOCK, fitting))


class _File:
    """One plan as a file."""

    def __init__(
        self,
        plan: Plan,
        name: str,
        parameters: Sequence[float] | None,
        input_labels: Sequence[str | None],
        parameter_labels: Sequence[str | None],
        output_labels: Sequence[str | None],
    ) -> None:
        self.plan, self.name, self.upper = plan, name, name.upper()
        self.parameters, self.parameter_labels, self.output_labels = parameters, parameter_labels, output_labels
        self.input_labels = [*input_labels, *[None] * (plan.inputs - len(input_labels))]
        self.input_names = identifiers(self.input_labels, "x")
        labelled = {i: label for i, label in enumerate(parameter_labels) if label}
        self.parameter_names = dict(
            zip(labelled, identifiers(list(labelled.values()), "p", self.input_names), strict=True)
        )
        strip_names = [*self.input_names, "weight"] if plan.weighted else self.input_names
        self.steps = Steps(name, dict(enumerate(strip_names)), self.parameter_names)
        self.known = {**dict(enumerate(parameters or ())), **plan.constants}

    def text(self) -> str:
        """The whole file."""
        plan = self.plan
        before = [line for step in plan.before for line in self.steps.add(step, of_samples=False)]
        samples = [line for step in plan.samples for line in self.steps.add(step, of_samples=True)]
        after = [line for step in plan.after for line in self.steps.add(step, of_samples=False)]
        main = self._main(before, samples, after)
        init = _function(f"{self._init()}", self._fill())
        parts = [self._head(), *self.steps.shared(), *self.steps.functions, init, main]
        if plan.weighted:
            parts.append(_function(self._reader("results"), copies("results", "slots", plan.slot_outputs)))
            gradient = range(plan.gradient, plan.gradient + plan.parameters)
            parts.append(_function(self._reader("gradient"), copies("gradient", "slots", gradient)))
        elif plan.inputs and self._complete():
            parts.append(self._program())
        return "\n".join(parts)

    def _complete(self) -> bool:
        return self.plan.parameters == 0 or self.parameters is not None

    # ------------------------------------------------------------ what stands at the top

    def _init(self) -> str:
        return f"void {self.name}_init(double *slots)"

    def _reader(self, what: str) -> str:
        return f"void {self.name}_{what}(const double *slots, double *{what})"

    def _signature(self) -> str:
        return (
            f"void {self.name}(size_t n, const double *data, double weight, double *slots, double *outputs,\n"
            f"{' ' * (len(self.name) + 6)}double *workspace)"
        )

    def _head(self) -> str:
        plan, upper = self.plan, self.upper
        sizes = {
            "INPUTS": plan.inputs,
            "OUTPUTS": len(plan.strip_outputs),
            "PARAMETERS": plan.parameters,
            "SLOTS": max(plan.slots, 1),
            "BLOCK": block_size(plan),
        }
        prototypes = [self._init(), self._signature()]
        if plan.weighted:
            prototypes += [self._reader("results"), self._reader("gradient")]
        return "\n".join([
            *self._comment(),
            "#include <math.h>",
            "#include <stddef.h>",
            "",
            "/* Products and sums are rounded one by one, as in Python; GCC does so with -std=c99. */",
            "#if !defined(__GNUC__) || defined(__clang__)",
            "#pragma STDC FP_CONTRACT OFF",
            "#endif",
            "",
            *(f"#define {upper}_{key} {size}" for key, size in sizes.items()),
            f"#define {upper}_WORKSPACE {max(plan.strips, 1) * sizes['BLOCK']}",
            "",
            *(f"{prototype};" for prototype in prototypes),
            "",
        ])  # fmt: skip

    def _comment(self) -> list[str]:
        plan, name, upper = self.plan, self.name, self.upper
        columns = self._listed(self.input_labels, self.input_names)
        parameters = (
            "are filled in by the init function" if self.parameters is not None else "are the caller's to fill in"
        )
        weight = (
            "of each sample in the sums: 1.0 / n for a mean, 1.0 for a sum"
            if plan.weighted
            else "unused: nothing is summed"
        )
        lines = [
            f"{name}: a recorded graph as C99, written by autograd.  Compile it with -std=c99 and link it with -lm.",
            "",
            f"n          samples; {name} does the same to each" + (", and sums over them" if plan.weighted else ""),
            f"data       n x {plan.inputs} numbers, sample by sample: {columns}",
            f"weight     {weight}",
            f"slots      {upper}_SLOTS numbers, of which {name}_init sets the constants",
        ]
        if plan.parameters:
            names = [self.parameter_names.get(i, f"slots[{i}]") for i in range(plan.parameters)]
            lines.append(f"           the first {plan.parameters} are the parameters, which {parameters}:")
            lines.append(f"           {self._listed(self.parameter_labels, names)}")
        count = len(plan.strip_outputs)
        of_outputs = self._listed(self.output_labels, identifiers([*self.output_labels, *[None] * count][:count], "y"))
        lines += [
            f"outputs    n x {count} numbers, filled in, sample by sample: {of_outputs}"
            if count
            else "outputs    unused",
            f"workspace  {upper}_WORKSPACE numbers of scratch memory; no two calls at the same time may share them",
            "",
            "Example:",
            f"    static double slots[{upper}_SLOTS], workspace[{upper}_WORKSPACE];",
            f"    {name}_init(slots);",
        ]
        if not self._complete():
            lines.append(f"    for (size_t i = 0; i < {upper}_PARAMETERS; i++) slots[i] = parameters[i];")
        weight = "1.0 / n" if plan.weighted else "1.0"
        lines.append(f"    {name}(n, data, {weight}, slots, {'outputs' if count else 'NULL'}, workspace);")
        if plan.weighted:
            lines += [
                f"    {name}_results(slots, &loss);          the sum of weight times loss",
                f"    {name}_gradient(slots, gradient);      its {upper}_PARAMETERS derivatives",
            ]
        return ["/*", *(f" * {line}".rstrip() for line in lines), " */"]

    @staticmethod
    def _listed(labels: Sequence[str | None], names: Sequence[str]) -> str:
        """Names in order, with the labels they were made of, at most a dozen."""
        padded = [*labels, *[None] * (len(names) - len(labels))]
        shown = [
            name if not label or label == name else f"{name} ({in_comment(label)})"
            for label, name in zip(padded, names, strict=False)
        ]
        if len(shown) > 12:
            shown = [*shown[:6], "...", shown[-1]]
        return ", ".join(shown) or "none"

    # ------------------------------------------------------------ functions

    def _fill(self) -> list[str]:
        """The slots that have numbers from the start."""
        lines: list[str] = []
        slots = sorted(self.known)
        start = 0
        while start < len(slots):
            stop = start + 1
            while stop < len(slots) and slots[stop] == slots[stop - 1] + 1:
                stop += 1
            run = [literal(self.known[slot]) for slot in slots[start:stop]]
            if len(run) < FEWEST_IN_TABLE:
                lines += [f"slots[{slot}] = {number};" for slot, number in zip(slots[start:stop], run, strict=True)]
            else:
                lines += table(run, slots[start])
            start = stop
        return lines or ["(void)slots;"]

    def _main(self, before: Sequence[str], samples: Sequence[str], after: Sequence[str]) -> str:
        plan, upper = self.plan, self.upper
        lines: list[str] = []
        if plan.count_of_sums:
            sums = index(plan.sums.start, i=1)
            lines += braces(f"for (size_t i = 0; i < {plan.count_of_sums}; i++)", [f"slots[{sums}] = 0.0;"])
        lines += before
        if samples or plan.strip_outputs:
            lines.append(f"double (*strips)[{upper}_BLOCK] = (double (*)[{upper}_BLOCK])workspace;")
            lines += braces(f"for (size_t first = 0; first < n; first += {upper}_BLOCK)", self._one_block(samples))
        lines += after
        used = "\n".join(lines)
        arguments = ("n", "data", "weight", "slots", "outputs", "workspace")
        lines = [f"(void){x};" for x in arguments if not _mentions(used, x)] + lines
        return _function(self._signature(), lines)

    def _one_block(self, samples: Sequence[str]) -> list[str]:
        plan, upper = self.plan, self.upper
        over_samples = "for (size_t s = 0; s < count; s++)"
        lines = [f"const size_t count = n - first < {upper}_BLOCK ? n - first : {upper}_BLOCK;"]
        if plan.inputs:
            copy = f"strips[i][s] = data[(first + s) * {upper}_INPUTS + i];"
            lines += braces(f"for (size_t i = 0; i < {upper}_INPUTS; i++)", braces(over_samples, [copy]))
        if plan.weighted:
            lines += braces(over_samples, [f"strips[{plan.inputs}][s] = weight;"])
        lines += samples
        if plan.strip_outputs:
            into = f"outputs[(first + s) * {upper}_OUTPUTS + "
            lines += braces(over_samples, copies(into, "strips", plan.strip_outputs, after="[s]"))
        return lines

    def _program(self) -> str:
        upper, name = self.upper, self.name
        return f"""\
#ifdef {upper}_MAIN
/* Reads samples of {upper}_INPUTS numbers from the standard input, and writes a line of outputs for each. */
#include <stdio.h>

int main(void)
{{
    static double slots[{upper}_SLOTS], workspace[{upper}_WORKSPACE];
    double data[{upper}_INPUTS], outputs[{upper}_OUTPUTS];
    {name}_init(slots);
    for (;;) {{
        for (size_t i = 0; i < {upper}_INPUTS; i++) {{
            if (scanf("%lf", &data[i]) != 1) {{
                return 0;
            }}
        }}
        {name}(1, data, 1.0, slots, outputs, workspace);
        for (size_t k = 0; k < {upper}_OUTPUTS; k++) {{
            printf("%.17g%c", outputs[k], k + 1 < {upper}_OUTPUTS ? ' ' : '\\n');
        }}
    }}
}}
#endif
"""


def _mentions(text: str, word: str) -> bool:
    return word in "".join(c if c.isalnum() or c == "_" else " " for c in text).split()


def _function(signature: str, lines: Sequence[str]) -> str:
    return "\n".join([signature, "{", *(f"    {line}" for line in lines), "}", ""])
