"""What a chat without a case said is forgotten after thirty days; what belongs to a case is not."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from sqlalchemy import func, select

from bot.cases import retention
from bot.outbox import media
from bot.storage import crypto
from bot.storage.models import Case, Chat, Media, Outgoing, TopicMessage, Update
from bot.storage.session import session

numbers = itertools.count(1)


async def wrote(chat_id: int, days_ago: int, *, case: bool = False) -> Chat:
    """A chat that wrote once, was answered, and sent a file, so many days ago."""
    then = dt.datetime.now(dt.UTC) - dt.timedelta(days=days_ago)
    async with session() as s:
        chat = Chat(
            chat_hash=crypto.keyed_hash("chat", chat_id), chat_id=str(chat_id), last_heard_at=then, first_seen_at=then
        )
        s.add(chat)
        await s.flush()
        number = next(numbers)
        update = Update(
            bot_id=1, update_id=number, chat_id=chat.id, kind="message", raw={}, received_at=then, state="done"
        )
        s.add(update)
        await s.flush()
        s.add(
            Outgoing(
                chat_id=chat.id, purpose="reply", method="sendMessage", payload={}, update_id=update.id, state="sent"
            )
        )
        path = media.folder() / f"{number}.enc"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"encrypted")
        s.add(Media(chat_id=chat.id, update_id=update.id, kind="photo", file_id="f", path=path.name, state="stored"))
        if case:
            s.add(
                Case(
                    ref=f"H-{number:04}",
                    chat_id=chat.id,
                    kind="distress",
                    priority=2,
                    lang="id",
                    facts={},
                    site="id_desk",
                    state="closed",
                )
            )
        await s.commit()
        return chat


async def count(model: type) -> int:
    async with session() as s:
        return int(await s.scalar(select(func.count()).select_from(model)) or 0)


@pytest.mark.usefixtures("database")
async def test_words_without_a_case_are_forgotten_after_thirty_days_with_their_files() -> None:
    await wrote(1, 31)
    gone = await retention.forget()
    assert gone == {"updates": 1, "outbox": 1, "files": 1, "chats": 1}
    assert [await count(model) for model in (Update, Outgoing, Media, Chat)] == [0, 0, 0, 0]
    assert not list(media.folder().glob("*.enc"))


@pytest.mark.usefixtures("database")
async def test_what_is_younger_and_what_belongs_to_a_case_stays() -> None:
    await wrote(1, 29)
    await wrote(2, 400, case=True)
    gone = await retention.forget()
    assert not any(gone.values())
    assert [await count(model) for model in (Update, Outgoing, Media, Chat)] == [2, 2, 2, 2]


@pytest.mark.usefixtures("database")
async def test_forgetting_twice_forgets_nothing_more() -> None:
    await wrote(1, 31)
    await retention.forget()
    assert not any((await retention.forget()).values())


@pytest.mark.usefixtures("database")
async def test_what_an_operator_wrote_to_a_worker_stays_with_its_case() -> None:
    worker = await wrote(1, 400, case=True)
    async with session() as s:
        then = dt.datetime.now(dt.UTC) - dt.timedelta(days=400)
        group = Chat(chat_hash=crypto.keyed_hash("chat", -5), chat_id="-5", kind="operators", first_seen_at=then)
        s.add(group)
        await s.flush()
        update = Update(
            bot_id=1, update_id=next(numbers), chat_id=group.id, kind="message", raw={}, received_at=then, state="done"
        )
        s.add(update)
        await s.flush()
        answer = Outgoing(
            chat_id=worker.id,
            purpose="operator",
            method="sendMessage",
            payload={},
            update_id=update.id,
            case_id=(await s.scalars(select(Case.id))).one(),
            state="sent",
        )
        s.add(answer)
        await s.flush()
        s.add(
            TopicMessage(
                case_id=answer.case_id, group_id=group.id, message_id=7, role="operator", outgoing_id=answer.id
            )
        )
        await s.commit()
    assert not any((await retention.forget()).values())
    assert await count(Outgoing) == 2
