"""Khmer is cut into words as khmercut cuts it, only faster."""

from __future__ import annotations

import json
import re

import khmercut
import pytest

from bot.settings import ROOT
from nlu.text.cutting import cut

_RUN = re.compile("[\u1780-\u17d3\u17d7\u17dc\u17dd\u200b]+")


def test_every_run_of_real_offers_is_cut_as_khmercut_cuts_it() -> None:
    lines = (ROOT / "data" / "offers" / "building" / "km_1.jsonl").read_text(encoding="utf-8").splitlines()[::4]
    runs = {run for line in lines for run in _RUN.findall(json.loads(line)["text"])}
    assert len(runs) > 400
    for run in runs:
        assert cut(run) == [word for word in khmercut.tokenize(run) if word]


@pytest.mark.parametrize(
    "run",
    [
        "ក",
        "\u17d2",
        "ខ្ញុំ" * 60,
        "ៗៗៗ",
        "្ក្ក្",
        "ា\u200bិ\u200b\u200bខ្\u200bញុំ\u200b",
        "\u200b\u200b",
        "ក្\u17d7ក\u17dc\u17dd៓",
    ],
)
def test_so_is_what_no_keyboard_should_type(run: str) -> None:
    assert cut(run) == [word for word in khmercut.tokenize(run) if word]
    assert "".join(cut(run)) == run
