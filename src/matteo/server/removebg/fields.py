"""A request of the dialect: every field, checked; what is empty counts as not given."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from matteo.server.body import Body, Upload, too_large
from matteo.server.refusal import Refusal
from matteo.server.removebg import colours
from matteo.server.removebg.lengths import (
    CENTRE,
    Length,
    Region,
    bad,
    parse_margin,
    parse_position,
    parse_roi,
    parse_scale,
)

MEGAPIXELS = {
    "preview": 0.25, "small": 0.25, "regular": 0.25, "medium": 1.5, "hd": 4.0, "full": 25.0, "4k": 25.0, "auto": 25.0,
    "50MP": 50.0,
}  # fmt: skip
MOST_PNG = 10.0  # megapixels of a result, whatever the size asked for
CHEAP = ("preview", "small", "regular")
FORMATS = {"auto": "auto", "png": "png", "jpg": "jpeg", "jpeg": "jpeg", "webp": "webp", "zip": "zip", "json": "auto"}
TYPES = (
    "auto", "person", "product", "car", "animal", "graphic", "graphics", "transportation", "other", "car_interior",
    "car_part",
)  # fmt: skip
LEVELS = ("none", "1", "2", "latest")
CHANNELS = ("rgba", "alpha")
SHADOWS = {
    "none": None, "auto": "contact", "car": "contact", "drop": "drop", "contact": "contact", "cast": "cast",
    "reflection": "reflection", "keep": "keep",
}  # fmt: skip
# What the network says a subject is, in the dialect's words.
KINDS = {"person": "person", "animal": "animal", "car": "car", "thing": "product"}
MISSING = "Please provide the source image in the image_url, image_file or image_file_b64 parameter."


@dataclass(frozen=True)
class Asked:
    """What a result is to be. Sources and backgrounds are kept apart, as they are still to be fetched and read."""

    size: str = "preview"
    format: str = "auto"
    level: str = "1"
    channels: str = "rgba"
    roi: Region | None = None
    crop: bool = False
    margin: tuple[Length, Length, Length, Length] | None = None
    scale: float | None = None
    position: tuple[float, float] | None = None
    colour: colours.Colour | None = None
    shadow: str | None = None
    shadow_opacity: float | None = None
    as_json: bool = False

    @property
    def credits(self) -> str:
        """What the result would have cost where it is sold."""
        return "0.25" if self.size in CHEAP else "1"


@dataclass(frozen=True)
class Sources:
    """image: bytes or an address. background: the same, or None."""

    image: bytes | str
    background: bytes | str | None = None


def asked(fields: Mapping[str, str], as_json: bool = False) -> Asked:
    """The fields' meaning. Refusal 400 with the field's code for a value that is none."""
    scale = parse_scale(fields["scale"].strip()) if "scale" in fields else None
    return Asked(
        size=_one_of(fields, "size", MEGAPIXELS, "preview"),
        format=FORMATS[_one_of(fields, "format", FORMATS, "auto")],
        level=_typed(fields),
        channels=_one_of(fields, "channels", CHANNELS, "rgba"),
        roi=parse_roi(fields["roi"]) if "roi" in fields else None,
        crop=_yes(fields, "crop"),
        margin=parse_margin(fields["crop_margin"]) if "crop_margin" in fields else None,
        scale=scale,
        position=parse_position(fields["position"].strip()) if "position" in fields else (CENTRE if scale else None),
        colour=colours.parse(fields["bg_color"].strip()) if "bg_color" in fields else None,
        shadow=_shadow(fields),
        shadow_opacity=_share(fields, "shadow_opacity"),
        as_json=as_json or fields.get("format", "").strip().lower() == "json",
    )


def sources(body: Body, most: int) -> Sources:
    """The picture and its background, exactly one and at most one. Refusal 400 else."""
    found = _given(body, "image_file", "image_file_b64", "image_url", most)
    if body.raw is not None:
        found.append(body.raw)
    if not found:
        raise Refusal(400, "No image given", "missing_source", MISSING)
    if len(found) > 1:
        raise Refusal(400, "Multiple image sources given", "multiple_sources", MISSING)
    behind = _given(body, "bg_image_file", "bg_image_file_b64", "bg_image_url", most)
    if len(behind) + ("bg_color" in body.fields) > 1:
        detail = "Give bg_color, bg_image_url or bg_image_file."
        raise Refusal(400, "Multiple background sources given", "multiple_bg_sources", detail)
    return Sources(found[0], behind[0] if behind else None)


def _given(body: Body, file: str, encoded: str, url: str, most: int) -> list[bytes | str]:
    uploads: list[Upload] = body.files.get(file, [])
    found: list[bytes | str] = [bytes(one.data) for one in uploads]
    if encoded in body.fields:
        found.append(decoded(body.fields[encoded], most))
    if url in body.fields:
        found.append(body.fields[url].strip())
    return found


def decoded(text: str, most: int) -> bytes:
    """The bytes of base64, with or without a data address's head. Refusal where it is none or too large."""
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(400, "Failed to read image", "failed_to_read_image", "image_file_b64 is no base64.") from None
    if len(data) > most:
        raise too_large(most)
    return data


def _one_of(fields: Mapping[str, str], name: str, known: Mapping[str, object] | tuple[str, ...], default: str) -> str:
    value = fields.get(name, default).strip()
    for one in known:
        if one.lower() == value.lower():
            return one
    raise bad(name)


def _typed(fields: Mapping[str, str]) -> str:
    """The hint is checked and no more: the network needs none."""
    _one_of(fields, "type", TYPES, "auto")
    _yes(fields, "semitransparency")
    return _one_of(fields, "type_level", LEVELS, "1")


def _yes(fields: Mapping[str, str], name: str) -> bool:
    value = fields.get(name, "false").strip().lower()
    if value not in ("true", "false", "1", "0", "yes", "no", "on", "off"):
        raise bad(name)
    return value in ("true", "1", "yes", "on")


def _shadow(fields: Mapping[str, str]) -> str | None:
    if "shadow_type" in fields:
        return SHADOWS[_one_of(fields, "shadow_type", SHADOWS, "none")]
    return "contact" if _yes(fields, "add_shadow") else None


def _share(fields: Mapping[str, str], name: str) -> float | None:
    if name not in fields:
        return None
    try:
        value = float(fields[name].strip().removesuffix("%"))
    except ValueError:
        raise bad(name) from None
    if not 0 <= value <= 100:
        raise bad(name)
    return value / 100
