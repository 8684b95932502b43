"""The command line: what it prints and draws, what it refuses, and its prompt."""

import importlib
import importlib.util
import json
import os
import subprocess
import sys
import time
import types
import warnings
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import TABLE, DomainWarning, Value
from autograd.formulas.safe_expression import (
    ALLOWED,
    FUNCTIONS,
    MOST_CHARACTERS,
    ExpressionError,
    SafeExpression,
    variable_name,
)
from autograd.shell import repl
from autograd.shell.command_line import main
from tests.test_structure import ROOT

NEURON = ["tanh(w*x + b)", "w=-3", "x=2", "b=6.88"]


def run(*arguments, **options):
    settings = {"capture_output": True, "text": True, "timeout": 60, "cwd": ROOT, **options}
    settings["env"] = {**os.environ, "PYTHONUTF8": "1", **settings.get("env", {})}
    return subprocess.run([sys.executable, "-m", "autograd", *arguments], **settings)


def as_json(capsys, *arguments):
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out, parse_constant=pytest.fail)


def value_of(text, **numbers):
    result = SafeExpression(text).evaluate(numbers)
    return result.data if isinstance(result, Value) else result


# ---------------------------------------------------------------- what it prints


def test_the_table_has_value_and_gradient_of_every_name(capsys):
    assert main(NEURON) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("y = tanh(w*x + b) = 0.70641932039723")
    rows = [line.replace("│", " ").split() for line in out.splitlines()]
    assert ["name", "value", "∂y/∂name"] in rows
    assert ["w", "-3", "1.001943488"] in rows
    assert ["x", "2", "-1.502915231"] in rows
    assert ["b", "6.88", "0.5009717438"] in rows


def test_json_is_for_machines(capsys):
    report = as_json(capsys, *NEURON)
    assert report["expression"] == "tanh(w*x + b)"
    assert report["value"] == pytest.approx(0.7064193203972352)
    assert list(report["variables"]) == ["w", "x", "b"]
    assert report["variables"]["x"] == {"value": 2.0, "gradient": pytest.approx(-1.5029152308)}
    report = as_json(capsys, "log(x)", "x=0")
    assert report["value"] == "-inf"
    assert report["variables"]["x"]["gradient"] == "inf"
    assert "domain" in report["warnings"][0]


def test_order_2_gives_the_hessian(capsys):
    report = as_json(capsys, "x**2 * y", "x=3", "y=5", "--order", "2")
    assert report["hessian"] == {"x": {"x": 10.0, "y": 6.0}, "y": {"x": 6.0, "y": 0.0}}
    assert main(["x**2 * y", "x=3", "y=5", "--order", "2"]) == 0
    assert ["x", "10", "6"] in [line.replace("│", " ").split() for line in capsys.readouterr().out.splitlines()]
    assert as_json(capsys, "2 + 3", "--order", "2")["value"] == 5.0


def test_explanation_program_and_latex_are_those_of_the_library(capsys):
    assert main(["x*w + sin(x)", "x=2", "w=3", "--explain", "--program", "--latex"]) == 0
    out = capsys.readouterr().out
    assert "∂y/∂x = Σ over the 2 paths from x to y" in out
    assert "def f(x, w):" in out
    assert r"y = x \cdot w + \sin x" in out


def test_the_result_has_a_name_of_its_own(capsys):
    assert main(["x + y", "x=1", "y=2"]) == 0
    assert capsys.readouterr().out.startswith("f = x + y = 3.0")
    assert main(["x", "x=1"]) == 0
    assert capsys.readouterr().out.startswith("x = 1.0")


def test_formulas_and_numbers_may_begin_with_a_minus_and_options_stand_anywhere(capsys):
    assert main(["--json", "-x**2", "--order", "1", "x=-3"]) == 0
    assert json.loads(capsys.readouterr().out)["value"] == -9.0


