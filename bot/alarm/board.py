"""The alarm's lines in the operators' group, outside every topic: whom it calls, who answered, what is broken."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot import texts
from bot.cases import sites
from bot.cases.sites import Site
from bot.desk import card
from bot.desk import service as desk
from bot.outbox import messages
from bot.outbox import service as outbox
from bot.outbox.messages import Button
from bot.texts import Lang

log = logs.get(__name__)

#: A time older than this many hours is shown with its date.
SAME_DAY_HOURS = 12


def meant(site: str) -> Site:
    """The desk of this name; the fallback for one that data/sites.yml no longer has."""
    return sites.sites().get(site) or sites.fallback()


def receives(site: str) -> Site:
    """The desk in whose group the cases of a desk stand."""
    found = meant(site)
    return found if found.group is not None else sites.fallback()


def lang_of(site: str) -> Lang:
    return card.desk_lang(receives(site))


def clock(at: dt.datetime, now: dt.datetime, site: str) -> str:
    """A time as a desk reads it on the wall."""
    local = at.astimezone(ZoneInfo(meant(site).zone))
    return f"{local:%H:%M}" if now - at < dt.timedelta(hours=SAME_DAY_HOURS) else f"{local:%d.%m. %H:%M}"


async def post(
    s: AsyncSession,
    site: str,
    key: str,
    *,
    dedupe: str,
    silent: bool = False,
    button: tuple[str, str] | None = None,
    **values: object,
) -> None:
    """Post a text into the general topic of a desk's group, with one button (text key, data) if wanted."""
    group = await desk.group_of(s, receives(site))
    if group is None:
        log.error("no_operators_group", site=site)
        return
    lang = lang_of(site)
    rows = None if button is None else [[Button(texts.render(button[0], lang), button[1])]]
    line = messages.text(texts.render(key, lang, **values), buttons=rows, silent=silent)
    await outbox.queue(s, group.id, *line, purpose="alert", rank=desk.RANK_P1, dedupe=f"alarm:{dedupe}")
