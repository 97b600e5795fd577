"""The picture with hands that comes with the package."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.model_store import models_folder


def sample_picture() -> Path:
    """Return the file of a picture of two hands, which lies beside the package's models.

    Raises ModelError without the models, MediaError without the picture.
    """
    file = models_folder().parent / "assets" / "rendered_hands.png"
    if not file.is_file():
        raise MediaError(
            f"the package's picture {file} does not exist: give a picture of your own with --image"
        )
    return file