def test_numbers_may_be_arithmetic(capsys):
    report = as_json(capsys, "x + y + z + u", "x=pi/2", "y=1e-3", "z=2**3", "u=-inf")
    assert report["variables"]["x"]["value"] == pytest.approx(1.5707963)
    assert report["variables"]["u"]["value"] == "-inf"


def test_names_in_any_alphabet_are_normalised_alike(capsys):
    report = as_json(capsys, "σ*x₁ + 漢", "σ=2", "x₁=3", "漢=1")
    assert report["variables"] == {
        "σ": {"value": 2.0, "gradient": 3.0},
        "x1": {"value": 3.0, "gradient": 2.0},
        "漢": {"value": 1.0, "gradient": 1.0},
    }
    assert as_json(capsys, "ﬁ + x1", "fi=1", "x₁=2")["value"] == 3.0


def test_what_our_own_pictures_show_can_be_typed():
    assert value_of("2·x − 6÷3×1", x=4.0) == 6.0


def test_a_domain_error_is_one_line_of_warning(capsys):
    assert main(["log(x) + sqrt(x)", "x=-1"]) == 0
    out, err = capsys.readouterr()
    assert "= nan" in out
    assert [line.partition("(")[0] for line in err.splitlines()] == ["warning: log", "warning: sqrt"]
    assert main(["x + log(-1)", "x=1"]) == 0
    assert capsys.readouterr().err.startswith("warning: log(-1.0) is outside its domain")


# ---------------------------------------------------------------- files


def test_pictures_are_written(capsys, tmp_path):
    files = [tmp_path / "new" / "out.svg", tmp_path / "out.dot"]
    assert main([*NEURON, "--svg", str(files[0]), "--dot", str(files[1])]) == 0
    assert capsys.readouterr().out.count("wrote ") == 2
    assert "tanh" in " ".join(ET.fromstring(files[0].read_text(encoding="utf-8")).itertext())
    assert files[1].read_text(encoding="utf-8").startswith("digraph")


@pytest.mark.skipif(importlib.util.find_spec("autograd.render.pages.page") is None, reason="there is no page yet")
def test_the_page_is_written(capsys, tmp_path):
    assert main([*NEURON, "--html", str(tmp_path / "out.html"), "--json"]) == 0
    json.loads(capsys.readouterr().out)
    assert "tanh(w*x + b)" in (tmp_path / "out.html").read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_an_error_after_the_table(capsys, tmp_path):
    (tmp_path / "file").touch()
    assert main([*NEURON, "--svg", str(tmp_path / "file" / "out.svg"), "--dot", str(tmp_path / "out.dot")]) == 1
    out, err = capsys.readouterr()
    assert "∂y/∂name" in out
    assert err.startswith("error: ")
    assert "out.svg was not written: " in err
    assert len(err.splitlines()) == 1
    assert (tmp_path / "out.dot").exists()


def test_a_wrong_ending_is_refused_before_anything_is_done(capsys, tmp_path):
    assert main([*NEURON, "--svg", str(tmp_path / "out.txt")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "--svg: the file must end in .svg, not " in err


# ---------------------------------------------------------------- what it refuses


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x + y", "x=1"], "the formula needs a number for y"),
        (["x", "x=1", "q=2", "r=3"], "there is no q, r in the formula"),
        (["x + y", "x=1", "z=2"], "needs a number for y, and there is no z in the formula\nits names: x, y"),
        (["x", "x=abc"], "x=abc gives no number for x"),
        (["x", "x="], "x= gives no number for x"),
        (["x", "x=1+y"], "x=1+y gives no number for x"),
        (["x", "x"], "'x' is not of the form name=number"),
        (["x", "x=1", "x=2"], "x is given twice"),
        (["x", "sin=1"], "sin is the function sin: choose another name"),
        (["x", "e=1"], "e is the constant e: choose another name"),
        (["x", "lambda=1"], "'lambda' cannot be the name of a variable"),
        (["x", "a.b=1"], "'a.b' cannot be the name of a variable"),
        (["x", "(x)=1"], "'(x)' cannot be the name of a variable"),
        (["", "x=1"], "the formula is empty"),
        (["x=1"], "not a formula: it has no ="),
    ],
)
def test_wrong_usage_says_what_is_wrong(capsys, arguments, message):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err


