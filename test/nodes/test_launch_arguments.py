"""Guards what launch files make of their arguments, in each spelling that ROS 2 users write."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import pytest

from handseg_ros.nodes import launch_arguments as given
from handseg_ros.nodes.launch_arguments import LaunchArgumentError
from handseg_ros.nodes.parameters import ParameterError

NOTHING = dict.fromkeys(
    ("model", "cameras", "overlay_mode", "image_transport", "depth", "use_sim_time"), ""
)


@pytest.mark.parametrize("text", ["true", "True", "TRUE", "1", "yes", "Yes", "on", "ON", "y"])
def test_true_in_every_spelling(text: str) -> None:
    assert given.boolean("rviz", text) is True


@pytest.mark.parametrize("text", ["false", "False", "FALSE", "0", "no", "NO", "off", "Off", "n"])
def test_false_in_every_spelling(text: str) -> None:
    assert given.boolean("rviz", text) is False


@pytest.mark.parametrize("text", ["maybe", "", "2", "tru", "[]"])
def test_other_words_are_no_boolean(text: str) -> None:
    with pytest.raises(LaunchArgumentError) as raised:
        given.boolean("use_sim_time", text)
    assert str(raised.value) == f"use_sim_time cannot be '{text}': it takes true or false"


@pytest.mark.parametrize(("text", "value"), [("1", 1.0), ("0.5", 0.5), ("-2", -2.0), ("1e-1", 0.1)])
def test_numbers_with_and_without_a_fraction(text: str, value: float) -> None:
    number = given.number("max_age", text)
    assert number == value
    assert isinstance(number, float)


@pytest.mark.parametrize("text", ["one", "", "nan", "inf", "0,5", "1 s"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(LaunchArgumentError, match=r"^max_age cannot be '.*': it takes a number"):
        given.number("max_age", text)


def test_whole_numbers() -> None:
    assert given.whole_number("wait_for_subscribers", "2.0") == 2
    with pytest.raises(LaunchArgumentError, match=r"^wait_for_subscribers cannot be '1.5'"):
        given.whole_number("wait_for_subscribers", "1.5")


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.yaml").write_text("/**: {ros__parameters: {lazy: false}}")

    assert given.path("~/clip.mp4") == f"{tmp_path}/clip.mp4"
    assert given.path("~nobody_of_this_name/clip.mp4") == "~nobody_of_this_name/clip.mp4"
    assert given.path("clip~1.mp4") == "clip~1.mp4"
    assert given.parameters_file("~/mine.yaml") == f"{tmp_path}/mine.yaml"
    assert given.profile("~/mine.yaml") == f"{tmp_path}/mine.yaml"
    assert given.calibration_url("~/camera.yaml") == f"file://{tmp_path}/camera.yaml"
    assert given.node_parameters({**NOTHING, "model": "~/mine.onnx"}) == {
        "model": f"{tmp_path}/mine.onnx"
    }


def test_a_calibration_becomes_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert given.calibration_url("") == ""
    assert given.calibration_url("package://mine/camera.yaml") == "package://mine/camera.yaml"
    assert given.calibration_url("camera.yaml") == f"file://{tmp_path}/camera.yaml"


@pytest.mark.parametrize("text", ["none", "None", "NONE", ""])
def test_no_profile_of_dds_can_be_asked_for(text: str) -> None:
    assert given.profile(text) == ""


def test_files_that_are_missing_are_told() -> None:
    for refuse in (given.parameters_file, given.profile):
        with pytest.raises(LaunchArgumentError, match=r"'/nope.yaml' does not exist: "):
            refuse("/nope.yaml")
    with pytest.raises(LaunchArgumentError, match=r"^params_file '' does not exist"):
        given.parameters_file("")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("/**: {ros__parameters: {lazy: ", "cannot be read as YAML (while parsing"),
        ("- a\n- list\n", "has no parameters: they stand below '/**:'"),
        ("", "has no parameters"),
        ("lazy: false\n", "has no parameters"),
        ("hand_segmentation:\n  lazy: false\n", "'ros__parameters:'"),
        (b"\xff\xfe\x00", "cannot be read as YAML"),
    ],
)
def test_files_without_parameters_are_told(
    content: str | bytes, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(LaunchArgumentError) as raised:
        given.parameters_file(str(path))
    assert str(raised.value).startswith(f"params_file '{path}' ")
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "node", "unmet"),
    [
        ("/**: {ros__parameters: {}}", "/front/left", []),
        ("/*: {ros__parameters: {}}", "/left", []),
        ("/*: {ros__parameters: {}}", "/front/left", ["/*"]),
        ("/*/left: {ros__parameters: {}}", "/front/left", []),
        ("/**/left: {ros__parameters: {}}", "/a/b/left", []),
        ("left: {ros__parameters: {}}", "/left", []),
        ("/front/left: {ros__parameters: {}}", "/front/left", []),
        ("front: {left: {ros__parameters: {}}}", "/front/left", []),
        ("front: {left: {ros__parameters: {}}}", "/left", ["/front/left"]),
        ("a.b: {ros__parameters: {}}", "/aXb", ["/a.b"]),
        ("hand_segmentation: {ros__parameters: {}}\ncamera: {ros__parameters: {}}", "/left",
         ["/hand_segmentation", "/camera"]),
    ],
)  # fmt: skip
def test_a_file_of_another_node_is_noticed(
    content: str, node: str, unmet: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(content)
    assert given.unmet_sections(str(path), node) == unmet


@pytest.mark.parametrize(
    ("text", "namespace", "full"),
    [
        ("", "", "/hands"),
        ("/", "", "/hands"),
        ("cam1", "cam1", "/cam1/hands"),
        ("/cam1", "/cam1", "/cam1/hands"),
        ("cam1/", "cam1", "/cam1/hands"),
        ("/robot/cam1/", "/robot/cam1", "/robot/cam1/hands"),
    ],
)
def test_namespaces_with_and_without_slashes(text: str, namespace: str, full: str) -> None:
    assert given.namespace(text) == namespace
    assert given.full_name(given.namespace(text), "hands") == full


def test_arguments_that_are_empty_leave_the_file_s_values_alone() -> None:
    assert given.node_parameters(NOTHING) == {}


def test_packages_are_looked_for_where_ros_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "share" / "ament_index" / "resource_index" / "packages"
    index.mkdir(parents=True)
    (index / "rviz2").touch()
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))

    assert given.is_installed("rviz2")
    assert not given.is_installed("a_package_of_no_name")


def test_mistyped_arguments_are_told() -> None:
    words = ["ros2", "launch", "handseg_ros", "x.launch.py", "modle:=a", "model:=b", "speed:=1"]
    assert given.mistyped(["model", "image"], words) == [
        "the argument modle has no effect here, did you mean model?"
    ]


def test_cameras_and_their_devices_come_in_the_same_order() -> None:
    assert given.devices_of("left, right", "/dev/video0,/dev/video2") == {
        "left": "/dev/video0",
        "right": "/dev/video2",
    }
    # as the node itself takes the names
    assert list(given.devices_of("left right", "/dev/video0, clip.mkv")) == ["left", "right"]
    with pytest.raises(LaunchArgumentError, match="1 devices for 2 cameras"):
        given.devices_of("left,right", "/dev/video0")
    with pytest.raises(ParameterError, match="cameras cannot be 'a,a': it takes different names"):
        given.devices_of("a,a", "/dev/video0,/dev/video2")


def test_one_camera_s_topics_are_refused_for_several() -> None:
    topics = {"image": "image", "camera_info": "camera_info", "depth": ""}
    given.check_cameras({"cameras": "a,b", **topics}, topics)
    given.check_cameras({"cameras": "", **topics, "image": "/front"}, topics)
    with pytest.raises(LaunchArgumentError, match="image cannot be '/front' with cameras 'a,b'"):
        given.check_cameras({"cameras": "a,b", **topics, "image": "/front"}, topics)
