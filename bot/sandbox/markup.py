"""Reply markups: what Telegram checks before it accepts a keyboard."""

from __future__ import annotations

from typing import Any

from bot.sandbox.errors import ApiError, bad_request
from bot.sandbox.model import Json

#: Source: core.telegram.org/bots/api#inlinekeyboardbutton, callback_data "1-64 bytes".
MAX_CALLBACK_BYTES = 64
#: More than this many buttons are refused by the server with REPLY_MARKUP_TOO_LONG.
MAX_INLINE_BUTTONS = 100
_INLINE_FIELDS = (
    "url", "callback_data", "callback_game", "pay", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "login_url", "web_app", "copy_text",
)  # fmt: skip


def check_markup(markup: Any, *, private: bool) -> Json | None:
    """The markup, checked, or None for an empty one. Raises ApiError."""
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("Object expected as reply markup")
    if markup.get("keyboard"):
        _check_keyboard(markup["keyboard"], private)
        return markup
    if markup.get("inline_keyboard"):
        _check_inline(markup["inline_keyboard"])
        return markup
    if markup.get("remove_keyboard") or markup.get("force_reply"):
        return markup
    return None


def _check_keyboard(rows: Any, private: bool) -> None:
    for row in _rows(rows, 'Field "keyboard" must be an Array of Arrays'):
        for button in row:
            if isinstance(button, str):
                button = {"text": button}
            if not isinstance(button, dict):
                raise bad_request("Can't parse keyboard button: KeyboardButton must be a String or an Object")
            if not button.get("text"):
                raise bad_request("Keyboard button text must be non-empty")
            if not private and button.get("request_location"):
                raise bad_request("Location can be requested in private chats only")
            if not private and button.get("request_contact"):
                raise bad_request("Phone number can be requested in private chats only")


def _check_inline(rows: Any) -> None:
    count = 0
    for row in _rows(rows, 'Field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays'):
        for button in row:
            count += 1
            if not isinstance(button, dict):
                raise bad_request("Can't parse inline keyboard button: InlineKeyboardButton must be an Object")
            if "text" not in button:
                raise bad_request("Can't parse inline keyboard button: Can't find field \"text\"")
            if not button["text"]:
                raise bad_request("Inline keyboard button text must be non-empty")
            if not any(button.get(name) not in (None, "") for name in _INLINE_FIELDS):
                raise bad_request(
                    "Can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
                )
            data = button.get("callback_data")
            if data and len(str(data).encode()) > MAX_CALLBACK_BYTES:
                raise bad_request("BUTTON_DATA_INVALID")
            url = button.get("url")
            if url and not _is_link(str(url)):
                raise ApiError(400, f"Bad Request: inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    if count > MAX_INLINE_BUTTONS:
        raise bad_request("reply markup is too long")


def _is_link(url: str) -> bool:
    return url.startswith("tg://") or "." in url or "localhost" in url


def _rows(rows: Any, complaint: str) -> list[list[Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request(complaint)
    return rows
