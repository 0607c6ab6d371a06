"""Buttons of the operators' group: which case or reply a press means, its use case, and the sentence shown for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.cases import allowed, belongs, sites
from bot.cases import service as cases
from bot.cases.rules import OUTCOMES
from bot.desk import alike, bulk, card, recruiters, refusals, service, use_cases
from bot.errors import CaseError, CaseNotFound
from bot.outbox import messages
from bot.outbox import service as outbox
from bot.outbox.messages import Button
from bot.storage.models import Case, Chat, Media, Operator, Outgoing, Update

#: What a button of another room does: its session, the group, who pressed, the rest of its data; a text key comes back.
type Pressed = Callable[[AsyncSession, Chat, Operator, str], Awaitable[str]]
_others: dict[str, Pressed] = {}

#: What a button of a card does to a case: the session, who pressed, the case, the rest of its data; a text key.
type OnCase = Callable[[AsyncSession, Operator, Case, str], Awaitable[str]]


def on_pressed(word: str) -> Callable[[Pressed], Pressed]:
    """Register what a button does whose data begins with this word, for a room above the desk."""

    def register(do: Pressed) -> Pressed:
        _others[word] = do
        return do

    return register


async def pressed(s: AsyncSession, group: Chat, update: Update, telegram_id: int, data: str) -> str:
    """Do what a button says. Returns the sentence for whoever pressed it."""
    lang = alike.lang(group)
    what, _, rest = data.partition(":")
    if group.former:
        return texts.render("desk_former_group", lang)
    try:
        operator = await cases.operator_of(s, telegram_id)
        allowed.in_group(operator, group)
        if what == "case" and rest == "next":
            return await claim_next(s, group, operator)
        return texts.render(await _do(s, group, operator, what, rest, update), lang)
    except CaseError as refused:
        key, values = refusals.of(refused, not_holder="desk_press_not_holder", not_found="desk_press_closed")
        return texts.render(key, lang, **values)


async def _do(s: AsyncSession, group: Chat, operator: Operator, what: str, rest: str, update: Update) -> str:
    if what == "case":
        return await _case_button(s, group, operator, rest)
    if what == "out":
        return await _outgoing_button(s, group, operator, rest)
    if what == "bulk":
        return await bulk.pressed(s, group, operator, rest, update)
    if what == "file":
        return await _file_button(s, group, operator, rest)
    if what == "recruiter":
        return await recruiters.pressed(s, operator, rest)
    if what in _others:
        return await _others[what](s, group, operator, rest)
    return "desk_button_unknown"


async def claim_next(s: AsyncSession, group: Chat, operator: Operator) -> str:
    """Give an operator the most urgent case of the group. Returns the sentence for them."""
    lang = alike.lang(group)
    site = sites.site_of_chat(group)
    claimed = await use_cases.claim_next(s, operator, site) if site is not None else None
    if claimed is None:
        return texts.render("desk_nobody_waits", lang)
    return texts.render("desk_you_claimed_ref", lang, ref=claimed.case.ref, priority=claimed.case.priority)


def _row_id(number: str) -> int | None:
    """A row id of a button; None for what no button of ours carries. A client may send anything."""
    return int(number) if number.isascii() and number.isdecimal() and len(number) <= 18 else None


# -- under a card


async def _case_button(s: AsyncSession, group: Chat, operator: Operator, rest: str) -> str:
    action, _, rest = rest.partition(":")
    number, _, outcome = rest.partition(":")
    case_id = _row_id(number)
    if case_id is None:
        return "desk_button_unknown"
    if (case := await s.get(Case, case_id)) is None:
        raise CaseNotFound()
    if not belongs.stands_in(group, case) or action not in _ON_CASE:
        return "desk_button_unknown"
    return await _ON_CASE[action](s, operator, case, outcome)


async def _claim(s: AsyncSession, operator: Operator, case: Case, _: str) -> str:
    await use_cases.claim(s, operator, case.id)
    return "desk_you_claimed"


async def _hand_over(s: AsyncSession, operator: Operator, case: Case, _: str) -> str:
    await use_cases.hand_over(s, operator, case.id)
    return "desk_you_handed_over"


async def _choose_outcome(s: AsyncSession, operator: Operator, case: Case, _: str) -> str:
    case = await use_cases.holds(s, operator, case.id)
    await _card_buttons(s, case, card.outcome_buttons(case))
    return "desk_choose_outcome"


async def _keep_open(s: AsyncSession, operator: Operator, case: Case, _: str) -> str:
    await service.refresh(s, await use_cases.holds(s, operator, case.id))
    return "desk_still_open"


async def _close(s: AsyncSession, operator: Operator, case: Case, outcome: str) -> str:
    chosen = next((known for known in OUTCOMES if known == outcome), None)
    if chosen is None:
        return "desk_button_unknown"
    await use_cases.close(s, operator, case.id, chosen)
    return "desk_you_closed"


async def _block(s: AsyncSession, operator: Operator, case: Case, _: str) -> str:
    await use_cases.close_and_block(s, operator, case.id)
    return "desk_you_blocked"


async def _unblock(s: AsyncSession, operator: Operator, case: Case, _: str) -> str:
    return "desk_you_unblocked" if await use_cases.unblock(s, operator, case.id) else "desk_not_blocked"


async def _reopen(s: AsyncSession, operator: Operator, case: Case, _: str) -> str:
    await use_cases.reopen(s, operator, case.id)
    return "desk_you_claimed"


async def _wait(s: AsyncSession, operator: Operator, case: Case, _: str) -> str:
    await use_cases.await_worker(s, operator, case.id)
    return "desk_you_wait"


async def _split(s: AsyncSession, operator: Operator, case: Case, _: str) -> str:
    await use_cases.split(s, operator, case.id)
    return "desk_you_split"


#: By the second word of a button's data: case:claim:<case>.
_ON_CASE: dict[str, OnCase] = {
    "claim": _claim,
    "hand": _hand_over,
    "close": _choose_outcome,
    "back": _keep_open,
    "closed": _close,
    "block": _block,
    "unblock": _unblock,
    "reopen": _reopen,
    "waits": _wait,
    "split": _split,
}


async def _card_buttons(s: AsyncSession, case: Case, rows: list[list[Button]]) -> None:
    group = await service.group_of(s, service.site_of(case))
    if group is not None and (number := case.card_in(group)) is not None:
        await outbox.queue(
            s,
            group.id,
            *messages.other_buttons(number, rows),
            purpose="refresh",
            rank=service.RANK_REST,
            case_id=case.id,
        )


# -- under a reply


async def _outgoing_button(s: AsyncSession, group: Chat, operator: Operator, rest: str) -> str:
    action, _, number = rest.partition(":")
    row_id = _row_id(number)
    row = await s.get(Outgoing, row_id) if row_id is not None else None
    if row is None or row.case_id is None or row.purpose != "operator":
        return "desk_button_unknown"
    if (case := await s.get(Case, row.case_id)) is None or not belongs.stands_in(group, case):
        return "desk_button_unknown"
    if action == "withdraw":
        withdrawn = await use_cases.withdraw(s, operator, row.id)
        if withdrawn is None:
            return "desk_nothing_to_withdraw"
        return "desk_withdraw_asked" if withdrawn.asked else "desk_withdrawn"
    if action == "override":
        said = {
            "released": "desk_overridden",
            "sent_before": "desk_already_sent",
            "not_waiting": "desk_button_unknown",
        }
        return said[await use_cases.send_now(s, operator, row.id)]
    allowed.for_case(operator, case)
    return "desk_button_unknown"


# -- under a file that was left


async def _file_button(s: AsyncSession, group: Chat, operator: Operator, rest: str) -> str:
    action, _, number = rest.partition(":")
    of_file = select(Update.case_id).join(Media, Media.update_id == Update.id).where(Media.id == (_row_id(number) or 0))
    case_id = await s.scalar(of_file)
    if action != "fetch" or case_id is None:
        return "desk_button_unknown"
    if not belongs.stands_in(group, await use_cases.holds(s, operator, case_id)):
        return "desk_button_unknown"
    return "desk_files_are_fetched" if await use_cases.fetch_files(s, operator, case_id) else "desk_no_files_left"
