"""The application of `handseg label`: a folder's pictures and their labels, on a page."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from fastapi import FastAPI

from handseg_ros.labelling.label_folder import LabelFolder
from handseg_ros.labelling.order import Listing
from handseg_ros.web.app import base_app
from handseg_ros.web.inference_queue import InferenceQueue
from handseg_ros.web.metrics import ServiceMetrics
from handseg_ros.web.options import ServiceOptions
from handseg_ros.web.routes import label


def create_label_app(
    folder: LabelFolder, listing: Listing, queue: InferenceQueue, options: ServiceOptions
) -> FastAPI:
    """Return the application that labels a folder; `listing` gives its pictures in their order.

    Pictures are read and written in the queue's turns, as its network suggests first labels.
    """
    app = base_app(queue, ServiceMetrics(queue), options)
    app.include_router(label.make_router(folder, listing, queue))
    return app
