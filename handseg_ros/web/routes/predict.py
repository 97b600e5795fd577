"""POST an image, get its hands."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, File, Query, Request, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.invalid_field import InvalidFieldError
from handseg_ros.segmentation.overlay import OverlayMode, Palette, draw_overlay
from handseg_ros.segmentation.serialization import to_json
from handseg_ros.web.errors import RequestError
from handseg_ros.web.inference_queue import InferenceQueue
from handseg_ros.web.known_names import only_a_picture, only_known_queries
from handseg_ros.web.metrics import ServiceMetrics
from handseg_ros.web.predictions import (
    EXAMPLE,
    Failure,
    MaskFormat,
    Predictions,
    encoded,
    predictions_of,
)
from handseg_ros.web.uploads import decode_upload

_FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"model": Failure, "description": text}
    for status, text in {
        400: "no multipart form",
        401: "no token, or a wrong one",
        403: "asked from a page of another site",
        408: "the request did not come to its end",
        413: "too many bytes or pixels",
        422: "no picture in the field `image`, a damaged one, an option that is none or not in the "
        "query",
        429: "too many images wait; `Retry-After` says for how many seconds to wait",
    }.items()
}
_Share = Annotated[float | None, Query(ge=0, le=1)]
Score = Annotated[_Share, Query(description="least score of a hand; else the service's own")]
Mask = Annotated[
    _Share, Query(description="probability from which a pixel is hand; else the service's own")
]


class Posted(BaseModel):
    """The form that is posted: a picture, and nothing else."""

    model_config = ConfigDict(extra="forbid")

    image: UploadFile = Field(description="the picture: JPEG, PNG, WebP, BMP, TIFF or PNM")


Form = Annotated[Posted, File()]


def make_router(
    queue: InferenceQueue, metrics: ServiceMetrics, thresholds: Thresholds
) -> APIRouter:
    """Return the routes /predict and /segment; `thresholds` hold where a request has none."""
    names = [Depends(only_known_queries), Depends(only_a_picture)]
    router = APIRouter(tags=["hands"], responses=_FAILURES, dependencies=names)
    answer = _Answering(queue, metrics, thresholds)

    @router.post(
        "/predict",
        summary="Hands as Hand Mask R-CNN's service has them",
        responses={200: {"content": {"application/json": {"example": EXAMPLE.model_dump()}}}},
    )
    async def predict(
        request: Request,
        form: Form,
        threshold: Score = None,
        mask_threshold: Mask = None,
        mask: Annotated[MaskFormat, Query(description="how `mask` comes")] = MaskFormat.PNG,
        overlay: Annotated[
            OverlayMode, Query(description="how hands are drawn into `overlay`")
        ] = OverlayMode.NONE,
    ) -> Predictions:
        chosen = answer.thresholds(threshold, mask_threshold)
        palette = Palette.of(queue.segmenter.description)

        def drawn(picture: np.ndarray, segmentation: Segmentation) -> str | None:
            if overlay is OverlayMode.NONE:
                return None
            return encoded(".jpg", draw_overlay(picture, segmentation, overlay, palette))

        def predictions(picture: np.ndarray, segmentation: Segmentation) -> Predictions:
            return Predictions(
                predictions=predictions_of(segmentation, mask),
                width=segmentation.width,
                height=segmentation.height,
                model=queue.segmenter.description.title,
                overlay=drawn(picture, segmentation),
            )

        return await answer(request, form.image, chosen, predictions)

    @router.post("/segment", summary="Hands as `handseg run --json` has them")
    async def segment(
        request: Request, form: Form, threshold: Score = None, mask_threshold: Mask = None
    ) -> dict[str, Any]:
        chosen = answer.thresholds(threshold, mask_threshold)
        return await answer(request, form.image, chosen, lambda _, found: to_json(found))

    return router


class _Answering:
    """Takes a posted picture through the queue and the network."""

    def __init__(
        self, queue: InferenceQueue, metrics: ServiceMetrics, thresholds: Thresholds
    ) -> None:
        self._queue, self._metrics, self._thresholds = queue, metrics, thresholds

    def thresholds(self, score: float | None, mask: float | None) -> Thresholds:
        """Return what holds for a request; raises RequestError where that cannot hold."""
        own = self._thresholds
        try:
            return replace(
                own,
                score=own.score if score is None else score,
                mask=own.mask if mask is None else mask,
            )
        except InvalidFieldError as error:
            raise RequestError(
                422, f"the thresholds of the request cannot be used: {error}"
            ) from error

    async def __call__(
        self,
        request: Request,
        image: UploadFile,
        thresholds: Thresholds,
        respond: Callable[[np.ndarray, Segmentation], Any],
    ) -> Any:
        """Return the response to a picture; raises RequestError and ImageError."""
        data = await image.read()

        def work() -> Any:
            picture = decode_upload(data)
            segmentation = self._queue.segment(picture, thresholds)
            self._metrics.count_image(segmentation)
            return respond(picture, segmentation)

        return await self._queue.run(work, request.is_disconnected)
