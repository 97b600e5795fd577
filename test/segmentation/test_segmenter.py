"""Guards the way from a model file to hands: the default model runs, and a bad file is named."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import yaml
from support.old_opencv import ONE_PIXEL

from handseg_ros.segmentation.description import METADATA_KEY, Thresholds
from handseg_ros.segmentation.errors import ImageError, ModelError
from handseg_ros.segmentation.model_options import ModelOptions
from handseg_ros.segmentation.model_store import find_model, models_folder
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.segmentation.session import read_description


@pytest.fixture(scope="session")
def default_model() -> Path:
    return find_model("hands")


@pytest.fixture
def changed_model(default_model: Path, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes the default model with fields of its description changed."""

    def change(**fields: object) -> Path:
        model = onnx.load(default_model)
        (entry,) = (entry for entry in model.metadata_props if entry.key == METADATA_KEY)
        entry.value = yaml.safe_dump({**yaml.safe_load(entry.value), **fields})
        path = tmp_path / "changed.onnx"
        onnx.save(model, path)
        return path

    return change


@pytest.mark.parametrize("size", [(480, 640), (720, 1280), (37, 51), ONE_PIXEL, (500, 20)])
def test_a_frame_of_any_size_is_answered_at_its_size(size: tuple[int, int]) -> None:
    segmentation = Segmenter.load().segment(np.zeros((*size, 3), np.uint8))
    assert segmentation.mask().shape == size
    assert segmentation.instances().shape == size


def test_the_same_frame_gives_the_same_answer() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    lenient = Thresholds(score=0.0, mask=0.05, minimum_area=0.0)
    first, second = (Segmenter.load().segment(frame, lenient).instances() for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_strided_view_is_segmented_like_its_copy() -> None:
    wide = np.random.default_rng(0).integers(0, 256, (240, 400, 3), np.uint8)
    lenient = Thresholds(score=0.0, mask=0.05, minimum_area=0.0)
    segmenter = Segmenter.load()
    view = segmenter.segment(wide[:, 40:360], lenient)
    copy = segmenter.segment(wide[:, 40:360].copy(), lenient)
    np.testing.assert_array_equal(view.instances(), copy.instances())


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((480, 640), np.uint8),
        np.zeros((480, 640, 4), np.uint8),
        np.zeros((480, 640, 3), np.float32),
        np.zeros((0, 640, 3), np.uint8),
    ],
)
def test_an_array_that_is_no_frame_is_refused(frame: np.ndarray) -> None:
    with pytest.raises(ImageError, match="uint8 BGR"):
        Segmenter.load().segment(frame)


def test_the_input_size_can_be_chosen() -> None:
    assert Segmenter.load(ModelOptions(input_width=192, input_height=160)).input_size == (160, 192)
    assert Segmenter.load("hands_fast", input_width=192, input_height=160).input_size == (160, 192)
    assert Segmenter.load(ModelOptions(input_width=192), input_height=160).input_size == (160, 192)
    with pytest.raises(TypeError, match="input_depth"):
        Segmenter.load(input_depth=3)


def _refusal(load: Callable[[], object]) -> str:
    with pytest.raises(ModelError) as caught:
        load()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.onnx"
    assert f"{path} does not exist" in _refusal(lambda: Segmenter.load(path))


@pytest.mark.parametrize("name", ["~no_such_user/x.onnx", "x" * 300, "y" * 300 + ".onnx"])
def test_a_name_that_no_file_can_have_is_named(name: str) -> None:
    assert name in _refusal(lambda: Segmenter.load(name))


def test_a_description_that_is_no_text_is_named(default_model: Path, tmp_path: Path) -> None:
    model = onnx.load(default_model)
    del model.metadata_props[:]
    path = tmp_path / "foreign.onnx"
    onnx.save(model, path)
    path.with_suffix(".yaml").write_bytes(b"name: \xff\xfe")
    assert str(path.with_suffix(".yaml")) in _refusal(lambda: Segmenter.load(path))


def test_an_unknown_name_lists_the_known_ones() -> None:
    text = _refusal(lambda: Segmenter.load("feet"))
    assert "'feet'" in text
    assert "hands" in text


def test_a_file_that_is_not_onnx_is_named(tmp_path: Path) -> None:
    path = tmp_path / "text.onnx"
    path.write_text("this is no network")
    text = _refusal(lambda: Segmenter.load(path))
    assert str(path) in text
    assert "no ONNX model" in text


def test_a_truncated_model_is_named(default_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.onnx"
    path.write_bytes(default_model.read_bytes()[: default_model.stat().st_size // 2])
    assert str(path) in _refusal(lambda: Segmenter.load(path))


def test_a_model_without_description_says_where_to_write_one(
    default_model: Path, tmp_path: Path
) -> None:
    model = onnx.load(default_model)
    del model.metadata_props[:]
    path = tmp_path / "foreign.onnx"
    onnx.save(model, path)
    assert str(tmp_path / "foreign.yaml") in _refusal(lambda: Segmenter.load(path))
    # With the description beside it the same file runs.
    beside = read_description(default_model).to_yaml()
    (tmp_path / "foreign.yaml").write_text(beside)
    assert Segmenter.load(path).description == read_description(default_model)


def test_an_unknown_family_lists_the_known_ones(changed_model: Callable[..., Path]) -> None:
    text = _refusal(lambda: Segmenter.load(changed_model(family="crystal_ball")))
    assert "crystal_ball" in text
    assert "bottom_up" in text


def test_a_description_that_does_not_fit_its_network_is_told(
    changed_model: Callable[..., Path],
) -> None:
    assert "nothing" in _refusal(lambda: Segmenter.load(changed_model(outputs={"maps": "nothing"})))


def test_an_input_size_that_does_not_suit_names_those_that_do() -> None:
    text = _refusal(lambda: Segmenter.load(ModelOptions(input_width=300)))
    assert "300" in text
    assert "288 or 320" in text


def test_the_package_s_models_describe_themselves() -> None:
    models = sorted(models_folder().glob("*.onnx"))
    assert models
    for path in models:
        description = read_description(path)
        assert description.name == path.stem
        assert description.licence
        assert description.training_data
        assert description.scores
        assert path.stat().st_size < 8e6
