"""Guards that files which end in their headers are no files of several pictures, and no errors."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from handseg_ros.image_messages.picture_pages import has_more_pages


@pytest.mark.parametrize("kind", ["tiff", "png", "webp"])
def test_a_file_that_ends_anywhere_is_answered(kind: str) -> None:
    pages = [Image.fromarray(np.full((4, 6, 3), 60 * page, np.uint8)) for page in range(3)]
    whole = io.BytesIO()
    pages[0].save(whole, kind, save_all=True, append_images=pages[1:])
    data = whole.getvalue()
    assert has_more_pages(data)
    answers = [has_more_pages(data[:length]) for length in range(len(data))]
    assert not any(answers[:20])
