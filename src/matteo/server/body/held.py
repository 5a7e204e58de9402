"""How much of all requests' bodies is in memory at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from matteo.server.refusal import busy


class Memory:
    """How much of all bodies is held. Touched by the event loop's thread only."""

    def __init__(self, most: int) -> None:
        self.most, self.held = most, 0

    @contextlib.contextmanager
    def lease(self) -> Iterator[Lease]:
        lease = Lease(self)
        try:
            yield lease
        finally:
            self.held -= lease.held


class Lease:
    def __init__(self, memory: Memory) -> None:
        self.memory, self.held = memory, 0

    def take(self, count: int) -> None:
        """Refusal 429 where all bodies together would be too large."""
        if self.memory.held + count > self.memory.most:
            raise busy(2)
        self.memory.held += count
        self.held += count
