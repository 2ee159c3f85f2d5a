"""
Before a search, and after it
=============================

What is it going to take, and what should the next one do otherwise? A few fits answer the first
question before a search. The second one is for the search itself, when it has ended.
"""

# %%
# Tumours, and logistic regression on similarities to 30 of them, with ranges that somebody guessed.
import time
import warnings

from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhpo import BayesSearchCV, Float, RandomSearchCV, TPESearchCV
from skhpo.exceptions import AdviceWarning
from skhpo.inspection import advice, compare, critical_difference, summary

X, y = load_breast_cancer(return_X_y=True)
pipeline = make_pipeline(
    StandardScaler(),
    Nystroem(n_components=30, random_state=0),
    LogisticRegression(max_iter=500),
)
guessed = {
    "nystroem__gamma": Float(1e-4, 1e1, log=True),
    "logisticregression__C": Float(1e-2, 1e0, log=True),
}
options = {"cv": 3, "scoring": "neg_log_loss", "random_state": 0}

# %%
# **Before**: how many fits there will be, and, by three of them, how long they take here.
search = BayesSearchCV(pipeline, guessed, n_iter=30, **options)
plan = search.plan(X, y, n_probes=3)
print(plan)

# %%
# What it then took, with the refit, stands beside the range it was expected in.
warnings.filterwarnings("ignore", category=AdviceWarning)  # it is asked for below
started = time.perf_counter()
search.fit(X, y)
seconds = time.perf_counter() - started
print(f"it took {seconds:.1f} s; expected with one worker: {plan.effort.seconds}")

# %%
# **After**: what came of it, and what it advises. Each advice is also data: what it is about, and
# which parameter.
print(summary(search))
for each in advice(search):
    print(f"{each.kind} {each.parameter}: {each}")

# %%
# A second search, with less regularisation allowed, beside the first one.
wide = {**guessed, "logisticregression__C": Float(1e-2, 1e3, log=True)}
wider = BayesSearchCV(pipeline, wide, n_iter=30, **options).fit(X, y)
searches = compare({"guessed": search, "wider": wider})
print(searches)

# %%
# **Which way of searching is the better one?** One data set says little about that. Here are three,
# with the mean over two seeds on each. That is still few: how far apart mean ranks must be to count
# stands below them.
classes = {"random": RandomSearchCV, "TPE": TPESearchCV, "Bayes": BayesSearchCV}
scores = {name: [] for name in classes}
for load in (load_breast_cancer, load_iris, load_wine):
    X, y = load(return_X_y=True)
    for name, search_class in classes.items():
        found = [
            search_class(pipeline, wide, n_iter=12, **{**options, "random_state": seed}).fit(X, y)
            for seed in (0, 1)
        ]
        scores[name].append(sum(each.best_score_ for each in found) / len(found))
        print(f"{load.__name__:20} {name:6} {scores[name][-1]:.4f}")
ranks = critical_difference(scores)
print(ranks)

# %%
# Both as pictures: how the two searches came to their best, and the ranks, with a bar between those
# that are not found to differ.
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("no matplotlib, no picture")
else:
    from skhpo.plotting import comparison
    from skhpo.plotting import critical_difference as draw_ranks

    fig, (left, right) = plt.subplots(1, 2, figsize=(13, 3.8), layout="constrained")
    comparison(searches, ax=left)
    draw_ranks(ranks, ax=right)
    fig.savefig("before_and_after.png", dpi=120)

# %%
# **Elsewhere**: the search as a study of Optuna, for scripts and dashboards that read those. Optuna
# is optional: ``pip install "skhpo[optuna]"``.
try:
    import optuna
except ImportError:
    print("no optuna, no study")
else:
    from skhpo.exchange import to_optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = to_optuna(wider)
    print(f"{len(study.trials)} trials, best value {study.best_value:.4f} with {study.best_params}")
    print("importances by Optuna:", optuna.importance.get_param_importances(study))
