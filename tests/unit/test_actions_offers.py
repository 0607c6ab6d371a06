"""The offer check as a conversation: a stored tracker in, events and messages out."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import base, server
from actions.chat import named_language
from actions.offer_answers import read_answer
from bot.storage.models import Chat, Update

OFFER = (
    "Ada lowongan di Malaysia jaga kebun sawit, gaji RM 1.800 sebulan, dari PT Maju Jaya Abadi. "
    "hubungi bu Rina 081234567890"
)


class Rows:
    """A session that knows a few rows and remembers a commit."""

    def __init__(self, *rows: Any) -> None:
        self.rows = {(type(row), row.id): row for row in rows}
        self.committed = False

    async def __aenter__(self) -> Rows:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def get_one(self, kind: type, key: int) -> Any:
        return self.rows[(kind, key)]

    async def commit(self) -> None:
        self.committed = True


class Talk:
    """One chat whose messages go to the actions without Rasa."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, lang: str = "id") -> None:
        self.chat = Chat(id=7, lang=lang, heard_lang=lang, watched=True, flow=1, chat_id="1")
        self.rows = Rows(self.chat)
        self.slots: dict[str, Any] = {}
        self.loop: str | None = None
        self.next = 100

        async def rows_of(_: object, metadata: dict[str, Any]) -> tuple[Any, Any, None]:
            return self.rows.rows[(Chat, 7)], self.rows.rows[(Update, metadata["update"])], None

        monkeypatch.setattr(base, "session", lambda: self.rows)
        monkeypatch.setattr(base, "rows_of", rows_of)
        self.actions = {action.action_name: action() for action in server.actions()}

    def update(self, text: str | None) -> int:
        self.next += 1
        raw = {"message": {"text": text}} if text is not None else {"callback_query": {}}
        row = Update(id=self.next, chat_id=7, kind="message" if text is not None else "callback_query", raw=raw)
        row.received_at = dt.datetime.now(dt.UTC)
        self.rows.rows[(Update, row.id)] = row
        return row.id

    async def run(
        self, action: str, text: str | None, intent: str, *, before: str | None = None, pressed: str | None = None
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Run one action on a new message, or, with `before`, after another one on the same message."""
        update = self.next if before else self.update(text)
        entities = [{"entity": "offer_answer", "value": pressed}] if pressed else []
        events: list[dict[str, Any]] = [
            {"event": "user", "text": text, "metadata": {"chat": 7, "update": update, "lang": "id", "heard": "id"}}
        ]
        if before:
            events.append({"event": "action", "name": before})
        latest = {"text": text, "intent": {"name": intent, "confidence": 0.9}, "entities": entities}
        tracker = Tracker("7:1", dict(self.slots), latest, events, False, None, {"name": self.loop}, "action_listen")
        dispatcher = CollectingDispatcher()
        result = await self.actions[action].run(dispatcher, tracker, {})
        for event in result:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
            if event["event"] == "active_loop":
                self.loop = event["name"]
        return result, [message["custom"] for message in dispatcher.messages]

    async def check(self, text: str = OFFER) -> list[dict[str, Any]]:
        _, said = await self.run("action_check_offer", text, "ask_offer_check")
        if self.loop:
            said += (await self.run("validate_offer_form", text, "ask_offer_check", before="action_check_offer"))[1]
        return said

    async def answer(self, text: str | None, intent: str = "nlu_fallback", pressed: str | None = None) -> Any:
        return await self.run("validate_offer_form", text, intent, pressed=pressed)


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Talk:
    return Talk(monkeypatch)


async def test_an_offer_is_judged_and_the_first_missing_fact_is_asked(talk: Talk) -> None:
    said = await talk.check()
    assert said[0]["body"].startswith("🟡")
    assert said[1]["text"] == "offer_ask_visa"
    assert said[1]["buttons"][1] == [{"label": "offer_answer_visa_tourist", "data": "offer:visa:tourist"}]
    assert talk.loop == "offer_form"
    assert talk.rows.committed


async def test_no_slot_holds_a_word_of_the_offer(talk: Talk) -> None:
    await talk.check()
    assert not any(isinstance(value, str) and "sawit" in value for value in talk.slots.values())


async def test_pressed_buttons_move_the_verdict(talk: Talk) -> None:
    await talk.check()
    _, said = await talk.answer(None, "answer_offer", "visa:work")
    assert said[0]["text"] == "offer_ask_pays"
    await talk.answer(None, "answer_offer", "pays:me")
    if talk.slots["requested_slot"]:
        await talk.answer(None, "answer_offer", "contract:no")
    assert talk.slots["requested_slot"] is None
    _, said = await talk.run("action_conclude_offer", None, "answer_offer", before="offer_form")
    assert said[0]["body"].startswith("🔴")


async def test_typed_answers_work_too(talk: Talk) -> None:
    await talk.check()
    await talk.answer("turis")
    assert talk.slots["offer_visa"] == "tourist"
    assert talk.slots["requested_slot"] is None


async def test_a_short_answer_is_an_answer_whatever_the_model_thinks(talk: Talk) -> None:
    await talk.check()
    await talk.answer("visa kerja", "report_distress")
    assert talk.slots["offer_visa"] == "work"


async def test_what_cannot_be_read_is_asked_again_once_then_counts_as_unknown(talk: Talk) -> None:
    await talk.check()
    _, said = await talk.answer("pokoknya gitu")
    assert said[0]["text"] == "offer_ask_again"
    _, said = await talk.answer("gitu deh")
    assert talk.slots["offer_visa"] == "unknown"
    assert said[0]["text"] == "offer_ask_pays"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("saya dikurung di gedung dan paspor saya diambil bos", "report_distress"),
        ("biaya paspor berapa ya kak", "ask_passport"),
        ("batalkan saja semuanya tidak jadi", "cancel"),
        ("saya mau bicara dengan petugas yang kerja di sana", "request_operator"),
    ],
)
async def test_distress_and_questions_are_left_to_the_other_rules(talk: Talk, text: str, intent: str) -> None:
    await talk.check()
    events, said = await talk.answer(text, intent)
    assert (events, said) == ([], [])


async def test_any_other_action_ends_the_form(talk: Talk) -> None:
    await talk.check()
    await talk.run("action_small_talk", "halo", "greet")
    assert talk.loop is None
    assert talk.slots["requested_slot"] is None


async def test_a_button_of_a_check_that_was_left_goes_on(talk: Talk) -> None:
    await talk.check()
    await talk.run("action_small_talk", "halo", "greet")
    await talk.run("action_resume_offer", None, "answer_offer", pressed="visa:work")
    assert talk.loop == "offer_form"
    _, said = await talk.run("validate_offer_form", None, "answer_offer", before="action_resume_offer")
    assert said[0]["text"] == "offer_ask_pays"


async def test_a_button_of_a_forgotten_offer_says_so(talk: Talk) -> None:
    _, said = await talk.run("action_resume_offer", None, "answer_offer", pressed="visa:work")
    assert said[0]["text"] == "offer_gone"


async def test_a_wish_without_an_offer_asks_for_it(talk: Talk) -> None:
    said = await talk.check("tolong cek lowongan dong kak")
    assert [part["text"] for part in said] == ["chat_paste_offer"]
    assert talk.loop is None


async def test_an_action_that_fails_says_whom_one_can_call(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    talk.rows.rows.clear()
    _, said = await talk.run("action_check_offer", "KANARI", "ask_offer_check")
    assert said[0]["text"] == "talk_to_a_person"
    assert said[0]["args"]["number"]
    assert "KANARI" not in capsys.readouterr().err


async def test_two_misses_in_a_row_offer_a_person(talk: Talk) -> None:
    talk.slots["fallbacks"] = 1
    _, said = await talk.run("action_fallback", "zxqw", "nlu_fallback")
    assert said[0]["text"] == "fallback_person"
    assert talk.slots["fallbacks"] == 2
    await talk.run("action_small_talk", "halo", "greet")
    assert talk.slots["fallbacks"] is None


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("visa", "visa turis kak", "tourist"),
        ("visa", "ga tau", "unknown"),
        ("visa", "ទេសចរណ៍", "tourist"),
        ("visa", "toch", "tourist"),
        ("pays", "potong gaji", "salary_cut"),
        ("pays", "saya sendiri", "me"),
        ("pays", "ថៅកែចេញ", "company"),
        ("contract", "belum ada", "no"),
        ("contract", "ya", "yes"),
        ("contract", "អត់មាន", "no"),
        ("employer", "tidak", "unknown"),
        ("employer", "មិនដឹង", "unknown"),
        ("visa", "pokoknya gitu", None),
        ("visa", "visa apa yang boleh?", None),
        ("visa", "kerja " * 20, None),
    ],
)
def test_typed_answers_are_read(question: str, text: str, answer: str | None) -> None:
    assert read_answer(question, text) == answer


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("ganti ke bahasa khmer dong", "km"),
        ("និយាយភាសាឥណ្ឌូណេស៊ីវិញ", "id"),
        ("សូមប្រើភាសាខ្មែរ", "km"),
        ("ganti bahasa", None),
        ("indonesia atau khmer?", None),
    ],
)
def test_a_named_language_is_read(text: str, lang: str | None) -> None:
    assert named_language(text) == lang
