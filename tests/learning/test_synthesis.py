"""Made pictures: what is drawn covers what geometry says, colours and alpha obey the compositing equation."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PilImage

from matteo.errors import DataError
from matteo.learning.data import Pair, decode, pairs_of, read_tar
from matteo.learning.synthesis import synthesize
from matteo.learning.synthesis.layer import Layer, disc, streak, through_lens
from matteo.learning.synthesis.noise import above, smooth_noise
from matteo.learning.synthesis.patterns import glass, leaves, net, pierced, streaks, veil
from matteo.learning.synthesis.rough import enlarged, rough
from matteo.learning.synthesis.scene import compose, make_background, make_layer, subject_of, to_light, to_srgb
from matteo.learning.synthesis.strands import FINER, Growth, box_filtered, grow
from tests.pictures import photograph

Floats = NDArray[np.float32]


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def cat() -> Pair:
    rgb = photograph("chelsea")
    mask = np.zeros(rgb.shape[:2], np.uint8)
    cv2.ellipse(mask, (225, 150), (120, 95), 20, 0, 360, 255, -1)
    return Pair("cat", rgb, mask)


def blob(side: int = 160) -> Layer:
    return subject_of(cat(), side, generator())


def test_a_level_cut_through_a_ramp_is_the_area_above_it() -> None:
    x = np.arange(40, dtype=np.float32)
    for slope in (0.05, 0.3, 1.0):
        field = np.tile(slope * (x - 20.3), (12, 1)).astype(np.float32)
        assert np.abs(above(field, 0.0)[:, 2:-2] - np.clip(x - 20.3 + 0.5, 0, 1)[2:-2]).max() < 1e-4


def test_noise_has_mean_size_and_deviation_asked_for() -> None:
    field = smooth_noise((300, 400), 20, generator())
    assert field.shape == (300, 400)
    assert field.std() == pytest.approx(1, abs=1e-3)
    step = np.abs(np.diff(field, axis=0)).mean()
    assert step < 0.15  # hills of twenty pixels
    assert np.abs(np.diff(smooth_noise((300, 400), 5, generator()), axis=0)).mean() > 2 * step


def test_over_is_porter_and_duffs() -> None:
    rng = generator()
    upper, lower = (Layer(rng.random((9, 7, 3), np.float32), rng.random((9, 7), np.float32)) for _ in range(2))
    behind = rng.random((9, 7, 3), np.float32)

    def before(layer: Layer, ground: Floats) -> Floats:
        a = layer.alpha[..., None]
        return np.asarray(a * layer.rgb + (1 - a) * ground, np.float32)

    assert np.abs(before(upper.over(lower), behind) - before(upper, before(lower, behind))).max() < 1e-5


def test_lenses_keep_the_light() -> None:
    for kernel in (disc(0.7), disc(5.5), streak(12, 0.4), streak(3, 2)):
        assert kernel.sum() == pytest.approx(1, abs=1e-5)
        centre = (np.arange(len(kernel)) - len(kernel) // 2).astype(np.float64)
        assert abs((kernel.sum(0) * centre).sum()) < 1e-4
    assert (streak(12, 0.0).sum(0) > 0.01).sum() == 13
    layer = through_lens(blob(), generator(4))
    assert layer.alpha.min() >= 0
    assert layer.alpha.max() <= 1
    flat = Layer(np.full((30, 30, 3), 0.3, np.float32), np.full((30, 30), 0.6, np.float32))
    assert np.abs(flat.filtered(disc(4)).rgb - 0.3).max() < 1e-5


def test_strands_cover_what_is_drawn() -> None:
    canvas = np.zeros((20 * FINER, 30 * FINER, 4), np.uint8)
    canvas[5 * FINER : 6 * FINER, :] = (255, 0, 0, 255)  # a row one pixel high
    canvas[10 * FINER, :] = (0, 0, 255, 255)  # and one a quarter high
    layer = box_filtered(canvas, 1.0)
    assert np.allclose(layer.alpha[5], 1, atol=0.01)
    assert np.allclose(layer.alpha[10], 1 / FINER, atol=0.01)
    assert np.allclose(layer.rgb[10], (0, 0, 1), atol=0.01)
    assert layer.alpha.sum() == pytest.approx(30 * (1 + 1 / FINER), rel=0.01)


def test_straight_strands_have_the_area_of_their_taper() -> None:
    """Without spread and curl the strands stand on the outline; each covers length times mean width."""
    y, x = np.mgrid[:200, :200]
    alpha = (np.hypot(x - 100, y - 100) < 40).astype(np.float32)
    subject = Layer(np.full((200, 200, 3), 0.5, np.float32), alpha)
    growth = Growth(count=12, length=40, width=2.0, spread=0, flow=(0, 0), curl=0, clump=0)
    areas = [float((grow(subject, growth, generator(s)).alpha).sum()) for s in range(6)]
    longer, wider = np.exp(0.4**2 / 2), np.exp(0.3**2 / 2)  # means of the random factors
    assert np.mean(areas) == pytest.approx(12 * 40 * longer * 1.15 * wider, rel=0.12)


def test_nets_have_threads_and_meshes() -> None:
    for seed in range(5):
        threads = net((120, 140), generator(seed))
        assert 0.02 < threads.mean() < 0.98
        assert threads.max() > 0.9 or threads.min() < 0.1


@pytest.mark.parametrize("part", [pierced, leaves, veil, glass])
def test_every_pattern_is_an_alpha_near_the_outline_only(part: object) -> None:
    subject = blob(220)
    for seed in range(3):
        made: Layer = part(subject, generator(seed))  # type: ignore[operator]
        assert made.alpha.shape == subject.alpha.shape
        assert np.isfinite(made.alpha).all()
        assert np.isfinite(made.rgb).all()
        assert made.alpha.min() >= 0
        assert made.alpha.max() <= 1
        both = made.over(subject).alpha if part in (leaves, veil) else made.alpha
        assert np.abs(both - subject.alpha)[:12, :12].max() < 0.3  # the corner is far away
        assert np.abs(both - subject.alpha).max() > 0.1


def test_light_and_numbers_are_inverse() -> None:
    values = np.linspace(0, 1, 256, dtype=np.float32)
    assert np.abs(to_srgb(to_light(values)) - values).max() < 2e-3
    assert to_light(np.float32([0.5]))[0] == pytest.approx(0.2140, abs=1e-4)  # type: ignore[arg-type]


def test_a_composite_is_foreground_where_alpha_is_one_and_background_where_it_is_zero() -> None:
    layer = blob(200)
    for seed in range(6):
        rng = generator(seed)
        behind = make_background([photograph("coffee")], (layer.alpha.shape[0], layer.alpha.shape[1]), rng)
        rgb = compose(layer, behind, rng).astype(np.float32) / 255
        inside, outside = cv2.erode(layer.alpha, np.ones((9, 9))) == 1, cv2.dilate(layer.alpha, np.ones((9, 9))) == 0
        assert np.abs((rgb - layer.rgb)[inside].mean()) < 0.01
        assert np.abs((rgb - behind)[outside].mean()) < 0.01
        assert np.abs(rgb - layer.rgb)[inside].mean() < 0.05


def test_a_ground_with_a_grain_changes_across_it_and_hardly_along_it() -> None:
    ratios = []
    for seed in range(8):
        ground = streaks(np.array([0.6, 0.4, 0.3], np.float32), (160, 200), generator(seed))
        assert ground.shape == (160, 200, 3)
        assert ground.min() >= 0
        assert ground.max() <= 1
        assert np.abs(ground.mean((0, 1)) - [0.6, 0.4, 0.3]).max() < 0.15
        down, across = np.gradient(ground.mean(2))
        structure = np.array([[across**2, across * down], [across * down, down**2]]).mean((2, 3))
        weak, strong = np.linalg.eigvalsh(structure)  # Bigun and Granlund 1987
        ratios.append(strong / weak)
    assert min(ratios) > 1.2
    assert np.median(ratios) > 3


def test_layers_are_decided_by_their_seed_and_differ_otherwise() -> None:
    one, same, other = (make_layer(cat(), 160, generator(seed)) for seed in (1, 1, 2))
    assert (one.alpha == same.alpha).all()
    assert (one.rgb == same.rgb).all()
    assert (one.alpha != other.alpha).any()


def test_a_rough_alpha_differs_most_in_its_band() -> None:
    alpha = make_layer(cat(), 240, generator(5)).alpha
    for seed in range(12):
        coarse, unknown = rough(alpha, generator(seed))
        assert coarse.shape == unknown.shape == alpha.shape
        assert coarse.min() >= 0
        assert coarse.max() <= 1
        assert unknown.any()
        assert np.abs(coarse - alpha)[unknown].mean() > 3 * np.abs(coarse - alpha)[~unknown].mean()


def test_enlarged_band_lies_where_the_small_one_does() -> None:
    small = np.zeros((20, 30), np.float32)
    small[:, 15:] = 1
    coarse, unknown = enlarged(small, (80, 120), generator())
    assert unknown[:, 52:68].all()
    assert not unknown[:, :36].any()
    assert np.abs(coarse[:, :36]).max() < 1e-6


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photographs") / "cats.tar"
    pair = cat()
    with tarfile.open(path, "w") as tar:
        for index in range(3):  # the first is held out, as everywhere in training
            for suffix, array in ((".jpg", pair.rgb), (".png", pair.mask)):
                buffer = io.BytesIO()
                PilImage.fromarray(array).save(buffer, "jpeg" if suffix == ".jpg" else "png")
                info = tarfile.TarInfo(f"cat-{index}{suffix}")
                info.size = len(buffer.getvalue())
                tar.addfile(info, io.BytesIO(buffer.getvalue()))
    return path


def test_the_same_seed_makes_the_same_tar(photographs: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    for name, seed in (("a.tar", 1), ("b.tar", 1), ("c.tar", 2)):
        synthesize([photographs], tmp_path / name, 3, seed, backgrounds=[photographs], longest=120,
                   said=lambda done, count: told.append((done, count)))  # fmt: skip
    a, b, c = (list(read_tar(tmp_path / name).values()) for name in ("a.tar", "b.tar", "c.tar"))
    assert a == b
    assert a != c
    assert told[:3] == [(1, 3), (2, 3), (3, 3)]


def test_what_is_written_is_a_training_tar_with_foregrounds(photographs: Path, tmp_path: Path) -> None:
    synthesize([photographs], tmp_path / "made.tar", 2, 7, longest=120)
    pairs = list(pairs_of(tmp_path / "made.tar"))
    files = list(read_tar(tmp_path / "made.tar").values())
    assert len(pairs) == len(files) == 2
    for pair, members in zip(pairs, files, strict=True):
        assert set(members) == {".jpg", ".png", ".foreground"}
        assert max(pair.mask.shape) == 120
        foreground = decode(members[".foreground"], "RGB").astype(np.float32)
        opaque = cv2.erode(pair.mask, np.ones((3, 3), np.uint8)) == 255
        assert np.abs(foreground - pair.rgb)[opaque].mean() < 12  # noise and JPEG


def test_no_usable_subject_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="usable subject"):
        synthesize([], tmp_path / "made.tar", 2)
    assert list(tmp_path.iterdir()) == []
