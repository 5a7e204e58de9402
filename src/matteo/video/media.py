"""The door to PyAV: that it is installed, its errors in matteo's words, and whether a file is there to its end."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

from matteo.errors import MatteoError, MissingExtra, OutputError, UnreadablePicture

INSTALL = 'films need PyAV: pip install "matteo[video]"'
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


# What is opened, whatever a file is called: containers of films. Playlists and scripts (HLS, DASH, concat) are none, as
# they name other files and addresses, which a stranger's film must not do.
CONTAINERS = "mov,matroska,avi,mpegts,mpeg,flv,ogg,gif,apng,asf,mxf,h264,hevc,obu,ivf,nut,m4v,mpegvideo,wtv,dv,rm"
OPTIONS = {"format_whitelist": CONTAINERS, "protocol_whitelist": "file"}
EBML, SEGMENT = 0x1A45DFA3, 0x18538067  # what Matroska and WebM begin with, and what holds all the rest


def need_av() -> None:
    """MissingExtra where PyAV is not installed."""
    if find_spec("av") is None:
        raise MissingExtra(INSTALL)


@contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """PyAV's errors as UnreadablePicture that names the file."""
    import av

    try:
        yield
    except MatteoError:
        raise
    except FileNotFoundError as error:
        raise UnreadablePicture(f"{path}: no such file; check the path") from error
    except (PermissionError, IsADirectoryError) as error:
        raise UnreadablePicture(
            f"{path}: cannot be read ({error.strerror}); check what it is and your rights"
        ) from error
    except av.FFmpegError as error:
        raise UnreadablePicture(
            f"{path}: is no film that can be read ({error.strerror or error}); it may be damaged, or of another kind"
        ) from error


@contextmanager
def writing(path: Path | str) -> Iterator[None]:
    """PyAV's errors and the system's as OutputError that names the file and the remedy."""
    import av

    try:
        yield
    except (av.FFmpegError, OSError) as error:
        full = error.errno in _FULL
        what = "the disk is full" if full else (error.strerror or str(error))
        remedy = "make room and run it again: it goes on where it was" if full else "give another output"
        raise OutputError(f"{path}: cannot be written ({what}); {remedy}") from error


def complete(path: Path) -> bool:
    """Whether the parts of a Matroska, WebM, MP4 or QuickTime file lie one behind the other up to its very end, as they
    do in what was written and fetched whole. False where the file does not say it, and for other kinds."""
    size = path.stat().st_size
    with path.open("rb") as file:
        return _elements_reach(file, size) if _number(file) == EBML else _boxes_reach(file, size)


def _elements_reach(file: BinaryIO, size: int) -> bool:
    """Of Matroska, behind its first ID (RFC 8794: an ID and a length before each element)."""
    length = _number(file, length=True)
    if length is None:
        return False
    file.seek(length, os.SEEK_CUR)
    found, length = _number(file), _number(file, length=True)
    if found != SEGMENT or length is None or file.tell() + length > size:
        return False
    end = file.tell() + length
    while file.tell() < end:
        if _number(file) is None or (length := _number(file, length=True)) is None:
            return False
        file.seek(length, os.SEEK_CUR)
    return file.tell() == end


def _number(file: BinaryIO, *, length: bool = False) -> int | None:
    """Of EBML: as many bytes as the first has leading zeros, and one; a length is what lies behind the first 1. None
    where there is none, or of a length that is not known, whose bits are all 1."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    count = 9 - first[0].bit_length()
    data = first + file.read(count - 1)
    value, most = int.from_bytes(data, "big"), (1 << 7 * count) - 1
    if len(data) < count or (length and value & most == most):
        return None
    return value & most if length else value


def _boxes_reach(file: BinaryIO, size: int) -> bool:
    """Of MP4 and QuickTime, but for one in fragments, any of which may be the last."""
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:], "big")
        if length < 8 or head[4:8] == b"moof":
            return False
        at += length
    return 0 < at == size


@contextmanager
def same_priority() -> Iterator[None]:
    """The thread's scheduling class is after it what it was: as root, SVT-AV1 makes the thread that opens an encoder a
    real-time one, and all that it starts later (a browser, a service) would starve the machine."""
    if not hasattr(os, "sched_getscheduler"):  # only on Linux
        yield
        return
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        if os.sched_getscheduler(0) != policy:
            os.sched_setscheduler(0, policy, parameters)
