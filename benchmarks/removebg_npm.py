"""The npm client `remove.bg`, as it is but for the address, against a server of this house.

    npm install --prefix DIR remove.bg@1.3.0 && python benchmarks/removebg_npm.py --modules DIR/node_modules

It calls with a file, with base64 and with nonsense, and looks at what comes back. Needs node.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image as PilImage
from server import served

PICTURE = Path(__file__).parent.parent / "examples" / "astronaut.jpg"
CALLS = """
const { removeBackgroundFromImageFile: file, removeBackgroundFromImageBase64: base64 } = require("remove.bg");
const [path, apiKey] = [process.argv[2], "any"];
const base64img = require("fs").readFileSync(path, "base64");
const calls = [
    () => file({ path, apiKey }),
    () => file({ path, apiKey, size: "regular", type: "auto", scale: "50%", position: "center", crop: true }),
    () => base64({ base64img, apiKey, size: "auto", bg_color: "red" }),
    () => base64({ base64img, apiKey, size: "hd", channels: "alpha", roi: "0% 0% 100% 50%" }),
    () => file({ path, apiKey, size: "nonsense" }),
];
(async () => {
    for (const call of calls) {
        try { console.log(JSON.stringify(await call())); } catch (error) { console.log(JSON.stringify(error)); }
    }
})();
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--modules", type=Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, served() as (url, _):
        shutil.copytree(options.modules, Path(folder) / "node_modules")
        client = Path(folder) / "node_modules" / "remove.bg" / "dist" / "index.js"
        client.write_text(client.read_text().replace("https://api.remove.bg", url))
        (Path(folder) / "calls.js").write_text(CALLS)
        command = ["node", "calls.js", str(PICTURE)]
        done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    *answers, error = [json.loads(line) for line in done.stdout.splitlines()]
    for answer in answers:
        check(answer)
    assert error[0]["code"] == "invalid_size", error
    print(f"{len(answers)} calls succeeded and one was refused as it should be")


def check(answer: dict[str, str]) -> None:
    import base64

    image = PilImage.open(io.BytesIO(base64.b64decode(answer["base64img"])))
    assert image.size == (int(answer["resultWidth"]), int(answer["resultHeight"])), answer
    assert answer["detectedType"]
    assert int(answer["rateLimit"]) > 0
    print(f"{image.format} {image.mode} {image.size}, {answer['creditsCharged']} credits, {answer['detectedType']}")


if __name__ == "__main__":
    main()
