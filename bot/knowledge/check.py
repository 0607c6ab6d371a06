"""Reads all of data/knowledge and data/texts and says what is wrong: `python -m bot.knowledge.check`."""

from __future__ import annotations

import dataclasses
import re
import string
import sys
from itertools import permutations
from pathlib import Path
from typing import Any, Final

import khmercut
import phonenumbers

from bot import texts
from bot.errors import ReferenceDataInvalid
from bot.knowledge import answers, confirmed, contacts, facts
from bot.knowledge import source as sources
from bot.settings import DATA
from bot.texts import Lang
from nlu.checks import yaml_lines
from nlu.text import khmer

#: Words a worker on a small screen reads; numbers to call come on top.
MOST_WORDS: Final = 90

_BOTH_WAYS: Final[tuple[tuple[Lang, Lang], ...]] = tuple(permutations(texts.LANGS, 2))
_NUMBER = re.compile(r"\+?\d[\d ]{6,}\d")
_KHMER_ORDER: Final = (
    (re.compile(r"[ា-ៅ]្"), "a subscript stands after a vowel"),
    (re.compile(r"[ា-ៅំះៈ]៊|[ា-ៅំះៈ]៉"), "a shifter stands after a vowel"),
    (re.compile("\u17c1\u17b8|\u17c1\u17b6|[\u17a3\u17a4\u17d3]"), "an old letter, or two vowels typed for one"),
    (re.compile(r"្(?![ក-អ])"), "a subscript sign has no letter under it"),
)  # fmt: skip


def words(text: str, lang: Lang) -> int:
    """How many words a text has; Khmer, which has no spaces between words, is cut first."""
    if lang != khmer.WRITING:
        return len([part for part in text.split() if any(sign.isalnum() for sign in part)])
    parts = khmercut.tokenize(text)  # type: ignore[no-untyped-call]
    return len([part for part in parts if any(sign.isalnum() for sign in part)])


def placeholders(text: str) -> list[tuple[str, str]]:
    """The placeholders of an answer, sorted: (contact, id_kemlu_pwni), (contacts, ), (organisation, )."""
    return sorted((name, spec or "") for _, name, spec, _ in string.Formatter().parse(text) if name is not None)


def check(folder: Path = DATA / "knowledge") -> None:
    """Raises ReferenceDataInvalid for the first thing wrong with contacts, sources or answers."""
    _check_files(folder)
    directory = contacts.read(folder / "contacts.yml")
    for contact in directory.contacts:
        _check_contact(contact, sources.label(folder / "contacts.yml"))
    known = {contact.id: contact for contact in directory.contacts}
    for entry in answers.read(folder / "answers", folder / "sources.yml"):
        _check_answer(entry, known, sources.label(folder / "answers"))
    for fact in facts.facts():
        confirmed.lasts_days(fact.kind)


def check_texts(folder: Path = DATA / "texts") -> None:
    """Raises ReferenceDataInvalid for the first text that a language lacks, or has with other blanks than another."""
    for room in sorted({path.name for path in folder.glob("*/*.yml")}):
        paths = {lang: folder / lang / room for lang in texts.LANGS}
        for path in paths.values():
            if not path.exists():
                raise ReferenceDataInvalid(sources.label(path), None, "is missing; every text exists in every language")
        both = {lang: _lined(path) or yaml_lines.Row() for lang, path in paths.items()}
        for lang, other in _BOTH_WAYS:
            where, beside = sources.label(paths[lang]), sources.label(paths[other])
            for key, entry in both[lang].items():
                text, line = entry.get("text") if isinstance(entry, dict) else None, both[lang].lines[key]
                if not isinstance(text, str) or not text.strip():
                    raise ReferenceDataInvalid(where, line, f"{key} has no text; write `text:` below it")
                if key not in both[other]:
                    raise ReferenceDataInvalid(beside, None, f"add the text {key}, which stands at {where}:{line}")
                _check_blanks(key, text, both[other][key], where, line)
                if lang == khmer.WRITING:
                    _check_khmer(text, where, key)


def _check_blanks(key: str, text: str, translated: Any, where: str, line: int) -> None:
    try:
        mine = texts.placeholders(text)
        theirs = texts.placeholders(str(translated.get("text") if isinstance(translated, dict) else translated))
    except ValueError:
        raise ReferenceDataInvalid(where, line, f"{key} has a {{ or }} without the other, here or there") from None
    if mine != theirs:
        names = ", ".join(f"{{{name}}}" for name in sorted(mine ^ theirs))
        raise ReferenceDataInvalid(
            where, line, f"{key}: {names} stands in one language only; keep the names in brackets"
        )


def _check_files(folder: Path) -> None:
    """Files that only look right: YAML believes the last of two names, and a field that nobody reads says nothing."""
    for path in sorted(folder.rglob("*.yml")):
        raw = _lined(path)
        if path.name == "contacts.yml":
            _check_fields(raw.get("contacts") if isinstance(raw, dict) else None, contacts.Contact, sources.label(path))
        elif path.parent.name == "answers":
            _check_fields(raw, answers.Entry, sources.label(path))


def _check_fields(entries: Any, kind: type[contacts.Contact] | type[answers.Entry], where: str) -> None:
    known = {field.name for field in dataclasses.fields(kind)} | ({"about_us"} if kind is answers.Entry else set())
    for entry in entries or ():
        for field in sorted(entry.keys() - known) if isinstance(entry, yaml_lines.Row) else ():
            why = f"{entry.get('id')}: there is no field {field}, only {', '.join(sorted(known))}"
            raise ReferenceDataInvalid(where, entry.lines[field], why)


