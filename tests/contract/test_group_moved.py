"""The operators' group gets another id, or is replaced: messages are numbered anew, and no old number counts."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from sqlalchemy import select, text
from telegram.error import BadRequest, ChatMigrated, Forbidden

from bot import settings as settings_module
from bot.alarm import board
from bot.alarm import jobs as _alarm_jobs  # noqa: F401  registers the buttons of the alarm
from bot.cases import sites
from bot.cases.retention import forget
from bot.desk import jobs as desk_jobs
from bot.desk import service as desk
from bot.outbox import call, media, refused, send, topics
from bot.outbox import service as outbox
from bot.outbox.telegram import client
from bot.storage.models import Alarm, Case, Chat, Media, Outgoing, TopicMessage
from bot.storage.session import session
from bot.texts import render
from tests.support.rooms import GROUP, Rooms

CRY = "tolong pak, saya disekap di kamboja, paspor saya diambil bos"
NEW = -1002000000002
VOICE = {"file_id": "v", "file_unique_id": "u", "duration": 3}


@pytest.fixture(params=["Telegram gave it another id", "the settings name another one"])
def moves(request: pytest.FixtureRequest, rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Brings the desk into its new group, whose messages are numbered from 1 again."""

    async def move() -> None:
        if request.param == "Telegram gave it another id":
            group = {"id": GROUP, "type": "group", "title": "g"}
            said = {"message_id": 900, "date": 1, "chat": group, "migrate_to_chat_id": NEW}
            await rooms.stores({"update_id": 900_000, "message": said})
        else:
            monkeypatch.setenv("OPERATORS_CHAT_ID", str(NEW))
            settings_module.settings.cache_clear()
            sites.sites.cache_clear()
        await desk_jobs.follow_groups()
        await rebuilt()

    return move


async def rebuilt() -> None:
    """The jobs that post cases anew."""
    async with session() as s:
        found = await s.execute(
            text(
                "delete from procrastinate_jobs where task_name = 'desk.rebuild' "
                "returning (args->>'case')::int, coalesce((args->>'recorded')::bool, false)"
            )
        )
        again = found.all()
        await s.commit()
    for case, recorded in again:
        await desk_jobs.rebuild(case=case, recorded=recorded)


async def group(telegram_id: int = NEW) -> Chat:
    async with session() as s:
        return next(g for g in await s.scalars(select(Chat)) if g.chat_id == str(telegram_id))


async def two_held(rooms: Rooms, numbers: itertools.count[int]) -> tuple[int, int]:
    """Two workers, 41 and 42, both held by Sari."""
    cases = []
    for user in (41, 42):
        await rooms.writes(CRY, user)
        await rooms.delivers(numbers)
        cases.append((await rooms.case()).id)
        await rooms.operator_presses(f"case:claim:{cases[-1]}")
        await rooms.delivers(numbers)
    for count in range(3):
        await rooms.writes(f"orang pertama, pesan {count}", 41)
    await rooms.delivers(numbers)
    return cases[0], cases[1]


async def test_no_number_of_the_former_group_leads_a_reply_to_another_worker(rooms: Rooms, moves: Any) -> None:
    _, b = await two_held(rooms, itertools.count(1))
    await moves()
    fresh = itertools.count(1)
    await rooms.delivers(fresh)
    await rooms.writes("orang kedua: saya di lantai tiga, kamar 304", 42)
    await rooms.delivers(fresh)
    here = await group()
    async with session() as s:
        topic = (await s.get_one(Case, b)).topic_in(here)
        shown = list(
            await s.scalars(select(TopicMessage).where(TopicMessage.group_id == here.id, TopicMessage.case_id == b))
        )
        former = set(await s.scalars(select(TopicMessage.message_id).where(TopicMessage.group_id != here.id)))
    assert {one.message_id for one in shown} & former, "the numbers must meet for this test to say anything"
    for count, one in enumerate(shown):
        await rooms.operator_writes(f"Polisi datang jam {count}", topic, to=one.message_id, group=NEW)
    async with session() as s:
        said = list(await s.scalars(select(Outgoing).where(Outgoing.purpose == "operator").order_by(Outgoing.id)))
        to = {(await s.get_one(Chat, row.chat_id)).chat_id for row in said}
    assert len(said) == len(shown)
    assert to == {"42"}


