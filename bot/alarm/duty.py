"""The duty list: who is called for a desk, in which order, by which ways. Addresses rest encrypted."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.alarm.rules import Way
from bot.cases import sites
from bot.errors import OperatorUnknown, SettingInvalid
from bot.settings import MAIL_ADDRESS, Settings, settings
from bot.storage import audit
from bot.storage.models import Operator
from bot.storage.session import session
from bot.texts import Lang
from nlu.text import languages

#: Letters that what ALERT_COMMAND is given may have.
LONGEST_PHONE = 100


@dataclass(frozen=True)
class Person:
    """One place in a duty list, with the ways that this installation can use."""

    #: None stands for ALERT_COMMAND alone, which knows whom to call.
    operator_id: int | None
    name: str | None
    lang: Lang
    ways: tuple[Way, ...]


def channels(config: Settings | None = None) -> tuple[Way, ...]:
    """The ways that are set up on this machine. None of them: the night alarm is off."""
    config = config or settings()
    found: list[Way] = []
    if config.smtp is not None:
        found.append("email")
    if config.alert_command is not None:
        found.append("command")
    return tuple(found)


async def own(s: AsyncSession, site: str) -> list[Person]:
    """The duty people of one desk who can be reached, in their order.

    While nobody is listed ALERT_COMMAND runs without a number: it may be a program that knows whom to call.
    """
    usable = channels()
    rows = await s.scalars(
        select(Operator)
        .where(Operator.site == site, Operator.duty > 0, Operator.active.is_(True))
        .order_by(Operator.duty, Operator.id)
    )
    people = []
    for row in rows:
        ways: list[Way] = []
        if "email" in usable and row.email:
            ways.append("email")
        if "command" in usable and row.phone:
            ways.append("command")
        if ways:
            people.append(Person(row.id, row.name, row.lang, tuple(ways)))
    return people


async def people(s: AsyncSession, site: str) -> list[Person]:
    """Who is called for a case meant for a desk: its own people, then those of the desk whose group receives it.

    A desk where nobody can be called falls to the fallback's people: better somebody elsewhere than nobody.
    """
    known = sites.sites()
    meant = known.get(site) or sites.fallback()
    order = [meant.id]
    if meant.group is None:
        order.append(sites.fallback().id)
    found = [person for name in dict.fromkeys(order) for person in await own(s, name)]
    if not found:
        found = await own(s, sites.fallback().id)
    return found or alone()


def alone() -> list[Person]:
    """ALERT_COMMAND without a person, when it is set."""
    return [Person(None, None, languages.DEFAULT, ("command",))] if "command" in channels() else []


async def by_name(s: AsyncSession, who: str) -> Operator:
    """The active operator with this name or row id. Raises OperatorUnknown."""
    # Names rest encrypted: they are compared here, not in the database.
    rows = (await s.scalars(select(Operator).where(Operator.active.is_(True)).order_by(Operator.id))).all()
    found = [row for row in rows if str(row.id) == who] or [
        row for row in rows if row.name.casefold() == who.strip().casefold()
    ]
    if len(found) > 1:
        raise OperatorUnknown("Several operators have this name. Give the number that `hotline operators list` shows.")
    if not found:
        raise OperatorUnknown("Nobody listed has this name or number. `hotline operators list` shows who is.")
    return found[0]


async def change(who: str, *, order: int | None, email: str | None, phone: str | None) -> str:
    """Change an operator's place in the duty list and how they are reached; an empty word removes an address.

    Returns a sentence. Raises SettingInvalid, OperatorUnknown.
    """
    if order is not None and not 0 <= order <= 99:
        raise SettingInvalid("The place in the duty list must be 1 to 99, or 0 for not on duty.")
    if email and not MAIL_ADDRESS.fullmatch(email):
        raise SettingInvalid("The mail address must look like name@example.org.")
    if phone and (len(phone) > LONGEST_PHONE or not phone.isprintable()):
        raise SettingInvalid(f"The phone number must be at most {LONGEST_PHONE} printable letters.")
    async with session() as s:
        row = await by_name(s, who)
        row.duty = row.duty if order is None else order
        row.email = row.email if email is None else email or None
        row.phone = row.phone if phone is None else phone or None
        audit.record(s, "duty_changed", about=f"operator:{row.id}", place=row.duty)
        await s.commit()
    if not row.duty:
        return f"{row.name} is not on duty."
    return f"{row.name} is number {row.duty} on duty at {row.site}: {_ways(row)}."


async def table() -> str:
    """Who is called, a line each, in the order of each desk."""
    async with session() as s:
        rows = await s.scalars(
            select(Operator)
            .where(Operator.duty > 0, Operator.active.is_(True))
            .order_by(Operator.site, Operator.duty, Operator.id)
        )
        lines = [f"{row.site:<12} {row.duty:>2}  {row.name:<24} {row.lang}  {_ways(row)}" for row in rows]
    off = "" if channels() else "The night alarm is off: set SMTP_URL or ALERT_COMMAND.\n"
    return off + ("\n".join(lines) or "Nobody is on duty. Put somebody on: hotline duty set NAME --order 1 --email ...")


def _ways(row: Operator) -> str:
    usable = channels()
    found = []
    if row.email:
        found.append(f"mail {row.email}" + ("" if "email" in usable else " (not used: SMTP_URL is not set)"))
    if row.phone:
        found.append(f"phone {row.phone}" + ("" if "command" in usable else " (not used: ALERT_COMMAND is not set)"))
    return ", ".join(found) or "no address, cannot be called"
