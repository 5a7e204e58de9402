"""remove.bg clients that others wrote, repointed and unchanged."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import removebg.removebg as theirs
import requests
from PIL import Image as PilImage

from .running import Running
from .sources import Sources, small


@pytest.fixture
def removebg(server: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> theirs.RemoveBg:
    monkeypatch.setattr(theirs, "API_ENDPOINT", f"{server.url}/v1.0/removebg")
    monkeypatch.chdir(tmp_path)
    return theirs.RemoveBg("any key", "error.log")


def is_cut_out(path: Path) -> bool:
    alpha = np.asarray(PilImage.open(io.BytesIO(path.read_bytes())))[..., 3]
    return bool(alpha[50, 112] == 255 and alpha[20, 60] == 0)


def test_pypi_removebg_from_a_file(removebg: theirs.RemoveBg, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(small())
    removebg.remove_background_from_img_file("a.jpg")
    assert is_cut_out(tmp_path / "a.jpg_no_bg.png")
    removebg.remove_background_from_img_file("a.jpg", size="4k", bg_color="00ff00")
    with PilImage.open(tmp_path / "a.jpg_no_bg.png") as image:
        assert image.format == "JPEG"


def test_pypi_removebg_from_an_address(removebg: theirs.RemoveBg, pictures: Sources, tmp_path: Path) -> None:
    removebg.remove_background_from_img_url(pictures.url + "/picture.jpg", size="hd")
    assert is_cut_out(tmp_path / "no-bg.png")


def test_pypi_removebg_from_base64(removebg: theirs.RemoveBg, tmp_path: Path) -> None:
    removebg.remove_background_from_base64_img(base64.b64encode(small()))
    assert is_cut_out(tmp_path / "no-bg.png")


def test_pypi_removebg_is_told_of_an_error(removebg: theirs.RemoveBg) -> None:
    with pytest.raises(requests.HTTPError, match="400"):
        removebg.remove_background_from_base64_img("no base64!")
