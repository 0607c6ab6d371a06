"""The log of who did what: what must stand in it, that nobody can change it, and that a change would be seen."""

from __future__ import annotations

import asyncio
import getpass
import json
import re

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from bot.alarm import duty
from bot.cases import operators
from bot.cases import service as cases
from bot.cases.retention import holds
from bot.desk import lease
from bot.knowledge import contacts
from bot.knowledge import service as knowledge
from bot.storage import audit, audited
from bot.storage.models import AuditEntry, Outgoing
from bot.storage.session import session
from tests.contract.test_lease import answer, at
from tests.support.rooms import DARA, Rooms

TRAPPED = "tolong pak, saya disekap di kamboja, paspor saya diambil bos"


async def entries() -> list[AuditEntry]:
    async with session() as s:
        return list(await s.scalars(select(AuditEntry).order_by(AuditEntry.number)))


async def done(about: str) -> list[tuple[str, str]]:
    """What was done about a row, and by whom."""
    return [(entry.what, entry.actor) for entry in await entries() if entry.about == about]


async def sql(statement: str) -> None:
    """What somebody does who has the whole database."""
    async with session() as s:
        await s.execute(text(statement))
        await s.commit()


async def as_the_owner(statement: str) -> None:
    """Tampering by somebody who first takes the guard away."""
    await sql("alter table audit disable trigger user")
    await sql(statement)
    await sql("alter table audit enable trigger user")


class TestWhatStandsInIt:
    async def test_a_case_from_claim_to_reopening(self, rooms: Rooms) -> None:
        case = await rooms.claimed(TRAPPED)
        await answer(rooms, case)
        [row] = await rooms.rows("operator")
        async with session() as s:
            (await s.get_one(Outgoing, row.id)).state = "waiting"
            await s.commit()
        for button in (f"out:override:{row.id}", f"out:withdraw:{row.id}", f"case:waits:{case.id}"):
            await rooms.operator_presses(button)
        for button in (f"case:hand:{case.id}", f"case:claim:{case.id}", f"case:closed:{case.id}:resolved"):
            await rooms.operator_presses(button)
        await rooms.operator_presses(f"case:reopen:{case.id}", DARA)
        sari, dara = "operator:1", "operator:2"
        assert await done(f"case:{case.id}") == [
            ("claimed", sari),
            ("read", sari),
            ("answered", sari),
            ("overridden", sari),
            ("withdrawn", sari),
            ("waiting_worker", sari),
            ("handed_over", sari),
            ("claimed", sari),
            ("read", sari),
            ("closed", sari),
            ("reopened", dara),
            ("read", dara),
        ]

    async def test_what_the_hotline_takes_from_a_holder(self, rooms: Rooms) -> None:
        case = await rooms.claimed(TRAPPED)
        await lease.look(at(91))
        assert (await done(f"case:{case.id}"))[-1] == ("lapsed", "bot")

    async def test_what_a_worker_does_leaves_nothing(self, rooms: Rooms) -> None:
        await rooms.writes(TRAPPED)
        await rooms.writes("di bavet")
        assert [entry.what for entry in await entries() if entry.about.startswith("case:")] == []

    async def test_changes_of_lists_with_who_typed_them(self, rooms: Rooms) -> None:
        audit.act_as_command("Ibu  Rini\n")
        await operators.add("Budi", telegram_id=900003, site=None, role="admin", lang="id")
        await operators.add("Budi", telegram_id=900003, site=None, role="operator", lang="km")
        await duty.change("Budi", order=1, email="budi@example.org", phone=None)
        await operators.remove(900003)
        typed = f"command:{getpass.getuser()} as Ibu Rini"
        assert await done("operator:3") == [
            (what, typed) for what in ("operator_added", "operator_changed", "duty_changed", "operator_removed")
        ]
        assert "budi@example.org" not in str([entry.detail for entry in await entries()])

    async def test_holds_and_confirmations(self, rooms: Rooms) -> None:
        case = await rooms.claimed(TRAPPED)
        audit.act_as_command()
        await holds.hold(case.ref, why="sidang di Medan", by="Advokat Lestari")
        await holds.release(case.ref, by="Advokat Lestari")
        typed = f"command:{getpass.getuser()}"
        assert (await done(f"case:{case.id}"))[-2:] == [("hold", typed), ("hold_released", typed)]
        fact = next(one for one in contacts.directory().contacts).id
        await knowledge.confirm(fact, "Sari")
        assert await done(f"fact:{fact}") == [("fact_confirmed", "operator:1")]

    async def test_no_word_of_a_worker_and_no_name_is_in_it(self, rooms: Rooms) -> None:
        case = await rooms.claimed(TRAPPED)
        await answer(rooms, case, "Apakah ada luka?")
        await rooms.operator_writes("dia di gedung merah", case.topic_id)
        found = await entries()
        said = " ".join(f"{entry.what} {entry.about} {entry.actor} {entry.detail}" for entry in found)
        for word in ("disekap", "luka", "merah", "Budi", "Sari"):
            assert word not in said
        assert all(isinstance(json.loads(entry.detail), dict) for entry in found)

    async def test_what_is_taken_back_leaves_no_entry(self, rooms: Rooms) -> None:
        before = len(await entries())
        async with session() as s:
            audit.record(s, "claimed", about="case:1")
            await s.flush()
            await s.rollback()
        assert len(await entries()) == before

    async def test_it_can_be_read_by_case(self, rooms: Rooms) -> None:
        case = await rooms.claimed(TRAPPED)
        shown = await audited.table(50, ref=case.ref.lower())
        assert [line.split()[3] for line in shown.splitlines()] == ["claimed", "read"]
        assert case.ref in shown and "operator:1" in shown
        assert "operator_added" in await audited.table(50)
        assert await audited.table(50, ref="H-ZZZZ") == "Nothing is in the log."