@pytest.mark.parametrize("arguments", [["x", "--order", "3"], ["x", "--unknown"], ["--json"]])
def test_wrong_options_are_refused_by_argparse(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "error:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("x.y", 0, "no attributes"),
        ("x + (1).real", 4, "no attributes"),
        ("x[0]", 0, "no indices"),
        ("2 * lambda: 1", 4, "invalid syntax"),
        ("(lambda: 1)", 1, "Lambda is Python"),
        ("sum([i for i in x])", 4, "sum: argument 1 must be a list"),
        ("(x := 2)", 1, "no :="),
        ("x + 'text'", 4, "only real numbers"),
        ("x * 2j", 4, "only real numbers"),
        ("True", 0, "only real numbers"),
        ("f'{x}'", 0, "JoinedStr is Python"),
        ("tanh(*x)", 5, "no * before an argument"),
        ("leaky_relu(**x)", 0, "no ** before an argument"),
        ("x < 2", 0, "no comparisons"),
        ("x and y", 0, "no `and`"),
        ("not x", 0, "no `not`"),
        ("x if y else z", 0, "where(condition, x, y)"),
        ("x ^ 2", 2, "write **"),
        ("(x)  ^ 2", 5, "write **"),
        ("漢 @ x", 3, "write dot("),
        ("x, y", 0, "one formula at a time"),
        ("[x]", 0, "a list may stand only where"),
        ("{x}", 0, "Set is Python"),
        ("await x", 0, "Await is Python"),
        ("tann(x)", 0, "did you mean tan or tanh"),
        ("ln(x)", 0, "did you mean log?"),
        ("x(2)", 1, "write x*(2)"),
        ("2(x)", 1, "write 2*(x)"),
        ("pi(x)", 0, "write pi*"),
        ("sin + 1", 0, "sin is a function: write sin("),
        ("sin(x, y)", 0, "sin is called as sin(x)"),
        ("atan2(x)", 0, "atan2 is called as atan2(x, y)"),
        ("maximum()", 0, "maximum is called as maximum(x, y, …)"),
        ("sin(x=1)", 0, "sin is called as sin(x)"),
        ("leaky_relu(x, slope=1)", 0, "leaky_relu is called as leaky_relu(x, negative_slope=0.01)"),
        ("sum(x, y)", 0, "sum is called as sum([x, y])"),
        ("sin([x])", 4, "sin: argument 1 must be a number, not a list"),
        ("affine([x], y)", 12, "affine: argument 2 must be a list"),
        ("softmax([x, y])", 0, "softmax gives several numbers"),
        ("__import__('os')", 0, "no function '__import__'"),
        ("eval(x)", 0, "no function 'eval'"),
        ("2x", 1, "write 2*x"),
        ("x +", 3, "invalid syntax"),
        ("(x", 0, "was never closed"),
        ("x; y", 1, "invalid syntax"),
        ("x²", 1, "invalid character '²'"),
    ],
)
def test_what_is_no_formula_is_refused_with_its_place_marked(text, place, message):
    with pytest.raises(ExpressionError) as caught:
        SafeExpression(text)
    lines = str(caught.value).splitlines()
    assert message in lines[0]
    assert lines[1] == f"  {text}"
    assert lines[2] == f"  {' ' * place}^"
    assert lines[3:] in ([], [ALLOWED])


