"""All of the node's depth: what images wait for, what it shows, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.node import Node

from handseg_ros.nodes.depth.input import DepthChoice, DepthInput
from handseg_ros.nodes.depth.lack import Lack, unusable
from handseg_ros.nodes.depth.matching import Decided
from handseg_ros.nodes.depth.statistics import DepthHealth, DepthStatistics
from handseg_ros.nodes.depth.views import DepthViews, Seen
from handseg_ros.nodes.input.arrival import Arrival
from handseg_ros.nodes.input.unpublished import Awaited
from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.segmentation.geometry import Size

_LOG_PERIOD = 5.0


class DepthSight:
    """Hands images on with their depth, or without: hands are never withheld for want of it."""

    def __init__(self, node: Node, go_on: Callable[[Arrival], None]) -> None:
        self._logger = node.get_logger()
        self._go_on = go_on
        self._input = DepthInput(node, self._on_decided)
        self._views = DepthViews()
        self._statistics = DepthStatistics()

    # -- the executor's thread ----------------------------------------------------------------

    def start_over(self) -> None:
        """Count from 0 again."""
        self._statistics = DepthStatistics()

    def open(self, choice: DepthChoice | None) -> None:
        """Listen as chosen, or not at all; call it again and again."""
        if choice is None:
            self._input.close()
        else:
            self._input.open(choice)

    def close(self) -> None:
        """Listen no more."""
        self._input.close()

    @property
    def awaited(self) -> list[Awaited]:
        """What is listened to while depth is open."""
        return self._input.awaited

    @property
    def unpublished(self) -> list[Awaited]:
        """What is listened to in vain."""
        return self._input.unpublished

    def take(self, arrival: Arrival) -> None:
        """Take an image: it goes on when its depth is there, or at once where depth is off."""
        self._input.take(arrival)

    def health(self) -> DepthHealth:
        """Return what diagnostics tell."""
        return DepthHealth(self._input.topics, self._statistics.snapshot(), self._input.delay)

    def _on_decided(self, decided: Decided) -> None:
        if decided.lack is not None:
            self._note(decided.lack)
        elif decided.arrival.depth is not None:
            self._statistics.count_matched()
        self._go_on(decided.arrival)

    # -- the worker's thread ------------------------------------------------------------------

    def seen(self, arrival: Arrival, size: Size) -> Seen | None:
        """Return what depth shows of an image of (height, width), None if nothing can be used."""
        if arrival.depth is None:
            return None
        try:
            return self._views.of(arrival.depth, arrival.message.header, size)
        except HandsegError as error:
            self._note(unusable(error))
            return None

    # -- either -------------------------------------------------------------------------------

    def _note(self, lack: Lack) -> None:
        self._statistics.count_lack(lack)
        self._logger.warning(
            f"an image was answered without depth: {lack.text}",
            throttle_duration_sec=_LOG_PERIOD,
        )
