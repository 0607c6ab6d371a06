"""Chooses the base pay among the sums of an offer, by the words beside them and by what is plausible."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nlu.text.currencies import Setting, currencies, of_country
from nlu.text.money import Sum, settled
from nlu.text.pay_cues import cue, edges, first_part, last, last_part, piece_rate, piece_rate_before

_MONTHLY = frozenset({"hour", "day", "week", "month", "year"})
#: A number followed by one of these counts something else than money.
_COUNTED = re.compile(
    r" ?(?:orang|org|nea?k|nak|នាក់|រូប|ឆ្នាំ|ថ្ងៃ|ម៉ោង|ខែ|គ្នា|កន្លែង|ពេល|ជាន់|វេន|tahun|thn|th|hari|jam|bulan"
    r"|bln|minggu|menit|x|kali|cm|m|kg|km|posisi"
    r"|people|persons?|pax|hours?|days?|weeks?|months?|years?|chnam|chhnam|tngai|mong|khae|shift|lokasi"
    r"|cabang|kamar|bed|seat|kuota|wni|pmi|tki|org|pria|wanita"
    r"|cewe|cowo|male|female|lulusan|unit|pcs|am|pm|pagi|sore|malam|siang|ព្រឹក|ល្ងាច|យប់|ស្រី|ប្រុស|ដុំ|តោន|គីឡូ"
    r"|សប្តាហ៍|អាទិត្យ|%)(?![a-z])"
)
_PAID_BY_THEM = re.compile(
    r"(?:ក្រុមហ៊ុន|ថៅកែ|គេ|យើង|ម្ចាស់)[^ ]{0,6}ចេញ|ចេញឲ្យ|ចេញអោយ|ហ្វ្រី|ឥតគិត|free|gratis|ditanggung|ditanggng"
    r"|dibayarin|diurus|kami bayar"
)
_NEXT_SUM = re.compile(r"[^\n]{0,14}\d")
#: Words that name an extra or a fee, or just as often the pay itself when a period follows.
_SOFT = re.compile(r"(?:insentif|tunjangan|fee|komisi|commission|uang transport|bayar|bonus)[a-z]*\Z")
_COUNT_WORD = re.compile(r"(?:ថ្ងៃ|ម៉ោង|ម៉ោងទី|t?h?ngai?y?|ត្រូវការ|រើស|umur|usia)[ :]*$")
_MONTH_AFTER = re.compile(r" ?(?:khae|khe|ខែ|bulan|bln|month|mth|/|muoy athit|per|sebulan)")
_GAJI = re.compile(
    r"(?<![a-z])gaji(?:nya)?(?: (?:nya|pokok|nanti|bersih|sekitar|di atas|cuma|awal|standar|kira-kira"
    r"|kira2|bisa))*[ :=]{0,3}$"
)
_CLOCK = re.compile(
    r"(?:(?<![a-z])(?:jam|pukul|pkl|mong|maong|tgl|tanggal|usia|umur|ayuk?|no\.?|lt\.?|jl\.?|rt|rw|blok|street|st\.?|level|n"
    r"|lek|room|kode|tahun|kelas|batch|gel(?:ombang)?\.?)|ម៉ោង|ថ្ងៃទី|អាយុ|ផ្លូវ|ទី|លេខ|ឆ្នាំ) ?[:.]?$"
)
_LETTER = re.compile(r"[a-z\u1780-\u17b3]")
_EXTRA = re.compile(r"(?:\+|plus|ditambah|tambah|ditambahin|បូក|បន្ថែម|ថែម|bouk|extra) ?$")
_OR_SO = re.compile(r"(?:≈|setara|sekitar rp|kurs|kira2 rp|atau rp|or about|equal to|approx\.?|ឬស្មើ|ស្មើ|ប្រហែលជា) ?$")
_TRIAL = re.compile(
    r"(?:probation|percobaan|training|trial|សាកល្បង|ហាត់|ហ្វឹក|(?<!បង្)(?<!ប)រៀន(?!ចប់)|sak lbong|(?<![a-z])hat"
    r"|hvek|pelatihan)[^\n.]{0,22}$|pelatihan[^\n.]{0,60}$"
)
_CONDITION = re.compile(
    r"(?:បើ|(?<![a-z])(?:kalau|kalo|klo|jika|bila|if|ber|bisa sampai|bisa nyampe|up to))[^\n]{0,24}$"
)
_AFTER_TRIAL = re.compile(r"(?:setelah|sesudah|habis|after|lulus|selesai|post|ក្រោយ|ចប់|krouy|krov)")
_BASE = re.compile(r"(?:basic|pokok|gapok|\bgp|base|គោល|dasar)[^\n\d]{0,12}$")
_NOT_OWN = re.compile(
    r"(?:potong|dipotong|deduct[a-z]*|cut|kat|កាត់|កាត់ពី|bayar|bayarnya|cicil|dari|tahan|ditahan) ?(?:dari "
    r"|pakai |pake |from |pi |ពី)?(?:\d+ ?(?:x|bulan|bln|kali|ខែ|khae) ?)?(?:gaji[a-z]*|salary|upah|ប្រាក់ខែ"
    r"|លុយខែ|p?rak ?kha?e|luy ?kha?e)[^\n\d]{0,14}$"
)
_OLD_PAY = re.compile(
    r"(?:gaji (?:saya |ku |aku |gw )?(?:sekarang|dulu|lama|di sini|disini|di indo)|sekarang gaji"
    r"|sekarang (?:cuma )?(?:dapat|digaji)|current(?:ly)?|my salary now|ឥឡូវ(?:ខ្ញុំ)?(?:បាន|ប្រាក់ខែ)"
    r"|បច្ចុប្បន្ន)[^\n]{0,16}$"
)


@dataclass(frozen=True)
class Pay:
    """The pay chosen; positions in the normalised text. `inferred`: its period was not written."""

    low: float
    high: float
    currency: str
    period: str | None
    inferred: bool
    start: int
    end: int


@dataclass(frozen=True)
class _Candidate:
    one: Sum
    score: float
    currency: str
    period: str | None
    inferred: bool
    #: Words before it deny that it is pay.
    refused: bool
    #: A bare number, or one that words call an extra: never another job's pay.
    weak: bool
    trial: bool


def pay_of(text: str, found: Sequence[Sum], setting: Setting) -> Pay | None:
    """The base pay among the sums of a normalised text, or None."""
    starts = edges(text)
    spoken = [code for one in found if one.code and (code := settled(one, setting)) and not one.bare]
    judged = [_judge(text, found, index, starts, setting, spoken) for index in range(len(found))]
    candidates = [one for one in judged if one is not None]
    best = max(candidates, key=lambda one: one.score - 4 * one.trial, default=None)
    if best is None or best.score <= (0 if best.refused or best.one.bare else -1.6):
        return None if warns(text) else _unlabelled(text, found, setting, spoken)
    if warns(text):
        return None
    low, high, start, end = best.one.low, best.one.high, best.one.start, best.one.end
    for other in candidates:
        if other is not best and _another_job(text, best, other):
            low, high = min(low, other.one.low), max(high, other.one.high)
    return Pay(low, high, best.currency, best.period, best.inferred, start, end)


def _unlabelled(text: str, found: Sequence[Sum], setting: Setting, spoken: Sequence[str]) -> Pay | None:
    """Nothing but a number: "chea assistant 350", "មេផ្ទះ ៨០០". Read so in Khmer only, where it is how people write."""
    if not setting.khmer or spoken:
        return None
    for one in found:
        lead, behind = text[max(0, one.start - 26) : one.start], text[one.end : one.end + 16]
        if not one.bare or not one.high >= 100 or (1950 <= one.high <= 2040 and not one.grouped):
            continue
        if _CLOCK.search(lead) or _COUNTED.match(behind) or last(cue("not_before"), lead) or _near(lead) is not None:
            continue
        code = setting.assume(one.high)
        period = _infer(one.high, code) if code else None
        if code and period == "month" and not cue("not_after").match(behind.lstrip()):
            return Pay(one.low, one.high, code, period, True, one.start, one.end)
    return None


def _near(lead: str) -> re.Match[str] | None:
    """A ticket, a paper or "takes" within a few letters before a sum."""
    found = last(cue("not_near"), lead)
    return found if found is not None and len(lead) - found.end() <= 10 else None


def _infer(value: float, currency: str) -> str | None:
    """The period for which a sum is plausible pay, or None when it is too little for an hour."""
    known = currencies().get(currency)
    if known is None:
        return None
    return next(
        (p for p, least in (("month", known.month), ("day", known.day), ("hour", known.hour)) if value >= least), None
    )


def _plausible(value: float, currency: str, period: str) -> bool:
    known = currencies().get(currency)
    if known is None or period == "once":
        return True
    least = {
        "hour": known.hour,
        "day": known.day,
        "week": known.day * 4,
        "month": known.month,
        "year": known.month * 8,
    }[period]
    most = {
        "hour": known.hour * 60,
        "day": known.day * 90,
        "week": known.month * 15,
        "month": known.month * 90,
        "year": known.month * 400,
    }[period]
    return least * 0.4 <= value <= most


def _judge(
    text: str, found: Sequence[Sum], index: int, starts: Sequence[int], setting: Setting, spoken: Sequence[str]
) -> _Candidate | None:
    """How much speaks for one sum being the pay; None when it is none by its form."""
    one = found[index]
    if one.bare and _no_money(text, one):
        return None
    floor = next((found[i].end for i in range(index - 1, -1, -1) if not found[i].bare), 0)
    start = starts[bisect_right(starts, one.start) - 1]
    begin = max(floor, start, one.start - 90)
    lead = text[begin : one.start]
    if start >= floor and not _LETTER.search(lead):
        label = _label_before(text, starts, start, floor)
        lead = text[label : one.start] if label is not None else lead
    part = lead[last_part(lead) :]
    behind = text[one.end : one.end + 40]
    near = re.sub(
        r"^(?:[ (~=-]|nya|lebih|an\b|usd|/ ?(?:bulan|bln|month|mo|ខែ|khae)|per bulan|sebulan|a month|per month)*",
        "",
        behind,
    )
    near = near if _edge_free(behind, near) else ""
    near = first_part(near)

    if piece_rate().match(behind) and not re.match(r" ?(?:1|មួយ) ?(?:ការងារ)", behind):
        return None
    if piece_rate_before().search(part[-24:]) and one.period is None:
        return None

    pay = last(cue("pay"), lead)
    pay_here = pay is not None and pay.start() >= len(lead) - len(part)
    not_pay = last(cue("not_before"), part)
    if not_pay is None and _near(part) is not None:
        not_pay = _near(part)
    gets = last(cue("gets"), part)
    own = _NOT_OWN.search(lead) is None
    score, refused = 0.0, False
    if _BASE.search(part):
        score += 2
    offset = len(lead) - len(part)
    if not_pay is not None and len(part) - not_pay.end() > (22 if setting.khmer else 34):
        not_pay = None
    if pay is not None and own and (not_pay is None or pay.end() > not_pay.end() + offset):
        far = len(lead) - pay.end()
        score += (5 if pay_here else 3.5) if far <= 25 else 3.5 if far <= 50 else 2
    elif not_pay is not None:
        gap = len(part) - not_pay.end()
        closer = gets is not None and gets.start() >= not_pay.end()
        if closer and gets is not None and (gap > 10 or len(part) - gets.end() <= 3):
            score += 1
        else:
            soft = _SOFT.match(not_pay.group()) and (
                one.period in ("hour", "day") or (one.period in _MONTHLY and "bayar" not in not_pay.group())
            )
            score -= 1 if soft and not one.loose else 5 if gap < 26 else 3
            refused = not (soft and not one.loose)
        if pay is not None and own and gap > 14:
            score += 2
    elif not own:
        score -= 5
        refused = True
    elif gets is not None and len(part) - gets.end() < 18:
        score += 2
    said = score > 0
    if one.period in _MONTHLY:
        score += 1.5 if one.loose else 3
    elif one.period == "once":
        score += 0.5
    after_pay = cue("pay_after").match(near)
    if after_pay:
        score += 2.5
        said = True
    elif (
        (cost := cue("not_after").match(near))
        and not _PAID_BY_THEM.search(near)
        and not _NEXT_SUM.match(near[cost.end() :])
    ):
        score -= 5 if not (pay_here and own) else 1
        refused = refused or not pay_here
    elif cue("beside_after").match(near) and not said:
        score -= 1.5
    if _EXTRA.search(text[max(0, one.start - 14) : one.start]):
        score -= 4
        refused = True
    close = text[max(floor, one.start - 14) : one.start]
    if _OR_SO.search(close) or (floor and close.strip() == "("):
        score -= 1.5
        refused = True
    if _OLD_PAY.search(lead):
        score -= 4
    trial = bool(_TRIAL.search(lead)) and not _AFTER_TRIAL.search(lead[-24:])
    if trial:
        score -= 0.8
    if _CONDITION.search(part):
        score -= 1.5
    if one.low != one.high:
        score += 0.5

    by_word = pay is not None and pay_here and own and len(lead) - pay.end() <= 14 and not_pay is None
    by_get = gets is not None and len(part) - gets.end() <= 4 and one.high >= 70 and not _COUNT_WORD.search(part)
    told = by_word or by_get or after_pay is not None or (one.period in _MONTHLY and not one.loose)
    currency, how_sure = _currency(text, one, setting, spoken, told or (one.loose and one.period == "month"))
    if currency is None:
        return None
    if one.bare and currency == "IDR" and one.high < 1_000:
        times = 1e6 if one.high < 60 and one.period != "day" else 1e3
        one = replace(one, low=one.low * times, high=one.high * times)
    score += how_sure
    period, inferred = one.period, False
    if (
        period is None
        or (one.loose and not _plausible(one.high, currency, period))
        or (one.loose and period == "month" and _infer(one.high, currency) != "month")
    ):
        period, inferred = _infer(one.high, currency), True
        if period is None:
            return None
    if not _plausible(one.high, currency, period):
        score -= 3
    elif period == "month" or not inferred:
        score += 1 + {"month": 0.3, "year": 0.3, "week": 0.2, "day": 0.1}.get(period, 0.0)
    after_once = cue("once").match(near) or cue("once").match(behind.lstrip(" /"))
    if inferred and (after_once or last(cue("once_before"), part[-14:])):
        period, inferred = "once", False
    score -= 0.05 * index
    return _Candidate(one, score, currency, period, inferred, refused, one.bare and not said, trial)


def _no_money(text: str, one: Sum) -> bool:
    """A bare number that counts people or hours, tells the time or is too little: looked at no further."""
    behind = text[one.end : one.end + 14]
    if _COUNTED.match(behind):
        return not (one.high >= 70 and _MONTH_AFTER.match(behind))
    if one.high < 60:
        paid_each = one.period in _MONTHLY and behind.lstrip().startswith(("/", "per"))
        return not paid_each and _GAJI.search(text[max(0, one.start - 30) : one.start]) is None
    return False


def _label_before(text: str, starts: Sequence[int], start: int, floor: int) -> int | None:
    """Where a short label on its own ("Gaji:", "💰") begins before the statement that holds a sum."""
    for at in reversed(starts[bisect_left(starts, floor) : bisect_left(starts, start)]):
        label = text[at:start]
        if _LETTER.search(label):
            return at if len(label) <= 32 and not label.rstrip(" \n").endswith(".") else None
    return None


def _edge_free(behind: str, near: str) -> bool:
    return "\n" not in behind[: len(behind) - len(near)]


def _currency(text: str, one: Sum, setting: Setting, spoken: Sequence[str], said: bool) -> tuple[str | None, float]:
    """The currency of a sum, and a small change of score for how sure that is."""
    if not one.bare:
        code = settled(one, setting)
        if one.code is None and _COUNTED.match(text[one.end : one.end + 12]) and one.period is None:
            return None, 0.0
        if one.hint == "khmer" and one.code is None:
            local = next((c for c in spoken if c not in ("USD", "KHR") and _infer(one.high, c)), None)
            return local or code, 0.0
        if code is not None:
            return code, 0.5
    behind = text[one.end : one.end + 16]
    if one.bare and _COUNTED.match(behind) and not (one.high >= 70 and _MONTH_AFTER.match(behind)):
        return None, 0
    if _CLOCK.search(text[max(0, one.start - 12) : one.start]) and not said:
        return None, 0
    if one.bare and 1950 <= one.high <= 2040 and not one.grouped and one.period is None and not said:
        return None, 0
    if one.high < 60 and not (said and one.period in _MONTHLY and behind.lstrip().startswith(("/", "per"))):
        return (_in_millions(text, one, setting), 0.0)
    big = one.grouped and one.high >= 1_000_000
    if not (said or big or (not one.bare)):
        return (_follow(one, spoken), -3.0) if spoken else (None, 0)
    value = one.high
    if one.hint == "khmer" and (
        foreign := next((c for c in spoken if c not in ("USD", "KHR") and _infer(value, c)), None)
    ):
        return foreign, 0.0
    local = next(
        (c for c in spoken if _infer(value, c) == "month" and c in {of_country().get(p) for p in setting.countries}),
        None,
    )
    code = local or setting.assume(value) or next((c for c in spoken if _infer(value, c) == "month"), None)
    if code is None and one.period in _MONTHLY:
        code = _by_period(value, one.period, setting)
    if code is None and said:
        code = _by_period(value, "day", setting)
    return code, -0.5


def _in_millions(text: str, one: Sum, setting: Setting) -> str | None:
    """ "gaji 3,5" and "gaji 12": Indonesians leave out the million. The caller multiplies."""
    if setting.khmer or not 1 <= one.low <= one.high < 60:
        return None
    return "IDR" if _GAJI.search(text[max(0, one.start - 26) : one.start]) else None


def _by_period(value: float, period: str, setting: Setting) -> str | None:
    """The currency in which a bare number is plausible for an hour, a day, a week or a year."""
    wanted = [code for country in setting.countries if (code := of_country().get(country))]
    wanted += ["USD", "KHR"] if setting.khmer else ["IDR"]
    known = currencies()
    for code in wanted:
        least = {"hour": known[code].hour, "day": known[code].day}.get(period, known[code].month)
        if least <= value <= least * 60:
            return code
    return None


def _follow(one: Sum, spoken: Sequence[str]) -> str | None:
    """The currency of the other sums, for a role line with nothing but a number."""
    return next((code for code in spoken if _infer(one.high, code) == "month"), None)


_JOB_BETWEEN = re.compile(r"[a-z\u1780-\u17b3]{2}|&|/")
_ONE_JOB = re.compile(
    r"(?<![a-z])(?:tapi|kalau|kalo|jadi|naik|lembur|ot|total|bisa|if|but|nett?|bersih|take home"
    r"|tergantung|sampai|ex|normal(?:nya)?"
    r"|biasa(?:nya)?|senior|lama|langsung|atau|or|probation)(?![a-z])|តែ|បើ|សរុប|ធម្មតា|ឡើងដល់|អ្នកណា|ក្រោយ"
    r"|បន្ទាប់|(?<![a-z])(?:s[ou]m ?ruom|rourm|ruom|sum)(?![a-z])"
)
_STOP = re.compile(r"(?<!\d)[.!?](?= |$)|។")
_AND_ALSO = re.compile(r"(?<![a-z])(?:dan|and|sedangkan|nung|ning)(?![a-z])|និង|ចំណែក")


def _another_job(text: str, best: _Candidate, other: _Candidate) -> bool:
    """Whether a second sum is the pay of another job of the same offer: nothing but a role stands between."""
    first, second = sorted((best.one, other.one), key=lambda one: one.start)
    between = text[first.end : second.start]
    if _TRIAL_THEN.search(between) and not other.refused and other.currency == best.currency:
        return True
    if (
        other.refused
        or other.trial
        or other.currency != best.currency
        or (best.one.bare and best.one.code is None and not other.one.bare)
    ):
        return False
    least, most = sorted((best.one.high, other.one.high))
    if most > least * 6 or other.score < -4.5 or "+" in between:
        return False
    beside = len(between) <= 45 and not _STOP.search(between)
    if other.period != best.period and not (beside and (other.inferred or best.inferred)):
        return False
    if (other.weak and len(between) > 44) or len(between) > 90 or not _JOB_BETWEEN.search(between):
        return False
    both_said = not best.inferred and not other.inferred and beside
    if (not both_said and _ONE_JOB.search(between)) or cue("not_before").search(between) or _near(between) is not None:
        return False
    if len(between) <= 75 and not _STOP.search(between) and _AND_ALSO.search(between):
        return True
    lines = "\n" in between and between.count("\n") <= 2 and len(between) <= 70
    return beside or lines or (other.score > 3 and not other.weak)


#: "4.500 masa percobaan, lalu 7.000", "ខែដំបូង ១៥០$ ខែទី៣ ២៥០$": both are the pay of one job.
_TRIAL_THEN = re.compile(
    r"^ ?(?:(?:masa |selama )?(?:percobaan|probation|training|trial)|\(?probation\)?)[, ]{1,3}(?:lalu|dan"
    r"|kemudian|terus|then|and|after) ?(?:[a-z$.]{0,6})? ?$"
    r"|^ ?ខែទី ?\d ?$"
)


_OPENING = re.compile(
    r"⚠|waspada|awas|hoax|hoaks|ប្រយ័ត្ន|tips |imbauan|himbauan|notice from|warning|beware|berita|breaking"
    r"|cek fakta|scam alert|jawaban admin|klarifikasi|broyat|ព្រមាន|សេចក្តីជូនដំណឹងពីស្ថានទូត"
)
_ASKS = re.compile(
    r"hubungi|inbox|minat|chat |dm |apply|daftar |kirim|lamar|wa[ :]|whatsapp|ទាក់ទង|ឆាត|ផ្ញើ|ដាក់ពាក្យ"
    r"|តេឡេក្រាម|ខល|contact|telegram"
)
_QUOTED = re.compile(r"[\"“”«»„']")


def warns(text: str) -> bool:
    """Whether somebody warns, teaches or tells the news, so that no sum in the text is anybody's offer."""
    seen = {match.group() for match in cue("warned").finditer(text)}
    if not seen:
        return False
    opening = _OPENING.search(text[:70])
    asks = len(set(_ASKS.findall(text)))
    if opening and opening.start() <= 12 and _QUOTED.search(text):
        return True
    return bool(opening and asks < 2) or (len(seen) >= 2 and asks == 0) or (len(seen) >= 3 and asks < 2)
