"""`hotline understand`: how a first message of a live chat would be decided, without a chat.

The same parts as a real turn: the lexicon's triage, the trained model, and the rule that joins them. Nothing is stored.
"""

from __future__ import annotations

import datetime as dt
import json
import tarfile
from collections.abc import Iterable
from typing import Any, TextIO

from bot import texts
from bot.cases import rules
from bot.errors import HotlineError
from bot.knowledge import answers
from bot.offers import assess, message
from bot.offers import service as offers
from bot.runtime import model_in_use
from bot.settings import Settings, settings
from bot.storage.models import Case, Chat
from bot.turns import distress_report, puzzled
from bot.turns.case_words import number_line
from nlu.model import features
from nlu.model.intent_model import IntentModel
from nlu.text import languages
from nlu.text.normalise import normalise
from nlu.understanding import citizens, decision, questions, reader
from nlu.understanding.found import Understanding
from nlu.understanding.position import bare_place

#: Whose numbers a first message is answered with, by the language it is answered in.
HOMES = {lang: one.country for lang, one in languages.ANSWERED.items()}
#: A message of more characters is read as Telegram would deliver it: cut.
LONGEST = reader.LONGEST
#: Intents that are explained, and features that are named for each.
EXPLAINED, BECAUSE = 3, 6


class NoModel(HotlineError):
    """No trained model is there. Run `make setup train` first."""


def load(config: Settings) -> IntentModel:
    """The model in use, as Rasa has it loaded; Rasa itself is not started. Raises HotlineError."""
    path = model_in_use.in_use(config)
    if path is None:
        raise NoModel()
    try:
        return IntentModel.from_archive(path)
    except (OSError, EOFError, KeyError, ValueError, tarfile.TarError):
        raise HotlineError(f"The model {path.name} cannot be read. Run `make train`, then try again.") from None


def understand(text: str, model: IntentModel) -> dict[str, Any]:
    """The decision about one message, in the shape of `--jsonl`."""
    text = text[:LONGEST]
    found = reader.understand(text, rank=model.ranking)
    heard, urgent, decided, control = found.language, found.triage, found.decision, found.control
    kind, intent, topic, opens = decided.kind, decided.intent, decided.topic, found.opens is not None
    confidence = decided.kind_confidence
    if control is not None and urgent.level == "none":
        kind, intent, topic, confidence = CONTROL_KINDS.get(control, "control"), control, None, 1.0
        opens = control == "human"
    elif not opens and found.position is not None:
        # Kept for a person to look at, like a position that is shared.
        kind, intent, topic, confidence, opens = "human", "request_operator", None, 1.0, True
    elif (place := found.bare_place) is not None and (
        kind in ASKED_AFTER or (intent == "set_language" and place.country != "ID")
    ):
        # Nothing is made of it: the actions ask.
        kind, intent, topic, confidence = "out_of_scope", decision.FALLBACK, None, 0.0
    lang = texts.reader(heard.code)
    answer = None
    if (kind, confidence) == ("smalltalk", 1.0):
        answer = texts.catalogue(lang).get(f"small_{intent}")
    elif kind not in decision.CASE_KINDS and (kind, intent, topic) == (decided.kind, decided.intent, decided.topic):
        answer = _by_dialogue(text, found, lang)
    answer = answer or _answer(text, kind, lang, decided.about)
    if found.asks and control is None:
        answer += f"\n{texts.render('doubted_ask', lang)}"
    return {
        "text": text,
        "language": {"code": heard.code, "confidence": round(heard.confidence, 4)},
        "kind": kind,
        "kind_confidence": confidence,
        "triage": {
            "level": urgent.level,
            "reasons": [{"id": reason.id, "evidence": reason.evidence} for reason in urgent.all_reasons],
        },
        "intent": intent,
        "intent_confidence": decided.intent_confidence,
        "topic": topic,
        "entities": list(found.entities),
        "opens_case": opens,
        "priority": _priority(kind, found) if opens else None,
        "asks_about": rules.about({"about": decided.about}, kind) if kind in decision.CASE_KINDS else "self",
        "answer": answer,
    }


def _priority(kind: str, found: Understanding) -> int:
    """The priority of the case that a first message opens."""
    opened = next(known for known in rules.CASE_KINDS if known == kind)
    minor = kind != "human" and found.minor
    return rules.priority_of(opened, minor=minor, found_by=found.decision.found_by, sure=found.decision.wakes)


def explain(text: str, model: IntentModel) -> dict[str, Any]:
    """What the model saw of a message, and its likeliest intents with the features that spoke for them most."""
    seen = reader.plain(text)
    top = [
        {"intent": intent, "confidence": chance, "because": model.reasons(seen, intent, BECAUSE)}
        for intent, chance in model.ranking(seen)[:EXPLAINED]
    ]
    return {
        "normalised": normalise(seen).text,
        "tokens": features.tokens(seen),
        "top": top,
        "decided": _why(text, model),
    }


def _why(text: str, model: IntentModel) -> str:
    """Who decided whether a case opens, for whoever teaches the lexicon or the model."""
    found = reader.understand(text, rank=model.ranking)
    urgent, decided = found.triage, found.decision
    chance = sum(chance for name, chance in found.ranking if decision.kind_of(name) in decision.CASE_KINDS[:3])
    said = f"the model gives all reports of trouble {chance:.2f} together"
    if decided.asks:
        by = "the model takes the lexicon's sign back" if urgent.level != "none" else "the model has a hint of trouble"
        by = f"it speaks of trouble as {urgent.frame}" if urgent.frame else by
        return f"{by}: the person is asked; {said}"
    return f"{FOUND_BY[decided.found_by]}; {said}"


