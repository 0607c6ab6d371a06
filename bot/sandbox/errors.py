"""Errors of the emulated Bot API, worded as the real server words them.

ApiError
├── made by bad_request(...)   400
├── made by forbidden(...)     403
└── made by too_many(...)      429, carries retry_after
NotPossible                    the person, not the bot, tried something Telegram's own app would not offer
"""

from __future__ import annotations


class ApiError(Exception):
    """A refused Bot API call: HTTP code and the description Telegram would send."""

    def __init__(self, code: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after


class NotPossible(Exception):
    """A person's action that a Telegram app would not let them take; the control API answers 409."""


def bad_request(text: str) -> ApiError:
    """400 as Telegram writes it: the first letter is lowered unless the text is a server constant (`TOPIC_CLOSED`)."""
    constant = len(text) > 1 and (text[1] == "_" or text[1].isupper())
    return ApiError(400, "Bad Request: " + (text if constant else text[:1].lower() + text[1:]))


def forbidden(text: str) -> ApiError:
    """403, for example `forbidden("bot was blocked by the user")`."""
    return ApiError(403, f"Forbidden: {text}")


def too_many(retry_after_seconds: int) -> ApiError:
    """429 with the number of seconds to wait, in the text and in `parameters`."""
    return ApiError(429, f"Too Many Requests: retry after {retry_after_seconds}", retry_after_seconds)