async def test_each_open_case_stands_in_the_new_group_with_card_words_and_buttons(rooms: Rooms, moves: Any) -> None:
    a, _ = await two_held(rooms, itertools.count(1))
    await rooms.writes(CRY, 43)  # its card still waits for the former group
    c = (await rooms.case()).id
    await moves()
    await rooms.delivers(itertools.count(1))
    here = await group()
    async with session() as s:
        for case in await s.scalars(select(Case)):
            assert case.topic_in(here) is not None
            assert case.card_in(here) is not None
        rows = await s.scalars(select(Outgoing).where(Outgoing.chat_id == here.id, Outgoing.case_id == a))
        words = "\n".join(str(row.payload.get("text")) for row in rows)
        assert "orang pertama, pesan 2" in words
        left = select(Outgoing.id).join(Chat, Chat.id == Outgoing.chat_id)
        left = left.where(Chat.kind == "operators", Chat.id != here.id, Outgoing.state == "queued")
        assert await s.scalar(left) is None
    assert await rooms.operator_presses(f"case:claim:{c}", group=NEW) == render("desk_you_claimed", "id")
    assert await rooms.operator_presses(f"case:claim:{c}") == render("desk_former_group", "id")


async def test_the_night_alarm_is_acknowledged_in_the_new_group(rooms: Rooms, moves: Any) -> None:
    await rooms.writes("tolong saya dipukuli sekarang, ada yang mau bunuh saya")
    await rooms.delivers(itertools.count(1))
    now = dt.datetime.now(dt.UTC)
    async with session() as s:
        alarm = Alarm(kind="case", site=sites.fallback().id, state="ringing", began_at=now, next_at=now)
        s.add(alarm)
        await s.commit()
        number = alarm.id
    await moves()
    said = await rooms.operator_presses(f"alarm:ack:{number}", group=NEW)
    assert said == render("alarm_you_acknowledged", "id")
    async with session() as s:
        assert (await s.get_one(Alarm, number)).state == "acknowledged"


async def test_a_line_of_the_alarm_that_waits_follows_a_group_that_moved(rooms: Rooms) -> None:
    async with session() as s:
        await board.post(s, sites.fallback().id, "alarm_line_nobody", dedupe="x", ref="H-2222", count=1, since="01:00")
        await s.commit()
    await rooms.stores(
        {
            "update_id": 900_000,
            "message": {"message_id": 1, "chat": {"id": GROUP, "type": "group"}, "migrate_to_chat_id": NEW},
        }
    )
    (line,) = await rooms.rows("alert")
    assert line.chat_id == (await group()).id
    assert line.state == "queued"


async def waiting_voice(rooms: Rooms) -> Outgoing:
    """A voice reply of the holder that waits for the worker."""
    await rooms.claimed(CRY)
    relay = next(row for row in await rooms.rows("relay") if row.message_ids).message_ids[0]
    await rooms.operator_writes(None, (await rooms.case()).topic_id, to=relay, voice=VOICE)
    async with session() as s:
        await s.execute(text("update outbox set state = 'queued' where purpose = 'operator'"))
        await s.commit()
    (row,) = await rooms.rows("operator")
    return row


async def keep_voice() -> None:
    """What we fetched of the voice note."""
    async with session() as s:
        file = (await s.scalars(select(Media))).one()
        media._keep(media.folder() / "v.enc", b"voice")
        file.state, file.path = "stored", "v.enc"
        await s.commit()


