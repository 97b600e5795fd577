"""Publishers whose quality of service users may override, and what is said of a bad override."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rcl_interfaces.msg import SetParametersResult
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile
from rclpy.qos_overriding_options import InvalidQosOverridesError, QoSOverridingOptions

from handseg_ros.nodes.parameters import ParameterError

_MAX_DEPTH = 2**31 - 1


def create_overridable_publisher(
    node: Node, create: Callable[..., Any], message_type: type, topic: str, profile: QoSProfile
) -> Any:
    """Return what `create`, a node's create_publisher or its like, makes with overridable QoS.

    The overrides are the parameters `qos_overrides.<fully qualified topic>.publisher.<policy>`.
    Raises ParameterError for one that cannot be: rclpy's own errors for it are of several kinds.
    """
    options = QoSOverridingOptions.with_default_policies(callback=_check)
    try:
        return create(message_type, topic, profile, qos_overriding_options=options)
    except (ParameterException, InvalidQosOverridesError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "QoS override" not in str(error):
            raise
        full_name = node.resolve_topic_name(topic)
        cause = " ".join(str(error).split())
        raise ParameterError(
            f"the QoS override of {full_name} cannot be used ({cause}): "
            f"qos_overrides.{full_name}.publisher takes depth (a whole number from 1), history "
            "(keep_last or keep_all) and reliability (reliable or best_effort)"
        ) from error


def _check(profile: QoSProfile) -> SetParametersResult:
    """Refuse what rclpy takes and the middleware does not."""
    is_kept_last = profile.history == HistoryPolicy.KEEP_LAST
    if is_kept_last and not 1 <= profile.depth <= _MAX_DEPTH:
        return SetParametersResult(successful=False, reason=f"depth cannot be {profile.depth}")
    return SetParametersResult(successful=True)
