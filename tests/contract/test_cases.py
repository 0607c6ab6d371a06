"""What a case promises: one a chat, never less urgent, never lost, always with somebody who can take it."""

from __future__ import annotations

import asyncio
import json

import pytest
from sqlalchemy import func, select, text

from bot import settings as settings_module
from bot.cases import operators, rules, sites
from bot.cases import service as cases
from bot.desk import jobs as desk_jobs
from bot.desk.card import card, desk_lang
from bot.errors import SettingInvalid
from bot.processes.prepare import prepare
from bot.storage.models import Case, Outgoing
from bot.storage.session import session
from bot.texts import Lang, render
from bot.turns import distress_report
from tests.support.rooms import DARA, GROUP, SARI, STRANGER, Rooms

TRAPPED = {
    "id": "tolong pak, saya disekap di kamboja, paspor saya diambil bos",
    "km": "ជួយខ្ញុំផង ខ្ញុំជាប់នៅក្នុងអគារ ថៅកែយកលិខិតឆ្លងដែនខ្ញុំ គេមិនឲ្យចេញក្រៅទេ",
}
BEATEN = {"id": "TOLONG saya dipukuli sekarang, mereka mau jual saya malam ini", "km": "ជួយផង! គេកំពុងវាយខ្ញុំ គេនឹងលក់ខ្ញុំយប់នេះ"}
both = pytest.mark.parametrize("lang", ["id", "km"])


async def scheduled() -> list[dict[str, int]]:
    async with session() as s:
        found = await s.execute(
            text("select args from procrastinate_jobs where task_name = 'desk.re_alert' order by scheduled_at")
        )
        return [row[0] if isinstance(row[0], dict) else json.loads(row[0]) for row in found]


@both
async def test_fifty_cries_at_once_from_one_phone_are_one_case_with_all_of_them_in_it(rooms: Rooms, lang: str) -> None:
    # Fewer at once than there are connections: on a busy machine the last would wait too long for one.
    room = asyncio.Semaphore(30)

    async def cries(number: int) -> None:
        async with room:
            await rooms.stores(rooms.update(text=f"{TRAPPED[lang]} {number}"))

    await asyncio.gather(*(cries(number) for number in range(50)))
    assert len(await rooms.cases()) == 1
    async with session() as s:
        assert len(await cases.messages_of(s, await rooms.case())) == 50
    assert len(await rooms.rows("card")) == 1
    assert len(await rooms.rows("receipt")) == 1


@both
async def test_who_comes_back_after_a_closed_case_gets_a_new_one(rooms: Rooms, lang: str) -> None:
    first = await rooms.claimed(TRAPPED[lang])
    await rooms.operator_presses(f"case:closed:{first.id}:resolved")
    await rooms.writes(TRAPPED[lang])
    second = await rooms.case()
    assert second.id != first.id
    assert second.state == "new"
    assert (await rooms.cases())[0].state == "closed"


@both
async def test_nothing_a_worker_says_closes_a_case_or_makes_it_less_urgent(rooms: Rooms, lang: str) -> None:
    await rooms.writes(BEATEN[lang])
    for words in (
        "batal",
        "stop",
        "បោះបង់",
        "hapus chat",
        "លុបឆាត",
        "saya baik-baik saja, tidak jadi",
        "/start",
        "petugas",
    ):
        await rooms.writes(words)
    case = await rooms.case()
    assert (case.state, case.priority, case.kind) == ("new", 1, "emergency")
    events = await rooms.events(case)
    # "Stop" is heard as "send nothing now", which shuts the chat.
    assert (events.count("close_wished"), events.count("stop_wished")) == (2, 1)
    assert events.count("erase_wished") == 2
    shown = await rooms.topic()
    assert sum(render("desk_wish_close", "id") == line for line in shown) == 2


