"""Updates reach the bot by polling and by webhook as from the real Telegram, and faults strike as announced."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from telegram import Bot, Update
from telegram.error import Conflict, NetworkError, RetryAfter, TimedOut

from bot.chat import tls
from bot.sandbox.config import LimitsConfig, SandboxConfig
from bot.sandbox.limits import Limits
from bot.sandbox.server import create_app, serve
from bot.sandbox.updates import UpdateQueue
from tests.support.sandbox import TOKEN, Person, Sandbox, SandboxProcess, free_port


@pytest.fixture(scope="module")
def process() -> Any:
    """One sandbox for the module, with webhook retries a thousand times faster."""
    process = SandboxProcess(options=("--webhook-backoff-scale", "0.001")).start()
    yield process
    process.stop()


@pytest.fixture
async def sandbox(process: SandboxProcess) -> AsyncIterator[Sandbox]:
    client = process.client()
    async with telegram_bot(client) as bot:
        await bot.delete_webhook(drop_pending_updates=True)
    yield client
    await client.clear_faults()
    async with telegram_bot(client) as bot:
        await bot.delete_webhook(drop_pending_updates=True)
    await client.aclose()


def telegram_bot(sandbox: Sandbox) -> Bot:
    return Bot(TOKEN, base_url=f"{sandbox.api_url}/bot", base_file_url=f"{sandbox.api_url}/file/bot")


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    async with telegram_bot(sandbox) as bot:
        yield bot


@pytest.fixture
async def budi(sandbox: Sandbox) -> Person:
    """A worker known to the bot, whose /start is already fetched."""
    person = await sandbox.person("Budi", "id")
    await person.starts()
    async with telegram_bot(sandbox) as bot:
        updates = await bot.get_updates()
        await bot.get_updates(offset=updates[-1].update_id + 1)
    return person


class Hook:
    """A webhook that remembers what it got; `answers` are the status codes it gives first, `refuses` by text."""

    def __init__(self) -> None:
        self.got: list[tuple[str | None, Any]] = []
        self.answers: list[int] = []
        self.refuses: dict[str, int] = {}
        self.arrived = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            part = await receive()
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        headers = dict(scope["headers"])
        secret = headers.get(b"x-telegram-bot-api-secret-token")
        self.got.append((secret.decode() if secret else None, json.loads(body)))
        status = self.answers.pop(0) if self.answers else 200
        text = self.got[-1][1]["message"]["text"]
        if self.refuses.get(text):
            self.refuses[text] -= 1
            status = 500
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        self.arrived.set()

    async def until(self, count: int) -> None:
        """Wait for this many requests."""
        async with asyncio.timeout(5):
            while len(self.got) < count:
                self.arrived.clear()
                await self.arrived.wait()


@contextlib.asynccontextmanager
async def listening(hook: Hook, certificate: tls.Certificate | None = None) -> AsyncIterator[str]:
    """The hook's address."""
    port = free_port()
    config = uvicorn.Config(hook, port=port, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    config.load()
    config.ssl = tls.server_context(certificate) if certificate else None
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(5):
        while not server.started:  # noqa: ASYNC110 (uvicorn offers no event for it)
            await asyncio.sleep(0)
    try:
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{port}/hook"
    finally:
        server.should_exit = True
        await task


async def test_polling_confirms_by_offset(bot: Bot, budi: Person) -> None:
    for text in ("satu", "dua", "tiga"):
        await budi.says(text)
    first = await bot.get_updates(limit=2)
    assert [u.message.text for u in first if u.message] == ["satu", "dua"]
    assert [u.update_id for u in await bot.get_updates()] == [first[0].update_id + i for i in range(3)]
    rest = await bot.get_updates(offset=first[-1].update_id + 1)
    assert [u.message.text for u in rest if u.message] == ["tiga"]
    assert len(await bot.get_updates(offset=-1)) == 1
    assert await bot.get_updates(offset=rest[-1].update_id + 1) == ()


async def test_a_waiting_poll_wakes_with_the_first_update(bot: Bot, budi: Person) -> None:
    # Longer than the test may take: what ends the poll is the update.
    poll = asyncio.create_task(bot.get_updates(timeout=600, read_timeout=600))
    await budi.says("/lang km")
    (update,) = await poll
    assert update.message and update.message.parse_entities(["bot_command"])


async def test_the_earlier_of_two_polls_ends_with_a_conflict(sandbox: Sandbox, bot: Bot, budi: Person) -> None:
    earlier = asyncio.create_task(bot.get_updates(timeout=20))
    async with telegram_bot(sandbox) as second:
        # The first request must be waiting on the server before the second arrives.
        await asyncio.sleep(0.2)
        later = asyncio.create_task(second.get_updates(timeout=20))
        with pytest.raises(Conflict, match="terminated by other getUpdates request; make sure that only one bot"):
            await earlier
        await budi.says("siapa cepat")
        assert len(await later) == 1


async def test_allowed_updates_are_kept(bot: Bot, budi: Person) -> None:
    await bot.get_updates(allowed_updates=["message"])
    said = await budi.says("salah ketik")
    await budi.edits(said["id"], "salah ketik?")
    assert [u.edited_message for u in await bot.get_updates()] == [None]
    await bot.get_updates(allowed_updates=Update.ALL_TYPES, offset=-1)
    await budi.edits(said["id"], "benar")
    assert (await bot.get_updates())[-1].edited_message is not None
    await bot.get_updates(allowed_updates=[])


async def test_a_webhook_gets_secret_order_and_retries(sandbox: Sandbox, bot: Bot, budi: Person) -> None:
    hook = Hook()
    hook.answers = [500, 503, 200]
    async with listening(hook) as url:
        await bot.set_webhook(url, secret_token="rahasia-1")
        await budi.says("satu")
        await budi.says("dua")
        await hook.until(4)
        await sandbox.all_updates_taken(within=5)
        info = await bot.get_webhook_info()
        await bot.delete_webhook()
    assert {secret for secret, _ in hook.got} == {"rahasia-1"}
    assert [u["message"]["text"] for _, u in hook.got] == ["satu", "satu", "satu", "dua"]
    assert info.url == url and info.last_error_message == "Wrong response from the webhook: 503 Service Unavailable"


async def test_over_https_only_the_certificate_that_was_uploaded_is_trusted(
    sandbox: Sandbox, bot: Bot, budi: Person, tmp_path: Path
) -> None:
    ours, other = tls.make("127.0.0.1", tmp_path / "ours"), tls.make("127.0.0.1", tmp_path / "other")
    hook = Hook()
    async with listening(hook, ours) as url:
        await budi.says("satu")
        for uploaded in (None, other.path):
            await bot.set_webhook(url, certificate=uploaded)

            async def refused() -> bool:
                return "verify failed" in ((await bot.get_webhook_info()).last_error_message or "")

            await sandbox.until(refused, 5, lambda: "an unknown certificate was trusted")
            assert not hook.got
        await bot.set_webhook(url, certificate=ours.path)
        await hook.until(1)
        assert (await bot.get_webhook_info()).has_custom_certificate
        await bot.delete_webhook()


async def test_a_stuck_chat_does_not_hold_up_another(sandbox: Sandbox, bot: Bot, budi: Person) -> None:
    other = await sandbox.person("Sreymom", "km")
    hook = Hook()
    hook.refuses = {"satu": 3}
    async with listening(hook) as url:
        await budi.says("satu")
        await other.says("ពីរ")
        await bot.set_webhook(url)
        await hook.until(5)
        await bot.delete_webhook()
    texts = [u["message"]["text"] for _, u in hook.got]
    assert texts.count("ពីរ") == 1 and texts.count("satu") == 4 and texts[-1] == "satu"


async def test_pending_updates_can_be_dropped(sandbox: Sandbox, bot: Bot, budi: Person) -> None:
    await budi.says("lama")
    await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()


async def test_any_json_can_be_an_update(sandbox: Sandbox) -> None:
    await sandbox.push_update({"message": {"no": "chat"}})
    await sandbox.push_update({"future_thing": {}}, assign_id=False)
    await sandbox.push_update("not even an object")
    async with httpx.AsyncClient() as http:
        got = (await http.get(f"{sandbox.url}/bot{TOKEN}/getUpdates")).json()["result"]
    assert got[0]["message"] == {"no": "chat"} and isinstance(got[0]["update_id"], int)
    assert got[1:] == [{"future_thing": {}}, "not even an object"]


async def test_faults_refuse_and_then_pass(sandbox: Sandbox, bot: Bot, budi: Person) -> None:
    await sandbox.fault("error", "sendMessage", times=1, status=502)
    await sandbox.fault("flood", "sendMessage", times=1, retry_after=7)
    await sandbox.fault("reset", "sendMessage", times=1)
    with pytest.raises(NetworkError, match="Bad Gateway"):
        await bot.send_message(budi.id, "a")
    with pytest.raises(RetryAfter):
        await bot.send_message(budi.id, "b")
    with pytest.raises(NetworkError):
        await bot.send_message(budi.id, "c")
    await bot.send_message(budi.id, "d")
    assert [m["text"] for m in await budi.messages() if m["from"]["is_bot"]] == ["d"]


async def test_a_lost_answer_leaves_the_message_sent(sandbox: Sandbox, bot: Bot, budi: Person) -> None:
    await sandbox.fault("answer_lost", "sendMessage", times=1, chat_id=budi.id)
    with pytest.raises(NetworkError):
        await bot.send_message(budi.id, "sampai")
    await budi.sees("sampai", within=1)


async def test_a_black_hole_lets_go_when_cleared(sandbox: Sandbox, bot: Bot, budi: Person) -> None:
    await sandbox.fault("blackhole", "sendMessage", times=1)
    with pytest.raises(TimedOut):
        await bot.send_message(budi.id, "hilang", read_timeout=0.2)
    waiting = asyncio.create_task(bot.send_message(budi.id, "lewat"))
    assert (await waiting).text == "lewat"
    await budi.sees_no("hilang")


async def test_latency_delays_a_call(sandbox: Sandbox, bot: Bot, budi: Person) -> None:
    await sandbox.fault("latency", "sendMessage", seconds=0.15, times=1)
    started = time.monotonic()
    await bot.send_message(budi.id, "pelan")
    assert time.monotonic() - started >= 0.15


async def test_updates_can_arrive_twice(sandbox: Sandbox, bot: Bot, budi: Person) -> None:
    await sandbox.fault("duplicate_updates", times=1)
    await budi.says("ganda")
    (first,) = await bot.get_updates()
    (again,) = await bot.get_updates(offset=first.update_id + 1)
    assert again.update_id == first.update_id
    assert await bot.get_updates(offset=first.update_id + 1) == ()


async def test_updates_can_arrive_newest_first(sandbox: Sandbox, bot: Bot, budi: Person) -> None:
    await sandbox.fault("reorder_updates", times=1)
    for words in ("satu", "dua"):
        await budi.says(words)
    assert [u.message.text for u in await bot.get_updates() if u.message] == ["dua", "satu"]
    assert [u.message.text for u in await bot.get_updates() if u.message] == ["satu", "dua"]


async def test_the_log_of_calls_says_whose_answer_was_lost(sandbox: Sandbox, bot: Bot, budi: Person) -> None:
    await sandbox.fault("answer_lost", "sendMessage", times=1, chat_id=budi.id)
    with pytest.raises(NetworkError):
        await bot.send_message(budi.id, "sampai")
    await bot.send_message(budi.id, "lagi")
    first, second = await sandbox.calls("sendMessage", chat_id=budi.id)
    assert first["ok"] and first["fault"] == "answer_lost" and first["message_id"]
    assert second["ok"] and second["fault"] is None


async def test_the_log_of_calls_says_whose_caller_was_gone(sandbox: Sandbox, budi: Person) -> None:
    await sandbox.fault("latency", "sendMessage", seconds=0.3, times=1)
    async with httpx.AsyncClient() as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.post(
                f"{sandbox.url}/bot{TOKEN}/sendMessage",
                json={"chat_id": budi.id, "text": "x"},
                timeout=httpx.Timeout(10, read=0.05),
            )
    call = await sandbox.called("sendMessage", lambda call: call["fault"] == "caller_gone")
    assert call["ok"] and call["message_id"]


async def test_updates_made_are_counted(sandbox: Sandbox, budi: Person) -> None:
    before = (await sandbox.status())["updates_made"]
    await budi.says("satu")
    assert (await sandbox.status())["updates_made"] == before + 1


async def test_a_page_elsewhere_cannot_use_the_sandbox(sandbox: Sandbox) -> None:
    async with httpx.AsyncClient() as http:
        for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
            assert (await http.get(f"{sandbox.url}/sandbox/people", headers=headers)).status_code == 403
        assert "Hotline sandbox" in (await http.get(sandbox.url)).text


def test_the_sandbox_refuses_other_addresses() -> None:
    with pytest.raises(ValueError, match="this machine only"):
        serve(SandboxConfig(), "0.0.0.0", 8081)


def test_ids_never_repeat_after_a_restart() -> None:
    before, after = (create_app(SandboxConfig(first_id=n)).state.world for n in (1_000, 2_000))
    assert before.updates.push_raw({}) == 1_000
    assert after.updates.push_raw({}) == 2_000
    assert SandboxConfig().id_base() > 90_000_000


def test_limits_recover_with_time() -> None:
    now = [0.0]
    limits = Limits(LimitsConfig(overall_per_second=2, private_burst=9), lambda: now[0])
    limits.check("sendmessage", 1)
    limits.check("sendmessage", 2)
    with pytest.raises(Exception, match="retry after 1"):
        limits.check("sendmessage", 3)
    limits.check("getme", 3)
    now[0] = 1.0
    limits.check("sendmessage", 3)


async def test_a_poll_that_comes_while_the_sandbox_ends_is_not_kept_waiting() -> None:
    # Kept, it would be cut off with a traceback on the screen of whoever pressed Ctrl-C.
    updates = UpdateQueue(1)
    updates.close()
    async with asyncio.timeout(5):
        assert await updates.poll(0, 100, 30) == []
