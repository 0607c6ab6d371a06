"""Intake: an update is in the database, triaged, before Telegram hears that it arrived.

One transaction an update: its row (encrypted, each content once), the lexicon's triage with the case and its alert,
and the job of its turn. Whatever stands behind intake may be down: the case exists all the same.

An update that breaks, blocks or ends the gateway must not be given to us by Telegram for ever. It is stored with less
the next time: whole, then unreported (its case left to its turn), then bare (without triage, for its turn to look at),
then as a shell (its number alone).
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from sqlalchemy import bindparam, exists, literal, select, text, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot.cases import belongs, rules, sites
from bot.cases import service as cases
from bot.chat.parse_update import Read, file_of, number_of, read
from bot.outbox import media
from bot.outbox import service as outbox
from bot.outbox.telegram import bot_id
from bot.runtime import watchdog
from bot.storage import crypto, jobs
from bot.storage.models import Case, Chat, Outgoing, Update
from bot.storage.session import right_of_way, session
from bot.turns import bundle, distress_report, live, model, person, phone
from nlu.text import language, languages
from nlu.understanding import dialogue, reader
from nlu.understanding.found import Context, Understanding

log = logs.get(__name__)

#: Triage looks at what the chat wrote within this many minutes before, at most this many messages.
EARLIER_MINUTES, EARLIER_MESSAGES = rules.EARLIER_MINUTES, 2
#: Characters of a message that are looked at; no message of Telegram is longer.
LONGEST = 4096
#: From so many letters on, and so sure, one message says more about a person's language than the ones before.
SENTENCE_LETTERS, SENTENCE_CONFIDENCE = reader.SENTENCE_LETTERS, 0.8


class Stage(IntEnum):
    """How much is done with an update before it is stored."""

    WHOLE, UNREPORTED, BARE, SHELL = 0, 1, 2, 3


@dataclass(frozen=True)
class Seen:
    """What intake saw in a worker's update before it is stored."""

    #: Level that lexicon and model gave; None when they did not look: the update's turn does then.
    level: str | None = None
    #: What its words are and tell; None when nobody looked, or there are none.
    understood: Understanding | None = None
    #: The chat's messages before this one that were read with it.
    earlier: tuple[str, ...] = ()
    #: Whether messages to the chat may wait for it to write.
    waiting: bool = True
    #: Why the update shuts the chat (bot/turns/phone.py).
    shuts: str | None = None

    @property
    def reasons(self) -> list[dict[str, str]] | None:
        """The lexicon's evidence: of a case, and of signs the person is asked about."""
        found = self.understood
        if found is None or not (found.opens or (found.asks and found.seen_by_lexicon)):
            return None
        return found.reasons

    @property
    def kind(self) -> rules.Kind | None:
        """The kind of case that the level opens."""
        return next((known for known in rules.CASE_KINDS if known == self.level), None)


#: Updates that were being stored when a gateway before this one died, and what is left to try with them.
_suspects: dict[int, Stage] = {}


def blame() -> None:
    """Remember which update was at work when the gateway before this one died: it comes again, is stored with less."""
    for number, stage in watchdog.left_behind():
        _suspects[number] = Stage.BARE if stage < Stage.BARE else Stage.SHELL


async def store(raw: dict[str, Any]) -> Read | None:
    """Store one update. Returns what was read when it is new, None when it was here already or is no update.

    Raises when the database is away: the caller then confirms nothing to Telegram. A fault of ours must not keep an
    update, and every one behind it, from being stored.
    """
    number = number_of(raw)
    if number is None:
        log.warning("not_an_update")
        return None
    stage = _suspects.get(number, Stage.WHOLE)
    while True:
        try:
            stored = await watchdog.step(number, _store_as(raw, number, stage), stage)
            _suspects.pop(number, None)
            return stored
        except Exception as problem:
            if jobs.database_is_away(problem) or stage is Stage.SHELL:
                raise
            stage = Stage(stage + 1)
            log.error("stored_with_less", stage=stage.name.lower(), exc_info=True)


async def _store_as(raw: dict[str, Any], number: int, stage: Stage) -> Read | None:
    if stage is Stage.SHELL:
        return await _store(Read(number, "other"), {"update_id": number}, stage=stage)
    return await _store(read(raw), raw, stage=stage)


async def _store(got: Read, raw: dict[str, Any], *, stage: Stage) -> Read | None:
    reuse: int | None = 0
    while reuse is not None:
        try:
            return await _store_once(got, raw, stage=stage, reuse=reuse)
        except IntegrityError as problem:
            if not _number_taken(problem):
                raise
        reuse = await _reuse_of(got.update_id, raw)
    log.info("update_known", discard="duplicate")
    return None


