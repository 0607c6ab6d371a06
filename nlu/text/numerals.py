"""Reads numbers in digits and in words: Indonesian, Khmer script, romanised Khmer, English, and mixtures of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nlu.text.alternation import any_of
from nlu.text.normalise import normalise

#: Behind "3 000" it tells that both are one number; elsewhere people write a thousand without a space.
_MONEY = r" ?(?:បាត|រីង|អឺរ៉ូ|ដុល្លា|វ៉ុន|យ៉េន|\$|usd|bah?t|rm|ringgit|euro|won|yen)"
_DIGITS = (
    r"\d{1,3}(?:(?P<sep>[.,']|(?<=\d\d) (?![1-9]\d0 ?(?:\$|usd|ដុល្លារ)|\d{3} ?[-–—] ?\d{3}(?![ .,]?\d))"
    rf"|(?= \d{{3}} \d{{3}}) |(?<![\da-z]\d)(?<=\d) (?=000{_MONEY}))"
    r"\d{3})(?:(?P=sep)\d{3})*(?:[.,]\d{1,2})?(?!\d)"
    r"|\d+(?:[.,]\d+)?"
)
_ID = ("satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")
_SMALL: dict[str, float] = {
    **{word: n for n, word in enumerate(_ID, 1)},
    **{f"{word}{gap}belas": 10 + n for n, word in enumerate(_ID, 1) for gap in (" ", "") if n > 1},
    **{f"{word}{gap}puluh": 10 * n for n, word in enumerate(_ID, 1) for gap in (" ", "") if n > 1},
    **{"sepuluh": 10, "sebelas": 11, "seratus": 100, "seribu": 1e3, "sejuta": 1e6, "limo": 5, "telu": 3, "loro": 2},
    **{"pitu": 7, "wolu": 8, "songo": 9, "papat": 4, "opat": 4, "tilu": 3, "salapan": 9, "dalapan": 8, "lapan": 8},
    **{"sewu": 1e3, "sarebu": 1e3, "sajuta": 1e6, "setengah": 0.5},
    **{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10},
    **{"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17},
    **{"eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60},
    **{"seventy": 70, "eighty": 80, "ninety": 90, "half a": 0.5},
    **{"មួយ": 1, "ពីរ": 2, "បី": 3, "បួន": 4, "ប្រាំ": 5, "ប្រាំមួយ": 6, "ប្រាំពីរ": 7, "ប្រាំបី": 8, "ប្រាំបួន": 9},
    **{"ដប់": 10, "ម្ភៃ": 20, "សាមសិប": 30, "សែសិប": 40, "ហាសិប": 50, "ហុកសិប": 60, "ចិតសិប": 70, "ប៉ែតសិប": 80},
    **{"កៅសិប": 90, "ប្រាំពិល": 7, "សាម": 30, "មួយម៉ឺន": 1e4},
}
_ROMANISED: dict[str, float] = {
    **dict.fromkeys(("muoy", "mouy", "muy", "mui", "mouyi", "muouy"), 1),
    **dict.fromkeys(("pir", "pi", "pii", "py", "bpi"), 2),
    **dict.fromkeys(("bey", "bei", "bai", "bay"), 3),
    **dict.fromkeys(("buon", "boun", "bourn", "buan", "boun"), 4),
    **dict.fromkeys(("bram", "pram", "bpram", "prahm"), 5),
    **dict.fromkeys(("dop", "dob", "dab", "dorp"), 10),
    **dict.fromkeys(("mphey", "mpey", "mphei", "mophey", "mophei", "ma phey", "maphey", "mpei", "mophai", "mphai"), 20),
    **dict.fromkeys(("samsep", "samseb", "sam sep", "samsip", "sam seb", "sam sip"), 30),
    **dict.fromkeys(("saesep", "sesep", "saeseb", "sae sep", "sersep"), 40),
    **dict.fromkeys(("hasep", "haseb", "ha sep", "hasip"), 50),
    **dict.fromkeys(("hoksep", "hokseb", "hok sep"), 60),
    **dict.fromkeys(("chetsep", "jetsep", "chitsep", "chet sep"), 70),
    **dict.fromkeys(("paetsep", "petsep", "paet sep", "petseb"), 80),
    **dict.fromkeys(("kavsep", "kausep", "kaosep", "kao sep", "kav sep"), 90),
}
#: Words that multiply, with the currency they suggest. `jt` and its like are rupiah wherever no currency stands.
_SCALES: tuple[tuple[str, float, str | None], ...] = (
    (r"milyar(?![a-z])|miliar(?![a-z])", 1e9, "IDR"),
    (r"(?:juta+h?|jt+a?|jeti|jete|yut[ao]|jota|djuta)(?:a?n)?(?:nya|an)?(?![a-z])", 1e6, "IDR"),
    (r"(?:ribu+|rb+u?|rebu|ewu|rib)(?:an|nya)?(?![a-z])", 1e3, "IDR"),
    (r"(?:ratus|rts)(?:an)?(?![a-z])", 1e2, None),
    (r"puluh(?:an)?(?![a-z])", 10, None),
    (r"លាន", 1e6, "khmer"),
    (r"សែន(?!មនោ|ចំ|ជ័យ|សុខ)", 1e5, "khmer"),
    (r"ម៉ឺន|មុឺន|ម៉ឺុន|មឺន|ម៉ីន", 1e4, "khmer"),
    (r"ពាន់|ពាន", 1e3, None),
    (r"រយ(?!ៈ|ះ)", 1e2, None),
    (r"(?:lean|lian|lien|leen|lan)(?![a-z])", 1e6, "khmer"),
    (r"(?:saen|sen|seen|sain)(?![a-z])", 1e5, "khmer"),
    (r"men(?= ?(?:rie?l|real|reil|won|yen|bah?t|\d))", 1e4, "khmer"),
    (r"(?:meu?rn|meun|muen|moeun|meurn|mern|mun|man|mouen|mourn)(?![a-z])", 1e4, "khmer"),
    (r"(?:p?poan|porn|puan|pean|ppon|pon|poin|paon|pan)(?![a-z])", 1e3, None),
    (r"(?:ro[uo]?y|ruoy|rory|roi|rouy|royy|rouoy)(?![a-z])", 1e2, None),
    (r"(?:million|mio|mil)(?![a-z])", 1e6, None),
    (r"thousand(?![a-z])", 1e3, None),
    (r"hundred(?![a-z])", 1e2, None),
    (r"万|萬", 1e4, None),
    (r"k(?![a-z])", 1e3, None),
    (r"m(?![a-z]|²)", 1e6, None),
)
#: Scales too short or too common as other words: they need a currency beside them.
SHY = re.compile(r"(?:m|mil|mun|men|man|sen|seen|lan|pon|pan|mio|lean|pean)\Z")


def _spelt(words: dict[str, float]) -> dict[str, float]:
    return {normalise(word).text: number for word, number in words.items()}


_WORDS = {**_spelt(_SMALL), **_spelt(_ROMANISED), **_spelt({"ពាន់": 1e3, "ម៉ឺន": 1e4})}
_KHMER_WORDS = sorted((w for w in _spelt(_SMALL) if w[0] >= "\u1780"), key=len, reverse=True)
#: "ពាន់ដុល្លារមួយខែ": one thousand, where no number stands before it.
_A_THOUSAND = normalise("ពាន់").text + "(?= ?(?:" + "|".join(normalise(w).text for w in ("ដុល្លារ", "ដុល្លា", "បាត")) + "))"
#: "ម៉ឺន៥ពាន់បាត": ten thousand and five.
_TEN_THOUSAND = normalise("ម៉ឺន").text + r"(?=\d)"
_LATIN_WORDS = sorted((w for w in _WORDS if w[0] < "\u1780"), key=len, reverse=True)
_COMPILED = tuple((re.compile(normalise(p).text), factor, hint) for p, factor, hint in _SCALES)
_SCALE = re.compile("|".join(f"(?:{pattern.pattern})" for pattern, _, _ in _COMPILED))
_LATIN = r"(?<![a-z\d])(?:" + any_of(_LATIN_WORDS) + r")(?![a-z])"
_KHMER = "|".join(
    [*_KHMER_WORDS, rf"(?<!{normalise('រាប់').text})(?<!{normalise('មាន').text}){_A_THOUSAND}", _TEN_THOUSAND]
)
_UNIT_WORDS = "|".join((*_ID, "nol"))
#: "empat koma satu": a decimal in words.
_COMMA = re.compile(
    rf"(?P<whole>{_UNIT_WORDS}|sepuluh|sebelas) koma (?P<tenth>{_UNIT_WORDS})(?: (?P<next>{_UNIT_WORDS}))?"
    r"(?![a-z]| (?:belas|puluh))"
)
#: A small number in words, of up to three of them: "dua puluh lima", "dop pram pi", "ដប់ប្រាំពីរ".
_ONE = rf"(?:{_LATIN}|{any_of(_KHMER_WORDS)})"
SPELT = rf"{_ONE}(?: ?{_ONE}){{0,2}}"
_START = re.compile(rf"(?P<digits>{_DIGITS})|(?P<word>{_LATIN}|{_KHMER})")
_HALF = re.compile(r" ?(?:setengah|កន្លះ|konlah|kanlah|and a half)(?![a-z])")
_GAP = re.compile(r" ?-? ?")


@dataclass(frozen=True)
class Numeral:
    """A number from `start` to `end`; `hint` is what a word like juta says of the currency."""

    value: float
    start: int
    end: int
    #: The words that multiply, the last one as typed (`jt`), or empty.
    scale: str = ""
    factor: float = 1.0
    hint: str | None = None
    in_words: bool = False
    #: Thousands were set apart: 12.000.000.
    grouped: bool = False
    #: Not written in digits and multiplied by nothing ("lima").
    bare_word: bool = False


def value(number: str) -> float:
    """12.000.000, 1.5, 2,5 and 27 470 as numbers: a separator before three digits groups, else it is decimal."""
    number = number.strip().replace(" ", "").replace("'", "")
    parts = number.replace(",", ".").split(".")
    if len(parts) == 1:
        return float(number)
    if len(parts[-1]) == 3 and parts[0] not in ("", "0") and len(parts[0]) <= 3:
        return float("".join(parts))
    return float("".join(parts[:-1]) + "." + parts[-1])


def _scale_at(text: str, position: int) -> tuple[float, str | None, int, str] | None:
    gap = position + (text[position : position + 1] == " ")
    for at in dict.fromkeys((position, gap)):
        if not _SCALE.match(text, at):
            continue
        for pattern, factor, hint in _COMPILED:
            match = pattern.match(text, at)
            if match:
                return factor, hint, match.end(), match.group()
    return None


def count(words: str) -> int | None:
    """The whole number that digits or words are, None where they are none."""
    if words.isdecimal():
        return int(words)
    found = next(numerals(words), None)
    return int(found.value) if found is not None else None


def numerals(text: str) -> Iterator[Numeral]:
    """Every number in normalised text, in order. "1 juta 500 ribu" and "១ពាន់៥រយ" are one number each."""
    position = 0
    while True:
        match = _START.search(text, position)
        if match is None:
            return
        found = _read(text, match)
        yield found
        position = max(found.end, match.end())


@dataclass(slots=True)
class _Reading:
    """A number while its parts are read, up to `end`."""

    end: int
    #: What a scale word multiplied already, and what the next scale word will multiply.
    total: float = 0.0
    pending: float = 0.0
    #: The last scale: the parts of a number grow smaller.
    below: float = float("inf")
    scale: str = ""
    factor: float = 1.0
    hint: str | None = None
    in_words: bool = False
    scaled: bool = False
    decimal: bool = False
    last_digits: bool = False

    def part(self, text: str, part: re.Match[str]) -> float:
        """The value of one part, in digits or words."""
        if part.group("digits"):
            self.last_digits = True
            return value(part.group("digits"))
        number = _WORDS[part.group("word")]
        self.in_words, self.last_digits = True, False
        self.scaled = self.scaled or number >= 100
        comma = _COMMA.match(text, part.start())
        if comma:
            number, self.end, self.decimal = _in_words(comma), comma.end(), True
        if number >= 1e3:
            self.hint = self.hint or ("IDR" if part.group("word")[0] < "\u1780" else None)
            self.scale, self.factor = ("ribu" if number == 1e3 else "juta", number)
            self.hint = self.hint or ("khmer" if number == 1e4 else None)
        return number

    def add(self, number: float, end: int) -> None:
        """Add the value of a part that ends at `end`."""
        if number >= 1e3 and not self.last_digits:
            self.total, self.below = self.total + number, number
        else:
            self.pending += number
        self.end = max(self.end, end)

    def multiply(self, text: str) -> None:
        """Apply the scale words behind a part, and the half behind them: "5 ratus ribu", "2 juta setengah"."""
        while (found := _scale_at(text, self.end)) is not None:
            times, suggests, after, typed = found
            if times >= 1e3 and self.total and times >= self.below:
                return
            self.scaled, self.scale, self.hint = True, typed, self.hint or suggests
            self.factor = max(self.factor, times) if self.total else times
            if times < 1e3:
                self.pending, self.end = (self.pending or 1) * times, after
                self.last_digits = False
                continue
            self.total, self.pending = self.total + (self.pending or 1) * times, 0.0
            self.below, self.end = times, after
            half = _HALF.match(text, self.end)
            if half:
                self.total, self.end = self.total + times / 2, half.end()
            return

    def add_half(self, text: str) -> None:
        """Add a half that stands before the scale word: "satu setengah juta"."""
        if not self.pending:
            return
        half = _HALF.match(text, self.end)
        found = _scale_at(text, half.end()) if half else None
        if found is None:
            return
        times, suggests, after, typed = found
        self.total, self.end = self.total + (self.pending + 0.5) * times, after
        self.scaled, self.scale, self.factor, self.hint = True, typed, times, self.hint or suggests
        self.pending = 0.0

    def thousand_left_out(self) -> bool:
        """Whether the thousand goes without saying: "dua juta enam ratus lima puluh"."""
        return self.in_words and self.total >= 1e6 and 100 <= self.pending < 1e3 and self.hint == "IDR"


def _read(text: str, match: re.Match[str]) -> Numeral:
    """One number from its first digit or word on, as far as its parts grow smaller."""
    read = _Reading(match.end())
    part: re.Match[str] | None = match
    while part is not None:
        number = read.part(text, part)
        if read.total and number >= read.below:
            break
        read.add(number, part.end())
        read.multiply(text)
        read.add_half(text)
        part = _next(text, read.end, read.scaled, read.below, read.last_digits and not read.scaled)
    if read.thousand_left_out():
        read.pending *= 1e3
    return Numeral(
        round(read.total + read.pending, 6),
        match.start(),
        read.end,
        read.scale,
        read.factor,
        read.hint,
        read.in_words,
        grouped=bool(match.group("sep")),
        bare_word=read.in_words and not (read.scaled or read.decimal),
    )


def _in_words(comma: re.Match[str]) -> float:
    """ "tiga koma tujuh lima" as 3.75."""
    whole, *digits = [0.0 if word == "nol" else _WORDS[word] for word in comma.groups() if word]
    return whole + int("".join(f"{digit:.0f}" for digit in digits)) / float(10 ** len(digits))


#: "140 ribu satu hari": what one is paid for, and no part of the number.
_ONE_EACH = re.compile(
    r"satu (?:hari|minggu|bulan|bln|jam|malam|orang|kali)"
    r"|(?:មួយ|mou?y|muoy|muy) ?(?:ខែ|ថ្ងៃ|ម៉ោង|អាទិត្យ|សប្ដាហ៍|សប្តាហ៍|ឆ្នាំ|យប់|នាក់|ដង|ជើង"
    r"|kha?e|t?h?ngai|mong|maong|athit|chh?nam|y[uo][bp]|neak|dong)"
)


def _next(text: str, end: int, scaled: bool, below: float, digits_alone: bool) -> re.Match[str] | None:
    """The next part of the same number, or None: digits go on only when a smaller scale word follows them."""
    if digits_alone:
        return None
    gap = _GAP.match(text, end)
    at = gap.end() if gap else end
    part = _START.match(text, at)
    if part is None:
        return None
    if part.group("word"):
        for_one = scaled and text[end - 5 : end] != "puluh" and _ONE_EACH.match(text, part.start()) is not None
        return part if at - end <= 1 and not for_one else None
    if not scaled or at - end > 1:
        return None
    follows = _scale_at(text, part.end())
    if follows is not None and follows[0] < below and below != float("inf"):
        return part
    return None


#: "2jt5" and "៣ម៉ឺន៥": the next lower place without its word; "2jt500": thousands.
_TAIL = re.compile(r"\d{1,3}(?!\d|[.,]\d| ?(?:%|/ ?\d))")


def tail(text: str, number: Numeral) -> Numeral:
    """The number with the digits written straight behind its scale word (2jt5 is 2.5 million, 2jt500 too)."""
    if number.factor < 1e3 or not number.scale or text[number.end - 1].isdigit():
        return number
    match = _TAIL.match(text, number.end)
    if match is None:
        return number
    extra = float(match.group()) * number.factor / 10 ** len(match.group())
    return Numeral(
        number.value + extra, number.start, match.end(), number.scale, number.factor, number.hint, number.in_words
    )
