"""The offer check: the verdict at once, then up to three questions about what is missing, then the verdict again.

No slot holds a word of the offer: it is named by the row of its update and read from there.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.dialogue.clarify import ask_which
from bot.dialogue.offer_answers import only_answers, only_corrects, read_answer, read_correction
from bot.dialogue.reports import note
from bot.dialogue.turn import PERSON, Button, Event, Turn, close_form, open_form, remember
from bot.offers import message, recruiters, service
from bot.offers.assess import assess
from bot.offers.verdict import MISSING_KEYS, Assessment
from bot.storage.models import Update
from bot.texts import joined, render
from bot.turns import bundle
from nlu.understanding.decision import CASE_KINDS, kind_of, thresholds

#: A message at least this long may be an offer although Rasa was not sure.
LONG_CHARS = 80
#: How often a question is put again before it counts as "does not know".
UNCLEAR_LIMIT = 1
#: Questions whose answers can be told from those to the others: "belum ada" may be a visa or a contract.
SAID_AHEAD = ("visa", "pays")
#: What may stand between a question of the form and its answer; anything else leaves the form.
STAYS_IN_FORM = frozenset({"answer_offer", "affirm", "deny", "nlu_fallback"})


async def answer_taken_back(turn: Turn) -> list[Event] | None:
    """After the last verdict an answer is taken back and no word more is said ("eh bukan, visa kerja"): judge again.

    None when the message is anything else, or part of an open case.
    """
    if turn.slots.get("offer_update") is None or turn.case is not None:
        return None
    changed = _correction(turn, answers_of(turn), "")
    return await _with(turn, *changed) if changed is not None and only_corrects(changed[0], turn.text) else None


async def next_step(turn: Turn) -> list[Event]:
    """Read an answer, and put the next question: asked before every turn of the form, and when it opens.

    Events keep, move or end the form; none at all makes Rasa leave it to the other rules.
    """
    given = answers_of(turn)
    asked = _asked(turn)
    events: list[Event] = []
    if not turn.form_opens and asked is not None:
        answer = _correction(turn, given, asked) or _answer(turn, asked) or _ahead(turn, given, asked)
        if answer is None:
            if not _stays(turn):
                return []
            unclear = int(turn.slots.get("offer_unclear") or 0)
            if unclear < UNCLEAR_LIMIT:
                _ask(turn, asked, again=True)
                return [remember("offer_unclear", unclear + 1), remember("requested_slot", f"offer_{asked}")]
            answer = (asked, "unknown")
        given[answer[0]] = answer[1]
        events = [remember(f"offer_{answer[0]}", answer[1]), remember("offer_unclear", None)]
    verdict = await _assess(turn, given)
    key = _next(verdict, given)
    if key is None:
        return [*events, remember("requested_slot", None)]
    _ask(turn, key)
    return [*events, remember("requested_slot", f"offer_{key}")]


async def conclude(turn: Turn) -> list[Event]:
    """The form is done: say the verdict as the answers moved it."""
    given = answers_of(turn)
    _say(turn, await _assess(turn, given), _offer_row(turn), given)
    return []


async def resume(turn: Turn) -> list[Event]:
    """Take the pressed answer of a check that was left, and go on. An offer we no longer know must be sent again."""
    pressed = _pressed(turn)
    if pressed is None or turn.slots.get("offer_update") is None:
        turn.say("offer_gone")
        return []
    return await _with(turn, *pressed)


async def insult_passed_on(turn: Turn) -> list[Event] | None:
    """Judge a recruiter's words, passed on by somebody to whom they were written. None for anything else."""
    if turn.intent == "abuse" and turn.forwarded and assess(turn.text).kind == "offer":
        return await check(turn)
    return None


async def offer_after_all(turn: Turn) -> list[Event] | None:
    """Judge a longer message that was not understood and reads as an offer. None for anything else."""
    return await check(turn) if looks_like_offer(turn.text) else None


async def check(turn: Turn) -> list[Event]:
    """Judge the message, say why, and open the form when something decisive is missing."""
    verdict = await service.judge(turn.s, turn.text, service.asker_of(turn.chat), reporter=turn.chat)
    if _asks_in_general(turn, verdict):
        if turn.confidence < thresholds().follow_up_below and await note(turn):
            return close_form()
        if turn.confidence < thresholds().ask_below:
            return [*close_form(), *ask_which(turn)]
        turn.say("chat_paste_offer", [[PERSON]])
        return close_form()
    _say(turn, verdict, turn.update.id, {})
    if verdict.facts.country:
        turn.chat.last_country = verdict.facts.country
    forget: list[Event] = [remember(f"offer_{key}", None) for key in MISSING_KEYS]
    events = [*forget, remember("offer_unclear", None), remember("offer_update", turn.update.id)]
    if _next(verdict, {}) is None:
        return [*events, *close_form()]
    # Closed first: a form that rejected this very message would otherwise stay silent.
    return [*events, *close_form(), open_form()]


async def wordless(turn: Turn) -> list[Event] | None:
    """Say what came instead of words (a link, a number, signs), and what to do. None when there are words.

    The second time in a row it is left to the others, who offer a person.
    """
    if len(turn.text) >= LONG_CHARS or turn.slots.get("fallbacks"):
        return None
    if assess(turn.text).kind != "no_text":
        return None
    verdict = await service.judge(turn.s, turn.text, service.asker_of(turn.chat), reporter=turn.chat)
    _say(turn, verdict, turn.update.id, {})
    return [remember("fallbacks", 1)]


