"""Losses: against PyTorch, the closed forms of the notes, and mpmath; what they refuse; how small their graphs are."""

import functools
import json
import math
import operator
import random
from pathlib import Path

import mpmath
import numpy as np
import pytest

import autograd
from autograd import Value, grad, gradcheck, topological_order
from nn.objectives import losses
from nn.objectives.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    gaussian_nll_loss,
    gaussian_variance,
    half_squared_loss,
    hinge_loss,
    huber_loss,
    kl_div,
    l1_loss,
    margin,
    mse_loss,
    multi_margin_loss,
    nll_loss,
)

REFERENCES = json.loads((Path(__file__).parent / "references" / "losses_pytorch.json").read_text(encoding="utf-8"))
CASES = REFERENCES["cases"]
ELEMENTWISE = [mse_loss, l1_loss, huber_loss, half_squared_loss, kl_div]


def values(x):
    """Nested lists of numbers as nested lists of Values."""
    return [values(item) for item in x] if isinstance(x, list) else Value(x)


def numbers(x, attribute="data"):
    return [numbers(item, attribute) for item in x] if isinstance(x, list) else getattr(x, attribute, x)


def flat(x):
    return [number for item in x for number in flat(item)] if isinstance(x, list) else [x]


def nodes(root):
    return [node.primitive.name for node in topological_order(root) if node.primitive]


def gradient(x):
    return flat(numbers(x, "grad"))


def case_name(case):
    shape, options = np.shape(case["input"]), case["options"]
    return f"{case['loss']}-{shape}-{','.join(options)}".replace(" ", "")


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_values_and_gradients_are_pytorchs(case):
    """1e-12: both round each of some ten operations to 1e-16, and PyTorch takes exponentials where we do not."""
    loss = getattr(losses, case["loss"])
    for reduction in ("mean", "sum", "none"):
        x, options = values(case["input"]), dict(case["options"])
        leaves = [x]
        if "var" in options:
            options["var"] = values(options["var"])
            leaves.append(options["var"])
        y = loss(x, case["target"], reduction=reduction, **options)
        assert np.shape(numbers(y)) == np.shape(case[reduction])
        assert flat(numbers(y)) == pytest.approx(flat(case[reduction]), rel=1e-12, abs=1e-12)
        if reduction == "mean":
            y.backward()
            if case["loss"] == "binary_cross_entropy" and 0.0 in flat(case["input"]):
                continue  # (p - t) / max(p (1 - p), 1e-12) there, PyTorch's gradient is not that of its value
            for leaf, reference in zip(leaves, case["gradients"], strict=True):
                assert gradient(leaf) == pytest.approx(flat(reference), rel=1e-12, abs=1e-12)


def test_every_loss_is_compared_with_pytorch():
    compared = {case["loss"] for case in CASES}
    assert set(losses.__all__) - compared == {"margin", "gaussian_variance"}


def can_be_differenced(case):
    """Not too large to wait for; inside the domain; no large numbers, which cancel; not below the eps of a variance."""
    x = flat(case["input"])
    on_the_edge = case["loss"] == "binary_cross_entropy" and 0.0 in x
    return len(x) <= 6 and not on_the_edge and max(map(abs, x)) < 100.0 and not case["options"].get("eps")


@pytest.mark.parametrize("case", list(filter(can_be_differenced, CASES)), ids=case_name)
def test_first_and_second_derivatives_are_those_of_finite_differences(case):
    loss = getattr(losses, case["loss"])
    options = {"reduction": "mean", **case["options"]}
    assert gradcheck(lambda x: loss(x, case["target"], **options), (case["input"],))


# ---------------------------------------------------------------- closed forms


def test_gradient_of_the_half_squared_loss_is_the_error():
    """dL/ds = -(y - s)."""
    s = [Value(0.3), Value(-1.25)]
    half_squared_loss(s, [1.0, 2.0], reduction="sum").backward()
    assert gradient(s) == [0.3 - 1.0, -1.25 - 2.0]


