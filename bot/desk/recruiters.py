"""Operators look up a recruiter in their group, and say that it deceives people. They see counts, never who or what."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession
from telegram import Message

from bot import texts
from bot.cases import allowed
from bot.cases import service as cases
from bot.desk import refusals
from bot.desk import service as desk
from bot.errors import CaseError, RecruiterNotNamed
from bot.offers import service as offers
from bot.outbox import service as outbox
from bot.outbox.service import Button
from bot.storage import audit
from bot.storage.models import Chat, Operator, Update
from bot.texts import Lang

#: /perekrut 0812..., /recruiter @name
COMMAND: Final = re.compile(
    r"/(?:recruiter|perekrut)(?:@\w+)?(?:\s+(?P<who>.{1,300}))?\s*", re.ASCII | re.IGNORECASE | re.DOTALL
)


async def looked_up(s: AsyncSession, group: Chat, update: Update, message: Message, who: str, lang: Lang) -> None:
    """Answer under the operator's message: how many reported this recruiter, and a button that confirms it."""
    buttons: list[list[Button]] = []
    try:
        operator = await cases.operator_of(s, message.from_user.id if message.from_user else 0)
        allowed.in_group(operator, group)
        found = await offers.look_up(s, who)
        audit.record(s, "recruiter_looked_up", about=f"recruiter:{found.id}", actor=f"operator:{operator.id}")
        said, buttons = _told(found, lang)
    except CaseError as refused:
        key, values = refusals.of(refused, not_found="desk_recruiter_gone")
        said = texts.render(key, lang, **values)
    except RecruiterNotNamed:
        said = texts.render("desk_recruiter_not_named", lang)
    payload = {"text": said, "reply_to": message.message_id}
    if buttons:
        payload["reply_markup"] = outbox.keyboard(buttons)
    await outbox.queue(
        s, group.id, "sendMessage", payload, purpose="alert", rank=desk.RANK_RELAY, dedupe=f"command:{update.id}"
    )


def _told(found: offers.Standing, lang: Lang) -> tuple[str, list[list[Button]]]:
    sure = found.confirmed_at is not None
    said = texts.render(
        "desk_recruiter",
        lang,
        what=texts.render(f"offer_what_{found.kind}", lang),
        senders=found.senders,
        state=texts.render("desk_recruiter_confirmed" if sure else "desk_recruiter_open", lang),
    )
    action = "release" if sure else "confirm"
    return said, [[Button(texts.render(f"desk_button_recruiter_{action}", lang), f"recruiter:{action}:{found.id}")]]


async def pressed(s: AsyncSession, operator: Operator, rest: str) -> str:
    """A listed operator confirms a recruiter, or takes it back. Returns the text key for them."""
    action, _, number = rest.partition(":")
    row = int(number) if number.isascii() and number.isdecimal() and len(number) <= 18 else 0
    if action not in ("confirm", "release"):
        return "desk_button_unknown"
    if not await offers.set_confirmed(s, row, operator, action == "confirm"):
        return "desk_recruiter_gone"
    return "desk_recruiter_you_confirmed" if action == "confirm" else "desk_recruiter_you_released"
