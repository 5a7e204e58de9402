"""Masks and trimaps in whatever holds them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PilImage

import matteo
from matteo.picture.image import Alpha
from matteo.picture.limits import Limits
from matteo.picture.mask import read_mask, read_trimap
from tests.pictures import photograph, save

SIZE_HW = (60, 80)
SOFT = np.tile(np.linspace(0, 255, 80).astype(np.uint8), (60, 1))


def mask(given: object, size_hw: tuple[int, int] = SIZE_HW) -> Alpha:
    return read_mask(given, size_hw, Limits())  # type: ignore[arg-type]


def test_every_kind_of_mask_gives_the_same_alpha(tmp_path: Path) -> None:
    expected = SOFT / np.float32(255)
    rgba = np.dstack([np.full((60, 80, 3), 9, np.uint8), SOFT])
    kinds = [SOFT, SOFT.astype(np.uint16) * 257, expected, expected.astype(np.float64), expected[..., None], rgba]
    kinds += [save(SOFT, tmp_path / "grey.png"), save(rgba, tmp_path / "cut.png"), PilImage.fromarray(SOFT)]
    kinds += [save(np.dstack([SOFT] * 3), tmp_path / "three.png")]
    for kind in kinds:
        assert np.abs(mask(kind) - expected).max() < 1e-6
    assert (mask(SOFT > 100) == (SOFT > 100)).all()
    assert np.abs(mask(save(np.dstack([SOFT] * 3), tmp_path / "lossy.jpg", quality=80)) - expected).max() < 0.05


def test_a_mask_keeps_its_own_size_and_may_be_a_pixel_off() -> None:
    assert mask(SOFT[::2, ::2]).shape == (30, 40)
    assert mask(np.zeros((31, 40), np.uint8)).shape == (31, 40)
    assert mask(np.zeros((599, 800), np.uint8)).shape == (599, 800)
    for wrong, says in (((60, 70), "80 x 60"), ((80, 60), "upright"), ((1, 80), "aspect")):
        with pytest.raises(matteo.UsageError, match=says):
            mask(np.zeros(wrong, np.uint8))


def test_what_is_no_mask_is_refused(tmp_path: Path) -> None:
    with pytest.raises(matteo.UsageError, match=r"colour\.png is a colour picture"):
        mask(save(photograph("chelsea")[:60, :80], tmp_path / "colour.png"))
    for floats in (np.full((60, 80), 255.0), np.full((60, 80), np.nan), np.full((60, 80), -0.1)):
        with pytest.raises(matteo.UsageError, match="from 0 to 1"):
            mask(floats)
    with pytest.raises(matteo.UsageError, match="H x W"):
        mask(np.zeros((60, 80, 3)))
    with pytest.raises(matteo.UnreadablePicture):
        mask(tmp_path / "none.png")


def test_only_the_ends_of_a_trimap_are_known() -> None:
    given = np.zeros((30, 40), np.uint8)
    given[:, 10:], given[:, 20:], given[:, 30:] = 1, 254, 255
    trimap = read_trimap(given, SIZE_HW, Limits())
    assert trimap.shape == SIZE_HW
    assert [int(trimap[0, x]) for x in (0, 19, 20, 59, 60, 79)] == [0, 0, 128, 128, 255, 255]
    with pytest.raises(matteo.UsageError, match="knows nothing"):
        read_trimap(np.full((60, 80), 128, np.uint8), SIZE_HW, Limits())


def test_a_mask_is_turned_as_its_own_file_says(tmp_path: Path) -> None:
    exif = PilImage.Exif()
    exif[0x0112] = 6  # a quarter turn
    path = save(np.rot90(SOFT).copy(), tmp_path / "turned.png", exif=exif)
    assert np.abs(mask(path) - SOFT / np.float32(255)).max() < 1e-6


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_numbers_of_classes_are_no_mask(tmp_path: Path, dtype: type) -> None:
    given: NDArray[Any] = (SOFT > 100).astype(dtype)
    for read in (read_mask, read_trimap):
        with pytest.raises(matteo.UsageError, match=r"brightest value is 1 of (255|65535): numbers .* save the subj"):
            read(given, SIZE_HW, Limits())
    path = save((SOFT > 100).astype(np.uint8), tmp_path / "classes.png")
    with pytest.raises(matteo.UsageError, match=r"classes\.png is no alpha"):
        mask(path)
    assert not mask(np.zeros_like(given)).any()  # no subject at all is a mask
