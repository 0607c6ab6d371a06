"""A message is read once, when it arrives; everything behind intake reads what was found then."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from bot.storage.models import Update
from bot.storage.session import session
from bot.turns import model, rasa_turn
from nlu.checks import examples
from nlu.understanding import found, reader
from nlu.understanding.found import Understanding
from tests.support.rooms import Rooms

QUESTION, CRY = "berapa biaya ke taiwan kak?", "tolong saya disekap di bavet, paspor diambil"


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are read, each time they are."""
    read: list[str] = []
    whole = reader.understand

    def understand(text: str, *more: Any, **named: Any) -> Understanding:
        read.append(text)
        return whole(text, *more, **named)

    monkeypatch.setattr(reader, "understand", understand)
    return read


@pytest.mark.parametrize("words", [QUESTION, CRY, "halo", "ជួយផង ខ្ញុំជាប់នៅក្នុងអគារ គេមិនឲ្យចេញក្រៅទេ"])
async def test_intake_and_the_turn_read_a_message_once_together(rooms: Rooms, readings: list[str], words: str) -> None:
    await rooms.writes("/start")
    readings.clear()
    await rooms.writes(words)
    assert readings == [words]


async def test_what_was_read_is_kept_with_the_update_and_means_the_same(rooms: Rooms) -> None:
    row = await rooms.writes(CRY)
    async with session() as s:
        update = (await s.scalars(select(Update).where(Update.id == row))).one()
        stored = Understanding.from_json(update.understood)
    assert stored is not None and stored.opens == "distress" and stored.reasons == update.reasons
    assert {place.country for place in stored.places} == {"KH"}


@pytest.mark.parametrize("lang", examples.LANGUAGES)
def test_what_was_read_comes_back_from_storage_as_it_was(lang: str) -> None:
    for one in examples.held_out(lang, "dev")[:150]:
        read = reader.understand(one.text)
        assert Understanding.from_json(read.to_json()) == read


async def test_an_update_of_an_older_version_is_read_again(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    row = await rooms.writes(CRY)
    monkeypatch.setattr(found, "VERSION", found.VERSION + 1)
    async with session() as s:
        update = (await s.scalars(select(Update).where(Update.id == row))).one()
        assert Understanding.from_json(update.understood) is None
        assert model.of(update).opens == "distress"


async def test_rasa_is_told_what_was_read(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []

    async def ask(sender: str, text: str, metadata: dict[str, Any], *, trigger: str | None = None) -> list[Any]:
        told.append(metadata)
        return await rooms.rasa.ask(sender, text, metadata, trigger=trigger)

    monkeypatch.setattr(rasa_turn.rasa_client, "ask", ask)
    await rooms.writes(QUESTION)
    read = reader.understand(QUESTION, rank=model.ranking)
    assert told[-1]["understood"] == read.for_rasa()
