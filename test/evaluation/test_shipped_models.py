"""Guards the shipped models: their card is true, they are small, sides flip in a mirror."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest

from handseg_ros.datasets.development_split import DEV_SETS
from handseg_ros.datasets.frames import LabelledFrame, RandomAccessDataset, Skipped
from handseg_ros.datasets.picture_files import read_picture
from handseg_ros.datasets.registry import open_dataset
from handseg_ros.evaluation.evaluate import evaluate
from handseg_ros.evaluation.model_card import card_figures, measure_card
from handseg_ros.evaluation.report.writing import SCORES
from handseg_ros.segmentation.hands import Side
from handseg_ros.segmentation.model_store import find_model
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training.data_sources import FREE_LICENCES

CHECKOUT = Path(__file__).resolve().parents[2]
DATA = CHECKOUT.parent / "shared" / "data"
CARD = CHECKOUT / "docs" / "model.md"
STILL = CHECKOUT / "assets" / "rendered_hands.png"
WITH_DATA = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"no development data beside the checkout: {DATA}"
)
NAMES = ("hands", "hands_clean", "hands_fast", "hands_int8")


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def segmenter(name: str) -> Segmenter:
    return Segmenter.load(name)


def test_figures_in_the_file_stand_in_the_card(name: str, segmenter: Segmenter) -> None:
    rows = re.findall(r"^\| `(\w+)` ((?:\| [0-9.]+ ){4})\|$", CARD.read_text("utf-8"), re.MULTILINE)
    column = NAMES.index(name)
    stated = {figure: float(values.split("|")[1 + column]) for figure, values in rows}
    assert stated
    assert stated == segmenter.description.scores


def test_the_card_names_every_source_of_training_data(segmenter: Segmenter) -> None:
    card = CARD.read_text(encoding="utf-8")
    assert segmenter.description.training_data
    for source in segmenter.description.training_data:
        assert f"| {source['name']} | {source['licence']} |" in card


def test_what_the_data_allows_is_what_its_sources_allow(name: str, segmenter: Segmenter) -> None:
    told = segmenter.description
    free = all(
        licence not in source["licence"]
        for source in told.training_data
        for licence in ("unstated", "asks for citation", "Attribution Assurance")
    )
    assert told.data_licence == ("any use" if free else "research only")
    row = f"| `{name}` | {told.licence} | {told.data_licence} |"
    assert row in (CHECKOUT / "README.md").read_text(encoding="utf-8")


def test_the_card_names_input_and_version(name: str, segmenter: Segmenter) -> None:
    taken = segmenter.description.input
    row = f"| `{name}` | {segmenter.description.version} | {taken.width}x{taken.height} |"
    assert row in CARD.read_text(encoding="utf-8")


def test_the_file_is_small_and_the_network_too(name: str) -> None:
    file = find_model(name)
    assert file.stat().st_size <= 8e6
    weights = sum(np.prod(item.dims) for item in onnx.load(str(file)).graph.initializer)
    assert weights <= 5_000_000


def test_both_hands_of_the_still_are_found_with_their_sides(
    name: str, segmenter: Segmenter
) -> None:
    image = read_picture(STILL)
    hands = segmenter.segment(image).hands
    assert len(hands) == 2
    flipped = segmenter.segment(np.ascontiguousarray(image[:, ::-1])).hands
    assert len(flipped) == 2
    swap = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}
    # A hand keeps its place from the left in the picture, counted from the right in the mirror.
    seen = [hand.side for hand in sorted(hands, key=lambda hand: hand.box.x)]
    mirrored = [hand.side for hand in sorted(flipped, key=lambda hand: -hand.box.x)]
    # `hands` says 0.601 of one hand in the mirror, where 0.6 is known: in 8 bits it may be less.
    unsure = {Side.UNKNOWN} if name == "hands_int8" else set()
    assert Side.UNKNOWN not in seen
    for side, expected in zip(mirrored, seen, strict=True):
        assert swap.get(side) == expected or side in unsure


def test_the_clean_model_names_free_sources_alone() -> None:
    sources = Segmenter.load("hands_clean").description.training_data
    assert {source["licence"] for source in sources} <= FREE_LICENCES


class _DevSets:
    """The two sets of robots' and people's hands out of the data, which are read in seconds."""

    title = "dev"

    def __init__(self) -> None:
        whole = open_dataset(DATA)
        assert isinstance(whole, RandomAccessDataset)
        self._whole = whole
        self._names = {
            f"dev_{name}/{file.name}"
            for name in DEV_SETS
            for file in (DATA / "dev" / name / "images").iterdir()
        }
        self.length: int | None = len(self._names)
        self.skipped: list[Skipped] = []

    def __iter__(self) -> Iterator[LabelledFrame]:
        return self._whole.only(self._names)


@WITH_DATA
def test_the_models_reach_their_stated_figures_on_two_sets(
    segmenter: Segmenter, tmp_path: Path
) -> None:
    stated = segmenter.description.scores
    evaluate(_DevSets(), [segmenter], tmp_path)
    measured = card_figures(json.loads((tmp_path / SCORES).read_bytes()))
    assert {f"dev_{name}_hand_iou" for name in DEV_SETS} <= set(measured)
    assert measured == pytest.approx({figure: stated[figure] for figure in measured}, abs=0.01)


@pytest.mark.nightly
@WITH_DATA
def test_the_models_reach_their_stated_figures(segmenter: Segmenter) -> None:
    stated = segmenter.description.scores
    measured = measure_card(segmenter, [DATA])
    assert measured == pytest.approx({figure: stated[figure] for figure in measured}, abs=0.01)
