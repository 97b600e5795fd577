"""Errors meant for the user: each names the thing, the cause and the way out in one sentence."""


class HandsegError(Exception):
    """Base of every error whose message is written for the person who runs the program."""


class ModelError(HandsegError):
    """A model file, its description or its execution provider cannot be used."""


class ImageError(HandsegError):
    """An image cannot be used: unknown encoding, wrong size for its encoding, no pixels, ..."""


class BackgroundError(HandsegError):
    """A model that needs a background has none, or one that is not of the frame's camera."""


class MediaError(HandsegError):
    """A file, folder, video or camera cannot be read or written."""
