"""What a maintainer mistypes in answers, contacts and texts is named with file and line before a worker reads it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.errors import ReferenceDataInvalid
from bot.knowledge import check, source
from bot.settings import DATA

CONTACTS, ANSWERS = "knowledge/contacts.yml", "knowledge/answers/before_leaving.yml"
CONTACT = """\
- id: kh_example_1234
  group: embassy_kh
  country: TH
  serves: KH
  name: {id: Kedubes Contoh, km: ស្ថានទូតឧទាហរណ៍}
  phones:
  - {number: "+66 2 957 5851", dial_from: anywhere}
  show_when: any
  start_set: false
  confidence: medium
  source: {title: "Page or paper", url: "https://example.org/page", date: "2025-03"}
  proposed_by: Rina
"""
ANSWER = """\
- id: insurance_example_kh
  topics: [insurance]
  audience: KH
  text:
    id: Minta kartu asuransi sebelum berangkat.
    km: សូមសុំកាតធានារ៉ាប់រង មុនចេញដំណើរ។
  next_step: {id: Tanya dulu., km: សូមសួរសិន។}
  said_by: {id: MIGRA-info, km: MIGRA-info}
  sources: [migra_documents_2018]
  confidence: medium
  show_when: any
  proposed_by: Rina
"""


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's texts and facts in a folder where they may be spoilt."""
    for name in ("knowledge", "texts"):
        shutil.copytree(DATA / name, tmp_path / "data" / name)
    for module in (check, source):
        monkeypatch.setattr(module, "DATA", tmp_path / "data")
    return tmp_path / "data"


def said(folder: Path) -> str:
    """What `make data-check` says first."""
    with pytest.raises(ReferenceDataInvalid) as raised:
        check.check_texts(folder / "texts")
        check.check(folder / "knowledge")
    return str(check.located(raised.value))


def appended(path: Path, text: str) -> int:
    """Put an entry at the end of a file. Returns the line that it begins on."""
    before = path.read_text(encoding="utf-8")
    path.write_text(before + text, encoding="utf-8")
    return len(before.splitlines()) + 1


def test_what_is_right_is_left_alone(copy: Path) -> None:
    appended(copy / CONTACTS, CONTACT)
    appended(copy / ANSWERS, ANSWER)
    check.check_texts(copy / "texts")
    check.check(copy / "knowledge")


@pytest.mark.parametrize(
    ("below", "old", "new", "why"),
    [
        (
            0,
            '  source: {title: "Page',
            '  note: {title: "Page',
            "kh_example_1234: a source needs a title and a web address",
        ),
        (0, ", km: ស្ថានទូតឧទាហរណ៍", "", "kh_example_1234: name needs exactly id and km"),
        (0, "+66 2 957 5851", "+66 2 95", "+66 2 95 is no phone number"),
        (0, "ស្ថានទូតឧទាហរណ៍", "ស្ថានទូតសមា្លប់", "a subscript stands after a vowel"),
        (1, "  group", "\tgroup", "begins with a tab; write spaces"),
        (1, "  group", "  grup", "kh_example_1234: there is no field grup, only"),
        (3, "  country: TH\n", "  country: TH\n  country: MY\n", "'country' stands in line"),
    ],
)
def test_a_slip_in_a_contact_is_named_with_its_line(copy: Path, below: int, old: str, new: str, why: str) -> None:
    assert old in CONTACT
    line = appended(copy / CONTACTS, CONTACT.replace(old, new))
    assert said(copy).startswith(f"data/{CONTACTS}:{line + below}: ") and why in said(copy)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("  sources: [migra_documents_2018]\n", "", "it has no source"),
        ("Tanya dulu.", "'Telepon {contact:nobody}'", "next_step has other placeholders in one language"),
        ("Minta kartu", "Telepon 0812 3456 7890, minta kartu", "text has a typed phone number; use {contact:id}"),
        ("មុនចេញដំណើរ", "សមា្លប់", "a subscript stands after a vowel"),
    ],
)
def test_a_slip_in_an_answer_is_named_with_its_line(copy: Path, old: str, new: str, why: str) -> None:
    assert old in ANSWER
    line = appended(copy / ANSWERS, ANSWER.replace(old, new))
    assert said(copy).startswith(f"data/{ANSWERS}:{line}: insurance_example_kh: ") and why in said(copy)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("meaning_uji:\n  text: Kirim uang\n", "data/texts/km/dialogue.yml: add the text meaning_uji, which stands at"),
        ("meaning_uji:\n  text:\n", "data/texts/id/dialogue.yml:LINE: meaning_uji has no text"),
        ("meaning_uji:\n\ttext: Kirim\n", "data/texts/id/dialogue.yml:NEXT: begins with a tab"),
        ("meaning_uji:\n  text: Kirim: uang\n", "data/texts/id/dialogue.yml:NEXT: mapping values are not allowed here"),
    ],
)
def test_a_slip_in_a_text_is_named_with_its_line(copy: Path, text: str, why: str) -> None:
    line = appended(copy / "texts/id/dialogue.yml", text)
    why = why.replace("LINE", str(line)).replace("NEXT", str(line + 1)).removesuffix(" here")
    assert said(copy).startswith(why)


def test_a_blank_that_one_language_lacks_and_khmer_out_of_order_are_named(copy: Path) -> None:
    path = copy / "texts/km/dialogue.yml"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace("{first}", "{frist}"), encoding="utf-8")
    assert "answer_both: {first}, {frist} stands in one language only" in said(copy)
    path.write_text(whole.replace("text: ", "text: សមា្លប់ ", 1), encoding="utf-8")
    assert said(copy).startswith(
        "data/texts/km/dialogue.yml:2: small_greet: near 'សមា្' a subscript stands after a vowel"
    )
    path.unlink()
    assert said(copy).startswith("data/texts/km/dialogue.yml: is missing; every text exists in every language")


def test_what_another_editor_saves_is_named(copy: Path) -> None:
    path = copy / CONTACTS
    raw = path.read_bytes()
    for spoilt, why in ((raw.replace(b"\n", b"\r\n"), "Windows line ends"), (raw + b"# caf\xe9\n", "UTF-8")):
        path.write_bytes(spoilt)
        assert why in said(copy)
