"""The path of a message, played by the real code: intake, triage, turn, sending, the operators' desk, and the upkeep.

Telegram and Rasa are stubs that take everything at once. Every round does the same and leaves nothing open, so that
rounds on a small and on a large database can be compared statement by statement.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

from procrastinate.jobs import Status
from sqlalchemy import select, text

from bot.alarm import service as alarm
from bot.cases import retention, sites
from bot.desk import group as desk_group
from bot.desk import jobs as desk_jobs
from bot.desk import service as desk
from bot.outbox import media, send, sender, telegram
from bot.outbox.telegram import bot_id
from bot.runtime.circuit_breaker import Outage
from bot.storage import crypto, jobs, stuck
from bot.storage.lease import Lease
from bot.storage.models import Case, Chat, Media, Outgoing
from bot.storage.session import opened, session
from bot.turns import bundle, live, rasa_client, welcome
from bot.turns import service as turns
from bot.watch import deadletters, service, status
from tests.load import stored
from tests.load.traffic import WORDS
from tests.support.rooms import Rasa, Rooms

TRAPPED, QUESTION = WORDS["id"]["distress"][0], WORDS["id"]["question"][0]
#: New people, from here on.
_newcomers = itertools.count(7_100_000_000)
_messages = itertools.count(90_000_000_000)


class _Unlimited:
    """Limits that let everything pass."""

    def take(self, *_: Any, **__: Any) -> float:
        return 0.0

    def tight(self, *_: Any) -> bool:
        return False


class _Telegram:
    """A Telegram that takes everything."""

    async def create_forum_topic(self, *_: Any, **__: Any) -> Any:
        return SimpleNamespace(message_thread_id=next(_messages))

    async def do_api_request(self, method: str, **_: Any) -> Any:
        return {"message_id": next(_messages)} if method.startswith(("send", "copy")) else True

    async def get_file(self, *_: Any) -> Any:
        return self

    async def download_as_bytearray(self) -> bytearray:
        return bytearray(b"a picture")


class Path:
    """One installation on which rounds are played."""

    def __init__(self, rooms: Rooms, group: int) -> None:
        self.rooms = rooms
        self.group = group
        self._rounds = itertools.count()

    @classmethod
    @asynccontextmanager
    async def ready(cls, url: str, messages: int, *, days: float, new_cases: int) -> AsyncIterator[Path]:
        """On an empty database that is filled with so many messages first. Opens it, lists operators, puts stubs in."""

        async def unsaid(*_: Any) -> None:
            pass

        rasa = Rasa(parts=[rasa_client.Part(body="jawaban")])
        lease = Lease(f"sender:{bot_id()}", sender.ROLE, seconds=3600)
        stubs: list[tuple[Any, str, Any]] = [
            (crypto, "_keys", None),
            (crypto, "_lookup_secret", None),
            (sender, "_lease", lease),
            (rasa_client, "ask", rasa.ask),
            (welcome, "_greeted", set()),
            (desk_group, "_answer_button", unsaid),
            (telegram, "_bot", _Telegram()),
            (send, "_limits", _Unlimited()),
            (send, "_counters", _Unlimited),
            (bundle, "QUIET_SECONDS", 0.0),
        ]
        async with AsyncExitStack() as stack:
            for place, name, stub in stubs:
                stack.enter_context(mock.patch.object(place, name, stub))
            await stack.enter_async_context(opened(url))
            await jobs.open_queue(url)
            stack.push_async_callback(jobs.close_queue)
            await lease.renew()
            stack.push_async_callback(lease.release)
            await stored.fill(messages, days=days, new_cases=new_cases)
            rooms = Rooms(rasa)
            await rooms.list_operators()
            async with session() as s:
                group = await desk.group_of(s, sites.fallback())
                await s.commit()
            assert group is not None
            yield cls(rooms, group.id)

    async def play(self, rounds: int) -> None:
        """So many rounds, and the jobs that they left for later are gone."""
        for _ in range(rounds):
            await self._round(next(self._rounds) % (stored.PEOPLE - 1) + 1)
        await self._sql("delete from procrastinate_jobs where status in ('todo', 'doing')")

    async def _round(self, number: int) -> None:
        known, talker, stranger = stored.person(number), stored.person(0), next(_newcomers)
        # Small chats first: a plan made for them must do for the one that never stops, and for the group.
        for user in (stranger, known, talker):
            await self.rooms.writes(QUESTION, user)
            await self._send(user)
        await self._odd_ones(known)
        for user in (next(_newcomers), known, talker):
            await self._case(user)
        await self._away(known)
        await self._erase(known)
        await self._upkeep(stranger)
        await self._queue()

    # -- messages

    async def _odd_ones(self, user: int) -> None:
        """What is not a plain message: forwards in a row, an edit, a position that moves."""
        rooms = self.rooms
        origin = {"type": "hidden_user", "sender_user_name": "agen", "date": 1}
        rows = [await rooms.stores(rooms.update(user, text=QUESTION, forward_origin=origin)) for _ in range(3)]
        await bundle.gather(update=rows[0])
        await turns.take(update=rows[0])
        written = rooms.update(user, text=QUESTION)
        await turns.take(update=await rooms.stores(written))
        edited = rooms.update(user, kind="edited_message", text=WORDS["id"]["question"][1])
        edited["edited_message"]["message_id"] = written["message"]["message_id"]
        await turns.take(update=await rooms.stores(edited))
        at = {"latitude": 11.5, "longitude": 104.9, "live_period": 900}
        begun = rooms.update(user, location=at)
        await turns.take(update=await rooms.stores(begun))
        moved = rooms.update(user, kind="edited_message", location={**at, "latitude": 11.6})
        moved["edited_message"]["message_id"] = begun["message"]["message_id"]
        await live.moved(update=await rooms.stores(moved))
        await self._send(user)
        await self._end_case(user)

    async def _case(self, user: int) -> None:
        """A cry for help, from the card to the closing, with words, a picture and an answer between."""
        rooms = self.rooms
        await rooms.writes(TRAPPED, user)
        await self._send(user)
        case = await rooms.case()
        await self._send()
        await desk_jobs.post_list(group=self.group)
        await rooms.operator_presses(f"case:claim:{case.id}")
        await self._send()
        await self._send(user)
        await rooms.writes("di lantai 5", user)
        row = await rooms.writes(None, user, photo=[{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}])
        async with session() as s:
            file = await s.scalar(select(Media.id).where(Media.update_id == row))
        await media.fetch(media=file)
        await desk_jobs.relay_file(update=row)
        await self._send(user)
        await self._send()
        case = await rooms.case()
        note = await rooms.operator_writes("keluarga sudah ditelepon", case.topic_id)
        shown = await self._newest(case.id, "relay")
        said = await rooms.operator_writes("Aman?", case.topic_id, to=shown.message_ids[0])
        await self._send(user)
        await self._send()
        await rooms.operator_writes("Masih aman?", case.topic_id, edits=said)
        await self._send(user)
        await self._send()
        assert note < said
        answer = await self._newest(case.id, "operator")
        await rooms.operator_presses(f"out:withdraw:{answer.id}")
        await rooms.operator_presses(f"case:hand:{case.id}")
        await rooms.operator_presses(f"case:claim:{case.id}")
        await rooms.operator_presses("case:next")
        async with session() as s:
            held = await s.scalars(select(Case.id).where(Case.holder_id.is_not(None), Case.state != "closed"))
            others = [one for one in held if one != case.id]
        for one in others:
            await rooms.operator_presses(f"case:hand:{one}")
        await rooms.operator_writes(f"/claim {case.ref}", None)
        await desk_jobs.rebuild(case=case.id)
        await self._end_case(user)

    async def _end_case(self, user: int) -> None:
        """Close whatever case a chat has, and send what is left."""
        async with session() as s:
            case = await s.scalar(select(Case).where(Case.chat_id == await self._row(user), Case.state != "closed"))
        if case is not None:
            await self.rooms.operator_presses(f"case:claim:{case.id}")
            await self.rooms.operator_presses(f"case:closed:{case.id}:resolved")
        await self._send(user)
        await self._send()

    async def _away(self, user: int) -> None:
        """Rasa is away and comes back, and so does Telegram."""
        parts, self.rooms.rasa.parts = self.rooms.rasa.parts, None
        row = await self.rooms.writes(QUESTION, user)
        self.rooms.rasa.parts = parts
        assert await turns.waiting_for_rasa()
        await turns.replay_unanswered()
        gone = Outage()
        for second in range(4):
            gone.failed(second)
        with mock.patch.object(send, "_telegram", gone):
            await send.ask_whether_back()
        await send.everyone_again()
        await turns.take(update=row)
        await send.wake(chat=await self._row(user))
        await self._send(user)

    async def _erase(self, user: int) -> None:
        await self.rooms.writes("/hapus", user)
        await self._send(user)

    async def _send(self, user: int | None = None) -> None:
        await send.send(chat=self.group if user is None else await self._row(user))

    # -- what runs by itself

    async def _upkeep(self, user: int) -> None:
        """Each look of the worker, `hotline status`, and the forgetting of somebody who wrote a month ago."""
        await send.recall_last_minute()
        await send.sweep()
        await turns.sweep()
        await desk_jobs.post_missing_cards()
        async with session() as s:
            await alarm.waiting(s, dt.datetime.now(dt.UTC))
        await stuck.requeue_stalled()
        await jobs.purge()
        await self._sql(
            "insert into tallies (name, labels, value) values ('through', '', "
            "(extract(epoch from now() - interval '3 minutes') * 1e6)::bigint) "
            "on conflict (name, labels) do update set value = excluded.value"
        )
        await service.count()
        await status.report(as_json=False)
        await deadletters.table()
        await deadletters.outgoing_table()
        row = await self._row(user)
        ago = f"now() - interval '{retention.CASELESS_DAYS + 1} days'"
        await self._sql(f"update chats set first_seen_at = {ago}, last_heard_at = {ago} where id = {row}")
        await self._sql(f"update updates set received_at = {ago} where chat_id = {row}")
        await retention.forget()

    async def _queue(self) -> None:
        """Fetch and finish every job that is due, as the workers do."""
        async with session() as s:
            worker = int(await s.scalar(text("insert into procrastinate_workers default values returning id")) or 0)
            await s.commit()
        for name in (jobs.TURNS, jobs.SENDS, jobs.DESK, jobs.MEDIA, jobs.UPKEEP):
            while (job := await jobs.queue.job_manager.fetch_job([name], worker)) is not None:
                await jobs.queue.job_manager.finish_job(job, Status.SUCCEEDED, delete_job=True)
        await self._sql(f"delete from procrastinate_workers where id = {worker}")

    # -- ours: not recorded, because no code of the hotline waits for it

    async def _row(self, user: int) -> int:
        async with session() as s:
            found = await s.scalar(select(Chat.id).where(Chat.chat_hash == crypto.keyed_hash("chat", user)))
        assert found is not None
        return found

    async def _newest(self, case: int, purpose: str) -> Outgoing:
        async with session() as s:
            rows = select(Outgoing).where(Outgoing.case_id == case, Outgoing.purpose == purpose)
            found = await s.scalar(rows.order_by(Outgoing.id.desc()).limit(1))
        assert found is not None
        return found

    async def _sql(self, statement: str) -> None:
        async with session() as s:
            await s.execute(text(statement))
            await s.commit()
