"""From a picture's bytes to the dialect's result: region, size, cut-out, crop, scale, shadow, background, format."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from matteo.effects.placement import Placement, fitted, placed
from matteo.effects.shadow import shadow
from matteo.effects.subject import Box, subject_box
from matteo.errors import MatteoError
from matteo.picture.colour import narrow
from matteo.picture.cutout import Cutout
from matteo.picture.formats import sniff
from matteo.picture.geometry import resize, resize_straight
from matteo.picture.image import Image
from matteo.picture.limits import Limits
from matteo.picture.metadata import strip
from matteo.picture.read import read
from matteo.remover import Remover
from matteo.server.refusal import Refusal, of_error
from matteo.server.removebg import colours
from matteo.server.removebg.fields import KINDS, MEGAPIXELS, MOST_PNG, Asked

ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # so that equal pictures make equal files


@dataclass(frozen=True)
class Rendered:
    """data: a file of `format` ("png", "jpeg", "webp", "zip"). foreground: the subject's box in pixels of the picture
    as it was sent. most_hw: the largest result that could be asked for. megapixels: of what was sent."""

    data: bytes
    format: str
    size_hw: tuple[int, int]
    most_hw: tuple[int, int]
    foreground: Box
    type: str
    megapixels: float
    confidence: float | None


def render(
    remover: Remover, data: bytes, background: bytes | None, asked: Asked, charge: Callable[[float], object]
) -> Rendered:
    """The whole of it. charge: called with the megapixels of the picture before it is worked on.

    Raises Refusal: for a picture or background that cannot be read, and where no subject is found.
    """
    image = opened(data, remover.limits)
    behind = None if background is None else _background(background, remover.limits)
    height, width = image.size_hw
    charge(height * width / 1e6)
    region = asked.roi.box(width, height) if asked.roi else (0, 0, width, height)
    format = _format(asked, background)
    size_hw = shrunk(image.size_hw, megapixels(asked.size, format))
    cutout = _cut(remover, image, region, size_hw, asked)
    box = subject_box(cutout.alpha)
    if box is None:
        detail = "No person, product, animal or other subject was found."
        raise Refusal(400, "Could not identify foreground in image", "unknown_foreground", detail)
    framed = _shadowed(_framed(cutout, asked), asked)
    return Rendered(
        _file(framed, behind, asked, format), format, framed.size_hw, shrunk(image.size_hw, megapixels("full", format)),
        _in_source(box, image.size_hw, size_hw), KINDS.get(cutout.kind or "", "other"), height * width / 1e6,
        cutout.confidence,
    )  # fmt: skip


def opened(data: bytes, limits: Limits) -> Image:
    """A picture of 8 bits with nothing but its profile. Refusal where it cannot be read."""
    try:
        image = read(data, limits=limits)
    except MatteoError as error:
        if sniff(data[:1024]) is None:
            raise Refusal(400, "File type not supported", "invalid_file_type", "Send a JPEG, PNG or WebP.") from error
        raise of_error(error, limits.pixels / 1e6) from error
    return replace(image, rgb=narrow(image.rgb), metadata=strip(image.metadata))


def _background(data: bytes, limits: Limits) -> Image:
    try:
        return opened(data, limits)
    except Refusal as refusal:
        raise Refusal(400, "Failed to read background image", refusal.code, refusal.detail) from refusal


def megapixels(size: str, format: str) -> float:
    """The most that a size class gives in a format."""
    return min(MEGAPIXELS[size], MOST_PNG) if format == "png" else MEGAPIXELS[size]


def shrunk(size_hw: tuple[int, int], megapixels: float) -> tuple[int, int]:
    """The size within so many megapixels, its aspect kept; never a larger one."""
    height, width = size_hw
    factor = min(1.0, (megapixels * 1e6 / (height * width)) ** 0.5)
    # Rounded down, so that the product stays within.
    return max(1, int(height * factor + 1e-6)), max(1, int(width * factor + 1e-6))


def _format(asked: Asked, background: bytes | None) -> str:
    """auto: PNG where there is transparency, else JPEG."""
    if asked.format != "auto":
        return asked.format
    covered = background is not None or (asked.colour is not None and asked.colour[3] == 255)
    return "jpeg" if covered and asked.channels == "rgba" else "png"


def _cut(
    remover: Remover, image: Image, region: tuple[int, int, int, int], size_hw: tuple[int, int], asked: Asked
) -> Cutout:
    """The cut-out of the region, at the result's size and on a canvas of the whole."""
    small = _resized(image, size_hw)
    down, across = (new / old for new, old in zip(size_hw, image.size_hw, strict=True))
    left, right = int(region[0] * across), max(int(region[0] * across) + 1, round(region[2] * across))
    top, bottom = int(region[1] * down), max(int(region[1] * down) + 1, round(region[3] * down))
    rows, columns = slice(top, min(bottom, size_hw[0])), slice(left, min(right, size_hw[1]))
    whole = (rows, columns) == (slice(0, size_hw[0]), slice(0, size_hw[1]))
    part = small if whole else _part(small, rows, columns)
    coloured = asked.channels == "rgba" or asked.format == "zip"
    cutout = remover.cut(part, keep_source=asked.shadow == "keep", foreground=coloured)
    if whole:
        return cutout
    to = Placement(1.0, float(columns.start), float(rows.start), size_hw)
    return placed(cutout, lambda _: to)


