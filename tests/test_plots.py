"""The plots of `nn.plots`: what is drawn is what the engine says, on the axes given, and text overlaps nowhere."""

import math
import sys
from itertools import combinations
from random import Random

import pytest

import autograd
from autograd import Value, derivative
from autograd.render.pictures.style import SERIES, contrast
from nn import (
    MLP,
    Dataset,
    Dropout,
    History,
    Linear,
    Sequential,
    accuracy,
    cross_entropy,
    make_blobs,
    make_moons,
    mse_loss,
    plots,
)
from nn import confusion_matrix as counted
from nn.judging.plane import plane, surface
from nn.models.activations import ACTIVATIONS

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is optional")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")


def network(*sizes, **options):
    return MLP(2, list(sizes), activation="tanh", rng=Random(0), **options)


def swept():
    model = network(3, 1)
    mse_loss([model([1.0, 2.0])], [0.5]).backward()
    return model


MODEL = network(3, 1)
MOONS = make_moons(40, noise=0.1, seed=0)
HISTORY = History()
for epoch in range(1, 6):
    HISTORY.append({"loss": 9.0 ** (1 - epoch), "validation_loss": 1.2 / epoch, "accuracy": 1 - 0.5 / epoch})

EVERY = {
    "function": lambda **on: plots.function(autograd.sin, -3.0, 3.0, at=[-1.0, 2.0], **on),
    "contours": lambda **on: plots.contours(
        lambda v: v[0] ** 2 + v[1] ** 2, (-2, 2), (-1, 1), [(1.5, 1.0), (0.5, 0.25)], **on
    ),
    "finite_differences": lambda **on: plots.finite_differences(autograd.exp, 1.0, **on),
    "activation_gallery": lambda **on: plots.activation_gallery(**on),
    "decision_boundary": lambda **on: plots.decision_boundary(MODEL, MOONS, grid=20, **on),
    "confusion_matrix": lambda **on: plots.confusion_matrix([0, 1, 2, 2], [0, 1, 2, 1], names="abc", **on),
    "reliability_diagram": lambda **on: plots.reliability_diagram([0.75, 0.9, 0.6, 0.2], [1, 1, 0, 0], **on),
    "loss_curves": lambda **on: plots.loss_curves(HISTORY, **on),
    "loss_landscape": lambda **on: plots.loss_landscape(
        MODEL, lambda: mse_loss([MODEL([1.0, 2.0])], [0.5]), grid=7, **on
    ),
    "weight_histograms": lambda **on: plots.weight_histograms(MODEL, **on),
    "gradient_norms": lambda **on: plots.gradient_norms(swept(), **on),
}


def test_every_plot_is_tested():
    assert set(EVERY) == set(plots.__all__)


# ---------------------------------------------------------------- what holds for all


@pytest.mark.parametrize("name", EVERY)
def test_a_plot_is_drawn_on_the_axes_given_which_it_returns_and_nothing_is_shown(name, monkeypatch):
    monkeypatch.setattr(plt, "show", lambda: pytest.fail("it must not show"))
    figure, (left, right) = plt.subplots(1, 2, figsize=(14, 8), layout="constrained")
    assert EVERY[name](ax=right) is right
    assert not left.has_data()
    by_hand = figure.add_axes([0.1, 0.1, 0.3, 0.3])
    assert EVERY[name](ax=by_hand) is by_hand
    assert len(plt.get_fignums()) == 1
    assert EVERY[name]().figure is not figure


@pytest.mark.parametrize("name", EVERY)
def test_no_text_overlaps_another_or_leaves_the_figure(name):
    figure = EVERY[name]().figure
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    whole = figure.bbox.padded(1.0)
    shown = [text for text in figure.findobj(matplotlib.text.Text) if text.get_visible() and text.get_text().strip()]
    unseen = set(_beyond_the_limits(figure))
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in shown if text not in unseen]
    assert len(boxes) > 5
    for text, box in boxes:
        assert whole.x0 <= box.x0 <= box.x1 <= whole.x1, text
        assert whole.y0 <= box.y0 <= box.y1 <= whole.y1, text
    for (one, first), (other, second) in combinations(boxes, 2):
        # a box holds room above and below its letters
        assert not first.padded(-1.5).overlaps(second.padded(-1.5)), (one, other)


def _beyond_the_limits(figure):
    """The labels of ticks that matplotlib does not draw, because they are out of view."""
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            if not low <= tick.get_loc() <= high:
                yield from (tick.label1, tick.label2)


