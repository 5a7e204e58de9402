import numpy as np

from matteo.matting.clean import fill_pinholes, remove_specks, snap
from matteo.matting.confidence import expected_iou


def test_snap_keeps_the_middle_and_makes_the_ends_exact() -> None:
    alpha = np.array([[0, 0.1, 0.5, 0.9, 1]], np.float32)
    assert np.allclose(snap(alpha), [[0, 0, 0.5, 1, 1]], atol=1e-7)
    assert snap(alpha)[0, 1] == 0
    assert snap(alpha)[0, 3] == 1


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
