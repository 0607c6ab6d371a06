"""A person says that a fact is right. The one place of this room that commits."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Mapping
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot.errors import FactNotConfirmed, FactNotFound, OperatorUnknown, ReferenceDataInvalid
from bot.knowledge import confirmed, facts
from bot.knowledge.facts import Fact
from bot.storage import audit
from bot.storage.models import FactConfirmation, Operator
from bot.storage.session import session

log = logs.get(__name__)

#: Days before their word runs out from which somebody may give it anew; before that a second time says nothing new.
RENEW_DAYS: Final = 30


async def confirm(name: str, by: str, *, now: dt.datetime | None = None) -> str:
    """A listed operator called the number, or reread the source, and it is right. Returns a sentence.

    Raises FactNotFound (it names near ones), OperatorUnknown, FactNotConfirmed when this person's word does not count.
    """
    now = now or dt.datetime.now(dt.UTC)
    today = now.astimezone(dt.UTC).date()
    fact = _fact(name)
    async with session() as s:
        operator = await _operator(s, by)
        person = confirmed.same_name(operator.name)
        if not fact.proposed_by and fact.kind in confirmed.RELIED_ON:
            raise FactNotConfirmed(
                f"Nobody knows who proposed {fact.id}, and it may have been {operator.name}. Write the name of whoever "
                "did as proposed_by in its file, and restart the hotline."
            )
        if person in fact.proposed_by:
            raise FactNotConfirmed(
                f"{operator.name} proposed {fact.id} (proposed_by in its file), so two other people must look at it."
            )
        await confirmed.refresh(s)
        runs = dt.timedelta(confirmed.lasts_days(fact.kind))
        last = confirmed.last_word(fact, person)
        if last is not None and today < last + runs - dt.timedelta(RENEW_DAYS):
            raise FactNotConfirmed(
                f"{operator.name} confirmed {fact.id} on {last} already, and one person counts once. "
                + (
                    f"It was confirmed by two; it can be renewed from {last + runs - dt.timedelta(RENEW_DAYS)}."
                    if confirmed.standing(fact, today).state == "confirmed"
                    else "Have somebody else call or reread it."
                )
            )
        s.add(FactConfirmation(fact=fact.id, digest=fact.digest, operator_id=operator.id, at=now))
        audit.record(s, "fact_confirmed", about=f"fact:{fact.id}", actor=f"operator:{operator.id}")
        await s.commit()
        await confirmed.refresh(s)
        name_shown, row = operator.name, operator.id
    log.info("fact_confirmed", fact=fact.id, operator=row)
    return _sentence(fact, name_shown, today)


async def due(days: int, *, today: dt.date | None = None) -> tuple[str, int]:
    """The facts to look at, and 1 when the only number of an answer, or of people in danger somewhere, is wrong."""
    today = today or dt.datetime.now(dt.UTC).date()
    await confirmed.refresh()
    return facts.table(today, days), 1 if facts.without_number(today) else 0


async def counts(today: dt.date | None = None) -> Mapping[str, int]:
    """For whoever watches: known to be wrong, confirmation soon over, not confirmed by two people."""
    today = today or dt.datetime.now(dt.UTC).date()
    await confirmed.refresh()
    try:
        seen = facts.look(today)
    except ReferenceDataInvalid:
        # Whoever watches must still see the rest.
        log.error("facts_unreadable")
        return {}
    return {
        "hidden": sum(one.needed and not one.shown for one in seen),
        "ending": sum(one.ends_within(today, facts.SOON_DAYS) for one in seen),
        "unconfirmed": sum(not one.confirmed for one in seen),
    }


def _fact(name: str) -> Fact:
    known = {fact.id: fact for fact in facts.facts()}
    wanted = name.strip()
    folded = {one.casefold(): one for one in known}
    if wanted.casefold() in folded:
        return known[folded[wanted.casefold()]]
    near = difflib.get_close_matches(wanted.casefold(), list(folded), n=3, cutoff=0.5)
    near += [one for one in folded if wanted and wanted.casefold() in one and one not in near][: 5 - len(near)]
    raise FactNotFound(wanted, [folded[one] for one in near])


async def _operator(s: AsyncSession, by: str) -> Operator:
    """The listed person of this name, without regard to case and spaces; of namesakes the first, as one person."""
    wanted = confirmed.same_name(by)
    # Names rest encrypted: they are compared here, not in the database.
    rows = await s.scalars(select(Operator).where(Operator.active.is_(True)).order_by(Operator.id))
    for row in rows:
        if wanted and confirmed.same_name(row.name) == wanted:
            return row
    raise OperatorUnknown(
        "Nobody listed has this name, so their word cannot be kept. `hotline operators list` shows who is; "
        "a maintainer is listed with: hotline operators add NAME --role admin"
    )


def _sentence(fact: Fact, who: str, today: dt.date) -> str:
    said = confirmed.standing(fact, today)
    look = next(one for one in facts.look(today) if one.fact.id == fact.id)
    told = f"{who} confirmed {fact.id} ({fact.what})."
    if said.state == "confirmed":
        seen = "shown to workers" if look.shown else "for operators only"
        if fact.kind not in ("contact", "answer"):
            seen = "in use"
        return f"{told} Two people have: {seen}, to be looked at again before {said.until}."
    return f"{told} Somebody else must look at it too."
