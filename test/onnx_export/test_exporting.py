"""Guards exports: other operator sets, simpler graphs and 8 bits, each compared with the model."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import pytest
import yaml
from onnx import TensorProto
from support.assets import CLIP, PICTURE
from support.disguised import disguise
from support.foreign import described, write_description, write_graph
from support.zero_network import write_zero_network

from handseg_ros.media.sinks import write_picture
from handseg_ros.media.sources import open_source
from handseg_ros.onnx_export.export import export_standalone
from handseg_ros.onnx_export.export_request import ExportRequest, MaskAgreement
from handseg_ros.onnx_export.graph_conversion import open_model, opset_of
from handseg_ros.onnx_export.quantisation import quantised
from handseg_ros.segmentation.description import parse_description
from handseg_ros.segmentation.errors import HandsegError, ImageError, ModelError


def _request(tmp_path: Path, **changes: Any) -> ExportRequest:
    return replace(ExportRequest("hands", tmp_path / "out.onnx"), **changes)


@pytest.mark.parametrize("opset", [15, 18, 21])
def test_another_operator_set(opset: int, tmp_path: Path) -> None:
    done = export_standalone(_request(tmp_path, opset=opset))
    assert done.opset == opset
    assert opset_of(onnx.load(str(tmp_path / "out.onnx"))) == opset
    assert done.fidelity.differing < 0.001
    assert isinstance(done.fidelity, MaskAgreement)
    assert done.fidelity.iou > 0.99


def test_an_old_network_goes_to_a_newer_operator_set(tmp_path: Path) -> None:
    old = _green_hand(tmp_path)
    assert export_standalone(_request(tmp_path, model=str(old))).opset == 11
    done = export_standalone(_request(tmp_path, model=str(old), opset=17))
    assert done.opset == 17
    assert done.fidelity.differing < 0.001


def test_a_simpler_graph_has_less_operators_and_gives_the_same(tmp_path: Path) -> None:
    sizes = {}
    for simplify in (False, True):
        done = export_standalone(_request(tmp_path, simplify=simplify))
        model = onnx.load(str(tmp_path / "out.onnx"))
        sizes[simplify] = len(model.graph.node)
        assert done.fidelity.differing < 0.001
        assert {node.domain for node in model.graph.node} == {""}
    assert sizes[True] < sizes[False] - 100


@pytest.mark.slow
def test_eight_bits_are_smaller_and_nearly_as_good(tmp_path: Path) -> None:
    export_standalone(_request(tmp_path))
    full = (tmp_path / "out.onnx").stat().st_size
    calibration = tmp_path / "pictures"
    calibration.mkdir()
    _some_frames(calibration)
    done = export_standalone(_request(tmp_path, calibration=str(calibration)))
    model = onnx.load(str(tmp_path / "out.onnx"))
    assert (tmp_path / "out.onnx").stat().st_size < 0.7 * full
    kinds = {item.data_type for item in model.graph.initializer}
    assert TensorProto.INT8 in kinds
    scales = [item for item in model.graph.initializer if len(item.dims) == 1 and item.dims[0] > 1]
    assert scales, "each channel should have a scale of its own"
    assert done.precision is not None
    assert done.precision.pictures == 6
    assert 0 < done.precision.differing < 0.01
    assert 0.9 < done.precision.iou < 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"opset": 11}, ["from operator set 17 to 11", "--opset"]),
        ({"opset": 7}, ["operator set 7", "from 11"]),
        ({"opset": 12, "calibration": str(CLIP)}, ["operator set 12", "13", "--int8"]),
        ({"calibration": "nowhere"}, ["nowhere", "does not exist"]),
        ({"calibration": "0"}, ["camera", "folder"]),
        ({"width": 300}, ["300", "288 or 320"]),
        ({"model": "feet"}, ["feet", "hands"]),
    ],
    ids=str,
)
def test_what_cannot_be_exported_is_explained(
    changes: dict[str, Any], words: list[str], tmp_path: Path
) -> None:
    with pytest.raises(HandsegError) as refused:
        export_standalone(_request(tmp_path, **changes))
    for word in words:
        assert word in str(refused.value)
    assert not (tmp_path / "out.onnx").exists()


def test_a_graph_that_is_not_like_the_model_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "dice.onnx"
    write_graph(file, ("RandomNormalLike", {}))
    write_description(file, _three_classes())
    with pytest.raises(ModelError, match=r"is not like the model .* pixels differ"):
        export_standalone(_request(tmp_path, model=str(file)))
    assert not (tmp_path / "out.onnx").exists()


def test_that_nothing_was_found_to_compare_is_told(tmp_path: Path) -> None:
    file, fields = tmp_path / "nothing.onnx", _three_classes()
    write_zero_network(file, parse_description(yaml.safe_dump(fields), "a test"))
    write_description(file, fields)
    done = export_standalone(_request(tmp_path, model=str(file)))
    assert str(done.fidelity).startswith("both find nothing in 1 picture, so that little is known")


def test_operators_too_new_for_onnx_runtime_are_explained(tmp_path: Path) -> None:
    model = onnx.load(str(_green_hand(tmp_path)))
    model.opset_import[0].version = 999
    with pytest.raises(ModelError, match=r"cannot load .* operator set 999 .*older --opset"):
        open_model(model)


def test_a_picture_that_cannot_be_calibrated_with_is_named(tmp_path: Path) -> None:
    (tmp_path / "half.png").write_bytes(PICTURE.read_bytes()[:9000])
    with pytest.raises(ImageError, match=r"half\.png"):
        export_standalone(_request(tmp_path, calibration=str(tmp_path)))


def test_a_network_that_cannot_be_quantised_is_explained(tmp_path: Path) -> None:
    file = _green_hand(tmp_path)
    description = parse_description(file.with_suffix(".yaml").read_text(), "the test").input
    with pytest.raises(ModelError, match=r"cannot be quantised \(.+\): leave --int8 out"):
        quantised(onnx.load(str(file)), [], description, (256, 256))


def test_the_model_itself_is_not_overwritten(tmp_path: Path) -> None:
    file = disguise(tmp_path / "out.onnx", weights=(-0.5, 0.5))
    write_description(file, described())
    before = file.read_bytes()
    with pytest.raises(HandsegError, match="is the model itself"):
        export_standalone(_request(tmp_path, model=str(file)))
    assert file.read_bytes() == before


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(HandsegError, match="cannot be written"):
        export_standalone(_request(tmp_path, output=tmp_path / "file" / "out.onnx"))


def _green_hand(folder: Path) -> Path:
    """Write a network of operator set 11 whose largest colour wins."""
    file = folder / "old.onnx"
    write_graph(file, ("Neg", {}))
    write_description(file, _three_classes())
    return file


def _three_classes() -> dict[str, Any]:
    still = {"mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]}
    return described(classes=["a", "hand", "b"], activation="argmax", input=still)


def _some_frames(folder: Path) -> None:
    for frame in list(open_source(str(CLIP)))[::7]:
        write_picture(folder / f"{frame.name}.png", frame.image)
