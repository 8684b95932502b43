"""The exercises: the solutions pass, typical mistakes are told apart, the answer is not given away."""

import ast
import doctest
import math
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Value, exercises
from autograd.exercises import EXERCISES, check, hint, show
from autograd.exercises.__main__ import main
from autograd.exercises.grading import Answer, Mistake, close, in_words, kind_of_mistake, outline, plain
from tests.test_structure import ROOT

SOLUTIONS = ROOT / "tests" / "exercises"
NAMES = pytest.mark.parametrize("name", list(EXERCISES))

# Of each solution what is replaced, by what, and what is then said.
WRONG = {
    "sigmoid": [
        ("return sigmoid(s) *", "return -sigmoid(s) *", r"sigmoid_slope\(-4.0\) returned -0.0176.*sign"),
        ("* (1.0 - sigmoid(s))", "", "That is σ itself"),
        ("sigmoid(s) * (", "(", "One factor is there"),
        ("(1.0 - sigmoid(s))", "sigmoid(s)", "the square of σ"),
        ("return sigmoid", "return 2 * sigmoid", "2 times what it should be: a factor"),
        ("return sigmoid", "sigmoid", "returned None. Is there a `return`"),
        ("return sigmoid(s) *", "return s / 0 *", r"raised ZeroDivisionError.*sigmoid.py, line \d+, in sigmoid_slope"),
        ("def sigmoid_slope(s)", "def sigmoid_slope()", r"raised TypeError: .*takes 0 positional arguments but 1"),
        ("def sigmoid_slope(s)", "def slope(s)", "has no sigmoid_slope"),
        ("(1.0 - sigmoid(s))", "(1.0 - sigmoid(s)", r"cannot be run: .*line 10\n.*SyntaxError"),
        ("return sigmoid(s)", "return 'sigmoid(s)'; 1", "That is one str, where one number should be"),
        ("return sigmoid(s) * (1.0 - sigmoid(s))", "return (sigmoid(s + 1e-6) - sigmoid(s)) / 1e-6", "nearly right"),
        ("return sigmoid(s) * (1.0 - sigmoid(s))", "return 0.25", "At 1 of the 6 inputs tried it is right"),
    ],
    "central_difference": [
        ("x - h)) / (2.0 * h)", "x)) / h", "right side only"),
        ("f(x + h) - f(x - h)) / (2.0", "f(x) - f(x - h)) / (1.0", "left side only"),
        ("(2.0 * h)", "2.0 * h", "in brackets"),
        ("(2.0 * h)", "h", "2 times.*factor"),
    ],
    "columns": [
        ("[list(row) for row in zip(*columns)]", "columns", "transposed"),
        ("(direction,))[1]", "(direction,))[0]", "is not right"),
    ],
    "rows": [
        ("return rows", "return [list(column) for column in zip(*rows)]", "transposed"),
        ("pullback(weights)[0]", "pullback(weights)", "3 lists of 1 list of 2 numbers, where 3 lists of 2"),
    ],
    "dual": [
        (
            "self.tangent * other.value + self.value * other.tangent",
            "self.tangent * other.tangent",
            "product of the tan",
        ),
        ("self.tangent * other.value +", "0 +", "Only one of the factors"),
        ("math.exp(self.value) * self.tangent", "math.exp(self.value)", r"Dual\(0.0, 1.0\).exp|changes is missing"),
        ("math.exp(self.value) * self.tangent", "self.tangent", "handed on as it is"),
        ("return Dual(self.value + other.value", "return (self.value + other.value", "should be a new Dual"),
    ],
    "topological_sort": [
        ("return order", "return order[::-1]", "turned round"),
        ("seen.add(node)", "pass", "more than once"),
        ("if node in seen:", "if False:", "more than once"),
        (
            "if node in seen:\n            return\n        seen.add(node)\n        for operand in operands[node]:\n"
            "            walk(operand)\n        order.append(node)",
            "for operand in operands[node]:\n            walk(operand)\n        if node not in order:\n"
            "            order.append(node)",
            r"topological_sort\('x30', a graph of 91 nodes\): it has looked 24844 times",
        ),
        ("    walk(root)\n", "", r"topological_sort\('a', .*is missing"),
        ("walk(root)", "[walk(node) for node in operands]", "unused is not below the root"),
    ],
    "backward": [
        ("+=", "=", "used 2 times"),
        ("found[y] = 1.0", "found[y] = 0.0", "∂y/∂y is 0.0"),
        ("reversed(topological_order(y))", "topological_order(y)", "not right"),
        ("* partial", "", "adjoint of the user, times its partial"),
        ("return found", "return list(found.values())", "no dict from node to number"),
    ],
    "checkpointing": [
        ("checkpoint(segment)(x)", "segment(x)", "101 numbers are stored for 100 steps"),
        ("length = round(n**0.5)", "length = 5", "as many steps as asked for"),
        (
            "    for _ in range(length):\n        x = checkpoint",
            "    x = type(x)(x.data)\n    for _ in range(length):\n        x = checkpoint",
            "number is right, but not its derivative",
        ),
        ("(x)\n    return x", "(x)\n    return x.data", "returned float, not a Value"),
        (
            "return x\n\n",
            "return x * len(seen.append(1) or seen)\n\n    seen = []\n\n",
            "steps as asked for|RuntimeError",
        ),
        (
            "x = checkpoint(segment)(x)\n",
            "x = x\n    length = n\n    x = checkpoint(segment)(x)\n",
            "segments are too long",
        ),
    ],
    "fit_line": [
        ("return slope, mean_y - slope * mean_x", "return mean_y - slope * mean_x, slope", "in the other order"),
        ("sum(xs) / len(xs), sum(ys) / len(ys)", "0.0, 0.0", "through the origin"),
        ("- slope * mean_x", "", "Of its 2 numbers number 1 is right, number 2 is not"),
    ],
    "ridge": [
        ("strength * (i == j)", "0.0", "raised ZeroDivisionError|is not right"),
        ("strength * (i == j)", "strength", "on the diagonal only"),
        ("strength * (i == j)", "len(X) * strength * (i == j)", "multiplied by n"),
        ("strength * (i == j)", "2 * strength * (i == j)", "doubled"),
    ],
    "softmax": [
        ("- p * q", "", "part of the numerator"),
        ("p * (k == j) - p * q", "-p * q", "part of the denominator is there"),
        ("- p * q", "- p * p * (k == j)", "should not be 0"),
        ("- p * q", "- p * q * (k != j)", "diagonal is not complete"),
        ("- p * q", "+ p * q", "is not right"),
    ],
    "cross_entropy": [
        ("p - (k == target)", "(k == target) - p", "sign"),
        ("p - (k == target)", "p", "the target is missing"),
        ("p - (k == target)", "-(k == target) / p", "by the probabilities"),
    ],
    "logsumexp": [
        ("c = max(p)", "c = 0.0", "overflowed"),
        ("return c +", "return 0.0 +", "not given back"),
        ("exp(x - c)", "exp(float(x) - float(c))", "the number was taken out|was to be converted"),
        ("from autograd import exp, log", "from math import exp, log", "was taken out|was to be converted"),
    ],
    "one_hot": [
        ("j == k", "j + 1 == k", "counted from 1"),
        ("j == k", "j != k", "exchanged"),
        (
            "[[1 if j == k else 0 for j in range(n)] for k in classes]",
            "[[int(j == k) for k in classes] for j in range(n)]",
            "transposed",
        ),
        ("    return", "    classes.sort()\n    return", "changed its arguments"),
    ],
    "logistic": [
        (" / len(X)", "", "the mean is missing"),
        ("- target", "+ target", "is not right"),
        ("sigmoid(dot(w, x) + b) - target", "target - sigmoid(dot(w, x) + b)", "sign"),
        ("sigmoid(dot(w, x) + b)", "dot(w, x) + b", "where is σ"),
        ("return by_w, sum", "return by_w + [0.0], sum", "should be"),
    ],
    "sigmoid_layer": [
        (" * (k == j)", "", "all places"),
        (" * (1.0 - sigmoid(s))", "", "σ itself"),
        (
            "[[sigmoid(s) * (1.0 - sigmoid(s)) * (k == j) for j in range(len(z))] for k, s in enumerate(z)]",
            "[sigmoid(s) * (1.0 - sigmoid(s)) for s in z]",
            "2 numbers, where 2 lists of 2 numbers",
        ),
    ],
    "outer_product": [
        ("[[a * b for b in dz] for a in h]", "[[a * b for a in h] for b in dz]", "transposed"),
        ("a * b", "a + b", "is not right"),
    ],
    "deltas": [
        ("* y[k] * (1.0 - y[k])", "", "slope of the last activation"),
        ("* z[k] * (1.0 - z[k])", "", "slope of the hidden activation"),
        ("y[k] - t[k]", "t[k] - y[k]", "sign"),
        ("return delta2, [", "return 1.0, [", "should be"),
    ],
    "batch_gradient": [
        (" / count", "", "the mean is missing"),
        ("for i in range(count)", "for i in range(1)", "is not right"),
    ],
    "collapse": [
        ("sum(w * bias for w, bias in zip(weights, b1)) + b", "b", "Of its 6 numbers"),
        ("for w, bias in zip(weights, b1)", "for w, bias in zip([1.0] * 9, b1)", "is not right"),
    ],
    "momentum": [
        ("+ memory * g", "", "λ changes nothing"),
        ("-rate", "rate", "uphill"),
        ("range(steps)", "range(steps + 1)", "one step too many"),
        (
            "g = -rate * slope(x) + memory * g\n        x = x + g",
            "x = x + g\n        g = -rate * slope(x) + memory * g",
            "one step behind",
        ),
        ("x = x + g", "x = x + memory * g - rate * slope(x)", "is not right"),
    ],
    "newton": [
        ("x - grad", "x + grad", "other way"),
        ("return x -", "return -", "not where it leads"),
        ("grad(f)(x) / grad(grad(f))(x)", "f(x) / grad(f)(x)", "where f is 0"),
        ("/ grad(grad(f))(x)", "", "curvature is missing"),
    ],
    "calibration": [
        ("len(inside) / len(right) *", "1 / len(bins) *", "count alike"),
        ("len(inside) / len(right)", "len(inside)", "number of samples"),
        ("abs(accuracy - mean_confidence)", "(accuracy - mean_confidence)", "cancel"),
        ("int(confidence * n_bins)", "0", "one bin"),
    ],
    "cheapest": [
        ("min(range", "max(range", "greatest cost"),
        ("expected[i]", "-probabilities[i]", "IndexError|most likely"),
        ("return min(range(len(costs)), key=lambda i: expected[i])", "return min(expected)", "is not right"),
    ],
    "primitive": [
        ("@primitive(partials=(lambda y, x: -2.0 * x * y,))", "@(lambda f: f)", "a function like any other"),
        ("-2.0 * x * y", "0.0", "0 for every x"),
        ("-2.0 * x * y", "2.0 * x * y", "sign"),
        ("lambda y, x: -2.0 * x * y", "1.0", "is not right"),
        ("-2.0 * x * y", "-2.0 * x", "outer function is missing"),
        ("-2.0 * x * y", "-2.0 * float(x) * y", "partial is right, but not its own derivative"),
        ("math.exp(-x * x)", "math.exp(x * x)", "it grows"),
    ],
}
MISTAKES = [(name, *mistake) for name, mistakes in WRONG.items() for mistake in mistakes]


