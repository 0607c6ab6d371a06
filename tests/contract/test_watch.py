"""Whoever runs the hotline sees what works, what waits and what failed, and nothing of anybody who wrote."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from bot.errors import HotlineError, NluUnavailable
from bot.runtime import measure, run_files
from bot.settings import ROOT, Settings
from bot.storage.session import session
from bot.texts import render
from bot.turns import pipeline, rasa_client
from bot.turns import service as turns
from bot.turns.rasa_servers import Servers
from bot.watch import beats, deadletters, metrics, server, service, snapshot, status
from tests.support.rooms import Rooms
from tests.support.timed import under

TRAPPED = "tolong pak, saya disekap, paspor saya diambil bos"
TRAPPED_KM = "ជួយខ្ញុំផង ខ្ញុំជាប់នៅក្នុងអគារ ថៅកែយកលិខិតឆ្លងដែនខ្ញុំ គេមិនឲ្យចេញក្រៅទេ"


@pytest.fixture
def rasa(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """Whether Rasa answers."""
    found = {"alive": True}

    async def alive() -> bool:
        return found["alive"]

    monkeypatch.setattr(rasa_client, "alive", alive)
    return found


async def sql(statement: str, **values: Any) -> None:
    async with session() as s:
        await s.execute(text(statement), values)
        await s.commit()


async def heartbeats() -> None:
    """A gateway and a worker that work."""
    await sql(
        "insert into beats (process, part, answered_at) values ('a', 'chat', now()), ('b', 'worker', now()) "
        "on conflict (process) do update set at = now(), answered_at = now()"
    )
    await sql("delete from procrastinate_workers")
    await sql("insert into procrastinate_workers (last_heartbeat) values (now())")


async def samples(page: httpx.AsyncClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Everything at /metrics."""
    answer = await page.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


async def breaks(rooms: Rooms, monkeypatch: pytest.MonkeyPatch, words: str = "halo kak") -> int:
    """A message whose turn fails twice. Returns its row."""

    async def fails(*_: object) -> None:
        raise RuntimeError(words)

    row = await rooms.stores(rooms.update(text=words))
    with monkeypatch.context() as patched:
        patched.setattr(pipeline, "answer", fails)
        with pytest.raises(turns.TurnFailed):
            await turns.take(update=row)
        await turns.take(update=row)
    assert (await rooms.row(row)).state == "dead"
    return row


