"""`handseg import FILE.onnx`: writes the description of a foreign network, and shows why."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.exchange.families import GUESSERS
from handseg_ros.exchange.foreign_model import describe_foreign
from handseg_ros.exchange.guesses import Wishes
from handseg_ros.exchange.import_files import ImportFiles, check_new
from handseg_ros.exchange.looks import COLOURS, NORMALISATIONS
from handseg_ros.exchange.sample_picture import sample_picture
from handseg_ros.media.overwriting import check_targets
from handseg_ros.media.sources import read_picture
from handseg_ros.segmentation.description import Activation
from handseg_ros.segmentation.geometry import PLACEMENTS
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
    known.add_argument("--family", choices=list(GUESSERS))
    known.add_argument("--classes", type=_names, metavar="A,B", help="in the channels' order")
    known.add_argument("--activation", choices=get_args(Activation))
    known.add_argument("--colour", choices=COLOURS)
    known.add_argument("--normalisation", choices=list(NORMALISATIONS))
    known.add_argument("--resize", choices=list(PLACEMENTS))
    known.add_argument("--width", type=int, default=0, help="the network's input width")
    known.add_argument("--height", type=int, default=0, help="the network's input height")
    known.add_argument("--name", help="what messages call the model (default: the file's name)")
    known.add_argument("--licence", help="of the weights")
    parser.set_defaults(action=_import)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))


def _import(options: argparse.Namespace) -> None:
    path = find_model(options.model)
    files = ImportFiles.of(path)
    if not options.force:
        check_new(files.description)
    read = (path, options.image, options.background)
    check_targets(files.places, [file for file in read if file is not None])
    picture = read_picture(options.image or sample_picture())
    wishes = Wishes(
        family=options.family,
        classes=options.classes,
        activation=options.activation,
        colour=options.colour,
        normalisation=options.normalisation,
        resize=options.resize,
        width=options.width,
        height=options.height,
        name=options.name,
        licence=options.licence,
    )
    background = None if options.background is None else read_picture(options.background)
    model = describe_foreign(path, picture, wishes, background)
    files.write(model, picture)
    for guess in model.guesses:
        print(f"  {guess}")
    for doubt in model.doubts:
        print(f"warning: {doubt}")
    print(f"description, to be read and corrected: {files.description}")
    print(f"the picture with the hands found, to be looked at: {files.overlay}")
    print(f"the same with other colours and normalisations: {files.sheet}")
