"""Who writes what, and when: decided by a seed before anything starts. Pure. All words are invented."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from bot.texts import Lang
from tests.e2e.people import INDONESIAN, KHMER, Voice

#: More ways of saying things than the other tests need, by language. `{}` is where a number makes each text unique.
QUESTIONS: dict[Lang, tuple[str, ...]] = {
    "id": (
        "berapa biaya paspor untuk kerja? saya tanya ke-{}",
        "apa syarat kerja ke Korea lewat G to G, tanya no {}",
        "cara cek PT resmi atau tidak gimana kak {}",
        "visa kerja ke taiwan gimana, pertanyaan {}",
        "gaji saya dipotong terus, hak saya apa ya? {}",
        "nomor kedutaan di Phnom Penh berapa {}",
        "kontrak kerja harus ada apa saja {}",
    ),
    "km": (
        "លិខិតឆ្លងដែនសម្រាប់ទៅធ្វើការ ថ្លៃប៉ុន្មាន? សំណួរ {}",
        "ទៅធ្វើការនៅកូរ៉េត្រូវការអ្វីខ្លះ {}",
        "ធ្វើម៉េចដឹងថាក្រុមហ៊ុនមានច្បាប់ {}",
        "ទិដ្ឋាការធ្វើការនៅថៃ ត្រូវធ្វើម៉េច {}",
        "ថៅកែកាត់ប្រាក់ខែខ្ញុំ តើខ្ញុំមានសិទ្ធិអ្វី {}",
        "លេខទូរស័ព្ទស្ថានទូតប៉ុន្មាន {}",
    ),
}
SMALL: dict[Lang, tuple[str, ...]] = {
    "id": ("halo kak {}", "makasih ya {}", "kamu siapa? {}", "asdkjh qwpoeiru {}", "👍 {}"),
    "km": ("សួស្តីបង {}", "អរគុណ {}", "អ្នកជានរណា {}", "ឡឡឡ កកក {}", "👍 {}"),
}
#: What a message is. A control word steers the chat and cannot carry a number of its own.
CONTROLS = ("start", "erase", "wants_person", "language", "about")
FILES = ("photo", "voice", "document", "video", "sticker")
CRIES = ("distress", "emergency", "third_party")
KINDS = (
    "question",
    "offer",
    "forwarded_offer",
    "small",
    *CRIES,
    *CONTROLS,
    *FILES,
    "location",
    "contact",
    "edit",
    "press",
)

#: How often each kind is written, in parts of a hundred or so.
WEIGHTS = {
    "question": 34,
    "offer": 10,
    "forwarded_offer": 4,
    "small": 14,
    "distress": 4,
    "emergency": 2,
    "third_party": 2,
    "start": 4,
    "erase": 2,
    "wants_person": 2,
    "language": 3,
    "about": 2,
    "photo": 5,
    "voice": 2,
    "document": 2,
    "video": 1,
    "sticker": 2,
    "location": 1,
    "contact": 1,
    "edit": 2,
    "press": 3,
}


@dataclass(frozen=True)
class Line:
    """One thing a person does. `pause` is the seconds before it; `waits`: not before the last one was answered."""

    what: str
    pause: float
    waits: bool
    text: str = ""


@dataclass(frozen=True)
class Writer:
    """One person: a language, when they first write (seconds since the beginning), and what."""

    number: int
    voice: Voice
    begins: float
    lines: tuple[Line, ...]

    @property
    def name(self) -> str:
        """What their phone calls them."""
        return f"{self.voice.name} {self.number}"


def crowd(seed: int, count: int, *, seconds: float, lines: int = 7) -> tuple[Writer, ...]:
    """`count` people whose messages fall into `seconds`, half of them in each language, `lines` each on average."""
    chance = random.Random(f"people:{seed}")
    return tuple(_writer(chance, number, seconds, lines) for number in range(count))


def _writer(chance: random.Random, number: int, seconds: float, lines: int) -> Writer:
    voice = (INDONESIAN, KHMER)[number % 2]
    # Some wait for each answer, some write as they breathe.
    patient = chance.random() < 0.6
    count = max(1, chance.randint(lines - 3, lines + 3))
    begins = round(chance.uniform(0, seconds * 0.85), 2)
    # The rest of the time is shared out, so that nobody is still writing when the last fault is over.
    share = max(0.5, (seconds - begins) / count)
    made = []
    for place in range(count):
        what = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        if place == 0 and what in {"edit", "press"}:
            what = "question"
        pause = 0.0 if place == 0 else round(chance.uniform(0.1, min(share, 40.0)), 2)
        if not patient and place and chance.random() < 0.6:
            pause = round(chance.uniform(0.0, 0.4), 2)
        made.append(Line(what, pause, patient, _text(chance, voice, what, f"{number}.{place}")))
    return Writer(number, voice, begins, tuple(made))


def _text(chance: random.Random, voice: Voice, what: str, mark: str) -> str:
    """The words of a message; empty for what has none."""
    plain: dict[str, Callable[[], str]] = {
        "question": lambda: chance.choice(QUESTIONS[voice.lang]).format(mark),
        "edit": lambda: chance.choice(QUESTIONS[voice.lang]).format(mark),
        "small": lambda: chance.choice(SMALL[voice.lang]).format(mark),
        "offer": lambda: f"{voice.offer} ({mark})",
        "forwarded_offer": lambda: f"{voice.offer} [{mark}]",
        "distress": lambda: f"{voice.distress} ({mark})",
        "emergency": lambda: f"{voice.emergency} ({mark})",
        "third_party": lambda: f"{voice.third_party} ({mark})",
        "start": lambda: "/start",
        "erase": lambda: voice.erase,
        "wants_person": lambda: voice.wants_person,
        "language": lambda: chance.choice((INDONESIAN, KHMER)).other_language,
        "about": lambda: {"id": "/tentang", "km": "/ompi"}[voice.lang],
    }
    return plain[what]() if what in plain else ""
