"""A glass-box, scalar, reverse-mode automatic differentiation engine.

A `Value` is a number that remembers how it was made.  `backward()` walks that record from the result to the
leaves and gives every leaf its derivative.

>>> from autograd import Value
>>> w, x, b = Value(-3.0, label="w"), Value(2.0, label="x"), Value(6.88, label="b")
>>> y = (w * x + b).tanh()
>>> y.backward()
>>> print(f"{y:.4f} {w.grad:.4f}")
0.7064 1.0019
"""

import builtins as _builtins
import typing as _typing

from autograd import installation as _installation
from autograd import showing as _showing
from autograd import spellings as _spellings
from autograd.accelerator import engine_info
from autograd.core.graph import (
    depending_on,
    example_number,
    forward_sweep,
    partials_of,
    reverse_sweep,
    topological_order,
)
from autograd.core.mode import enable_grad, is_grad_enabled, no_grad
from autograd.core.recording import linear
from autograd.core.value import Value, live_values
from autograd.files import write_whole
from autograd.formulas.explain import explain
from autograd.formulas.program import program
from autograd.formulas.straight_line import Program
from autograd.table import primitives
from autograd.table.primitive import DomainWarning, Primitive, primitive
from autograd.table.primitives import *  # noqa: F403  # one name a row of the table
from autograd.table.primitives import TABLE
from autograd.transforms.functions import (
    derivative,
    directional_derivative,
    grad,
    gradient,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    sparsity,
    taylor,
    value_and_grad,
    vjp,
)
from autograd.transforms.sparse import Sparse

if _typing.TYPE_CHECKING:
    from autograd.checks.anomaly import AnomalyError, detect_anomaly
    from autograd.checks.differences import numerical_gradient
    from autograd.checks.gradients import GradcheckError, gradcheck
    from autograd.export.c import to_c
    from autograd.export.exported import Exported, ExportedFiles
    from autograd.export.javascript import to_javascript_function
    from autograd.export.jax_kernel import JaxKernel
    from autograd.export.onnx import to_onnx
    from autograd.export.python import to_jax, to_numpy, to_torch_function
    from autograd.export.verification import VerificationError
    from autograd.formulas.symbolic import derivative_expression, expression
    from autograd.formulas.worksheet import deltas
    from autograd.native.doors.compiled import Compiled
    from autograd.native.doors.compiled import (
        compile as compile,  # not in __all__: `import *` must not replace the built-in
    )
    from autograd.native.doors.jit import jit
    from autograd.native.doors.printed import to_javascript
    from autograd.native.doors.step import native_step
    from autograd.native.recording.tracing import traced, tracing
    from autograd.render import LayoutUnavailableError, draw, draw_dot, to_dot, to_svg, trace
    from autograd.render.pages.own_page import write_page
    from autograd.render.pages.page import to_html
    from autograd.render.pictures.motion import animate
    from autograd.render.pictures.style import COLOURS
    from autograd.render.scenes.scene import scene
    from autograd.transforms.batching import vmap
    from autograd.transforms.checkpoints.checkpointing import checkpoint, checkpoint_sequential
    from autograd.transforms.checkpoints.revolve import revolve_advances, revolve_schedule
    from autograd.transforms.control_flow import cond, fori_loop, scan, while_loop
    from autograd.transforms.differential_equations import odeint
    from autograd.transforms.implicit import argmin, fixed_point, root
    from autograd.transforms.linear_systems import solve
