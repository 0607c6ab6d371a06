"""What is known of the person of a chat (language, home), and where and how many a message says they are."""

from __future__ import annotations

from bot import texts
from bot.cases import rules
from bot.storage.models import Chat
from bot.texts import Lang
from nlu.text import languages
from nlu.understanding import dialogue
from nlu.understanding.entities import people_named

#: Beyond this a number is read as something else ("500 orang korban" of a headline).
MOST_PEOPLE = 300


def lang_of(chat: Chat, heard: str | None = None) -> Lang:
    """The language a chat is answered in: the one chosen, else the one heard, else the app's, else their country's."""
    if chat.lang in texts.LANGS:
        return chat.lang
    app = (chat.client_lang or "").partition("-")[0]
    home = languages.language_of_country(chat.nationality)
    return texts.reader(next((code for code in (heard, chat.heard_lang, app) if code in rules.SPOKEN), home))


def home_of(chat: Chat, heard: str | None = None) -> str | None:
    """A person's own country: as known, else as their language suggests; None when neither says anything."""
    if chat.nationality is not None:
        return chat.nationality
    code = next((code for code in (heard, chat.lang, chat.heard_lang) if code in rules.SPOKEN), None)
    return languages.country_of(code)


def whereabouts(text: str, home: str | None) -> tuple[str | None, str | None]:
    """The country and the place a message names, abroad before home: "dari Medan, disekap di Bavet" is Bavet.

    The name of the home country alone says who somebody is ("saya orang Indonesia"), not where. What a message takes
    back ("bukan Phnom Penh") does not count.
    """
    found = [place for place in dialogue.named(text) if (place.country, place.kind) != (home, "country")]
    abroad = [place for place in found if place.country != home] or found
    if not abroad:
        return None, None
    country = abroad[0].country
    exact = [place.evidence for place in abroad if place.country == country and place.kind != "country"]
    return country, "; ".join(dict.fromkeys(exact)) or None


def how_many(text: str) -> int | None:
    """The number of people a message is about, where it names one that a desk has to plan for."""
    count = people_named(text)
    return count if count is not None and 2 <= count <= MOST_PEOPLE else None
