"""A phone in a terminal: what is new is shown once, and buttons have numbers."""

from __future__ import annotations

import os
from typing import Any

from bot.talk.keyboard import Keyboard
from bot.talk.screen import Press, Screen


def message(number: int, text: str, *buttons: tuple[str, str | None], **more: Any) -> dict[str, Any]:
    rows = [[{"text": label, "data": data, "url": None if data else "https://example.org"}] for label, data in buttons]
    sender = {"is_bot": True}
    return {"id": number, "from": sender, "text": text, "kind": "text", "buttons": rows, "deleted": False, **more}


def test_everything_is_shown_once_and_again_when_it_changes() -> None:
    screen = Screen()
    assert screen.news([message(1, "halo\nkak")]) == ["", "  halo", "  kak"]
    assert screen.news([message(1, "halo\nkak")]) == []
    assert screen.news([message(1, "hai")]) == ["", "  (changed)", "  hai"]
    assert screen.news([message(1, "hai", deleted=True)]) == ["", "  (1 messages were deleted from the phone)"]
    assert screen.news([message(1, "hai", deleted=True)]) == []


def test_what_the_person_wrote_is_not_shown_back() -> None:
    assert Screen().news([message(1, "rahasia", **{"from": {"is_bot": False}})]) == []


def test_buttons_count_on_until_the_person_answers() -> None:
    screen = Screen()
    screen.news([message(1, "a", ("Satu", "one"))])
    lines = screen.news([message(2, "b", ("Dua", "two"), ("Situs", None))])
    assert lines[-2:] == ["  [2] Dua", "  Situs: https://example.org"]
    assert screen.button("1") == Press(1, "one", "Satu") and screen.button("2") == Press(2, "two", "Dua")
    screen.answered()
    assert screen.button("2") == Press(2, "two", "Dua"), "they hold until there are others"
    screen.news([message(3, "c", ("Tiga", "three"))])
    assert screen.button("1") == Press(3, "three", "Tiga") and screen.button("2") is None


def test_a_number_without_a_button_is_a_message() -> None:
    assert [Screen().button(said) for said in ("1", "0", "១", "dua")] == [None] * 4


async def test_lines_of_a_pipe_are_messages_of_their_own_to_the_last() -> None:
    reading, writing = os.pipe()
    os.write(writing, "halo\n\nសួស្តី\nterakhir".encode())
    os.close(writing)
    assert [said async for said in Keyboard(reading).messages()] == ["halo", "សួស្តី", "terakhir"]
    os.close(reading)


async def test_what_is_pasted_at_a_terminal_is_one_message() -> None:
    master, terminal = os.openpty()
    os.write(master, b"LOKER KAMBOJA\ngaji 15jt\nminat wa\n")
    pasted = Keyboard(terminal).messages()
    assert await anext(pasted) == "LOKER KAMBOJA\ngaji 15jt\nminat wa"
    os.close(master)
    assert [said async for said in pasted] == []
    os.close(terminal)