@pytest.mark.parametrize("outputs", [2, 3, 10])
def test_a_flat_list_is_what_the_half_squared_loss_of_the_notes_is_of_or_refused(outputs):
    """E = ½ Σₖ (tₖ - yₖ)² for one sample; as many samples of one output have the mean of that."""
    y, t = [0.5 * k for k in range(outputs)], [1.0] * outputs
    notes = 0.5 * sum((a - b) ** 2 for a, b in zip(t, y, strict=True))
    assert half_squared_loss([y], [t]) == pytest.approx(notes)
    assert half_squared_loss(y, t, reduction="sum") == pytest.approx(notes)
    assert half_squared_loss(y, t, reduction="mean") == pytest.approx(notes / outputs)
    for given in (y, tuple(y), np.array(y)):
        with pytest.raises(ValueError, match=rf"{outputs} numbers may be one sample of {outputs} outputs"):
            half_squared_loss(given, t)
    assert half_squared_loss([3.0], [1.0]) == half_squared_loss(3.0, 1.0) == 2.0


def test_gradient_of_cross_entropy_is_probabilities_minus_target():
    """∂CE/∂z = ŷ - y, for classes, one-hot and soft targets; 1e-15 is a few roundings of numbers below one."""
    z = [0.3, -0.2, 1.1]
    p = autograd.softmax(z)
    for target, y in ((1, [0, 1, 0]), ([0, 0, 1], [0, 0, 1]), ([0.25, 0.0, 0.75], [0.25, 0.0, 0.75])):
        x = values(z)
        cross_entropy(x, target).backward()
        assert gradient(x) == pytest.approx([a - b for a, b in zip(p, y)], abs=1e-15)


def test_gradient_of_binary_cross_entropy_is_probability_minus_target():
    """dL/ds = -(y - p), straight from the logit and by way of the probability."""
    for t in (0, 1, 0.25):
        for s in (-2.0, 0.5, 3.0):
            direct, composed = Value(s), Value(s)
            binary_cross_entropy_with_logits(direct, t).backward()
            binary_cross_entropy(composed.sigmoid(), t).backward()
            expected = -(t - autograd.sigmoid(s))
            assert direct.grad == pytest.approx(expected, abs=2e-16)  # t - σ(s) cancels, ours does not
            assert composed.grad == pytest.approx(expected, rel=1e-13)  # 1/p and 1/(1 - p) are rounded too


def test_gradient_of_the_logistic_loss_by_weights_is_that_of_the_notes():
    """∇CE = (f(x) - y)·x."""
    w, x = values([0.5, -1.0, 2.0]), [1.0, 2.0, -0.25]
    binary_cross_entropy_with_logits(autograd.dot(w, x), 1).backward()
    f = autograd.sigmoid(sum(a.data * b for a, b in zip(w, x)))
    assert gradient(w) == pytest.approx([(f - 1) * b for b in x], rel=1e-14)


def test_cross_entropy_of_probabilities_has_the_notes_gradient():
    """∂(-yᵀ log ŷ)/∂ŷ = -y / ŷ."""
    p = values([0.2, 0.5, 0.3])
    nll_loss([v.log() for v in p], 1).backward()
    assert gradient(p) == [0.0, -1 / 0.5, 0.0]


def test_the_variance_of_the_closed_form_minimises_the_gaussian_likelihood():
    y, t = [1.0, 2.0, 3.5], [1.5, 1.0, 3.0]
    best = gaussian_variance(y, t)
    assert best == np.mean((np.array(y) - t) ** 2)
    slope, curvature = grad(lambda v: gaussian_nll_loss(y, t, v)), grad(grad(lambda v: gaussian_nll_loss(y, t, v)))
    assert slope(best) == pytest.approx(0.0, abs=1e-15)
    assert curvature(best) == pytest.approx(0.5 / best**2, rel=1e-13)
    assert gaussian_nll_loss(y, t, best) == pytest.approx(0.5 * (math.log(best) + 1), rel=1e-15)


def test_the_gaussian_likelihood_is_the_density():
    density = math.exp(-gaussian_nll_loss(1.0, 2.5, 4.0, full=True))
    assert density == pytest.approx(float(mpmath.npdf(2.5, 1.0, 2.0)), rel=1e-15)


def test_a_variance_below_eps_gets_a_gradient_that_brings_it_back():
    var = Value(0.0)
    gaussian_nll_loss([1.0], [3.0], var).backward()
    assert var.grad < 0


