"""Guards what pages show: every code block of README and docs runs as it stands, page by page."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import csv
import importlib.util
import json
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from support.assets import PICTURE, rendered_hands
from support.bags import image_entry, stamp_of, write_bag
from support.checkout import ROOT
from support.code_blocks import CodeBlock, PageWorkspace, code_blocks, page_workspace
from support.disguised import disguise
from support.foreign import write_description
from support.guide import example
from support.labelled import clip_frames, write_clip_folder
from support.zero_network import write_zero_network

from handseg_ros.datasets.coco.writing import CocoLabels
from handseg_ros.media import VideoSink
from handseg_ros.segmentation.description import parse_description
from handseg_ros.segmentation.model_store import find_model
from handseg_ros.segmentation.segmenter import Segmenter

pytestmark = pytest.mark.slow

_FILES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
# Run by test/docs/test_training_pages.py and test_system_pages.py, a few steps of their training.
_ELSEWHERE_PAGES = (
    "docs/tutorials/your-own-hands.md",
    "docs/tutorials/from-hand-mask-rcnn.md",
    "docs/tutorials/from-hand-object-segmentation.md",
    "docs/tutorials/from-the-unet-notebook.md",
    "docs/tutorials/from-human-segmentation.md",
)
PAGES = tuple(
    page
    for path in _FILES
    if code_blocks(page := str(path.relative_to(ROOT))) and page not in _ELSEWHERE_PAGES
)
# Blocks that go on until somebody ends them, by a text of their last line: what they write.
UNTIL = {
    "grasp_filter.py --ros-args": "[grasp_filter]",
    "-p model:=theirs.onnx": "loaded",
    "rclpy.spin(looker)": "pixels of each hand: [",
    "rclpy.spin(robot)": "s old",
    "rclpy.spin(node)": "builtin_interfaces.msg.Time(",
    "python3 examples/grasp_filter.py": "listening to /image (Image)",
    "rclpy.spin(HandsInBase())": "[hands_in_base]",
    "-p model:=folder/mine.onnx": "loaded",
    "handseg serve": "answers at",
}
# Blocks that install or train, by how they begin: what is done to them instead.
ELSEWHERE = {
    "pip install .": "installed by test/package/test_pip_install.py",
    "pip install --no-deps --target": "wants OpenCV with windows, and a screen",
    "pip install 'onnx": "a requirement of the tests themselves",
    "cd my_workspace/src": "built by test/package/test_colcon_build.py",
    "handseg record-masks recordings/* with_hands --ray": "run by test/cluster/test_ray.py",
    "handseg evaluate DATA": "wants data that is not in the repository",
    "PYTHONPATH=tools python -m rendering": "wants Blender, an environment of its own",
    "mkdir -p ../ros2src": "wants clones from the network",
    "python3 requirements/lock.py": "wants every Python and a package index",
}


def _elsewhere(block: CodeBlock) -> str | None:
    places = (place for text, place in ELSEWHERE.items() if block.first_line.startswith(text))
    return next(places, None)


def _until(block: CodeBlock) -> str | None:
    last = block.text.rstrip().rpartition("\n")[2]
    return next((words for text, words in UNTIL.items() if text in last), None)


def _is_make(block: CodeBlock) -> bool:
    return all(line.startswith("make ") for line in block.text.splitlines())


def _wants_a_ros_installation(block: CodeBlock) -> bool:
    """Tell whether a block needs what PyPI lacks, and this machine too."""
    wants_tf = "tf2_ros" in block.text and importlib.util.find_spec("tf2_ros") is None
    # RViz stands for a whole installation: `ros2` alone can be there too (CONTRIBUTING.md)
    return wants_tf or ("ros2 " in block.text and shutil.which("rviz2") is None)


def _wants_a_program(block: CodeBlock) -> bool:
    """Tell whether a block needs a program that a minimal system lacks."""
    return block.text.startswith("curl ") and shutil.which("curl") is None


def _write_inputs(folder: Path) -> None:
    """Write the files that the pages take for the reader's own."""
    for name in ("in.png", "hand.png"):
        shutil.copy(PICTURE, folder / name)
    cv2.imwrite(str(folder / "empty.png"), np.zeros_like(rendered_hands()))
    with VideoSink(folder / "clip.mp4", 10.0) as sink:
        for frame in clip_frames(4):
            sink.write(frame)
    captured = folder / "captured" / "set0"
    captured.mkdir(parents=True)
    cv2.imwrite(str(captured / "bkg.png"), np.full_like(rendered_hands(), 90))
    for number in range(2):
        shutil.copy(PICTURE, captured / f"{number}.png")
    write_clip_folder(folder / "folder", 4)
    for image in sorted((folder / "folder" / "images").rglob("*.png")):
        shutil.copy(image, folder / "folder" / f"{image.parent.name}_{image.name}")


