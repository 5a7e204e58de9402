"""`matteo train` as a user runs it: a laptop-size recipe, one's own pictures, and every way in which a set is unfit."""

from __future__ import annotations

import csv
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from matteo import Remover
from matteo.learning.data import Pair, pairs_of
from matteo.learning.validation import overlap
from matteo.models import library
from matteo.models.card import from_json
from matteo.models.table import find
from tests.cli.test_remove import matteo
from tests.learning.discs import disc_pair, encoded, red_pair, write_data, write_folder, write_tar
from tests.pictures import photograph

TOML = """
train = ["train.tar"]
backgrounds = "backgrounds.tar"
validate = [["val.tar", 1]]
stages = [[0.6, 32, 16], [0.4, 64, 8]]
muon_lr = 0.02
adam_lr = 2e-3
warmup_steps = 5
ema = 0.9
validations = 4
bf16 = false

[form]
stem = 8
widths = [8, 16, 16, 32]
blocks = [1, 1, 1, 1]
decoder = [8, 8, 8, 8]
last = 8
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_data(tmp_path_factory.mktemp("data"))
    (folder / "discs.toml").write_text(TOML)
    return folder


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATTEO_HOME", str(tmp_path / "home"))


def recipe_run(data: Path, run: Path, *more: object) -> tuple[object, ...]:
    return ("train", "--recipe", data / "discs.toml", "--data", data, "--run", run, *more)


def test_a_laptop_sized_recipe_learns_and_what_it_exports_cuts_out(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert matteo(*recipe_run(data, run, "--steps", 150)) == 0
    with (run / "log.csv").open() as file:
        losses = [float(row["total"]) for row in csv.DictReader(file) if row["total"]]
    assert losses[-1] < 0.75 * losses[0]
    remover = Remover(run / "discs.onnx")
    ious = [overlap(remover.alpha(pair.rgb), pair.mask)[0] for pair in pairs_of(data / "val.tar")]
    assert np.mean(ious) > 0.8
    assert len(list(run.glob("sheet-*.png"))) >= 4
    assert remover.card.trained_on == ("train.tar", "backgrounds.tar (backgrounds)")
    assert "photographs that were published for research" not in remover.card.licence
    said = capsys.readouterr().out
    assert "discs.onnx: 0." in said
    assert "it has no heads" in said


def test_a_run_told_to_end_saves_and_goes_on(data: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = [sys.executable, "-m", "matteo", *map(str, recipe_run(data, run, "--steps", 3000))]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while not (run / "log.csv").exists():
            assert process.poll() is None
            time.sleep(0.1)
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on there" in said
    assert (run / "checkpoint.pt").exists()
    assert not (run / "discs.onnx").exists()


def whole_set(folder: Path) -> Path:
    return write_folder(folder, [disc_pair(i) for i in range(12)])


def test_own_pictures_are_learned_and_the_network_is_known_by_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = write_folder(tmp_path / "own", [red_pair(i) for i in range(12)])
    known = write_tar(tmp_path / "known.tar", [disc_pair(i) for i in range(200, 230)])
    assert matteo("train", own, "--steps", 16, "--name", "discs", "--held-out", 3, "--rehearse", known) == 0
    said = capsys.readouterr().out
    assert "2 pictures of what it knew: IoU 0." in said
    assert "3 pictures held out: IoU 0." in said
    assert "discs is better than matteo and was added: matteo photo.jpg --model discs" in said
    assert ("discs does not: its confidence is" in said) == bool(find("matteo")[0].verdicts)
    card = library.card_of("discs")
    assert "own" in card.trained_on
    assert "DUTS-TR" in card.trained_on
    assert "matteo fine-tuned on 7 pictures of own" in card.provenance
    pair = red_pair(50)
    before, after = (overlap(Remover(name).alpha(pair.rgb), pair.mask)[1] for name in ("matteo", "discs"))
    assert after < before


def test_what_is_not_better_is_not_added(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pictures whose masks are the network's own answers: nothing can be better than it there."""
    pictures = {name: photograph(name)[::4, ::4] for name in ("astronaut", "chelsea", "coffee")}
    remover, pairs = Remover(), []
    for name, rgb in pictures.items():
        for i in range(4):
            part = np.ascontiguousarray(rgb[4 * i :, 3 * i :])
            pairs.append(Pair(f"{name}-{i}", part, np.rint(remover.alpha(part) * 255).astype(np.uint8)))
    own = write_folder(tmp_path / "own", pairs)
    assert matteo("train", own, "--steps", 1, "--name", "shop", "--held-out", 2, "--run", tmp_path / "run") == 1
    said = capsys.readouterr()
    assert "2 pictures held out: IoU 1.0000 before" in said.out
    assert "shop is not better than matteo on the pictures held out, and was not added" in said.err
    assert library.names() == []
    assert (tmp_path / "run" / "shop.onnx").exists()
    assert "own" in from_json(tmp_path / "run" / "shop.json").trained_on


