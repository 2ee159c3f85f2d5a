"""What makes a search the one it is, and must not change while it goes on."""

from __future__ import annotations

from skhpo.history import History
from skhpo.objective import Fingerprinted, Objective
from skhpo.samplers import Sampler
from skhpo.schedulers import Scheduler
from skhpo.storage import describe

__all__ = ["fingerprint"]

#: Settings of schedulers that may be others when a stored search goes on.
_EXTENDABLE = ("n_trials",)


def fingerprint(
    objective: Objective,
    sampler: Sampler,
    scheduler: Scheduler,
    history: History,
    direction: str,
    deterministic: int | None,
) -> dict[str, str]:
    """Return what would make it another search, by name and in words.

    Parameters
    ----------
    objective : Objective
        What is measured.
    sampler : Sampler
        Which configuration next.
    scheduler : Scheduler
        Who gets how much resource.
    history : History
        Its metric, and what was known before.
    direction : {"maximize", "minimize"}
        What is good.
    deterministic : int or None
        Tasks that are under way at a time and taken in order.
    """
    if isinstance(objective, Fingerprinted):
        measured = dict(objective.fingerprint())
    else:
        measured = {"objective": describe(objective)}
    return {
        **measured,
        "sampler": describe(sampler),
        "scheduler": describe(scheduler, but=_EXTENDABLE),
        "direction": direction,
        "metric": str(history.metric),
        "former": describe(history.former),
        **({} if deterministic is None else {"deterministic": str(deterministic)}),
    }
