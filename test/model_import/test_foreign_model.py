"""Guards import's guesses: a real network in other people's clothes is fed and read as it needs."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
from support.assets import PICTURE
from support.disguised import disguise
from support.foreign import write_graph
from support.guide import EXAMPLES
from support.scene_outputs import scene_outputs

from handseg_ros.evaluation.overlap import overlap
from handseg_ros.model_import.colour_config import NORMALISATIONS
from handseg_ros.model_import.decoder_detection import detect_decoder
from handseg_ros.model_import.foreign_model import ForeignModel, describe_foreign
from handseg_ros.model_import.overrides import Overrides
from handseg_ros.model_import.samples import package_samples
from handseg_ros.segmentation.decoders.output_statistics import OutputStatistics
from handseg_ros.segmentation.decoders.registry import DECODERS
from handseg_ros.segmentation.description import parse_description
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.segmenter import Segmenter

FREE = Overrides(licence="Apache-2.0")
# Where another thing is looked at than the look.
KNOWN = Overrides(licence="MIT", colour="RGB", normalisation="imagenet")
GUIDE_MODELS = [parse_description(text, "the page") for text in EXAMPLES]


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    pixels = cv2.imread(str(PICTURE))
    assert pixels is not None
    return pixels


@pytest.fixture(scope="module")
def reference(picture: np.ndarray) -> np.ndarray:
    """Return where hands are in the picture, as the package's own model finds them."""
    return Segmenter.load().segment(picture).mask()


def _statistics(colour: str, normalisation: str) -> dict[str, Any]:
    chosen = NORMALISATIONS[normalisation]
    step = 1 if colour == "RGB" else -1
    statistics = chosen.mean[::step], chosen.std[::step]
    return {"colour": colour, "scale": chosen.scale, "statistics": statistics}


def _reason(model: ForeignModel, field: str) -> str:
    (inferred,) = (inferred for inferred in model.inferred_fields if inferred.field == field)
    return str(inferred)


@pytest.mark.parametrize("colour", ["RGB", "BGR"])
@pytest.mark.parametrize("normalisation", ["imagenet", "unit", "caffe"])
def test_colours_and_normalisation_are_found(
    colour: str, normalisation: str, picture: np.ndarray, reference: np.ndarray, tmp_path: Path
) -> None:
    how = _statistics(colour, normalisation)
    file = disguise(tmp_path / "foreign.onnx", weights=(-0.5, 0.5), **how)
    model = describe_foreign(file, picture, FREE, more=tuple(package_samples())[:2])
    description = model.description
    assert description.input.colour == colour
    assert description.input.scale == pytest.approx(how["scale"])
    assert description.input.mean == pytest.approx(how["statistics"][0])
    assert description.input.std == pytest.approx(how["statistics"][1])
    assert (description.family, description.classes, description.activation) == (
        "semantic", ("background", "hand"), "softmax",
    )  # fmt: skip
    assert overlap(model.chosen.segmentation.mask(), reference).iou > 0.8
    assert "IoU" in _reason(model, "input.colour")
    assert "--colour" in _reason(model, "input.colour")


@pytest.mark.parametrize(
    ("how", "family", "classes", "activation"),
    [
        ({"weights": (0.5, -0.5)}, "semantic", ("hand", "background"), "softmax"),
        ({"weights": (1.0,)}, "semantic", ("hand",), "sigmoid"),
        ({"weights": (1.0,), "activation": "Sigmoid"}, "semantic", ("hand",), "none"),
        (
            {"weights": (-0.5, 0.5), "activation": "Softmax"},
            "semantic", ("background", "hand"), "none",
        ),
        ({"weights": (0.0, -1.0, 1.0)}, "hand_object", ("background", "object", "hand"), "argmax"),
        (
            {"weights": (0.0, -1.0, -1.0, 1.0, -1.0)},
            "semantic", ("background", "class_1", "class_2", "hand", "class_4"), "argmax",
        ),
    ],
)  # fmt: skip
def test_classes_and_activation_are_found(
    how: dict[str, Any],
    family: str,
    classes: tuple[str, ...],
    activation: str,
    picture: np.ndarray,
    reference: np.ndarray,
    tmp_path: Path,
) -> None:
    file = disguise(tmp_path / "foreign.onnx", **_statistics("RGB", "imagenet"), **how)
    model = describe_foreign(file, picture, KNOWN)
    description = model.description
    assert (description.family, description.classes, description.activation) == (
        family,
        classes,
        activation,
    )
    assert overlap(model.chosen.segmentation.mask(), reference).iou > 0.8
    assert model.warnings == ()


