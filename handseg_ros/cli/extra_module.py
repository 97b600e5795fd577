"""Parts of the package that need an extra, imported when a command wants them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.segmentation.extras import install_command


def import_with_extra(module: str, extra: str, what: str) -> ModuleType:
    """Return a module; raises HandsegError, with the command that installs what it lacks."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise HandsegError(
            f"{what} needs the package '{error.name}', which is not installed: install it with "
            f"{install_command(extra)}"
        ) from error
