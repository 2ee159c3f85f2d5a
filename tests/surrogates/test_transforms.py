from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from skhpo.surrogates.transforms import normalise, yeo_johnson

SCORES = arrays(float, st.integers(1, 30), elements=st.floats(-1e12, 1e12))


@given(SCORES)
def test_finite_standardised_and_in_the_same_order(y):
    z = normalise(y)
    assert np.isfinite(z).all()
    assert (np.diff(z[np.argsort(y, kind="stable")]) >= 0).all()
    if z.any():
        assert z.mean() == pytest.approx(0.0, abs=1e-8)
        assert z.std() == pytest.approx(1.0)


@pytest.mark.parametrize("power", [-1.0, 0.0, 0.5, 1.0, 1.7, 2.0, 3.0])
def test_yeo_johnson_as_in_scipy(rng, power):
    y = rng.standard_normal(50) * 3
    np.testing.assert_allclose(yeo_johnson(y, power), stats.yeojohnson(y, power))


@pytest.mark.parametrize("shift", [0.0, 1024.0])
def test_scale_and_shift_change_nothing(rng, shift):
    y = np.round(rng.standard_normal(40), 3)
    np.testing.assert_array_equal(normalise(y), normalise(8.0 * y))
    np.testing.assert_allclose(normalise(y + shift), normalise(y), atol=1e-8)


def test_constant_scores_are_zero():
    np.testing.assert_array_equal(normalise(np.full(7, 3.2)), np.zeros(7))
    np.testing.assert_array_equal(normalise(np.array([-1e9])), np.zeros(1))


def test_takes_the_skew_away(rng):
    y = -np.exp(2 * rng.standard_normal(100))
    assert abs(stats.skew(normalise(y))) < 0.5 < abs(stats.skew(y))


@pytest.mark.parametrize("outlier", [-1e6, -1e12, -1e300])
def test_a_disaster_leaves_the_others_apart(rng, outlier):
    y = np.append(rng.standard_normal(30), outlier)
    good = normalise(y)[:30]
    assert good.max() - good.min() > 0.3


def test_most_scores_equal(rng):
    z = normalise(np.array([0.5] * 20 + [0.6, 0.1]))
    assert np.isfinite(z).all()
    assert z[20] > z[0] > z[21]
