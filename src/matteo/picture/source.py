"""From what a caller hands in to bytes and a name for messages, or to a clear error."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from matteo.errors import UnreadablePicture, UsageError
from matteo.picture.limits import Limits

if TYPE_CHECKING:
    import PIL.Image
    from numpy.typing import NDArray

Source: TypeAlias = (
    "str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | PIL.Image.Image | NDArray[Any]"
)


CHUNK = 1 << 20


class Named(io.BytesIO):
    """Bytes that errors can call by name."""

    def __init__(self, name: str, data: bytes) -> None:
        super().__init__(data)
        self.name = name


def load(source: object, limits: Limits) -> tuple[bytes, str]:
    """The bytes of a path, of bytes or of a binary file object, at most `limits.bytes`, and a name for messages."""
    if isinstance(source, (str, os.PathLike)):
        return _load_path(Path(source), limits), str(source)
    if isinstance(source, (bytes, bytearray, memoryview)):
        name = "the picture given as bytes"
        limits.check_bytes(name, memoryview(source).nbytes)
        return _filled(bytes(source), name), name
    return _load_stream(source, limits)


def _load_path(path: Path, limits: Limits) -> bytes:
    if path.is_dir():
        raise UnreadablePicture(f"{path}: is a folder; name a picture in it, or give an output folder with -o")
    try:
        with path.open("rb") as file:
            limits.check_bytes(str(path), os.fstat(file.fileno()).st_size)
            data = read_at_most(file.read, limits.bytes + 1)
    except FileNotFoundError:
        raise missing(path) from None
    except PermissionError:
        raise UnreadablePicture(f"{path}: no right to read it; change its permissions") from None
    except (OSError, ValueError) as error:
        raise UnreadablePicture(f"{path}: cannot be read ({_reason(error)}); check the disk or copy it anew") from error
    limits.check_bytes(str(path), len(data))
    return _filled(data, str(path))


def missing(path: Path) -> UnreadablePicture:
    """What is said of a path where there is nothing."""
    if str(path).startswith(("http:", "https:")):
        return UnreadablePicture(f"{path}: addresses are not fetched; download the picture first")
    return UnreadablePicture(f"{path}: no such file; check the name and the folder")


def _load_stream(source: object, limits: Limits) -> tuple[bytes, str]:
    name = str(getattr(source, "name", "the picture given as a file object"))
    reader = getattr(source, "read", None)
    if reader is None:
        raise UsageError(
            f"a picture cannot be read from {type(source).__name__}; "
            "give a path, bytes, a binary file object, a PIL image or a numpy array"
        )
    try:
        data = read_at_most(reader, limits.bytes + 1, name)
    except UsageError:
        raise
    except (OSError, ValueError) as error:
        raise UnreadablePicture(f"{name}: cannot be read ({_reason(error)}); open it anew") from error
    limits.check_bytes(name, len(data))
    return _filled(data, name), name


def read_at_most(read: Callable[[int], object], most: int, name: str = "") -> bytes:
    """All that `read` gives, or its first `most` bytes, in pieces: asked for a GiB at once Python sets that aside."""
    parts: list[bytes] = []
    left = most
    while left > 0:
        part = read(min(left, CHUNK))
        if part is None:
            raise UsageError(f"{name}: has nothing to read as yet; open it in blocking mode")
        if not isinstance(part, bytes):
            raise UsageError(f'{name}: opened as text; open it as binary, open(path, "rb")')
        if not part:
            break
        parts.append(part)
        left -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _filled(data: bytes, name: str) -> bytes:
    if not data:
        raise UnreadablePicture(f"{name}: is empty (0 bytes); fetch or export it again")
    return data


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error).splitlines()[0]