@pytest.mark.parametrize("name", EVERY)
def test_without_matplotlib_a_plot_says_what_to_install(name, monkeypatch):
    for module in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModuleNotFoundError, match=rf"plots\.{name} needs matplotlib: pip install matplotlib"):
        EVERY[name]()


# ---------------------------------------------------------------- functions


def test_a_function_is_drawn_with_the_derivative_of_the_engine():
    f = lambda x: x * autograd.sin(x)
    ax = plots.function(f, -2.0, 3.0, at=[1.0])
    values, slopes, tangent = ax.get_lines()
    xs = [float(x) for x in values.get_xdata()]
    assert (xs[0], xs[-1]) == (-2.0, 3.0)
    assert list(values.get_ydata()) == [f(x) for x in xs]
    assert list(slopes.get_ydata()) == [derivative(f)(x) for x in xs]
    (x0, y0), (x1, y1), (x2, y2) = tangent.get_xydata()
    assert (x1, y1) == (1.0, f(1.0))
    for rise, run in ((y2 - y1, x2 - x1), (y1 - y0, x1 - x0)):
        assert rise / run == pytest.approx(derivative(f)(1.0), rel=1e-12)


def test_functions_of_trained_values_are_drawn_and_record_nothing():
    slope = Value(2.0)
    before = autograd.live_values() if autograd.engine_info().core == "compiled" else None
    ax = plots.function(lambda x: slope * x, 0.0, 1.0)
    assert ax.get_lines()[-2].get_ydata()[-1] == 2.0
    assert before is None or autograd.live_values() == before


def test_contours_hold_the_values_and_the_path_of_values():
    f = lambda v: v[0] * v[1]
    path = [[Value(1.0), Value(-0.5)], [0.5, 0.25]]
    ax = plots.contours(f, (-1.0, 1.0), (-2.0, 2.0), path)
    assert ax.get_lines()[0].get_xydata().tolist() == [[1.0, -0.5], [0.5, 0.25]]
    assert ax.get_lines()[0].get_label() == "path, 1 step"
    filled = ax.collections[0]
    assert (filled.levels[0], filled.levels[-1]) == (-2.0, 2.0)  # the least and the largest product on the rectangle
    lines = plots.contours(f, (0.5, 1.0), (0.5, 2.0)).collections[1]
    for level, line in zip(lines.levels, lines.get_paths(), strict=True):
        for x, y in line.vertices:
            assert x * y == pytest.approx(level, abs=2e-3)  # lines are straight across a square of the grid


def test_a_constant_has_contours_too():
    assert plots.contours(lambda v: 3.0, (0, 1), (0, 1)).get_xlim() == (0.0, 1.0)


def test_errors_of_differences_are_those_to_the_engine():
    f = autograd.sin
    ax = plots.finite_differences(f, 0.5)
    forward, central = ([tuple(map(float, point)) for point in line.get_xydata()] for line in ax.get_lines())
    exact = derivative(f)(0.5)
    for h, error in forward:
        assert error == pytest.approx(abs((f(0.5 + h) - f(0.5)) / h - exact), nan_ok=True) or math.isnan(error)
    assert min(error for _, error in forward) < 1e-8
    assert min(error for _, error in central if error == error) < 1e-10
    assert dict(forward)[1e-4] == pytest.approx(abs(-f(0.5)) / 2 * 1e-4, rel=1e-3)  # truncation: f″·h/2


def test_a_gallery_has_a_panel_for_each_activation_with_its_derivative():
    ax = plots.activation_gallery(["relu", "sin", autograd.tanh], low=-1.0, high=1.0)
    panels = ax.figure.axes
    assert [panel.get_title() for panel in panels] == ["relu", "sin", "tanh"]
    for panel, f in zip(panels, (autograd.relu, autograd.sin, autograd.tanh), strict=True):
        values, slopes = panel.get_lines()
        xs = [float(x) for x in values.get_xdata()]
        assert list(values.get_ydata()) == [f(x) for x in xs]
        assert list(slopes.get_ydata()) == [derivative(f)(x) for x in xs]
    assert {panel.get_title() for panel in plots.activation_gallery().figure.axes} >= set(ACTIVATIONS)


# ---------------------------------------------------------------- judgements


