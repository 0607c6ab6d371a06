"""What the bot may do in an operators' group, asked of Telegram for `hotline doctor`."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from bot.settings import Settings

#: Seconds Telegram may take to answer.
PATIENCE_SECONDS = 10.0
#: Without these: no topic for a case; topics of deleted cases, and what a worker erased, stay.
NEEDED = {"can_manage_topics": "manage topics", "can_delete_messages": "delete messages"}
#: Without it a case's card is only not pinned.
WISHED = {"can_pin_messages": "pin messages"}


@dataclass(frozen=True)
class Rights:
    """`ok` is False when cases could not be handled in the group, None when something lesser is missing."""

    ok: bool | None
    detail: str
    what_to_do: str = ""


def of_group(config: Settings, group: int) -> Rights:
    """Whether the group is a forum and the bot an administrator with the rights it needs. Changes nothing."""
    address = f"{config.telegram_api_url}/bot{config.token}"
    try:
        with httpx.Client(timeout=PATIENCE_SECONDS) as http:
            bot = _result(http.post(f"{address}/getMe"))
            chat = _result(http.post(f"{address}/getChat", json={"chat_id": group}))
            mine = _result(http.post(f"{address}/getChatMember", json={"chat_id": group, "user_id": bot["id"]}))
    except _Refused as refusal:
        return Rights(
            False, f"{group}: {refusal}", "add the bot to the group as an administrator, or correct the number"
        )
    except (httpx.HTTPError, ValueError, KeyError) as problem:
        # The message of an HTTP error may hold the address, and with it the token.
        return Rights(None, f"{group}, not looked at: Telegram did not answer ({type(problem).__name__})")
    if not chat.get("is_forum"):
        return Rights(False, f"{group} has no topics", "switch topics on in the settings of the group")
    if mine.get("status") != "administrator":
        return Rights(False, f"{group}: the bot is {mine.get('status')}", "make the bot an administrator of the group")
    for names, ok in ((NEEDED, False), (WISHED, None)):
        lacking = [words for right, words in names.items() if not mine.get(right)]
        if lacking:
            return Rights(ok, f"{group}: the bot may not {' or '.join(lacking)}", "give it that right in the group")
    return Rights(True, f"{group}, a forum in which the bot may do what it must")


class _Refused(Exception):
    """Telegram answered and refused."""


def _result(answer: httpx.Response) -> dict[str, object]:
    found = answer.json()
    if not found.get("ok"):
        raise _Refused(str(found.get("description", "refused"))[:120])
    return dict(found["result"])
