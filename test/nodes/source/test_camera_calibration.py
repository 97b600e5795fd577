"""Guards that calibration files are read as camera_calibration writes them, bad ones refused."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import pytest
from std_msgs.msg import Header

from handseg_ros.nodes.source.camera_calibration import load_calibration, uncalibrated
from handseg_ros.segmentation.errors import MediaError

GOOD = """image_width: 640
image_height: 480
camera_name: narrow
camera_matrix:
  rows: 3
  cols: 3
  data: [500.5, 0., 320., 0., 501., 240., 0., 0., 1.]
distortion_model: rational_polynomial
distortion_coefficients:
  rows: 1
  cols: 8
  data: [1, 2, 3, 4, 5, 6, 7, 8]
rectification_matrix:
  rows: 3
  cols: 3
  data: [0., 1., 0., 1., 0., 0., 0., 0., 1.]
projection_matrix:
  rows: 3
  cols: 4
  data: [400., 0., 321., 7., 0., 401., 241., 0., 0., 0., 1., 0.]
"""


def test_every_entry_arrives(tmp_path: Path) -> None:
    path = tmp_path / "camera calibration.yaml"
    path.write_text(GOOD)
    header = Header(frame_id="eye")

    from_path = load_calibration(str(path)).message(header)
    from_url = load_calibration(f"file://{tmp_path}/camera%20calibration.yaml").message(header)

    assert from_path == from_url
    assert (from_path.width, from_path.height) == (640, 480)
    assert from_path.distortion_model == "rational_polynomial"
    assert list(from_path.d) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert from_path.k.tolist() == [500.5, 0, 320, 0, 501, 240, 0, 0, 1]
    assert from_path.r.tolist() == [0, 1, 0, 1, 0, 0, 0, 0, 1]
    assert from_path.p.tolist() == [400, 0, 321, 7, 0, 401, 241, 0, 0, 0, 1, 0]
    assert from_path.header.frame_id == "eye"


def test_rectification_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "camera.yaml"
    path.write_text(GOOD[: GOOD.index("rectification_matrix")])

    info = load_calibration(str(path)).message(Header())

    assert info.r.tolist() == [1, 0, 0, 0, 1, 0, 0, 0, 1]
    assert info.p.tolist() == [500.5, 0, 320, 0, 0, 501, 240, 0, 0, 0, 1, 0]


def test_the_package_s_own_sample() -> None:
    calibration = load_calibration("package://handseg_ros/config/camera_calibration.yaml")

    assert (calibration.width, calibration.height) == (640, 480)
    assert calibration.k[0] > 0


def test_uncalibrated_has_a_size_and_no_matrix() -> None:
    info = uncalibrated(Header(), 480, 640)

    assert (info.height, info.width, info.k[0], info.distortion_model) == (480, 640, 0, "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", ["it has no entries", "write it with camera_calibration"]),
        ("image_width: 640\n", ["it has no image_height, camera_matrix"]),
        ("a: [1,", ["it is no YAML"]),
        (GOOD.replace("640", "wide"), ["image_width is 'wide'", "not a number of pixels"]),
        (GOOD.replace("image_height: 480", "image_height: 0"), ["image_height is 0"]),
        (GOOD.replace("500.5, ", ""), ["camera_matrix has 8 numbers instead of 9"]),
        (GOOD.replace("500.5", "x"), ["camera_matrix has no list of numbers"]),
        (GOOD.replace("data: [400", "date: [400"), ["projection_matrix has no list of numbers"]),
    ],
)
def test_what_cannot_be_used_is_named(content: str, words: list[str], tmp_path: Path) -> None:
    path = tmp_path / "camera.yaml"
    path.write_text(content)

    with pytest.raises(MediaError) as caught:
        load_calibration(str(path))

    for word in ["camera.yaml", "leave camera_info_url empty", *words]:
        assert word in str(caught.value)


def test_missing_file_and_missing_package_are_named() -> None:
    with pytest.raises(MediaError, match=r"/nowhere.yaml' cannot be read .*correct camera_info"):
        load_calibration("/nowhere.yaml")
    with pytest.raises(MediaError, match=r"no package 'no_such_package'.*source the workspace"):
        load_calibration("package://no_such_package/camera.yaml")