def test_the_boundary_is_where_the_model_turns():
    model = Linear(2, 1)
    model.load_state_dict(dict(zip(model.state_dict(), (1.0, 2.0, -1.0), strict=True)))
    ax = plots.decision_boundary(model, Dataset([[0.0, 0.0], [1.0, 1.0]], [0, 1]), grid=11)
    lines = ax.collections[1].get_paths()[0].vertices
    assert len(lines) > 5
    for x, y in lines:
        assert x + 2.0 * y == pytest.approx(1.0, abs=1e-9)


def test_each_class_has_its_mark_and_colour_and_its_samples():
    data = make_blobs(30, seed=1)
    ax = plots.decision_boundary(MLP(2, [4, 3], rng=Random(0)), data, grid=12)
    marks = [found for found in ax.collections if found.get_label().startswith("class")]
    assert [found.get_label() for found in marks] == ["class 0", "class 1", "class 2"]
    for i, found in enumerate(marks):
        expected = [x for x, y in data if y == i]
        assert found.get_offsets().tolist() == expected
        assert matplotlib.colors.to_hex(found.get_facecolor()[0]) == SERIES[i]
    assert len({str(found.get_paths()[0].vertices.tolist()) for found in marks}) == 3


def test_a_boundary_of_numbers_has_a_bar_and_dropout_is_off():
    data = Dataset([[0.0, 0.0], [1.0, 1.0], [1.0, 0.0]], [0.25, 1.5, 0.5])
    model = Sequential(Linear(2, 1, rng=Random(0)), Dropout(0.5, rng=Random(0)))
    ax = plots.decision_boundary(model, data, grid=9)
    assert len(ax.figure.axes) == 2
    assert model.training
    filled = ax.collections[0]
    values = surface(model, plane(data), 9)
    assert min(values) < 0.0 < max(values)
    assert filled.levels[-1] == -filled.levels[0] == max(map(abs, values))  # so that white is 0


def test_a_boundary_needs_two_features():
    with pytest.raises(ValueError, match="decision_boundary: samples must have 2 features, these have 3"):
        plots.decision_boundary(MODEL, ([[0.0, 1.0, 2.0]], [0]))


def test_counts_of_the_confusion_matrix_are_those_of_the_metric():
    target, predicted = [0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 2, 0]
    ax = plots.confusion_matrix(target, predicted)
    assert [int(text.get_text()) for text in ax.texts] == [n for row in counted(target, predicted) for n in row]
    assert ax.images[0].get_array().tolist() == counted(target, predicted)
    assert ax.get_title() == f"4 of 6 right, {accuracy(target, predicted):.1%}"
    names = plots.confusion_matrix(target, predicted, names=["a", "b", "c"]).get_xticklabels()
    assert [name.get_text() for name in names] == ["a", "b", "c"]


def test_text_of_the_confusion_matrix_can_be_read_on_every_shade():
    ax = plots.confusion_matrix([0] * 100 + [1] * 100, [0] * 55 + [1] * 45 + [1] * 100)
    for text in ax.texts:
        x, y = text.get_position()
        shade = matplotlib.colors.to_hex(ax.images[0].to_rgba(ax.images[0].get_array())[y][x])
        assert contrast(matplotlib.colors.to_hex(text.get_color()), shade) >= 4.5


# ---------------------------------------------------------------- trainings


def test_losses_and_metrics_have_a_panel_each_with_validation_dashed():
    ax = plots.loss_curves(HISTORY)
    losses, metrics = ax.figure.axes
    assert losses is ax
    assert [line.get_label() for line in losses.get_lines()] == ["loss", "validation loss"]
    assert [line.get_linestyle() for line in losses.get_lines()] == ["-", "--"]
    assert [line.get_color() for line in losses.get_lines()] == list(SERIES[:2])
    assert list(losses.get_lines()[0].get_ydata()) == HISTORY["loss"]
    assert list(metrics.get_lines()[0].get_ydata()) == HISTORY["accuracy"]
    assert losses.get_yscale() == "log"  # it fell by 9⁴
    assert metrics.get_ylim() == (-0.03, 1.03)
    assert losses.get_xlim() == metrics.get_xlim()
    assert (losses.get_xlabel(), metrics.get_xlabel()) == ("", "epoch")


def test_history_plots_its_curves():
    ax = HISTORY.plot()
    assert [panel.get_ylabel() for panel in ax.figure.axes] == ["loss", "accuracy"]
    assert History().plot().get_xlabel() == "epoch"
    only = History()
    only.append({"r2": 0.5})
    assert only.plot().get_ylabel() == "r2"


