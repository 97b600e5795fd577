"""What is chosen when the service starts."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 5000  # Flask's, where services of this kind have been
DEFAULT_QUEUE_LENGTH = 32
DEFAULT_UPLOAD_MEGABYTES = 20
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class ServiceOptions:
    """Where the service listens, and how much it takes.

    `token` is '' where anybody may ask. Of images that wait or are answered at a time there are
    `queue_length` at most; a request has `upload_megabytes` at most, of 1,000,000 bytes each.
    """

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    token: str = ""
    queue_length: int = DEFAULT_QUEUE_LENGTH
    upload_megabytes: int = DEFAULT_UPLOAD_MEGABYTES

    @property
    def max_upload_bytes(self) -> int:
        """The bytes that a request's body may have."""
        return self.upload_megabytes * _MEGABYTE

    @property
    def is_local(self) -> bool:
        """Whether only programs on this machine reach the service."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:  # a name, of whatever it may be
            return False
