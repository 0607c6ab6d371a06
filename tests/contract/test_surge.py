"""Cases come faster than a group can be told of each: who waits is seen, P1 first, and nobody is forgotten."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import random
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import func, select, update

from bot.cases import sites
from bot.desk import again, budget, waiting
from bot.desk import jobs as desk_jobs
from bot.desk import service as desk
from bot.outbox import due, send
from bot.outbox.limits import GROUP_PER_MINUTE, RANK_RELAY
from bot.storage.models import Case, Chat, Outgoing
from bot.storage.session import session
from bot.texts import Lang, render
from bot.turns import service as turns
from tests.e2e.people import INDONESIAN, KHMER
from tests.support.rooms import DARA, SARI, STRANGER, Rooms
from tests.support.surge import BEGIN, REF, Surge

#: Reports of the long test, 24 a minute. `make surge` plays a whole hour: 1440.
REPORTS = int(os.environ.get("SURGE_REPORTS", "240"))
WORDS = {1: "emergency", 2: "distress", 3: "third_party"}
TRAPPED = INDONESIAN.distress


@pytest.fixture
async def surge(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> Surge:
    return await Surge.begins(rooms, monkeypatch)


def reports(surge: Surge, count: int, *, every: float, p1: float) -> None:
    """Plan reports of new people, alternately in both languages; what each is told must be true when it is told."""
    chance = random.Random(7)

    def report(number: int, words: str, lang: Lang) -> Callable[[], Awaitable[None]]:
        async def do() -> None:
            row = await surge.rooms.stores(surge.rooms.update(10_000 + number, lang=lang, text=words))
            async with session() as s:
                unclaimed = await s.scalar(select(func.count()).where(Case.state == "new"))
                receipt = await s.scalar(select(Outgoing).where(Outgoing.update_id == row, Outgoing.rank == 2))
                assert receipt is not None
                text = str(receipt.payload["text"])
            assert (render("case_many_wait", lang) in text) is (unclaimed >= budget.MANY)
            assert render("case_desk_closed", lang) not in text

        return do

    for number in range(count):
        voice = KHMER if number % 2 else INDONESIAN
        kind = 1 if chance.random() < p1 else 3 if chance.random() < 0.3 else 2
        surge.then(number * every, report(number, getattr(voice, WORDS[kind]), voice.lang))


def waits(surge: Surge, cases: list[Case]) -> dict[int, list[float]]:
    """Seconds from report to first sight in the group, by priority. Every case was seen."""
    seen, found = surge.seen(), dict[int, list[float]]()
    for case in cases:
        opened = (case.opened_at - BEGIN).total_seconds()
        found.setdefault(case.priority, []).append(seen[case.ref] - opened)
    return found


@pytest.mark.timeout(1200 if REPORTS > 300 else 400)
async def test_at_1440_reports_an_hour_everybody_is_seen_p1_first_within_twenty_messages_a_minute(
    surge: Surge,
) -> None:
    """Two operators take the next case once a minute; each of their workers then writes three messages."""
    end, taken, written = REPORTS * 2.5, list[str](), list[tuple[str, float]]()
    reports(surge, REPORTS, every=2.5, p1=0.15)

    async def takes(who: int) -> None:
        first = (await surge.unclaimed())[0]
        assert REF.findall(await surge.rooms.operator_presses("case:next", who)) == [first.ref]
        taken.append(first.ref)
        for step in range(3):
            surge.then(surge.at + 20 + step, writer(first, step))
        if surge.at + 60 < end:
            surge.then(surge.at + 60, lambda: takes(who))

    def writer(case: Case, step: int) -> Callable[[], Awaitable[None]]:
        async def writes() -> None:
            words = f"kata {case.id} {step}."
            user = int((await surge.chat(case.chat_id)).chat_id)
            written.append((words, surge.at))
            await turns.take(update=await surge.rooms.stores(surge.rooms.update(user, text=words)))

        return writes

    surge.then(60, lambda: takes(SARI))
    surge.then(75, lambda: takes(DARA))
    await surge.until(end + 120)

    cases = await surge.open_cases()
    found = waits(surge, cases)
    everybody = [wait for some in found.values() for wait in some]
    shown = sorted(next(post.at for post in surge.posts if words in post.text) - at for words, at in written)
    relays = [post for post in surge.posts if "kata " in post.text]
    print(
        f"\n{len(cases)} reports, {len(surge.posts)} calls, fullest minute {surge.fullest_minute()}, "
        f"refused {surge.refused}; seen after: P1 ({len(found[1])}) singly or at once "
        f"{sum(wait < 1 for wait in found[1])}, longest {max(found[1]):.0f} s, all longest {max(everybody):.0f} s; "
        f"{len(surge.lists())} lists, longest {max(map(len, surge.lists()))} parts; "
        f"{sum(post.method == 'createForumTopic' for post in surge.posts)} topics, {len(taken)} claimed; "
        f"{len(shown)} words of held chats in {len(relays)} posts, after median "
        f"{shown[len(shown) // 2]:.1f} s, longest {shown[-1]:.1f} s"
    )
    assert surge.refused == 0
    assert surge.fullest_minute() <= GROUP_PER_MINUTE
    assert len(cases) == REPORTS
    assert max(found[1]) <= 70, "a P1 is told of singly, or stands on the next list"
    assert max(everybody) <= 75, "and so does everybody"
    assert shown[-1] <= 120, "held chats go on"
    last = {ref for part in surge.lists()[-1] for ref in REF.findall(part.text)}
    assert {case.ref for case in cases if case.holder_id is None and case.topic_id is None} <= last
    assert not last & set(taken), "whoever was claimed is no longer on it"


async def test_eight_p1_a_minute_ring_singly_and_the_ninth_is_on_a_list_that_rings(surge: Surge) -> None:
    reports(surge, 12, every=0.5, p1=1.0)
    await surge.until(30)
    cards = [post for post in surge.posts if post.text.startswith("P1 ")]
    assert len(cards) == budget.P1_SINGLY
    assert not any(post.silent for post in cards)
    (only,) = surge.lists()
    assert not only[0].silent
    assert len(REF.findall(only[0].text)) == 12
    await surge.until(170)
    assert len(surge.lists()) == 1, "a list that says nothing new is not posted again"
    before = len(surge.posts)
    await surge.until(300)
    again = [post for post in surge.posts[before:] if not post.silent]
    assert again and len(again) <= 2, "three minutes unclaimed: the list rings for all of them"
    assert all("!" in post.text for post in again)


async def test_when_the_surge_is_over_each_case_gets_its_topic_and_the_list_goes(surge: Surge) -> None:
    reports(surge, 24, every=1.0, p1=0.1)
    await surge.until(60)
    assert len([case for case in await surge.open_cases() if case.topic_id is None]) > 12
    await surge.until(12 * 60)
    assert all(case.topic_id and case.card_message_id for case in await surge.open_cases())
    assert sum(post.text.startswith("P") for post in surge.posts) == 24, "one card each"
    shown = [part for one in surge.lists() for part in one]
    assert len(surge.deleted) == len(shown), "no list is left that says what is no longer so"
    assert (surge.refused, surge.fullest_minute() <= GROUP_PER_MINUTE) == (0, True)


async def test_a_case_on_the_list_that_becomes_p1_rings_at_once(surge: Surge) -> None:
    reports(surge, 10, every=0.1, p1=0.0)
    await surge.until(10)
    case = (await surge.open_cases())[-1]
    assert case.topic_id is None
    user = int((await surge.chat(case.chat_id)).chat_id)
    surge.then(11, lambda: surge.rooms.stores(surge.rooms.update(user, text=INDONESIAN.emergency)))
    await surge.until(12)
    (rings,) = [post for post in surge.posts if post.text.startswith(f"P1 · {case.ref}")]
    assert rings.at == 11 and not rings.silent


# -- taking from the list


async def listed(rooms: Rooms, count: int) -> list[Case]:
    """Cases without a topic, as a surge leaves them; the last one is a P1."""
    for number in range(count):
        words = INDONESIAN.emergency if number == count - 1 else TRAPPED
        await rooms.stores(rooms.update(20_000 + number, text=words))
    async with session() as s:
        await s.execute(update(Outgoing).where(Outgoing.purpose == "card").values(state="withdrawn"))
        await s.commit()
    return await rooms.cases()


async def test_two_who_press_next_at_once_get_two_cases_the_most_urgent_and_the_oldest(rooms: Rooms) -> None:
    cases = await listed(rooms, 4)
    await asyncio.gather(rooms.operator_presses("case:next"), rooms.operator_presses("case:next", DARA))
    held = {case.ref: case.holder_id for case in await rooms.cases() if case.holder_id}
    assert set(held) == {cases[-1].ref, cases[0].ref}
    assert len(set(held.values())) == 2


async def test_taking_a_case_from_the_list_makes_its_topic_with_card_and_words(rooms: Rooms) -> None:
    cases = await listed(rooms, 2)
    said = await rooms.operator_presses("case:next")
    assert said == render("desk_you_claimed_ref", "id", ref=cases[-1].ref, priority=1)
    await rooms.delivers()
    case = (await rooms.cases())[-1]
    assert case.topic_id and case.card_message_id
    assert render("desk_relay", "id", words=INDONESIAN.emergency) in await rooms.topic()
    await rooms.operator_writes("Di mana?", case.topic_id, to=case.card_message_id)
    assert "Di mana?" in await rooms.screen()


@pytest.mark.parametrize("command", ["/claim {ref}", "/ambil {ref}", "/CLAIM {ref} ", "/claim@hotline_bot {short}"])
async def test_a_case_is_taken_by_writing_its_reference(rooms: Rooms, command: str) -> None:
    first = (await listed(rooms, 3))[0]
    await rooms.operator_writes(command.format(ref=first.ref, short=first.ref[2:].lower()), None)
    assert (await rooms.cases())[0].holder_id is not None
    assert render("desk_you_claimed_ref", "id", ref=first.ref, priority=2) in await rooms.topic()
    await rooms.operator_writes(f"/claim {first.ref}", None, who=DARA)
    assert render("desk_already_claimed", "id", holder="Sari") in await rooms.topic()


async def test_a_stranger_or_a_wrong_reference_takes_nothing_and_is_told(rooms: Rooms) -> None:
    first = (await listed(rooms, 2))[0]
    await rooms.operator_writes(f"/claim {first.ref}", None, who=STRANGER)
    await rooms.operator_writes("/next", None, who=STRANGER)
    await rooms.operator_writes("/claim H-0000", None)
    assert not any(case.holder_id for case in await rooms.cases())
    told = await rooms.topic()
    assert told.count(render("desk_not_listed", "id")) == 2
    assert render("desk_no_such_case", "id") in told


async def test_next_says_when_nobody_waits(rooms: Rooms) -> None:
    assert await rooms.operator_presses("case:next") == render("desk_nobody_waits", "id")


async def test_a_card_that_telegram_refused_is_no_surge(rooms: Rooms) -> None:
    await rooms.writes(TRAPPED)
    async with session() as s:
        await s.execute(update(Outgoing).where(Outgoing.purpose == "card").values(state="failed"))
        await s.commit()
    async with session() as s:
        assert not await waiting.needed(s, sites.fallback())
        assert await again.missing_cards(s, older_than=dt.timedelta()) == 1
        assert await again.missing_cards(s, older_than=dt.timedelta()) == 0
        await s.commit()


# -- held chats


async def test_what_a_worker_writes_in_a_row_is_one_post_and_a_reply_to_it_reaches_them(surge: Surge) -> None:
    rooms = surge.rooms
    surge.then(0, lambda: rooms.stores(rooms.update(41, text=TRAPPED)))
    surge.then(1, lambda: rooms.operator_presses("case:next"))
    await surge.until(2)
    assert send._limits is not None
    while send._limits.take(surge.group_row, group=True, now=surge.at, rank=RANK_RELAY) == 0:
        pass
    for number in range(4):
        surge.then(3 + number, lambda n=number: writes(rooms, f"kalimat {n}"))
    surge.then(8, lambda: writes(rooms, None, location={"latitude": 11.5, "longitude": 104.9}))
    surge.then(9, lambda: writes(rooms, "kalimat 4"))
    await surge.until(90)
    shown = [post for post in surge.posts if "kalimat" in post.text or post.method == "sendLocation"]
    assert [post.text.count("kalimat") for post in shown] == [4, 0, 1], "in order, a position by itself"
    assert [f"kalimat {n}" in shown[0].text for n in range(4)] == [True] * 4
    relays = await rooms.rows("relay")
    joined = [row for row in relays if "kalimat" in str(row.payload.get("text"))][:4]
    assert len({tuple(row.message_ids) for row in joined}) == 1
    case = await rooms.case()
    await rooms.operator_writes("Aman?", case.topic_id, to=joined[0].message_ids[0])
    assert "Aman?" in await rooms.screen()
    await rooms.operator_presses(f"case:hand:{case.id}")
    await rooms.operator_presses(f"case:claim:{case.id}", DARA)
    assert len(await rooms.rows("relay")) == len(relays), "what was shown joined is not shown again"


async def writes(rooms: Rooms, words: str | None, **content: object) -> None:
    await rooms.writes(words, **content)


async def test_while_half_the_minute_is_free_each_message_is_shown_at_once(surge: Surge) -> None:
    rooms = surge.rooms
    surge.then(0, lambda: rooms.stores(rooms.update(41, text=TRAPPED)))
    surge.then(1, lambda: rooms.operator_presses("case:next"))
    for number in range(3):
        surge.then(2 + number, lambda n=number: writes(rooms, f"kalimat {n}"))
    await surge.until(5)
    assert [post.at for post in surge.posts if "kalimat" in post.text] == [2, 3, 4]


async def test_only_the_newest_look_of_a_card_is_sent(rooms: Rooms) -> None:
    case = await rooms.claimed(TRAPPED)
    await rooms.delivers()
    async with session() as s:
        for _ in range(3):
            await desk.refresh(s, await s.get_one(Case, case.id))
        await s.commit()
    assert [row.state for row in await rooms.rows("refresh")][-3:] == ["withdrawn", "withdrawn", "queued"]


async def test_what_waits_for_three_minutes_goes_before_newer_words_of_held_chats(surge: Surge) -> None:
    async with session() as s:
        group = await s.get_one(Chat, surge.group_row)
        long_ago = BEGIN - dt.timedelta(minutes=4)
        s.add(Outgoing(chat_id=group.id, purpose="refresh", rank=3, method="x", payload={}, created_at=long_ago))
        s.add(Outgoing(chat_id=group.id, purpose="relay", rank=1, method="x", payload={}, created_at=BEGIN))
        s.add(Outgoing(chat_id=group.id, purpose="list", rank=0, method="x", payload={}, created_at=BEGIN))
        await s.flush()
        order = []
        while (found := await due.next_row(s, group.id, BEGIN, ())) is not None:
            row, *_ = found
            order.append(row.purpose)
            row.state = "sent"
            await s.flush()
    assert order == ["list", "refresh", "relay"]


# -- what workers are told


async def test_outside_the_hours_of_the_desk_the_first_answer_says_so_and_names_no_time(
    surge: Surge,
) -> None:
    surge.at = 12 * 3600.0  # ten in the evening
    await surge.rooms.writes(TRAPPED)
    await surge.rooms.writes("masih di sini")
    lines = [line for text in await surge.rooms.screen() for line in text.splitlines()]
    assert lines.count(render("case_desk_closed", "id")) == 1, "said once"


@pytest.mark.parametrize("lang", ["id", "km"])
def test_no_text_about_waiting_promises_a_time(lang: Lang) -> None:
    for key in ("case_many_wait", "case_desk_closed"):
        assert not any(letter.isdigit() for letter in render(key, lang))


async def test_the_list_job_is_safe_to_run_again(surge: Surge) -> None:
    reports(surge, 10, every=0.1, p1=0.0)
    await surge.until(5)
    for _ in range(3):
        await desk_jobs.post_list(group=surge.group_row)
    await surge.until(50)
    assert len(surge.lists()) == 1
