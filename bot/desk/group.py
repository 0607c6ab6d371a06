"""What operators do in their group: press buttons, reply to the worker, edit, or leave an internal note."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from telegram import Message, error
from telegram import Update as TelegramUpdate

from bot import log as logs
from bot import texts
from bot.cases import allowed, belongs, strangers
from bot.cases import service as cases
from bot.desk import alike, buttons, files, lease, recruiters, refusals, service, use_cases, written
from bot.desk.use_cases import FileStays, Written
from bot.errors import CaseError, CaseNotFound, NotTheHolder, ReplyNamesReference, WrittenAnonymously, WrittenAsChannel
from bot.outbox import messages
from bot.outbox import service as outbox
from bot.outbox.telegram import bot_id, client
from bot.storage import jobs
from bot.storage.models import Case, Chat, Operator, Outgoing, TopicMessage, Update
from bot.storage.session import session

log = logs.get(__name__)

#: Seconds one update of a group may take before it counts as failed.
GROUP_SECONDS = 20
MAX_ATTEMPTS = 2
#: A reply of the holder to one of these reaches the worker.
ANSWERABLE = frozenset({"card", "relay"})
#: What Telegram calls somebody who is not in a group any more. Source: Bot API, ChatMember.
ABSENT = frozenset({"left", "kicked"})
#: What an operator may write instead of pressing a button: /next, /claim H-7K3Q, /ambil 7K3Q.
COMMAND = re.compile(
    r"/(?:next|(?:claim|ambil)(?:@\w+)?\s+(?P<ref>(?:H-)?\w{4}))(?:@\w+)?\s*", re.ASCII | re.IGNORECASE
)


class GroupTurnFailed(Exception):
    """An update of an operators' group raised; the job tries it once more."""


@jobs.queue.task(name="desk.take", queue=jobs.TURNS, retry=jobs.retry_soon())
async def take(update: int) -> None:
    """Act on one stored update of an operators' group. Safe to run again."""
    try:
        async with asyncio.timeout(GROUP_SECONDS):
            await _take(update)
    except Exception as problem:
        if jobs.database_is_away(problem):
            raise
        log.warning("group_turn_failed", update=update, exc_info=True)
        if not await failed(update, type(problem).__name__):
            raise GroupTurnFailed from None


async def failed(update_id: int, error: str) -> bool:
    """Count a failure: it raised, or it ended the worker. True when the update was set aside, and its topic told."""
    async with session() as s:
        row = await s.get_one(Update, update_id, with_for_update=True)
        if row.state != "pending":
            return True
        row.attempts += 1
        dead = row.attempts >= MAX_ATTEMPTS
        if dead:
            try:
                async with s.begin_nested():
                    await _own_up(s, row)
            except Exception as problem:
                if jobs.database_is_away(problem):
                    raise
                # What cannot even be owned up to must not come again for ever.
                log.error("group_turn_untold", update=update_id, exc_info=True)
                await s.refresh(row)
            row.state, row.error, row.finished_at = "dead", error, dt.datetime.now(dt.UTC)
        await s.commit()
    return dead


async def _own_up(s: AsyncSession, update: Update) -> None:
    """A message in a topic failed twice: say under it that nothing was sent, so that nobody believes it was."""
    body = update.raw.get(update.kind)
    message = body if isinstance(body, dict) and update.kind in {"message", "edited_message"} else {}
    group = await s.get_one(Chat, update.chat_id)
    thread = message.get("message_thread_id")
    case = await belongs.case_of_topic(s, group, thread) if isinstance(thread, int) else None
    if case is not None and case.anonymised_at is None:
        under = (group.id, update.message_id) if update.message_id is not None else None
        await service.post(s, case, "desk_group_failed", reply_to=under, silent=False, dedupe=f"owned:{update.id}")


async def _take(update_id: int) -> None:
    async with session() as s:
        update = await s.get_one(Update, update_id)
        if update.state != "pending" or update.chat_id is None:
            return
        group = await s.get_one(Chat, update.chat_id)
        parsed = TelegramUpdate.de_json(update.raw, None)
        said: tuple[str, str] | None = None
        await _who_is_there(s, group, parsed)
        if parsed.callback_query is not None:
            query = parsed.callback_query
            said = query.id, await buttons.pressed(s, group, update, query.from_user.id, query.data or "")
        elif parsed.message is not None:
            await _wrote(s, group, update, parsed.message)
        elif parsed.edited_message is not None:
            await _edited(s, group, update, parsed.edited_message)
        update.state, update.finished_at = "done", dt.datetime.now(dt.UTC)
        await s.commit()
    if said is not None:
        await _answer_button(*said)


