"""The laws, on spaces nobody thought of."""

from __future__ import annotations

import math

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from skhpo import Categorical, Float, Int, Space
from skhpo.testing import SpaceLaws

ordinary = settings(
    max_examples=15, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)

reals = st.floats(-1e6, 1e6, allow_subnormal=False)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=1), inner, max_size=2)
    ),
    max_leaves=4,
)


@st.composite
def floats(draw):
    low = draw(reals)
    width = draw(st.floats(1e-3, 1e6))
    kind = draw(st.sampled_from(["plain", "log", "step"]))
    if kind == "log":
        low = math.exp(draw(st.floats(-20, 20)))
        return Float(low, low * (1 + width), log=True)
    step = width / draw(st.floats(1, 50)) if kind == "step" else None
    return Float(low, low + width, step=min(step, (low + width) - low) if step else None)


@st.composite
def integers(draw):
    low, width = draw(st.integers(-(10**9), 10**9)), draw(st.integers(1, 10**9))
    if draw(st.booleans()):
        low = abs(low) + 1
        return Int(low, low + width, log=True)
    return Int(low, low + width, step=draw(st.integers(1, width)))


categoricals = st.builds(
    Categorical,
    st.lists(values, min_size=1, max_size=5),
    ordered=st.sampled_from([None, True, False]),
)
distributions = st.one_of(
    st.builds(stats.uniform, reals, st.floats(1e-2, 1e6)),
    st.builds(stats.norm, reals, st.floats(1e-1, 1e6)),
    st.builds(
        lambda low, k: stats.loguniform(low, low * k), st.floats(1e-6, 1e3), st.floats(2, 1e6)
    ),
    st.builds(
        lambda low, n: stats.randint(low, low + n), st.integers(-1000, 1000), st.integers(1, 10**4)
    ),
    st.builds(stats.poisson, st.floats(0.1, 50)),
    st.builds(stats.binom, st.integers(1, 20), st.floats(0.2, 0.8)),
)
branches = st.dictionaries(
    st.sampled_from("abcd"), floats() | integers() | categoricals | distributions, max_size=3
)
spaces = st.builds(Space, st.lists(branches, min_size=1, max_size=3))


class TestRandomSpaces(SpaceLaws):
    """Each law is drawn its own spaces; the suite's own tests get one of them."""

    def make_space(self):
        return Space({"a": Float(0, 1)})


def _on_random_spaces(law):
    @ordinary
    @given(space=spaces)
    def test(self, space):
        law(self, space)

    test.__doc__ = law.__doc__
    return test


for name in [name for name in vars(SpaceLaws) if name.startswith("test_")]:
    setattr(TestRandomSpaces, name, _on_random_spaces(getattr(SpaceLaws, name)))


@ordinary
@given(values=st.lists(values, min_size=1, max_size=8))
def test_all_values_of_a_list_are_found_again(values):
    domain = Categorical(values)
    distinct = list(domain.values())
    assert len({domain.key(value) for value in distinct}) == domain.size == len(distinct)
    for value in values:
        assert value in domain
        assert domain.key(domain.decode(domain.encode(value))) == domain.key(value)
