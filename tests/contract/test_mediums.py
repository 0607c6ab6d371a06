"""Every medium a person may send: kept, answered in their language, shown to the holder as what it is."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from bot.cases import retention
from bot.desk import jobs as desk_jobs
from bot.desk import service as desk_service
from bot.outbox import media as stored
from bot.outbox.limits import RANK_PIN
from bot.storage import jobs
from bot.storage.models import Case, Chat, Media, Update
from bot.storage.session import session
from bot.texts import LANGS, Lang, catalogue, render
from bot.turns import bundle, live, pipeline, rasa_client
from bot.turns import service as turns
from tests.support.rooms import Rooms

TRAPPED: dict[str, str] = {
    "id": "tolong pak, saya disekap di kamboja, paspor saya diambil bos",
    "km": "ជួយខ្ញុំផង ខ្ញុំជាប់នៅក្នុងអគារ ថៅកែយកលិខិតឆ្លងដែនខ្ញុំ គេមិនឲ្យចេញក្រៅទេ",
}
OFFER: dict[str, list[str]] = {
    "id": [
        "Lowongan admin online di Poipet, gaji 1.500 USD.",
        "Tanpa pengalaman, tiket ditanggung kantor.",
        "WA Pak Jo",
    ],
    "km": ["រើសបុគ្គលិកនៅប៉ោយប៉ែត ប្រាក់ខែ ១៥០០ ដុល្លារ។", "មិនត្រូវការបទពិសោធន៍ លិខិតឆ្លងដែនទុកនៅការិយាល័យ។", "តេឡេក្រាម"],
}
GREETING = {"id": "halo kak mau tanya", "km": "សួស្តីបង ខ្ញុំចង់សួរ"}
both = pytest.mark.parametrize("lang", LANGS)
MB = 1024 * 1024


def file(**more: Any) -> dict[str, Any]:
    return {"file_id": "f", "file_unique_id": "u", "file_size": 1000, **more}


PICTURE = file(width=1, height=1)
MOVING = {"width": 1, "height": 1, "duration": 1}
SET = {"width": 1, "height": 1, "is_animated": False, "is_video": False, "type": "regular", "emoji": "😭"}
AT = {"latitude": 11.55625, "longitude": 104.92819}
VENUE = {"location": AT, "title": "Gedung Merah", "address": "Jalan 5, Bavet"}
POLL = {
    "id": "1",
    "question": "Gaji?",
    "options": [{"text": "kecil", "voter_count": 0, "persistent_id": "1"}],
    "total_voter_count": 0,
    "is_closed": False,
    "allows_revoting": False,
    "members_only": False,
    "is_anonymous": True,
    "type": "regular",
    "allows_multiple_answers": False,
}
STORY = {"chat": {"id": -100, "type": "channel", "title": "Loker KH", "username": "lokerkh"}, "id": 4}
PAID = {"star_count": 1, "paid_media": [{"type": "photo", "photo": [PICTURE]}]}
#: Each medium: its content, the text that answers it when it comes alone from nobody known (None: a case), how it is
#: shown to the holder, what the showing holds, and whether a file is kept.
MEDIUMS: dict[str, tuple[dict[str, Any], str | None, str, str, bool]] = {
    "photo": ({"photo": [PICTURE]}, "read_begins", "copyMessage", "media", True),
    "video": ({"video": file(**MOVING)}, "media_video", "copyMessage", "media", True),
    "video_note": ({"video_note": file(length=240, duration=1)}, None, "copyMessage", "media", True),
    "voice": ({"voice": file(duration=3)}, None, "copyMessage", "media", True),
    "audio": ({"audio": file(duration=3)}, "media_audio", "copyMessage", "media", True),
    "animation": ({"animation": file(**MOVING), "document": file()}, "media_video", "copyMessage", "media", True),
    "document": ({"document": file(file_name="a.pdf")}, "read_begins", "copyMessage", "media", True),
    "sticker": ({"sticker": file(**SET)}, "media_sticker", "copyMessage", "media", True),
    "paid_media": ({"paid_media": PAID}, "media_other", "copyMessage", "media", True),
    "location": ({"location": AT}, None, "sendLocation", "11.55625", False),
    "venue": ({"venue": VENUE, "location": AT}, None, "sendVenue", "Jalan 5, Bavet", False),
    "contact": (
        {"contact": {"phone_number": "+855120", "first_name": "Bos"}},
        "media_contact",
        "sendMessage",
        "+855120",
        False,
    ),
    "poll": ({"poll": POLL}, "media_other", "sendMessage", "kecil", False),
    "dice": ({"dice": {"emoji": "🎯", "value": 4}}, "media_other", "sendMessage", "🎯 4", False),
    "story": ({"story": STORY}, "media_other", "sendMessage", "Loker KH @lokerkh", False),
    "unknown": ({"something_new": {"x": 1}}, "media_other", "copyMessage", "message_id", False),
}


async def settle(update_row: int, **values: Any) -> None:
    """A file's fetching came to an end."""
    values = {"state": "stored", **values}
    async with session() as s:
        await s.execute(update(Media).where(Media.update_id == update_row).values(**values))
        await s.commit()
    await desk_jobs.relay_file(update=update_row)


