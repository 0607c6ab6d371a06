"""Two sides of a promise: the domain, the rules, the registry, the actions and the texts name the same things."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from actions import server
from actions.base import HotlineAction
from bot import texts
from bot.offers import message
from bot.settings import ROOT
from nlu.understanding.decision import INTERNAL, registry
from nlu.understanding.entities import entities

DOMAIN: dict[str, Any] = {}
for _path in sorted((ROOT / "nlu" / "domain").glob("*.yml")):
    DOMAIN |= yaml.safe_load(_path.read_text(encoding="utf-8"))
RULES: list[dict[str, Any]] = [
    rule
    for path in sorted((ROOT / "data" / "rules").glob("*.yml"))
    for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
]
SOURCES = sorted([*(ROOT / "actions").glob("*.py"), *(ROOT / "bot" / "dialogue").glob("*.py")])


def test_the_domain_knows_the_registry_and_nothing_else() -> None:
    names = {next(iter(entry)) for entry in DOMAIN["intents"]}
    assert names == set(registry()) | (INTERNAL - {"nlu_fallback"})


def test_no_entity_sways_the_dialogue() -> None:
    assert all(options == {"use_entities": []} for entry in DOMAIN["intents"] for options in entry.values())


def test_the_domain_knows_every_entity_that_is_found() -> None:
    said = (
        "adik saya umur 17 tahun dikirim p3mi ke Bavet jadi customer service, gaji 12jt, paspor diambil, patah tulang, "
        "kami 5 orang, sejak kemarin. wa 081234567890, @loker_id, https://loker.example/7, hr@maju.example"
    )
    found = {one["entity"] for one in entities(said)}
    assert found == set(DOMAIN["entities"]) - {"offer_answer"}


def test_every_action_of_the_domain_is_a_class_and_the_other_way_round() -> None:
    assert sorted(action.action_name for action in server.actions()) == sorted(DOMAIN["actions"])


def test_session_start_stays_rasas_own() -> None:
    assert "action_session_start" not in DOMAIN["actions"]


def test_every_intent_has_a_rule_that_ends_in_an_action() -> None:
    ruled = {step["intent"] for rule in RULES for step in rule["steps"] if "intent" in step}
    assert ruled == set(registry()) | INTERNAL
    for rule in RULES:
        assert any(str(step.get("action", "")).startswith("action_") for step in rule["steps"]), rule["rule"]


def test_rules_name_only_actions_there_are() -> None:
    named = {step["action"] for rule in RULES for step in rule["steps"] if "action" in step}
    assert named <= set(DOMAIN["actions"]) | set(DOMAIN["forms"])


def test_only_actions_of_the_offer_check_may_leave_its_form_open() -> None:
    staying = {action.action_name for action in server.actions() if action.in_form}
    assert staying == {"action_check_offer", "action_conclude_offer", "action_resume_offer", "validate_offer_form"}


def keys_used() -> set[str]:
    """Every text key that an action may say."""
    found: set[str] = set()
    for path in SOURCES:
        source = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'\.say\(\s*"([a-z_]+)"', source))
        found |= set(re.findall(r'"text": "([a-z_]+)"', source))
        found |= set(re.findall(r'Button\("([a-z_]+)"', source))
        found |= set(re.findall(r'"label": "([a-z_]+)"', source))
    found |= {f"small_{name}" for name in ("greet", "thank", "affirm", "deny", "abuse", "out_of_scope")}
    found |= {f"meaning_{name}" for name, intent in registry().items() if intent.kind == "question"}
    found |= {"meaning_ask_offer_check", "meaning_ask_identity"}
    for question, answers in message.ANSWERS.items():
        found |= {f"offer_ask_{question}"} | {f"offer_answer_{question}_{answer}" for answer in answers}
    return found


@pytest.mark.parametrize("lang", texts.LANGS)
def test_every_text_an_action_says_is_there(lang: texts.Lang) -> None:
    assert keys_used() - set(texts.catalogue(lang)) == set()


def test_the_dialogues_texts_have_the_same_keys_and_placeholders() -> None:
    def read(lang: str) -> dict[str, set[str]]:
        path = ROOT / "data" / "texts" / lang / "dialogue.yml"
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        return {key: texts.placeholders(entry["text"]) for key, entry in raw.items()}

    assert read("id") == read("km")


def test_button_data_fits_telegram() -> None:
    longest = max(len(f"ask:{name}".encode()) for name in registry())
    assert longest <= 64


def test_only_training_folders_hold_what_rasa_takes_for_training_data() -> None:
    taken = re.compile(r"^\s*(rules|stories|nlu|responses):", re.M)
    others = [
        path
        for path in (ROOT / "data").rglob("*.yml")
        if path.relative_to(ROOT / "data").parts[0] not in {"nlu", "rules", "stories"}
    ]
    assert [path for path in others if taken.search(path.read_text(encoding="utf-8"))] == []


def test_actions_are_named_once() -> None:
    names = [action.action_name for action in server.actions()]
    assert len(names) == len(set(names))
    assert all(issubclass(action, HotlineAction) for action in server.actions())
