# %% [markdown]
# # A network in one picture
# A network with two inputs, two hidden neurons and one output. Open `out/picture.svg` in a browser: it is light or
# dark as you prefer, and pointing at a box shows all digits.
#
# What to see: every number in it, every gradient, and on each arrow the local partial derivative that the chain rule
# multiplies.
#
# Notes: 002 · Forward process, Backward process; 000 · Multi-layer perceptron (MLP), shapes; 003 · 6.3 Reverse-Mode
# Automatic Differentiation.

# %%
from pathlib import Path
from random import Random

from autograd import Value, draw
from nn import MLP

OUT = Path("out")

model = MLP(2, [2, 1], rng=Random(4))
x1, x2 = Value(1.0, label="x₁"), Value(-2.0, label="x₂")
prediction = model([x1, x2])
prediction.label = "ŷ"
prediction.backward()

print(draw(prediction, OUT / "picture.svg", model=model))
print(model.summary())
print(model.tree())

# %% [markdown]
# The same network coloured by the size of the gradients, and with each neuron written out in × and +.

# %%
print(draw(prediction, OUT / "picture_gradients.svg", model=model, colour="grad"))
print(draw(prediction, OUT / "picture_expanded.svg", model=model, expand=True))

# %% [markdown]
# Another sample switches the first neuron off: its ReLU gives 0 and passes nothing back, so the gradients of its
# parameters are 0. The dashed arrows are those along which no gradient comes back.

# %%
model.zero_grad()
other = model([Value(3.0, label="x₁"), Value(-1.2, label="x₂")])
other.label = "ŷ"
other.backward()
print(draw(other, OUT / "picture_relu_off.svg", model=model))
off = [p.grad for p in model.layers[0].neurons[0].parameters()]
print("gradients of the neuron that is off:", off)

# %% [markdown]
# ## Exercises
# 1. In `picture.svg` follow both paths from x₂ to ŷ, multiply the numbers on their arrows, add, and compare with the
#    grad of x₂.  `explain` does the same in words.
# 2. Draw networks of 10, 20, 40 and 200 hidden units.  From how many nodes on is the graph summed up by its modules?
