"""Masks, trimaps and what is done to edges, through the whole pipeline."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import matteo
from matteo import Image, Remover
from matteo.matting.treatment import Treatment
from matteo.models import companions
from matteo.picture.image import Alpha
from tests.pictures import photograph


@pytest.fixture(scope="module")
def remover() -> Remover:
    return Remover(load=False)


def disc(size_hw: tuple[int, int], radius: float) -> Alpha:
    y, x = np.indices(size_hw)
    distance = np.hypot(y - size_hw[0] / 2, x - size_hw[1] / 2)
    return np.asarray(np.clip(radius + 0.5 - distance, 0, 1), np.float32)


def test_a_mask_replaces_the_network_which_is_never_loaded() -> None:
    code = """
import sys, numpy as np, matteo
picture = np.zeros((40, 60, 3), np.uint8)
mask = np.zeros((20, 30), np.uint8)
mask[5:15, 5:20] = 255
cutout = matteo.remove(picture, mask=mask, edges="fast")
assert cutout.alpha[20, 20] == 1 and cutout.confidence is None and cutout.model == "mask", cutout
trimap = matteo.remove(picture, trimap=mask, edges="guided")
assert trimap.model == "trimap"
print("onnxruntime" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_without_edges_a_mask_of_the_pictures_size_is_the_alpha(remover: Remover) -> None:
    picture = photograph("chelsea")
    mask = disc((300, 451), 100)
    assert (remover.alpha(picture, mask=mask, edges="none") == mask).all()
    refined = remover.alpha(picture, mask=mask)
    assert (refined[mask == 0].mean(), refined[mask == 1].mean()) == pytest.approx((0, 1), abs=0.01)


def test_cut_remove_alpha_and_map_agree(remover: Remover) -> None:
    picture, mask = photograph("coffee"), disc((400, 600), 150)
    how: Treatment = {"edges": "guided", "grow": 1.5, "feather": "0.5%"}
    cutout = remover.remove(picture, mask=mask, **how)
    assert (remover.cut(Image(picture), mask=mask, **how).alpha == cutout.alpha).all()
    assert (remover.alpha(picture, mask=mask, **how) == cutout.alpha).all()
    assert (matteo.alpha(picture, mask=mask, **how) == cutout.alpha).all()
    (result,) = remover.map([picture], edges="none")
    assert (result.unwrap().alpha == remover.alpha(picture, edges="none")).all()


@pytest.mark.parametrize(
    "how", [{"grow": 3}, {"shrink": 2.5}, {"feather": 6}, {"transparency": True}, {"untint": True}]
)
def test_opaque_pixels_are_the_sources_whatever_is_done(remover: Remover, how: Treatment) -> None:
    picture = photograph("astronaut")
    cutout = remover.remove(picture, **how)
    assert (cutout.alpha == 1).mean() > 0.1
    assert (cutout.rgb[cutout.alpha == 1] == picture[cutout.alpha == 1]).all()
    assert (cutout.rgb[cutout.alpha == 0] == 0).all()


def test_a_feather_shows_the_subjects_colour_beyond_its_edge(remover: Remover) -> None:
    mask = disc((200, 200), 60)
    picture = np.where(mask[..., None] > 0.5, [200, 40, 30], [20, 30, 210]).astype(np.uint8)
    cutout = remover.remove(picture, mask=mask, edges="none", feather=12)
    beyond = (mask == 0) & (cutout.alpha > 0.05)
    assert beyond.sum() > 500
    assert np.abs(cutout.rgb[beyond] - np.array([200.0, 40, 30])).mean() < 12


def test_a_trimap_is_kept_to_the_pixel(remover: Remover) -> None:
    picture = photograph("chelsea")
    trimap = np.full((300, 451), 128, np.uint8)
    trimap[:60], trimap[140:] = 0, 255
    for edges in ("fast", "none", "closed-form"):
        alpha = remover.alpha(picture, trimap=trimap, edges=edges)
        assert (alpha[:60] == 0).all()
        assert (alpha[140:] == 1).all()


def test_somebody_elses_alpha_is_made_better_by_it(remover: Remover) -> None:
    truth = disc((300, 300), 100)
    rng = np.random.default_rng(0)
    ground = np.clip(rng.normal(60, 12, (300, 300, 3)), 0, 255)
    picture = (truth[..., None] * np.array([220, 180, 90]) + (1 - truth[..., None]) * ground).astype(np.uint8)
    rough = cv2.resize((truth > 0.5).astype(np.uint8) * 255, (50, 50), interpolation=cv2.INTER_NEAREST)
    plain, better = (np.abs(remover.alpha(picture, mask=rough, edges=e) - truth).sum() for e in ("none", "fast"))
    assert better < 0.7 * plain


def test_transparency_keeps_what_is_nearly_opaque(remover: Remover) -> None:
    picture = photograph("coffee")
    solid, clear = (remover.alpha(picture, transparency=t, edges="none") for t in (False, True))
    assert (clear[solid == 1] < 1).mean() > 0.01
    assert (clear[solid == 0] > 0).mean() > 0.01


def test_wrong_treatment_is_said_before_anything_is_done(remover: Remover) -> None:
    with pytest.raises(matteo.UsageError, match="choose one of"):
        remover.remove("none.jpg", edges="sharp")
    with pytest.raises(matteo.UsageError, match="per cent"):
        remover.remove("none.jpg", grow="wide")
    with pytest.raises(matteo.UsageError, match="choose one of"):
        next(remover.map(["none.jpg"], edges="sharp"))
    with pytest.raises(TypeError, match="sharpen"):
        remover.remove("none.jpg", sharpen=True)  # type: ignore[call-arg]


def test_distances_are_judged_by_the_pictures_own_size(remover: Remover) -> None:
    picture, mask = np.zeros((200, 2000, 3), np.uint8), np.zeros((200, 2000), np.uint8)
    mask[:, :1000] = 255
    alpha = remover.alpha(picture, mask=mask, edges="none", grow=150)
    assert (alpha == (np.arange(2000) < 1150)).all()
    with pytest.raises(matteo.UsageError, match="tenth of the picture"):
        remover.alpha(picture[:, 800:1200], mask=mask[:, 800:1200], edges="none", grow=150)


def test_untint_does_not_look_at_hidden_colours(remover: Remover) -> None:
    mask = cv2.blur(disc((200, 200), 60), (9, 9))
    mask[mask < 1e-3] = 0
    opacity = np.where(mask > 0, 255, 0).astype(np.uint8)
    colours = np.where(mask[..., None] == 1, [90, 90, 90], [86, 98, 86]).astype(np.uint8)
    made = []
    for hidden in ((0, 255, 0), (128, 128, 128)):
        rgb = np.where(opacity[..., None] > 0, colours, np.array(hidden, np.uint8))
        picture = np.dstack([rgb, opacity])
        made.append(remover.remove(picture, mask=mask, edges="none", untint=True).rgb)
    assert (made[0] == made[1]).all()


def test_map_takes_what_remove_takes_and_holds_no_sources(remover: Remover) -> None:
    picture = photograph("coffee")[::2, ::2]
    (lean,) = remover.map([picture], edges="none", foreground=False)
    assert (lean.unwrap().rgb == picture).all()
    assert lean.unwrap().source is None
    (full,) = remover.map([picture], edges="none", keep_source=True)
    assert (full.unwrap().alpha == lean.unwrap().alpha).all()
    assert not full.unwrap().rgb[full.unwrap().alpha == 0].any()
    assert full.unwrap().source is not None
    assert (full.unwrap().source.rgb == picture).all()  # type: ignore[union-attr]


def test_both_networks_are_loaded_at_once_or_when_they_are_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(companions.FOLDER / "refiner", tmp_path / "refiner")
    (tmp_path / "refiner" / "refiner.onnx").write_bytes(b"damaged")
    monkeypatch.setattr(companions, "FOLDER", tmp_path)
    with pytest.raises(matteo.WeightsDamaged):
        Remover()
    later, mask = Remover(load=False), disc((60, 60), 20)
    picture = np.zeros((60, 60, 3), np.uint8)
    assert later.alpha(picture, mask=mask, edges="none").any()
    with pytest.raises(matteo.WeightsDamaged):
        later.alpha(picture, mask=mask)


def test_an_even_half_alpha_stays_where_the_subject_is_see_through(remover: Remover) -> None:
    picture = photograph("coffee")[::2, ::2]
    mask = np.zeros(picture.shape[:2], np.uint8)
    mask[40:160, 60:220] = 150
    alpha = remover.alpha(picture, mask=mask, transparency=True)
    assert np.abs(alpha[60:140, 80:200] - 150 / 255).max() < 0.02
