"""What is known from outside an offer, given to the check by whoever calls it, and what follows from it. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.offers.agencies.names import read
from bot.offers.agencies.register import ListId, Listing, Register
from bot.offers.facts import Reading
from bot.offers.recruiters import Identifier, Seen, identifiers, strongest
from bot.offers.rules import Rules
from bot.offers.verdict import Asker, Flag, Reported


@dataclass(frozen=True)
class Known:
    """The lists of licensed agencies, and what others reported of the recruiters in this offer."""

    register: Register
    #: The day from which a list's age is reckoned.
    today: dt.date
    seen: Mapping[Identifier, Seen] = field(default_factory=dict)


#: Companies that employ where they are: the words of a licence beside them are about somebody else.
_EMPLOYS = re.compile(r"(?:hotel|restoran|restaurant|rumah sakit|rs|toko|resort|bank)\b", re.I)


def listing(known: Known, reading: Reading, asker: Asker | None, text: str, *, asked: bool = False) -> Listing | None:
    """What the list of the asker's country says of the agency; None when the offer names none, or is of work at home.

    A company abroad, a hotel or factory, stands on no list and is not looked up. With `asked` the text is a question
    about an agency: then any company in it is meant for one.
    """
    facts = reading.facts
    abroad = asked or facts.country is not None or reading.says_abroad
    agency = facts.agency
    if agency is None and abroad and facts.employer is not None and (asked or _sends_people(facts.employer)):
        agency = facts.employer
    name = read(agency) if agency is not None and not _EMPLOYS.match(agency) else None
    if asker is not None and facts.country == asker and not asked:
        return None
    which = _list(name, asker)
    if not name and which in known.register.copies:
        name = known.register.copies[which].named_in(text)
    found = known.register.look_up(which, name or None, reading.licences, known.today)
    crew = known.register.ship_crew
    if found is not None and found.state == "not_listed" and crew is not None and crew.named_in(text):
        # A number on no line of this list may stand on the other one; that of another company stays a false one.
        other = found.licence if found.licence is not None and found.licence.state == "other" else None
        return replace(found, state="ship_crew", licence=other)
    return found


def _sends_people(employer: str) -> bool:
    """Whether a company in an offer abroad is one of the asker's own country, as only agencies are."""
    return employer[:3].casefold() in ("pt ", "pt.", "p.t")


def _list(name: str | None, asker: Asker | None) -> ListId:
    if name is not None and _sends_people(name):
        return "p3mi"
    return "molvt" if asker == "KH" else "p3mi"


def false_licence(found: Listing | None, rules: Rules) -> Flag | None:
    """The flag of a licence that belongs to another company, or to none on a list that would have it."""
    note = found.licence if found is not None else None
    if note is None or note.state not in ("other", "not_listed"):
        return None
    where = note.licence
    weight = rules.weight("unlicensed_agency")
    return Flag("unlicensed_agency", weight, where.number, where.start, where.end, licence=note.state)


def reported(known: Known, reading: Reading, found: Listing | None, rules: Rules) -> Reported | None:
    """What others reported of the recruiter. The name of a listed agency alone counts only when it is confirmed:

    anybody may borrow a good name, and its owner must not be accused by those who were deceived with it.
    """
    listed = found is not None and found.state == "listed"
    seen = [
        one
        for identifier in identifiers(reading.facts)
        if (one := known.seen.get(identifier)) is not None
        and (one.confirmed or not (listed and identifier.kind == "agency"))
    ]
    most = strongest(seen, rules.scoring.known.reported_from)
    return Reported(most.identifier.kind, most.confirmed, most.senders) if most is not None else None
