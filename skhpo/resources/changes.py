"""What may change while training goes on, and how a fitted estimator is brought to heed it.

Population based training lets a fitted state go on with other hyperparameters. ``set_params``
alone is not enough for that: some values were taken over at the first fit and are never looked at
again; others would throw away what is trained, or make it mean something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from inspect import signature
from numbers import Number
from typing import Any

import numpy as np
from sklearn.base import clone

from skhpo.exceptions import ResourceError
from skhpo.resources.pipelines import last_step
from skhpo.space.values import same_value

__all__ = ["ancestry", "can_change", "must_stay", "retune"]

#: What stays with the fitted state, whichever estimator has it.
_STAYS = frozenset(
    {
        # when training ends is for the resource to say
        *("max_iter", "max_epochs", "n_iter", "tol", "warm_start"),
        *("early_stopping", "validation_fraction", "n_iter_no_change", "max_no_improvement"),
        # where it began; its random numbers go on with it
        *("init", "init_params", "init_size", "n_init", "dict_init", "random_state"),
        *("weights_init", "means_init", "precisions_init"),
        # how many numbers there are in it, and what they belong to
        *("n_components", "n_clusters", "n_features", "hidden_layer_sizes", "fit_intercept"),
        *("estimator", "kernel"),
        # what one solver remembers no other one understands
        "solver",
        # a constraint holds for all of a model, or does not hold
        *("monotonic_cst", "interaction_cst"),
    }
)

#: What stays besides in families of scikit-learn, by the class their members have in common.
_STAYS_IN = {
    # the same weights would be another function
    "BaseMultilayerPerceptron": {"activation", "loss"},
    "_GeneralizedLinearRegressor": {"power", "link"},
    # for `liblinear` alone, which cannot go on
    "LogisticRegression": {"multi_class", "dual", "intercept_scaling"},
    # averages are kept from the first pass on
    "BaseSGD": {"average"},
    # what is boosted so far is in the units of the loss, and split at numbered bins
    "BaseGradientBoosting": {"loss"},
    "BaseHistGradientBoosting": {"loss", "max_bins", "categorical_features", "scoring"},
    # told of all estimators at once: refused with warm_start, or wrong for the older ones
    "BaseBagging": {"oob_score"},
    "IsolationForest": {"max_samples"},
    # counted, or mixed into the variances, at the first pass
    "_BaseNB": {"binarize", "min_categories", "priors", "var_smoothing"},
    "BaseMixture": {"covariance_type", "weight_concentration_prior_type"},
    "StandardScaler": {"with_mean", "with_std"},
    "Birch": {"threshold", "branching_factor"},
    # taken over at the first pass, or heeded by `fit` alone
    "BernoulliRBM": {"batch_size"},
    "IncrementalPCA": {"batch_size"},
    "MiniBatchKMeans": {"batch_size"},
    "MiniBatchDictionaryLearning": {"batch_size", "shuffle", "fit_algorithm"},
    "MiniBatchNMF": {"batch_size", "beta_loss", "forget_factor", "fresh_restarts"},
    "LatentDirichletAllocation": {
        *("doc_topic_prior", "topic_word_prior"),
        *("learning_method", "evaluate_every", "perp_tol"),
    },
    "SelectFromModel": {"prefit", "max_features"},
}

#: The same for nets as skorch's: made when they are initialised, or by other data.
_STAYS_IN_NETS = frozenset(
    {"module", "criterion", "optimizer", "callbacks", "train_split", "device", "compile", "classes"}
)

#: Families that train copies of their ``estimator``, made at the first pass, and where these are.
_COPIES_IN = {
    "MultiOutputClassifier": "estimators_",
    "MultiOutputRegressor": "estimators_",
    "OneVsOneClassifier": "estimators_",
    "OneVsRestClassifier": "estimators_",
    "SelectFromModel": "estimator_",
}

#: Settings of torch's optimisers that say what they remember of each weight.
_LAYOUT = frozenset({"amsgrad", "centered", "param_groups"})


def can_change(estimator: Any, name: str) -> bool:
    """Whether a fitted state can go on with another value of a parameter, which then has effect.

    Of a pipeline only the last step is trained on: the others were fitted once, and travel with
    it. Of what it ends in

    - what an estimator names itself in its attribute ``changeable_params`` can change, and no
      more; ``set_params`` must be all that is needed then;
    - of all others numbers, strings, truth values and what is None can change, but for those that
      say how large or of what kind the fitted state is, where it began and when it ends;
      estimators, arrays, functions and what is nested deeper cannot: all this holds for foreign
      estimators, too;
    - families of scikit-learn have exceptions, and parameters that are carried into the fitted
      state by :func:`retune`; forests and bagging heed a new value in what is added from then on;
    - nets, as skorch's, can change the settings of their optimisers, the learning rate and the
      batch size, but nothing of their modules, criteria and callbacks, which would begin anew.

    Parameters
    ----------
    estimator : estimator
        With the configuration that is trained; fitted or not.
    name : str
        A parameter, as in ``set_params``.
    """
    path, step = last_step(estimator)
    prefix = f"{path}__" if path else ""
    own = name[len(prefix) :]
    if not name.startswith(prefix) or not hasattr(step, "get_params"):
        return False
    families = ancestry(step)
    head, _, inner = own.partition("__")
    if _is_net(step) and inner:
        return head.startswith("optimizer") and inner.partition("__")[0] not in _LAYOUT
    settings = step.get_params(deep=True)
    if own not in settings:
        return False
    declared = getattr(step, "changeable_params", None)
    if declared is not None:
        return own in declared
    if inner:
        if head == "estimator" and families & _COPIES_IN.keys():
            return can_change(settings[head], inner)
        # New ones are made of the prototype as it is then.
        return head == "estimator" and "BaseBagging" in families
    stays = _STAYS.union(*(_STAYS_IN.get(family, ()) for family in families))
    if own in stays or (_is_net(step) and own in _STAYS_IN_NETS):
        return False
    return own == "class_weight" or _is_plain(settings[own])


def must_stay(estimator: Any, name: str) -> bool:
    """Whether it is known, and no guess, that a fitted state cannot go on with another value.

    Parameters
    ----------
    estimator : estimator
        With the configuration that is trained; fitted or not.
    name : str
        A parameter, as in ``set_params``.
    """
    path, step = last_step(estimator)
    prefix = f"{path}__" if path else ""
    is_guess = name.startswith(prefix) and _is_foreign(step, name[len(prefix) :])
    return not is_guess and not can_change(estimator, name)


def retune(estimator: Any, params: Mapping[str, Any]) -> None:
    """Set parameters of a fitted estimator in place, so that its training goes on with them.

    Values that the estimator has already are left alone. Others are set, and carried to where
    they were taken over at the first fit: into the optimiser of a multilayer perceptron or a net,
    which keeps its momenta; into the copies that a meta-estimator trains. The learning rate of
    gradient boosting applies to the trees to come, and not once more to those there are; that of
    a net is what its schedule starts from, and stays reduced as far as it was.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    params : mapping of str to object
        The configuration to go on with, with names as in ``set_params``.

    Raises
    ------
    ResourceError
        Where a value differs and the fitted state cannot go on with it; nothing is set then. Only
        what foreign estimators define, of which :func:`can_change` guesses, is always set.
    """
    current = estimator.get_params(deep=True)
    changed = {
        name: clone(value, safe=False)
        for name, value in params.items()
        if name not in current or not same_value(current[name], _bare(name, value, params, current))
    }
    path, step = last_step(estimator)
    prefix = f"{path}__" if path else ""
    for name, value in changed.items():
        if must_stay(estimator, name):
            raise ResourceError(
                f"training cannot go on with {name}={value!r}: what is trained so far belongs to "
                f"{name}={current.get(name)!r}; keep that value, or train anew"
            )
    _change(step, {name[len(prefix) :]: value for name, value in changed.items()})


def _bare(name: str, value: Any, params: Mapping[str, Any], current: Mapping[str, Any]) -> Any:
    """Return a value without what other parameters say of it: a step, with its parameters."""
    inner = {other: other[len(name) + 2 :] for other in params if other.startswith(f"{name}__")}
    if not inner or not hasattr(value, "set_params"):
        return value
    kept = {own: current[other] for other, own in inner.items() if other in current}
    return clone(value).set_params(**kept)


def ancestry(step: Any) -> set[str]:
    """Names of the classes of scikit-learn that an estimator is one of."""
    return {c.__name__ for c in type(step).__mro__ if c.__module__.startswith("sklearn.")}


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (Number, str, np.bool_))


def _is_net(step: Any) -> bool:
    """Whether it is a net as skorch's; they are known by their attributes, without an import."""
    return hasattr(step, "initialized_") and hasattr(step, "module")


