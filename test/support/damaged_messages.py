"""The bytes of messages as no publisher should send them, drawn by hypothesis."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from hypothesis import strategies as st


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Draw the bytes of a message with some changed, and cut or longer."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(data) - 1))
        changed = draw(st.binary(min_size=1, max_size=8))
        data[place : place + len(changed)] = changed
    return bytes(data[: draw(st.integers(0, len(data)))] + draw(st.binary(max_size=4)))
