"""Guards that networks which compare frames with a background give the masks that torch gives."""

# The layers are those of the Human Segmentation that this family follows: three convolutions that
# both pictures share, deconvolutions behind, two classes, a person from p > 0.95. Its weights are
# trained for seconds on painted hands.

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.comparing import DESCRIPTION, SIDE, prepare, trained_network, with_hand
from support.torch_twin import Foreign, assert_same, enlarged, export, picture

from handseg_ros.segmentation.segmenter import Segmenter

MASK = 0.95


@pytest.fixture(scope="module")
def comparing(tmp_path_factory: pytest.TempPathFactory) -> Foreign:
    """Return the trained network and its file."""
    file = tmp_path_factory.mktemp("comparing") / "comparing.onnx"
    images = torch.zeros(1, 3, SIDE, SIDE), torch.zeros(1, 3, SIDE, SIDE)
    return export(trained_network(), prepare, file, DESCRIPTION, *images)


@pytest.mark.parametrize("size", [(128, 128), (384, 384), (150, 200), (480, 640)])
def test_masks_are_torch_s(comparing: Foreign, size: tuple[int, int]) -> None:
    scene = with_hand(np.random.default_rng(1), picture(*size))
    probability = comparing.logits(scene.frame, scene.background).softmax(dim=1)[:, 1:]
    wanted = enlarged(probability, size)[0, 0] > MASK
    segmenter = Segmenter.load(comparing.file).with_background(scene.background)
    assert_same(segmenter.segment(scene.frame).mask(), wanted)
    overlap = wanted.numpy() & scene.hand
    assert overlap.sum() > 0.5 * (wanted.numpy() | scene.hand).sum(), "the hand should be found"