@both
async def test_an_unclaimed_emergency_rings_again_after_three_ten_and_thirty_minutes(rooms: Rooms, lang: str) -> None:
    await rooms.writes(BEATEN[lang])
    plan = await scheduled()
    assert [job["step"] for job in plan] == [1, 2, 3]
    for job in [*plan, plan[0]]:
        await desk_jobs.re_alert(**job)
    rung = [row for row in await rooms.rows("alert") if row.payload["silent"] is False]
    ref = (await rooms.case()).ref
    assert [row.payload["text"] for row in rung] == [
        render("desk_re_alert", "id", ref=ref, priority=1, minutes=minutes) for minutes in (3, 10, 30)
    ]
    assert len(rung) == 3, "each step rings once"
    assert not any(word in row.payload["text"] for row in rung for word in BEATEN[lang].split())


async def test_a_case_that_somebody_took_rings_no_more_until_it_is_handed_over(rooms: Rooms) -> None:
    case = await rooms.claimed(BEATEN["id"])
    first = await scheduled()
    await desk_jobs.re_alert(**first[0])
    await rooms.operator_presses(f"case:hand:{case.id}")
    again = (await scheduled())[3:]
    await desk_jobs.re_alert(**first[1])
    assert "re_alerted" not in await rooms.events(case), "the old alerts say nothing of the new waiting"
    await desk_jobs.re_alert(**again[0])
    assert "re_alerted" in await rooms.events(case)


async def test_a_case_raised_to_danger_now_rings_again_too(rooms: Rooms) -> None:
    await rooms.writes("saya mau bicara dengan petugas")
    assert not await scheduled()
    await rooms.writes(BEATEN["id"])
    assert [job["step"] for job in await scheduled()] == [1, 2, 3]
    assert (await rooms.case()).priority == 1


async def reported(rooms: Rooms, kind: rules.Kind, *, found_by: str = "model", sure: bool = False) -> None:
    """What happens to a message in which not the word list sees something: the model, unless another is named."""
    row = await rooms.stores(rooms.update(text="kak mau tanya"))
    async with session() as s:
        update = await s.get_one(cases.Update, row)
        chat = await s.get_one(cases.Chat, update.chat_id)
        await distress_report.receive(s, chat, update, kind, lang="id", found_by=found_by, sure=sure)
        await s.commit()


@both
async def test_danger_of_which_the_model_alone_is_not_sure_waits_as_p2_until_the_word_list_sees_it(
    rooms: Rooms, lang: str
) -> None:
    await reported(rooms, "emergency")
    case = await rooms.case()
    assert (case.kind, case.priority, case.found_by) == ("emergency", 2, "model")
    assert not await scheduled(), "nobody is rung for what no word says"
    await rooms.delivers()
    assert render("desk_card_model", "id") in (await rooms.topic())[0]
    await rooms.writes(BEATEN[lang])
    case = await rooms.case()
    assert (case.kind, case.priority, case.found_by) == ("emergency", 1, "lexicon")
    assert [job["step"] for job in await scheduled()] == [1, 2, 3]


async def test_the_model_raises_whom_it_alone_sees_in_danger_to_p2(rooms: Rooms) -> None:
    await reported(rooms, "human", found_by="command")
    assert (await rooms.case()).priority == 4
    await reported(rooms, "emergency")
    case = await rooms.case()
    assert (case.kind, case.priority, case.found_by) == ("emergency", 2, "model")


async def test_danger_of_which_the_model_alone_is_sure_wakes_people(rooms: Rooms) -> None:
    await reported(rooms, "emergency", sure=True)
    case = await rooms.case()
    assert (case.kind, case.priority, case.found_by) == ("emergency", 1, "model")
    assert [job["step"] for job in await scheduled()] == [1, 2, 3]


async def test_the_model_raises_whom_the_word_list_saw_in_trouble_to_p1(rooms: Rooms) -> None:
    await rooms.writes(TRAPPED["id"])
    await reported(rooms, "emergency")
    case = await rooms.case()
    assert (case.kind, case.priority, case.found_by) == ("emergency", 1, "lexicon")


