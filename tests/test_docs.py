"""What the documentation says is run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.help_pages import pages
from tests.keying.screens import shot
from tests.pictures import ASTRONAUT, photograph, save
from tests.video.clips import make_film

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the README speaks of, and `matteo` on the path."""
    shutil.copy(ASTRONAUT, tmp_path / "photo.jpg")
    save(np.full((60, 90, 3), (240, 220, 160), np.uint8), tmp_path / "beach.jpg")
    save(shot().rgb, tmp_path / "green.jpg", quality=92)
    (tmp_path / "photos" / "cats").mkdir(parents=True)
    save(photograph("chelsea")[::2, ::2], tmp_path / "photos" / "cats" / "chelsea.png")
    shutil.copy(ASTRONAUT, tmp_path / "photos")
    save(np.full((40, 40), 255, np.uint8), tmp_path / "mine.png")
    (tmp_path / "poster.toml").write_text(blocks("toml")[0])
    make_film(tmp_path / "talk.mp4", frames=6)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MATTEO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_every_command_of_the_readme_runs(desk: Path) -> None:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    commands = [re.sub(r"\s+# .*", "", line) for line in lines]
    assert len(commands) >= 20
    for command in commands:
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    made_of_films = ("talk.cutout.mp4", "talk.mov", "spot.mp4")
    for made in ("photo.cutout.png", "out.webp", "white.jpg", "b.png", "photo.alpha.png", "layers.psd", *made_of_films):
        assert (desk / made).stat().st_size > 1000
    assert (desk / "cut" / "cats" / "chelsea.png").exists()


def test_the_python_of_the_readme_runs(desk: Path) -> None:
    done = subprocess.run([sys.executable, "-c", blocks("python")[0]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (desk / "photo.png").exists()
    assert (desk / "there.jpg").exists()
    assert done.stdout.startswith("photo.jpg 0.")


def test_every_link_leads_somewhere() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_help_pages_are_those_of_the_commands() -> None:
    assert (ROOT / "docs" / "help.md").read_text(encoding="utf-8") == pages(), "run scripts/help"
