"""Names of other libraries, and what stands for each of them here: what errors say to who ports a program.

None of these names works; to make them work would be to have two names of everything.
"""

import difflib
import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

ARGUMENTS: Mapping[str, str | tuple[str, ...]] = {
    "random_state": ("seed", "rng=random.Random(0)"),
    "generator": ("seed", "rng=random.Random(0)"),
    "seed": ("rng=random.Random(0)",),
    "learning_rate": ("lr",),
    "n_epochs": ("epochs",),
    "num_epochs": ("epochs",),
    "validation_data": ("validation",),
    "val_data": ("validation",),
    "test_size": ("test",),
    "argnum": ("argnums",),
    "hidden_layer_sizes": ("nouts",),
    "params": ("parameters",),
    **dict.fromkeys(("size_average", "reduce"), ("reduction",)),
    "ignore_index": "leave those samples out before",
    "beta": ("delta",),
    "dim": "all numbers of a sample are taken together: leave it out",
    "num_parameters": 'activation="prelu" gives each neuron its own: leave it out',
    "strict": "all and only its parameters are loaded: complete a part, {**model.state_dict(), **part}",
    **dict.fromkeys(("foreach", "fused", "capturable"), "there is one way to make a step: leave it out"),
    "decoupled_weight_decay": "AdamW decouples it",
    "sampler": "dataset[positions] is a Dataset of those, in that order",
    "name": ("label",),
    "requires_grad": "a leaf is trainable unless requires_grad_(False) freezes it: leave it out",
    "retain_graph": "a graph stays as long as something refers to it: leave it out",
    "create_graph": "gradient(y, inputs, create_graph=True) records derivatives",
    "allow_unused": "what is not used has derivative 0: leave it out",
    "device": "numbers are floats of 64 bits on this processor: leave it out",
    "dtype": "numbers are floats of 64 bits on this processor: leave it out",
    "num_workers": "batches are made where they are used: leave it out",
    "pin_memory": "batches are made where they are used: leave it out",
    "inplace": "nothing is changed in place: leave it out",
    "in_dims": ("in_axes",),
    "out_dims": ("out_axes",),
    "grad_outputs": "weights go into the output: gradient(2.0 * y, inputs)",
    "has_aux": "grad, value_and_grad, jvp, vjp, linearize, the Jacobians and hessian have it",
    "unroll": "machine code unrolls where that is faster: leave it out",
    "raise_exception": "what differs is a GradcheckError: catch it",
    "check_nan": "nan and infinity are looked for always: leave it out",
    **dict.fromkeys(("use_reentrant", "preserve_rng_state"), "there is one way to run it again: leave it out"),
    **dict.fromkeys(("chunk_size", "vectorize"), "there is one way to go through the rows: leave it out"),
}
"""Keyword arguments, with how the local ones are written, of which a function may have one, or with advice."""

NUMBER: Mapping[str, str] = {
    **dict.fromkeys(("numpy", "tolist"), "it is one number, and item() gives it as a float"),
    **dict.fromkeys(("value", "val"), "its number is its data"),
    **dict.fromkeys(
        ("float", "double", "cpu", "cuda", "to", "type", "dtype", "device"),
        "its number is a float of 64 bits always; leave it out",
    ),
    **dict.fromkeys(
        ("shape", "size", "T", "reshape", "view", "squeeze", "unsqueeze", "flatten", "dim"),
        "it is one number; a list of Values is a vector",
    ),
    **dict.fromkeys(
        ("sum", "mean", "prod", "max", "min"), "a sequence has one: autograd.sum([x, y]), mean, prod, maximum, minimum"
    ),
    "clone": "detach() makes a leaf of the same number, autograd.identity(x) a node",
    "is_leaf": "a leaf is a Value whose primitive is None",
    "grad_fn": "its primitive made it, from its operands",
    "retain_grad": "every node keeps its grad; leave it out",
    "zero_": "assign x.data = 0.0, or x.grad = 0.0",
    **dict.fromkeys(("add_", "sub_", "mul_", "fill_", "copy_"), "assign x.data, within no_grad() or not"),
    "register_hook": "after backward() every node has its grad",
    "clip": "clamp(min, max)",
}
"""Attributes of a Value."""

