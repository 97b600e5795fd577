"""Guards that RF-DETR-seg's and RTMDet-Ins's layouts give the masks that torch gives with them."""

# SPDX-License-Identifier: Apache-2.0

# The network is a small one of the same outputs, see `support/query_networks.py`. Its weights are
# random, from a fixed seed.

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.foreign import described, write_description
from support.painting import Painted, assert_painted, painted
from support.query_networks import RfDetrSeg, RtmdetIns, random_query_network
from support.skin_network import SkinNetwork, probability
from support.torch_twin import enlarged, picture, rgb
from torch import nn

from handseg_ros.model_import.foreign_model import describe_foreign
from handseg_ros.model_import.overrides import Overrides
from handseg_ros.onnx_export.graph_builder import GraphBuilder, Value
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.geometry import stretch
from handseg_ros.segmentation.segmenter import Segmenter

SIDE = 128
FRAME = (240, 320)
CLASSES = ["hand", "object"]
# Of each hand: torch and ONNX Runtime add up in another order.
MOST_PIXELS = 4
RF_DETR = {"logits": "labels", "masks": "masks"}
RTMDET = {"boxes": "dets", "labels": "labels", "masks": "masks"}


@pytest.fixture(scope="module")
def network() -> RfDetrSeg:
    """Return the network."""
    return random_query_network(len(CLASSES), _network_input(picture(*FRAME)))


def _network_input(frame: np.ndarray) -> torch.Tensor:
    return rgb(stretch(FRAME, (SIDE, SIDE)).apply(frame))[None]


def _told(family: str, named: dict[str, str], **changes: Any) -> dict[str, Any]:
    own = {"width": SIDE, "height": SIDE, "size": "fixed", "mean": [0.0] * 3, "std": [1.0] * 3}
    description = described(
        **{"family": family, "classes": CLASSES, "outputs": named, "input": own, **changes},
        thresholds={"score": 0.5, "mask": 0.5, "minimum_area": 0.0},
    )
    del description["activation"], description["output_layout"]
    return description


def _written(network: nn.Module, file: Path, description: dict[str, Any]) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter warns that it is old
        torch.onnx.export(
            network.eval(), (torch.zeros(1, 3, SIDE, SIDE),), str(file), dynamo=False,
            opset_version=17, input_names=["input"], output_names=["dets", "labels", "masks"],
        )  # fmt: skip
    write_description(file, description)
    return file


def _rf_detr(network: RfDetrSeg, frame: np.ndarray) -> tuple[list[Painted], list[Painted]]:
    """Return what RF-DETR's own post-processing makes of it: each class of each query."""
    with torch.no_grad():
        _, logits, masks = network(_network_input(frame))
    large = enlarged(masks, FRAME)[0] > 0
    scores = logits[0].sigmoid()
    found = [
        [Painted(label, float(scores[query, label]), large[query])
         for query in range(len(large)) if scores[query, label] >= 0.5]
        for label in (0, 1)
    ]  # fmt: skip
    return painted(found[0]), painted(found[1])


def _rtmdet(network: RfDetrSeg, frame: np.ndarray) -> tuple[list[Painted], list[Painted]]:
    with torch.no_grad():
        dets, labels, masks = RtmdetIns(network)(_network_input(frame))
    large = enlarged(masks, FRAME)[0] > 0.5
    every = [
        Painted(int(label), float(det[4]), mask)
        for det, label, mask in zip(dets[0], labels[0], large, strict=True)
        if det[4] >= 0.5
    ]
    hands, objects = ([one for one in every if one.label == label] for label in (0, 1))
    return painted(hands), painted(objects)


@pytest.mark.parametrize("layout", ["rf_detr_seg", "rtmdet_ins"])
def test_hands_and_objects_are_torch_s(layout: str, network: RfDetrSeg, tmp_path: Path) -> None:
    frame = picture(*FRAME)
    if layout == "rf_detr_seg":
        file = _written(network, tmp_path / "theirs.onnx", _told(layout, RF_DETR))
        hands, objects = _rf_detr(network, frame)
    else:
        file = _written(RtmdetIns(network), tmp_path / "theirs.onnx", _told(layout, RTMDET))
        hands, objects = _rtmdet(network, frame)
    assert len(hands) > 1
    assert objects
    found = Segmenter.load(file).segment(frame)
    assert_painted(found.hands, hands, MOST_PIXELS)
    assert_painted(found.objects or (), objects, MOST_PIXELS)


