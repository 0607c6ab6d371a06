"""Somebody else holds the phone, stands beside it, or will: the chat shuts, betrays nothing, and the desk knows why."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from bot import texts
from bot.cases.rules import CASE_KINDS
from bot.outbox import call, send
from bot.settings import ROOT
from bot.storage.models import Chat, Outgoing
from bot.texts import LANGS, Lang, render
from bot.turns import case_words, phone_words
from bot.turns.hours import ZONES
from tests.support.rooms import Rooms

CRY = {
    "id": "tolong pak, saya disekap di kamboja, paspor saya diambil bos",
    "km": "ជួយខ្ញុំផង ខ្ញុំជាប់នៅក្នុងអគារ ថៅកែយកលិខិតឆ្លងដែនខ្ញុំ គេមិនឲ្យចេញក្រៅទេ",
}
ANSWER = "Polisi datang jam 9 malam, siapkan diri"
PHOTO = [{"file_id": "p", "file_unique_id": "u", "width": 1, "height": 1}]
#: What must stand in no answer to a report, in both languages: each tells whoever reads along what this chat is about.
BETRAYS = {
    "id": [
        "aman",
        "polisi",
        "bos",
        "agen",
        "diawasi",
        "awasi",
        "dicatat",
        "catat",
        "tersimpan",
        "simpan",
        "petugas",
        "kbri",
        "kjri",
        "kedutaan",
        "tim",
        "lapor",
        "korban",
        "bahaya",
        "rahasia",
        "kasus",
    ],
    "km": [
        "សុវត្ថិភាព",
        "ប៉ូលិស",
        "នគរបាល",
        "ថៅកែ",
        "មេខ្យល់",
        "ភ្នាក់ងារ",
        "តាមមើល",
        "កត់ទុក",
        "រក្សាទុក",
        "មន្ត្រី",
        "ស្ថានទូត",
        "ក្រុមយើង",
        "គ្រោះថ្នាក់",
        "ករណី",
        "សម្ងាត់",
    ],
}
ASKED = [
    "kamu siapa",
    "ini hp siapa",
    "tadi dia chat apa",
    "what did she write",
    "នេះជាអ្នកណា",
    "គាត់ឆាតអីមកនេះ",
    "nak na nis",
]
STOPS = [
    "jangan kirim apa-apa",
    "they are coming",
    "gak bisa sekarang",
    "ខ្ញុំឈប់សិន",
    "កុំផ្ញើអីមក",
    "kom phnher avey mok",
    "stop dulu kak ada orang",
]


@pytest.fixture
def phone(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the worker's phone shows, sent by the real sender."""
    shown: list[str] = []

    async def make(_bot: Any, row: Outgoing, _chat: Chat, _room: Any) -> list[int]:
        if row.method.startswith("send"):
            shown.append(str(row.payload.get("text", row.method)))
        return [900_000 + row.id] if row.method.startswith("send") else []

    monkeypatch.setattr(call, "make", make)
    return shown


async def gets(rooms: Rooms) -> None:
    chat = await rooms.chat()
    while await send._send_next(chat.id):
        pass


async def cry_in_topic(rooms: Rooms) -> tuple[int | None, int]:
    topic = (await rooms.case()).topic_id
    return topic, next(row for row in await rooms.rows("relay") if row.message_ids).message_ids[0]


class TestWhoAsks:
    """Whoever holds the phone asks what it is about."""

    @pytest.mark.parametrize("words", [*ASKED, "/tentang", "/asli"])
    async def test_ordinary_words_about_work_and_a_warning_to_the_desk(self, rooms: Rooms, words: str) -> None:
        await rooms.writes(CRY["id"])
        await rooms.delivers()
        await rooms.writes(words)
        lang: Lang = "km" if any("\u1780" <= letter <= "\u17ff" for letter in words) or words == "nak na nis" else "id"
        assert (await rooms.screen())[-1] in {render("phone_ordinary", lang), render("phone_ordinary", "id")}
        assert render("desk_other_hand", "id") in await rooms.topic()
        assert not rooms.rasa.heard

    @pytest.mark.parametrize("data", ["menu:about", "menu:real"])
    async def test_the_buttons_about_us_say_the_same(self, rooms: Rooms, data: str) -> None:
        await rooms.claimed(CRY["id"])
        await rooms.presses(data)
        assert (await rooms.screen())[-1] == render("phone_ordinary", "id")

    async def test_an_officers_answer_waits_after_such_a_question(self, rooms: Rooms, phone: list[str]) -> None:
        await rooms.claimed(CRY["id"])
        topic, cry = await cry_in_topic(rooms)
        await rooms.writes("ini siapa, dia chat apa aja ke kamu")
        await rooms.operator_writes(ANSWER, topic, to=cry)
        await gets(rooms)
        assert ANSWER not in phone and render("phone_ordinary", "id") in phone
        await rooms.delivers()
        assert render("desk_waiting_asked", "id") in await rooms.topic()

    async def test_without_a_case_the_question_is_answered_truly(self, rooms: Rooms) -> None:
        await rooms.writes("/tentang")
        assert render("phone_ordinary", "id") not in await rooms.screen()

    def test_the_ordinary_words_and_the_closing_line_betray_nothing(self) -> None:
        for lang in LANGS:
            for key in ("phone_ordinary", "erase_closing", "erase_closing_former_bot"):
                assert not betrayed(texts.catalogue(lang)[key], lang), key


