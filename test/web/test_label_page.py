"""Guards the page for labels: strokes land on disk as pixels, and nothing saved is lost."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from support.browser import a_browser, wants_chromium
from support.label_page import a_label_page, shown, stroke, write_pictures

from handseg_ros.datasets.registry import open_dataset


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of three pictures without labels."""
    return write_pictures(tmp_path / "pictures")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a browser."""
    with a_browser() as running:
        yield running


def counts_of(mask: np.ndarray) -> list[int]:
    """Return run lengths of a mask, bool (H, W), by counting."""
    pixels = [False, *mask.T.ravel().tolist()]
    changes = [index for index in range(1, len(pixels)) if pixels[index] != pixels[index - 1]]
    ends = [0, *(index - 1 for index in changes), mask.size]
    return [after - before for before, after in pairwise(ends)]


def test_a_label_survives_the_server(folder: Path) -> None:
    mask = np.zeros((100, 100), bool)
    mask[20:40, 30:70] = True
    with a_label_page(folder) as page:
        assert page.label("wall")["revision"] == ""
        saved = page.save("wall", "", [{"label": "hand", "counts": counts_of(mask)}])
        revision = saved.raise_for_status().json()["revision"]
        page.process.kill()
    with a_label_page(folder, "--in-order") as page:
        label = page.label("wall")
        assert label["revision"] == revision
        assert [one["counts"] for one in label["instances"]] == [counts_of(mask)]
        listed = page.client.get("/label/pictures").json()
        assert listed == [
            {"name": "deep/small", "is_labelled": False, "is_ranked": True},
            {"name": "hands", "is_labelled": False, "is_ranked": True},
            {"name": "wall", "is_labelled": True, "is_ranked": True},
        ]


def test_what_cannot_be_is_told(folder: Path) -> None:
    with a_label_page(folder, "--in-order") as page:
        hand = {"label": "hand", "counts": [10_000]}
        for name, revision, instances, status, words in (
            ("../wall", "", [], 404, "no picture"),
            ("/etc/passwd", "", [], 404, "no picture"),
            ("wall", "stale", [], 409, "somebody else"),
            ("wall", "", [{"label": "foot", "counts": [10_000]}], 422, "'foot'"),
            ("wall", "", [{"label": "hand", "counts": [10_001]}], 422, "100x100"),
            ("wall", "", [{"label": "hand", "counts": [2**63]}], 422, str(2**63)),
            ("wall", "", [{"label": "hand", "counts": [10**5, -9 * 10**4]}], 422, "-90000"),
            ("wall", "", [hand] * 256, 422, "255"),
            ("wall", "", "none", 422, "instances"),
        ):
            answer = page.save(name, revision, instances)
            assert answer.status_code == answer.json()["status"] == status, (name, answer.text)
            assert words in answer.json()["reason"]
        strange = page.client.put(
            "/label/label", params={"name": "wall"}, json={"revision": "", "instances": []},
            headers={"Origin": "http://elsewhere.example"},
        )  # fmt: skip
        assert strange.status_code == 403
    assert not list(folder.rglob("*.json"))


def test_a_save_that_fails_is_no_one_else_s_label(folder: Path) -> None:
    coco = folder / "annotations.json"
    with a_label_page(folder, "--in-order") as page:
        coco.write_text('{"images": [], "annotations": [], "categories": [{"id": 1}]}')
        for _ in range(2):
            answer = page.save("wall", "", [{"label": "hand", "counts": [10_000]}])
            assert answer.status_code == 500
            assert answer.json()["reason"].endswith(": move it elsewhere")
        assert not (folder / "wall.json").exists()
        coco.unlink()
        page.save("wall", "", [{"label": "hand", "counts": [10_000]}]).raise_for_status()


def test_a_name_that_cannot_be_sent_hides_no_other_picture(folder: Path) -> None:
    (folder / "wall.png").rename(folder / os.fsdecode(b"caf\xe9.png"))
    with a_label_page(folder, "--in-order") as page:
        listed = page.client.get("/label/pictures").raise_for_status().json()
        assert [one["name"] for one in listed] == ["deep/small", "hands"]
        assert r"caf\xe9.png': rename them" in page.process.output()


def pixels_on_disk(folder: Path, name: str) -> int:
    """Return how many pixels are hand by what other commands read."""
    frames = {frame.name: frame for frame in open_dataset(folder)}
    truth = frames[name].ground_truth
    return 0 if truth is None else int(truth.mask.sum())


@wants_chromium
def test_a_stroke_lands_on_disk_and_undo_takes_it_back(folder: Path, browser: Browser) -> None:
    with a_label_page(folder, "--in-order") as page, shown(page, browser) as tab:
        tab.keyboard.press("PageDown")
        expect(tab.locator("#where")).to_contain_text("hands: 2 of 3")
        expect(tab.locator("#saved")).to_contain_text("suggested")
        before = sum(sum(one["counts"][1::2]) for one in page.label("hands")["instances"])
        tab.keyboard.press("n")
        tab.keyboard.press("r")
        stroke(tab, (0.4, 0.2), (0.6, 0.2))
        expect(tab.locator("#saved")).to_have_text("saved")
        with_stroke = pixels_on_disk(folder, "hands")
        assert with_stroke > before + 1000
        tab.keyboard.press("z")
        expect(tab.locator("#saved")).to_have_text("saved")
        assert pixels_on_disk(folder, "hands") == before
        tab.keyboard.press("y")
        expect(tab.locator("#saved")).to_have_text("saved")
        assert pixels_on_disk(folder, "hands") == with_stroke
        tab.get_by_role("button", name="Nothing here").click()
        expect(tab.locator("#saved")).to_have_text("saved")
        assert pixels_on_disk(folder, "hands") == 0


@wants_chromium
def test_an_eraser_and_a_polygon_do_what_they_say(folder: Path, browser: Browser) -> None:
    with a_label_page(folder, "--in-order") as page, shown(page, browser) as tab:
        tab.keyboard.press("PageDown")
        tab.keyboard.press("PageDown")
        expect(tab.locator("#where")).to_contain_text("wall: 3 of 3")
        tab.keyboard.press("p")
        for place in ((0.4, 0.3), (0.6, 0.3), (0.6, 0.7), (0.4, 0.7)):
            stroke(tab, place, place)
        tab.keyboard.press("Enter")
        expect(tab.locator("#saved")).to_have_text("saved")
        drawn = pixels_on_disk(folder, "wall")
        assert drawn > 100
        tab.keyboard.press("e")
        stroke(tab, (0.45, 0.5), (0.55, 0.5))
        expect(tab.locator("#instances")).not_to_contain_text(f" {drawn} pixels")
        expect(tab.locator("#saved")).to_have_text("saved")
        left = pixels_on_disk(folder, "wall")
        assert 0 < left < drawn


@wants_chromium
def test_a_box_around_a_hand_cuts_it_out(folder: Path, browser: Browser) -> None:
    with a_label_page(folder, "--in-order") as page, shown(page, browser) as tab:
        tab.keyboard.press("PageDown")
        expect(tab.locator("#where")).to_contain_text("hands: 2 of 3")
        (left,) = (one for one in page.label("hands")["instances"] if one["label"] == "left_hand")
        tab.get_by_role("button", name="Nothing here").click()
        tab.keyboard.press("g")
        size = tab.locator("#stage").bounding_box()
        assert size
        scale = min(size["width"] / 640, size["height"] / 480)

        def place(x: int, y: int) -> tuple[float, float]:
            across = (size["width"] - 640 * scale) / 2 + x * scale
            return across / size["width"], ((size["height"] - 480 * scale) / 2 + y * scale) / size[
                "height"
            ]

        stroke(tab, place(448, 190), place(600, 350))
        expect(tab.locator("#instances")).to_contain_text("1: hand")
        expect(tab.locator("#saved")).to_have_text("saved")
        (cut,) = page.label("hands")["instances"]
        one, other = (mask_of(label["counts"], (480, 640)) for label in (left, cut))
        assert np.count_nonzero(one & other) / np.count_nonzero(one | other) > 0.5


def mask_of(counts: list[int], shape: tuple[int, int]) -> np.ndarray:
    """Return the mask of run lengths: bool (H, W)."""
    pixels = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    return pixels.reshape(shape[::-1]).T


@wants_chromium
def test_a_dead_server_loses_nothing_that_was_drawn(folder: Path, browser: Browser) -> None:
    """The page tells it, keeps what was drawn, and brings it to the server that comes after."""
    with a_label_page(folder, "--in-order") as page, shown(page, browser) as tab:
        port = page.url.rpartition(":")[2]
        page.process.kill()
        tab.keyboard.press("n")
        stroke(tab, (0.3, 0.3), (0.7, 0.3))
        expect(tab.locator("#saved")).to_contain_text("not saved yet")
        assert not list(folder.rglob("*.json"))
        with a_label_page(folder, "--in-order", "--port", port):
            expect(tab.locator("#saved")).to_have_text("saved", timeout=20_000)
    assert pixels_on_disk(folder, "deep/small") > 0


@wants_chromium
def test_what_was_not_saved_goes_into_no_other_folder(
    folder: Path, browser: Browser, tmp_path: Path
) -> None:
    """Pictures of the same names and sizes, at the same address."""
    other = write_pictures(tmp_path / "others")
    with a_label_page(folder, "--in-order") as page, shown(page, browser) as tab:
        port = page.url.rpartition(":")[2]
        page.process.kill()
        tab.keyboard.press("n")
        stroke(tab, (0.3, 0.3), (0.7, 0.3))
        expect(tab.locator("#saved")).to_contain_text("not saved yet")
        # the browser ends, and what it keeps is there when it begins again
        tab.goto("about:blank")
        with a_label_page(other, "--in-order", "--port", port):
            tab.goto(page.url)
            expect(tab.locator("#where")).to_contain_text("of 3")
            expect(tab.locator("#saved")).to_contain_text("suggested")
        assert not list(other.rglob("*.json"))
        with a_label_page(folder, "--in-order", "--port", port):
            tab.goto("about:blank")
            tab.goto(page.url)
            expect(tab.locator("#saved")).to_have_text("saved", timeout=20_000)
    assert pixels_on_disk(folder, "deep/small") > 0


@wants_chromium
def test_two_people_do_not_overwrite_each_other(folder: Path, browser: Browser) -> None:
    with (
        a_label_page(folder, "--in-order") as page,
        shown(page, browser) as one,
        shown(page, browser) as other,
    ):
        stroke(one, (0.3, 0.3), (0.5, 0.3))
        expect(one.locator("#saved")).to_have_text("saved")
        first = json.loads((folder / "deep" / "small.json").read_text())
        stroke(other, (0.6, 0.8), (0.7, 0.8))
        expect(other.locator("#problem")).to_contain_text("somebody else")
        assert json.loads((folder / "deep" / "small.json").read_text()) == first
        other.get_by_role("button", name="Write mine over it").click()
        expect(other.locator("#saved")).to_have_text("saved")
        assert json.loads((folder / "deep" / "small.json").read_text()) != first
