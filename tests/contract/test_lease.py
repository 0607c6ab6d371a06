"""A case that somebody holds is not forgotten: what happens when its holder leaves the worker's words unanswered."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text, update

from bot.cases import lease as held
from bot.cases import operators
from bot.cases import service as cases
from bot.cases.lease import Step
from bot.desk import group as desk_group
from bot.desk import lease
from bot.errors import ReferenceDataInvalid
from bot.outbox import service as outbox
from bot.storage.models import Case, Outgoing
from bot.storage.session import session
from bot.texts import render
from tests.support.alarm import Night
from tests.support.rooms import DARA, GROUP, SARI, Rooms
from tests.support.smtp import MailServer

BEATEN = {"id": "TOLONG saya dipukuli sekarang, mereka mau jual saya malam ini", "km": "ជួយផង! គេកំពុងវាយខ្ញុំ គេនឹងលក់ខ្ញុំយប់នេះ"}
AGAIN = {"id": "mereka pukul saya lagi, saya berdarah", "km": "គេវាយខ្ញុំទៀតហើយ ខ្ញុំចេញឈាម ជួយផង"}
TRAPPED = "tolong pak, saya disekap di kamboja, paspor saya diambil bos"
ASKS = "saya mau bicara dengan petugas"
BOSS = 900077
both = pytest.mark.parametrize("lang", ["id", "km"])


def at(minutes: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes)


async def rings(rooms: Rooms, since: int = 0) -> list[Outgoing]:
    """Lines in the group that ring and mention somebody."""
    rows = await rooms.rows("alert", kind="operators")
    return [row for row in rows if row.id > since and row.payload.get("entities") and not row.payload["silent"]]


def mentioned(row: Outgoing) -> list[tuple[int, str]]:
    """Whom a line mentions: Telegram id, and the words that the mention covers."""
    units = row.payload["text"].encode("utf-16-le")
    return [
        (one["user"]["id"], units[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le"))
        for one in row.payload["entities"]
    ]


async def answer(rooms: Rooms, case: Case, words: str = "Apakah ada luka?", who: int = SARI) -> None:
    await rooms.operator_writes(words, case.topic_id, to=case.card_message_id, who=who)


async def later(minutes: float) -> None:
    """Everything so far happened so many minutes ago."""
    async with session() as s:
        ago = {"ago": dt.timedelta(minutes=minutes)}
        for table, column in (("updates", "received_at"), ("case_events", "at"), ("cases", "opened_at")):
            await s.execute(text(f"update {table} set {column} = {column} - cast(:ago as interval)"), ago)
        await s.commit()


@both
async def test_the_holder_is_mentioned_then_supervisors_then_the_case_goes_back(rooms: Rooms, lang: str) -> None:
    await operators.add("Ibu Rini 🌺", telegram_id=BOSS, site=None, role="supervisor", lang="id")
    case = await rooms.claimed(BEATEN[lang])
    await lease.look(at(2.9))
    assert await rings(rooms) == []

    await lease.look(at(3.1))
    [first] = await rings(rooms)
    assert mentioned(first) == [(SARI, "Sari")]
    assert first.payload["text"] == render("desk_unanswered", "id", holder="Sari", ref=case.ref, priority=1, minutes=3)
    assert (first.in_topic, first.case_id, first.rank) == (True, case.id, 0)
    await lease.look(at(7.9))
    assert len(await rings(rooms)) == 1

    await lease.look(at(8.1))
    second = (await rings(rooms))[-1]
    assert mentioned(second) == [(SARI, "Sari"), (BOSS, "Ibu Rini 🌺")]
    await lease.look(at(14.9))
    assert (await rooms.case()).holder_id is not None

    await lease.look(at(15.1))
    third = (await rings(rooms))[-1]
    assert third.payload["text"] == render("desk_lapsed", "id", holder="Sari", ref=case.ref, priority=1, minutes=15)
    now = await rooms.case()
    assert (now.state, now.holder_id, now.topic_id) == ("new", None, case.topic_id)
    await rooms.delivers()
    assert render("desk_state_new", "id") in (await rooms.topic())[-1], "the card shows that nobody holds it"
    for minutes in (16, 60, 600):
        await lease.look(at(minutes))
    assert len(await rings(rooms)) == 3


async def test_other_priorities_have_more_time(rooms: Rooms) -> None:
    await rooms.claimed(TRAPPED, 41)
    await rooms.claimed(ASKS, 42)
    assert [case.priority for case in await rooms.cases()] == [2, 4]
    for minutes, lines in ((29, 0), (31, 1), (89, 2), (91, 3), (119, 3), (121, 4), (361, 5)):
        await lease.look(at(minutes))
        assert len(await rings(rooms)) == lines, minutes
    assert [case.state for case in await rooms.cases()] == ["new", "new"]


class TestWhatCountsAsAnAnswer:
    async def test_words_to_the_worker_and_a_new_message_counts_anew(self, rooms: Rooms) -> None:
        case = await rooms.claimed(BEATEN["id"])
        await answer(rooms, case)
        await lease.look(at(600))
        assert await rings(rooms) == []
        await later(60)
        await rooms.writes("iya pak")
        await lease.look(at(2.9))
        assert await rings(rooms) == []
        await lease.look(at(3.1))
        assert len(await rings(rooms)) == 1

    async def test_the_oldest_message_counts_and_writing_again_gives_no_new_time(self, rooms: Rooms) -> None:
        await rooms.claimed(BEATEN["id"])
        await later(2)
        await rooms.writes("halo?")
        await lease.look(at(1.1))
        assert len(await rings(rooms)) == 1

    async def test_neither_a_note_nor_what_the_bot_says_is_one(self, rooms: Rooms) -> None:
        case = await rooms.claimed(BEATEN["id"])
        await rooms.operator_writes("sedang saya baca", case.topic_id)
        await rooms.writes("/help")
        await rooms.delivers()
        await lease.look(at(3.1))
        assert len(await rings(rooms)) == 1

    async def test_one_that_was_taken_back_is_none(self, rooms: Rooms) -> None:
        case = await rooms.claimed(BEATEN["id"])
        await answer(rooms, case)
        [row] = await rooms.rows("operator")
        await rooms.operator_presses(f"out:withdraw:{row.id}")
        await lease.look(at(3.1))
        assert len(await rings(rooms)) == 1

    @pytest.mark.parametrize(("failure", "lines"), [("bad_request", 1), ("blocked", 0)])
    async def test_one_that_telegram_refused_is_none_but_nobody_reaches_who_blocked_the_bot(
        self, rooms: Rooms, failure: str, lines: int
    ) -> None:
        case = await rooms.claimed(BEATEN["id"])
        await answer(rooms, case)
        async with session() as s:
            values = {"state": "failed", "failure": failure, "attempted_at": dt.datetime.now(dt.UTC)}
            await s.execute(update(Outgoing).where(Outgoing.purpose == "operator").values(**values))
            await s.commit()
        await lease.look(at(3.1))
        assert len(await rings(rooms)) == lines

    async def test_the_holder_says_that_they_wait_for_the_worker(self, rooms: Rooms) -> None:
        case = await rooms.claimed(BEATEN["id"])
        await lease.look(at(3.1))
        button = (await rings(rooms))[0].payload["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        assert await rooms.operator_presses(button, DARA) == render("desk_press_not_holder", "id")
        assert await rooms.operator_presses(button) == render("desk_you_wait", "id")
        assert (await rooms.case()).state == "waiting_worker"
        await lease.look(at(600))
        assert len(await rings(rooms)) == 1
        assert (await rooms.case()).holder_id == case.holder_id

    async def test_a_referral_that_an_operator_chose(self, rooms: Rooms) -> None:
        case = await rooms.claimed(BEATEN["id"])
        async with session() as s:
            referred = await cases.locked(s, case.id)
            referred.state = "referred"
            cases.record(s, referred, "referred", f"operator:{case.holder_id}")
            await s.commit()
        await lease.look(at(600))
        assert await rings(rooms) == []

    async def test_an_answer_that_is_stored_and_not_yet_read_holds_the_case(self, rooms: Rooms) -> None:
        case = await rooms.claimed(BEATEN["id"])
        chat = {"id": GROUP, "type": "supergroup", "title": "g", "is_forum": True}
        card = {"message_id": case.card_message_id, "date": 1, "chat": chat}
        body = {
            "message_id": 77_001,
            "date": 1,
            "chat": chat,
            "from": {"id": SARI, "is_bot": False, "first_name": "x"},
            "message_thread_id": case.topic_id,
            "is_topic_message": True,
            "reply_to_message": card,
            "text": "Saya di sini",
        }
        row = await rooms.stores({"update_id": 77_001, "message": body})
        await lease.look(at(20))
        assert (await rooms.case()).holder_id is not None
        await desk_group.take(update=row)
        await lease.look(at(20))
        assert await rings(rooms) == []


class TestEachStepOnce:
    async def test_several_workers_look_at_once_and_again(self, rooms: Rooms) -> None:
        await rooms.claimed(BEATEN["id"])
        for minutes in (3.1, 3.2, 8.1, 15.1, 15.2):
            await asyncio.gather(*(lease.look(at(minutes)) for _ in range(4)))
        assert len(await rings(rooms)) == 3
        assert (await rooms.events(await rooms.case())).count("unanswered") == 3

    async def test_a_process_killed_in_the_middle_of_a_step_leaves_nothing_and_the_next_takes_it(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case = await rooms.claimed(BEATEN["id"])
        whole = outbox.queue

        async def killed(*args: object, **kwargs: object) -> None:
            await whole(*args, **kwargs)  # type: ignore[arg-type]
            raise asyncio.CancelledError

        with monkeypatch.context() as during:
            during.setattr(lease.outbox, "queue", killed)
            with pytest.raises(asyncio.CancelledError):
                await lease.look(at(15.1))
        assert "unanswered" not in await rooms.events(case)
        assert (await rooms.case()).holder_id is not None
        await lease.look(at(15.1))
        assert len(await rings(rooms)) == 1
        assert (await rooms.case()).state == "new"

    async def test_trouble_with_one_case_stops_no_other(self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
        first = await rooms.claimed(BEATEN["id"], 41)
        await rooms.claimed(BEATEN["id"], 42)
        whole = cases.locked

        async def locked(s: object, case_id: int) -> Case:
            if case_id == first.id:
                raise RuntimeError
            return await whole(s, case_id)  # type: ignore[arg-type]

        monkeypatch.setattr(cases, "locked", locked)
        await lease.look(at(3.1))
        assert [row.case_id for row in await rings(rooms)] == [first.id + 1]


class TestWhoComesInstead:
    async def test_the_former_holders_late_reply_is_answered_and_claiming_makes_it_theirs_again(
        self, rooms: Rooms
    ) -> None:
        case = await rooms.claimed(BEATEN["id"])
        await lease.look(at(15.1))
        await answer(rooms, case)
        assert (await rooms.rows("operator")) == []
        assert render("desk_lapsed_reply", "id") in await rooms.topic()
        assert await rooms.operator_presses(f"case:claim:{case.id}") == render("desk_you_claimed", "id")
        await answer(rooms, case)
        assert len(await rooms.rows("operator")) == 1

    async def test_a_colleague_claimed_it_meanwhile(self, rooms: Rooms) -> None:
        case = await rooms.claimed(BEATEN["id"])
        await lease.look(at(15.1))
        await rooms.operator_presses(f"case:claim:{case.id}", DARA)
        await answer(rooms, case)
        assert render("desk_lapsed_reply_held", "id", holder="Dara") in await rooms.topic()

    async def test_whoever_is_called_takes_over_and_before_that_nobody_can(self, rooms: Rooms) -> None:
        case = await rooms.claimed(BEATEN["id"])
        await lease.look(at(3.1))
        refused = render("desk_already_claimed", "id", holder="Sari")
        assert await rooms.operator_presses(f"case:claim:{case.id}", DARA) == refused
        await lease.look(at(8.1))
        button = (await rings(rooms))[-1].payload["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        assert await rooms.operator_presses(button, DARA) == render("desk_you_claimed", "id")
        assert "taken_over" in await rooms.events(case)
        await answer(rooms, case)
        assert render("desk_lapsed_reply_held", "id", holder="Dara") in await rooms.topic()
        await lease.look(at(2))
        assert len(await rings(rooms)) == 2, "whoever claims has their own time"

    async def test_a_holder_who_answered_keeps_the_case(self, rooms: Rooms) -> None:
        case = await rooms.claimed(BEATEN["id"])
        await lease.look(at(8.1))
        await answer(rooms, case)
        refused = render("desk_already_claimed", "id", holder="Sari")
        assert await rooms.operator_presses(f"case:claim:{case.id}", DARA) == refused

    async def test_the_bot_speaks_again_once_nobody_holds_the_case(self, rooms: Rooms) -> None:
        await rooms.claimed(BEATEN["id"])
        await lease.look(at(15.1))
        before = len(await rooms.screen())
        await rooms.writes("saya di bavet")
        assert len(await rooms.screen()) > before

    async def test_a_case_opened_by_a_button_lies_too(self, rooms: Rooms) -> None:
        await rooms.presses("human")
        await rooms.delivers()
        case = await rooms.case()
        await rooms.operator_presses(f"case:claim:{case.id}")
        await lease.look(at(121))
        assert len(await rings(rooms)) == 1


class TestNewDanger:
    @both
    async def test_it_rings_each_time_in_a_case_that_is_p1_already(self, rooms: Rooms, lang: str) -> None:
        case = await rooms.claimed(BEATEN[lang])
        await answer(rooms, case)
        for count in (1, 2):
            await rooms.writes(AGAIN[lang])
            found = await rings(rooms)
            assert len(found) == count
            assert mentioned(found[-1]) == [(SARI, "Sari")]
            assert AGAIN[lang] not in found[-1].payload["text"]
            await rooms.delivers()

    async def test_what_has_not_gone_out_rings_for_all_that_come_meanwhile(self, rooms: Rooms) -> None:
        await rooms.claimed(BEATEN["id"])
        for _ in range(5):
            await rooms.writes(AGAIN["id"])
        assert len(await rings(rooms)) == 1

    async def test_a_held_case_that_becomes_p1_rings_and_has_the_time_of_p1_from_then(self, rooms: Rooms) -> None:
        case = await rooms.claimed(TRAPPED)
        await later(20)
        await rooms.writes(BEATEN["id"])
        raised = [row for row in await rooms.rows("alert") if row.case_id == case.id and not row.payload["silent"]]
        assert render("desk_raised", "id", ref=case.ref, priority=1) in [row.payload["text"] for row in raised]
        await lease.look(at(2.9))
        assert await rings(rooms) == []
        await lease.look(at(3.1))
        assert len(await rings(rooms)) == 1


@pytest.fixture
async def night(rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Night]:
    async with MailServer() as mail:
        found = Night(rooms, mail, tmp_path, monkeypatch)
        found.set(SMTP_URL=f"smtp://127.0.0.1:{mail.port}", SMTP_FROM="alarm@example.org", ALERT_COMMAND=None)
        yield found


class TestTheDutyLadder:
    async def looks(self, night: Night, minutes: float) -> None:
        await lease.look(night.at(minutes))
        await night.looks(minutes)

    async def test_it_calls_when_the_holder_of_a_p1_sleeps_and_goes_on_when_the_case_is_back(
        self, night: Night
    ) -> None:
        await night.on_duty("Dara", "Budi")
        case = await night.rooms.claimed(BEATEN["id"])
        for minutes, people in (
            (3.1, []),
            (7.9, []),
            (8.1, ["dara"]),
            (13.2, ["dara", "budi"]),
            (15.1, ["dara", "budi"]),
        ):
            await self.looks(night, minutes)
            assert night.mailed == people, minutes
        assert case.ref in night.mail.subjects[0]
        await self.looks(night, 23.3)
        assert len(night.mailed) > 2, "it does not begin to wait anew"
        await night.rooms.operator_presses(f"case:claim:{case.id}", DARA)
        await night.looks(24)
        assert [one.state for one in await night.alarms()] == ["over"]

    async def test_the_holders_answer_ends_it(self, night: Night) -> None:
        await night.on_duty("Dara", "Budi")
        case = await night.rooms.claimed(BEATEN["id"])
        await self.looks(night, 8.1)
        await answer(night.rooms, case)
        await self.looks(night, 60)
        assert night.mailed == ["dara"]
        assert [one.state for one in await night.alarms()] == ["over"]

    async def test_an_acknowledgement_silences_it_until_the_case_is_back(self, night: Night) -> None:
        await night.on_duty("Dara", "Budi")
        await night.rooms.claimed(BEATEN["id"])
        await self.looks(night, 8.1)
        assert await night.press(DARA) == render("alarm_you_acknowledged", "id")
        await self.looks(night, 14)
        assert night.mailed == ["dara"]
        await self.looks(night, 15.1)
        assert len(night.mailed) == 2

    async def test_a_p2_calls_nobody_out_of_bed(self, night: Night) -> None:
        await night.on_duty("Dara")
        await night.rooms.claimed(TRAPPED)
        await self.looks(night, 89)
        assert night.mailed == []
        assert len(await rings(night.rooms)) == 1


def test_the_times_are_those_of_the_table() -> None:
    assert held.minutes()[1] == {Step.HOLDER: 3, Step.SUPERVISOR: 8, Step.QUEUE: 15}
    assert [held.minutes()[number][Step.HOLDER] for number in (2, 3, 4)] == [30, 120, 120]


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {},
        {"P1": {"holder": 3, "supervisor": 8}},
        {"P1": {"holder": 8, "supervisor": 3, "queue": 15}},
        {"P1": {"holder": 0, "supervisor": 3, "queue": 15}},
        {"P1": {"holder": "3", "supervisor": 8, "queue": 15}},
    ],
)
def test_a_slip_in_the_table_is_named(wrong: object) -> None:
    with pytest.raises(ReferenceDataInvalid, match=r"data/lease.yml: minutes of P1 need"):
        held.parsed(wrong)
