"""Counts and times since the process began, as Prometheus reads them (text format 0.0.4)."""

from __future__ import annotations

import sys
import threading
from collections import defaultdict
from collections.abc import Mapping

BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OTHER = "other"


class Metrics:
    """Requests by path and status, their times, megapixels and bytes. Paths are those of routes, so they are few."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[tuple[str, str, int], int] = defaultdict(int)
        self._seconds: dict[str, list[float]] = defaultdict(lambda: [0.0] * (len(BUCKETS_S) + 2))
        self._totals: dict[str, float] = defaultdict(float)

    def request(self, method: str, path: str, status: int, seconds: float) -> None:
        with self._lock:
            self._requests[method, path, status] += 1
            times = self._seconds[path]
            for n, bound in enumerate(BUCKETS_S):
                times[n] += seconds <= bound
            times[-2] += 1
            times[-1] += seconds

    def add(self, name: str, amount: float = 1) -> None:
        """To a total, such as pictures or megapixels."""
        with self._lock:
            self._totals[name] += amount

    def text(self, gauges: Mapping[str, float]) -> str:
        """Everything, with what is to be told of this moment."""
        with self._lock:
            lines = [
                "# HELP matteo_requests_total Requests answered.",
                "# TYPE matteo_requests_total counter",
                *(f'matteo_requests_total{{method="{method}",path="{path}",status="{status}"}} {count}'
                  for (method, path, status), count in sorted(self._requests.items())),
                "# HELP matteo_request_seconds From the request's head to the answer's end.",
                "# TYPE matteo_request_seconds histogram",
            ]  # fmt: skip
            for path, times in sorted(self._seconds.items()):
                lines += _histogram(path, times)
            for name, total in sorted(self._totals.items()):
                lines += [f"# TYPE matteo_{name}_total counter", f"matteo_{name}_total {total:g}"]
        for name, value in {**gauges, "peak_memory_bytes": peak_memory()}.items():
            lines += [f"# TYPE matteo_{name} gauge", f"matteo_{name} {value:.10g}"]
        return "\n".join(lines) + "\n"


def _histogram(path: str, times: list[float]) -> list[str]:
    name = "matteo_request_seconds"
    lines = [f'{name}_bucket{{path="{path}",le="{bound}"}} {times[n]:g}' for n, bound in enumerate(BUCKETS_S)]
    lines.append(f'{name}_bucket{{path="{path}",le="+Inf"}} {times[-2]:g}')
    return [*lines, f'{name}_count{{path="{path}"}} {times[-2]:g}', f'{name}_sum{{path="{path}"}} {times[-1]:.6f}']


def peak_memory() -> float:
    """Bytes that this process held at most; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0.0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