@both
async def test_a_removed_operator_leaves_nobody_waiting(rooms: Rooms, lang: str) -> None:
    case = await rooms.claimed(TRAPPED[lang])
    said = await operators.remove(SARI)
    assert case.ref in said
    await desk_jobs.released(case=case.id)
    after = await rooms.case()
    assert (after.state, after.holder_id) == ("new", None)
    assert render("desk_released", "id", ref=case.ref) in await rooms.topic()
    assert await rooms.operator_presses(f"case:claim:{case.id}") == render("desk_not_listed", "id")
    assert await rooms.operator_presses(f"case:claim:{case.id}", DARA) == render("desk_you_claimed", "id")


async def test_whoever_is_listed_without_a_telegram_id_is_said_to_be_unable_to_act(rooms: Rooms) -> None:
    said = [await operators.add("Tina", telegram_id=who, site=None, role="operator", lang="km") for who in (7, None)]
    assert ["--telegram-id" in sentence for sentence in said] == [False, True]


async def test_a_second_case_split_off_has_its_own_topic_and_the_chat_goes_on_in_the_first(rooms: Rooms) -> None:
    case = await rooms.claimed(TRAPPED["id"])
    await rooms.operator_presses(f"case:split:{case.id}")
    await rooms.delivers()
    other = (await rooms.cases())[-1]
    assert (other.main, other.split_from_id, other.priority) == (False, case.id, case.priority)
    assert other.topic_id not in {None, case.topic_id}
    await rooms.operator_presses(f"case:claim:{other.id}", DARA)
    await rooms.delivers()
    other = (await rooms.cases())[-1]
    row = await rooms.writes("adik saya juga di sini")
    assert (await rooms.row(row)).case_id == case.id
    await rooms.operator_writes("Adik di lantai berapa?", other.topic_id, to=other.card_message_id, who=DARA)
    assert "Adik di lantai berapa?" in await rooms.screen()


async def test_when_the_first_case_is_closed_the_chat_goes_on_in_the_one_split_off(rooms: Rooms) -> None:
    case = await rooms.claimed(TRAPPED["id"])
    await rooms.operator_presses(f"case:split:{case.id}")
    await rooms.delivers()
    other = (await rooms.cases())[-1]
    said = await rooms.screen()
    await rooms.operator_presses(f"case:claim:{other.id}", DARA)
    await rooms.operator_presses(f"case:closed:{case.id}:resolved")
    await desk_jobs.goes_on(chat=case.chat_id or 0)
    await desk_jobs.goes_on(chat=case.chat_id or 0)
    assert await rooms.screen() == said, "nobody is told that a talk is over which goes on, or twice that it was read"
    assert (await rooms.topic()).count(render("desk_goes_on", "id")) == 1
    row = await rooms.writes("adik saya di lantai tiga")
    assert (await rooms.row(row)).case_id == other.id
    assert render("desk_relay", "id", words="adik saya di lantai tiga") in await rooms.topic()
    await rooms.operator_presses(f"case:closed:{other.id}:resolved", DARA)
    assert await rooms.screen() == [*said, render("case_closed", "id")]


