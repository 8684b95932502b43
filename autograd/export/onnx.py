"""`to_onnx`: what was recorded as a graph of ONNX, layers as Gemm, all else as its operators on arrays."""

import ast
import json
import math
import re
from collections.abc import Iterable, Sequence
from functools import partialmethod
from typing import Any

import numpy as np

from autograd.core.value import Value
from autograd.export.arrays import ArrayText
from autograd.export.code import ArrayCode, Rows
from autograd.export.exported import ExportedFiles
from autograd.export.subject import Subject, named, subject_of
from autograd.export.targets import ONNX
from autograd.export.verification import SAMPLES, Reference, held_to
from autograd.installation import require
from autograd.native.c.code import CHOICE, PRIMARY, Expression, Form
from autograd.table import primitives
from autograd.table.primitive import Primitive

OPSET, IR = 20, 9
"""The first with Gelu, and the version of the format that goes with it."""
TOLERANCES = {64: 1e-12, 32: 1e-5}
_FILE = re.compile(r"\w[\w .+-]*")


def to_onnx(
    what: Any,
    inputs: Any = None,
    parameters: Iterable[Value] | None = None,
    *,
    name: str = "model",
    bits: int = 32,
    tolerance: float | None = None,
) -> ExportedFiles:
    """NAME.onnx, a graph of opset 20 from x (n × inputs) to y (n × outputs, or n numbers of one output).

    Layers are Gemm and an activation; any other formula is printed from the table in operators.  It is checked by
    `onnx.checker`, and run and compared, with 32 bits by onnxruntime if that is there, else by the reference evaluator
    of `onnx`, which has all operators with 64 bits too, as runtimes have not.

    Args:
        what, inputs, parameters: As for `to_numpy`; the parameters become initializers.
        name: What the graph and the file are called; the folder is told to `save`.
        bits: 32 for float, 64 for double.
        tolerance: How far it may be from the engine, relative to numbers above 1: 1e-5, or 1e-12 for double.

    Raises ModuleNotFoundError without onnx, others as `to_numpy`.

    >>> to_onnx(model).save("models")  # doctest: +SKIP
    """
    onnx = require("onnx", "to_onnx")
    if bits not in TOLERANCES:
        raise ValueError(f"to_onnx: bits must be 32 (float) or 64 (double), not {bits!r}")
    if not _FILE.fullmatch(named(name, "to_onnx")):
        raise ValueError(f"to_onnx: name must be that of a file without its folder, such as model, not {name!r}")
    subject = subject_of(what, inputs, parameters, "to_onnx")
    model = _Writer(onnx, subject, bits).model(name)
    reference = Reference(subject, narrow=bits == 32, derivatives=False)
    outputs, by = _run(onnx, model, reference, bits)
    difference = held_to(TOLERANCES[bits] if tolerance is None else tolerance, reference.of_values(outputs), "to_onnx")
    model.doc_string = (
        f"{name}: recorded by autograd, and written by to_onnx.  The largest difference to the engine on {SAMPLES:,} "
        f"random samples is {difference:.1e}, run by {by}, relative to numbers above 1."
    )
    return ExportedFiles({f"{name}.onnx": model.SerializeToString()}, difference)


def _run(onnx: Any, model: Any, reference: Reference, bits: int) -> tuple[list[list[float]], str]:
    samples = np.array(reference.samples, dtype=np.float32 if bits == 32 else np.float64)
    try:
        runtime = require("onnxruntime", "to_onnx") if bits == 32 else None
    except ModuleNotFoundError:
        runtime = None
    if runtime is None:
        reference_evaluator = require("onnx.reference", "to_onnx").ReferenceEvaluator(model)
        with np.errstate(all="ignore"):
            (found,) = reference_evaluator.run(None, {"x": samples})
    else:
        options = runtime.SessionOptions()
        options.log_severity_level = 3
        session = runtime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        (found,) = session.run(None, {"x": samples})
    by = (
        f"the reference evaluator of onnx {onnx.__version__}"
        if runtime is None
        else f"onnxruntime {runtime.__version__}"
    )
    return [line if isinstance(line, list) else [line] for line in found.tolist()], by


