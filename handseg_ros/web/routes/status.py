"""Whether the service lives, whether it takes images now, and what it has counted."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field

from handseg_ros.web.errors import RequestError
from handseg_ros.web.inference_queue import InferenceQueue
from handseg_ros.web.metrics import ServiceMetrics
from handseg_ros.web.predictions import Failure


class Health(BaseModel):
    """The process answers."""

    status: str = "ok"


class Readiness(BaseModel):
    """A model is loaded, and the next image would be taken."""

    model: str = Field(description="name and version of the model")
    provider: str = Field(description="what runs the network")
    input_size: str = Field(description="width x height that pictures are brought to, pixels")
    admitted: int = Field(description="images that wait or are answered")
    queue_length: int = Field(description="so many at most")


def make_router(queue: InferenceQueue, metrics: ServiceMetrics) -> APIRouter:
    """Return the routes /healthz, /readyz and /metrics."""
    router = APIRouter(tags=["status"])

    @router.get("/healthz", summary="Whether the process answers")
    async def healthz() -> Health:
        return Health()

    @router.get(
        "/readyz", summary="Whether the next image is taken", responses={503: {"model": Failure}}
    )
    async def readyz() -> Readiness:
        if queue.is_full:
            raise RequestError(503, f"{queue.length} images wait already: ask again in a second")
        segmenter = queue.segmenter
        return Readiness(
            model=segmenter.description.title,
            provider=segmenter.session.loaded.provider,
            input_size=segmenter.input_size_text,
            admitted=queue.admitted,
            queue_length=queue.length,
        )

    @router.get("/metrics", summary="Counters for Prometheus", response_class=Response)
    async def read_metrics() -> Response:
        return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

    return router
