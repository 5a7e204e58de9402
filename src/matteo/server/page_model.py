"""/page-model: the networks that ship, for the page to run in the browser, and whether it can."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from matteo.models.table import SHIPPED
from matteo.server.answers import as_json
from matteo.server.page_runtime import VERSION, is_built
from matteo.server.refusal import Refusal

router = APIRouter(prefix="/page-model", include_in_schema=False)
FILES = {
    "matteo.onnx": SHIPPED / "matteo.onnx", "matteo.json": SHIPPED / "matteo.json",
    "LICENCE-WEIGHTS.md": SHIPPED / "LICENCE-WEIGHTS.md",
}  # fmt: skip


@router.get("/state")
async def state() -> Response:
    """Whether the browser's runtime is built in, its version, and the bytes that the page will load once."""
    sizes = {name: path.stat().st_size for name, path in FILES.items()}
    return as_json({"built": is_built(), "runtime": VERSION, "bytes": sizes})


@router.get("/{name}")
async def file(name: str) -> Response:
    """A network's file. 404 for any other."""
    if name not in FILES:
        raise Refusal(404, "There is no such file", "not_found")
    return FileResponse(FILES[name], media_type="application/octet-stream")
