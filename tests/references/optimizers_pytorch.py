"""PyTorch's optimisers, schedules and clipping, recorded: writes optimizers_pytorch.json beside this file.

Made with torch 2.13.0 on a CPU, by `python tests/references/optimizers_pytorch.py` where torch is installed.  The
cases stand here, and the tests run the same ones on Values; importing this file needs the standard library only.
"""

import json
import math
from pathlib import Path
from typing import Any

STEPS = 25
RECORDED = (1, 2, 3, 5, 10, 15, 20, 25)
REFERENCES = Path(__file__).with_suffix(".json")

INPUTS = (-1.5, -0.5, 0.25, 1.0, 2.0)
TARGETS = (0.3, -0.4, 0.1, 0.9, 0.7)


def rosenbrock(x: Any, y: Any) -> Any:
    """(1 - x)² + 100·(y - x²)²."""
    return (1.0 - x) ** 2 + 100.0 * (y - x * x) ** 2


def network(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    """The mean squared error of one hidden neuron, w2·tanh(w1·x + b1) + b2, on five samples."""
    return sum(
        (w2 * (w1 * x + b1).tanh() + b2 - t) ** 2 for x, t in zip(INPUTS, TARGETS, strict=True)
    ) * (1.0 / len(INPUTS))  # fmt: skip


PROBLEMS = {
    "rosenbrock": (rosenbrock, (-1.2, 1.0)),
    "network": (network, (0.7, -0.2, 1.1, 0.4)),
}

WOLFE = {"line_search_fn": "strong_wolfe"}

# The name of the class and its settings; lr is of Rosenbrock and of the network, which needs larger steps.
CASES: dict[str, tuple[str, tuple[float, float], dict[str, Any]]] = {
    "SGD": ("SGD", (1e-3, 0.1), {}),
    "SGD momentum": ("SGD", (2e-4, 0.1), {"momentum": 0.9}),
    "SGD dampening": ("SGD", (1e-3, 0.1), {"momentum": 0.9, "dampening": 0.5}),
    "SGD nesterov": ("SGD", (2e-4, 0.1), {"momentum": 0.9, "nesterov": True}),
    "SGD weight_decay": ("SGD", (1e-3, 0.1), {"weight_decay": 0.1}),
    "SGD everything": ("SGD", (2e-4, 0.1), {"momentum": 0.8, "weight_decay": 0.1, "nesterov": True, "maximize": True}),
    "Adam": ("Adam", (0.05, 0.05), {}),
    "Adam betas": ("Adam", (0.05, 0.05), {"betas": (0.8, 0.9), "eps": 1e-3}),
    "Adam weight_decay": ("Adam", (0.05, 0.05), {"weight_decay": 0.1}),
    "Adam amsgrad": ("Adam", (0.2, 0.2), {"amsgrad": True, "betas": (0.9, 0.9)}),
    "Adam maximize": ("Adam", (0.05, 0.05), {"maximize": True, "weight_decay": 0.1}),
    "AdamW": ("AdamW", (0.05, 0.05), {}),
    "AdamW everything": ("AdamW", (0.1, 0.1), {"weight_decay": 0.3, "amsgrad": True, "maximize": True}),
    "RMSprop": ("RMSprop", (0.02, 0.02), {}),
    "RMSprop alpha": ("RMSprop", (0.02, 0.02), {"alpha": 0.8, "eps": 1e-3}),
    "RMSprop momentum": ("RMSprop", (0.01, 0.01), {"momentum": 0.9}),
    "RMSprop centered": ("RMSprop", (0.02, 0.02), {"centered": True}),
    "RMSprop everything": (
        "RMSprop", (0.01, 0.01), {"momentum": 0.7, "centered": True, "weight_decay": 0.1, "maximize": True},
    ),
    "Adagrad": ("Adagrad", (0.1, 0.1), {}),
    "Adagrad lr_decay": ("Adagrad", (0.1, 0.1), {"lr_decay": 0.1, "eps": 1e-3}),
    "Adagrad everything": (
        "Adagrad", (0.1, 0.1), {"weight_decay": 0.1, "initial_accumulator_value": 0.5, "maximize": True},
    ),
    "LBFGS": ("LBFGS", (0.1, 0.2), {"max_iter": 3}),
    "LBFGS strong_wolfe": ("LBFGS", (1.0, 1.0), {"max_iter": 2, **WOLFE}),
    "LBFGS short": ("LBFGS", (1.0, 1.0), {"max_iter": 4, "max_eval": 5, "history_size": 2, **WOLFE}),
    "LBFGS long steps": ("LBFGS", (20.0, 20.0), {"max_iter": 3, **WOLFE}),
}  # fmt: skip


def groups_of(parameters: list[Any], lr: float) -> list[dict[str, Any]]:
    """Two groups: the first parameter with a learning rate and a weight decay of its own, and the others."""
    return [{"params": parameters[:1], "lr": lr / 2, "weight_decay": 0.2}, {"params": parameters[1:]}]


GROUPED = ("SGD momentum", "Adam", "AdamW", "RMSprop momentum", "Adagrad")
SKIPPING = ("SGD dampening", "Adam", "Adam amsgrad", "AdamW", "RMSprop momentum", "Adagrad lr_decay")


def is_skipped(step: int) -> bool:
    """Whether the `grad` of the first parameter is cleared in this step of the skipping runs."""
    return step in (1, 2) or 8 <= step <= 12


def run(library: Any, make: Any, problem: str, case: str, variant: str) -> tuple[list[list[float]], Any]:
    """The recorded positions of a run and the optimiser, with PyTorch's classes or ours."""
    function, start = PROBLEMS[problem]
    name, rates, settings = CASES[case]
    lr = rates[list(PROBLEMS).index(problem)]
    parameters = [make(x) for x in start]
    given = groups_of(parameters, lr) if variant == "grouped" else parameters
    optimizer = getattr(library, name)(given, lr=lr, **settings)
    sign = -1.0 if settings.get("maximize") else 1.0
    step = 0

    def closure() -> Any:
        optimizer.zero_grad()
        loss = sign * function(*parameters)
        loss.backward()
        if variant == "skipping" and is_skipped(step):
            parameters[0].grad = None
        return loss

    positions = []
    for step in range(1, STEPS + 1):
        optimizer.step(closure)
        if step in RECORDED:
            positions.append([p.item() for p in parameters])
    return positions, optimizer


def runs() -> list[tuple[str, str, str]]:
    """All runs: problem, case, variant."""
    return [
        (problem, case, variant)
        for problem in PROBLEMS
        for variant, cases in (("plain", CASES), ("grouped", GROUPED), ("skipping", SKIPPING))
        for case in cases
    ]


SCHEDULES: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "StepLR": [("StepLR", {"step_size": 4, "gamma": 0.3})],
    "MultiStepLR": [("MultiStepLR", {"milestones": [3, 7, 7, 20], "gamma": 0.5})],
    "ExponentialLR": [("ExponentialLR", {"gamma": 0.87})],
    "CosineAnnealingLR": [("CosineAnnealingLR", {"T_max": 12, "eta_min": 0.01})],
    "LinearLR": [("LinearLR", {"start_factor": 0.25, "total_iters": 8})],
    "LinearLR down": [("LinearLR", {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 20})],
    "ConstantLR": [("ConstantLR", {"factor": 0.4, "total_iters": 6})],
    "LambdaLR": [("LambdaLR", {"lr_lambda": lambda step: 1.0 / (1.0 + 0.1 * step)})],
    "warm-up, cosine": [
        ("LinearLR", {"start_factor": 0.1, "total_iters": 5}), ("CosineAnnealingLR", {"T_max": 25}), [5],
    ],
    "three": [
        ("ConstantLR", {"factor": 0.5, "total_iters": 4}), ("ExponentialLR", {"gamma": 0.9}),
        ("StepLR", {"step_size": 3}), [4, 15],
    ],
}  # fmt: skip
"""Constructors and their settings; of several, which follow each other, also the milestones."""

