"""What starting costs: modules, not seconds, because the machines that run this are shared."""

import subprocess
import sys

import pytest

HEAVY = {"torch", "av", "ray", "fastapi", "cv2", "onnxruntime", "numpy", "PIL", "rich", "tifffile"}


def loaded_after(code: str) -> set[str]:
    code = f"import sys\n{code}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.splitlines()[-1].split())


def test_import_matteo_loads_nothing_heavy() -> None:
    assert not loaded_after("import matteo") & HEAVY


@pytest.mark.parametrize("arguments", [["--help"], ["remove", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = f"""
from matteo.cli.main import main
try:
    main({arguments!r})
except SystemExit as end:
    assert end.code == 0
"""
    assert not loaded_after(code) & HEAVY


def test_a_cut_out_loads_no_training_code() -> None:
    code = "import matteo, numpy\nmatteo.remove(numpy.zeros((8, 8, 3), 'uint8'))"
    assert not loaded_after(code) & {"torch", "rich", "click", "av", "fastapi"}
