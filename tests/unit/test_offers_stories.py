"""What happened to somebody is no offer, however many of its words it holds; an offer told in a story is one.

All lines are invented.
"""

from __future__ import annotations

import pytest

from bot.offers.assess import assess
from bot.offers.message import verdict
from bot.texts import LANGS, Lang, render

OVER = [
    "kemarin temanku kena tipu loker admin di kamboja gaji 1500 dolar",
    "kakak sepupu gue kmrn ketipu loker ke thailand, disuruh bayar 5 juta trs ilang orangnya",
    "aku dulu ditipu agen, bayar 20 juta mau ke korea gak jadi2",
    "dulu aku kerja di sihanoukville jadi admin, paspor diambil bos, disuruh nipu orang lewat chat",
    "suami saya dijanjikan gaji 20 juta di kamboja sekarang paspornya ditahan tidak boleh pulang",
    "my cousin got scammed by an agent, customer service in Bavet, 1200 usd, passport taken",
    "ម្សិលមិញមិត្តខ្ញុំត្រូវគេបោកឲ្យទៅធ្វើការនៅថៃ ប្រាក់ខែ ១៥០០ដុល្លារ",
    "បងខ្ញុំធ្លាប់ធ្វើការនៅប៉ោយប៉ែត គេយកលិខិតឆ្លងដែន មិនឲ្យចេញក្រៅ",
    "msel minh mit knhom trov ke bok oy tov tver ka nov thai prak khae 1500$",
    "mit knhom trov ke bok tver ka poipet ke yok passport",
]

#: The same words where something is left to judge: an offer that stands, a question, a former employer who calls back.
STILL_OPEN = [
    "dulu pernah ketipu agen, sekarang ditawari lagi kerja di kamboja gaji 1000 dolar tiket ditanggung",
    "temanku pernah ketipu loker kamboja, ini loker admin di bavet gaji 1200 dolar aman ga?",
    "tetangga saya nawarin kerja di kamboja gaji 1000 dolar, dia dulu juga kerja di sana katanya enak",
    "gak bakal ketipu kak, kerja admin di kamboja gaji 15 juta tiket ditanggung, minat wa 0812-3456-7890",
    "Rekrutmen staff recovery agent, target warga yang kena tipu, gaji 12 juta, ruko di Bavet, dilarang keluar",
    "kerja di Arab 1.500 riyal, belum pernah lihat perjanjian kerjanya, cuma disuruh tanda tangan dan bayar 5 juta",
    "បងខ្ញុំធ្លាប់ធ្វើការនៅថៃ ឥឡូវថៅកែចាស់ហៅទៅវិញ ឆ្លងតាមច្រកព្រៃ គេបង់ឲ្យទាំងអស់",
    "មិត្តខ្ញុំធ្លាប់ត្រូវគេបោក ឥឡូវគេហៅខ្ញុំទៅធ្វើការអនឡាញនៅប៉ោយប៉ែត ១២០០ដុល្លារ",
    "mit knhom trov ke bok mdong hery, eylov ke hav knhom tov poipet tver ka online 1200$",
]


@pytest.mark.parametrize("text", OVER)
def test_what_happened_to_somebody_is_not_judged_as_an_offer(text: str) -> None:
    found = assess(text)
    assert (found.kind, found.risk, found.flags) == ("story", "unknown", ())


@pytest.mark.parametrize("text", STILL_OPEN)
def test_an_offer_told_in_a_story_is_judged(text: str) -> None:
    found = assess(text)
    assert found.kind == "offer" and found.risk in ("high", "medium"), found


@pytest.mark.parametrize("lang", LANGS)
def test_a_story_is_told_where_help_is_and_what_to_do_with_an_offer(lang: Lang) -> None:
    (told,) = verdict(assess(OVER[0]), lang)
    said = render(told[0], lang)
    assert {"id": "petugas", "km": "មន្ត្រី"}[lang] in said and {"id": "salin", "km": "ចម្លង"}[lang] in said
