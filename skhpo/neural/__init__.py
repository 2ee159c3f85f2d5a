"""Neural models as scikit-learn's classifiers, trained epoch by epoch.

They need the extra ``neural``: torch, and skorch, which wraps it. ``import skhpo`` loads neither.
"""

from skhpo.exceptions import MissingExtraError

try:
    import skorch
    import torch
except ImportError as error:
    raise MissingExtraError(
        f"neural models need {error.name or 'torch and skorch'}, which is not installed: "
        f'pip install "skhpo[neural]"'
    ) from error

from skhpo.neural.base import NeuralClassifier
from skhpo.neural.convnet import ConvNetClassifier
from skhpo.neural.elastic_net import ElasticNetSGDClassifier
from skhpo.neural.lenet import LeNetClassifier
from skhpo.neural.mlp import MLPNetClassifier
from skhpo.neural.net import LeanNet
from skhpo.neural.rff_svm import RFFSVMClassifier
from skhpo.neural.softmax import SoftmaxClassifier
from skhpo.neural.transfer import TransferClassifier

__all__ = [
    "ConvNetClassifier",
    "ElasticNetSGDClassifier",
    "LeNetClassifier",
    "LeanNet",
    "MLPNetClassifier",
    "NeuralClassifier",
    "RFFSVMClassifier",
    "SoftmaxClassifier",
    "TransferClassifier",
]

del skorch, torch
