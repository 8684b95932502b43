"""Whatever a label, a symbol or a name consists of: every door that prints or draws takes it, as text."""

import ast
import json
import re
import shutil
import sys
import types
import unicodedata
import xml.etree.ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograd import Primitive, Value, derivative_expression, draw_dot, explain, expression, program, to_dot, to_svg
from autograd.render.notebooks import rich_renderable
from autograd.render.pages.page import html_page
from autograd.render.pictures.layered import layered_svg
from autograd.render.pictures.plan import plan
from nn import Module
from tests.test_page import Parts, data_of
from tests.test_render import NASTY, assert_harmless

EVERY = st.characters(exclude_categories=())  # half characters too
SPECIAL = st.sampled_from(
    [
        *"\\\"'`<>&{}|[]()$%#^_~:;=+-*/?!.,@ \t\r\n\x00\x07\x1b\x7f\x85\u2028\u202e\u2066\ud800\ufffe",
        *("🙂", "👩‍💻", "א", "e\u0301", "漢", "ﬁ", "\\N", "\\l", "%s", "{}", "<b>", "#1", "#*", "lambda", "sin", "x1"),
        *("]]>", "&amp;", "</script>", "\\end{x}"),
    ]
)
TEXTS = st.one_of(
    st.sampled_from(NASTY),
    st.lists(EVERY | SPECIAL, max_size=12).map("".join),
    st.builds(lambda text, times: text * times, EVERY | SPECIAL, st.sampled_from([30, 95, 20_000])),
)


def square(name, symbol=None):
    return Primitive(name, lambda x: x * x, (lambda y, x: 2.0 * x,), symbol=symbol)


def graph(label, name="square", symbol=None):
    """sin(label) + row(label), with the label on all of it."""
    x = Value(0.5, label=label)
    y = x.sin() + square(name, symbol)(x)
    y.label = label
    y.backward()
    return x, y


def assert_printable(text):
    """No character of it moves the cursor, ends the line or turns the direction of what follows."""
    for c in text.replace("\n", ""):
        assert unicodedata.category(c) not in {"Cc", "Cs", "Zl", "Zp"}, ascii(c)
        assert unicodedata.bidirectional(c) not in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def assert_balanced(latex):
    """Braces that are not escaped close what was opened, and nothing outside of a command is special."""
    bare = re.sub(r"\\[\\{}$&%#_ ]", "", latex)
    depth = 0
    for c in bare:
        depth += (c == "{") - (c == "}")
        assert depth >= 0
    assert depth == 0
    assert not set("#%$") & set(bare)


@given(TEXTS, TEXTS)
@example("", "")
@example("a" * 95, "two words")
@settings(max_examples=150, deadline=None)
def test_programs_and_formulas_are_python(label, name):
    x, y = graph(label, name)
    text = str(program(y))
    ast.parse(text)
    assert_printable(text)
    made = program(y)
    assert made.function()(0.5) == made(0.5) == (y.data, x.grad)
    for formula in (expression(y), derivative_expression(y, x)):
        assert_printable(str(formula))
        assert_balanced(formula.latex())


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_a_row_is_imported_by_a_name_that_can_be_imported(name):
    module = types.ModuleType("some module")
    row = Primitive("row", lambda x: x * x, (lambda y, x: 2.0 * x,), module=module.__name__)
    module.attribute = row
    for key, attribute in ((module.__name__, "attribute"), ("some_module", name)):
        row.module = key
        vars(module)[attribute] = row
        sys.modules[key] = module
        try:
            ast.parse(str(program(row(Value(2.0)))))
        finally:
            del sys.modules[key]
            del vars(module)[attribute]


@pytest.mark.exhaustive
@given(TEXTS, TEXTS)
@example("", "")
@settings(max_examples=150, deadline=None)
def test_explanations_print_no_control_characters(label, name):
    x, y = graph(label, name)
    row = y.operands[1]
    for explanation in (
        explain(y),
        explain(y, wrt=x),
        explain(x),
        explain(row),
        explain(y, wrt=Value(1.0, label=label)),
    ):
        assert_printable(str(explanation))
        assert_balanced(explanation.latex())
    assert str(explain(y, wrt=x)).count("\n") == len(explain(y, wrt=x).paths) == 2
    assert_balanced(str(y.latex()))
    assert_balanced(str(x.latex()))