def test_an_error_of_evaluation_marks_the_function():
    with pytest.raises(ExpressionError, match=r"mean: expected a sequence of at least one operand"):
        SafeExpression("1 + mean([])").evaluate({})
    with pytest.raises(ExpressionError, match="dot: both sequences must have the same length"):
        value_of("dot([x], [x, x])", x=1.0)
    assert main(["dot([x], [x, x])", "x=1"]) == 1


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "x" + ")" * 10_000, "(" * 4000 + "x" + ")" * 4000, "-" * 9000 + "x", "**".join(["x"] * 3000),
        "+".join("x" * 5000), "sin(" * 1900 + "x" + ")" * 1900, "9" * 9000, "x" * (MOST_CHARACTERS + 1), "[" * 9999,
        "not " * 2000 + "x", "x\0y", "\udcff", "#", "x\\\n", "\\", "'" * 9999, "x" + ".x" * 4000, "x if " * 2000,
    ],
)  # fmt: skip
def test_deep_or_huge_input_is_answered_at_once(text):
    """Refused, or computed where a newer Python parses it: never a hang, a crash or another exception."""
    start = time.process_time()
    try:
        answer = str(SafeExpression(text).evaluate({"x": 1.0}))
    except ExpressionError as error:
        answer = str(error)
    assert answer == "5000.0" or 3 < len(answer) < 600
    assert time.process_time() - start < 2.0


@pytest.mark.filterwarnings("ignore::autograd.DomainWarning")
def test_huge_numbers_are_infinite():
    for text in ["10**10**10", "2**1e9", "1e999", "9" * 4000, "10.0**400", "exp(1e6)", "9**9**9**9"]:
        assert value_of(text) == float("inf"), text
    assert value_of("x + " * 400 + "x", x=1.0) == 401.0


def test_constants_outside_a_domain_warn_as_recorded_operations_do():
    with pytest.warns(DomainWarning, match=r"div\(1.0, 0.0\) is outside its domain: the result is inf"):
        assert value_of("1/0") == float("inf")


# ---------------------------------------------------------------- what it computes


def test_every_function_of_the_table_can_be_called():
    lists = dict.fromkeys(("sum", "prod", "mean", "logsumexp"), "[x, y]") | {"dot": "[x], [y]", "affine": "[x], [y], x"}
    for name, row in TABLE.items():
        if name in ("softmax", "log_softmax"):
            assert name not in FUNCTIONS
            continue
        arguments = lists.get(name) or ("x, y, x" if name == "where" else ", ".join("xyx"[: row.arity or 2]))
        formula = SafeExpression(f"{name}({arguments})")
        numbers = {"x": 1.25 if name == "acosh" else 0.25, "y": 0.5}
        y = formula.evaluate({n: Value(numbers[n], label=n) for n in formula.names})
        assert y.primitive is row
        assert y.data == pytest.approx(formula.evaluate(numbers))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-x**2", -9.0), ("2**-x", 0.125), ("2**x**2", 512.0), ("-x % 5", 2.0), ("7 // x", 2.0), ("+x", 3.0),
        ("1_000 + 0x10 + x", 1019.0), ("leaky_relu(-x, negative_slope=0.5)", -1.5), ("leaky_relu(-x)", -0.03),
        ("elu(alpha=2, x=x)", 3.0), ("where(0, x, 2)", 2.0), ("arcsin(x/6)", pytest.approx(0.5235987755982989)),
        ("fabs(-x)", 3.0), ("tau/pi + log(e)", 3.0), ("sum([])", 0.0), ("(x\n+ 1)\t", 4.0), ("affine([x], [x])", 9.0),
    ],
)  # fmt: skip
def test_formulas_mean_what_they_mean_in_python(text, expected):
    assert value_of(text, x=3.0) == expected


