"""How people really type: gaps, stretched letters, laughter, emoji, repetition; and always back to what they typed."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.text.chat import close_gaps, marked, repeat_words
from nlu.text.files import read_yaml
from nlu.text.normalise import Normalised, normalise, plain

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=120)
KHMER_NOISE = st.text(st.characters(min_codepoint=0x1780, max_codepoint=0x17FF) | st.just(" "), max_size=80)


def typed(source: Normalised, text: str, piece: str) -> str:
    """What stands in the message where `piece` is read."""
    start = source.text.index(piece)
    return text[slice(*source.span(start, start + len(piece)))]


@pytest.mark.parametrize(
    ("text", "piece", "there"),
    [
        ("cafe\u0301 di sini", "é", "e\u0301"),  # NFC
        ("ខ្ញំុ ខ្លាច", "ខ្ញុំ", "ខ្ញំុ"),  # signs in another order
        ("ស្រ្តី", "ស្ត្រី", "ស្រ្តី"),  # subscript ro is written last
        ("ម្ដាយ", "ម្តាយ", "ម្ដាយ"),
        ("កេី", "កើ", "កេី"),  # two vowel signs that draw a third
        ("កេា", "កោ", "កេា"),
        ("ខ្ញុំុំ ទៅ", "ខ្ញុំ", "ខ្ញុំុំ"),  # doubled signs
        ("គេ\u200bវាយ", "គេវាយ", "គេ\u200bវាយ"),
        ("to\u200clo\u00adng", "tolong", "to\u200clo\u00adng"),
        ("កខ៎៎៎", "ខ៎", "ខ៎៎៎"),
        ("អាយុ១៧ឆ្នាំ", "17", "១៧"),
        ("TOLOOOONG pak", "tolong", "TOLOOOONG"),
        ("ជួយយយយ ផង", "ជួយ", "ជួយយយយ"),
        ("tolong  pak", "tolong pak", "tolong  pak"),
    ],
)
def test_one_spelling_points_back_to_what_was_typed(text: str, piece: str, there: str) -> None:
    assert typed(normalise(text), text, piece) == there


@pytest.mark.parametrize(
    ("text", "piece", "there"),
    [
        ("t o l o n g saya", "tolong", "t o l o n g"),
        ("t-o-l-o-n-g saya", "tolong", "t-o-l-o-n-g"),
        ("t0l0ng saya", "tolong", "t0l0ng"),
        ("p4spor sy diambil", "paspor saya", "p4spor sy"),
        ("temen2 gw", "teman saya", "temen2 gw"),
        ("gk bs klr dr sini", "tidak bisa keluar dari", "gk bs klr dr"),
        ("byr brp ya", "bayar berapa", "byr brp"),
        ("krm kmn fotonya", "kirim ke mana", "krm kmn"),
        ("bsk mlm dipindah", "besok malam", "bsk mlm"),
    ],
)
def test_chat_spelling_points_back_to_what_was_typed(text: str, piece: str, there: str) -> None:
    assert typed(plain(text), text, piece) == there


@pytest.mark.parametrize(
    ("text", "piece", "there"),
    [
        ("ជ ួយខ្ញុំផង", "ជួយ", "ជ ួយ"),  # a space before a vowel sign
        ("ខ្ ញុំខ្លាច", "ខ្ញុំ", "ខ្ ញុំ"),  # a space after a coeng
        ("ជួ យ ខ្ញុំ ផ ង", "ជួយខ្ញុំផង", "ជួ យ ខ្ញុំ ផ ង"),
        ("ខ្លាំងៗ", "ខ្លាំងខ្លាំង", "ខ្លាំងៗ"),
        ("wkwkwk iya", "_laugh_", "wkwkwk"),
        ("hahaha bisa", "_laugh_", "hahaha"),
        ("hehe iya", "_laugh_", "hehe"),
        ("ហាហាហា មែន", "_laugh_", "ហាហាហា"),
        ("5555 ok", "_laugh_", "5555"),
        ("tolong 🆘🆘🆘", "_sos_", "🆘🆘🆘"),
        ("😭😭 aku takut", "_cry_", "😭😭"),
        ("🙏🏽 bang", "_plead_", "🙏🏽"),
        ("cek https://contoh.id/x?a=1 ya", "_link_", "https://contoh.id/x?a=1"),
        ("hub t.me/agen_x dong", "_link_", "t.me/agen_x"),
        ("chat @agen_x dong", "_handle_", "@agen_x"),
        ("kirim ke hr@contoh.co.id", "_mail_", "hr@contoh.co.id"),
    ],
)
def test_what_is_no_word_becomes_one_and_points_back(text: str, piece: str, there: str) -> None:
    assert typed(marked(text), text, piece) == there


@pytest.mark.parametrize(
    "text", ["555 baht", "gaji 555 ribu", "៥៥៥ដុល្លារ", "0812555", "55", "hak saya", "kk park", "hai", "ៗ", "ទៅ ណា ទេ"]
)
def test_numbers_and_words_are_no_laughter(text: str) -> None:
    if text == "kk park":
        assert "kk" in marked("ke kk2 park").text
    else:
        assert marked(text).text == normalise(text).text


def test_repetition_takes_the_last_word_only() -> None:
    assert repeat_words(normalise("ទៅផ្ទះឆាប់ៗ")).text == "ទៅផ្ទះឆាប់ឆាប់"


def test_gaps_are_closed_only_where_no_word_can_begin() -> None:
    assert close_gaps("ខ្ញុំ ទៅ ផ្ទះ").text == "ខ្ញុំ ទៅ ផ្ទះ"


def test_no_chat_form_has_two_meanings_or_is_a_plain_word() -> None:
    spelling = read_yaml("spelling_id.yml")["words"]
    forms = Counter(str(form) for row in spelling.values() for form in row)
    assert len(forms) >= 900
    assert [form for form, times in forms.items() if times > 1] == []
    assert [form for form in forms if form in {str(word) for word in spelling}] == []


#: Words of their own that look like a chat form: respelling one of them would change what somebody says.
WORDS = (
    "saat tali kali kota lama baru besar kecil hari malu mana sini situ rumah jalan mobil makan minum "
    "tidur bayi hidup sekolah nama umur sehat kuat lemah panas dingin hujan laut kapal pulau gunung pasar "
    "toko surat buku foto suara mata tangan kaki kepala perut punggung baju celana sepatu pintu jendela "
    "kamar lantai tembok pagar kunci air api listrik lampu nasi ikan ayam garam gula kopi teh obat dokter "
    "perawat asuransi hakim jaksa kapten supir tukang pabrik kebun ladang kapan siapa setiap semua "
    "beberapa sedikit mulai akhir antara seberang belakang depan bawah atas "
)


@pytest.mark.parametrize("word", WORDS.split())
def test_a_word_of_its_own_is_not_respelled(word: str) -> None:
    assert plain(word).text == word


@given(ANY_TEXT)
@settings(max_examples=150, deadline=None)
def test_any_text_is_marked_with_places_inside_it(text: str) -> None:
    source = marked(text)
    assert len(source.text) == len(source.offsets) == len(source.ends)
    assert all(0 <= start <= end <= len(text) for start, end in zip(source.offsets, source.ends, strict=True))


@given(KHMER_NOISE)
@settings(max_examples=150, deadline=None)
def test_broken_khmer_is_marked(text: str) -> None:
    source = marked(text)
    assert all(0 <= start <= end <= len(text) for start, end in zip(source.offsets, source.ends, strict=True))


@pytest.mark.parametrize("piece", ["ក ", "្ ", "wk", "ha", "😭", "ៗ", "a@a.", "t o ", "5", "ហា"])
def test_a_very_long_message_is_marked(piece: str) -> None:
    marked((piece * 100_000)[:100_000])
