"""`matteo video` with the shipped network."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from av.video.frame import VideoFrame

from matteo.cli.main import main
from tests.pictures import photograph
from tests.video.clips import decoded, make_film, sound_hash, stream, times


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as end:
        main(["video", *map(str, arguments)])
    return int(end.value.code or 0)


@pytest.fixture(scope="module")
def astronaut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A person who moves before a bright wall, with sound."""
    import av

    folder = tmp_path_factory.mktemp("film")
    tone = make_film(folder / "tone.mp4", frames=8)
    rgb = np.asarray(PIL.Image.fromarray(photograph("astronaut")).resize((160, 160)), np.uint8)
    with av.open(str(tone)) as source, av.open(str(folder / "talk.mp4"), "w") as out:
        video = out.add_stream("libx264", rate=25, options={"crf": "12"})
        video.height, video.width, video.pix_fmt = 160, 160, "yuv420p"
        sound = out.add_stream_from_template(source.streams.audio[0], opaque=True)
        for number in range(8):
            frame = VideoFrame.from_ndarray(np.ascontiguousarray(np.roll(rgb, 2 * number, axis=1)), format="rgb24")
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        for packet in source.demux(audio=0):
            if packet.size:
                packet.stream = sound
                out.mux(packet)
    return folder / "talk.mp4"


def test_beside_the_source_with_its_sound(astronaut: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(astronaut, "--background", "#0040ff", "--json", "--report", astronaut.parent / "r.html") == 0
    target = astronaut.with_name("talk.cutout.mp4")
    line = json.loads(capsys.readouterr().out)
    assert line["output"] == str(target)
    assert line["frames"] == 8
    assert times(target) == times(astronaut)
    assert sound_hash(target) == sound_hash(astronaut)
    last = decoded(target, "rgb24")[-1].astype(int)
    before = decoded(astronaut, "rgb24")[-1].astype(int)
    assert np.abs(last[100, 85] - before[100, 85]).max() < 25  # the suit
    assert np.abs(last[5, 150] - (0, 0x40, 0xFF)).max() < 25  # where the wall was
    assert "8 frames" in (astronaut.parent / "r.html").read_text()
    assert run(astronaut, "--background", "#0040ff") == 1
    assert "is there already" in capsys.readouterr().err


def test_transparent_with_a_matte_and_a_moving_effect(astronaut: Path, tmp_path: Path) -> None:
    arguments = ("--quality", "draft", "--end", "0.16", "--matte", tmp_path / "m.mp4")
    assert run(astronaut, "-o", tmp_path / "t.mov", *arguments) == 0
    assert stream(tmp_path / "t.mov")["codec_name"] == "prores"
    alpha = decoded(tmp_path / "t.mov")[..., 3].astype(int)
    assert alpha[-1, 100, 85] > 240
    assert alpha[-1, 5, 155] < 15
    assert np.abs(alpha - decoded(tmp_path / "m.mp4", "gray")).mean() < 3
    spot = tmp_path / "spot.mp4"
    assert run(astronaut, "-o", spot, "--effect", "follow-spot", "--quality", "draft", "--end", "0.16") == 0
    assert decoded(spot, "rgb24")[-1, :10, :10].mean() < decoded(astronaut, "rgb24")[3, :10, :10].mean() - 10


def test_several_films_into_a_folder_and_a_failure(
    astronaut: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"no film")
    out = tmp_path / "out"
    code = run(
        astronaut, tmp_path / "bad.mp4", "-o", f"{out}/", "--background", "white", "--end", "0.1", "--quality", "draft"
    )
    assert code == 1
    assert [path.name for path in out.iterdir()] == ["talk.mp4"]
    assert "bad.mp4" in capsys.readouterr().err


@pytest.mark.parametrize("more", [(), ("--preview",)])
def test_two_films_that_would_become_one_file_are_refused(
    astronaut: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...]
) -> None:
    other = tmp_path / "other" / astronaut.name
    other.parent.mkdir()
    other.write_bytes(astronaut.read_bytes())
    out = tmp_path / "out"
    assert run(astronaut, other, "-o", f"{out}/", "--background", "white", "--overwrite", *more) == 2
    said = capsys.readouterr().err
    assert f"{astronaut} and {other} would both become {out}" in said
    assert not out.exists()


def test_a_preview(astronaut: Path, tmp_path: Path) -> None:
    assert run(astronaut, "-o", tmp_path / "sheet.png", "--preview", "--quality", "draft") == 0
    with PIL.Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size[0] > 160
        pixels = np.asarray(sheet.convert("RGB"))
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 500
    assert not (tmp_path / "talk.cutout.mp4").exists()


def test_transparency_that_the_container_lacks(
    astronaut: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(astronaut, "-o", tmp_path / "x.mp4") == 2
    assert "--background" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
