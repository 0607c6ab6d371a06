"""The operators' desk: a forum topic for each case, its card, the worker's words for the holder, what became of ours.

Everything here queues outbox rows in the caller's transaction. Words of a worker are posted only once somebody holds
the case: an alert that lights up many phones carries no testimony.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy import update as change
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from bot import log as logs
from bot import texts
from bot.cases import holding, quiet, sites
from bot.cases import service as cases
from bot.cases.sites import Site
from bot.desk import card, waiting
from bot.desk.shown import show
from bot.desk.waiting import Crowd
from bot.outbox import bots, limits, messages
from bot.outbox import service as outbox
from bot.outbox.messages import Button, Rows
from bot.storage import crypto, jobs
from bot.storage.models import Case, CaseEvent, Chat, Media, Operator, Outgoing, Update
from bot.texts import Lang

log = logs.get(__name__)

#: A message in an operators' group: row id of the group, and Telegram's number, which means nothing elsewhere.
type Spot = tuple[int, int]

#: Seconds a file may take to be fetched before the holder is shown Telegram's own copy.
FETCH_SECONDS = 20
#: Levels of triage whose words overtake those of other held chats, the more urgent first; seconds in which one does.
CRIES, CRY_SECONDS = ("emergency", "distress"), 60.0
#: Ranks in a group's queue: P1 first, then the words of held chats, then other alerts, then the rest.
RANK_P1, RANK_RELAY, RANK_ALERT, RANK_REST = (
    limits.RANK_P1,
    limits.RANK_RELAY,
    limits.RANK_ALERT,
    limits.RANK_REST,
)


def site_of(case: Case) -> Site:
    """The desk whose group receives a case."""
    return sites.answering(case.site, case.lang).receives


def organisation(chat: Chat, lang: Lang, case: Case | None = None) -> str:
    """Who answers this chat, in words: a true answer to "who reads this?"."""
    if case is not None:
        return site_of(case).name(lang)
    return sites.route(chat.nationality, None, chat.heard_lang or lang).receives.name(lang)


async def group_of(s: AsyncSession, site: Site) -> Chat | None:
    """The chat row of a desk's group, made when it is new; None when the desk has no group."""
    if site.group is None:
        return None
    key = crypto.keyed_hash("chat", site.group)
    group: Chat | None = await s.scalar(select(Chat).where(Chat.desk_hash == key))
    if group is None:
        group = await outbox.group_row(s, site.group, desk_hash=key)
        # The settings name a former group again, or by now the id that Telegram gave the group.
        group.desk_hash = key
    return group


async def announce(s: AsyncSession, case: Case, *, raised: bool = False) -> Crowd:
    """Alert the desk of a new case, or of one that became more urgent: by itself, or on the list when many come.

    Returns how full the desk was found.
    """
    site = site_of(case)
    crowd = await waiting.crowd(s, site, case.id)
    # Its row is made with the first case.
    group = crowd.group or await group_of(s, site)
    if raised and (case.card_message_id is not None or await card_waits(s, case)):
        await _hurry(s, case)
        await refresh(s, case)
        # The holder of a case reads its topic; only one that nobody holds is an alert.
        rank = RANK_RELAY if case.holder_id is not None else RANK_P1 if case.priority == 1 else RANK_ALERT
        await post(s, case, "desk_raised", rank=rank, silent=case.quiet, dedupe=f"raised:{case.id}:{case.priority}")
    elif group is None or (crowd.goes_singly(case.priority) and not case.quiet):
        rank = RANK_P1 if case.priority == 1 else RANK_ALERT
        # A new case has no card yet.
        dedupe = await card_key(s, case) if raised else f"card:{case.id}"
        await post_card(s, case, dedupe=dedupe, rank=rank, group=group)
    else:
        cases.record(s, case, "listed", "bot", priority=case.priority)
        await waiting.call(s, group)
    return crowd


