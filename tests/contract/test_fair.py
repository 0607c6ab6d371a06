"""Whoever floods holds back nobody else: the group's minute is dealt out in turns, and a cry overtakes all of them."""

from __future__ import annotations

import pytest

from bot.outbox import fair
from tests.support.rooms import Rooms
from tests.support.surge import Surge

TRAPPED = "tolong pak, saya disekap di kamboja, paspor saya diambil bos"
CRY = "tolong, saya dipukuli sekarang, mereka mau bunuh saya"
#: Seconds a cry of a held chat may wait.
CRY_WAITS_SECONDS = 60


@pytest.fixture
async def surge(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> Surge:
    return await Surge.begins(rooms, monkeypatch)


async def held(surge: Surge, *users: int) -> None:
    """A case that Sari holds for each of these people, on a day when nothing else is sent."""
    for user in users:
        await surge.rooms.claimed(TRAPPED, user=user)


async def floods(surge: Surge, user: int, count: int) -> None:
    for number in range(count):
        await surge.rooms.writes(None, user, location={"latitude": 11.5 + number / 1000, "longitude": 104.9})


def shown(surge: Surge, words: str) -> float:
    """When a post with these words stood in the group."""
    return next(post.at for post in surge.posts if words in post.text)


async def test_the_words_of_a_held_chat_take_turns_with_the_flood_of_another(surge: Surge) -> None:
    await held(surge, 41, 42)
    await floods(surge, 41, 120)
    await surge.until(50)
    await surge.rooms.writes("kami di lantai tiga", 42)
    surge.then(51, surge._nothing)
    await surge.until(200)
    assert shown(surge, "lantai tiga") - 50 <= 15, "the next place but one is theirs"
    assert surge.refused == 0


async def test_a_cry_of_a_held_chat_waits_a_minute_at_most_behind_many_floods(surge: Surge) -> None:
    flooders = list(range(41, 56))
    await held(surge, *flooders, 77)
    for user in flooders:
        await floods(surge, user, 20)
    await surge.until(100)
    for user in flooders:
        # They know what is heard first, and cry without end.
        for number in range(4):
            await surge.rooms.writes(f"{CRY} {number}", user)
    await surge.rooms.writes(f"{CRY} di bavet", 77)
    surge.then(101, surge._nothing)
    await surge.until(300)
    assert shown(surge, "di bavet") - 100 <= CRY_WAITS_SECONDS
    assert surge.refused == 0


async def test_what_waited_longest_goes_first_again_after_the_flood(surge: Surge) -> None:
    await held(surge, 41, 42)
    for user in (41, 42):
        await floods(surge, user, 40)
    await surge.until(400)
    threads = [post.thread for post in surge.posts if post.method == "sendLocation"]
    assert len(threads) == 80, "in the end all of it is shown"
    assert max(sum(thread == one for thread in threads[:30]) for one in set(threads)) <= 16, "by turns"


def test_turns_are_given_to_the_case_that_waited_longest() -> None:
    order = fair.Order()
    for case in (1, 2, None, 1):
        order.served(7, case)
    assert order.of(7) == [2, fair.NO_CASE, 1]
    assert order.of(8) == []
    for case in range(10, 10 + fair.REMEMBERED):
        order.served(7, case)
    assert len(order.of(7)) == fair.REMEMBERED and 2 not in order.of(7)
