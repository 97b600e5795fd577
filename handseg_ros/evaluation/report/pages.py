"""Templates, and the files that are made of them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from handseg_ros.media.atomic_files import write_text
from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.segmentation.extras import install_command

_TEMPLATES = Path(__file__).parent / "templates"


def check_can_write() -> None:
    """Raise HandsegError when jinja2 is missing, which only reports need."""
    _environment()


def rendered(template: str, **content: object) -> str:
    """Return a template of this folder, filled in; HTML is escaped, Markdown is not."""
    return str(_environment().get_template(template).render(**content))


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files into a folder that exists; raises MediaError when they cannot be written."""
    for name, text in texts.items():
        write_text(folder / name, text)


def _environment() -> Any:
    try:
        import jinja2
    except ImportError as error:
        raise HandsegError(
            f"a report cannot be written without jinja2 ({error}): install it with "
            f"{install_command('evaluate')}"
        ) from error
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=lambda name: name is None or ".html" in name,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = _markdown_cell
    return environment


def _markdown_cell(text: str) -> str:
    """Return a text that stays in its cell of a Markdown table, whatever a file is called."""
    flat = " ".join(str(text).split())
    return "".join(f"\\{letter}" if letter in "\\|`*_<>[]" else letter for letter in flat)
