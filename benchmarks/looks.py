"""How often `handseg import` guesses colours and normalisation right: networks in seven looks each.

The package's networks, and two that learn for some minutes from its rendered scene. Prints each
guess, and ends with code 1 where one is wrong and no doubt was told.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from support.disguised import disguise
from support.trained_networks import SmallDeepLab, SmallUNet, learnt, with_look

from handseg_ros.media.sample_picture import sample_picture
from handseg_ros.media.sources import read_picture
from handseg_ros.model_import.colour_config import Look
from handseg_ros.model_import.foreign_model import describe_foreign
from handseg_ros.model_import.guesses import Wishes
from handseg_ros.model_import.samples import package_samples

LOOKS = (
    Look.usual("RGB", "imagenet"),
    Look.usual("BGR", "imagenet"),
    Look.usual("RGB", "unit"),
    Look.usual("BGR", "unit"),
    Look.usual("RGB", "symmetric"),
    Look.usual("RGB", "none"),
    Look.usual("BGR", "caffe"),
)
SHIPPED = ("hands", "hands_fast", "hands_clean")
_STEPS = {"u-net": 80, "deeplab": 150}


def _files(folder: Path, look: Look, trained: dict[str, Path]) -> Iterator[tuple[str, Path]]:
    told = look.fields()
    statistics = told["mean"], told["std"]
    for name in SHIPPED:
        file = folder / f"{name}.onnx"
        yield (
            name,
            disguise(
                file, colour=look.colour, scale=told["scale"], statistics=statistics, model=name
            ),
        )
    for name, pixels in trained.items():
        yield name, with_look(pixels, look, folder / f"{name}.onnx")


def main() -> int:
    """Print the table; return 1 where a guess is wrong without a doubt."""
    picture, more = read_picture(sample_picture()), tuple(package_samples())
    right, doubted, count, silent = 0, 0, 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trained = {
            "u-net": learnt(SmallUNet(), folder / "u.onnx", _STEPS["u-net"]),
            "deeplab": learnt(SmallDeepLab(), folder / "d.onnx", _STEPS["deeplab"]),
        }
        for look in LOOKS:
            for network, file in _files(folder, look, trained):
                model = describe_foreign(file, picture, Wishes(licence="none"), more=more)
                is_right = str(model.chosen.look) == str(look)
                is_doubted = any("are not certain" in doubt for doubt in model.doubts)
                right, doubted, count = right + is_right, doubted + is_doubted, count + 1
                silent += not is_right and not is_doubted
                words = f"{'right' if is_right else 'wrong'}{', doubted' if is_doubted else ''}"
                found = f"{model.chosen.look}, IoU {model.chosen.likeness:.2f}"
                print(f"| {network} | {look} | {found} | {words} |", flush=True)
    print(f"{right} of {count} right, {doubted} doubted, {silent} wrong without a doubt")
    return int(silent > 0)


if __name__ == "__main__":
    sys.exit(main())
