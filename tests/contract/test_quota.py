"""Strangers' files have bounds: a share for each chat, each file once, a floor of the disk, turns at being read."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select, text

from bot.outbox import media, quota
from bot.settings import Settings
from bot.storage.models import Media, Update
from bot.storage.session import session
from bot.texts import render
from tests.support.rooms import DARA, Rooms

TRAPPED = "tolong pak, saya disekap di kamboja, paspor saya diambil bos"
MB = 1_000_000


@pytest.fixture
def telegram(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A Telegram that hands out any file. Returns the file ids it was asked for, in their order."""
    asked: list[str] = []

    async def get_file(file_id: str) -> Any:
        asked.append(file_id)

        async def content() -> bytearray:
            return bytearray(b"content of " + file_id.encode())

        return SimpleNamespace(download_as_bytearray=content)

    monkeypatch.setattr(media, "client", lambda: SimpleNamespace(get_file=get_file))
    return asked


def document(number: int, size: int = 19 * MB) -> dict[str, Any]:
    return {"file_id": f"d{number}", "file_unique_id": f"u{number}", "file_size": size, "file_name": "a.bin"}


async def states() -> dict[str, int]:
    async with session() as s:
        rows = await s.execute(select(Media.state, func.count()).group_by(Media.state))
        return dict(rows.tuples().all())


async def fetched() -> None:
    """Run the jobs that fetch, in the order in which a worker takes them."""
    async with session() as s:
        rows = await s.execute(
            text(
                "select id, (args ->> 'media')::bigint from procrastinate_jobs where task_name = 'media.fetch' "
                "and status = 'todo' order by priority desc, id"
            )
        )
        jobs = rows.all()
        await s.execute(text("update procrastinate_jobs set status = 'succeeded' where task_name = 'media.fetch'"))
        await s.commit()
    for _, row in jobs:
        await media.fetch(media=row)


async def test_a_stranger_fills_a_share_of_the_disk_and_every_message_is_stored(rooms: Rooms) -> None:
    for number in range(30):
        await rooms.stores(rooms.update(41, document=document(number), caption=f"berkas {number}"))
    await rooms.stores(rooms.update(42, document=document(99)))
    async with session() as s:
        assert await s.scalar(select(func.count()).select_from(Update)) == 31
        wanted = await s.scalar(select(func.sum(Media.size_bytes)).where(Media.state == "wanted"))
    assert wanted <= (150 + 19) * MB
    assert await states() == {"wanted": 8, quota.OVER_QUOTA: 23}


async def test_the_same_file_again_is_fetched_once_and_costs_no_share(
    rooms: Rooms, telegram: list[str], config: Settings
) -> None:
    for _ in range(20):
        await rooms.stores(rooms.update(41, document=document(7)))
    await rooms.stores(rooms.update(42, document=document(7)))
    await fetched()
    assert await states() == {"stored": 21}
    assert telegram == ["d7", "d7"], "once for each chat: nobody learns what another one sent"
    async with session() as s:
        rows = list(await s.scalars(select(Media).order_by(Media.id)))
    assert len({row.path for row in rows}) == 21 and len({row.sha256 for row in rows}) == 1
    on_disk = {path.stat().st_ino for path in (config.hotline_home / "media").rglob("*.enc")}
    assert len(on_disk) == 2
    media.remove(rows[0])
    assert media.read(rows[1]) == b"content of d7", "each is forgotten by itself"


async def test_below_the_floor_of_the_disk_no_file_is_taken_and_later_all_are(
    rooms: Rooms, telegram: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    room = {"free": 500 * MB}
    monkeypatch.setattr(quota.shutil, "disk_usage", lambda _: SimpleNamespace(free=room["free"]))
    await rooms.stores(rooms.update(41, document=document(1), caption=TRAPPED))
    await fetched()
    assert telegram == [] and await states() == {quota.NO_ROOM: 1}
    assert len(await rooms.cases()) == 1, "what is written is stored and reported all the same"
    await media.fetch_where_room()
    assert await states() == {quota.NO_ROOM: 1}
    room["free"] = 50_000 * MB
    await media.fetch_where_room()
    await fetched()
    assert await states() == {"stored": 1}


async def test_a_disk_that_fills_while_a_file_is_written_leaves_the_file_at_telegram(
    rooms: Rooms, telegram: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> str:
        raise OSError(28, "No space left on device")

    await rooms.stores(rooms.update(41, document=document(1)))
    monkeypatch.setattr(media, "_keep", full)
    await fetched()
    assert await states() == {quota.NO_ROOM: 1}


async def test_the_holder_is_told_of_a_file_that_was_left_and_has_it_fetched(rooms: Rooms, telegram: list[str]) -> None:
    case = await rooms.claimed(TRAPPED)
    for number in range(10):
        await rooms.writes(None, document=document(number))
    await fetched()
    assert await states() == {"stored": 7, quota.OVER_QUOTA: 3}
    told = [row for row in await rooms.rows("relay") if render("desk_file_over_quota", "id") in str(row.payload)]
    assert len(told) == 3
    button = told[0].payload["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    assert await rooms.operator_presses(button, who=DARA) == render("desk_press_not_holder", "id")
    assert await rooms.operator_presses(button) == render("desk_files_are_fetched", "id")
    await fetched()
    assert await states() == {"stored": 10}
    assert await rooms.operator_presses(button) == render("desk_no_files_left", "id")
    assert "files_wanted" in await rooms.events(case)


async def test_the_first_file_of_each_chat_is_fetched_and_read_before_the_second_of_any(
    rooms: Rooms, telegram: list[str]
) -> None:
    for number in range(5):
        photo = [{"file_id": f"p{number}", "file_unique_id": f"u{number}", "width": 9, "height": 9, "file_size": 9}]
        await rooms.writes(None, 41, photo=photo)
    await rooms.writes(None, 42, photo=[{"file_id": "other", "file_unique_id": "v", "width": 9, "height": 9}])
    await fetched()
    assert telegram[:2] == ["p0", "other"]
    async with session() as s:
        order = await s.scalars(
            text(
                "select (args ->> 'media')::bigint from procrastinate_jobs where task_name = 'turns.read_file' "
                "order by priority desc, id"
            )
        )
        read = [(await s.get_one(Media, row)).file_id for row in order.all()]
    assert read[:2] == ["p0", "other"] and len(read) == 6
