# %% [markdown]
# # Logistic regression and its boundary: solutions

# %%
import warnings

import numpy as np

from nn import LogisticRegression, make_blobs

data = make_blobs(120, centers=[(-1.2, -0.6), (1.2, 0.8)], cluster_std=1.0, seed=2)
X, y = np.array(data.inputs), np.array(data.targets)

# %% [markdown]
# 1. A strong penalty makes w short: the boundary hardly turns, but the sigmoid across it becomes flat, so the model is
#    less sure.

# %%
for C in (0.01, 1.0, 100.0):
    model = LogisticRegression(C=C).fit(X, y)
    w = model.coef_[0]
    angle = np.degrees(np.arctan2(w[1], w[0]))
    confidence = model.predict_proba(X).max(axis=1).mean()
    print(f"C = {C:6}: ‖w‖ = {np.linalg.norm(w):.3f}, w at {angle:.1f}°, mean confidence {confidence:.3f}")

# %% [markdown]
# 2. Without a penalty a longer w always gives a smaller loss: the search ends when the loss is as good as 0, wherever
#    that is. The penalty gives the problem one answer.

# %%
far = make_blobs(60, centers=[(-5.0, 0.0), (5.0, 0.0)], cluster_std=1.0, seed=0)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it may say that it has not converged
    for C in (float("inf"), 1.0):
        model = LogisticRegression(C=C).fit(far.inputs, far.targets)
        print(f"C = {C}: ‖w‖ = {np.linalg.norm(model.coef_):.3f}")