def source(name):
    return (SOLUTIONS / f"{name}.py").read_text(encoding="utf-8")


@NAMES
def test_the_solution_is_right(name):
    verdict = check(name, SOLUTIONS / f"{name}.py")
    assert verdict, verdict
    assert str(verdict) == f"{name}: right."


@NAMES
def test_what_has_not_been_filled_in_is_not_right(name, tmp_path):
    (tmp_path / "stub.py").write_text(EXERCISES[name].stub, encoding="utf-8")
    verdict = check(name, tmp_path / "stub.py")
    assert not verdict
    assert "None" in str(verdict)


@NAMES
def test_the_solution_is_the_stub_filled_in_and_the_examples_of_the_stub_hold(name):
    asked = EXERCISES[name].asked
    names = runpy.run_path(str(SOLUTIONS / f"{name}.py"))
    stub = {node.name: node for node in ast.parse(EXERCISES[name].stub).body if hasattr(node, "name")}[asked]
    solution = {node.name: node for node in ast.parse(source(name)).body if hasattr(node, "name")}[asked]
    assert ast.get_docstring(stub) == ast.get_docstring(solution)
    assert ast.unparse(getattr(stub, "args", ast.arguments([], [], None, [], [], None, []))) == ast.unparse(
        getattr(solution, "args", ast.arguments([], [], None, [], [], None, []))
    )
    test = doctest.DocTestParser().get_doctest(ast.get_docstring(stub), names, name, None, 0)
    runner = doctest.DocTestRunner()
    runner.run(test)
    assert runner.failures == 0


