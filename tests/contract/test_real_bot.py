"""Whoever doubts the bot learns how to know the real one, and where to turn when it is gone, in their language."""

from __future__ import annotations

import dataclasses

import pytest

from bot.cases import sites
from bot.outbox import bots
from tests.support.rooms import Rooms


@pytest.mark.parametrize(
    ("asked", "lang", "parts"),
    [
        ("ini bot asli?", "id", ("@hotline_example_bot", "kode OTP", "belum dimuat di situs resmi", "Telepon: ")),
        ("នេះ bot ពិតឬ?", "km", ("@hotline_example_bot", "លេខកូដ OTP", "មិនទាន់មានផ្សាយ", "ទូរស័ព្ទ៖ ")),
        ("bot nis pit te", "km", ("@hotline_example_bot", "លេខកូដ OTP", "មិនទាន់មានផ្សាយ", "ទូរស័ព្ទ៖ ")),
    ],
)
async def test_the_exact_address_is_told_and_what_is_not_there_is_not_invented(
    rooms: Rooms, asked: str, lang: str, parts: tuple[str, ...]
) -> None:
    await bots.remember_name("hotline_example_bot")
    await rooms.writes(asked, lang=lang)
    (said,) = await rooms.screen()
    assert all(part in said for part in parts), said
    assert await rooms.cases() == []
    assert not {"H-", "kasus", "ករណី", "perdagangan"} & set(said.split())


async def test_before_telegram_told_our_name_none_is_made_up(rooms: Rooms) -> None:
    await rooms.writes("/asli")
    (said,) = await rooms.screen()
    assert "@" not in said.replace("(@...)", "")


async def test_what_the_desk_publishes_is_told(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = dataclasses.replace(
        sites.fallback(),
        published_at={"id": "kemlu.example/hotline", "km": "kemlu.example/km"},
        fallback_channel={"id": "WhatsApp kantor (lihat situs)", "km": "WhatsApp"},
    )
    with monkeypatch.context() as patched:
        patched.setattr(sites, "sites", lambda: {desk.id: desk})
        await rooms.writes("apakah ini akun resmi?")
    (said,) = await rooms.screen()
    assert "kemlu.example/hotline" in said
    assert "WhatsApp kantor" in said
    assert "Telepon" not in said


async def test_it_is_one_press_away_from_who_reads_this_and_from_help(rooms: Rooms) -> None:
    await rooms.writes("/tentang")
    await rooms.writes("/bantuan")
    shown = [row.payload["reply_markup"]["inline_keyboard"] for row in await rooms.rows("reply")]
    assert all("menu:real" in [button["callback_data"] for row in rows for button in row] for rows in shown)
    await rooms.presses("menu:real")
    assert "OTP" in (await rooms.screen())[-1]
