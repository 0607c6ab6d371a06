"""What a worker lives through in the chat: one answer, in their language, at once, whatever is down or broken."""

from __future__ import annotations

import asyncio
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from bot.cases import sites
from bot.cases.rules import CASE_KINDS
from bot.outbox import service as outbox
from bot.runtime import circuit_breaker
from bot.settings import ROOT
from bot.storage.models import Chat, Outgoing, Update
from bot.storage.session import session
from bot.texts import catalogue, render
from bot.turns import case_words, distress_report, model, pipeline, rasa_client
from bot.turns import service as turns
from nlu.checks import examples
from nlu.understanding.triage import triage
from tests.support.rooms import Rooms

TRAPPED = {
    "id": "tolong pak, saya disekap, paspor saya diambil bos",
    "km": "ជួយខ្ញុំផង ខ្ញុំជាប់នៅក្នុងអគារ ថៅកែយកលិខិតឆ្លងដែនខ្ញុំ គេមិនឲ្យចេញក្រៅទេ",
}
BEATEN_AT = {"id": "kami di bavet, sekarang mereka pukul saya, tolong", "km": "ខ្ញុំនៅប៉ោយប៉ែត គេកំពុងវាយខ្ញុំ ជួយផង"}
QUESTION = {"id": "berapa biaya paspor?", "km": "ធ្វើលិខិតឆ្លងដែនថ្លៃប៉ុន្មាន?"}
PLACE = {"id": "di bavet", "km": "នៅប៉ោយប៉ែត"}
#: The model takes these for a report; the frame of the message says that it is only supposed.
SUPPOSED = {
    "id": "andai suatu hari adik saya hilang kontak di luar negeri, langkah pertama apa ya? (dia belum berangkat)",
    "km": "ចុះបើថ្ងៃណាមួយប្អូនខ្ញុំទៅធ្វើការហើយបាត់ដំណឹង ត្រូវទាក់ទងអ្នកណា? វាមិនទាន់ទៅទេ",
}
YES = {"id": "aman", "km": "បាទ"}
both = pytest.mark.parametrize("lang", ["id", "km"])
PHOTO = [{"file_id": "p", "file_unique_id": "u", "width": 1, "height": 1}]


def beginning(key: str, lang: str) -> str:
    """A text up to its first placeholder: enough to know it by."""
    return catalogue("km" if lang == "km" else "id")[key].partition("{")[0].strip()