def test_huber_loss_is_smooth_where_its_branches_meet():
    for r, value, slope in ((1.0, 0.5, 1.0), (-1.0, 0.5, -1.0), (0.0, 0.0, 0.0), (3.0, 2.5, 1.0)):
        x = Value(r)
        loss = huber_loss(x, 0.0)
        loss.backward()
        assert (loss.data, x.grad) == (value, slope)
    assert huber_loss(5.0, 0.0, delta=math.inf) == 12.5


LOSSES_OF_NOTHING = {
    "kl_div": lambda x, **more: kl_div([x, x], [0.0, 0.0], **more),
    "kl_div of logs": lambda x, **more: kl_div([x, x], [-1e9, -math.inf], log_target=True, **more),
    "cross_entropy without weights": lambda x, **more: cross_entropy([[x, 0.0]], [[0.5, 0.5]], weight=[0, 0], **more),
    "smoothed without weights": lambda x, **more: cross_entropy(
        [x, 0.0], [0.5, 0.5], weight=[0, 0], label_smoothing=0.1, **more
    ),
    "cross_entropy of one class": lambda x, **more: cross_entropy([[x]], [0], **more),
    "multi_margin_loss of one class": lambda x, **more: multi_margin_loss([[x]], [0], **more),
    "squared multi_margin_loss of one class": lambda x, **more: multi_margin_loss([x], 0, p=2, **more),
}


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", LOSSES_OF_NOTHING)
def test_the_loss_of_values_is_a_value_even_if_none_counts(name, reduction):
    for number in (0.5,) if "of one class" in name else (0.5, -math.inf, math.inf):
        x = Value(number)
        for loss in flat([LOSSES_OF_NOTHING[name](x, reduction=reduction)]):
            loss.backward()
            assert (loss.data, x.grad) == (0.0, 0.0)
    assert flat([LOSSES_OF_NOTHING[name](0.5, reduction=reduction)])[0].__class__ is float


@pytest.mark.filterwarnings("ignore")
def test_losses_have_their_limits_at_infinities():
    """Where PyTorch's are nan: docs/coming_from.md."""
    inf = math.inf
    for logits, target, expected in (
        ([inf, 0.0, 1.0], 0, 0.0), ([inf, 0.0, 1.0], 2, inf), ([inf, -inf, 0.0], 1, inf), ([-inf, inf, 0.0], 1, 0.0),
    ):  # fmt: skip
        assert cross_entropy(logits, target) == cross_entropy(values(logits), target).data == expected
    for logit, target, expected in (
        (inf, 1.0, 0.0),
        (-inf, 0.0, 0.0),
        (inf, 0.0, inf),
        (-inf, 1.0, inf),
        (-inf, 0.25, inf),
    ):
        assert binary_cross_entropy_with_logits(logit, target) == expected
        assert binary_cross_entropy_with_logits(Value(logit), target).data == expected
    for logarithm in (0.0, -1000.0, inf, -inf):
        assert kl_div(logarithm, 0.0) == kl_div(Value(logarithm), 0.0).data == 0.0
        assert kl_div(logarithm, -inf, log_target=True) == 0.0


def test_second_derivatives_at_kinks_of_a_slope_lie_between_those_of_both_sides():
    for f, kink in ((lambda x: huber_loss(x, 0.0, delta=0.5), 0.5), (lambda x: autograd.elu(x, 2.0), 0.0)):
        below, at, above = (autograd.derivative(f, 2)(kink + step) for step in (-1e-6, 0.0, 1e-6))
        assert min(below, above) <= at <= max(below, above)


@pytest.mark.parametrize("shape", [(), (3,), (2, 2)])
@pytest.mark.parametrize(
    ("loss", "curvature"),
    [
        (mse_loss, 2.0),
        (half_squared_loss, 1.0),
        *((functools.partial(huber_loss, delta=delta), 1.0) for delta in (0.25, 1.0, math.inf)),
        (functools.partial(gaussian_nll_loss, var=0.5), 2.0),
    ],
)
def test_a_perfect_fit_is_curved_as_what_is_around_it(loss, curvature, shape):
    """Newton's method needs the curvature of the sum there, at 0 and -0 too."""
    for number in (0.0, -0.0, -1.5):
        x, hits = Value(number), math.prod(shape)
        inputs = np.full(shape, x).tolist()
        slope = autograd.gradient(loss(inputs, np.full(shape, number).tolist(), reduction="sum"), x, create_graph=True)
        assert (slope.data, autograd.gradient(slope, x)) == (0.0, curvature * hits)


