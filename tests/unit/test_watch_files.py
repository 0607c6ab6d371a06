"""Dashboard, alert rules and guide speak of numbers that exist, and of all of them.

No Prometheus is here to read the expressions: names, labels, brackets and bounds are compared, their sense is not.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bot.settings import ROOT
from bot.watch import metrics, rules
from bot.watch.snapshot import Snapshot

FOLDER = ROOT / "docker" / "monitoring"
ALERTS: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "grafana-dashboard.json").read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
EXPRESSIONS = [
    *(pytest.param(rule["expr"], id=rule["alert"]) for rule in ALERTS),
    *(
        pytest.param(target["expr"], id=f"{panel['title']} {target['refId']}")
        for panel in PANELS
        for target in panel.get("targets", ())
    ),
]
#: Labels that Prometheus itself adds.
ADDED = {"job", "instance"}
NAME = re.compile(r"\b(?:hotline|process|python)_[a-z0-9_]+")


def full() -> Snapshot:
    """A snapshot in which every number is there."""
    return Snapshot(
        at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        counted={"discards": {(("why", "bot_sender"), ("lang", "id")): 1}},
        counted_through=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        jobs={("turns", "todo"): 1},
        answered={"chat": 1.0, "worker": 1.0},
    )


def exported() -> dict[str, set[str]]:
    """Every sample name with its labels."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(metrics.page(full(), Path("/"), Path("/nowhere")).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def of_ours() -> set[str]:
    """Names as the guide writes them: a histogram without its parts."""
    names = {name for name in exported() if name.startswith("hotline_") and not name.endswith("_created")}
    histograms = {name.removesuffix("_bucket") for name in names if name.endswith("_bucket")}
    parts = {f"{name}{end}" for name in histograms for end in ("_bucket", "_count", "_sum")}
    return (names - parts) | histograms


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_number_of_an_expression_is_exported_with_its_labels(expression: str) -> None:
    known = exported()
    names = NAME.findall(expression)
    assert names
    assert set(names) <= known.keys()
    for name, matchers in re.findall(r"\b((?:hotline|process)_[a-z0-9_]+)\{([^}]*)\}", expression):
        asked = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers))
        assert asked <= known[name] | ADDED, name
    for by in re.findall(r"\bby \(([^)]*)\)", expression):
        assert {label.strip() for label in by.split(",")} <= set().union(*(known[name] for name in names)) | ADDED
    for opening, closing in ("()", "{}", "[]"):
        assert expression.count(opening) == expression.count(closing)


def test_the_guide_explains_every_number_and_names_no_other() -> None:
    guide = (ROOT / "docs" / "watching.md").read_text(encoding="utf-8")
    table = "\n".join(line for line in guide.splitlines() if line.startswith("| `hotline_"))
    assert set(re.findall(r"`(hotline_[a-z0-9_]+)", table)) == of_ours()
    known = exported()
    for name, labels in re.findall(r"`(hotline_[a-z0-9_]+)\{([a-z,]+)\}`", table):
        sample = name if name in known else f"{name}_count"
        assert set(labels.split(",")) == known[sample], name


def test_the_dashboard_shows_every_number() -> None:
    shown = {name for panel in PANELS for t in panel.get("targets", ()) for name in NAME.findall(t["expr"])}
    assert {name for name in of_ours() if not any(one.startswith(name) for one in shown)} <= {"hotline_disk_size_bytes"}


def test_the_dashboard_can_be_imported() -> None:
    ids = [panel["id"] for panel in PANELS]
    assert len(ids) == len(set(ids))
    for one, other in itertools.combinations(PANELS, 2):
        a, b = one["gridPos"], other["gridPos"]
        apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        below = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert apart or below, (one["title"], other["title"])
        assert a["x"] + a["w"] <= 24
    variables = {one["name"] for one in DASHBOARD["templating"]["list"]}
    used = set(re.findall(r"\$\{?([a-z]+)\}?", json.dumps(PANELS)))
    assert used == variables == {"datasource", "lang"}


def test_every_alarm_says_what_happened_what_to_do_and_how_soon() -> None:
    assert len({rule["alert"] for rule in ALERTS}) == len(ALERTS)
    for rule in ALERTS:
        assert rule["labels"]["severity"] in {"page", "ticket"}, rule["alert"]
        assert rule["annotations"]["summary"].endswith(".") and rule["annotations"]["do"], rule["alert"]


@pytest.mark.parametrize(
    ("alert", "bound"),
    [
        ("HotlineP1Unclaimed", rules.P1_SECONDS),
        ("HotlineP1Unanswered", rules.P1_UNANSWERED_SECONDS),
        ("HotlineTelegramSilent", rules.GATEWAY_SECONDS),
        ("HotlineOutboxLate", rules.OUTBOX_SECONDS),
        ("HotlineUnanswered", rules.UNANSWERED_SECONDS),
        ("HotlineForgetsNothing", rules.SILENT_HOURS),
        ("HotlineCountsLate", rules.COUNTS_SECONDS),
        ("HotlineBackupLate", rules.BACKUP_HOURS * 3600),
    ],
)
def test_alarms_and_status_have_the_same_bounds(alert: str, bound: float) -> None:
    (expression,) = [rule["expr"] for rule in ALERTS if rule["alert"] == alert]
    assert expression.endswith(f"> {bound:.0f}")


def test_the_alarm_for_a_full_disk_has_the_bounds_of_status() -> None:
    (expression,) = [rule["expr"] for rule in ALERTS if rule["alert"] == "HotlineDiskFull"]
    assert [float(bound) for bound in re.findall(r"< (\S+)", expression)] == [rules.DISK_PART, rules.DISK_BYTES]


def test_the_alarm_for_late_messages_leaves_out_what_may_take_its_time() -> None:
    (expression,) = [rule["expr"] for rule in ALERTS if rule["alert"] == "HotlineOutboxLate"]
    assert f'purpose=~"{"|".join(rules.AWAITED)}"' in expression


@pytest.mark.parametrize("name", ["prometheus.yml", "grafana-datasource.yml", "grafana-dashboards.yml", "compose.yml"])
def test_the_other_files_can_be_read_and_publish_nothing_to_the_outside(name: str) -> None:
    found = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    for service in found.get("services", {}).values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert (ROOT / source).exists() if source.startswith("./") else source in found["volumes"]


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.4, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (2e5, "2 d")]
)
def test_ages_are_short(seconds: float, shown: str) -> None:
    assert rules.age_text(seconds) == shown
