"""Reads sums of money as people write them, and picks the pay out of an offer."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from nlu.text.files import read_yaml
from nlu.text.normalise import normalise

#: Text beyond this many characters is not searched for money.
SEARCH_CHARS = 8_000

_NUMBER = r"\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?"
#: Words and signs of a currency, the longer before the shorter. ¥ is settled by size, $ by what stands before it.
_CURRENCIES: dict[str, str] = {
    "IDR": r"idr|rupiah|rups|rp\.?|perak",
    "KHR": r"khr|រៀល|៛|riels?",
    "TWD": r"nt\$|ntd|nt\b|twd|dolar taiwan|dollar taiwan|ដុល្លារតៃវ៉ាន់|taiwan dollars?",
    "HKD": r"hk\$|hkd|dolar hong ?kong|dollar hong ?kong|hong ?kong dollars?",
    "SGD": r"s\$|sgd|dolar singapura|dollar singapura|dolar singapore|singapore dollars?",
    "BND": r"b\$|bnd|dolar brunei",
    "AUD": r"a\$|au\$|aud|dolar australia",
    "USD": r"us ?\$|u\$d?|usdt?|dolar amerika|dolar as|dollar amerika|dollars?|dolar|dolars|doll?ar"
    r"|\$|ដុល្លារអាមេរិក|ដុល្លារ|ដុល្លា|ដុល|dol ?la",
    "THB": r"thb|bath?t?|baht|บาท|฿|បាត",
    "MYR": r"myr|rm|ringgit|ringit|រីងហ្គីត|រីងគីត",
    "VND": r"vnd|vnđ|dong|ដុង",
    "PHP": r"php|pesos?|₱",
    "LAK": r"lak|kip|គីប",
    "MMK": r"mmk|kyats?",
    "CNY": r"cny|rmb|yuan|យន់",
    "JPY": r"jpy|yen|យ៉េន",
    "KRW": r"krw|won|₩|វ៉ុន",
    "SAR": r"sar|riyal|real saudi|ريال",
    "AED": r"aed|dirham|dhs",
    "QAR": r"qar",
    "KWD": r"kwd|dinar",
    "EUR": r"eur|euro|€|អឺរ៉ូ",
    "GBP": r"gbp|£|poundsterling",
    "TRY": r"try|lira",
    "PLN": r"pln|zloty",
    "¥": r"¥|￥|円|元",
}
_ORDER = (
    "TWD",
    "HKD",
    "SGD",
    "BND",
    "AUD",
    "USD",
    "IDR",
    "KHR",
    "THB",
    "MYR",
    "VND",
    "PHP",
    "LAK",
    "MMK",
    "CNY",
    "JPY",
    "KRW",
    "SAR",
    "AED",
    "QAR",
    "KWD",
    "EUR",
    "GBP",
    "TRY",
    "PLN",
    "¥",
)
_MAGNITUDES: tuple[tuple[str, float, str | None], ...] = (
    (r"milyar|miliar|milliar", 1e9, "IDR"),
    (r"juta(?:an)?|jt(?:an)?|jeti", 1e6, "IDR"),
    (r"ribu(?:an)?|rb(?:an)?|rebu", 1e3, "IDR"),
    (r"លាន|lean", 1e6, "KHR"),
    (r"ម៉ឺន|មុឺន|ម៉ឺុន", 1e4, "KHR"),
    (r"ពាន់", 1e3, None),
    (r"រយ", 1e2, None),
    (r"million|mio|mil", 1e6, None),
    (r"thousand", 1e3, None),
    (r"万|萬", 1e4, None),
    (r"k", 1e3, None),
    (r"m", 1e6, None),
)
_MAGNITUDE = "|".join(pattern for pattern, _, _ in _MAGNITUDES)
_CURRENCY = "|".join(f"(?:{_CURRENCIES[code]})" for code in _ORDER)
_TO = r"-|–|—|~|s/?d\.?|sd\.?|sampai(?: dengan)?|hingga|ke|to|until|ទៅ|ដល់|ទៅដល់|រហូតដល់|tov|dol"
_AMOUNT = re.compile(
    rf"(?<![^\W_])(?<![.,+/])(?:(?P<before>{_CURRENCY})[ :]*)?"
    rf"(?P<low>{_NUMBER}) ?(?P<low_mag>(?:{_MAGNITUDE})(?![a-z]))?(?: ?(?P<low_cur>(?:{_CURRENCY})(?![a-z])))?"
    rf"(?: ?(?:{_TO}) ?(?:(?P<mid>{_CURRENCY})[ ]*)?(?P<high>{_NUMBER})(?: ?(?P<high_mag>(?:{_MAGNITUDE})(?![a-z])))?)?"
    rf"(?:(?P<rupiah>,-|,=|\.-)|(?:\+|ឡើង|an)? ?(?P<after>(?:{_CURRENCY})(?![a-z])))?"
)
_CODE = {code: re.compile(_CURRENCIES[code]) for code in _ORDER}
_PERIODS: tuple[tuple[str, Any], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        (
            "hour",
            r"(?:/|per|se|a|an|tiap|each|every|ក្នុង|ក្នុងមួយ|មួយ|១|1)? ?(?:jam\b|hours?\b|hrs?\b"
            r"|ម៉ោង|mong\b)|hourly|sejam",
        ),
        ("day", r"(?:/|per|se|a|tiap|each|every|ក្នុងមួយ|មួយ|1)? ?(?:hari\b|hr\b|days?\b|ថ្ងៃ|th?ngai?y?\b)|daily|harian"),
        (
            "week",
            r"(?:/|per|se|a|tiap|each|every|ក្នុងមួយ|មួយ|1)? ?(?:minggu\b|mgg?\b|weeks?\b|wk\b"
            r"|សប្ដាហ៍|សប្តាហ៍|អាទិត្យ|atit\b)|weekly|mingguan",
        ),
        (
            "month",
            r"(?:/|per|se|a|tiap|each|every|ក្នុងមួយ|មួយ|1)? ?(?:bulan\b|bln\b|bl\b|months?\b|mth\b"
            r"|mo\b|ខែ|khae?\b)|monthly|bulanan|perbulan|sebulan",
        ),
        (
            "year",
            r"(?:/|per|se|a|tiap|each|every|ក្នុងមួយ|មួយ|1)? ?(?:tahun\b|thn\b|years?\b|yr\b|ឆ្នាំ"
            r"|chh?nam\b)|yearly|annually|setahun|pertahun|tahunan",
        ),
        ("once", r"(?:sekali(?: bayar)?\b|one[- ]time|once\b|ម្តង|ម្ដង|lump ?sum|kontan)"),
    )
)
_PERIOD_BEFORE = re.compile(
    r"(?:per|tiap|setiap|se|/|a|មួយ|1)? ?(?P<unit>jam|hari|minggu|bulan|bln|tahun|month|monthly|day"
    r"|daily|hour|hourly|week|year|ខែ|khae?)"
    r"[ :=]{0,3}(?:sekitar |kisaran |dapat |bisa |នេះ |បាន )?$"
)
_UNIT = {
    "jam": "hour",
    "hari": "day",
    "minggu": "week",
    "bulan": "month",
    "bln": "month",
    "tahun": "year",
    "month": "month",
    "monthly": "month",
    "day": "day",
    "daily": "day",
    "hour": "hour",
    "hourly": "hour",
    "week": "week",
    "year": "year",
    "ខែ": "month",
    "kha": "month",
    "khae": "month",
}
_PAY = re.compile(
    r"gaji|gajinya|salary|upah|penghasilan|pendapatan|income|\bpay\b|\bpaid\b|bayaran|dibayar|wage"
    r"|basic|pokok|thp|sallary|earn|"
    r"ប្រាក់ខែ|លុយខែ|ប្រាក់ឈ្នួល|ប្រាក់បៀវត្ស|ចំណូល|ប្រាក់ចំណូល|p?rak kha?e|brak khe|luy khae|chhnuol"
)
_NOT_PAY = re.compile(
    r"biaya|fee\b|fees\b|\bbayar\b|deposit|deposito|admin|uang muka|\bdp\b|dp ?:|cost|denda|potong"
    r"|tebusan|ransom|utang|hutang|debt|fine\b|fined|"
    r"tiket|ticket|visa|paspor|transfer|setor|jaminan|modal|target|kuota|quota|bonus|komisi|insentif"
    r"|thr|uang makan|tunjangan|"
    r"ថ្លៃ|កក់|ធានា|បង់|ពិន័យ|លោះ|ជំពាក់|បំណុល|សំបុត្រ|រង្វាន់|luy kok|tlai|thlai|bong luy|pinn?ea?y"
)


@dataclass(frozen=True)
class Amount:
    """A sum: both ends equal unless a range was written; `usd_month` is approximate and for comparing only."""

    amount_min: float
    amount_max: float
    currency: str | None
    period: str | None
    usd_month: float | None
    evidence: str
    start: int
    end: int


def _value(number: str) -> float:
    """12.000.000, 1.5, 2,5 and 27 470 as numbers: a separator before three digits groups, else it is decimal."""
    number = number.strip().replace(" ", "").replace("'", "")
    parts = re.split(r"[.,]", number)
    if len(parts) == 1:
        return float(number)
    if len(parts[-1]) == 3 and parts[0] not in ("", "0") and len(parts[0]) <= 3:
        return float("".join(parts))
    return float("".join(parts[:-1]) + "." + parts[-1])


def _magnitude(word: str | None) -> tuple[float, str | None]:
    if not word:
        return 1.0, None
    for pattern, factor, currency in _MAGNITUDES:
        if re.fullmatch(pattern, word):
            return factor, currency
    return 1.0, None


def _currency(word: str | None, value: float) -> str | None:
    if not word:
        return None
    word = word.strip()
    for code in _ORDER:
        if _CODE[code].fullmatch(word):
            if code == "¥":
                return "JPY" if value >= 30_000 else "CNY"
            return code
    return None


def _period(text: str, start: int, end: int) -> str | None:
    """The period named just after the sum, else just before it."""
    tail = re.sub(r"^(?:bersih|net|nett|gross|kotor|an|\+|up|ឡើង| |\(|-)*", "", text[end : end + 24])
    for name, pattern in _PERIODS:
        if pattern.match(tail):
            return name
    before = _PERIOD_BEFORE.search(text[max(0, start - 30) : start])
    return _UNIT.get(before.group("unit")) if before else None


def _usd_month(amount: float, currency: str | None, period: str | None) -> float | None:
    rates = read_yaml("rates.yml")
    rate = rates["usd_per_unit"].get(currency or "")
    if rate is None or period == "once":
        return None
    return round(amount * float(rate) * float(rates["per_month"].get(period or "month", 1)), 2)


def amounts(text: str) -> list[Amount]:
    """Every sum of money in a text, in order; a number alone is none, it needs a currency or a word like juta."""
    source = normalise(text[:SEARCH_CHARS])
    plain = source.text
    found: list[Amount] = []
    for match in _AMOUNT.finditer(plain):
        low_mag, high_mag = match.group("low_mag"), match.group("high_mag")
        if match.group("low").startswith("0") and len(match.group("low")) > 1 and match.group("low")[1] not in ".,":
            continue
        factor_low, hint_low = _magnitude(low_mag)
        factor_high, hint_high = _magnitude(high_mag)
        low = _value(match.group("low"))
        high = _value(match.group("high")) if match.group("high") else low
        if match.group("high"):
            if high_mag and not low_mag and low * factor_high <= high * factor_high:
                factor_low = factor_high
            elif low_mag and not high_mag:
                factor_high = factor_low
        else:
            factor_high = factor_low
        low, high = low * factor_low, high * factor_high
        word = match.group("before") or match.group("after") or match.group("low_cur") or match.group("mid")
        currency = _currency(word, max(low, high))
        if currency is None and match.group("rupiah"):
            currency = "IDR"
        if currency is None:
            currency = hint_high or hint_low
        magnitude = high_mag or low_mag
        if currency is None and magnitude not in ("ពាន់", "million", "thousand", "k"):
            continue
        if magnitude in ("m", "mil") and not word:
            continue
        if high < low:
            high = low
        if high > 1e13:
            continue
        end = match.end()
        while end > match.start() and plain[end - 1] == " ":
            end -= 1
        period = _period(plain, match.start(), end)
        start, stop = source.span(match.start(), end)
        found.append(
            Amount(
                low,
                high,
                currency,
                period,
                _usd_month((low + high) / 2, currency, period),
                text[start:stop],
                start,
                stop,
            )
        )
    return found


def salary(text: str) -> Amount | None:
    """The pay of an offer: the sum that words for pay stand nearest to, never a fee, fine, deposit, bonus or target."""
    found = amounts(text)
    if not found:
        return None
    lowered = text[:SEARCH_CHARS].lower()
    best: tuple[float, float, Amount] | None = None
    for index, amount in enumerate(found):
        floor = found[index - 1].end if index else 0
        before = lowered[max(floor, amount.start - 60) : amount.start]
        line = before.rsplit("\n", 1)[-1] if re.search(r"\S", before.rsplit("\n", 1)[-1]) else before
        after = lowered[amount.end : amount.end + 20]
        score = 2.0 if amount.period in ("hour", "day", "week", "month", "year") else 0.0
        pay = [m.end() for m in _PAY.finditer(line)]
        not_pay = [m.end() for m in _NOT_PAY.finditer(line)]
        if pay and (not not_pay or max(pay) >= max(not_pay)):
            score += 4.0
        elif not_pay:
            score -= 4.0
        elif _PAY.search(after):
            score += 2.0
        if score > 0 or (len(found) == 1 and score == 0):
            rank = (score, -float(index), amount)
            if best is None or rank[:2] > best[:2]:
                best = rank
    if best is None:
        return None
    amount = best[2]
    if amount.period is None:
        monthly = _usd_month((amount.amount_min + amount.amount_max) / 2, amount.currency, "month")
        return replace(amount, usd_month=monthly)
    return amount
