"""What was not understood teaches the bot, unless somebody is in need, has erased it, or does not want it."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import select, text, update

from actions import server
from bot.cases import retention
from bot.learning import command, unclear
from bot.learning.patch import Taught
from bot.learning.review import Decided
from bot.settings import ROOT, Settings
from bot.storage.models import Case, Unclear, Update
from bot.storage.session import session
from bot.texts import Lang, render
from tests.support.rooms import Rooms

WORDS = {"id": "nama saya Rahayu, itu yang kemarin gimana kak 0812-3456-7890", "km": "រឿងម្សិលមិញហ្នឹង យ៉ាងម៉េចហើយបង"}
RANKING = [
    {"name": "nlu_fallback", "confidence": 0.25},
    {"name": "ask_fees", "confidence": 0.21},
    {"name": "ask_visa", "confidence": 0.14},
    {"name": "ask_other", "confidence": 0.1},
]
TODAY = dt.date(2026, 11, 26)


async def falls_back(update_row: int, lang: str = "id") -> None:
    """The action that Rasa calls for what it did not understand answers."""
    async with session() as s:
        row = await s.get_one(Update, update_row)
    metadata = {"chat": row.chat_id, "update": row.id, "lang": lang, "heard": lang}
    latest = {"text": "", "intent": RANKING[0], "intent_ranking": RANKING, "entities": []}
    events = [{"event": "user", "text": "", "metadata": metadata}]
    tracker = Tracker(f"{row.chat_id}:1", {}, latest, events, False, None, {}, "action_listen")
    dispatcher = CollectingDispatcher()
    action = next(action for action in server.actions() if action.action_name == "action_fallback")
    await action().run(dispatcher, tracker, {})
    assert dispatcher.messages, "nobody is left in silence"


async def not_understood(rooms: Rooms, words: str, user: int = 41, lang: str = "id") -> int:
    """A message that the model does not understand. Returns its row."""
    row = await rooms.writes(words, user, lang=lang)
    await falls_back(row, lang)
    return row


async def waiting() -> list[unclear.Kept]:
    async with session() as s:
        return await unclear.waiting(s)


async def stored() -> int:
    async with session() as s:
        return len((await s.scalars(select(Unclear.update_id))).all())


@pytest.mark.parametrize("lang", ["id", "km"])
async def test_what_was_not_understood_is_kept_masked_and_encrypted(rooms: Rooms, lang: Lang) -> None:
    row = await not_understood(rooms, WORDS[lang], lang=lang)
    await falls_back(row, lang)
    found = await waiting()
    assert [(one.id, one.lang) for one in found] == [(row, lang)], "once, though the turn ran twice"
    assert found[0].likely == (("ask_fees", 0.21), ("ask_visa", 0.14))
    if lang == "id":
        assert found[0].text == "nama saya ‹name›, itu yang kemarin gimana kak ‹phone›"
    async with session() as s:
        (raw,) = (await s.execute(text("select text from unclear"))).one()
    assert b"kemarin" not in bytes(raw) and bytes(raw).startswith(b"gAAAA")


@pytest.mark.parametrize("words", ["0812-3456-7890", "cerita panjang sekali " * 20])
async def test_what_would_teach_nothing_is_not_kept(rooms: Rooms, words: str) -> None:
    await not_understood(rooms, words)
    assert await stored() == 0


class TestNeverOfSomebodyInNeed:
    async def test_nothing_is_kept_of_a_chat_with_a_case(self, rooms: Rooms) -> None:
        await rooms.writes("tolong saya disekap di kamboja, paspor diambil")
        await falls_back(await rooms.writes("yang kemarin itu"))
        assert await stored() == 0

    async def test_nor_of_one_whose_case_is_closed(self, rooms: Rooms) -> None:
        await rooms.writes("tolong saya disekap di kamboja, paspor diambil")
        async with session() as s:
            await s.execute(update(Case).values(state="closed", closed_at=dt.datetime.now(dt.UTC)))
            await s.commit()
        await not_understood(rooms, "yang kemarin itu gimana")
        assert await stored() == 0

    async def test_nor_of_one_whose_case_was_anonymised(self, rooms: Rooms) -> None:
        await rooms.writes("tolong saya disekap di kamboja, paspor diambil")
        await rooms.delivers()
        long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=400)
        async with session() as s:
            await s.execute(update(Case).values(state="closed", closed_at=long_ago))
            await s.execute(text("update procrastinate_jobs set status = 'succeeded' where status = 'todo'"))
            await s.commit()
        await retention.forget()
        assert (await rooms.case()).chat_id is None
        await not_understood(rooms, "yang kemarin itu gimana")
        assert await stored() == 0

    async def test_a_case_that_comes_later_takes_it_back(self, rooms: Rooms) -> None:
        await not_understood(rooms, WORDS["id"])
        assert len(await waiting()) == 1
        await rooms.writes("tolong saya disekap di kamboja, paspor diambil")
        assert await waiting() == [], "no maintainer sees it from that moment on"
        assert (await retention.forget())["unclear"] == {"messages": 1}
        assert await stored() == 0


class TestWhoDoesNotWantIt:
    @pytest.mark.parametrize("words", ["/hapus", "hapus chat", "លុបឆាត"])
    async def test_erasing_takes_it_back_for_good(self, rooms: Rooms, words: str) -> None:
        await not_understood(rooms, WORDS["id"])
        await not_understood(rooms, WORDS["km"], user=42, lang="km")
        await rooms.writes(words)
        assert [one.lang for one in await waiting()] == ["km"], "another chat's stays"
        await not_understood(rooms, "yang kemarin itu gimana")
        assert await stored() == 1

    @pytest.mark.parametrize(
        ("words", "lang"),
        [("/jangan", "id"), ("jangan pakai pesan saya", "id"), ("/kom", "km"), ("កុំប្រើសាររបស់ខ្ញុំ", "km")],
    )
    async def test_a_word_is_enough_in_both_languages(self, rooms: Rooms, words: str, lang: Lang) -> None:
        await not_understood(rooms, WORDS[lang], lang=lang)
        await rooms.writes(words, lang=lang)
        assert (await rooms.screen())[-1] == render("spared", lang)
        assert await stored() == 0
        await not_understood(rooms, WORDS[lang], lang=lang)
        assert await stored() == 0

    async def test_it_is_told_in_both_languages_how_to_say_so(self, rooms: Rooms) -> None:
        assert "/jangan" in render("about", "id", organisation="X") and "/kom" in render(
            "about", "km", organisation="X"
        )


async def test_what_nobody_reviewed_is_forgotten_after_thirty_days(rooms: Rooms) -> None:
    await not_understood(rooms, WORDS["id"])
    now = dt.datetime.now(dt.UTC)
    assert "unclear" not in await retention.forget(now + dt.timedelta(days=29))
    assert (await retention.forget(now + dt.timedelta(days=31)))["unclear"] == {"messages": 1}


async def test_a_review_ends_in_a_patch_and_keeps_nothing(rooms: Rooms, config: Settings) -> None:
    first = await not_understood(rooms, "abis duit berapa ke sana")
    second = await not_understood(rooms, "kucing lucu sekali", user=42)
    decided = Decided(taken=[(first, (first,), Taught("id", "ask_fees", "abis duit berapa sih ke sana"))], left=1)
    said = await command.carry_out(config, decided, TODAY)
    (made,) = (config.hotline_home / "reviews").iterdir()
    assert f"git apply {made}" in said and made.stat().st_mode & 0o777 == 0o600
    assert "+  metadata: {source: review-2026-11, register: chat}" in made.read_text(encoding="utf-8")
    assert [one.id for one in await waiting()] == [second]
    check = ["git", "apply", "--check", str(made)]
    await asyncio.to_thread(subprocess.run, check, cwd=ROOT, check=True)


async def test_who_erases_while_a_review_goes_on_is_left_out(rooms: Rooms, config: Settings) -> None:
    first = await not_understood(rooms, "abis duit berapa ke sana")
    await rooms.writes("/hapus")
    decided = Decided(taken=[(first, (first,), Taught("id", "ask_fees", "abis duit berapa sih ke sana"))])
    assert "1 left out" in await command.carry_out(config, decided, TODAY)
    assert not (config.hotline_home / "reviews").exists()


def hotline(config: Settings, url: str, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """The command as a maintainer runs it."""
    environment = {**os.environ, "DATABASE_URL": url, "HOTLINE_HOME": str(config.hotline_home)}
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        cwd=ROOT,
        env=environment,
        input=typed,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


async def test_the_commands_list_and_review(rooms: Rooms, config: Settings, database: str) -> None:
    assert "Nothing waits" in hotline(config, database, "review").stdout
    await not_understood(rooms, "abis duit berapa ke sana kak @jokopmi")
    listed = hotline(config, database, "review", "--list", "--jsonl")
    (line,) = [json.loads(one) for one in listed.stdout.splitlines()]
    assert line["text"] == "abis duit berapa ke sana kak ‹handle›" and line["lang"] == "id"
    assert line["likely"][0] == {"intent": "ask_fees", "confidence": 0.21}
    assert len(await waiting()) == 1, "listing changes nothing"

    before = (ROOT / "data/nlu/id/ask_fees.yml").read_bytes()
    done = hotline(config, database, "review", typed="ask_fe\nr\nabis duit berapa sih ke sana\nask_fe\n")
    assert "still holds the mask ‹handle›" in done.stdout, done.stderr
    assert "1 to be learnt" in done.stdout
    assert await waiting() == []
    assert (ROOT / "data/nlu/id/ask_fees.yml").read_bytes() == before, "nothing is taught by itself"
    (made,) = Path(config.hotline_home / "reviews").iterdir()
    assert "+    - abis duit berapa sih ke sana" in made.read_text(encoding="utf-8")
