"""Guards the reading of the sources: how masks are coded, and that nothing held out gets in."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from handseg_ros.media.sinks import write_picture
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Side
from handseg_ros.training.box_supervision import box_supervised_images
from handseg_ros.training.data_sources import (
    background_samples,
    box_supervised_cutouts,
    box_supervised_samples,
    ccp_samples,
    hgr_cutouts,
    hgr_samples,
    load_training_set,
    massey_cutouts,
    rendered_samples,
)
from handseg_ros.training.samples import IGNORE, PART, Sample


def test_forearms_of_hgr_are_background_and_held_out_people_are_left_out(tiny_data: Path) -> None:
    samples = list(hgr_samples(tiny_data))
    assert len(samples) == 2
    for sample in samples:
        assert sample.sides == (Side.UNKNOWN,)
        assert sample.ids[40, 64] == 1
        assert sample.ids[90, 64] == 0


def test_hgr_cutouts_are_opaque_where_skin_is_and_hand_ends_at_the_wrist(tiny_data: Path) -> None:
    cutout = next(hgr_cutouts(tiny_data))
    assert cutout.hand.any()
    assert not cutout.hand[-8:].any()
    assert cutout.alpha[-8:].any()
    assert not (cutout.hand & ~cutout.alpha).any()


def test_ccp_codes_hands_unknown_and_the_rest(tiny_data: Path) -> None:
    samples = list(ccp_samples(tiny_data))
    # Of six, the first and the sixth are held out.
    assert len(samples) == 4
    assert samples[0].ids[32, 64] == 1
    assert samples[0].ids[90, 5] == IGNORE
    assert samples[0].ids[90, 100] == 0


def test_massey_hands_are_right_ones_without_their_black_rim(tiny_data: Path) -> None:
    cutout = next(massey_cutouts(tiny_data))
    assert cutout.side == Side.RIGHT
    assert np.percentile(cutout.image[cutout.alpha > 0], 1) > 90


def test_rendered_ids_tell_hand_and_side(tiny_data: Path) -> None:
    samples = list(rendered_samples(tiny_data / "rendered"))
    assert sorted(np.unique(samples[1].ids)) == [0, 2]
    assert samples[1].sides == (Side.LEFT, Side.RIGHT)
    assert not samples[0].hand.any()


def test_the_training_set_sorts_renders_by_whether_hands_are_seen(
    tiny_data: Path, tiny_sources: tuple[str, ...]
) -> None:
    training_set = load_training_set(tiny_data, [tiny_data / "rendered"], tiny_sources)
    counts = {name: len(items) for name, items in training_set.samples.items()}
    assert counts == {
        "hgr": 2, "ccp": 4, "backgrounds": 4, "box_supervised": 12 + 4 * 4, "masked": 10, "skin": 6,
        "rendered": 5, "rendered_hand_free": 1,
    }  # fmt: skip
    assert not any(sample.hand.any() for sample in training_set.samples["backgrounds"])


def test_photos_of_a_small_source_are_drawn_more_often(tiny_data: Path) -> None:
    photos = load_training_set(tiny_data, [], ("subhih", "oxford_hands")).samples["box_supervised"]
    drawn = Counter(id(photo) for photo in photos)
    assert sorted(drawn.values()) == [1] * 6 + [4] * 4


def test_a_hand_is_cut_out_where_its_outline_is_known() -> None:
    image, ids = np.full((120, 160, 3), 90, np.uint8), np.zeros((120, 160), np.uint8)
    ids[20:80, 20:60] = 1
    ids[:, 80:] = IGNORE
    ids[20:80, 100:140] = 2
    cutouts = list(box_supervised_cutouts([Sample(image, ids, (Side.UNKNOWN,) * 2)]))
    assert len(cutouts) == 1
    assert cutouts[0].hand.shape[1] < 60


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"masked/hgr/images holds no pictures"):
        next(hgr_samples(tmp_path))
    (tmp_path / "backgrounds" / "cards").mkdir(parents=True)
    with pytest.raises(MediaError, match="cards holds no pictures"):
        next(background_samples(tmp_path, "cards"))


def test_a_training_set_holds_the_named_sources_alone(tiny_data: Path) -> None:
    training_set = load_training_set(tiny_data, [], ("ccp", "houses"))
    assert {name for name, items in training_set.samples.items() if items} == {"ccp", "backgrounds"}
    assert not any(training_set.cutouts.values())


def test_ids_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in size"):
        Sample(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5), np.uint8))


def test_of_labels_of_boxed_photos_only_whole_hands_have_a_number(
    tiny_data: Path, tmp_path: Path
) -> None:
    photos = list(box_supervised_images(tiny_data, "subhih", 480))
    (tmp_path / "subhih").mkdir()
    for photo in photos:
        ids = np.zeros(photo.image.shape[:2], np.uint8)
        ids[4:9], ids[12:20], ids[30:40] = 1, PART, IGNORE
        write_picture(tmp_path / "subhih" / f"{photo.name}.png", ids)
    samples = list(box_supervised_samples(tiny_data, "subhih", tmp_path))
    assert samples
    assert all(sample.sides == (Side.UNKNOWN,) for sample in samples)
    assert all(sample.hand[12:20].all() for sample in samples)
