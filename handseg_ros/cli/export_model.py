"""`handseg export`: a model with all around it folded into one ONNX file, for any language."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.cli.extra_module import import_with_extra
from handseg_ros.cli.number_types import bounded, whole_number
from handseg_ros.cli.usage_error import UsageError, check_needed
from handseg_ros.onnx_export.export_request import ExportRequest, ExportResult
from handseg_ros.segmentation.description import COLOUR_ORDERS
from handseg_ros.segmentation.hands import MAX_HANDS
from handseg_ros.segmentation.model_store import DEFAULT_MODEL

# How the names of checkpoints end.
CHECKPOINTS = (".pt", ".pth", ".ckpt")


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `export`."""
    parser = commands.add_parser("export", help="fold a model into one file for other programs")
    parser.add_argument(
        "--model",
        default=DEFAULT_MODEL,
        help="a model's name or path, or a checkpoint of training (default: %(default)s)",
    )
    parser.add_argument("--output", type=Path, required=True, metavar="Y.onnx")
    parser.add_argument(
        "--colour",
        choices=COLOUR_ORDERS,
        default=COLOUR_ORDERS[0],
        help="of the image that the file will take (default: %(default)s)",
    )
    parser.add_argument(
        "--width", type=int, default=0, help="the network's input width (default: the model's)"
    )
    parser.add_argument(
        "--height", type=int, default=0, help="the network's input height (default: the model's)"
    )
    parser.add_argument(
        "--opset",
        type=int,
        metavar="N",
        help="version of ONNX's operators (default: the model's; an older one is seldom possible)",
    )
    parser.add_argument(
        "--simplify", action="store_true", help="compute what is constant, leave out what is idle"
    )
    parser.add_argument(
        "--opencv",
        action="store_true",
        help="one size and plain operators, for cv2.dnn: takes a blob of the network's size",
    )
    parser.add_argument(
        "--instances",
        action="store_true",
        help="give single hands (rois, class_ids, scores, sides, masks) in place of one mask",
    )
    parser.add_argument(
        "--max-hands",
        type=whole_number(1, MAX_HANDS),
        metavar="N",
        help=f"with --instances, give no more than the N best ones (default: {MAX_HANDS})",
    )
    parser.add_argument(
        "--score",
        type=bounded(0, 1),
        help="with --instances, the least score of a hand (default: the model's)",
    )
    parser.add_argument(
        "--mask", type=bounded(0.01, 0.99), help="mask threshold (default: the model's)"
    )
    parser.add_argument(
        "--int8", action="store_true", help="compute in 8 bits; needs --calibration-data"
    )
    parser.add_argument(
        "--calibration-data", metavar="DIR", help="pictures like those of later use, or a video"
    )
    parser.set_command(_request, _export)


def _request(parsed: argparse.Namespace) -> ExportRequest:
    """Return what was parsed; raises UsageError for options that do not go together."""
    alone = {"--max-hands": parsed.max_hands, "--score": parsed.score}
    check_needed("--instances", parsed.instances, alone)
    if parsed.int8 != (parsed.calibration_data is not None):
        raise UsageError(
            "--int8 and --calibration-data belong together, as the pictures tell how 8 bits are "
            "spent: give both or none"
        )
    if parsed.int8 and parsed.opencv:
        raise UsageError(
            "--opencv and --int8 exclude each other, as cv2.dnn is not tested with 8 bits: give one"
        )
    if parsed.instances and parsed.opencv:
        raise UsageError(
            "--opencv and --instances exclude each other, as cv2.dnn knows no loops: give one"
        )
    return ExportRequest(
        model=parsed.model,
        output=parsed.output,
        colour=parsed.colour,
        width=parsed.width,
        height=parsed.height,
        opset=parsed.opset,
        simplify=parsed.simplify,
        blob=parsed.opencv,
        calibration=parsed.calibration_data,
        instances=parsed.instances,
        max_hands=parsed.max_hands or MAX_HANDS,
        score=parsed.score,
        mask=parsed.mask,
    )


def _export(request: ExportRequest) -> None:
    _tell(request, _exported(request))


def _exported(request: ExportRequest) -> ExportResult:
    # Only here, as nothing else of the command line needs the extra.
    export = import_with_extra("handseg_ros.onnx_export.export", "export", "export")
    with _model_file(request) as of_file:
        done: ExportResult = export.export_standalone(of_file)
    return done


@contextmanager
def _model_file(request: ExportRequest) -> Iterator[ExportRequest]:
    """Give a request of a checkpoint the model file that training makes of it, as long as needed.

    Raises HandsegError without torch, and ModelError.
    """
    if Path(request.model).suffix not in CHECKPOINTS:
        yield request
        return
    # Only here, as nothing else of the command line needs torch.
    training = import_with_extra("handseg_ros.training.checkpoint_file", "train", "a checkpoint")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "checkpoint.onnx"
        training.write_model(Path(request.model), file)
        print(f"{request.model}: torch and ONNX answer alike")
        yield replace(request, model=str(file))


def _tell(request: ExportRequest, done: ExportResult) -> None:
    size = request.output.stat().st_size / 1e6
    print(f"{request.output}: {size:.2f} MB, operator set {done.opset}")
    print(f"  takes image, {done.input_text}")
    print(f"  gives {' and '.join(done.outputs)}, {done.output_text}")
    print(f"  the network inside runs at {done.input_size[1]}x{done.input_size[0]}")
    print(f"  beside the model itself: {done.fidelity}")
    if done.precision is not None:
        print(f"  8 bits beside full precision: {done.precision}")
