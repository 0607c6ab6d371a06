"""Rows first, Telegram second: what the outbox promises, against the local Telegram and its bad days."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
import io
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import OperationalError

from bot import settings as settings_module
from bot.outbox import erase, media, refused, send, service, telegram, topics
from bot.outbox.limits import Limits
from bot.outbox.settled import _hooks as hooks
from bot.runtime.circuit_breaker import Outage
from bot.settings import Settings
from bot.storage import crypto, jobs
from bot.storage.models import Case, Chat, Media, Outgoing, Update
from bot.storage.session import session
from tests.support.sandbox import DEFAULT_GROUP_ID, Person, Sandbox, running_sandbox

numbers = itertools.count(1)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


@pytest.fixture
async def outbox(
    database: str, config: Settings, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Sandbox]:
    """The sending worker at work against a sandbox of its own."""
    monkeypatch.setenv("TELEGRAM_API_URL", sandbox.api_url)
    settings_module.settings.cache_clear()
    monkeypatch.setattr("bot.outbox.telegram._bot", None)
    monkeypatch.setattr(send, "_limits", Limits())
    monkeypatch.setattr(send, "BACKOFF_SECONDS", (1,))
    monkeypatch.setattr(send, "_telegram", Outage())
    monkeypatch.setattr(refused, "topicless", Counter())
    plan = [(jobs.SENDS, 8), (jobs.UPKEEP, 4), (jobs.MEDIA, 2)]
    worker = asyncio.create_task(jobs.run_workers(plan))
    yield sandbox
    worker.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await worker
    await send.client().shutdown()


async def chat_of(person: Person, **more: Any) -> Chat:
    """The row of a worker's chat who wrote just now."""
    await person.says("halo")
    async with session() as s:
        chat = Chat(
            chat_hash=crypto.keyed_hash("chat", person.id),
            chat_id=str(person.id),
            last_heard_at=dt.datetime.now(dt.UTC),
            **more,
        )
        s.add(chat)
        await s.commit()
    return chat


async def group_row() -> Chat:
    async with session() as s:
        chat = Chat(
            chat_hash=crypto.keyed_hash("chat", DEFAULT_GROUP_ID),
            desk_hash=crypto.keyed_hash("chat", DEFAULT_GROUP_ID),
            chat_id=str(DEFAULT_GROUP_ID),
            kind="operators",
        )
        s.add(chat)
        await s.commit()
    return chat


async def case_of(chat: Chat, **more: Any) -> Case:
    async with session() as s:
        made = Case(
            ref=f"H-{next(numbers):04d}",
            chat_id=chat.id,
            kind="distress",
            priority=2,
            lang="id",
            facts={},
            site="x",
            **more,
        )
        s.add(made)
        await s.commit()
    return made


async def put(chat: Chat, *words: str, purpose: str = "reply", **more: Any) -> list[int]:
    """Queue texts in one transaction; the ids of their rows."""
    async with session() as s:
        made = [
            await service.queue(s, chat.id, "sendMessage", {"text": said}, purpose=purpose, **more) for said in words
        ]
        await s.commit()
    return [row for row in made if row is not None]


async def row(outgoing: int) -> Outgoing:
    async with session() as s:
        return await s.get_one(Outgoing, outgoing)


async def until(true: Callable[[], Awaitable[Any]], within: float = 10.0) -> Any:
    deadline = time.monotonic() + within
    while not (found := await true()):
        assert time.monotonic() < deadline, f"not within {within} s"
        await asyncio.sleep(0.02)
    return found


async def settled(outgoing: int, state: str, within: float = 10.0) -> Outgoing:
    """Wait until a row is in a state."""

    async def look() -> Outgoing | None:
        found = await row(outgoing)
        return found if found.state == state else None

    found: Outgoing = await until(look, within)
    return found


async def texts_on(person: Person) -> list[str]:
    return [m["text"] for m in await person.messages() if m["from"]["is_bot"]]


# -- what a worker gets


