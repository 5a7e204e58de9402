"""Where a network is from and on which terms: what its card says of that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from matteo.learning.recipes import RECIPES, Recipe

BY = "trained by matteo's own code (matteo.learning)"
LICENCE = (
    "The weights were learned from photographs that were published for research, most of them without an open licence "
    "(DUTS-TR: photos from ImageNet; eg1800: photos from Flickr; Oxford-IIIT pets: for research purposes; Weizmann "
    "horses: none stated; Clothing Co-Parsing and the cats: Apache-2.0 on their repositories). Whether a network "
    "learned from such photographs may be used commercially is not settled; this project claims no more for them than "
    "that. matteo's code is MIT."
)
OWN_LICENCE = "not stated; the terms of the pictures it learned from decide"
TRAINED_ON = ("DUTS-TR", "eg1800 train", "Clothing Co-Parsing", "Oxford-IIIT pets (part)", "Weizmann horses", "cats")


@dataclass(frozen=True)
class Origin:
    """licence: of the weights, in plain words. provenance: who trained it, and how. trained_on: a line for each set."""

    licence: str
    provenance: str
    trained_on: tuple[str, ...]


HOW = "recipe matteo, seed 0, on a GPU and two processor cores; docs/training-log.md tells how"
SHIPPED = Origin(LICENCE, f"{BY}, {HOW}", TRAINED_ON)


def origin_of(name: str, recipe: Recipe, start: Path | None = None) -> Origin:
    """Of a network that a recipe made. name: as `recipe_of` takes it. start: the weights that it began with.

    What the start had learned from counts too; of weights that are not a recipe's of matteo a line says whose they are.
    """
    if name in RECIPES:
        made = Origin(LICENCE, f"{BY} by its recipe {name}", TRAINED_ON)
    else:
        backgrounds = (f"{recipe.backgrounds} (backgrounds)",) if recipe.backgrounds else ()
        made = Origin(OWN_LICENCE, f"{BY} by the recipe {Path(name).name}", (*recipe.train, *backgrounds))
    if start is None:
        return made
    before = TRAINED_ON if start.stem in RECIPES else (f"what {start.name} was trained on",)
    lines = tuple(dict.fromkeys((*before, *made.trained_on)))
    return replace(made, provenance=f"{made.provenance}, begun with {start.name}", trained_on=lines)
