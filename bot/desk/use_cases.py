"""What operators do with a case, whichever surface they do it on: their Telegram group, or a page of ours.

A surface finds out who acts (`bot/cases/service.operator_of`) and on which case, calls one function here, and says what
came of it in its own words. Each function does all that a surface must not forget: it locks the case and asks whether
this operator may, leaves the event and with it the entry of the audit log, and queues what follows: words of the worker
for the holder, notices for the worker, card and topic. It works in the caller's transaction; the caller commits.

Refusals are raised: CaseNotFound (closed, or not there), CaseAlreadyClaimed, NotTheHolder, NotOfThisDesk,
ReplyNamesReference. This module knows no type, method or update of a channel.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases import allowed, floods, holding
from bot.cases import service as cases
from bot.cases.rules import REF_LETTERS, Outcome
from bot.cases.sites import Site
from bot.desk import alike, delivery, files, service, waiting
from bot.desk.files import Attached
from bot.desk.shown import sendable
from bot.errors import CaseNotFound, ReplyNamesReference
from bot.outbox import media, messages, quota
from bot.outbox import service as outbox
from bot.outbox.messages import Message
from bot.storage import audit
from bot.storage.models import Case, Chat, Media, Operator, Outgoing, TopicMessage, Update

#: A case's reference, which no worker is shown.
REFERENCE = re.compile(rf"\bH-[{REF_LETTERS}]{{4}}\b", re.IGNORECASE)
#: Operators' words go before the bot's own to the same worker.
RANK_OPERATOR = 3


@dataclass(frozen=True)
class Claimed:
    """An operator holds a case."""

    case: Case
    #: How many of the worker's messages are shown because of it; None when the operator held the case before.
    shown: int | None


@dataclass(frozen=True)
class Withdrawn:
    """A reply was taken back."""

    case: Case
    #: It may have reached the phone: Telegram was asked to delete it, and whether it was read nobody knows.
    asked: bool


@dataclass(frozen=True)
class Written:
    """The message of the operators' group by which something was written; another surface has none."""

    group: Chat
    update: Update
    message_id: int


@dataclass(frozen=True)
class Words:
    """A reply in words."""

    text: str


@dataclass(frozen=True)
class OwnFile:
    """A reply with a file as its maker made it: only a copy without what a camera wrote into it leaves."""

    file: Attached
    caption: str | None


@dataclass(frozen=True)
class Copied:
    """A reply that leaves as a copy of the message in the group; `file` is what we store for a group that goes."""

    file: Attached | None
    caption: str | None


type Body = Words | OwnFile | Copied


@dataclass(frozen=True)
class Replied:
    """A reply waits to be sent; `outgoing` is its row, None when the same reply was there already."""

    outgoing: int | None


@dataclass(frozen=True)
class FileStays:
    """The file of a reply does not leave, or not yet: the text key of why."""

    why: str


#: What came of letting a waiting reply out.
type Release = Literal["released", "sent_before", "not_waiting"]


# -- who holds a case


async def claim(s: AsyncSession, who: Operator, case_id: int) -> Claimed:
    """Give a case to an operator: its topic, everything the worker wrote, and the worker is told. Idempotent."""
    before = (await cases.locked(s, case_id)).holder_id
    case = await holding.claim(s, case_id, who)
    if before == who.id:
        return Claimed(case, None)
    await service.bring_up(s, case)
    shown = await _show_all(s, case, who)
    if case.main:
        await service.tell_worker(s, case, "case_claimed", dedupe=f"claimed:{case.id}:{who.id}")
    return Claimed(case, shown)


async def claim_next(s: AsyncSession, who: Operator, desk: Site) -> Claimed | None:
    """Give an operator the case of a desk that is most urgent and has waited longest; None when nobody waits."""
    case = await holding.next_waiting(s, waiting.for_operator(who, desk))
    return None if case is None else await claim(s, who, case.id)


async def hand_over(s: AsyncSession, who: Operator, case_id: int) -> Case:
    """The holder, or a supervisor, puts a case back for a colleague; the topic asks aloud who takes it."""
    case = await holding.hand_over(s, case_id, who)
    await service.refresh(s, case)
    await service.post(s, case, "desk_handed_over", rank=service.RANK_ALERT, silent=False, holder=who.name)
    return case


async def await_worker(s: AsyncSession, who: Operator, case_id: int) -> Case:
    """The holder says that no answer is due: the lease ends until the worker writes again."""
    return await holding.await_worker(s, case_id, who)


async def holds(s: AsyncSession, who: Operator, case_id: int) -> Case:
    """The case, for its holder: what a surface asks before it offers outcomes. Raises NotTheHolder."""
    return await holding.held_by(s, case_id, who)


async def close(s: AsyncSession, who: Operator, case_id: int, outcome: Outcome) -> Case:
    """The holder closes a case: the worker is told. Of one that is none, reports with the same words are offered."""
    return await _closed(s, await holding.close(s, case_id, who, outcome))


