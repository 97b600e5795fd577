"""`handseg import FILE.onnx`: writes the description of a foreign network, and shows why."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

from handseg_ros.cli.command_parser import CommandParser
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
from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.segmentation.geometry import RESIZE_TRANSFORMS
from handseg_ros.segmentation.model_store import find_model


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
    parser.set_defaults(action=_import)


def _look(text: str) -> tuple[str, str | None]:
    colour, _, normalisation = text.partition(CONFIG_SEPARATOR)
    if colour not in COLOUR_ORDERS or (normalisation and normalisation not in NORMALISATIONS):
        raise argparse.ArgumentTypeError(
            f"'{text}' is no look: give {' or '.join(COLOUR_ORDERS)}, then '{CONFIG_SEPARATOR}' "
            "and "
            f"one of {', '.join(NORMALISATIONS)}"
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


def _statistics(options: argparse.Namespace) -> Normalisation | None:
    """Return what --mean and --std say; above 1 they are of pixels from 0 to 255."""
    if options.mean is None and options.std is None:
        return None
    if options.normalisation:
        raise HandsegError(
            "--normalisation is a name for --mean and --std: give it, or both of them"
        )
    if options.mean is None or options.std is None:
        raise HandsegError("--mean and --std belong together: give both, or --normalisation")
    if min(options.std) <= 0:
        raise HandsegError("--std is what is divided by: give three numbers above 0")
    scale = 1.0 if max(*options.mean, *options.std) > 1 else 1 / 255
    return Normalisation(scale, options.mean, options.std)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))


def _import(options: argparse.Namespace) -> None:
    path = find_model(options.model)
    files = ImportFiles.of(path)
    if not options.force:
        check_new(files.description)
    read = (path, options.image, options.background)
    check_targets(files.paths, [file for file in read if file is not None])
    picture = read_picture(options.image or sample_picture())
    overrides = _overrides(options)
    background = None if options.background is None else read_picture(options.background)
    model = describe_foreign(path, picture, overrides, background, tuple(package_samples()))
    files.write(model, picture)
    for inferred in model.inferred_fields:
        print(f"  {inferred}")
    for warning in model.warnings:
        print(f"warning: {warning}")
    print(f"description, to be read and corrected: {files.description}")
    print(f"the picture with the hands found, to be looked at: {files.overlay}")
    print(f"the same with other colours and normalisations: {files.sheet}")


def _overrides(options: argparse.Namespace) -> Overrides:
    colour, normalisation = options.look or (options.colour, options.normalisation)
    if options.look and (options.colour or options.normalisation or options.mean):
        raise HandsegError(
            "--look says colours and normalisation at once: leave --colour, --normalisation, "
            "--mean and --std out"
        )
    return Overrides(
        family=options.family,
        classes=options.classes,
        activation=options.activation,
        colour=colour,
        normalisation=normalisation,
        statistics=_statistics(options),
        layout=options.layout,
        outputs=tuple(options.output),
        constants=dict(options.constant),
        resize=options.resize,
        width=options.width,
        height=options.height,
        name=options.name,
        licence=options.licence,
    )
