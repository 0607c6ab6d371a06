"""What operators do in their group: press buttons, reply to the worker, edit, or leave an internal note."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from telegram import Message, error
from telegram import Update as TelegramUpdate

from bot import log as logs
from bot import texts
from bot.cases import allowed, belongs, floods, sites, strangers
from bot.cases import service as cases
from bot.cases.rules import OUTCOMES, REF_LETTERS
from bot.desk import bulk, card, files, lease, left, recruiters, refusals, service, waiting
from bot.errors import CaseError, CaseNotFound, NotTheHolder, WrittenAnonymously, WrittenAsChannel
from bot.outbox import service as outbox
from bot.outbox.telegram import bot_id, client
from bot.storage import audit, jobs
from bot.storage.models import Case, Chat, Operator, Outgoing, TopicMessage, Update
from bot.storage.session import session
from bot.texts import Lang

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


#: A case's reference, which no worker is shown.
REFERENCE = re.compile(rf"\bH-[{REF_LETTERS}]{{4}}\b", re.IGNORECASE)


#: What a button of another room does: its session, the group, who pressed, the rest of its data; a text key comes back.
type Pressed = Callable[[AsyncSession, Chat, Operator, str], Awaitable[str]]
_buttons: dict[str, Pressed] = {}


def on_pressed(word: str) -> Callable[[Pressed], Pressed]:
    """Register what a button does whose data begins with this word, for a room above the desk."""

    def register(do: Pressed) -> Pressed:
        _buttons[word] = do
        return do

    return register


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
            said = await _pressed(s, group, parsed, update)
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
        said = texts.render("desk_stranger", _lang(group), name=found.name, number=found.telegram_id)
        payload = {"text": said, "silent": False}
        once = f"stranger:{found.id}"
        await outbox.queue(s, group.id, "sendMessage", payload, purpose="alert", rank=service.RANK_ALERT, dedupe=once)


async def _answer_button(callback_id: str, text: str) -> None:
    """Stop the button's clock and say what happened. Too late is no harm: the card shows it too."""
    try:
        await client().answer_callback_query(callback_id, text=text[:200], show_alert=bool(text))
    except error.TelegramError:
        log.info("button_answer_late")


def _lang(group: Chat) -> Lang:
    site = sites.site_of_chat(group)
    return card.desk_lang(site) if site is not None else "id"


async def _pressed(s: AsyncSession, group: Chat, parsed: TelegramUpdate, update: Update) -> tuple[str, str]:
    """Do what a button says. Returns the callback's id and the sentence for whoever pressed it."""
    query = parsed.callback_query
    assert query is not None
    lang = _lang(group)
    what, _, rest = (query.data or "").partition(":")
    if group.former:
        return query.id, texts.render("desk_former_group", lang)
    try:
        operator = await cases.operator_of(s, query.from_user.id)
        allowed.in_group(operator, group)
        if what == "case" and rest == "next":
            return query.id, await _next(s, group, operator)
        if what == "case":
            key = await _case_button(s, group, operator, rest)
        elif what == "out":
            key = await _outgoing_button(s, group, operator, rest)
        elif what == "bulk":
            key = await bulk.pressed(s, group, operator, rest, update)
        elif what == "file":
            key = await left.pressed(s, group, operator, rest)
        elif what == "recruiter":
            key = await recruiters.pressed(s, operator, rest)
        elif what in _buttons:
            key = await _buttons[what](s, group, operator, rest)
        else:
            key = "desk_button_unknown"
        return query.id, texts.render(key, lang)
    except CaseError as refused:
        key, values = refusals.of(refused, not_holder="desk_press_not_holder", not_found="desk_press_closed")
        return query.id, texts.render(key, lang, **values)


def _row_id(number: str) -> int | None:
    """A row id of a button; None for what no button of ours carries. A client may send anything."""
    return int(number) if number.isascii() and number.isdecimal() and len(number) <= 18 else None