@pytest.mark.parametrize(("name", "old", "new", "said"), MISTAKES)
def test_a_typical_mistake_is_told_apart(name, old, new, said, tmp_path):
    file = tmp_path / f"{name}.py"
    file.write_text(source(name).replace(old, new), encoding="utf-8")
    assert file.read_text(encoding="utf-8") != source(name)
    verdict = check(name, file)
    assert not verdict
    assert re.search(said, str(verdict), flags=re.DOTALL), verdict
    assert str(verdict).startswith(f"{name}: not yet.\n")
    assert str(verdict).count("Traceback") == 0


ODD = [
    None,
    "a",
    [],
    {},
    object(),
    math.nan,
    Value(1.0),
    1 + 2j,
    10**400,
    (x for x in "ab"),
    [[1.0], 2.0],
    [["a"]],
    print,
]


@NAMES
def test_whatever_is_handed_in_there_is_a_verdict(name):
    for odd in ODD:
        for answer in (
            lambda *arguments, odd=odd: odd,
            odd,
            lambda odd=odd: odd,
            type("Odd", (), {"__init__": lambda *arguments: None}),
        ):
            if not isinstance(answer, str):
                assert not check(name, answer)


@NAMES
def test_every_exercise_has_several_typical_mistakes(name):
    assert len(WRONG[name]) >= 2


