"""A tar of pairs, written: it appears whole or not at all."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterable
from pathlib import Path

Files = Iterable[tuple[str, bytes]]  # (name, bytes)


def write_tar(into: Path, groups: Iterable[Files]) -> None:
    """groups: the files of each pair, taken one pair at a time. Raises OSError where there is no room."""
    aside = into.with_name(f".{into.name}.part")
    try:
        with tarfile.open(aside, "w") as tar:
            for files in groups:
                for name, data in files:
                    info = tarfile.TarInfo(name)
                    info.size = len(data)
                    tar.addfile(info, io.BytesIO(data))
        os.replace(aside, into)
    finally:
        aside.unlink(missing_ok=True)
