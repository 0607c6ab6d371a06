"""What belongs to no case is forgotten after its days; what belongs to one is not; and every table has its rule."""

from __future__ import annotations

import datetime as dt
import itertools
import re

import pytest
from sqlalchemy import func, select, text

from bot.cases import retention
from bot.cases.retention import classes
from bot.outbox import media
from bot.settings import ROOT
from bot.storage import crypto, jobs
from bot.storage.models import Alarm, Base, Case, Chat, HeldLease, Media, Operator, Outgoing, Ring, TopicMessage, Update
from bot.storage.session import session
from tests.support.kept import days_ago, everything, older
from tests.support.rooms import GROUP, Rooms

numbers = itertools.count(1)


async def wrote(chat_id: int, days: int, *, case: bool = False) -> Chat:
    """A chat that wrote once, was answered, and sent a file, so many days ago."""
    then = days_ago(days)
    async with session() as s:
        chat = Chat(
            chat_hash=crypto.keyed_hash("chat", chat_id), chat_id=str(chat_id), last_heard_at=then, first_seen_at=then
        )
        s.add(chat)
        await s.flush()
        number = next(numbers)
        update = Update(
            bot_id=1, update_id=number, chat_id=chat.id, kind="message", raw={}, received_at=then, state="done"
        )
        s.add(update)
        await s.flush()
        s.add(
            Outgoing(
                chat_id=chat.id,
                purpose="reply",
                method="sendMessage",
                payload={},
                update_id=update.id,
                state="sent",
                created_at=then,
            )
        )
        path = media.folder() / f"{number}.enc"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"encrypted")
        s.add(Media(chat_id=chat.id, update_id=update.id, kind="photo", file_id="f", path=path.name, state="stored"))
        if case:
            s.add(
                Case(
                    ref=f"H-{number:04}",
                    chat_id=chat.id,
                    kind="distress",
                    priority=2,
                    lang="id",
                    facts={},
                    site="id_desk",
                    state="closed",
                    closed_at=then,
                )
            )
        await s.commit()
        return chat


async def count(model: type) -> int:
    async with session() as s:
        return int(await s.scalar(select(func.count()).select_from(model)) or 0)


CASELESS = {"chats_without_case": {"updates": 1, "outbox": 1, "media": 1, "files": 1, "chats": 1}}


@pytest.mark.usefixtures("database")
class TestChatsWithoutACase:
    async def test_words_are_forgotten_after_thirty_days_with_their_files(self) -> None:
        await wrote(1, 31)
        assert await retention.forget() == CASELESS
        assert [await count(model) for model in (Update, Outgoing, Media, Chat)] == [0, 0, 0, 0]
        assert not list(media.folder().glob("*.enc"))

    async def test_what_is_younger_and_what_belongs_to_a_case_stays(self) -> None:
        await wrote(1, 29)
        await wrote(2, 360, case=True)
        assert await retention.forget() == {}
        assert [await count(model) for model in (Update, Outgoing, Media, Chat)] == [2, 2, 2, 2]

    async def test_forgetting_twice_forgets_nothing_more(self) -> None:
        await wrote(1, 31)
        await retention.forget()
        assert await retention.forget() == {}

    async def test_what_an_operator_wrote_to_a_worker_stays_with_its_case(self) -> None:
        worker = await wrote(1, 360, case=True)
        async with session() as s:
            group = Chat(
                chat_hash=crypto.keyed_hash("chat", -5), chat_id="-5", kind="operators", first_seen_at=days_ago(360)
            )
            s.add(group)
            await s.flush()
            update = Update(
                bot_id=1,
                update_id=next(numbers),
                chat_id=group.id,
                kind="message",
                raw={},
                received_at=days_ago(360),
                state="done",
            )
            s.add(update)
            await s.flush()
            case_id = (await s.scalars(select(Case.id))).one()
            answer = Outgoing(
                chat_id=worker.id,
                purpose="operator",
                method="sendMessage",
                payload={},
                update_id=update.id,
                case_id=case_id,
                state="sent",
                created_at=days_ago(360),
            )
            s.add(answer)
            await s.flush()
            s.add(
                TopicMessage(case_id=case_id, group_id=group.id, message_id=7, role="operator", outgoing_id=answer.id)
            )
            await s.commit()
        # Written before a release that notes to which case a message of a group belongs.
        assert await retention.forget() == {}
        assert await count(Outgoing) == 2
        async with session() as s:
            assert (await s.get_one(Update, update.id)).case_id == case_id

    async def test_somebody_who_writes_every_week_is_forgotten_bit_by_bit(self) -> None:
        chat = await wrote(1, 31)
        async with session() as s:
            (await s.get_one(Chat, chat.id)).last_heard_at = days_ago(1)
            for days, state in ((40, "sent"), (40, "withdrawn"), (40, "failed"), (2, "sent")):
                s.add(
                    Outgoing(
                        chat_id=chat.id,
                        purpose="notice",
                        method="sendMessage",
                        payload={},
                        state=state,
                        created_at=days_ago(days),
                    )
                )
            await s.commit()
        gone = await retention.forget()
        assert gone["chats_without_case"] == {"updates": 1, "outbox": 4, "media": 1, "files": 1}
        assert (await count(Chat), await count(Outgoing)) == (1, 1)

    @pytest.mark.parametrize("what", ["pending", "unanswered", "queued", "turn", "file"])
    async def test_what_is_still_to_be_done_is_never_deleted(self, what: str) -> None:
        await wrote(1, 400)
        async with session() as s:
            update, row, file = [(await s.scalars(select(model))).one() for model in (Update, Outgoing, Media)]
            if what in {"pending", "unanswered"}:
                update.state = what
            elif what == "queued":
                row.state = "queued"
            elif what == "turn":
                await jobs.defer(s, "turns.take", queue_name=jobs.TURNS, update=update.id)
            else:
                await jobs.defer(s, "media.fetch", queue_name=jobs.MEDIA, media=file.id)
            await s.commit()
        await retention.forget()
        assert [await count(model) for model in (Update, Media, Chat)] == [1, 1, 1]
        assert list(media.folder().glob("*.enc"))

    async def test_what_rasa_left_goes_after_a_day(self) -> None:
        async with session() as s:
            await s.execute(text("create schema if not exists rasa"))
            await s.execute(text("create table rasa.events (sender_id text, timestamp double precision, data bytea)"))
            for sender, days in (("1:1", 2), ("2:1", 0)):
                at = days_ago(days).timestamp()
                await s.execute(text("insert into rasa.events values (:sender, :at, '')"), {"sender": sender, "at": at})
            await s.commit()
        assert await retention.forget() == {"rasa": {"conversations": 1}}


