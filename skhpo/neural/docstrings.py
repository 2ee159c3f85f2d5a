"""What the docstrings of all models share, written once."""

from __future__ import annotations

from textwrap import indent
from typing import TypeVar

__all__ = ["documented"]

Class = TypeVar("Class", bound=type)

_FRAGMENTS = {
    "training": """
max_epochs : int, default=20
    Passes over the data that ``fit`` makes, and where the schedule ends.
optimizer : {"sgd", "adam", "adamw", "rmsprop"} or class of torch.optim
    What makes the steps.
momentum : float, default=0.9
    Of "sgd" and "rmsprop"; the others have none.
weight_decay : float, default=0.0
    As the optimiser understands it; of all parameters, biases included.
schedule : str or Schedule, default="constant"
    What the learning rate does: "constant", "step", "cosine", "exponential", "plateau" or
    "onecycle", or an object of :mod:`skhpo.neural.schedules`.
early_stopping : bool, EarlyStopping or None, default=None
    When training ends before ``max_epochs``: when the loss on a validation part, which is cut from
    the training data as a function of the seed, falls no longer. The best weights are kept. True is
    :class:`~skhpo.EarlyStopping` with its defaults; None: not before.
precision : {"single", "mixed"}, default="single"
    With how many bits to train. "mixed": products and convolutions with 16, in bfloat16 or, on
    older GPUs, float16; weights, losses and predictions with 32, as all is with "single".
device : str, default="auto"
    Where to train: a GPU if there is one, in a search with several workers that of the worker, or
    what torch calls it, such as "cpu" or "cuda:1".
random_state : int, RandomState instance or None, default=None
    Seed of weights, orders and dropout.
""",
    "image_shape": """
image_shape : tuple of int or None, default=None
    (height, width) or (channels, height, width) of samples that come as rows. None: rows are
    images as square as can be, row by row, with zeros for pixels that are missing in the last.
""",
    "attributes": """
classes_ : ndarray of shape (n_classes,)
    Class labels.
net_ : LeanNet
    The skorch net; ``net_.module_`` is the torch module.
loss_curve_ : list of float
    Mean training loss of each epoch.
validation_loss_curve_ : list of float
    Mean loss on the validation part after each epoch, penalties left out; empty without
    ``early_stopping``.
stopped_early_ : bool
    Whether training has ended for lack of improvement; more calls of ``partial_fit`` do nothing.
shape_ : tuple of int
    Of the samples that were trained on.
scale_ : float
    What samples are divided by: 255 if they came as bytes, else 1.
n_features_in_ : int
    Values of a sample.
feature_names_in_ : ndarray of shape (`n_features_in_`,)
    Their names, where it has seen names.
""",
}


def documented(cls: Class) -> Class:
    """Put the shared fragments into a docstring, in place of their names in double braces.

    Parameters
    ----------
    cls : type
        A class whose docstring holds lines such as ``{{training}}``.
    """
    doc = cls.__doc__ or ""
    for name, fragment in _FRAGMENTS.items():
        doc = doc.replace(f"    {{{{{name}}}}}", indent(fragment.strip("\n"), "    "))
    cls.__doc__ = doc
    return cls
