"""Everything is killed once while fifty people write, and nothing they wrote is lost or shows where it must not."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator

import pytest

from tests.e2e.people import VOICES, Voice
from tests.support.hotline import REPLY_SECONDS, Hotline
from tests.support.sandbox import Person

PEOPLE = 50
#: Everything is killed once, in this order, while people write.
VICTIMS = ("chat", "worker", "nlu", "actions", "database")
#: Seconds in which every message must be answered or in a case once the last victim is back.
SETTLE_SECONDS = 120.0

#: One line for each update a person sent: where it is, and which of our messages answer it.
LEDGER = """
import asyncio, json
from sqlalchemy import select
from bot.cli import database
from bot.settings import settings
from bot.storage.models import Case, Chat, Outgoing, Update
from bot.storage.session import session

async def main():
    async with database(settings(), migrated=False):
        async with session() as s:
            rows = []
            found = await s.execute(select(Update, Chat.chat_id, Case.ref).join(Chat, Chat.id == Update.chat_id)
                                    .outerjoin(Case, Case.id == Update.case_id).where(Chat.kind == "private"))
            for update, chat, ref in found:
                ids = await s.scalars(select(Outgoing.message_ids).where(
                    Outgoing.update_id == update.id, Outgoing.state == "sent",
                    Outgoing.chat_id == update.chat_id))
                rows.append({"chat": int(chat), "message": update.message_id, "state": update.state,
                             "discard": update.discard, "case": ref, "answers": [i for one in ids for i in one]})
            cases = await s.execute(select(Case.chat_id, Case.ref).where(Case.main, Case.state != "closed"))
            print("LEDGER" + json.dumps({"updates": rows, "cases": [list(c) for c in cases]}))
asyncio.run(main())
"""


@pytest.fixture
async def hotline() -> AsyncIterator[Hotline]:
    """A hotline of this test's own: what is done to it is nobody else's business."""
    async with Hotline.running() as running:
        yield running


async def ledger(hotline: Hotline) -> dict[str, list[dict[str, object]]]:
    out = await hotline.python(LEDGER)
    line = next(line for line in out.splitlines() if line.startswith("LEDGER"))
    found: dict[str, list[dict[str, object]]] = json.loads(line.removeprefix("LEDGER"))
    return found


async def writes(person: Person, voice: Voice, number: int, paces: asyncio.Queue[None]) -> int:
    """One person's messages, each after a pace of the whole crowd. Returns how many were sent."""
    words = [voice.greeting, voice.question, voice.offer, f"{voice.question} ({number})"]
    if number % 5 == 0:
        words[2] = voice.distress
    if number % 7 == 0:
        words.append(voice.wants_person)
    for text in words:
        await paces.get()
        await person.says(text)
    await paces.get()
    await person.sends_photo()
    return len(words) + 1


