"""Straight-line programs: printed, executed, interpreted, shortened, and always the numbers of the graph."""

import math
import time
import unicodedata

import pytest
from hypothesis import example, given, settings

import autograd
from autograd import Value, no_grad, primitive, reverse_sweep, topological_order
from autograd.formulas.instructions import Instruction, Section, Variable
from autograd.formulas.program import program
from autograd.formulas.straight_line import Program, fold_constants, remove_dead_code, share_common_subexpressions
from tests.test_random_graphs import programs, run


@primitive(partials=(lambda y, x: 3 * x * x,))
def cube(x):
    return x * x * x


def executed(text):
    """The function that a printed program defines."""
    namespace = {}
    exec(compile(text, "<printed>", "exec"), namespace)
    return namespace["f"]


def locals_of(text, *numbers):
    """All variables of a printed program when it returns."""
    head, _ = text.rsplit("return ", 1)
    return executed(head + "return locals()")(*numbers)


def baydin():
    x1, x2 = Value(2.0, label="x1"), Value(5.0, label="x2")
    return autograd.log(x1) + x1 * x2 - autograd.sin(x2)


LN2, SIN5, COS5 = math.log(2.0), math.sin(5.0), math.cos(5.0)
VALUES = {
    "x1": 2.0, "x2": 5.0, "v1": LN2, "v2": 10.0, "v3": SIN5, "v4": LN2 + 10.0, "v5": (LN2 + 10.0) - SIN5,
}  # fmt: skip


def test_printed_forward_program_reproduces_table_2_of_baydin():
    found = locals_of(str(program(baydin(), mode="forward", tangents=[1.0, 0.0])), 2.0, 5.0)
    tangents = {"ẋ1": 1.0, "ẋ2": 0.0, "v̇1": 0.5, "v̇2": 5.0, "v̇3": 0.0, "v̇4": 5.5, "v̇5": 5.5}
    assert found == VALUES | tangents


def test_printed_reverse_program_reproduces_table_3_of_baydin():
    found = locals_of(str(program(baydin())), 2.0, 5.0)
    adjoints = {"v̄5": 1.0, "v̄4": 1.0, "v̄3": -1.0, "v̄2": 1.0, "v̄1": 1.0}
    # x̄2 = v̄3·cos x2 and then + v̄2·x1;  x̄1 = v̄2·x2 and then + v̄1/x1
    contributions = {"x̄2_1": -COS5, "x̄2_2": 2.0, "x̄2": -COS5 + 2.0, "x̄1_1": 5.0, "x̄1_2": 0.5, "x̄1": 5.5}
    assert found == VALUES | adjoints | contributions
    assert [round(found[name], 3) for name in ("v1", "v3", "v4", "v5", "x̄2_1", "x̄2")] == [
        0.693, -0.959, 10.693, 11.652, -0.284, 1.716,
    ]  # fmt: skip


def test_printed_lines_are_those_of_the_table():
    lines = [line.strip() for line in str(program(baydin())).splitlines()]
    for line in ("v3 = sin(x2)", "v5 = v4 - v3", "v̄5 = 1.0", "x̄2_1 = v̄3 * cos(x2)", "x̄2 = x̄2_1 + x̄2_2"):
        assert line in lines
    assert lines[-1] == "return (v5, x̄1, x̄2)"


def test_names_of_adjoints_and_tangents_are_normalised_identifiers():
    reverse, forward = program(baydin()), program(baydin(), mode="forward")
    for line in (*reverse.instructions, *reverse.constants, *forward.instructions):
        assert not line.name or line.name.isidentifier()
        assert line.name == unicodedata.normalize("NFKC", line.name)


@settings(max_examples=200)
@given(programs())
def test_printed_program_and_interpreter_give_the_same_bits_and_the_gradient_of_the_sweep(drawn):
    numbers, steps = drawn
    leaves = [Value(x) for x in numbers]
    root = run(leaves, steps)
    made = program(root, leaves)
    value, *gradient = made(*numbers)
    assert [value, *gradient] == list(executed(str(made))(*numbers)) == list(made.function()(*numbers))
    assert value == root.data
    adjoints = {root: 1.0}
    reverse_sweep(topological_order(root), adjoints)
    for leaf, number in zip(leaves, gradient, strict=True):
        # another order of summation, and partials of partials are not rounded together
        assert number == pytest.approx(adjoints.get(leaf, 0.0), rel=1e-9, abs=1e-12)


