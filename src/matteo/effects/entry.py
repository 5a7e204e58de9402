"""What the table of effects holds, and the one check of an effect's arguments."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import wraps
from importlib import import_module
from typing import Any, ParamSpec, TypeVar

from matteo.errors import UsageError
from matteo.picture.cutout import Effect
from matteo.picture.limits import Limits

Arguments = ParamSpec("Arguments")
Made = TypeVar("Made")


def nearest(name: str, known: Iterable[str]) -> str:
    """What to say of an unknown name: the one that is near, or all that there are."""
    names = list(known)
    near = get_close_matches(name.lower(), names, 1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"


def effect_function(function: Callable[Arguments, Made]) -> Callable[Arguments, Made]:
    """The function, whose unknown, missing and doubled arguments are a UsageError that names the nearest one."""
    signature = inspect.signature(function)

    @wraps(function)
    def made(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Made:
        unknown = [name for name in kwargs if name not in signature.parameters]
        if unknown:
            known = nearest(unknown[0], signature.parameters) if signature.parameters else "it takes nothing"
            raise UsageError(f"{function.__name__} knows no {unknown[0]!r}; {known}")
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            names = ", ".join(signature.parameters) or "nothing"
            raise UsageError(f"{function.__name__}: {error}; by name it takes {names}") from None
        return function(*args, **kwargs)

    return made


@dataclass(frozen=True)
class Parameter:
    """One argument of an effect's function.

    default: what it is where nothing is given; where it is None, None may be given.
    low, high: of a number, or of each of `count` numbers. whole: integers only. choices: of a text that is one of a
    few. share: a part of something, 1 is all of it; in a text what is beyond 1 has to be written in per cent.
    """

    default: object
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[object, ...] = ()
    count: int = 1
    whole: bool = False
    share: bool = False

    @property
    def of_text(self) -> bool:
        """Whether it is any text, or several of them, as its default tells."""
        words = self.default if isinstance(self.default, tuple) else (self.default,)
        return not self.choices and all(isinstance(word, str) for word in words)

    def check(self, name: str, value: object) -> None:
        """UsageError where the value is none that the effect can use."""
        if value is None and self.default is None:
            return
        if self.choices and value not in self.choices:
            words = [str(choice) for choice in self.choices]
            near = get_close_matches(str(value), words, 1)
            hint = f"did you mean {near[0]}?" if near else f"give {' or '.join(words)}"
            raise UsageError(f"{name} is {value!r}; {hint}")
        if self.of_text:
            self._check_text(name, value)
        if self.low is None or self.high is None:
            return
        numbers = (value,) if self.count == 1 else value
        if not isinstance(numbers, (tuple, list)) or len(numbers) != self.count:
            raise UsageError(f"{name} is {value!r}; give {self.count} numbers")
        if not all(map(self._fits, numbers)):
            kind = "whole number" if self.whole else "number"
            wanted = f"a {kind}" if self.count == 1 else f"{self.count} {kind}s, each"
            said = " x ".join(map(str, numbers)) if self.whole else ", ".join(map(str, numbers))
            raise UsageError(f"{name} is {said}; give {wanted} from {self._range()}")

    def _check_text(self, name: str, value: object) -> None:
        several = isinstance(self.default, tuple)
        words = value if several and isinstance(value, (tuple, list)) else (value,)
        if not all(isinstance(word, str) for word in words):
            raise UsageError(f"{name} is {value!r}; give {'texts' if several else 'a text'} in quotes: {self.help}")

    def _range(self) -> str:
        """As a person writes it: shares in per cent too."""
        low, high = self.low or 0, self.high or 0
        both = f" ({100 * low:g}% to {100 * high:g}%)" if self.share else ""
        return f"{low:g} to {high:g}{both}"

    def _fits(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int if self.whole else (int, float)):
            return False
        return math.isfinite(value) and (self.low or 0) <= value <= (self.high or 0)


@dataclass(frozen=True)
class Entry:
    """One effect: where its function is ("crop" is matteo.effects.crop.crop), a line of help, its parameters.

    gives: "cutout", to go on with, or "image", a whole picture. needs_source: it makes use of the original picture.
    limited: its function takes the reader's `limits`, as it reads a picture or makes a canvas of another size.
    """

    home: str
    help: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    gives: str = "cutout"
    needs_source: bool = False
    limited: bool = False

    def make(self, limits: Limits | None = None, **values: Any) -> Effect:
        """The effect with these arguments. UsageError for unknown ones and for values out of range."""
        module, _, function = self.home.partition(":")
        if limits is not None and self.limited:
            values["limits"] = limits
        effect: Effect = getattr(import_module(f"matteo.effects.{module}"), function or module)(**values)
        return effect

    def check(self, **values: object) -> None:
        for name, value in values.items():
            self.parameters[name].check(name, value)
