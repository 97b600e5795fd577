"""Which names, persons, sequences and sources stand in more than one set."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Collection

from handseg_ros.curation.finding import Finding, FindingCollector
from handseg_ros.curation.groups import GroupKind, group_of
from handseg_ros.datasets.frames import LabelledFrame

SAME_NAME = "name in two sets"


class GroupRegister:
    """Remembers of each group, and of each name, the sets that it was seen in."""

    def __init__(self) -> None:
        self._sets: dict[GroupKind, dict[str, dict[str, None]]] = {kind: {} for kind in GroupKind}
        self._names: dict[str, str] = {}
        self._same = FindingCollector()

    def add(self, of: str, title: str, frame: LabelledFrame) -> None:
        """Note a frame of the set `of`, whose own title is `title`."""
        for kind, groups in self._sets.items():
            group = group_of(frame, title, kind)
            if group is not None:
                groups.setdefault(group, {})[of] = None
        other = self._names.setdefault(frame.name, of)
        if other != of:
            # two sets may well count their pictures alike; copies are found by how they look
            self._same.add(SAME_NAME, of, frame.name, is_wrong=False, detail=f"in {other} too")

    def findings(self, apart: Collection[GroupKind]) -> list[Finding]:
        """Return what is in two sets: wrong where it is of a kind that is to be apart."""
        found = FindingCollector()
        for kind, groups in self._sets.items():
            for group, sets in groups.items():
                if len(sets) > 1:
                    first, *others = sets
                    also = f"in {', '.join(others)} too"
                    found.add(f"{kind.value} in two sets", first, group, kind in apart, also)
        return [*found.findings(), *self._same.findings()]
