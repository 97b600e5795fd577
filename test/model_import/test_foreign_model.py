"""Guards import's guesses: a real network in other people's clothes is fed and read as it needs."""

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

from handseg_ros.evaluation.metrics import overlap
from handseg_ros.model_import.colour_config import NORMALISATIONS
from handseg_ros.model_import.detectors import GUESSERS
from handseg_ros.model_import.foreign_model import ForeignModel, describe_foreign
from handseg_ros.model_import.guesses import Wishes
from handseg_ros.model_import.samples import package_samples
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.segmenter import DECODERS, Segmenter

FREE = Wishes(licence="Apache-2.0")
# Where another thing is looked at than the look.
KNOWN = Wishes(licence="MIT", colour="RGB", normalisation="imagenet")


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    pixels = cv2.imread(str(PICTURE))
    assert pixels is not None
    return pixels


@pytest.fixture(scope="module")
def known(picture: np.ndarray) -> np.ndarray:
    """Return where hands are in the picture, as the package's own model finds them."""
    return Segmenter.load().segment(picture).mask()


def _statistics(colour: str, normalisation: str) -> dict[str, Any]:
    chosen = NORMALISATIONS[normalisation]
    step = 1 if colour == "RGB" else -1
    statistics = chosen.mean[::step], chosen.std[::step]
    return {"colour": colour, "scale": chosen.scale, "statistics": statistics}


def _reason(model: ForeignModel, field: str) -> str:
    (guess,) = (guess for guess in model.guesses if guess.field == field)
    return str(guess)


@pytest.mark.parametrize("colour", ["RGB", "BGR"])
@pytest.mark.parametrize("normalisation", ["imagenet", "unit", "caffe"])
def test_colours_and_normalisation_are_found(
    colour: str, normalisation: str, picture: np.ndarray, known: np.ndarray, tmp_path: Path
) -> None:
    how = _statistics(colour, normalisation)
    file = disguise(tmp_path / "foreign.onnx", weights=(-0.5, 0.5), **how)
    model = describe_foreign(file, picture, FREE, more=tuple(package_samples())[:4])
    told = model.description
    assert told.input.colour == colour
    assert told.input.scale == pytest.approx(how["scale"])
    assert told.input.mean == pytest.approx(how["statistics"][0])
    assert told.input.std == pytest.approx(how["statistics"][1])
    assert (told.family, told.classes, told.activation) == (
        "semantic", ("background", "hand"), "softmax",
    )  # fmt: skip
    assert overlap(model.chosen.segmentation.mask(), known).iou > 0.8
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
    known: np.ndarray,
    tmp_path: Path,
) -> None:
    file = disguise(tmp_path / "foreign.onnx", **_statistics("RGB", "imagenet"), **how)
    model = describe_foreign(file, picture, KNOWN)
    told = model.description
    assert (told.family, told.classes, told.activation) == (family, classes, activation)
    assert overlap(model.chosen.segmentation.mask(), known).iou > 0.8
    assert model.doubts == ()


def test_channels_last_and_a_fixed_size(picture: np.ndarray, tmp_path: Path) -> None:
    file = disguise(tmp_path / "tf.onnx", layout="NHWC", size=(128, 160), weights=(-0.5, 0.5))
    told = describe_foreign(file, picture, FREE).description
    assert (told.input.layout, told.output_layout) == ("NHWC", "NHWC")
    assert (told.input.width, told.input.height, told.input.size) == (160, 128, "fixed")
    # 0 to 1 comes first where channels are last.
    assert told.input.mean == (0.0, 0.0, 0.0)


def test_the_step_of_a_free_size_is_tried_out(picture: np.ndarray, tmp_path: Path) -> None:
    file = tmp_path / "blocks.onnx"
    write_graph(
        file, ("SpaceToDepth", {"blocksize": 8}), ("DepthToSpace", {"blocksize": 8}), ("Neg", {})
    )
    told = describe_foreign(file, picture, FREE).description
    assert (told.input.multiple_of, told.input.size) == (8, "free")


def test_what_the_user_knows_is_not_guessed(picture: np.ndarray, tmp_path: Path) -> None:
    file = disguise(tmp_path / "foreign.onnx", weights=(0.0, 1.0, -1.0))
    wishes = Wishes(
        family="semantic", classes=("a", "b", "hand"), activation="softmax", colour="BGR",
        normalisation="none", resize="crop", width=192, height=160, name="theirs", licence="MIT",
    )  # fmt: skip
    model = describe_foreign(file, picture, wishes)
    told = model.description
    assert (told.family, told.classes, told.activation) == (
        "semantic", ("a", "b", "hand"), "softmax",
    )  # fmt: skip
    assert (told.input.colour, told.input.scale, told.input.resize) == ("BGR", 1.0, "crop")
    assert (told.input.width, told.input.height) == (192, 160)
    assert (told.name, told.licence) == ("theirs", "MIT")
    assert len(model.trials) == 1
    assert "as you said" in _reason(model, "classes")