@settings(max_examples=100)
@given(programs())
@example(([-1.0], [("relu", False, [0]), ("mul", False, [0, 1])]))
def test_tangents_and_adjoints_satisfy_the_inner_product_identity(drawn):
    numbers, steps = drawn
    leaves = [Value(x) for x in numbers]
    root = run(leaves, steps)
    direction = [1.0 / (i + 1) for i in range(len(leaves))]
    _, *gradient = program(root, leaves)(*numbers)
    _, tangent = program(root, leaves, mode="forward")(*numbers, *direction)
    assert program(root, leaves, mode="forward", tangents=direction)(*numbers)[1] == tangent
    expected = math.fsum(g * d for g, d in zip(gradient, direction, strict=True))
    size = sum(abs(g * d) for g, d in zip(gradient, direction, strict=True))
    assert tangent == pytest.approx(expected, rel=1e-9, abs=1e-11 + 1e-9 * size)


@settings(max_examples=100)
@given(programs())
def test_passes_change_no_output_and_never_lengthen(drawn):
    numbers, steps = drawn
    leaves = [Value(x) for x in numbers]
    made = program(run(leaves, steps), leaves[:1], optimize=False)
    outputs = made(*numbers[:1])
    for shorten in (fold_constants, share_common_subexpressions, remove_dead_code):
        shorter = shorten(made)
        assert shorter(*numbers[:1]) == outputs
        assert len(shorter.instructions) <= len(made.instructions)
        made = shorter


@settings(max_examples=100)
@given(programs())
def test_every_variable_is_assigned_once_before_it_is_used(drawn):
    numbers, steps = drawn
    leaves = [Value(x) for x in numbers]
    made = program(run(leaves, steps), leaves)
    defined = [x.target for x in (*made.inputs, *made.constants)]
    for line in made.instructions:
        assert isinstance(line, Instruction)
        for operand in line.operands:
            assert isinstance(operand, float) or operand.index in defined
        assert line.target not in defined
        defined.append(line.target)
    assert max(defined) < made.size
    sections = [line.section for line in made.instructions]
    assert sections == sorted(sections, key=[Section.FORWARD, Section.ADJOINT].index)


def test_program_runs_at_other_numbers_than_the_recorded_ones():
    x, w = Value(2.0, label="x"), Value(3.0, label="w")
    made = program((w * x).sin(), [x, w])
    assert made(0.5, 4.0) == (math.sin(2.0), math.cos(2.0) * 4.0, math.cos(2.0) * 0.5)


def test_constants_are_folded_and_named_ones_stay_readable():
    x, rate = Value(2.0, label="x"), Value(0.5, label="rate")
    made = program(x * (rate * 4.0 + 1.0), [x])
    assert [line.primitive.name for line in made.instructions if line.section is Section.FORWARD] == ["mul"]
    assert {c.name: c.number for c in made.constants if c.section is Section.FORWARD} == {
        "rate": 0.5, "v1": 2.0, "v2": 3.0,
    }  # fmt: skip


def test_common_subexpressions_are_shared_but_operands_are_not_reordered():
    x, y = Value(2.0, label="x"), Value(3.0, label="y")
    root = (x.sin() + y) * (x.sin() + y) + (y + x.sin())
    names = [line.primitive.name for line in program(root, mode="value").instructions]
    assert names == ["sin", "add", "add", "mul", "add"]


def test_zeros_of_different_sign_are_not_shared():
    x = Value(1.0, label="x")
    made = program(autograd.atan2(0.0, -x) + autograd.atan2(-0.0, -x), mode="value")
    assert made(1.0) == (0.0,)
    assert executed(str(made))(1.0) == (0.0,)


def test_dead_code_goes_with_the_inputs_it_serves():
    w, x = Value(2.0, label="w"), Value(3.0, label="x")
    root = w * x.exp()
    assert "x̄" not in str(program(root, [w]))
    assert program(root, [w])(2.0)[1] == math.exp(3.0)


