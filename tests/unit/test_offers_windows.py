"""The network that reads the words of an offer in their order, and the clauses it is taught from."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bot.errors import ReferenceDataInvalid
from bot.offers.evaluation import clauses
from bot.offers.evaluation.teach import fingerprint
from bot.offers.learned import convolution
from bot.offers.rules import FLAG_IDS
from bot.settings import DATA

SIZE, QUESTIONS, HIDDEN = 4, 3, 2


@pytest.fixture(scope="module")
def weights() -> convolution.Weights:
    """A small network with weights drawn by lot."""
    draw = np.random.default_rng(0).standard_normal
    return convolution.Weights(
        ("upfront_fee", "secrecy"),
        {"paspor": 0, "bos": 1},
        draw((2, SIZE)).astype(np.float32),
        draw((convolution.PIECES_KEPT + 1, SIZE)).astype(np.float32),
        tuple(draw((width, SIZE, QUESTIONS)).astype(np.float32) for width in convolution.WIDTHS),
        tuple(draw(QUESTIONS).astype(np.float32) for _ in convolution.WIDTHS),
        {"abroad": 0, "no contact": 1},
        draw((2, HIDDEN)).astype(np.float32),
        draw(HIDDEN).astype(np.float32),
        draw((2, 2)).astype(np.float32),
        draw((QUESTIONS * len(convolution.WIDTHS) + SIZE + HIDDEN, 2)).astype(np.float32),
        draw(2).astype(np.float32),
    )


def by_hand(weights: convolution.Weights, words: list[str], told: list[str]) -> np.ndarray:
    """The same, window by window."""
    rows = []
    for word in words:
        pieces = convolution.pieces_of(word)
        row = weights.pieces[pieces].sum(axis=0) / len(pieces) ** 0.5
        rows.append(row + weights.words[weights.known[word]] if word in weights.known else row)
    found = []
    for window, begins in zip(weights.windows, weights.begins, strict=True):
        width = len(window)
        before = (width - 1) // 2
        padded = [np.zeros(SIZE)] * before + rows + [np.zeros(SIZE)] * (width - 1 - before)
        answers = [
            begins + sum(padded[start + place] @ window[place] for place in range(width)) for start in range(len(rows))
        ]
        found.append(np.maximum(np.max(answers, axis=0), 0.0))
    found.append(np.sum(rows, axis=0) / (len(rows) + 1))
    heard = [weights.told[name] for name in told]
    found.append(np.maximum(weights.told_hidden[heard].sum(axis=0) + weights.told_begins, 0.0))
    return np.concatenate(found) @ weights.outward + weights.told_flags[heard].sum(axis=0) + weights.bias


@pytest.mark.parametrize(
    "words", [["paspor"], ["paspor", "dipegang"], ["bos", "pegang", "paspor", "kamu", "dulu", "ya"]]
)
def test_every_window_over_the_words_is_looked_through(weights: convolution.Weights, words: list[str]) -> None:
    expected = by_hand(weights, words, ["no contact"])
    found = convolution.Windows(weights).hear(words, ["no contact", "never told before"]).scores
    assert found == pytest.approx(expected, abs=1e-4)


def test_the_same_words_in_another_order_say_something_else(weights: convolution.Weights) -> None:
    network = convolution.Windows(weights)
    holds, held = network.hear(["bos", "pegang", "paspor"], []), network.hear(["paspor", "pegang", "bos"], [])
    assert np.abs(holds.scores - held.scores).max() > 0.1


def test_an_offer_without_words_has_an_opinion_too(weights: convolution.Weights) -> None:
    assert np.isfinite(convolution.Windows(weights).hear([], ["abroad"]).scores).all()


def test_every_strongest_answer_is_credited_to_the_clause_in_which_it_was_found(weights: convolution.Weights) -> None:
    network = convolution.Windows(weights)
    heard = network.hear(["bos", "pegang", "paspor", "kamu"], [])
    of_words = network.said_in(heard, np.arange(4), 4)
    all_of_it = heard.answers @ weights.outward[: len(heard.answers)]
    assert of_words.sum(axis=0) == pytest.approx(all_of_it, abs=1e-4)
    # Three words in two clauses, the last in none.
    in_clauses = network.said_in(heard, np.array([0, 0, 1, -1]), 2)
    assert in_clauses == pytest.approx(np.stack([of_words[0] + of_words[1], of_words[2]]), abs=1e-4)
    assert not network.said_in(network.hear([], []), np.zeros(0, dtype=int), 2).any()


def test_half_a_letter_is_a_word_like_any_other(weights: convolution.Weights) -> None:
    assert np.isfinite(convolution.Windows(weights).hear(["\ud83d", "កា", "x" * 10_000], []).scores).all()


def test_kept_in_small_numbers_it_says_nearly_the_same(weights: convolution.Weights) -> None:
    words = ["bos", "pegang", "paspor"]
    kept = convolution.Windows(convolution.unpacked(convolution.packed(weights))).hear(words, ["abroad"])
    assert kept.scores == pytest.approx(convolution.Windows(weights).hear(words, ["abroad"]).scores, abs=0.1)


def test_the_trees_and_the_windows_are_weighed() -> None:
    trees = {"upfront_fee": 0.5, "secrecy": 0.9}
    found = convolution.weighed(trees, ("upfront_fee", "secrecy"), np.array([2.0, -5.0]), words=40)
    assert found["upfront_fee"] > 0.6
    assert found["secrecy"] < 0.5


def test_of_one_short_line_the_windows_say_more_than_the_trees_which_never_saw_one() -> None:
    def chance(words: int) -> float:
        return convolution.weighed({"secrecy": 0.2}, ("secrecy",), np.array([1.0]), words)["secrecy"]

    assert chance(5) == chance(10) > 0.5 > chance(20) == chance(200)
    assert chance(10) > chance(15) > chance(20)


def test_the_shipped_network_was_taught_from_the_offers_and_clauses_that_are_there() -> None:
    with np.load(convolution.FILE) as kept:
        taught_from = kept["taught from"].tobytes().decode()
    assert taught_from == fingerprint() + fingerprint(clauses.BUILDING), "run `make teach`"
    assert convolution.windows().weights.flags == FLAG_IDS


def test_a_clause_counts_as_found_by_its_own_flag_and_its_twin_as_wrongly() -> None:
    held = clauses.Clause(
        "paspor dipegang bos", "ID", frozenset({"passport_surrender"}), frozenset({"passport_surrender"})
    )
    own = clauses.Clause("paspor kamu pegang sendiri", "ID", frozenset({"passport_surrender"}), frozenset())
    unseen = clauses.Clause("jaga toko", "ID", frozenset({"passport_surrender"}), frozenset({"passport_surrender"}))
    twin = clauses.Clause("paspor dipegang bos", "ID", frozenset({"passport_surrender"}), frozenset())
    ((found, wrongly),) = clauses.found_in([held, own, unseen, twin]).values()
    assert (found.right, found.of, wrongly.right, wrongly.of) == (1, 2, 1, 2)


@pytest.mark.parametrize("lang", ["id", "km"])
def test_the_held_out_clauses_are_those_whose_hash_was_set_down(lang: str) -> None:
    held = DATA / "heldout"
    digest = hashlib.sha256((held / f"clauses_{lang}.jsonl").read_bytes()).hexdigest()
    assert digest in (held / "README.md").read_text(encoding="utf-8")


def test_no_held_out_clause_teaches() -> None:
    def texts(found: list[clauses.Clause]) -> set[str]:
        return {"".join(one.text.casefold().split()) for one in found}

    taught = texts(clauses.in_folder())
    for lang in ("id", "km"):
        assert not taught & texts(clauses.read(DATA / "heldout" / f"clauses_{lang}.jsonl"))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"text": "paspor dipegang bos", "lang": "id", "asked": ["passport_surrender"]}', "text, lang, asked, shown"),
        ('{"text": "paspor dipegang bos", "lang": "id", "asked": ["passport"], "shown": []}', "passport"),
        ('{"text": "paspor dipegang bos", "lang": "id", "asked": ["secrecy"], "shown": ["debt_bond"]}', "debt_bond"),
    ],
)
def test_a_clause_with_a_slip_is_named_by_file_and_line(tmp_path: Path, line: str, why: str) -> None:
    good = '{"text": "jangan bilang ibu", "lang": "id", "asked": ["secrecy"], "shown": ["secrecy"]}'
    (tmp_path / "id_1.jsonl").write_text(f"{good}\n{line}\n", encoding="utf-8")
    with pytest.raises(ReferenceDataInvalid, match=rf"id_1\.jsonl.*2.*{why}"):
        clauses.in_folder(tmp_path)


def test_one_core_is_left_to_others() -> None:
    # A second thread of BLAS spins on the core that a cry for help may need.
    said = "import sys, os, bot; print(os.environ['OPENBLAS_NUM_THREADS'], 'numpy' in sys.modules)"
    clean = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", said], env=clean, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "False"]
