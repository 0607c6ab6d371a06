"""Photos, posters and PDFs in a chat without a case: told at once, read in a job, answered like a typed offer.

What stands on them is triaged before anything else: a plea that was photographed is no offer. Files of an album, or
forwarded in a row, are one offer together with their captions. In an open case nothing is read: files are evidence.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot import texts
from bot.cases import rules
from bot.cases import service as cases
from bot.cases.rules import Kind
from bot.desk import service as desk
from bot.errors import NluUnavailable
from bot.offers import message
from bot.offers import service as offers
from bot.offers.assess import assess
from bot.offers.reading import files
from bot.outbox import media as stored
from bot.outbox import messages
from bot.outbox import service as outbox
from bot.outbox.messages import Button, Message
from bot.outbox.settled import on_settled
from bot.storage import jobs, received
from bot.storage.models import Case, Chat, Media, Outgoing, Update
from bot.storage.session import session
from bot.texts import Lang
from bot.turns import bundle, distress_report, model, person, rasa_turn, welcome
from bot.turns.person import lang_of
from nlu.text import language
from nlu.text.offered import offered
from nlu.understanding.reader import plain
from nlu.understanding.triage import names_minor, triage

log = logs.get(__name__)

#: The intent of somebody who wants an offer judged, as Rasa is told it.
CHECK = "/ask_offer_check"

#: Files of one turn that are read, each in seconds: an album holds no more, and a plea may stand on the last of them.
#: Source: Bot API, sendMediaGroup.
MOST_FILES = 10
#: Seconds after which a person is told that reading did not work out, whatever keeps it: for one file, for each more.
LATE_SECONDS, LATE_EACH_SECONDS = 60.0, 20.0
#: What can be read of documents, by their declared type or the ending of their name.
_TYPES = ("image/", "application/pdf")
_ENDINGS = frozenset({".pdf", ".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
#: Kinds of case that words on a file may open: a poster that names an officer asks for none.
PLEAS = rules.CASE_KINDS[:3]
#: The purpose of the rows that say what was read.
PURPOSE = "read"
#: What is said where nothing could be judged, by what came of reading.
SAID = {
    "few": "read_few",
    files.ILLEGIBLE: "read_few",
    "empty": "read_empty",
    "broken": "read_broken",
    "locked": "read_locked",
    "foreign": "read_foreign",
    "too_big": "media_too_big",
}


async def begin(s: AsyncSession, chat: Chat, rows: Sequence[Update]) -> bool:
    """Have the files of a turn read, and say so at once. False when none of them can be read.

    The caller holds the chat's row; nobody is asked for what the files will tell.
    """
    ids = [row.id for row in rows if row.kind == "message"]
    query = select(Media).where(Media.update_id.in_(ids), Media.state.in_(("wanted", "stored"))).order_by(Media.id)
    found = [file for file in await s.scalars(query.with_for_update()) if _readable(file)][:MOST_FILES]
    if not found:
        return False
    last = rows[-1]
    for file in found:
        if file.read_as is not None:
            continue
        file.read_as = "wanted"
        if file.state == "stored":
            await stored.have_read(s, file)
    await welcome.say(s, chat, last)
    await outbox.say(s, chat, "read_begins", lang_of(chat), update_id=last.id, dedupe=_begun(chat, last))
    late = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=LATE_SECONDS + LATE_EACH_SECONDS * (len(found) - 1))
    await jobs.defer(s, "turns.read_late", queue_name=jobs.TURNS, at=late, update=last.id)
    return True


async def goes_on(s: AsyncSession, chat: Chat) -> bool:
    """Whether a file of the chat is being read, and its answer will come by itself."""
    query = select(Media.id).join(Update, Update.id == Media.update_id)
    query = query.where(Update.chat_id == chat.id, Media.read_as == "wanted")
    return bool(list(await s.execute(query.limit(1))))


def _readable(file: Media) -> bool:
    if (file.size_bytes or 0) > stored.FETCH_BYTES:
        return False
    named = PurePath(file.name or "").suffix.lower() in _ENDINGS
    return file.kind == "photo" or (file.kind == "document" and (named or (file.mime or "").startswith(_TYPES)))


def _begun(chat: Chat, update: Update) -> str:
    """The name of the row that says that reading has begun: one for an album, also for what of it came late."""
    album = received.album_of(update)
    return f"reading:{chat.id}:{album}" if album is not None else f"reading:{update.id}"


@jobs.queue.task(name="turns.read_file", queue=jobs.READING, retry=jobs.retry_soon())
async def read_file(media: int) -> None:
    """Read one file that was fetched, and keep its words encrypted. Safe to run again."""
    async with session() as s:
        row = await s.get(Media, media)
    if row is None or row.read_as != "wanted":
        return
    reading = files.Reading("too_big" if row.state == "too_big" else "gone")
    if row.state == "stored":
        reading = await files.read(await asyncio.to_thread(stored.read, row))
    async with session() as s:
        row = await s.get(Media, media, with_for_update=True)
        if row is None or row.read_as != "wanted":
            return
        row.read_as, row.words = reading.outcome, reading.text or None
        await jobs.defer(s, "turns.tell_read", queue_name=jobs.TURNS, lock=f"turn:{row.chat_id}", update=row.update_id)
        await s.commit()
    log.info("file_read", media=media, outcome=reading.outcome)


@jobs.queue.task(name="turns.read_late", queue=jobs.TURNS, retry=jobs.retry_soon())
async def read_late(update: int) -> None:
    """What is not read by now is given up: nobody waits for an answer that may never come. Safe to run again."""
    async with session() as s:
        row = await s.get(Update, update)
        if row is None:
            return
        of_turn = select(Update.id).where(bundle.of_bundle(row))
        query = select(Media).where(Media.update_id.in_(of_turn), Media.read_as == "wanted")
        late = (await s.scalars(query.with_for_update())).all()
        for file in late:
            file.read_as = "slow"
        if late:
            log.warning("reading_given_up", update=update, files=len(late))
            lock = f"turn:{row.chat_id}"
            await jobs.defer(s, "turns.tell_read", queue_name=jobs.TURNS, lock=lock, update=update)
        await s.commit()


@jobs.queue.task(name="turns.tell_read", queue=jobs.TURNS, retry=jobs.retry_soon())
async def tell_read(update: int) -> None:
    """Say what the files of a turn tell, once all of them were read. Says it once, however often it runs."""
    await offers.ready()
    try:
        async with session() as s:
            await _tell(s, update)
            await s.commit()
    except Exception as problem:
        if jobs.database_is_away(problem):
            raise
        # Whatever it is, the person is not left with "one moment".
        log.error("read_untold", update=update, error=type(problem).__name__)
        async with session() as s:
            row = await s.get_one(Update, update)
            chat = await s.get_one(Chat, row.chat_id, with_for_update={"key_share": True})
            rows = list(await s.scalars(select(Update).where(bundle.of_bundle(row)).order_by(Update.id)))
            await _say(s, chat, rows[-1], [_text("read_away", lang_of(chat), person=True)])
            await s.commit()


async def _tell(s: AsyncSession, update_id: int) -> None:
    update = await s.get(Update, update_id)
    if update is None or update.chat_id is None:
        return
    chat = await s.get_one(Chat, update.chat_id, with_for_update={"key_share": True})
    rows = list(await s.scalars(select(Update).where(bundle.of_bundle(update)).order_by(Update.id)))
    last = rows[-1]
    query = select(Media).where(Media.update_id.in_([row.id for row in rows]), Media.read_as.is_not(None))
    found = list(await s.scalars(query.order_by(Media.id)))
    if not found or any(file.read_as == "wanted" for file in found) or await _told(s, last):
        return
    if chat.erased_at is not None and chat.erased_at >= last.received_at:
        # The phone was cleared meanwhile: nothing of it comes back.
        return
    lang = lang_of(chat)
    signs = bundle.joined([file.words or "" for file in found])
    read = bundle.joined([file.words or "" for file in found if file.read_as != files.ILLEGIBLE])
    case = await cases.open_case_of(s, chat.id, lock=True)
    if case is not None or await _plea(s, chat, rows, signs, read):
        # What the files show belongs to the case from here on.
        case = case or await cases.open_case_of(s, chat.id, lock=True)
        await _hand_over(s, chat, rows, case)
        await _say(s, chat, last, [_text("read_done", lang)])
        return
    answer = await _answer(s, chat, rows, found, read, lang)
    if (case := await cases.open_case_of(s, chat.id, lock=True)) is not None:
        # Opened while Rasa was thinking; once an operator holds it, the bot has no more to say.
        await _hand_over(s, chat, rows, case)
        answer = answer if case.holder_id is None else [_text("read_done", lang)]
    await _say(s, chat, last, answer)


async def _told(s: AsyncSession, last: Update) -> bool:
    return bool(await s.scalar(select(exists().where(Outgoing.dedupe == f"read:{last.id}:0"))))


async def _plea(s: AsyncSession, chat: Chat, rows: Sequence[Update], signs: str, read: str) -> bool:
    """Open a case when the words on the files are a cry for help: by the lexicon, else by the model. False when they
    are none.

    The lexicon looks at all `signs`, for a cry is known by a few of them; the model only at what could be `read`: it
    would find something in a photo of leaves.
    """
    if not signs:
        return False
    last = rows[-1]
    heard = language.detect(signs, chat.heard_lang).code
    found = triage(signs)
    level: Kind | None = next((kind for kind in PLEAS if kind == found.level), None)
    modelled = model.unaided(plain(read)) if read else None
    silent = modelled is None and bool(read and model.ranking(plain(read)))
    if level not in {None, "emergency"} and silent and (_advertises(read) or offered(read).is_offer):
        # "The office keeps your passport" is what an advert says of the job, not what has happened to somebody.
        return False
    if level is not None:
        country, place = person.whereabouts(signs, person.home_of(chat, heard))
        minor = names_minor(signs)
        facts: dict[str, Any] = {"minor": True} if minor else {}
        last.triage = level
        last.reasons = [{"id": reason.id, "evidence": reason.evidence} for reason in found.reasons]
        await distress_report.receive(
            s,
            chat,
            last,
            level,
            lang=heard if heard in rules.SPOKEN else chat.heard_lang or heard,
            minor=minor,
            country=country,
            facts=facts | ({} if place is None else {"place": place}),
            chat_locked=True,
        )
        return True
    if modelled is None:
        return False
    last.triage = modelled.kind
    await distress_report.understood(s, chat, last, modelled, read, lang=heard)
    return True


def _advertises(read: str) -> bool:
    """Whether the words are an offer that names its pay and where to apply, as an advert does and a plea does not."""
    verdict = assess(read)
    return verdict.kind == "offer" and verdict.facts.salary is not None and bool(verdict.facts.contacts)


async def _hand_over(s: AsyncSession, chat: Chat, rows: Sequence[Update], case: Case | None) -> None:
    for row in rows:
        if case is not None and row.case_id is None:
            await desk.keep(s, case, chat, row)


async def _answer(
    s: AsyncSession, chat: Chat, rows: Sequence[Update], found: Sequence[Media], read: str, lang: Lang
) -> list[Message]:
    """The messages that answer what was read: the verdict with its question, else what is missing."""
    last = rows[-1]
    outcomes = [str(file.read_as) for file in found]
    told = [texts.render("read_unsure", lang)] if "unsure" in outcomes else []
    files_left = sum(row.content in {"photo", "document"} for row in rows) - len(found)
    if files_left > 0 and len(found) == MOST_FILES:
        told.append(texts.render("read_first_only", lang, count=len(found)))
    caption = bundle.joined([bundle.words_of(row) for row in rows])
    whole = await bundle.all_words(s, last)
    verdict = await offers.judge(s, whole, offers.asker_of(chat), reporter=chat)
    if read and verdict.kind == "offer":
        parts = await _asked(s, chat, last, caption, CHECK, lang)
        if parts is None:
            # Rasa is away: the verdict is our own. Only the questions behind it are missing.
            parts = [messages.text(texts.joined(message.verdict(verdict, lang), lang))]
        return _headed(told, parts)
    if not read:
        outcome = next((one for one in SAID if one in outcomes), "")
        told = [texts.render(SAID.get(outcome, "read_away"), lang)]
    elif "few" in outcomes:
        told = [texts.render("read_few", lang)]
    if plain(caption) and (parts := await _asked(s, chat, last, caption, None, lang)) is not None:
        # The words beside the picture are answered all the same.
        return _headed(told, parts)
    if not told:
        return [_text("read_no_offer", lang)]
    return [messages.text("\n".join(told), buttons=_person(lang))]


async def _asked(
    s: AsyncSession, chat: Chat, last: Update, words: str, trigger: str | None, lang: Lang
) -> list[Message] | None:
    """What Rasa says, as messages; None while it is away. Nothing of ours is locked while it thinks."""
    await s.commit()
    try:
        parts = await rasa_turn.ask(chat, last, words, trigger=trigger)
    except NluUnavailable:
        parts = None
    await s.refresh(chat, with_for_update={"key_share": True})
    if parts is None:
        return None
    return [said for part in parts if (said := rasa_turn.message(part, lang)) is not None] or None


def _headed(told: Sequence[str], parts: list[Message]) -> list[Message]:
    return [parts[0].below(told), *parts[1:]]


def _text(key: str, lang: Lang, *, person: bool = False) -> Message:
    return messages.text(texts.render(key, lang), buttons=_person(lang) if person else None)


def _person(lang: Lang) -> list[list[Button]]:
    return [[Button(texts.render("button_person", lang), "human")]]


async def _say(s: AsyncSession, chat: Chat, last: Update, answer: Sequence[Message]) -> None:
    """Put the answer in the place of "one moment"; what follows it comes below."""
    begun = await s.scalar(select(Outgoing).where(Outgoing.dedupe == _begun(chat, last), Outgoing.update_id == last.id))
    for number, part in enumerate(answer):
        said = part.in_place_of(begun.id) if number == 0 and begun is not None else part
        dedupe = f"read:{last.id}:{number}"
        await outbox.queue(s, chat.id, *said, purpose=PURPOSE, update_id=last.id, dedupe=dedupe)


@on_settled(PURPOSE)
async def _not_edited(s: AsyncSession, row: Outgoing, chat: Chat) -> None:
    """Where "one moment" cannot be changed, or was never sent, the answer comes as a message of its own."""
    if not messages.is_edit(row) or row.state not in {"sent", "failed"} or row.failure == "blocked":
        return
    begun = await s.get(Outgoing, row.payload["of"])
    if row.state == "sent" and begun is not None and begun.message_ids:
        return
    erased = chat.erased_at is not None and chat.erased_at >= row.created_at
    if erased or (begun is not None and begun.erased_at is not None):
        return
    said, dedupe = messages.of_its_own(row), f"{row.dedupe}:new"
    await outbox.queue(s, chat.id, *said, purpose=PURPOSE, update_id=row.update_id, dedupe=dedupe)
