"""Animated pictures: lossless segments read again, one frame at a time, into WebP or AVIF (by Pillow) or GIF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import PIL.Image
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from matteo.video.film import Film
from matteo.video.manifest import Segment
from matteo.video.media import OPTIONS, writing
from matteo.video.writer import Plan

QUALITY = {"webp": {"draft": 60, "good": 80, "best": 95}, "avif": {"draft": 50, "good": 70, "best": 90}}
OPAQUE = 128  # of 255: a GIF's pixel is seen or it is not
HUNDREDTH = Fraction(1, 100)  # a GIF's clock

Pixels = NDArray[np.uint8]


def animate(
    target: Path, plan: Plan, film: Film, files: Sequence[Path], segments: Sequence[Segment], *, beside: bool
) -> list[str]:
    """Write the animation; what is to be said of it. beside: whether sound and the like are missed."""
    stamps = [stamp for segment in segments for stamp in segment.stamps]
    edges = [(stamp - stamps[0]) * film.time_base for stamp in (*stamps, segments[-1].end)]
    kind = target.suffix[1:].lower()
    with writing(target):
        if kind == "gif":
            _gif(target, files, edges)
        else:
            _by_pillow(target, kind, plan, files, edges)
    return _notes(kind, plan, film, edges) if beside else []


def _notes(kind: str, plan: Plan, film: Film, edges: Sequence[Fraction]) -> list[str]:
    notes = []
    if not film.pictures:
        with av.open(str(film.path), metadata_errors="replace", options=OPTIONS) as source:
            kinds = {"audio": "sound", "subtitle": "subtitles"}
            lost = sorted({kinds[stream.type] for stream in source.streams if stream.type in kinds})
        notes += [f"{' and '.join(lost)} cannot be held by this format and was left out"] if lost else []
    if film.pixel_aspect != 1:
        notes.append(f"the source's pixels are not square ({film.pixel_aspect}), which this format cannot say")
    if kind == "gif" and plan.transparent:
        notes.append("a GIF's pixel is seen or not: what was half transparent became one or the other")
    if kind == "gif" and any(b - a < 2 * HUNDREDTH for a, b in pairwise(edges)):
        notes.append("frames shorter than 1/50 s are shown slower by most viewers of GIFs")
    return notes


def _frames(files: Sequence[Path]) -> Iterator[Pixels]:
    """H x W x 3 or 4 of each frame."""
    for file in files:
        with av.open(str(file)) as container:
            for frame in container.decode(video=0):
                alpha = any(component.is_alpha for component in frame.format.components)
                yield np.asarray(frame.to_ndarray(format="rgba" if alpha else "rgb24"), np.uint8)


class _Rest(PIL.Image.Image):
    """All frames but the first, as Pillow asks for those of an animation: one at a time, none held."""

    def __init__(self, frames: Iterator[Pixels], count: int, like: PIL.Image.Image) -> None:
        super().__init__()
        self._frames, self._at = frames, -1
        self.n_frames, self.is_animated = count, True
        self._mode, self._size = like.mode, like.size

    def tell(self) -> int:
        return max(0, self._at)

    def seek(self, frame: int) -> None:
        if frame >= self.n_frames:
            raise EOFError("there are no more frames")
        while self._at < frame:
            self.im = PIL.Image.fromarray(next(self._frames)).im
            self._at += 1


def _by_pillow(target: Path, kind: str, plan: Plan, files: Sequence[Path], edges: Sequence[Fraction]) -> None:
    frames = _frames(files)
    first = PIL.Image.fromarray(next(frames))
    at = [round(edge * 1000) for edge in edges]
    lasting = [after - before for before, after in pairwise(at)]
    options: dict[str, Any] = {"quality": QUALITY[kind][plan.quality], "duration": lasting, "save_all": True}
    if kind == "webp":
        options |= {"loop": 0, "method": 2 if plan.quality != "best" else 4}
    else:
        options |= {
            "speed": 9 if plan.quality == "draft" else 8,
            "subsampling": "4:4:4" if plan.transparent else "4:2:0",
        }
        options |= {"codec": "aom", "advanced": {"a:cq-level": "0", "a:lossless": "1"}} if plan.transparent else {}
    rest = [_Rest(frames, len(lasting) - 1, first)] if len(lasting) > 1 else []
    first.save(target, kind.upper(), append_images=rest, **options)


def _gif(target: Path, files: Sequence[Path], edges: Sequence[Fraction]) -> None:
    at = [round(edge / HUNDREDTH) for edge in edges]
    for number in range(1, len(at)):
        at[number] = max(at[number], at[number - 1] + 1)  # no two frames of a GIF begin in one hundredth
    with av.open(str(target), "w", format="gif", options={"loop": "0"}) as out:
        stream: Any = None
        for number, pixels in enumerate(_frames(files)):
            if stream is None:
                stream = out.add_stream("gif", rate=100)
                stream.height, stream.width, stream.pix_fmt = *pixels.shape[:2], "pal8"
                stream.codec_context.time_base = HUNDREDTH
            indexed: Any = _palette(pixels)  # which the stubs do not know
            frame = VideoFrame.from_ndarray(indexed, format="pal8")
            frame.pts, frame.time_base = at[number], HUNDREDTH
            for packet in stream.encode(frame):  # one for each frame, at once
                packet.duration = at[number + 1] - at[number]
                out.mux(packet)
        out.mux(stream.encode(None))


def _palette(pixels: Pixels) -> tuple[Pixels, Pixels]:
    """H x W of indices, and 256 colours as A, R, G, B; the last is for what is not seen."""
    small = PIL.Image.fromarray(np.ascontiguousarray(pixels[..., :3])).quantize(
        255, dither=PIL.Image.Dither.FLOYDSTEINBERG
    )
    index = np.array(small, np.uint8)
    table = np.zeros((256, 4), np.uint8)
    colours = np.array(small.getpalette(), np.uint8).reshape(-1, 3)
    table[:, 0], table[: len(colours), 1:] = 255, colours
    table[255] = 0  # and no other: a GIF has one that is seen through, and FFmpeg takes the first
    if pixels.shape[2] == 4:
        index[pixels[..., 3] < OPAQUE] = 255
        if not (index == 255).any():  # FFmpeg leaves a frame that is seen whole behind all that follow
            index[-1, -1] = 255
    return index, table
