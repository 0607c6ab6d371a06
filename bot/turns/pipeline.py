"""The steps of a worker's turn, in order: buttons, control words, the holder, files, the open case, Rasa."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from telegram import Message
from telegram import Update as TelegramUpdate

from bot import texts
from bot.cases import service as cases
from bot.desk import service as desk
from bot.learning import unclear
from bot.outbox import media, messages
from bot.outbox import service as outbox
from bot.outbox.erase import erase_phone
from bot.outbox.service import Button
from bot.storage.models import Case, Chat, Outgoing, Update
from bot.texts import Lang
from bot.turns import (
    ask_back,
    attachments,
    bundle,
    case_sheet,
    case_talk,
    degraded,
    distress_report,
    files,
    live,
    phone,
    phone_words,
    rasa_turn,
    sources,
    verdict_buttons,
    verify_us,
    welcome,
)
from bot.turns.person import home_of, lang_of, whereabouts
from nlu.understanding import controls, dialogue
from nlu.understanding.decision import registry
from nlu.understanding.position import position
from nlu.understanding.reader import plain

#: A button older than this many hours is answered politely, not acted on.
BUTTON_HOURS = 48
#: A client may send any callback data it likes, so what becomes an intent is checked letter by letter.
OFFER_ANSWER = re.compile(r"^offer:([a-z_]{1,20}:[a-z_]{1,20})$")
#: What a chat with an open case sends of these is kept for the case.
EVIDENCE = frozenset({"photo", "video", "animation", "audio", "document", "paid_media"})
#: Contents that may hold an offer to be read.
READ = frozenset({"photo", "document"})
#: What is said of a file or card that the bot cannot read, by what it is; anything else gets media_other.
UNREAD = {
    "photo": "read_away",
    "document": "media_document",
    "contact": "media_contact",
    "video": "media_video",
    "animation": "media_video",
    "audio": "media_audio",
    "sticker": "media_sticker",
}


async def answer(
    s: AsyncSession,
    chat: Chat,
    update: Update,
    parsed: TelegramUpdate | None,
    case: Case | None,
    ahead: rasa_turn.Ahead | None = None,
) -> None:
    """Answer one update of a worker's chat. Raises NluUnavailable when only Rasa could have answered.

    The chat's open case is locked: whoever claims it meanwhile sees this message in the backlog, or we see the holder
    and relay it. `ahead` is what Rasa said before the turn began.
    """
    if update.kind == "my_chat_member":
        await desk.reachability(s, chat, dedupe=f"reach:{update.id}")
        return
    assert parsed is not None
    held = case is not None and case.holder_id is not None
    if case is not None and update.error == degraded.AWAY:
        # Rasa owed this an answer, but the person is with the desk by now: the words go there.
        await desk.keep(s, case, chat, update)
        return
    if parsed.callback_query is not None:
        await _pressed(s, chat, update, parsed, case)
        return
    message = parsed.effective_message
    assert message is not None
    text = words_of(message)
    if update.kind == "edited_message" and await _nothing_new(s, chat, update, text):
        if case is not None:
            await desk.keep(s, case, chat, update)
        return
    control = controls.match(text)
    if control == "source" and case is not None:
        # In an open case every word may be part of it.
        control = None
    if control != "erase" and await _of_the_phone(s, chat, [update], case, text):
        return
    if control is not None and (not held or control == "erase" or control.startswith("lang:")):
        await _control(s, chat, update, control, case)
        return
    if case is not None and held:
        await _to_holder(s, chat, update, message, case, text)
        return
    if update.triage in {None, "none"} or not await _answered_at_intake(s, update):
        await _by_content(s, chat, [update], message, text, case, ahead)
    await live.tell(s, chat, update)
    await files.tell_too_big(s, chat, update)


async def _to_holder(s: AsyncSession, chat: Chat, update: Update, message: Message, case: Case, text: str) -> None:
    """An operator holds the chat: the words go to them, and the bot is silent."""
    await cases.enrich(s, case, update, _where(message, text))
    if text:
        await case_sheet.note_hours(s, chat, case, text)
        await case_talk.heard_by_holder(s, chat, update, case, text)
    await desk.relay(s, case, chat, update)
    # But for one thing, which whoever looks at the phone sees at once.
    await live.tell(s, chat, update)


async def _of_the_phone(s: AsyncSession, chat: Chat, rows: Sequence[Update], case: Case | None, text: str) -> bool:
    """What a message says of the phone itself, above all in a chat with a case. True: nothing else is said to it."""
    update = rows[-1]
    if not text:
        return False
    if phone_words.read(text).delete_one:
        await phone.delete_one(s, chat, rows, case)
        return False
    if case is None and not await cases.had_case(s, chat.id):
        return False
    why = phone.why_shut(text, asked=case.asked if case is not None else None)
    if why == "asked":
        await phone.asked(s, chat, update, case)
    elif why == "stopped" and case is not None:
        await phone.stopped(s, chat, update, case, text)
    return why is not None


async def answer_together(s: AsyncSession, chat: Chat, told: Sequence[tuple[Update, Message]]) -> None:
    """Answer the messages of a bundle once; none of them is distress or control. Raises NluUnavailable."""
    case = await cases.open_case_of(s, chat.id, lock=True)
    rows = [row for row, _ in told]
    last, message = told[-1]
    text = bundle.joined([words_of(found) for _, found in told])
    if await _of_the_phone(s, chat, rows, case, words_of(message)):
        return
    if case is not None:
        for row in rows:
            await desk.keep(s, case, chat, row)
        if case.holder_id is not None or last.error == degraded.AWAY:
            await case_sheet.note_hours(s, chat, case, text)
            return
    await _by_content(s, chat, rows, message, text, case)
    for row in rows:
        await files.tell_too_big(s, chat, row)


async def _by_content(
    s: AsyncSession,
    chat: Chat,
    rows: list[Update],
    message: Message,
    text: str,
    case: Case | None,
    ahead: rasa_turn.Ahead | None = None,
) -> None:
    """Answer one or more messages, of which `message` is the last: evidence, an offer to read, words, or none."""
    last = rows[-1]
    if case is not None and any(row.content in EVIDENCE for row in rows):
        await _evidence(s, chat, rows, text, case)
    elif case is None and any(row.content in READ for row in rows) and await attachments.begin(s, chat, rows):
        return
    elif text and last.content not in bundle.MAY_BE_A_CALL and position(text) is None:
        await _words(s, chat, rows, text, case, ahead)
        await _unseen(s, chat, rows)
    else:
        await _no_words(s, chat, last, message, case, text)


async def _evidence(s: AsyncSession, chat: Chat, rows: list[Update], text: str, case: Case) -> None:
    """Files that come to an open case are kept for it and judged by no machine, whatever their captions say."""
    last = rows[-1]
    for row in rows:
        await desk.keep(s, case, chat, row)
    if text:
        await case_talk.follow_up(s, chat, last, case, text)
        return
    album = _album_of(last)
    dedupe = f"album:{chat.id}:{album}" if album else f"turn:{last.id}:0"
    await case_talk.noted(s, chat, case, last, "talk_picture", dedupe)


def _album_of(update: Update) -> str | None:
    """Telegram's number of the album that a message is part of."""
    message = update.raw.get(update.kind)
    found = message.get("media_group_id") if isinstance(message, dict) else None
    return found if isinstance(found, str) else None


