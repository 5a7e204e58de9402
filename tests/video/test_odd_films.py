"""Films as they come, in which nothing is wrong: longer sound, texts at one time, odd names, fast frames."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PilImage
from PIL import ImageCms

import matteo
from matteo.effects.look import Look
from matteo.errors import LimitExceeded, UnreadablePicture
from matteo.picture.image import Alpha, Rgb
from matteo.picture.limits import Limits
from matteo.video.backdrop import FilmBackdrop
from matteo.video.colour import FULL, LIMITED, Colour, to_image
from matteo.video.drawing import drawing_of
from matteo.video.film import is_pattern, open_film
from matteo.video.plan import Planned, planned
from matteo.video.reader import frames
from matteo.video.subtitles import OneByOne
from tests.picture.made import display_p3
from tests.video.clips import decoded, disc_step, make_film, picture, probe, times


def ffmpeg(*words: str | Path) -> None:
    subprocess.run(["ffmpeg", "-v", "error", *map(str, words)], check=True)


@pytest.mark.parametrize(("suffix", "codecs"), [(".flv", ("flv", "mp3")), (".wmv", ("wmv2", "wmav2"))])
def test_sound_that_goes_on_behind_the_pictures_is_no_damage(
    tmp_path: Path, suffix: str, codecs: tuple[str, str]
) -> None:
    pictures = make_film(tmp_path / "p.mkv", frames=25, sound=None)
    source = tmp_path / f"long{suffix}"
    tone = "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=3"
    ffmpeg("-i", pictures, *tone, "-c:v", codecs[0], "-c:a", codecs[1], source)
    made = matteo.cut_video(source, tmp_path / "out.mp4", background="white", step=disc_step)
    assert made.frames in (25, 26)
    assert times(tmp_path / "out.mp4", "a:0")[-1] == pytest.approx(3, abs=0.1)


def test_a_recording_that_was_cut_off_is_still_found(tmp_path: Path) -> None:
    source = make_film(tmp_path / "p.flv", frames=100, codec="flv", sound="mp3", options={})
    part = tmp_path / "part.flv"
    part.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    with pytest.raises(UnreadablePicture, match=r"truncated|damaged"):
        matteo.cut_video(part, tmp_path / "out.mp4", background="white", step=disc_step)


def test_a_per_cent_in_a_name_means_nothing(tmp_path: Path) -> None:
    source = make_film(tmp_path / "my%20film.mkv", frames=3, sound=None)
    matteo.cut_video(source, tmp_path / "my%20out.mp4", background="white", step=disc_step)
    assert times(tmp_path / "my%20out.mp4") == times(source)
    assert is_pattern(tmp_path / "%06d.png")
    assert is_pattern(tmp_path / "%d.png")
    (tmp_path / "%d.mkv").write_bytes(source.read_bytes())
    assert not is_pattern(tmp_path / "%d.mkv")


def test_a_subtitle_without_a_length_gets_none(tmp_path: Path) -> None:
    """As pictures of text (PGS) have it: one is shown until the next comes."""
    plain = make_film(tmp_path / "p.mkv", frames=60, sound=None)
    source = tmp_path / "s.mkv"
    with av.open(str(plain)) as given, av.open(str(source), "w") as out:
        video = out.add_stream_from_template(given.streams.video[0])
        texts = out.add_mux_stream("subrip")
        for packet in given.demux(video=0):
            if packet.size:
                packet.stream = video
                out.mux(packet)
        for at in (0, 1000, 1100, 2200):
            text = av.Packet(b"text")
            text.stream, text.time_base = texts, Fraction(1, 1000)
            text.pts = text.dts = at
            out.mux(text)
    matteo.cut_video(source, tmp_path / "out.mkv", background="white", step=disc_step)
    before, after = (
        probe(path, "-select_streams", "s", "-show_entries", "packet=pts_time,duration_time")["packets"]
        for path in (source, tmp_path / "out.mkv")
    )
    assert after == before


def test_texts_that_are_shown_together_are_lines_of_one(tmp_path: Path) -> None:
    ass = """[Script Info]
