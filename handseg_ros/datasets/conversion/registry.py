"""The formats that data sets are converted from, each by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from handseg_ros.datasets.conversion.formats.egohands import open_egohands
from handseg_ros.datasets.conversion.member import SourceSet
from handseg_ros.datasets.conversion.options import ConversionOptions
from handseg_ros.segmentation.errors import MediaError

OpenSource = Callable[[Path, ConversionOptions], SourceSet]


@dataclass(frozen=True)
class SourceFormat:
    """One format: its name for `--format`, what is given of it, and what opens it.

    `open` raises MediaError where the path is no data set of the format.
    """

    name: str
    given: str
    open: OpenSource


# One more format is one more line here, and a row in docs/data.md.
FORMATS = (SourceFormat("egohands", "the folder with metadata.mat", open_egohands),)


def format_named(name: str) -> SourceFormat:
    """Return the format of a name that is one of `FORMATS`."""
    return next(item for item in FORMATS if item.name == name)


def open_source_set(path: Path, name: str, options: ConversionOptions) -> SourceSet:
    """Return the data set at a path, of the format of a name; raises MediaError."""
    if not path.exists():
        raise MediaError(f"the data set '{path}' does not exist: check its path")
    return format_named(name).open(path.resolve(), options)
