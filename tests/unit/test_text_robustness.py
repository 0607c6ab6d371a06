"""No message, whatever it holds, may stop or slow the triage: a watched phone types strange things."""

from __future__ import annotations

import time
from math import inf
from statistics import median
from string import ascii_lowercase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.checks.examples import DATA
from nlu.pay.amounts import amounts, salary
from nlu.text.contacts import contacts
from nlu.text.files import read_yaml
from nlu.text.khmer import has_khmer
from nlu.text.language import detect
from nlu.text.normalise import normalise, plain
from nlu.text.places import places
from nlu.text.segment import words
from nlu.understanding.entities import entities
from nlu.understanding.lexicon import WRITINGS, lexicons
from nlu.understanding.triage import triage
from tests.support.timed import under

#: Any code point, lone surrogates and NUL among them.
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)
#: Khmer letters and marks in any order, as broken keyboards and pasted text have them.
KHMER_NOISE = st.text(st.characters(min_codepoint=0x1780, max_codepoint=0x17FF), max_size=120)
FRAGMENTS = st.lists(
    st.sampled_from(
        ["tolong", "ខ្ញុំ", "្", "ុំ", "​", "12jt", "\x00", "\ud800", "🆘", "knhom", "ke", "gak boleh", "\n", "km", "$"]
    ),
    max_size=30,
).map("".join)
LONG = [
    "tolong saya disekap " * 5000,
    "ជួយខ្ញុំផងគេមិនឲ្យចេញ" * 5000,
    "a" * 100_000,
    "្" * 100_000,
    "ា" * 100_000,
    "1" * 100_000,
    "1 " * 50_000,
    "t o l o n g " * 8000,
    "knhom ke min oy chenh te " * 4000,
    "tidak boleh " * 8000,
    "\ud800" * 100_000,
    "0812 " * 20_000,
    "a@" * 50_000,
    "rp " * 30_000,
    "km" * 50_000,
]


def read_everything(text: str) -> None:
    """Call every reader; each of them has to answer."""
    result = triage(text, [text[:50], ""])
    for reason in result.reasons:
        assert 0 <= reason.start <= reason.end <= len(text)
        assert text[reason.start : reason.end] == reason.evidence
    light = normalise(text)
    assert len(light.text) == len(light.offsets) == len(light.ends)
    for word in words(text):
        assert text[word.start : word.end] == word.text
    plain(text)
    detect(text)
    detect(text, "km")
    salary(text)
    for found in [*amounts(text), *places(text), *contacts(text)]:
        assert text[found.start : found.end] == found.evidence
    entities(text)


@given(ANY_TEXT)
@settings(max_examples=150, deadline=None)
def test_any_text_is_read(text: str) -> None:
    read_everything(text)


@given(KHMER_NOISE)
@settings(max_examples=150, deadline=None)
def test_broken_khmer_is_read(text: str) -> None:
    read_everything(text)


@given(FRAGMENTS)
@settings(max_examples=150, deadline=None)
def test_fragments_in_any_order_are_read(text: str) -> None:
    read_everything(text)


@given(KHMER_NOISE)
@settings(max_examples=150, deadline=None)
def test_normalising_khmer_twice_changes_nothing(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once


@pytest.mark.timed
@pytest.mark.parametrize("text", LONG, ids=range(len(LONG)))
def test_a_very_long_message_does_not_hold_triage_up(text: str) -> None:
    triage(text[:10])
    started = time.perf_counter()
    triage(text)
    under(time.perf_counter() - started, 2.0)


def test_a_cry_at_the_end_of_a_very_long_message_is_heard() -> None:
    text = "lowongan kerja bagus sekali. " * 4000 + "\ntolong kami disekap dan dipukul"
    result = triage(text)
    assert result.level == "emergency"
    assert all(text[reason.start : reason.end] == reason.evidence for reason in result.reasons)


#: How often `_loop` may run while one message is read, whatever the machine and whoever else is on it. The wish is 3 ms
#: a message; where it was measured (Python 3.13, 2026-11-27) a loop takes 0.15 ms, a message 1.5 loops (km)
#: to 2.8 (km-Latn).
MOST_LOOPS = 3.5
_TREE = {first: {second: True for second in ascii_lowercase} for first in ascii_lowercase}


def _loop() -> int:
    """A walk through a tree of letters, as finding phrases is one."""
    return sum(_TREE[first].get("q", False) for first in ascii_lowercase * 200)


@pytest.mark.timed(only=True)
@pytest.mark.parametrize("writing", ["id", "km", "km-Latn"])
def test_an_ordinary_message_is_triaged_in_less_than_a_millisecond(writing: str) -> None:
    lines = [
        line.strip().removeprefix("- ")
        for path in sorted((DATA / "nlu" / writing.partition("-")[0]).glob("*.yml"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("    - ")
    ]
    if writing != "id":
        lines = [line for line in lines if has_khmer(line) == (writing == "km")]
    messages = lines[:: len(lines) // 200]
    read, looped = [inf] * len(messages), inf
    # The best of three rounds: what else runs on the machine only adds. By the next round a message is in no cache.
    for _ in range(3):
        for place, text in enumerate(messages):
            began = time.thread_time()
            triage(text)
            between = time.thread_time()
            _loop()
            read[place] = min(read[place], between - began)
            looped = min(looped, time.thread_time() - between)
    assert median(read) < MOST_LOOPS * looped


@pytest.mark.parametrize("writing", WRITINGS)
def test_every_process_takes_the_same_words_for_a_sign(writing: str) -> None:
    """A set of names is walked in another order in each process, and the level of a message went with it."""
    written = read_yaml(f"triage_{writing}.yml")["signs"]
    for sign, entry in zip(lexicons()[writing].signs, written, strict=True):
        groups = entry.get("all") or ["|".join(entry["any"])]
        assert ["|".join(part) for part in sign.parts] == ["|".join(map(str.strip, g.split("|"))) for g in groups]


#: What cost most, a character, among two hundred repeated pieces and their combinations.
COSTLY = [
    "ﷺ",
    "İ",
    "ke ",
    "គេ",
    "di bavet ",
    "tolong saya disekap ",
    "1k - ",
    "a@a.",
    "t o ",
    "umur 1",
    "្ក",
    "1. ",
    "kon srey ",
    "កូនស្រី",
]


@pytest.mark.timed
@pytest.mark.parametrize("piece", COSTLY)
def test_the_longest_message_of_the_costliest_kind_holds_nobody_up(piece: str) -> None:
    """Intake reads a message while everybody waits: its length times the worst character stays far below a second."""
    read_everything("halo")
    message = (piece * 4096)[:4096]
    started = time.process_time()
    triage(message, [message, message])
    entities(message)
    under(time.process_time() - started, 1.5)
