"""Guards bags and videos converted together: named apart, gone on with, the bad ones told."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.bags import image_entry, noise, stamp_of, write_bag
from support.converting import begun_conversion, convert, files_in, rectangles, write_mask

from handseg_ros.cli.main import main
from handseg_ros.media.sinks import VideoSink

WIDTH, HEIGHT = 32, 24
MASK = rectangles(WIDTH, HEIGHT, v255=(4, 4, 12, 12))
FRAMES = 3


def write_recording(path: Path, seed: int) -> Path:
    entries = []
    for number in range(FRAMES):
        stamp, label = stamp_of(number), np.roll(MASK, number, axis=1)
        entries.append(image_entry("/camera/image", stamp, noise(seed + number)))
        entries.append(image_entry("/ground_truth/mask", stamp, label, "mono8"))
    return write_bag(path, entries)


@pytest.fixture
def bags(tmp_path: Path) -> Path:
    """Return a folder of bags, of which the second holds nothing that can be read."""
    folder = tmp_path / "recordings"
    for number, name in enumerate(("bread", "dough", "sieve")):
        write_recording(folder / name, 10 * number)
    (folder / "crumbs").mkdir()
    (folder / "crumbs" / "metadata.yaml").write_text("no metadata")
    return folder


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """Return a folder of two videos, with masks of a frame, of no frame and of no video."""
    folder = tmp_path / "clips"
    for number, name in enumerate(("hall", "yard")):
        with VideoSink(_inside(folder / "videos" / f"{name}.mkv"), 10.0) as sink:
            for index in range(FRAMES):
                sink.write(np.full((HEIGHT, WIDTH, 3), 60 * number + 20 * index, np.uint8))
    for name in ("hall/000001", "hall/000009", "yard/000000", "cellar/000000"):
        write_mask(folder / "masks" / f"{name}.png", MASK)
    return folder


def _inside(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_bags_are_one_set_and_each_is_a_sequence(
    bags: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = convert(bags, "bag", tmp_path / "out", "--topic", "/camera/image")
    assert len(found.images) == 3 * FRAMES
    for name, image in found.images.items():
        recording, _, own = name.partition("/")
        assert image["sequence"] == recording
        assert image["file_name"] == f"images/{recording}/{own}.png"
        assert image["source"] == "recordings"
    ((crumbs, reason),) = found.skipped.items()
    assert crumbs == "crumbs"
    assert reason.startswith("its recording cannot be used: ")
    assert "1 skipped, the first is crumbs" in capsys.readouterr().err


def test_what_becomes_of_a_bag_does_not_depend_on_the_others(bags: Path, tmp_path: Path) -> None:
    alone = convert(bags / "dough", "bag", tmp_path / "alone")
    given = [str(bags / name) for name in ("sieve", "dough")]
    arguments = ["data", "convert", given[0], "--format", "bag", given[1]]
    assert main([*arguments, "--out", str(tmp_path / "both")]) == 0
    both = json.loads((tmp_path / "both" / "annotations.json").read_text())
    assert {item["source"] for item in both["images"]} == {"sieve and 1 more"}
    own = [item["file_name"] for item in both["images"] if item["sequence"] == "dough"]
    for name, file in zip(alone.images, own, strict=True):
        assert file == f"images/dough/{name}.png"
        assert (tmp_path / "both" / file).read_bytes() == alone.picture(name)


def test_videos_are_one_set_and_masks_without_a_frame_are_told(
    videos: Path, tmp_path: Path
) -> None:
    found = convert(videos, "video", tmp_path / "out")
    assert set(found.images) == {"hall/000001", "yard/000000"}
    assert [image["sequence"] for image in found.images.values()] == ["hall", "yard"]
    for name in found.images:
        area = found.only_area(name)
        assert area.mask is not None
        np.testing.assert_array_equal(area.mask, MASK > 0)
    picture = cv2.imdecode(np.frombuffer(found.picture("yard/000000"), np.uint8), 1)
    assert picture is not None
    assert (picture == 60).all()
    lonely = {
        name for name, why in found.skipped.items() if why == "its mask has no frame in a video"
    }
    assert lonely == {"hall/000009", "without a video/cellar/000000"}
    assert list(found.skipped.values()).count("it has no label") == 2 * FRAMES - 2


def test_one_video_has_its_masks_in_a_folder(videos: Path, tmp_path: Path) -> None:
    video = videos / "videos" / "hall.mkv"
    found = convert(video, "video", tmp_path / "out", "--masks", str(videos / "masks" / "hall"))
    assert set(found.images) == {"hall/000001"}


@pytest.mark.parametrize("kind", ["bag", "video"])
def test_wherever_it_was_stopped_it_goes_on_to_the_same_bytes(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    source = request.getfixturevalue(f"{kind}s")
    whole = tmp_path / "whole"
    convert(source, kind, whole)
    count = (whole / "members.jsonl").read_bytes().count(b"\n")
    for done in range(count + 1):
        begun = begun_conversion(whole, tmp_path / f"begun_{done}", done)
        convert(source, kind, begun, "--resume")
        assert files_in(begun) == files_in(whole)


# Options that a conversion may be begun with, and how another choice is told.
OTHER_CHOICES = {
    "topic": (["--topic", "/camera/image"], [], "(topic '/camera/image', now none)"),
    "truth": (
        [],
        ["--truth-masks", "/ground_truth/mask"],
        "(truth_masks none, now '/ground_truth/mask')",
    ),
    "values": (
        ["--mask-values", "binary", "--topic", "/camera/image"],
        ["--mask-values", "ids"],
        "(mask_values 'binary', now 'ids'; topic '/camera/image', now none)",
    ),
}


@pytest.mark.parametrize("case", OTHER_CHOICES)
def test_a_conversion_does_not_go_on_with_other_options(
    case: str, bags: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, then, words = OTHER_CHOICES[case]
    convert(bags, "bag", tmp_path / "whole", *first)
    begun = begun_conversion(tmp_path / "whole", tmp_path / "begun", FRAMES)
    before, resume = files_in(begun), ["data", "convert", str(bags), "--format", "bag", "--resume"]
    assert main([*resume, "--out", str(begun), *then]) == 1
    printed = capsys.readouterr().err
    assert words in printed
    assert "give what it was begun with, or choose a new folder" in printed
    assert files_in(begun) == before
    convert(bags, "bag", begun, "--resume", *first)


def test_a_conversion_does_not_go_on_with_other_masks_or_another_set_of_its_name(
    videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video, masks = videos / "videos" / "hall.mkv", videos / "masks"
    convert(video, "video", tmp_path / "whole", "--masks", str(masks / "hall"))
    begun = begun_conversion(tmp_path / "whole", tmp_path / "begun", 1)
    resume = ["--format", "video", "--resume", "--out", str(begun), "--masks"]
    assert main(["data", "convert", str(video), *resume, str(masks / "yard")]) == 1
    words = "(masks 'clips/masks/hall', now 'clips/masks/yard'): give"
    assert words in capsys.readouterr().err
    other = _inside(tmp_path / "others" / "hall.mkv")
    other.write_bytes(video.read_bytes())
    assert main(["data", "convert", str(other), *resume, str(masks / "hall")]) == 1
    words = "(source 'clips/videos/hall.mkv', now 'others/hall.mkv'): give"
    assert words in capsys.readouterr().err


def test_changed_recordings_are_not_gone_on_with(
    bags: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = tmp_path / "whole"
    convert(bags, "bag", whole)
    shorter = begun_conversion(whole, tmp_path / "shorter", FRAMES - 1)
    earlier = begun_conversion(whole, tmp_path / "earlier", 2 * FRAMES)
    (bags / "bread").rename(tmp_path / "bread")
    write_bag(bags / "bread", [image_entry("/camera/image", stamp_of(0), noise(0))])
    resumed = ["data", "convert", str(bags), "--format", "bag", "--resume", "--out"]
    assert main([*resumed, str(shorter)]) == 1
    assert "but the set has 'bread" in capsys.readouterr().err
    (bags / "dough").rename(tmp_path / "dough")
    assert main([*resumed, str(earlier)]) == 1
    assert "but the set has nothing in its place" in capsys.readouterr().err


def test_what_cannot_be_one_set_is_told(
    bags: Path, videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(code: int, words: str, name: str, *arguments: Path | str) -> None:
        given = [*map(str, arguments), "--format", name, "--out", str(tmp_path / "out")]
        assert main(["data", "convert", *given]) == code
        assert words in capsys.readouterr().err
        assert not (tmp_path / "out").exists()

    same = write_recording(tmp_path / "other" / "bread", 5)
    refused(1, "two of the recordings are named 'bread'", "bag", bags / "bread", same)
    refused(1, "only recordings can be converted together", "masks", bags, videos)
    refused(1, "is no rosbag, and has none in it", "bag", videos)
    refused(1, "give such a folder, or one video with --masks", "video", bags)
    refused(1, "does not exist: check its path", "bag", bags, tmp_path / "nowhere")
    refused(2, "--masks has the labels of one recording", "bag", bags, "--masks", videos)
