"""
Bayesian search, epoch by epoch
===============================

A model of the score can learn from configurations that were given up early, too: it is told what
they had reached, and after how many epochs. Here it suggests what asynchronous halving begins, and
knows of every rung.
"""

# %%
# Six hyperparameters of a LeNet. The first configurations are spread over the whole space, the
# others are the model's suggestions.
import numpy as np
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import StratifiedShuffleSplit

from skhpo import Float, HalvingASHASearchCV
from skhpo.datasets import load_example_images
from skhpo.inspection import savings, survival
from skhpo.neural import LeNetClassifier

images = load_example_images(test_size=0.7)
print(images.name)
search = HalvingASHASearchCV(
    LeNetClassifier(random_state=0),
    {
        "lr": Float(1e-4, 1e0, log=True),
        "batch_size": [32, 64, 128],
        "optimizer": ["sgd", "adam"],
        "weight_decay": Float(1e-6, 1e-1, log=True),
        "dropout": Float(0.0, 0.7),
        "schedule": ["constant", "cosine", "onecycle"],
    },
    sampler="bayes",
    resource="epochs",
    max_resources=9,
    n_candidates=12,
    cv=StratifiedShuffleSplit(1, train_size=350, test_size=180, random_state=0),
    random_state=0,
)

# %%
# What was suggested last is better from the beginning. The best one is trained for nine epochs on
# all training images.
search.fit(images.X_train, images.y_train)
first = survival(search)["score_at_1"]
print(f"after one epoch: median {np.median(first[:6]):.3f} of the first six configurations,")
print(f"                        {np.median(first[6:]):.3f} of the last six")
print(savings(search))
print(f"best: {search.best_score_:.3f} with {search.best_params_}")
print(f"held out: {search.score(images.X_test, images.y_test):.4f} accuracy")

# %%
# What it takes for what, among the images that were held out. What is learnt here: a score of two
# hundred images is enough to find a good configuration, but the model should not be judged by
# it; and what remains wrong is hard for everybody.
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("no matplotlib, no picture")
else:
    counts = confusion_matrix(images.y_test, search.predict(images.X_test), normalize="true")
    fig, ax = plt.subplots(figsize=(6.4, 5.4), layout="constrained")
    ax.imshow(counts, cmap="Blues", vmin=0, vmax=1)
    for (true, found), part in np.ndenumerate(counts):
        if part >= 0.005:
            colour = "white" if part > 0.5 else "black"
            ax.text(found, true, f"{100 * part:.0f}", ha="center", va="center", color=colour)
    ax.set_xticks(range(10), images.target_names, rotation=40, ha="right")
    ax.set_yticks(range(10), images.target_names)
    ax.set(xlabel="found", ylabel="true", title="in percent of each class")
    fig.savefig("lenet_bayes.png", dpi=120)
