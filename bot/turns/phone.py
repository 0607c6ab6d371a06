"""The phone in another hand: what is done when a message says so, in a chat that has, or had, a case.

Intake shuts the chat in the update's own transaction (`why_shut`); the turn tells the desk, and says ordinary words or
nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases import service as cases
from bot.desk import service as desk
from bot.outbox import service as outbox
from bot.outbox.erase import take_back
from bot.storage import received
from bot.storage.models import Case, Chat, Update
from bot.turns import case_sheet, phone_words
from bot.turns.person import lang_of
from nlu.sheet import labels
from nlu.text import whom
from nlu.understanding import citizens, controls, dialogue, entities

#: Control words and buttons that ask who we are: with a case they get ordinary words too.
ABOUT_US = frozenset({"about", "real"})
#: Labels by which nothing is to be sent now; those that go with such a wish; what another hand asks too; pleas.
SHUTS = frozenset({"guard_near", "cannot_write"})
UNSAID = SHUTS | frozenset({"hiding", "no_writing"})
SILENT = frozenset(
    {"guard_near", "cannot_write", "hiding", "no_writing", "alone", "clear", "no_action", labels.OTHER_WISH}
)
ASKED_BY_ANYBODY = frozenset({"q_who", "q_name", "q_send"})
PLEADS = frozenset({"plead", "afraid", "blame"})
#: Probabilities of the phone's own model from which it is believed without a label, and against "I".
STOP_ALONE, HAND_SURE = 0.9, 0.95
#: A wish to delete one thing is about what was sent within so many hours.
TAKEN_BACK_HOURS = 24


def why_shut(text: str, pressed: str | None = None, *, asked: str | None = None) -> str | None:
    """Why a message, or a pressed button, shuts a chat with a case: erased, stopped or asked; None for any other.

    `asked` is the question that is open: a plain "no" to "can you chat now?" shuts it too.
    """
    if pressed is not None:
        about = pressed.removeprefix("menu:") in ABOUT_US and pressed.startswith("menu:")
        return {"erase": "erased", "safe:no": "stopped"}.get(pressed, "asked" if about else None)
    control = controls.match(text.strip())
    if control == "erase":
        return "erased"
    if control in ABOUT_US:
        return "asked"
    answer = controls.yes_or_no(text)
    if answer is not None:
        return "stopped" if asked == "safe" and not answer else None
    said, told = phone_words.read(text), labels.read(text)
    if said.stop_now and not _talks(told) and _is_meant(text, told):
        return "stopped"
    # "I am Cambodian", "we are twelve here": whoever tells that of themselves does not ask who we are.
    tells = citizens.said(text) is not None or dialogue.named(text) or entities.people_named(text) is not None
    return "asked" if said.other_hand and not (tells or _talks(told) or _writes_of_self(text, told)) else None


def _is_meant(text: str, told: frozenset[str]) -> bool:
    """Whether words that sound like "not now" are meant so: the model of the phone says it, or the labels do."""
    return (
        bool(told & (SHUTS | frozenset({"hiding", "no_writing"}))) or phone_words.chance(text, "stop_now") >= STOP_ALONE
    )


def _talks(told: frozenset[str]) -> bool:
    """Whether a message talks of the trouble itself, asks, or wishes: that is neither another hand nor silence."""
    if "other_writes" in told:
        return False
    asks = any(name.startswith("q_") and name not in ASKED_BY_ANYBODY for name in told)
    told_of = told & (frozenset(labels.groups()["signs"]) | frozenset(labels.groups()["wishes"]) | PLEADS)
    return (asks and not told & {"guard_near"}) or (bool(told_of - SILENT) and not told & SHUTS) or "no_call" in told


def _writes_of_self(text: str, told: frozenset[str]) -> bool:
    """Whether whoever writes speaks of themselves, and the model of the phone is not sure of another hand."""
    named = whom.named(text)
    return "other_writes" not in told and named.writer and phone_words.chance(text, "other_hand") < HAND_SURE


async def stopped(s: AsyncSession, chat: Chat, update: Update, case: Case, text: str = "") -> None:
    """Nothing is to be sent now: what is on its way is taken back, nothing is said, and the desk sees why.

    What else the message tells is kept: a plea may hold such words, too.
    """
    await take_back(s, chat, update.id)
    chat.watched = True
    await desk.keep(s, case, chat, update, {"safe": False})
    if text:
        await case_sheet.note_hours(s, chat, case, text)
        await case_sheet.keep(s, chat, update, case, text)
    await cases.ask(s, case, None)
    await cases.wish(s, case, "stop")
    await desk.worker_wish(s, case, "stop")
    await desk.refresh(s, case)


async def asked(s: AsyncSession, chat: Chat, update: Update, case: Case | None) -> None:
    """Somebody asks who we are or what was written: words about work, and a warning to the desk of an open case."""
    if case is not None:
        chat.watched = True
        await desk.keep(s, case, chat, update)
        cases.record(s, case, "other_hand", "bot", update=update.id)
        await desk.post(s, case, "desk_other_hand", rank=desk.RANK_ALERT, silent=False, dedupe=f"hand:{update.id}")
        await desk.refresh(s, case)
    await outbox.say(s, chat, "phone_ordinary", lang_of(chat), update_id=update.id, dedupe=f"turn:{update.id}:0")


async def delete_one(s: AsyncSession, chat: Chat, rows: Sequence[Update], case: Case | None) -> None:
    """One thing is to be deleted: a task for the holder. What was not shown yet is not shown, also if a case opens
    only later.
    """
    await desk.hold_back(s, await _meant(s, chat, rows))
    if case is not None:
        await cases.wish(s, case, "delete_one")
        await desk.worker_wish(s, case, "delete_one")


async def _meant(s: AsyncSession, chat: Chat, rows: Sequence[Update]) -> list[Update]:
    """The messages that are meant: those with a file, the one replied to, the last file, or the last message."""
    files = [row for row in rows if row.content not in {"text", None}]
    if files:
        return files
    last = rows[-1]
    before = select(Update).where(Update.chat_id == chat.id, Update.id < rows[0].id, Update.kind == "message")
    if (number := received.replied_to(last)) is not None:
        found = await s.scalar(before.where(Update.message_id == number).order_by(Update.id.desc()).limit(1))
        return [found] if found is not None else []
    since = dt.datetime.now(dt.UTC) - dt.timedelta(hours=TAKEN_BACK_HOURS)
    recent = list(await s.scalars(before.where(Update.received_at > since).order_by(Update.id.desc()).limit(20)))
    with_file = [row for row in recent if row.content not in {"text", None}]
    if not with_file:
        return recent[:1]
    # Pictures sent together are taken back together.
    return [row for row in with_file if row.bundle is not None and row.bundle == with_file[0].bundle] or with_file[:1]
