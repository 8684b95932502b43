# %% [markdown]
# # A transformer with one layer
# The same names as before, and the model that reads all characters so far and decides by itself which of them matter.
#
# What to see: every part of a transformer in some forty lines of scalars: embeddings, attention, a small MLP; a step
# of training recorded, and then the same step as machine code.
#
# Notes: 003 · 3.1.1 Variants of Supervised Learning (self-supervised), 4.2.1 The Softmax Function, 6 (one graph,
# whatever the model).

# %%
import math
import time
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt
import numpy as np

import autograd
from autograd import Value, dot, no_grad, relu, rsqrt, softmax
from nn import Adam, Linear, Module, TrainingStep, cross_entropy, one_hot
from nn.plots.axes import of_sizes

OUT = Path("out")
OUT.mkdir(exist_ok=True)

LIST = """
ada adam agnes alan albert alice alma amara amos anna anton arne arthur astrid aurora basil beatrice bella benjamin
bruno carl carla cecilia clara conrad cora daniel dario david diana dora edgar edith edwin elena elias elin elisa ella
emil emma erika ernest esther eva felix fiona flora frida george gerda gina greta hanna harald hector heidi helena
henry hilda hugo ida ines ingrid irene iris isabel ivan jana jasper jonas judith julia julian karin karl kira klara
lara laura lena leo leon levi lily linda lisa lorenz louis lucia lukas luna magda marco maria marie mario mark marta
martin maya mira mona nadia nina nora olga oliver oscar otto paul paula peter petra philip quentin rafael ramona rita
robert rosa rudolf ruth samuel sara selma simon sofia stella susan tamara teresa theo thomas tina tobias ulla ursula
valentin vera victor viola walter wanda xenia yara yvonne zelda zoe
"""
NAMES = LIST.split()
LETTERS = "." + "abcdefghijklmnopqrstuvwxyz"
LENGTH, WIDTH, HEADS = 9, 16, 2  # places that it sees, numbers at each place, heads


# %% [markdown]
# ## The model
# Each place carries a vector of 16 numbers: what stands there plus where it is.  Attention: each place asks (query),
# each offers (key) and tells (value); the softmax of ⟨query, key⟩ / √d weighs what is told.  A place looks only at
# itself and what is before it.  Then an MLP works on each place alone.  Both add to the vector (residual
# connections).


# %%
class Transformer(Module):
    """One layer; from the one-hot characters of the places to the logits of the character after each."""

    def __init__(self, rng):
        def linear(nin, nout):
            return Linear(nin, nout, bias=False, initializer=lambda *_: rng.gauss(0.0, 0.3 / math.sqrt(nin / 16)))

        self.token, self.place = linear(27, WIDTH), linear(LENGTH, WIDTH)
        self.query, self.key, self.value, self.mix = (linear(WIDTH, WIDTH) for _ in range(4))
        self.wide, self.narrow, self.head = linear(WIDTH, 32), linear(32, WIDTH), linear(WIDTH, 27)

    def forward(self, characters, weights_of=None):
        """The logits of each place; the weights of attention go to the lists of weights_of, one for each head."""
        places = [[float(i == t) for i in range(LENGTH)] for t in range(len(characters))]
        xs = [add(self.token(c), self.place(p)) for c, p in zip(characters, places)]
        normed = [norm(x) for x in xs]
        queries, keys, values = ([f(x) for x in normed] for f in (self.query, self.key, self.value))
        logits, size = [], WIDTH // HEADS
        for t, x in enumerate(xs):
            told = []
            for h in range(HEADS):
                part = slice(size * h, size * (h + 1))
                scores = [dot(queries[t][part], key[part]) / math.sqrt(size) for key in keys[: t + 1]]
                weights = softmax(scores)
                if weights_of is not None:  # no attribute: a Value there would be a parameter
                    weights_of[h].append(weights)
                told += [dot(weights, column) for column in zip(*(value[part] for value in values[: t + 1]))]
            x = add(x, self.mix(told))
            x = add(x, self.narrow([relu(s) for s in self.wide(norm(x))]))
            logits.append(self.head(norm(x)))
        return logits


def add(x, y):
    """x + y."""
    return [a + b for a, b in zip(x, y)]


def norm(x):
    """x over the root of its mean square."""
    scale = rsqrt(dot(x, x) / len(x) + 1e-5)
    return [a * scale for a in x]


model = Transformer(Random(0))
print(len(model.parameters()), "parameters")