@NAMES
def test_texts_say_where_in_the_notes_and_how_to_go_on(name):
    exercise = EXERCISES[name]
    assert re.match(r"00[0-4] (Neural networks|Alice in Wonderland ML Notes|Lecture 3)", exercise.notes)
    assert exercise.text.count("\n") < 12
    assert exercise.hints
    for text in (show(name), *(hint(name, i + 1) for i in range(len(exercise.hints)))):
        assert all(len(line) <= 124 for line in text.splitlines())
        assert "seeds" not in text


@given(st.floats(-1e6, 1e6))
def test_the_right_number_is_never_told(number):
    verdict = check("sigmoid", lambda s: number)
    assert not verdict
    right = autograd.grad(autograd.sigmoid)(-4.0)
    assert re.search(r"returned (.*), which", str(verdict)).group(1) == repr(number)
    assert f"{right:.4f}" not in str(verdict)


def test_other_ways_to_the_right_answer_are_right_too():
    def by_rounds(root, operands):
        below, order = {root}, []
        while len(more := below.union(*(operands[node] for node in below))) > len(below):
            below = more
        while len(order) < len(below):
            order += [node for node in below if node not in order and set(operands[node]) <= set(order)]
        return order

    assert check("topological_sort", by_rounds)
    assert check("checkpointing", lambda step, x, n: autograd.checkpoint_sequential([step] * n, x, 10))
    assert check("columns", lambda f, x: autograd.jacfwd(f)(x))
    assert check("newton", lambda f, x: x - autograd.derivative(f)(x) / autograd.derivative(f, 2)(x))


def test_numpy_arrays_and_numbers_are_answers_too():
    assert check("one_hot", lambda classes, n: np.eye(n)[classes])
    assert check("outer_product", lambda h, dz: np.outer(h, dz))
    assert check("sigmoid", lambda s: np.float64(autograd.sigmoid(s)) * (1 - autograd.sigmoid(s)))


# ---------------------------------------------------------------- kinds of mistakes

NUMBERS = st.lists(st.integers(1, 100).map(float), min_size=2, max_size=5, unique=True)  # that one term cannot scale


@given(NUMBERS, st.floats(1.5, 9.0))
def test_sign_factor_and_term_are_told_apart(numbers, c):
    assert kind_of_mistake([[-x for x in numbers]], [numbers], 0) == ["The sign is wrong."]
    assert "a factor" in kind_of_mistake([[c * x for x in numbers]], [numbers], 0)[0]
    assert "a term" in kind_of_mistake([[x + c for x in numbers]], [numbers], 0)[0]
    assert "overflowed" in kind_of_mistake([[math.inf, *numbers[1:]]], [numbers], 0)[0]
    assert "nearly" in kind_of_mistake([[x * (1.0 + 1e-5 * i**0.5) for i, x in enumerate(numbers, 1)]], [numbers], 0)[0]
    assert "number 1 is right" in kind_of_mistake([[numbers[0], *[x**2 + 1 for x in numbers[1:]]]], [numbers], 0)[0]


