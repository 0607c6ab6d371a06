"""Jobs of the desk: alerts again for cases nobody claims, news of blocked chats, topics made again; and what happens
once a row for the desk, or from it, is settled."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot.cases import holding, rules, sites
from bot.cases import service as cases
from bot.desk import again, service, waiting
from bot.desk import delivery as _delivery  # noqa: F401  registers what is said of a reply that is settled
from bot.desk import group as desk_group
from bot.outbox import erase
from bot.outbox.settled import on_settled
from bot.storage import audit, jobs
from bot.storage.models import Case, Chat, Outgoing, TopicMessage, Update
from bot.storage.session import session

log = logs.get(__name__)

#: A case whose card nobody saw for this many seconds is posted again.
UNSEEN_SECONDS = 60.0


@jobs.queue.task(name="desk.re_alert", queue=jobs.DESK, retry=3)
async def re_alert(case: int, step: int, since: int | None = None) -> None:
    """Alert again when a P1 case is still unclaimed since an event of it. Idempotent: each step rings once."""
    async with session() as s:
        found = await cases.locked(s, case)
        if found.state != "new" or found.holder_id is not None or found.priority != 1 or found.re_alerts >= step:
            return
        if found.quiet:
            return
        if since is not None and since != await cases.waits_since(s, found):
            # Claimed and handed over meanwhile: the alerts of that waiting come at their own time.
            return
        found.re_alerts = step
        minutes = rules.RE_ALERT_MINUTES[step - 1]
        cases.record(s, found, "re_alerted", "bot", step=step)
        await service.alert_again(s, found, minutes)
        await s.commit()
    log.info("case_re_alerted", case=found.ref, step=step)


@jobs.queue.task(name="desk.unreachable", queue=jobs.DESK, retry=3)
async def unreachable(chat: int) -> None:
    """Telegram said that the person blocked the bot: the desk of an open case hears of it."""
    async with session() as s:
        found = await s.get_one(Chat, chat)
        if found.unreachable_at is not None:
            await service.reachability(s, found)
        await s.commit()


@jobs.queue.task(name="desk.released", queue=jobs.DESK, retry=3)
async def released(case: int) -> None:
    """The holder was taken off the list: the card shows it, and the desk is asked who takes the case."""
    async with session() as s:
        found = await cases.locked(s, case)
        if found.holder_id is None and found.state != "closed":
            rank = service.RANK_P1 if found.priority == 1 else service.RANK_ALERT
            since = await cases.waits_since(s, found)
            await service.post(s, found, "desk_released", rank=rank, silent=False, dedupe=f"released:{case}:{since}")
            await service.refresh(s, found)
        await s.commit()


@jobs.queue.task(name="desk.goes_on", queue=jobs.DESK, retry=3)
async def goes_on(chat: int) -> None:
    """A case was closed while another one of its chat is open: the worker's words reach that one. Idempotent."""
    async with session() as s:
        case = await holding.goes_on(s, chat)
        if case is not None:
            rank = service.RANK_RELAY if case.holder_id is not None else service.RANK_ALERT
            await service.post(s, case, "desk_goes_on", rank=rank, silent=False)
        await s.commit()


@jobs.queue.task(name="desk.moved", queue=jobs.DESK, retry=3)
async def group_moved(group: int) -> None:
    """An operators' group (row id) became a former one, as when topics are switched on: open cases are posted anew."""
    await follow_groups()


@jobs.queue.task(name="desk.new_bot", queue=jobs.DESK, retry=3)
async def new_bot(stamp: int) -> None:
    """The token is of another bot account than before: new cards, and one line to each desk. Idempotent."""
    async with session() as s:
        unheard = await again.cards_of_new_bot(s, stamp=stamp)
        await again.tell_desks(s, "desk_new_bot", dedupe=f"newbot:{stamp}", count=unheard)
        await s.commit()


@jobs.queue.task(name="desk.found_new_bot", queue=jobs.DESK, retry=3)
async def found_new_bot(chat: int) -> None:
    """A worker wrote to the new bot: messages reach them again, and the cards of their open cases say so."""
    async with session() as s:
        for case in await s.scalars(select(Case).where(Case.chat_id == chat, Case.state != "closed")):
            await service.refresh(s, case)
            await service.post(s, case, "desk_reachable", rank=service.RANK_ALERT)
        await s.commit()


@jobs.queue.task(name="desk.restored", queue=jobs.DESK, retry=3)
async def restored(backup: str) -> None:
    """The data came back from a backup: each desk hears of it, each open case, and under what waits no more."""
    time = f"{dt.datetime.fromisoformat(backup):%Y-%m-%d %H:%M} UTC"
    async with session() as s:
        held = await s.scalar(select(func.count()).select_from(Outgoing).where(Outgoing.failure == "restored"))
        audit.record(s, "restored")
        await again.tell_desks(s, "desk_restored", dedupe=f"restored:{backup}", time=time, count=held)
        for case in await s.scalars(select(Case).where(Case.state != "closed").order_by(Case.priority, Case.id)):
            await service.post(s, case, "desk_restored_case", dedupe=f"restored:{backup}:{case.id}", time=time)
        rows = await s.execute(
            select(Outgoing, TopicMessage)
            .join(TopicMessage, TopicMessage.outgoing_id == Outgoing.id)
            .where(Outgoing.failure == "restored", Outgoing.purpose == "operator", TopicMessage.role == "operator")
            .order_by(Outgoing.id)
        )
        for row, written in rows.all():
            case = await s.get_one(Case, written.case_id)
            await service.post(
                s,
                case,
                "desk_restored_held",
                reply_to=(written.group_id, written.message_id),
                dedupe=f"restored:{backup}:held:{row.id}",
            )
        await s.commit()