def _lined(path: Path) -> Any:
    try:
        return yaml_lines.read(path, sources.label(path))
    except yaml_lines.DataInvalid as problem:
        raise ReferenceDataInvalid(problem.place, None, problem.why) from None


def located(problem: ReferenceDataInvalid) -> ReferenceDataInvalid:
    """The problem with file and line, where it begins with the name of an entry: that stands in one file once."""
    named, start = re.match(r"\w+", problem.why), DATA.parent / problem.path
    if problem.line is not None or named is None:
        return problem
    entry = re.compile(rf"\s*(?:- )?(?:id: *)?{named.group()}\b *(?:#.*|:.*)?$")
    for path in [start] if start.is_file() else sorted(start.glob("*.yml")):
        for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if entry.match(text):
                return ReferenceDataInvalid(sources.label(path), line, problem.why)
    return problem


def _check_contact(contact: contacts.Contact, where: str) -> None:
    for phone in contact.phones:
        if (phone.dial_from == "anywhere") != phone.number.startswith("+"):
            raise ReferenceDataInvalid(
                where, None, f"{contact.id}: {phone.number} needs + and the country code, or else dial_from: home"
            )
        if phone.dial_from == "anywhere" and not _dials(phone.number):
            raise ReferenceDataInvalid(where, None, f"{contact.id}: {phone.number} is no phone number")
    home = any(phone.dial_from == "home" for phone in contact.phones)
    if home and f"knowledge_only_inside_{contact.country}" not in texts.catalogue(texts.LANGS[0]):
        key = f"knowledge_only_inside_{contact.country}"
        raise ReferenceDataInvalid(where, None, f"{contact.id}: add the text {key} to data/texts/*/knowledge.yml")
    if contact.from_abroad and contact.dial_from != "anywhere":
        raise ReferenceDataInvalid(where, None, f"{contact.id}: from_abroad needs a number with a country code")
    if contact.start_set and (not contact.phones or contact.show_when != "any" or contact.confidence == "low"):
        raise ReferenceDataInvalid(
            where, None, f"{contact.id}: the start set needs a number, show_when any, no low grade"
        )
    if contact.confidence == "low" and contact.show_when != "operator_only":
        raise ReferenceDataInvalid(where, None, f"{contact.id}: a low grade is for operators only")
    if contact.checked_on is not None and (contact.expires_on is None or contact.expires_on <= contact.checked_on):
        raise ReferenceDataInvalid(where, None, f"{contact.id}: checked_on needs a later expires_on")
    _check_proposed(contact, where)
    _check_khmer(contact.name[khmer.WRITING], where, contact.id)


def _dials(number: str) -> bool:
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(number)))
    except phonenumbers.NumberParseException:
        return False


def _check_answer(entry: answers.Entry, known: dict[str, contacts.Contact], where: str) -> None:
    steps = {"next_step": entry.next_step, **({"step_abroad": entry.step_abroad} if entry.step_abroad else {})}
    for part, pair in {"text": entry.text, **steps}.items():
        try:
            blanks = [placeholders(pair[lang]) for lang in texts.LANGS]
        except ValueError:
            raise ReferenceDataInvalid(where, None, f"{entry.id}: {part} has a {{ or }} without the other") from None
        if any(other != blanks[0] for other in blanks):
            raise ReferenceDataInvalid(where, None, f"{entry.id}: {part} has other placeholders in one language")
        for name, spec in blanks[0]:
            if name == "contact" and (spec not in known or known[spec].show_when == "operator_only"):
                raise ReferenceDataInvalid(where, None, f"{entry.id}: {spec} is no contact for workers")
            if name not in {"contact", "contacts", "organisation"}:
                raise ReferenceDataInvalid(where, None, f"{entry.id}: there is no placeholder {{{name}}}")
        for lang in texts.LANGS:
            if _NUMBER.search(pair[lang]):
                raise ReferenceDataInvalid(
                    where, None, f"{entry.id}: {part} has a typed phone number; use {{contact:id}}"
                )
        _check_khmer(pair[khmer.WRITING], where, entry.id)
    for lang in texts.LANGS:
        count = max(words(_bare(f"{entry.text[lang]} {step[lang]}"), lang) for step in steps.values())
        if count > MOST_WORDS:
            raise ReferenceDataInvalid(where, None, f"{entry.id}: {count} words in {lang}, at most {MOST_WORDS}")
    _check_proposed(entry, where)


def _check_proposed(entry: contacts.Contact | answers.Entry, where: str) -> None:
    if not entry.proposed_by:
        raise ReferenceDataInvalid(where, None, f"{entry.id}: write in proposed_by the name of whoever proposes it")


def _check_khmer(text: str, where: str, name: str) -> None:
    for pattern, why in _KHMER_ORDER:
        if found := pattern.search(text):
            raise ReferenceDataInvalid(
                where, None, f"{name}: near {text[max(0, found.start() - 5) : found.end()]!r} {why}"
            )


def _bare(text: str) -> str:
    return "".join(literal for literal, _, _, _ in string.Formatter().parse(text))


if __name__ == "__main__":
    try:
        for path in sorted(DATA.rglob("*.yml")):
            _lined(path)
        check_texts()
        check()
    except ReferenceDataInvalid as problem:
        sys.exit(str(located(problem)))
    print("data/knowledge is right, and so are the texts.")
