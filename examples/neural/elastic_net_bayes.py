"""
What a linear model sees
========================

A linear classifier weighs each pixel, once for each class. An elastic net keeps these weights small
(L2), or lets few of them differ from zero (L1). How strong it is to be, in which mixture, and how
it is to be trained is found by a Bayesian search.
"""

# %%
# Four parameters, three of them numbers of which only the magnitude is known.
import numpy as np
from sklearn.base import clone
from sklearn.model_selection import StratifiedShuffleSplit

from skhpo import BayesSearchCV, Float
from skhpo.datasets import load_example_images
from skhpo.neural import ElasticNetSGDClassifier

images = load_example_images()
print(images.name)
search = BayesSearchCV(
    ElasticNetSGDClassifier(max_epochs=8, schedule="cosine", random_state=0),
    {
        "lr": Float(1e-4, 0.3, log=True),
        "batch_size": [32, 64, 128],
        "alpha": Float(1e-6, 1e-1, log=True),
        "l1_ratio": Float(0.0, 1.0),
    },
    n_iter=24,
    cv=StratifiedShuffleSplit(1, train_size=800, test_size=400, random_state=0),
    random_state=0,
)

# %%
# The best is trained for eight epochs on all training images; and beside it two that are told to do
# with fewer pixels.
search.fit(images.X_train, images.y_train)
print(f"best: {search.best_score_:.3f} with {search.best_params_}")
models = {"as found": search.best_estimator_}
for alpha in (1e-3, 4e-3):
    sparse = clone(search.best_estimator_).set_params(alpha=alpha, l1_ratio=1.0)
    models[f"L1, {alpha:g}"] = sparse.fit(images.X_train, images.y_train)
accuracy = {name: model.score(images.X_test, images.y_test) for name, model in models.items()}
for name, value in accuracy.items():
    print(f"{name:>9}, held out: {value:.4f} accuracy")

# %%
# The weights as images: what is red speaks for the class, what is blue against it. What is learnt
# here: the penalty that is best for accuracy is a weak one, as there are enough images for so few
# weights; a stronger one costs some of it, and shows by which few pixels classes are told apart.
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("no matplotlib, no picture")
else:
    shape = images.X_train.shape[1:]
    fig, axes = plt.subplots(len(models), 10, figsize=(11, 3.7), layout="constrained")
    for row, (name, model) in zip(axes, models.items(), strict=True):
        weights = model.net_.module_.weight.detach().numpy()
        limit = np.quantile(np.abs(weights), 0.99)
        for ax, weight in zip(row, weights, strict=True):
            ax.imshow(weight.reshape(shape), cmap="RdBu_r", vmin=-limit, vmax=limit)
            ax.set(xticks=[], yticks=[])
        row[0].set_ylabel(f"{name}\n{accuracy[name]:.1%}", fontsize=9)
    for ax, label in zip(axes[0], images.target_names, strict=True):
        ax.set_title(label, fontsize=9)
    fig.savefig("elastic_net_bayes.png", dpi=120)
