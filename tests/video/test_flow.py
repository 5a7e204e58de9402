"""Flow and the trust in it, on pictures whose motion is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from matteo.picture.geometry import resize
from matteo.video.flow import brought, motion, places, warped
from tests.pictures import photograph

Bytes = NDArray[np.uint8]
INNER = slice(40, -40), slice(40, -40)


def shifted(x: float, y: float, name: str = "astronaut") -> Bytes:
    rgb = photograph(name)
    moved = cv2.warpAffine(rgb, np.array([[1.0, 0, x], [0, 1, y]]), rgb.shape[1::-1], borderMode=cv2.BORDER_REFLECT)
    return resize(np.asarray(moved, np.uint8), (320, 320))


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (8.0, 0.0), (-4.8, 11.2), (24.0, -16.0)])
def test_a_known_shift_is_found_and_trusted(x: float, y: float) -> None:
    way = motion(shifted(0, 0), shifted(x, y))
    error = np.abs(way.back[INNER] + np.array([x, y], np.float32) * np.float32(320 / 512)).max(2)
    assert np.median(error) < 0.1
    assert np.quantile(error, 0.9) < 0.4
    assert way.trust[INNER].mean() > 0.85
    assert float(np.median(way.speed[INNER])) == pytest.approx(np.hypot(x, y) * 320 / 512, abs=0.1)


def test_what_was_there_is_brought_to_where_it_is() -> None:
    before, after = shifted(0, 0), shifted(8, 0)
    back = np.zeros((320, 320, 2), np.float32)
    back[..., 0] = -5
    assert (warped(before, back, smooth=False)[:, 5:] == before[:, :-5]).all()
    assert np.abs(warped(before, motion(before, after).back).astype(int) - after)[INNER].mean() < 2


def test_several_values_take_one_way() -> None:
    rng = np.random.default_rng(0)
    back = rng.normal(0, 3, (20, 31, 2)).astype(np.float32)
    values = [rng.random((20, 31)).astype(np.float32) for _ in range(2)]
    way = places(back)
    for one in values:
        assert np.array_equal(brought(one, way), warped(one, back))
    shift = np.full((1, 9, 2), 0.3, np.float32)
    row = np.arange(9, dtype=np.float32)[None]
    assert brought(row, places(shift), smooth=False).tolist() == row.tolist()
    assert brought(row, places(shift + 0.4), smooth=False)[0, :-1].tolist() == row[0, 1:].tolist()


def test_another_picture_is_not_trusted() -> None:
    other = resize(photograph("chelsea"), (320, 320))
    assert motion(shifted(0, 0), other).trust.mean() < 0.1


@pytest.mark.parametrize(("gain", "shift"), [(1.0, 40), (0.75, 0), (1.3, -10)])
def test_other_light_is_not_another_picture(gain: float, shift: float) -> None:
    before = (shifted(0, 0) * 0.7).astype(np.uint8)
    after = np.clip(before * gain + shift, 0, 255).astype(np.uint8)
    assert motion(before, after).trust[INNER].mean() > 0.75


def test_what_was_hidden_or_comes_in_is_not_trusted() -> None:
    wall = resize(photograph("coffee"), (320, 320))
    before, after = wall.copy(), wall.copy()
    thing = shifted(0, 0)[100:180, 100:180]
    before[120:200, 100:180], after[120:200, 112:192] = thing, thing
    trust = motion(before, after).trust
    assert trust[125:195, 101:110].mean() < 0.3  # hidden a moment ago
    assert trust[130:190, 120:184].mean() > 0.8  # the thing itself
    assert trust[:100].mean() > 0.95
    pushed = motion(shifted(0, 0), shifted(48, 0))
    assert pushed.trust[40:-40, :25].mean() < 0.3  # came in from the left


def test_a_larger_grid_has_its_own_pixels() -> None:
    before, after = (cv2.resize(shifted(x, 0), (640, 640)).astype(np.uint8) for x in (0, 8))
    way = motion(before, after)
    assert way.back.shape == (640, 640, 2)
    assert way.trust.shape == (640, 640)
    assert float(np.median(way.back[..., 0])) == pytest.approx(-10, abs=0.3)