class TestNotNow:
    """The worker cannot be written to now."""

    @pytest.mark.parametrize("words", STOPS)
    @pytest.mark.parametrize("held", [True, False])
    async def test_the_window_shuts_at_once_and_the_desk_sees_why(
        self, rooms: Rooms, phone: list[str], words: str, held: bool
    ) -> None:
        await (rooms.claimed(CRY["id"]) if held else rooms.writes(CRY["id"]))
        await gets(rooms)
        await rooms.delivers()
        phone.clear()
        await rooms.writes(words)
        if held:
            topic, cry = await cry_in_topic(rooms)
            await rooms.operator_writes(ANSWER, topic, to=cry)
        else:
            await rooms.operator_presses(f"case:claim:{(await rooms.case()).id}")
        await gets(rooms)
        assert phone == [], "no question, no notice, no answer"
        assert render("desk_wish_stop", "id") in await rooms.topic()
        assert (await rooms.chat()).watched

    async def test_a_press_of_not_now_shuts_it_and_the_other_button_opens_it_again(
        self, rooms: Rooms, phone: list[str]
    ) -> None:
        await rooms.writes("tolong saya disekap di bavet")
        await gets(rooms)
        phone.clear()
        await rooms.presses("safe:no")
        await gets(rooms)
        assert phone == [] and (await rooms.chat()).shut_why == "stopped"
        await rooms.presses("safe:yes")
        await gets(rooms)
        assert phone and (await rooms.chat()).shut_why is None

    @pytest.mark.parametrize("words", ["nanti saja", "tidak", "ចាំពេលក្រោយ", "អត់ទេ"])
    async def test_a_typed_no_is_a_no(self, rooms: Rooms, phone: list[str], words: str) -> None:
        await rooms.writes("tolong saya disekap di bavet, paspor diambil")
        await gets(rooms)
        if (await rooms.case()).asked != "safe":
            await rooms.writes("di bavet")
        await gets(rooms)
        phone.clear()
        await rooms.writes(words)
        await gets(rooms)
        assert phone == []

    async def test_a_plea_among_such_words_still_raises_its_case(self, rooms: Rooms) -> None:
        await rooms.claimed(CRY["id"])
        await rooms.writes("jangan balas, mereka sedang pukul saya, tolong")
        case = await rooms.case()
        assert case.priority == 1
        assert render("desk_raised", "id", ref=case.ref, priority=1) in await rooms.topic()


class TestHours:
    """Hours of danger are facts of the case; hours to write in are those that the worker gives as such."""

    @pytest.mark.parametrize("words", ["mereka datang jam 9 malam, jangan kirim apa-apa", "ម៉ោង ៩ យប់គេមក កុំផ្ញើអី"])
    async def test_hours_of_danger_are_never_hours_to_write_in(self, rooms: Rooms, words: str) -> None:
        await rooms.claimed(CRY["id"])
        await rooms.writes(words)
        assert (await rooms.chat()).safe_hours is None
        assert (await rooms.case()).facts["danger_hours"][0]["from"] == "21:00"
        assert any(line.startswith("⚠") and "21:00" in line for line in await rooms.topic())

    async def test_an_answer_to_an_officer_who_asked_when_needs_no_word_of_safety(self, rooms: Rooms) -> None:
        await rooms.claimed("tolong pak, saya disekap, paspor saya diambil bos")
        topic, cry = await cry_in_topic(rooms)
        await rooms.writes("jam 11 malam")
        assert (await rooms.chat()).safe_hours is None, "nobody asked"
        await rooms.operator_writes("Bisa ditulis jam berapa?", topic, to=cry)
        await rooms.writes("jam 11 malam")
        assert ((await rooms.chat()).safe_hours or {})["from"] == "23:00"


