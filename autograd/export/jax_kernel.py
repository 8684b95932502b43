"""`JaxKernel`: a loss and its gradient over a batch by JAX, on whatever device it has."""

from typing import Any

import numpy as np

from autograd.export.arrays import ArrayText
from autograd.export.python import defined
from autograd.export.targets import JAX
from autograd.installation import require
from autograd.native.interpreter import Recorded
from autograd.native.lowered import lowered
from autograd.native.planning.plan import Plan


class JaxKernel:
    """What `compile` runs for `backend=JaxKernel`: the function that `to_jax` prints, by `jax.jit`, in 64 bits.

    It computes on JAX's first device in this process, which may be an accelerator.  Of a loss it is `value_and_grad` of
    the sum over the batch.  It is compiled anew for each size of a batch.

    Raises ModuleNotFoundError without JAX.

    >>> f = autograd.compile(loss, [x, t], [w], backend=autograd.JaxKernel)  # doctest: +SKIP
    >>> f.value_and_grad([[1.0, 2.0], [2.0, 2.0]])  # doctest: +SKIP
    (8.5, array([9.]))
    """

    name = "jax"
    from_cache = False
    compile_seconds = 0.0
    """It is compiled at the first batch, of which it is a part."""

    def __init__(self, plan: Plan, recorded: Recorded) -> None:
        self._jax = require("jax", "the back end of JAX")
        self.plan = plan
        values = lowered(recorded.outputs, recorded.inputs, recorded.parameters, pieces=False).plan
        text = ArrayText(values, [p._number for p in recorded.parameters], JAX, "f", False, "")
        self.function = defined(text.text(), "f")["f"]
        self.places = {name: np.array(places) for name, places in text.places.items()}
        with self._jax.enable_x64(True):
            self._run = self._jax.jit(self._sums if plan.weighted else self._outputs)

    def _outputs(self, data: Any, parameters: Any) -> Any:
        """Samples × outputs numbers."""
        return self.function(data, parameters) if self.places else self.function(data)

    def _sums(self, data: Any, parameters: Any) -> Any:
        """The sums of the outputs over the samples, and the derivatives of the first by the parameters."""

        def total(given: Any) -> Any:
            sums = self._outputs(data, given).sum(0)
            return sums[0], sums

        (_, sums), gradient = self._jax.value_and_grad(total, has_aux=True)(parameters)
        return sums, gradient

    def run(self, data: Any, weight: float, slots: Any, outputs: Any) -> None:
        """One batch; see `autograd.native.kernels.Kernel`."""
        plan, numbers = self.plan, np.asarray(data, dtype=np.float64).T
        parameters = {name: slots[places] for name, places in self.places.items()}
        with self._jax.enable_x64(True):
            found = self._jax.device_get(self._run(numbers, parameters))
        if not plan.weighted:
            outputs[:] = found.T
            return
        sums, gradient = found
        slots[plan.slot_outputs] = weight * sums
        for name, places in self.places.items():
            slots[plan.gradient + places] = weight * gradient[name]
