"""What glibc does with memory that is freed, in programs of ours that work on one picture after the other.

As it is set at first, the arrays of a picture go back to the system as soon as they are freed, and the next picture's
are given page by page: a tenth of a picture's time. Kept, they are used again; from time to time they are given back,
else what a large picture took would stay. A library does not decide this for others' programs: the server and runs over
several pictures keep what is freed, and nothing else does. What is free is given back by a film after every segment,
too. With another C library nothing happens.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of mallopt(3)
KEPT = 1 << 28  # bytes: larger arrays still come from the system and go back to it
UNUSED = 1 << 29  # bytes at the end of a heap that are not given back at once


def keep_freed() -> None:
    """From now on freed memory stays with this process."""
    _call("mallopt", M_MMAP_THRESHOLD, KEPT)
    _call("mallopt", M_TRIM_THRESHOLD, UNUSED)


def give_back() -> None:
    """What is free in each thread's heap goes back to the system."""
    _call("malloc_trim", 0)


def _call(name: str, *values: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library has none of this
            getattr(ctypes.CDLL(None), name)(*values)