class TestReadiness:
    """/readyz says whether a message that arrives now would be answered, and which part would not do its work."""

    @pytest.fixture(autouse=True)
    async def ready_to_begin(self, rooms: Rooms, rasa: dict[str, bool]) -> None:
        await heartbeats()

    async def ask(self, page: httpx.AsyncClient) -> tuple[int, dict[str, Any]]:
        answer = await page.get("/readyz")
        return answer.status_code, answer.json()

    async def test_all_is_well(self, page: httpx.AsyncClient) -> None:
        code, told = await self.ask(page)
        assert (code, told["ready"]) == (200, True), told
        assert set(told["checks"]) == {"database", "rasa", "gateway", "jobs"}

    async def wrong(self, page: httpx.AsyncClient) -> str:
        code, told = await self.ask(page)
        assert (code, told["ready"]) == (503, False), told
        (name,) = [name for name, check in told["checks"].items() if not check["ok"]]
        return f"{name}: {told['checks'][name]['detail']}"

    async def test_rasa_is_away(self, page: httpx.AsyncClient, rasa: dict[str, bool]) -> None:
        rasa["alive"] = False
        assert await self.wrong(page) == "rasa: does not answer"

    async def test_a_gateway_that_runs_but_no_longer_polls(self, page: httpx.AsyncClient) -> None:
        await sql("update beats set answered_at = now() - interval '10 minutes' where part = 'chat'")
        assert await self.wrong(page) == "gateway: running, Telegram answered 10 min ago"

    async def test_a_gateway_that_died(self, page: httpx.AsyncClient) -> None:
        await sql("update beats set at = now() - interval '1 minute' where part = 'chat'")
        assert await self.wrong(page) == "gateway: not running"

    async def test_one_of_two_gateways_is_enough(self, page: httpx.AsyncClient) -> None:
        await sql("insert into beats values ('dead', 'chat', now() - interval '1 hour', now() - interval '1 hour')")
        assert (await self.ask(page))[0] == 200

    async def test_a_worker_whose_queue_no_longer_beats(self, page: httpx.AsyncClient) -> None:
        await sql("update procrastinate_workers set last_heartbeat = now() - interval '1 minute'")
        assert await self.wrong(page) == "jobs: the worker takes no jobs"

    async def test_a_message_that_nobody_takes(self, page: httpx.AsyncClient, rooms: Rooms) -> None:
        await rooms.stores(rooms.update(text="halo"))
        assert (await self.ask(page))[0] == 200
        await sql("update updates set received_at = now() - interval '5 minutes'")
        assert await self.wrong(page) == "jobs: a message has waited 5 min for its turn"

    async def test_without_a_database_the_pages_still_answer(
        self, page: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away() -> None:
            raise OSError("postgresql://hotline:s3cret@127.0.0.1/x")

        monkeypatch.setattr(snapshot, "session", away)
        answer = await page.get("/readyz")
        assert answer.status_code == 503 and "s3cret" not in answer.text
        assert not answer.json()["checks"]["database"]["ok"]
        found = await samples(page)
        assert found[key("hotline_database_up")] == 0
        assert key("hotline_rasa_seconds_count", lang="km") in found
        assert (await page.get("/healthz")).json() == {"status": "ok"}

    async def test_a_database_that_answers_on_a_full_disk_stores_nothing(
        self, page: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(snapshot, "disk", lambda _: (0, 100_000_000_000))
        assert await self.wrong(page) == "database: its disk is full"

    async def test_nothing_but_the_three_pages_is_there(self, page: httpx.AsyncClient) -> None:
        for path in ("/", "/docs", "/openapi.json", "/metrics/x"):
            assert (await page.get(path)).status_code == 404, path
        assert (await page.post("/metrics")).status_code == 405


class TestBeats:
    async def test_a_beat_is_one_row_a_process_and_says_when_telegram_last_answered(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(beats, "_answered_at", None)
        await beats.beat("chat")
        assert (await snapshot.take()).answered == {}
        beats.answered()
        await beats.beat("chat")
        now = await snapshot.take()
        assert now.processes == {"chat": 1}
        assert now.answered["chat"] < 60

    async def test_a_process_goes_on_beating_when_the_database_was_away(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tried: list[str] = []
        enough = asyncio.Event()

        async def beat(part: str) -> None:
            tried.append(part)
            if len(tried) > 2:
                enough.set()
            raise OSError

        monkeypatch.setattr(beats, "beat", beat)
        monkeypatch.setattr(beats, "BEAT_SECONDS", 0.0)
        task = asyncio.create_task(beats.keep("worker", rasa_client.alive))
        await asyncio.wait_for(enough.wait(), 10)
        task.cancel()


class TestCounting:
    """Counters are exact, outlive forgotten rows and restarts, and are counted once by however many workers."""

    async def lived(self, rooms: Rooms) -> None:
        await rooms.writes("berapa biaya paspor?", user=41)
        await rooms.writes(TRAPPED, user=42)
        await rooms.writes(TRAPPED_KM, user=43, lang="km")
        await rooms.delivers()
        await rooms.stores({"update_id": 1, "channel_post": {"message_id": 1, "chat": {"id": -5, "type": "channel"}}})

    async def test_by_language_kind_and_priority(self, rooms: Rooms, page: httpx.AsyncClient) -> None:
        await self.lived(rooms)
        await sql("update outbox set sent_at = now() where state = 'sent'")
        await service.count(lag_seconds=0)
        found = await samples(page)
        assert found[key("hotline_updates_total", kind="message", lang="id")] == 2
        assert found[key("hotline_updates_total", kind="message", lang="km")] == 1
        assert found[key("hotline_updates_total", kind="message", lang="en")] == 0
        assert found[key("hotline_discards_total", why="channel_post", lang="none")] == 1
        assert found[key("hotline_answered_total", lang="id", by="bot")] == 2, (
            "one answer a message, of however many parts"
        )
        assert found[key("hotline_answered_total", lang="km", by="bot")] == 1
        assert found[key("hotline_cases_total", kind="distress", priority="2", lang="id")] == 1
        assert found[key("hotline_cases_total", kind="distress", priority="2", lang="km")] == 1
        assert found[key("hotline_reply_seconds_count", lang="id")] == 2
        assert found[key("hotline_reply_seconds_bucket", lang="id", le="+Inf")] == 2
        assert found[key("hotline_reply_seconds_bucket", lang="id", le="300.0")] == 2
        assert 0 <= found[key("hotline_reply_seconds_sum", lang="id")] < 300

    async def test_discards_of_an_earlier_release_had_no_language(self, rooms: Rooms, page: httpx.AsyncClient) -> None:
        await self.lived(rooms)
        await service.count(lag_seconds=0)
        await sql("insert into tallies (name, labels, value) values ('discards', 'why=channel_post', 4)")
        assert (await samples(page))[key("hotline_discards_total", why="channel_post", lang="none")] == 5

    async def test_twice_counts_nothing_twice(self, rooms: Rooms) -> None:
        await self.lived(rooms)
        await service.count(lag_seconds=0)
        before = (await snapshot.take()).counted
        await asyncio.gather(*(service.count(lag_seconds=0) for _ in range(4)))
        assert (await snapshot.take()).counted == before

    async def test_counts_stay_when_the_rows_are_forgotten_and_go_on(
        self, rooms: Rooms, page: httpx.AsyncClient
    ) -> None:
        await rooms.writes("berapa biaya paspor?")
        await service.count(lag_seconds=0)
        for table in ("procrastinate_jobs", "outbox", "updates"):
            await sql(f"delete from {table}")
        await rooms.writes("berapa biaya paspor?")
        await service.count(lag_seconds=0)
        assert (await samples(page))[key("hotline_updates_total", kind="message", lang="id")] == 2

    async def test_a_minute_in_which_a_transaction_is_still_open_waits(self, rooms: Rooms) -> None:
        raw = rooms.update(text="halo")
        async with session() as slow:
            await slow.execute(text("select 1"))
            await rooms.stores(raw)
            await service.count(lag_seconds=0)
            assert "updates" not in (await snapshot.take()).counted, "a row of the open one could still come before it"
            await slow.commit()
        await service.count(lag_seconds=0)
        assert sum((await snapshot.take()).counted["updates"].values()) == 1

    async def test_an_old_installation_is_counted_from_its_first_day(self, rooms: Rooms) -> None:
        for _ in range(3):
            await rooms.writes("halo kak, mau tanya")
        await sql("update updates set received_at = received_at - interval '9 days' where id % 2 = 0")
        await service.count()
        await service.count(lag_seconds=0)
        assert sum((await snapshot.take()).counted["updates"].values()) == 3

    async def test_what_an_operator_wrote_and_what_came_late_are_told_apart(
        self, rooms: Rooms, page: httpx.AsyncClient
    ) -> None:
        await rooms.claimed(TRAPPED)
        (card,) = [row for row in await rooms.rows("card")]
        case = await rooms.case()
        await rooms.operator_writes("kami bantu", case.topic_id, to=card.message_ids[0])
        rooms.rasa.parts = None
        await rooms.writes("berapa biaya paspor?", user=77)
        await rooms.delivers()
        await sql("update outbox set sent_at = now() where state = 'sent'")
        await service.count(lag_seconds=0)
        found = await samples(page)
        assert found[key("hotline_answered_total", lang="id", by="operator")] == 1
        assert found[key("hotline_unanswered", lang="id")] == 1


class TestMetrics:
    async def test_what_waits_is_shown_with_its_age(self, rooms: Rooms, page: httpx.AsyncClient) -> None:
        await rooms.writes("kami di bavet, sekarang mereka pukul saya, tolong")
        await sql("update cases set opened_at = now() - interval '400 seconds'")
        await sql("update case_events set at = now() - interval '400 seconds'")
        await sql("update outbox set created_at = now() - interval '90 seconds' where purpose = 'card'")
        found = await samples(page)
        assert found[key("hotline_cases_unclaimed", priority="1", lang="id")] == 1
        assert 400 <= found[key("hotline_unclaimed_p1_oldest_seconds", lang="id")] < 500
        assert 90 <= found[key("hotline_outbox_oldest_seconds", purpose="card", lang="id")] < 200
        assert found[key("hotline_outbox_queued", purpose="card", lang="id")] == 1, "a card is of its case's language"
        case = await rooms.case()
        await rooms.operator_presses(f"case:claim:{case.id}")
        found = await samples(page)
        assert found[key("hotline_unclaimed_p1_oldest_seconds", lang="id")] == 0
        assert found[key("hotline_cases_held", lang="id")] == 1

    async def test_a_case_handed_over_waits_from_then_on(self, rooms: Rooms) -> None:
        await rooms.writes("kami di bavet, sekarang mereka pukul saya, tolong")
        case = await rooms.case()
        await rooms.operator_presses(f"case:claim:{case.id}")
        await sql("update case_events set at = now() - interval '1 hour'")
        await rooms.operator_presses(f"case:hand:{case.id}")
        now = await snapshot.take()
        assert {name: one.number for name, one in now.named("unclaimed").items()} == {"1": 1}
        oldest = now.total("unclaimed", "1").oldest
        assert oldest is not None and oldest < 60

    async def test_no_label_can_single_out_a_person(self, rooms: Rooms, page: httpx.AsyncClient) -> None:
        await TestCounting().lived(rooms)
        await service.count(lag_seconds=0)
        labels = {name for sample, pairs in await samples(page) if sample.startswith("hotline") for name, _ in pairs}
        assert labels == {"kind", "lang", "by", "priority", "why", "purpose", "queue", "status", "part", "what", "le"}
        assert len([name for name, _ in await samples(page) if name.startswith("hotline")]) < 500

    async def test_calls_to_rasa_are_measured_where_they_happen(
        self, page: httpx.AsyncClient, config: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rasa_client, "_servers", Servers(["http://127.0.0.1:9"]))
        monkeypatch.setattr(snapshot, "session", None)
        before = await samples(page)
        with pytest.raises(NluUnavailable):
            await rasa_client.ask("1:1", "ជំរាបសួរ", {"heard": "km"})
        after = await samples(page)
        for name in ("hotline_rasa_seconds_count", "hotline_rasa_failures_total"):
            assert after[key(name, lang="km")] == before[key(name, lang="km")] + 1
            assert after[key(name, lang="id")] == before[key(name, lang="id")]

    async def test_calls_to_rasa_are_there_in_each_language_before_the_first_one(self, tmp_path: Path) -> None:
        before, own = tmp_path / "parts", tmp_path / "turns"
        for folder in (before, own):
            folder.mkdir()
        script = (
            "import os\nfrom bot.runtime import measure\nif os.fork() == 0:\n"
            "    os.environ['PROMETHEUS_MULTIPROC_DIR'] = os.environ['OWN']\n    measure.begin()\n    os._exit(0)\n"
            "os.wait()"
        )
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(before), "OWN": str(own)}
        await asyncio.to_thread(subprocess.run, [sys.executable, "-c", script], check=True, cwd=ROOT, env=environment)
        found = metrics.figures(None, tmp_path, [own])
        for lang in measure.LANGS:
            assert found[key("hotline_rasa_seconds_count", lang=lang)] == 0
            assert found[key("hotline_rasa_failures_total", lang=lang)] == 0

    @pytest.mark.timed
    async def test_a_scrape_stays_fast_with_a_hundred_thousand_messages(
        self, rooms: Rooms, page: httpx.AsyncClient
    ) -> None:
        await rooms.writes("halo kak, mau tanya")
        await fill(100_000)
        await service.count(lag_seconds=0)
        looks = [await samples(page) for _ in range(5)]
        assert looks[0][key("hotline_updates_total", kind="message", lang="id")] > 90_000
        async with session() as s:
            values = {"hours": 24, "since": ["opened"], "gone": 20, "topic": 120}
            plan = "\n".join(await s.scalars(text(f"explain {snapshot._EVERYTHING.text}"), values))
        assert not re.search(r"Seq Scan on (updates|outbox)", plan), plan
        # Measured 5 ms with ten times as many (docs/benchmarks.md).
        under(min(found[key("hotline_read_seconds")] for found in looks), 0.05)


async def fill(rows: int) -> None:
    """Messages of a month with their answers, all done, as a busy installation has them."""
    await sql(
        "insert into updates (bot_id, update_id, chat_id, kind, content, message_id, raw, received_at, state, triage) "
        "select 1, 10000000 + n, (select min(id) from chats where kind = 'private'), 'message', 'text', n, "
        "'x', now() - interval '20 days' + n * interval '17 seconds' * 100000 / :rows, 'done', 'none' "
        "from generate_series(1, :rows) n",
        rows=rows,
    )
    await sql(
        "insert into outbox (chat_id, purpose, method, payload, update_id, state, created_at, sent_at) "
        "select chat_id, 'reply', 'sendMessage', 'x', id, 'sent', received_at, received_at + interval '80 ms' "
        "from updates where update_id > 10000000"
    )
    for table in ("updates", "outbox"):
        await sql(f"analyze {table}")


class TestStatus:
    async def test_all_well_ends_with_0(self, rooms: Rooms) -> None:
        await heartbeats()
        shown, code = await status.report(as_json=False)
        assert code == 0, shown
        assert "WRONG" not in shown and "\033" not in shown
        assert all(len(line) <= 80 for line in shown.splitlines())

    async def test_a_hotline_that_does_not_run_ends_with_1(self, rooms: Rooms) -> None:
        shown, code = await status.report(as_json=False)
        assert code == 1
        assert re.search(r"WRONG +gateway +not running", shown)
        assert re.search(r"WRONG +jobs +no worker runs", shown)

    async def test_each_thing_that_waits_too_long_is_red(self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
        await heartbeats()
        await breaks(rooms, monkeypatch)
        await rooms.writes("kami di bavet, sekarang mereka pukul saya, tolong", user=55)
        rooms.rasa.parts = None
        await rooms.writes("berapa biaya paspor?", user=56)
        await sql("update updates set received_at = now() - interval '1 hour'")
        await sql("update outbox set created_at = now() - interval '1 hour'")
        await sql("update case_events set at = now() - interval '1 hour'")
        shown, code = await status.report(as_json=False, colour=True)
        red = re.findall(r"\033\[31mWRONG\033\[0m (\S.*?)  ", shown)
        assert (red, code) == (["P1 unclaimed", "waiting for Rasa", "to send", "dead letters"], 1)
        told = json.loads((await status.report(as_json=True))[0])
        assert told["ok"] is False
        assert told["broken"] == red
        assert told["metrics"]['hotline_dead_letters{lang="id"}'] == 1
        assert told["metrics"]['hotline_cases_unclaimed{lang="id",priority="1"}'] == 1

    async def test_a_failed_alarm_refused_topics_and_hidden_facts_are_not_called_well(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await heartbeats()
        await rooms.claimed(TRAPPED)
        await sql("update cases set topic_id = null, claimed_at = now() - interval '1 hour'")
        await sql(
            "insert into alarms (kind, site, state, next_at, failure) "
            "values ('test', 'id_desk', 'failed', now(), 'nobody')"
        )
        taken = await snapshot.take()
        hidden = {"hidden": 2, "ending": 0, "unconfirmed": 9}
        wrong = replace(taken, facts=hidden, retention={"topics_refused": 1})

        async def take() -> snapshot.Snapshot:
            return wrong

        monkeypatch.setattr(snapshot, "take", take)
        shown, code = await status.report(as_json=False)
        told = json.loads((await status.report(as_json=True))[0])
        assert code == 1 and told["ok"] is False
        assert {"night alarm", "topics of cases", "old topics", "facts"} <= set(told["broken"])
        for name in told["broken"]:
            assert re.search(rf"WRONG {name} .*\n +-> \S.*\.$", shown, re.MULTILINE), name
        assert all(len(line) <= 80 for line in shown.splitlines())

    async def test_words_that_nobody_forgets_are_worth_a_look(self, rooms: Rooms) -> None:
        await heartbeats()
        assert "no report yet" in (await status.report(as_json=False))[0]
        await sql("insert into retention_reports (began_at) values (now() - interval '3 days')")
        shown, code = await status.report(as_json=False)
        assert re.search(r"LOOK +forgetting +last report 72 h ago\n +-> Old words stay", shown)
        assert code == 0

    async def test_it_shows_the_numbers_of_the_page_by_language(self, rooms: Rooms, page: httpx.AsyncClient) -> None:
        await TestCounting().lived(rooms)
        await sql("update outbox set sent_at = now() where state = 'sent'")
        await service.count(lag_seconds=0)
        measured = {"hotline_read_seconds", "hotline_disk_free_bytes", "hotline_rasa_seconds", "hotline_rasa_failures"}
        moving = re.compile(rf"(?:{'|'.join(measured)}|\w*_(?:oldest|ago|beat)_seconds)")
        shown = {
            status._named(name, labels): value
            for (name, labels), value in (await samples(page)).items()
            if name.startswith("hotline_") and not moving.match(name)
        }
        told = json.loads((await status.report(as_json=True))[0])["metrics"]
        assert {name: value for name, value in told.items() if not moving.match(name)} == shown
        rows = {line[:24].strip(): line[24:].split() for line in (await status.report(as_json=False))[0].splitlines()}
        assert rows["in total"] == ["id", "km", "km-Latn", "en", "other", "none"]
        assert rows["updates"][:2] == ["2", "1"]
        assert rows["answered"][:2] == ["2", "1"]
        assert rows["discard channel_post"] == ["1"]
        assert rows["unclaimed P2"][:2] == ["1", "1"]
        assert rows["answered within, 95 %"][:2] != ["-", "-"]

    async def test_how_long_rasa_takes_is_read_from_what_the_turns_of_this_machine_measured(
        self, rooms: Rooms, config: Settings
    ) -> None:
        for name in ("turns", "turns-2"):
            folder = run_files.measures_folder(config.hotline_home, name)
            folder.mkdir(parents=True)
            await asyncio.to_thread(
                subprocess.run,
                [
                    sys.executable,
                    "-c",
                    "from bot.runtime import measure\n"
                    "for seconds in (0.03, 0.04, 0.7): measure.RASA_SECONDS.labels('km').observe(seconds)\n"
                    "measure.RASA_FAILURES.labels('km').inc()",
                ],
                check=True,
                cwd=ROOT,
                env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
            )
        shown, _ = await status.report(as_json=False)
        rows = {line[:24].strip(): re.split(r"  +", line[24:].strip()) for line in shown.splitlines()}
        assert rows["calls to Rasa"] == ["0", "6", "0", "0", "0"]
        assert rows["without an answer"] == ["0", "2", "0", "0", "0"]
        assert rows["Rasa within, half"] == ["-", "0.05 s", "-", "-", "-"]
        assert rows["Rasa within, 95 %"] == ["-", "1 s", "-", "-", "-"]

    async def test_today_is_counted_by_language_and_at_once(self, rooms: Rooms) -> None:
        await rooms.writes("berapa biaya paspor?", user=41)
        await rooms.writes(TRAPPED_KM, user=43, lang="km")
        await rooms.delivers()
        await sql("update outbox set sent_at = now() where state = 'sent'")
        found = await snapshot.today(dt.datetime.now(dt.UTC))
        assert found["messages"] == {"id": 1, "km": 1, "km-Latn": 0, "en": 0, "other": 0}
        assert found["answered"]["id"] == found["answered"]["km"] == 1
        assert found["cases"]["km"] == 1


class TestDeadLetters:
    async def test_they_are_listed_without_a_word_of_them(self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
        assert await deadletters.table() == "No dead letters."
        row = await breaks(rooms, monkeypatch, "rahasia saya")
        case = await rooms.case()
        head, line = (await deadletters.table()).splitlines()
        assert head.split()[:1] == ["id"]
        assert line.split()[0] == str(row)
        for part in ("worker", "text", "RuntimeError", case.ref):
            assert part in line
        assert "rahasia" not in line and "Budi" not in line

    async def test_a_list_that_is_cut_says_so(self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(deadletters, "SHOWN", 1)
        await breaks(rooms, monkeypatch)
        assert len((await deadletters.table()).splitlines()) == 2
        await breaks(rooms, monkeypatch)
        assert (await deadletters.table()).splitlines()[2:] == ["There are more, later ones."]

    @pytest.mark.parametrize("everything", [True, False])
    async def test_replayed_a_message_is_answered_once_and_the_topic_hears_of_it(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch, everything: bool
    ) -> None:
        row = await breaks(rooms, monkeypatch, "berapa biaya paspor?")
        assert "1 dead letter" in await deadletters.replay([] if everything else [row], everything=everything)
        found = await rooms.row(row)
        assert (found.state, found.attempts) == ("pending", 0)
        with pytest.raises(HotlineError, match=f"Not a dead letter: {row}"):
            await deadletters.replay([row], everything=False)
        async with session() as s:
            waiting = await s.scalar(
                text(
                    "select count(*) from procrastinate_jobs where status = 'todo' and task_name = 'turns.take' "
                    "and args ->> 'update' = :row"
                ),
                {"row": str(row)},
            )
        assert waiting == 2, "the job of its intake, which ran by hand here, and that of the replay"
        await turns.take(update=row)
        await turns.take(update=row)
        assert (await rooms.row(row)).state == "done"
        assert (await rooms.screen())[-1] == "jawaban"
        assert (await rooms.screen()).count("jawaban") == 1
        assert (await rooms.topic()).count(render("desk_dead_letter_done", "id")) == 1
        assert "dead_letter_replayed" in await rooms.events(await rooms.case())

    async def test_held_by_an_operator_it_is_shown_to_them_and_the_bot_is_silent(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = await breaks(rooms, monkeypatch, "pertanyaan saya")
        await rooms.delivers()
        await rooms.operator_presses(f"case:claim:{(await rooms.case()).id}")
        before = await rooms.screen()
        await deadletters.replay([row], everything=False)
        await turns.take(update=row)
        assert await rooms.screen() == before
        assert sum("pertanyaan saya" in line for line in await rooms.topic()) == 1

    async def test_failing_again_it_is_a_dead_letter_again_and_nobody_is_told_twice(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = await breaks(rooms, monkeypatch)
        before = (await rooms.screen(), await rooms.topic())
        await deadletters.replay([row], everything=False)

        async def fails(*_: object) -> None:
            raise ValueError

        monkeypatch.setattr(pipeline, "answer", fails)
        with pytest.raises(turns.TurnFailed):
            await turns.take(update=row)
        await turns.take(update=row)
        assert (await rooms.row(row)).state == "dead"
        assert (await rooms.screen(), await rooms.topic()) == before

    async def test_what_an_operator_did_is_repeated_only_when_it_is_named(self, rooms: Rooms) -> None:
        await rooms.claimed(TRAPPED)
        async with session() as s:
            row = await s.scalar(
                text("select max(u.id) from updates u join chats c on c.id = u.chat_id and c.kind = 'operators'")
            )
        await sql("update updates set state = 'dead', attempts = 2 where id = :row", row=row)
        said = await deadletters.replay([], everything=True)
        assert said.startswith("Left alone") and f": {row}." in said
        assert (await rooms.row(int(row))).state == "dead"
        await deadletters.replay([int(row)], everything=False)
        async with session() as s:
            task = await s.scalar(text("select task_name from procrastinate_jobs order by id desc limit 1"))
        assert task == "desk.take"

    async def test_the_command_waits_and_says_which_worked_and_which_failed_again(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert await deadletters.replay([], everything=True) == "No dead letters."
        good, bad = await breaks(rooms, monkeypatch), await breaks(rooms, monkeypatch)
        said = await deadletters.replay([good], everything=False)
        assert f"Not taken yet: {good}." in said and "Worked" not in said, "no worker runs here"
        await sql("update updates set state = 'dead', error = 'RuntimeError' where id = :row", row=good)
        looked: list[float] = []

        async def meanwhile(seconds: float) -> None:
            looked.append(seconds)
            await turns.take(update=good)
            await turns.failed(bad, "ValueError")

        monkeypatch.setattr(deadletters, "asyncio", SimpleNamespace(sleep=meanwhile))
        with pytest.raises(HotlineError) as told:
            await deadletters.replay([], everything=True, patience_seconds=30)
        assert len(looked) == 2, "a turn is tried twice"
        for part in (
            "2 dead letters queued again.",
            f"Worked: {good}.",
            f"Failed again: {bad} (ValueError).",
        ):
            assert part in str(told.value)
        assert "Not taken" not in str(told.value)

    async def test_while_rasa_is_away_another_try_is_not_taken_for_an_answer(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = await breaks(rooms, monkeypatch, "berapa biaya paspor?")
        before = (await rooms.screen(), await rooms.topic())
        await deadletters.replay([row], everything=False)
        parts, rooms.rasa.parts = rooms.rasa.parts, None
        await turns.take(update=row)
        assert (await rooms.row(row)).state == "dead", "nobody has answered it"
        assert (await rooms.screen(), await rooms.topic()) == before
        rooms.rasa.parts = parts
        await deadletters.replay([row], everything=False)
        await turns.take(update=row)
        assert (await rooms.screen())[-1] == "jawaban"
        assert (await rooms.topic()).count(render("desk_dead_letter_done", "id")) == 1

    async def test_settled_it_counts_no_longer(self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
        row = await breaks(rooms, monkeypatch)
        assert (await snapshot.take()).total("dead").number == 1
        assert await deadletters.settle([row]) == "1 dead letter settled."
        assert (await snapshot.take()).total("dead").number == 0
        found = await rooms.row(row)
        assert (found.state, found.error) == ("done", "RuntimeError")
        with pytest.raises(HotlineError, match="Not a dead letter"):
            await deadletters.settle([row])

    async def test_a_command_without_a_number_says_what_to_do(self, rooms: Rooms) -> None:
        with pytest.raises(HotlineError, match="or say --all"):
            await deadletters.replay([], everything=False)
        with pytest.raises(HotlineError, match="or say --all"):
            await deadletters.replay([1], everything=True)

    async def test_messages_that_could_not_be_delivered_are_in_sight(
        self, rooms: Rooms, page: httpx.AsyncClient
    ) -> None:
        assert await deadletters.outgoing_table() == "Everything arrived."
        await rooms.writes(TRAPPED)
        await sql("update outbox set state = 'failed', failure = 'blocked', attempts = 1 where purpose = 'receipt'")
        lines = (await deadletters.outgoing_table()).splitlines()
        assert len(lines) == 2
        assert "receipt" in lines[1] and "blocked" in lines[1] and (await rooms.case()).ref in lines[1]
        assert (await samples(page))[key("hotline_outbox_failed", why="blocked", lang="id")] == 1


class TestServer:
    def test_a_taken_port_is_no_obstacle(self) -> None:
        first = server.bind("127.0.0.1", 0)
        wanted = first.getsockname()[1]
        second = server.bind("127.0.0.1", wanted)
        assert second.getsockname()[1] != wanted
        first.close()
        second.close()

    async def test_a_host_that_is_not_ours_stops_no_worker(
        self, config: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(server, "settings", lambda: config.model_copy(update={"watch_host": "203.0.113.9"}))
        await asyncio.wait_for(server.run(tmp_path), 10)
