"""What a film has beside its pictures: sound and subtitles, copied packet by packet where the new container holds them,
turned into what it holds where not, and left out, with a note, where it holds nothing of the kind."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
from av.stream import Discard

from matteo.errors import OutputError
from matteo.video.clock import Clock, Growing
from matteo.video.encoded import Encoder, encoder_of
from matteo.video.formats import EVERY, Container
from matteo.video.media import OPTIONS
from matteo.video.subtitles import TEXTS, OneByOne, encoded, text_of

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.stream import Stream

Timed = tuple[Fraction, "Packet[Any]"]
TRIED = 64  # packets that are written for a trial before the long run
_OWN = (
    "encoder", "duration", "bps", "number_of", "_statistics", "vendor_id", "rotate", "timecode", "alpha_mode",
    "major_brand", "minor_version", "compatible_brands",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """Which part of the source is kept, in seconds of its own clock, and by how much it comes earlier."""

    start: Fraction | None
    end: Fraction | None
    shift: Fraction

    def holds(self, time: Fraction) -> bool:
        return (self.start is None or time >= self.start) and (self.end is None or time < self.end)

    def cut(self, time: Fraction, length: Fraction) -> tuple[Fraction, Fraction] | None:
        """When what begins at `time` and lasts so long begins and ends within the part; None where it does not."""
        begin = time if self.start is None else max(time, self.start)
        end = time + length if self.end is None else min(time + length, self.end)
        return (begin, end) if begin < end else None


@dataclass(frozen=True)
class Track:
    """One stream of the source on its way: what a packet of it becomes."""

    source: Any
    packets: Callable[[Any, Part], Iterator[Timed]]
    encoder: Encoder | None = None
    clock: Clock = field(default_factory=Clock)

    @property
    def notes(self) -> list[str]:
        """What is to be said of it once all of it is written."""
        lost = 0 if self.encoder is None else self.encoder.damaged
        return [f"{lost} damaged packet{'s' * (lost > 1)} of the sound became silence"] if lost else []


def tracks(source: InputContainer, target: OutputContainer, container: Container) -> tuple[list[Track], list[str]]:
    """The tracks of all sounds and subtitles that the container can hold, and what is to be said of the others."""
    found, notes = [], []
    for stream in source.streams:
        if stream.type in ("video", "attachment"):
            stream.discard = Discard.all
            continue
        track, note = _track(stream, target, container)
        if track is None:
            stream.discard = Discard.all
        else:
            found.append(track)
        if note:
            notes.append(note)
    return found, notes


def packets_of(source: InputContainer, found: list[Track], part: Part) -> Iterator[Timed]:
    """All packets of the tracks, about in the order of their time."""
    by_index = {track.source.index: track for track in found}
    if not by_index:
        return
    for packet in source.demux([track.source for track in found]):
        track = by_index.get(packet.stream.index)  # which the last, empty one has too
        if track is not None:
            if track.source.type == "audio":  # subtitles may come out of order
                track.clock.straighten(packet)
            yield from track.packets(packet, part)


def check(path: Path, container: Container, suffix: str) -> None:
    """Write the first packets of the sound for a trial. OutputError where the container does not take them: that is
    better said before the long run than at its end."""
    with av.open(str(path), metadata_errors="replace", options=OPTIONS) as source:
        names = sorted({stream.codec_context.name for stream in source.streams.audio if stream.codec_context})
        if not names:
            return
        try:
            with av.open(io.BytesIO(), "w", format=container.muxer) as out:
                found = [track for track in tracks(source, out, container)[0] if track.source.type == "audio"]
                for _, packet in islice(packets_of(source, found, Part(None, None, Fraction(0))), TRIED):
                    out.mux(packet)
        except (av.FFmpegError, ValueError) as error:
            raise OutputError(
                f"{path}: its sound ({', '.join(names)}) cannot be written into {suffix} ({error}); .mkv holds every "
                "sound as it is"
            ) from error


def tags(metadata: dict[str, str]) -> dict[str, str]:
    """What a file or stream says of its content, without what it says of its own encoding."""
    return {key: value for key, value in metadata.items() if not key.lower().startswith(_OWN)}


def _track(stream: Stream, target: OutputContainer, container: Container) -> tuple[Track | None, str | None]:
    kind = {"audio": "sound", "subtitle": "subtitles"}.get(stream.type)
    if kind is None or stream.codec_context is None:
        quiet = stream.type == "data" and stream.metadata.get("timecode")  # which is written anew
        return None, None if quiet else f"a stream of {stream.type} was left out, as nothing is known of it"
    name = stream.codec_context.name
    taken = container.sound if kind == "sound" else container.subtitles
    other = container.sound_as if kind == "sound" else container.text_as
    if name in taken or _same(name) in taken or (taken == EVERY and name != "mov_text"):
        try:
            made = target.add_stream_from_template(stream, opaque=True)
        except ValueError:  # the container has no name for this codec
            return _encoded(stream, target, other) if kind == "sound" and other else (None, _left_out(kind, name))
        return Track(stream, _copied(_described(made, stream), stream)), None
    if kind == "sound" and other:
        return _encoded(stream, target, other)
    if kind == "subtitles" and other and name in TEXTS:
        made = target.add_mux_stream(other, time_base=Fraction(1, 1000))
        return Track(stream, _rewritten(_described(made, stream), name, other)), None
    return None, _left_out(kind, name)


def _left_out(kind: str, name: str) -> str:
    return f"{kind} ({name}) cannot be held by this container and was left out"


def _same(decoder: str) -> str:
    """A codec's name where its decoder has another."""
    return {"libopus": "opus", "libvorbis": "vorbis", "mp3float": "mp3", "libdav1d": "av1"}.get(decoder, decoder)


