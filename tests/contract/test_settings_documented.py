"""Settings, .env.example and docker-compose.yml say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import ROOT, Settings

#: Paths and lists whose default depends on the machine: .env.example leaves them empty.
EMPTY = {"hotline_home", "operators_chats"}


def example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    names = [name for name, _, _ in pairs]
    assert len(names) == len(set(names)), "a setting stands twice in .env.example"
    return {name: value for name, _, value in pairs}


def test_every_setting_is_in_the_example_and_nothing_else() -> None:
    assert set(example()) == {name.upper() for name in Settings.model_fields}


def test_the_example_shows_the_defaults() -> None:
    shown = example()
    for name, field in Settings.model_fields.items():
        value = shown[name.upper()]
        if field.default is None or name in EMPTY:
            assert value == "", name
        else:
            assert float(value) == field.default if isinstance(field.default, float) else value == str(field.default)


def test_the_example_is_accepted_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    Settings(_env_file=ROOT / ".env.example")  # type: ignore[call-arg]


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_says_what_it_is_for(name: str) -> None:
    assert (Settings.model_fields[name].description or "").strip()


# -- docker-compose.yml


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return found


def test_compose_sets_only_settings_that_exist() -> None:
    known = {name.upper() for name in Settings.model_fields} | {"RASA_TELEMETRY_ENABLED", "HOME", "MPLCONFIGDIR"}
    for name, service in compose()["services"].items():
        if name != "postgres":
            assert set(service["environment"]) <= known, name


def test_compose_gives_secrets_by_file() -> None:
    secret = {"TELEGRAM_BOT_TOKEN", "HOTLINE_KEYS", "DATABASE_URL", "POSTGRES_PASSWORD"}
    for name, service in compose()["services"].items():
        assert not secret & set(service["environment"]), name
        for setting, value in service["environment"].items():
            if setting.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in service["secrets"], (name, setting)


def test_compose_publishes_the_webhook_alone() -> None:
    published = {name: service["ports"] for name, service in compose()["services"].items() if "ports" in service}
    assert list(published) == ["chat"]
    assert all(port.startswith("127.0.0.1:") for port in published["chat"])


def test_compose_keeps_database_rasa_and_actions_inside() -> None:
    found = compose()
    assert found["networks"]["inside"] == {"internal": True}
    for name in ("postgres", "nlu", "actions", "migrate"):
        assert found["services"][name]["networks"] == ["inside"], name


@pytest.mark.parametrize("name", ["postgres", "migrate", "chat", "worker", "actions", "nlu"])
def test_no_container_runs_as_root_or_may_become_it(name: str) -> None:
    service = compose()["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    if "build" in service:
        lines = (ROOT / service["build"]["dockerfile"]).read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if line.startswith("USER ")][-1:] == ["USER hotline"]
    else:
        assert service["user"] == "postgres"


@pytest.mark.parametrize("name", ["postgres", "chat", "worker", "actions", "nlu"])
def test_every_lasting_container_has_a_health_check(name: str) -> None:
    assert compose()["services"][name]["healthcheck"]["test"], name