class _Rows(Rows):
    """No functions of rows: what ONNX has not is written out."""

    def __init__(self, bits: int) -> None:
        super().__init__(ONNX)
        self.bits = bits

    def template(self, row: Primitive) -> str | None:
        """The operator of a row; with 64 bits none for GELU, whose constants have 32 in the reference evaluator."""
        return None if self.bits == 64 and row is primitives.gelu_exact else super().template(row)

    def has_own(self, row: Primitive) -> bool:  # noqa: ARG002
        """No row is a function of its own."""
        return False


class _Code(ArrayCode):
    """The machine of ONNX: its operators, and formulas for functions that it has not."""

    def __init__(self, bits: int) -> None:
        super().__init__(ONNX, _Rows(bits))
        self.attributes = bits == 32  # which have no more

    def row(self, row: Primitive, operands: Sequence[Any]) -> Any:
        """A row; one with a setting that is a number as an operator with an attribute."""
        if (
            self.attributes
            and row in (primitives.leaky_relu, primitives.elu)
            and not isinstance(operands[1], Expression)
        ):
            operator = "LeakyRelu" if row is primitives.leaky_relu else "Elu"
            return self.node(Form(f"{operator}({{}}, alpha={operands[1]!r})", PRIMARY, (CHOICE,)), operands[0])
        if self.attributes and row is primitives.gelu_tanh:
            return self.node(Form('Gelu({}, approximate="tanh")', PRIMARY, (CHOICE,)), *operands)
        if row is primitives.silu:  # as other libraries write it, which runtimes fuse
            return operands[0] * super().row(primitives.sigmoid, operands)
        if row is primitives.logsigmoid:
            return -super().row(primitives.softplus, (-operands[0],))
        return super().row(row, operands)

    def call(self, name: str, *operands: Any) -> Any:
        """A function of libm."""
        formula = getattr(self, f"_{name}", None)
        return super().call(name, *operands) if formula is None else formula(*operands)

    def _expm1(self, x: Any) -> Any:
        t = self.call("tanh", 0.5 * x)
        return self.where(self.abs(x) < 1.0, 2.0 * t / (1.0 - t), self.call("exp", x) - 1.0)

    def _log1p(self, x: Any) -> Any:
        near = self.abs(x) < 0.5
        return self.where(
            near, 2.0 * self.call("atanh", self.where(near, x / (x + 2.0), 0.0)), self.call("log", x + 1.0)
        )

    def _exp2(self, x: Any) -> Any:
        return self.call("exp", x * math.log(2.0))

    def _log2(self, x: Any) -> Any:
        return self.call("log", x) * (1.0 / math.log(2.0))

    def _log10(self, x: Any) -> Any:
        return self.call("log", x) * (1.0 / math.log(10.0))

    def _cbrt(self, x: Any) -> Any:
        return self.copysign(self.call("pow", self.abs(x), 1.0 / 3.0), x)

    def _erfc(self, x: Any) -> Any:
        return 1.0 - self.call("erf", x)

    def _hypot(self, x: Any, y: Any) -> Any:
        x, y = abs(x), abs(y)
        large, small = self.where(x > y, x, y), self.where(x > y, y, x)
        ratio = small / self.where(self.equal(large, 0.0), 1.0, large)
        is_infinite = self.either(self.equal(x, math.inf), self.equal(y, math.inf))  # beside nan too
        return self.where(is_infinite, math.inf, large * self.sqrt(1.0 + ratio * ratio))

    def _atan2(self, y: Any, x: Any) -> Any:
        are_infinite = self.both(self.equal(abs(x), math.inf), self.equal(abs(y), math.inf))
        no_ratio = self.either(are_infinite, self.both(self.equal(x, 0.0), self.equal(y, 0.0)))
        side = self.copysign(1.0, x)
        ratio = self.where(are_infinite, self.copysign(1.0, y), y) / self.where(no_ratio, side, x)
        angle = self.call("atan", ratio)
        return self.where(side < 0.0, angle + self.copysign(math.pi, y), angle)

    def _fmod(self, x: Any, y: Any) -> Any:
        return self.node(Form("Mod({}, {}, fmod=1)", PRIMARY, (CHOICE, CHOICE)), x, y)

    def _copysign(self, x: Any, y: Any) -> Any:
        negative = self.either(y < 0.0, self.both(self.equal(y, 0.0), 1.0 / y < 0.0))
        size = abs(x)
        return self.where(negative, -size, size)

    copysign: Any = partialmethod(call, "copysign")