def waiting_text(case: Case, crowd: Crowd) -> str | None:
    """The key of what a worker is told about waiting, once, with their first answer; None when nothing is to be said.

    It says what is so now, that many wait or that nobody is at the desk, and promises no time.
    """
    if crowd.many:
        return "case_many_wait"
    return None if site_of(case).staffed(dt.datetime.now(dt.UTC)) else "case_desk_closed"


async def alert_again(s: AsyncSession, case: Case, minutes: int) -> None:
    """Nobody has claimed a P1 for so long: a line in its topic, or a mark on the list while that is posted anyway."""
    site = site_of(case)
    group = await group_of(s, site)
    if group is not None and await waiting.needed(s, site):
        await waiting.call(s, group)
    else:
        await post(s, case, "desk_re_alert", rank=RANK_P1, silent=False, minutes=minutes)


async def bring_up(s: AsyncSession, case: Case) -> None:
    """Somebody claimed a case: its card shows it. One that came in a surge gets its topic and card now."""
    await _here(s, case, await group_of(s, site_of(case)))
    if case.card_message_id is not None:
        await refresh(s, case)
    elif not await _hurry(s, case):
        rank = RANK_P1 if case.priority == 1 else RANK_RELAY
        await post_card(s, case, dedupe=await card_key(s, case), rank=rank)


async def _hurry(s: AsyncSession, case: Case) -> bool:
    """Let a card that still waits go before others, as urgent as its case is now. False when none waits."""
    rank = RANK_P1 if case.priority == 1 else RANK_RELAY if case.holder_id is not None else RANK_ALERT
    waits = (Outgoing.case_id == case.id, Outgoing.purpose == "card", Outgoing.state == "queued")
    moved = change(Outgoing).where(*waits).values(rank=func.least(Outgoing.rank, rank)).returning(Outgoing.id)
    return (await s.execute(moved)).first() is not None


async def card_key(s: AsyncSession, case: Case) -> str:
    """What keeps a card from being queued twice: each posting of a case's card has its number."""
    before = select(func.count()).where(Outgoing.case_id == case.id, Outgoing.purpose == "card")
    count = int(await s.scalar(before) or 0)
    return f"card:{case.id}:{count}" if count else f"card:{case.id}"


async def post_card(
    s: AsyncSession, case: Case, *, dedupe: str, rank: int, silent: bool = False, group: Chat | None = None
) -> None:
    group = group or await group_of(s, site_of(case))
    if group is None:
        # The case is there all the same; `hotline doctor` and the console name the missing group.
        log.error("no_operators_group", case=case.ref, site=case.site)
        cases.record(s, case, "alert_without_group", "bot")
        return
    if case.group_id not in (None, group.id):
        await post_anew(s, case)
        return
    await outbox.queue(
        s,
        group.id,
        *messages.text(await _card_text(s, case), buttons=await _card_buttons(s, case), silent=silent or case.quiet),
        purpose="card",
        rank=rank,
        case_id=case.id,
        in_topic=True,
        dedupe=dedupe,
    )


async def refresh(s: AsyncSession, case: Case) -> None:
    """Bring the card up to date with the case. Only the newest look of a card is ever sent."""
    if case.anonymised_at is not None:
        return
    group = await group_of(s, site_of(case))
    number = case.card_in(group) if group is not None else None
    if group is None or number is None:
        return
    # A row the sender has in its hands goes out; this one follows it.
    outdated = await s.scalars(
        select(Outgoing)
        .where(
            Outgoing.case_id == case.id,
            Outgoing.purpose == "refresh",
            Outgoing.state == "queued",
            Outgoing.attempts == 0,
        )
        .with_for_update()
    )
    for row in outdated:
        if row.payload.get("message_id") == number:
            row.state = "withdrawn"
    await outbox.queue(
        s,
        group.id,
        *messages.edited(await _card_text(s, case), number=number, buttons=await _card_buttons(s, case)),
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
    reply_to: Spot | None = None,
    **values: object,
) -> int | None:
    """Post a text of the catalogue into a case's topic, in the desk's language."""
    if case.anonymised_at is not None:
        # Whatever is tied to it now would stay for good.
        return None
    site = site_of(case)
    group = await group_of(s, site)
    if group is None:
        return None
    text = texts.render(key, card.desk_lang(site), ref=case.ref, priority=case.priority, **values)
    return await line(s, case, group, text, silent=silent, rank=rank, dedupe=dedupe, reply_to=reply_to)


