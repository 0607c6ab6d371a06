"""The check of the training data names file and line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from nlu import check, data
from nlu.decision import registry


def message(lang: str, name: str, number: int) -> str:
    """A message that is like no other."""
    letters = (
        hashlib.sha256(f"{lang} {name} {number}".encode())
        .hexdigest()
        .translate(str.maketrans("0123456789", "ghijklmnop"))
    )
    return f"{letters[:9]} {letters[9:16]} {letters[16:20]}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for lang in data.LANGUAGES:
        folder = tmp_path / "data" / "nlu" / lang
        folder.mkdir(parents=True)
        for name in registry():
            lines = "\n".join(f"    - {message(lang, name, n)}" for n in range(check.least(name)))
            text = f'# what belongs\nversion: "3.1"\nnlu:\n- intent: {name}\n  examples: |\n{lines}\n'
            (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    held = tmp_path / "data" / "heldout"
    held.mkdir()
    for lang in data.LANGUAGES:
        row = {"text": "stop sekarang juga ya", "kind": "control", "topic": None, "lang": lang, "half": "test"}
        (held / f"messages_{lang}.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
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


def test_too_few_messages_are_counted_by_what_is_at_stake(root: Path) -> None:
    edit(root, "report_distress", f"    - {message('id', 'report_distress', 0)}\n", "")
    edit(root, "ask_visa", f"    - {message('id', 'ask_visa', 0)}\n", "")
    why = "\n".join(found(root))
    assert "report_distress.yml: has 119 messages, 120 are needed" in why
    assert "ask_visa.yml: has 69 messages, 70 are needed" in why


def test_an_unknown_intent_and_a_held_out_message_are_named(root: Path) -> None:
    path = root / "nlu" / "id" / "report_teapot.yml"
    path.write_text('version: "3.1"\nnlu:\n- intent: report_teapot\n  examples: |\n    - cerek\n', encoding="utf-8")
    edit(root, "cancel", f"- {message('id', 'cancel', 0)}\n", "- Stop sekarang juga ya!\n")
    why = "\n".join(found(root))
    assert "report_teapot.yml: is no intent" in why
    assert "cancel.yml:6: is held out too" in why