CHAINS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "warm-up times decay": [("LinearLR", {"start_factor": 0.1, "total_iters": 8}), ("ExponentialLR", {"gamma": 0.9})],
    "two kinds of steps": [("StepLR", {"step_size": 4, "gamma": 0.3}), ("MultiStepLR", {"milestones": [2, 9, 9]})],
    "cosine below a constant": [("CosineAnnealingLR", {"T_max": 40, "eta_min": 1e-3}), ("ConstantLR", {"factor": 0.5})],
    "a plateau under a decay": [("ExponentialLR", {"gamma": 0.9}), ("ReduceLROnPlateau", {"patience": 1})],
    "three": [
        ("LinearLR", {"total_iters": 6}), ("StepLR", {"step_size": 5}), ("CosineAnnealingLR", {"T_max": 30}),
    ],
    "a function of the step goes first": [
        ("LambdaLR", {"lr_lambda": lambda step: 1.0 / (1.0 + step)}), ("StepLR", {"step_size": 5}),
    ],
    "a function of the step goes last": [
        ("StepLR", {"step_size": 5}), ("LambdaLR", {"lr_lambda": lambda step: 1.0 / (1.0 + step)}),
    ],
}  # fmt: skip
"""Schedules of one optimiser that are all stepped."""

PLATEAUS: dict[str, dict[str, Any]] = {
    "min rel": {"factor": 0.5, "patience": 2},
    "min abs": {"factor": 0.3, "patience": 1, "threshold": 0.05, "threshold_mode": "abs", "cooldown": 2},
    "max rel": {"mode": "max", "factor": 0.5, "patience": 1, "min_lr": 0.02},
    "max abs": {"mode": "max", "factor": 0.1, "patience": 0, "threshold_mode": "abs", "threshold": 0.1, "eps": 1e-3},
}
METRICS = [1.0, 0.8, 0.81, 0.7999, 0.79995, 0.6, 0.61, 0.62, 0.63, 0.59, 0.9, 1.2, 1.1, 1.0, 1.3, 1.25, 1.2, 1.31, 1.0]


