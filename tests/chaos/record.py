"""Collects a history: screens and calls from the sandbox, and what the tables say of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Sequence
from typing import Any

import httpx

from tests.chaos.judge import REF, History, Lost, OneCase, OneTopic, Said, Sent, Shown, Stored
from tests.support.hotline import Hotline

#: Seconds between two looks at the bot's calls.
LOOK_SECONDS = 0.4
#: Seconds within which a message that is on a screen is written down in the table it belongs to, on a busy machine.
UNDER_WAY_SECONDS = 10.0

_TABLES = """
import asyncio, json
from sqlalchemy import select
from bot.cli import database
from bot.settings import settings
from bot.storage.models import Case, Chat, Outgoing, Update
from bot.storage.session import session

def answers(dedupe, update):
    # The line that closes an erased chat answers the wish to erase it; a topic hears of what was set aside.
    if update is None and dedupe and dedupe.startswith(("erase:", "deadletter:")):
        return int(dedupe.split(":")[1])
    return update

def dead(dedupe):
    # What tells worker or desk that a message was set aside.
    return (dedupe or "").startswith(("dead:", "deadletter:"))

def made(row):
    # An edit makes no message of its own.
    return row.message_ids if row.method.startswith(("send", "copy")) else []

async def main():
    async with database(settings(), migrated=False):
        async with session() as s:
            # All tables as of one moment: people go on writing meanwhile.
            await s.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            chats = {c.id: (int(c.chat_id), c.kind == "private") for c in await s.scalars(select(Chat))}
            refs = dict((await s.execute(select(Case.id, Case.ref))).all())
            updates = await s.execute(select(Update.id, Update.chat_id, Update.message_id, Update.kind, Update.state,
                                             Update.discard, Update.case_id, Update.error, Update.bundle))
            sent = await s.execute(select(Outgoing.id, Outgoing.chat_id, Outgoing.update_id, Outgoing.purpose,
                                          Outgoing.state, Outgoing.message_ids, Outgoing.dedupe, Outgoing.method))
            cases = await s.execute(select(Case.ref, Case.chat_id, Case.holder_id, Case.state).where(Case.main))
            print("TABLES" + json.dumps({
                "updates": [[u.id, *(chats[u.chat_id] if u.chat_id else (None, False)), u.message_id, u.kind, u.state,
                             u.discard, refs.get(u.case_id), u.error, u.bundle] for u in updates],
                "outbox": [[o.id, chats[o.chat_id][0], answers(o.dedupe, o.update_id), o.purpose, o.state,
                            made(o), not (o.dedupe or "").startswith("later:"), dead(o.dedupe)] for o in sent],
                "cases": [[c.ref, chats[c.chat_id][0], c.holder_id is not None, c.state == "closed"] for c in cases],
            }))
asyncio.run(main())
"""


class Watch:
    """Everything the bot called, read while it goes on: the log of the sandbox keeps only the last calls."""

    def __init__(self, hotline: Hotline) -> None:
        self._sandbox = hotline.sandbox
        self.calls: dict[int, dict[str, Any]] = {}
        #: chat → how many messages of ours it has.
        self.shown: dict[int, int] = {}
        self._news = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Watch:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self, *, all_again: bool = False) -> None:
        """Read what is new, or all that the sandbox still has: what became of an answer is known a little later."""
        after = 0 if all_again else max(self.calls, default=0)
        fresh = await self._sandbox.calls(after=after)
        for call in fresh:
            chat = call["params"].get("chat_id")
            if call["seq"] not in self.calls and call["ok"] and call["message_id"] and chat:
                self.shown[chat] = self.shown.get(chat, 0) + 1
            self.calls[call["seq"]] = call
        if fresh:
            async with self._news:
                self._news.notify_all()

    async def answered(self, chat: int, before: int, within: float) -> bool:
        """Wait until a chat has more than `before` messages of ours. False when the time is over."""
        try:
            async with asyncio.timeout(within), self._news:
                await self._news.wait_for(lambda: self.shown.get(chat, 0) > before)
        except TimeoutError:
            return False
        return True


async def tables(hotline: Hotline) -> dict[str, list[Any]]:
    """What the tables say, with Telegram's ids."""
    out = await hotline.python(_TABLES)
    line = next(line for line in out.splitlines() if line.startswith("TABLES"))
    found: dict[str, list[Any]] = json.loads(line.removeprefix("TABLES"))
    return found


