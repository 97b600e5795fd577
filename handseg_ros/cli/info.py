"""`handseg info MODEL`: what a model file says of itself."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse

from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.segmentation.model_store import DEFAULT_MODEL, find_model
from handseg_ros.segmentation.providers import CPU
from handseg_ros.segmentation.segmenter import check_decoder
from handseg_ros.segmentation.session import load_session


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `info`."""
    parser = commands.add_parser("info", help="print a model's description")
    parser.add_argument(
        "model",
        nargs="?",
        default=DEFAULT_MODEL,
        metavar="MODEL",
        help="a name from the package's models, or the path of an ONNX file (default: %(default)s)",
    )
    parser.set_command(lambda parsed: str(parsed.model), _info)


def _info(model: str) -> None:
    path = find_model(model)
    session = load_session(path, CPU)
    check_decoder(session)
    print(f"file: {path}\nsize: {path.stat().st_size / 1e6:.2f} MB")
    print(session.description.to_yaml(), end="")