async def _store_once(got: Read, raw: dict[str, Any], *, stage: Stage, reuse: int) -> Read | None:
    """Store an update in one transaction. Raises IntegrityError when `reuse` of its number is taken."""
    bare = stage >= Stage.BARE
    async with session() as s, right_of_way(s):
        now = dt.datetime.now(dt.UTC)
        chat = await _chat_of(s, got, heard_at=now if _is_heard(got) and not bare else None)
        discard = _discard(got, chat)
        ours = chat if chat is not None and chat.kind == "private" and discard is None and not bare else None
        seen = await _see(s, ours, got, now) if ours is not None else Seen()
        if stage is Stage.UNREPORTED and seen.kind is not None:
            # Its turn looks at it again.
            seen = replace(seen, level=None)
        row = Update(
            bot_id=bot_id(),
            update_id=got.update_id,
            reuse=reuse,
            chat_id=chat.id if chat else None,
            kind=got.kind,
            content=got.content,
            message_id=got.message_id,
            raw=raw,
            state="discarded" if discard else "pending",
            discard=discard,
            triage=seen.level,
            reasons=seen.reasons,
            understood=seen.understood.to_json() if seen.understood is not None else None,
        )
        s.add(row)
        await s.flush()
        if chat is not None and chat.kind != "private" and not bare:
            # A service message tells the name of a topic: it goes with its case too.
            row.case_id = await belongs.case_of(s, chat, raw)
        if chat is not None and chat.kind != "private" and got.moved_to is not None:
            await outbox.group_moved(s, chat.id, got.moved_to)
        if chat is None or discard is not None:
            await s.commit()
            return got
        if ours is not None:
            await _receive(s, chat, row, got, raw, seen)
            if await _joined(s, chat, row, got):
                await s.commit()
                return got
        task = "turns.take" if chat.kind == "private" else "desk.take"
        # Distress overtakes other chats' chatter; within a chat the lock keeps the order.
        priority = 5 if row.triage not in (None, "none") else 0
        await jobs.defer(s, task, queue_name=jobs.TURNS, lock=f"turn:{chat.id}", priority=priority, update=row.id)
        await s.commit()
    return got


def _number_taken(problem: IntegrityError) -> bool:
    """Whether an update with the same number is stored: the same one, or another one that was given a used number."""
    diagnosis = getattr(problem.orig, "diag", None)
    return getattr(diagnosis, "constraint_name", None) == "uq_updates_bot_id_update_id_reuse"


async def _reuse_of(number: int, raw: dict[str, Any]) -> int | None:
    """How often the number of an update was used for other contents; None when this very content is stored.

    After a week without updates Telegram goes on with a random number, and so does another Bot API server. Only an
    equal content is a duplicate. Source: Bot API, Update.update_id.
    """
    content = json.dumps(raw, sort_keys=True)
    async with session() as s:
        query = select(Update.reuse, Update.raw).where(Update.bot_id == bot_id(), Update.update_id == number)
        stored = (await s.execute(query)).all()
    if any(json.dumps(known, sort_keys=True) == content for _, known in stored):
        return None
    return max((reuse for reuse, _ in stored), default=-1) + 1


async def _joined(s: AsyncSession, chat: Chat, row: Update, got: Read) -> bool:
    """Whether an update's turn comes later, with others: a position that moves, a message of a bundle."""
    if live.moves(got.kind, got.content):
        await live.join(s, chat, row)
        return True
    if got.kind != "message":
        return False
    belongs = bundle.belongs(got.content, got.text, forwarded=got.forwarded, album=got.album is not None)
    return await bundle.join(s, chat, row, got.text, belongs=belongs)


def _is_heard(got: Read) -> bool:
    """Whether a person does something in an update; a phone that tells its position does it by itself."""
    if got.kind == "callback_query":
        return True
    by_person = not got.service and not got.sender_is_bot and not live.moves(got.kind, got.content)
    return got.kind in {"message", "edited_message"} and by_person


async def _chat_of(s: AsyncSession, got: Read, *, heard_at: dt.datetime | None) -> Chat | None:
    """The row of the update's chat, locked; made when it is new. None for chats we do not serve.

    `heard_at` is when a worker was heard: noted, and the row locked, in one question.
    """
    if got.chat_id is None or got.chat_type == "channel":
        return None
    key = crypto.keyed_hash("chat", got.chat_id)
    if got.chat_type != "private":
        return await _group_of(s, got, key)
    if heard_at is not None:
        chat = await s.scalar(_HEARD, {"key": key, "at": heard_at})
    else:
        chat = await s.scalar(_FOUND, {"key": key})
    if chat is None:
        await s.execute(_NEW, {"chat_hash": key, "chat_id": str(got.chat_id)})
        chat = await s.scalar(_FOUND, {"key": key})
        assert chat is not None
    if chat.bot_id != bot_id():
        if chat.bot_id is not None:
            await jobs.defer(s, "desk.found_new_bot", queue_name=jobs.DESK, chat=chat.id)
        chat.bot_id = bot_id()
    if not got.sender_is_bot:
        if got.name and got.name != chat.name:
            chat.name = got.name
        if got.username and got.username != chat.username:
            chat.username = got.username
        if got.client_lang and got.client_lang != chat.client_lang:
            chat.client_lang = got.client_lang[:16]
    return chat


