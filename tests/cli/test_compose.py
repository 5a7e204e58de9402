"""`matteo compose` with the shipped network."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage

from matteo.cli.compose import _opener
from matteo.picture.limits import Limits

from ..pictures import ASTRONAUT, photograph, save
from .test_remove import matteo, opened

POSTER = """
[canvas]
size = "300x200"
background = "#204060"
[[layer]]
picture = "me.jpg"
at = "0.3,1"
anchor = "bottom"
height = "90%"
shadow = "drop"
[[layer]]
picture = "cat.png"
cut = false
at = "top-right"
anchor = "top-right"
width = "40%"
"""


@pytest.fixture
def poster(tmp_path: Path) -> Path:
    shutil.copy(ASTRONAUT, tmp_path / "me.jpg")
    save(photograph("chelsea"), tmp_path / "cat.png")
    (tmp_path / "poster.toml").write_text(POSTER)
    return tmp_path / "poster.toml"


def test_a_poster_beside_its_file(poster: Path) -> None:
    assert matteo("compose", poster) == 0
    image = np.asarray(opened(poster.with_suffix(".png")))
    assert image.shape == (200, 300, 3)
    assert (image[5, 5] == (0x20, 0x40, 0x60)).all()
    suit = image[120:190, 60:110].reshape(-1, 3).mean(0)
    assert suit[0] > suit[2] + 60  # orange
    cat = np.asarray(opened(poster.with_name("cat.png")).resize((120, 80), PilImage.Resampling.BOX))
    assert np.abs(image[:80, 180:].astype(int) - cat).mean() < 4


def test_layers_in_an_openraster_file(poster: Path) -> None:
    assert matteo("compose", poster, "-o", poster.with_suffix(".ora")) == 0
    with zipfile.ZipFile(poster.with_suffix(".ora")) as file:
        listed = file.read("stack.xml").decode()
    assert listed.index('name="cat"') < listed.index('name="me"') < listed.index('name="me, drop shadow"')


def test_what_makes_no_sense_writes_nothing(poster: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(poster.parent.iterdir())
    cases = [
        (POSTER.replace("300x200", "0x200"), 2, "1 to 30000"),
        (POSTER.replace("cat.png", "dog.png"), 1, "dog.png is not there"),
        (POSTER.replace("shadow", "shadwo"), 2, "did you mean shadow?"),
    ]
    for text, code, said in cases:
        poster.write_text(text)
        assert matteo("compose", poster) == code
        assert said in capsys.readouterr().err
    poster.write_text(POSTER)
    assert matteo("compose", poster, "-o", poster.with_suffix(".doc")) == 1
    assert matteo("compose", poster, "-o", poster.with_name("cat.png"), "--overwrite") == 1  # a source
    assert sorted(poster.parent.iterdir()) == before


def test_a_layer_does_not_hold_the_photograph_that_it_was_cut_from() -> None:
    opened = _opener("matteo", "cpu", 1, Limits())
    assert opened(ASTRONAUT, True).source is None
    assert opened(ASTRONAUT, False).source is None
