"""What a stranger sees of a page: all of it, nothing over anything else, no text below 11 pixels, nothing axe minds."""

import math
import random
from functools import cache

import pytest

import autograd
from autograd import Value
from autograd.render.pages.page import to_html
from nn import MLP, Snapshots, make_moons
from tests.browser.chromium import AXE, playwright, pytestmark, shoot  # noqa: F401  # found by their names
from tests.browser.test_page_browser import open_page, press  # noqa: F401  # found by their names

SIZES = [(1024, 768), (1280, 720), (1920, 1080), (390, 844)]


def network(*sizes):
    model = MLP(sizes[0], list(sizes[1:]), activation="tanh", rng=random.Random(3))
    rng = random.Random(1)
    outputs = model([Value(round(rng.gauss(0.0, 1.0), 2), label=f"x{i + 1}") for i in range(sizes[0])])
    outputs = outputs if isinstance(outputs, list) else [outputs]
    errors = [(y - 1.0) ** 2 for y in outputs]
    loss = autograd.sum(errors) if len(errors) > 1 else errors[0]
    loss.label = "loss"
    loss.backward()
    return loss, {"model": model}


def chain():
    y = x = Value(0.5, label="x")
    for i in range(2_999):
        y = y.sin() if i % 2 else y.tanh()
    y.label = "y"
    y.backward()
    assert x.grad
    return y, {}


@cache
def page_of(graph):
    """Its page, the name of its first input, and that of its result."""
    root, options = GRAPHS[graph]()
    return to_html(root, **options), "x" if graph == "chain" else "x1", root.label


GRAPHS = {
    "2-2-1": lambda: network(2, 2, 1),
    "3-3-2": lambda: network(3, 3, 2),
    "2-16-16-1": lambda: network(2, 16, 16, 1),
    "chain": chain,
}

MEASURE = """() => {
  const all = { visibilityProperty: true, opacityProperty: true };
  const shown = (e) => !e.closest(".unseen, .skip, script, style, noscript") && e.checkVisibility(all);
  const cut = ({ left, top, right, bottom }, e) => {  // what a scrolling or clipping ancestor leaves of a place
    for (let p = e.parentElement; p; p = p.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(p);
      if (overflowX === "visible" && overflowY === "visible" || p instanceof SVGElement && p.id !== "picture") continue;
      const around = p.getBoundingClientRect();
      [left, top] = [Math.max(left, around.left), Math.max(top, around.top)];
      [right, bottom] = [Math.min(right, around.right), Math.min(bottom, around.bottom)];
    }
    return { left, top, right, bottom };
  };
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || !shown(parent) || parent.closest("select")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const svg = parent.closest("svg");
    const scale = svg ? Math.hypot(parent.getScreenCTM().a, parent.getScreenCTM().b) : 1;
    const size = parseFloat(getComputedStyle(parent).fontSize) * scale;
    for (const rect of svg ? [parent.getBoundingClientRect()] : range.getClientRects()) {
      const whole = { left: rect.left, top: rect.top, right: rect.right, bottom: rect.bottom };
      const seen = cut(whole, parent);
      if (seen.right - seen.left < 1 || seen.bottom - seen.top < 3) continue;
      const frame = parent.closest(".box, .header.closed")?.querySelector("rect").getBoundingClientRect();
      texts.push({
        text: node.data.trim().slice(0, 30), size, seen, whole, maths: Boolean(parent.closest("math")),
        frame: frame && { left: frame.left, top: frame.top, right: frame.right, bottom: frame.bottom },
      });
    }
  }
  const items = [...document.querySelectorAll(".box, .header.closed")].filter(shown).map((e) => {
    const { left, top, right, bottom } = (e.querySelector(":scope > rect")).getBoundingClientRect();
    return { name: e.dataset.name ?? e.querySelector(".title").textContent, left, top, right, bottom };
  });
  const controls = [...document.querySelectorAll("button, input, select, summary")].filter(shown).map((e) =>
    ({ name: e.id, ...cut(e.getBoundingClientRect(), e) }));
  const { left, top, right, bottom } = document.getElementById("stage").getBoundingClientRect();
  return { texts, items, controls, stage: { left, top, right, bottom }, wide: document.documentElement.scrollWidth };
}"""


