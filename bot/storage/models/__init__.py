"""The tables. What a person wrote or is called rests in Encrypted columns; the rest may be read by an administrator."""

from bot.storage.models.base import Base, CaseRef, ChatId, ChatRow, OperatorId
from bot.storage.models.cases import AuditEntry, Case, CaseEvent, CaseHold, Operator, Stranger, TopicMessage
from bot.storage.models.messages import Chat, Media, Outgoing, Unclear, Update
from bot.storage.models.offers import Agency, AgencyList, Recruiter, RecruiterReport
from bot.storage.models.upkeep import (
    Alarm,
    Beat,
    Bot,
    FactConfirmation,
    HeldLease,
    RetentionReport,
    Ring,
    Secret,
    Tally,
)

__all__ = [
    "Agency",
    "AgencyList",
    "Alarm",
    "AuditEntry",
    "Base",
    "Beat",
    "Bot",
    "Case",
    "CaseEvent",
    "CaseHold",
    "CaseRef",
    "Chat",
    "ChatId",
    "ChatRow",
    "FactConfirmation",
    "HeldLease",
    "Media",
    "Operator",
    "OperatorId",
    "Outgoing",
    "Recruiter",
    "RecruiterReport",
    "RetentionReport",
    "Ring",
    "Secret",
    "Stranger",
    "Tally",
    "TopicMessage",
    "Unclear",
    "Update",
]
