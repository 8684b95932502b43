"""Neurons, layers, networks, losses and optimisers on scalar Values, with PyTorch's names.

>>> import random
>>> from nn import MLP, SGD, mse_loss
>>> random.seed(0)
>>> model = MLP(2, [3, 1], activation="tanh")
>>> optimizer = SGD(model.parameters(), lr=0.1)
>>> losses = []
>>> for _ in range(20):
...     loss = mse_loss([model([1.0, 2.0])], [0.5])
...     optimizer.zero_grad()
...     loss.backward()
...     optimizer.step()
...     losses.append(loss.data)
>>> losses[-1] < 0.01 * losses[0]
True
"""

import typing as _typing

from autograd import installation as _installation
from nn import distributed, plots
from nn.data.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_blobs,
    make_circles,
    make_line,
    make_moons,
    make_spirals,
    make_xor,
)
from nn.data.loading import DataLoader, Dataset, minibatches
from nn.data.preprocessing import Standardizer, classes_of, one_hot
from nn.data.splits import k_fold, random_split, train_validation_test_split
from nn.estimators.linear_models import least_squares, least_squares_gd, residual_variance, ridge
from nn.fitting.callbacks import Callback, EarlyStopping, StopAtSmallGradient, StopWhenStill
from nn.fitting.checkpoint import Checkpoint
from nn.fitting.compiled_training import TrainingStep
from nn.fitting.history import History
from nn.fitting.snapshots import Snapshots
from nn.fitting.training import evaluate, fit
from nn.judging.calibration import (
    TemperatureScaling,
    brier_score,
    calibration_bins,
    expected_calibration_error,
    fit_temperature,
    maximum_calibration_error,
)
from nn.judging.decisions import conformal_threshold, coverage, decide, expected_costs, mean_set_size, prediction_set
from nn.judging.metrics import (
    accuracy,
    confusion_matrix,
    f1_score,
    mean_absolute_error,
    mean_squared_error,
    precision_score,
    r2_score,
    recall_score,
    top_k_accuracy,
    zero_one_loss,
)
from nn.judging.units import dead_units
from nn.models.activations import (
    ELU,
    GELU,
    Identity,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Polynomial,
    Power,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
    get_activation,
)
from nn.models.basis import FourierBasis, GaussianBasis, PolynomialBasis
from nn.models.embedding import Embedding
from nn.models.initializers import INITIALIZERS, get_initializer
from nn.models.layers import MLP, Dropout, Layer, Linear, Neuron, Sequential
from nn.models.module import Module
from nn.objectives.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    gaussian_nll_loss,
    gaussian_variance,
    half_squared_loss,
    hinge_loss,
    huber_loss,
    kl_div,
    l1_loss,
    margin,
    mse_loss,
    multi_margin_loss,
    nll_loss,
)
from nn.objectives.regularizers import elastic_net_penalty, frobenius_penalty, l1_penalty, l2_penalty
from nn.optimizing.clipping import clip_grad_norm_, clip_grad_value_
from nn.optimizing.lbfgs import LBFGS
from nn.optimizing.newton import Newton
from nn.optimizing.optimizer import Optimizer
from nn.optimizing.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop
from nn.optimizing.plateau import ReduceLROnPlateau
from nn.optimizing.schedules import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    SequentialLR,
    StepLR,
)
from nn.plots import reliability_diagram
from nn.serialization import load, save

if _typing.TYPE_CHECKING:
    from nn.estimators.estimators import LinearRegression, LogisticRegression, Ridge, SoftmaxRegression
    from nn.estimators.mlp_estimators import MLPClassifier, MLPRegressor
    from nn.export.onnx import from_onnx
    from nn.export.pytorch import from_torch, to_torch
    from nn.export.scikit_learn import from_sklearn
    from nn.playground.page import to_playground
else:
    from nn.inputs.spellings import PACKAGE as _PACKAGE

    # Imported when first asked for: what inherits from scikit-learn's classes, and what prints graphs as JavaScript.
    _LATER = {
        "nn.estimators.estimators": ("LinearRegression", "LogisticRegression", "Ridge", "SoftmaxRegression"),
        "nn.estimators.mlp_estimators": ("MLPClassifier", "MLPRegressor"),
        "nn.export.onnx": ("from_onnx",),
        "nn.export.pytorch": ("from_torch", "to_torch"),
        "nn.export.scikit_learn": ("from_sklearn",),
        "nn.playground.page": ("to_playground",),
    }

    def __getattr__(name: str) -> object:
        return _installation.later(globals(), _LATER, name, _PACKAGE)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__all__ = [
    "ELU",
    "GELU",
    "INITIALIZERS",
    "LBFGS",
    "MLP",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Callback",
    "Checkpoint",
    "ConstantLR",
    "CosineAnnealingLR",
    "DataLoader",
    "Dataset",
    "Dropout",
    "EarlyStopping",
    "Embedding",
    "ExponentialLR",
    "FourierBasis",
    "GaussianBasis",
    "History",
    "Identity",
    "LambdaLR",
    "Layer",
    "LeakyReLU",
    "Linear",
    "LinearLR",
    "LinearRegression",
    "LogSigmoid",
    "LogSoftmax",
    "LogisticRegression",
    "MLPClassifier",
    "MLPRegressor",
    "Module",
    "MultiStepLR",
    "Neuron",
    "Newton",
    "Optimizer",
    "PReLU",
    "Polynomial",
    "PolynomialBasis",
    "Power",
    "RMSprop",
    "ReLU",
    "ReduceLROnPlateau",
    "Ridge",
    "Sequential",
    "SequentialLR",
    "SiLU",
    "Sigmoid",
    "Snapshots",
    "Softmax",
    "SoftmaxRegression",
    "Softplus",
    "Standardizer",
    "StepLR",
    "StopAtSmallGradient",
    "StopWhenStill",
    "Tanh",
    "TemperatureScaling",
    "TrainingStep",
    "accuracy",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "brier_score",
    "calibration_bins",
    "classes_of",
    "clip_grad_norm_",
    "clip_grad_value_",
    "conformal_threshold",
    "confusion_matrix",
    "coverage",
    "cross_entropy",
    "dead_units",
    "decide",
    "distributed",
    "elastic_net_penalty",
    "evaluate",
    "expected_calibration_error",
    "expected_costs",
    "f1_score",
    "fit",
    "fit_temperature",
    "frobenius_penalty",
    "from_onnx",
    "from_sklearn",
    "from_torch",
    "gaussian_nll_loss",
    "gaussian_variance",
    "get_activation",
    "get_initializer",
    "half_squared_loss",
    "hinge_loss",
    "huber_loss",
    "k_fold",
    "kl_div",
    "l1_loss",
    "l1_penalty",
    "l2_penalty",
    "least_squares",
    "least_squares_gd",
    "load",
    "load_breast_cancer",
    "load_diabetes",
    "load_digits",
    "load_iris",
    "load_wine",
    "make_blobs",
    "make_circles",
    "make_line",
    "make_moons",
    "make_spirals",
    "make_xor",
    "margin",
    "maximum_calibration_error",
    "mean_absolute_error",
    "mean_set_size",
    "mean_squared_error",
    "minibatches",
    "mse_loss",
    "multi_margin_loss",
    "nll_loss",
    "one_hot",
    "plots",
    "precision_score",
    "prediction_set",
    "r2_score",
    "random_split",
    "recall_score",
    "reliability_diagram",
    "residual_variance",
    "ridge",
    "save",
    "to_playground",
    "to_torch",
    "top_k_accuracy",
    "train_validation_test_split",
    "zero_one_loss",
]
