import numpy as np
import pytest
from numpy.typing import NDArray

from matteo.matting.parts import MARGIN, MULTIPLE, in_blocks, outer, parts


def ring(height: int, width: int, radius: float) -> NDArray[np.bool_]:
    y, x = np.mgrid[:height, :width]
    return np.asarray(np.abs(np.hypot(y - height / 2, x - width / 2) - radius) < 8, bool)


@pytest.mark.parametrize("side", [40, 128, 896])
@pytest.mark.parametrize("size_hw", [(700, 500), (1500, 2000), (9, 2001), (1, 1)])
def test_they_hold_all_that_is_unknown_once_on_the_grid_and_no_longer_than_the_side(
    size_hw: tuple[int, int], side: int
) -> None:
    unknown = ring(*size_hw, min(size_hw) * 0.4)
    unknown[-1, -1] = True
    times = np.zeros((size_hw[0] + MULTIPLE, size_hw[1] + MULTIPLE), int)
    for rows, columns in parts(unknown, side):
        assert all(along.start % MULTIPLE == along.stop % MULTIPLE == 0 for along in (rows, columns))
        assert all(0 < along.stop - along.start <= side for along in (rows, columns))
        times[rows, columns] += 1
    assert times.max() == 1
    assert (times[: size_hw[0], : size_hw[1]][unknown] == 1).all()


def test_nothing_unknown_is_no_part() -> None:
    assert list(parts(np.zeros((300, 200), bool))) == []


def test_a_thin_ring_costs_less_in_parts_than_in_its_box() -> None:
    unknown = ring(2000, 2000, 900)
    seen = [outer(part, unknown.shape) for part in parts(unknown, 4000)]
    cost = sum((rows.stop - rows.start) * (columns.stop - columns.start) for rows, columns in seen)
    assert len(seen) > 4
    assert cost < 0.8 * unknown.size


def test_the_margin_ends_where_the_picture_does() -> None:
    part = slice(8, 96), slice(400, 480)
    assert outer(part, (100, 1000)) == (slice(0, 104), slice(400 - MARGIN, 480 + MARGIN))


def test_a_block_is_marked_by_any_of_its_pixels() -> None:
    unknown = np.zeros((17, 30), bool)
    unknown[16, 29] = unknown[7, 8] = True
    assert np.argwhere(in_blocks(unknown)).tolist() == [[0, 1], [2, 3]]
