"""A film behind the subject: looped, held, trimmed, of another rate; and small pictures for what is out of focus."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from av.video.frame import VideoFrame

import matteo
from matteo.effects.background import parse_background
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image
from matteo.video.backdrop import FilmBackdrop, film_named
from matteo.video.soft import _enlarged, _shrunk, blur_of, softened
from tests.pictures import photograph
from tests.video.clips import SIZE, decoded, disc_step, make_film

GREYS = (20, 60, 100, 140, 180, 220)


@pytest.fixture(scope="module")
def greys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six even frames, each a tenth of a second."""
    import av

    path = tmp_path_factory.mktemp("behind") / "greys.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=10)
        stream.height, stream.width, stream.pix_fmt = *SIZE, "bgr0"
        for grey in GREYS:
            frame = VideoFrame.from_ndarray(np.full((*SIZE, 3), grey, np.uint8), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(("way", "expected"), [("loop", (*GREYS, *GREYS[:2])), ("hold", (*GREYS, 220, 220))])
def test_loop_and_hold(greys: Path, way: str, expected: tuple[int, ...]) -> None:
    backdrop = FilmBackdrop(greys, way)
    spot = Cutout(np.zeros((*SIZE, 3), np.uint8), np.zeros(SIZE, np.float32))
    found = []
    for number in range(16):
        backdrop.time = Fraction(number, 20)  # each of its frames stands behind two of the subject's
        found.append(int(backdrop.effect().behind(spot).rgb[5, 5, 0]))
    assert found == [grey for grey in expected for _ in range(2)]
    backdrop.time = Fraction(1, 10)  # back again
    assert backdrop.effect().behind(spot).rgb[5, 5, 0] == GREYS[1]


def test_names() -> None:
    assert film_named("office.mp4") == (Path("office.mp4"), "loop")
    assert film_named("hold:a/office.mov") == (Path("a/office.mov"), "hold")
    assert film_named("f/%03d.png") == (Path("f/%03d.png"), "loop")
    assert film_named("beach.jpg") is film_named("blur:12") is film_named(None) is None


def test_through_the_whole_pipeline(greys: Path, tmp_path: Path) -> None:
    source = make_film(tmp_path / "s.mp4", frames=20, sound=None)
    target = tmp_path / "out.mkv"
    matteo.cut_video(source, target, background=str(greys), step=disc_step, codec="ffv1")
    shown = decoded(target, "rgb24")[:, 2, 2, 0]
    assert shown.tolist() == [GREYS[int(n / 25 * 10 + 1e-9) % 6] for n in range(20)]


def test_a_blur_on_a_smaller_picture_is_the_same_to_the_eye() -> None:
    rgb = np.ascontiguousarray(np.tile(photograph("astronaut"), (1, 2, 1)))
    y, x = np.ogrid[: rgb.shape[0], : rgb.shape[1]]
    alpha = np.clip((150 - np.hypot(y - 256, x - 500)) / 3, 0, 1).astype(np.float32)
    cutout = Cutout(rgb, alpha, source=Image(rgb))
    plain = parse_background("blur:12")
    full = plain.behind(cutout).rgb.astype(float)  # type: ignore[attr-defined]
    fast = softened(plain, 12.0).behind(cutout).rgb.astype(float)  # type: ignore[arg-type]
    seen = alpha < 1
    assert np.abs(full - fast)[seen].mean() < 2
    assert np.abs(full - rgb)[seen].mean() > 8  # which is a blur indeed


@pytest.mark.parametrize("factor", [2, 3, 4, 6])
@pytest.mark.parametrize("size_hw", [(90, 121), (7, 64), (1, 1)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_smaller_by_a_factor_and_back_a_slope_stays_where_it_is(
    factor: int, size_hw: tuple[int, int], dtype: type
) -> None:
    y, x = np.mgrid[: size_hw[0], : size_hw[1]]
    rgb: Any = np.dstack([x, y, np.full(size_hw, 77)]).astype(dtype)
    small = _shrunk(rgb, factor)
    assert small.shape == (-(-size_hw[0] // factor), -(-size_hw[1] // factor), 3)
    back = _enlarged(small, factor, size_hw)
    assert back.shape == rgb.shape
    assert back.dtype == rgb.dtype
    inner = (
        slice(factor, max(factor + 1, size_hw[0] - 2 * factor)),
        slice(factor, max(factor + 1, size_hw[1] - 2 * factor)),
    )
    assert (back[..., 2] == 77).all()
    if min(size_hw) > 4 * factor:
        assert np.abs(back.astype(float) - rgb)[inner].max() <= 1


def test_which_backgrounds_are_even_blurs() -> None:
    assert [blur_of(text) for text in ("blur", "blur:8", "blur:8,depth", "dim:0.5", None)] == [12, 8, None, None, None]
