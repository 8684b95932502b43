"""The libraries of arrays that programs are printed for: what each calls its functions, and what it has of its own.

Everything else is printed from the lowerings and the partial derivatives of the rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from autograd.table.primitive import Primitive
from autograd.table.primitives import TABLE

ARRAYS: Mapping[str, str] = {
    "sum": "{}.sum(-1)",
    "prod": "{}.prod(-1)",
    "mean": "{}.mean(-1)",
}
"""Rows of many operands that every library has as a method, of an array with the operands on its last axis."""


@dataclass(frozen=True)
class Target:
    """A library of arrays."""

    module: str
    """What its functions stand in."""
    imports: Sequence[str]
    """What it needs; each is imported where it is used."""
    array: str
    """How a constant array is written."""
    begin: str
    """How the argument becomes an array."""
    natives: Mapping[str, str]
    """Functions of whole rows: templates with {} for each operand, or for the array of many."""
    functions: Mapping[str, str] = field(default_factory=dict)
    """Functions of libm that it calls otherwise."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Functions that it has not, as text."""
    stack: str = ""
    """Numbers side by side on a new last axis, and arrays joined along it."""
    rule: str = ""
    """The function that gives another its partial derivatives, where the library differentiates."""
    rule_text: str = ""
    own_partials: frozenset[str] = frozenset()
    """Rows whose derivative there is not that of the table: of hypot at the origin, of PyTorch's asin next to 1."""
    number: str = ""
    """How a number becomes an array, where functions take no numbers."""
    full: str = ""
    """How an array of a shape is filled with what is the same for each sample, where that is not done elsewhere."""
    decorator: str = ""
    head: str = ""
    """What stands at the top of the text, below the imports."""

    def template(self, row: Primitive) -> str | None:
        """The library's function of a row, None if it has none."""
        if row.name.startswith("polygamma_") and "polygamma" in self.natives and row.module.startswith("autograd."):
            return self.natives["polygamma"].format(row.name.removeprefix("polygamma_"), "{}")
        if TABLE.get(row.name) is not row:
            return None
        return self.natives.get(row.name, ARRAYS.get(row.name))

    @property
    def taken(self) -> tuple[str, ...]:
        """Names that mean something in every text."""
        own = ("stack", "join", "rule", "x", "parameters", "PARAMETERS", "DTYPE", "result", "key", "array", "given")
        return (self.module, "jax", "np", "math", "torch", *own)


NUMPY = Target(
    module="np",
    imports=("math", "numpy as np"),
    array="np.array({})",
    begin="np.asarray({}, dtype=float)",
    full="np.full({shape}, {{}})",
    natives={
        "maximum": "np.max({}, axis=-1)",
        "minimum": "np.min({}, axis=-1)",
        "sign": "np.sign({})",
        "remainder": "np.remainder({}, {})",
        "logaddexp": "np.logaddexp({}, {})",
        "logsumexp": "logsumexp({})",
        "softmax": "softmax({})",
        "log_softmax": "log_softmax({})",
    },
    functions={
        "asin": "np.arcsin", "acos": "np.arccos", "atan": "np.arctan", "atan2": "np.arctan2", "asinh": "np.arcsinh",
        "acosh": "np.arccosh", "atanh": "np.arctanh",
    },
    missing={
        "erf": "erf = np.vectorize(math.erf, otypes=[float])\n",
        "erfc": "erfc = np.vectorize(math.erfc, otypes=[float])\n",
        "logsumexp": '''\
def logsumexp(x):
    """log Σ exp(x) over the last axis: the largest is taken out."""
    top = x.max(axis=-1, keepdims=True)
    found = top + np.log(np.exp(x - top).sum(axis=-1, keepdims=True))
    return np.where(np.isfinite(top), found, top)[..., 0]
''',
        "softmax": '''\
def softmax(x):
    """exp(x) / Σ exp(x) over the last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
''',
        "log_softmax": '''\
def log_softmax(x):
    """x - log Σ exp(x) over the last axis."""
    top = x.max(axis=-1, keepdims=True)
    below = x - top
    return np.where(np.isfinite(top), below - np.log(np.exp(below).sum(axis=-1, keepdims=True)), below)
''',
    },
    stack='''\
def stack(*numbers):
    """Numbers, or arrays of them, side by side on a new last axis."""
    return np.stack(np.broadcast_arrays(*numbers), axis=-1)


def join(*arrays):
    """Arrays one after the other along their last axis."""
    lead = np.broadcast_shapes(*(array.shape[:-1] for array in arrays))
    return np.concatenate([np.broadcast_to(array, lead + array.shape[-1:]) for array in arrays], axis=-1)
''',
    decorator='@np.errstate(all="ignore")\n',
)  # fmt: skip

