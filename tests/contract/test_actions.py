"""An action reads its turn from the real tables: the chat, the message, and the case if there is one."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import httpx
import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.exc import NoResultFound

from actions import base, server
from bot.offers import service as offers
from bot.processes import roles
from bot.settings import ROOT
from bot.storage import crypto
from bot.storage.session import session
from bot.texts import Lang, render
from nlu.rasa_server import inside
from tests.support.rooms import Rooms
from tests.support.timed import under

PLEA_ID = ("tolong saya disekap, paspor diambil", "Thailand")
PLEA_KM = ("ជួយផង ខ្ញុំជាប់នៅក្នុងអគារ គេមិនឲ្យចេញក្រៅទេ", "កម្ពុជា")
PLEA_LATN = ("chuoy phong ke min oy knhom chenh krav te, thaoke yok passport", "nov thai")


@pytest.fixture(scope="module", autouse=True)
def _started() -> None:
    """The lexicon and the answers are read before the first turn, as in a running hotline: a turn has seconds."""
    roles.KINDS["actions"]().warm()


async def act(
    name: str, intent: str, chat: int, update: int, confidence: float = 0.99, lang: str = "id"
) -> list[dict[str, Any]]:
    """What an action says to a stored message."""
    metadata = {"chat": chat, "update": update, "lang": lang, "heard": lang}
    latest = {"text": "", "intent": {"name": intent, "confidence": confidence}, "entities": []}
    events = [{"event": "user", "text": "", "metadata": metadata}]
    tracker = Tracker(f"{chat}:1", {}, latest, events, False, None, {}, "action_listen")
    dispatcher = CollectingDispatcher()
    action = next(action for action in server.actions() if action.action_name == name)
    await action().run(dispatcher, tracker, {})
    return [message["custom"] for message in dispatcher.messages]


async def test_a_greeting_is_answered_without_and_with_a_case(rooms: Rooms) -> None:
    row = await rooms.row(await rooms.writes("halo kak"))
    assert row.chat_id is not None
    assert [part.get("text") for part in await act("action_small_talk", "greet", row.chat_id, row.id)] == [
        "small_greet"
    ]
    case_row = await rooms.row(await rooms.writes("tolong saya disekap di kamboja, paspor diambil"))
    async with session() as s:
        chat, update, case = await base.rows_of(s, {"chat": row.chat_id, "update": case_row.id})
    assert (chat.id, update.id) == (row.chat_id, case_row.id)
    assert case is not None and case.chat_id == chat.id


async def test_a_question_is_answered_and_its_topic_kept(rooms: Rooms) -> None:
    row = await rooms.row(await rooms.writes("berapa biaya paspor?"))
    assert row.chat_id is not None
    said = await act("action_answer_question", "ask_passport", row.chat_id, row.id)
    assert said and said[0].get("body")
    async with session() as s:
        chat, _, _ = await base.rows_of(s, {"chat": row.chat_id, "update": row.id})
    assert chat.last_topic == "passport"


@pytest.mark.parametrize(
    ("lang", "doubt", "intent"),
    [
        ("id", "nomor 0812-9876-5432 aman gak?", "ask_hotline"),
        ("id", "081298765432 ini penipu bukan?", "ask_identity"),
        ("id", "@boss_kamboja bisa dipercaya?", "ask_police_report"),
        ("km", "លេខ 012345678 ជាអ្នកបោកមែនទេ?", "ask_online_scam_awareness"),
        ("km", "lek 012 345 678 tuk chet ban ot", "ask_hotline"),
    ],
)
async def test_a_doubted_number_is_never_answered_as_if_it_were_ours(
    rooms: Rooms, lang: Lang, doubt: str, intent: str
) -> None:
    row = await rooms.row(await rooms.writes(doubt, lang=lang))
    assert row.chat_id is not None
    await offers.ready()
    action = "action_about_us" if intent == "ask_identity" else "action_answer_question"
    (said,) = await act(action, intent, row.chat_id, row.id, lang=lang)
    assert said["body"] == render("offer_contact_unknown", lang) + "\n" + render("offer_only_contact", lang)


async def test_a_number_of_an_office_we_name_is_left_to_the_answer_about_it(rooms: Rooms) -> None:
    row = await rooms.row(await rooms.writes("+62 812 9007 0027 ini nomor asli kemlu?"))
    assert row.chat_id is not None
    await offers.ready()
    assert "+62 812 9007 0027" in (await act("action_answer_question", "ask_hotline", row.chat_id, row.id))[0]["body"]


@pytest.mark.parametrize(
    ("lang", "question", "told"),
    [
        ("id", "PT Andromeda Graha resmi ga?", "ada di daftar P3MI (Sep 2026)"),
        ("id", "tolong cek PT Sinar Harapan Jaya, katanya P3MI, kerja ke Taiwan", "tidak ada di daftar P3MI kami"),
        ("km", "ទីភ្នាក់ងារ Top Manpower មានអាជ្ញាប័ណ្ណទេ?", "បញ្ជីនោះចាស់ហើយ"),
        ("km", "ក្រុមហ៊ុន ABC Recruitment មានច្បាប់ទេ", "មិនទាន់បានពិនិត្យទេ"),
    ],
)
async def test_a_question_about_an_agency_is_answered_from_the_list_first(
    rooms: Rooms, lang: Lang, question: str, told: str
) -> None:
    row = await rooms.row(await rooms.writes(question, lang=lang))
    assert row.chat_id is not None
    await offers.ready()
    listed, how = await act("action_answer_question", "ask_agency_check", row.chat_id, row.id, lang=lang)
    assert told in listed["body"] and how["body"]


@pytest.mark.parametrize(
    ("lang", "question", "town"),
    [
        ("id", "bikin paspor di kamboja gimana?", "Sihanoukville"),
        ("km", "ធ្វើប៉ាស្ព័រនៅកម្ពុជាយ៉ាងម៉េច?", "ក្រុងព្រះសីហនុ"),
        ("km", "tver passport nov kampuchea yang mech?", "kampong som"),
    ],
)
async def test_a_town_written_after_an_answer_is_asked_after_and_not_answered_again(
    rooms: Rooms, lang: str, question: str, town: str
) -> None:
    asked = await rooms.row(await rooms.writes(question, lang=lang))
    assert asked.chat_id is not None
    assert (await act("action_answer_question", "ask_passport", asked.chat_id, asked.id))[0].get("body")
    told = await rooms.row(await rooms.writes(town, lang=lang))
    (said,) = await act("action_answer_question", "ask_passport", asked.chat_id, told.id)
    assert said.get("text") == "place_alone"
    assert said["buttons"][-1][0]["data"] == "human"


@pytest.mark.parametrize(("lang", "plea", "place"), [("id", *PLEA_ID), ("km", *PLEA_KM), ("km", *PLEA_LATN)])
async def test_a_place_written_into_an_open_case_is_noted_and_never_taken_for_a_question(
    rooms: Rooms, lang: str, plea: str, place: str
) -> None:
    await rooms.writes(plea, lang=lang)
    told = await rooms.row(await rooms.writes(place, lang=lang))
    assert told.chat_id is not None
    for action, intent in (
        ("action_answer_question", "ask_thailand_malaysia_mou"),
        ("action_set_language", "set_language"),
    ):
        assert await act(action, intent, told.chat_id, told.id) == [{"silent": True}]
    async with session() as s:
        chat, _, _ = await base.rows_of(s, {"chat": told.chat_id, "update": told.id})
    assert chat.lang is None, "no language was chosen"


@pytest.mark.parametrize(
    ("lang", "plea", "home"),
    [
        ("id", PLEA_ID[0], "saya orang kamboja bukan indonesia"),
        ("km", PLEA_KM[0], "ខ្ញុំជាជនជាតិឥណ្ឌូណេស៊ី"),
        ("km", PLEA_LATN[0], "knhom chea chun cheat indonesia"),
    ],
)
async def test_whose_citizen_somebody_is_belongs_to_the_open_case_and_changes_no_language(
    rooms: Rooms, lang: str, plea: str, home: str
) -> None:
    await rooms.writes(plea, lang=lang)
    told = await rooms.row(await rooms.writes(home, lang=lang))
    assert told.chat_id is not None
    assert await act("action_set_language", "set_language", told.chat_id, told.id) == [{"silent": True}]
    async with session() as s:
        chat, _, _ = await base.rows_of(s, {"chat": told.chat_id, "update": told.id})
    assert chat.lang is None


@pytest.mark.parametrize(
    ("lang", "plea", "more"),
    [
        ("id", "anak saya di myawaddy ga bisa pulang, disekap", "gimana caranya?"),
        ("km", PLEA_KM[0], "ធ្វើម៉េចទៅ?"),
        ("km", PLEA_LATN[0], "tver mech tov?"),
    ],
)
async def test_a_doubtful_question_in_an_open_case_is_noted_and_answered_with_nothing_beside_it(
    rooms: Rooms, lang: str, plea: str, more: str
) -> None:
    await rooms.writes(plea, lang=lang)
    told = await rooms.row(await rooms.writes(more, lang=lang))
    assert told.chat_id is not None
    for action, intent in (("action_about_us", "ask_privacy_safety"), ("action_check_offer", "ask_offer_check")):
        assert await act(action, intent, told.chat_id, told.id, 0.5) == [{"silent": True}]


async def test_rows_that_are_gone_are_no_fault_of_the_person(rooms: Rooms) -> None:
    row = await rooms.row(await rooms.writes("halo"))
    assert row.chat_id is not None
    async with session() as s:
        with pytest.raises(NoResultFound):
            await base.rows_of(s, {"chat": row.chat_id, "update": row.id + 1000})
    assert (await act("action_small_talk", "greet", row.chat_id, row.id + 1000))[0]["text"] == "talk_to_a_person"


@pytest.mark.timed(only=True)
def test_the_first_report_does_not_wait_for_the_lexicon() -> None:
    script = """
