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
    """Whether an operator is of a desk, or of the one that receives its cases."""
    return operator.role in EVERYWHERE or operator.site in {site, sites.answering(site, "other").receives.id}


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
