"""The way in from Telegram: nothing confirmed that is not stored, nothing stored that stops what stands behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DataError, OperationalError
from telegram import error

from bot.cases import service as cases
from bot.chat import gateway, intake, menus, polling
from bot.chat.parse_update import read
from bot.chat.webhook import PATH, make_app
from bot.errors import SettingInvalid
from bot.settings import Settings
from bot.storage.models import Case, Chat, Update
from bot.storage.session import session
from tests.support.rooms import Rooms

TRAPPED = "tolong pak, saya disekap di kamboja, paspor saya diambil bos"
type Answer = Callable[[dict[str, Any]], httpx.Response]


def good(*updates: Any) -> httpx.Response:
    return httpx.Response(200, json={"ok": True, "result": list(updates)})


class Telegram:
    """A getUpdates that answers from a list, then cancels the poll. Remembers each offset it was asked with."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.offsets: list[int | None] = []

    def take(self, request: httpx.Request) -> httpx.Response:
        self.offsets.append(json.loads(request.content).get("offset"))
        if not self.answers:
            raise asyncio.CancelledError
        return self.answers.pop(0)

    async def polled(self, monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
        """Poll until the answers are used up. Returns the callback ids seen after their commit."""
        seen: list[str | None] = []

        async def after(got: Any, _: dict[str, Any]) -> None:
            seen.append(got.callback_id)

        mocked = httpx.MockTransport(self.take)
        monkeypatch.setattr(polling, "client", lambda **_: httpx.AsyncClient(transport=mocked))
        monkeypatch.setattr(polling, "BACKOFF_SECONDS", (0.01,))
        with pytest.raises(asyncio.CancelledError):
            await polling.poll(after)
        return seen


class TelegramsQueue:
    """Updates as the Bot API server keeps and numbers them: a question for a number confirms all below it.

    Source: tdlib/telegram-bot-api, Client.cpp and td/tddb TQueue: a question far above the newest number is answered
    from the oldest one.
    """

    def __init__(self, first: int) -> None:
        self.waiting: list[dict[str, Any]] = []
        self.next = first

    def push(self, update: dict[str, Any]) -> None:
        self.waiting.append({**update, "update_id": self.next})
        self.next += 1

    def get(self, offset: int | None, limit: int) -> list[dict[str, Any]]:
        if offset is not None and offset <= self.next + 10:
            self.waiting = [update for update in self.waiting if update["update_id"] >= offset]
        return self.waiting[:limit]


class Asked(Telegram):
    """A getUpdates that answers from such a queue. `meanwhile` is what happens before a question, by its place."""

    def __init__(self, queue: TelegramsQueue) -> None:
        super().__init__()
        self.queue = queue
        self.meanwhile: dict[int, Callable[[], None]] = {}
        self.questions = 0

    def take(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        self.meanwhile.get(len(self.offsets), lambda: None)()
        self.offsets.append(asked.get("offset"))
        found = self.queue.get(asked.get("offset"), asked["limit"])
        if len(self.offsets) > self.questions:
            raise asyncio.CancelledError
        return good(*found)

    async def polled(self, monkeypatch: pytest.MonkeyPatch, *, questions: int = 0) -> list[str | None]:
        self.questions = questions
        return await super().polled(monkeypatch)


async def stored() -> list[int]:
    async with session() as s:
        return list(await s.scalars(select(Update.update_id).order_by(Update.id)))


class TestPolling:
    """Our own getUpdates loop."""

    async def test_the_offset_moves_only_over_what_is_stored(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second, third = (rooms.update(text=f"{n}") for n in range(3))
        whole = intake._store
        fails = [second["update_id"]] * 2

        async def stumbles(got: Any, raw: dict[str, Any], **options: Any) -> Any:
            if got.update_id in fails:
                fails.remove(got.update_id)
                raise OperationalError("", None, Exception("the database is away"))
            return await whole(got, raw, **options)

        monkeypatch.setattr(intake, "_store", stumbles)
        telegram = Telegram(good(first, second, third), good(second, third), good(second, third))
        await telegram.polled(monkeypatch)
        asked = [None, second["update_id"], second["update_id"], third["update_id"] + 1]
        assert telegram.offsets == asked
        assert await stored() == [raw["update_id"] for raw in (first, second, third)]

    async def test_a_batch_in_disorder_confirms_nothing_that_is_not_stored(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = (rooms.update(text=f"{n}") for n in range(2))
        whole = intake._store
        fails = [first["update_id"]]

        async def stumbles(got: Any, raw: dict[str, Any], **options: Any) -> Any:
            if got.update_id in fails:
                fails.remove(got.update_id)
                raise OperationalError("", None, Exception("the database is away"))
            return await whole(got, raw, **options)

        monkeypatch.setattr(intake, "_store", stumbles)
        telegram = Telegram(good(second, first), good(second, first))
        await telegram.polled(monkeypatch)
        assert telegram.offsets == [None, None, second["update_id"] + 1]
        assert await stored() == [first["update_id"], second["update_id"]]

    @pytest.mark.parametrize(
        "trouble",
        [
            httpx.Response(409, json={"ok": False, "error_code": 409, "description": "Conflict"}),
            httpx.Response(429, json={"ok": False, "parameters": {"retry_after": 0}}),
            httpx.Response(429, text="slow down"),
            httpx.Response(502, text="<html>"),
            httpx.Response(200, text="not json"),
            httpx.Response(200, json={"ok": False}),
            httpx.Response(200, json=[]),
        ],
    )
    async def test_telegrams_troubles_pass(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch, trouble: httpx.Response
    ) -> None:
        update = rooms.update(text="halo")
        await Telegram(trouble, good(update)).polled(monkeypatch)
        assert await stored() == [update["update_id"]]

    async def test_what_is_no_update_neither_stops_nor_spins(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        update = rooms.update(text="halo")
        rubbish = [None, 3, [], {}, {"update_id": True}, {"update_id": "7"}, {"update_id": 10**30}, {"update_id": 1.5}]
        telegram = Telegram(good(*rubbish), good(*rubbish, update))
        await telegram.polled(monkeypatch)
        assert await stored() == [update["update_id"]]
        assert telegram.offsets == [None, None, update["update_id"] + 1]

    async def test_after_a_quiet_week_the_lower_numbers_are_followed_to_the_end(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        queue = TelegramsQueue(first=900_000_000)
        for number in range(3):
            queue.push(rooms.update(user=1000 + number, text="halo"))
        telegram = Asked(queue)

        def a_week_later() -> None:
            queue.next = 300_000_000
            for number in range(100):
                queue.push(rooms.update(user=2000 + number, text="halo kak"))
            queue.push(rooms.update(user=7777, text=TRAPPED))

        telegram.meanwhile[2] = a_week_later
        await telegram.polled(monkeypatch, questions=5)
        assert len(await stored()) == 104 and not queue.waiting, "all are stored, all are confirmed"
        assert len(await rooms.cases()) == 1

    async def test_a_gateway_that_slept_through_the_quiet_week_follows_too(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        queue = TelegramsQueue(first=900_000_000)
        queue.push(rooms.update(text="halo"))
        telegram = Asked(queue)

        def a_week_later() -> None:
            # The answer to the last question never came: the offset is still that of the former numbers.
            queue.waiting.clear()
            queue.next = 300_000_000
            for number in range(101):
                queue.push(rooms.update(user=2000 + number, text=TRAPPED if number == 100 else "halo kak"))

        telegram.meanwhile[1] = a_week_later
        await telegram.polled(monkeypatch, questions=4)
        assert len(await stored()) == 102 and not queue.waiting
        assert len(await rooms.cases()) == 1

    async def test_a_number_that_telegram_refuses_is_not_asked_for_again(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = (rooms.update(text=f"{n}") for n in range(2))
        wrong = httpx.Response(400, json={"ok": False, "error_code": 400, "description": "Bad Request"})
        telegram = Telegram(good(first), wrong, good(second))
        await telegram.polled(monkeypatch)
        assert telegram.offsets == [None, first["update_id"] + 1, None, second["update_id"] + 1]
        assert await stored() == [first["update_id"], second["update_id"]]

    async def test_a_press_is_handed_on_once_after_its_commit(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        press = {
            "update_id": 77,
            "callback_query": {
                "id": "cb",
                "from": {"id": 41, "is_bot": False, "first_name": "x"},
                "data": "human",
                "message": {"message_id": 1, "date": 1, "chat": {"id": 41, "type": "private"}},
            },
        }
        assert await Telegram(good(press), good(press)).polled(monkeypatch) == ["cb"]


class TestOddUpdates:
    """Whatever a broken or hostile client sends is stored and does not stop the next."""

    @pytest.mark.parametrize(
        "odd",
        [
            {"text": "halo \x00 \ud800"},
            {"text": "a" * 100_000},
            {"text": "ខ្ញុំ" * 20_000},
            {"caption": ["x"], "photo": "none"},
            {
                "from": {
                    "id": 41,
                    "is_bot": False,
                    "first_name": "\x00\ud800",
                    "username": "\x00",
                    "language_code": "\x00",
                }
            },
            {"from": {"id": 10**40, "is_bot": "yes", "language_code": {"a": 1}}},
            {"from": None},
            {"message_id": 10**40, "text": "halo"},
            {"document": {"file_id": "d\x00", "mime_type": "\ud800\x00", "file_size": 10**40, "file_name": "\x00"}},
            {"document": {"file_id": "d", "mime_type": "x" * 100_000}},
            {"photo": [None, 3, {"file_id": "p", "file_size": "big"}]},
            {"location": {"latitude": "north"}},
        ],
    )
    async def test_is_stored_and_answered_and_lets_the_next_pass(self, rooms: Rooms, odd: dict[str, Any]) -> None:
        row = await rooms.writes(**odd)
        assert (await rooms.row(row)).state == "done"
        assert await rooms.screen()
        following = await rooms.writes(TRAPPED)
        assert (await rooms.row(following)).case_id is not None

    @pytest.mark.parametrize(
        "raw",
        [
            {"update_id": 1, "\x00\ud800": {}},
            {"update_id": 2, "a" * 9999: None},
            {"update_id": 3},
            {"update_id": 4, "message": None},
            {"update_id": 5, "message": {"chat": {"id": 10**40, "type": "private"}}},
            {"update_id": 6, "poll": {"id": "1"}},
            {"update_id": 7, "callback_query": {"id": "1", "data": "x"}},
            {"update_id": -8, "message": "x"},
        ],
    )
    @pytest.mark.usefixtures("database")
    async def test_what_belongs_to_no_chat_is_kept_with_the_reason(self, raw: dict[str, Any]) -> None:
        await intake.store(raw)
        async with session() as s:
            row = (await s.scalars(select(Update))).one()
        assert (row.state, row.discard) == ("discarded", "no_chat")

    async def test_a_message_without_its_chat_is_answered_to_whoever_sent_it(self, rooms: Rooms) -> None:
        raw = rooms.update(text=TRAPPED)
        del raw["message"]["chat"]
        await rooms.stores(raw)
        assert (await rooms.chat()).chat_id == "41"
        assert len(await rooms.cases()) == 1

    async def test_distress_is_found_beside_half_characters(self, rooms: Rooms) -> None:
        await rooms.stores(rooms.update(text=f"\ud83d\x00 {TRAPPED} \udc00"))
        assert len(await rooms.cases()) == 1

    @pytest.mark.parametrize("fault", [RuntimeError, lambda: DataError("", None, Exception())])
    async def test_a_fault_of_ours_in_intake_stores_the_update_bare(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch, fault: Callable[[], Exception]
    ) -> None:
        async def breaks(*_: Any, **__: Any) -> None:
            raise fault()

        monkeypatch.setattr(intake, "_receive", breaks)
        row = await rooms.writes("berapa biaya paspor?")
        assert (await rooms.row(row)).state == "done"
        assert (await rooms.screen())[-1] == "jawaban"

    async def test_a_fault_in_triage_that_the_database_reports_loses_nothing(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def breaks(s: Any, *_: Any, **__: Any) -> None:
            await s.execute(text("select 1/0"))

        monkeypatch.setattr(cases, "report", breaks)
        await rooms.stores(rooms.update(text=TRAPPED))
        assert len(await stored()) == 1

    async def test_nothing_is_stored_while_the_database_is_away(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def away(*_: Any, **__: Any) -> None:
            raise OperationalError("", None, Exception())

        monkeypatch.setattr(intake, "_receive", away)
        with pytest.raises(OperationalError):
            await intake.store(rooms.update(text=TRAPPED))
        assert not await stored()


class TestTwoPlaces:
    """One person in a private chat and in the operators' group."""

    async def test_an_operator_may_be_in_distress_too(self, rooms: Rooms) -> None:
        from tests.support.rooms import SARI

        await rooms.writes(TRAPPED, user=SARI)
        await rooms.delivers()
        case = await rooms.case()
        await rooms.operator_presses(f"case:claim:{case.id}")
        async with session() as s:
            kinds = await s.execute(select(Chat.kind, func.count()).group_by(Chat.kind))
        assert dict(tuple(row) for row in kinds) == {"private": 1, "operators": 1}

    async def test_words_in_the_group_are_no_report(self, rooms: Rooms) -> None:
        case = await rooms.claimed(TRAPPED)
        await rooms.operator_writes(TRAPPED, case.topic_id)
        async with session() as s:
            assert await s.scalar(select(func.count()).select_from(Case)) == 1


class TestLanguageGuess:
    """A guess from a word gives way to a sentence; what a person chose does not."""

    async def test_a_word_or_two_never_fixes_whose_citizen_a_person_is(self, rooms: Rooms) -> None:
        await rooms.writes("halo pak", lang="en")
        await rooms.writes("សួស្តីបង ខ្ញុំចង់សួរពីការងារនៅថៃ", lang="en")
        assert (await rooms.chat()).nationality == "KH"

    async def test_a_cry_of_one_word_is_answered_in_the_language_of_the_phone(self, rooms: Rooms) -> None:
        await rooms.writes("tolong", lang="id")
        assert (await rooms.chat()).nationality == "ID"


class TestWebhook:
    """The webhook survives what is no update, and confirms only what is stored."""

    @pytest.mark.usefixtures("database")
    @pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[1]", b"3", b"null", b"[" * 200_000, b'{"update_id": NaN}'])
    async def test_rubbish_is_taken_off_telegrams_hands(self, body: bytes) -> None:
        async def after(*_: Any) -> None:
            raise AssertionError

        transport = httpx.ASGITransport(app=make_app("s", after))
        headers = {"X-Telegram-Bot-Api-Secret-Token": "s"}
        async with httpx.AsyncClient(transport=transport, base_url="http://webhook") as client:
            assert (await client.post(PATH, content=body, headers=headers)).status_code == 200

    def test_a_secret_telegram_would_refuse_stops_the_start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from bot import settings as settings_module

        monkeypatch.setenv("TELEGRAM_WEBHOOK_SECRET", "ada spasi")
        settings_module.settings.cache_clear()
        with pytest.raises(SettingInvalid):
            settings_module.settings()
        monkeypatch.undo()
        settings_module.settings.cache_clear()


@pytest.mark.usefixtures("config")
async def test_menus_are_set_once_telegram_is_there(monkeypatch: pytest.MonkeyPatch, config: Settings) -> None:
    from telegram import error

    tries: list[int] = []

    async def publish(_: Any) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise error.NetworkError("away")

    monkeypatch.setattr(menus, "_publish", publish)
    monkeypatch.setattr(menus, "AGAIN_SECONDS", 0.01)
    await menus.publish(None)  # type: ignore[arg-type]
    assert len(tries) == 3


def test_a_client_language_is_a_word_or_nothing() -> None:
    for code, kept in (("km", "km"), ("pt-br", "pt-br"), ("\x00", None), ("ខ្មែរ", None), ("x" * 500, None), (7, None)):
        update = {"update_id": 1, "message": {"from": {"id": 1, "language_code": code}}}
        assert read(update).client_lang == kept


async def test_a_start_in_a_bad_hour_of_telegrams_never_waits_long(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    fails = [error.NetworkError("away")] * 9

    async def call() -> None:
        if fails:
            raise fails.pop()

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(gateway.asyncio, "sleep", sleep)
    await gateway._until_it_works("webhook_removed", call)
    assert len(pauses) == 9 and max(pauses) <= 2, "no message is taken before it works"
