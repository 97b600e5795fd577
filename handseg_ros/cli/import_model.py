"""`handseg import FILE.onnx`: writes the description of a foreign network, and shows why."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.cli.usage_error import UsageError
from handseg_ros.media.overwriting import check_targets
from handseg_ros.media.sample_picture import sample_picture
from handseg_ros.media.sources import read_picture
from handseg_ros.model_import.colour_config import (
    CONFIG_SEPARATOR,
    NORMALISATIONS,
    Normalisation,
    Triple,
)
from handseg_ros.model_import.foreign_model import describe_foreign
from handseg_ros.model_import.import_files import ImportFiles, check_new
from handseg_ros.model_import.overrides import Overrides
from handseg_ros.model_import.samples import package_samples
from handseg_ros.segmentation.decoders.registry import DECODERS
from handseg_ros.segmentation.description import COLOUR_ORDERS, Activation, Constant, InputLayout
from handseg_ros.segmentation.geometry import RESIZE_TRANSFORMS
from handseg_ros.segmentation.model_store import find_model


@dataclass(frozen=True)
class ImportOptions:
    """The network to describe, the pictures to try it on, and what is known of it.

    `image` is None for the package's own picture; `force` overwrites a description.
    """

    model: str
    image: Path | None
    background: Path | None
    force: bool
    overrides: Overrides

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> ImportOptions:
        """Return what was parsed; raises UsageError for options that do not go together."""
        return cls(parsed.model, parsed.image, parsed.background, parsed.force, _overrides(parsed))


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `import`."""
    parser = commands.add_parser("import", help="describe a foreign network, guessing what it can")
    parser.add_argument("model", metavar="FILE.onnx", help="the network, which stays as it is")
    parser.add_argument(
        "--image", type=Path, help="a picture with a hand to try it on (default: the package's own)"
    )
    parser.add_argument(
        "--background", type=Path, help="the same view without hands, for networks that compare"
    )
    parser.add_argument("--force", action="store_true", help="overwrite a description")
    known = parser.add_argument_group("what you know, so that it is not guessed")
    known.add_argument("--family", choices=list(DECODERS))
    known.add_argument("--classes", type=_names, metavar="A,B", help="in the channels' order")
    known.add_argument("--activation", choices=get_args(Activation))
    known.add_argument("--colour", choices=COLOUR_ORDERS)
    known.add_argument("--normalisation", choices=list(NORMALISATIONS))
    known.add_argument(
        "--look", type=_look, metavar="RGB:imagenet", help="both, as the sheet of settings says"
    )
    known.add_argument("--mean", type=_numbers, metavar="A,B,C", help="in the channels' order")
    known.add_argument(
        "--std", type=_numbers, metavar="A,B,C",
        help="the same; up to 1 they are of pixels from 0 to 1, above of 0 to 255",
    )  # fmt: skip
    known.add_argument("--layout", choices=get_args(InputLayout), help="order of the input's axes")
    known.add_argument(
        "--output", action="append", default=[], metavar="NAME",
        help="the output that counts, once for each if several do",
    )  # fmt: skip
    known.add_argument(
        "--constant", action="append", default=[], type=_constant, metavar="NAME=NUMBER",
        help="what an input that takes no image always gets, once for each",
    )  # fmt: skip
    known.add_argument("--resize", choices=list(RESIZE_TRANSFORMS))
    known.add_argument("--width", type=int, default=0, help="the network's input width")
    known.add_argument("--height", type=int, default=0, help="the network's input height")
    known.add_argument("--name", help="what messages call the model (default: the file's name)")
    known.add_argument("--licence", help="of the weights")
    parser.set_command(ImportOptions.of, _import)


def _look(text: str) -> tuple[str, str | None]:
    colour, _, normalisation = text.partition(CONFIG_SEPARATOR)
    if colour not in COLOUR_ORDERS or (normalisation and normalisation not in NORMALISATIONS):
        raise argparse.ArgumentTypeError(
            f"'{text}' is no look: give {' or '.join(COLOUR_ORDERS)}, then '{CONFIG_SEPARATOR}' "
            f"and one of {', '.join(NORMALISATIONS)}"
        )
    return colour, normalisation or None


def _numbers(text: str) -> Triple:
    parts = text.replace(",", " ").split()
    try:
        first, second, third = (float(part) for part in parts)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not three numbers, such as 0,0,0") from None
    return first, second, third


def _constant(text: str) -> tuple[str, Constant]:
    name, _, value = text.rpartition("=")
    try:
        numbers = tuple(float(part) for part in value.replace(",", " ").split())
    except ValueError:
        numbers = ()
    if not name or not numbers:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a name, '=' and a number, or several with commas, such as training=0"
        )
    return name, numbers[0] if len(numbers) == 1 else numbers


def _statistics(parsed: argparse.Namespace) -> Normalisation | None:
    """Return what --mean and --std say; above 1 they are of pixels from 0 to 255."""
    if parsed.mean is None and parsed.std is None:
        return None
    if parsed.normalisation:
        raise UsageError("--normalisation is a name for --mean and --std: give it, or both of them")
    if parsed.mean is None or parsed.std is None:
        raise UsageError("--mean and --std belong together: give both, or --normalisation")
    if min(parsed.std) <= 0:
        raise UsageError("--std is what is divided by: give three numbers above 0")
    scale = 1.0 if max(*parsed.mean, *parsed.std) > 1 else 1 / 255
    return Normalisation(scale, parsed.mean, parsed.std)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))


def _import(options: ImportOptions) -> None:
    path = find_model(options.model)
    files = ImportFiles.of(path)
    if not options.force:
        check_new(files.description)
    read = (path, options.image, options.background)
    check_targets(files.paths, [file for file in read if file is not None])
    picture = read_picture(options.image or sample_picture())
    background = None if options.background is None else read_picture(options.background)
    model = describe_foreign(path, picture, options.overrides, background, tuple(package_samples()))
    files.write(model, picture)
    for inferred in model.inferred_fields:
        print(f"  {inferred}")
    for warning in model.warnings:
        print(f"warning: {warning}")
    print(f"description, to be read and corrected: {files.description}")
    print(f"the picture with the hands found, to be looked at: {files.overlay}")
    print(f"the same with other colours and normalisations: {files.sheet}")


def _overrides(parsed: argparse.Namespace) -> Overrides:
    colour, normalisation = parsed.look or (parsed.colour, parsed.normalisation)
    if parsed.look and (parsed.colour or parsed.normalisation or parsed.mean):
        raise UsageError(
            "--look says colours and normalisation at once: leave --colour, --normalisation, "
            "--mean and --std out"
        )
    return Overrides(
        family=parsed.family,
        classes=parsed.classes,
        activation=parsed.activation,
        colour=colour,
        normalisation=normalisation,
        statistics=_statistics(parsed),
        layout=parsed.layout,
        outputs=tuple(parsed.output),
        constants=dict(parsed.constant),
        resize=parsed.resize,
        width=parsed.width,
        height=parsed.height,
        name=parsed.name,
        licence=parsed.licence,
    )
