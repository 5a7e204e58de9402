"""Links to results that need no key, and end: the job, the item and the time, signed."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from pathlib import Path

from matteo.models.lock import alone
from matteo.picture.write import publish


def secret_of(folder: Path) -> bytes:
    """The folder's secret, made where there is none, the same for all processes."""
    path = folder / "secret"
    with alone(folder / "secret.lock"):
        if not path.exists():
            publish(secrets.token_hex(32).encode(), path)
            path.chmod(0o600)
    return path.read_bytes()


def link(secret: bytes, job: str, n: int, expires: float) -> str:
    until = int(expires)
    return f"/api/jobs/{job}/results/{n}?expires={until}&signature={_signature(secret, job, n, until)}"


def is_valid(secret: bytes, job: str, n: int, expires: str, signature: str) -> bool:
    """Whether a link is one of ours and has not ended."""
    if not (expires.isascii() and expires.isdigit() and len(expires) <= 12 and signature.isascii()):
        return False
    return hmac.compare_digest(_signature(secret, job, n, int(expires)), signature) and int(expires) > time.time()


def _signature(secret: bytes, job: str, n: int, until: int) -> str:
    return hmac.new(secret, f"{job}/{n}/{until}".encode(), hashlib.sha256).hexdigest()[:40]