async def close_and_block(s: AsyncSession, who: Operator, case_id: int) -> Case:
    """The holder closes a case as none, and for a day its chat rings nobody."""
    case = await holding.close(s, case_id, who, "not_a_case")
    await floods.block(s, case, who)
    return await _closed(s, case)


async def _closed(s: AsyncSession, case: Case) -> Case:
    await service.refresh(s, case)
    await service.tell_closed(s, case)
    if case.outcome == "not_a_case":
        await alike.offer(s, case)
    return case


async def unblock(s: AsyncSession, who: Operator, case_id: int) -> bool:
    """Let the chat of a case ring again. False when it was not blocked."""
    case = await cases.locked(s, case_id)
    allowed.for_case(who, case)
    if case.chat_id is None or not await floods.unblock(s, case, who):
        return False
    await service.refresh(s, case)
    return True


async def reopen(s: AsyncSession, who: Operator, case_id: int) -> Claimed:
    """Take a closed case up again, with what the worker wrote since; the worker is not told. An open one is claimed."""
    if (await cases.locked(s, case_id)).state != "closed":
        return await claim(s, who, case_id)
    case = await holding.reopen(s, case_id, who)
    await service.bring_up(s, case)
    return Claimed(case, await _show_all(s, case, who))


async def split(s: AsyncSession, who: Operator, case_id: int) -> Case:
    """The holder splits a second case off, for another person of the same chat. Returns the new one, with its topic."""
    other = await holding.split(s, case_id, who)
    # Whoever splits is there and waits for the topic: it never joins the list.
    await service.bring_up(s, other)
    return other


async def _show_all(s: AsyncSession, case: Case, who: Operator) -> int:
    """Show the holder what the worker wrote so far: that they read it belongs into the log."""
    shown = await service.backlog(s, case)
    audit.record(s, "read", about=f"case:{case.id}", actor=f"operator:{who.id}", messages=shown)
    return shown


# -- many at once


async def close_unclaimed(
    s: AsyncSession, who: Operator, case_ids: Sequence[int], *, press: int, like_one_read: bool
) -> list[Case]:
    """Close cases that nobody holds as none, all at once; `press` names it, so that `open_again` takes it back.

    `like_one_read`: somebody read another one with the same words.
    """
    closed = await floods.close_unclaimed(s, case_ids, who, bulk=press, alike=like_one_read)
    for case in closed:
        await service.refresh(s, case)
        await service.tell_closed(s, case)
    return closed


async def open_again(s: AsyncSession, who: Operator, press: int) -> list[Case]:
    """Take back what `close_unclaimed` closed: the cases wait for somebody again."""
    again = await floods.open_again(s, press, who)
    for case in again:
        await service.refresh(s, case)
    return again


# -- what is written


async def reply(
    s: AsyncSession, who: Operator, case_id: int, body: Body, *, once: str, written: Written | None = None
) -> Replied | FileStays:
    """The holder writes to the worker, without a name. From now on we wait for the worker.

    `once` names the reply: the same one again is not sent twice. Written on another surface than the group, it is shown
    in the topic too. Raises ReplyNamesReference for words that hold a case's reference.
    """
    case = await holding.held_by(s, case_id, who)
    _names_no_case(_words_of(body))
    chat = await s.get_one(Chat, case.chat_id)
    message = await _message_of(s, body, written)
    if isinstance(message, FileStays):
        return message
    outgoing = await outbox.queue(
        s,
        chat.id,
        *message,
        purpose="operator",
        rank=RANK_OPERATOR,
        case_id=case.id,
        update_id=written.update.id if written is not None else None,
        dedupe=f"operator:{once}",
    )
    if outgoing is None:
        return Replied(None)
    if written is not None:
        spot = {"group_id": written.group.id, "message_id": written.message_id}
        s.add(TopicMessage(case_id=case.id, **spot, role="operator", outgoing_id=outgoing))
    else:
        words = sendable(_words_of(body) or "")
        await service.post(s, case, "desk_replied_elsewhere", rank=service.RANK_RELAY, name=who.name, words=words)
    await holding.answered(s, case, who, outgoing)
    return Replied(outgoing)


def _words_of(body: Body) -> str | None:
    return body.text if isinstance(body, Words) else body.caption


def _names_no_case(words: str | None) -> None:
    if REFERENCE.search(words or ""):
        raise ReplyNamesReference()


async def _message_of(s: AsyncSession, body: Body, written: Written | None) -> Message | FileStays:
    if isinstance(body, Words):
        return messages.text(body.text)
    if written is None:
        raise ValueError("a file is sent from a message of the group")
    if isinstance(body, OwnFile):
        kept = await files.kept(s, written.group, written.update, body.file)
        why = files.why_not(kept)
        return FileStays(why) if why is not None else await files.call_of(s, kept, body.caption)
    if body.file is None:
        return messages.copy(written.group.id, written.message_id)
    # It may wait for days, and the group be gone by then: what we store goes out instead.
    kept = await files.kept(s, written.group, written.update, body.file)
    return messages.copy(written.group.id, written.message_id, media=kept.id, caption=body.caption)


