"""Says which middleware is missing, before ROS ends the process with a line of its own.

rcl compares RMW_IMPLEMENTATION with the middleware that it was built with while Python imports it,
and ends the process with code 102; no exception passes through Python.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import sys
from pathlib import Path

_VARIABLE = "RMW_IMPLEMENTATION"
# Where each middleware registers itself below a prefix, and a package that is none does too.
_INDEX = Path("share", "ament_index", "resource_index", "rmw_typesupport")
_NONE_ITSELF = "rmw_implementation"


def installed_middleware() -> list[str]:
    """The names that RMW_IMPLEMENTATION may have here, sorted.

    Without a ROS installation there is no AMENT_PREFIX_PATH: the packages lie beside Python's own.
    """
    prefixes = [*os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep), sys.prefix]
    entries = (path for prefix in prefixes if prefix for path in Path(prefix, _INDEX).glob("*"))
    return sorted({path.name for path in entries} - {_NONE_ITSELF})


def check_middleware(program: str) -> None:
    """End the process with code 1 where RMW_IMPLEMENTATION names what is not installed."""
    wanted = os.environ.get(_VARIABLE, "")
    installed = installed_middleware()
    # An installation without an index is left to tell for itself.
    if wanted and installed and wanted not in installed:
        sys.exit(
            f"{program}: {_VARIABLE} is '{wanted}', which is not installed here: "
            f"unset it or set it to {' or '.join(installed)} (docs/reference/middleware.md)"
        )
