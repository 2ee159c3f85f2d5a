"""The problems: those that samplers are tuned on, and those that claims are made on.

The two splits share no function of the same number of dimensions, and no data set.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, StandardScaler
from sklearn.svm import SVC, SVR

from benchmarks.samplers import functions
from benchmarks.samplers.models import CrossValidation
from benchmarks.samplers.problem import Family, Params, Problem, Split
from skhpo import Float, Int

__all__ = ["PROBLEMS"]

Bounds = Sequence[tuple[float, float]]

# --------------------------------------------------------------------------- functions of numbers


def _named(x: Sequence[float]) -> dict[str, float]:
    return {f"x{i}": float(value) for i, value in enumerate(x)}


def _numeric(
    name: str,
    family: Family,
    split: Split,
    function: Callable[[np.ndarray], float],
    bounds: Bounds,
    minimum: Sequence[float],
    *,
    noise: float = 0.0,
) -> Problem:
    """A function to minimise of as many real numbers as it has a minimum in.

    Where there are more bounds than that, the other numbers do nothing.
    """
    active = [f"x{i}" for i in range(len(minimum))]
    idle = [sum(bound) / 2 for bound in bounds[len(minimum) :]]
    return Problem(
        name,
        family,
        split,
        {f"x{i}": Float(low, high) for i, (low, high) in enumerate(bounds)},
        lambda params: -function(np.array([params[key] for key in active])),
        noise=noise,
        optimum=_named([*minimum, *idle]),
    )


def _moved(
    function: Callable[[np.ndarray], float], to: Sequence[float]
) -> Callable[[np.ndarray], float]:
    """The function with its origin at ``to``: no optimum in the middle of the space."""
    return lambda x: function(x - np.array(to))


_UNIT = (0.0, 1.0)
_ACKLEY_AT = (-20.5, -12.25, -3.5, 7.75, 14.5, 23.25)
_RASTRIGIN_AT = (-2.3, 0.9, 1.7, 3.1)
_GRIEWANK_AT = (-310.0, -140.0, 60.0, 220.0, 350.0)

# --------------------------------------------------------------------------- mixed spaces

_KINDS = {"a": (-1.5, 0.4), "b": (0.0, 0.15), "c": (1.0, 0.0), "d": (2.2, 0.6)}


def _machine(params: Params) -> float:
    """What a category is best with, interactions, a scale of sizes, ripples, and a flag."""
    at, offset = _KINDS[params["kind"]]
    u, v = math.log10(params["C"]) - at, (params["depth"] - 7) / 10
    w = params["x"] - 0.3
    interaction = 0.3 * u**2 + 2 * v**2 + 0.8 * u * v
    ripples = 2 * w**2 + 0.2 * (1 - math.cos(3 * math.pi * w))
    width = 0.15 * (math.log2(params["width"]) - 6) ** 2
    flag = 0.0 if params["flag"] else 0.3 * (1 + w**2)
    return -(offset + interaction + ripples + width + flag)


#: Where a value of an unordered list lies; neither its place in the list nor its name says so.
_HIDDEN = {"amber": 2.0, "blue": 0.0, "coral": -1.0, "dun": 3.0, "ebony": 1.0}


def _mixed_ackley(params: Params) -> float:
    x = [params["x"] - 0.6, params["y"] + 1.1, params["m"] - 4, params["n"] + 1]
    return -functions.ackley(np.array([*x, _HIDDEN[params["left"]], _HIDDEN[params["right"]]]))


def _norms(params: Params) -> float:
    """A distance from the optimum; the category says which."""
    x, y = abs(params["x"] - 0.7), abs(params["y"] + 0.9)
    distance, offset = {
        "euclid": (math.hypot(x, y), 0.0),
        "city": (x + y, 0.1),
        "chess": (max(x, y), 0.3),
    }[params["norm"]]
    size = 0.4 * math.log(params["n"] / 12) ** 2
    return -(distance + offset + size + (0.0 if params["level"] == 0.5 else 0.2))


def _mixed_rastrigin(params: Params) -> float:
    x = [params["x"] - 0.4, 2 * math.log10(params["C"] / 0.02), 0.2 * (params["k"] - 9)]
    return -functions.rastrigin(np.array([*x, _HIDDEN[params["colour"]]]))


# --------------------------------------------------------------------------- conditional spaces


def _tree(params: Params) -> float:
    """Four leaves of a tree of choices; the one that is good at random is not the best one."""
    if params["model"] == "linear":
        alpha = math.log10(params["alpha"]) + 2
        return -(0.35 + 0.05 * alpha**2 + (0.1 if params["penalty"] == "l1" else 0.0))
    if params["model"] == "tree":
        depth, share = (params["depth"] - 8) / 6, params["share"] - 0.4
        return -(0.25 + depth**2 + 2 * share**2 + depth * share)
    C = math.log10(params["C"])
    if params["kernel"] == "poly":
        return -(0.3 + 0.2 * (C + 1) ** 2 + 0.15 * (params["degree"] - 3) ** 2 + params["coef0"])
    u, v = C - 1.3, math.log10(params["gamma"]) + 2.4
    return -(0.6 * u**2 + 0.9 * v**2 + 0.9 * u * v + 0.1 * (1 - math.cos(2 * math.pi * v)))


_TREE = [
    {"model": ["linear"], "penalty": ["l1", "l2"], "alpha": Float(1e-5, 1e2, log=True)},
    {"model": ["tree"], "depth": Int(1, 20), "share": Float(0.05, 1.0)},
    {
        "model": ["kernel"],
        "kernel": ["rbf"],
        "C": Float(1e-3, 1e3, log=True),
        "gamma": Float(1e-6, 1e1, log=True),
    },
    {
        "model": ["kernel"],
        "kernel": ["poly"],
        "C": Float(1e-3, 1e3, log=True),
        "degree": Int(2, 5),
        "coef0": Float(0.0, 1.0),
    },
]


def _optimisers(params: Params) -> float:
    """Three ways to descend, each with settings of its own beside a common learning rate."""
    rate = math.log10(params["rate"])
    if params["optimiser"] == "sgd":
        lag = params["momentum"] - 0.9
        return -(0.1 + 0.5 * (rate + 1 + 3 * lag) ** 2 + 4 * lag**2)
    if params["optimiser"] == "adam":
        decay = math.log10(params["decay"]) + 4
        return -(0.4 * (rate + 2.7) ** 2 + 0.1 * decay**2 + 0.15 * abs(rate + 2.7) * abs(decay))
    return -(0.4 + 0.2 * (rate + 0.5) ** 2 + 0.02 * (params["memory"] - 12) ** 2)


_OPTIMISERS = [
    {"optimiser": ["sgd"], "rate": Float(1e-5, 10.0, log=True), "momentum": Float(0.0, 0.99)},
    {
        "optimiser": ["adam"],
        "rate": Float(1e-5, 10.0, log=True),
        "decay": Float(1e-8, 1e-1, log=True),
    },
    {"optimiser": ["lbfgs"], "rate": Float(1e-5, 10.0, log=True), "memory": Int(2, 30)},
]

# --------------------------------------------------------------------------- models

_SCALERS: list[Any] = ["passthrough", StandardScaler(), MinMaxScaler()]


def _pipeline(**steps: Any) -> Pipeline:
    return Pipeline(list(steps.items()))


_SVC_DIGITS = {
    "scale": _SCALERS,
    "svc__kernel": ["rbf", "poly", "sigmoid"],
    "svc__C": Float(1e-3, 1e3, log=True),
    "svc__gamma": Float(1e-6, 1e1, log=True),
    "svc__coef0": Float(0.0, 2.0),
    "svc__class_weight": [None, "balanced"],
}
_KNN_DIGITS = {
    "scale": _SCALERS,
    "pca__n_components": Int(1, 60),
    "pca__whiten": [False, True],
    "knn__n_neighbors": Int(1, 40, log=True),
    "knn__weights": ["uniform", "distance"],
    "knn__p": [1, 2, 3, 5],
}
_BOOSTING_CANCER = {
    "learning_rate": Float(1e-3, 1.0, log=True),
    "max_iter": Int(5, 30),
    "max_leaf_nodes": Int(2, 31, log=True),
    "min_samples_leaf": Int(1, 80, log=True),
    "l2_regularization": Float(1e-6, 1e3, log=True),
    "max_features": Float(0.1, 1.0),
    "max_bins": [8, 16, 32, 64],
}
_SGD_CANCER = {
    "scale": _SCALERS,
    "sgd__loss": ["log_loss", "modified_huber"],
    "sgd__penalty": ["l1", "l2", "elasticnet"],
    "sgd__alpha": Float(1e-7, 1.0, log=True),
    "sgd__learning_rate": ["optimal", "constant", "invscaling", "adaptive"],
    "sgd__eta0": Float(1e-5, 1.0, log=True),
    "sgd__average": [False, True],
}
_TREES_DIABETES = {
    "max_depth": Int(1, 20),
    "min_samples_leaf": Int(1, 40, log=True),
    "min_samples_split": Int(2, 40, log=True),
    "max_features": Float(0.1, 1.0),
    "bootstrap": [False, True],
    "ccp_alpha": Float(1e-2, 1e3, log=True),
}
_REGRESSORS_DIABETES = [
    {
        "scale": _SCALERS,
        "model": [SVR(kernel="rbf", max_iter=5000)],
        "model__C": Float(1e-1, 1e4, log=True),
        "model__gamma": Float(1e-5, 1e1, log=True),
        "model__epsilon": Float(1e-2, 1e2, log=True),
    },
    {
        "scale": _SCALERS,
        "model": [SVR(kernel="poly", max_iter=5000)],
        "model__C": Float(1e-2, 1e3, log=True),
        "model__degree": Int(2, 4),
        "model__coef0": Float(0.0, 2.0),
    },
    {
        "scale": ["passthrough"],
        "model": [RandomForestRegressor(n_estimators=15, random_state=0)],
        "model__max_depth": Int(1, 20),
        "model__max_features": Float(0.1, 1.0),
        "model__min_samples_leaf": Int(1, 40, log=True),
    },
    {
        "scale": _SCALERS,
        "model": [KNeighborsRegressor()],
        "model__n_neighbors": Int(1, 60, log=True),
        "model__weights": ["uniform", "distance"],
        "model__p": [1, 2],
    },
]

_MLP_IRIS = {
    "scale": _SCALERS,
    "mlp__hidden_layer_sizes": Int(2, 32, log=True),
    "mlp__activation": ["relu", "tanh", "logistic"],
    "mlp__learning_rate_init": Float(1e-4, 1.0, log=True),
    "mlp__alpha": Float(1e-6, 10.0, log=True),
    "mlp__batch_size": [8, 16, 32, 64],
}
_FOREST_WINE = {
    "max_depth": Int(1, 12),
    "max_features": Float(0.05, 1.0),
    "min_samples_leaf": Int(1, 20, log=True),
    "criterion": ["gini", "entropy"],
    "bootstrap": [False, True],
}
_CLASSIFIERS_WINE = [
    {
        "model": [LogisticRegression(max_iter=300)],
        "model__C": Float(1e-4, 1e3, log=True),
        "model__class_weight": [None, "balanced"],
    },
    {
        "model": [LinearDiscriminantAnalysis(solver="lsqr")],
        "model__shrinkage": Float(0.0, 1.0),
    },
    {"model": [GaussianNB()], "model__var_smoothing": Float(1e-9, 10.0, log=True)},
    {
        "model": [KNeighborsClassifier()],
        "model__n_neighbors": Int(2, 60, log=True),
        "model__weights": ["uniform", "distance"],
        "model__p": Float(1.0, 4.0),
    },
]

# --------------------------------------------------------------------------- the table

_CLAIM = [
    _numeric(
        *("branin", "smooth", "claim"),
        functions.branin,
        [(-5.0, 10.0), (0.0, 15.0)],
        functions.BRANIN_MINIMUM,
    ),
    _numeric(
        *("hartmann6", "smooth", "claim"),
        functions.hartmann,
        [_UNIT] * 6,
        functions.HARTMANN_MINIMA[6],
    ),
    _numeric(
        *("ackley6", "smooth", "claim"),
        _moved(functions.ackley, _ACKLEY_AT),
        [(-32.768, 32.768)] * 6,
        _ACKLEY_AT,
    ),
    _numeric(*("levy10", "smooth", "claim"), functions.levy, [(-10.0, 10.0)] * 10, [1.0] * 10),
    _numeric(
        *("rosenbrock8", "smooth", "claim"), functions.rosenbrock, [(-5.0, 10.0)] * 8, [1.0] * 8
    ),
    _numeric(
        *("noisy-branin", "noisy", "claim"),
        functions.branin,
        [(-5.0, 10.0), (0.0, 15.0)],
        functions.BRANIN_MINIMUM,
        noise=8.0,
    ),
    _numeric(
        *("noisy-hartmann6", "noisy", "claim"),
        functions.hartmann,
        [_UNIT] * 6,
        functions.HARTMANN_MINIMA[6],
        noise=0.05,
    ),
    Problem(
        *("mixed-machine", "mixed", "claim"),
        {
            "kind": ["a", "b", "c", "d"],
            "C": Float(1e-3, 1e3, log=True),
            "depth": Int(1, 20),
            "x": Float(0.0, 1.0),
            "width": [16, 32, 64, 128, 256],
            "flag": [True, False],
        },
        _machine,
        optimum={"kind": "c", "C": 10.0, "depth": 7, "x": 0.3, "width": 64, "flag": True},
    ),
    Problem(
        *("mixed-ackley", "mixed", "claim"),
        {
            "x": Float(-3.0, 3.0),
            "y": Float(-3.0, 3.0),
            "m": Int(-5, 10),
            "n": Int(-5, 10),
            "left": sorted(_HIDDEN),
            "right": sorted(_HIDDEN),
        },
        _mixed_ackley,
        optimum={"x": 0.6, "y": -1.1, "m": 4, "n": -1, "left": "blue", "right": "blue"},
    ),
    _numeric(
        *("hartmann4-of-20", "high-dimensional", "claim"),
        functions.hartmann,
        [_UNIT] * 20,
        functions.HARTMANN_MINIMA[4],
    ),
    Problem(
        *("tree-of-models", "conditional", "claim"),
        _TREE,
        _tree,
        optimum={"model": "kernel", "kernel": "rbf", "C": 10**1.3, "gamma": 10**-2.4},
    ),
    Problem(
        *("regressors-diabetes", "conditional", "claim"),
        _REGRESSORS_DIABETES,
        CrossValidation(
            _pipeline(scale=None, model=None), "diabetes", "neg_root_mean_squared_error"
        ),
    ),
    Problem(
        *("svc-digits", "sklearn", "claim"),
        _SVC_DIGITS,
        CrossValidation(_pipeline(scale=None, svc=SVC()), "digits", "accuracy"),
    ),
    Problem(
        *("knn-digits", "sklearn", "claim"),
        _KNN_DIGITS,
        CrossValidation(
            _pipeline(scale=None, pca=PCA(random_state=0), knn=KNeighborsClassifier()),
            "digits",
            "accuracy",
        ),
    ),
    Problem(
        *("boosting-cancer", "sklearn", "claim"),
        _BOOSTING_CANCER,
        CrossValidation(
            HistGradientBoostingClassifier(early_stopping=False, random_state=0),
            "breast_cancer",
            "neg_log_loss",
        ),
    ),
    Problem(
        *("sgd-cancer", "sklearn", "claim"),
        _SGD_CANCER,
        CrossValidation(
            _pipeline(scale=None, sgd=SGDClassifier(max_iter=20, tol=None, random_state=0)),
            "breast_cancer",
            "roc_auc",
        ),
    ),
    Problem(
        *("trees-diabetes", "sklearn", "claim"),
        _TREES_DIABETES,
        CrossValidation(
            ExtraTreesRegressor(n_estimators=15, random_state=0),
            "diabetes",
            "neg_root_mean_squared_error",
        ),
    ),
]

_DEVELOPMENT = [
    _numeric(
        *("camel", "smooth", "development"),
        functions.six_hump_camel,
        [(-3.0, 3.0), (-2.0, 2.0)],
        functions.CAMEL_MINIMUM,
    ),
    _numeric(
        *("hartmann3", "smooth", "development"),
        functions.hartmann,
        [_UNIT] * 3,
        functions.HARTMANN_MINIMA[3],
    ),
    _numeric(
        *("rastrigin4", "smooth", "development"),
        _moved(functions.rastrigin, _RASTRIGIN_AT),
        [(-5.12, 5.12)] * 4,
        _RASTRIGIN_AT,
    ),
    _numeric(
        *("dixon-price6", "smooth", "development"),
        functions.dixon_price,
        [(-10.0, 10.0)] * 6,
        functions.dixon_price_minimum(6),
    ),
    _numeric(
        *("michalewicz5", "smooth", "development"),
        functions.michalewicz,
        [(0.0, math.pi)] * 5,
        functions.MICHALEWICZ_MINIMUM,
    ),
    _numeric(
        *("noisy-camel", "noisy", "development"),
        functions.six_hump_camel,
        [(-3.0, 3.0), (-2.0, 2.0)],
        functions.CAMEL_MINIMUM,
        noise=3.0,
    ),
    _numeric(
        *("noisy-griewank5", "noisy", "development"),
        _moved(functions.griewank, _GRIEWANK_AT),
        [(-600.0, 600.0)] * 5,
        _GRIEWANK_AT,
        noise=15.0,
    ),
    Problem(
        *("mixed-norms", "mixed", "development"),
        {
            "norm": ["euclid", "city", "chess"],
            "x": Float(-2.0, 2.0),
            "y": Float(-2.0, 2.0),
            "n": Int(1, 100, log=True),
            "level": [0.25, 0.5, 0.75, 1.0],
        },
        _norms,
        optimum={"norm": "euclid", "x": 0.7, "y": -0.9, "n": 12, "level": 0.5},
    ),
    Problem(
        *("mixed-rastrigin", "mixed", "development"),
        {
            "x": Float(-2.0, 2.0),
            "C": Float(1e-4, 1.0, log=True),
            "k": Int(1, 24),
            "colour": sorted(_HIDDEN),
        },
        _mixed_rastrigin,
        optimum={"x": 0.4, "C": 0.02, "k": 9, "colour": "blue"},
    ),
    _numeric(
        *("styblinski-tang3-of-15", "high-dimensional", "development"),
        functions.styblinski_tang,
        [(-5.0, 5.0)] * 15,
        [functions.STYBLINSKI_TANG_MINIMUM] * 3,
    ),
    Problem(
        *("optimisers", "conditional", "development"),
        _OPTIMISERS,
        _optimisers,
        optimum={"optimiser": "adam", "rate": 10**-2.7, "decay": 1e-4},
    ),
    Problem(
        *("classifiers-wine", "conditional", "development"),
        _CLASSIFIERS_WINE,
        CrossValidation(
            _pipeline(scale=QuantileTransformer(n_quantiles=20), model=None), "wine", "neg_log_loss"
        ),
    ),
    Problem(
        *("mlp-iris", "sklearn", "development"),
        _MLP_IRIS,
        CrossValidation(
            _pipeline(scale=None, mlp=MLPClassifier(max_iter=15, random_state=0)),
            "iris",
            "neg_log_loss",
        ),
    ),
    Problem(
        *("forest-wine", "sklearn", "development"),
        _FOREST_WINE,
        CrossValidation(
            RandomForestClassifier(n_estimators=12, random_state=0), "wine", "neg_log_loss"
        ),
    ),
]

#: By name.
PROBLEMS = MappingProxyType({problem.name: problem for problem in [*_CLAIM, *_DEVELOPMENT]})
