"""Films: speed from file to file, memory over a long film, and both beside the same network frame by frame.

    python benchmarks/video.py [--film FILM] [--frames 300] [--background blur:10] [--quality good] [--rembg ENV]
    python benchmarks/video.py --memory --frames 18000        10 minutes at 30 frames a second

The film is one of yours, or one made of a photograph that moves, of 1280 x 720, looped to so many frames. It is run on
two processors where there are two. `loop` is what one would write by hand: decode, `matteo.remove` of each frame as a
picture of its own, the same background, encode. ENV is a virtual environment with rembg 2.0.86, whose `b` command gets
the same frames and matteo's network.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from skimage import data

import matteo
from matteo.effects.background import parse_background
from matteo.picture.geometry import cover, resize
from matteo.picture.image import Image
from matteo.video.formats import CODECS

SIZE = 720, 1280
RATE = 30
WEIGHTS = Path(matteo.__file__).parent / "models/weights/matteo.onnx"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--film", type=Path)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--background", default="blur:10")
    parser.add_argument("--quality", default="good")
    parser.add_argument("--memory", action="store_true", help="memory by tenths of the film, and nothing else")
    parser.add_argument("--rembg", type=Path)
    given = parser.parse_args()
    ground = parse_background(given.background)  # a film, which the loop by hand could not show, is refused now
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    with tempfile.TemporaryDirectory() as folder:
        film = looped(given.film, Path(folder) / "film.mp4", given.frames)
        seconds, tenths = whole(film, given)
        print(f"matteo video: {given.frames / seconds:.2f} frames a second")
        print("memory by tenths, MiB: " + " ".join(f"{mean / 2**20:.0f}" for mean in tenths))
        print(f"last tenth against the second: {tenths[-1] / tenths[1] - 1:+.1%}")
        if given.memory:
            return
        by_hand = loop(film, min(given.frames, 60), ground)
        ours = given.frames / seconds
        print(f"a loop over matteo.remove: {by_hand:.2f} frames a second; {ours / by_hand:.1f} times as fast")
        if given.rembg:
            theirs = rembg(film, given.rembg, min(given.frames, 60))
            print(f"rembg b: {theirs:.2f} frames a second; {ours / theirs:.1f} times as fast")


def looped(source: Path | None, target: Path, count: int) -> Path:
    """A film of so many frames of 720p."""
    with av.open(str(target), "w") as out:
        stream: Any = out.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "18"})
        stream.height, stream.width, stream.pix_fmt = *SIZE, "yuv420p"
        shown = _frames(source)
        for number in range(count):
            pixels = next(shown, None)
            if pixels is None:
                shown = _frames(source)
                pixels = next(shown)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return target


def _frames(source: Path | None) -> Any:
    if source is not None:
        with av.open(str(source)) as container:
            for frame in container.decode(video=0):
                yield np.ascontiguousarray(cover(frame.to_ndarray(format="rgb24"), SIZE))
        return
    person = resize(_photograph("astronaut"), (SIZE[0], SIZE[0]))
    wall = cover(_photograph("coffee"), SIZE)
    for number in range(4 * RATE):
        left = round(280 + 120 * np.sin(number / RATE * np.pi / 2))
        picture: NDArray[np.uint8] = wall.copy()
        picture[:, left : left + SIZE[0]] = person
        yield picture


def _photograph(name: str) -> NDArray[np.uint8]:
    return np.asarray(getattr(data, name)(), np.uint8)


def whole(film: Path, given: argparse.Namespace) -> tuple[float, list[float]]:
    """Seconds from file to file, the network being loaded before, and the mean memory in each tenth of the film."""
    remover = matteo.Remover()
    held: list[int] = []
    begun = time.perf_counter()
    matteo.cut_video(
        film, film.with_name("out.mp4"), background=given.background, quality=given.quality, remover=remover,
        progress=lambda done, total: held.append(memory()),
    )  # fmt: skip
    seconds = time.perf_counter() - begun
    return seconds, [float(np.mean(part)) for part in np.array_split(held, 10)]


def memory() -> int:
    """Bytes that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def loop(film: Path, count: int, ground: Callable[[Any], Any]) -> float:
    """Frames a second of what one would write by hand."""
    remover = matteo.Remover()
    begun = time.perf_counter()
    with av.open(str(film)) as source, av.open(str(film.with_name("loop.mp4")), "w") as out:
        stream: Any = out.add_stream("libx264", rate=RATE, options=dict(CODECS["h264"].options["good"]))
        stream.height, stream.width, stream.pix_fmt = *SIZE, "yuv420p"
        for number, frame in enumerate(source.decode(video=0)):
            if number == count:
                break
            shown = ground(remover.remove(frame.to_ndarray(format="rgb24")))
            assert isinstance(shown, Image)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(shown.rgb, np.uint8), format="rgb24")))
        out.mux(stream.encode(None))
    return count / (time.perf_counter() - begun)


def rembg(film: Path, env: Path, count: int) -> float:
    """Frames a second of rembg's `b` command with the same network, which writes PNGs; its start is not counted."""

    models = film.parent / "models"  # it takes networks from its own folder only
    models.mkdir()
    network = shutil.copy(WEIGHTS, models)

    def seconds(frames: int) -> float:
        folder = Path(tempfile.mkdtemp(dir=film.parent))
        pipe = f"ffmpeg -v error -i {film} -frames:v {frames} -f rawvideo -pix_fmt rgb24 -"
        model = f'-m u2net_custom -x \'{{"model_path": "{network}"}}\''
        begun = time.perf_counter()
        command = f"{pipe} | {env}/bin/rembg b {SIZE[1]} {SIZE[0]} -o {folder}/%05u.png {model}"
        subprocess.run(command, shell=True, check=True, env=os.environ | {"U2NET_HOME": str(models)})
        return time.perf_counter() - begun

    seconds(1)
    return (count - 1) / (seconds(count) - seconds(1))


if __name__ == "__main__":
    main()
