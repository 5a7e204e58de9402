import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from matteo.matting.clean import POOLED, cleaned, close_doubts, fill_pinholes, remove_ghosts, remove_specks, snap
from matteo.matting.confidence import expected_iou


def test_snap_keeps_the_middle_and_makes_the_ends_exact() -> None:
    alpha = np.array([[0, 0.1, 0.5, 0.9, 1]], np.float32)
    assert np.allclose(snap(alpha), [[0, 0, 0.5, 1, 1]], atol=1e-7)
    assert snap(alpha)[0, 1] == 0
    assert snap(alpha)[0, 3] == 1


@pytest.mark.parametrize(("low", "high"), [(0.1, 0.9), (0.02, 0.98), (0.15, 0.92)])
def test_snap_at_its_ends_and_in_place(low: float, high: float) -> None:
    alpha = np.array([[0, low, (low + high) / 2, high, 1]], np.float32)
    before = alpha.copy()
    apart = snap(alpha, low, high)
    assert apart[0, [0, 1, 3, 4]].tolist() == [0, 0, 1, 1]
    assert abs(apart[0, 2] - 0.5) < 1e-6
    assert np.array_equal(alpha, before)
    assert snap(alpha, low, high, out=alpha) is alpha
    assert np.array_equal(alpha, apart)


def test_specks_go_and_the_ring_keeps_its_hole() -> None:
    alpha = np.zeros((200, 200), np.float32)
    alpha[50:150, 50:150] = 1
    alpha[98:102, 98:102] = 0  # a hole of 16 pixels
    alpha[10, 10] = 1  # a speck
    alpha[170:190, 20:60] = 0.3  # a veil
    alpha[20:40, 150:190] = 0.9  # a second subject
    cleaned = remove_specks(alpha)
    assert cleaned[10, 10] == 0
    assert (cleaned[170:190, 20:60] == 0).all()
    assert (cleaned[98:102, 98:102] == 0).all()
    assert (cleaned[20:40, 150:190] == np.float32(0.9)).all()
    assert cleaned[60, 60] == 1


def test_the_only_subject_stays_however_small() -> None:
    alpha = np.zeros((300, 300), np.float32)
    alpha[7, 7] = 0.4
    alpha[100, 100] = 0.1
    cleaned = remove_specks(alpha)
    assert cleaned[7, 7] == np.float32(0.4)
    assert cleaned.sum() == np.float32(0.4)


def test_expected_iou_of_known_alphas() -> None:
    crisp = np.zeros((10, 10), np.float32)
    crisp[2:6, 2:6] = 1
    assert expected_iou(crisp) == 1
    assert expected_iou(np.zeros((4, 4), np.float32)) == 0
    # Mask of 10 pixels at 0.8: intersection 8; outside 20 pixels at 0.1: union 10 + 2.
    alpha = np.zeros((6, 10), np.float32)
    alpha[0], alpha[1], alpha[2] = 0.8, 0.1, 0.1
    assert abs(expected_iou(alpha) - 8 / 12) < 1e-6


def test_a_doubt_is_filled_and_a_hole_stays_however_small() -> None:
    alpha = np.zeros((300, 300), np.float32)
    alpha[50:250, 50:250] = 1
    alpha[100:104, 100:104] = 0.6  # a doubt
    alpha[150:153, 100:103], alpha[151, 101] = 0.5, 0.1  # a letter's hole: its middle is sure
    alpha[200:240, 60:100] = 0.6  # a veil: too large for a pin-hole
    alpha[50:53, 150:153] = 0.6  # a notch at the edge
    filled = fill_pinholes(alpha)
    assert (filled[100:104, 100:104] == 1).all()
    changed = filled != alpha
    changed[100:104, 100:104] = False
    assert not changed.any()


def test_a_doubt_at_the_border_of_the_picture_is_left() -> None:
    alpha = np.ones((300, 300), np.float32)
    alpha[0, 100:104] = 0.7
    assert (fill_pinholes(alpha) == alpha).all()


def test_a_small_island_stays_where_the_network_is_sure_and_goes_where_it_is_not() -> None:
    alpha = np.zeros((320, 320), np.float32)
    alpha[100:220, 140:180] = 1  # the letter,
    alpha[80:85, 157:162] = 1  # its dot of 25 pixels, under the share that counts as a speck,
    alpha[40:45, 40:45] = 0.7  # a doubt of the same size,
    alpha[20, 300] = 1  # and a single pixel
    cleaned_alpha = remove_specks(alpha)
    assert (cleaned_alpha[80:85, 157:162] == 1).all()
    assert (cleaned_alpha[40:45, 40:45] == 0).all()
    assert cleaned_alpha[20, 300] == 0


