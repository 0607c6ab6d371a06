"""The offer check as a conversation: a stored tracker in, events and messages out."""

from __future__ import annotations

import pytest

from bot.dialogue.offer_answers import _words, only_answers, read_answer, read_correction
from bot.dialogue.short_messages import JUST_SENT
from bot.dialogue.steering import named_language
from bot.offers import service
from bot.storage.models import Update
from tests.support.talk import Talk


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """The rules are read, as the action server reads them before it serves: a step may not wait for it."""
    service.warm()


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Talk:
    return Talk(monkeypatch)


async def test_an_offer_is_judged_and_the_first_missing_fact_is_asked(talk: Talk) -> None:
    said = await talk.check()
    assert said[0]["body"].startswith("🟡")
    assert said[1]["text"] == "offer_ask_visa"
    assert said[1]["buttons"][1] == [{"label": "offer_answer_visa_tourist", "data": "offer:visa:tourist"}]
    assert talk.loop == "offer_form"
    assert talk.rows.committed


async def test_no_slot_holds_a_word_of_the_offer(talk: Talk) -> None:
    await talk.check()
    assert not any(isinstance(value, str) and "sawit" in value for value in talk.slots.values())


async def test_pressed_buttons_move_the_verdict(talk: Talk) -> None:
    await talk.check()
    _, said = await talk.answer(None, "answer_offer", "visa:work")
    assert said[0]["text"] == "offer_ask_pays"
    await talk.answer(None, "answer_offer", "pays:me")
    if talk.slots["requested_slot"]:
        await talk.answer(None, "answer_offer", "contract:no")
    assert talk.slots["requested_slot"] is None
    _, said = await talk.run("action_conclude_offer", None, "answer_offer", before="offer_form")
    assert said[0]["body"].startswith("🔴")


async def test_typed_answers_work_too(talk: Talk) -> None:
    await talk.check()
    await talk.answer("turis")
    assert talk.slots["offer_visa"] == "tourist"
    assert talk.slots["requested_slot"] is None


async def test_a_short_answer_is_an_answer_whatever_the_model_thinks(talk: Talk) -> None:
    await talk.check()
    await talk.answer("visa kerja", "report_distress")
    assert talk.slots["offer_visa"] == "work"


async def test_what_cannot_be_read_is_asked_again_once_then_counts_as_unknown(talk: Talk) -> None:
    await talk.check()
    _, said = await talk.answer("pokoknya gitu")
    assert said[0]["text"] == "offer_ask_again"
    _, said = await talk.answer("gitu deh")
    assert talk.slots["offer_visa"] == "unknown"
    assert said[0]["text"] == "offer_ask_pays"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("saya dikurung di gedung dan paspor saya diambil bos", "report_distress"),
        ("biaya paspor berapa ya kak", "ask_passport"),
        ("batalkan saja semuanya tidak jadi", "cancel"),
        ("saya mau bicara dengan petugas yang kerja di sana", "request_operator"),
    ],
)
async def test_distress_and_questions_are_left_to_the_other_rules(talk: Talk, text: str, intent: str) -> None:
    await talk.check()
    events, said = await talk.answer(text, intent)
    assert (events, said) == ([], [])


@pytest.mark.parametrize("text", ["saya kena jebak", "ខ្ញុំត្រូវគេបង្ខំឲ្យឆបោកតាមអនឡាញ", "knhom chong rot"])
@pytest.mark.parametrize("asked", ["visa", "pays", "contract"])
async def test_distress_that_only_the_model_hears_leaves_the_form_at_every_question(
    talk: Talk, asked: str, text: str
) -> None:
    await talk.check()
    talk.slots["requested_slot"] = f"offer_{asked}"
    assert await talk.answer(text, "report_distress") == ([], [])


@pytest.mark.parametrize("text", ["eh maksudku visa turis", "ច្រឡំ វីសាទេសចរណ៍", "ot te, chong niyeay tha tesachor"])
async def test_an_answer_taken_back_moves_the_verdict(talk: Talk, text: str) -> None:
    await talk.check()
    await talk.answer("visa kerja")
    assert talk.slots["requested_slot"] == "offer_pays"
    await talk.answer(text, "deny")
    assert talk.slots["offer_visa"] == "tourist"