@given(st.lists(NUMBERS, min_size=2, max_size=4))
def test_a_transposed_matrix_is_told(rows):
    width = min(map(len, rows))
    matrix = [row[:width] for row in rows]
    answer = Answer("f", lambda: [list(column) for column in zip(*matrix, strict=True)])
    if close(answer(), matrix):
        return
    with pytest.raises(Mistake, match="transposed"):
        answer.agrees(lambda: matrix, [()])


def test_numbers_in_any_container_are_plain():
    assert plain(([1, Value(2.0)], np.array([True]), {"a": np.int64(3)})) == [[1.0, 2.0], [1.0], {"a": 3.0}]
    assert in_words(outline(plain([[1, 2], [3]]))) == "(2 numbers, 1 number)"
    assert in_words(outline([])) == "an empty list"
    assert plain(10**400) == math.inf


# ---------------------------------------------------------------- the ways to use them


def test_a_newcomer_goes_from_the_list_to_the_first_right_answer(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([]) == 0
    assert "0 of 25 are right" in (said := capsys.readouterr().out)
    assert said.endswith("Go on with: python -m autograd.exercises sigmoid\n")
    assert main(["sigmoid"]) == 0
    assert "Fill in exercises/sigmoid.py" in capsys.readouterr().out
    file = Path("exercises/sigmoid.py")
    assert file.read_text(encoding="utf-8") == EXERCISES["sigmoid"].stub
    assert main(["check", "sigmoid"]) == 1
    assert "A hint: python -m autograd.exercises hint sigmoid" in capsys.readouterr().out
    assert main(["hint", "sigmoid"]) == main(["hint", "sigmoid", "3"]) == 0
    said = capsys.readouterr().out
    assert "The next: python -m autograd.exercises hint sigmoid 2" in said
    assert "hint sigmoid 4" not in said
    file.write_text(source("sigmoid"), encoding="utf-8")
    assert main(["sigmoid"]) == 0
    assert file.read_text(encoding="utf-8") == source("sigmoid"), "a file of the learner is never written over"
    assert main(["check", "sigmoid"]) == 0
    assert "The next: python -m autograd.exercises central_difference" in capsys.readouterr().out
    assert main(["central_difference"]) == main([]) == 0
    said = capsys.readouterr().out
    assert "  ✓ sigmoid" in said
    assert "  … central_difference" in said
    assert "1 of 25 are right" in said
    assert main(["check"]) == 1
    assert "1 of 25 are right" in capsys.readouterr().out
    assert main(["check", "sigmoid", "nowhere.py"]) == 1
    assert "There is no file nowhere.py" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sigmoit"], "no exercise 'sigmoit'; there is sigmoid"),
        (["check", "xyz"], "there is no exercise 'xyz'; there is sigmoid, central_difference"),
        (["hint", "sigmoid", "4"], "sigmoid has 3 hints, numbered from 1; there is none of number 4"),
        (["hint", "sigmoid", "two"], "a hint has a number, not 'two'"),
        (["sigmoid", "check"], "'sigmoid check' is nothing that can be asked"),
    ],
)
def test_what_cannot_be_asked_is_refused(words, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_it_is_a_program_and_the_solutions_pass_on_the_plain_core():
    command = [sys.executable, "-W", "error", "-m", "autograd.exercises", "check", "--folder", str(SOLUTIONS)]
    environment = {**os.environ, "AUTOGRAD_PURE": "1", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("25 of 25 are right\n")


def test_prompts_and_notebooks_show_texts_as_they_are():
    assert repr(show("sigmoid")).startswith("The derivative of σ\nNotes 001")
    assert repr(check("sigmoid", autograd.sigmoid)).startswith("sigmoid: not yet.")
    assert exercises.__all__ == sorted(exercises.__all__)


def test_each_exercise_has_one_solution():
    assert sorted(file.stem for file in SOLUTIONS.glob("*.py")) == sorted(EXERCISES)
