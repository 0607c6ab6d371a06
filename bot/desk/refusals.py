"""What somebody is told whose press, reply or command is refused."""

from __future__ import annotations

from typing import Any

from bot.errors import (
    CaseAlreadyClaimed,
    CaseError,
    NotOfThisDesk,
    NotTheHolder,
    OperatorUnknown,
    ReplyNamesReference,
    WrittenAnonymously,
    WrittenAsChannel,
)


def of(refused: CaseError, *, not_found: str, not_holder: str = "desk_press_not_holder") -> tuple[str, dict[str, Any]]:
    """The text key and its values. `not_found` is said of a case that is closed or not there."""
    match refused:
        case CaseAlreadyClaimed():
            return "desk_already_claimed", {"holder": refused.holder}
        case NotOfThisDesk():
            return "desk_of_another_desk", {"site": refused.site}
        case WrittenAnonymously():
            return "desk_anonymous", {}
        case WrittenAsChannel():
            return "desk_as_channel", {}
        case OperatorUnknown():
            return "desk_not_listed", {}
        case ReplyNamesReference():
            return "desk_names_reference", {}
        case NotTheHolder():
            return not_holder, {}
    return not_found, {}