@pytest.mark.parametrize("text", ["eh bukan, visa kerja", "អត់ទេ វីសាការងារ", "ot te, visa kar ngea"])
@pytest.mark.parametrize(
    ("action", "intent"),
    [
        ("action_answer_question", "ask_visa"),
        ("action_small_talk", "deny"),
        ("action_fallback", "nlu_fallback"),
        ("action_check_offer", "ask_offer_check"),
        ("action_open_case", "report_distress"),
    ],
)
async def test_an_answer_taken_back_after_the_last_verdict_goes_on_asking(
    talk: Talk, text: str, action: str, intent: str
) -> None:
    await talk.check()
    await talk.answer("visa turis")
    await talk.run("action_conclude_offer", "visa turis", "nlu_fallback")
    talk.loop = None
    _, said = await talk.run(action, text, intent)
    assert (talk.slots["offer_visa"], talk.loop) == ("work", "offer_form")
    assert said in ([], [{"silent": True}])


@pytest.mark.parametrize(
    "text", ["eh bukan, visa kerja saya diambil, saya dikurung", "bukan itu, visa", "visa kerja", "bukan visa turis"]
)
async def test_what_says_more_or_takes_nothing_back_does_not_move_the_last_verdict(talk: Talk, text: str) -> None:
    await talk.check()
    await talk.answer("visa turis")
    talk.loop = None
    await talk.run("action_answer_question", text, "ask_visa")
    assert (talk.slots["offer_visa"], talk.loop) == ("tourist", None)


async def test_any_other_action_ends_the_form(talk: Talk) -> None:
    await talk.check()
    await talk.run("action_small_talk", "halo", "greet")
    assert talk.loop is None
    assert talk.slots["requested_slot"] is None


async def test_a_button_of_a_check_that_was_left_goes_on(talk: Talk) -> None:
    await talk.check()
    await talk.run("action_small_talk", "halo", "greet")
    await talk.run("action_resume_offer", None, "answer_offer", pressed="visa:work")
    assert talk.loop == "offer_form"
    _, said = await talk.run("validate_offer_form", None, "answer_offer", before="action_resume_offer")
    assert said[0]["text"] == "offer_ask_pays"


async def test_a_button_of_a_forgotten_offer_says_so(talk: Talk) -> None:
    _, said = await talk.run("action_resume_offer", None, "answer_offer", pressed="visa:work")
    assert said[0]["text"] == "offer_gone"


async def test_a_wish_without_an_offer_asks_for_it(talk: Talk) -> None:
    said = await talk.check("tolong cek lowongan dong kak")
    assert [part["text"] for part in said] == ["chat_paste_offer"]
    assert talk.loop is None


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("kak ini aman ga?", "action_check_offer"),
        ("aman ga kak", "action_small_talk"),
        ("បោកទេបង?", "action_answer_question"),
        ("nis bok te bong", "action_fallback"),
    ],
)
async def test_is_it_safe_after_an_offer_means_that_offer(talk: Talk, text: str, action: str) -> None:
    first = await talk.check()
    _, said = await talk.run(action, text, "deny")
    assert [part["body"][:40] for part in said] == [first[0]["body"][:40]]


@pytest.mark.parametrize("text", ["apa saya aman di sini?", "aman ga kerja di Taiwan?", "ខ្ញុំមានសុវត្ថិភាពទេ?", "halo kak"])
async def test_anything_else_after_an_offer_does_not(talk: Talk, text: str) -> None:
    first = await talk.check()
    _, said = await talk.run("action_small_talk", text, "deny")
    assert [part for part in said if part.get("body") == first[0]["body"]] == []


async def test_is_it_safe_long_after_an_offer_does_not_mean_it(talk: Talk) -> None:
    first = await talk.check()
    for row in talk.rows.rows.values():
        if isinstance(row, Update):
            row.received_at -= JUST_SENT * 2
    _, said = await talk.run("action_small_talk", "aman ga kak", "deny")
    assert said[0].get("body") != first[0]["body"]


