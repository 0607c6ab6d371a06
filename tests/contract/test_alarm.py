"""The night alarm: who is called when nobody takes a case of danger to life, and what stops it."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from bot.alarm import channels, commands, duty
from bot.alarm import jobs as alarm
from bot.cases import operators
from bot.cases import service as cases
from bot.errors import AlarmNotDelivered, CaseNotFound, OperatorUnknown, SettingInvalid
from bot.outbox import sender
from bot.settings import ROOT, Settings
from bot.storage import jobs, stuck
from bot.storage.models import Case, CaseEvent, Operator, Ring
from bot.storage.session import session
from bot.texts import render
from bot.turns import distress_report
from tests.support.alarm import BUDI, Night
from tests.support.rooms import DARA, SARI, STRANGER, Rooms
from tests.support.smtp import MailServer, certificate

BEATEN = {"id": "TOLONG saya dipukuli sekarang, mereka mau jual saya malam ini", "km": "ជួយផង! គេកំពុងវាយខ្ញុំ គេនឹងលក់ខ្ញុំយប់នេះ"}
TRAPPED = "tolong pak, saya disekap di kamboja, paspor saya diambil bos"
both = pytest.mark.parametrize("lang", ["id", "km"])


@pytest.fixture
async def night(rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Night]:
    """A desk whose alarm goes by mail."""
    async with MailServer() as mail:
        found = Night(rooms, mail, tmp_path, monkeypatch)
        found.set(SMTP_URL=f"smtp://127.0.0.1:{mail.port}", SMTP_FROM="alarm@example.org", ALERT_COMMAND=None)
        yield found


class TestTheLadder:
    @both
    async def test_who_sleeps_is_called_then_the_next_then_the_first_again(self, night: Night, lang: str) -> None:
        await night.on_duty("Sari", "Dara", "Budi")
        await night.rooms.writes(BEATEN[lang])
        for minutes, people in (
            (2.9, []),
            (3.1, ["sari"]),
            (4, ["sari"]),
            (8.2, ["sari", "dara"]),
            (13.3, ["sari", "dara", "budi"]),
            (18.4, ["sari", "dara", "budi", "sari"]),
        ):
            await night.looks(minutes)
            assert night.mailed == people, minutes

    @both
    async def test_the_alarm_is_in_the_persons_language_and_says_nothing_of_the_worker(
        self, night: Night, lang: str
    ) -> None:
        await night.on_duty("Sari" if lang == "id" else "Dara")
        await night.rooms.writes(BEATEN[lang])
        await night.looks(3.1)
        case = await night.rooms.case()
        [(to, mail)] = night.mail.mails
        async with session() as s:
            opened = await s.scalar(select(CaseEvent.at).where(CaseEvent.what == "opened"))
        assert opened is not None
        clock = opened.astimezone(dt.timezone(dt.timedelta(hours=7)))
        expected = render("alarm_text", lang, ref=case.ref, since=f"{clock:%H:%M}")  # type: ignore[arg-type]
        body = mail.get_content().replace("\r\n", "\n")
        assert mail["Subject"] == expected
        assert body.split("\n\n")[0] == expected
        assert to == mail["To"] == ("sari@example.org" if lang == "id" else "dara@example.org")
        for word in ("Budi", "dipukuli", "jual", "ជួយ", "វាយ", "Sari", "Dara"):
            assert word not in body

    async def test_two_workers_looking_at_once_call_once(self, night: Night) -> None:
        await night.on_duty("Sari", "Dara")
        await night.rooms.writes(BEATEN["id"])
        for minutes in (3.1, 8.2):
            await asyncio.gather(*(alarm.look(night.at(minutes)) for _ in range(4)))
        assert len(await night.rings()) == 2
        assert len(await night.alarms()) == 1

    async def test_trapped_but_not_in_danger_now_wakes_nobody(self, night: Night) -> None:
        await night.on_duty("Sari")
        await night.rooms.writes(TRAPPED)
        await night.looks(60)
        assert night.mailed == []

    async def test_what_only_the_model_saw_wakes_nobody_until_the_word_list_sees_it_too(self, night: Night) -> None:
        await night.on_duty("Sari")
        row = await night.rooms.stores(night.rooms.update(text="kak mau tanya"))
        async with session() as s:
            stored = await s.get_one(cases.Update, row)
            chat = await s.get_one(cases.Chat, stored.chat_id)
            await distress_report.receive(s, chat, stored, "emergency", lang="id", found_by="model")
            await s.commit()
        await night.looks(60)
        assert night.mailed == []
        await night.rooms.writes(BEATEN["id"])
        await night.looks(60)
        assert night.mailed == ["sari"]

    async def test_a_case_raised_to_danger_now_counts_from_then(self, night: Night) -> None:
        await night.on_duty("Sari")
        await night.rooms.writes(TRAPPED)
        async with session() as s:
            await s.execute(text("update case_events set at = at - interval '1 hour'"))
            await s.commit()
        await night.rooms.writes(BEATEN["id"])
        await night.looks(1)
        assert night.mailed == []
        await night.looks(3.1)
        assert night.mailed == ["sari"]

    async def test_a_hundred_cases_call_a_person_once_and_say_how_many_they_are(self, night: Night) -> None:
        await night.on_duty("Sari", "Dara")
        for user in range(60, 70):
            await night.rooms.writes(BEATEN["id"], user)
        await night.looks(3.1)
        first = (await night.rooms.cases())[0]
        assert night.mailed == ["sari"]
        assert first.ref in night.mail.subjects[0]
        assert "10 kasus" in night.mail.subjects[0]

    async def test_a_newer_case_is_told_soon_although_the_ladder_had_become_slow(self, night: Night) -> None:
        await night.on_duty("Sari")
        await night.rooms.writes(BEATEN["id"], 60)
        for minutes in (3.1, 13.2, 23.3, 83.4):
            await night.looks(minutes)
        assert len(night.mailed) == 4
        await night.looks(95)
        assert len(night.mailed) == 4, "the pace is slow"
        async with session() as s:
            await s.execute(text("update case_events set at = at - interval '90 minutes'"))
            await s.commit()
        await night.rooms.writes(BEATEN["id"], 61)
        await night.looks(95.1)
        assert len(night.mailed) == 5
        assert "2 kasus" in night.mail.subjects[-1]

    async def test_it_goes_on_after_a_restart_from_what_stands_in_the_tables(self, night: Night) -> None:
        await night.on_duty("Sari", "Dara")
        await night.rooms.writes(BEATEN["id"])
        async with session() as s:
            await s.execute(text("delete from procrastinate_jobs"))
            await s.commit()
        await night.looks(3.1)
        async with session() as s:
            await s.execute(text("delete from procrastinate_jobs"))
            await s.commit()
        await night.looks(8.2)
        assert night.mailed == ["sari", "dara"]

    async def test_a_desk_without_a_group_calls_its_own_people_then_the_fallbacks(self, night: Night) -> None:
        await operators.add("Dara", telegram_id=DARA, site="km_desk", role="operator", lang="km")
        await night.on_duty("Sari", "Dara")
        await night.rooms.writes(BEATEN["km"], lang="km")
        assert (await night.rooms.case()).site == "km_desk"
        for minutes in (3.1, 8.2):
            await night.looks(minutes)
        assert night.mailed == ["dara", "sari"]
        assert night.mail.mails[0][1]["Subject"].startswith("Hotline៖")


class TestWhatStopsIt:
    async def test_a_claim(self, night: Night) -> None:
        await night.on_duty("Sari", "Dara")
        await night.rooms.writes(BEATEN["id"])
        await night.looks(3.1)
        await night.rooms.operator_presses(f"case:claim:{(await night.rooms.case()).id}", DARA)
        for minutes in (8.2, 60, 600):
            await night.looks(minutes)
        assert night.mailed == ["sari"]
        assert [found.state for found in await night.alarms()] == ["over"]

    async def test_a_claim_while_the_call_is_on_its_way_lets_a_person_sleep(self, night: Night) -> None:
        await night.on_duty("Sari")
        await night.rooms.writes(BEATEN["id"])
        await alarm.look(night.at(3.1))
        await night.rooms.operator_presses(f"case:claim:{(await night.rooms.case()).id}", DARA)
        await night.calls(3.1)
        assert night.mailed == []
        assert [ring.state for ring in await night.rings()] == ["dropped"]

    @both
    async def test_the_button_in_the_group_and_who_fell_asleep_again_is_not_the_next_one_called(
        self, night: Night, lang: str
    ) -> None:
        await night.on_duty("Sari", "Dara")
        await night.rooms.writes(BEATEN[lang])
        await night.looks(3.1)
        assert await night.press(SARI) == render("alarm_you_acknowledged", "id")
        assert render("alarm_line_acknowledged", "id", person="Sari", minutes="15") in await night.lines()
        assert "alarm_acknowledged" in await night.rooms.events(await night.rooms.case())
        await night.looks(14)
        assert night.mailed == ["sari"], "an acknowledgement holds for a quarter of an hour"
        await night.looks(15.2)
        assert night.mailed == ["sari", "dara"], "nobody claimed it"
        assert (await night.rooms.case()).state == "new"

    async def test_a_new_case_rings_although_an_older_one_was_acknowledged(self, night: Night) -> None:
        await night.on_duty("Sari", "Dara")
        await night.rooms.writes(BEATEN["id"], 60)
        await night.looks(3.1)
        await night.press(SARI)
        await night.rooms.writes(BEATEN["id"], 61)
        await night.looks(4)
        assert night.mailed == ["sari"], "two minutes between two alarms"
        await night.looks(5.2)
        assert night.mailed == ["sari", "sari"]
        assert (await night.rooms.cases())[1].ref in night.mail.subjects[-1]

    async def test_a_stranger_or_a_button_of_yesterday_stops_nothing(self, night: Night) -> None:
        await night.on_duty("Sari")
        await night.rooms.writes(BEATEN["id"])
        await night.looks(3.1)
        assert await night.press(STRANGER) == render("desk_not_listed", "id")
        for data in ("alarm:ack:999", "alarm:ack:x", "alarm:ack:", "alarm:rang:1", "alarm:", "alarm:ack:1:2"):
            assert await night.rooms.operator_presses(data) == render("desk_button_unknown", "id")
        assert [found.state for found in await night.alarms()] == ["ringing"]
        await night.press(SARI)
        assert await night.press(SARI) == render("alarm_rings_no_more", "id")

    async def test_another_desks_group_cannot_stop_it(self, night: Night) -> None:
        night.set(OPERATORS_CHATS='{"km_desk": -1009}')
        await night.on_duty("Sari")
        await night.rooms.writes(BEATEN["id"])
        await night.looks(3.1)
        [found] = await night.alarms()
        said = await night.rooms.operator_presses(f"alarm:ack:{found.id}", DARA, group=-1009)
        assert said == render("desk_of_another_desk", "km", site="km_desk")
        assert [one.state for one in await night.alarms()] == ["ringing"]

    async def test_the_command_by_name_or_number(self, night: Night) -> None:
        await night.on_duty("Sari")
        await night.rooms.writes(BEATEN["id"])
        ref = (await night.rooms.case()).ref
        assert await commands.acknowledge(ref, "sari") == f"Nothing rings for {ref} now."
        async with session() as s:
            await s.execute(text("update case_events set at = at - interval '4 minutes'"))
            await s.commit()
        await night.looks(0)
        with pytest.raises(OperatorUnknown, match="hotline operators list"):
            await commands.acknowledge(ref, "Nobody")
        with pytest.raises(CaseNotFound, match="No case has the reference H-ZZZZ"):
            await commands.acknowledge("h-zzzz", "Sari")
        assert "silent, by Sari" in await commands.acknowledge(ref.lower(), "1")
        assert [found.state for found in await night.alarms()] == ["acknowledged"]

    async def test_an_operator_taken_off_the_list_is_not_called_and_their_number_is_gone(self, night: Night) -> None:
        await night.on_duty("Sari", "Dara")
        await night.rooms.writes(BEATEN["id"])
        await alarm.look(night.at(3.1))
        await operators.remove(SARI)
        await night.calls(3.1)
        assert night.mailed == ["dara"], "the next person at once"
        async with session() as s:
            sari = await s.get_one(Operator, 1)
        assert (sari.email, sari.phone, sari.duty) == (None, None, 0)


class TestWhenItDoesNotGoOut:
    async def test_the_next_person_is_called_at_once_and_the_first_again_later(self, night: Night) -> None:
        await night.on_duty("Sari", "Dara")
        await night.rooms.writes(BEATEN["id"])
        night.mail.refuse["RCPT"] = "550 no such person"
        await alarm.look(night.at(3.1))
        [first] = await night.rings()
        await alarm.attempt(first.id, night.at(3.1))
        night.mail.refuse.clear()
        await night.calls(3.1)
        assert night.mailed == ["dara"]
        await alarm.attempt(first.id, night.at(3.6))
        assert night.mailed == ["dara", "sari"], "a call that failed is tried again"
        assert [(ring.state, ring.attempts) for ring in await night.rings()] == [("delivered", 2), ("delivered", 1)]

    async def test_who_got_it_by_the_other_way_was_called(self, night: Night) -> None:
        night.program()
        await night.on_duty("Sari", "Dara", phones=True)
        night.mail.refuse["DATA"] = "451 later"
        await night.rooms.writes(BEATEN["id"])
        await night.looks(3.1)
        assert night.phones == ["+62-1"]
        assert sorted(ring.channel for ring in await night.rings()) == ["command", "email"]

    async def test_when_nobody_can_be_reached_the_group_hears_it_and_the_log(
        self, night: Night, capfd: pytest.CaptureFixture[str]
    ) -> None:
        night.program("7")
        await night.on_duty("Sari", "Dara", phones=True)
        night.mail.refuse["MAIL"] = "554 no"
        await night.rooms.writes(BEATEN["id"])
        await night.looks(3.1)
        rings = await night.rings()
        assert [ring.operator_id for ring in rings] == [1, 1, 2, 2], "once through the list, not round and round"
        assert {ring.failure for ring in rings} == {"sender", "exit_code"}
        ref = (await night.rooms.case()).ref
        dead = render("alarm_line_undeliverable", "id", ref=ref)
        assert (await night.lines()).count(dead) == 1
        for ring in rings:
            for minutes in (3.6, 5.6, 6):
                await alarm.attempt(ring.id, night.at(minutes))
        assert {(ring.state, ring.attempts) for ring in await night.rings()} == {("failed", 3)}
        assert (await night.lines()).count(dead) == 1
        assert "+62-1" not in (said := "".join(capfd.readouterr()))
        assert "example.org" not in said
        await night.looks(13.2)
        assert len(await night.rings()) > 4, "it tries the next round all the same"

    async def test_nobody_on_duty_is_said_in_the_group_and_not_every_minute(self, night: Night) -> None:
        await night.rooms.writes(BEATEN["id"])
        for minutes in (3.1, 4, 8, 12, 13.2, 14):
            await night.looks(minutes)
        said = [line for line in await night.lines() if "Daftar jaga kosong" in line]
        assert len(said) == 2

    async def test_without_any_channel_the_alarm_is_off_and_the_group_rings_as_ever(self, night: Night) -> None:
        night.set(SMTP_URL=None, SMTP_FROM=None)
        await night.on_duty("Sari")
        await night.rooms.writes(BEATEN["id"])
        await night.looks(60)
        assert await night.alarms() == []
        assert "off" in await duty.table()

    async def test_a_kill_between_the_call_and_its_record_rings_twice_and_never_not_at_all(
        self, night: Night, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await night.on_duty("Sari")
        await night.rooms.writes(BEATEN["id"])
        await alarm.look(night.at(3.1))
        [ring] = await night.rings()

        async def killed(*_: object) -> None:
            raise asyncio.CancelledError

        with monkeypatch.context() as patch, pytest.raises(asyncio.CancelledError):
            patch.setattr(alarm, "_settle", killed)
            await alarm.attempt(ring.id, night.at(3.1))
        assert night.mailed == ["sari"]
        await alarm.attempt(ring.id, night.at(3.2))
        assert night.mailed == ["sari", "sari"]
        assert len({mail["Message-ID"] for _, mail in night.mail.mails}) == 1
        await alarm.attempt(ring.id, night.at(3.3))
        assert len(night.mailed) == 2, "what is written down is not done again"

    async def test_a_kill_before_the_call_does_not_lose_it_even_with_its_job(self, night: Night) -> None:
        await night.on_duty("Sari")
        await night.rooms.writes(BEATEN["id"])
        await alarm.look(night.at(3.1))
        async with session() as s:
            await s.execute(text("delete from procrastinate_jobs"))
            await s.execute(update(Ring).values(created_at=night.at(-1)))
            await s.commit()
        for _ in range(3):
            await alarm.look(night.at(4))
        async with session() as s:
            rows = await s.execute(text("select args from procrastinate_jobs where task_name = 'alarm.ring'"))
            assert [row[0] for row in rows] == [{"ring": 1}]

    async def test_an_error_nobody_foresaw_calls_the_next_person_too(
        self, night: Night, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        night.program()
        await duty.change("Sari", order=1, email="sari@example.org", phone=None)
        await duty.change("Dara", order=2, email=None, phone="+62-2")

        def broken(*_: object) -> None:
            raise ValueError("sari@example.org")

        monkeypatch.setattr(channels, "_mail", broken)
        await night.rooms.writes(BEATEN["id"])
        await night.looks(3.1)
        assert night.phones == ["+62-2"]


class TestTheProgram:
    async def test_it_gets_the_reference_last_and_the_number_in_its_environment(self, night: Night) -> None:
        night.set(SMTP_URL=None, SMTP_FROM=None)
        night.monkeypatch.setenv("DATABASE_URL", "postgresql://u:s3cret@127.0.0.1/x")
        night.program()
        await night.on_duty("Dara", phones=True)
        await night.rooms.writes(BEATEN["km"])
        await night.looks(3.1)
        [call] = night.called
        ref = (await night.rooms.case()).ref
        assert call["args"] == ["--loud", ref]
        env = call["env"]
        assert (env["HOTLINE_ALARM_PHONE"], env["HOTLINE_ALARM_KIND"], env["HOTLINE_ALARM_CASE"]) == (
            "+62-1",
            "alarm",
            ref,
        )
        assert env["HOTLINE_ALARM_TEXT"].startswith(f"Hotline៖ ករណី P1 {ref}")
        assert not any("s3cret" in value for value in env.values())

    async def test_it_runs_without_a_number_while_nobody_is_listed(self, night: Night) -> None:
        night.set(SMTP_URL=None, SMTP_FROM=None)
        night.program()
        await night.rooms.writes(BEATEN["id"])
        await night.looks(3.1)
        assert night.phones == [""]

    @pytest.mark.parametrize(("code", "why"), [("3", "ended with 3"), ("hang", "did not end within 1 seconds")])
    async def test_a_failing_or_hanging_program_is_one_sentence(
        self, night: Night, monkeypatch: pytest.MonkeyPatch, code: str, why: str
    ) -> None:
        night.program(code)
        if code == "hang":
            monkeypatch.setattr(channels, "COMMAND_SECONDS", 1.0)
        call = channels.Call(1, "alarm", "command", "1", "id", "H-7K3Q", 1, "x", "")
        with pytest.raises(AlarmNotDelivered, match=why):
            await channels.deliver(call)

    async def test_a_program_that_is_not_there_is_one_sentence(self, night: Night) -> None:
        night.set(ALERT_COMMAND="/nowhere/ring $(id) ; ls")
        call = channels.Call(1, "alarm", "command", "1", "id", "H-7K3Q", 1, "x", "")
        with pytest.raises(AlarmNotDelivered, match="/nowhere/ring of ALERT_COMMAND cannot be started"):
            await channels.deliver(call)


class TestTheMail:
    CALL = channels.Call(1, "alarm", "email", "sari@example.org", "id", "H-7K3Q", 1, "Hotline: x", "y")

    async def test_a_server_elsewhere_without_starttls_is_refused(
        self, night: Night, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(channels, "_loopback", lambda _: False)
        with pytest.raises(AlarmNotDelivered, match=r"offers no STARTTLS.*Use smtps://"):
            await channels.deliver(self.CALL)
        assert night.mail.mails == []

    @pytest.mark.parametrize(("host", "trusted"), [("127.0.0.1", True), ("other.example", False)])
    async def test_with_starttls_it_is_encrypted_and_the_certificate_must_be_the_hosts(
        self, night: Night, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host: str, trusted: bool
    ) -> None:
        path = certificate(tmp_path, host)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        monkeypatch.setattr(channels, "_loopback", lambda _: False)
        async with MailServer(tls=context, login=("hotline", "p@ss/word")) as mail:
            night.set(SMTP_URL=f"smtp://hotline:p%40ss%2Fword@127.0.0.1:{mail.port}")
            if trusted:
                await channels.deliver(self.CALL)
                assert mail.encrypted == [True]
            else:
                with pytest.raises(AlarmNotDelivered, match="no certificate that this machine trusts"):
                    await channels.deliver(self.CALL)
                assert mail.mails == []

    @pytest.mark.parametrize(
        ("refuse", "why"),
        [
            ({"RCPT": "550 no"}, "refuses the address"),
            ({"MAIL": "550 no"}, "refuses the sender"),
            ({"DATA": "452 full"}, "took no mail just now"),
            ({"RCPT": "450 later"}, "took no mail just now"),
        ],
    )
    async def test_each_refusal_is_one_sentence_without_the_address(
        self, night: Night, refuse: dict[str, str], why: str
    ) -> None:
        night.mail.refuse |= refuse
        with pytest.raises(AlarmNotDelivered, match=why) as raised:
            await channels.deliver(self.CALL)
        assert "sari@example.org" not in str(raised.value)

    async def test_a_wrong_password_and_a_silent_server_are_one_sentence(self, night: Night) -> None:
        night.mail.login = ("hotline", "right")
        night.set(SMTP_URL=f"smtp://hotline:wrong@127.0.0.1:{night.mail.port}")
        with pytest.raises(AlarmNotDelivered, match="refuses user or password") as raised:
            await channels.deliver(self.CALL)
        assert "wrong" not in str(raised.value)
        night.set(SMTP_URL="smtp://127.0.0.1:9")
        with pytest.raises(AlarmNotDelivered, match="does not answer"):
            await channels.deliver(self.CALL)

    async def test_a_mail_that_was_taken_counts_although_the_server_hangs_up(self, night: Night) -> None:
        night.mail.refuse["QUIT"] = "500 no"
        await channels.deliver(self.CALL)
        assert night.mailed == ["sari"]


class TestTheDutyList:
    async def test_it_shows_who_is_called_and_what_is_not_used(self, night: Night) -> None:
        await night.on_duty("Dara", "Sari")
        said = await duty.change("Sari", order=None, email=None, phone="+62 812")
        assert "mail sari@example.org" in said
        assert "+62 812 (not used: ALERT_COMMAND is not set)" in said
        lines = (await duty.table()).splitlines()
        assert [line.split()[2] for line in lines] == ["Dara", "Sari"]
        assert await duty.change("sari", order=0, email="", phone=None) == "Sari is not on duty."
        assert "Sari" not in await duty.table()

    @pytest.mark.parametrize(
        ("values", "why"),
        [
            ({"order": -1}, "1 to 99"),
            ({"email": "no address"}, "name@example.org"),
            ({"email": "a@b.c\nBcc: x@y.z"}, "name@example.org"),
            ({"phone": "1\x00"}, "printable"),
            ({"phone": "1" * 101}, "at most 100"),
        ],
    )
    async def test_a_bad_value_is_one_sentence(self, night: Night, values: dict[str, object], why: str) -> None:
        given = {"order": None, "email": None, "phone": None} | values
        with pytest.raises(SettingInvalid, match=why):
            await duty.change("Sari", **given)  # type: ignore[arg-type]

    async def test_two_of_one_name_are_told_apart_by_number(self, night: Night) -> None:
        await operators.add("sari", telegram_id=BUDI, site=None, role="operator", lang="id")
        with pytest.raises(OperatorUnknown, match="Give the number"):
            await duty.change("Sari", order=1, email=None, phone=None)
        assert "number 1" in await duty.change("3", order=1, email=None, phone=None)


async def test_a_case_nobody_may_hold_any_more_rings_again(night: Night) -> None:
    await night.on_duty("Dara")
    await night.rooms.writes(BEATEN["id"])
    await night.rooms.operator_presses(f"case:claim:{(await night.rooms.case()).id}", SARI)
    await operators.remove(SARI)
    async with session() as s:
        assert (await s.get_one(Case, 1)).state == "new"
    await night.looks(3.1)
    assert night.mailed == ["dara"]


async def test_a_worker_killed_while_it_calls_is_followed_by_one_that_calls_again(
    night: Night, database: str, config: Settings
) -> None:
    night.program("hang")
    night.set(ALARM_AFTER_MINUTES="0")
    await duty.change("Sari", order=1, email=None, phone="+62-1")
    await night.rooms.writes(BEATEN["id"])
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "HOTLINE_HOME": str(config.hotline_home),
    }

    async def until(done: Callable[[], Awaitable[bool]]) -> None:
        while True:
            if await done():
                return
            await asyncio.sleep(0.1)

    async def called(times: int) -> bool:
        return len(night.called) >= times

    async def delivered() -> bool:
        return [ring.state for ring in await night.rings()] == ["delivered"]

    # The worker looks for whom to call only while it is the one that sends.
    await sender.lease().release()
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.cli", "run", "worker", cwd=ROOT, env=environment
    )
    try:
        await until(partial(called, 1))
    finally:
        killed.kill()
        await killed.wait()
    assert [ring.state for ring in await night.rings()] == ["queued"]
    await stuck.requeue_if_alone(sender.lease().holder, sender.ROLE, [jobs.ALARMS, jobs.UPKEEP])
    follower = asyncio.create_task(jobs.run_workers(((jobs.ALARMS, 1),)))
    try:
        await until(partial(called, 2))
        (night.folder / "code").write_text("0")
        await until(delivered)
    finally:
        follower.cancel()
        await asyncio.gather(follower, return_exceptions=True)
    assert night.phones == ["+62-1", "+62-1"]
