import pytest


@pytest.fixture(autouse=True)
def clean_pyplot():
    """Draw without a screen; nothing of matplotlib's settings is changed, and no figure is left."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    before = dict(pyplot.rcParams)
    yield pyplot
    pyplot.close("all")
    assert dict(pyplot.rcParams) == before
