"""Exercises on derivatives: what they are, and how a program computes them."""

import math
from collections.abc import Iterator
from typing import Any

import autograd
from autograd import Value, grad, is_grad_enabled, jacobian, jvp, topological_order, value_and_grad
from autograd.arguments import counted
from autograd.exercises.exercise import exercise
from autograd.exercises.grading import Answer, Mistake, plain


@exercise(
    "The derivative of σ",
    "001 Neural networks, Hidden layer: “can you show this?”",
    '''
    from autograd import sigmoid


    def sigmoid_slope(s):
        """The derivative of σ at the number s.

        >>> sigmoid_slope(0.0)
        0.25
        """
        ...
    ''',
    "write σ(s) as u⁻¹ with u = 1 + exp(-s), and use the chain rule.",
    "you have exp(-s)/(1 + exp(-s))². One factor 1/(1 + exp(-s)) of it is σ(s); which function is the other one?",
    "exp(-s) is 1/σ - 1.",
)
def sigmoid(answer: Answer) -> None:
    """The sigmoid σ(s) = 1/(1 + exp(-s)) makes a number between 0 and 1 of any number.

    Its derivative can be written with σ itself: who has computed σ(s) gets the slope for almost nothing.
    Find that formula on paper. Then put `return` and the formula in place of the three dots; sigmoid(s) is σ(s).
    """
    answer.agrees(
        grad(autograd.sigmoid),
        [(s,) for s in (-4.0, -1.0, 0.0, 0.5, 2.0, 6.0)],
        {
            "That is σ itself, not how fast it grows.": autograd.sigmoid,
            "One factor is there, the other one is missing.": lambda s: autograd.sigmoid(-s),
            "That is the square of σ; are both factors of the chain rule there?": lambda s: autograd.sigmoid(s) ** 2,
        },
    )


def _parabola(x: Any) -> Any:
    """lambda x: x**2 - 1.5*x"""
    return x**2 - 1.5 * x


def _line(x: Any) -> Any:
    """lambda x: 4*x + 1"""
    return 4.0 * x + 1.0


@exercise(
    "The slope between two neighbours",
    "003 Alice in Wonderland ML Notes, 6.1.2 Numerical and Symbolic Differentiation",
    '''
    def central_difference(f, x, h):
        """The slope of f around x, from its values at two points, each h away from x."""
        ...
    ''',
    "a slope is a rise over a run. How far apart are x - h and x + h?",
    "of a parabola it is the derivative exactly, however large h is: try x² at 1 with h = 1 on paper.",
)
def central_difference(answer: Answer) -> None:
    """The notes take the limit of (f(x + h) - f(x))/h.

    That looks to one side only, and its error shrinks as h does. Look to both sides, to x + h and x - h: the error then
    shrinks as h².
    """
    cases = [(_parabola, 1.0, 0.5), (_line, 2.0, 0.25), (_parabola, -3.0, 0.125), (_parabola, 0.5, 2.0)]
    answer.agrees(
        lambda f, x, h: grad(f)(x),
        cases,
        {
            "That looks to the right side only.": lambda f, x, h: (f(x + h) - f(x)) / h,
            "That looks to the left side only.": lambda f, x, h: (f(x) - f(x - h)) / h,
            "The rise is right. Is it divided by the run, in brackets? a/2*h is a·h/2.": lambda f, x, h: (
                (f(x + h) - f(x - h)) / 2 * h
            ),
        },
    )


def _map(x: Any) -> Any:
    """lambda x: [x[0]*x[1], x[0] + 3*x[1], x[1]**2]"""
    return [x[0] * x[1], x[0] + 3.0 * x[1], x[1] ** 2]


def _turn(x: Any) -> Any:
    """lambda x: [x[1] - x[2], x[0]*x[2], x[0] + x[1]]"""
    return [x[1] - x[2], x[0] * x[2], x[0] + x[1]]


_MAPS = [(_map, [2.0, 5.0]), (_turn, [1.0, -2.0, 3.0])]


@exercise(
    "A Jacobian, column by column",
    "000 Neural networks, Automatic differentiation: “Constructs the Jacobian one column at a time”",
    '''
    from autograd import jvp  # jvp(f, (x,), (v,)) is a pair: f(x), and J·v


    def jacobian_by_columns(f, x):
        """The Jacobian of f at the list x, a list of rows: row i has the derivatives of f(x)[i]."""
        ...
    ''',
    "J·(0, …, 1, …, 0) is a column of J.",
    "so call jvp once for each number in x, with another 1 each time. You then have a list of columns.",
    "zip(*columns) gives the rows.",
)
def columns(answer: Answer) -> None:
    """Forward mode gives J·v, the derivative of all the results along one direction v.

    Build the whole Jacobian with it. How often must f run?
    """
    answer.agrees(lambda f, x: jacobian(f)(x), _MAPS)


