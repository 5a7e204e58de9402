"""What docs/server.md says to type is typed, before a real server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage

from tests.pictures import ASTRONAUT, save
from tests.video.clips import make_film

from .running import Running

TEXT = (Path(__file__).parents[2] / "docs" / "server.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```\n(.*?)```", TEXT, flags=re.DOTALL)
HERE = "http://localhost:7000"
CURL = 'set -e; curl() { command curl --fail --silent --show-error "$@"; }; '


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with the files that the page speaks of."""
    for name in ("photo.jpg", "a.jpg", "b.jpg"):
        shutil.copy(ASTRONAUT, tmp_path / name)
    save(np.full((60, 90, 3), (240, 220, 160), np.uint8), tmp_path / "beach.jpg")
    make_film(tmp_path / "talk.mp4", frames=6)
    return tmp_path


def test_every_request_is_answered(server: Running, desk: Path) -> None:
    lines = [line for block in BLOCKS for line in block.splitlines() if line.startswith("curl ")]
    assert len(lines) >= 9
    job = ""
    for line in lines:
        command = CURL + line.replace(HERE, server.url).replace("/ID", f"/{job}")
        done = subprocess.run(["bash", "-c", command], cwd=desk, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        if line.split("#")[0].rstrip().endswith("/api/jobs"):
            job = json.loads(done.stdout)["id"]
        elif "/events" in line:
            assert "event: done" in done.stdout
    assert job
    made = {}
    for name in re.findall(r"-o (\S+)", "\n".join(lines)):
        with PilImage.open(desk / name) as image:
            made[name] = image.format
    assert made == {
        "cut.png": "PNG", "shop.jpg": "JPEG", "alpha.png": "PNG", "there.png": "PNG", "cut.webp": "WEBP",
    }  # fmt: skip


def test_the_python_runs(server: Running, desk: Path) -> None:
    (code,) = [block for block in BLOCKS if block.startswith("from matteo.client import")]
    code = code.replace(HERE, server.url).replace(', key="KEY"', "")  # none is needed here
    done = subprocess.run([sys.executable, "-c", code], cwd=desk, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (desk / "white.jpg").exists()
    assert (desk / "talk.cutout.mp4").stat().st_size > 1000
