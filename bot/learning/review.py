"""A maintainer looks at what was not understood, group by group: assigns an intent, rewrites, skips or deletes. Pure.

Nothing is changed here: the result says what was decided, and `bot/learning/command.py` does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rapidfuzz.distance import Indel

from bot.learning.patch import FORBIDDEN, Taught
from bot.learning.redact import still_personal
from bot.learning.unclear import Kept
from nlu.checks.examples import key
from nlu.understanding.decision import registry

#: Messages this like each other (1: the same letters in the same order) are shown together.
ALIKE = 0.75
#: Messages of a group that are shown; the others are counted.
SHOWN = 5
HELP = "number or name of an intent (its beginning is enough), r rewrite, s skip, d delete, l all intents, q end"

type Ask = Callable[[str, str], str | None]


@dataclass
class Decided:
    """What a review decided."""

    #: The message that was shown, all that were alike, and what is to be taught.
    taken: list[tuple[int, tuple[int, ...], Taught]] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    #: Left for another time.
    left: int = 0


def groups(kept: Iterable[Kept]) -> list[list[Kept]]:
    """Messages that are alike together; the largest group first, then the oldest."""
    found: list[tuple[str, list[Kept]]] = []
    for one in kept:
        mine = key(one.text)
        for first, group in found:
            if group[0].lang == one.lang and Indel.normalized_similarity(first, mine) >= ALIKE:
                group.append(one)
                break
        else:
            found.append((mine, [one]))
    return sorted((group for _, group in found), key=lambda group: (-len(group), group[0].id))


def intents() -> list[str]:
    """Every intent that a person can express; its place is its number."""
    return list(registry())


def chosen(said: str) -> str | list[str]:
    """The intent of a number, a name or its beginning; a list of those it may mean when it is not one."""
    names = intents()
    if said.isascii() and said.isdigit():
        return names[int(said) - 1] if 1 <= int(said) <= len(names) else []
    if said in names:
        return said
    found = [name for name in names if name.startswith(said)]
    return found[0] if len(found) == 1 else found


def why_not(text: str, known: Mapping[str, str]) -> str | None:
    """Why a text cannot be a training message; None when it can. `known` are places of those there are, by key."""
    if not text:
        return "There is nothing in it."
    if personal := still_personal(text):
        return f"It still holds {', '.join(personal)}. Write something invented in its place, or leave it out."
    if FORBIDDEN.search(text):
        return "It may not begin with # or -, nor hold [ or ]: Rasa reads these."
    if (place := known.get(key(text))) is not None:
        return f"It stands at {place} already. Delete it (d), or write another one."
    return None


class Review:
    """One sitting. `ask` shows a prompt, with a text to be changed if there is one; None means the end."""

    def __init__(self, known: Mapping[str, str], ask: Ask, say: Callable[[str], None]) -> None:
        self._known = dict(known)
        self._ask, self._say = ask, say
        self._numbers = {name: number for number, name in enumerate(intents(), start=1)}

    def over(self, found: Sequence[Sequence[Kept]]) -> Decided:
        """Ask about group after group, until all were shown or somebody ends it."""
        decided = Decided()
        for number, group in enumerate(found, start=1):
            self._show(number, len(found), group)
            if not self._one(group, decided):
                decided.left += sum(len(later) for later in found[number - 1 :])
                break
        return decided

    def _show(self, number: int, of: int, group: Sequence[Kept]) -> None:
        first = group[0]
        alike = f", {len(group)} alike" if len(group) > 1 else ""
        self._say(f"\n[{number} of {of}] {first.lang}, {first.at:%Y-%m-%d}{alike}")
        for one in group[:SHOWN]:
            self._say(f"    {one.text}")
        if len(group) > SHOWN:
            self._say(f"    … and {len(group) - SHOWN} more")
        likely = [(name, chance) for name, chance in first.likely if name in self._numbers]
        self._say("    " + "   ".join(f"{self._numbers[name]} {name} ({chance:.2f})" for name, chance in likely))

    def _one(self, group: Sequence[Kept], decided: Decided) -> bool:
        """Ask about one group. False when the review ends here."""
        text = group[0].text
        ids = tuple(one.id for one in group)
        while True:
            said = self._ask("intent, r, s, d, l, q, ? > ", "")
            if said is None or said == "q":
                return False
            if said == "s":
                decided.left += len(group)
                return True
            if said == "d":
                decided.deleted += ids
                return True
            if said == "r":
                fresh = self._ask("text > ", text)
                text = " ".join((fresh or text).split())
                self._say(f"    {text}")
            elif said == "l":
                self._say("\n".join(f"    {number:>2} {name}" for name, number in self._numbers.items()))
            elif said in {"?", ""}:
                self._say(f"    {HELP}")
            elif isinstance(intent := chosen(said), str):
                if (why := why_not(text, self._known)) is not None:
                    self._say(f"    {why} Rewrite it with r.")
                    continue
                decided.taken.append((group[0].id, ids, Taught(group[0].lang, intent, text)))
                self._known[key(text)] = "an earlier one of this review"
                self._say(f"    → {intent}")
                return True
            else:
                meant = f"It may be {', '.join(intent)}." if intent else "There is no such intent; l shows all."
                self._say(f"    {meant}")
