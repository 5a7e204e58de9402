"""What an effect does as a text, so that a film that is gone on with knows whether it is still the same one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from matteo.picture.image import Image


def told_of(name: str, values: Mapping[str, object]) -> str | None:
    """The name and the values: pictures by their pixels, files by their size and time of change. None where a value
    cannot be told again."""
    said = {key: _said(value) for key, value in sorted(values.items())}
    return None if None in said.values() else f"{name} " + " ".join(f"{key}={value}" for key, value in said.items())


def _said(value: Any) -> str | None:
    if isinstance(value, Image):
        parts = [value.rgb, *([] if value.opacity is None else [value.opacity])]
        return " ".join(str(_said(part)) for part in parts)
    if isinstance(value, np.ndarray):
        return f"{value.shape} {hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, (str, Path)):
        return _path_or_text(value)
    if isinstance(value, (tuple, list)):
        return _all([_said(one) for one in value])
    if isinstance(value, dict):
        return _all([f"{key}: {said}" if (said := _said(one)) else None for key, one in value.items()])
    return repr(value) if value is None or isinstance(value, (bool, int, float, Fraction)) else None


def _all(said: list[str | None]) -> str | None:
    texts = [one for one in said if one is not None]
    return f"[{', '.join(texts)}]" if len(texts) == len(said) else None


def _path_or_text(value: str | Path) -> str:
    try:
        facts = Path(value).stat() if Path(value).is_file() else None
    except (OSError, ValueError):  # too long for a path, or with a character that none has
        facts = None
    return repr(str(value)) if facts is None else f"{str(value)!r} {facts.st_size} {facts.st_mtime_ns}"
