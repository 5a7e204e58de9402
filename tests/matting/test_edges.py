"""Each way to find an edge, on a scene whose alpha is known."""

import subprocess
import sys

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from matteo.errors import UsageError
from matteo.matting.classical import METHODS
from matteo.matting.edges import CLEAR, DENIED, EDGES, LEARNED, SOLID, refined
from matteo.matting.given import ramp
from matteo.matting.guided import guided_filter
from matteo.matting.refine import refine
from matteo.picture.geometry import resize
from matteo.picture.image import Alpha
from tests.matting.squares import as_it_was, filtering

WITHOUT_NETWORK = [name for name in EDGES if name != "fine"]


def scene(side: int = 240) -> tuple[NDArray[np.uint8], Alpha]:
    """A bright star with a soft rim on a dark textured ground, and its alpha."""
    y, x = np.mgrid[:side, :side] - side / 2
    radius = side * (0.28 + 0.06 * np.cos(7 * np.arctan2(y, x)))
    alpha = np.clip((radius - np.hypot(x, y)) / 3 + 0.5, 0, 1).astype(np.float32)
    rng = np.random.default_rng(5)
    ground = 40 + 25 * cv2.GaussianBlur(rng.standard_normal((side, side, 3)).astype(np.float32), (0, 0), 3)
    rgb = alpha[..., None] * np.array([230, 190, 120], np.float32) + (1 - alpha[..., None]) * ground
    return np.clip(rgb, 0, 255).astype(np.uint8), alpha


def trimap_of(alpha: Alpha, reach: int = 9) -> NDArray[np.uint8]:
    window = np.ones((reach, reach), np.uint8)
    sure = np.where(cv2.erode(alpha, window) == 1, 255, 128)
    return np.where(cv2.dilate(alpha, window) == 0, 0, sure).astype(np.uint8)


@pytest.mark.parametrize("edges", WITHOUT_NETWORK)
def test_a_coarse_alpha_gets_nearer_to_the_truth_than_by_enlarging(edges: str) -> None:
    rgb, alpha = scene()
    coarse = np.asarray(cv2.GaussianBlur(resize(alpha, (60, 60)), (0, 0), 1), np.float32)
    found = refined(edges, rgb, coarse)
    assert found.shape == alpha.shape
    assert found.dtype == np.float32
    assert 0 <= found.min() <= found.max() <= 1
    plain = float(np.abs(resize(coarse, alpha.shape) - alpha).sum())
    error = float(np.abs(found - alpha).sum())
    allowed = {"none": 1, "fast": 0.85, "guided": 0.99, "closed-form": 0.05, "knn": 0.5}  # recorded, with a little room
    assert error <= allowed[edges] * plain


@pytest.mark.parametrize("edges", WITHOUT_NETWORK)
@pytest.mark.parametrize("coarse", [False, True])
def test_outside_the_unknown_all_is_exactly_as_told(edges: str, coarse: bool) -> None:
    rgb, alpha = scene()
    trimap = trimap_of(alpha)
    trimap[10:20, 10:20] = 255  # what the picture does not show is taken on trust
    found = refined(edges, rgb, np.zeros((50, 50), np.float32) if coarse else None, trimap=trimap)
    assert (found[trimap == 0] == 0).all()
    assert (found[trimap == 255] == 1).all()


@pytest.mark.parametrize("edges", WITHOUT_NETWORK)
def test_a_trimap_alone_gives_an_alpha(edges: str) -> None:
    rgb, alpha = scene()
    trimap = trimap_of(alpha, 15)
    found = refined(edges, rgb, None, trimap=trimap)
    unknown = trimap == 128
    error = float(np.abs(found - alpha)[unknown].mean())
    assert error < {"none": 0.25, "fast": 0.15, "guided": 0.15}.get(edges, 0.03)


def test_the_classical_solvers_are_bounded_and_come_back_to_the_full_size(monkeypatch: pytest.MonkeyPatch) -> None:
    rgb, alpha = scene()
    whole = refined("closed-form", rgb, None, trimap=trimap_of(alpha))
    monkeypatch.setattr("matteo.matting.classical.WORKING", 120)
    shrunk = refined("closed-form", rgb, None, trimap=trimap_of(alpha))
    assert shrunk.shape == alpha.shape
    assert np.abs(shrunk - alpha).sum() < 3 * np.abs(whole - alpha).sum() + 30
    assert np.abs(shrunk - alpha).sum() < 0.5 * np.abs(ramp(trimap_of(alpha)) - alpha).sum()


