"""Sets of images, as scikit-learn's own loaders give them.

They need the extra ``neural``: torchvision reads the files, and downloads them where it is asked
to. It is imported when the first set is loaded, not before.
"""

from skhpo.datasets.example_images import load_example_images
from skhpo.datasets.fashion_mnist import load_fashion_mnist

__all__ = ["load_example_images", "load_fashion_mnist"]
