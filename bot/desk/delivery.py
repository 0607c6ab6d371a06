"""The line under an operator's reply: sent, waiting, or why not; and the buttons that belong to it.

It tells the truth about a message: "sent" only with Telegram's id.
"""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.desk import card, service
from bot.outbox import bots, messages
from bot.outbox import service as outbox
from bot.outbox.messages import Button
from bot.outbox.settled import on_settled
from bot.outbox.telegram import bot_id
from bot.storage.models import Case, Chat, Outgoing, TopicMessage
from bot.texts import Lang


def notice_name(row: Outgoing, group: Chat) -> str:
    """The name of the delivery notice of an operator's message: one of each bot and group."""
    return f"delivery:{row.id}:{bot_id()}:{group.id}"


async def notice_of(s: AsyncSession, row: Outgoing, group: Chat) -> Outgoing | None:
    """The delivery notice of an operator's message in a group, if the present bot made one: it alone changes it."""
    found: Outgoing | None = await s.scalar(
        select(Outgoing)
        .where(
            or_(Outgoing.dedupe == f"delivery:{row.id}", Outgoing.dedupe.like(f"delivery:{row.id}:%")),
            or_(Outgoing.bot_id.is_(None), Outgoing.bot_id == bot_id()),
            Outgoing.chat_id == group.id,
            Outgoing.state.in_(("queued", "sent")),
        )
        .order_by(Outgoing.id.desc())
        .limit(1)
    )
    return found


async def changed(s: AsyncSession, case: Case, row: Outgoing, key: str) -> None:
    """Bring the line under an operator's message up to date: what is said from now on has no buttons."""
    site = service.site_of(case)
    group = await service.group_of(s, site)
    notice = await notice_of(s, row, group) if group is not None else None
    if group is not None and notice is not None:
        await _edit(s, case, group, notice, texts.render(key, card.desk_lang(site)), [])


async def _edit(
    s: AsyncSession, case: Case, group: Chat, notice: Outgoing, text: str, rows: list[list[Button]]
) -> None:
    await outbox.queue(
        s,
        group.id,
        *messages.edited(text, of=notice.id, buttons=rows),
        purpose="refresh",
        rank=service.RANK_RELAY,
        case_id=case.id,
    )


@on_settled("operator", "operator_edit")
async def _operator_settled(s: AsyncSession, row: Outgoing, chat: Chat) -> None:
    """Tell the operator the truth about a message: sent only with Telegram's id, waiting, or why not."""
    if row.case_id is None:
        return
    case = await s.get_one(Case, row.case_id)
    site = service.site_of(case)
    group = await service.group_of(s, site)
    if group is None:
        return
    # An edit is reported under the message it changes; withdrawing goes by that one.
    edited = row.purpose == "operator_edit"
    original = await s.scalar(
        select(TopicMessage).where(
            TopicMessage.outgoing_id == (row.payload["of"] if edited else row.id), TopicMessage.role == "operator"
        )
    )
    key, rows = _said(row, chat, card.desk_lang(site))
    notice = await notice_of(s, row, group)
    if edited and notice is None and row.state == "sent":
        return
    text = texts.render(key, card.desk_lang(site))
    if notice is not None:
        await _edit(s, case, group, notice, text, rows)
        return
    await service.line(
        s,
        case,
        group,
        text,
        buttons=rows,
        purpose="delivery",
        rank=service.RANK_RELAY,
        dedupe=notice_name(row, group),
        reply_to=(original.group_id, original.message_id) if original is not None else None,
    )


def _said(row: Outgoing, chat: Chat, lang: Lang) -> tuple[str, list[list[Button]]]:
    """The text key of what became of a reply, and what can be done about it."""
    key = {"sent": "desk_sent", "waiting": "desk_waiting"}.get(row.state, f"desk_failed_{row.failure}")
    if key not in texts.catalogue(lang):
        key = "desk_failed_bad_request"
    rows = [[Button(texts.render("desk_button_withdraw", lang), f"out:withdraw:{row.id}")]]
    if row.state == "waiting" and not bots.may_write(chat):
        key = "desk_waiting_other_bot"
    elif row.state == "waiting":
        key = f"desk_waiting_{chat.shut_why}" if chat.shut_why is not None else key
        rows.insert(0, [Button(texts.render("desk_button_override", lang), f"out:override:{row.id}")])
    return key, rows if row.state in {"sent", "waiting"} and row.purpose != "operator_edit" else []