import asyncio, time
from actions import server
from bot.processes import roles
async def serving():
    began = time.process_time()
    server.triage("saya kena jebak")
    server.triage("ខ្ញុំត្រូវគេបង្ខំឲ្យឆបោកតាមអនឡាញ")
    print("took", time.process_time() - began)
roles.KINDS["actions"]().warm()
asyncio.run(serving())
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    under(float(done.stdout.rpartition("took")[2]), 0.1, "read in the first person's turn, not at the start")


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("saya bareng sepupu ga tau harus gimana, bos simpan semua surat", "distress"),
        ("ខ្ញុំ និង ប្អូន មិនដឹងធ្វើម៉េច", "distress"),
        ("adik saya ga tau harus gimana di sana", "third_party"),
    ],
)
async def test_a_case_of_two_of_whom_one_writes_does_not_wait_as_a_report(rooms: Rooms, words: str, kind: str) -> None:
    row = await rooms.row(await rooms.writes(words))
    assert row.chat_id is not None
    await act("action_open_case", "report_third_party", row.chat_id, row.id)
    assert (await rooms.case()).kind == kind


async def test_an_action_works_on_no_chat_but_that_of_its_update(rooms: Rooms) -> None:
    """Whoever reaches the action server could otherwise have another chat's words read out into one of their own."""
    row = await rooms.row(await rooms.writes("lowongan admin di Sihanoukville, jangan bilang orang tua", 41))
    other = await rooms.row(await rooms.writes("halo", 42))
    assert row.chat_id is not None and other.chat_id is not None
    said = await act("action_check_offer", "ask_offer_check", other.chat_id, row.id)
    assert [part.get("text") for part in said] == ["talk_to_a_person"]


