"""
A schedule instead of a setting
===============================

Large learning rates are best in the beginning of training, and small ones later. Population based
training finds out: networks train side by side, and every few epochs those that do worst go on
from a copy of one that does best, with hyperparameters a little different from its.
"""

# %%
# A small network on the handwritten digits, trained by plain stochastic gradient descent in small
# batches. A population of twelve, which may change its mind after every third epoch, costs twelve
# complete trainings: that is known before the first fit.
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import ShuffleSplit, train_test_split
from sklearn.neural_network import MLPClassifier

from skhpo import Float, PBTSearchCV, ReplayedSchedule

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0, stratify=y)
net = MLPClassifier((64,), solver="sgd", batch_size=8, momentum=0.0, random_state=0)
search = PBTSearchCV(
    net,
    {"learning_rate_init": Float(1e-3, 1.0, log=True), "alpha": Float(1e-6, 1e-1, log=True)},
    population_size=12,
    resource="epochs",
    max_resources=24,
    perturbation_interval=3,
    scoring="neg_log_loss",
    cv=ShuffleSplit(n_splits=1, test_size=0.25, random_state=0),
    random_state=0,
)
print(search.plan())

# %%
# What it found is a schedule, by which the best network was trained once more, on all training
# data.
search.fit(X_train, y_train)
print(search.schedule_)
print(f"held out: {search.best_estimator_.score(X_test, y_test):.4f} accuracy")

# %%
# A schedule is plain data, and can be replayed with another network.
again = ReplayedSchedule(net.set_params(random_state=1), search.schedule_, resource="epochs")
print(f"replayed: {again.fit(X_train, y_train).score(X_test, y_test):.4f} accuracy")

# %%
# Who copied whom: each line is a configuration, which branches off where it was copied. Colours are
# learning rates; the winner and its ancestors are in the casing.
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("no matplotlib, no picture")
else:
    from skhpo.plotting import population

    fig, ax = plt.subplots(figsize=(7.5, 4.6), layout="constrained")
    population(search, parameter="learning_rate_init", ax=ax)
    best = max(search.cv_results_["mean_test_score"])
    middle = np.nanmedian(search.cv_results_["mean_test_score"])
    ax.set_ylim(middle - 4 * (best - middle), best + 0.2 * (best - middle))
    fig.savefig("population.png", dpi=120)
