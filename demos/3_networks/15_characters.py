# %% [markdown]
# # A language model of characters
# A language model says how likely each next character is, and names are drawn from it one character after the other.
#
# What to see: a layer trained by gradient descent finds the table of counts, and a network that looks at three
# characters instead of one does better.
#
# Notes: 003 · 3.1.1 Variants of Supervised Learning (self-supervised: the text is its own target), 3.2.3 Maximum
# Likelihood.

# %%
import math
from collections import Counter
from pathlib import Path
from random import Random

import matplotlib.pyplot as plt

from autograd import no_grad, softmax
from nn import MLP, Adam, Dataset, cross_entropy, evaluate, fit, one_hot
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
LETTERS = "." + "abcdefghijklmnopqrstuvwxyz"  # the dot begins and ends a name
print(len(NAMES), "names, e.g.", NAMES[:5])


def samples(context):
    """Of each place of each name: the characters before it, one-hot, and the one that is there."""
    inputs, targets = [], []
    for name in NAMES:
        text = "." * context + name + "."
        for i in range(context, len(text)):
            places = [LETTERS.index(c) for c in text[i - context : i]]
            inputs.append([bit for place in places for bit in one_hot([place], 27)[0]])
            targets.append(LETTERS.index(text[i]))
    return Dataset(inputs, targets)


# %% [markdown]
# ## Counts, and the same by gradient descent
# How often does each character follow each other one?  The relative frequencies are the likeliest table there is.  A
# layer without hidden units, softmax(W x + b) with x one-hot, has a logit for each cell of that table.

# %%
pairs = [pair for name in NAMES for pair in zip("." + name, name + ".")]
of_pair, of_first = Counter(pairs), Counter(first for first, _ in pairs)
counted = -math.fsum(math.log(of_pair[pair] / of_first[pair[0]]) for pair in pairs) / len(pairs)
one = samples(1)
table = MLP(27, [27], initializer="zeros")
fit(table, one, cross_entropy, Adam(table.parameters(), lr=0.1), epochs=60, batch_size=100, compile=True)
learnt = evaluate(table, one, cross_entropy)["loss"]
print(f"-log p a character: guessing {math.log(27.0):.4f}, counted {counted:.4f}, learnt {learnt:.4f}")

# %%
with no_grad():
    rows = [[p.data for p in softmax(table([float(i == j) for j in range(27)]))] for i in range(27)]
figure, axis = plt.subplots(figsize=(6.4, 5.4), layout="constrained")
figure.colorbar(axis.imshow(rows, cmap=of_sizes(), vmin=0.0, vmax=0.5), label="probability")
axis.set(xticks=range(27), xticklabels=LETTERS, yticks=range(27), yticklabels=LETTERS)
axis.set(xlabel="next character", ylabel="character", title="What the layer has learnt")
figure.savefig(OUT / "characters.png", dpi=110)
print("after q comes u with probability", round(rows[LETTERS.index("q")][LETTERS.index("u")], 3))

# %% [markdown]
# ## Three characters of context
# A table for every three characters would have 27³ rows.  A hidden layer shares what it knows among them.

# %%
three = samples(3)
network = MLP(81, [40, 27], activation="tanh", initializer="xavier_uniform", rng=Random(0))
history = fit(
    network, three, cross_entropy, Adam(network.parameters(), lr=0.01), epochs=40, batch_size=50, compile=True
)
better = evaluate(network, three, cross_entropy)["loss"]
print(f"{len(network.parameters())} parameters: -log p a character {better:.4f}")


def draw_name(model, context, rng):
    """A new name: each character is drawn from what the model says."""
    text = "." * context
    while len(text) < 20:
        x = [bit for c in text[-context:] for bit in one_hot([LETTERS.index(c)], 27)[0]]
        with no_grad():
            text += rng.choices(LETTERS, [p.data for p in softmax(model(x))])[0]
        if text[-1] == ".":
            break
    return text.strip(".")


rng = Random(1)
print("drawn from the table:  ", *[draw_name(table, 1, rng) for _ in range(10)])
drawn = [draw_name(network, 3, rng) for _ in range(10)]
print("drawn from the network:", *drawn)

# %% [markdown]
# ## Exercises
# 1. Is the network better, or does it know the names by heart?  Hold every fifth name out, and compare the losses on
#    those for the counts and for the network after 5, 10, 20 and 40 epochs.
# 2. Draw names at the temperatures 0.3, 1 and 2: softmax(logits / τ).  What changes?
