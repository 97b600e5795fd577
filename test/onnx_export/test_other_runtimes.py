"""Guards that exported files run elsewhere: OpenCV's dnn, OpenVINO and onnxruntime-web."""

# SPDX-License-Identifier: Apache-2.0

# OpenVINO is tried where it is installed: `pip install openvino`.

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import pytest
from support import skin_network as skin
from support.assets import PICTURE
from support.checkout import ROOT
from support.code_blocks import code_blocks
from support.disguised import disguise
from support.foreign import described, write_description
from support.skin_network import SIDE, SkinNetwork, skin_picture

from handseg_ros.cli.main import main
from handseg_ros.onnx_export.export import export_standalone
from handseg_ros.onnx_export.export_request import ExportRequest
from handseg_ros.segmentation.geometry import RESIZE_TRANSFORMS
from handseg_ros.segmentation.segmenter import Segmenter

_WEB = ROOT / "build" / "onnxruntime_web"
wants_web = pytest.mark.skipif(
    shutil.which("node") is None or not (_WEB / ".installed").is_file(),
    reason="wants Node.js and onnxruntime-web: `make test` brings it where npm can",
)
STILL = {"mean": [0.0] * 3, "std": [1.0] * 3, "width": 160, "height": 128}
MODELS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "softmax": ({"weights": (-0.5, 0.5)}, {"input": STILL}),
    "argmax, hand and object": (
        {"weights": (0.0, 1.0, -0.1)},
        {
            "family": "hand_object", "classes": ["background", "hand", "object"],
            "activation": "argmax", "input": STILL,
        },
    ),
    "channels last": (
        {"layout": "NHWC", "size": (128, 160)},
        {
            "classes": ["hand"], "activation": "sigmoid", "output_layout": "NHWC",
            "input": {**STILL, "layout": "NHWC", "size": "fixed"},
        },
    ),
}  # fmt: skip


def _model(name: str, folder: Path) -> str:
    if name not in MODELS:
        return name
    how, description = MODELS[name]
    file = disguise(folder / "foreign.onnx", **how)
    write_description(file, described(**description))
    return str(file)


@pytest.mark.parametrize("name", ["hands", "hands_fast", *MODELS])
def test_opencv_gives_onnx_runtime_s_masks(name: str, tmp_path: Path) -> None:
    model = _model(name, tmp_path)
    file = tmp_path / "blob.onnx"
    done = export_standalone(ExportRequest(model, file, blob=True))
    segmenter = Segmenter.load(model)
    height, width = segmenter.input_size
    picture = cv2.imread(str(PICTURE))
    assert picture is not None
    frame = RESIZE_TRANSFORMS[segmenter.description.input.resize]((480, 640), (height, width))
    resized = frame.apply(picture)
    blob = cv2.dnn.blobFromImage(resized, swapRB=True)
    session = onnxruntime.InferenceSession(str(file))
    wanted = session.run(None, {"image": blob})
    network = cv2.dnn.readNetFromONNX(str(file))
    network.setInput(blob, "image")
    found = network.forward(list(done.outputs))
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one.shape == other.shape == (1, 1, height, width)
        np.testing.assert_array_equal(one, other)
    assert 0.02 < (wanted[0] > 0).mean() < 0.5
    mask = segmenter.segment(resized).mask()
    assert np.mean((wanted[0][0, 0] > 0) != (mask > 0)) < 0.01