@pytest.fixture
def with_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trained model where the worker looks for it."""
    models = Path(os.environ.get("HOTLINE_MODELS", ROOT / "var" / "models"))
    assert any(models.glob("*.tar.gz")), "there is no trained model: make train"
    (tmp_path / "models").symlink_to(models)
    monkeypatch.setattr(model, "_reader", model._Reader())


@cache
def doubtful(lang: str) -> str:
    """A harmless message of the training data in which the lexicon sees distress, and the model does not."""
    for one in examples.utterances():
        harmless = one.lang == lang and one.intent.startswith(("ask_", "out_of_scope"))
        if harmless and triage(one.text).level in CASE_KINDS and not model.understand(one.text).decision.opens_case:
            return one.text
    raise AssertionError("the lexicon is never wrong: take these tests away")


@cache
def hint(lang: str) -> str:
    """A message of the training data that the model takes for distress and the lexicon does not know."""
    for one in examples.utterances():
        if (one.lang, one.intent) != (lang, "report_distress"):
            continue
        found = triage(one.text)
        if found.level == "none" and found.held is None and model.understand(one.text).decision.kind == "distress":
            return one.text
    raise AssertionError("the lexicon knows everything: take these tests away")


@cache
def held_back(lang: str) -> str:
    """An emergency of the training data whose only sign a guard of the lexicon holds back."""
    for one in examples.utterances():
        if (one.lang, one.intent) == (lang, "report_emergency") and triage(one.text).held:
            decided = model.understand(one.text).decision
            if (decided.kind, decided.found_by) == ("emergency", "both"):
                return one.text
    raise AssertionError("no guard is ever wrong: take these tests away")


class TestJudging:
    """Intake asks the model about what the lexicon sees, before anything else happens."""

    @both
    async def test_what_the_model_is_sure_is_harmless_is_answered_as_a_question(
        self, rooms: Rooms, lang: str, with_model: None
    ) -> None:
        row = await rooms.writes(doubtful(lang))
        assert (await rooms.row(row)).triage == "none"
        assert not await rooms.rows("card") and len(rooms.rasa.heard) == 1
        assert (await rooms.screen())[-1] == render("doubted_ask", "km" if lang == "km" else "id")

    @both
    @pytest.mark.parametrize("away", [False, True], ids=["Rasa there", "Rasa away"])
    async def test_who_says_that_it_is_so_has_a_case(
        self, rooms: Rooms, lang: str, away: bool, with_model: None
    ) -> None:
        if away:
            rooms.rasa.parts = None
        words = doubtful(lang)
        row = await rooms.writes(words)
        await rooms.presses(f"doubted:{row}", age_seconds=3600 * 24 * 30)
        case = await rooms.case()
        assert (case.kind, case.found_by, (await rooms.row(row)).case_id) == (triage(words).level, "lexicon", case.id)

    @both
    async def test_what_is_only_supposed_is_asked_about_and_opens_a_case_when_it_is_so(
        self, rooms: Rooms, lang: str, with_model: None
    ) -> None:
        row = await rooms.writes(SUPPOSED[lang])
        assert (await rooms.row(row)).triage == "none" and not await rooms.rows("card")
        assert (await rooms.screen())[-1] == render("doubted_ask", "km" if lang == "km" else "id")
        await rooms.presses(f"doubted:{row}")
        assert (await rooms.case()).kind == "distress"

    @both
    @pytest.mark.parametrize("away", [False, True], ids=["Rasa there", "Rasa away"])
    async def test_a_quiet_hint_is_asked_about_and_opens_a_case_when_it_is_so(
        self, rooms: Rooms, lang: str, away: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(model, "ranking", lambda text: [("ask_passport", 0.88), ("report_distress", 0.12)])
        if away:
            rooms.rasa.parts = None
        row = await rooms.writes(QUESTION[lang])
        assert (await rooms.row(row)).triage == "none" and not await rooms.rows("card")
        assert (await rooms.screen())[-1] == render("doubted_ask", "km" if lang == "km" else "id")
        await rooms.presses(f"doubted:{row}")
        assert ((await rooms.case()).kind, (await rooms.case()).found_by) == ("distress", "command")

    @both
    @pytest.mark.parametrize("told", [True, False], ids=["told", "passed on"])
    async def test_a_hint_in_an_offer_is_asked_about_where_somebody_tells_it_and_not_where_he_passes_it_on(
        self, rooms: Rooms, lang: str, told: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(model, "ranking", lambda text: [("ask_offer_check", 0.88), ("report_distress", 0.12)])
        by = {"type": "hidden_user", "sender_user_name": "Loker", "date": 1}
        await rooms.writes(QUESTION[lang], **({} if told else {"forward_origin": by}))
        asked = render("doubted_ask", "km" if lang == "km" else "id") in await rooms.screen()
        assert asked is told

    async def test_a_sign_that_was_asked_about_is_asked_about_no_more_in_an_open_case(
        self, rooms: Rooms, with_model: None
    ) -> None:
        await rooms.writes(TRAPPED["id"])
        await rooms.writes(doubtful("id"))
        assert render("doubted_ask", "id") not in await rooms.screen()

    @pytest.mark.parametrize("words", ["hapus dulu chatnya kak, hp dicek bos", "lub chat nis, me chek tourosap"])
    async def test_who_has_the_chat_erased_because_the_phone_is_checked_has_a_case_and_is_asked_nothing(
        self, rooms: Rooms, words: str, with_model: None
    ) -> None:
        row = await rooms.stores(rooms.update(text=words))
        assert (await rooms.row(row)).triage == "none"

        async def erased() -> None:
            async with session() as s:
                stored = await s.get_one(Update, row)
                await pipeline.erase(s, await s.get_one(Chat, stored.chat_id), stored)
                await s.commit()

        rooms.rasa.meanwhile, rooms.rasa.parts = erased, []
        await turns.take(update=row)
        case = await rooms.case()
        assert (case.kind, (await rooms.row(row)).case_id) == ("distress", case.id)
        assert await rooms.rows("card") and not await rooms.rows("receipt")
        assert not [said for said in await rooms.rows("reply") if said.update_id == row and said.state != "withdrawn"]

    async def test_a_button_about_anothers_message_tells_nothing_of_it(self, rooms: Rooms, with_model: None) -> None:
        row = await rooms.writes("tolong saya disekap di bavet", user=42)
        await rooms.presses(f"doubted:{row}")
        case = (await rooms.cases())[-1]
        assert (case.kind, case.country) == ("distress", None)
        assert (await rooms.row(row)).case_id != case.id

    @both
    async def test_a_cry_has_its_case_at_intake_as_without_a_model(
        self, rooms: Rooms, lang: str, with_model: None
    ) -> None:
        row = await rooms.stores(rooms.update(text=BEATEN_AT[lang]))
        assert (await rooms.row(row)).triage == "emergency"
        case = await rooms.case()
        assert case.priority == 1 and case.found_by == "lexicon"

    @both
    async def test_danger_that_a_guard_holds_back_alerts_at_once_when_the_model_is_all_but_sure(
        self, rooms: Rooms, lang: str, with_model: None
    ) -> None:
        row = await rooms.stores(rooms.update(text=held_back(lang)))
        stored = await rooms.row(row)
        assert stored.triage == "emergency" and stored.reasons
        case = await rooms.case()
        assert (case.priority, case.found_by) == (1, "lexicon")

    @pytest.mark.parametrize("cry", ["🆘", "tolong", "ជួយផង", "SOS"])
    async def test_a_bare_cry_is_never_doubted(self, rooms: Rooms, cry: str, with_model: None) -> None:
        await rooms.stores(rooms.update(text=cry))
        assert await rooms.case()


class TestFirstContact:
    """A new chat is greeted once, in its probable language, with two buttons to choose."""

    @pytest.mark.parametrize(
        ("words", "app", "lang"),
        [
            ("apa kabar kak, mau tanya", "en", "id"),
            ("សួស្តីបង", "en", "km"),
            ("👋", "km", "km"),
            ("👋", "km-KH", "km"),
            ("👋", "fr", "id"),
            ("👋", "\x00\ud800", "id"),
            ("👋", "x" * 5000, "id"),
        ],
    )
    async def test_its_language(self, rooms: Rooms, words: str, app: str, lang: str) -> None:
        await rooms.writes(words, **({"lang": app}))
        screen = await rooms.screen()
        assert screen[0].startswith(render("welcome", "km" if lang == "km" else "id"))
        assert len([line for line in screen if line == screen[0]]) == 1
        row = (await rooms.rows(kind="private"))[0]
        pressed = [b["callback_data"] for line in row.payload["reply_markup"]["inline_keyboard"] for b in line]
        assert pressed == ["lang:id", "lang:km"]

    async def test_a_picture_may_be_the_first_thing_a_person_sends(self, rooms: Rooms) -> None:
        await rooms.writes(photo=PHOTO, lang="km")
        assert await rooms.screen() == [render("welcome", "km"), render("read_begins", "km")]

    async def test_the_language_a_person_chose_stays_whatever_they_write_then(self, rooms: Rooms) -> None:
        await rooms.writes("halo kak mau tanya")
        await rooms.presses("lang:km")
        await rooms.writes("berapa biaya paspor di jakarta kak?")
        await rooms.writes("/tentang")
        assert (await rooms.screen())[-1].startswith(beginning("about", "km"))

    async def test_one_english_line_does_not_make_us_forget_that_a_person_is_khmer(self, rooms: Rooms) -> None:
        await rooms.writes("សួស្តីបង ខ្ញុំចង់សួរពីការងារ", lang="en")
        await rooms.writes("please help me, they locked the door", lang="en")
        receipt = (await rooms.rows("receipt"))[0].payload["text"]
        assert receipt.startswith(beginning("case_first_distress", "km")) or "៖" in receipt
        assert (await rooms.case()).nationality == "KH"


class TestFirstReading:
    """The model is asked about every message as it comes in: what it is sure of opens its case there and then."""

    SURE = (("report_emergency", 0.93), ("report_distress", 0.05))

    @both
    async def test_danger_that_only_the_model_hears_wakes_people_at_once(
        self, rooms: Rooms, lang: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(model, "ranking", lambda text: list(self.SURE))
        words = {"id": "mereka nyalain lampu lagi di kamar itu", "km": "គេបើកភ្លើងបន្ទប់នោះទៀតហើយ"}[lang]
        assert triage(words).level == "none"
        row = await rooms.stores(rooms.update(text=words))
        case = await rooms.case()
        assert (case.kind, case.priority, case.found_by) == ("emergency", 1, "model")
        assert (await rooms.row(row)).case_id == case.id, "in the transaction that stored it"

    @both
    async def test_a_child_named_before_makes_the_case_p1_with_the_mark(self, rooms: Rooms, lang: str) -> None:
        await rooms.writes({"id": "umur 16 tahun boleh kerja di jepang?", "km": "ខ្ញុំអាយុ ១៦ ឆ្នាំ អាចធ្វើការបានទេ?"}[lang])
        await rooms.writes(TRAPPED[lang])
        case = await rooms.case()
        assert (case.minor, case.priority) == (True, 1)

    async def test_a_child_named_long_before_is_not_forgotten(self, rooms: Rooms) -> None:
        await rooms.writes("umur 16 tahun boleh kerja di jepang?")
        for number in range(30):
            await rooms.stores(rooms.update(text=f"berapa biaya paspor {number}"))
        await rooms.writes(TRAPPED["id"])
        case = await rooms.case()
        assert (case.minor, case.priority) == (True, 1)

    @both
    async def test_a_child_named_later_raises_the_case(self, rooms: Rooms, lang: str) -> None:
        await rooms.writes(TRAPPED[lang])
        assert (await rooms.case()).priority == 2
        await rooms.writes({"id": "umur saya 16 tahun", "km": "ខ្ញុំអាយុ ១៦ ឆ្នាំ"}[lang])
        case = await rooms.case()
        assert (case.minor, case.priority) == (True, 1)

    async def test_a_reporter_is_asked_where_he_or_she_is(self, rooms: Rooms) -> None:
        await rooms.writes("adik saya dipukuli bosnya tiap malam, disekap, tolong")
        case = await rooms.case()
        assert (case.kind, case.priority, case.facts["about"]) == ("emergency", 1, "other")
        assert render("ask_place_other", "id") in (await rooms.screen())[-1]

    async def test_a_recruiters_clause_opens_no_case_and_gets_a_verdict(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(model, "ranking", lambda text: [("report_distress", 0.9), ("ask_offer_check", 0.1)])
        await rooms.writes(
            "Dibutuhkan 10 ABK kapal cumi, gaji $380, kontrak 2 tahun, HP dititipkan kapten, tidak boleh keluar. "
            "Minat hub admin"
        )
        assert rooms.rasa.meant == ["ask_offer_check"] and not await rooms.rows("card")


class TestNumbers:
    """Nobody in distress is left without a number, and none is given as somebody's own that is not."""

    @pytest.mark.parametrize("country", [None, "KH", "TH", "MM", "ID", "XX"])
    @pytest.mark.parametrize("nationality", [None, "ID", "KH", "MY", "??"])
    @pytest.mark.parametrize("lang", ["id", "km"])
    def test_always_one(self, country: str | None, nationality: str | None, lang: Any) -> None:
        assert any(letter.isdigit() for letter in case_words.number_line(country, nationality, lang))

    def test_a_khmer_reader_nobody_knows_more_of_gets_cambodias_number(self) -> None:
        assert case_words.number_line("TH", None, "km") == case_words.number_line("TH", "KH", "km")

    @pytest.mark.parametrize(
        "words",
        [
            *TRAPPED.values(),
            "juoy knhom phong ke jak sor min oy chenh ke veay knhom",
            "help me, boss keeps my passport",
        ],
    )
    async def test_the_first_answer_holds_one_whatever_the_language(self, rooms: Rooms, words: str) -> None:
        await rooms.stores(rooms.update(text=words, lang="en"))
        (receipt,) = await rooms.rows("receipt")
        assert any(letter.isdigit() for letter in receipt.payload["text"])
        assert (render("english_saved", "id") in receipt.payload["text"]) == words.startswith("help")

    async def test_a_country_only_asked_about_is_not_where_a_person_is(self, rooms: Rooms) -> None:
        await rooms.writes("berapa gaji di korea?")
        async with session() as s:
            await s.execute(update(Chat).values(last_country="KR"))
            await s.commit()
        await rooms.writes(TRAPPED["id"])
        (receipt,) = await rooms.rows("receipt")
        assert case_words.number_line(None, "ID", "id", bare=True) in receipt.payload["text"]


