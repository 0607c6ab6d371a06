"""A flood of reports that are none, out of the way in a few presses: those with the same words, or all that wait.

Who closes a case as none is shown the others with nearly the same words; the list has a button that shows them by
their words. Nothing is closed without a question that names the cases, and one press takes all of it back.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.cases import sites
from bot.desk import alike, use_cases, waiting
from bot.desk.alike import Reported
from bot.outbox.messages import Button
from bot.storage.models import Chat, Operator, Update


async def pressed(s: AsyncSession, group: Chat, operator: Operator, rest: str, update: Update) -> str:
    """A button of this room. Returns the text key for whoever pressed it."""
    action, _, rest = rest.partition(":")
    numbers = [int(part) if part.isascii() and part.isdecimal() and len(part) <= 18 else 0 for part in rest.split(":")]
    site = sites.site_of_chat(group)
    if site is None or len(numbers) != 2:
        return "desk_button_unknown"
    of, upto = numbers
    if action == "show":
        return await _show(s, group)
    if action == "back":
        again = await use_cases.open_again(s, operator, of)
        if again:
            await waiting.call(s, group)
        return "desk_bulk_opened" if again else "desk_bulk_nothing"
    if action not in {"alike", "yes", "all", "yesall"}:
        return "desk_button_unknown"
    some = action in {"alike", "yes"}
    everybody = [] if some else await alike.unclaimed(s, group)
    found = await alike.like_id(s, of, upto) if some else [one for one in everybody if one.id <= upto]
    if not found:
        return "desk_bulk_nothing"
    if action in {"alike", "all"}:
        await _ask(s, group, found, f"bulk:{'yes' if some else 'yesall'}:{of}:{upto}")
        return "desk_bulk_asked"
    closed = await use_cases.close_unclaimed(
        s, operator, [one.id for one in found], press=update.id, like_one_read=some
    )
    await _closed(s, group, operator, len(closed), update)
    return "desk_bulk_closed"


async def _show(s: AsyncSession, group: Chat) -> str:
    """Post the unclaimed cases by their words: one button for each group, one for all."""
    found = await alike.unclaimed(s, group)
    if not found:
        return "desk_bulk_nothing"
    lang, upto = alike.lang(group), max(one.id for one in found)
    lines, rows = [texts.render("desk_bulk_all", lang, count=len(found))], list[list[Button]]()
    for number, same in enumerate(alike.groups(found)[: alike.GROUPS], start=1):
        lines.append(texts.render("desk_bulk_group", lang, number=number, count=len(same), refs=alike.refs(same)))
        data = f"bulk:alike:{same[0].id}:{upto}"
        rows.append([alike.button("desk_button_bulk_group", lang, data, number=number, count=len(same))])
    rows.append([alike.button("desk_button_bulk_all", lang, f"bulk:all:0:{upto}", count=len(found))])
    await alike.say(s, group, "\n".join(lines), rows)
    return "desk_bulk_shown"


async def _ask(s: AsyncSession, group: Chat, found: Sequence[Reported], data: str) -> None:
    lang = alike.lang(group)
    text = texts.render("desk_bulk_ask", lang, count=len(found), refs=alike.refs(found))
    await alike.say(s, group, text, [[alike.button("desk_button_bulk_yes", lang, data, count=len(found))]])


async def _closed(s: AsyncSession, group: Chat, operator: Operator, count: int, update: Update) -> None:
    lang = alike.lang(group)
    text = texts.render("desk_bulk_done", lang, count=count, name=operator.name)
    await alike.say(s, group, text, [[alike.button("desk_button_bulk_back", lang, f"bulk:back:{update.id}:0")]])
