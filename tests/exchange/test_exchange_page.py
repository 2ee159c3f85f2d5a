"""Whoever types what is on the page about exchange gets what it says."""

from __future__ import annotations

import pytest
from test_docs import blocks, run

optuna = pytest.importorskip("optuna", reason="needs the extra 'optuna'")
pytest.importorskip("mlflow", reason="needs the extra 'mlflow'")


@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore:::mlflow")
def test_the_page_is_a_script(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # quicker to set up than a data base
    script = [text for language, text in blocks("docs/exchange.rst") if language == "python"]
    namespace = {"__name__": "__main__"}
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        for text in script:
            here = text.replace("sqlite:///mlflow.db", (tmp_path / "mlruns").as_uri())
            run("docs/exchange.rst", here, namespace)
    finally:
        optuna.logging.set_verbosity(before)
    assert len(script) == 4
    assert (
        namespace["study"].best_params
        == namespace["history"].trials[namespace["history"].best.trial].params
    )
    assert len(namespace["search"].history_.trials) == 5
