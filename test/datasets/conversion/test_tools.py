"""Guards the conversion of tools' files: polygons, masks, brush strokes, boxes, names of labels."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pycocotools.mask
import pytest
from support.converting import Converted, convert, write_picture

from handseg_ros.cli.main import main

WIDTH, HEIGHT = 40, 30
# A square from (10, 5) to (20, 15) in pixels, whose mask is these pixels.
SQUARE = [(10, 5), (20, 5), (20, 15), (10, 15)]
TURNED = [(10, 5), (20, 10), (15, 20), (5, 15)]
MASK = np.zeros((HEIGHT, WIDTH), bool)
MASK[5:15, 10:20] = True
HOLED = MASK.copy()
HOLED[8:11, 12:15] = False


def same(mask: np.ndarray | None, expected: np.ndarray) -> bool:
    return mask is not None and bool((mask == expected).all())


def flat(corners: Sequence[tuple[float, float]]) -> list[float]:
    return [value for corner in corners for value in corner]


def runs(mask: np.ndarray) -> dict[str, Any]:
    """Return COCO's compressed run lengths, which know holes."""
    encoded = pycocotools.mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": encoded["size"], "counts": encoded["counts"].decode()}


def write_json(file: Path, content: Any) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def write_coco(folder: Path, categories: list[str], annotations: list[dict[str, Any]]) -> Path:
    """Write a set of two pictures; annotations are of the first."""
    for name in ("a.jpg", "b.jpg"):
        write_picture(folder / "images" / name, WIDTH, HEIGHT)
    images = [
        {"id": number, "file_name": name, "width": WIDTH, "height": HEIGHT}
        for number, name in enumerate(("a.jpg", "b.jpg"), start=1)
    ]
    content = {
        "images": images,
        "categories": [{"id": n, "name": name} for n, name in enumerate(categories, start=1)],
        "annotations": [
            {"id": number, "image_id": 1, "iscrowd": 0, "category_id": 1, **item}
            for number, item in enumerate(annotations, start=1)
        ],
    }
    return write_json(folder / "set.json", content)


def test_coco_has_polygons_runs_and_boxes(tmp_path: Path) -> None:
    source = tmp_path / "labels"
    write_coco(
        source,
        ["left", "Right-Hand", "cup", "person"],
        [
            {"segmentation": [flat(SQUARE)], "attributes": {"glove": "yes", "track_id": 4}},
            {"segmentation": runs(HOLED), "category_id": 2, "iscrowd": 1},
            {"bbox": [1, 2, 3, 4.5], "segmentation": [], "category_id": 2},
            {"bbox": [1, 2, 3, 4], "segmentation": [], "category_id": 3},
            {"segmentation": runs(MASK), "category_id": 4},
        ],
    )
    found = convert(source, "coco", tmp_path / "out")
    polygon, crowd, box, person = found.areas["a"]
    assert [a.label for a in (polygon, crowd, box, person)] == [
        "left_hand", "right_hand", "right_hand", "person",
    ]  # fmt: skip
    assert same(polygon.mask, MASK)
    assert polygon.attributes == {"side": "left", "glove": "yes", "track_id": 4}
    assert same(crowd.mask, HOLED)
    assert box.mask is None
    assert box.box == [1, 2, 3, 4.5]
    assert found.areas["b"] == []
    named = convert(source, "coco", tmp_path / "named", "--label", "cup=object")
    assert [area.label for area in named.areas["a"]][3] == "object"


def changed(file: Path, **lists: list[dict[str, Any]]) -> Path:
    """Add items to lists of a COCO file."""
    content = json.loads(file.read_text())
    return write_json(file, {name: own + lists.get(name, []) for name, own in content.items()})


