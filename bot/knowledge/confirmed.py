"""Who called a number or reread a source, kept in memory, so that no message asks the database.

Each process reads the confirmations when it starts and again every few seconds (`followed`). Without a row everything
is as the data files say. A confirmation is bound to a digest of what was confirmed: a changed number has none.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal, Protocol, get_args

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import ReferenceDataInvalid
from bot.knowledge import source as sources
from bot.settings import DATA
from bot.storage.following import following
from bot.storage.models import FactConfirmation, Operator
from bot.storage.session import each_alone, session

Kind = Literal["contact", "answer", "pay", "rate", "red_flag"]
State = Literal["none", "half", "confirmed", "lapsed", "changed"]

#: Seconds between two readings: a confirmation is seen by every process within a minute.
REFRESH_SECONDS: Final = 30.0
#: Different people whose word is needed.
PEOPLE_NEEDED: Final = 2
#: Kinds that people act on, so somebody else than who proposed them must have looked: nobody may be left unnamed. The
#: others only compare offers and stay in use unconfirmed.
RELIED_ON: Final[tuple[Kind, ...]] = ("contact", "answer")
FILE = DATA / "knowledge" / "confirming.yml"


class Confirmable(Protocol):
    """An entry of the data files that people can confirm."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def digest(self) -> str: ...
    @property
    def proposed_by(self) -> frozenset[str]: ...


@dataclass(frozen=True)
class Vote:
    """One person said of an entry, as it stood then, that it is right."""

    digest: str
    #: Their name, folded by `same_name`.
    person: str
    on: dt.date


@dataclass(frozen=True)
class Standing:
    """What people have said of an entry as it stands now."""

    #: half: one of two people; lapsed: both, too long ago; changed: both, of another wording or number.
    state: State
    #: The day on which the second of two people said so, and the first day on which it counts no longer.
    on: dt.date | None = None
    until: dt.date | None = None


NONE: Final = Standing("none")

_known: Mapping[str, tuple[Vote, ...]] = {}


def same_name(name: str) -> str:
    """A name without case and spaces: two spellings of it are one person."""
    return re.sub(r"\s+", "", name).casefold()


def proposers(entry: Any, where: str, what: str) -> frozenset[str]:
    """Who proposed an entry, folded; empty when the file does not say. Raises ReferenceDataInvalid."""
    given = entry.get("proposed_by")
    names = [] if given is None else given if isinstance(given, list) else [given]
    if not all(isinstance(name, str) and name.strip() for name in names):
        raise ReferenceDataInvalid(where, None, f"{what}: proposed_by is not a name or a list of names")
    return frozenset(map(same_name, names))


def digest(*parts: object) -> str:
    """What a confirmation is bound to: any other content has another one."""
    told = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


@lru_cache
def lasts_days(kind: Kind) -> int:
    """Days for which a confirmation of this kind counts: data/knowledge/confirming.yml. Raises ReferenceDataInvalid."""
    where = sources.label(FILE)
    data = sources.read(FILE)
    if not isinstance(data, dict) or set(data) != set(get_args(Kind)):
        raise ReferenceDataInvalid(where, None, f"it needs exactly {', '.join(get_args(Kind))}")
    entry = data[kind]
    days = entry.get("days") if isinstance(entry, dict) else None
    if not isinstance(days, int) or not 1 <= days <= 1000 or not str(entry.get("why") or "").strip():
        raise ReferenceDataInvalid(where, None, f"{kind} needs days between 1 and 1000 and a reason (why)")
    return days


def standing(fact: Confirmable, today: dt.date) -> Standing:
    """What people have said of an entry, seen from that day. Reads memory only."""
    votes = _known.get(fact.id)
    if not votes:
        return NONE
    votes = tuple(vote for vote in votes if vote.person not in fact.proposed_by)
    days = dt.timedelta(lasts_days(fact.kind))
    own = _latest(votes, fact.digest)
    if len(own) >= PEOPLE_NEEDED:
        # Both must have looked within the time: the older of the last two looks counts.
        on = sorted(own.values())[-PEOPLE_NEEDED]
        return Standing("confirmed" if today < on + days else "lapsed", on, on + days)
    others = {vote.digest for vote in votes} - {fact.digest}
    if any(len(_latest(votes, other)) >= PEOPLE_NEEDED for other in others):
        return Standing("changed")
    return Standing("half") if any(today < on + days for on in own.values()) else NONE


def last_word(fact: Confirmable, person: str) -> dt.date | None:
    """The day on which somebody (a folded name) last confirmed an entry as it stands; None when they never did."""
    return _latest(_known.get(fact.id, ()), fact.digest).get(person)


def _latest(votes: tuple[Vote, ...], wanted: str) -> dict[str, dt.date]:
    found: dict[str, dt.date] = {}
    for vote in votes:
        if vote.digest == wanted:
            found[vote.person] = max(vote.on, found.get(vote.person, vote.on))
    return found


# -- reading


_ALL = select(FactConfirmation.fact, FactConfirmation.digest, FactConfirmation.at, Operator.name).join(
    Operator, Operator.id == FactConfirmation.operator_id
)


async def refresh(s: AsyncSession | None = None) -> None:
    """Read all confirmations anew, in one question."""
    global _known
    if s is None:
        async with session() as own:
            await each_alone(own)
            await refresh(own)
        return
    found: dict[str, list[Vote]] = {}
    for fact, of, at, name in await s.execute(_ALL):
        found.setdefault(fact, []).append(Vote(of, same_name(name), at.astimezone(dt.UTC).date()))
    _known = {fact: tuple(votes) for fact, votes in found.items()}


def followed(seconds: float = REFRESH_SECONDS) -> AbstractAsyncContextManager[None]:
    """Within it this process knows what was confirmed, at most `seconds` late. The database may go away meanwhile."""
    return following("facts", refresh, seconds)
