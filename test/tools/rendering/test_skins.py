"""Guards photographed skins: contrasts raised within bounds, their colour, index and choice."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg_ros.segmentation.errors import MediaError
from rendering.skins import (
    HIGHEST_GAIN,
    SkinPhoto,
    choose,
    find_skins,
    hand_albedo,
    luminance,
    prepare,
    sharpened,
)


def _photo(grey: float, ripple: float) -> np.ndarray:
    """Return a skin, float32 (128, 128, 3), of one colour with stripes of 4 pixels."""
    stripes = ripple * np.sin(np.arange(128) * np.pi / 2)
    skin = np.array([1.0, 0.75, 0.6]) * grey
    return (skin + stripes[None, :, None]).astype(np.float32).repeat(128, axis=0)


def test_soft_skins_gain_contrast_and_crisp_ones_stay() -> None:
    soft, crisp = _photo(0.6, 0.01), _photo(0.6, 0.1)
    gained = sharpened(soft).std(axis=(0, 1)) / soft.std(axis=(0, 1))
    np.testing.assert_allclose(gained, 1 + HIGHEST_GAIN, rtol=0.05)
    np.testing.assert_array_equal(sharpened(crisp), crisp)
    np.testing.assert_allclose(sharpened(soft).mean(axis=(0, 1)), soft.mean(axis=(0, 1)), atol=2e-3)


def test_the_albedo_is_that_of_the_hands_in_linear_light() -> None:
    photo = _photo(0.9, 0.0)
    photo[100:, :64] = 0.0
    photo[:80] = 0.2
    red, green, blue = hand_albedo(photo)
    assert red == pytest.approx(0.787, abs=0.002)
    assert red > green > blue


def test_prepared_skins_are_found_again_and_maps_of_normals_are_none(tmp_path: Path) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    for name in ("dark", "light", "dark_NRM", "dark_SPEC"):
        grey = 0.3 if name == "dark" else 0.9
        bgr = np.rint(_photo(grey, 0.01) * 255).clip(0, 255).astype(np.uint8)[..., ::-1]
        cv2.imwrite(str(photos / f"{name}.jpg"), bgr)
    prepare(photos, out)
    found = find_skins(out)
    assert [Path(photo.file).stem for photo in found] == ["dark", "light"]
    assert all(Path(photo.file).is_file() for photo in found)
    assert luminance(found[0].albedo) < 0.2 < luminance(found[1].albedo)


def test_the_photo_is_one_of_those_nearest_in_lightness() -> None:
    photos = tuple(SkinPhoto(str(k), (0.05 * k, 0.04 * k, 0.03 * k)) for k in range(1, 15))
    rng = np.random.default_rng(0)
    dark = {choose(photos, (0.05, 0.04, 0.03), rng).file for _ in range(60)}
    assert dark == {str(k) for k in range(1, 7)}


def test_missing_skins_are_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="holds no skins"):
        prepare(tmp_path, tmp_path / "out")
    with pytest.raises(MediaError, match=r"no prepared skins.*rendering\.skins"):
        find_skins(tmp_path)