async def test_a_voice_reply_that_waited_goes_out_from_what_we_stored(
    rooms: Rooms, moves: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await waiting_voice(rooms)
    await keep_voice()
    await moves()
    asked = await tried(row, monkeypatch)
    assert asked == []
    async with session() as s:
        row = await s.get_one(Outgoing, row.id)
    assert (row.state, row.method) == ("queued", "sendVoice")
    (call_made,) = await tried(row, monkeypatch)
    assert call_made["method"] == "sendVoice"
    assert not {"from_chat_id", "message_id"} & call_made.keys()


async def test_a_reply_that_cannot_be_copied_any_more_is_said_not_to_be_sent(
    rooms: Rooms, moves: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await waiting_voice(rooms)
    async with session() as s:
        (await s.scalars(select(Media))).one().state = "gone"
        await s.commit()
    await moves()
    assert await tried(row, monkeypatch) == []
    async with session() as s:
        assert (await s.get_one(Outgoing, row.id)).failure == "other_group"
    assert render("desk_failed_other_group", "id") in await rooms.topic()


async def tried(
    row: Outgoing, monkeypatch: pytest.MonkeyPatch, answer: Exception | None = None
) -> list[dict[str, Any]]:
    """Let the sender try a row. Returns what Telegram was asked."""
    asked: list[dict[str, Any]] = []

    class Telegram:
        """The group is gone; the call gets this answer."""

        async def do_api_request(self, method: str, api_kwargs: dict[str, Any]) -> Any:
            asked.append({"method": method, **api_kwargs})
            if answer is not None:
                raise answer
            return {"message_id": 1}

        async def get_chat(self, _: int) -> None:
            raise BadRequest("Chat not found")

    monkeypatch.setattr(send, "client", Telegram)
    monkeypatch.setattr(refused, "client", Telegram)
    monkeypatch.setattr(send.sender, "check", lambda: None)
    async with session() as s:
        chat = await s.get_one(Chat, row.chat_id)
    await send._attempt(row, chat)
    return asked


@pytest.mark.parametrize(
    "answer",
    [Forbidden("bot was kicked from the supergroup chat"), BadRequest("Chat not found"), ChatMigrated(NEW)],
    ids=["kicked", "not found", "migrated"],
)
async def test_a_worker_does_not_count_as_gone_because_the_group_is(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch, answer: Exception
) -> None:
    row = await waiting_voice(rooms)
    await keep_voice()

    (first,) = await tried(row, monkeypatch, answer)
    assert first["method"] == "copyMessage"
    async with session() as s:
        row = await s.get_one(Outgoing, row.id)
        assert (await s.get_one(Chat, row.chat_id)).unreachable_at is None
    if row.method == "copyMessage":
        assert await tried(row, monkeypatch) == []  # the group is a former one by now
        async with session() as s:
            row = await s.get_one(Outgoing, row.id)
    assert (row.state, row.method) == ("queued", "sendVoice")


async def test_a_reply_written_just_before_the_group_moved_reaches_its_worker(rooms: Rooms) -> None:
    await two_held(rooms, itertools.count(1))
    async with session() as s:
        first = (await s.scalars(select(Case).order_by(Case.id))).first()
        assert first is not None
        card, topic = first.card_message_id, first.topic_id
        await outbox.group_moved(s, first.group_id or 0, NEW)
        await s.commit()
    await desk_jobs.follow_groups()
    await rooms.operator_writes("Besok jam 9", topic, to=card)
    async with session() as s:
        said = (await s.scalars(select(Outgoing).where(Outgoing.purpose == "operator"))).one()
        assert (await s.get_one(Chat, said.chat_id)).chat_id == "41"


async def test_a_case_closed_in_the_former_group_never_speaks_into_a_topic_of_the_new_one(
    rooms: Rooms, moves: Any
) -> None:
    case = await rooms.claimed(CRY)
    relay = next(row for row in await rooms.rows("relay") if row.message_ids).message_ids[0]
    await rooms.operator_writes("Besok jam 9", case.topic_id, to=relay)
    async with session() as s:
        await s.execute(text("update outbox set state = 'waiting' where purpose = 'operator'"))
        await s.commit()
    await rooms.operator_presses(f"case:closed:{case.id}:resolved")
    await rooms.delivers()
    await moves()
    await rooms.writes(CRY, 42)
    here = await group()
    async with session() as s:
        other = (await s.scalars(select(Case).where(Case.id != case.id))).one()
        other.topic_id, other.group_id = case.topic_id, here.id
        await s.execute(text("update outbox set state = 'queued' where purpose = 'operator'"))
        await s.commit()
    await rooms.delivers()
    async with session() as s:
        lines = list(await s.scalars(select(Outgoing).where(Outgoing.case_id == case.id, Outgoing.chat_id == here.id)))
    assert [(line.in_topic, line.payload["text"]) for line in lines] == [
        (False, render("desk_of_former_group", "id", ref=case.ref, words=render("desk_sent", "id")))
    ]
    # A year later the topic is deleted where it stood, not the one that has its number now.
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=400)
    async with session() as s:
        await s.execute(text("update updates set state = 'done' where state = 'pending'"))
        await s.execute(text("delete from procrastinate_jobs"))
        await s.commit()
    await forget(later)
    await forget(later + dt.timedelta(hours=1))
    async with session() as s:
        (deletion,) = await s.scalars(select(Outgoing).where(Outgoing.method == "deleteForumTopic"))
        assert deletion.chat_id != here.id


async def test_a_case_reopened_in_the_new_group_gets_its_topic_there(rooms: Rooms, moves: Any) -> None:
    case = await rooms.claimed(CRY)
    await rooms.operator_presses(f"case:closed:{case.id}:resolved")
    await rooms.delivers()
    await moves()
    assert await rooms.operator_presses(f"case:reopen:{case.id}", group=NEW) == render("desk_you_claimed", "id")
    await rebuilt()
    await rooms.delivers()
    here = await group()
    again = await rooms.case()
    assert again.card_in(here) is not None
    async with session() as s:
        rows = await s.scalars(select(Outgoing).where(Outgoing.chat_id == here.id, Outgoing.purpose == "relay"))
        assert any(CRY in str(row.payload.get("text")) for row in rows)


async def test_the_new_id_in_the_settings_moves_nothing_a_second_time(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rooms.claimed(CRY)
    async with session() as s:
        former = (await s.scalars(select(Chat).where(Chat.kind == "operators"))).one()
        await outbox.group_moved(s, former.id, NEW)
        await s.commit()
    await desk_jobs.follow_groups()
    await rebuilt()
    await rooms.delivers()
    before = len(await rooms.rows())
    monkeypatch.setenv("OPERATORS_CHAT_ID", str(NEW))
    settings_module.settings.cache_clear()
    sites.sites.cache_clear()
    await desk_jobs.follow_groups()
    await rebuilt()
    assert len(await rooms.rows()) == before
    async with session() as s:
        assert (await s.get_one(Case, (await rooms.case()).id)).group_id == (
            await desk.group_of(s, sites.fallback())
        ).id  # type: ignore[union-attr]


async def test_the_new_group_may_speak_first(rooms: Rooms) -> None:
    await rooms.claimed(CRY)
    said = {"message_id": 1, "chat": {"id": NEW, "type": "supergroup"}, "migrate_from_chat_id": GROUP}
    await rooms.stores({"update_id": 900_000, "message": said})
    assert (await group()).desk_hash is not None
    assert (await group(GROUP)).former


async def test_nothing_is_posted_edited_or_made_by_a_number_of_another_group(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await rooms.claimed(CRY)
    async with session() as s:
        former = (await s.scalars(select(Chat).where(Chat.kind == "operators"))).one()
        await outbox.group_moved(s, former.id, NEW)
        await s.commit()
        here = await desk.group_of(s, sites.fallback())
        assert here is not None
    with pytest.raises(topics.StandsElsewhere):
        await topics.thread_for(client(), case.id, here)
    (card,) = await rooms.rows("card")

    async def room() -> None: ...

    edit = Outgoing(chat_id=here.id, method="editMessageText", payload={"of": card.id, "text": "x"}, in_topic=False)
    with pytest.raises(call.NumberOfAnother):
        await call.make(client(), edit, here, room)
