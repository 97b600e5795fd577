"""`handseg label FOLDER`: a page on which masks are drawn and corrected."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.cli.extra_module import import_with_extra
from handseg_ros.cli.interrupts import terminating_as_interrupt
from handseg_ros.cli.model_options import InferenceOptions, add_model_options
from handseg_ros.cli.number_types import port_number
from handseg_ros.cli.reporting import warn
from handseg_ros.datasets.frame_selection import lowered_thresholds
from handseg_ros.labelling.label_folder import LabelFolder
from handseg_ros.labelling.order import Listing, UncertaintyOrder
from handseg_ros.web.options import DEFAULT_HOST, ServiceOptions

_DEFAULT_PORT = 5001  # beside that of `handseg serve`
_EXAMPLES = """examples:
  handseg label photos                 a folder of pictures
  handseg label-bag my_bag labels --uncertain 200
  handseg label labels                 the pictures of a rosbag, with first labels

docs/labelling.md tells tools and keys."""


@dataclass(frozen=True)
class LabelOptions:
    """The folder, which picture comes first, what suggests labels, and the port of the page."""

    folder: Path
    in_order: bool
    inference: InferenceOptions
    port: int

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> LabelOptions:
        """Return what was parsed."""
        return cls(parsed.folder, parsed.in_order, InferenceOptions.of(parsed), parsed.port)


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `label`."""
    parser = commands.add_parser(
        "label",
        help="draw and correct masks of pictures on a page in the browser",
        epilog=_EXAMPLES,
    )
    parser.add_argument(
        "folder", metavar="FOLDER", type=Path, help="pictures; their labels are written beside them"
    )
    parser.add_argument(
        "--in-order",
        action="store_true",
        help="show pictures by their names (default: what the model is least sure of first)",
    )
    parser.add_argument(
        "--port",
        type=port_number,
        default=_DEFAULT_PORT,
        help="the page's port on this machine, 0 for any that is free (default: %(default)s)",
    )
    add_model_options(parser)
    parser.set_command(LabelOptions.of, _label)


def _label(options: LabelOptions) -> None:
    what = "the page for labels"
    app = import_with_extra("handseg_ros.web.label_app", "web", what)
    server = import_with_extra("handseg_ros.web.server", "web", what)
    queues = import_with_extra("handseg_ros.web.inference_queue", "web", what)
    service = ServiceOptions(DEFAULT_HOST, options.port)
    segmenter = options.inference.load()
    thresholds = options.inference.thresholds(segmenter.description.thresholds)
    queue = queues.InferenceQueue(segmenter, service.queue_length)
    lowered = lowered_thresholds(thresholds)
    folder = LabelFolder(options.folder, lambda image: queue.segment(image, thresholds))
    if folder.left_out:
        warn(folder.left_out)
    listing: Listing = folder.pictures
    ranking: AbstractContextManager[None] = nullcontext()
    if not options.in_order:
        order = UncertaintyOrder(
            folder, lambda image: queue.segment(image, lowered), thresholds.score
        )
        listing, ranking = order.pictures, order.ranking()
    with server.listen(service) as listening, ranking:
        count, url = len(folder.pictures()), server.url_of(listening)
        print(f"{count} pictures to label at {url}, Ctrl-C ends it", flush=True)
        with terminating_as_interrupt(), suppress(KeyboardInterrupt):
            server.run(app.create_label_app(folder, listing, queue, service), listening)