def _part(image: Image, rows: slice, columns: slice) -> Image:
    rgb: Any = np.ascontiguousarray(image.rgb[rows, columns])
    opacity = None if image.opacity is None else np.ascontiguousarray(image.opacity[rows, columns])
    return replace(image, rgb=rgb, opacity=opacity)


def _resized(image: Image, size_hw: tuple[int, int]) -> Image:
    if image.opacity is None:
        return replace(image, rgb=resize(image.rgb, size_hw))
    rgb, opacity = resize_straight(image.rgb, image.opacity, size_hw)
    return replace(image, rgb=rgb, opacity=opacity)


def _framed(cutout: Cutout, asked: Asked) -> Cutout:
    """Cropped to the subject with its margins, then scaled and put where it is to be."""
    if asked.crop:
        cutout = placed(cutout, lambda box: _cropped(box, asked))
    if asked.scale is None and asked.position is None:
        return cutout
    return placed(cutout, lambda box: _moved(box, cutout.size_hw, asked))


def _cropped(box: Box, asked: Asked) -> Placement:
    top, right, bottom, left = (0, 0, 0, 0) if asked.margin is None else (
        round(one.of(length)) for one, length in zip(asked.margin, (box.height, box.width) * 2, strict=True)
    )  # fmt: skip
    size_hw = box.height + top + bottom, box.width + left + right
    return Placement(1.0, float(left - box.left), float(top - box.top), size_hw)


def _moved(box: Box, size_hw: tuple[int, int], asked: Asked) -> Placement:
    position = asked.position or _share_of_room(box, size_hw)
    if asked.scale is not None:
        return fitted(box, fill=asked.scale, size_wh=size_hw[::-1], position_xy=position)
    left, top = (round(share * (whole - length)) for share, whole, length in zip(
        position, size_hw[::-1], (box.width, box.height), strict=True))  # fmt: skip
    return Placement(1.0, float(left - box.left), float(top - box.top), size_hw)


def _share_of_room(box: Box, size_hw: tuple[int, int]) -> tuple[float, float]:
    """Where the subject stands in its free room: what "original" is at another scale."""
    across, down = size_hw[1] - box.width, size_hw[0] - box.height
    return box.left / across if across else 0.5, box.top / down if down else 0.5


def _shadowed(cutout: Cutout, asked: Asked) -> Cutout:
    if asked.shadow is None:
        return cutout
    made = cutout.apply(shadow(asked.shadow, opacity=asked.shadow_opacity))
    assert isinstance(made, Cutout)
    return made


def _file(cutout: Cutout, behind: Image | None, asked: Asked, format: str) -> bytes:
    if asked.channels == "alpha" and format != "zip":  # a zip holds its two files always: clients open both
        return cutout.encode_alpha(format)
    ground = behind if behind is not None else (colours.as_picture(asked.colour) if asked.colour else None)
    result = cutout.flattened() if ground is None else cutout.over(ground)
    if format == "zip":
        opacity = np.ones(result.size_hw, np.float32) if result.opacity is None else result.opacity
        matte = replace(cutout, alpha=opacity, under=()).encode_alpha("png")
        return _zipped({"color.jpg": replace(result, opacity=None).encode("jpeg"), "alpha.png": matte})
    if format == "jpeg" and result.opacity is not None:
        result = Cutout(result.rgb, result.opacity, metadata=result.metadata).over("white")
    return result.encode(format)


def _zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:  # stored: pictures do not become smaller
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, ZIP_TIME), data)
    return stream.getvalue()


def _in_source(box: Box, source_hw: tuple[int, int], size_hw: tuple[int, int]) -> Box:
    """The box in pixels of the picture as it was sent."""
    down, across = (old / new for old, new in zip(source_hw, size_hw, strict=True))
    return Box(
        round(box.left * across), round(box.top * down),
        min(source_hw[1], round(box.right * across)), min(source_hw[0], round(box.bottom * down)),
    )  # fmt: skip
