"""Guards that no depth, mask or box, however odd, breaks a frame or makes up a place."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import warnings
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.depth_scene import pinhole, segmentation_of

from handseg_ros.depth.depth_image import DepthImage
from handseg_ros.depth.keep_out import keep_out, without_hands
from handseg_ros.depth.measurement import measure_hands
from handseg_ros.depth.points import points
from handseg_ros.depth.view import View
from handseg_ros.segmentation.hands import Segmentation

# What drivers and simulators are known to send beside distances.
ODD_METRES = (np.nan, np.inf, -np.inf, 0.0, -1.0, 1e-30, 1e-3, 0.4, 99.0, 1e4, 3e38)
ODD_MILLIMETRES = (0, 1, 400, 65534, 65535)


@dataclass(frozen=True)
class Scene:
    """A view, and the hands in it."""

    view: View
    segmentation: Segmentation


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Views of any size, with depth mixed of a hand's, noise and odd numbers, and a hand or two."""
    height, width = draw(st.integers(1, 40)), draw(st.integers(1, 60))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = height, width
    if draw(st.booleans()):
        picture = generator.choice(np.array(ODD_METRES, np.float32), size)
        usual = generator.normal(0.6, 0.05, size).astype(np.float32)
    else:
        picture = generator.choice(np.array(ODD_MILLIMETRES, np.uint16), size)
        usual = generator.normal(600, 50, size).astype(np.uint16)
    picture = np.where(generator.random(size) < draw(st.floats(0, 1)), picture, usual)
    masks = []
    free = np.ones(size, bool)
    for _ in range(draw(st.integers(1, 2))):
        mask = free & (generator.random(size) < draw(st.floats(0.05, 1)))
        free &= ~mask
        masks += [mask] if mask.any() else []
    empty = np.zeros(size, bool)
    empty[0, 0] = True
    camera = pinhole(size, focal=draw(st.sampled_from([1.0, 50.0, 5000.0])))
    return Scene(View(DepthImage(picture), camera), segmentation_of(*(masks or [empty])))


@pytest.fixture(autouse=True)
def _no_warnings() -> object:
    """Let NumPy's warnings of overflow and invalid numbers fail the test."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@settings(max_examples=100, deadline=None)
@given(scene=scenes())
def test_a_place_is_finite_or_none(scene: Scene) -> None:
    for measurement in measure_hands(scene.view, scene.segmentation).values():
        assert 0.0 <= measurement.depth_share <= 1.0
        if measurement.location is not None:
            assert np.isfinite(measurement.location.position).all()
            assert measurement.location.position[2] > 0
            assert min(measurement.location.extent) >= 0
            assert measurement.location.extent[2] <= 0.24 + 1e-6
            assert measurement.depth_share > 0


@settings(max_examples=100, deadline=None)
@given(scene=scenes(), metres=st.floats(0, 0.5), pixels=st.floats(0, 100))
def test_keep_out_holds_every_hand(scene: Scene, metres: float, pixels: float) -> None:
    hands = scene.segmentation.mask()
    for view in (scene.view, None):
        marked = keep_out(scene.segmentation, view, metres, pixels)
        assert marked.shape == hands.shape
        assert not cv2.subtract(hands, marked).any()
        without = DepthImage(without_hands(scene.view.depth.picture, marked))
        assert not without.between(scene.segmentation.hands[0].box, 1e-3, 100.0)[
            scene.segmentation.hands[0].mask > 0
        ].any()


@settings(max_examples=100, deadline=None)
@given(scene=scenes(), voxel_size=st.sampled_from([0.0, 1e-9, 0.003, 0.05, 2.0]))
def test_points_are_finite_and_no_more_than_pixels(scene: Scene, voxel_size: float) -> None:
    regions = [(hand.id, hand.box, hand.mask) for hand in scene.segmentation.hands]
    frame = np.full((*scene.view.depth.size, 3), 200, np.uint8)
    cloud = points(scene.view, regions, frame, voxel_size)
    for axis in "xyz":
        assert np.isfinite(cloud[axis]).all()
    assert (cloud["z"] > 0).all()
    for hand in scene.segmentation.hands:
        count = np.count_nonzero(cloud["instance"] == hand.id)
        measured = measure_hands(scene.view, scene.segmentation)[hand.id]
        assert count <= round(measured.depth_share * hand.area)
        if voxel_size == 0:
            assert count == round(measured.depth_share * hand.area)