async def _settled_tables(hotline: Hotline, shown: Sequence[Shown]) -> tuple[dict[str, list[Any]], int]:
    """The tables, and how many updates Telegram had handed over just then: reminders go on while the judge reads.

    Read again until no update came in between, and the newest messages on a screen are written down.
    """
    newest = {(one.chat, one.message) for one in shown if one.at > time.time() - UNDER_WAY_SECONDS}
    until = time.monotonic() + UNDER_WAY_SECONDS
    handed_over = await _handed_over(hotline)
    while True:
        found = await tables(hotline)
        before, handed_over = handed_over, await _handed_over(hotline)
        written = newest <= {(row[1], message) for row in found["outbox"] for message in row[5]}
        if (written and before == handed_over) or time.monotonic() > until:
            return found, handed_over
        await asyncio.sleep(LOOK_SECONDS)


async def _handed_over(hotline: Hotline) -> int:
    status = await hotline.sandbox.status()
    return int(status["updates_made"]) - int(status["pending_updates"])


def open_messages(found: dict[str, list[Any]]) -> set[tuple[int, int]]:
    """Chat and message of the private updates with neither a final row that was sent nor a case nor a reason why."""
    bundles = {row[0]: row[9] for row in found["updates"]}
    answered = {row[2] for row in found["outbox"] if (row[6] and row[5]) or row[4] == "withdrawn"}
    answered |= {bundles[update] for update in answered if bundles.get(update) is not None}
    return {
        (chat, message)
        for update, chat, private, message, kind, state, _, case, _, bundle in found["updates"]
        if private
        and (
            state in {"pending", "unanswered"}
            or (kind == "message" and state != "discarded" and case is None and (bundle or update) not in answered)
        )
    }


async def history(
    hotline: Hotline,
    watch: Watch,
    said: Sequence[Said],
    people: Sequence[int],
    *,
    sender_kills: Sequence[float] = (),
    database_kills: Sequence[float] = (),
    last_fault: float,
) -> History:
    """Everything there was to see of some people and of the operators' group, and what the tables say."""
    await watch.look(all_again=True)
    group = hotline.sandbox.group.id
    made_at = {
        (call["params"].get("chat_id"), call["message_id"]): call["at"]
        for call in watch.calls.values()
        if call["ok"] and call["message_id"]
    }
    told = History(said=list(said), last_fault=last_fault)
    told.sender_kills, told.database_kills = list(sender_kills), list(database_kills)
    first_in_topic: dict[int, float] = {}
    for chat in [*people, group]:
        answer = await hotline.sandbox.one("GET", f"/chats/{chat}", params={"deleted": True})
        for message in answer["messages"]:
            if not message["from"]["is_bot"] or message["service"]:
                continue
            at = made_at.get((chat, message["id"]), float(message["date"]))
            told.shown.append(Shown(chat, message["id"], at, message["text"], message["deleted"]))
            if chat == group and message["thread_id"] is not None:
                thread = message["thread_id"]
                first_in_topic[thread] = min(first_in_topic.get(thread, at), at)
    topics_at = {
        call["thread_id"]: call["at"]
        for call in watch.calls.values()
        if call["method"] == "createForumTopic" and call["ok"]
    }
    for topic in await hotline.sandbox.group.topics():
        ref = REF.search(topic.name)
        if ref is not None and topic.topic_id is not None:
            at = first_in_topic.get(topic.topic_id, topics_at.get(topic.topic_id, 0.0))
            told.topics.append(OneTopic(group, topic.topic_id, ref.group(), at))
    # After the screens: what came onto one just now is in no table that was read before.
    found, told.made = await _settled_tables(hotline, told.shown)
    told.stored = [
        Stored(update, chat, message, kind, state, discard, case, private, bundle)
        for update, chat, private, message, kind, state, discard, case, _, bundle in found["updates"]
    ]
    told.sent = [
        Sent(row, chat, update, purpose, state, tuple(messages), final, dead)
        for row, chat, update, purpose, state, messages, final, dead in found["outbox"]
    ]
    told.cases = [OneCase(*row) for row in found["cases"]]
    told.lost = [
        Lost(call["params"].get("chat_id", 0), call["message_id"] or call["thread_id"], call["fault"])
        for call in watch.calls.values()
        if call["ok"] and call["fault"] and (call["message_id"] or call["thread_id"])
    ]
    return told
