"""Files that were left at Telegram: what an operator is told of them, and the button that has them fetched."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.cases import belongs
from bot.cases import service as cases
from bot.outbox import media, quota
from bot.outbox.service import Button
from bot.storage.models import Chat, Media, Operator, Update
from bot.texts import Lang


def line(row: Media, lang: Lang) -> dict[str, str]:
    """What a holder is told of a file that was left, by text key."""
    key = f"desk_file_{row.state}"
    return {key: texts.render(key, lang)} if row.state in quota.LEFT else {}


def buttons(row: Media, lang: Lang) -> list[list[Button]]:
    """The button under that line."""
    if row.state not in quota.LEFT:
        return []
    return [[Button(texts.render("desk_button_fetch_files", lang), f"file:fetch:{row.id}")]]


async def pressed(s: AsyncSession, group: Chat, operator: Operator, rest: str) -> str:
    """The holder wants the files of a case that were left. Returns the text key for them. Raises NotTheHolder."""
    action, _, number = rest.partition(":")
    row_id = int(number) if number.isascii() and number.isdecimal() and len(number) <= 18 else 0
    update = await s.scalar(select(Update).join(Media, Media.update_id == Update.id).where(Media.id == row_id))
    if action != "fetch" or update is None or update.case_id is None:
        return "desk_button_unknown"
    case = await cases.held_by(s, update.case_id, operator)
    if not belongs.stands_in(group, case):
        return "desk_button_unknown"
    of_case = select(Media).join(Update, Update.id == Media.update_id).where(Update.case_id == case.id)
    left = (
        await s.scalars(of_case.where(Media.state.in_(quota.LEFT)).order_by(Media.id).with_for_update(of=Media))
    ).all()
    await media.fetch_after_all(s, left)
    cases.record(s, case, "files_wanted", f"operator:{operator.id}", files=len(left))
    return "desk_files_are_fetched" if left else "desk_no_files_left"
