# %% [markdown]
# # The dot product looks for a template: solutions

# %%
import numpy as np

from nn import confusion_matrix, load_digits

digits = load_digits(scaled=True)
images, classes = np.array(digits.inputs), np.array(digits.targets)
train, test = slice(0, 1000), slice(1000, None)
means = np.array([images[train][classes[train] == digit].mean(axis=0) for digit in range(10)])
unit = lambda vectors: vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)

# %% [markdown]
# 1. A score is the cosine times both lengths, so a long template, with much ink, beats one that is more alike.

# %%
raw = (images[test] @ means.T).argmax(axis=1)
lengths = np.linalg.norm(means, axis=1)
excess = np.bincount(raw, minlength=10) - np.bincount(classes[test], minlength=10)
print(f"without scaling {np.mean(raw == classes[test]):.1%} are right")
most = excess.argmax()
print(f"answered too often, by {excess[most]}, is {most}")
print(f"its template has length {lengths[most]:.2f}, the mean is {lengths.mean():.2f}")

# %% [markdown]
# 2. Alike and confused go together, but not strictly: what counts is how images scatter around their template.

# %%
templates = unit(means)
likeness = templates @ templates.T - np.eye(10)
a, b = np.unravel_index(likeness.argmax(), likeness.shape)
answers = (unit(images[test]) @ templates.T).argmax(axis=1)
confusions = np.array(confusion_matrix(classes[test].tolist(), answers.tolist()))
confusions = confusions + confusions.T
np.fill_diagonal(confusions, 0)
c, d = np.unravel_index(confusions.argmax(), confusions.shape)
print(f"most alike: {a} and {b}, cosine {likeness[a, b]:.3f}, confused {confusions[a, b]} times")
print(f"most often confused: {c} and {d}, {confusions[c, d]} times, cosine {likeness[c, d]:.3f}")
