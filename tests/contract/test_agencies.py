"""A maintainer imports a list: workers' offers are compared with it in every process, and a slip undoes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from bot.errors import AgencyListInvalid
from bot.offers import service as offers
from bot.offers.agencies import current, seed, service
from bot.offers.cli import check
from bot.storage.models import Agency
from bot.storage.session import session

TODAY = dt.date(2026, 11, 26)
OFFER = "Lowongan ke Taiwan bersama PT Maju Jaya Abadi, P3MI resmi, operator pabrik gaji NT$29.500"


@pytest.fixture(autouse=True)
def nothing_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process has read no import yet."""
    monkeypatch.setattr(current, "_loaded", None)
    yield


def listed(folder: Path, *extra: str, name: str = "p3mi-2026-11-20.csv", count: int = 524) -> Path:
    """A copy of the Indonesian list, with more companies."""
    rows = [f"{entry.name},{entry.licence or ''}" for entry in seed.register().copies["p3mi"].entries[:count]]
    path = folder / name
    path.write_text("\n".join(["nama,nib", *rows, *extra]), encoding="utf-8")
    return path


async def state() -> str | None:
    async with session() as s:
        found = (await offers.judge(s, OFFER, "ID")).listing
    return found.state if found is not None else None


async def test_an_imported_list_takes_the_place_of_the_one_that_came_along(database: str, tmp_path: Path) -> None:
    assert await state() == "not_listed"
    said = await service.import_list(
        listed(tmp_path, "PT Maju Jaya Abadi,9120307952999"),
        "P3MI",
        as_of=None,
        source="BP3MI",
        part=False,
        today=TODAY,
    )
    assert said == "525 agencies are on the list p3mi of 2026-11-20 now (the day in the file's name)."
    assert await state() == "listed"
    assert "imported: BP3MI" in await service.table(today=TODAY)
    assert "PT Maju Jaya Abadi, number 9120307952999, licensed" in await service.show("maju jaya abadi")
    assert "PT Maju Jaya Abadi" in await service.show("91203079529990001")
    # Again, a day later: nothing is doubled.
    newer = listed(tmp_path, "PT Maju Jaya Abadi,9120307952999", name="p3mi-2026-11-21.csv")
    await service.import_list(newer, "p3mi", as_of=None, source="", part=False, today=TODAY)
    async with session() as s:
        assert await s.scalar(select(func.count()).select_from(Agency)) == 525


async def test_another_process_uses_it_at_its_next_look(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with current.followed(seconds=0.05):
        before = current.register()
        path = listed(tmp_path, "PT Maju Jaya Abadi,9120307952999")
        await service.import_list(path, "p3mi", as_of=None, source="", part=False, today=TODAY)
        monkeypatch.setattr(current, "_loaded", None)
        await current.refresh()
        assert current.register() is not before
        seen = current.register()
        await current.refresh()
        assert current.register() is seen, "read again only when another was imported"


async def test_a_spreadsheet_is_imported_and_lost_zeros_are_named(database: str, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["name", "licence"])
    for entry in seed.register().copies["p3mi"].entries:
        sheet.append([entry.name, int(entry.licence) if entry.licence and len(entry.licence) == 13 else entry.licence])
    sheet.append(["", "1"])
    book.save(tmp_path / "p3mi.xlsx")
    day = dt.date(2026, 11, 1)
    said = await service.import_list(tmp_path / "p3mi.xlsx", "p3mi", as_of=day, source="", part=False, today=TODAY)
    assert "fewer than 13 digits" in said and "p3mi.xlsx:526: there is no name. Write it, or delete the row." in said
    assert said.startswith("524 agencies are on the list p3mi of 2026-11-01 now.")


@pytest.mark.parametrize(
    ("count", "name", "part", "why"),
    [
        (524, "p3mi-2026-01-01.csv", False, "The list in use is of 2026-09-17"),
        (524, "p3mi-2027-01-01.csv", False, "still to come"),
        (20, "p3mi-2026-11-20.csv", False, "It seems to be a part"),
        (20, "p3mi-2026-11-20.csv", True, "The list in use is whole"),
    ],
)
async def test_a_slip_changes_nothing_and_says_why(
    database: str, tmp_path: Path, count: int, name: str, part: bool, why: str
) -> None:
    with pytest.raises(AgencyListInvalid, match=why):
        path = listed(tmp_path, name=name, count=count)
        await service.import_list(path, "p3mi", as_of=None, source="", part=part, today=TODAY)
    async with session() as s:
        assert await s.scalar(select(func.count()).select_from(Agency)) == 0
    assert await state() == "not_listed"


async def test_a_list_of_another_name_is_refused_by_name(database: str, tmp_path: Path) -> None:
    with pytest.raises(AgencyListInvalid, match="p3mi, molvt"):
        await service.import_list(listed(tmp_path), "kp2mi", as_of=None, source="", part=False)


async def test_a_whole_cambodian_list_ends_not_checked(database: str, tmp_path: Path) -> None:
    offer = "ទីភ្នាក់ងារ Angkor Manpower មានអាជ្ញាប័ណ្ណ បញ្ជូនពលករទៅម៉ាឡេស៊ី ធ្វើការរោងចក្រ"

    async def states() -> tuple[str, str]:
        async with session() as s:
            one = (await offers.judge(s, offer, "KH")).listing
            other = (await offers.judge(s, offer.replace("Angkor", "Bayon"), "KH")).listing
        assert one is not None and other is not None
        return one.state, other.state

    assert await states() == ("not_checked", "not_checked")
    (tmp_path / "molvt.csv").write_text("ឈ្មោះក្រុមហ៊ុន,អាជ្ញាប័ណ្ណលេខ\nAngkor Manpower Co.\\, Ltd,12/26\n".replace("\\,", ""))
    await service.import_list(tmp_path / "molvt.csv", "molvt", as_of=TODAY, source="MLVT", part=False, today=TODAY)
    assert await states() == ("listed", "not_listed")


def test_check_offer_goes_on_without_a_database(capsys: pytest.CaptureFixture[str]) -> None:
    import io
    from contextlib import asynccontextmanager

    from bot.errors import DatabaseUnavailable

    @asynccontextmanager
    async def away():  # type: ignore[no-untyped-def]
        raise DatabaseUnavailable()
        yield

    out = io.StringIO()
    assert check(io.StringIO(OFFER), out, jsonl=False, opened=away) == 0
    assert "PT Maju Jaya Abadi (p3mi, 2026-09-17): not on the list" in out.getvalue()
    assert "DatabaseUnavailable" in capsys.readouterr().err
