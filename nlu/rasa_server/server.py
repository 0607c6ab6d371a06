"""Rasa's server as the hotline runs it: the REST channel, our tracker store, nothing personal in its log.

    python -m nlu.rasa_server.server --port 5005 --actions-url http://127.0.0.1:5055/webhook --model FILE_OR_FOLDER
    --db-url URL

One process reads libraries and model, which takes ten seconds and more, and forks the one that serves: a server that
dies, or is ended because another model is in use now, is back within a second or two (nlu/rasa_server/keeper.py).

Routes: POST /webhooks/rest/webhook, POST /model/parse {"text"}, GET /status. It listens on loopback unless told
otherwise. All but /status demand the token of nlu/rasa_server/inside.py, which goes with every call to the action
server too.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import gc
import os
from functools import partial
from pathlib import Path
from typing import Any

from nlu.model import registry, shipped
from nlu.rasa_server import inside, keeper, logs
from nlu.text.words import words_of

#: Seconds an action may take; the bot waits 5 for the whole turn. Source: bot/settings.py, nlu_timeout_seconds.
ACTION_SECONDS = 4.0
ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "OMP_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
}


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What the command was given; the environment fills the rest."""
    parser = argparse.ArgumentParser(prog="nlu.rasa_server.server", description="Rasa as the hotline runs it.")
    parser.add_argument("--host", default=os.environ.get("RASA_HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=int(os.environ.get("RASA_PORT", "5005")))
    parser.add_argument(
        "--actions-url", default="http://127.0.0.1:5055/webhook", help="several are separated by commas"
    )
    parser.add_argument("--model", type=Path, required=True, help="a model, or a folder: the one in use there")
    parser.add_argument("--db-url", default=os.environ.get("DATABASE_URL"), help="default: DATABASE_URL")
    parser.add_argument("--nice", type=int, default=0, help="by how much the server gives way to others")
    parser.add_argument("--pid-file", type=Path, required=True, help="where the id of the process that serves stands")
    found = parser.parse_args(given)
    if not found.db_url:
        parser.error("--db-url or DATABASE_URL is needed")
    if not os.environ.get("HOTLINE_TRACKER_KEY"):
        parser.error("HOTLINE_TRACKER_KEY is needed (64 hexadecimal digits)")
    try:
        model_of(found.model)
    except registry.ModelUnknown as problem:
        parser.error(str(problem))
    return found


def model_of(chosen: Path) -> Path:
    """The model that a file or a folder names now. Raises ModelUnknown when there is none."""
    model = registry.in_use(chosen) if chosen.is_dir() else chosen
    if model is None or not model.exists():
        raise registry.ModelUnknown(f"there is no model in {chosen}; run `make train`")
    return model


def patch_rasa() -> None:
    """Two repairs of Rasa 3.6: its schema of action results is compiled once, and actions may not take five minutes."""
    import jsonschema
    from rasa.core.actions import action

    schema = action.RemoteAction.action_response_format_spec()
    validator = jsonschema.validators.validator_for(schema)(schema)

    def validate(self: Any, result: dict[str, Any]) -> bool:
        # The message of jsonschema quotes the answer; ours does not.
        if not validator.is_valid(result):
            raise action.RasaException("the action server's answer has another form than Rasa expects")
        return True

    action.RemoteAction._validate_action_result = validate
    action.DEFAULT_REQUEST_TIMEOUT = ACTION_SECONDS


def actions_endpoint(urls: str) -> Any:
    """The action server, reached over kept-alive connections; of several the next one is asked when one fails."""
    import aiohttp
    from rasa.utils.endpoints import EndpointConfig

    shown = {inside.HEADER: inside.token(os.environ["HOTLINE_TRACKER_KEY"])}

    class ActionServer(EndpointConfig):
        _http: aiohttp.ClientSession | None = None
        _addresses = [url.strip() for url in urls.split(",")]

        async def request(self, method: str = "post", **kwargs: Any) -> Any:
            if self._http is None:
                # All of them together get the time of one.
                seconds = ACTION_SECONDS / len(self._addresses)
                self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=seconds))
            for url in list(self._addresses):
                try:
                    async with self._http.post(url, json=kwargs["json"], headers=shown) as answer:
                        if answer.status == 200:
                            return await answer.json()
                        problem: Exception = aiohttp.ClientError(f"the action server answered {answer.status}")
                except (aiohttp.ClientError, asyncio.TimeoutError) as raised:  # noqa: UP041 (not the same before Python 3.11)
                    problem = raised
                # The next call begins with another one.
                self._addresses.append(self._addresses.pop(0))
            raise problem

    # Without it Rasa sends the whole domain with every call.
    return ActionServer(urls.split(",")[0].strip(), enable_selective_domain=True)


