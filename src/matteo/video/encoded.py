"""Sound in another codec: decoded, brought to what the encoder takes, and encoded anew.

Cameras and recorders leave gaps, damaged packets and channels without names: gaps become silence, so that what comes
after stays in time, damaged packets are passed over, and channels are named by their number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from av.filter import Graph

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.container import OutputContainer

KBIT_A_CHANNEL = 96
GAP_S = 0.01  # from which a gap becomes silence; a clock of milliseconds jumps by less
LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
RATES = {
    "aac": (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000),
    "libopus": (48000,),
}  # of others, all


@dataclass
class Encoder:
    """Packets of a source's stream in, packets of the stream made of it out. damaged: how many could not be decoded."""

    made: Any
    damaged: int = 0
    _graph: Any = field(default=None, repr=False)
    _takes: tuple[object, ...] = ()
    _next: Fraction | None = None

    def frames(self, packet: Any) -> Iterator[AudioFrame]:
        """The sound of a packet, as the source times it; channels by their usual names."""
        try:
            found = packet.decode()
        except (av.error.InvalidDataError, av.error.UndefinedError):  # AC-3's decoder has errors of its own
            self.damaged += 1
            return
        for frame in found:
            if frame.pts is None:  # what a decoder held back
                frame.pts = None if self._next is None else round(self._next / frame.time_base)
            if frame.pts is not None:
                self._next = frame.pts * frame.time_base + Fraction(frame.samples, frame.sample_rate)
            yield _named(frame)

    def packets(self, frame: AudioFrame | None) -> Iterator[Any]:
        """What the encoder makes of a frame; None: of what it still holds, at the end."""
        for ready in self._resampled(frame):
            yield from self.made.encode(ready)
        if frame is None:
            yield from self.made.encode(None)

    def _resampled(self, frame: AudioFrame | None) -> Iterator[AudioFrame]:
        takes = self._takes if frame is None else (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._graph is not None and (frame is None or takes != self._takes):  # of a broadcast it may change
            self._graph.push(None)
            yield from _pulled(self._graph)
            self._graph = None
        if frame is None:
            return
        if self._graph is None:
            self._graph, self._takes = self._chain(frame), takes
        self._graph.push(frame)
        yield from _pulled(self._graph)

    def _chain(self, frame: AudioFrame) -> Graph:
        context, graph = self.made.codec_context, Graph()
        steps = [
            graph.add_abuffer(
                sample_rate=frame.sample_rate, format=frame.format, layout=frame.layout.name, time_base=frame.time_base
            ),
            graph.add("aresample", f"{context.sample_rate}:async=1:min_hard_comp={GAP_S}"),
            graph.add("aformat", f"sample_fmts={context.format.name}:channel_layouts={context.layout.name}"),
            graph.add("abuffersink"),
        ]
        graph.link_nodes(*steps).configure()
        return graph


def encoder_of(stream: Any, target: OutputContainer, name: str) -> Encoder | None:
    """An encoder for the sound of a stream; None where it has more channels than there are names for."""
    context = stream.codec_context
    layout = _layout(context.layout, keep=name != "libopus")
    if layout is None:
        return None
    rate = context.sample_rate if context.sample_rate in RATES.get(name, (context.sample_rate,)) else 48000
    made: Any = target.add_stream(name, rate=rate)
    made.codec_context.layout = layout
    made.codec_context.bit_rate = KBIT_A_CHANNEL * 1000 * max(1, context.layout.nb_channels)
    return Encoder(made)


def _layout(layout: Any, *, keep: bool) -> str | None:
    """keep: a layout that has a name stays; else it becomes the usual one of as many channels."""
    named = not layout.name.endswith("channels")
    return str(layout.name) if keep and named else LAYOUTS.get(layout.nb_channels)


def _named(frame: AudioFrame) -> AudioFrame:
    name = _layout(frame.layout, keep=True)
    if name is None or name == frame.layout.name:
        return frame
    samples: Any = np.ascontiguousarray(frame.to_ndarray())  # of the frame's own sample format
    made = av.AudioFrame.from_ndarray(samples, frame.format.name, name)
    made.sample_rate, made.pts, made.time_base = frame.sample_rate, frame.pts, frame.time_base
    return made


def _pulled(graph: Graph) -> Iterator[AudioFrame]:
    while True:
        try:
            yield graph.pull()  # type: ignore[misc]
        except (av.error.BlockingIOError, av.error.EOFError):
            return
