"""What a film is, found by opening it and decoding its first picture."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from av.format import Flags
from av.video.frame import VideoFrame

from matteo.errors import UnreadablePicture, UnsupportedFormat
from matteo.picture.limits import Limits
from matteo.video.attached import is_cover
from matteo.video.colour import Colour, colour_of, depth_of
from matteo.video.mastering import Mastering, mastering_of
from matteo.video.media import OPTIONS, reading

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

NUMBER = re.compile(r"%(?:0(\d+))?d")  # the place of a number, and how many digits it has
RATE = Fraction(25)  # pictures a second where nothing says it
LENGTHLESS = "asf", "flv"  # where FFmpeg takes the file's duration for each stream's
INDEXED = "mov,", "matroska,"  # FFmpeg's names of MP4 and QuickTime, Matroska and WebM


@dataclass(frozen=True)
class Film:
    """The facts of a film.

    size_hw:   of its pictures as they are handed on, upright. pixel_aspect: a pixel's width by its height, upright.
    time_base: of its time stamps, in seconds. zero: the stamp, in seconds, at which the film begins.
    rate:      pictures a second, on average. frames: how many, as far as the file says; None where it does not.
    begins:    when the first picture is shown, s from the film's beginning: the sound may begin before.
    duration:  when the last picture ends, s from the film's beginning, as far as the file says; None where it does not.
    measured:  whether that is the pictures' own end; else it is the whole file's, whose sound may go on longer.
    turn:      what makes its pictures upright: quarter turns against the clock, then whether mirrored left to right.
    seekable:  whether it has an index and a stamp for every frame, so that a reading may begin anywhere.
    limits:    of numbered pictures, each of which is read by itself.
    depth:     8 or 16, bits of what is handed on; bits: the film's own. opacity: whether it has an alpha of its own.
    """

    path: Path
    size_hw: tuple[int, int]
    time_base: Fraction
    rate: Fraction
    zero: Fraction = Fraction(0)
    frames: int | None = None
    duration: Fraction | None = None
    pixel_aspect: Fraction = Fraction(1)
    turn: tuple[int, bool] = (0, False)
    colour: Colour = Colour()  # noqa: RUF009 (frozen)
    mastering: Mastering = Mastering()  # noqa: RUF009 (frozen)
    depth: int = 8
    bits: int = 8
    opacity: bool = False
    codec: str = ""
    timecode: str | None = None
    seekable: bool = True
    pictures: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    measured: bool = True
    begins: Fraction = Fraction(0)
    limits: Limits = Limits()  # noqa: RUF009 (frozen)

    @property
    def expected(self) -> int | None:
        """About how many frames there are."""
        if self.frames:
            return self.frames
        return max(1, round((self.duration - self.begins) * self.rate)) if self.duration else None


def is_pattern(path: Path) -> bool:
    """Whether a path stands for numbered pictures: frames/%06d.png. A "%" of other names means nothing (a%20b.mp4)."""
    return NUMBER.search(path.name) is not None and not path.is_file()


def open_film(path: Path, *, rate: Fraction | None = None, limits: Limits | None = None) -> Film:
    """The facts of a film, or of numbered pictures (frames/%06d.png) at `rate` pictures a second, 25 where None.

    UnreadablePicture where it is none, holds no pictures, or is damaged from its beginning. LimitExceeded where its
    pictures are larger than the limits allow.
    """
    if is_pattern(path):
        from matteo.video.numbered import numbered_film

        return numbered_film(path, rate or RATE, limits or Limits())
    with reading(path), av.open(str(path), metadata_errors="replace", options=OPTIONS) as container:
        stream = pictures_of(container, path)
        (limits or Limits()).check_size(str(path), stream.width, stream.height)
        first = _first(container, stream)
        if first is None:
            raise UnreadablePicture(f"{path}: there is no picture in it; it is empty or damaged")
        return _facts(path, container, stream, first)


def pictures_of(container: InputContainer, path: Path) -> VideoStream:
    """The stream of the film's pictures, ready to decode: the first that is no cover picture."""
    for stream in container.streams.video:
        if not is_cover(stream):
            if stream.codec_context is None:
                raise UnsupportedFormat(f"{path}: its pictures are of a kind that this build of PyAV cannot decode")
            stream.thread_type = "AUTO"
            return stream
    kinds = sorted({stream.type for stream in container.streams})
    raise UnreadablePicture(
        f"{path}: there are no pictures in it, only {' and '.join(kinds) or 'nothing'}; give a film"
    )


