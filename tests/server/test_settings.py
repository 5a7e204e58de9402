"""Settings: from options, from the environment, from nothing."""

from __future__ import annotations

import pickle
from dataclasses import fields
from pathlib import Path

import pytest

from matteo.cli.main import main
from matteo.errors import UsageError
from matteo.server.run import FACTORY, config
from matteo.server.settings import Settings, as_environment, settings_from, variable


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    assert isinstance(end.value.code, int)
    return end.value.code


def test_an_option_comes_before_the_environment_and_that_before_the_default() -> None:
    environment = {"MATTEO_PORT": "9", "MATTEO_QUEUE": "3", "MATTEO_URLS": "no", "MATTEO_RATE": ""}
    found = settings_from(environment, {"port": 8, "queue": None})
    assert (found.port, found.queue, found.urls, found.rate) == (8, 3, False, 500)


def test_settings_go_to_another_process_and_come_back() -> None:
    told = Settings(port=1, urls=False, body_timeout_s=2.5, cors="", webhook_secret="s", public_without_keys=True)
    assert settings_from(as_environment(told)) == told or told.cors == ""
    kept = Settings(port=1, urls=False, body_timeout_s=2.5, cors="http://a", webhook_secret="s")
    assert settings_from(as_environment(kept)) == kept


@pytest.mark.parametrize(
    ("name", "text"),
    [("port", "x"), ("port", "-1"), ("port", "70000"), ("urls", "maybe"), ("request_mb", "nan"), ("request_mb", "0"),
     ("timeout_s", "inf"), ("keys", "some"), ("trusted_proxies", "10.0.0.0/99"), ("url_networks", "home"),
     ("log", "x"), ("jobs_url", "mysql://a/b"), ("jobs_url", "jobs.sqlite")],
)  # fmt: skip
def test_nonsense_is_named(name: str, text: str) -> None:
    with pytest.raises(UsageError, match=rf"{name}|{variable(name)}"):
        settings_from({variable(name): text})


def test_show_config_prints_every_setting_and_no_secret(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATTEO_WEBHOOK_SECRET", "very secret")
    monkeypatch.setenv("MATTEO_RATE", "77")
    assert run("serve", "--port", "7070", "--show-config") == 0
    out = capsys.readouterr().out
    lines = {line.split()[0]: line.split() for line in out.splitlines()}
    assert list(lines) == [field.name for field in fields(Settings)]
    assert lines["port"] == ["port", "7070", "MATTEO_PORT", "option"]
    assert lines["rate"] == ["rate", "77", "MATTEO_RATE", "environment"]
    assert lines["queue"][-1] == "default"
    assert "very secret" not in out


@pytest.mark.parametrize(
    ("url", "shown"),
    [("postgresql://matteo:very%20secret@db:5432/jobs?sslmode=require",
      "postgresql://matteo:***@db:5432/jobs?sslmode=require"),
     ("postgres://db/jobs?user=a&password=very-secret&application_name=m",
      "postgres://db/jobs?user=a&password=***&application_name=m"),
     ("postgresql:///jobs", "postgresql:///jobs"), ("postgresql://matteo@db/jobs", "postgresql://matteo@db/jobs")],
)  # fmt: skip
def test_where_jobs_lie_is_shown_without_its_password(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, url: str, shown: str
) -> None:
    monkeypatch.setenv("MATTEO_JOBS_URL", url)
    assert run("serve", "--show-config") == 0
    line = next(one for one in capsys.readouterr().out.splitlines() if one.startswith("jobs_url"))
    assert line.split() == ["jobs_url", shown, "MATTEO_JOBS_URL", "environment"]


def test_what_several_processes_are_given_can_be_given() -> None:
    """uvicorn starts them anew, and hands its configuration over."""
    told = pickle.loads(pickle.dumps(config(Settings(workers=2, body_timeout_s=7.5))))
    assert (told.app, told.workers, told.patience_s) == (FACTORY, 2, 7.5)
    assert isinstance(told.http, type)


def test_serve_refuses_the_world_without_keys(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run("serve", "--host", "0.0.0.0", "--data", str(tmp_path)) == 2
    assert "matteo keys add" in capsys.readouterr().err


def test_serve_refuses_jobs_that_it_cannot_keep(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    url = "postgresql://a:very-secret@127.0.0.1:9/b"
    assert run("serve", "--jobs-url", url, "--data", str(tmp_path)) == 1
    said = capsys.readouterr().err
    assert "start PostgreSQL, or set MATTEO_JOBS_URL" in said
    assert "very-secret" not in said


def test_keys_on_the_command_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MATTEO_DATA", str(tmp_path))
    assert run("keys", "add", "shop", "--rate", "9") == 0
    text = capsys.readouterr().out.strip()
    assert text.startswith("mtt_")
    assert run("keys", "list") == 0
    listed = capsys.readouterr().out
    assert "shop" in listed
    assert "9 megapixels" in listed
    assert text not in listed
    assert run("keys", "list", "--data", str(tmp_path / "other")) == 0
    assert capsys.readouterr().out == ""
    assert run("keys", "revoke", "shop") == 0
    assert run("keys", "revoke", "shop") == 2
    capsys.readouterr()
    assert run("keys", "list") == 0
    assert capsys.readouterr().out == ""
