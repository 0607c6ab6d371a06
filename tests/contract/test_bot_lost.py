"""The bot's account is gone and another one answers: every case goes on, and no number of the old one does harm."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

from bot import settings as settings_module
from bot.cases import sites
from bot.chat.polling import poll
from bot.outbox import bots, erase, limits, media, send, sender, service
from bot.outbox.limits import Limits
from bot.processes.worker import PLAN, SENDING, TURNS_PLAN
from bot.settings import Settings
from bot.storage import jobs
from bot.storage.models import Bot, Case, Chat, Media, Outgoing, Update
from bot.storage.session import session
from tests.support.rooms import Rooms
from tests.support.sandbox import DEFAULT_GROUP_ID, Sandbox, labels, running_sandbox

OLD, NEW = "100001:SANDBOX", "100002:SECOND"
CRY = "tolong, paspor saya ditahan bos di bavet"


@dataclass
class Running:
    """Gateway and worker at work with one token; a sandbox is their Telegram."""

    sandbox: Sandbox
    monkeypatch: pytest.MonkeyPatch
    tasks: tuple[asyncio.Task[Any], ...] = ()

    async def start(self, token: str) -> None:
        self.monkeypatch.setenv("TELEGRAM_BOT_TOKEN", token)
        settings_module.settings.cache_clear()
        sites.sites.cache_clear()
        self.monkeypatch.setattr("bot.outbox.telegram._bot", None)
        self.monkeypatch.setattr(send, "_limits", Limits(600))
        # The sender's lease is that of a token.
        await sender.lease().release()
        self.monkeypatch.setattr(sender, "_lease", None)
        await sender.lease().renew()
        await bots.arrive()

        async def after(*_: Any) -> None:
            return None

        self.tasks = (
            asyncio.create_task(jobs.run_workers((*PLAN, *SENDING, *TURNS_PLAN))),
            asyncio.create_task(poll(after)),
        )

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await send.client().shutdown()

    async def swap(self, token: str = NEW) -> None:
        """Stop, lose the bot, and start with the token of another account."""
        await self.stop()
        await self.sandbox.replace_bot(token)
        await self.start(token)


@pytest.fixture
async def running(rooms: Rooms, config: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    async with running_sandbox() as sandbox:
        await sandbox.limits(enabled=False)
        monkeypatch.setenv("TELEGRAM_API_URL", sandbox.api_url)
        monkeypatch.setenv("OPERATORS_CHAT_ID", str(DEFAULT_GROUP_ID))
        monkeypatch.setattr(send, "BACKOFF_SECONDS", (1,))
        monkeypatch.setattr(limits, "CHAT_BURST", 50.0)
        found = Running(sandbox, monkeypatch)
        await found.start(OLD)
        yield found
        await found.stop()
        settings_module.settings.cache_clear()
        sites.sites.cache_clear()


async def until[T](look: Callable[[], Awaitable[T | None]], seconds: float = 20) -> T:
    """Ask the database until it gives something."""
    async with asyncio.timeout(seconds):
        while (found := await look()) is None:  # noqa: ASYNC110  the database rings no bell
            await asyncio.sleep(0.05)
        return found


async def only_case() -> Case:
    async with session() as s:
        return (await s.scalars(select(Case))).one()


async def answer_in(state: str) -> Outgoing:
    """The operator's newest message, once it is in a state."""

    async def look() -> Outgoing | None:
        async with session() as s:
            row = await s.scalar(select(Outgoing).where(Outgoing.purpose == "operator").order_by(Outgoing.id.desc()))
            return row if row is not None and row.state == state else None

    return await until(look)


async def test_a_case_goes_on_with_the_new_bot_from_where_it_was(running: Running) -> None:
    sandbox = running.sandbox
    budi = await sandbox.person("Budi", "id")
    sari = await sandbox.operator("Sari", "id")
    await budi.says(CRY)
    await budi.sees("Sudah diterima")
    topic = await sandbox.group.topic("H-")
    card = await topic.sees(lambda m: bool(labels(m)))
    case = await only_case()
    await sari.presses(data=f"case:claim:{case.id}")
    await topic.sees(CRY)
    await running.swap()

    # The desk is told once, calmly; the topic has a new card, whose buttons work.
    await sandbox.group.sees("bot baru")
    fresh = await topic.sees(lambda m: "Belum menulis ke bot baru" in m["text"] and bool(labels(m)))
    assert fresh["id"] != card["id"]

    async def on_record() -> Case | None:
        found = await only_case()
        return found if found.card_message_id == fresh["id"] else None

    await until(on_record)
    with pytest.raises(AssertionError, match="gone"):
        await sari.presses(data=f"case:hand:{case.id}", message=card)

    # What Sari answers waits until Budi has found the new bot, and she is told that it does.
    await sari.replies(fresh, "kami di sini")
    assert (await answer_in("waiting")).failure is None
    await topic.sees("belum menulis ke bot baru")
    refused = [call for call in await sandbox.calls("sendMessage", chat_id=budi.id) if not call["ok"]]
    assert refused == [], "the new bot does not knock where Telegram lets nobody in"
    assert await budi.messages() == []

    await budi.starts()
    await budi.sees("kami di sini", anywhere=True)
    await topic.sees("bisa dihubungi lagi")
    await budi.says("saya masih di bavet, lantai dua")
    await topic.sees("lantai dua")
    assert (await only_case()).id == case.id
    async with session() as s:
        assert await s.scalar(select(func.count()).select_from(Chat).where(Chat.kind == "private")) == 1
        assert list(await s.scalars(select(Bot.id).order_by(Bot.since))) == [100001, 100002]
    # A second start with the same token tells nobody anything.
    before = len(await sandbox.group.messages())
    await running.stop()
    await running.start(NEW)
    assert len(await sandbox.group.messages()) == before