def test_the_plot_of_one_epoch_shows_it():
    history = History()
    history.append({"loss": 2.0})
    assert repr(history) == "History(1 epoch: loss 2)"
    ax = history.plot()
    (line,) = ax.get_lines()
    assert line.get_marker() == "."
    low, high = ax.get_xlim()
    assert [tick for tick in ax.get_xticks() if low <= tick <= high] == [1.0]


def test_the_landscape_is_the_loss_along_the_directions_and_moves_nothing():
    model = network(2, 1)
    before = model.state_dict()
    loss = lambda: mse_loss([model([1.0, -1.0]), model([0.5, 2.0])], [0.0, 1.0])
    at_rest = loss().data
    u = {name: float(i == 0) for i, name in enumerate(before)}
    v = {name: float(i == 1) for i, name in enumerate(before)}
    seen = []

    def watched():
        value = loss()
        seen.append((*[model.state_dict()[name] - before[name] for name in list(before)[:2]], value.data))
        return value

    ax = plots.loss_landscape(model, watched, directions=(u, v), radius=0.5, grid=3)
    assert model.state_dict() == before
    assert [(round(a, 12), round(b, 12)) for a, b, _ in seen] == [
        (a, b) for b in (-0.5, 0, 0.5) for a in (-0.5, 0, 0.5)
    ]
    assert seen[4][2] == at_rest
    filled = ax.collections[0]
    assert (filled.levels[0], filled.levels[-1]) == (min(x[2] for x in seen), max(x[2] for x in seen))


def test_random_directions_have_the_norms_of_the_rows_and_a_failing_loss_leaves_the_model():
    model = network(3, 1)
    before = model.state_dict()
    places = []

    def loss():
        places.append(model.state_dict())
        return 1.0 if len(places) < 3 else 1 / 0

    with pytest.raises(ZeroDivisionError):
        plots.loss_landscape(model, loss, radius=2.0, grid=2)
    assert model.state_dict() == before
    first, second = places[:2]  # -2u - 2v, 2u - 2v: half their difference is 2u
    for row in ("layers.0.neurons.1.w.", "layers.1.neurons.0.w.", "layers.0.neurons.0.b"):
        names = [name for name in before if name.startswith(row)]
        norm = math.hypot(*((second[name] - first[name]) / 4.0 for name in names))
        assert norm == pytest.approx(math.hypot(*(before[name] for name in names)), rel=1e-9)


def test_directions_are_checked():
    with pytest.raises(ValueError, match="directions must be two, u and v, not 1"):
        plots.loss_landscape(MODEL, lambda: 0.0, directions=[MODEL.state_dict()])
    with pytest.raises(KeyError, match="loss_landscape"):
        plots.loss_landscape(MODEL, lambda: 0.0, directions=[MODEL.state_dict(), {}])


def test_histograms_count_each_parameter_of_each_layer():
    model = network(5, 3, 1)
    panels = plots.weight_histograms(model).figure.axes
    assert [sum(bar.get_height() for bar in panel.patches) for panel in panels] == [15, 18, 4]
    edges = [[bar.get_x() for bar in panel.patches] for panel in panels]
    assert edges[0] == edges[1] == edges[2]
    assert min(edges[0]) == min(model.state_dict().values())


def test_gradient_norms_are_those_of_the_layers():
    model = swept()
    ax = plots.gradient_norms(model)
    for i, bar in enumerate(ax.patches):
        grads = [p.grad for name, p in model.named_parameters() if name.startswith(f"layers.{i}.")]
        assert bar.get_width() == pytest.approx(math.hypot(*grads), rel=1e-15)
    model.layers[0].requires_grad_(False)
    with pytest.raises(ValueError, match=r"no parameter has a gradient; call backward\(\)"):
        plots.gradient_norms(network(2, 1))
    with pytest.raises(ValueError, match="the model has no parameters"):
        plots.gradient_norms(Dropout(0.5))


def test_layers_of_other_models_are_found():
    model = Sequential(Linear(2, 3, rng=Random(0)), Dropout(0.1), Linear(3, 2, rng=Random(0)))
    cross_entropy([model([1.0, 2.0])], [1]).backward()
    names = [label.get_text() for label in plots.gradient_norms(model).get_yticklabels()]
    assert len(names) == 2
    assert [label.get_text() for label in plots.gradient_norms(_swept_linear()).get_yticklabels()] == ["neurons.0"]


def _swept_linear():
    model = Linear(2, 1, rng=Random(0))
    model([1.0, 2.0]).backward()
    return model