#: Who saw what opens a case.
FOUND_BY = {
    "both": "by lexicon and model",
    "lexicon": "by the lexicon",
    "model": "by the model alone",
    "none": "nobody sees what opens a case",
}
#: What the actions take a bare place for no longer, whatever the model makes of it.
ASKED_AFTER = frozenset({"offer", "question", "smalltalk", "out_of_scope"})
#: What a control word counts as, where that is not "control".
CONTROL_KINDS = {"human": "human", "about": "smalltalk", "help": "smalltalk", "real": "smalltalk", "source": "question"}


def _by_dialogue(text: str, found: Understanding, lang: texts.Lang) -> str | None:
    """What the actions say where the meaning alone does not tell: two questions, doubt, small talk; else None."""
    decided, asked, ranking = found.decision, found.questions, list(found.ranking)
    if decided.intent == decision.FALLBACK and (found.puzzled or found.bare_place is not None):
        return None
    if len(asked) > 1:
        now, later = asked[: questions.ANSWERED], asked[questions.ANSWERED :]
        about = [(one.text, decision.topic_of(one.intent, ranking)) for one in now]
        names = [one.intent for one in now]
        both = answers.together(names, lambda brief: [_of_topic(*one, lang, brief=brief) for one in about], lang).text
        return "\n".join([both, *(f"[{texts.render(f'meaning_{one.intent}', lang)}]" for one in later)])
    unsure = decided.kind == "question" and decided.intent_confidence < decision.thresholds().ask_below
    if decided.intent == decision.FALLBACK or unsure:
        named = decision.meanings(ranking)
        if not named:
            return texts.render("fallback_person", lang, number=number_line(None, HOMES[lang], lang))
        buttons = "\n".join(f"[{texts.render(f'meaning_{name}', lang)}]" for name in named)
        return f"{texts.render('fallback_which', lang)}\n{buttons}"
    if decided.kind == "question":
        return _of_topic(text, decision.topic_of(decided.intent, ranking), lang).text
    small = f"small_{decided.intent}"
    return texts.render(small, lang) if small in texts.catalogue(lang) else None


def _of_topic(text: str, topic: str, lang: texts.Lang, *, brief: bool = False) -> answers.Answer:
    """The answer about a topic, for the country that the words name."""
    citizen, country = answers.meant(topic, text, answers.citizen_of(citizens.said(text), lang))
    today = dt.datetime.now(dt.UTC).date()
    return answers.answer(topic, lang, nationality=citizen, country=country, today=today, brief=brief)


def _answer(text: str, kind: str, lang: texts.Lang, about: str) -> str:
    """What the bot would say first."""
    if kind in decision.CASE_KINDS:
        home = HOMES[lang]
        case = Case(kind=kind, facts={"about": about}, nationality=home)
        return distress_report.first_words(case, Chat(nationality=home, watched=True), lang, text)[0]
    if kind == "offer":
        verdict = message.verdict(assess.assess(text, HOMES[lang], known_outside=offers.known_today()), lang)
        return texts.joined(verdict, lang)
    if (place := bare_place(text)) is not None:
        return texts.render("place_alone", lang, number=number_line(place.country, HOMES[lang], lang))
    keys = puzzled.answer(text) if puzzled.puzzled(text) else ("welcome",)
    return "\n".join(texts.render(key, lang) for key in keys)


def command(text: str | None, stdin: TextIO, stdout: TextIO, *, jsonl: bool) -> int:
    """The command: JSON lines or one message. A bad line is named and answered with an error; the rest goes on."""
    model = load(settings())
    if not jsonl:
        text = text if text is not None else stdin.read()
        stdout.write(_readable({**understand(text, model), **explain(text, model)}))
        return 0
    failures = 0
    for number, line in enumerate(stdin, start=1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)["text"]
            if not isinstance(given, str):
                raise TypeError
        except (ValueError, TypeError, KeyError):
            failures += 1
            stdout.write(json.dumps({"error": 'expected {"text": "..."}', "line": number}) + "\n")
            continue
        stdout.write(_line(understand(given, model)))
        stdout.flush()
    return 1 if failures else 0


def _line(found: dict[str, Any]) -> str:
    """One JSON line, readable where it can be: half a character from a broken client is escaped."""
    line = json.dumps(found, ensure_ascii=False)
    broken = any("\ud800" <= letter <= "\udfff" for letter in line)
    return (json.dumps(found) if broken else line) + "\n"


def _readable(found: dict[str, Any]) -> str:
    """One decision for a person at a terminal."""

    def rows() -> Iterable[str]:
        yield f"read as     {found['normalised']}"
        yield f"words       {' | '.join(found['tokens'])}"
        yield f"language    {found['language']['code']} ({found['language']['confidence']:.2f})"
        yield f"kind        {found['kind']} ({found['kind_confidence']:.2f})"
        yield f"intent      {found['intent']} ({found['intent_confidence']:.2f})"
        yield f"topic       {found['topic'] or '-'}"
        for place, likely in enumerate(found["top"], start=1):
            yield f"{'model' if place == 1 else '':<12}{likely['confidence']:.2f} {likely['intent']}"
            said = ", ".join(f"{name.strip()} ({sort} {weight:+.2f})" for sort, name, weight in likely["because"])
            yield f"{'':<12}     {said}"
        yield f"lexicon     {found['triage']['level']}"
        for reason in found["triage"]["reasons"]:
            yield f"            {reason['id']}: “{reason['evidence']}”"
        for entity in found["entities"]:
            yield f"entity      {entity['entity']}: {entity['text']}"
        yield f"opens case  {'yes' if found['opens_case'] else 'no'}"
        yield f"decided     {found['decided']}"
        yield "answer"
        yield from (f"            {line}" for line in found["answer"].splitlines())

    return "\n".join(rows()) + "\n"
