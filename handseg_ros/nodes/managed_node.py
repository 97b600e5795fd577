"""A managed node that answers requests for transitions which there are not."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from lifecycle_msgs.srv import ChangeState
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.lifecycle import LifecycleNode


class ManagedNode(LifecycleNode):
    """As `LifecycleNode`, but no request of `~/change_state` ends it.

    In Jazzy's rclpy (7) a transition that is unknown, or impossible in the state, raises an error
    out of the executor; Kilted's (9) answers that it had no success, as this does with both.
    """

    # The name that `__on_change_state` of rclpy's LifecycleNodeMixin has outside of its class.
    def _LifecycleNodeMixin__on_change_state(  # noqa: N802
        self, request: ChangeState.Request, response: ChangeState.Response
    ) -> ChangeState.Response:
        try:
            answer = super()._LifecycleNodeMixin__on_change_state  # type: ignore[misc]
            changed: ChangeState.Response = answer(request, response)
        except rclpy_implementation.RCLError as error:
            self.get_logger().warning(
                f"no transition {request.transition.id} '{request.transition.label}': {error}",
                throttle_duration_sec=5.0,
            )
            response.success = False
            return response
        return changed