_OPERATORS = {
    "{} + {}": "Add", "{} - {}": "Sub", "{} * {}": "Mul", "{} / {}": "Div", "-{}": "Neg", "{} ** {}": "Pow",
    "{} < {}": "Less", "{} <= {}": "LessOrEqual", "{} > {}": "Greater", "{} >= {}": "GreaterOrEqual",
    "{} == {}": "Equal", "~{}": "Not", "{} & {}": "And", "{} | {}": "Or", "abs({})": "Abs",
    "onnx.where({}, {}, {})": "Where",
}  # fmt: skip
"""The operators of expressions."""


class _Writer:
    """The graph of one subject."""

    def __init__(self, onnx: Any, subject: Subject, bits: int) -> None:
        self.onnx, self.subject = onnx, subject
        self.kind = np.float32 if bits == 32 else np.float64
        self.element = onnx.TensorProto.FLOAT if bits == 32 else onnx.TensorProto.DOUBLE
        self.text = ArrayText(subject.plan(pieces=False), subject.numbers(), ONNX, "f", subject.single, "", _Code(bits))
        self.arrays = {**self.text.parameters, **dict(self.text.constants)}
        self.nodes: list[Any] = []
        self.initializers: dict[str, Any] = {}
        self.constants: dict[Any, str] = {}
        self.names: dict[int, str] = {}
        self.uses: dict[int, int] = {}
        self.batched: set[str] = {"x"}

    def model(self, name: str) -> Any:
        """The model, checked."""
        onnx, helper = self.onnx, self.onnx.helper
        for x, uses in self.text.code.used():
            self.uses[x.index] = uses
            self.names[x.index] = self._expression(x)
        found = self._operand(self.text.result)
        lead = self._shape_of_batch()
        if found not in self.batched:
            found = self._node(
                "Expand", found, lead if self.subject.single else self._node("Concat", lead, self._integers(1), axis=0)
            )
        self.nodes.append(helper.make_node("Identity", [found], ["y"]))
        outputs = ["n"] if self.subject.single else ["n", len(self.subject.outputs)]
        graph = helper.make_graph(
            self._needed(),
            name,
            [helper.make_tensor_value_info("x", self.element, ["n", len(self.subject.inputs)])],
            [helper.make_tensor_value_info("y", self.element, outputs)],
            [onnx.numpy_helper.from_array(x, key) for key, x in self.initializers.items() if key in self.used],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="autograd")
        model.ir_version = IR
        onnx.checker.check_model(model, full_check=True)
        return model

    def _needed(self) -> list[Any]:
        """The nodes that the result needs, with which `used` names all arrays that are."""
        self.used, kept = {"y"}, []
        for node in reversed(self.nodes):
            if self.used.intersection(node.output):
                self.used.update(node.input)
                kept.append(node)
        return kept[::-1]

    # ------------------------------------------------------------ nodes

    def _node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        name = f"t{len(self.nodes) + 1}"
        self.nodes.append(self.onnx.helper.make_node(operator, list(inputs), [name], **attributes))
        if operator != "Shape" and self.batched.intersection(inputs):
            self.batched.add(name)
        return name

    def _array(self, numbers: Any, name: str | None = None) -> str:
        array = np.array(numbers, dtype=self.kind)
        if name is None:
            name = self.constants.setdefault((array.shape, array.tobytes()), f"c{len(self.constants) + 1}")
        self.initializers[name] = array
        return name

    def _integers(self, *numbers: int) -> str:
        name = "i" + "_".join(map(str, numbers)).replace("-", "m")
        self.initializers[name] = np.array(numbers, dtype=np.int64)
        return name

    def _index(self, number: int) -> str:
        name = f"at{number}"
        self.initializers[name] = np.array(number, dtype=np.int64)
        return name

    def _shape_of_batch(self) -> str:
        return self._node("Shape", "x", start=0, end=1)

    def _operand(self, x: Any) -> str:
        return self.names[x.index] if isinstance(x, Expression) else self._array(x)

    def _expression(self, x: Expression) -> str:
        text, operands = x.form.text, x.operands
        if not operands:
            return self._loaded(text)
        product = operands[0]
        if (
            text == "{} + {}"
            and isinstance(product, Expression)
            and product.form.text == "{} @ {}.T"
            and self.uses[product.index] == 1
        ):
            return self._node("Gemm", *map(self._operand, (*product.operands, operands[1])), transB=1)
        names = list(map(self._operand, operands))
        if text in _OPERATORS:
            return self._node(_OPERATORS[text], *names)
        if text.startswith("{} @ {}"):
            right = self._node("Transpose", names[1]) if text.endswith(".T") else names[1]
            return self._node("MatMul", names[0], right)
        if text == "~onnx.isnan({})":
            return self._node("Not", self._node("IsNaN", names[0]))
        if text == "{}.sum(-1)":
            return self._node("ReduceSum", names[0], self._integers(-1), keepdims=0)
        place = re.fullmatch(r"\{\}\[(.*)\]", text)
        if place:
            return self._part(names[0], place[1].split(", "))
        operator, _, arguments = text.partition("(")
        if operator in ("stack", "join"):
            return getattr(self, f"_{operator}")(names)  # type: ignore[no-any-return]
        return self._called(operator, arguments, names)

    def _called(self, operator: str, arguments: str, names: Sequence[str]) -> str:
        """An operator by its name, with attributes behind its operands."""
        settings = dict(x.split("=") for x in arguments.removesuffix(")").split(", ") if "=" in x)
        attributes = {key: ast.literal_eval(setting) for key, setting in settings.items()}
        if operator.startswith("Reduce"):
            return self._node(operator, *names, self._integers(-1), keepdims=0)
        if operator in ("Softmax", "LogSoftmax"):
            attributes["axis"] = -1
        return self._node(operator, *names, **attributes)

    def _loaded(self, text: str) -> str:
        if text == "x":
            return "x"
        if text in self.arrays:
            return self._array(self.arrays[text], text if text in self.text.parameters else None)
        return self._array([float(x) for x in json.loads(re.sub(r'float\("(\S+?)"\)', r'"\1"', text))])

    def _part(self, name: str, places: Sequence[str]) -> str:
        """Some of an array: of its last axis, or of a matrix."""
        lead, last = places
        if lead != "...":
            name = self._node("Gather", name, self._index(int(lead)), axis=0)
        if last == "None":
            return self._node("Unsqueeze", name, self._integers(-1))
        if ":" in last:
            start, stop = map(int, last.split(":"))
            return self._node("Slice", name, self._integers(start), self._integers(stop), self._integers(-1))
        return self._node("Gather", name, self._index(int(last)), axis=-1)

    def _stack(self, names: Sequence[str]) -> str:
        shape = self._node("Shape", self._node("Max", *names))
        several = [self._node("Unsqueeze", self._node("Expand", x, shape), self._integers(-1)) for x in names]
        return self._node("Concat", *several, axis=-1)

    def _join(self, names: Sequence[str]) -> str:
        ends = [self._node("Slice", x, self._integers(0), self._integers(1), self._integers(-1)) for x in names]
        shape = self._node("Shape", self._node("Max", *ends))
        return self._node("Concat", *(self._node("Expand", x, shape) for x in names), axis=-1)
