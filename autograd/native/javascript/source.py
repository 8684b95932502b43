"""A plan as JavaScript that stands alone: one object, for pages and for other programs."""

import re
from collections.abc import Sequence
from itertools import groupby

from autograd.arguments import counted
from autograd.native.c.names import in_comment
from autograd.native.c.steps import braces, index, progressions
from autograd.native.javascript.code import JavaScriptCode, functions_used, literal
from autograd.native.planning.plan import (
    BatchStep,
    Loop,
    OuterSum,
    Place,
    Plan,
    Product,
    SampleStep,
    SlotDot,
    Strip,
    StripSum,
)

SHORTEST = 4  # copies that are written as a loop

_RESERVED = (
    "Array Float64Array Infinity JSON Math NaN Number String console exports module process require undefined "
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends "
    "false finally for function if implements import in instanceof interface let new null package private protected "
    "public return static super switch this throw true try typeof var void while with yield"
)


def javascript_source(
    plan: Plan,
    name: str = "compiled",
    *,
    parameters: Sequence[float] | None = None,
    input_labels: Sequence[str | None] = (),
    parameter_labels: Sequence[str | None] = (),
) -> str:
    """A plan as JavaScript (ES2020) that needs nothing else: `const NAME = …`, an object.

    It has the sizes `inputs`, `outputs`, `parameters` and `slots`; `init(slots)`, which fills in the constants; and
    `run(n, data, weight, slots, outputs)`, which carries the plan out.  With sums there are also `results(slots, into)`
    and `gradient(slots, into)`, which read these off the slots.  All numbers are in a Float64Array.

    Args:
        plan: What to carry out.
        name: What the object is called.
        parameters: Numbers to write into the text, so that `init` fills in the parameters too.
        input_labels, parameter_labels: What to call these in the comment, as far as known.

    Operators and square roots give the bits of every other back end; a function of `Math` is the browser's, and may
    differ from libm in the last two digits.  Raises ValueError for a name that JavaScript cannot use, and if the count
    of parameters is not the plan's; TypeError for a row whose lowering calls what JavaScript has not.

    >>> from autograd import primitives
    >>> from autograd.native.planning.plan import Operation, Slot
    >>> double = Loop(1, (Operation(primitives.mul, (2.0, Strip(0)), Strip(1)),))
    >>> plan = Plan(1, strips=2, slots=0, parameters=0, sums=Slot(0), count_of_sums=0, samples=[double])
    >>> plan.strip_outputs = [1]
    >>> "strips[1] = 2.0 * strips[0];" in javascript_source(plan, "twice")
    True
    """
    checked_name(name, "javascript_source")
    if parameters is not None and len(parameters) != plan.parameters:
        raise ValueError(
            f"javascript_source: {counted(len(parameters), 'parameter')} given, and the plan has {plan.parameters}"
        )
    known = {**dict(enumerate(parameters or ())), **plan.constants}
    steps: list[str] = []
    calls = [[_step(step, steps) for step in phase] for phase in (plan.before, plan.samples, plan.after)]
    body = [
        f"inputs: {plan.inputs},",
        f"outputs: {len(plan.strip_outputs)},",
        f"parameters: {plan.parameters},",
        f"slots: {plan.slots},",
        *_method("init(slots)", [f"slots[{slot}] = {literal(x)};" for slot, x in sorted(known.items())]),
        *_method("run(n, data, weight, slots, outputs)", _run(plan, *calls)),
    ]
    if plan.weighted:
        gradient = range(plan.gradient, plan.gradient + plan.parameters)
        for method, slots in (("results", plan.slot_outputs), ("gradient", gradient)):
            body += _method(f"{method}(slots, into)", _copied("into[", "slots", slots))
    inside = [
        *(line for text in functions_used(steps) for line in text.splitlines()),
        f"const strips = new Float64Array({max(plan.strips, 1)});",
        *(line for text in steps for line in text.splitlines()),
        *braces("return", body),
    ]
    inside[-1] += ";"
    comment = [f"// {line}".rstrip() for line in _comment(plan, name, parameters, input_labels, parameter_labels)]
    return "\n".join([*comment, *braces(f"const {name} = (() =>", inside)]) + ")();\n"


def checked_name(name: str, door: str) -> str:
    """A name that JavaScript can use; ValueError for another."""
    if not re.fullmatch(r"[A-Za-z_$][\w$]*", name, re.ASCII) or name in _RESERVED.split():
        raise ValueError(f"{door}: name must be an identifier of JavaScript that is free, such as f, not {name!r}")
    return name


def _comment(
    plan: Plan,
    name: str,
    parameters: Sequence[float] | None,
    input_labels: Sequence[str | None],
    parameter_labels: Sequence[str | None],
) -> list[str]:
    lines = [f"{name}: a recorded graph as JavaScript, written by autograd.", ""]
    lines.append(f"    const slots = new Float64Array({name}.slots), outputs = new Float64Array(n * {name}.outputs);")
    lines.append(f"    {name}.init(slots);")
    if plan.parameters and parameters is None:
        lines.append("    slots.set(parameters);")
    lines.append(f"    {name}.run(n, data, {'1 / n' if plan.weighted else '1'}, slots, outputs);")
    if plan.weighted:
        lines.append(f"    {name}.results(slots, loss);      // the sum of weight times loss")
        lines.append(f"    {name}.gradient(slots, gradient); // its derivatives by the parameters")
    lines += ["", f"data, sample by sample: {_listed(input_labels, plan.inputs)}"]
    return [*lines, f"parameters: {_listed(parameter_labels, plan.parameters)}"] if plan.parameters else lines


