"""
Successive halving of LeNets
============================

Which optimiser for a convolutional net, and at which learning rate? Most answers are visibly wrong
after an epoch. Successive halving trains all candidates for one epoch, the better half for two, the
better half of these for four, and only one of them to the end.
"""

# %%
# LeNet as in the paper, with sigmoids and averages, and as it would be built today, with
# rectifiers, maxima and batch normalisation. What the search will cost is known before it begins.
import numpy as np
from sklearn.model_selection import StratifiedShuffleSplit

from skhpo import Float, HalvingSearchCV
from skhpo.datasets import load_example_images
from skhpo.inspection import savings, survival
from skhpo.neural import LeNetClassifier

images = load_example_images(test_size=0.7)
print(images.name)
search = HalvingSearchCV(
    LeNetClassifier(batch_size=32, random_state=0),
    {
        "variant": ["classic", "modern"],
        "optimizer": ["sgd", "adam"],
        "lr": Float(1e-4, 1e0, log=True),
    },
    resource="epochs",
    max_resources=8,
    n_candidates=16,
    factor=2,
    cv=StratifiedShuffleSplit(1, train_size=350, test_size=180, random_state=0),
    random_state=0,
)
print(search.plan())

# %%
# The survivor is trained once more, for all eight epochs, on all training images.
search.fit(images.X_train, images.y_train)
print(savings(search))
print(f"best: {search.best_score_:.3f} with {search.best_params_}")
print(f"held out: {search.score(images.X_test, images.y_test):.4f} accuracy")

# %%
# What each of them was given, and what it had made of it when it was given up. What is learnt here:
# a classic LeNet has not left its plateau after an epoch, whatever the optimiser, so that none of
# them comes far. Where late bloomers are to have a chance, the first rung has to be higher: that
# is ``min_resources``.
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("no matplotlib, no picture")
else:
    table = survival(search)
    epochs = table["resource"].astype(int)
    scores = np.array([table[f"score_at_{n}"][trial] for trial, n in enumerate(epochs)])
    order = np.lexsort((scores, epochs))
    kinds = list(zip(table["param_variant"], table["param_optimizer"], strict=True))
    colours = dict(
        zip(sorted(set(kinds)), ("#E69F00", "#F0E442", "#0072B2", "#56B4E9"), strict=False)
    )
    fig, ax = plt.subplots(figsize=(7.5, 5), layout="constrained")
    for place, trial in enumerate(order):
        ax.barh(place, epochs[trial], color=colours[kinds[trial]], ec="k", lw=0.5)
        ax.text(epochs[trial] + 0.1, place, f"{scores[trial]:.1%}", va="center", fontsize=9)
    for kind, colour in colours.items():
        ax.barh(0, 0, color=colour, ec="k", lw=0.5, label=", ".join(kind))
    ax.set_yticks(range(len(order)), [f"{table['param_lr'][t]:.1e}" for t in order], fontsize=8)
    ax.set(xlabel="epochs, and the accuracy after them", ylabel="learning rate", xlim=(0, 9))
    ax.legend(loc="lower right")
    fig.savefig("lenet_halving.png", dpi=120)
