"""The check of the training data names file and line."""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from rapidfuzz.distance import Indel

from nlu.checks import examples, lexicon, training_data
from nlu.understanding.decision import registry

PROJECT = examples.DATA


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
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(examples, "DATA", tmp_path / "data")
    for lang in examples.LANGUAGES:
        folder = tmp_path / "data" / "nlu" / lang
        folder.mkdir(parents=True)
        for name in registry():
            lines = "\n".join(f"    - {message(lang, name, n)}" for n in range(training_data.least(name)))
            text = f'# what belongs\nversion: "3.1"\nnlu:\n- intent: {name}\n  examples: |\n{lines}\n'
            (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    for name in ("intents.yml", "rules", "texts", "lexicon/places.yml"):
        _copy(PROJECT / name, tmp_path / "data" / name)
    _copy(PROJECT.parent / "nlu" / "domain", tmp_path / "nlu" / "domain")
    held = tmp_path / "data" / "heldout"
    held.mkdir()
    for lang in examples.LANGUAGES:
        row = {"text": "stop sekarang juga ya", "kind": "control", "topic": None, "lang": lang, "half": "test"}
        (held / f"messages_{lang}.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    rows = [{"text": text, "lang": "en", "half": "test"} for text in ("halo", "where are you now please", "ok")]
    (held / "language.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path / "data"


@pytest.fixture
def light(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One file of messages a language and what an intent needs besides: enough for what is looked at file by file."""
    for lang in examples.LANGUAGES:
        lines = "\n".join(f"    - {message(lang, 'greet', n)}" for n in range(training_data.least("greet")))
        path = tmp_path / "data" / "nlu" / lang / "greet.yml"
        path.parent.mkdir(parents=True)
        path.write_text(f'# what belongs\nversion: "3.1"\nnlu:\n- intent: greet\n  examples: |\n{lines}\n', "utf-8")
    for name in ("intents.yml", "rules"):
        _copy(PROJECT / name, tmp_path / "data" / name)
    _copy(PROJECT.parent / "nlu" / "domain", tmp_path / "nlu" / "domain")
    monkeypatch.setattr(examples, "DATA", tmp_path / "data")
    return tmp_path / "data"


def slips(root: Path) -> list[str]:
    """What is said of files one by one, before anything is compared."""
    unreadable = list(training_data._unreadable(root))
    of_files = unreadable or [
        *training_data._shaped(root),
        *training_data._registered(root),
        *training_data._played(root),
    ]
    return [f"{one.place}: {one.why}" for one in of_files]


def found(root: Path) -> list[str]:
    return [f"{one.place.removeprefix(str(root))}: {one.why}" for one in training_data.findings(root) if one.fails]


def edit(root: Path, name: str, old: str, new: str) -> None:
    path = root / "nlu" / "id" / f"{name}.yml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


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
    known = [examples.Utterance(text, "ask_visa", "id", root / "visa.yml", at) for at, text in enumerate(lines)]
    keys = [examples.key(text) for text in lines]
    wanted = [
        (f"data/visa.yml:{second}", f"is nearly data/visa.yml:{first}; write it another way")
        for second in range(len(keys))
        for first in range(second)
        if keys[first] != keys[second]
        and Indel.normalized_similarity(keys[first], keys[second]) >= training_data.TOO_LIKE
    ]
    assert [(one.place, one.why) for one in training_data._alike(known)] == wanted
    assert 60 < len(wanted) < len(lines) ** 2 / 10


def test_what_measures_the_language_and_is_taught_too_is_a_remark_without_its_words(root: Path) -> None:
    edit(root, "ask_visa", f"- {message('id', 'ask_visa', 4)}\n", "- Where are you now, please?\n")
    edit(root, "greet", f"- {message('id', 'greet', 3)}\n", "- halo\n")
    words = root / "lexicon" / "language" / "other" / "sw.txt"
    words.parent.mkdir(parents=True)
    words.write_text("jambo\nwhere are you now please\n", encoding="utf-8")
    assert found(root) == []
    assert [(one.place, one.why) for one in training_data.findings(root)] == [
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
        ("    kind: questions\n    topic: money\n    what: x\n", "ask_money: kind is none of emergency, distress"),
        ("    kind: question\n    what: x\n", "ask_money: a question has a topic"),
        ("    kind: question\n    topic: fees\n    what: x\n", "fees is the topic of ask_fees already"),
        ("    kind: question\n    topic: money\n", "ask_money: say under `what:`"),
        ("    kind: question\n    topic: money\n    what: x\n    not: ask_feees\n", "ask_money: there is no ask_feees"),
        ("    kind: thanks\nask_money:\n    kind: thanks\n", "every intent stands below `intents:`"),
        (
            "    kind: question\n    topic: money\n    what: Sending money: which way.\n",
            "quotes around a text with a colon",
        ),
    ],
)
def test_a_slip_in_the_registry_is_said_in_words(light: Path, line: str, why: str) -> None:
    path = light / "intents.yml"
    path.write_text(f"{path.read_text(encoding='utf-8').rstrip()}\n  ask_money:\n{line}", encoding="utf-8")
    (one,) = slips(light)
    assert why in one and re.match(r"data/intents\.yml:\d+: ", one)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("{country: KH, name: Uji, kind: town, aliases: [uji]}", "Uji: kind is none of country, city, area"),
        ("{country: NO, name: Uji, kind: city, aliases: [uji]}", "Uji: country is two capital letters"),
        ("{country: KH, name: Uji, kind: city}", "Uji: a row has country, name, kind and a list of aliases"),
        ("{country: KH, name: Uji, kind: city, aliases: [saya]}", "'saya' is an ordinary word, too"),
        ("{country: KH, name: Uji, kind: city, aliases: [Poi-Pet]}", "'Poi-Pet' is Uji and Poipet; leave it with one"),
    ],
)
def test_a_slip_in_a_place_is_said_in_words(light: Path, row: str, why: str) -> None:
    path = light / "lexicon" / "places.yml"
    _copy(PROJECT / "lexicon" / "places.yml", path)
    before = path.read_text(encoding="utf-8").rstrip()
    path.write_text(f"{before}\n  - {row}\n", encoding="utf-8")
    (one,) = lexicon._places(light)
    assert f"{one.place}: {one.why}".startswith(f"data/lexicon/places.yml:{len(before.splitlines()) + 1}: {why}")


def test_a_concept_that_stands_twice_is_named_with_both_lines(light: Path) -> None:
    path = light / "lexicon" / "triage_km.yml"
    path.parent.mkdir()
    path.write_text("concepts:\n  fear: {}\n  help: {}\n  fear: {}\n", encoding="utf-8")
    assert slips(light) == [
        "data/lexicon/triage_km.yml:4: 'fear' stands in line 2 already; the first is not read",
    ]


@pytest.mark.parametrize("lang", ["id", "km"])
@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("\t- uang apa ini", "begins with a tab; write spaces"),
        ("\u00a0\u00a0\u00a0\u00a0- uang apa ini", "a sign that only looks like a space"),
        ("  - uang apa ini", "is no message, and Rasa drops it; write four spaces"),
        ("      - uang apa ini", "is no message, and Rasa drops it; write four spaces"),
        ("    uang apa ini", "is no message, and Rasa drops it; write four spaces"),
        ("    -", "is no message, and Rasa drops it; write four spaces"),
        ("    - uang [arab](country) apa", "which Rasa takes for an entity"),
        ("<<<<<<< HEAD", "is left from a merge; keep one"),
        ("    - uang \x08 apa", "holds an invisible sign (U+0008); delete it"),
    ],
)
def test_a_message_typed_askew_is_named_with_its_line_and_what_to_do(
    light: Path, lang: str, line: str, why: str
) -> None:
    third = f"    - {message(lang, 'greet', 3)}\n"
    replace(light / "nlu" / lang / "greet.yml", third, f"{third}{line}\n")
    (one,) = slips(light)
    assert one.startswith(f"data/nlu/{lang}/greet.yml:10: ") and why in one


@pytest.mark.parametrize(
    ("change", "line", "why"),
    [
        (lambda raw: b"\xef\xbb\xbf" + raw, 1, "BOM"),
        (lambda raw: raw.replace(b"\n", b"\r\n"), 1, "has Windows line ends; take them out: sed -i"),
        (lambda raw: raw.decode().encode("utf-16"), 1, "save the file with the encoding UTF-8"),
        (lambda raw: raw.replace(b"    - ", b"    - caf\xe9 ", 1), 6, "save the file with the encoding UTF-8"),
        (lambda raw: raw[:-1], 50, "press Enter behind it"),
        (lambda raw: raw.replace(b"examples: |", b"examples:"), 5, "write `examples: |`"),
        (lambda raw: raw.replace(b"nlu:", b"nul:"), 1, "no list under `nlu:`"),
        (lambda raw: b"", 1, "no list under `nlu:`"),
        (lambda raw: raw.replace(b'"3.1"', b"3.1"), 1, 'begin the file with `version: "3.1"`'),
        (lambda raw: raw + b"- lookup: country\n  examples: |\n    - korea\n", 51, "a block needs `intent:`"),
    ],
)
def test_what_an_editor_or_a_slip_makes_of_a_file_is_named_with_its_line(
    light: Path, change: Callable[[bytes], bytes], line: int, why: str
) -> None:
    path = light / "nlu" / "id" / "greet.yml"
    path.write_bytes(change(path.read_bytes()))
    assert any(one.startswith(f"data/nlu/id/greet.yml:{line}: ") and why in one for one in slips(light)), slips(light)


def test_files_that_rasa_would_train_on_unseen_are_named(light: Path) -> None:
    for name in ("nlu/id/greet.yaml", "nlu/greet.yml", "nlu/id/new/greet.yml", "rules/more.yaml"):
        (light / name).parent.mkdir(exist_ok=True)
        (light / name).write_text("nlu: []\n", encoding="utf-8")
    assert len(slips(light)) == 4
    assert all("Rasa would train on it unseen; name it data/" in one for one in slips(light))


def test_khmer_in_the_indonesian_file_is_sent_to_the_khmer_one(light: Path) -> None:
    replace(light / "nlu" / "id" / "greet.yml", "    - ", "    - សួស្តីបងៗទាំងអស់គ្នា\n    - ")
    assert slips(light) == ["data/nlu/id/greet.yml:6: has letters of km; it belongs in data/nlu/km/greet.yml"]


def test_a_message_of_the_other_language_is_remarked_on(root: Path) -> None:
    wrong = {
        "km": "berapa biaya resmi kalau mau berangkat ke sana",
        "id": "bong jong tver ka nov krao srok bong luy ponman",
    }
    for lang, text in wrong.items():
        replace(root / "nlu" / lang / "greet.yml", "    - ", f"    - {text}\n    - ")
    said = [f"{one.place}: {one.why}" for one in training_data.findings(root) if not one.fails and "looks" in one.why]
    assert said == [
        "data/nlu/id/greet.yml:6: looks km-Latn; does it belong in data/nlu/km/greet.yml?",
        "data/nlu/km/greet.yml:6: looks id; does it belong in data/nlu/id/greet.yml?",
    ]


def test_a_file_of_no_intent_asks_which_one_was_meant(root: Path) -> None:
    edit(root, "thank", "- intent: thank", "- intent: thnk")
    (root / "nlu" / "id" / "greet.yml").rename(root / "nlu" / "id" / "gret.yml")
    assert "data/nlu/id/gret.yml: is no intent of data/intents.yml; greet is meant?" in (why := found(root))
    assert "data/nlu/id/thank.yml:6: belongs to thnk, but stands in the file of thank" in why


@pytest.mark.parametrize(
    ("rule", "below", "why"),
    [
        ("- rule: x\n  steps:\n  - intent: ask_vissa\n", 2, "there is no intent ask_vissa; ask_visa is meant?"),
        ("- rule: x\n  steps:\n  - intent: ask_visa\n  - action: action_anser\n", 3, "there is no action action_anser"),
        ("- rule: x\n", 0, "needs `steps:`"),
        ("- rule: x\n  steps:\n  intent: ask_visa\n", 0, "needs `steps:`"),
    ],
)
def test_a_slip_in_a_rule_is_named_before_rasa_leaves_it_out(light: Path, rule: str, below: int, why: str) -> None:
    path = light / "rules" / "questions.yml"
    before = path.read_text(encoding="utf-8")
    path.write_text(before + rule, encoding="utf-8")
    (one,) = slips(light)
    assert one.startswith(f"data/rules/questions.yml:{len(before.splitlines()) + 1 + below}: {why}")


TRIAGE = """\
shorthand: {not: "gak|tidak"}
concepts:
  self: {phrases: [saya, aku]}
  beaten:
    phrases: [dipukul,
      "{not} (tahan|kuat)"]
signs:
  - {id: beating, level: emergency, all: [self, beaten], within: 6}
guards:
  - {id: news, when: [self], scope: message}
"""


@pytest.mark.parametrize("writing", ["id", "km"])
@pytest.mark.parametrize(
    ("line", "old", "new", "why"),
    [
        (6, "kuat)", "kuat", "brackets do not match"),
        (6, "{not}", "{no}", "no shorthand {no}"),
        (5, "dipukul,", "dipukul: saya,", "is no phrase; put it in quotes"),
        (4, "phrases: [dipukul", "phrase: [dipukul", "beaten: give it a list, `phrases: [...]`"),
        (8, "emergency", "emergenci", "sign beating: level 'emergenci' is none of"),
        (8, "beaten],", "beatn],", "sign beating: no concept 'beatn'"),
        (8, "all: [self, beaten], ", "", "sign beating: it needs a level and concepts"),
        (8, "id: beating, ", "", "a sign needs an id"),
        (8, "within", "witin", "sign beating: there is no witin, only"),
        (10, "message", "massage", "guard news: scope is none of sentence, after, touch, message"),
        (10, "when: [self], ", "", "guard news: it needs concepts in a list under when"),
    ],
)
def test_a_slip_in_the_triage_lexicon_is_named_with_its_line(
    light: Path, writing: str, line: int, old: str, new: str, why: str
) -> None:
    path = light / "lexicon" / f"triage_{writing}.yml"
    path.parent.mkdir()
    path.write_text(TRIAGE, encoding="utf-8")
    assert list(lexicon._triage(path, writing)) == []
    replace(path, old, new)
    found_there = [f"{one.place}: {one.why}" for one in lexicon._triage(path, writing)]
    assert any(one.startswith(f"data/lexicon/{path.name}:{line}: ") and why in one for one in found_there), found_there


def test_a_lexicon_file_of_another_build_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon, "USES", {"pay.yml": lambda: {}["pay"]})
    (one,) = lexicon._used()
    assert f"{one.place}: {one.why}".startswith(
        "data/lexicon/pay.yml: it is not built as its readers expect (KeyError: 'pay')"
    )
