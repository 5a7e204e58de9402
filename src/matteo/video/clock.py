"""A track's packets in time: where the source's clock is set back, too coarse, or names a moment twice."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

SET_BACK = 1  # second by which a clock may go back before it is taken for a new one


@dataclass
class Clock:
    """Goes on where the source's clock is set back: recordings put one behind the other."""

    ahead: int = 0
    last: int | None = None

    def straighten(self, packet: Any) -> None:
        """Give a packet its time on this clock."""
        if packet.dts is None:
            return
        dts = packet.dts + self.ahead
        if self.last is not None and (self.last - dts) * packet.time_base > SET_BACK:
            self.ahead += self.last + (packet.duration or 1) - dts
        if self.ahead:
            packet.pts = None if packet.pts is None else packet.pts + self.ahead
            packet.dts += self.ahead
        self.last = packet.dts if self.last is None else max(self.last, packet.dts)


@dataclass
class Growing:
    """Each packet's time later than the one's before, as containers want it.

    Matroska's clock of milliseconds is made that of the sound's samples again, where the codec's packets have a known
    length: others' clocks are finer, and there the rounding would be gaps and overlaps.
    """

    rate: int = 0
    size: int = 0
    last: int | None = None
    ends: int = 0
    step: int = 0

    @classmethod
    def of(cls, stream: Any) -> Growing:
        context = stream.codec_context
        rate, size = getattr(context, "sample_rate", 0) or 0, getattr(context, "frame_size", 0) or 0
        coarse = rate and size > 1 and stream.time_base > Fraction(1, rate)
        return cls(rate, size) if coarse else cls()

    def put(self, packet: Any) -> None:
        """Give a packet its time."""
        if packet.dts is None:
            return
        if self.rate:
            self._count(packet)
        packet.dts = packet.dts if self.last is None else max(packet.dts, self.last + 1)
        packet.pts = None if packet.pts is None else max(packet.pts, packet.dts)
        self.step = self.step if self.last is None else packet.dts - self.last
        if packet.stream.type == "audio":  # a subtitle that says no length is shown until the next
            packet.duration = packet.duration or self.step  # in an MP4 a last one that lasts no time is not played
        self.last = packet.dts

    def _count(self, packet: Any) -> None:
        tick = packet.time_base * self.rate
        stamp, said = round(packet.dts * tick), round((packet.duration or 0) * tick)
        near = math.ceil(tick)
        if self.last is not None and abs(stamp - self.ends) <= near:
            stamp = self.ends
        packet.time_base = Fraction(1, self.rate)
        packet.pts = packet.dts = stamp
        packet.duration = said if said and abs(said - self.size) > near else self.size
        self.ends = stamp + packet.duration
