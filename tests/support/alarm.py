"""A desk with duty people, a mail server and a program that writes down what it got; the clock is moved by hand."""

from __future__ import annotations

import datetime as dt
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import settings as settings_module
from bot.alarm import duty
from bot.alarm import jobs as alarm
from bot.cases import operators, sites
from bot.storage.models import Alarm, Ring
from bot.storage.session import session
from tests.support.rooms import Rooms
from tests.support.smtp import MailServer

BUDI = 900003
#: Writes its arguments and environment as one line, then ends with the number in the file `code` beside it.
PROGRAM = """#!{python}
import json, os, pathlib, sys, time
here = pathlib.Path(__file__).parent
with open(here / "called.jsonl", "a") as file:
    file.write(json.dumps({{"args": sys.argv[1:], "env": dict(os.environ)}}) + "\\n")
while (code := (here / "code").read_text()) == "hang":
    time.sleep(0.05)
sys.exit(int(code))
"""


@dataclass
class Night:
    """One night at the desk: minutes count from now."""

    rooms: Rooms
    mail: MailServer
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    began: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))

    def at(self, minutes: float) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes)

    def set(self, **values: str | None) -> None:
        for name, value in values.items():
            if value is None:
                self.monkeypatch.delenv(name, raising=False)
            else:
                self.monkeypatch.setenv(name, value)
        settings_module.settings.cache_clear()
        sites.sites.cache_clear()

    def program(self, code: str = "0") -> None:
        """Set ALERT_COMMAND to a program that ends with this code."""
        path = self.folder / "call me.py"
        path.write_text(PROGRAM.format(python=sys.executable))
        path.chmod(0o755)
        (self.folder / "code").write_text(code)
        self.set(ALERT_COMMAND=f"'{path}' --loud")

    @property
    def called(self) -> list[dict[str, dict[str, str]]]:
        """What the program was given, call by call."""
        path = self.folder / "called.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def phones(self) -> list[str]:
        return [call["env"]["HOTLINE_ALARM_PHONE"] for call in self.called]

    @property
    def mailed(self) -> list[str]:
        """Whom the mail server took a mail for, without the part behind the @."""
        return [to.partition("@")[0] for to, _ in self.mail.mails]

    async def on_duty(self, *names: str, phones: bool = False) -> None:
        """Put operators on duty, in this order, with a mail address, and perhaps a phone number."""
        if "Budi" in names:
            await operators.add("Budi", telegram_id=BUDI, site=None, role="operator", lang="id")
        for place, name in enumerate(names, start=1):
            phone = f"+62-{place}" if phones else None
            await duty.change(name, order=place, email=f"{name.lower()}@example.org", phone=phone)

    async def looks(self, minutes: float) -> None:
        """The worker looks so many minutes from now, and makes the calls that are due."""
        await alarm.look(self.at(minutes))
        await self.calls(minutes)

    async def calls(self, minutes: float) -> None:
        """Make each call that was not tried yet."""
        while True:
            async with session() as s:
                fresh = select(Ring.id).where(Ring.state == "queued", Ring.attempts == 0).order_by(Ring.id)
                row = await s.scalar(fresh.limit(1))
            if row is None:
                return
            await alarm.attempt(row, self.at(minutes))

    async def rings(self) -> list[Ring]:
        async with session() as s:
            return list(await s.scalars(select(Ring).order_by(Ring.id)))

    async def alarms(self, kind: str = "case") -> list[Alarm]:
        async with session() as s:
            return list(await s.scalars(select(Alarm).where(Alarm.kind == kind).order_by(Alarm.id)))

    async def lines(self) -> list[str]:
        """The alarm's lines in the group."""
        rows = await self.rooms.rows("alert", kind="operators")
        return [row.payload["text"] for row in rows if row.case_id is None]

    async def press(self, who: int) -> str:
        """Press the button under the newest line that has one."""
        rows = [row for row in await self.rooms.rows("alert", kind="operators") if "reply_markup" in row.payload]
        data = rows[-1].payload["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        return await self.rooms.operator_presses(data, who)