async def line(
    s: AsyncSession,
    case: Case,
    group: Chat,
    text: str,
    *,
    buttons: Rows | None = None,
    silent: bool | None = None,
    purpose: str = "alert",
    rank: int,
    dedupe: str | None = None,
    reply_to: Spot | None = None,
) -> int | None:
    """Post a line about a case in the desk's group: in its topic, under a message of that group if one is named.

    A case that was closed in a former group gets no topic in this one: its lines stand in General, with its reference.
    """
    here, under = await _here(s, case, group), None
    if not here:
        text = texts.render("desk_of_former_group", card.desk_lang(site_of(case)), ref=case.ref, words=text)
    elif reply_to is not None and reply_to[0] == group.id:
        under = reply_to[1]
    message = messages.text(text, buttons=buttons, silent=silent, reply_to=under)
    return await outbox.queue(
        s, group.id, *message, purpose=purpose, rank=rank, case_id=case.id, in_topic=here, dedupe=dedupe
    )


async def _here(s: AsyncSession, case: Case, group: Chat | None) -> bool:
    """Whether a case has its topic in this group, or gets it there: an open one that stands in another one moves."""
    if group is None or case.group_id in (None, group.id):
        return True
    if case.state == "closed":
        return False
    await post_anew(s, case)
    return True


async def relay(
    s: AsyncSession, case: Case, chat: Chat, update: Update, *, fetched_first: bool = True, news: bool = True
) -> None:
    """Show one of the worker's messages to the holder, once in a topic; nothing while nobody holds the case.

    A file is ours, encrypted and hashed, before it is shown: until then it is put off, but not for long. `news`: it was
    written just now, so a cry overtakes the words of other held chats.
    """
    if case.holder_id is None or case.anonymised_at is not None or update.kind not in {"message", "edited_message"}:
        return
    if update.kind == "edited_message" and update.content == "location":
        return  # a step of a live position moves its pin, see live.follow
    if update.held_back:
        await post(s, case, "desk_held_back", rank=RANK_RELAY, dedupe=f"heldback:{case.id}:{update.id}")
        return
    group = await group_of(s, site_of(case))
    if group is None:
        return
    if fetched_first and await s.scalar(select(exists().where(Media.update_id == update.id, Media.state == "wanted"))):
        at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=FETCH_SECONDS)
        await jobs.defer(s, "desk.relay_file", queue_name=jobs.DESK, at=at, update=update.id)
        return
    shown = await show(s, chat, update, card.desk_lang(site_of(case)))
    if not await _here(s, case, group):
        return
    number = await _topic_number(s, case)
    rank = await _rank_of_words(s, case, update) if news else RANK_RELAY
    calls = [(shown.message, f"relay:{case.id}:{update.id}")]
    if shown.lines:
        # Before the file: whoever opens it should have read them. What becomes known later follows it.
        named = ".".join(sorted(shown.lines))
        said = messages.text("\n".join(shown.lines.values()), buttons=shown.buttons or None)
        calls.insert(0, (said, f"{calls[0][1]}:{named}"))
    for message, dedupe in calls:
        await outbox.queue(
            s,
            group.id,
            *message,
            purpose="relay",
            rank=rank,
            case_id=case.id,
            in_topic=True,
            update_id=update.id,
            dedupe=f"{dedupe}:{number}" if number else dedupe,
        )


async def _rank_of_words(s: AsyncSession, case: Case, update: Update) -> int:
    """A cry of a held chat goes before all words of held chats, but one a minute: a flood of cries is a flood too."""
    if update.triage not in CRIES:
        return RANK_RELAY
    lately = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=CRY_SECONDS)
    # An emergency does not wait behind words of distress of the same minute.
    as_urgent = CRIES[: CRIES.index(update.triage) + 1]
    before = (
        select(Outgoing.id)
        .join(Update, Update.id == Outgoing.update_id)
        .where(
            Outgoing.case_id == case.id,
            Outgoing.purpose == "relay",
            Outgoing.rank == RANK_P1,
            Outgoing.update_id != update.id,
            Update.triage.in_(as_urgent),
            or_(Outgoing.state == "queued", Outgoing.sent_at > lately),
        )
    )
    return RANK_RELAY if await s.scalar(before.limit(1)) is not None else RANK_P1


