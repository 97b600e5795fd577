"""Guards `handseg export --instances`: a file whose hands are the node's, and what it refuses."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
import yaml
from support.assets import PICTURE
from support.disguised import disguise
from support.foreign import described, write_description
from support.guide import example
from support.instance_graphs import FoundInstances, assert_same
from support.zero_network import write_zero_network

from handseg_ros.cli.main import main
from handseg_ros.onnx_export.export import export_standalone
from handseg_ros.onnx_export.export_request import ExportRequest, InstanceAgreement
from handseg_ros.segmentation.description import STANDALONE_KEY, parse_description
from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.segmentation.segmenter import Segmenter


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the small model's file of single hands, which the command has written."""
    file = tmp_path_factory.mktemp("exported") / "hands.onnx"
    arguments = ["--model", "hands_fast", "--colour", "BGR", "--instances"]
    assert main(["export", *arguments, "--output", str(file)]) == 0
    return file


def test_hands_of_a_file_are_the_core_s(exported: Path) -> None:
    session = onnxruntime.InferenceSession(str(exported))
    segmenter = Segmenter.load("hands_fast")
    picture = cv2.imread(str(PICTURE))
    assert picture is not None
    counts = []
    for size in ((480, 640), (97, 131), (640, 353), (720, 1280), (1, 1)):
        frame = cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA)
        wanted = segmenter.segment(frame)
        assert_same(FoundInstances.of(session, {"image": frame}), wanted, size)
        counts.append(len(wanted.hands))
    assert max(counts) >= 2, "there should be something to compare"
    assert min(counts) == 0, "and a picture without hands"


def test_the_file_says_what_it_gives(exported: Path) -> None:
    model = onnx.load(str(exported))
    onnx.checker.check_model(model, full_check=True)
    assert {item.domain for item in model.opset_import} == {""}
    facts = {item.key: item.value for item in model.metadata_props}
    known = yaml.safe_load(facts[STANDALONE_KEY])
    assert known["outputs"] == ["rois", "class_ids", "scores", "sides", "masks"]
    assert known["source"]["classes"][1] == "hand"
    assert "y1 x1 y2 x2" in model.doc_string


def test_a_detector_gives_hands_without_being_asked(tmp_path: Path) -> None:
    fields = example("yolo-hands")
    description = parse_description(yaml.safe_dump(fields), "the page")
    file = tmp_path / "yolo.onnx"
    write_zero_network(file, description)
    write_description(file, fields)
    done = export_standalone(ExportRequest(str(file), tmp_path / "alone.onnx"))
    assert done.outputs[0] == "rois"
    assert isinstance(done.fidelity, InstanceAgreement)
    assert done.fidelity.pictures == 3
    assert str(done.fidelity).startswith("both find nothing in 3 pictures")
    session = onnxruntime.InferenceSession(str(tmp_path / "alone.onnx"))
    found = FoundInstances.of(session, {"image": np.zeros((30, 40, 3), np.uint8)})
    assert found.masks.shape == (0, 30, 40)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": "semantic"}, ["semantic", "--instances out", "bottom_up, mask_rcnn"]),
        ({"opset": 15}, ["operator set 15", "16", "--instances"]),
        ({"blob": True}, ["loops", "--opencv"]),
    ],
    ids=str,
)
def test_what_cannot_be_is_explained(
    changes: dict[str, Any], words: list[str], tmp_path: Path
) -> None:
    if changes.get("model") == "semantic":
        file = disguise(tmp_path / "foreign.onnx", weights=(-0.5, 0.5))
        write_description(file, described())
        changes = {"model": str(file)}
    known: dict[str, Any] = {
        "model": "hands_fast",
        "output": tmp_path / "out.onnx",
        "instances": True,
    }
    with pytest.raises(HandsegError) as refused:
        export_standalone(ExportRequest(**{**known, **changes}))
    for word in words:
        assert word in str(refused.value)
    assert not (tmp_path / "out.onnx").exists()


def test_instances_and_blobs_exclude_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--opencv", "--instances", "--output", str(tmp_path / "x.onnx")]
    assert main(["export", *arguments]) == 2
    assert "--instances" in capsys.readouterr().err


def test_a_threshold_may_be_another_one(tmp_path: Path) -> None:
    file = tmp_path / "sure.onnx"
    export_standalone(ExportRequest("hands_fast", file, "BGR", instances=True, score=1.0))
    session = onnxruntime.InferenceSession(str(file))
    picture = cv2.imread(str(PICTURE))
    assert picture is not None
    found = FoundInstances.of(session, {"image": picture})
    assert found.scores.shape == (0,)


def test_a_checkpoint_that_is_none_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    file = tmp_path / "checkpoint.pt"
    output = ["--output", str(tmp_path / "x.onnx")]
    assert main(["export", "--model", str(file), *output]) == 1
    assert "does not exist" in capsys.readouterr().err
    file.write_bytes(b"no checkpoint")
    assert main(["export", "--model", str(file), *output]) == 1
    assert "is none of this package's training" in capsys.readouterr().err


def test_without_torch_a_checkpoint_is_answered_with_a_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "handseg_ros.training.checkpoint_file", raising=False)
    arguments = ["--model", "run/checkpoint.pt", "--output", str(tmp_path / "x.onnx")]
    assert main(["export", *arguments]) == 1
    assert "a checkpoint needs the package 'torch'" in capsys.readouterr().err
