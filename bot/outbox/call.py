"""One row of the outbox as a call of the Bot API: its parameters, parts, files and deletions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from sqlalchemy import update
from telegram import InputFile, error
from telegram.ext import ExtBot

from bot.outbox import bots, media, sender, topics
from bot.outbox.split import split
from bot.storage import jobs
from bot.storage.models import Chat, Outgoing
from bot.storage.session import session

#: Waits for a place in the limits.
type Room = Callable[[], Awaitable[None]]


class NumberOfAnother(Exception):
    """The call speaks of a message by a number that means another message here. `whose` is the failure of the row."""

    def __init__(self, whose: Literal["other_bot", "other_group"]) -> None:
        super().__init__()
        self.whose = whose


async def make(bot: ExtBot[None], row: Outgoing, chat: Chat, room: Room) -> list[int]:
    """Make the row's call. Returns the ids of the messages it made. `room` gets a place for each further part."""
    target = int(chat.chat_id)
    payload: dict[str, Any] = dict(row.payload)
    stored = payload.pop("media", None)
    if not bots.ours(payload.pop("bot", None)):
        raise NumberOfAnother("other_bot")
    common: dict[str, Any] = {"chat_id": target}
    if row.in_topic and row.case_id is not None:
        common["message_thread_id"] = await topics.thread_for(bot, row.case_id, chat)
        # Making one may have taken long.
        sender.check()
    if row.method.startswith(("send", "copy")):
        # A worker's phone never rings; an operators' group rings for alerts only.
        silent = payload.pop("silent", True)
        common["disable_notification"] = silent or chat.kind == "private"
        if (reply_to := payload.pop("reply_to", None)) is not None:
            common["reply_parameters"] = {"message_id": reply_to, "allow_sending_without_reply": True}
    if row.method == "sendMessage":
        return await _send_text(bot, row, payload, common, room)
    if (of := payload.pop("of", None)) is not None:
        async with session() as s:
            original = await s.get_one(Outgoing, of)
        if original.chat_id != row.chat_id:
            raise NumberOfAnother("other_group")
        if not bots.ours(original.bot_id):
            raise NumberOfAnother("other_bot")
        if not original.message_ids:
            return []
        payload["message_id"] = original.message_ids[-1]
    if row.method == "deleteMessages":
        for batch in _hundreds(payload["message_ids"]):
            await _delete(bot, common, batch)
        return []
    if (source := payload.pop("from_chat", None)) is not None:
        async with session() as s:
            origin = await s.get_one(Chat, source)
        if origin.former:
            # Telegram copies nothing out of a group that got another id, or that we are out of.
            raise NumberOfAnother("other_group")
        payload["from_chat_id"] = int(origin.chat_id)
    if stored is not None and row.method.startswith("send"):
        field, name, content = await media.opened(stored)
        payload[field] = InputFile(content, filename=name)
    result = await bot.do_api_request(row.method, api_kwargs={**common, **payload})
    return [result["message_id"]] if isinstance(result, dict) and "message_id" in result else []


async def _send_text(
    bot: ExtBot[None], row: Outgoing, payload: dict[str, Any], common: dict[str, Any], room: Room
) -> list[int]:
    """Send a text in as many parts as it needs; buttons stand under the last one.

    The id of each part is kept at once: after a fault the sending goes on where it ended, and no part comes twice.
    """
    parts = split(payload.pop("text"))
    markup = payload.pop("reply_markup", None)
    ids = list(row.message_ids)
    for number in range(len(ids), len(parts)):
        if number > len(row.message_ids):
            await room()
            sender.check()
        call = {**common, **payload, "text": parts[number], "link_preview_options": {"is_disabled": True}}
        if markup is not None and number == len(parts) - 1:
            call["reply_markup"] = markup
        result: Any = await bot.do_api_request("sendMessage", api_kwargs=call)
        ids.append(int(result["message_id"]))
        if len(ids) < len(parts):
            await jobs.insist(lambda: _part_sent(row.id, list(ids)))
    return ids


async def _part_sent(row_id: int, ids: list[int]) -> None:
    async with session() as s:
        await s.execute(update(Outgoing).where(Outgoing.id == row_id).values(message_ids=ids))
        await s.commit()


async def _delete(bot: ExtBot[None], common: dict[str, Any], ids: list[int]) -> None:
    """Delete a batch. Telegram refuses a whole batch for one message it will not delete: the others go all the same."""
    try:
        await bot.do_api_request("deleteMessages", api_kwargs={**common, "message_ids": ids})
    except error.BadRequest:
        if len(ids) > 1:
            half = len(ids) // 2
            await _delete(bot, common, ids[:half])
            await _delete(bot, common, ids[half:])


def _hundreds(ids: list[int]) -> list[list[int]]:
    """Telegram deletes at most 100 messages a call. Source: Bot API, deleteMessages."""
    return [ids[start : start + 100] for start in range(0, len(ids), 100)]
