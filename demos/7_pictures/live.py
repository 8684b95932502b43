# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""A formula with sliders: move an input, and the values, the gradients and the picture follow.

marimo run demos/7_pictures/live.py      in the browser        python demos/7_pictures/live.py      once, as text
"""

import importlib.util
import sys

if importlib.util.find_spec("marimo") is None:
    print("The sliders need marimo: pip install marimo, and then: marimo run demos/7_pictures/live.py")
    sys.exit()

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Live gradients")


@app.cell(hide_code=True)
def _():
    import marimo as mo

    from autograd import Value, log, relu, sigmoid, sin, tanh

    return Value, log, mo, relu, sigmoid, sin, tanh


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    # Live gradients

    Choose a formula and move its inputs. Each number in the picture is recomputed, forward and backward:
    **grad** tells by how much the result changes when that number grows a little.
    """)


@app.cell(hide_code=True)
def _(log, mo, relu, sigmoid, sin, tanh):
    def between(start, low=-8.0, high=8.0):
        return {"value": start, "start": low, "stop": high, "step": 0.1}

    formulas = {
        "a neuron: tanh(w·x + b)": (
            lambda w, x, b: tanh(w * x + b),
            {"w": between(-3.0), "x": between(2.0), "b": between(6.9)},
        ),
        "a ReLU, which can be dead: ReLU(w·x + b)": (
            lambda w, x, b: relu(w * x + b),
            {"w": between(1.5), "x": between(2.0), "b": between(-1.0)},
        ),
        "a loss: (σ(w·x + b) − t)²": (
            lambda w, x, b, t: (sigmoid(w * x + b) - t) ** 2,
            {"w": between(1.0), "x": between(2.0), "b": between(-0.5), "t": between(1.0, 0.0, 1.0)},
        ),
        "the lecture's: ln x₁ + x₁·x₂ − sin x₂": (
            lambda x1, x2: log(x1) + x1 * x2 - sin(x2),
            {"x1": between(2.0, 0.1), "x2": between(5.0)},
        ),
    }
    choice = mo.ui.dropdown(list(formulas), value=next(iter(formulas)), label="Formula")
    mo.hstack([choice], justify="start")
    return choice, formulas


@app.cell(hide_code=True)
def _(choice, formulas, mo):
    function, ranges = formulas[choice.value]
    sliders = mo.ui.dictionary(
        {name: mo.ui.slider(**range_, label=name, show_value=True, full_width=True) for name, range_ in ranges.items()}
    )
    return function, sliders


@app.cell(hide_code=True)
def _(Value, function, sliders):
    inputs = {name: Value(number, label=name) for name, number in sliders.value.items()}
    y = function(**inputs)
    y.label = "y"
    y.backward()
    return inputs, y


@app.cell(hide_code=True)
def _(inputs, mo, sliders, y):
    rows = "\n".join(f"| ${x.latex()}$ | {x.data:.4g} | {x.grad:+.4f} |" for x in inputs.values())
    table = mo.md(f"| input | value | ∂y/∂input |\n|---|--:|--:|\n{rows}\n| $y$ | {y.data:.4f} | |")
    mo.vstack(
        [
            mo.md(f"$$\\displaystyle {y.latex()}$$"),
            mo.hstack([mo.vstack(list(sliders.elements.values())), table], widths=[2, 1], gap=2, align="center"),
            mo.center(y),
        ]
    )


@app.cell(hide_code=True)
def _(inputs, mo, y):
    if mo.app_meta().mode == "script":  # there are no sliders without a browser
        print(f"y = {y.data:.4f}")
        for name, x in inputs.items():
            print(f"{name} = {x.data:g}: dy/d{name} = {x.grad:+.4f}")


if __name__ == "__main__":
    app.run()