async def _group_of(s: AsyncSession, got: Read, key: bytes) -> Chat | None:
    """The row of an operators' group, locked, also of a former one; None for a foreign group."""
    group: Chat | None = await s.scalar(_FOUND, {"key": key})
    if group is None and got.chat_id is not None and sites.site_of_group(got.chat_id) is not None:
        await outbox.group_row(s, got.chat_id, desk_hash=key)
        group = await s.scalar(_FOUND, {"key": key})
    if group is None and got.moved_from is not None:
        # What the new group says of it may come before what the old one says.
        former = await s.scalar(_FOUND, {"key": crypto.keyed_hash("chat", got.moved_from)})
        if former is not None and got.chat_id is not None:
            await outbox.group_moved(s, former.id, got.chat_id)
            group = await s.scalar(_FOUND, {"key": key})
    return group


_FOUND = select(Chat).where(Chat.chat_hash == bindparam("key")).with_for_update(key_share=True)
#: As text: SQLAlchemy 2.0 builds an "on conflict" anew each time.
_NEW = text(
    "insert into chats (chat_hash, chat_id) values (:chat_hash, :chat_id) on conflict (chat_hash) do nothing"
).bindparams(*(bindparam(name, type_=Chat.__table__.c[name].type) for name in ("chat_hash", "chat_id")))
_HEARD = (
    update(Chat)
    .where(Chat.chat_hash == bindparam("key"))
    .values(last_heard_at=bindparam("at"), unreachable_at=None)
    .returning(Chat)
    .execution_options(synchronize_session=False)
)


def _discard(got: Read, chat: Chat | None) -> str | None:
    """Why an update needs no answer: the closed list of discards."""
    if got.kind in {"channel_post", "edited_channel_post"}:
        return "channel_post"
    if chat is None:
        return "foreign_group" if got.chat_id is not None else "no_chat"
    if chat.kind == "operators" and got.members:
        return None
    if got.sender_is_bot and got.kind != "callback_query" and got.sender_id not in rules.NO_PERSON:
        return "bot_sender"
    if got.service or (got.kind == "my_chat_member" and chat.kind != "private"):
        return "service_message"
    return None


async def _see(s: AsyncSession, chat: Chat, got: Read, now: dt.datetime) -> Seen:
    """Read a worker's update, and note in the chat what it tells of them. Nothing else is written yet.

    The update itself must be stored whatever this does; only a database that is away ends it: nothing is confirmed
    then, and the update comes again.
    """
    if got.kind == "my_chat_member":
        chat.unreachable_at = now if got.bot_status == "kicked" else None
        return Seen()
    chat.unreachable_at = None
    if live.moves(got.kind, got.content):
        # The phone tells its position by itself: that says nothing of whose hand it is in.
        return Seen("none")
    if chat.last_heard_at != now:
        chat.last_heard_at = now
    if got.kind not in {"message", "edited_message"}:
        return Seen()
    try:
        return await _read_words(s, chat, got)
    except Exception as problem:
        if jobs.database_is_away(problem):
            raise
        log.error("triage_failed", exc_info=True)
        return Seen()


async def _receive(s: AsyncSession, chat: Chat, row: Update, got: Read, raw: dict[str, Any], seen: Seen) -> None:
    """What is done at once for a worker's stored update: the live window, files, the case of a cry for help."""
    if got.kind == "my_chat_member" or live.moves(got.kind, got.content):
        return
    shuts = seen.shuts if got.callback_data is None else phone.why_shut("", got.callback_data)
    if shuts is not None:
        # From here on nothing may land on the phone while the turn waits for its time.
        outbox.shut(chat, row, shuts, dt.datetime.now(dt.UTC))
    elif seen.waiting and got.kind in {"message", "edited_message", "callback_query"}:
        await outbox.release_waiting(s, chat.id)
    if (file := file_of(raw)) is not None:
        await media.want(s, chat, row, **vars(file))
    if seen.kind is not None:
        await _report(s, chat, row, got, seen)
    elif seen.understood is not None and seen.understood.minor:
        await distress_report.minor_named(s, chat)


