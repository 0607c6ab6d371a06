"""What somebody in an open case is told next: answered first, one thing at a time, nothing asked that is known."""

from __future__ import annotations

import itertools

import pytest

from bot import texts
from bot.turns import case_policy
from bot.turns.case_policy import Talk, reply, table
from nlu.sheet import labels

LONGEST_WORDS, EMERGENCY_LETTERS = 60, 160


def all_keys() -> list[str]:
    """Every text that the table can choose."""
    rules = table()
    keys = [key for one in rules.situations.values() for key in (*one.says, *one.other)]
    keys += [key for one in rules.acts for key in (one.says, one.again) if key not in (None, case_policy.RECAP)]  # type: ignore[misc]
    keys += [*rules.hears, *rules.hears_other, *rules.warm, *rules.asks_itself]
    keys += [f"answer_{name}" for name in labels.groups()["questions"]]
    keys += [f"wish_{name}" for name in labels.groups()["wishes"]]
    asked = {
        *rules.asks_self,
        *rules.asks_other,
        *rules.asks_human,
        *(a for s in rules.situations.values() for a in s.asks),
    }
    return keys + [case_policy.question_key(one, about) for one in asked for about in ("self", "other")]


@pytest.mark.parametrize("lang", texts.LANGS)
def test_every_text_of_the_table_exists_and_is_short(lang: str) -> None:
    known = texts.catalogue(lang)
    assert [key for key in all_keys() if key not in known] == []
    assert {key: known[key] for key in all_keys() if len(known[key].split()) > LONGEST_WORDS} == {}


def test_every_label_of_the_table_is_one_that_is_read() -> None:
    rules = table()
    named = {sign for one in rules.situations.values() for sign in one.signs}
    named |= {label for one in rules.acts for label in one.labels}
    named |= {sign for signs in rules.known_by.values() for sign in signs}
    assert named <= labels.known()


@pytest.mark.parametrize("lang", texts.LANGS)
def test_every_question_of_a_person_has_an_answer_and_every_wish_is_said_back(lang: str) -> None:
    for name in labels.groups()["questions"]:
        assert f"answer_{name}" in reply({f"q_{name}"}, Talk(lang=lang)).keys
    for name in labels.groups()["wishes"]:
        assert f"wish_{name}" in reply({name}, Talk(lang=lang)).keys


def test_nobody_is_asked_the_same_question_twice() -> None:
    asked: list[str] = []
    while (question := case_policy.next_question(Talk(asked=frozenset(asked)))) is not None:
        asked.append(question)
    assert asked[:3] == ["place", "safe", "danger"]
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize(
    ("talk", "question"),
    [
        (Talk(kind="emergency"), "place"),
        (Talk(), "place"),
        (Talk(country=True), "safe"),
        (Talk(country=True, asked=frozenset({"safe"})), "place"),
        (Talk(known=frozenset({"place"}), signs=frozenset({"beaten"})), "safe"),
        (Talk(kind="human"), "need"),
        (Talk(about="other", kind="third_party"), "place"),
        (Talk(about="other", known=frozenset({"place"})), "last_contact"),
    ],
)
def test_what_is_asked_next(talk: Talk, question: str) -> None:
    assert case_policy.next_question(talk) == question


def test_a_reporter_is_never_asked_whether_writing_is_safe() -> None:
    talk, asked = Talk(about="other", country=True), set()
    while (question := case_policy.next_question(talk)) is not None:
        asked.add(question)
        talk = Talk(about="other", country=True, asked=frozenset(asked))
    assert asked and not asked & {"safe", "need", "documents"}


def test_who_wants_to_die_is_asked_for_no_place_and_hears_one_thing_at_a_time() -> None:
    for sign in ({"suicide"}, {"suicide", "suicide_means"}, {"suicide_means", "q_when"}):
        said = reply(sign, Talk())
        assert said.question in (None, "who")
        assert len(said.keys) == 1
        assert said.new_danger


def test_who_hides_is_asked_nothing_and_hears_nothing_twice() -> None:
    first = reply({"hiding"}, Talk())
    assert (first.keys, first.question) == (("talk_hiding",), None)
    assert reply({"hiding"}, Talk(said=first.keys, situation="hiding", signs=frozenset({"hiding"}))).keys == ()


def test_nothing_is_said_twice_in_a_row_however_often_somebody_writes() -> None:
    for told, about in itertools.product(table().situations, ("self", "other")):
        said: list[str] = []
        signs = frozenset(table().situations[told].signs)
        for turn in range(12):
            now = reply(
                signs if not turn else frozenset(),
                Talk(
                    about=about,
                    said=tuple(said),
                    situation=told if turn else None,
                    signs=signs if turn else frozenset(),
                ),
            )  # type: ignore[arg-type]
            assert not set(now.keys) & set(said[-1:]), told
            said += now.keys


def test_danger_that_is_told_once_rings_once_and_a_wish_to_die_each_time() -> None:
    known = Talk(situation="beaten", signs=frozenset({"beaten"}))
    assert not reply({"beaten"}, known).new_danger
    assert reply({"moved"}, known).new_danger
    assert reply({"suicide"}, Talk(situation="suicide", signs=frozenset({"suicide"}))).new_danger


def test_a_question_in_a_case_is_answered_before_anything_else_is_said() -> None:
    said = reply({"q_pay"}, Talk(situation="ransom", signs=frozenset({"ransom"}), said=("talk_ransom",)))
    assert said.keys[0] == "answer_pay"


def test_a_place_told_by_mistake_a_wish_to_stop_and_goodbye_end_without_a_question() -> None:
    for act in ("mistake", "cancel", "bye"):
        assert reply({act}, Talk()).question is None


@pytest.mark.parametrize("lang", texts.LANGS)
def test_no_text_promises_a_rescue_or_a_time(lang: str) -> None:
    promises = {
        "id": ("pasti diselamatkan", "segera datang", "akan dijemput", "pasti pulang", "dalam 1 jam"),
        "km": ("ប្រាកដជាជួយបាន", "មកយកភ្លាម", "នឹងមកយក"),
    }
    for key, words in texts.catalogue(lang).items():
        if key.startswith(("talk_", "answer_", "wish_")):
            assert not any(one in words.lower() for one in promises[lang]), key
