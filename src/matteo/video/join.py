"""Segments into one film, without encoding again: their packets in turn, with the time stamps that the source's frames
had, and beside them its sound, subtitles, chapters, cover, attached files and metadata."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av

from matteo.video.attached import attach
from matteo.video.film import Film, pictures_of
from matteo.video.formats import Container
from matteo.video.manifest import Segment
from matteo.video.media import OPTIONS, reading, writing
from matteo.video.sound import Part, Timed, packets_of, tags, tracks
from matteo.video.timecode import later
from matteo.video.writer import Plan

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer

BOXED = "mp4", "mov"


def join(
    target: Path, container: Container, plan: Plan, film: Film, files: Sequence[Path], segments: Sequence[Segment],
    part: tuple[Fraction | None, Fraction | None], *, sound: bool = True,
) -> list[str]:  # fmt: skip
    """Write the film whose pictures are in `files`; what is to be said of it.

    part: start and end in seconds from the film's beginning, as they were asked for. sound: with all that is beside
    the pictures; a matte has none.
    """
    stamps = [stamp for segment in segments for stamp in segment.stamps]
    first = Fraction(stamps[0]) * film.time_base if part[0] is not None else film.zero
    ends = Fraction(segments[-1].end) * film.time_base
    kept = Part(None if part[0] is None else first, None if part[1] is None else ends, first)
    options = dict(container.options)
    if container.muxer in BOXED:
        options["video_track_timescale"] = str(film.time_base.denominator)
    with writing(target), av.open(str(target), "w", format=container.muxer, options=options) as out:
        made = _pictures(out, files[0], plan, film)
        pictures = _timed(made, files, segments, film, first)
        if container.muxer in BOXED:
            pictures = _lasting(pictures, ends - first)
        if film.pictures or not sound:
            for _, packet in pictures:
                out.mux(packet)
            return []
        with av.open(str(film.path), metadata_errors="replace", options=OPTIONS) as source:
            found, notes = tracks(source, out, container)
            covers, left = attach(film.path, out, container)
            _describe(source, out, made, container, film, kept)
            for packet in covers:
                out.mux(packet)
            for _, packet in heapq.merge(pictures, _guarded(packets_of(source, found, kept), film), key=_when):
                out.mux(packet)
    return [*notes, *left, *(note for track in found for note in track.notes)]


def _pictures(out: OutputContainer, first: Path, plan: Plan, film: Film) -> Any:
    """The stream of the pictures, as the first segment has it."""
    with av.open(str(first)) as segment:
        made: Any = out.add_stream_from_template(segment.streams.video[0], opaque=True)
    made.time_base = film.time_base
    made.codec_context.sample_aspect_ratio = plan.pixel_aspect
    if plan.how.tag and out.format.name in BOXED:
        made.codec_context.codec_tag = plan.how.tag
    if plan.transparent and plan.codec == "vp9":
        made.metadata["alpha_mode"] = "1"
    return made


def _timed(
    made: Any, files: Sequence[Path], segments: Sequence[Segment], film: Film, shift: Fraction
) -> Iterator[Timed]:
    """The packets with their stamps. In a segment they only count; the order of the counts is that of the stamps."""
    stamps = [stamp for segment in segments for stamp in segment.stamps]
    ticks = round(shift / film.time_base)
    delay = _delay(files, segments)
    usual = stamps[1] - stamps[0] if len(stamps) > 1 else segments[-1].end - stamps[0]
    done = 0
    for file, segment in zip(files, segments, strict=True):
        ranks = _ranks(file)
        with av.open(str(file)) as container:
            packets: Any = (packet for packet in container.demux(video=0) if packet.size)
            for number, (packet, rank) in enumerate(zip(packets, ranks, strict=True)):
                place = done + number
                shown = done + rank
                end = stamps[shown + 1] if shown + 1 < len(stamps) else segments[-1].end
                decoded = stamps[place - delay] if place >= delay else stamps[0] - (delay - place) * usual
                packet.time_base = film.time_base
                packet.pts, packet.dts = stamps[shown] - ticks, decoded - ticks
                packet.duration = end - stamps[shown]
                packet.stream = made
                yield Fraction(packet.dts) * film.time_base, packet
        done += len(segment.stamps)


def _lasting(pictures: Iterator[Timed], end: Fraction) -> Iterator[Timed]:
    """The same for MP4 and QuickTime, which have no lengths of pictures but steps of the clock of decoding: the sum of
    them, and so the last, says how long the film is."""
    ahead, last = Fraction(0), None  # by how much decoding is before showing, where it begins
    for time, packet in pictures:
        if last is None:
            ahead = _shown(packet) - time
        else:
            yield last
        last = time, packet
    if last is not None:
        time, packet = last
        length = min(end - _shown(packet), end - time - ahead)
        packet.duration = max(1, round(length / packet.time_base))
        yield last


def _shown(packet: Any) -> Fraction:
    return Fraction(packet.pts * packet.time_base)


def _ranks(file: Path) -> list[int]:
    """For each packet of a segment, in the order of decoding, which picture it shows."""
    with av.open(str(file)) as container:
        stamps = [packet.pts or 0 for packet in container.demux(video=0) if packet.size]
    order = sorted(range(len(stamps)), key=stamps.__getitem__)
    ranks = [0] * len(stamps)
    for rank, number in enumerate(order):
        ranks[number] = rank
    return ranks


def _delay(files: Sequence[Path], segments: Sequence[Segment]) -> int:
    """By how many pictures decoding has to be ahead of showing."""
    return max(max(number - rank for number, rank in enumerate(_ranks(file))) for file in files)


def _describe(
    source: InputContainer, out: OutputContainer, made: Any, container: Container, film: Film, part: Part
) -> None:
    """Chapters, metadata and time code."""
    out.metadata.update(tags(dict(source.metadata)))
    made.metadata.update(tags(dict(pictures_of(source, film.path).metadata)))
    if film.timecode:  # a tag in Matroska and WebM, in QuickTime and MP4 a track, whose rate the writer has to know
        made.codec_context.framerate = film.rate
        begin = Fraction(0) if part.start is None else part.start - film.zero
        made.metadata["timecode"] = later(film.timecode, begin, film.rate)
    if container.chapters:
        out.set_chapters([found for chapter in source.chapters() if (found := _moved(chapter, part))])


def _moved(chapter: Any, part: Part) -> Any:
    base = chapter["time_base"] or Fraction(1, 1000)
    begin, end = chapter["start"] * base, chapter["end"] * base
    if (part.start is not None and end <= part.start) or (part.end is not None and begin >= part.end):
        return None
    begin = begin if part.start is None else max(begin, part.start)
    end = end if part.end is None else min(end, part.end)
    return {**chapter, "start": round((begin - part.shift) / base), "end": round((end - part.shift) / base)}


def _guarded(packets: Iterator[Timed], film: Film) -> Iterator[Timed]:
    """What is wrong with the source's sound is the source's fault, not the output's."""
    with reading(film.path):
        yield from packets


def _when(timed: Timed) -> Fraction:
    return timed[0]
