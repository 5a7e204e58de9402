"""What can be written: one table of codecs, one of containers. Plain data; docs/video.md shows it, tests take each.

A container's first codec is the default for a film with a background, its `alpha` the one for a transparent film.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from matteo.errors import UnsupportedFormat, UsageError

QUALITIES = ("draft", "good", "best")
EVERY = frozenset({"*"})


@dataclass(frozen=True)
class Codec:
    """One way to write pictures.

    encoder: FFmpeg's name. formats: its pixel formats, by (16 bit, with alpha); what is missing it cannot hold.
    options: by quality, on top of those for all. multiples: what height and width must be multiples of, by whether with
    alpha, as its chroma is at half size. narrow: options on top for pictures of less than NARROW columns. full: it says
    whether its samples take the full range; else they are limited. aspect: it says how its pixels are shaped, whatever
    the container says. segment: the container of its segments. lossy: neighbours' colours run into one another.
    """

    encoder: str
    formats: Mapping[tuple[bool, bool], str]
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    always: Mapping[str, str] = field(default_factory=dict)
    with_alpha: Mapping[str, str] = field(default_factory=dict)
    tag: str | None = None
    multiples: Mapping[bool, tuple[int, int]] = field(default_factory=dict)
    narrow: Mapping[str, str] = field(default_factory=dict)
    full: bool = True
    aspect: bool = False
    segment: str = "matroska"
    lossy: bool = True

    @property
    def holds_alpha(self) -> bool:
        return (False, True) in self.formats

    def format(self, deep: bool, alpha: bool) -> str:
        """The pixel format nearest to what is asked: of 8 bits where it has no deeper one."""
        return self.formats.get((deep, alpha)) or self.formats[False, alpha]


@dataclass(frozen=True)
class Container:
    """One kind of file.

    kind: "film", "animation" (written by Pillow), "frames" (numbered pictures). muxer: FFmpeg's name.
    alpha: the codec of transparent films; None where there is none. sound: FFmpeg's names of those copied as they are.
    sound_as: the encoder for others, and for what has no name in the container; None: holds no sound. subtitles: copied
    as they are; text_as: what other texts are turned into. chapters, attachments: whether it holds them. aspect:
    whether PyAV makes it say how pixels are shaped. cover: how it holds a cover picture, as a "stream" or a "file";
    None: not at all.
    """

    kind: str
    codecs: tuple[str, ...]
    alpha: str | None = None
    muxer: str = ""
    sound: frozenset[str] = frozenset()
    sound_as: str | None = None
    subtitles: frozenset[str] = frozenset()
    text_as: str | None = None
    chapters: bool = False
    aspect: bool = True
    cover: str | None = None
    attachments: bool = False
    options: Mapping[str, str] = field(default_factory=dict)


def _by_crf(draft: int, good: int, best: int, speed: str, speeds: tuple[str, str, str]) -> dict[str, dict[str, str]]:
    crfs = zip(QUALITIES, (draft, good, best), speeds, strict=True)
    return {quality: {"crf": str(crf), speed: value} for quality, crf, value in crfs}


NARROW = 64  # columns
_EVEN = {False: (2, 2)}
_420 = {(False, False): "yuv420p", (True, False): "yuv420p10le"}
CODECS: dict[str, Codec] = {
    "h264": Codec(
        "libx264", {(False, False): "yuv420p"}, _by_crf(26, 19, 16, "preset", ("veryfast", "veryfast", "slow")),
        {"x264-params": "cpu-independent=1"},  # without it the same pictures may give other bytes another time
        multiples=_EVEN, aspect=True,
    ),
    "hevc": Codec(
        "libx265", _420, _by_crf(28, 22, 17, "preset", ("ultrafast", "superfast", "medium")),
        {"x265-params": "log-level=error"}, tag="hvc1", multiples=_EVEN, aspect=True,
        narrow={"x265-params": "cutree=0"},  # which writes beyond what it has there
    ),
    "av1": Codec("libsvtav1", _420, _by_crf(42, 32, 22, "preset", ("12", "9", "5")), multiples=_EVEN),
    "vp9": Codec(
        "libvpx-vp9", {(False, False): "yuv420p", (False, True): "yuva420p"},
        {
            "draft": {"crf": "38", "deadline": "realtime", "cpu-used": "8"},
            "good": {"crf": "30", "deadline": "good", "cpu-used": "5"},
            "best": {"crf": "20", "deadline": "good", "cpu-used": "2"},
        },
        {"b": "0", "row-mt": "1"}, {"auto-alt-ref": "0"},
    ),
    "prores": Codec(
        "prores_ks",
        {
            (False, False): "yuv422p10le", (True, False): "yuv422p10le",
            (False, True): "yuva444p10le", (True, True): "yuva444p10le",
        },
        always={"profile": "hq", "vendor": "apl0"}, with_alpha={"profile": "4444", "alpha_bits": "16"}, full=False,
        multiples={False: (1, 2)},  # of an odd width its last columns are not the picture's
    ),
    "qtrle": Codec("qtrle", {(False, False): "rgb24", (False, True): "argb"}, segment="mov", lossy=False),
    "ffv1": Codec(
        "ffv1",
        {(False, False): "bgr0", (False, True): "bgra", (True, False): "gbrp16le", (True, True): "gbrap16le"},
        always={"level": "3", "slicecrc": "1"}, lossy=False,
    ),
}  # fmt: skip

_IN_MP4 = frozenset({"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"})
_IN_MOV = frozenset(
    {"aac", "mp3", "ac3", "eac3", "alac", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_f32le"}
)
# AAC begins a little before 0, which Matroska's writer would answer by moving everything, pictures too.
_AS_THEY_ARE = {"avoid_negative_ts": "disabled"}
_MP4 = Container(
    "film", ("h264", "hevc", "av1"), None, "mp4", _IN_MP4, "aac", frozenset({"mov_text"}), "mov_text", True, True,
    "stream", options={"movflags": "+faststart"},
)  # fmt: skip
CONTAINERS: dict[str, Container] = {
    ".mp4": _MP4,
    ".m4v": _MP4,
    ".mov": Container(
        "film", ("prores", "h264", "hevc", "qtrle"), "prores", "mov", _IN_MOV, "aac", frozenset({"mov_text"}),
        "mov_text", True,
    ),
    ".mkv": Container(
        "film", ("h264", "hevc", "av1", "vp9", "ffv1"), "ffv1", "matroska", EVERY, "flac", EVERY, "subrip", True, False,
        "file", True, _AS_THEY_ARE,
    ),
    ".webm": Container(
        "film", ("vp9", "av1"), "vp9", "webm", frozenset({"opus", "vorbis"}), "libopus", frozenset({"webvtt"}),
        "webvtt", True, False, options=_AS_THEY_ARE,
    ),
    ".webp": Container("animation", ("ffv1",), "ffv1"),
    ".avif": Container("animation", ("ffv1",), "ffv1"),
    ".gif": Container("animation", ("ffv1",), "ffv1"),
    ".png": Container("frames", ("png",), "png"),
}  # fmt: skip


def container_of(path: Path) -> Container:
    """By the suffix. UnsupportedFormat for others, and for a single PNG."""
    from matteo.video.film import is_pattern

    found = CONTAINERS.get(path.suffix.lower())
    if found is None:
        said = f"the suffix {path.suffix}" if path.suffix else "a name without suffix"
        raise UnsupportedFormat(f"{path}: {said} is no film that is written here; use one of {' '.join(CONTAINERS)}")
    if (found.kind == "frames") != is_pattern(path):
        raise UsageError(f"{path}: numbered pictures are named as frames/%06d.png; any other film has one name")
    return found


def codec_of(path: Path, asked: str | None, transparent: bool, bits: int = 8) -> str:
    """The codec's name for a file. UsageError where the one asked for does not go with the container, or where neither
    holds alpha and the film is to be transparent.

    bits: of the source: of more than 8, the first codec that holds them is taken; H.264 is none, as few programs read
    it with 10.
    """
    container = container_of(path)
    if asked is not None and asked not in container.codecs:
        raise UsageError(
            f"{path.suffix} holds no {asked} here: choose {' or '.join(container.codecs)}, or another suffix"
        )
    if not transparent:
        deep = [name for name in container.codecs if name in CODECS and (True, False) in CODECS[name].formats]
        return asked or (deep if bits > 8 and deep else container.codecs)[0]
    name = asked or container.alpha
    if name is None or (name in CODECS and not CODECS[name].holds_alpha):
        what = f"{path.suffix} with {name}" if name else path.suffix
        raise UsageError(
            f"{path}: {what} holds no transparency: give --background, or a suffix that does (.mov, .webm, .webp, …)"
        )
    return name


def check_built(name: str) -> None:
    """UnsupportedFormat where this build of FFmpeg lacks the codec's encoder."""
    import av

    encoder = CODECS[name].encoder if name in CODECS else name
    if encoder not in av.codecs_available:
        others = [other for other, codec in CODECS.items() if codec.encoder in av.codecs_available]
        raise UnsupportedFormat(
            f"this build of FFmpeg has no {encoder}, which writes {name}: choose another with --codec "
            f"({', '.join(others)}) or install PyAV from PyPI, whose build has it"
        )