def test_an_input_that_nothing_depends_on_has_gradient_zero():
    x, other = Value(2.0, label="x"), Value(3.0, label="other")
    assert program(x * x, [x, other])(2.0, 3.0) == (4.0, 4.0, 0.0)
    assert executed(str(program(x * x, [x, other])))(2.0, 3.0) == (4.0, 4.0, 0.0)
    assert program(x * x, [other], mode="forward")(3.0, 1.0) == (4.0, 0.0)


def test_a_leaf_is_a_program_too():
    x = Value(2.0)
    assert program(x)(7.0) == (7.0, 1.0)
    assert executed(str(program(x)))(7.0) == (7.0, 1.0)


@pytest.mark.parametrize("label", ["lambda", "sin", "f", "v1", "v̄2", "two words", "1x", "float", "ﬁ", "", "d1", "_"])
def test_any_label_gives_runnable_text(label):
    x, y = Value(2.0, label=label), Value(3.0, label=label)
    root = (x * y).sin() + x
    made = program(root)
    namespace = {}
    exec(str(made), namespace)
    (function,) = [v for k, v in namespace.items() if type(v).__name__ == "function"]
    assert function(2.0, 3.0) == made(2.0, 3.0)


def test_poles_are_spelled_so_that_the_text_has_the_row_s_infinity():
    x = Value(0.0, label="x")
    with pytest.warns(autograd.DomainWarning):
        root = 1.0 / x
    made = program(root, mode="value")
    assert "div(1.0, x)" in str(made)
    assert executed(str(made))(0.0) == made(0.0) == (math.inf,)


def test_powers_never_become_complex():
    x = Value(8.0, label="x")
    made = program(x**0.5, mode="value")
    (result,) = executed(str(made))(-8.0)
    assert result != result
    assert "x ** 2.0" in str(program(x**2, mode="value"))


@pytest.mark.parametrize("name", [name for name, row in autograd.TABLE.items() if row.arity != 0])
def test_every_row_of_the_table_prints_as_a_call_that_computes_it(name):
    row = autograd.TABLE[name]
    count = row.arity or (5 if name == "affine" else 4 if name == "dot" else 3)
    xs = [Value(0.3 + 0.1 * i) for i in range(count)]
    if name == "acosh":
        xs = [Value(1.5)]
    root = xs[0]._apply_primitive(row, tuple(xs))
    made = program(root, xs, mode="value")
    numbers = [x.data for x in xs]
    assert executed(str(made))(*numbers) == made(*numbers) == (root.data,)


def test_rows_of_one_s_own_are_imported_or_supplied():
    x = Value(2.0, label="x")
    made = program(cube(x))
    assert f"from {__name__} import cube" in str(made)
    assert made.function()(2.0) == made(2.0) == (8.0, 12.0)

    @primitive(partials=(lambda y, x: 2.0 * x,))
    def sin(x):  # local, and with the name of a row of the table
        return x * x

    made = program(sin(x) + x.sin())
    assert made.function()(2.0) == made(2.0) == (4.0 + math.sin(2.0), 4.0 + math.cos(2.0))


def test_the_function_of_a_program_differentiates_again():
    x = Value(2.0, label="x")
    y = Value(3.0)
    _, slope = program(x**3).function()(y)
    slope.backward()
    assert (slope.data, y.grad) == (27.0, 18.0)


def test_trace_names_every_quantity():
    trace = program(baydin()).trace(2.0, 5.0)
    assert trace["v5"] == VALUES["v5"]
    assert trace["x̄1"] == 5.5


def test_grad_slots_are_left_alone():
    root = baydin()
    order = topological_order(root)
    for node in order:
        node.grad = 7.0
    program(root)
    program(root, mode="forward")
    assert {node.grad for node in order} == {7.0}


