"""Reads numbers in digits and in words: Indonesian, Khmer script, romanised Khmer, English, and mixtures of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nlu.text.alternation import any_of
from nlu.text.normalise import normalise
from nlu.text.words import words_of

_SAID = words_of("numerals")
#: Behind "3 000" it tells that both are one number; elsewhere people write a thousand without a space.
_MONEY = rf" ?(?:\$|{_SAID.money})"
_DIGITS = (
    rf"\d{{1,3}}(?:(?P<sep>[.,']|(?<=\d\d) (?![1-9]\d0 ?(?:\$|{_SAID.dollar})|\d{{3}} ?[-–—] ?\d{{3}}(?![ .,]?\d))"
    rf"|(?= \d{{3}} \d{{3}}) |(?<![\da-z]\d)(?<=\d) (?=000{_MONEY}))"
    r"\d{3})(?:(?P=sep)\d{3})*(?:[.,]\d{1,2})?(?!\d)"
    r"|\d+(?:[.,]\d+)?"
)
#: Scales too short or too common as other words: they need a currency beside them.
SHY = re.compile(rf"(?:{_SAID.shy})\Z")


def _spelt(words: Mapping[str, float]) -> dict[str, float]:
    return {normalise(word).text: float(number) for word, number in words.items()}


_NUMBERS = _spelt(_SAID.meanings("number"))
#: "ពាន់ដុល្លារមួយខែ": one thousand, where no number stands before it.
_BEFORE_MONEY = _spelt(_SAID.meanings("before_money"))
#: "ម៉ឺន៥ពាន់បាត": ten thousand and five.
_BEFORE_DIGIT = _spelt(_SAID.meanings("before_digit"))
_WORDS = {**_NUMBERS, **_BEFORE_MONEY, **_BEFORE_DIGIT}
_KHMER_WORDS = sorted((w for w in _NUMBERS if w[0] >= "\u1780"), key=len, reverse=True)
_LATIN_WORDS = sorted((w for w in _WORDS if w[0] < "\u1780"), key=len, reverse=True)
#: Words that multiply, with the currency they suggest. `jt` and its like are rupiah wherever no currency stands.
_COMPILED = tuple(
    (re.compile(normalise(pattern).text), float(factor), hint)
    for pattern, (factor, hint) in _SAID.meanings("scale").items()
)
_SCALE = re.compile("|".join(f"(?:{pattern.pattern})" for pattern, _, _ in _COMPILED))
_LATIN = r"(?<![a-z\d])(?:" + any_of(_LATIN_WORDS) + r")(?![a-z])"
_KHMER = "|".join(
    [
        *_KHMER_WORDS,
        *(
            "".join(f"(?<!{normalise(w).text})" for w in _SAID.each("not_one"))
            + f"{word}(?= ?(?:{_SAID.counted_alone}))"
            for word in _BEFORE_MONEY
        ),
        *(rf"{word}(?=\d)" for word in _BEFORE_DIGIT),
    ]
)
_DIGIT_WORDS = _SAID.meanings("digit")
_UNIT_WORDS = _SAID.digit
#: "empat koma satu": a decimal in words.
_COMMA = re.compile(
    rf"(?P<whole>{_UNIT_WORDS}|{_SAID.whole}) (?:{_SAID.point}) (?P<tenth>{_UNIT_WORDS})(?: (?P<next>{_UNIT_WORDS}))?"
    rf"(?![a-z]| (?:{_SAID.no_decimal}))"
)
#: A small number in words, of up to three of them: "dua puluh lima", "dop pram pi", "ដប់ប្រាំពីរ".
_ONE = rf"(?:{_LATIN}|{any_of(_KHMER_WORDS)})"
SPELT = rf"{_ONE}(?: ?{_ONE}){{0,2}}"
_START = re.compile(rf"(?P<digits>{_DIGITS})|(?P<word>{_LATIN}|{_KHMER})")
_HALF = re.compile(rf" ?(?:{_SAID.half})(?![a-z])")
_GAP = re.compile(r" ?-? ?")
_TENS = _SAID.each("tens")


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
    whole, *digits = [_DIGIT_WORDS[word] if word in _DIGIT_WORDS else _WORDS[word] for word in comma.groups() if word]
    return whole + int("".join(f"{digit:.0f}" for digit in digits)) / float(10 ** len(digits))


#: "140 ribu satu hari": what one is paid for, and no part of the number.
_ONE_EACH = re.compile(rf"{_SAID.one_of_unit}|(?:{_SAID.one}) ?(?:{_SAID.one_of})")


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
        for_one = scaled and not text.endswith(_TENS, 0, end) and _ONE_EACH.match(text, part.start()) is not None
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
