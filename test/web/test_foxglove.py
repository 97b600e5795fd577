"""Guards `handseg view --foxglove`, as Foxglove's own client of the protocol reads it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.assets import CLIP, PICTURE, rendered_hands
from support.checkout import ROOT
from support.foxglove import (
    a_client,
    a_foxglove_view,
    mono_pixels,
    picture_of,
    points_of,
    wants_client,
)
from support.processes import POLL

from handseg_ros.cli.main import main
from handseg_ros.depth.camera import Camera
from handseg_ros.image_messages.hands import Circumstances
from handseg_ros.nodes.source.camera_calibration import load_calibration
from handseg_ros.outputs.segmented_frame import SegmentedFrame
from handseg_ros.segmentation.hands import Segmentation, Side, Timings
from handseg_ros.segmentation.overlay import Palette
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.web.foxglove import topics
from handseg_ros.web.foxglove.scene import PLANE
from handseg_ros.web.foxglove.server import FoxgloveServer
from handseg_ros.web.live.source import LiveState
from handseg_ros.web.live.viewer import PlayedHeader

_HANDSEG = (sys.executable, "-m", "handseg_ros.cli.main")
_CALIBRATION = ROOT / "config" / "camera_calibration.yaml"
_SCENE = ROOT / "assets" / "rgbd_scene"
_SIDES = {side.value: side.name for side in Side}


@pytest.fixture(scope="module")
def picture() -> Iterator[str]:
    """One picture again and again: what is known of it holds for every frame."""
    options = ("--rate", "20", "--camera-info-url", str(_CALIBRATION))
    with a_foxglove_view(str(PICTURE), *options) as (_, address):
        yield address


@pytest.fixture(scope="module")
def expected() -> Segmentation:
    found = Segmenter.load().segment(rendered_hands())
    assert len(found.hands) > 1
    return found


@wants_client
def test_mask_and_ids_are_the_core_s_to_the_pixel(picture: str, expected: Segmentation) -> None:
    with a_client(picture, topics.MASK, topics.INSTANCES) as client:
        frame = client.frame(topics.MASK, topics.INSTANCES)
    assert (mono_pixels(frame[topics.MASK]) == expected.mask()).all()
    assert (mono_pixels(frame[topics.INSTANCES]) == expected.instances()).all()


@wants_client
def test_outlines_filled_are_the_mask_and_say_whose_they_are(
    picture: str, expected: Segmentation
) -> None:
    with a_client(picture, topics.ANNOTATIONS, topics.HANDS) as client:
        client.frame(topics.HANDS)
        frame = client.frame(topics.ANNOTATIONS, topics.HANDS)
    drawn = np.zeros((expected.height, expected.width), np.uint8)
    for hand in expected.hands:
        rings = [
            [(int(point["x"]), int(point["y"])) for point in one["points"]]
            for one in frame[topics.ANNOTATIONS]["points"]
            if _facts(one)["id"] == str(hand.id)
        ]
        drawn |= _filled(rings, drawn.shape)
        (text,) = (
            one for one in frame[topics.ANNOTATIONS]["texts"] if _facts(one)["id"] == str(hand.id)
        )
        assert f"{hand.side.name.lower()} {hand.score:.2f}" in text["text"]
    assert (drawn == expected.mask()).all()
    told = frame[topics.HANDS]["hands"]
    assert [(one["id"], one["side"], one["area"]) for one in told] == [
        (hand.id, hand.side, hand.area) for hand in expected.hands
    ]
    assert all(one["track_id"] > 0 for one in told)


@wants_client
def test_image_and_overlay_are_pictures_of_the_frame(picture: str) -> None:
    with a_client(picture, topics.IMAGE, topics.OVERLAY) as client:
        frame = client.frame(topics.IMAGE, topics.OVERLAY)
    image, overlay = picture_of(frame[topics.IMAGE]), picture_of(frame[topics.OVERLAY])
    assert cv2.PSNR(image, rendered_hands()) > 30
    assert image.shape == overlay.shape
    assert cv2.PSNR(overlay, image) < 30
    assert frame[topics.IMAGE]["frameId"] == "camera_optical_frame"
    assert frame[topics.IMAGE]["timestamp"] == frame[topics.OVERLAY]["timestamp"]


@wants_client
def test_diagnostics_are_those_that_foxglove_s_panels_know(
    picture: str,
) -> None:
    with a_client(picture, topics.DIAGNOSTICS) as client:
        assert client.advertised[topics.DIAGNOSTICS] == "diagnostic_msgs/msg/DiagnosticArray"
        told = client.message(topics.DIAGNOSTICS)
        while "frames a second" not in told["status"][0]["message"]:
            told = client.message(topics.DIAGNOSTICS)
    (status,) = told["status"]
    assert status["level"] == 0
    assert {"source", "model", "frames_answered"} <= {pair["key"] for pair in status["values"]}
    assert told["header"]["stamp"]["sec"] > 0


@wants_client
def test_outlines_in_space_are_seen_where_the_hands_are(
    picture: str, expected: Segmentation
) -> None:
    """At one distance, as there is no depth, and replacing those of the frame before."""
    with a_client(picture, topics.MARKERS, topics.CAMERA_INFO) as client:
        frame = client.frame(topics.MARKERS, topics.CAMERA_INFO)
    info = frame[topics.CAMERA_INFO]
    size = info["width"], info["height"]
    camera = Camera.of(*size, info["K"], info["D"], info["distortionModel"])
    assert size == (expected.width, expected.height)
    scene = frame[topics.MARKERS]
    assert [one["type"] for one in scene["deletions"]] == ["ALL"]
    assert len(scene["entities"]) == len(expected.hands)
    for entity, hand in zip(scene["entities"], expected.hands, strict=True):
        (text,) = entity["texts"]
        assert f"{hand.score:.2f}" in text["text"]
        points = np.array(
            [
                (point["x"], point["y"], point["z"])
                for line in entity["lines"]
                for point in line["points"]
            ]
        )
        assert (points[:, 2] == PLANE).all()
        columns, rows = np.rint(camera.project(points)).astype(int).T
        instances = expected.instances()
        assert (instances[rows, columns] == hand.id).all()
        assert columns.max() - columns.min() == hand.box.width - 1


@wants_client
def test_with_depth_hands_are_where_they_were_rendered(tmp_path: Path) -> None:
    """And their points have the colours and depths of their pixels."""
    image = _SCENE / "images" / "00.jpg"
    shutil.copy(image, tmp_path)
    pixels = cv2.imread(str(image))
    assert pixels is not None
    depth = ("--depth", str(_SCENE / "depth"), "--camera-info-url", str(_SCENE / "camera.yaml"))
    shown = (topics.MARKERS, topics.POINTS, topics.HANDS)
    with a_foxglove_view(str(tmp_path), *depth, "--rate", "20") as (service, address):
        with a_client(address, *shown) as client:
            frame = client.frame(*shown)
        state = service.client.get("/live/state").json()
    truth = json.loads((_SCENE / "truth.json").read_text(encoding="utf-8"))["00"]
    told = {_SIDES[one["side"]]: one for one in frame[topics.HANDS]["hands"]}
    assert len(truth) == len(told) == 2
    for hand in truth:
        one = told[hand["side"]]
        place = [one["position"][axis] for axis in "xyz"]
        assert one["position_valid"]
        assert np.linalg.norm(np.subtract(place, hand["position"])) < 0.02
    entities = frame[topics.MARKERS]["entities"]
    middles = [one["spheres"][0]["pose"]["position"] for one in entities]
    assert middles == [one["position"] for one in frame[topics.HANDS]["hands"]]
    assert [list(middle.values()) for middle in middles] == [
        pytest.approx(hand["position"]) for hand in state["hands"]
    ]
    cloud = points_of(frame[topics.POINTS])
    assert set(cloud["instance"]) == {1, 2}
    camera = Camera.of(*_camera_of(_SCENE / "camera.yaml"))
    places = np.stack([cloud[axis] for axis in "xyz"], axis=1)
    columns, rows = np.rint(camera.project(places)).astype(int).T
    colours = np.stack([cloud[name] for name in ("blue", "green", "red")], axis=1)
    assert (colours == pixels[rows, columns]).all()


def _camera_of(path: Path) -> tuple[int, int, Sequence[float], Sequence[float], str]:
    of = load_calibration(str(path))
    return of.width, of.height, of.k, of.d, of.distortion_model


@wants_client
def test_a_calibration_of_another_size_is_told_in_foxglove() -> None:
    options = ("--model", "hands_fast", "--camera-info-url", str(_CALIBRATION))
    with (
        a_foxglove_view(str(CLIP), *options) as (_, address),
        a_client(address, topics.MARKERS) as client,
    ):
        assert "camera_info is for 640x480 but the image is 320x240" in client.status()


@wants_client
def test_nothing_is_answered_while_nobody_subscribes() -> None:
    with a_foxglove_view(str(CLIP), "--model", "hands_fast") as (service, address):
        with a_client(address) as client:
            assert topics.MASK in client.advertised
            assert topics.MARKERS not in client.advertised
            assert _answered(service.client.get("/live/state").json()) == 0
        with a_client(address, topics.MASK) as client:
            client.message(topics.MASK)
        assert _answered(service.client.get("/live/state").json()) > 0


def _answered(state: dict[str, dict[str, str]]) -> int:
    return int(state["figures"]["frames_answered"])


@wants_client
def test_what_nobody_subscribes_to_is_not_made() -> None:
    server = FoxgloveServer("test", 0)
    with server.running(_state) as address:
        assert not server.is_watched
        with a_client(address, topics.MASK) as client:
            _wait_until_watched(server)
            frame = _frame(1)
            server.show(frame)
            client.message(topics.MASK)
    assert "mask" in vars(frame)
    assert not {"overlay", "instances"} & set(vars(frame))


@wants_client
def test_a_slow_client_gets_fewer_frames_and_the_newest() -> None:
    """So many as a socket holds, and two more; what is shown does not wait for it."""
    server, shown = FoxgloveServer("test", 0), 300
    with server.running(_state) as address, a_client(address, topics.MASK) as client:
        _wait_until_watched(server)
        client.tell("pause")
        for number in range(1, shown + 1):
            server.show(_frame(number))
        client.tell("resume")
        stamps = [client.stamp(topics.MASK)]
        while stamps[-1] != shown:
            stamps.append(client.stamp(topics.MASK))
    assert stamps == sorted(stamps)
    assert len(stamps) < shown / 2


def _wait_until_watched(server: FoxgloveServer) -> None:
    while not server.is_watched:
        time.sleep(POLL)


def _state() -> LiveState:
    return LiveState(source="test", level="ok", message="", figures={}, age_ms=None, hands=[])


def _frame(stamp: int) -> SegmentedFrame:
    """Return a frame without hands, 640x480."""
    pixels = np.zeros((480, 640, 3), np.uint8)
    found = Segmentation(480, 640, (), Timings(0, 0, 0))
    return SegmentedFrame(PlayedHeader(stamp), pixels, found, Circumstances("test"), Palette())


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = _view(str(CLIP), "--model", "hands_fast", "--foxglove", "--foxglove-port", port)
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "--foxglove-port" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--camera-info-url", str(_CALIBRATION)], "for --depth and for --foxglove"),
        (["--depth", str(_SCENE / "depth")], "with --camera-info-url too"),
    ],
)
def test_what_says_nothing_alone_is_told(words: list[str], told: str) -> None:
    done = _view(str(CLIP), *words)
    assert done.returncode == 2
    assert told in done.stderr


def test_without_the_sdk_the_command_that_installs_it_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.startswith("handseg_ros.web.foxglove.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "foxglove", None)
    assert main(["view", str(CLIP), "--foxglove"]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "Foxglove needs the package 'foxglove'" in told
    assert "pip install 'handseg_ros[foxglove]'" in told


def _view(*words: str) -> subprocess.CompletedProcess[str]:
    command = [*_HANDSEG, "view", *words, "--port", "0"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _facts(annotation: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {pair["key"]: pair["value"] for pair in annotation["metadata"]}


def _filled(rings: list[list[tuple[int, int]]], shape: tuple[int, ...]) -> np.ndarray:
    """Fill rings by the even-odd rule: a pixel is in where an odd number of edges is left of it."""
    edges = np.zeros((shape[0], shape[1] + 1), np.uint8)
    for ring in rings:
        for (x, y), (_, below) in zip(ring, ring[1:] + ring[:1], strict=True):
            edges[min(y, below) : max(y, below), x] ^= 1
    return np.bitwise_xor.accumulate(edges, axis=1)[:, :-1] * np.uint8(255)
