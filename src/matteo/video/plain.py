"""Plain values (numbers, texts, arrays, tuples, lists, dicts, dataclasses of matteo) as bytes and back, without pickle:
what a film that is gone on with has to remember."""

from __future__ import annotations

import dataclasses
import io
import json
from fractions import Fraction
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray


def to_bytes(value: object) -> bytes:
    """TypeError for what is not plain."""
    arrays: dict[str, NDArray[Any]] = {}
    text = json.dumps(_told(value, arrays))
    stream = io.BytesIO()
    np.savez_compressed(stream, text=np.frombuffer(text.encode(), np.uint8), **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def from_bytes(data: bytes) -> Any:
    """The value again, equal in all its arrays. Classes other than dataclasses of matteo are refused."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return _made(json.loads(arrays["text"].tobytes()), arrays)


def _told(value: object, arrays: dict[str, NDArray[Any]]) -> object:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        key = f"a{len(arrays)}"
        arrays[key] = np.asarray(value)
        return {"array": key}
    if isinstance(value, Fraction):
        return {"fraction": str(value)}
    if isinstance(value, (tuple, list)) and type(value) in (
        tuple,
        list,
    ):  # no other kind of tuple, as it would come back as a plain one
        return {type(value).__name__: [_told(item, arrays) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[_told(key, arrays), _told(item, arrays)] for key, item in value.items()]}
    if dataclasses.is_dataclass(value) and type(value).__module__.startswith("matteo."):
        fields = {field.name: _told(getattr(value, field.name), arrays) for field in dataclasses.fields(value)}
        return {"class": f"{type(value).__module__}:{type(value).__qualname__}", "fields": fields}
    raise TypeError(
        f"{type(value).__name__} is no plain value; a memory is made of numbers, texts, arrays and dataclasses"
    )


def _made(told: Any, arrays: Any) -> Any:
    if not isinstance(told, dict):
        return told
    if "array" in told:
        return arrays[told["array"]]
    if "fraction" in told:
        return Fraction(told["fraction"])
    if "tuple" in told or "list" in told:
        items = [_made(item, arrays) for item in told["tuple" if "tuple" in told else "list"]]
        return tuple(items) if "tuple" in told else items
    if "dict" in told:
        return {_made(key, arrays): _made(item, arrays) for key, item in told["dict"]}
    module, _, name = told["class"].partition(":")
    found = getattr(import_module(module), name) if module.startswith("matteo.") else None
    if not (isinstance(found, type) and dataclasses.is_dataclass(found)):
        raise TypeError(f"{told['class']} is no dataclass of matteo")
    return found(**{field: _made(item, arrays) for field, item in told["fields"].items()})