async def _who_is_there(s: AsyncSession, group: Chat, parsed: TelegramUpdate) -> None:
    """Somebody who is not listed joined, wrote or pressed: the group is told once. Whoever leaves is forgotten."""
    message, member = parsed.message, parsed.chat_member
    here = [*message.new_chat_members] if message is not None else []
    gone = [message.left_chat_member] if message is not None and message.left_chat_member is not None else []
    if member is not None:
        (gone if member.new_chat_member.status in ABSENT else here).append(member.new_chat_member.user)
    elif parsed.effective_user is not None and parsed.effective_user.id not in {user.id for user in gone}:
        here.append(parsed.effective_user)
    for user in gone:
        await strangers.forget(s, user.id, group.id)
    for user in here:
        if user.id == bot_id() or (found := await strangers.notice(s, group, user.id, user.full_name)) is None:
            continue
        said = texts.render("desk_stranger", alike.lang(group), name=found.name, number=found.telegram_id)
        line, once = messages.text(said, silent=False), f"stranger:{found.id}"
        await outbox.queue(s, group.id, *line, purpose="alert", rank=service.RANK_ALERT, dedupe=once)


async def _answer_button(callback_id: str, text: str) -> None:
    """Stop the button's clock and say what happened. Too late is no harm: the card shows it too."""
    try:
        await client().answer_callback_query(callback_id, text=text[:200], show_alert=bool(text))
    except error.TelegramError:
        log.info("button_answer_late")


async def _commanded(s: AsyncSession, group: Chat, update: Update, message: Message, ref: str | None) -> None:
    """An operator takes a case by writing. The answer stands under what they wrote."""
    lang = alike.lang(group)
    try:
        operator = await cases.operator_of(s, message.from_user.id if message.from_user else 0)
        allowed.in_group(operator, group)
        if ref is None:
            said = await buttons.claim_next(s, group, operator)
        else:
            case = await cases.by_ref(s, ref)
            if not belongs.stands_in(group, case):
                raise CaseNotFound()
            await use_cases.claim(s, operator, case.id)
            said = texts.render("desk_you_claimed_ref", lang, ref=case.ref, priority=case.priority)
    except CaseError as refused:
        key, values = refusals.of(refused, not_found="desk_no_such_case")
        said = texts.render(key, lang, **values)
    await _answer_command(s, group, update, messages.text(said, reply_to=message.message_id))


async def _look_up(s: AsyncSession, group: Chat, update: Update, message: Message, words: str) -> None:
    """An operator looks a recruiter up by writing. The answer stands under what they wrote."""
    telegram_id = message.from_user.id if message.from_user else 0
    said, rows = await recruiters.looked_up(s, group, telegram_id, words, alike.lang(group))
    answer = messages.text(said, buttons=rows or None, reply_to=message.message_id)
    await _answer_command(s, group, update, answer)


async def _answer_command(s: AsyncSession, group: Chat, update: Update, answer: messages.Message) -> None:
    await outbox.queue(s, group.id, *answer, purpose="alert", rank=service.RANK_RELAY, dedupe=f"command:{update.id}")


async def _wrote(s: AsyncSession, group: Chat, update: Update, message: Message) -> None:
    """A message in the group: the holder's reply goes to the worker, anything else is an internal note.

    Of a former group only replies count, such as were written just before it moved: nothing is answered there.
    """
    if group.former and message.reply_to_message is None:
        return None
    if (command := COMMAND.fullmatch(message.text or "")) is not None:
        return await _commanded(s, group, update, message, command["ref"])
    if (command := recruiters.COMMAND.fullmatch(message.text or "")) is not None:
        return await _look_up(s, group, update, message, command["who"] or "")
    case, target = await _meant(s, group, message)
    if case is None or message.from_user is None:
        return None
    if case.anonymised_at is not None:
        return await _gone(s, group, update, message)
    try:
        operator = await cases.operator_of(s, message.from_user.id)
        allowed.for_case(operator, case)
    except CaseError as refused:
        return await _refuse(s, group, update, message, case, refused)
    replied = message.reply_to_message
    if target is None and replied is not None and await _unknown(s, group, replied):
        return await _under(s, group, update, message, case, "desk_reply_unknown")
    if target is None or target.role not in ANSWERABLE:
        return await _noted(s, group, update, message, case, operator)
    return await _replied(s, group, update, message, case, operator)


async def _meant(s: AsyncSession, group: Chat, message: Message) -> tuple[Case | None, TopicMessage | None]:
    """The case that a message in the group is about, and the post that it replies to; None for neither."""
    replied, target = message.reply_to_message, None
    if replied is not None:
        # A message that replies to nothing "replies" to the making of its topic: no row of ours stands for that.
        target = await s.scalar(
            select(TopicMessage).where(TopicMessage.group_id == group.id, TopicMessage.message_id == replied.message_id)
        )
    # Where no topic could be made, cards stand in General: there only the reply says which case is meant.
    case = await belongs.case_of_topic(s, group, message.message_thread_id)
    if target is not None and (case is None or case.id != target.case_id):
        case = await s.get(Case, target.case_id)
    return case, target


async def _gone(s: AsyncSession, group: Chat, update: Update, message: Message) -> None:
    """The topic of an anonymised case still stands: Telegram would not delete it. Nothing is kept with the case."""
    if not group.former:
        said = messages.text(texts.render("desk_case_gone", alike.lang(group)), reply_to=message.message_id)
        await outbox.queue(s, group.id, *said, purpose="alert", dedupe=f"note:{update.id}")