def overlap(a, b, slack=1.0):
    """By how much two places lie on each other, sideways and up and down."""
    across = min(a["right"], b["right"]) - max(a["left"], b["left"])
    down = min(a["bottom"], b["bottom"]) - max(a["top"], b["top"])
    return across > slack and down > slack


def inside(a, b, slack=0.6):
    return (
        a["left"] >= b["left"] - slack
        and a["right"] <= b["right"] + slack
        and a["top"] >= b["top"] - slack
        and a["bottom"] <= b["bottom"] + slack
    )


def assert_legible(page, whole):
    """No text is small, cut, or on something else; with `whole`, all of the picture is in the window."""
    found = assert_texts_legible(page)
    items, stage = found["items"], found["stage"]
    assert len(items) >= 4
    for i, a in enumerate(items):
        assert not whole or inside(a, stage), a
        for b in items[:i]:
            assert not overlap(a, b), (a, b)
    return found


def assert_texts_legible(page):
    """No text is below 11 pixels, out of its frame, or on another; no control is out of the window."""
    found = page.evaluate(MEASURE)
    texts, width = found["texts"], page.viewport_size["width"]
    assert found["wide"] <= width
    assert [(t["text"], t["size"]) for t in texts if t["size"] < 10.99 and not t["maths"]] == []
    for text in texts:
        if text["frame"]:
            assert text["whole"]["left"] >= text["frame"]["left"] - 0.5, text
            assert text["whole"]["right"] <= text["frame"]["right"] + 0.5, text
        assert text["maths"] or (text["whole"]["left"] >= -0.5 and text["seen"]["right"] <= width + 0.5), text
    # letters are lower than the line they stand in: what matters is whether lines of text share more than their leading
    placed = [t for t in texts if not t["maths"]]
    for i, a in enumerate(placed):
        for b in placed[:i]:
            assert not overlap(a["seen"], b["seen"], 4.0), (a["text"], b["text"])
    for control in found["controls"]:
        assert control["left"] >= 0, control
        assert control["right"] <= width + 0.5, control
    return found


def assert_axe_finds_nothing(page):
    if not AXE.exists():
        return
    # by the debugger, which the policy of the page does not stop
    found = page.evaluate(f"async () => {{ {AXE.read_text(encoding='utf-8')}; return await axe.run(); }}")
    assert [(v["id"], [n["html"][:150] for n in v["nodes"]]) for v in found["violations"]] == []
    assert len(found["passes"]) > 15


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("graph", GRAPHS)
def test_a_page_opens_whole_and_legible(open_page, graph, size, scheme):  # noqa: F811
    written, first, result = page_of(graph)
    page = open_page(written, width=size[0], height=size[1], color_scheme=scheme)
    whole = size[0] > 400  # a telephone shows a part, and a map of the whole
    found = assert_legible(page, whole)
    names = {item["name"] for item in found["items"] if inside(item, found["stage"])}
    assert {first} <= names
    assert not whole or {result} <= names
    assert_axe_finds_nothing(page)
    assert whole or page.locator("#map:not(.unneeded)").is_visible()
    shoot(page, f"open-{graph}-{size[0]}-{scheme}")
    press(page, "ArrowRight", "ArrowRight")
    assert_legible(page, whole)
    press(page, "End", "ArrowLeft")
    assert_legible(page, whole)
    assert_axe_finds_nothing(page)


