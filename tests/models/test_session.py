from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matteo.errors import ModelError, ProviderUnavailable, UsageError
from matteo.models.session import PROVIDERS, Session
from matteo.models.table import DEFAULT, find
from matteo.models.weights import weights_of
from tests.models.small import mean_network, write_network


def load(path: Path, **options: Any) -> Session:
    return Session(path, find(path)[0], **options)


def test_runs_what_the_file_computes(tmp_path: Path) -> None:
    session = load(write_network(tmp_path))
    x = np.random.default_rng(0).standard_normal((1, 3, 32, 64), np.float32)
    assert np.allclose(session.run(x), 1 / (1 + np.exp(-x.mean(1, keepdims=True))), atol=1e-6)


def test_one_session_serves_many_threads() -> None:
    card, local = find(DEFAULT)
    session = Session(weights_of(card, local), card, threads=1)
    inputs = [np.random.default_rng(i).standard_normal((1, 3, 64, 96), np.float32) for i in range(8)]
    alone = [session.run(x) for x in inputs]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(session.run, inputs))
    for a, b in zip(alone, together, strict=True):
        assert (a == b).all()


def test_a_provider_that_is_not_here_is_an_error_with_the_install_line(tmp_path: Path) -> None:
    import onnxruntime

    path = write_network(tmp_path)
    missing = [name for name, (full, _) in PROVIDERS.items() if full not in onnxruntime.get_available_providers()]
    assert missing
    for name in missing:
        with pytest.raises(ProviderUnavailable, match="pip install"):
            load(path, provider=name)
    with pytest.raises(UsageError, match="choose one of cpu, cuda"):
        load(path, provider="abacus")
    with pytest.raises(UsageError, match="threads"):
        load(path, threads=0)


@pytest.mark.parametrize("data", [b"", b"no network", mean_network()[:50]])
def test_a_file_that_is_no_network(tmp_path: Path, data: bytes) -> None:
    path = write_network(tmp_path)
    path.write_bytes(data)
    with pytest.raises(ModelError, match="cannot be loaded"):
        load(path)


def test_an_input_that_the_network_does_not_take(tmp_path: Path) -> None:
    path = write_network(tmp_path)
    path.write_bytes(mean_network((1, 3, 64, 64)))
    with pytest.raises(ModelError, match=r"cannot run on an input of \(1, 3, 32, 32\)"):
        load(path).run(np.zeros((1, 3, 32, 32), np.float32))