async def _topic_number(s: AsyncSession, case: Case) -> int:
    """How often the case's topic was made again: what the former topic showed must be shown in this one too."""
    made = select(func.count()).where(CaseEvent.case_id == case.id, CaseEvent.what == "topic_made_again")
    return int(await s.scalar(made) or 0)


async def hold_back(s: AsyncSession, rows: Iterable[Update]) -> None:
    """Show none of these messages: the worker took them back. What waits for the group is withdrawn, what was shown
    stays for the holder to delete."""
    for update in rows:
        update.held_back = True
        await s.execute(
            change(Outgoing)
            .where(Outgoing.update_id == update.id, Outgoing.purpose == "relay", Outgoing.state == "queued")
            .values(state="withdrawn")
        )


async def keep(s: AsyncSession, case: Case, chat: Chat, update: Update, facts: Mapping[str, Any] = {}) -> None:
    """Keep a message with its case, what it told of place or safety too, and show it to whoever holds the case."""
    await cases.enrich(s, case, update, facts)
    await relay(s, case, chat, update)


async def relay_if_open(s: AsyncSession, chat: Chat, update: Update) -> None:
    """Keep an odd message with the chat's open case, if there is one."""
    case = await cases.open_case_of(s, chat.id, lock=True)
    if case is not None:
        await keep(s, case, chat, update)


async def worker_wish(s: AsyncSession, case: Case, what: str) -> None:
    """The worker wishes something that only an operator may do. It becomes a task in the topic."""
    await post(s, case, f"desk_wish_{what}", rank=RANK_ALERT, silent=False)


