"""What a film is stays what it is: time stamps, colours, shape, sound and what is written beside it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import matteo
from matteo.video.film import open_film
from matteo.video.reader import frames
from matteo.video.timecode import frames_of, later, moment_of, seconds_of
from tests.video.clips import (
    GROUND,
    SIZE,
    SUBJECT,
    decoded,
    disc,
    disc_step,
    make_film,
    picture,
    probe,
    samples,
    sound_hash,
    stream,
    times,
)

UNEVEN = [0, 1, 5, 6, 7, 12, 20, 21, 29, 30]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".mov"])
def test_a_variable_rate_stays_so(tmp_path: Path, suffix: str) -> None:
    source = make_film(tmp_path / "vfr.mkv", stamps=UNEVEN, time_base=Fraction(1, 60), sound=None)
    matteo.cut_video(source, tmp_path / f"out{suffix}", background="white", step=disc_step)
    assert times(tmp_path / f"out{suffix}") == pytest.approx(times(source), abs=1e-3)


def test_frames_that_are_out_of_order_in_the_file_keep_their_times(tmp_path: Path) -> None:
    source = make_film(tmp_path / "b.mp4", frames=20, options={"bf": "3", "b-adapt": "0", "crf": "10"})
    matteo.cut_video(source, tmp_path / "out.mp4", background="blue", step=disc_step)
    packets = probe(tmp_path / "out.mp4", "-select_streams", "v", "-show_entries", "packet=pts,dts")["packets"]
    assert all(packet["dts"] <= packet["pts"] for packet in packets)
    assert times(tmp_path / "out.mp4") == times(source)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_rotation_is_applied_to_the_pixels(tmp_path: Path, degrees: int) -> None:
    source = make_film(tmp_path / "turned.mp4", frames=3, rotation=degrees, sound=None)
    film = open_film(source)
    upright = np.rot90(picture(0), degrees // 90)
    first = next(frames(film))
    assert film.size_hw == upright.shape[:2]
    assert np.abs(first.image.rgb.astype(int) - upright).mean() < 3
    matteo.cut_video(source, tmp_path / "out.mov", step=disc_step, codec="qtrle")
    found = stream(tmp_path / "out.mov")
    assert (found["height"], found["width"]) == upright.shape[:2]
    assert not [entry for entry in found.get("side_data_list", []) if entry.get("rotation")]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_pixels_that_are_not_square_stay_so(tmp_path: Path, suffix: str) -> None:
    source = make_film(tmp_path / "anamorphic.mp4", frames=3, aspect=Fraction(64, 45), sound=None)
    made = matteo.cut_video(source, tmp_path / f"out{suffix}", background="white", step=disc_step)
    told = stream(tmp_path / f"out{suffix}")["sample_aspect_ratio"] == "64:45"
    assert told != any("not square" in note for note in made.notes)
    assert told == (suffix != ".webm")


# primaries, transfer, matrix, range; the names that ffprobe has for them
SPACES = [
    ((1, 1, 1, 1), ("bt709", "bt709", "bt709", "tv")),
    ((1, 1, 1, 2), ("bt709", "bt709", "bt709", "pc")),
    ((6, 6, 6, 1), ("smpte170m", "smpte170m", "smpte170m", "tv")),
    ((9, 14, 9, 1), ("bt2020", "bt2020-10", "bt2020nc", "tv")),
]


@pytest.mark.parametrize(("colour", "names"), SPACES)
@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".mov"])
def test_colours_come_back_with_their_tags(
    tmp_path: Path, colour: tuple[int, int, int, int], names: tuple[str, ...], suffix: str
) -> None:
    source = make_film(tmp_path / "c.mp4", frames=3, colour=colour, sound=None)
    read = next(frames(open_film(source))).image.rgb.astype(int)
    assert np.abs(read[32, 20] - SUBJECT).max() <= 6
    assert np.abs(read[2, 95] - GROUND).max() <= 6
    target = tmp_path / f"out{suffix}"
    matteo.cut_video(source, target, step=disc_step, background="rgb(0, 64, 192)")
    found = stream(target)
    told = [found.get(key) for key in ("color_primaries", "color_transfer", "color_space", "color_range")]
    assert tuple(told) == ((*names[:3], "tv") if suffix == ".mov" else names)  # ProRes has no full range
    shown = decoded(target, "rgb24")[0].astype(int)
    assert np.abs(shown[32, 20] - SUBJECT).max() <= 8
    assert np.abs(shown[2, 2] - (0, 64, 192)).max() <= 8


def test_ten_bits_stay_ten_bits(tmp_path: Path) -> None:
    source = make_film(tmp_path / "deep.mp4", frames=3, codec="libx265", pix_fmt="yuv420p10le", sound=None)
    film = open_film(source)
    assert (film.bits, next(frames(film)).image.depth) == (10, 16)
    for suffix, pix_fmt in (
        (".mp4", "yuv420p10le"),
        (".webm", "yuv420p10le"),
        (".mov", "yuv422p10le"),
        (".mkv", "yuv420p10le"),
    ):
        made = matteo.cut_video(source, tmp_path / f"out{suffix}", background="white", step=disc_step)
        assert stream(tmp_path / f"out{suffix}")["pix_fmt"] == pix_fmt
        assert not any("rounded" in note for note in made.notes)
    made = matteo.cut_video(source, tmp_path / "out.webp", step=disc_step)
    assert any("10 were rounded" in note for note in made.notes)


def test_what_is_written_beside_the_pictures(tmp_path: Path) -> None:
    source = make_film(
        tmp_path / "t.mkv",
        frames=20,
        texts=["Good day", "and <i>good</i> night"],
        chapters=True,
        metadata={"title": "A talk"},
    )
    for suffix, kind in ((".mp4", "mov_text"), (".mkv", "subrip"), (".webm", "webvtt")):
        target = tmp_path / f"out{suffix}"
        matteo.cut_video(source, target, background="white", step=disc_step)
        assert stream(target, "s:0")["codec_name"] == kind
        assert times(target, "s:0")[-1] == pytest.approx(0.3, abs=2e-3)
        chapters = probe(target, "-show_chapters")["chapters"]
        assert [(float(c["start_time"]), c["tags"]["title"]) for c in chapters] == [(0.0, "one"), (0.2, "two")]
        assert probe(target, "-show_format")["format"]["tags"]["title"] == "A talk"


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".mov"])
def test_sound_stays_with_the_pictures(tmp_path: Path, suffix: str) -> None:
    source = make_film(tmp_path / "s.mp4", frames=25, sound="aac")
    target = tmp_path / f"out{suffix}"
    matteo.cut_video(source, target, background="white", step=disc_step)
    before, after = samples(source)[4800:28800], samples(target)[4800:28800]
    shifts = range(-96, 97)
    likeness = [float(np.dot(before[96:-96], after[96 + s : len(after) - 96 + s])) for s in shifts]
    assert abs(shifts[int(np.argmax(likeness))]) <= 48  # 1 ms


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".mov"])
def test_a_part_keeps_its_sound_in_time(tmp_path: Path, suffix: str) -> None:
    source = make_film(tmp_path / "s.mp4", frames=50, sound="aac")
    target = tmp_path / f"part{suffix}"
    made = matteo.cut_video(source, target, background="white", step=disc_step, start="0:00:00:10", end=1.6)
    assert made.frames == 30
    assert times(target) == pytest.approx(np.arange(30) / 25, abs=1e-3)
    before, after = samples(source)[19200:][4800:43200], samples(target)[4800:43200]
    shifts = range(-96, 97)
    likeness = [float(np.dot(before[96:-96], after[96 + s : len(after) - 96 + s])) for s in shifts]
    assert abs(shifts[int(np.argmax(likeness))]) <= 48


@pytest.mark.parametrize("suffix", [".mov", ".mp4", ".mkv", ".webm"])
def test_a_time_code_goes_on(tmp_path: Path, suffix: str) -> None:
    source = make_film(tmp_path / "tc.mov", frames=50, metadata={"timecode": "01:00:00:00"})
    assert open_film(source).timecode == "01:00:00:00"
    target = tmp_path / f"out{suffix}"
    for start, code in ((None, "01:00:00:00"), ("01:00:01:00", "01:00:01:00"), (1, "01:00:01:00")):
        made = matteo.cut_video(source, target, background="white", step=disc_step, start=start, overwrite=True)
        assert made.frames == (50 if start is None else 25)
        assert {key.lower(): tag for key, tag in stream(target)["tags"].items()}["timecode"] == code
        assert not any("time code" in note for note in made.notes)
        assert open_film(target).timecode == code
        assert times(target)[:2] == pytest.approx([0, 0.04], abs=1e-4)
    tracks = [found["codec_tag_string"] for found in probe(target, "-show_streams")["streams"]]
    assert ("tmcd" in tracks) == (suffix in (".mov", ".mp4"))


def test_a_time_is_the_films_own_code_or_counted_from_its_beginning() -> None:
    rate, length = Fraction(25), Fraction(60)
    assert moment_of("01:00:10:05", rate, "01:00:00:00", length) == Fraction(51, 5)
    assert moment_of("00:00:10:05", rate, "01:00:00:00", length) == Fraction(51, 5)  # before the film's first
    assert moment_of("01:02:00:00", rate, "01:00:00:00", length) == 3720  # behind its last
    assert moment_of("01:00:10:05", rate, "01:00:00:00", None) == Fraction(51, 5)
    assert moment_of("1:30", rate, "00:00:00:00", length) == 90
    assert moment_of("00:00:10:05", rate, None, length) == Fraction(51, 5)


def test_numbers_of_time_codes() -> None:
    ntsc = Fraction(30000, 1001)
    assert frames_of("00:01:00;02", ntsc) == 1800  # two numbers are left out after each minute
    assert frames_of("00:10:00;00", ntsc) == 17982  # but for every tenth
    assert later("00:00:59;29", 1 / ntsc, ntsc) == "00:01:00;02"
    assert later("00:09:59;29", 1 / ntsc, ntsc) == "00:10:00;00"
    assert later("23:59:59:24", Fraction(1, 25), Fraction(25)) == "00:00:00:00"
    assert [seconds_of(text, Fraction(25)) for text in ("12.5", "1:30", "0:01:30.5", "00:00:01:05")] == [
        Fraction(25, 2), 90, Fraction(181, 2), Fraction(6, 5),
    ]  # fmt: skip


def test_odd_sides(tmp_path: Path) -> None:
    source = make_film(tmp_path / "odd.mkv", frames=3, size_hw=(49, 75), codec="ffv1", pix_fmt="bgr0", sound=None)
    made = matteo.cut_video(source, tmp_path / "out.mp4", background="white", step=disc_step)
    assert (stream(tmp_path / "out.mp4")["height"], stream(tmp_path / "out.mp4")["width"]) == (50, 76)
    assert any("even sides" in note for note in made.notes)
    matteo.cut_video(source, tmp_path / "out.mov", step=disc_step)
    assert (stream(tmp_path / "out.mov")["height"], stream(tmp_path / "out.mov")["width"]) == (49, 75)


def test_an_opacity_of_the_source_counts(tmp_path: Path) -> None:
    source = make_film(tmp_path / "src.mp4", frames=3, sound=None)
    matteo.cut_video(source, tmp_path / "once.mov", step=disc_step, codec="qtrle")
    assert open_film(tmp_path / "once.mov").opacity
    matteo.cut_video(
        tmp_path / "once.mov",
        tmp_path / "twice.mov",
        step=lambda rgb, memory: (np.ones(SIZE, np.float32), 0),
        codec="qtrle",
    )
    assert np.array_equal(decoded(tmp_path / "once.mov")[..., 3], decoded(tmp_path / "twice.mov")[..., 3])


def test_a_webms_own_alpha_is_read_again(tmp_path: Path) -> None:
    source = make_film(tmp_path / "src.mp4", frames=3, sound=None)
    matteo.cut_video(source, tmp_path / "once.webm", step=disc_step)
    film = open_film(tmp_path / "once.webm")
    assert film.opacity
    for index, frame in enumerate(frames(film)):
        assert frame.image.opacity is not None
        assert np.abs(frame.image.opacity - disc(index)).max() < 8 / 255


def test_what_ffprobe_says_of_a_film_is_what_it_says_of_its_source(tmp_path: Path) -> None:
    """29.97 pictures a second, of which some are dropped, and B frames: frames, stamps, length, sound."""
    base, kept = Fraction(1, 30000), [number for number in range(45) if number % 7 != 3]
    source = make_film(
        tmp_path / "s.mp4", stamps=[1001 * number for number in kept], time_base=base,
        options={"bf": "3", "b-adapt": "0", "crf": "10"},
    )  # fmt: skip
    for suffix in (".mp4", ".m4v", ".mov", ".mkv", ".webm"):
        tick = 1e-3 if suffix in (".mkv", ".webm") else 1 / 30000
        target = tmp_path / f"out{suffix}"
        made = matteo.cut_video(source, target, background="white", step=disc_step, quality="draft")
        assert len(times(target)) == made.frames == len(kept)
        assert np.abs(np.subtract(times(target), times(source))).max() < tick
        lengths = [float(probe(path, "-show_format")["format"]["duration"]) for path in (source, target)]
        assert lengths[1] == pytest.approx(lengths[0], abs=0.025 if suffix in (".mkv", ".webm") else 1e-3 + tick)
        if suffix != ".webm":  # whose sound is encoded anew
            assert sound_hash(target) == sound_hash(source)
            assert np.abs(np.subtract(times(target, "a:0"), times(source, "a:0"))).max() < max(tick, 1 / 48000)


def test_sound_hash_tells_two_sounds_apart(tmp_path: Path) -> None:
    one = make_film(tmp_path / "one.mp4", frames=5)
    two = make_film(tmp_path / "two.mp4", frames=6)
    assert sound_hash(one) != sound_hash(two)