async def _noted(
    s: AsyncSession, group: Chat, update: Update, message: Message, case: Case, operator: Operator
) -> None:
    holds = await use_cases.note(s, operator, case, message.text or message.caption, update=update.id)
    if holds:
        # Who forgets to reply believes that the worker reads it. Once in a case, so that notes stay notes.
        once, under = f"noted:{case.id}:{operator.id}", (group.id, message.message_id)
        await service.post(s, case, "desk_noted", rank=service.RANK_RELAY, reply_to=under, dedupe=once)


async def _replied(
    s: AsyncSession, group: Chat, update: Update, message: Message, case: Case, operator: Operator
) -> None:
    """The holder replies to the worker; under the reply stands why, where it does not leave."""
    under = (group.id, message.message_id)
    body, by = written.body_of(message), Written(group, update, message.message_id)
    try:
        said = await use_cases.reply(s, operator, case.id, body, once=str(update.id), written=by)
    except NotTheHolder:
        key, holder = await lease.refusal(s, case, operator)
        await service.post(s, case, key, silent=False, reply_to=under, dedupe=f"note:{update.id}", holder=holder)
    except ReplyNamesReference:
        await _under(s, group, update, message, case, "desk_names_reference")
    except CaseError as refused:
        await _refuse(s, group, update, message, case, refused)
    else:
        # Its own turn says nothing yet of a file: mostly it is here a moment later.
        if isinstance(said, FileStays) and update.state != "pending":
            once, rank = f"{said.why}:{update.id}", service.RANK_RELAY
            await service.post(s, case, said.why, rank=rank, silent=False, reply_to=under, dedupe=once)


async def _under(
    s: AsyncSession, group: Chat, update: Update, message: Message, case: Case, key: str, **values: Any
) -> None:
    """Say something under what an operator wrote, without a sound."""
    under = (group.id, message.message_id)
    await service.post(s, case, key, reply_to=under, dedupe=f"note:{update.id}", **values)


async def _refuse(
    s: AsyncSession, group: Chat, update: Update, message: Message, case: Case, refused: CaseError
) -> None:
    """Say under what somebody wrote why it does not go to the worker."""
    key, values = refusals.of(refused, not_holder="desk_not_holder", not_found="desk_reply_closed")
    under = (group.id, message.message_id)
    # Who writes in another name sees nothing else that would tell them.
    silent = not isinstance(refused, WrittenAnonymously | WrittenAsChannel)
    await service.post(
        s, case, key, rank=service.RANK_RELAY, silent=silent, reply_to=under, dedupe=f"note:{update.id}", **values
    )


async def file_settled(s: AsyncSession, group: Chat, update: Update) -> None:
    """An operator's file is fetched, or takes long: its message, as last edited, is taken as if it came now."""
    await files.hold(s, group, update.message_id)
    ends = [f"{what}:{update.id}" for what in ("operator", *files.REFUSALS)]
    ended = await s.scalar(select(exists().where(Outgoing.dedupe.in_(ends))))
    parsed = TelegramUpdate.de_json(await written.last_words(s, group, update), None)
    if parsed.message is not None and update.state == "done" and not ended:
        await _wrote(s, group, update, parsed.message)


async def _unknown(s: AsyncSession, group: Chat, replied: Message) -> bool:
    """Whether an operator replies to a post of ours that we know nothing of: as a silent note the reply would be lost.

    It came after the backup from which we were restored, or its number never reached us and it was posted again.
    """
    if replied.from_user is None or not replied.from_user.is_bot or replied.forum_topic_created is not None:
        return False
    around = Outgoing.sent_at.between(replied.date - dt.timedelta(minutes=1), replied.date + dt.timedelta(minutes=10))
    known = exists().where(Outgoing.chat_id == group.id, around, Outgoing.message_ids.contains([replied.message_id]))
    return not await s.scalar(select(known))


async def _edited(s: AsyncSession, group: Chat, update: Update, message: Message) -> None:
    """The holder edits what they wrote: the worker sees the new words, or gets only those if nothing went out yet."""
    # A file that is still being fetched takes its last words along by itself: bot/desk/files.py.
    await files.hold(s, group, message.message_id)
    known = await s.scalar(
        select(TopicMessage).where(
            TopicMessage.group_id == group.id,
            TopicMessage.message_id == message.message_id,
            TopicMessage.role == "operator",
        )
    )
    if known is None or known.outgoing_id is None or message.from_user is None:
        return
    try:
        operator = await cases.operator_of(s, message.from_user.id)
        words, once = written.edited_words(message), str(update.id)
        await use_cases.edit_reply(s, operator, known.case_id, known.outgoing_id, words, once=once, update=update.id)
    except CaseError as refused:
        key, values = refusals.of(refused, not_holder="desk_not_holder", not_found="desk_case_gone")
        case = await cases.locked(s, known.case_id)
        await _under(s, group, update, message, case, key, **values)