def words_of(message: Message) -> str:
    """What a person wrote in a message: its text or caption."""
    return (message.text or message.caption or "").strip()


async def _nothing_new(s: AsyncSession, chat: Chat, update: Update, text: str) -> bool:
    """Whether an edit says nothing new in words: a position that moves, or a message that only looks different."""
    if not text:
        return True
    before = await s.scalar(
        select(Update)
        .where(
            Update.chat_id == chat.id,
            Update.bot_id == update.bot_id,
            Update.message_id == update.message_id,
            Update.id < update.id,
        )
        .order_by(Update.id.desc())
        .limit(1)
    )
    if before is None or not isinstance(body := before.raw.get(before.kind), dict):
        return False
    return str(body.get("text") or body.get("caption") or "").strip() == text


async def _words(
    s: AsyncSession, chat: Chat, rows: list[Update], text: str, case: Case | None, ahead: rasa_turn.Ahead | None
) -> None:
    """Words: they answer the question of the open case, or Rasa does."""
    update = rows[-1]
    if case is not None and update.case_id == case.id and update.triage not in {None, "none"}:
        # Recognised by the lexicon as part of the open case.
        await case_talk.follow_up(s, chat, update, case, text)
        return
    if case is not None and case_talk.belongs(case, update, text):
        await desk.keep(s, case, chat, update)
        await case_talk.follow_up(s, chat, update, case, text)
        return
    if case is not None:
        # What it tells is kept whatever Rasa makes of it: a question may name the place, too.
        await case_sheet.keep(s, chat, update, case, text)
        await desk.relay(s, case, chat, update)
    if not plain(text):
        await outbox.say(s, chat, "turn_unreadable", lang_of(chat), update_id=update.id, dedupe=f"turn:{update.id}:0")
        return
    if await welcome.say(s, chat, update) and chat.heard_lang == "en" and dialogue.puzzled_in_english(text):
        # The greeting has asked for the language just now, in English, too.
        return
    await rasa_turn.answer(s, chat, update, text=text, case=case, together=rows, ahead=ahead)


