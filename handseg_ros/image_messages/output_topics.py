"""The pictures that hand segmentation nodes publish, by which none is taken for a camera's."""

from __future__ import annotations

# The last part of their topics' names, without the transport.
OUTPUT_IMAGE_NAMES = frozenset(
    [
        "depth_without_hands",
        "instances",
        "instances_color",
        "keep_out",
        "mask",
        "objects",
        "overlay",
    ]
)
