"""A report arrives: the case, the first answer with a number to call, and the desk's alert, in one transaction.

Called by intake for what the lexicon recognises, before any turn runs, and by the action server for what Rasa
understood.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.cases import rules, sheet
from bot.cases import service as cases
from bot.cases.rules import Kind
from bot.cases.service import Reported
from bot.desk import lease
from bot.desk import service as desk
from bot.outbox import messages
from bot.outbox import service as outbox
from bot.storage.models import Case, Chat, Update
from bot.texts import Lang
from bot.turns import case_policy, case_sheet
from bot.turns.case_words import number_line, question_buttons, rendered
from bot.turns.person import lang_of, whereabouts
from nlu.sheet import labels, values
from nlu.understanding.decision import Decision
from nlu.understanding.triage import names_minor

#: How much surer than usual the reading must be to take a first message for one about another person.
OTHER_MARGIN: Final = 2.0


async def receive(
    s: AsyncSession,
    chat: Chat,
    update: Update,
    kind: Kind,
    *,
    lang: str,
    minor: bool = False,
    about: rules.About = "self",
    found_by: str = "lexicon",
    sure: bool = False,
    country: str | None = None,
    facts: Mapping[str, Any] | None = None,
    chat_locked: bool = False,
    text: str = "",
    earlier: Sequence[str] = (),
) -> Reported:
    """Open or enrich the chat's case, alert the desk, and queue the first answer. Idempotent by update.

    `about` is whom it happens to: whoever writes, or another person. `sure`: see cases.report. `text` are the words of
    the update, `earlier` those of the chat's messages just before it: what they tell is kept with a new case.
    """
    reported = await cases.report(
        s,
        chat,
        update,
        kind,
        lang=lang,
        minor=minor,
        about=about,
        found_by=found_by,
        sure=sure,
        country=country,
        facts=facts,
        chat_locked=chat_locked,
    )
    case = reported.case
    if reported.opened:
        await _opened(s, chat, update, case, lang_of(chat, lang), text, earlier)
    elif reported.raised:
        # It goes on with the talk that it has: its turn answers.
        await desk.announce(s, case, raised=True)
    else:
        if kind == "emergency":
            await lease.danger(s, case, update)
        if "country" in reported.learned:
            await desk.refresh(s, case)
    # Shown only when somebody holds the case already: a raised one may be held.
    await desk.relay(s, case, chat, update)
    return reported


async def minor_named(s: AsyncSession, chat: Chat) -> None:
    """A message that reports nothing names somebody under 18: an open case is marked, and raised where it is one."""
    case = await cases.open_case_of(s, chat.id, lock=True)
    if case is None:
        return
    if await cases.mark_minor(s, case):
        await desk.announce(s, case, raised=True)
    else:
        await desk.refresh(s, case)


async def understood(
    s: AsyncSession, chat: Chat, update: Update, decided: Decision, text: str, *, lang: str
) -> Reported:
    """Open or enrich the chat's case for what only the model recognised, with what the words say of it."""
    kind = next(known for known in rules.CASE_KINDS if known == decided.kind)
    country, place = whereabouts(text, chat.nationality)
    return await receive(
        s,
        chat,
        update,
        kind,
        lang=lang,
        minor=kind != "human" and names_minor(text),
        about="other" if decided.about == "other" else "self",
        found_by="model",
        sure=decided.wakes,
        country=country,
        facts={} if place is None else {"place": place},
        text=text,
    )


async def _opened(
    s: AsyncSession, chat: Chat, update: Update, case: Case, lang: Lang, text: str, earlier: Sequence[str]
) -> None:
    """Keep what the first message of a case tells, alert the desk, and queue the first answer."""
    told = labels.read(text) if text else frozenset()
    _note(case, update, told, text, earlier)
    if labels.surely(text, frozenset({"about_other"}), OTHER_MARGIN) and not told & {"is_me"}:
        case.facts = {**case.facts, "about": "other"}
    if chat.minor_named or case_sheet.tells_minor(text, told, case.facts.get("age")):
        await cases.mark_minor(s, case)
    crowd = await desk.announce(s, case)
    await _first_answer(s, chat, update, case, lang, desk.waiting_text(case, crowd), text)


def _note(case: Case, update: Update, told: frozenset[str], text: str, earlier: Sequence[str]) -> None:
    """Keep with a new case what its first message tells, and what was told just before it."""
    at = update.received_at or dt.datetime.now(dt.UTC)
    for words, found in [*((one, labels.read(one)) for one in earlier), (text, told)]:
        case.facts = sheet.noted(
            case.facts,
            signs=sorted(found & frozenset(labels.groups()["signs"])),
            sure=labels.sure(words),
            wishes=[name for name in labels.groups()["wishes"] if name in found],
            values=values.read(words, found),
            words=words,
            update=update.id,
            at=at,
        )


async def _first_answer(
    s: AsyncSession,
    chat: Chat,
    update: Update,
    case: Case,
    lang: Lang,
    wait: str | None,
    words: str,
) -> None:
    """Dull, short, true, with one question; what saves a life, or answers a question, first. Always a number to call.

    `wait` is the key of what is said about waiting.
    """
    text, said = first_words(case, chat, lang, words)
    if case.lang == "en":
        text = f"{text}\n{texts.render('english_saved', lang)}"
    if wait is not None:
        text = f"{text}\n{texts.render(wait, lang)}"
    await outbox.queue(
        s,
        chat.id,
        *messages.text(text, buttons=question_buttons(said.question, lang) or None),
        purpose="receipt",
        rank=2,
        case_id=case.id,
        update_id=update.id,
        dedupe=f"receipt:{case.id}:{case.kind}:{case.priority}",
    )
    await cases.ask(s, case, said.question)
    case.facts = {**sheet.said(case.facts, said.keys), "situation": said.situation}


def first_words(case: Case, chat: Chat, lang: Lang, words: str) -> tuple[str, case_policy.Reply]:
    """The first answer to a report in these words, and what of the talk it says and asks."""
    talk = talk_of(case, lang)
    said = case_policy.first(labels.read(words), talk, sure=labels.sure(words))
    number = number_line(case.country, case.nationality or chat.nationality, lang, bare=True)
    lines, asking = [rendered(key, case, chat, lang) for key in said.keys], ""
    if said.question is not None and not case_policy.asks_itself(said.keys):
        asking = texts.render(case_policy.question_key(said.question, talk.about), lang)
    if not lines:
        return texts.render(f"case_first_{case.kind}", lang, number=number, question=asking), said
    spoken = "\n".join([*lines, asking] if asking else lines)
    return texts.render("case_first_talk", lang, said=spoken, number=number), said


def talk_of(case: Case, lang: str) -> case_policy.Talk:
    """What is known of the talk of a case."""
    facts = case.facts
    return case_policy.Talk(
        about=rules.about(facts, case.kind),
        kind=case.kind,
        said=tuple(facts.get("said") or ()),
        asked=frozenset(facts.get("asked") or ()),
        known=case_policy.values_of(facts),
        situation=facts.get("situation"),
        signs=sheet.signs_of(facts, sure=True),
        country=case.country is not None,
        lang=lang,
    )
