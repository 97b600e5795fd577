"""Image geometry: the one place that maps between frame, network and cell coordinates.

All coordinates are pixel centres: pixel 0 of a row covers 0 to 1 and has its centre at 0.5, so
scaling by s maps x to (x + 0.5) * s - 0.5 (the half-pixel convention of OpenCV's resize, and of
PyTorch's interpolation with align_corners false).
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from handseg_ros.segmentation.hands import Box
from handseg_ros.segmentation.interpolation import bilinear

# Neutral grey, the same in training: it looks like neither skin nor a bright background.
PADDING = 114
# How many pixels one may be interpolated from: each of them has half a weight or more.
MAX_INTERPOLATED = 1.5
# In cells: going back further costs more than it saves.
_MAX_LEADING_CELLS = 16

Size = tuple[int, int]


@dataclass(frozen=True)
class ResizeTransform:
    """Where a frame lies in the network.s input image: the frame's `seen` part fills `content_*`.

    The content's first pixel in the input image is (`left`, `top`), around it is grey. All sizes in
    pixels.
    """

    frame_width: int
    frame_height: int
    input_width: int
    input_height: int
    content_width: int
    content_height: int
    seen: Box
    left: int = 0
    top: int = 0

    def apply(self, frame: np.ndarray) -> np.ndarray:
        """Return the input image, uint8 (input_height, input_width, C), for a uint8 frame."""
        content = _resize(frame[self.seen.slices], (self.content_width, self.content_height))
        if content.shape[:2] == (self.input_height, self.input_width):
            return content
        right = self.input_width - self.content_width - self.left
        bottom = self.input_height - self.content_height - self.top
        borders = self.top, bottom, self.left, right
        return cv2.copyMakeBorder(content, *borders, cv2.BORDER_CONSTANT, value=(PADDING,) * 4)

    def grid(self, rows: int, columns: int) -> CellGrid:
        """Return the grid of a network's map of (rows, columns) that covers the input image."""
        seen = self.seen
        height, width = self.input_height, self.input_width
        return CellGrid(
            _Axis(rows, height, self.content_height, self.top, seen.y, seen.height),
            _Axis(columns, width, self.content_width, self.left, seen.x, seen.width),
        )

    def edges_in_frame(self, edges: np.ndarray) -> np.ndarray:
        """Return boxes of the input image as they lie in the frame, float64 (N, 4).

        `edges` are (N, 4) left, top, right, bottom: lines between pixels, of which pixel 0 has 0
        on its left and 1 on its right. They may lie outside the frame.
        """
        scale = self.seen.width / self.content_width, self.seen.height / self.content_height
        content = edges - np.tile((self.left, self.top), 2)
        return content * np.tile(scale, 2) + np.tile((self.seen.x, self.seen.y), 2)


def letterbox(frame: Size, input_size: Size) -> ResizeTransform:
    """Fit all of a frame of (height, width) into an input of (height, width), aspect kept."""
    (height, width), (input_height, input_width) = frame, input_size
    scale = min(input_width / width, input_height / height)
    content = max(1, round(width * scale)), max(1, round(height * scale))
    return ResizeTransform(
        width, height, input_width, input_height, *content, Box(0, 0, width, height)
    )


def letterbox_centre(frame: Size, input_size: Size) -> ResizeTransform:
    """Fit all of a frame into an input as `letterbox` does, but in its middle.

    Of an odd number of grey rows or columns, the top or left has one less.
    """
    fitted = letterbox(frame, input_size)
    left = (fitted.input_width - fitted.content_width) // 2
    top = (fitted.input_height - fitted.content_height) // 2
    return replace(fitted, left=left, top=top)


def stretch(frame: Size, input_size: Size) -> ResizeTransform:
    """Scale a frame of (height, width) to exactly the input, whatever becomes of its aspect."""
    (height, width), (input_height, input_width) = frame, input_size
    content = input_width, input_height
    return ResizeTransform(width, height, *content, *content, Box(0, 0, width, height))


