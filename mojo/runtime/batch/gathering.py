"""Vectors of many simulations as rows, copied together out of the arrays of a Batch, once a step."""

from itertools import pairwise

import numpy as np
from mujoco.batch import Batch

from mojo.runtime.vectors import wrap

# What can be gathered: how many vectors an element has.
_WIDTHS = {"site_xpos": 1, "site_xmat": 3, "xipos": 1, "subtree_com": 1, "cvel": 2}


class Gathered:
    """The vectors of one element: of a site, or of a body.

    Attributes:
        rows: Their rows y, z, x, y, z, shape (5, nsim), or (vectors, 5, nsim) where it has more than one.
    """

    rows: np.ndarray


class Gathering:
    """Copies the vectors that loads ask for, those of neighbours together.

    Args:
        batch: The simulations; it must be persistent, so that an array that is bound late is filled.

    Attributes:
        layout: How often everything was given another place, since more was asked for.
    """

    def __init__(self, batch: Batch) -> None:
        self.layout = 0
        self._batch = batch
        self._known: dict[tuple[str, int], Gathered] = {}
        self._copies: list[tuple[np.ndarray, np.ndarray]] = []
        self._rows = np.empty((0, 5, batch.nsim))

    def of(self, name: str, element: int) -> Gathered:
        """Return what will hold the vectors of one element from now on.

        Args:
            name: The array of MjData; of site_xmat the vectors are the columns of the matrix.
            element: The element's number.
        """
        key = name, element
        if key not in self._known:
            self._known[key] = Gathered()
            self._lay_out()
            self.copy()
        return self._known[key]

    def copy(self) -> None:
        """Copy what belongs to this instant."""
        for rows, source in self._copies:
            rows[...] = source
        wrap(self._rows)

    def _lay_out(self) -> None:
        self.layout += 1
        ordered = sorted(self._known)
        self._rows = np.empty((sum(_WIDTHS[name] for name, _ in ordered), 5, self._batch.nsim))
        self._copies = []
        starts = [0, *(n for n, (a, b) in enumerate(pairwise(ordered), 1) if (a[0], a[1] + 1) != b), len(ordered)]
        place = 0
        for first, end in pairwise(starts):
            (name, begin), width = ordered[first], _WIDTHS[ordered[first][0]]
            rows = self._rows[place : place + (end - first) * width].reshape(end - first, width, *self._rows.shape[1:])
            self._copies.append((rows[:, :, 2:], self._vectors(name)[begin : begin + end - first]))
            for key, own in zip(ordered[first:end], rows, strict=True):
                self._known[key].rows = own[0] if width == 1 else own
            place += (end - first) * width

    def _vectors(self, name: str) -> np.ndarray:
        """Return a view of an array, shape (elements, vectors, 3, nsim)."""
        vectors = self._batch.bind(name).reshape(self._batch.nsim, -1, _WIDTHS[name], 3).transpose(1, 2, 3, 0)
        return vectors.swapaxes(1, 2) if name == "site_xmat" else vectors
