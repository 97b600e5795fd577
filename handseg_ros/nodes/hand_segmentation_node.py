"""hand_segmentation_node: images in, hands out, every output with its image's own header."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys

from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter

from handseg_ros.nodes import parameters
from handseg_ros.nodes.camera_stream import CameraStream, describe
from handseg_ros.nodes.camera_topics import CameraTopics
from handseg_ros.nodes.diagnostics.publisher import DiagnosticsPublisher
from handseg_ros.nodes.diagnostics.status import NodeHealth
from handseg_ros.nodes.input.frame_input import FrameCallbacks, FrameInput
from handseg_ros.nodes.input.image_input import ImageInput
from handseg_ros.nodes.managed_node import ManagedNode
from handseg_ros.nodes.parameter_services import KnownTypesParameterService
from handseg_ros.nodes.parameters import is_refused, specs_of
from handseg_ros.nodes.pipeline.smoothing import check_smoothing
from handseg_ros.nodes.pipeline.worker import Worker
from handseg_ros.nodes.process import run_node
from handseg_ros.nodes.settings import Settings
from handseg_ros.segmentation.errors import ModelError, user_message
from handseg_ros.segmentation.segmenter import Segmenter

_SUPERVISION_PERIOD = 0.1  # seconds until a new listener or publisher is noticed, at most
_LOG_PERIOD = 5.0


class HandSegmentationNode(ManagedNode):
    """Segments hands in streams of images; a managed node that can start itself.

    All cameras share one network and one worker, which takes their newest images in turn.
    """

    def __init__(
        self, name: str = "hand_segmentation", settings_type: type[Settings] = Settings
    ) -> None:
        super().__init__(name, start_parameter_services=False)
        self._parameter_services = KnownTypesParameterService(self)
        self._segmenter: Segmenter | None = None
        self._prepared: Segmenter | None = None
        self._configuration_error: ModelError | None = None
        self._worker: Worker | None = None
        self._settings_type, self._specs = settings_type, specs_of(settings_type)
        parameters.declare(self, self._specs)
        self._settings = self._read_settings()
        self._streams = [
            CameraStream(self, CameraTopics(camera), self._make_input)
            for camera in self._settings.camera_names
        ]
        self.add_on_set_parameters_callback(self._check_change)
        self.add_post_set_parameters_callback(self._apply_change)
        self._diagnostics = DiagnosticsPublisher(self, self._health)
        # A steady clock: supervision must go on when simulated time stands still.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(_SUPERVISION_PERIOD, self._on_timer, clock=steady)

    def _make_input(
        self, node: LifecycleNode, topics: CameraTopics, callbacks: FrameCallbacks
    ) -> FrameInput:
        """Return where a camera's frames come from; a node that has them otherwise says so."""
        return ImageInput(node, topics, callbacks)

    # -- life cycle ---------------------------------------------------------------------------

    @classmethod
    def started(cls) -> HandSegmentationNode:
        """Return a node that was made and started; raises what either of these raises."""
        node = cls()
        node.start()
        return node

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
            self._check(segmenter, self._settings)
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
        self._worker = Worker(self._report_failure)
        for stream in self._streams:
            stream.activate(self._worker)
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop answering; what is being answered is finished first."""
        self._stop_work()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let the network go."""
        self._forget_network()
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop from any state."""
        self._stop_work()
        self._forget_network()
        return super().on_shutdown(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Leave nothing half started behind a transition that broke."""
        self._stop_work()
        self._forget_network()
        return super().on_error(state)

    def destroy_node(self) -> None:
        """Stop the worker before its publishers go."""
        self._stop_work()
        super().destroy_node()

    def _stop_work(self) -> None:
        for stream in self._streams:
            stream.stop_listening()
        if self._worker is not None:
            self._worker.stop()
            self._worker = None
        for stream in self._streams:
            stream.deactivate()

    def _report_failure(self, error: Exception) -> None:
        self.get_logger().error(
            f"a job of the worker broke: {user_message(error)}", throttle_duration_sec=_LOG_PERIOD
        )

    # -- parameters ---------------------------------------------------------------------------

    def _read_settings(self) -> Settings:
        return self._settings_type(**parameters.values(self, self._specs))

    def _check_change(self, changes: list[Parameter]) -> SetParametersResult:
        """Try a changed network out before it is taken; the rest is checked by its range."""
        self._prepared = None
        changed = {change.name: change.value for change in changes}
        if self._segmenter is None or is_refused(self._specs, changed):
            return SetParametersResult(successful=True)
        # ROS's own, such as use_sim_time, and undeclared ones are changed through here as well.
        current = parameters.values(self, self._specs)
        wanted = self._settings_type(
            **{name: changed.get(name, value) for name, value in current.items()}
        )
        try:
            segmenter = self._segmenter
            if wanted.model_options != self._settings.model_options:
                segmenter = Segmenter.load(wanted.model_options)
            self._check(segmenter, wanted)
        except Exception as error:  # an answer all the same, and the old network goes on
            return SetParametersResult(successful=False, reason=user_message(error))
        self._prepared = None if segmenter is self._segmenter else segmenter
        return SetParametersResult(successful=True)

    def _check(self, segmenter: Segmenter, settings: Settings) -> None:
        """Raise HandsegError for parameters that do not go together, or not with the network."""
        check_smoothing(segmenter, settings)

    def _apply_change(self, changes: list[Parameter]) -> None:
        self._settings = self._read_settings()
        if self._prepared is not None:
            self._use(self._prepared)
            self._prepared = None
        else:
            for stream in self._streams:
                stream.apply(self._settings)
        self._supervise()

    # -- the network --------------------------------------------------------------------------

    def _use(self, segmenter: Segmenter) -> None:
        description = segmenter.description
        licences = (("licence", description.licence), ("training data", description.data_licence))
        text = ", ".join(f"{key} {value}" for key, value in (*describe(segmenter), *licences))
        self.get_logger().info(f"loaded {segmenter.session.path}: {text}")
        if warning := segmenter.session.loaded.warning:
            self.get_logger().warning(warning)
        self._segmenter = segmenter
        for stream in self._streams:
            stream.use(segmenter, self._settings)

    def _forget_network(self) -> None:
        self._segmenter = None
        for stream in self._streams:
            stream.forget_network()

    # -- supervision and diagnostics ----------------------------------------------------------

    def _on_timer(self) -> None:
        self._supervise()
        self._diagnostics.look()

    def _supervise(self) -> None:
        for stream in self._streams:
            stream.supervise()

    def _health(self) -> dict[str, NodeHealth]:
        return {stream.camera: stream.health(self._settings) for stream in self._streams}


def main() -> int:
    """Run the node until SIGINT or SIGTERM; returns the process's exit code."""
    return run_node(HandSegmentationNode.started)


if __name__ == "__main__":
    sys.exit(main())