class TestTheOperatorsGroup:
    async def test_what_belongs_to_no_case_goes_after_thirty_days(self, rooms: Rooms) -> None:
        await rooms.operator_writes("kenarigrup: rapat besok", None)
        async with session() as s:
            group = (await s.scalars(select(Chat.id).where(Chat.kind == "operators"))).one()
            for purpose, state in (("list", "sent"), ("alert", "failed"), ("erase", "sent"), ("list", "withdrawn")):
                s.add(Outgoing(chat_id=group, purpose=purpose, method="sendMessage", payload={}, state=state))
            await s.commit()
        await older(29)
        assert await retention.forget() == {}
        await older(2)
        assert await retention.forget() == {"group_without_case": {"updates": 1, "outbox": 4}}
        assert "kenarigrup" not in await everything()
        async with session() as s:
            assert await s.scalar(select(Chat.id).where(Chat.kind == "operators")) == group

    async def test_what_was_written_in_a_topic_stays_with_its_case(self, rooms: Rooms) -> None:
        case = await rooms.claimed("tolong, saya disekap")
        await rooms.operator_writes("kenaricatatan", case.topic_id)
        async with session() as s:
            # As rows are that an earlier release wrote.
            await s.execute(text("update updates set case_id = null where chat_id <> :of"), {"of": case.chat_id})
            await s.commit()
        await older(200)
        await retention.forget()
        async with session() as s:
            group = select(Update.case_id).join(Chat, Chat.id == Update.chat_id).where(Chat.kind == "operators")
            assert set(await s.scalars(group)) == {case.id}

    async def test_a_press_on_a_card_in_general_belongs_to_its_case(self, rooms: Rooms) -> None:
        case = await rooms.claimed("tolong, saya disekap")
        async with session() as s:
            pressed = select(Update.case_id).where(Update.kind == "callback_query")
            assert list(await s.scalars(pressed)) == [case.id]

    async def test_numbers_that_no_telegram_gives_tie_nothing_and_break_nothing(self, rooms: Rooms) -> None:
        chat = {"id": GROUP, "type": "supergroup", "title": "g", "is_forum": True}
        for number, thread in enumerate((10**30, -1, "1", True, None, 1.5)):
            body = {"message_id": 1, "date": 1, "chat": chat, "from": {"id": 1, "first_name": "x"}, "text": "a"}
            raw = {"update_id": 880_000_000 + number, "message": {**body, "message_thread_id": thread}}
            assert await rooms.stores(raw)


