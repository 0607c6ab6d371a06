"""Whether what was expected of one turn is so: each expectation by the texts that were said and what is stored."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot import texts
from bot.cases import rules, sheet
from nlu.text.normalise import normalise
from nlu.text.places import places
from tests.converse.play import After

ACTS = Path(__file__).with_name("acts.yml")
LONGEST_WORDS = 60


@cache
def acts() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(ACTS.read_text(encoding="utf-8"))
    return found


@cache
def _templates() -> list[tuple[str, re.Pattern[str]]]:
    """Every line of every text of the talk, as a pattern; the longest first."""
    found = []
    for lang in texts.LANGS:
        for key, words in texts.catalogue(lang).items():
            if not key.startswith(("talk_", "answer_", "ask_", "wish_", "case_", "phone_", "erase_")):
                continue
            parts = [re.escape(part) for part in re.split(r"\{\w+\}", words)]
            found.append((key, re.compile(r"[^\n]{0,160}?".join(parts), re.DOTALL)))
    return sorted(found, key=lambda one: -len(one[1].pattern))


def keys_of(replies: Iterable[str]) -> list[str]:
    """The keys of the texts that stand in some replies."""
    found = []
    for reply in replies:
        for key, pattern in _templates():
            if pattern.search(reply):
                found.append(key)
    return found


def judge(expected: str, now: After, before: After | None) -> bool:
    """Whether one expectation is met. Raises ValueError for one of no known kind."""
    name, _, wanted = expected.partition(":")
    name, wanted = name.strip(), wanted.strip()
    said = keys_of(now.replies)
    if name == "answers":
        return _did(said, [f"answer_{wanted}*", *acts()["answers"].get(wanted, ())])
    if name == "says":
        return _did(said, acts()["says"][wanted])
    if name == "asks":
        return not _asked(said) if wanted == "nothing" else _did(said, _asking(wanted))
    if name == "not_asks":
        return not (_asked(said) if wanted == "anything" else _did(said, _asking(wanted)))
    if name == "sheet":
        field, _, value = wanted.partition("=")
        return _on_sheet(now, field.strip(), value.strip())
    if name in {"case", "priority", "desk"}:
        return _at_desk(name, wanted, now, before)
    return _plain(name, said, now)


def _plain(name: str, said: list[str], now: After) -> bool:
    if name == "silent":
        return not now.replies
    if name == "not_silent":
        return bool(now.replies)
    if name == "not_only_noted":
        return any(not _did([key], acts()["only_noted"]) for key in said) or (bool(now.replies) and not said)
    if name == "no_article":
        return all(keys_of([reply]) for reply in now.replies)
    if name == "no_promise":
        return True  # no text of ours promises: tests/unit/test_talk_texts.py reads them
    if name == "no_names":
        told = (
            [str(now.case.facts.get(field)) for field in ("name", "place", "building", "account")] if now.case else []
        )
        return not any(one and one != "None" and one in reply for one in told for reply in now.replies)
    raise ValueError(f"no such expectation: {name}")


def _asking(what: str) -> list[str]:
    return [f"ask_{what}*", *acts()["asks"].get(what, ())]


def _asked(said: list[str]) -> bool:
    itself = {key for found in acts()["asks"].values() for key in found}
    return any(key.startswith("ask_") for key in said) or _did(said, itself)


def _did(said: Iterable[str], patterns: Iterable[str]) -> bool:
    wanted = list(patterns)
    return any(fnmatch(key, pattern) for key in said for pattern in wanted)


def _at_desk(name: str, wanted: str, now: After, before: After | None) -> bool:
    if name == "case":
        return now.case is not None
    if name == "priority":
        return now.case is not None and f"P{now.case.priority}" == wanted
    if wanted == "rings":
        return bool(now.rang)
    if wanted == "mistake":
        return "mistake_wished" in now.events or any("salah pencet" in one or "ចុចច្រឡំ" in one for one in now.desk)
    if wanted == "other_hand":
        return "other_hand" in now.events
    return now.case is not None


def _on_sheet(now: After, field: str, value: str) -> bool:
    if now.case is None:
        return value == "none"
    facts = now.case.facts
    if field == "country":
        return now.case.country == value
    if field == "place":
        return _same_place(str(facts.get("place") or ""), value)
    signs = {"injured": {"beaten", "bleeding", "faint", "ill", "weapon"}, "suicide": {"suicide", "suicide_means"}}
    if field in signs:
        return bool(sheet.signs_of(facts) & signs[field])
    if field == "documents":
        return "docs_held" in sheet.signs_of(facts)
    if field == "minor":
        return now.case.minor
    if field == "about":
        return rules.about(facts, now.case.kind) == value
    if field == "wish":
        return value in sheet.wishes_of(facts)
    held = {"ransom": "amount"}.get(field, field)
    return _same(field, facts.get(held), value)


def _same_place(stored: str, value: str) -> bool:
    if value == "none":
        return not stored
    if not stored:
        return False
    mine, theirs = {one.name for one in places(stored)}, {one.name for one in places(value)}
    return bool(mine & theirs) or _bare(value) in _bare(stored) or _bare(stored) in _bare(value)


_RELATIONS = {"sibling": {"younger_sister", "younger_brother", "younger_sibling", "older_sister", "older_brother"}}
_RELATIONS["sibling"] |= {"older_sibling", "sister", "brother", "siblings"}
_RELATIONS["spouse"] = {"husband", "wife", "partner"}
_RELATIONS["son"] = _RELATIONS["daughter"] = {"child"}


def _same(field: str, stored: Any, value: str) -> bool:
    if stored in (None, ""):
        return value == "none"
    if field == "people" or field == "age":
        return str(stored) == value
    if field == "relation":
        return stored == value or stored in _RELATIONS.get(value, set()) or value == "other"
    if field in {"ransom", "account"}:
        mine, theirs = _digits(str(stored)), _digits(value)
        return bool(mine) and (mine in theirs or theirs.startswith(mine))
    return _bare(value) in _bare(str(stored)) or _bare(str(stored)) in _bare(value)


def _digits(words: str) -> str:
    return re.sub(r"\D", "", words.translate(str.maketrans("០១២៣៤៥៦៧៨៩", "0123456789")))


def _bare(words: str) -> str:
    return re.sub(r"\W", "", normalise(words).text)


def too_long(now: After) -> bool:
    """Whether a reply has more words than somebody of six school years reads in a hurry."""
    return any(len(reply.split()) > LONGEST_WORDS for reply in now.replies)
