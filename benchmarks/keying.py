"""The colour key beside ffmpeg's: the table of docs/keying.md.

    python benchmarks/keying.py --data DATA [--every 3] [--colours green,blue,yellow]

Subjects of the alphamatting.com set before screens whose light falls off to one side, with a camera's noise, the
screen's light on the subject's rim, and JPEG with halved chroma, as most cameras give it. What is true is known: alpha,
and the subject's colours. SAD of alpha over the trimap's unknown region in thousands; MAE of alpha over the whole
picture, and of the colours of the subject on grey over the unknown region, in hundredths.

ffmpeg's `chromakey` is told the screen's colour and the best of nine settings over all pictures; its colours are those
of its `despill` after it. "network": matteo without a key.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage

from matteo import Cutout, Remover
from matteo.learning.data import decode, read_tar
from matteo.learning.metrics_matting import sad
from matteo.matting.foreground import estimate_foreground

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
SCREENS = {"green": (40, 177, 64), "blue": (30, 80, 190), "yellow": (200, 200, 20)}
GREY = 0.45
SPILL = 0.12


@dataclass(frozen=True)
class Case:
    """photograph: H x W x 3. alpha, colours: what is true, in [0, 1]. unknown: of the set's trimap."""

    photograph: Bytes
    alpha: Floats
    colours: Floats
    unknown: NDArray[np.bool_]

    def on_grey(self, alpha: Floats, colours: Floats) -> Floats:
        return colours * alpha[..., None] + np.float32(GREY) * (1 - alpha[..., None])


def cases(data: Path, every: int, screen: tuple[int, int, int]) -> list[Case]:
    found = []
    for index, files in enumerate(read_tar(data / "val-alphamatting.tar").values()):
        if index % every:
            continue
        rgb, trimap = decode(files[".avif"], "RGB"), decode(files[".trimap.png"], "L")
        alpha = decode(files[".alpha.png"], "L").astype(np.float32) / np.float32(255)
        found.append(
            before(rgb, alpha, (trimap > 0) & (trimap < 255), np.array(screen, np.float32) / np.float32(255), index)
        )
    return found


def before(rgb: Bytes, alpha: Floats, unknown: NDArray[np.bool_], screen: Floats, seed: int) -> Case:
    rng = np.random.default_rng(seed)
    height, width = alpha.shape
    colours = estimate_foreground(rgb, alpha).astype(np.float32) / np.float32(255)
    across = np.linspace(1.12, 0.8, width, dtype=np.float32)[None, :, None]
    behind = screen * across * np.linspace(1.05, 0.9, height, dtype=np.float32)[:, None, None]
    rim = cv2.GaussianBlur(1 - alpha, (0, 0), 0.02 * width)[..., None]
    lit = np.clip(colours + SPILL * rim * screen, 0, 1)
    mixed = lit * alpha[..., None] + behind * (1 - alpha[..., None])
    noisy = mixed + rng.normal(0, 2.5 / 255, mixed.shape)
    buffer = BytesIO()
    PilImage.fromarray(np.rint(np.clip(noisy, 0, 1) * 255).astype(np.uint8)).save(
        buffer, "JPEG", quality=92, subsampling=2
    )
    return Case(np.asarray(PilImage.open(buffer), np.uint8), alpha, colours, unknown)


def ours(remover: Remover, told: str | None) -> Callable[[Case], Cutout]:
    return lambda case: remover.remove(case.photograph, key=told)


def ffmpeg(case: Case, screen: tuple[int, int, int], similarity: float, blend: float) -> tuple[Floats, Floats]:
    """Alpha and despilled colours."""
    height, width = case.alpha.shape
    name = "blue" if screen[2] > screen[1] else "green"
    told = "0x" + bytes(screen).hex()
    chain = f"format=yuva444p,chromakey={told}:{similarity}:{blend},despill={name},format=rgba"
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-i", "-"]
    done = subprocess.run(
        ["ffmpeg", "-v", "error", *raw, "-vf", chain, "-f", "rawvideo", "-pix_fmt", "rgba", "-"],
        input=case.photograph.tobytes(), capture_output=True, check=True,
    )  # fmt: skip
    out = np.frombuffer(done.stdout, np.uint8).reshape(height, width, 4).astype(np.float32) / np.float32(255)
    return out[..., 3], out[..., :3]


def errors(case: Case, alpha: Floats, colours: Floats) -> tuple[float, float, float]:
    shown = np.abs(case.on_grey(alpha, colours) - case.on_grey(case.alpha, case.colours)).mean(2)
    return sad(alpha, case.alpha, case.unknown), 100 * float(np.abs(alpha - case.alpha).mean()), 100 * float(
        shown[case.unknown].mean()
    )  # fmt: skip


def row(name: str, found: list[tuple[float, float, float]]) -> str:
    return f"| {name} | " + " | ".join(f"{value:.2f}" for value in np.mean(found, 0)) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--every", type=int, default=3)
    parser.add_argument("--colours", default=",".join(SCREENS))
    options = parser.parse_args()
    remover = Remover()
    for name in options.colours.split(","):
        given = cases(options.data, options.every, SCREENS[name])
        print(f"\n{name}, {len(given)} pictures\n\n| | SAD | MAE | colours |\n|---|---|---|---|")
        for what, told in (("network", None), ("key", name), ("key, colour found", "auto")):
            cut = ours(remover, told)
            made = [cut(case) for case in given]
            scored = [
                errors(case, one.alpha, one.rgb.astype(np.float32) / np.float32(255))
                for case, one in zip(given, made, strict=True)
            ]
            print(row(what, scored), flush=True)
        tried = [
            [errors(case, *ffmpeg(case, SCREENS[name], similarity, blend)) for case in given]
            for similarity in (0.06, 0.1, 0.16)
            for blend in (0.0, 0.06, 0.12)
        ]
        print(row("ffmpeg", min(tried, key=lambda each: float(np.mean(each, 0)[0]))), flush=True)


if __name__ == "__main__":
    main()
