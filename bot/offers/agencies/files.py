"""Reads a copy of a list from CSV or XLSX: a stranger's file, so its size is limited and no formula is evaluated."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.errors import AgencyListInvalid
from bot.offers.agencies.names import fold
from bot.offers.agencies.register import STATUSES, Entry
from nlu.text.words import words_of

_WORDS = words_of("offers")

#: The Indonesian list has 526 rows; ten thousand is no list of agencies any more.
MOST_ROWS: Final = 10_000
MOST_BYTES: Final = 5_000_000
#: What an XLSX file may become when it is unpacked: a small file can hold a very big one.
MOST_UNPACKED: Final = 60_000_000
_MOST_COLUMNS: Final = 40
_LONGEST_NAME: Final = 150
_LONGEST_LICENCE: Final = 60

#: Headings by column, folded to letters: as people name them in their languages.
_HEADINGS: Final[dict[str, frozenset[str]]] = {
    "name": frozenset(_WORDS.each("heading_name")),
    "licence": frozenset(_WORDS.each("heading_licence")),
    "status": frozenset(_WORDS.each("heading_status")),
    "valid_until": frozenset(_WORDS.each("heading_valid_until")),
}
_STATUS: Final = {"": "licensed", **_WORDS.meanings("licence_status")}
_DATES: Final = ("%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y")
_LETTERS = re.compile(r"[^\w\u1780-\u17d3]|_")
_CONTROL = re.compile("[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: A cell that a spreadsheet would calculate; a name or number never begins so.
_FORMULA = re.compile(r"\s*(?:=|[+@]\w|-\D)")


@dataclass(frozen=True)
class Problem:
    """A row that was left out: its line in the file, and what to do about it."""

    line: int
    why: str


@dataclass(frozen=True)
class Content:
    """What a file holds."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]


def read(path: Path) -> Content:
    """The companies of a file, and the rows that could not be read. Raises AgencyListInvalid when it is no list."""
    kind = path.suffix.lower()
    if kind not in (".csv", ".xlsx"):
        raise AgencyListInvalid(f"{path.name} is neither .csv nor .xlsx. Save the list as one of the two.")
    try:
        data = _bytes(path)
    except OSError as problem:
        raise AgencyListInvalid(f"Cannot read {path}: {problem.strerror or 'it is no file'}.") from problem
    return _content(path.name, _csv_rows(path.name, data) if kind == ".csv" else _xlsx_rows(path.name, data))


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise AgencyListInvalid(
            f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB: that is no list of agencies."
        )
    return data


def _csv_rows(name: str, data: bytes) -> Iterator[tuple[int, Sequence[Any]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise AgencyListInvalid(f'{name} is not UTF-8. In a spreadsheet choose "CSV UTF-8" when saving.') from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as problem:
        raise AgencyListInvalid(f"{name}, line {reader.line_num}: {problem}. Save the list as CSV again.") from problem


def _xlsx_rows(name: str, data: bytes) -> Iterator[tuple[int, Sequence[Any]]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    broken = AgencyListInvalid(f"{name} cannot be read as XLSX. Open it in a spreadsheet and save it again, or as CSV.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
        if unpacked > MOST_UNPACKED:
            raise AgencyListInvalid(f"{name} unpacks to {unpacked // 1_000_000} MB: that is no list of agencies.")
        # Formulas stay text (data_only=False), links to other files are not followed.
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        try:
            sheet = book.worksheets[0]
            for line, row in enumerate(sheet.iter_rows(max_col=_MOST_COLUMNS, max_row=MOST_ROWS + 2), start=1):
                yield line, [_Formula() if cell.data_type == "f" else cell.value for cell in row]
        finally:
            book.close()
    except (
        zipfile.BadZipFile,
        InvalidFileException,
        KeyError,
        ValueError,
        TypeError,
        IndexError,
        SyntaxError,
    ) as problem:
        raise broken from problem


class _Formula:
    """A cell that a spreadsheet would calculate."""


def _content(name: str, rows: Iterable[tuple[int, Sequence[Any]]]) -> Content:
    columns: dict[str, int] | None = None
    entries: dict[str, Entry] = {}
    problems: list[Problem] = []
    for line, row in rows:
        if not any(cell not in (None, "") for cell in row):
            continue
        if columns is None:
            columns = _columns(name, row)
            continue
        if len(entries) + len(problems) >= MOST_ROWS:
            raise AgencyListInvalid(f"{name} has more than {MOST_ROWS} rows: that is no list of agencies.")
        try:
            entry = _entry(row, columns)
        except ValueError as wrong:
            problems.append(Problem(line, str(wrong)))
            continue
        if (key := fold(entry.name)) in entries:
            problems.append(Problem(line, f"{entry.name} stands twice. Keep the row that is right"))
            continue
        entries[key] = entry
    if columns is None or not entries:
        raise AgencyListInvalid(f"{name} names no company. Its first row says name, licence, status, valid_until.")
    return Content(tuple(entries.values()), tuple(problems))


def _columns(name: str, row: Sequence[Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for position, cell in enumerate(row):
        heading = _LETTERS.sub("", str(cell or "").casefold())
        for column, headings in _HEADINGS.items():
            if heading in headings:
                found.setdefault(column, position)
    if "name" not in found:
        raise AgencyListInvalid(
            f"{name} has no column for the name. Its first row needs name, and may have licence, status, valid_until."
        )
    return found


def _entry(row: Sequence[Any], columns: dict[str, int]) -> Entry:
    def cell(column: str) -> Any:
        position = columns.get(column)
        value = row[position] if position is not None and position < len(row) else None
        if isinstance(value, _Formula) or (isinstance(value, str) and _FORMULA.match(value)):
            raise ValueError(f"{column} is a formula. Paste its value instead")
        return value

    name = _text(cell("name"))
    if not fold(name):
        raise ValueError("there is no name. Write it, or delete the row")
    if len(name) > _LONGEST_NAME:
        raise ValueError(f"the name is longer than {_LONGEST_NAME} letters. Are the columns in the right place?")
    number = cell("licence")
    if isinstance(number, float) or (isinstance(number, int) and number >= 10**15):
        # A spreadsheet keeps 15 digits of a number, and no zero in front.
        raise ValueError("the licence is a number with its end cut off. Make the column text, and paste it again")
    licence = _text(number)
    if len(licence) > _LONGEST_LICENCE or re.fullmatch(r"\d(?:[.,]\d+)?E\+\d+", licence, re.I):
        raise ValueError("the licence cannot be read. Make the column text, and paste it again")
    status = _STATUS.get(_text(cell("status")).casefold())
    if status is None:
        raise ValueError(f"the status is none of {', '.join(STATUSES)}")
    return Entry(name, licence or None, status, _date(cell("valid_until")))


def _text(value: Any) -> str:
    return " ".join(_CONTROL.sub(" ", "" if value is None else str(value)).split())


def _date(value: Any) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    text = _text(value)
    if not text:
        return None
    for form in _DATES:
        try:
            return dt.datetime.strptime(text, form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    raise ValueError("valid_until is no date. Write it like 2027-03-31")
