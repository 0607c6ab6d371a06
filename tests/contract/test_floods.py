"""Floods of false reports: the desk gets rid of them in a few presses, and no cry is lost or unseen for it."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, update

from bot.alarm import service as alarm
from bot.cases.quiet import BLOCK_HOURS, QUIET_HOURS
from bot.desk import alike
from bot.desk import jobs as desk_jobs
from bot.storage.models import Case, CaseEvent, Chat, Outgoing
from bot.storage.session import session
from bot.texts import render
from bot.watch import snapshot as watched
from tests.support.rooms import DARA, Rooms

P1 = "tolong saya dipukuli sekarang, ada yang mau bunuh saya, saya di kamboja"
P2 = "paspor saya diambil bos, gaji tiga bulan tidak dibayar, saya di kamboja"
OTHER = "anak saya umur 15 dikurung di lantai tiga gedung biru, tolong cepat, dia dipukul tiap malam"


async def closed_as_none(rooms: Rooms, *, button: str = "closed") -> Case:
    """The newest case, claimed by Sari and closed as none."""
    await rooms.delivers()
    case = await rooms.case()
    await rooms.operator_presses(f"case:claim:{case.id}")
    outcome = ":not_a_case" if button == "closed" else ""
    await rooms.operator_presses(f"case:{button}:{case.id}{outcome}")
    await rooms.delivers()
    return case


async def lists(rooms: Rooms) -> list[Outgoing]:
    """The list as it is posted now."""
    async with session() as s:
        group = await s.scalar(select(Chat.id).where(Chat.kind == "operators"))
    assert group is not None
    await desk_jobs.post_list(group=group)
    return await rooms.rows("list")


async def calls(after: dt.timedelta = dt.timedelta(hours=1)) -> int:
    """How many P1 cases call duty people by then."""
    async with session() as s:
        found = await alarm.waiting(s, dt.datetime.now(dt.UTC) + after)
    return sum(len(cases) for cases in found.values())


async def rang(rooms: Rooms, case: Case) -> bool:
    """Whether anything of a case was posted with a sound while nobody held it."""
    mine = [row for row in await rooms.rows("card", "alert") if row.case_id == case.id]
    return any(not row.payload.get("silent") for row in mine)


class TestCoolDown:
    """After a case that was none the next one of its chat is listed, and rings nobody."""

    async def test_one_account_rings_p1_once_and_each_report_is_a_case_on_the_list(self, rooms: Rooms) -> None:
        await rooms.writes(P1, 41)
        first = await closed_as_none(rooms)
        assert await rang(rooms, first)
        await rooms.writes(P1, 41)
        await rooms.delivers()
        again = await rooms.case()
        assert (again.id != first.id, again.state, again.priority, again.quiet) == (True, "new", 1, True)
        assert not await rang(rooms, again) and await calls() == 0
        (posted,) = await lists(rooms)
        assert again.ref in posted.payload["text"] and posted.payload["silent"]
        async with session() as s:
            await s.execute(update(Case).where(Case.id == again.id).values(opened_at=again.opened_at - dt.timedelta(1)))
            await s.execute(update(CaseEvent).values(at=CaseEvent.at - dt.timedelta(1)))
            await s.commit()
        seen = (await watched.take()).total("unclaimed", "1")
        assert (seen.number, seen.oldest) == (1, None), "it is counted, and makes nobody late"
        await desk_jobs.re_alert(case=again.id, step=1)
        assert not await rang(rooms, again)
        assert any(letter.isdigit() for letter in (await rooms.screen())[-1]), "the person gets a number to call"
        assert await rooms.operator_presses("case:next") == render(
            "desk_you_claimed_ref", "id", ref=again.ref, priority=1
        )

    async def test_another_persons_cry_rings_as_ever(self, rooms: Rooms) -> None:
        await rooms.writes(P1, 41)
        await closed_as_none(rooms)
        await rooms.writes(P1, 41)
        await rooms.writes(P1, 42)
        assert await rang(rooms, await rooms.case()) and await calls() == 1
        await rooms.writes(P2, 43)
        assert await rang(rooms, await rooms.case()), "a quiet case on the list keeps no other off the group"

    async def test_something_worse_rings(self, rooms: Rooms) -> None:
        await rooms.writes(P2, 41)
        await closed_as_none(rooms)
        await rooms.writes(P2, 41)
        assert (await rooms.case()).quiet
        await rooms.writes(P1, 41)
        worse = await rooms.case()
        assert (worse.priority, worse.quiet) == (1, False)
        assert await rang(rooms, worse) or await calls() == 1

    async def test_a_child_rings(self, rooms: Rooms) -> None:
        await rooms.writes(P1, 41)
        await closed_as_none(rooms)
        await rooms.writes(OTHER, 41)
        assert not (await rooms.case()).quiet

    @pytest.mark.parametrize("outcome", ["resolved", "unreachable", "duplicate"])
    async def test_any_other_end_leaves_the_next_report_its_ring(self, rooms: Rooms, outcome: str) -> None:
        await rooms.writes(P1, 41)
        await rooms.delivers()
        case = await rooms.case()
        await rooms.operator_presses(f"case:claim:{case.id}")
        await rooms.operator_presses(f"case:closed:{case.id}:{outcome}")
        await rooms.writes(P1, 41)
        assert not (await rooms.case()).quiet

    async def test_it_is_over_after_two_hours(self, rooms: Rooms) -> None:
        await rooms.writes(P1, 41)
        case = await closed_as_none(rooms)
        before = dt.datetime.now(dt.UTC) - dt.timedelta(hours=QUIET_HOURS, minutes=1)
        async with session() as s:
            await s.execute(update(Case).where(Case.id == case.id).values(closed_at=before))
            await s.commit()
        await rooms.writes(P1, 41)
        assert not (await rooms.case()).quiet

    async def test_a_colleague_it_is_handed_to_is_rung(self, rooms: Rooms) -> None:
        await rooms.writes(P1, 41)
        await closed_as_none(rooms)
        await rooms.writes(P1, 41)
        case = await rooms.case()
        await rooms.operator_presses(f"case:claim:{case.id}")
        await rooms.operator_presses(f"case:hand:{case.id}")
        assert not (await rooms.case()).quiet and await calls() == 1


class TestBlock:
    """A blocked chat rings nobody for a day, and is heard all the same."""

    async def test_its_cries_are_cases_on_the_list_and_ring_nobody(self, rooms: Rooms) -> None:
        await rooms.writes(P2, 41)
        await closed_as_none(rooms, button="block")
        for words in (P2, P1, OTHER):
            row = await rooms.writes(words, 41)
            assert (await rooms.row(row)).case_id is not None, "stored and triaged"
        case = await rooms.case()
        assert (case.priority, case.quiet) == (1, True)
        assert not await rang(rooms, case) and await calls() == 0
        assert case.ref in (await lists(rooms))[-1].payload["text"]

    async def test_it_ends_by_itself_and_by_a_press(self, rooms: Rooms) -> None:
        await rooms.writes(P1, 41)
        case = await closed_as_none(rooms, button="block")
        assert await rooms.operator_presses(f"case:unblock:{case.id}", who=DARA) == render("desk_you_unblocked", "id")
        assert await rooms.operator_presses(f"case:unblock:{case.id}") == render("desk_not_blocked", "id")
        async with session() as s:
            over = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
            await s.execute(update(Chat).where(Chat.kind == "private").values(blocked_until=over))
            await s.execute(update(Case).values(closed_at=over - dt.timedelta(hours=BLOCK_HOURS)))
            await s.commit()
        await rooms.writes(P1, 41)
        assert not (await rooms.case()).quiet

    async def test_only_the_holder_blocks(self, rooms: Rooms) -> None:
        case = await rooms.claimed(P1)
        assert await rooms.operator_presses(f"case:block:{case.id}", who=DARA) == render("desk_press_not_holder", "id")
        assert (await rooms.chat()).blocked_until is None

    async def test_who_takes_its_case_reads_on_the_card_that_it_is_blocked(self, rooms: Rooms) -> None:
        await rooms.writes(P1, 41)
        await closed_as_none(rooms, button="block")
        await rooms.writes(P1, 41)
        await rooms.operator_presses("case:next")
        card = (await rooms.rows("card"))[-1].payload["text"]
        assert render("desk_card_quiet", "id") in card


class TestManyAtOnce:
    """A hundred fakes in five presses, each of them a question away from a mistake."""

    async def fakes(self, rooms: Rooms, count: int) -> None:
        for number in range(count):
            await rooms.writes(f"{P1} no {number}!", 1000 + number)

    def button(self, row: Outgoing, place: int = 0) -> str:
        data: str = row.payload["reply_markup"]["inline_keyboard"][place][0]["callback_data"]
        return data

    async def test_a_hundred_fakes_of_a_hundred_accounts_in_five_presses(self, rooms: Rooms) -> None:
        await self.fakes(rooms, 100)
        await rooms.writes(OTHER, 77)
        real = await rooms.case()
        await rooms.delivers()
        one = (await rooms.cases())[0]
        presses = 0
        for data in (f"case:claim:{one.id}", f"case:close:{one.id}", f"case:closed:{one.id}:not_a_case"):
            await rooms.operator_presses(data)
            presses += 1
        offered = (await rooms.rows("alert"))[-1]
        assert render("desk_bulk_alike", "id", count=99, refs="").strip() in offered.payload["text"]
        assert offered.case_id == one.id and real.ref not in offered.payload["text"]
        await rooms.operator_presses(self.button(offered))
        asked = (await rooms.rows("alert"))[-1]
        assert len([case for case in await rooms.cases() if case.state == "closed"]) == 1, "a question first"
        await rooms.operator_presses(self.button(asked))
        presses += 2
        still = [case for case in await rooms.cases() if case.state != "closed"]
        assert ([case.id for case in still], presses) == ([real.id], 5)

    async def test_the_list_offers_them_by_their_words_and_what_came_later_stays(self, rooms: Rooms) -> None:
        await self.fakes(rooms, 8)
        await rooms.writes(OTHER, 77)
        shown = (await lists(rooms))[-1]
        assert self.button(shown, -1) == "bulk:show:0:0"
        assert await rooms.operator_presses("bulk:show:0:0") == render("desk_bulk_shown", "id")
        by_words = (await rooms.rows("alert"))[-1]
        assert len(by_words.payload["reply_markup"]["inline_keyboard"]) == 2, "one group of like words, and all"
        await rooms.writes(P1, 78)
        late = await rooms.case()
        await rooms.operator_presses(self.button(by_words))
        await rooms.operator_presses(self.button((await rooms.rows("alert"))[-1]))
        open_ = [case for case in await rooms.cases() if case.state != "closed"]
        assert len(open_) == 2 and late.id in {case.id for case in open_}

    async def test_one_press_takes_it_back_and_they_ring_again(self, rooms: Rooms) -> None:
        await self.fakes(rooms, 6)
        await rooms.operator_presses("bulk:show:0:0")
        await rooms.operator_presses(self.button((await rooms.rows("alert"))[-1], -1))
        await rooms.operator_presses(self.button((await rooms.rows("alert"))[-1]))
        assert not [case for case in await rooms.cases() if case.state == "new"]
        back = self.button((await rooms.rows("alert"))[-1])
        assert await rooms.operator_presses(back) == render("desk_bulk_opened", "id")
        assert len([case for case in await rooms.cases() if case.state == "new"]) == 6 == await calls()
        assert await rooms.operator_presses(back) == render("desk_bulk_nothing", "id")

    async def test_chats_that_nobody_read_ring_again_when_they_write(self, rooms: Rooms) -> None:
        await self.fakes(rooms, 6)
        await rooms.operator_presses("bulk:show:0:0")
        everything = (await rooms.rows("alert"))[-1]
        await rooms.operator_presses(self.button(everything, -1))
        await rooms.operator_presses(self.button((await rooms.rows("alert"))[-1]))
        await rooms.writes(P1, 1000)
        assert not (await rooms.case()).quiet

    async def test_one_that_was_claimed_meanwhile_stays(self, rooms: Rooms) -> None:
        await self.fakes(rooms, 6)
        await rooms.operator_presses("bulk:show:0:0")
        await rooms.operator_presses(self.button((await rooms.rows("alert"))[-1], -1))
        ask = (await rooms.rows("alert"))[-1]
        taken = (await rooms.cases())[2]
        await rooms.operator_presses(f"case:claim:{taken.id}", who=DARA)
        await rooms.operator_presses(self.button(ask))
        assert [case.id for case in await rooms.cases() if case.state != "closed"] == [taken.id]

    @pytest.mark.parametrize("data", ["bulk:yes:1", "bulk:yes:x:y", "bulk:rm:1:2", "bulk:yesall:0:0", "bulk:back:9:0"])
    async def test_an_odd_button_does_nothing(self, rooms: Rooms, data: str) -> None:
        await self.fakes(rooms, 2)
        await rooms.operator_presses(data)
        assert all(case.state == "new" for case in await rooms.cases())


def test_a_short_cry_is_like_no_other() -> None:
    assert not alike.same_words("tolongpak", "tolongpak")
    assert alike.same_words("tolongsayadipukulisekarang", "tolongsayadipukulsekarang")
    assert not alike.same_words("tolongsayadipukulisekarang", "anaksayahilangdikamboja")
