"""Loads data/offers once, in the form the check works with. A wrong file stops with its name and the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

from bot.errors import ReferenceDataInvalid
from bot.offers.phrases import Book, PhraseInvalid, PhraseList, read_mixed, read_phrases
from bot.offers.verdict import Risk
from nlu.text.files import read_yaml

OFFERS: Final = Path(__file__).resolve().parents[2] / "data" / "offers"
FLAG_IDS: Final = (
    "upfront_fee", "document_request", "passport_surrender", "tourist_visa", "no_contract", "salary_too_high",
    "no_requirements", "vague_job", "scam_sector", "high_risk_place", "free_travel", "urgency", "secrecy",
    "informal_contact", "unlicensed_agency", "irregular_route", "profile_targeting", "debt_bond", "isolation",
)  # fmt: skip
#: What may make a weak phrase count, see `FlagRule.weak_when`.
WEAK_WHEN: Final = ("vague_role", "away")


@dataclass(frozen=True)
class Source:
    """Where a fact comes from."""

    title: str
    url: str
    date: str | None


@dataclass(frozen=True)
class FlagRule:
    """How one red flag is recognised. A flag may have a second rule with a `name`, texts and sources of its own."""

    id: str
    name: str
    weight: int
    critical: str
    negatable: bool
    phrases: PhraseList
    context_phrases: PhraseList
    weak: PhraseList
    #: What makes a weak phrase count: `vague_role` (a vague title or none, away from home) or `away` (away from
    #: home).
    weak_when: str
    guards_over: PhraseList
    guards_sentence: PhraseList
    when_normal: str
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Role:
    """A kind of work."""

    id: str
    vague: bool
    phrases: PhraseList


@dataclass(frozen=True)
class Figure:
    """What honest work pays somewhere, in US dollars a month."""

    id: str
    country: str
    roles: frozenset[str]
    usd_month: float
    year: str
    source: Source
    #: From how many times this figure a pay is too high, where it is not `Benchmarks.ratio`.
    ratio: float | None = None


@dataclass(frozen=True)
class ScamPay:
    """From what pay on an offer for these roles looks like reported scam offers; country `unknown` means none named."""

    countries: frozenset[str]
    roles: frozenset[str]
    from_usd: float
    source: Source


@dataclass(frozen=True)
class Benchmarks:
    """Pay to hold an offer against."""

    ratio: float
    usd_month_floor: float
    upper_end_ease: float
    skilled_roles: frozenset[str]
    figures: tuple[Figure, ...]
    scam_pay: tuple[ScamPay, ...]


@dataclass(frozen=True)
class Combo:
    """Flags that together mean more than their sum."""

    id: str
    band: str
    all: frozenset[str]
    any: frozenset[str]
    closed_country: bool
    abroad: bool
    home: bool
    known_asker: bool


@dataclass(frozen=True)
class Answer:
    """What a button answer does."""

    flag: str | None
    fact: str | None
    clears: frozenset[str]


@dataclass(frozen=True)
class LearnedLimits:
    """Where the learned model's probabilities count: see scoring.yml."""

    high_at: float
    unflagged_high_at: float
    medium_at: float
    calm_below: float
    short_surely: float
    reported_at: float
    reported_below: float
    reported_surely: float
    reported_alone: float
    alone_below: float
    reported_hint: float
    offer_at: float
    flags_from: float
    flags_at: float
    acts_below: float


@dataclass(frozen=True)
class KnownWeights:
    """What is known from elsewhere weighs this much."""

    #: Different senders from which a report by others is mentioned and counts.
    reported_from: int
    #: Added to the sum for each of them, inside the band; never more than `reported_most`.
    reported_weight: int
    reported_most: int
    confirmed_band: Risk
    confirmed_weight: int


@dataclass(frozen=True)
class Scoring:
    """How flags become a verdict."""

    medium: int
    high: int
    readable_minimum: int
    closed_countries: frozenset[str]
    receiving_countries: frozenset[str]
    licensed_removes: frozenset[str]
    official_removes: frozenset[str]
    home_weights: Mapping[str, int]
    home_strong: frozenset[str]
    context_flags: frozenset[str]
    combos: tuple[Combo, ...]
    answers: Mapping[str, Mapping[str, Answer]]
    scale: Mapping[str, tuple[int, int, int]]
    learned: LearnedLimits
    known: KnownWeights


@dataclass(frozen=True)
class Rules:
    """Everything the check knows."""

    flags: tuple[FlagRule, ...]
    roles: tuple[Role, ...]
    context: Mapping[str, PhraseList]
    benchmarks: Benchmarks
    scoring: Scoring

    @cached_property
    def book(self) -> Book:
        """Where the phrases of all lists are looked up."""
        lists = [*self.context.values(), *(role.phrases for role in self.roles)]
        for rule in self.flags:
            lists += [rule.phrases, rule.context_phrases, rule.weak, rule.guards_over, rule.guards_sentence]
        return Book(lists)

    def weight(self, flag_id: str) -> int:
        """The weight of a flag."""
        return next(rule.weight for rule in self.flags if rule.id == flag_id)