@exercise(
    "A Jacobian, row by row",
    "000 Neural networks, Automatic differentiation: “Construct the Jacobian one row at a time”",
    '''
    from autograd import vjp  # vjp(f, x) is a pair: f(x), and a function that gives (vᵀJ,) for a v


    def jacobian_by_rows(f, x):
        """The Jacobian of f at the list x, a list of rows: row i has the derivatives of f(x)[i]."""
        ...
    ''',
    "(0, …, 1, …, 0)·J is a row of J.",
    "f runs once: y, pullback = vjp(f, x). Then pull back one such vector for each number in y.",
    "pullback gives a tuple with one gradient for each argument of f, and f has one argument: pullback(v)[0].",
)
def rows(answer: Answer) -> None:
    """Reverse mode gives vᵀJ, the derivative of a weighted sum of the results by all the inputs.

    Build the whole Jacobian with it. When is that cheaper than column by column?
    """
    answer.agrees(lambda f, x: jacobian(f)(x), _MAPS)


@exercise(
    "A class of dual numbers",
    "003 Alice in Wonderland ML Notes, 6.2 Forward-Mode Automatic Differentiation",
    '''
    import math


    class Dual:
        """A number and its tangent, how fast it changes: value + tangent·ε, where ε² = 0."""

        def __init__(self, value, tangent):
            self.value = value
            self.tangent = tangent

        def __add__(self, other):
            """self + other, another Dual."""
            ...

        def __mul__(self, other):
            """self · other, another Dual."""
            ...

        def exp(self):
            """The exponential of self, another Dual."""
            ...
    ''',
    "each operation returns a new Dual(value, tangent): the value is the usual one.",
    "multiply (a + b·ε)·(c + d·ε) out, and put ε² = 0.",
    "the tangent of φ(x) is φ′(x) times the tangent of x: the chain rule.",
)
def dual(answer: Answer) -> None:
    """Forward mode in a few lines: a number carries its tangent along, and each operation knows what becomes of it.

    Fill in sum, product and exponential, each in one line.
    """

    def of(result: Any) -> tuple[Any, Any]:
        """Value and tangent."""
        if not isinstance(result, answer.given):
            raise Mistake(f"it gives {result!r}, which should be a new Dual.")
        return result.value, result.tangent

    numbers = [(2.0, 1.0, 3.0, 0.0), (2.0, 0.0, 3.0, 1.0), (0.5, -1.0, -4.0, 2.0)]
    make = answer.given
    if not isinstance(make, type):
        raise Mistake(f"It is {make!r}, where a class is asked for.")
    Answer("(Dual(§, §) + Dual(§, §))", lambda a, b, c, d: of(make(a, b) + make(c, d))).agrees(
        lambda a, b, c, d: jvp(lambda x, y: x + y, (a, c), (b, d)), numbers
    )
    Answer("(Dual(§, §) * Dual(§, §))", lambda a, b, c, d: of(make(a, b) * make(c, d))).agrees(
        lambda a, b, c, d: jvp(lambda x, y: x * y, (a, c), (b, d)),
        numbers,
        {
            "The value is right; the tangent is the product of the tangents.": lambda a, b, c, d: (a * c, b * d),
            "The value is right. Only one of the two factors is counted as changing.": lambda a, b, c, d: (
                a * c,
                b * c,
            ),
            "The value is right. Only one of the factors is counted as changing.": lambda a, b, c, d: (a * c, a * d),
        },
    )
    Answer("Dual(§, §).exp()", lambda a, b: of(make(a, b).exp())).agrees(
        lambda a, b: jvp(autograd.exp, (a,), (b,)),
        [(0.0, 1.0), (1.0, 3.0), (-2.0, -0.5)],
        {
            "The tangent is φ′(x); how fast x itself changes is missing.": lambda a, b: (math.exp(a), math.exp(a)),
            "The tangent of x is handed on as it is.": lambda a, b: (math.exp(a), b),
        },
    )


