"""What we know of a topic: one answer, or two in one message, and what the next question may go on from."""

from __future__ import annotations

from bot.desk import service as desk
from bot.dialogue.turn import PERSON, REPORT, Button, Event, Turn
from bot.knowledge import answers
from bot.texts import render
from nlu.understanding import dialogue
from nlu.understanding.decision import registry
from nlu.understanding.questions import ANSWERED

#: A message of at most this many words that names a place may continue the last topic ("kalau ke Taiwan?").
FOLLOW_UP_WORDS = 6


def follows_up(turn: Turn) -> bool:
    """Whether a message is short and names a place: then it may continue the last question."""
    return bool(turn.text) and len(turn.text.split()) <= FOLLOW_UP_WORDS and bool(turn.places)


async def go_on(turn: Turn) -> list[Event] | None:
    """Answer "and to Korea?" and "no, Japan" with the last topic, whatever the model makes of so few words.

    None when the message is anything else. In an open case what is taken back belongs to the case, and so does
    whatever people say of themselves. Where the model hears a report, only a plain question goes on.
    """
    how = turn.understood.bare
    topic = turn.chat.last_topic
    if how is None or not topic or not (how.asks or how.corrects):
        return None
    about_them = how.first_person or (how.corrects and not how.asks)
    if (turn.meaning == REPORT or turn.case is not None) and about_them:
        return None
    if how.corrects and not turn.places:
        # "Not Korea", and no word of where instead.
        turn.chat.last_country = None
    answer_topic(turn, topic)
    return []


def known_already(turn: Turn, topic: str, country: str | None) -> bool:
    """Whether the answer for a country is the one that was said last."""
    if topic != turn.chat.last_topic:
        return False
    return find(turn, topic, country).text == find(turn, topic, turn.chat.last_country).text


def answer_topic(turn: Turn, topic: str) -> None:
    """Say what we know of a topic and remember it for the next question. Said again, it offers a person."""
    asker = answers.citizen_of(turn.chat.nationality, turn.lang)
    citizen, country = _meant(turn, topic, turn.text)
    found = find(turn, topic, country, citizen=citizen)
    text, buttons = found.text, below(turn, found)
    if not found.gap and citizen == asker and known_already(turn, topic, country):
        # "How long does it take?" below an answer that does not say so: more of it we do not have.
        text = f"{text}\n\n{render('answer_again', turn.lang)}"
        buttons = buttons if found.no_mission else [*buttons, [PERSON]]
    turn.body(text, buttons)
    _remember(turn, topic, country)


def answer_both(turn: Turn) -> None:
    """Say what we know of the first two topics of a message, in one message that fits on a screen; offer the others."""
    now, later = turn.questions[:ANSWERED], turn.questions[ANSWERED:]
    topics = [(registry()[name].topic or "other", words) for name, words in now]
    asked = [(topic, *_meant(turn, topic, words)) for topic, words in topics]
    found = answers.together(
        [name for name, _ in now],
        lambda brief: [find(turn, topic, there, citizen=citizen, brief=brief) for topic, citizen, there in asked],
        turn.lang,
    )
    # Each names its source; a button for one of two would not say which.
    buttons = [[Button(f"meaning_{name}", f"ask:{name}")] for name, _ in later]
    turn.body(found.text, [*buttons, *([[PERSON]] if found.gap or found.no_mission else [])])
    topic, _, country = asked[-1]
    _remember(turn, topic, country)


def find(
    turn: Turn, topic: str, country: str | None, *, citizen: str | None = None, brief: bool = False
) -> answers.Answer:
    """The answer for this person, or for citizens of another country, as far as it may be shown to them."""
    return answers.answer(
        topic,
        turn.lang,
        nationality=citizen or turn.chat.nationality,
        country=country,
        today=turn.today,
        safe=_safe(turn),
        organisation=desk.organisation(turn.chat, turn.lang),
        brief=brief,
    )


def below(turn: Turn, found: answers.Answer) -> list[list[Button]]:
    """What stands under an answer: where it comes from; under the lack of one, a person."""
    if found.entry is None:
        return [[PERSON]]
    # Pages name what the answer does not: nothing invites somebody to them who may be watched.
    shown = [[Button("button_source", f"source:{found.entry.id}")]] if found.source and _safe(turn) else []
    return [*shown, [PERSON]] if found.no_mission else shown


def _safe(turn: Turn) -> bool:
    """False for somebody with an open case who may be watched; what is for free people only stays out."""
    return turn.case is None or not turn.chat.watched


def _meant(turn: Turn, topic: str, words: str) -> tuple[str, str | None]:
    """For whom a question is, and about which country: its own words', else the message's, else the last one."""
    if not dialogue.named(words):
        words = turn.text
    citizen, country = answers.meant(topic, words, answers.citizen_of(turn.chat.nationality, turn.lang))
    return citizen, country or turn.chat.last_country


def _remember(turn: Turn, topic: str, country: str | None) -> None:
    turn.chat.last_topic = topic
    turn.chat.last_country = country
