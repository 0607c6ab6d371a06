"""The desks hear once a day which numbers are wrong or must be called again, on Mondays which nobody has called."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from bot import log as logs
from bot import texts
from bot.cases import sites
from bot.cases.sites import Site
from bot.desk import card
from bot.desk import service as desk
from bot.knowledge import confirmed, facts
from bot.knowledge.contacts import Contact
from bot.knowledge.facts import Look
from bot.outbox import messages
from bot.outbox import service as outbox
from bot.storage.session import session
from bot.texts import Lang

log = logs.get(__name__)

#: Hour of the desk's own clock from which it is told: somebody is there to look at it the same day.
TOLD_FROM_HOUR: Final = 9
#: Day of the week on which a desk is reminded of numbers that nobody called: Monday, so that the week is left for it.
REMINDED_ON: Final = 0
#: Names in one line; the rest is a number, and all of them are in `hotline facts due`.
MOST_NAMES: Final = 8


async def tell(now: dt.datetime | None = None) -> int:
    """Tell each desk that has a group, at most once in each of its days. Returns how many were told."""
    now = now or dt.datetime.now(dt.UTC)
    today = now.astimezone(dt.UTC).date()
    told = 0
    async with session() as s:
        await confirmed.refresh(s)
        hidden, ending, uncalled = facts.missed(today), facts.ending(today), facts.uncalled(today)
        for site in {site.group: site for site in reversed(sites.sites().values()) if site.group is not None}.values():
            local = now.astimezone(ZoneInfo(site.zone))
            group = await desk.group_of(s, site)
            reminded = uncalled if local.weekday() == REMINDED_ON else ()
            if local.hour < TOLD_FROM_HOUR or group is None or not (hidden or ending or reminded):
                continue
            line = messages.text(_text(site, hidden, ending, reminded), silent=True)
            dedupe = f"facts:{group.id}:{local.date()}"
            made = await outbox.queue(s, group.id, *line, purpose="alert", rank=desk.RANK_REST, dedupe=dedupe)
            told += made is not None
        await s.commit()
    if told:
        log.warning("facts_hidden", hidden=len(hidden), ending=len(ending), desks=told)
    return told


def _text(site: Site, hidden: Sequence[Look], ending: Sequence[Look], uncalled: Sequence[Look]) -> str:
    lang = card.desk_lang(site)
    lines = []
    if hidden:
        lines.append(texts.render("desk_facts_hidden", lang, names=_names(hidden, lang)))
    if ending:
        lines.append(texts.render("desk_facts_ending", lang, names=_names(ending, lang), days=facts.SOON_DAYS))
    if uncalled:
        lines.append(texts.render("desk_facts_uncalled", lang, names=_names(uncalled, lang)))
    return "\n".join([*lines, texts.render("desk_facts_do", lang)])


def _names(found: Sequence[Look], lang: Lang) -> str:
    names = [
        one.fact.entry.name[lang] if isinstance(one.fact.entry, Contact) else one.fact.id for one in found[:MOST_NAMES]
    ]
    shown = ", ".join(names)
    more = len(found) - len(names)
    return texts.render("desk_facts_more", lang, names=shown, count=more) if more else shown