@given(TEXTS, TEXTS, TEXTS)
@example("l" * 100_000, "o" * 100_000, "s" * 100_000)
@example("", "", "")
@settings(max_examples=150, deadline=None)
def test_pictures_and_pages_take_any_text(label, name, symbol):
    _, y = graph(label, name, symbol)
    for options in ({}, {"rankdir": "TB", "color": "grad"}, {"summarize": "depth"}):
        svg = layered_svg(plan(y, **options))
        assert_harmless(svg)
        assert len(svg) < 60_000
    page = html_page(y)
    assert Parts(page).tags.count("script") == 2
    assert data_of(page)["kind"] == "graph"
    assert str(rich_renderable(y))
    assert all(len(line) < 16_384 for line in to_dot(y).split("\n"))


@given(TEXTS, TEXTS, TEXTS)
@example("l" * 100_000, "o" * 100_000, "s" * 100_000)
@example("\\", "\\", "\\")
@example(":", ":n:n", '"')
@settings(max_examples=30, deadline=None)
def test_graphviz_takes_any_text(label, name, symbol):
    _, y = graph(label, name, symbol)
    assert_harmless(to_svg(y))
    assert_harmless(draw_dot(y).pipe(encoding="utf-8"))


@given(TEXTS, TEXTS)
@example("l" * 100_000, "s" * 100_000)
@example("\\", "\\")
@settings(max_examples=20, deadline=None)
@pytest.mark.skipif(shutil.which("dot") is None, reason="needs the `dot` program, which .ci/run installs")
def test_the_wheel_that_stands_in_for_dot_takes_any_text(label, symbol):
    _, y = graph(label, symbol=symbol)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shutil, "which", lambda name: None)
        assert_harmless(to_svg(y))
        assert_harmless(draw_dot(y).pipe(encoding="utf-8"))


@given(TEXTS, TEXTS)
@example("0" * 5000, "0" * 5000)  # more digits than Python reads as a number
@example("²", "²")  # a digit that is none of a number
@settings(max_examples=100, deadline=None)
def test_modules_of_any_name_are_printed_and_drawn(outer, inner):
    class Cell(Module):
        def __init__(self):
            self.weights = {inner: Value(2.0)}

        def forward(self, x):
            return (self.weights[inner] * x).tanh()

    class Net(Module):
        def __init__(self):
            self.cells = {outer: Cell()}

    model = Net()
    y = model.cells[outer].forward(Value(0.5))
    y.backward()
    for text in (str(model.summary()), str(model.tree()), repr(model)):
        assert_printable(text)
    assert_harmless(layered_svg(plan(y, model=model)))
    assert json.loads(json.dumps(data_of(html_page(y, model=model))))["clusters"]


def test_a_module_may_be_called_as_a_box_is():
    class Net(Module):
        def __init__(self):
            self.n0, self.n2 = Module(), Module()
            self.n0.w, self.n2.w = Value(2.0), Value(3.0)

    model = Net()
    y = model.n0.w * Value(1.0) + model.n2.w
    for picture in (layered_svg(plan(y, model=model)), to_svg(y, model=model)):
        assert_harmless(picture)
    assert {box["cluster"] for box in data_of(html_page(y, model=model))["boxes"]} == {-1, 0, 1}


@pytest.mark.parametrize("op", [[5.0, 2.0], None, 3, ("a", "b"), b"bytes", "", " ", "\\"])
def test_an_operation_of_ones_own_is_drawn_whatever_its_symbol_is(op):
    try:
        y = Value(10.0, (Value(2.0, label="a"), Value(5.0, label="b")), op)
    except (TypeError, ValueError):
        return  # refused at once
    y.backward()
    for picture in (layered_svg(plan(y)), to_svg(y), draw_dot(y).pipe(encoding="utf-8")):
        assert_harmless(picture)
        assert len(list(ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}polygon"))) >= 2  # heads of arrows
    assert len(data_of(html_page(y))["order"]) == 1


def test_the_american_spelling_of_colour():
    y = Value(2.0, label="x") * 3.0
    assert to_svg(y, color="value") == to_svg(y, colour="value") != to_svg(y)
    with pytest.raises(TypeError, match="two spellings of one option"):
        to_svg(y, color="value", colour="value")
    with pytest.raises(ValueError, match="colour must be kind, grad or value, not 'red'"):
        to_svg(y, color="red")
