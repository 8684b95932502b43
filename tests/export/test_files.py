"""C for one sample, JavaScript and ONNX: every row, networks on their whole test set, memory; against the engine."""

import functools
import itertools
import math
import re
import shutil
import subprocess
from random import Random

import numpy as np
import pytest

import autograd
import nn
from autograd import TABLE, Value, VerificationError, to_c, to_javascript_function, to_onnx
from autograd.export import c, javascript, onnx, verification
from autograd.export.braces import narrow_literal
from tests.export.needed import needed
from tests.export.networks import digits
from tests.export.programs import LOG, hold_for_a_hundred
from tests.export.test_arrays import of_row
from tests.test_c_source import moderate_points
from tests.test_native_random import Program, Step, data_of, record

pytestmark = pytest.mark.filterwarnings("ignore::autograd.DomainWarning")

COMPILER = next((found for name in ("gcc", "cc") if (found := shutil.which(name))), None)
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1", "-fsanitize=address,undefined"]
STRICT += ["-fno-sanitize-recover=undefined"]
needs_c = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler here")
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


def needs_onnx():
    needed("onnx")
    needed("onnxruntime")


def few_samples(monkeypatch, count):
    for module in (verification, c, javascript, onnx):
        monkeypatch.setattr(module, "SAMPLES", count)


def program(folder, files, *more):
    """The files compiled strictly to a program that sanitizers watch."""
    files.save(folder)
    sources = [str(folder / name) for name in files.files if name.endswith(".c")]
    command = [COMPILER, *STRICT, *more, *sources, "-o", str(folder / "program"), "-lm"]
    subprocess.run(command, check=True, capture_output=True)
    return str(folder / "program")


@needs_c
@pytest.mark.exhaustive
@pytest.mark.parametrize("bits", [64, 32])
def test_every_row_compiles_strictly_and_checks_itself(bits, tmp_path, monkeypatch):
    few_samples(monkeypatch, 50)
    rows = [of_row(row, moderate_points(row)[0]) for row in TABLE.values() if not row.jumps]
    for number, (y, leaves) in enumerate(rows):
        tolerance = math.inf if bits == 32 else 1e-10  # beside poles, 1e-5 of float would be asked too much
        files = to_c(y, leaves, name=f"row{number}", bits=bits, tolerance=tolerance)
        assert files.difference is not None
        files.save(tmp_path)
    sources = [str(path) for path in tmp_path.glob("*.c")]
    subprocess.run([COMPILER, *STRICT[:5], "-fsyntax-only", *sources], check=True, capture_output=True)


@needs_c
@pytest.mark.exhaustive
@pytest.mark.parametrize("row", TABLE.values(), ids=lambda row: row.name)
def test_every_row_in_floats_is_within_their_rounding_beside_its_points(row, tmp_path):
    found = []
    for point in moderate_points(row)[:1]:
        y, leaves = of_row(row, point)
        file = c._File(subject_of(y, leaves), "row", True)
        reference = verification.Reference(file.subject, narrow=True)
        near = [[x + 0.01 * (s - x) for x, s in zip(point, sample, strict=True)] for sample in reference.samples]
        reference.samples = [[verification.narrowed(x) for x in sample] for sample in near]
        reference.outputs, reference.gradients = engine(row, reference.samples)
        found.append(c._run(file, reference)[0])
    assert max(found) <= 1e-5


def subject_of(y, leaves):
    return onnx.subject_of(y, leaves, None, "test")


def engine(row, samples):
    outputs, gradients = [], []
    for sample in samples:
        y, leaves = of_row(row, sample)
        outputs.append([y.data])
        gradients.append(autograd.gradient(y, leaves))
    return outputs, gradients


@needs_c
@pytest.mark.parametrize("bits", [64, 32])
def test_digits_in_c_are_the_same_classes_on_the_whole_test_set_in_little_memory(bits, tmp_path, monkeypatch):
    few_samples(monkeypatch, 20)  # test_networks.py has the thousand
    model, test = digits()
    files = to_c(model, name="digits", bits=bits)
    workspace = int(re.search(r"DIGITS_WORKSPACE (\d+)", files.files["digits.h"])[1])
    assert workspace * bits // 8 <= 12_000
    assert "malloc" not in str(files)
    checked = subprocess.run([program(tmp_path, files, "-DDIGITS_TEST")], capture_output=True, text=True, check=True)
    assert float(checked.stdout.split()[-1]) <= {64: 1e-12, 32: 1e-5}[bits]
    real = "double" if bits == 64 else "float"
    (tmp_path / "main.c").write_text(
        f"""#include <stdio.h>
#include "digits.h"
int main(void)
{{
    static {real} x[64], y[10], workspace[DIGITS_WORKSPACE];
    for (;;) {{
        int best = 0;
        for (int i = 0; i < 64; i++) {{
            double number;
            if (scanf("%lf", &number) != 1) {{
                return 0;
            }}
            x[i] = ({real})number;
        }}
        digits(x, y, workspace);
        for (int k = 1; k < 10; k++) {{
            best = y[k] > y[best] ? k : best;
        }}
        printf("%d\\n", best);
    }}
}}
"""
    )
    files.files["main.c"] = (tmp_path / "main.c").read_text()
    data = " ".join(str(x) for sample in test.inputs for x in sample)
    found = subprocess.run([program(tmp_path, files)], input=data, capture_output=True, text=True, check=True)
    assert list(map(int, found.stdout.split())) == classes(model, test)