def looks_like_offer(text: str) -> bool:
    """Whether a longer message that Rasa could not place is an offer with something in it to judge."""
    if len(text) < LONG_CHARS:
        return False
    verdict = assess(text)
    return verdict.kind == "offer" and (bool(verdict.flags) or verdict.facts.salary is not None)


def answers_of(turn: Turn) -> dict[str, str]:
    """What the person has answered so far."""
    given = {key: turn.slots.get(f"offer_{key}") for key in MISSING_KEYS}
    return {key: str(value) for key, value in given.items() if value is not None}


async def _with(turn: Turn, question: str, value: str) -> list[Event]:
    """The verdict with one more answer, or the next question."""
    given = {**answers_of(turn), question: value}
    verdict = await _assess(turn, given)
    events: list[Event] = [remember(f"offer_{question}", value)]
    if _next(verdict, given) is not None:
        return [*events, open_form()]
    _say(turn, verdict, _offer_row(turn), given)
    return events


def _offer_row(turn: Turn) -> int:
    """The row of the message that holds the offer of the form."""
    return int(turn.slots.get("offer_update") or 0)


def _asks_in_general(turn: Turn, verdict: Assessment) -> bool:
    """Whether a short message asks for a check but brings nothing to check ("can you look at an offer?")."""
    facts = verdict.facts
    flags = any(not flag.learned for flag in verdict.flags)
    told = flags or facts.role or facts.salary or facts.contacts or facts.employer or facts.agency
    return len(turn.text) < LONG_CHARS and not told and verdict.kind not in {"warning", "story", "no_text"}


async def _assess(turn: Turn, given: Mapping[str, str]) -> Assessment:
    """Judge the offer the form is about. Raises NoResultFound when its update is gone."""
    update = await turn.s.get_one(Update, _offer_row(turn))
    if update.chat_id != turn.chat.id:
        raise LookupError("the offer belongs to another chat")
    words = await bundle.all_words(turn.s, update)
    return await service.judge(turn.s, words, service.asker_of(turn.chat), given, reporter=turn.chat)


def _say(turn: Turn, verdict: Assessment, row: int, given: Mapping[str, str]) -> None:
    """The verdict in one message, its parts as paragraphs; below it what one can do next."""
    text = joined(message.verdict(verdict, turn.lang), turn.lang)
    turn.body(text, _below(verdict, row, given) if verdict.kind == "offer" else [[PERSON]])


def _below(verdict: Assessment, row: int, given: Mapping[str, str]) -> list[list[Button]]:
    """Buttons under a verdict. While a question follows only two: its own buttons matter more."""
    first = [Button("button_offer_explain", f"offered:explain:{row}:{message.packed(given)}")]
    if recruiters.identifiers(verdict.facts):
        first.append(Button("button_offer_report", f"offered:report:{row}"))
    if _next(verdict, given) is not None:
        return [first]
    return [first, [PERSON, Button("button_offer_again", "menu:offer")]]


def _next(verdict: Assessment, given: Mapping[str, str]) -> str | None:
    """The fact to ask about next."""
    question = message.next_question(verdict, tuple(given))
    return question[0].removeprefix("offer_ask_") if question else None


def _ask(turn: Turn, key: str, *, again: bool = False) -> None:
    rows = [[Button(f"offer_answer_{key}_{value}", f"offer:{key}:{value}")] for value in message.ANSWERS[key]]
    if again:
        turn.say("offer_ask_again", buttons=rows, question=render(f"offer_ask_{key}", turn.lang))
    else:
        turn.say(f"offer_ask_{key}", buttons=rows)


def _asked(turn: Turn) -> str | None:
    """The question that is open."""
    slot = turn.slots.get("requested_slot")
    return str(slot).removeprefix("offer_") if slot else None


def _pressed(turn: Turn) -> tuple[str, str] | None:
    """The answer of a pressed button, checked against the ones there are."""
    key, _, value = (turn.pressed or "").partition(":")
    return (key, value) if value in message.ANSWERS.get(key, ()) else None


def _answer(turn: Turn, asked: str) -> tuple[str, str] | None:
    """What the message answers: a pressed button, or typed words that answer the open question."""
    if turn.intent == "answer_offer":
        return _pressed(turn)
    value = read_answer(asked, turn.text)
    if value is None:
        return None
    # The bare answer is one, whatever the model makes of so little: distress that the lexicon knows never comes here.
    # With more words it may be a cry for help that happens to hold an answer ("I" answers who pays).
    other = kind_of(turn.intent) in {*CASE_KINDS, "control"}
    return (asked, value) if not other or only_answers(asked, turn.text) else None


def _ahead(turn: Turn, given: Mapping[str, str], asked: str) -> tuple[str, str] | None:
    """What the message answers of what is still to be asked, and says nothing else; the open question is put again.

    The verdict has just named all that is unclear: "bayar ke agen" may come before anybody asks who pays.
    """
    if turn.intent == "answer_offer":
        return None
    for question in SAID_AHEAD:
        if question != asked and question not in given and only_answers(question, turn.text):
            value = read_answer(question, turn.text)
            if value not in (None, "unknown"):
                return question, value
    return None


def _correction(turn: Turn, given: Mapping[str, str], asked: str) -> tuple[str, str] | None:
    """What the message changes of what was answered before; the open question is then put again."""
    if turn.intent == "answer_offer":
        return None
    changed = read_correction(given, asked, turn.text)
    cry = kind_of(turn.intent) in CASE_KINDS
    return None if cry and changed and not only_corrects(changed[0], turn.text) else changed


def _stays(turn: Turn) -> bool:
    """Whether a message that is no answer may still be meant as one: then the question is put again, once."""
    return turn.intent in STAYS_IN_FORM and len(turn.text) < LONG_CHARS
