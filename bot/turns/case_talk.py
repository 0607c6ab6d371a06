"""The talk of an open case that nobody holds yet: answers first, one thing at a time, each question put once.

What is said is decided by bot/turns/case_policy.py, what is kept by bot/turns/case_sheet.py.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.cases import rules, sheet
from bot.cases import service as cases
from bot.desk import lease
from bot.desk import service as desk
from bot.outbox import messages
from bot.outbox import service as outbox
from bot.outbox.messages import Button
from bot.storage.models import Case, Chat, Update
from bot.turns import case_policy, case_sheet, hours, model
from bot.turns.case_policy import Reply, Talk
from bot.turns.case_words import question_buttons, rendered
from bot.turns.distress_report import talk_of
from bot.turns.person import lang_of
from nlu.sheet import labels
from nlu.text import whom
from nlu.text.offered import offered
from nlu.understanding import controls, dialogue

#: Whoever wrote so many hours ago and says nothing new is greeted as somebody who comes back.
AWAY_HOURS: Final = 2.0
#: Topics of work that are answered as such in a case too, and how sure that must be.
OF_WORK: Final = frozenset(
    {"fees", "visa", "passport", "contract", "agency_check", "procedure", "insurance", "training"}
    | {"korea_japan_gtog", "thailand_malaysia_mou"}
)
SURE_OF_WORK: Final = 0.8
#: Labels of a message that is about the trouble; questions that are asked about work, too.
TROUBLE: Final = frozenset(labels.groups()["signs"]) | {"plead", "afraid", "about_other"}
ALSO_OF_WORK: Final = frozenset({"q_cost", "q_docs", "q_law", "q_name", "q_embassy", "q_number"})
#: A longer message of somebody who comes back says more than that.
SHORT_LETTERS: Final = 40
#: A mother who reports her son may be the one who wants to die.
WANTS_TO_DIE: Final = frozenset({"suicide", "suicide_means"})
#: A number to call stands in sight for so many texts.
NUMBER_STANDS: Final = 4
#: A longer message says more than where.
PLACE_LETTERS: Final = 60


def answers_question(case: Case, text: str) -> bool:
    """Whether a message plainly answers the question that is open, so that Rasa need not be asked.

    A longer message that names a place may be a cry for help that only Rasa hears.
    """
    if dialogue.corrects_place(text):
        return "?" not in text
    if case.asked == "place":
        return bool(dialogue.named(text)) and "?" not in text and len(text) <= PLACE_LETTERS
    if case.asked == "safe":
        return controls.yes_or_no(text) is not None or hours.named(text) is not None
    return False


def belongs(case: Case, update: Update, text: str) -> bool:
    """Whether words to an open case are part of it, and no ordinary question about work."""
    told, sure = labels.read(text), labels.sure(text)
    if not answers_question(case, text) and not sure & TROUBLE:
        read = model.of(update)
        if offered(text).is_offer:
            return False
        if case.priority == 1:
            # To somebody in danger nobody explains how to register for work.
            return True
        if read.decision.topic in OF_WORK and read.decision.kind_confidence >= SURE_OF_WORK:
            return False
        if not read.ranking and dialogue.asks(text) and sure <= ALSO_OF_WORK:
            # Without the trained model nobody knows the topic.
            return False
    return bool(told) or answers_question(case, text) or (case.kind != "human" and not dialogue.asks(text))


async def follow_up(
    s: AsyncSession, chat: Chat, update: Update, case: Case, text: str, *, kept_key: str | None = None
) -> None:
    """Keep what a message tells, and answer it; silent while somebody holds the case. The update is its own already."""
    hours_named = await case_sheet.note_hours(s, chat, case, text)
    if case.asked == "safe" and controls.yes_or_no(text):
        await told_safe(s, chat, update, case)
        return
    talk = talk_of(case, lang_of(chat))
    told = await case_sheet.keep(s, chat, update, case, text)
    if hours_named is not None:
        await cases.ask(s, case, None)
        await _say_hours(s, chat, update, case, hours_named)
        return
    await answer(s, chat, update, case, told, talk, text=text, kept_key=kept_key)


async def answer(
    s: AsyncSession,
    chat: Chat,
    update: Update,
    case: Case,
    told: frozenset[str],
    talk: Talk,
    *,
    text: str = "",
    kept_key: str | None = None,
) -> None:
    """Say what comes next to what a message told; `talk` is as it was before it."""
    if case.holder_id is not None:
        return
    now = talk_of(case, talk.lang)
    known, asked = now.known | ({case.asked} if case.asked is not None else frozenset()), talk.asked
    if case.asked is not None and dialogue.corrects_place(text):
        # It was about an earlier question: the open one is put once more.
        known, asked = now.known - {case.asked}, asked - {case.asked}
    about = "self" if told & WANTS_TO_DIE and whom.named(text).writer else now.about
    before = Talk(**{**vars(talk), "known": known, "asked": asked, "about": about})
    if not told and len(text) <= SHORT_LETTERS and await _was_away(s, chat, update):
        told = frozenset({"back"})
    kept = [*([kept_key] if kept_key else []), *_kept(case, text, update)]
    sure = labels.sure(text) | (told - labels.read(text)) if text else told
    said = case_policy.reply(told, before, sure=sure, kept=kept, asks=dialogue.asks(text))
    lately = [*said.keys, *talk.said[-NUMBER_STANDS:]]
    if said.new_danger and said.keys and not any(_names_a_number(key, talk.lang) for key in lately):
        # Danger is never answered without a number to call.
        said = replace(said, keys=(*said.keys, "talk_number"))
    await _ring(s, update, case, told, said)
    if "mistake" in told:
        await desk.worker_wish(s, case, "mistake")
    await _say(s, chat, update, case, said)


def _kept(case: Case, text: str, update: Update) -> list[str]:
    """The texts that say which facts were just taken note of."""
    place = str(case.facts.get("place") or "")
    told = dialogue.bare(text) is not None and any(one.evidence in place for one in dialogue.named(text))
    kept = ["talk_place_kept"] if told else []
    fresh = {name for name, one in (case.facts.get("sources") or {}).items() if one["update"] == update.id}
    if fresh & {"account", "amount"}:
        kept.append("talk_money_kept")
    elif fresh & {"name", "phone"}:
        kept.append("talk_name_kept")
    return kept[:1]


def _names_a_number(key: str, lang: str) -> bool:
    return "number" in texts.placeholders(texts.catalogue(lang).get(key, ""))


async def _say(s: AsyncSession, chat: Chat, update: Update, case: Case, said: Reply) -> None:
    """Queue a reply, and remember what was said and asked. Nothing while somebody holds the case."""
    if case.holder_id is not None:
        return
    lang = lang_of(chat)
    lines = [rendered(key, case, chat, lang) for key in said.keys]
    if said.question is not None and not case_policy.asks_itself(said.keys):
        lines.append(texts.render(case_policy.question_key(said.question, rules.about(case.facts, case.kind)), lang))
    await cases.ask(s, case, said.question)
    case.facts = {**sheet.said(case.facts, said.keys), "situation": said.situation}
    if not lines:
        return
    await outbox.queue(
        s,
        chat.id,
        *messages.text("\n".join(lines), buttons=question_buttons(said.question, lang) or None),
        purpose="reply",
        case_id=case.id,
        update_id=update.id,
        dedupe=f"turn:{update.id}:0",
    )


async def _ring(s: AsyncSession, update: Update, case: Case, told: frozenset[str], said: Reply) -> None:
    """New danger makes a case P1 and rings its desk, each time it is told anew."""
    if not said.new_danger and not told & WANTS_TO_DIE:
        return
    if case.holder_id is not None and update.triage == "emergency":
        # What the first reading heard has rung the holder already.
        return
    if case.priority > 1:
        await cases.make_urgent(s, case)
        await desk.announce(s, case, raised=True)
    elif case.holder_id is None:
        await desk.ring(s, case, update)
    else:
        await lease.danger(s, case, update)


async def heard_by_holder(s: AsyncSession, chat: Chat, update: Update, case: Case, text: str) -> None:
    """Keep what words to a held case tell, silently; new danger rings whoever holds it."""
    talk = talk_of(case, lang_of(chat))
    told = await case_sheet.keep(s, chat, update, case, text)
    await _ring(s, update, case, told, case_policy.reply(told, talk))


async def at_a_position(s: AsyncSession, chat: Chat, update: Update, case: Case) -> None:
    """A position came, and is kept already: the talk goes on with what is not known yet."""
    talk = talk_of(case, lang_of(chat))
    question = case_policy.next_question(talk, talk.situation)
    await _say(s, chat, update, case, Reply(("talk_position",), question, talk.situation))


async def _was_away(s: AsyncSession, chat: Chat, update: Update) -> bool:
    """Whether the chat's message before this one is hours old."""
    before: dt.datetime | None = await s.scalar(_BEFORE, {"chat": chat.id, "at": update.received_at})
    return before is not None and update.received_at - before > dt.timedelta(hours=AWAY_HOURS)