def test_channels_last_and_a_fixed_size(picture: np.ndarray, tmp_path: Path) -> None:
    file = disguise(tmp_path / "tf.onnx", layout="NHWC", size=(128, 160), weights=(-0.5, 0.5))
    description = describe_foreign(file, picture, FREE).description
    assert (description.input.layout, description.output_layout) == ("NHWC", "NHWC")
    assert (description.input.width, description.input.height, description.input.size) == (
        160,
        128,
        "fixed",
    )
    # 0 to 1 comes first where channels are last.
    assert description.input.mean == (0.0, 0.0, 0.0)


def test_the_step_of_a_free_size_is_tried_out(picture: np.ndarray, tmp_path: Path) -> None:
    file = tmp_path / "blocks.onnx"
    write_graph(
        file, ("SpaceToDepth", {"blocksize": 8}), ("DepthToSpace", {"blocksize": 8}), ("Neg", {})
    )
    description = describe_foreign(file, picture, FREE).description
    assert (description.input.multiple_of, description.input.size) == (8, "free")


def test_what_the_user_knows_is_not_guessed(picture: np.ndarray, tmp_path: Path) -> None:
    file = disguise(tmp_path / "foreign.onnx", weights=(0.0, 1.0, -1.0))
    overrides = Overrides(
        family="semantic", classes=("a", "b", "hand"), activation="softmax", colour="BGR",
        normalisation="none", resize="crop", width=192, height=160, name="theirs", licence="MIT",
    )  # fmt: skip
    model = describe_foreign(file, picture, overrides)
    description = model.description
    assert (description.family, description.classes, description.activation) == (
        "semantic", ("a", "b", "hand"), "softmax",
    )  # fmt: skip
    assert (description.input.colour, description.input.scale, description.input.resize) == (
        "BGR",
        1.0,
        "crop",
    )
    assert (description.input.width, description.input.height) == (192, 160)
    assert (description.name, description.licence) == ("theirs", "MIT")
    assert len(model.trials) == 1
    assert "as you said" in _reason(model, "classes")


def test_classes_that_are_known_tell_the_family(picture: np.ndarray, tmp_path: Path) -> None:
    file = disguise(tmp_path / "two.onnx", weights=(1.0, -1.0))
    overrides = Overrides(classes=("hand", "object"), licence="MIT")
    description = describe_foreign(file, picture, overrides).description
    assert (description.family, description.activation) == ("hand_object", "sigmoid")
    file = disguise(tmp_path / "three.onnx", weights=(0.0, -1.0, 1.0))
    overrides = Overrides(classes=("background", "sleeve", "hand"), licence="MIT")
    assert describe_foreign(file, picture, overrides).description.family == "semantic"


def test_the_own_maps_are_known_again(picture: np.ndarray, tmp_path: Path) -> None:
    file = tmp_path / "own.onnx"
    _strip(file)
    description = describe_foreign(file, picture, FREE).description
    assert (description.family, description.stride, description.input.dtype) == (
        "bottom_up",
        4,
        "uint8",
    )
    assert description.outputs == {"maps": "maps"}


def test_an_inverted_mask_is_a_doubt(picture: np.ndarray, tmp_path: Path) -> None:
    how = _statistics("RGB", "imagenet")
    file = disguise(tmp_path / "foreign.onnx", weights=(-0.5, 0.5), **how)
    overrides = replace(KNOWN, classes=("hand", "background"))
    (warning,) = describe_foreign(file, picture, overrides).warnings
    assert "inverted" in warning
    assert "--classes" in warning
    one = disguise(tmp_path / "one.onnx", weights=(-1.0,), **how)
    (warning,) = describe_foreign(one, picture, KNOWN).warnings
    assert "inverted" in warning
    assert "export the network again" in warning


