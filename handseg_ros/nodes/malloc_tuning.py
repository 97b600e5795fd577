"""Memory of images is kept for the next image instead of being handed back to the kernel."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import ctypes

# mallopt(3)'s numbers for glibc's allocator.
_M_TRIM_THRESHOLD = -1
_M_TOP_PAD = -2
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_MEBIBYTE = 1 << 20
# The most that glibc takes; an image of 3840x2160 pixels in BGR is 24 MiB.
_LARGEST_FROM_HEAP = 32 * _MEBIBYTE
_KEPT = 256 * _MEBIBYTE
_GROWTH = 64 * _MEBIBYTE
# Places that threads take memory from, each of which keeps what was freed there.
_ARENAS = 2


def tune_malloc() -> bool:
    """Have the C library keep freed memory up to 256 MiB; returns whether it does.

    Without it, glibc asks the kernel for the pages of every large image anew, and each page costs a
    fault: a message of 1920x1080 pixels takes 20 times as long to receive. What is kept is kept for
    all threads: glibc would give new ones arenas of their own, up to eight a core, and a node that
    is activated again and again would keep images in each. Other C libraries are left as they are.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    wanted = {
        _M_MMAP_THRESHOLD: _LARGEST_FROM_HEAP,
        _M_TRIM_THRESHOLD: _KEPT,
        _M_TOP_PAD: _GROWTH,
        _M_ARENA_MAX: _ARENAS,
    }
    taken = [mallopt(option, value) for option, value in wanted.items()]
    return all(taken)
