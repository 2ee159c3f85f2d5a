"""What the docstrings of all search classes share, written once."""

from __future__ import annotations

from typing import TypeVar

__all__ = ["documented"]

Class = TypeVar("Class", bound=type)

_FRAGMENTS = {
    "estimator": """
estimator : estimator object
    What is tuned. It needs a ``score`` method, or ``scoring`` must be given.
param_distributions : dict or list of dicts
    Parameter name -> what it may be: a list of values, a frozen ``scipy.stats`` distribution,
    :class:`~skhpo.Float`, :class:`~skhpo.Int` or :class:`~skhpo.Categorical`. A list of dicts is
    one space with a choice between its branches.
""",
    "scikit_learn": """
scoring : str, callable, list, tuple or dict, default=None
    As in scikit-learn. With several metrics, a model-based search optimises the one that
    ``refit`` names, and the first one if ``refit`` names none.
n_jobs : int or None, default=None
    Workers, as in joblib. Processes by default; ``joblib.parallel_config("threading")`` makes
    them threads.
refit : bool, str or callable, default=True
    As in scikit-learn.
cv : int, cross-validation generator or iterable, default=None
    As in scikit-learn. The splits are made once for each ``fit`` and are the same for all
    configurations.
verbose : int, default=0
    1: a progress bar, or plain lines where there is no terminal; 2: a line for each
    configuration; 3: a line for each fold as well. Lines go to standard output, or to the logger
    ``"skhpo.search"`` if you have set up logging for it.
pre_dispatch : int or str, default="2*n_jobs"
    Accepted so that scripts go on working, and without effect: a worker is handed its next task
    when it is free, never before.
random_state : int, RandomState instance or None, default=None
    Seed of the search (not of the estimator, nor of ``cv``).
error_score : "raise" or numeric, default=np.nan
    Stands in for the score of a fit that failed or diverged. Model-based searches know that it
    did, whatever the number.
return_train_score : bool, default=False
    Whether to score the training folds too.
initial_params : list of dicts or None, default=None
    Configurations to try first, for example settings that did well before. Each gives a value
    to every parameter of the space, or of one of its branches.
warm_start_from : fitted search, dict, DataFrame, History or list of these, default=None
    Results to learn from: an earlier search of this package or of scikit-learn, or its
    ``cv_results_``. The best configuration of them is tried first (after ``initial_params``), a
    model knows all of them, and none counts as a configuration of this search. Where the space
    is another one now, what fits into it is used.
stopping : StoppingRule, list of these or None, default=None
    When it is enough before all configurations were tried:
    :class:`~skhpo.stopping.Timeout`, :class:`~skhpo.stopping.Patience` or
    :class:`~skhpo.stopping.RegretBound`. What is running then is finished, and the best is
    refitted as usual.
storage : path-like or None, default=None
    A folder to keep the search in: its history, and half-trained models. ``fit`` goes on with
    what is there, whatever ended it, until there are as many configurations as asked for *in
    total*. Data, estimator, space and seed must be what they were; ``n_iter`` may be greater.
    None: nothing is kept, and each ``fit`` begins anew.
trial_timeout : float or None, default=None
    Seconds that one configuration may take on one fold, counted from when a worker begins with it.
    After that it has the status ``"timeout"``, and its worker process is ended; a thread cannot be,
    and goes on in the background. With it ``n_jobs=1`` is one process. None: no limit. For the time
    of the whole search there is ``stopping=Timeout(...)``.
faults : FaultTolerance or None, default=None
    How often a fit is tried again when its worker died, how much memory a worker may take, and how
    many failures in the beginning end the search; see :class:`~skhpo.FaultTolerance`. None: its
    defaults, which are one retry, all memory, and ten configurations.
deterministic : int or None, default=None
    So many fits are under way at a time, however many workers there are, and their scores are
    taken in the order in which they were handed out: the same seed then gives the same
    ``cv_results_`` for every ``n_jobs``. Workers wait for each other at times; eight fits for each
    of them keep them busy. The number matters as the seed does. None: scores are taken as
    they come.
callbacks : Callback, list of these or None, default=None
    Who is told what happens while it runs, and may stop it: objects of
    :class:`~skhpo.callbacks.Callback`, or a :class:`~skhpo.control.Control`, to pause, resume and
    stop it from another thread. Clones of the search share them. For scikit-learn's own callbacks
    there is ``set_callbacks``.
""",
    "racing": """
racing : bool, default=False
    Whether a configuration is given up when it is worse than the best one on the folds measured
    so far, beyond the noise between folds; only what was measured on all folds can win. With
    ``n_jobs`` workers as many configurations are raced at a time, so that results depend on
    ``n_jobs``, if ``deterministic`` does not say how many. It takes more than two folds. See
    :class:`~skhpo.schedulers.FoldRacing`.
""",
    "early_stopping": """
early_stopping : EarlyStopping, bool or None, default=None
    Of boosters: when training one has made enough rounds, judged on a part of each fold's training
    part, never on the fold it is scored on. It is scored at the best of these rounds, and the best
    configuration is refitted on all data with as many rounds as its folds needed in the mean. The
    estimator's own number of rounds is the most. For scikit-learn's gradient boosting, LightGBM and
    XGBoost, also at the end of a pipeline; see :class:`~skhpo.EarlyStopping`. When the *search* is
    over is said by ``stopping``.
""",
    "early_stopping_attributes": """
rounds_ : int
    Rounds that ``best_estimator_`` has made; only with ``early_stopping``. ``cv_results_`` has
    ``mean_rounds`` then, and ``split0_rounds``, ....
""",
    "max_concurrent_trials": """
max_concurrent_trials : int or None, default=None
    Configurations under test at a time. None: ``ceil(n_jobs / n_splits)``.
""",
    "refit_from": """
refit_from : {"scratch", "checkpoint"}, default="scratch"
    ``"scratch"``: the best configuration is trained completely on all data. ``"checkpoint"``: it
    is taken as it was trained on the training part, which needs a ``cv`` with a single split.
""",
    "fidelity": """
sampler : str or Sampler, default="random"
    Which configurations to try: ``"random"``, ``"bayes"`` (learns from every rung), ``"tpe"``,
    ``"cma-es"``, ``"evolution"``, ``"quasi-random"``, ``"grid"``, or an object of
    :mod:`skhpo.samplers`.
resource : str, list of dicts or ResourceAdapter, default="n_samples"
    What training is divided into: ``"epochs"`` (passes over the training part, by
    ``partial_fit``), ``"n_samples"``, ``"folds"``, an integer parameter such as
    ``"n_estimators"`` or ``"clf__max_iter"``, or a list of dicts, levels of fidelity that set
    several of these (:class:`~skhpo.resources.Levels`). ``"auto"``: epochs, trees or iterations
    if training can be continued by them, else samples.
min_resources : int or "smallest", default="smallest"
    What each configuration is given at first. ``"smallest"``: the least that makes sense, for
    samples as in scikit-learn ``2 * n_splits * n_classes``, otherwise 1. In HalvingSearchCV
    also ``"exhaust"``: such that the last rung has as much as possible.
max_resources : int or "auto", default="auto"
    Complete training. ``"auto"``: all samples; the estimator's own value of the parameter.
factor : float, default=3
    One in ``factor`` goes on, with ``factor`` times the resource; 2 or more.
""",
    "fidelity_attributes": """
n_resources_ : list of int
    Resource at each rung.
n_candidates_ : list of int
    How many configurations were measured there.
n_iterations_ : int
    How many rungs were reached.
min_resources_, max_resources_ : int
    Resource at the lowest rung, and of complete training, which ``best_estimator_`` has had.
plan_ : Plan
    What was going to be spent.
""",
    "attributes": """
cv_results_ : dict of numpy (masked) ndarrays
    As scikit-learn's, one row for each configuration in the order in which they were started,
    and ``status``: ``"completed"``, ``"failed"``, ``"diverged"`` (the training loss became infinite
    or NaN), ``"worker-died"``, ``"timeout"``, or, of what was given up before it was measured on
    all folds, ``"stopped"``. ``error`` is what went wrong, in a line for each fold that differs,
    and None where nothing did. Where training is divided,
    one row for each configuration and rung, rung by rung, with ``iter`` (the number of the rung),
    ``n_resources``, and ``trial`` (the number of the configuration); where folds are the resource
    (``racing``, too), one row for each configuration, with those it was measured on.
best_estimator_ : estimator
    The best configuration, fitted on all data; only if ``refit`` is not False.
best_score_ : float
    Its mean cross-validated score; not if ``refit`` is a callable.
best_params_ : dict
    Its parameters, as in its row of ``cv_results_``; where a parameter is the resource, with the
    value it was scored at. ``best_estimator_`` has that of complete training.
best_index_ : int
    Its row of ``cv_results_``.
history_ : History
    Everything that happened, fold by fold, with the tracebacks of failures.
scorer_ : callable or dict of callables
    The scorer, or the scorers by name.
stop_reason_ : str
    Why the search ended: ``"budget"`` (all configurations were tried), ``"space
    exhausted"``, ``"timeout"``, ``"patience"``, ``"regret"``, ``"callback"``, or ``"stopped"``
    (from another thread, or by ``python -m skhpo stop``).
n_splits_ : int
    Folds.
resource_ : str
    What training was divided into, such as ``"epochs"``; not if it was not divided.
refit_time_ : float
    Seconds the refit took.
multimetric_ : bool
    Whether there are several metrics.
classes_ : ndarray of shape (n_classes,)
    Class labels, of classifiers that were refitted.
n_features_in_ : int
    Features seen by the refitted estimator.
feature_names_in_ : ndarray of shape (`n_features_in_`,)
    Their names, where it has seen names.
""",
}


def documented(cls: Class) -> Class:
    """Put the shared fragments into a docstring, in place of their names in double braces.

    Parameters
    ----------
    cls : type
        A class whose docstring holds lines such as ``{{scikit_learn}}``.
    """
    doc = cls.__doc__ or ""
    for name, fragment in _FRAGMENTS.items():
        doc = doc.replace(f"    {{{{{name}}}}}", _indented(fragment.strip("\n")))
    cls.__doc__ = doc
    return cls


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())
