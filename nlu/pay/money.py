"""Finds sums of money as people write them: value or range, currency, and the period named beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nlu.pay import currencies
from nlu.text.normalise import Normalised, normalise
from nlu.text.numerals import SHY, Numeral, numerals, tail
from nlu.text.words import words_of

_WORDS = words_of("money")

#: "USD 400/350/300": the pay of several jobs in a row.
_LISTED = re.compile(r" ?/ ?(?P<next>\d)")
#: "40$ (AUD)".
_IN_BRACKETS = re.compile(r" ?\((?=[a-z]{3}\))")
#: "1m55".
_HEIGHT = re.compile(r"[12] ?m ?\d\d(?!\d)")
#: No sum of pay is larger.
_MOST = 1e13
_TO = re.compile(
    rf"(?:an|\+|,-|\.-|,=)? ?(?:{_WORDS.each_month})? ?"
    rf"(?:->|=>|-|–|—|~|⁓|→|{_WORDS.to}) ?(?:{_WORDS.at_most})?"
)
_BETWEEN = re.compile(rf"(?:{_WORDS.between})[ :]*(?:[a-z]{{0,3}}[.$]? ?)$")
_AND = re.compile(rf" ?(?:{_WORDS.both}|&) ?")
_UNITS: dict[str, str] = {
    "hour": _WORDS.hour,
    "day": _WORDS.day,
    "week": _WORDS.week,
    "month": _WORDS.month,
    "year": _WORDS.year,
}
_ADVERBS: dict[str, str] = {
    "hour": _WORDS.hourly,
    "day": _WORDS.daily,
    "week": _WORDS.weekly,
    "month": _WORDS.monthly,
    "year": _WORDS.yearly,
}
_EACH = rf"(?:/|(?<!\d)1|\bp/|{_WORDS.each_unit})"
_NOT_AGO = rf"(?! ?(?:{_WORDS.not_paid_for}|(?:{_WORDS.got}) ?\d|\d{{1,2}}(?:-\d{{1,2}})? ?(?:{_WORDS.times})))"
_LOOSE = frozenset(_WORDS.each("short_unit"))
_TURNS = frozenset(_WORDS.each("turn"))
_NIGHTS = frozenset(_WORDS.each("night"))
#: "រាល់ព្រឹក", "900 / វេន ៧យប់-៤ភ្លឺ": when the work is, not what is paid for.
_NOT_FOR_IT = re.compile(rf"{_WORDS.every}|/ ")
#: Behind a sum they need a "per": they also say when the work is, or for how long.
_ONLY_EACH = _TURNS | frozenset(_WORDS.each("needs_per"))
_FILL = re.compile(
    rf"(?: |\+|\(|,-|\.-|,=|-|≈|{_WORDS.filler}|(?:{_WORDS.one_person})(?= ?(?:/|1|{_WORDS.one_each}))"
    rf"|(?:/|per) ?(?:{_WORDS.person})(?= ?[/ ])|[?!\"'])*"
)
_SHORT = r"|".join(f"(?P<{name}>{words})" for name, words in _UNITS.items())
_AFTER = re.compile(
    rf"(?:(?P<each>{_EACH}) ?(?:1 ?|{_WORDS.one_unit})?)?(?:{_SHORT})(?![a-z]){_NOT_AGO}"
    + "|"
    + "|".join(f"(?P<{name}_adverb>(?:{words}))(?![a-z])" for name, words in _ADVERBS.items())
)
_BEFORE = re.compile(
    rf"(?P<many>\d+ ?-? ?)?(?P<each>(?:{_EACH}) ?(?:1 ?|{_WORDS.one_unit})?)?(?:"
    + "|".join(f"(?P<{name}_adverb>(?<![a-z])(?:{words}))" for name, words in _ADVERBS.items())
    + rf"|(?:{_SHORT})(?:2|{_WORDS.unit_ending})?)"
    + rf"(?P<after1> ?(?:1|{_WORDS.one_behind}))?[ :=~±(]{{0,3}}"
    rf"(?:(?:{_WORDS.comes_to})[ :]*){{0,4}}$"
)
#: "sehari bisa bawa pulang sejuta", "1 bulan insyaallah 10 juta": the period opens the part of the statement.
_BEFORE_FAR = re.compile(
    r"(?:^|[ (:\"“])(?:"
    + "|".join(
        f"(?P<{name}_adverb>(?:{words}|(?:1 ?|1|{_WORDS.for_one})(?:{_UNITS[name]})))"
        for name, words in _ADVERBS.items()
    )
    + rf")(?![a-z])(?:(?!{_WORDS.then})[^\d,.+/\n]){{1,26}}$"
)
#: "12 jam/hari 5jt": a shift, not the period of the sum.
_HOURS_EACH = re.compile(rf"(?<![a-z])(?:{_WORDS.shift_unit})(?![a-z]) ?(?:/|{_WORDS.per_day}) ?[a-z\u1780-\u17d3]+$")
_SAID_ONCE = re.compile(
    rf"{_WORDS.not_behind('until', '', ' ')}(?<![\d:-])(?P<many>\d+) ?"
    rf"(?:{_WORDS.days})(?:{_WORDS.of_work})?(?: ?(?::|=|{_WORDS.gets}))? ?$"
)


#: "១ដុល្លារកន្លះ" is 1.5 dollars; "10$ កន្លះថ្ងៃ" is for half a day.
_HALF_MORE = re.compile(rf" ?(?:{_WORDS.half})(?![a-z])(?! ?(?:{_WORDS.half_of}))")
_ONE = re.compile(rf"1|{_WORDS.one}")
#: "វេនយប់ 225$", "ម៉ោង ១យប់ 16000 បាត": when the work is done, not what is paid for it.
_SHIFT = re.compile(rf"(?:{_WORDS.work_turn}|(?:{_WORDS.oclock}) ?\d{{1,2}}) ?\Z")


#: "បទពិសោធន៍ ១ឆ្នាំ ៧០០ដុល្លារ": how long one must have worked.
_EXPERIENCE = re.compile(rf"(?:{_WORDS.experience}) ?\Z")
#: "ថ្ងៃ ៥-៧ទំព័រ = 25-35$", "20dong/tngai, ban 50-200$": what so many pieces make in a day.
_SO_MANY_A_DAY = re.compile(
    rf"(?:{_WORDS.a_day}|(?<![a-z])(?:{_WORDS.a_day_word})) ?\d+(?:-\d+)? ?[^\d\n=]{{1,14}}= ?\Z"
    rf"|\d ?(?:{_WORDS.pieces}) ?(?:/|{_WORDS.in_one}) ?(?:{_WORDS.plain_day}),? ?(?:{_WORDS.makes}) ?\Z"
)
_DAY, _BY_TURNS = _WORDS.each("day_noun"), _WORDS.each("by_turns")
_OPENS = "(«“\"'៖:!។,=-"


@dataclass(frozen=True)
class Sum:
    """A sum in normalised text. `code` is as written, still to be settled; `bare` has no currency and no scale word."""

    low: float
    high: float
    code: str | None
    hint: str | None
    period: str | None
    #: The period stands in a word like ប្រាក់ខែ or a unit without "per": it gives way to what is plausible.
    loose: bool
    start: int
    end: int
    bare: bool
    grouped: bool
    scale: str


def prepare(text: str) -> Normalised:
    """The text in one spelling, with digits typed apart or with letters in them put right. Offsets stay."""
    source = normalise(text.replace("\u20e3", "\u200b"))
    mended = _LETTER_ZERO.sub(lambda m: _digits(m.group()), source.text)
    mended = _LETTER_ONE.sub(lambda m: "1" + m.group()[1:], mended)
    if mended != source.text:
        source = Normalised(mended, source.offsets, source.ends)
    if _APART.search(source.text):
        source = _join_apart(source)
    return source


_LETTER_ZERO = re.compile(r"(?<![a-z\d])\d[\d.,]*o[\do.,]*(?=$|[^a-z\do]|jt|juta|rb|ribu|k(?![a-z])|usd|rm|baht)")
_LETTER_ONE = re.compile(r"(?<![a-z\d])[li](?=\d[\d.,]* ?(?:jt|juta|rb|ribu|usd|\$))")
_APART = re.compile(r"(?<![\w.,])(?:[a-z\d][ .,]{1,2}){3,}[a-z\d](?![\w])")


def _digits(number: str) -> str:
    return number.replace("o", "0")


def _join_apart(source: Normalised) -> Normalised:
    """`1 2 j t` and `8 0 0 u s d` as `12jt` and `800usd`."""
    keep = [True] * len(source.text)
    for match in _APART.finditer(source.text):
        if not re.search(r"\d", match.group()):
            continue
        for index in range(match.start(), match.end()):
            # Where people type letters apart they set words apart by more than one space; normalising made them one.
            keep[index] = source.text[index] != " " or source.ends[index] - source.offsets[index] > 1
    chosen = [i for i, kept in enumerate(keep) if kept]
    return Normalised(
        "".join(source.text[i] for i in chosen),
        tuple(source.offsets[i] for i in chosen),
        tuple(source.ends[i] for i in chosen),
    )


def _range(
    text: str, low: Numeral, end: int, high: Numeral, start: int, written: tuple[str, int] | None
) -> tuple[float, float] | None:
    """Both ends in full, when what stands between makes them a range; `written` is a currency before the second."""
    if high.start - end > 24:
        return None
    stop = written[1] if written and written[1] >= end else high.start
    between = text[end:stop]
    if not _TO.fullmatch(between):
        near = _BETWEEN.search(text[max(0, start - 16) : start])
        if not (near and _AND.fullmatch(between)):
            return None
    first, last = low.value, high.value
    alone = start == low.start and end == low.end and not low.scale
    if alone and not high.scale and last > first * 8 and first < 100 and re.search(" [—–→] ", between):
        # "វិស្វករ ១ — ៧៥០ដុល្លារ": how many are wanted, then the pay.
        return None
    if high.factor > 1 and low.factor == 1 and first <= last / high.factor and high.scale:
        first *= high.factor
    elif low.factor > 1 and high.factor == 1 and low.scale and last < low.factor and last * low.factor >= first:
        last *= low.factor
    elif low.factor < high.factor and first < last / 1000 and first * high.factor / low.factor <= last:
        first *= high.factor / low.factor
    return (first, last) if last >= first else None


def _choose(*codes: str | None) -> str | None:
    """The currency that says most: a named one before a sign that several share, if it is one of those."""
    given = [code for code in codes if code]
    if not given:
        return None
    return next((code for code in given if currencies.may_be(given[0], code)), given[0])


@dataclass
class _Draft:
    """A sum whose parts are still being read; `before` and `behind` are the currencies written beside its numbers."""

    low: Numeral
    #: The last number of a range, else the only one.
    top: Numeral
    first: float
    last: float
    start: int
    end: int
    before: tuple[str, int] | None
    behind: tuple[str, int] | None
    code: str | None = None

    @property
    def hint(self) -> str | None:
        return self.top.hint or self.low.hint

    @property
    def scale(self) -> str:
        return self.top.scale or self.low.scale

    @property
    def bare(self) -> bool:
        return self.code is None and (not self.scale or SHY.fullmatch(self.scale) is not None)


def sums(text: str) -> Iterator[Sum]:
    """Every sum of normalised text in order, bare numbers too; phones, codes and list numbers are left out."""
    numbers = [tail(text, number) for number in numerals(text)]
    ahead = [currencies.before(text, number.start) for number in numbers]
    index, done = 0, 0
    while index < len(numbers):
        draft = _first_number(text, numbers[index], ahead[index], done)
        index += 1
        if draft is None:
            continue
        if index < len(numbers) and _read_range(text, draft, numbers[index], ahead[index]):
            index += 1
        _read_currency(text, draft)
        if _is_no_sum(text, draft):
            continue
        index = _read_list(text, draft, numbers, index)
        done = draft.end
        yield _finished(text, draft)


def _first_number(text: str, low: Numeral, before: tuple[str, int] | None, done: int) -> _Draft | None:
    """A sum of one number with the currencies beside it; None where no sum begins. `done` ends the sum before."""
    if low.start < done:
        # The tail of the sum before: the 5 of "៣ម៉ឺន៥".
        return None
    if before and before[1] < done:
        before = None
    start = before[1] if before else low.start
    if not _begins(text, low, start) or _HEIGHT.match(text, low.start):
        return None
    behind = currencies.after(text, low.end)
    if behind and text[low.end] == " " and text[behind[1] : behind[1] + 1].isdigit():
        # "ម៉ោងមួយ $1.20": the sign is the next number's.
        behind = None
    if behind and low.value < 100 and text[low.end : behind[1]] == "b":
        # "Jl. Merdeka 12B"
        behind = None
    end = behind[1] if behind else low.end
    return _Draft(low, low, low.value, low.value, start, end, before, behind)


def _read_range(text: str, draft: _Draft, high: Numeral, before: tuple[str, int] | None) -> bool:
    """Add the next number where both make a range; whether they do. `before` is the currency before that number."""
    both = _range(text, draft.low, draft.end, high, draft.start, before)
    if both is None:
        return False
    if before and before[1] < draft.end:
        before = None
    behind = currencies.after(text, high.end)
    draft.first, draft.last = both
    draft.top = high
    draft.behind = behind or before or draft.behind
    draft.end = behind[1] if behind else high.end
    return True


def _read_currency(text: str, draft: _Draft) -> None:
    """Choose the currency, and read what is written behind it: a code in brackets, a half, the mark of rupiah."""
    code = _choose(draft.behind and draft.behind[0], draft.before and draft.before[0])
    named = _IN_BRACKETS.match(text, draft.end)
    if named and code and (said := currencies.after(text, named.end())) and currencies.may_be(code, said[0]):
        code, draft.end = said[0], said[1] + text.startswith(")", said[1])
    half = _HALF_MORE.match(text, draft.end)
    if half and code in ("$", "USD") and draft.first == draft.last < 100:
        draft.first, draft.last, draft.end = draft.first + 0.5, draft.last + 0.5, half.end()
    if text.startswith((",-", ".-", ",=", ",oo"), draft.end):
        code, draft.end = code or "IDR", draft.end + 2
    draft.code = code


def _is_no_sum(text: str, draft: _Draft) -> bool:
    """Whether the number is too large for pay, a bare word, or the beginning of a word, a share or an address."""
    if draft.last > _MOST or (draft.low.bare_word and draft.code is None):
        return True
    following = text[draft.end : draft.end + 1]
    if not draft.bare or not following:
        return False
    return "a" <= following <= "z" or (following in "%°/" and not _AFTER.match(text, draft.end))


def _read_list(text: str, draft: _Draft, numbers: Sequence[Numeral], index: int) -> int:
    """Add the numbers of a list like "USD 400/350/300". Returns the index of the first number behind the list."""
    listed = _LISTED.match(text, draft.end) if draft.before else None
    while listed and index < len(numbers) and numbers[index].start == listed.start("next"):
        value = numbers[index].value
        if not draft.last / 4 < value < draft.last * 4:
            break
        draft.first, draft.last, draft.end = min(draft.first, value), max(draft.last, value), numbers[index].end
        index += 1
        listed = _LISTED.match(text, draft.end)
    return index


def _finished(text: str, draft: _Draft) -> Sum:
    """The sum with the period named beside it."""
    start, end, currency = draft.start, draft.end, draft.code or draft.hint
    period, loose = _period_behind(text, end, currency) or _period_before(text, start, currency)
    return Sum(
        draft.first,
        draft.last,
        draft.code,
        draft.hint,
        period,
        loose,
        start,
        end,
        draft.bare,
        draft.low.grouped or draft.top.grouped,
        draft.scale,
    )


def _begins(text: str, number: Numeral, start: int) -> bool:
    """Whether a sum can begin here: not inside a word, a phone number, a date or a code like E-9."""
    head = text[number.start : number.start + 2]
    if len(head) > 1 and head[0] == "0" and head[1] not in ".,":
        return False
    if start < number.start:
        return True
    if start == 0:
        return True
    last = text[start - 1]
    if last in "#@_&" or "a" <= last <= "z" or last.isdigit():
        return False
    if last in "-/.,:" and start > 1:
        earlier = text[start - 2]
        if last in "/" and earlier.isalnum():
            return False
        if last in ".,:" and earlier.isdigit():
            return False
        if last == "-" and ("a" <= earlier <= "z" or earlier.isdigit()):
            return False
    return not (last == "+" and number.value >= 100_000 and not number.scale)


def _named(match: re.Match[str]) -> str:
    return next(
        name.removesuffix("_adverb")
        for name, found in match.groupdict().items()
        if found and name not in ("each", "many", "after1")
    )


def _period_behind(text: str, end: int, code: str | None) -> tuple[str | None, bool] | None:
    """The period named just after a sum, and whether it is only loosely said; None where there is none."""
    fill = _FILL.match(text, end)
    at = fill.end() if fill else end
    match = _AFTER.match(text, at)
    if match:
        name, word = _named(match), match.group()
        unit = match.group(name) if name in match.groupdict() else None
        each = match.group("each")
        if unit in _LOOSE and each not in ("/", "p/", "per"):
            return None, False
        if unit == "hr":
            name = "day" if code in ("IDR", "KHR", None) else "hour"
        if not (unit in _TURNS and _NOT_FOR_IT.match(word)) and not (
            each is None and unit in _ONLY_EACH and not word.startswith(("se", "per"))
        ):
            return name, each is None and unit is not None
    return None


def _period_before(text: str, start: int, code: str | None) -> tuple[str | None, bool]:
    """The period named just before a sum, and whether it is only loosely said."""
    lead = text[max(0, start - 44) : start]
    cut = max(lead.rfind("\n"), lead.rfind(", "), lead.rfind("។"), lead.rfind("!"))
    lead = lead[cut + 1 :]
    if _SO_MANY_A_DAY.search(lead):
        return "day", False
    before = _BEFORE.search(lead)
    if before:
        name = _named(before)
        unit = before.group(name)
        many = before.group("many")
        glued = many and many.endswith(" ") and unit in _DAY and lead.endswith(_DAY)
        if many and not glued and many.strip(" -") != "1" and not _ONE.search(before.group("each") or ""):
            once = _SAID_ONCE.search(lead)
            return ("once", True) if once and 1 < int(once.group("many")) <= 15 else (None, False)
        if (unit in _LOOSE and not (unit == "h" and many)) or _HOURS_EACH.search(lead[: before.end(name)]):
            return None, False
        if _SHIFT.search(lead[: before.end(name) - len(unit or "")]):
            return None, False
        firm = bool(before.group("each") or many or before.group("after1") or unit is None)
        first = before.start(name) if unit else before.start()
        ahead = lead[first - 1 : first] if first else " "
        if not firm and name == "hour" and code and not "a" <= ahead <= "z":
            return name, True
        if name == "year" and _EXPERIENCE.search(lead[: before.start()]):
            return None, False
        if name == "day" and not firm and code and unit in _DAY and (not ahead.strip() or ahead in _OPENS):
            # "ថ្ងៃ ២០០ដុល្លារ" at the beginning of a statement.
            firm = True
        if unit in _NIGHTS or (name == "day" and (before.group("each") or "").startswith(_BY_TURNS)):
            # "យប់ ៤៥០$", "ប័ណ្ណប្រចាំថ្ងៃ ៩០០០បាត": it may say when, and gives way to what is plausible.
            firm = False
        if unit in _TURNS and before.group("after1"):
            # "ប្រធានវេន ១ ចាប់ពី ៣៨០$": one is wanted.
            firm = False
        if not firm and name == "week" and code and (unit or " ")[0] >= "\u1780" and not lead[:first].endswith(_DAY):
            return name, True
        if not firm and (name in ("hour", "week", "year") or unit in _TURNS or "a" <= ahead <= "z"):
            return None, False
        return name, not firm
    far = _BEFORE_FAR.search(lead)
    if far is None or (_named(far) == "year" and _EXPERIENCE.search(lead, 0, far.start() + 1)):
        return None, False
    return _named(far), True


def settled(one: Sum, setting: currencies.Setting) -> str | None:
    """The currency of a sum; None when neither words nor place tell."""
    if one.code is not None:
        return setting.settle(one.code, one.high, one.period)
    if one.hint == "IDR" and one.high >= 10_000:
        known = currencies.currencies()
        abroad = currencies.of_country().get(setting.countries[0]) if setting.countries else None
        # "23 ribu" in Taiwan: a month there, nothing for a day at home.
        few = one.high < known["IDR"].day and one.period is None
        return abroad if few and abroad and known[abroad].month <= one.high else "IDR"
    if one.hint == "khmer":
        return setting.assume(one.high) or "KHR"
    return None
