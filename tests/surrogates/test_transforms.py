from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from skhpo.surrogates.transforms import draw_in, normalise

SCORES = arrays(float, st.integers(1, 30), elements=st.floats(-1e12, 1e12))


@given(SCORES)
def test_finite_standardised_and_in_the_same_order(y):
    z = normalise(y)
    assert np.isfinite(z).all()
    assert (np.diff(z[np.argsort(y, kind="stable")]) >= 0).all()
    if z.any():
        assert z.mean() == pytest.approx(0.0, abs=1e-8)
        assert z.std() == pytest.approx(1.0)


@pytest.mark.parametrize("exponent", [-1.0, -0.3, 0.0, 0.5, 1.0])
def test_lower_half_of_yeo_johnson(rng, exponent):
    y = rng.standard_normal(50) * 3
    low = y < 0
    np.testing.assert_allclose(draw_in(y, exponent)[low], stats.yeojohnson(y[low], 2 - exponent))
    np.testing.assert_array_equal(draw_in(y, exponent)[~low], y[~low])


@pytest.mark.parametrize("shift", [0.0, 1024.0])
def test_scale_and_shift_change_nothing(rng, shift):
    y = np.round(rng.standard_normal(40), 3)
    np.testing.assert_array_equal(normalise(y), normalise(8.0 * y))
    np.testing.assert_allclose(normalise(y + shift), normalise(y), atol=1e-8)


def test_constant_scores_are_zero():
    np.testing.assert_array_equal(normalise(np.full(7, 3.2)), np.zeros(7))
    np.testing.assert_array_equal(normalise(np.array([-1e9])), np.zeros(1))


def test_draws_in_a_lower_tail_but_no_upper_one(rng):
    y = np.exp(2 * rng.standard_normal(100))
    assert abs(stats.skew(normalise(-y))) < 0.5 * abs(stats.skew(y))
    upper = y > np.median(y)
    np.testing.assert_allclose(stats.pearsonr(normalise(y)[upper], y[upper])[0], 1.0)


def test_many_scores_near_the_best_are_not_spread_out(rng):
    z = normalise(np.append(rng.standard_normal(20) - 3, 1 + 1e-4 * rng.standard_normal(40)))
    assert z[20:].max() - z[20:].min() < 0.01


@pytest.mark.parametrize("outlier", [-1e6, -1e12, -1e300])
def test_a_disaster_leaves_the_others_apart(rng, outlier):
    y = np.append(rng.standard_normal(30), outlier)
    good = normalise(y)[:30]
    assert good.max() - good.min() > 0.3


def test_most_scores_equal(rng):
    z = normalise(np.array([0.5] * 20 + [0.6, 0.1]))
    assert np.isfinite(z).all()
    assert z[20] > z[0] > z[21]


def test_the_largest_numbers_there_are(rng):
    y = rng.standard_normal(20)
    np.testing.assert_allclose(normalise(1e307 * y), normalise(y), rtol=1e-9)
    assert np.isfinite(normalise(np.array([1e308, -1e308] * 3))).all()
    assert np.isfinite(normalise(np.array([-1.2e308] * 3 + [-1.3e308]))).all()
