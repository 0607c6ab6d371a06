"""Chooses the base pay among the sums of an offer: rules say what stands beside each sum and what it would be as pay,
learned weights what that is worth."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from nlu.text.currencies import Setting
from nlu.text.money import Sum, settled
from nlu.text.pay_bare import PART_OF_DAY, Pay, juta_left_out, no_money
from nlu.text.pay_cues import cue, edges, first_part, last, last_part, near_paper, piece_rate, piece_rate_before
from nlu.text.pay_currency import ADDRESS, CLOCK, COUNTED, PERIODS, currency_of, infer, like_a_month, plausible
from nlu.text.pay_jobs import IN_ADDITION, Candidate, all_jobs
from nlu.text.pay_learned import weights
from nlu.text.pay_warned import CALLED_FALSE, WARNS, denied, tone

_OR = re.compile(r" ?(?:ឬ|atau|or) ?")
#: Words that name an extra or a fee, or just as often the pay itself when a period follows.
_SOFT = re.compile(r"(?:insentif|tunjangan|fee|komisi|commission|uang transport|bayar|bonus)[a-z]*\Z")
#: "ថ្លៃ ៤ម៉ឺន ១ថ្ងៃ": the price of a day's work.
_PRICE = re.compile(r"(?:ថ្លៃ|តម្លៃ|តំលៃ|t?h?lai)\Z")
#: "1កន្សែង ៣ពាន់រៀល", "1lan 11$": one of whatever is made or carried.
_ONE_OF_THEM = re.compile(
    r"(?<!\d)(?<!ទី)(?:1 ?|មួយ)(?!ថ្ងៃ|ម៉ោង|ខែ|នាក់|រូប|វេន|យប់|ឆ្នាំ|អាទិត្យ|សប្តាហ៍|ល្ងាច|ព្រឹក)"
    r"(?!kha?e|t?h?nga?i|mong|maong|neak|chh?nam|y[uo][bp])"
    r"(?:[\u1780-\u17d3]{2,14}|[a-z]{2,8}) ?$"
)
_COUNT_WORD = re.compile(r"(?:ថ្ងៃ|ម៉ោង|ម៉ោងទី|t?h?ngai?y?|ត្រូវការ|រើស|umur|usia)[ :]*$")
_LETTER = re.compile(r"[a-z\u1780-\u17b3]")
#: What may stand between a sum and what is said of it.
_THE_PERIOD = re.compile(
    r"^(?:[ (~=-]|nya|lebih|an\b|usd|/ ?(?:bulan|bln|month|mo|ខែ|khae)|per bulan|sebulan|a month|per month)*"
)
_EXTRA = re.compile(
    r"(?:(?<!ឆ្នាំ)(?<!tahun)(?<!th)\+|plus|ditambah|tambah|ditambahin|(?<!ជាង)បូក|បន្ថែម|ថែម|bouk|extra)"
    r" ?(?:kpi|bonus|com)? ?\Z"
)
#: "per orang per bulan": what each of them earns, no piece rate.
_EACH_OF_THEM = re.compile(r"per ?(?:orang|org)|/ ?(?:orang|org|anak|siswa|murid|person|នាក់)")
#: After a bare number that is the pay: "208 + 15$", "220 + OT".
_AND_MORE = re.compile(r" ?\+")
#: "ពិន័យ៖ យឺត ៥$ បាត់កាត ១០$": what a line is headed with holds for every sum on it.
_HEADING = re.compile(
    r"(?:^|\n)[^\w\n]*(?:ពិន័យ|ការ?ពិន័យ|ផាក|កាត់លុយ|កាត់ប្រាក់|ចំណាយ|denda|potongan|fines?|penalt)[^\n\d:៖]{0,24}[:៖][^\n]*\Z"
)
#: "មិនមានប្រាក់គោល", "basic-nya belum disebut": what else is named is no base pay.
_NO_BASE = re.compile(
    r"(?:គ្មាន|មិនមាន|អត់មាន|អត់)(?:ប្រាក់|លុយ)(?:គោល|ខែ)(?!ទាប|តិច)|base មិន"
    r"|(?:basic|gaji pokok)(?:-?nya)? (?:belum|tidak|gak|ga|nggak|tak) di"
    r"|tanpa gaji (?:pokok|tetap)|(?:tidak|tak|gak|ga|nggak) ada gaji(?: pokok| tetap)"
)
#: "សាក២សប្តាហ៍អត់ប្រាក់ខែ": who learns or is tried gets nothing, who works does.
_WHILE_LEARNING = re.compile(r"(?<!បង្)រៀន|សាក(?!ល[^្])|ហាត់|(?<![a-z])(?:rien|sak)(?![a-z])")
#: Paid to trainees and volunteers instead of a wage.
_STIPEND = re.compile(r"tunjangan|allowance")
#: What a school gives its trainees while they learn is no pay of the job it may lead to.
_TRAINEE_MONEY = re.compile(r"ឧបត្ថម្ភ[^\n\d]{0,8}$")
_LEARNING = re.compile(r"(?<!បង្)រៀន(?:ជំនាញ|ឥត|ត្បាញ)|វិជ្ជាជីវៈ|ហ្វឹកហាត់|វគ្គបណ្តុះ|សិក្ខាកាម")
_FOR_A_WHILE = re.compile(r"\d ?(?:hari|bln|bulan|minggu|weeks?|months?|days?|ថ្ងៃ|ខែ)|musim")
_IN_ALL = re.compile(r"total|in total|សរុប|sarob")
#: A kidney, or a child carried for others: paid once, however like a month's pay the sum is.
_OF_THE_BODY = re.compile(r"ginjal|ibu pengganti|surrogat|ពពោះឱ្យ|ពពោះឲ្យ|ម្តាយជំនួស|ម្ដាយជំនួស|តម្រងនោម|លុយឈាម")
#: What a bank account is sold or lent for.
_LENT_ACCOUNT = re.compile(
    r"(?:ជួល|ទិញ|លក់)(?:គណនី|កុង)|(?:sewa|jual|beli|pinjam)(?:in)? (?:rek(?:ening)?|atm|akun bank)(?![a-z])"
    r"|(?:chuol|jual|rent|buy) (?:acc(?:ount)?s?|kong)(?: bank)?(?![a-z])"
)
#: "3 hari, 5 juta", "dua minggu di Poipet. 25 juta": the pay of a short job.
_SHORT_JOB = re.compile(
    r"(?:\b(?:kerja|syuting|di \w{3,}(?: \w{3,})?"
    r"|keliling \w{3,}) (?:\d{1,2}|dua|tiga|empat|lima|se)[ -]?(?:hari|minggu)"
    r"|(?:\b(?:[2-9]|1\d|dua|tiga|empat|lima)[ -]?(?:hari|minggu) (?:di|ke|keliling) \w+)"
    r"|(?<!ដល់)(?<!ដល់ )(?<!-)\b(?:[2-9]|1\d) ?(?:hari|ថ្ងៃ)(?=[ ,.:]*(?:dibayar"
    r"|dapat|dpt|honor|fee)? ?\Z))(?!(?: kerja)? (?:se|per))"
)
_NO_SHORT_JOB = re.compile(
    r"\b(?:sudah|udah|udh|kursus|kuliah|roster|cuti|libur|pelatihan|pengalaman|training|tes|lagi|per|setiap)\b|រៀន|ឈប់|ហាត់"
)
#: "penghasilan 3-7 jt tergantung usaha": a hope, no pay.
_DEPENDS = re.compile(
    r"[ (]*(?:tergantung (?:usaha|kamu|penjualan|kemampuan|kerajinan)"
    r"|sesuai (?:usaha|kerajinan)|អាស្រ័យលើ|តាមសមត្ថភាព|អាស្រ័យ)"
)
_EARNINGS = re.compile(r"(?:penghasilan|pendapatan|cuan|pemasukan|income|ចំណូល)[^\n\d]*\Z")
_TRIAL = re.compile(
    r"(?:probation|percobaan|training|trial|(?<!អូ)សាក(?!ល)|សាកល្បង|ហាត់|ហ្វឹក|(?<!បង្)(?<!ប)រៀន(?!ចប់)|(?<![a-z])sak(?![a-z])|(?<![a-z])hat"
    r"|hvek|pelatihan)[^\n.]{0,22}$|pelatihan[^\n.]{0,60}$"
)
#: "800$ sak, 1000$ krouy", "៦៥០$ (សាក)".
_AS_A_TRIAL = re.compile(
    r" ?\(?(?:(?:ក្នុង|អំឡុង)?(?:រយៈ)?(?:ពេល)?(?:សាក(?!ល)|សាកល្បង|ហាត់|ហ្វឹក)"
    r"|sak(?![a-z])|probation|percobaan|(?:in|during) (?:probation|trial|training))"
    r"(?![^\n,.)]{0,18}?\d+(?!\d| ?(?:ខែ|ថ្ងៃ|kha?e|t?h?ngai)))"
)
_CONDITION = re.compile(
    r"(?:បើ(?!ក)|(?<![a-z])(?:kalau|kalo|klo|jika|bila|if|ber|bisa sampai|bisa nyampe|up to))[^\n]{0,24}$"
)
_AFTER_TRIAL = re.compile(r"(?:setelah|sesudah|habis|after|lulus|selesai|post|ក្រោយ|ចប់|ផុត|krouy|krov|phot)")
_BASE = re.compile(r"(?:basic|pokok|gapok|\bgp|base|គោល(?!ដៅ|បំណង)|dasar)[^\n\d]{0,12}$")
_NOT_OWN = re.compile(
    r"(?:potong|dipotong|deduct[a-z]*|cut|kat|កាត់|កាត់ពី|bayar|bayarnya|cicil|dari|tahan|ditahan) ?(?:dari "
    r"|pakai |pake |from |pi |ពី)?(?:\d+ ?(?:x|bulan|bln|kali|ខែ|khae) ?)?(?:gaji[a-z]*|salary|upah|ប្រាក់ខែ"
    r"|លុយខែ|p?rak ?kha?e|luy ?kha?e)(?: ?\d+ ?(?:ខែ|bulan|bln))?[^\n\d]{0,14}$"
)
_OLD_PAY = re.compile(
    r"(?:gaji (?:saya |ku |aku |gw )?(?:sekarang|dulu|lama|di sini|disini|di indo)|sekarang gaji"
    r"|sekarang (?:cuma )?(?:dapat|digaji)|current(?:ly)?|my salary now|ឥឡូវ(?:ខ្ញុំ)?(?:បាន|ប្រាក់ខែ)"
    r"|ពេលនោះ|(?:basic|pay|salary) was|ធុញ(?:នឹង|ជាមួយ)?ប្រាក់ខែ|បច្ចុប្បន្ន)[^\n]{0,16}$"
)


#: From this chance on a sum is the pay. Of 14,181 offers by writers the weights had not seen 0.36, 0.40 and 0.42 read
#: 13,422, 13,414 and 13,409 right; below 0.40 the price of what somebody sells is taken for pay.
ENOUGH = 0.40
_NAMED = re.compile(r"\b(?:gaji(?:nya)?|gj|upah|salary|ប្រាក់ខែ|prak khae) ?[:=]? ?\Z")
#: The same for the one that is named as pay where all others are fees.
NAMED_BESIDE_A_FEE = 0.25


def pay_of(text: str, found: Sequence[Sum], setting: Setting) -> Pay | None:
    """The base pay among the sums of a normalised text, or None."""
    mood = tone(text)
    if WARNS in mood or _no_base(text, found):
        return None
    candidates = weights().weighed(text, may_be_pay(text, found, setting), mood)
    if not candidates:
        return None if setting.khmer or _spoken(found, setting) else juta_left_out(text, _offered(text, found))
    best = max(candidates, key=lambda one: (one.chance >= ENOUGH, not one.trial, one.chance))
    if best.chance < (NAMED_BESIDE_A_FEE if _named_beside_a_fee(text, best, candidates) else ENOUGH):
        return None
    jobs = all_jobs(text, best, candidates)
    low, high = min(one.one.low for one in jobs), max(one.one.high for one in jobs)
    return Pay(low, high, best.currency, best.period, best.inferred, best.one.start, best.one.end)


def _named_beside_a_fee(text: str, best: Candidate, candidates: Sequence[Candidate]) -> bool:
    """Whether a sum stands straight behind a word of pay, and every other one is a fee ("biaya 15jt gaji 9jt")."""
    named = not best.refused and _NAMED.search(text, 0, best.one.start)
    return bool(named) and len(candidates) > 1 and all(one is best or one.refused for one in candidates)


def may_be_pay(text: str, found: Sequence[Sum], setting: Setting) -> list[Candidate]:
    """The sums of a normalised text that are not by their form something else than pay; not weighed yet."""
    starts, spoken = edges(text), _spoken(found, setting)
    unsaid = denied(text)
    judged = (
        _judge(text, found, index, starts, setting, spoken)
        for index, one in enumerate(found)
        if not any(a < one.start < b for a, b in unsaid)
    )
    return [one for one in judged if one is not None and not CALLED_FALSE.match(text, one.one.end)]


def _offered(text: str, found: Sequence[Sum]) -> list[Sum]:
    """The sums outside quotations that the text calls false."""
    unsaid = denied(text)
    return [one for one in found if not any(a < one.start < b for a, b in unsaid)]


def _spoken(found: Sequence[Sum], setting: Setting) -> list[str]:
    """The currencies that the text names."""
    return [code for one in found if one.code and (code := settled(one, setting)) and not one.bare]


def _no_base(text: str, found: Sequence[Sum]) -> bool:
    """Whether the text says that there is no basic pay, and not only while one learns."""
    first = next((one.start for one in found if not one.bare), len(text))
    return any(
        no.start() < first or not _WHILE_LEARNING.search(text, max(0, no.start() - 28), no.start())
        for no in _NO_BASE.finditer(text)
    )


def _judge(
    text: str, found: Sequence[Sum], index: int, starts: Sequence[int], setting: Setting, spoken: Sequence[str]
) -> Candidate | None:
    """What stands beside one sum, and what it would be as pay; None when it is none by its form."""
    one = found[index]
    if one.bare and no_money(text, one):
        return None
    previous = _previous(found, index)
    if previous >= 0 and _OR.fullmatch(text, found[previous].end, one.start):
        # "ទារលុយ ១០០០ដុល្លារ ឬ ៥០០០ដុល្លារ": what is said of the first is said of both.
        previous = _previous(found, previous)
    floor = found[previous].end if previous >= 0 else 0
    start = starts[bisect_right(starts, one.start) - 1]
    begin = max(floor, start, one.start - 90)
    lead = text[begin : one.start]
    if start >= floor and not _LETTER.search(lead):
        label = _label_before(text, starts, start, floor)
        lead = text[label : one.start] if label is not None else lead
    part = lead[last_part(lead) :]
    run_up = text[max(floor, one.start - 100) : one.start]
    behind = text[one.end : one.end + 40]
    near = _THE_PERIOD.sub("", behind)
    near = near if _edge_free(behind, near) else ""
    near = first_part(near)

    if _for_pieces(one, text, text[max(start, one.start - 24) : one.start], behind, setting):
        return None

    pay = last(cue("pay"), lead)
    pay_here = pay is not None and pay.start() >= len(lead) - len(part)
    firm = one.period in PERIODS and not one.loose
    after_pay = cue("pay_after").match(near)
    not_pay = last(cue("not_before"), part) or near_paper(part)
    gets = last(cue("gets"), part)
    own = _NOT_OWN.search(lead) is None
    if _HEADING.search(text, max(0, text.rfind("\n", 0, one.start)), one.start):
        return None
    told: list[str] = []
    refused = said = False
    if _BASE.search(part):
        told.append("base")
    offset = len(lead) - len(part)
    if not_pay is not None and len(part) - not_pay.end() > (22 if setting.khmer else 34):
        not_pay = None
    if not_pay is not None and _STIPEND.match(not_pay.group()) and not cue("pay").search(text):
        not_pay = None
    if pay is not None:
        told += [f"pay {_far(len(lead) - pay.end())}", "pay here"][: 1 + pay_here]
    if gets is not None:
        told.append(f"gets {_far(len(part) - gets.end())}")
    if not_pay is not None:
        told += [f"not {_far(len(part) - not_pay.end())}", f"not {not_pay.group()}"]
    if pay is not None and own and (not_pay is None or pay.end() > not_pay.end() + offset):
        told.append("called pay")
        said = True
    elif not_pay is not None:
        closer = own and gets is not None and gets.start() >= not_pay.end()
        if closer and gets is not None and (len(part) - not_pay.end() > 10 or len(part) - gets.end() <= 3):
            told.append("gets rather")
            said = True
        else:
            soft = (
                firm
                and (_SOFT.match(not_pay.group()) or (_PRICE.match(not_pay.group()) and len(part) - not_pay.end() < 2))
                and (one.period in ("hour", "day") or "bayar" not in not_pay.group())
            )
            told.append("soft" if soft else "refused")
            refused = not soft
    elif not own:
        told.append("not own")
        refused = True
    elif gets is not None and len(part) - gets.end() < 18:
        said = True
    and_more = one.bare and setting.khmer and one.high >= 100 and _AND_MORE.match(behind) is not None
    said = said or and_more
    if and_more:
        told.append("and more")
    if after_pay:
        told.append("pay after")
        said = True
    elif cue("not_after").match(near):
        told.append("not after")
        refused = refused or not pay_here
    elif cue("beside_after").match(near):
        told.append("beside after")
    if _EXTRA.search(text[max(0, one.start - 14) : one.start]):
        told.append("extra")
        refused = True
    if _DEPENDS.match(behind) and _EARNINGS.search(lead):
        return None
    close = text[max(floor, one.start - 14) : one.start]
    if floor and IN_ADDITION.search(text[floor : one.start]):
        told.append("in addition")
        refused = True
    if _TRAINEE_MONEY.search(part) and _LEARNING.search(text, 0, one.start):
        return None
    if _OLD_PAY.search(lead):
        told.append("old pay")
    # A trial named straight behind the sum before is that one's.
    trial = _AS_A_TRIAL.match(behind) is not None or (
        bool(_TRIAL.search(lead))
        and not _AFTER_TRIAL.search(lead[-24:].rpartition("(")[2])
        and not (floor and _AS_A_TRIAL.match(text, floor))
    )
    if trial:
        told.append("trial")
    if _AFTER_TRIAL.search(lead[-24:]):
        told.append("after trial")
    if _CONDITION.search(part):
        told.append("condition")
    if refused:
        told.append("refused any")
    if firm:
        told.append("firm")

    by_word = pay is not None and pay_here and own and len(lead) - pay.end() <= 14 and not_pay is None
    by_get = gets is not None and len(part) - gets.end() <= 4 and one.high >= 70 and not _COUNT_WORD.search(part)
    plain = by_word or by_get or after_pay is not None or and_more or (one.period in PERIODS and not one.loose)
    currency, how_sure = currency_of(text, one, setting, spoken, plain or (one.loose and one.period == "month"))
    far_away = any(country != "ID" for country in setting.countries)
    if currency is None and one.bare and (setting.khmer or far_away) and one.high >= 100 and not _no_guess(text, one):
        currency = next((code for code in spoken if infer(one.high, code) == "month"), None) or setting.assume(one.high)
        told.append("guessed")
    if currency is None:
        return None
    if one.bare and currency == "IDR" and one.high < 1_000:
        times = 1e6 if one.high < 60 and one.period != "day" else 1e3
        one = replace(one, low=round(one.low * times, 2), high=round(one.high * times, 2))
    told.append(f"sure {how_sure}")
    period, inferred = one.period, False
    if (
        period is None
        or (one.loose and not plausible(one.high, currency, period))
        or (one.loose and period == "month" and infer(one.high, currency) != "month")
        or (one.loose and period == "day" and like_a_month(one.high, currency))
    ):
        period, inferred = infer(one.high, currency), True
    if period is None or (infer(one.high, currency) is None and not (firm and plausible(one.high, currency, period))):
        return None
    if (
        inferred
        and period in ("hour", "day")
        and setting.khmer
        and _ONE_OF_THEM.search(close)
        and not (period == "day" and _a_trip(one, close, behind))
    ):
        return None
    if (
        inferred
        and not (pay and pay.group().startswith("gaji"))
        and (_OF_THE_BODY.search(text) or _LENT_ACCOUNT.search(text))
    ):
        period, inferred = "once", False
    if not plausible(one.high, currency, period):
        told.append("implausible")
    after_once = cue("once").match(near) or cue("once").match(behind.lstrip(" /"))
    if (
        after_once
        and _IN_ALL.match(after_once.group())
        and infer(one.high, currency) == "month"
        and not _FOR_A_WHILE.search(run_up)
    ):
        # "4jt total dengan kehadiran": a month's pay with all that belongs to it.
        after_once = None
    if (inferred or (one.loose and period == "day" and after_once)) and (
        after_once
        or cue("once_before").search(text, one.start - min(14, len(part)), one.start)
        or (_SHORT_JOB.search(run_up) and not _NO_SHORT_JOB.search(run_up) and not trial and pay is None)
    ):
        period, inferred = "once", False
    return Candidate(one, currency, period, inferred, refused, one.bare and not said, trial, tuple(told))


def _no_guess(text: str, one: Sum) -> bool:
    """Whether a number of which nothing is said is a year, an address, a time or a count."""
    lead = text[max(0, one.start - 26) : one.start]
    return bool(
        (one.high % 10 and not 200 < one.high < 260)  # 1288 is a telephone, 163 a height
        or (1950 <= one.high <= 2040 and not one.grouped)
        or ADDRESS.search(lead)
        or CLOCK.search(lead)
        or (COUNTED.match(text[one.end : one.end + 16]) and not PART_OF_DAY.match(text, one.end))
    )


def _far(letters: int) -> int:
    """How far a word stands from the sum, in four steps."""
    return sum(letters > step for step in (3, 12, 25, 50))


def _previous(found: Sequence[Sum], index: int) -> int:
    """The sum before this one that has a currency or a scale word; -1 for none."""
    return next((i for i in range(index - 1, -1, -1) if not found[i].bare), -1)


def _a_trip(one: Sum, lead: str, behind: str) -> bool:
    """Whether a sum is paid for a journey or another whole job, named straight before or behind it."""
    return one.code is not None and bool(cue("once").match(behind.lstrip(" /")) or last(cue("once_before"), lead[-14:]))


def _for_pieces(one: Sum, text: str, lead: str, behind: str, setting: Setting) -> bool:
    """Whether a sum is paid for each piece of work."""
    monthly = bool(one.code) and infer(one.high, settled(one, setting) or "") == "month"
    if _LENT_ACCOUNT.search(text):
        return False
    whole = _a_trip(one, lead, behind) and not _BY_WEIGHT.match(behind)
    if whole and infer(one.high, settled(one, setting) or "") in ("day", "month"):
        return False
    if piece_rate().match(behind):
        lump = monthly and behind.lstrip().startswith("មួយដុំ")
        each = one.period in PERIODS and _EACH_OF_THEM.match(behind.lstrip())
        return not lump and not each and not re.match(r" ?(?:1|មួយ) ?(?:ការងារ)", behind)
    before = piece_rate_before().search(lead)
    # រូប is a picture and also how persons are counted.
    return before is not None and one.period is None and not (monthly and _MANY.search(before.group()))


#: "borongan RM45/ton": a job that is paid as a whole has no price by weight or by the piece.
_BY_WEIGHT = re.compile(
    r" ?(?:/|per |tiap |setiap )(?:ton|kg|kilo|janjang|tandan|karung|pcs|potong|lembar|lusin|kodi)(?![a-z])"
)
#: "៣រូប", "១០តោន": how many are wanted, how much a lorry carries.
_MANY = re.compile(r"រូប|\d\d ?(?:ក្បាល|តោន|tonn?)")


def _label_before(text: str, starts: Sequence[int], start: int, floor: int) -> int | None:
    """Where a short label on its own ("Gaji:", "💰") begins before the statement that holds a sum."""
    for at in reversed(starts[bisect_left(starts, floor) : bisect_left(starts, start)]):
        label = text[at:start]
        if _LETTER.search(label):
            # What holds a number has its own value already.
            short = len(label) <= 32 and not re.search(r"\d", label) and not label.rstrip(" \n").endswith(".")
            return at if short else None
    return None


def _edge_free(behind: str, near: str) -> bool:
    return "\n" not in behind[: len(behind) - len(near)]
