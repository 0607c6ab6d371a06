"""What the bot does with a message that Rasa's rules hand to an action: one table, the first rule that answers counts.

A rule is asked only for the meanings it names. With an open case `note` keeps a message for the case, so that what
stands behind it is said in chats without one. Which case a message opens is decided before, when it arrives
(nlu/understanding); buttons, control words, files and what an operator holds come before the table
(bot/turns/pipeline.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.dialogue import adverts, clarify, offers, openers, questions, reports, short_messages, steering, topics
from bot.dialogue.turn import (
    ABOUT_US,
    CANCEL,
    ERASE,
    LANGUAGE,
    NOT_UNDERSTOOD,
    OFFER,
    QUESTION,
    REPORT,
    RESTART,
    SMALL_TALK,
    WISH,
    Event,
    Turn,
    close_form,
)

#: What a rule does: the events to remember when it answered, None when the next rule is to be asked.
Answer = Callable[[Turn], Awaitable["list[Event] | None"]]

#: Meanings whose words may say something else than the model makes of so few.
_SHORT = frozenset({QUESTION, OFFER, SMALL_TALK, NOT_UNDERSTOOD, LANGUAGE})


@dataclass(frozen=True)
class Rule:
    """One row of the table."""

    #: When it applies, as a sentence.
    when: str
    #: What is said or done then.
    then: str
    meanings: frozenset[str]
    answer: Answer


def _rule(when: str, then: str, meanings: set[str] | frozenset[str], answer: Answer) -> Rule:
    return Rule(when, then, frozenset(meanings), answer)


TABLE: tuple[Rule, ...] = (
    _rule(
        "It names Indonesia and nothing else, and a language is being chosen",
        "the chat goes on in Indonesian",
        {LANGUAGE},
        steering.indonesia_as_language,
    ),
    _rule(
        "It takes back an answer to the offer check, and no case is open",
        "the offer is judged again",
        {QUESTION, OFFER, SMALL_TALK, NOT_UNDERSTOOD, REPORT},
        offers.answer_taken_back,
    ),
    _rule(
        "It names a place and goes on with the last question",
        "the last topic is answered for that place",
        _SHORT | {REPORT, RESTART, CANCEL},
        topics.go_on,
    ),
    _rule(
        "It is the bare name of a place",
        "an open case keeps it; the last topic is answered for another country; else we ask what is the matter there",
        _SHORT,
        short_messages.place_alone,
    ),
    _rule(
        "It says that our answer, language or letters were not understood",
        "an open case keeps it; else a person and the two languages are offered",
        _SHORT | {ABOUT_US, REPORT},
        short_messages.puzzled,
    ),
    _rule(
        "It doubts a phone number or an account",
        "an open case keeps it; else what is known of that number",
        _SHORT | {ABOUT_US},
        short_messages.number_doubted,
    ),
    _rule(
        "It asks whether an offer sent just now is safe",
        "the verdict on that offer, or patience while a picture is read",
        _SHORT,
        short_messages.offer_doubted,
    ),
    _rule(
        "It says nothing yet: a greeting, a try, a name",
        "an open case keeps it; else a greeting",
        {REPORT, WISH, NOT_UNDERSTOOD},
        openers.says_nothing_yet,
    ),
    _rule("It asks how the chat is erased", "how, with a button", {ABOUT_US}, steering.tell_how_to_erase),
    _rule("It asks several questions", "two answers in one message", {QUESTION, ABOUT_US}, questions.several),
    _rule(
        "A case is open, and the message is no plain question",
        "the case keeps it, and the next question of the case is asked",
        {QUESTION, ABOUT_US, SMALL_TALK, NOT_UNDERSTOOD},
        reports.part_of_the_case,
    ),
    _rule(
        "A recruiter advertises at us",
        "that this is no place for adverts",
        {QUESTION, OFFER, SMALL_TALK, NOT_UNDERSTOOD},
        adverts.turned_away,
    ),
    _rule("An insult is passed on that is an offer", "the verdict", {SMALL_TALK}, offers.insult_passed_on),
    _rule(
        "It is none of our business, or goes on without saying with what",
        "a greeting, or that there is no more to the last answer",
        {SMALL_TALK},
        openers.out_of_scope,
    ),
    _rule(
        "It is short, names a place, and is not clearly another question",
        "the last topic is answered for that place",
        {QUESTION, NOT_UNDERSTOOD},
        questions.follow_up,
    ),
    _rule("It has no words: a link, a number, signs", "what came, and what to do", {NOT_UNDERSTOOD}, offers.wordless),
    _rule("It is long and reads as an offer", "the verdict", {NOT_UNDERSTOOD}, offers.offer_after_all),
    _rule(
        "Its question is not clear",
        "the two likeliest meanings as buttons; the second time a person",
        {QUESTION},
        questions.unclear,
    ),
    _rule("It is a question", "the answer with its source", {QUESTION}, questions.answer),
    _rule("It asks who we are or what is kept", "that", {ABOUT_US}, questions.about_us),
    _rule("It is an offer", "the verdict, then up to three questions", {OFFER}, offers.check),
    _rule("It reports trouble", "a case is opened or added to", {REPORT}, reports.report_trouble),
    _rule("It wants a person", "a case for the desk", {WISH}, reports.report_wish),
    _rule("It is small talk", "one short sentence", {SMALL_TALK}, openers.small_talk),
    _rule("It chooses a language", "the chat goes on in it, or both are offered", {LANGUAGE}, steering.switch_language),
    _rule("It wants the chat erased", "how, if it asks; else it is erased", {ERASE}, steering.erase_chat),
    _rule("It begins anew", "the menu", {RESTART}, steering.restart),
    _rule("It stops", "the flow ends; an open case gets the wish", {CANCEL}, steering.cancel),
    _rule(
        "Nothing of this",
        "it is kept, masked, for the maintainers; two meanings as buttons, or a person",
        {NOT_UNDERSTOOD},
        clarify.not_understood,
    ),
)


async def answer(turn: Turn) -> list[Event]:
    """Answer a turn by the first rule that does. Returns what the conversation is to remember."""
    for rule in TABLE:
        if turn.meaning in rule.meanings and (events := await rule.answer(turn)) is not None:
            # What was taken for an offer and is none ends the questions about the last one.
            return events or (close_form() if turn.meaning == OFFER else [])
    raise LookupError(f"no rule answers {turn.meaning}")