NEW_FORMS: dict[str, tuple[SkinNetwork, dict[str, Any]]] = {
    "class numbers without a channel, a batch of two": (
        SkinNetwork(
            {"output": skin.numbers}, shape=(2, 3, SIDE, SIDE), axes={"output": 3},
            kinds={"output": skin.INT64},
        ),
        {"activation": "class_map", "output_layout": "NHW", "input": {"batch": 2}},
    ),
    "half precision and a switch": (
        SkinNetwork(
            {"output": skin.probability}, kind=skin.FLOAT16, kinds={"output": skin.FLOAT16},
            switches={"training": (9, ())},
        ),
        {
            "classes": ["hand"], "activation": "none",
            "input": {"dtype": "float16", "constants": {"training": False}},
        },
    ),
    "a mask of 0 and 255": (
        SkinNetwork(
            {"output": skin.flat_whiteness}, axes={"output": 2}, kinds={"output": skin.UINT8}
        ),
        {
            "classes": ["hand"], "activation": "none", "output_layout": "HW",
            "output_scale": 1 / 255,
        },
    ),
    "left and right": (
        SkinNetwork({"output": skin.left_and_right}),
        {"classes": ["background", "left_hand", "right_hand"], "activation": "argmax"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NEW_FORMS)
def test_every_form_of_a_map_is_exported(name: str, tmp_path: Path) -> None:
    network, description = NEW_FORMS[name]
    file = network.write(tmp_path / "theirs.onnx")
    own = {"width": SIDE, "height": SIDE, "size": "fixed", "mean": [0.0] * 3, "std": [1.0] * 3}
    write_description(
        file, described(**{**description, "input": {**own, **description.get("input", {})}})
    )
    export_standalone(ExportRequest(str(file), tmp_path / "alone.onnx"))
    picture = skin_picture()
    session = onnxruntime.InferenceSession(str(tmp_path / "alone.onnx"))
    (mask,) = session.run(None, {"image": np.ascontiguousarray(picture[..., ::-1])})
    np.testing.assert_array_equal(mask, Segmenter.load(file).segment(picture).mask())
    assert mask.any()


def test_openvino_gives_the_same(tmp_path: Path) -> None:
    openvino = pytest.importorskip("openvino")
    file, image, wanted = _exported(tmp_path)
    compiled = openvino.compile_model(str(file), "CPU")
    (mask,) = compiled({"image": image}).values()
    assert np.mean(mask != wanted) < 0.001


@wants_web
def test_onnxruntime_web_gives_the_same(tmp_path: Path) -> None:
    file, image, wanted = _exported(tmp_path)
    image.tofile(tmp_path / "image.bin")
    script = tmp_path / "run.js"
    script.write_text(_SCRIPT, encoding="utf-8")
    options = json.dumps(
        {"module": str(_WEB), "model": str(file), "folder": str(tmp_path), "shape": image.shape}
    )
    subprocess.run(["node", str(script), options], check=True, timeout=300)
    mask = np.fromfile(tmp_path / "mask.bin", np.uint8).reshape(wanted.shape)
    assert np.mean(mask != wanted) < 0.001


_SCRIPT = """
const told = JSON.parse(process.argv[2]);
const files = require('fs');
const ort = require(told.module + '/node_modules/onnxruntime-web');
ort.env.wasm.numThreads = 1;
(async () => {
  const session = await ort.InferenceSession.create(files.readFileSync(told.model));
  const pixels = new Uint8Array(files.readFileSync(told.folder + '/image.bin'));
  const given = await session.run({image: new ort.Tensor('uint8', pixels, told.shape)});
  files.writeFileSync(told.folder + '/mask.bin', given.mask.data);
})().catch((error) => { console.error(error); process.exit(1); });
"""


@wants_web
def test_onnxruntime_web_gives_the_same_hands(tmp_path: Path) -> None:
    """The page's own lines, with a canvas that node lacks."""
    file = tmp_path / "single.onnx"
    export_standalone(ExportRequest("hands_fast", file, instances=True))
    picture = cv2.imread(str(PICTURE))
    assert picture is not None
    cv2.cvtColor(picture, cv2.COLOR_BGR2RGBA).tofile(tmp_path / "image.bin")
    (block,) = (
        block for block in code_blocks("docs/models-of-your-own.md") if block.language == "js"
    )
    script = tmp_path / "run.js"
    script.write_text(_CANVAS + block.text + _HANDS, encoding="utf-8")
    height, width = picture.shape[:2]
    options = json.dumps({"module": str(_WEB), "height": height, "width": width})
    subprocess.run(["node", str(script), options], check=True, timeout=300, cwd=tmp_path)
    found = json.loads((tmp_path / "hands.json").read_text())
    masks = np.fromfile(tmp_path / "masks.bin", np.uint8).reshape(-1, height, width)
    wanted = Segmenter.load("hands_fast").segment(picture).hands
    assert len(wanted) >= 2
    assert found["sides"] == [int(hand.side) for hand in wanted]
    boxes = [(hand.box.y, hand.box.x, hand.box.height, hand.box.width) for hand in wanted]
    rois = np.array(found["rois"]).reshape(-1, 4)
    np.testing.assert_array_equal(np.c_[rois[:, :2], rois[:, 2:] - rois[:, :2]], boxes)
    np.testing.assert_allclose(found["scores"], [hand.score for hand in wanted], atol=1e-4)
    for mask, hand in zip(masks, wanted, strict=True):
        whole = np.zeros((height, width), np.uint8)
        whole[hand.box.slices] = hand.mask
        np.testing.assert_array_equal(mask, whole)


_CANVAS = """
const told = JSON.parse(process.argv[2]);
const files = require('fs');
const ort = require(told.module + '/node_modules/onnxruntime-web');
ort.env.wasm.numThreads = 1;
const canvas = {width: told.width, height: told.height};
const data = new Uint8ClampedArray(files.readFileSync('image.bin'));
const context = {getImageData: () => ({...canvas, data})};
(async () => {
"""
_HANDS = """
  const told_sides = [...sides.data].map(Number);
  const plain = {rois: [...rois.data], scores: [...scores.data], sides: told_sides};
  files.writeFileSync('hands.json', JSON.stringify(plain));
  files.writeFileSync('masks.bin', masks.data);
})().catch((error) => { console.error(error); process.exit(1); });
"""


def _exported(folder: Path) -> tuple[Path, np.ndarray, np.ndarray]:
    """Return an exported file, an image and the mask that ONNX Runtime gives of it."""
    file = folder / "alone.onnx"
    export_standalone(ExportRequest("hands_fast", file))
    picture = cv2.imread(str(PICTURE))
    assert picture is not None
    image = np.ascontiguousarray(picture[..., ::-1])
    (mask,) = onnxruntime.InferenceSession(str(file)).run(None, {"image": image})
    return file, image, mask


def test_import_knows_what_export_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "alone.onnx"
    export_standalone(ExportRequest("hands_fast", file, colour="BGR"))
    assert main(["import", str(file)]) == 0
    printed = capsys.readouterr()
    assert "was written by `handseg export` from hands_fast" in printed.out
    assert "input.colour: BGR (as you said)" in printed.out
    assert "onnxruntime" not in printed.err
    picture = cv2.imread(str(PICTURE))
    assert picture is not None
    found = Segmenter.load(file).segment(picture).mask()
    (wanted,) = onnxruntime.InferenceSession(str(file)).run(None, {"image": picture})
    assert np.mean(found != wanted) < 0.001


def test_blobs_and_bytes_exclude_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--opencv", "--int8", "--calibration-data", str(tmp_path)]
    assert main(["export", "--output", str(tmp_path / "x.onnx"), *arguments]) == 2
    assert "--opencv" in capsys.readouterr().err