def rates(library: Any, schedules: Any, make: Any, name: str) -> list[list[float]]:
    """The learning rates of two groups over 40 steps."""
    optimizer = library.SGD([{"params": [make(0.0)]}, {"params": [make(0.0)], "lr": 0.03}], lr=0.2)
    *parts, last = SCHEDULES[name]
    if isinstance(last, list):
        made = [getattr(schedules, kind)(optimizer, **settings) for kind, settings in parts]
        schedule = schedules.SequentialLR(optimizer, made, milestones=last)
    else:
        schedule = getattr(schedules, last[0])(optimizer, **last[1])
    found = [schedule.get_last_lr()]
    for _ in range(40):
        optimizer.step()
        schedule.step()
        assert schedule.get_last_lr() == [group["lr"] for group in optimizer.param_groups]
        found.append(schedule.get_last_lr())
    return found


def chained_rates(library: Any, schedules: Any, make: Any, name: str) -> list[list[float]]:
    """The learning rates of two groups while several schedules step, a rate is assigned, and one comes in later."""
    optimizer = library.SGD([{"params": [make(0.0)]}, {"params": [make(0.0)], "lr": 0.03}], lr=0.2)
    chain = [getattr(schedules, kind)(optimizer, **settings) for kind, settings in CHAINS[name]]
    found = [[group["lr"] for group in optimizer.param_groups]]
    for step, metric in enumerate(METRICS):
        optimizer.step()
        for schedule in chain:
            schedule.step(*[metric] * (type(schedule).__name__ == "ReduceLROnPlateau"))
        if step == 6:
            optimizer.param_groups[0]["lr"] *= 0.7
        if step == 12:
            chain.append(schedules.ExponentialLR(optimizer, gamma=0.8))
        found.append([group["lr"] for group in optimizer.param_groups])
    return found


