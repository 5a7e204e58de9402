"""Makes docs/edges-beside-rembg.jpg: python docs/make_beside_rembg.py --rembg ENV

The same network in both: rembg 2.0.86 runs matteo's through its u2net_custom session, in an environment of its own
(`pip install "rembg[cpu,cli]==2.0.86"`), with its options -a (closed-form matting) and -dc (its foreground estimate).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from make_synthesis import photograph
from numpy.typing import NDArray

import matteo
from matteo import Image
from matteo.learning.data import Pair
from matteo.learning.synthesis.layer import Layer
from matteo.learning.synthesis.patterns import glass, leaves, pierced
from matteo.learning.synthesis.scene import compose, subject_of

DOCS = Path(__file__).parent
WEIGHTS = DOCS.parent / "src/matteo/models/weights/matteo.onnx"
CROP, LONGEST, FINER = 200, 640, 4
BEHIND = "#2d6cdf"
COLUMNS = ("photograph", "matteo", "rembg -a", "rembg -dc")
REMBG = """
import sys
from pathlib import Path
from PIL import Image
from rembg import new_session, remove
session = new_session("u2net_custom", model_path=sys.argv[1])
for path in map(Path, sys.argv[2:]):
    picture = Image.open(path).convert("RGB")
    remove(picture, session=session, alpha_matting=True).save(path.with_suffix(".a.png"))
    remove(picture, session=session, decontaminate=True).save(path.with_suffix(".dc.png"))
"""

Pixels = NDArray[np.uint8]
Draw = Callable[[Pixels], None]


def wheel(canvas: Pixels) -> None:
    middle = canvas.shape[1] // 2, canvas.shape[0] // 2
    radius = round(0.4 * canvas.shape[0])
    cv2.circle(canvas, middle, radius, 255, 9 * FINER, cv2.LINE_AA)
    cv2.circle(canvas, middle, 14 * FINER, 255, -1, cv2.LINE_AA)
    for angle in np.linspace(0, 2 * np.pi, 28, endpoint=False):
        end = middle[0] + round(radius * np.cos(angle)), middle[1] + round(radius * np.sin(angle))
        cv2.line(canvas, middle, end, 255, 2 * FINER, cv2.LINE_AA)


def spectacles(canvas: Pixels) -> None:
    height, width = canvas.shape
    for side in (0.3, 0.7):
        axes = round(0.16 * width), round(0.15 * height)
        cv2.ellipse(canvas, (round(side * width), height // 2), axes, 0, 0, 360, 255, 8 * FINER, cv2.LINE_AA)
    bridge = round(0.5 * width), round(0.5 * height)
    cv2.ellipse(canvas, bridge, (round(0.045 * width), round(0.03 * height)), 0, 180, 360, 255, 7 * FINER, cv2.LINE_AA)


def drawn(draw: Draw, behind: str) -> Pixels:
    """A dark thing before a photograph out of focus."""
    size_hw = 480, LONGEST
    canvas = np.zeros((size_hw[0] * FINER, size_hw[1] * FINER), np.uint8)
    draw(canvas)
    alpha = cv2.resize(canvas, size_hw[::-1], interpolation=cv2.INTER_AREA)[..., None] / np.float32(255)
    ground = cv2.GaussianBlur(cv2.resize(photograph(behind), size_hw[::-1]), (0, 0), 12)
    return np.asarray(np.rint(alpha * np.array([32, 30, 36]) + (1 - alpha) * (0.4 * ground + 140)), np.uint8)


def made(part: Callable[[Layer, np.random.Generator], Layer], seed: int) -> Pixels:
    """scikit-image's cat with something made added, before a cup of coffee out of focus."""
    rng = np.random.default_rng(seed)
    rgb = photograph("chelsea")
    pair = Pair("chelsea", rgb, np.rint(matteo.alpha(rgb) * 255).astype(np.uint8))
    layer = part(subject_of(pair, LONGEST, rng), rng)
    ground = cv2.resize(photograph("coffee"), layer.alpha.shape[::-1]).astype(np.float32) / np.float32(255)
    return compose(layer, np.asarray(cv2.GaussianBlur(ground, (0, 0), 5), np.float32), rng)


