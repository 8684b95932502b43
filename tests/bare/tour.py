"""What must work on an installation without NumPy, LLVM, rich or Graphviz: run it there, or under Pyodide.

It prints a line a step and ends with "all right"; what goes wrong raises.
"""

import contextlib
import importlib.util
import io
import sys
import tempfile
import warnings
import xml.etree.ElementTree as ET
from pathlib import Path
from random import Random

warnings.simplefilter("error")
EXTRAS = ("numpy", "llvmlite", "rich", "sklearn", "matplotlib", "IPython", "typst")
PRESENT = [name for name in EXTRAS if importlib.util.find_spec(name)]


def step(function):
    """Run a part of the tour and say so."""
    function()
    print("ok   ", function.__name__.replace("_", " "))


@step
def nothing_is_installed_that_is_an_extra():
    assert not PRESENT, f"this installation is not bare: it has {', '.join(PRESENT)}"


@step
def star_imports_work():
    names = {}
    exec("from autograd import *\nfrom nn import *", names)
    assert {"Value", "grad", "jit", "draw", "MLP", "fit", "MLPClassifier"} <= set(names)


import autograd  # noqa: E402  # the step above is the first to import them
import nn  # noqa: E402
from autograd import Value  # noqa: E402


def trained(**options):
    """A network, the xor of two inputs, and the course of its training."""
    model = nn.MLP(2, [4, 1], activation="tanh", rng=Random(1))
    data = nn.Dataset([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0])
    snapshots = nn.Snapshots(every=50, data=data, grid=5)
    history = nn.fit(
        model, data, nn.mse_loss, nn.Adam(model.parameters(), lr=0.05), 200, callbacks=[snapshots], seed=0, **options
    )
    return model, history, snapshots


@step
def what_needs_an_extra_says_which_when_it_is_called():
    x = Value(1.0)
    calls = {
        "jit needs numpy: pip install numpy": lambda: autograd.jit(autograd.sin),
        "compile needs numpy: pip install numpy": lambda: autograd.compile(x * x, [x], []),
        "native_step needs numpy: pip install numpy": lambda: autograd.native_step(x * x, [x], []),
        "MLPClassifier needs scikit-learn: pip install scikit-learn": lambda: nn.MLPClassifier(),
        "Ridge needs scikit-learn: pip install scikit-learn": lambda: nn.Ridge(alpha=1.0),
        "load_digits() needs scikit-learn: pip install scikit-learn": nn.load_digits,
        "ridge needs numpy: pip install numpy": lambda: nn.ridge([[1.0], [2.0]], [1.0, 2.0], 0.1),
        "plots.loss_curves needs matplotlib: pip install matplotlib": nn.History().plot,
        "fit(compile=True) needs numpy: pip install numpy": lambda: trained(compile=True),
    }
    for message, call in calls.items():
        said = "nothing"
        try:
            call()
        except ModuleNotFoundError as error:
            said = str(error)
        assert said == message, f"{said!r} instead of {message!r}"


@step
def derivatives_are_computed():
    w, x, b = Value(-3.0, label="w"), Value(2.0, label="x"), Value(6.88, label="b")
    y = (w * x + b).tanh()
    y.backward()
    assert abs(w.grad - 1.0019434884) < 1e-9
    assert autograd.grad(lambda v: v[0] ** 2 * v[1])([3.0, 2.0]) == [12.0, 9.0]
    assert autograd.hessian(lambda v: v[0] ** 2 * v[1])([3.0, 2.0]) == [[4.0, 6.0], [6.0, 0.0]]
    assert autograd.gradcheck(lambda v: autograd.sin(v) * v, 0.5)
    assert autograd.program(y)(-3.0, 2.0, 6.88)[0] == y.data
    assert "receives" in str(autograd.explain(y))
    assert r"\tanh" in str(y.latex())
    assert "w" in str(autograd.derivative_expression(y, x))


@step
def a_network_is_trained_and_saved():
    model, history, _ = trained()
    losses = history.records["loss"]
    assert losses[-1] < 0.1 * losses[0], losses[-1]
    assert "parameters" in str(model.summary())
    assert "MLP" in str(model.tree())
    with tempfile.TemporaryDirectory() as folder:
        nn.save(model, Path(folder) / "model.json")
        other = nn.MLP(2, [4, 1], activation="tanh")
        nn.load(Path(folder) / "model.json", other)
        assert other.state_dict() == model.state_dict()


@step
def pictures_and_pages_are_made():
    model, _, snapshots = trained()
    y = model([Value(1.0, label="x1"), Value(0.0, label="x2")])
    y.backward()
    with tempfile.TemporaryDirectory() as folder:
        for name, options in {"y.svg": {"model": model}, "down.svg": {"rankdir": "TB", "color": "grad"}}.items():
            picture = ET.parse(autograd.draw(y, Path(folder) / name, **options)).getroot()
            assert any("data 1" in "".join(element.itertext()) for element in picture)
        assert "digraph" in autograd.draw(y, Path(folder) / "y.dot").read_text(encoding="utf-8")
        for what in (y, snapshots):
            page = autograd.to_html(what, Path(folder) / "page.html").read_text(encoding="utf-8")
            assert page.count("<script") == 2
            assert ("function makeProgram() {" in page) == (what is y)
    assert "image/svg+xml" in y._repr_mimebundle_()


@step
def the_command_line_and_the_prompt_work():
    from autograd.shell.command_line import main

    said, stdin = io.StringIO(), sys.stdin
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        assert main(["w*x", "w=-3", "x=2.5"]) == 0
        sys.stdin = io.StringIO("x = Value(pi)\nx.label\nMLP(2, [1]).summary()\n1/0\n")
        try:
            assert main([]) == 1
        finally:
            sys.stdin = stdin
    assert "│ w    │    -3 │" in said.getvalue()
    assert "'x'" in said.getvalue()
    assert "ZeroDivisionError" in said.getvalue()
    assert "ModuleNotFoundError" not in said.getvalue()


@step
def exercises_are_graded():
    from autograd import exercises

    assert "def sigmoid_slope(s)" in exercises.show("sigmoid")
    assert exercises.check("sigmoid", lambda s: autograd.sigmoid(s) * autograd.sigmoid(-s))
    assert "the mean is missing" in str(
        exercises.check(
            "batch_gradient", lambda H, dZ: [[sum(map(float.__mul__, h, z)) for z in zip(*dZ)] for h in zip(*H)]
        )
    )
    assert not exercises.check("logsumexp", lambda p: 1 / 0)


print("all right:", autograd.engine_info().core, "core, Python", sys.version.split()[0])
