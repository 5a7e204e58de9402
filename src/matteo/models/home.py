"""Where matteo keeps what it is given or fetches: `MATTEO_HOME`, or the system's usual place for such data."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def home() -> Path:
    """The user's folder for networks: MATTEO_HOME, or the system's usual place for an application's data."""
    if chosen := os.environ.get("MATTEO_HOME"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "matteo"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "matteo"
    return Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share")) / "matteo"
