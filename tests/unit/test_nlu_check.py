"""The check of the training data names file and line."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from pathlib import Path

import pytest
from rapidfuzz.distance import Indel

from nlu import check, data
from nlu.decision import registry
from nlu.text import files, lexicon


def message(lang: str, name: str, number: int) -> str:
    """A message that is like no other."""
    letters = (
        hashlib.sha256(f"{lang} {name} {number}".encode())
        .hexdigest()
        .translate(str.maketrans("0123456789", "ghijklmnop"))
    )
    return f"{letters[:9]} {letters[9:16]} {letters[16:20]}"


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        target.parent.mkdir(exist_ok=True)
        shutil.copy(source, target)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for lang in data.LANGUAGES:
        folder = tmp_path / "data" / "nlu" / lang
        folder.mkdir(parents=True)
        for name in registry():
            lines = "\n".join(f"    - {message(lang, name, n)}" for n in range(check.least(name)))
            text = f'# what belongs\nversion: "3.1"\nnlu:\n- intent: {name}\n  examples: |\n{lines}\n'
            (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    for name in ("intents.yml", "rules", "texts", "lexicon/places.yml"):
        _copy(data.DATA / name, tmp_path / "data" / name)
    _copy(data.DATA.parent / "nlu" / "domain", tmp_path / "nlu" / "domain")
    held = tmp_path / "data" / "heldout"
    held.mkdir()
    for lang in data.LANGUAGES:
        row = {"text": "stop sekarang juga ya", "kind": "control", "topic": None, "lang": lang, "half": "test"}
        (held / f"messages_{lang}.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    rows = [{"text": text, "lang": "en", "half": "test"} for text in ("halo", "where are you now please", "ok")]
    (held / "language.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path / "data"


def found(root: Path) -> list[str]:
    return [f"{one.place.removeprefix(str(root))}: {one.why}" for one in check.findings(root) if one.fails]


def edit(root: Path, name: str, old: str, new: str) -> None:
    path = root / "nlu" / "id" / f"{name}.yml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


@pytest.fixture(autouse=True)
def here(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "DATA", root)


def test_good_data_has_no_findings(root: Path) -> None:
    assert found(root) == []


def test_a_message_of_two_intents_is_named_with_both_places(root: Path) -> None:
    first = message("id", "report_emergency", 1)
    edit(root, "greet", f"- {message('id', 'greet', 3)}\n", f"- {first.upper().replace(' ', '  ')}!\n")
    assert found(root) == ["data/nlu/id/report_emergency.yml:7: is also greet (data/nlu/id/greet.yml:9)"]


def test_doubled_messages_comments_and_missing_ones_are_named(root: Path) -> None:
    name = "report_emergency"
    edit(root, name, f"- {message('id', name, 4)}\n", f"- {message('id', name, 3)}\n")
    edit(root, "report_distress", f"    - {message('id', 'report_distress', 4)}\n", "    # a note\n")
    why = "\n".join(found(root))
    assert "report_emergency.yml:10: stands at data/nlu/id/report_emergency.yml:9 already" in why
    assert "report_distress.yml:10: a # line among examples" in why


def test_messages_made_from_one_template_are_named(root: Path) -> None:
    edit(root, "ask_visa", f"- {message('id', 'ask_visa', 4)}\n", "- visa kerja ke malaysia bikinnya dimana\n")
    edit(root, "ask_visa", f"- {message('id', 'ask_visa', 5)}\n", "- visa kerja ke malaysia bikinnya kemana\n")
    (why,) = found(root)
    assert "ask_visa.yml:11: is nearly" in why and "ask_visa.yml:10; write it another way" in why


def test_of_many_messages_all_pairs_that_are_nearly_the_same_are_named_as_one_by_one(root: Path) -> None:
    lot = random.Random(7)
    lines = [message("id", "ask_visa", number) for number in range(60)]
    for first in lines[:30]:
        at = lot.randrange(len(first))
        lines += [f"{first[:at]}{first[at + 1 :]}", f"{first} ya", f"{first[: at // 2]}xyz{first[at // 2 + 3 :]}"]
    lot.shuffle(lines)
    known = [data.Utterance(text, "ask_visa", "id", root / "visa.yml", at) for at, text in enumerate(lines)]
    keys = [data.key(text) for text in lines]
    wanted = [
        (f"data/visa.yml:{second}", f"is nearly data/visa.yml:{first}; write it another way")
        for second in range(len(keys))
        for first in range(second)
        if keys[first] != keys[second] and Indel.normalized_similarity(keys[first], keys[second]) >= check.TOO_LIKE
    ]
    assert [(one.place, one.why) for one in check._alike(known)] == wanted
    assert 60 < len(wanted) < len(lines) ** 2 / 10


def test_what_measures_the_language_and_is_taught_too_is_a_remark_without_its_words(root: Path) -> None:
    edit(root, "ask_visa", f"- {message('id', 'ask_visa', 4)}\n", "- Where are you now, please?\n")
    edit(root, "greet", f"- {message('id', 'greet', 3)}\n", "- halo\n")
    words = root / "lexicon" / "language" / "other" / "sw.txt"
    words.parent.mkdir(parents=True)
    words.write_text("jambo\nwhere are you now please\n", encoding="utf-8")
    assert found(root) == []
    assert [(one.place, one.why) for one in check.findings(root)] == [
        ("data/nlu/id/ask_visa.yml:10", "is held out in language.jsonl too; better another way of saying it"),
        ("data/lexicon/language/other/sw.txt:2", "is held out in language.jsonl too; better another way of saying it"),
        ("data/heldout/language.jsonl", "1 of 3 are training messages, too, of at most 2 words"),
    ]


def test_too_few_messages_are_counted_by_what_is_at_stake(root: Path) -> None:
    edit(root, "report_distress", f"    - {message('id', 'report_distress', 0)}\n", "")
    edit(root, "ask_visa", f"    - {message('id', 'ask_visa', 0)}\n", "")
    why = "\n".join(found(root))
    assert "report_distress.yml: has 119 messages, 120 are needed" in why
    assert "ask_visa.yml: has 69 messages, 70 are needed" in why


def test_an_intent_with_hardly_any_romanised_khmer_is_named(root: Path) -> None:
    path = root / "nlu" / "km" / "ask_visa.yml"
    kept = message("km", "ask_visa", 0)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    in_khmer = [line.replace("- ", "- ក") if line.startswith("    - ") and kept not in line else line for line in lines]
    path.write_text("".join(in_khmer), encoding="utf-8")
    assert found(root) == ["data/nlu/km/ask_visa.yml: 1% of its messages are romanised, 20% are needed"]


def test_an_unknown_intent_and_a_held_out_message_are_named(root: Path) -> None:
    path = root / "nlu" / "id" / "report_teapot.yml"
    path.write_text('version: "3.1"\nnlu:\n- intent: report_teapot\n  examples: |\n    - cerek\n', encoding="utf-8")
    edit(root, "cancel", f"- {message('id', 'cancel', 0)}\n", "- Stop sekarang juga ya!\n")
    why = "\n".join(found(root))
    assert "report_teapot.yml: is no intent" in why
    assert "cancel.yml:6: is held out too" in why


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_new_intent_hears_where_else_it_must_stand(root: Path) -> None:
    replace(root.parent / "nlu" / "domain" / "intents.yml", "- ask_visa: {use_entities: []}\n", "")
    rule = "- rule: ask_visa\n  steps:\n  - intent: ask_visa\n  - action: action_answer_question\n"
    replace(root / "rules" / "questions.yml", rule, "")
    replace(root / "texts" / "km" / "dialogue.yml", "meaning_ask_visa:", "meaning_ask_visum:")
    replace(root / "texts" / "id" / "dialogue.yml", "small_thank:", "small_thanks:")
    assert found(root) == [
        "nlu/domain/intents.yml: add `- ask_visa: {use_entities: []}`",
        "data/rules: add a rule for ask_visa, like that of a neighbour",
        "data/texts/km/dialogue.yml: add the text meaning_ask_visa",
        "data/texts/id/dialogue.yml: add the text small_thank",
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("    kind: questions\n    topic: money\n", "ask_money: kind is none of emergency, distress"),
        ("    kind: question\n", "ask_money: a question has a topic"),
        (
            "    kind: question\n    topic: money\n    what: Sending money: which way.\n",
            "stands in quotes: cannot be read",
        ),
    ],
)
def test_a_slip_in_the_registry_is_said_in_words(root: Path, line: str, why: str) -> None:
    path = root / "intents.yml"
    path.write_text(f"{path.read_text(encoding='utf-8').rstrip()}\n  ask_money:\n{line}", encoding="utf-8")
    (one,) = found(root)
    assert why in one and "data/intents.yml" in one


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("{country: KH, name: Uji, kind: town, aliases: [uji]}", "Uji: kind is none of country, city, area"),
        ("{country: NO, name: Uji, kind: city, aliases: [uji]}", "Uji: country is two capital letters"),
        ("{country: KH, name: Uji, kind: city}", "Uji: a row has country, name, kind and a list of aliases"),
        ("{country: KH, name: Uji, kind: city, aliases: [Poi-Pet]}", "'Poi-Pet' is Uji and Poipet; leave it with one"),
    ],
)
def test_a_slip_in_a_place_is_said_in_words(root: Path, row: str, why: str) -> None:
    path = root / "lexicon" / "places.yml"
    path.write_text(f"{path.read_text(encoding='utf-8').rstrip()}\n  - {row}\n", encoding="utf-8")
    (one,) = found(root)
    assert one.startswith(f"data/lexicon/places.yml: {why}")


def test_a_concept_that_stands_twice_is_named_with_both_lines(root: Path) -> None:
    (root / "lexicon" / "triage_km.yml").write_text("concepts:\n  fear: {}\n  help: {}\n  fear: {}\n", encoding="utf-8")
    assert found(root) == [
        "data/lexicon/triage_km.yml:4: 'fear' stands in line 2 already; the first is not read: cannot be read"
    ]


def test_a_slip_in_a_lexicon_phrase_is_said_in_words(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = root.parent / "lexicon"
    _copy(files.LEXICON, folder)
    replace(folder / "triage_id.yml", "phrases: [disini, ", 'phrases: [disini, "(gudang|sel", ')
    monkeypatch.setattr(files, "LEXICON", folder)
    caches = (files.read_yaml, lexicon.lexicons)
    for cached in caches:
        cached.cache_clear()
    try:
        assert found(root) == ["data/lexicon/triage_*.yml: phrase '(gudang|sel': brackets do not match"]
    finally:
        for cached in caches:
            cached.cache_clear()
