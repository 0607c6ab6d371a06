"""Limits, splitting and the live window, with a clock of the tests' own."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.outbox import window
from bot.outbox.limits import (
    CHAT_BURST,
    GROUP_PER_MINUTE,
    GROUP_SECONDS,
    LINE_SECONDS,
    OVERALL_PER_SECOND,
    OVERALL_SECONDS,
    RANK_ALERT,
    RANK_P1,
    RANK_PIN,
    RANK_RELAY,
    RANK_REST,
    RESERVES,
    Limits,
)
from bot.outbox.service import Button
from bot.outbox.split import MESSAGE_UNITS, split, units


def most_within(times: list[float], seconds: float) -> int:
    """How many fall into the fullest stretch of so many seconds."""
    return max((sum(1 for t in times if begin <= t < begin + seconds - 1e-6) for begin in times), default=0)


wishes = st.tuples(st.integers(0, 5), st.floats(0, 3), st.integers(RANK_P1, RANK_REST), st.integers(1, 2))
steps = st.lists(wishes, min_size=1, max_size=300)


@given(steps)
def test_telegrams_limits_hold_whatever_comes_when(wishes: list[tuple[int, float, int, int]]) -> None:
    limits, now = Limits(), 1000.0
    sent: dict[int, list[float]] = {}
    for chat, passes, rank, places in wishes:
        now += passes
        wait = limits.take(chat, group=chat < 2, now=now, rank=rank, places=places if chat < 2 else 1)
        assert wait >= 0
        if wait == 0:
            sent.setdefault(chat, []).extend([now] * (places if chat < 2 else 1))
    assert most_within(sorted(t for times in sent.values() for t in times), 1.0) <= OVERALL_PER_SECOND
    for chat, times in sent.items():
        if chat < 2:
            assert most_within(times, 60.0) <= GROUP_PER_MINUTE
        else:
            assert most_within(times, 1.0) <= CHAT_BURST + 1
            assert most_within(times, 20.0) <= CHAT_BURST + 20


@given(st.integers(0, 1), st.integers(1, 60))
def test_who_waits_as_long_as_told_is_served(group: int, count: int) -> None:
    limits, now = Limits(), 50.0
    for _ in range(count):
        while (wait := limits.take(7, group=bool(group), now=now)) > 0:
            now += wait + 1e-6
        assert now < 50 + 60 * (count / (GROUP_PER_MINUTE - RESERVES[RANK_REST]) + 1)


def test_where_all_together_are_too_fast_a_cry_goes_first_then_whoever_asked_first() -> None:
    limits, answers, cries, newcomer = Limits(), (101, 102, 103), (201, 202), 999
    left = [5.0 + number / OVERALL_PER_SECOND for number in range(OVERALL_PER_SECOND)]
    assert [limits.take(number, group=False, now=now) for number, now in enumerate(left)] == [0] * len(left)
    for rank, chats in ((5, answers), (2, cries)):
        assert all(limits.take(chat, group=False, now=left[-1], rank=rank) > 0 for chat in chats)
    went: list[int] = []
    for now in left[:5]:
        # All ask again when a place is free, those who should go first last of all.
        for chat in (newcomer, *reversed(answers), *reversed(cries)):
            rank = 2 if chat in cries else 5
            if chat not in went and not limits.take(chat, group=False, now=now + OVERALL_SECONDS + 1e-3, rank=rank):
                went.append(chat)
    assert went == [*cries, *answers]


def test_nobody_waits_for_one_who_does_not_ask_again() -> None:
    limits = Limits()
    for number in range(OVERALL_PER_SECOND):
        limits.take(number, group=False, now=5.0)
    assert limits.take(101, group=False, now=5.0, rank=2) > 0
    later = 5.0 + OVERALL_SECONDS + LINE_SECONDS + 1e-3
    assert [limits.take(200 + n, group=False, now=later) for n in range(OVERALL_PER_SECOND)] == [0] * OVERALL_PER_SECOND


def test_a_first_answer_in_three_parts_goes_out_at_once() -> None:
    limits = Limits()
    assert [limits.take(1, group=False, now=5.0) for _ in range(4)] == [0, 0, 0, 0]
    assert 0 < limits.take(1, group=False, now=5.0) <= 1.0
    assert limits.take(2, group=False, now=5.0) == 0, "another chat does not wait"


def test_a_long_relay_leaves_room_for_the_alert_of_another_case() -> None:
    limits = Limits()
    while limits.take(1, group=True, now=5.0, rank=RANK_RELAY) == 0:
        pass
    assert [limits.take(1, group=True, now=5.0, rank=RANK_P1, places=2) for _ in range(2)] == [0, 0], "topic and card"
    assert limits.take(1, group=True, now=5.0, rank=RANK_P1) > 0


def test_pins_that_move_leave_room_for_words_and_alerts_and_are_no_reason_to_join_words() -> None:
    limits, moves = Limits(), 0
    for second in range(60):
        moves += limits.take(1, group=True, now=100.0 + second, rank=RANK_PIN) == 0
        assert not limits.tight(1, 100.0 + second)
    assert moves == 9, "every few seconds"
    for rank, more in ((RANK_REST, 3), (RANK_ALERT, 2), (RANK_RELAY, 2), (RANK_P1, 4)):
        taken = 0
        while limits.take(1, group=True, now=160.0 + rank, rank=rank) == 0:
            taken += 1
        assert taken >= more, rank


def test_a_minute_is_spent_p1_first_then_held_chats_other_alerts_and_the_rest() -> None:
    limits, spent = Limits(), []
    for rank in (RANK_REST, RANK_ALERT, RANK_RELAY, RANK_P1):
        while limits.take(1, group=True, now=5.0, rank=rank) == 0:
            spent.append(rank)
    assert {rank: spent.count(rank) for rank in set(spent)} == {RANK_REST: 12, RANK_ALERT: 2, RANK_RELAY: 2, RANK_P1: 4}


@pytest.mark.parametrize("per_minute", [5, 20, 60])
def test_whatever_a_group_takes_a_minute_every_rank_gets_something(per_minute: int) -> None:
    for rank in (RANK_P1, RANK_RELAY, RANK_ALERT, RANK_REST):
        limits, now = Limits(per_minute), 5.0
        for _ in range(2 * per_minute):
            while (wait := limits.take(1, group=True, now=now, rank=rank, places=2)) > 0:
                assert wait <= GROUP_SECONDS
                now += wait + 1e-6


def test_thousands_of_chats_are_forgotten_again() -> None:
    limits = Limits()
    for number in range(3000):
        limits.take(number, group=False, now=number * 0.1)
    assert len(limits._chats) < 2600


# -- splitting

letters = st.sampled_from(["kerja", "ខ្ញុំ", "។ ", "។", ". ", "! ", "\n", "\n\n", " ", "😀", "a", "👩‍👧", "៕", "𝄞"])


@given(st.lists(letters, max_size=400).map("".join), st.integers(10, 120))
def test_no_word_is_lost_and_no_character_halved(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert "".join("".join(parts).split()) == "".join(text.split())
    for part in parts:
        assert 0 < units(part) <= limit
        part.encode("utf-8")  # half of a surrogate pair could not be
        assert part == part.strip()


def test_a_long_answer_is_cut_after_a_sentence() -> None:
    for sentence in ("Jangan serahkan paspor kepada siapa pun. ", "កុំប្រគល់លិខិតឆ្លងដែនឲ្យអ្នកណា។ ", "ការងារនៅថៃ៕"):
        parts = split(sentence * 400)
        assert len(parts) > 1
        for part in parts:
            assert units(part) <= MESSAGE_UNITS
            assert part.endswith(sentence.strip()), "a part ends with a sentence"


def test_a_text_without_any_break_is_cut_all_the_same() -> None:
    assert [units(part) for part in split("😀" * 3000)] == [4096, 1904]
    assert split("  ") == []


def test_khmer_letters_are_not_torn_from_their_marks() -> None:
    word = "ស្ត្រី"
    for part in split(word * 40, 50):
        assert part.startswith("ស")
        assert not part.endswith("\u17d2"), "a coeng needs the letter behind it"


# -- the live window

NOON = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)  # 19:00 in Phnom Penh
EVENING = {"from": "19:00", "to": "21:00", "zone": "Asia/Phnom_Penh"}
NIGHT = {"from": "22:30", "to": "05:00", "zone": "Asia/Phnom_Penh"}


@pytest.mark.parametrize(
    ("silent_minutes", "hours", "open_"),
    [
        (9.9, None, True),
        (10.1, None, False),
        (None, None, False),
        (600, EVENING, True),
        (600, NIGHT, False),
        (600, {"from": "7 malam", "to": "9", "zone": "Asia/Phnom_Penh"}, False),
        (600, {"from": "19:00", "to": "21:00", "zone": "Nowhere/Land"}, False),
        (600, {"from": "19:00"}, False),
        # Heard by a clock that was ahead and has been set back since; and by a machine half a minute ahead of ours.
        (-540, None, False),
        (-540, EVENING, True),
        (-0.5, None, True),
    ],
)
def test_the_window_is_open_after_a_message_and_in_safe_hours(
    silent_minutes: float | None, hours: dict[str, str] | None, open_: bool
) -> None:
    heard = None if silent_minutes is None else NOON - dt.timedelta(minutes=silent_minutes)
    assert window.open_now(NOON, heard, hours, window_minutes=10) is open_


def test_safe_hours_may_cross_midnight() -> None:
    at = NOON.replace(hour=20)  # 03:00 in Phnom Penh
    assert window.open_now(at, None, NIGHT, window_minutes=10)
    assert window.next_opening(NOON, NIGHT) == NOON.replace(hour=15, minute=30)
    assert window.next_opening(NOON, EVENING) == NOON + dt.timedelta(days=1)
    assert window.next_opening(NOON, {"from": "x"}) is None


@pytest.mark.parametrize("data", ["", "x" * 65, "ទេ"])
def test_a_button_that_telegram_would_refuse_is_never_made(data: str) -> None:
    with pytest.raises(ValueError, match="64"):
        Button("Ya", data)
