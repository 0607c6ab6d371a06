"""The operators' desk: a forum topic for each case, its card, the worker's words for the holder, and what became of ours.

Everything here queues outbox rows in the caller's transaction. Words of a worker are posted only once somebody holds
the case: an alert that lights up many phones carries no testimony.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot import texts
from bot.cases import service as cases
from bot.cases import sites
from bot.cases.sites import Site
from bot.desk import card
from bot.outbox import service as outbox
from bot.storage import crypto
from bot.storage.models import Case, Chat, Media, Operator, Outgoing, Update
from bot.texts import Lang

log = logs.get(__name__)

#: Ranks in a group's queue: P1 first, then the words of held chats, then other alerts, then the rest.
RANK_P1, RANK_RELAY, RANK_ALERT, RANK_REST = 0, 1, 2, 3


def site_of(case: Case) -> Site:
    """The desk whose group receives a case."""
    return sites.route(case.nationality, case.country, case.lang).receives


def organisation(chat: Chat, lang: Lang) -> str:
    """Who answers this chat, in words: a true answer to "who reads this?"."""
    return sites.route(chat.nationality, chat.last_country, chat.heard_lang or lang).receives.name(lang)


async def group_of(s: AsyncSession, site: Site) -> Chat | None:
    """The chat row of a desk's group, made when it is new; None when the desk has no group."""
    if site.group is None:
        return None
    key = crypto.keyed_hash("chat", site.group)
    await s.execute(
        insert(Chat)
        .values(chat_hash=key, chat_id=str(site.group), kind="operators")
        .on_conflict_do_nothing(index_elements=["chat_hash"])
    )
    group: Chat | None = await s.scalar(select(Chat).where(Chat.chat_hash == key))
    return group


async def announce(s: AsyncSession, case: Case, *, raised: bool = False) -> None:
    """Alert the desk: the card of a new case in a topic of its own, or a line that a case became more urgent."""
    rank = RANK_P1 if case.priority == 1 else RANK_ALERT
    if raised:
        await refresh(s, case)
        await post(s, case, "desk_raised", rank=rank, silent=False, dedupe=f"raised:{case.id}:{case.priority}")
        return
    await _post_card(s, case, dedupe=f"card:{case.id}", rank=rank)


async def _post_card(s: AsyncSession, case: Case, *, dedupe: str, rank: int) -> None:
    group = await group_of(s, site_of(case))
    if group is None:
        # The case is there all the same; `hotline doctor` and the console name the missing group.
        log.error("no_operators_group", case=case.ref, site=case.site)
        cases.record(s, case, "alert_without_group", "bot")
        return
    await outbox.queue(
        s,
        group.id,
        "sendMessage",
        {
            "text": card.card(case, holder=await holder_name(s, case), reachable=await _reachable(s, case)),
            "reply_markup": outbox.keyboard(card.buttons(case)),
            "silent": False,
        },
        purpose="card",
        rank=rank,
        case_id=case.id,
        in_topic=True,
        dedupe=dedupe,
    )


async def refresh(s: AsyncSession, case: Case) -> None:
    """Bring the card up to date with the case."""
    group = await group_of(s, site_of(case))
    if group is None or case.card_message_id is None:
        return
    await outbox.queue(
        s,
        group.id,
        "editMessageText",
        {
            "message_id": case.card_message_id,
            "text": card.card(case, holder=await holder_name(s, case), reachable=await _reachable(s, case)),
            "reply_markup": outbox.keyboard(card.buttons(case)),
        },
        purpose="refresh",
        rank=RANK_REST,
        case_id=case.id,
    )


async def post(
    s: AsyncSession,
    case: Case,
    key: str,
    *,
    rank: int = RANK_REST,
    silent: bool = True,
    dedupe: str | None = None,
    reply_to: int | None = None,
    **values: object,
) -> int | None:
    """Post a text of the catalogue into a case's topic, in the desk's language."""
    site = site_of(case)
    group = await group_of(s, site)
    if group is None:
        return None
    payload: dict[str, Any] = {
        "text": texts.render(key, card.desk_lang(site), ref=case.ref, priority=case.priority, **values),
        "silent": silent,
    }
    if reply_to is not None:
        payload["reply_to"] = reply_to
    return await outbox.queue(
        s, group.id, "sendMessage", payload, purpose="alert", rank=rank, case_id=case.id, in_topic=True, dedupe=dedupe
    )