# %% [markdown]
# ## A step, recorded
# A name is one sample: at each of its places the next character is the target.


# %%
def sample(name):
    """One-hot characters, those that follow, and 1/n for each place of the name, 0 for what is behind it."""
    text = "." + name + "."
    places = [LETTERS.index(c) for c in text] + [0] * (LENGTH + 1 - len(text))
    counts = [1.0 / (len(name) + 1)] * (len(name) + 1) + [0.0] * (LENGTH - len(name) - 1)
    return one_hot(places[:-1], 27), one_hot(places[1:], 27), counts


def loss_of(characters, targets, counts):
    """The mean of -log p over the places that count."""
    logits = model(characters)
    return dot(counts, [cross_entropy([z], [target]) for z, target in zip(logits, targets)])


start = time.perf_counter()
first = loss_of(*sample("emma"))
first.backward()
recorded = time.perf_counter() - start
print(f"-log p of a character of 'emma': {first.data:.4f}, guessing: {math.log(27.0):.4f}")

# %% [markdown]
# ## The step as machine code
# The graph has the same shape for every name, so it is recorded once, for inputs that are Values, and compiled with
# the rule of the optimiser: a batch of names is one call.

# %%
model.zero_grad()
names = [name for name in NAMES if len(name) < LENGTH]
data = np.array([np.concatenate([np.ravel(part) for part in sample(name)]) for name in names])
inputs = [Value(number) for number in data[0]]
characters = [inputs[27 * t : 27 * (t + 1)] for t in range(LENGTH)]
targets = [inputs[27 * (LENGTH + t) : 27 * (LENGTH + t + 1)] for t in range(LENGTH)]
graph = loss_of(characters, targets, inputs[-LENGTH:])
print(f"{len(autograd.topological_order(graph)):,} nodes for {LENGTH} places, {len(names)} names")

rng = np.random.default_rng(0)
start = time.perf_counter()
with TrainingStep(graph, inputs, Adam(model.parameters(), lr=0.01)) as step:
    compiled = time.perf_counter() - start
    start = time.perf_counter()
    losses = [step(data[rng.choice(len(data), 32, replace=False)]) for _ in range(600)]
    trained = time.perf_counter() - start
final = float(np.mean(losses[-50:]))
print(f"compiled in {compiled:.1f} s; 600 steps of 32 names in {trained:.1f} s, {trained / 19.2:.2f} ms a name,"
      f" where recording took {recorded * 1e3:.1f} ms")  # fmt: skip
print(f"-log p a character: {losses[0]:.4f} at first, {final:.4f} over the last 50 steps")

# %% [markdown]
# ## Names it makes up, and where it looks


# %%
def draw_name(rng):
    """A new name."""
    text = "."
    while len(text) < LENGTH and (text == "." or text[-1] != "."):
        with no_grad():
            logits = model(one_hot([LETTERS.index(c) for c in text], 27))[-1]
        text += rng.choices(LETTERS, [p.data for p in softmax(logits)])[0]
    return text.strip(".")


drawn_rng = Random(2)
drawn = [draw_name(drawn_rng) for _ in range(16)]
print("drawn and new:    ", *[name for name in drawn if name not in NAMES])
print("drawn, and known: ", *[name for name in drawn if name in NAMES])

looked = [[] for _ in range(HEADS)]
with no_grad():
    model(one_hot([LETTERS.index(c) for c in ".beatrice"], 27), looked)
figure, axes = plt.subplots(1, 2, figsize=(9.5, 4.4), layout="constrained")
for head, (axis, found) in enumerate(zip(axes, looked)):
    rows = [[w.data for w in row] + [math.nan] * (LENGTH - len(row)) for row in found]
    shown = axis.imshow(rows, cmap=of_sizes(), vmin=0.0, vmax=1.0)
    axis.set(xticks=range(LENGTH), xticklabels=".beatrice", yticks=range(LENGTH), yticklabels=".beatrice")
    axis.set(xlabel="looks at", ylabel="at this place", title=f"head {head + 1}")
figure.colorbar(shown, ax=axes, label="weight")
figure.savefig(OUT / "transformer.png", dpi=110)

# %% [markdown]
# ## Exercises
# 1. Take the places away (`self.place`), and attention does not know the order: show that swapping two characters
#    changes nothing in what a later place is told.
# 2. Show by derivatives that no place looks ahead: what place t is told has gradient 0 by all that stands behind t.
