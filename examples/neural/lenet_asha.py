"""
ASHA: nobody waits
==================

Successive halving waits at every rung until all candidates are there. Asynchronous halving (ASHA)
decides at once: whenever there is time for something, it goes on with a configuration that is among
the best of its rung so far, and begins another one if there is none. Any number of workers is busy
until the end.
"""

# %%
# LeNet again, and how it is trained: two workers, threads of this process, share the work.
import joblib
import numpy as np
from sklearn.model_selection import StratifiedShuffleSplit

from skhpo import Float, HalvingASHASearchCV
from skhpo.datasets import load_example_images
from skhpo.inspection import measurements, savings
from skhpo.neural import LeNetClassifier

images = load_example_images(test_size=0.7)
print(images.name)
search = HalvingASHASearchCV(
    LeNetClassifier(random_state=0),
    {
        "lr": Float(1e-4, 1e-1, log=True),
        "batch_size": [32, 64, 128],
        "dropout": Float(0.0, 0.5),
        "schedule": ["constant", "cosine"],
    },
    resource="epochs",
    max_resources=9,
    n_candidates=12,
    cv=StratifiedShuffleSplit(1, train_size=350, test_size=180, random_state=0),
    n_jobs=2,
    random_state=0,
)
print(search.plan())

# %%
# The best one is trained for nine epochs on all training images.
with joblib.parallel_config("threading"):
    search.fit(images.X_train, images.y_train)
print(savings(search))
print(f"best: {search.best_score_:.3f} with {search.best_params_}")
print(f"held out: {search.score(images.X_test, images.y_test):.4f} accuracy")

# %%
# When each configuration was trained, and how far; the number of the best one is in orange. What is
# learnt here: the first ones are promoted long before the last ones begin, some of them too early,
# as later ones are better; that is the price, and it is small beside that of waiting.
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("no matplotlib, no picture")
else:
    table = measurements(search)
    fig, ax = plt.subplots(figsize=(7.5, 4.4), layout="constrained")
    began = min(table["started_at"])
    rungs = sorted(set(table["resource"]))
    colours = dict(zip(rungs, ("#56B4E9", "#E69F00", "#009E73"), strict=True))
    for rung in rungs:
        here = table["resource"] == rung
        start, end = table["started_at"][here] - began, table["finished_at"][here] - began
        label = f"up to epoch {rung:g}"
        ax.barh(
            table["trial"][here] + 1,
            end - start,
            left=start,
            color=colours[rung],
            ec="k",
            lw=0.5,
            label=label,
        )
    best = search.history_.best.trial
    ax.set_yticks(np.arange(12) + 1)
    ax.get_yticklabels()[best].set_color("#D55E00")
    ax.get_yticklabels()[best].set_weight("bold")
    ax.invert_yaxis()
    ax.set(xlabel="seconds", ylabel="configuration")
    ax.legend(loc="lower left")
    fig.savefig("lenet_asha.png", dpi=120)
