"""What linear models have in common: many of them can be trained in one program."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from numbers import Integral
from typing import Any, ClassVar

import numpy as np

from skhpo.neural.base import NeuralClassifier
from skhpo.neural.optimizers import OPTIMIZERS
from skhpo.neural.population import can_join, train_together
from skhpo.neural.randomness import seed_from
from skhpo.neural.wide_optimizers import WIDE_OPTIMIZERS

__all__ = ["LinearClassifier"]


class LinearClassifier(NeuralClassifier):
    """Base class of models whose only trained layer is a linear one.

    Of such models, candidates that agree in :meth:`population_key` see the same batches, and are
    trained side by side in a fraction of the time, by :meth:`partial_fit_together`.
    """

    #: In what the members of a population may differ, besides what can change between epochs.
    _free: ClassVar[frozenset[str]] = frozenset({"max_epochs", "schedule"})

    def population_key(self) -> Hashable | None:
        """Return what candidates have to have in common to be trained in one program.

        Learning rates, momenta, penalties and schedules may differ; data, batches, optimiser and
        seed may not. Candidates with ``random_state=None`` agree: nobody asked for a particular
        seed, so they share a fresh one.

        Returns
        -------
        hashable or None
            None for what is trained alone: with early stopping or mixed precision, a random state
            that is no number, an optimiser of the user's own, or a subclass's own ``partial_fit``.
        """
        settings = self.get_params(deep=False)
        optimizer, random_state = settings["optimizer"], settings["random_state"]
        is_possible = (
            type(self).partial_fit is NeuralClassifier.partial_fit
            and (OPTIMIZERS.get(optimizer) if isinstance(optimizer, str) else optimizer)
            in WIDE_OPTIMIZERS
            and (random_state is None or isinstance(random_state, Integral))
            and settings.get("early_stopping") in (None, False)
            and settings.get("precision", "single") == "single"
        )
        if not is_possible:
            return None
        free = (self.changeable_params | self._free) - {"batch_size"}
        fixed = frozenset((name, value) for name, value in settings.items() if name not in free)
        return type(self), fixed

    @staticmethod
    def partial_fit_together(
        members: Sequence[LinearClassifier],
        X: Any,
        y: Any,
        classes: Any = None,
        epochs: int = 1,
    ) -> list[Exception | None]:
        """Train each member as that many calls of its ``partial_fit`` would, up to rounding.

        What cannot be trained with others after all, such as a fitted state with a seed of its
        own, is trained alone.

        Parameters
        ----------
        members : sequence of LinearClassifier
            With the same :meth:`population_key`; all fitted, by as many epochs, or none.
        X : array-like of shape (n_samples, n_features), (n_samples, height, width) or \
                (n_samples, channels, height, width)
            The samples.
        y : array-like of shape (n_samples,)
            Their labels.
        classes : array-like of shape (n_classes,) or None, default=None
            All labels there are; needed at the first call only, if some are not in ``y``.
        epochs : int, default=1
            How many to make.

        Returns
        -------
        list of Exception or None
            What ``partial_fit`` would have raised, for each member: one that fails, or diverges,
            leaves the others alone.
        """
        errors = [member._objection() for member in members]
        sound = [number for number, error in enumerate(errors) if error is None]
        if not sound:
            return errors
        lead = members[sound[0]]
        is_first = not lead.__sklearn_is_fitted__()
        rows, labels = lead._checked(X, y, is_first=is_first)
        seed = seed_from(lead.random_state)
        groups: dict[Hashable, list[int]] = {}
        for number in sound:
            member = members[number]
            try:
                if is_first:
                    member._take_shape(lead)
                    member._begin(rows, labels, classes, seed)
                member._heed(len(rows))
            except Exception as error:
                errors[number] = error
            else:
                groups.setdefault(member._program(lead), []).append(number)
        for program, group in groups.items():
            if program is None or len(group) == 1:
                for number in group:
                    errors[number] = members[number]._train_alone(X, y, epochs)
            else:
                codes = lead._codes(labels)
                nets = [members[number].net_ for number in group]
                for number, diverged in zip(
                    group, train_together(nets, rows, codes, epochs), strict=True
                ):
                    errors[number] = diverged
        return errors

    def _objection(self) -> Exception | None:
        """Return what is wrong with the settings."""
        try:
            self._check_params()
        except Exception as error:
            return error
        return None

    def _take_shape(self, lead: LinearClassifier) -> None:
        """Take over what another one found out about the same data."""
        for name in ("n_features_in_", "feature_names_in_", "shape_", "scale_"):
            if hasattr(lead, name):
                setattr(self, name, getattr(lead, name))

    def _program(self, lead: LinearClassifier) -> Hashable | None:
        """Return what fitted states share that are trained in one program; None if alone."""
        net = self.net_
        same = (self.shape_, self.scale_) == (lead.shape_, lead.scale_)
        if not (same and np.array_equal(self.classes_, lead.classes_) and can_join(net)):
            return None
        module = {name: value for name, value in vars(net).items() if name.startswith("module__")}
        return net.seed, net.epochs, net.device, frozenset(module.items())

    def _train_alone(self, X: Any, y: Any, epochs: int) -> Exception | None:
        try:
            for _ in range(epochs):
                self.partial_fit(X, y)
        except Exception as error:
            return error
        return None
