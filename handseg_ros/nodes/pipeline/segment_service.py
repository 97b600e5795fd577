"""The node's answers to those who ask instead of listening: `~/segment`."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSProfile
from rclpy.task import Future
from sensor_msgs.msg import Image

from handseg_ros.image_messages.decode import to_bgr
from handseg_ros.image_messages.hands import Circumstances, hands_message
from handseg_ros.image_messages.significant_bits import SignificantBits
from handseg_ros.msg import HandInstances
from handseg_ros.nodes.camera_topics import CameraTopics
from handseg_ros.nodes.diagnostics.request_counts import RequestCounts
from handseg_ros.nodes.outputs.ros_messages import RosMessages
from handseg_ros.nodes.pipeline.frame_setup import FrameSetup
from handseg_ros.nodes.pipeline.worker import MAX_PENDING_REQUESTS, Job
from handseg_ros.segmentation.errors import BackgroundError, user_message
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.srv import SegmentImage

SERVICE = "~/segment"
# What comes in a burst must reach the node, to be refused in words and not lost without any.
_BURST = QoSProfile(depth=4 * MAX_PENDING_REQUESTS)
_LOG_PERIOD = 5.0


@dataclass(frozen=True)
class ServiceCallbacks:
    """What the service asks the node.

    `queue` hands the worker a job, in the executor's thread, and returns whether it takes it; it is
    None while the node is inactive. The others are called in the worker's thread: `setup` is what
    images are answered with now, `warning` why a network cannot answer.
    """

    queue: Callable[[], Callable[[Job], bool] | None]
    setup: Callable[[], FrameSetup | None]
    warning: Callable[[Segmenter], str]


@dataclass(frozen=True)
class _Outcome:
    """What becomes of a request: the hands, or None, and what to say of it."""

    hands: HandInstances | None
    text: str


class SegmentService:
    """Serves `~/segment` on the worker's thread, between two frames of the stream.

    Meanwhile the executor goes on: the service waits as a coroutine.
    """

    def __init__(
        self, node: LifecycleNode, topics: CameraTopics, callbacks: ServiceCallbacks
    ) -> None:
        self._node = node
        self._callbacks = callbacks
        self._waiting: set[Future] = set()  # of _Outcome
        self._counts = RequestCounts()
        # A group of its own: in the node's a waiting service would keep all else from running.
        group = ReentrantCallbackGroup()
        node.create_service(
            SegmentImage,
            topics.of(SERVICE),
            self._on_request,
            qos_profile=_BURST,
            callback_group=group,
        )

    @property
    def counts(self) -> RequestCounts:
        """What became of the requests."""
        return self._counts

    def start_over(self) -> None:
        """Count from 0 again."""
        self._counts = RequestCounts()

    def stop(self, cause: str) -> None:
        """Refuse all that wait, once the worker has stopped; `cause` is why."""
        for outcome in self._waiting:
            if not outcome.done():
                outcome.set_result(_Outcome(None, f"{cause}: ask again when it is active"))

    async def _on_request(
        self, request: SegmentImage.Request, response: SegmentImage.Response
    ) -> SegmentImage.Response:
        outcome = await self._outcome(request.image)
        response.success, response.message = outcome.hands is not None, outcome.text
        if outcome.hands is not None:
            response.hands = outcome.hands
            self._counts = replace(self._counts, answered=self._counts.answered + 1)
        else:
            self._counts = replace(self._counts, refused=self._counts.refused + 1)
            self._node.get_logger().error(
                f"a request was not answered: {outcome.text}", throttle_duration_sec=_LOG_PERIOD
            )
        return response

    async def _outcome(self, image: Image) -> _Outcome:
        queue = self._callbacks.queue()
        if queue is None:
            return _Outcome(None, "the node is inactive and answers no request: activate it first")
        outcome: Future = Future()
        # The executor may sleep: it would look at the outcome with its next timer only.
        outcome.add_done_callback(lambda _: self._wake())
        if not queue(lambda: outcome.set_result(self._answer(image))):
            text = "requests wait already: ask again when one of them is answered"
            return _Outcome(None, f"{MAX_PENDING_REQUESTS} {text}")
        self._waiting.add(outcome)
        try:
            answered = await outcome
        finally:
            self._waiting.discard(outcome)
        assert answered is not None  # it is set, and never cancelled
        return answered

    def _wake(self) -> None:
        if executor := self._node.executor:
            executor.wake()

    # -- the worker's thread ------------------------------------------------------------------

    def _answer(self, image: Image) -> _Outcome:
        """Return the hands of an image, or the cause why there are none to tell."""
        try:
            hands = self._hands(image)
        except Exception as error:  # the one who asked is told, whatever it is
            return _Outcome(None, user_message(error))
        size = f"{hands.width}x{hands.height}"
        return _Outcome(hands, f"{len(hands.hands)} hand(s) in {size} pixels by {hands.model}")

    def _hands(self, image: Image) -> HandInstances:
        """Return the hands of an image; raises HandsegError, or what the network raises."""
        setup = self._callbacks.setup()
        assert setup is not None  # the worker runs, so the node is active
        segmenter = setup.segmenter
        # An image on request may be anybody's: what others were like tells nothing of it.
        frame = to_bgr(image, SignificantBits(setup.settings.significant_bits))
        if segmenter.lacks_background:
            raise BackgroundError(self._callbacks.warning(segmenter))
        segmentation = segmenter.segment(frame, setup.thresholds)
        circumstances = Circumstances(model=segmenter.description.title)
        hands: HandInstances = hands_message(
            RosMessages(), image.header, segmentation, circumstances
        )
        return hands
