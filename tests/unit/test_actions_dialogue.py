"""How the actions go on from what was said before, when Rasa is sure, unsure, or wrong about so few words."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.knowledge import answers
from bot.offers import service
from bot.texts import Lang, render
from bot.turns.puzzled import puzzled
from nlu.understanding.dialogue import opener
from tests.support.talk import Talk

LANGS: dict[str, Lang] = {"id": "id", "km": "km", "km-Latn": "km"}


@pytest.fixture
def talks(monkeypatch: pytest.MonkeyPatch) -> Any:
    def begin(code: str, topic: str | None = None, country: str | None = None) -> Talk:
        talk = Talk(monkeypatch, LANGS[code])
        talk.chat.last_topic, talk.chat.last_country = topic, country
        return talk

    return begin


def known(topic: str, country: str | None, lang: Lang, *, brief: bool = False) -> str:
    found = answers.answer(
        topic, lang, nationality=None, country=country, today=dt.datetime.now(dt.UTC).date(), brief=brief
    )
    return found.text


@pytest.mark.parametrize(
    ("code", "text", "country"),
    [
        ("id", "kalau ke korea?", "KR"),
        ("id", "bukan korea, jepang", "JP"),
        ("id", "eh maksudku hong kong", "HK"),
        ("km", "និងម៉ាឡេស៊ីវិញ?", "MY"),
        ("km", "មិនមែនកូរ៉េទេ ជប៉ុន", "JP"),
        ("km-Latn", "chos tov korea vinh?", "KR"),
        ("km-Latn", "ot te min men korea te, japan", "JP"),
    ],
)
@pytest.mark.parametrize(
    ("action", "intent"),
    [
        ("action_answer_question", "ask_korea_japan_gtog"),
        ("action_small_talk", "deny"),
        ("action_fallback", "nlu_fallback"),
        ("action_check_offer", "ask_offer_check"),
        ("action_restart_chat", "restart_chat"),
        ("action_cancel", "cancel"),
        ("action_set_language", "set_language"),
    ],
)
async def test_a_place_alone_goes_on_with_the_last_question(
    talks: Any, code: str, text: str, country: str, action: str, intent: str
) -> None:
    talk = talks(code, "salary_rights", "TW")
    _, said = await talk.run(action, text, intent)
    assert [part["body"] for part in said] == [known("salary_rights", country, LANGS[code])]
    assert (talk.chat.last_topic, talk.chat.last_country) == ("salary_rights", country)


@pytest.mark.parametrize("text", ["gaji saya di saudi ga dibayar 3 bulan", "gaji di brunei belum dibayar"])
async def test_whoever_says_where_the_pay_is_missing_is_not_asked_where(talks: Any, text: str) -> None:
    talk = talks("id")
    _, said = await talk.run("action_answer_question", text, "ask_salary_rights")
    entry = answers.find("salary_rights", "ID", None, today=dt.datetime.now(dt.UTC).date())
    assert entry is not None and entry.next_step["id"] not in said[0]["body"]
    assert said[0]["body"].startswith(entry.text["id"])


ALONE = [
    ("id", "Sihanoukville", "KH"),
    ("id", "saya di myawaddy", "MM"),
    ("km", "ក្រុងព្រះសីហនុ", "KH"),
    ("km", "ខ្ញុំនៅបាវិត", "KH"),
    ("km-Latn", "bavet", "KH"),
]


@pytest.mark.parametrize(("code", "text", "country"), ALONE)
@pytest.mark.parametrize(
    ("action", "intent"),
    [
        ("action_check_offer", "ask_offer_check"),
        ("action_answer_question", "ask_procedure"),
        ("action_small_talk", "out_of_scope"),
        ("action_fallback", "nlu_fallback"),
        ("action_set_language", "set_language"),
    ],
)
async def test_the_bare_name_of_a_place_is_asked_after_and_never_judged(
    talks: Any, code: str, text: str, country: str, action: str, intent: str
) -> None:
    talk = talks(code)
    _, said = await talk.run(action, text, intent)
    assert [part["text"] for part in said] == ["place_alone"]
    assert any(letter.isdigit() for letter in said[0]["args"]["number"])
    assert said[0]["buttons"][-1][0]["data"] == "human"
    assert talk.chat.last_country == country


async def test_a_place_where_somebody_is_does_not_go_on_with_the_last_question(talks: Any) -> None:
    talk = talks("id", "fees", "TW")
    _, said = await talk.run("action_check_offer", "saya di bavet", "ask_offer_check")
    assert [part["text"] for part in said] == ["place_alone"]


@pytest.mark.parametrize(
    ("code", "text", "before"),
    [
        ("id", "Sihanoukville", "KH"),
        ("id", "Sihanoukville", "TW"),
        ("id", "Kamboja", "KH"),
        ("id", "Kamboja, Sihanoukville", "TW"),
        ("km", "ក្រុងព្រះសីហនុ", "KH"),
        ("km", "បាវិត", "TW"),
        ("km", "កម្ពុជា", "KH"),
        ("km-Latn", "kampong som", "KH"),
        ("km-Latn", "bavet", "TW"),
    ],
)
async def test_a_town_or_the_same_country_after_an_answer_is_asked_after(
    talks: Any, code: str, text: str, before: str
) -> None:
    talk = talks(code, "passport", before)
    for action, intent in (("action_fallback", "nlu_fallback"), ("action_answer_question", "ask_passport")):
        _, said = await talk.run(action, text, intent)
        assert [part.get("text") for part in said] == ["place_alone"]
        assert [row[0]["data"] for row in said[0]["buttons"]] == ["menu:offer", "human"]
    assert talk.chat.last_country == "KH"


@pytest.mark.parametrize(("code", "text"), [("id", "Korea"), ("km", "កូរ៉េ"), ("km-Latn", "kore")])
async def test_another_country_after_an_answer_goes_on_with_the_topic(talks: Any, code: str, text: str) -> None:
    talk = talks(code, "salary_rights", "TW")
    _, said = await talk.run("action_fallback", text, "nlu_fallback")
    assert [part["body"] for part in said] == [known("salary_rights", "KR", LANGS[code])]


@pytest.mark.parametrize(("code", "text"), [("id", "berapa lama?"), ("km", "យូរប៉ុន្មាន"), ("km-Latn", "yur ponman bong")])
async def test_how_long_below_an_answer_is_no_strange_subject(talks: Any, code: str, text: str) -> None:
    _, said = await talks(code, "repatriation", "KH").run("action_small_talk", text, "out_of_scope")
    assert [part["text"] for part in said] == ["answer_again"]
    assert said[0]["buttons"][-1][0]["data"] == "human"
    _, said = await talks(code).run("action_small_talk", text, "out_of_scope")
    assert [part["text"] for part in said] == ["small_out_of_scope"]


@pytest.mark.parametrize(
    ("code", "text"), [("id", "kalau ke kamboja?"), ("km", "ចុះកម្ពុជាវិញ?"), ("km-Latn", "chos kampuchea?")]
)
async def test_and_to_cambodia_without_a_question_before_is_asked_after(talks: Any, code: str, text: str) -> None:
    _, said = await talks(code).run("action_small_talk", text, "out_of_scope")
    assert [part["text"] for part in said] == ["place_alone"]


@pytest.mark.parametrize(("code", "text"), [("id", "Kamboja"), ("km", "កម្ពុជា"), ("km-Latn", "kampuchea")])
async def test_the_name_of_a_country_changes_no_language(talks: Any, code: str, text: str) -> None:
    talk = talks(code)
    _, said = await talk.run("action_set_language", text, "set_language")
    assert [part["text"] for part in said] == ["place_alone"]
    assert talk.chat.lang == LANGS[code]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("id", "saya orang kamboja"),
        ("km", "ខ្ញុំជាជនជាតិឥណ្ឌូណេស៊ី"),
        ("km-Latn", "knhom chea chun cheat indonesia"),
    ],
)
async def test_whose_citizen_somebody_is_changes_no_language(talks: Any, code: str, text: str) -> None:
    talk = talks(code)
    _, said = await talk.run("action_set_language", text, "set_language")
    assert [part["text"] for part in said] == ["language_which"]
    assert talk.chat.lang == LANGS[code]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("id", "gak ngerti jawabannya"),
        ("id", "apa maksudnya?"),
        ("km", "មិនយល់ទេ"),
        ("km", "ចម្លើយហ្នឹងខ្ញុំមិនយល់"),
        ("km-Latn", "min yol te bong"),
    ],
)
@pytest.mark.parametrize(
    ("action", "intent"),
    [
        ("action_small_talk", "deny"),
        ("action_set_language", "set_language"),
        ("action_fallback", "nlu_fallback"),
        ("action_answer_question", "ask_other"),
    ],
)
async def test_who_does_not_understand_an_answer_is_offered_a_person(
    talks: Any, code: str, text: str, action: str, intent: str
) -> None:
    talk = talks(code, "fees", "TW")
    _, said = await talk.run(action, text, intent)
    assert [part.get("body") for part in said] == [render("answer_puzzled", LANGS[code])]
    assert said[0]["buttons"][-1][0]["data"] == "human"


@pytest.mark.parametrize(
    ("code", "text", "said_then"),
    [
        ("id", "apa kabar kak?", "small_greet"),
        ("id", "saya mau tanya kak", "small_greet"),
        ("id", "ga tau", "small_deny"),
        ("km", "ខ្ញុំចង់សួរបង", "small_greet"),
        ("km", "សុខសប្បាយទេ", "small_greet"),
        ("km-Latn", "jong suor bong", "small_greet"),
        ("km-Latn", "ot deng te", "small_deny"),
        ("id", "nama saya Budi", "small_greet"),
        ("id", "tes", "small_greet"),
        ("km", "សួស្តីបង ខ្ញុំឈ្មោះសុខា", "small_greet"),
        ("km-Latn", "knhom chhmos sokha", "small_greet"),
    ],
)
@pytest.mark.parametrize(
    ("action", "intent"),
    [
        ("action_open_case", "report_third_party"),
        ("action_request_operator", "request_operator"),
        ("action_small_talk", "out_of_scope"),
        ("action_fallback", "nlu_fallback"),
    ],
)
async def test_whoever_says_nothing_yet_opens_no_case(
    talks: Any, code: str, text: str, said_then: str, action: str, intent: str
) -> None:
    _, said = await talks(code).run(action, text, intent)
    assert [part["text"] for part in said] == [said_then]


@pytest.mark.parametrize(
    "text",
    ["tolong mau tanya", "kabar adik saya", "saya ga tau ada di mana", "ខ្ញុំអត់ដឹងនៅឯណា", "knhom ot deng nov na", "tes"],
)
def test_an_opener_with_a_word_of_trouble_is_none(text: str) -> None:
    assert opener(text) is None


@pytest.mark.parametrize(
    ("code", "text"),
    [("id", "lemburnya dibayar ga?"), ("km", "ថែមម៉ោងបានលុយទេ?"), ("km-Latn", "thaem maong ban loy te?")],
)
async def test_the_same_answer_to_another_question_offers_a_person(talks: Any, code: str, text: str) -> None:
    talk = talks(code, "salary_rights", "HK")
    _, said = await talk.run("action_answer_question", text, "ask_salary_rights")
    assert said[0]["body"].endswith(render("answer_again", LANGS[code]))
    assert said[0]["buttons"][-1][0]["data"] == "human"


@pytest.mark.parametrize("code", ["id", "km"])
async def test_who_asks_whether_the_boss_sees_this_gets_one_message_that_says_so(talks: Any, code: str) -> None:
    _, said = await talks(code).run("action_about_us", "?", "ask_privacy_safety")
    (part,) = said
    assert {"id": "Bos atau agen", "km": "ថៅកែ ឬមេខ្យល់"}[code] in part["body"]
    assert part["buttons"][-1][0]["data"] == "menu:about"


@pytest.mark.parametrize("code", ["id", "km"])
async def test_who_asks_if_this_is_the_embassy_or_free_learns_how_to_know_the_real_bot(talks: Any, code: str) -> None:
    _, said = await talks(code).run("action_about_us", "?", "ask_identity")
    (part,) = said
    assert {"id": "gratis", "km": "មិនគិតលុយ"}[code] in render("about", LANGS[code], **part["args"])
    assert part["buttons"][-1][0]["data"] == "menu:real"


@pytest.mark.parametrize(("code", "text"), [("id", "yang itu"), ("km", "រឿងនោះ"), ("km-Latn", "rueng nuh")])
async def test_who_is_hardly_understood_is_not_told_to_paste_an_offer(talks: Any, code: str, text: str) -> None:
    service.warm()  # as the action server does, or the first check takes longer than a step may
    talk = talks(code)
    _, said = await talk.run("action_check_offer", text, "ask_offer_check", confidence=0.34, intent_ranking=UNSURE)
    assert [part["text"] for part in said] == ["fallback_which"]
    _, said = await talk.run("action_check_offer", text, "ask_offer_check")
    assert [part["text"] for part in said] == ["chat_paste_offer"]
    assert said[0]["buttons"][-1][0]["data"] == "human"


async def test_a_place_alone_goes_on_with_nothing_when_nothing_was_asked(talks: Any) -> None:
    talk = talks("id")
    _, said = await talk.run("action_answer_question", "kalau ke korea?", "ask_korea_japan_gtog")
    assert said[0]["body"] == known("korea_japan_gtog", "KR", "id")


@pytest.mark.parametrize(
    ("code", "text"), [("id", "paspor nya?"), ("km", "ចុះប៉ាស្ព័រ?"), ("km-Latn", "chos passport vinh?")]
)
async def test_another_topic_alone_is_about_the_last_country(talks: Any, code: str, text: str) -> None:
    talk = talks(code, "fees", "KR")
    _, said = await talk.run("action_answer_question", text, "ask_passport")
    assert said[0]["body"] == known("passport", "KR", LANGS[code])
    assert talk.chat.last_country == "KR"


@pytest.mark.parametrize(
    ("code", "text", "words"),
    [
        ("id", "gaji di hong kong berapa sama visanya apa?", ("gaji di hong kong berapa", "visanya apa")),
        ("km", "ប្រាក់ខែនៅហុងកុងប៉ុន្មាន ហើយវីសាអី?", ("ប្រាក់ខែនៅហុងកុងប៉ុន្មាន", "វីសាអី")),
        ("km-Latn", "brak khae nov hong kong ponman haey visa avey?", ("brak khae nov hong kong ponman", "visa avey")),
    ],
)
async def test_two_questions_get_both_answers_in_one_message(
    talks: Any, code: str, text: str, words: tuple[str, str]
) -> None:
    talk, lang = talks(code), LANGS[code]
    questions = [{"name": "ask_salary_rights", "text": words[0]}, {"name": "ask_visa", "text": words[1]}]
    _, said = await talk.run("action_answer_question", text, "ask_salary_rights", questions=questions)
    (part,) = said
    shown = part["body"]
    first, second = (known(topic, "HK", lang).split("\n")[0] for topic in ("salary_rights", "visa"))
    assert first in shown and second in shown and shown.index(first) < shown.index(second)
    assert len(shown) <= 1000
    assert talk.chat.last_topic == "visa"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("id", "gaji, visa, kontrak, asuransi di hong kong gimana?"),
        ("km", "ប្រាក់ខែ វីសា កុងត្រា និងធានារ៉ាប់រងនៅហុងកុង"),
        ("km-Latn", "brak khae, visa, kech sanya nung insurance nov hong kong"),
    ],
)
async def test_what_a_message_asks_beyond_two_questions_is_offered_as_buttons(talks: Any, code: str, text: str) -> None:
    talk, lang = talks(code), LANGS[code]
    questions = [{"name": f"ask_{topic}", "text": text} for topic in ("salary_rights", "visa", "contract", "insurance")]
    _, (part,) = await talk.run("action_answer_question", text, "ask_salary_rights", questions=questions)
    shown = part["body"]
    for topic in ("salary_rights", "visa"):
        assert known(topic, "HK", lang).split("\n")[0] in shown
    pressed = [button["data"] for row in part["buttons"] for button in row]
    assert pressed == ["ask:ask_contract", "ask:ask_insurance"]
    assert (talk.chat.last_topic, talk.chat.last_country) == ("visa", "HK"), "the buttons bring no words of their own"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("id", "bukan itu, paspor"),
        ("km", "អត់ទេ ខ្ញុំសួរពីលិខិតឆ្លងដែន"),
        ("km-Latn", "ot te, knhom suo pi passport"),
    ],
)
async def test_another_topic_instead_is_about_the_last_country(talks: Any, code: str, text: str) -> None:
    talk = talks(code, "salary_rights", "HK")
    asked = [{"name": "ask_passport", "text": text}]
    _, said = await talk.run("action_answer_question", text, "ask_passport", questions=asked)
    assert [part["body"] for part in said] == [known("passport", "HK", LANGS[code])]


async def test_two_long_answers_lose_their_next_steps_to_fit_on_a_screen(talks: Any) -> None:
    for code in ("id", "km"):
        for first in answers.TOPICS:
            for second in answers.TOPICS:
                both = [known(topic, None, LANGS[code]) for topic in (first, second)]
                if sum(map(len, both)) > 900:
                    both = [known(topic, None, LANGS[code], brief=True) for topic in (first, second)]
                assert sum(map(len, both)) <= 950, (code, first, second)


UNSURE = [
    {"name": name, "confidence": chance} for name, chance in (("ask_visa", 0.3), ("ask_fees", 0.2), ("greet", 0.1))
]


@pytest.mark.parametrize(("code", "text"), [("id", "yang itu lho"), ("km", "រឿងនោះ"), ("km-Latn", "rueng nuh")])
@pytest.mark.parametrize(
    ("action", "name", "confidence"),
    [("action_fallback", "nlu_fallback", 0.25), ("action_answer_question", "ask_visa", 0.3)],
)
async def test_who_is_not_understood_chooses_of_two_and_then_gets_a_person(
    talks: Any, code: str, text: str, action: str, name: str, confidence: float
) -> None:
    talk = talks(code)
    _, said = await talk.run(action, text, name, confidence=confidence, intent_ranking=UNSURE)
    assert said[0]["text"] == "fallback_which"
    assert [row[0]["data"] for row in said[0]["buttons"]] == ["ask:ask_visa", "ask:ask_fees", "human"]
    _, said = await talk.run(action, text, name, confidence=confidence, intent_ranking=UNSURE)
    assert said[0]["text"] == "fallback_person"
    assert said[0]["args"]["number"]
    await talk.run("action_small_talk", text, "greet")
    assert talk.slots["fallbacks"] is None


async def test_the_meaning_chosen_is_about_the_place_that_was_named(talks: Any) -> None:
    talk = talks("id")
    await talk.run("action_fallback", "yang taiwan itu lho kak anu", "nlu_fallback", intent_ranking=UNSURE)
    _, said = await talk.run("action_answer_question", None, "ask_salary_rights")
    assert said[0]["body"] == known("salary_rights", "TW", "id")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("id", "permisi admin mau titip loker dong, gaji 2000 ringgit di malaysia"),
        ("km", "សុំផុសប្រកាសការងារនៅទីនេះបានទេ? យើងត្រូវការមនុស្ស ៥០នាក់"),
        ("km-Latn", "kromhun yeung trov kar 50 neak, chuoy share phong, mean commission"),
    ],
)
@pytest.mark.parametrize(
    ("action", "intent"), [("action_check_offer", "ask_offer_check"), ("action_small_talk", "greet")]
)
async def test_a_recruiter_who_advertises_at_us_is_not_judged_as_a_workers_offer(
    talks: Any, code: str, text: str, action: str, intent: str
) -> None:
    talk = talks(code)
    _, said = await talk.run(action, text, intent)
    assert [part["text"] for part in said] == ["small_recruiter"]
    assert talk.loop is None
    if action == "action_check_offer":
        _, said = await talk.run(action, text, intent, forwarded=True)
        assert said[0].get("text") != "small_recruiter", "who passes it on is asking"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("id", "cara hapus chat gimana kak"),
        ("id", "gimana cara hapus chat ini?"),
        ("id", "tolong kasih tau cara hapus chat"),
        ("id", "bisa hapus chat ini ga?"),
        ("id", "how do i delete this chat?"),
        ("km", "លុបឆាតនេះយ៉ាងម៉េច?"),
        ("km", "របៀបលុបឆាតនេះ"),
        ("km-Latn", "lub chat nis yang mech"),
        ("km-Latn", "lub chat nis ban te"),
    ],
)
async def test_whoever_asks_how_to_erase_is_told_how_and_nothing_is_erased(talks: Any, code: str, text: str) -> None:
    _, said = await talks(code).run("action_erase_chat", text, "erase_chat")
    assert said[0]["text"] == "erase_how"
    assert said[0]["buttons"] == [[{"label": "menu_erase", "data": "erase"}]]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("id", "tolong hapus semua ya kak?"),
        ("id", "bos datang, hapus semua cepat"),
        ("id", "bisa tolong hapus chat ini ga"),
        ("id", "hapus pembicaraan ini"),
        ("km", "ជួយលុបឆាតនេះបានទេ"),
        ("km", "លុបសារទាំងអស់ឥឡូវនេះ"),
        ("km-Latn", "lub chat nis tov kom oy ke kheunh"),
        ("km-Latn", "chuoy lub chat elov ban te"),
    ],
)
async def test_whoever_demands_it_has_the_chat_erased_at_once(
    talks: Any, monkeypatch: pytest.MonkeyPatch, code: str, text: str
) -> None:
    erased = []

    async def erase(_: Any, chat: Any, update: Any) -> None:
        erased.append(chat.id)

    monkeypatch.setattr("bot.turns.pipeline.erase", erase)
    _, said = await talks(code).run("action_erase_chat", text, "erase_chat")
    assert erased == [7]
    assert said == [{"silent": True}]


async def test_an_answer_on_privacy_offers_to_erase(talks: Any) -> None:
    _, said = await talks("id").run("action_about_us", "apakah chat ini bisa dihapus?", "ask_privacy_safety")
    assert [{"label": "menu_erase", "data": "erase"}] in said[0]["buttons"]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("id", "kedutaan indonesia di taiwan dimana"),
        ("km", "លេខស្ថានទូតកម្ពុជានៅសិង្ហបុរី"),
        ("km-Latn", "sthan tut khmer nov thai lek ponman"),
    ],
)
async def test_an_embassy_without_a_number_is_told_with_a_person_to_ask(talks: Any, code: str, text: str) -> None:
    talk = talks(code)
    for _ in range(2):
        _, said = await talk.run("action_answer_question", text, "ask_embassy_contact")
        assert render("knowledge_no_mission", LANGS[code]) in said[0]["body"]
        assert [row[0]["data"] for row in said[0]["buttons"]].count("human") == 1


@pytest.mark.parametrize(
    ("code", "text", "of", "country"),
    [
        ("id", "kedutaan kamboja di jakarta", "KH", "ID"),
        ("id", "kedutaan jepang di jakarta nomornya berapa", "JP", "ID"),
        ("km", "ស្ថានទូតឥណ្ឌូណេស៊ីនៅភ្នំពេញ លេខប៉ុន្មាន", "ID", "KH"),
        ("km-Latn", "sthan tut indonesia nov phnom penh", "ID", "KH"),
    ],
)
async def test_the_embassy_of_another_country_is_not_taken_for_ones_own(
    talks: Any, code: str, text: str, of: str, country: str
) -> None:
    talk = talks(code, "embassy_contact", "KH")
    _, said = await talk.run("action_answer_question", text, "ask_embassy_contact")
    today = dt.datetime.now(dt.UTC).date()
    found = answers.answer("embassy_contact", LANGS[code], nationality=of, country=country, today=today)
    assert [part["body"] for part in said] == [found.text]
    assert ("KBRI" in found.text or "ស្ថានទូតឥណ្ឌូណេស៊ី" in found.text) == (of == "ID")
    assert (said[0]["buttons"][-1] == [{"label": "button_person", "data": "human"}]) == (of != "ID")


@pytest.mark.parametrize(
    "text", ["I don't understand", "sorry I don't understand khmer", "I don’t speak Indonesian sir"]
)
@pytest.mark.parametrize(
    ("action", "intent"), [("action_open_case", "report_distress"), ("action_fallback", "nlu_fallback")]
)
async def test_whoever_says_in_english_that_they_do_not_understand_opens_no_case(
    talks: Any, text: str, action: str, intent: str
) -> None:
    _, said = await talks("id").run(action, text, intent)
    assert render("english_line", "id") in said[0]["body"]
    assert [button["data"] for row in said[0]["buttons"] for button in row] == ["lang:id", "lang:km", "human"]


@pytest.mark.parametrize(("code", "text"), [("id", "saya tidak mengerti"), ("km", "មិនយល់ទេ"), ("km-Latn", "min yol te")])
async def test_a_puzzled_person_opens_no_case_whatever_the_model_hears(talks: Any, code: str, text: str) -> None:
    _, said = await talks(code).run("action_open_case", text, "report_distress")
    assert [part.get("body") for part in said] == [render("answer_puzzled", LANGS[code])]


@pytest.mark.parametrize(
    "text",
    [
        "I don't understand, they lock me here",
        "i cannot read khmer help me",
        "I can't speak now",
        "I don't get paid",
        "i don't know where i am",
        "I can't speak",
        "hello i am cambodian i cannot speak",
        "please, you don't understand, I'm cambodian",
    ],
)
def test_whoever_says_more_than_that_in_english_is_heard(text: str) -> None:
    assert not puzzled(text)


@pytest.mark.parametrize("code", ["id", "km"])
@pytest.mark.parametrize(
    ("action", "intent"), [("action_check_offer", "ask_offer_check"), ("action_fallback", "nlu_fallback")]
)
async def test_a_link_alone_is_told_that_links_are_not_opened(talks: Any, code: str, action: str, intent: str) -> None:
    talk = talks(code)
    _, said = await talk.run(action, "https://t.me/abcdef", intent)
    assert [part["body"] for part in said] == [render("offer_only_link", LANGS[code])]
    assert said[0]["buttons"][-1][0]["data"] == "human"


async def test_signs_twice_in_a_row_are_offered_a_person_with_a_number(talks: Any) -> None:
    talk = talks("id")
    _, said = await talk.run("action_fallback", "😀🔥", "nlu_fallback")
    assert said[0]["body"] == render("offer_only_signs", "id")
    _, said = await talk.run("action_fallback", "...", "nlu_fallback")
    assert said[0]["text"] == "fallback_person"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("id", "maaf kak saya ga bisa baca"),
        ("id", "saya tidak bisa baca tulisan khmer"),
        ("id", "saya buta huruf"),
        ("km", "ខ្ញុំមិនចេះអក្សរទេ"),
        ("km", "ខ្ញុំអត់ចេះអាន"),
        ("km-Latn", "knhom min jes aksor khmer te"),
    ],
)
@pytest.mark.parametrize(
    ("action", "intent"),
    [
        ("action_set_language", "set_language"),
        ("action_about_us", "ask_privacy_safety"),
        ("action_open_case", "report_third_party"),
    ],
)
async def test_whoever_cannot_read_may_speak(talks: Any, code: str, text: str, action: str, intent: str) -> None:
    talk = talks(code)
    _, said = await talk.run(action, text, intent)
    assert [part["body"] for part in said] == [render("voice_instead", LANGS[code])]
    assert talk.chat.lang == LANGS[code]


@pytest.mark.parametrize(
    "text",
    [
        "ibu saya tidak bisa baca kontraknya",
        "ga baca pesannya",
        "saya ga bisa baca, hp disita bos",
        "kami susah kak, tidak bisa kerja",
        "ខ្ញុំមិនចេះភាសាថៃ",
    ],
)
def test_reading_that_is_about_something_else_is_left_alone(text: str) -> None:
    assert not puzzled(text)


@pytest.mark.parametrize(
    ("code", "text"),
    [("id", "gimana cara hapus chat ini?"), ("km", "លុបឆាតនេះយ៉ាងម៉េច?"), ("km-Latn", "lub chat nis yang mech")],
)
async def test_how_to_erase_is_told_in_two_lines_though_the_model_hears_privacy(
    talks: Any, code: str, text: str
) -> None:
    _, said = await talks(code).run("action_about_us", text, "ask_privacy_safety")
    assert [part.get("text") for part in said] == ["erase_how"]


@pytest.mark.parametrize(("chance", "answered"), [(0.43, True), (0.2, False)])
async def test_a_topic_close_behind_something_else_is_answered(talks: Any, chance: float, answered: bool) -> None:
    ranking = [{"name": "ask_other", "confidence": 0.55}, {"name": "ask_salary_rights", "confidence": chance}]
    _, said = await talks("km").run(
        "action_answer_question", "ប្រាក់ខែនៅតៃវ៉ាន់ប៉ុន្មាន?", "ask_other", confidence=0.55, intent_ranking=ranking
    )
    assert (said[0]["body"] == known("salary_rights", "TW", "km")) is answered