def _is_foreign(step: Any, own: str) -> bool:
    """Whether it is a guess if a parameter can change: nobody who is known has defined it.

    What a class of the user's own inherits from scikit-learn means what it means there.
    """
    if _is_net(step) or hasattr(step, "changeable_params"):
        return False
    known = [c for c in type(step).__mro__ if c.__module__.startswith("sklearn.")]
    name = own.partition("__")[0]
    return type(step) not in known and not any(name in signature(c).parameters for c in known)


# --------------------------------------------------------------------------- carrying


def _change(step: Any, changed: Mapping[str, Any]) -> None:
    """Set parameters that can change."""
    if _is_net(step):
        _change_net(step, changed)
        return
    families = ancestry(step)
    for family in families & _CARRY.keys():
        _CARRY[family](step, changed)
    step.set_params(**changed)
    inner = {name.partition("__")[2]: changed[name] for name in changed if "__" in name}
    for copy in _copies(step, families) if inner else ():
        retune(copy, inner)


def _copies(step: Any, families: set[str]) -> Iterator[Any]:
    for family in families & _COPIES_IN.keys():
        copies = getattr(step, _COPIES_IN[family], [])
        yield from copies if isinstance(copies, list) else [copies]


def _change_perceptron(step: Any, changed: Mapping[str, Any]) -> None:
    """Tell the optimiser, which was made at the first pass."""
    optimizer = getattr(step, "_optimizer", None)
    if optimizer is None:
        return
    renamed = {"learning_rate": "lr_schedule", "nesterovs_momentum": "nesterov"}
    # A rate that was reduced because the loss fell no more stays reduced as far.
    reduced = optimizer.learning_rate / optimizer.learning_rate_init
    for name, value in changed.items():
        if hasattr(optimizer, renamed.get(name, name)):
            setattr(optimizer, renamed.get(name, name), value)
    if not changed.keys().isdisjoint({"learning_rate", "learning_rate_init", "power_t"}):
        optimizer.learning_rate = optimizer.learning_rate_init * (
            1.0 if "learning_rate" in changed else reduced
        )
        optimizer.iteration_ends(step.t_)  # a rate that falls with time is set here