@needs_c
@pytest.mark.parametrize("bits", [64, 32])
@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("values", lambda x: x + math.nan),
        ("k", lambda x: (x - 1e3) ** 2.5),
        ("largest", lambda x: [x * 1.0, autograd.log(x)]),
        ("apart", lambda x: x + math.inf),
        ("x", lambda x: x.sin()),
    ],
)
def test_a_program_of_c_checks_itself_whatever_it_is_called_and_whether_numbers_are_finite(
    name, function, bits, tmp_path, monkeypatch
):
    few_samples(monkeypatch, 20)
    x = Value(0.5)
    files = to_c(function(x), [x], name=name, bits=bits)
    source = next(key for key in files.files if key.endswith(".c"))
    text, defined = files.files[source], f"-D{source.removesuffix('.c').upper()}_TEST"

    def status():
        return subprocess.run([program(tmp_path, files, defined)], capture_output=True, check=False).returncode

    assert status() == 0
    for wrong in ("0.125", "NAN"):  # what is wrong is found
        files.files[source], many = re.subn(r"( values\w*\[\d+\]\[\d+\] = \{\n\s*\{)[^,}]+", rf"\g<1>{wrong}", text)
        assert many == 1
        assert status() == (0 if wrong == "NAN" and name in ("values", "k") else 1)


def classes(model, test):
    with autograd.no_grad():
        scores = [[y.data for y in ys] for ys in model(test.inputs)]
    return [each.index(max(each)) for each in scores]


@needs_node
def test_digits_in_javascript_are_the_same_classes_on_the_whole_test_set(tmp_path, monkeypatch):
    few_samples(monkeypatch, 20)
    model, test = digits()
    files = to_javascript_function(model, name="digits")
    files.save(tmp_path)
    (tmp_path / "main.js").write_text(
        files.files["digits.js"]
        + f"const data = {[list(sample) for sample in test.inputs]};\n"
        + "console.log(data.map((x) => { const y = digits(x); return y.indexOf(Math.max(...y)); }).join(' '));\n"
    )
    found = subprocess.run(["node", str(tmp_path / "main.js")], capture_output=True, text=True, check=True)
    assert list(map(int, found.stdout.split())) == classes(model, test)


@needs_node
@pytest.mark.parametrize("name", ["read", "write", "samples", "found", "x", "f", "w", "numbers"])
def test_a_function_of_javascript_is_called_what_one_likes(name, monkeypatch):
    few_samples(monkeypatch, 20)
    x = Value(0.5)
    assert to_javascript_function(x.sin(), [x], name=name).difference <= 1e-12


@pytest.mark.parametrize("name", ["Math", "Float64Array", "NaN", "require", "let", "a b"])
def test_a_name_that_javascript_has_is_refused(name):
    x = Value(0.5)
    with pytest.raises(ValueError, match="name must be an identifier of JavaScript that is free, such as f, not"):
        to_javascript_function(x.sin(), [x], name=name)


@needs_node
@pytest.mark.exhaustive
@pytest.mark.parametrize("row", [row for row in TABLE.values() if not row.jumps], ids=lambda row: row.name)
def test_every_row_in_javascript_is_within_rounding(row):
    y, leaves = of_row(row, moderate_points(row)[0])
    loose = row.domain or row.name in ("erfc", "erf")
    assert to_javascript_function(y, leaves, tolerance=1e-9 if loose else 1e-12).difference is not None


@pytest.mark.parametrize("row", TABLE.values(), ids=lambda row: row.name)
def test_every_row_in_onnx_is_within_rounding(row):
    needs_onnx()
    point = moderate_points(row)[0]
    y, leaves = of_row(row, point)
    import onnxruntime

    files = to_onnx(y, leaves, tolerance=math.inf)
    session = onnxruntime.InferenceSession(files.files["model.onnx"], providers=["CPUExecutionProvider"])
    draw = np.random.default_rng(0)
    samples = (np.array(point) + 0.01 * draw.normal(size=(1000, len(point)))).astype(np.float32)
    expected = np.array([row.evaluate([float(x) for x in sample]) for sample in samples])
    (found,) = session.run(None, {"x": samples})
    if row.jumps:
        assert np.mean(np.abs(found - expected) < 1e-5) > 0.9
    else:
        assert np.nanmax(np.abs(found - expected) / np.maximum(1.0, np.abs(expected))) <= 1e-5


