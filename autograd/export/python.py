"""`to_numpy`, `to_jax`, `to_torch_function`: what was recorded as a function of another library, in text to keep."""

import ast
import keyword
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from autograd.core.value import Value
from autograd.export.arrays import ArrayText
from autograd.export.exported import Exported
from autograd.export.subject import Subject, named, subject_of
from autograd.export.targets import JAX, NUMPY, TORCH, Target
from autograd.export.verification import SAMPLES, Reference, held_to
from autograd.installation import require

TOLERANCE = 1e-12
Found = tuple[Sequence[Sequence[float]], Sequence[Sequence[float]] | None]


def to_numpy(
    what: Any,
    inputs: Any = None,
    parameters: Iterable[Value] | None = None,
    *,
    name: str = "f",
    tolerance: float = TOLERANCE,
) -> Exported:
    """A function of NumPy's arrays that computes what was recorded, or what a model computes; it needs NumPy alone.

    The function is called as f(x), with the inputs on the last axis of x: a sample of d numbers or a batch (n × d), and
    f(x, parameters) with a dict of arrays like `f.parameters`.  One output stands bare, several are on the last axis.
    Derivatives are outputs like all others: record them by `gradient(y, inputs, create_graph=True)` of `traced` leaves.

    Args:
        what: A Value or a list of them; or a model or a function, which is recorded at a sample of traced numbers.
        inputs: The leaves that are the inputs; of a model how many numbers a sample has, or its shape, such as (9, 27),
            which the function takes flattened; None where the first layer says so.
        parameters: The leaves that go along as arrays; of a model its own by default.  All other leaves are constants.
        name: What the function is called.
        tolerance: How far it may be from the engine, relative to numbers above 1, on 1,000 samples, which are normally
            distributed about the numbers recorded.

    Raises TypeError or ValueError for what does not fit, VerificationError for what is farther.

    >>> x, w = Value(1.0, label="x"), Value(2.0, label="w")
    >>> f = to_numpy((w * x).tanh(), [x])
    >>> print(f.source[f.source.index("def"):], end="")
    def f(x):
        \"\"\"1 input on the last axis of x, 1 output.\"\"\"
        x = np.asarray(x, dtype=float)
        if x.shape[-1:] != (1,):
            raise ValueError(f"f: x must have 1 input on its last axis; its shape is {tuple(x.shape)}")
        return np.tanh(2.0 * x[..., 0])
    >>> f([[0.0], [0.5]])
    array([0.        , 0.76159416])
    """
    require("numpy", "to_numpy")
    subject = subject_of(what, inputs, parameters, "to_numpy")
    return _exported(subject, NUMPY, name, tolerance, "to_numpy", _by_numpy)


def to_jax(
    what: Any,
    inputs: Any = None,
    parameters: Iterable[Value] | None = None,
    *,
    name: str = "f",
    tolerance: float = TOLERANCE,
) -> Exported:
    """A pure function of JAX's arrays, for `jax.jit`, `jax.vmap` and `jax.grad` to any order; arguments of `to_numpy`.

    Layers are products of matrices.  What JAX has itself is called by its name (jax.nn.softplus); every other formula
    is printed from the table, with the table's partial derivatives.  Held to the engine in float64, values and
    derivatives by the inputs; it computes in float32 unless jax_enable_x64 is set.  XLA computes what a long formula
    uses twice as often as it is used, in exponential time from some hundred operations on that are no layers:
    `jax.jit(f, compiler_options={"xla_disable_hlo_passes": "fusion"})` keeps it from that.

    Raises ModuleNotFoundError without JAX, others as `to_numpy`.

    >>> f = to_jax(model)  # doctest: +SKIP
    >>> jax.jit(jax.vmap(jax.grad(f)))(batch)  # doctest: +SKIP
    >>> jax.grad(lambda parameters: f(x, parameters))(f.parameters)  # doctest: +SKIP
    """
    require("jax", "to_jax")
    subject = subject_of(what, inputs, parameters, "to_jax")
    return _exported(subject, JAX, name, tolerance, "to_jax", _by_jax)


