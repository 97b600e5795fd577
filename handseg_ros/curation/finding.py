"""One kind of thing that was found in labelled sets, with the pictures that have it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass, field

# So many pictures of a kind are named; the others are counted.
MOST_NAMED = 100


@dataclass(frozen=True)
class Named:
    """A picture with what is told of it, and the set that it is in."""

    set: str
    picture: str
    detail: str = ""


@dataclass(frozen=True)
class Finding:
    """How often something was found, and the first pictures of which it is true.

    `is_wrong` says that it is a mistake; else it is good to know. `sets` are those that have it.
    """

    kind: str
    is_wrong: bool
    count: int
    sets: tuple[str, ...]
    pictures: tuple[Named, ...]


@dataclass
class _Collected:
    """A finding that may grow."""

    is_wrong: bool
    count: int = 0
    sets: dict[str, None] = field(default_factory=dict)
    pictures: list[Named] = field(default_factory=list)


class FindingCollector:
    """Counts findings by their kinds; wrong ones come first, each in the order of appearance."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Collected] = {}

    def add(self, kind: str, of: str, picture: str, is_wrong: bool, detail: str = "") -> None:
        """Count a picture of the set `of`."""
        own = self._kinds.setdefault(kind, _Collected(is_wrong))
        own.count += 1
        own.sets[of] = None
        if len(own.pictures) < MOST_NAMED:
            own.pictures.append(Named(of, picture, detail))

    def findings(self) -> list[Finding]:
        """Return what was found."""
        return [
            Finding(kind, own.is_wrong, own.count, tuple(own.sets), tuple(own.pictures))
            for kind, own in sorted(self._kinds.items(), key=lambda item: not item[1].is_wrong)
        ]
