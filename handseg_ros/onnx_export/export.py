"""A model becomes one file that needs nothing beside it; it is compared before it is written."""

# SPDX-License-Identifier: Apache-2.0

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
from handseg_ros.onnx_export import graph_conversion, instance_graph, quantisation
from handseg_ros.onnx_export.blob_graph import BlobStandalone
from handseg_ros.onnx_export.export_request import (
    ExportRequest,
    ExportResult,
    InstanceAgreement,
    MaskAgreement,
)
from handseg_ros.onnx_export.instance_fidelity import Instances, compare_instances
from handseg_ros.onnx_export.instance_graph import INSTANCE_FAMILIES, MASKS, InstanceStandalone
from handseg_ros.onnx_export.standalone import Standalone
from handseg_ros.segmentation.decoders.registry import DECODERS
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
    segmenter = _with_thresholds(segmenter, request)
    instances = _gives_instances(segmenter, request)
    parts = _parts(segmenter, request, instances)
    model = parts.build()
    check = _instance_fidelity if instances else _fidelity
    fidelity = check(model, segmenter, request)
    precision = None
    if request.calibration is not None:
        exact, pictures = model, partial(_calibration, request.calibration)
        model = _quantised(parts, pictures()).build()
        first, second = (_masks_of(part, request, instances) for part in (model, exact))
        precision = _compare(first, second, pictures())
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


def _gives_instances(segmenter: Segmenter, request: ExportRequest) -> bool:
    """Whether single hands are wanted; raises ModelError where the rest of the request forbids."""
    family = segmenter.description.family
    if not (request.instances or (family in INSTANCE_FAMILIES and DECODERS[family].export is None)):
        return False
    if request.blob:
        raise ModelError(
            f"single hands, all that the family '{family}' gives, need loops, which cv2.dnn does "
            "not know: leave --opencv out"
        )
    return True


def _with_thresholds(segmenter: Segmenter, request: ExportRequest) -> Segmenter:
    """Return the segmenter with the thresholds that are asked for in its description."""
    own = segmenter.description.thresholds
    wanted = {"score": request.score, "mask": request.mask}
    given = {name: value for name, value in wanted.items() if value is not None}
    description = replace(segmenter.description, thresholds=replace(own, **given))
    session = replace(segmenter.session, description=description)
    return replace(segmenter, session=session)


def _parts(segmenter: Segmenter, request: ExportRequest, instances: bool) -> Standalone:
    network = _network(segmenter, request, instances)
    description, size = segmenter.description, segmenter.input_size
    if instances:
        return InstanceStandalone(network, description, size, request.colour, request.max_hands)
    make = BlobStandalone if request.blob else Standalone
    return make(network, description, size, request.colour)


def _network(segmenter: Segmenter, request: ExportRequest, instances: bool) -> onnx.ModelProto:
    """Return the model's network in the operator set that is asked for, at one input size."""
    network = onnx.load(str(segmenter.session.path))
    has_bytes = request.calibration is not None
    min_opset = quantisation.MIN_OPSET if has_bytes else graph_conversion.MIN_OPSET
    why = "has no 8 bits for each channel", "--int8"
    if instances and min_opset < instance_graph.MIN_OPSET:
        min_opset, why = instance_graph.MIN_OPSET, ("cannot count cells of hands", "--instances")
    if min_opset > graph_conversion.MIN_OPSET and (request.opset or min_opset) < min_opset:
        raise ModelError(
            f"operator set {request.opset} {why[0]}: give {min_opset} or more, or leave {why[1]} "
            "out"
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
    return MaskAgreement(count, differing / pixels, total.iou, total.either)


def _instance_fidelity(
    model: onnx.ModelProto, segmenter: Segmenter, request: ExportRequest
) -> InstanceAgreement:
    """Compare hands in the package's picture: as it is, upright, and cut to odd sides."""
    picture = read_picture(sample_picture())
    pictures = [picture, np.ascontiguousarray(picture.transpose(1, 0, 2)), picture[:-3, :-5]]
    session = graph_conversion.open_model(model)
    step = -1 if request.colour == "RGB" else 1

    def of_graph(frame: np.ndarray) -> Instances:
        return Instances.of_graph(session, {"image": np.ascontiguousarray(frame[..., ::step])})

    def of_core(frame: np.ndarray) -> Instances:
        return Instances.of_core(segmenter.segment(np.ascontiguousarray(frame)))

    alike = compare_instances(of_graph, of_core, pictures)
    if not alike.is_close:
        raise ModelError(
            f"the graph made of {segmenter.session.path} is not like the model ({alike}), so it "
            "was not written: leave --opset and --simplify out"
        )
    return alike


def _masks_of(model: onnx.ModelProto, request: ExportRequest, instances: bool = False) -> Masks:
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
        inputs = dict(zip(names, preprocessed, strict=False))
        if instances:
            (found,) = session.run([MASKS], inputs)
            return found.max(axis=0, initial=0)[None]
        return np.stack(session.run(None, inputs))

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
