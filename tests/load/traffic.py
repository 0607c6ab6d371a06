"""What many people write at once: questions, offers, distress and the rest in a fixed mix, both languages. Invented."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

type Kind = Literal["question", "offer", "distress", "other", "command"]

#: Of 100 messages: 60 questions, 20 offers, 10 of distress, 10 others.
MIX: dict[Kind, int] = {"question": 60, "offer": 20, "distress": 10, "other": 10}
#: Messages a second, step by step, on the way to the highest rate that is held.
STEPS = (5, 10, 20, 30, 40, 50, 60, 70, 80, 100, 120)


def next_rate(tried: dict[float, bool]) -> float | None:
    """The rate to try after these: up from what was held, down from what was not. None where the two meet."""
    held = max((rate for rate, ok in tried.items() if ok), default=0.0)
    late = min((rate for rate, ok in tried.items() if not ok), default=float("inf"))
    between = [step for step in STEPS if held < step < late]
    return None if not between else between[0] if held else between[-1]


WORDS: dict[str, dict[Kind, tuple[str, ...]]] = {
    "id": {
        "question": (
            "berapa biaya resmi kerja ke luar negeri lewat PT?",
            "apa saja syarat bikin paspor buat TKI kak",
            "gmn cara cek agen ini resmi apa ngga",
            "kalo visa turis boleh kerja ga di kamboja",
            "nomor kedutaan indonesia di phnom penh brp ya",
            "kontrak kerja harus bahasa apa min",
            "dendanya berapa kalo overstay di thailand",
            "apa hak korban perdagangan orang?",
        ),
        "offer": (
            "LOKER KAMBOJA 🔥 admin chat, gaji 15jt/bulan, tanpa pengalaman, tiket ditanggung, minat wa 0812xxxx",
            "kak ini aman ga? operator kasino online di poipet, gaji 1200 usd, berangkat minggu ini, visa turis dulu",
            "Dibutuhkan CS marketing kripto di Sihanoukville, umur 18-30, gaji 12.000.000, paspor dipegang kantor",
            "lowongan pabrik elektronik malaysia RM1700, kontrak 2 tahun, lewat PT, biaya 5 juta di muka",
        ),
        "distress": (
            "tolong saya disekap di kamboja, paspor diambil bos",
            "pak saya dipukuli tiap hari, tidak boleh keluar gedung",
            "tolong kami dikurung di lantai 5, mereka mau jual kami ke perusahaan lain",
        ),
        "other": ("halo kak", "makasih ya min", "siapa ini?", "oke siap", "selamat malam"),
        "command": ("/help",),
    },
    "km": {
        "question": (
            "ទៅធ្វើការក្រៅប្រទេសត្រូវបង់ថ្លៃប៉ុន្មាន?",
            "ធ្វើលិខិតឆ្លងដែនអស់ប៉ុន្មាន បង",
            "តើដឹងថាក្រុមហ៊ុននេះមានច្បាប់ឬអត់ដោយរបៀបណា",
            "ទៅថៃដោយទិដ្ឋាការទេសចរណ៍ធ្វើការបានទេ",
            "លេខទូរស័ព្ទស្ថានទូតខ្មែរនៅថៃប៉ុន្មាន",
            "កិច្ចសន្យាការងារត្រូវមានអ្វីខ្លះ",
            "នៅហួសវីសាត្រូវពិន័យប៉ុន្មាន",
            "ប្រាក់ខែអប្បបរមានៅម៉ាឡេស៊ីប៉ុន្មាន",
        ),
        "offer": (
            "🔥 ជ្រើសរើសបុគ្គលិកឆាត ប្រាក់ខែ 1,500$ មិនត្រូវការបទពិសោធន៍ សំបុត្រយន្តហោះឥតគិតថ្លៃ",
            "បង ការងារនេះល្អទេ? ធ្វើនៅថៃ ប្រាក់ខែ ៨០០ដុល្លារ ទៅដោយទិដ្ឋាការទេសចរណ៍ ក្រុមហ៊ុនទុកលិខិតឆ្លងដែន",
            "ត្រូវការបុគ្គលិកផ្នែកអនឡាញនៅព្រះសីហនុ ប្រាក់ខែ 1200$ មានកន្លែងស្នាក់នៅ ទាក់ទង Telegram",
            "រោងចក្រនៅម៉ាឡេស៊ី RM1700 កិច្ចសន្យា២ឆ្នាំ បង់មុន ៥០០ដុល្លារ",
        ),
        "distress": (
            "ជួយខ្ញុំផង ខ្ញុំជាប់នៅក្នុងអគារ ថៅកែយកលិខិតឆ្លងដែនខ្ញុំ",
            "គេវាយខ្ញុំរាល់ថ្ងៃ គេមិនឲ្យចេញក្រៅទេ",
            "ជួយផង គេចាក់សោទ្វារពីក្រៅ គេនឹងលក់ពួកខ្ញុំ",
        ),
        "other": ("សួស្តីបង", "អរគុណបង", "អ្នកណានេះ?", "បាទ", "រាត្រីសួស្តី"),
        "command": ("/help",),
    },
}


@dataclass(frozen=True)
class Line:
    """One message: when it is written (seconds from the start), by which chat (a number), what."""

    at: float
    chat: int
    lang: str
    kind: Kind
    text: str


def plan(rate: float, seconds: float, chats: int, seed: int = 1, only: Kind | None = None) -> list[Line]:
    """Messages at a steady rate over so many chats, each in one language, in the fixed mix; the same for one seed.

    Chats take turns, so that nobody writes before the answer to the message before could be there. Whoever wrote of
    distress has a case from then on, and asks and pastes offers too. `only` is a kind to write instead of the mix:
    "command" is answered without Rasa, and so without a custom action.
    """
    chosen = random.Random(seed)
    kinds = [kind for kind, share in MIX.items() for _ in range(share)] if only is None else [only]
    count = round(rate * seconds)
    bag: list[Kind] = []
    lines = []
    for number in range(count):
        if not bag:
            bag = chosen.sample(kinds, len(kinds))
        kind = bag.pop()
        chat = number % chats
        lang = "id" if chat % 2 == 0 else "km"
        lines.append(Line(number / rate, chat, lang, kind, chosen.choice(WORDS[lang][kind])))
    return lines
