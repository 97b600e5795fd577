"""Guards the shipped model: its card tells the truth, it meets the bars, it is small and quick."""

from __future__ import annotations

import re
from pathlib import Path

import onnx
import pytest

from handseg_ros.evaluation.dev_split import score
from handseg_ros.segmentation.model_store import find_model
from handseg_ros.segmentation.segmenter import Segmenter

CHECKOUT = Path(__file__).resolve().parents[2]
DATA = CHECKOUT.parent / "shared" / "data"
CARD = CHECKOUT / "docs" / "model.md"


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter.load("hands")


def test_figures_in_the_file_stand_in_the_card(segmenter: Segmenter) -> None:
    stated = dict(re.findall(r"\| `(\w+)` \| ([0-9.]+) \|", CARD.read_text(encoding="utf-8")))
    assert {name: float(value) for name, value in stated.items()} == segmenter.description.scores


def test_the_card_names_every_source_of_training_data(segmenter: Segmenter) -> None:
    card = CARD.read_text(encoding="utf-8")
    assert segmenter.description.training_data
    for source in segmenter.description.training_data:
        assert f"| {source['name']} | {source['licence']} |" in card


def test_the_file_states_figures_that_meet_the_bars(segmenter: Segmenter) -> None:
    scores = segmenter.description.scores
    assert scores["dev_ralf50_hand_iou"] >= 0.70
    assert scores["dev_irllabs20_hand_iou"] >= 0.70
    assert scores["hand_free_all_left_alone"] >= 0.90


def test_the_file_is_small_and_the_network_too() -> None:
    file = find_model("hands")
    assert file.stat().st_size <= 8e6
    weights = sum(_size(item) for item in onnx.load(str(file)).graph.initializer)
    assert weights <= 5_000_000


def _size(item: onnx.TensorProto) -> int:
    size = 1
    for side in item.dims:
        size *= side
    return size


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no development data beside the checkout: {DATA}")
def test_the_model_reaches_its_stated_figures(segmenter: Segmenter) -> None:
    measured = score(segmenter, DATA)
    assert measured == pytest.approx(dict(segmenter.description.scores), abs=0.01)
