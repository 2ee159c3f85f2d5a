"""
Bayesian search for a support vector machine
============================================

A support vector machine with a Gaussian kernel has two parameters that everybody searches, ``C``
and ``gamma``. Trained by gradient descent on random Fourier features it has two more, and a model
of the score has to find its way in four dimensions with some dozens of trials.
"""

# %%
# Ranges are wide: most of this space is useless, and some of it diverges.
import numpy as np
from sklearn.model_selection import StratifiedShuffleSplit

from skhpo import BayesSearchCV, Float
from skhpo.datasets import load_example_images
from skhpo.neural import RFFSVMClassifier

images = load_example_images()
print(images.name)
search = BayesSearchCV(
    RFFSVMClassifier(n_components=400, max_epochs=8, random_state=0),
    {
        "C": Float(1e-2, 1e4, log=True),
        "gamma": Float(1e-5, 1e1, log=True),
        "lr": Float(1e-3, 1e2, log=True),
        "batch_size": [16, 32, 64, 128],
    },
    n_iter=27,
    cv=StratifiedShuffleSplit(1, train_size=800, test_size=400, random_state=0),
    random_state=0,
)

# %%
# The best is trained for eight epochs on all training images.
search.fit(images.X_train, images.y_train)
table = search.cv_results_
scores = table["mean_test_score"]
for n in (9, 18, 27):
    print(f"after {n} trials: {np.nanmax(scores[:n]):.3f}")
print("best:", {k: f"{v:.3g}" for k, v in search.best_params_.items()})
print(f"held out: {search.score(images.X_test, images.y_test):.4f} accuracy")

# %%
# Where it looked. What is learnt here: ``gamma`` has to be right, within an order of magnitude, as
# it says which images are alike; ``C`` need only be large enough.
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("no matplotlib, no picture")
else:
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
    trials = np.arange(len(scores)) + 1
    gamma, C = (np.array(table[f"param_{name}"], dtype=float) for name in ("gamma", "C"))
    points = left.scatter(gamma, C, c=scores, s=50, cmap="viridis", ec="k", lw=0.4)
    best = np.nanargmax(scores)
    left.plot(gamma[best], C[best], "o", ms=13, mfc="none", mec="#D55E00", mew=2, label="best")
    left.set(xscale="log", yscale="log", xlabel="gamma", ylabel="C")
    left.legend(loc="upper left")
    fig.colorbar(points, ax=left, label="accuracy")
    right.plot(trials, scores, "o", color="0.5", ms=4, label="trial")
    right.step(
        trials, np.fmax.accumulate(scores), where="post", color="#0072B2", label="best so far"
    )
    right.set(xlabel="trial", ylabel="accuracy")
    right.legend(loc="lower right")
    fig.savefig("rff_svm_bayes.png", dpi=120)
