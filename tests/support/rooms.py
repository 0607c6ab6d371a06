"""Workers and operators played against the rooms themselves: real database, no Telegram, no Rasa, no other process.

`Rooms` stores updates as the gateway does, runs their turns as the worker does, and settles outbox rows as a Telegram
that takes everything would.
"""

from __future__ import annotations

import datetime as dt
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import or_, select

from bot.cases import operators
from bot.chat import intake
from bot.desk import group as desk_group
from bot.desk import jobs as _desk_jobs  # noqa: F401  registers what follows a send
from bot.errors import NluUnavailable
from bot.outbox.settled import settle
from bot.outbox.telegram import bot_id
from bot.settings import SANDBOX_OPERATORS_CHAT_ID
from bot.storage.models import Case, CaseEvent, Chat, Outgoing, Update
from bot.storage.session import session
from bot.turns import rasa_client
from bot.turns import service as turns

numbers = itertools.count(50_000)
SARI, DARA, STRANGER = 900001, 900002, 900099
GROUP = SANDBOX_OPERATORS_CHAT_ID

type Json = dict[str, Any]


@dataclass
class Rasa:
    """What Rasa answers: parts for every message, or nothing at all while it is away."""

    parts: list[rasa_client.Part] | None = None
    heard: list[str] = field(default_factory=list)
    #: The intent of each message as the bot told it; of a pressed button its trigger.
    meant: list[str] = field(default_factory=list)
    #: Whether messages get to it while it is away.
    reached: bool = True
    #: Done before answering: what happens meanwhile.
    meanwhile: Any = None

    async def ask(
        self, sender: str, text: str, metadata: Json, *, trigger: str | None = None
    ) -> list[rasa_client.Part]:
        self.heard.append(trigger or text)
        self.meant.append(trigger.removeprefix("/") if trigger else metadata["understood"]["intent"]["name"])
        if self.meanwhile is not None:
            await self.meanwhile()
        if self.parts is None:
            raise NluUnavailable(reached=self.reached)
        return self.parts


