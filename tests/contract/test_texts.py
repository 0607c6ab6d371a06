"""Two languages or none: every sentence in both, with the same blanks, and every key that the code asks for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from bot import texts
from bot.errors import ReferenceDataInvalid
from bot.settings import ROOT
from bot.texts import LANGS

CODE = [
    path for room in ("bot", "actions") for path in sorted((ROOT / room).rglob("*.py")) if "sandbox" not in path.parts
]
#: How a key is asked for: the call, and which of its arguments is the key.
CALLS = re.compile(r"(?:render|\bsay|\bpost|_say|utter)\(\s*(?:[\w.]+,\s*)*?(f?)\"([a-z_0-9{}.\[\]\"' ]+)\"", re.DOTALL)


def asked() -> set[str]:
    """Keys and key families (with {…}) in the code."""
    found = set()
    for path in CODE:
        for formatted, key in CALLS.findall(path.read_text(encoding="utf-8")):
            found.add(re.sub(r"\{[^}]*\}", "*", key) if formatted else key)
    return found


def test_both_languages_have_the_same_keys() -> None:
    assert texts.catalogue("id").keys() == texts.catalogue("km").keys()


def test_both_languages_have_the_same_blanks() -> None:
    for key, words in texts.catalogue("id").items():
        assert texts.placeholders(words) == texts.placeholders(texts.catalogue("km")[key]), key


def test_no_text_is_empty_and_each_is_in_its_script() -> None:
    for lang in LANGS:
        for key, words in texts.catalogue(lang).items():
            assert words.strip(), key
            assert "{}" not in words, f"{key}: blanks have names"
    khmer = [key for key, words in texts.catalogue("id").items() if re.search(r"[\u1780-\u17ff]", words)]
    assert set(khmer) <= {key for key in khmer if "language" in key or "lang" in key or key == "welcome"}, khmer


def test_files_and_keys_stand_in_the_same_rooms() -> None:
    def rooms(lang: str) -> dict[str, list[str]]:
        folder = ROOT / "data" / "texts" / lang
        return {p.name: sorted(yaml.safe_load(p.read_text(encoding="utf-8"))) for p in sorted(folder.glob("*.yml"))}

    assert rooms("id") == rooms("km")


def test_every_key_that_the_code_asks_for_exists() -> None:
    known = set(texts.catalogue("id"))
    wanted = {key for key in asked() if re.fullmatch(r"[a-z0-9_*]+", key) and "_" in key}
    assert len(wanted) > 20, "the search itself works"
    missing = []
    for key in sorted(wanted):
        pattern = re.compile(key.replace("*", "[A-Za-z0-9_]+"))
        if not any(pattern.fullmatch(name) for name in known):
            missing.append(key)
    assert missing == []


@pytest.mark.parametrize(
    ("family", "members"),
    [
        ("desk_kind_", ("emergency", "distress", "third_party", "human")),
        ("desk_outcome_", ("resolved", "unreachable", "duplicate", "not_a_case")),
        ("desk_failed_", ("blocked", "bad_request")),
        ("case_first_", ("emergency", "distress", "third_party", "human")),
    ],
)
def test_a_family_of_texts_is_complete(family: str, members: tuple[str, ...]) -> None:
    for member in members:
        assert family + member in texts.catalogue("km")


def test_a_workers_first_answers_always_leave_room_for_a_number() -> None:
    for kind in ("emergency", "distress", "third_party", "human"):
        for lang in LANGS:
            assert "number" in texts.placeholders(texts.catalogue(lang)[f"case_first_{kind}"])


def test_what_telegram_limits_fits() -> None:
    for lang in LANGS:
        found = texts.catalogue(lang)
        assert len(found["bot_name"]) <= 64
        assert len(found["bot_description"]) <= 512
        assert len(found["bot_short_description"]) <= 120
        for key, words in found.items():
            assert len(words.encode("utf-16-le")) // 2 <= 4096, key


def test_braces_in_a_workers_words_are_only_words(monkeypatch: pytest.MonkeyPatch) -> None:
    said = texts.render("desk_relay", "id", words="{number} {0} {x.__class__} %s")
    assert "{number} {0} {x.__class__} %s" in said


def test_languages_of_a_person_fall_to_the_nearest_of_two() -> None:
    assert [texts.reader(code) for code in ("km", "km-Latn", "id", "ms", "en", None)] == [
        "km",
        "km",
        "id",
        "id",
        "id",
        "id",
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("a:\n  text: x\na:\n  text: y\n", r"km/x.yml:3: a stands twice"),
        ("a:\n  text: ''\n", "a has no text"),
        ("a: words\n", "a has no text"),
        ("a:\n  text: yes\n", "a has no text"),
        ("a: [\n", r"x.yml:2"),
    ],
)
def test_a_translators_slip_is_named_with_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, why: str
) -> None:
    folder = tmp_path / "data" / "texts" / "km"
    folder.mkdir(parents=True)
    (folder / "x.yml").write_text(content)
    monkeypatch.setattr(texts, "DATA", tmp_path / "data")
    with pytest.raises(ReferenceDataInvalid, match=why):
        texts.catalogue.__wrapped__("km")