class TestReopened:
    """Closed by mistake at three in the morning, or there is news for the worker: the case is taken up again."""

    async def test_it_hears_and_answers_again_and_holds_what_was_written_meanwhile(self, rooms: Rooms) -> None:
        case = await rooms.claimed(TRAPPED["id"])
        await rooms.operator_presses(f"case:closed:{case.id}:not_a_case")
        await rooms.writes("kak masih di sana?")
        assert await rooms.operator_presses(f"case:reopen:{case.id}", DARA) == render("desk_you_claimed", "id")
        await rooms.delivers()
        again = await rooms.case()
        assert (again.id, again.state, again.outcome, again.closed_at) == (case.id, "claimed", None, None)
        assert "reopened" in await rooms.events(case)
        assert render("desk_relay", "id", words="kak masih di sana?") in await rooms.topic()
        row = await rooms.writes("pintunya dikunci")
        assert (await rooms.row(row)).case_id == case.id
        await rooms.operator_writes("Ada luka?", case.topic_id, to=case.card_message_id, who=DARA)
        assert "Ada luka?" in await rooms.screen()
        said = await rooms.operator_presses(f"case:reopen:{case.id}")
        assert said == render("desk_already_claimed", "id", holder="Dara")

    async def test_a_new_cry_meanwhile_keeps_its_own_case(self, rooms: Rooms) -> None:
        first = await rooms.claimed(TRAPPED["km"])
        await rooms.operator_presses(f"case:closed:{first.id}:resolved")
        second = await rooms.claimed(BEATEN["km"])
        await rooms.operator_presses(f"case:reopen:{first.id}", DARA)
        row = await rooms.writes(TRAPPED["km"])
        assert (await rooms.row(row)).case_id == second.id
        await rooms.operator_presses(f"case:closed:{second.id}:resolved")
        await desk_jobs.goes_on(chat=first.chat_id or 0)
        row = await rooms.writes(TRAPPED["km"])
        assert (await rooms.row(row)).case_id == first.id

    async def test_the_closed_card_offers_it_and_a_stranger_cannot(self, rooms: Rooms) -> None:
        case = await rooms.claimed(TRAPPED["id"])
        await rooms.operator_presses(f"case:closed:{case.id}:resolved")
        card = (await rooms.rows("refresh"))[-1]
        assert f"case:reopen:{case.id}" in str(card.payload["reply_markup"])
        assert await rooms.operator_presses(f"case:reopen:{case.id}", STRANGER) == render("desk_not_listed", "id")


class TestWhatWaitedUntilItWasTrueNoMore:
    """A notice about a case waits for the worker's next message; by then it may be false."""

    @both
    async def test_who_cries_again_does_not_read_that_the_talk_is_over_or_that_a_person_has_read_it(
        self, rooms: Rooms, lang: str
    ) -> None:
        case = await rooms.claimed(TRAPPED[lang])
        await self._waits()
        await rooms.operator_presses(f"case:closed:{case.id}:resolved")
        await self._waits()
        await rooms.writes(BEATEN[lang])
        assert [row.state for row in await rooms.rows("notice")] == ["withdrawn", "withdrawn"]

    @both
    async def test_who_writes_to_a_case_that_was_handed_over_does_not_read_that_a_person_has_read_it(
        self, rooms: Rooms, lang: str
    ) -> None:
        case = await rooms.claimed(TRAPPED[lang])
        await self._waits()
        await rooms.operator_presses(f"case:hand:{case.id}")
        await rooms.writes("1")
        assert [row.state for row in await rooms.rows("notice")] == ["withdrawn"]
        await rooms.operator_presses(f"case:claim:{case.id}")
        assert [row.state for row in await rooms.rows("notice")] == ["withdrawn", "queued"]

    @both
    async def test_who_only_asks_something_reads_that_the_talk_is_over(self, rooms: Rooms, lang: str) -> None:
        case = await rooms.claimed(TRAPPED[lang])
        await rooms.operator_presses(f"case:closed:{case.id}:resolved")
        await self._waits()
        await rooms.writes("halo kak")
        assert [row.state for row in await rooms.rows("notice")] == ["sent", "queued"]

    async def _waits(self) -> None:
        """What was told last found nobody at the phone."""
        async with session() as s:
            row = await s.scalar(
                select(Outgoing).where(Outgoing.purpose == "notice").order_by(Outgoing.id.desc()).limit(1)
            )
            assert row is not None
            row.state, row.attempts, row.sent_at = "waiting", 0, None
            await s.commit()


async def test_pieces_of_a_report_belong_to_its_case(rooms: Rooms) -> None:
    first = await rooms.writes("saya di bavet")
    await rooms.writes("tolong saya dikurung")
    case = await rooms.case()
    assert (await rooms.row(first)).case_id == case.id
    assert case.country == "KH"
    assert "bavet" in case.facts["place"]


async def test_who_names_home_and_abroad_is_abroad(rooms: Rooms) -> None:
    await rooms.writes("saya orang indonesia dari medan, disekap di myawaddy, tolong")
    assert (await rooms.case()).country == "MM"


async def test_a_country_merely_mentioned_later_moves_nobody(rooms: Rooms) -> None:
    await rooms.writes("tolong saya disekap di bavet")
    await rooms.writes("safe")
    await rooms.writes("mereka bilang besok kami dijual ke myanmar")
    assert (await rooms.case()).country == "KH"


