"""How large a picture may be. The reader checks it before it decodes, so no caller can forget it."""

from __future__ import annotations

from dataclasses import dataclass

from matteo.errors import LimitExceeded


@dataclass(frozen=True)
class Limits:
    """Bounds on one input, known from its header. Of an animation only the first frame is ever decoded.

    pixels: width times height.
    bytes:  size of the file as it lies on disk or comes through a pipe.
    """

    pixels: int = 200_000_000
    bytes: int = 1 << 30

    def check_size(self, name: str, width: int, height: int) -> None:
        """Raise LimitExceeded for a picture of more than `pixels`."""
        if width * height > self.pixels:
            raise LimitExceeded(
                f"{name}: {width} x {height} is {width * height / 1e6:.4g} megapixels, more than the limit of "
                f"{self.pixels / 1e6:g}; raise it (--max-megapixels, Limits(pixels=…)) if you trust this file"
            )

    def check_bytes(self, name: str, count: int) -> None:
        """Raise LimitExceeded for a file of more than `bytes`."""
        if count > self.bytes:
            raise LimitExceeded(
                f"{name}: the file is larger than the limit of {self.bytes / 2**20:g} MiB; "
                "raise the limit (Limits(bytes=…)) if you trust this file"
            )
