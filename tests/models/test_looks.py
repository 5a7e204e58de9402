import numpy as np
import pytest
from numpy.typing import NDArray

from matteo import Remover
from matteo.errors import UsageError
from matteo.models.card import ModelCard
from matteo.models.fit import fit
from matteo.models.looks import Second, around_subject, closer_look, grid_of, log_odds, look_again, merged
from matteo.models.session import Outputs
from matteo.picture.geometry import resize
from matteo.picture.read import read
from matteo.remover import confidence_of
from tests.pictures import photograph

CARD = ModelCard(
    "light", "light.onnx", "sha256:0", 64, "none", "a test", mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), looks=2
)
PAD = ModelCard(
    "light", "light.onnx", "sha256:0", 64, "none", "a test", mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), fit="pad"
)
Floats = NDArray[np.float32]


def light(tensor: Floats) -> Outputs:
    """A network whose alpha is how bright a pixel is, wherever it lies."""
    return Outputs(np.asarray(tensor.mean(1, keepdims=True), np.float32))


def scene(size_hw: tuple[int, int], box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """White in a box (top, left, bottom, right) with its upper left corner cut off, on black."""
    rgb = np.zeros((*size_hw, 3), np.uint8)
    top, left, bottom, right = box
    rgb[top:bottom, left:right] = 255
    rgb[top : (top + bottom) // 2, left : (left + right) // 2] = 0
    return rgb


def first_look(rgb: NDArray[np.uint8], card: ModelCard = CARD) -> Floats:
    fitted = fit(rgb, card)
    return fitted.coarse_alpha(light(fitted.tensor).alpha, card)


@pytest.mark.parametrize("card", [CARD, PAD], ids=["stretch", "pad"])
@pytest.mark.parametrize("box", [(100, 40, 220, 130), (0, 0, 300, 100), (10, 10, 390, 290), (260, 200, 400, 300)])
def test_what_is_seen_closer_comes_back_to_its_place(box: tuple[int, int, int, int], card: ModelCard) -> None:
    """Mirrored, cut out, enlarged: of a picture that looks the same from everywhere nothing has moved."""
    rgb = scene((400, 300), box)
    first = first_look(rgb, card)
    second = look_again(rgb, first, card, light)
    true = resize(rgb[..., 0].astype(np.float32) / 255, second.alpha.shape)
    before = resize(first, second.alpha.shape)
    error, error_before = (np.abs(alpha - true).mean() for alpha in (second.alpha, before))
    assert error <= 1.1 * error_before + 1.1e-3  # which nothing is surer than
    assert np.abs(second.alpha - true).max() < 0.7  # at a sharp corner on a coarse grid, and nowhere a whole pixel off
    if second.rgb is not None:
        assert second.rgb.shape == (*second.alpha.shape, 3)


def test_a_small_subject_is_seen_in_more_pixels() -> None:
    rgb = scene((1200, 1600), (500, 700, 700, 900))
    second = look_again(rgb, first_look(rgb), CARD, light)
    assert second.alpha.shape == (128, 128)
    true = resize(rgb[..., 0].astype(np.float32) / 255, (128, 128))
    assert np.abs(second.alpha - true).sum() < 0.8 * np.abs(resize(first_look(rgb), (128, 128)) - true).sum()


def test_finest_keeps_the_first_grid() -> None:
    rgb = scene((1200, 1600), (500, 700, 700, 900))
    second = look_again(rgb, first_look(rgb), CARD, light, finest=1)
    assert second.alpha.shape == (64, 64)
    assert second.rgb is None


def test_where_nothing_was_found_nothing_is_looked_for() -> None:
    rgb = np.zeros((80, 90, 3), np.uint8)
    first = first_look(rgb)
    second = look_again(rgb, first, CARD, lambda tensor: pytest.fail("it looked"))
    assert second.alpha is first


def test_a_closer_look_alone_is_what_the_mean_is_made_of() -> None:
    rgb = scene((400, 300), (100, 40, 220, 130))
    first = first_look(rgb)
    found = closer_look(rgb, first, CARD, light)
    assert found is not None
    alpha, counts, closer, _ = found
    assert alpha.shape == counts.shape == first.shape
    assert 0 <= counts.min() <= counts.max() == 1
    assert not alpha[counts == 0].any()
    both = look_again(rgb, first, CARD, light, finest=1)
    assert both.closer is not None
    assert np.array_equal(both.closer, closer)
    mean = log_odds(first) + counts / 2 * (log_odds(alpha) - log_odds(first))
    inside = counts > 0
    assert np.abs(1 / (1 + np.exp(-mean)) - both.alpha)[inside].max() < 1e-3
    nothing = np.zeros((64, 64), np.float32)
    assert closer_look(rgb, nothing, CARD, lambda tensor: pytest.fail("it looked")) is None


def test_a_speck_does_not_fill_the_second_look() -> None:
    """No less than a third of the picture is seen, or what is nothing would be looked at until it is something."""
    alpha = np.zeros((64, 64), np.float32)
    alpha[40, 20] = 0.4
    rows, columns = around_subject(alpha, (640, 960)) or pytest.fail("nothing found")
    assert rows.stop - rows.start >= 640 / 3
    assert columns.stop - columns.start >= 960 / 3
    assert rows.start <= 405 <= rows.stop
    assert columns.start <= 307 <= columns.stop


def test_what_nearly_fills_the_picture_is_seen_as_a_whole() -> None:
    alpha = np.zeros((64, 64), np.float32)
    alpha[4:62, 3:60] = 1
    assert around_subject(alpha, (100, 200)) == (slice(0, 100), slice(0, 200))


def test_the_grid_is_never_finer_than_the_picture() -> None:
    assert grid_of((320, 320), (400, 1000), (slice(0, 100), slice(0, 250))) == (400, 640)
    assert grid_of((320, 320), (100, 100), (slice(0, 100), slice(0, 100))) == (320, 320)


def test_a_box_leaves_no_seam() -> None:
    """Towards a side that is not the picture's the second look counts less and less."""
    alpha = np.zeros((64, 64), np.float32)
    closer = np.ones((64, 64), np.float32)
    mean = merged(alpha, closer, (640, 640), (slice(160, 480), slice(0, 320)))
    assert mean.max() == pytest.approx(0.5, abs=1e-4)
    assert np.abs(np.diff(mean[:, 16])).max() < 0.4  # of 0.5, over an eighth of the box
    assert mean[32, 0] == pytest.approx(0.5, abs=1e-4)
    assert not mean[:, 33:].any()


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 40), (3, 2), (9, 500)])
def test_the_smallest_pictures(size_hw: tuple[int, int]) -> None:
    rgb = np.full((*size_hw, 3), 200, np.uint8)
    assert look_again(rgb, first_look(rgb), CARD, light).alpha.shape == (64, 64)


