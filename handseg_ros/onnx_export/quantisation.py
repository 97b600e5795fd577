"""A network in whole numbers of 8 bits, their scales learnt from a user's own pictures."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)

from handseg_ros.segmentation.description import InputDescription
from handseg_ros.segmentation.errors import HandsegError, ModelError, cause_of
from handseg_ros.segmentation.geometry import PLACEMENTS, Size
from handseg_ros.segmentation.input_preprocessor import Feeder

# Weights with a scale for each channel came with it.
LEAST_OPSET = 13


class _Pictures(CalibrationDataReader):  # type: ignore[misc]  # ONNX Runtime has no type hints
    """Feeds pictures to the calibration as the core does to the network."""

    def __init__(self, pictures: Iterable[np.ndarray], told: InputDescription, canvas: Size):
        self._inputs = self._fed(pictures, told, canvas)

    def get_next(self) -> dict[str, np.ndarray] | None:
        """Return the next picture's input by its name, None at the end."""
        return next(self._inputs, None)

    @staticmethod
    def _fed(
        pictures: Iterable[np.ndarray], told: InputDescription, canvas: Size
    ) -> Iterator[dict[str, np.ndarray]]:
        feeder, place = Feeder.of(told), PLACEMENTS[told.resize]
        for picture in pictures:
            frame = picture.shape[0], picture.shape[1]
            # A copy, as the feeder uses its buffer again and the calibration may keep the input.
            yield {told.name: feeder.feed(place(frame, canvas).apply(picture)).copy()}


def quantised(
    network: onnx.ModelProto,
    pictures: Iterable[np.ndarray],
    told: InputDescription,
    canvas: Size,
) -> onnx.ModelProto:
    """Return a network whose layers compute in 8 bits, its scales learnt from BGR pictures.

    Weights have a scale for each channel, activations one for each tensor; both are said by
    QuantizeLinear and DequantizeLinear, which are plain ONNX. Raises ModelError.
    """
    with tempfile.TemporaryDirectory() as folder:
        before, after = (Path(folder) / name for name in ("before.onnx", "after.onnx"))
        # A file, as the tools move the weights out of a model that they are given.
        onnx.save(network, str(before))
        try:
            # What the tools advise, simplifying first, has been done.
            logging.disable(logging.WARNING)
            quantize_static(
                str(before),
                str(after),
                _Pictures(pictures, told, canvas),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                # Seven bits: without VNNI a sum of two products of eight bits overflows.
                reduce_range=True,
            )
        except HandsegError:  # a picture that cannot be read
            raise
        except Exception as error:  # ONNX Runtime's tools raise all kinds
            raise ModelError(
                f"the network cannot be quantised ({cause_of(error)}): leave --int8 out"
            ) from error
        finally:
            logging.disable(logging.NOTSET)
        return onnx.load(str(after))
