"""Which pictures look alike: in two sets, which is wrong, and within one, which is to be known."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from handseg_ros.curation.finding import Finding, FindingCollector
from handseg_ros.curation.perceptual_hash import Nearest, nearest, nearest_other, perceptual_hash
from handseg_ros.datasets.frames import LabelledFrame

# Measured on 310 pictures: 99 % are no further from themselves coded as JPEG of quality 30, halved
# or blurred, 95 % brightened or cut by 2 %; of their 48,000 pairs none of two scenes is as near.
MOST_BITS = 8
ACROSS = "near-duplicate in another set"
WITHIN = "near-duplicate in the same set"


class LookAlikes:
    """Keeps a name and a hash of each picture."""

    def __init__(self, most_bits: int) -> None:
        """Take by how many of 64 bits hashes differ at most of pictures that look alike."""
        self._most = most_bits
        self._sets: dict[str, dict[str, bytes]] = {}

    def add(self, of: str, frame: LabelledFrame) -> None:
        """Note a frame of the set `of`."""
        self._sets.setdefault(of, {})[frame.name] = perceptual_hash(frame.image)

    def findings(self) -> list[Finding]:
        """Return the pictures that look like another one, each with the most similar of a set."""
        found = FindingCollector()
        names = list(self._sets)
        for place, one in enumerate(names):
            for other in names[place + 1 :]:
                near = nearest(list(self._sets[one].values()), list(self._sets[other].values()))
                self._note(found, ACROSS, one, other, near)
        for one, pictures in self._sets.items():
            self._note(found, WITHIN, one, one, nearest_other(list(pictures.values())))
        return found.findings()

    def _note(
        self, found: FindingCollector, kind: str, one: str, other: str, near: Nearest
    ) -> None:
        others = list(self._sets[other])
        for name, place, bits in zip(self._sets[one], near.places, near.distances, strict=True):
            if place >= 0 and bits <= self._most:
                detail = f"like {others[place]} of {other}, {bits} bits apart"
                found.add(kind, one, name, kind == ACROSS, detail)
