"""Distress in Indonesian as people under watch type it, and talk about distress that is none. All rows are invented."""

from __future__ import annotations

import pytest

from nlu.text.language import detect
from nlu.understanding.triage import triage

EMERGENCY = [
    "tolong saya disetrum bos karena target gak tercapai",
    "kami dipukulin tiap malam kalau gak dapet korban",
    "kak tmn sy di setrum smpe pingsan",
    "sy mau di jual malam ini ke perusahaan lain tolong",
    "besok kami mau dipindah ke myanmar katanya",
    "bos ngancem mau bunuh saya kalo kabur",
    "aku udah gak kuat, pengen mati aja rasanya di sini",
    "kaki saya patah loncat dari lantai 3, tolong jemput",
    "adik saya dipukuli di kamboja, tadi dia telpon nangis",
    "td pagi sy digebukin pake besi sama security",
    "d i s e t r u m tiap hari pak",
    "dis3trum lagi tadi malam",
    "mereka memukul saya pakai tongkat",
    "istri saya diperkosa sama bosnya disana",
    "kami disekap dan diancam, tolong cepat",
    "saya dikurung di ruang gelap dua hari gak dikasih makan",
    "saya diancam pakai pistol",
    "teman saya sudah tidak sadar, berdarah terus dari kepala",
    "nanti malam kami mau dibawa ke perbatasan",
    "kulo digebuki bos terus pak tulung",
    "saya kena belasah tiap hari dekat sini",
    "kl target ga nyampe disetrum sm disuruh push up 500x",
    "mandor bawa parang di depan kamar kami",
    "perahu kami bocor di tengah laut",
    "mereka lagi dobrak pintu kamar saya",
    "ka dibunuah ambo pak",
    "luka saya darahnya tidak berhenti",
]
DISTRESS = [
    "tolong",
    "tolong saya pak",
    "TOLONGGGG",
    "sos",
    "🆘🆘",
    "minta tolong kak",
    "paspor sy ditahan bos",
    "pasporku diambil sama perusahaan gak dikembaliin",
    "pspr dipegang agen, gmn ya",
    "gak boleh keluar gedung sama sekali",
    "kita gak dikasih keluar dari mess",
    "pengen pulang tapi ga dikasih",
    "saya mau pulang tolong",
    "hp kami dikumpulin tiap pagi",
    "hp saya dicek terus sama leader",
    "gaji udah 3 bulan ga dibayar",
    "kerja di sini gak pernah digaji",
    "disuruh nipu orang lewat chat",
    "sy dipaksa jd scammer di poipet",
    "ternyata kerjanya scam kak, saya takut",
    "harus bayar 30 juta kalau mau pulang",
    "kalau mau keluar harus bayar tebusan",
    "saya dijual ke perusahaan lain",
    "kalo ga target kena denda 100 dolar",
    "kami disekap di sihanoukville",
    "pintu dikunci dari luar, dijaga security bersenjata",
    "saya terjebak di myanmar",
    "mohon evakuasi kami dari sini",
    "tolong bantu kami pulang ke indonesia",
    "kerja 18 jam sehari gak ada libur",
    "sakit tapi tetap dipaksa kerja",
    "jangan telepon ya kak nanti ketahuan bos",
    "saya korban tppo pak",
    "tiap hari cuma dikasih makan sekali",
    "gimana cara kabur dari sini",
    "saya ditangkap polisi di kamboja gak punya paspor",
    "bos bilang saya punya utang tiket, kerja buat bayar utang",
    "kami dijaga ketat, mau lari susah",
    "majikan tak bagi saya balik, passport dia simpan",
    "aku ora oleh mulih karo bose",
    "abdi teu meunang kaluar ti gedong",
    "saya disini sudah 2thn 5bln tapi saya tidak boleh pulang",
    "paspor saya ditahan majikan, harus lapor ke mana?",
    "apa yang harus saya lakukan, paspor saya dipegang bos dan gak boleh pulang",
    "sudah gak tahan di sini pak, tolong jemput kami",
    "uang habis, tidur di jalan di phnom penh, mau pulang gak bisa",
    "dijanjikan gaji 15 juta jadi admin, ternyata disuruh nipu, paspor diambil",
    "saya di lantai 5 gak bisa ngomong bebas, takut ketahuan",
    "kalo mau resign harus cari orang pengganti dulu",
    "kontrak katanya restoran tapi sampai sini disuruh love scam",
    "beta mau pulang tapi bos sonde kasih",
    "paspor saya dipegang kantor, saya sudah 4 bulan di sini mau pulang",
    "saya disekap, lapor polisi pun tidak bisa",
    "saya dipukul majikan, hak saya apa",
]
THIRD_PARTY = [
    "adik saya hilang kontak sejak berangkat ke kamboja",
    "suami saya disekap di myanmar",
    "anak saya gak bisa dihubungi udah 2 minggu, terakhir di thailand",
    "teman saya paspornya ditahan bos di poipet",
    "keponakan saya kerja di laos minta tolong dipulangkan",
    "tolong pulangkan anak kami pak",
    "kakak saya disuruh nipu disana, dia nangis minta pulang",
    "nomor istri sy ga aktif sejak dibawa agen ke malaysia",
    "temen gue terjebak di kamboja min",
    "sepupu saya gak dikasih pulang sama perusahaannya",
    "mau lapor, tetangga saya jadi korban tppo di kamboja",
    "adek dijual agen ke sihanoukville",
]
HUMAN = [
    "mau bicara dengan petugas",
    "bisa ngobrol sama orang langsung gak?",
    "sambungkan saya ke kbri",
    "saya gak mau ngomong sama bot",
    "minta disambungin ke petugas kbri dong",
    "ada orang yang bisa saya ajak bicara?",
    "bisa telepon saya?",
    "petugas",
    "hubungkan dengan operator",
    "pengen chat sama admin manusia",
    "kasih saya orang dong, capek sama bot",
    "bisa telponan saja tidak kak",
]
NONE = [
    "apakah benar di kamboja orang disetrum?",
    "kalau paspor ditahan majikan bagaimana?",
    "katanya di kamboja banyak yang disekap ya kak?",
    "emang bener kerja di sana dipukulin?",
    "nonton film orang disekap serem banget",
    "lihat berita WNI dijual di myanmar, ngeri",
    "wkwk bos gue nyiksa banget lembur terus",
    "di sini aman kok, tidak dipukul, paspor saya pegang sendiri",
    "dulu saya pernah disekap tapi sekarang sudah pulang",
    "Dibutuhkan operator, gaji 12jt, mess gratis dijaga security 24 jam, tidak ada kekerasan, minat hub wa",
    "LOWONGAN admin kamboja gaji 900 usd, fasilitas mess, makan, paspor dipegang perusahaan, "
    "kontrak 1 tahun, denda 20 juta kalau resign",
    "halo kak",
    "tolong info gaji pekerja di korea",
    "tolong cek loker ini dong",
    "berapa biaya bikin paspor?",
    "paspor saya sudah bisa diambil belum ya di imigrasi",
    "denda overstay berapa sehari?",
    "gimana cara lapor calo?",
    "apa itu tppo?",
    "ciri ciri lowongan penipuan apa aja",
    "saya mau kerja ke jepang, bagaimana caranya?",
    "nomor telepon kbri phnom penh berapa?",
    "ini bot atau manusia?",
    "takut nanti dijual kalau ikut agen ini, aman gak ya?",
    "saya ditawari kerja di kamboja, paspor dipegang agen, aman gak?",
    "boleh tidak majikan menahan paspor pekerja?",
    "apa hukuman untuk orang yang menjual pekerja?",
    "di game ini karakter saya dipukul terus",
    "main ml kalah terus disiksa musuh",
    "mau tanya, kalau gaji tidak dibayar lapor kemana?",
    "kontrak saya habis bulan depan, mau pulang cuti, prosedurnya gimana",
    "motor dijual murah",
    "terima kasih banyak kak",
    "jam pukul 8 malam ya",
    "supaya tidak disekap harus hati hati apa?",
    "saya kerja di taiwan, majikan baik, gaji lancar",
    "hapus data saya",
    "kenapa banyak orang indonesia dijual di kamboja?",
    "posisi customer service gaji 10 juta penempatan bangkok",
    "apakah perusahaan boleh potong gaji?",
    "tips biar gak ketipu loker luar negeri",
    "saya baca di tempo ada yang disetrum di kamboja",
    "alhamdulillah adik saya sudah pulang dari kamboja",
    "tugas kuliah bikin disiksa dosen",
    "anjing lu bot goblok",
    "kalau saya kerja di sana nanti paspor ditahan gak?",
    "hp saya mati lampu",
    "sponsor minta uang 5 juta buat berangkat, wajar gak?",
    "aku takut ditipu kak soalnya dia minta dp",
    "visa turis bisa dipakai kerja gak",
    "LOWONGAN admin chat Bavet gaji 14jt, paspor dipegang perusahaan. aman tidak ya?",
    "tolong jangan kirim pesan lagi ya",
    "kalau saya minta paspornya langsung dikasih, majikan saya baik",
    "korban tppo haknya apa saja",
    "akta lahir anak hilang, urus di mana",
]


