"""The words of a language are data: a language more is a folder more, and what it lacks is said in a sentence."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nlu.text import files, words
from nlu.text.files import LexiconInvalid, read_yaml
from nlu.text.words import Words


def subjects() -> list[str]:
    return list(read_yaml(words.ENTRIES))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the words, in which Javanese is a language of its own."""
    shutil.copytree(files.LEXICON / words.FOLDER, tmp_path / words.FOLDER)
    shutil.copytree(tmp_path / words.FOLDER / "id", tmp_path / words.FOLDER / "jv")
    monkeypatch.setattr(files, "LEXICON", tmp_path)
    for cached in (read_yaml, words.languages):
        cached.cache_clear()
    yield tmp_path / words.FOLDER / "jv"
    monkeypatch.undo()
    for cached in (read_yaml, words.languages):
        cached.cache_clear()


@pytest.mark.parametrize("subject", subjects())
def test_every_language_says_every_entry_of_a_subject(subject: str) -> None:
    said = Words(subject)
    for entry in read_yaml(words.ENTRIES)[subject]:
        re.compile(getattr(said, entry))
        assert said.each(entry), f"{subject}: {entry} has no word in any language; delete it"


def test_the_words_of_a_third_language_are_read_from_its_folder(folder: Path) -> None:
    path = folder / "ages.yml"
    path.write_text(re.sub(r"(?m)^years:.*", "years: [warsa]", path.read_text(encoding="utf-8")), encoding="utf-8")
    assert "jv" in words.languages()
    assert "warsa" in Words("ages").each("years")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", r"words/jv/contacts.yml has no 'service_joined' \(.+\): add its words, or write `service_joined: \[\]`"),
        (
            "service_joined: {}\nmoney_behind: [1]",
            "words/jv/contacts.yml: money_behind: 1 is no word: put it in quotes",
        ),
        ("service_joined: {}\nmoney_behind: ['(juta']", "money_behind: '\\(juta' is no pattern .+: mend it"),
        ("service_joined: {}\nmoney_behind: []\nmoney: []", "nothing reads 'money': delete it, or name it in"),
    ],
)
def test_what_a_language_lacks_is_said_with_its_file_and_the_remedy(folder: Path, written: str, said: str) -> None:
    (folder / "contacts.yml").write_text(written, encoding="utf-8")
    with pytest.raises(LexiconInvalid, match=said):
        Words("contacts")


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "pay.yml").unlink()
    with pytest.raises(LexiconInvalid, match=r"data/lexicon/words/jv/pay\.yml is missing: copy the file of another"):
        Words("pay")


def test_an_entry_that_nobody_says_matches_nowhere(folder: Path) -> None:
    for language in words.languages():
        (folder.parent / language / "contacts.yml").write_text("service_joined: {}\nmoney_behind: []", encoding="utf-8")
    assert re.search(rf"x(?:{Words('contacts').money_behind})?", "x") is not None
    assert re.search(Words("contacts").money_behind, "juta") is None
