import io
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow

from matteo.picture import png_encode
from matteo.picture.image import Metadata
from matteo.picture.png_encode import MEAN, SUB, UP, WAYS, encode, fastest_way, filtered
from matteo.picture.read import read
from tests.pictures import photograph

EVERY_WAY = [way for ways in WAYS for way in ways]


def picture(channels: int, dtype: type[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
    """Grain beside flat colour, 37 x 53."""
    pixels = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (37, 53, channels), dtype, endpoint=True)
    pixels[:, 20:40] = 7
    return pixels


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("number", range(len(EVERY_WAY)))
def test_every_way_keeps_every_pixel(
    number: int, channels: int, dtype: type[np.unsignedinteger], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(png_encode, "WAYS", ((EVERY_WAY[number],),))
    monkeypatch.setattr(png_encode, "STRIP", 1000)  # rows of several strips
    pixels = picture(channels, dtype)
    data = encode(pixels, Metadata())
    image = read(data)
    rgb = pixels[..., :3] if channels > 1 else np.repeat(pixels, 3, 2)
    assert np.array_equal(image.rgb, rgb)
    if channels == 4:
        assert image.opacity is not None
        assert np.allclose(image.opacity, pixels[..., 3] / np.iinfo(dtype).max, atol=1e-6)
    if dtype is np.uint8:  # a reader of other people's
        assert np.array_equal(np.asarray(Pillow.open(io.BytesIO(data))), pixels.squeeze())


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 300), (300, 1), (2, 2)])
def test_the_smallest_pictures(size_hw: tuple[int, int]) -> None:
    pixels = np.full((*size_hw, 4), 200, np.uint8)
    assert np.array_equal(np.asarray(Pillow.open(io.BytesIO(encode(pixels, Metadata())))), pixels)


@pytest.mark.parametrize("number", [SUB, UP, MEAN])
def test_the_filters_are_those_of_the_format(number: int) -> None:
    """By its own formulas: what was predicted, added again, is the picture."""
    pixels = picture(4, np.uint8)
    rows = pixels.reshape(37, -1).astype(int)
    given = np.concatenate(list(filtered(pixels, number)))
    assert (given[:, 0] == number).all()
    found = np.zeros_like(rows)
    for y in range(37):
        for x in range(rows.shape[1]):
            left = found[y, x - 4] if x >= 4 else 0
            upper = found[y - 1, x] if y else 0
            found[y, x] = (int(given[y, 1 + x]) + {SUB: left, UP: upper, MEAN: (left + upper) // 2}[number]) % 256
    assert np.array_equal(found, rows)


def test_a_photograph_is_packed_the_fast_way_and_a_drawing_the_small_one() -> None:
    pytest.importorskip("isal")
    assert fastest_way(photograph("chelsea")) in WAYS[0]
    ys, xs = np.mgrid[:400, :400]
    drawing = np.repeat(((xs // 40 + ys // 40) % 2 * 255).astype(np.uint8)[..., None], 3, 2)
    drawing[:, ::7] = 128
    small = len(encode(drawing, Metadata()))
    assert small <= 1.15 * len(zlib.compress(drawing.tobytes(), 6))


def test_without_the_fast_packer_files_are_the_same_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png_encode, "isal_zlib", None)
    monkeypatch.setattr(png_encode, "WAYS", png_encode._ways())
    rgb = photograph("chelsea")
    assert np.array_equal(np.asarray(Pillow.open(io.BytesIO(encode(rgb, Metadata())))), rgb)
