"""Several processes on one database: one sends, one polls, the next takes over, and a late riser does no harm."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text, update
from telegram import ForumTopic
from telegram.ext import ExtBot

from bot import settings as settings_module
from bot.chat import gateway
from bot.chat.webhook import PATH, make_app
from bot.errors import NluUnavailable
from bot.outbox import send, sender, service, topics
from bot.outbox.limits import Limits
from bot.settings import Settings
from bot.storage import crypto, lease
from bot.storage.lease import Lease
from bot.storage.models import Case, Chat, HeldLease, Outgoing, Update
from bot.storage.session import session
from bot.turns import rasa_client
from tests.support.rooms import Rooms
from tests.support.sandbox import DEFAULT_GROUP_ID, Person, Sandbox, running_sandbox
from tests.support.timed import under

NAME = "sender:100001"


async def until(true: Callable[[], Any], within: float = 10.0) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, f"not within {within} s"
        await asyncio.sleep(0.01)


async def expires(name: str) -> None:
    """What five silent seconds do to a lease, at once."""
    async with session() as s:
        await s.execute(
            update(HeldLease).where(HeldLease.name == name).values(until=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        )
        await s.commit()


@pytest.fixture
async def two(database: str) -> AsyncIterator[tuple[Lease, Lease]]:
    """The leases of two processes that want the same."""
    pair = Lease("poller:1", "chat", process="hotline-aaaaaaaa"), Lease("poller:1", "chat", process="hotline-bbbbbbbb")
    yield pair
    for one in pair:
        await one.release()


class TestLease:
    """Who holds it, who takes it, who notices."""

    async def test_one_of_two_holds_it_for_as_long_as_it_renews(self, two: tuple[Lease, Lease]) -> None:
        first, second = two
        assert await first.renew()
        assert not await second.renew()
        assert await first.renew() and first.fence == 1
        assert await first.confirmed() == 1 and first.valid(1)
        assert await second.confirmed() is None and not second.valid()

    async def test_a_killed_holders_lease_is_free_as_soon_as_its_connection_is_gone(
        self, two: tuple[Lease, Lease]
    ) -> None:
        first, second = two
        await first.renew()
        await second.connect()
        assert first._connection is not None
        await first._connection.close()  # as the kernel does after kill -9
        # The lease would end by itself: not within this test.
        async with session() as s:
            await s.execute(text("update leases set until = now() + interval '1 hour'"))
            await s.commit()
        began = time.monotonic()
        while not await second.renew():
            assert time.monotonic() - began < 60
            await asyncio.sleep(0.05)
        assert second.fence == 2

    async def test_a_stopped_holder_loses_it_and_knows_when_it_wakes(self, two: tuple[Lease, Lease]) -> None:
        first, second = two
        await first.renew()
        await expires("poller:1")
        assert await second.renew()
        assert await first.confirmed() is None
        assert not await first.renew()
        assert not first.valid()

    async def test_the_holders_own_clock_ends_it_without_any_question(
        self, two: tuple[Lease, Lease], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, _ = two
        await first.renew()
        assert first.valid()
        now = lease.clock()
        monkeypatch.setattr(lease, "clock", lambda: now + lease.SECONDS)
        assert not first.valid()
        assert await first.confirmed() == 1, "nobody took it, so it is renewed"
        assert first.valid(1)

    async def test_who_lost_it_and_has_it_again_knows_that_time_passed(self, two: tuple[Lease, Lease]) -> None:
        first, second = two
        await first.renew()
        before = await first.confirmed()
        await expires("poller:1")
        await second.renew()
        await second.release()
        assert await first.renew()
        assert first.valid() and not first.valid(before), "what began under the old fence is too late"

    async def test_given_back_in_good_order_it_is_free_at_once(self, two: tuple[Lease, Lease]) -> None:
        first, second = two
        await first.renew()
        await first.release()
        assert await second.renew()

    async def test_the_work_is_done_in_one_place_and_moves_on(self, two: tuple[Lease, Lease]) -> None:
        at_work: list[str] = []
        waited: list[str] = []

        async def work(name: str) -> None:
            at_work.append(name)
            try:
                await asyncio.Event().wait()
            finally:
                at_work.remove(name)

        first, second = two
        one = asyncio.create_task(first.hold(lambda: work("first")))
        await until(lambda: at_work == ["first"])
        other = asyncio.create_task(second.hold(lambda: work("second"), lambda: waited.append("second")))
        await until(lambda: waited)
        one.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await one
        await until(lambda: at_work == ["second"], lease.RENEW_SECONDS + 3)
        other.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await other
        assert not at_work

    async def test_work_that_fails_is_not_hidden(self, two: tuple[Lease, Lease]) -> None:
        async def fails() -> None:
            raise RuntimeError("broken")

        with pytest.raises(RuntimeError):
            await two[0].hold(fails)


@pytest.fixture
async def telegram(database: str, config: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    """A Telegram of the test's own to which this process may send."""
    async with running_sandbox() as sandbox:
        monkeypatch.setenv("TELEGRAM_API_URL", sandbox.api_url)
        settings_module.settings.cache_clear()
        monkeypatch.setattr("bot.outbox.telegram._bot", None)
        monkeypatch.setattr(send, "_limits", Limits())
        yield sandbox
        await send.client().shutdown()