def plateau_rates(library: Any, schedules: Any, make: Any, name: str) -> list[float]:
    """The learning rates of ReduceLROnPlateau over METRICS."""
    optimizer = library.SGD([make(0.0)], lr=0.2)
    schedule = schedules.ReduceLROnPlateau(optimizer, **PLATEAUS[name])
    found = []
    for metric in METRICS:
        optimizer.step()
        schedule.step(metric)
        found.append(optimizer.param_groups[0]["lr"])
    return found


GRADIENTS = {
    "usual": [3.0, -4.0, 12.0, None, 0.5],
    "small": [1e-3, None, -2e-3],
    "zero": [0.0, 0.0],
    "none": [None],
    "infinite": [1.0, math.inf, -2.0],
    "nan": [1.0, math.nan],
}
CLIPS = [("norm", 1.0, 2.0), ("norm", 5.0, 1.0), ("norm", 2.0, math.inf), ("norm", 1.5, 3.5), ("norm", math.inf, 2.0),
         ("norm", 0.0, 2.0), ("value", 0.75, None), ("value", 0.0, None)]  # fmt: skip


def clipped(clipping: Any, make: Any, kind: str, limit: float, norm_type: Any, given: Any, dress: Any) -> list[Any]:
    """The total norm and the gradients after clipping; dress makes a gradient of a number."""
    parameters = [make(0.0) for _ in given]
    for parameter, g in zip(parameters, given, strict=True):
        parameter.grad = None if g is None else dress(g)
    if kind == "norm":
        total = float(clipping.clip_grad_norm_(parameters, limit, norm_type))
    else:
        total = clipping.clip_grad_value_(parameters, limit)
    return [total, [None if p.grad is None else float(p.grad) for p in parameters]]


def main() -> None:
    """Run PyTorch and write what it found."""
    import torch

    def make(x: float) -> Any:
        return torch.tensor(x, dtype=torch.float64, requires_grad=True)

    def tensor(g: float) -> Any:
        return torch.tensor(g, dtype=torch.float64)

    found: dict[str, Any] = {name: {} for name in ("runs", "counts", "states", "schedules", "chains", "plateaus")}
    found["clips"] = []
    for problem, case, variant in runs():
        positions, optimizer = run(torch.optim, make, problem, case, variant)
        found["runs"][f"{problem}, {case}, {variant}"] = positions
        state = optimizer.state_dict()["state"]
        if case.startswith("LBFGS"):
            found["counts"][f"{problem}, {case}"] = [state[0]["n_iter"], state[0]["func_evals"]]
        if variant == "skipping" and problem == "network":
            found["states"][case] = {
                i: {key: float(x) for key, x in row.items() if x is not None} for i, row in state.items()
            }
    schedulers = torch.optim.lr_scheduler
    for name in SCHEDULES:
        found["schedules"][name] = rates(torch.optim, schedulers, make, name)
    for name in CHAINS:
        found["chains"][name] = chained_rates(torch.optim, schedulers, make, name)
    for name in PLATEAUS:
        found["plateaus"][name] = plateau_rates(torch.optim, schedulers, make, name)
    for kind, limit, norm_type in CLIPS:
        for name, given in GRADIENTS.items():
            if kind == "value" and name == "none":
                continue  # PyTorch's clip_grad_value_ fails if there is no gradient at all
            found["clips"].append(
                [kind, limit, norm_type, name, clipped(torch.nn.utils, make, kind, limit, norm_type, given, tensor)]
            )
    lines = json.dumps(found).replace(', "', ',\n"')
    REFERENCES.write_text(lines + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
