"""Guards that hands 0.3 to 1.5 metres away are measured to a centimetre of rendered truth."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest
from support.depth_scene import structured_light
from support.rendered_scene import SceneFrame, TrueHand, scene_camera, scene_frames

from handseg_ros.depth.depth_image import DepthImage
from handseg_ros.depth.measurement import measure
from handseg_ros.depth.view import View
from handseg_ros.segmentation.hands import Hand
from handseg_ros.segmentation.segmenter import Segmenter

CENTIMETRE = 0.01
# Metres, about what a robot's arm reaches.
REACH = 0.75
# A mask that shares so much with a hand is of that hand.
SAME = 0.5


@pytest.fixture(scope="module")
def frames() -> list[SceneFrame]:
    return scene_frames()


@pytest.fixture(scope="module", params=["exact depth", "noisy depth"])
def views(frames: list[SceneFrame], request: pytest.FixtureRequest) -> list[View]:
    """Return the frames as the camera sees them, without and with the faults of a sensor."""
    rng = np.random.default_rng(6)
    camera = scene_camera()
    noisy = request.param == "noisy depth"
    depths = [
        structured_light(frame.depth / 1000, rng) if noisy else frame.depth for frame in frames
    ]
    return [View(DepthImage(depth), camera) for depth in depths]


def miss(view: View, region: TrueHand | Hand, truth: TrueHand) -> float:
    """Return how far a region's measured position is from a hand's true one, in metres."""
    location = measure(view, region.box, region.mask).location
    assert location is not None, f"not measured at {truth.position}"
    return float(np.linalg.norm(location.position - truth.position))


def shared(found: Hand, truth: TrueHand) -> float:
    """Return intersection over union of a found and a true hand."""
    overlap = found.box.intersection(truth.box)
    own = found.mask[overlap.within(found.box).slices]
    true = truth.mask[overlap.within(truth.box).slices]
    both = np.count_nonzero(own & true)
    return both / (np.count_nonzero(found.mask) + np.count_nonzero(truth.mask) - both)


def test_the_scene_spans_the_distances(frames: list[SceneFrame]) -> None:
    distances = [float(hand.position[2]) for frame in frames for hand in frame.hands]

    assert len(distances) == 32
    assert min(distances) < 0.32
    assert max(distances) > 1.45
    assert np.diff(sorted(distances)).max() < 0.15


def test_hands_known_to_the_pixel_are_measured_to_a_centimetre(
    frames: list[SceneFrame], views: list[View]
) -> None:
    misses = {
        (frame.name, hand.side): miss(view, hand, hand)
        for frame, view in zip(frames, views, strict=True)
        for hand in frame.hands
    }

    assert {who: far for who, far in misses.items() if far > CENTIMETRE} == {}


def test_hands_that_the_model_finds_are_measured_to_a_centimetre_within_reach(
    frames: list[SceneFrame], views: list[View]
) -> None:
    """Farther away its masks are too coarse: they take in a wrist, or leave fingers out."""
    segmenter = Segmenter.load("hands")
    near: list[float] = []
    far: list[float] = []
    for frame, view in zip(frames, views, strict=True):
        found = segmenter.segment(frame.bgr).hands
        for hand in frame.hands:
            shares = [shared(other, hand) for other in found]
            best = int(np.argmax(shares))
            if shares[best] >= SAME:
                within = near if hand.position[2] < REACH else far
                within.append(miss(view, found[best], hand))

    # Of one more near hand, a flat one above a cup, less than half is found.
    assert len(near) == 12
    assert len(far) == 19
    assert np.mean(np.array(near) < CENTIMETRE) > 0.9
    assert max(near) < 1.5 * CENTIMETRE
    assert np.median(far) < 1.25 * CENTIMETRE
    assert max(far) < 2.5 * CENTIMETRE
