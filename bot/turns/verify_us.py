"""How a worker knows the real bot, and where to turn when it is gone. Dull on purpose: the phone may be watched."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.cases import sites
from bot.desk import service as desk
from bot.outbox import bots
from bot.storage.models import Case, Chat
from bot.texts import Lang
from bot.turns.case_words import number_line


async def how_to_know_us(s: AsyncSession, chat: Chat, lang: Lang, case: Case | None) -> str:
    """The exact address, what we never ask for, where the address is published, the fallback; honest where none is."""
    site = (
        desk.site_of(case)
        if case is not None
        else sites.route(chat.nationality, None, chat.heard_lang or lang).receives
    )
    name = await bots.username(s)
    lines = [
        texts.render("real_name", lang, username=name) if name else texts.render("real_no_name", lang),
        texts.render("real_never", lang),
    ]
    if site.published_at is not None:
        lines.append(texts.render("real_published", lang, where=site.published_at[lang]))
    else:
        lines.append(texts.render("real_not_published", lang))
    if site.fallback_channel is not None:
        lines.append(texts.render("real_fallback", lang, where=site.fallback_channel[lang]))
    else:
        country = case.country if case is not None else chat.last_country
        number = number_line(country, chat.nationality, lang)
        lines.append(texts.render("real_no_fallback", lang, number=number))
    return "\n".join(lines)
