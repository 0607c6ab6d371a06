"""A worker marks a recruiter, others are told carefully, an operator turns it into a warning; nobody can be read."""

from __future__ import annotations

import asyncio
import datetime as dt

import psycopg
import pytest
from sqlalchemy import func, select

from actions.actions import CheckOffer
from bot.cases import retention
from bot.errors import OperatorUnknown, RecruiterNotNamed
from bot.offers import message
from bot.offers import service as offers
from bot.offers.recruiters import Identifier
from bot.offers.verdict import Asker
from bot.storage import crypto
from bot.storage.models import Chat, Recruiter, RecruiterReport
from bot.storage.session import session
from bot.texts import catalogue, render
from tests.contract.test_actions import act
from tests.support.rooms import DARA, STRANGER, Rooms

OFFERS = {
    "id": "Ada lowongan kerja pabrik di Malaysia gaji RM1.700 per bulan dari PT Maju, visa kerja. WA 0812-3456-7890",
    "km": "ជ្រើសរើសកម្មកររោងចក្រនៅម៉ាឡេស៊ី ប្រាក់ខែ ៤០០ដុល្លារ មានកិច្ចសន្យា ទាក់ទង 012 345 678",
}
TYPED = {"id": "+62 812 3456 7890", "km": "+855 12 345 678"}
TRAPPED = "tolong pak, saya disekap, paspor saya diambil bos"
both = pytest.mark.parametrize("lang", ["id", "km"])


async def marks(rooms: Rooms, lang: str, user: int) -> str:
    """A worker sends the offer and presses the button. Returns what the phone shows last."""
    row = await rooms.writes(OFFERS[lang], user, lang=lang)
    await rooms.presses(f"offered:report:{row}", user)
    return (await rooms.screen())[-1]


async def counted() -> dict[str, int]:
    async with session() as s:
        rows = await s.execute(
            select(Recruiter.kind, func.count(RecruiterReport.reporter))
            .outerjoin(RecruiterReport, RecruiterReport.recruiter_id == Recruiter.id)
            .group_by(Recruiter.id)
        )
        return {kind: int(count) for kind, count in rows}


async def read_by(user: int, lang: str, text: str | None = None) -> str:
    """The verdict that this worker would read."""
    async with session() as s:
        chat = await s.scalar(select(Chat).where(Chat.chat_hash == crypto.keyed_hash("chat", user)))
        asker: Asker = "KH" if lang == "km" else "ID"
        found = await offers.judge(s, text or OFFERS[lang], asker, reporter=chat)
    reader = "km" if lang == "km" else "id"
    return "\n".join(render(key, reader, **values) for key, values in message.verdict(found, reader))  # type: ignore[arg-type]


@both
async def test_others_are_told_once_two_marked_it_and_the_marker_is_not_told_of_themselves(
    rooms: Rooms, lang: str
) -> None:
    others = catalogue("km" if lang == "km" else "id")["offer_reported_others"].partition("{what}")[0]
    assert await marks(rooms, lang, 41) == render("offer_report_done", lang)  # type: ignore[arg-type]
    assert others not in await read_by(99, lang)
    await marks(rooms, lang, 42)
    assert others in await read_by(99, lang)
    assert others not in await read_by(41, lang), "their own mark does not count for them: one other did"
    assert "2" not in others


@both
async def test_a_number_is_looked_up_where_there_is_no_offer(rooms: Rooms, lang: str) -> None:
    asks_for_more = render("offer_only_contact", lang)  # type: ignore[arg-type]
    await marks(rooms, lang, 41)
    await marks(rooms, lang, 42)
    assert (await read_by(99, lang, TYPED["id" if lang == "km" else "km"])) == asks_for_more
    said = await read_by(99, lang, TYPED[lang])
    others = catalogue("km" if lang == "km" else "id")["offer_reported_others"].partition("{what}")[0]
    assert said.startswith(others) and said.endswith(asks_for_more)
    asked = {"id": "{} penipu ga?", "km": "លេខ {} នេះបោកទេ"}[lang].format(TYPED[lang])
    assert (await read_by(99, lang, asked)).startswith(others)


@both
async def test_one_sender_cannot_raise_a_count_twice(rooms: Rooms, lang: str) -> None:
    await marks(rooms, lang, 41)
    assert await marks(rooms, lang, 41) == render("offer_report_again", lang)  # type: ignore[arg-type]
    await rooms.writes("/hapus", 41)
    await marks(rooms, lang, 41)
    assert set((await counted()).values()) == {1}


