"""Guards the hash of pictures: copies are near, others are not, and the nearest one is found."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import cv2
import numpy as np
from support.assets import rendered_hands
from support.toy_set import pixels

from handseg_ros.curation.look_alikes import MOST_BITS
from handseg_ros.curation.perceptual_hash import nearest, nearest_other, perceptual_hash


def bits_between(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def test_copies_are_near_and_others_are_not() -> None:
    image = rendered_hands()
    own = perceptual_hash(image)
    _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 30])
    decoded = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
    assert decoded is not None
    copies = {
        "coded again": decoded,
        "halved": cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
        "blurred": cv2.GaussianBlur(image, (0, 0), 2),
        "brighter": cv2.convertScaleAbs(image, alpha=1.1, beta=10),
    }
    for name, copy in copies.items():
        assert bits_between(own, perceptual_hash(copy)) <= MOST_BITS, name
    mirrored = np.ascontiguousarray(image[:, ::-1])
    assert bits_between(own, perceptual_hash(mirrored)) > MOST_BITS
    assert bits_between(own, perceptual_hash(pixels(1))) > MOST_BITS


def test_the_bits_are_the_transform_s_low_frequencies() -> None:
    """A wave along one axis has a single one, whose bit is set, or none where it is below."""
    columns = np.cos(np.pi * (np.arange(32) + 0.5) * 3 / 32)
    rows = np.cos(np.pi * (np.arange(32) + 0.5) * 2 / 32)
    wave = 128 + 100 * np.outer(rows, columns)
    image = cv2.merge([wave.round().astype(np.uint8)] * 3)
    low = np.unpackbits(np.frombuffer(perceptual_hash(image), np.uint8)).reshape(8, 8)
    # row 2 and column 3 of the transform, whose first row and column are left out
    assert low[1, 2] == 1
    assert low.sum() <= 32


def test_the_nearest_one_is_that_of_comparing_all() -> None:
    random = np.random.default_rng(0)
    one, other = (
        [row.tobytes() for row in random.integers(0, 256, (count, 8), dtype=np.uint8)]
        for count in (40, 60)
    )
    table = np.array([[bits_between(left, right) for right in other] for left in one])
    found = nearest(one, other)
    np.testing.assert_array_equal(found.distances, table.min(axis=1))
    np.testing.assert_array_equal(table[np.arange(40), found.places], found.distances)


def test_no_hash_is_its_own_neighbour() -> None:
    same, far = bytes(8), bytes([255] * 8)
    found = nearest_other([same, same, far])
    assert found.places.tolist()[:2] == [1, 0]
    assert found.distances.tolist() == [0, 0, 64]
    assert nearest_other([same]).places.tolist() == [-1]
    assert nearest([same], []).places.tolist() == [-1]
