"""Makes the pictures of docs/video-effects.md, a strip of frames of each effect: python docs/make_video_effects.py

The film is made here: the astronaut of scikit-image, cut out by the shipped network, walks along a brick wall.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from skimage import data

import matteo
from matteo.effects.placement import Placement, placed
from matteo.picture.cutout import Cutout
from matteo.picture.geometry import cover
from matteo.picture.image import Image
from matteo.video.effects.film_file import read_effects
from matteo.video.effects.moving import FilmEffect, chain
from matteo.video.effects.parse import parse_effect
from matteo.video.effects.table import TABLE
from matteo.video.frame import Frame

DOCS = Path(__file__).resolve().parent
FOLDER = DOCS / "video-effects"
SIZE = (216, 384)
RATE, SECONDS = 15, 2
SCALE = 0.35
SHOWN = (2, 11, 20, 29)  # frames of a strip
QUALITY = 78
WALL = (1.05, 0.84, 0.7)  # of the grey bricks: a warm light
KEYED = """
[[effect]]
name = "blur"
strength = [{at = "0s", value = 0}, {at = "2s", value = 40, ease = "in-out"}]

[[effect]]
name = "label"
text = "Eileen Collins"
from = "0.8s"
size = [{at = "0.8s", value = "1%"}, {at = "1.3s", value = "10%", ease = "out"}]
"""


class Strip(NamedTuple):
    """name: of the picture. texts: of --effect, in order."""

    name: str
    texts: tuple[str, ...]


STRIPS = (
    Strip("original", ("original",)),
    Strip("follow-spot", ("follow-spot:85%",)),
    Strip("label", ("original", "label:Eileen Collins,paper=#b3261e,size=8%")),
    Strip("parallax", ("parallax:{rocket},amount=60%",)),
    Strip("trails", ("original", "trails:fade=0.6s,every=0.2s")),
    Strip("clones", ("original", "clones:0.1s+0.9s")),
    Strip("grade", ("original", "grade:dusk,over=2s")),
    Strip("follow-crop", ("original", "follow-crop:lag=0.2s")),
    Strip("zoom-in", ("original", "zoom-in:2,over=2s")),
)


def walk() -> Iterator[tuple[Cutout, Frame]]:
    """The frames with their cut-outs, whose alpha is known as they are made."""
    brick = np.asarray(data.brick())[:288, :512, None] * np.array(WALL)
    wall = cover(np.clip(brick, 0, 255).astype(np.uint8), SIZE)
    found = matteo.remove(np.asarray(data.astronaut()))
    for number in range(RATE * SECONDS + 1):
        time = Fraction(number, RATE)
        left, bob = -30 + 105 * float(time), 4 * abs(np.sin(6 * float(time)))
        to = Placement(SCALE, left, SIZE[0] - SCALE * 505 + bob, SIZE)
        cutout = placed(found, lambda box, to=to: to)  # type: ignore[misc]
        film = Cutout(cutout.rgb, cutout.alpha, source=Image(cutout.over(Image(wall)).rgb))
        assert film.source is not None
        yield film, Frame(film.source, time, number)


def strip(frames: list[tuple[Cutout, Frame]], effects: list[FilmEffect]) -> Image:
    """The shown frames side by side, with a white line between them."""
    drawn, states, shown = chain(effects), None, []
    for cutout, frame in frames:
        image, states = drawn(cutout, frame, states)
        if frame.index in SHOWN:
            line: NDArray[np.uint8] = np.full((image.size_hw[0], 4, 3), 255, np.uint8)
            shown += [image.rgb, line]
    return Image(np.ascontiguousarray(np.hstack(shown[:-1])))


def main() -> None:
    missing = set(TABLE) - {one.name for one in STRIPS}
    if missing:
        raise SystemExit(f"effects without a strip: {', '.join(sorted(missing))}")
    FOLDER.mkdir(exist_ok=True)
    frames = list(walk())
    with tempfile.TemporaryDirectory() as name:
        rocket, keyed = Path(name) / "rocket.png", Path(name) / "film.toml"
        PilImage.fromarray(np.asarray(data.rocket())).save(rocket)
        keyed.write_text(KEYED)
        for one in STRIPS:
            effects = [parse_effect(text.format(rocket=rocket)) for text in one.texts]
            strip(frames, effects).save(FOLDER / f"{one.name}.webp", overwrite=True, quality=QUALITY)
        strip(frames, list(read_effects(keyed))).save(FOLDER / "keyed.webp", overwrite=True, quality=QUALITY)


if __name__ == "__main__":
    main()