async def test_no_number_of_the_old_bot_deletes_or_edits_a_message_of_the_new_one(running: Running) -> None:
    sandbox = running.sandbox
    budi = await sandbox.person("Budi", "id")
    sari = await sandbox.operator("Sari", "id")
    await budi.says(CRY)
    topic = await sandbox.group.topic("H-")
    case = await only_case()
    await budi.sees("Sudah diterima", anywhere=True)
    await sari.presses(data=f"case:claim:{case.id}")
    await topic.sees(CRY)
    card = next(m for m in await topic.messages() if labels(m))
    told = await sari.replies(card, "pesan lewat bot lama")
    old = await answer_in("sent")
    await running.swap()
    await sandbox.group.sees("bot baru")

    # The new bot counts from the beginning: its messages have the very numbers of the old one's.
    await budi.starts()
    await budi.says("halo lagi")
    for words in ("satu", "dua", "tiga", "empat", "lima", "enam"):
        async with session() as s:
            await service.queue(s, case.chat_id, "sendMessage", {"text": words}, purpose="reply")
            await s.commit()
    await budi.sees("enam", anywhere=True)
    shown = await budi.messages()
    async with session() as s:
        former = set(await s.scalars(select(Update.message_id).where(Update.bot_id == 100001)))
        for row in await s.scalars(select(Outgoing).where(Outgoing.bot_id == 100001, Outgoing.chat_id == case.chat_id)):
            former |= set(row.message_ids)
    assert former & {m["id"] for m in shown}, "numbers collide, or this test proves nothing"

    # Editing what the old bot sent is refused honestly; its button to withdraw is dead like all of its buttons.
    assert old.bot_id == 100001
    await sari.edits(told, "diubah sesudah bot hilang")
    await topic.sees("dikirim lewat bot lama")
    assert [m["text"] for m in await budi.messages()] == [m["text"] for m in shown]

    # Erasing clears this chat, and says that the old one is the person's to clear.
    await budi.says("hapus")
    await budi.sees("Chat lama soal kerja")
    async with session() as s:
        deletions = await s.scalars(select(Outgoing).where(Outgoing.method == "deleteMessages"))
        asked = {number for row in deletions for number in row.payload["message_ids"]}
    assert asked <= {m["id"] for m in await budi.messages(deleted=True)}
    assert not [m for m in await budi.messages() if "Chat lama soal kerja" not in m["text"]]


async def test_a_deletion_asked_of_the_old_bot_is_not_done_by_the_new_one(running: Running) -> None:
    budi = await running.sandbox.person("Budi", "id")
    await budi.says("halo")
    await budi.sees("jawaban", anywhere=True)
    await running.stop()
    async with session() as s:
        chat = (await s.scalars(select(Chat).where(Chat.kind == "private"))).one()
        theirs = (await s.scalars(select(Update))).first()
        assert theirs is not None
        await erase.erase_phone(s, chat, "id", upto_update=theirs.id, dedupe="erase:x")
        await s.commit()
    await running.sandbox.replace_bot(NEW)
    await running.start(NEW)
    await budi.says("halo lagi")
    await budi.sees("jawaban", anywhere=True)

    async def settled() -> Outgoing | None:
        async with session() as s:
            row = (await s.scalars(select(Outgoing).where(Outgoing.method == "deleteMessages"))).first()
            return row if row is not None and row.state == "failed" else None

    assert (await until(settled)).failure == "other_bot"
    assert not await running.sandbox.calls("deleteMessages")


async def test_a_file_the_old_bot_never_fetched_is_said_to_be_gone_and_no_other_is_copied_for_it(
    running: Running,
) -> None:
    sandbox = running.sandbox
    budi = await sandbox.person("Budi", "id")
    sari = await sandbox.operator("Sari", "id")
    await budi.says(CRY)
    topic = await sandbox.group.topic("H-")
    await sandbox.fault("error", "getFile", status=500)
    await budi.sends_photo(b"\xff\xd8 contract", caption="kontrak")

    async def stored() -> Media | None:
        async with session() as s:
            return (await s.scalars(select(Media))).first()

    row = await until(stored)
    assert row.state == "wanted"
    await running.stop()
    await sandbox.clear_faults()
    await sandbox.replace_bot(NEW)
    await running.start(NEW)
    await media.fetch(row.id)
    gone = await until(stored)
    assert gone.state == "gone"
    case = await only_case()
    await budi.starts()
    await budi.says("ini pesan lain")
    await topic.sees(lambda m: bool(labels(m)) and m["from"]["id"] == 100002)
    await sari.presses(data=f"case:claim:{case.id}")
    await topic.sees("ini pesan lain")
    await topic.sees("tidak tersimpan di sini")
    assert not await sandbox.calls("copyMessage", chat_id=DEFAULT_GROUP_ID)


async def test_the_same_bot_with_a_fresh_token_changes_nothing(running: Running) -> None:
    budi = await running.sandbox.person("Budi", "id")
    await budi.says(CRY)
    await (await running.sandbox.group.topic("H-")).sees(lambda m: bool(labels(m)))
    before = len(await running.sandbox.group.messages())
    await running.stop()
    running.monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "100001:FRESH")
    settings_module.settings.cache_clear()
    await bots.arrive()
    async with session() as s:
        assert (await s.scalars(select(Bot.id))).all() == [100001]
        assert not await s.scalar(select(func.count()).select_from(Outgoing).where(Outgoing.dedupe.like("newbot:%")))
        chat = (await s.scalars(select(Chat).where(Chat.kind == "private"))).one()
        assert bots.may_write(chat)
    assert len(await running.sandbox.group.messages()) == before
    await running.start(OLD)
