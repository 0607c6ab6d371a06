"""One message, or one conversation, played through the reading, the actions and the offer check: one line each.

No database and no Rasa: the lexicon, the trained model, the decision and the actions are the shipped ones. A line never
holds words of a message, only the digest of its text, so that the test half stays unread.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.offers.assess import assess
from bot.settings import DATA, settings
from bot.turns import understand
from nlu.checks import examples
from nlu.model.intent_model import IntentModel
from nlu.understanding import controls, reader
from tests.support.talk import Talk

#: Bound of a message of Telegram, in characters.
LONGEST = 4096
#: Of the offers that the check is built on, every so many is also read as the first message of a chat.
EVERY = 5
TRAPS = Path(__file__).parents[1] / "contract" / "traps.yml"


def sources() -> dict[str, list[str]]:
    """The texts that are played, by the name of their file; conversations are played by `conversations`."""
    found = {f"messages-{lang}": [one.text for one in examples.held_out(lang)] for lang in examples.LANGUAGES}
    minutes = sorted((DATA / "heldout" / "first_minutes").glob("*.jsonl"))
    found |= {f"first-minutes-{path.stem}": _texts(path) for path in minutes}
    found |= {f"offers-{lang}": _texts(DATA / "heldout" / f"offers_{lang}.jsonl") for lang in examples.LANGUAGES}
    traps = yaml.safe_load(TRAPS.read_text(encoding="utf-8"))
    found["traps"] = [row["text"] for rows in traps.values() for row in rows]
    found["building"] = building()[::EVERY]
    return found


def building() -> list[str]:
    """Every offer that the check is built on: their verdicts are frozen, and the reading of every fifth."""
    return [text for path in sorted((DATA / "offers" / "building").glob("*.jsonl")) for text in _texts(path)]


def _texts(path: Path) -> list[str]:
    return [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


@cache
def _model() -> IntentModel:
    return understand.load(settings())


@cache
def _actions() -> dict[str, str]:
    """The action of each intent, as data/rules says."""
    found: dict[str, str] = {}
    for path in sorted((DATA / "rules").glob("*.yml")):
        for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]:
            steps = rule["steps"]
            if "intent" in steps[0] and "action" in steps[1]:
                found[steps[0]["intent"]] = steps[1]["action"]
    return found


@cache
def _read(text: str) -> dict[str, Any]:
    return understand.understand(text, _model())


def digest(text: str) -> str:
    """What stands for a text."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


def line(text: str) -> str:
    """Digest, reading, first reply and verdict of a message that begins a chat, with tabs between."""
    found = "\t".join((digest(text), _reading(text), reply(text), verdict(text)))
    _read.cache_clear()
    return found


def verdict_line(text: str) -> str:
    """Digest and verdict of an offer."""
    return f"{digest(text)}\t{verdict(text)}"


def _reading(text: str) -> str:
    read = _read(text)
    reasons = ",".join(sorted(reason["id"] for reason in read["triage"]["reasons"]))
    opens = f"P{read['priority']} {read['asks_about']}" if read["opens_case"] else "-"
    said = (read["language"]["code"], read["kind"], read["intent"], read["topic"] or "-", opens, reasons or "-")
    return " ".join(said)


def verdict(text: str) -> str:
    """The offer check alone, without the lists of agencies: they change by themselves."""
    judged = assess(text)
    flags = ",".join(sorted(flag.id for flag in judged.flags))
    return f"{judged.kind} {judged.risk} {judged.score} {flags or '-'} {','.join(judged.missing) or '-'}"


def reply(text: str) -> str:
    """What a new chat is answered first: text keys, or what the answer is about."""
    with pytest.MonkeyPatch.context() as patch:
        talk = Talk(patch, _lang(text))
        return asyncio.run(_answer(talk, text))


def _lang(text: str) -> str:
    return "km" if _read(text)["language"]["code"].startswith("km") else "id"


async def _answer(talk: Talk, text: str) -> str:
    text = text.strip()[:LONGEST]
    if (control := controls.match(text)) is not None:
        return f"control:{control}"
    understood = as_rasa(text)
    intent = understood["intent"]["name"]
    if _read(text)["opens_case"]:
        return "case"
    if intent.startswith("report_") or intent == "request_operator":
        # The action asks the database; what it says before that is known from the reading.
        return f"report:{intent}"
    said: list[dict[str, Any]] = []
    given = {
        "confidence": understood["intent"]["confidence"],
        "intent_ranking": understood["intent_ranking"],
        "questions": understood["questions"],
    }
    action = _actions().get(intent, "action_fallback")
    try:
        if talk.loop:
            said = (await talk.run("validate_offer_form", text, intent, **given))[1]
        if not said:
            said = (await talk.run(action, text, intent, **given))[1]
    except Exception as problem:  # what needs the database
        return f"{action}:{type(problem).__name__}"
    return f"{action}:{'+'.join(map(_part, said))}:{talk.chat.last_topic or '-'}:{talk.chat.last_country or '-'}"


def _part(part: dict[str, Any]) -> str:
    buttons = ",".join(
        button["data"].partition(":")[2] or button["data"] for row in part.get("buttons", ()) for button in row
    )
    return f"{part.get('text') or ('silent' if part.get('silent') else 'body')}[{buttons if part.get('text') else ''}]"


def as_rasa(text: str) -> dict[str, Any]:
    """What Rasa's classifier makes of a text."""
    found = reader.understand(text, rank=_model().ranking)
    read = found.for_rasa()
    if found.offered:
        # As bot/turns/rasa_turn.py tells it, in a chat without a case.
        read["intent"] = {"name": reader.OFFER, "confidence": 1.0}
    return read


def conversations() -> Iterator[str]:
    """Every conversation of tests/e2e/dialogues.py, one line each: what each message of it is answered."""
    from tests.e2e.dialogues import INDONESIAN, KHMER

    for told in (*INDONESIAN, *KHMER):
        with pytest.MonkeyPatch.context() as patch:
            talk = Talk(patch, told.lang)
            said = [asyncio.run(_answer(talk, step.says)) for step in told.steps]
        yield f"{told.lang}: {told.name}\t" + " | ".join(said)