async def follow_groups() -> None:
    """At the start, and when a group gets another id: open cases move into the present group of their desk."""
    async with session() as s:
        count = await again.follow_groups(s)
        await s.commit()
    if count:
        log.warning("cases_moved_to_new_group", count=count)


@jobs.queue.task(name="desk.list", queue=jobs.DESK, retry=3)
async def post_list(group: int) -> None:
    """Post the list of who waits, and have it looked at again in a minute while it is needed. Safe to run again."""
    async with session() as s:
        chat = await s.get_one(Chat, group, with_for_update={"key_share": True})
        site = sites.site_of_chat(chat)
        if site is not None:
            await waiting.post(s, chat, site)
        await s.commit()


async def post_missing_cards() -> None:
    """Show every case that has no topic: it came in a surge, its group was set only later, or Telegram refused it."""
    async with session() as s:
        count = await again.missing_cards(s, older_than=dt.timedelta(seconds=UNSEEN_SECONDS))
        await s.commit()
    if count:
        log.info("cards_posted_late", count=count)


@jobs.queue.task(name="desk.relay_file", queue=jobs.DESK, retry=3)
async def relay_file(update: int) -> None:
    """A file is fetched, or took too long: show its message to the holder, or send it to the worker. Idempotent."""
    async with session() as s:
        row = await s.get_one(Update, update)
        chat = await s.get_one(Chat, row.chat_id) if row.chat_id is not None else None
        if chat is not None and chat.kind != "private":
            await desk_group.file_settled(s, chat, row)
        elif chat is not None and (case_id := await _case_after_turn(s, chat, row)) is not None:
            case = await cases.locked(s, case_id)
            await cases.keep_file_positions(s, case)
            await service.relay(s, case, chat, row, fetched_first=False)
        await s.commit()


async def _case_after_turn(s: AsyncSession, chat: Chat, update: Update) -> int | None:
    """The case of a message, once no turn of its chat runs.

    One that found the file wanted leaves the showing to us, and only its end tells that the message belongs to a case.
    """
    await s.refresh(chat, with_for_update={"key_share": True})
    await s.refresh(update)
    return update.case_id


@jobs.queue.task(name="desk.rebuild", queue=jobs.DESK, retry=3)
async def rebuild(case: int, recorded: bool = False) -> None:
    """Post a case again into its new topic."""
    async with session() as s:
        await again.rebuild(s, await cases.locked(s, case), recorded=recorded)
        await s.commit()


# -- what follows when a row is settled; in the same transaction


@on_settled("card")
async def _card_settled(s: AsyncSession, row: Outgoing, group: Chat) -> None:
    if row.state != "sent" or row.case_id is None or not row.message_ids:
        return
    case = await cases.locked(s, row.case_id)
    if case.group_id not in (None, group.id):
        return  # it was posted anew elsewhere meanwhile
    case.group_id, case.card_message_id = group.id, row.message_ids[0]
    s.add(TopicMessage(case_id=case.id, group_id=group.id, message_id=row.message_ids[0], role="card"))
    if case.holder_id is not None or case.state != "new":
        await service.refresh(s, case)


@on_settled("relay")
async def _relay_settled(s: AsyncSession, row: Outgoing, group: Chat) -> None:
    if row.state == "sent" and row.case_id is not None:
        for message_id in row.message_ids:
            # Joined messages share one post: it stands for the first of them, and a reply to it reaches the worker.
            await s.execute(
                insert(TopicMessage)
                .values(
                    case_id=row.case_id,
                    group_id=group.id,
                    message_id=message_id,
                    role="relay",
                    update_id=row.update_id,
                    outgoing_id=row.id,
                )
                .on_conflict_do_nothing(index_elements=["group_id", "message_id"])
            )
    elif row.state == "failed" and row.case_id is not None:
        case = await s.get_one(Case, row.case_id)
        # Never say that something is kept when its file is with a bot that is gone.
        key = "desk_relay_gone" if row.failure in {"other_bot", "gone"} else "desk_relay_failed"
        await service.post(s, case, key, dedupe=f"relayfailed:{row.id}")


@on_settled("receipt")
async def _receipt_settled(s: AsyncSession, row: Outgoing, chat: Chat) -> None:
    """The worker's first answer: whether it arrived belongs to the record of the case."""
    if row.case_id is not None and row.state != "queued":
        cases.record(s, await s.get_one(Case, row.case_id), f"receipt_{row.state}", "bot", outgoing=row.id)


on_settled("closing")(erase.closing_sent)