def _change_boosting(step: Any, changed: Mapping[str, Any]) -> None:
    """Scale the trees there are: what they predict is multiplied by the rate at each prediction."""
    rate = changed.get("learning_rate", step.learning_rate)
    if rate == step.learning_rate:
        return
    if rate == 0:
        raise ResourceError("gradient boosting cannot go on with learning_rate=0")
    for tree in np.ravel(step.estimators_):
        tree.tree_.value[...] *= step.learning_rate / rate


def _change_aggressiveness(step: Any, changed: Mapping[str, Any]) -> None:
    """From scikit-learn 1.8 on ``C`` is taken over by the constructor, and not looked at again."""
    step.eta0 = changed.get("C", step.C)


#: What is to be done before ``set_params``, in families of scikit-learn.
_CARRY: Mapping[str, Callable[[Any, Mapping[str, Any]], None]] = {
    "BaseMultilayerPerceptron": _change_perceptron,
    "BaseGradientBoosting": _change_boosting,
    "PassiveAggressiveClassifier": _change_aggressiveness,
    "PassiveAggressiveRegressor": _change_aggressiveness,
}


def _change_net(net: Any, changed: Mapping[str, Any]) -> None:
    """Change the optimisers in place, which have the weights and remember their momenta."""
    for name, value in changed.items():
        head, _, inner = name.partition("__")
        if net.initialized_ and (name == "lr" or inner == "lr"):
            _scale_rates(net, head if inner else "optimizer", value)
        else:
            net.set_params(**{name: value})
        # skorch tells its optimisers alone, and goes on to have the old value itself.
        setattr(net, name, value)


def _scale_rates(net: Any, optimizer: str, rate: float) -> None:
    """Set what a schedule starts from, and leave the rate reduced as far as it is."""
    before = getattr(net, f"{optimizer}__lr", net.lr)
    for group in getattr(net, f"{optimizer}_").param_groups:
        for key in ("lr", "initial_lr"):
            if key in group:
                group[key] = rate * (group[key] / before) if before else rate