async def test_an_action_that_fails_says_whom_one_can_call(talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    talk.rows.rows.clear()
    _, said = await talk.run("action_check_offer", "KANARI", "ask_offer_check")
    assert said[0]["text"] == "talk_to_a_person"
    assert said[0]["args"]["number"]
    assert "KANARI" not in capsys.readouterr().err


async def test_two_misses_in_a_row_offer_a_person(talk: Talk) -> None:
    talk.slots["fallbacks"] = 1
    _, said = await talk.run("action_fallback", "zxqw", "nlu_fallback")
    assert said[0]["text"] == "fallback_person"
    assert talk.slots["fallbacks"] == 2
    await talk.run("action_small_talk", "halo", "greet")
    assert talk.slots["fallbacks"] is None


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("visa", "visa turis kak", "tourist"),
        ("visa", "ga tau", "unknown"),
        ("visa", "ទេសចរណ៍", "tourist"),
        ("visa", "toch", "tourist"),
        ("pays", "potong gaji", "salary_cut"),
        ("pays", "saya sendiri", "me"),
        ("pays", "ថៅកែចេញ", "company"),
        ("visa", "bukan turis, visa kerja", "work"),
        ("visa", "មិនមែនវីសាទេសចរណ៍ទេ វីសាការងារ", "work"),
        ("visa", "min men visa tesachor te, visa kar ngea", "work"),
        ("visa", "visa tesochor", "tourist"),
        ("visa", "tov dae leng", "tourist"),
        ("visa", "វីសាដើរលេង", "tourist"),
        ("visa", "gak pake visa", "tourist"),
        ("visa", "visa ka ngear", "work"),
        ("pays", "bukan saya, perusahaan", "company"),
        ("contract", "belum ada", "no"),
        ("contract", "ya", "yes"),
        ("contract", "អត់មាន", "no"),
        ("contract", "gk ada", "no"),
        ("contract", "gak punya kak", "no"),
        ("contract", "មិនបានទេ", "no"),
        ("contract", "at mean te", "no"),
        ("contract", "ot doeng te", "unknown"),
        ("visa", "gk ada", "tourist"),
        ("visa", "អត់មានទេ", "tourist"),
        ("visa", "ot mean te", "tourist"),
        ("visa", "visa kerja nanti diurus di sana", "tourist"),
        ("visa", "visa kerja, berangkat nanti bulan mei", "work"),
        ("visa", "ទៅដល់ទើបធ្វើវីសាការងារ", "tourist"),
        ("visa", "tov dol teub tver visa kar ngea", "tourist"),
        ("pays", "kat pi brak khae", "salary_cut"),
        ("employer", "tidak", "unknown"),
        ("employer", "មិនដឹង", "unknown"),
        ("visa", "pokoknya gitu", None),
        ("visa", "visa apa yang boleh?", None),
        ("visa", "kerja " * 20, None),
    ],
)
def test_typed_answers_are_read(question: str, text: str, answer: str | None) -> None:
    assert read_answer(question, text) == answer


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("eh maksudku visa turis", ("visa", "tourist")),
        ("eh maksud saya turis", ("visa", "tourist")),
        ("bukan kerja, turis", ("visa", "tourist")),
        ("ច្រឡំ វីសាទេសចរណ៍", ("visa", "tourist")),
        ("អត់ទេ ខ្ញុំចង់និយាយថាវីសាទេសចរណ៍", ("visa", "tourist")),
        ("ot te, chong niyeay tha tesachor", ("visa", "tourist")),
        ("saya", None),
        ("bukan saya, perusahaan", None),
        ("visa turis", None),
        ("eh maksudku visa kerja", None),
        ("eh bukan, visa turis", ("visa", "tourist")),
        ("bukan visa turis", None),
    ],
)
def test_an_earlier_answer_is_taken_back(text: str, changed: tuple[str, str] | None) -> None:
    assert read_correction({"visa": "work"}, "pays", text) == changed