async def _read_words(s: AsyncSession, chat: Chat, got: Read) -> Seen:
    """Read an update's words, once: everything behind intake reads what is found here."""
    text = got.text[:LONGEST]
    if not text:
        return Seen("none")
    earlier, waiting, had_case, asked = await _earlier(s, chat)
    app = (chat.client_lang or "").partition("-")[0]
    prior = chat.heard_lang or chat.lang or (app if app in rules.SPOKEN else None)
    found = model.understand(text, Context(tuple(earlier), prior))
    if found.language.confidence > 0:
        _hear(chat, found.language, text)
    if not got.forwarded and found.citizen is not None:
        # Their own word counts for more than the language they write: whose embassy they need depends on it.
        chat.nationality = found.citizen
    shuts = phone.why_shut(text, asked=asked) if had_case or found.control == "erase" else None
    if found.minor:
        # Also where nothing is reported yet: the age is often told first, in a question.
        chat.minor_named = True
    return Seen(found.opens or "none", found, tuple(earlier), waiting, shuts)


async def _report(s: AsyncSession, chat: Chat, row: Update, got: Read, seen: Seen) -> None:
    """Open, or add to, the case of an update in which distress was recognised: in the update's own transaction."""
    assert seen.understood is not None and seen.kind is not None
    understood, heard = seen.understood, seen.understood.language.code
    home = person.home_of(chat, heard)
    country, place = person.whereabouts(got.text[:LONGEST], home)
    if country is None:
        # "saya di bavet" came first, "tolong" after it.
        told = [words for words in seen.earlier if not dialogue.asks(words)]
        country, place = person.whereabouts("\n".join(told), home)
    facts: dict[str, Any] = {"minor": True} if understood.minor else {}
    if place is not None:
        facts["place"] = place
    if (people := person.how_many(got.text[:LONGEST])) is not None:
        facts["people"] = people
    # A chat that was in a language of ours before is answered in it, whatever the last words were.
    known = chat.heard_lang if chat.heard_lang in rules.SPOKEN else heard
    await distress_report.receive(
        s,
        chat,
        row,
        seen.kind,
        lang=heard if heard in rules.SPOKEN else known or heard,
        minor=understood.minor,
        about="other" if understood.decision.about == "other" else "self",
        found_by="model" if understood.decision.found_by == "model" else "lexicon",
        sure=understood.decision.wakes,
        country=country,
        facts=facts,
        chat_locked=True,
        text=got.text[:LONGEST],
        earlier=seen.earlier,
    )


def _hear(chat: Chat, heard: language.Language, text: str) -> None:
    """Remember the language of a chat, and whose citizen it suggests while nobody said.

    English and unknown words do not make a chat forget a language of ours. A guess made from a word or two gives
    way to a sentence in another language.
    """
    before = chat.heard_lang
    if heard.code in rules.SPOKEN or before not in rules.SPOKEN:
        chat.heard_lang = heard.code
    if heard.code not in rules.SPOKEN:
        return
    suggests = languages.country_of(heard.code)
    guessed = before in rules.SPOKEN and chat.nationality == languages.country_of(before)
    long = len(text) >= SENTENCE_LETTERS and heard.confidence >= SENTENCE_CONFIDENCE
    sentence = long or languages.own_letters(heard.code)
    if chat.nationality is None or (guessed and sentence):
        chat.nationality = suggests


async def _earlier(s: AsyncSession, chat: Chat) -> tuple[list[str], bool, bool, str | None]:
    """What the chat wrote before, oldest first; whether anything waits for it to write; whether it has or had a case,
    and which question of it is open: one question for all.
    """
    since = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=EARLIER_MINUTES)
    rows = (await s.execute(_EARLIER, {"chat": chat.id, "since": since})).all()
    waits, had_case, asked, _ = rows[0]
    return [read(raw).text[:LONGEST] for *_, raw in reversed(rows) if raw is not None], waits, had_case, asked


_before = (
    select(Update.id, Update.raw)
    .where(
        Update.chat_id == bindparam("chat"),
        Update.kind == "message",
        Update.content == "text",
        Update.received_at > bindparam("since"),
    )
    .order_by(Update.id.desc())
    .limit(EARLIER_MESSAGES)
    .subquery()
)
_waits = exists().where(Outgoing.chat_id == bindparam("chat"), Outgoing.state == "waiting")
#: A row at least: whether something waits, and a message of before.
_EARLIER = (
    select(
        select(_waits).scalar_subquery(),
        select(exists().where(Case.chat_id == bindparam("chat"))).scalar_subquery(),
        select(Case.asked).where(cases.open_in(bindparam("chat"))).limit(1).scalar_subquery(),
        _before.c.raw,
    )
    .select_from(select(literal(1)).subquery().outerjoin(_before, true()))
    .order_by(_before.c.id.desc())
)
