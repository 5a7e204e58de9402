"""The shipped network over small sets whose masks are its own: what is known beforehand must come out."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from matteo.errors import DataError
from matteo.learning.evaluation.compare import compare
from matteo.learning.evaluation.contestants import contestants, trials
from matteo.learning.evaluation.degrade import Degradation
from matteo.learning.evaluation.facts import as_csv
from matteo.learning.evaluation.run import Settings
from matteo.learning.evaluation.summary import SetSummary
from matteo.learning.evaluation.words import notes_of, sentence, verdict, warnings_of
from matteo.models.table import SHIPPED
from tests.learning.evaluation.made import BACKWARDS, shipped, small, trial_of, write_set
from tests.models.small import write_network
from tests.pictures import save

SETTINGS = Settings(threads=1, resamples=200)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("sets") / "shop")


@pytest.fixture(scope="module")
def side_by_side(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> SetSummary:
    """The shipped network, the same again under another path, and one that only knows bright from dark."""
    other = tmp_path_factory.mktemp("models")
    for suffix in ("onnx", "json"):
        shutil.copy(SHIPPED / f"matteo.{suffix}", other)
    models = contestants(["matteo", str(other / "matteo.onnx"), str(write_network(other, trained_on=["shop"]))])
    (summary,) = compare(models, [trial_of(folder)], SETTINGS)
    return summary


def test_the_network_agrees_with_its_own_masks_and_not_with_the_opposite(side_by_side: SetSummary) -> None:
    first = side_by_side.standings[0]
    ious = {picture.key: picture.numbers["iou"] for picture in side_by_side.scored["matteo"]}
    assert ious == {"astronaut": 1, "chelsea": 1, "coffee": 1, BACKWARDS: 0}
    assert first.scores["iou"].value == 0.75
    assert first.failures == 1
    assert side_by_side.worst[0].key == BACKWARDS
    assert len(side_by_side.worst) == side_by_side.pictures == 4
    assert first.seconds > first.network_seconds > 0


def test_the_same_network_twice_differs_by_nothing(side_by_side: SetSummary) -> None:
    same = side_by_side.standings[1]
    assert len(same.differences) >= 9
    assert {(d.value, d.low, d.high) for d in same.differences.values()} == {(0.0, 0.0, 0.0)}
    assert "no clear difference to matteo on 4 pictures" in sentence(side_by_side, same)


def test_a_network_that_knows_nothing_is_worse(folder: Path, side_by_side: SetSummary) -> None:
    brightness = side_by_side.standings[2]
    difference = brightness.differences["mae"]
    assert difference.value == brightness.scores["mae"].value - side_by_side.standings[0].scores["mae"].value
    models = contestants(["matteo", brightness.contestant.model])
    right = [name for name in ("astronaut", "chelsea", "coffee") if name != BACKWARDS]
    clean = write_set(folder.parent / "right", tuple(right))
    (summary,) = compare(models, [trial_of(clean)], SETTINGS)
    mae = next(measure for measure in summary.measures if measure.name == "mae")
    assert verdict(mae, summary.standings[1].differences["mae"]) == "worse"
    assert ": worse than matteo, by 0." in sentence(summary, summary.standings[1])


def test_a_set_in_the_training_is_marked(side_by_side: SetSummary) -> None:
    assert [s.contaminated_by for s in side_by_side.standings] == [None, None, "shop"]
    assert warnings_of(side_by_side)[0].startswith("CONTAMINATED: mean was trained on this set: its card lists “shop”")


def test_an_auroc_of_few_failures_says_so(side_by_side: SetSummary) -> None:
    assert "AUROC rests on few failures (1)" in " ".join(notes_of(side_by_side))


def test_reliability_bins_hold_all_pictures_once(side_by_side: SetSummary) -> None:
    for standing in side_by_side.standings:
        assert sum(b.pictures for b in standing.reliability) == 4
        mean = sum(b.pictures * b.iou for b in standing.reliability) / 4
        assert mean == pytest.approx(standing.scores["iou"].value)


def test_what_cannot_be_read_is_skipped_by_name_for_all(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "shop", ("astronaut", "chelsea", "coffee"))
    picture = folder / "images" / "chelsea.png"
    picture.write_bytes(picture.read_bytes()[:3000])
    save(np.zeros((30, 30), np.uint8), folder / "masks" / "coffee.png")
    models = contestants(["matteo"], [256, 320])
    (summary,) = compare(models, [trial_of(folder)], SETTINGS)
    assert list(summary.skipped) == ["chelsea", "coffee"]
    assert "chelsea.png" in summary.skipped["chelsea"]
    assert "30 x 30" in summary.skipped["coffee"]
    assert [len(scored) for scored in summary.scored.values()] == [1, 1]
    assert "2 pictures could not be measured" in " ".join(warnings_of(summary))


def test_a_set_of_which_nothing_can_be_read_is_an_error(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "shop", ("coffee",))
    (folder / "images" / "coffee.png").write_bytes(b"\x89PNG\r\n\x1a\n no more")
    with pytest.raises(DataError, match=r"none of its pairs can be measured \(.*coffee.png"):
        compare([shipped()], [trial_of(folder)], SETTINGS)


def test_a_set_that_changes_while_it_is_measured_stops_the_comparison(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "shop", ("coffee",))

    def progress(what: str, done: int, total: int) -> None:
        if what.startswith("matteo 320"):
            (folder / "masks" / "coffee.png").unlink()

    with pytest.raises(DataError, match=r"coffee\.png"):
        compare(contestants(["matteo"], [256, 320]), [trial_of(folder)], SETTINGS, progress)


def test_the_network_sees_the_degraded_picture(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "shop", ("astronaut",))
    clean, noisy = compare([shipped()], trials([folder], degradations=[None, Degradation("noise", 3)]), SETTINGS)
    assert clean.standings[0].scores["iou"].value == 1
    assert 0.3 < noisy.standings[0].scores["iou"].value < 1
    assert (noisy.worst[0].rgb != clean.worst[0].rgb).mean() > 0.5


def test_transparent_pictures_and_soft_truth(tmp_path: Path) -> None:
    rgb = small("coffee")
    alpha = np.tile(np.linspace(0, 255, rgb.shape[1]).astype(np.uint8), (len(rgb), 1))
    save(np.dstack([rgb, alpha]), tmp_path / "cup.png")
    (summary,) = compare([shipped()], [trial_of(tmp_path)], SETTINGS)
    assert summary.soft == 1
    scores = summary.standings[0].scores
    assert {"sad", "mse", "gradient", "connectivity"} <= set(scores)
    assert scores["sad"].value > 1


def test_a_picture_without_a_subject_is_noted(tmp_path: Path) -> None:
    save(np.full((40, 50, 3), 90, np.uint8), tmp_path / "wall.jpg")
    save(np.zeros((40, 50), np.uint8), tmp_path / "wall.png")
    (summary,) = compare([shipped()], [trial_of(tmp_path)], SETTINGS)
    assert summary.empty == 1
    assert any("without a subject" in note for note in notes_of(summary))


def test_sets_as_one_count_each_picture_alike(folder: Path, tmp_path: Path) -> None:
    """Four pictures of mean IoU 0.75, and one of IoU 1 in a set that the network was trained on."""
    seen = write_set(tmp_path / "train-duts-9", ("coffee",))
    one, other, both = compare([shipped()], trials([folder, seen]), SETTINGS, pool=True)
    assert [s.pictures for s in (one, other, both)] == [4, 1, 5]
    standing = both.standings[0]
    assert standing.scores["iou"].value == pytest.approx((4 * 0.75 + 1) / 5)
    assert standing.failures == 1
    assert both.trial.name == "shop + train-duts-9"
    assert both.worst[0].key == f"shop/{BACKWARDS}"
    assert [s.standings[0].contaminated_by for s in (one, other, both)] == [None, "DUTS-TR", "DUTS-TR"]
    assert len(as_csv([one, other, both]).splitlines()) == 1 + 5


def test_sets_are_pooled_within_a_degradation(folder: Path, tmp_path: Path) -> None:
    second = write_set(tmp_path / "second", ("coffee",))
    tried = trials([folder, second], 4, degradations=[None, Degradation("jpeg", 1)])
    titles = [summary.trial.title for summary in compare([shipped()], tried, SETTINGS, pool=True)]
    assert titles[4:] == ["shop + second", "shop + second, jpeg:1"]


def test_the_kind_of_edges_is_what_runs(tmp_path: Path) -> None:
    """The masks are the default's own: without it the edge is another, and the subject is the same."""
    (summary,) = compare(
        contestants(["matteo"], edges=["none"]), [trial_of(write_set(tmp_path / "a", ("coffee",)))], SETTINGS
    )
    assert 0.9 < summary.standings[0].scores["iou"].value < 1
