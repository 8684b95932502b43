# %% [markdown]
# # Stepping through backpropagation, and through a training
# Two pages that need no network and no server: open them in a browser.
#
# What to see: backpropagation step by step, with ← and →, or space; a training to scrub through; and a film of the
# same for slides.
#
# Notes: 001 · Training Steps ① ② ③; 003 · 6.3 Reverse-Mode Automatic Differentiation.

# %%
from functools import partial
from pathlib import Path
from random import Random

from sklearn.datasets import make_moons

from autograd import Value, animate, to_html
from nn import MLP, Adam, binary_cross_entropy_with_logits
from nn.fitting.snapshots import Snapshots
from nn.fitting.training import fit
from nn.judging.metrics import accuracy

OUT = Path("out")

# %% [markdown]
# A 2-2-1 network, one sample, one loss.  Forward, each operation computes its value and keeps its local partials;
# backward, each node multiplies its gradient with them and passes the products on.  Close a layer with a click on its
# title; hover for all digits.

# %%
model = MLP(2, [2, 1], activation="tanh", rng=Random(3))
x1, x2 = Value(1.0, label="x1"), Value(-2.0, label="x2")
y = model([x1, x2])
y.label = "y"
loss = (y - 1.0) ** 2
loss.label = "loss"
loss.backward()
print("step through it in", to_html(loss, OUT / "page.html", model=model))
print("for slides it is in", animate(loss, OUT / "page_film.svg", model=model))

# %% [markdown]
# Two moons, learnt by a 2-8-8-1 network: the boundary, the loss and every weight through the epochs.

# %%
points, classes = make_moons(n_samples=120, noise=0.12, random_state=0)
points = (points - points.mean(axis=0)) / points.std(axis=0)
data = points.tolist(), classes.tolist()
model = MLP(2, [8, 8, 1], activation="tanh", initializer="xavier_uniform", rng=Random(0))
snapshots = Snapshots(every=1, data=data)

history = fit(
    model, data, binary_cross_entropy_with_logits, Adam(model.parameters(), lr=0.03), epochs=40, batch_size=20,
    metrics={"accuracy": partial(accuracy, threshold=0.0)}, callbacks=[snapshots],
)  # fmt: skip
print(history)
print("scrub through it in", to_html(snapshots, OUT / "page_training.html", title="A network learns two moons"))

# %% [markdown]
# ## Exercises
# 1. Step through `page.html` to the first adjoint of a hidden neuron, and predict it before you press the key.  Then
#    click x1, write 3, and see which numbers move.
# 2. Make a page of the 3-3-2 network of the lecture with half its squared error, and find δ⁽²⁾ and δ⁽¹⁾ in it.
