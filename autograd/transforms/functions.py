"""Derivatives of functions: JAX's names and argument order.

A function takes floats, or nested lists, tuples, dicts or NumPy arrays of them, and derivatives come back in the
same structure.  All transforms nest in any order:

* reverse mode (`grad`, `vjp`, `jacrev`) gives the function fresh Values, and sweeps the graph that it records;
* forward mode for many directions (`linearize`, `jacfwd`) does so too, and sweeps the other way;
* forward mode for one (`jvp`) gives it dual numbers, each call on a level of its own, and needs no graph;
* inside another transform the inner sweep is recorded itself, so that the outer one can differentiate it.

Called with floats, they return floats; called with Values, Values that are connected to them.
Source of the modes: seeds, chapter 6, "Automatic Differentiation"; Griewank and Walther (2008).
"""

from collections.abc import Callable, Sequence
from functools import wraps
from math import factorial
from typing import Any

from autograd.arguments import brief, shown
from autograd.core.graph import depending_on, reverse_sweep, seeded, topological_order
from autograd.core.mode import current, enable_grad
from autograd.core.tree import flatten, flatten_like, map_leaves
from autograd.core.value import UNRECORDED, ByHand, Value, nothing_recorded
from autograd.spellings import local_names
from autograd.transforms.dual import Dual, Jet, next_level
from autograd.transforms.reverse import Argnums, Inputs, parts_of
from autograd.transforms.series import Expansion, Series
from autograd.transforms.sparse import sparse_hessian, sparse_jacobian

Function = Callable[..., Any]
FORWARD_TAKES = 4
"""Times as long as a sweep backwards: what a tangent comes from is looked up, node by node."""


def _check_function(name: str, f: Any, argnums: Any = 0) -> None:
    """TypeError for what is no function, and for what is given in the place of positions."""
    if not callable(f):
        recorded = "; of what is recorded it is gradient(y, inputs)" if isinstance(f, Value) else ""
        raise TypeError(f"{name}: the first argument must be a function, not {shown(f)}; write {name}(f)(x){recorded}")
    positions = argnums if isinstance(argnums, Sequence) else (argnums,)
    if isinstance(argnums, str) or not all(hasattr(x, "__index__") and not isinstance(x, bool) for x in positions):
        raise TypeError(f"{name}: argnums must be a position or several, not {shown(argnums)}; write {name}(f)(x)")


def _with_aux(name: str, result: Any, has_aux: bool, what: str = "(result, aux)") -> tuple[Any, Any]:
    """What a function returned that is differentiated, and what else it did."""
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(f"{name}: with has_aux the function must return {what}, not {shown(result)}")
    return result


# ---------------------------------------------------------------- reverse mode


@local_names
def grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The gradient function ∇f of a function that returns one number.

    Args:
        f: The function.
        argnums: The positions of the arguments to differentiate by; one position gives one gradient, several a tuple.
        has_aux: f returns (number, anything else), and the result is (gradient, anything else).

    Raises TypeError if f does not return one number, or an argument is no structure of numbers.
    Cost: that of f, recorded, and of one sweep.  Source: seeds, "Reverse-Mode Automatic Differentiation".

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda p: p["a"] * p["b"][0])({"a": 2.0, "b": [3.0]})
    {'a': 3.0, 'b': [2.0]}
    """
    _check_function("grad", f, argnums)
    both = value_and_grad(f, argnums, has_aux)

    @wraps(f, updated=())
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, gradients_ = both(*args, **kwargs)
        return (gradients_, value[1]) if has_aux else gradients_

    return gradient


@local_names
def value_and_grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The function that returns (f(x), ∇f(x)); with has_aux ((f(x), anything else), ∇f(x)).

    Arguments and errors as for `grad`.

    >>> value_and_grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 3.0)
    (6.0, (3.0, 2.0))
    """
    _check_function("value_and_grad", f, argnums)

    @wraps(f, updated=())
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        inputs = Inputs(args, argnums)
        result, aux = _with_aux("grad", inputs.call(f, kwargs), has_aux, "(number, aux)")
        leaves, _ = flatten(result, "grad: the result of the function")
        if len(leaves) != 1 or isinstance(result, list | tuple | dict) or getattr(result, "ndim", 0) != 0:
            raise TypeError(f"grad: the function must return one number, not {shown(result)}; see jacobian")
        gradient = inputs.rebuild(inputs.gradient(leaves[0]))
        value = inputs.finished(leaves[0])
        return ((value, map_leaves(inputs.finished, aux)) if has_aux else value), gradient

    return value_and_gradient


