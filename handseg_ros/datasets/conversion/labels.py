"""What the labels of other people's files mean: a hand, of which side, an object, a person."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from handseg_ros.datasets.annotations import HAND_LABELS, LABELS, PERSON_LABEL, normal_label
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.segmentation.errors import MediaError

# Other spellings that have one meaning, as `normal_label` leaves them.
_SPELLINGS = {
    "hands": "hand",
    "left": "left_hand",
    "lefthand": "left_hand",
    "hand_left": "left_hand",
    "hand_l": "left_hand",
    "lhand": "left_hand",
    "right": "right_hand",
    "righthand": "right_hand",
    "hand_right": "right_hand",
    "hand_r": "right_hand",
    "rhand": "right_hand",
    "objects": "object",
    "people": PERSON_LABEL,
}
KNOWN_LABELS = (*LABELS, PERSON_LABEL)


@dataclass(frozen=True)
class LabelMeanings:
    """What labels mean: `told` has those that a user names, by their spelling in the files."""

    told: Mapping[str, str] = field(default_factory=dict)

    def of(self, label: str) -> str | None:
        """Return one of `KNOWN_LABELS`, or None for a label that is none of them."""
        if label in self.told:
            return self.told[label]
        plain = normal_label(label)
        plain = _SPELLINGS.get(plain, plain)
        return plain if plain in KNOWN_LABELS else None

    def is_hand(self, label: str) -> bool:
        """Return whether a label is a hand's, of whatever side."""
        return self.of(label) in HAND_LABELS

    def check(self, labels: Iterable[str], what: str) -> None:
        """Raise MediaError where not one of a set's labels is a hand; `what` names the set."""
        names = sorted(set(labels))
        if not any(self.is_hand(name) for name in names):
            told = ", ".join(f"'{name}'" for name in names[:5]) or "none"
            example = names[0] if names else "name"
            raise MediaError(
                f"{what} has no hands by its labels, which are {told}: say what they mean, as by "
                f"--label '{example}=hand'"
            )


def unread(what: str, label: str, readable: str) -> UnusableError:
    """Return the error to raise for an annotation that no area can be made of.

    Without it the picture would show less than somebody labelled, and no hand perhaps. `what` is
    the annotation with its article, `readable` what to draw in its place.
    """
    return UnusableError(
        f"{what} of its label '{label}' cannot be read as an area: draw {readable} in its place"
    )


def left_out(labels: Iterable[str]) -> tuple[str, ...]:
    """Return what is told of labels that were left out."""
    return tuple(f"areas of the label '{name}' were left out" for name in sorted(set(labels)))