def pictures_in(stream: VideoStream) -> Callable[[Any], list[VideoFrame]]:
    """What makes pictures of the stream's packets, the last of which is empty. VP8 and VP9 with an alpha are for their
    own library, as FFmpeg's decoders leave that out."""
    name = {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(stream.codec_context.name)
    if name is None or said(stream.metadata, "alpha_mode") != "1" or name not in av.codecs_available:
        return lambda packet: packet.decode()
    decoder: Any = av.CodecContext.create(name, "r")
    return lambda packet: decoder.decode(packet if packet.size else None)


def _first(container: InputContainer, stream: VideoStream) -> VideoFrame | None:
    decode = pictures_in(stream)
    packets = (packet for packet in container.demux(stream) if packet.size or packet.dts is None)
    return next((picture for packet in packets for picture in decode(packet)), None)


def _facts(path: Path, container: InputContainer, stream: VideoStream, first: VideoFrame) -> Film:
    turn = turn_of(first)
    size_hw = (first.width, first.height) if turn[0] % 2 else (first.height, first.width)
    aspect = stream.sample_aspect_ratio or Fraction(1)
    bits = max(component.bits for component in first.format.components)
    rate = stream.average_rate or stream.guessed_rate or RATE
    base, zero = stream.time_base or Fraction(1, 90_000), _zero(container)
    notes = []
    if first.interlaced_frame:
        notes.append("the film is interlaced and is cut as it is; deinterlace it first for clean edges")
    if len([other for other in container.streams.video if not is_cover(other)]) > 1:
        notes.append("of several streams of pictures the first is taken")
    return Film(
        path, size_hw, base, Fraction(rate), zero, stream.frames or None,
        _duration(container, stream, zero), 1 / aspect if turn[0] % 2 and aspect else aspect or Fraction(1), turn,
        colour_of(first), mastering_of(first), depth_of(first.format), bits,
        any(c.is_alpha for c in first.format.components), stream.codec_context.name, _timecode(container, stream),
        container.format.name.startswith(INDEXED), measured=_own_end(container, stream, zero) is not None,
        notes=tuple(notes), begins=Fraction(0) if first.pts is None else max(Fraction(0), first.pts * base - zero),
    )  # fmt: skip


def turn_of(frame: VideoFrame) -> tuple[int, bool]:
    """Quarter turns against the clock, after a mirroring or none, that make a frame upright: of its display matrix,
    of which the first column says where its x axis goes (y is downwards)."""
    from av.sidedata.sidedata import Type

    side_data: Any = frame.side_data  # whose stubs know names only
    found = side_data.get(Type.DISPLAYMATRIX)
    if found is None:
        return 0, False
    a, b, _, c, d, *_ = np.frombuffer(bytes(found), np.int32).astype(float)
    mirrored = a * d - b * c < 0
    x, y = (-a, -b) if mirrored else (a, b)
    return round(np.arctan2(-y, x) / (np.pi / 2)) % 4, bool(mirrored)


def _zero(container: InputContainer) -> Fraction:
    """Where the film's clock begins: 0, but in what is cut out of a broadcast (MPEG-TS), whose clock runs on."""
    flags: Any = container.format.flags  # a number, whatever the stubs say
    if not flags & Flags.ts_discont.value:
        return Fraction(0)
    starts = [s.start_time * s.time_base for s in container.streams if s.start_time is not None and s.time_base]
    return min(starts, default=Fraction(0))


def _duration(container: InputContainer, stream: VideoStream, zero: Fraction) -> Fraction | None:
    whole = Fraction(container.duration, 1_000_000) if container.duration else None
    return _own_end(container, stream, zero) or whole


def _own_end(container: InputContainer, stream: VideoStream, zero: Fraction) -> Fraction | None:
    """Of the pictures, on the film's clock; None where the file says nothing of them alone."""
    if stream.duration and stream.time_base and not container.format.name.startswith(LENGTHLESS):
        begin = zero if stream.start_time is None else stream.start_time * stream.time_base
        return begin - zero + stream.duration * stream.time_base
    said = stream.metadata.get("DURATION", "")  # Matroska's, in truth the end, as FFmpeg has it: 00:00:09.576000000
    try:
        hours, minutes, seconds = said.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)
    except ValueError:
        return None


def _timecode(container: InputContainer, stream: VideoStream) -> str | None:
    everywhere = (stream.metadata, container.metadata, *(other.metadata for other in container.streams))
    return next((code for found in everywhere if (code := said(found, "timecode"))), None)


def said(metadata: Mapping[str, str], name: str) -> str | None:
    """A tag, however it is written: Matroska has TIMECODE, QuickTime timecode."""
    return next((value for key, value in metadata.items() if key.lower() == name), None)
