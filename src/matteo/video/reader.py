"""A film's frames in turn, upright, in straight RGB, with the time stamps that they have in the film."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

import av
import numpy as np

from matteo.errors import UnreadablePicture, UsageError
from matteo.picture.image import Image
from matteo.video.colour import to_image
from matteo.video.film import Film, pictures_in, pictures_of, turn_of
from matteo.video.frame import Frame
from matteo.video.media import OPTIONS, complete, reading

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

    Pixels = TypeVar("Pixels", bound=NDArray[np.generic])

SHORT_BY = Fraction(1, 2)  # second: a film that ends so much before the end it names is a truncated one
SET_BACK = 1  # second by which a clock may go back before it is taken for a new one
# Seconds before the aim at which a reading tries to begin: a container with an index finds the key frame, but for one
# whose first pictures need others before it; of a stream without one the key frame is somewhere before.
RUN_UPS = {True: (0, 10), False: (3, 30)}


def frames(
    film: Film, *, start: Fraction | None = None, end: Fraction | None = None, after: Frame | None = None
) -> Iterator[Frame]:
    """The frames whose time is in [start, end), in seconds from the film's beginning.

    after: go on behind this frame of an earlier reading (its image is not looked at).
    UnreadablePicture where the film is damaged, ends too early, or changes the size of its pictures, with the time.
    """
    if start is not None and end is not None and end <= start:
        raise UsageError(f"the end ({float(end):g} s) is not after the start ({float(start):g} s)")
    if film.pictures:
        from matteo.video.numbered import numbered_frames

        yield from numbered_frames(film, start, end, after)
        return
    index = 0 if after is None else after.index + 1
    for stamp, picture in _wanted(film, start, end, after):
        time = stamp * film.time_base - film.zero
        if end is not None and time >= end:
            return
        yield Frame(_upright(picture, film, time), time, index, (picture.duration or 0) * film.time_base)
        index += 1


def _wanted(
    film: Film, start: Fraction | None, end: Fraction | None, after: Frame | None
) -> Iterator[tuple[int, VideoFrame]]:
    """Decoded frames with their time stamps from the first that is wanted."""
    first = None if start is None else (start + film.zero) / film.time_base
    last = None if after is None or not film.seekable else (after.time + film.zero) / film.time_base
    passed = 0 if after is None or film.seekable else after.index + 1  # where no stamp is sure, frames are counted
    with reading(film.path):
        for stamp, picture in _sought(film, last if last is not None else first, end):
            if (first is not None and stamp < first) or (last is not None and stamp <= last):
                continue
            if passed:
                passed -= 1
                continue
            yield stamp, picture


def _sought(film: Film, aim: Fraction | None, end: Fraction | None) -> Iterator[tuple[int, VideoFrame]]:
    """Frames from a key frame before the aim on; from the very first where the file cannot be sought in."""
    for run_up in RUN_UPS[film.seekable] if aim is not None else ():
        target = int((aim or 0) - run_up / film.time_base)
        if target * film.time_base <= film.zero:
            break
        with _opened(film) as (container, stream):
            if (pictures := _from(film, container, stream, target, aim or 0)) is not None:
                yield from _held(film, _stamped(film, pictures, end), end)
                return
    with _opened(film) as (container, stream):
        yield from _held(film, _stamped(film, _decoded(film, container, stream), end), end)


@contextmanager
def _opened(film: Film) -> Iterator[tuple[InputContainer, VideoStream]]:
    with av.open(str(film.path), metadata_errors="replace", options=OPTIONS) as container:
        yield container, pictures_of(container, film.path)


def _from(
    film: Film, container: InputContainer, stream: VideoStream, target: int, aim: Fraction | int
) -> Iterator[VideoFrame] | None:
    """The frames from about the target on; None where they cannot be had or begin behind the aim."""
    try:
        container.seek(target, stream=stream)
        pictures = _decoded(film, container, stream)
        first = next(pictures, None)
    except (av.FFmpegError, UnreadablePicture):  # what is damaged is said by who reads from the beginning
        return None
    known = first is not None and first.pts is not None and first.pts <= aim
    return chain([first], pictures) if known and first is not None else None


def _stamped(film: Film, pictures: Iterable[VideoFrame], end: Fraction | None) -> Iterator[tuple[int, VideoFrame]]:
    """Frames with stamps that only grow: one that is missing or not later than the last is made so, and where the
    clock is set back (recordings put one behind the other) it goes on."""
    usual = max(1, round(1 / film.rate / film.time_base))
    stamp, length, ahead = None, usual, 0
    for picture in pictures:
        said = None if picture.pts is None else picture.pts + ahead
        if stamp is None:
            stamp = 0 if said is None else said
        elif said is None:
            stamp += length
        elif (stamp - said) * film.time_base > SET_BACK:
            ahead += stamp + length - said
            stamp += length
        else:
            stamp = max(said, stamp + 1)
        length = picture.duration or usual
        yield stamp, picture
    _check_end(film, stamp, length, end)


def _held(
    film: Film, shown: Iterator[tuple[int, VideoFrame]], end: Fraction | None
) -> Iterator[tuple[int, VideoFrame]]:
    """The same, the last of them up to the end that the film says: what the file has of that one picture may be how
    long it was to be decoded (MP4), or nothing (Matroska)."""
    last = None
    try:
        for now in shown:
            if last is not None:
                yield last
            last = now
    except UnreadablePicture:  # said behind the last picture that is there
        if last is not None:
            yield last
        raise
    if last is None:
        return
    stamp, picture = last
    if film.seekable and film.measured and film.duration is not None:
        ends = film.duration if end is None else min(end, film.duration)
        picture.duration = max(picture.duration or 0, round((ends + film.zero) / film.time_base) - stamp)
    yield last


def _decoded(film: Film, container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    last, decode = None, pictures_in(stream)
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            empty = packet is not None and not packet.size and packet.dts is not None  # Theora: as it was before
            pictures = [] if packet is None or empty else decode(packet)
        except av.FFmpegError as error:
            if isinstance(error, EOFError):
                return
            at = Fraction(0) if last is None else last * film.time_base - film.zero
            raise UnreadablePicture(
                f"{film.path}: damaged near {float(at):.2f} s ({error.strerror}); repair it, or take the part before "
                f"with --end {float(at):.2f}"
            ) from error
        if packet is None:
            return
        for picture in pictures:
            last = picture.pts if picture.pts is not None else last
            yield picture


def _check_end(film: Film, stamp: int | None, length: int, end: Fraction | None) -> None:
    if stamp is None:
        raise UnreadablePicture(f"{film.path}: there is no picture in it; it is empty or damaged")
    if film.duration is None:
        return
    ends = (stamp + length) * film.time_base - film.zero
    wanted = film.duration if end is None else min(end, film.duration)
    slack = SHORT_BY + 3 / film.rate
    if wanted - ends <= slack or (not film.measured and wanted - _sound_ends(film) <= slack):
        return
    if film.seekable and complete(film.path) and _packets_end(film) <= stamp:
        return  # its last picture is held
    raise UnreadablePicture(
        f"{film.path}: its pictures end at {float(ends):.2f} s of {float(film.duration):.2f} s: it is truncated; "
        f"get the whole, or take what is there with --end {float(ends):.2f}"
    )


def _packets_end(film: Film) -> int:
    """The stamp of the last packet of the pictures, whether it can be decoded or not."""
    with _opened(film) as (container, stream):
        return max(
            (packet.pts for packet in container.demux(stream) if packet.size and packet.pts is not None), default=0
        )


def _sound_ends(film: Film) -> Fraction:
    """When the last packet of any sound ends, s: a file whose sound goes on to its end is whole."""
    ends = film.zero
    with av.open(str(film.path), metadata_errors="replace", options=OPTIONS) as container:
        for packet in container.demux(container.streams.audio) if container.streams.audio else ():
            if packet.pts is not None and packet.time_base is not None:
                ends = max(ends, (packet.pts + (packet.duration or 0)) * packet.time_base)
    return ends - film.zero


def _upright(picture: VideoFrame, film: Film, time: Fraction) -> Image:
    quarters, mirrored = turn_of(picture) if film.turn != (0, False) else film.turn
    size_hw = (picture.width, picture.height) if quarters % 2 else (picture.height, picture.width)
    if size_hw != film.size_hw:
        raise UnreadablePicture(
            f"{film.path}: its pictures change from {film.size_hw[1]} x {film.size_hw[0]} to {size_hw[1]} x "
            f"{size_hw[0]} at {float(time):.2f} s; cut the two parts apart with --end {float(time):.2f} and --start "
            f"{float(time):.2f}"
        )
    image = to_image(picture, film.colour)
    opacity = None if image.opacity is None else turned(image.opacity, quarters, mirrored)
    return Image(turned(image.rgb, quarters, mirrored), opacity, format="film")


def turned(pixels: Pixels, quarters: int, mirrored: bool) -> Pixels:
    """H x W or H x W x C, mirrored left to right or not, then turned against the clock."""
    if mirrored:
        pixels = pixels[:, ::-1]  # type: ignore[assignment]
    return np.ascontiguousarray(np.rot90(pixels, quarters))  # type: ignore[return-value]
