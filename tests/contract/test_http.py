"""The client of the hot path against servers that do not answer as they should: each fault is told from the others,
for what follows depends on it (was it done? does it hang? is nobody there?)."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from bot.runtime.http_client import client

SECRET = "100001:SECRET"
type Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def answer(body: bytes, *headers: str) -> bytes:
    head = ["HTTP/1.1 200 OK", f"content-length: {len(body)}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def breaks_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(answer(b"x" * 100)[:-50])


async def babbles(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"no http at all\r\n\r\n")


async def packs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(answer(gzip.compress(b'{"ok": true}'), "content-encoding: gzip", "content-type: application/json"))


async def once_each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers one call a connection, and closes it without a word."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(answer(b"{}"))


async def echoes_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(await reader.readuntil(b"\r\n\r\n")))


@asynccontextmanager
async def server(behaviour: Behaviour) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await behaviour(reader, writer)
            await writer.drain()
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/bot{SECRET}/getMe"
    finally:
        listening.close()


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (hangs, httpx.ReadTimeout),
        (hangs_up, httpx.RemoteProtocolError),
        (breaks_off, httpx.RemoteProtocolError),
        (babbles, httpx.RemoteProtocolError),
    ],
)
async def test_each_fault_is_told_from_the_others_and_names_no_token(behaviour: Behaviour, error: type) -> None:
    async with server(behaviour) as url, client(timeout=0.3, connections=2) as http:
        with pytest.raises(error) as raised:
            await http.post(url, json={})
    assert SECRET not in str(raised.value)


async def test_nobody_is_there() -> None:
    async with server(hangs) as url:
        pass
    async with client(timeout=2, connections=2) as http:
        with pytest.raises(httpx.ConnectError):
            await http.post(url, json={})


async def test_a_packed_answer_is_unpacked_once() -> None:
    async with server(packs) as url, client(timeout=2, connections=2) as http:
        assert (await http.post(url, json={})).json() == {"ok": True}


async def test_a_connection_that_was_closed_meanwhile_is_not_used_again() -> None:
    async with server(once_each) as url, client(timeout=2, connections=2) as http:
        for _ in range(5):
            assert (await http.post(url, json={})).json() == {}
            await asyncio.sleep(0)


async def test_a_call_after_the_client_was_closed_opens_it_again() -> None:
    from bot.outbox.telegram import make_bot

    async with server(packs) as url:
        bot = make_bot()
        for _ in range(2):
            async with bot.request as request:
                assert (await request.do_request(url, "POST"))[0] == 200


async def test_a_question_without_a_body_announces_none() -> None:
    async with server(echoes_head) as url, client(timeout=2, connections=2) as http:
        head = (await http.get(url)).text.lower()
    assert "transfer-encoding" not in head
    assert "content-length" not in head


async def test_the_proxy_that_the_environment_names_is_used_except_where_it_says_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with server(echoes_head) as proxy, client(timeout=2, connections=2, proxies=True) as http:
        monkeypatch.setenv("http_proxy", proxy.partition("/bot")[0])
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert (await http.get("http://api.example/getMe")).text.startswith("GET http://api.example/getMe ")
        assert (await http.get(proxy)).text.startswith("GET /bot")
    async with server(echoes_head) as here, client(timeout=2, connections=2) as ours:
        monkeypatch.delenv("no_proxy")
        assert (await ours.get(here)).text.startswith("GET /bot"), "what is ours asks no proxy"
