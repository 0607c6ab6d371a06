"""A line of news about the compounds holds every word of their offers, and offers nothing. All lines are invented."""

from __future__ import annotations

import pytest

from bot.offers.assess import assess

NEWS = {
    "id": [
        "Polisi menangkap 12 WNI yang bekerja sebagai admin judi online di Bavet",
        "Polda Jateng gagalkan pengiriman 20 pekerja ilegal ke Kamboja",
        "Imigrasi Soekarno-Hatta cegah 15 calon pekerja scam berangkat ke Myanmar",
        "KBRI Phnom Penh pulangkan 97 WNI korban online scam di Kamboja",
        "Sebanyak 554 WNI dievakuasi dari Myawaddy, dipaksa jadi operator penipuan online",
        "Dua perekrut admin judi online ke Kamboja divonis 5 tahun penjara",
        "Bareskrim bongkar sindikat TPPO, korban dijanjikan gaji 12 juta jadi customer service di Thailand",
        "Ratusan pekerja scam di Sihanoukville kabur setelah penggerebekan",
        "Pemuda asal Medan tewas di Kamboja, keluarga sebut dijanjikan kerja di restoran",
        "Pemerintah Kamboja tutup 200 lokasi penipuan online di Poipet",
        "Kemlu: 6.000 WNI terjebak kerja scam di Kamboja sejak 2021",
        "Polres Batam tangkap calo yang janjikan kerja tanpa syarat di Malaysia",
        "Viral! Wanita asal Bekasi disekap di Myanmar, diminta tebusan Rp 200 juta",
        "Tentara Myanmar gerebek kompleks KK Park, 2.000 orang diamankan",
        "Sindikat perdagangan orang modus lowongan admin di Vietnam terbongkar",
        "Petugas imigrasi Batam tolak keberangkatan 30 orang yang diduga akan kerja judi online di Kamboja",
        "Polisi Thailand selamatkan 7 WNI dari perusahaan scam di Mae Sot",
        "Korban TPPO asal NTT dipulangkan dari Laos, paspor disita dan gaji tidak dibayar",
        "Jaksa tuntut agen yang kirim 40 orang ke Kamboja pakai visa turis 8 tahun penjara",
        "Dijanjikan gaji Rp 15 juta, 8 warga Cirebon jadi korban perdagangan orang di Myanmar",
        "Pria ini ditangkap karena merekrut warga desa jadi operator judi online di Bavet",
        "Interpol tangkap bos sindikat scam di Phnom Penh",
        "Lima WNI loncat dari gedung scam di Kamboja, satu patah kaki",
        "Warga Sukabumi minta tolong Presiden, anaknya dijual ke Kamboja oleh agen",
        "BP3MI Riau gagalkan keberangkatan 9 PMI nonprosedural lewat jalur laut",
        "Penggerebekan markas judi online di Sihanoukville, 120 WNI diamankan",
        "Mantan admin slot di Kamboja cerita disetrum karena tak capai target",
        "Gerebek apartemen di Phnom Penh, aparat Kamboja temukan 86 WNI pelaku love scam",
        "Kisah pilu ibu muda Indramayu terjebak jadi operator scam di Myawaddy",
        "34 WNI korban penipuan kerja di Kamboja tiba di Bandara Soetta",
        "Polri tangkap DPO kasus pengiriman PMI ilegal ke Malaysia",
        "Kamboja deportasi ribuan pekerja judi online asal China",
        "Waduh, 1.200 WNI antre pulang di KBRI Phnom Penh usai sindikat scam bubar",
        "Perempuan asal Pontianak dijual ke Tiongkok lewat modus pengantin pesanan",
        "Tim SAR temukan jasad TKI di perairan Johor",
        "Tersangka TPPO di Batam janjikan korban gaji Rp 10 juta sebagai pelayan restoran di Kamboja",
        "Pengadilan Kamboja hukum warga China 10 tahun karena sekap pekerja di Sihanoukville",
        "Kedubes Korea minta warganya tidak ke Bokor setelah mahasiswa tewas disiksa",
        "WNI di Kamboja meninggal, diduga dianiaya di perusahaan judi online",
        "Seorang admin judi online di Poipet ditemukan tewas",
    ],
    "km": [
        "ប៉ូលិសចាប់ជនជាតិចិន ១២នាក់ ធ្វើការឆបោកអនឡាញនៅក្រុងព្រះសីហនុ",
        "សមត្ថកិច្ចបង្ក្រាបទីតាំងឆបោកតាមអនឡាញនៅបាវិត ឃាត់ខ្លួន ៤៥ នាក់",
        "អាជ្ញាធរខេត្តបន្ទាយមានជ័យ ចាប់ខ្លួនមេខ្យល់នាំពលករទៅថៃខុសច្បាប់",
        "នគរបាលជួយសង្គ្រោះពលករខ្មែរ ៧ នាក់ ត្រូវគេឃុំធ្វើការនៅភូមា",
        "តុលាការខេត្តកំពតកាត់ទោសមេខ្យល់បោកស្ត្រីទៅរៀបការនៅចិន ១០ ឆ្នាំ",
        "រដ្ឋមន្ត្រីការងារអំពាវនាវពលរដ្ឋកុំជឿការងារប្រាក់ខែខ្ពស់នៅក្រៅប្រទេស",
        "ជនបរទេស ៣០០ នាក់ រត់ចេញពីអគារឆបោកនៅប៉ោយប៉ែត",
        "ស្ថានទូតកម្ពុជាជួយពលករ ១៥ នាក់ មកពីម៉ាឡេស៊ី ដែលមិនបានប្រាក់ខែ",
        "ថៃបញ្ជូនពលករខ្មែរ ២០០ នាក់ ត្រឡប់មកវិញតាមច្រកប៉ោយប៉ែត",
        "យុវជនម្នាក់ស្លាប់ក្នុងអគារឆបោកនៅបាវិត គ្រួសារសុំរកយុត្តិធម៌",
        "ជនជាតិវៀតណាម ៥០ នាក់ ត្រូវបានចាប់ខ្លួននៅក្នុងកាស៊ីណូនៅកោះកុង",
        "រដ្ឋាភិបាលបិទទីតាំងឆបោកអនឡាញ ២០០ កន្លែង",
        "ជនសង្ស័យបោកមនុស្សថារកការងារឲ្យនៅកូរ៉េ ត្រូវប៉ូលិសចាប់ខ្លួន",
        "ពលករ ៥ នាក់ស្លាប់ក្នុងគ្រោះថ្នាក់ឡានពេលទៅធ្វើការនៅថៃ",
        "បុរសម្នាក់ត្រូវចោទពីបទជួញដូរមនុស្សទៅធ្វើការនៅឡាវ",
        "ប៉ូលិសកូរ៉េចាប់ខ្លួនមេឆបោកដែលបើកក្រុមហ៊ុននៅភ្នំពេញ",
        "ស្ត្រីម្នាក់ត្រូវគេលក់ទៅចិន បានត្រឡប់មកផ្ទះវិញ",
        "អន្តោប្រវេសន៍ពិន័យជនបរទេស ១០០ នាក់ ធ្វើការគ្មានប័ណ្ណការងារ",
        "សមត្ថកិច្ចឆែកឆេរអគារមួយនៅព្រះសីហនុ រកឃើញជនបរទេសធ្វើការឆបោក",
        "ក្រសួងការងារព្រមានពីក្រុមហ៊ុនបោកពលករទៅជប៉ុន",
        "ឥណ្ឌូណេស៊ីនាំពលរដ្ឋ ៩០ នាក់ ចេញពីកន្លែងឆបោកនៅកម្ពុជា",
        "ចៅក្រមសម្រេចឃុំខ្លួនមេខ្យល់ពីរនាក់ដែលយកលុយពលករ",
        "កម្មករ ១០០០ នាក់តវ៉ាទារប្រាក់ខែនៅរោងចក្រ",
        "មន្ត្រីរកឃើញជនរងគ្រោះ ១២ នាក់ ត្រូវបង្ខំធ្វើការឆាតបោកគេ",
        "ប៉ូលិសថៃចាប់ពលករខ្មែរ ៣០ នាក់ ឆ្លងដែនខុសច្បាប់",
        "ពលករខ្មែរម្នាក់ត្រូវគេសម្លាប់នៅម៉ាឡេស៊ី",
        "បង្ក្រាបមេខ្យល់នាំមនុស្សទៅធ្វើការនៅវៀតណាម",
        "សមត្ថកិច្ចចុះបង្ក្រាបអគារមួយនៅបាវិត រកឃើញជនបរទេសជាង ១០០ នាក់",
        "នគរបាលខេត្តព្រះសីហនុ ឃាត់ខ្លួនជនជាតិឥណ្ឌូណេស៊ី ៨០ នាក់",
        "ស្ត្រីរងគ្រោះម្នាក់ត្រូវបានសង្គ្រោះពីកន្លែងឆបោកនៅមីយ៉ាន់ម៉ា",
        "មេខ្យល់ម្នាក់ជាប់គុក ៧ ឆ្នាំ ពីបទនាំមនុស្សទៅថៃ",
        "ជនជាតិកូរ៉េម្នាក់ស្លាប់នៅភ្នំបូកគោ សង្ស័យថាត្រូវគេធ្វើទារុណកម្ម",
        "អាជ្ញាធរថៃបញ្ជូនពលករខ្មែរខុសច្បាប់ ៥៨ នាក់មកវិញ",
        "តុលាការភ្នំពេញចោទប្រកាន់ជនសង្ស័យ ៤ នាក់ ពីបទឆបោកការងារ",
        "ពលករខ្មែរ ៣ នាក់ធ្លាក់ពីអគារសំណង់នៅថៃ",
        "រដ្ឋាភិបាលកូរ៉េហាមពលរដ្ឋទៅបូកគោ និងប៉ោយប៉ែត",
        "ជនជាតិចិនលោតពីជាន់ទី៥ នៃកាស៊ីណូនៅព្រះសីហនុ",
        "ប៉ូលិសសង្គ្រោះក្មេងស្រី ២ នាក់ ត្រូវគេលក់ទៅធ្វើការនៅខារ៉ាអូខេ",
    ],
}
#: How many of them are called high at least.
HIGH = {"id": 38, "km": 23}
#: What recruiters write: some name police, victims, or people counted as news counts them.
OFFERS = {
    "id": [
        "Butuh admin chat di Kamboja gaji 15jt, tiket gratis, wa 081234567890",
        "Loker CS Bavet, tanpa pengalaman, semua ditanggung, DM ya",
        "Kerja di Sihanoukville jadi operator, gaji $1000, berangkat minggu ini",
        "Admin slot Poipet, usia 18-30, paspor dibuatin, chat @hr_slot",
        "Dicari cewek cowok buat marketing online di Vietnam, gaji 12 jt bersih",
        "Ada kerja di Myanmar gampang banget cuma ngetik gaji 14 juta, mau ga?",
        "Aman dari polisi kak, gaji 15 juta jadi admin judi online di Bavet, minat japri",
        "Kerja kantor di Thailand, visa turis dulu, nanti diurus bos",
        "Bos saya cari 12 orang Indonesia untuk jadi admin judi online di Bavet, gaji 900 dolar",
        "Tenang polisi sudah dibayar, kerja di Poipet jadi cs, gaji 13 juta",
        "Temen ajak kerja di kamboja jadi admin, katanya gaji 10 juta makan mess gratis",
        "Butuh 20 orang operator scam di KK Park, bonus 10%, wa.me/628123",
        "Kerja ringan di depan komputer, lokasi Kamboja, gak perlu ijazah",
        "Lowongan kasino Sihanoukville, polisi tidak ganggu, gaji 1200 USD",
        "Open rekrut tim telemarketing ke Laos, free tiket & paspor",
        "Kerja jaga hotel di Poipet gaji 800$ langsung berangkat dari Batam",
        "Ditawari kerja customer service di Filipina 15 juta, disuruh bayar 3 juta buat paspor",
        "Cari cewek cantik 18-25 kerja di karaoke Malaysia, semua biaya ditanggung",
        "Kirim foto KTP dan paspor, kerja di Bavet mulai besok, gaji 11jt",
        "Agen bilang kerja di Kamboja legal, sudah kirim 50 orang, gaji 1000 dolar",
        "WNI dicari untuk bekerja sebagai admin di Bavet, gaji tinggi",
        "12 WNI sudah berangkat kemarin, sisa 3 kursi jadi admin di Kamboja gaji 900 dolar",
        "Gaji 20 juta kerja admin crypto di Myawaddy, tidak perlu pengalaman",
        "Lewat jalur laut dari Batam, kerja kebun di Malaysia, tanpa paspor bisa, bayar 2 juta",
        "Dijanjikan gaji 15 juta di Kamboja, tiket dibayar bos, aman ga kak?",
        "Kasus sudah beres, polisi aman. Butuh 5 admin judi di Bavet gaji 1000 dolar",
        "Posisi admin judi online Bavet, 12 orang, langsung kerja",
        "Kerja di Kamboja aman, polisi tidak pernah gerebek kantor ini",
        "WNI dipekerjakan sebagai admin slot di Poipet, gaji dibayar tiap bulan",
        "Perusahaan judi online Sihanoukville terima pria wanita umur 18-35",
        "Teman bilang kerja di Myawaddy enak, 50 WNI sudah di sana",
        "5 orang kabur, jadi ada tempat kosong admin di Bavet gaji 900 dolar",
        "Korban PHK? Kerja jadi CS di Kamboja, tiket dibelikan",
        "Operator telemarketing, 20 WNI, penempatan KK Park, makan dan mess",
        "Imigrasi gampang, petugas bandara sudah diatur, kerja di Laos pakai paspor saja",
        "Kantor admin di Poipet, yang tidak capai target dipulangkan gratis",
        "Petugas kami jemput di bandara, kerja marketing di Phnom Penh 1000 dolar",
        "Warga Indonesia 18-30 tahun, kerja admin crypto di Myanmar",
        "Pria/wanita untuk ditempatkan di Sihanoukville sebagai operator game online",
        "Kerja scammer di Kamboja bonus besar target kecil",
    ],
    "km": [
        "ត្រូវការអ្នកឆ្លើយឆាតនៅបាវិត ប្រាក់ខែ ៨០០ ដុល្លារ មិនត្រូវការបទពិសោធន៍",
        "រើសបុគ្គលិក ១២ នាក់ ធ្វើការអនឡាញនៅក្រុងព្រះសីហនុ ខែ ១០០០$",
        "ការងារនៅថៃ ប្រាក់ខែ ២ ម៉ឺនបាត ឆ្លងដែនងាយ មិនបាច់ប៉ាស្ព័រ",
        "រកស្រីស្អាតអាយុ ១៨-២៥ ទៅធ្វើការខារ៉ាអូខេនៅម៉ាឡេស៊ី ចេញសំបុត្រឲ្យ",
        "ធ្វើការកុំព្យូទ័រនៅប៉ោយប៉ែត មានកន្លែងស្នាក់នៅ ទាក់ទងតេឡេក្រាម @hrkh",
        "មិនបាច់ខ្លាចប៉ូលិសទេ ធ្វើការនៅកាស៊ីណូ បាន ៩០០ ដុល្លារ",
        "ទៅកូរ៉េបង់ ៣០០០ ដុល្លារ បានការងារភ្លាម",
        "គេរកមនុស្ស ២០ នាក់ ទៅធ្វើការនៅភូមា ប្រាក់ខែ ១២០០ ដុល្លារ",
        "រៀបការជាមួយបុរសចិន បាន ៣០០០ ដុល្លារ មានផ្ទះ",
        "ជាវការងារនៅឡាវ ធ្វើអ្នកលេងហ្គេម ខែ ១០០០ ដុល្លារ ចេញដំណើរស្អែក",
        "ត្រូវការជនជាតិខ្មែរ ៥០ នាក់ ធ្វើការឆាតអនឡាញនៅបាវិត",
        "សមត្ថកិច្ចមិនចាប់ទេ ការងារនៅព្រះសីហនុ ប្រាក់ខែ ៧០០ ដុល្លារ",
        "ចង់បានលុយលឿនទេ មកធ្វើ admin បានខែ ១៥០០$",
        "ឲ្យមេខ្យល់ ២៥០០ បាត នាំឆ្លងទៅថៃ មានការងាររួចហើយ",
        "ធ្វើការនៅជប៉ុនបង់មុន ១០០០ ដុល្លារ",
        "ការងារស្រាលអង្គុយលេងទូរស័ព្ទ បាន ៥០ ដុល្លារក្នុងមួយថ្ងៃ",
        "ក្រុមហ៊ុនចិនរើសបុគ្គលិកវាយអត្ថបទ ៨០០$ នៅសុខដុម ហាមចេញក្រៅ",
        "គេប្រាប់ថាទៅធ្វើការហាងនៅវៀតណាម ខែ ១០០០ គេចេញថ្លៃឡាន",
        "លក់តម្រងនោម បាន ៥០០០ ដុល្លារ ទៅឥណ្ឌា",
        "ទៅធ្វើការនៅដូបៃ ប្រាក់ខែ ២០០០ ដុល្លារ ផ្ញើប៉ាស្ព័រមក",
        "រើសអ្នកធ្វើការនៅអូស្មាច់ ប្រាក់ខែខ្ពស់ មានបាយ មានកន្លែងដេក",
        "ខ្ញុំរកមនុស្សទៅធ្វើកម្មករនៅម៉ាឡេ មិនបាច់កុងត្រា ទូរស័ព្ទ 012345678",
        "ការងារកាស៊ីណូនៅកោះកុង ប្រាក់ខែ ៦០០ ដុល្លារ មិនត្រូវការបទពិសោធន៍",
        "ប៉ូលិសស្គាល់ថៅកែ គ្មានបញ្ហាទេ មកធ្វើឆាតនៅបាវិត ៨០០ ដុល្លារ",
        "ពលករ ៥០ នាក់ទៅហើយ នៅខ្វះ ៥ នាក់ទៀត ទៅថៃ ខែ ១៥០០០ បាត",
        "ក្រុមហ៊ុននៅបាវិតទទួលបុរសស្ត្រី ៣០ នាក់ ធ្វើឆាតអនឡាញ",
        "ធ្វើការនៅព្រះសីហនុ ប៉ូលិសមិនចាប់ទេ មានបាយ មានកន្លែងដេក",
        "ពលករ ២០ នាក់ ទៅថៃ ឆ្លងដែនតាមព្រៃ",
        "ស្ត្រីអាយុ ១៨-៣០ ធ្វើការខារ៉ាអូខេនៅប៉ោយប៉ែត",
        "ការងារកាស៊ីណូ ប្រាក់ខែ ៨០០ ដុល្លារ អាជ្ញាធរស្គាល់",
        "ពលករខ្មែរ ២០ នាក់ រត់ចេញអស់ នៅខ្វះមនុស្សធ្វើឆាតនៅបាវិត",
        "នាំទៅធ្វើការនៅម៉ាឡេស៊ី ប៉ូលិសចាប់គេជួយដោះ បង់ ៣០០ ដុល្លារ",
        "មន្ត្រីព្រំដែនស្គាល់គ្នា នាំពលករឆ្លងទៅថៃ ២៥០០ បាត",
        "ពលករម្នាក់ ២៥០០ បាត នាំទៅដល់បាងកក",
    ],
}


