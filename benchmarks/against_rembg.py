"""matteo beside rembg 2.0.86: the same network at the same input size in both, so only the work around it differs.

    python benchmarks/against_rembg.py --matteo ENV --rembg ENV [--rows cold,warm,...] [--folder-size 200]

ENV are virtual environments: `pip install .` in one, `pip install "rembg[cpu,cli]==2.0.86"` in the other. Runs
alternate between the two; medians and their ratio are printed. rembg runs matteo's network through its u2net_custom
session, after a first run that warms its caches.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pictures import NAMES, write_jpeg

WEIGHTS = Path(__file__).parent.parent / "src/matteo/models/weights/matteo.onnx"

OURS_WARM = """
import json, sys, time
import matteo
path, runs = sys.argv[1], int(sys.argv[2])
data = open(path, "rb").read()
remover = matteo.Remover()
out = []
for _ in range(runs + 1):
    start = time.perf_counter()
    cutout = remover.remove(data)
    png = cutout.encode("png")
    total = time.perf_counter() - start
    start = time.perf_counter(); matteo.read(data); decode = time.perf_counter() - start
    start = time.perf_counter(); cutout.encode("png"); encode = time.perf_counter() - start
    out.append({"total": total, "decode": decode, "encode": encode, "bytes": len(png), **cutout.seconds})
print(json.dumps(out[1:]))
"""
THEIRS_WARM = """
import json, sys, time
from rembg import new_session, remove
path, runs, weights = sys.argv[1], int(sys.argv[2]), sys.argv[3]
data = open(path, "rb").read()
session = new_session("u2net_custom", model_path=weights)
out = []
for _ in range(runs + 1):
    start = time.perf_counter()
    png = remove(data, session=session)
    out.append({"total": time.perf_counter() - start, "bytes": len(png)})
