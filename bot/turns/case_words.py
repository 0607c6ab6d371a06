"""The texts of the talk in a case, their blanks filled: a number to call, an ambulance, what is known."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from bot import texts
from bot.cases import sheet
from bot.knowledge import contacts
from bot.outbox.messages import Button
from bot.storage.models import Case, Chat
from bot.texts import Lang
from bot.turns.case_policy import RECAP

#: Whom the Indonesian ministry's listeners serve.
HELPLINE_FOR: Final = "ID"


def rendered(key: str, case: Case, chat: Chat, lang: Lang) -> str:
    """A text of the talk with its blanks filled from the case."""
    if key == RECAP:
        return recap(case, chat, lang)
    blanks = texts.placeholders(texts.catalogue(lang)[key])
    given: dict[str, Any] = {}
    if "number" in blanks:
        given["number"] = number_line(case.country, case.nationality or chat.nationality, lang, bare=True)
    if "ambulance" in blanks:
        given["ambulance"] = ambulance(case.country, lang)
    if "helpline" in blanks:
        theirs = (case.nationality or chat.nationality or HELPLINE_FOR) == HELPLINE_FOR and lang == texts.LANGS[0]
        given["helpline"] = texts.catalogue(lang)["talk_helpline"] if theirs else ""
    if "place" in blanks:
        given["place"] = case.facts.get("place") or ""
    return texts.render(key, lang, **given).strip()


def ambulance(country: str | None, lang: Lang) -> str:
    """The line about an ambulance: its number in that country, or whom to ask where no number is known."""
    found = contacts.ambulance(country, dt.datetime.now(dt.UTC).date())
    if found is None or (phone := found.phone(country)) is None:
        return texts.render("talk_no_ambulance", lang)
    return texts.render("talk_ambulance", lang, number=phone.number)


def recap(case: Case, chat: Chat, lang: Lang) -> str:
    """What is known and what comes next: no number, no label, and on a phone that may be watched nothing told."""
    facts = case.facts
    if chat.watched:
        return texts.render("talk_recap_short", lang)
    told = [
        ("known_place", facts.get("place")),
        ("known_people", facts.get("people")),
        ("known_minor", case.minor),
        ("known_injured", sheet.signs_of(facts) & {"beaten", "bleeding", "faint", "ill"}),
        ("known_documents", "docs_held" in sheet.signs_of(facts)),
        ("known_ransom", "ransom" in sheet.signs_of(facts)),
        ("known_wishes", sheet.wishes_of(facts)),
    ]
    lines = [texts.render(key, lang, value=value) for key, value in told if value]
    return texts.render("talk_recap", lang, known=", ".join(lines or [texts.render("known_message", lang)]))


def number_line(country: str | None, nationality: str | None, lang: Lang, *, bare: bool = False) -> str:
    """A number somebody in that country may call, with its source month; honest words when every number is wrong.

    A nationality we have no numbers for is one nobody knows: the reader's language decides then. `bare`: the number
    without whose it is, for an answer to a report.
    """
    citizen = nationality if nationality in {"ID", "KH"} else None
    today = dt.datetime.now(dt.UTC).date()
    found = contacts.for_distress(country, citizen, today, lang=lang)
    lines = [contacts.line(one, lang, place=country, bare=bare) for one in found]
    return "\n".join(lines) or texts.render("case_no_number", lang)


def question_buttons(question: str | None, lang: Lang) -> list[list[Button]]:
    """Buttons that answer a question with one press."""
    if question != "safe":
        return []
    return [
        [
            Button(texts.render("case_button_safe", lang), "safe:yes"),
            Button(texts.render("case_button_not_safe", lang), "safe:no"),
        ]
    ]
