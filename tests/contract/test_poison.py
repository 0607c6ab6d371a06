"""A message that breaks, hangs, blocks or ends what handles it, in the real processes: only its own turn suffers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.storage.embedded import EmbeddedPostgres
from tests.support.sandbox import REPOSITORY, Person, Sandbox, running_sandbox
from tests.support.timed import under

#: A cry for help in each kind of writing.
TRAPPED = {
    "id": "tolong pak, saya disekap di bavet, paspor saya diambil bos",
    "km": "ជួយខ្ញុំផង ខ្ញុំជាប់នៅក្នុងអគារ ថៅកែយកលិខិតឆ្លងដែនខ្ញុំ គេមិនឲ្យចេញក្រៅទេ",
    "km-Latn": "jong tver ka nov thai te, chuoy knhom phong, ke chab knhom tuk min oy chenh",
}
#: What tells somebody that a message was set aside, in either language.
SET_ASIDE = ("tidak bisa menjawabnya", "ឆ្លើយមិនបាន")
#: Seconds a distress may take from the phone and back, and the reply of anybody else.
DISTRESS_SECONDS, OTHERS_SECONDS = 1.0, 5.0
#: Seconds that a gateway takes to be ended, started and polling again.
GATEWAY_SECONDS = 10.0
READY_SECONDS = 240.0
#: Seconds that a busy machine gets until somebody is answered or a poison is set aside: a test that hangs ends then.
PATIENCE_SECONDS = 90.0  #: The kinds that hold their turn until its time is over, twice 20 s.
HANGING = ("sleeps", "backtracks", "swallows", "clings", "waits")

pytestmark = pytest.mark.timeout(400)


@dataclass
class Poisoned:
    """A running hotline, without Rasa, whose turns take poison."""

    sandbox: Sandbox
    home: Path
    database: psycopg.AsyncConnection[Any] = field(repr=False)
    bystanders: list[Person] = field(default_factory=list)

    def log(self) -> str:
        return (self.home / "log.txt").read_text(errors="replace")

    async def rows(self, sql: str) -> list[Any]:
        return list(await (await self.database.execute(sql)).fetchall())

    @contextlib.asynccontextmanager
    async def asking(self) -> AsyncIterator[list[float]]:
        """Bystanders ask one after the other, each of their own chat. Gives the seconds each waited."""
        waited: list[float] = []
        over = asyncio.Event()

        async def ask() -> None:
            while not over.is_set():
                for person in self.bystanders:
                    began = time.monotonic()
                    await person.says("/bantuan")
                    await person.sees(lambda m: m["from"]["is_bot"], PATIENCE_SECONDS)
                    waited.append(time.monotonic() - began)

        async with asyncio.TaskGroup() as group:
            group.create_task(ask())
            yield waited
            over.set()

    async def cries_over(self, victim: Person, kind: str, lang: str) -> float:
        """Send poison, and a cry for help while it works with its chat locked. Returns the seconds of the cry."""
        await victim.says(f"racun {kind}")
        await self.sandbox.all_updates_taken(PATIENCE_SECONDS)
        began = time.monotonic()
        await victim.says(TRAPPED[lang])
        await victim.sees(lambda m: m["from"]["is_bot"] and any(c.isdigit() for c in m["text"]), PATIENCE_SECONDS)
        seconds = time.monotonic() - began
        if kind in HANGING:
            shown = " ".join(m["text"] for m in await victim.messages())
            assert not any(words in shown for words in SET_ASIDE), "answered only when the poison was set aside"
        return seconds


@pytest.fixture(scope="module")
async def poisoned() -> AsyncIterator[Poisoned]:
    """Everything but Rasa, started as a person starts it."""
    home = Path(tempfile.mkdtemp(prefix="hotline-poison-"))
    home.chmod(0o711)
    environment = {
        **os.environ,
        "HOTLINE_HOME": str(home),
        "TELEGRAM_BOT_TOKEN": "",
        "DATABASE_URL": "",
        "RASA_URL": "http://127.0.0.1:9",
        "ACTIONS_URL": "http://127.0.0.1:9",
        "WORKER_MEMORY_MB": "400",
    }
    # As in an installation: Python keeps what it compiled, and starts in a third of the time.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    async with running_sandbox() as sandbox:
        await sandbox.limits(enabled=False)
        with (home / "log.txt").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.support.poisoned", "run"),
                cwd=REPOSITORY,
                env={**environment, "TELEGRAM_API_URL": sandbox.api_url},
                stdout=log,
                stderr=log,
            )
        try:
            deadline = time.monotonic() + READY_SECONDS
            while b"hotline: ready" not in (home / "log.txt").read_bytes():
                assert process.returncode is None and time.monotonic() < deadline, (home / "log.txt").read_text()[
                    -3000:
                ]
                await asyncio.sleep(0.1)
            url = EmbeddedPostgres(home).start()
            async with await psycopg.AsyncConnection.connect(
                "postgresql://" + url.partition("://")[2], autocommit=True
            ) as database:
                people = [await sandbox.person(f"Tetangga {n}", "id") for n in range(4)]
                yield Poisoned(sandbox, home, database, people)
        finally:
            if os.environ.get("HOTLINE_KEEP_LOG"):
                shutil.copy(home / "log.txt", os.environ["HOTLINE_KEEP_LOG"])
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
            await asyncio.wait_for(process.wait(), 40)
            shutil.rmtree(home, ignore_errors=True)


#: A turn that computes for ever is like one that backtracks. Each way to cry meets one that raises, that hangs, that
#: exhausts memory and that ends the process.
@pytest.mark.timed
@pytest.mark.parametrize(
    ("kind", "lang"),
    [
        *(("raises", "id"), ("raises", "km"), ("raises", "km-Latn")),
        *(("sleeps", "id"), ("backtracks", "km"), ("swallows", "km-Latn")),
        *(("clings", "id"), ("clings", "km"), ("clings", "km-Latn")),
        *(("hoards", "id"), ("hoards", "km"), ("hoards", "km-Latn")),
        *(("grows", "km"), ("crashes", "id"), ("crashes", "km"), ("crashes", "km-Latn")),
    ],
)
async def test_a_poisonous_turn_delays_nobody_and_is_set_aside(
    poisoned: Poisoned, kind: str, lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    victim = await poisoned.sandbox.person(f"Korban {kind} {lang}", lang[:2])
    async with poisoned.asking() as waited:
        began = time.monotonic()
        receipt = await poisoned.cries_over(victim, kind, lang)
        await victim.sees(lambda m: any(words in m["text"] for words in SET_ASIDE), PATIENCE_SECONDS)
        aside = time.monotonic() - began
    slowest = max(waited)
    assert kind not in HANGING or len(waited) >= len(poisoned.bystanders), "others are answered meanwhile"
    with capsys.disabled():
        print(
            f"\n{kind}, {lang}: receipt {receipt:.2f} s, slowest other {slowest:.2f} s, set aside after {aside:.1f} s"
        )
    under(receipt, DISTRESS_SECONDS)
    under(slowest, OTHERS_SECONDS)
    await victim.says("/tentang")
    await victim.sees(lambda m: m["from"]["is_bot"], PATIENCE_SECONDS)
    dead = await poisoned.rows(
        "select u.id from updates u where state = 'dead' and not exists "
        "(select from updates v where v.chat_id = u.chat_id and v.triage not in ('none'))"
    )
    assert not dead, "an innocent turn was set aside"


@pytest.mark.timed
@pytest.mark.parametrize("lang", TRAPPED)
async def test_one_that_waits_for_ever_delays_nobody_either(poisoned: Poisoned, lang: str) -> None:
    victim = await poisoned.sandbox.person(f"Korban waits {lang}", lang[:2])
    async with poisoned.asking() as waited:
        receipt = await poisoned.cries_over(victim, "waits", lang)
    under(receipt, DISTRESS_SECONDS)
    under(max(waited), OTHERS_SECONDS)


@pytest.mark.timed
@pytest.mark.parametrize(("kind", "lang"), [("backtracks", "id"), ("clings", "km"), ("crashes", "km-Latn")])
async def test_poison_in_triage_is_stored_answered_and_lets_the_next_pass(
    poisoned: Poisoned, kind: str, lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    victim = await poisoned.sandbox.person(f"Triase {kind}", "id")
    other = await poisoned.sandbox.person(f"Sesudah {kind}", lang[:2])
    await victim.says(f"triase racun {kind}")
    began = time.monotonic()
    await other.says(TRAPPED[lang])
    await other.sees(lambda m: m["from"]["is_bot"] and any(c.isdigit() for c in m["text"]), PATIENCE_SECONDS)
    waited = time.monotonic() - began
    await victim.sees(lambda m: m["from"]["is_bot"], PATIENCE_SECONDS)
    # Telegram gives again what was not confirmed: one that ended the gateway is stored without triage the next time.
    await poisoned.sandbox.all_updates_taken(PATIENCE_SECONDS)
    with capsys.disabled():
        print(f"\n{kind} in triage: the next chat's cry {waited:.2f} s")
    assert await poisoned.rows("select from updates where triage is null and kind = 'message'")
    under(waited, GATEWAY_SECONDS)