async def _case_button(s: AsyncSession, group: Chat, operator: Operator, rest: str) -> str:
    action, _, rest = rest.partition(":")
    number, _, outcome = rest.partition(":")
    case_id = _row_id(number)
    if case_id is None or not belongs.stands_in(group, case := await cases.locked(s, case_id)):
        return "desk_button_unknown"
    if action == "claim" or (action == "reopen" and case.state != "closed"):
        await _claim(s, case, operator)
        return "desk_you_claimed"
    if action == "hand":
        case = await cases.hand_over(s, case_id, operator)
        await service.refresh(s, case)
        await service.post(s, case, "desk_handed_over", rank=service.RANK_ALERT, silent=False, holder=operator.name)
        return "desk_you_handed_over"
    if action == "close":
        case = await cases.held_by(s, case_id, operator)
        await _card_buttons(s, case, card.outcome_buttons(case))
        return "desk_choose_outcome"
    if action == "back":
        await service.refresh(s, await cases.held_by(s, case_id, operator))
        return "desk_still_open"
    if action == "closed":
        chosen = next((known for known in OUTCOMES if known == outcome), None)
        if chosen is None:
            return "desk_button_unknown"
        case = await cases.close(s, case_id, operator, chosen)
        await service.refresh(s, case)
        await service.tell_closed(s, case)
        if chosen == "not_a_case":
            await bulk.offer(s, case)
        return "desk_you_closed"
    if action == "block":
        case = await cases.close(s, case_id, operator, "not_a_case")
        await floods.block(s, case, operator)
        await service.refresh(s, case)
        await service.tell_closed(s, case)
        await bulk.offer(s, case)
        return "desk_you_blocked"
    if action == "unblock":
        if case.chat_id is None or not await floods.unblock(s, case, operator):
            return "desk_not_blocked"
        await service.refresh(s, case)
        return "desk_you_unblocked"
    if action == "reopen":
        case = await cases.reopen(s, case_id, operator)
        await service.bring_up(s, case)
        await _show_all(s, case, operator)
        return "desk_you_claimed"
    if action == "waits":
        await cases.await_worker(s, case_id, operator)
        return "desk_you_wait"
    if action == "split":
        other = await cases.split(s, case_id, operator)
        # Whoever splits is there and waits for the topic: it never joins the list.
        await service.bring_up(s, other)
        return "desk_you_split"
    return "desk_button_unknown"


async def _claim(s: AsyncSession, case: Case, operator: Operator) -> None:
    """Give a case to an operator: its topic, everything the worker wrote, and the worker is told. Idempotent."""
    before = case.holder_id
    case = await cases.claim(s, case.id, operator)
    if before != operator.id:
        await service.bring_up(s, case)
        await _show_all(s, case, operator)
        if case.main:
            await service.tell_worker(s, case, "case_claimed", dedupe=f"claimed:{case.id}:{operator.id}")


async def _show_all(s: AsyncSession, case: Case, operator: Operator) -> None:
    """Show the holder what the worker wrote so far: that they read it belongs into the log."""
    shown = await service.backlog(s, case)
    audit.record(s, "read", about=f"case:{case.id}", actor=f"operator:{operator.id}", messages=shown)


async def _next(s: AsyncSession, group: Chat, operator: Operator) -> str:
    """Give an operator the case that is most urgent and has waited longest. Returns the sentence for them."""
    lang = _lang(group)
    site = sites.site_of_chat(group)
    case = await cases.next_waiting(s, waiting.for_operator(operator, site)) if site is not None else None
    if case is None:
        return texts.render("desk_nobody_waits", lang)
    await _claim(s, case, operator)
    return texts.render("desk_you_claimed_ref", lang, ref=case.ref, priority=case.priority)


async def _commanded(s: AsyncSession, group: Chat, update: Update, message: Message, ref: str | None) -> None:
    """An operator takes a case by writing. The answer stands under what they wrote."""
    lang = _lang(group)
    try:
        operator = await cases.operator_of(s, message.from_user.id if message.from_user else 0)
        allowed.in_group(operator, group)
        if ref is None:
            said = await _next(s, group, operator)
        else:
            case = await cases.by_ref(s, ref)
            if not belongs.stands_in(group, case):
                raise CaseNotFound()
            await _claim(s, case, operator)
            said = texts.render("desk_you_claimed_ref", lang, ref=case.ref, priority=case.priority)
    except CaseError as refused:
        key, values = refusals.of(refused, not_found="desk_no_such_case")
        said = texts.render(key, lang, **values)
    payload = {"text": said, "reply_to": message.message_id}
    await outbox.queue(
        s, group.id, "sendMessage", payload, purpose="alert", rank=service.RANK_RELAY, dedupe=f"command:{update.id}"
    )


async def _card_buttons(s: AsyncSession, case: Case, rows: Any) -> None:
    group = await service.group_of(s, service.site_of(case))
    if group is not None and (number := case.card_in(group)) is not None:
        await outbox.queue(
            s,
            group.id,
            "editMessageReplyMarkup",
            {"message_id": number, "reply_markup": outbox.keyboard(rows)},
            purpose="refresh",
            rank=service.RANK_REST,
            case_id=case.id,
        )