class TestQuestions:
    """Place, safety, need: each once, one at a time, and nothing told is lost."""

    @both
    async def test_each_is_asked_once(self, rooms: Rooms, lang: str) -> None:
        await rooms.writes(TRAPPED[lang])
        for words in (PLACE[lang], YES[lang], TRAPPED[lang], TRAPPED[lang], TRAPPED[lang]):
            await rooms.writes(words)
        said = "\n".join(await rooms.screen())
        for question in ("place", "safe"):
            assert said.count(render(f"ask_{question}", "km" if lang == "km" else "id")) == 1, question
        case = await rooms.case()
        assert case.country == "KH"
        assert case.facts["safe"] is True
        assert not (await rooms.chat()).watched

    @both
    async def test_an_answer_that_is_urgent_too_is_both(self, rooms: Rooms, lang: str) -> None:
        await rooms.writes(TRAPPED[lang])
        await rooms.writes(BEATEN_AT[lang])
        case = await rooms.case()
        assert (case.priority, case.country) == (1, "KH")
        assert "place" in case.facts
        said = "\n".join(await rooms.screen())
        assert said.count(render("ask_place", "km" if lang == "km" else "id")) == 1

    @both
    async def test_a_question_in_the_middle_is_answered_and_its_place_kept(self, rooms: Rooms, lang: str) -> None:
        await rooms.writes(TRAPPED[lang])
        await rooms.writes(QUESTION[lang])
        assert (await rooms.screen())[-1] == "jawaban"
        await rooms.writes(PLACE[lang] + ", " + QUESTION[lang])
        assert (await rooms.case()).country == "KH"

    @pytest.mark.parametrize(
        ("first", "wrong", "right", "place"),
        [
            (TRAPPED["id"], "di poipet", "eh salah, saya di bavet bukan poipet", "bavet"),
            (TRAPPED["km"], "នៅភ្នំពេញ", "អត់ទេ ខ្ញុំនៅប៉ោយប៉ែត មិនមែនភ្នំពេញ", "ប៉ោយប៉ែត"),
            (TRAPPED["km"], "nov phnom penh", "ot te knhom nov poipet min men phnom penh", "poipet"),
        ],
    )
    async def test_a_place_that_is_taken_back_is_corrected_and_the_open_question_stays(
        self, rooms: Rooms, first: str, wrong: str, right: str, place: str
    ) -> None:
        await rooms.writes(first)
        await rooms.writes(wrong)
        before = (await rooms.case()).asked
        await rooms.writes(right)
        case = await rooms.case()
        assert case.facts["place"] == place
        assert case.asked == before == "safe"
        assert render("ask_safe", "id" if place == "bavet" else "km") in (await rooms.screen())[-1]

    async def test_a_country_that_is_taken_back_takes_its_town_along(self, rooms: Rooms) -> None:
        await rooms.writes("tolong saya disekap di bavet kamboja")
        await rooms.writes("eh salah, saya di thailand bukan kamboja")
        case = await rooms.case()
        assert (case.country, case.facts["place"]) == ("TH", "thailand")

    @pytest.mark.parametrize("words", ["saya orang kamboja", "i am cambodian", "ខ្ញុំជាពលករខ្មែរ"])
    async def test_who_somebody_says_they_are_is_kept_with_the_case(self, rooms: Rooms, words: str) -> None:
        await rooms.writes(TRAPPED["id"])
        assert (await rooms.case()).nationality == "ID"
        await rooms.writes(words)
        assert (await rooms.case()).nationality == "KH"

    async def test_where_others_want_to_take_somebody_moves_nobody(self, rooms: Rooms) -> None:
        await rooms.writes("tolong saya disekap di bavet kamboja")
        await rooms.presses("safe:yes")
        await rooms.writes("mereka mau bawa kami ke myanmar, bukan thailand")
        assert (await rooms.case()).country == "KH"

    @pytest.mark.parametrize(
        "long",
        [
            "di bavet dekat pasar lama, rumah nomor dua belas yang pagarnya putih, seberang warung nasi",
            "នៅបាវិត ក្បែរផ្សារថ្មី ទល់មុខហាងបាយដែលមានផ្លាកពណ៌លឿង ចម្ងាយប្រហែលពីររយម៉ែត្រពីវត្ត",
        ],
    )
    async def test_a_long_answer_to_where_is_kept_with_what_stands_nearby(self, rooms: Rooms, long: str) -> None:
        await rooms.writes(TRAPPED["id"])
        assert (await rooms.case()).asked == "place"
        await rooms.writes(long)
        case = await rooms.case()
        assert case.country == "KH"
        assert case.facts["building"] in long

    async def test_who_says_it_is_not_safe_is_asked_nothing_more(self, rooms: Rooms) -> None:
        await rooms.writes("tolong saya disekap di bavet")
        before = await rooms.screen()
        await rooms.presses("safe:no")
        assert await rooms.screen() == before, "not even that it is noted"
        assert (await rooms.chat()).watched

    async def test_an_old_button_does_not_make_a_phone_safe(self, rooms: Rooms) -> None:
        await rooms.writes("tolong saya disekap di bavet")
        await rooms.presses("safe:yes", age_seconds=60 * 3600)
        assert (await rooms.chat()).watched
        assert (await rooms.screen())[-1] == render("button_old", "id")

    async def test_a_new_report_counts_as_watched_again(self, rooms: Rooms) -> None:
        case = await rooms.claimed("tolong saya disekap di bavet")
        await rooms.presses("safe:yes")
        await rooms.operator_presses(f"case:closed:{case.id}:resolved")
        await rooms.writes(TRAPPED["id"])
        assert (await rooms.chat()).watched

    async def test_a_position_answers_where(self, rooms: Rooms) -> None:
        await rooms.writes(TRAPPED["id"])
        await rooms.writes(location={"latitude": 11.08, "longitude": 106.17})
        assert (await rooms.case()).facts["place"] == "11.08, 106.17"
        assert render("ask_safe", "id") in (await rooms.screen())[-1]

    @pytest.mark.parametrize("words", ["/start", "/mulai", "/bantuan", "/tentang", "/batal", "/hapus", "/khmer"])
    async def test_a_command_loses_nothing_of_a_case(self, rooms: Rooms, words: str) -> None:
        await rooms.writes(TRAPPED["id"])
        before = await rooms.case()
        row = await rooms.writes(words)
        after = await rooms.case()
        assert (after.id, after.state, after.priority, after.facts) == (before.id, "new", before.priority, before.facts)
        assert (await rooms.row(row)).case_id == before.id