_BEFORE = (
    select(Update.received_at)
    .where(Update.chat_id == bindparam("chat"), Update.received_at < bindparam("at"))
    .order_by(Update.received_at.desc())
    .limit(1)
)


async def _say_hours(s: AsyncSession, chat: Chat, update: Update, case: Case, named: dict[str, str]) -> None:
    if case.holder_id is not None:
        return
    await outbox.say(
        s,
        chat,
        "case_safe_hours",
        lang_of(chat),
        case_id=case.id,
        update_id=update.id,
        dedupe=f"turn:{update.id}:0",
        start=named["from"],
        end=named["to"],
    )


async def told_safe(s: AsyncSession, chat: Chat, update: Update, case: Case) -> None:
    """The worker said that they can chat now. Until then the phone counts as watched.

    It opens a chat again that they themselves had shut by saying "not now"; not one that was cleared.
    """
    chat.watched = False
    if chat.shut_why == "stopped":
        outbox.reopen(chat)
        await outbox.release_waiting(s, chat.id)
    before = case.facts.get("safe")
    await cases.enrich(s, case, update, {"safe": True})
    if before is not True:
        await desk.refresh(s, case)
    talk = talk_of(case, lang_of(chat))
    await answer(s, chat, update, case, frozenset({"clear"}), talk)


async def noted(
    s: AsyncSession,
    chat: Chat,
    case: Case,
    update: Update,
    key: str,
    dedupe: str,
    buttons: Sequence[Sequence[Button]] = (),
) -> None:
    """Say of a file, a recording or a position that it arrived."""
    if case.holder_id is None:
        await outbox.say(
            s, chat, key, lang_of(chat), case_id=case.id, update_id=update.id, dedupe=dedupe, buttons=buttons
        )
