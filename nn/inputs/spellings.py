"""Names of PyTorch and scikit-learn that are no names of `nn`, and what stands for each of them here."""

from collections.abc import Mapping

from autograd import spellings

local_names = spellings.local_names
attach = spellings.attach

PACKAGE: Mapping[str, str] = {
    "MSELoss": "mse_loss(outputs, targets)",
    "L1Loss": "l1_loss(outputs, targets)",
    "HuberLoss": "huber_loss(outputs, targets)",
    **dict.fromkeys(("SmoothL1Loss", "smooth_l1_loss"), "huber_loss(outputs, targets, delta=beta) / beta"),
    "MultiMarginLoss": "multi_margin_loss(outputs, targets)",
    **dict.fromkeys(("SoftMarginLoss", "soft_margin_loss"), "the mean of autograd.softplus(-t * y)"),
    **dict.fromkeys(("PoissonNLLLoss", "poisson_nll_loss"), "the mean of autograd.exp(y) - t * y"),
    **dict.fromkeys(
        (
            "HingeEmbeddingLoss",
            "CosineEmbeddingLoss",
            "TripletMarginLoss",
            "MarginRankingLoss",
            "MultiLabelMarginLoss",
            "MultiLabelSoftMarginLoss",
            "CTCLoss",
        ),
        "write it as a function of your own that gives a Value",
    ),
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
        (
            "BatchNorm1d",
            "BatchNorm2d",
            "LayerNorm",
            "GroupNorm",
            "RMSNorm",
            "Conv1d",
            "Conv2d",
            "Conv3d",
            "MaxPool1d",
            "MaxPool2d",
            "AvgPool1d",
            "AvgPool2d",
            "RNN",
            "LSTM",
            "GRU",
            "MultiheadAttention",
            "Transformer",
            "Bilinear",
            "EmbeddingBag",
        ),
        "write it as a Module of your own, of plain loops; jit finds them again",
    ),
    "Dense": "Linear(inputs, outputs)",
    "Flatten": "a sample is a list; leave it out",
    "Hardtanh": "autograd.clamp(x, -1, 1)",
    "ReLU6": "autograd.clamp(x, 0, 6)",
    "Hardsigmoid": "autograd.clamp(x / 6 + 0.5, 0, 1)",
    "Hardswish": "x * autograd.clamp(x / 6 + 0.5, 0, 1)",
    "Mish": "x * autograd.tanh(autograd.softplus(x))",
    "SELU": "1.0507009873554805 * autograd.elu(x, 1.6732632423543772)",
    "Softsign": "x / (1 + abs(x))",
    "Softshrink": "x - autograd.clamp(x, -0.5, 0.5)",
    "Tanhshrink": "x - autograd.tanh(x)",
    "Softmin": "autograd.softmax([-s for s in x])",
    **dict.fromkeys(
        (
            "relu",
            "leaky_relu",
            "elu",
            "gelu",
            "silu",
            "softplus",
            "sigmoid",
            "logsigmoid",
            "tanh",
            "softmax",
            "log_softmax",
        ),
        "it stands in autograd",
    ),
    "dropout": "Dropout(p) is a layer",
    **dict.fromkeys(
        ("CosineAnnealingWarmRestarts", "CyclicLR"),
        "SequentialLR(optimizer, schedules, milestones), with a schedule for each round",
    ),
    "ChainedScheduler": "step each of its schedules: they multiply each other",
    **dict.fromkeys(
        ("OneCycleLR", "PolynomialLR", "MultiplicativeLR"),
        "LambdaLR(optimizer, f), f of k being what the first rate is multiplied by after k steps",
    ),
    **dict.fromkeys(
        ("NAdam", "RAdam", "Adamax", "Adadelta", "ASGD", "Rprop", "Adafactor", "SparseAdam"),
        "write its rule: nn.optimizing.optimizer shows how",
    ),
    **dict.fromkeys(("clip_grad_norm", "clip_grad_value"), "clip_grad_norm_(parameters, max_norm), clip_grad_value_"),
    "Subset": "dataset[positions]",
    "ConcatDataset": "Dataset(a.inputs + b.inputs, a.targets + b.targets)",
    "TensorDataset": "Dataset(inputs, targets)",
    "summary": "model.tree()",
    "manual_seed": "random.seed(n), or rng=random.Random(n) of a layer",
    "parameters_to_vector": "[p.data for p in model.parameters()]",
    **dict.fromkeys(
        (
            "init",
            "xavier_uniform_",
            "xavier_normal_",
            "kaiming_uniform_",
            "kaiming_normal_",
            "uniform_",
            "normal_",
            "zeros_",
            "constant_",
            "orthogonal_",
            "trunc_normal_",
            "calculate_gain",
        ),
        'initializer="xavier_uniform" of a layer, another name, or a function of fan_in, fan_out and rng',
    ),
    "Parameter": "a Value in an attribute of a Module is a parameter",
    **dict.fromkeys(
        ("ModuleList", "ModuleDict", "ParameterList", "ParameterDict"),
        "a list or dict of Modules or Values in an attribute is found",
    ),
    "StandardScaler": "Standardizer()",
    "train_test_split": "random_split(dataset, [0.75, 0.25]), or train_validation_test_split",
    "KFold": "k_fold(dataset)",
}
"""Names in the package."""

MODULE: Mapping[str, str] = {
    **dict.fromkeys(("to", "cpu", "cuda", "double", "float"), "numbers are floats of 64 bits always; leave it out"),
    "fit": "fit(model, data, loss, optimizer) is a function",
    **dict.fromkeys(("predict", "predict_proba"), "call it, model(x), within no_grad() if nothing is to be recorded"),
    **dict.fromkeys(("children", "named_children"), "modules() are all within it"),
    **dict.fromkeys(
        ("add_module", "register_module", "register_parameter"),
        "assign it to an attribute, or put it in a list or dict of one: it is found",
    ),
    **dict.fromkeys(
        ("register_buffer", "buffers", "named_buffers"),
        "a number in an attribute is no parameter; a frozen Value is saved with the others",
    ),
    **dict.fromkeys(("get_parameter", "get_submodule"), "named_parameters() and named_modules() give pairs for a dict"),
    **dict.fromkeys(
        ("register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook"),
        "override forward in a subclass; after backward() every node has its grad",
    ),
}
"""Attributes of a Module."""
