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
from scipy.stats import loguniform, randint
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
# The space. ``scipy.stats`` distributions say what may be tried; a grid needs a list for each.
# Three values in each of three dimensions make 27 candidates, 81 fits: all get the same number.
space = {
    "pca__n_components": randint(5, 65),
    "svc__C": loguniform(1e-2, 1e3),
    "svc__gamma": loguniform(1e-5, 1e0),
}
grid = {
    "pca__n_components": [10, 30, 60],
    "svc__C": [0.1, 3, 100],
    "svc__gamma": [1e-4, 1e-2, 1e-1],
}
n_iter, cv = 27, 3

searches = {
    "GridSearchCV": GridSearchCV(pipeline, grid, cv=cv),
    "RandomizedSearchCV": RandomizedSearchCV(
        pipeline, space, n_iter=n_iter, cv=cv, random_state=0
    ),
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
print("\nBayesSearchCV chose", {k: round(float(v), 5) for k, v in best.items()})

# %%
# The best score so far, after each candidate: the model pays off once it has seen a few.
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("pip install skhpo[plot] to see the convergence")
else:
    figure, axes = plt.subplots(figsize=(6.4, 4), layout="constrained")
    for (name, search), marker in zip(searches.items(), "so^", strict=True):
        best_so_far = np.maximum.accumulate(search.cv_results_["mean_test_score"])
        trials = np.arange(1, len(best_so_far) + 1)
        axes.step(trials, best_so_far, where="post", marker=marker, markersize=4, label=name)
    axes.set(xlabel="candidates tried", ylabel="best mean CV accuracy so far", ylim=(0.8, 1.0))
    axes.set_title("Handwritten digits: PCA and SVC")
    axes.legend(loc="lower right")
    figure.savefig("quickstart.png", dpi=120)
    print("saved the convergence in quickstart.png")