class TestItIsKept:
    @pytest.mark.parametrize(
        "statement",
        [
            "update audit set actor = 'operator:9'",
            "update audit set hash = 'x'",
            "delete from audit",
            "truncate audit",
        ],
    )
    async def test_the_database_refuses_to_change_it(self, rooms: Rooms, statement: str) -> None:
        before = [entry.hash for entry in await entries()]
        with pytest.raises(DBAPIError, match="append-only"):
            await sql(statement)
        assert [entry.hash for entry in await entries()] == before

    async def test_an_entry_cannot_be_changed_before_its_transaction_ends_either(self, rooms: Rooms) -> None:
        with pytest.raises(DBAPIError, match="append-only"):
            await sql(
                "insert into audit (what, actor, about, detail) values ('claimed', 'operator:1', '', '{}');"
                "update audit set actor = 'operator:2' where hash is null"
            )

    async def test_a_whole_log_says_so_and_gives_its_last_hash(self, rooms: Rooms) -> None:
        await rooms.claimed(TRAPPED)
        said, code = await audited.verified()
        found = await entries()
        assert code == 0
        assert said == f"Whole: {len(found)} entries. Note the hash of the last one elsewhere: {found[-1].hash}"
        assert (await audited.verified(str(found[0].hash)))[1] == 0

    async def test_an_empty_log_is_whole(self, database: str) -> None:
        said, code = await audited.verified()
        assert (said.startswith("Whole: 0 entries."), code) == (True, 0)

    @pytest.mark.parametrize(
        ("tampering", "said"),
        [
            (
                "update audit set actor = 'operator:9' where number = 3",
                r"Entry 3, row \d+ \(.*, is not what was written",
            ),
            ("update audit set at = at - interval '1 hour' where number = 2", "Entry 2, .* is not what was written"),
            ("delete from audit where number = 2", r"Entry 2 is missing; after it comes row \d+"),
            ("update audit set previous = repeat('1', 64) where number = 4", "Entry 4, .* does not follow"),
            (
                "update audit set number = null, hash = null where number = (select max(number) from audit)",
                "stands outside the chain",
            ),
        ],
    )
    async def test_whoever_takes_the_guard_away_is_seen_at_the_first_row(
        self, rooms: Rooms, tampering: str, said: str
    ) -> None:
        await rooms.claimed(TRAPPED)
        await as_the_owner(tampering)
        report, code = await audited.verified()
        assert code == 1
        assert re.search(said, report), report

    async def test_a_noted_hash_shows_that_the_end_was_cut_off_or_all_was_written_anew(self, rooms: Rooms) -> None:
        await rooms.claimed(TRAPPED)
        noted = str((await entries())[-1].hash)
        await as_the_owner("delete from audit where number > 2")
        assert (await audited.verified())[1] == 0
        report, code = await audited.verified(noted.upper())
        assert code == 1 and "noted hash is not among them" in report

    async def test_many_at_once_make_one_chain(self, rooms: Rooms) -> None:
        async def one(number: int) -> None:
            async with session() as s:
                audit.record(s, "claimed", about=f"case:{number}", many=[1, 2])
                await s.flush()
                # Nobody waits for the chain before the end of their transaction.
                await asyncio.sleep(0)
                audit.record(s, "read", about=f"case:{number}")
                await s.commit()

        before = len(await entries())
        await asyncio.gather(*(one(number) for number in range(30)))
        found = await entries()
        assert [entry.number for entry in found] == list(range(1, before + 61))
        assert (await audited.verified())[1] == 0

    async def test_two_transactions_that_both_wrote_wait_for_each_other_only_while_they_commit(
        self, rooms: Rooms
    ) -> None:
        async with session() as first, session() as second:
            for s in (first, second):
                audit.record(s, "claimed", about="case:1")
                await s.flush()
            await second.commit()
            await first.commit()
        assert (await audited.verified())[1] == 0

    async def test_an_entry_begun_earlier_and_committed_later_follows(self, rooms: Rooms) -> None:
        await rooms.claimed(TRAPPED)
        async with session() as s:
            case = await cases.locked(s, (await rooms.case()).id)
            cases.record(s, case, "note", "operator:1", body="x")
            await s.commit()
        assert [entry.what for entry in await entries()][-1] == "note"