async def test_answers_arrive_in_order_silently_and_their_ids_are_kept(outbox: Sandbox) -> None:
    budi = await outbox.person("Budi", "id")
    chat = await chat_of(budi)
    made = await put(chat, "satu", "dua", "tiga")
    last = await settled(made[-1], "sent")
    assert await texts_on(budi) == ["satu", "dua", "tiga"]
    assert last.message_ids == [(await budi.messages())[-1]["id"]]
    assert last.attempts == 1
    assert all(call["params"]["disable_notification"] for call in await outbox.calls("sendMessage"))


async def test_a_phone_never_rings_even_if_a_row_says_so(outbox: Sandbox) -> None:
    budi = await outbox.person("Budi", "id")
    chat = await chat_of(budi)
    async with session() as s:
        await service.queue(s, chat.id, "sendMessage", {"text": "x", "silent": False}, purpose="notice")
        await s.commit()
    assert (await budi.sees("x"))["silent"]


async def test_a_long_answer_comes_in_parts_with_its_buttons_under_the_last(outbox: Sandbox) -> None:
    budi = await outbox.person("Budi", "id")
    chat = await chat_of(budi)
    words = "Jangan serahkan paspor. " * 400
    async with session() as s:
        markup = service.keyboard([[service.Button("Ya", "y")]])
        made = await service.queue(s, chat.id, "sendMessage", {"text": words, "reply_markup": markup}, purpose="reply")
        await s.commit()
    assert made is not None
    found = await settled(made, "sent")
    shown = [m for m in await budi.messages() if m["from"]["is_bot"]]
    assert found.message_ids == [m["id"] for m in shown]
    assert [len(m["buttons"]) for m in shown] == [0, 0, 1]
    assert " ".join(m["text"] for m in shown) == words.strip()


@pytest.mark.parametrize("kind", ["error", "reset"])
async def test_a_long_answer_cut_off_in_the_middle_goes_on_where_it_stopped(outbox: Sandbox, kind: str) -> None:
    budi = await outbox.person("Budi", "id")
    chat = await chat_of(budi)
    words = " ".join(f"Kalimat nomor {n}." for n in range(600))
    await outbox.fault("latency", "sendMessage", seconds=0.4)
    (made,) = await put(chat, words)

    async def one_part() -> bool:
        return len((await row(made)).message_ids) == 1

    await until(one_part)
    await outbox.fault(kind, "sendMessage", times=1)
    found = await settled(made, "sent")
    assert " ".join(await texts_on(budi)) == words, "no part twice, none missing"
    assert found.message_ids == [m["id"] for m in await budi.messages() if m["from"]["is_bot"]]


# -- bad days


@pytest.mark.parametrize("kind", ["error", "reset", "answer_lost"])
async def test_a_fault_of_the_network_is_tried_again_and_the_row_says_so(outbox: Sandbox, kind: str) -> None:
    budi = await outbox.person("Budi", "id")
    chat = await chat_of(budi)
    await outbox.fault(kind, "sendMessage", times=1)
    (made,) = await put(chat, "jawaban")
    found = await settled(made, "sent")
    assert found.attempts == 2
    assert found.attempted_at is not None
    assert len(await texts_on(budi)) == (2 if kind == "answer_lost" else 1)


async def test_new_rows_of_a_chat_do_not_shorten_its_pause(outbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "BACKOFF_SECONDS", (30,))
    budi = await outbox.person("Budi", "id")
    chat = await chat_of(budi)
    await outbox.fault("error", "sendMessage", chat_id=budi.id)
    (first,) = await put(chat, "satu")
    await outbox.called("sendMessage")
    for words in ("dua", "tiga"):
        await put(chat, words)
        await until(lambda: no_job_sends(chat))
    assert (await row(first)).attempts == 1, "each new row tried the first one again at once"


async def no_job_sends(chat: Chat) -> bool:
    async with session() as s:
        query = text("select count(*) from procrastinate_jobs where lock = :lock and status in ('todo', 'doing')")
        return not await s.scalar(query, {"lock": f"send:{chat.id}"})