def test_classes_that_are_known_tell_the_family(picture: np.ndarray, tmp_path: Path) -> None:
    file = disguise(tmp_path / "two.onnx", weights=(1.0, -1.0))
    wishes = Wishes(classes=("hand", "object"), licence="MIT")
    told = describe_foreign(file, picture, wishes).description
    assert (told.family, told.activation) == ("hand_object", "sigmoid")
    file = disguise(tmp_path / "three.onnx", weights=(0.0, -1.0, 1.0))
    wishes = Wishes(classes=("background", "sleeve", "hand"), licence="MIT")
    assert describe_foreign(file, picture, wishes).description.family == "semantic"


def test_the_own_maps_are_known_again(picture: np.ndarray, tmp_path: Path) -> None:
    file = tmp_path / "own.onnx"
    _strip(file)
    told = describe_foreign(file, picture, FREE).description
    assert (told.family, told.stride, told.input.dtype) == ("bottom_up", 4, "uint8")
    assert told.outputs == {"maps": "maps"}


def test_an_inverted_mask_is_a_doubt(picture: np.ndarray, tmp_path: Path) -> None:
    how = _statistics("RGB", "imagenet")
    file = disguise(tmp_path / "foreign.onnx", weights=(-0.5, 0.5), **how)
    wishes = replace(KNOWN, classes=("hand", "background"))
    (doubt,) = describe_foreign(file, picture, wishes).doubts
    assert "inverted" in doubt
    assert "--classes" in doubt
    one = disguise(tmp_path / "one.onnx", weights=(-1.0,), **how)
    (doubt,) = describe_foreign(one, picture, KNOWN).doubts
    assert "inverted" in doubt
    assert "export the network again" in doubt


def test_an_empty_mask_is_a_doubt(picture: np.ndarray, tmp_path: Path) -> None:
    file = disguise(tmp_path / "foreign.onnx", weights=(1.0, -100.0, -100.0))
    wishes = replace(KNOWN, classes=("background", "hand", "other"), family="semantic")
    (doubt,) = describe_foreign(file, picture, wishes).doubts
    assert "no hand was found" in doubt


def test_without_a_hand_in_the_picture_the_usual_settings_stay(tmp_path: Path) -> None:
    file = disguise(tmp_path / "foreign.onnx", weights=(-0.5, 0.5))
    grey = np.full((240, 320, 3), 128, np.uint8)
    model = describe_foreign(file, grey, FREE)
    assert model.chosen is model.trials[0]
    assert any("the package's own model finds no hand" in doubt for doubt in model.doubts)
    assert "usual" in _reason(model, "normalisation")


def test_weights_of_unknown_licence_are_a_doubt(picture: np.ndarray, tmp_path: Path) -> None:
    how = _statistics("RGB", "imagenet")
    file = disguise(tmp_path / "foreign.onnx", weights=(-0.5, 0.5), **how)
    model = describe_foreign(file, picture, Wishes())
    assert model.description.licence == "unknown"
    assert any("--licence" in doubt for doubt in model.doubts)


def test_every_family_has_a_guesser() -> None:
    assert set(GUESSERS) == set(DECODERS)


def test_what_cannot_be_described_is_explained(picture: np.ndarray, tmp_path: Path) -> None:
    file = tmp_path / "bad.onnx"

    def refused(wishes: Wishes = FREE) -> str:
        with pytest.raises(ModelError) as error:
            describe_foreign(file, picture, wishes)
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
    assert "need 2 channels" in refused(Wishes(classes=("background", "hand")))
    assert "one is 'hand'" in refused(Wishes(classes=("a", "b", "c")))
    assert "'bottom_up'" in refused(Wishes(family="bottom_up"))
    write_graph(file, ("Neg", {}), shape=(1, 3, 64, 64))
    assert "--width and --height" in refused(Wishes(width=32, height=32))
    assert "'input.resize' is 'none'" in refused(Wishes(resize="none"))
    _strip(file)
    assert "--normalisation" in refused(Wishes(normalisation="unit"))
    file.write_bytes(Path(Segmenter.load().session.path).read_bytes())
    assert "describes itself" in refused()


def _strip(file: Path) -> None:
    """Write the package's own network without its description."""
    own = onnx.load(str(Segmenter.load().session.path))
    del own.metadata_props[:]
    onnx.save(own, str(file))
