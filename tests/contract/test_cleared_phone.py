"""A worker clears the phone because somebody comes for it: nothing of an officer stays on it, and nothing returns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from bot.outbox import call, send
from bot.storage.models import Chat, Outgoing
from bot.storage.session import session
from bot.texts import render
from bot.turns import service as turns
from tests.support.rooms import Rooms

CRY = {
    "id": "tolong pak, saya disekap di kamboja, paspor saya diambil bos",
    "km": "ជួយខ្ញុំផង ខ្ញុំជាប់នៅក្នុងអគារ ថៅកែយកលិខិតឆ្លងដែនខ្ញុំ គេមិនឲ្យចេញក្រៅទេ",
}
ERASE = {"id": "hapus", "km": "លុបឆាត"}
ANSWER = {"id": "Polisi datang jam 9 malam, siapkan diri", "km": "ប៉ូលិសមកម៉ោង ៩ យប់ សូមត្រៀមខ្លួន"}
both = pytest.mark.parametrize("lang", ["id", "km"])


class Phone:
    """The worker's screen, written by the real sender; Telegram takes every call."""

    def __init__(self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rooms = rooms
        self.shows: dict[int, str] = {}
        #: Done while a call with an officer's words is on its way.
        self.meanwhile: Callable[[], Any] | None = None
        monkeypatch.setattr(call, "make", self._make)

    async def _make(self, _bot: Any, row: Outgoing, _chat: Chat, _room: Any) -> list[int]:
        if row.method == "deleteMessages":
            for number in row.payload["message_ids"]:
                self.shows.pop(number, None)
            return []
        if row.purpose == "operator" and self.meanwhile is not None:
            do, self.meanwhile = self.meanwhile, None
            await do()
        number = int(row.payload["of"] if "of" in row.payload else 900_000 + row.id)
        self.shows[number] = str(row.payload.get("text", row.method))
        return [number]

    async def gets(self) -> None:
        """Whatever is queued for the worker is sent."""
        chat = await self.rooms.chat()
        while await send._send_next(chat.id):
            pass

    def officers(self, words: str) -> list[str]:
        return [shown for shown in self.shows.values() if words in shown]


@pytest.fixture
def phone(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> Phone:
    return Phone(rooms, monkeypatch)


async def _held(rooms: Rooms, lang: str) -> tuple[int, int]:
    """A case that Sari holds: its topic, and the worker's first words in it."""
    await rooms.claimed(CRY[lang])
    topic = (await rooms.case()).topic_id
    assert topic is not None
    return topic, next(row for row in await rooms.rows("relay") if row.message_ids).message_ids[0]


async def _words(purpose: str = "operator") -> Outgoing:
    async with session() as s:
        found = await s.scalar(select(Outgoing).where(Outgoing.purpose == purpose).order_by(Outgoing.id.desc()))
        assert found is not None
        return found


@both
@pytest.mark.parametrize("pressed", [False, True])
async def test_a_reply_between_the_press_and_its_turn_does_not_reach_the_phone(
    rooms: Rooms, phone: Phone, lang: str, pressed: bool
) -> None:
    topic, cry = await _held(rooms, lang)
    await phone.gets()
    if pressed:
        await rooms.presses("erase")
    else:
        row = await rooms.stores(rooms.update(text=ERASE[lang]))
    await rooms.operator_writes(ANSWER[lang], topic, to=cry)
    await phone.gets()
    if not pressed:
        await turns.take(update=row)
    await phone.gets()
    assert not phone.officers(ANSWER[lang])
    assert (await _words()).state == "waiting"
    await rooms.delivers()
    assert render("desk_waiting_erased", "id") in await rooms.topic()


@both
async def test_a_reply_that_lands_before_the_turn_is_deleted_and_its_officer_hears_that_it_waits(
    rooms: Rooms, lang: str
) -> None:
    topic, cry = await _held(rooms, lang)
    row = await rooms.stores(rooms.update(text=ERASE[lang]))
    await rooms.operator_writes(ANSWER[lang], topic, to=cry)
    await rooms.delivers()
    landed = (await _words()).message_ids
    assert landed and render("desk_sent", "id") in await rooms.topic()
    await turns.take(update=row)
    await rooms.delivers()
    deleted = [number for one in await rooms.rows("erase") for number in one.payload["message_ids"]]
    assert set(landed) <= set(deleted)
    assert (await _words()).state == "waiting"
    assert render("desk_waiting_erased", "id") in await rooms.topic()


@both
@pytest.mark.parametrize("answered", [True, False])
async def test_a_call_that_is_under_way_while_the_phone_is_cleared_is_deleted_when_it_lands(
    rooms: Rooms, phone: Phone, lang: str, answered: bool
) -> None:
    topic, cry = await _held(rooms, lang)
    await phone.gets()
    await rooms.operator_writes(ANSWER[lang], topic, to=cry)

    async def clears() -> None:
        row = await rooms.stores(rooms.update(text=ERASE[lang]))
        if answered:
            await turns.take(update=row)

    phone.meanwhile = clears
    await phone.gets()
    assert not phone.officers(ANSWER[lang])
    assert (await _words()).state == "waiting"


@both
async def test_no_letter_from_whoever_holds_the_phone_brings_back_an_officers_answer(
    rooms: Rooms, phone: Phone, lang: str
) -> None:
    topic, cry = await _held(rooms, lang)
    await rooms.writes(ERASE[lang])
    await phone.gets()
    await rooms.operator_writes(ANSWER[lang], topic, to=cry)
    for words in ("p", "halo", ERASE[lang], "?"):
        await rooms.writes(words)
        await phone.gets()
    await rooms.presses("menu:offer")
    await rooms.operator_writes(ANSWER[lang], topic, to=cry)
    await phone.gets()
    assert not phone.officers(ANSWER[lang]), "not even one written after the letter"
    assert not phone.officers(render("case_claimed", "km" if lang == "km" else "id"))


async def test_the_officer_opens_the_chat_again(rooms: Rooms, phone: Phone) -> None:
    topic, cry = await _held(rooms, "id")
    await rooms.writes("hapus")
    await phone.gets()
    await rooms.operator_writes("satu", topic, to=cry)
    await phone.gets()
    await rooms.operator_presses(f"out:override:{(await _words()).id}")
    await phone.gets()
    assert phone.officers("satu")
    await rooms.operator_writes("dua", topic, to=cry)
    await phone.gets()
    assert not phone.officers("dua"), "one press is for one message while nobody has written"
    await rooms.writes("sudah sendiri kak")
    await rooms.operator_presses(f"out:override:{(await _words()).id}")
    await rooms.operator_writes("tiga", topic, to=cry)
    await phone.gets()
    assert phone.officers("dua") and phone.officers("tiga")
    assert (await rooms.chat()).shut_at is None


async def test_an_hour_named_as_safe_lets_out_what_waits_unless_the_phone_was_cleared_within_it(
    rooms: Rooms, phone: Phone
) -> None:
    topic, cry = await _held(rooms, "id")
    await rooms.writes("hapus")
    await rooms.operator_writes("satu", topic, to=cry)
    await phone.gets()
    now = dt.datetime.now(dt.UTC)
    hours = {
        "from": f"{now - dt.timedelta(hours=1):%H:%M}",
        "to": f"{now + dt.timedelta(hours=1):%H:%M}",
        "zone": "UTC",
    }
    async with session() as s:
        await s.execute(update(Chat).where(Chat.kind == "private").values(safe_hours=hours))
        await s.commit()
    await send.release((await rooms.chat()).id)
    await phone.gets()
    assert phone.officers("satu")
    await rooms.writes("hapus")
    await rooms.operator_writes("dua", topic, to=cry)
    await phone.gets()
    assert not phone.officers("dua")


async def test_hours_named_after_the_phone_was_cleared_have_a_job_that_lets_out_what_waits(rooms: Rooms) -> None:
    await _held(rooms, "id")
    await rooms.writes("hapus")
    await rooms.writes("aman jam 7 sampai 9 malam")
    async with session() as s:
        jobs = text("select count(*) from procrastinate_jobs where task_name = 'outbox.release'")
        assert await s.scalar(jobs) == 1


async def test_an_edit_goes_with_the_words_that_wait(rooms: Rooms) -> None:
    topic, cry = await _held(rooms, "id")
    row = await rooms.stores(rooms.update(text="hapus"))
    written = await rooms.operator_writes("Polisi datang jam 9", topic, to=cry)
    await rooms.delivers()
    await rooms.operator_writes("Sabar dulu", topic, edits=written)
    await rooms.delivers()
    await turns.take(update=row)
    waits = await _words()
    assert (waits.state, waits.payload["text"]) == ("waiting", "Sabar dulu")


async def test_a_first_answer_that_was_not_sent_does_not_appear_on_a_cleared_phone(rooms: Rooms, phone: Phone) -> None:
    await rooms.writes(CRY["id"])
    await rooms.writes("hapus")
    await phone.gets()
    assert [row.state for row in await rooms.rows("receipt")] == ["withdrawn"]
    assert list(phone.shows.values()) == [render("erase_closing", "id")]


async def test_whoever_writes_again_after_clearing_the_phone_is_answered(rooms: Rooms, phone: Phone) -> None:
    """The bot's own answers follow the worker; a new danger is answered with a number."""
    await rooms.writes(CRY["id"])
    await rooms.writes("hapus")
    await phone.gets()
    phone.shows.clear()
    await rooms.writes("tolong, sekarang mereka pukul saya")
    await phone.gets()
    assert any(letter.isdigit() for shown in phone.shows.values() for letter in shown)


async def test_a_chat_about_nothing_that_was_cleared_on_another_day_is_not_shut_for_a_report(
    rooms: Rooms, phone: Phone
) -> None:
    await rooms.writes("berapa biaya paspor?")
    await rooms.writes("hapus")
    async with session() as s:
        await s.execute(update(Chat).values(shut_at=func.now() - dt.timedelta(days=1)))
        await s.commit()
    topic, cry = await _held(rooms, "id")
    await rooms.operator_writes("kamu di mana?", topic, to=cry)
    await phone.gets()
    assert phone.officers("kamu di mana?")
