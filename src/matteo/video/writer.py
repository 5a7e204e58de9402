"""Pictures into one file of one codec: a segment of a film. What time they are shown comes later, when segments are
joined: here they are only counted, so that no container's clock can round a time stamp."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from matteo.errors import UsageError
from matteo.picture.image import Image
from matteo.video.bleed import bled
from matteo.video.colour import Colour, to_frame
from matteo.video.formats import CODECS, NARROW, Codec
from matteo.video.mastering import Mastering
from matteo.video.media import same_priority, writing


@dataclass(frozen=True)
class Plan:
    """How pictures are written. codec: a key of CODECS. transparent: with their opacity.

    deep: of 16 bits, where the codec holds more than 8. pixel_aspect, rate: for the file's header and the encoder.
    """

    codec: str
    quality: str = "good"
    transparent: bool = False
    deep: bool = False
    colour: Colour = Colour()  # noqa: RUF009 (frozen)
    mastering: Mastering = Mastering()  # noqa: RUF009 (frozen)
    pixel_aspect: Fraction = Fraction(1)
    rate: Fraction = Fraction(25)
    threads: int = 0

    @property
    def how(self) -> Codec:
        return CODECS[self.codec]

    @property
    def multiples(self) -> tuple[int, int]:
        """What height and width must be multiples of."""
        return self.how.multiples.get(self.transparent, (1, 1))


@dataclass
class SegmentWriter:
    """Writes one segment. Every picture has the size of the first: UsageError for another."""

    path: Path
    plan: Plan
    count: int = 0
    _size_hw: tuple[int, int] | None = None
    _container: Any = field(default=None, repr=False)
    _stream: Any = field(default=None, repr=False)

    def write(self, image: Image) -> None:
        """Add a picture; its opacity is dropped where the plan is not transparent."""
        image = to_multiples(image, self.plan.multiples)
        if self._container is None:
            self._open(image)
        elif image.size_hw != self._size_hw:
            raise UsageError(
                f"the effects give pictures of changing size ({self._size_hw} and {image.size_hw}, height and width), "
                "and a film has one: give --size, or leave out what crops to the subject"
            )
        alpha = image.opacity if self.plan.transparent else None
        rgb = bled(image.rgb, alpha) if alpha is not None and self.plan.how.lossy else image.rgb
        frame = to_frame(rgb, alpha, self._stream.pix_fmt, self.plan.colour)
        frame.pts, frame.time_base = self.count, 1 / self.plan.rate
        self.count += 1
        with writing(self.path), same_priority():
            self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Finish the file. Without this it is not to be used."""
        if self._container is not None:
            with writing(self.path), same_priority():
                self._container.mux(self._stream.encode(None))
                self._container.close()
                self._container = None

    def abandon(self) -> None:
        """Close what is open, whatever it holds."""
        if self._container is not None:
            with contextlib.suppress(av.FFmpegError, OSError):  # the disk that was full still is
                self._container.close()
            self._container = None

    def _open(self, image: Image) -> None:
        os.environ.setdefault("SVT_LOG", "1")  # errors only: its AV1 encoder tells its settings at every segment
        self._size_hw = image.size_hw
        how, plan = self.plan.how, self.plan
        options = {**how.always, **how.options.get(plan.quality, {}), **(how.with_alpha if plan.transparent else {})}
        narrow = how.narrow if image.size_hw[1] < NARROW else {}
        for name, told in (*narrow.items(), *plan.mastering.options(how.encoder).items()):
            options[name] = f"{options[name]}:{told}" if name in options else told
        with writing(self.path):
            self._container = av.open(str(self.path), "w", format=how.segment)
            stream = self._stream = self._container.add_stream(how.encoder, rate=plan.rate, options=options)
            stream.height, stream.width = image.size_hw
            stream.pix_fmt = how.format(plan.deep, plan.transparent)
            context = stream.codec_context
            context.time_base, context.sample_aspect_ratio = 1 / plan.rate, plan.pixel_aspect
            context.thread_count = plan.threads
            colour = plan.colour
            context.color_primaries, context.color_trc = colour.primaries, colour.transfer
            if not av.VideoFormat(stream.pix_fmt).is_rgb:
                context.colorspace, context.color_range = colour.matrix, colour.range


def to_multiples(image: Image, of: tuple[int, int]) -> Image:
    """The picture with sides that are multiples of so much: its last row or column stands there again."""
    import numpy as np

    more = tuple((0, -n % multiple) for n, multiple in zip(image.size_hw, of, strict=True))
    if not any(after for _, after in more):
        return image
    opacity = None if image.opacity is None else np.pad(image.opacity, more, mode="edge")
    rgb: Any = np.pad(image.rgb, (*more, (0, 0)), mode="edge")
    return Image(rgb, opacity, image.metadata, image.format, image.notes)
