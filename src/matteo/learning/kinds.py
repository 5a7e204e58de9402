"""What the subject of a training picture is, where the names of the tars and of their pictures tell.

DUTS' pictures are ImageNet's; 7,264 of 10,319 carry the WordNet 3.0 number of what they were collected for. WordNet
lists its nouns by field, so numbers below ARTIFACTS are animals and those above are things made, food or plants
(checked: the 1,000 classes of ILSVRC agree). The rest was settled by looking: of each number in WITH_PERSON and CARS
a dozen pictures with their masks were viewed, and the mask held the person, or the car, in nearly all.
"""

from __future__ import annotations

import re

ARTIFACTS = 2_660_000  # n02655020 (puffer) is the last animal of ILSVRC, n02666196 (abacus) its first artifact

TARS: dict[str, str | None] = {
    **dict.fromkeys((f"train-duts-{i}" for i in range(4)), None),  # their pictures' names tell
    "train-eg1800": "person", "train-ccp": "person", "train-pets": "animal", "train-horses": "animal",
    "train-cats": "animal", "backgrounds": "nothing",
}  # fmt: skip

# Ambulance, beach wagon, bus, car, convertible, jeep, limousine, minibus, minivan, Model T, racer, school bus, sports
# car, trolleybus.
CARS = {
    2_701_002, 2_814_533, 2_924_116, 2_958_343, 3_100_240, 3_594_945, 3_670_208, 3_769_881, 3_770_679, 3_777_568,
    4_037_443, 4_146_614, 4_285_008, 4_487_081,
}  # fmt: skip
# Bathing cap, team of players, cowboy hat, diaper, one-piece swimsuit, miniskirt, neck brace, swimming trunks,
# unicycle (ridden), ballplayer, groom.
WITH_PERSON = {
    2_807_133, 3_120_491, 3_124_170, 3_188_531, 3_710_721, 3_770_439, 3_814_639, 4_371_430, 4_509_417, 9_835_506,
    10_148_035,
}  # fmt: skip
# Worn, held, played or ridden in some pictures and lying about in others, or no car and no plain thing either: helmets,
# sunglasses, instruments, balls of ball games, rackets, motorcycles, snowploughs, horse carts, trains ...
UNSURE = {
    2_672_831, 2_676_566, 2_769_748, 2_777_292, 2_786_058, 2_787_622, 2_834_778, 2_880_940, 2_883_205, 2_892_767,
    2_917_067, 2_992_211, 3_125_729, 3_127_747, 3_128_519, 3_131_574, 3_141_823, 3_255_030, 3_272_010, 3_314_780,
    3_372_029, 3_379_051, 3_394_916, 3_445_924, 3_467_517, 3_476_991, 3_494_278, 3_513_137, 3_535_780, 3_538_406,
    3_599_486, 3_676_483, 3_690_938, 3_720_891, 3_759_954, 3_785_016, 3_790_512, 3_791_053, 3_792_782, 3_838_899,
    3_868_242, 3_916_031, 3_942_813, 3_958_227, 4_019_541, 4_023_962, 4_039_381, 4_118_538, 4_141_076,
    4_209_133, 4_228_054, 4_252_077, 4_252_225, 4_254_680, 4_259_630, 4_317_175, 4_336_792, 4_356_056, 4_357_314,
    4_429_376, 4_468_005, 4_487_394, 4_536_866, 4_540_053, 4_591_157, 7_615_774,
}  # fmt: skip


def kind_of(tar: str, key: str) -> str | None:
    """One of `verdict.KINDS`, or None where the names do not tell. tar: the tar's name without its suffix."""
    if TARS.get(tar):
        return TARS[tar]
    number = re.match(r"n(\d{8})_", key)
    if tar not in TARS or number is None:
        return None
    synset = int(number[1])
    if synset in UNSURE:
        return None
    if synset in CARS:
        return "car"
    if synset in WITH_PERSON:
        return "person"
    return "animal" if synset < ARTIFACTS else "thing"