def test_the_dots_of_rendered_letters_stay_and_their_holes_too() -> None:
    """What a network that sees small text gives: the ink at its own size, soft and a little unsure."""
    page = np.zeros((640, 640), np.uint8)
    cv2.putText(page, "Boji", (110, 370), cv2.FONT_HERSHEY_SIMPLEX, 6, (255,), 26, cv2.LINE_AA)
    small = cv2.resize(page, (320, 320), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    alpha = cleaned(0.03 + 0.93 * cv2.GaussianBlur(small, (0, 0), 1.5))
    ink = (small > 0.5).astype(np.uint8)
    for inside, parts, low, high in ((ink, 6, 0.75, 1.0), (1 - ink, 4, 0.0, 0.1)):
        count, labels = cv2.connectedComponents(inside, connectivity=4)
        assert count - 1 == parts  # B, o, j and i without, and two dots; the paper, two holes of the B, one of the o
        for index in range(1, count):
            core = cv2.erode((labels == index).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
            assert low <= alpha[core].mean() <= high, index


def person() -> NDArray[np.float32]:
    """A solid subject with a soft edge."""
    alpha = np.zeros((300, 300), np.float32)
    alpha[50:250, 50:250] = 1
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), 3), np.float32).clip(0, 1)


def test_a_half_alpha_patch_inside_is_closed_and_everything_that_is_open_stays() -> None:
    whole = snap(person())
    alpha = whole.copy()
    alpha[100:160, 100:160] = 0.6
    assert (close_doubts(alpha) == whole).all()
    alpha[120:130, 120:130] = 0.2  # something sure in it: an opening
    assert (close_doubts(alpha) == alpha).all()
    assert (close_doubts(whole) == whole).all()
    at_border = np.ones((60, 60), np.float32)
    at_border[:20, 20:30] = 0.6
    assert (close_doubts(at_border) == at_border).all()


def test_a_patch_is_raised_to_the_pass_that_leads_out_of_it() -> None:
    alpha = snap(person())
    alpha[100:160, 100:160] = 0.6
    alpha[125:130, 20:100] = np.minimum(alpha[125:130, 20:100], np.float32(0.8))  # a groove to the background
    closed = close_doubts(alpha)
    assert (closed[100:160, 100:160] == np.float32(0.8)).all()


def test_of_what_is_seen_through_partial_alpha_stays() -> None:
    veil = person() * np.float32(0.6)
    assert (cleaned(veil, see_through=True)[100:200, 100:200] < 0.7).all()
    glass = person()
    glass[100:200, 100:200] = 0.6
    assert (cleaned(glass, see_through=True)[100:200, 100:200] < 0.7).all()
    assert (cleaned(glass)[100:200, 100:200] == 1).all()


@pytest.mark.parametrize("size_hw", [(300, 200), (777, 2 * POOLED + 33), (3 * POOLED + 1, 500)])
def test_faint_islands_of_a_whole_picture_go_and_nothing_else_does(size_hw: tuple[int, int]) -> None:
    subject = np.zeros(size_hw, np.float32)
    subject[60:160, 50:150] = 1
    subject[59, 50:150] = 0.2  # its edge
    subject[-1, -1] = 0.6  # small, and strong enough
    alpha = subject.copy()
    alpha[200:230, 20:60] = 0.3
    alpha[:3, -3:] = 0.49
    remove_ghosts(alpha)
    assert np.array_equal(alpha, subject)


def test_a_strand_of_broken_pixels_hangs_together_where_the_picture_is_large() -> None:
    alpha = np.zeros((100, 4 * POOLED), np.float32)
    alpha[40:60, 100:200] = 1
    alpha[50, 200:260:3] = 0.2
    before = alpha.copy()
    remove_ghosts(alpha)
    assert np.array_equal(alpha, before)


@pytest.mark.parametrize("value", [0.0, 0.3])
def test_where_all_is_faint_nothing_is_a_ghost(value: float) -> None:
    alpha = np.zeros((50, 60), np.float32)
    alpha[10:20, 10:20] = value
    before = alpha.copy()
    remove_ghosts(alpha)
    assert np.array_equal(alpha, before)