@both
async def test_the_card_says_that_the_phone_may_be_watched_until_the_worker_says_otherwise(
    rooms: Rooms, lang: str
) -> None:
    await rooms.writes(TRAPPED[lang])
    case = await rooms.case()
    desk = desk_lang(sites.answering(case.site, case.lang).receives)
    keys = {"watched": "desk_card_watched", "no": "sheet_not_safe", "safe": "desk_card_safe"}
    for answer, key in ((None, "watched"), (False, "no"), (True, "safe")):
        if answer is not None:
            case.facts = {**case.facts, "safe": answer}
        lines = card(case, holder=None, reachable=True).splitlines()
        assert [line for line in lines if line == render(keys[key], desk)], answer
        assert sum(line in {render(one, desk) for one in keys.values()} for line in lines) == 1


@both
async def test_the_card_says_how_many_people_need_to_be_fetched(rooms: Rooms, lang: str) -> None:
    first, many, fewer = {
        "id": ("tolong kami bertiga disekap", "kami ber-12 di sini", "3 orang sakit"),
        "km": ("ជួយផង យើង ៣នាក់ គេចាក់សោមិនឲ្យចេញ", "គ្នា ១២នាក់", "៣នាក់ឈឺ"),
    }[lang]
    await rooms.writes(first)
    assert (await rooms.case()).facts["people"] == 3
    await rooms.writes(many)
    await rooms.writes(fewer)
    case = await rooms.case()
    assert case.facts["people"] == 12
    desk = desk_lang(sites.answering(case.site, case.lang).receives)
    assert render("desk_card_people", desk, people=12) in card(case, holder=None, reachable=True)


