"""A shift of two operators who never see Telegram: every step is a use case, its outcome stands in our tables."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases import lease, sites
from bot.cases import service as cases
from bot.desk import use_cases
from bot.desk.use_cases import Replied, Words
from bot.errors import CaseAlreadyClaimed, CaseNotFound, NotOfThisDesk, NotTheHolder, ReplyNamesReference
from bot.storage.models import AuditEntry, Case, Chat, Operator, Outgoing
from bot.storage.session import session
from bot.texts import render
from tests.support.rooms import DARA, SARI, Rooms

TRAPPED = "Paspor saya diambil bos, saya dikunci di kamar, tolong"
AGAIN = "masih di sini, pintu dikunci"
REF = "H-7K3Q"


@dataclass
class Shift:
    """Two operators at work, each step in a transaction of its own as a surface would have it."""

    rooms: Rooms

    @asynccontextmanager
    async def acting(self, telegram_id: int = SARI) -> AsyncIterator[tuple[AsyncSession, Operator]]:
        async with session() as s:
            yield s, await cases.operator_of(s, telegram_id)
            await s.commit()

    async def reported(self) -> Case:
        """A worker wrote twice; nobody holds the case."""
        await self.rooms.writes(TRAPPED)
        await self.rooms.writes(AGAIN)
        await self.rooms.delivers()
        return await self.rooms.case()

    async def claimed(self) -> Case:
        case = await self.reported()
        async with self.acting() as (s, sari):
            await use_cases.claim(s, sari, case.id)
        await self.rooms.delivers()
        return await self.case(case)

    async def replies(self, case: Case, words: str = "Halo, bisa bicara?", once: str = "console:1") -> int:
        async with self.acting() as (s, sari):
            said = await use_cases.reply(s, sari, case.id, Words(words), once=once)
        assert isinstance(said, Replied)
        assert said.outgoing is not None
        return said.outgoing

    async def case(self, case: Case) -> Case:
        async with session() as s:
            return await s.get_one(Case, case.id)

    async def row(self, outgoing: int) -> Outgoing:
        async with session() as s:
            return await s.get_one(Outgoing, outgoing)

    async def logged(self, case: Case) -> list[str]:
        """What the audit log holds of a case."""
        async with session() as s:
            about = select(AuditEntry.what).where(AuditEntry.about == f"case:{case.id}").order_by(AuditEntry.id)
            return list(await s.scalars(about))

    async def told(self, purpose: str) -> list[str]:
        return [str(row.payload["text"]) for row in await self.rooms.rows(purpose)]

    async def holder(self, case: Case) -> str | None:
        async with session() as s:
            return await s.scalar(
                select(Operator.name).join(Case, Case.holder_id == Operator.id).where(Case.id == case.id)
            )


@pytest.fixture
def shift(rooms: Rooms) -> Shift:
    return Shift(rooms)


async def test_a_whole_shift_goes_without_an_update_of_the_group(shift: Shift) -> None:
    """Claim, reply, hand over, take over, close, reopen, split, withdraw: one after the other."""
    case = await shift.reported()
    async with shift.acting() as (s, sari):
        claimed = await use_cases.claim_next(s, sari, sites.fallback())
        assert claimed is not None
        assert (claimed.case.id, claimed.shown) == (case.id, 2)
    outgoing = await shift.replies(case)
    async with shift.acting() as (s, sari):
        await use_cases.hand_over(s, sari, case.id)
    async with shift.acting(DARA) as (s, dara):
        await use_cases.claim(s, dara, case.id)
        await use_cases.close(s, dara, case.id, "resolved")
    assert (await shift.case(case)).outcome == "resolved"
    async with shift.acting() as (s, sari):
        await use_cases.reopen(s, sari, case.id)
        other = await use_cases.split(s, sari, case.id)
        withdrawn = await use_cases.withdraw(s, sari, outgoing)
    assert withdrawn is not None
    assert not withdrawn.asked
    assert (await shift.case(case)).holder_id == sari.id
    assert (other.split_from_id, other.main, other.state) == (case.id, False, "new")
    assert (await shift.row(outgoing)).state == "withdrawn"
    done = ["claimed", "answered", "handed_over", "claimed", "closed", "reopened", "split", "withdrawn"]
    assert [what for what in await shift.rooms.events(case) if what in done] == done
    assert sorted(await shift.logged(case)) == sorted([*done, "read", "read", "read"])


class TestClaiming:
    async def test_the_holder_gets_the_backlog_and_the_worker_a_notice(self, shift: Shift) -> None:
        case = await shift.claimed()
        shown = await shift.told("relay")
        assert [words in said for words, said in zip((TRAPPED, AGAIN), shown, strict=True)] == [True, True]
        assert render("case_claimed", "id") in await shift.rooms.screen()
        assert await shift.holder(case) == "Sari"

    async def test_the_card_in_the_topic_follows(self, shift: Shift) -> None:
        case = await shift.claimed()
        card = [row for row in await shift.rooms.rows("refresh") if row.case_id == case.id][-1]
        assert "Sari" in card.payload["text"]

    async def test_claiming_twice_shows_and_tells_nothing_twice(self, shift: Shift) -> None:
        case = await shift.claimed()
        before = len(await shift.rooms.rows())
        async with shift.acting() as (s, sari):
            assert (await use_cases.claim(s, sari, case.id)).shown is None
        assert len(await shift.rooms.rows()) == before

    async def test_a_colleague_hears_who_holds_it(self, shift: Shift) -> None:
        case = await shift.claimed()
        async with shift.acting(DARA) as (s, dara):
            with pytest.raises(CaseAlreadyClaimed) as refused:
                await use_cases.claim(s, dara, case.id)
        assert refused.value.holder == "Sari"

    async def test_nobody_waits(self, shift: Shift) -> None:
        async with shift.acting() as (s, sari):
            assert await use_cases.claim_next(s, sari, sites.fallback()) is None


class TestReplying:
    async def test_the_words_wait_for_the_worker_and_stand_in_the_topic(self, shift: Shift) -> None:
        case = await shift.claimed()
        row = await shift.row(await shift.replies(case))
        async with session() as s:
            chat = await s.get_one(Chat, case.chat_id)
        assert (row.chat_id, row.method, row.payload) == (chat.id, "sendMessage", {"text": "Halo, bisa bicara?"})
        assert (row.purpose, row.update_id, row.dedupe) == ("operator", None, "operator:console:1")
        told = render("desk_replied_elsewhere", "id", name="Sari", words="Halo, bisa bicara?")
        assert told in await shift.told("alert")

    async def test_the_same_reply_leaves_once(self, shift: Shift) -> None:
        case = await shift.claimed()
        await shift.replies(case)
        async with shift.acting() as (s, sari):
            again = await use_cases.reply(s, sari, case.id, Words("Halo, bisa bicara?"), once="console:1")
        assert again == Replied(None)
        assert len(await shift.rooms.rows("operator")) == 1

    async def test_an_answer_ends_the_lease(self, shift: Shift) -> None:
        case = await shift.claimed()
        await shift.replies(case)
        await shift.rooms.delivers()
        after = await shift.case(case)
        assert (after.state, after.waiting_since) == ("waiting_worker", None)
        async with session() as s:
            assert not await lease.lying(s, case.id)

    async def test_the_reference_of_a_case_is_refused(self, shift: Shift) -> None:
        case = await shift.claimed()
        async with shift.acting() as (s, sari):
            with pytest.raises(ReplyNamesReference):
                await use_cases.reply(s, sari, case.id, Words(f"kasus {REF}"), once="console:1")
        assert not await shift.rooms.rows("operator")

    async def test_only_the_holder_replies_edits_and_closes(self, shift: Shift) -> None:
        case = await shift.claimed()
        outgoing = await shift.replies(case)
        async with shift.acting(DARA) as (s, dara):
            with pytest.raises(NotTheHolder):
                await use_cases.reply(s, dara, case.id, Words("halo"), once="console:2")
            with pytest.raises(NotTheHolder):
                await use_cases.edit_reply(s, dara, case.id, outgoing, "lain", once="console:3", update=None)
            with pytest.raises(NotTheHolder):
                await use_cases.close(s, dara, case.id, "resolved")
            with pytest.raises(NotTheHolder):
                await use_cases.withdraw(s, dara, outgoing)

    async def test_an_edit_of_what_waits_leaves_only_the_last_words(self, shift: Shift) -> None:
        case = await shift.claimed()
        outgoing = await shift.replies(case)
        async with shift.acting() as (s, sari):
            await use_cases.edit_reply(s, sari, case.id, outgoing, "kata baru", once="console:2", update=None)
        assert (await shift.row(outgoing)).payload == {"text": "kata baru"}
        assert not await shift.rooms.rows("operator_edit")

    async def test_an_edit_of_what_was_sent_follows_it(self, shift: Shift) -> None:
        case = await shift.claimed()
        outgoing = await shift.replies(case)
        await shift.rooms.delivers()
        async with shift.acting() as (s, sari):
            await use_cases.edit_reply(s, sari, case.id, outgoing, "kata baru", once="console:2", update=None)
        (edit,) = await shift.rooms.rows("operator_edit")
        assert (edit.method, edit.payload) == ("editMessageText", {"of": outgoing, "text": "kata baru"})

    async def test_a_note_stays_with_the_team(self, shift: Shift) -> None:
        case = await shift.claimed()
        before = await shift.rooms.screen()
        async with shift.acting() as (s, sari):
            assert await use_cases.note(s, sari, await shift.case(case), "telepon keluarga besok")
        assert render("desk_note_elsewhere", "id", name="Sari", words="telepon keluarga besok") in await shift.told(
            "alert"
        )
        assert await shift.rooms.screen() == before


class TestTakingBack:
    async def test_what_was_sent_is_asked_to_be_deleted_and_the_topic_says_so(self, shift: Shift) -> None:
        case = await shift.claimed()
        outgoing = await shift.replies(case)
        await shift.rooms.delivers()
        async with shift.acting() as (s, sari):
            withdrawn = await use_cases.withdraw(s, sari, outgoing)
        assert withdrawn is not None
        assert withdrawn.asked
        (deletion,) = await shift.rooms.rows("erase")
        assert deletion.payload["message_ids"] == (await shift.row(outgoing)).message_ids
        assert render("desk_withdraw_asked", "id") in await shift.told("refresh")

    async def test_there_is_nothing_to_take_back_twice(self, shift: Shift) -> None:
        case = await shift.claimed()
        outgoing = await shift.replies(case)
        async with shift.acting() as (s, sari):
            await use_cases.withdraw(s, sari, outgoing)
            assert await use_cases.withdraw(s, sari, outgoing) is None

    async def test_a_row_that_is_no_reply_is_not_to_be_had(self, shift: Shift) -> None:
        case = await shift.claimed()
        notice = next(row for row in await shift.rooms.rows("notice") if row.case_id == case.id)
        async with shift.acting() as (s, sari):
            with pytest.raises(CaseNotFound):
                await use_cases.withdraw(s, sari, notice.id)

    async def test_a_reply_that_waits_goes_out_now(self, shift: Shift) -> None:
        case = await shift.claimed()
        outgoing = await shift.replies(case)
        async with session() as s:
            row = await s.get_one(Outgoing, outgoing)
            row.state = "waiting"
            await s.commit()
        async with shift.acting() as (s, sari):
            assert await use_cases.send_now(s, sari, outgoing) == "released"
        row = await shift.row(outgoing)
        assert (row.state, row.override) == ("queued", True)
        assert "overridden" in await shift.logged(case)
        await shift.rooms.delivers()
        async with shift.acting() as (s, sari):
            assert await use_cases.send_now(s, sari, outgoing) == "sent_before"


class TestClosing:
    async def test_the_worker_is_told_that_the_talk_is_over(self, shift: Shift) -> None:
        case = await shift.claimed()
        async with shift.acting() as (s, sari):
            await use_cases.close(s, sari, case.id, "resolved")
        assert render("case_closed", "id") in await shift.rooms.screen()

    async def test_what_was_written_after_closing_comes_with_reopening(self, shift: Shift) -> None:
        case = await shift.claimed()
        async with shift.acting() as (s, sari):
            await use_cases.close(s, sari, case.id, "resolved")
        await shift.rooms.delivers()
        await shift.rooms.writes("terima kasih")
        async with shift.acting(DARA) as (s, dara):
            reopened = await use_cases.reopen(s, dara, case.id)
        assert reopened.shown == 3
        assert "terima kasih" in (await shift.told("relay"))[-1]

    async def test_reopening_an_open_case_is_a_claim(self, shift: Shift) -> None:
        case = await shift.reported()
        async with shift.acting() as (s, sari):
            assert (await use_cases.reopen(s, sari, case.id)).shown == 2
        assert "reopened" not in await shift.rooms.events(case)

    async def test_a_chat_is_blocked_and_rings_again(self, shift: Shift) -> None:
        case = await shift.claimed()
        async with shift.acting() as (s, sari):
            await use_cases.close_and_block(s, sari, case.id)
        assert (await shift.rooms.chat()).blocked_until is not None
        async with shift.acting(DARA) as (s, dara):
            assert await use_cases.unblock(s, dara, case.id)
            assert not await use_cases.unblock(s, dara, case.id)
        assert (await shift.rooms.chat()).blocked_until is None

    async def test_an_operator_of_another_desk_does_nothing(
        self, shift: Shift, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case = await shift.claimed()

        def elsewhere(operator: Operator, site: str) -> bool:
            return operator.name != "Dara"

        monkeypatch.setattr("bot.cases.allowed.acts_for", elsewhere)
        outgoing = await shift.replies(case)
        async with shift.acting(DARA) as (s, dara):
            for refused in (
                use_cases.claim(s, dara, case.id),
                use_cases.unblock(s, dara, case.id),
                use_cases.withdraw(s, dara, outgoing),
                use_cases.note(s, dara, case, "catatan"),
            ):
                with pytest.raises(NotOfThisDesk):
                    await refused


async def test_many_are_closed_and_taken_back_at_once(shift: Shift) -> None:
    for user in (61, 62, 63):
        await shift.rooms.writes(TRAPPED, user)
    everybody = [case.id for case in await shift.rooms.cases()]
    async with shift.acting() as (s, sari):
        closed = await use_cases.close_unclaimed(s, sari, everybody, press=7, like_one_read=True)
    assert {case.state for case in closed} == {"closed"}
    async with shift.acting() as (s, sari):
        assert len(await use_cases.open_again(s, sari, 7)) == 3
    assert {case.state for case in await shift.rooms.cases()} == {"new"}