def to_torch_function(
    what: Any,
    inputs: Any = None,
    parameters: Iterable[Value] | None = None,
    *,
    name: str = "f",
    tolerance: float = TOLERANCE,
) -> Exported:
    """A function of PyTorch's tensors in float64, differentiable to any order; arguments as of `to_numpy`.

    Layers are products of matrices; formulas as in `to_jax`.  A network of layers becomes modules by `nn.to_torch`.

    Raises ModuleNotFoundError without PyTorch, others as `to_numpy`.

    >>> f = to_torch_function(y, [x])  # doctest: +SKIP
    >>> torch.autograd.grad(f(point), point)  # doctest: +SKIP
    """
    require("torch", "to_torch_function")
    subject = subject_of(what, inputs, parameters, "to_torch_function")
    return _exported(subject, TORCH, name, tolerance, "to_torch_function", _by_torch)


def _exported(
    subject: Subject,
    target: Target,
    name: str,
    tolerance: float,
    door: str,
    run: Callable[[Callable[..., Any], Reference], Found],
) -> Exported:
    _check_name(named(name, door), target.taken, door)
    printed = ArrayText(subject.plan(pieces=False), subject.numbers(), target, name, subject.single, subject.note())
    text = printed.text()
    _check_name(name, _names_used(text), door)
    reference = Reference(subject, derivatives=bool(target.rule))
    outputs, gradients = run(defined(text, name)[name], reference)
    apart = reference.of_values(outputs)
    told = f"{apart:.1e} in values"
    if gradients is not None:
        by_inputs = reference.of_gradients(gradients)
        told += f", {by_inputs:.1e} in derivatives by the inputs"
        apart = max(apart, by_inputs)
    held_to(tolerance, apart, door)
    head = (
        f'"""{name}: recorded by autograd, and printed by {door}.\n\n'
        f"The largest difference to the engine on {SAMPLES:,} random samples is {told},\nrelative to numbers above 1.\n"
        '"""\n\n'
    )
    module = defined(head + text, name)
    return Exported(head + text, module[name], apart, module.get("PARAMETERS"), printed.places, subject.parameters)


def _check_name(name: str, taken: Collection[str], door: str) -> None:
    if not name.isidentifier() or keyword.iskeyword(name) or name in taken:
        raise ValueError(f"{door}: name must be an identifier of Python that the text does not use, not {name!r}")


def _names_used(text: str) -> set[str]:
    """The names that a text uses, or gives to what stands before the last function in it."""
    tree = ast.parse(text)
    defined = {x.name for x in tree.body[:-1] if isinstance(x, ast.FunctionDef)}
    return defined | {x.id for x in ast.walk(tree) if isinstance(x, ast.Name)}


def defined(text: str, name: str) -> dict[str, Any]:
    """What a text that was printed defines."""
    module: dict[str, Any] = {"__name__": name}
    exec(compile(text, f"<{name}, exported>", "exec"), module)  # noqa: S102  # a text that was printed from rows
    return module


def _rows(found: Any) -> list[list[float]]:
    return [line if isinstance(line, list) else [line] for line in found.tolist()]


def _by_numpy(function: Callable[..., Any], reference: Reference) -> Found:
    import numpy as np

    return _rows(np.asarray(function(reference.samples))), None


def _by_jax(function: Callable[..., Any], reference: Reference) -> Found:
    jax = require("jax", "to_jax")
    jnp = jax.numpy
    with jax.enable_x64(True):
        gradient = jax.grad(lambda x: jnp.sum(function(x)))
        # One by one, each operation would be compiled; fused, a number that is used twice is computed twice, so that
        # a long formula takes exponential time.
        options = {"xla_disable_hlo_passes": "fusion"}
        both = jax.jit(lambda xs: (jax.vmap(function)(xs), jax.vmap(gradient)(xs)), compiler_options=options)
        outputs, gradients = both(jnp.asarray(reference.samples))
        return _rows(outputs), _rows(gradients)


def _by_torch(function: Callable[..., Any], reference: Reference) -> Found:
    torch = require("torch", "to_torch_function")
    samples = torch.tensor(reference.samples, dtype=torch.float64, requires_grad=True)
    outputs = function(samples)
    total = outputs.sum() + 0.0 * samples.sum()
    (gradients,) = torch.autograd.grad(total, samples, materialize_grads=True)
    return _rows(outputs.detach()), _rows(gradients)