async def test_presses_at_the_same_moment_count_each_sender_once(rooms: Rooms) -> None:
    for user in (41, 42):
        await rooms.writes(OFFERS["id"], user)
    named = [Identifier("phone", f"+62812345678{number}") for number in range(9)]

    async def mark(user: int, order: int) -> None:
        async with session() as s:
            chat = await s.scalar(select(Chat).where(Chat.chat_hash == crypto.keyed_hash("chat", user)))
            assert chat is not None
            await offers.report(s, chat, named[::order])
            await s.commit()

    await asyncio.wait_for(asyncio.gather(*(mark(user, order) for user in (41, 42) for order in (1, -1) * 3)), 20)
    async with session() as s:
        assert await s.scalar(select(func.count()).select_from(Recruiter)) == 9
        assert await s.scalar(select(func.count()).select_from(RecruiterReport)) == 18


async def test_nothing_that_can_be_read_is_stored(rooms: Rooms, database: str) -> None:
    await marks(rooms, "id", 41)
    with psycopg.connect(database) as connection:
        kept = "\n".join(
            str(row)
            for table in ("recruiters", "recruiter_reports")
            for row in connection.execute(f"select * from {table}")
        )
        chats = {bytes(row[0]) for row in connection.execute("select chat_hash from chats")}
        reporters = {bytes(row[0]) for row in connection.execute("select reporter from recruiter_reports")}
    assert "81234567890" not in kept and "maju" not in kept.casefold()
    assert not chats & reporters, "whoever reads the tables cannot tell who reported"


async def test_a_checked_offer_that_nobody_marked_is_not_kept(rooms: Rooms) -> None:
    row = await rooms.row(await rooms.writes(OFFERS["id"]))
    assert row.chat_id is not None
    await act(CheckOffer.action_name, "ask_offer_check", row.chat_id, row.id)
    assert await counted() == {}


async def test_nothing_of_a_case_is_kept_elsewhere(rooms: Rooms) -> None:
    before = await rooms.writes(OFFERS["id"], 41)
    await rooms.writes(TRAPPED, 41)
    inside = await rooms.writes(OFFERS["id"], 41)
    for row in (before, inside):
        await rooms.presses(f"offered:report:{row}", 41)
        assert (await rooms.screen())[-1] == render("case_noted", "id")
    assert await counted() == {}


async def test_another_chats_offer_and_invented_buttons_do_nothing(rooms: Rooms) -> None:
    row = await rooms.writes(OFFERS["id"], 41)
    await rooms.writes("halo", 42)
    await rooms.presses(f"offered:report:{row}", 42)
    assert (await rooms.screen())[-1] == render("offer_gone", "id")
    for data in (
        "offered:report:999999999999999999",
        "offered:report:x",
        "offered:erase:1",
        f"offered:report:{row}:00",
    ):
        await rooms.presses(data, 42)
    assert await counted() == {}


async def test_an_offer_without_a_contact_says_what_is_missing(rooms: Rooms) -> None:
    row = await rooms.writes("Ada lowongan kerja pabrik di Malaysia gaji RM1.700 per bulan, hubungi 1500-000")
    await rooms.presses(f"offered:report:{row}")
    assert (await rooms.screen())[-1] == render("offer_report_nothing", "id")


@both
async def test_explain_says_what_to_ask_the_recruiter_also_for_what_was_answered(rooms: Rooms, lang: str) -> None:
    row = await rooms.writes(OFFERS[lang], lang=lang)
    await rooms.presses(f"offered:explain:{row}:{message.packed({'visa': 'tourist'})}")
    said = (await rooms.screen())[-1]
    assert render("offer_explain", lang) in said and render("offer_flag_tourist_visa_ask", lang) in said  # type: ignore[arg-type]


@both
async def test_a_verdict_has_its_buttons_in_both_languages(rooms: Rooms, lang: str) -> None:
    row = await rooms.row(await rooms.writes(OFFERS[lang], lang=lang))
    assert row.chat_id is not None
    part = (await act(CheckOffer.action_name, "ask_offer_check", row.chat_id, row.id))[0]
    shown = {button["label"]: button["data"] for line in part["buttons"] for button in line}
    assert shown["button_offer_report"] == f"offered:report:{row.id}"
    assert shown["button_offer_explain"] == f"offered:explain:{row.id}:0000"
    for label in ("button_offer_explain", "button_offer_report", "button_offer_again", "button_person"):
        assert len(render(label, lang)) <= 24  # type: ignore[arg-type]


