"""What effects cost beside the cut-out itself, on a photograph of 12 megapixels.

    python benchmarks/effects.py --rounds 5

Each way goes from the photograph's file to the result's bytes, in turn, so that a busy machine slows all alike; what
counts is the ratio of the medians to the plain cut-out (PNG). Peak memory is a fresh process's that does it once.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pictures import write_jpeg

from matteo.effects.background import parse_background
from matteo.effects.crop import crop
from matteo.effects.harmonize import harmonize
from matteo.effects.light_wrap import light_wrap
from matteo.effects.match import match
from matteo.effects.shadow import shadow
from matteo.picture.cutout import Effect
from matteo.remover import Remover

BEACH = "gradient:#246,#fda,180"
WAYS: dict[str, tuple[str, Callable[[], Sequence[Effect]]]] = {
    "plain cut-out": ("png", list),
    "on white, contact shadow": ("jpeg", lambda: [crop(fill=0.85), shadow("contact"), parse_background("white")]),
    "the same at 2000 x 2000": (
        "jpeg",
        lambda: [crop(fill=0.85, size=(2000, 2000)), shadow("contact"), parse_background("white")],
    ),
    "cast shadow": ("jpeg", lambda: [shadow("cast"), parse_background("white")]),
    "its own shadow": ("jpeg", lambda: [shadow("keep"), parse_background("white")]),
    "blur:12": ("jpeg", lambda: [parse_background("blur:12")]),
    "blur:3": ("jpeg", lambda: [parse_background("blur:3")]),
    "blur:12,depth": ("jpeg", lambda: [parse_background("blur:12,depth")]),
    "grey": ("jpeg", lambda: [parse_background("grey")]),
    "harmonized, wrapped, matched": (
        "jpeg",
        lambda: [harmonize(BEACH), light_wrap(BEACH), match(BEACH), parse_background(BEACH)],
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--way", help="one of them once, and the peak memory: what the benchmark itself calls")
    options = parser.parse_args()
    path = write_jpeg(
        Path(tempfile.gettempdir()) / f"matteo-effects-{options.megapixels:g}.jpg", "coffee", options.megapixels
    )
    if options.way:
        result(Remover(), path, options.way)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    seconds = measured(path, options.rounds)
    plain = statistics.median(seconds["plain cut-out"])
    print(f"{'':32}{'seconds':>9}{'ratio':>7}{'peak MiB':>10}")
    for way, found in seconds.items():
        median = statistics.median(found)
        print(f"{way:32}{median:9.2f}{median / plain:7.2f}{peak(way, options.megapixels):10.0f}")


def result(remover: Remover, path: Path, way: str) -> bytes:
    """From the file to the result's bytes."""
    format, effects = WAYS[way]
    return remover.remove(path, keep_source=True).apply(*effects()).encode(format)


def measured(path: Path, rounds: int) -> dict[str, list[float]]:
    remover = Remover()
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    result(remover, path, "plain cut-out")
    for _ in range(rounds):
        for way, found in seconds.items():
            start = time.perf_counter()
            result(remover, path, way)
            found.append(time.perf_counter() - start)
    return seconds


def peak(way: str, megapixels: float) -> float:
    """The most memory of a process that goes this way once, in MiB."""
    command = [sys.executable, __file__, "--way", way, "--megapixels", str(megapixels)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


if __name__ == "__main__":
    main()
