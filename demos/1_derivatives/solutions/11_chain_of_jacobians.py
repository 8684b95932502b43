# %% [markdown]
# # Four Jacobians and where to begin: solutions


# %%
def all_orders(shapes):
    """The multiplications for each way to set the brackets: (p × r, count, text)."""
    if len(shapes) == 1:
        name, p, q = shapes[0]
        return [((p, q), 0, name)]
    found = []
    for cut in range(1, len(shapes)):
        for (p, q), left, left_text in all_orders(shapes[:cut]):
            for (_, r), right, right_text in all_orders(shapes[cut:]):
                found.append(((p, r), left + right + p * q * r, f"({left_text}·{right_text})"))
    return found


# %% [markdown]
# 1. For the loss the left end is best. With a bottleneck in the middle, cutting there beats both ends: such an order
#    is called mixed mode.

# %%
for sizes in ([10, 8, 6, 4, 1], [10, 1, 10, 1, 10]):
    shapes = [(name, o, i) for name, i, o in zip("ABCD", sizes, sizes[1:])][::-1]
    print(" → ".join(map(str, sizes)))
    for _, count, text in sorted(all_orders(shapes), key=lambda way: way[1]):
        print(f"  {count:5} {text}")

# %% [markdown]
# 2. The row has as many numbers as the Jacobian it meets has rows, so each entry of each Jacobian is used once. (The
#    last one, D′, is the row itself: no multiplication.)

# %%
entries = [rows * columns for rows, columns in [(4, 6), (6, 8), (8, 10)]]
print(f"entries of C′, B′, A′: {entries}, together {sum(entries)}, the count of the reverse order above")