class Rooms:
    """The rooms of one test."""

    def __init__(self, rasa: Rasa) -> None:
        self.rasa = rasa
        self.said = ""

    async def list_operators(self) -> None:
        for name, telegram_id, lang in (("Sari", SARI, "id"), ("Dara", DARA, "km")):
            await operators.add(name, telegram_id=telegram_id, site=None, role="operator", lang=lang)

    # -- a worker

    def update(self, user: int = 41, *, kind: str = "message", lang: str = "id", **content: Any) -> Json:
        """An update of a worker's private chat."""
        number = next(numbers)
        sender = {"id": user, "is_bot": False, "first_name": "Budi", "language_code": lang}
        chat = {"id": user, "type": "private", "first_name": "Budi"}
        body = {"message_id": number, "date": int(time.time()), "chat": chat, "from": sender}
        if kind == "edited_message":
            body["edit_date"] = int(time.time())
        return {"update_id": number, kind: {**body, **content}}

    async def stores(self, raw: Json) -> int:
        """Intake alone. Returns the update's row id."""
        await intake.store(raw)
        async with session() as s:
            return int(await s.scalar(select(Update.id).where(Update.update_id == raw["update_id"])) or 0)

    async def writes(self, words: str | None = None, user: int = 41, *, lang: str = "id", **content: Any) -> int:
        """A worker's message, stored and answered."""
        if words is not None:
            content["text"] = words
        row = await self.stores(self.update(user, lang=lang, **content))
        await turns.take(update=row)
        return row

    async def presses(self, data: str, user: int = 41, *, age_seconds: int = 5) -> int:
        """A worker presses an inline button."""
        number = next(numbers)
        sender = {"id": user, "is_bot": False, "first_name": "Budi", "language_code": "id"}
        message = {
            "message_id": number,
            "date": int(time.time()) - age_seconds,
            "chat": {"id": user, "type": "private"},
            "text": "?",
        }
        press = {"id": str(number), "from": sender, "chat_instance": "1", "data": data, "message": message}
        row = await self.stores({"update_id": number, "callback_query": press})
        await turns.take(update=row)
        return row

    # -- the operators' group

    async def operator_presses(self, data: str, who: int = SARI, *, group: int = GROUP) -> str:
        """An operator presses a button of a card. Returns the sentence they are shown."""
        number = next(numbers)
        message = {
            "message_id": number,
            "date": int(time.time()),
            "chat": {"id": group, "type": "supergroup", "title": "g", "is_forum": True},
        }
        sender = {"id": who, "is_bot": False, "first_name": "x"}
        press = {"id": str(number), "from": sender, "chat_instance": "1", "data": data, "message": message}
        row = await self.stores({"update_id": number, "callback_query": press})
        self.said = ""
        await desk_group.take(update=row)
        return self.said

    async def operator_writes(
        self,
        words: str | None,
        topic: int | None,
        *,
        to: int | None = None,
        who: int = SARI,
        group: int = GROUP,
        edits: int | None = None,
        **content: Any,
    ) -> int:
        """A message in the group, perhaps a reply. Returns its message id."""
        number = next(numbers)
        chat = {"id": group, "type": "supergroup", "title": "g", "is_forum": True}
        sender = {"id": who, "is_bot": False, "first_name": "x"}
        body: Json = {"message_id": edits or number, "date": int(time.time()), "chat": chat, "from": sender, **content}
        if topic is not None:
            made = {"forum_topic_created": {"name": "t", "icon_color": 1}}
            body |= {"message_thread_id": topic, "is_topic_message": True}
            body["reply_to_message"] = {"message_id": to or topic, "date": 1, "chat": chat, **({} if to else made)}
        elif to is not None:
            body["reply_to_message"] = {"message_id": to, "date": 1, "chat": chat}
        if words is not None:
            body["text"] = words
        kind = "message"
        if edits is not None:
            kind, body["edit_date"] = "edited_message", int(time.time())
        row = await self.stores({"update_id": number, kind: body})
        await desk_group.take(update=row)
        return int(body["message_id"])

    async def operator_replies_to_an_unknown_post(self, words: str, topic: int | None, number: int = 999_999) -> None:
        """A reply to a message of the bot's in a topic that stands in no table."""
        post: Json = {"message_id": number, "date": int(time.time()), "chat": {"id": GROUP, "type": "supergroup"}}
        post["from"] = {"id": 100001, "is_bot": True, "first_name": "bot"}
        in_topic = {"message_thread_id": topic, "is_topic_message": True}
        await self.operator_writes(words, None, reply_to_message=post, **in_topic)

    # -- Telegram

    async def delivers(self, in_group: Iterator[int] = numbers) -> None:
        """Telegram takes whatever is queued; `in_group` numbers the messages and topics of groups."""
        sendable = or_(Chat.kind == "private", Chat.desk_hash.is_not(None))
        queued = select(Outgoing).join(Chat, Chat.id == Outgoing.chat_id).where(Outgoing.state == "queued", sendable)
        while True:
            async with session() as s:
                row = await s.scalar(queued.order_by(Outgoing.rank, Outgoing.id).limit(1))
                if row is None:
                    return
                chat = await s.get_one(Chat, row.chat_id)
                if row.in_topic and row.case_id is not None:
                    case = await s.get_one(Case, row.case_id)
                    assert case.group_id in (None, chat.id), "a post into the topic of another group"
                    case.topic_id, case.group_id = case.topic_in(chat) or next(in_group), chat.id
                row.state, row.attempts, row.bot_id = "sent", row.attempts + 1, bot_id()
                row.sent_at = row.attempted_at = dt.datetime.now(dt.UTC)
                if row.method.startswith(("send", "copy")):
                    row.message_ids = [next(numbers if chat.kind == "private" else in_group)]
                await settle(s, row, chat)
                await s.commit()

    # -- what can be seen

    async def case(self, user: int | None = None) -> Case:
        """The only case, or the one opened last."""
        async with session() as s:
            found = await s.scalar(select(Case).where(Case.main).order_by(Case.id.desc()).limit(1))
            assert found is not None
            return found

    async def cases(self) -> list[Case]:
        async with session() as s:
            return list(await s.scalars(select(Case).order_by(Case.id)))

    async def events(self, case: Case) -> list[str]:
        async with session() as s:
            rows = await s.scalars(select(CaseEvent.what).where(CaseEvent.case_id == case.id).order_by(CaseEvent.id))
            return list(rows)

    async def rows(self, *purposes: str, kind: str | None = None) -> list[Outgoing]:
        """Outbox rows in the order in which they were queued."""
        async with session() as s:
            query = select(Outgoing).join(Chat, Chat.id == Outgoing.chat_id).order_by(Outgoing.id)
            if purposes:
                query = query.where(Outgoing.purpose.in_(purposes))
            if kind is not None:
                query = query.where(Chat.kind == kind)
            return list(await s.scalars(query))

    async def screen(self) -> list[str]:
        """What the worker's phone gets, in order."""
        found = await self.rows(kind="private")
        return [row.payload["text"] for row in found if row.method == "sendMessage"]

    async def topic(self) -> list[str]:
        """What stands in the operators' group, in order."""
        return [str(row.payload.get("text", row.method)) for row in await self.rows(kind="operators")]

    async def row(self, update: int) -> Update:
        async with session() as s:
            return await s.get_one(Update, update)

    async def chat(self) -> Chat:
        async with session() as s:
            found = await s.scalar(select(Chat).where(Chat.kind == "private").limit(1))
            assert found is not None
            return found

    async def claimed(self, words: str, user: int = 41) -> Case:
        """A case that Sari holds, with its card and the backlog in its topic."""
        await self.writes(words, user)
        await self.delivers()
        case = await self.case()
        await self.operator_presses(f"case:claim:{case.id}")
        await self.delivers()
        return await self.case()
