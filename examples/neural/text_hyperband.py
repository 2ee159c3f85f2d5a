"""
Words: TF-IDF, and a perceptron
===============================

A pipeline from words to classes: words are counted and weighed, condensed to a number of
dimensions, and shown to a perceptron. Hyperband searches all three at once, with epochs of the
perceptron as its resource: a rung goes on with the weights of the one before.
"""

# %%
# Real text that everybody has who can run this: the documentation of scipy. A paragraph of prose is
# a sample, and the part of scipy that it is from is its class. Paragraphs of one function stay
# together, on one side of each split: they are a group.
import importlib
import inspect
import warnings

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import recall_score
from sklearn.model_selection import GroupShuffleSplit
from sklearn.pipeline import Pipeline

from skhpo import Float, HyperbandSearchCV, Int
from skhpo.inspection import savings
from skhpo.neural import MLPNetClassifier

MARKS = (">>>", "---", "::", "\\", ":math:", ":ref:", ".. ")  # of what is no prose
TOPICS = ["interpolate", "linalg", "ndimage", "optimize", "signal", "sparse", "special", "stats"]


def paragraphs(topic):
    """Return prose of the documentation, and which function or class each piece is about."""
    module = importlib.import_module(f"scipy.{topic}")
    for name in module.__all__:
        text = inspect.getdoc(getattr(module, name)) or ""
        for piece in text.split("\n\n"):
            words = piece.split()
            if len(words) >= 15 and not any(mark in piece for mark in MARKS):
                yield " ".join(words), f"{topic}.{name}"


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # some of it is deprecated
    found = [(*piece, topic) for topic in TOPICS for piece in paragraphs(topic)]
texts, functions, y = (np.array(column, dtype=object) for column in zip(*found, strict=True))
train, test = next(GroupShuffleSplit(1, test_size=0.25, random_state=0).split(texts, y, functions))
print(f"{len(texts)} paragraphs on {len(set(functions))} functions of {len(TOPICS)} topics")
print(f"{y[0]}: {texts[0][:70]} …")

# %%
# What Hyperband is going to try: many for one epoch, some for three at once, a few for nine.
search = HyperbandSearchCV(
    Pipeline(
        [
            ("words", TfidfVectorizer(min_df=5)),
            ("topics", TruncatedSVD(n_iter=3, random_state=0)),
            ("net", MLPNetClassifier(depth=1, max_epochs=9, random_state=0)),
        ]
    ),
    {
        "words__sublinear_tf": [False, True],
        "words__stop_words": [None, "english"],
        "topics__n_components": Int(20, 100, log=True),
        "net__lr": Float(1e-4, 1e-1, log=True),
        "net__width": Int(16, 256, log=True),
        "net__dropout": Float(0.0, 0.7),
        "net__batch_size": [16, 32, 64],
    },
    resource="epochs",
    max_resources=9,
    cv=GroupShuffleSplit(1, test_size=0.25, random_state=0),
    random_state=0,
)
print(search.plan())

# %%
# The best pipeline is trained for nine epochs on all paragraphs but those that are held out.
search.fit(texts[train], y[train], groups=functions[train])
print(savings(search))
print(f"best: {search.best_score_:.3f} with {search.best_params_}")
print(f"held out: {search.score(texts[test], y[test]):.4f} accuracy")

# %%
# What it has understood: how many paragraphs of each topic it recognises, and which single words it
# finds the most telling. What is learnt here: a search that splits by paragraphs would flatter
# itself, as those of one function are much alike; ``groups`` make its score that of functions
# that were never seen.
vocabulary = search.best_estimator_["words"].get_feature_names_out()
alone = search.predict_proba(vocabulary)
telling = {
    topic: vocabulary[np.argsort(-alone[:, column])[:5]]
    for column, topic in enumerate(search.classes_)
}
recall = recall_score(y[test], search.predict(texts[test]), labels=TOPICS, average=None)
for topic, words in telling.items():
    print(f"{topic:>11}: {', '.join(words)}")
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("no matplotlib, no picture")
else:
    fig, ax = plt.subplots(figsize=(8, 4.4), layout="constrained")
    for place, column in enumerate(np.argsort(recall)):
        ax.barh(place, recall[column], color="#56B4E9", ec="k", lw=0.5)
        words = ", ".join(telling[TOPICS[column]][:4])
        ax.text(recall[column] + 0.01, place, words, va="center", fontsize=9)
    ax.set_yticks(range(len(TOPICS)), [TOPICS[column] for column in np.argsort(recall)])
    ax.set_xticks(np.linspace(0, 1, 6), [f"{part}%" for part in range(0, 101, 20)])
    ax.set(xlim=(0, 1.3), xlabel="held-out paragraphs that are recognised")
    fig.savefig("text_hyperband.png", dpi=120)
