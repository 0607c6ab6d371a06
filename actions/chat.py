"""Steering the chat in whole sentences. The short words work without Rasa (bot/turns/controls.py)."""

from __future__ import annotations

from actions.base import Button, Event, HotlineAction, Turn
from actions.reports import note
from actions.topics import goes_on
from actions.words import LANGUAGES, answered
from bot.cases import service as cases
from bot.desk import service as desk
from bot.turns import flow
from nlu.text import citizens, dialogue
from nlu.text.normalise import normalise
from nlu.text.position import bare_place

#: Parts of a message that name a language.
INDONESIAN = ("indonesia", "melayu", "ឥណ្ឌូណេស៊ី", "ឥណ្ឌូ", "indo")
KHMER = ("khmer", "kamboja", "kampuchea", "cambodia", "ខ្មែរ", "កម្ពុជា", "kmer", "khmae")
#: What is said of a language and not of a country.
LANGUAGE_WORDS = ("bahasa", "basa", "bhs", "language", "ភាសា", "pheasa", "phiesa", "peasa")
#: A longer question about erasing is about more than how.
HOW_CHARS = 60
ERASE = Button("menu_erase", "erase")


class SetLanguage(HotlineAction):
    """Switches to the language that is named; asks when none or both are."""

    action_name = "action_set_language"

    async def answer(self, turn: Turn) -> list[Event]:
        """Switch, or ask with two buttons. "Cambodia" is a place and no language; "Indonesia" may be meant as one."""
        place = bare_place(turn.text)
        if (place is None or place.country != "ID") and await answered(turn):
            return []
        wanted = named_language(turn.text)
        if citizens.said(turn.text) is not None and not names_a_language(turn.text):
            # "ខ្ញុំជាជនជាតិឥណ្ឌូណេស៊ី" says who they are, and in which language they write.
            if await note(turn):
                return []
            wanted = None
        if wanted is None:
            turn.say("language_which", buttons=LANGUAGES)
            return []
        await flow.set_language(turn.s, turn.chat, turn.update, f"lang:{wanted}")
        turn.silent()
        return []


class EraseChat(HotlineAction):
    """Erases the chat on the phone, or tells how. A case stays."""

    action_name = "action_erase_chat"

    async def answer(self, turn: Turn) -> list[Event]:
        """Erase; the closing line goes out through the outbox. What is gone is gone: a question is answered first."""
        if asks_to_erase(turn.text):
            turn.say("erase_how", [[ERASE]])
            return []
        await flow.erase(turn.s, turn.chat, turn.update)
        turn.silent()
        return []


class RestartChat(HotlineAction):
    """Begins anew: Rasa forgets the flow, the worker sees what one can do."""

    action_name = "action_restart_chat"

    async def answer(self, turn: Turn) -> list[Event]:
        """A new flow and the menu. Khmer says "and to Thailand?" with the word for "back"."""
        if goes_on(turn):
            return []
        turn.chat.flow += 1
        turn.say("small_restart", buttons=MENU)
        return []


class Cancel(HotlineAction):
    """Stops what is going on. No message from a chat closes a case: the wish becomes an operator's task."""

    action_name = "action_cancel"

    async def answer(self, turn: Turn) -> list[Event]:
        """A new flow, and a word to the desk of an open case."""
        if goes_on(turn):
            return []
        turn.chat.flow += 1
        if turn.case is not None:
            await cases.wish(turn.s, turn.case, "close")
            await desk.worker_wish(turn.s, turn.case, "close")
        turn.say("cancelled")
        return []


def asks_to_erase(text: str) -> bool:
    """Whether a message about erasing asks how or whether it is done, rather than demands it."""
    if dialogue.asks_how(text):
        return True
    # A sign alone asks nothing: "tolong hapus ya?"
    asks = dialogue.asks(text.replace("?", " ")) or dialogue.asks_leave(text)
    return asks and not dialogue.demands(text)


def asks_how_to_erase(text: str) -> bool:
    """Whether a message asks how the chat is erased, and hardly anything else."""
    return len(text) <= HOW_CHARS and dialogue.asks_how(text) and dialogue.about_erasing(text)


def names_a_language(text: str) -> bool:
    """Whether a message has a word for language."""
    plain = normalise(text).text
    return any(word in plain for word in LANGUAGE_WORDS)


def named_language(text: str) -> str | None:
    """The language a message asks for; None when it names none or both."""
    plain = normalise(text).text
    indonesian = any(name in plain for name in INDONESIAN)
    khmer = any(name in plain for name in KHMER)
    if indonesian == khmer:
        return None
    return "id" if indonesian else "km"


#: What one can do, for somebody who does not know what to write.
MENU = [
    [Button("button_check_offer", "menu:offer")],
    [Button("button_person", "human")],
    [Button("button_about", "menu:about")],
]
