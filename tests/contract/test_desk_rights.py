"""Before a desk opens its doors, `hotline doctor` says whether the bot can do its work in the group."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot import settings as settings_module
from bot.desk.rights import Rights, of_group
from bot.settings import Settings
from tests.support.sandbox import TOKEN, Sandbox, running_sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


@pytest.fixture
def connected(sandbox: Sandbox, config: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of an installation whose Telegram is the sandbox."""
    monkeypatch.setenv("TELEGRAM_API_URL", sandbox.api_url)
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    settings_module.settings.cache_clear()
    return settings_module.settings()


async def line(config: Settings, group: int) -> Rights:
    """What the doctor prints of a group that is not the sandbox's."""
    return await asyncio.to_thread(of_group, config, group)


async def test_a_forum_with_every_right_is_well(sandbox: Sandbox, connected: Settings) -> None:
    assert (await line(connected, sandbox.group.id)).ok is True


@pytest.mark.parametrize(
    ("right", "ok", "said"),
    [
        ("can_manage_topics", False, "manage topics"),
        ("can_delete_messages", False, "delete messages"),
        ("can_pin_messages", None, "pin messages"),
    ],
)
async def test_a_right_that_lacks_is_named(
    sandbox: Sandbox, connected: Settings, right: str, ok: bool | None, said: str
) -> None:
    sari = await sandbox.operator("Sari")
    await sandbox.group.change(sari, rights={right: False})
    found = await line(connected, sandbox.group.id)
    assert found.ok is ok and said in found.detail and found.what_to_do


async def test_a_bot_that_was_removed_is_no_member(sandbox: Sandbox, connected: Settings) -> None:
    sari = await sandbox.operator("Sari")
    await sandbox.group.change(sari, bot_present=False)
    found = await line(connected, sandbox.group.id)
    assert found.ok is False and found.what_to_do


async def test_a_group_that_is_none_is_refused(connected: Settings) -> None:
    found = await line(connected, -100999)
    assert found.ok is False and "chat not found" in found.detail.lower()


async def test_no_telegram_is_no_fault_of_the_group_and_no_token_is_printed(
    connected: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_API_URL", "http://127.0.0.1:9")
    settings_module.settings.cache_clear()
    found = await line(settings_module.settings(), -1)
    assert found.ok is None and TOKEN not in found.detail
