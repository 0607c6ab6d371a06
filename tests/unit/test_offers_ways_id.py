"""Ways of saying a red flag in Indonesian and English, each beside its harmless twin."""

from __future__ import annotations

import pytest

from bot.offers.assess import assess
from bot.offers.verdict import Assessment


def ids(text: str) -> set[str]:
    return {flag.id for flag in _judged(text).flags}


def _judged(text: str) -> Assessment:
    return assess(text, asker="ID", by_phrases=True)


@pytest.mark.parametrize(
    ("flag", "said", "harmless"),
    [
        (
            "upfront_fee",
            "Kerja panen di Portugal, kata agennya minta 18jt dulu buat legalisir",
            "Kerja panen di Portugal, gaji 18jt sebulan",
        ),
        (
            "upfront_fee",
            "loker admin gudang, daftar 3jt ya kak lewat dana",
            "loker admin gudang, gaji 3jt ya kak",
        ),
        (
            "tourist_visa",
            "kerja resto di Macau, masuknya pake turis dulu nanti ganti",
            "kerja resto di Macau, visa kerja resmi keluar sebelum terbang",
        ),
        (
            "tourist_visa",
            "Jaga lansia di Penang, social visit pass dulu nanti majikan yang urus permit",
            "Jaga lansia di Penang, calling visa dari majikan",
        ),
        (
            "passport_surrender",
            "Kerja kebun Kuching, paspor taruh di brankas kantor biar aman",
            "Kerja kebun Kuching, paspor tidak akan dikumpulkan perusahaan",
        ),
        (
            "secrecy",
            "kerja di Vientiane, gak usah cerita ke ortu dulu, nanti aja",
            "kerja di Vientiane, gak usah ragu tanya ke ortu dulu",
        ),
        (
            "secrecy",
            "Job pabrik tas, umur bisa dimudakan kok bu",
            "Job pabrik tas, umur 18 sampai 38",
        ),
        (
            "debt_bond",
            "kerja salon Batam, kasbon 4jt nanti dipotong pelan pelan tiap bulan",
            "kerja salon Batam, berhenti kapan saja boleh, kasbon tidak ada",
        ),
        (
            "debt_bond",
            "kerja kapal, kalau pulang duluan keluarga ganti 20 juta",
            "kerja kapal, kalau sakit keluarga dikabari perusahaan",
        ),
        (
            "isolation",
            "kerja di Manila, HP dititip ke leader selama tiga bulan",
            "kerja data di Jogja, HP disimpan di loker saat kerja saja, aturan keamanan",
        ),
        (
            "isolation",
            "loker editor, keluar gerbang harus ada kartu",
            "loker editor, tidak boleh keluar biaya apa pun dari pelamar",
        ),
        (
            "irregular_route",
            "kerja kebun, nyebrang lewat sungai jam 2 malam",
            "kerja sopir sayur, kirim ke pasar jam 2 malam",
        ),
        (
            "scam_sector",
            "kerja kantor, tugasnya kenalan sama bule kesepian terus diajak trading",
            "kerja hotel, tugasnya menyambut tamu bule dan antar koper",
        ),
        (
            "scam_sector",
            "cari yang mau sewakan rekening, satu juta seminggu",
            "cari kasir, gaji masuk rekening tiap tanggal satu",
        ),
        (
            "no_contract",
            "Kerja ladang di Jeju, kontraknya nanti dibagi di bandara",
            "Kerja ladang di Jeju, kontrak ditandatangani sebelum berangkat",
        ),
        (
            "unlicensed_agency",
            "tetangga saya nawarin kerja bersih bersih di Riyadh",
            "tetangga saya kerja bersih bersih di kantor kelurahan",
        ),
        (
            "unlicensed_agency",
            "bos aku lagi cari 4 orang lagi buat gudang di Dubai",
            "bos saya orang Dubai, gudangnya di Cikarang, saya kasir",
        ),
        (
            "urgency",
            "kerja packing, konfirmasi maksimal malam ini, lewat itu hangus",
            "kerja packing, berkas paling lambat tanggal 14 Maret",
        ),
        (
            "urgency",
            "kuota tinggal 2, terbang Sabtu ini, pabrik Polandia",
            "pabrik Polandia, tempat tinggal 2 orang sekamar",
        ),
        (
            "free_travel",
            "kerja di Kamboja, tiket udah dibooking bos atas nama kamu",
            "guru di Kuching, tiket ditanggung konsulat",
        ),
        (
            "vague_job",
            "kerja kasih bintang 5 untuk hotel di aplikasi, Manila",
            "kerja di hotel bintang 5, bagian laundry, Manila",
        ),
        (
            "profile_targeting",
            "cari cewek saja usia 18-24, kirim foto full body, kerja di Yangon",
            "operator jahit pria wanita usia 18-35, kerja di Boyolali",
        ),
    ],
)
def test_a_flag_is_heard_and_its_harmless_twin_is_not(flag: str, said: str, harmless: str) -> None:
    assert flag in ids(said)
    assert flag not in ids(harmless)