@cache
def page_of_training():
    model = MLP(2, [6, 1], activation="tanh", rng=random.Random(0))
    data = make_moons(60, noise=0.1, seed=0)
    snapshots = Snapshots(data=data, grid=12)
    snapshots.take(model)
    for epoch in range(1, 41):
        numbers = {"loss": 0.7 / epoch**2, "validation_loss": 0.8 / epoch, "accuracy": 1 - 0.4 / epoch}
        snapshots.take(model, **numbers, validation_accuracy=1 - 0.5 / epoch)
    return to_html(snapshots)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_training_is_legible(open_page, size, scheme):  # noqa: F811
    page = open_page(page_of_training(), width=size[0], height=size[1], color_scheme=scheme)
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert_texts_legible(page)
    assert_axe_finds_nothing(page)
    press(page, "End")
    page.locator("#boundary").hover()
    assert page.locator("#reading").bounding_box()["x"] >= 0
    page.mouse.move(1, 1)
    assert_texts_legible(page)
    shoot(page, f"training-{size[0]}-{scheme}")


@pytest.mark.parametrize("graph", ["2-2-1", "3-3-2"])
def test_with_every_module_open_labels_of_lines_stand_clear(open_page, graph):  # noqa: F811
    root, options = GRAPHS[graph]()
    page = open_page(root, width=1920, height=1080, **options)
    page.click("#expand-all")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert page.locator(".partial:visible").count() == 0  # a partial appears when it is computed
    press(page, "ArrowRight")
    assert page.locator(".partial:visible").count() == page.locator(".partial.active").count() > 3
    press(page, "End")
    scale = page.evaluate("document.querySelector('#world').transform.baseVal.consolidate().matrix.a")
    if 13 * scale < 11:
        page.evaluate("document.querySelector('#zoom-in').click()")
    labels = page.evaluate(
        "() => [...document.querySelectorAll('.partial')].map((e) => ({ text: e.textContent, "
        "...e.getBoundingClientRect().toJSON() }))"
    )
    boxes = page.evaluate(
        "() => [...document.querySelectorAll('.box > rect')].map((e) => e.getBoundingClientRect().toJSON())"
    )
    assert len(labels) == sum(
        len([x for x in v.operands if isinstance(x, Value)]) for v in autograd.topological_order(root)
    )
    for i, a in enumerate(labels):
        for b in labels[:i]:
            assert not overlap(a, b, 3.0), (a, b)
        for b in boxes:
            assert not overlap(a, b, 3.0), (a, b)
    shoot(page, f"labels-{graph}")


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not there")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 720), (390, 844)], ids=["wide", "narrow"])
def test_axe_finds_nothing_in_a_quiz_with_all_open_and_a_box_in_focus(open_page, size, scheme):  # noqa: F811
    page = open_page(page_of("3-3-2")[0], width=size[0], height=size[1], color_scheme=scheme)
    page.click("#expand-all")
    press(page, "ArrowRight", "End", "ArrowLeft")
    page.locator(".box").first.focus()
    assert_axe_finds_nothing(page)
    page.click("#quiz")
    press(page, "Home")
    assert_axe_finds_nothing(page)


# ---------------------------------------------------------------- what one does with it


def test_a_changed_leaf_gives_the_numbers_of_the_engine(open_page):  # noqa: F811
    root, options = network(2, 2, 1)
    page = open_page(root, **options)
    page.click("#expand-all")
    page.click('[data-name="x1"]')
    assert page.input_value("#number") == repr(
        -0.0 + next(x for x in autograd.topological_order(root) if x.label == "x1").data
    )
    page.fill("#number", "two")
    press(page, "Enter")
    assert page.is_visible("#problem")
    page.fill("#number", "2,5")
    press(page, "Enter")
    assert not page.is_visible("#editor")
    assert page.evaluate("document.activeElement.dataset.name") == "x1"
    assert page.inner_text("#about").endswith("numbers changed here")
    model = options["model"]
    x = [Value(2.5), Value(next(v for v in autograd.topological_order(root) if v.label == "x2").data)]
    for parameter in model.parameters():
        parameter.grad = 0.0
    loss = (model(x) - 1.0) ** 2
    loss.backward()
    press(page, "End")
    shown = float(page.get_attribute(".box.result", "data-value"))
    assert math.isclose(shown, loss.data, rel_tol=1e-14)
    gradient = float(page.get_attribute('[data-name="x1"]', "data-adjoint"))
    assert math.isclose(gradient, x[0].grad, rel_tol=1e-12)
    page.click("#reset")
    assert float(page.get_attribute(".box.result", "data-value")) == root.data
    assert not page.is_visible("#reset")


