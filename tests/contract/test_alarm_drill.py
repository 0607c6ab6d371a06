"""The weekly test of the night alarm: it reaches everybody by every way, or somebody hears that it does not."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text, update

from bot.alarm import commands, drill, duty, rules, status
from bot.alarm import jobs as alarm
from bot.cases import operators, sites
from bot.errors import SettingInvalid
from bot.processes import doctor
from bot.settings import settings
from bot.storage.models import Alarm, Ring
from bot.storage.session import session
from bot.texts import render
from tests.support.alarm import Night
from tests.support.rooms import DARA, SARI, Rooms
from tests.support.smtp import MailServer

#: A Monday, 10:00 in Jakarta and Phnom Penh.
MONDAY = dt.datetime(2030, 3, 4, 3, 0, tzinfo=dt.UTC)
FAILURE = "alarm_test_failed"


@pytest.fixture
async def night(rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Night]:
    """A desk whose alarm goes by mail and by a program."""
    async with MailServer() as mail:
        found = Night(rooms, mail, tmp_path, monkeypatch)
        found.set(SMTP_URL=f"smtp://127.0.0.1:{mail.port}", SMTP_FROM="alarm@example.org")
        found.program()
        yield found


async def week(night: Night, *hours: float) -> None:
    """The worker looks so many hours after Monday morning, and makes the calls that are due, and those that failed."""
    for hour in hours:
        now = MONDAY + dt.timedelta(hours=hour)
        await alarm.look(now)
        for _ in range(alarm.MAX_ATTEMPTS + 1):
            for ring in await night.rings():
                if ring.state == "queued":
                    await alarm.attempt(ring.id, now)


async def line(site: str = "id_desk") -> doctor.Line:
    """What `hotline doctor` says of a desk's alarm."""
    import psycopg

    from bot.storage.session import engine, libpq_url

    with psycopg.connect(libpq_url(engine().url.render_as_string(hide_password=False))) as connection:
        return next(doctor.Line(*found) for found in status.desks(connection) if found[0].endswith(site))


async def test_on_monday_everybody_gets_it_by_every_way_once_in_their_language(night: Night) -> None:
    await night.on_duty("Sari", "Dara", phones=True)
    await week(night, -1)
    assert night.mailed == []
    await week(night, 0, 0.2, 0.4)
    assert night.mailed == ["sari", "dara"]
    assert night.phones == ["+62-1", "+62-2"]
    [found] = await night.alarms("test")
    assert night.mail.subjects == [render("alarm_test_text", "id"), render("alarm_test_text", "km")]
    assert {call["env"]["HOTLINE_ALARM_KIND"] for call in night.called} == {"test"}
    assert night.called[0]["args"][-1] == f"T-{found.id}"
    assert await night.lines() == [render("alarm_line_test", "id", people="Sari, Dara")]
    await night.press(DARA)
    await week(night, 2, 24, 100)
    assert len(night.mailed) == 2
    assert [test.state for test in await night.alarms("test")] == ["acknowledged"]
    await week(night, 168)
    assert len(await night.alarms("test")) == 2


async def test_two_workers_test_once(night: Night) -> None:
    import asyncio

    await night.on_duty("Sari")
    await asyncio.gather(*(alarm.look(MONDAY) for _ in range(4)))
    assert len(await night.alarms("test")) == 1
    assert len(await night.rings()) == 1


async def test_a_machine_that_was_down_tests_late_but_not_at_night(night: Night) -> None:
    await night.on_duty("Sari")
    await week(night, 15)
    assert night.mailed == []
    await week(night, 168 + 4)
    assert night.mailed == ["sari"]


