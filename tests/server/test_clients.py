"""remove.bg clients that others wrote, repointed and unchanged."""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import removebg.removebg as theirs
import requests
from PIL import Image as PilImage

from .running import Running
from .sources import Sources, small

NPM = "remove.bg@1.3.0"
CALLS = """
const client = require("remove.bg");
const [path, url, apiKey] = [process.argv[2], process.argv[3], "any"];
const base64img = require("fs").readFileSync(path, "base64");
const outputFile = "kept.png";
const calls = [
    () => client.removeBackgroundFromImageFile({ path, apiKey }),
    () => client.removeBackgroundFromImageFile({ path, apiKey, size: "regular", type: "auto", scale: "50%",
                                                 position: "center", crop: true, crop_margin: "10px" }),
    () => client.removeBackgroundFromImageBase64({ base64img, apiKey, size: "auto", bg_color: "red", outputFile }),
    () => client.removeBackgroundFromImageBase64({ base64img, apiKey, size: "hd", channels: "alpha",
                                                   roi: "0% 0% 100% 50%" }),
    () => client.removeBackgroundFromImageUrl({ url, apiKey, size: "auto", format: "png" }),
    () => client.removeBackgroundFromImageFile({ path, apiKey, size: "nonsense" }),
];
(async () => {
    for (const call of calls) {
        try { console.log(JSON.stringify(await call())); } catch (error) { console.log(JSON.stringify(error)); }
    }
})();
"""


@pytest.fixture
def removebg(server: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> theirs.RemoveBg:
    monkeypatch.setattr(theirs, "API_ENDPOINT", f"{server.url}/v1.0/removebg")
    monkeypatch.chdir(tmp_path)
    return theirs.RemoveBg("any key", "error.log")


def is_cut_out(path: Path) -> bool:
    alpha = np.asarray(PilImage.open(io.BytesIO(path.read_bytes())))[..., 3]
    return bool(alpha[50, 112] == 255 and alpha[20, 60] == 0)


def test_pypi_removebg_from_a_file(removebg: theirs.RemoveBg, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(small())
    removebg.remove_background_from_img_file("a.jpg")
    assert is_cut_out(tmp_path / "a.jpg_no_bg.png")
    removebg.remove_background_from_img_file("a.jpg", size="4k", bg_color="00ff00")
    with PilImage.open(tmp_path / "a.jpg_no_bg.png") as image:
        assert image.format == "JPEG"


def test_pypi_removebg_from_an_address(removebg: theirs.RemoveBg, pictures: Sources, tmp_path: Path) -> None:
    removebg.remove_background_from_img_url(pictures.url + "/picture.jpg", size="hd")
    assert is_cut_out(tmp_path / "no-bg.png")


def test_pypi_removebg_from_base64(removebg: theirs.RemoveBg, tmp_path: Path) -> None:
    removebg.remove_background_from_base64_img(base64.b64encode(small()))
    assert is_cut_out(tmp_path / "no-bg.png")


def test_pypi_removebg_is_told_of_an_error(removebg: theirs.RemoveBg) -> None:
    with pytest.raises(requests.HTTPError, match="400"):
        removebg.remove_background_from_base64_img("no base64!")


@pytest.fixture(scope="session")
def modules(request: pytest.FixtureRequest) -> Path:
    """The client of npm with what it needs, kept between runs."""
    kept = Path(str(request.config.cache.mkdir("npm"))) / NPM.replace("@", "-")
    if not (kept / "whole").exists():
        npm = shutil.which("npm")
        assert npm, "this test needs npm: apt-get install npm"
        shutil.rmtree(kept, ignore_errors=True)
        command = [
            npm,
            "install",
            "--silent",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefix",
            str(kept),
            NPM,
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        (kept / "whole").touch()
    return kept / "node_modules"


def test_npm_remove_bg_makes_all_its_calls(server: Running, pictures: Sources, modules: Path, tmp_path: Path) -> None:
    """As it is but for the address: it wants JSON, and passes on what the headers say."""
    shutil.copytree(modules, tmp_path / "node_modules")
    client = tmp_path / "node_modules" / "remove.bg" / "dist" / "index.js"
    text = client.read_text(encoding="utf-8")
    assert "https://api.remove.bg" in text
    client.write_text(text.replace("https://api.remove.bg", server.url), encoding="utf-8")
    (tmp_path / "calls.js").write_text(CALLS)
    (tmp_path / "a.jpg").write_bytes(small())
    done = subprocess.run(
        ["node", "calls.js", "a.jpg", pictures.url + "/picture.jpg"], cwd=tmp_path, check=True, capture_output=True,
        text=True, timeout=300,
    )  # fmt: skip
    *answers, error = [json.loads(line) for line in done.stdout.splitlines()]
    images = [image_of(answer) for answer in answers]
    assert [(image.format, image.mode) for image in images] == [
        ("PNG", "RGBA"), ("PNG", "RGBA"), ("JPEG", "RGB"), ("PNG", "L"), ("PNG", "RGBA"),
    ]  # fmt: skip
    assert np.asarray(images[3])[128:].max() == 0  # outside the region
    assert np.asarray(images[4])[50, 112, 3] == 255
    assert (tmp_path / "kept.png").read_bytes() == base64.b64decode(answers[2]["base64img"])
    assert error[0]["code"] == "invalid_size"


def image_of(answer: dict[str, Any]) -> PilImage.Image:
    """The picture in an answer, as large as the answer says."""
    assert "base64img" in answer, answer
    image = PilImage.open(io.BytesIO(base64.b64decode(answer["base64img"])))
    assert image.size == (int(answer["resultWidth"]), int(answer["resultHeight"]))
    assert answer["detectedType"] in ("person", "product", "animal", "car", "other")
    assert float(answer["creditsCharged"]) in (0.25, 1)
    for name in ("rateLimit", "rateLimitRemaining", "rateLimitReset"):
        assert int(answer[name]) > 0
    return image
