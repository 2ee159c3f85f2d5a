"""
What mattered
=============

A search knows more than its best configuration: which hyperparameters the score depended on, which
of them only together, and what it would have been elsewhere.
"""

# %%
# Three kernels, of which only one has a degree, and a parameter that does nothing: shrinking only
# saves time.
import pandas as pd
from sklearn.datasets import load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skhpo import BayesSearchCV, Float, Int, RandomSearchCV
from skhpo.inspection import compare, importance, interactions, summary

X, y = load_wine(return_X_y=True)
pipeline = make_pipeline(StandardScaler(), SVC())
common = {
    "svc__C": Float(1e-3, 1e3, log=True),
    "svc__gamma": Float(1e-5, 10.0, log=True),
    "svc__shrinking": [True, False],
}
space = [
    {**common, "svc__kernel": ["rbf", "sigmoid"]},
    {**common, "svc__kernel": ["poly"], "svc__degree": Int(2, 4)},
]
options = {"n_iter": 40, "cv": 3, "scoring": "accuracy", "random_state": 0}
bayes = BayesSearchCV(pipeline, space, **options).fit(X, y)
print(summary(bayes))

# %%
# Over the whole space, and around the best configurations, where a Bayesian search has most of its
# trials: these are two questions.
print(pd.DataFrame(importance(bayes)).round(3))
print(pd.DataFrame(importance(bayes, "permutation")).round(3))
print(pd.DataFrame(interactions(bayes)).head(3).round(3))

# %%
# Side by side with a random search.
random = RandomSearchCV(pipeline, space, **options).fit(X, y)
searches = compare({"bayes": bayes, "random": random})
print(searches)

# %%
# The same as pictures: what mattered, what is expected over the two parameters that mattered most,
# and how both searches came to their best.
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("no matplotlib, no picture")
else:
    from skhpo.plotting import comparison, contour
    from skhpo.plotting import importance as draw_importance

    fig, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.2), layout="constrained")
    draw_importance(bayes, ax=left)
    contour(bayes, x="svc__C", y="svc__gamma", ax=middle)
    comparison(searches, ax=right)
    fig.savefig("what_mattered.png", dpi=120)
