"""Whoever asks that somebody is not told is never understood the other way round."""

from __future__ import annotations

import pytest

from nlu.sheet import labels, wishes


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("jgn kasih tau istri saya ya", {"no_family"}),
        ("jgn sampai suami sy tau", {"no_family"}),
        ("jangan kasih polisi dulu ya, kedutaan aja", {"no_police"}),
        ("jangan kasih tau KBRI/suami ya", {"no_embassy", "no_family"}),
        ("jangan telpon", {"no_call"}),
        ("jgn bales dlu", {"no_writing"}),
        ("kom oy mae khnom doeng", {"no_family"}),
        ("som kom prab bolis", {"no_police"}),
        ("កុំប្រាប់ម៉ែខ្ញុំ", {"no_family"}),
        ("កុំតេមកខ្ញុំណា ថៅកែឈរក្បែរ", {"no_call"}),
        ("កុំអោយថៅកែដឹងណាបង", {"no_boss"}),
        ("dia bilang jangan telpon polisi", set()),
        ("គេថាកុំប្រាប់ប៉ូលិស", set()),
        ("nanti jgn lupa kasih tau ibu", set()),
        ("កុំភ្លេចប្រាប់ម៉ែ", set()),
        ("kalau bos nelpon saya jawab apa", set()),
    ],
)
def test_what_must_not_be_done_is_heard_as_it_was_asked(text: str, told: set[str]) -> None:
    assert set(wishes.read(text).told) == told


@pytest.mark.parametrize("text", ["jangan kasih tau ibu saya", "កុំប្រាប់ម៉ែ", "kom prab mak"])
def test_who_says_do_not_tell_is_never_taken_to_say_tell(text: str) -> None:
    assert "tell_family" not in labels.read(text)


def test_what_is_asked_of_us_and_has_no_name_is_kept_in_the_persons_words() -> None:
    assert labels.OTHER_WISH in labels.read("jangan dibatalin pak")
