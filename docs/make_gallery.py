"""Makes docs/gallery.md and its pictures, every effect and preset before and after: python docs/make_gallery.py

    python docs/make_gallery.py --to /tmp/look --only shadow    to look at some of them, without the page

The photographs are those that scikit-image brings, cut out by the shipped network; the bottle is drawn here, with its
mask, as none of them shows a product with its shadow. The portrait of the passports is the astronaut six times as
large: they refuse heads that they would have to enlarge. Options stand here as on the command line, and are run as
such.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from click.testing import CliRunner
from numpy.typing import NDArray
from PIL import Image as PilImage
from skimage import data

import matteo
from matteo.cli.remove import remove
from matteo.effects.compare import side_by_side
from matteo.effects.preset import find, names
from matteo.effects.table import TABLE

DOCS = Path(__file__).resolve().parent
PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket", "brick")
HEIGHT = 300  # pixels of before and after
QUALITY = 72


class Shown(NamedTuple):
    """One row: a name, the picture that it is shown on, the options, and what there is to say."""

    name: str
    picture: str
    options: str
    says: str = ""


BACKGROUNDS = [
    Shown("transparent", "astronaut", "--background transparent", "Nothing behind it, as without options."),
    Shown("colour", "coffee", "--background #f2e9dc", "A CSS name, #rgb, #rrggbb or rgb(r, g, b)."),
    Shown(
        "gradient", "coffee", "--background gradient:#fdf6ec,#d8b48a,180", "Two or more colours at an angle, or radial."
    ),
    Shown("picture", "astronaut", "--background rocket.png", "Scaled to cover; also contain:, stretch: and tile:."),
    Shown("tile", "chelsea", "--background tile:brick.png"),
    Shown("blur", "astronaut", "--background blur:14", "As a lens does it, without a ghost of the subject."),
    Shown("blur, at night", "rocket", "--background blur:14", "Lights become discs, as linear light adds up."),
    Shown("blur, by depth", "coffee", "--background blur:14,depth"),
    Shown("dim", "astronaut", "--background dim:0.6"),
    Shown("grey", "chelsea", "--background grey:0.8"),
    Shown("spot", "bottle", "--background spot:0.7"),
]
PLACES = [
    Shown("crop", "coffee", "--background white --fill 85% --aspect 1:1"),
    Shown("margin", "bottle", "--background white --margin 20%"),
    Shown("place", "bottle", "--background #eee --effect place:size=500x500,at=0.5x0.9,height=60%"),
    Shown(
        "align",
        "bottle",
        "--background #eee --effect align:size=500x500",
        "The same for a whole folder: one ground line.",
    ),
    Shown("rotate", "coffee", "--background #eee --effect rotate:20"),
    Shown("headshot", "astronaut", "--background #e9ebee --effect headshot:size=413x531,head=70%,enlarge=3"),
]
SHADOWS = [
    Shown("shadow: contact", "bottle", "--background #eee --margin 15% --shadow contact"),
    Shown("shadow: drop", "coffee", "--background #eee --margin 15% --shadow drop"),
    Shown("shadow: cast", "bottle", "--background #eee --margin 45% --shadow cast"),
    Shown("shadow: reflection", "bottle", "--background #eee --margin 40% --shadow reflection"),
    Shown("shadow: keep", "bottle", "--background #dfeadf --shadow keep", "The photograph's own, as a layer."),
]
LIGHT = [
    Shown("harmonize", "astronaut", "--background rocket.png --harmonize"),
    Shown("light_wrap", "astronaut", "--background rocket.png --effect light_wrap"),
    Shown("match", "astronaut", "--background rocket.png --effect match"),
]
STYLES = [
    Shown("outline", "chelsea", "--background #3a7ca5 --outline 8"),
    Shown("sticker", "astronaut", "--background #7fb7a4 --effect sticker"),
    Shown("glow", "astronaut", "--background #1f2233 --glow 30"),
    Shown("pop", "coffee", "--effect pop"),
    Shown("silhouette", "astronaut", "--background #ffe3b3 --effect silhouette:#7a1f3d"),
    Shown("pattern", "chelsea", "--effect pattern:dots,#ff9f80,#ffe8d6"),
    Shown(
        "pattern in the subject",
        "astronaut",
        "--background white --effect pattern:checks,#2b59c3,#d3e0ff,where=subject",
    ),
    Shown("duotone", "chelsea", "--background #ffd36e --effect duotone"),
    Shown("avatar", "astronaut", "--effect avatar"),
    Shown("avatar, rounded", "chelsea", "--effect avatar:rounded,#ffe3b3"),
]
SECTIONS = {
    "Backgrounds": BACKGROUNDS, "Crop and place": PLACES, "Shadows": SHADOWS, "Light": LIGHT, "Styles": STYLES,
}  # fmt: skip
PEOPLE = ("avatar", "avatar-rounded", "colour-pop", "soft-focus", "poster", "sticker")


def bottle(size: int = 480, fine: int = 4) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A red bottle on a grey floor with the shadow of a lamp at its left, drawn `fine` times finer: RGB and mask."""
    y, x = (np.mgrid[: size * fine, : size * fine] + 0.5) / (size * fine)
    half = np.interp(y, [0.2, 0.32, 0.36, 0.42, 0.8, 0.82], [0.035, 0.035, 0.05, 0.105, 0.11, 0.09])
    inside = (np.abs(x - 0.42) < half) & (y > 0.2) & (y < 0.82)
    across = np.clip((x - 0.42) / half, -1, 1)
    shine = 0.25 + 0.75 * np.exp(-(((across + 0.35) / 0.3) ** 2))
    red = np.stack([60 + 150 * shine, 8 + 30 * shine, 14 + 34 * shine], axis=-1)
    dark = 0.6 * np.exp(-((np.maximum(np.abs(x - 0.52) - 0.1, 0) / 0.09) ** 2 + ((y - 0.82) / 0.022) ** 2))
    floor = ((205 - 35 * y) * (1 - dark))[..., None] * (1, 1, 1.01)
    scene = np.where(inside[..., None], red, floor).reshape(size, fine, size, fine, 3).mean((1, 3))
    mask = inside.reshape(size, fine, size, fine).mean((1, 3)) * 255
    return np.rint(scene).astype(np.uint8), np.rint(mask).astype(np.uint8)