async def ended_or_waits(task: asyncio.Task[None]) -> None:
    """Until a task has ended, or waits for a lock in the database."""
    query = text("select exists (select from pg_stat_activity where wait_event_type = 'Lock')")
    while not task.done():
        async with session() as s:
            if await s.scalar(query):
                return
        await asyncio.sleep(0.01)


async def waiting() -> list[tuple[str, int]]:
    """The jobs that wait, by task and update."""
    async with session() as s:
        rows = await s.execute(
            text("select task_name, (args ->> 'update')::int from procrastinate_jobs where status = 'todo' order by id")
        )
        return [(name, number) for name, number in rows if number is not None]


#: Positions as people type them, with the place that the case keeps.
TYPED = {
    "11.55625, 104.92819": "11.55625, 104.92819",
    "11°33'22.5\"N 104°55'41.5\"E": "11.55625, 104.928194",
    "១១.៥៥៦២៥, ១០៤.៩២៨១៩": "11.55625, 104.92819",
    "lokasi saya https://maps.app.goo.gl/aBc12": "https://maps.app.goo.gl/aBc12",
    "ខ្ញុំនៅទីនេះ https://maps.app.goo.gl/aBc12": "https://maps.app.goo.gl/aBc12",
    "nov ti nis https://goo.gl/maps/aBc12": "https://goo.gl/maps/aBc12",
    "Bavet https://maps.apple.com/?ll=11.5,104.9": "Bavet (https://maps.apple.com/?ll=11.5,104.9)",
}


class TestAPositionInWords:
    """Typed, or as a link to a map, it is what a shared one is: perhaps all that somebody could send."""

    @pytest.mark.parametrize(("words", "place"), TYPED.items())
    async def test_from_somebody_new(self, rooms: Rooms, words: str, place: str) -> None:
        row = await rooms.row(await rooms.writes(words))
        case = await rooms.case()
        assert (row.state, row.case_id, row.triage) == ("done", case.id, "none")
        assert (case.found_by, case.kind, case.state) == ("medium", "human", "new")
        assert (case.facts["unheard"], case.facts["place"]) == (True, place)
        assert render("desk_card_unheard", "id") in str(await rooms.topic())
        lang: Lang = "km" if words.startswith(("ខ្ញុំ", "nov")) else "id"
        said = (await rooms.screen())[-1]
        assert render("ask_need", lang) in said, "what is the matter, and no verdict"
        assert any(letter.isdigit() for letter in said), "never without a number to call"
        assert not rooms.rasa.heard

    async def test_from_somebody_who_has_asked_before(self, rooms: Rooms) -> None:
        rooms.rasa.parts = [rasa_client.Part(text="small_greet")]
        await rooms.writes("halo kak mau tanya")
        await rooms.writes("11.55625, 104.92819")
        assert (await rooms.case()).facts["unheard"] and len(rooms.rasa.heard) == 1, "no model is asked"

    @both
    async def test_says_where_in_an_open_case(self, rooms: Rooms, lang: Lang) -> None:
        await rooms.writes(TRAPPED[lang], lang=lang)
        await rooms.writes("11.55625, 104.92819", lang=lang)
        facts = (await rooms.case()).facts
        assert (facts["place"], facts["location"]) == ("11.55625, 104.92819", [11.55625, 104.92819])
        assert not rooms.rasa.heard

    async def test_a_link_beside_an_offer_is_none(self, rooms: Rooms) -> None:
        rooms.rasa.parts = [rasa_client.Part(text="small_greet")]
        await rooms.writes("lowongan admin, gaji 8 juta, kantor di sini https://maps.app.goo.gl/aBc12")
        assert rooms.rasa.heard and not await rooms.cases()


