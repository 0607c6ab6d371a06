"""A wrong setting stops the start and says which one, never what was in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot import settings as module
from bot.errors import SettingInvalid
from bot.settings import SANDBOX_OPERATORS_CHAT_ID, SANDBOX_TOKEN, Settings

Set = Callable[..., Settings]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Iterator[Set]:
    """Settings read from these variables alone."""
    for field in Settings.model_fields:
        monkeypatch.delenv(field.upper(), raising=False)

    def read(**variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        module.settings.cache_clear()
        return module.settings()

    yield read
    module.settings.cache_clear()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPERATORS_CHAT_ID", "grup-petugas"),
        ("OPERATORS_CHATS", "bukan json"),
        ("OPERATORS_CHATS", '{"km_desk": "x"}'),
        ("WEBHOOK_PORT", "70000"),
        ("NLU_PORT", "lima"),
        ("NLU_TIMEOUT_SECONDS", "0"),
        ("LIVE_WINDOW_MINUTES", "-1"),
        ("LOG_FORMAT", "xml"),
        ("TELEGRAM_API_URL", "api.telegram.org"),
        ("TELEGRAM_WEBHOOK_URL", "hotline.example"),
        ("TELEGRAM_WEBHOOK_SECRET", "spasi tidak boleh"),
        ("RASA_URL", "localhost:5005"),
        ("SMTP_FROM", "bukan alamat"),
        ("ALERT_COMMAND", "ring 'unclosed"),
        ("ALARM_TEST", "monday 10:00"),
        ("ALARM_TEST", "mon 24:00"),
        ("ALARM_STEP_MINUTES", "0.5"),
        ("ALARM_AFTER_MINUTES", "-1"),
    ],
)
def test_a_wrong_variable_is_named_and_its_value_is_not_shown(given: Set, name: str, value: str) -> None:
    with pytest.raises(SettingInvalid, match=name) as told:
        given(**{name: value})
    if not value.isdigit() and value != "-1":
        assert value not in str(told.value)


@pytest.mark.parametrize(
    "value", ["mail.example.org", "http://h", "smtp://", "smtp://user:rahasia@", "smtps://h:rahasia", "smtp://h:99999"]
)
def test_a_mail_server_that_is_none_is_named_without_its_password(given: Set, tmp_path: Path, value: str) -> None:
    with pytest.raises(SettingInvalid, match="SMTP_URL must look like smtp://user:password@host:587") as told:
        given(SMTP_URL=value, SMTP_FROM="a@example.org")
    (tmp_path / "url").write_text(value)
    with pytest.raises(SettingInvalid, match="SMTP_URL must look like") as later:
        _ = given(SMTP_URL="", SMTP_URL_FILE=str(tmp_path / "url")).smtp
    assert "rahasia" not in f"{told.value}{later.value}"


def test_a_mail_server_needs_a_sender(given: Set) -> None:
    with pytest.raises(SettingInvalid, match="SMTP_URL needs SMTP_FROM"):
        given(SMTP_URL="smtp://h:25")


def test_all_wrong_variables_are_named_at_once(given: Set) -> None:
    with pytest.raises(SettingInvalid) as told:
        given(NLU_PORT="x", LOG_FORMAT="y")
    assert "NLU_PORT" in str(told.value) and "LOG_FORMAT" in str(told.value)


def test_a_token_that_is_none_is_named_without_being_shown(given: Set) -> None:
    with pytest.raises(SettingInvalid, match="TELEGRAM_BOT_TOKEN") as told:
        _ = given(TELEGRAM_BOT_TOKEN="rahasia-sekali").token
    assert "rahasia" not in str(told.value)


def test_empty_variables_are_as_if_they_were_not_there(given: Set) -> None:
    config = given(**{field.upper(): "" for field in Settings.model_fields})
    assert config.token == SANDBOX_TOKEN
    assert config.sandboxed
    assert config.operators_chat == SANDBOX_OPERATORS_CHAT_ID
    assert (config.database, config.keys) == (None, None)


def test_a_relative_home_is_where_one_stands(given: Set, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert given(HOTLINE_HOME="data/here").hotline_home == tmp_path / "data" / "here"


def test_secrets_come_from_files_too(given: Set, tmp_path: Path) -> None:
    for name, value in {"token": "42:abc_DEF-1", "url": "postgresql://h/x", "keys": "k1,k2"}.items():
        (tmp_path / name).write_text(f"{value}\n")
    config = given(
        TELEGRAM_BOT_TOKEN_FILE=str(tmp_path / "token"),
        DATABASE_URL_FILE=str(tmp_path / "url"),
        HOTLINE_KEYS_FILE=str(tmp_path / "keys"),
    )
    assert (config.token, config.database, config.keys) == ("42:abc_DEF-1", "postgresql://h/x", "k1,k2")
    assert not config.sandboxed
    (tmp_path / "mail").write_text("smtps://u:p@h\n")
    assert given(SMTP_URL_FILE=str(tmp_path / "mail"), SMTP_FROM="a@example.org").smtp == "smtps://u:p@h"


@pytest.mark.parametrize("name", ["TELEGRAM_BOT_TOKEN", "DATABASE_URL", "HOTLINE_KEYS"])
def test_a_secret_file_that_is_missing_or_empty_never_means_none(given: Set, tmp_path: Path, name: str) -> None:
    def read(config: Settings) -> object:
        return config.token, config.database, config.keys

    with pytest.raises(SettingInvalid, match=f"{name}_FILE"):
        read(given(**{f"{name}_FILE": str(tmp_path / "missing")}))
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(SettingInvalid, match=f"{name}_FILE"):
        read(given(**{f"{name}_FILE": str(tmp_path / "empty")}))


def test_no_secret_shows_when_settings_are_printed(given: Set) -> None:
    shown = repr(
        given(
            TELEGRAM_BOT_TOKEN="42:abcdef",
            HOTLINE_KEYS="kunci",
            DATABASE_URL="postgresql://u:pw@h/d",
            SMTP_URL="smtp://u:pw@h",
            SMTP_FROM="a@b",
        )
    )
    for secret in ("abcdef", "kunci", "pw@"):
        assert secret not in shown
