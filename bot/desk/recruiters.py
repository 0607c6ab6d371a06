"""Operators look up a recruiter in their group, and say that it deceives people. They see counts, never who or what."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.cases import allowed
from bot.cases import service as cases
from bot.desk import refusals
from bot.errors import CaseError, RecruiterNotNamed
from bot.offers import service as offers
from bot.outbox.messages import Button
from bot.storage import audit
from bot.storage.models import Chat, Operator
from bot.texts import Lang

#: /perekrut 0812..., /recruiter @name
COMMAND: Final = re.compile(
    r"/(?:recruiter|perekrut)(?:@\w+)?(?:\s+(?P<who>.{1,300}))?\s*", re.ASCII | re.IGNORECASE | re.DOTALL
)


async def looked_up(
    s: AsyncSession, group: Chat, telegram_id: int, words: str, lang: Lang
) -> tuple[str, list[list[Button]]]:
    """What an operator is told of a recruiter: how many reported it, and a button that confirms it."""
    try:
        operator = await cases.operator_of(s, telegram_id)
        allowed.in_group(operator, group)
        found = await offers.look_up(s, words)
        audit.record(s, "recruiter_looked_up", about=f"recruiter:{found.id}", actor=f"operator:{operator.id}")
        return _told(found, lang)
    except CaseError as refused:
        key, values = refusals.of(refused, not_found="desk_recruiter_gone")
        return texts.render(key, lang, **values), []
    except RecruiterNotNamed:
        return texts.render("desk_recruiter_not_named", lang), []


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
