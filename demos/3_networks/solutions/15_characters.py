# %% [markdown]
# # A language model of characters: solutions

# %%
from random import Random

from autograd import no_grad, softmax
from nn import MLP, Adam, Dataset, cross_entropy, evaluate, fit, one_hot

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


def samples(names, context):
    """Of each place of each name: the characters before it, one-hot, and the one that is there."""
    inputs, targets = [], []
    for name in names:
        text = "." * context + name + "."
        for i in range(context, len(text)):
            places = [LETTERS.index(c) for c in text[i - context : i]]
            inputs.append([bit for place in places for bit in one_hot([place], 27)[0]])
            targets.append(LETTERS.index(text[i]))
    return Dataset(inputs, targets)


# %% [markdown]
# 1. *By heart.* On names it has not seen, the network soon gets worse again, while it goes on getting better on those
#    it has seen.

# %%
held_out = NAMES[::5]
seen = [name for name in NAMES if name not in held_out]
for context, sizes, epochs in ((1, [27], (5, 10, 20, 40)), (3, [40, 27], (5, 10, 20, 40))):
    model = MLP(27 * context, sizes, activation="tanh", initializer="xavier_uniform", rng=Random(0))
    optimizer, done = Adam(model.parameters(), lr=0.01), 0
    for epoch in epochs:
        fit(model, samples(seen, context), cross_entropy, optimizer, epochs=epoch - done, batch_size=50, compile=True)
        done = epoch
        losses = [evaluate(model, samples(names, context), cross_entropy)["loss"] for names in (seen, held_out)]
        print(f"context {context}, {epoch:2} epochs: -log p {losses[0]:.3f} on seen names, {losses[1]:.3f} on others")

# %% [markdown]
# 2. *Temperature.* Cold, the likeliest character nearly always: few names, again and again.  Hot, almost any
#    character.


# %%
def draw_name(temperature, rng):
    """A new name."""
    text = "..."
    while len(text) < 20 and not (len(text) > 3 and text[-1] == "."):
        x = [bit for c in text[-3:] for bit in one_hot([LETTERS.index(c)], 27)[0]]
        with no_grad():
            text += rng.choices(LETTERS, softmax([z.data / temperature for z in model(x)]))[0]
    return text.strip(".")


for temperature in (0.3, 1.0, 2.0):
    rng = Random(1)
    print(f"τ = {temperature}:", *[draw_name(temperature, rng) for _ in range(8)])
