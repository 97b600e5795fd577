"""A calibrated camera: from pixels to directions and from points in metres to pixels."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np

from handseg_ros.depth.distortion_models import DISTORTION_MODELS
from handseg_ros.segmentation.errors import CalibrationError, quoted
from handseg_ros.segmentation.geometry import Size
from handseg_ros.segmentation.hands import Box

# Pixels; a direction whose own pixel lies farther off is none that the distortion model knows.
_ROUND_TRIP = 0.1
_STRIDE = 8


@dataclass(frozen=True, eq=False)
class Camera:
    """The calibration of a camera's images of `width` x `height`, from the lens or rectified.

    `matrix` is K, float64 (3, 3), in pixels; `distortion` are the coefficients of the distortion
    model `model`, a key of `DISTORTION_MODELS`. Cameras are equal when all of it is. Directions of
    all pixels are worked out once, when they are first asked for, which takes up to tenths of a
    second: keep the camera as long as its calibration stays.
    """

    width: int
    height: int
    matrix: np.ndarray
    distortion: tuple[float, ...]
    model: str

    @classmethod
    def of(
        cls, width: int, height: int, k: Iterable[float], d: Iterable[float], model: str
    ) -> Camera:
        """Make a camera of CameraInfo's fields: `k` row by row, `d`, and `distortion_model`.

        R and P have no part: P is that of rectified images. Without coefficients, or with
        all of them 0, there is no distortion, whatever the model says, unless it is a fisheye's.
        Raises CalibrationError for an uncalibrated camera, numbers that are no lengths, an unknown
        model and a wrong number of coefficients.
        """
        matrix = np.array(tuple(k), np.float64).reshape(3, 3)
        matrix.setflags(write=False)
        distortion = tuple(float(value) for value in d)
        _check_matrix(matrix)
        if model != "equidistant" and not any(distortion):
            return cls(width, height, matrix, (), "none")
        _check_distortion_model(model, distortion)
        return cls(width, height, matrix, distortion, model)

    @classmethod
    def of_rectified(cls, width: int, height: int, p: Iterable[float]) -> Camera:
        """Make the camera of rectified images of CameraInfo's `p`, 3x4 row by row.

        That is a pinhole's, whose K is the left 3x3 of P (sensor_msgs/CameraInfo). Raises
        CalibrationError as `of`.
        """
        k = np.array(tuple(p), np.float64).reshape(3, 4)[:, :3]
        if not k.any():
            raise CalibrationError(
                "the image is rectified, by its topic's name, but camera_info has no P, the matrix "
                "of rectified images: calibrate the camera (package camera_calibration), or remap "
                "image and depth to those that are not rectified"
            )
        return cls.of(width, height, k.ravel(), (), "none")

    @property
    def size(self) -> Size:
        """Height and width of the images that the calibration is for."""
        return self.height, self.width

    @property
    def focal(self) -> float:
        """The focal length in pixels, the longer one of the two axes."""
        return float(max(self.matrix[0, 0], self.matrix[1, 1]))

    def read_out(self, region: Box, binning: tuple[int, int]) -> Camera:
        """Return the camera of a region of its images, each `binning` (x, y) pixels made one.

        By sensor_msgs/CameraInfo: the region is in pixels before binning. A pixel of several lies
        in the middle of these.
        """
        matrix = self.matrix.copy()
        begin, step = np.array((region.x, region.y)), np.array(binning)
        matrix[:2] /= step[:, None]
        matrix[:2, 2] = (self.matrix[:2, 2] - begin + 0.5) / step - 0.5
        matrix.setflags(write=False)
        width, height = region.width // binning[0], region.height // binning[1]
        return replace(self, width=width, height=height, matrix=matrix)

    def check(self, size: Size) -> None:
        """Raise CalibrationError for an image of another (height, width)."""
        if size != self.size:
            raise CalibrationError(
                f"camera_info is for {self.width}x{self.height} but the image is "
                f"{size[1]}x{size[0]}: publish the calibration of the size that the camera sends"
            )

    def rays(self, box: Box) -> np.ndarray:
        """Return x/z and y/z of what each pixel of a box sees: a view, float32 (h, w, 2).

        NaN where the distortion model has no direction, as beyond 90 degrees.
        """
        return self._rays[box.slices]

    def project(self, points: np.ndarray) -> np.ndarray:
        """Return the pixels (x, y) of points (..., 3) in the optical frame: float64 (..., 2).

        NaN for points that are not in front of the camera.
        """
        flat = np.asarray(points, np.float64).reshape(-1, 3)
        pixels = np.full((len(flat), 2), np.nan)
        seen = flat[:, 2] > 0
        if seen.any():
            distortion_model = DISTORTION_MODELS[self.model]
            pixels[seen] = distortion_model.project(
                flat[seen], self.matrix, np.array(self.distortion)
            )
        return pixels.reshape(*np.shape(points)[:-1], 2)

    @cached_property
    def _rays(self) -> np.ndarray:
        """Directions of the whole image's pixels, float32 (height, width, 2)."""
        rows, columns = np.mgrid[: self.height, : self.width]
        pixels = np.stack((columns, rows), axis=-1).astype(np.float64)
        distortion_model = DISTORTION_MODELS[self.model]
        rays = distortion_model.undistort(
            pixels.reshape(-1, 2), self.matrix, np.array(self.distortion)
        )
        rays = rays.reshape(pixels.shape)
        rays[self._unknown(rays, pixels)] = np.nan
        rays = rays.astype(np.float32)
        rays.setflags(write=False)
        return rays

    def _unknown(self, rays: np.ndarray, pixels: np.ndarray) -> np.ndarray:
        """Return where directions do not lead back to their pixels: bool (height, width).

        Beyond the bend of a polynomial there are wrong directions instead of none. As it is long to
        go back, only every `_STRIDE`-th pixel does, and answers for all around it.
        """
        sparse = slice(None, None, _STRIDE)
        points = np.dstack((rays[sparse, sparse], np.ones(pixels[sparse, sparse, 0].shape)))
        away = np.abs(self.project(points) - pixels[sparse, sparse]).max(axis=-1)
        wrong = cv2.dilate((~(away <= _ROUND_TRIP)).astype(np.uint8), np.ones((3, 3), np.uint8))
        wide = wrong.repeat(_STRIDE, axis=0).repeat(_STRIDE, axis=1)
        return wide[: self.height, : self.width] > 0

    def _values(self) -> tuple[object, ...]:
        return self.width, self.height, self.matrix.tobytes(), self.distortion, self.model

    def __eq__(self, other: object) -> bool:
        return self._values() == other._values() if isinstance(other, Camera) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._values())


