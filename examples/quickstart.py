"""
Quickstart
==========

One pipeline, three searches, the same number of fits: scikit-learn's ``GridSearchCV`` and
``RandomizedSearchCV``, and ``BayesSearchCV``, on the handwritten digits that scikit-learn ships.
Only the class changes, and for the grid the way its values are written.
"""

# %%
# The data and what is tuned: scaling, principal components, a support vector machine.
import time

import numpy as np
from scipy.stats import loguniform, randint, uniform
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skhpo import BayesSearchCV

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0, stratify=y)
pipeline = make_pipeline(StandardScaler(), PCA(random_state=0), SVC())

# %%
# The space: ``scipy.stats`` distributions and lists say what may be tried. A grid needs a list for
# each parameter, and with two values for each of five parameters it has 32 candidates already. All
# searches get as many: 96 fits with three folds.
space = {
    "pca__n_components": randint(5, 65),
    "pca__whiten": [False, True],
    "svc__kernel": ["rbf", "poly", "sigmoid"],
    "svc__C": loguniform(1e-2, 1e3),
    "svc__gamma": loguniform(1e-5, 1e0),
    "svc__coef0": uniform(0, 1),
}
grid = {
    "pca__n_components": [40],
    "pca__whiten": [False, True],
    "svc__kernel": ["rbf", "poly"],
    "svc__C": [1, 100],
    "svc__gamma": [1e-3, 1e-2],
    "svc__coef0": [0, 1],
}
n_iter, cv = 32, 3

searches = {
    "GridSearchCV": GridSearchCV(pipeline, grid, cv=cv),
    "RandomizedSearchCV": RandomizedSearchCV(pipeline, space, n_iter=n_iter, cv=cv, random_state=0),
    "BayesSearchCV": BayesSearchCV(pipeline, space, n_iter=n_iter, cv=cv, random_state=0),
}

# %%
# Everything after the constructor is as it always was.
print(f"{'':20}{'CV score':>10}{'held-out':>10}{'fits':>7}{'seconds':>9}")
for name, search in searches.items():
    started = time.perf_counter()
    search.fit(X_train, y_train)
    seconds = time.perf_counter() - started
    fits = len(search.cv_results_["params"]) * search.n_splits_
    accuracy = search.score(X_test, y_test)
    print(f"{name:20}{search.best_score_:10.4f}{accuracy:10.4f}{fits:7}{seconds:9.1f}")

best = searches["BayesSearchCV"].best_params_
print("\nBayesSearchCV chose", best)

# %%
# The best score so far, after each candidate: the model pays off once it has seen a few.
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("pip install skhpo[plot] to see the convergence")
else:
    figure, axes = plt.subplots(figsize=(6.4, 4), layout="constrained")
    for (name, search), marker in zip(searches.items(), "so^", strict=True):
        errors = 1 - np.maximum.accumulate(search.cv_results_["mean_test_score"])
        trials = np.arange(1, len(errors) + 1)
        axes.step(trials, errors, where="post", marker=marker, markersize=4, label=name)
    axes.set(xlabel="candidates tried", ylabel="least mean CV error so far", yscale="log")
    axes.set_yticks(ticks := [0.01, 0.02, 0.05, 0.1, 0.2], [f"{tick:.0%}" for tick in ticks])
    axes.minorticks_off()
    axes.set_title("Handwritten digits: scaling, PCA, SVC")
    axes.legend(loc="upper right")
    figure.savefig("quickstart.png", dpi=120)
    print("saved the convergence in quickstart.png")
