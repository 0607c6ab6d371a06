"""Unclaimed reports with nearly the same words, as a flood brings them: found, and offered for closing together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.cases import rules, sites
from bot.desk import card, service, waiting
from bot.outbox import messages
from bot.outbox import service as outbox
from bot.outbox.messages import Button
from bot.storage import received
from bot.storage.models import Case, Chat, Update
from bot.texts import Lang
from nlu.text import languages

#: How much alike two texts are, of 100, to count as the same; and letters from which on that says anything: "tolong"
#: is written by everybody who needs help.
ALIKE, LETTERS = 88, 16
#: Groups of like words that are offered at once, the largest first; cases of one group at least.
GROUPS, TOGETHER = 5, 2
#: References named in one message.
NAMED = 60
_NO_LETTERS = re.compile(r"[\W\d_]+")


@dataclass(frozen=True)
class Reported:
    """An unclaimed case, and the letters of the message that opened it."""

    id: int
    ref: str
    letters: str


def same_words(one: str, other: str) -> bool:
    """Whether two messages, by their letters, say the same with a word or a figure changed."""
    return min(len(one), len(other)) >= LETTERS and fuzz.ratio(one, other) >= ALIKE


def groups(reports: Sequence[Reported]) -> list[list[Reported]]:
    """The reports that say the same, the largest group first."""
    found: list[list[Reported]] = []
    for report in reports:
        mine = next((group for group in found if same_words(group[0].letters, report.letters)), None)
        if mine is None:
            found.append([report])
        else:
            mine.append(report)
    return sorted((group for group in found if len(group) >= TOGETHER), key=len, reverse=True)


async def offer(s: AsyncSession, case: Case) -> None:
    """A case was closed as none: show the unclaimed ones that say the same, with a button that closes them."""
    found = await _like(s, case, upto=None)
    if not found:
        return
    site = service.site_of(case)
    its_lang = card.desk_lang(site)
    group = await service.group_of(s, site)
    if group is not None:
        text = texts.render("desk_bulk_alike", its_lang, count=len(found), refs=refs(found))
        data = f"bulk:alike:{case.id}:{found[-1].id}"
        await say(s, group, text, [[button("desk_button_bulk", its_lang, data, count=len(found))]], case=case)


async def like_id(s: AsyncSession, case_id: int, upto: int) -> list[Reported]:
    case = await s.get(Case, case_id)
    return [] if case is None or case.anonymised_at is not None else await _like(s, case, upto=upto)


async def _like(s: AsyncSession, case: Case, *, upto: int | None) -> list[Reported]:
    """The unclaimed cases of a case's desk that say what it says, oldest first; itself too, while nobody holds it."""
    group = await service.group_of(s, service.site_of(case))
    words = await _letters(s, [case.id])
    if group is None or case.id not in words:
        return []
    waits = await unclaimed(s, group)
    return [one for one in waits if (upto is None or one.id <= upto) and same_words(words[case.id], one.letters)]


async def unclaimed(s: AsyncSession, group: Chat) -> list[Reported]:
    """The unclaimed cases of a desk, oldest first."""
    site = sites.site_of_chat(group)
    if site is None:
        return []
    query = select(Case.id, Case.ref).where(Case.state == "new", Case.holder_id.is_(None), waiting.of_desk(site))
    rows = (await s.execute(query.order_by(Case.id))).all()
    words = await _letters(s, [row.id for row in rows])
    return [Reported(row.id, row.ref, words.get(row.id, "")) for row in rows]


async def _letters(s: AsyncSession, case_ids: Sequence[int]) -> dict[int, str]:
    """The letters of the message for which each case was opened; figures and signs are what a flood changes."""
    rows = await s.execute(
        select(Update.case_id, Update.kind, Update.raw)
        .where(Update.case_id.in_(case_ids), Update.triage.in_(rules.CASE_KINDS))
        .distinct(Update.case_id)
        .order_by(Update.case_id, Update.id)
    )
    found = {}
    for case_id, kind, raw in rows:
        if isinstance(text := received.words(received.body(raw, kind)), str):
            found[case_id] = _NO_LETTERS.sub("", text.lower())
    return found


def refs(found: Sequence[Reported]) -> str:
    named = " ".join(one.ref for one in found[:NAMED])
    return f"{named} ..." if len(found) > NAMED else named


def lang(group: Chat) -> Lang:
    site = sites.site_of_chat(group)
    return card.desk_lang(site) if site is not None else languages.DEFAULT


def button(key: str, lang: Lang, data: str, **values: object) -> Button:
    return Button(texts.render(key, lang, **values), data)


async def say(s: AsyncSession, group: Chat, text: str, rows: list[list[Button]], *, case: Case | None = None) -> None:
    """A post of this room: in the topic of a case, or in General."""
    await outbox.queue(
        s,
        group.id,
        *messages.text(text, buttons=rows),
        purpose="alert",
        rank=service.RANK_RELAY,
        case_id=case.id if case is not None else None,
        in_topic=case is not None,
    )