HAND = {"segmentation": [flat(SQUARE)]}
CONTRADICTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "images": ({"id": "1", "file_name": "c.jpg"}, "two images of the id 1"),
    "annotations": ({"id": 1, "image_id": 2, "category_id": 1}, "two annotations of the id 1"),
    "categories": ({"id": 1, "name": "cat"}, "two categories of the id 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_ids_that_stand_twice_would_give_one_picture_another_s_hands(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    item, words = CONTRADICTIONS[name]
    file = changed(write_coco(tmp_path / "coco", ["hand"], [HAND]), **{name: [item]})
    assert refused(file, "coco") == 1
    assert f"'{file}' has {words}: number them anew" in capsys.readouterr().err


@pytest.mark.parametrize("told", [1, "1", True, "true"])
def test_a_crowd_is_no_hand_however_it_is_told(told: Any, tmp_path: Path) -> None:
    source = write_coco(tmp_path / "coco", ["hand"], [{**HAND, "iscrowd": told}])
    found = convert(source, "coco", tmp_path / "out")
    (item,) = json.loads((found.folder / "annotations.json").read_bytes())["annotations"]
    assert item["iscrowd"] == 1


def test_a_track_that_is_named_by_a_text_stays(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = [
        {**HAND, "track_id": "left one"},
        {**HAND, "attributes": {"track_id": "b"}},
    ]
    found = convert(write_coco(tmp_path / "coco", ["hand"], told), "coco", tmp_path / "out")
    assert [area.attributes for area in found.areas["a"]] == [
        {"track_id": "left one"}, {"track_id": "b"},
    ]  # fmt: skip


def test_annotations_without_an_image_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_coco(tmp_path / "coco", ["hand", "cat"], [HAND])
    lost = [
        {"id": number, "image_id": image, "category_id": category, **HAND}
        for number, image, category in ((11, 9, 1), (12, 9, 1), (13, 8, 2))
    ]
    found = convert(changed(source, annotations=lost), "coco", tmp_path / "out")
    reason = "its file has annotations of it (2) but no such image: put it in among the images, or"
    assert list(found.skipped) == ["image 9"]
    assert reason in found.skipped["image 9"]
    assert reason in capsys.readouterr().err


def test_two_images_of_one_picture_are_skipped_as_each_has_a_part_of_its_hands(
    tmp_path: Path,
) -> None:
    source = write_coco(tmp_path / "coco", ["hand"], [HAND])
    size = {"width": WIDTH, "height": HEIGHT}
    images = [{"id": n, "file_name": f, **size} for n, f in ((3, "b.jpg"), (4, "elsewhere/a.jpg"))]
    hands = [{"id": n, "image_id": n, "category_id": 1, **HAND} for n in (3, 4)]
    found = convert(changed(source, images=images, annotations=hands), "coco", tmp_path / "out")
    assert list(found.images) == ["a"]
    reason = "its picture is that of another image too"
    assert found.skipped == {"b": reason, "elsewhere/a": reason}


def test_what_was_converted_is_converted_again_to_the_same(tmp_path: Path) -> None:
    source = tmp_path / "labels"
    own = {"side": "left", "owner": "other", "all_hands_together": True}
    write_coco(source, ["hand"], [{"segmentation": runs(HOLED), "attributes": own}])
    first = convert(source, "coco", tmp_path / "out")
    second = convert(tmp_path / "out", "coco", tmp_path / "again")
    assert (second.folder / "annotations.json").read_bytes() == (
        first.folder / "annotations.json"
    ).read_bytes()


def test_wholebody_has_boxes_of_hands_that_are_valid(tmp_path: Path) -> None:
    person = {
        "segmentation": [flat(SQUARE)],
        "lefthand_box": [2.0, 3.0, 6.0, 7.0], "lefthand_valid": True,
        "righthand_box": [0.0, 0.0, 0.0, 0.0], "righthand_valid": False,
    }  # fmt: skip
    file = write_coco(tmp_path / "coco", ["person"], [person])
    found = convert(file, "coco", tmp_path / "out")
    whole, left = found.areas["a"]
    assert (whole.label, left.label) == ("person", "left_hand")
    assert same(whole.mask, MASK)
    assert (left.mask, left.box) == (None, [2, 3, 6, 7])


def write_cvat(folder: Path) -> Path:
    write_picture(folder / "images" / "hall" / "a.png", WIDTH, HEIGHT)
    write_picture(folder / "images" / "hall" / "b.png", WIDTH, HEIGHT)
    box = HOLED[4:16, 9:21].astype(int).ravel()
    starts = np.flatnonzero(np.diff(box)) + 1
    rle = ", ".join(map(str, np.diff([0, *starts, box.size])))
    other = ";".join(f"{x + 15:.2f},{y:.2f}" for x, y in SQUARE)
    one = ";".join(f"{x:.2f},{y:.2f}" for x, y in SQUARE)
    size = f'width="{WIDTH}" height="{HEIGHT}"'
    (folder / "annotations.xml").write_text(f"""<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version>
  <image id="0" name="hall/a.png" {size}>
    <polygon label="hand" source="manual" occluded="0" points="{one}" z_order="0" group_id="3">
      <attribute name="side">left</attribute></polygon>
    <polygon label="hand" occluded="0" points="{other}" z_order="0" group_id="3">
      <attribute name="side">left</attribute></polygon>
    <mask label="right_hand" occluded="0" rle="{rle}" left="9" top="4" width="12" height="12"/>
    <box label="tool" xtl="1" ytl="2" xbr="5" ybr="6" rotation="90"/>
    <box label="cat" xtl="1" ytl="2" xbr="5" ybr="6"/>
  </image>
  <image id="1" name="hall/b.png" {size}>
    <mask label="hand" rle="1, 2" left="39" top="4" width="3" height="1"/>
  </image>
  <image id="2" name="hall/c.png" {size}/>
</annotations>""")
    return folder


def test_cvat_has_groups_masks_and_turned_boxes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_cvat(tmp_path / "cvat")
    found = convert(source, "cvat", tmp_path / "out", "--label", "tool=object")
    group, mask, box = found.areas["hall/a"]
    assert (group.label, mask.label, box.label) == ("left_hand", "right_hand", "object")
    assert same(group.mask, MASK | np.roll(MASK, 15, axis=1))
    assert same(mask.mask, HOLED)
    assert box.mask is None
    assert box.box == [1, 2, 4, 4]
    assert box.attributes["corners"] == [5, 2, 5, 6, 1, 6, 1, 2]
    assert found.images["hall/a"]["sequence"] == "hall"
    assert found.skipped == {
        "hall/b": "a mask of its label is damaged", "hall/c": "its picture is missing",
    }  # fmt: skip
    assert "1 picture(s): areas of the label 'cat' were left out" in capsys.readouterr().err


# An ellipse around (20, 12), 8 and 4 pixels from its middle to its edge, turned clockwise.
DEGREES = 30
ANGLES = np.radians(np.arange(0, 360, 0.5))
ELLIPSE = [
    (
        20
        + 8 * np.cos(a) * np.cos(np.radians(DEGREES))
        - 4 * np.sin(a) * np.sin(np.radians(DEGREES)),
        12
        + 8 * np.cos(a) * np.sin(np.radians(DEGREES))
        + 4 * np.sin(a) * np.cos(np.radians(DEGREES)),
    )
    for a in ANGLES
]


def is_the_ellipse(mask: np.ndarray | None) -> bool:
    """Return whether a mask is the ellipse but for pixels whose middles lie on its edge."""
    polygon = pycocotools.mask.frPyObjects([flat(ELLIPSE)], HEIGHT, WIDTH)
    expected = pycocotools.mask.decode(polygon)[:, :, 0] > 0
    return mask is not None and np.count_nonzero(mask != expected) <= 4 < 90 < mask.sum()


READABLE = "a polygon, ellipse, mask or box"
# What CVAT can draw beyond these, with what is told of it.
UNREAD_CVAT = {
    "polyline": ('<polyline label="hand" points="1,1;9,9"/>', "a polyline"),
    "points": ('<points label="Left hand" points="1,1;9,9"/>', "points"),
    "cuboid": ('<cuboid label="hand" xtl1="1" ytl1="1" xbr1="5" ybr1="5"/>', "a cuboid"),
    "skeleton": (
        '<skeleton label="hand"><points label="tip" points="1,1"/></skeleton>',
        "a skeleton",
    ),
    "tag": ('<tag label="hand"/>', "a tag"),
    "yet_unknown": ('<arc label="hand" radius="3"/>', "an arc"),
}


def write_cvat_image(folder: Path, shapes: str) -> Path:
    """Write a set of one picture, `a`, with shapes as CVAT writes them."""
    write_picture(folder / "images" / "a.png", WIDTH, HEIGHT)
    (folder / "annotations.xml").write_text(
        f'<annotations><version>1.1</version><image id="0" name="a.png" width="{WIDTH}" '
        f'height="{HEIGHT}">{shapes}</image></annotations>'
    )
    return folder


def test_cvat_has_ellipses(tmp_path: Path) -> None:
    told = f'cx="20" cy="12" rx="8" ry="4" rotation="{DEGREES}"'
    shapes = f'<ellipse label="left_hand" {told}/><tag label="hand"/><tag label="cat"/>'
    source = write_cvat_image(tmp_path / "cvat", shapes)
    area = convert(source, "cvat", tmp_path / "out").only_area("a")
    assert area.label == "left_hand"
    assert is_the_ellipse(area.mask)


@pytest.mark.parametrize("kind", UNREAD_CVAT)
def test_a_hand_that_cvat_has_without_an_area_is_no_picture_without_hands(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shape, what = UNREAD_CVAT[kind]
    source = write_cvat_image(tmp_path / "cvat", shape)
    assert refused(source, "cvat") == 1
    printed = capsys.readouterr().err
    assert f"1 were skipped, the first, a, as {what} of its label '" in printed
    assert f"' cannot be read as an area: draw {READABLE} in its place" in printed


def test_a_hand_without_a_pixel_is_no_picture_without_hands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box = '<box label="hand" xtl="50" ytl="2" xbr="60" ybr="6"/>'
    assert refused(write_cvat_image(tmp_path / "cvat", box), "cvat") == 1
    assert "the hands of its label cover no pixel of the picture" in capsys.readouterr().err


def brush(mask: np.ndarray) -> list[int]:
    """Return Label Studio's runs of a stroke, with lengths of 4, 8 and 16 bits."""
    values = np.repeat(mask.ravel().astype(np.uint8) * 255, 4)
    ends = [*(np.flatnonzero(np.diff(values)) + 1), values.size]
    bits = f"{values.size:032b}{7:05b}{3:04b}{7:04b}{15:04b}{15:04b}"
    begin = 0
    for end in ends:
        length = end - begin - 1
        choice, width = next((n, w) for n, w in enumerate((4, 8, 16)) if length < 1 << w)
        # the last run is written value by value
        is_last = end == values.size
        bits += f"{0 if is_last else 1}{choice:02b}{length:0{width}b}"
        bits += f"{values[begin]:08b}" * (length + 1 if is_last else 1)
        begin = end
    bits += "0" * (-len(bits) % 8)
    return [int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)]


def result(kind: str, label: str, **value: Any) -> dict[str, Any]:
    size = {"original_width": WIDTH, "original_height": HEIGHT, "image_rotation": 0}
    return {"type": kind, **size, "value": {kind: [label], **value}}


def test_label_studio_has_polygons_brush_strokes_and_boxes(tmp_path: Path) -> None:
    source = tmp_path / "export"
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        write_picture(source / "images" / name, WIDTH, HEIGHT)
    points = [[100 * x / WIDTH, 100 * y / HEIGHT] for x, y in SQUARE]
    results = [
        result("polygonlabels", "Left hand", points=points),
        result("brushlabels", "Right hand", format="rle", rle=brush(HOLED)),
        result("rectanglelabels", "Object", x=25, y=50, width=25, height=20, rotation=90),
    ]
    tasks = [
        {"id": 1, "data": {"image": "/data/upload/1/0a1b2c3d-a.jpg"},
         "annotations": [{"was_cancelled": True, "result": []}, {"result": results}]},
        {"id": 2, "data": {"image": "/data/upload/1/0a1b2c3d-b.jpg"},
         "annotations": [{"result": [result("brushlabels", "hand", rle=brush(HOLED)[:20])]}]},
        {"id": 3, "data": {"image": "/data/upload/1/0a1b2c3d-c.jpg"}, "annotations": []},
    ]  # fmt: skip
    file = write_json(source / "project.json", tasks)
    found = convert(file, "label-studio", tmp_path / "out")
    ((name, areas),) = found.areas.items()
    assert name.endswith("a")
    assert [area.label for area in areas] == ["left_hand", "right_hand", "object"]
    assert same(areas[0].mask, MASK)
    assert same(areas[1].mask, HOLED)
    # turned by a quarter around its top left corner (10, 15): 6 wide to the left, 10 down
    assert areas[2].box == [4, 15, 6, 10]
    reasons = sorted(found.skipped.values())
    assert reasons == ["an area of its label is damaged", "nobody labelled it"]


def one_task(folder: Path, *results: dict[str, Any], key: str = "annotations") -> Path:
    """Write an export of one picture, `a`, with results of one annotation."""
    write_picture(folder / "images" / "a.jpg", WIDTH, HEIGHT)
    annotation = {"was_cancelled": False, "result": list(results)}
    task = {"id": 1, "data": {"image": "images/a.jpg"}, key: [annotation]}
    return write_json(folder / "project.json", [task])


ELLIPSE_VALUE = {
    "x": 50, "y": 40, "radiusX": 100 * 8 / WIDTH, "radiusY": 100 * 4 / HEIGHT, "rotation": DEGREES,
}  # fmt: skip


@pytest.mark.parametrize("key", ["annotations", "completions"])
def test_label_studio_has_ellipses_and_old_exports(key: str, tmp_path: Path) -> None:
    ellipse = result("ellipselabels", "hand", **ELLIPSE_VALUE)
    file = one_task(tmp_path / "export", ellipse, key=key)
    (area,) = next(iter(convert(file, "label-studio", tmp_path / "out").areas.values()))
    assert is_the_ellipse(area.mask)


def test_label_studio_names_a_region_in_another_result_or_by_several_names(tmp_path: Path) -> None:
    named = {**result("labels", "hand", **ELLIPSE_VALUE), "id": "x"}
    drawn = {**named, "type": "ellipse", "value": ELLIPSE_VALUE}
    box = result("rectanglelabels", "glove", x=25, y=50, width=25, height=20)
    box["value"]["rectanglelabels"].append("Left hand")
    file = one_task(tmp_path / "export", drawn, named, box)
    ellipse, other = next(iter(convert(file, "label-studio", tmp_path / "out").areas.values()))
    assert is_the_ellipse(ellipse.mask)
    assert (other.label, other.box) == ("left_hand", [10, 15, 10, 6])


BOX = {"x": 25, "y": 50, "width": 25, "height": 20}
UNREAD_LABEL_STUDIO = {
    "key points": (
        result("keypointlabels", "hand", x=5, y=5, width=1),
        "a region (keypointlabels) of its label 'hand' cannot be read as an area",
    ),
    "named elsewhere": (
        result("labels", "hand", x=5, y=5, width=1),
        "a region (labels) of its label 'hand' cannot be read as an area",
    ),
    "a choice": (
        result("choices", "Left hand"),
        "a choice of its label 'Left hand' cannot be read as an area",
    ),
    "no name": (
        {"type": "rectanglelabels", "value": {**BOX, "rectanglelabels": []}},
        "a region of its label has no name: give it one",
    ),
    "turned": (
        {**result("rectanglelabels", "hand", **BOX), "image_rotation": 90},
        "was drawn while the picture was turned in Label Studio",
    ),
    "another page": (
        {**result("rectanglelabels", "hand", **BOX), "item_index": 1},
        "its task has regions on several pictures",
    ),
}


@pytest.mark.parametrize("case", UNREAD_LABEL_STUDIO)
def test_a_hand_that_label_studio_has_otherwise_is_no_picture_without_hands(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    item, words = UNREAD_LABEL_STUDIO[case]
    file = one_task(tmp_path / "export", item)
    tasks = json.loads(file.read_text())
    for name, drawn in (("b", []), ("c", [result("rectanglelabels", "hand", **BOX)])):
        write_picture(file.parent / "images" / f"{name}.jpg", WIDTH, HEIGHT)
        image = {"image": f"images/{name}.jpg"}
        tasks.append({"id": name, "data": image, "annotations": [{"result": drawn}]})
    write_json(file, tasks)
    found = convert(file, "label-studio", tmp_path / "out")
    assert [name for name, areas in found.areas.items() if not areas] == ["images/b"]
    assert words in found.skipped["images/a"]
    assert f"1: {found.skipped['images/a']}" in capsys.readouterr().err


@pytest.mark.parametrize("content", [{"images": []}, [{"id": 1}], ["a task"], 3])
def test_other_json_is_no_export_of_label_studio(
    content: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_json(tmp_path / "other.json", content)
    assert refused(file, "label-studio") == 1
    assert "is no export of Label Studio's: export the project" in capsys.readouterr().err


def write_yolo(folder: Path, lines: dict[str, str]) -> Path:
    names = "names:\n  0: bare\n  1: glove\n  2: left_hand\n"
    (folder / "train" / "labels").mkdir(parents=True)
    (folder / "data.yaml").write_text(f"train: ../train/images\nval: valid/images\n{names}")
    for stem, text in lines.items():
        write_picture(folder / "train" / "images" / f"{stem}.jpg", WIDTH, HEIGHT)
        (folder / "train" / "labels" / f"{stem}.txt").write_text(text)
    return folder


def shares(corners: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x / WIDTH} {y / HEIGHT}" for x, y in corners)


def test_yolo_has_boxes_of_both_kinds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = {
        "a": f"0 0.5 0.5 0.25 0.2\n0 0.5 0.5 0 0.2\n2 {shares(TURNED)}\n",
        "b": "", "c": "0 0.5 0.5 0.25 1.2\n", "d": "7 0.5 0.5 0.25 0.2\n", "e": "0 0.5 x 1 1",
        "f": f"0 {shares(SQUARE[:3])}",
    }  # fmt: skip
    source = write_yolo(tmp_path / "gloves", lines)
    (source / "train" / "labels" / "b.txt").unlink()
    found = convert(source, "yolo", tmp_path / "out", "--label", "bare=hand")
    upright, turned = found.areas["train/a"]
    assert (upright.label, upright.mask, upright.box) == ("hand", None, [15, 12, 10, 6])
    assert (turned.label, turned.box) == ("left_hand", [5, 5, 15, 15])
    assert turned.attributes["corners"] == [10, 5, 20, 10, 15, 20, 5, 15]
    assert found.areas["train/b"] == []
    assert found.skipped == {
        "train/c": "its label has a number that is no share of the picture",
        "train/d": "its label has the class 7, which data.yaml does not name",
        "train/e": "its label has a line that is no row of numbers",
        "train/f": "its label has a line of 6 numbers, which is no box: for polygons give "
        "--format yolo-seg",
        "val": "its split 'valid/images' is not there: put it there, or take it out of data.yaml",
    }
    assert "1 picture(s): an area of its label covers no pixel" in capsys.readouterr().err


def test_yolo_segments_are_masks(tmp_path: Path) -> None:
    source = write_yolo(tmp_path / "gloves", {"a": f"2 {shares(SQUARE)}\n1 0.5 0.5 0.25 0.2\n"})
    found = convert(source, "yolo-seg", tmp_path / "out", "--label", "glove=hand")
    polygon, box = found.areas["train/a"]
    assert (polygon.label, box.label) == ("left_hand", "hand")
    assert same(polygon.mask, MASK)
    assert box.mask is None


LEFT_HAND = "2 0.5 0.5 0.25 0.2"


def write_listed_yolo(folder: Path, told: str, lists: dict[str, str]) -> Path:
    """Write a set with pictures in folders below its folders, and lists of them."""
    for name in ("train/hall/a", "train/b", "val/c"):
        write_picture(folder / "images" / f"{name}.jpg", WIDTH, HEIGHT)
        label = folder / "labels" / f"{name}.txt"
        label.parent.mkdir(parents=True, exist_ok=True)
        label.write_text(LEFT_HAND)
    (folder / "data.yaml").write_text(f"{told}names: [bare, glove, left_hand]\n")
    for name, text in lists.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


YOLO_SPLITS = {
    "nested": ("train: images/train\n", {}, ["train/b", "train/hall/a"]),
    "all of it": ("train: images\n", {}, ["train/b", "train/hall/a", "val/c"]),
    "a list": (
        "train: train.txt\nval: images/val\n",
        {"train.txt": "./images/train/hall/a.jpg\n\nimages/train/b.jpg\n"},
        ["train/hall/a", "train/b", "val/c"],
    ),
    "a list in a folder, from the set on": (
        "path: .\ntrain: [lists/train.txt, images/val]\n",
        {"lists/train.txt": "images/train/b.jpg\n../images/train/b.jpg"},
        ["train/b", "val/c"],
    ),
}


@pytest.mark.parametrize("case", YOLO_SPLITS)
def test_yolo_s_splits_are_lists_and_folders_with_folders_below(case: str, tmp_path: Path) -> None:
    told, lists, names = YOLO_SPLITS[case]
    source = write_listed_yolo(tmp_path / "set", told, lists)
    found = convert(source, "yolo", tmp_path / "out")
    assert list(found.images) == names
    assert not found.skipped
    assert {found.only_area(name).label for name in names} == {"left_hand"}
    assert {image["sequence"] for image in found.images.values()} == {
        name.rpartition("/")[0] for name in names
    }


def test_a_yolo_picture_that_a_list_names_and_nobody_has_is_told(tmp_path: Path) -> None:
    lists = {"train.txt": "images/train/b.jpg\n/elsewhere/images/x.jpg\n"}
    source = write_listed_yolo(tmp_path / "set", "train: train.txt\n", lists)
    found = convert(source, "yolo", tmp_path / "out")
    assert list(found.images) == ["train/b"]
    assert list(found.skipped.values()) == ["its picture is missing"]


UNREAD_YOLO = {
    "no path": ("train: {a: images/train}\n", {}, "a split 'train' that is neither a path nor a"),
    "no list": ("train: [3]\n", {}, "a split 'train' that is neither a path nor a"),
    "no text": ("train: images/train/b.jpg\n", {}, "cannot be read as a list of pictures"),
    "key points": ("train: images/train\nkpt_shape: [21, 3]\n", {}, "has key points (kpt_shape)"),
    "no labels": ("train: images\n", {"images/new/x.jpg": ""}, "has no labels, which should be in"),
}


@pytest.mark.parametrize("case", UNREAD_YOLO)
def test_what_yolo_s_file_names_and_is_not_read_is_refused(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told, lists, words = UNREAD_YOLO[case]
    assert refused(write_listed_yolo(tmp_path / "set", told, lists), "yolo") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def refused(source: Path, name: str, *options: str) -> int:
    out = source.parent / "refused"
    return main(["data", "convert", str(source), "--format", name, "--out", str(out), *options])


def test_a_set_without_hands_says_how_to_name_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_yolo(tmp_path / "gloves", {"a": ""})
    (source / "data.yaml").write_text("train: train/images\nnames: [glove, bare]\n")
    assert refused(source, "yolo") == 1
    printed = capsys.readouterr().err
    assert "has no hands by its labels, which are 'bare', 'glove'" in printed
    assert "--label 'bare=hand'" in printed


def test_pictures_without_a_folder_of_labels_are_no_pictures_without_hands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_yolo(tmp_path / "gloves", {"a": ""})
    (source / "train" / "labels").rename(source / "labels")
    assert refused(source, "yolo") == 1
    assert "has no labels, which should be in" in capsys.readouterr().err


def test_folders_that_are_links_are_read_where_they_stand(tmp_path: Path) -> None:
    source = write_yolo(tmp_path / "gloves", {"a": "2 0.5 0.5 0.25 0.2"})
    (source / "train" / "images").rename(tmp_path / "elsewhere")
    (source / "train" / "images").symlink_to(tmp_path / "elsewhere")
    assert convert(source, "yolo", tmp_path / "out").only_area("train/a").label == "left_hand"


def test_a_label_of_fixed_meaning_cannot_be_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(tmp_path, "egohos", "--label", "a=hand") == 2
    assert "--label says nothing of egohos" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        refused(tmp_path, "coco", "--label", "a=foot")
    assert "must be NAME=LABEL" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "file", "words"),
    [
        ("coco", "set.json", "cannot be read as JSON"),
        ("label-studio", "set.json", "cannot be read as JSON"),
        ("cvat", "set.xml", "cannot be read as XML"),
        ("yolo", "data.yaml", "cannot be read as YAML"),
    ],
)
def test_a_damaged_file_is_told_in_a_sentence(
    name: str, file: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / file).write_text('{"images": [<annotations "')
    assert refused(tmp_path / file, name) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def evaluated(found: Converted) -> list[str]:
    """Return the reasons for which `handseg evaluate` skips pictures."""
    from handseg_ros.datasets.registry import open_dataset

    dataset = open_dataset(found.folder)
    assert len(list(dataset)) + len(dataset.skipped) == len(found.images)
    return [item.reason for item in dataset.skipped]


def test_evaluate_reads_masks_and_says_what_is_a_box_alone(tmp_path: Path) -> None:
    source = write_yolo(
        tmp_path / "set", {"a": f"2 {shares(SQUARE)}", "b": "2 0.5 0.5 0.25 0.2", "c": ""}
    )
    found = convert(source, "yolo-seg", tmp_path / "out")
    assert evaluated(found) == ["an annotation of its label has a box alone, and no segmentation"]
