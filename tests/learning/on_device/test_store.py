"""Augmentation in batches of tensors against the same augmentation, one picture at a time, by OpenCV."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from matteo.learning.augment_light import Blur, Colour, Grey, Jpeg, Light, LowLight, Noise
from matteo.learning.augment_place import Crop, Truncate
from matteo.learning.augment_scene import Paste
from matteo.learning.batches import Batch, make_batch
from matteo.learning.on_device import light, place, scene
from matteo.learning.on_device.store import Stored
from matteo.learning.schedule import Plan
from tests.learning.discs import RECIPE, disc_pair, material
from tests.pictures import photograph

CPU = torch.device("cpu")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def as_tensor(rgb: NDArray[Any]) -> torch.Tensor:
    return torch.from_numpy(rgb).permute(2, 0, 1)[None].float() / 255


def as_array(x: torch.Tensor) -> NDArray[np.float64]:
    return np.asarray((x[0] * 255).permute(1, 2, 0).numpy(), np.float64)


def test_a_whole_picture_unturned_is_itself_and_flipped_is_mirrored() -> None:
    x = torch.rand(2, 4, 32, 32, generator=generator())
    still = place.whole(2, CPU), torch.tensor([False, True]), torch.zeros(2), (32, 32)
    out = place.sample(x, *still)
    assert torch.allclose(out[0], x[0], atol=1e-5)
    assert torch.allclose(out[1], x[1].flip(2), atol=1e-5)


def test_a_finer_sampling_shrinks_by_area() -> None:
    x = torch.rand(1, 4, 64, 64, generator=generator())
    out = place.sample(x, place.whole(1, CPU), torch.tensor([False]), torch.zeros(1), (32, 32), finer=2)
    assert torch.allclose(out, torch.nn.functional.avg_pool2d(x, 2), atol=1e-5)


@pytest.mark.parametrize("degrees", [-14.0, 9.0])
def test_a_turn_is_opencvs(degrees: float) -> None:
    rgb = cv2.resize(photograph("astronaut"), (128, 128), interpolation=cv2.INTER_AREA)
    turn = cv2.getRotationMatrix2D((63.5, 63.5), degrees, 1.0)
    expected = cv2.warpAffine(rgb, turn, (128, 128), borderMode=cv2.BORDER_REFLECT)
    angle = torch.tensor([math.radians(degrees)])
    given = as_array(place.sample(as_tensor(rgb), place.whole(1, CPU), torch.tensor([False]), angle, (128, 128)))
    assert np.abs(given - expected)[16:-16, 16:-16].mean() < 1.0
    other = as_array(place.sample(as_tensor(rgb), place.whole(1, CPU), torch.tensor([False]), -angle, (128, 128)))
    assert np.abs(other - expected)[16:-16, 16:-16].mean() > 10


def test_crops_lie_in_their_windows_and_keep_most_of_the_subject() -> None:
    mask = torch.from_numpy(cv2.resize(disc_pair(3).mask, (64, 64)))[None, None].repeat(50, 1, 1, 1).float() / 255
    shapes = torch.tensor([[80.0, 96.0]]).repeat(50, 1)
    windows = place.truncate(Truncate(), mask, generator())
    boxes = place.crop(Crop((64, 96), whole=0), mask, shapes, windows, generator(1))
    assert (boxes[:, 0] >= windows[:, 0] - 1e-6).all()
    assert (boxes.sum(1) <= windows.sum(1) + 1e-6).all()
    held, all_ = (place.subject_inside(mask, w[:, None])[:, 0] for w in (boxes, windows))
    assert (held >= 0.7 * all_ - 1).all()
    whole = place.subject_inside(mask, place.whole(50, CPU)[:, None])[:, 0]
    assert torch.equal(whole, (mask > 0.5).sum((1, 2, 3)).float())
    assert (all_ < 0.96 * whole).all()
    assert (all_ > 0.5 * whole).all()


def test_jpeg_is_the_standards_on_grey() -> None:
    grey = cv2.cvtColor(cv2.resize(photograph("astronaut"), (256, 256)), cv2.COLOR_RGB2GRAY)
    for quality in (20, 60):
        coded = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        expected = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
        assert expected is not None
        x = as_tensor(np.repeat(grey[..., None], 3, axis=2))
        given = as_array(light.jpeg(Jpeg((quality, quality + 1)), x, generator()))[..., 0]
        assert np.abs(given - expected).mean() < 1.0
        assert np.abs(grey.astype(float) - expected).mean() > 2.0


def test_blur_is_opencvs_for_each_picture_its_own() -> None:
    rgb = cv2.resize(photograph("coffee"), (96, 64))
    x = as_tensor(rgb).repeat(2, 1, 1, 1)
    given = light.gaussian_blur(x, torch.tensor([0.7, 1.5]), 1.6)
    for i, sigma in enumerate((0.7, 1.5)):
        expected = cv2.GaussianBlur(rgb, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
        assert np.abs(as_array(given[i : i + 1]) - expected).max() < 2.5


@pytest.mark.parametrize("spec", [Light(), Colour(), Grey(), LowLight(), Blur(), Noise(), Jpeg()])
def test_light_and_dirt_are_distributed_as_on_the_host(spec: Any) -> None:
    """Mean, deviation and colourfulness over many draws, each within three standard errors and a level."""
    rgb = cv2.resize(photograph("coffee"), (96, 64), interpolation=cv2.INTER_AREA)
    rows = 300
    host = [spec(rgb, rgb[..., 0], np.random.default_rng(i))[0].astype(np.float64) for i in range(rows)]
    x = light.CHANGES[type(spec)](spec, as_tensor(rgb).repeat(rows, 1, 1, 1), generator()) * 255
    device = [np.asarray(one.permute(1, 2, 0).numpy(), np.float64) for one in x]
    for measure in (np.mean, np.std, lambda a: np.ptp(a, axis=2).mean()):
        a, b = (np.array([measure(one) for one in many]) for many in (host, device))
        error = math.sqrt((a.var() + b.var()) / rows)
        assert abs(a.mean() - b.mean()) < 3.5 * error + 1.5, (a.mean(), b.mean())
        assert a.std() == pytest.approx(b.std(), rel=0.3, abs=0.5)


def test_what_is_pasted_lies_where_its_mask_says() -> None:
    pair = disc_pair(5)
    x = torch.from_numpy(np.dstack([pair.rgb, pair.mask])).permute(2, 0, 1)[None].float() / 255
    x = torch.nn.functional.interpolate(x, size=(96, 96), mode="area").repeat(12, 1, 1, 1)
    shapes = torch.tensor([[80.0, 96.0]]).repeat(12, 1)
    fit, shrunk, boxes = scene.fit_subjects(x[:, 3:], shapes)
    assert fit.all()
    black = torch.zeros(12, 3, 96, 96), torch.zeros(12, 1, 96, 96), torch.tensor([[50.0, 100.0]]).repeat(12, 1)
    rgb, mask = scene.paste(Paste(match=(0, 0)), black, (x[:, :3], shrunk, shapes, boxes), generator())
    assert (rgb.amax(1)[mask[:, 0] == 0] == 0).all()
    assert (rgb.amax(1)[mask[:, 0] > 0.99] > 0.2).all()
    inside = mask[0, 0] > 0.5  # a disc stays one: on a canvas of shape 1 : 2 it is twice as high as wide
    assert inside.any(1).sum() / inside.any(0).sum() == pytest.approx(2, rel=0.25)


def test_batches_are_decided_by_the_step_and_distributed_as_the_hosts() -> None:
    recipe = replace(RECIPE, longest=96)
    plan = Plan(((40, 64, 16),))
    stored = Stored(material(), recipe, CPU)
    first = stored.make_batch(plan, 3)
    stored.make_batch(plan, 4)
    assert all(torch.equal(a, b) for a, b in zip(first, stored.make_batch(plan, 3), strict=True))
    assert first[0].shape == make_batch(material(), recipe, (0, 1), plan, 3)[0].shape
    assert first[0].dtype == first[1].dtype == torch.uint8

    makes: list[Callable[[int], Batch]] = [
        lambda step: stored.make_batch(plan, step),
        lambda step: make_batch(material(), recipe, (0, 1), plan, step),
    ]
    device, host = ([make(step) for step in range(30)] for make in makes)
    for part, tolerance in ((0, 8.0), (1, 8.0)):
        a, b = (torch.cat([batch[part].float().mean((1, 2, 3)) for batch in made]) for made in (device, host))
        assert abs(a.mean() - b.mean()) < tolerance
        assert a.std().item() == pytest.approx(b.std().item(), rel=0.2)
    for rgb, mask in device[:10]:  # the bright discs are where the masks say
        brightness = rgb.float().mean(1)
        assert brightness[mask[:, 0] > 250].mean() - brightness[mask[:, 0] < 5].mean() > 40


def test_a_part_is_its_share_of_the_batch() -> None:
    plan = Plan(((4, 64, 8),))
    parts = [Stored(material(), replace(RECIPE, longest=96), CPU, (i, 2)).make_batch(plan, 1) for i in range(2)]
    assert [len(rgb) for rgb, _ in parts] == [4, 4]
    assert not torch.equal(parts[0][0], parts[1][0])


def test_scenes_and_rehearsal_are_drawn_in_their_shares() -> None:
    full = replace(material(), rehearsal=[disc_pair(200)])
    recipe = replace(RECIPE, longest=32, rehearsed=0.5, empty=0.1)
    stored = Stored(full, recipe, CPU)
    stored.rng.manual_seed(0)
    drawn = stored._draw(4000)
    n = len(full.pairs)
    assert (drawn == n).float().mean().item() == pytest.approx(0.5, abs=0.04)
    assert (drawn > n).float().mean().item() == pytest.approx(0.05, abs=0.02)