async def queued(person: Person, *texts: str) -> int:
    """Messages wait for a worker. Returns the chat's row id."""
    await person.says("halo")
    async with session() as s:
        chat = Chat(
            chat_hash=crypto.keyed_hash("chat", person.id),
            chat_id=str(person.id),
            last_heard_at=dt.datetime.now(dt.UTC),
        )
        s.add(chat)
        await s.flush()
        for words in texts:
            await service.queue(s, chat.id, "sendMessage", {"text": words}, purpose="reply")
        await s.commit()
    return chat.id


async def state_of(chat: int) -> list[str]:
    async with session() as s:
        return list(await s.scalars(select(Outgoing.state).where(Outgoing.chat_id == chat).order_by(Outgoing.id)))


class TestSender:
    """A worker that was stopped and wakes up does not send what is another's to send."""

    async def test_it_sends_nothing_once_another_took_over(self, telegram: Sandbox) -> None:
        budi = await telegram.person("Budi", "id")
        chat = await queued(budi, "satu")
        other = Lease(NAME, sender.ROLE, process="hotline-bbbbbbbb")
        await expires(NAME)
        assert await other.renew()
        with pytest.raises(sender.NotTheSender):
            await send.send(chat=chat)
        assert await state_of(chat) == ["queued"]
        await budi.sees_no("satu")
        await other.release()
        await sender.lease().renew()
        await send.send(chat=chat)
        await budi.sees("satu")

    async def test_stopped_right_before_the_call_it_does_not_make_it(
        self, telegram: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        budi = await telegram.person("Budi", "id")
        chat = await queued(budi, "satu")
        attempt = send._attempt

        async def sleeps_first(row: Outgoing, chat: Chat, also: Sequence[Outgoing] = ()) -> bool:
            now = lease.clock()
            monkeypatch.setattr(lease, "clock", lambda: now + 3601)
            return await attempt(row, chat, also)

        monkeypatch.setattr(send, "_attempt", sleeps_first)
        with pytest.raises(sender.NotTheSender):
            await send.send(chat=chat)
        assert not await telegram.calls("sendMessage", chat_id=budi.id)
        assert await state_of(chat) == ["queued"]

    async def test_a_job_that_was_given_back_does_not_send_beside_its_twin(self, telegram: Sandbox) -> None:
        budi = await telegram.person("Budi", "id")
        chat = await queued(budi, "satu", "dua")
        await asyncio.gather(*(send.send(chat=chat) for _ in range(4)))
        assert len(await telegram.calls("sendMessage", chat_id=budi.id)) == 2

    async def test_the_next_sender_counts_what_the_one_before_it_sent(self, telegram: Sandbox) -> None:
        budi = await telegram.person("Budi", "id")
        chat = await queued(budi, "satu", "dua", "tiga", "empat")
        await send.send(chat=chat)
        await send.recall_last_minute()
        assert send._counters().take(chat, group=False, now=time.monotonic()) > 0, "the burst of four is used up"


class TestATopicThatIsBeingMade:
    """Another process begins to send while the one before it still waits for Telegram's answer."""

    async def test_it_is_waited_for_and_not_made_twice(self, database: str) -> None:
        case, group = await _case_and_group()
        await sender.confirm(sender.lease().fence)
        answered = asyncio.Event()
        bot = SlowBot(answered)
        first = asyncio.create_task(topics.thread_for(bot, case, group))
        await until(lambda: bot.asked)
        first.cancel()  # as happens to whoever lost the lease
        second = asyncio.create_task(topics.thread_for(bot, case, group))
        await _asks_or_waits(bot)
        answered.set()
        made = await second
        with contextlib.suppress(asyncio.CancelledError):
            await first
        assert bot.asked == 1 and made == 1001
        assert await topics.thread_for(bot, case, group) == 1001

    async def test_whoever_lost_the_lease_meanwhile_posts_nothing_in_it(
        self, telegram: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case, group = await _case_and_group()
        async with session() as s:
            await service.queue(
                s, group.id, "sendMessage", {"text": "P2"}, purpose="alert", in_topic=True, case_id=case
            )
            await s.commit()

        async def takes_long(*_: Any) -> int:
            now = lease.clock()
            monkeypatch.setattr(lease, "clock", lambda: now + 3601)
            return 1001

        monkeypatch.setattr(topics, "thread_for", takes_long)
        with pytest.raises(sender.NotTheSender):
            await send.send(chat=group.id)
        assert not await telegram.calls("sendMessage", chat_id=DEFAULT_GROUP_ID)
        assert await state_of(group.id) == ["queued"]


class SlowBot(ExtBot[None]):
    """A Telegram that makes a topic and answers when it is told to."""

    def __init__(self, answers: asyncio.Event) -> None:
        super().__init__("1:x")
        self._answers = answers
        self._asked = [0]

    @property
    def asked(self) -> int:
        return self._asked[0]

    async def create_forum_topic(self, *_: Any, **__: Any) -> ForumTopic:
        self._asked[0] += 1
        number = 1000 + self.asked
        await self._answers.wait()
        return ForumTopic(number, "P2", 0)


async def _asks_or_waits(bot: SlowBot) -> None:
    """Until Telegram was asked a second time, or somebody waits for a lock in the database."""
    query = text("select exists (select from pg_stat_activity where wait_event_type = 'Lock')")
    while bot.asked < 2:
        async with session() as s:
            if await s.scalar(query):
                return
        await asyncio.sleep(0.01)


async def _case_and_group() -> tuple[int, Chat]:
    async with session() as s:
        chats = [
            Chat(chat_hash=crypto.keyed_hash("chat", number), chat_id=str(number), kind=kind)
            for number, kind in ((41, "private"), (DEFAULT_GROUP_ID, "operators"))
        ]
        chats[1].desk_hash = chats[1].chat_hash
        s.add_all(chats)
        await s.flush()
        case = Case(ref="H-7K3Q", chat_id=chats[0].id, kind="distress", priority=2, lang="id", facts={}, site="x")
        s.add(case)
        await s.commit()
    return case.id, chats[1]


class TestGateways:
    """Two gateways for one token."""

    async def test_one_polls_the_other_stands_by_and_takes_over_without_a_conflict(
        self, rooms: Rooms, telegram: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ready: list[str] = []
        tasks = []
        for name in ("aaaaaaaa", "bbbbbbbb"):
            made = Lease("poller:100001", "chat", process=f"hotline-{name}")
            monkeypatch.setattr(gateway, "Lease", lambda *_, made=made: made)
            task = asyncio.create_task(gateway.run(lambda name=name: ready.append(name)))
            tasks.append((task, made))
            await until(lambda name=name: name in ready)
        budi = await telegram.person("Budi", "id")
        await budi.says("satu")
        await telegram.all_updates_taken(10)
        _, first_lease = tasks[0]
        # Stopped: it renews nothing, and its own clock runs out.
        monkeypatch.setattr(first_lease, "renew", _never)
        first_lease._believed_until = 0.0
        await expires("poller:100001")
        await until(lambda: tasks[1][1].valid(), lease.RENEW_SECONDS + 5)
        await budi.says("dua")
        await telegram.all_updates_taken(30)
        # Its question of before the stop is the only one that may be answered with a conflict.
        assert len(await telegram.calls("getUpdates")) <= 1, "only refused polls are noted"
        for task, _ in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        async with session() as s:
            numbers = list(await s.scalars(select(Update.update_id).order_by(Update.id)))
        assert len(numbers) == len(set(numbers)) == 2

    async def test_what_both_receive_is_stored_and_answered_once(self, rooms: Rooms) -> None:
        pressed: list[int] = []

        async def after(got: Any, _: dict[str, Any]) -> None:
            pressed.append(got.update_id)

        updates = [rooms.update(text=f"halo {n}", user=41 + n % 3) for n in range(12)]
        headers = {"X-Telegram-Bot-Api-Secret-Token": "s"}
        async with contextlib.AsyncExitStack() as stack:
            transports = [httpx.ASGITransport(app=make_app("s", after)) for _ in range(2)]
            clients = [httpx.AsyncClient(transport=one, base_url="http://webhook") for one in transports]
            for client in clients:
                await stack.enter_async_context(client)
            answers = await asyncio.gather(
                *(client.post(PATH, json=raw, headers=headers) for raw in updates for client in clients)
            )
        assert {answer.status_code for answer in answers} == {200}
        async with session() as s:
            stored = list(await s.scalars(select(Update.update_id)))
            queued = await s.scalar(text("select count(*) from procrastinate_jobs where task_name = 'turns.take'"))
        assert sorted(stored) == sorted(pressed) == [raw["update_id"] for raw in updates]
        assert queued == len(updates), "each has one turn"

    async def test_every_gateway_knows_the_same_webhook_secret(self, database: str) -> None:
        from bot.storage.session import webhook_secret

        secrets = await asyncio.gather(*(webhook_secret() for _ in range(4)))
        assert len(set(secrets)) == 1
        async with session() as s:
            assert await s.scalar(text("select count(*) from secrets where name = 'webhook'")) == 1


async def _never() -> bool:
    await asyncio.Event().wait()
    return False


def rasa_at(**servers: Callable[[], Any]) -> httpx.AsyncClient:
    """Rasa servers by host name; what each does with a turn."""

    async def take(request: httpx.Request) -> httpx.Response:
        answer = servers[request.url.host]()
        if asyncio.iscoroutine(answer):
            await answer
        return httpx.Response(200, json=[{"custom": {"body": request.url.host}}])

    return httpx.AsyncClient(transport=httpx.MockTransport(take))


class TestRasaServers:
    """Several Rasa servers: one that is away is hardly noticed, and nobody waits twice."""

    @pytest.fixture(autouse=True)
    def _two(self, config: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RASA_URL", "http://a/, http://b")
        monkeypatch.setenv("NLU_TIMEOUT_SECONDS", "1")
        settings_module.settings.cache_clear()
        monkeypatch.setattr(rasa_client, "_servers", None)

    async def test_each_chat_has_its_own_and_the_other_one_when_that_is_down(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def down() -> None:
            raise httpx.ConnectError("refused")

        monkeypatch.setattr(rasa_client, "_http", rasa_at(a=lambda: None, b=lambda: None))
        said = [(await rasa_client.ask(f"{chat}:1", "halo", {}))[0].body for chat in (2, 3, 4)]
        assert said == ["a", "b", "a"]
        monkeypatch.setattr(rasa_client, "_http", rasa_at(a=down, b=lambda: None))
        assert (await rasa_client.ask("2:1", "halo", {}))[0].body == "b"

    async def test_one_that_hangs_costs_one_turn_some_seconds_and_the_next_one_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hung: list[int] = []

        async def hangs() -> None:
            hung.append(1)
            await asyncio.sleep(30)

        monkeypatch.setattr(rasa_client, "_http", rasa_at(a=hangs, b=lambda: None))
        assert (await rasa_client.ask("2:1", "halo", {}))[0].body == "b", "within the time of one"
        assert (await rasa_client.ask("4:1", "halo", {}))[0].body == "b"
        assert len(hung) == 1, "the one that hangs is not asked again"

    @pytest.mark.timed
    async def test_when_all_hang_our_own_words_come_in_the_time_of_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rasa_client, "_http", rasa_at(a=lambda: asyncio.sleep(30), b=lambda: asyncio.sleep(30)))
        began = time.monotonic()
        with pytest.raises(NluUnavailable):
            await rasa_client.ask("2:1", "halo", {})
        under(time.monotonic() - began, 1.8)