def _listed(labels: Sequence[str | None], count: int) -> str:
    names = [in_comment(label) if label else str(i) for i, label in enumerate([*labels, *[None] * count][:count])]
    return ", ".join(names if len(names) <= 12 else [*names[:6], "...", names[-1]]) or "none"


def _method(head: str, lines: Sequence[str]) -> list[str]:
    made = braces(head, lines)
    made[-1] += ","
    return made


def _run(plan: Plan, before: Sequence[str], samples: Sequence[str], after: Sequence[str]) -> list[str]:
    """The statements of a run: what is done once, what for each sample in turn, and what once again."""
    lines = []
    if plan.count_of_sums:
        lines.append(f"slots.fill(0.0, {plan.sums.start}, {plan.sums.start + plan.count_of_sums});")
    each = []
    if plan.inputs:
        copy = f"strips[i] = data[s * {plan.inputs} + i];"
        each += braces(f"for (let i = 0; i < {plan.inputs}; i++)", [copy])
    if plan.weighted:
        each.append(f"strips[{plan.inputs}] = weight;")
    each += samples
    if plan.strip_outputs:
        each += _copied(f"outputs[s * {len(plan.strip_outputs)} + ", "strips", plan.strip_outputs)
    lines += before
    if each:
        lines += braces("for (let s = 0; s < n; s++)", each)
    return [*lines, *after]


def _copied(into: str, memory: str, places: Sequence[int | float]) -> list[str]:
    """Copy places of a memory, and constants, to consecutive places; those at equal distances in a loop."""
    lines: list[str] = []
    at = 0
    for is_place, group in groupby(places, lambda x: isinstance(x, int)):
        if not is_place:
            for x in group:
                lines.append(f"{into}{at}] = {literal(x)};")
                at += 1
            continue
        for first, stride, count in progressions([int(x) for x in group]):
            if count < SHORTEST:
                lines += [f"{into}{at + k}] = {memory}[{first + k * stride}];" for k in range(count)]
            else:
                lines += _for("k", count, [f"{into}{index(at, k=1)}] = {memory}[{index(first, k=stride)}];"])
            at += count
    return lines


# ---------------------------------------------------------------- steps


def _step(step: BatchStep | SampleStep, functions: list[str]) -> str:
    """Add a step as a function; the statement that calls it."""
    name = f"step{len(functions) + 1}"
    functions.append("\n".join(braces(f"function {name}(slots)", _body(step))))
    return f"{name}(slots);"


def _body(step: BatchStep | SampleStep) -> list[str]:
    match step:
        case Loop():
            return _loop(step)
        case Product():
            weight = index(step.weights.start, i=step.weights.stride, j=step.by_input)
            lines = [
                f"let y = slots[{index(step.bias.start, i=step.bias.stride)}];",
                *_for("j", step.inputs, [f"y += slots[{weight}] * strips[{index(step.source, j=1)}];"]),
                f"strips[{index(step.target, i=1)}] = y;",
            ]
            return _for("i", step.outputs, lines)
        case OuterSum():
            slot = index(step.sums.start, i=step.sums.stride, j=step.by_right)
            added = f"slots[{slot}] += strips[{index(step.left, i=1)}] * strips[{index(step.right, j=1)}];"
            return _for("i", step.lefts, _for("j", step.rights, [added]))
        case StripSum():
            slot = index(step.sums.start, i=step.sums.stride)
            return _for("i", step.count, [f"slots[{slot}] += strips[{index(step.start, i=1)}];"])
        case SlotDot():
            factors = [f"slots[{index(x.start, i=x.stride)}]" for x in (step.left, step.right) if x is not None]
            added = f"total += {' * '.join(factors)};"
            return ["let total = 0.0;", *_for("i", step.count, [added]), f"slots[{step.target}] = total;"]


def _loop(loop: Loop) -> list[str]:
    code = JavaScriptCode()
    results: list[object] = []
    for operation in loop.operations:
        results.append(operation.computed(code, results, lambda x: code.load(_text_of(x, loop))))
        if operation.target is not None:
            code.store(_text_of(operation.target, loop), results[-1])
    lines = code.lines()[1]
    return _for("u", loop.passes, lines) if loop.passes > 1 else lines


def _text_of(place: Place, loop: Loop) -> str:
    memory = "strips" if isinstance(place, Strip) else "slots"
    return f"{memory}[{index(place.start, u=place.stride if loop.passes > 1 else 0)}]"


def _for(variable: str, count: int, lines: Sequence[str]) -> list[str]:
    return braces(f"for (let {variable} = 0; {variable} < {count}; {variable}++)", lines)