class TestEachMedium:
    """Kept, answered and shown, in both languages."""

    @both
    @pytest.mark.parametrize("name", MEDIUMS)
    async def test_alone_from_somebody_new(self, rooms: Rooms, name: str, lang: Lang) -> None:
        content, key, _, _, kept = MEDIUMS[name]
        row = await rooms.row(await rooms.writes(lang=lang, **content))
        assert (row.state, row.content) == ("done", name if name != "unknown" else None)
        async with session() as s:
            assert await s.scalar(select(func.count()).select_from(Media)) == int(kept)
        screen = await rooms.screen()
        if key is None:
            case = await rooms.case()
            assert (case.found_by, case.kind, case.facts["unheard"]) == ("medium", "human", True)
            assert render("desk_card_unheard", "id") in str(await rooms.topic())
            assert any(letter.isdigit() for letter in screen[0]), "never without a number to call"
        else:
            assert screen == [render("welcome", lang), render(key, lang)]
            assert not await rooms.cases()

    @both
    @pytest.mark.parametrize("forwarded", [False, True])
    async def test_whoever_asks_beside_a_video_or_file_is_told_that_it_was_not_looked_at(
        self, rooms: Rooms, lang: Lang, forwarded: bool
    ) -> None:
        more = TestBundles.FORWARD if forwarded else {}
        kinds = {"media_video": {"video": file(**MOVING)}, "media_document": {"document": file(file_name="a.docx")}}
        for key, kind in kinds.items():
            await rooms.writes(lang=lang, caption=OFFER[lang][0], **kind, **more)
            assert (await rooms.screen())[-2:] == ["jawaban", render(key, lang)]
        await rooms.writes(lang=lang, caption=TRAPPED[lang], **kinds["media_video"], **more)
        assert (await rooms.screen())[-1] != render("media_video", lang), "in a case an operator looks at it"

    @both
    @pytest.mark.parametrize("name", MEDIUMS)
    async def test_to_an_open_case_and_to_its_holder(self, rooms: Rooms, name: str, lang: Lang) -> None:
        content, _, method, holds, kept = MEDIUMS[name]
        await rooms.writes(TRAPPED[lang], lang=lang)
        before = await rooms.screen()
        first = await rooms.writes(lang=lang, **content)
        (told,) = (await rooms.screen())[len(before) :]
        noted = ("talk_picture", "talk_voice", "talk_position")
        assert any(told.startswith(catalogue(lang)[key]) for key in noted), "noted, and no verdict"
        assert not rooms.rasa.heard
        await rooms.delivers()
        case = await rooms.case()
        assert (await rooms.row(first)).case_id == case.id
        await rooms.operator_presses(f"case:claim:{case.id}")
        if kept:
            await settle(first)
        shown = [
            row for row in await rooms.rows("relay") if row.update_id == first and "Stiker" not in str(row.payload)
        ]
        assert [row.method for row in shown] == [method]
        assert holds in str(shown[0].payload)
        silent = await rooms.screen()
        await rooms.writes(lang=lang, **content)
        assert await rooms.screen() == silent, "an operator holds the chat"

    async def test_a_sticker_is_shown_with_its_emoji_in_words(self, rooms: Rooms) -> None:
        await rooms.claimed(TRAPPED["id"])
        await settle(await rooms.writes(sticker=file(**SET)))
        assert (await rooms.topic())[-2:] == [render("desk_sticker", "id", emoji="😭"), "copyMessage"]

    async def test_a_venue_tells_where_as_a_position_does(self, rooms: Rooms) -> None:
        await rooms.writes(TRAPPED["id"].replace(" di kamboja", ""))
        await rooms.writes(venue=VENUE, location=AT)
        facts = (await rooms.case()).facts
        assert facts["place"] == "Gedung Merah, Jalan 5, Bavet (11.55625, 104.92819)"
        assert facts["location"] == [11.55625, 104.92819]

    @pytest.mark.parametrize(
        "venue",
        [
            {},
            {"title": "", "address": "", "location": AT},
            {"title": "x" * 5000, "location": {"latitude": 1e99, "longitude": "x"}},
            {"title": None, "address": 7, "location": None},
        ],
    )
    async def test_an_odd_venue_is_shown_as_far_as_it_goes(self, rooms: Rooms, venue: dict[str, Any]) -> None:
        await rooms.claimed(TRAPPED["id"])
        row = await rooms.writes(venue=venue)
        assert (await rooms.row(row)).state == "done"
        assert (await rooms.rows("relay"))[-1].update_id == row

    @both
    async def test_after_the_case_is_closed_all_is_as_before(self, rooms: Rooms, lang: Lang) -> None:
        case = await rooms.claimed(TRAPPED[lang])
        await rooms.operator_presses(f"case:closed:{case.id}:resolved")
        await rooms.writes(lang=lang, photo=[PICTURE], caption=OFFER[lang][0])
        assert (await rooms.screen())[-1] == render("read_begins", lang)
        await rooms.writes(lang=lang, photo=[PICTURE])
        assert (await rooms.screen())[-2:] == [render("read_begins", lang)] * 2

    @both
    async def test_a_photo_of_an_offer_is_evidence_while_a_case_is_open(self, rooms: Rooms, lang: Lang) -> None:
        await rooms.writes(TRAPPED[lang], lang=lang)
        before = len(await rooms.screen())
        row = await rooms.writes(lang=lang, photo=[PICTURE], caption="\n".join(OFFER[lang]))
        assert not rooms.rasa.heard, "no machine judges it"
        assert len(await rooms.screen()) == before + 1
        assert (await rooms.row(row)).case_id == (await rooms.case()).id


class TestUnheard:
    """A voice note or position alone is a case that nobody and nothing but an operator closes."""

    @both
    @pytest.mark.parametrize("name", ["voice", "video_note", "location", "venue"])
    async def test_nothing_closes_it_by_itself(self, rooms: Rooms, name: str, lang: Lang) -> None:
        await rooms.writes(lang=lang, **MEDIUMS[name][0])
        for words in (GREETING[lang], "/batal", "/hapus", "/mulai", "ok makasih", "/khmer", "/bantuan"):
            await rooms.writes(words, lang=lang)
        async with session() as s:
            for table in (Update, Chat):
                column = Update.received_at if table is Update else Chat.last_heard_at
                await s.execute(update(table).values({column.key: dt.datetime.now(dt.UTC) - dt.timedelta(days=400)}))
            await s.execute(update(Case).values(opened_at=dt.datetime.now(dt.UTC) - dt.timedelta(days=400)))
            await s.commit()
        await retention.forget(dt.datetime.now(dt.UTC) + dt.timedelta(days=400))
        await turns.sweep(seconds=0)
        await desk_jobs.post_missing_cards()
        (case,) = await rooms.cases()
        assert (case.state, case.outcome, case.facts["unheard"]) == ("new", None, True)
        async with session() as s:
            assert await s.scalar(select(func.count()).where(Update.case_id == case.id)) == 8


