"""hand_segmentation_node: images in, hands out, every output with its image's own header."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from std_msgs.msg import Header

from handseg_ros.nodes import parameters
from handseg_ros.nodes.background.file import background_file
from handseg_ros.nodes.background.service import BackgroundService, BackgroundServiceCallbacks
from handseg_ros.nodes.depth.pipeline import DepthPipeline
from handseg_ros.nodes.diagnostics.frame_statistics import FrameStatistics
from handseg_ros.nodes.diagnostics.publisher import DiagnosticsPublisher
from handseg_ros.nodes.diagnostics.status import NodeHealth
from handseg_ros.nodes.input.image_input import ImageInput, ImageMessage
from handseg_ros.nodes.input.pending_frame import PendingFrame
from handseg_ros.nodes.input.unpublished import UnpublishedInputs
from handseg_ros.nodes.managed_node import ManagedNode
from handseg_ros.nodes.outputs.publisher import OutputPublisher
from handseg_ros.nodes.parameter_services import KnownTypesParameterService
from handseg_ros.nodes.pipeline.frame_pipeline import (
    FramePipeline,
    PipelineCallbacks,
    PipelineStages,
)
from handseg_ros.nodes.pipeline.frame_setup import FrameSetup
from handseg_ros.nodes.pipeline.segment_service import SegmentService, ServiceCallbacks
from handseg_ros.nodes.pipeline.worker import Worker
from handseg_ros.nodes.process import run_node
from handseg_ros.nodes.settings import SPECS, Settings, is_refused
from handseg_ros.outputs.table import DEPTH
from handseg_ros.segmentation.errors import ModelError, user_message
from handseg_ros.segmentation.segmenter import Segmenter

_SUPERVISION_PERIOD = 0.1  # seconds until a new listener or publisher is noticed, at most


class HandSegmentationNode(ManagedNode):
    """Segments hands in a stream of images; a managed node that can start itself."""

    def __init__(self) -> None:
        super().__init__("hand_segmentation", start_parameter_services=False)
        self._parameter_services = KnownTypesParameterService(self)
        self._setup: FrameSetup | None = None
        self._prepared: Segmenter | None = None
        self._configuration_error: ModelError | None = None
        self._worker: Worker[PendingFrame] | None = None
        self._statistics = FrameStatistics()
        self._listening_since = time.monotonic()
        # Before the images', so that depth is taken first when both have come.
        self._depth = DepthPipeline(self, self._hand_over)
        self._input = ImageInput(self, self._on_image)
        self._unpublished = UnpublishedInputs(self)
        self._background = BackgroundService(
            self,
            BackgroundServiceCallbacks(
                segmenter=lambda: None if self._worker is None else self._segmenter,
                file=self._background_file,
                adopt=self._adopt_background,
            ),
        )
        self._requests = SegmentService(
            self,
            ServiceCallbacks(
                queue=lambda: None if self._worker is None else self._worker.queue,
                setup=lambda: self._setup,
                warning=self._background.warning,
            ),
        )
        parameters.declare(self, SPECS)
        self._settings = self._read_settings()
        self.add_on_set_parameters_callback(self._check_change)
        self.add_post_set_parameters_callback(self._apply_change)
        self._outputs = OutputPublisher(self)
        self._diagnostics = DiagnosticsPublisher(self, self._health)
        # A steady clock: supervision must go on when simulated time stands still.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(_SUPERVISION_PERIOD, self._on_timer, clock=steady)

    # -- life cycle ---------------------------------------------------------------------------

    def start(self) -> None:
        """Configure and activate, unless `autostart` is false; raises ModelError."""
        if not self._settings.autostart:
            return
        if self.trigger_configure() != TransitionCallbackReturn.SUCCESS:
            raise self._configuration_error or ModelError("the node could not be configured")
        if self.trigger_activate() != TransitionCallbackReturn.SUCCESS:
            raise ModelError("the node could not be activated: see the log above")

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the network."""
        self._configuration_error = None
        try:
            segmenter = Segmenter.load(self._settings.model_options)
        except Exception as error:  # rclpy would turn it into a state, and lose its words
            text = user_message(error)
            self._configuration_error = ModelError(text)
            self.get_logger().error(f"not configured: {text}")
            return TransitionCallbackReturn.FAILURE
        self._use(segmenter)
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Begin to answer images."""
        result = super().on_activate(state)
        assert self._segmenter is not None  # on_configure came before
        self._statistics = FrameStatistics()
        self._depth.start_over()
        self._requests.start_over()
        pipeline = self._frame_pipeline()
        self._worker = Worker(pipeline.answer, pipeline.report_failure)
        self._announce(self._segmenter)
        self._publish_labels()
        self._supervise()
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop answering; what is being answered is finished first."""
        self._stop_work()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let the network go."""
        self._setup = None
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop from any state."""
        self._stop_work()
        self._setup = None
        return super().on_shutdown(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Leave nothing half started behind a transition that broke."""
        self._stop_work()
        self._setup = None
        return super().on_error(state)

    def destroy_node(self) -> None:
        """Stop the worker before its publishers go."""
        self._stop_work()
        super().destroy_node()

    def _announce(self, segmenter: Segmenter) -> None:
        """Say what is waited for, and what comes out."""
        expected = [self._input.expected(self._settings.image_transport)]
        if self._settings.depth:
            expected += self._depth.expected
        inputs = ", ".join(f"{item.topic} ({item.type})" for item in expected)
        lazily = " while somebody listens to an output" if self._settings.lazy else ""
        self.get_logger().info(
            f"takes {inputs}{lazily}, with reliability {self._settings.input_reliability} and the "
            f"durability of the publishers; answers on "
            f"{', '.join(self._outputs.names(self._known(segmenter)))}"
        )

    def _publish_labels(self) -> None:
        if self._worker is not None and self._segmenter is not None:
            header = Header(stamp=self.get_clock().now().to_msg())
            self._outputs.publish_labels(header, self._segmenter.classes)

    def _stop_work(self) -> None:
        self._background.stop("the node was deactivated")
        self._stop_listening()
        if self._worker is not None:
            self._worker.stop()
            self._worker = None
            self._requests.stop("the node was deactivated")
            self._outputs.last_hands.forget()

    # -- parameters ---------------------------------------------------------------------------

    def _read_settings(self) -> Settings:
        return Settings(**parameters.values(self, SPECS))

    def _check_change(self, changes: list[Parameter]) -> SetParametersResult:
        """Try a changed network out before it is taken; the rest is checked by its range."""
        self._prepared = None
        changed = {change.name: change.value for change in changes}
        if self._segmenter is None or is_refused(changed):
            return SetParametersResult(successful=True)
        # ROS's own, such as use_sim_time, and undeclared ones are changed through here as well.
        current = parameters.values(self, SPECS)
        wanted = Settings(**{name: changed.get(name, value) for name, value in current.items()})
        if wanted.model_options != self._settings.model_options:
            try:
                self._prepared = Segmenter.load(wanted.model_options)
            except Exception as error:  # an answer all the same, and the old network goes on
                return SetParametersResult(successful=False, reason=user_message(error))
        return SetParametersResult(successful=True)

    def _apply_change(self, changes: list[Parameter]) -> None:
        before, self._settings = self._settings, self._read_settings()
        if self._prepared is not None:
            self._use(self._prepared)
            self._prepared = None
            self._publish_labels()
        elif self._segmenter is not None:
            is_moved = self._settings.background_file != before.background_file
            self._adopt(self._with_background(self._segmenter) if is_moved else self._segmenter)
        self._supervise()

    # -- the segmenter and its background -----------------------------------------------------

    @property
    def _segmenter(self) -> Segmenter | None:
        return None if self._setup is None else self._setup.segmenter

    def _adopt(self, segmenter: Segmenter) -> None:
        """Have frames from now on answered by this network and the parameters of now."""
        self._setup = FrameSetup(segmenter, self._settings)

    def _use(self, segmenter: Segmenter) -> None:
        description = segmenter.description
        licences = (("licence", description.licence), ("training data", description.data_licence))
        text = ", ".join(f"{key} {value}" for key, value in (*_describe(segmenter), *licences))
        self.get_logger().info(f"loaded {segmenter.session.path}: {text}")
        if warning := _warning(segmenter):
            self.get_logger().warning(warning)
        self._adopt(self._with_background(segmenter))
        self._outputs.last_hands.forget()

    def _with_background(self, segmenter: Segmenter) -> Segmenter:
        return self._background.restored(segmenter, self._background_file())

    def _background_file(self) -> Path:
        return background_file(self._settings.background_file, self.get_fully_qualified_name())

    def _adopt_background(self, picture: np.ndarray) -> None:
        if self._segmenter is not None and self._segmenter.takes_background:
            self._adopt(self._segmenter.with_background(picture))

    # -- the pipeline of a frame ------------------------------------------------------------------

    def _frame_pipeline(self) -> FramePipeline:
        """Return what answers the images of one activation."""
        return FramePipeline(
            self,
            PipelineStages(self._background, self._depth, self._outputs, self._statistics),
            PipelineCallbacks(setup=lambda: self._setup, topic=self._topic),
        )

    def _on_image(self, message: ImageMessage) -> None:
        if self._worker is None:
            return
        pending = PendingFrame(message, time.monotonic())
        self._statistics.count_received(when=pending.when)
        self._depth.take(pending)

    def _hand_over(self, pending: PendingFrame) -> None:
        if self._worker is not None and self._worker.put(pending):
            self._statistics.count_replaced()

    # -- supervision and diagnostics ----------------------------------------------------------

    def _on_timer(self) -> None:
        self._supervise()
        self._diagnostics.look()

    def _supervise(self) -> None:
        """Listen to the camera while its images are needed (or always, if not lazy)."""
        if self._worker is None or self._segmenter is None:
            return
        self._background.supervise(self._topic())
        is_wanted = self._outputs.any_wanted(self._known(self._segmenter))
        if self._settings.lazy and not (is_wanted or self._background.is_capturing):
            if self._input.is_open:
                self.get_logger().info(f"nobody listens: leaving {self._topic()} alone")
                self._stop_listening()
            return
        if not self._input.is_open:
            self._listening_since = time.monotonic()
            self._outputs.last_hands.forget()  # they may be of long ago
        self._depth.open(self._settings.depth_options)
        self._input.open(self._settings.input_options)
        unpublished = self._input.unpublished(self._settings.image_transport)
        self._unpublished.look(unpublished + self._depth.unpublished)
        self._outputs.last_hands.repeat(self._settings.repeat_last_period)

    def _stop_listening(self) -> None:
        self._input.close()
        self._depth.close()

    def _known(self, segmenter: Segmenter) -> tuple[str, ...]:
        """Return what the outputs can be made of."""
        return (*segmenter.classes, DEPTH) if self._settings.depth else segmenter.classes

    def _health(self) -> NodeHealth:
        return NodeHealth(
            is_active=self._worker is not None,
            is_listening=self._input.is_open,
            topic=self._topic(),
            waited=time.monotonic() - self._listening_since,
            stale_timeout=self._settings.stale_timeout,
            statistics=self._statistics.snapshot(),
            requests=self._requests.counts,
            segmenter=self._described(),
            warning=self._background.warning(self._segmenter) or _warning(self._segmenter),
            depth=self._depth.health() if self._settings.depth else None,
        )

    def _described(self) -> tuple[tuple[str, str], ...]:
        if self._segmenter is None:
            return ()
        rows = _describe(self._segmenter)
        if not self._segmenter.takes_background:
            return rows
        return (*rows, ("background", self._background.state(self._segmenter)))

    def _topic(self) -> str:
        return self._input.topic(self._settings.image_transport)


def _describe(segmenter: Segmenter) -> tuple[tuple[str, str], ...]:
    loaded = segmenter.session.loaded
    operators = "unknown" if loaded.operators is None else "{} of {}".format(*loaded.operators)
    return (
        ("model", segmenter.description.title),
        ("provider", loaded.provider),
        ("provider_operators", operators),
        ("input_size", segmenter.input_size_text),
    )


def _warning(segmenter: Segmenter | None) -> str:
    return "" if segmenter is None else segmenter.session.loaded.warning


def _make_node() -> HandSegmentationNode:
    node = HandSegmentationNode()
    node.start()
    return node


def main() -> int:
    """Run the node until SIGINT or SIGTERM; returns the process's exit code."""
    return run_node(_make_node)


if __name__ == "__main__":
    sys.exit(main())
