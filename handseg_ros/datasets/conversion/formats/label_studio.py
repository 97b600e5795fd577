"""Label Studio's JSON export: a task for each picture, with regions in per cent and brush strokes.

Format: https://labelstud.io/guide/task_format and https://labelstud.io/guide/export. A task's first
annotation that was not cancelled counts. Regions: `label_studio_regions`; a picture with a hand
that is no area of these is skipped, as it would be one without a hand. The file is read twice, a
task at a time: its labels first, so that a wrong one is told at once.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from handseg_ros.datasets.annotations import HAND_LABELS
from handseg_ros.datasets.coco.picture_finder import PictureFinder, plain_path
from handseg_ros.datasets.conversion.label_studio_regions import (
    Result,
    named_regions,
    region_area,
)
from handseg_ros.datasets.conversion.labels import left_out, unread
from handseg_ros.datasets.conversion.layout import check_layout
from handseg_ros.datasets.conversion.member import (
    ConvertedArea,
    ConvertedFrame,
    Member,
    SourceSet,
)
from handseg_ros.datasets.conversion.options import ConversionOptions
from handseg_ros.datasets.conversion.stored_picture import StoredPicture
from handseg_ros.datasets.json_lists import NoListError, list_items
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.datasets.mask_folder.reading import sequence_of
from handseg_ros.segmentation.errors import MediaError


def open_label_studio(path: Path, options: ConversionOptions) -> SourceSet:
    """Return the data set of an export's JSON file, or of a folder with one; raises MediaError."""
    file = path
    if path.is_dir():
        files = sorted(path.glob("*.json"))
        if len(files) != 1:
            raise MediaError(f"'{path}' has {len(files)} JSON files, not one: give the file")
        file = files[0]
    else:
        check_layout(path.parent, (), "the folder of an export")
    length, labels = 0, set()
    for task in _tasks(file):
        length += 1
        labels |= {name for item in _results(task) for name in item.names}
    options.meanings.check(labels, f"'{file}'")
    title = path.name if path.is_dir() else path.stem
    return SourceSet(title, length, partial(_members, file, title, options))


def _tasks(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the tasks one by one, so that memory holds one; raises MediaError."""
    try:
        for task in list_items(file):
            if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
                raise NoListError("an item is no task")
            yield task
    except NoListError as error:
        raise MediaError(
            f"'{file}' is no export of Label Studio's: export the project as JSON"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise MediaError(f"'{file}' cannot be read as JSON ({error}): export it again") from error


def _members(file: Path, title: str, options: ConversionOptions) -> Iterator[Member]:
    finder = PictureFinder(file)
    for number, task in enumerate(_tasks(file)):
        texts = (value for value in task["data"].values() if isinstance(value, str))
        place = task["data"].get("image") or next(texts, "")
        plain = plain_path(str(place))
        name = Path(plain).with_suffix("").as_posix() if plain else f"task {number}"
        sequence = sequence_of(name, title)
        yield Member(name, partial(_read, finder, str(place), task, sequence, options))


def _results(task: Mapping[str, Any]) -> list[Result]:
    """Return what was drawn and chosen, none where nothing was."""
    annotation = _annotation(task)
    told = () if annotation is None else annotation.get("result") or ()
    return [found for item in told if (found := Result.of(item)) is not None]


def _annotation(task: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the first annotation that was not cancelled; older versions call it completion."""
    for annotation in task.get("annotations") or task.get("completions") or ():
        is_left = isinstance(annotation, dict) and not annotation.get("skipped")
        if is_left and not annotation.get("was_cancelled"):
            return annotation  # type: ignore[no-any-return]
    return None


def _read(
    finder: PictureFinder,
    place: str,
    task: Mapping[str, Any],
    sequence: str,
    options: ConversionOptions,
) -> ConvertedFrame:
    if _annotation(task) is None:
        raise UnusableError("nobody labelled it")
    picture = StoredPicture.read(finder.find(place).path)
    results = _results(task)
    areas, others, notes = [], set(), set()
    for item in named_regions(results):
        frame = picture.label_frame(item.frame_size, options.labels.orientation)
        notes |= set(frame.notes)
        name = next((name for name in item.names if options.meanings.of(name)), None)
        label = options.meanings.of(name or "")
        if name is None or label is None:
            others |= set(item.names)
        else:
            areas.append(region_area(label, name, item, frame))
    _check_choices(results, areas, options)
    return ConvertedFrame(picture, areas, sequence, notes=(*sorted(notes), *left_out(others)))


def _check_choices(
    results: list[Result], areas: list[ConvertedArea], options: ConversionOptions
) -> None:
    """Raise UnusableError where somebody chose that there is a hand, and drew none."""
    chosen = [name for item in results if item.is_choice for name in item.names]
    hands = [name for name in chosen if options.meanings.is_hand(name)]
    if hands and not any(area.label in HAND_LABELS for area in areas):
        raise unread("a choice", hands[0], "a polygon, ellipse, brush stroke or box")
