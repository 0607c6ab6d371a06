"""Which case an update of an operators' group belongs to: by its topic, or by the message it answers.

What operators write goes with its case: it is kept as long, held with it, and deleted with it.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases import sites
from bot.storage.models import Case, Chat, Outgoing, TopicMessage

#: The data of a button that speaks of one case.
BUTTON = re.compile(r"(?P<of>case|out):[a-z]+:(?P<row>[0-9]{1,18})(?::|$)")
#: Numbers of Telegram's; a broken client may send anything.
LARGEST = 2**63 - 1


def stands_in(group: Chat, case: Case) -> bool:
    """Whether a case belongs to this group."""
    return sites.answering(case.site, case.lang).receives.is_in(group)


async def case_of_topic(s: AsyncSession, group: Chat, thread: int | None) -> Case | None:
    """The case whose topic this is; None for the general topic."""
    if thread is None:
        return None
    found = select(Case).where(Case.topic_id == thread, Case.group_id == group.id).order_by(Case.id.desc())
    case: Case | None = await s.scalar(found.limit(1))
    return case


async def case_of(s: AsyncSession, group: Chat, raw: dict[str, Any]) -> int | None:
    """Row id of the case that an update of a group belongs to; None for none, or for one that is anonymised."""
    body = next((raw[kind] for kind in ("message", "edited_message", "callback_query") if kind in raw), None)
    body = body if isinstance(body, dict) else {}
    pressed = body.get("message")
    message = pressed if isinstance(pressed, dict) else body
    case = await case_of_topic(s, group, _number(message.get("message_thread_id")))
    if case is None:
        case = await _case_of_button(s, group, body.get("data"))
    if case is not None:
        return None if case.anonymised_at is not None else case.id
    replied = message.get("reply_to_message")
    numbers = [_number(one.get("message_id")) for one in (message, replied) if isinstance(one, dict)]
    known = select(TopicMessage.case_id).where(
        TopicMessage.group_id == group.id, TopicMessage.message_id.in_([number for number in numbers if number])
    )
    found: int | None = await s.scalar(known.limit(1))
    return found


async def _case_of_button(s: AsyncSession, group: Chat, data: object) -> Case | None:
    """The case that a pressed button names, wherever its card stands: case:claim:<case>, out:withdraw:<row>."""
    if not isinstance(data, str) or (found := BUTTON.match(data)) is None:
        return None
    row = int(found["row"])
    if found["of"] == "out":
        row = await s.scalar(select(Outgoing.case_id).where(Outgoing.id == row)) or 0
    case = await s.get(Case, row)
    return case if case is not None and stands_in(group, case) else None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST else None
