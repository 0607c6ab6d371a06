"""Files over 20 MB: Telegram hands them out to no bot. The person is told, in place of a promise we could not keep."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.cases import service as cases
from bot.outbox import media
from bot.outbox import service as outbox
from bot.outbox.service import Button
from bot.storage import jobs, received
from bot.storage.models import Chat, Update
from bot.storage.session import session
from bot.turns.person import lang_of


def too_big(update: Update) -> bool:
    """Whether a message says itself that its file is more than we can fetch."""
    return (received.file_bytes(update) or 0) > media.FETCH_BYTES


async def tell_too_big(s: AsyncSession, chat: Chat, update: Update) -> None:
    """Say once that a file is too large to be kept."""
    if too_big(update):
        await _tell(s, chat, update)


async def _tell(s: AsyncSession, chat: Chat, update: Update) -> None:
    """Also while an operator holds the chat, who may be asleep: whoever thinks that it is kept may delete it."""
    lang = lang_of(chat)
    without_case = await cases.open_case_of(s, chat.id) is None
    # The operator of a case sees it in the topic. Without one a press asks for a person.
    buttons = [[Button(texts.render("button_person", lang), "human")]] if without_case else []
    dedupe = f"toobig:{update.id}"
    await outbox.say(s, chat, "media_too_big", lang, update_id=update.id, dedupe=dedupe, buttons=buttons)


@jobs.queue.task(name="turns.too_big", queue=jobs.DESK, retry=3)
async def found_too_big(update: int) -> None:
    """Fetching showed that a file is too large, whether or not its message said so."""
    async with session() as s:
        row = await s.get_one(Update, update)
        chat = await s.get_one(Chat, row.chat_id, with_for_update={"key_share": True})
        # What comes after the phone was cleared would stand on it.
        if chat.erased_at is None or chat.erased_at < row.received_at:
            await _tell(s, chat, row)
        await s.commit()