def _described(made: Any, stream: Any) -> Any:
    made.metadata.update(tags(stream.metadata))
    made.disposition = int(stream.disposition)
    return made


def _time(packet: Any) -> Fraction | None:
    stamp = packet.pts if packet.pts is not None else packet.dts
    return None if stamp is None else Fraction(stamp) * packet.time_base


def _trimmed(packet: Any, time: Fraction, part: Part) -> bool:
    """Whether the packet is a text that is shown within the part, whose time is then only that."""
    if packet.stream.type != "subtitle" or not packet.duration:
        return False
    kept = part.cut(time, packet.duration * packet.time_base)
    if kept is None:
        return False
    begin, end = (round(moment / packet.time_base) for moment in kept)
    packet.pts = packet.dts = begin
    packet.duration = end - begin
    return True


def _moved(packet: Any, part: Part) -> Timed:
    ticks = round(part.shift / packet.time_base)
    packet.pts = None if packet.pts is None else packet.pts - ticks
    packet.dts = None if packet.dts is None else packet.dts - ticks
    return _stamped(packet)


def _stamped(packet: Any) -> Timed:
    return Fraction(packet.dts if packet.dts is not None else packet.pts) * packet.time_base, packet


def _copied(made: Any, stream: Any) -> Callable[[Any, Part], Iterator[Timed]]:
    growing = Growing.of(stream)

    def packets(packet: Any, part: Part) -> Iterator[Timed]:
        time = _time(packet)
        if packet.size and time is not None and (_trimmed(packet, time, part) or part.holds(time)):
            packet.stream = made
            _, moved = _moved(packet, part)
            growing.put(moved)
            yield _stamped(moved)

    return packets


def _rewritten(made: Any, name: str, other: str) -> Callable[[Any, Part], Iterator[Timed]]:
    texts = OneByOne() if other == "mov_text" else None
    base = Fraction(1, 1000)

    def fresh(begin: Fraction, end: Fraction, text: str, part: Part) -> Iterator[Timed]:
        if (data := encoded(text, other)) is not None:
            packet: Any = av.Packet(data)
            packet.stream, packet.time_base = made, base
            packet.pts = packet.dts = round(begin / base)
            packet.duration = round(end / base) - packet.pts
            yield _moved(packet, part)

    def packets(packet: Any, part: Part) -> Iterator[Timed]:
        time = _time(packet)
        if texts is not None and not packet.size:  # the end
            for shown in texts.until():
                yield from fresh(*shown, part)
        if not packet.size or time is None or not (_trimmed(packet, time, part) or part.holds(time)):
            return
        begin = packet.pts * packet.time_base
        end = begin + (packet.duration or 0) * packet.time_base
        text = text_of(bytes(packet), name)
        for shown in texts.put(begin, end, text) if texts is not None and end > begin else [(begin, end, text)]:
            yield from fresh(*shown, part)

    return packets


def _encoded(stream: Stream, target: OutputContainer, name: str) -> tuple[Track | None, str]:
    """Sound in another codec."""
    context: Any = stream.codec_context
    encoder = encoder_of(stream, target, name)
    if encoder is None:
        return None, f"sound ({context.name}, {context.layout.nb_channels} channels) cannot be encoded and was left out"

    def packets(packet: Any, part: Part) -> Iterator[Timed]:
        for frame in encoder.frames(packet):
            if frame.pts is None or frame.time_base is None:
                continue
            if part.holds(Fraction(frame.pts * frame.time_base)):
                frame.pts -= round(part.shift / frame.time_base)
                yield from _ready(encoder.packets(frame))
        if not packet.size:  # the end: what the encoder still holds
            yield from _ready(encoder.packets(None))

    into = _described(encoder.made, stream).codec_context.codec.canonical_name
    return Track(stream, packets, encoder), f"sound was encoded anew ({context.name} to {into})"


def _ready(packets: Iterator[Any]) -> Iterator[Timed]:
    yield from map(_stamped, packets)
