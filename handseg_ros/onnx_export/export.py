"""A model becomes one file that needs nothing beside it; it is compared before it is written."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import onnx

from handseg_ros.evaluation.overlap import Overlap, overlap
from handseg_ros.media.atomic_files import write_bytes
from handseg_ros.media.overwriting import is_same
from handseg_ros.media.sample_picture import sample_picture
from handseg_ros.media.sources import open_source, read_picture
from handseg_ros.onnx_export import graph_conversion, quantisation
from handseg_ros.onnx_export.blob_graph import BlobStandalone
from handseg_ros.onnx_export.export_request import ExportRequest, ExportResult, MaskAgreement
from handseg_ros.onnx_export.standalone import Standalone
from handseg_ros.segmentation.errors import MediaError, ModelError
from handseg_ros.segmentation.geometry import RESIZE_TRANSFORMS
from handseg_ros.segmentation.model_options import ModelOptions
from handseg_ros.segmentation.segmenter import Segmenter

# Share of pixels. That OpenCV rounds interpolated pixels otherwise explains a tenth of it.
_TOLERANCE = 0.005
_MOST_PICTURES = 200

# From a picture, uint8 BGR, to the masks of what is found in it, uint8 (masks, height, width).
Masks = Callable[[np.ndarray], np.ndarray]


def export_standalone(request: ExportRequest) -> ExportResult:
    """Write the file that is asked for; raises ModelError and MediaError.

    A graph whose masks are not those of the model is not written.
    """
    segmenter = Segmenter.load(
        ModelOptions(request.model, input_width=request.width, input_height=request.height)
    )
    if is_same(request.output, segmenter.session.path):
        raise MediaError(f"'{request.output}' is the model itself: give another --output")
    if segmenter.takes_background and request.calibration is not None:
        raise ModelError(
            f"model '{segmenter.description.title}' compares frames with a background, which "
            "calibration pictures lack: leave --int8 out"
        )
    make = BlobStandalone if request.blob else Standalone
    parts = make(
        _network(segmenter, request), segmenter.description, segmenter.input_size, request.colour
    )
    model = parts.build()
    fidelity = _fidelity(model, segmenter, request)
    precision = None
    if request.calibration is not None:
        exact, pictures = model, partial(_calibration, request.calibration)
        model = _quantised(parts, pictures()).build()
        masks = _masks_of(model, request), _masks_of(exact, request)
        precision = _compare(*masks, pictures())
    _write(model, request)
    outputs = tuple(output.name for output in model.graph.output)
    return ExportResult(
        outputs,
        parts.input_text,
        parts.output_text,
        graph_conversion.opset_of(model),
        segmenter.input_size,
        fidelity,
        precision,
    )


def _network(segmenter: Segmenter, request: ExportRequest) -> onnx.ModelProto:
    """Return the model's network in the operator set that is asked for, at one input size."""
    network = onnx.load(str(segmenter.session.path))
    has_bytes = request.calibration is not None
    min_opset = quantisation.MIN_OPSET if has_bytes else graph_conversion.MIN_OPSET
    if has_bytes and request.opset is not None and request.opset < min_opset:
        raise ModelError(
            f"operator set {request.opset} has no 8 bits for each channel: give {min_opset} or "
            "more, "
            "or leave --int8 out"
        )
    network = graph_conversion.converted(
        network, request.opset or max(min_opset, graph_conversion.opset_of(network))
    )
    network = graph_conversion.at_size(network, segmenter.description.input, segmenter.input_size)
    return graph_conversion.simplified(network) if request.simplify or has_bytes else network


def _quantised(parts: Standalone, pictures: Iterable[np.ndarray]) -> Standalone:
    description = parts.description.input
    network = quantisation.quantised(parts.network, pictures, description, parts.input_size)
    return replace(parts, network=network)


def _calibration(source: str) -> Iterator[np.ndarray]:
    """Return the pictures of a folder or the frames of a video, at most 200, evenly spread."""
    frames = open_source(source)
    if frames.live:
        raise MediaError(f"the camera '{source}' is no calibration data: give a folder of pictures")
    step = -(-(frames.length or 1) // _MOST_PICTURES)
    chosen = itertools.islice(frames, 0, None, step)
    return (frame.image for frame in itertools.islice(chosen, _MOST_PICTURES))


def _fidelity(
    model: onnx.ModelProto, segmenter: Segmenter, request: ExportRequest
) -> MaskAgreement:
    pictures = [read_picture(sample_picture())]
    if request.blob:
        pictures = [_resized(segmenter, picture) for picture in pictures]
    alike = _compare(_masks_of(model, request), partial(_own_masks, segmenter), pictures)
    if alike.differing > _TOLERANCE:
        raise ModelError(
            f"the graph made of {segmenter.session.path} is not like the model ({alike}), so it "
            "was not written: leave --opset and --simplify out"
        )
    return alike


def _resized(segmenter: Segmenter, picture: np.ndarray) -> np.ndarray:
    """Return a picture at the network's size, as the core places it there."""
    size = picture.shape[0], picture.shape[1]
    return RESIZE_TRANSFORMS[segmenter.description.input.resize](size, segmenter.input_size).apply(
        picture
    )


def _compare(first: Masks, second: Masks, pictures: Iterable[np.ndarray]) -> MaskAgreement:
    total, pixels, differing, count = Overlap(0, 0, 0), 0, 0, 0
    for picture in pictures:
        found, known = first(picture), second(picture)
        same = overlap(found, known)
        total = Overlap(total.both + same.both, total.found + same.found, total.known + same.known)
        pixels, differing = pixels + found.size, differing + int(np.sum(found != known))
        count += 1
    return MaskAgreement(count, differing / pixels, total.iou)


def _masks_of(model: onnx.ModelProto, request: ExportRequest) -> Masks:
    """Return what runs a standalone graph with ONNX Runtime and nothing else."""
    session = graph_conversion.open_model(model)
    names = [item.name for item in session.get_inputs()]
    step = -1 if request.colour == "RGB" else 1

    def masks(picture: np.ndarray) -> np.ndarray:
        images = (picture, _mirrored(picture))
        preprocessed = [np.ascontiguousarray(image[..., ::step]) for image in images]
        if request.blob:
            blobs = [image.transpose(2, 0, 1)[None].astype(np.float32) for image in preprocessed]
            masks = np.stack(session.run(None, dict(zip(names, blobs, strict=False))))
            return masks[:, 0, 0].astype(np.uint8)
        return np.stack(session.run(None, dict(zip(names, preprocessed, strict=False))))

    return masks


def _own_masks(segmenter: Segmenter, picture: np.ndarray) -> np.ndarray:
    """Return what the model itself finds, small and doubtful regions too, as the graph does."""
    every = replace(segmenter.description.thresholds, score=0.0, minimum_area=0.0)
    if segmenter.takes_background:
        segmenter = segmenter.with_background(_mirrored(picture))
    found = segmenter.segment(picture, every)
    masks = [found.mask()] if found.objects is None else [found.mask(), found.object_mask()]
    return np.stack(masks)


def _mirrored(picture: np.ndarray) -> np.ndarray:
    """Return another picture of the same size, in place of a background."""
    return np.ascontiguousarray(picture[:, ::-1])


def _write(model: onnx.ModelProto, request: ExportRequest) -> None:
    write_bytes(request.output, model.SerializeToString())
