"""Which operator may act on what: for the own desk; an administrator of the hotline for every desk."""

from __future__ import annotations

from typing import Final

from bot.cases import sites
from bot.errors import NotOfThisDesk
from bot.storage.models import Case, Chat, Operator

#: Roles that act for every desk.
EVERYWHERE: Final = frozenset({"admin"})
#: Roles that may put a colleague's case back into the queue.
SUPERVISES: Final = frozenset({"supervisor", "admin"})


def acts_for(operator: Operator, site: str) -> bool:
    """Whether an operator is of a desk, of the one that receives its cases, or of one that shares its group."""
    if operator.role in EVERYWHERE:
        return True
    theirs, here = (sites.answering(name, "other").receives for name in (operator.site, site))
    return operator.site == site or theirs.id == here.id or (theirs.group is not None and theirs.group == here.group)


def for_desk(operator: Operator, site: str) -> None:
    """Raise NotOfThisDesk unless the operator acts for the desk."""
    if not acts_for(operator, site):
        raise NotOfThisDesk(site)


def for_case(operator: Operator, case: Case) -> None:
    """Raise NotOfThisDesk unless the operator acts for the desk of the case."""
    for_desk(operator, case.site)


def in_group(operator: Operator, group: Chat) -> None:
    """Raise NotOfThisDesk unless the operator's desk receives its cases in this group."""
    if operator.role not in EVERYWHERE and not sites.answering(operator.site, "other").receives.is_in(group):
        here = sites.site_of_chat(group)
        raise NotOfThisDesk(here.id if here is not None else "?")


def supervises(operator: Operator) -> bool:
    return operator.role in SUPERVISES