def test_the_shipped_network_gains_by_it_in_a_wide_scene() -> None:
    """A subject of known alpha, small in front of a lawn: what is found is nearer to it."""
    once, twice = Remover(looks=1), Remover()
    subject = twice.cut(read(photograph("astronaut")))
    small = 256, 256
    alpha, rgb = resize(subject.alpha, small), resize(subject.rgb, small).astype(np.float32)
    ys = np.linspace(0, 1, 900)[:, None, None]
    grain = np.random.default_rng(0).normal(0, 6, (900, 1400, 1))
    place = np.s_[644:900, 500:756]
    errors = []
    for colour in ((90, 130, 60), (150, 160, 180), (190, 170, 140)):
        scene = np.clip(np.array(colour) * (0.7 + 0.4 * ys) + grain, 0, 255)
        scene[place] = rgb * alpha[..., None] + scene[place] * (1 - alpha[..., None])
        true = np.zeros((900, 1400), np.float32)
        true[place] = alpha
        seen = scene.astype(np.uint8)
        errors.append([np.abs(remover.alpha(seen, edges="none") - true).mean() for remover in (once, twice)])
    before, after = np.sum(errors, 0)
    assert after < 0.9 * before


def test_confidence_is_the_mean_of_what_the_looks_state() -> None:
    alpha = np.ones((4, 4), np.float32)
    sure, unsure = (Outputs(alpha[None, None], quality=np.array([quality], np.float32)) for quality in (0.9, 0.5))
    assert confidence_of(alpha, sure, Second(alpha)) == pytest.approx(0.9)
    assert confidence_of(alpha, sure, Second(alpha, None, alpha, unsure)) == pytest.approx(0.7)
    silent = Outputs(alpha[None, None])  # then it is the overlap that alpha expects
    assert confidence_of(alpha, silent, Second(alpha, None, 0 * alpha, silent)) == pytest.approx(0.5)


def test_looks_are_one_or_two() -> None:
    with pytest.raises(UsageError, match="looks must be 1 or 2, not 3"):
        Remover(looks=3)