def _read(folder: Path, name: str) -> dict[str, Any]:
    try:
        raw = yaml.load((folder / name).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else None
        raise ReferenceDataInvalid(f"data/offers/{name}", line, str(wrong.problem)) from wrong
    if not isinstance(raw, dict):
        raise ReferenceDataInvalid(f"data/offers/{name}", None, "the file is empty")
    return raw


def _source(raw: Mapping[str, Any]) -> Source:
    return Source(str(raw["title"]), str(raw["url"]), str(raw["date"]) if raw.get("date") else None)


def _one_of(value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise PhraseInvalid(f"{value!r} is none of {', '.join(known)}")
    return value


def _line(path: Path, why: str) -> int | None:
    """The line of a file that an error quotes at its beginning."""
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    return next((number for number, line in lines if line.strip() and why.startswith(repr(line.strip()))), None)


def _flags(raw: dict[str, Any], path: Path) -> tuple[FlagRule, ...]:
    words: dict[str, str] = raw["words"]
    rules: list[FlagRule] = []
    for entry in raw["flags"]:
        guards = entry.get("guards") or {}
        try:
            rules.append(
                FlagRule(
                    id=entry["id"],
                    name=entry.get("name", entry["id"]),
                    weight=int(entry["weight"]),
                    critical=entry["critical"],
                    negatable=bool(entry["negatable"]),
                    phrases=read_phrases(entry["phrases"], words),
                    context_phrases=read_phrases(entry.get("context_phrases"), words),
                    weak=read_phrases(entry.get("weak"), words),
                    weak_when=_one_of(entry.get("weak_when", "vague_role"), WEAK_WHEN),
                    guards_over=read_mixed(guards.get("over"), words),
                    guards_sentence=read_mixed(guards.get("sentence"), words),
                    when_normal=entry["when_normal"],
                    sources=tuple(_source(source) for source in entry["sources"]),
                )
            )
        except (KeyError, PhraseInvalid) as wrong:
            line = _line(path, str(wrong))
            raise ReferenceDataInvalid("data/offers/red_flags.yml", line, f"{entry.get('id')}: {wrong}") from wrong
    names = [rule.name for rule in rules]
    if {rule.id for rule in rules} != set(FLAG_IDS) or not set(FLAG_IDS) <= set(names) or len(names) != len(set(names)):
        raise ReferenceDataInvalid("data/offers/red_flags.yml", None, "not each of the 19 flags stands there once")
    return tuple(rules)


def _benchmarks(raw: dict[str, Any]) -> Benchmarks:
    rates = read_yaml("rates.yml")

    def usd_month(entry: Mapping[str, Any]) -> float:
        return float(entry["amount"] * rates["usd_per_unit"][entry["currency"]] * rates["per_month"][entry["period"]])

    return Benchmarks(
        ratio=float(raw["ratio"]),
        usd_month_floor=float(raw["usd_month_floor"]),
        upper_end_ease=float(raw["upper_end_ease"]),
        skilled_roles=frozenset(raw["skilled_roles"]),
        figures=tuple(
            Figure(
                f["id"],
                f["country"],
                frozenset(f["roles"]),
                usd_month(f),
                f["year"],
                _source(f["source"]),
                f.get("ratio"),
            )
            for f in raw["figures"]
        ),
        scam_pay=tuple(
            ScamPay(frozenset(s["countries"]), frozenset(s["roles"]), float(s["from_usd"]), _source(s["source"]))
            for s in raw["scam_pay"]
        ),
    )


def _scoring(raw: dict[str, Any]) -> Scoring:
    return Scoring(
        medium=raw["bands"]["medium"],
        high=raw["bands"]["high"],
        readable_minimum=raw["readable_minimum"],
        closed_countries=frozenset(raw["closed_countries"]),
        receiving_countries=frozenset(raw["receiving_countries"]),
        licensed_removes=frozenset(raw["licensed_removes"]),
        official_removes=frozenset(raw["official_removes"]),
        home_weights=raw["home_weights"],
        home_strong=frozenset(raw["home_strong"]),
        context_flags=frozenset(raw["context_flags"]),
        combos=tuple(
            Combo(
                id=combo["id"],
                band=combo["band"],
                all=frozenset(combo.get("all", ())),
                any=frozenset(combo.get("any", ())),
                closed_country=bool(combo.get("closed_country")),
                abroad=bool(combo.get("abroad")),
                home=bool(combo.get("home")),
                known_asker=bool(combo.get("known_asker")),
            )
            for combo in raw["combos"]
        ),
        answers={
            key: {
                value: Answer(effect.get("flag"), effect.get("fact"), frozenset(effect.get("clears", ())))
                for value, effect in values.items()
            }
            for key, values in raw["answers"].items()
        },
        learned=LearnedLimits(**raw["learned"]),
        scale={band: (int(v[0]), int(v[1]), int(v[2])) for band, v in raw["scale"].items()},
        known=KnownWeights(
            reported_from=int(raw["known"]["reported_from"]),
            reported_weight=int(raw["known"]["reported_weight"]),
            reported_most=int(raw["known"]["reported_most"]),
            confirmed_band=raw["known"]["confirmed_band"],
            confirmed_weight=int(raw["known"]["confirmed_weight"]),
        ),
    )


def load_rules(folder: Path = OFFERS) -> Rules:
    """Read the five files of data/offers. Raises ReferenceDataInvalid."""
    context = _read(folder, "context.yml")
    roles = _read(folder, "roles.yml")
    try:
        return Rules(
            flags=_flags(_read(folder, "red_flags.yml"), folder / "red_flags.yml"),
            roles=tuple(Role(r["id"], bool(r.get("vague")), read_phrases(r["phrases"], {})) for r in roles["roles"]),
            context={name: read_phrases(block, {}) for name, block in context.items() if name != "schema_version"},
            benchmarks=_benchmarks(_read(folder, "benchmarks.yml")),
            scoring=_scoring(_read(folder, "scoring.yml")),
        )
    except (KeyError, TypeError, PhraseInvalid) as wrong:
        raise ReferenceDataInvalid("data/offers", None, f"{type(wrong).__name__}: {wrong}") from wrong


@lru_cache(maxsize=1)
def rules() -> Rules:
    """The rules of this installation, read once."""
    return load_rules()
