"""Guards the tutorial on one's own hands: its blocks run in order, and the model gets better."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.code_blocks import CodeBlock, code_blocks, page_workspace
from support.gloves import GLOVES, MIX, take_scenes
from support.training_extra import skip_without_training

skip_without_training()

PAGE = "docs/tutorials/your-own-hands.md"
UNTIL = {"hand_segmentation_node": "loaded"}
TOY = "--mix mix --steps 2 --size 96x64 --batch-size 2 --workers 0 --threads 1"


def _smaller(block: CodeBlock) -> CodeBlock:
    """Return a block with a few scenes and a few steps."""
    text = block.text.replace("assets/gloved_hands", "gloves").replace("--steps 160", "")
    return replace(
        block, text=text.replace("--finetune hands_fast", f"--finetune hands_fast {TOY}")
    )


def _until(block: CodeBlock) -> str | None:
    return next((words for text, words in UNTIL.items() if text in block.text), None)


@pytest.mark.slow
def test_the_tutorial_runs_from_top_to_bottom_at_toy_size(tmp_path: Path) -> None:
    take_scenes(GLOVES, tmp_path / "gloves", 3)
    take_scenes(MIX, tmp_path / "mix", 2)
    with page_workspace(tmp_path) as workspace:
        for block in code_blocks(PAGE):
            workspace.run(_smaller(block), _until(block))
    for name in ("before", "run/evaluation", "run/remembered"):
        assert (tmp_path / name / "report.html").stat().st_size > 500


@pytest.mark.nightly
def test_the_tutorial_runs_as_it_stands_and_the_model_gets_better(tmp_path: Path) -> None:
    with page_workspace(tmp_path) as workspace:
        for block in code_blocks(PAGE):
            workspace.run(block, _until(block))
    scores = json.loads((tmp_path / "run" / "evaluation" / "scores.json").read_text())
    (change,) = scores["groups"]["all"]["differences"]
    assert change["figures"]["iou"]["value"] > 0.1
    assert change["figures"]["iou"]["low"] > 0
