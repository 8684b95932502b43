# %% [markdown]
# # Checkpointing
# Reverse mode needs the numbers of the forward pass, so it keeps them all. It may also forget some, and compute them
# again when their turn comes.
# What to see: four blocks, the third forgotten; its turn costs a fifth run, 1.25 times the forward work; the gradient
# is the same.
#
# Notes: 003 · 6.3 Reverse-Mode Automatic Differentiation, the figure of gradient checkpointing.

# %%
from pathlib import Path

import matplotlib.pyplot as plt

from autograd import COLOURS, Value, checkpoint, live_values

plt.rc("axes", prop_cycle=plt.cycler(color=COLOURS["series"]))
w = Value(1.1, label="w")
runs = []


def block(i):
    """The i-th block: ten steps that use w; it notes down that it was run."""

    def run(x):
        runs.append(i)
        for _ in range(10):
            x = (x * w).sin()
        return x

    return run


def gradient(blocks):
    """∂y/∂w through the blocks, and how many nodes were alive before the way back."""
    runs.clear()
    w.grad = 0.0
    before = live_values()
    y = Value(0.5)
    for run in blocks:
        y = run(y)
    alive = live_values() - before
    y.backward()
    return w.grad, alive


# %% [markdown]
# `checkpoint(f)` runs f without recording, keeps what went in, and runs it again, recorded, when the sweep arrives. The
# order of the runs shows it.

# %%
plain, plain_alive = gradient([block(1), block(2), block(3), block(4)])
plain_runs = list(runs)
saved, saved_alive = gradient([block(1), block(2), checkpoint(block(3)), block(4)])
saved_runs = list(runs)
print(f"everything kept:   blocks run {plain_runs}, {plain_alive} nodes kept, ∂y/∂w = {plain:.12f}")
print(f"block 3 forgotten: blocks run {saved_runs}, {saved_alive} nodes kept, ∂y/∂w = {saved:.12f}")
print(f"forward work: {len(saved_runs) / len(plain_runs):.2f} times as much")

# %% [markdown]
# The notes' figure, drawn anew: (a) forward, (b) back until the third block, (c) that block once more, (d) the rest.

# %%
stages = [
    ("(a) forward; the outputs of blocks\n1, 2 and 4 are kept", range(1, 5), [], {1, 2, 4}),
    ("(b) back through block 4;\nthe third block's numbers are not there", [], [4], {1, 2, 4}),
    ("(c) block 3 again, from the\nclosest checkpoint, block 2", [3], [], {1, 2, 3}),
    ("(d) back through blocks 3, 2 and 1", [], [3, 2, 1], {1, 2, 3}),
]
figure, panels = plt.subplots(4, 1, figsize=(9, 6.4), layout="constrained")
for panel, (title, ahead, back, kept) in zip(panels, stages):
    for i in range(1, 5):
        panel.add_patch(
            plt.Rectangle((i - 0.3, 0), 0.6, 0.6, facecolor="C0" if i in kept else "white", edgecolor="black")
        )
        panel.text(i, 0.3, f"block {i}", ha="center", va="center", color="white" if i in kept else "black")
    for i in ahead:
        panel.annotate("", (i - 0.31, 0.42), (i - 0.69, 0.42), arrowprops={"arrowstyle": "-|>", "color": "C0", "lw": 2})
    for i in back:
        panel.annotate("", (i - 0.69, 0.18), (i - 0.31, 0.18), arrowprops={"arrowstyle": "-|>", "color": "C1", "lw": 2})
    panel.text(4.5, 0.3, title, va="center", fontsize=10)
    panel.set(xlim=(0.2, 7.6), ylim=(-0.1, 0.7))
    panel.axis("off")
figure.suptitle("Blue boxes are kept, blue arrows run forward, orange arrows carry adjoints back", fontsize=11)
Path("out").mkdir(exist_ok=True)
figure.savefig(Path("out") / "checkpointing.png", dpi=110)
print("the four stages are drawn in", Path("out") / "checkpointing.png")

# %% [markdown]
# ## Exercises
# 1. Forget the blocks 1, 2 and 3 in the same way, each by itself. How much more forward work is it, and what is kept?
# 2. With n steps in √n checkpointed segments, how many states are kept at most, and how many steps are run? See the
#    next demo for the answer measured.