FUNCTIONS: Mapping[str, str] = {
    **dict.fromkeys(
        ("tensor", "Tensor", "Variable", "as_tensor", "from_numpy", "array", "ndarray", "zeros", "ones"),
        "a Value is one number, a list of them a vector",
    ),
    **dict.fromkeys(("stack", "cat", "concatenate", "hstack"), "a list of Values is a vector: [x, y], or xs + ys"),
    **dict.fromkeys(("arange", "linspace"), "range or NumPy's, and a Value of each number"),
    **dict.fromkeys(("random", "rand", "randn"), "Python's module random, and a Value of each number"),
    **dict.fromkeys(
        ("custom_jvp", "custom_vjp", "custom_gradient", "defjvp", "defvjp"),
        "@primitive makes a row of your own, for every mode and order",
    ),
    **dict.fromkeys(("functional", "func", "lax"), "grad, hvp, vmap, scan and all else stand in autograd itself"),
    **dict.fromkeys(("nn", "optim"), "import nn: it stands beside this package"),
    **dict.fromkeys(("save", "load"), "nn.save(model, file) and nn.load(model, file)"),
    **dict.fromkeys(("float32", "float64", "device", "cuda"), "numbers are floats of 64 bits always; leave it out"),
    **dict.fromkeys(("tree", "tree_map", "tree_util"), "lists, tuples and dicts are taken as they are"),
    "functional_call": "model.load_state_dict(state) sets other parameters, and model(x) is called as it is",
    "grad_and_value": "value_and_grad(f), which gives the value first",
    **dict.fromkeys(("gradgradcheck", "check_grads"), "gradcheck(f, inputs) checks the second order too"),
    "vhp": "hvp(f, primals, tangents): a Hessian is symmetric",
    **dict.fromkeys(("set_grad_enabled", "inference_mode"), "no_grad() and enable_grad() are blocks"),
    "set_detect_anomaly": "detect_anomaly() is a block",
    "forward_ad": "jvp(f, primals, tangents)",
    **dict.fromkeys(("stop_gradient", "detach"), "x.detach() is a method"),
    "clone": "x.detach() makes a leaf of the same number, identity(x) a node",
    "remat": "checkpoint(f)",
    "jet": "taylor(f, x, order)",
    "make_jaxpr": "program(y) of what is recorded",
    "switch": "cond(pred, true_fun, false_fun), one within another",
    "heaviside": "step(x)",
    "ceil": "-floor(-x)",
    "round": "floor(x + 0.5)",
    "trunc": "sign(x) * floor(abs(x))",
    "logit": "log(x) - log1p(-x)",
    "inner": "dot(a, b)",
    **dict.fromkeys(("max", "amax"), "maximum(x, y, …) of numbers or Values"),
    **dict.fromkeys(("min", "amin"), "minimum(x, y, …) of numbers or Values"),
    **dict.fromkeys(("matmul", "mm", "einsum"), "dot(a, b), or X @ w of NumPy's arrays of Values"),
    **dict.fromkeys(("elementwise_grad", "pmap"), "vmap(grad(f)), and jit(vmap(…), threads=2)"),
    **dict.fromkeys(("manual_seed", "seed"), "random.seed(n), or rng=random.Random(n) of a layer"),
    **dict.fromkeys(("fsolve", "newton", "brentq"), "root(f, x0)"),
    "minimize": "argmin(f, x0)",
    "linalg": "solve(a, b)",
    "clip": "clamp(x, min, max)",
    "norm": "sqrt(dot(x, x)), or hypot(x, y)",
    "gammaln": "lgamma(x)",
    "psi": "digamma(x)",
    "backward": "y.backward() is a method",
    "Function": "@primitive makes a row of your own",
    "numpy": "NumPy itself computes with arrays of Values (autograd.numpy is of another package of this name)",
}
"""Names in the package, beside those that it has."""


def local_names(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Decorator: who calls a function with an argument that it has not is told the local name of it.

    >>> @local_names
    ... def draw(n, seed=None):
    ...     return n
    >>> draw(3, random_state=0)
    Traceback (most recent call last):
        ...
    TypeError: draw has no argument 'random_state': write seed
    """
    parameters = inspect.signature(function).parameters
    known = set(parameters)
    any_other = any(x.kind is inspect.Parameter.VAR_KEYWORD for x in parameters.values())
    a_function_alone = list(parameters) == ["function"]
    kinds = [x.kind for x in parameters.values()]
    any_number = inspect.Parameter.VAR_POSITIONAL in kinds or a_function_alone
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    most = sys.maxsize if any_number else sum(map(kinds.count, by_place))
    named = [name for name, x in parameters.items() if x.kind is inspect.Parameter.KEYWORD_ONLY]
    by_name = f"; by name there is {', '.join(named)}" if named else ""
    is_init = function.__name__ == "__init__"

    def called(arguments: tuple[Any, ...]) -> str:
        """The name of the function, or of the class that is made."""
        return type(arguments[0]).__name__ if is_init and arguments else function.__qualname__

    @functools.wraps(function)
    def call(*arguments: Parameters.args, **options: Parameters.kwargs) -> Result:
        for name in options.keys() - known:
            if not any_other or _local(name, known):  # else another function, which gets it, says so
                raise TypeError(unknown_argument(called(arguments), name, known))
        if len(arguments) > most:
            taken, given = most - is_init, len(arguments) - is_init
            raise TypeError(f"{called(arguments)} takes {taken} by position, not {given}{by_name}")
        if a_function_alone and len(arguments) > 1:
            raise TypeError(f"{function.__qualname__} takes a function alone: write {function.__qualname__}(f)(x)")
        return function(*arguments, **options)

    return call


def unknown_argument(name: str, argument: str, known: set[str]) -> str:
    """What to say of an argument that a function has not."""
    close = difflib.get_close_matches(argument, known, n=1, cutoff=0.75)
    listed = ", ".join(sorted(known - {"self"}))
    advice = _local(argument, known) or (f"did you mean {close[0]}?" if close else f"it has {listed or 'none'}")
    return f"{name} has no argument {argument!r}: {advice}"


def _local(argument: str, known: set[str]) -> str:
    """Advice for who uses the name of another library, empty for a name that is none."""
    told = ARGUMENTS.get(argument, ())
    if isinstance(told, str):
        return told
    return next((f"write {x}" for x in told if x.partition("=")[0] in known), "")


class Elsewhere:
    """An attribute that other libraries have: a class has none, and the error says what stands for it.

    `hasattr` is False, and an instance, a subclass or another base of it may have one of this name.
    """

    def __init__(self, kind: type, name: str, advice: str) -> None:
        self.kind, self.name, self.advice = kind, name, advice

    def __get__(self, instance: Any, owner: type) -> Any:
        try:
            return getattr(super(self.kind, owner if instance is None else instance), self.name)
        except AttributeError:
            raise AttributeError(f"{self.kind.__name__} has no {self.name!r}: {self.advice}") from None


def attach(kind: type, names: Mapping[str, str]) -> None:
    """Let a class answer for the names of other libraries."""
    for name, advice in names.items():
        setattr(kind, name, Elsewhere(kind, name, advice))