async def test_after_an_outage_everybody_is_sent_to_at_once_the_most_urgent_and_oldest_first(
    outbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each chat's own pause would outlast the test.
    monkeypatch.setattr(send, "BACKOFF_SECONDS", (300,))
    people = [await outbox.person(f"Budi {n}", "id") for n in range(12)]
    chats = [await chat_of(person) for person in people]
    outage = await outbox.fault("error", "sendMessage", status=502)
    for chat in chats[:6]:
        await put(chat, "jawaban")
    await until(lambda: away())
    for chat in chats[6:]:
        await put(chat, "pesan tersimpan", purpose="receipt", rank=2)
        await until(lambda: no_job_sends(chat))  # noqa: B023  awaited within the loop
    calls = (await outbox.calls("sendMessage"))[-1]["seq"]
    await outbox.clear_faults(outage)
    await outbox.limits(enabled=False)
    monkeypatch.setattr(send, "_limits", Limits())
    await until(back)

    async def all_sent() -> bool:
        async with session() as s:
            return not await s.scalar(select(func.count()).where(Outgoing.state == "queued"))

    await until(all_sent)
    order = [c["params"]["chat_id"] for c in await outbox.calls("sendMessage", after=calls) if c["ok"]]
    # One call may ask whether Telegram is back; whose, the pauses tell: on a slow machine every cry has just failed.
    assert {person.id for person in people[6:]} <= set(order[:7]), "distress before ordinary replies"


async def test_who_asked_and_hung_through_the_end_of_an_outage_is_sent_to_at_once(
    outbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "BACKOFF_SECONDS", (300,))
    chats = [await chat_of(await outbox.person(f"Budi {n}", "id")) for n in range(5)]
    cry = int(chats[0].chat_id)
    hole = await outbox.fault("blackhole", "sendMessage", chat_id=cry, times=1)
    (receipt,) = await put(chats[0], "pesan tersimpan", purpose="receipt", rank=2)
    await outbox.called("sendMessage", lambda call: call["params"]["chat_id"] == cry)
    outage = await outbox.fault("error", "sendMessage", status=502)
    answers = [(await put(chat, "jawaban"))[0] for chat in chats[1:]]
    await until(away)
    await outbox.clear_faults(outage)
    # Another chat shows that it is over; then the call that hung fails, as it would have after ten seconds.
    await until(back, 5)
    await settled(answers[-1], "sent")
    await outbox.clear_faults(hole)
    await settled(receipt, "sent")


async def away() -> bool:
    return send._telegram.away


async def back() -> bool:
    await send.ask_whether_back()
    return not send._telegram.away


async def test_what_telegram_did_is_not_forgotten_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    fails = [OperationalError("", None, Exception("away"))] * 30
    written = []

    async def write() -> None:
        if fails:
            raise fails.pop()
        written.append(True)

    monkeypatch.setattr(jobs, "RECONNECT_SECONDS", 0)
    await jobs.insist(write)
    assert written == [True]


async def test_telegrams_pause_for_one_chat_holds_up_nobody_else(outbox: Sandbox) -> None:
    budi, dara = await outbox.person("Budi", "id"), await outbox.person("Dara", "km")
    one, other = await chat_of(budi), await chat_of(dara)
    await outbox.fault("flood", "sendMessage", chat_id=budi.id, times=1, retry_after=3)
    (held,) = await put(one, "satu")
    await outbox.called("sendMessage", lambda call: call["error_code"] == 429)
    (free,) = await put(other, "ពីរ")
    await settled(free, "sent")
    await settled(held, "sent")
    sent = [call["params"]["chat_id"] for call in await outbox.calls("sendMessage") if call["ok"]]
    assert sent == [dara.id, budi.id], "whoever Telegram did not mean went first"


async def test_the_real_limits_are_kept_without_a_single_refusal(outbox: Sandbox) -> None:
    await outbox.limits(enabled=True, private_burst=5)
    budi, dara = await outbox.person("Budi", "id"), await outbox.person("Dara", "km")
    one, other = await chat_of(budi), await chat_of(dara)
    made = [*await put(one, *[f"b{n}" for n in range(7)]), *await put(other, *[f"d{n}" for n in range(4)])]
    for outgoing in made:
        await settled(outgoing, "sent", 20)
    assert await texts_on(budi) == [f"b{n}" for n in range(7)]
    assert [c for c in await outbox.calls("sendMessage") if not c["ok"]] == []


async def test_a_row_that_cannot_be_sent_does_not_hold_back_the_next(outbox: Sandbox) -> None:
    budi = await outbox.person("Budi", "id")
    chat = await chat_of(budi)
    async with session() as s:
        broken = await service.queue(s, chat.id, "sendMessage", {"no text": 1}, purpose="reply")
        nofile = await service.queue(s, chat.id, "sendPhoto", {"media": 12345}, purpose="reply")
        refused = await service.queue(
            s, chat.id, "sendMessage", {"text": "x", "parse_mode": "Nonsense"}, purpose="reply"
        )
        await s.commit()
    (good,) = await put(chat, "tetap sampai")
    await settled(good, "sent", 20)
    for outgoing in (broken, nofile, refused):
        assert outgoing is not None
        assert (await row(outgoing)).failure == "bad_request"


async def test_a_hook_that_raises_does_not_send_a_message_again(
    outbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def raises(*_: object) -> None:
        raise RuntimeError("the desk has a bug")

    monkeypatch.setitem(hooks, "reply", raises)
    budi = await outbox.person("Budi", "id")
    chat = await chat_of(budi)
    first, second = await put(chat, "satu", "dua")
    await settled(second, "sent")
    assert (await row(first)).state == "sent"
    assert await texts_on(budi) == ["satu", "dua"]


async def test_a_blocked_bot_is_noticed_and_an_unblocked_one_sends_again(
    outbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, str | None]] = []

    async def hook(_: object, outgoing: Outgoing, __: Chat) -> None:
        heard.append((outgoing.state, outgoing.failure))

    monkeypatch.setitem(hooks, "reply", hook)
    budi = await outbox.person("Budi", "id")
    chat = await chat_of(budi)
    await budi.blocks()
    made = await put(chat, "satu", "dua")
    for outgoing in made:
        assert (await settled(outgoing, "failed")).failure == "blocked"
    assert heard == [("failed", "blocked")] * 2
    async with session() as s:
        assert (await s.get_one(Chat, chat.id)).unreachable_at is not None
        told = await s.scalar(text("select count(*) from procrastinate_jobs where task_name = 'desk.unreachable'"))
        assert told == 1, "the desk hears of it once"
        # Intake does this when the worker is back.
        await s.execute(update(Chat).values(unreachable_at=None))
        await s.commit()
    await budi.unblocks()
    (again,) = await put(chat, "tiga")
    await settled(again, "sent")


async def test_a_message_taken_back_while_it_was_under_way_is_taken_from_the_phone(outbox: Sandbox) -> None:
    budi = await outbox.person("Budi", "id")
    chat = await chat_of(budi)
    await outbox.fault("latency", "sendMessage", seconds=1.0, times=1)
    (made,) = await put(chat, "salah kirim", purpose="notice")

    async def attempted() -> bool:
        return (await row(made)).attempts == 1

    await until(attempted)
    async with session() as s:
        assert await service.withdraw(s, made) == "queued"
        await s.commit()
    await outbox.called("deleteMessages")
    await budi.gone("salah kirim")


# -- the operators' group


async def test_a_deleted_topic_is_made_again_and_the_post_arrives(outbox: Sandbox) -> None:
    budi = await outbox.person("Budi", "id")
    sari = await outbox.operator("Sari")
    case, group = await case_of(await chat_of(budi)), await group_row()
    await settled((await put(group, "kartu", in_topic=True, case_id=case.id))[0], "sent")
    first = await outbox.group.topic(case.ref)
    await sari.deletes_topic(first)
    await settled((await put(group, "kabar", in_topic=True, case_id=case.id))[0], "sent")
    second = await outbox.group.topic(case.ref, skip=first.topic_id or 0)
    await second.sees("kabar")
    async with session() as s:
        assert await s.scalar(text("select count(*) from procrastinate_jobs where task_name = 'desk.rebuild'")) == 1


async def test_a_topic_deleted_while_the_network_was_bad_is_made_again(outbox: Sandbox) -> None:
    case, group = await case_of(await chat_of(await outbox.person("Budi", "id"))), await group_row()
    await settled((await put(group, "kartu", in_topic=True, case_id=case.id))[0], "sent")
    topic = await outbox.group.topic(case.ref)
    await (await outbox.operator("Sari")).deletes_topic(topic)
    async with session() as s:
        alert = await service.queue(
            s, group.id, "sendMessage", {"text": "kabar"}, purpose="alert", in_topic=True, case_id=case.id
        )
        assert alert is not None
        # As many as an outage makes.
        await s.execute(update(Outgoing).where(Outgoing.id == alert).values(attempts=9))
        await s.commit()
    assert (await settled(alert, "sent")).in_topic
    await (await outbox.group.topic(case.ref)).sees("kabar")


async def test_a_topic_whose_making_takes_long_is_not_made_twice(
    outbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Long for any other call, not for the making of a topic.
    monkeypatch.setattr(telegram, "CALL_SECONDS", 0.2)
    case, group = await case_of(await chat_of(await outbox.person("Budi", "id"))), await group_row()
    await outbox.fault("latency", "createForumTopic", seconds=0.8)
    (card,) = await put(group, "P2", purpose="alert", in_topic=True, case_id=case.id)
    await settled(card, "sent")
    assert len(await outbox.group.topics()) == 1


async def test_a_closed_topic_takes_the_post_all_the_same(outbox: Sandbox) -> None:
    budi = await outbox.person("Budi", "id")
    sari = await outbox.operator("Sari")
    case, group = await case_of(await chat_of(budi)), await group_row()
    await settled((await put(group, "kartu", in_topic=True, case_id=case.id))[0], "sent")
    topic = await outbox.group.topic(case.ref)
    await sari.closes(topic)
    await settled((await put(group, "kabar", in_topic=True, case_id=case.id))[0], "sent")
    newest = await outbox.group.topic(case.ref)
    await newest.sees("kabar")


async def test_an_alert_is_posted_to_general_when_no_topic_can_be_made(outbox: Sandbox) -> None:
    budi = await outbox.person("Budi", "id")
    sari = await outbox.operator("Sari")
    await outbox.group.change(sari, rights={"can_manage_topics": False})
    case, group = await case_of(await chat_of(budi)), await group_row()
    (made,) = await put(group, "kartu", in_topic=True, case_id=case.id, rank=0)
    await settled(made, "sent")
    await outbox.group.sees("kartu")


async def test_alerts_wait_for_a_group_that_lost_its_bot(outbox: Sandbox) -> None:
    sari = await outbox.operator("Sari")
    group = await group_row()
    await outbox.group.change(sari, bot_present=False)
    (made,) = await put(group, "kartu")
    await outbox.called("sendMessage", lambda call: not call["ok"])
    await outbox.group.change(sari, bot_present=True)
    await settled(made, "sent")
    await outbox.group.sees("kartu")


async def test_a_worker_who_deleted_the_account_does_not_hold_back_the_alerts_of_a_desk(outbox: Sandbox) -> None:
    group = await group_row()
    async with session() as s:
        nobody = Chat(chat_hash=b"gone", chat_id="799999", kind="private")
        s.add(nobody)
        await s.commit()
    async with session() as s:
        payload = {"from_chat": nobody.id, "message_id": 5}
        copy = await service.queue(s, group.id, "copyMessage", payload, purpose="relay", rank=1)
        await s.commit()
    assert copy is not None
    (alert,) = await put(group, "kartu", purpose="card", rank=2)
    await settled(alert, "sent")
    assert (await row(copy)).failure == "bad_request"


def test_a_topics_title_says_nothing_of_a_person() -> None:
    assert topics.title(Case(priority=1, ref="H-7K3Q", lang="km-Latn")) == "P1 · H-7K3Q · km-Latn"


# -- the watched phone


async def silent(chat: Chat, minutes: float = 11) -> None:
    async with session() as s:
        await s.execute(update(Chat).values(last_heard_at=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=minutes)))
        await s.commit()


async def test_nothing_reaches_a_watched_phone_until_the_worker_writes(outbox: Sandbox) -> None:
    budi = await outbox.person("Budi", "id")
    chat = await chat_of(budi)
    await case_of(chat)
    await silent(chat)
    (made,) = await put(chat, "petugas menjawab", purpose="operator")
    await settled(made, "waiting")
    await budi.sees_no("petugas")
    async with session() as s:
        await s.execute(update(Chat).values(last_heard_at=dt.datetime.now(dt.UTC)))
        assert await service.release_waiting(s, chat.id) == 1
        await s.commit()
    await settled(made, "sent")
    await budi.sees("petugas")


async def test_a_reply_decided_to_wait_just_as_the_worker_writes_goes_out(
    outbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await outbox.person("Watched", "id")
    chat = await chat_of(person)
    await case_of(chat)
    await silent(chat)
    waits = send._let_wait

    async def meanwhile(*given: Any, **more: Any) -> bool:
        # Intake in short: it holds the chat, notes that it was heard, and frees what waits; here nothing does yet.
        async with session() as s:
            locked = await s.get_one(Chat, chat.id, with_for_update={"key_share": True})
            locked.last_heard_at = dt.datetime.now(dt.UTC)
            assert await service.release_waiting(s, chat.id) == 0
            deciding = asyncio.create_task(waits(*given, **more))
            done, _ = await asyncio.wait({deciding}, timeout=0.3)
            assert not done, "decided without asking whether the worker is being heard"
            await s.commit()
        return await deciding

    monkeypatch.setattr(send, "_let_wait", meanwhile)
    (made,) = await put(chat, "jawaban")
    await settled(made, "sent")


async def test_a_chat_without_a_case_is_answered_at_any_time(outbox: Sandbox) -> None:
    budi = await outbox.person("Budi", "id")
    chat = await chat_of(budi)
    await silent(chat, 600)
    await settled((await put(chat, "jawaban"))[0], "sent")


async def test_what_waits_goes_out_when_the_safe_hour_begins(outbox: Sandbox) -> None:
    budi = await outbox.person("Budi", "id")
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(hours=2)
    hours = {"from": f"{soon:%H:%M}", "to": f"{soon + dt.timedelta(hours=1):%H:%M}", "zone": "UTC"}
    chat = await chat_of(budi, safe_hours=hours)
    await case_of(chat)
    await silent(chat)
    made = await put(chat, "satu", "dua", purpose="operator")
    await settled(made[-1], "waiting")
    async with session() as s:
        at = (
            await s.execute(text("select scheduled_at from procrastinate_jobs where task_name = 'outbox.release'"))
        ).all()
        assert [found for (found,) in at] == [soon.replace(second=0, microsecond=0)], "one wake for all that waits"
        # The hour has come.
        now = dt.datetime.now(dt.UTC)
        await s.execute(update(Chat).values(safe_hours={**hours, "from": f"{now:%H:%M}"}))
        await s.execute(text("update procrastinate_jobs set scheduled_at = now()"))
        await s.commit()
    await settled(made[-1], "sent")
    assert await texts_on(budi) == ["satu", "dua"]


async def test_an_operator_may_send_at_once_knowing_the_risk(outbox: Sandbox) -> None:
    budi = await outbox.person("Budi", "id")
    chat = await chat_of(budi)
    await case_of(chat)
    await silent(chat)
    (made,) = await put(chat, "keluar sekarang", purpose="operator")
    await settled(made, "waiting")
    async with session() as s:
        assert await service.override(s, made)
        await s.commit()
    assert (await settled(made, "sent")).override


# -- erasing


async def heard(chat: Chat, message_id: int) -> Update:
    """The stored update of a worker's message."""
    async with session() as s:
        made = Update(
            bot_id=100001,
            update_id=next(numbers),
            chat_id=chat.id,
            kind="message",
            content="text",
            message_id=message_id,
            raw={},
        )
        s.add(made)
        await s.commit()
        await s.refresh(made)
    return made


async def test_erasing_clears_both_sides_and_its_own_closing_line(
    outbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erase, "CLOSING_SECONDS", 0.2)
    monkeypatch.setitem(hooks, "closing", erase.closing_sent)
    await outbox.limits(enabled=False)
    budi = await outbox.person("Budi", "id")
    chat = await chat_of(budi)
    await heard(chat, (await budi.messages())[-1]["id"])
    for n in range(130):
        await heard(chat, (await budi.says(f"tolong {n}"))["id"])
    await settled((await put(chat, "jawaban"))[0], "sent")
    last = await heard(chat, (await budi.says("hapus"))["id"])
    (late,) = await put(chat, "jawaban terlambat", update_id=last.id)
    await settled(late, "sent")
    (operator,) = await put(chat, "petugas baru menulis", purpose="operator")
    await settled(operator, "sent")
    async with session() as s:
        fresh = await s.get_one(Chat, chat.id)
        count = await erase.erase_phone(s, fresh, "id", upto_update=last.id, dedupe="erase:1")
        flow = fresh.flow
        await s.commit()
    assert count == 135
    assert flow == chat.flow + 1, "Rasa forgets too"
    await budi.gone("jawaban")
    await outbox.called("deleteMessages", lambda call: len(call["params"]["message_ids"]) == 1)
    await budi.gone("petugas baru menulis")
    batches = [len(c["params"]["message_ids"]) for c in await outbox.calls("deleteMessages")]
    assert batches == [100, 35, 1]
    async with session() as s:
        assert await s.scalar(select(func.count()).select_from(Update)) == 132, "our tables keep everything"


async def test_an_answer_still_on_its_way_does_not_appear_on_a_cleared_phone(outbox: Sandbox) -> None:
    budi = await outbox.person("Budi", "id")
    chat = await chat_of(budi)
    last = await heard(chat, (await budi.messages())[-1]["id"])
    async with session() as s:
        await s.execute(update(Chat).values(send_after=dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)))
        await s.commit()
    (made,) = await put(chat, "paspor Anda", update_id=last.id)
    (operator,) = await put(chat, "dari petugas", purpose="operator")
    async with session() as s:
        await erase.erase_phone(s, await s.get_one(Chat, chat.id), "id", upto_update=last.id, dedupe="erase:1")
        await s.execute(update(Chat).values(send_after=None))
        await s.commit()
    await until(lambda: _closing_sent(chat))
    assert (await row(made)).state == "withdrawn"
    assert (await row(operator)).state == "waiting"
    await budi.sees_no("paspor")


async def test_nothing_follows_onto_a_cleared_phone_until_an_operator_sends_it(outbox: Sandbox) -> None:
    budi = await outbox.person("Budi", "id")
    chat = await chat_of(budi)
    await case_of(chat)
    await silent(chat)
    (waited,) = await put(chat, "ada luka?", purpose="operator")
    await settled(waited, "waiting")
    # Somebody comes: in words that only Rasa understands, so what waited is let out while it thinks.
    last = await heard(chat, (await budi.says("hapus dulu chatnya kak, hp dicek bos"))["id"])
    async with session() as s:
        await s.execute(update(Chat).values(last_heard_at=last.received_at))
        await service.release_waiting(s, chat.id)
        await s.commit()
    await settled(waited, "sent")
    async with session() as s:
        await erase.erase_phone(s, await s.get_one(Chat, chat.id), "id", upto_update=last.id, dedupe="erase:1")
        await s.commit()
    (late,) = await put(chat, "kamu di mana?", purpose="operator")
    await settled(late, "waiting")
    await until(lambda: _closing_sent(chat))
    await budi.gone("ada luka?")
    await budi.sees_no("kamu di mana?")
    async with session() as s:
        await s.execute(update(Chat).values(last_heard_at=dt.datetime.now(dt.UTC)))
        assert await service.release_waiting(s, chat.id) == 0
        assert await service.override(s, waited)
        await s.commit()
    await settled(waited, "sent")
    await budi.sees("ada luka?", anywhere=True)


async def _closing_sent(chat: Chat) -> bool:
    async with session() as s:
        closing = select(Outgoing.state).where(Outgoing.chat_id == chat.id, Outgoing.purpose == "closing")
        return await s.scalar(closing) == "sent"


# -- files


async def test_a_photo_is_kept_encrypted_with_the_hash_of_the_original(outbox: Sandbox, config: Settings) -> None:
    budi = await outbox.person("Budi", "id")
    content = b"\xff\xd8 contract page " * 1000
    chat = await chat_of(budi)
    sent = await budi.sends_photo(content)
    stored = await _media(chat, sent["id"], "photo", _file_id(await _raw(outbox)))
    found = await until(lambda: _state(stored, "stored"))
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert media.read(found) == content
    files = [path for path in (config.hotline_home / "media").rglob("*") if path.is_file()]
    assert len(files) == 1
    assert b"contract" not in files[0].read_bytes()
    assert files[0].stat().st_mode & 0o077 == 0
    async with session() as s:
        made = await service.queue(s, chat.id, "sendPhoto", {"media": stored}, purpose="notice")
        await s.commit()
    assert made is not None
    await settled(made, "sent")


async def test_a_picture_sent_as_a_file_is_kept_as_it_came_and_leaves_without_its_position(
    outbox: Sandbox, config: Settings
) -> None:
    tags = Image.Exif()
    tags[0x8825] = {1: "N", 2: (11.0, 33.0, 22.5), 3: "E", 4: (104.0, 55.0, 41.5)}
    made = io.BytesIO()
    Image.new("RGB", (40, 30)).save(made, "JPEG", exif=tags)
    original = made.getvalue()
    budi = await outbox.person("Budi", "id")
    chat = await chat_of(budi)
    sent = await budi.sends_document(original, file_name="IMG_1.jpg")
    file_id = (await _raw(outbox))["document"]["file_id"]
    stored = await _media(chat, sent["id"], "document", file_id, name="IMG_1.jpg")
    found = await until(lambda: _state(stored, "stored"))
    assert (found.sha256, media.read(found)) == (hashlib.sha256(original).hexdigest(), original)
    assert (found.looked, found.found) == ("clean", {"position": [11.55625, 104.92819]})
    group = await group_row()
    async with session() as s:
        queued = await service.queue(s, group.id, "sendDocument", {"media": stored}, purpose="notice")
        await s.commit()
    assert queued is not None
    await settled(queued, "sent")
    shown = (await outbox.group.messages())[-1]["file"]
    left: bytes = (await outbox.http.get(outbox.url + shown["url"])).content
    assert Image.open(io.BytesIO(left)).size == (40, 30)
    assert not Image.open(io.BytesIO(left)).getexif()
    assert media.remove(found) == 2, "forgetting takes both"


async def test_a_file_over_20_megabytes_is_said_to_be_too_big(outbox: Sandbox) -> None:
    budi = await outbox.person("Budi", "id")
    chat = await chat_of(budi)
    assert (
        await until(lambda: _state(stored, "too_big"))
        if (stored := await _media(chat, 1, "document", "x", size_bytes=21 * 1024 * 1024))
        else False
    )


async def test_a_file_is_fetched_although_the_network_failed_first(outbox: Sandbox) -> None:
    budi = await outbox.person("Budi", "id")
    chat = await chat_of(budi)
    sent = await budi.sends_voice(b"OggS voice")
    await outbox.fault("error", "getFile", times=1)
    stored = await _media(chat, sent["id"], "voice", _file_id(await _raw(outbox)))
    await until(lambda: _state(stored, "stored"), 15)


async def _raw(sandbox: Sandbox) -> dict[str, Any]:
    """The newest message as the bot gets it."""
    from telegram import Update as TelegramUpdate

    bot = send.client()
    updates: list[TelegramUpdate] = list(await bot.get_updates(timeout=0))
    return updates[-1].to_dict()["message"]  # type: ignore[no-any-return]


def _file_id(message: dict[str, Any]) -> str:
    found = message["photo"][-1] if "photo" in message else message["voice"]
    return str(found["file_id"])


async def _media(chat: Chat, message_id: int, kind: str, file_id: str, **more: Any) -> int:
    made = await heard(chat, message_id)
    async with session() as s:
        stored = Media(chat_id=chat.id, update_id=made.id, kind=kind, file_id=file_id, **more)
        s.add(stored)
        await s.flush()
        await jobs.defer(s, "media.fetch", queue_name=jobs.MEDIA, media=stored.id)
        await s.commit()
    return stored.id


async def _state(stored: int, state: str) -> Media | None:
    async with session() as s:
        found = await s.get_one(Media, stored)
    return found if found.state == state else None


# -- rows without a job


async def test_rows_whose_job_was_lost_are_found_and_only_they(outbox: Sandbox) -> None:
    budi = await outbox.person("Budi", "id")
    chat = await chat_of(budi)
    async with session() as s:
        s.add(
            Outgoing(
                chat_id=chat.id,
                purpose="reply",
                method="sendMessage",
                payload={"text": "hampir hilang"},
                message_ids=[],
                created_at=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1),
            )
        )
        await s.commit()
    assert await send.sweep() == 1
    await budi.sees("hampir hilang")
    assert await send.sweep() == 0
