"""Domains out of their descriptions: as they were, or anything, and never run."""

from __future__ import annotations

import pytest
from scipy.stats import loguniform, norm, randint, uniform

from skhpo import Float, Int, Space
from skhpo.space.distributions import Opaque
from skhpo.storage.description import described_space
from skhpo.storage.domains import described_domain


@pytest.mark.parametrize(
    "domain",
    [
        Float(-1.5, 2),
        Float(1e-300, 1e300, log=True),
        Float(0, 1, step=0.1),
        Int(-3, 9, step=2),
        Int(1, 256, log=True),
        loguniform(1e-3, 10),
        uniform(1, 3),
        uniform(loc=-1, scale=2),
        randint(1, 5),
    ],
)
def test_what_is_described_completely(domain):
    space = Space({"x": domain})
    (described,) = described_space(space)
    assert described_domain(described["x"]).signature() == space.branches[0]["x"].signature()


def test_lists():
    assert list(described_domain([3, 1, 2]).values()) == [3, 1, 2]
    assert list(described_domain([None, "a", "tuple(1, 2)"]).values()) == [None, "a", "tuple(1, 2)"]


@pytest.mark.parametrize(
    "described",
    [
        described_space(Space({"x": norm(0, 1)}))[0]["x"],
        "",
        "skhpo.space.numeric.Float",
        "skhpo.space.numeric.Float(high=1, log=False, low=2, step=None)",
        "skhpo.space.numeric.Float(high=print('run'), low=0)",
        "skhpo.space.numeric.Float(high=1, low=0) or print('run')",
        "skhpo.space.numeric.Float(high=[1], low=0)",
        "skhpo.space.numeric.Int(" + "(" * 300,
        "skhpo.space.numeric.Float(*[1, 2])",
        "skhpo.space.numeric.Float(**{'low': 1})",
        "scipy.stats._continuous_distns.reciprocal_gen('a', None)",
        "scipy.stats._continuous_distns.uniform_gen(1, 2, 3, 4)",
        "somebody.elses.Float(high=1, low=0)",
        [],
    ],
)
def test_others_may_be_anything(described, capsys):
    domain = described_domain(described)
    assert isinstance(domain, Opaque)
    assert "x" in domain
    assert not capsys.readouterr().out
