"""The list of operators. Only listed ones may act in a group."""

from __future__ import annotations

from sqlalchemy import select

from bot.cases import holding, rules, sites, strangers
from bot.errors import SettingInvalid
from bot.storage import audit, crypto
from bot.storage.models import Case, Operator
from bot.storage.session import session
from nlu.text import languages

ROLES = ("operator", "supervisor", "admin")


async def add(name: str, *, telegram_id: int | None, site: str | None, role: str, lang: str) -> str:
    """List an operator, or change the entry of a Telegram id. Returns a sentence. Raises SettingInvalid."""
    known = sites.sites()
    chosen = site or sites.fallback().id
    if chosen not in known:
        raise SettingInvalid(f"No desk is called {chosen}. data/sites.yml has: {', '.join(known)}.")
    if role not in ROLES:
        raise SettingInvalid(f"The role must be one of: {', '.join(ROLES)}.")
    if lang not in languages.LANGUAGES:
        raise SettingInvalid(f"The language must be {' or '.join(languages.LANGUAGES)}.")
    if telegram_id is not None and (telegram_id <= 0 or telegram_id in rules.NO_PERSON):
        raise SettingInvalid(
            f"{telegram_id} is no person: it is a group or channel, or an account that Telegram uses for anonymous "
            "administrators and channels. Whoever wrote so switches it off, writes again, and you take that number."
        )
    if not name.strip():
        raise SettingInvalid("An operator needs a name: colleagues see it on the card.")
    async with session() as s:
        key = crypto.keyed_hash("operator", telegram_id) if telegram_id is not None else None
        found = await s.scalar(select(Operator).where(Operator.telegram_hash == key)) if key is not None else None
        operator = found or Operator(telegram_hash=key)
        operator.telegram_id = str(telegram_id) if telegram_id is not None else None
        operator.name, operator.site, operator.role, operator.lang = name.strip(), chosen, role, lang
        operator.active = True
        s.add(operator)
        await s.flush()
        released = await holding.release_all(s, operator, elsewhere=True)
        await strangers.forget(s, telegram_id)
        what = "operator_changed" if found is not None else "operator_added"
        audit.record(s, what, about=f"operator:{operator.id}", role=role, site=chosen)
        await s.commit()
        verb = "changed" if found is not None else "listed"
        idle = "" if telegram_id is not None else " Without --telegram-id they can press and answer nothing."
        return f"{operator.name} is {verb} as {role} of {chosen} (operator {operator.id}).{idle}{_waiting(released)}"


async def remove(telegram_id: int) -> str:
    """Take an operator off the list; the cases they hold wait for a colleague. Returns a sentence."""
    async with session() as s:
        found = await s.scalar(
            select(Operator).where(Operator.telegram_hash == crypto.keyed_hash("operator", telegram_id))
        )
        if found is None:
            return "Nobody with this Telegram id is listed."
        found.active = False
        # Nobody is called who no longer belongs here, and their number is not ours to keep.
        found.email, found.phone, found.duty = None, None, 0
        released = await holding.release_all(s, found)
        audit.record(s, "operator_removed", about=f"operator:{found.id}")
        await s.commit()
        return f"{found.name} may no longer act. Take them out of the group as well.{_waiting(released)}"


def _waiting(released: list[Case]) -> str:
    return f" Waiting for somebody else: {', '.join(case.ref for case in released)}." if released else ""


async def table() -> str:
    """Who is listed, a line each, and who is not and was seen in a group."""
    async with session() as s:
        rows = (await s.scalars(select(Operator).order_by(Operator.id))).all()
        others = await strangers.seen(s)
    lines = [
        f"{row.id:>4}  {row.name:<24} {row.site:<12} {row.role:<10} {row.lang}  {'' if row.active else '(removed)'}"
        for row in rows
    ]
    if not rows:
        lines = ["Nobody is listed. Add somebody: hotline operators add NAME --telegram-id N"]
    if others:
        lines += ["", "In a group, and not listed: take them out, or list them.", *others]
    return "\n".join(lines)
