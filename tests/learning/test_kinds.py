import pytest

from matteo.learning.kinds import CARS, TARS, UNSURE, WITH_PERSON, kind_of
from matteo.learning.verdict import KINDS


@pytest.mark.parametrize(
    ("tar", "key", "kind"),
    [
        ("train-eg1800", "00001", "person"),
        ("train-horses", "horse001", "animal"),
        ("backgrounds", "room_3", "nothing"),
        ("train-duts-0", "n02132136_4411", "animal"),  # brown bear
        ("train-duts-3", "n07753592_1", "thing"),  # banana
        ("train-duts-1", "n03770439_12", "person"),  # miniskirt: worn, and the mask is of who wears it
        ("train-duts-2", "n04285008_77", "car"),  # sports car
        ("train-duts-2", "n03127747_5", None),  # crash helmet: on a head or on a table
        ("train-duts-0", "ILSVRC2012_test_00000025", None),
        ("train-duts-0", "sun_aaaoyqgtwyuzkoft", None),
        ("train-cars", "0795e132d090_01", None),
        ("val-ecssd", "n02132136_4411", None),
    ],
)
def test_the_names_tell(tar: str, key: str, kind: str | None) -> None:
    assert kind_of(tar, key) == kind


def test_every_kind_is_known_and_no_number_is_of_two() -> None:
    assert {kind for kind in TARS.values() if kind} <= set(KINDS)
    assert len(CARS | WITH_PERSON | UNSURE) == len(CARS) + len(WITH_PERSON) + len(UNSURE)
