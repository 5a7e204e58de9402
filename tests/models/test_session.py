from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matteo.errors import ModelError, ProviderUnavailable, UsageError
from matteo.models.session import PROVIDERS, Outputs, Session
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


def test_a_network_without_verdicts_gives_alpha_alone(tmp_path: Path) -> None:
    session = load(write_network(tmp_path))
    x = np.random.default_rng(0).standard_normal((1, 3, 32, 64), np.float32)
    outputs = session.look(x)
    assert (outputs.alpha == session.run(x)).all()
    assert outputs.kind_of(session.card) is None
    assert outputs.quality_of() is None


def test_a_card_that_states_an_output_the_file_lacks(tmp_path: Path) -> None:
    path = write_network(tmp_path, verdicts=["quality"])
    with pytest.raises(ModelError, match="has no output quality"):
        load(path)


def test_verdicts_of_a_picture(tmp_path: Path) -> None:
    path = write_network(tmp_path)
    card = replace(find(path)[0], kinds=("person", "thing"))
    alpha = np.zeros((2, 1, 4, 4), np.float32)
    outputs = Outputs(alpha, np.array([[0.1, 0.9], [0.8, 0.2]], np.float32), np.array([0.7, np.nan], np.float32))
    assert [outputs.kind_of(card, picture) for picture in (0, 1)] == ["thing", "person"]
    assert outputs.quality_of(0) == pytest.approx(0.7)
    assert outputs.quality_of(1) == 0  # what is no number must not pass for trust