def test_a_small_shop_with_a_phone_number_is_no_informal_contact() -> None:
    shop = "Dicari tukang las di Denpasar, Bali, 150 ribu sehari, pengalaman gak perlu. Telp 0812-5555-0199 Pak Made"
    assert not ids(shop) & {"informal_contact", "no_requirements"}
    lured = "Dicari tukang las di Yangon, paspor dikumpul di kantor. Telp 0812-5555-0199 Pak Made"
    assert {"informal_contact", "passport_surrender"} <= ids(lured)


def test_a_no_before_a_full_stop_reaches_no_further() -> None:
    assert "upfront_fee" in ids("Kerja Hungaria tanpa batas umur. DP 7 juta sekarang")
    assert "upfront_fee" not in ids("Kerja Hungaria tanpa DP")


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("Kerja pabrik Korea gratis tanpa biaya, cuma bayar admin 500rb di awal, PT Maju", "upfront_fee"),
        ("Tidak dipungut biaya apapun tapi bayar dulu medical 2 juta ke rekening saya, kerja Taiwan", "upfront_fee"),
        ("Tanpa potongan gaji, hanya uang jaminan 5 juta sebelum berangkat. Kerja di Malaysia", "upfront_fee"),
        ("Bukan judi, cuma admin situs game slot. Kerja di Filipina", "scam_sector"),
    ],
)
def test_what_is_denied_before_a_but_denies_nothing_behind_it(text: str, flag: str) -> None:
    assert flag in {found.id for found in assess(text, by_phrases=True).flags}


def test_an_admin_spoken_to_is_no_vague_job() -> None:
    assert "vague_job" not in ids("pak admin, istri saya mau ke Kajang kerja kedai makan, aman?")
    assert "vague_job" in ids("dicari admin buat kantor di Vientiane")


def test_a_machine_operator_is_a_trade() -> None:
    assert _judged("Dicari operator crane di Duqm, Oman, kontrak 2 tahun").facts.role == "factory_worker"


def test_euros_without_a_country_are_no_bait() -> None:
    assert "salary_too_high" not in ids("Panen stroberi, temen saya ngajak, 1.900 EUR sebulan")
    assert "salary_too_high" in ids("Kerja di depan komputer, temen saya ngajak, 1.900 USD sebulan")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("paspor disimpan kantor selama kontrak, kerja admin di Bangkok gaji 18 juta", "paspor disimpan kantor"),
        ("pasport dipegang agent dulu, nanti sampai sana dikasih", "pasport dipegang agent"),
        ("the office keeps our passports, waiter job in Bangkok 500$", "office keeps our passports"),
        ("company keeps your passport for safety, customer service in Thailand", "company keeps your passport"),
    ],
)
def test_who_keeps_the_passport_is_shown(said: str, shown: str) -> None:
    assert shown in [flag.evidence for flag in _judged(said).flags if flag.id == "passport_surrender"]