class TestOperators:
    @both
    async def test_they_see_a_number_and_confirm_and_the_next_worker_is_warned(self, rooms: Rooms, lang: str) -> None:
        await rooms.list_operators()
        await marks(rooms, lang, 41)
        await rooms.operator_writes(f"/perekrut {TYPED[lang]}", None)
        answer = (await rooms.rows(kind="operators"))[-1]
        assert "1" in answer.payload["text"] and TYPED[lang][-4:] not in answer.payload["text"]
        (button,) = answer.payload["reply_markup"]["inline_keyboard"][0]
        await rooms.operator_presses(button["callback_data"])
        assert "⚠️" in await read_by(99, lang) and (await read_by(99, lang)).startswith("🔴")
        # Taken back, it is as before.
        await rooms.operator_writes(f"/recruiter {TYPED[lang]}", None, who=DARA)
        (button,) = (await rooms.rows(kind="operators"))[-1].payload["reply_markup"]["inline_keyboard"][0]
        await rooms.operator_presses(button["callback_data"], DARA)
        assert "⚠️" not in await read_by(99, lang)

    async def test_a_stranger_in_the_group_learns_and_changes_nothing(self, rooms: Rooms) -> None:
        await rooms.list_operators()
        await marks(rooms, "id", 41)
        await rooms.operator_writes(f"/perekrut {TYPED['id']}", None, who=STRANGER)
        assert (await rooms.topic())[-1] == render("desk_not_listed", "id")
        async with session() as s:
            row = await s.scalar(select(Recruiter.id).where(Recruiter.kind == "phone"))
        await rooms.operator_presses(f"recruiter:confirm:{row}", STRANGER)
        assert "⚠️" not in await read_by(99, "id")

    @pytest.mark.parametrize("words", ["/perekrut", "/perekrut ?", "/recruiter 12"])
    async def test_a_command_without_a_recruiter_says_how(self, rooms: Rooms, words: str) -> None:
        await rooms.list_operators()
        await rooms.operator_writes(words, None)
        assert (await rooms.topic())[-1] == render("desk_recruiter_not_named", "id")

    async def test_invented_buttons_do_nothing(self, rooms: Rooms) -> None:
        await rooms.list_operators()
        for data in ("recruiter:confirm:1", "recruiter:confirm:x", "recruiter:erase:1", "recruiter:"):
            await rooms.operator_presses(data)
        assert await counted() == {}

    async def test_the_terminal_does_the_same(self, rooms: Rooms) -> None:
        await rooms.list_operators()
        await marks(rooms, "id", 41)
        assert "reported by 1" in await offers.show_recruiter(TYPED["id"])
        assert "confirmed on" in await offers.confirm_recruiter(TYPED["id"], "sari", confirmed=True)
        assert "phone: 1, confirmed 1, reports 1" in await offers.counts()
        assert "not confirmed" in await offers.confirm_recruiter(TYPED["id"], "Dara", confirmed=False)
        with pytest.raises(OperatorUnknown):
            await offers.confirm_recruiter(TYPED["id"], "Nobody", confirmed=True)
        with pytest.raises(RecruiterNotNamed):
            await offers.show_recruiter("?")

    async def test_looking_a_stranger_up_in_the_terminal_keeps_nothing(self, rooms: Rooms) -> None:
        assert "reported by 0" in await offers.show_recruiter("@nobody_yet")
        assert await counted() == {}


async def test_after_a_year_without_a_word_it_is_forgotten(rooms: Rooms) -> None:
    await rooms.list_operators()
    await marks(rooms, "id", 41)
    await offers.confirm_recruiter("@deceiver", "Sari", confirmed=True)
    now = dt.datetime.now(dt.UTC)
    assert "recruiters" not in await retention.forget(now + dt.timedelta(days=364))
    gone = (await retention.forget(now + dt.timedelta(days=366)))["recruiters"]
    assert gone == {"recruiter_reports": 1, "recruiters": 2}
    assert await counted() == {}
