"""Learning rates are those of torch's own schedulers, without their state."""

from __future__ import annotations

import math
import pickle

import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'neural'")
pytest.importorskip("skorch", reason="needs the extra 'neural'")

from skhpo.neural.schedules import (  # noqa: E402
    SCHEDULES,
    Constant,
    Cosine,
    Exponential,
    OneCycle,
    Plateau,
    Schedule,
    Step,
)

N = 20  # epochs
LOSSES = [2.0, 1.5, 1.5, 1.4999, 1.6, 1.5, 1.2, 1.2, 1.2, 1.3, 1.3, 1.2, 1.1, math.nan, 1.0]
LOSSES += [1.0] * 6


def rates_of_torch(make, losses=None):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler, rates = make(optimizer), []
    for step in range(N):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step(*([] if losses is None else [losses[step]]))
    return rates


def rates(schedule):
    return [schedule.factor(epoch / N, LOSSES[:epoch]) for epoch in range(N)]


@pytest.mark.parametrize(
    ("schedule", "make"),
    [
        (Step(every=0.25, by=0.5), lambda o: torch.optim.lr_scheduler.StepLR(o, 5, 0.5)),
        (
            Exponential(final=0.9**N),
            lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.9),
        ),
        (
            Cosine(final=0.1),
            lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, N, eta_min=0.1),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_epochs(schedule, make):
    assert rates(schedule) == pytest.approx(rates_of_torch(make))


@pytest.mark.parametrize("patience", [0, 1, 3])
def test_plateau(patience):
    def make(optimizer):
        return torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, factor=0.5, patience=patience, threshold=1e-2
        )

    schedule = Plateau(by=0.5, patience=patience, improvement=1e-2)
    expected = rates_of_torch(make, LOSSES)
    assert rates(schedule) == pytest.approx(expected)
    assert expected[-1] < 1


def test_one_cycle():
    def make(optimizer):
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            max_lr=1.0,
            total_steps=N + 1,
            pct_start=0.4,
            div_factor=10,
            final_div_factor=100,
            cycle_momentum=False,
        )

    # torch's peak lies at pct_start * total_steps - 1, and its end at total_steps - 1
    peak = (0.4 * (N + 1) - 1) / N
    ours = [OneCycle(peak, 0.1, 0.001).factor(step / N, []) for step in range(N)]
    assert ours == pytest.approx(rates_of_torch(make))
    assert OneCycle.per_batch


@pytest.mark.parametrize("name", SCHEDULES)
def test_all(name):
    schedule = SCHEDULES[name]()
    assert isinstance(schedule, Schedule)
    assert pickle.loads(pickle.dumps(schedule)) == schedule
    if name != "plateau":
        after = [schedule.factor(progress, []) for progress in (1.0, 1.5, 10.0)]
        assert after == pytest.approx([after[0]] * 3), "after the end it stays as it is"
        assert 0 < after[0] <= 1
    assert Constant().factor(0.5, []) == 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Step(every=0), "Step: every must be a number greater than 0"),
        (lambda: Step(by=2), "by must be"),
        (lambda: Exponential(final=0), "final must be"),
        (lambda: Cosine(final=-1), "final must be"),
        (lambda: Plateau(patience=1.5), "patience must be an integer"),
        (lambda: OneCycle(rise=1), "rise must be"),
    ],
)
def test_bad_settings(make, message):
    with pytest.raises(ValueError, match=message):
        make()
