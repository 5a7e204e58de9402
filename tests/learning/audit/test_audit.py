"""A set looked through, from its files to the verdict, with the shipped network."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image as PilImage

from matteo.errors import DataError, OutputError, OutputExists
from matteo.learning.audit.audit import audit
from matteo.learning.audit.judge import Judge
from matteo.learning.audit.kinds import KINDS
from matteo.learning.audit.report import write_report
from matteo.learning.audit.result import Audit
from matteo.learning.checkpoint import half, write_whole
from matteo.learning.export import export
from matteo.learning.network import Network
from matteo.learning.origin import SHIPPED
from matteo.matting.confidence import expected_iou
from matteo.remover import Remover
from tests.learning.sets import disc, two_folders
from tests.learning.small_heads import heads_of
from tests.learning.test_muon import SMALL
from tests.pictures import ASTRONAUT, photograph, save


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge("matteo")


def kinds(found: Audit) -> dict[str, list[str]]:
    return {kind: [f.key for f in found.findings if f.kind == kind] for kind in {f.kind for f in found.findings}}


def large(root: Path, count: int = 12) -> Path:
    """A set without a fault: what `two_folders` makes, at three times the size."""
    two_folders(root, count)
    for path in [*root.glob("images/*"), *root.glob("masks/*")]:
        with PilImage.open(path) as picture:
            enlarged = picture.resize((384, 288), PilImage.Resampling.BILINEAR)
        enlarged.save(path)
    return root


def test_a_sound_set_passes(tmp_path: Path) -> None:
    found = audit(large(tmp_path))
    assert found.findings == ()
    assert found.sizes == {"256 to 511": 12}
    assert found.verdict == "fit to train on: nothing was found against its 12 pairs"


def test_every_fault_is_found_and_named(tmp_path: Path) -> None:
    path = large(tmp_path, 16)
    images, masks = path / "images", path / "masks"
    (masks / "a01.png").unlink()
    save(disc(), masks / "lone.png")
    save(np.zeros((288, 300), np.uint8), masks / "a02.png")
    save(np.zeros((384, 288), np.uint8), masks / "a03.png")
    save(np.full((288, 384), 1, np.uint8), masks / "a04.png")
    (images / "a05.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 50)
    save(np.zeros((288, 384), np.uint8), masks / "a06.png")
    save(255 - np.asarray(PilImage.open(masks / "a07.png")), masks / "a07.png")
    save(np.asarray(PilImage.open(images / "a08.png")), images / "b08.webp")
    save(np.asarray(PilImage.open(masks / "a08.png")), masks / "b08.png")
    save(np.asarray(PilImage.open(images / "a09.png")), images / "b09.webp")
    save(
        np.asarray(PilImage.open(masks / "a09.png"))[::-1, ::-1] // 255 * 255 * (np.arange(384) > 260),
        masks / "b09.png",
    )
    found = audit(path)
    assert kinds(found) == {
        "no mask": ["a01"], "odd": ["lone"], "size": ["a02", "a03"], "numbers": ["a04"], "unreadable": ["a05"],
        "empty": ["a06"], "inverted": ["a07"], "twice": ["b08"], "contradicts": ["b09"],
    }  # fmt: skip
    said = {finding.key: finding.text for finding in found.findings}
    assert said["a02"] == "picture 384 x 288, mask 300 x 288"
    assert "EXIF" in said["a03"]
    assert found.verdict == "not fit to train on: 6 errors, most of all: picture and mask differ in size (2)"
    assert json.loads(json.dumps(found.facts()))["fit"] is False


@pytest.mark.parametrize(
    ("value", "kind"), [(0, {"empty", "one class"}), (255, {"full", "one class"}), (None, {"inverted", "inverted set"})]
)
def test_what_is_wrong_with_the_whole_set(tmp_path: Path, value: int | None, kind: set[str]) -> None:
    path = large(tmp_path)
    for index in range(12):
        mask = path / "masks" / f"a{index:02}.png"
        with PilImage.open(mask) as picture:
            inverse = 255 - np.asarray(picture)
        save(inverse if value is None else np.full_like(inverse, value), mask)
    assert set(kinds(audit(path))) == kind


def test_too_few_and_nothing_at_all(tmp_path: Path) -> None:
    assert set(kinds(audit(large(tmp_path / "few", 4)))) == {"too few"}
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="holds no pictures"):
        audit(tmp_path / "none")


def test_pictures_of_the_other_set_are_found(tmp_path: Path) -> None:
    path, other = large(tmp_path / "train"), tmp_path / "test"
    other.mkdir()
    save(np.asarray(PilImage.open(path / "images" / "a03.png"))[:, ::-1], other / "x.jpg")
    save(photograph("coffee"), other / "y.jpg")
    found = audit(path, against=[other])
    (leak,) = found.findings
    assert (leak.kind, leak.key, leak.other, leak.other_set) == ("leak", "a03", "x", str(other))
    assert leak.text.startswith("the same picture in a mirror")


def test_a_limit_is_spread_over_the_set_and_says_nothing_of_its_size(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    found = audit(large(tmp_path, 13), limit=3, advance=lambda done, total: seen.append((done, total)))
    assert found.pairs == 3
    assert found.findings == ()
    assert seen == [(1, 3), (2, 3), (3, 3)]


@pytest.fixture(scope="module")
def portraits(tmp_path_factory: pytest.TempPathFactory, judge: Judge) -> Path:
    """Photographs with right masks (the network's own, which are good on these), one inverted, one quite wrong."""
    root = tmp_path_factory.mktemp("portraits")
    for name in ("astronaut", "cat", "inverted", "wrong"):
        rgb = photograph("chelsea" if name == "cat" else "astronaut")
        rgb = rgb[:, ::-1] if name == "inverted" else rgb
        save(rgb, root / f"{name}.jpg", quality=95)
        seen = cv2.resize(judge.alpha(rgb), rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        mask = np.asarray(np.where(seen > 0.5, 255, 0), np.uint8)
        if name == "wrong":
            mask[:] = 0
            mask[20:120, 380:500] = 255
        save(255 - mask if name == "inverted" else mask, root / f"{name}.png")
    return root


def test_the_network_speaks_up_where_it_is_sure(portraits: Path, judge: Judge) -> None:
    found = kinds(audit(portraits, judge=judge))
    assert found["suspicious"] == ["wrong"]
    assert found["inverted"] == ["inverted"]
    assert audit(portraits, judge=judge).least[0][0] in ("wrong", "inverted")
    assert "suspicious" not in kinds(audit(portraits))


def test_a_network_that_tells_its_quality_is_asked_for_it(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Network(SMALL).eval()
    write_whole(tmp_path / "weights.pt", half(network))
    heads_of(network, tmp_path / "heads.pt")
    export(tmp_path / "weights.pt", "small", 64, tmp_path, SHIPPED, heads=tmp_path / "heads.pt")
    rgb, judge = photograph("chelsea"), Judge(str(tmp_path / "small.onnx"))
    confidence = judge.opinion(rgb, np.zeros(rgb.shape[:2], np.uint8)).confidence
    assert confidence == pytest.approx(Remover(tmp_path / "small.onnx").remove(rgb).confidence, abs=1e-6)
    assert confidence != pytest.approx(expected_iou(judge.alpha(rgb)), abs=1e-3)


def test_a_subject_that_fills_the_border_is_not_inverted(tmp_path: Path, judge: Judge) -> None:
    """A close-up with a hole: the border alone speaks for an inversion, the network's word clears it."""
    rgb = photograph("astronaut")
    save(rgb, tmp_path / "a.jpg")
    mask = np.where(judge.alpha(rgb) > 0.5, 255, 0).astype(np.uint8)
    save(mask, tmp_path / "a.png")
    assert judge.opinion(rgb, np.asarray(PilImage.fromarray(mask).resize((512, 512)))).contradicts_inversion
    assert "inverted" not in kinds(audit(tmp_path, judge=judge))


def test_the_report_shows_what_was_found(portraits: Path, judge: Judge, tmp_path: Path) -> None:
    found = audit(portraits, against=[ASTRONAUT.parent], judge=judge)
    into = tmp_path / "report"
    files = write_report(found, into, judge)
    assert [file.name for file in files] == ["report.json", "worst.png", "twins.png"]
    facts = json.loads(files[0].read_text())
    assert {finding["kind"] for finding in facts["findings"]} >= {"suspicious", "leak", "contradicts"}
    assert {finding["kind"] for finding in facts["findings"]} <= set(KINDS)
    sheet = np.asarray(PilImage.open(files[1])).astype(int)
    assert sheet.shape[0] == 22 + 240 + 46
    red = (sheet[..., 0] > 200) & (sheet[..., 1] < 120) & (sheet[..., 2] < 120)
    blue = (sheet[..., 2] > 200) & (sheet[..., 0] < 120) & (sheet[..., 1] < 200)
    assert red.sum() > 300
    assert blue.sum() > 300
    with pytest.raises(OutputExists):
        write_report(found, into, judge)
    assert write_report(audit(portraits), into, overwrite=True)[0].exists()


def test_a_report_never_goes_into_the_set(portraits: Path) -> None:
    before = sorted(portraits.iterdir())
    with pytest.raises(OutputError, match="within the set"):
        write_report(audit(portraits), portraits / "report")
    assert sorted(portraits.iterdir()) == before


def test_pictures_that_cannot_be_shown_are_on_the_sheet_all_the_same(tmp_path: Path) -> None:
    path = large(tmp_path / "set")
    (path / "images" / "a05.png").write_bytes(b"none")
    save(np.zeros((9, 9), np.uint8), path / "masks" / "a06.png")
    files = write_report(audit(path), tmp_path / "report")
    with PilImage.open(files[1]) as sheet:
        assert sheet.width == 2 * 240
