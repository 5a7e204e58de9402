"""The page in real Chromium: how long a picture takes on the device itself, and how far from the server's it is.

    python benchmarks/page.py [--megapixels 1.5] [--runs 3] [--chromium chromium] [--url URL]

Seconds from the worker's first look at the pixels to its PNG, after the network is loaded, medians; loading apart.
"one thread" is what a page without the isolating headers has. The difference is that of alpha, on the same pictures,
to the library with its fast edges, which are the page's, and with its fine ones, which are the server's. Needs the
dependency groups `bench` and `test`, Debian's chromium, and `python -m matteo.server.page_runtime fetch`.
"""

from __future__ import annotations

import argparse
import base64
import io
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pictures import NAMES, enlarged
from PIL import Image as PilImage
from playwright.sync_api import Page, sync_playwright

from matteo import Remover

CUT = """async ([text, threads]) => {
    const source = await createImageBitmap(new Blob([Uint8Array.fromBase64(text)]));
    const canvas = new OffscreenCanvas(source.width, source.height);
    canvas.getContext("2d").drawImage(source, 0, 0);
    const { data } = canvas.getContext("2d").getImageData(0, 0, source.width, source.height);
    const path = "js/local/worker.js" + (threads ? `?${threads}` : "");
    const worker = (window.workers ??= {})[threads] ??= new Worker(path, { type: "module" });
    const start = performance.now();
    const answer = await new Promise((resolve) => {
        worker.onmessage = ({ data }) => data.note || resolve(data);
        worker.postMessage({ id: 1, width: source.width, height: source.height, rgba: data.buffer }, [data.buffer]);
    });
    if (answer.error) throw new Error(answer.error);
    const made = new Uint8Array(await answer.blob.arrayBuffer()).toBase64();
    return [answer.verdict.seconds, (performance.now() - start) / 1000, made];
}"""


@contextmanager
def served(url: str | None) -> Iterator[str]:
    """The address of a server that runs already, or of `matteo serve` on a free port."""
    if url:
        yield url
        return
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [sys.executable, "-m", "matteo", "serve", "--port", str(port), "--log", "none"]
    process = subprocess.Popen(command)
    url = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{url}ready").close()
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def cut(page: Page, png: bytes, threads: int) -> tuple[float, float, NDArray[np.uint8]]:
    """Seconds of the work, seconds in all, and the cut-out's alpha."""
    seconds, whole, made = page.evaluate(CUT, [base64.b64encode(png).decode(), threads])
    return seconds, whole, np.asarray(PilImage.open(io.BytesIO(base64.b64decode(made))))[..., 3]


def measure(page: Page, megapixels: float, runs: int, threads: int) -> None:
    remover = Remover(threads=1)
    times, load = [], 0.0
    for name in NAMES:
        rgb = enlarged(name, megapixels)
        png = cv2.imencode(".png", np.ascontiguousarray(rgb[..., ::-1]))[1].tobytes()
        seconds, whole, alpha = cut(page, png, threads)
        load = load or whole - seconds
        times += [cut(page, png, threads)[0] for _ in range(runs)]
        print(f"  {name}: {_difference(remover, rgb, alpha, 'fast')}; {_difference(remover, rgb, alpha, 'fine')}")
    print(f"  {median(times):.2f} s a picture, slowest {max(times):.2f} s; loading, once: {load:.2f} s")


def _difference(remover: Remover, rgb: NDArray[np.uint8], alpha: NDArray[np.uint8], edges: str) -> str:
    apart: Any = np.abs(alpha / 255 - remover.alpha(rgb, edges=edges))
    return f"{edges} mean {apart.mean():.5f} largest {apart.max():.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=float, default=1.5)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--chromium", default="chromium")
    parser.add_argument("--url", help="Of a server that runs already.")
    options = parser.parse_args()
    with served(options.url) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which(options.chromium), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(url)
        page.wait_for_selector("html[data-ready=yes]")
        for threads in (0, 1):
            print(
                f"{options.megapixels:g} megapixels, {'one thread' if threads else 'threads as the page takes them'}:"
            )
            measure(page, options.megapixels, options.runs, threads)
        browser.close()


if __name__ == "__main__":
    main()