def test_an_empty_mask_is_a_doubt(picture: np.ndarray, tmp_path: Path) -> None:
    file = disguise(tmp_path / "foreign.onnx", weights=(1.0, -100.0, -100.0))
    overrides = replace(KNOWN, classes=("background", "hand", "other"), family="semantic")
    (warning,) = describe_foreign(file, picture, overrides).warnings
    assert "no hand was found" in warning


def test_without_a_hand_in_the_picture_the_usual_settings_stay(tmp_path: Path) -> None:
    file = disguise(tmp_path / "foreign.onnx", weights=(-0.5, 0.5))
    grey = np.full((240, 320, 3), 128, np.uint8)
    model = describe_foreign(file, grey, FREE)
    assert model.chosen is model.trials[0]
    assert any("the package's own model finds no hand" in warning for warning in model.warnings)
    assert "usual" in _reason(model, "normalisation")


def test_weights_of_unknown_licence_are_a_doubt(picture: np.ndarray, tmp_path: Path) -> None:
    how = _statistics("RGB", "imagenet")
    file = disguise(tmp_path / "foreign.onnx", weights=(-0.5, 0.5), **how)
    model = describe_foreign(file, picture, Overrides())
    assert model.description.licence == "unknown"
    assert any("--licence" in warning for warning in model.warnings)


@pytest.mark.parametrize("name", DECODERS)
def test_a_family_knows_its_own_outputs(name: str) -> None:
    """What a network of the family gives for the painted scene is matched, named or not."""
    description = next(item for item in GUIDE_MODELS if item.family == name)
    size = description.input.height, description.input.width
    outputs = {
        description.outputs[role]: OutputStatistics.of(value)
        for role, value in scene_outputs(description, size).items()
    }
    if name == "rf_detr_seg":  # its boxes are not read, but are there
        queries = outputs[description.outputs["masks"]].shape[1]
        outputs["dets"] = OutputStatistics.of(np.full((1, queries, 4), 0.5, np.float32))
    for overrides in (Overrides(classes=description.classes), Overrides(family=name)):
        match = detect_decoder(outputs, description.input, overrides)
        assert match.family == name
        assert set(match.outputs.items()) <= set(description.outputs.items())


def test_an_export_reads_an_output_that_the_decoder_needs() -> None:
    exports = [(decoder, decoder.export) for decoder in DECODERS.values() if decoder.export]
    assert exports
    for decoder, export in exports:
        assert export.output in decoder.outputs
        assert "mask" in export.masks


def test_what_cannot_be_described_is_explained(picture: np.ndarray, tmp_path: Path) -> None:
    file = tmp_path / "bad.onnx"

    def refused(overrides: Overrides = FREE) -> str:
        with pytest.raises(ModelError) as error:
            describe_foreign(file, picture, overrides)
        return str(error.value)

    write_graph(file, ("Neg", {}), shape=(1, 1, 64, 64))
    assert "three channels" in refused()
    write_graph(file, ("Neg", {}), shape=(3, 64))
    assert "(1, 3, height, width)" in refused()
    write_graph(file, ("Neg", {}), shape=(1, 3, 64, 64))
    with pytest.raises(ModelError, match="one image: leave --background out"):
        describe_foreign(file, picture, FREE, picture)
    write_graph(file, ("Flatten", {}))
    assert "'output' (1, 196608)" in refused()
    write_graph(file, ("Neg", {}))
    assert "need 2 channels" in refused(Overrides(classes=("background", "hand")))
    assert "one is 'hand'" in refused(Overrides(classes=("a", "b", "c")))
    assert "'bottom_up'" in refused(Overrides(family="bottom_up"))
    write_graph(file, ("Neg", {}), shape=(1, 3, 64, 64))
    assert "--width and --height" in refused(Overrides(width=32, height=32))
    assert "'input.resize' is 'none'" in refused(Overrides(resize="none"))
    _strip(file)
    assert "--normalisation" in refused(Overrides(normalisation="unit"))
    file.write_bytes(Path(Segmenter.load().session.path).read_bytes())
    assert "describes itself" in refused()


def _strip(file: Path) -> None:
    """Write the package's own network without its description."""
    own = onnx.load(str(Segmenter.load().session.path))
    del own.metadata_props[:]
    onnx.save(own, str(file))
