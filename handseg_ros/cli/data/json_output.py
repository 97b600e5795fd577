"""What commands of `handseg data` found as JSON, for programs."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import dataclasses
import json
from typing import Any

from handseg_ros.media.text_file import STANDARD_OUTPUT, TextFile

VERSION = 1


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument(
        "--json",
        metavar="FILE",
        help="write what was found as JSON, too; '-' writes it in place of the table",
    )


def write_result(text: str, name: str | None, schema: str, result: Any) -> None:
    """Print a text, and write a dataclass as JSON where a file is named; raises MediaError."""
    if name != STANDARD_OUTPUT:
        print(text)
    if name is not None:
        content = {"schema": schema, "version": VERSION, **dataclasses.asdict(result)}
        with TextFile(name) as file:
            file.write(json.dumps(content, indent=1) + "\n")