print(json.dumps(out[1:]))
"""
OURS_PEAK = "import sys, matteo; matteo.remove(sys.argv[1]).save(sys.argv[2])"
THEIRS_PEAK = """
import sys
from rembg import new_session, remove
session = new_session("u2net_custom", model_path=sys.argv[3])
open(sys.argv[2], "wb").write(remove(open(sys.argv[1], "rb").read(), session=session))
"""


class Bench:
    def __init__(self, ours: Path, theirs: Path, work: Path, folder_size: int) -> None:
        self.ours, self.theirs, self.work, self.folder_size = ours / "bin", theirs / "bin", work, folder_size
        home = work / "rembg-home"  # rembg takes custom networks from its models folder only
        home.mkdir(parents=True, exist_ok=True)
        self.weights = Path(shutil.copy(WEIGHTS, home))
        self.env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"U2NET_HOME": str(home)}

    def run(self, *command: object) -> str:
        done = subprocess.run([str(c) for c in command], env=self.env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(map(str, command))[:200]}\n{done.stderr[-2000:]}")
        return done.stdout

    def timed(self, *command: object) -> float:
        start = time.perf_counter()
        self.run(*command)
        return time.perf_counter() - start

    def peak_mib(self, *command: object) -> float:
        """Largest resident memory of the process, by the system's own count."""
        pid = os.posix_spawn(str(command[0]), [str(c) for c in command], self.env)
        _, status, usage = os.wait4(pid, 0)
        if status:
            raise SystemExit(f"{command[0]} ended with {status}")
        return usage.ru_maxrss / 1024

    def cold(self) -> None:
        picture = write_jpeg(self.work / "1.5mp.jpg", "astronaut", 1.5)
        out = self.work / "cold.png"
        ours = [self.ours / "matteo", picture, "-o", out, "--overwrite"]
        theirs = [
            self.theirs / "rembg",
            "i",
            "-m",
            "u2net_custom",
            "-x",
            json.dumps({"model_path": str(self.weights)}),
            picture,
            out,
        ]
        pairs = alternate(lambda: self.timed(*ours), lambda: self.timed(*theirs), runs=7)
        row("cold start to written file, 1.5 MP", *pairs, "s", bar=1 / 3)

    def warm(self) -> None:
        ours, theirs, around, sizes = [], [], [], []
        for name in NAMES[:3]:
            picture = write_jpeg(self.work / f"12mp-{name}.jpg", name, 12)
            mine = json.loads(self.run(self.ours / "python", "-c", OURS_WARM, picture, 5))
            other = json.loads(self.run(self.theirs / "python", "-c", THEIRS_WARM, picture, 3, self.weights))
            ours += [r["total"] for r in mine]
            theirs += [r["total"] for r in other]
            around += [(r["total"] - r["network"]) / (r["decode"] + r["encode"]) for r in mine]
            sizes.append(mine[0]["bytes"] / other[0]["bytes"])
            stages = {k: f"{statistics.median(r[k] for r in mine) * 1000:.0f} ms" for k in mine[0] if k != "bytes"}
            print(f"  {name}: {stages}")
        row("warm, 12 MP, decode to encoded PNG", ours, theirs, "s", bar=1 / 2)
        print(f"| outside the network / (decode + encode) alone | {statistics.median(around):.2f} | - | - | 1.5 |")
        print(f"| PNG bytes against rembg's, worst of {len(sizes)} | {max(sizes):.2f} | 1 | {max(sizes):.2f} | 1.15 |")

    def memory(self) -> None:
        out = self.work / "peak.png"
        for megapixels in (12, 100):
            picture = write_jpeg(self.work / f"{megapixels}mp-astronaut.jpg", "astronaut", megapixels)

            def clean(code: str, python: Path, *more: object, picture: Path = picture) -> Callable[[], float]:
                def measure() -> float:
                    out.unlink(missing_ok=True)
                    return self.peak_mib(python / "python", "-c", code, picture, out, *more)

                return measure

            runs = 3 if megapixels == 12 else 1
            pair = alternate(clean(OURS_PEAK, self.ours), clean(THEIRS_PEAK, self.theirs, self.weights), runs)
            row(f"peak memory, {megapixels} MP", *pair, "MiB", bar=1 if megapixels == 12 else None)

    def start(self) -> None:
        for what, code in (
            ("import matteo", "import matteo"),
            ("matteo --help", "from matteo.cli.main import main; main(['--help'])"),
        ):
            times = []
            for _ in range(9):
                before = os.times()
                self.run(self.ours / "python", "-c", code)
                after = os.times()
                times.append(
                    after.children_user + after.children_system - before.children_user - before.children_system
                )
            target = 0.1 if "import" in what else 0.25
            print(f"| {what}, processor time | {statistics.median(times):.3f} s | - | - | {target} s |")

    def size(self) -> None:
        def mib(env: Path) -> float:
            packages = next((env.parent / "lib").glob("python3*/site-packages"))
            skipped = ("pip", "setuptools")
            files = (
                f
                for f in packages.rglob("*")
                if f.is_file() and not f.relative_to(packages).parts[0].startswith(skipped)
            )
            return sum(f.lstat().st_size for f in files) / 2**20

        row("environment without pip and setuptools", [mib(self.ours)], [mib(self.theirs)], "MiB", bar=None)

    def folder(self) -> None:
        source = self.work / "folder"
        for i in range(self.folder_size):
            write_jpeg(source / f"{i % 7}" / f"{i:04}.jpg", NAMES[i % len(NAMES)], (0.5, 1.0, 1.5, 2.0)[i % 4], seed=i)
        flat = self.work / "flat"  # rembg flattens folders, so it gets the same files in one
        flat.mkdir(exist_ok=True)
        for path in source.rglob("*.jpg"):
            if not (flat / path.name).exists():
                shutil.copy(path, flat)

        def ours() -> float:
            shutil.rmtree(self.work / "cut", ignore_errors=True)
            return self.folder_size / self.timed(self.ours / "matteo", source, "-o", self.work / "cut")

        def theirs() -> float:
            shutil.rmtree(self.work / "cut2", ignore_errors=True)
            extras = json.dumps({"model_path": str(self.weights)})
            return self.folder_size / self.timed(
                self.theirs / "rembg", "p", "-m", "u2net_custom", "-x", extras, flat, self.work / "cut2"
            )

        row(f"a folder of {self.folder_size}", *alternate(ours, theirs, runs=2, warm=False), "pictures/s", bar=1.6)


def alternate(
    ours: Callable[[], float], theirs: Callable[[], float], runs: int, warm: bool = True
) -> tuple[list[float], list[float]]:
    if warm:
        ours(), theirs()
    pairs = [(ours(), theirs()) for _ in range(runs)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def row(what: str, ours: list[float], theirs: list[float], unit: str, bar: float | None) -> None:
    a, b = statistics.median(ours), statistics.median(theirs)
    print(
        f"| {what} | {a:.3g} {unit} | {b:.3g} {unit} | {a / b:.2f} | {'' if bar is None else f'{bar:.2f}'} |",
        flush=True,
    )


def main() -> None:
    rows = ("cold", "warm", "memory", "start", "size", "folder")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--matteo", type=Path, required=True)
    parser.add_argument("--rembg", type=Path, required=True)
    parser.add_argument("--rows", default=",".join(rows))
    parser.add_argument("--work", type=Path, help="keep the pictures here instead of a temporary folder")
    parser.add_argument("--folder-size", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench(options.matteo, options.rembg, options.work or Path(temporary), options.folder_size)
        print("| what | matteo | rembg | ratio | bar |\n|---|---|---|---|---|")
        for name in options.rows.split(","):
            getattr(bench, name)()


if __name__ == "__main__":
    main()