async def _control(s: AsyncSession, chat: Chat, update: Update, control: str, case: Case | None) -> None:
    """Control words work at any time: with an operator in the chat, with Rasa away, in the middle of a form."""
    lang = lang_of(chat)
    if case is not None and update.case_id is None:
        # Whoever holds the case reads every word of it: that the language changed, too, or that all is to be erased.
        await desk.keep(s, case, chat, update)
    dedupe = f"turn:{update.id}:0"
    if control == "start":
        chat.flow += 1
        await welcome.say(s, chat, update, always=True)
    elif control.startswith("lang:"):
        await set_language(s, chat, update, control)
    elif control == "erase":
        await erase(s, chat, update)
    elif control == "human":
        await distress_report.receive(s, chat, update, "human", lang=chat.heard_lang or lang, found_by="command")
        if not await _answered_at_intake(s, update):
            await outbox.say(s, chat, "case_noted", lang, update_id=update.id, dedupe=dedupe)
    elif control == "help":
        await outbox.say(s, chat, "help", lang, update_id=update.id, dedupe=dedupe, buttons=menu_buttons(lang))
    elif control == "about":
        await outbox.say(
            s,
            chat,
            "about",
            lang,
            update_id=update.id,
            dedupe=dedupe,
            buttons=[[Button(texts.render("button_real", lang), "menu:real")]],
            organisation=desk.organisation(chat, lang, case),
        )
    elif control == "real":
        text = await verify_us.how_to_know_us(s, chat, lang, case)
        await outbox.queue(s, chat.id, *messages.text(text), purpose="reply", update_id=update.id, dedupe=dedupe)
    elif control == "source":
        await sources.say(s, chat, update, case, sources.last_answer(chat, case))
    elif control == "spare":
        await unclear.spare(s, chat)
        await outbox.say(s, chat, "spared", lang, update_id=update.id, dedupe=dedupe)
    elif control == "cancel":
        chat.flow += 1
        if case is not None:
            # No message from a chat closes a case: the wish becomes an operator's task.
            await cases.wish(s, case, "close")
            await desk.worker_wish(s, case, "close")
        await outbox.say(s, chat, "cancelled", lang, update_id=update.id, dedupe=dedupe)