SPECIAL = [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, -2.5, 1e300]
RUNTIMES = ("silu", "logsumexp", "log_softmax")
"""Rows whose operators have special values of their own: x·Sigmoid(x) at -∞, Reduce and LogSoftmax at ±∞."""


@np.errstate(all="ignore")
@pytest.mark.parametrize("row", [row for row in TABLE.values() if row.name not in RUNTIMES], ids=lambda row: row.name)
def test_every_row_in_onnx_has_the_special_values_of_the_engine(row):
    needs_onnx()
    import onnx as package

    count = len(moderate_points(row)[0])
    points = list(itertools.product(SPECIAL if count < 3 else SPECIAL[:5], repeat=count))[:400]
    y, leaves = of_row(row, moderate_points(row)[0])
    written = onnx._Writer(package, subject_of(y, leaves), 64).model("m")
    (found,) = needed("onnx.reference").ReferenceEvaluator(written).run(None, {"x": np.array(points)})
    np.testing.assert_allclose(found, [row.evaluate(point) for point in points], rtol=1e-6, atol=1e-6)


def hold_exported(export, within, monkeypatch):
    """Hold what a hundred random programs are exported to: its difference is within what a function of it says."""
    few_samples(monkeypatch, 10)

    def holds(_, loss, inputs, parameters):
        files = export(loss, inputs, parameters, tolerance=math.inf)
        assert files.difference <= within(files)

    hold_for_a_hundred(holds)


@needs_c
@pytest.mark.exhaustive
def test_random_programs_in_c_are_what_the_engine_gives(monkeypatch):
    hold_exported(to_c, lambda _: 1e-12, monkeypatch)


@needs_c
@pytest.mark.exhaustive
def test_random_programs_in_c_of_32_bits_are_what_the_engine_gives_or_what_their_condition_allows(monkeypatch):
    beyond = []

    def within(files):
        if files.difference > 1e-5:
            beyond.append((files.difference, files.condition))
        return max(1e-5, 2.0 * files.condition * 2.0**-24)

    hold_exported(functools.partial(to_c, bits=32), within, monkeypatch)
    LOG.info("%d beyond 1e-5, with their conditions: %s", len(beyond), beyond)


@needs_c
def test_what_floats_differ_by_beyond_1e_5_is_what_the_condition_allows(monkeypatch):
    """Such programs are rare: this one has a digamma of a sum, beside its pole."""
    few_samples(monkeypatch, 200)
    steps = (
        Step("abs", (3,), True),
        Step("affine", (2, 0, 3, -4, -5, -1, 2, -4, 3), True),
        Step("digamma", (5,), True),
        Step("where", (4, -5, -4), True),
        Step("where", (4, 5, -2), True),
    )
    program = Program(1, 3, steps, "chain", 1, False, 280)
    data, numbers = data_of(program)
    inputs, parameters = [Value(x) for x in data[0]], [Value(x) for x in numbers]
    files = to_c(record(program, inputs, parameters)[1], inputs, parameters, bits=32, tolerance=math.inf)
    assert 1e-5 < files.difference <= files.condition * 2.0**-24


@needs_node
@pytest.mark.exhaustive
def test_random_programs_in_javascript_are_what_the_engine_gives(monkeypatch):
    hold_exported(to_javascript_function, lambda _: 1e-12, monkeypatch)


@pytest.mark.exhaustive
def test_random_programs_in_onnx_are_what_the_engine_gives(monkeypatch):
    needs_onnx()
    export = functools.partial(to_onnx, bits=64)
    hold_exported(export, lambda _: 1e-7, monkeypatch)  # its evaluator has erf in 32 bits


@needs_c
@pytest.mark.parametrize("scale", [1.0, 30.0, 1e3])
def test_a_difference_of_floats_is_what_the_condition_tells(scale):
    """s + (s·x - s·x·(1 + h)) loses what it cancels: κ grows with s, and the difference with it, values and slopes."""
    x = Value(0.5, label="x")
    a = scale * x.sin()
    files = to_c((a * a - (a * 1.0009765625) * a) + x, [x], bits=32, tolerance=math.inf)
    assert files.difference <= 2.0 * files.condition * 2.0**-24
    assert files.condition * 2.0**-24 <= 100.0 * files.difference
    assert f"the condition\n * of that number y is {files.condition:.3g}" in files.files["model.h"]