async def _outgoing_button(s: AsyncSession, group: Chat, operator: Operator, rest: str) -> str:
    action, _, number = rest.partition(":")
    row_id = _row_id(number)
    row = await s.get(Outgoing, row_id) if row_id is not None else None
    if row is None or row.case_id is None or row.purpose != "operator":
        return "desk_button_unknown"
    # The chat before the case, as everywhere.
    await s.scalar(select(Chat.id).where(Chat.id == row.chat_id).with_for_update(key_share=True))
    case = await cases.locked(s, row.case_id)
    if not belongs.stands_in(group, case):
        return "desk_button_unknown"
    allowed.for_case(operator, case)
    if action == "withdraw":
        # Taking back is never too late: what waits goes out although its case is closed, or handed over.
        if case.state != "closed" and case.holder_id is not None:
            await cases.held_by(s, case.id, operator)
        before = await outbox.withdraw(s, row.id)
        if before is None:
            return "desk_nothing_to_withdraw"
        cases.record(s, case, "withdrawn", f"operator:{operator.id}", outgoing=row.id, was=before)
        # What had gone out is only asked to be deleted: whether it was read nobody knows.
        key = "desk_withdraw_asked" if before == "sent" or row.attempts else "desk_withdrawn"
        await _notice(s, case, row, key)
        return key
    if action == "override":
        await cases.held_by(s, case.id, operator)
        if not await outbox.override(s, row.id):
            return "desk_already_sent" if row.state == "sent" else "desk_button_unknown"
        cases.record(s, case, "overridden", f"operator:{operator.id}", outgoing=row.id)
        return "desk_overridden"
    return "desk_button_unknown"


async def _notice(s: AsyncSession, case: Case, row: Outgoing, key: str) -> None:
    """Bring the delivery notice under an operator's message up to date."""
    site = service.site_of(case)
    group = await service.group_of(s, site)
    notice = await service.notice_of(s, row, group) if group is not None else None
    if group is not None and notice is not None:
        await outbox.queue(
            s,
            group.id,
            "editMessageText",
            {"of": notice.id, "text": texts.render(key, card.desk_lang(site)), "reply_markup": {"inline_keyboard": []}},
            purpose="refresh",
            rank=service.RANK_RELAY,
            case_id=case.id,
        )


async def _wrote(s: AsyncSession, group: Chat, update: Update, message: Message) -> None:
    """A message in the group: the holder's reply goes to the worker, anything else is an internal note.

    Of a former group only replies count, such as were written just before it moved: nothing is answered there.
    """
    if group.former and message.reply_to_message is None:
        return None
    if (command := COMMAND.fullmatch(message.text or "")) is not None:
        return await _commanded(s, group, update, message, command["ref"])
    if (command := recruiters.COMMAND.fullmatch(message.text or "")) is not None:
        return await recruiters.looked_up(s, group, update, message, command["who"] or "", _lang(group))
    replied = message.reply_to_message
    target = None
    if replied is not None:
        # A message that replies to nothing "replies" to the making of its topic: no row of ours stands for that.
        target = await s.scalar(
            select(TopicMessage).where(TopicMessage.group_id == group.id, TopicMessage.message_id == replied.message_id)
        )
    # Where no topic could be made, cards stand in General: there only the reply says which case is meant.
    case = await belongs.case_of_topic(s, group, message.message_thread_id)
    if target is not None and (case is None or case.id != target.case_id):
        case = await s.get(Case, target.case_id)
    if case is None or message.from_user is None:
        return
    if case.anonymised_at is not None:
        # Its topic still stands because Telegram would not delete it. Nothing is kept with the case any more.
        if group.former:
            return
        payload = {"text": texts.render("desk_case_gone", _lang(group)), "reply_to": message.message_id}
        await outbox.queue(s, group.id, "sendMessage", payload, purpose="alert", dedupe=f"note:{update.id}")
        return
    try:
        operator = await cases.operator_of(s, message.from_user.id)
        allowed.for_case(operator, case)
    except CaseError as refused:
        await _refuse(s, group, update, message, case, refused)
        return
    if target is None and replied is not None and await _unknown(s, group, replied):
        await service.post(
            s, case, "desk_reply_unknown", reply_to=(group.id, message.message_id), dedupe=f"note:{update.id}"
        )
        return
    if target is None or target.role not in ANSWERABLE:
        cases.record(s, case, "note", f"operator:{operator.id}", body=message.text or message.caption, update=update.id)
        if case.holder_id == operator.id and case.state != "closed":
            # Who forgets to reply believes that the worker reads it. Once in a case, so that notes stay notes.
            once = f"noted:{case.id}:{operator.id}"
            await service.post(
                s, case, "desk_noted", rank=service.RANK_RELAY, reply_to=(group.id, message.message_id), dedupe=once
            )
        return
    try:
        case = await cases.held_by(s, case.id, operator)
    except NotTheHolder:
        key, holder = await lease.refusal(s, case, operator)
        under = (group.id, message.message_id)
        await service.post(s, case, key, silent=False, reply_to=under, dedupe=f"note:{update.id}", holder=holder)
        return
    except CaseError as refused:
        await _refuse(s, group, update, message, case, refused)
        return
    if REFERENCE.search(message.text or message.caption or ""):
        await service.post(
            s, case, "desk_names_reference", reply_to=(group.id, message.message_id), dedupe=f"note:{update.id}"
        )
        return
    await _send_to_worker(s, group, case, operator, update, message)


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
    parsed = TelegramUpdate.de_json(await files.last_words(s, group, update), None)
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