async def test_a_test_that_nobody_acknowledges_alarms_itself(night: Night, capfd: pytest.CaptureFixture[str]) -> None:
    await night.on_duty("Sari", phones=True)
    await week(night, 0, 0.9)
    assert (await line()).ok is True
    await week(night, 1.01, 1.1)
    assert render("alarm_line_test_unacknowledged", "id") in await night.lines()
    assert night.mail.subjects == [render("alarm_test_text", "id"), render("alarm_test_failed_text", "id")]
    assert len(night.phones) == 2
    assert FAILURE in "".join(capfd.readouterr())
    found = await line()
    assert (found.ok, "unacknowledged" in found.detail) == (False, True)
    assert (await status.counts())["failed_tests"] == 1
    assert await night.press(SARI) == render("alarm_test_passed", "id"), "late is good too"
    assert (await line()).ok is True


async def test_a_way_that_does_not_work_is_named_and_the_other_way_tells_it(
    night: Night, capfd: pytest.CaptureFixture[str]
) -> None:
    await night.on_duty("Sari", phones=True)
    night.mail.refuse["DATA"] = "554 no"
    await week(night, 0)
    lines = await night.lines()
    assert render("alarm_line_test_email", "id", person="Sari") in lines
    assert [call["env"]["HOTLINE_ALARM_TEXT"] for call in night.called] == [
        render("alarm_test_text", "id"),
        render("alarm_test_failed_text", "id"),
    ]
    assert FAILURE in (said := "".join(capfd.readouterr()))
    assert "example.org" not in said
    assert await night.press(SARI) == render("alarm_test_still_failed", "id")
    found = await line()
    assert (found.ok, "undelivered" in found.detail) == (False, True)


async def test_when_every_way_is_broken_the_group_and_the_log_are_left(night: Night) -> None:
    night.program("1")
    night.mail.refuse["DATA"] = "554 no"
    await night.on_duty("Sari", phones=True)
    await week(night, 0, 1.01)
    assert [
        render(f"alarm_line_test_{way}", "id", person="Sari") in await night.lines() for way in ("email", "command")
    ]
    assert {(ring.state, ring.attempts) for ring in await night.rings()} == {("failed", alarm.MAX_ATTEMPTS)}
    assert (await status.counts())["failed_tests"] == 1


async def test_a_desk_with_nobody_on_duty_hears_of_it_once_a_week(night: Night) -> None:
    night.set(ALERT_COMMAND=None)
    await week(night, 0, 1, 5, 168)
    assert await night.lines() == [render("alarm_line_test_nobody", "id")] * 2
    assert (await line()).ok is False


async def test_without_any_channel_the_group_hears_it_once_a_week_and_the_sandbox_does_not(night: Night) -> None:
    night.set(SMTP_URL=None, SMTP_FROM=None, ALERT_COMMAND=None)
    await week(night, 0)
    assert await night.alarms("test") == []
    assert status.ways(settings())[0] is None
    night.set(TELEGRAM_BOT_TOKEN="123:abc", OPERATORS_CHAT_ID="-1001000000001")
    await week(night, 1, 2, 50)
    assert await night.lines() == [render("alarm_line_test_no_channel", "id")]
    [found] = await night.alarms("test")
    assert found.failure == "no_channel"


async def test_a_khmer_desk_with_a_group_of_its_own_is_tested_in_khmer(night: Night) -> None:
    night.set(OPERATORS_CHATS='{"km_desk": -1009}', ALERT_COMMAND=None)
    await operators.add("Dara", telegram_id=DARA, site="km_desk", role="operator", lang="km")
    await night.on_duty("Sari", "Dara")
    await week(night, 0)
    assert sorted(night.mailed) == ["dara", "sari"]
    assert render("alarm_line_test", "km", people="Dara") in await night.lines()
    assert len(await night.alarms("test")) == len(sites.sites())


