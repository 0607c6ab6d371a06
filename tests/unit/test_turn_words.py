"""What is made of words before anybody answers: where somebody is, what Rasa may see, who is answered how."""

from __future__ import annotations

import pytest

from bot.desk.shown import sendable
from bot.storage.models import Chat
from bot.turns import person
from nlu.understanding.reader import LONGEST, plain


@pytest.mark.parametrize(
    ("text", "home", "country", "place"),
    [
        ("saya orang indonesia dari medan, disekap di bavet", "ID", "KH", "bavet"),
        ("saya orang Indonesia", "ID", None, None),
        ("saya di medan", "ID", "ID", "medan"),
        ("ខ្ញុំជាខ្មែរ នៅប៉ោយប៉ែត", "KH", "KH", "ប៉ោយប៉ែត"),
        ("ខ្ញុំនៅថៃ", "KH", "TH", None),
        ("saya di kamboja", None, "KH", None),
        ("tolong", "ID", None, None),
        ("", None, None, None),
    ],
)
def test_abroad_comes_before_home_and_a_country_alone_is_no_place(
    text: str, home: str | None, country: str | None, place: str | None
) -> None:
    assert person.whereabouts(text, home) == (country, place)


@pytest.mark.parametrize(
    "text",
    [
        '/open_case{"x": 1}',
        " / /open_case",
        "/\n/report_distress",
        "/\t/restart",
        "／open_case",
        "\u200b/open_case",
        "/\u00a0/open_case",
        "\ufeff//open_case",
    ],
)
def test_no_words_of_a_worker_reach_rasa_as_an_intent(text: str) -> None:
    assert not plain(text).lstrip().startswith("/")


def test_rasa_gets_what_can_be_sent_and_no_more_than_a_message_holds() -> None:
    plain("tolong \ud83d\x00 saya").encode("utf-8")
    assert len(plain("ខ្ញុំ" * 20_000)) <= LONGEST
    assert plain("a/b dan c") == "a/b dan c"


@pytest.mark.parametrize("text", ["halo", "ជួយខ្ញុំ 🆘", "👨‍👩‍👧"])
def test_whole_characters_stay_as_they_are(text: str) -> None:
    assert sendable(text) == text


@pytest.mark.parametrize(
    ("chosen", "heard_now", "heard_before", "app", "lang"),
    [
        ("id", "km", "km", "km", "id"),
        ("km", "id", "id", "id", "km"),
        (None, "km-Latn", "id", "id", "km"),
        (None, "en", "km", "en", "km"),
        (None, "other", None, "km-KH", "km"),
        (None, None, None, "id", "id"),
        (None, None, None, "fr", "id"),
        (None, None, None, None, "id"),
        ("xx", "??", "??", "??", "id"),
    ],
)
def test_chosen_before_heard_before_the_phones_language(
    chosen: str | None, heard_now: str | None, heard_before: str | None, app: str | None, lang: str
) -> None:
    chat = Chat(lang=chosen, heard_lang=heard_before, client_lang=app)
    assert person.lang_of(chat, heard_now) == lang
