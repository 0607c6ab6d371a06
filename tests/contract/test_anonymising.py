"""A year after a case was closed no word of it is left anywhere; what somebody still needs stays until they do not."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from bot import settings as settings_module
from bot import texts
from bot.cases import retention
from bot.cases.retention import closed, deleting, holds, reports, topics
from bot.errors import CaseError, CaseNotFound
from bot.outbox import media, send
from bot.outbox.erase import erase_phone
from bot.outbox.limits import Limits
from bot.runtime.circuit_breaker import Outage
from bot.storage import crypto, jobs
from bot.storage.models import Case, CaseEvent, CaseHold, Chat, Media, Outgoing, RetentionReport, TopicMessage, Update
from bot.storage.session import session
from bot.watch import status
from tests.support.kept import everything, older, rows
from tests.support.rooms import GROUP, SARI, Rooms
from tests.support.sandbox import DEFAULT_GROUP_ID, Group, Sandbox, running_sandbox

#: One for each place in which somebody's words rest.
CANARIES = {
    "message": "kenarimerah",
    "caption": "kenarihijau",
    "file name": "kenaribiru",
    "file": "kenarihitam",
    "copy without metadata": "kenariputih",
    "fact": "kenariungu",
    "note": "kenarikuning",
    "answer": "kenarijingga",
    "edited answer": "kenariemas",
    "topic": "kenariabu",
    "press": "kenariperak",
    "worker's name": "Budi",
}


async def found_canaries() -> set[str]:
    left = await everything()
    return {name for name, word in CANARIES.items() if word in left}


async def told(rooms: Rooms, user: int = 41) -> Case:
    """A held case with words of every kind: the worker's, files, notes, answers, its topic."""
    case = await rooms.claimed(f"tolong, paspor saya ditahan bos, saya disekap, {CANARIES['message']}", user)
    document = {"file_id": "f1", "file_unique_id": "u1", "file_name": f"{CANARIES['file name']}.pdf", "file_size": 10}
    sent = await rooms.writes(None, user, document=document, caption=CANARIES["caption"])
    async with session() as s:
        row = (await s.scalars(select(Media).where(Media.update_id == sent))).one()
        row.state, row.path, row.clean_path = "stored", f"{row.id}.enc", f"{row.id}.clean.enc"
        media.folder().mkdir(parents=True, exist_ok=True)
        for name, what in ((row.path, "file"), (row.clean_path, "copy without metadata")):
            (media.folder() / name).write_bytes(crypto.keys().encrypt(CANARIES[what].encode()))
        mine = await s.get_one(Case, case.id)
        mine.facts = {**mine.facts, "place": CANARIES["fact"]}
        await s.commit()
    await rooms.delivers()
    async with session() as s:
        query = select(TopicMessage).where(TopicMessage.case_id == case.id, TopicMessage.role == "relay")
        relay = (await s.scalars(query.order_by(TopicMessage.id))).first()
        topic = (await s.get_one(Case, case.id)).topic_id
        assert relay is not None and topic is not None
    written = await rooms.operator_writes(CANARIES["answer"], topic, to=relay.message_id)
    await rooms.delivers()
    await rooms.operator_writes(CANARIES["edited answer"], topic, to=relay.message_id, edits=written)
    await rooms.operator_writes(CANARIES["note"], topic)
    await rooms.operator_writes(None, topic, forum_topic_edited={"name": CANARIES["topic"]})
    await rooms.delivers()
    return case


async def pressed_in(rooms: Rooms, case: Case) -> None:
    """Somebody presses a button under a message of the topic: Telegram tells the message with it."""
    chat = {"id": GROUP, "type": "supergroup", "title": "g", "is_forum": True}
    body = {"message_id": 7, "date": 1, "chat": chat, "message_thread_id": case.topic_id, "text": CANARIES["press"]}
    sender = {"id": SARI, "is_bot": False, "first_name": "x"}
    press = {"id": "1", "from": sender, "chat_instance": "1", "data": "what:ever", "message": body}
    row = await rooms.stores({"update_id": 990_000_000 + case.id, "callback_query": press})
    async with session() as s:
        await s.execute(update(Update).where(Update.id == row).values(state="done"))
        await s.commit()


