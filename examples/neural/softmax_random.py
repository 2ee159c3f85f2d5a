"""
Random search: what matters?
============================

Softmax regression is trained with a learning rate, a batch size and an optimiser. Random search
asks nothing in return for its configurations, which can be looked at afterwards: all of them
together show what the score depends on, and what it does not.
"""

# %%
# Small images of ten kinds, a fifth of them held out until the very end.
import numpy as np
from sklearn.model_selection import StratifiedShuffleSplit

from skhpo import Float, RandomSearchCV
from skhpo.datasets import load_example_images
from skhpo.neural import SoftmaxClassifier

images = load_example_images()
print(images.name)

# %%
# Thirty-two configurations, each trained for eight epochs on 1,000 images and scored on 400 others.
# The best of them is trained for as long on all images.
search = RandomSearchCV(
    SoftmaxClassifier(max_epochs=8, momentum=0.0, random_state=0),
    {"lr": Float(1e-4, 1e1, log=True), "batch_size": [16, 32, 64, 128, 256]},
    n_iter=32,
    cv=StratifiedShuffleSplit(1, train_size=1000, test_size=400, random_state=0),
    random_state=0,
)
search.fit(images.X_train, images.y_train)
table = search.cv_results_
rates = np.array(table["param_lr"], dtype=float)
sizes = np.array(table["param_batch_size"], dtype=float)
scores = table["mean_test_score"]

print("   lr      batch  accuracy")
for trial in np.argsort(-scores)[[0, 1, 2, -3, -2, -1]]:
    print(f"{rates[trial]:9.5f}  {sizes[trial]:5.0f}  {scores[trial]:.3f}")
print(f"held out: {search.score(images.X_test, images.y_test):.4f} accuracy")

# %%
# What is learnt here: the learning rate alone says little, as a step of a large batch may be
# longer. Over their ratio, which is how far the weights may move in an epoch, all points rise along
# one curve, and only where steps become too long the batch size makes a difference.
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("no matplotlib, no picture")
else:
    fig, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
    for ax, x, label in (
        (axes[0], rates, "learning rate"),
        (axes[1], rates / sizes, "learning rate / batch size"),
    ):
        points = ax.scatter(x, scores, c=np.log2(sizes), cmap="viridis_r", s=36, ec="k", lw=0.4)
        best = np.argmax(scores)
        ax.plot(x[best], scores[best], "o", ms=13, mfc="none", mec="#D55E00", mew=2, label="best")
        ax.set(xscale="log", xlabel=label)
    axes[0].set(ylabel="accuracy")
    axes[1].legend(loc="lower right")
    bar = fig.colorbar(points, ax=axes, label="batch size", ticks=range(4, 9))
    bar.ax.set_yticklabels([str(2**power) for power in range(4, 9)])
    fig.savefig("softmax_random.png", dpi=120)
