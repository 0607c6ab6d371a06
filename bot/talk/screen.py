"""A phone as lines of a terminal: what is new on it, and its buttons by number. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

type Json = dict[str, Any]


@dataclass(frozen=True)
class Press:
    """A button that can be pressed."""

    message_id: int
    data: str
    label: str


@dataclass
class Screen:
    """What was shown so far. Numbers count on until the person writes or presses; then they begin anew."""

    _shown: dict[int, str] = field(default_factory=dict)
    _gone: set[int] = field(default_factory=set)
    _buttons: list[Press] = field(default_factory=list)
    _fresh: bool = True

    def answered(self) -> None:
        """The person wrote or pressed: the next buttons begin at 1. The present ones hold until then."""
        self._fresh = True

    def button(self, said: str) -> Press | None:
        """The button of a number as typed; None when it is no number of one."""
        if not (said.isascii() and said.isdigit()) or not 1 <= int(said) <= len(self._buttons):
            return None
        return self._buttons[int(said) - 1]

    def news(self, timeline: Iterable[Json]) -> list[str]:
        """Lines for what the bot wrote, changed or deleted since the last look."""
        lines: list[str] = []
        deleted = 0
        for message in timeline:
            number, text = message["id"], message["text"] or f"({message['kind']})"
            if message["deleted"]:
                deleted += number not in self._gone
                self._gone.add(number)
                continue
            if not message["from"]["is_bot"] or message.get("service") or self._shown.get(number) == text:
                continue
            changed = number in self._shown
            self._shown[number] = text
            lines += ["", *(["  (changed)"] if changed else []), *(f"  {line}" for line in text.splitlines())]
            lines += self._numbered(message)
        if deleted:
            lines += ["", f"  ({deleted} messages were deleted from the phone)"]
        return lines

    def _numbered(self, message: Json) -> list[str]:
        lines = []
        for row in message["buttons"]:
            shown = []
            for button in row:
                if button["data"] is None:
                    shown.append(f"{button['text']}: {button['url']}")
                    continue
                if self._fresh:
                    self._buttons, self._fresh = [], False
                self._buttons.append(Press(message["id"], button["data"], button["text"]))
                shown.append(f"[{len(self._buttons)}] {button['text']}")
            lines.append("  " + "   ".join(shown))
        return lines
