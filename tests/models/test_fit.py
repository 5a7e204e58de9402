import numpy as np
import pytest

from matteo.errors import ModelError
from matteo.matting.guided import guided_upsample
from matteo.models.card import ModelCard
from matteo.models.fit import fit, fitted_size
from matteo.picture.geometry import resize

PAD = ModelCard("pad", "pad.onnx", "sha256:0", 320, "none", "a test", fit="pad")
STRETCH = ModelCard("stretch", "stretch.onnx", "sha256:0", 320, "none", "a test", fit="stretch")
SIZES = [(1, 1), (1, 5000), (5000, 1), (200, 20_000), (321, 640), (480, 640), (3000, 4000), (97, 31)]


@pytest.mark.parametrize("size_hw", SIZES)
@pytest.mark.parametrize("card", [PAD, STRETCH], ids=lambda card: card.name)
def test_the_tensor_is_a_multiple_and_bounded(size_hw: tuple[int, int], card: ModelCard) -> None:
    fitted = fit(np.zeros((*size_hw, 3), np.uint8), card)
    _, channels, height, width = fitted.tensor.shape
    assert channels == 3
    assert height % 32 == width % 32 == 0
    assert max(height, width) <= 4 * 320
    assert height * width <= 1.3 * 320 * 320


@pytest.mark.parametrize("size_hw", [(480, 640), (3000, 4000), (1080, 1920), (640, 427)])
def test_pad_keeps_the_aspect(size_hw: tuple[int, int]) -> None:
    height, width = fitted_size(size_hw, PAD)
    assert abs(height / width / (size_hw[0] / size_hw[1]) - 1) < 0.005


def test_values_are_normalised_as_the_card_says() -> None:
    rgb = np.full((64, 64, 3), (255, 0, 51), np.uint8)
    tensor = fit(rgb, PAD).tensor
    expected = (np.array([1, 0, 0.2]) - PAD.mean) / PAD.std
    assert np.abs(tensor[0].transpose(1, 2, 0) - expected).max() < 1e-5
    assert np.abs(fit(rgb.astype(np.uint16) * 257, PAD).tensor - tensor).max() < 1e-5


@pytest.mark.parametrize("card", [PAD, STRETCH], ids=lambda card: card.name)
@pytest.mark.parametrize("size_hw", [(480, 640), (1000, 700), (331, 1237)])
@pytest.mark.parametrize("axis", [0, 1])
def test_there_and_back_an_edge_stays_where_it_was(card: ModelCard, size_hw: tuple[int, int], axis: int) -> None:
    """A network that answers with the picture's own brightness: the edge of a half-plane must come back in its place.

    One edge may land a little off, as the grids' centres fall; over many places that must cancel out.
    """
    length, across = size_hw[axis], size_hw[1 - axis]
    shifts = []
    for position in np.linspace(0.2, 0.8, 13) * length:
        coverage = np.clip(np.arange(length) + 1 - position, 0, 1)
        plane = np.repeat(coverage[:, None], across, 1) if axis == 0 else np.repeat(coverage[None], across, 0)
        rgb = np.repeat(np.rint(plane * 255).astype(np.uint8)[..., None], 3, 2)
        fitted = fit(rgb, card)
        red = fitted.tensor[:, :1] * np.float32(card.std[0]) + np.float32(card.mean[0])
        coarse = fitted.coarse_alpha(red, card)
        plain = np.asarray(resize(coarse, size_hw), np.float64)
        refined = guided_upsample(coarse, fitted.rgb, rgb).astype(np.float64)
        shifts.append([(result.sum() - plane.sum()) / across for result in (plain, refined)])
    assert np.abs(np.mean(shifts, axis=0)).max() < 0.05
    assert np.abs(shifts).max() < 0.25


def test_logits_become_alpha_and_no_number_becomes_nothing() -> None:
    from dataclasses import replace

    card = replace(STRETCH, output="logits", side=32)
    fitted = fit(np.zeros((8, 8, 3), np.uint8), card)
    output = np.zeros((1, 1, 32, 32), np.float32)
    output[0, 0, 0, :3] = (100, -100, np.nan)
    alpha = fitted.coarse_alpha(output, card)
    assert alpha[0, 0] > 0.999
    assert alpha[0, 1] < 0.001
    assert alpha[0, 2] == 0
    assert alpha[5, 5] == 0.5


def test_an_output_of_another_size_is_refused() -> None:
    fitted = fit(np.zeros((8, 8, 3), np.uint8), PAD)
    with pytest.raises(ModelError, match="not an alpha of the input's size"):
        fitted.coarse_alpha(np.zeros((1, 1, 4, 4), np.float32), PAD)


def test_a_noisy_picture_is_seen_quieter_and_kept_as_it_is() -> None:
    rng = np.random.default_rng(0)
    noisy = np.clip(128 + rng.normal(0, 20, (320, 320, 3)), 0, 255).astype(np.uint8)
    fitted = fit(noisy, STRETCH)
    assert (fitted.rgb == noisy.astype(np.float32) / np.float32(255)).all()
    seen = fitted.tensor[0].transpose(1, 2, 0) * STRETCH.std + STRETCH.mean
    assert seen.std() < 0.5 * fitted.rgb.std()
    clean = np.full((320, 320, 3), 128, np.uint8)
    seen = fit(clean, STRETCH).tensor[0].transpose(1, 2, 0) * STRETCH.std + STRETCH.mean
    assert np.abs(seen - 128 / 255).max() < 1e-6