async def _send_to_worker(
    s: AsyncSession, group: Chat, case: Case, operator: Operator, update: Update, message: Message
) -> None:
    chat = await s.get_one(Chat, case.chat_id)
    if message.text:
        method: str = "sendMessage"
        payload: dict[str, Any] = {"text": message.text}
    elif (attached := files.as_made(message)) is not None:
        media = await files.kept(s, group, update, *attached)
        if (key := files.why_not(media)) is not None:
            # Its own turn says nothing yet: mostly it is here a moment later.
            if update.state != "pending":
                await service.post(
                    s,
                    case,
                    key,
                    rank=service.RANK_RELAY,
                    silent=False,
                    reply_to=(group.id, message.message_id),
                    dedupe=f"{key}:{update.id}",
                )
            return
        method, payload = await files.call_of(s, media, message.caption)
    else:
        # A copy carries no name of the operator and no trace of the group.
        method, payload = "copyMessage", {"from_chat": group.id, "message_id": message.message_id}
        if (made := files.made_anew(message)) is not None:
            # It may wait for days, and the group be gone by then: what we store goes out instead.
            payload["media"] = (await files.kept(s, group, update, *made)).id
            if message.caption:
                payload["caption"] = message.caption
    outgoing = await outbox.queue(
        s,
        chat.id,
        method,
        payload,
        purpose="operator",
        rank=3,
        case_id=case.id,
        update_id=update.id,
        dedupe=f"operator:{update.id}",
    )
    if outgoing is None:
        return
    s.add(
        TopicMessage(
            case_id=case.id, group_id=group.id, message_id=message.message_id, role="operator", outgoing_id=outgoing
        )
    )
    await cases.answered(s, case, operator, outgoing)


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
    words = message.text or message.caption or ""
    try:
        operator = await cases.operator_of(s, message.from_user.id)
        case = await cases.held_by(s, known.case_id, operator)
    except CaseError as refused:
        key, values = refusals.of(refused, not_holder="desk_not_holder", not_found="desk_case_gone")
        case = await cases.locked(s, known.case_id)
        await service.post(s, case, key, reply_to=(group.id, message.message_id), dedupe=f"note:{update.id}", **values)
        return
    row = await s.get_one(Outgoing, known.outgoing_id, with_for_update=True, populate_existing=True)
    if not (words or files.captioned(message)) or row.state in {"withdrawn", "failed"}:
        return
    if REFERENCE.search(words):
        await service.post(
            s, case, "desk_names_reference", reply_to=(group.id, message.message_id), dedupe=f"note:{update.id}"
        )
        return
    method, field = ("editMessageText", "text") if row.method == "sendMessage" else ("editMessageCaption", "caption")
    if row.state in {"queued", "waiting"}:
        row.payload = {**row.payload, field: words}
        cases.record(s, case, "edited", f"operator:{operator.id}", outgoing=row.id)
        if not row.attempts:
            return
        # It may be on its way with the old words just now: the edit follows it.
    await outbox.queue(
        s,
        row.chat_id,
        method,
        {"of": row.id, field: words},
        purpose="operator_edit",
        rank=3,
        case_id=case.id,
        update_id=update.id,
        dedupe=f"operator:{update.id}",
    )
    cases.record(s, case, "edited", f"operator:{operator.id}", outgoing=row.id)
