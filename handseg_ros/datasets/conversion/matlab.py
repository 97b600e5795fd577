"""Matlab's files (.mat), whose structs become objects with the struct's fields."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from handseg_ros.segmentation.errors import MediaError


def read_matlab(file: Path) -> dict[str, Any]:
    """Return the variables of a file by their names; raises MediaError.

    Arrays of one element are that element, and empty ones stay arrays.
    """
    from scipy.io import loadmat  # SciPy takes long to load, and few commands need it

    try:
        content: dict[str, Any] = loadmat(str(file), squeeze_me=True, struct_as_record=False)
    except Exception as error:  # of a damaged file it raises whatever comes on its way
        raise MediaError(
            f"'{file}' cannot be read as a file of Matlab's ({type(error).__name__}): download it "
            "again"
        ) from error
    return content


def structs(value: Any) -> list[Any]:
    """Return the structs of an array of structs, however many they are."""
    return [item for item in np.atleast_1d(value).ravel() if hasattr(item, "_fieldnames")]


def fields_of(struct: Any, names: Collection[str]) -> dict[str, str]:
    """Return those fields of a struct that have a text, by their names."""
    texts = {name: getattr(struct, name, None) for name in names}
    return {name: str(text) for name, text in texts.items() if isinstance(text, str) and text}
