"""One bag with a model's answers added to it: what `handseg record-masks` does with each."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from handseg_ros.bags.bag import Bag, BagTopic
from handseg_ros.bags.camera_topic import choose_image_topic
from handseg_ros.bags.recording import MADE_BY, McapRecording
from handseg_ros.bags.resumption import Finished
from handseg_ros.bags.segment_bag import BagSegmenter, Progress, segment_bag, undefined_topics
from handseg_ros.cli.bags.batch import BagJob
from handseg_ros.cli.interrupts import StopRequest
from handseg_ros.cli.model_options import InferenceOptions
from handseg_ros.cli.run_metadata import RunMetadata, check_resumable, run_metadata
from handseg_ros.segmentation.errors import MediaError


@dataclass(frozen=True)
class RecordingRequest:
    """What is added to bags: `outputs` are names of `RECORDED`, below `namespace`.

    `topic` is None where a bag's only camera is meant.
    """

    topic: str | None
    outputs: tuple[str, ...]
    namespace: str
    inference: InferenceOptions


@dataclass(frozen=True)
class RecordedBag:
    """What was done with a bag: images answered, hands in them, and images that had answers.

    `skipped` tells why other images had none, by name, and `remarks` are sentences on the bag.
    """

    answered: int
    hands: int
    kept: int
    skipped: Mapping[str, str]
    remarks: tuple[str, ...]


class BagRecorder:
    """Has the model loaded, and writes one bag after the other; `stop` ends the one at hand."""

    def __init__(
        self, request: RecordingRequest, stop: StopRequest, shows_bar: bool = False
    ) -> None:
        """Load the model; raises as `InferenceOptions.load` and its thresholds do."""
        self._request, self._stop, self._shows_bar = request, stop, shows_bar
        self._segmenter = request.inference.load()
        own = self._segmenter.description.thresholds
        self._thresholds = request.inference.thresholds(own)

    def __call__(self, job: BagJob) -> RecordedBag:
        """Write a bag's recording; stopped, it holds what was done until then.

        Raises MediaError for a bag that cannot be read or answered, and for a recording before
        that was made otherwise; KeyboardInterrupt where it was stopped before that was taken over.
        """
        request = self._request
        with ExitStack() as closing:
            bag = closing.enter_context(Bag(job.bag))
            topic = choose_image_topic(bag, request.topic)
            annotator = BagSegmenter(
                self._segmenter, self._thresholds, topic, request.namespace, request.outputs
            )
            metadata = _metadata(annotator)
            before = None
            if job.before is not None:
                before = closing.enter_context(Bag(job.before))
                _check_resumable(before, metadata)
            with McapRecording(job.out) as recording:
                recording.set_ros_distro(bag.ros_distro)
                recording.set_custom({**bag.custom, MADE_BY: json.dumps(metadata)})
                undefined = undefined_topics(bag, recording)
                finished = Finished(before, annotator.topics)
                progress = self._annotated(segment_bag(bag, recording, annotator, finished), topic)
                _check_of_bag(finished, before, bag, self._stop)
                _check_any(progress, topic)
        remarks = (*map(_without_definition, undefined), *bag.damage, *bag.remarks)
        return RecordedBag(
            progress.answered, progress.hands, progress.kept, progress.skipped, remarks
        )

    def _annotated(self, work: Iterator[Progress], topic: BagTopic) -> Progress:
        """Return what was done to the end, or to the stop."""
        progress, total = Progress(), topic.count or None
        for progress in tqdm(  # noqa: B007
            self._stop.before(work), total=total, unit="image", disable=not self._shows_bar
        ):
            pass
        return progress


def _check_any(progress: Progress, topic: BagTopic) -> None:
    if not progress.answered + progress.kept:
        first = next(iter(progress.skipped.values()), "there is none")
        raise MediaError(
            f"no image of {topic.name} could be answered, as {first}: nothing is written"
        )


def _metadata(annotator: BagSegmenter) -> RunMetadata:
    return run_metadata(
        annotator.segmenter,
        annotator.thresholds,
        topic=annotator.topic.name,
        outputs=" ".join(annotator.topics),
    )


def _check_resumable(before: Bag, metadata: RunMetadata) -> None:
    recorded = before.custom.get(MADE_BY)
    check_resumable(before.path, None if recorded is None else json.loads(recorded), metadata)


def _check_of_bag(finished: Finished, before: Bag | None, bag: Bag, stop: StopRequest) -> None:
    """Raise where not all that was finished was taken over."""
    if before is None or finished.is_at_end:
        return
    if stop.asked:
        raise KeyboardInterrupt
    raise MediaError(
        f"'{before.path}' holds more than the bag '{bag.name}': give the bag that it was made of, "
        "or choose another name"
    )


def _without_definition(topic: str) -> str:
    return f"the type of {topic} is defined nowhere: it is copied without definition"


def check_new(out: Path, resume: bool) -> None:
    """Raise MediaError for a recording that is there, unless it is to go on."""
    if out.exists() and not resume:
        raise MediaError(
            f"'{out}' exists: go on with it by --resume, choose another name, or delete it first"
        )
