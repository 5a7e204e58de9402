"""Telling an address that a job is over: a signed POST, again and again until it is taken, but not for ever.

The address is under the same guard as those that pictures are fetched from.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

from matteo.server.fetch import Bounds, FetchError, post

AGAIN_S = (10.0, 60.0, 600.0, 3600.0)  # after the first try, the second, …
TIME_S = 10.0


def signature(secret: str, stamp: int, body: bytes) -> str:
    """As X-Matteo-Signature bears it: "t=<seconds since 1970>,v1=<hex>", HMAC-SHA256 of "<t>.<body>"."""
    told = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={told}"


def deliver(url: str, secret: str, job: dict[str, Any], bounds: Bounds) -> bool:
    """Whether it was taken (any 2xx). Blocks."""
    body, stamp = json.dumps(job).encode(), int(time.time())
    headers = {
        "Content-Type": "application/json", "X-Matteo-Event": f"job.{job['state']}", "X-Matteo-Delivery": job["id"],
        "X-Matteo-Signature": signature(secret, stamp, body),
    }  # fmt: skip
    try:
        return 200 <= post(url, body, headers, bounds) < 300
    except FetchError:
        return False
