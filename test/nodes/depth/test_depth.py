"""Guards what the node makes of a frame's depth, and that bad depth costs no hands."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handseg_ros.msg import HandInstance
from sensor_msgs.msg import Image
from support.colours import by_colour
from support.node import start_node
from support.rgbd import FOCAL, FRAME, calibration, depth_message, header
from support.rgbd_scene import HAND, SIZE, THING, RgbdScene, millimetres, picture, pixels_of
from support.robot import a_robot

TOPICS = ("hands", "keep_out", "depth_without_hands", "points", "object_points", "markers")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return by_colour(tmp_path_factory.mktemp("model") / "colours.onnx")


@pytest.fixture(scope="module")
def shared(model: Path) -> Iterator[RgbdScene]:
    """Yield a scene that all tests share which leave the node as it was."""
    with start_node(f"model:={model}", "depth:=true", "depth_wait:=5.0"), a_robot() as robot:
        scene = RgbdScene(robot)
        robot.listen(*TOPICS)
        scene.wait_until_watched()
        yield scene


def assert_in_place(hand: HandInstance) -> None:
    """The middle of the square, 0.6 m away, through a camera that looks at pixel (128, 128)."""
    x = (74.5 - SIZE / 2) / FOCAL * 0.6
    assert hand.position_valid
    assert (hand.position.x, hand.position.y) == pytest.approx((x, x), abs=2e-3)
    assert hand.position.z == pytest.approx(0.6, abs=1e-3)
    assert hand.depth_share == pytest.approx(1.0, abs=0.01)
    assert hand.extent.x == pytest.approx(50 / FOCAL * 0.6, rel=0.1)


@pytest.mark.parametrize(
    "depth",
    [
        depth_message(millimetres()),
        depth_message(millimetres(), big=True),
        depth_message(millimetres(), padding=6),
        depth_message((millimetres() / 1000).astype(np.float32)),
        depth_message((millimetres() / 1000).astype(np.float32), big=True, padding=8),
    ],
    ids=["16UC1", "16UC1 big-endian", "16UC1 padded", "32FC1", "32FC1 big-endian padded"],
)
def test_a_hand_is_in_its_place_by_any_depth(shared: RgbdScene, depth: Image) -> None:
    assert_in_place(shared.hand(depth))


def test_what_drivers_call_mono16_is_millimetres(shared: RgbdScene) -> None:
    depth = depth_message(millimetres())
    depth.encoding = "mono16"
    assert_in_place(shared.hand(depth))


def test_points_are_read_by_what_the_message_tells_of_them(shared: RgbdScene) -> None:
    stamp = shared.send(depth_message(millimetres()))
    hand_points, object_points = shared.answers(stamp, "points", "object_points")
    for message, region, distance, colour in (
        (hand_points, HAND, 0.6, 0x00C800),
        (object_points, THING, 0.65, 0x0000C8),
    ):
        assert message.header == header(stamp)
        cloud = as_structured(message)
        pixels = np.zeros((SIZE, SIZE), bool)
        pixels[region] = True
        rows, columns = np.nonzero(pixels)
        assert message.width * message.height == len(rows)
        np.testing.assert_allclose(cloud["z"], distance, atol=1e-4)
        np.testing.assert_allclose(cloud["x"], (columns - 128) / FOCAL * distance, atol=1e-3)
        np.testing.assert_allclose(cloud["y"], (rows - 128) / FOCAL * distance, atol=1e-3)
        assert set(cloud["rgb"].view("<u4").tolist()) == {colour}
        # The object's points carry the number of the hand that touches it.
        assert set(cloud["instance"].tolist()) == {1}


def as_structured(message: Any) -> np.ndarray:
    """Read a PointCloud2 as any consumer would: by its fields alone."""
    types = {1: "i1", 2: "u1", 5: "i4", 6: "u4", 7: "f4", 8: "f8"}
    order = ">" if message.is_bigendian else "<"
    dtype = np.dtype(
        {
            "names": [field.name for field in message.fields],
            "formats": [order + types[field.datatype] for field in message.fields],
            "offsets": [field.offset for field in message.fields],
            "itemsize": message.point_step,
        }
    )
    assert [field.name for field in message.fields] == ["x", "y", "z", "rgb", "instance"]
    assert message.row_step == message.width * message.point_step == len(message.data)
    return np.frombuffer(message.data, dtype)


def test_voxels_thin_the_points(shared: RgbdScene) -> None:
    assert shared.robot.set_parameter("voxel_size", 0.02).successful
    (points,) = shared.answers(shared.send(depth_message(millimetres())), "points")
    assert shared.robot.set_parameter("voxel_size", 0.0).successful
    # 50 pixels at 0.6 m are 0.117 m: six or seven cubes a side
    assert 36 <= points.width <= 49


def test_keep_out_and_the_depth_without_it(shared: RgbdScene) -> None:
    depth = depth_message(millimetres())
    keep_out, without = shared.answers(
        shared.send(depth, offset=0.0), "keep_out", "depth_without_hands"
    )
    marked = pixels_of(keep_out, np.dtype("u1")) > 0
    # 4 cm at 0.6 m
    reach = 0.04 * FOCAL / 0.6
    columns = np.flatnonzero(marked[75])
    assert (columns[0], columns[-1]) == pytest.approx((50 - reach, 99 + reach), abs=1.5)
    assert (without.encoding, without.header) == ("16UC1", depth.header)
    left = pixels_of(without, np.dtype("<u2"))
    np.testing.assert_array_equal(left, np.where(marked, 0, millimetres()))


def test_depth_in_metres_is_nan_without_hands(shared: RgbdScene) -> None:
    depth = (millimetres() / 1000).astype(np.float32)
    keep_out, without = shared.answers(
        shared.send(depth_message(depth)), "keep_out", "depth_without_hands"
    )
    marked = pixels_of(keep_out, np.dtype("u1")) > 0
    assert without.encoding == "32FC1"
    left = pixels_of(without, np.dtype("<f4"))
    np.testing.assert_array_equal(left, np.where(marked, np.float32(np.nan), depth))


def test_markers_come_with_the_hand_and_go_with_it(shared: RgbdScene) -> None:
    stamp = shared.send(depth_message(millimetres()))
    hands, markers = shared.answers(stamp, "hands", "markers")
    sphere, name = markers.markers
    assert (sphere.type, sphere.action) == (sphere.SPHERE, sphere.ADD)
    assert sphere.header == hands.header
    assert sphere.pose.position == hands.hands[0].position
    assert (sphere.scale.x, sphere.scale.y) == (
        pytest.approx(hands.hands[0].extent.x),
        pytest.approx(hands.hands[0].extent.y),
    )
    assert (name.type, name.text) == (name.TEXT_VIEW_FACING, "1")

    gone = shared.camera.tick()
    shared.camera.send_image(np.zeros_like(picture()), gone)
    shared.camera.send_depth(depth_message(millimetres()), gone)
    (deletions,) = shared.answers(gone, "markers")
    assert {(each.ns, each.id, each.action) for each in deletions.markers} == {
        (sphere.ns, sphere.id, sphere.DELETE),
        (name.ns, name.id, name.DELETE),
    }


@pytest.mark.parametrize(
    ("depth", "words"),
    [
        (
            depth_message(np.ones((128, 128), np.uint16)),
            "depth 128x128 is not aligned to 256x256",
        ),
        (Image(encoding="bgr8", height=256, width=256, step=768), "encoding 'bgr8' is not known"),
        (Image(encoding="16UC1", height=256, width=256, step=512), "0 bytes of data"),
    ],
    ids=["size", "encoding", "no data"],
)
def test_depth_that_cannot_be_used_is_told_and_the_hand_is_still_found(
    shared: RgbdScene, depth: Image, words: str
) -> None:
    hand = shared.hand(depth)
    assert not hand.position_valid
    assert hand.depth_share == 0
    shared.wait_for_problem(words)


def test_depth_of_another_frame_is_refused(shared: RgbdScene) -> None:
    stamp = shared.camera.tick()
    shared.camera.send_image(picture(), stamp)
    shared.camera.send_depth(depth_message(millimetres()), stamp, "camera_depth_optical_frame")
    (hands,) = shared.answers(stamp, "hands")
    assert not hands.hands[0].position_valid
    shared.wait_for_problem("camera_depth_optical_frame", FRAME, "aligned")


def test_a_camera_that_is_not_calibrated_is_told(shared: RgbdScene) -> None:
    depth, uncalibrated = depth_message(millimetres()), calibration(SIZE, SIZE)
    uncalibrated.k = [0.0] * 9

    def is_unknown() -> bool:
        (hands,) = shared.answers(shared.send(depth, info=uncalibrated), "hands")
        return not hands.hands[0].position_valid

    # The newest calibration holds until that of the stamp has come, for an image or two.
    assert shared.robot.wait_for(is_unknown)
    shared.wait_for_problem("not calibrated")
    assert shared.robot.wait_for(lambda: shared.hand(depth).position_valid)


def test_a_jump_back_in_time_goes_on_with_depth(shared: RgbdScene) -> None:
    assert_in_place(shared.hand(depth_message(millimetres())))
    shared.camera.tick(-30.0)
    shared.robot.answers["hands"].clear()
    assert_in_place(shared.hand(depth_message(millimetres())))


def test_stamps_within_the_tolerance(shared: RgbdScene) -> None:
    depth = depth_message(millimetres())
    assert shared.robot.set_parameter("depth_tolerance", 0.02).successful
    assert_in_place(shared.hand(depth, offset=0.015))
    assert_in_place(shared.hand(depth, offset=-0.015))
    assert not shared.hand(depth, offset=0.025).position_valid
    shared.wait_for_problem("the nearest is 25.0 ms off", "depth_tolerance is 20 ms")
    assert shared.robot.set_parameter("depth_tolerance", 0.0).successful
    assert not shared.hand(depth, offset=0.015).position_valid


def test_figures_add_up(shared: RgbdScene) -> None:
    reasons = ("depth_not_published", "depth_absent", "depth_late", "depth_apart", "depth_crowded")
    before = shared.robot.figures()
    assert_in_place(shared.hand(depth_message(millimetres())))
    after = shared.robot.figures()
    assert int(after["depth_matched"]) == int(before["depth_matched"]) + 1
    assert [after[name] for name in reasons] == [before[name] for name in reasons]
    assert abs(float(after["depth_delay_ms"])) < 5000
    assert after["depth_topic"] == "/depth"