@pytest.mark.parametrize("text", EMERGENCY)
def test_danger_to_life_is_an_emergency(text: str) -> None:
    assert triage(text).level == "emergency"


@pytest.mark.parametrize("text", DISTRESS)
def test_trapped_people_are_heard(text: str) -> None:
    assert triage(text).level in ("distress", "emergency")


@pytest.mark.parametrize("text", THIRD_PARTY)
def test_families_looking_for_somebody_are_heard(text: str) -> None:
    assert triage(text).level in ("third_party", "emergency")


@pytest.mark.parametrize("text", HUMAN)
def test_a_person_is_asked_for(text: str) -> None:
    assert triage(text).level == "human"


@pytest.mark.parametrize("text", NONE)
def test_safe_people_are_not_made_cases(text: str) -> None:
    assert triage(text).level == "none"


@pytest.mark.parametrize("text", ["tolong", "ok", "hapus chat", "makasih", "oke kak"])
def test_single_indonesian_words_are_indonesian(text: str) -> None:
    assert detect(text).code == "id"


def test_borrowed_words_take_the_language_of_the_chat() -> None:
    assert detect("ok", prior="km").code == "km-Latn"
    assert detect("ok", prior="en").code == "en"


@pytest.mark.parametrize(
    "text",
    ["paspor saya ditshan bos", "kami dipindag ke myanmar", "tadi saya disuruah menipu", "teman saya pengsan di sini"],
)
def test_a_slip_of_the_thumb_or_a_regional_vowel_is_forgiven(text: str) -> None:
    assert triage(text).level in ("distress", "emergency", "third_party")


