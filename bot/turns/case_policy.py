"""What is said next to somebody in an open case: one ordered table (data/talk.yml), pure, without I/O.

A reply answers first, says one thing, and asks one thing. Nothing is said twice in a row, nothing known is asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict

from bot import texts
from bot.cases.rules import About
from bot.settings import DATA

#: What stands for the recap in the table: its lines are made of what is known.
RECAP: Final = "recap"
#: A question of which nobody knows what it is about.
UNKNOWN: Final = "other"
#: Questions that are part of the wish for a person.
A_PERSON: Final = frozenset({"who", "bot", "call", "number", "embassy", "when", "seen"})
#: At most so many answers, and so many wishes said back, in one reply.
MOST_ANSWERS, MOST_WISHES = 2, 2
#: Words of a reply, and letters of one to danger now. Source: the issue that asked for a conversation.
MOST_LETTERS, MOST_LETTERS_URGENT = 420, 260


class Situation(BaseModel):
    """One kind of trouble, and what is said in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signs: tuple[str, ...]
    says: tuple[str, ...]
    other: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    urgent: bool = False
    first: bool = False
    short: bool = False
    quiet: bool = False
    gentle: bool = False

    def lines(self, about: About) -> tuple[str, ...]:
        return self.other if about == "other" and self.other else self.says


class Act(BaseModel):
    """What a person does with words, and what is said to it. `ends`: nothing is asked after it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    labels: tuple[str, ...]
    says: str
    again: str | None = None
    ends: bool = False


class Table(BaseModel):
    """data/talk.yml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    situations: dict[str, Situation]
    acts: tuple[Act, ...]
    answers_first: tuple[str, ...]
    asks_itself: dict[str, str]
    asks_self: tuple[str, ...]
    asks_other: tuple[str, ...]
    asks_human: tuple[str, ...]
    known_by: dict[str, tuple[str, ...]]
    warm: tuple[str, ...]
    hears: tuple[str, ...]
    hears_other: tuple[str, ...]


