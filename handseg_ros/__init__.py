"""Find human hands in camera images: ROS 2 node, command line and the tools around them.

`__all__` is what programs may import and rely on, and `__all__` of `handseg_ros.depth`;
CONTRIBUTING.md tells how long. All else of the package may change from one release to the next.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handseg_ros.segmentation.description import ModelDescription, Thresholds
    from handseg_ros.segmentation.errors import (
        BackgroundError,
        CalibrationError,
        DepthError,
        HandsegError,
        ImageError,
        ModelError,
    )
    from handseg_ros.segmentation.hands import (
        Box,
        Hand,
        ObjectRegion,
        Segmentation,
        Side,
        Timings,
    )
    from handseg_ros.segmentation.model_options import ModelOptions
    from handseg_ros.segmentation.overlay import OverlayMode, Palette, draw_overlay
    from handseg_ros.segmentation.segmenter import Segmenter
    from handseg_ros.segmentation.serialization import from_json, to_json
    from handseg_ros.tracking.tracker import Tracker

__version__ = "0.1.0"

# Imported at the first use of one of their names: NumPy, OpenCV and ONNX Runtime take a second,
# which neither `import handseg_ros.msg` nor `handseg --help` should wait for.
_MODULES = {
    "handseg_ros.segmentation.description": ("ModelDescription", "Thresholds"),
    "handseg_ros.segmentation.errors": (
        "BackgroundError",
        "CalibrationError",
        "DepthError",
        "HandsegError",
        "ImageError",
        "ModelError",
    ),
    "handseg_ros.segmentation.hands": (
        "Box",
        "Hand",
        "ObjectRegion",
        "Segmentation",
        "Side",
        "Timings",
    ),
    "handseg_ros.segmentation.model_options": ("ModelOptions",),
    "handseg_ros.segmentation.overlay": ("OverlayMode", "Palette", "draw_overlay"),
    "handseg_ros.segmentation.segmenter": ("Segmenter",),
    "handseg_ros.segmentation.serialization": ("from_json", "to_json"),
    "handseg_ros.tracking.tracker": ("Tracker",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "BackgroundError",
    "Box",
    "CalibrationError",
    "DepthError",
    "Hand",
    "HandsegError",
    "ImageError",
    "ModelDescription",
    "ModelError",
    "ModelOptions",
    "ObjectRegion",
    "OverlayMode",
    "Palette",
    "Segmentation",
    "Segmenter",
    "Side",
    "Thresholds",
    "Timings",
    "Tracker",
    "__version__",
    "draw_overlay",
    "from_json",
    "to_json",
]


if not TYPE_CHECKING:  # a checker would take any name for one that is there

    def __getattr__(name: str) -> object:
        """Import a public name at its first use (PEP 562); raises AttributeError for any other."""
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_MODULE_OF[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """Return the public names, loaded or not, and what the module has besides."""
    return sorted({*globals(), *__all__})