@pytest.mark.timeout(500)
async def test_everything_is_killed_once_while_fifty_people_write_and_the_balance_is_zero(
    hotline: Hotline, capsys: pytest.CaptureFixture[str]
) -> None:
    people = [
        (await hotline.worker(f"{VOICES[n % 2].name} {n}", VOICES[n % 2].lang), VOICES[n % 2]) for n in range(PEOPLE)
    ]
    paces: asyncio.Queue[None] = asyncio.Queue()
    writing = [asyncio.create_task(writes(person, voice, n, paces)) for n, (person, voice) in enumerate(people)]
    total_paces = PEOPLE * 5 + len(range(0, PEOPLE, 7))
    for pace in range(total_paces):
        paces.put_nowait(None)
        await asyncio.sleep(0.1)
        if pace % (total_paces // len(VICTIMS)) == 10:
            await asyncio.to_thread(hotline.kill9, VICTIMS[pace // (total_paces // len(VICTIMS))])
    sent = sum(await asyncio.gather(*writing))
    await hotline.sandbox.all_updates_taken(60)

    async def settled() -> dict[str, list[dict[str, object]]]:
        deadline = asyncio.get_running_loop().time() + SETTLE_SECONDS
        while True:
            book = await ledger(hotline)
            open_ones = [row for row in book["updates"] if row["state"] in {"pending", "unanswered"}]
            waiting = [row for row in book["updates"] if not (row["answers"] or row["case"] or row["discard"])]
            if (not open_ones and not waiting) or asyncio.get_running_loop().time() > deadline:
                return book
            await asyncio.sleep(1)

    book = await settled()
    screens = {person.id: {m["id"] for m in await person.messages()} for person, _ in people}
    topics = {name for topic in await hotline.sandbox.group.topics() for name in [topic.name]}
    answered = in_case = discarded = 0
    lost = []
    for row in book["updates"]:
        ids = row["answers"]
        assert isinstance(ids, list)
        if set(ids) & screens[int(str(row["chat"]))]:
            answered += 1
        elif row["case"] and any(str(row["case"]) in name for name in topics):
            in_case += 1
        elif row["discard"]:
            discarded += 1
        else:
            lost.append(row)
    balance = sent - answered - in_case - discarded
    with capsys.disabled():
        print(
            f"\nsent {sent} = on a screen {answered} + in a case {in_case} + discarded {discarded}; balance {balance}"
        )
    assert not lost, lost[:5]
    assert balance == 0
    chats = [chat for chat, _ in book["cases"]]
    assert len(chats) == len(set(chats)), "never a duplicate case"
    log = hotline.log()
    for victim in VICTIMS[:-1]:
        assert f"event='process_died' name='{victim}'" in log, f"{victim} was not killed"
    assert "event='database_died'" in log, "the database was not killed"
    dead = [row for row in book["updates"] if row["state"] == "dead"]
    assert not dead, dead[:5]


CANARY = "zamrud-kenari-4471"


@pytest.mark.timeout(300)
async def test_what_a_person_writes_shows_in_no_log_and_rests_in_no_table_in_clear(hotline: Hotline) -> None:
    person = await hotline.worker(f"Nama {CANARY}", "id")
    for words in (
        f"berapa biaya paspor {CANARY}",
        f"/report_distress {CANARY}",
        f'/open_case{{"x": "{CANARY}"}}',
        f"tolong saya disekap {CANARY}, paspor diambil",
    ):
        await person.says(words)
        await person.sees(lambda m: m["from"]["is_bot"], REPLY_SECONDS)
    # A turn that times out: Rasa hangs. The person gets our own words with a number within its five seconds.
    other = await hotline.worker(f"Lain {CANARY}", "id")
    os.kill(hotline.pid("nlu"), signal.SIGSTOP)
    try:
        await other.says(f"apa itu BLK {CANARY}")
        late = await other.sees("Kalau mendesak", 9)
        assert any(letter.isdigit() for letter in late["text"])
    finally:
        os.kill(hotline.pid("nlu"), signal.SIGCONT)
    await other.sees(lambda m: m["from"]["is_bot"] and "per " in m["text"] and "Kalau mendesak" not in m["text"], 60)
    # The action server hangs: the same, within the same time.
    third = await hotline.worker(f"Ketiga {CANARY}", "id")
    os.kill(hotline.pid("actions"), signal.SIGSTOP)
    try:
        await third.says(f"visa kerja ke taiwan gimana {CANARY}")
        await third.sees("Kalau mendesak", 9)
    finally:
        os.kill(hotline.pid("actions"), signal.SIGCONT)

    assert CANARY not in hotline.log()
    tables = await hotline.query(
        "select schemaname, tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"
    )
    assert any(schema == "rasa" for schema, _ in tables), "Rasa's own table is looked at too"
    needle = CANARY.encode().hex()
    for schema, table in tables:
        rows = await hotline.query(f'select t::text from "{schema}"."{table}" t')
        clear = "\n".join(str(row[0]) for row in rows)
        assert CANARY not in clear and needle not in clear, f"in clear in {schema}.{table}"
    for path in hotline.home.rglob("*"):
        if path.is_file() and path.name != "log.txt" and "models" not in path.parts:
            assert CANARY.encode() not in path.read_bytes(), path