def test_escape_leaves_the_number_and_enter_on_a_leaf_edits_it(open_page):  # noqa: F811
    root, options = network(2, 2, 1)
    page = open_page(root, **options)
    page.focus('[data-name="x2"]')
    press(page, "Enter")
    assert page.is_visible("#number")
    page.fill("#number", "7")
    press(page, "Escape")
    assert not page.is_visible("#editor")
    assert not page.is_visible("#reset")
    assert page.input_value("#slider") == "0"


def test_what_has_no_program_cannot_be_changed(open_page):  # noqa: F811
    a = Value(2.0, label="a")
    made = Value(6.0, (a,), "triple")
    made._backward = lambda: setattr(a, "grad", a.grad + 3.0 * made.grad)
    page = open_page(made * 2.0)
    page.click('[data-name="a"]')
    assert not page.is_visible("#editor")


def test_in_a_quiz_the_next_number_is_hidden_until_it_is_guessed(open_page):  # noqa: F811
    root, options = network(2, 2, 1)
    page = open_page(root, **options)
    page.click("#quiz")
    hidden = page.evaluate(
        "() => JSON.stringify([...document.querySelectorAll('[data-box]')].map((e) => e.dataset.value))"
    )
    first = next(v for v in autograd.topological_order(root) if v.primitive is not None)
    digits = f"{abs(first.data):.4g}"
    assert digits not in page.inner_text("#rule")
    assert digits not in page.content().split('id="data"')[0]
    assert page.inner_text("#headline") == "Guess s⁽¹⁾₁"
    page.fill("#guess", "99")
    page.click("#check")
    assert "is not it" in page.inner_text("#verdict")
    press(page, "Escape")
    page.locator("#forward").click()  # does not go on
    assert page.input_value("#slider") == "1"
    assert hidden == page.evaluate(
        "() => JSON.stringify([...document.querySelectorAll('[data-box]')].map((e) => e.dataset.value))"
    )
    page.fill("#guess", f"{first.data:.4g}")
    press(page, "Enter")
    assert page.inner_text("#headline") == "Compute s⁽¹⁾₁"
    assert digits in page.inner_text("#rule")
    press(page, "ArrowRight")
    assert page.inner_text("#headline") == "Guess s⁽¹⁾₂"
    page.click("#reveal")
    assert page.inner_text("#headline") == "Compute s⁽¹⁾₂"
    page.click("#quiz")
    press(page, "End")
    assert page.inner_text("#headline").startswith("Pass on the gradient")


def test_the_step_is_in_the_address(open_page):  # noqa: F811
    root, options = network(2, 2, 1)
    page = open_page(root, **options)
    press(page, "ArrowRight", "ArrowRight")
    assert page.url.endswith("#step=2")
    page.select_option("#unit", "inner")
    press(page, "Home", "ArrowRight")
    assert page.url.endswith("#step=1&by=inner")
    headline = page.inner_text("#headline")
    page = open_page(root, address="#step=1&by=inner", **options)
    assert page.inner_text("#headline") == headline
    assert page.input_value("#unit") == "inner"
    page.evaluate("location.hash = '#step=3&by=inner'")
    playwright.expect(page.locator("#count")).to_contain_text("3 of")


@pytest.mark.parametrize(("unit", "forward"), [("operation", 7), ("inner", 4), ("outer", 3)])
def test_a_step_takes_an_operation_a_neuron_or_a_layer(open_page, unit, forward):  # noqa: F811
    root, options = network(2, 2, 1)
    page = open_page(root, **options)
    assert page.locator("#unit option").all_inner_texts() == ["operation", "neuron", "layer"]
    page.select_option("#unit", unit)
    assert int(page.get_attribute("#slider", "max")) == 2 * forward + 1
    page.click("#expand-all")
    press(page, "ArrowRight")
    assert page.locator(".box.current").count() == {"operation": 1, "inner": 2, "outer": 4}[unit]
    press(page, "End")
    for box in page.locator("[data-box]:not(.constant)").all():
        assert box.get_attribute("data-adjoint") is not None