# what: the picture, and the top left corner of the crop; where None, that of the most mixed alpha
SUBJECTS: dict[str, tuple[Callable[[], Pixels], tuple[int, int] | None]] = {
    "hair": (lambda: photograph("astronaut"), (0, 85)),
    "fur": (lambda: photograph("chelsea"), None),
    "thin masts": (lambda: photograph("rocket"), None),
    "spectacles": (lambda: drawn(spectacles, "coffee"), (150, 80)),
    "wheel": (lambda: drawn(wheel, "coffee"), None),
    "lace, made": (lambda: made(pierced, 6), None),
    "leaves, made": (lambda: made(lambda subject, rng: leaves(subject, rng).over(subject), 3), None),
    "glass, made": (lambda: made(glass, 1), None),
}


def most_mixed(alpha: NDArray[np.float32]) -> tuple[int, int]:
    mixed = cv2.blur(((alpha > 0.05) & (alpha < 0.95)).astype(np.float32), (CROP, CROP))
    half = CROP // 2
    inner = mixed[half : alpha.shape[0] - half, half : alpha.shape[1] - half]
    top, left = np.unravel_index(int(np.argmax(inner)), inner.shape)
    return int(top), int(left)


def over(rgba: Pixels) -> Pixels:
    """On BEHIND, as any viewer shows the file."""
    colour = np.array([int(BEHIND[i : i + 2], 16) for i in (1, 3, 5)])
    a = rgba[..., 3:] / 255
    return np.asarray(np.rint(a * rgba[..., :3] + (1 - a) * colour), np.uint8)


def strip(height: int, width: int, text: str) -> Pixels:
    bar = np.full((height, width, 3), 255, np.uint8)
    cv2.putText(bar, text, (4, height - 7), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (20, 20, 20), 1, cv2.LINE_AA)
    return bar


def sheet(rembg: Path) -> Image:
    with tempfile.TemporaryDirectory() as name:
        paths = [Path(name) / f"{index}.png" for index in range(len(SUBJECTS))]
        for (make, _), path in zip(SUBJECTS.values(), paths, strict=True):
            Image(np.ascontiguousarray(make())).save(path)
        weights = shutil.copy(WEIGHTS, name)  # rembg takes a network from its own folder only
        environment = os.environ | {"U2NET_HOME": name}
        subprocess.run([rembg / "bin/python", "-c", REMBG, weights, *paths], check=True, env=environment)
        rows = [np.hstack([strip(24, CROP, column) for column in COLUMNS])]
        for (what, (_, corner)), path in zip(SUBJECTS.items(), paths, strict=True):
            rows += [strip(22, CROP * len(COLUMNS), what), row(path, corner)]
    return Image(np.ascontiguousarray(np.vstack(rows)))


def row(path: Path, corner: tuple[int, int] | None) -> Pixels:
    """The crop of the photograph, of matteo's cut-out and of rembg's, at 100 %."""
    photo = np.asarray(matteo.read(path).rgb, np.uint8)
    cutout = matteo.remove(path)
    theirs = (cv2.imread(str(path.with_suffix(s)), cv2.IMREAD_UNCHANGED) for s in (".a.png", ".dc.png"))
    whole = [photo, np.asarray(cutout.over(BEHIND).rgb, np.uint8)]
    whole += [over(np.asarray(cv2.cvtColor(rgba, cv2.COLOR_BGRA2RGBA), np.uint8)) for rgba in theirs]
    top, left = most_mixed(cutout.alpha) if corner is None else corner
    return np.hstack([picture[top : top + CROP, left : left + CROP] for picture in whole])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rembg", type=Path, required=True)
    sheet(parser.parse_args().rembg).save(DOCS / "edges-beside-rembg.jpg", overwrite=True, quality=90)
