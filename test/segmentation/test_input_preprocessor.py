"""Guards the network's input: colours, layout, type and normalisation are those described."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from handseg_ros.segmentation.description import InputDescription, ModelDescription
from handseg_ros.segmentation.input_preprocessor import InputPreprocessor

INPUT_SIZE = (32, 64)
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


@pytest.fixture
def pixels() -> np.ndarray:
    """Return a resized image, BGR."""
    return np.random.default_rng(0).integers(0, 256, (*INPUT_SIZE, 3), np.uint8)


def _expected(pixels: np.ndarray, wanted: InputDescription) -> np.ndarray:
    """Return the input worked out in float64, step by step."""
    image = pixels[..., ::-1] if wanted.colour == "RGB" else pixels
    if wanted.dtype == "float32":
        image = (image / 255.0 - np.array(MEAN)) / np.array(STD)
    image = image.transpose(2, 0, 1) if "CHW" in wanted.layout else image
    return image[None] if "N" in wanted.layout else image


@pytest.mark.parametrize("layout", ["NHWC", "NCHW", "HWC", "CHW"])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("colour", ["RGB", "BGR"])
def test_the_input_is_what_is_described(
    description: ModelDescription, pixels: np.ndarray, layout: str, dtype: str, colour: str
) -> None:
    told = {"scale": 1 / 255, "mean": MEAN, "std": STD} if dtype == "float32" else {}
    changes = {"layout": layout, "dtype": dtype, "colour": colour, **told}
    wanted = replace(description.input, **changes)  # type: ignore[arg-type]
    fed = InputPreprocessor.of(wanted).preprocess(pixels)
    assert fed.dtype == dtype
    expected = _expected(pixels, wanted)
    assert fed.shape == expected.shape
    assert np.abs(fed - expected).max() < 1e-6


def test_one_buffer_serves_every_frame(description: ModelDescription, pixels: np.ndarray) -> None:
    wanted = replace(
        description.input, layout="NCHW", dtype="float32", scale=1.0, mean=(0, 0, 0), std=(1, 1, 1)
    )
    preprocessor = InputPreprocessor.of(wanted)
    first = preprocessor.preprocess(pixels)
    second = preprocessor.preprocess(255 - pixels)
    assert np.shares_memory(first, second)
    np.testing.assert_array_equal(second[0], (255 - pixels)[..., ::-1].transpose(2, 0, 1))


@pytest.mark.parametrize("layout", ["HWC", "CHW"])
def test_the_input_s_size_may_change(
    description: ModelDescription, pixels: np.ndarray, layout: str
) -> None:
    told = {"dtype": "float32", "scale": 1 / 255, "mean": MEAN, "std": STD, "layout": layout}
    wanted = replace(description.input, **told)  # type: ignore[arg-type]
    preprocessor = InputPreprocessor.of(wanted)
    for part in (pixels, pixels[:20, :50], pixels[:20, :50, ::-1], pixels):
        resized = np.ascontiguousarray(part)
        expected = _expected(resized, wanted)
        fed = preprocessor.preprocess(resized)
        assert fed.shape == expected.shape
        assert np.abs(fed - expected).max() < 1e-6


def test_pixels_that_need_no_change_are_not_copied(
    description: ModelDescription, pixels: np.ndarray
) -> None:
    wanted = replace(description.input, colour="BGR")
    assert np.shares_memory(InputPreprocessor.of(wanted).preprocess(pixels), pixels)
