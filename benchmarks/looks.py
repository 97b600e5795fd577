"""How often `handseg import` guesses colours and normalisation right: networks in seven looks each.

The package's networks, and two that learn for some minutes from its rendered scene. Prints each
guess, and ends with code 1 where one is wrong and no doubt was told.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from support.disguised import disguise
from support.trained_networks import SmallDeepLab, SmallUNet, learnt, with_look

from handseg_ros.media.sample_picture import sample_picture
from handseg_ros.media.sources import read_picture
from handseg_ros.model_import.colour_config import ColourConfig
from handseg_ros.model_import.foreign_model import describe_foreign
from handseg_ros.model_import.overrides import Overrides
from handseg_ros.model_import.samples import package_samples

LOOKS = (
    ColourConfig.usual("RGB", "imagenet"),
    ColourConfig.usual("BGR", "imagenet"),
    ColourConfig.usual("RGB", "unit"),
    ColourConfig.usual("BGR", "unit"),
    ColourConfig.usual("RGB", "symmetric"),
    ColourConfig.usual("RGB", "none"),
    ColourConfig.usual("BGR", "caffe"),
)
SHIPPED = ("hands", "hands_fast", "hands_clean")
_STEPS = {"u-net": 80, "deeplab": 150}


def _files(
    folder: Path, colour_config: ColourConfig, trained: dict[str, Path]
) -> Iterator[tuple[str, Path]]:
    description = colour_config.fields()
    statistics = description["mean"], description["std"]
    for name in SHIPPED:
        file = folder / f"{name}.onnx"
        yield (
            name,
            disguise(
                file,
                colour=colour_config.colour,
                scale=description["scale"],
                statistics=statistics,
                model=name,
            ),
        )
    for name, pixels in trained.items():
        yield name, with_look(pixels, colour_config, folder / f"{name}.onnx")


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
        for colour_config in LOOKS:
            for network, file in _files(folder, colour_config, trained):
                model = describe_foreign(file, picture, Overrides(licence="none"), more=more)
                is_right = str(model.chosen.colour_config) == str(colour_config)
                is_doubted = any("are not certain" in warning for warning in model.warnings)
                right, doubted, count = right + is_right, doubted + is_doubted, count + 1
                silent += not is_right and not is_doubted
                words = f"{'right' if is_right else 'wrong'}{', doubted' if is_doubted else ''}"
                found = f"{model.chosen.colour_config}, IoU {model.chosen.iou:.2f}"
                print(f"| {network} | {colour_config} | {found} | {words} |", flush=True)
    print(f"{right} of {count} right, {doubted} doubted, {silent} wrong without a doubt")
    return int(silent > 0)


if __name__ == "__main__":
    sys.exit(main())