ScriptType: v4.00+
[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.20,0:00:01.00,Default,,0,0,0,,one
Dialogue: 0,0:00:00.20,0:00:02.00,Default,,0,0,0,,two
Dialogue: 0,0:00:01.50,0:00:01.80,Default,,0,0,0,,three
"""
    (tmp_path / "t.ass").write_text(ass)
    plain = make_film(tmp_path / "p.mkv", frames=75)
    ffmpeg("-i", plain, "-i", tmp_path / "t.ass", "-c", "copy", tmp_path / "s.mkv")
    matteo.cut_video(tmp_path / "s.mkv", tmp_path / "out.mp4", background="white", step=disc_step)
    ffmpeg("-i", tmp_path / "out.mp4", "-map", "0:s", tmp_path / "out.srt")
    shown = [entry.split("\n")[1:] for entry in (tmp_path / "out.srt").read_text().strip().split("\n\n")]
    assert shown == [
        ["00:00:00,200 --> 00:00:01,000", "one", "two"], ["00:00:01,000 --> 00:00:01,500", "two"],
        ["00:00:01,500 --> 00:00:01,800", "two", "three"], ["00:00:01,800 --> 00:00:02,000", "two"],
    ]  # fmt: skip


def test_texts_one_after_the_other_stay_as_they_are() -> None:
    texts = OneByOne()
    given = [(Fraction(0), Fraction(1), "a"), (Fraction(2), Fraction(3), "b"), (Fraction(3), Fraction(4), "c")]
    assert [*(shown for one in given for shown in texts.put(*one)), *texts.until()] == given


def test_frames_that_come_faster_than_a_gif_can_show_them(tmp_path: Path) -> None:
    stamps = [*range(0, 400, 40), *range(400, 430, 3)]
    source = make_film(tmp_path / "fast.mkv", stamps=stamps, time_base=Fraction(1, 1000), sound=None)
    matteo.cut_video(source, tmp_path / "out.gif", step=disc_step)
    assert len(decoded(tmp_path / "out.gif")) == len(stamps)


def test_a_report_that_begins_late_says_so(tmp_path: Path) -> None:
    source = make_film(tmp_path / "s.mp4", frames=20)

    def watched(done: int, _: int | None) -> None:
        if done == 11:
            raise KeyboardInterrupt

    def job() -> Planned:
        return planned(
            source, tmp_path / "out.mp4", look=Look(background="white"), segment=5, quality="draft"
        )  # fmt: skip

    with pytest.raises(KeyboardInterrupt):
        job().made(progress=watched)
    made = job().made(report=tmp_path / "r.html")
    assert made.resumed == 10
    assert any("the report lacks 10 frames" in note for note in made.notes)


def test_numbered_pictures_of_another_colour_space_are_shown_in_srgb(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(2):
        PilImage.fromarray(picture(number)).save(folder / f"{number:03}.png", icc_profile=display_p3())
    matteo.cut_video(folder / "%03d.png", tmp_path / "out" / "%03d.png", background="white", step=disc_step)
    found = np.asarray(PilImage.open(min((tmp_path / "out").iterdir())).convert("RGB")).astype(int)
    p3 = ImageCms.ImageCmsProfile(io.BytesIO(display_p3()))
    expected = ImageCms.profileToProfile(PilImage.fromarray(picture(0)), p3, ImageCms.createProfile("sRGB"))
    assert np.abs(found[32, 20] - np.asarray(expected)[32, 20].astype(int)).max() <= 1


def test_a_looped_film_far_on_is_not_read_round_by_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_film(tmp_path / "loop.mkv", frames=5, sound=None)
    behind = FilmBackdrop(source)
    begun, begin = [], behind._begin

    def counted() -> None:
        begun.append(1)
        begin()

    monkeypatch.setattr(behind, "_begin", counted)
    far = behind._at(Fraction(1000) + Fraction(2, 25))
    assert len(begun) <= 2
    assert np.array_equal(far.rgb, FilmBackdrop(source)._at(Fraction(2, 25)).rgb)


def test_of_a_frame_that_is_seen_whole_nothing_stays_in_a_gif(tmp_path: Path) -> None:
    """A subject comes so near that it fills the picture, and goes away again."""
    shares = [0.1, 1.0, 1.0, 0.4, 0.1]

    def near(rgb: Rgb, memory: int | None) -> tuple[Alpha, int]:
        number = 0 if memory is None else memory + 1
        alpha = np.zeros(rgb.shape[:2], np.float32)
        alpha[:, : round(rgb.shape[1] * shares[number])] = 1
        return alpha, number

    source = make_film(tmp_path / "near.mkv", stamps=[*range(0, 200, 40)], time_base=Fraction(1, 1000), sound=None)
    matteo.cut_video(source, tmp_path / "near.gif", step=near)
    with PilImage.open(tmp_path / "near.gif") as image:
        for number, share in enumerate(shares):
            image.seek(number)
            seen = np.asarray(image.convert("RGBA"))[..., 3] > 0
            assert seen.mean() == pytest.approx(share, abs=0.01)


def test_prores_of_an_odd_width_shows_the_picture_up_to_its_side(tmp_path: Path) -> None:
    size_hw = 65, 97
    options = {"size_hw": size_hw, "codec": "ffv1", "pix_fmt": "bgr0", "sound": None}
    source = make_film(tmp_path / "odd.mkv", frames=3, **options)  # type: ignore[arg-type]
    made = matteo.cut_video(source, tmp_path / "odd.mov", background="#0040c0", step=disc_step)
    assert any("stands twice" in note for note in made.notes)
    shown = decoded(tmp_path / "odd.mov", "rgb24")[2].astype(int)
    assert shown.shape == (65, 98, 3)
    assert np.abs(shown[:, 90:] - (0, 0x40, 0xC0)).max() < 6


def test_a_narrow_film_in_hevc(tmp_path: Path) -> None:
    """Of less than 50 columns an option of the encoder writes beyond its memory, and the process dies."""
    source = make_film(tmp_path / "narrow.mkv", size_hw=(48, 40), codec="ffv1", pix_fmt="gbrp10le", sound=None)
    code = (
        "import sys, matteo; from tests.video.clips import disc_step; more = {'step': disc_step, 'overwrite': True}; "
        "[matteo.cut_video(sys.argv[1], sys.argv[2], background='white', **more) for _ in 'abc']"
    )
    subprocess.run([sys.executable, "-c", code, str(source), str(tmp_path / "out.mp4")], check=True, timeout=120)
    assert probe(tmp_path / "out.mp4", "-show_streams")["streams"][0]["codec_name"] == "hevc"


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_a_grey_film_of_limited_range_is_read_as_it_says(bits: int) -> None:
    name, scale = ("gray", 1) if bits == 8 else ("gray16le" if bits == 16 else f"gray{bits}le", 2 ** (bits - 8))
    luma: NDArray[Any] = np.array([[16, 71, 126, 181, 235, 4, 250, 16]] * 4) * scale
    samples: Any = luma.astype(np.uint8 if bits == 8 else np.uint16)
    frame = av.VideoFrame.from_ndarray(samples, format=name)
    truth = np.clip((luma / scale - 16) / 219, 0, 1)
    for range_, expected in ((LIMITED, truth), (FULL, luma / (2**bits - 1))):
        image = to_image(frame, Colour(range=range_))
        assert image.rgb.shape == (4, 8, 3)
        top = np.iinfo(image.rgb.dtype).max
        assert np.abs(image.rgb[..., 1] / top - expected).max() < (1.6 / 255 if bits == 8 else 1.6 / 2**bits)


def test_the_limits_hold_for_every_numbered_picture_and_for_the_film_behind(tmp_path: Path) -> None:
    for number in (1, 2):
        PilImage.fromarray(picture(number)).save(tmp_path / f"{number:02}.png")
    film = open_film(tmp_path / "%02d.png", limits=Limits(pixels=100_000))
    assert film.limits == Limits(pixels=100_000)
    with pytest.raises(LimitExceeded, match=r"01\.png"):
        next(frames(replace(film, limits=Limits(pixels=100))))
    behind = make_film(tmp_path / "behind.mkv", frames=2, sound=None)
    with pytest.raises(LimitExceeded, match=r"behind\.mkv"):
        drawing_of(Look(background=str(behind)), limits=Limits(pixels=100))
