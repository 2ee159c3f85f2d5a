"""Random search."""

from __future__ import annotations

from skhpo.resources import ResourceAdapter
from skhpo.samplers import RandomSampler, Sampler
from skhpo.search.docstrings import documented
from skhpo.search.full_budget import FullBudgetSearchCV
from skhpo.space import Space

__all__ = ["RandomSearchCV"]


@documented
class RandomSearchCV(FullBudgetSearchCV):
    """Search at random.

    Each configuration is drawn independently, and none is tried twice. The same seed gives the
    same configurations for every number of workers.

    Parameters
    ----------
    {{estimator}}
    n_iter : int, default=10
        Configurations to try.
    {{scikit_learn}}
    {{racing}}
    {{early_stopping}}

    Attributes
    ----------
    {{attributes}}
    {{early_stopping_attributes}}

    See Also
    --------
    BayesSearchCV : Learns from what it has tried.

    References
    ----------
    Bergstra, J. and Bengio, Y. (2012). Random search for hyper-parameter optimization. Journal of
    Machine Learning Research 13, 281-305.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from skhpo import RandomSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> search = RandomSearchCV(SVC(), {"C": loguniform(0.1, 100)}, n_iter=5, random_state=0)
    >>> bool(search.fit(X, y).best_score_ > 0.9)
    True
    """

    def _make_sampler(self, space: Space, adapter: ResourceAdapter | None) -> Sampler:
        return RandomSampler()
