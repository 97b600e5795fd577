"""A network in whole numbers of 8 bits, their scales learnt from a user's own pictures."""

# SPDX-License-Identifier: Apache-2.0

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
from handseg_ros.segmentation.errors import HandsegError, ModelError, root_cause
from handseg_ros.segmentation.geometry import RESIZE_TRANSFORMS, Size
from handseg_ros.segmentation.input_preprocessor import InputPreprocessor

# Weights with a scale for each channel came with it.
MIN_OPSET = 13


class _Pictures(CalibrationDataReader):  # type: ignore[misc]  # ONNX Runtime has no type hints
    """Feeds pictures to the calibration as the core does to the network."""

    def __init__(
        self, pictures: Iterable[np.ndarray], description: InputDescription, input_size: Size
    ):
        self._inputs = self._preprocessed(pictures, description, input_size)

    def get_next(self) -> dict[str, np.ndarray] | None:
        """Return the next picture's input by its name, None at the end."""
        return next(self._inputs, None)

    @staticmethod
    def _preprocessed(
        pictures: Iterable[np.ndarray], description: InputDescription, input_size: Size
    ) -> Iterator[dict[str, np.ndarray]]:
        preprocessor, resize = (
            InputPreprocessor.of(description),
            RESIZE_TRANSFORMS[description.resize],
        )
        for picture in pictures:
            frame = picture.shape[0], picture.shape[1]
            # A copy, as the preprocessor uses its buffer again and the calibration may keep the
            # input.
            yield {
                description.name: preprocessor.preprocess(
                    resize(frame, input_size).apply(picture)
                ).copy()
            }


def quantised(
    network: onnx.ModelProto,
    pictures: Iterable[np.ndarray],
    description: InputDescription,
    input_size: Size,
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
                _Pictures(pictures, description, input_size),
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
                f"the network cannot be quantised ({root_cause(error)}): leave --int8 out"
            ) from error
        finally:
            logging.disable(logging.NOTSET)
        return onnx.load(str(after))
