"""The description and the server say the same: schemathesis asks in every way that the description allows and forbids,
and answers of every kind are held against it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis

from .running import Running, wait_until
from .sources import Sources, small

EXAMPLES = 12  # of each address; the coverage phase adds those that a schema's every word asks for
# Not that what a schema allows is always taken: a text may be no region, and bytes no picture.
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "unsupported_method",
)  # fmt: skip


def test_schemathesis_finds_no_answer_that_is_not_described(serve: Callable[..., Running], tmp_path: Path) -> None:
    running = serve(rate=10**9, request_mb=1.0, max_megapixels=1.0, body_timeout_s=5.0, url_timeout_s=1.0, disk_mb=50.0)
    command = [
        str(Path(sys.executable).parent / "schemathesis"), "--no-color", "run", running.url + "/api/openapi.json",
        "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES),
        "--seed", "1", "--generation-database", "none", "--suppress-health-check", "all", "--request-timeout", "60",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=1500)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    wait_until(lambda: running.service.engine.held == 0)


@pytest.fixture(scope="session")
def described(server: Running) -> Any:
    return schemathesis.openapi.from_dict(httpx.get(server.url + "/api/openapi.json").json())


def test_every_kind_of_answer_is_as_described(client: httpx.Client, described: Any, pictures: Sources) -> None:
    file, json = {"file": small(step=4)}, {"Accept": "application/json"}
    job = client.post("/api/jobs", files=file).json()["id"]
    wait_until(lambda: client.get(f"/api/jobs/{job}").json()["state"] == "done", 60)
    asked = [
        ("/v1.0/removebg", client.post("/v1.0/removebg", files={"image_file": file["file"]})),
        ("/v1.0/removebg", client.post("/v1.0/removebg", files={"image_file": file["file"]}, headers=json)),
        ("/v1.0/removebg", client.post("/v1.0/removebg", files={"image_file": file["file"]}, data={"format": "zip"})),
        ("/v1.0/removebg", client.post("/v1.0/removebg", data={"image_url": pictures.url + "/404"})),
        ("/v1.0/account", client.get("/v1.0/account")),
        ("/v1.0/improve", client.post("/v1.0/improve", files={"image_file": file["file"]})),
        *(("/api/cutouts", client.post("/api/cutouts", files=file, data={"format": format}))
          for format in ("png", "webp", "avif", "tiff", "psd", "ora", "exr")),
        ("/api/cutouts", client.post("/api/cutouts", files=file, headers=json)),
        ("/api/cutouts", client.post("/api/cutouts", files=file, data={"format": "bmp"})),
        *((f"/api/{name}", client.get(f"/api/{name}")) for name in ("models", "presets", "effects", "jobs")),
        ("/api/jobs", client.post("/api/jobs", files=file)),
        ("/api/jobs/{identity}", client.get(f"/api/jobs/{job}")),
        ("/api/jobs/{identity}", client.get("/api/jobs/none")),
        ("/api/jobs/{identity}/events", client.get(f"/api/jobs/{job}/events")),
        ("/api/jobs/{identity}/results/{n}", client.get(f"/api/jobs/{job}/results/0")),
        ("/api/jobs/{identity}", client.delete(f"/api/jobs/{job}")),
        *((f"/{name}", client.get(f"/{name}")) for name in ("health", "ready", "metrics")),
    ]  # fmt: skip
    told = client.get("/api/openapi.json").json()["paths"]
    for path, answer in asked:
        answer.request.read()  # a form is sent as it is made
        described[path][answer.request.method].validate_response(answer)
        said = told[path][answer.request.method.lower()]["responses"][f"{answer.status_code}"]
        for name in set(said.get("headers", ())) - {"X-Matteo-Kind", "X-Matteo-Confidence"}:  # not of every picture
            assert name in answer.headers, (path, answer.status_code, name)


def test_how_a_key_is_sent_is_described(client: httpx.Client) -> None:
    told = client.get("/api/openapi.json").json()
    assert told["components"]["securitySchemes"]["key"]["name"] == "X-Api-Key"
    assert told["security"] == [{}, {"key": []}, {"bearer": []}]
