"""Every member of a data set once and in order, into the folder of the conversion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tqdm import tqdm

from handseg_ros.datasets.coco.records import annotation_record, image_record
from handseg_ros.datasets.conversion.folder import IMAGE, NAME, SKIPPED, ConversionFolder
from handseg_ros.datasets.conversion.member import Member, SourceSet
from handseg_ros.datasets.frames import Skipped
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.segmentation.errors import MediaError

ANNOTATIONS, NOTES = "annotations", "notes"
# So many different reasons and notes are counted, so that memory has a limit.
_MOST_REASONS = 100

UntilStopped = Callable[[Iterable[Member]], Iterator[Member]]


@dataclass
class ConversionCounts:
    """What became of the members: counts, and the reasons of those that were skipped.

    `boxes` are annotations without a mask. `reasons` and `notes` have the first member of each
    and their number.
    """

    pictures: int = 0
    annotations: int = 0
    boxes: int = 0
    skipped: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    first: Skipped | None = None

    def add(self, line: Mapping[str, Any]) -> None:
        """Count a member that is done."""
        if IMAGE in line:
            self.pictures += 1
            self.annotations += len(line[ANNOTATIONS])
            self.boxes += sum(not item["segmentation"] for item in line[ANNOTATIONS])
        else:
            self.skipped += 1
            self.first = self.first or Skipped(line[NAME], line[SKIPPED])
            _count(self.reasons, [line[SKIPPED]])
        _count(self.notes, line.get(NOTES, ()))


def _count(counter: Counter[str], texts: Iterable[str]) -> None:
    counter.update(text for text in texts if text in counter or len(counter) < _MOST_REASONS)


def convert(
    source: SourceSet, name: str, folder: ConversionFolder, until_stopped: UntilStopped
) -> ConversionCounts:
    """Convert the members that the folder does not have yet, with a progress bar.

    `name` is the data set's, for those pictures that do not tell their own. Raises MediaError
    where members that are done are not those of the set, and whatever reading raises; what is
    done then stays in the folder.
    """
    counts = ConversionCounts()
    members = source.members()
    with tqdm(total=source.length, unit="picture") as bar:
        for line in folder.lines():
            _check_same(line, next(members, None))
            counts.add(line)
            bar.update()
        for member in until_stopped(members):
            line = _converted(member, name, folder)
            folder.append(line)
            counts.add(line)
            bar.update()
    return counts


def _converted(member: Member, source: str, folder: ConversionFolder) -> dict[str, Any]:
    """Return the line of a member, whose picture is put into the folder if it is usable."""
    try:
        frame = member.read().without_empty_areas()
        annotations = [annotation_record(area) for area in frame.areas]
        file_name = folder.add_picture(member.name, frame.picture)
        if file_name is None:
            raise UnusableError("another picture of the set has its name")
    except UnusableError as error:
        return {NAME: member.name, SKIPPED: str(error)}
    image = image_record(frame, file_name, source)
    line = {NAME: member.name, IMAGE: image, ANNOTATIONS: annotations}
    return {**line, NOTES: list(frame.notes)} if frame.notes else line


def _check_same(line: Mapping[str, Any], member: Member | None) -> None:
    if member is None or member.name != line[NAME]:
        own = "nothing" if member is None else f"'{member.name}'"
        raise MediaError(
            f"'{line[NAME]}' was converted before, but the set has {own} in its place: convert "
            "the changed set into a new folder"
        )
