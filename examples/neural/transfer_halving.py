"""
Transfer learning: which backbone?
==================================

A net that has learnt to see somewhere else needs a new last layer, and perhaps some training of the
layers before it. Which net that is, and whether its last block is trained, is part of the search.
"""

# %%
# Three hundred images are few for a net that knows nothing. Weights that torchvision publishes are
# downloaded, 60 MB of them; where there is no way to the internet, they are random: what a net of
# random filters sees is enough for a lot.
import os
from contextlib import redirect_stderr

import numpy as np
from sklearn.model_selection import StratifiedShuffleSplit
from torchvision.models import get_model

from skhpo import Float, HalvingSearchCV, Int
from skhpo.datasets import load_example_images
from skhpo.inspection import survival
from skhpo.neural import TransferClassifier

BACKBONES = ["shufflenet_v2_x0_5", "mobilenet_v3_small", "resnet18"]


def published_weights():
    """Return what is to be asked for: the weights there are, or none."""
    try:
        with open(os.devnull, "w") as nowhere, redirect_stderr(nowhere):  # it tells how far it is
            for backbone in BACKBONES:
                get_model(backbone, weights="DEFAULT")
    except OSError:
        return None
    return "default"


images = load_example_images()
weights = published_weights()
X, y = images.X_train[:300], images.y_train[:300]
print(f"{images.name}; of these we take {len(X)}")
print("weights:", weights or "random, as there are no others")

# %%
# Images are small, and stay so: 32 by 32 pixels are much cheaper than the 224 that the weights were
# trained with. Where no block is trained, the backbone looks at each image only once.
search = HalvingSearchCV(
    TransferClassifier(weights=weights, image_size=32, batch_size=32, random_state=0),
    {
        "backbone": BACKBONES,
        "trained_blocks": Int(0, 1),
        "lr": Float(1e-4, 1e-1, log=True),
    },
    resource="epochs",
    max_resources=4,
    n_candidates=8,
    factor=2,
    cv=StratifiedShuffleSplit(1, train_size=150, test_size=150, random_state=0),
    random_state=0,
)
print(search.plan())

# %%
# All candidates, the last survivors first.
search.fit(X, y)
table = survival(search)
epochs = table["resource"].astype(int)
scores = np.array([table[f"score_at_{n}"][trial] for trial, n in enumerate(epochs)])
print("backbone            blocks       lr  epochs  accuracy")
for trial in np.lexsort((scores, epochs))[::-1]:
    backbone, blocks, lr = (
        table[f"param_{p}"][trial] for p in ("backbone", "trained_blocks", "lr")
    )
    print(f"{backbone:18} {blocks:7} {lr:8.5f} {epochs[trial]:7} {scores[trial]:9.3f}")
print(f"held out: {search.score(images.X_test, images.y_test):.4f} accuracy")

# %%
# What it says to images that were held out, and what they are where that is wrong. What is learnt
# here: a short look is enough to choose the backbone, and that matters far more than whether its
# last block is trained as well.
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("no matplotlib, no picture")
else:
    found = images.target_names[search.predict(images.X_test[:24])]
    true = images.target_names[images.y_test[:24]]
    fig, axes = plt.subplots(3, 8, figsize=(9.5, 4.6), layout="constrained")
    for ax, image, name, right in zip(axes.flat, images.X_test, found, true, strict=False):
        ax.imshow(image, cmap="gray_r")
        ax.set(xticks=[], yticks=[])
        if name == right:
            ax.set_title(name, fontsize=8, color="#0072B2")
        else:
            ax.set_title(f"{name}?", fontsize=8, color="#D55E00")
            ax.set_xlabel(right, fontsize=8)
    fig.savefig("transfer_halving.png", dpi=120)
