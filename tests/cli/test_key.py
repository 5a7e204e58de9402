"""--key, for pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from matteo import Hints, Remover, UsageError, iter_video, remove
from matteo.effects.look import Look
from matteo.video.plan import Planned, planned
from tests.cli.test_given import alpha_of
from tests.cli.test_remove import matteo, opened
from tests.keying.screens import GREEN, shot
from tests.pictures import photograph, save


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return save(shot(GREEN, (0.8, 0.6, 0.5)).rgb, tmp_path / "photo.png")


def test_a_key_is_told_as_such_and_gives_the_screens_alpha(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert matteo(photo, "--key", "green", "--json") == 0
    line = json.loads(capsys.readouterr().out)
    assert line["model"] == "key"
    assert line["confidence"] > 0.9
    alpha, true = alpha_of(photo.with_name("photo.cutout.png")) / 255, shot(GREEN, (0.8, 0.6, 0.5)).alpha
    assert np.abs(alpha - true).mean() < 0.006


def test_the_screens_colour_is_taken_out_of_the_edge(photo: Path) -> None:
    cutout = remove(photo, key="auto")
    soft = (cutout.alpha > 0.2) & (cutout.alpha < 0.8)
    red, green, blue = (cutout.rgb[..., i][soft].astype(float).mean() / 255 for i in range(3))
    assert green < max(red, blue)
    assert red == pytest.approx(0.8, abs=0.06)


def test_a_box_is_a_garbage_matte_and_a_painted_mask_holds(photo: Path) -> None:
    painted = np.zeros((240, 320), np.uint8)
    painted[100:110, 10:30] = 255
    keep = save(painted, photo.with_name("keep.png"))
    assert matteo(photo, "--key", "auto", "--box", "0,0,50%,100%", "--keep-mask", keep) == 0
    alpha = alpha_of(photo.with_name("photo.cutout.png"))
    assert (alpha[:, 161:] == 0).all()
    assert (alpha[100:110, 10:30] == 255).all()


@pytest.mark.parametrize("told", ["chartreuse-ish", "#808080", "blue"])
def test_what_is_no_screen_is_refused_and_nothing_written(
    photo: Path, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert matteo(photo, "--key", told) in (1, 2)
    assert {"chartreuse-ish": "give auto", "#808080": "nearly grey", "blue": "leave the key out"}[told] in (
        capsys.readouterr().err
    )
    assert not photo.with_name("photo.cutout.png").exists()


def test_in_a_folder_the_one_without_a_screen_fails_alone(photo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.png").write_bytes(photo.read_bytes())
    save(photograph("coffee"), folder / "b.png")
    assert matteo(folder, "-o", tmp_path / "out", "--key", "green") == 1
    assert (tmp_path / "out" / "a.png").exists()
    assert not (tmp_path / "out" / "b.png").exists()


def test_a_trimap_beside_it_is_refused(photo: Path) -> None:
    trimap = np.zeros((240, 320), np.uint8)
    trimap[100:200] = 255
    with pytest.raises(UsageError, match="give it, or a key"):
        Remover(load=False).remove(photo, key="green", trimap=trimap)
    assert matteo(photo, "--key", "green", "--trimap", save(trimap, photo.with_name("t.png"))) == 2


@pytest.mark.parametrize("options", [("--edges", "fine"), ("--drop", "5,5")])
def test_what_says_nothing_beside_a_key_is_refused(photo: Path, options: tuple[str, str]) -> None:
    assert matteo(photo, "--key", "green", *options) == 2
    with pytest.raises(UsageError, match="points to drop say nothing"):
        remove(photo, key="green", hints=Hints(drop=[(5, 5)]))


def test_map_takes_a_key(photo: Path) -> None:
    (result,) = Remover(load=False).map([photo], key="green")
    assert result.unwrap().model == "key"
    with pytest.raises(UsageError, match="nearly grey"):
        list(Remover(load=False).map([photo], key="#777777"))


def test_a_step_of_ones_own_beside_a_key_is_refused(tmp_path: Path) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    save(shot().rgb, frames / "000000.png")
    with pytest.raises(UsageError, match="leave one of the two out"):
        iter_video(
            frames / "%06d.png", key="green", step=lambda rgb, memory: (np.ones(rgb.shape[:2], np.float32), None)
        )


def test_a_film_that_was_stopped_goes_on_and_one_of_another_key_does_not(tmp_path: Path) -> None:
    frames, remover = tmp_path / "frames", Remover(threads=1)
    frames.mkdir()
    taken = shot(GREEN, (0.8, 0.6, 0.5))
    for n in range(7):
        save(np.roll(taken.rgb, 4 * n, axis=1), frames / f"{n:06d}.png")

    def plan(name: str, key: str | None) -> Planned:
        target = tmp_path / name / "%06d.png"
        return planned(frames / "%06d.png", target, look=Look(), key=key, remover=remover, segment=2)

    def stop(done: int, total: int | None) -> None:
        if done == 5:
            raise KeyboardInterrupt

    plan("whole", "green").made()
    for name in ("broken", "other"):
        with pytest.raises(KeyboardInterrupt):
            plan(name, "green").made(progress=stop)
    assert plan("broken", "green").made().resumed == 4
    assert plan("other", None).made().resumed == 0
    for one in sorted((tmp_path / "whole").glob("*.png")):
        assert np.array_equal(np.asarray(opened(one)), np.asarray(opened(tmp_path / "broken" / one.name)))


def test_a_film_before_a_screen(tmp_path: Path) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    taken = shot(GREEN, (0.8, 0.6, 0.5))
    for n in range(3):
        save(np.roll(taken.rgb, 4 * n, axis=1), frames / f"{n:06d}.png")
    found = [cutout.alpha for _, cutout in iter_video(frames / "%06d.png", key="green")]
    assert len(found) == 3
    for n, alpha in enumerate(found):
        assert np.abs(alpha - np.roll(taken.alpha, 4 * n, axis=1)).mean() < 0.01
    assert matteo("video", frames / "%06d.png", "--key", "green", "-o", tmp_path / "out" / "%06d.png") == 0
    assert np.abs(alpha_of(sorted((tmp_path / "out").iterdir())[0]) / 255 - taken.alpha).mean() < 0.01
    assert matteo("video", frames / "%06d.png", "--key", "blue", "-o", tmp_path / "none" / "%06d.png") == 1
    assert not (tmp_path / "none").exists()
