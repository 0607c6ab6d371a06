"""Thirty lines of keywords: what the model and the lexicon must be better than."""

from __future__ import annotations

from nlu.text.normalise import normalise

#: Tried from top to bottom; the first word found decides.
KEYWORDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("emergency", "", ("dipukul", "disetrum", "berdarah", "bunuh", "វាយ", "ឆក់", "ឈាម", "សម្លាប់", "ស្លាប់", "vay", "slab")),
    ("distress", "", ("tolong", "dikurung", "kabur", "paspor diambil", "ជួយ", "ឃុំ", "រត់", "ដកប៉ាស្ព័រ", "chuoy", "juoy")),
    ("third_party", "", ("adik saya", "anak saya", "suami", "istri", "ប្អូន", "កូនខ្ញុំ", "ប្ដី", "ប្រពន្ធ", "oun", "bdey")),
    ("human", "", ("petugas", "orang asli", "operator", "telepon saya", "មន្ត្រី", "មនុស្ស", "montrei")),
    ("offer", "", ("lowongan", "loker", "gaji", "dibutuhkan", "ប្រាក់ខែ", "ជ្រើសរើស", "រើសបុគ្គលិក", "prak khae")),
    ("control", "", ("hapus", "batal", "bahasa", "ulang", "stop", "លុប", "ភាសា", "បោះបង់", "lup")),
    ("question", "fees", ("biaya", "bayar", "ថ្លៃ", "tlai")),
    ("question", "visa", ("visa", "វីសា", "ទិដ្ឋាការ")),
    ("question", "passport", ("paspor", "ប៉ាស្ព័រ", "លិខិតឆ្លងដែន", "passport")),
    ("question", "contract", ("kontrak", "កិច្ចសន្យា", "កុងត្រា")),
    ("question", "agency_check", ("pt ", "agen", "ក្រុមហ៊ុន", "kromhun")),
    ("question", "embassy_contact", ("kbri", "kjri", "kedutaan", "ស្ថានទូត", "sthantut")),
    ("question", "hotline", ("nomor", "hotline", "លេខទូរស័ព្ទ", "lek")),
    ("question", "repatriation", ("pulang", "ត្រឡប់", "មកស្រុកវិញ", "trolob")),
    ("question", "overstay_fine", ("overstay", "denda", "ពិន័យ", "pinei")),
    ("question", "police_report", ("polisi", "ប៉ូលិស", "police")),
    ("question", "korea_japan_gtog", ("korea", "jepang", "កូរ៉េ", "ជប៉ុន")),
    ("question", "insurance", ("asuransi", "bpjs", "ធានារ៉ាប់រង")),
    ("question", "training", ("kursus", "pelatihan", "វគ្គ", "រៀន")),
    ("smalltalk", "", ("halo", "hai", "makasih", "terima kasih", "សួស្ដី", "អរគុណ", "បាទ", "ចាស", "suosdey", "orkun")),
    ("abuse", "", ("anjing", "bangsat", "slot", "gacor", "ឆ្កែ", "ល្បែង")),
    ("question", "other", ("?", "berapa", "gimana", "bagaimana", "ទេ", "ម៉េច", "ប៉ុន្មាន")),
)  # fmt: skip


def guess(text: str) -> tuple[str, str | None]:
    """Kind and topic by the first keyword that occurs."""
    plain = normalise(text).text
    for kind, topic, words in KEYWORDS:
        if any(word in plain for word in words):
            return kind, topic or None
    return "out_of_scope", None
