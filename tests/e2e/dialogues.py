"""Whole conversations, as people talk: what is written, and what must stand in the answer. All invented."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.knowledge import answers
from bot.texts import Lang, catalogue, render
from tests.support.sandbox import labels

type Seen = Callable[[dict[str, Any]], bool]


@dataclass(frozen=True)
class Step:
    """One message of a person, and what the answer to it must be."""

    says: str
    sees: Seen
    forwarded: bool = False


@dataclass(frozen=True)
class Dialogue:
    """One conversation of a new person."""

    name: str
    lang: Lang
    steps: tuple[Step, ...]


def _known(topic: str, country: str | None, lang: Lang) -> str:
    """The first line of what we know of a topic in a country."""
    found = answers.answer(topic, lang, nationality=None, country=country, today=dt.datetime.now(dt.UTC).date())
    return found.text.split("\n")[0]


def _from_bot(text: str) -> Seen:
    return lambda m: m["from"]["is_bot"] and text in m["text"]


def about(lang: Lang, topic: str, country: str | None = None) -> Seen:
    """The answer to a topic, for a country."""
    return _from_bot(_known(topic, country, lang))


def both(lang: Lang, first: tuple[str, str | None], second: tuple[str, str | None]) -> Seen:
    """Both answers in one message, in this order, no longer than a screen."""
    one, other = _known(*first, lang), _known(*second, lang)

    def seen(message: dict[str, Any]) -> bool:
        text = message["text"]
        return one in text and other in text and text.index(one) < text.index(other) and len(text) <= 1000

    return seen


def key(lang: Lang, name: str) -> Seen:
    """A text of the catalogue: its longest stretch without placeholders."""
    pieces = [piece.partition("}")[2] if "}" in piece else piece for piece in catalogue(lang)[name].split("{")]
    return _from_bot(max((line for piece in pieces for line in piece.split("\n")), key=len).strip())


def asked(lang: Lang, fact: str) -> Seen:
    """A question of the offer check."""
    return _from_bot(render(f"offer_ask_{fact}", lang))


def case(lang: Lang) -> Seen:
    """The first answer of a case, whatever its kind among the urgent ones."""
    kinds = [key(lang, f"case_first_{kind}") for kind in ("distress", "emergency", "third_party", "talk")]
    return lambda m: any(seen(m) for seen in kinds)


def asks_back(lang: Lang) -> Seen:
    """It was not understood: meanings to choose from or not, but always a person."""
    return lambda m: m["from"]["is_bot"] and render("button_person", lang) in labels(m)


def judged(message: dict[str, Any]) -> bool:
    """A verdict on an offer."""
    return message["from"]["is_bot"] and any(sign in message["text"] for sign in "🔴🟠🟡⚪")


def talk(name: str, lang: Lang, *steps: tuple[str, Seen] | Step) -> Dialogue:
    """A conversation."""
    return Dialogue(name, lang, tuple(step if isinstance(step, Step) else Step(*step) for step in steps))


ID_OFFER = (
    "Ada tawaran kerja jaga toko di Malaysia, gaji 1800 ringgit sebulan, berangkat bulan depan. Gimana menurut kakak?"
)
KM_OFFER = "មានការងារនៅហាងបាយនៅម៉ាឡេស៊ី ប្រាក់ខែ 400 ដុល្លារ ចេញដំណើរខែក្រោយ បងជួយមើលផង"
ID_AD = (
    "permisi admin, mau titip loker dong, butuh 50 orang untuk pabrik di Malaysia gaji 2000 ringgit, nanti ada komisi"
)
KM_AD = "សុំផុសប្រកាសការងារនៅទីនេះបានទេ? យើងត្រូវការមនុស្ស ៥០នាក់ ទៅរោងចក្រនៅម៉ាឡេស៊ី មានកម្រៃជើងសារ"
#: Distress that the lexicon knows, and distress that only the model hears.
ID_TRAPPED, ID_HINT = (
    "tolong saya disekap di kamboja, paspor diambil bos",
    "ga ada yang tau aku di sini, saya kena jebak",
)
KM_TRAPPED, KM_HINT = "ជួយផង ខ្ញុំជាប់នៅក្នុងអគារ គេមិនឲ្យចេញក្រៅទេ", "ខ្ញុំត្រូវគេបង្ខំឲ្យឆបោកតាមអនឡាញ"
LATN_TRAPPED = "chuoy phong ke min oy knhom chenh krav te, thaoke yok passport"

INDONESIAN = (
    talk(
        "the same question for another country",
        "id",
        ("gaji di taiwan berapa?", about("id", "salary_rights", "TW")),
        ("kalau ke korea?", about("id", "salary_rights", "KR")),
        ("trus jepang gimana kak", about("id", "salary_rights", "JP")),
    ),
    talk(
        "another question about the same country",
        "id",
        ("biaya ke hong kong berapa?", about("id", "fees", "HK")),
        ("paspor nya?", about("id", "passport", "HK")),
        ("gaji nya berapa", about("id", "salary_rights", "HK")),
    ),
    talk(
        "fees and visa in one message",
        "id",
        (
            "biaya ke taiwan brp sama visanya apa?",
            both("id", ("fees", "TW"), ("visa", "TW")),
        ),
    ),
    talk(
        "pay and contract in one message, then another country",
        "id",
        (
            "gaji di hong kong berapa terus kontraknya gimana?",
            both("id", ("salary_rights", "HK"), ("contract", "HK")),
        ),
        ("gaji di korea berapa?", about("id", "salary_rights", "KR")),
    ),
    talk(
        "topics without a word of asking",
        "id",
        ("visa sama paspor?", both("id", ("visa", None), ("passport", None))),
        ("gaji, visa, kontrak di taiwan gimana?", both("id", ("salary_rights", "TW"), ("visa", "TW"))),
        ("trus kontraknya", about("id", "contract", "TW")),
    ),
    talk(
        "one question with a comma stays one",
        "id",
        ("kak, gaji di jepang berapa ya, sebulan?", about("id", "salary_rights", "JP")),
    ),
    talk(
        "not Korea, Japan",
        "id",
        ("gaji di korea berapa?", about("id", "salary_rights", "KR")),
        ("bukan korea, jepang", about("id", "salary_rights", "JP")),
        ("eh maksudku hong kong", about("id", "salary_rights", "HK")),
    ),
    talk(
        "not the pay, the passport",
        "id",
        ("gaji di korea berapa?", about("id", "salary_rights", "KR")),
        ("bukan itu, paspor", about("id", "passport", "KR")),
        ("eh bukan paspor, biayanya", about("id", "fees", "KR")),
    ),
    talk(
        "the embassy of another country",
        "id",
        ("kedutaan kamboja di jakarta", key("id", "knowledge_no_mission")),
        ("kbri phnom penh nomornya", _from_bot("+855 12 813 282")),
    ),
    talk(
        "a Cambodian who writes Indonesian",
        "id",
        ("saya orang kamboja, mau kerja ke thailand. biaya paspor berapa?", _from_bot("kedutaan Kamboja")),
    ),
    talk(
        "what was taken back in the question itself",
        "id",
        ("gaji berapa bukan di korea tapi di malaysia?", about("id", "salary_rights", "MY")),
    ),
    talk(
        "an answer of the offer check that takes something back",
        "id",
        (ID_OFFER, asked("id", "visa")),
        ("bukan turis, visa kerja", asked("id", "pays")),
        ("eh maksudku visa turis", _from_bot("🔴")),
    ),
    talk(
        "an answer taken back after the last verdict",
        "id",
        (ID_OFFER, asked("id", "visa")),
        ("visa turis", judged),
        ("eh bukan, visa kerja", asked("id", "pays")),
        ("perusahaan", asked("id", "contract")),
    ),
    talk(
        "distress at the first question of the offer check",
        "id",
        (ID_OFFER, asked("id", "visa")),
        (ID_HINT, case("id")),
    ),
    talk(
        "distress at the second, with a word that would answer",
        "id",
        (ID_OFFER, asked("id", "visa")),
        ("visa kerja", asked("id", "pays")),
        ("saya kena jebak", case("id")),
    ),
    talk(
        "distress at the third",
        "id",
        (ID_OFFER, asked("id", "visa")),
        ("visa kerja", asked("id", "pays")),
        ("perusahaan", asked("id", "contract")),
        (ID_TRAPPED, case("id")),
    ),
    talk(
        "danger in the middle of the questions of a report, and a place corrected",
        "id",
        ("paspor saya diambil bos di kamboja, tidak boleh pulang", case("id")),
        ("tolong mereka pukuli saya sekarang, berdarah", key("id", "talk_bleeding")),
        ("di poipet", _from_bot(render("talk_place_kept", "id", place="poipet"))),
        ("eh salah, saya di bavet bukan poipet", _from_bot(render("talk_place_kept", "id", place="bavet"))),
    ),
    talk(
        "distress while the language is being chosen",
        "id",
        ("/start", key("id", "welcome")),
        (ID_TRAPPED, case("id")),
    ),
    talk(
        "distress right after erasing",
        "id",
        ("berapa biaya ke taiwan?", about("id", "fees", "TW")),
        ("hapus chat", key("id", "erase_closing")),
        (ID_TRAPPED, case("id")),
    ),
    talk(
        "how the chat is erased, and then erased",
        "id",
        ("gimana cara hapus chat ini?", key("id", "erase_how")),
        ("hapus chat", key("id", "erase_closing")),
    ),
    talk(
        "an embassy without a number, and one with",
        "id",
        ("kedutaan indonesia di taiwan dimana?", key("id", "knowledge_no_mission")),
        ("kalau di thailand?", _from_bot("KBRI Bangkok")),
    ),
    talk(
        "who pays, before it is asked",
        "id",
        Step(ID_OFFER, asked("id", "visa")),
        ("bayar ke agen", asked("id", "visa")),
        ("visa kerja", asked("id", "contract")),
    ),
    talk("whoever has neither language opens no case", "id", ("I don't understand", key("id", "english_line"))),
    talk("whoever cannot read may speak", "id", ("maaf saya ga bisa baca", key("id", "voice_instead"))),
    talk(
        "not understood, twice: a person",
        "id",
        ("asdkjh qwpoeiru zzxcv", asks_back("id")),
        ("asdkjh qwpoeiru zzxcv", key("id", "fallback_person")),
    ),
    talk(
        "hello, thanks, who are you",
        "id",
        ("halo kak selamat pagi", key("id", "small_greet")),
        ("kamu siapa?", key("id", "about")),
        ("makasih ya kak", key("id", "small_thank")),
    ),
    talk(
        "a town below an answer may be where somebody is held",
        "id",
        ("bikin paspor di kamboja gimana?", about("id", "passport", "KH")),
        ("Sihanoukville", key("id", "place_alone")),
    ),
    talk(
        "the answer was not understood",
        "id",
        ("biaya ke taiwan berapa?", about("id", "fees", "TW")),
        ("gak ngerti jawabannya", key("id", "answer_puzzled")),
        ("bicara sama orang", key("id", "case_first_human")),
    ),
    talk(
        "the name of a country changes no language",
        "id",
        ("gaji di taiwan berapa?", about("id", "salary_rights", "TW")),
        ("Kamboja", about("id", "salary_rights", "KH")),
    ),
    talk("fear and nothing else", "id", ("halo kak", key("id", "small_greet")), ("saya takut", case("id"))),
    talk(
        "an opener is no report, and calls nobody",
        "id",
        ("apa kabar kak", key("id", "small_greet")),
        ("nama saya Budi", key("id", "small_greet")),
        ("tes", key("id", "small_greet")),
        ("saya mau tanya kak", key("id", "small_greet")),
    ),
    talk("a cry behind swearing", "id", ("babi lu semua, gue dipukulin tiap hari", case("id"))),
    talk("insults are answered calmly", "id", ("dasar bot goblok", key("id", "small_abuse"))),
    talk("a recruiter's advert is not judged", "id", (ID_AD, key("id", "small_recruiter"))),
    talk(
        "the same advert passed on is judged",
        "id",
        Step(ID_AD, judged, forwarded=True),
    ),
    talk(
        "a question in the middle of the offer check leaves it",
        "id",
        (ID_OFFER, asked("id", "visa")),
        ("gaji minimum di malaysia berapa?", about("id", "salary_rights", "MY")),
        ("kalau di taiwan?", about("id", "salary_rights", "TW")),
    ),
)
KHMER = (
    talk(
        "the same question for another country",
        "km",
        ("ប្រាក់ខែនៅតៃវ៉ាន់ប៉ុន្មាន?", about("km", "salary_rights", "TW")),
        ("និងម៉ាឡេស៊ីវិញ?", about("km", "salary_rights", "MY")),
        ("ចុះកូរ៉េវិញបង?", about("km", "salary_rights", "KR")),
    ),
    talk(
        "the same question for another country, romanised",
        "km",
        ("brak khae nov malaysia ponman?", about("km", "salary_rights", "MY")),
        ("chos korea vinh?", about("km", "salary_rights", "KR")),
        ("neng thai vinh bong", about("km", "salary_rights", "TH")),
    ),
    talk(
        "another question about the same country",
        "km",
        ("ទៅកូរ៉េត្រូវបង់ថ្លៃប៉ុន្មាន?", about("km", "fees", "KR")),
        ("ចុះប៉ាស្ព័រ?", about("km", "passport", "KR")),
        ("ចុះប្រាក់ខែវិញ?", about("km", "salary_rights", "KR")),
    ),
    talk(
        "passport and price in one message",
        "km",
        (
            "ប៉ាស្ព័រធ្វើនៅណា ហើយថ្លៃប៉ុន្មាន?",
            both("km", ("passport", None), ("fees", None)),
        ),
    ),
    talk(
        "contract and pay in one message",
        "km",
        (
            "កិច្ចសន្យាត្រូវមានអ្វីខ្លះ? ហើយប្រាក់ខែនៅកូរ៉េប៉ុន្មាន?",
            both("km", ("contract", "KR"), ("salary_rights", "KR")),
        ),
    ),
    talk(
        "topics without a word of asking",
        "km",
        ("ទិដ្ឋាការ និងលិខិតឆ្លងដែន?", both("km", ("visa", None), ("passport", None))),
        ("ប្រាក់ខែ វីសា និងកុងត្រានៅកូរ៉េ", both("km", ("salary_rights", "KR"), ("visa", "KR"))),
        ("visa nung passport bong", both("km", ("visa", "KR"), ("passport", "KR"))),
    ),
    talk(
        "two questions in one message, romanised",
        "km",
        ("passport tver nov na haey visa tlai ponman?", both("km", ("passport", None), ("visa", None))),
    ),
    talk(
        "not Korea, Japan",
        "km",
        ("ប្រាក់ខែនៅកូរ៉េប៉ុន្មាន?", about("km", "salary_rights", "KR")),
        ("មិនមែនកូរ៉េទេ ជប៉ុន", about("km", "salary_rights", "JP")),
        ("ច្រឡំ ហុងកុង", about("km", "salary_rights", "HK")),
    ),
    talk(
        "not the pay, the passport",
        "km",
        ("ប្រាក់ខែនៅកូរ៉េប៉ុន្មាន?", about("km", "salary_rights", "KR")),
        ("អត់ទេ ខ្ញុំសួរពីលិខិតឆ្លងដែន", about("km", "passport", "KR")),
        ("ot te bong, suo pi visa", about("km", "visa", "KR")),
    ),
    talk(
        "the embassy of another country",
        "km",
        ("ស្ថានទូតឥណ្ឌូណេស៊ីនៅភ្នំពេញ លេខប៉ុន្មាន", _from_bot("+855 12 813 282")),
    ),
    talk(
        "not Korea, Japan, romanised",
        "km",
        ("brak khae nov malaysia ponman?", about("km", "salary_rights", "MY")),
        ("ot te min men malaysia te, japan", about("km", "salary_rights", "JP")),
    ),
    talk(
        "an answer of the offer check that takes something back",
        "km",
        (KM_OFFER, asked("km", "visa")),
        ("មិនមែនវីសាទេសចរណ៍ទេ វីសាការងារ", asked("km", "pays")),
        ("ច្រឡំ វីសាទេសចរណ៍", _from_bot("🔴")),
    ),
    talk(
        "an answer taken back after the last verdict",
        "km",
        (KM_OFFER, asked("km", "visa")),
        ("វីសាទេសចរណ៍", judged),
        ("អត់ទេ វីសាការងារ", asked("km", "pays")),
    ),
    talk(
        "distress at the first question of the offer check",
        "km",
        (KM_OFFER, asked("km", "visa")),
        (KM_HINT, case("km")),
    ),
    talk(
        "distress at the second, with a word that would answer",
        "km",
        (KM_OFFER, asked("km", "visa")),
        ("វីសាការងារ", asked("km", "pays")),
        (KM_HINT, case("km")),
    ),
    talk(
        "distress at the third, romanised",
        "km",
        (KM_OFFER, asked("km", "visa")),
        ("visa kar ngea", asked("km", "pays")),
        ("kromhun", asked("km", "contract")),
        (LATN_TRAPPED, case("km")),
    ),
    talk(
        "danger in the middle of the questions of a report, and a place corrected",
        "km",
        (KM_TRAPPED, case("km")),
        ("គេកំពុងវាយខ្ញុំ ឈាមហូរ", key("km", "talk_bleeding")),
        ("នៅភ្នំពេញ", _from_bot(render("talk_place_kept", "km", place="ភ្នំពេញ"))),
        ("អត់ទេ ខ្ញុំនៅប៉ោយប៉ែត មិនមែនភ្នំពេញ", _from_bot(render("talk_place_kept", "km", place="ប៉ោយប៉ែត"))),
    ),
    talk(
        "distress while the language is being chosen",
        "km",
        ("/start", key("km", "welcome")),
        (KM_TRAPPED, case("km")),
    ),
    talk(
        "distress right after erasing",
        "km",
        ("ប្រាក់ខែនៅកូរ៉េប៉ុន្មាន?", about("km", "salary_rights", "KR")),
        ("លុបឆាត", key("km", "erase_closing")),
        (KM_TRAPPED, case("km")),
    ),
    talk(
        "how the chat is erased, and then erased",
        "km",
        ("លុបឆាតនេះយ៉ាងម៉េច?", key("km", "erase_how")),
        ("lub chat", key("km", "erase_closing")),
    ),
    talk(
        "an embassy with a number, and another",
        "km",
        ("ស្ថានទូតកម្ពុជានៅម៉ាឡេស៊ីលេខប៉ុន្មាន", _from_bot("+60 3 4257 1150")),
        ("chos nov korea vinh?", _from_bot("+82 2 3785 1041")),
    ),
    talk(
        "who pays, before it is asked",
        "km",
        Step(KM_OFFER, asked("km", "visa")),
        ("បង់ឱ្យមេខ្យល់", asked("km", "visa")),
        ("វីសាការងារ", asked("km", "contract")),
    ),
    talk(
        "an opener is no report, and calls nobody",
        "km",
        ("jong suor bong", key("km", "small_greet")),
        ("knhom chhmos sokha", key("km", "small_greet")),
        ("ខ្ញុំឈ្មោះសុខា", key("km", "small_greet")),
    ),
    talk("a cry behind swearing", "km", ("choy mday, ke chak sor knhom min oy chenh", case("km"))),
    talk("whoever cannot read may speak", "km", ("knhom min jes aksor khmer te", key("km", "voice_instead"))),
    talk(
        "not understood, twice: a person",
        "km",
        ("ឡឡឡ កកក យយយ", asks_back("km")),
        ("ឡឡឡ កកក យយយ", key("km", "fallback_person")),
    ),
    talk(
        "hello, thanks, who are you",
        "km",
        ("សួស្តីបង", key("km", "small_greet")),
        ("អ្នកជាអ្នកណា?", key("km", "about")),
        ("អរគុណបង", key("km", "small_thank")),
    ),
    talk(
        "a town below an answer may be where somebody is held",
        "km",
        ("ធ្វើប៉ាស្ព័រយ៉ាងម៉េច?", about("km", "passport")),
        ("ក្រុងព្រះសីហនុ", key("km", "place_alone")),
    ),
    talk(
        "a town below an answer may be where somebody is held, romanised",
        "km",
        ("tver passport yang mech?", about("km", "passport")),
        ("kampong som", key("km", "place_alone")),
    ),
    talk(
        "the answer was not understood",
        "km",
        ("ប្រាក់ខែនៅកូរ៉េប៉ុន្មាន?", about("km", "salary_rights", "KR")),
        ("មិនយល់ទេ", key("km", "answer_puzzled")),
        ("min yol te bong", key("km", "answer_puzzled")),
    ),
    talk(
        "a country told in an open case is noted",
        "km",
        (KM_TRAPPED, case("km")),
        ("ថៃ", _from_bot(render("ask_safe", "km"))),
    ),
    talk("fear and nothing else", "km", ("សួស្តីបង", key("km", "small_greet")), ("ខ្ញុំខ្លាច", case("km"))),
    talk("insults are answered calmly", "km", ("អាល្ងង់", key("km", "small_abuse"))),
    talk("a recruiter's advert is not judged", "km", (KM_AD, key("km", "small_recruiter"))),
    talk(
        "the same advert passed on is judged",
        "km",
        Step(KM_AD, judged, forwarded=True),
    ),
    talk(
        "a question in the middle of the offer check leaves it",
        "km",
        (KM_OFFER, asked("km", "visa")),
        ("ប្រាក់ខែនៅម៉ាឡេស៊ីប៉ុន្មាន?", about("km", "salary_rights", "MY")),
        ("ចុះតៃវ៉ាន់វិញ?", about("km", "salary_rights", "TW")),
    ),
)
