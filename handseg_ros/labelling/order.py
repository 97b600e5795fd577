"""Which picture a person should see next: the one about which the model is least sure."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from handseg_ros.datasets.frame_selection import uncertainty_of
from handseg_ros.labelling.label_folder import LabelFolder, ListedPicture, Suggest

# The list of a folder's pictures, in the order of the moment.
Listing = Callable[[], list[ListedPicture]]

_GRACE_SECONDS = 2.0
# Doubts are from 0 to 1: what was not looked at comes behind what was, what cannot be read last.
_NOT_RANKED, _UNREADABLE = -1.0, -2.0


class UncertaintyOrder:
    """The order of a folder's pictures, which changes as the model looks at one after the other.

    Pictures without a label come first, the least certain at the top; behind them those that the
    model has still to look at, those that cannot be read, and those with a label. Any number of
    threads may list them.
    """

    def __init__(self, folder: LabelFolder, suggest: Suggest, least_score: float) -> None:
        """Begin with nothing looked at.

        `suggest` finds hands that are nearly found, too; `least_score` is that of a hand.
        """
        self._folder = folder
        self._suggest = suggest
        self._least_score = least_score
        self._doubts: dict[str, float] = {}
        self._stop = threading.Event()

    def pictures(self) -> list[ListedPicture]:
        """Return all pictures in the order of this moment."""
        doubts = self._doubts.copy()
        listed = self._folder.pictures()
        labelled = [one for one in listed if one.is_labelled]
        opened = [
            replace(one, is_ranked=one.name in doubts) for one in listed if not one.is_labelled
        ]
        opened.sort(key=lambda one: -doubts.get(one.name, _NOT_RANKED))
        return [*opened, *labelled]

    def rank(self) -> None:
        """Look at all pictures without a label, until the context of `ranking` ends."""
        for picture in self._folder.pictures():
            if self._stop.is_set():
                return
            if not picture.is_labelled:
                self._doubts[picture.name] = self._doubt(picture.name)

    @contextmanager
    def ranking(self) -> Iterator[None]:
        """Look at the pictures in a thread beside what the context does."""
        thread = threading.Thread(target=self.rank, name="ranking", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join(_GRACE_SECONDS)

    def _doubt(self, name: str) -> float:
        try:
            return uncertainty_of(self._suggest(self._folder.pixels(name)), self._least_score)
        except Exception:  # of OpenCV or ONNX Runtime, say: the other pictures are looked at
            return _UNREADABLE