else:
    # Imported when first used: together they are a fifth of the time that `import autograd` would take.
    _LATER = {
        "autograd.checks.anomaly": ("AnomalyError", "detect_anomaly"),
        "autograd.checks.gradients": ("GradcheckError", "gradcheck"),
        "autograd.transforms.batching": ("vmap",),
        "autograd.transforms.control_flow": ("cond", "fori_loop", "scan", "while_loop"),
        "autograd.transforms.checkpoints.checkpointing": ("checkpoint", "checkpoint_sequential"),
        "autograd.checks.differences": ("numerical_gradient",),
        "autograd.export.c": ("to_c",),
        "autograd.export.javascript": ("to_javascript_function",),
        "autograd.export.jax_kernel": ("JaxKernel",),
        "autograd.export.exported": ("Exported", "ExportedFiles"),
        "autograd.export.verification": ("VerificationError",),
        "autograd.export.onnx": ("to_onnx",),
        "autograd.export.python": ("to_jax", "to_numpy", "to_torch_function"),
        "autograd.native.doors.compiled": ("Compiled", "compile"),
        "autograd.native.doors.jit": ("jit",),
        "autograd.native.doors.printed": ("to_javascript",),
        "autograd.native.doors.step": ("native_step",),
        "autograd.native.recording.tracing": ("traced", "tracing"),
        "autograd.render": ("LayoutUnavailableError", "draw", "draw_dot", "scene", "to_dot", "to_svg", "trace"),
        "autograd.render.pages.own_page": ("write_page",),
        "autograd.render.pages.page": ("to_html",),
        "autograd.render.pictures.motion": ("animate",),
        "autograd.render.pictures.style": ("COLOURS",),
        "autograd.transforms.checkpoints.revolve": ("revolve_advances", "revolve_schedule"),
        "autograd.transforms.differential_equations": ("odeint",),
        "autograd.transforms.implicit": ("argmin", "fixed_point", "root"),
        "autograd.transforms.linear_systems": ("solve",),
        "autograd.formulas.symbolic": ("derivative_expression", "expression"),
        "autograd.formulas.worksheet": ("deltas",),
    }

    def __getattr__(name: str) -> object:
        return _installation.later(globals(), _LATER, name, _spellings.FUNCTIONS)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


_showing.attach()
_spellings.attach(Value, _spellings.NUMBER)

__version__ = "0.1.0"

__all__ = [
    "COLOURS",
    "TABLE",
    "AnomalyError",
    "Compiled",
    "DomainWarning",
    "Exported",
    "ExportedFiles",
    "GradcheckError",
    "JaxKernel",
    "LayoutUnavailableError",
    "Primitive",
    "Program",
    "Sparse",
    "Value",
    "VerificationError",
    "animate",
    "argmin",
    "checkpoint",
    "checkpoint_sequential",
    "cond",
    "deltas",
    "depending_on",
    "derivative",
    "derivative_expression",
    "detect_anomaly",
    "directional_derivative",
    "draw",
    "draw_dot",
    "enable_grad",
    "engine_info",
    "example_number",
    "explain",
    "expression",
    "fixed_point",
    "fori_loop",
    "forward_sweep",
    "grad",
    "gradcheck",
    "gradient",
    "hessian",
    "hvp",
    "is_grad_enabled",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "linear",
    "linearize",
    "live_values",
    "native_step",
    "no_grad",
    "numerical_gradient",
    "odeint",
    "partials_of",
    "primitive",
    "primitives",
    "program",
    "reverse_sweep",
    "revolve_advances",
    "revolve_schedule",
    "root",
    "scan",
    "scene",
    "solve",
    "sparsity",
    "taylor",
    "to_c",
    "to_dot",
    "to_html",
    "to_javascript",
    "to_javascript_function",
    "to_jax",
    "to_numpy",
    "to_onnx",
    "to_svg",
    "to_torch_function",
    "topological_order",
    "trace",
    "traced",
    "tracing",
    "value_and_grad",
    "vjp",
    "vmap",
    "while_loop",
    "write_page",
    "write_whole",
]

# Every row too, but for the names of built-in functions (abs, pow, sum), which `import *` must not replace.
__all__ += [name for name in TABLE if not hasattr(_builtins, name)]  # pyright: ignore[reportUnsupportedDunderAll]
__all__ += ["clamp", "polygamma", "reciprocal", "rsqrt", "square"]  # noqa: F405

_installation.warn_of_other_providers("autograd", "nn")