@given(st.recursive(st.sampled_from(["x", "y", "2.5", "3"]), lambda inner: st.one_of(
    st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
    inner.map(lambda t: f"-{t}"), inner.map(lambda t: f"sin({t})"),
), max_leaves=12))  # fmt: skip
def test_random_formulas_are_what_python_computes(text):
    expected = eval(text, {"sin": autograd.sin, "x": 0.5, "y": -1.25})  # text made here
    assert value_of(text, x=0.5, y=-1.25) == expected
    formula = SafeExpression(text)
    recorded = formula.evaluate({name: Value(number) for name, number in {"x": 0.5, "y": -1.25}.items()})
    assert (recorded.data if formula.names else recorded) == expected


@given(st.text(max_size=30))
def test_any_text_is_a_formula_or_refused(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            formula = SafeExpression(text)
            assert isinstance(formula.evaluate(dict.fromkeys(formula.names, 1.0)), float)
            for name in formula.names:
                assert variable_name(name) == name
        except ExpressionError:
            pass


# ---------------------------------------------------------------- as a program


def test_help_has_examples_and_version_is_that_of_the_package():
    result = run("--help")
    assert result.returncode == 0
    assert 'python -m autograd "tanh(w*x + b)" w=-3 x=2 b=6.88' in result.stdout
    assert "leaky_relu" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 110
    assert run("--version").stdout == f"scalar-autograd {autograd.__version__}\n"


def test_examples_of_the_help_work(capsys, tmp_path, monkeypatch):
    import shlex

    from autograd.shell.command_line import _EXAMPLES

    monkeypatch.chdir(tmp_path)
    for line in _EXAMPLES.splitlines()[1:-1]:
        _, _, _, *arguments = shlex.split(line.strip().split("    ")[0])
        assert main(arguments) == 0
    assert (tmp_path / "out.svg").exists()
    capsys.readouterr()


def test_a_closed_pipe_is_no_traceback():
    for option in ("--json", "--explain"):
        reading, writing = os.pipe()
        os.close(reading)
        result = run(*NEURON, option, capture_output=False, stdout=writing, stderr=subprocess.PIPE)
        os.close(writing)
        assert result.stderr == ""
        assert result.returncode == 1


def test_without_an_output_or_with_a_small_alphabet_it_still_runs():
    result = run(*NEURON, env={"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"})
    assert result.returncode == 0
    assert "?y/?name" in result.stdout
    code = "import sys; sys.stdout = None; from autograd.shell.command_line import main; sys.exit(main(['x', 'x=1']))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


# ---------------------------------------------------------------- the prompt


def test_the_prompt_reads_statements_from_a_pipe():
    loop = "for i in range(2):\n    print(i)\n\n"
    result = run(input=f"x = Value(3.0)\ny = x*x\ny.backward()\nx.grad\n{loop}grad(sin)(0.0)\nMLP.__name__\n")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.split() == ["6.0", "0", "1", "1.0", "'MLP'"]


def test_an_error_in_a_piped_statement_does_not_end_the_rest_but_shows_in_the_status():
    result = run(input="1/0\n(\n)]\nprint('on')\n")
    assert result.returncode == 1
    assert result.stdout == "on\n"
    assert "ZeroDivisionError" in result.stderr
    assert "SyntaxError" in result.stderr
    assert run(input="import sys; sys.exit(7)\n").returncode == 7
    assert run(stdin=subprocess.DEVNULL).returncode == 0


def test_what_looks_like_an_option_or_an_assignment_is_told(capsys):
    with pytest.raises(SystemExit):
        main(["--x", "x=3"])
    assert "there is no option --x; a formula that begins with -- needs a space before it" in capsys.readouterr().err
    assert main([" --x", "x=3"]) == 0
    for arguments in (["y=x**2", "x=3"], ["x=3", "x**2"]):
        assert main(arguments) == 2
        assert "not a formula: it has no =, and the numbers for its names come after it" in capsys.readouterr().err


def test_an_overflow_of_constants_is_not_called_a_domain():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for text in ("exp(1000)", "2**2000", "1e308*10", "1e308/1e-10", "sum([1e308, 1e308])", "-1e308 - 1e308"):
            assert abs(value_of(text)) == float("inf")
    with pytest.warns(DomainWarning, match=r"log\(0.0\) is outside its domain: the result is -inf"):
        value_of("log(0)")


def test_the_last_statement_of_a_pipe_needs_no_empty_line_but_has_to_be_whole():
    result = run(input="for i in range(2):\n    i\n")
    assert (result.returncode, result.stdout.split(), result.stderr) == (0, ["0", "1"], "")
    result = run(input="x = (\n1")
    assert result.returncode == 1
    assert "SyntaxError: '(' was never closed" in result.stderr


@pytest.mark.parametrize(
    ("text", "written", "column"),
    [
        ("2x", "2*x", 1), ("2 x + 3y", "2*x + 3*y", 2), ("x y", "x*y", 2), ("2(x+1)", "2*(x+1)", 1), ("2pi", "2*pi", 1),
        ("(x+1)y", "(x+1)*y", 5), ("(x)(y)", "(x)*(y)", 3), ("x1(y+1)", "x1*(y+1)", 2), ("3sin(x)", "3*sin(x)", 1),
        ("1e5x", "1e5*x", 3), (".5x", ".5*x", 2), ("0.5(t₁-y)**2", "0.5*(t1-y)**2", 3),
    ],
)  # fmt: skip
def test_a_product_without_its_sign_is_refused_with_what_to_write(text, written, column):
    with pytest.raises(ExpressionError) as caught:
        SafeExpression(text)
    assert str(caught.value).splitlines() == [
        f"a product needs its sign: write {written}", f"  {text}", f"  {' ' * column}^",
    ]  # fmt: skip
    SafeExpression(written)


@pytest.mark.parametrize("text", ["2 +", "x 'a'", "tanhh(x)", "1j", "x if y else 2", "2x +", "(x"])
def test_what_more_than_a_sign_is_missing_in_gets_no_such_advice(text):
    with pytest.raises(ExpressionError) as caught:
        SafeExpression(text)
    assert "a product needs" not in str(caught.value)


def test_everything_is_at_hand():
    names = repl.names_at_hand()
    assert set(autograd.__all__) <= set(names)
    assert {"MLP", "Adam", "mse_loss", "nn", "autograd"} <= set(names)
    assert names["sigmoid"] is autograd.sigmoid


def test_without_nn_the_prompt_has_the_rest(monkeypatch):
    monkeypatch.setitem(sys.modules, "nn", None)
    names = repl.names_at_hand()
    assert "nn" not in names
    assert names["Value"] is Value
    assert "MLP" not in repl.welcome_lines("nn" in names)


@pytest.mark.parametrize(("statement", "ending"), [("draw(y)", "svg"), ("to_html(y, title='T')", "html")])
def test_at_the_prompt_a_picture_opens_in_the_browser_and_is_said_to_be_where_it_is(
    monkeypatch, capsys, statement, ending
):
    opened = []
    monkeypatch.setattr(repl.webbrowser, "open", lambda url: opened.append(url) or True)
    names = repl.names_at_hand() | {"y": Value(2.0, label="x") * 3.0}
    monkeypatch.setenv("BROWSER", "one")
    made = eval(statement, names)
    (said,) = capsys.readouterr().out.splitlines()
    path = Path(said.removeprefix("opened in the browser: "))
    assert opened == [path.as_uri()]
    assert path.suffix == f".{ending}"
    assert path.read_text(encoding="utf-8") == (made.svg if ending == "svg" else made.html)
    for variable in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(repl.sys, "platform", "linux")
    eval(statement, names)
    assert capsys.readouterr().out.startswith("to be opened in a browser: ")
    assert len(opened) == 1


def test_at_the_prompt_a_picture_for_a_file_is_written_there_and_opens_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(repl.webbrowser, "open", None)
    names = repl.names_at_hand() | {"y": Value(2.0, label="x") * 3.0, "file": tmp_path / "y.svg"}
    assert eval("draw(y, file)", names) == tmp_path / "y.svg"
    assert capsys.readouterr().out == ""


def test_a_piped_prompt_says_where_the_picture_is():
    result = run(input="x = Value(2.0)\ny = x*x\ndraw(y)\n", env={"DISPLAY": "", "WAYLAND_DISPLAY": "", "BROWSER": ""})
    said, shown = result.stdout.splitlines()
    assert Path(said.partition(": ")[2]).read_text(encoding="utf-8").startswith("<svg")
    assert shown.startswith("<picture of y = ×: 2 boxes, 2 arrows;")


def test_the_welcome_is_three_lines_that_fit_a_terminal():
    lines = repl.welcome_lines().splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= 82
    statements = lines[1].removeprefix("Try").strip()
    names = repl.names_at_hand()
    exec(statements.rpartition(";")[0], names)
    assert eval(statements.rpartition(";")[2], names) == pytest.approx(0.8)


class Terminal:
    """An input that says it is a terminal."""

    def isatty(self):
        return True


def test_a_terminal_gets_ipython_if_it_is_there(monkeypatch):
    calls = {}

    class FakeIPython:
        @staticmethod
        def start_ipython(**options):
            calls.update(options)

    class Config:
        class TerminalInteractiveShell:
            banner1 = ""

        class InteractiveShellApp:
            extensions = ()

    class FakeTraitlets:
        @staticmethod
        def Config():
            return Config

    monkeypatch.setitem(sys.modules, "IPython", FakeIPython)
    monkeypatch.setitem(sys.modules, "traitlets.config", FakeTraitlets)
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert main([]) == 0
    assert "MLP" in calls["user_ns"]
    assert calls["config"].TerminalInteractiveShell.banner1.count("\n") == 3
    (extension,) = calls["config"].InteractiveShellApp.extensions
    shell = types.SimpleNamespace(user_ns={}, events=types.SimpleNamespace(register=calls.__setitem__))
    importlib.import_module(extension).load_ipython_extension(shell)
    shell.user_ns["w"] = Value(1.0)
    calls["post_run_cell"](None)
    assert shell.user_ns["w"].label == "w"


def test_at_the_prompt_values_are_labelled_by_their_variables():
    result = run(input="x = Value(pi)\ny = x * e\nx.label\ny.label\nx = x + 1\nx.label\nz = Value(1.0, label='a')\nz\n")
    assert result.stderr == ""
    assert result.stdout.splitlines() == ["'x'", "'y'", "''", "Value(data=1.0, grad=0.0, label='a')"]


def test_a_traceback_speaks_of_the_users_error_only(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "IPython", None)
    monkeypatch.setattr(sys, "stdin", Terminal())
    lines = iter(["1/0"])
    monkeypatch.setattr("builtins.input", lambda prompt: next(lines, None) or (_ for _ in ()).throw(EOFError))
    assert main([]) == 0
    shown = capsys.readouterr().err
    assert "ZeroDivisionError" in shown
    assert "During handling" not in shown
    assert "IPython" not in shown


@pytest.mark.parametrize("with_readline", [True, False])
def test_a_terminal_without_ipython_gets_pythons_prompt(monkeypatch, with_readline):
    calls = {}
    monkeypatch.setitem(sys.modules, "IPython", None)
    if not with_readline:
        monkeypatch.setitem(sys.modules, "readline", None)
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(
        "code.InteractiveConsole.interact", lambda self, **options: calls.update(options, local=self.locals)
    )
    assert main([]) == 0
    assert "Try " in calls["banner"]
    assert calls["local"]["Value"] is Value


def test_importing_autograd_does_not_import_the_command_line():
    code = "import sys, autograd; print('argparse' in sys.modules, 'autograd.render.notebooks' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "False"]
