"""Cases posted again: their topic was deleted, their group moved, another bot answers, or their card is still missing.

Everything here queues outbox rows in the caller's transaction.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import exists, or_, select
from sqlalchemy import update as change
from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.cases import service as cases
from bot.cases import sites
from bot.desk import card, waiting
from bot.desk import service as desk
from bot.desk.shown import sendable
from bot.outbox import bots, messages
from bot.outbox import service as outbox
from bot.storage import crypto
from bot.storage.models import Case, CaseEvent, Chat, Outgoing, Update


async def cards_of_new_bot(s: AsyncSession, *, stamp: int) -> int:
    """Another bot answers now: each open case gets a card of its own, because buttons of the former bot's are dead.

    Silently; the desks are told in one line. Returns how many workers with an open case have not written to it yet.
    """
    now = await s.scalars(select(Case).where(Case.state != "closed").order_by(Case.priority, Case.id))
    unheard = set()
    for case in now.all():
        if not bots.may_write(await s.get_one(Chat, case.chat_id)):
            unheard.add(case.chat_id)
        if case.card_message_id is not None:
            # Until the new card is there nothing is to be edited.
            case.card_message_id = None
            await desk.post_card(s, case, dedupe=f"card:{case.id}:bot:{stamp}", rank=desk.RANK_REST, silent=True)
    return len(unheard)


async def tell_desks(s: AsyncSession, key: str, *, dedupe: str, **values: object) -> None:
    """A line to every desk, outside any case."""
    for site in {sites.answering(site.id, "other").receives.id for site in sites.sites().values()}:
        chosen = sites.sites()[site]
        group = await desk.group_of(s, chosen)
        if group is None:
            continue
        line = messages.text(texts.render(key, card.desk_lang(chosen), **values), silent=False)
        await outbox.queue(s, group.id, *line, purpose="alert", rank=desk.RANK_ALERT, dedupe=f"{dedupe}:{site}")


async def rebuild(s: AsyncSession, case: Case, *, recorded: bool = False) -> None:
    """The topic is made again: card, and in their order the worker's messages, ours, and the notes.

    It was deleted, or left behind in a former group; `recorded` when that stands in the record of the case already.
    """
    if await desk.card_waits(s, case) or case.card_message_id is not None or case.anonymised_at is not None:
        return
    if not recorded:
        cases.record(s, case, "topic_made_again", "bot")
        await s.flush()
    rank = desk.RANK_P1 if case.priority == 1 else desk.RANK_RELAY if case.holder_id is not None else desk.RANK_ALERT
    await desk.post_card(s, case, dedupe=await desk.card_key(s, case), rank=rank)
    if case.holder_id is None:
        return
    chat = await s.get_one(Chat, case.chat_id)
    told: list[tuple[dt.datetime, Update | Outgoing | CaseEvent]] = [
        *((update.received_at, update) for update in await cases.messages_of(s, case)),
        *((row.created_at, row) for row in await cases.outgoing_of(s, case)),
        *((note.at, note) for note in await cases.notes_of(s, case)),
    ]
    for _, entry in sorted(told, key=lambda pair: pair[0]):
        if isinstance(entry, Update):
            await desk.relay(s, case, chat, entry, news=False)
        elif isinstance(entry, CaseEvent):
            await desk.post(s, case, "desk_note_before", rank=desk.RANK_RELAY, words=sendable(entry.body or ""))
        else:
            await _show_sent(s, case, chat, entry)


async def _show_sent(s: AsyncSession, case: Case, chat: Chat, row: Outgoing) -> None:
    """Show in a new topic what an operator wrote to the worker; a file is copied from the worker's chat."""
    if row.state == "withdrawn":
        return
    if "text" in row.payload:
        key = "desk_sent_before" if row.state == "sent" else "desk_unsent_before"
        await desk.post(s, case, key, rank=desk.RANK_RELAY, words=row.payload["text"])
        return
    group = await desk.group_of(s, desk.site_of(case))
    if group is not None and row.message_ids:
        copy = messages.copy(chat.id, row.message_ids[0], bot=row.bot_id)
        await outbox.queue(s, group.id, *copy, purpose="alert", rank=desk.RANK_RELAY, case_id=case.id, in_topic=True)


async def follow_groups(s: AsyncSession) -> int:
    """Post each open case that stands in a group no more its desk's in the present one. Returns how many. Idempotent.

    The settings name another group, or Telegram gave it another id. What waited for the former group is dropped:
    the new topic shows the case from its beginning.
    """
    await _mend_ids(s)
    groups = {site.id: group for site in sites.sites().values() if (group := await desk.group_of(s, site)) is not None}
    if not groups:
        return 0
    present = [group.id for group in groups.values()]
    others = (Chat.kind == "operators", Chat.id.not_in(present))
    await s.execute(change(Chat).where(*others).values(desk_hash=None))
    moved = 0
    for site, group in groups.items():
        waits = exists().where(Outgoing.case_id == Case.id, *desk.unsent(Case.chat_id), Outgoing.chat_id != group.id)
        left = await s.scalars(
            select(Case)
            .where(waiting.of_desk(sites.sites()[site]), Case.state != "closed", or_(Case.group_id != group.id, waits))
            .order_by(Case.priority, Case.id)
            .with_for_update(key_share=True)
        )
        for case in left.all():
            await desk.post_anew(s, case)
            moved += 1
    former = select(Chat.id).where(*others)
    dropped = (Outgoing.chat_id.in_(former), Outgoing.state == "queued", ~messages.DELETES_TOPIC)
    await s.execute(change(Outgoing).where(*dropped).values(state="withdrawn"))
    return moved


async def _mend_ids(s: AsyncSession) -> None:
    """A group that moved under an earlier release kept its row, with numbers of two groups: it becomes a former one."""
    named = {crypto.keyed_hash("chat", site.group): site.group for site in sites.sites().values() if site.group}
    for group in await s.scalars(select(Chat).where(Chat.desk_hash.in_(named))):
        telegram_id = int(group.chat_id)
        if group.chat_hash == group.desk_hash and crypto.keyed_hash("chat", telegram_id) != group.chat_hash:
            group.chat_id = str(named[group.chat_hash])
            await outbox.group_moved(s, group.id, telegram_id)


async def missing_cards(s: AsyncSession, *, older_than: dt.timedelta) -> int:
    """Post the card of open cases that have none, as many as the group's minute has room for. Returns how many.

    They came in a surge, or before their group was set, or Telegram refused the card; those refused come last. Where
    somebody waits without a topic the list is called for too: nobody is forgotten if its job was lost.
    """
    count = 0
    before = dt.datetime.now(dt.UTC) - older_than
    for site in sites.sites().values():
        group = await desk.group_of(s, site)
        if group is None:
            continue
        if await waiting.needed(s, site):
            await waiting.call(s, group)
        refused = exists().where(Outgoing.case_id == Case.id, Outgoing.purpose == "card")
        unseen = await s.scalars(
            select(Case)
            .where(
                waiting.of_desk(site),
                Case.state != "closed",
                Case.card_message_id.is_(None),
                # One that rings nobody stays on the list until somebody asks for it.
                or_(~Case.quiet, Case.holder_id.is_not(None)),
                Case.opened_at < before,
                ~refused.where(Outgoing.state == "queued"),
            )
            .order_by(refused, Case.priority, Case.opened_at, Case.id)
            .limit(await waiting.room(s, group))
        )
        for case in unseen.all():
            rank = desk.RANK_ALERT if case.priority == 1 else desk.RANK_REST
            await desk.post_card(s, case, dedupe=await desk.card_key(s, case), rank=rank)
            count += 1
    return count