class _Operands(dict[str, list[str]]):
    """What each node is computed from; it counts how often somebody looks."""

    looks = 0

    def __getitem__(self, node: str) -> list[str]:
        self.looks += 1
        if self.looks > 3 * len(self) ** 2:
            raise Mistake(
                f"it has looked {self.looks} times, and is not at the end: it goes through the same nodes again and "
                "again. Remember where you have been."
            )
        return super().__getitem__(node)

    def get(self, node: str, default: Any = None) -> Any:
        try:
            return self[node]
        except KeyError:
            return default


def _graphs() -> Iterator[tuple[str, _Operands]]:
    yield "a", _Operands({"a": []})
    yield "z", _Operands({"z": ["y"], "y": ["x"], "x": []})
    yield "e", _Operands({"e": ["b", "d"], "d": ["a", "c"], "c": ["b"], "b": ["a"], "a": []})
    yield "f", _Operands({"f": ["a", "e"], "e": ["d", "d"], "d": ["b", "a"], "a": ["b"], "b": [], "unused": ["b"]})
    ladder: dict[str, list[str]] = {f"x{i}": [f"u{i}", f"v{i}"] for i in range(1, 31)}
    sides = {f"{side}{i}": [f"x{i - 1}"] for i in range(1, 31) for side in "uv"}
    yield "x30", _Operands({**ladder, **sides, "x0": []})


@exercise(
    "An order to walk in",
    "003 Alice in Wonderland ML Notes, 6.3 Reverse-Mode Automatic Differentiation",
    '''
    def topological_sort(root, operands):
        """The names of all nodes below the root, and its own: each once, and after all of its operands.

        operands: a dict from the name of a node to the list of names of what it is computed from.

        >>> topological_sort("y", {"y": ["s", "x"], "s": ["x"], "x": []})
        ['x', 's', 'y']
        """
        ...
    ''',
    "a recursive function: first walk to all the operands of a node, then append the node itself.",
    "keep a set of the nodes where you have been, and turn round at once where you come a second time.",
    "the walk needs a function inside the function: def walk(node): …; then call walk(root).",
)
def topological_sort(answer: Answer) -> None:
    """Reverse mode goes through a graph from the result to the inputs, and may leave a node only when all that was
    computed from it has been seen.

    Such an order, turned round, is called a topological one. A graph may have far more paths than nodes.
    """
    for root, operands in _graphs():
        edges = dict(operands)  # looking here is not counted
        shown = repr(edges) if len(edges) < 10 else f"a graph of {counted(len(edges), 'node')}"
        text = f"topological_sort({root!r}, {shown})"
        order = Answer(text, answer.given)(root, operands)
        if not isinstance(order, list) or any(not isinstance(node, str) for node in order):
            raise Mistake(f"{text} returned {order!r}: no list of names.")
        below, todo = set(), [root]
        while todo:
            node = todo.pop()
            if node not in below:
                below.add(node)
                todo += edges[node]
        place = {node: i for i, node in enumerate(order)}
        said = f"{text} returned {order!r}. "
        if len(place) < len(order):
            raise Mistake(f"{said}{next(n for n in order if order.count(n) > 1)} is there more than once.")
        if below - set(order):
            raise Mistake(f"{said}{min(below - set(order))} is missing.")
        if set(order) - below:
            raise Mistake(f"{said}{min(set(order) - below)} is not below the root.")
        for node in order:
            for operand in edges[node]:
                if place[operand] > place[node]:
                    turned = " Is the order turned round?" if order[0] == root else ""
                    raise Mistake(f"{said}{node} stands before {operand}, from which it is computed.{turned}")


def _expressions() -> Iterator[tuple[str, Value]]:
    x, y = Value(2.0, label="x"), Value(-3.0, label="y")
    yield "x * y at x = 2, y = -3", x * y
    yield "x * x at x = 2", x * x
    yield "(x + y).exp() * x at x = 2, y = -3", autograd.exp(x + y) * x
    h = x * y
    yield "h * h + h.tanh() with h = x * y at x = 2, y = -3", h * h + autograd.tanh(h)
    a = autograd.sin(x)
    b = a * y
    yield "a*b*b + b*x with a = sin(x), b = a*y at x = 2, y = -3", a * b * b + b * x


