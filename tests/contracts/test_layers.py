"""The rooms of the house: each imports from the left of it only."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import matteo

PACKAGE = Path(matteo.__file__).parent

# Each room and those it may import. A room may always import itself; what is in one line does not know its siblings.
ROOMS: dict[str, set[str]] = {"errors": set(), "memory": set()}
for line in (
    ["picture"],
    ["models", "matting", "keying", "effects"],
    ["selecting"],
    ["remover"],
    ["video"],
    ["live", "batch", "api", "client"],
    ["server"],
    ["cli"],
):
    before = set(ROOMS)
    ROOMS |= dict.fromkeys(line, before)
ROOMS["learning"] = {"errors", "picture", "models", "matting", "selecting", "remover", "video"}
ROOMS["__init__"] = set(ROOMS)
ROOMS["__main__"] = {"cli"}
INSIDE_FUNCTIONS = {"cli": {"learning"}}  # reached by an import inside the command

FILES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names.add(node.module or "")
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    parts = [name.split(".") for name in names if name.startswith("matteo.")]
    return {part[1] for part in parts}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_from_the_left(path: Path) -> None:
    room = room_of(path)
    allowed = ROOMS[room] | {room} | INSIDE_FUNCTIONS.get(room, set())
    assert imported_rooms(path) <= allowed


def test_the_test_would_see_a_wrong_import(tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    path.write_text("def f():\n    from matteo.cli.main import main\n")
    assert imported_rooms(path) == {"cli"}
    assert not imported_rooms(path) <= ROOMS["picture"]