@lru_cache
def intents() -> frozenset[str]:
    """The intents a button may name: questions and who we are, never a report or an erasure."""
    asks = frozenset(name for name, intent in registry().items() if intent.kind in {"question", "offer"})
    return asks | {"ask_identity"}


def menu_buttons(lang: Lang) -> list[list[Button]]:
    """What one can do, for somebody who does not know what to write."""
    return [
        [Button(texts.render("button_check_offer", lang), "menu:offer")],
        [Button(texts.render("button_person", lang), "human")],
        [Button(texts.render("button_about", lang), "menu:about")],
        [Button(texts.render("button_real", lang), "menu:real")],
    ]


async def set_language(s: AsyncSession, chat: Chat, update: Update, control: str) -> None:
    """The worker chose a language, by words, button or command."""
    chosen = texts.reader(control.rpartition(":")[2])
    chat.lang = chosen
    chat.nationality = chat.nationality or home_of(chat)
    await outbox.say(s, chat, "language_set", chosen, update_id=update.id, dedupe=f"turn:{update.id}:0")


async def erase(s: AsyncSession, chat: Chat, update: Update) -> None:
    """Erase the chat on the phone. The case, if there is one, stays; the desk is told of the wish."""
    # Evidence first: what the phone deletes may be gone from Telegram too.
    await media.fetch_wanted(chat.id)
    await erase_phone(s, chat, lang_of(chat), upto_update=update.id, dedupe=f"erase:{update.id}")
    case = await cases.open_case_of(s, chat.id, lock=True)
    if case is not None:
        await cases.enrich(s, case, update, {})
        await cases.wish(s, case, "erase")
        await desk.worker_wish(s, case, "erase")


async def _no_words(
    s: AsyncSession, chat: Chat, update: Update, message: Message, case: Case | None, text: str
) -> None:
    """A photo, file, voice note, position or anything else that came without words but those of where."""
    facts = _where(message, text)
    # Ten pictures sent at once are answered once, and those that come late are not answered again.
    album = message.media_group_id
    dedupe = f"album:{chat.id}:{album}" if album else f"turn:{update.id}:0"
    if case is not None:
        await desk.keep(s, case, chat, update, facts)
        if facts:
            await case_talk.at_a_position(s, chat, update, case)
            return
        key = "talk_voice" if update.content in bundle.MAY_BE_A_CALL else "talk_picture"
        await case_talk.noted(s, chat, case, update, key, dedupe)
        return
    if facts or update.content in bundle.MAY_BE_A_CALL:
        await distress_report.receive(
            s,
            chat,
            update,
            "human",
            lang=chat.heard_lang or "other",
            found_by="medium",
            country=whereabouts(text, home_of(chat))[0],
            facts={**facts, "unheard": True},
        )
        return
    await welcome.say(s, chat, update)
    if files.too_big(update):
        await files.tell_too_big(s, chat, update)
        return
    await _say_unread(s, chat, update, dedupe)


async def _unseen(s: AsyncSession, chat: Chat, rows: Sequence[Update]) -> None:
    """Say of a video, recording or file that nobody looked at it, where only the words beside it were answered.

    In a case an operator looks at it.
    """
    row = next((row for row in rows if row.content in UNREAD and not files.too_big(row)), None)
    if row is not None and await cases.open_case_of(s, chat.id) is None:
        await _say_unread(s, chat, row, f"unseen:{row.id}")


async def _say_unread(s: AsyncSession, chat: Chat, update: Update, dedupe: str) -> None:
    lang = lang_of(chat)
    await outbox.say(
        s,
        chat,
        UNREAD.get(update.content or "", "media_other"),
        lang,
        update_id=update.id,
        dedupe=dedupe,
        buttons=[[Button(texts.render("button_person", lang), "human")]],
    )