@pytest.mark.usefixtures("database")
class TestMachines:
    async def test_finished_alarms_go_after_ninety_days_but_the_newest_of_a_desk_stays(self) -> None:
        async with session() as s:
            for days, state in ((200, "over"), (100, "acknowledged"), (80, "over"), (95, "ringing")):
                alarm = Alarm(
                    kind="case" if state != "ringing" else "test",
                    site="id_desk",
                    state=state,
                    began_at=days_ago(days),
                    next_at=days_ago(days),
                    ended_at=days_ago(days) if state != "ringing" else None,
                )
                s.add(alarm)
                await s.flush()
                s.add(Ring(alarm_id=alarm.id, step=0, channel="email", state="delivered", told="H-7K3Q"))
            old = Alarm(
                kind="case",
                site="km_desk",
                state="over",
                began_at=days_ago(99),
                next_at=days_ago(99),
                ended_at=days_ago(99),
            )
            s.add(old)
            await s.commit()
        assert await retention.forget() == {"alarms": {"alarms": 2, "alarm_rings": 2}}
        assert await count(Alarm) == 3

    async def test_leases_of_a_former_bot_go_and_those_of_the_present_one_stay(self) -> None:
        async with session() as s:
            for name in ("sender:1", "poller:1", "poller:100001"):
                s.add(HeldLease(name=name, holder="x", fence=7, until=days_ago(3)))
            s.add(HeldLease(name="sender:2", holder="x", fence=7, until=dt.datetime.now(dt.UTC)))
            await s.commit()
        assert await retention.forget() == {"leases": {"leases": 2}}
        async with session() as s:
            assert set(await s.scalars(select(HeldLease.name))) >= {"sender:100001", "poller:100001", "sender:2"}

    async def test_staff_leave_the_list_by_their_own_command(self) -> None:
        async with session() as s:
            s.add(Operator(name="Sari", site="id_desk", added_at=days_ago(4000)))
            await s.commit()
        await retention.forget()
        assert await count(Operator) == 1


class TestTheTableOfClasses:
    @pytest.mark.parametrize("table", sorted(Base.metadata.tables))
    def test_every_table_has_a_class_or_a_reason_to_stay(self, table: str) -> None:
        assert classes.TABLES.get(table), f"say in bot/cases/retention/classes.py how long rows of {table} are kept"

    def test_no_class_is_of_a_table_that_is_not_there(self) -> None:
        assert set(classes.TABLES) - set(Base.metadata.tables) == {"rasa.events"}

    @pytest.mark.parametrize("kind", classes.CLASSES, ids=lambda kind: kind.name)
    def test_the_guide_says_the_same(self, kind: classes.Class) -> None:
        guide = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
        (row,) = [line for line in guide.splitlines() if line.startswith(f"| {kind.name} |")]
        days = "`CLOSED_CASES_DAYS` (365)" if kind.days is None else str(kind.days)
        assert re.search(rf"\| {re.escape(days)} after", row), row
        for table, found in classes.TABLES.items():
            if isinstance(found, tuple) and kind in found:
                assert f"`{table}`" in row, table


@pytest.mark.usefixtures("database")
async def test_a_run_finds_what_is_due_by_its_indexes() -> None:
    async with session() as s:
        await s.execute(
            text(
                "insert into chats (chat_hash, chat_id, last_heard_at, first_seen_at) "
                "select decode(md5(n::text), 'hex'), '', now(), now() - interval '300 days' "
                "from generate_series(1, 500) n"
            )
        )
        await s.execute(
            text(
                "insert into cases (ref, chat_id, kind, priority, lang, facts, site, state, closed_at, opened_at) "
                "select 'T-' || id, id, 'distress', 2, 'id', '', 'id_desk', 'closed', now() - interval '100 days', "
                "now() - interval '101 days' from chats"
            )
        )
        of = "(select c.id, c.chat_id, row_number() over () as n from cases c)"
        await s.execute(
            text(
                "insert into updates (bot_id, update_id, chat_id, kind, raw, state, case_id, received_at) "
                f"select 1, g, c.chat_id, 'message', '', 'done', c.id, now() - interval '101 days' "
                f"from generate_series(1, 20000) g join {of} c on c.n = g % 500 + 1"
            )
        )
        await s.execute(
            text(
                "insert into outbox (chat_id, purpose, method, payload, state, case_id, update_id, created_at) "
                "select chat_id, 'reply', 'sendMessage', '', 'sent', case_id, id, received_at from updates"
            )
        )
        await s.commit()
    async with session() as s:
        connection = await s.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        await connection.execute(text("analyze"))
    before = await _read_whole()
    assert await retention.forget() == {}
    assert {name: n - before[name] for name, n in (await _read_whole()).items()} == {"updates": 0, "outbox": 0}


async def _read_whole() -> dict[str, int]:
    """How often each big table was read from end to end."""
    async with session() as s:
        await s.execute(text("select pg_stat_force_next_flush(), pg_stat_clear_snapshot()"))
        await s.commit()
    async with session() as s:
        found = await s.execute(
            text("select relname, seq_scan from pg_stat_user_tables where relname in ('updates', 'outbox')")
        )
        return {str(name): int(number) for name, number in found}
