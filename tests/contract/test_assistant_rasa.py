"""What only Rasa's own environment can tell: the tracker store keeps no words, the server's log neither."""

from __future__ import annotations

import subprocess
import textwrap

import pytest

from bot.settings import ROOT

PYTHON = ROOT / "nlu" / ".venv" / "bin" / "python"
pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="Rasa's environment is not set up")


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PYTHON), "-c", textwrap.dedent(script)], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )


def test_a_kept_conversation_holds_slots_and_form_but_no_words() -> None:
    done = run(
        """
        import json
        from rasa.shared.core.domain import Domain
        from rasa.shared.core.events import (
            ActionExecuted, ActiveLoop, BotUttered, SessionStarted, SlotSet, UserUttered)
        from rasa.shared.core.trackers import DialogueStateTracker
        from nlu.components.tracker_store import compact, tracker_fernet_key

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


def test_no_word_of_a_message_reaches_the_log() -> None:
    done = run(
        """
        import logging, warnings
        from nlu import logs
        import structlog
        logs.configure()
        logging.getLogger("rasa.core.processor").error("failed for %s", "KANARI")
        logging.getLogger("sanic.error").exception("KANARI", exc_info=ValueError("KANARI"))
        logging.getLogger("rasa").warning("KANARI")
        warnings.warn("Failed to parse KANARI")
        structlog.get_logger().error("rest.message.received.timeout", text="KANARI")
        structlog.get_logger().exception("KANARI failed", text="KANARI", exc_info=ValueError("KANARI"))
        logs.log.info("nlu_ready model=%s", "m")
        """
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "KANARI" not in done.stdout + done.stderr
    assert "rest.message.received.timeout" in done.stderr
    assert "nlu_ready model=m" in done.stderr
