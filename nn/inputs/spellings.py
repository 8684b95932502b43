"""Names of PyTorch and scikit-learn that are no names of `nn`, and what stands for each of them here."""

from collections.abc import Mapping

from autograd import spellings

local_names = spellings.local_names
attach = spellings.attach

PACKAGE: Mapping[str, str] = {
    "MSELoss": "mse_loss(outputs, targets)",
    "L1Loss": "l1_loss(outputs, targets)",
    **dict.fromkeys(("HuberLoss", "SmoothL1Loss"), "huber_loss(outputs, targets)"),
    "CrossEntropyLoss": "cross_entropy(outputs, targets)",
    "NLLLoss": "nll_loss(outputs, targets)",
    "BCELoss": "binary_cross_entropy(outputs, targets)",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits(outputs, targets)",
    "KLDivLoss": "kl_div(outputs, targets)",
    "GaussianNLLLoss": "gaussian_nll_loss(outputs, targets, var)",
    **dict.fromkeys(
        ("functional", "optim", "utils", "lr_scheduler"),
        "losses, optimisers and all else stand in nn itself",
    ),
    **dict.fromkeys(("Value", "no_grad"), "it stands in autograd"),
    **dict.fromkeys(
        ("BatchNorm1d", "LayerNorm", "Conv1d", "Conv2d", "RNN", "LSTM", "GRU", "MultiheadAttention"),
        "write it as a Module of your own, of plain loops; jit finds them again",
    ),
    "Dense": "Linear(inputs, outputs)",
    "Flatten": "a sample is a list; leave it out",
    **dict.fromkeys(("ReLU6", "Hardtanh"), "autograd.clamp(x, min, max)"),
    "TensorDataset": "Dataset(inputs, targets)",
    "summary": "model.tree()",
    "manual_seed": "random.seed(n), or rng=random.Random(n) of a layer",
    "parameters_to_vector": "[p.data for p in model.parameters()]",
    "init": 'initializer="xavier_uniform" of a layer, or another name',
    "Parameter": "a Value in an attribute of a Module is a parameter",
    **dict.fromkeys(("ModuleList", "ModuleDict"), "a list or dict of Modules in an attribute is found"),
    "StandardScaler": "Standardizer()",
    "train_test_split": "train_validation_test_split(dataset, validation=0.0, test=0.25), or random_split",
    "KFold": "k_fold(dataset)",
}
"""Names in the package."""

MODULE: Mapping[str, str] = {
    **dict.fromkeys(("to", "cpu", "cuda", "double", "float"), "numbers are floats of 64 bits always; leave it out"),
    "fit": "fit(model, data, loss, optimizer) is a function",
    **dict.fromkeys(("predict", "predict_proba"), "call it, model(x), within no_grad() if nothing is to be recorded"),
    "children": "modules() are all within it",
}
"""Attributes of a Module."""
