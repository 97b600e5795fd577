"""Guards that what outputs of one frame share is found once, and is what each would find alone."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from support.depth_scene import SIZE, pinhole, rectangle, segmentation_of, sphere, structured_light

from handseg_ros.depth.depth_image import DepthImage
from handseg_ros.depth.keep_out import keep_out
from handseg_ros.depth.measurement import measure_hands
from handseg_ros.depth.points import Region, points
from handseg_ros.depth.view import View
from handseg_ros.segmentation.hands import Box, Segmentation

CAMERA = pinhole()
FRAME = np.random.default_rng(1).integers(0, 256, (*SIZE, 3), np.uint8)


@dataclass(frozen=True)
class ReadDepth(DepthImage):
    """A depth image that notes the grids on which it was read."""

    steps: list[int] = field(default_factory=list)

    def metres(self, box: Box, step: int = 1) -> np.ndarray:
        self.steps.append(step)
        return super().metres(box, step)


def scene() -> tuple[np.ndarray, Segmentation]:
    """Return what a noisy sensor sees, and two hands: a ball and a board before a wall."""
    ball, board = sphere(CAMERA, (0.05, 0.02, 0.6), 0.06), rectangle(Box(100, 100, 120, 160))
    depth = np.minimum(np.where(board, 0.8, 1.4), ball)
    raw = structured_light(depth, np.random.default_rng(2))
    return raw, segmentation_of(np.isfinite(ball), board)


def regions(segmentation: Segmentation) -> list[Region]:
    return [(hand.id, hand.box, hand.mask) for hand in segmentation.hands]


def test_outputs_of_one_view_are_those_of_views_of_their_own() -> None:
    raw, hands = scene()

    def view() -> View:
        return View(DepthImage(raw), CAMERA)

    shared = view()
    assert measure_hands(shared, hands) == measure_hands(view(), hands)
    np.testing.assert_array_equal(
        keep_out(hands, shared, 0.04, 10.0), keep_out(hands, view(), 0.04, 10.0)
    )
    np.testing.assert_array_equal(
        points(shared, regions(hands), FRAME, 0.0), points(view(), regions(hands), FRAME, 0.0)
    )


def test_the_surface_of_a_hand_is_found_once_a_frame() -> None:
    raw, hands = scene()
    depth = ReadDepth(raw)
    view = View(depth, CAMERA)
    measured = measure_hands(view, hands)
    assert all(measurement.location is not None for measurement in measured.values())
    found = list(depth.steps)
    assert len(found) == len(hands.hands)
    assert min(found) > 1  # on a grid, as hands are large
    keep_out(hands, view, 0.04, 10.0)
    assert depth.steps == found
    points(view, regions(hands), FRAME, 0.0)
    assert depth.steps == [*found, 1, 1]  # each hand's own pixels, all of them


def test_another_mask_or_box_has_a_surface_of_its_own() -> None:
    raw, hands = scene()
    view = View(DepthImage(raw), CAMERA)
    ball, board = hands.hands
    first, second = view.surface(ball.box, ball.mask), view.surface(board.box, board.mask)
    assert first is not None
    assert second is not None
    assert first.near < 0.6 < second.near + 0.2
    moved = Box(board.box.x + 200, board.box.y, board.box.width, board.box.height)
    assert view.surface(moved, board.mask) is not second
    assert view.surface(board.box, board.mask) is second