@pytest.mark.parametrize("layout", ["rf_detr_seg", "rtmdet_ins"])
def test_import_knows_them_by_their_shapes(layout: str, network: RfDetrSeg, tmp_path: Path) -> None:
    theirs = network if layout == "rf_detr_seg" else RtmdetIns(network)
    file = _written(theirs, tmp_path / "theirs.onnx", {})
    file.with_suffix(".yaml").unlink()
    description = describe_foreign(
        file, picture(*FRAME), Overrides(classes=("hand", "object"))
    ).description
    assert description.family == layout
    assert description.outputs == (RF_DETR if layout == "rf_detr_seg" else RTMDET)
    assert description.input.resize == ("stretch" if layout == "rf_detr_seg" else "letterbox")


@pytest.mark.parametrize(
    ("layout", "changes", "words"),
    [
        ("rf_detr_seg", {"classes": ["hand"]}, "the 1 classes hand need (1, queries, 1)"),
        ("rf_detr_seg", {"outputs": {"logits": "labels", "masks": "dets"}}, "(1, 12, rows"),
        ("rf_detr_seg", {"outputs": {"logits": "labels"}}, "lacks 'outputs.masks'"),
        ("rtmdet_ins", {}, "the boxes of 12 detections in an image of 128x128 need (1, 12, 5)"),
        ("mask_rcnn", {"box_order": "xyxy", "mask_covers": "image"}, "the boxes of 1 detections"),
    ],
)
def test_a_description_that_does_not_fit_is_refused_in_words(
    layout: str, changes: dict[str, Any], words: str, network: RfDetrSeg, tmp_path: Path
) -> None:
    outputs = RF_DETR if layout == "rf_detr_seg" else {**RTMDET, "scores": "dets"}
    file = _written(network, tmp_path / "theirs.onnx", _told(layout, outputs, **changes))
    with pytest.raises(ModelError, match=re.escape(words)):
        Segmenter.load(file).segment(picture(*FRAME))


def _list_of(*shape: int) -> Any:
    def head(builder: GraphBuilder, z: Value) -> Value:
        return builder.mean(z, 0, 1, 2, 3) * builder.constant(np.ones(shape, np.float32))

    return head


@pytest.mark.parametrize(
    ("heads", "words"),
    [
        (
            {"loc": (1, 90, 4), "conf": (1, 90, 3), "mask": (1, 90, 32), "proto": (1, 32, 32, 32)},
            "as YOLACT does",
        ),
        ({"boxes": (20, 4), "masks": (1, 20, 16, 16)}, "are detections, but not those"),
        ({"classes": (1, 20, 3), "masks": (1, 20, 16, 16)}, "are detections, but not those"),
        (
            {"dets": (1, 9, 5), "labels": (1, 9), "masks": (1, 9, 28, 28)},
            "are detections, but not those",
        ),
    ],
)
def test_maps_beside_detections_are_never_classes(
    heads: dict[str, tuple[int, ...]], words: str, tmp_path: Path
) -> None:
    network = SkinNetwork(
        {name: _list_of(*shape) for name, shape in heads.items()},
        axes={name: len(shape) for name, shape in heads.items()},
    )
    file = network.write(tmp_path / "theirs.onnx")
    with pytest.raises(ModelError, match=words) as refused:
        describe_foreign(file, picture(*FRAME), Overrides())
    assert "by hand" not in str(refused.value)


def test_classes_of_the_whole_image_beside_a_map_are_no_detections(tmp_path: Path) -> None:
    network = SkinNetwork({"scene": _list_of(1, 5), "output": probability}, axes={"scene": 2})
    file = network.write(tmp_path / "theirs.onnx")
    overrides = Overrides(colour="RGB", normalisation="unit")
    description = describe_foreign(file, picture(*FRAME), overrides).description
    assert (description.family, description.outputs) == ("semantic", {"logits": "output"})