async def relay(s: AsyncSession, case: Case, chat: Chat, update: Update, *, round_: str = "") -> None:
    """Show one of the worker's messages to the holder. Nothing is shown while nobody holds the case."""
    if case.holder_id is None or update.kind not in {"message", "edited_message"}:
        return
    group = await group_of(s, site_of(case))
    if group is None:
        return
    method, payload = await _relayed(s, case, chat, update)
    await outbox.queue(
        s,
        group.id,
        method,
        payload,
        purpose="relay",
        rank=RANK_RELAY,
        case_id=case.id,
        in_topic=True,
        update_id=update.id,
        dedupe=f"relay:{case.id}:{update.id}{round_}",
    )


async def relay_if_open(s: AsyncSession, chat: Chat, update: Update) -> None:
    """Keep an odd message with the chat's open case, if there is one."""
    case = await cases.open_case_of(s, chat.id)
    if case is not None:
        await cases.enrich(s, case, update, {})
        await relay(s, case, chat, update)


async def _relayed(s: AsyncSession, case: Case, chat: Chat, update: Update) -> tuple[str, dict[str, Any]]:
    """How one message is shown: words as words, everything else as a copy."""
    lang = card.desk_lang(site_of(case))
    message = update.raw.get(update.kind) or {}
    words = message.get("text")
    if update.kind == "edited_message":
        words = words or message.get("caption") or ""
        return "sendMessage", {"text": texts.render("desk_relay_edited", lang, words=words)}
    if isinstance(words, str) and words:
        return "sendMessage", {"text": texts.render("desk_relay", lang, words=words)}
    payload: dict[str, Any] = {"from_chat": chat.id, "message_id": update.message_id}
    media = await s.scalar(select(Media.id).where(Media.update_id == update.id))
    if media is not None:
        payload["media"] = media
    return "copyMessage", payload


async def worker_wish(s: AsyncSession, case: Case, what: str) -> None:
    """The worker wishes something that only an operator may do. It becomes a task in the topic."""
    await post(s, case, f"desk_wish_{what}", rank=RANK_ALERT, silent=False)


async def dead_letter(s: AsyncSession, chat: Chat, update: Update) -> None:
    """A turn failed twice: a person reads what the bot could not. Opens a case when the chat has none."""
    reported = await cases.report(
        s, chat, update, "human", lang=chat.heard_lang or chat.lang or "other", found_by="dead_letter"
    )
    if reported.opened:
        await announce(s, reported.case)
    await relay(s, reported.case, chat, update)
    await post(s, reported.case, "desk_dead_letter", rank=RANK_ALERT, silent=False, dedupe=f"deadletter:{update.id}")


async def reachability(s: AsyncSession, chat: Chat) -> None:
    """The worker blocked the bot, or came back: the desk of an open case hears of it."""
    case = await cases.open_case_of(s, chat.id)
    if case is None:
        return
    gone = chat.unreachable_at is not None
    cases.record(s, case, "unreachable" if gone else "reachable", "bot")
    await post(s, case, "desk_unreachable" if gone else "desk_reachable", rank=RANK_ALERT, silent=False)
    await refresh(s, case)


async def holder_name(s: AsyncSession, case: Case) -> str | None:
    if case.holder_id is None:
        return None
    return (await s.get_one(Operator, case.holder_id)).name


async def _reachable(s: AsyncSession, case: Case) -> bool:
    return (await s.get_one(Chat, case.chat_id)).unreachable_at is None


async def backlog(s: AsyncSession, case: Case, *, round_: str = "") -> None:
    """Show everything the worker wrote so far, oldest first: what a claim begins with."""
    chat = await s.get_one(Chat, case.chat_id)
    for update in await cases.messages_of(s, case):
        await relay(s, case, chat, update, round_=round_)


async def rebuild(s: AsyncSession, case: Case) -> None:
    """The topic was deleted and is made again: card, the worker's messages, what operators wrote."""
    waiting = await s.scalar(
        select(Outgoing.id).where(Outgoing.case_id == case.id, Outgoing.purpose == "card", Outgoing.state == "queued")
    )
    if waiting is None and case.card_message_id is None:
        stamp = f"{dt.datetime.now(dt.UTC).timestamp():.0f}"
        await _post_card(s, case, dedupe=f"card:{case.id}:{stamp}", rank=RANK_P1)
        await backlog(s, case, round_=f":{stamp}")
        cases.record(s, case, "topic_made_again", "bot")
