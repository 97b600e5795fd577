"""The application: one place that puts routes, limits and protections together."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware import Middleware

from handseg_ros import __version__
from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.web.errors import add_error_handlers
from handseg_ros.web.inference_queue import InferenceQueue
from handseg_ros.web.live.source import LiveSource
from handseg_ros.web.metrics import CountRequests, ServiceMetrics
from handseg_ros.web.options import ServiceOptions
from handseg_ros.web.request_limits import RequestLimits
from handseg_ros.web.routes import live, page, predict, status
from handseg_ros.web.security import Security

_DESCRIPTION = "Finds human hands in pictures: one mask, side and score for each hand."


def create_app(
    segmenter: Segmenter,
    thresholds: Thresholds,
    options: ServiceOptions,
    source: LiveSource | None = None,
) -> FastAPI:
    """Return the application that answers by a segmenter; `thresholds` hold for all requests.

    `source` is what the page shows live, if anything.
    """
    queue = InferenceQueue(segmenter, options.queue_length)
    metrics = ServiceMetrics(queue)
    app = base_app(queue, metrics, options)
    app.include_router(predict.make_router(queue, metrics, thresholds))
    app.include_router(page.make_router(segmenter, thresholds, source))
    if source is not None:
        app.include_router(live.make_router(source))
    return app


def base_app(queue: InferenceQueue, metrics: ServiceMetrics, options: ServiceOptions) -> FastAPI:
    """Return an application that has what all have: limits, protections, errors, status, pages.

    Middleware sees a request in the order given: counted, then refused where it may not ask, then
    limited. FastAPI's own pages are left out, as they load scripts from elsewhere.
    """
    app = FastAPI(
        title="handseg_ros",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        middleware=[
            Middleware(CountRequests, metrics=metrics),
            Middleware(Security, options=options),
            Middleware(RequestLimits, max_bytes=options.max_upload_bytes),
        ],
    )
    add_error_handlers(app)
    app.include_router(status.make_router(queue, metrics))
    page.add_pages(app)
    return app
