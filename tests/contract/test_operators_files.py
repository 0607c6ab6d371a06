"""A file of an operator on its way to a watched phone: without the desk's position and names, or not at all."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from PIL import Image
from pypdfium2 import PdfDocument
from sqlalchemy import select, text

from bot import settings as settings_module
from bot.desk import files
from bot.desk import jobs as desk_jobs
from bot.outbox import media as stored
from bot.outbox import send
from bot.outbox.limits import Limits
from bot.runtime.circuit_breaker import Outage
from bot.storage.models import Case, Chat, Media, Update
from bot.storage.session import session
from bot.texts import render
from tests.support.rooms import DARA, Rooms
from tests.support.sandbox import Person, Sandbox, running_sandbox

TRAPPED = "tolong pak, saya disekap di kamboja, paspor saya diambil bos"


@pytest.fixture(scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


@pytest.fixture
async def telegram(rooms: Rooms, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    """A Telegram that holds files and shows what arrives on a phone."""
    monkeypatch.setenv("TELEGRAM_API_URL", sandbox.api_url)
    settings_module.settings.cache_clear()
    monkeypatch.setattr("bot.outbox.telegram._bot", None)
    monkeypatch.setattr(send, "_limits", Limits())
    monkeypatch.setattr(send, "_telegram", Outage())
    yield sandbox
    await send.client().shutdown()


class Desk:
    """Sari holds Budi's case, and sends him files."""

    def __init__(self, rooms: Rooms, telegram: Sandbox, budi: Person, case: Case) -> None:
        self.rooms, self.telegram, self.budi, self.case = rooms, telegram, budi, case

    @classmethod
    async def opened(cls, rooms: Rooms, telegram: Sandbox) -> Desk:
        budi = await telegram.person("Budi", "id")
        await budi.says("halo")
        return cls(rooms, telegram, budi, await rooms.claimed(TRAPPED, budi.id))

    async def sends(self, kind: str, content: bytes, **more: Any) -> None:
        """Sari answers the card with a file."""
        uploaded = await (await self.telegram.person("Sari", "id")).sends_media(kind, content, **more)
        sizes = {"duration": 1, "width": 1, "height": 1} if kind != "document" else {}
        found = {"file_id": uploaded["file"]["file_id"], "file_unique_id": "u", "file_name": "Sari_KBRI.jpg", **sizes}
        await self.rooms.operator_writes(
            None, self.case.topic_id, to=self.case.card_message_id, caption="ini alamatnya", **{kind: found}
        )

    async def edits(self, caption: str | None) -> None:
        """Sari changes what stands under the file she sent last."""
        async with session() as s:
            sent = (await s.scalars(select(Update).join(Media).order_by(Update.id.desc()))).first()
        assert sent is not None and sent.message_id is not None
        more: dict[str, Any] = {"document": sent.raw["message"]["document"]}
        if caption is not None:
            more["caption"] = caption
        await self.rooms.operator_writes(None, self.case.topic_id, edits=sent.message_id, **more)

    async def fetched(self) -> Media:
        """What the job does, and the one that follows it."""
        async with session() as s:
            media = (await s.scalars(select(Media).order_by(Media.id.desc()))).first()
        assert media is not None
        await stored.fetch(media=media.id)
        await desk_jobs.relay_file(update=media.update_id)
        async with session() as s:
            return await s.get_one(Media, media.id)

    async def delivered(self) -> bytes:
        """The file on Budi's phone, fetched from Telegram."""
        async with session() as s:
            chat = await s.scalar(select(Chat.id).where(Chat.kind == "private"))
        assert chat is not None
        await send.send(chat=chat)
        (shown,) = [m for m in await self.budi.messages() if m["from"]["is_bot"] and m["file"] is not None]
        assert "Sari" not in str(shown["file"]["name"])
        return (await self.telegram.http.get(self.telegram.url + shown["file"]["url"])).content


@pytest.fixture
async def desk(rooms: Rooms, telegram: Sandbox) -> Desk:
    return await Desk.opened(rooms, telegram)


def photographed(kind: str = "JPEG") -> bytes:
    """A picture that a phone took inside the embassy."""
    tags = Image.Exif()
    tags[0x010F] = "Sari's phone"
    tags[0x8825] = {1: "S", 2: (6.0, 13.0, 22.5), 3: "E", 4: (106.0, 49.0, 41.5)}
    made = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(made, kind, exif=tags)
    return made.getvalue()


async def test_a_picture_sent_as_a_file_arrives_without_the_desks_position(desk: Desk) -> None:
    await desk.sends("document", photographed())
    assert not await desk.rooms.rows("operator"), "nothing leaves before it is clean"
    await desk.fetched()
    (row,) = await desk.rooms.rows("operator")
    assert (row.method, row.payload["caption"]) == ("sendDocument", "ini alamatnya")
    arrived = await desk.delivered()
    assert Image.open(io.BytesIO(arrived)).size == (40, 30)
    assert not Image.open(io.BytesIO(arrived)).getexif() and b"Sari" not in arrived
    assert render("desk_sent", "id") in await desk.rooms.topic()


