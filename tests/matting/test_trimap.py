import numpy as np
from numpy.typing import NDArray

from matteo.matting.trimap import FARTHEST, HINT, HINTED, band_radius, guessed_band, near_outline, unknown_band


def ramp(width: int, side: int = 120) -> NDArray[np.float32]:
    """An edge down the middle whose alpha rises over `width` pixels."""
    x = np.arange(side, dtype=np.float32) + 0.5 - side / 2
    return np.tile(np.clip(x / max(width, 1e-6) + 0.5, 0, 1).astype(np.float32), (40, 1))


def widths(band: NDArray[np.bool_]) -> NDArray[np.intp]:
    return np.asarray(band.sum(1))


def test_what_is_certain_everywhere_has_no_band() -> None:
    for value in (0.0, 1.0, 0.01, 0.99):
        assert not unknown_band(np.full((30, 40), value, np.float32)).any()


def test_a_step_without_a_pixel_between_has_a_band_of_the_reach_on_both_sides() -> None:
    for reach in (1, 2, 4):
        band = unknown_band(ramp(0), reach)
        assert (widths(band) == 2 * reach).all()
        assert band[:, 60 - reach : 60 + reach].all()


def test_the_band_holds_every_doubtful_pixel_and_is_wider_where_doubt_is() -> None:
    narrow, wide = unknown_band(ramp(3)), unknown_band(ramp(24))
    assert narrow[(ramp(3) > 0.05) & (ramp(3) < 0.95)].all()
    assert wide[(ramp(24) > 0.05) & (ramp(24) < 0.95)].all()
    assert (widths(narrow) <= 8).all()
    assert (widths(wide) >= 24 + 6).all()  # a clean edge's reach would add four at most


def test_a_hole_of_one_pixel_is_seen() -> None:
    alpha = np.ones((50, 50), np.float32)
    alpha[25, 25] = 0
    band = unknown_band(alpha)
    assert band[25, 25]
    assert band.sum() < 40


def test_radius_is_half_the_widest_part_and_zero_without_a_band() -> None:
    band = np.zeros((60, 200), bool)
    assert band_radius(band) == 0
    band[:, 30:35] = True
    band[10:50, 100:140] = True
    assert abs(band_radius(band) - 20) < 1.5


def test_near_the_outline_is_within_the_reach_of_where_alpha_passes_one_half() -> None:
    near = near_outline(ramp(24), 10)
    assert (widths(near) == 20).all()
    assert near[:, 50:70].all()
    assert not near_outline(np.full((20, 30), 0.4, np.float32)).any()
    assert not near_outline(np.ones((20, 30), np.float32)).any()


def test_of_a_guess_only_doubt_near_the_outline_is_in_the_band() -> None:
    alpha = ramp(80)
    assert widths(unknown_band(alpha)).min() > 4 * FARTHEST
    assert (widths(guessed_band(alpha)) == 2 * FARTHEST).all()


def test_hints_widen_the_band_as_far_as_they_reach() -> None:
    alpha, hints = ramp(0), ramp(0)
    hints[:, 50:60] = 2 * HINT
    assert guessed_band(alpha, hints)[:, 48:60].all()
    assert not guessed_band(alpha, hints)[:, :47].any()
    hints[:, :60] = 2 * HINT
    assert (widths(guessed_band(alpha, hints)) >= HINTED).all()
    assert not guessed_band(alpha, hints)[:, : 60 - HINTED - 1].any()
