"""Films: alpha over time with the steadying beside frame by frame, in the same run.

    python benchmarks/steadiness.py --data DATA [--only davis,talk,lag,cut,speed] [--qualities draft,good,best]
                                    [--frames 72]

davis   val-davis.tar: IoU, dtSSD and warping error. "the truth's own": the true masks, brought to the network's grid
        and back along the frame's edges, as any alpha of this step is: what is left when every look is right
talk    clip-talk-1, -2: change of alpha where the motion is under half a pixel; "carried": what is left of it if the
        frame before is merely moved along the motion, so that nothing flickers
lag     a person moved to and fro by known paths: how many frames alpha is behind
cut     from the last frame of a film to the first of another: the largest difference to a fresh start
speed   clip-coffee, 720p: processor time of the step a frame, and the share of frames that the network looked at

Ratios count: machines differ. Needs PyAV (the extra `video`) and scikit-image (the dependency group `bench`).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import islice, pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data as photographs
from temporal import Pair, dtssd, iou, motions, still_change, warping_error

from matteo import Remover
from matteo.learning.data import decode, read_tar
from matteo.matting.clean import settle
from matteo.picture.geometry import cover, resize
from matteo.video.flow import warped
from matteo.video.step import QUALITIES, Memory, stepper
from matteo.video.upsample import upsampled

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
PATHS = {"0.5": 1.0, "5": 10.0, "20": 40.0}  # pixels a frame at most: pixels to either side
FRAME_HW, SUBJECT = (360, 640), 300
PLAIN = "frame by frame"


@dataclass(frozen=True)
class Run:
    """Alphas of a film; seconds of the processor a frame; looks: the share of frames that the network saw."""

    alphas: list[Floats]
    seconds: float
    looks: float
    memory: Memory | None


@cache
def remover() -> Remover:
    return Remover()


def run(frames: Iterable[Bytes], quality: str = "good", *, steady: bool = True) -> Run:
    step, memory, alphas, looks = stepper(remover(), quality=quality, steady=steady), None, [], 0
    seconds = 0.0
    for frame in frames:
        started = time.process_time()
        alpha, memory = step(frame, memory)
        seconds += time.process_time() - started
        alphas.append(alpha)
        looks += memory.since == 0
    return Run(alphas, seconds / len(alphas), looks / len(alphas), memory)


def runs(frames: list[Bytes], qualities: list[str]) -> dict[str, Run]:
    """Each quality, and frame by frame with the edges of each."""
    found = {PLAIN: run(frames, steady=False)}
    for quality in qualities:
        if QUALITIES[quality].edges != QUALITIES["good"].edges:
            found[f"{PLAIN}, {quality}"] = run(frames, quality, steady=False)
        found[quality] = run(frames, quality)
    return found


def davis_clips(data: Path) -> dict[str, tuple[list[Bytes], list[Floats]]]:
    clips: dict[str, tuple[list[Bytes], list[Floats]]] = {}
    for key, files in sorted(read_tar(data / "val-davis.tar").items()):
        frames, masks = clips.setdefault(key.split("/")[0], ([], []))
        frames.append(decode(files[".avif"], "RGB"))
        masks.append((decode(files[".png"], "L") > 127).astype(np.float32))
    return clips


def clip(path: Path, frames: int) -> list[Bytes]:
    import av

    with av.open(str(path)) as container:
        decoded = islice(container.decode(video=0), frames)
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in decoded]


def photograph(name: str) -> Bytes:
    return np.asarray(getattr(photographs, name)(), np.uint8)


def as_seen(frames: list[Bytes], masks: list[Floats]) -> list[Floats]:
    """The true masks as the step could give them at best: from the network's grid, along the frame's edges."""
    side = remover().card.side, remover().card.side
    alphas = [upsampled(resize(m, side), resize(f, side), f) for f, m in zip(frames, masks, strict=True)]
    for alpha in alphas:
        settle(alpha)
    return alphas


def measure_davis(data: Path, qualities: list[str], frames: int) -> None:
    print("\n| clip | | IoU | dtSSD | ratio | warping error | ratio |\n|---|---|---|---|---|---|---|")
    for name, (pictures, masks) in davis_clips(data).items():
        pictures, masks = pictures[:frames], masks[:frames]
        pairs = list(motions(pictures))
        found = {key: one.alphas for key, one in runs(pictures, qualities).items()}
        found["the truth's own"] = as_seen(pictures, masks)
        first = found[PLAIN]
        base = dtssd(first, masks), warping_error(first, pairs)
        for key, alphas in found.items():
            now = dtssd(alphas, masks), warping_error(alphas, pairs)
            print(
                f"| {name} | {key} | {iou(alphas, masks):.4f} | {now[0]:.4f} | {now[0] / base[0]:.2f} "
                f"| {now[1]:.5f} | {now[1] / base[1]:.2f} |",
                flush=True,
            )


def measure_talk(data: Path, qualities: list[str], frames: int) -> None:
    print("\n| clip | | change where still | ratio | warping error | ratio |\n|---|---|---|---|---|---|")
    for name in ("clip-talk-1", "clip-talk-2"):
        pictures = clip(data / f"{name}.mp4", frames)
        pairs = list(motions(pictures))
        found = {key: one.alphas for key, one in runs(pictures, qualities).items()}
        base = still_change(found[PLAIN], pairs), warping_error(found[PLAIN], pairs)
        for key, alphas in found.items():
            now = still_change(alphas, pairs), warping_error(alphas, pairs)
            print(f"| {name} | {key} | {now[0]:.6f} | {now[0] / base[0]:.2f} | {now[1]:.6f} | {now[1] / base[1]:.2f} |")
        moved = _carried(found[PLAIN], pairs)
        print(f"| {name} | carried | {moved:.6f} | {moved / base[0]:.2f} | 0 | 0 |", flush=True)


def _carried(alphas: list[Floats], pairs: list[Pair]) -> float:
    return float(
        np.mean(
            [np.abs(warped(a, p.back) - a)[p.still].mean() for a, p in zip(alphas[:-1], pairs, strict=True)]
        )
    )  # fmt: skip


def moved(reach: float, frames: int) -> tuple[list[Bytes], list[Floats]]:
    """A person who goes to and fro before a wall, with noise of 2 levels, and the true alphas."""
    cutout = remover().remove(photograph("astronaut"))
    rgb, alpha = (resize(np.asarray(x, np.float32), (SUBJECT, SUBJECT)) for x in (cutout.rgb, cutout.alpha))
    bricks = cover(np.dstack([photograph("brick")] * 3), FRAME_HW)
    wall = cv2.GaussianBlur(bricks, (0, 0), 2.0) * np.array([0.75, 0.9, 0.8])
    rng, pictures, alphas = np.random.default_rng(0), [], []
    for t in range(frames):
        left = 170 + reach * np.sin(0.5 * t)
        place = np.array([[1, 0, left], [0, 1, FRAME_HW[0] - SUBJECT]], np.float64)
        a = np.asarray(cv2.warpAffine(alpha, place, FRAME_HW[::-1]), np.float32)
        colours = cv2.warpAffine(rgb, place, FRAME_HW[::-1], borderMode=cv2.BORDER_REPLICATE)
        shown = a[..., None] * colours + (1 - a[..., None]) * wall + rng.normal(0, 2, (*FRAME_HW, 1))
        pictures.append(np.clip(np.rint(shown), 0, 255).astype(np.uint8))
        alphas.append(a)
    return pictures, alphas


def measure_lag(data: Path, qualities: list[str], frames: int) -> None:
    """Alpha's centre is true centre + offset - frames behind x speed: a line through all frames tells both."""
    print("\n| pixels a frame, at most | | frames behind |\n|---|---|---|")
    columns = np.arange(FRAME_HW[1])
    for path, reach in PATHS.items():
        pictures, true = moved(reach, min(frames, 16))
        found = {key: one.alphas for key, one in runs(pictures, qualities).items()}
        at, *centres = (
            np.array([float((a * columns).sum() / a.sum()) for a in alphas]) for alphas in (true, *found.values())
        )
        for key, centre in zip(found, centres, strict=True):
            behind = -float(np.polyfit(np.gradient(at)[1:-1], (centre - at)[1:-1], 1)[0])
            print(f"| {path} | {key} | {behind:.2f} |", flush=True)