def no_masks(folder: Path) -> Path:
    return write_tar(folder / "set.tar", [disc_pair(i) for i in range(12)], masks=False)


def one_class(folder: Path) -> Path:
    full = np.full_like(disc_pair(0).mask, 255)
    return write_folder(folder / "set", [Pair(str(i), disc_pair(i).rgb, full) for i in range(12)])


def unreadable(folder: Path) -> Path:
    own = whole_set(folder / "set")
    (own / "images" / "disc-004.webp").write_bytes(b"RIFF\x10\x00\x00\x00WEBPVP8 broken")
    return own


def other_sizes(folder: Path) -> Path:
    own = whole_set(folder / "set")
    (own / "masks" / "disc-004.png").write_bytes(encoded(disc_pair(4).mask[:40], "png"))
    return own


def too_few(folder: Path) -> Path:
    return write_folder(folder / "set", [disc_pair(i) for i in range(5)])


def not_there(folder: Path) -> Path:
    return folder / "nowhere"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (no_masks, "mask"), (one_class, "subject throughout"), (unreadable, "disc-004"),
        (other_sizes, r"disc-004.*96 x 40"), (too_few, "5 pairs are too few"), (not_there, "nowhere"),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)  # fmt: skip
def test_a_set_that_is_unfit_is_refused_in_words_and_nothing_is_written(
    make: Callable[[Path], Path], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = make(tmp_path)
    assert matteo("train", own, "--minutes", 1, "--name", "shop") == 1
    said = capsys.readouterr().err
    assert re.search(says, said), said
    assert said.count("\n") == 1
    assert not (tmp_path / "home").exists()


def test_wrong_use_is_told_before_anything_is_read(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own, run = tmp_path / "own", tmp_path / "run"
    for arguments, says in (
        ((), "give a set of your own"),
        ((own, "--recipe", "matteo"), "one of the two"),
        ((own, "--minutes", 1), "--name is missing"),
        ((own, "--name", "shop"), "--minutes or --steps"),
        ((own, "--name", "a/b", "--minutes", 1), "no name for a model"),
        (("--recipe", "matteo", "--minutes", 1), "needs --data"),
        ((own, "--name", "shop", "--minutes", 1, "--start", run), "--start is for a recipe"),
        (("--recipe", "matteo", "--data", data, "--run", run, "--name", "x"), "--name is for a set of your own"),
        (
            ("--recipe", "mateo", "--data", data, "--run", run, "--minutes", 1),
            "there are matteo, hints, matteo-small; or give a .toml",
        ),
    ):
        assert matteo("train", *arguments) == 2
        assert says in capsys.readouterr().err
    assert matteo("train", own, "--name", "matteo", "--minutes", 1) == 1
    assert "comes with matteo" in capsys.readouterr().err
    assert not run.exists()


def test_a_recipe_without_its_data_or_with_another_start_is_refused(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert matteo("train", "--recipe", "matteo", "--data", data, "--run", run, "--minutes", 1) == 1
    assert "lacks train-duts-0.tar" in capsys.readouterr().err
    start = Path(__file__).parents[2] / "recipes" / "matteo.pt"
    assert matteo(*recipe_run(data, run, "--minutes", 1, "--start", start)) == 1
    assert "matteo.pt is of the architecture matteo, not of Form(stem=8" in capsys.readouterr().err
    (data / "bad.toml").write_text("stages = [[0.5, 33, 4], [0.4, 64, 4]]")
    assert matteo("train", "--recipe", data / "bad.toml", "--data", data, "--run", run, "--minutes", 1) == 2
    assert "the shares of the stages are 0.9 together" in capsys.readouterr().err
    assert not run.exists()