async def test_a_letter_as_pdf_arrives_without_its_authors_name(desk: Desk) -> None:
    made = io.BytesIO()
    Image.new("RGB", (400, 300), "red").save(made, "PDF", author="Sari KBRI")
    await desk.sends("document", made.getvalue())
    await desk.fetched()
    arrived = await desk.delivered()
    assert [PdfDocument(one).get_metadata_value("Author") for one in (made.getvalue(), arrived)] == ["Sari KBRI", ""]


async def test_the_desks_position_is_no_fact_of_the_case(desk: Desk) -> None:
    await desk.sends("document", photographed())
    await desk.fetched()
    await desk.rooms.writes("sudah saya terima", desk.budi.id, document={"file_id": "x", "file_unique_id": "y"})
    assert "file_positions" not in (await desk.rooms.case()).facts


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("document", b"PK\x03\x04 a letter with its author's name"),
        ("document", photographed()[:60]),
        ("document", b"MZ a program"),
        ("audio", b"OggS tagged with the name of the speaker"),
    ],
)
async def test_what_cannot_be_cleaned_is_not_sent_and_the_operator_is_told_how_to(
    desk: Desk, kind: str, content: bytes
) -> None:
    await desk.sends(kind, content)
    for _ in range(2):
        await desk.fetched()
    assert not await desk.rooms.rows("operator")
    assert (await desk.rooms.topic()).count(render("desk_file_not_sent", "id")) == 1


async def test_one_that_telegram_does_not_give_is_not_sent(desk: Desk) -> None:
    await desk.sends("document", photographed())
    async with session() as s:
        media = (await s.scalars(select(Media))).one()
        media.file_id = "gone"
        await s.commit()
    await desk.fetched()
    assert not await desk.rooms.rows("operator")
    assert render("desk_file_not_fetched", "id") in await desk.rooms.topic()


async def test_while_it_is_fetched_for_long_the_operator_is_told_and_it_is_sent_in_the_end(desk: Desk) -> None:
    await desk.sends("document", photographed())
    async with session() as s:
        update = (await s.scalars(select(Media.update_id))).one()
    for _ in range(2):
        await desk_jobs.relay_file(update=update)
    assert (await desk.rooms.topic()).count(render("desk_file_waits", "id")) == 1
    for _ in range(2):
        await desk.fetched()
    assert len(await desk.rooms.rows("operator")) == 1


@pytest.mark.parametrize("last", ["bukan itu, ke Jl. Norodom", None])
async def test_words_changed_while_the_file_is_fetched_arrive_as_they_are_last(desk: Desk, last: str | None) -> None:
    await desk.sends("document", photographed())
    await desk.edits("ini alamat yang lain")
    await desk.edits(last)
    await desk.fetched()
    (row,) = await desk.rooms.rows("operator")
    assert row.payload.get("caption") == last
    await desk.delivered()
    assert not await desk.rooms.rows("operator_edit"), "nothing wrong ever stood on the phone"


async def waits_for_a_row() -> None:
    """Until somebody in the database waits for a lock of somebody else."""
    async with session() as s:
        for _ in range(1000):
            if await s.scalar(text("select exists (select from pg_locks where not granted)")):
                return
            await asyncio.sleep(0.01)
    raise AssertionError("nobody waits")


async def test_an_edit_and_the_file_it_belongs_to_wait_for_each_other(desk: Desk) -> None:
    await desk.sends("document", photographed())
    async with session() as s:
        media = (await s.scalars(select(Media))).one()
        sent = await s.get_one(Update, media.update_id)
    await stored.fetch(media=media.id)
    async with session() as s:
        # The edit is looked at just now, and not stored yet for anybody else to see.
        await files.hold(s, await s.get_one(Chat, media.chat_id), sent.message_id)
        sending = asyncio.create_task(desk_jobs.relay_file(update=sent.id))
        await waits_for_a_row()
        assert not sending.done()
        await s.commit()
    await sending
    assert len(await desk.rooms.rows("operator")) == 1


async def test_words_changed_before_a_file_leaves_leave_with_it_and_afterwards_follow_it(desk: Desk) -> None:
    await desk.sends("document", photographed())
    await desk.fetched()
    await desk.edits("ke Jl. Norodom")
    (row,) = await desk.rooms.rows("operator")
    assert row.payload["caption"] == "ke Jl. Norodom" and not await desk.rooms.rows("operator_edit")
    await desk.delivered()
    await desk.edits(None)
    (edit,) = await desk.rooms.rows("operator_edit")
    assert (edit.method, edit.payload) == ("editMessageCaption", {"of": row.id, "caption": ""})


async def test_whoever_gave_the_case_away_meanwhile_sends_nothing_more(desk: Desk) -> None:
    await desk.sends("document", photographed())
    await desk.rooms.operator_presses(f"case:hand:{desk.case.id}")
    await desk.rooms.operator_presses(f"case:claim:{desk.case.id}", DARA)
    await desk.fetched()
    assert not await desk.rooms.rows("operator")
    assert render("desk_not_holder", "id") in await desk.rooms.topic()


async def test_a_file_that_was_sent_is_not_spoken_of_again_after_the_case_is_given_away(desk: Desk) -> None:
    await desk.sends("document", photographed())
    await desk.fetched()
    await desk.rooms.operator_presses(f"case:hand:{desk.case.id}")
    await desk.fetched()
    assert render("desk_not_holder", "id") not in await desk.rooms.topic()