@pytest.mark.parametrize("method", METHODS)
def test_a_trimap_that_knows_one_side_only_is_refused(method: str) -> None:
    rgb, _ = scene(60)
    trimap = np.full((60, 60), 128, np.uint8)
    trimap[:5] = 0
    with pytest.raises(UsageError, match="sure foreground"):
        refined(method, rgb, None, trimap=trimap)


def test_without_pymatting_the_install_line_is_said_and_nothing_else_needs_it() -> None:
    code = """
import sys
sys.modules["pymatting"] = None
import numpy as np
from matteo.errors import MissingExtra
from matteo.matting.edges import refined
rgb, coarse = np.zeros((40, 40, 3), np.uint8), np.eye(20, dtype=np.float32)
refined("fast", rgb, coarse), refined("guided", rgb, coarse), refined("none", rgb, coarse)
assert "numba" not in sys.modules
try:
    refined("knn", rgb, coarse)
except MissingExtra as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "matteo[classical]"' in done.stdout


def test_the_guided_filter_at_full_size_has_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    rgb, alpha = scene()
    coarse = resize(resize(alpha, (40, 40)), alpha.shape)
    whole = guided_filter(coarse, rgb, 5)
    monkeypatch.setattr("matteo.matting.guided.LARGE_SIDE", 50)
    assert np.abs(guided_filter(coarse, rgb, 5) - whole).max() < 1 / 255


def test_the_ramp_is_the_share_of_the_way() -> None:
    trimap = np.full((5, 42), 128, np.uint8)
    trimap[:, :1], trimap[:, -1:] = 0, 255
    assert np.abs(ramp(trimap)[2] - np.arange(42) / 41).max() < 0.01
    assert (ramp(np.full((4, 4), 128, np.uint8)) == 0.5).all()


def test_of_a_networks_guess_fine_edges_are_the_mean_of_two_ways() -> None:
    rgb, alpha = scene()
    coarse = resize(alpha, (60, 60))

    @filtering
    def run(patches: NDArray[np.float32], _: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.full_like(patches[:, :1], 0.25)

    learned, fast = refine(rgb, coarse, run, guessed=True), refined("fast", rgb, coarse)
    fine = refined("fine", rgb, coarse, run=run, guessed=True)
    mean = LEARNED * learned + (1 - LEARNED) * fast
    assert np.allclose(fine, np.clip((mean - CLEAR) / (1 - CLEAR - SOLID), 0, 1), atol=1e-6)
    assert not np.allclose(fine, learned, atol=0.02)
    given = refined("fine", rgb, coarse, run=run)  # a mask that somebody made is no guess
    assert np.array_equal(given, refine(rgb, coarse, run))


def test_where_a_network_was_sure_of_the_background_no_hair_is_found() -> None:
    """The refiner says that everything in its band is hair; the network had no doubt beyond five of its own pixels."""
    rgb, alpha = scene()
    coarse = resize(alpha, (60, 60))
    near = np.asarray(cv2.dilate(coarse, np.ones((5, 5), np.uint8)), np.float32)
    hints, faint = np.maximum(coarse, 0.05 * near), np.maximum(coarse, 0.05)

    @filtering
    def hairy(patches: NDArray[np.float32], _: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.ones_like(patches[:, :1])

    told, doubtful = (refined("fine", rgb, coarse, run=hairy, guessed=True, hints=h) for h in (hints, faint))
    sure = (resize(hints, alpha.shape, smooth=False) <= DENIED).astype(np.uint8)
    beyond, hinted = (cv2.erode(part, np.ones((13, 13), np.uint8)) > 0 for part in (sure, 1 - sure))
    assert (doubtful[beyond] > 0.5).any()
    assert (told[beyond] == 0).all()
    assert np.abs(told - doubtful)[hinted].max() < 0.02


def test_unknown_edges_are_named() -> None:
    with pytest.raises(UsageError, match="choose one of"):
        refined("sharp", np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.float32))


@pytest.mark.parametrize("edges", EDGES)
@pytest.mark.parametrize("value", [0, 1])
def test_an_alpha_without_an_edge_is_the_result(edges: str, value: float) -> None:
    rgb, _ = scene(120)
    found = refined(edges, rgb, np.full((40, 40), value, np.float32), run=as_it_was)
    assert found.shape == (120, 120)
    assert (found == value).all()


@pytest.mark.parametrize("method", METHODS)
def test_where_one_side_is_doubtful_throughout_the_solvers_leave_the_alpha(method: str) -> None:
    rgb, alpha = scene(120)
    faint = resize(alpha, (40, 40)) * np.float32(0.5)
    assert (refined(method, rgb, faint) == resize(faint, (120, 120))).all()
