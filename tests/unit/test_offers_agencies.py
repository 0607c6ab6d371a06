"""A company held against the lists of licensed agencies: never safe, never accused by a list that cannot know."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook

from bot import texts
from bot.errors import AgencyListInvalid, ReferenceDataInvalid
from bot.offers import message
from bot.offers.agencies import files, licences, seed
from bot.offers.agencies.names import Names, fold, read
from bot.offers.agencies.register import Entry, ListCopy, Register
from bot.offers.assess import assess
from bot.offers.outside import Known
from bot.offers.verdict import Assessment
from bot.texts import LANGS, Lang

TODAY = dt.date(2026, 11, 26)
LISTED = "Lowongan ke Malaysia bersama PT Andromeda Graha, P3MI resmi, operator pabrik gaji RM1.700"
UNLISTED = "Lowongan ke Taiwan bersama PT Maju Jaya Abadi, P3MI resmi, operator pabrik gaji NT$29.500"


def judged(text: str, asker: str = "ID", *, today: dt.date = TODAY, register: Register | None = None) -> Assessment:
    known = Known(register or seed.register(), today)
    return assess(text, "KH" if asker == "KH" else "ID", known_outside=known)


def told(found: Assessment, lang: Lang) -> str:
    return "\n".join(texts.render(key, lang, **values) for key, values in message.verdict(found, lang))


def cambodian(*entries: Entry, complete: bool = True, as_of: dt.date = dt.date(2026, 9, 1)) -> Register:
    copy = ListCopy("molvt", "KH", complete, as_of, 180, None, "ministry notice", False, entries)
    return Register({"molvt": copy})


class TestOnTheList:
    @pytest.mark.parametrize(
        "said",
        [
            "PT Andromeda Graha",
            "PT. ANDROMEDA GRAHA",
            "P.T. Andromeda  Graha",
            "pt andromeda graha",
            "PT ANDROMEDA GRAHA BUKA",
        ],
    )
    def test_spellings_of_one_name_are_one(self, said: str) -> None:
        found = judged(f"Lowongan ke Malaysia lewat {said}, P3MI resmi, operator pabrik gaji RM1.700").listing
        assert found is not None and (found.state, found.found) == ("listed", "PT ANDROMEDA GRAHA")

    @pytest.mark.parametrize(
        "offer",
        [
            "PT.ANDROMEDA GRAHA Penempatan Malaysia, operator pabrik gaji RM1.700",
            "Kerja ke Malaysia lewat pt.andromeda graha katanya resmi, aman ga kak",
            "Lowongan Malaysia lewat PT ANDROMEDA GRAHA (P3MI) SIP3MI No, operator pabrik",
            "Dibutuhkan PRT Malaysia. Pt Andromeda Graha. Hub 081234567890",
            "Perusahaan: ANDROMEDA GRAHA (PT)\nNegara: Malaysia\nPabrik, gaji RM1.700",
            "P3MI ANDROMEDA GRAHA buka job Malaysia pabrik",
        ],
    )
    def test_a_name_is_found_in_every_layout(self, offer: str) -> None:
        found = judged(offer).listing
        assert found is not None and (found.state, found.found) == ("listed", "PT ANDROMEDA GRAHA")

    def test_a_small_name_ends_where_the_sentence_goes_on(self) -> None:
        offer = "kerja di taiwan lewat pt asa bestari kasih amerta katanya resmi, aman ga kak"
        assert judged(offer).facts.employer == "pt asa bestari kasih amerta"

    @pytest.mark.parametrize("lang", LANGS)
    def test_it_is_said_with_its_month_and_never_as_safe(self, lang: Lang) -> None:
        said = told(judged(LISTED), lang)
        month = texts.month("2026-09-17", lang)
        assert f"({month})" in said
        assert {"id": "tidak membuat tawaran ini aman", "km": "មិនមែនមានន័យថាការងារនេះមានសុវត្ថិភាពទេ"}[lang] in said

    def test_it_takes_no_red_flag_back_and_moves_no_verdict(self) -> None:
        offer = LISTED + ". Bayar dulu 5 juta, paspor dipegang agen."
        alone, found = assess(offer, "ID"), judged(offer)
        assert (found.risk, found.score, found.flags) == (alone.risk, alone.score, alone.flags)
        assert found.risk == "high"

    @pytest.mark.parametrize("lang", LANGS)
    def test_an_old_list_says_so(self, lang: Lang) -> None:
        said = told(judged(LISTED, today=dt.date(2027, 6, 1)), lang)
        assert {"id": "sudah lama", "km": "បញ្ជីនោះចាស់ហើយ"}[lang] in said and texts.month("2026-09-17", lang) in said

    @pytest.mark.parametrize("lang", LANGS)
    def test_a_licence_that_ran_out_is_said(self, lang: Lang) -> None:
        copy = seed.register().copies["p3mi"]
        over = replace(copy, entries=(Entry("PT Andromeda Graha", None, "licensed", dt.date(2026, 3, 31)),))
        found = judged(LISTED, register=Register({"p3mi": over}))
        assert found.listing is not None and found.listing.state == "expired"
        assert texts.month("2026-03-31", lang) in told(found, lang)

    def test_a_suspension_is_said_even_where_only_the_press_knows(self) -> None:
        offer = "Lowongan ke Malaysia lewat PT Alfa Nusantara Perdana, P3MI, operator pabrik gaji RM1.700"
        found = judged(offer).listing
        assert found is not None and (found.state, found.as_of) == ("suspended", "2025-10-22")
        assert "Berita Kota" in told(judged(offer), "id") and "Berita Kota" in told(judged(offer), "km")


class TestNotOnTheList:
    @pytest.mark.parametrize("lang", LANGS)
    def test_it_is_said_and_is_no_flag(self, lang: Lang) -> None:
        found = judged(UNLISTED)
        assert found.listing is not None and found.listing.state == "not_listed"
        assert found.flags == assess(UNLISTED, "ID").flags
        assert "PT Maju Jaya Abadi" in told(found, lang)

    @pytest.mark.parametrize(
        ("said", "listed"),
        [
            ("PT Kapodang Makmur Sejahtera", "PT KEPODANG MAKMUR SEJAHTERA"),
            ("PT Kencana Mercubuana", "PT KENTJANA MERCU BUANA"),
            ("PT Andromeda Graha Sentosa", "PT ANDROMEDA GRAHA"),
            ("PT Bina Adidaya Mandiri", "PT BINA ADIDAYA MANDIRI INTERNATIONAL"),
        ],
    )
    def test_a_similar_name_is_shown_as_similar_and_never_as_the_same(self, said: str, listed: str) -> None:
        found = judged(f"Lowongan ke Malaysia lewat {said}, P3MI resmi, operator pabrik gaji RM1.700")
        assert found.listing is not None and (found.listing.state, found.listing.found) == ("similar", listed)
        assert "belum tentu perusahaan yang sama" in told(found, "id")
        assert "មិនប្រាកដថាជាក្រុមហ៊ុនតែមួយទេ" in told(found, "km")

    def test_no_two_names_of_the_list_itself_are_taken_for_one(self) -> None:
        names = [entry.name for entry in seed.register().copies["p3mi"].entries]
        assert len({fold(name) for name in names}) == len(names) == 524

    def test_short_and_empty_names_are_like_nothing(self) -> None:
        names = Names.of(["PT ASA JAYA", "PT QAFCO"])
        assert [names.similar(name) for name in ("PT", "", "PT Qafca", "ក")] == [None] * 4
        # One word is the beginning of many names.
        assert Names.of(["PT SEJAHTERA MANDIRI"]).similar("PT Sejahtera") is None
        assert read("PT (") == ""

    def test_a_company_abroad_is_not_looked_up(self) -> None:
        offer = "Lowongan operator pabrik di Malaysia, Kilang Jaya Sdn Bhd, gaji RM1.700, visa kerja, kontrak 2 tahun"
        assert judged(offer).listing is None

    def test_work_at_home_is_not_looked_up(self) -> None:
        assert judged("Lowongan kasir di Bandung, PT Maju Jaya Abadi, gaji 3 juta per bulan").listing is None

    @pytest.mark.parametrize("lang", LANGS)
    def test_an_agency_for_crews_of_ships_is_not_said_to_be_missing(self, lang: Lang) -> None:
        offer = "Lowongan ABK kapal kargo ke Taiwan, PT Maju Jaya Abadi, izin SIUKAK No. 152.11 Tahun 2025, gaji US$650"
        found = judged(offer)
        assert found.listing is not None and found.listing.state == "ship_crew"
        assert "SIUKAK" in told(found, lang) and not any(flag.id == "unlicensed_agency" for flag in found.flags)
        on_land = offer.replace("ABK kapal kargo", "operator pabrik")
        for other in (on_land, offer.replace("SIUKAK No. 152.11 Tahun 2025", "resmi")):
            found = judged(other)
            assert found.listing is not None and found.listing.state == "not_listed"

    def test_a_crew_agency_with_the_number_of_another_company_has_a_false_one(self) -> None:
        other = seed.register().copies["p3mi"].entries[0].licence
        offer = f"Lowongan ABK kapal kargo ke Taiwan, PT Maju Jaya Abadi, SIUKAK, SIP3MI {other}, gaji US$650"
        assert any(flag.licence == "other" for flag in judged(offer).flags)

    @pytest.mark.parametrize("lang", LANGS)
    def test_without_a_list_nobody_checked(self, lang: Lang) -> None:
        found = judged(UNLISTED, register=Register({}))
        assert found.listing is not None and found.listing.state == "not_checked"
        assert {"id": "belum dicek", "km": "មិនទាន់បានពិនិត្យទេ"}[lang] in told(found, lang)

    def test_a_part_of_a_list_knows_nothing_of_who_is_missing(self) -> None:
        offer = "ទីភ្នាក់ងារ Angkor Manpower មានអាជ្ញាប័ណ្ណ បញ្ជូនពលករទៅម៉ាឡេស៊ី ធ្វើការរោងចក្រ"
        found = judged(offer, "KH").listing
        assert found is not None and found.state == "not_checked"
        assert judged(offer, "KH", register=cambodian(Entry("Other"))).listing.state == "not_listed"  # type: ignore[union-attr]

    def test_a_khmer_name_is_found_inside_khmer_text(self) -> None:
        offer = "ក្រុមហ៊ុនសុខលាភមេត្រីជ្រើសរើសពលករទៅម៉ាឡេស៊ី មានអាជ្ញាប័ណ្ណត្រឹមត្រូវ ធ្វើការរោងចក្រ"
        found = judged(offer, "KH", register=cambodian(Entry("ក្រុមហ៊ុន សុខ លាភ មេត្រី"))).listing
        assert found is not None and found.state == "listed"


class TestLicences:
    @pytest.mark.parametrize(
        ("text", "numbers"),
        [
            ("SIP3MI 91203079527760001", ["91203079527760001"]),
            ("SIP3MI No. 9120307952776, SIP2MI No. 120/2026", ["9120307952776"]),
            ("izin resmi nomor: 129/2022", ["129/2022"]),
            ("NIB: 9120307952776.", ["9120307952776"]),
            ("licence no. MLVT-143", ["MLVT-143"]),
            ("អាជ្ញាប័ណ្ណលេខ ១២៣/២៤", ["១២៣/២៤"]),
            ("P3MI resmi, gaji 5.000.000", []),
            ("tanpa izin 2 hari kena denda", []),
        ],
    )
    def test_numbers_are_read_as_people_write_them(self, text: str, numbers: list[str]) -> None:
        found = licences.find(text)
        assert [one.number for one in found] == numbers
        assert all(text[one.start : one.end] == one.number for one in found)

    @pytest.mark.parametrize("lang", LANGS)
    def test_a_number_of_another_company_is_a_flag_in_the_offers_own_words(self, lang: Lang) -> None:
        found = judged(UNLISTED + ", SIP3MI 91203079527760001")
        flag = next(flag for flag in found.flags if flag.id == "unlicensed_agency")
        assert (flag.evidence, flag.licence) == ("91203079527760001", "other")
        assert "PT ANDROMEDA GRAHA" in told(found, lang) and "91203079527760001" in told(found, lang)

    def test_a_number_of_nobody_is_a_flag_as_long_as_the_list_is_not_old(self) -> None:
        offer = UNLISTED + ", SIP3MI 11112222333340001"
        assert [flag.licence for flag in judged(offer).flags] == ["not_listed"]
        assert judged(offer, today=dt.date(2027, 6, 1)).flags == ()

    def test_the_right_number_is_no_flag(self) -> None:
        found = judged(LISTED + ", SIP3MI 91203079527760001")
        assert found.listing is not None and found.listing.licence is not None
        assert found.listing.licence.state == "matches" and "unlicensed_agency" not in {f.id for f in found.flags}

    @pytest.mark.parametrize("number", ["SIP3MI 129/2022", "SIP2MI No. 9120307952776", "izin KEP.213/MEN/2013"])
    def test_a_number_that_cannot_be_compared_accuses_nobody(self, number: str) -> None:
        assert judged(f"{UNLISTED}, {number}").flags == assess(f"{UNLISTED}, {number}", "ID").flags

    def test_a_name_read_a_word_too_long_accuses_nobody(self) -> None:
        offer = "Lowongan ke Malaysia bersama PT Andromeda Graha Jakarta, P3MI, SIP3MI 9120307952776, operator pabrik"
        found = judged(offer)
        assert found.flags == () and "PT ANDROMEDA GRAHA" in told(found, "id")

    def test_words_of_a_licence_soften_nothing_where_the_licence_is_false(self) -> None:
        soft = "Lowongan operator pabrik di Malaysia, bebas biaya tiket, PT Maju Jaya Abadi P3MI resmi SIP2MI terdaftar"
        false = f"{soft}, SIP3MI 9120307952776"
        assert judged(false).score > judged(soft).score

    def test_a_number_alone_is_said_to_be_unchecked(self) -> None:
        offer = "ជ្រើសរើសពលករទៅម៉ាឡេស៊ី ធ្វើការរោងចក្រ មានអាជ្ញាប័ណ្ណលេខ ១២៣/២៤"
        assert "«១២៣/២៤» មិនទាន់បានពិនិត្យទេ" in told(judged(offer, "KH"), "km")


class TestFiles:
    def read(self, folder: Path, content: str, name: str = "list.csv") -> files.Content:
        path = folder / name
        path.write_text(content, encoding="utf-8")
        return files.read(path)

    def test_headings_of_both_countries_are_known(self, tmp_path: Path) -> None:
        indonesian = "\ufeffNo;Nama Perusahaan;No. Izin;Berlaku sampai\n1;PT Maju;0220;31-12-2026\n"
        found = self.read(tmp_path, indonesian)
        assert found.entries == (Entry("PT Maju", "0220", "licensed", dt.date(2026, 12, 31)),)
        khmer = self.read(tmp_path, "ឈ្មោះក្រុមហ៊ុន,អាជ្ញាប័ណ្ណលេខ,ស្ថានភាព\nសុខ លាភ,១២/២៤,ដកហូត\n")
        assert khmer.entries == (Entry("សុខ លាភ", "១២/២៤", "revoked"),)

    def test_bad_rows_are_named_by_line_and_the_others_are_used(self, tmp_path: Path) -> None:
        rows = [
            "name,licence,status,valid_until",
            "PT Maju,1,licensed,",
            ",2,licensed,",
            "PT Satu,3,perhaps,",
            "PT Dua,4,licensed,tomorrow",
            "P.T. MAJU,5,licensed,",
            "=HYPERLINK(1),6,licensed,",
            "PT Tiga,9.12E+12,licensed,",
            "PT Empat,7,aktif,2027-01-31",
        ]
        found = self.read(tmp_path, "\n".join(rows))
        assert [entry.name for entry in found.entries] == ["PT Maju", "PT Empat"]
        assert [problem.line for problem in found.problems] == [3, 4, 5, 6, 7, 8]
        assert "Write it" in found.problems[0].why and "formula" in found.problems[4].why

    @pytest.mark.parametrize(
        ("name", "content", "why"),
        [
            ("list.pdf", b"%PDF", "neither .csv nor .xlsx"),
            ("list.csv", b"\xff\xfe\x00n", "UTF-8"),
            ("list.csv", b"kolom,lain\n1,2\n", "no column for the name"),
            ("list.csv", b"name\n", "names no company"),
            ("list.csv", b"", "names no company"),
            ("list.xlsx", b"not a zip", "cannot be read as XLSX"),
            ("list.csv", b"name\n" + b"x" * files.MOST_BYTES, "larger than 5 MB"),
        ],
    )
    def test_what_is_no_list_says_what_to_do(self, tmp_path: Path, name: str, content: bytes, why: str) -> None:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(AgencyListInvalid, match=re.escape(why)):
            files.read(tmp_path / name)

    def test_a_file_that_is_not_there_or_a_folder_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "folder.csv").mkdir()
        for name in ("gone.csv", "folder.csv"):
            with pytest.raises(AgencyListInvalid, match="Cannot read"):
                files.read(tmp_path / name)

    def test_a_spreadsheet_is_read_and_its_formulas_are_not_calculated(self, tmp_path: Path) -> None:
        book = Workbook()
        sheet = book.active
        assert sheet is not None
        for row in (
            ["Nama P3MI", "NIB", "Status", "Berlaku sampai"],
            ["PT Maju", "0220100361829", None, dt.datetime(2027, 1, 31)],  # noqa: DTZ001  as a spreadsheet says it
            ['="PT "&"Jahat"', "1", None, None],
            ["PT Dua", 9120307952776, "aktif", None],
            ["PT Tiga", 202511111156452546912, None, None],
        ):
            sheet.append(row)
        book.save(tmp_path / "list.xlsx")
        found = files.read(tmp_path / "list.xlsx")
        assert found.entries == (
            Entry("PT Maju", "0220100361829", "licensed", dt.date(2027, 1, 31)),
            Entry("PT Dua", "9120307952776"),
        )
        assert [(problem.line, "formula" in problem.why) for problem in found.problems] == [(3, True), (5, False)]

    def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "list.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("xl/worksheets/sheet1.xml", b"0" * (files.MOST_UNPACKED + 1))
        with pytest.raises(AgencyListInvalid, match="unpacks to"):
            files.read(tmp_path / "list.xlsx")

    def test_ten_thousand_rows_are_enough(self, tmp_path: Path) -> None:
        rows = "name\n" + "\n".join(f"PT Nomor {number}" for number in range(files.MOST_ROWS + 1))
        with pytest.raises(AgencyListInvalid, match="more than"):
            self.read(tmp_path, rows)


class TestSeed:
    def test_every_list_has_its_day_and_source(self) -> None:
        copies = seed.register().copies
        assert {copy.id: (copy.complete, copy.as_of.isoformat()) for copy in copies.values()} == {
            "p3mi": (True, "2026-09-17"),
            "molvt": (False, "2017-05-29"),
        }
        assert all(copy.source for copy in copies.values()) and all(one.source for one in seed.register().press)

    def test_a_wrong_row_stops_with_its_file_and_line(self, tmp_path: Path) -> None:
        for path in seed.FOLDER.iterdir():
            (tmp_path / path.name).write_bytes(path.read_bytes())
        (tmp_path / "molvt.csv").write_text("name,status\nTop,licensed\n,licensed\n")
        with pytest.raises(ReferenceDataInvalid, match=r"molvt.csv:3: there is no name"):
            seed.load(tmp_path)

    def test_a_newer_list_outweighs_an_older_report_of_the_press(self) -> None:
        copy = seed.register().copies["p3mi"]
        again = replace(copy, entries=(*copy.entries, Entry("PT Alfa Nusantara Perdana")))
        listing = replace(seed.register(), copies={"p3mi": again}).look_up(
            "p3mi", "PT Alfa Nusantara Perdana", (), TODAY
        )
        assert listing is not None and listing.state == "listed"
