"""The HTTP side of the Bot API: tokens, methods, faults, the audit log and file downloads."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bot.sandbox import methods_bot, methods_chat, methods_edit, methods_send
from bot.sandbox.calls import Call, Handler, method_key
from bot.sandbox.errors import ApiError, too_many
from bot.sandbox.faults import Fault
from bot.sandbox.model import Json
from bot.sandbox.params import Params, read_params
from bot.sandbox.state import World

#: Every method of the sandbox by its name in lower case.
METHODS: dict[str, tuple[str, Handler]] = {
    method_key(name): (name, handler)
    for module in (methods_bot, methods_chat, methods_edit, methods_send)
    for name, handler in module.METHODS.items()
}


class BrokenConnection(Response):
    """Ends the connection without an answer, as a failing network would."""

    def __init__(self, receive: Receive) -> None:
        super().__init__()
        self._request_receive = receive

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Abort the socket where uvicorn lets us reach it, else leave the answer unfinished, which closes it too."""
        transport = getattr(getattr(self._request_receive, "__self__", None), "transport", None)
        if transport is None:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000000")]})
            return
        transport.abort()
        # This reaches nobody any more; the server only wants to see an answer.
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


class BotApi:
    """Answers /bot<token>/<method> and /file/bot<token>/<path>."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def call(self, request: Request) -> Response:
        """One Bot API call."""
        method = method_key(request.path_params["method"])
        if request.path_params["token"] != self._world.config.token:
            return _refused(ApiError(401, "Unauthorized"))
        try:
            params = await read_params(request)
        except ApiError as error:
            return _refused(error)
        chat_id = params.integer("chat_id") or None
        struck = self._world.faults.strike(method, chat_id)
        for fault in struck:
            if fault.kind == "latency":
                await asyncio.sleep(fault.seconds)
            elif fault.kind != "answer_lost":
                return await self._fail(request, method, params, fault)
        lost = any(f.kind == "answer_lost" for f in struck)
        answer, entry = await self._answer(method, params, lost=lost)
        if lost:
            return BrokenConnection(request.receive)
        if entry is not None and await request.is_disconnected():
            # Whoever called died meanwhile: nobody will read this.
            entry["fault"] = "caller_gone"
            self._world.changes.tell("call", None, seq=entry["seq"])
        return answer

    async def _fail(self, request: Request, method: str, params: Params, fault: Fault) -> Response:
        """Refuse a call because of a fault; nothing was done."""
        if fault.kind == "flood":
            error = too_many(fault.retry_after)
        elif fault.kind == "error":
            error = ApiError(fault.status, "Internal Server Error" if fault.status == 500 else "Bad Gateway")
        else:
            self._note(method, params, ok=False, fault=fault.kind)
            if fault.kind == "blackhole":
                await fault.cleared.wait()
            return BrokenConnection(request.receive)
        self._note(method, params, ok=False, fault=fault.kind, error=error)
        return _refused(error)

    async def _answer(self, method: str, params: Params, *, lost: bool) -> tuple[Response, Json | None]:
        """Do what a call asks. Returns the answer, and the line of the audit log when something was done."""
        if method not in METHODS:
            return _refused(ApiError(404, "Not Found: method not found")), None
        handler = METHODS[method][1]
        try:
            result = handler(Call(self._world, params, method))
            if inspect.isawaitable(result):
                result = await result
        except ApiError as error:
            self._note(method, params, ok=False, error=error)
            return _refused(error), None
        entry: Json | None = None
        if method != "getupdates":  # thousands of empty polls would push everything else out of the log
            entry = self._note(method, params, ok=True, result=result, fault="answer_lost" if lost else None)
        return JSONResponse({"ok": True, "result": result}), entry

    def _note(
        self,
        method: str,
        params: Params,
        *,
        ok: bool,
        error: ApiError | None = None,
        fault: str | None = None,
        result: Any = None,
    ) -> Json:
        """Write one call into the audit log. `fault` of a call that was done says who never got its answer."""
        entry: Json = {
            "seq": next(self._world.audit_ids),
            "at": self._world.clock.now(),
            "method": METHODS[method][0] if method in METHODS else method,
            "params": params.shown(),
            "ok": ok,
            "error_code": error.code if error else None,
            "description": error.description if error else None,
            "fault": fault,
            "message_id": result.get("message_id") if isinstance(result, dict) else None,
            "thread_id": result.get("message_thread_id") if isinstance(result, dict) else None,
        }
        self._world.audit.append(entry)
        self._world.changes.tell("call", None, seq=entry["seq"])
        return entry

    async def download(self, request: Request) -> Response:
        """A file by the path getFile gave."""
        if request.path_params["token"] != self._world.config.token:
            return _refused(ApiError(401, "Unauthorized"))
        for fault in self._world.faults.strike("file", None):
            if fault.kind == "latency":
                await asyncio.sleep(fault.seconds)
            else:
                return await self._fail(request, "file", Params(), fault)
        for stored in self._world.files.values():
            if stored.path == request.path_params["path"]:
                return Response(stored.content, media_type="application/octet-stream")
        return _refused(ApiError(404, "Not Found"))


def _refused(error: ApiError) -> JSONResponse:
    body: Json = {"ok": False, "error_code": error.code, "description": error.description}
    headers: dict[str, str] = {}
    if error.retry_after is not None:
        body["parameters"] = {"retry_after": error.retry_after}
        headers["Retry-After"] = str(error.retry_after)
    return JSONResponse(body, status_code=error.code, headers=headers)
