"""Solvers of other libraries take our functions as they are: each one-liner of docs/how_to/hand_on.md."""

import ctypes
import math

import numpy as np
import pytest

import autograd
from autograd import Value, grad, hessian, jacobian, jit, value_and_grad
from tests.export.needed import needed


def scipy(module):
    return needed(f"scipy.{module}")


def rosenbrock(x):
    return sum(100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2 for i in range(len(x) - 1))


def test_minimize_takes_a_jitted_value_and_gradient():
    found = scipy("optimize").minimize(jit(value_and_grad(rosenbrock)), np.full(6, -1.0), jac=True)
    assert found.success
    np.testing.assert_allclose(found.x, 1.0, atol=1e-5)


def test_minimize_takes_hessians():
    f = jit(value_and_grad(rosenbrock))
    second = jit(hessian(rosenbrock))
    optimize = scipy("optimize")
    found = optimize.minimize(f, np.full(4, -1.2), jac=True, hess=lambda x: np.array(second(x)), method="trust-exact")
    assert found.success
    np.testing.assert_allclose(found.x, 1.0, atol=1e-4)


def decay(p):
    return [p[0] * autograd.exp(-p[1] * t) - 3.0 * math.exp(-0.5 * t) for t in range(5)]


def test_least_squares_takes_a_jacobian():
    found = scipy("optimize").least_squares(jit(decay), [1.0, 1.0], jac=jit(jacobian(decay)))
    np.testing.assert_allclose(found.x, [3.0, 0.5], rtol=1e-8)


def circle_and_line(x):
    return [x[0] ** 2 + x[1] ** 2 - 1.0, x[0] - x[1]]


def test_root_takes_a_jacobian():
    found = scipy("optimize").root(jit(circle_and_line), [1.0, 0.5], jac=jit(jacobian(circle_and_line)))
    np.testing.assert_allclose(found.x, math.sqrt(0.5))


def van_der_pol(t, y):
    return [y[1], 100.0 * (1.0 - y[0] ** 2) * y[1] - y[0] + 0.0 * t]


def test_solve_ivp_takes_a_jacobian():
    f, by_state = jit(van_der_pol), jit(jacobian(van_der_pol, argnums=1))
    found = scipy("integrate").solve_ivp(f, (0.0, 10.0), [2.0, 0.0], method="Radau", jac=by_state, rtol=1e-8)
    without = scipy("integrate").solve_ivp(f, (0.0, 10.0), [2.0, 0.0], method="Radau", rtol=1e-8)
    np.testing.assert_allclose(found.y[:, -1], without.y[:, -1], rtol=1e-5)
    assert found.success


def constraints(x):
    return [x[0] * x[1] * x[2] * x[3], x[0] ** 2 + x[1] ** 2 + x[2] ** 2 + x[3] ** 2]


def objective(x):
    return x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2]


def lagrangian(x, multipliers, factor):
    return factor * objective(x) + sum(m * c for m, c in zip(multipliers, constraints(x)))


class Problem:
    """Hock and Schittkowski's problem 71, with sparse Hessians of the Lagrange function."""

    def objective(self, x):
        return objective(list(x))

    def gradient(self, x):
        return grad(objective)(list(x))

    def constraints(self, x):
        return constraints(list(x))

    def jacobian(self, x):
        return np.array(jacobian(constraints)(list(x))).ravel()

    def hessianstructure(self):
        rows, columns = np.array(self._lower([1.0, 5.0, 5.0, 1.0], [1.0, 1.0], 1.0)[0]).T
        return rows, columns

    def hessian(self, x, multipliers, factor):
        return self._lower(list(x), list(multipliers), factor)[1]

    def _lower(self, x, multipliers, factor):
        found = hessian(lambda x: lagrangian(x, multipliers, factor), sparse=True)(x)
        known = {(i, j): number for i, j, number in zip(found.rows, found.cols, found.values, strict=True)}
        places = sorted((i, j) for i, j in [(i, j) for i in range(4) for j in range(i + 1)])
        return places, [known.get(place, 0.0) for place in places]


def test_ipopt_takes_sparse_hessians():
    cyipopt = pytest.importorskip("cyipopt", reason="cyipopt is not installed: pip install cyipopt, with IPOPT")
    problem = cyipopt.Problem(
        n=4, m=2, problem_obj=Problem(), lb=[1.0] * 4, ub=[5.0] * 4, cl=[25.0, 40.0], cu=[2e19, 40.0]
    )
    problem.add_option("print_level", 0)
    problem.add_option("sb", "yes")
    x, info = problem.solve([1.0, 5.0, 5.0, 1.0])
    assert info["status"] == 0
    np.testing.assert_allclose(x, [1.0, 4.743, 3.82115, 1.379408], rtol=1e-5)


def test_expressions_go_to_sympy_and_back():
    sympy = needed("sympy")
    x, y = Value(0.5, label="x"), Value(2.0, label="y")
    theirs = sympy.sympify(str(autograd.expression(autograd.sin(x * y) / x)))
    assert sympy.simplify(theirs - sympy.sympify("sin(x*y)/x")) == 0
    ours = sympy.lambdify(sympy.symbols("x y"), sympy.diff(theirs, "x"), modules=[autograd, "math"])
    slope = ours(x, y)
    assert math.isclose(slope.data, autograd.gradient(autograd.sin(x * y) / x, x), rel_tol=1e-12)
    slope.backward()
    assert y.grad != 0.0


@pytest.fixture
def address():
    """A compiled function of two doubles, in C: the address of what `to_c` printed."""
    import shutil
    import subprocess
    import tempfile

    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler here")
    x = Value(1.0)
    with tempfile.TemporaryDirectory() as folder:
        autograd.to_c((x * x).sin(), [x], name="wave").save(folder)
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "wave.c", "-o", "wave.so", "-lm"], cwd=folder, check=True)
        library = ctypes.CDLL(f"{folder}/wave.so")
    return ctypes.cast(library.wave, ctypes.c_void_p).value, library


def test_numba_calls_a_compiled_function_by_its_address(address):
    numba = needed("numba")
    pointer = ctypes.POINTER(ctypes.c_double)
    wave = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(address[0])
    assert pointer

    @numba.njit
    def total(xs):
        found, y, workspace = 0.0, np.empty(1), np.empty(16)
        for i in range(len(xs)):
            wave(xs[i:].ctypes.data, y.ctypes.data, workspace.ctypes.data)
            found += y[0]
        return found

    xs = np.linspace(0.0, 1.0, 11)
    assert math.isclose(total(xs), np.sin(xs * xs).sum(), rel_tol=1e-12)


def test_cffi_calls_a_compiled_function_by_its_address(address):
    cffi = needed("cffi")
    ffi = cffi.FFI()
    wave = ffi.cast("void (*)(const double *, double *, double *)", address[0])
    y, workspace = ffi.new("double[1]"), ffi.new("double[16]")
    wave(ffi.new("double[1]", [0.5]), y, workspace)
    assert math.isclose(y[0], math.sin(0.25), rel_tol=1e-15)
