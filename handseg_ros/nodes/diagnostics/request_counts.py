"""What the node counts of requests for one image."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RequestCounts:
    """Requests since activation: those answered with hands or none, those refused with a cause."""

    answered: int = 0
    refused: int = 0