def test_closed_modules_show_the_numbers_they_hand_on(open_page):  # noqa: F811
    root, options = network(2, 2, 1)
    page = open_page(root, **options)
    press(page, "End")
    order = [v for v in autograd.topological_order(root) if v.primitive is not None]
    tanh = [v for v in order if v.primitive.name == "tanh"]
    texts = page.locator(".header.closed").all_text_contents()
    assert len(texts) == 4
    for v in tanh:
        for number in (v.data, v.grad):
            short = f"{number:.4g}".replace("-", "−")
            assert any(short in text for text in texts), short
    page.click("#collapse-all")
    page.wait_for_timeout(100)
    assert page.locator(".header.closed").count() == 3


@pytest.mark.parametrize("scale", [0.3, 0.9, 2.0, 5.0])
def test_the_view_follows_the_current_box_at_any_zoom(open_page, scale):  # noqa: F811
    root, options = network(3, 3, 2)
    page = open_page(root, width=1024, height=768, **options)
    page.click("#expand-all")
    now = page.evaluate("document.querySelector('#world').transform.baseVal.consolidate().matrix.a")
    for _ in range(abs(round(math.log(scale / now, 1.4)))):
        page.click("#zoom-in" if scale > now else "#zoom-out")
    stage = page.locator("#stage").bounding_box()
    for _ in range(27):
        press(page, "ArrowRight")
        box = page.locator(".current").last.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        assert stage["x"] < x < stage["x"] + stage["width"]
        assert stage["y"] < y < stage["y"] + stage["height"]
        if scale < 2.0:
            assert box["x"] >= stage["x"] - 3
            assert box["x"] + box["width"] <= stage["x"] + stage["width"] + 3


def test_tab_goes_through_the_picture_as_one_reads_it(open_page):  # noqa: F811
    root, options = network(2, 2, 1)
    page = open_page(root, **options)
    page.click("#expand-all")
    page.focus("#theme")
    reached = []
    for _ in range(32):
        press(page, "Tab")
        reached.append(page.evaluate("document.activeElement.querySelector?.('.name, .title')?.textContent"))
    start = reached.index("x₁")
    assert reached[start : start + 14] == [
        "x₁", "x₂", "layer 1: 2 → 2, tanh", "neuron 1", "W₁₁", "W₂₁", "b₁", "s₁", "h₁",
        "neuron 2", "W₁₂", "W₂₂", "b₂", "s₂",
    ]  # fmt: skip


def test_the_panel_folds_and_the_map_moves_the_view(open_page):  # noqa: F811
    root, options = network(2, 16, 16, 1)
    page = open_page(root, **options)
    page.click("#fold")
    assert not page.is_visible("#panel")
    assert page.get_attribute("#fold", "aria-expanded") == "false"
    page.click("#expand-all")
    for _ in range(6):
        page.click("#zoom-in")
    view = "document.querySelector('#world').getAttribute('transform')"
    before = page.evaluate(view)
    place = page.locator("#map").bounding_box()
    page.mouse.click(place["x"] + 4, place["y"] + place["height"] - 4)
    assert page.evaluate(view) != before


def test_a_graph_of_three_thousand_boxes_opens_in_bands_that_open(open_page):  # noqa: F811
    root, _ = chain()
    page = open_page(root)
    assert page.locator(".box").count() == 2
    assert page.locator(".header.closed").count() == 4
    for _ in range(3):
        page.locator(".header.closed").first.press("Enter")
        page.wait_for_timeout(100)
    press(page, "0")
    page.wait_for_timeout(150)
    assert page.locator(".header.closed").count() == 4 + 3 * 3
    press(page, "End")
    page.wait_for_timeout(100)
    assert math.isclose(
        float(page.get_attribute('[data-name="x"]', "data-adjoint")),
        next(v for v in autograd.topological_order(root) if v.label == "x").grad,
        rel_tol=1e-9,
    )
