"""What is fastened to a film: covers, attached files, texts that a cut goes through, and what an HDR film says of
itself."""

from __future__ import annotations

import io
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as PilImage

import matteo
from matteo.video.film import open_film
from tests.video.clips import disc_step, make_film, probe, stream, times

SCREEN = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"


def ffmpeg(*words: str | Path) -> None:
    subprocess.run(["ffmpeg", "-v", "error", *map(str, words)], check=True)


def cover() -> bytes:
    made = io.BytesIO()
    PilImage.new("RGB", (40, 30), (200, 30, 60)).save(made, "JPEG")
    return made.getvalue()


def covered(folder: Path, suffix: str) -> Path:
    """A film with a cover picture; in Matroska with a font, too."""
    plain = make_film(folder / "plain.mkv", frames=10, texts=["Good day"])
    (folder / "cover.jpg").write_bytes(cover())
    (folder / "font.ttf").write_bytes(bytes(range(256)))
    made = folder / f"source{suffix}"
    if suffix == ".mkv":
        types = "-metadata:s:t:0", "mimetype=image/jpeg", "-metadata:s:t:1", "mimetype=application/x-truetype-font"
        ffmpeg("-i", plain, "-attach", folder / "cover.jpg", "-attach", folder / "font.ttf", *types, "-c", "copy", made)
    else:
        maps = "-map", "0:v", "-map", "0:a", "-map", "1"
        ffmpeg(
            "-i", plain, "-i", folder / "cover.jpg", *maps, "-c", "copy", "-disposition:v:1", "attached_pic", made,
        )  # fmt: skip
    return made


def cover_of(path: Path, out: Path) -> bytes:
    ffmpeg("-i", path, "-map", "0:v:1", "-c", "copy", "-f", "image2pipe", "-y", out)
    return out.read_bytes()


@pytest.mark.parametrize("target", [".mp4", ".mkv"])
@pytest.mark.parametrize("source", [".mp4", ".mkv"])
def test_a_cover_stays_the_cover_bit_for_bit(tmp_path: Path, source: str, target: str) -> None:
    film, out = covered(tmp_path, source), tmp_path / f"out{target}"
    made = matteo.cut_video(film, out, background="white", step=disc_step)
    assert cover_of(out, tmp_path / "found.jpg") == cover()
    assert stream(out, "v:1")["disposition"]["attached_pic"] == 1
    assert times(out) == pytest.approx(times(film), abs=1e-3)
    assert not any("cover" in note for note in made.notes)


@pytest.mark.parametrize("target", [".webm", ".mov"])
def test_a_cover_that_cannot_stay_is_told(tmp_path: Path, target: str) -> None:
    made = matteo.cut_video(covered(tmp_path, ".mp4"), tmp_path / f"out{target}", background="white", step=disc_step)
    assert "a cover picture was left out" in made.notes
    assert len(probe(tmp_path / f"out{target}", "-select_streams", "v", "-show_streams")["streams"]) == 1


def test_attached_files_stay_in_matroska_and_are_told_elsewhere(tmp_path: Path) -> None:
    film = covered(tmp_path, ".mkv")
    made = matteo.cut_video(film, tmp_path / "out.mkv", background="white", step=disc_step)
    subprocess.run(  # ffmpeg wants an output, and says so after it has dumped the file
        ["ffmpeg", "-v", "quiet", f"-dump_attachment:t:{0}", tmp_path / "found.ttf", "-i", tmp_path / "out.mkv"],
        check=False,
    )
    assert (tmp_path / "found.ttf").read_bytes() == bytes(range(256))
    assert not any("left out" in note for note in made.notes)
    made = matteo.cut_video(film, tmp_path / "out.mp4", background="white", step=disc_step)
    assert "an attached file (font.ttf) was left out" in made.notes


@pytest.mark.parametrize("target", [".mp4", ".mkv", ".webm"])
@pytest.mark.parametrize("source", [".mp4", ".mkv"])
def test_a_text_that_the_cut_goes_through_is_shown_for_what_is_left_of_it(
    tmp_path: Path, source: str, target: str
) -> None:
    """Texts at 0.1 to 0.2, 0.3 to 0.4, 0.5 to 0.6 and 0.7 to 0.8 s; kept is 0.16 to 0.52 s."""
    film = make_film(tmp_path / f"t{source}", frames=25, texts=["one", "two", "three", "four"])
    out = tmp_path / f"out{target}"
    matteo.cut_video(film, out, background="white", step=disc_step, start=0.16, end=0.52)
    packets = probe(out, "-select_streams", "s", "-show_entries", "packet=pts_time,duration_time,size")["packets"]
    shown = [packet for packet in packets if int(packet["size"]) > 2]  # MP4 fills the time between texts
    assert [float(packet["pts_time"]) for packet in shown] == pytest.approx([0, 0.14, 0.34], abs=2e-3)
    assert [float(packet["duration_time"]) for packet in shown] == pytest.approx([0.04, 0.1, 0.02], abs=2e-3)


def hdr_film(path: Path) -> Path:
    """Three frames in PQ, mastered on a P3 screen of 1000 candela."""
    plain = make_film(path.with_name("plain.mkv"), frames=3, sound=None)
    colours = "-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc"
    params = f"log-level=error:hdr10=1:master-display={SCREEN}:max-cll=900,300"
    ffmpeg("-i", plain, "-c:v", "libx265", "-pix_fmt", "yuv420p10le", *colours, "-x265-params", params, path)
    return path


def told(path: Path) -> dict[str, Any]:
    """What ffprobe reads beside the first frame."""
    frames = probe(path, "-select_streams", "v:0", "-show_frames", "-read_intervals", "%+#1")["frames"]
    found: dict[str, Any] = {}
    for entry in frames[0].get("side_data_list", []):
        found |= {key: Fraction(value) for key, value in entry.items() if key != "side_data_type"}
    return found


@pytest.mark.parametrize(("suffix", "codec"), [(".mp4", "hevc"), (".mkv", "hevc"), (".mp4", "av1"), (".webm", "av1")])
def test_an_hdr_film_says_on_which_screen_it_was_mastered(tmp_path: Path, suffix: str, codec: str) -> None:
    source, out = hdr_film(tmp_path / "hdr.mkv"), tmp_path / f"out{suffix}"
    assert open_film(source).mastering.light == (900, 300)
    made = matteo.cut_video(source, out, background="white", step=disc_step, codec=codec)
    before, after = told(source), told(out)
    for key in ("red_x", "green_y", "blue_x", "white_point_y", "max_luminance", "min_luminance"):
        assert float(after[key]) == pytest.approx(float(before[key]), abs=2e-4)
    assert (after["max_content"], after["max_average"]) == (900, 300)
    assert not any("mastered" in note for note in made.notes)


def test_where_it_cannot_say_so_that_is_told(tmp_path: Path) -> None:
    source = hdr_film(tmp_path / "hdr.mkv")
    made = matteo.cut_video(source, tmp_path / "out.mov", step=disc_step)
    assert any("on which screen the film was mastered" in note for note in made.notes)
    assert not open_film(make_film(tmp_path / "sdr.mp4", frames=2)).mastering