@cache
def table() -> Table:
    """The table. Raises pydantic's ValidationError."""
    return Table.model_validate(yaml.safe_load((DATA / "talk.yml").read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Talk:
    """What is known of the talk before a message: what was said, asked, and told."""

    about: About = "self"
    kind: str = "distress"
    #: Text keys that were said, the last one last.
    said: tuple[str, ...] = ()
    #: Questions that were put, and what is known without asking.
    asked: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    #: The situation that the talk is in, and all signs that were told.
    situation: str | None = None
    signs: frozenset[str] = frozenset()
    #: The country is known: then it matters first whether one can write.
    country: bool = False
    lang: str = texts.LANGS[0]


@dataclass(frozen=True)
class Reply:
    """What is said: text keys in order, the question that is open after it, the situation that the talk is in now."""

    keys: tuple[str, ...] = ()
    question: str | None = None
    situation: str | None = None
    #: Danger that this chat had not told before.
    new_danger: bool = False
    #: Questions of the person that this reply answers.
    answers: tuple[str, ...] = field(default=())


def reply(
    labels: Collection[str],
    talk: Talk,
    *,
    sure: Collection[str] | None = None,
    kept: Sequence[str] = (),
    asks: bool = False,
) -> Reply:
    """The reply to one message. `kept`: keys that say what was just taken note of, such as a corrected place.

    `sure`: the labels that are sure enough to speak of; the others ring, and are kept, but nobody is told what to do
    for a wound that may be none. `asks`: the message asks something, whether or not it is known what.
    """
    rules = table()
    danger = _new_danger(labels, talk)
    labels = (
        set(labels)
        if sure is None
        else {one for one in labels if one in sure or one.startswith("q_") or one in _wishes()}
    )
    told = situation_of(labels)
    now = told or _goes_on(talk, labels)
    situation = rules.situations[now] if now is not None else None
    new = told is not None and told != talk.situation and not talk.signs & set(rules.situations[told].signs)
    if situation is not None and situation.quiet and (told == now):
        return Reply(() if _recently(talk, situation.says[0], 3) else situation.says[:1], None, now, danger)
    wishes = [f"wish_{name}" for name in _wishes() if name in labels][:MOST_WISHES]
    asked = _questions(labels)
    if asks and not asked and told is None and not _says_more(situation, talk):
        asked = [UNKNOWN]
    answers = [answer_key(name, now, talk) for name in asked][:MOST_ANSWERS]
    act = next((one for one in rules.acts if set(one.labels) & set(labels)), None)
    line = _line(talk, labels, situation, told, new=new, act=act, answered=bool(answers or wishes or kept))
    if new and situation is not None and situation.short:
        keys = [*([line] if line else []), *wishes]
    elif new and line is not None:
        urgent_now = situation is not None and situation.urgent
        keys = [*kept, *wishes, line, *answers] if urgent_now else [*kept, *wishes, *answers, line]
    else:
        keys = [*kept, *wishes, *answers, *([line] if line else [])]
        if line is not None and not (answers or wishes or kept or act) and line not in _hears(talk):
            # A line that nobody asked for follows a warm word.
            keys.insert(0, _least_recent(rules.warm, talk))
    keys = _fitting(list(dict.fromkeys(keys)), talk.lang, urgent=situation is not None and situation.urgent)
    ends = act is not None and act.ends and act.says in keys
    question = None if ends or (situation is not None and situation.quiet and told) else _next(talk, situation, keys)
    return Reply(tuple(keys), question, now, danger, tuple(asked))


def _new_danger(labels: Collection[str], talk: Talk) -> bool:
    """Whether a message tells danger now that was not told before; a wish to die and a journey count each time."""
    told = situation_of(labels)
    if told is None or not table().situations[told].urgent:
        return False
    return told in {"suicide", "moved"} or not talk.signs & set(table().situations[told].signs)


def _says_more(situation: Situation | None, talk: Talk) -> bool:
    """Whether the next line of a grave situation serves better than that somebody else must answer."""
    if situation is None or not (situation.gentle or situation.short):
        return False
    return _first_unsaid(situation.lines(talk.about), talk.said) is not None


def first(labels: Collection[str], talk: Talk, *, sure: Collection[str] | None = None) -> Reply:
    """The very first answer: what saves a life, or answers a question, at once. No keys: the usual first words."""
    labels = set(labels) if sure is None else {one for one in labels if one in sure or one.startswith("q_")}
    told = situation_of(labels)
    situation = table().situations[told] if told is not None else None
    keys: list[str] = []
    if situation is not None and situation.first:
        keys += situation.lines(talk.about)[:1]
    # Whoever asks for a person is told that one answers, not who we are.
    asked = [name for name in _questions(labels) if talk.kind != "human" or name not in A_PERSON]
    if asked and not (situation is not None and situation.first and situation.short):
        keys.insert(0, answer_key(asked[0], told, talk))
    if "suicide_means" in labels:
        keys = ["talk_suicide_means"]
    keys = _fitting(keys, talk.lang, urgent=situation is not None and situation.urgent)
    question = None if situation is not None and situation.quiet else _next(talk, situation, keys)
    return Reply(tuple(keys), question, told, False, tuple(asked))


def asks_itself(keys: Collection[str]) -> bool:
    """Whether one of these texts puts a question itself."""
    return any(key in table().asks_itself for key in keys)


def situation_of(labels: Collection[str]) -> str | None:
    """The gravest situation that labels tell."""
    return next((name for name, one in table().situations.items() if set(one.signs) & set(labels)), None)


def urgent(labels: Collection[str]) -> bool:
    """Whether labels tell danger now."""
    found = situation_of(labels)
    return found is not None and table().situations[found].urgent


def answer_key(name: str, situation: str | None, talk: Talk) -> str:
    """The text that answers a question: that of the situation, of a reporter, of the second time, else the usual."""
    known = texts.catalogue(talk.lang)
    plain = f"answer_{name}"
    tries = [f"{plain}_{situation}", f"{plain}_other" if talk.about == "other" else "", plain]
    key = next(one for one in tries if one in known)
    return f"{key}_2" if key in talk.said and f"{key}_2" in known and talk.said[-1:] != (f"{key}_2",) else key


def next_question(talk: Talk, situation: str | None = None) -> str | None:
    """What is asked next: nothing that is known or was asked before, and only what helps."""
    return _next(talk, table().situations[situation] if situation is not None else None, ())


def question_key(question: str, about: About) -> str:
    """The text that puts a question: of another person it is asked where he or she is."""
    other = f"ask_{question}_other"
    return other if about == "other" and other in texts.catalogue(texts.LANGS[0]) else f"ask_{question}"


def _goes_on(talk: Talk, labels: Collection[str]) -> str | None:
    if talk.situation == "hiding" or ("suicide_eased" in labels and talk.situation == "suicide"):
        # They write again: what was told before counts.
        return situation_of(talk.signs - {"hiding"})
    return talk.situation


def _line(
    talk: Talk,
    labels: Collection[str],
    situation: Situation | None,
    told: str | None,
    *,
    new: bool,
    act: Act | None,
    answered: bool,
) -> str | None:
    """The one thing that is said beside answers: what is new, what is felt, else the next line of the situation."""
    if new and situation is not None:
        return _first_unsaid(situation.lines(talk.about), talk.said)
    if "suicide_means" in labels and not _recently(talk, "talk_suicide_means", 2):
        return "talk_suicide_means"
    if act is not None:
        key = act.again if act.again is not None and _recently(talk, act.says, 6) else act.says
        if not _recently(talk, key, 2):
            return key
    if answered:
        return None
    for one in _open_situations(talk, situation):
        if (unsaid := _first_unsaid(one.lines(talk.about), talk.said)) is not None:
            return unsaid
    return _least_recent(_hears(talk), talk)


def _hears(talk: Talk) -> tuple[str, ...]:
    return table().hears_other if talk.about == "other" else table().hears


def _least_recent(keys: Sequence[str], talk: Talk) -> str:
    """The one of these that was said longest ago, or never."""
    return min(keys, key=lambda key: max((at for at, one in enumerate(talk.said) if one == key), default=-1))


def _open_situations(talk: Talk, situation: Situation | None) -> Iterable[Situation]:
    if situation is not None:
        yield situation
    for one in table().situations.values():
        if one is not situation and set(one.signs) & talk.signs and not one.quiet:
            yield one


def _first_unsaid(lines: Sequence[str], said: Collection[str]) -> str | None:
    return next((key for key in lines if key not in said), None)


def _recently(talk: Talk, key: str, turns: int) -> bool:
    return key in talk.said[-turns:]


def _questions(labels: Collection[str]) -> list[str]:
    asked = [name[2:] for name in labels if name.startswith("q_")]
    first = table().answers_first
    return sorted(asked, key=lambda name: (first.index(name) if name in first else len(first), name))


@cache
def _wishes() -> tuple[str, ...]:
    return tuple(
        sorted(key.removeprefix("wish_") for key in texts.catalogue(texts.LANGS[0]) if key.startswith("wish_"))
    )


def _fitting(keys: list[str], lang: str, *, urgent: bool) -> list[str]:
    """The first of these texts that fit; one always does."""
    most = MOST_LETTERS_URGENT if urgent else MOST_LETTERS
    kept: list[str] = []
    letters = 0
    for key in keys:
        letters += len(texts.catalogue(lang).get(key, ""))
        if kept and letters > most:
            break
        kept.append(key)
    return kept


def _next(talk: Talk, situation: Situation | None, keys: Collection[str]) -> str | None:
    """What is asked beside these texts; what one of them asks itself counts."""
    rules = table()
    itself = next((rules.asks_itself[key] for key in keys if key in rules.asks_itself), None)
    if itself is not None:
        return itself
    if any("?" in texts.catalogue(texts.LANGS[0]).get(key, "") for key in keys):
        return None
    if talk.kind == "human" and situation is None:
        order: tuple[str, ...] = rules.asks_human
    else:
        usual = rules.asks_other if talk.about == "other" else rules.asks_self
        if situation is not None and situation.gentle and not situation.asks:
            return None
        if situation is None and talk.country and talk.kind == "distress" and talk.about == "self":
            # Where the country is known it matters first whether one can write; in danger now the town comes first.
            usual = ("safe", *usual)
        order = _gently(situation, talk) or (*(situation.asks if situation is not None else ()), *usual)
    for question in order:
        told = set(rules.known_by.get(question, ())) & talk.signs
        if question not in talk.asked and question not in talk.known and not told:
            return question
    return None


def _gently(situation: Situation | None, talk: Talk) -> tuple[str, ...]:
    """What is asked of somebody who told what is hard to tell: that of the situation, as far as it helps now."""
    gentle = [one for one in table().situations.values() if one.gentle and set(one.signs) & talk.signs]
    if situation is not None and situation.gentle:
        return situation.asks
    return ("place", "who") if gentle and "suicide_eased" not in talk.signs else ()


def values_of(known: Mapping[str, Any]) -> frozenset[str]:
    """The questions that facts of a case answer."""
    names = {"place": "place", "people": "people", "safe": "safe", "need": "need", "building": "building"}
    names |= {"relation": "relation", "name": "name_other", "amount": "amount", "deadline": "moved"}
    return frozenset(question for fact, question in names.items() if known.get(fact) not in (None, ""))
