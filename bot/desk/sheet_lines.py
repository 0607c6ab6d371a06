"""The case sheet as lines of the operators' card, in the desk's language: by rule, never a sentence of a worker."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot import texts
from bot.cases import rules, sheet
from bot.storage.models import Case
from bot.texts import Lang
from nlu.text.places import places

#: Shown to all who read the group, and only to those who hold the case: names, numbers and sums are testimony.
OPEN: Final = ("age", "relation")
HELD: Final = ("building", "name", "amount", "deadline", "account", "phone")
#: Letters of a place or a landmark on a card.
SHOWN_CHARS: Final = 80


def lines(case: Case, lang: Lang, zone: str) -> list[str]:
    """What is known of a case, a line a fact."""
    facts, held = case.facts, case.holder_id is not None
    found: list[str] = []
    if (place := _place(str(facts.get("place") or ""), held=held)) is not None:
        found.append(texts.render("sheet_place", lang, place=place))
    if signs := [name for name in facts.get("signs") or () if f"sheet_sign_{name}" in texts.catalogue(lang)]:
        certain = sheet.signs_of(facts, sure=True)
        told = ", ".join(
            texts.render(f"sheet_sign_{name}", lang) + ("" if name in certain else " (?)") for name in signs
        )
        found.append(texts.render("sheet_signs", lang, signs=told))
    if wishes := sheet.wishes_of(facts):
        told = ", ".join(texts.render(f"sheet_wish_{name}", lang) for name in wishes)
        found.append(texts.render("sheet_wishes", lang, wishes=told))
    if held and (other := (facts.get("wishes") or {}).get(sheet.OTHER_WISH)):
        found.append(texts.render("sheet_wish_words", lang, words=str(other["words"])[:SHOWN_CHARS]))
    if rules.about(facts, case.kind) == "other":
        found.append(texts.render("sheet_about_other", lang))
    for name in (*OPEN, *(HELD if held else ())):
        if facts.get(name) not in (None, ""):
            found.append(texts.render(f"sheet_{name}", lang, value=_value(name, facts[name], lang)))
    if facts.get("danger_hours"):
        hours = ", ".join(f"{one['from']}" for one in facts["danger_hours"])
        found.append(texts.render("sheet_danger_hours", lang, value=hours))
    if held and facts.get("last_at"):
        at = dt.datetime.fromisoformat(facts["last_at"]).astimezone(ZoneInfo(zone))
        found.append(texts.render("sheet_last", lang, at=f"{at:%d.%m. %H:%M}"))
    return found


def _place(told: str, *, held: bool) -> str | None:
    """The towns of a place by their names; in the worker's own words for who holds the case."""
    named = ", ".join(dict.fromkeys(place.name for place in places(told)))
    return (told[:SHOWN_CHARS] if held else named) or None


def safety(case: Case, lang: Lang) -> str:
    """Whether the worker said that one can write, that one cannot, or was never asked."""
    safe = case.facts.get("safe")
    key = "desk_card_safe" if safe else "sheet_not_safe" if safe is False else "desk_card_watched"
    return texts.render(key, lang)


def _value(name: str, value: Any, lang: Lang) -> str:
    if name == "relation":
        key = f"relation_{value}"
        return texts.render(key, lang) if key in texts.catalogue(lang) else str(value)
    return str(value)[:SHOWN_CHARS]
