"""What a training is: plain numbers. The code reads them and holds none of its own.

A recipe of one's own is a TOML file with any of the fields below (`[form]` for the network's), the rest as here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from matteo.errors import UsageError
from matteo.learning.checkpoint import form_of
from matteo.learning.losses import HEAD_WEIGHTS
from matteo.learning.network import FORMS, STRIDE, Form


@dataclass(frozen=True)
class Recipe:
    """train, backgrounds, validate: tars or folders under the data folder; of those to validate on, every n-th pair.

    stages: (share of the run's time, side of the picture in pixels, pictures in a batch), in order.
    encoder: factor of the learning rates in stem and stages. norms: whether batch norms go on gathering statistics.
    rehearsed: the share of a batch that is taken from other sets, so that they are not forgotten.
    patience: ends the run after so many validations without a better score; 0 never does.
    hold: the share of the run before the learning rate begins to fall, in [0, 1).
    calm: the strength of augmentation, in [0, 1], from then on.
    bf16: the arithmetic; None takes the faster of bf16 and fp32, by trying both.
    """

    form: Form = FORMS["matteo"]
    train: tuple[str, ...] = ()
    backgrounds: str = ""
    validate: tuple[tuple[str, int], ...] = ()
    stages: tuple[tuple[float, int, int], ...] = ((1.0, 320, 16),)
    longest: int = 400  # pixels of a picture's long side in memory
    muon_lr: float = 0.012
    adam_lr: float = 1.2e-3
    weight_decay: float = 0.01
    warmup_steps: int = 200
    hold: float = 0.0
    calm: float = 1.0
    ema: float = 0.999
    empty: float = 0.015  # share of pictures without a subject
    backdrops: int = 0  # made ones, beside the photographs without a subject
    head_weights: tuple[float, ...] = HEAD_WEIGHTS
    ssim: float = 0.0  # weight of the structural term
    encoder: float = 1.0
    norms: bool = True
    rehearsed: float = 0.0
    validations: int = 12  # in a run
    patience: int = 0
    bf16: bool | None = None
    seed: int = 0


ALL_OF_IT = Recipe(
    train=(
        *(f"train-duts-{i}.tar" for i in range(4)),
        "train-eg1800.tar", "train-ccp.tar", "train-pets.tar", "train-horses.tar", "train-cats.tar",
    ),
    backgrounds="backgrounds.tar",
    validate=(("val-ecssd.tar", 5), ("val-eg1800.tar", 5)),
    backdrops=80,
)  # fmt: skip

RECIPES = {
    "matteo": replace(
        ALL_OF_IT, stages=((0.25, 160, 512), (0.25, 224, 384), (0.5, 320, 256)), muon_lr=0.02, adam_lr=2e-3, hold=0.35,
        calm=0.8,
    ),
    "hints": replace(  # for a processor, from the weights of `matteo`
        ALL_OF_IT, form=FORMS["hints"], stages=((0.55, 256, 32), (0.45, 320, 20)), muon_lr=0.006, adam_lr=1e-3,
        hold=0.4,
    ),
    "matteo-small": replace(
        ALL_OF_IT, form=FORMS["matteo-small"], stages=((0.4, 128, 768), (0.6, 256, 384)), muon_lr=0.03, adam_lr=3e-3,
        hold=0.35, calm=0.8,
    ),
}  # fmt: skip


def recipe_of(name: str) -> Recipe:
    """A recipe of the table, or of a .toml file. Raises UsageError, naming what there is or what is wrong in it."""
    if name in RECIPES:
        return RECIPES[name]
    path = Path(name)
    if path.suffix != ".toml" or not path.is_file():
        raise UsageError(f"no recipe named {name!r}: there are {', '.join(RECIPES)}; or give a .toml file")
    try:
        return check(_from_toml(tomllib.loads(path.read_text(encoding="utf-8"))))
    except (TypeError, ValueError) as error:  # tomllib's own error is a ValueError
        raise UsageError(f"{path}: {error}") from error


def check(recipe: Recipe) -> Recipe:
    """The recipe itself. Raises ValueError where its stages cannot be run."""
    shares = sum(share for share, _, _ in recipe.stages)
    if abs(shares - 1) > 1e-6:
        raise ValueError(f"the shares of the stages are {shares:g} together, and must be 1")
    if not 0 <= recipe.hold < 1:
        raise ValueError(f"hold is a share of the run, from 0 to less than 1, not {recipe.hold:g}")
    if recipe.validations < 1:
        raise ValueError(f"validations are so many in a run, at least 1, not {recipe.validations}")
    if len(recipe.head_weights) != len(HEAD_WEIGHTS):
        raise ValueError(f"head_weights has one for each of {len(HEAD_WEIGHTS)} maps, not {len(recipe.head_weights)}")
    if not 0 <= recipe.calm <= 1:
        raise ValueError(f"calm is a share of the augmentation, from 0 to 1, not {recipe.calm:g}")
    for _, side, size in recipe.stages:
        if side < STRIDE or side % STRIDE or size < 1:
            raise ValueError(
                f"a stage needs a side that is a multiple of {STRIDE}, and pictures: not {side} and {size}"
            )
    return recipe


def differences(old: Recipe, new: Recipe) -> str:
    """The fields in which two recipes differ, for a person; empty where they are the same."""
    before, after = asdict(old), asdict(new)
    return ", ".join(f"{name} {before[name]} and {after[name]}" for name in before if before[name] != after[name])


def from_facts(facts: dict[str, Any]) -> Recipe:
    """A recipe from `asdict`, also where its tuples became lists on the way."""
    values = {name: _frozen(value) for name, value in facts.items()}
    if "form" in values:
        values["form"] = form_of(values["form"])
    return Recipe(**values)


def _from_toml(facts: dict[str, Any]) -> Recipe:
    known = {field.name for field in fields(Recipe)}
    if unknown := set(facts) - known:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; a recipe has {', '.join(sorted(known))}")
    if isinstance(facts.get("form"), str):
        if facts["form"] not in FORMS:
            raise ValueError(f"no form named {facts['form']!r}: there are {', '.join(FORMS)}")
        facts = facts | {"form": asdict(FORMS[facts["form"]])}
    return from_facts(facts)


def _frozen(value: Any) -> Any:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(_frozen(v) for v in value)
    return value