@local_names
def vjp(f: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """(f(x), the function v ↦ vᵀJ): the vector-Jacobian product, pulled back through one recorded graph.

    The pullback takes a cotangent of the structure of f(x), and returns a tuple with one gradient an argument.
    With has_aux f returns (result, anything else), and that comes third.
    Source: seeds, "RV-AD ⇒ VJPs": it builds the Jacobian a row at a time.

    >>> y, pullback = vjp(lambda x, y: [x * y, x + y], 2.0, 3.0)
    >>> y, pullback([1.0, 10.0])
    ([6.0, 5.0], (13.0, 12.0))
    """
    inputs = Inputs(primals, range(len(primals)))
    result, aux = _with_aux("vjp", inputs.call(f, {}), has_aux)
    leaves, rebuild = flatten(result, "vjp: the result of the function")
    sweep = inputs.pullback(leaves)

    def pullback(cotangents: Any) -> Any:
        return inputs.rebuild(sweep(flatten_like(cotangents, result, "vjp: the cotangent")))

    found = rebuild(map(inputs.finished, leaves)), pullback
    return (*found, map_leaves(inputs.finished, aux)) if has_aux else found


@local_names
def jacrev(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The Jacobian function by reverse mode: one recorded graph, one sweep a result.

    The structure of the results holds that of the arguments; arrays of arrays become matrices.  With has_aux f returns
    (result, anything else), and the Jacobian function (Jacobian, anything else).
    Use it when there are more inputs than outputs.  Source: seeds, "2.2.2 Jacobians".

    >>> jacrev(lambda x: [x[0] * x[1], x[0]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 0.0]]
    """
    return _swept("jacrev", f, argnums, has_aux, _rows)


def _swept(
    name: str,
    f: Function,
    argnums: Argnums,
    has_aux: bool,
    found: Callable[[Inputs, Sequence[Any], Callable[[Any], Any]], Any],
) -> Function:
    """The function that records f once, and gives what is found of its inputs and outputs."""
    _check_function(name, f, argnums)

    @wraps(f, updated=())
    def jacobian_function(*args: Any, **kwargs: Any) -> Any:
        inputs = Inputs(args, argnums)
        result, aux = _with_aux(name, inputs.call(f, kwargs), has_aux)
        jacobian = found(inputs, *flatten(result, f"{name}: the result of the function"))
        return (jacobian, map_leaves(inputs.finished, aux)) if has_aux else jacobian

    return jacobian_function


def _rows(inputs: Inputs, leaves: Sequence[Any], rebuild: Callable[[Any], Any]) -> Any:
    """The Jacobian of what was recorded, a sweep for each of the leaves."""
    sweep = inputs.pullback(leaves)
    unit = [[float(i == j) for j in range(len(leaves))] for i in range(len(leaves))]
    return rebuild(inputs.rebuild(sweep(weights)) for weights in unit)


# ---------------------------------------------------------------- forward mode


@local_names
def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> tuple[Any, ...]:
    """(f(x), J·v): the value and the Jacobian-vector product, by dual numbers and without a graph.

    Args:
        f: The function.
        primals: Its arguments, as a tuple or list.
        tangents: The direction, of the same structure.
        has_aux: f returns (result, anything else), and that comes third.

    Source: seeds, "FW-AD ⇒ JVPs": it builds the Jacobian a column at a time.

    >>> jvp(lambda x, y: [x * y, x + y], (2.0, 3.0), (1.0, 0.0))
    ([6.0, 5.0], [3.0, 1.0])
    """
    points, rebuild, directions = _along("jvp", primals, tangents)
    level = next_level()
    arguments = rebuild(Dual(x, seeded(v), level) for x, v in zip(points, directions, strict=True))
    with enable_grad():
        result, aux = _with_aux("jvp", f(*arguments), has_aux)
    leaves, rebuild_result = flatten(result, "jvp: the result of the function")
    values, derivatives = parts_of(leaves, level, 2)
    found = rebuild_result(values), rebuild_result(derivatives)
    return (*found, map_leaves(lambda leaf: parts_of([leaf], level, 2)[0][0], aux)) if has_aux else found


def _along(
    role: str, primals: Sequence[Any], tangents: Sequence[Any]
) -> tuple[list[Any], Callable[[Any], Any], list[Any]]:
    """The leaves of primals, what puts such into their structure, and the leaves of tangents."""
    for name, argument in (("primals", primals), ("tangents", tangents)):
        if not isinstance(argument, list | tuple):
            raise TypeError(f"{role}: {name} must be a tuple or list of arguments, not {shown(argument)}")
    points, rebuild = flatten(list(primals), f"{role}: primals")
    return points, rebuild, flatten_like(list(tangents), list(primals), f"{role}: tangents")


@local_names
def linearize(f: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """(f(x), the function v ↦ J·v): like `jvp`, but f runs once and is recorded, for many directions.

    With has_aux f returns (result, anything else), and that comes third.

    >>> y, push = linearize(lambda x, y: x * y, 2.0, 3.0)
    >>> y, push(1.0, 0.0), push(0.0, 1.0)
    (6.0, 3.0, 2.0)
    """
    inputs = Inputs(primals, range(len(primals)))
    result, aux = _with_aux("linearize", inputs.call(f, {}), has_aux)
    leaves, rebuild = flatten(result, "linearize: the result of the function")
    pushforward = inputs.pushforward(leaves)

    def push(*tangents: Any) -> Any:
        return rebuild(pushforward(flatten_like(list(tangents), list(primals), "linearize: the direction")))

    found = rebuild(map(inputs.finished, leaves)), push
    return (*found, map_leaves(inputs.finished, aux)) if has_aux else found


@local_names
def jacfwd(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The Jacobian function by forward mode: f runs once and is recorded, and each input takes a sweep, as `linearize`.

    The structure of the results holds that of the arguments; arrays of arrays become matrices.
    Use it when there are many more outputs than inputs; has_aux is as for `jacrev`.  Source: seeds, "2.2.2 Jacobians".

    >>> jacfwd(lambda x: [x[0] * x[1], x[0]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 0.0]]
    """
    return _swept("jacfwd", f, argnums, has_aux, _columns)


def _columns(inputs: Inputs, leaves: Sequence[Any], rebuild: Callable[[Any], Any]) -> Any:
    """The Jacobian of what was recorded, a sweep for each of the variables."""
    sweep, count = inputs.pushforward(leaves), sum(inputs.sizes)
    columns = [sweep([float(i == j) for j in range(count)]) for i in range(count)]
    return rebuild(inputs.rebuild([column[k] for column in columns]) for k in range(len(leaves)))


# ---------------------------------------------------------------- both, and beyond first order


@local_names
def jacobian(f: Function, argnums: Argnums = 0, has_aux: bool = False, *, sparse: bool = False) -> Function:
    """The Jacobian function: by forward mode where outputs are four times as many as inputs, else by reverse mode.

    A sweep forward takes about four times as long as one backward.  What is made with `Value(data, children, op)` has
    no forward mode, so then it is reverse mode.  has_aux as for `jacrev`.

    With sparse the function returns a `Sparse` matrix of the entries that may be other than 0, a row a number of the
    result, a column a number of the arguments, both laid out flat: a sweep a row, over what that is made of only.

    >>> jacobian(lambda x: [x, x * x])(3.0)
    [1.0, 6.0]
    >>> jacobian(lambda x: [x[0] * x[1], 2.0 * x[2]], sparse=True)([3.0, 4.0, 5.0])
    Sparse(rows=[0, 0, 1], cols=[0, 1, 2], values=[4.0, 3.0, 2.0], shape=(2, 3))
    """

    def found(inputs: Inputs, outputs: Sequence[Any], rebuild: Callable[[Any], Any]) -> Any:
        if sparse:
            return sparse_jacobian(inputs, outputs)
        if FORWARD_TAKES * sum(inputs.sizes) <= len(outputs) and not any(
            isinstance(x.primitive, ByHand) for x in topological_order(*[x for x in outputs if isinstance(x, Value)])
        ):
            return _columns(inputs, outputs, rebuild)
        return _rows(inputs, outputs, rebuild)

    return _swept("jacobian", f, argnums, has_aux, found)


def sparsity(f: Function, argnums: Argnums = 0) -> Function:
    """The function that tells where the Jacobian of f may be other than 0: (rows, cols), as `jacobian(f, sparse=True)`.

    It is read off the graph, not off numbers: what is 0 by chance, or behind a gate that is closed, counts.

    >>> sparsity(lambda x: [x[0] * x[1], 2.0 * x[2]])([0.0, 0.0, 0.0])
    ([0, 0, 1], [0, 1, 2])
    """
    both = jacobian(f, argnums, sparse=True)

    @wraps(f, updated=())
    def sparsity_function(*args: Any, **kwargs: Any) -> Any:
        found = both(*args, **kwargs)
        return found.rows, found.cols

    return sparsity_function


@local_names
def hessian(f: Function, argnums: Argnums = 0, has_aux: bool = False, *, sparse: bool = False) -> Function:
    """The function of second derivatives ∂²f/∂xᵢ∂xⱼ: the gradient, recorded once, and a sweep of it for each variable.

    With sparse it is one sweep, by edge pushing, and returns a `Sparse` matrix, both of its triangles, over the
    variables laid out flat; its cost is in proportion to the second derivatives that are there.  With has_aux f returns
    (number, anything else), and the function of second derivatives (Hessian, anything else).

    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    >>> hessian(lambda x: x[0] ** 2 * x[1] + x[2], sparse=True)([3.0, 5.0, 1.0])
    Sparse(rows=[0, 0, 1], cols=[0, 1, 0], values=[10.0, 6.0, 6.0], shape=(3, 3))
    """
    _check_function("hessian", f, argnums)

    @wraps(f, updated=())
    def hessian_function(*args: Any, **kwargs: Any) -> Any:
        inputs = Inputs(args, argnums)
        output, aux = _with_aux("hessian", inputs.call(f, kwargs), has_aux)
        if sparse:
            if not isinstance(output, Value | Jet | float):
                raise TypeError(f"hessian: with sparse the function must return one number, not {shown(output)}")
            found: Any = sparse_hessian(inputs, output)
        elif inputs.recording or not isinstance(output, Value):  # inside another transform, or of several results
            return jacrev(jacrev(f, argnums, has_aux), argnums, has_aux)(*args, **kwargs)
        else:
            rows = [inputs.gradient(slope) for slope in inputs.recorded_gradient(output)]
            found = inputs.rebuild([inputs.rebuild(row) for row in rows])
        return (found, map_leaves(inputs.finished, aux)) if has_aux else found

    return hessian_function


@local_names
def hvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The Hessian times a vector, H·v, in the time of a few gradients.

    The result has the structure of the first argument if there is one, else is a tuple with one an argument.
    H is symmetric, so reverse over reverse mode, which is the faster one on graphs, gives it as vᵀH; machine code
    is recorded by forward over reverse mode.

    >>> hvp(lambda x: x[0] ** 2 * x[1], ([3.0, 5.0],), ([1.0, 0.0],))
    [10.0, 6.0]
    """
    argnums: Argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
    if current().traces:
        return jvp(grad(f, argnums), primals, tangents)[1]
    _along("hvp", primals, tangents)
    _, pullback = vjp(grad(f, argnums), *primals)
    found = pullback(tangents[0] if len(primals) == 1 else tuple(tangents))
    return found[0] if len(primals) == 1 else found


def directional_derivative(f: Function, x: Any, v: Any) -> Any:
    """∇f(x)·v, the rate of change of f in the direction v.

    Source: seeds, "2.2.1 Gradients and Directional Derivatives".

    >>> directional_derivative(lambda x: x[0] * x[1], [2.0, 3.0], [1.0, 1.0])
    5.0
    """
    return jvp(f, (x,), (v,))[1]


HIGHEST_ORDER = 170
"""Of a derivative: 171! is more than the largest float."""


def _check_order(role: str, n: Any) -> None:
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise ValueError(f"{role} must be a whole number of at least 0, not {brief(n)}")
    if n > HIGHEST_ORDER:
        raise ValueError(f"{role} must be at most {HIGHEST_ORDER}, not {brief(n)}")


def derivative(f: Function, n: int = 1) -> Function:
    """The n-th derivative of a function of one number, by Taylor mode, in the time of n² products an operation.

    >>> derivative(lambda x: x**5, 3)(2.0)
    240.0
    """
    _check_order("derivative: n", n)
    _check_function("derivative", f)
    if n == 0:
        return f

    @wraps(f, updated=())
    def derivative_function(x: Any) -> Any:
        if n == 1:
            return jvp(f, (x,), (1.0,))[1]
        coefficients, rebuild = _expanded("derivative", f, x, 1.0, n)
        return rebuild([leaf[n] * float(factorial(n)) for leaf in coefficients])

    return derivative_function


@local_names
def taylor(f: Function, x: Any, order: int, v: Any = None) -> list[Any]:
    """The Taylor coefficients of t ↦ f(x + t·v): for one number x and v = 1, f⁽ᵏ⁾(x) / k! for k = 0 … order.

    Args:
        f: The function; its result may be a structure, as is each coefficient then.
        x: Where it is expanded: a number, or with v a structure of numbers.
        order: Of the last coefficient, at most 170.
        v: The direction, of the structure of x.

    All coefficients come from one run of f on truncated series.  Source: seeds, "2.2.2 Jacobians", Taylor's theorem.

    >>> taylor(lambda x: x**3, 2.0, 3)
    [8.0, 12.0, 6.0, 1.0]
    >>> taylor(lambda p: p[0] * p[1], [2.0, 3.0], 2, v=[1.0, 10.0])
    [6.0, 23.0, 10.0]
    """
    _check_order("taylor: order", order)
    coefficients, rebuild = _expanded("taylor", f, x, 1.0 if v is None else v, order)
    return [rebuild([leaf[k] for leaf in coefficients]) for k in range(order + 1)]


def _expanded(role: str, f: Function, x: Any, v: Any, order: int) -> tuple[list[list[Any]], Callable[[Any], Any]]:
    """The coefficients of each leaf of f(x + ε·v), and what puts leaves into their structure."""
    points, rebuild = flatten(x, f"{role}: x")
    directions = flatten_like(v, x, f"{role}: v")
    expansion = Expansion(order)
    argument = rebuild(
        Series([point, direction][: order + 1], expansion) for point, direction in zip(points, directions, strict=True)
    )
    with enable_grad():
        result = f(argument)
    leaves, rebuild_result = flatten(result, f"{role}: the result of the function")
    parts = parts_of(leaves, expansion.level, order + 1)
    return [list(leaf) for leaf in zip(*parts, strict=True)], rebuild_result


@local_names
def gradient(outputs: Any, inputs: Any, create_graph: bool = False) -> Any:
    """∂ Σ outputs / ∂ inputs on a graph that is already recorded, in the structure of the inputs.

    Args:
        outputs: A Value, or a structure of them.
        inputs: A Value, leaf or not, or a structure of them.
        create_graph: Return recorded Values, to be differentiated again, instead of numbers.

    No `grad` is touched.  An input that no output depends on has gradient 0.  As `torch.autograd.grad`.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> gradient(y, x)
    6.0
    >>> gradient(gradient(y, x, create_graph=True), x)
    2.0
    >>> gradient(gradient(3.0 * x, x, create_graph=True), x)
    0.0
    """
    roots, _ = flatten(outputs, "gradient: outputs")
    leaves, rebuild = flatten(inputs, "gradient: inputs")
    for role, values in (("outputs", roots), ("inputs", leaves)):
        for x in values:
            if not isinstance(x, Value):
                raise TypeError(f"gradient: {role} must be Values, not {shown(x)}")
    if any(root.primitive is None and root._uses == UNRECORDED for root in roots):
        raise nothing_recorded("gradient")
    order = depending_on(leaves, *roots)
    adjoints: dict[Any, Any] = {}
    for root in roots:
        adjoints[root] = adjoints.get(root, 0.0) + 1.0
    for_machine_code = any(hasattr(root, "_product") for root in roots)  # whose numbers are examples
    reverse_sweep(order, adjoints, record=create_graph or for_machine_code)
    found = [adjoints.get(leaf, 0.0) for leaf in leaves]
    if create_graph:  # a constant too can be differentiated again
        found = [Value(x) if x.__class__ is float else x for x in found]
    return rebuild(found)
