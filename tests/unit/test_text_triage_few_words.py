"""Who is watched has a word, or breaks off: heard in every writing, and never doubted. All rows are invented."""

from __future__ import annotations

import pytest

from nlu.understanding.triage import triage


@pytest.mark.parametrize(
    "cry",
    [
        *("disiksa", "disiksa terus kak", "dianiaya", "kesekap", "tolongg", "takut mati", "saya tidak baik baik saja"),
        *("ជួយជីវិត", "ជួយជីវិតខ្ញុំផង", "សង្គ្រោះជីវិត", "ជួយអញ", "បន្ទាន់ណាស់", "ខ្ញុំមិនសុខសប្បាយទេ"),
        *("គេចាប់ជំរិត", "ចាប់ពង្រត់", "ឃុំឃាំង", "លង់ទឹក", "ជិតស្លាប់"),
        *(
            "juy jivit",
            "juyphong",
            "juy anh",
            "bontoan",
            "asonn",
            "kevay",
            "jab jomrit",
            "rumlop",
            "knhom min sok sabay te",
        ),
    ],
)
def test_one_word_is_enough(cry: str) -> None:
    found = triage(cry)
    assert (found.level in {"emergency", "distress"}, found.strength) == (True, "sure")


@pytest.mark.parametrize(
    "text",
    [
        *("stop dulu ada yang lihat", "ganti topik dulu, bos datang", "diam dulu ya, penjaga masuk"),
        *("ឈប់សិន មានគេមើល", "ប្ដូររឿងសិន មេមកហើយ", "chhob sen mean ke merl", "bdor rerng sen, thaoke mok hz"),
        *("kalau saya ketik 'pesan bakso' artinya bos di belakang", "kalau aku bilang cuaca cerah berarti bahaya"),
        *("បើខ្ញុំថា «មេឃស្រឡះ» មានន័យថាអត់សុវត្ថិភាព", "ber knhom tha 'mekh sros' mean ney tha kroh thnak"),
    ],
)
def test_whoever_breaks_off_or_agrees_on_a_sign_is_watched(text: str) -> None:
    found = triage(text)
    assert (found.level, found.strength) == ("distress", "sure")


@pytest.mark.parametrize(
    "text",
    [
        *("stop", "ganti topik dong", "kalau saya ketik nama PT artinya dicek ya?", "nasib baik saja kok kak"),
        *("ឈប់", "ខ្ញុំសុខសប្បាយទេ", "ជីវិតនៅកូរ៉េល្អទេ?", "chhob", "knhom sok sabay te", "ke tha mok hz"),
    ],
)
def test_the_same_words_of_safe_people_are_none(text: str) -> None:
    assert triage(text).level == "none"


@pytest.mark.parametrize(
    "text",
    [
        "knhom jong tov pteah tae ke vay knhom",
        "som luy khe tae ke chhok khsae plerng",
        "min men te bong, ke vay roal thngai",
        "min men vay tae knhom te, ke vay teang os knea",
    ],
)
def test_but_they_beat_me_is_told_and_not_asked(text: str) -> None:
    assert triage(text).level == "emergency"


@pytest.mark.parametrize("text", ["ter ke vay kamakor te?", "thaoke vay pit men te?"])
def test_whether_they_beat_people_is_asked(text: str) -> None:
    assert triage(text).level == "none"


@pytest.mark.parametrize("text", ["⛓️😢", "🔒😨 bong", "😢 បាវិត"])
def test_a_sad_face_asks_for_help_as_a_weeping_one_does(text: str) -> None:
    assert triage(text).level == "distress"
