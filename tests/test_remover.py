"""The whole pipeline with the shipped network."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PilImage

import matteo
from matteo import Cutout, Remover
from matteo.matting.edges import refined
from matteo.picture.source import Source
from matteo.remover import in_order
from tests.pictures import ASTRONAUT, INSIDE, OUTSIDE, photograph


@pytest.fixture(scope="module")
def remover() -> Remover:
    return Remover()


@pytest.mark.parametrize("name", INSIDE)
def test_finds_the_subject_of_photographs_it_was_not_trained_on(remover: Remover, name: str) -> None:
    cutout = remover.remove(photograph(name))
    inside = [float(cutout.alpha[y, x]) for x, y in INSIDE[name]]
    outside = [float(cutout.alpha[y, x]) for x, y in OUTSIDE[name]]
    assert min(inside) > 0.9
    assert max(outside) < 0.1
    assert cutout.confidence is not None
    assert 0.5 < cutout.confidence <= 1


def test_opaque_pixels_are_the_sources_bit_for_bit_and_hidden_ones_zero(remover: Remover) -> None:
    source = photograph("chelsea")
    cutout = remover.remove(source)
    assert (cutout.rgb[cutout.alpha == 1] == source[cutout.alpha == 1]).all()
    assert (cutout.rgb[cutout.alpha == 0] == 0).all()
    assert (cutout.alpha == 1).mean() > 0.2
    assert (cutout.alpha == 0).mean() > 0.05
    kept = remover.remove(source, keep_hidden=True)
    assert (kept.rgb[kept.alpha == 0] == source[kept.alpha == 0]).all()


def test_the_file_holds_nothing_of_what_it_hides_and_its_opaque_pixels_are_the_sources(remover: Remover) -> None:
    for name in INSIDE:
        source = photograph(name)
        with PilImage.open(io.BytesIO(remover.remove(source).encode("png"))) as file:
            written = np.asarray(file)
        assert not written[written[..., 3] == 0].any()
        assert (written[..., :3] == source)[written[..., 3] == 255].all()


def test_every_way_to_give_a_picture_gives_the_same(remover: Remover, tmp_path: Path) -> None:
    rgb = photograph("coffee")[::2, ::2]
    path = tmp_path / "coffee.png"
    PilImage.fromarray(rgb).save(path)
    expected = remover.alpha(rgb)
    with path.open("rb") as file:
        data = path.read_bytes()
        sources: list[Source] = [path, str(path), data, file, io.BytesIO(data), PilImage.fromarray(rgb)]
        for source in sources:
            assert (remover.alpha(source) == expected).all()
    bgr = np.ascontiguousarray(rgb[..., ::-1])
    assert (remover.alpha(bgr, bgr=True) == expected).all()
    assert (matteo.alpha(rgb) == expected).all()
    assert (matteo.remove(rgb).alpha == expected).all()


def test_16_bit_stays_16_bit_and_gives_the_same_matte(remover: Remover) -> None:
    rgb = photograph("chelsea")
    deep = rgb.astype(np.uint16) * 257
    cutout = remover.remove(deep)
    assert cutout.rgb.dtype == np.uint16
    assert (cutout.rgb[cutout.alpha == 1] == deep[cutout.alpha == 1]).all()
    assert np.abs(cutout.alpha - remover.alpha(rgb)).max() < 2e-3  # the guided filter sees 16 bits
    assert np.abs(remover.alpha(deep, edges="fast") - remover.alpha(rgb, edges="fast")).max() < 2e-3


def test_the_result_is_never_more_opaque_than_the_source(remover: Remover) -> None:
    rgb = photograph("chelsea")
    opacity = np.tile(np.linspace(0, 255, rgb.shape[1]).astype(np.uint8), (rgb.shape[0], 1))
    cutout = remover.remove(np.dstack([rgb, opacity]))
    assert (cutout.alpha <= opacity / np.float32(255) + 1e-6).all()
    opaque = remover.alpha(np.dstack([rgb, np.full_like(opacity, 255)]))
    assert (opaque == remover.alpha(rgb)).all()


def test_colours_under_full_transparency_do_not_matter(remover: Remover) -> None:
    rgb = photograph("chelsea")
    opacity = np.full(rgb.shape[:2], 255, np.uint8)
    opacity[:, 300:] = 0
    noisy = rgb.copy()
    noisy[:, 300:] = np.random.default_rng(0).integers(0, 256, noisy[:, 300:].shape)
    a, b = (remover.remove(np.dstack([x, opacity])) for x in (rgb, noisy))
    assert np.abs(a.alpha - b.alpha).max() < 1e-6
    assert (a.rgb == b.rgb).all()


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 5000), (5000, 1), (200, 20_000), (2, 3)])
def test_odd_sizes(remover: Remover, size_hw: tuple[int, int]) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (*size_hw, 3), np.uint8)
    cutout = remover.remove(rgb)
    assert cutout.alpha.shape == size_hw
    assert np.isfinite(cutout.alpha).all()
    assert cutout.alpha.dtype == np.float32


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_plain_surface_has_no_subject(remover: Remover, value: int) -> None:
    cutout = remover.remove(np.full((100, 150, 3), value, np.uint8))
    assert cutout.alpha.shape == (100, 150)
    assert cutout.alpha.mean() < 0.05
    assert cutout.confidence == 0


def test_map_takes_several_pictures_and_at_least_one_worker(remover: Remover) -> None:
    with pytest.raises(matteo.UsageError, match="give a list"):
        list(remover.map("photo.jpg"))
    with pytest.raises(matteo.UsageError, match="workers"):
        list(remover.map([ASTRONAUT], workers=0))


def test_the_same_picture_gives_the_same_bytes(remover: Remover) -> None:
    first, second = (remover.remove(ASTRONAUT).encode("png") for _ in range(2))
    assert first == second


def test_one_remover_serves_many_threads(remover: Remover) -> None:
    pictures = [photograph(name)[::3, ::3] for name in INSIDE] * 2
    alone = [remover.alpha(picture) for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(remover.alpha, pictures))
    for a, b in zip(alone, together, strict=True):
        assert np.abs(a - b).max() < 1e-5


def test_map_keeps_the_order_and_a_failure_is_a_result(remover: Remover, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_text("no picture")
    sources: list[Source] = [ASTRONAUT, bad, photograph("chelsea"), tmp_path / "none.png"]
    results = list(remover.map(sources))
    assert [result.source is source for result, source in zip(results, sources, strict=True)] == [True] * 4
    assert isinstance(results[0].cutout, Cutout)
    assert results[1].cutout is None
    assert isinstance(results[1].error, matteo.UnreadablePicture)
    assert isinstance(results[3].error, matteo.PictureError)
    with pytest.raises(matteo.PictureError):
        results[1].unwrap()
    assert results[2].unwrap().alpha.shape == (300, 451)


def test_in_order_holds_few_and_overlaps() -> None:
    meet = threading.Barrier(2, timeout=10)
    running, most, taken = 0, 0, 0
    lock = threading.Lock()

    def items() -> list[int]:
        return list(range(20))

    def work(item: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        meet.wait()  # passes only when two are at work at once
        with lock:
            running -= 1
        return item * item

    def counted() -> Iterator[int]:
        nonlocal taken
        for item in items():
            taken += 1
            yield item

    for number, result in enumerate(in_order(work, counted(), workers=2)):
        assert result == number**2
        assert taken <= number + 4
    assert most == 2


def test_an_unknown_model_and_provider_are_named() -> None:
    with pytest.raises(matteo.UnknownModel, match="no model named 'nope'"):
        Remover("nope")
    with pytest.raises(matteo.UsageError, match="choose one of cpu"):
        Remover(provider="abacus")


def test_stages_are_timed(remover: Remover) -> None:
    seconds = remover.remove(ASTRONAUT).seconds
    assert list(seconds) == ["read", "fit", "network", "edges", "confidence", "foreground", "hide"]
    assert all(value >= 0 for value in seconds.values())


def test_an_empty_cut_out_says_so(remover: Remover) -> None:
    empty = remover.remove(np.zeros((60, 80, 4), np.uint8))
    assert not empty.alpha.any()
    assert empty.notes == ("no subject found: the cut-out is empty",)
    assert remover.remove(photograph("chelsea")).notes == ()


def test_fine_edges_are_told_what_the_network_hinted_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """The alpha before it was cleaned; of a mask that somebody made there is none."""
    told: list[Any] = []

    def watched(*given: Any, **more: Any) -> Any:
        told.append((given[2], more["hints"]))
        return refined(*given, **more)

    monkeypatch.setattr("matteo.remover.refined", watched)
    remover, picture = Remover(threads=1), photograph("astronaut")
    remover.alpha(picture)
    remover.alpha(picture, mask=np.full(picture.shape[:2], 255, np.uint8))
    (coarse, raw), (_, none) = told
    assert raw.shape == coarse.shape
    assert ((raw > 0) & (coarse == 0)).any()
    assert none is None
