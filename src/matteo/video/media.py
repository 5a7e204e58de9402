"""The door to PyAV: that it is installed, and its errors in matteo's words."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from matteo.errors import MatteoError, MissingExtra, OutputError, UnreadablePicture

INSTALL = 'films need PyAV: pip install "matteo[video]"'
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


# What is opened, whatever a file is called: containers of films. Playlists and scripts (HLS, DASH, concat) are none, as
# they name other files and addresses, which a stranger's film must not do.
CONTAINERS = "mov,matroska,avi,mpegts,mpeg,flv,ogg,gif,apng,asf,mxf,h264,hevc,obu,ivf,nut,m4v,mpegvideo,wtv,dv,rm"
OPTIONS = {"format_whitelist": CONTAINERS, "protocol_whitelist": "file"}


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
