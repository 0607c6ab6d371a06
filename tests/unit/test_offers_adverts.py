"""A recruiter who advertises at the bot is told from a worker who shows an offer."""

from __future__ import annotations

import pytest

from bot.offers.adverts import addressed_to_us


@pytest.mark.parametrize(
    "text",
    [
        "permisi admin, mau titip loker dong",
        "min kerja sama yuk, kami PT cari calon pekerja, komisi 500rb per orang",
        "kami agen resmi, butuh 50 orang untuk kamboja, tolong bantu sebarkan",
        "សុំផុសប្រកាសការងារនៅទីនេះបានទេ?",
        "យើងជាក្រុមហ៊ុនជ្រើសរើសពលករ ជួយស៊ែរផង មានកម្រៃជើងសារ",
        "kromhun yeung trov kar 50 neak, chuoy share phong, mean commission",
    ],
)
def test_who_asks_us_to_post_or_share_advertises(text: str) -> None:
    assert addressed_to_us(text)


@pytest.mark.parametrize(
    "text",
    [
        "LOKER KAMBOJA admin chat, gaji 15jt/bulan, tanpa pengalaman, minat wa 0812xxxx",
        "kak ada agen bilang butuh 50 orang, katanya ada komisi kalau saya ajak teman. aman ga?",
        "bantu share dong kak, teman saya hilang di kamboja",
        "ជ្រើសរើសបុគ្គលិកឆាត ប្រាក់ខែ 1,500$ ទាក់ទង Telegram",
        "គេឲ្យកម្រៃជើងសារបើខ្ញុំរកមនុស្សបន្ថែម ល្អទេបង?",
        "rok neak tver kar rongchak nov malaysia brak khae 400 dollar",
    ],
)
def test_a_pasted_or_told_offer_does_not(text: str) -> None:
    assert not addressed_to_us(text)
