"""Words that steer the chat at any time, in both languages."""

from __future__ import annotations

import pytest

from nlu.understanding import controls


@pytest.mark.parametrize(
    ("text", "control"),
    [
        ("/hapus", "erase"),
        ("/lup@some_bot", "erase"),
        ("/start", "start"),
        ("/start from_poster", "start"),
        ("Hapus chat", "erase"),
        ("hapus  CHAT ini!!", "erase"),
        ("លុប", "erase"),
        ("លុបឆាតនេះ", "erase"),
        ("លុប ឆាត", "erase"),
        ("lup chat", "erase"),
        ("bahasa khmer", "lang:km"),
        ("ភាសាខ្មែរ", "lang:km"),
        ("Bahasa Indonesia", "lang:id"),
        ("ភាសាឥណ្ឌូណេស៊ី", "lang:id"),
        ("petugas", "human"),
        ("មន្ត្រី", "human"),
        ("batal", "cancel"),
        ("បោះបង់", "cancel"),
    ],
)
def test_a_word_alone_steers(text: str, control: str) -> None:
    assert controls.match(text) == control


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bagaimana cara hapus chat di hp majikan saya",
        "ខ្ញុំចង់លុបឈ្មោះខ្ញុំចេញពីបញ្ជីក្រុមហ៊ុន",
        "/open_case{}",
        "/hapus semuanya sekarang juga",
        "saya mau belajar bahasa khmer dimana",
        "petugas imigrasi minta uang",
    ],
)
def test_a_sentence_that_only_holds_such_a_word_is_a_sentence(text: str) -> None:
    assert controls.match(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Aman", True),
        ("ga aman", False),
        ("belum aman.", False),
        ("jangan kak", False),
        ("បាទ", True),
        ("មាន", True),
        ("អត់ទេ", False),
        ("គ្មាន", False),
        ("មិនទាន់", False),
        ("mean", True),
        ("ot mean", False),
    ],
)
def test_a_plain_yes_or_no_is_understood(text: str, said: bool) -> None:
    assert controls.yes_or_no(text) is said


@pytest.mark.parametrize(
    ("text", "ours"),
    [("/help", True), ("/help@HotlineBot", True), ("help", False), ("/tolong", False), ("/start tolong saya", False)],
)
def test_a_command_of_a_menu_is_no_cry_but_the_bare_word_may_be(text: str, ours: bool) -> None:
    assert controls.is_command(text) is ours


def test_more_than_a_yes_is_no_plain_yes() -> None:
    assert controls.yes_or_no("aman tapi besok mereka pindahkan kami") is None


@pytest.mark.parametrize(
    "text",
    [
        "/asli",
        "/pit",
        "ini bot asli?",
        "Apakah ini bot asli?",
        "bot ini asli atau palsu??",
        "នេះ bot ពិតឬ?",
        "Bot នេះពិតឬក្លែងក្លាយ?",
        "គណនីនេះពិតឬ",
        "bot nis pit te?",
        "bot nih pit ot",
    ],
)
def test_whoever_doubts_the_bot_is_told_how_to_know_it(text: str) -> None:
    assert controls.match(text) == "real"


@pytest.mark.parametrize(
    "text",
    [
        "apa lowongan ini asli",
        "ini asli?",
        "ini asli perusahaan resmi di malaysia gajinya",
        "ការងារនេះពិតឬក្លែងក្លាយ",
        "ka nis pit te",
        "agen bilang ini bot asli tapi minta uang",
    ],
)
def test_a_doubt_about_an_offer_is_no_doubt_about_the_bot(text: str) -> None:
    assert controls.match(text) is None