@pytest.mark.parametrize("shown", [None, "", "0" * 64, "ä"])
async def test_whoever_reaches_the_action_servers_port_is_told_nothing(rooms: Rooms, shown: str | None) -> None:
    """A process of another user on this machine, or another container, could otherwise erase and read any chat."""
    row = await rooms.row(await rooms.writes("hapus semua pesan di sini", 41))
    before = len(await rooms.rows("erase"))
    tracker = {
        **{"sender_id": "x", "slots": {}, "paused": False, "active_loop": {}, "latest_event_time": 0},
        "latest_message": {"intent": {"name": "x", "confidence": 1.0}, "entities": []},
        "events": [{"event": "user", "metadata": {"chat": row.chat_id, "update": row.id, "lang": "id"}}],
    }
    given = {"next_action": "action_erase_chat", "sender_id": "x", "tracker": tracker, "domain": {}}
    headers = {} if shown is None else {inside.HEADER: shown.encode()}
    transport = httpx.ASGITransport(app=server.app())
    async with httpx.AsyncClient(transport=transport, base_url="http://actions") as http:
        refused = await http.post("/webhook", json=given, headers=headers)
        assert refused.status_code == 403
        assert len(await rooms.rows("erase")) == before
        assert (await http.get("/health")).status_code == 200
        ours = {inside.HEADER: crypto.inside_token()}
        assert (await http.post("/webhook", json=given, headers=ours)).status_code == 200
    assert len(await rooms.rows("erase")) > before
