"""What the server costs beside the bare library, what it holds under load, and what it answers when it is too much.

    python benchmarks/server.py --requests 500 --clients 16 --megapixels 1.5 [--overload 64] [--rembg ENV]
                                [--edges fast]

The server is `matteo serve` in a process of its own; the bare library is one process's `Remover` over the same
pictures, with as many workers and threads as the server takes; both give PNG of full size. Each answer is held against
the library's own pixels. Memory is what the server holds when each answer comes: the median of the 20 around a tenth
of the requests, and of the last 20, as pictures in work make it rise and fall. `--rembg ENV` runs `rembg s` of a
virtual environment with `pip install "rembg[cpu,cli]==2.0.86"` under the same load, with the same network (by
u2net_custom). Ratios count: the machine is shared, and where it is busy the ratio of processor time
says more than that of the clock. Clients wait for an answer before they ask again; a 429 is waited for as it says.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from pictures import NAMES, write_jpeg
from PIL import Image as PilImage

WEIGHTS = Path(__file__).parent.parent / "src/matteo/models/weights/matteo.onnx"
EARLY, AROUND = 10, 20  # memory is looked at first when one of EARLY is answered, in the median of so many
BARE = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
import matteo
edges, count, workers, threads, *paths = sys.argv[1:]
count, workers = int(count), int(workers)
pictures = [open(path, "rb").read() for path in paths]
remover = matteo.Remover(threads=int(threads))
def one(n):
    remover.remove(pictures[n % len(pictures)], edges=edges, keep_source=False).encode("png")
with ThreadPoolExecutor(workers) as pool:
    list(pool.map(one, range(2 * workers)))
    start, spent = time.perf_counter(), time.process_time()
    list(pool.map(one, range(count)))
    print(count / (time.perf_counter() - start), (time.process_time() - spent) / count)
"""


