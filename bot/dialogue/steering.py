"""Steering the chat in whole sentences. The short words work without Rasa (bot/turns/controls.py)."""

from __future__ import annotations

from bot.cases import service as cases
from bot.desk import service as desk
from bot.dialogue.reports import note
from bot.dialogue.turn import Button, Event, Turn
from bot.texts import LANGS, render
from bot.turns import pipeline
from nlu.text.normalise import normalise
from nlu.text.words import words_of
from nlu.understanding import dialogue

#: Parts of a message that name a language, by the language; and what is said of a language and not of a country.
LANGUAGE_NAMES = words_of("dialogue").meanings("language_name")
LANGUAGE_WORDS = words_of("dialogue").each("language_word")
#: A longer question about erasing is about more than how.
HOW_CHARS = 60
ERASE_BUTTON = Button("menu_erase", "erase")
LANGUAGE_BUTTONS = [[Button(render("language_name", lang), f"lang:{lang}") for lang in LANGS]]


async def indonesia_as_language(turn: Turn) -> list[Event] | None:
    """Take "Indonesia" for the language; "Cambodia" is a place and no language. None for anything else."""
    place = turn.understood.bare_place
    return await switch_language(turn) if place is not None and place.country == "ID" else None


async def switch_language(turn: Turn) -> list[Event]:
    """Switch to the language that is named, or ask with two buttons when none or both are."""
    wanted = named_language(turn.text)
    if turn.understood.citizen is not None and not names_a_language(turn.text):
        # "ខ្ញុំជាជនជាតិឥណ្ឌូណេស៊ី" says who they are, and in which language they write.
        if await note(turn):
            return []
        wanted = None
    if wanted is None:
        turn.say("language_which", buttons=LANGUAGE_BUTTONS)
        return []
    await pipeline.set_language(turn.s, turn.chat, turn.update, f"lang:{wanted}")
    turn.silent()
    return []


async def erase_chat(turn: Turn) -> list[Event]:
    """Erase the chat on the phone, or tell how. A case stays. What is gone is gone: a question is answered first."""
    if asks_to_erase(turn.text):
        turn.say("erase_how", [[ERASE_BUTTON]])
        return []
    await pipeline.erase(turn.s, turn.chat, turn.update)
    turn.silent()
    return []


async def tell_how_to_erase(turn: Turn) -> list[Event] | None:
    """Tell how the chat is erased. None when the message asks something else."""
    if not asks_how_to_erase(turn.text):
        return None
    turn.say("erase_how", [[ERASE_BUTTON]])
    return []


async def restart(turn: Turn) -> list[Event]:
    """Begin anew: the flow is forgotten, the worker sees what one can do."""
    turn.chat.flow += 1
    turn.say("small_restart", buttons=MENU)
    return []


async def cancel(turn: Turn) -> list[Event]:
    """Stop what is going on. No message from a chat closes a case: the wish becomes an operator's task."""
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
    """The language a message asks for; None when it names none or several."""
    plain = normalise(text).text
    named = {lang for name, lang in LANGUAGE_NAMES.items() if name in plain}
    return named.pop() if len(named) == 1 else None


#: What one can do, for somebody who does not know what to write.
MENU = [
    [Button("button_check_offer", "menu:offer")],
    [Button("button_person", "human")],
    [Button("button_about", "menu:about")],
]
