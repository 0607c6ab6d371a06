"""Numbers and answers that two people confirmed come first; what nobody looked at is shown, and said to be so."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, update

from bot import texts
from bot.cases import operators, sites
from bot.desk import facts as told
from bot.dialogue.turn import PERSON
from bot.errors import FactNotConfirmed, FactNotFound, OperatorUnknown, ReferenceDataInvalid
from bot.knowledge import answers, check, confirmed, contacts, coverage, facts, service
from bot.settings import settings
from bot.storage.models import Chat, FactConfirmation, Outgoing, Update
from bot.storage.session import session
from bot.texts import LANGS, Lang
from tests.contract.test_actions import act
from tests.contract.test_watch import key, samples
from tests.support.rooms import Rooms

#: In the start set, and outside it.
PHNOM_PENH, TOKYO = "id_kbri_phnom_penh", "id_kbri_tokyo"
NOW = dt.datetime(2026, 11, 26, 3, tzinfo=dt.UTC)
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process has read no confirmation yet."""
    monkeypatch.setattr(confirmed, "_known", {})


@pytest.fixture
async def people(database: str) -> None:
    """Sari and Dara, who answer, and Rina, who maintains the data and has no Telegram."""
    for name, number, role in (("Sari", 1, "operator"), ("Dara", 2, "operator"), ("Rina", None, "admin")):
        await operators.add(name, telegram_id=number, site=None, role=role, lang="id")


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Edits a contact as a maintainer does in the file."""

    def edit(name: str, **fields: object) -> None:
        known = contacts.directory()
        edited = [dataclasses.replace(one, **fields) if one.id == name else one for one in known.contacts]
        directory = dataclasses.replace(known, contacts=tuple(edited))
        monkeypatch.setattr(contacts, "directory", lambda: directory)
        facts.facts.cache_clear()

    yield edit
    facts.facts.cache_clear()


async def both(name: str, at: dt.datetime = NOW) -> str:
    await service.confirm(name, "Sari", now=at)
    return await service.confirm(name, "Dara", now=at)


def days(kind: str = "contact") -> dt.timedelta:
    return dt.timedelta(confirmed.lasts_days(kind))  # type: ignore[arg-type]


def called(name: str, today: dt.date = TODAY) -> bool:
    """Whether a worker is told that two people called the number."""
    found = contacts.current(name, today)
    assert found is not None, "it is never hidden because nobody called it"
    line = contacts.line(found, "id", today=today)
    assert ("dicek" in line) != ("belum kami coba telepon" in line)
    return "dicek" in line and "sudah lama" not in line


def look(name: str, today: dt.date = TODAY) -> facts.Look:
    return next(one for one in facts.look(today) if one.fact.id == name)


class TestConfirming:
    """Two different people look at an entry; nobody vouches for what they proposed."""

    pytestmark = pytest.mark.usefixtures("people")

    async def test_a_number_is_said_to_be_called_once_two_people_did(self) -> None:
        assert not called(TOKYO)
        said = await service.confirm(TOKYO, "Sari", now=NOW)
        assert "Somebody else" in said and not called(TOKYO)
        said = await service.confirm(TOKYO, "Dara", now=NOW)
        assert "+81 3 3441 4201" in said and str(TODAY + days()) in said
        found = contacts.current(TOKYO, TODAY)
        assert found is not None and contacts.line(found, "id", today=TODAY).endswith("dicek Nov 2026)")
        assert "បានហៅសាកនៅខែវិច្ឆិកា ឆ្នាំ២០២៦" in contacts.line(found, "km", today=TODAY)

    async def test_the_same_person_twice_is_told_so(self) -> None:
        await service.confirm(TOKYO, "Sari", now=NOW)
        with pytest.raises(FactNotConfirmed, match="Sari confirmed id_kbri_tokyo on 2026-11-26 already"):
            await service.confirm(TOKYO, "  sa RI ", now=NOW + dt.timedelta(days=3))
        assert not called(TOKYO)

    async def test_somebody_listed_twice_is_still_one_person(self) -> None:
        await operators.add("SARI", telegram_id=77, site=None, role="operator", lang="id")
        await operators.remove(1)
        await service.confirm(TOKYO, "Sari", now=NOW)
        await operators.add("Sa ri", telegram_id=1, site=None, role="operator", lang="id")
        with pytest.raises(FactNotConfirmed, match="already"):
            await service.confirm(TOKYO, "Sari", now=NOW)

    async def test_whoever_proposed_an_entry_cannot_vouch_for_it(self, change: object) -> None:
        change(TOKYO, proposed_by=frozenset({"sari"}))  # type: ignore[operator]
        with pytest.raises(FactNotConfirmed, match="Sari proposed id_kbri_tokyo"):
            await service.confirm(TOKYO, "Sari", now=NOW)
        await service.confirm(TOKYO, "Dara", now=NOW)
        assert not called(TOKYO)
        await service.confirm(TOKYO, "rina", now=NOW)
        assert called(TOKYO)

    async def test_an_entry_that_names_no_proposer_cannot_be_confirmed_by_anybody(self, change: object) -> None:
        change(TOKYO, proposed_by=frozenset())  # type: ignore[operator]
        with pytest.raises(
            FactNotConfirmed, match="Nobody knows who proposed id_kbri_tokyo, and it may have been Sari"
        ):
            await service.confirm(TOKYO, "Sari", now=NOW)
        async with session() as s:
            assert list(await s.scalars(select(FactConfirmation))) == []

    async def test_the_word_of_a_proposer_named_later_counts_no_more(self, change: object) -> None:
        await both(TOKYO)
        change(TOKYO, proposed_by=frozenset({"dara"}))  # type: ignore[operator]
        assert not called(TOKYO)

    async def test_an_unknown_id_names_near_ones(self) -> None:
        with pytest.raises(FactNotFound, match=r"Did you mean .*id_kbri_tokyo"):
            await service.confirm("id_kbri_tokio", "Sari")
        with pytest.raises(FactNotFound, match="kh_molvt_1297"):
            await service.confirm("1297", "Sari")
        with pytest.raises(FactNotFound, match=r"No fact is called nothing-like-it\. `hotline facts due`"):
            await service.confirm("nothing-like-it", "Sari")

    async def test_only_listed_people_may(self) -> None:
        with pytest.raises(OperatorUnknown, match="hotline operators add NAME --role admin"):
            await service.confirm(TOKYO, "Budi")
        await operators.remove(1)
        with pytest.raises(OperatorUnknown):
            await service.confirm(TOKYO, "Sari")

    async def test_two_people_can_renew_before_it_ends(self) -> None:
        await both(TOKYO)
        end = TODAY + days()
        with pytest.raises(FactNotConfirmed, match="it can be renewed from"):
            await service.confirm(TOKYO, "Sari", now=NOW + dt.timedelta(days=30))
        late = NOW + days() - dt.timedelta(days=10)
        await service.confirm(TOKYO, "Sari", now=late)
        assert look(TOKYO, late.date()).until == end, "one person alone prolongs nothing"
        await service.confirm(TOKYO, "Dara", now=late)
        assert look(TOKYO, late.date()).until == late.date() + days()

    async def test_answers_pay_rates_and_red_flags_are_confirmed_as_well(self) -> None:
        for name in ("fees_id", "kh_garment_2026", "rate_IDR", "upfront_fee"):
            await both(name)
            one = look(name)
            assert one.confirmed and one.until == TODAY + days(one.fact.kind)

    async def test_only_the_row_of_the_operator_is_kept(self) -> None:
        await both(TOKYO)
        async with session() as s:
            rows = (await s.scalars(select(FactConfirmation))).all()
        assert {row.fact for row in rows} == {TOKYO} and all(len(row.digest) == 32 for row in rows)


class TestAging:
    """A changed number, and one that nobody called for too long, comes after the others and is said to be so."""

    pytestmark = pytest.mark.usefixtures("people")

    async def test_a_confirmation_that_ran_out_is_said_to_be_old(self) -> None:
        await both(PHNOM_PENH, NOW - days())
        found = contacts.for_distress("KH", "ID", TODAY)[0]
        assert contacts.line(found, "id", today=TODAY).endswith("dicek Mei 2026, sudah lama)")
        assert "too long ago" in look(PHNOM_PENH).why and look(PHNOM_PENH).shown

    async def test_a_called_number_comes_first_until_its_time_is_over(self) -> None:
        await both("id_kemlu_pwni")
        for today, first in ((TODAY, "id_kemlu_pwni"), (TODAY + days(), PHNOM_PENH)):
            assert contacts.for_distress("KH", "ID", today)[0].id == first

    async def test_a_changed_number_loses_its_confirmation(self, change: object) -> None:
        await both(PHNOM_PENH)
        change(PHNOM_PENH, phones=(contacts.Phone("+855 12 000 000", "anywhere"),))  # type: ignore[operator]
        assert not called(PHNOM_PENH)
        assert "changed since" in look(PHNOM_PENH).why and look(PHNOM_PENH).needed
        await both(PHNOM_PENH)
        assert called(PHNOM_PENH)

    async def test_a_note_for_maintainers_changes_nothing(self, change: object) -> None:
        await both(TOKYO)
        change(TOKYO, note="Ask for extension 3.")  # type: ignore[operator]
        assert called(TOKYO)

    async def test_one_call_changes_nothing_for_workers(self) -> None:
        await service.confirm(PHNOM_PENH, "Sari", now=NOW)
        assert not called(PHNOM_PENH)
        assert "one has" in look(PHNOM_PENH).why

    async def test_a_number_for_operators_stays_theirs(self) -> None:
        said = await both("id_kdei_taipei")
        assert "for operators only" in said
        assert contacts.current("id_kdei_taipei", TODAY, safe=True) is None

    @pytest.mark.parametrize("lang", LANGS)
    async def test_an_answer_nobody_reread_in_time_is_given_and_said_to_be_old(self, lang: Lang) -> None:
        await both("visa_kh")
        old = texts.render("knowledge_old", lang)
        for today, said in ((TODAY, False), (TODAY + days("answer"), True)):
            found = answers.answer("visa", lang, nationality="KH", country=None, today=today)
            assert not found.gap and found.text.endswith(old) == said
            assert ("visa", "KH", None, True) in coverage.coverage(today)

    async def test_pay_and_rates_stay_in_use_without_them_an_offer_would_look_better(self) -> None:
        await both("kh_garment_2026", NOW - days("pay"))
        one = look("kh_garment_2026")
        assert one.shown and not one.confirmed and "too long ago" in one.why


def test_without_a_row_everything_is_shown_but_what_is_for_operators() -> None:
    for today in (TODAY, TODAY + dt.timedelta(90), TODAY + dt.timedelta(365)):
        for one in facts.look(today):
            entry = one.fact.entry
            assert one.shown == (not isinstance(entry, contacts.Contact) or entry.show_when != "operator_only")
            assert not one.confirmed


class TestKnowing:
    """Every process learns of a confirmation within a minute, without asking the database for each message."""

    async def test_a_running_process_sees_what_another_one_confirmed(self, people: None) -> None:
        assert confirmed.REFRESH_SECONDS < 60
        async with confirmed.followed(0.05):
            assert not called(TOKYO)
            await self.in_another_process(TOKYO)
            assert not called(TOKYO), "a message asks nothing"
            async with asyncio.timeout(10):
                while not called(TOKYO):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)

    async def test_it_reads_at_the_start(self, people: None) -> None:
        await self.in_another_process(TOKYO)
        async with confirmed.followed():
            assert called(TOKYO)

    async def test_it_goes_on_with_what_it_knew_while_the_database_is_away(
        self, people: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await both(TOKYO)

        async def away(*_: object) -> None:
            raise OSError

        monkeypatch.setattr(confirmed, "refresh", away)
        async with confirmed.followed(0.01):
            await asyncio.sleep(0.1)
            assert called(TOKYO)

    async def in_another_process(self, name: str) -> None:
        fact = next(one for one in facts.facts() if one.id == name)
        async with session() as s:
            for number in (1, 2):
                s.add(FactConfirmation(fact=name, digest=fact.digest, operator_id=number, at=NOW))
            await s.commit()


class TestDue:
    """`hotline facts due`: the list a maintainer works through, and an exit code for a nightly job."""

    pytestmark = pytest.mark.usefixtures("people")

    async def test_every_fact_nobody_confirmed_is_listed_with_source_and_month(self) -> None:
        report, code = await service.due(30, today=TODAY)
        assert code == 0
        assert len([line for line in report.splitlines() if not line.startswith(" ")]) == len(facts.facts()) + 1
        assert f"{PHNOM_PENH}  contact  shown: two people have not called" in report
        assert "(2025-12) https://www.noa.co.id" in report and "id_kdei_taipei  contact  for operators: " in report
        assert "rate_IDR  rate  in use: " in report

    async def test_what_is_confirmed_appears_only_when_it_is_about_to_end(self) -> None:
        await both(TOKYO)
        end = TODAY + days()
        for today, listed in ((TODAY, False), (end - dt.timedelta(days=30), True), (end, True)):
            assert (TOKYO in (await service.due(30, today=today))[0]) == listed

    async def test_it_ends_with_1_when_the_only_number_of_an_answer_is_wrong(self, change: object) -> None:
        for today in (TODAY, TODAY + dt.timedelta(90), TODAY + dt.timedelta(365)):
            assert (await service.due(30, today=today))[1] == 0
        change(PHNOM_PENH, wrong_since=TODAY)  # type: ignore[operator]
        report, code = await service.due(30, today=TODAY)
        assert code == 0, "the ministry's number stands in its place"
        assert report.startswith(f"{PHNOM_PENH}  contact  HIDDEN: known to be wrong since 2026-11-26")
        change("kh_molvt_1297", wrong_since=TODAY)  # type: ignore[operator]
        report, code = await service.due(30, today=TODAY)
        assert code == 1 and "NO NUMBER for the answer fees_kh for KH" in report

    async def test_numbers_that_few_are_given_do_not_cry_for_ever(self) -> None:
        assert not look(TOKYO).needed and look(TOKYO).shown
        await both(TOKYO)
        assert look(TOKYO, TODAY + days()).needed, "what people relied on is missed"


class TestTelling:
    """The desks hear of it in their group, once a day."""

    pytestmark = pytest.mark.usefixtures("people")
    #: A Monday in Jakarta, ten o'clock.
    MORNING = dt.datetime(2027, 2, 22, 3, tzinfo=dt.UTC)

    async def lines(self) -> list[str]:
        async with session() as s:
            rows = await s.scalars(select(Outgoing).where(Outgoing.dedupe.like("facts:%")).order_by(Outgoing.id))
            return [row.payload["text"] for row in rows]

    async def test_nothing_is_said_on_another_day_while_nothing_is_wrong(self) -> None:
        assert await told.tell(NOW) == 0 and await self.lines() == []

    async def test_a_desk_is_reminded_on_mondays_of_numbers_that_nobody_called(self) -> None:
        assert await told.tell(self.MORNING - dt.timedelta(hours=3)) == 0, "it is seven in Jakarta"
        for hours in (0, 1, 5):
            await told.tell(self.MORNING + dt.timedelta(hours=hours))
        (line,) = await self.lines()
        assert "KBRI Phnom Penh" in line and "hotline facts due" in line and "+855" not in line
        await told.tell(self.MORNING + dt.timedelta(days=1))
        assert len(await self.lines()) == 1

    async def test_a_desk_hears_every_day_of_a_number_that_is_wrong(self, change: object) -> None:
        change(PHNOM_PENH, wrong_since=TODAY)  # type: ignore[operator]
        for later in (1, 2, 3):
            await told.tell(self.MORNING + dt.timedelta(days=later))
        said = await self.lines()
        assert len(said) == 3 and all(line.startswith("⚠ Nomor ini salah") for line in said)

    async def test_a_week_before_it_says_what_must_be_called_again(self) -> None:
        await both(PHNOM_PENH, self.MORNING - days() + dt.timedelta(days=8))
        await told.tell(self.MORNING + dt.timedelta(days=1))
        (line,) = await self.lines()
        assert line.startswith("⚠ Dalam 7 hari")

    async def test_a_desk_that_reads_khmer_hears_it_in_khmer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPERATORS_CHATS", '{"km_desk": -100777}')
        settings.cache_clear()
        sites.sites.cache_clear()
        assert await told.tell(self.MORNING) == 2
        assert any("មិនទាន់មានមនុស្សពីរនាក់ហៅសាក" in line and "ស្ថានទូតឥណ្ឌូណេស៊ី" in line for line in await self.lines())

    async def test_whoever_watches_sees_the_same(self, page: httpx.AsyncClient) -> None:
        await both(PHNOM_PENH, dt.datetime.now(dt.UTC) - days() + dt.timedelta(days=3))
        found = await samples(page)
        assert found[key("hotline_facts", what="hidden")] == 0
        assert found[key("hotline_facts", what="ending")] == 1
        assert found[key("hotline_facts", what="unconfirmed")] == len(facts.facts()) - 1


class TestAsking:
    """A worker asks where an answer comes from, or asks what we cannot answer."""

    async def asked(self, rooms: Rooms, intent: str, lang: str = "id", nationality: str = "ID") -> dict[str, object]:
        """What is said to a question, in the language and for the nationality of the chat."""
        words = {"id": "berapa biayanya kak", "km": "បង់ប៉ុន្មានដែរ"}[lang]
        row = await rooms.row(await rooms.writes(words, lang=lang))
        assert row.chat_id is not None
        async with session() as s:
            known = {"lang": lang, "nationality": nationality}
            await s.execute(update(Chat).where(Chat.id == row.chat_id).values(**known))
            await s.commit()
        return dict((await act("action_answer_question", intent, row.chat_id, row.id))[0])

    async def reply(self, row: int) -> str:
        async with session() as s:
            found = (await s.scalars(select(Outgoing).where(Outgoing.update_id == row))).all()
        return "\n".join(one.payload["text"] for one in found if "text" in one.payload)

    async def test_the_button_under_an_answer_shows_title_month_and_page(self, rooms: Rooms) -> None:
        part = await self.asked(rooms, "ask_fees")
        ((button,),) = part["buttons"]  # type: ignore[misc]
        assert button["label"] == "button_source" and button["data"] == "source:fees_id"  # type: ignore[index]
        said = await self.reply(await rooms.presses("source:fees_id"))
        entry = answers.by_id("fees_id")
        assert entry is not None
        assert said.startswith("Sumber: ") and entry.sources[0].title in said and entry.sources[0].url in said
        assert "per Agu 2022" in said

    @pytest.mark.parametrize(
        ("lang", "words"),
        [
            ("id", "sumbernya apa?"),
            ("id", "Sumber nya apa"),
            ("id", "tau dari mana?"),
            ("km", "ប្រភពមកពីណា?"),
            ("km", "ប្រភព"),
            ("km", "ព័ត៌មាននេះបានមកពីណា"),
            ("km", "yok pi na mok?"),
        ],
    )
    async def test_asked_in_words_it_speaks_of_the_last_answer(self, rooms: Rooms, lang: str, words: str) -> None:
        await self.asked(rooms, "ask_fees", lang, {"id": "ID", "km": "KH"}[lang])
        said = await self.reply(await rooms.writes(words, lang=lang))
        entry = answers.by_id({"id": "fees_id", "km": "fees_kh"}[lang])
        assert entry is not None and entry.sources[0].url in said
        assert said.startswith({"id": "Sumber: ", "km": "ប្រភព៖ "}[lang])

    async def test_asked_before_any_answer_it_asks_which(self, rooms: Rooms) -> None:
        assert texts.render("knowledge_source_which", "id") in await self.reply(await rooms.writes("sumbernya apa"))

    async def test_it_says_when_two_people_reread_it(self, rooms: Rooms) -> None:
        await both("fees_id", dt.datetime(2026, 11, 3, 3, tzinfo=dt.UTC))
        said = await self.reply(await rooms.presses("source:fees_id"))
        assert said.endswith("Dicek ulang oleh dua petugas, Nov 2026.")

    async def test_somebody_who_may_be_watched_is_shown_no_titles_and_no_pages(self, rooms: Rooms) -> None:
        await rooms.writes("tolong pak, saya disekap, paspor saya diambil bos")
        said = await self.reply(await rooms.presses("source:fees_id"))
        assert said.startswith("Sumber: ") and "http" not in said

    async def test_in_an_open_case_every_word_goes_to_the_desk(self, rooms: Rooms) -> None:
        await rooms.writes("tolong pak, saya disekap, paspor saya diambil bos")
        row = await rooms.writes("sumber")
        async with session() as s:
            assert (await s.get_one(Update, row)).case_id is not None
        assert "Sumber untuk jawaban" not in await self.reply(row)

    async def test_a_button_of_an_answer_that_is_no_more_is_old(self, rooms: Rooms) -> None:
        assert texts.render("button_old", "id") in await self.reply(await rooms.presses("source:never_was"))

    @pytest.mark.parametrize("lang", LANGS)
    async def test_a_gap_says_so_and_offers_a_person(self, rooms: Rooms, lang: Lang) -> None:
        part = await self.asked(rooms, "ask_insurance", lang, "KH")
        assert str(part["body"]).startswith(texts.render("knowledge_gap", lang))
        ((button,),) = part["buttons"]  # type: ignore[misc]
        assert button["data"] == PERSON.data  # type: ignore[index]

    def test_a_button_fits_into_what_telegram_carries(self) -> None:
        for entry in answers.entries():
            assert len(f"source:{entry.id}") <= 64 and entry.id.isascii()
        for lang in LANGS:
            assert len(texts.render("button_source", lang)) <= 20


class TestTheFiles:
    """What a maintainer may get wrong is said in one sentence."""

    def test_each_id_names_one_fact_and_the_files_are_right(self) -> None:
        check.check()
        kinds = {fact.kind for fact in facts.facts()}
        assert kinds == {"contact", "answer", "pay", "rate", "red_flag"}

    def test_a_confirmation_needs_its_days_and_a_reason(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        broken = tmp_path / "confirming.yml"
        broken.write_text(confirmed.FILE.read_text(encoding="utf-8").replace("days: 180", "days: soon"), "utf-8")
        monkeypatch.setattr(confirmed, "FILE", broken)
        confirmed.lasts_days.cache_clear()
        with pytest.raises(ReferenceDataInvalid, match="contact needs days between 1 and 1000"):
            confirmed.lasts_days("contact")
        confirmed.lasts_days.cache_clear()

    def test_a_proposer_is_a_name(self) -> None:
        assert confirmed.proposers({"proposed_by": "Sa Ri"}, "f", "x") == {"sari"}
        assert confirmed.proposers({"proposed_by": ["Sari", "Dara"]}, "f", "x") == {"sari", "dara"}
        with pytest.raises(ReferenceDataInvalid, match="proposed_by"):
            confirmed.proposers({"proposed_by": 7}, "f", "x")
