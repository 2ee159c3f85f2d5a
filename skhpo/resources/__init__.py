"""How a resource reaches an estimator: passes, trees, samples, folds, or several at once."""

from skhpo.resources.base import Limits, ResourceAdapter, Trained, TrainingSet
from skhpo.resources.changes import retune
from skhpo.resources.choose import resource_for
from skhpo.resources.epochs import Epochs
from skhpo.resources.folds import Folds
from skhpo.resources.levels import Levels
from skhpo.resources.parameter import Parameter
from skhpo.resources.samples import Samples

__all__ = [
    "Epochs",
    "Folds",
    "Levels",
    "Limits",
    "Parameter",
    "ResourceAdapter",
    "Samples",
    "Trained",
    "TrainingSet",
    "resource_for",
    "retune",
]