def _where(message: Message, text: str) -> dict[str, Any]:
    """The position that a message tells, shared or typed, and the place it names; nothing for any other message."""
    venue = message.venue
    at = message.location or (venue.location if venue is not None else None)
    if at is not None:
        told: list[float] | None = [at.latitude, at.longitude]
        spelt = cases.spelt([at.latitude, at.longitude])
        named = ", ".join(part for part in (venue.title, venue.address) if part) if venue is not None else ""
    elif (typed := position(text)) is not None:
        told = list(typed.at) if typed.at is not None else None
        spelt = cases.spelt(typed.at) if typed.at is not None else typed.typed
        named = whereabouts(text, None)[1] or ""
    else:
        return {}
    place = {"place": f"{named} ({spelt})" if named else spelt}
    return place if told is None else {"location": told, **place}


async def _pressed(s: AsyncSession, chat: Chat, update: Update, parsed: TelegramUpdate, case: Case | None) -> None:
    """A button. The gateway has stopped its little clock already; here we do what it says, or say that it is old."""
    query = parsed.callback_query
    assert query is not None
    data = query.data or ""
    if case is not None:
        await cases.enrich(s, case, update, {})
    made = getattr(query.message, "date", None)
    old = made is None or dt.datetime.now(dt.UTC) - made > dt.timedelta(hours=BUTTON_HOURS)
    if data in {f"lang:{lang}" for lang in texts.LANGS}:
        await set_language(s, chat, update, data)
    elif data == "erase":
        await erase(s, chat, update)
    elif data == "safe:no" and case is not None:
        await phone.stopped(s, chat, update, case)
    elif data == "safe:yes" and case is not None and not old:
        await case_talk.told_safe(s, chat, update, case)
    elif data in {"menu:about", "menu:real"} and (case is not None or await cases.had_case(s, chat.id)):
        await phone.asked(s, chat, update, case)
    elif case is not None and case.holder_id is not None:
        # An operator holds the chat: they see the press as a line, and the bot is silent.
        await desk.post(s, case, "desk_pressed", rank=desk.RANK_RELAY, dedupe=f"pressed:{update.id}")
    else:
        await _pressed_without_holder(s, chat, update, case, data, old=old)


async def _pressed_without_holder(
    s: AsyncSession, chat: Chat, update: Update, case: Case | None, data: str, *, old: bool
) -> None:
    """A button of a chat that no operator holds; `old` ones that would ask Rasa are said to be old."""
    lang = lang_of(chat)
    if data == "human":
        await _control(s, chat, update, "human", case)
    elif data in {"menu:about", "menu:real"}:
        await _control(s, chat, update, data.removeprefix("menu:"), case)
    elif (entry := sources.asked(data)) is not None:
        await sources.say(s, chat, update, case, entry)
    elif (press := verdict_buttons.asked(data)) is not None:
        await verdict_buttons.pressed(s, chat, update, case, press)
    elif (number := ask_back.asked(data)) is not None:
        await ask_back.pressed(s, chat, update, number)
    elif data == "menu:offer":
        await outbox.say(s, chat, "chat_paste_offer", lang, update_id=update.id, dedupe=f"turn:{update.id}:0")
    elif (found := OFFER_ANSWER.match(data)) is not None and not old:
        trigger = f'/answer_offer{{"offer_answer": "{found.group(1)}"}}'
        await rasa_turn.answer(s, chat, update, text="", case=case, trigger=trigger)
    elif data.startswith("ask:") and data[4:] in intents() and not old:
        await rasa_turn.answer(s, chat, update, text="", case=case, trigger=f"/{data[4:]}")
    else:
        await outbox.say(
            s, chat, "button_old", lang, update_id=update.id, dedupe=f"turn:{update.id}:0", buttons=menu_buttons(lang)
        )


async def _answered_at_intake(s: AsyncSession, update: Update) -> bool:
    """Whether intake queued this update's first answer already."""
    count = await s.scalar(select(func.count()).where(Outgoing.update_id == update.id, Outgoing.purpose == "receipt"))
    return bool(count)