class TestLiveLocation:
    """It moves on the map and in the case, costs little, and the person is told once how to stop it."""

    async def moves(self, rooms: Rooms, first: int, longitude: float, *, stopped: bool = False) -> int:
        at = {**AT, "longitude": longitude} | ({} if stopped else {"live_period": 900})
        raw = rooms.update(kind="edited_message", location=at)
        raw["edited_message"]["message_id"] = (await rooms.row(first)).message_id
        return await rooms.stores(raw)

    @both
    async def test_the_person_is_told_once_how_to_stop_it(self, rooms: Rooms, lang: Lang) -> None:
        first = await rooms.writes(lang=lang, location={**AT, "live_period": 900})
        for step in range(3):
            await live.moved(update=await self.moves(rooms, first, 105.0 + step))
        assert (await rooms.screen()).count(render("live_on", lang)) == 1
        assert len(await rooms.screen()) == 2, "and what a case begins with"

    @both
    async def test_also_while_an_operator_holds_the_chat(self, rooms: Rooms, lang: Lang) -> None:
        await rooms.claimed(TRAPPED[lang])
        before = await rooms.screen()
        await rooms.writes(lang=lang, location={**AT, "live_period": 900})
        assert (await rooms.screen())[len(before) :] == [render("live_on", lang)]

    async def test_a_hundred_steps_are_one_job_and_one_move_of_the_pin(self, rooms: Rooms) -> None:
        case = await rooms.claimed(TRAPPED["id"])
        first = await rooms.writes(location={**AT, "live_period": 900})
        (pinned,) = [row for row in await rooms.rows("relay") if row.update_id == first]
        assert pinned.method == "sendLocation" and 60 <= pinned.payload["live_period"] <= 900
        await rooms.delivers()
        events = await rooms.events(case)
        steps = [await self.moves(rooms, first, 105.0 + step / 100) for step in range(100)]
        left = [job for job in await waiting() if job[1] in steps]
        assert left == [("turns.moved", steps[0])]
        for _ in range(2):
            await live.moved(update=steps[0])
        assert {(await rooms.row(step)).state for step in steps} == {"done"}
        (moved,) = await rooms.rows("moved")
        assert (moved.method, moved.payload["of"]) == ("editMessageLiveLocation", pinned.id)
        assert (moved.payload["longitude"], moved.rank) == (105.99, RANK_PIN)
        case = await rooms.case()
        assert case.facts["location"] == [11.55625, 105.99]
        assert await rooms.events(case) == events

    async def test_while_telegram_is_slow_the_newest_step_replaces_the_one_that_waits(self, rooms: Rooms) -> None:
        await rooms.claimed(TRAPPED["id"])
        first = await rooms.writes(location={**AT, "live_period": 900})
        for step in range(5):
            await live.moved(update=await self.moves(rooms, first, 105.0 + step))
        assert [row.payload["longitude"] for row in await rooms.rows("moved")] == [109.0]

    async def test_it_tells_nothing_of_whose_hand_the_phone_is_in(self, rooms: Rooms) -> None:
        await rooms.claimed(TRAPPED["id"])
        first = await rooms.writes(location={**AT, "live_period": 900})
        long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
        async with session() as s:
            await s.execute(update(Chat).where(Chat.kind == "private").values(last_heard_at=long_ago))
            await s.commit()
        await live.moved(update=await self.moves(rooms, first, 106.0))
        assert (await rooms.chat()).last_heard_at == long_ago, "the live window stays shut"

    async def test_its_end_is_shown(self, rooms: Rooms) -> None:
        await rooms.claimed(TRAPPED["id"])
        first = await rooms.writes(location={**AT, "live_period": 900})
        await rooms.delivers()
        for _ in range(2):
            await live.moved(update=await self.moves(rooms, first, 106.0, stopped=True))
        methods = [row.method for row in sorted(await rooms.rows("moved"), key=lambda row: (row.rank, row.id))]
        assert methods[-1] == "stopMessageLiveLocation" and methods.count("stopMessageLiveLocation") == 1
        assert (await rooms.topic()).count(render("desk_live_stopped", "id")) == 1

    async def test_whoever_claims_later_sees_one_pin_where_it_is_now(self, rooms: Rooms) -> None:
        first = await rooms.writes(location={**AT, "live_period": 900})
        for step in range(5):
            await live.moved(update=await self.moves(rooms, first, 105.0 + step))
        await rooms.delivers()
        await rooms.operator_presses(f"case:claim:{(await rooms.case()).id}")
        (pinned,) = await rooms.rows("relay")
        assert (pinned.method, pinned.payload["longitude"]) == ("sendLocation", 109.0)

    async def test_a_step_before_its_case_exists_waits_for_it(self, rooms: Rooms) -> None:
        first = await rooms.stores(rooms.update(location={**AT, "live_period": 900}))
        step = await self.moves(rooms, first, 106.0)
        await live.moved(update=step)
        assert (await rooms.row(step)).state == "pending"
        await turns.take(update=first)
        await turns.take(update=step)
        assert (await rooms.row(step)).state == "done"
        assert (await rooms.case()).facts["location"] == [11.55625, 106.0]

    async def test_none_is_ever_asked_for(self, rooms: Rooms) -> None:
        for lang in LANGS:
            await rooms.writes(TRAPPED[lang], user=41 if lang == "id" else 42, lang=lang)
        assert "request_location" not in str([row.payload for row in await rooms.rows()])


