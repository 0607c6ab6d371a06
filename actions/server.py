"""The action server: Rasa posts an action's name and the conversation, and gets back what to say and remember.

Built on rasa-sdk's executor in an app of our own: smaller, and an error never echoes the request. Loopback only, and
only for whoever shows the token of nlu/rasa_server/inside.py.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionNotFoundException, Tracker

from actions import actions as _named  # noqa: F401  registers every action
from actions.base import HotlineAction, metadata_of, talk_to_a_person
from bot import log as logs
from bot.dialogue.offer_answers import read_answer
from bot.offers import service
from bot.runtime.http_server import serve
from bot.storage import crypto
from nlu.rasa_server import inside
from nlu.text.words import words_of
from nlu.understanding import dialogue
from nlu.understanding.decision import registry
from nlu.understanding.triage import triage

log = logs.get(__name__)

#: The executor refuses calls without a domain; no action of ours looks at it.
STUB_DOMAIN: dict[str, Any] = {"intents": []}


def actions() -> list[type[HotlineAction]]:
    """Every action there is, by name."""
    found: list[type[HotlineAction]] = []
    waiting = list(HotlineAction.__subclasses__())
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if getattr(one, "action_name", None):
            found.append(one)
    return sorted(found, key=lambda action: action.action_name)


def executor() -> ActionExecutor:
    """rasa-sdk's executor with our actions."""
    made = ActionExecutor()
    for action in actions():
        made.register_action(action())
    return made


def app() -> FastAPI:
    """The application: POST /webhook for Rasa, GET /health for whoever starts it."""
    logging.getLogger("rasa_sdk").setLevel(logging.CRITICAL)
    made = FastAPI(title="hotline actions", openapi_url=None, docs_url=None, redoc_url=None)
    run, expected = executor(), crypto.inside_token()

    @made.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @made.post("/webhook")
    async def webhook(request: Request) -> JSONResponse:
        if not inside.shown(request.headers.get(inside.HEADER), expected):
            log.warning("action_call_refused")
            return JSONResponse({"error": "not for you"}, status_code=403)
        call: dict[str, Any] = {}
        try:
            call = await request.json()
            result = await run.run({**call, "domain": STUB_DOMAIN})
            return JSONResponse(result.model_dump() if result else {"events": [], "responses": []})
        except ActionNotFoundException:
            # A model newer than this server: a deployment fault, and the worker must not pay for it.
            log.error("action_unknown")
        except Exception as problem:
            log.warning("action_call_failed", error=type(problem).__name__)
        return JSONResponse({"events": [], "responses": [{"custom": talk_to_a_person(_metadata(call))}]})

    return made


def _metadata(call: object) -> dict[str, Any]:
    """The metadata of a call that went wrong, as far as it can be read."""
    try:
        return metadata_of(Tracker.from_dict(call["tracker"]))  # type: ignore[index]
    except Exception:
        return {}


def warm() -> None:
    """Read the lexicon, the answers and the rules of the offer check now: it takes longer than a step may."""
    for words in words_of("dialogue").each("cry"):
        triage(words)
    dialogue.bare("kalau ke korea?")
    registry()
    read_answer("visa", "turis")
    service.warm()


async def run(host: str, port: int, ready: Callable[[], None]) -> None:
    """Serve until cancelled. The caller has opened the database and the queue, and called `warm`."""
    made = app()
    ready()
    await serve(made, host, port)
