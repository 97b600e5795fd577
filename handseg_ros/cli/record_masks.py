"""`handseg record-masks`: a bag with a model's answers added to it."""

from __future__ import annotations

import argparse
import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from handseg_ros.bags.bag_format import check_rosbags
from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.cli.interrupts import stop_on_interrupt
from handseg_ros.cli.model_options import InferenceOptions, add_model_options
from handseg_ros.cli.reporting import report_skipped, warn
from handseg_ros.cli.run_metadata import RunMetadata, check_resumable, run_metadata
from handseg_ros.media.overwriting import check_outside
from handseg_ros.outputs.table import RECORDED
from handseg_ros.segmentation.errors import MediaError

if TYPE_CHECKING:
    from handseg_ros.bags.bag import Bag
    from handseg_ros.bags.recording import McapRecording
    from handseg_ros.bags.resumption import Finished
    from handseg_ros.bags.segment_bag import BagSegmenter, Progress

DEFAULT_OUTPUTS = ("hands", "mask", "overlay")


@dataclass(frozen=True)
class RecordMasksOptions:
    """The bag to read, the file to write, and what is added: `outputs` are names of `RECORDED`.

    `topic` is None where the bag's only camera is meant; `resume` goes on with what is in `out`.
    """

    bag: Path
    out: Path
    topic: str | None
    outputs: tuple[str, ...]
    namespace: str
    resume: bool
    inference: InferenceOptions

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> RecordMasksOptions:
        """Return what was parsed."""
        return cls(
            bag=parsed.bag,
            out=parsed.out,
            topic=parsed.topic,
            outputs=tuple(dict.fromkeys(parsed.add)),
            namespace=f"/{parsed.namespace}".rstrip("/").replace("//", "/"),
            resume=parsed.resume,
            inference=InferenceOptions.of(parsed),
        )


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `record-masks`."""
    parser = commands.add_parser(
        "record-masks",
        help="write a bag with the hands of its images added",
        description="Write a new bag: all of the old one, and what a model answers to its images",
    )
    parser.add_argument("bag", metavar="BAG", type=Path, help="a rosbag2: its folder or its file")
    parser.add_argument("out", metavar="OUT.mcap", type=Path, help="the file to write")
    parser.add_argument("--topic", help="the images' topic, where the bag has several")
    parser.add_argument(
        "--add",
        nargs="+",
        metavar="OUTPUT",
        choices=tuple(RECORDED),
        default=DEFAULT_OUTPUTS,
        help=f"which of {', '.join(RECORDED)} to add (default: {' '.join(DEFAULT_OUTPUTS)})",
    )
    parser.add_argument(
        "--namespace",
        default="/hand_segmentation",
        help="what the added topics' names begin with (default: %(default)s)",
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on with what was interrupted in OUT.mcap"
    )
    add_model_options(parser)
    parser.set_command(RecordMasksOptions.of, _record)


def _record(options: RecordMasksOptions) -> None:
    check_rosbags()
    from handseg_ros.bags.bag import Bag
    from handseg_ros.bags.camera_topic import choose_image_topic
    from handseg_ros.bags.recording import MADE_BY, McapRecording
    from handseg_ros.bags.resumption import Finished
    from handseg_ros.bags.segment_bag import BagSegmenter, undefined_topics

    with ExitStack() as closing:
        check_outside(options.out, options.bag, "the bag")
        bag = closing.enter_context(Bag(options.bag))
        topic = choose_image_topic(bag, options.topic)
        segmenter = options.inference.load()
        annotator = BagSegmenter(
            segmenter,
            options.inference.thresholds(segmenter.description.thresholds),
            topic,
            options.namespace,
            options.outputs,
        )
        metadata = _metadata(annotator)
        before = _opened_before(options, metadata, closing)
        with McapRecording(options.out) as recording:
            recording.set_ros_distro(bag.ros_distro)
            recording.set_custom({**bag.custom, MADE_BY: json.dumps(metadata)})
            for name in undefined_topics(bag, recording):
                warn(f"the type of {name} is defined nowhere: it is copied without definition")
            finished = Finished(before, annotator.topics)
            progress, is_stopped = _annotate(bag, recording, annotator, finished)
        report_skipped(progress.skipped, [*bag.damage, *bag.remarks])
    kept = f"{progress.kept} kept, " if progress.kept else ""
    print(f"{kept}{progress.answered} images, {progress.hands} hands, written to {options.out}")
    if is_stopped:
        print("stopped: go on with --resume")
        raise KeyboardInterrupt


def _metadata(annotator: BagSegmenter) -> RunMetadata:
    return run_metadata(
        annotator.segmenter,
        annotator.thresholds,
        topic=annotator.topic.name,
        outputs=" ".join(annotator.topics),
    )


def _opened_before(
    options: RecordMasksOptions, metadata: RunMetadata, closing: ExitStack
) -> Bag | None:
    """Return what was finished before, None where nothing was; raises MediaError."""
    from handseg_ros.bags.bag import Bag
    from handseg_ros.bags.recording import MADE_BY

    if not options.out.exists():
        return None
    if not options.resume:
        raise MediaError(
            f"'{options.out}' exists: go on with it by --resume, choose another name, or delete it "
            "first"
        )
    before = closing.enter_context(Bag(options.out))
    recorded = before.custom.get(MADE_BY)
    check_resumable(options.out, None if recorded is None else json.loads(recorded), metadata)
    return before


def _annotate(
    bag: Bag, recording: McapRecording, annotator: BagSegmenter, finished: Finished
) -> tuple[Progress, bool]:
    """Return what was done, and whether Ctrl-C ended it.

    Raises MediaError for nothing done, and where more was finished than the bag has;
    KeyboardInterrupt where Ctrl-C came before all that was finished was taken over.
    """
    from handseg_ros.bags.segment_bag import Progress, segment_bag

    progress, total = Progress(), annotator.topic.count or None
    with stop_on_interrupt() as stop:
        work = segment_bag(bag, recording, annotator, finished)
        for progress in tqdm(stop.before(work), total=total, unit="image"):  # noqa: B007
            pass
    if not finished.is_at_end:
        if stop.asked:
            raise KeyboardInterrupt
        raise MediaError(
            f"'{recording.path}' holds more than the bag '{bag.name}': give the bag that it was "
            "made of, or choose another name"
        )
    if not progress.answered + progress.kept:
        first = next(iter(progress.skipped.values()), "there is none")
        raise MediaError(
            f"no image of {annotator.topic.name} could be answered, as {first}: nothing is written"
        )
    return progress, stop.asked