def test_the_subgradients_at_kinks_are_zero():
    x = values([1.0, 1.0])
    (l1_loss(x[:1], [1.0]) + hinge_loss(x[1:], [1])).backward()
    assert gradient(x) == [0.0, 0.0]


def test_margin_is_the_product_with_the_class():
    x = Value(-0.5)
    m = margin([[x, 2.0]], [[-1, 1]])
    assert numbers(m) == [[0.5, 2.0]]
    m[0][0].backward()
    assert x.grad == -1.0
    assert margin(2.0, np.int64(-1)) == -2.0
    assert hinge_loss(x, -1).data == max(0.0, 1 - margin(x, -1).data)


def test_divergence_is_cross_entropy_minus_entropy():
    z, p = [0.3, -0.2, 1.1], [0.25, 0.0, 0.75]
    entropy = -sum(q * math.log(q) for q in p if q)
    divergence = kl_div([autograd.log_softmax(z)], [p], reduction="batchmean")
    assert divergence == pytest.approx(cross_entropy(z, p) - entropy, rel=1e-14)
    assert kl_div([-1.0, -2.0], [-math.inf, -2.0], "sum", log_target=True) == 0.0


# ---------------------------------------------------------------- precision


def test_cross_entropies_keep_their_digits_at_any_logits():
    """Against mpmath; rel=1e-14 where the true loss is as small as 1e-300, or as large as 2000."""
    with mpmath.workdps(800):  # e^-1000 beside 1 needs 435 digits
        for logits in ([1000.0, 0.0, -1000.0], [40.0, 0.0, 1.0], [0.0, 700.0, 0.0], [-1000.0, -1000.0, -1000.0]):
            log_sum = mpmath.log(sum(mpmath.exp(mpmath.mpf(s)) for s in logits))
            for shares in ([1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0.25, 0.25], [0, 0.5, 0.5]):
                true = float(sum(q * (log_sum - s) for q, s in zip(shares, logits)))
                x = values(logits)
                loss = cross_entropy(x, shares)
                loss.backward()
                assert loss.data == pytest.approx(true, rel=1e-14)
                slopes = [float(mpmath.exp(s - log_sum) - q) for q, s in zip(shares, logits)]
                assert gradient(x) == pytest.approx(slopes, rel=1e-14, abs=1e-15)
        for s in (-1000.0, -40.0, -1e-3, 40.0, 1000.0):
            for t in (0.0, 1.0, 0.25):
                true = float(
                    t * mpmath.log1p(mpmath.exp(-mpmath.mpf(s))) + (1 - t) * mpmath.log1p(mpmath.exp(mpmath.mpf(s)))
                )
                assert binary_cross_entropy_with_logits(s, t) == pytest.approx(true, rel=1e-14)


def test_binary_cross_entropy_of_a_small_probability_is_that_probability():
    assert binary_cross_entropy(1e-20, 0) == 1e-20


def test_the_loss_of_an_impossible_event_is_finite_and_pulls_no_more():
    p = values([0.0, 1.0, 1e-50])
    loss = binary_cross_entropy(p, [1, 0, 1])
    loss.backward()
    assert loss.data == 100.0
    assert gradient(p) == [0.0, 0.0, 0.0]
    assert binary_cross_entropy([Value(0.0), Value(1.0)], [0, 1]).data == 0.0


def test_masked_logits_do_not_make_nan():
    z = [Value(0.5), Value(-math.inf), Value(1.0)]
    loss = cross_entropy(z, [0.5, 0.0, 0.5])
    loss.backward()
    assert math.isfinite(loss.data)
    assert all(map(math.isfinite, gradient(z)))


# ---------------------------------------------------------------- shapes and kinds of input


@pytest.mark.parametrize("loss", ELEMENTWISE, ids=lambda loss: loss.__name__)
def test_none_keeps_the_nesting_and_sums_to_the_others(loss):
    x, t = [[0.5, 1.5], [2.0, -1.0], [0.0, 0.25]], [[1.0, 1.0], [0.5, 0.25], [0.0, 0.5]]
    each = loss(x, t, reduction="none")
    shape = (3,) if loss is half_squared_loss else (3, 2)
    assert np.shape(each) == shape
    assert loss(x, t, reduction="sum") == pytest.approx(np.sum(each), rel=1e-15)
    assert loss(x, t) == pytest.approx(np.mean(each), rel=1e-15)


