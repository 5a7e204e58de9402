"""Thousands of hostile requests to one server: no 5xx, no hang, no address reached, memory bounded.

    python -m benchmarks.fuzz_server --count 2000 --seed 2

Run from the repository's root. Damaged pictures, bombs, nonsense in every field, bodies of every kind, headers, paths,
SSRF targets in every notation, bytes that are no HTTP, clients that drip or stop. The suite runs 330 of seed 1.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tests.server.fuzz import Case, answer_to, cases
from tests.server.running import started
from tests.server.sources import sources_served


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sources_served() as traps, started(
        data=folder, rate=10**9, request_mb=1.0, max_megapixels=1.0, body_timeout_s=3.0, url_timeout_s=1.0, queue=64,
        webhook_secret="s",
    ) as running, httpx.Client(base_url=running.url, timeout=60) as client:  # fmt: skip
        found: Counter[tuple[str, int]] = Counter()
        slowest, failures, lock = 0.0, [], threading.Lock()

        def ask(case: Case) -> None:
            nonlocal slowest
            begun = time.monotonic()
            try:
                status, body = answer_to(case, client, running.port)
                fault = status >= 500 or (case.raw is None and status >= 400 and "errors" not in json.loads(body))
            except (httpx.TransportError, OSError) as error:
                status, fault = -1, True
                body = repr(error).encode()
            with lock:
                slowest = max(slowest, time.monotonic() - begun)
                found[case.name.split()[0], status] += 1
                if fault:
                    failures.append((case.name, status, case.path, body[:200]))

        with ThreadPoolExecutor(options.clients) as pool:
            list(pool.map(ask, cases(options.count, options.seed, traps.port)))
        deadline = time.monotonic() + 60
        while (running.service.engine.held or running.service.memory.held) and time.monotonic() < deadline:
            time.sleep(0.1)
        held = running.service.engine.held, running.service.memory.held
        left = [path.name for path in Path(folder).rglob("*.part")]
    for (kind, status), count in sorted(found.items()):
        print(f"{kind:10} {status:4} {count:6}")
    print(f"{options.count} requests, {len(failures)} failures, slowest {slowest:.1f} s, reached {len(traps.asked)},")
    print(f"held at the end {held}, unfinished files {left}")
    for failure in failures[:20]:
        print(failure)
    raise SystemExit(bool(failures or traps.asked or traps.posted or left or any(held)))


if __name__ == "__main__":
    main()