JAX = Target(
    module="jnp",
    imports=("jax", "jax.numpy as jnp", "jax.scipy.special", "numpy as np"),
    array="np.array({})",
    begin="jnp.asarray({}, dtype=float)",
    full="jnp.full({shape}, {{}})",
    natives={
        "maximum": "jnp.max({}, axis=-1)",
        "minimum": "jnp.min({}, axis=-1)",
        "sign": "jnp.sign({})",
        "remainder": "jnp.remainder({}, {})",
        "logaddexp": "jnp.logaddexp({}, {})",
        "relu": "jax.nn.relu({})",
        "sigmoid": "jax.nn.sigmoid({})",
        "softplus": "jax.nn.softplus({})",
        "logsigmoid": "jax.nn.log_sigmoid({})",
        "logsumexp": "jax.nn.logsumexp({}, axis=-1)",
        "softmax": "jax.nn.softmax({}, axis=-1)",
        "log_softmax": "jax.nn.log_softmax({}, axis=-1)",
        "digamma": "jax.scipy.special.digamma({})",
        "lgamma": "jax.scipy.special.gammaln({})",
        "polygamma": "jax.scipy.special.polygamma({}, {})",
    },
    functions={
        "asin": "jnp.arcsin", "acos": "jnp.arccos", "atan": "jnp.arctan", "atan2": "jnp.arctan2",
        "asinh": "jnp.arcsinh",
        "acosh": "jnp.arccosh", "atanh": "jnp.arctanh", "erf": "jax.scipy.special.erf",
        "erfc": "jax.scipy.special.erfc",
    },
    stack='''\
def stack(*numbers):
    """Numbers, or arrays of them, side by side on a new last axis."""
    return jnp.stack(jnp.broadcast_arrays(*numbers), axis=-1)


def join(*arrays):
    """Arrays one after the other along their last axis."""
    lead = jnp.broadcast_shapes(*(array.shape[:-1] for array in arrays))
    return jnp.concatenate([jnp.broadcast_to(array, lead + array.shape[-1:]) for array in arrays], axis=-1)
''',
    rule="rule",
    rule_text='''\
def rule(function, *partials):
    """A function with these partial derivatives, each a function of (result, *operands), to any order."""
    ruled = jax.custom_jvp(lambda *operands: jnp.broadcast_arrays(function(*operands), *operands)[0])

    @ruled.defjvp
    def _(operands, tangents):
        result = ruled(*operands)
        along = sum(partial(result, *operands) * tangent for partial, tangent in zip(partials, tangents))
        return result, jnp.broadcast_to(along, jnp.shape(result)).astype(result.dtype)

    return ruled
''',
    own_partials=frozenset({"abs", "hypot", "pow"}),
)  # fmt: skip

TORCH = Target(
    module="torch",
    imports=("torch",),
    array="torch.tensor({}, dtype=DTYPE)",
    begin="torch.as_tensor({}, dtype=DTYPE)",
    full="{{}}.expand({shape}).clone()",
    natives={
        "maximum": "torch.amax({}, -1)",
        "minimum": "torch.amin({}, -1)",
        "remainder": "torch.remainder({}, {})",
        "logaddexp": "torch.logaddexp({}, {})",
        "relu": "torch.relu({})",
        "sigmoid": "torch.sigmoid({})",
        "softplus": "torch.nn.functional.softplus({}, threshold=40.0)",
        "logsigmoid": "torch.nn.functional.logsigmoid({})",
        "logsumexp": "torch.logsumexp({}, -1)",
        "softmax": "torch.softmax({}, -1)",
        "log_softmax": "torch.log_softmax({}, -1)",
    },
    missing={
        "cbrt": '''\
def cbrt(x):
    """∛x, a power and one step of Newton's method."""
    y = torch.sign(x) * abs(x) ** (1.0 / 3.0)
    better = y - (y - x / (y * y)) / 3.0
    return torch.where(torch.isfinite(better), better, y)
''',
    },
    stack='''\
def stack(*numbers):
    """Numbers, or tensors of them, side by side on a new last axis."""
    tensors = [torch.as_tensor(number, dtype=DTYPE) for number in numbers]
    return torch.stack(torch.broadcast_tensors(*tensors), -1)


def join(*tensors):
    """Tensors one after the other along their last axis."""
    lead = torch.broadcast_shapes(*(tensor.shape[:-1] for tensor in tensors))
    return torch.cat([tensor.expand(lead + tensor.shape[-1:]) for tensor in tensors], -1)
''',
    rule="rule",
    rule_text='''\
def rule(function, *partials):
    """A function with these partial derivatives, each a function of (result, *operands), to any order."""

    class Ruled(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(*operands):
            result = torch.as_tensor(function(*operands), dtype=DTYPE)
            return result.expand_as(operands[0]).clone()  # it may be a number, or the operand itself

        @staticmethod
        def setup_context(ctx, operands, result):
            ctx.save_for_backward(result, *operands)

        @staticmethod
        def backward(ctx, adjoint):
            needed = zip(partials, ctx.needs_input_grad)
            return tuple(adjoint * partial(*ctx.saved_tensors) if need else None for partial, need in needed)

    def ruled(*operands):
        tensors = [torch.as_tensor(operand, dtype=DTYPE) for operand in operands]
        return Ruled.apply(*torch.broadcast_tensors(*tensors))

    return ruled
''',
    own_partials=frozenset({"acos", "acosh", "asin", "atan2", "atanh", "hypot", "pow"}),
    number="torch.tensor({}, dtype=DTYPE)",
    head="DTYPE = torch.float64",
)

ONNX = Target(
    module="onnx",
    imports=(),
    array="{}",
    begin="",
    natives={
        "maximum": "ReduceMax({})",
        "minimum": "ReduceMin({})",
        "prod": "ReduceProd({})",
        "mean": "ReduceMean({})",
        "sum": "ReduceSum({})",
        "sign": "Sign({})",
        "relu": "Relu({})",
        "sigmoid": "Sigmoid({})",
        "softplus": "Softplus({})",
        "gelu": "Gelu({})",
        "logsumexp": "ReduceLogSumExp({})",
        "softmax": "Softmax({})",
        "log_softmax": "LogSoftmax({})",
    },
    functions={
        name: name.capitalize()
        for name in (
            "exp",
            "log",
            "sin",
            "cos",
            "tan",
            "asin",
            "acos",
            "atan",
            "sinh",
            "cosh",
            "tanh",
            "asinh",
            "acosh",
            "atanh",
            "erf",
            "sqrt",
            "floor",
        )
    },
)
"""Not a library of Python: the names are those of the operators of a graph, which are read off the expressions."""
