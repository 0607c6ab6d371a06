"""Who may act in an operators' group: listed people of that desk, under their own name. Others are named aloud."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from bot.cases import operators, rules, sites
from bot.desk import group
from bot.errors import SettingInvalid
from bot.settings import settings
from bot.storage.models import Outgoing
from bot.storage.session import session
from bot.texts import render
from tests.support.rooms import GROUP, SARI, STRANGER, Rooms, numbers

CRY = "tolong pak, saya disekap di kamboja, paspor saya diambil bos"
OTHER_DESK = 900_777
BOSS = {"id": STRANGER, "is_bot": False, "first_name": "Bos"}


async def happens(rooms: Rooms, content: dict[str, Any]) -> None:
    """Something in the group outside any topic; by the boss unless it says by whom."""
    number = next(numbers)
    chat = {"id": GROUP, "type": "supergroup", "title": "g", "is_forum": True}
    message = {"message_id": number, "date": int(time.time()), "chat": chat, "from": BOSS, **content}
    await group.take(update=await rooms.stores({"update_id": number, "message": message}))
    await rooms.delivers()


async def warnings() -> list[str]:
    async with session() as s:
        rows = await s.scalars(select(Outgoing).where(Outgoing.dedupe.like("stranger:%")).order_by(Outgoing.id))
        return [row.payload["text"] for row in rows]


@pytest.fixture
async def another_desk(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A desk with a group of its own, and Vanna, who answers there."""
    other = next(site for site in reversed(list(sites.sites())) if site != sites.fallback().id)
    monkeypatch.setenv("OPERATORS_CHATS", json.dumps({other: -100999}))
    settings.cache_clear()
    sites.sites.cache_clear()
    await operators.add("Vanna", telegram_id=OTHER_DESK, site=other, role="operator", lang="km")
    yield other
    settings.cache_clear()
    sites.sites.cache_clear()


async def test_a_reply_written_as_a_channel_is_answered_with_what_to_do(rooms: Rooms) -> None:
    case = await rooms.claimed(CRY)
    channel = {
        "from": {"id": rules.AS_CHANNEL, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"},
        "sender_chat": {"id": -1005555, "type": "channel", "title": "Sari"},
    }
    await rooms.operator_writes("Kami sedang ke sana", case.topic_id, to=case.card_message_id, **channel)
    assert "Kami sedang ke sana" not in await rooms.screen()
    assert render("desk_as_channel", "id") in await rooms.topic()


async def test_somebody_unlisted_who_joins_is_announced_once_and_listed(rooms: Rooms) -> None:
    await rooms.claimed(CRY)
    for seen in ({"new_chat_members": [BOSS]}, {"new_chat_members": [BOSS]}, {"text": "halo"}):
        await happens(rooms, seen)
    assert await warnings() == [render("desk_stranger", "id", name="Bos", number=STRANGER)]
    assert f"Telegram id {STRANGER}" in await operators.table()
    await happens(rooms, {"left_chat_member": BOSS})
    assert str(STRANGER) not in await operators.table()


async def test_a_listed_colleague_who_joins_is_no_stranger(rooms: Rooms) -> None:
    await rooms.claimed(CRY)
    sari = {"id": SARI, "is_bot": False, "first_name": "Sari"}
    await happens(rooms, {"from": sari, "new_chat_members": [sari]})
    assert await warnings() == []


@pytest.mark.usefixtures("another_desk")
async def test_an_operator_of_another_desk_takes_no_case_here(rooms: Rooms) -> None:
    await rooms.writes(CRY)
    await rooms.delivers()
    case = await rooms.case()
    said = await rooms.operator_presses(f"case:claim:{case.id}", who=OTHER_DESK)
    assert said == render("desk_of_another_desk", "id", site=case.site)
    assert (await rooms.case()).holder_id is None


@pytest.mark.usefixtures("another_desk")
async def test_an_operator_of_another_desk_writes_to_no_worker_here(rooms: Rooms) -> None:
    case = await rooms.claimed(CRY)
    await rooms.operator_writes("halo", case.topic_id, to=case.card_message_id, who=OTHER_DESK)
    assert "halo" not in await rooms.screen()
    assert render("desk_of_another_desk", "id", site=case.site) in await rooms.topic()


async def test_a_supervisor_puts_a_case_back_that_a_colleague_holds(rooms: Rooms) -> None:
    case = await rooms.claimed(CRY)
    for number, role, handed in ((81, "operator", False), (82, "supervisor", True)):
        await operators.add(role, telegram_id=number, site=case.site, role=role, lang="id")
        await rooms.operator_presses(f"case:hand:{case.id}", who=number)
        assert ((await rooms.case()).holder_id is None) == handed


@pytest.mark.parametrize("number", sorted(rules.NO_PERSON))
async def test_an_account_that_many_share_cannot_be_listed(rooms: Rooms, number: int) -> None:
    with pytest.raises(SettingInvalid, match="is no person"):
        await operators.add("Admin", telegram_id=number, site=None, role="operator", lang="id")
    await rooms.writes(CRY)
    await rooms.delivers()
    await rooms.operator_presses(f"case:claim:{(await rooms.case()).id}", who=number)
    assert (await rooms.case()).holder_id is None
