"""The oracle: the recorded graph is recorded anew for each sample, and swept by the engine itself.

It knows nothing of plans, lowerings or layers, so every other back end can be compared with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograd.core.graph import reverse_sweep, topological_order
from autograd.core.mode import changed
from autograd.core.value import Value
from autograd.native.planning.plan import Plan


@dataclass(frozen=True, eq=False)
class Recorded:
    """What a plan was made of: outputs, Values or numbers, and the leaves that get numbers of each sample or batch."""

    outputs: Sequence[Any]
    inputs: Sequence[Value]
    parameters: Sequence[Value]


class Interpreter:
    """A plan by the engine; see `autograd.native.kernels.Kernel`."""

    name = "interpreter"
    from_cache = False
    compile_seconds = 0.0

    def __init__(self, plan: Plan, recorded: Recorded) -> None:
        self.plan, self.recorded = plan, recorded
        given = {*recorded.inputs, *recorded.parameters}
        self.order = topological_order(*[x for x in recorded.outputs if isinstance(x, Value)], above=given)
        self.constants = {x: Value(x.data) for x in self.order if x.primitive is None}

    def run(self, data: Any, weight: float, slots: Any, outputs: Any) -> None:
        """One batch."""
        plan = self.plan
        numbers = slots[: plan.parameters].tolist()
        totals = [0.0] * len(plan.slot_outputs)
        gradient = [0.0] * plan.parameters
        for s in range(len(data[0]) if isinstance(data, list) else data.shape[1]):
            parameters = [Value(x) for x in numbers]
            nodes = self.recorded_anew([Value(float(column[s])) for column in data], parameters)
            results = [x.data if isinstance(x, Value) else x for x in nodes]
            if not plan.weighted:
                outputs[:, s] = results
                continue
            loss = nodes[0]
            totals = [total + weight * x for total, x in zip(totals, results, strict=True)]
            adjoints: dict[Any, Any] = {loss: weight}
            reverse_sweep(topological_order(loss), adjoints)
            gradient = [g + adjoints.get(p, 0.0) for g, p in zip(gradient, parameters, strict=True)]
        if plan.weighted:
            slots[plan.slot_outputs] = totals
            slots[plan.gradient : plan.gradient + plan.parameters] = gradient

    def recorded_anew(self, inputs: Sequence[Any], parameters: Sequence[Any]) -> list[Any]:
        """The outputs, recorded at these leaves or numbers."""
        at: dict[Any, Any] = dict(self.constants)
        at.update(zip(self.recorded.inputs, inputs, strict=True))
        at.update(zip(self.recorded.parameters, parameters, strict=True))
        with changed(records=True, warns=False):  # as in compiled code
            for node in self.order:
                row = node.primitive
                if row is not None:
                    operands = [at.get(x, x) for x in node.operands]
                    plain = row.arity == len(operands) and row.pack is None and isinstance(operands[0], Value)
                    at[node] = row(*operands) if plain else node._apply_primitive(row, operands)
        return [at.get(x, x) for x in self.recorded.outputs]