class TestWhileAnOperatorHoldsTheChat:
    """The bot is silent, but erase, language and triage keep working."""

    @both
    async def test_words_pictures_and_presses_go_to_the_operator_and_the_bot_says_nothing(
        self, rooms: Rooms, lang: str
    ) -> None:
        await rooms.claimed(TRAPPED[lang])
        before = await rooms.screen()
        await rooms.writes(QUESTION[lang])
        await rooms.writes(photo=PHOTO)
        await rooms.presses("human")
        await rooms.presses("menu:offer")
        await rooms.presses("ask:ask_fees")
        assert await rooms.screen() == before
        assert not rooms.rasa.heard
        assert render("desk_pressed", "id") in await rooms.topic()

    @both
    async def test_erase_and_language_still_work(self, rooms: Rooms, lang: str) -> None:
        await rooms.claimed(TRAPPED[lang])
        await rooms.writes("bahasa khmer" if lang == "id" else "bahasa indonesia")
        assert (await rooms.screen())[-1] == render("language_set", "km" if lang == "id" else "id")
        await rooms.writes("/hapus")
        assert (await rooms.rows("closing"))[0].payload["text"] == render(
            "erase_closing", "km" if lang == "id" else "id"
        )
        shown = [row.payload["text"] for row in await rooms.rows("relay")]
        wished = ["bahasa khmer" if lang == "id" else "bahasa indonesia", "/hapus"]
        assert shown[-2:] == [render("desk_relay", "id", words=words) for words in wished]

    @both
    async def test_triage_still_raises(self, rooms: Rooms, lang: str) -> None:
        await rooms.claimed(TRAPPED[lang])
        before = await rooms.screen()
        await rooms.writes(BEATEN_AT[lang])
        case = await rooms.case()
        assert case.priority == 1
        assert render("desk_raised", "id", ref=case.ref, priority=1) in await rooms.topic()
        assert await rooms.screen() == before

    async def test_a_claim_while_rasa_thinks_silences_the_bot(self, rooms: Rooms) -> None:
        await rooms.writes(TRAPPED["id"])
        await rooms.delivers()
        case = await rooms.case()

        async def claim() -> None:
            await rooms.operator_presses(f"case:claim:{case.id}")

        rooms.rasa.meanwhile = claim
        await rooms.writes("berapa biaya paspor?")
        assert "jawaban" not in await rooms.screen()
        assert render("desk_relay", "id", words="berapa biaya paspor?") in await rooms.topic()


