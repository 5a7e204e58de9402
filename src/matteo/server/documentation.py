"""/api/docs: the API as a page, made here from its OpenAPI description; nothing is asked of another host for it."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

# Either, or none of them where the server asks for none.
SCHEMES: dict[str, Any] = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "`matteo keys add` makes one."},
    "bearer": {"type": "http", "scheme": "bearer", "description": "The same key."},
}


def describe(app: FastAPI) -> None:
    """What the routes do not say themselves: how a key is sent."""
    told = app.openapi()
    told.setdefault("components", {})["securitySchemes"] = SCHEMES
    told["security"] = [{}, *({name: []} for name in SCHEMES)]


STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
code, h3 { font-family: ui-monospace, monospace }
h3 { margin: 2.5rem 0 .3rem; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% }
td { border-top: 1px solid #8886; padding: .3rem .6rem .3rem 0; vertical-align: top; overflow-wrap: anywhere }
td:first-child { width: 30% }
"""
_STYLES = "style-src 'unsafe-inline'"  # the one above


@router.get("/api/docs")
async def documentation(request: Request) -> HTMLResponse:
    """What every address takes and gives."""
    described = request.app.openapi()
    parts = [f"<p>{escape(described['info']['description'])}</p>"]
    for path, methods in described["paths"].items():
        parts += [_operation(path, method, told) for method, told in methods.items()]
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>matteo: API</title><style>{STYLE}</style><h1>matteo: API</h1>"
        '<p>Machines read <a href="/api/openapi.json">openapi.json</a>. Where a key is needed it goes into the header '
        f"<code>X-Api-Key</code>.</p>{''.join(parts)}</html>"
    )
    policy = f"default-src 'none'; {_STYLES}; frame-ancestors 'none'; base-uri 'none'"
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})


def _operation(path: str, method: str, told: dict[str, Any]) -> str:
    fields: dict[str, Any] = {}
    content = told.get("requestBody", {}).get("content", {})
    for body in content.values():
        fields |= body["schema"].get("properties", {})
    answers = {status: one["description"] for status, one in told["responses"].items()}
    kinds = f"<p>Takes {', '.join(f'<code>{escape(kind)}</code>' for kind in content)}:</p>" if content else ""
    return (
        f"<h3>{method.upper()} {escape(path)}</h3><p>{escape(told.get('description', ''))}</p>{kinds}"
        f"{_table({name: _of_field(one) for name, one in fields.items()})}<p>Answers:</p>{_table(answers)}"
    )


def _of_field(schema: dict[str, Any]) -> str:
    parts = [schema.get("description", "")]
    if "enum" in schema:
        parts.append("One of " + ", ".join(schema["enum"]) + ".")
    if "default" in schema:
        default = schema["default"]
        parts.append(f"Default {str(default).lower() if isinstance(default, bool) else default}.")
    return " ".join(part for part in parts if part)


def _table(rows: dict[str, str]) -> str:
    lines = "".join(f"<tr><td><code>{escape(name)}</code><td>{escape(text)}" for name, text in rows.items())
    return f"<table>{lines}</table>" if rows else ""
