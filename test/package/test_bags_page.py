"""Guards docs/bags.md against the code: commands, outputs, topics and defaults are true."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from pathlib import Path

from handseg_ros.cli.label_bag import LabelBagOptions
from handseg_ros.cli.main import make_parser
from handseg_ros.cli.record_masks import DEFAULT_OUTPUTS
from handseg_ros.datasets.annotations import LABELS
from handseg_ros.datasets.bag.ground_truth import NAMESPACE
from handseg_ros.outputs.table import RECORDED

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "bags.md").read_text(encoding="utf-8")


def test_the_commands_shown_are_understood() -> None:
    shown = re.findall(r"^handseg (.*?)(?:\s+#.*)?$", PAGE, re.M)
    assert len(shown) >= 3
    for command in shown:
        make_parser().parse_args(command.split())


def test_every_output_stands_there_with_its_topic_and_type() -> None:
    rows = re.findall(r"^\| `([\w/]+)`( \(default\))? \| `([\w/]+)` \| ([\w/]+) \|", PAGE, re.M)
    assert {name: kind for name, _, _, kind in rows} == {
        name: topic.msgtype for name, topic in RECORDED.items()
    }
    assert all(topic == f"/hand_segmentation/{name}" for name, _, topic, _ in rows)
    assert tuple(name for name, default, _, _ in rows if default) == DEFAULT_OUTPUTS


def test_the_defaults_named_are_the_parser_s() -> None:
    options = LabelBagOptions.of(make_parser().parse_args(["label-bag", "bag", "out"]))
    assert f"`--apart` seconds ({options.apart})" in PAGE
    assert f"`{NAMESPACE}/mask`" in PAGE


def test_every_label_is_named() -> None:
    for name in LABELS:
        assert f"`{name}`" in PAGE


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
