"""How long everything is kept: the one table of it. docs/privacy.md shows the same; a test compares them.

A table that is in no class does not pass the tests: whoever adds one decides here how long its rows live.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.settings import settings

#: Days the messages of a chat without a case are kept. Source: data/knowledge/answers, privacy_safety; docs/privacy.md.
CASELESS_DAYS: Final = 30
#: Days for what stands in an operators' group and belongs to no case.
GROUP_DAYS: Final = 30
#: Days for finished alarms and their calls: a season of weekly tests can be looked at.
ALARM_DAYS: Final = 90
#: Days for recruiters that people reported: numbers change hands, and a warning must not outlive what it was about.
RECRUITER_DAYS: Final = 365
#: Days for what only the processes themselves need.
MACHINE_DAYS: Final = 1


@dataclass(frozen=True)
class Class:
    """Rows that are deleted by one rule. `days` None: CLOSED_CASES_DAYS says how many."""

    name: str
    days: int | None
    #: What begins the time.
    since: str
    what: str

    @property
    def kept_days(self) -> int:
        """Days in this installation."""
        return settings().closed_cases_days if self.days is None else self.days


CLOSED: Final = Class(
    "closed_cases", None, "the case was closed", "everything of a closed case but its row of statistics"
)
CASELESS: Final = Class(
    "chats_without_case", CASELESS_DAYS, "it was written", "messages, answers, files and chats that no case needs"
)
GROUP: Final = Class(
    "group_without_case", GROUP_DAYS, "it was written", "in an operators' group: what belongs to no case"
)
UNCLEAR: Final = Class(
    "unclear", CASELESS_DAYS, "it was written", "messages kept to teach the bot, when nobody reviewed them"
)
ALARMS: Final = Class("alarms", ALARM_DAYS, "it ended", "finished alarms and their calls")
RECRUITERS: Final = Class(
    "recruiters", RECRUITER_DAYS, "it was last spoken of", "keyed hashes of recruiters that people reported"
)
RASA: Final = Class("rasa", MACHINE_DAYS, "the last message", "what Rasa remembers of a conversation")
LEASES: Final = Class("leases", MACHINE_DAYS, "it ran out", "leases of former bots")
BEATS: Final = Class("beats", MACHINE_DAYS, "the last beat", "signs of life of processes that ended")
CLASSES: Final = (CLOSED, CASELESS, GROUP, UNCLEAR, ALARMS, RECRUITERS, RASA, LEASES, BEATS)

#: By table the classes that delete its rows; a table without one has its reason to stay.
TABLES: Final[dict[str, tuple[Class, ...] | str]] = {
    "updates": (CLOSED, CASELESS, GROUP),
    "outbox": (CLOSED, CASELESS, GROUP),
    "media": (CLOSED, CASELESS),
    "topic_messages": (CLOSED,),
    "case_events": "stays as what, when, and which operator; its words go with closed_cases",
    "cases": "stays as statistics; its words and its chat go with closed_cases",
    "audit": "who did what, with row ids alone: a log that could be shortened would prove nothing",
    "case_holds": "goes when the hold is released",
    "chats": (CASELESS,),
    "alarms": (ALARMS,),
    "alarm_rings": (ALARMS,),
    "leases": (LEASES,),
    "beats": (BEATS,),
    "unclear": (UNCLEAR,),
    "recruiters": (RECRUITERS,),
    "recruiter_reports": (RECRUITERS,),
    "agency_lists": "public lists of companies: replaced by the next import",
    "agencies": "public lists of companies: replaced by the next import",
    "rasa.events": (RASA, CASELESS),
    "operators": "staff: they leave the list by `hotline operators remove`",
    "strangers": (GROUP,),
    "tallies": "numbers that lead to nobody",
    "fact_confirmations": "which operator vouches for what workers are told",
    "retention_reports": "numbers that lead to nobody, and the proof of all this",
    "bots": "ids and usernames of bots, which are public",
    "secrets": "the database's own secrets: without them no chat is found again",
}