def crop(frame: Size, input_size: Size) -> ResizeTransform:
    """Fill the input with the middle of a frame of (height, width), aspect kept to a pixel."""
    (height, width), (input_height, input_width) = frame, input_size
    scale = max(input_width / width, input_height / height)
    seen_width = min(width, max(1, round(input_width / scale)))
    seen_height = min(height, max(1, round(input_height / scale)))
    seen = Box((width - seen_width) // 2, (height - seen_height) // 2, seen_width, seen_height)
    content = input_width, input_height
    return ResizeTransform(width, height, *content, *content, seen)


def own_size(frame: Size, input_size: Size) -> ResizeTransform:
    """Leave a frame of (height, width) as it is: whatever its size, it is the input."""
    return stretch(frame, frame)


# The description's `resize` chooses.
RESIZE_TRANSFORMS: dict[str, Callable[[Size, Size], ResizeTransform]] = {
    "letterbox": letterbox,
    "letterbox_centre": letterbox_centre,
    "stretch": stretch,
    "crop": crop,
    "none": own_size,
}


def _resize(frame: np.ndarray, size: Size) -> np.ndarray:
    """Scale to (width, height): averaging what shrinks by a third or more, else bilinear."""
    height, width = frame.shape[:2]
    # Averaging knows no growing: what grows on one axis only is shrunk on the other one first.
    averaged = _averaged(frame, (min(size[0], width), min(size[1], height)))
    if averaged is not frame and averaged.shape[1::-1] == size:
        return averaged
    return cv2.resize(averaged, size, interpolation=cv2.INTER_LINEAR)


def _averaged(frame: np.ndarray, size: Size) -> np.ndarray:
    """Average to (width, height), or in whole blocks to what is then interpolated to it.

    Blocks take a quarter of the time of averaging over fractions of pixels; where one pixel is a
    block, interpolating alone takes a seventh.
    """
    height, width = frame.shape[:2]
    factor = min(width // size[0], height // size[1])
    rest = max(width / size[0], height / size[1]) / factor
    if rest > MAX_INTERPOLATED or width % factor or height % factor:
        return cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    if factor == 1:
        return frame
    return cv2.resize(frame, (width // factor, height // factor), interpolation=cv2.INTER_AREA)


@dataclass(frozen=True)
class _AlignedStart:
    """Where cells and pixels begin together: `cells` before some cell, and at `pixel`."""

    cells: int
    pixel: int

    def cells_to(self, end: int, scale: float) -> int:
        """Return how many cells lie between here and the end of the pixel before `end`."""
        return math.ceil((end - self.pixel) * scale)


@dataclass(frozen=True)
class _Axis:
    """Rows or columns: `cells` cover the `input_size`; its `content` pixels behind `margin` show
    the frame's pixels `start` to `start + length`.

    Cells are counted from the first one that sees the frame.
    """

    cells: int
    input_size: int
    content: int
    margin: int
    start: int
    length: int

    @property
    def first(self) -> int:
        """The first cell that sees the frame, counted from the input's border."""
        return self.margin * self.cells // self.input_size

    @property
    def seen(self) -> int:
        """How many cells see the frame."""
        return -(-(self.margin + self.content) * self.cells // self.input_size) - self.first

    @property
    def scale(self) -> float:
        """Cells for a pixel of the frame."""
        return self.content * self.cells / (self.input_size * self.length)

    def span(self, first: int, last: int) -> Size:
        """Return the first pixel under the cells and the one behind their last, at least one."""
        # In whole numbers, as a rounded quotient would add a pixel now and then.
        over, under = self.input_size * self.length, self.cells * self.content
        margin = self.margin * self.cells * self.length
        begin = ((self.first + first) * over - margin) // under
        begin = min(max(begin, 0), self.length - 1)
        end = -(-((self.first + last + 1) * over - margin) // under)
        end = min(max(begin + 1, end), self.length)
        return self.start + begin, self.start + end

    def to_cell(self, pixel: int) -> float:
        """Return where a pixel's centre lies among the cells' centres."""
        offset = self.margin * self.cells / self.input_size - self.first
        return (pixel - self.start + 0.5) * self.scale + offset - 0.5

    def aligned_start(self, cell: int, pixel: int) -> _AlignedStart | None:
        """Return the last cell up to this one that begins together with a pixel, up to this one.

        None when it is too far to be worth going back to.
        """
        over, under = self.input_size * self.length, self.cells * self.content
        margin = self.margin * self.cells * self.length
        for back in range(min(cell, _MAX_LEADING_CELLS) + 1):
            begin, rest = divmod((self.first + cell - back) * over - margin, under)
            if rest == 0 and self.start + begin <= pixel:
                return _AlignedStart(back, self.start + begin)
        return None

    def positions(self, begin: int, size: int) -> np.ndarray:
        """Return where so many pixels' centres lie, none beyond the outermost cells' centres."""
        positions = self.to_cell(begin) + self.scale * np.arange(size)
        return np.clip(positions, 0, self.seen - 1)


@dataclass(frozen=True)
class CellGrid:
    """The cells of a network's map that see the frame, counted from the first of them."""

    _rows: _Axis
    _columns: _Axis

    @property
    def shape(self) -> Size:
        """Rows and columns of the cells that see the frame."""
        return self._rows.seen, self._columns.seen

    @property
    def scale(self) -> tuple[float, float]:
        """Cells for a pixel of the frame: (rows, columns)."""
        return self._rows.scale, self._columns.scale

    def seen(self, maps: np.ndarray) -> np.ndarray:
        """Return the part of maps, (..., rows, columns), that sees the frame; not copied."""
        top, left = self._rows.first, self._columns.first
        return maps[..., top : top + self._rows.seen, left : left + self._columns.seen]

    def frame_box(self, columns: Size, rows: Size) -> Box:
        """Return the frame's pixels under the cells first..last (inclusive), at least one."""
        x0, x1 = self._columns.span(*columns)
        y0, y1 = self._rows.span(*rows)
        return Box(x0, y0, x1 - x0, y1 - y0)

    def positions(self, box: Box) -> tuple[np.ndarray, np.ndarray]:
        """Return where the rows and the columns of the frame's pixels in `box` lie among cells.

        Two arrays of float64, 0 being the first cell's centre; at the map's border, the border's.
        """
        return self._rows.positions(box.y, box.height), self._columns.positions(box.x, box.width)

    def window(self, box: Box) -> tuple[slice, slice]:
        """Return the cells that the frame's pixels of `box` are interpolated from."""
        rows, columns = (
            slice(math.floor(positions[0]), math.ceil(positions[-1]) + 1)
            for positions in self.positions(box)
        )
        return rows, columns

    def upsample(self, cells: np.ndarray, origin: Size, box: Box) -> np.ndarray:
        """Sample a map at the frame's pixels of `box`, bilinearly and exactly.

        `cells` is float32 (rows, columns), a part of the map whose first cell is `origin` =
        (row, column); beyond the part it goes on as at its border. Returns float32 (box.height,
        box.width).
        """
        rows = self._rows.aligned_start(origin[0], box.y)
        columns = self._columns.aligned_start(origin[1], box.x)
        if rows is None or columns is None:
            return self._sampled(cells, origin, box)
        # OpenCV's resize takes a fifth of the time of its warping, but begins where a cell does.
        wide = _extended(
            cells,
            (rows.cells, rows.cells_to(box.y + box.height, self.scale[0])),
            (columns.cells, columns.cells_to(box.x + box.width, self.scale[1])),
        )
        row_scale, column_scale = self.scale
        large = cv2.resize(
            wide, None, fx=1 / column_scale, fy=1 / row_scale, interpolation=cv2.INTER_LINEAR
        )
        if large.shape == wide.shape and self.scale != (1.0, 1.0):
            # Where the sizes are alike once they are rounded, it copies and does not interpolate.
            return self._sampled(cells, origin, box)
        return large[box.within(Box(columns.pixel, rows.pixel, 0, 0)).slices]

    def _sampled(self, cells: np.ndarray, origin: Size, box: Box) -> np.ndarray:
        positions = zip(self.positions(box), origin, cells.shape, strict=True)
        down, across = (np.clip(axis - first, 0, n - 1) for axis, first, n in positions)
        return bilinear(cells, down, across)


def _extended(cells: np.ndarray, rows: Size, columns: Size) -> np.ndarray:
    """Return a map with its border repeated: on each axis, (cells more in front, least in all)."""
    below, right = (
        max(0, count - more - n)
        for (more, count), n in zip((rows, columns), cells.shape, strict=True)
    )
    if not (rows[0] or below or columns[0] or right):
        return cells
    return cv2.copyMakeBorder(cells, rows[0], below, columns[0], right, cv2.BORDER_REPLICATE)
