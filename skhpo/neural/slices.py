"""Batches as slices of tensors, in place of a loader that collects samples one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import torch

__all__ = ["Slices", "Tensors"]

#: Samples are gathered in blocks of about this many, and batches are views of a block.
_BLOCK = 2048


class Tensors:
    """A data set in memory.

    Parameters
    ----------
    X : Tensor of shape (n_samples, ...)
        The samples.
    y : Tensor of shape (n_samples,) or None, default=None
        The target; None where there is none, for predictions.
    positions : Tensor of int64 or None, default=None
        Which of the samples are meant, in this order, where not all are.
    """

    def __init__(
        self,
        X: torch.Tensor,
        y: torch.Tensor | None = None,
        positions: torch.Tensor | None = None,
    ) -> None:
        self.X = X
        self.positions = positions
        # skorch wants pairs, and looks at no target when it predicts
        self.y = torch.zeros(len(X), dtype=torch.int64) if y is None else y

    def __len__(self) -> int:
        return len(self.X if self.positions is None else self.positions)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        if self.positions is not None:
            index = int(self.positions[index])
        return self.X[index], self.y[index]

    def part(self, positions: torch.Tensor) -> Tensors:
        """Return some of the samples, without a copy.

        Parameters
        ----------
        positions : Tensor of int64
            Which.
        """
        return Tensors(self.X, self.y, positions)


class Slices:
    """Batches of a data set, each time it is looped over.

    Parameters
    ----------
    data : Tensors
        The data set.
    batch_size : int
        Samples of a batch.
    order : callable or None, default=None
        ``order(n_samples)`` returns the order of samples, a tensor of int64. None: as they are.
    least : int, default=1
        A last batch with less than that joins the one before: batch normalisation needs two.
    """

    def __init__(
        self,
        data: Tensors,
        batch_size: int,
        order: Callable[[int], torch.Tensor] | None = None,
        least: int = 1,
    ) -> None:
        self.data = data
        self.batch_size = batch_size
        self.order = order
        self.least = least

    def __len__(self) -> int:
        full, rest = divmod(len(self.data), self.batch_size)
        return max(1, full + (rest >= self.least)) if len(self.data) else 0

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        X, y, size = self.data.X, self.data.y, self.batch_size
        bounds = [number * size for number in range(len(self))] + [len(self.data)]
        per_block = max(1, _BLOCK // size)
        order = self._positions()
        for first in range(0, len(self), per_block):
            inner = bounds[first : first + per_block + 1]
            begin, end = inner[0], inner[-1]
            if order is None:
                block = X[begin:end], y[begin:end]
            else:
                chosen = order[begin:end]
                block = X.index_select(0, chosen), y.index_select(0, chosen)
            sizes = [after - before for before, after in pairwise(inner)]
            yield from zip(block[0].split(sizes), block[1].split(sizes), strict=True)

    def _positions(self) -> torch.Tensor | None:
        """Return which samples come one after the other; None: all, as they are."""
        positions = self.data.positions
        if self.order is not None:
            order = self.order(len(self.data))
            positions = order if positions is None else positions[order]
        return None if positions is None else positions.to(self.data.X.device)
