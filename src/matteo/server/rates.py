"""How much each caller may ask for: megapixels a minute, in windows of a minute that begin with the first request."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass

from matteo.server.refusal import too_fast

WINDOW_S = 60.0
MOST_CALLERS = 10_000


@dataclass
class _Window:
    ends: float
    used: int = 0


@dataclass(frozen=True)
class Standing:
    """What is left to a caller: of `limit` megapixels, until `reset` (seconds since 1970)."""

    limit: int
    remaining: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        told = {"Limit": self.limit, "Remaining": self.remaining, "Reset": self.reset}
        return {f"X-RateLimit-{name}": str(value) for name, value in told.items()}


class Rates:
    """What every caller used. Each process counts for itself: share the rate out among several."""

    def __init__(self, share: int = 1) -> None:
        self._share = share
        self._windows: dict[str, _Window] = {}
        self._lock = threading.Lock()

    def standing(self, who: str, rate: int) -> Standing:
        with self._lock:
            return self._standing(who, self._limit(rate))

    def check(self, who: str, rate: int) -> None:
        """Refusal 429 where nothing at all is left."""
        with self._lock:
            window = self._windows.get(who)
            if window and window.ends > time.monotonic() and window.used >= self._limit(rate):
                raise too_fast(window.ends - time.monotonic())

    def charge(self, who: str, rate: int, megapixels: float) -> Standing:
        """Takes ceil(megapixels), at least 1, off what is left. Refusal 429 where that is less; then nothing is taken,
        but of a full window anything may be taken, else a large picture could never come."""
        cost = max(1, math.ceil(megapixels))
        with self._lock:
            limit = self._limit(rate)
            window = self._window(who)
            if window.used and window.used + cost > limit:
                raise too_fast(window.ends - time.monotonic())
            window.used += cost
            return self._standing(who, limit)

    def _limit(self, rate: int) -> int:
        return max(1, rate // self._share)

    def _window(self, who: str) -> _Window:
        now = time.monotonic()
        window = self._windows.get(who)
        if window is None or window.ends <= now:
            if len(self._windows) >= MOST_CALLERS:
                self._windows = {one: kept for one, kept in self._windows.items() if kept.ends > now}
            while len(self._windows) >= MOST_CALLERS:
                self._windows.pop(next(iter(self._windows)))
            window = self._windows[who] = _Window(now + WINDOW_S)
        return window

    def _standing(self, who: str, limit: int) -> Standing:
        now, window = time.monotonic(), self._windows.get(who)
        if window is None or window.ends <= now:
            return Standing(limit, limit, math.ceil(time.time() + WINDOW_S))
        return Standing(limit, max(0, limit - window.used), math.ceil(time.time() + window.ends - now))
