"""Guards the pages for those who come from another system: each runs in order, at toy size."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from support.assets import PICTURE
from support.code_blocks import CodeBlock, PageWorkspace, code_blocks, page_workspace
from support.published_sets import (
    EGOHANDS,
    write_coco_people,
    write_egohands,
    write_egohos,
    write_freihand,
    write_ho3d,
    write_rendered_handpose,
)
from support.training_extra import skip_without_training
from support.view_sets import write_view_sets

skip_without_training()

import torch  # noqa: E402

from handseg_ros.segmentation.segmenter import Segmenter  # noqa: E402
from handseg_ros.segmentation.validation import read_as  # noqa: E402
from handseg_ros.training.config import TrainingConfig  # noqa: E402
from handseg_ros.training.networks.registry import make_task  # noqa: E402

pytestmark = pytest.mark.slow

# What makes each network small enough for a test.
NARROW: dict[str, dict[str, Any]] = {
    "maskrcnn_resnet50_fpn": {"width": 8, "pyramid_width": 16, "box_width": 32},
    "deeplabv3_resnet101": {"width": 8},
    "frame_background": {"widths": [8, 12, 16, 24]},
}
# A part of the network, and the file of published weights that fills it.
PUBLISHED = {
    "maskrcnn_resnet50_fpn": ("", "maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth"),
    "deeplabv3_resnet101": ("", "deeplabv3_resnet101_coco-586e9e4e.pth"),
    "unet_mobilenetv2": ("encoder", "mobilenet_v2-b0353104.pth"),
}


def _rendered_hands(folder: Path) -> None:
    write_rendered_handpose(folder / "RHD_published_v2")


def _four_sets(folder: Path) -> None:
    write_freihand(folder / "FreiHAND_pub_v2")
    write_ho3d(folder / "HO3D_v3")
    write_egohos(folder / "egohos")
    square = np.array([[20.0, 20.0], [44.0, 20.0], [44.0, 44.0], [20.0, 44.0]])
    (folder / "egohands_data").mkdir()
    videos = {f"{name}_B_T": [{EGOHANDS[0]: square}] for name in ("CARDS_YARD", "CHESS_OFFICE")}
    write_egohands(folder / "egohands_data", videos, (64, 64))


PAGES: dict[str, Callable[[Path], object]] = {
    "from-hand-mask-rcnn": _rendered_hands,
    "from-hand-object-segmentation": _four_sets,
    "from-the-unet-notebook": lambda folder: write_coco_people(folder / "coco"),
    "from-human-segmentation": lambda folder: write_view_sets(folder / "images", 6, 2),
}


def _write_toy(block: CodeBlock, folder: Path) -> str:
    """Write a page's configuration under its name, of two steps, and its published weights."""
    whole = yaml.safe_load(block.text)
    read_as(TrainingConfig, whole)
    name = whole["network"]["name"]
    whole |= {"width": 64, "height": 64, "batch_size": 2}
    whole["schedule"] |= {"steps": 2, "warmup_steps": 1, "decay_steps": 1}
    whole["validation"] |= {"every": 1}
    whole["network"] |= NARROW.get(name, {})
    (folder / f"{whole['name']}.yaml").write_text(yaml.safe_dump(whole), encoding="utf-8")
    if name in PUBLISHED:
        part, file = PUBLISHED[name]
        (folder / "weights").mkdir(exist_ok=True)
        module = make_task(name, NARROW.get(name, {})).build().get_submodule(part)
        torch.save(module.state_dict(), folder / "weights" / file)
    return str(whole["name"])


def _run(block: CodeBlock, workspace: PageWorkspace) -> None:
    is_node = "hand_segmentation_node" in block.text
    # A process more would load PyTorch once more.
    text = block.text.replace("handseg train", "handseg train --workers 0 --threads 1")
    workspace.run(replace(block, text=text), "loaded" if is_node else None)


# The two with the largest networks take a minute each.
LONG = ("from-hand-mask-rcnn", "from-hand-object-segmentation")


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=pytest.mark.nightly if page in LONG else ()) for page in PAGES],
)
def test_each_page_runs_from_top_to_bottom(page: str, tmp_path: Path) -> None:
    PAGES[page](tmp_path)
    shutil.copy(PICTURE, tmp_path / "hand.png")
    names = []
    with page_workspace(tmp_path) as workspace:
        for block in code_blocks(f"docs/tutorials/{page}.md"):
            if block.language == "yaml":
                names.append(_write_toy(block, tmp_path))
            else:
                _run(block, workspace)
    assert names
    for name in names:
        assert Segmenter.load(tmp_path / "runs" / name / f"{name}.onnx").description.name == name
    assert (tmp_path / "report" / "report.html").stat().st_size > 500
    assert (tmp_path / "found.png").exists()
