"""A fresh clone has the model that belongs to its data, and a broken archive never stops a start with a traceback."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bot.runtime import model_in_use
from bot.settings import Settings
from nlu.model import fingerprint as names
from nlu.model import registry, shipped
from nlu.model.fingerprint import ASSISTANT, LEARNED, ROOT, fingerprint
from nlu.rasa_server import train

REMEDY = "Run `make ship-model` (minutes) and commit nlu/trained with the change."
#: The shipped archive grows the repository with each release.
MOST_MB = 8.0


@pytest.fixture(scope="module")
def ours() -> Path:
    (path,) = shipped.FOLDER.glob(f"*{registry.SUFFIX}")
    return path


def archive(path: Path, **files: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    shipped.pack({**dict.fromkeys(registry.NEEDED, b"{}"), **files}, path)
    card = {"trained_at": "2026-12-01T00:00:00+00:00", "messages": {"id": 3, "km": 2}}
    registry.card(path).write_text(json.dumps(card))
    return path


# -- what ships


def test_the_shipped_model_belongs_to_the_data_of_this_commit(ours: Path) -> None:
    assert ours.name == f"{fingerprint()}{registry.SUFFIX}", (
        f"Messages, lexicon, rules or configuration changed. {REMEDY}"
    )
    assert sorted(path.name for path in shipped.FOLDER.iterdir()) == sorted([ours.name, registry.card(ours).name])


def test_messages_are_read_as_the_shipped_model_has_learned_them(ours: Path) -> None:
    if registry.read(ours).learned_from != names.learned_from():
        pytest.skip("the shipped model is of other data, which another test says")
    assert registry.read(ours).sample == train.sample(), (
        "A message has other features than when the model was trained. If that is "
        f"meant, raise FEATURES in nlu/model/fingerprint.py. {REMEDY} If it is not meant, undo the change of the code."
    )


def test_the_shipped_model_is_small_and_holds_nothing_but_the_model(ours: Path) -> None:
    assert ours.stat().st_size < MOST_MB * 1e6
    assert {name.rpartition(".")[2] for name in registry.contents(ours)} == {"json", "npy", "yml"}, (
        "no pickle, no message"
    )


def test_reading_a_message_asks_no_lexicon_but_those_in_the_name_of_the_model() -> None:
    script = (
        "import sys\n"
        "opened = set()\n"
        "sys.addaudithook(lambda event, of: opened.add(str(of[0])) if event == 'open' else None)\n"
        "from nlu.rasa_server import train\n"
        "train.sample()\n"
        "print(sorted(opened))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    lexicon = str(ROOT / "data" / "lexicon")
    opened = {str(Path(path).relative_to(ROOT)) for path in ast.literal_eval(done.stdout) if path.startswith(lexicon)}
    # It says which entries each language has, and holds no word.
    opened.discard("data/lexicon/words/entries.yml")
    named = {str(path.relative_to(ROOT)) for path in names.files_of(LEARNED)}
    assert opened and opened <= named, "add it to LEARNED in nlu/model/fingerprint.py: a change of it changes features"


# -- the name of a model


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in (*LEARNED, *ASSISTANT):
        path = tmp_path / name.replace("*", "id") if name.endswith(".yml") else tmp_path / name / "id" / "greet.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a: 1\n")
    (tmp_path / "nlu" / "config.yml").write_text("pipeline:\n- name: nlu.components.tokenizer.HotlineTokenizer\n")
    return tmp_path


def test_code_that_moves_needs_no_training(checkout: Path) -> None:
    before = fingerprint(checkout)
    (checkout / "nlu" / "config.yml").write_text("# moved\npipeline:\n- name: nlu.rasa.tokenizer.HotlineTokenizer\n")
    (checkout / "data" / "nlu" / "notes.py").write_text("1")
    assert fingerprint(checkout) == before


def test_a_comment_in_the_rules_needs_no_training(checkout: Path) -> None:
    before = fingerprint(checkout)
    (checkout / "data/rules/id/greet.yml").write_text("# for maintainers\na: 1\n")
    assert fingerprint(checkout) == before


@pytest.mark.parametrize(
    "name", ["data/nlu/id/greet.yml", "data/nlu/km/new.yml", "data/lexicon/triage_km.yml", "data/rules/id/greet.yml"]
)
def test_changed_data_need_another_model(checkout: Path, name: str) -> None:
    before, learned = fingerprint(checkout), names.learned_from(checkout)
    (checkout / name).parent.mkdir(parents=True, exist_ok=True)
    (checkout / name).write_text("a: 2\n")
    assert fingerprint(checkout) != before
    assert (names.learned_from(checkout) == learned) == (name == "data/rules/id/greet.yml"), "rules teach no intent"


def test_another_way_of_reading_needs_another_model(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint(checkout)
    monkeypatch.setattr(names, "FEATURES", names.FEATURES + 1)
    assert fingerprint(checkout) != before


def test_rasa_finds_components_whose_modules_have_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nlu").mkdir()
    (tmp_path / "nlu" / "config.yml").write_text("pipeline:\n- name: nlu.rasa.tokenizer.HotlineTokenizer\n")
    monkeypatch.setattr(shipped, "ROOT", tmp_path)
    schema = {"nodes": {"cut": {"uses": "nlu.components.tokenizer.HotlineTokenizer"}, "rule": {"uses": "rasa.x.Rule"}}}
    metadata = json.dumps({"train_schema": schema, "predict_schema": schema}).encode()
    model = archive(tmp_path / "a.tar.gz", **{"metadata.json": metadata, "weights.npy": b"12"})
    shipped.adapt(model)
    found = registry.contents(model)
    nodes = json.loads(found["metadata.json"])["predict_schema"]["nodes"]
    assert [node["uses"] for node in nodes.values()] == ["nlu.rasa.tokenizer.HotlineTokenizer", "rasa.x.Rule"]
    assert found["weights.npy"] == b"12"


def test_an_archive_is_written_anew_only_where_a_module_has_moved(ours: Path, tmp_path: Path) -> None:
    model = Path(shutil.copy(ours, tmp_path))
    shipped.adapt(model)
    written = model.read_bytes()
    shipped.adapt(model)
    assert model.read_bytes() == written
    used = {
        node["uses"]
        for node in json.loads(registry.contents(model)["metadata.json"])["predict_schema"]["nodes"].values()
    }
    assert {step["name"] for step in yaml.safe_load((ROOT / "nlu" / "config.yml").read_text())["pipeline"]} <= used


# -- taking it


def broken(path: Path, how: str) -> Path:
    archive(path)
    whole = path.read_bytes()
    path.write_bytes({"truncated": whole[:-40], "garbage": b"no archive at all", "empty": b""}.get(how, whole))
    if how == "of an earlier release":
        shipped.pack({"metadata.json": b"{}", "keys.npy": b""}, path)
    return path


BROKEN = ["truncated", "garbage", "empty", "of an earlier release"]


def test_a_fresh_clone_takes_the_shipped_model(tmp_path: Path) -> None:
    source = archive(tmp_path / "shipped" / "aaaa.tar.gz")
    said: list[str] = []
    path = shipped.provide(tmp_path / "home" / "models", "aaaa", said.append, source.parent)
    assert path is not None and path.read_bytes() == source.read_bytes()
    assert dict(registry.read(path).messages) == {"id": 3, "km": 2}
    assert said == ["aaaa.tar.gz comes with the code, nothing has to be trained"]
    assert shipped.provide(path.parent, "aaaa", said.append, source.parent) == path and len(said) == 1, "only once"


def test_other_data_than_the_shipped_model_s_are_trained(tmp_path: Path) -> None:
    source = archive(tmp_path / "shipped" / "aaaa.tar.gz")
    assert shipped.provide(tmp_path / "models", "bbbb", print, source.parent) is None
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_archive_is_said_and_replaced(tmp_path: Path, how: str) -> None:
    source = archive(tmp_path / "shipped" / "aaaa.tar.gz")
    target = broken(tmp_path / "models" / "aaaa.tar.gz", how)
    registry.opened(target).mkdir()
    said: list[str] = []
    assert shipped.provide(target.parent, "aaaa", said.append, source.parent) == target
    assert target.read_bytes() == source.read_bytes() and not registry.opened(target).exists()
    assert said[0].startswith("The model aaaa.tar.gz") and said[0].endswith("It is removed.")


@pytest.mark.parametrize("how", BROKEN)
def test_where_nothing_is_whole_a_model_is_trained(tmp_path: Path, how: str) -> None:
    source = broken(tmp_path / "shipped" / "aaaa.tar.gz", how)
    target = broken(tmp_path / "models" / "aaaa.tar.gz", how)
    said: list[str] = []
    assert shipped.provide(target.parent, "aaaa", said.append, source.parent) is None
    assert not target.exists() and "The shipped model cannot be used." in said[-1]


@pytest.mark.parametrize("how", BROKEN)
def test_a_start_with_a_broken_model_ends_with_a_sentence(config: Settings, how: str) -> None:
    path = broken(model_in_use.folder_of(config) / "zzzz.tar.gz", how)
    registry.use(path.parent, "zzzz")
    with pytest.raises(model_in_use.ModelMissing, match=r"The model zzzz\.tar\.gz .*hotline model use"):
        model_in_use.provide(config, lambda line: None)


def test_a_start_without_a_model_takes_the_shipped_one(config: Settings, ours: Path) -> None:
    said: list[str] = []
    path = model_in_use.provide(config, said.append)
    assert path is not None and path.read_bytes() == ours.read_bytes() and len(said) == 1


def test_a_pinned_model_stays_in_use(config: Settings) -> None:
    pinned = archive(model_in_use.folder_of(config) / "zzzz.tar.gz")
    registry.use(pinned.parent, "zzzz")
    assert model_in_use.provide(config, lambda line: None) == pinned


def test_exactly_one_model_ships_and_it_follows_from_its_files_alone(tmp_path: Path) -> None:
    archive(tmp_path / "shipped" / "old.tar.gz")
    made = shipped.ship(archive(tmp_path / "models" / "new.tar.gz"), tmp_path / "shipped")
    assert sorted(path.name for path in made.parent.iterdir()) == ["new.json", "new.tar.gz"]
    first = made.read_bytes()
    assert shipped.ship(tmp_path / "models" / "new.tar.gz", made.parent).read_bytes() == first


def test_new_rules_keep_what_was_learned_of_the_same_messages(tmp_path: Path) -> None:
    path = archive(tmp_path / "aaaa.tar.gz")
    registry.describe(path, {"id": 1}, names.learned_from(), "sample")
    assert train._learned_before(tmp_path) == path
    path.write_bytes(b"garbage")
    assert train._learned_before(tmp_path) != path