class TestRouting:
    """Which desk answers."""

    @pytest.fixture
    def two_desks(self, monkeypatch: pytest.MonkeyPatch) -> int:
        monkeypatch.setenv("OPERATORS_CHATS", json.dumps({"km_desk": -1009}))
        settings_module.settings.cache_clear()
        sites.sites.cache_clear()
        return -1009

    async def test_a_khmer_speaker_goes_to_the_khmer_desk_when_it_has_a_group(
        self, rooms: Rooms, two_desks: int
    ) -> None:
        await rooms.writes(TRAPPED["km"], lang="km")
        (card,) = await rooms.rows("card")
        async with session() as s:
            group = await s.get_one(cases.Chat, card.chat_id)
        assert group.chat_id == str(two_desks)
        assert render("desk_lang_km", "km") in card.payload["text"], "the card is in the desk's language"
        assert render("desk_card_language_gap", "km") not in card.payload["text"]

    @pytest.mark.parametrize(
        "content", [{"text": TRAPPED["km"]}, {"voice": {"file_id": "v", "file_unique_id": "u", "duration": 3}}]
    )
    async def test_a_khmer_speaker_never_lands_silently_with_a_desk_that_reads_indonesian(
        self, rooms: Rooms, content: dict[str, object]
    ) -> None:
        await rooms.writes(lang="km", **content)
        (card,) = await rooms.rows("card")
        assert render("desk_card_language_gap", "id") in card.payload["text"]

    async def test_two_desks_may_share_a_group(self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPERATORS_CHATS", json.dumps({"km_desk": GROUP}))
        settings_module.settings.cache_clear()
        sites.sites.cache_clear()
        await rooms.writes(TRAPPED["km"], lang="km")
        await rooms.delivers()
        case = await rooms.case()
        assert await rooms.operator_presses(f"case:claim:{case.id}", DARA) == render("desk_you_claimed", "id")
        await rooms.operator_writes("មានរបួសទេ?", case.topic_id, to=case.card_message_id, who=DARA)
        assert "មានរបួសទេ?" in await rooms.screen()

    @pytest.mark.parametrize("name", ["kmdesk", "id_desk"])
    def test_a_group_for_a_desk_that_is_none_stops_the_start(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPERATORS_CHATS", json.dumps({name: -1009}))
        settings_module.settings.cache_clear()
        sites.sites.cache_clear()
        with pytest.raises(SettingInvalid, match=f"OPERATORS_CHATS names {name}"):
            asyncio.run(prepare("postgresql://nobody@127.0.0.1:1/none", settings_module.settings()))

    async def test_a_case_stays_with_its_desk_whatever_becomes_known(self, rooms: Rooms, two_desks: int) -> None:
        case = await rooms.claimed(TRAPPED["id"])
        async with session() as s:
            row = await s.get_one(Case, case.id)
            row.country, row.nationality, row.lang = "TH", "KH", "km"
            await s.commit()
        await rooms.writes("kami dipindah")
        async with session() as s:
            groups = await s.scalar(
                select(func.count(func.distinct(Outgoing.chat_id))).where(Outgoing.purpose.in_(("card", "relay")))
            )
        assert groups == 1

    @pytest.mark.parametrize("held", [False, True])
    @pytest.mark.parametrize(
        ("lang", "words", "desk"),
        [
            ("id", "saya orang kamboja, bukan indonesia", "km_desk"),
            ("id", "i am cambodian", "km_desk"),
            ("km", "ខ្ញុំជាជនជាតិឥណ្ឌូណេស៊ី", "id_desk"),
        ],
    )
    async def test_whose_citizen_somebody_is_moves_the_case_to_their_desk_within_its_group(
        self, rooms: Rooms, lang: str, words: str, desk: str, held: bool
    ) -> None:
        if held:
            await rooms.claimed(TRAPPED[lang])
        else:
            await rooms.writes(TRAPPED[lang], lang=lang)
            await rooms.delivers()
        before = await rooms.case()
        assert before.site != desk
        await rooms.writes(words, lang=lang)
        case = await rooms.case()
        assert (case.site, case.topic_id, case.holder_id) == (desk, before.topic_id, before.holder_id)
        newest = (await rooms.rows("refresh"))[-1]
        assert render("desk_card_meant_for", "id", site="km_desk") in newest.payload["text"] or desk == "id_desk"
        assert not [row for row in await rooms.rows("alert") if "H-" in row.payload["text"]], "nobody need be told"

    @pytest.mark.parametrize("held", [False, True])
    async def test_where_the_other_desk_has_its_own_group_both_are_told_once_and_the_topic_stays(
        self, rooms: Rooms, two_desks: int, held: bool
    ) -> None:
        if held:
            await rooms.claimed(TRAPPED["id"])
        else:
            await rooms.writes(TRAPPED["id"])
        before = await rooms.case()
        for words in ("saya orang kamboja", "saya dari indonesia", "saya orang kamboja"):
            await rooms.writes(words)
        case = await rooms.case()
        assert (case.nationality, case.site, case.topic_id) == ("KH", "id_desk", before.topic_id)
        told = [(row.in_topic, row.payload["text"]) for row in await rooms.rows("alert")]
        line = render("desk_line_elsewhere", "km", ref=case.ref, priority=case.priority, site="id_desk")
        assert told == [(True, render("desk_elsewhere", "id", site="km_desk")), (False, line)]

    async def test_an_operator_of_one_desk_cannot_take_a_case_of_another_by_a_forged_button(
        self, rooms: Rooms, two_desks: int
    ) -> None:
        await rooms.writes(TRAPPED["id"])
        case = await rooms.case()
        said = await rooms.operator_presses(f"case:claim:{case.id}", DARA, group=two_desks)
        assert said == render("desk_of_another_desk", "km", site="km_desk")
        assert (await rooms.case()).holder_id is None

    @pytest.mark.parametrize(("nationality", "lang", "desk"), [("KH", "id", "km_desk"), ("ID", "km", "id_desk")])
    def test_nationality_comes_before_language(self, nationality: str, lang: Lang, desk: str) -> None:
        assert sites.route(nationality, None, lang).meant.id == desk

    @pytest.mark.parametrize("lang", ["en", "other"])
    def test_whoever_nobody_serves_has_a_named_fallback(self, lang: str) -> None:
        assert sites.route(None, None, lang).meant.id == sites.fallback().id
