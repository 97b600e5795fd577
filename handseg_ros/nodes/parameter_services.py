"""rclpy's parameter services, without the one request that would end the node."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from rcl_interfaces.msg import Parameter, ParameterType, SetParametersResult
from rcl_interfaces.srv import SetParameters, SetParametersAtomically
from rclpy.parameter_service import ParameterService

_KNOWN_TYPES = range(ParameterType.PARAMETER_NOT_SET, ParameterType.PARAMETER_STRING_ARRAY + 1)


class KnownTypesParameterService(ParameterService):
    """Refuses values of a type that ROS does not know; rclpy's own raises ValueError for them.

    A callback that raises ends the process, so anybody's damaged request would. To be made by a
    node that was itself made with `start_parameter_services=False`.
    """

    def _set_parameters_callback(
        self, request: SetParameters.Request, response: SetParameters.Response
    ) -> SetParameters.Response:
        for parameter in request.parameters:
            refusals = _refusals([parameter])
            if not refusals:
                alone = SetParameters.Request(parameters=[parameter])
                super()._set_parameters_callback(alone, response)
            response.results.extend(refusals)
        return response

    def _set_parameters_atomically_callback(
        self, request: SetParametersAtomically.Request, response: SetParametersAtomically.Response
    ) -> SetParametersAtomically.Response:
        if refusals := _refusals(request.parameters):
            response.result = refusals[0]
            return response
        return super()._set_parameters_atomically_callback(request, response)


def _refusals(parameters: list[Parameter]) -> list[SetParametersResult]:
    return [
        SetParametersResult(
            successful=False,
            reason=f"parameter {parameter.name} has a value of type {parameter.value.type}, which "
            f"ROS does not know: use one of rcl_interfaces/ParameterType, 0 to {_KNOWN_TYPES[-1]}",
        )
        for parameter in parameters
        if parameter.value.type not in _KNOWN_TYPES
    ]
