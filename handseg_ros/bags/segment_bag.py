"""A bag written anew with what a model answers to its images."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from handseg_ros.bags.bag import Bag, BagTopic
from handseg_ros.bags.definitions import HANDS, known_types, read_message
from handseg_ros.bags.images import BadImage, BagImage, ImageReader
from handseg_ros.bags.output_messages import OutputWriter
from handseg_ros.bags.recording import McapRecording
from handseg_ros.bags.resumption import Finished
from handseg_ros.image_messages.hands import Circumstances
from handseg_ros.outputs.segmented_frame import SegmentedFrame
from handseg_ros.outputs.table import RECORDED, Output
from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.overlay import Palette
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.tracking.frame_time import frame_time
from handseg_ros.tracking.tracker import Tracker


@dataclass(frozen=True)
class BagSegmenter:
    """Finds hands in the images of `topic` and adds `outputs` to a recording.

    `outputs` are names of `RECORDED`; their topics are those names below `namespace`, a text
    as `/hand_segmentation`. Hands are followed by the images' stamps, or by when they were recorded
    where stamps are not set.
    """

    segmenter: Segmenter
    thresholds: Thresholds
    topic: BagTopic
    namespace: str
    outputs: Collection[str]
    tracker: Tracker = field(default_factory=Tracker)

    @property
    def topics(self) -> dict[str, Output]:
        """Return the outputs by the names of their topics."""
        return {f"{self.namespace}/{name}": RECORDED[name] for name in self.outputs}


@dataclass
class Progress:
    """What was done so far: images answered, hands in them, and why others were not, by name.

    `kept` counts the images whose answers were taken from what was finished before, and `tracks`
    is the highest number of a track among those.
    """

    answered: int = 0
    hands: int = 0
    kept: int = 0
    tracks: int = 0
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def images(self) -> int:
        """Images answered, kept and skipped."""
        return self.answered + self.kept + len(self.skipped)


def undefined_topics(bag: Bag, recording: McapRecording) -> list[str]:
    """Announce all topics of a bag as they were; returns those whose type nobody defines."""
    topics = list(bag.topics.values())
    return [topic.name for topic in topics if not recording.carry_over(topic)]


def segment_bag(
    bag: Bag, recording: McapRecording, annotator: BagSegmenter, finished: Finished
) -> Iterator[Progress]:
    """Copy a bag's messages, add the answers, and yield the tally after each image.

    All messages stay as they were: their bytes, when they were recorded and published, and their
    numbers. An answer carries its
    image's header and is recorded at its image's time; those that are `finished` are taken from
    there, and hands that come after them have tracks of their own. What is not iterated over is
    not written. Raises MediaError when a topic of the answers' names is there already, and when
    what is finished is of another bag.
    """
    writer = OutputWriter(recording, annotator.topics)
    reader, tally = ImageReader(bag, annotator.topic), Progress()
    for recorded in bag.messages():
        recording.copy(recorded)
        finished.take(recorded)
        if recorded.topic.name == annotator.topic.name:
            if not _keep(finished, recording, tally):
                _answer(reader.read(recorded, tally.images), writer, annotator, tally)
            yield tally


def _keep(finished: Finished, recording: McapRecording, tally: Progress) -> bool:
    """Copy the answers to an image that are there already; returns whether there are any."""
    answers = 0
    for answer in finished.answers():
        recording.write(answer.topic.name, answer.log_time, answer.data)
        answers += 1
        if answer.topic.msgtype == HANDS:
            hands = read_message(known_types(), answer.data, HANDS).hands
            tally.tracks = max([tally.tracks, *(hand.track_id for hand in hands)])
    tally.kept += bool(answers)
    return bool(answers)


def _answer(
    item: BagImage | BadImage, writer: OutputWriter, annotator: BagSegmenter, tally: Progress
) -> None:
    if isinstance(item, BadImage):
        tally.skipped[item.name] = item.reason
        return
    segmenter = annotator.segmenter
    try:
        segmentation = segmenter.segment(item.pixels, annotator.thresholds)
    except HandsegError as error:
        tally.skipped[item.name] = str(error)
        return
    segmentation = annotator.tracker.follow(segmentation, frame_time(item.stamp, item.log_time))
    segmentation = _renumbered(segmentation, tally.tracks)
    description = segmenter.description
    frame = SegmentedFrame(
        header=item.header,
        pixels=item.pixels,
        segmentation=segmentation,
        circumstances=Circumstances(model=description.title),
        palette=Palette.of(description),
    )
    writer.write(frame, item.log_time)
    tally.answered += 1
    tally.hands += len(segmentation.hands)


def _renumbered(segmentation: Segmentation, used: int) -> Segmentation:
    """Return the hands with numbers of tracks beyond those that were used before a stop."""
    hands = (replace(hand, track_id=hand.track_id + used) for hand in segmentation.hands)
    return replace(segmentation, hands=tuple(hands))
