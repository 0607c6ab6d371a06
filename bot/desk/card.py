"""What operators see of a case: a short card with buttons, and never a word of testimony."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from bot import texts
from bot.cases import sites
from bot.cases.quiet import BLOCK_HOURS
from bot.cases.rules import OUTCOMES
from bot.cases.sites import Site
from bot.desk import sheet_lines
from bot.outbox.messages import Button
from bot.storage.models import Case
from bot.texts import LANGS, Lang


def desk_lang(site: Site) -> Lang:
    """The language a desk's card is written in."""
    return next((lang for lang in LANGS if lang in site.reads), LANGS[-1])


def card(
    case: Case, *, holder: str | None, reachable: bool, knows_bot: bool = True, blocked_until: dt.datetime | None = None
) -> str:
    """Priority, language, place and how many if known, waiting since; who holds it. No testimony, no name, no phone."""
    route = sites.answering(case.site, case.lang)
    site = route.receives
    lang = desk_lang(site)
    clock = case.opened_at.astimezone(ZoneInfo(site.zone))
    lines = [
        texts.render(
            "desk_card",
            lang,
            priority=case.priority,
            ref=case.ref,
            kind=texts.render(f"desk_kind_{case.kind}", lang),
            language=texts.render(f"desk_lang_{case.lang.replace('-', '_')}", lang),
            nationality=case.nationality or "?",
            country=case.country or "?",
            since=f"{clock:%d.%m. %H:%M} {site.zone}",
            state=_state(case, holder, lang),
        )
    ]
    if case.minor:
        lines.append(texts.render("desk_card_minor", lang))
    if case.facts.get("people"):
        lines.append(texts.render("desk_card_people", lang, people=case.facts["people"]))
    if case.found_by == "model":
        lines.append(texts.render("desk_card_model", lang))
    if case.facts.get("unheard") and case.state == "new":
        lines.append(texts.render("desk_card_unheard", lang))
    lines += sheet_lines.lines(case, lang, site.zone)
    # Watched until the worker says otherwise: most have not been asked yet when somebody first reads the card.
    lines.append(sheet_lines.safety(case, lang))
    if case.quiet and case.state != "closed":
        lines.append(texts.render("desk_card_quiet", lang))
    if blocked_until is not None:
        until = f"{blocked_until.astimezone(ZoneInfo(site.zone)):%d.%m. %H:%M}"
        lines.append(texts.render("desk_card_blocked", lang, until=until))
    if not reachable:
        lines.append(texts.render("desk_card_unreachable", lang))
    if not knows_bot:
        lines.append(texts.render("desk_card_other_bot", lang))
    if route.language_gap:
        lines.append(texts.render("desk_card_language_gap", lang))
    if route.meant.id != site.id:
        lines.append(texts.render("desk_card_meant_for", lang, site=route.meant.id))
    return "\n".join(lines)


def _state(case: Case, holder: str | None, lang: Lang) -> str:
    if case.state == "closed":
        return texts.render("desk_state_closed", lang, outcome=texts.render(f"desk_outcome_{case.outcome}", lang))
    if holder is not None:
        return texts.render("desk_state_held", lang, holder=holder)
    return texts.render("desk_state_new", lang)


def buttons(case: Case, *, blocked: bool = False) -> list[list[Button]]:
    """What can be done with a case now."""
    lang = desk_lang(sites.answering(case.site, case.lang).receives)
    if case.state == "closed":
        rows = [[Button(texts.render("desk_button_reopen", lang), f"case:reopen:{case.id}")]]
        if blocked:
            rows.append([Button(texts.render("desk_button_unblock", lang), f"case:unblock:{case.id}")])
        return rows
    if case.holder_id is None:
        return [[Button(texts.render("desk_button_claim", lang), f"case:claim:{case.id}")]]
    return [
        [
            Button(texts.render("desk_button_hand_over", lang), f"case:hand:{case.id}"),
            Button(texts.render("desk_button_close", lang), f"case:close:{case.id}"),
        ],
        [Button(texts.render("desk_button_split", lang), f"case:split:{case.id}")],
    ]


def outcome_buttons(case: Case) -> list[list[Button]]:
    """The outcomes to choose from, and a way back."""
    lang = desk_lang(sites.answering(case.site, case.lang).receives)
    rows = [
        [Button(texts.render(f"desk_outcome_{outcome}", lang), f"case:closed:{case.id}:{outcome}")]
        for outcome in OUTCOMES
    ]
    block = Button(texts.render("desk_outcome_block", lang, hours=f"{BLOCK_HOURS:.0f}"), f"case:block:{case.id}")
    return [*rows, [block], [Button(texts.render("desk_button_back", lang), f"case:back:{case.id}")]]
