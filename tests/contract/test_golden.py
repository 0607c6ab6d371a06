"""Moving code changes nothing that a person is answered: tests/golden holds what every message leads to."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.turns import model
from nlu.model import registry
from nlu.model.intent_model import IntentModel
from tests.contract.test_traps import MODELS
from tests.golden import play

FOLDER = Path(play.__file__).parent
#: One line in so many is compared: `make golden` compares all.
SHARE = 40


def _frozen(name: str) -> dict[str, str]:
    lines = (FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines)


def _compare(name: str, lines: list[str]) -> None:
    frozen = _frozen(name)
    changed = [
        f"{line}\n  was {frozen.get(line.split(chr(9), 1)[0])}"
        for line in lines
        if frozen.get(line.split("\t", 1)[0]) != line.split("\t", 1)[1]
    ]
    assert not changed, f"{len(changed)} of {len(lines)} lines differ (tests/golden/README.md):\n" + "\n".join(
        changed[:10]
    )


@pytest.fixture(autouse=True)
def trained(monkeypatch: pytest.MonkeyPatch) -> None:
    path = registry.in_use(MODELS)
    assert path is not None, f"there is no model in {MODELS}: run `make train`"
    loaded = IntentModel.from_archive(path)
    monkeypatch.setattr(play, "_model", lambda: loaded)
    monkeypatch.setattr(model, "ranking", loaded.ranking)


@pytest.mark.parametrize("name", sorted(play.sources()))
def test_a_message_leads_where_it_led(name: str) -> None:
    _compare(name, [play.line(text) for text in play.sources()[name][::SHARE]])


def test_an_offer_is_judged_as_it_was() -> None:
    _compare("verdicts", [play.verdict_line(text) for text in play.building()[:: SHARE * 5]])


def test_a_conversation_goes_as_it_went() -> None:
    _compare("conversations", list(play.conversations()))
