import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
import numpy as np
from matteo.memory import give_back, keep_freed
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def held():
    return int(open("/proc/self/statm").read().split()[1])
if sys.argv[1] == "kept":
    keep_freed()
for n in range(12):
    several = [np.ones(1 << 20, np.float32) for _ in range(3)]
    if n == 2:
        first = faults()
    del several
after = held()
give_back()
print((faults() - first) // 9, after - held())
"""


def told(way: str) -> tuple[int, int]:
    run = subprocess.run([sys.executable, "-c", FAULTS, way], capture_output=True, text=True, check=True)
    faults, given_back = map(int, run.stdout.split())
    return faults, given_back


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_freed_memory_is_used_again_until_it_is_given_back() -> None:
    faults, _ = told("as it is")
    assert faults > 500  # of 3,072 pages that are taken each time
    faults, given_back = told("kept")
    assert faults < 10
    assert given_back > 2000
