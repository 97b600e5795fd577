"""Guards the bottom-up decoder: which hands come out of worked-out maps, and their exact masks."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from handseg_ros.segmentation.decoders.bottom_up import decode
from handseg_ros.segmentation.description import ModelDescription, Thresholds
from handseg_ros.segmentation.geometry import letterbox
from handseg_ros.segmentation.hands import Hand, Segmentation, Side, Timings

Decode = Callable[..., tuple[Hand, ...]]
AddDisc = Callable[..., None]

VGA = letterbox((480, 640), (256, 320))


def logit_of(probability: float) -> float:
    return float(np.log(probability / (1 - probability)))


@pytest.fixture
def hands_of(description: ModelDescription) -> Decode:
    """Return a function that decodes maps of a 640x480 frame."""

    def decode_vga(
        maps: np.ndarray, thresholds: Thresholds = description.thresholds
    ) -> tuple[Hand, ...]:
        return decode({"maps": maps[None]}, VGA, description, thresholds).hands

    return decode_vga


def test_no_hand_gives_an_empty_answer(hands_of: Decode, empty_maps: np.ndarray) -> None:
    assert hands_of(empty_maps) == ()


def test_a_disc_lies_where_it_was_painted(
    hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc
) -> None:
    add_disc(empty_maps, column=25, row=30, radius=10)
    (hand,) = hands_of(empty_maps)
    # A cell of 4 network pixels is 8 pixels of the frame, its centre 3.5 after its first.
    assert hand.centroid == pytest.approx((25 * 8 + 3.5, 30 * 8 + 3.5), abs=0.01)
    assert hand.area == pytest.approx(np.pi * 80**2, rel=0.06)
    assert hand.area == np.count_nonzero(hand.mask)
    assert hand.mask.shape == (hand.box.height, hand.box.width)
    assert set(np.unique(hand.mask)) == {0, 255}
    assert hand.side is Side.RIGHT
    assert hand.side_confidence == pytest.approx(1 / (1 + np.exp(-5.0)), abs=1e-6)


@pytest.mark.parametrize(("probability", "score"), [(0.95, 0.5), (0.99, 99 / (99 + 19))])
def test_a_score_is_the_odds_of_the_surest_cells_over_nineteen(
    hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc, probability: float, score: float
) -> None:
    add_disc(empty_maps, column=25, row=30, radius=10)
    empty_maps[0] = np.minimum(empty_maps[0], logit_of(probability))
    (hand,) = hands_of(empty_maps, Thresholds(0.4, 0.5, 0.0))
    assert hand.score == pytest.approx(score, abs=1e-6)


def test_a_few_very_sure_cells_make_a_hand_of_what_hangs_together_with_them(
    hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc
) -> None:
    add_disc(empty_maps, column=20, row=30, radius=8)
    add_disc(empty_maps, column=60, row=30, radius=8)
    empty_maps[0] = np.minimum(empty_maps[0], logit_of(0.7))
    # 0.025 % of 64x80 cells are one and a quarter.
    empty_maps[0, 30, 20:22] = 6.0
    empty_maps[0, 30, 60] = 6.0
    whole = hands_of(empty_maps, Thresholds(0.0, 0.5, 0.0))
    assert len(whole) == 2
    (hand,) = hands_of(empty_maps)
    assert (hand.box, hand.area) == (whole[0].box, whole[0].area)


def test_centres_offsets_and_sides_have_no_say_in_what_is_hand(
    description: ModelDescription, empty_maps: np.ndarray, add_disc: AddDisc
) -> None:
    add_disc(empty_maps, column=25, row=30, radius=10)
    add_disc(empty_maps, column=44, row=30, radius=10)
    add_disc(empty_maps, column=65, row=12, radius=5)

    def union() -> np.ndarray:
        thresholds = Thresholds(0.5, 0.5, 0.0)
        hands = decode({"maps": empty_maps[None]}, VGA, description, thresholds).hands
        return Segmentation(480, 640, hands, Timings(0, 0, 0)).mask()

    expected = union()
    assert expected.any()
    rng = np.random.default_rng(1)
    for spread in (0.0, 3.0, 100.0):
        empty_maps[1:] = rng.normal(0.0, spread, empty_maps[1:].shape)
        assert np.array_equal(union(), expected)


def test_the_box_is_tight(hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc) -> None:
    add_disc(empty_maps, column=40, row=30, radius=8)
    (hand,) = hands_of(empty_maps)
    for edge in (hand.mask[0], hand.mask[-1], hand.mask[:, 0], hand.mask[:, -1]):
        assert edge.any()


def test_touching_hands_are_told_apart_and_share_no_pixel(
    hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc
) -> None:
    add_disc(empty_maps, column=25, row=30, radius=10, side=5.0)
    add_disc(empty_maps, column=44, row=30, radius=10, side=-5.0)
    hands = hands_of(empty_maps)
    assert [hand.id for hand in hands] == [1, 2]
    assert {hand.side for hand in hands} == {Side.LEFT, Side.RIGHT}
    segmentation = Segmentation(480, 640, hands, Timings(0, 0, 0))
    assert sum(hand.area for hand in hands) == np.count_nonzero(segmentation.mask())
    ids = segmentation.instances()
    for hand in hands:
        assert np.count_nonzero(ids == hand.id) == hand.area


def test_a_hand_cut_in_two_by_an_object_stays_one(
    hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc
) -> None:
    add_disc(empty_maps, column=40, row=30, radius=12)
    empty_maps[0, 28:33] = -6.0
    (hand,) = hands_of(empty_maps)
    filled_rows = hand.mask.max(axis=1) > 0
    assert not filled_rows.all(), "the object's band should be no hand"
    assert filled_rows[0]
    assert filled_rows[-1]


def test_a_speck_beside_a_hand_is_left_out(
    hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc
) -> None:
    add_disc(empty_maps, column=30, row=30, radius=10)
    (alone,) = hands_of(empty_maps)
    empty_maps[0, 40:42, 45] = 6.0
    empty_maps[2, 40:42, 45] = (30 - 45) * 4
    empty_maps[3, 40:42, 45] = (30 - 41) * 4
    (hand,) = hands_of(empty_maps)
    assert (hand.box, hand.area) == (alone.box, alone.area)


def test_a_fingertip_apart_from_its_hand_is_part_of_it(
    hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc
) -> None:
    add_disc(empty_maps, column=30, row=30, radius=12)
    tip = slice(28, 33), slice(44, 48)
    empty_maps[0][tip] = 6.0
    # Its offsets lead towards the hand, and end halfway to its centre.
    empty_maps[2][tip] = -8 * 4
    (hand,) = hands_of(empty_maps)
    assert hand.box.x + hand.box.width > 44 * 8


def test_a_small_hand_beside_a_large_one_is_a_hand(
    hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc
) -> None:
    add_disc(empty_maps, column=30, row=30, radius=14)
    add_disc(empty_maps, column=46.5, row=30, radius=2.2)
    large, small = sorted(hands_of(empty_maps), key=lambda hand: -hand.area)
    assert small.box.x >= large.box.x + large.box.width


def test_sure_dust_is_no_hand(hands_of: Decode, empty_maps: np.ndarray) -> None:
    rows, columns = np.mgrid[10:24:2, 10:24:2]
    empty_maps[0, rows, columns] = 9.0
    empty_maps[1, 17, 17] = 9.0
    empty_maps[2, rows, columns] = (17 - columns) * 4
    empty_maps[3, rows, columns] = (17 - rows) * 4
    assert hands_of(empty_maps, Thresholds(0.0, 0.5, 0.0)) == ()


def test_an_unsure_second_hand_in_a_piece_is_part_of_the_first(
    hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc
) -> None:
    add_disc(empty_maps, column=25, row=30, radius=10, side=5.0)
    add_disc(empty_maps, column=44, row=30, radius=10, side=-5.0)
    assert len(hands_of(empty_maps)) == 2
    empty_maps[0, :, 35:] = np.minimum(empty_maps[0, :, 35:], logit_of(0.9))
    (hand,) = hands_of(empty_maps)
    assert hand.area == pytest.approx(2 * np.pi * 80**2, rel=0.06)


def test_two_hands_of_one_piece_need_one_sure_cell_each(
    hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc
) -> None:
    add_disc(empty_maps, column=25, row=30, radius=10, side=5.0)
    add_disc(empty_maps, column=44, row=30, radius=10, side=-5.0)
    empty_maps[0] = np.minimum(empty_maps[0], logit_of(0.9))
    # A piece needs two sure cells to be a hand at all: here each half has one of them.
    empty_maps[0, 30, 34:36] = 6.0
    hands = hands_of(empty_maps)
    assert {hand.side for hand in hands} == {Side.LEFT, Side.RIGHT}
    assert [hand.score for hand in hands] == [0.5, 0.5]


def test_a_second_peak_inside_one_hand_makes_no_second_hand(
    hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc
) -> None:
    add_disc(empty_maps, column=40, row=30, radius=14)
    empty_maps[1, 30, 49] = 5.0
    assert len(hands_of(empty_maps)) == 1


def test_a_flat_heat_map_makes_one_hand_of_one_blob(
    hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc
) -> None:
    add_disc(empty_maps, column=40, row=30, radius=14)
    empty_maps[1] = 6.0
    assert len(hands_of(empty_maps)) == 1


@pytest.mark.parametrize("odd", [False, True])
def test_a_blob_without_a_peak_is_one_hand_all_the_same(
    hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc, odd: bool
) -> None:
    add_disc(empty_maps, column=40, row=30, radius=8)
    empty_maps[0, 22, 40] = -6.0 if odd else 6.0
    assert np.count_nonzero(empty_maps[0] > 0) % 2 == odd
    (expected,) = hands_of(empty_maps)
    empty_maps[1] = -6.0
    (hand,) = hands_of(empty_maps)
    assert (hand.score, hand.area) == (expected.score, expected.area)


@pytest.mark.parametrize("unsure", [0.6, 0.94])
def test_an_unsure_piece_is_no_hand_whatever_its_centre_says(
    hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc, unsure: float
) -> None:
    add_disc(empty_maps, column=40, row=30, radius=8)
    empty_maps[0] = np.minimum(empty_maps[0], logit_of(unsure))
    assert hands_of(empty_maps) == ()
    assert len(hands_of(empty_maps, Thresholds(0.0, 0.5, 0.0))) == 1


def test_hands_come_with_the_highest_score_first(
    hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc
) -> None:
    add_disc(empty_maps, column=20, row=30, radius=8)
    add_disc(empty_maps, column=60, row=30, radius=8)
    empty_maps[0][:, :40] = np.minimum(empty_maps[0][:, :40], 4.0)
    first, second = hands_of(empty_maps)
    assert first.score > second.score
    assert first.centroid[0] > second.centroid[0]


def test_a_doubtful_side_is_unknown(
    hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc
) -> None:
    add_disc(empty_maps, column=40, row=30, radius=8, side=0.1)
    (hand,) = hands_of(empty_maps)
    assert hand.side is Side.UNKNOWN
    assert hand.side_confidence == 0.0


def test_a_higher_mask_threshold_shrinks_the_mask(
    hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc
) -> None:
    add_disc(empty_maps, column=40, row=30, radius=8)
    areas = [hands_of(empty_maps, Thresholds(0.5, mask, 0.0))[0].area for mask in (0.2, 0.5, 0.9)]
    assert areas == sorted(areas, reverse=True)
    assert len(set(areas)) == 3


def test_hands_below_the_minimum_area_are_left_out(
    hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc
) -> None:
    add_disc(empty_maps, column=40, row=30, radius=8)
    (hand,) = hands_of(empty_maps, Thresholds(0.5, 0.5, 0.0))
    share = hand.area / (640 * 480)
    assert hands_of(empty_maps, Thresholds(0.5, 0.5, share * 1.01)) == ()
    assert len(hands_of(empty_maps, Thresholds(0.5, 0.5, share))) == 1


def test_what_lies_in_the_padding_is_no_hand(
    hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc
) -> None:
    # 640x480 fills 60 of the 64 rows of cells.
    add_disc(empty_maps, column=40, row=62.5, radius=1.6)
    assert hands_of(empty_maps, Thresholds(0.0, 0.5, 0.0)) == ()


def test_a_hand_at_the_frame_s_edge_reaches_the_edge(
    hands_of: Decode, empty_maps: np.ndarray, add_disc: AddDisc
) -> None:
    add_disc(empty_maps, column=0, row=0, radius=10)
    (hand,) = hands_of(empty_maps)
    assert (hand.box.x, hand.box.y) == (0, 0)
    assert hand.mask[0, 0] == 255


def test_a_map_that_is_not_at_the_described_stride_is_refused(
    description: ModelDescription, empty_maps: np.ndarray
) -> None:
    with pytest.raises(ValueError, match="stride 4"):
        decode({"maps": empty_maps[None, :, :32]}, VGA, description, description.thresholds)


@pytest.mark.parametrize("seed", range(4))
def test_any_finite_maps_give_the_same_disjoint_hands_again(
    description: ModelDescription, empty_maps: np.ndarray, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    size = (1.0, 10.0, 1e4, 1e30)[seed]
    maps = (rng.normal(0, size, (1, *empty_maps.shape))).astype(np.float32)
    once, again = (
        decode({"maps": maps}, VGA, description, Thresholds(0.2, 0.5, 0.0)).hands for _ in range(2)
    )
    assert once
    assert [hand.box for hand in once] == [hand.box for hand in again]
    union = Segmentation(480, 640, once, Timings(0, 0, 0)).mask()
    assert sum(hand.area for hand in once) == np.count_nonzero(union)
    assert all(0.2 <= hand.score <= 1.0 for hand in once)