def test_arrays_frames_and_lists_give_the_same_loss():
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(4, 3)), rng.random(size=(4, 3))
    for loss in (*ELEMENTWISE, binary_cross_entropy_with_logits):
        expected = loss(x.tolist(), t.tolist())
        assert loss(x, t) == loss(pd.DataFrame(x), pd.DataFrame(t)) == loss(list(x), tuple(map(tuple, t))) == expected
        column, answers = pd.Series(x[:, 0]), pd.Series(t[:, 0])
        assert loss(x[:, 0], t[:, 0], reduction="sum") == loss(column, answers, reduction="sum")
        assert loss(x[0, 0], np.array(t[0, 0])) == loss(float(x[0, 0]), float(t[0, 0]))
    classes = np.array([0, 2, 1, 1])
    expected = cross_entropy(x.tolist(), classes.tolist())
    for target in (classes, pd.Series(classes), tuple(classes), list(classes.astype(np.uint8))):
        assert cross_entropy(x, target) == expected
    assert (
        cross_entropy(x, np.eye(3)[classes])
        == cross_entropy(pd.DataFrame(x), np.eye(3, dtype=int)[classes])
        == expected
    )
    assert hinge_loss(pd.Series([0.5, 2.0]), np.array([1, -1])) == hinge_loss([0.5, 2.0], [True, -1.0]) == 1.75
    assert mse_loss((x for x in [1.0, 2.0]), iter([1, 4])) == 2.0


def test_numbers_in_a_list_may_be_of_any_kind():
    kinds = [np.float32(0.5), np.int64(1), True, Value(2.0), np.array(1.5)]
    assert mse_loss(kinds, [0.0] * 5).data == (0.25 + 1 + 1 + 4 + 2.25) / 5


def test_targets_may_be_values_and_get_a_gradient():
    p, t = values([0.3, 0.6]), values([0.5, 0.5])
    binary_cross_entropy(p, t, reduction="sum").backward()
    assert gradient(t) == pytest.approx([-math.log(a / (1 - a)) for a in (0.3, 0.6)], rel=1e-14)
    z, q = values([1.0, 2.0]), values([0.5, 0.5])
    cross_entropy(z, q).backward()
    log_p = autograd.log_softmax([1.0, 2.0])
    assert gradient(q) == pytest.approx([-a for a in log_p], rel=1e-14)


def test_losses_differentiate_forward_and_twice():
    z = [0.3, -0.2, 1.1]
    p = autograd.softmax(z)
    hessian = autograd.hessian(lambda x: cross_entropy(x, [0.25, 0.5, 0.25]))(z)
    true = np.diag(p) - np.outer(p, p)  # the Jacobian of the softmax
    assert np.array(hessian) == pytest.approx(true, abs=1e-15)
    for loss in (mse_loss, huber_loss, binary_cross_entropy_with_logits):
        _, tangent = autograd.jvp(lambda x, loss=loss: loss(x, [0.5, 0.25, 1.0]), (z,), ([1.0, 2.0, 3.0],))
        slopes = grad(lambda x, loss=loss: loss(x, [0.5, 0.25, 1.0]))(z)
        assert tangent == pytest.approx(np.dot(slopes, [1.0, 2.0, 3.0]), rel=1e-14)


def test_graphs_are_small():
    x, t = values([0.5, -1.5, 2.0]), [1.0, 0.0, 1.0]
    assert nodes(mse_loss(x, t)) == ["sub"] * 3 + ["dot", "div"]
    assert len(nodes(half_squared_loss([x, x], [t, t]))) == 6 + 3
    assert sorted(nodes(l1_loss(x, t))) == ["abs"] * 3 + ["mean"] + ["sub"] * 3
    assert len(nodes(huber_loss(x, t))) == 3 * 3 + 5
    assert sorted(nodes(binary_cross_entropy_with_logits(x, t))) == ["mean", "neg", "neg"] + ["softplus"] * 3
    assert nodes(cross_entropy(x, 2)) == nodes(cross_entropy(x, [0, 0, 1])) == ["log_softmax", "neg"]
    assert len(nodes(gaussian_nll_loss(x, t, Value(2.0)))) == 3 + 8


