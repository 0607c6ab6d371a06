"""What only Rasa's own environment can tell: the tracker store keeps no words, the server's log neither."""

from __future__ import annotations

import json
import os
import subprocess
import textwrap

import pytest

from bot.settings import ROOT

PYTHON = ROOT / "nlu" / ".venv" / "bin" / "python"
pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="Rasa's environment is not set up")


def run(script: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command, env = [str(PYTHON), "-c", textwrap.dedent(script), *words], {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=100, check=False)


def test_a_kept_conversation_holds_slots_and_form_but_no_words() -> None:
    done = run(
        """
        import json
        from rasa.shared.core.domain import Domain
        from rasa.shared.core.events import (
            ActionExecuted, ActiveLoop, BotUttered, SessionStarted, SlotSet, UserUttered)
        from rasa.shared.core.trackers import DialogueStateTracker
        from nlu.rasa_server.tracker_store import compact, tracker_fernet_key

        domain = Domain.load("nlu/domain")
        words = "KANARI paspor saya"
        parsed = {"text": words, "intent": {"name": "ask_offer_check", "confidence": 0.9},
                  "entities": [{"entity": "place", "value": "KANARI"}], "metadata": {"chat": 7}}
        turn = [UserUttered(words, parsed["intent"], parsed["entities"], parsed, metadata={"chat": 7}),
                ActionExecuted("action_check_offer"), BotUttered("KANARI", {"custom": {"body": "KANARI"}}),
                SlotSet("offer_update", 12), ActiveLoop("offer_form"), ActionExecuted("offer_form"),
                SlotSet("requested_slot", "offer_visa"), ActionExecuted("action_listen")]
        start = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]
        tracker = DialogueStateTracker.from_events("7:1", start + turn * 50, domain.slots)
        kept = json.dumps([event.as_dict() for event in compact(tracker)])
        assert "KANARI" not in kept and "paspor" not in kept, kept
        again = DialogueStateTracker.from_dict("7:1", json.loads(kept), domain.slots)
        assert again.active_loop_name == "offer_form"
        assert again.get_slot("offer_update") == 12 and again.get_slot("requested_slot") == "offer_visa"
        assert again.latest_action_name == "action_listen"
        assert again.latest_message.intent_name == "ask_offer_check"
        assert len(again.events) < 12
        assert len(tracker_fernet_key("ab" * 32)) == 44
        for bad in ("", "zz", "ab" * 31):
            try:
                tracker_fernet_key(bad)
            except ValueError:
                continue
            raise AssertionError(bad)
        """
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_word_of_a_message_reaches_the_log(log_format: str) -> None:
    done = run(
        """
        import logging, warnings
        from nlu.rasa_server import logs
        import structlog
        logs.configure()
        logging.getLogger("rasa.core.processor").error("failed for %s", "KANARI")
        logging.getLogger("sanic.error").exception("KANARI", exc_info=ValueError("KANARI"))
        logging.getLogger("rasa").warning("KANARI")
        warnings.warn("Failed to parse KANARI")
        structlog.get_logger().error("rest.message.received.timeout", text="KANARI")
        structlog.get_logger().exception("KANARI failed", text="KANARI", exc_info=ValueError("KANARI"))
        try:
            raise ValueError("KANARI")
        except ValueError as problem:
            logs.crashed(problem)
        logs.log.info("nlu_ready model=%s", "m")
        """,
        LOG_FORMAT=log_format,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "KANARI" not in done.stdout + done.stderr
    assert "rest.message.received.timeout" in done.stderr
    if log_format == "console":
        assert "nlu_ready model=m" in done.stderr
        return
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert all(line["event"] and line["level"] and line["at"] and line["process"] == "nlu" for line in lines)
    assert (lines[-1]["event"], lines[-1]["model"]) == ("nlu_ready", "m")
    assert lines[-2]["error"] == "ValueError"


def test_a_chat_whose_turns_go_to_different_servers_keeps_its_form_and_slots(database_url: str) -> None:
    done = run(
        """
        import asyncio, sys
        from rasa.shared.core.domain import Domain
        from rasa.shared.core.events import ActionExecuted, ActiveLoop, SlotSet, UserUttered
        from nlu.rasa_server.tracker_store import EncryptedTrackerStore

        domain = Domain.load("nlu/domain")
        first, second = (EncryptedTrackerStore(sys.argv[1], "ab" * 32, domain) for _ in range(2))

        async def turn(store, *events):
            tracker = await store.get_or_create_tracker("7:1")
            tracker.update(UserUttered("x", {"name": "ask_offer_check", "confidence": 1.0}), domain)
            for event in events:
                tracker.update(event, domain)
            tracker.update(ActionExecuted("action_listen"), domain)
            await store.save(tracker)

        async def main():
            await turn(first, SlotSet("offer_update", 12), ActiveLoop("offer_form"),
                       SlotSet("requested_slot", "offer_visa"))
            kept = await second.retrieve("7:1")
            assert kept.active_loop_name == "offer_form" and kept.get_slot("requested_slot") == "offer_visa"
            for number in range(20):
                one, other = (second, first) if number % 2 == 0 else (first, second)
                await turn(one, SlotSet("offer_update", number))
                seen = await other.retrieve("7:1")
                assert seen.get_slot("offer_update") == number, "read again each turn, never from memory"
                assert seen.active_loop_name == "offer_form"
            await turn(second, ActiveLoop(None), SlotSet("requested_slot", None))
            assert (await first.retrieve("7:1")).active_loop_name is None
        asyncio.run(main())
        """,
        database_url,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_whoever_reaches_rasas_port_is_told_nothing() -> None:
    done = run(
        """
        import argparse, asyncio, os, socket, urllib.error, urllib.request
        from pathlib import Path
        from types import SimpleNamespace
        os.environ["HOTLINE_TRACKER_KEY"] = "ab" * 32
        from nlu.rasa_server import inside, server

        class Agent:
            domain, model_id, processor = None, "m", SimpleNamespace()
            async def parse_message(self, text):
                return {"intent": {"name": "greet"}}

        given = argparse.Namespace(db_url="postgresql://nowhere")
        app = server.build(given, SimpleNamespace(agent=Agent(), model=Path("m")))

        def call(path, shown=None, data=b'{"text": "halo", "message": "halo", "sender": "1:1"}'):
            headers = {"Content-Type": "application/json", **({inside.HEADER: shown} if shown else {})}
            asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=data, headers=headers)
            try:
                with urllib.request.urlopen(asked, timeout=5) as answer:
                    return answer.status
            except urllib.error.HTTPError as refused:
                return refused.code

        async def main():
            global port
            bound = socket.create_server(("127.0.0.1", 0))
            port = bound.getsockname()[1]
            serving = await app.create_server(sock=bound, return_asyncio_server=True)
            await serving.startup()
            await serving.before_start()
            await serving.start_serving()
            there = asyncio.get_running_loop().run_in_executor
            for path in ("/webhooks/rest/webhook", "/webhooks/rest/", "/model/parse", "/x"):
                for shown in (None, "0" * 64):
                    assert await there(None, call, path, shown) == 403, path
            assert await there(None, call, "/status", None, None) == 200
            assert await there(None, call, "/model/parse", inside.token("ab" * 32)) == 200

        asyncio.run(main())
        """
    )
    assert done.returncode == 0, done.stderr[-2000:]
