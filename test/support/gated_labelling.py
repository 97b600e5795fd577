"""The page of `handseg label` in this process, whose model looks at pictures when it is let."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import uvicorn
from support.processes import PATIENCE

from handseg_ros.datasets.frame_selection import lowered_thresholds
from handseg_ros.labelling.label_folder import LabelFolder
from handseg_ros.labelling.order import UncertaintyOrder
from handseg_ros.segmentation.hands import Segmentation
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.web.inference_queue import InferenceQueue
from handseg_ros.web.label_app import create_label_app
from handseg_ros.web.options import DEFAULT_HOST, ServiceOptions
from handseg_ros.web.server import listen, url_of


@dataclass(frozen=True)
class GatedLabelling:
    """A running page; `gate` lets the model look at the pictures."""

    url: str
    order: UncertaintyOrder
    gate: threading.Event
    looking: threading.Thread

    def look_at_all(self) -> None:
        """Have the model look at all pictures, and wait until it has."""
        self.gate.set()
        self.looking.join(PATIENCE)
        assert all(one.is_ranked for one in self.order.pictures())


@contextmanager
def gated_labelling(path: Path, segmenter: Segmenter) -> Iterator[GatedLabelling]:
    """Serve a folder's page on a free port of the loopback, and end it."""
    options, gate = ServiceOptions(DEFAULT_HOST, 0), threading.Event()
    queue = InferenceQueue(segmenter, options.queue_length)
    thresholds = segmenter.description.thresholds

    def suggest(image: np.ndarray) -> Segmentation:
        gate.wait(PATIENCE)
        return queue.segment(image, lowered_thresholds(thresholds))

    folder = LabelFolder(path, lambda image: queue.segment(image, thresholds))
    order = UncertaintyOrder(folder, suggest, thresholds.score)
    app = create_label_app(folder, order.pictures, queue, options)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    with listen(options) as listening:
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        looking = threading.Thread(target=order.rank)
        serving.start()
        looking.start()
        try:
            yield GatedLabelling(url_of(listening), order, gate, looking)
        finally:
            gate.set()
            server.should_exit = True
            for thread in (looking, serving):
                thread.join(PATIENCE)