@pytest.mark.parametrize(
    "text",
    [
        "belum, nanti dikabarin lagi",
        "ditawari kerja di tambang, diangkati pakai mobil dari Banjarmasin",
        "masih ada berkas yang tersisa di sini",
        "saya kerja di tambang di Laos",
    ],
)
def test_a_real_word_is_not_turned_into_one_of_distress(text: str) -> None:
    assert triage(text).level == "none"


#: Danger as it is typed in the regions' words: bound, carried off, hunted, maimed.
REGIONAL_EMERGENCY = [
    "tangan saya diikat di tiang dari tadi",
    "kaki adik saya dirantai mandor",
    "kami di dalam mobil tidak tahu mau dibawa ke mana",
    "nanti subuh kami diangkut ke perbatasan",
    "mereka ngejar saya pakai anjing, saya sembunyi di kebun",
    "beta pung kepala berdarah, dong pukul beta",
    "teman saya tidak bergerak lagi, tidak napas",
    "bos pegang golok di depan pintu kamar",
    "pintu digedor terus, mereka mau masuk",
    "saya disiram air panas sama nyonya",
    "kapal kami bocor di tengah laut, tolong",
    "saya mau minum racun saja",
    "hayang paeh wae",
    "giliran saya malam ini",
    "mereka tahu saya kabur",
    "den ka dibunuah urang tu",
    "ulun handak dibunuh bos",
    "kepala saya dibenturin ke tembok",
    "ditembak",
]
#: Papers in somebody's hands, no way out, debts that grow, being watched, made to deceive.
REGIONAL_DISTRESS = [
    "pasporku dicepeng dunungan, teu meunang balik",
    "beta seng bisa kaluar dari kapal",
    "kada bulih bulik sama bos",
    "teu tiasa uih ti dieu",
    "indak buliah kalua dari rumah",
    "utang saya di kantor nambah terus",
    "kalau berhenti bayar 40 juta dulu",
    "keluar beli sabun saja dikawal satpam",
    "jangan dibalas dulu, nanti hp bunyi",
    "saya disuruh pura pura jadi tentara amerika",
    "capek menipu tiap hari",
    "sudah setahun tidak pernah lihat matahari",
    "kapal tidak pernah sandar, makan umpan",
    "nama saya diganti jadi cina, umur di paspor dituakan",
    "saya ditukar sama orang lain ke kantor sebelah",
    "gaji saya dititipkan semua di mandor",
    "boleh pulang asal ada pengganti",
    "ada yang bisa jemput ke sini?",
    "saya dijadikan jaminan utang",
    "pintu mess dikunci dari luar tiap malam",
]
#: Relatives and friends who are held abroad or silent.
REGIONAL_THIRD_PARTY = [
    "keponakan saya di bavet, minta dijemput",
    "kakak saya di malaysia sudah setahun tidak ada kabar",
    "adik ambo di myawaddy",
    "nomor suami saya dijawab orang lain sejak dia ke kamboja",
    "tolong carikan anak saya",
    "anak saya di laos, bosnya minta 60 juta baru boleh pulang",
    "sepupu saya dijadikan jaminan di kasino",
    "arik tiang di malaysia, kada ada kabar",
]
#: The same words in questions about offers, rules, lost things, the past, and in play.
TALK = [
    "kakak mau berangkat ke Poipet minggu depan, aman tidak?",
    "jam malam asrama LPK gerbang dikunci, boleh pulang tiap sabtu",
    "di tempat kursus kami tidak boleh keluar kecuali minggu",
    "beda kerja di kantor resmi sama yang nyekap orang apa",
    "paspor hilang di bus, sopir tidak ada kabar, lapor ke mana",
    "overstay sebulan dipenjara tidak?",
    "denda visa saya berapa kalau mau pulang",
    "boleh tidak majikan simpan paspor kita",
    "wartawan mau tanya soal pekerja yang dipukul",
    "kesetrum colokan tadi kaget",
    "tim bola kami dibantai semalam",
    "rumah dibobol maling, akta anak hilang",
    "dulu dipaksa menipu, sekarang sudah pulang dan jualan bakso",
    "ada orang nawarin kerja ke Bavet, gaji 12 juta",
    "lembur tidak dibayar, aturannya bagaimana",
    "nomor yang bisa dihubungi kalau darurat berapa",
    "sudah jual sawah buat bayar kursus bahasa",
    "istilah ruang gelap itu apa ya maksudnya",
]