class TestTooBig:
    """A file over 20 MB: Telegram gives it to no bot, and nobody is told that it is kept."""

    @both
    async def test_the_person_is_told_once_and_not_that_it_is_kept(self, rooms: Rooms, lang: Lang) -> None:
        row = await rooms.writes(lang=lang, video=file(**{**MOVING, "file_size": 30 * MB}))
        async with session() as s:
            media = await s.scalar(select(Media.id).where(Media.update_id == row))
        assert media is not None
        await stored.fetch(media=media)
        assert ("turns.too_big", row) in await waiting()
        await pipeline.files.found_too_big(update=row)
        assert await rooms.screen() == [render("welcome", lang), render("media_too_big", lang)]
        assert "human" in str((await rooms.rows("reply"))[-1].payload), "no operator saw it: one press asks for one"

    @both
    async def test_with_words_they_are_answered_too(self, rooms: Rooms, lang: Lang) -> None:
        await rooms.writes(lang=lang, document=file(file_size=30 * MB), caption=OFFER[lang][0])
        assert (await rooms.screen())[1:] == ["jawaban", render("media_too_big", lang)]

    async def test_the_holder_is_told_and_shown_telegrams_copy(self, rooms: Rooms) -> None:
        await rooms.claimed(TRAPPED["id"])
        row = await rooms.writes(video=file(**{**MOVING, "file_size": 30 * MB}))
        await settle(row, state="too_big")
        line, shown = (await rooms.topic())[-2:]
        assert line.startswith(render("desk_file_too_big", "id", kind="video", size="30"))
        assert render("desk_file_unclean", "id") in line
        assert shown == "copyMessage"

    @both
    async def test_the_person_is_told_also_while_an_operator_holds_the_chat(self, rooms: Rooms, lang: Lang) -> None:
        await rooms.claimed(TRAPPED[lang])
        before = await rooms.screen()
        row = await rooms.writes(lang=lang, video=file(**{**MOVING, "file_size": 30 * MB}))
        for _ in range(2):
            await pipeline.files.found_too_big(update=row)
        assert (await rooms.screen())[len(before) :] == [render("media_too_big", lang)]

    async def test_nothing_of_it_is_said_on_a_phone_that_was_cleared_meanwhile(self, rooms: Rooms) -> None:
        await rooms.claimed(TRAPPED["id"])
        row = await rooms.writes(video=file(**{**MOVING, "file_size": 30 * MB}))
        await rooms.writes("/hapus")
        before = await rooms.screen()
        await pipeline.files.found_too_big(update=row)
        assert await rooms.screen() == before