class TestByHand:
    async def test_it_calls_at_once_and_says_what_went_out_and_what_not(self, night: Night) -> None:
        night.program("9")
        await night.on_duty("Sari", "Dara", phones=True)
        tried = await commands.test(None)
        assert tried.failed
        said = "\n".join(tried.lines)
        assert "id_desk: Sari, mail: gone out" in said
        assert "ended with 9; 0 means that the call went out." in said
        assert "hotline alarm ack T-1 --by NAME" in said
        async with session() as s:
            jobs = await s.execute(text("select 1 from procrastinate_jobs where task_name = 'alarm.ring'"))
            assert len(jobs.all()) == 2, "only what failed waits for the worker"
        assert "is acknowledged" in await commands.acknowledge("t-1", "Dara")

    async def test_nobody_on_duty_and_a_desk_that_is_not_there_are_one_sentence(self, night: Night) -> None:
        night.set(ALERT_COMMAND=None)
        tried = await commands.test("id_desk")
        assert tried.failed
        assert "hotline duty set NAME" in tried.lines[0]
        with pytest.raises(SettingInvalid, match="No desk is called moon"):
            await commands.test("moon")

    async def test_what_was_begun_and_broken_off_is_finished_by_the_worker(self, night: Night) -> None:
        await night.on_duty("Sari")
        async with session() as s:
            await drill.begin(s, "id_desk", dt.datetime.now(dt.UTC), defer=False)
            await s.execute(update(Ring).values(created_at=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=9)))
            await s.commit()
        await alarm.look()
        async with session() as s:
            jobs = await s.execute(text("select args from procrastinate_jobs where task_name = 'alarm.ring'"))
            assert [row[0] for row in jobs] == [{"ring": 1}]


async def test_the_numbers_for_a_watcher(night: Night) -> None:
    await night.on_duty("Sari", "Dara")
    assert await status.counts() == {
        "ringing": 0,
        "failed_calls": 0,
        "failed_earlier": 0,
        "failed_tests": 0,
        "open_tests": 0,
        "on_duty": 2,
        "ways": 2,
    }
    async with session() as s:
        now = dt.datetime.now(dt.UTC)
        s.add(Alarm(kind="case", site="id_desk", next_at=now))
        found = Alarm(kind="test", site="id_desk", next_at=now, state="failed")
        s.add(found)
        await s.flush()
        s.add(Ring(alarm_id=found.id, step=0, channel="email", state="failed"))
        s.add(Alarm(kind="test", site="km_desk", next_at=now))
        await s.commit()
    assert await status.counts() == {
        "ringing": 1,
        "failed_calls": 1,
        "failed_earlier": 0,
        "failed_tests": 1,
        "open_tests": 1,
        "on_duty": 2,
        "ways": 2,
    }
    assert "ringing 1" in status.sentence(await status.counts())
    assert rules.TEST_MINUTES == 60, "the texts say one hour"


async def test_a_call_that_failed_is_wrong_for_an_hour_and_no_longer_than_until_its_way_works_again(
    night: Night,
) -> None:
    async def failed() -> tuple[int, int]:
        found = await status.counts()
        return found["failed_calls"], found["failed_earlier"]

    async def called(minutes: int, state: str, channel: str = "email") -> None:
        at = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=minutes)
        async with session() as s:
            made = Alarm(kind="case", site="id_desk", state="acknowledged", next_at=at)
            s.add(made)
            await s.flush()
            s.add(Ring(alarm_id=made.id, step=0, channel=channel, state=state, attempted_at=at))
            await s.commit()

    await called(25 * 60, "failed")
    assert await failed() == (0, 0)
    await called(3 * 60, "failed")
    assert await failed() == (0, 1), "nobody knows whether the way works now"
    await called(59, "failed")
    assert await failed() == (1, 1)
    await called(5, "delivered", channel="command")
    assert await failed() == (1, 1), "the program called, not the mail"
    await called(4, "delivered")
    assert await failed() == (0, 0)
    await called(1, "failed")
    assert await failed() == (1, 0)


async def test_doctor_names_a_program_that_is_not_there(night: Night) -> None:
    night.set(ALERT_COMMAND="/nowhere/ring")
    ok, detail, todo = status.ways(settings())
    assert (ok, todo) == (False, "give its full path")
    assert "/nowhere/ring of ALERT_COMMAND" in detail
    await duty.change("Sari", order=1, email=None, phone="+62-1")
    assert (await line()).detail == "1 on duty, never tested"