def _write_coco(folder: Path) -> None:
    """Write `labels.json` with pictures of its own in `images/` beside it."""
    segmenter, labels = Segmenter.load("hands"), CocoLabels()
    (folder / "images").mkdir()
    for number, image in enumerate(clip_frames(2)):
        name = f"{number:03d}.png"
        cv2.imwrite(str(folder / "images" / name), image)
        labels.add(name, f"sequence {number}", segmenter.segment(image))
    (folder / "labels.json").write_text(json.dumps(labels.content()), encoding="utf-8")


def _write_bags(folder: Path) -> None:
    """Write recordings of a camera whose hands are labelled."""
    known = sorted((folder / "folder" / "masks").rglob("*.png"))
    masks = {int(path.stem): _read_grey(path) for path in known}
    entries = []
    for number, image in enumerate(clip_frames(4)):
        entries.append(image_entry("/camera/image", stamp_of(number), image))
        if number in masks:
            label = image_entry("/ground_truth/mask", stamp_of(number), masks[number], "mono8")
            entries.append(label)
    for name in ("bag", "kitchen"):
        write_bag(folder / name, entries)


def _write_models(folder: Path) -> None:
    """Write networks: one of this project's, a foreign one, one that compares with a background."""
    shutil.copy(find_model("hands_fast"), folder / "my_model.onnx")
    described = example("frame-background")
    write_zero_network(folder / "mine.onnx", parse_description(yaml.safe_dump(described), "guide"))
    write_description(folder / "mine.onnx", described)
    for name in ("theirs.onnx", "folder/mine.onnx"):
        disguise(folder / name, weights=(-0.5, 0.5))


def _read_grey(path: Path) -> np.ndarray:
    pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    return pixels


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    _write_inputs(folder)
    _write_coco(folder)
    _write_bags(folder)
    _write_models(folder)
    return folder


@pytest.mark.parametrize("page", PAGES)
def test_every_block_runs_in_the_order_of_its_page(page: str, inputs: Path, tmp_path: Path) -> None:
    shutil.copytree(inputs, tmp_path, dirs_exist_ok=True)
    with page_workspace(tmp_path) as workspace:
        for block in code_blocks(page):
            _try(block, workspace)


def _try(block: CodeBlock, workspace: PageWorkspace) -> None:
    if block.language == "yaml":
        assert yaml.safe_load(block.text), block
    elif block.language == "csv":
        widths = {len(row) for row in csv.reader(block.text.splitlines())}
        assert len(widths) == 1, block
    elif block.language == "js":
        assert block.text, block  # Run by test/onnx_export/test_other_runtimes.py.
    elif block.language != "text" and _is_make(block):
        for line in block.text.splitlines():
            asked = ["make", "--dry-run", *line.partition("#")[0].split()[1:]]
            done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{block}: {done.stderr}"
    elif block.language != "text" and not (
        _elsewhere(block) or _wants_a_ros_installation(block) or _wants_a_program(block)
    ):
        workspace.run(block, _until(block))


def test_every_block_says_its_language() -> None:
    known = {"sh", "python", "yaml", "csv", "js", "text"}
    assert not [
        str(block) for page in PAGES for block in code_blocks(page) if block.language not in known
    ]


def test_every_exception_has_its_block() -> None:
    blocks = [block for page in PAGES for block in code_blocks(page)]
    for text in ELSEWHERE:
        assert any(block.first_line.startswith(text) for block in blocks), text
    for text in UNTIL:
        assert any(text in block.text for block in blocks), text
