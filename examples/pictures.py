"""
Pictures of a search
====================

What a search did, in eight pictures: each answers one question, and each is a function of the
fitted search. They also draw the ``cv_results_`` of scikit-learn's own searches.
"""

# %%
# Two searches for the same classifier. Hyperband gives most configurations little training and few
# of them all of it; it knows two scores.
import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhpo import Float, HyperbandSearchCV, Int, PBTSearchCV
from skhpo.plotting import (
    convergence,
    learning_curves,
    parallel_coordinates,
    pareto_front,
    population,
    rungs,
    score_by_parameter,
    timeline,
)

X, y = load_digits(return_X_y=True)
X, _, y, _ = train_test_split(X, y, train_size=500, random_state=0, stratify=y)
net = make_pipeline(StandardScaler(), MLPClassifier(random_state=0))
search = HyperbandSearchCV(
    net,
    {
        "mlpclassifier__hidden_layer_sizes": Int(4, 64, log=True),
        "mlpclassifier__learning_rate_init": Float(1e-4, 1e0, log=True),
        "mlpclassifier__activation": ["relu", "tanh", "logistic"],
    },
    resource="epochs",
    max_resources=27,
    scoring=["accuracy", "neg_log_loss"],
    refit="accuracy",
    cv=StratifiedKFold(2, shuffle=True, random_state=0),
    n_jobs=2,
    random_state=0,
).fit(X, y)
print(f"{len(search.history_.trials)} configurations, best accuracy {search.best_score_:.4f}")

# %%
# **Does it still get better?** The line is the configuration that would have won if the search had
# ended there. It may go down: a score after more training counts more than any after less.
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
convergence(search, ax=left)
convergence(search, by="time", ax=right)
fig.savefig("pictures.png", dpi=100)

# %%
# **What have the hyperparameters to do with it?** One at a time, and all at once.
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
score_by_parameter(search, parameter="mlpclassifier__learning_rate_init", ax=left)
score_by_parameter(search, parameter="mlpclassifier__activation", ax=right)

# %%
ax = parallel_coordinates(search)

# %%
# **Who was stopped, and was that right?** At each rung, on the left those that were given no more,
# on the right those that were; and the same as learning curves.
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
rungs(search, ax=left)
learning_curves(search, parameter="mlpclassifier__learning_rate_init", ax=right)

# %%
# **Were the workers busy?** Bars are folds of trials, coloured by their epochs.
ax = timeline(search)

# %%
# **What does a better score cost?** Those that are not dominated by any other: in two scores, and
# in a score and the time to fit.
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
pareto_front(search, ax=left)
pareto_front(search, metrics=["accuracy", "fit_time"], ax=right)

# %%
# **Who copied whom?** Population based training goes on from copies of those that do well.
search = PBTSearchCV(
    net,
    {"mlpclassifier__learning_rate_init": Float(1e-4, 1e0, log=True)},
    population_size=8,
    resource="epochs",
    max_resources=15,
    perturbation_interval=3,
    scoring="neg_log_loss",
    cv=StratifiedKFold(2, shuffle=True, random_state=0),
    random_state=0,
).fit(X, y)
ax = population(search, parameter="mlpclassifier__learning_rate_init")
