"""Errors meant for the user: each names the thing, the cause and a hint in one sentence."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re

# ONNX Runtime's error codes, what it loads, and places in its C++ sources with the function there.
_CPLUSPLUS = re.compile(
    r"\[ONNXRuntimeError\] : \d+ : \w+ : |Load model from .*? failed:"
    r"|\S+\.(?:cc|h):\d+ (?:[^()]*\([^()]*(?:\([^()]*\)[^()]*)*\) |\w+ )"
)


class HandsegError(Exception):
    """Base of every error whose message is written for the person who runs the program."""


class ModelError(HandsegError):
    """A model file, its description or its execution provider cannot be used."""


class ImageError(HandsegError):
    """An image cannot be used: unknown encoding, wrong size for its encoding, no pixels, ..."""


class BackgroundError(HandsegError):
    """A model that needs a background has none, or one that is not of the frame's camera."""


class CalibrationError(HandsegError):
    """A calibration cannot be used: none, an unknown distortion model, another image size, ..."""


class DepthError(HandsegError):
    """A depth image cannot be used: unknown kind of numbers, not aligned to the image, ..."""


class MediaError(HandsegError):
    """A file, folder, video or camera cannot be read or written."""


class ClusterError(HandsegError):
    """A Ray cluster cannot be reached, has too little, or lost the same work again and again."""


def quoted(text: str, longest: int = 60) -> str:
    """Return a text from elsewhere as it may stand in a sentence: on one line, and not too long."""
    return repr(text if len(text) <= longest else f"{text[:longest]}...")


def user_message(error: Exception) -> str:
    """Return what to tell a person of any exception; the name of its class unless it is ours."""
    return str(error) if isinstance(error, HandsegError) else f"{type(error).__name__}: {error}"


def root_cause(error: Exception) -> str:
    """Return what a library's exception says, on one line and without the C++ around it."""
    line = next(iter(str(error).strip().splitlines()), "")
    return _CPLUSPLUS.sub("", line).strip() or type(error).__name__