@pytest.mark.parametrize(
    ("question", "text", "only"),
    [
        ("visa", "visa turis kak", True),
        ("visa", "វីសាទេសចរណ៍", True),
        ("pays", "saya sendiri kak", True),
        ("pays", "ខ្ញុំបង់ខ្លួនឯង", True),
        ("pays", "saya kena jebak", False),
        ("pays", "ខ្ញុំត្រូវគេបង្ខំឲ្យឆបោកតាមអនឡាញ", False),
        ("pays", "knhom chong rot", False),
    ],
)
def test_a_cry_for_help_that_holds_an_answer_is_told_from_the_answer(question: str, text: str, only: bool) -> None:
    assert read_answer(question, text) is not None
    assert only_answers(question, text) == only


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("ganti ke bahasa khmer dong", "km"),
        ("និយាយភាសាឥណ្ឌូណេស៊ីវិញ", "id"),
        ("សូមប្រើភាសាខ្មែរ", "km"),
        ("ganti bahasa", None),
        ("indonesia atau khmer?", None),
    ],
)
def test_a_named_language_is_read(text: str, lang: str | None) -> None:
    assert named_language(text) == lang


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("bayar ke agen", "me"),
        ("ditanggung sendiri", "me"),
        ("setor ke PT 5 juta", "me"),
        ("mereka suruh saya bayar", "me"),
        ("perusahaan ga bayar", "me"),
        ("bayar sendiri", "me"),
        ("ditanggung perusahaan", "company"),
        ("agen yang bayar", "company"),
        ("saya ga bayar, perusahaan", "company"),
        ("ditalangi agen dulu", "salary_cut"),
        ("ga dipotong, ditanggung bos", "company"),
        ("បង់ឱ្យមេខ្យល់", "me"),
        ("ខ្ញុំបង់ឲ្យក្រុមហ៊ុន", "me"),
        ("បង់លុយអោយគេ", "me"),
        ("ចេញខ្លួនឯង", "me"),
        ("ក្រុមហ៊ុនចេញឲ្យ", "company"),
        ("មិនកាត់លុយខែទេ ថៅកែចេញ", "company"),
        ("bong oy mekhyol", "me"),
        ("knhom bong oy kromhun", "me"),
        ("bong khluon eng", "me"),
        ("kromhun chenh oy", "company"),
        ("ot kat luy te, kromhun chenh", "company"),
    ],
)
def test_who_gives_the_money_pays_whoever_else_is_named(text: str, answer: str) -> None:
    assert read_answer("pays", text) == answer


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("employer", "tahu min", "known"),
        ("employer", "ot skal te", "unknown"),
        ("visa", "bukan visa kerja", "tourist"),
        ("contract", "cuma omongan", "no"),
        ("contract", "មានតែមាត់", "no"),
    ],
)
def test_other_answers_are_read_as_they_are_meant(question: str, text: str, answer: str) -> None:
    assert read_answer(question, text) == answer


@pytest.mark.parametrize("question", ["visa", "pays", "contract", "employer"])
def test_no_answer_is_swallowed_by_another_one(question: str) -> None:
    assert [(words, read_answer(question, words)) for words, answer in _words()[question]] == _words()[question]


@pytest.mark.parametrize(
    ("text", "intent"),
    [("bayar ke agen", "ask_fees"), ("បង់ឱ្យមេខ្យល់", "ask_report_recruiter"), ("bong oy mekhyol", "ask_report_recruiter")],
)
async def test_who_pays_may_be_said_before_it_is_asked(talk: Talk, text: str, intent: str) -> None:
    await talk.check()
    assert talk.slots["requested_slot"] == "offer_visa"
    await talk.answer(text, intent)
    assert talk.slots["offer_pays"] == "me"
    assert talk.slots["offer_visa"] is None


async def test_a_question_between_two_answers_is_no_answer(talk: Talk) -> None:
    await talk.check()
    assert await talk.answer("kalau bayar ke agen berapa?", "ask_fees") == ([], [])