@pytest.mark.parametrize("text", [*NEWS["id"], *NEWS["km"]])
def test_a_line_of_news_is_not_judged_as_an_offer(text: str) -> None:
    found = assess(text)
    assert found.kind != "offer"
    assert (found.risk, found.flags) == ("unknown", ())


@pytest.mark.parametrize("text", [*OFFERS["id"], *OFFERS["km"]])
def test_a_short_offer_is_an_offer_whoever_it_names(text: str) -> None:
    assert assess(text).kind == "offer"


@pytest.mark.parametrize("lang", ["id", "km"])
def test_most_short_offers_of_the_compounds_are_still_called_dangerous(lang: str) -> None:
    risks = [assess(text).risk for text in OFFERS[lang]]
    assert risks.count("high") >= HIGH[lang]


@pytest.mark.parametrize(
    "text",
    [
        "Polisi menangkap 12 WNI di Bavet. Kami legal, butuh 5 admin, gaji 1000 dolar, wa 081234567890",
        "Polisi tidak akan gerebek kantor ini, kerja admin judi online di Bavet",
        "ប៉ូលិសចាប់ក្រុមហ៊ុនផ្សេង ក្រុមហ៊ុនយើងអត់អីទេ រើសអ្នកឆ្លើយឆាតនៅបាវិត ៨០០ ដុល្លារ",
    ],
)
def test_news_that_also_recruits_is_an_offer(text: str) -> None:
    assert (assess(text).kind, assess(text).risk) == ("offer", "high")