async def closes(rooms: Rooms, case: Case, outcome: str = "resolved") -> Case:
    await rooms.operator_presses(f"case:closed:{case.id}:{outcome}")
    await rooms.delivers()
    async with session() as s:
        found = await s.get_one(Case, case.id)
        assert found.state == "closed"
        return found


async def closed_long_ago(rooms: Rooms, days: int = 400) -> Case:
    case = await told(rooms)
    async with session() as s:
        await pressed_in(rooms, await s.get_one(Case, case.id))
    case = await closes(rooms, case)
    assert await found_canaries() == set(CANARIES), "each canary is somewhere, else this shows nothing"
    await older(days)
    return await again(case)


async def again(case: Case) -> Case:
    async with session() as s:
        return await s.get_one(Case, case.id)


async def last_report() -> RetentionReport:
    async with session() as s:
        found = await s.scalar(select(RetentionReport).order_by(RetentionReport.id.desc()).limit(1))
        assert found is not None
        return found


class TestAYearLater:
    async def test_no_word_of_a_closed_case_is_left_anywhere(self, rooms: Rooms) -> None:
        await closed_long_ago(rooms)
        await retention.forget()
        assert await found_canaries() == set()
        assert [path for path in media.folder().rglob("*") if path.is_file()] == []

    async def test_what_is_counted_of_it_stays(self, rooms: Rooms) -> None:
        before = await closed_long_ago(rooms)
        await retention.forget()
        after = await again(before)
        kept = (
            "ref kind priority lang nationality country site outcome found_by holder_id opened_at claimed_at closed_at"
        )
        assert [getattr(after, name) for name in kept.split()] == [getattr(before, name) for name in kept.split()]
        assert (after.chat_id, after.facts, after.card_message_id) == (None, {}, None)
        assert after.anonymised_at is not None
        events = await rooms.events(after)
        assert {"opened", "claimed", "note", "closed", "anonymised"} <= set(events), "what happened and when stays"

    async def test_a_day_too_early_everything_stays(self, rooms: Rooms) -> None:
        await closed_long_ago(rooms, days=364)
        before = await rows()
        await retention.forget()
        assert await rows() == before
        assert await found_canaries() == set(CANARIES)

    async def test_the_setting_says_how_long(self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
        case = await closed_long_ago(rooms, days=100)
        await retention.forget()
        assert (await again(case)).anonymised_at is None
        monkeypatch.setenv("CLOSED_CASES_DAYS", "90")
        settings_module.settings.cache_clear()
        await retention.forget()
        assert (await again(case)).anonymised_at is not None

    async def test_an_event_keeps_nothing_that_a_worker_named(self, rooms: Rooms) -> None:
        case = await closed_long_ago(rooms)
        async with session() as s:
            named = {"from": "19:00", "to": "21:00", "zone": "Asia/Phnom_Penh"}
            s.add(CaseEvent(case_id=case.id, what="safe_hours_named", actor="worker", detail=named))
            await s.commit()
        await retention.forget()
        async with session() as s:
            details = list(await s.scalars(select(CaseEvent.detail).where(CaseEvent.case_id == case.id)))
        assert {key for detail in details for key in detail} <= set(closed.EVENT_KEEPS)
        assert any(detail.get("outcome") == "resolved" for detail in details)

    async def test_a_case_has_a_chat_or_is_anonymised_the_database_sees_to_it(self, rooms: Rooms) -> None:
        case = await closed_long_ago(rooms)
        for wrong in ({"chat_id": None}, {"anonymised_at": dt.datetime.now(dt.UTC)}):
            with pytest.raises(IntegrityError):
                async with session() as s:
                    await s.execute(update(Case).where(Case.id == case.id).values(**wrong))

    async def test_who_writes_again_after_it_is_somebody_new(self, rooms: Rooms) -> None:
        before = await closed_long_ago(rooms)
        await retention.forget()
        await rooms.writes("tolong, saya disekap di Bavet")
        await rooms.delivers()
        case = await rooms.case()
        assert case.id != before.id and case.chat_id is not None
        await rooms.operator_presses(f"case:claim:{case.id}")
        await rooms.delivers()
        assert CANARIES["message"] not in "\n".join(await rooms.topic())

    async def test_what_a_lost_key_keeps_closed_is_forgotten_too(self, rooms: Rooms) -> None:
        case = await closed_long_ago(rooms)
        async with session() as s:
            for column in ("cases.facts", "updates.raw", "outbox.payload", "media.file_id", "media.name"):
                table, name = column.split(".")
                await s.execute(text(f"update {table} set {name} = 'unreadable'"))
            await s.execute(text("update updates set case_id = null where kind = 'callback_query'"))
            await s.commit()
        gone = await retention.forget()
        assert gone["closed_cases"]["cases"] == 1 and "group_without_case" in gone
        assert (await again(case)).anonymised_at is not None

    async def test_a_message_that_waited_for_somebody_who_never_wrote_again_holds_nothing_up(
        self, rooms: Rooms
    ) -> None:
        case = await closed_long_ago(rooms)
        async with session() as s:
            waits = (await s.scalars(select(Outgoing).where(Outgoing.dedupe == f"closed:{case.id}"))).one()
            waits.state = "waiting"
            await s.commit()
        gone = await retention.forget()
        assert gone["closed_cases"]["never_sent"] == 1
        assert await found_canaries() == set()

    async def test_notes_of_operators_are_not_shown_as_the_workers_words(self, rooms: Rooms) -> None:
        case = await told(rooms)
        async with session() as s:
            tied = list(await s.scalars(select(Update.chat_id).where(Update.case_id == case.id).distinct()))
            assert len(tied) == 2, "the worker's and the operators' messages belong to the case"
            found = await s.get_one(Case, case.id)
            from bot.cases import service as cases

            assert {row.chat_id for row in await cases.messages_of(s, found)} == {found.chat_id}


class TestWhatIsStillNeeded:
    async def test_a_chat_with_an_open_case_keeps_everything(self, rooms: Rooms) -> None:
        case = await closed_long_ago(rooms)
        await rooms.writes("tolong, saya disekap lagi")
        await rooms.delivers()
        before = await rows()
        await retention.forget()
        assert await rows() == before
        assert await found_canaries() == set(CANARIES)
        assert (await last_report()).kept_back == {"open": 1}
        assert (await again(case)).anonymised_at is None

    async def test_a_chat_with_a_later_closed_case_loses_the_older_one_alone(self, rooms: Rooms) -> None:
        first = await closed_long_ago(rooms, days=300)
        await rooms.writes("tolong, saya disekap lagi, kenaribaru")
        await rooms.delivers()
        second = await rooms.case()
        await rooms.operator_presses(f"case:claim:{second.id}")
        await rooms.delivers()
        await closes(rooms, second)
        await older(100)
        await retention.forget()
        assert await found_canaries() == {"worker's name"}, "the chat is still the second case's"
        assert "kenaribaru" in await everything()
        assert (await again(first)).chat_id is None
        assert (await again(second)).chat_id is not None

    async def test_cases_split_from_each_other_wait_for_the_one_closed_last(self, rooms: Rooms) -> None:
        main = await told(rooms)
        await rooms.operator_presses(f"case:split:{main.id}")
        await rooms.delivers()
        other = (await rooms.cases())[-1]
        assert other.split_from_id == main.id
        await closes(rooms, main)
        await older(300)
        await rooms.operator_presses(f"case:claim:{other.id}")
        await rooms.delivers()
        await closes(rooms, other)
        await older(100)
        await retention.forget()
        assert CANARIES["message"] in await everything(), "the other person is spoken of in these very messages"
        assert (await last_report()).kept_back == {"family": 1}
        await older(300)
        await retention.forget()
        assert await found_canaries() - {"worker's name"} <= {"press"}
        assert [case.anonymised_at is not None for case in await rooms.cases()] == [True, True]

    async def test_a_duplicate_goes_like_any_other_and_leaves_the_other_chat_alone(self, rooms: Rooms) -> None:
        duplicate = await told(rooms, user=41)
        await closes(rooms, duplicate, "duplicate")
        await older(400)
        other = await rooms.claimed("tolong, saya disekap, kenarilain", user=42)
        await retention.forget()
        assert (await again(duplicate)).outcome == "duplicate"
        assert (await again(duplicate)).anonymised_at is not None
        assert (await again(other)).chat_id is not None
        assert "kenarilain" in await everything()

    @pytest.mark.parametrize("what", ["unanswered", "queued", "job"])
    async def test_what_is_still_to_be_done_keeps_the_case(self, rooms: Rooms, what: str) -> None:
        case = await closed_long_ago(rooms)
        async with session() as s:
            mine = (await s.scalars(select(Update).where(Update.case_id == case.id).order_by(Update.id))).first()
            assert mine is not None
            if what == "unanswered":
                mine.state = "unanswered"
            elif what == "queued":
                row = (await s.scalars(select(Outgoing).where(Outgoing.case_id == case.id).limit(1))).one()
                row.state = "queued"
            else:
                await jobs.defer(s, "desk.relay_file", queue_name=jobs.DESK, update=mine.id)
            await s.commit()
        before = await rows()
        await retention.forget()
        assert await rows() == before
        assert (await last_report()).kept_back == {"busy": 1}

    async def test_somebody_who_writes_at_this_moment_is_not_kept_waiting(self, rooms: Rooms) -> None:
        case = await closed_long_ago(rooms)
        async with session() as writing:
            await writing.scalar(select(Chat).where(Chat.id == case.chat_id).with_for_update(key_share=True))
            await asyncio.wait_for(retention.forget(), 20)
        assert (await again(case)).anonymised_at is None
        await retention.forget()
        assert (await again(case)).anonymised_at is not None


class TestLegalHold:
    async def test_while_a_case_is_held_nothing_of_it_goes_and_after_its_release_all_does(self, rooms: Rooms) -> None:
        case = await closed_long_ago(rooms)
        said = await holds.hold(case.ref.lower(), why="sidang di Medan", by="Lestari")
        assert case.ref in said
        before, files = await rows(), sorted(media.folder().rglob("*"))
        await retention.forget()
        assert await rows() == before and sorted(media.folder().rglob("*")) == files
        assert await found_canaries() == set(CANARIES)
        assert (await last_report()).kept_back == {"held": 1}
        assert "sidang di Medan" in await holds.table()
        await holds.release(case.ref, by="Lestari")
        await retention.forget()
        assert await found_canaries() == set()
        left = await everything()
        assert "sidang di Medan" not in left and "Lestari" not in left

    async def test_a_hold_covers_what_was_split_and_every_case_of_the_chat(self, rooms: Rooms) -> None:
        main = await told(rooms)
        await rooms.operator_presses(f"case:split:{main.id}")
        await rooms.delivers()
        other = (await rooms.cases())[-1]
        await rooms.operator_presses(f"case:claim:{other.id}")
        await closes(rooms, main)
        await closes(rooms, other)
        await older(400)
        assert main.ref in await holds.hold(other.ref, why="w", by="b")
        before = await rows()
        await retention.forget()
        assert await rows() == before

    async def test_hold_and_release_are_in_the_record_and_the_reason_rests_encrypted(self, rooms: Rooms) -> None:
        case = await rooms.claimed("tolong, saya disekap")
        await holds.hold(case.ref, why="perkara rahasia", by="Lestari")
        async with session() as s:
            plain = (await s.execute(text("select why, placed_by from case_holds"))).one()
        assert b"rahasia" not in bytes(plain[0]) and b"Lestari" not in bytes(plain[1])
        await holds.release(case.ref, by="Lestari")
        assert [what for what in await rooms.events(case) if what.startswith("hold")] == ["hold", "hold_released"]

    async def test_the_phone_is_cleared_all_the_same_and_nothing_of_ours_goes(self, rooms: Rooms) -> None:
        case = await told(rooms)
        await holds.hold(case.ref, why="w", by="b")
        async with session() as s:
            await s.execute(text("create schema if not exists rasa"))
            await s.execute(
                text("create table if not exists rasa.events (sender_id text, timestamp float, data bytea)")
            )
            await s.execute(text(f"insert into rasa.events values ('{case.chat_id}:1', 0, '')"))
            await s.commit()
        before = await rows()
        async with session() as s:
            chat = await s.get_one(Chat, case.chat_id)
            newest = await s.scalar(select(Update.id).where(Update.chat_id == chat.id).order_by(Update.id.desc()))
            assert await erase_phone(s, chat, "id", upto_update=int(newest or 0), dedupe="e") > 0
            await s.commit()
        after = await rows()
        # Two rows clear the phone, one tells the operator that their answer waits.
        assert after == {**before, "outbox": before["outbox"] + 3}, "only what clears the phone was added"
        await retention.forget()
        async with session() as s:
            assert (await s.execute(text("select count(*) from rasa.events"))).scalar_one() == 1

    async def test_a_hold_that_comes_in_the_middle_stops_the_rest(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case = await closed_long_ago(rooms)
        monkeypatch.setattr(closed, "BATCH", 1)
        real, batches = closed._delete_batch, 0

        async def then_held(*given: Any) -> str | None:
            nonlocal batches
            batches += 1
            done = await real(*given)
            return done

        steps = closed.step

        async def step(run: reports.Run, case_id: int) -> str | None:
            found = await steps(run, case_id)
            if batches == 2 and found == "more":
                await holds.hold(case.ref, why="w", by="b")
            return found

        monkeypatch.setattr(closed, "_delete_batch", then_held)
        monkeypatch.setattr(closed, "step", step)
        await retention.forget()
        assert batches == 2
        assert (await again(case)).chat_id is not None
        assert CANARIES["note"] in await everything()

    async def test_a_wrong_reference_and_a_missing_reason_get_a_sentence_that_says_what_to_do(
        self, rooms: Rooms
    ) -> None:
        case = await rooms.claimed("tolong, saya disekap")
        with pytest.raises(CaseNotFound, match=r"No case has the reference H-ZZZZ.*card"):
            await holds.hold("h-zzzz", why="w", by="b")
        with pytest.raises(CaseNotFound, match="No case has the reference"):
            await holds.release("H-ZZZZ", by="b")
        with pytest.raises(CaseError, match="--why"):
            await holds.hold(case.ref, why="  ", by="b")
        with pytest.raises(CaseError, match="--by"):
            await holds.hold(case.ref, why="w", by="")
        with pytest.raises(CaseError, match="is not held"):
            await holds.release(case.ref, by="b")
        await holds.hold(case.ref, why="w", by="b")
        with pytest.raises(CaseError, match="held already"):
            await holds.hold(case.ref, why="w", by="b")

    async def test_what_is_anonymised_cannot_be_held_any_more(self, rooms: Rooms) -> None:
        case = await closed_long_ago(rooms)
        await retention.forget()
        with pytest.raises(CaseError, match="was anonymised on"):
            await holds.hold(case.ref, why="w", by="b")


class TestBrokenOff:
    async def test_killed_after_any_batch_it_ends_its_work_the_next_time_and_counts_nothing_twice(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await closed_long_ago(rooms)
        before = await rows()
        for module in (closed, deleting):
            monkeypatch.setattr(module, "BATCH", 3)
        real = reports.Run.step
        left = 0

        @contextlib.asynccontextmanager
        async def step(run: reports.Run) -> AsyncIterator[Any]:
            nonlocal left
            left -= 1
            if left < 0:
                raise asyncio.CancelledError
            async with real(run) as s:
                yield s

        monkeypatch.setattr(reports.Run, "step", step)
        runs = 0
        while True:
            # Each time it gets a little further, then it is killed.
            runs += 1
            left = runs
            try:
                await retention.forget()
                break
            except asyncio.CancelledError:
                continue
        assert runs > 3
        assert await found_canaries() == set()
        async with session() as s:
            written = list(await s.scalars(select(RetentionReport)))
        after = await rows()
        for table in ("updates", "outbox", "media", "chats"):
            counted = sum(found.get(table, 0) for row in written for found in row.counts.values())
            # The deletion of the topic is a row that came instead.
            expected = before[table] - after[table] + (1 if table == "outbox" else 0)
            assert counted == expected, table
        assert any(row.finished_at is None for row in written), "a run that was killed says so"

    async def test_killed_between_the_files_and_the_rows_it_goes_on(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await closed_long_ago(rooms)
        real = media.remove

        def killed(row: Media) -> int:
            real(row)
            raise asyncio.CancelledError

        monkeypatch.setattr(media, "remove", killed)
        with pytest.raises(asyncio.CancelledError):
            await retention.forget()
        monkeypatch.setattr(media, "remove", real)
        async with session() as s:
            assert await s.scalar(select(Media.id)) is not None, "the row still says that there was a file"
        await retention.forget()
        assert await found_canaries() == set()

    async def test_a_draft_that_a_killed_fetch_left_goes_with_its_row(self, rooms: Rooms) -> None:
        await closed_long_ago(rooms)
        async with session() as s:
            row = (await s.scalars(select(Media))).one()
            row.path = row.clean_path = None
            await s.commit()
        for path in media.folder().rglob("*.enc"):
            path.unlink()
        folder = media.folder() / f"{row.id % 256:02x}"
        folder.mkdir()
        (folder / f"{row.id}.new").write_bytes(b"half")
        (folder / f"{row.id}.enc").write_bytes(b"whole, but its row does not know")
        await retention.forget()
        assert [path for path in folder.iterdir()] == []


class TestDryRun:
    async def test_it_says_what_the_next_run_deletes_and_deletes_nothing(self, rooms: Rooms) -> None:
        await closed_long_ago(rooms)
        before, files = await rows(but=()), sorted(media.folder().rglob("*"))
        said = await retention.preview()
        assert await rows(but=()) == before and sorted(media.folder().rglob("*")) == files
        assert await found_canaries() == set(CANARIES)
        gone = await retention.forget()
        assert "closed_cases" in gone and "chats_without_case" in gone
        for line in reports.told(gone, {}):
            assert line in said

    async def test_an_administrator_reads_what_was_deleted(self, rooms: Rooms) -> None:
        assert "Nothing was deleted yet" in await reports.table(5)
        await closed_long_ago(rooms)
        await retention.forget()
        said = await reports.table(5)
        assert "closed_cases: 1 cases" in said and "2 files" in said


class TestReports:
    async def test_one_for_each_run_that_did_something_and_one_a_day(self, rooms: Rooms) -> None:
        now = dt.datetime.now(dt.UTC)
        for hours in (0, 1, 2, 25):
            await retention.forget(now + dt.timedelta(hours=hours))
        async with session() as s:
            began = list(await s.scalars(select(RetentionReport.began_at).order_by(RetentionReport.id)))
        assert began == [now, now + dt.timedelta(hours=25)]
        await closed_long_ago(rooms)
        await retention.forget(now + dt.timedelta(hours=26))
        row = await last_report()
        assert row.began_at == now + dt.timedelta(hours=26) and row.finished_at is not None
        assert row.counts["closed_cases"]["cases"] == 1 and row.milliseconds is not None


# -- the topic, with Telegram


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


@pytest.fixture
async def telegram(
    rooms: Rooms, config: object, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Sandbox]:
    """The rooms with the sending worker at work against a sandbox of its own."""
    monkeypatch.setenv("TELEGRAM_API_URL", sandbox.api_url)
    settings_module.settings.cache_clear()
    monkeypatch.setattr("bot.outbox.telegram._bot", None)
    monkeypatch.setattr(send, "_limits", Limits())
    monkeypatch.setattr(send, "_telegram", Outage())
    yield sandbox
    await send.client().shutdown()


async def sends() -> None:
    """Everything queued for a group goes to Telegram."""
    async with session() as s:
        groups = list(await s.scalars(select(Chat.id).where(Chat.kind == "operators")))
    for group in groups:
        await send.send(chat=group)


async def with_topic(rooms: Rooms, sandbox: Sandbox) -> Case:
    """A case closed long ago whose topic stands in Telegram."""
    case = await closed_long_ago(rooms)
    made = await send.client().create_forum_topic(DEFAULT_GROUP_ID, "P2 · H-7K3Q · id")
    async with session() as s:
        await s.execute(update(Case).where(Case.id == case.id).values(topic_id=made.message_thread_id))
        await s.commit()
    return await again(case)


async def stands(sandbox: Sandbox, case: Case) -> bool:
    return case.topic_id in {topic.topic_id for topic in await Group(sandbox, DEFAULT_GROUP_ID).topics()}


async def may_delete(sandbox: Sandbox, allowed: bool) -> None:
    operator = await sandbox.operator("Sari")
    await Group(sandbox, DEFAULT_GROUP_ID).change(operator, rights={"can_delete_messages": allowed})


class TestTopic:
    async def test_the_topic_goes_and_then_its_number(self, rooms: Rooms, telegram: Sandbox) -> None:
        case = await with_topic(rooms, telegram)
        await retention.forget()
        assert (await again(case)).topic_id == case.topic_id, "kept until Telegram has deleted it"
        assert await stands(telegram, case)
        await sends()
        assert not await stands(telegram, case)
        assert (await again(case)).topic_id is None
        assert "topic_deleted" in await rooms.events(case)

    async def test_without_the_right_it_is_said_until_somebody_gives_it(self, rooms: Rooms, telegram: Sandbox) -> None:
        case = await with_topic(rooms, telegram)
        await may_delete(telegram, False)
        await retention.forget()
        await sends()
        left = await again(case)
        assert (left.topic_id, left.topic_refused) == (case.topic_id, "no_rights")
        assert await found_canaries() == set(), "our words do not wait for Telegram"
        await retention.forget(dt.datetime.now(dt.UTC) + dt.timedelta(hours=25))
        assert (await last_report()).topics_refused == 1
        report, code = await status.report(as_json=False, colour=False)
        assert "1 that Telegram would not delete" in report and code == 1
        assert f"hotline cases deleted-by-hand {case.ref}" in await reports.table(1)
        # Asked again a day later; now the bot may.
        await may_delete(telegram, True)
        await sends()
        assert not await stands(telegram, case)
        assert ((await again(case)).topic_id, (await again(case)).topic_refused) == (None, None)
        report, _ = await status.report(as_json=False, colour=False)
        assert "would not delete" not in report

    async def test_an_operator_deleted_it_by_hand_and_says_so(self, rooms: Rooms, telegram: Sandbox) -> None:
        case = await with_topic(rooms, telegram)
        with pytest.raises(CaseError, match="not anonymised"):
            await topics.deleted_by_hand(case.ref, "Sari")
        await may_delete(telegram, False)
        await retention.forget()
        await sends()
        await topics.deleted_by_hand(case.ref, "Sari")
        assert (await again(case)).topic_id is None
        assert (await reports.counts())["topics_refused"] == 0
        with pytest.raises(CaseError, match="settled already"):
            await topics.deleted_by_hand(case.ref, "Sari")

    async def test_a_topic_that_somebody_deleted_before_counts_as_deleted(
        self, rooms: Rooms, telegram: Sandbox
    ) -> None:
        case = await with_topic(rooms, telegram)
        await send.client().delete_forum_topic(DEFAULT_GROUP_ID, int(case.topic_id or 0))
        await retention.forget()
        await sends()
        assert (await again(case)).topic_id is None

    async def test_a_dead_telegram_is_survived(
        self, rooms: Rooms, telegram: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case = await with_topic(rooms, telegram)
        await retention.forget()
        await telegram.fault("error", "deleteForumTopic", status=502, times=1)
        await sends()
        left = await again(case)
        assert (left.topic_id, left.topic_refused) == (case.topic_id, None), "neither deleted nor refused"
        monkeypatch.setattr(send, "_telegram", Outage())
        await sends()
        assert (await again(case)).topic_id is None

    async def test_a_note_in_a_topic_that_still_stands_is_not_kept_with_the_case(self, rooms: Rooms) -> None:
        case = await closed_long_ago(rooms)
        await retention.forget()
        await rooms.operator_writes("kenaribaru", case.topic_id)
        said = (await rooms.rows("alert"))[-1]
        assert said.payload["text"] == texts.render("desk_case_gone", "id") and said.case_id is None
        async with session() as s:
            assert await s.scalar(select(Update.case_id).order_by(Update.id.desc()).limit(1)) is None
            assert "note" not in (await rooms.events(case))[-1]
            assert await s.scalar(select(CaseHold.case_id)) is None
        await older(31)
        await retention.forget()
        assert "kenaribaru" not in await everything()

    async def test_many_topics_never_stand_before_an_alert(self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(topics, "AT_ONCE", 2)
        for user in range(41, 45):
            await closes(rooms, await rooms.claimed("tolong, saya disekap", user))
        await older(400)
        await retention.forget()
        queued = await rooms.rows("topic")
        assert [row.state for row in queued].count("queued") == 2
        assert {row.rank for row in queued} == {3}
        await rooms.delivers()
        await retention.forget()
        await rooms.delivers()
        assert all(case.topic_id is None for case in await rooms.cases())
