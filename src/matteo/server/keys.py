"""Keys to the service: made once, shown once, kept only as hashes, compared in constant time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from matteo.errors import OutputError, UsageError
from matteo.models.lock import alone
from matteo.picture.write import publish

PREFIX = "mtt"
_NOBODY = "0" * 64, "0" * 32  # a hash and a salt that no key has: an unknown key takes as long as a wrong one


@dataclass(frozen=True)
class Key:
    """What is kept of a key. rate: megapixels a minute; None: the server's. made: when, in seconds since 1970."""

    id: str
    name: str
    salt: str
    hash: str
    made: int
    rate: int | None = None


class Keys:
    """The keys of a folder. A change by another process is seen at the next question."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "keys.json"
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._keys: dict[str, Key] = {}

    def all(self) -> list[Key]:
        """Every key, oldest first. UsageError where the file is damaged."""
        with self._lock:
            stamp = self._stamp()
            if stamp != self._seen:
                self._keys, self._seen = self._read(), stamp
            return sorted(self._keys.values(), key=lambda key: key.made)

    def find(self, given: str) -> Key | None:
        """The key that was made as this text, or None. Takes equally long for every wrong one."""
        identity = given.split("_")[1] if given.count("_") == 2 else ""
        found = next((key for key in self.all() if key.id == identity), None)
        wanted, salt = (found.hash, found.salt) if found else _NOBODY
        right = hmac.compare_digest(_hash(given, salt), wanted)
        return found if right else None

    def add(self, name: str, rate: int | None = None) -> tuple[Key, str]:
        """A new key and its text, which is nowhere kept. UsageError for a name that is empty or taken."""
        if not name.strip() or len(name) > 64 or not name.isprintable():
            raise UsageError(f"{name!r} is no name for a key; give 1 to 64 letters, such as the name of who uses it")
        identity, salt = secrets.token_hex(4), secrets.token_hex(16)
        text = f"{PREFIX}_{identity}_{base64.b32encode(secrets.token_bytes(20)).decode().lower()}"
        key = Key(identity, name, salt, _hash(text, salt), int(time.time()), rate)
        with alone(self.path.with_suffix(".lock")):
            there = self.all()
            if any(one.name == name for one in there):
                raise UsageError(f"a key is named {name} already; choose another name or revoke that one")
            self._write([*there, key])
        return key, text

    def revoke(self, name: str) -> Key:
        """Forget a key, by its name or id. UsageError where there is none."""
        with alone(self.path.with_suffix(".lock")):
            there = self.all()
            found = next((key for key in there if name in (key.name, key.id)), None)
            if found is None:
                known = ", ".join(key.name for key in there) or "none yet"
                raise UsageError(f"there is no key {name!r}: there are {known}")
            self._write([key for key in there if key != found])
        return found

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            told = os.stat(self.path)
        except OSError:
            return None
        return told.st_mtime_ns, told.st_size, told.st_ino

    def _read(self) -> dict[str, Key]:
        try:
            return {one["id"]: Key(**one) for one in json.loads(self.path.read_text(encoding="utf-8"))}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise UsageError(
                f"{self.path}: cannot be read ({error}); mend it, or delete it and make new keys"
            ) from error

    def _write(self, keys: list[Key]) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.path.parent}: cannot be made ({error.strerror}); set MATTEO_DATA") from error
        publish(json.dumps([asdict(key) for key in keys], indent=1).encode(), self.path, overwrite=True)
        os.chmod(self.path, 0o600)


def _hash(text: str, salt: str) -> str:
    """Salted BLAKE2b. A key is 160 random bits, so nothing slower is needed to keep it from being guessed."""
    return hashlib.blake2b(text.encode(errors="replace"), salt=bytes.fromhex(salt)[:16], digest_size=32).hexdigest()
