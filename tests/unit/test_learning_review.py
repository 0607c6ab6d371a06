"""A maintainer goes through what was not understood, and gets a patch that git takes."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bot.learning import patch
from bot.learning.patch import Taught, added, unified
from bot.learning.review import Decided, Review, chosen, groups, intents, why_not
from bot.learning.unclear import Kept
from bot.settings import ROOT
from nlu.checks.examples import key

NOW = dt.datetime(2026, 11, 26, 9, 0, tzinfo=dt.UTC)
LIKELY = (("ask_fees", 0.21), ("ask_visa", 0.14))


def kept(number: int, text: str, lang: str = "id") -> Kept:
    return Kept(number, lang, NOW, text, LIKELY)


def reviewed(messages: list[Kept], *answers: str, known: dict[str, str] | None = None) -> tuple[Decided, str]:
    """A review in which these lines are typed, then the end."""
    typed: Iterator[str] = iter(answers)
    said: list[str] = []
    result = Review(known or {}, lambda prompt, text: next(typed, None), said.append).over(groups(messages))
    return result, "\n".join(said)


def test_messages_that_are_alike_are_asked_about_once() -> None:
    messages = [
        kept(1, "kucing lucu sekali"),
        kept(2, "ke jepang abis duit berapa"),
        kept(3, "ke jepang abis duit brapa kak"),
        kept(4, "ke jepang abis duit berapa", "km"),
    ]
    assert [[one.id for one in group] for group in groups(messages)] == [[2, 3], [1], [4]]
    decided, said = reviewed(messages, "ask_fees", "d", "s")
    assert [(shown, alike, taught.intent) for shown, alike, taught in decided.taken] == [(2, (2, 3), "ask_fees")]
    assert decided.deleted == [1] and decided.left == 1
    assert "2 alike" in said and "ask_fees (0.21)" in said


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("ask_fees", "ask_fees"),
        ("ask_fe", "ask_fees"),
        ("thank", "thank"),
        (str(intents().index("ask_visa") + 1), "ask_visa"),
        ("ask_pa", "ask_passport"),
        ("0", []),
        ("999", []),
        ("nothing", []),
    ],
)
def test_an_intent_is_named_by_number_name_or_beginning(typed: str, means: str | list[str]) -> None:
    assert chosen(typed) == means


def test_a_beginning_of_several_is_asked_again() -> None:
    decided, said = reviewed([kept(1, "abis duit berapa")], "ask_p", "ask_pr", "ask_passport")
    assert "ask_passport, ask_procedure" in said.replace("It may be ", "")
    assert decided.taken[0][2].intent == "ask_passport"


@pytest.mark.parametrize("text", ["tele @jokopmi berapa", "hub 081234567890", "nama saya ‹name› mau ke sana"])
def test_a_text_that_could_lead_to_a_person_is_refused_until_it_is_rewritten(text: str) -> None:
    decided, said = reviewed([kept(1, text)], "ask_fees", "r", "mau ke sana abis berapa", "ask_fees")
    assert "still holds" in said
    assert [taught.text for _, _, taught in decided.taken] == ["mau ke sana abis berapa"]


def test_a_text_that_is_taught_already_is_refused_with_its_place() -> None:
    known = {key("berapa biayanya?"): "data/nlu/id/ask_fees.yml:7"}
    decided, said = reviewed([kept(1, "Berapa biayanya")], "ask_fees", "d", known=known)
    assert "data/nlu/id/ask_fees.yml:7" in said
    assert decided.taken == [] and decided.deleted == [1]


@pytest.mark.parametrize("text", ["", "# biaya", "- biaya", "[biaya](amount) ke sana"])
def test_what_rasa_would_read_otherwise_is_no_message(text: str) -> None:
    assert why_not(text, {}) is not None


def test_the_end_leaves_the_rest_for_another_time() -> None:
    decided, _ = reviewed([kept(1, "abis duit berapa"), kept(2, "kucing lucu")], "ask_fees", "q")
    assert len(decided.taken) == 1 and decided.left == 1


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository of its own with the training data as it is."""
    shutil.copytree(ROOT / "data" / "nlu", tmp_path / "data" / "nlu")
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


def test_git_takes_the_patch_and_every_message_says_where_it_is_from(checkout: Path) -> None:
    taught = [
        Taught("id", "ask_fees", "zonk ngga sih bayar segitu"),
        Taught("id", "ask_fees", "abis duit brp ke sana"),
        Taught("km", "ask_visa", "ទិដ្ឋាការអីគេយក"),
    ]
    made = checkout / "a.patch"
    made.write_text(unified(taught, "review-2026-11", checkout), encoding="utf-8")
    before = yaml.safe_load((checkout / "data/nlu/id/ask_fees.yml").read_text(encoding="utf-8"))
    subprocess.run(["git", "apply", "--check", "a.patch"], cwd=checkout, check=True)
    subprocess.run(["git", "apply", "a.patch"], cwd=checkout, check=True)
    after = yaml.safe_load((checkout / "data/nlu/id/ask_fees.yml").read_text(encoding="utf-8"))
    assert after["nlu"][:-1] == before["nlu"], "what was there stays as it is"
    block = after["nlu"][-1]
    assert block["intent"] == "ask_fees" and block["metadata"] == {"source": "review-2026-11", "register": "chat"}
    assert block["examples"].splitlines() == ["- abis duit brp ke sana", "- zonk ngga sih bayar segitu"]
    assert "ទិដ្ឋាការអីគេយក" in (checkout / "data/nlu/km/ask_visa.yml").read_text(encoding="utf-8")

    again = unified([Taught("id", "ask_fees", "bayar apa aja emang")], "review-2026-11", checkout)
    made.write_text(again, encoding="utf-8")
    subprocess.run(["git", "apply", "a.patch"], cwd=checkout, check=True)
    final = yaml.safe_load((checkout / "data/nlu/id/ask_fees.yml").read_text(encoding="utf-8"))
    assert len(final["nlu"]) == len(after["nlu"]), "the same month is one block"
    assert final["nlu"][-1]["examples"].splitlines()[1] == "- bayar apa aja emang"


def test_a_block_is_sorted_as_its_file() -> None:
    plain = 'version: "3.1"\nnlu:\n- intent: x\n  examples: |\n    - Zebra\n    - apa\n'
    folded = plain.replace("    - Zebra\n    - apa\n", "    - apa\n    - Zebra\n")
    assert added(plain, "x", ["b", "C"], "s").endswith("    - C\n    - b\n")
    assert added(folded, "x", ["b", "C"], "s").endswith("    - b\n    - C\n")


def test_nothing_but_an_intent_of_ours_becomes_a_path() -> None:
    with pytest.raises(patch.NotATrainingMessage):
        unified([Taught("id", "../../x", "apa")], "s")
