"""Tells currencies by their words and signs, and settles the signs that several countries share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from nlu.text import khmer
from nlu.text.files import read_yaml
from nlu.text.normalise import normalise
from nlu.text.words import words_of

#: Signs and words of several currencies; `Setting.settle` says which is meant.
SHARED = frozenset({"$", "¥", "dinar"})


@dataclass(frozen=True)
class Currency:
    """One row of data/lexicon/currencies.yml."""

    code: str
    countries: tuple[str, ...]
    #: The least that is plausible as pay of a month, a day, an hour.
    month: float
    day: float
    hour: float


@cache
def currencies() -> dict[str, Currency]:
    """Every currency by its ISO 4217 code."""
    return {
        code: Currency(code, tuple(row["countries"]), float(row["month"]), float(row["day"]), float(row["hour"]))
        for code, row in read_yaml("currencies.yml").items()
        if code not in SHARED
    }


@cache
def of_country() -> dict[str, str]:
    """The currency of a country, both by their ISO codes."""
    return {country: currency.code for currency in currencies().values() for country in currency.countries}


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], tuple[tuple[str, re.Pattern[str]], ...]]:
    """Words in Khmer before a number, any word after a number, and the words of each code."""
    rows = {
        code: [normalise(word).text for word in row["words"].split(", ")]
        for code, row in read_yaml("currencies.yml").items()
    }
    words = sorted((word for row in rows.values() for word in row), key=lambda word: (-len(word), word))
    every = "|".join(f"(?:{word})" for word in words)
    in_khmer = "|".join(word for word in words if khmer.has_khmer(word))
    return (
        re.compile(f"(?:{in_khmer})$"),
        re.compile(rf"(?: ?\+)?(?: |-(?=[a-z\u1780-\u17b3]))?(?P<word>{every})(?!(?!x ?\d)[a-z]|\d+[a-z])"),
        tuple((code, re.compile("|".join(f"(?:{word})" for word in row))) for code, row in rows.items()),
    )


@lru_cache(maxsize=2048)
def _code(word: str) -> str | None:
    # Single letters count only beside a slash or a space; their lookahead has nothing to see here.
    if word in _LETTERS:
        return _LETTERS[word]
    if not _any_word().fullmatch(word):
        return None
    return next((code for code, pattern in _patterns()[2] if pattern.fullmatch(word)), None)


@cache
def _any_word() -> re.Pattern[str]:
    return re.compile("|".join(pattern.pattern for _, pattern in _patterns()[2]))


#: The last word before a number, with the one before it: "rp", "us$", "hong kong dollar".
_LAST_WORDS = re.compile(r"(?:[a-z]+ )?[a-z]+ ?\$?$|\$$")


def before(text: str, position: int) -> tuple[str, int] | None:
    """The currency written up to `position`, and where it begins."""
    lead = text[max(0, position - 24) : position]
    ahead = lead.rstrip(" :=")
    if ahead.endswith("rp.") or (lead.endswith(".") and ahead == lead):
        ahead = ahead[:-1]
    if len(lead) - len(ahead) > 3 or not ahead:
        return None
    last = ahead[-1]
    if "a" <= last <= "z" or last == "$":
        match = _LAST_WORDS.search(ahead)
        words = match.group() if match else ""
        while words:
            code = _code(words) if words not in _LETTERS else None
            if code:
                return code, position - len(lead) + len(ahead) - len(words)
            words = words.partition(" ")[2] if " " in words else words[-1:] if words != "$" and last == "$" else ""
        return None
    if last < "\u0080":
        return None
    if last < "\u1780" or last > "\u17ff" or last == "\u17db":
        code = _code(last)
        return (code, position - len(lead) + len(ahead) - 1) if code else None
    match = _patterns()[0].search(ahead)
    code = _code(match.group()) if match and match.group() not in _LETTERS else None
    return (code, position - len(lead) + match.start()) if match and code else None


def after(text: str, position: int) -> tuple[str, int] | None:
    """The currency written from `position` on, and where it ends."""
    near = text[position : position + 3].lstrip(" +-")[:1]
    if not near or (near.isascii() and not ("a" <= near <= "z" or near == "$")):
        return None
    match = _patterns()[1].match(text, position)
    if match is None:
        return None
    code = _code(match.group("word"))
    return (code, match.end()) if code else None


def may_be(sign: str, code: str) -> bool:
    """Whether a written sign or code may stand for this currency: "HKD 4,990$" is in Hong Kong dollars, no baht is."""
    if sign == "$":
        return code == "USD" or code in _LOCAL_DOLLARS.values()
    if sign == "¥":
        return code in ("JPY", "CNY")
    return code not in SHARED


@dataclass(frozen=True)
class Setting:
    """Where the work is and in which language it is told: what a sign that several currencies share must mean."""

    #: ISO codes of the countries named, work abroad before home, in order.
    countries: tuple[str, ...]
    khmer: bool

    def settle(self, code: str | None, value: float, period: str | None = None) -> str | None:
        """The currency meant by a written sign or word."""
        hourly = period == "hour"
        if code == "¥":
            for country in self.countries:
                if country in ("JP", "CN"):
                    return "JPY" if country == "JP" else "CNY"
            floor = {"hour": 700, "day": 3_000, "week": 12_000}.get(period or "month", 30_000)
            return "JPY" if value >= floor else "CNY"
        if code == "dinar":
            local = [of_country().get(country) for country in self.countries]
            return next((one for one in local if one in ("KWD", "BHD", "JOD", "RSD")), "KWD")
        if code == "SAR":
            local = [of_country().get(country) for country in self.countries]
            # "rial" is also how Khmer people type riel.
            riel = {"hour": 1_000, "day": 2_000}.get(period or "", 20_000)
            otherwise = "KHR" if self.khmer and value >= riel else "SAR"
            return next((one for one in local if one in ("SAR", "QAR", "OMR")), otherwise)
        if code == "KHR" and "SA" in self.countries and value < 20_000 and not hourly:
            # The riyal of Arabia is written as the riel is.
            return "SAR"
        if code != "$":
            return code
        for country in self.countries:
            local_dollar = _LOCAL_DOLLARS.get(country)
            if local_dollar is None:
                if country in ("KH", "MM", "LA"):
                    return "USD"
                continue
            known = currencies()[local_dollar]
            least = {"hour": known.hour, "day": known.day}.get(period or "", known.month)
            if value >= least and (hourly or not self.khmer or country in ("TW", "HK")):
                return local_dollar
            break
        return "USD"

    def assume(self, value: float) -> str | None:
        """The currency of a number that has none, or None where no currency makes it plausible pay."""
        known = currencies()
        for country in self.countries:
            code = of_country().get(country)
            # Indonesians who work in Cambodia are paid in dollars or rupiah.
            if code is None or (code == "KHR" and (not self.khmer or value < known["KHR"].day)):
                continue
            if self.khmer and code in _DEAR and value < 8_000:
                # Cambodians are promised dollars there too.
                continue
            if known[code].month <= value <= known[code].month * 120:
                return code
        if self.khmer and value >= known["KHR"].month:
            return "KHR"
        if not self.khmer and value >= known["IDR"].month:
            return "IDR"
        if 70 <= value <= 8_000 and (self.khmer or {"KH", "MM", "LA", "TH", "PH", "AE"} & set(self.countries)):
            return "USD"
        return None


#: Words that are a currency only behind a number: "scan QR 150 ribu" names none.
_LETTERS: dict[str, str] = {
    normalise(word).text: code for word, code in words_of("money").meanings("currency_letter").items()
}
#: A unit of these is worth as much as a dollar or more.
_DEAR = frozenset({"EUR", "GBP", "OMR", "KWD", "BHD", "JOD"})
_LOCAL_DOLLARS = {"AU": "AUD", "NZ": "NZD", "CA": "CAD", "SG": "SGD", "HK": "HKD", "TW": "TWD", "BN": "BND"}