async def edit_reply(
    s: AsyncSession, who: Operator, case_id: int, outgoing: int, words: str | None, *, once: str, update: int | None
) -> None:
    """The holder changes the words of a reply: the worker sees the new ones, or gets only those if it still waits.

    `words` is None for a message that holds none and can hold none; `once` and `update` as for a reply.
    """
    case = await holding.held_by(s, case_id, who)
    row = await s.get_one(Outgoing, outgoing, with_for_update=True, populate_existing=True)
    if words is None or row.state in {"withdrawn", "failed"}:
        return
    _names_no_case(words)
    if row.state in {"queued", "waiting"}:
        row.payload = messages.with_words(row, words)
        cases.record(s, case, "edited", f"operator:{who.id}", outgoing=row.id)
        if not row.attempts:
            return
        # It may be on its way with the old words just now: the edit follows it.
    await outbox.queue(
        s,
        row.chat_id,
        *messages.other_words(row, words),
        purpose="operator_edit",
        rank=RANK_OPERATOR,
        case_id=case.id,
        update_id=update,
        dedupe=f"operator:{once}",
    )
    cases.record(s, case, "edited", f"operator:{who.id}", outgoing=row.id)


async def note(s: AsyncSession, who: Operator, case: Case, words: str | None, *, update: int | None = None) -> bool:
    """Keep an internal note with a case. True for one of its holder, who may believe that the worker reads it.

    `update` is the group's message that is the note; one of another surface is shown in the topic.
    """
    allowed.for_case(who, case)
    where = {"update": update} if update is not None else {}
    cases.record(s, case, "note", f"operator:{who.id}", body=words, **where)
    if update is None:
        shown = sendable(words or "")
        await service.post(s, case, "desk_note_elsewhere", rank=service.RANK_RELAY, name=who.name, words=shown)
    return case.holder_id == who.id and case.state != "closed"


# -- what becomes of a reply


async def withdraw(s: AsyncSession, who: Operator, outgoing: int) -> Withdrawn | None:
    """Take a reply back: unsent it never leaves, sent it is asked to be deleted. None when there is nothing to take.

    Taking back is never too late: what waits goes out although its case is closed, or handed over. While somebody
    holds the case it is theirs to do.
    """
    case, row = await _reply_of(s, who, outgoing)
    if case.state != "closed" and case.holder_id is not None:
        await holding.held_by(s, case.id, who)
    before = await outbox.withdraw(s, row.id)
    if before is None:
        return None
    cases.record(s, case, "withdrawn", f"operator:{who.id}", outgoing=row.id, was=before)
    # What had gone out is only asked to be deleted: whether it was read nobody knows.
    asked = before == "sent" or row.attempts > 0
    await delivery.changed(s, case, row, "desk_withdraw_asked" if asked else "desk_withdrawn")
    return Withdrawn(case, asked)


async def send_now(s: AsyncSession, who: Operator, outgoing: int) -> Release:
    """The holder lets a reply out that waits for the live window. That is recorded."""
    case, row = await _reply_of(s, who, outgoing)
    await holding.held_by(s, case.id, who)
    if not await outbox.override(s, row.id):
        return "sent_before" if row.state == "sent" else "not_waiting"
    cases.record(s, case, "overridden", f"operator:{who.id}", outgoing=row.id)
    return "released"


async def _reply_of(s: AsyncSession, who: Operator, outgoing: int) -> tuple[Case, Outgoing]:
    """A reply and its case, locked. Raises CaseNotFound, NotOfThisDesk."""
    row = await s.get(Outgoing, outgoing)
    if row is None or row.case_id is None or row.purpose != "operator":
        raise CaseNotFound()
    # The chat before the case, as everywhere.
    await s.scalar(select(Chat.id).where(Chat.id == row.chat_id).with_for_update(key_share=True))
    case = await cases.locked(s, row.case_id)
    allowed.for_case(who, case)
    return case, row


async def fetch_files(s: AsyncSession, who: Operator, case_id: int) -> int:
    """The holder wants the files of a case that were left at Telegram. Returns how many there are."""
    case = await holding.held_by(s, case_id, who)
    of_case = select(Media).join(Update, Update.id == Media.update_id).where(Update.case_id == case.id)
    left = await s.scalars(of_case.where(Media.state.in_(quota.LEFT)).order_by(Media.id).with_for_update(of=Media))
    rows = left.all()
    await media.fetch_after_all(s, rows)
    cases.record(s, case, "files_wanted", f"operator:{who.id}", files=len(rows))
    return len(rows)
