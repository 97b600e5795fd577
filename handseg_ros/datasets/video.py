"""Videos with masks of some of their frames: one video, or a folder of them.

A folder has `videos/` and `masks/`, in which a video's masks lie in a folder of its name, each
named by its frame's number, counted from 0, with anything before it: `videos/hall.mp4`,
`masks/hall/000012.png`. Masks are those of folder.py, as are `objects/` and `frames.csv`, where a
frame's name is `hall/000012`. Each video is a sequence. A frame without a mask has no label.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from handseg_ros.datasets.frame_picture import FramePicture
from handseg_ros.datasets.frames import LabelledFrame, SkipCause, Skipped
from handseg_ros.datasets.label_options import LabelOptions
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.datasets.mask_folder.frames_csv import read_frame_metadata
from handseg_ros.datasets.mask_folder.reading import (
    MASKS,
    OBJECTS,
    FolderLabels,
    lossy_below,
    masks_below,
)
from handseg_ros.media.sources import VideoSource, natural_order
from handseg_ros.segmentation.errors import MediaError

VIDEOS = "videos"
# Stands in the place of a video, for masks that are of none.
NO_VIDEO = "without a video"
SUFFIXES = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ogv", ".webm")
# A mask's path below its folder: the video's name, if it has one, and a number at the end.
_NUMBERED = re.compile(r"(?:(.*)/)?[^/]*?(\d+)")


@dataclass(frozen=True)
class _Clip:
    """A video and the name that its frames' names begin with."""

    name: str
    path: Path


def is_video(path: Path) -> bool:
    """Return whether a path is a video file, by its suffix."""
    return path.is_file() and path.suffix.lower() in SUFFIXES


def is_video_folder(path: Path) -> bool:
    """Return whether a path is a folder of videos and masks."""
    return (path / VIDEOS).is_dir() and (path / MASKS).is_dir()


def open_video(
    path: Path, masks: Path | None, label_options: LabelOptions | None = None
) -> VideoDataset:
    """Return the labelled set of one video with a folder of masks; raises MediaError."""
    if masks is None:
        raise MediaError(
            f"the video '{path}' has no labels: give masks named by its frames' numbers, as "
            "000012.png, with --masks FOLDER"
        )
    if not masks.is_dir():
        raise MediaError(f"the folder of masks '{masks}' does not exist: check --masks")
    named = _by_frame({f"{path.stem}/{k}": file for k, file in masks_below(masks).items()})
    lossy = {f"{path.stem}/{k}": file for k, file in lossy_below(masks).items()}
    others = _without_mask(lossy, named)
    labels = FolderLabels(path.name, named, {}, {}, others, label_options or LabelOptions())
    return VideoDataset(path.name, [_Clip(path.stem, path)], labels)


def open_video_folder(path: Path, label_options: LabelOptions | None = None) -> VideoDataset:
    """Return the labelled set of a folder of videos; raises MediaError."""
    videos = sorted(filter(is_video, (path / VIDEOS).iterdir()), key=natural_order)
    clips = [_Clip(video.stem, video) for video in videos]
    names = [clip.name for clip in clips]
    if not clips:
        raise MediaError(f"'{path / VIDEOS}' has no videos: put files ending in .mp4 or .avi there")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise MediaError(f"'{path / VIDEOS}' has two videos named '{twice}': rename one of them")
    masks = _by_frame(masks_below(path / MASKS))
    labels = FolderLabels(
        path.name,
        masks,
        _by_frame(masks_below(path / OBJECTS)),
        read_frame_metadata(path),
        _without_mask(lossy_below(path / MASKS), masks),
        label_options or LabelOptions(),
    )
    return VideoDataset(path.name, clips, labels)


def _by_frame(files: Mapping[str, Path]) -> dict[str, Path]:
    """Return masks by the names of their frames; those without a number keep their own.

    Raises MediaError for two of one frame.
    """
    frames: dict[str, Path] = {}
    for name, file in files.items():
        frame = _frame_of(name)
        if frame in frames:
            raise MediaError(f"{file} and {frames[frame]} are masks of one frame: delete one")
        frames[frame] = file
    return frames