@exercise(
    "A backward of your own",
    "003 Alice in Wonderland ML Notes, 6.3 Reverse-Mode Automatic Differentiation (adjoints, the dual program)",
    '''
    from autograd import topological_order  # all nodes below a Value and itself, each after its operands


    def adjoints(y):
        """A dict from each node in the graph of the Value y to ∂y/∂node, a number.

        A node has `node.operands`, what it was computed from, and `node.partials`, as many numbers: the derivative of
        the node by each of its operands.
        """
        ...
    ''',
    "start with 1 for y itself and 0 for all others, and go through topological_order(y) from the end.",
    "what a node hands on to an operand is its own adjoint times the partial: one line in two loops.",
    "an operand that is used twice gets something twice. What must become of both?",
)
def backward(answer: Answer) -> None:
    """The backward pass: walk from the result to the inputs, and hand on to each operand its part of the adjoint.

    Do not call `backward()` or a transform of the library: this is what they do.
    """
    for text, y in _expressions():
        nodes = topological_order(y)
        found = plain(Answer(f"adjoints({text})", answer.given)(y))
        if not isinstance(found, dict) or any(not isinstance(number, float) for number in found.values()):
            raise Mistake(f"It returned {found!r:.200}, which is no dict from node to number.")
        if set(nodes) - set(found):
            raise Mistake(
                f"For {text}, {len(set(nodes) - set(found))} of the {counted(len(nodes), 'node')} are not in the dict."
            )
        for node in nodes:
            node.grad = 0.0
        y.backward()
        if found[y] != 1.0:
            raise Mistake(f"For {text}, ∂y/∂y is {found[y]!r}. How fast does y change, if y changes?")
        for node in reversed(nodes):
            if not math.isclose(found[node], node.grad, rel_tol=1e-9, abs_tol=1e-12):
                name = node.label or f"the node {node._op}"
                uses = sum(other is node for user in nodes for other in user.operands)
                advice = (
                    f"It is used {uses} times; is what comes back on each way added up, before it is handed on?"
                    if uses > 1
                    else "Is the chain rule there: adjoint of the user, times its partial?"
                )
                raise Mistake(f"For {text}, the adjoint of {name} is {found[node]:.6g}, which is not right. {advice}")


_STEPS = 100


@exercise(
    "Checkpointing in √n",
    "003 Alice in Wonderland ML Notes, 6.3 Reverse-Mode Automatic Differentiation (gradient checkpointing)",
    '''
    from autograd import checkpoint  # checkpoint(f)(x) is f(x), but keeps only x, and runs f again in the backward pass


    def run(step, x, n):
        """The Value x after n steps, step(step(…step(x)…)), with few numbers stored for the backward pass.

        n is a square number, as 100.
        """
        ...
    ''',
    "a function that makes some steps one after the other can be checkpointed as a whole: a segment.",
    "with segments of k steps, n/k numbers are kept, and k more while a segment runs again. Which k makes "
    "n/k + k least?",
    "√n segments of √n steps each.",
)
def checkpointing(answer: Answer) -> None:
    """The backward pass needs the numbers of the forward pass; storing all of them is what fills the memory.

    Store only some, and compute the others again when they are needed: for n steps some 2·√n numbers are enough.
    """
    length = longest = 0

    def step(x: Any) -> Any:
        """step"""
        nonlocal length, longest
        if is_grad_enabled():  # it is recorded; a segment that runs again begins with a leaf
            length = 1 if x.primitive is None else length + 1
            longest = max(longest, length)
        return autograd.sin(x)

    def plain_run(x: Any) -> Any:
        for _ in range(_STEPS):
            x = autograd.sin(x)
        return x

    x, right = Value(1.0), round(math.sqrt(_STEPS))
    y = Answer(f"run(step, Value(1.0), {_STEPS})", answer.given)(step, x, _STEPS)
    if not isinstance(y, Value):
        raise Mistake(f"It returned {type(y).__name__}, not a Value.")
    value, slope = value_and_grad(plain_run)(1.0)
    if y.data != value:
        raise Mistake(f"After {_STEPS} steps the number is not right. Are there as many steps as asked for?")
    stored = len(topological_order(y))
    if stored > 3 * right:
        raise Mistake(f"{stored} numbers are stored for {_STEPS} steps; {2 * right} can be enough.")

    def pull() -> float:
        y.backward()
        return x.grad

    found = Answer("backward() of what run returned", pull)()
    if longest > 3 * right:
        raise Mistake(
            f"After the forward pass {stored} numbers are stored, but in the backward pass {longest} at a time: the "
            "segments are too long."
        )
    if not math.isclose(found, slope, rel_tol=1e-9):
        raise Mistake("The number is right, but not its derivative by x: was a number taken out on the way?")