async def ring(s: AsyncSession, case: Case, update: Update) -> None:
    """Danger is told anew in a case that nobody holds: its topic rings, at most once a minute."""
    minute = int(update.received_at.timestamp() // 60)
    await post(s, case, "desk_rings_again", rank=RANK_P1, silent=case.quiet, dedupe=f"ring:{case.id}:{minute}")


async def right_desk(s: AsyncSession, case: Case) -> None:
    """Who somebody is, or where, became known after the case was opened: see that the desk meant for them has it.

    Between desks that share a group it moves. From one group to another it does not: its topic, and whoever reads it,
    are there. Both are told instead.
    """
    meant = sites.route(case.nationality, case.country, case.lang).meant
    if meant.id == case.site:
        return
    here, there = site_of(case), sites.answering(meant.id, case.lang).receives
    if here.id == there.id:
        cases.record(s, case, "desk_changed", "bot", **{"from": case.site, "to": meant.id})
        case.site = meant.id
        await refresh(s, case)
        return
    dedupe = f"elsewhere:{case.id}:{meant.id}"
    await post(s, case, "desk_elsewhere", rank=RANK_ALERT, silent=False, dedupe=dedupe, site=meant.id)
    group = await group_of(s, there)
    if group is not None:
        values = {"ref": case.ref, "priority": case.priority, "site": case.site}
        await outbox.queue(
            s,
            group.id,
            *messages.text(texts.render("desk_line_elsewhere", card.desk_lang(there), **values), silent=False),
            purpose="alert",
            rank=RANK_ALERT,
            case_id=case.id,
            dedupe=f"{dedupe}:line",
        )


async def dead_letter(s: AsyncSession, chat: Chat, update: Update) -> None:
    """A turn failed twice: a person reads what the bot could not. Opens a case when the chat has none."""
    reported = await cases.report(s, chat, update, "human", lang=chat.heard_lang or "other", found_by="dead_letter")
    if reported.opened:
        await announce(s, reported.case)
    await relay(s, reported.case, chat, update)
    await post(s, reported.case, "desk_dead_letter", rank=RANK_ALERT, silent=False, dedupe=f"deadletter:{update.id}")


async def reachability(s: AsyncSession, chat: Chat, *, dedupe: str | None = None) -> None:
    """The worker blocked the bot, or came back: the desks of the chat's open cases hear of it."""
    gone = chat.unreachable_at is not None
    key = "desk_unreachable" if gone else "desk_reachable"
    for case in await s.scalars(select(Case).where(Case.chat_id == chat.id, Case.state != "closed").order_by(Case.id)):
        once = f"{dedupe}:{case.id}" if dedupe else None
        if await post(s, case, key, rank=RANK_ALERT, silent=False, dedupe=once) is not None:
            cases.record(s, case, "unreachable" if gone else "reachable", "bot")
            await refresh(s, case)


async def tell_worker(s: AsyncSession, case: Case, key: str, *, dedupe: str) -> None:
    """Queue a notice for the worker of a case, in the language of the chat."""
    chat = await s.get_one(Chat, case.chat_id)
    lang = chat.lang if chat.lang in texts.LANGS else texts.reader(case.lang)
    await outbox.say(s, chat, key, lang, purpose="notice", case_id=case.id, dedupe=dedupe)


async def tell_closed(s: AsyncSession, case: Case) -> None:
    """A case was closed: the worker is told, unless the talk goes on in another case of the chat."""
    if await holding.others_open(s, case):
        await jobs.defer(s, "desk.goes_on", queue_name=jobs.DESK, chat=case.chat_id)
    else:
        await tell_worker(s, case, "case_closed", dedupe=f"closed:{case.id}")


async def holder_name(s: AsyncSession, case: Case) -> str | None:
    if case.holder_id is None:
        return None
    return (await s.get_one(Operator, case.holder_id)).name


async def _card_text(s: AsyncSession, case: Case) -> str:
    chat = await s.get_one(Chat, case.chat_id)
    return card.card(
        case,
        holder=await holder_name(s, case),
        reachable=chat.unreachable_at is None,
        knows_bot=bots.may_write(chat),
        blocked_until=chat.blocked_until if quiet.blocked(chat, dt.datetime.now(dt.UTC)) else None,
    )


async def _card_buttons(s: AsyncSession, case: Case) -> list[list[Button]]:
    chat = await s.get_one(Chat, case.chat_id)
    return card.buttons(case, blocked=quiet.blocked(chat, dt.datetime.now(dt.UTC)))


async def backlog(s: AsyncSession, case: Case) -> int:
    """Show everything the worker wrote so far, oldest first: what a claim begins with. Returns how many messages."""
    chat = await s.get_one(Chat, case.chat_id)
    messages = await cases.messages_of(s, case)
    for update in messages:
        await relay(s, case, chat, update, news=False)
    return len(messages)


async def card_waits(s: AsyncSession, case: Case) -> bool:
    waiting = select(Outgoing.id).where(
        Outgoing.case_id == case.id, Outgoing.purpose == "card", Outgoing.state == "queued"
    )
    return await s.scalar(waiting.limit(1)) is not None


def unsent(worker: InstrumentedAttribute[int | None] | int | None) -> tuple[ColumnElement[bool], ...]:
    """What shows a case in a group, and was not sent yet. `worker` is the case's own chat."""
    shows = or_(Outgoing.in_topic, Outgoing.purpose.in_(("card", "relay", "refresh", "moved")))
    return Outgoing.state == "queued", Outgoing.chat_id != worker, shows


async def post_anew(s: AsyncSession, case: Case) -> None:
    """Forget the topic and card of a case, and have it posted again. What waited is shown from the beginning."""
    await s.execute(
        change(Outgoing).where(Outgoing.case_id == case.id, *unsent(case.chat_id)).values(state="withdrawn")
    )
    case.leave_group()
    cases.record(s, case, "topic_made_again", "bot")
    await s.flush()
    await jobs.defer(s, "desk.rebuild", queue_name=jobs.DESK, case=case.id, recorded=True)
