"""Labels that are drawn on a page: the list, a picture, its label, and a hand cut out of a box."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import cv2
import numpy as np
from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from handseg_ros.labelling.cutting import cut_out
from handseg_ros.labelling.label_folder import (
    LabelFolder,
    StaleLabelError,
    UnknownPictureError,
)
from handseg_ros.labelling.order import Listing
from handseg_ros.labelling.picture_label import LabelError, LabelInstance, PictureLabel
from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.segmentation.hands import Box
from handseg_ros.segmentation.run_lengths import run_counts
from handseg_ros.web.errors import RequestError
from handseg_ros.web.inference_queue import InferenceQueue
from handseg_ros.web.routes.page import FOLDER

# no picture has as many pixels, and sums of these have room in 64 bits
_RunLength = Annotated[int, Field(ge=0, lt=2**31)]
_JPEG_QUALITY = 92  # to look at, never to learn from
Result = TypeVar("Result")
_STATUS: dict[type[HandsegError], int] = {
    UnknownPictureError: 404,
    StaleLabelError: 409,
    LabelError: 422,
}


class Instance(BaseModel):
    """One hand or object."""

    label: str = Field(description="hand, left_hand, right_hand or object")
    counts: list[_RunLength] = Field(
        description="COCO's uncompressed run lengths of the whole picture"
    )
    attributes: dict[str, Any] = Field({}, description="what else the label's file has of it")


class Label(BaseModel):
    """The label of a picture; `revision` is '' where a model suggests it."""

    folder: str = Field(
        description="tells the folder from all others, also those served here later"
    )
    width: int
    height: int
    revision: str
    instances: list[Instance]


class DrawnLabel(BaseModel):
    """What was drawn over a revision."""

    revision: str
    instances: list[Instance] = Field(max_length=255)


class Saved(BaseModel):
    """The revision that a label has now."""

    revision: str


class Listed(BaseModel):
    """A picture of the folder."""

    name: str
    is_labelled: bool
    is_ranked: bool = Field(description="false while the model has still to look at it")


class DrawnBox(BaseModel):
    """A box around a hand, in pixels of the picture."""

    x: int
    y: int
    width: int = Field(ge=1)
    height: int = Field(ge=1)


class Cut(BaseModel):
    """What stands out in a box."""

    counts: list[int]


def make_router(folder: LabelFolder, listing: Listing, queue: InferenceQueue) -> APIRouter:
    """Return the routes of the page for labels; `listing` gives the pictures in their order."""
    router = APIRouter(tags=["label"])
    labelling = _Labelling(queue)

    @router.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(FOLDER / "label" / "index.html")

    @router.get("/label/pictures", summary="All pictures, the least certain first")
    async def pictures(request: Request) -> list[Listed]:
        return [Listed(**vars(one)) for one in await labelling.run(request, listing)]

    @router.get("/label/picture", summary="A picture, upright", response_class=Response)
    async def picture(request: Request, name: str) -> Response:
        data = await labelling.run(request, lambda: _jpeg(folder.pixels(name)))
        return Response(data, media_type="image/jpeg")

    @router.get("/label/label", summary="A picture's label, or what the model suggests")
    async def label(request: Request, name: str) -> Label:
        return await labelling.run(request, lambda: _label(folder.key, folder.label(name)))

    @router.put("/label/label", summary="Write a picture's label")
    async def save(request: Request, name: str, drawn: DrawnLabel) -> Saved:
        instances = [
            LabelInstance(one.label, tuple(one.counts), one.attributes) for one in drawn.instances
        ]
        revision = await labelling.run(
            request, lambda: folder.save(name, drawn.revision, instances)
        )
        return Saved(revision=revision)

    @router.post("/label/cut", summary="What stands out in a box")
    async def cut(request: Request, name: str, box: DrawnBox) -> Cut:
        chosen = Box(box.x, box.y, box.width, box.height)
        counts = await labelling.run(request, lambda: _cut_counts(folder.pixels(name), chosen))
        return Cut(counts=counts)

    return router


class _Labelling:
    """Does the folder's work in threads, and gives its errors their statuses."""

    def __init__(self, queue: InferenceQueue) -> None:
        self._queue = queue

    async def run(self, request: Request, work: Callable[[], Result]) -> Result:
        """Return what `work` returns; raises RequestError."""
        try:
            return await self._queue.run(work, request.is_disconnected)
        except (UnknownPictureError, StaleLabelError, LabelError) as error:
            raise RequestError(_STATUS[type(error)], str(error)) from error


def _label(folder: str, label: PictureLabel) -> Label:
    return Label(
        folder=folder,
        width=label.shape[1],
        height=label.shape[0],
        revision=label.revision,
        instances=[
            Instance(label=one.label, counts=list(one.counts), attributes=dict(one.attributes))
            for one in label.instances
        ],
    )


def _jpeg(pixels: np.ndarray) -> bytes:
    _, data = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY))
    return data.tobytes()


def _cut_counts(pixels: np.ndarray, box: Box) -> list[int]:
    mask = cut_out(pixels, box)
    shape = mask.shape[0], mask.shape[1]
    return run_counts(mask, Box(0, 0, shape[1], shape[0]), shape)