def _check_matrix(matrix: np.ndarray) -> None:
    focal = matrix[0, 0], matrix[1, 1]
    if not any(focal):
        raise CalibrationError(
            "camera_info has a focal length of 0, so the camera is not calibrated: calibrate it "
            "(package camera_calibration) and have its driver publish what comes out"
        )
    if not (np.isfinite(matrix).all() and min(focal) > 0):
        raise CalibrationError(
            f"camera_info has focal lengths of {focal[0]:g} and {focal[1]:g} pixels around "
            f"({matrix[0, 2]:g}, {matrix[1, 2]:g}), which no camera has: calibrate it again"
        )


def _check_distortion_model(model: str, distortion: tuple[float, ...]) -> None:
    if not np.isfinite(distortion).all():
        raise CalibrationError(
            f"camera_info has distortion coefficients that are no numbers, {distortion}: "
            "calibrate the camera again"
        )
    if model not in DISTORTION_MODELS:
        raise CalibrationError(
            f"camera_info has the distortion model {quoted(model)}, which is not known: use one of "
            f"{', '.join(DISTORTION_MODELS)}, or rectify the images and publish no coefficients"
        )
    counts = DISTORTION_MODELS[model].counts
    if len(distortion) not in counts:
        raise CalibrationError(
            f"camera_info has {len(distortion)} distortion coefficients, but {model} takes "
            f"{' or '.join(map(str, counts)) or 'none'}: correct distortion_model or d"
        )