@dataclass
class Load:
    """What came of a run: statuses, seconds of each answer with 200, bytes of memory as it came.

    answers: of each picture, the different files that came, by their hash.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    answers: dict[int, dict[str, bytes]] = field(default_factory=dict)
    memory: list[int] = field(default_factory=list)
    total_s: float = 0.0
    cpu_s: float = 0.0  # of processor for each 200

    def wrong(self, pictures: list[bytes], edges: str) -> int:
        """Of the different files, those whose pixels are not the library's."""
        import matteo

        remover = matteo.Remover(threads=parallel()[1])
        return sum(
            not np.array_equal(pixels(data), pixels(remover.remove(pictures[n], edges=edges).encode("png")))
            for n, found in self.answers.items() for data in found.values()
        )  # fmt: skip

    @property
    def rate(self) -> float:
        return self.statuses[200] / self.total_s

    def held(self) -> tuple[float, float]:
        """Bytes of memory around a tenth of the answers, and at the end."""
        at = len(self.memory) // EARLY
        early = self.memory[max(0, at - AROUND // 2) : at + AROUND // 2] or [0]
        return statistics.median(early), statistics.median(self.memory[-AROUND:] or [0])

    def quantile(self, share: float) -> float:
        ordered = sorted(self.seconds) or [float("nan")]
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--megapixels", type=float, default=1.5)
    parser.add_argument("--overload", type=int, default=64, help="clients that do not wait; 0: leave it out")
    parser.add_argument("--rounds", type=int, default=1, help="of bare library and server, in turn")
    parser.add_argument("--rembg", type=Path, help="a virtual environment with rembg")
    parser.add_argument("--edges", default="fine", help="of the library and the server; rembg's alpha is enlarged only")
    options = parser.parse_args()
    folder = Path(tempfile.gettempdir())
    paths = [write_jpeg(folder / f"matteo-server-{name}-{options.megapixels:g}.jpg", name, options.megapixels)
             for name in NAMES]  # fmt: skip
    pictures = [path.read_bytes() for path in paths]
    with served() as (url, process):
        workers, threads = parallel()
        bare, ours = [], []
        for _ in range(options.rounds):
            bare.append(bare_rate(paths, options.edges, options.requests, workers, threads))
            ours.append(
                loaded(
                    url + "/api/cutouts", "file", pictures, options.requests, options.clients, process.pid,
                    {"edges": options.edges},
                )
            )  # fmt: skip
        told = statistics.median(one.rate / rate for one, (rate, _) in zip(ours, bare, strict=True))
        work = statistics.median(spent / one.cpu_s for one, (_, spent) in zip(ours, bare, strict=True))
        print(f"bare library   {statistics.median(rate for rate, _ in bare):6.2f} pictures/s, {bare[-1][1]:.3f} s of "
              f"processor each ({workers} at once, {threads} threads each)")  # fmt: skip
        report("matteo serve", ours[-1])
        print(f"               {sum(map(len, ours[-1].answers.values()))} different files of {len(pictures)} pictures, "
              f"{ours[-1].wrong(pictures, options.edges)} with other pixels than the library's")  # fmt: skip
        print(f"               {told:.0%} of the bare library by the clock, {work:.0%} by processor time")
        if options.overload:
            flood = loaded(
                url + "/v1.0/removebg", "image_file", pictures, options.requests, options.overload, process.pid,
                patient=False,
            )  # fmt: skip
            report(f"{options.overload} clients", flood)
    if options.rembg:
        with tempfile.TemporaryDirectory() as models, rembg_served(options.rembg, models) as (url, process):
            network = shutil.copy(WEIGHTS, models)  # it takes networks from its own folder only
            asked = {"model": "u2net_custom", "extras": json.dumps({"model_path": network})}
            address = str(httpx.URL(url + "/api/remove", params=asked))
            theirs = loaded(address, "file", pictures, options.requests, options.clients, process.pid, asked)
            report("rembg s", theirs)
            print(f"               matteo serve has {ours[-1].rate / theirs.rate:.2f} times its throughput")


def report(name: str, load: Load) -> None:
    early, late = load.held()
    print(
        f"{name:14} {load.rate:6.2f} pictures/s, {load.cpu_s:.3f} s of processor each, p50 {load.quantile(0.5):.2f} s,"
    )
    held = f"{early / 2**20:.0f} -> {late / 2**20:.0f} MiB ({late / early - 1:+.1%})"
    print(f"               p99 {load.quantile(0.99):.2f} s, memory {held}, "
          f"answers {dict(load.statuses)}")  # fmt: skip


def parallel() -> tuple[int, int]:
    """As the server chooses by itself."""
    from matteo.models.session import default_threads
    from matteo.server.engine import MOST_PARALLEL

    processors = default_threads()
    workers = max(1, min(processors, MOST_PARALLEL))
    return workers, max(1, processors // workers)


def bare_rate(paths: list[Path], edges: str, count: int, workers: int, threads: int) -> tuple[float, float]:
    """Pictures a second, and processor seconds a picture."""
    command = [sys.executable, "-c", BARE, edges, str(count), str(workers), str(threads), *map(str, paths)]
    rate, spent = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(rate), float(spent)


def loaded(
    url: str, field_name: str, pictures: list[bytes], count: int, clients: int, pid: int,
    data: dict[str, str] | None = None, patient: bool = True,
) -> Load:  # fmt: skip
    """So many requests from so many clients at once."""
    load, began, spent, lock = Load(), time.perf_counter(), processor_s(pid), threading.Lock()
    fields = {"size": "auto", "format": "png"} if field_name == "image_file" else (data or {})

    def one(n: int) -> None:
        picture = n % len(pictures)
        while True:
            start = time.perf_counter()
            answer = client.post(url, files={field_name: ("a.jpg", pictures[picture])}, data=fields)
            with lock:
                load.statuses[answer.status_code] += 1
            if answer.status_code != 429 or not patient:
                break
            time.sleep(float(answer.headers["retry-after"]))
        with lock:
            if answer.status_code == 200:
                load.seconds.append(time.perf_counter() - start)
                found = load.answers.setdefault(picture, {})
                found.setdefault(hashlib.blake2b(answer.content).hexdigest(), answer.content)
                load.memory.append(resident(pid))

    # One for all, whose connections stay: a new one for each request takes 20 ms of the processor to itself.
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    with httpx.Client(timeout=300, limits=limits) as client, ThreadPoolExecutor(clients) as pool:
        list(pool.map(one, range(count)))
    load.total_s = time.perf_counter() - began
    load.cpu_s = (processor_s(pid) - spent) / max(1, load.statuses[200])
    return load


def pixels(data: bytes) -> Any:
    return np.asarray(PilImage.open(io.BytesIO(data)))


def processor_s(pid: int) -> float:
    """What a process has used of the processors (Linux), in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> int:
    """Bytes of a process and its children (Linux)."""
    pids = [pid, *(int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    return sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") for one in pids)


@contextlib.contextmanager
def served() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"MATTEO_DATA": folder, "MATTEO_LOG": "none", "MATTEO_RATE": "1000000000"}
        yield from _running([sys.executable, "-m", "matteo", "serve"], environment, "/ready")


@contextlib.contextmanager
def rembg_served(environment: Path, models: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    command = [str(environment / "bin" / "rembg"), "s", "--host", "127.0.0.1"]
    yield from _running(command, os.environ | {"U2NET_HOME": models}, "/api")


def _running(
    command: list[str], environment: dict[str, str], path: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    import socket

    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        port = line.getsockname()[1]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([*command, "--port", str(port)], env=environment, stdout=quiet, stderr=quiet)
    try:
        url = f"http://127.0.0.1:{port}"
        wait(lambda: httpx.get(url + path, timeout=5).status_code < 500, process)
        yield url, process
    finally:
        process.terminate()
        process.wait(60)


def wait(answers: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit("the server ended by itself")
        with contextlib.suppress(httpx.TransportError):
            if answers():
                return
        time.sleep(0.2)
    raise SystemExit("the server does not answer")


if __name__ == "__main__":
    main()
