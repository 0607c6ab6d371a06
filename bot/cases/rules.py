"""The rules of a case, without I/O: how urgent it is, what is asked next, which steps an operator may take."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final, Literal

from nlu.text import languages

type Kind = Literal["emergency", "distress", "third_party", "human"]
#: Whom a case is about: whoever writes, or another person whom they report.
type About = Literal["self", "other"]
type Outcome = Literal["resolved", "unreachable", "duplicate", "not_a_case"]

#: The kinds that open a case, most urgent first.
CASE_KINDS: Final[tuple[Kind, ...]] = ("emergency", "distress", "third_party", "human")
OUTCOMES: Final[tuple[Outcome, ...]] = ("resolved", "unreachable", "duplicate", "not_a_case")
#: Minutes after which an unclaimed P1 case alerts its group again. Source: docs/operators.md, Unclaimed cases.
RE_ALERT_MINUTES: Final = (3, 10, 30)
#: What `lang` of a case may be: a writing of data/languages.yml, or "other".
HEARD: Final = frozenset(languages.HEARD)
#: Of these, the writings of the languages in which the hotline answers.
SPOKEN: Final = frozenset(languages.SPOKEN)
#: Messages of this many minutes before a report belong to its case too: a report often comes in pieces.
EARLIER_MINUTES: Final = 10
#: Accounts of Telegram's that write for others: for administrators who stay anonymous, for whoever writes as a channel,
#: and Telegram itself for a linked channel. Source: Bot API, Message.from and Message.sender_chat.
ANONYMOUS_ADMIN: Final = 1087968824
AS_CHANNEL: Final = 136817688
TELEGRAM_ITSELF: Final = 777000
NO_PERSON: Final = frozenset({ANONYMOUS_ADMIN, AS_CHANNEL, TELEGRAM_ITSELF})
#: Letters and digits that are not taken for one another when read aloud or written by hand.
REF_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def priority_of(kind: Kind, *, minor: bool, found_by: str = "lexicon", sure: bool = False) -> int:
    """1 emergency, or a minor in any distress; 2 distress; 3 third party; 4 wants a person.

    An emergency that only the model found wakes people where the model is `sure` of it (`alarm_at` of
    data/decision.yml); else it is 2 until the lexicon sees something too.
    """
    if minor and kind in {"distress", "third_party"}:
        return 1
    if kind == "emergency":
        return 1 if minor or sure or found_by != "model" else 2
    return {"distress": 2, "third_party": 3, "human": 4}[kind]


def more_urgent(one: Kind, other: Kind) -> Kind:
    """The more urgent of two kinds: later messages raise a case, never lower it."""
    return min(one, other, key=CASE_KINDS.index)


def about(facts: Mapping[str, Any], kind: str) -> About:
    """Whom a case with these facts is about."""
    return "other" if facts.get("about", "other" if kind == "third_party" else "self") == "other" else "self"


def new_ref() -> str:
    """A reference for operators, H-7K3Q. A worker is shown none: it would be a confession on a watched phone."""
    return "H-" + "".join(secrets.choice(REF_LETTERS) for _ in range(4))