class Reader:
    """What the keeping process has read: the agent of one model, which every fork has at once."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.model: Path | None = None
        self.agent: Any = None

    def refresh(self) -> None:
        """Read the model in use unless it is read already. One that cannot be read leaves the one before in place."""
        try:
            model = model_of(self.given.model)
            if model == self.model:
                return
            self.agent = _agent(model, self.given.actions_url)
        except Exception as problem:
            if self.agent is None:
                raise
            logs.log.error("model_not_taken error=%s", type(problem).__name__)
            return
        self.model = model
        logs.configure()  # Rasa has set up its own
        gc.collect()
        with contextlib.suppress(OSError, AttributeError):  # another C library than glibc
            # What loading needed and nobody needs any more goes back to the machine.
            ctypes.CDLL("libc.so.6").malloc_trim(0)


def _agent(model: Path, actions_url: str) -> Any:
    """A model's agent, without a tracker store yet: no connection lives on in a fork."""
    from rasa.core.agent import Agent
    from rasa.core.lock_store import InMemoryLockStore

    os.environ["HOTLINE_MODEL"] = str(model)
    with contextlib.suppress(OSError):  # a folder that may only be read
        shipped.adapt(model)
    agent = Agent.load(str(model), lock_store=InMemoryLockStore(), action_endpoint=actions_endpoint(actions_url))
    # The first parse reads the lexicon; no worker should wait for that.
    asyncio.run(agent.parse_message(" ".join(words_of("dialogue").each("greeting"))))
    return agent


def serve(given: argparse.Namespace, reader: Reader) -> None:
    """Serve until SIGTERM or SIGINT: the life of a fork. It gives way only now: while Rasa is away all wait for it."""
    os.nice(given.nice)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(given.nice))
    app = build(given, reader)
    app.run(host=given.host, port=given.port, workers=1, access_log=False, debug=False, motd=False)


def build(given: argparse.Namespace, reader: Reader) -> Any:
    """The Sanic application around an agent that was read already."""
    import rasa.core.channels.channel
    from rasa.core.channels.rest import RestInput
    from sanic import Sanic

    from nlu.rasa_server.tracker_store import EncryptedTrackerStore

    agent, model = reader.agent, reader.model
    assert model is not None
    app = Sanic("hotline_nlu", configure_logging=False)
    app.config.RESPONSE_TIMEOUT = 30
    app.config.REQUEST_MAX_SIZE = 1_000_000
    app.config.FALLBACK_ERROR_FORMAT = "json"
    rasa.core.channels.channel.register([RestInput()], app, route="/webhooks/")
    _refuse_strangers(app)

    @app.listener("before_server_start")
    async def connect(app: Any, loop: Any) -> None:
        store = EncryptedTrackerStore(given.db_url, os.environ["HOTLINE_TRACKER_KEY"], agent.domain)
        # Rasa wraps a store so that failures fall back to memory in silence. Ours fail aloud: the bot then says that
        # the answer comes later, and asks again.
        agent.tracker_store = store
        agent.processor.tracker_store = store
        app.ctx.agent = agent
        logs.configure()

    @app.listener("after_server_start")
    async def ready(app: Any, loop: Any) -> None:
        logs.log.info("nlu_ready model=%s", model.name)

    _add_routes(app, agent, model)
    return app


def _refuse_strangers(app: Any) -> None:
    """All but /status is for those who show the token."""
    from sanic import response

    expected = inside.token(os.environ["HOTLINE_TRACKER_KEY"])

    @app.on_request
    async def refuse_strangers(request: Any) -> Any:
        if request.path == "/status" or inside.shown(request.headers.get(inside.HEADER), expected):
            return None
        return response.json({"error": "not for you"}, status=403)


def _add_routes(app: Any, agent: Any, model: Path) -> None:
    """Our own routes, beside those of Rasa's channel."""
    from sanic import response

    @app.get("/status")
    async def status(request: Any) -> Any:
        return response.json({"model_file": model.name, "model_id": agent.model_id})

    @app.post("/model/parse")
    async def parse(request: Any) -> Any:
        text = (request.json or {}).get("text")
        if not isinstance(text, str):
            return response.json({"error": "text is missing"}, status=400)
        # The same form in which a turn sends it: a leading slash would be taken for an intent.
        found = await app.ctx.agent.parse_message(text.strip().lstrip("/\uff0f ").strip())
        return response.json({name: found.get(name) for name in ("intent", "intent_ranking", "entities")})


def main() -> None:
    """The command. Ends in good order on SIGINT and SIGTERM."""
    given = arguments()
    os.environ.update(ENVIRONMENT)
    logs.configure()
    reader = Reader(given)
    patch_rasa()
    keeper.keep(partial(serve, given, reader), reader.refresh, given.pid_file)


if __name__ == "__main__":
    main()
