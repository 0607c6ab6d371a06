"""Which row of a chat is sent next, whether it may reach the worker now, and what it takes of the limits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from sqlalchemy import ARRAY, BigInteger, Row, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.outbox import bots, fair, sender, service, window
from bot.outbox.limits import AGED_SECONDS, RANK_RELAY
from bot.settings import settings
from bot.storage import lease
from bot.storage.models import Case, Chat, Outgoing

#: Methods that put nothing new into a chat are not counted against its limits. In a group edits of a text are.
UNCOUNTED = frozenset(
    {
        "deleteMessages",
        "editMessageText",
        "editMessageReplyMarkup",
        "editForumTopic",
        "closeForumTopic",
        "deleteForumTopic",
    }
)
#: Purposes that may reach a worker although the live window is shut: deletions only take away.
ALWAYS = frozenset({"erase"})


async def next_row(
    s: AsyncSession, chat_row: int, now: dt.datetime, pausing: Collection[int], served: Sequence[int] = ()
) -> Row[tuple[Outgoing, Chat, int, bool]] | None:
    """The row that is sent next, its chat, our fence, and whether the chat has or had a case: all in one question.

    By rank, and in a group nothing waits for ever behind a better one. Then the case that was served longest ago
    (`served`, see fair.py): one that floods holds back no other. Then oldest first. `pausing` are the cases whose
    words wait a moment for others.
    """
    values = {
        "chat": chat_row,
        "served": list(served),
        "aged": now - dt.timedelta(seconds=AGED_SECONDS),
        **sender.lease().asked(),
    }
    if not pausing:
        return (await s.execute(_NEXT, values)).one_or_none()
    others = or_(Outgoing.purpose != "relay", Outgoing.case_id.not_in(list(pausing)))
    return (await s.execute(_NEXT.where(others), values)).one_or_none()


_late = and_(Chat.kind != "private", Outgoing.rank > RANK_RELAY, Outgoing.created_at < bindparam("aged"))
_turn = func.array_position(bindparam("served", type_=ARRAY(BigInteger)), func.coalesce(Outgoing.case_id, fair.NO_CASE))
#: Built once: building takes longer than asking.
_NEXT = (
    select(Outgoing, Chat, lease.IN_DATABASE, exists().where(Case.chat_id == bindparam("chat")))
    .join(Chat, Chat.id == Outgoing.chat_id)
    .where(Outgoing.chat_id == bindparam("chat"), Outgoing.state == "queued")
    .order_by(case((_late, RANK_RELAY), else_=Outgoing.rank), _turn.nulls_first(), Outgoing.id)
    .limit(1)
)


def may_reach(chat: Chat, row: Outgoing, now: dt.datetime, *, had_case: bool) -> bool:
    """The live window: it guards chats that have, or had, a case. Before a new bot can write, the person must write."""
    if row.override or row.purpose in ALWAYS:
        return True
    if not bots.may_write(chat):
        return False
    if chat.held_at is not None and (chat.last_heard_at is None or chat.last_heard_at <= chat.held_at):
        return False
    if not had_case:
        return True
    heard = chat.last_heard_at
    if chat.shut_update is not None and row.purpose != "closing" and not service.answers_later(chat, row):
        # The phone may be in another hand: that somebody wrote opens nothing.
        heard = None
    return window.open_now(now, heard, chat.safe_hours, window_minutes=settings().live_window_minutes)


def came_too_late(chat: Chat, row: Outgoing) -> bool:
    """Whether the chat was shut while a row was on its way: what has landed must not stay on the phone."""
    if chat.shut_at is None or row.attempted_at is None or row.purpose in {"closing", *ALWAYS}:
        return False
    if row.method.startswith("edit"):
        # It rings for nobody, and an erasure deletes the message that it changes.
        return False
    return row.attempted_at <= chat.shut_at and not service.answers_later(chat, row)


def counted(row: Outgoing, chat: Chat) -> bool:
    """Whether a row takes places in the limits."""
    return row.method not in UNCOUNTED or (chat.kind != "private" and row.method.startswith("editMessage"))


async def places(s: AsyncSession, row: Outgoing) -> int:
    """Two for a post whose topic has to be made first, else one."""
    if not row.in_topic or row.case_id is None:
        return 1
    has_one = select(exists().where(Case.id == row.case_id, Case.topic_id.is_not(None), Case.group_id == row.chat_id))
    return 1 if await s.scalar(has_one) else 2