def _by_video(masks: Iterable[str], videos: Collection[str]) -> dict[str, list[str]]:
    """Return the names of masks by the names of their videos."""
    known, found = frozenset(videos), defaultdict[str, list[str]](list)
    for mask in masks:
        video = mask.partition("/")[0]
        found[video if video in known else NO_VIDEO].append(mask)
    return dict(found)


def _without_mask(files: Mapping[str, Path], masks: Mapping[str, Path]) -> dict[str, Path]:
    """Return files by the names of their frames, but those of frames with a mask."""
    frames = {_frame_of(name): file for name, file in files.items()}
    return {name: file for name, file in frames.items() if name not in masks}


def _frame_of(name: str) -> str:
    """Return the name of the frame that a mask is of; its own where it has no number."""
    match = _NUMBERED.fullmatch(name)
    return _frame_name(match[1] or "", int(match[2])) if match else name


def _frame_name(clip: str, index: int) -> str:
    return f"{clip}/{index:06d}"


class VideoDataset:
    """A `Dataset` over the frames of videos, one after the other, each of which is a recording.

    Masks that are of no frame are told behind their video, those of no video at the end, as a
    recording `NO_VIDEO`.
    """

    def __init__(
        self,
        title: str,
        clips: Sequence[_Clip],
        labels: FolderLabels,
        own_masks: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Take videos and labels; `own_masks` are names of masks by their video's, None for all."""
        self.title = title
        self.length = _length(clips)
        self.skipped: list[Skipped] = []
        self._clips, self._labels = tuple(clips), labels
        names = [clip.name for clip in clips]
        self._own_masks = _by_video(labels.masks, names) if own_masks is None else own_masks
        lonely = (NO_VIDEO,) if NO_VIDEO in self._own_masks else ()
        self.recordings: Sequence[str] = (*names, *lonely)

    def __iter__(self) -> Iterator[LabelledFrame]:
        self.skipped[:] = []
        for clip in self._clips:
            names = set()
            for frame in self._frames(clip):
                names.add(frame.name)
                if isinstance(frame, Skipped):
                    self.skipped.append(frame)
                else:
                    yield frame
            self.skipped += self._without_frame(clip.name, names)
        self.skipped += self._without_frame(NO_VIDEO, ())

    def _without_frame(self, recording: str, names: Collection[str]) -> list[Skipped]:
        own = self._own_masks.get(recording, ())
        return self._labels.without_frame(names, "frame in a video", own)

    def recording(self, number: int) -> VideoDataset:
        """Return one of the recordings as a set of its own."""
        name = self.recordings[number]
        clips = [clip for clip in self._clips if clip.name == name]
        own = {name: self._own_masks[name]} if name in self._own_masks else {}
        return VideoDataset(self.title, clips, self._labels, own)

    def only(self, names: Collection[str]) -> Iterator[LabelledFrame]:
        """Yield the usable frames of these names, in order; what comes behind them is not read."""
        for clip in self._clips:
            left = {name for name in names if name.startswith(f"{clip.name}/")}
            frames = self._frames(clip)
            while left and (frame := next(frames, None)) is not None:
                if frame.name in left and isinstance(frame, LabelledFrame):
                    yield frame
                left.discard(frame.name)

    def _frames(self, clip: _Clip) -> Iterator[LabelledFrame | Skipped]:
        """Yield every frame of a video, and the video itself if it cannot be read."""
        try:
            video = VideoSource(clip.path)
            for frame in video:
                name = _frame_name(clip.name, frame.index)
                try:
                    yield self._labels.frame(name, FramePicture(frame.image))
                except UnusableError as error:
                    yield Skipped(name, str(error), error.cause)
            if video.missing:
                lost = f"{video.missing} of its frames cannot be decoded"
                yield Skipped(clip.name, lost, SkipCause.PICTURE)
        except MediaError:
            damage = "it is damaged, or no video that can be decoded"
            yield Skipped(clip.name, damage, SkipCause.PICTURE)


def _length(clips: Sequence[_Clip]) -> int | None:
    """Return how many frames the videos claim to have, None where one does not tell."""
    total = 0
    for clip in clips:
        with suppress(MediaError):  # told when its turn comes
            length = VideoSource(clip.path).length
            if length is None:
                return None
            total += length
    return total