def presets() -> list[Shown]:
    shown = dict.fromkeys(PEOPLE, "astronaut") | {"passport-eu": "portrait", "passport-us": "portrait"}
    return [Shown(name, shown.get(name, "bottle"), f"--preset {name}", find(name).help) for name in names()]


def without_a_row(rows: list[Shown]) -> list[str]:
    """The effects that no row shows. That of sRGB looks like nothing; the shops' presets hold it."""
    words = {word for row in rows for word in re.findall(r"[a-z_]\w*", f"{row.name} {row.options}")}
    return [name for name in TABLE if name not in words | {"srgb"}]


def command(shown: Shown) -> list[str]:
    """The arguments as a person gives them, without the output's name."""
    mask = ["--mask", "bottle-mask.png"] if shown.picture == "bottle" else []
    return [f"{shown.picture}.png", *mask, *shown.options.split()]


def made(shown: Shown, folder: Path, gallery: Path) -> Path:
    """The row's picture, before and after, in the gallery's folder."""
    result = folder / "result.png"
    done = CliRunner().invoke(remove, [*command(shown), "-o", "result.png", "--overwrite"], standalone_mode=False)
    if done.exception or done.return_value:
        raise SystemExit(f"{shown.name}: {done.exception or done.output}")
    small = PilImage.open(result)
    small.thumbnail((2 * HEIGHT, HEIGHT))
    pair = side_by_side(matteo.read(folder / f"{shown.picture}.png"), matteo.read(small))
    kind = "preset-" if shown.options.startswith("--preset") else ""
    target = gallery / (kind + shown.name.replace(":", "").replace(",", "").replace(" ", "-") + ".webp")
    pair.save(target, overwrite=True, quality=QUALITY)
    return target


def page(sections: dict[str, list[Shown]], folder: Path, gallery: Path) -> str:
    for old in gallery.iterdir():
        old.unlink()
    text = [
        "# Gallery\n",
        "Written by `python docs/make_gallery.py`: left the photograph, right what one command makes of it. The\n"
        "portrait of the passports is the astronaut's photograph made six times as large beforehand.\n",
    ]
    for title, rows in sections.items():
        text.append(f"## {title}\n")
        for row in rows:
            target = made(row, folder, gallery)
            text += [f"**{row.name}** {row.says}".rstrip() + "\n", f"    matteo {shlex.join(command(row))}\n"]
            text.append(f"![{row.name}, before and after](gallery/{target.name})\n")
    return "\n".join(text)


def sources(folder: Path) -> None:
    """The pictures that the commands name."""
    for photograph in PHOTOGRAPHS:
        PilImage.fromarray(np.asarray(getattr(data, photograph)())).save(folder / f"{photograph}.png")
    large = PilImage.open(folder / "astronaut.png")
    large.resize((6 * large.width, 6 * large.height), PilImage.Resampling.BICUBIC).save(folder / "portrait.png")
    for name, array in zip(("bottle", "bottle-mask"), bottle(), strict=True):
        PilImage.fromarray(array).save(folder / f"{name}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=DOCS, help="where gallery.md and gallery/ are written")
    parser.add_argument("--only", metavar="TEXT", help="the rows in whose name or options it is, and no page")
    options = parser.parse_args()
    to = options.to.resolve()
    (to / "gallery").mkdir(parents=True, exist_ok=True)
    sections = SECTIONS | {"Presets": presets()}
    rows = [row for section in sections.values() for row in section]
    if missing := without_a_row(rows):
        raise SystemExit(f"effects without a row: {', '.join(missing)}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources(folder)
        os.chdir(folder)
        if options.only:
            for row in rows:
                if options.only in row.name + row.options:
                    print(made(row, folder, to / "gallery"))
        else:
            (to / "gallery.md").write_text(page(sections, folder, to / "gallery"), encoding="utf-8")


if __name__ == "__main__":
    main()
