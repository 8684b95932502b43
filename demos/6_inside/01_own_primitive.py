# %% [markdown]
# # A primitive of your own
# A primitive is a row of a table: a function of plain floats, and its partial derivatives.
#
# What to see: one written in five lines, and everything that it then has for nothing: every mode, any order,
# formulas, pictures, machine code, and a check that finds a wrong sign.
#
# Notes: 003 · 6.1 Problem Setup ("a set of primitives").

# %%
import math
from pathlib import Path

import matplotlib.pyplot as plt

from autograd import (
    GradcheckError,
    Value,
    derivative_expression,
    draw,
    exp,
    gradcheck,
    hessian,
    jit,
    jvp,
    primitive,
    program,
    taylor,
    value_and_grad,
)
from nn import MLP, SGD, fit, mse_loss, plots
from nn.plots.axes import colour

OUT = Path("out")
OUT.mkdir(exist_ok=True)

# %% [markdown]
# ## The row
# bell(x) = exp(−x²), with the derivative −2x·bell(x): written with the result y, which is there already.  `lowering`
# says how a machine computes it; the rest are names for people.


# %%
@primitive(
    partials=(lambda y, x: -2 * x * y,),
    lowering=lambda machine, x: machine.call("exp", -(x * x)),
    latex=r"\operatorname{bell}(#1)",
)
def bell(x):
    """exp(−x²)."""
    return math.exp(-x * x)


# %% [markdown]
# ## What it has for nothing
# A partial is made of operations that can be recorded, so it has derivatives itself: that is all of higher order.

# %%
x = Value(0.5, label="x")
y = bell(x)
y.label = "y"
y.backward()
print(f"reverse mode {x.grad:.6f}, forward mode {jvp(bell, (0.5,), (1.0,))[1]:.6f}")
print("its Taylor series at 0:", [c + 0.0 for c in taylor(bell, 0.0, 6)])
print("a Hessian through it:", [[round(h, 6) for h in row] for row in hessian(lambda v: bell(v[0] * v[1]))([0.5, 1.0])])
print("as a formula: y′ =", derivative_expression(y, x), "  in LaTeX:", y.latex())
print(program(y))
compiled = jit(value_and_grad(bell))
print("as machine code:", compiled(0.5))
print("as a picture:", draw(y, OUT / "own_primitive.svg"))

# %% [markdown]
# ## Is the derivative right?
# `gradcheck` holds it against differences, to second order.  A wrong sign does not get past.

# %%
print("gradcheck of bell:", gradcheck(bell, [0.5]))


@primitive(partials=(lambda y, x: 2 * x * y,))
def wrong(x):
    """exp(−x²), with a mistake in the derivative."""
    return math.exp(-x * x)


try:
    gradcheck(wrong, [0.5])
    found = ""
except GradcheckError as error:
    found = str(error)
print("gradcheck of wrong:", found)

# %% [markdown]
# ## A function that no formula gives
# Lambert's W is the w with w·eʷ = x.  Its value comes out of a loop; its derivative from the equation, by
# differentiating both sides: W′ = 1 / (eʷ (1 + w)).  The loop is never recorded.


# %%
@primitive(partials=(lambda w, _x: 1 / ((1 + w) * exp(w)),), domain="x > -1/e")
def lambert_w(x):
    """The w with w·exp(w) = x, by Newton's method."""
    w = math.log1p(x)
    for _ in range(50):
        w -= (w * math.exp(w) - x) / (math.exp(w) * (1.0 + w))
    return w


w = Value(2.0)
lambert_w(w).backward()
print(
    f"W(2) = {lambert_w(2.0):.10f}, W·exp(W) = {lambert_w(2.0) * math.exp(lambert_w(2.0)):.10f}, W′(2) = {w.grad:.6f}"
)
print("gradcheck:", gradcheck(lambert_w, [2.0]))

# %% [markdown]
# ## As an activation
# A network of five bells, one beside the other at first.

# %%
xs = [[i / 10.0] for i in range(-40, 41)]
ys = [math.sin(2.0 * x) * math.exp(-0.3 * x * x) for (x,) in xs]
model = MLP(1, [5, 1], activation=bell, initializer="zeros")
for neuron, place in zip(model.layers[0].neurons, (-2.0, -1.0, 0.0, 1.0, 2.0)):
    neuron.w[0].data, neuron.b.data = 1.0, -place
history = fit(model, (xs, ys), mse_loss, SGD(model.parameters(), lr=0.2), epochs=400, batch_size=81, compile=True)
print(f"loss {history['loss'][0]:.4f} at first, {history['loss'][-1]:.5f} after 400 steps")
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
plots.function(bell, -3.0, 3.0, at=[0.5], ax=left)
right.plot(xs, ys, color=colour(0), linewidth=3, alpha=0.5, label="the curve")
right.plot(xs, [output.data for output in model(xs)], color=colour(1), label="five bells")
right.set(xlabel="x", title="A network of bells")
right.legend()
figure.savefig(OUT / "own_primitive.png", dpi=110)

# %% [markdown]
# ## Exercises
# 1. Write a primitive of two operands, the length √(x² + y²), with partials that use the result.  What is to be said
#    of (0, 0)?
# 2. Rounding has the derivative 0 almost everywhere, so nothing can be learnt through it.  Write a primitive that
#    rounds forward and passes the gradient on unchanged (the "straight-through" trick), and train a weight through
#    it.  What does `gradcheck` say?
