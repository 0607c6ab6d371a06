"""Steering the chat in whole sentences. The short words work without Rasa (bot/turns/controls.py)."""

from __future__ import annotations

import re

from actions.base import Button, Event, HotlineAction, Turn
from actions.topics import goes_on
from actions.words import LANGUAGES, answered
from bot.cases import service as cases
from bot.desk import service as desk
from bot.turns import flow
from nlu.text import dialogue
from nlu.text.normalise import normalise
from nlu.text.position import bare_place

#: Parts of a message that name a language.
INDONESIAN = ("indonesia", "melayu", "ឥណ្ឌូណេស៊ី", "ឥណ្ឌូ", "indo")
KHMER = ("khmer", "kamboja", "kampuchea", "cambodia", "ខ្មែរ", "កម្ពុជា", "kmer", "khmae")
#: How one does something: with these words nobody demands that it is done.
HOW = re.compile(
    r"(?<!\w)(?:cara|caranya|gimana|gmn|bagaimana|bgmn|how|mech|mich|yangna|robeab|robieb|vithi)(?!\w)|ម៉េច|យ៉ាងណា|របៀប|វិធី"
)
#: "Can it be ...?" asks, unless it is said with a please or a hurry.
CAN = re.compile(r"(?<!\w)(?:bisa|boleh)(?!\w).*(?<!\w)(?:ga|gak|gk|nggak|ngga|enggak|tidak|kah)(?!\w)")
PLEASE = re.compile(
    r"(?<!\w)(?:tolong|tlg|mohon|minta|cepat|cepet|cpt|sekarang|skrg|segera|buruan|please|pls|now|som|chuoy|elov)(?!\w)"
    r"|ជួយ|សូម|សុំ|ឥឡូវ|ភ្លាម|ប្រញាប់"
)
ERASING = re.compile(r"(?<!\w)(?:hapus\w*|ng?apus\w*|apus\w*|delete|erase|lub|lup|lop|lob)(?!\w)|លុប")
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
    plain = normalise(text).text
    if HOW.search(plain):
        return True
    # A sign alone asks nothing: "tolong hapus ya?"
    asks = dialogue.asks(plain.replace("?", " ")) or CAN.search(plain) is not None
    return asks and not PLEASE.search(plain)


def asks_how_to_erase(text: str) -> bool:
    """Whether a message asks how the chat is erased, and hardly anything else."""
    plain = normalise(text).text
    return len(text) <= HOW_CHARS and HOW.search(plain) is not None and ERASING.search(plain) is not None


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