def test_changed_leaves_are_refused_as_by_the_recorded_sweep():
    x = Value(2.0, label="x")
    root = x * x
    x.data = 3.0
    with pytest.raises(RuntimeError, match="changed after it was recorded"):
        program(root)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: program(3.0), TypeError, "root must be a Value, not float 3.0"),
        (lambda x: program(x, mode="adjoint"), ValueError, "mode must be 'value', 'reverse' or 'forward'"),
        (lambda x: program(x, [x, x]), ValueError, "given twice"),
        (lambda x: program(x, [2.0]), TypeError, "input 1 must be a Value"),
        (lambda x: program(x * x, [x * x]), ValueError, "input 1 is a result of mul"),
        (lambda x: program(x, mode="forward", tangents=[1.0, 2.0]), ValueError, "1 input, but 2 tangents"),
        (lambda x: program(x, tangents=[1.0]), ValueError, "tangents are for mode='forward'"),
        (lambda x: program(x)(1.0, 2.0), TypeError, r"takes 1 number \(x\), got 2"),
        (lambda x: program(x)("1"), TypeError, "input x must be one real number"),
        (lambda x: program(Value(1.0, (x,), "?")), TypeError, "only its _backward closure"),
    ],
)
def test_errors_say_what_was_given_and_what_to_do(call, error, message):
    with pytest.raises(error, match=message):
        call(Value(2.0, label="x"))


def test_inside_no_grad_a_derivative_is_refused_and_the_value_is_not():
    root = baydin()
    with no_grad():
        with pytest.raises(ValueError, match="no_grad"):
            program(root)
        assert program(root, mode="value")(2.0, 5.0) == (VALUES["v5"],)


def test_many_inputs_make_wrapped_text_that_runs():
    xs = [Value(float(i)) for i in range(300)]
    made = program(autograd.sum(xs) * 2.0, xs)
    assert (
        max(map(len, str(made).splitlines()[:20])) <= 100
    )  # the head; a line of the trace is as long as its operation
    assert executed(str(made))(*range(300)) == made(*range(300))


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_chain_of_100_000_nodes_takes_no_stack_and_little_time():
    x = Value(0.5, label="x")
    y = x
    for _ in range(100_000):
        y = y.sin()
    start = time.process_time()
    made = program(y)
    value, slope = made(0.5)
    text = str(made)
    assert time.process_time() - start < 60.0  # 9 s when written
    assert value == y.data
    y.backward()
    assert slope == pytest.approx(x.grad, rel=1e-9)
    assert text.count("\n") > 200_000


def test_references_are_typed():
    made = program(baydin())
    assert isinstance(made, Program)
    assert made.inputs[0].number == 2.0
    assert isinstance(made.outputs[0].operand, Variable)
    assert "3 outputs" in repr(made)


@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
def test_division_by_a_constant_zero_has_a_program():
    y = Value(0.2, label="y")
    assert program(y / 0.0)(0.2) == (math.inf, math.inf)
    assert program(y / -0.0, mode="forward", tangents=[1.0])(0.2) == (-math.inf, -math.inf)


GATED = {
    "relu": lambda x, w: (x * w).relu() * x,
    "maximum": lambda x, w: autograd.maximum(x * w, x) * w,
    "where": lambda x, w: autograd.where(autograd.step(x), x * x, x * w),
    "leaky": lambda x, w: autograd.leaky_relu(x, 0.1) * autograd.relu(w),
}


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize("name", GATED)
def test_a_gate_that_is_closed_here_opens_at_other_numbers(name, mode):
    f = GATED[name]
    leaves = Value(-1.0, label="x"), Value(2.0, label="w")
    printed = program(f(*leaves), leaves, mode=mode)
    derivative = autograd.derivative_expression(f(*leaves), leaves[0])
    for point in [(-1.0, 2.0), (1.5, 2.0), (1.5, 0.5), (-1.0, -2.0)]:
        slopes = autograd.grad(f, (0, 1))(*point)
        if mode == "reverse":
            assert printed(*point)[1:] == pytest.approx(slopes)
        else:
            assert printed(*point, 1.0, 0.0)[1] == pytest.approx(slopes[0])
        names = {**vars(autograd), "x": point[0], "w": point[1]}
        lines = [line.split(" = ") for line in str(derivative).splitlines()]
        for name, formula in [line for line in lines if len(line) == 2]:
            names[name] = eval(formula, names)
        assert eval(lines[-1][-1], names) == pytest.approx(slopes[0])