def test_onnx_of_networks_is_gemm_and_is_read_again_to_the_last_bit(tmp_path):
    needs_onnx()
    import onnx as package

    model = nn.MLP(4, [8, 8, 3], activation="tanh", output_activation="softmax", rng=Random(0))
    files = to_onnx(model, bits=64)
    files.save(tmp_path)
    operators = [node.op_type for node in package.load(tmp_path / "model.onnx").graph.node]
    assert operators.count("Gemm") == 3
    again = nn.from_onnx(tmp_path / "model.onnx")
    assert [p.data for p in again.parameters()] == [p.data for p in model.parameters()]
    sample = [1.0, 2.0, -0.5, 0.25]
    assert [y.data for y in again(sample)] == [y.data for y in model(sample)]


@pytest.mark.parametrize("number", [0.1, -1e300, 1e300, 3.4e38, 1e-46, math.nan, math.inf, 16777217.0])
def test_floats_are_written_to_the_last_bit(number):
    text = narrow_literal(number)
    found = float(text.removesuffix("f").replace("INFINITY", "inf").replace("NAN", "nan"))
    with np.errstate(over="ignore"):
        np.testing.assert_equal(np.float32(found), np.float32(number))


def test_what_nobody_ran_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("CC", "no-such-compiler")
    monkeypatch.setenv("PATH", str(tmp_path))
    x = Value(0.5)
    files = to_c(x.sin(), [x])
    assert files.difference is None
    assert "Nobody ran it yet: there was no C compiler." in files.files["model.h"]
    script = to_javascript_function(x.sin(), [x])
    assert script.difference is None
    assert "nobody ran it yet" in script.files["model.js"]


@needs_c
def test_a_difference_beyond_the_tolerance_is_refused():
    x = Value(0.5)
    with pytest.raises(
        VerificationError, match=r"to_c: on 1,000 random samples it differs .* .rounding alone may make it"
    ):
        to_c((x * 1e6).sin(), [x], bits=32)


def test_numbers_of_16_bits_are_none():
    x = Value(0.5)
    with pytest.raises(ValueError, match=r"bits must be 64 \(double\) or 32 \(float\), not 16"):
        to_c(x.sin(), [x], bits=16)
    with pytest.raises(ValueError, match="name must be an identifier of JavaScript"):
        to_javascript_function(x.sin(), [x], name="a b")


@pytest.mark.parametrize(
    ("export", "name"),
    [(to_c, name) for name in ("../m", "/m", "a/b", "..", "", "m 2")]
    + [(to_onnx, name) for name in ("m", "m 2", "m-1.0", "μ")]
    + [(to_javascript_function, "$m")],
)
def test_files_are_written_into_the_folder_whatever_they_are_called(export, name, tmp_path, monkeypatch):
    if export is to_onnx:
        needs_onnx()
    few_samples(monkeypatch, 2)
    x = Value(0.5)
    files = export(x.sin(), [x], name=name)
    folder = tmp_path / "a new" / "folder"
    files.save(folder)
    written = [path.relative_to(folder).as_posix() for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(written) == sorted(files.files)


@pytest.mark.parametrize("name", ["../m", "/m", "a/b", "a\\b", "..", ".m", "", "a\0b", "a\nb", "C:m", "m\n"])
def test_a_name_that_leads_out_of_the_folder_is_refused(name):
    needs_onnx()
    x = Value(0.5)
    with pytest.raises(ValueError, match="name must be that of a file without its folder"):
        to_onnx(x.sin(), [x], name=name)
    with pytest.raises(ValueError, match="name must be an identifier of JavaScript"):
        to_javascript_function(x.sin(), [x], name=name)


@pytest.mark.parametrize("export", [to_onnx, to_c, to_javascript_function, autograd.to_numpy])
@pytest.mark.parametrize("name", [None, 3, b"model"])
def test_a_name_that_is_no_text_is_told(export, name):
    if export is to_onnx:
        needs_onnx()
    x = Value(0.5)
    with pytest.raises(TypeError, match=rf"{export.__name__}: name must be text, not {name!r}"):
        export(x.sin(), [x], name=name)


@pytest.mark.parametrize("export", [pytest.param(to_c, marks=needs_c), to_javascript_function])
def test_partial_derivatives_that_choose_by_where_choose_for_each_sample(export):
    partials = (lambda y, x: autograd.where(x > 0.5, 3.0 * x * x, 2.0 * x),)
    lowering = lambda m, x: m.where(x > 0.5, x * x * x, x * x)  # as its value
    row = autograd.primitive(partials=partials, lowering=lowering)(lambda x: x**3 if x > 0.5 else x * x)
    x, y = Value(0.4), Value(0.5)
    files = export(row(x) * row(x * y), [x, y])
    assert files.difference is None or files.difference <= 1e-12


def test_c_without_inputs_is_refused():
    w = Value(0.5)
    with pytest.raises(ValueError, match="to_c: inputs is empty, and C has no arrays of no numbers"):
        to_c(w.sin(), [], [w])
