"""Going back to an earlier model is one command, and no training takes the way back away."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.runtime import model_in_use
from bot.settings import Settings
from nlu.model import registry, shipped


def trained_model(folder: Path, name: str, at: int) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.tar.gz"
    shipped.pack(dict.fromkeys(registry.NEEDED, b"{}"), path)
    registry.describe(path, {"id": 4000 + at, "km": 3900 + at})
    os.utime(path, (1_800_000_000 + at, 1_800_000_000 + at))
    return path


@pytest.fixture
def three(config: Settings) -> Settings:
    folder = config.hotline_home / "models"
    for at, name in enumerate(["aaaa1111", "aabb2222", "cccc3333"]):
        trained_model(folder, name, at)
    return config


def test_without_a_pin_the_newest_is_used(three: Settings) -> None:
    path = model_in_use.in_use(three)
    assert path is not None and path.name == "cccc3333.tar.gz"


def test_rolling_back_is_one_command_and_so_is_going_on(three: Settings) -> None:
    said: list[str] = []
    model_in_use.use(three, "aabb", said.append)
    path = model_in_use.in_use(three)
    assert path is not None and path.name == "aabb2222.tar.gz"
    assert "aabb2222, pinned until `hotline model use newest`" in said[0]
    model_in_use.use(three, "newest", said.append)
    path = model_in_use.in_use(three)
    assert path is not None and path.name == "cccc3333.tar.gz"


def test_the_list_says_when_on_what_and_which_one_is_used(three: Settings) -> None:
    folder = model_in_use.folder_of(three)
    lines = registry.table(folder).splitlines()
    assert [line.split()[0] for line in lines] == ["cccc3333", "aabb2222", "aaaa1111"]
    assert "messages: 4002 id, 3902 km  in use" in lines[0]
    registry.use(folder, "aaaa1111.tar.gz")
    lines = registry.table(folder).splitlines()
    assert lines[2].endswith("in use, pinned") and "in use" not in lines[0]


@pytest.mark.parametrize(
    ("name", "why"), [("zzzz", "There is no model zzzz."), ("aa", "Several models begin with aa."), ("", "no model")]
)
def test_a_wrong_name_changes_nothing_and_says_which_there_are(three: Settings, name: str, why: str) -> None:
    model_in_use.use(three, "aabb2222", print)
    with pytest.raises(model_in_use.ModelMissing, match=why) as raised:
        model_in_use.use(three, name, print)
    assert "cccc3333, aabb2222, aaaa1111" in str(raised.value)
    assert registry.pinned(model_in_use.folder_of(three)) == "aabb2222"


def test_before_the_first_training_it_says_what_to_do(config: Settings) -> None:
    assert model_in_use.in_use(config) is None
    with pytest.raises(model_in_use.ModelMissing, match="make train"):
        model_in_use.use(config, "newest", print)


def test_a_pinned_model_that_is_gone_is_never_replaced_in_silence(three: Settings) -> None:
    model_in_use.use(three, "aaaa1111", print)
    (model_in_use.folder_of(three) / "aaaa1111.tar.gz").unlink()
    with pytest.raises(model_in_use.ModelMissing, match=r"cccc3333.*hotline model use newest"):
        model_in_use.in_use(three)


def test_training_keeps_the_last_three_and_a_pinned_one(three: Settings) -> None:
    folder = model_in_use.folder_of(three)
    registry.use(folder, "aaaa1111")
    trained_model(folder, "dddd4444", 3)
    assert registry.remove_old(folder) == []
    trained_model(folder, "eeee5555", 4)
    assert registry.remove_old(folder) == ["aabb2222"]
    assert sorted(path.name for path in folder.glob("*.json")) == [
        "aaaa1111.json",
        "cccc3333.json",
        "dddd4444.json",
        "eeee5555.json",
    ]


def test_training_says_that_another_model_is_pinned(three: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    from nlu.rasa_server import train

    folder = model_in_use.folder_of(three)
    newest = trained_model(folder, train.fingerprint(), 9)
    train.train(folder)
    assert "pinned" not in capsys.readouterr().out
    registry.use(folder, "aaaa1111")
    assert train.train(folder) == newest
    assert "aaaa1111 is pinned and stays in use" in capsys.readouterr().out


def test_a_number_that_is_no_rasa_of_ours_is_left_alone(three: Settings) -> None:
    run = three.hotline_home / "run"
    run.mkdir()
    (run / "nlu.pid").write_text(str(os.getpid()))
    model_in_use.use(three, "aaaa1111", print)
