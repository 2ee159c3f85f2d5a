"""
Which model, and how?
=====================

Three kinds of classifier, each with parameters of its own, searched as one space with one budget:
a list of dicts. The better branches get more trials, and none is given up before it had a fair
number of them. A second search then goes on from what the first one has found out.
"""

# %%
# The space: the last step of a pipeline is chosen together with its parameters.
from collections import Counter

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skhpo import BayesSearchCV, Float, Int
from skhpo.stopping import Patience

X, y = load_breast_cancer(return_X_y=True)
pipeline = Pipeline([("scale", StandardScaler()), ("model", SVC())])
svc = {
    "model": [SVC()],
    "model__C": Float(1e-2, 1e3, log=True),
    "model__gamma": Float(1e-5, 1e0, log=True),
}
trees = {
    "model": [ExtraTreesClassifier(n_estimators=30, random_state=0)],
    "model__max_features": Float(0.05, 1.0),
    "model__min_samples_leaf": Int(1, 20, log=True),
}
neighbours = {
    "model": [KNeighborsClassifier()],
    "model__n_neighbors": Int(1, 40, log=True),
    "model__weights": ["uniform", "distance"],
}

# %%
# One search over all three.
search = BayesSearchCV(pipeline, [svc, trees, neighbours], n_iter=40, cv=5, random_state=0)
search.fit(X, y)

models = [type(params["model"]).__name__ for params in search.cv_results_["params"]]
scores = search.cv_results_["mean_test_score"]
for model, n_trials in Counter(models).most_common():
    best = max(score for name, score in zip(models, scores, strict=True) if name == model)
    print(f"{model:>20} {n_trials:3d} trials, best {best:.4f}")

# %%
# What was tried when: quasi-random points of all branches first, then mostly the best branch.
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("no matplotlib, no picture")
else:
    fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
    for model in dict.fromkeys(models):
        here = [number for number, name in enumerate(models) if name == model]
        ax.scatter(np.array(here) + 1, scores[here], label=model, s=30)
    ax.plot(np.arange(len(scores)) + 1, np.maximum.accumulate(scores), "k-", lw=1, label="best")
    ax.set(xlabel="trial", ylabel="accuracy, 5 folds", ylim=(0.9, None))
    ax.legend()
    fig.savefig("which_model.png", dpi=120)

# %%
# A second search, of support vector machines alone, knows the first one's results from the
# beginning: those that its narrower space has a place for, and a warning says how many had none.
# It stops when 10 configurations in a row were no better than the best before them.
refined = BayesSearchCV(
    pipeline,
    svc,
    n_iter=40,
    cv=5,
    random_state=1,
    warm_start_from=search,
    stopping=Patience(10),
)
refined.fit(X, y)
print(f"before {search.best_score_:.4f}, now {refined.best_score_:.4f} after")
print(f"{len(refined.cv_results_['params'])} configurations; it ended for {refined.stop_reason_}")
