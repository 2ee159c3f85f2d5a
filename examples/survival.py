"""
Who survives?
=============

Most configurations are visibly bad after a few passes over the data. Successive halving trains all
of them a little, goes on with the better half, and so on: each from where it stopped, for the
increment alone. The picture shows how far each of them came.
"""

# %%
# A small network on the handwritten digits. ``resource="epochs"`` makes passes by ``partial_fit``,
# and 32 of them are complete training. What the search will cost is known before the first fit.
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhpo import Float, HalvingSearchCV, Int
from skhpo.inspection import savings, survival

X, y = load_digits(return_X_y=True)
search = HalvingSearchCV(
    make_pipeline(StandardScaler(), MLPClassifier(random_state=0)),
    {
        "mlpclassifier__hidden_layer_sizes": Int(8, 64, log=True),
        "mlpclassifier__learning_rate_init": Float(1e-4, 1e0, log=True),
        "mlpclassifier__alpha": Float(1e-6, 1e1, log=True),
    },
    resource="epochs",
    max_resources=32,
    factor=2,
    cv=StratifiedKFold(3, shuffle=True, random_state=0),
    random_state=0,
)
print(search.plan())

# %%
# What it did cost, in epochs over all folds, and what it found. The winner is refitted with all 32
# epochs, on all data.
search.fit(X, y)
cost = savings(search)
print(cost)
print(f"best: {search.best_score_:.4f} with {search.best_params_}")

# %%
# Scores at each rung, one row for each configuration; there is none where it was not measured.
table = survival(search)
rungs = search.n_resources_
errors = 1 - np.column_stack([table[f"score_at_{rung}"] for rung in rungs])
best = search.history_.best.trial

# %%
# The learning curves: one that ends early cost little.
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("no matplotlib, no picture")
else:
    fig, ax = plt.subplots(figsize=(7, 4.4), layout="constrained")
    colours = plt.colormaps["viridis_r"](np.linspace(0.1, 0.9, len(rungs)))
    for curve in errors:
        last = np.isfinite(curve).sum() - 1
        ax.plot(rungs, curve, color=colours[last], lw=1.2)
        ax.plot(rungs[last], curve[last], "o", color=colours[last], ms=5)
    ax.plot(rungs, errors[best], "-o", color="crimson", lw=2.5, ms=6, label="the survivor")
    ax.set_xscale("log", base=2)
    ax.set_yscale("log")
    ax.set_xticks(
        rungs, [f"{rung}\n{n} left" for rung, n in zip(rungs, search.n_candidates_, strict=True)]
    )
    ax.set_yticks(ticks := [0.02, 0.05, 0.1, 0.2, 0.5, 1.0], [f"{tick:.0%}" for tick in ticks])
    ax.minorticks_off()
    ax.set(xlabel="epochs", ylabel="mean CV error")
    ax.set_title(f"{len(errors)} configurations, {cost.part:.0%} of full training saved")
    ax.legend(loc="upper right")
    fig.savefig("survival.png", dpi=120)
