"""What the table of effects holds, and the one check of an effect's arguments."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from matteo.errors import UsageError
from matteo.picture.cutout import Effect


@dataclass(frozen=True)
class Parameter:
    """One argument of an effect's function.

    default: what it is where nothing is given; where it is None, None may be given.
    low, high: of a number, or of each of `count` numbers. whole: integers only. choices: of a text that is one of a
    few.
    """

    default: object
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[object, ...] = ()
    count: int = 1
    whole: bool = False

    def check(self, name: str, value: object) -> None:
        """UsageError where the value is none that the effect can use."""
        if value is None and self.default is None:
            return
        if self.choices and value not in self.choices:
            raise UsageError(f"{name} is {value!r}; give {' or '.join(map(str, self.choices))}")
        if self.low is None or self.high is None:
            return
        numbers = (value,) if self.count == 1 else value
        if not isinstance(numbers, (tuple, list)) or len(numbers) != self.count:
            raise UsageError(f"{name} is {value!r}; give {self.count} numbers")
        if not all(map(self._fits, numbers)):
            kind = "whole number" if self.whole else "number"
            wanted = f"a {kind}" if self.count == 1 else f"{self.count} {kind}s, each"
            raise UsageError(f"{name} is {value!r}; give {wanted} from {self.low:g} to {self.high:g}")

    def _fits(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int if self.whole else (int, float)):
            return False
        return math.isfinite(value) and (self.low or 0) <= value <= (self.high or 0)


@dataclass(frozen=True)
class Entry:
    """One effect: where its function is ("crop" is matteo.effects.crop.crop), a line of help, its parameters.

    gives: "cutout", to go on with, or "image", a whole picture. needs_source: it makes use of the original picture.
    """

    home: str
    help: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    gives: str = "cutout"
    needs_source: bool = False

    def make(self, **values: Any) -> Effect:
        """The effect with these arguments. UsageError for unknown ones and for values out of range."""
        module, _, function = self.home.partition(":")
        unknown = sorted(set(values) - set(self.parameters))
        if unknown:
            known = ", ".join(self.parameters) or "nothing"
            raise UsageError(f"{function or module} knows no {unknown[0]!r}; it takes {known}")
        effect: Effect = getattr(import_module(f"matteo.effects.{module}"), function or module)(**values)
        return effect

    def check(self, **values: object) -> None:
        for name, value in values.items():
            self.parameters[name].check(name, value)
