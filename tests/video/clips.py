"""Films made for the tests: a bright disc that moves over a dark slope, with a tone, subtitles and chapters; and what
FFmpeg, the other tool, says of a film."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

SIZE = 64, 96  # height and width
RATE = Fraction(25)
SUBJECT, GROUND = (230, 90, 40), (20, 60, 110)


def disc(index: int, size_hw: tuple[int, int] = SIZE) -> NDArray[np.float32]:
    """Alpha of the disc in a frame, soft over two pixels."""
    y, x = np.ogrid[: size_hw[0], : size_hw[1]]
    distance = np.hypot(y + 0.5 - size_hw[0] / 2, x + 0.5 - (20 + 3 * index))
    return np.clip((size_hw[0] / 4 - distance) / 2 + 0.5, 0, 1).astype(np.float32)


def picture(index: int, size_hw: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """A frame: the disc over a slope."""
    slope = np.linspace(0.3, 1, size_hw[1], dtype=np.float32)[None, :, None]
    ground = np.array(GROUND, np.float32) * slope
    alpha = disc(index, size_hw)[..., None]
    return np.rint(ground + (np.array(SUBJECT, np.float32) - ground) * alpha).astype(np.uint8)


def disc_step(rgb: NDArray[Any], memory: int | None) -> tuple[NDArray[np.float32], int]:
    """A step that knows the truth: it counts the frames, and that is its memory."""
    index = 0 if memory is None else memory + 1
    return disc(index, (rgb.shape[0], rgb.shape[1])), index


def make_film(
    path: Path, *, frames: int = 12, size_hw: tuple[int, int] = SIZE, stamps: Sequence[int] | None = None,
    time_base: Fraction = 1 / RATE, codec: str = "libx264", pix_fmt: str = "yuv420p", sound: str | None = "aac",
    texts: Sequence[str] = (), colour: tuple[int, int, int, int] | None = None, aspect: Fraction | None = None,
    rotation: int = 0, metadata: dict[str, str] | None = None, chapters: bool = False,
    options: dict[str, str] | None = None,
) -> Path:  # fmt: skip
    """Write a film. stamps: of the frames, in time_base. colour: primaries, transfer, matrix, range."""
    stamps = list(range(frames)) if stamps is None else stamps
    with av.open(str(path), "w") as out:
        out.metadata.update(metadata or {})
        video: Any = out.add_stream(codec, rate=RATE, options=options or {"crf": "10"} if codec == "libx264" else {})
        video.height, video.width, video.pix_fmt = *size_hw, pix_fmt
        video.codec_context.time_base = time_base
        video.time_base = time_base
        if aspect:
            video.codec_context.sample_aspect_ratio = aspect
        if colour:
            context = video.codec_context
            context.color_primaries, context.color_trc, context.colorspace, context.color_range = colour
        if rotation:
            video.set_display_rotation(rotation)
        tone: Any = out.add_stream(sound, rate=48000, layout="stereo") if sound else None
        subtitles: Any = out.add_mux_stream("subrip" if path.suffix == ".mkv" else "mov_text") if texts else None
        if chapters:
            base = Fraction(1, 1000)
            out.set_chapters(
                [
                    {"id": 1, "start": 0, "end": 200, "time_base": base, "metadata": {"title": "one"}},
                    {"id": 2, "start": 200, "end": 480, "time_base": base, "metadata": {"title": "two"}},
                ]
            )
        for index, stamp in enumerate(stamps):
            frame = VideoFrame.from_ndarray(picture(index, size_hw), format="rgb24")
            if colour:
                frame = frame.reformat(format=pix_fmt, dst_colorspace=colour[2], dst_color_range=colour[3])
                frame.colorspace, frame.color_range = colour[2], colour[3]
            else:
                frame = frame.reformat(format=pix_fmt)
            frame.pts, frame.time_base = stamp, time_base
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if tone:
            _add_tone(out, tone, float((stamps[-1] + 1) * time_base))
        for number, text in enumerate(texts):
            data = text.encode()
            packet: Any = av.Packet(data if path.suffix == ".mkv" else len(data).to_bytes(2, "big") + data)
            packet.stream, packet.time_base = subtitles, Fraction(1, 1000)
            packet.pts = packet.dts = 100 + 200 * number
            packet.duration = 100
            out.mux(packet)
    return path


def _add_tone(out: Any, tone: Any, seconds: float) -> None:
    t = np.arange(int(48000 * seconds)) / 48000
    wave = (0.3 * np.sin(2 * np.pi * (200 + 2000 * t) * t)).astype(np.float32)  # a sweep, so that a shift is seen
    frame = av.AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = 48000, 0, Fraction(1, 48000)
    out.mux(tone.encode(frame))
    out.mux(tone.encode(None))


def probe(path: Path, *what: str) -> dict[str, Any]:
    """ffprobe's word on a film: streams, chapters, format, packets."""
    command = ["ffprobe", "-v", "error", "-of", "json", *what, str(path)]
    return dict(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def times(path: Path, kind: str = "v:0") -> list[float]:
    """When the packets of a stream are shown, in order, seconds."""
    packets = probe(path, "-select_streams", kind, "-show_entries", "packet=pts_time")["packets"]
    return sorted(float(packet["pts_time"]) for packet in packets if "pts_time" in packet)


def stream(path: Path, kind: str = "v:0") -> dict[str, Any]:
    """What ffprobe says of one stream."""
    return dict(probe(path, "-select_streams", kind, "-show_streams")["streams"][0])


def sound_hash(path: Path) -> str:
    """Of the bytes of the sound's packets."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:a:0", "-c", "copy", "-f", "md5", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def decoded(path: Path | str, pixels: str = "rgba", *before: str) -> NDArray[Any]:
    """Frames as FFmpeg decodes them: n x H x W x channels (rgba, rgb24, rgba64le) or n x H x W (gray)."""
    found = stream(Path(path)) if "%" not in str(path) else None
    command = [
        "ffmpeg",
        "-v",
        "error",
        *before,
        "-i",
        str(path),
        "-map",
        "0:v:0",
        "-vsync",
        "passthrough",
        "-f",
        "rawvideo",
    ]
    data = subprocess.run([*command, "-pix_fmt", pixels, "-"], capture_output=True, check=True).stdout
    channels = {"rgba": 4, "rgb24": 3, "gray": 1, "rgba64le": 4}[pixels]
    array = np.frombuffer(data, np.uint16 if pixels.endswith("le") else np.uint8)
    height, width = (found["height"], found["width"]) if found else SIZE
    shape = (-1, height, width) if channels == 1 else (-1, height, width, channels)
    return array.reshape(shape)


def samples(path: Path) -> NDArray[np.float32]:
    """The sound's left channel as FFmpeg plays it, 48000 a second, from the film's time 0 on."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:a:0", "-af", "aresample=48000:async=1:first_pts=0"]
    data = subprocess.run([*command, "-ac", "2", "-f", "f32le", "-"], capture_output=True, check=True).stdout
    start = float(probe(path, "-show_entries", "format=start_time")["format"]["start_time"])
    early = max(0, round(-48000 * start))  # FFmpeg plays all of a film later whose first stamp is before 0
    return np.frombuffer(data, np.float32).reshape(-1, 2)[early:, 0]
