"""One call, one picture: `remove` and `alpha`, with one network kept for the whole process."""

from __future__ import annotations

import threading
from pathlib import Path

from matteo.models.table import DEFAULT
from matteo.picture.cutout import Cutout
from matteo.picture.image import Alpha
from matteo.picture.read import Source
from matteo.remover import Remover

_removers: dict[str, Remover] = {}
_lock = threading.Lock()


def remove(source: Source, *, model: str | Path = DEFAULT, bgr: bool = False, keep_hidden: bool = False) -> Cutout:
    """The subject of one picture, without its background; see `Remover.remove` for the arguments.

    The network is loaded at the first call and kept, so that a loop over this is no slower than one `Remover`.
    """
    return _remover(model).remove(source, bgr=bgr, keep_hidden=keep_hidden)


def alpha(source: Source, *, model: str | Path = DEFAULT, bgr: bool = False) -> Alpha:
    """The matte alone: H x W float32 in [0, 1]."""
    return _remover(model).alpha(source, bgr=bgr)


def _remover(model: str | Path) -> Remover:
    with _lock:
        if str(model) not in _removers:
            _removers[str(model)] = Remover(model)
        return _removers[str(model)]
