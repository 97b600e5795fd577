"""What the service counts, in the text that Prometheus reads."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.web.inference_queue import InferenceQueue

_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class ServiceMetrics:
    """Counters of one application; several of them do not share any."""

    def __init__(self, queue: InferenceQueue) -> None:
        """Count from 0; how many images wait is read from the queue."""
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "handseg_requests", "Requests by path and status", ("path", "status"),
            registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "handseg_request_seconds", "From a request's headers to its answer's last byte",
            ("path",), buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self._stages = Histogram(
            "handseg_stage_seconds", "Where the time of an image went", ("stage",),
            buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self._hands = Counter("handseg_hands", "Hands found", registry=self._registry)
        images = Gauge(
            "handseg_images_admitted", "Images that wait or are answered", registry=self._registry
        )
        images.set_function(lambda: queue.admitted)

    def count_request(self, path: str, status: int, seconds: float) -> None:
        """Count a request that was answered; `path` is a route's, never what a client made up."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def count_image(self, segmentation: Segmentation) -> None:
        """Count an image that was answered."""
        timings = segmentation.timings
        self._stages.labels("preprocessing").observe(timings.preprocessing)
        self._stages.labels("inference").observe(timings.inference)
        self._stages.labels("decoding").observe(timings.decoding)
        self._hands.inc(len(segmentation.hands))

    def exposition(self) -> bytes:
        """Return all counters in Prometheus' text format."""
        return generate_latest(self._registry)


class CountRequests:
    """ASGI middleware that counts what is answered, whoever answers it."""

    def __init__(self, app: ASGIApp, metrics: ServiceMetrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request by the application, and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.count_request(route, status, time.perf_counter() - began)