class TestFilesThatTell:
    """Where a file says it was taken is a fact of the case; what leaves is the copy without it."""

    FOUND = {"position": [11.55625, 104.92819], "taken": "2024-05-01T10:00:00"}

    async def cleaned(self, row: int) -> None:
        await settle(row, looked="clean", clean_path="01/1.clean.enc", path="01/1.enc", found=self.FOUND)

    def line(self) -> str:
        return render("desk_file_position", "id", latitude=11.55625, longitude=104.92819, taken="2024-05-01 10:00:00")

    @both
    async def test_to_a_holder(self, rooms: Rooms, lang: Lang) -> None:
        await rooms.claimed(TRAPPED[lang])
        row = await rooms.writes(lang=lang, document=file(file_name="a.jpg"), caption="ini")
        for _ in range(2):
            await self.cleaned(row)
        assert (await rooms.topic())[-2:] == [self.line(), "sendDocument"]
        payload = (await rooms.rows("relay"))[-1].payload
        assert payload["caption"] == "ini" and "from_chat" not in payload
        case = await rooms.case()
        (kept,) = case.facts["file_positions"]
        assert (kept["source"], kept["position"], kept["taken"]) == ("file", *self.FOUND.values())
        assert case.facts.get("place") != "11.55625, 104.92819", "a picture's place is not where a person is now"

    @both
    @pytest.mark.parametrize("fetched", ["before", "after"])
    async def test_whether_it_was_fetched_before_or_after_its_case_was_opened(
        self, rooms: Rooms, lang: Lang, fetched: str
    ) -> None:
        row = await rooms.writes(lang=lang, document=file(file_name="a.jpg"))
        if fetched == "before":
            await self.cleaned(row)
        await rooms.writes(TRAPPED[lang], lang=lang)
        if fetched == "after":
            await self.cleaned(row)
        assert len((await rooms.case()).facts["file_positions"]) == 1

    @pytest.mark.parametrize(
        ("values", "name", "key"),
        [
            ({"looked": "unclean"}, "a.tiff", "desk_file_unclean"),
            ({"looked": "other"}, "a.apk", "desk_file_program"),
            ({"looked": "program"}, "a.jpg", "desk_file_program"),
            ({"state": "gone"}, "a.pdf", "desk_file_gone"),
        ],
    )
    async def test_what_a_holder_must_know_stands_before_the_file(
        self, rooms: Rooms, values: dict[str, Any], name: str, key: str
    ) -> None:
        await rooms.claimed(TRAPPED["id"])
        await settle(await rooms.writes(document=file(file_name=name)), **values)
        line, shown = (await rooms.topic())[-2:]
        assert render(key, "id") in line
        assert shown == "copyMessage"

    async def test_one_that_is_fetched_while_its_turn_still_runs_is_shown_at_once(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await rooms.claimed(TRAPPED["id"])
        row = await rooms.stores(rooms.update(photo=[PICTURE]))
        relay, settling = desk_service.relay, list[asyncio.Task[None]]()

        async def fetched_meanwhile(*given: Any, **more: Any) -> None:
            await relay(*given, **more)
            if not settling:
                # The turn saw the file wanted, and has not told yet that it belongs to the case.
                settling.append(asyncio.create_task(settle(row)))
                await ended_or_waits(settling[0])

        monkeypatch.setattr(desk_service, "relay", fetched_meanwhile)
        await turns.take(update=row)
        await settling[0]
        assert (await rooms.topic())[-1] == "copyMessage"

    async def test_one_that_is_not_fetched_in_time_is_shown_with_a_warning(self, rooms: Rooms) -> None:
        await rooms.claimed(TRAPPED["id"])
        row = await rooms.writes(document=file(file_name="a.jpg"))
        await desk_jobs.relay_file(update=row)
        assert (await rooms.topic())[-2:] == [render("desk_file_unclean", "id"), "copyMessage"]
        await self.cleaned(row)
        assert (await rooms.topic())[-1] == self.line(), "and what is known later follows"


class TestBundles:
    """An album, forwards in a row: one turn, one answer; a message by itself waits for nothing."""

    FORWARD = {"forward_origin": {"type": "hidden_user", "sender_user_name": "Loker", "date": 1}}

    async def sends(self, rooms: Rooms, lang: str, *more: dict[str, Any]) -> list[int]:
        """An offer forwarded in pieces, and more behind it."""
        contents = [{"text": words, **self.FORWARD} for words in OFFER[lang]]
        return [await rooms.stores(rooms.update(lang=lang, **content)) for content in [*contents, *more]]

    async def quiet(self, *rows: int) -> None:
        """A moment without a message."""
        ago = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=bundle.QUIET_SECONDS)
        async with session() as s:
            await s.execute(update(Update).where(Update.id.in_(rows)).values(received_at=ago))
            await s.commit()

    @both
    async def test_an_offer_forwarded_in_pieces_is_judged_once_as_one(self, rooms: Rooms, lang: Lang) -> None:
        rows = await self.sends(rooms, lang)
        assert [job for job in await waiting() if job[1] in rows] == [("turns.gather", rows[0])], "no turn yet"
        await self.quiet(*rows)
        await bundle.gather(update=rows[0])
        await bundle.gather(update=rows[0])
        taken = [job for job in await waiting() if job[0] == "turns.take"]
        assert taken == [("turns.take", rows[0])]
        for row in [rows[0], *rows]:
            await turns.take(update=row)
        assert rooms.rasa.meant == ["ask_offer_check"], "judged once, whatever the model makes of it"
        assert (await rooms.screen()).count("jawaban") == 1
        assert [(await rooms.row(row)).state for row in rows] == ["done"] * 3
        assert (await rooms.chat()).bundle is None
        async with session() as s:
            assert await bundle.all_words(s, await rooms.row(rows[-1])) == "\n".join(OFFER[lang]), "what is judged"

    async def test_the_jobs_do_it_by_themselves(self, rooms: Rooms) -> None:
        rows = await self.sends(rooms, "id")
        worker = asyncio.create_task(jobs.run_workers([(jobs.TURNS, 4)]))
        try:
            async with asyncio.timeout(60):
                while {(await rooms.row(row)).state for row in rows} != {"done"}:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        finally:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)
        assert rooms.rasa.meant == ["ask_offer_check"]

    async def test_it_is_not_closed_while_more_is_coming(self, rooms: Rooms) -> None:
        rows = await self.sends(rooms, "id")
        await self.quiet(*rows[:-1])
        await bundle.gather(update=rows[0])
        assert (await rooms.chat()).bundle == rows[0]
        assert not [job for job in await waiting() if job[0] == "turns.take"]

    async def test_nor_held_open_for_ever(self, rooms: Rooms) -> None:
        rows = await self.sends(rooms, "id")
        async with session() as s:
            long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=bundle.LONGEST_SECONDS)
            await s.execute(update(Update).where(Update.id == rows[0]).values(received_at=long_ago))
            await s.commit()
        await bundle.gather(update=rows[0])
        assert (await rooms.chat()).bundle is None
        more = await rooms.stores(rooms.update(text="lagi", **self.FORWARD))
        assert (await rooms.row(more)).bundle == more, "what comes then is a bundle of its own"

    @both
    async def test_an_album_is_one_turn_with_its_caption(self, rooms: Rooms, lang: Lang) -> None:
        pictures = [{"photo": [PICTURE], "media_group_id": "7"} for _ in range(3)]
        pictures[1]["caption"] = OFFER[lang][0]
        rows = [await rooms.stores(rooms.update(lang=lang, **picture)) for picture in pictures]
        await turns.take(update=rows[0])
        assert [(await rooms.row(row)).state for row in rows] == ["done"] * 3
        assert (await rooms.screen())[1:] == [render("read_begins", lang)]
        async with session() as s:
            assert await bundle.all_words(s, await rooms.row(rows[0])) == OFFER[lang][0]

    @both
    async def test_an_album_without_words_is_answered_once(self, rooms: Rooms, lang: Lang) -> None:
        for _ in range(10):
            row = await rooms.stores(rooms.update(lang=lang, photo=[PICTURE], media_group_id="7"))
        await turns.take(update=row)
        assert await rooms.screen() == [render("welcome", lang), render("read_begins", lang)]

    @both
    async def test_an_album_in_an_open_case_is_evidence_and_noted_once(self, rooms: Rooms, lang: Lang) -> None:
        await rooms.writes(TRAPPED[lang], lang=lang)
        before = await rooms.screen()
        pictures = [{"photo": [PICTURE], "media_group_id": "7", "caption": words} for words in OFFER[lang]]
        rows = [await rooms.stores(rooms.update(lang=lang, **picture)) for picture in pictures]
        await turns.take(update=rows[0])
        assert not rooms.rasa.heard
        assert len(await rooms.screen()) == len(before) + 1
        case = await rooms.case()
        assert {(await rooms.row(row)).case_id for row in rows} == {case.id}

    @both
    @pytest.mark.parametrize("held", [False, True])
    async def test_an_album_of_several_kinds_is_shown_whole_to_whoever_holds_the_case(
        self, rooms: Rooms, held: bool, lang: Lang
    ) -> None:
        await (rooms.claimed(TRAPPED[lang]) if held else rooms.writes(TRAPPED[lang], lang=lang))
        before = await rooms.screen()
        kinds = [{"photo": [PICTURE]}, {"video": file(**MOVING)}, {"document": file(file_name="a.pdf")}]
        rows = [await rooms.stores(rooms.update(lang=lang, media_group_id="7", **kind)) for kind in kinds]
        await turns.take(update=rows[0])
        assert len(await rooms.screen()) == len(before) + (not held), "noted once, and not at all in a held chat"
        case = await rooms.case()
        assert {(await rooms.row(row)).case_id for row in rows} == {case.id}
        await rooms.delivers()
        if not held:
            await rooms.operator_presses(f"case:claim:{case.id}")
        for row in rows:
            await settle(row)
        shown = [row.update_id for row in await rooms.rows("relay") if row.method == "copyMessage"]
        assert shown == rows

    @both
    async def test_distress_among_forwards_does_not_wait(self, rooms: Rooms, lang: Lang) -> None:
        rows = await self.sends(rooms, lang, {"text": TRAPPED[lang], **self.FORWARD})
        assert len(await rooms.rows("receipt")) == 1, "answered at intake"
        taken = [job for job in await waiting() if job[0] == "turns.take"]
        assert taken == [("turns.take", rows[0]), ("turns.take", rows[3])], "in their order, at once"
        await turns.take(update=rows[0])
        await turns.take(update=rows[3])
        case = await rooms.case()
        assert {(await rooms.row(row)).case_id for row in rows} == {case.id}
        assert {(await rooms.row(row)).state for row in rows} == {"done"}

    @both
    async def test_what_is_typed_behind_them_belongs_to_them(self, rooms: Rooms, lang: Lang) -> None:
        rows = await self.sends(rooms, lang, {"text": "aman?"})
        await turns.take(update=rows[0])
        assert rooms.rasa.meant == ["ask_offer_check"]

    async def test_a_control_word_behind_them_comes_after_them_and_is_obeyed(self, rooms: Rooms) -> None:
        rows = await self.sends(rooms, "id", {"text": "/hapus"})
        taken = [job for job in await waiting() if job[0] == "turns.take"]
        assert taken == [("turns.take", rows[0]), ("turns.take", rows[3])]
        await turns.take(update=rows[0])
        await turns.take(update=rows[3])
        assert len(await rooms.rows("erase")) == 1

    @both
    async def test_a_message_by_itself_has_its_turn_at_once(self, rooms: Rooms, lang: Lang) -> None:
        row = await rooms.stores(rooms.update(lang=lang, text=GREETING[lang]))
        assert await waiting() == [("turns.take", row)]
        assert (await rooms.row(row)).bundle is None

    async def test_a_voice_note_forwarded_does_not_wait(self, rooms: Rooms) -> None:
        row = await rooms.stores(rooms.update(voice=file(duration=1), **self.FORWARD))
        assert ("turns.take", row) in await waiting()

    @both
    async def test_while_an_operator_holds_the_chat_each_is_shown(self, rooms: Rooms, lang: Lang) -> None:
        await rooms.claimed(TRAPPED[lang])
        before = await rooms.screen()
        rows = await self.sends(rooms, lang)
        await turns.take(update=rows[0])
        assert (await rooms.topic())[-3:] == [render("desk_relay", "id", words=words) for words in OFFER[lang]]
        assert await rooms.screen() == before and not rooms.rasa.heard

    @both
    async def test_rasa_away_all_of_them_wait_and_are_answered_once(self, rooms: Rooms, lang: Lang) -> None:
        rooms.rasa.parts = None
        rows = await self.sends(rooms, lang)
        await turns.take(update=rows[0])
        assert {(await rooms.row(row)).state for row in rows} == {"unanswered"}
        rooms.rasa.parts = [rasa_client.Part(body="jawaban")]
        rooms.rasa.heard.clear()
        rooms.rasa.meant.clear()
        await turns.replay_unanswered()
        for row in rows:
            await turns.take(update=row)
        assert rooms.rasa.meant == ["ask_offer_check"], "judged once, whatever the model makes of it"
        assert (await rooms.screen()).count("jawaban") == 1
        assert {(await rooms.row(row)).state for row in rows} == {"done"}

    async def test_claimed_while_rasa_thinks_all_of_them_go_to_the_holder(self, rooms: Rooms) -> None:
        await rooms.writes(TRAPPED["id"])
        await rooms.delivers()
        case = await rooms.case()

        async def claim() -> None:
            await rooms.operator_presses(f"case:claim:{case.id}")

        rooms.rasa.meanwhile = claim
        rows = await self.sends(rooms, "id")
        await turns.take(update=rows[0])
        assert "jawaban" not in await rooms.screen()
        relayed = [row.payload["text"] for row in await rooms.rows("relay")]
        assert relayed[-3:] == [render("desk_relay", "id", words=words) for words in OFFER["id"]]

    async def test_killed_in_the_middle_it_is_answered_once(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rows = await self.sends(rooms, "id")
        finish = turns._finish

        def dies(_: Update) -> None:
            raise asyncio.CancelledError

        monkeypatch.setattr(turns, "_finish", dies)
        with pytest.raises(asyncio.CancelledError):
            await turns.take(update=rows[0])
        monkeypatch.setattr(turns, "_finish", finish)
        await turns.take(update=rows[0])
        assert (await rooms.screen()).count("jawaban") == 1
        assert {(await rooms.row(row)).state for row in rows} == {"done"}

    async def test_one_that_cannot_be_answered_spoils_no_other(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rows = await self.sends(rooms, "id")

        async def raises(*_: Any, **__: Any) -> None:
            raise RuntimeError

        monkeypatch.setattr(pipeline, "answer_together", raises)
        with pytest.raises(turns.TurnFailed):
            await turns.take(update=rows[0])
        await turns.take(update=rows[0])
        taken = [number for name, number in await waiting() if name == "turns.take"]
        assert taken == rows, "each by itself"
        for row in rows:
            await turns.take(update=row)
        assert {(await rooms.row(row)).state for row in rows} == {"done"}
        assert len(rooms.rasa.heard) == len(rows)

    async def test_a_long_paste_that_telegram_cut_is_read_whole(self, rooms: Rooms) -> None:
        pieces = ["a " * 1900, "b " * 1900, "c"]
        rows = [await rooms.stores(rooms.update(text=piece)) for piece in pieces]
        assert {(await rooms.row(row)).bundle for row in rows} == {rows[0]}
        await turns.take(update=rows[0])
        await turns.take(update=rows[1])
        heard = [said.split() for said in rooms.rasa.heard]
        assert [set(words) for words in heard] == [{"a"}, {"b", "c"}], "nothing is cut off"
        assert {(await rooms.row(row)).state for row in rows} == {"done"}

    async def test_a_bundle_whose_job_was_lost_is_found(self, rooms: Rooms) -> None:
        rows = await self.sends(rooms, "id")
        assert await turns.sweep(seconds=0) == 0, "its job still looks in"
        async with session() as s:
            await s.execute(text("update procrastinate_jobs set status = 'failed'"))
            await s.commit()
        await turns.sweep(seconds=0)
        for row in reversed(rows):
            await turns.take(update=row)
        assert {(await rooms.row(row)).state for row in rows} == {"done"}
        assert rooms.rasa.meant == ["ask_offer_check"]

    async def test_what_cannot_be_read_in_it_is_settled_too(self, rooms: Rooms) -> None:
        rows = await self.sends(rooms, "id", {"text": {"odd": 1}, **self.FORWARD})
        await turns.take(update=rows[0])
        assert {(await rooms.row(row)).state for row in rows} == {"done"}
        assert rooms.rasa.meant == ["ask_offer_check"]
