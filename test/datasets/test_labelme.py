"""Guards labelme's folders: polygons, groups, flags, pictures inside the JSON, bad files."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from skimage.draw import polygon2mask

from handseg_ros.datasets.frames import LabelledFrame
from handseg_ros.datasets.labelme.reading import open_labelme
from handseg_ros.segmentation.hands import Side

SHAPE = (60, 80)
POINTS = [[5, 4], [35, 9], [28, 40], [8, 33]]
ELSEWHERE = [[50, 5], [70, 5], [70, 30]]


def shape_of(label: str, points: Any = POINTS, kind: str | None = "polygon", **more: Any) -> Any:
    return {"label": label, "points": points, "shape_type": kind, "flags": {}, **more}


def write(folder: Path, own: list[Any], name: str = "a", **more: Any) -> None:
    cv2.imwrite(str(folder / f"{name}.png"), np.zeros((*SHAPE, 3), np.uint8))
    content: dict[str, Any] = {
        "version": "5.4.1",
        "flags": {},
        "shapes": own,
        "imagePath": f"{name}.png",
    }
    content |= {"imageData": None, "imageHeight": SHAPE[0], "imageWidth": SHAPE[1], **more}
    (folder / f"{name}.json").write_text(json.dumps(content))


def only_frame(folder: Path) -> LabelledFrame:
    (frame,) = open_labelme(folder)
    return frame


def test_a_polygon_is_what_scikit_image_fills(tmp_path: Path) -> None:
    write(tmp_path, [shape_of("hand")])
    ground_truth = only_frame(tmp_path).ground_truth
    assert ground_truth is not None
    reference = polygon2mask(SHAPE, np.array(POINTS)[:, ::-1])
    # The two differ in the pixels that an edge runs through.
    disagreement = np.count_nonzero(ground_truth.mask ^ reference)
    assert disagreement < 0.1 * np.count_nonzero(reference)
    assert ground_truth.mask[20, 20]


def test_shapes_of_one_group_are_one_hand_and_labels_are_sides(tmp_path: Path) -> None:
    shapes = [
        shape_of("left hand", group_id=3),
        shape_of("left_hand", ELSEWHERE, group_id=3),
        shape_of("right_hand", [[40, 40], [60, 55]], "rectangle"),
    ]
    write(tmp_path, shapes)
    ground_truth = only_frame(tmp_path).ground_truth
    assert ground_truth is not None
    assert ground_truth.sides == {1: Side.LEFT, 2: Side.RIGHT}
    assert ground_truth.ids[20, 20] == ground_truth.ids[8, 65] == 1
    assert ground_truth.ids[50, 50] == 2
    assert ground_truth.objects is None


def test_objects_are_labelled_where_one_is(tmp_path: Path) -> None:
    write(tmp_path, [shape_of("hand"), shape_of("object", ELSEWHERE)])
    ground_truth = only_frame(tmp_path).ground_truth
    assert ground_truth is not None
    assert ground_truth.objects is not None
    assert ground_truth.objects[8, 65]
    assert not ground_truth.objects[20, 20]


def test_flags_are_tags_and_folders_sequences(tmp_path: Path) -> None:
    (tmp_path / "hall").mkdir()
    write(tmp_path / "hall", [], flags={"gloved": True, "dim": False})
    frame = only_frame(tmp_path)
    assert (frame.name, frame.sequence) == ("hall/a", "hall")
    assert frame.tags == {"gloved": "yes", "dim": "no"}


def test_a_picture_alone_has_no_label_and_a_file_without_shapes_no_hand(tmp_path: Path) -> None:
    write(tmp_path, [])
    cv2.imwrite(str(tmp_path / "b.png"), np.zeros((*SHAPE, 3), np.uint8))
    empty, alone = open_labelme(tmp_path)
    assert empty.ground_truth is not None
    assert not empty.ground_truth.mask.any()
    assert (alone.name, alone.ground_truth) == ("b", None)


def test_the_picture_may_be_in_the_file(tmp_path: Path) -> None:
    data = cv2.imencode(".png", np.full((*SHAPE, 3), 77, np.uint8))[1].tobytes()
    write(tmp_path, [], imageData=base64.b64encode(data).decode())
    (tmp_path / "a.png").unlink()
    frame = only_frame(tmp_path)
    assert (frame.image == 77).all()


@pytest.mark.parametrize(
    ("shapes", "more", "reason"),
    [
        ([shape_of("foot")], {}, "its label 'foot' is none of hand, left_hand"),
        ([shape_of("hand", kind="circle")], {}, "has a circle, but polygons"),
        ([shape_of("hand", [[1, 1], [2, 2]])], {}, "fewer than three corners"),
        ([], {"shapes": 3}, "damaged or not labelme's"),
        ([], {"imagePath": "gone.png"}, "neither where imagePath says nor in the file"),
    ],
)
def test_a_bad_file_costs_its_frame_alone(
    tmp_path: Path, shapes: list[Any], more: dict[str, Any], reason: str
) -> None:
    write(tmp_path, shapes, **more)
    write(tmp_path, [], name="b")
    labelled = open_labelme(tmp_path)
    assert [frame.name for frame in labelled] == ["b"]
    assert reason in labelled.skipped[0].reason


def test_rectangles_of_four_corners_are_read(tmp_path: Path) -> None:
    corners = [[10, 5], [30, 5], [30, 25], [10, 25]]
    write(tmp_path, [shape_of("hand", corners, "rectangle", score=None, difficult=False)])
    ground_truth = only_frame(tmp_path).ground_truth
    assert ground_truth is not None
    assert np.argwhere(ground_truth.mask).min(axis=0).tolist() == [5, 10]
    assert np.count_nonzero(ground_truth.mask) == 400


def encoded(mask: np.ndarray) -> str:
    return base64.b64encode(cv2.imencode(".png", mask)[1].tobytes()).decode()


@pytest.mark.parametrize("value", [1, 255])
def test_masks_of_labelme_s_own_ai_are_pasted_into_their_box(value: int, tmp_path: Path) -> None:
    mask = np.zeros((6, 8), np.uint8)
    cv2.circle(mask, (4, 3), 2, value, cv2.FILLED)
    write(
        tmp_path, [shape_of("left hand", [[10.0, 20.0], [17.0, 25.0]], "mask", mask=encoded(mask))]
    )
    ground_truth = only_frame(tmp_path).ground_truth
    assert ground_truth is not None
    expected = np.zeros(SHAPE, bool)
    expected[20:26, 10:18] = mask > 0
    np.testing.assert_array_equal(ground_truth.mask, expected)
    assert ground_truth.sides == {1: Side.LEFT}


@pytest.mark.parametrize(
    "points",
    [
        [[10, 20], [16, 25]],
        [[-3, 20], [4, 25]],
        [[75, 20], [82, 25]],
        [[1e300, 0], [0, 0]],
        [[0, 0]],
    ],
)
def test_a_mask_that_does_not_fit_costs_its_frame(points: Any, tmp_path: Path) -> None:
    write(tmp_path, [shape_of("hand", points, "mask", mask=encoded(np.ones((6, 8), np.uint8)))])
    labelled = open_labelme(tmp_path)
    assert list(labelled) == []
    assert "a mask of its label" in labelled.skipped[0].reason


@pytest.mark.parametrize(
    ("other", "note"),
    [
        (shape_of("person", [[0, 0], [70, 0], [70, 50]]), "shapes of its label 'person'"),
        (shape_of("wrist", [[10, 10]], "point"), "shapes of its label 'wrist'"),
        (shape_of("hand", [[10, 10]], "point"), "a stray click"),
        (shape_of("hand", [[5, 5], [6, 6]]), "a stray click"),
        (shape_of("hand", []), "a stray click"),
    ],
)
def test_what_is_no_hand_is_left_out_beside_one_and_told(
    other: Any, note: str, tmp_path: Path
) -> None:
    write(tmp_path, [shape_of("hand"), other])
    frame = only_frame(tmp_path)
    assert frame.ground_truth is not None
    assert sorted(np.unique(frame.ground_truth.ids)) == [0, 1]
    assert [text[: len(note)] for text in frame.notes] == [note]


def test_empty_fields_are_null_and_groups_texts(tmp_path: Path) -> None:
    own = [
        {**shape_of("hand", kind=None, group_id="A"), "flags": None, "mask": None},
        shape_of("hand", ELSEWHERE, group_id="A", description=None),
    ]
    write(tmp_path, own, flags=None, imageHeight=None)
    frame = only_frame(tmp_path)
    assert frame.tags == {}
    assert frame.ground_truth is not None
    assert sorted(np.unique(frame.ground_truth.ids)) == [0, 1]
    assert frame.ground_truth.mask[20, 20]
    assert frame.ground_truth.mask[8, 65]


def test_suffixes_may_be_capital(tmp_path: Path) -> None:
    write(tmp_path, [shape_of("hand")], imagePath="a.PNG")
    (tmp_path / "a.json").rename(tmp_path / "a.JSON")
    (tmp_path / "a.png").rename(tmp_path / "a.PNG")
    assert only_frame(tmp_path).ground_truth is not None


def test_a_byte_order_mark_and_another_machine_s_path_do_no_harm(tmp_path: Path) -> None:
    write(tmp_path, [shape_of("hand")], imagePath="C:\\Users\\me\\a.png")
    file = tmp_path / "a.json"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert only_frame(tmp_path).ground_truth is not None


def test_json_files_of_other_kinds_are_left_aside(tmp_path: Path) -> None:
    write(tmp_path, [])
    (tmp_path / "annotations.json").write_text('{"images": []}')
    (tmp_path / "torn.json").write_text('{"shapes": [')
    labelled = open_labelme(tmp_path)
    assert [frame.name for frame in labelled] == ["a"]
    assert [item.name for item in labelled.skipped] == ["torn"]
