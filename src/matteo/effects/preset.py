"""Looks by name: those that come with matteo, one TOML file each in `presets/`, and the user's own."""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from matteo.effects.entry import nearest
from matteo.effects.look import Look, steps
from matteo.errors import OutputError, OutputExists, UsageError
from matteo.picture.cutout import Effect

SHIPPED = Path(__file__).parent / "presets"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
_KEYS = [field.name for field in fields(Look)]


@dataclass(frozen=True)
class Preset:
    """A look with its name.

    help: one line. rule: of whom it is to satisfy: what it `says` in our words, `source` (the page that has it),
    `first_hand` (whether that page was read, or others report it) and `date`; None for a style.
    """

    name: str
    look: Look
    help: str = ""
    rule: Mapping[str, str] | None = None


def preset(name: str, folder: Path | None = None) -> tuple[Effect, ...]:
    """The effects of a preset, for `cutout.apply(*preset("amazon"))`. folder: where one's own looks lie."""
    found = steps(find(name, folder).look)
    return found.effects if found.finish is None else (*found.effects, found.finish)


def names(folder: Path | None = None) -> list[str]:
    """Every name there is, those of matteo first."""
    own = sorted(path.stem for path in folder.glob("*.toml")) if folder and folder.is_dir() else []
    return [*sorted(path.stem for path in SHIPPED.glob("*.toml")), *own]


def find(name: str, folder: Path | None = None) -> Preset:
    """The preset of a name, from `presets/` or from the folder of one's own. UsageError names the nearest one."""
    for place in (SHIPPED, folder):
        path = place / f"{name}.toml" if place and _NAME.fullmatch(name) else None
        if path and path.is_file():
            return read(path)
    raise UsageError(f"{name!r} is no preset; {nearest(name, names(folder))}")


def read(path: Path) -> Preset:
    """A preset's file. UsageError where it is damaged or says what no look knows."""
    try:
        text = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as TOML ({error}); mend it, or save the look again") from error
    for key in text:
        if key not in ("help", "rule", "look"):
            raise UsageError(f"{path}: {key!r} is not known there; {nearest(key, ['help', 'rule', 'look'])}")
    rule = text.get("rule")
    return Preset(path.stem, _look(text.get("look", {}), path), str(text.get("help", "")), rule)


def _look(values: Mapping[str, object], path: Path) -> Look:
    said: dict[str, object] = {}
    for key, value in values.items():
        if key not in _KEYS:
            raise UsageError(f"{path}: look.{key} is not known; {nearest(key, _KEYS)}")
        if key == "effect":
            if not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
                raise UsageError(f'{path}: look.effect is a list of texts, such as ["outline:12"]')
            said[key] = tuple(value)
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
            said[key] = str(value)
        else:
            raise UsageError(f"{path}: look.{key} is a text, such as 85%")
    return Look(**said)  # type: ignore[arg-type]


def save(name: str, look: Look, folder: Path, *, overwrite: bool = False) -> Path:
    """Keep a look as one's own; it is tried first. UsageError for a name that is none or matteo's and for a look that
    does nothing, OutputExists where there is one and `overwrite` is not set."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a look: use small letters, figures, - and _")
    if (SHIPPED / f"{name}.toml").is_file():
        raise UsageError(f"{name} is a preset of matteo's own; choose another name")
    if look == Look():
        raise UsageError(f"the look {name} would do nothing: say what it is to do, as --background white --fill 85%")
    steps(look)
    path = folder / f"{name}.toml"
    if path.exists() and not overwrite:
        raise OutputExists(f"the look {name} is there already; --overwrite replaces it")
    _write(path, written(look))
    return path


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); MATTEO_HOME names another folder") from error
    finally:
        part.unlink(missing_ok=True)


def remove(name: str, folder: Path) -> None:
    """Forget a look of one's own. UsageError where there is none of that name, OutputError where it cannot be
    removed."""
    path = folder / f"{name}.toml"
    if (SHIPPED / f"{name}.toml").is_file():
        raise UsageError(f"{name} comes with matteo and cannot be removed")
    if not (_NAME.fullmatch(name) and path.is_file()):
        own = [one for one in names(folder) if not (SHIPPED / f"{one}.toml").is_file()]
        raise UsageError(f"there is no look {name!r}; {nearest(name, own) if own else 'none was saved yet'}")
    try:
        path.unlink()
    except OSError as error:
        raise OutputError(f"{path}: cannot be removed ({error.strerror}); change the folder's permissions") from error


def written(look: Look) -> str:
    """A look as TOML, what it does not say left out."""
    lines = ["[look]"]
    for field in fields(look):
        value = getattr(look, field.name)
        if field.name == "effect" and value:
            lines.append(f"effect = [{', '.join(map(_quoted, value))}]")
        elif isinstance(value, str):
            lines.append(f"{field.name} = {_quoted(value)}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A basic string of TOML, whose escapes are those of JSON."""
    import json

    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