class TestTakenBack:
    """One thing is to be deleted."""

    async def test_a_photo_that_is_to_be_deleted_is_not_shown_at_the_claim(self, rooms: Rooms) -> None:
        await rooms.writes(CRY["id"])
        await rooms.writes(photo=PHOTO, caption="ini ktp saya, salah kirim, hapus fotonya")
        await rooms.delivers()
        await rooms.operator_presses(f"case:claim:{(await rooms.case()).id}")
        topic = await rooms.topic()
        assert render("desk_wish_delete_one", "id") in topic and render("desk_held_back", "id") in topic
        assert not [row for row in await rooms.rows("relay") if row.method != "sendMessage"]

    @pytest.mark.parametrize("words", ["tolong hapus foto paspor saya tadi", "លុបរូបលិខិតឆ្លងដែនខ្ញុំផង"])
    async def test_a_later_wish_takes_back_the_photo_before_it(self, rooms: Rooms, words: str) -> None:
        await rooms.writes(CRY["id"])
        photo = await rooms.writes(photo=PHOTO)
        await rooms.writes(words)
        assert (await rooms.row(photo)).held_back
        await rooms.delivers()
        await rooms.operator_presses(f"case:claim:{(await rooms.case()).id}")
        assert render("desk_held_back", "id") in await rooms.topic()
        assert render("desk_relay", "id", words=words) in await rooms.topic(), "the wish itself is read"

    async def test_a_photo_sent_before_there_was_a_case_stays_hidden_when_one_opens(self, rooms: Rooms) -> None:
        rooms.rasa.parts = []
        photo = await rooms.writes(photo=PHOTO, caption="hapus foto ini ya, salah kirim")
        assert (await rooms.row(photo)).held_back

    async def test_what_was_shown_already_is_a_task_for_the_holder(self, rooms: Rooms) -> None:
        await rooms.claimed(CRY["id"])
        await rooms.writes("alamat rumah ibu saya jalan mawar 5")
        await rooms.writes("pesan terakhir tolong dihapus")
        assert render("desk_wish_delete_one", "id") in await rooms.topic()
        assert "delete_one_wished" in await rooms.events(await rooms.case())


def betrayed(text: str, lang: Lang) -> list[str]:
    """The words of a text that tell whoever reads along what the chat is about."""
    if lang == "km":
        return [word for word in BETRAYS["km"] if word in text]
    found = {part.strip('.,:;!?()"“”') for part in text.lower().split()}
    return [word for word in BETRAYS["id"] if any(one.startswith(word) for one in found if len(one) <= len(word) + 3)]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("kind", CASE_KINDS)
def test_the_first_two_answers_to_a_report_may_be_read_over_a_shoulder(lang: Lang, kind: str) -> None:
    questions = [render(f"ask_{question}", lang) for question in ("place", "danger", "safe", "people", "need")]
    numbers = {
        case_words.number_line(country, home, lang, bare=True)
        for home in ("ID", "KH", None)
        for country in (None, *ZONES)
    }
    waits = ["", render("case_many_wait", lang), render("case_desk_closed", lang)]
    first = [
        render(f"case_first_{kind}", lang, question=question, number=number) + "\n" + wait
        for question in ("", *questions)
        for number in numbers
        for wait in waits
    ]
    second = [render("case_noted", lang), *questions]
    second += [render("case_safe_hours", lang, start="19:00", end="21:00"), render("case_claimed", lang)]
    second += [render(key, lang) for key in ("case_button_safe", "case_button_not_safe", "case_closed")]
    later = [render(key, lang, number=number) for key in ("turn_later", "turn_dead") for number in numbers]
    for answer in (*first, *second, *later):
        assert not betrayed(answer, lang), answer
    assert all(any(letter.isdigit() for letter in answer) for answer in first), "always a number to call"


#: Said to who is with the police or in a safe place, not at work: that they may ask for their embassy.
AWAY_FROM_WORK = ("talk_detained", "talk_safe_place")


@pytest.mark.parametrize("lang", LANGS)
def test_what_is_said_in_a_case_may_be_read_over_a_shoulder(lang: Lang) -> None:
    said = yaml.safe_load((ROOT / "data" / "texts" / lang / "talk.yml").read_text(encoding="utf-8"))
    talk = {key: texts.catalogue(lang)[key] for key in said}
    told = {key: betrayed(words, lang) for key, words in talk.items() if not key.startswith(AWAY_FROM_WORK)}
    assert {key: words for key, words in told.items() if words} == {}


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        *((words, "other_hand") for words in ASKED),
        *((words, "stop_now") for words in STOPS),
        ("hapus fotonya", "delete_one"),
        ("លុបរូបហ្នឹងផង", "delete_one"),
        ("lup rub nung phong", "delete_one"),
    ],
)
def test_what_is_said_of_the_phone_is_read_without_a_database(text: str, reading: str) -> None:
    said = phone_words.read(text)
    assert [name for name in phone_words.READINGS if getattr(said, name)] == [reading]


def test_nothing_is_hidden_from_the_holder_unless_words_ask_for_it() -> None:
    for text in ("kalimat 0", "kalimat 3", "nomor kamar 12", "foto gedungnya"):
        assert not phone_words.read(text).delete_one


def test_a_cry_of_violence_now_is_no_wish_for_silence() -> None:
    assert not phone_words.read("tolong, sekarang mereka pukul saya").stop_now
    assert phone_words.read("mereka datang, jangan kirim").stop_now


@pytest.mark.parametrize(
    "text",
    [
        "tolong saya disekap di bavet, paspor diambil",
        "min tolong, mereka datang bawa setrum, teman saya sudah dipukul",
        "berapa biaya ke taiwan",
        "halo kak, ada lowongan di jepang?",
        "ជួយខ្ញុំផង គេវាយខ្ញុំ",
        "ធ្វើលិខិតឆ្លងដែនថ្លៃប៉ុន្មាន",
        "khnhom chong tov tver ka nov thai",
    ],
)
def test_a_plea_or_a_question_says_nothing_of_the_phone(text: str) -> None:
    said = phone_words.read(text)
    assert not (said.other_hand or said.stop_now or said.delete_one)
