"""A poster's TOML file: a canvas and what lies on it, checked before anything is opened."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from matteo.effects.entry import nearest
from matteo.effects.look import Look, point
from matteo.effects.parse import number, pair
from matteo.effects.placement import check_canvas
from matteo.errors import MatteoError, UnreadablePicture, UsageError
from matteo.picture.limits import Limits

LONGEST = 30_000  # pixels a side
_CANVAS = ("size", "background")
_SIZES = ("height", "width", "scale")
_DRAWN = ("shadow", "outline", "glow")
_LAYER = (
    "picture", "name", "cut", "at", "anchor", *_SIZES, "rotate", "opacity", "order", *_DRAWN, "effect", "visible",
)  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """One layer of a poster; `where` is how errors call it.

    picture: the file. cut: whether its background is taken out. at: where the `anchor` (a point of the subject's box,
    in shares of it) stands on the canvas, in shares of that. size: "height" or "width" as a share of the canvas, or
    "scale" in pixels by pixels, and its value. rotate: degrees anticlockwise. opacity: 0 to 1. look: what is drawn.
    """

    name: str
    picture: Path
    where: str = ""
    cut: bool = True
    at: tuple[float, float] = (0.5, 0.5)
    anchor: tuple[float, float] = (0.5, 0.5)
    size: tuple[str, float] = ("scale", 1.0)
    rotate: float = 0.0
    opacity: float = 1.0
    order: float = 0.0
    visible: bool = True
    look: Look = Look()  # noqa: RUF009 (frozen)


@dataclass(frozen=True)
class Poster:
    """size_wh: the canvas in pixels. background: as `parse_background` takes it. pieces: the lowest first. where: how
    errors call the canvas."""

    size_wh: tuple[int, int]
    background: str | None
    pieces: tuple[Piece, ...]
    where: str = "canvas"


def read_poster(path: Path, limits: Limits | None = None) -> Poster:
    """A poster's file; pictures are looked for beside it. limits: of the canvas.

    UsageError for what is no TOML, unknown keys (with the nearest one) and values out of range; UnreadablePicture
    where a picture is missing.
    """
    try:
        text = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file; check the name and the folder") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as TOML ({error}); mend it") from error
    _known(text, ("canvas", "layer"), str(path))
    canvas, layers = text.get("canvas"), text.get("layer")
    if not isinstance(canvas, dict):
        raise UsageError(f'{path}: has no canvas; begin it with [canvas] and size = "1200x800"')
    where = f"{path}: canvas"
    _known(canvas, _CANVAS, where)
    if "size" not in canvas:
        raise UsageError(f'{where}: has no size; add size = "1200x800"')
    if isinstance(layers, dict):
        raise UsageError(f"{path}: [layer] is to be [[layer]], with two brackets, as there may be several")
    if not isinstance(layers, list) or not layers:
        raise UsageError(f'{path}: has no layers; add [[layer]] and picture = "me.jpg"')
    width, height = _size(canvas["size"], where, limits)
    background = canvas.get("background")
    pieces = [_piece(layer, number, path) for number, layer in enumerate(layers, start=1)]
    ordered = tuple(sorted(pieces, key=lambda piece: piece.order))  # those of one order stay as they are written
    return Poster((width, height), None if background is None else _beside(str(background), path), ordered, where)


@contextmanager
def told(where: str) -> Iterator[None]:
    """What goes wrong within it names the file and the layer."""
    try:
        yield
    except MatteoError as error:
        raise error if where in str(error) else type(error)(f"{where}: {error}") from error


def _size(value: object, where: str, limits: Limits | None) -> tuple[int, int]:
    width, height = pair(f"{where}: size", _joined(value), whole=True)
    if not (1 <= width <= LONGEST and 1 <= height <= LONGEST):
        raise UsageError(f"{where}: size is {_joined(value)}; give 1 to {LONGEST} pixels a side")
    with told(where):
        check_canvas((int(height), int(width)), limits=limits)
    return int(width), int(height)


def _joined(value: object) -> str:
    """A text, or a list of two numbers as one."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _known(table: Mapping[str, object], keys: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in keys:
            raise UsageError(f"{where}: {key!r} is not known; {nearest(key, list(keys))}")


def _piece(layer: Mapping[str, object], count: int, path: Path) -> Piece:
    where = f"{path}: layer {count}"
    _known(layer, _LAYER, where)
    if "picture" not in layer:
        raise UsageError(f'{where}: has no picture; add picture = "me.jpg"')
    picture = path.parent / str(layer["picture"])
    if not picture.is_file():
        raise UnreadablePicture(f"{where}: {picture} is not there; check the name, which counts from the file's folder")
    texts = {key: str(layer[key]) for key in _DRAWN if key in layer}
    effect = layer.get("effect", [])
    if not (isinstance(effect, list) and all(isinstance(one, str) for one in effect)):
        raise UsageError(f'{where}: effect is a list of texts, such as ["outline:12"]')
    name = str(layer.get("name", picture.stem))
    return Piece(
        name=name,
        picture=picture,
        where=f"{where} ({name})",
        cut=_flag(layer, "cut", where),
        visible=_flag(layer, "visible", where),
        at=_point(layer.get("at", "center"), "at", where),
        anchor=_point(layer.get("anchor", "center"), "anchor", where),
        size=_scale(layer, where),
        rotate=_ranged(layer, "rotate", 0.0, -360, 360, where),
        opacity=_ranged(layer, "opacity", 1.0, 0, 1, where, share=True),
        order=_ranged(layer, "order", 0.0, -1000, 1000, where),
        look=Look(**texts, effect=tuple(effect)),
    )


def _scale(layer: Mapping[str, object], where: str) -> tuple[str, float]:
    given = [key for key in _SIZES if key in layer]
    if len(given) > 1:
        raise UsageError(f"{where}: {' and '.join(given)} both say how large it is; give one of them")
    if not given:
        return "scale", 1.0
    return given[0], _ranged(layer, given[0], 1.0, 0.001, 100, where, share=given[0] != "scale")


def _ranged(
    layer: Mapping[str, object], key: str, default: float, low: float, high: float, where: str, *, share: bool = False
) -> float:
    value = number(f"{where}: {key}", str(layer.get(key, default)), share=share)
    if not low <= value <= high:
        raise UsageError(f"{where}: {key} is {layer[key]!r}; give {low:g} to {high:g}")
    return value


def _flag(layer: Mapping[str, object], key: str, where: str) -> bool:
    value = layer.get(key, True)
    if not isinstance(value, bool):
        raise UsageError(f"{where}: {key} is {value!r}; give true or false, without quotes")
    return value


def _point(value: object, key: str, where: str) -> tuple[float, float]:
    """A name, "0.5,0.9", or a list of two numbers."""
    return point(f"{where}: {key}", _joined(value))


def _beside(background: str, path: Path) -> str:
    """A background's picture is looked for beside the file as well; anything else stays as it is."""
    fit, colon, name = background.rpartition(":")
    found = path.parent / name
    return f"{fit}{colon}{found}" if name and found.is_file() else background
