"""The page `/` and the files that it is made of; and what it says of the service.

Page and files are for everybody, as they tell nothing; what the page shows, it asks for with the
token, as every program does.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.staticfiles import StaticFiles

from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.web.live.source import LiveSource

FOLDER = Path(__file__).resolve().parents[1] / "static"


class PageFacts(BaseModel):
    """What the page needs to know before it asks anything."""

    model: str = Field(description="name and version of the model that answers posted pictures")
    provider: str = Field(description="what runs its network")
    score_threshold: float = Field(description="what holds for a picture posted without one")
    mask_threshold: float
    live: str | None = Field(description="the name of what is shown live, if anything is")


def add_pages(app: FastAPI) -> None:
    """Have the application serve the page, its modules and its styles."""
    app.mount("/static", StaticFiles(directory=FOLDER), name="static")


def make_router(
    segmenter: Segmenter, thresholds: Thresholds, source: LiveSource | None
) -> APIRouter:
    """Return the routes / and /page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def page() -> FileResponse:
        return FileResponse(FOLDER / "live" / "index.html")

    @router.get("/page")
    async def facts() -> PageFacts:
        return PageFacts(
            model=segmenter.description.title,
            provider=segmenter.session.loaded.provider,
            score_threshold=thresholds.score,
            mask_threshold=thresholds.mask,
            live=None if source is None else source.name,
        )

    return router