def measure_cut(data: Path, qualities: list[str], frames: int) -> None:
    print("\n| from | to | | cut found | largest trace |\n|---|---|---|---|---|")
    scenes = {name: pictures for name, (pictures, _) in davis_clips(data).items()}
    scenes |= {name: clip(data / f"{name}.mp4", 6) for name in ("clip-talk-1", "clip-talk-2")}
    names = [*scenes, next(iter(scenes))]
    for before, after in pairwise(names):
        first = scenes[after][0]
        last = [cover(picture, (first.shape[0], first.shape[1])) for picture in scenes[before][:3]]
        for quality in qualities:
            step, memory = stepper(remover(), quality=quality), run(last, quality).memory
            (alpha, now), (anew, _) = step(first, memory), step(first, None)
            print(f"| {before} | {after} | {quality} | {now.cut} | {np.abs(alpha - anew).max():.4f} |", flush=True)


def measure_speed(data: Path, qualities: list[str], frames: int) -> None:
    print("\n| film | | processor ms a frame | ratio | looks |\n|---|---|---|---|---|")
    for name in ("clip-coffee", "clip-talk-1"):
        pictures = [cover(picture, (720, 1280)) for picture in clip(data / f"{name}.mp4", min(frames, 24))]
        run(pictures[:2])  # what is loaded once
        found = runs(pictures, qualities)
        for key, one in found.items():
            ratio = one.seconds / found[PLAIN].seconds
            print(f"| {name} | {key} | {1000 * one.seconds:.0f} | {ratio:.2f} | {one.looks:.0%} |", flush=True)


PARTS = {
    "davis": measure_davis, "talk": measure_talk, "lag": measure_lag, "cut": measure_cut, "speed": measure_speed,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--qualities", default=",".join(QUALITIES))
    parser.add_argument("--frames", type=int, default=72)
    options = parser.parse_args()
    for part in options.only.split(","):
        PARTS[part](options.data, options.qualities.split(","), options.frames)


if __name__ == "__main__":
    main()
