"""The buttons under a verdict: what to ask the recruiter, and reporting the recruiter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.knowledge import contacts as directory
from bot.offers import message, recruiters, service
from bot.outbox import messages
from bot.outbox import service as outbox
from bot.outbox.messages import Button
from bot.storage.models import Case, Chat, Update
from bot.turns import bundle
from bot.turns.person import lang_of
from nlu.text.contacts import contacts

#: A client may send any callback data it likes, so it is checked letter by letter.
_BUTTON = re.compile(r"^offered:(?:(?P<report>report)|explain):(?P<row>[0-9]{1,18})(?::(?P<given>[0-9]{4}))?$")


def asked(data: str) -> re.Match[str] | None:
    """A press of such a button; None for any other."""
    return _BUTTON.match(data)


async def pressed(s: AsyncSession, chat: Chat, update: Update, case: Case | None, press: re.Match[str]) -> None:
    """Do what the button says about the offer that this chat sent."""
    row = await s.get(Update, int(press["row"]))
    if row is None or row.chat_id != chat.id:
        await _say(s, chat, update, [("offer_gone", {})])
        return
    words = await bundle.all_words(s, row)
    given = message.unpacked(press["given"] or "")
    judged = await service.judge(s, words, service.asker_of(chat), given, reporter=chat)
    if not press["report"]:
        await _say(s, chat, update, message.explain(judged))
    elif case is not None or row.case_id is not None:
        # What belongs to a case is evidence: an officer reads it, and nothing of it is kept elsewhere.
        await _say(s, chat, update, [("case_noted", {})], case)
    elif judged.kind != "offer" or not (named := recruiters.identifiers(judged.facts, ours())):
        await _say(s, chat, update, [("offer_report_nothing", {})])
    else:
        fresh = await service.report(s, chat, named)
        await _say(s, chat, update, [("offer_report_done" if fresh else "offer_report_again", {})])


@lru_cache
def ours() -> frozenset[str]:
    """Numbers and sites of the offices we name ourselves: an offer that cites an embassy must not mark it."""
    found: set[str] = set()
    for one in directory.directory().contacts:
        found.update(contact.value for phone in one.phones for contact in contacts(phone.number))
        host = urlsplit(one.web or "").hostname
        if host:
            found.add(host.removeprefix("www."))
    return frozenset(found)


async def _say(
    s: AsyncSession, chat: Chat, update: Update, parts: Sequence[message.Part], case: Case | None = None
) -> None:
    lang = lang_of(chat)
    person = [[Button(texts.render("button_person", lang), "human")]]
    await outbox.queue(
        s,
        chat.id,
        *messages.text(texts.joined(parts, lang), buttons=person),
        purpose="reply",
        case_id=case.id if case is not None else None,
        update_id=update.id,
        dedupe=f"turn:{update.id}:0",
    )
