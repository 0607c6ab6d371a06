"""What people say in the end-to-end tests, in both languages. All of it is invented."""

from __future__ import annotations

from dataclasses import dataclass

from bot.texts import Lang, render


@dataclass(frozen=True)
class Voice:
    """One language's words, and the texts that answer them."""

    lang: Lang
    name: str
    greeting: str
    question: str
    offer: str
    distress: str
    emergency: str
    place: str
    third_party: str
    wants_person: str
    erase: str
    other_language: str
    operator_says: str
    worker_says: str
    nonsense: str

    def text(self, key: str, **values: object) -> str:
        """A text of the catalogue in this voice's language."""
        return render(key, self.lang, **values)

    def part(self, key: str) -> str:
        """The longest stretch of a text without placeholders: what to look for on a screen."""
        from bot.texts import catalogue

        pieces = [piece.partition("}")[2] if "}" in piece else piece for piece in catalogue(self.lang)[key].split("{")]
        return max((line for piece in pieces for line in piece.split("\n")), key=len).strip()


INDONESIAN = Voice(
    lang="id",
    name="Budi",
    greeting="halo selamat pagi kak",
    question="berapa biaya resmi kalau mau kerja ke luar negeri lewat PT?",
    offer=(
        "LOKER KAMBOJA 🔥 admin chat, gaji 15jt/bulan, tanpa pengalaman, tiket & visa ditanggung, "
        "berangkat minggu ini, paspor dipegang kantor. Minat wa 0812xxxx"
    ),
    distress="tolong pak, saya disekap di kamboja, paspor saya diambil bos dan tidak boleh keluar",
    emergency="TOLONG saya dipukuli sekarang, mereka mau jual saya malam ini",
    place="di bavet",
    third_party="anak saya hilang di kamboja sudah 2 bulan tidak ada kabar, katanya disekap perusahaan",
    wants_person="saya mau bicara dengan petugas kedutaan",
    erase="hapus chat",
    other_language="bahasa khmer",
    operator_says="Apakah ada luka? Jawab kalau aman.",
    worker_says="tidak ada luka, tapi pintunya dikunci dari luar",
    nonsense="asdkjh qwpoeiru zzxcv",
)
KHMER = Voice(
    lang="km",
    name="Sreymom",
    greeting="សួស្តីបង",
    question="ទៅធ្វើការនៅក្រៅប្រទេសតាមក្រុមហ៊ុន ត្រូវបង់ថ្លៃប៉ុន្មាន?",
    offer=(
        "🔥 ជ្រើសរើសបុគ្គលិកឆាត ប្រាក់ខែ 1,500$ មិនត្រូវការបទពិសោធន៍ សំបុត្រយន្តហោះឥតគិតថ្លៃ "
        "ទៅដោយទិដ្ឋាការទេសចរណ៍ ក្រុមហ៊ុនរក្សាទុកលិខិតឆ្លងដែន ទាក់ទង Telegram"
    ),
    distress="ជួយខ្ញុំផង ខ្ញុំជាប់នៅក្នុងអគារ ថៅកែយកលិខិតឆ្លងដែនខ្ញុំ គេមិនឲ្យចេញក្រៅទេ",
    emergency="ជួយផង! គេកំពុងវាយខ្ញុំ គេនឹងលក់ខ្ញុំយប់នេះ",
    place="នៅប៉ោយប៉ែត",
    third_party="កូនស្រីខ្ញុំបាត់ដំណឹង ២ខែហើយ នៅថៃ គេថាត្រូវគេបង្ខំឲ្យធ្វើការ មិនឲ្យមកផ្ទះ",
    wants_person="ខ្ញុំចង់និយាយជាមួយមន្ត្រីស្ថានទូត",
    erase="លុបឆាត",
    other_language="Bahasa Indonesia",
    operator_says="មានរបួសទេ? ឆ្លើយពេលមានសុវត្ថិភាព។",
    worker_says="អត់មានរបួសទេ តែគេចាក់សោទ្វារពីក្រៅ",
    nonsense="ឡឡឡ កកក យយយ",
)
VOICES = (INDONESIAN, KHMER)