@pytest.mark.parametrize("text", REGIONAL_EMERGENCY)
def test_danger_in_the_words_of_the_regions_is_an_emergency(text: str) -> None:
    assert triage(text).level == "emergency"


@pytest.mark.parametrize("text", REGIONAL_DISTRESS)
def test_people_held_by_papers_debts_and_guards_are_heard(text: str) -> None:
    assert triage(text).level in ("distress", "emergency")


@pytest.mark.parametrize("text", REGIONAL_THIRD_PARTY)
def test_families_are_heard_in_their_own_words(text: str) -> None:
    assert triage(text).level in ("third_party", "emergency")


@pytest.mark.parametrize("text", TALK)
def test_talk_that_only_uses_the_words_makes_no_case(text: str) -> None:
    assert triage(text).level == "none"


@pytest.mark.parametrize("typed", ["di {}", "d{}", "d {}"])
@pytest.mark.parametrize("word", ["tampar", "tendang", "tonjok", "kunci", "sandera", "setrumin", "ancamin", "hajar"])
def test_a_passive_is_heard_however_its_prefix_is_typed(word: str, typed: str) -> None:
    assert triage(f"saya di{word} bos, tolong").level != "none"
    text = f"saya {typed.format(word)} bos, tolong"
    found = triage(text)
    assert found.level == triage(f"saya di{word} bos, tolong").level
    assert all(text[reason.start : reason.end] == reason.evidence for reason in found.reasons)


@pytest.mark.parametrize("text", ["tlg sy dskap", "tolooongg kak", "saya disekáp", "t,o,l,o,n,g", "tolong sy dpkl"])
def test_a_cry_is_heard_through_slips(text: str) -> None:
    assert triage(text).level != "none"


@pytest.mark.parametrize("text", ["lihat di chat kak", "kerja di karantina hewan"])
def test_a_place_behind_di_is_no_passive(text: str) -> None:
    assert triage(text).level == "none"


@pytest.mark.parametrize(
    "text",
    ["tolongin gw dong disekap nih", "bangsat kalian semua, tolongin gw dong disekap nih", "tolong gue dikurung"],
)
def test_a_captive_who_asks_for_rescue_is_never_doubted(text: str) -> None:
    found = triage(text)
    assert (found.level, found.strength) == ("distress", "sure")
