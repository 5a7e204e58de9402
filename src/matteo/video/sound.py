"""What a film has beside its pictures: sound and subtitles, copied packet by packet where the new container holds them,
turned into what it holds where not, and left out, with a note, where it holds nothing of the kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
from av.stream import Discard

from matteo.video.formats import EVERY, Container
from matteo.video.subtitles import TEXTS, converted

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.stream import Stream

Timed = tuple[Fraction, "Packet[Any]"]
KBIT_A_CHANNEL = 96
_OWN = ("encoder", "duration", "bps", "number_of", "_statistics", "vendor_id", "rotate", "timecode", "alpha_mode")


@dataclass(frozen=True)
class Part:
    """Which part of the source is kept, in seconds of its own clock, and by how much it comes earlier."""

    start: Fraction | None
    end: Fraction | None
    shift: Fraction

    def holds(self, time: Fraction) -> bool:
        return (self.start is None or time >= self.start) and (self.end is None or time < self.end)


@dataclass(frozen=True)
class Track:
    """One stream of the source on its way: what a packet of it becomes."""

    source: Any
    packets: Callable[[Any, Part], Iterator[Timed]]


def tracks(source: InputContainer, target: OutputContainer, container: Container) -> tuple[list[Track], list[str]]:
    """The tracks of all sounds and subtitles that the container can hold, and what is to be said of the others."""
    found, notes = [], []
    for stream in source.streams:
        if stream.type == "video":
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
        track = by_index.get(packet.stream_index)
        if track is not None:
            yield from track.packets(packet, part)


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
        except ValueError:
            return None, f"{kind} ({name}) cannot be held by this container and was left out"
        return Track(stream, _copied(_described(made, stream))), None
    if kind == "sound" and other:
        return _encoded(stream, target, other)
    if kind == "subtitles" and other and name in TEXTS:
        made = target.add_mux_stream(other, time_base=Fraction(1, 1000))
        return Track(stream, _rewritten(_described(made, stream), name, other)), None
    return None, f"{kind} ({name}) cannot be held by this container and was left out"


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


def _moved(packet: Any, part: Part) -> Timed:
    ticks = round(part.shift / packet.time_base)
    packet.pts = None if packet.pts is None else packet.pts - ticks
    packet.dts = None if packet.dts is None else packet.dts - ticks
    stamp = packet.dts if packet.dts is not None else packet.pts
    return Fraction(stamp) * packet.time_base, packet


def _copied(made: Any) -> Callable[[Any, Part], Iterator[Timed]]:
    def packets(packet: Any, part: Part) -> Iterator[Timed]:
        time = _time(packet)
        if packet.size and time is not None and part.holds(time):
            packet.stream = made
            yield _moved(packet, part)

    return packets


def _rewritten(made: Any, name: str, other: str) -> Callable[[Any, Part], Iterator[Timed]]:
    def packets(packet: Any, part: Part) -> Iterator[Timed]:
        time = _time(packet)
        data = converted(bytes(packet), name, other) if packet.size else None
        if data is None or time is None or not part.holds(time):
            return
        fresh: Any = av.Packet(data)
        fresh.stream, fresh.time_base = made, packet.time_base
        fresh.pts = fresh.dts = packet.pts
        fresh.duration = packet.duration
        yield _moved(fresh, part)

    return packets


def _encoded(stream: Any, target: OutputContainer, encoder: str) -> tuple[Track, str]:
    """Sound in another codec."""
    context = stream.codec_context
    rate = 48000 if encoder == "libopus" else context.sample_rate
    made: Any = target.add_stream(encoder, rate=rate)
    made.codec_context.layout = context.layout.name
    made.codec_context.bit_rate = KBIT_A_CHANNEL * 1000 * max(1, context.layout.nb_channels)

    def packets(packet: Any, part: Part) -> Iterator[Timed]:
        for frame in packet.decode():
            time = None if frame.pts is None else frame.pts * frame.time_base
            if time is not None and part.holds(time):
                frame.pts -= round(part.shift / frame.time_base)
                yield from _ready(made.encode(frame))
        if not packet.size:  # the end: what the encoder still holds
            yield from _ready(made.encode(None))

    name = context.name
    return Track(stream, packets), f"sound was encoded anew ({name} to {made.codec_context.codec.canonical_name})"


def _ready(packets: list[Any]) -> Iterator[Timed]:
    for packet in packets:
        yield Fraction(packet.dts if packet.dts is not None else packet.pts) * packet.time_base, packet
