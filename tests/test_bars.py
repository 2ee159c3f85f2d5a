"""The bar of a terminal, in a stream that is none."""

from __future__ import annotations

from skhpo.bars import TerminalBar, open_bar


def test_more_fits_than_were_expected_make_the_bar_longer(capsys):
    """Who promotes more than planned is not at 120 %."""
    bar = TerminalBar(2, 10)
    bar.show(9, 10, "best score 0.5")
    bar.show(12, 12, "best score 0.6")
    bar.close()
    shown = capsys.readouterr().out.split("\r")
    assert "2/10 fits" in shown[1]
    assert "100%" in shown[-1]
    assert "12/12 fits" in shown[-1]
    assert "best score 0.6" in shown[-1]


def test_a_bar_is_for_those_who_look(capsys):
    assert open_bar(0, 10) is None