class TestRasaAway:
    """Slow, down, or answering nothing: our own text with a number at once, and the answer when it is back."""

    @both
    async def test_told_once_and_answered_once_when_it_is_back(self, rooms: Rooms, lang: str) -> None:
        rooms.rasa.parts = None
        row = await rooms.writes(QUESTION[lang])
        later = [line for line in await rooms.screen() if line.startswith(beginning("turn_later", lang))]
        assert len(later) == 1 and any(letter.isdigit() for letter in later[0])
        assert (await rooms.row(row)).state == "unanswered"
        assert not await rooms.rows("card"), "the list is unalerted"
        # It comes back, fails once more, and is back for good.
        await turns.replay_unanswered()
        await turns.take(update=row)
        rooms.rasa.parts = [rasa_client.Part(body="jawaban")]
        for _ in range(2):
            await turns.replay_unanswered()
            await turns.take(update=row)
        screen = await rooms.screen()
        assert screen.count("jawaban") == 1
        assert len([line for line in screen if line.startswith(beginning("turn_later", lang))]) == 1

    @both
    async def test_whoever_has_a_case_since_is_not_answered_late(self, rooms: Rooms, lang: str) -> None:
        rooms.rasa.parts = None
        row = await rooms.writes(QUESTION[lang])
        rooms.rasa.parts = [rasa_client.Part(body="jawaban")]
        await rooms.writes(TRAPPED[lang])
        await turns.replay_unanswered()
        await turns.take(update=row)
        assert "jawaban" not in await rooms.screen()
        assert (await rooms.row(row)).case_id == (await rooms.case()).id

    @both
    async def test_distress_does_not_wait_for_it(self, rooms: Rooms, lang: str) -> None:
        rooms.rasa.parts = None
        await rooms.writes(TRAPPED[lang])
        assert not rooms.rasa.heard
        assert len(await rooms.rows("receipt")) == 1
        await rooms.writes(PLACE[lang])
        assert render("ask_safe", "km" if lang == "km" else "id") in (await rooms.screen())[-1]

    @both
    async def test_whom_only_the_model_recognises_has_a_case_all_the_same(
        self, rooms: Rooms, lang: str, with_model: None
    ) -> None:
        rooms.rasa.parts = None
        words = hint(lang)
        row = await rooms.writes(words)
        case = await rooms.case()
        assert (case.found_by, (await rooms.row(row)).state) == ("model", "done")
        assert len(await rooms.rows("receipt")) == 1 and len(await rooms.rows("card")) == 1
        assert not [line for line in await rooms.screen() if line.startswith(beginning("turn_later", lang))]

    @both
    async def test_a_question_waits_though_the_model_is_there(self, rooms: Rooms, lang: str, with_model: None) -> None:
        rooms.rasa.parts = None
        row = await rooms.writes(QUESTION[lang])
        assert (await rooms.row(row)).state == "unanswered"
        assert not await rooms.rows("card")

    async def test_a_model_that_cannot_be_read_changes_nothing(
        self, rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "models").mkdir()
        (tmp_path / "models" / "broken.tar.gz").write_bytes(b"no archive")
        monkeypatch.setattr(model, "_reader", model._Reader())
        rooms.rasa.parts = None
        row = await rooms.writes(QUESTION["id"])
        assert (await rooms.row(row)).state == "unanswered"

    async def test_a_long_outage_is_caught_up_behind_whoever_writes_now(self, rooms: Rooms) -> None:
        rooms.rasa.parts = None
        for number in range(30):
            await rooms.writes(f"berapa biaya paspor? {number}")
        assert await turns.replay_unanswered() == 30, "at 20 in five seconds an outage of minutes lasts for hours"
        async with session() as s:
            behind = "select count(*) from procrastinate_jobs where task_name = 'turns.take' and priority < 0"
            assert await s.scalar(text(behind)) == 30

    async def test_what_it_never_can_answer_is_given_to_a_person(self, rooms: Rooms) -> None:
        rooms.rasa.parts = None
        row = await rooms.writes("berapa biaya paspor?")
        for _ in range(6):
            await turns.replay_unanswered()
            await turns.take(update=row)
        assert (await rooms.row(row)).state == "dead"
        assert (await rooms.case()).found_by == "dead_letter"

    async def test_what_never_got_to_it_waits_however_often_it_was_killed(self, rooms: Rooms) -> None:
        rooms.rasa.parts, rooms.rasa.reached = None, False
        row = await rooms.writes("ធ្វើលិខិតឆ្លងដែនអស់ប៉ុន្មាន?")
        for _ in range(6):
            await turns.replay_unanswered()
            await turns.take(update=row)
        assert (await rooms.row(row)).state == "unanswered"
        rooms.rasa.parts = [rasa_client.Part(body="ចម្លើយ")]
        await turns.replay_unanswered()
        await turns.take(update=row)
        assert (await rooms.row(row)).state == "done"

    @pytest.mark.parametrize(
        ("fault", "reached"),
        [("ConnectError", False), ("ConnectTimeout", False), ("ReadTimeout", True), ("ReadError", True)],
    )
    async def test_what_cannot_reach_it_is_told_from_what_it_cannot_answer(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch, fault: str, reached: bool
    ) -> None:
        import httpx

        from bot.errors import NluUnavailable

        def fails(_: httpx.Request) -> httpx.Response:
            raise getattr(httpx, fault)(fault)

        monkeypatch.undo()
        monkeypatch.setattr(rasa_client, "_http", httpx.AsyncClient(transport=httpx.MockTransport(fails)))
        monkeypatch.setattr(rasa_client, "_rasa", circuit_breaker.Outage())
        with pytest.raises(NluUnavailable) as problem:
            await rasa_client.ask("1:1", "halo", {})
        assert problem.value.reached is reached

    @pytest.mark.parametrize(
        "answer", ["[]", "{}", "null", "[1]", '[{"custom": {}}]', '[{"text": "hi"}]', "<html>", "[[]]"]
    )
    async def test_an_answer_that_is_none(self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
        import httpx

        from bot.errors import NluUnavailable

        monkeypatch.undo()
        transport = httpx.MockTransport(lambda _: httpx.Response(200, text=answer))
        monkeypatch.setattr(rasa_client, "_http", httpx.AsyncClient(transport=transport))
        with pytest.raises(NluUnavailable):
            await rasa_client.ask("1:1", "halo", {})

    async def test_one_that_sends_a_byte_now_and_then_is_slow_all_the_same(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import httpx

        from bot.errors import NluUnavailable

        async def drip(_: httpx.Request) -> httpx.Response:
            await asyncio.sleep(30)
            dripped.append(1)
            return httpx.Response(200, text="[]")

        dripped: list[int] = []

        monkeypatch.setattr(rasa_client, "_http", httpx.AsyncClient(transport=httpx.MockTransport(drip)))
        monkeypatch.setattr(rasa_client, "settings", lambda: flow_settings())
        with pytest.raises(NluUnavailable):
            await rasa_client.ask("1:1", "halo", {})
        assert dripped == []

    async def test_while_it_hangs_nobody_waits_for_it_but_one_now_and_then(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import httpx

        from bot.errors import NluUnavailable

        asked = 0

        async def hangs(_: httpx.Request) -> httpx.Response:
            nonlocal asked
            asked += 1
            await asyncio.sleep(30 if asked <= circuit_breaker.FAILURES else 0)
            return httpx.Response(200, json=[{"custom": {"body": "jawaban"}}])

        monkeypatch.setattr(rasa_client, "_http", httpx.AsyncClient(transport=httpx.MockTransport(hangs)))
        monkeypatch.setattr(rasa_client, "_rasa", circuit_breaker.Outage())
        monkeypatch.setattr(rasa_client, "settings", lambda: flow_settings())
        for _ in range(circuit_breaker.FAILURES):
            with pytest.raises(NluUnavailable):
                await rasa_client.ask("1:1", "halo", {})
        with pytest.raises(NluUnavailable):
            await rasa_client.ask("1:1", "halo", {})
        assert asked == circuit_breaker.FAILURES, "Rasa is not even asked"
        monkeypatch.setattr(circuit_breaker, "ASK_SECONDS", 0)
        assert await rasa_client.ask("1:1", "halo", {}) == await rasa_client.ask("1:2", "halo", {}), (
            "it is back, for everybody"
        )


def flow_settings() -> Any:
    """Settings with a short patience."""
    from bot.settings import settings

    return settings().model_copy(update={"nlu_timeout_seconds": 0.2})


class TestBrokenTurns:
    """A turn that raises twice, hangs, or runs twice."""

    @both
    async def test_twice_broken_is_set_aside_told_and_lets_the_next_pass(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch, lang: str
    ) -> None:
        broken = await rooms.stores(rooms.update(text=QUESTION[lang], lang=lang))
        whole = pipeline.answer

        async def raises(*_: Any) -> None:
            raise RuntimeError(QUESTION[lang])

        monkeypatch.setattr(pipeline, "answer", raises)
        with pytest.raises(turns.TurnFailed):
            await turns.take(update=broken)
        await turns.take(update=broken)
        assert (await rooms.row(broken)).state == "dead"
        (told,) = [line for line in await rooms.screen() if line.startswith(beginning("turn_dead", lang))]
        assert any(letter.isdigit() for letter in told)
        assert render("desk_dead_letter", "id") in await rooms.topic()
        assert not any(QUESTION[lang] in line for line in await rooms.topic()), "shown to whoever claims it"
        monkeypatch.setattr(pipeline, "answer", whole)
        following = await rooms.writes(QUESTION[lang])
        assert (await rooms.row(following)).state == "done"

    async def test_one_that_hangs_is_cut_off_and_others_go_on(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(turns, "TURN_SECONDS", 1.5)
        stuck = asyncio.Event()

        async def hang() -> None:
            if len(rooms.rasa.heard) == 1:
                await stuck.wait()

        rooms.rasa.meanwhile = hang
        first = await rooms.stores(rooms.update(user=41, text="pertanyaan satu"))
        second = await rooms.stores(rooms.update(user=42, text="pertanyaan dua"))
        one = asyncio.create_task(turns.take(update=first))
        await asyncio.sleep(0.1)
        await turns.take(update=second)
        assert (await rooms.row(second)).state == "done"
        with pytest.raises(turns.TurnFailed):
            await one

    @both
    async def test_the_same_turn_twice_says_nothing_twice(self, rooms: Rooms, lang: str) -> None:
        for words in (QUESTION[lang], TRAPPED[lang], PLACE[lang], "/hapus", "petugas", "/batal"):
            row = await rooms.writes(words)
            async with session() as s:
                await s.execute(update(pipeline.Update).where(pipeline.Update.id == row).values(state="pending"))
                await s.commit()
            before = [(r.purpose, str(r.payload)) for r in await rooms.rows("reply", "receipt", "closing", "erase")]
            await turns.take(update=row)
            after = [(r.purpose, str(r.payload)) for r in await rooms.rows("reply", "receipt", "closing", "erase")]
            assert after == before, words

    async def test_an_update_whose_job_was_lost_gets_another(self, rooms: Rooms) -> None:
        row = await rooms.stores(rooms.update(text="berapa biaya paspor?"))
        async with session() as s:
            await s.execute(text("update procrastinate_jobs set status = 'failed' where task_name = 'turns.take'"))
            await s.commit()
        assert await turns.sweep(seconds=0) == 1
        assert await turns.sweep(seconds=0) == 0
        await turns.take(update=row)
        assert await turns.sweep(seconds=0) == 0


class TestEveryKind:
    """Whatever a person sends is acknowledged in words."""

    @pytest.mark.parametrize(
        "content",
        [
            {"photo": PHOTO},
            {"document": {"file_id": "d", "file_unique_id": "u"}},
            {"contact": {"phone_number": "+62", "first_name": "x"}},
            {"video": {"file_id": "d", "file_unique_id": "u", "width": 1, "height": 1, "duration": 1}},
            {"dice": {"emoji": "🎲", "value": 3}},
            {"voice": {"file_id": "v", "file_unique_id": "u", "duration": 3}},
            {"voice": {"file_id": "v", "file_unique_id": "u", "duration": 3}, "caption": "ini"},
            {"location": {"latitude": 1.0, "longitude": 2.0}},
            {"something_new": {"x": 1}},
            {"text": {"odd": True}},
            {"date": "yesterday", "text": "halo"},
        ],
    )
    async def test_is_acknowledged(self, rooms: Rooms, content: dict[str, Any]) -> None:
        row = await rooms.writes(**content)
        assert (await rooms.row(row)).state == "done"
        assert [line for line in await rooms.screen() if line != render("welcome", "id")]

    @pytest.mark.parametrize("kind", ["voice", "location"])
    async def test_what_may_be_a_call_without_words_has_a_case(self, rooms: Rooms, kind: str) -> None:
        content: dict[str, Any] = {
            "voice": {"voice": {"file_id": "v", "file_unique_id": "u", "duration": 3}, "caption": "pak"},
            "location": {"location": {"latitude": 1.0, "longitude": 2.0}},
        }[kind]
        await rooms.writes(**content)
        assert render("desk_card_unheard", "id") in (await rooms.rows("card"))[0].payload["text"]
        await rooms.delivers()
        case = await rooms.case()
        await rooms.operator_presses(f"case:claim:{case.id}")
        # Whoever took it has heard it.
        assert render("desk_card_unheard", "id") not in (await rooms.rows("refresh"))[-1].payload["text"]

    async def test_ten_pictures_at_once_are_answered_once(self, rooms: Rooms) -> None:
        for _ in range(10):
            await rooms.writes(photo=PHOTO, media_group_id="7")
        assert (await rooms.screen()).count(render("read_begins", "id")) == 1

    async def test_an_edit_that_changes_no_word_is_not_answered_again(self, rooms: Rooms) -> None:
        first = await rooms.row(await rooms.writes("berapa biaya paspor?"))
        before = await rooms.screen()
        edited = rooms.update(kind="edited_message", text="berapa biaya paspor?")
        edited["edited_message"]["message_id"] = first.message_id
        await turns.take(update=await rooms.stores(edited))
        assert await rooms.screen() == before

    @pytest.mark.parametrize("words", ["/", "//", " / ", "／", "\u200b"])
    async def test_signs_without_a_word(self, rooms: Rooms, words: str) -> None:
        row = await rooms.writes(words)
        assert (await rooms.row(row)).state == "done"
        assert (await rooms.screen())[-1] == render("turn_unreadable", "id")

    @pytest.mark.parametrize(
        "data",
        ["", "x", "safe:yes", "case:claim:1", "out:withdraw:1", "offer:A:b", "ask:report_distress", "ask:", "x" * 64],
    )
    async def test_buttons_nobody_made_are_answered_politely(self, rooms: Rooms, data: str) -> None:
        await rooms.presses(data)
        assert (await rooms.screen())[-1] == render("button_old", "id")
        assert not await rooms.cases()

    async def test_who_reads_this_names_the_desk_that_has_the_case(self, rooms: Rooms) -> None:
        await rooms.writes("/tentang")
        assert sites.fallback().name("id") in (await rooms.screen())[-1]


async def test_an_answer_of_rasa_in_a_language_chosen_meanwhile(rooms: Rooms) -> None:
    async def chooses() -> None:
        async with session() as s:
            await s.execute(update(Chat).where(Chat.kind == "private").values(lang="km"))
            await s.commit()

    rooms.rasa.meanwhile = chooses
    rooms.rasa.parts = [rasa_client.Part(text="help")]
    await rooms.writes("kamu bisa apa")
    assert (await rooms.screen())[-1] == render("help", "km")


@both
@pytest.mark.parametrize("greeted", [False, True], ids=["first words", "known chat"])
async def test_a_case_that_only_the_model_recognised_is_answered_once(rooms: Rooms, lang: str, greeted: bool) -> None:
    for _ in range(2 * greeted):
        await rooms.writes(QUESTION[lang])
    before = len(await rooms.rows("reply"))

    async def opens() -> None:
        # As the action does to whom Rasa gives a report; the words name the place that the first answer asks for.
        async with session() as s:
            row = await s.scalar(select(Update).order_by(Update.id.desc()).limit(1))
            assert row is not None and row.triage == "none"
            chat = await s.get_one(Chat, row.chat_id)
            await distress_report.receive(s, chat, row, "distress", lang=lang, found_by="model")
            await s.commit()

    rooms.rasa.meanwhile, rooms.rasa.parts = opens, [rasa_client.Part()]
    await rooms.writes({"id": "kami bertiga ada di bavet", "km": "ពួកយើងនៅបាវិត"}[lang])
    assert len(await rooms.rows("receipt")) == 1
    assert len(await rooms.rows("reply")) == before + (not greeted), "nothing but the welcome beside the first answer"


@pytest.mark.parametrize("words", ["I don't understand", "sorry I don't speak indonesian"])
async def test_who_has_neither_language_is_asked_for_one_once(rooms: Rooms, words: str) -> None:
    await rooms.writes(words)
    assert "\n".join(await rooms.screen()).count(render("english_line", "id")) == 1
    assert not rooms.rasa.heard


async def test_no_reply_stands_without_the_update_it_answers(rooms: Rooms) -> None:
    assert outbox.CALLBACK_BYTES == 64
    await rooms.writes(TRAPPED["id"])
    await rooms.writes("di bavet")
    rows: list[Outgoing] = await rooms.rows("reply", "receipt")
    assert all(row.update_id is not None for row in rows)


@both
async def test_every_meaning_that_is_offered_may_be_chosen(rooms: Rooms, lang: str) -> None:
    await rooms.writes({"id": "halo kak", "km": "សួស្តីបង"}[lang])
    for name in ("ask_identity", "ask_visa", "ask_offer_check"):
        rooms.rasa.heard.clear()
        await rooms.presses(f"ask:{name}")
        assert rooms.rasa.heard == [f"/{name}"]
        assert (await rooms.screen())[-1] == "jawaban"
