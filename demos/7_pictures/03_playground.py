# %% [markdown]
# # A network to play with
# One file in which a network learns, without Python, server or network: open it in a browser, and press Play.
#
# What to see: the output, every neuron's map, every weight and its gradient while it learns; all that decides it may
# be changed.
#
# Notes: 000 · Network hyper-parameters; 001 · Neural Network Training; 003 · 5.2 Composition and Hidden Layers.

# %%
from pathlib import Path
from random import Random

from nn import MLP, Adam, binary_cross_entropy_with_logits, evaluate, fit, make_moons, random_split, to_playground

OUT = Path("out")

# %% [markdown]
# The network comes as it is, trained a little here.  In the page it goes on from these weights, on derivatives that
# were printed from what this library records, and to the numbers that `fit` would reach.

# %%
data = make_moons(200, noise=0.15, seed=0)
train, test = random_split(data, [140, 60], seed=0)
model = MLP(2, [8, 8, 1], activation="tanh", initializer="xavier_uniform", rng=Random(0))
loss = binary_cross_entropy_with_logits
fit(model, train, loss, Adam(model.parameters(), lr=0.03), epochs=5, batch_size=20, progress=False)
print("play with it in", to_playground(model, data, OUT / "playground.html", title="Two moons to play with"))
found = {name: evaluate(model, part, loss)["loss"] for name, part in (("training", train), ("test", test))}
print(f"the page begins with a loss of {found['training']:.4g} in training and {found['test']:.4g} in the test")

# %% [markdown]
# What to try: two spirals, which want more neurons or `sin`; `relu` with large first weights, where neurons die; a
# learning rate of 3; a penalty against noise; a point of the wrong class, by a click.  "Train in Python" gives what
# the page has done as a program for this library; "Step through it" opens the page of `to_html` with the present
# weights.
#
# ## Exercises
# 1. How many hidden neurons are enough for two blobs, for a circle in a circle, for the moons?  Find the smallest
#    network that tells each apart, in the page, and train it here again.
# 2. Set the noise high and keep many samples for the test: watch the two losses part.  Which penalty brings them
#    together?
