"""The HTTP client of the hot path: httpx as everywhere else, over aiohttp's connections.

httpx's own connections cost more than twice the processor time a call (docs/benchmarks.md), and a message makes three.
"""

from __future__ import annotations

from urllib.request import getproxies, proxy_bypass
from weakref import WeakSet

import aiohttp
import httpx

_in_use: WeakSet[Transport] = WeakSet()


def client(*, timeout: httpx.Timeout | float, connections: int, proxies: bool = False) -> httpx.AsyncClient:
    """A client of so many connections at most. `proxies`: those named in the environment are used."""
    return httpx.AsyncClient(timeout=timeout, transport=Transport(connections, proxies=proxies))


async def close_all() -> None:
    """Close every connection that is still open, at the end of a process."""
    for transport in list(_in_use):
        await transport.aclose()


class Transport(httpx.AsyncBaseTransport):
    """Makes httpx's calls with aiohttp and raises httpx's errors. An answer is read to its end at once."""

    def __init__(self, connections: int, *, proxies: bool = False) -> None:
        self._connections, self._proxies = connections, proxies
        self._proxy_of: dict[tuple[str, str], str | None] = {}
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One call. Raises httpx.TransportError."""
        times = request.extensions.get("timeout", {})
        timeout = aiohttp.ClientTimeout(
            sock_connect=times.get("connect"), sock_read=times.get("read"), connect=times.get("pool")
        )
        try:
            async with self._open().request(
                request.method,
                str(request.url),
                headers=request.headers.items(),
                data=await request.aread() or None,
                allow_redirects=False,
                timeout=timeout,
                proxy=self._proxy(request.url),
            ) as answer:
                content = await answer.read()
        except aiohttp.ConnectionTimeoutError as problem:
            raise httpx.ConnectTimeout(_named(problem)) from problem
        except TimeoutError as problem:
            raise httpx.ReadTimeout(_named(problem)) from problem
        except aiohttp.ClientConnectorError as problem:
            raise httpx.ConnectError(_named(problem)) from problem
        except aiohttp.ServerDisconnectedError as problem:
            raise httpx.RemoteProtocolError(_named(problem)) from problem
        except (aiohttp.ClientOSError, OSError) as problem:
            raise httpx.ReadError(_named(problem)) from problem
        except aiohttp.ClientError as problem:
            raise httpx.RemoteProtocolError(_named(problem)) from problem
        # aiohttp has unpacked what came packed.
        kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in _UNPACKED]
        return httpx.Response(answer.status, headers=kept, content=content)

    def _proxy(self, url: httpx.URL) -> str | None:
        """The proxy that the environment names for an address, looked up once: aiohttp asks a thread each call."""
        if not self._proxies:
            return None
        where = url.scheme, url.host
        if where not in self._proxy_of:
            self._proxy_of[where] = None if proxy_bypass(url.host) else getproxies().get(url.scheme)
        return self._proxy_of[where]

    async def aclose(self) -> None:
        """Close the connections; the next call opens new ones."""
        _in_use.discard(self)
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            # The certificates that httpx trusts, and no cookies: nothing is remembered from one call to the next.
            connector = aiohttp.TCPConnector(limit=self._connections, ssl=httpx.create_ssl_context())
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
            _in_use.add(self)
        return self._session


_UNPACKED = frozenset({"content-encoding", "content-length", "transfer-encoding"})


def _named(problem: BaseException) -> str:
    """The class of an error alone: its message may name an address with the bot's token in it."""
    return type(problem).__name__