def test_a_loss_changes_nothing_it_was_given():
    x, t = values([[0.5, 1.0], [0.25, 0.5]]), [[0.5, 0.5], [1.0, 0.0]]
    before = json.dumps([numbers(x), t])
    for loss in (*ELEMENTWISE, cross_entropy, binary_cross_entropy, binary_cross_entropy_with_logits):
        for reduction in ("mean", "sum", "none"):
            result = loss(x, t, reduction=reduction)
            assert result is not x
    assert json.dumps([numbers(x), t]) == before


SPECIAL = [0.0, -0.0, 1.0, -1.0, 5e-324, 1e-300, 1e300, -1e300, math.inf, -math.inf, math.nan]
PAIRS = [(x, y) for x in SPECIAL for y in SPECIAL]
OF_PAIRS = {
    **{f.__name__: lambda x, y, f=f: f([x], [y]) for f in (mse_loss, l1_loss, huber_loss, half_squared_loss, kl_div)},
    "kl_div of logs": lambda x, y: kl_div([x], [y], log_target=True),
    "gaussian_nll_loss": lambda x, y: gaussian_nll_loss([x], [1.0], [y]),
    "gaussian_nll_loss without eps": lambda x, y: gaussian_nll_loss([x], [1.0], [y], eps=0.0),
    "gaussian_nll_loss of one variance": lambda x, y: gaussian_nll_loss([x, 0.5], [1.0, 0.0], y, eps=0.0),
    "cross_entropy": lambda x, y: cross_entropy([x, y, 0.0], 0),
    "cross_entropy of shares": lambda x, y: cross_entropy([x, y, 0.0], [0.5, 0.25, 0.25]),
    "nll_loss": lambda x, y: nll_loss([x, y], 0),
    "multi_margin_loss": lambda x, y: multi_margin_loss([x, y], 0),
    "hinge_loss": lambda x, y: hinge_loss([x, y], [1, -1]),
    "binary_cross_entropy": lambda x, y: binary_cross_entropy([x], [y]),
    "binary_cross_entropy_with_logits": lambda x, y: binary_cross_entropy_with_logits([x, y], [0.0, 0.25]),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", OF_PAIRS)
def test_special_numbers_give_what_special_values_give(name):
    """Or are refused as well: what raises is a ValueError, never an arithmetic error of Python's."""

    def found(x, y):
        try:
            return numbers(OF_PAIRS[name](x, y))
        except ValueError as error:
            return type(error)

    for x, y in PAIRS:
        plain = found(x, y)
        for recorded in (found(Value(x), y), found(x, Value(y))):
            assert plain == recorded or (plain != plain and recorded != recorded), (x, y, plain, recorded)


# ---------------------------------------------------------------- refusals

X, T = [[0.5, 0.5], [0.25, 0.75]], [[1.0, 0.0], [0.5, 0.5]]
REFUSED = [
    (lambda: mse_loss(X, [1.0, 0.0]), r"mse_loss: 4 inputs, but 2 targets; input has shape \(2, 2\), target \(2,\)"),
    (lambda: mse_loss([[1.0, 2.0]], [[1.0], [2.0]]), r"mse_loss: input has shape \(1, 2\), target \(2, 1\)"),
    (lambda: mse_loss([1.0, 2.0], 1.0), r"shape \(2,\), target \(\)"),
    (lambda: l1_loss([[1.0, 2.0], [1.0]], T), r"l1_loss: input is ragged: .* \(1,\), \(2,\)"),
    (lambda: l1_loss([[1.0, 2.0], 1.0], T), r"input is ragged: .* \(\), \(2,\)"),
    (lambda: half_squared_loss([], []), "half_squared_loss: there are no inputs"),
    (lambda: mse_loss([[]], [[]]), "there are no inputs"),
    (lambda: mse_loss([1.0, 2.0], [1.0, math.nan]), "mse_loss: target 1 is nan"),
    (lambda: mse_loss([1.0], np.array([np.nan])), "target 0 is nan"),
    (lambda: half_squared_loss(1.0, 1.0, "batchmean"), "reduction must be 'mean', 'sum' or 'none', not 'batchmean'"),
    (lambda: cross_entropy([1.0, 2.0], 1, ["mean"]), "reduction must be"),
    (lambda: huber_loss(1.0, 2.0, delta=0.0), "huber_loss: delta must be above 0, not 0.0"),
    (lambda: huber_loss(1.0, 2.0, delta=math.nan), "delta must be from 0 to inf, not nan"),
    (lambda: gaussian_nll_loss(1.0, 2.0, -1.0), "gaussian_nll_loss: var must be at least 0, not -1.0"),
    (lambda: gaussian_nll_loss(1.0, 2.0, Value(math.nan)), "var must be at least 0, not nan"),
    (lambda: gaussian_nll_loss([1.0, 2.0], [1.0, 2.0], [1.0]), r"var has shape \(1,\), but input \(2,\)"),
    (lambda: gaussian_nll_loss(1.0, 2.0, 1.0, eps=-1.0), "eps must be at least 0 and finite, not -1.0"),
    (lambda: margin([1.0], [0.5]), "margin: targets must be -1 or 1, not 0.5"),
    (lambda: multi_margin_loss([1.0, 2.0], 1, p=3), "multi_margin_loss: p must be 1 or 2, not 3"),
    (lambda: multi_margin_loss([1.0, 2.0], 1, margin=math.nan), "margin must be finite"),
    (lambda: binary_cross_entropy([1.5], [1]), r"must be probabilities in \[0, 1\], not 1.5; for logits"),
    (lambda: binary_cross_entropy([Value(math.nan)], [1]), r"probabilities in \[0, 1\], not nan"),
    (lambda: binary_cross_entropy([0.5], [-0.5]), r"targets must lie in \[0, 1\], not -0.5"),
    (lambda: binary_cross_entropy([0.5], [1], weight=-1.0), "weight must be finite numbers of at least 0, not -1.0"),
    (lambda: binary_cross_entropy([0.5], [1], weight=[1.0, 2.0]), r"weight has shape \(2,\), .* the \(1,\) of input"),
    (lambda: binary_cross_entropy_with_logits([0.5], [1], pos_weight=math.inf), "pos_weight must be finite numbers"),
    (lambda: cross_entropy([1.0, 2.0], 2), "target 2 is not one of the classes 0 to 1"),
    (lambda: cross_entropy(X, [0]), "cross_entropy: 2 inputs, but 1 target"),
    (lambda: cross_entropy(X, 0), "2 inputs, but one target, 0"),
    (lambda: cross_entropy([[1.0, 2.0], [1.0]], [0, 0]), "every sample must have as many classes, not 1 or 2"),
    (lambda: cross_entropy([], []), "there are no inputs"),
    (lambda: cross_entropy([1.0, 2.0], [0.5, 0.4]), "must sum to one within 1e-06, not to 0.9"),
    (lambda: cross_entropy([1.0, 2.0], [1, 1]), "for targets that are classes, the input must be a sequence of logits"),
    (lambda: cross_entropy([1.0, 2.0], [1.5, -0.5]), "shares of a target must be at least 0, not -0.5"),
    (lambda: cross_entropy([1.0, 2.0], [math.nan, 1.0]), "at least 0, not nan"),
    (lambda: cross_entropy(X, [[1.0, 0.0, 0.0]] * 2), r"a target of shape \(3,\) for 2 classes"),
    (lambda: cross_entropy(X, [0, 1], label_smoothing=1.5), "label_smoothing must be from 0 to 1, not 1.5"),
    (lambda: cross_entropy(X, [0, 1], label_smoothing=math.nan), "label_smoothing must be"),
    (lambda: cross_entropy(X, [0, 1], weight=[1.0]), r"weight must be 2 numbers, one a class, not of shape \(1,\)"),
    (lambda: cross_entropy(X, [0, 0], weight=[0.0, 1.0]), "the weights of all targets are 0, so there is no mean"),
    *(
        (lambda f=f: f([[[0.5, 1.0], [0.25, 0.5]]], [0]), rf"{f.__name__}: a sample must be .* not of shape \(2, 2\)")
        for f in (cross_entropy, nll_loss, multi_margin_loss)
    ),
    *((lambda f=f: f([[]], [0]), "a sample has no classes") for f in (cross_entropy, nll_loss, multi_margin_loss)),
    (lambda: nll_loss(X, [0, 2]), "nll_loss: target 2 is not one of the classes"),
    (lambda: kl_div([0.5], [-0.5]), "kl_div: targets must be at least 0, not -0.5"),
]  # fmt: skip
NOT_NUMBERS = [
    *(
        (lambda f=f, wrong=wrong: f([wrong, 1.0], 0), f"{f.__name__}: input must be numbers, not")
        for f in (cross_entropy, nll_loss, multi_margin_loss)
        for wrong in (None, 1j)
    ),
    (lambda: mse_loss(["1"], [1.0]), "expected a sequence of numbers, got str '1'"),
    (lambda: mse_loss([1.0], [None]), "mse_loss: target must be numbers, not NoneType None"),
    (lambda: mse_loss({"a": 1}, [1.0]), "mse_loss: input: expected a sequence of numbers, got dict"),
    (lambda: mse_loss([1j], [1.0]), "mse_loss: input must be numbers, not complex 1j"),
    (lambda: cross_entropy(X, [0.0, 1.0]), r"number of a class, not float 0.0; say int\(target\), or y.astype\(int\)"),
    (lambda: cross_entropy(X, np.array([0.0, 1.0])), "number of a class, not float 0.0"),
    (lambda: cross_entropy(X, [True, False]), "number of a class, not bool True"),
    (lambda: cross_entropy(X, ["a", "b"]), "a target|expected a sequence of numbers"),
    (lambda: cross_entropy(X, [0, 1], label_smoothing="a"), "label_smoothing must be a number, not str 'a'"),
    (lambda: gaussian_nll_loss(1.0, 2.0, 1.0, eps=None), "eps must be a number, not NoneType None"),
    (lambda: gaussian_nll_loss(1.0, 2.0, 1.0, "mean"), "gaussian_nll_loss: full must be True or False, not 'mean'"),
    (lambda: kl_div([0.5], [0.5], log_target="no"), "kl_div: log_target must be True or False, not 'no'"),
    (lambda: cross_entropy(1.0, 0), "cross_entropy: input: expected a sequence of numbers, got float"),
    (lambda: nll_loss(X, [[1, 0], [0, 1]]), "nll_loss: the target must be the number of a class, not list"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_wrong_values_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("weight", [[1.0, 2.0], (1.0, 2.0), np.array([1.0, 2.0])], ids=type)
@pytest.mark.parametrize("loss", [binary_cross_entropy, binary_cross_entropy_with_logits, cross_entropy, nll_loss])
def test_a_weight_in_the_third_place_is_asked_for_by_name(loss, weight):
    """Where PyTorch has it."""
    with pytest.raises(ValueError, match=r"^reduction must be 'mean', .*; weights go by name, weight=…$"):
        loss([0.25, 0.5], [0.0, 1.0] if "binary" in loss.__name__ else 1, weight)


@pytest.mark.parametrize(("call", "message"), NOT_NUMBERS)
def test_what_is_not_a_number_is_refused(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_shares_may_miss_one_by_rounding_only():
    """By that of 32 bits, as probabilities may."""
    tenth = [0.1] * 10
    assert functools.reduce(operator.add, tenth) != 1.0  # `sum` is compensated since Python 3.12
    assert cross_entropy([0.0] * 10, tenth) == pytest.approx(math.log(10), rel=1e-15)
    shares = np.array([0.1, 0.2, 0.7], dtype=np.float32)
    assert math.fsum(map(float, shares)) != 1.0
    assert cross_entropy([[0.0, 0.0, 0.0]], [shares]) == pytest.approx(math.log(3), rel=1e-6)
    with pytest.raises(ValueError, match="sum to one"):
        cross_entropy([0.0, 0.0], [0.5, 0.5 + 2e-6])


def test_training_with_a_trainable_variance_finds_mean_and_variance():
    """Maximum likelihood of N(μ, σ²): the mean and the variance of the data, to 1e-6 after 300 steps of descent."""
    rng = random.Random(0)
    data = [rng.gauss(2.0, 0.5) for _ in range(20)]
    center, var = Value(1.0), Value(1.0)
    for _ in range(300):
        center.grad = var.grad = 0.0
        gaussian_nll_loss([center] * 20, data, var).backward()
        center.data -= 0.2 * center.grad
        var.data -= 0.1 * var.grad
    assert center.data == pytest.approx(np.mean(data), abs=1e-6)
    assert var.data == pytest.approx(np.var(data), abs=1e-6)
