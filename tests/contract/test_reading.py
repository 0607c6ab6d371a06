"""Photos, posters and PDFs: read in a process of their own, answered like a typed offer; a plea is no offer."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select, text, update

from bot.offers.reading import files, tesseract
from bot.offers.reading.files import Reading
from bot.outbox import media as stored
from bot.outbox.settled import settle
from bot.storage.models import Chat, Media, Outgoing, Update
from bot.storage.session import session
from bot.texts import LANGS, Lang, render
from bot.turns import attachments, rasa_client
from bot.turns import service as turns
from nlu.understanding.decision import of_kind
from tests.contract.test_actions import act
from tests.support.rooms import Rooms

PICTURES = Path(__file__).parents[1] / "support" / "pictures"
both = pytest.mark.parametrize("lang", LANGS)
readable = pytest.mark.skipif(
    bool(tesseract.missing()), reason="tesseract is not installed here, and make setup could not install it"
)
#: Words as a poster of each language says them.
OFFER = {
    "id": "LOWONGAN KERJA KAMBOJA\nGaji 1.200 USD, tanpa pengalaman\nPaspor dipegang kantor\nWA 0812-0000-1111",
    "km": "រើសបុគ្គលិកនៅប៉ោយប៉ែត\nប្រាក់ខែ ១២០០ ដុល្លារ មិនត្រូវការបទពិសោធន៍\nលិខិតឆ្លងដែនទុកនៅការិយាល័យ\nតេឡេក្រាម 012 000 111",
}
#: An Indonesian advert that alarms the lexicon; no Khmer one is known to.
ADVERT = "MARKETING THAILAND\nGaji 40.000 baht\nJangan bilang keluarga dulu\nPaspor disimpan kantor\nWA +66 80 000 1234"
PLEA = {
    "id": "Tolong pak\nsaya disekap di Poipet, paspor saya diambil bos",
    "km": "ជួយខ្ញុំផង\nខ្ញុំជាប់នៅក្នុងអគារ ថៅកែយកលិខិតឆ្លងដែនខ្ញុំ គេមិនឲ្យចេញក្រៅទេ",
}
#: What is no offer and no plea.
CALM = {
    "id": "Resep nasi goreng: nasi putih, telur, kecap manis, bawang merah",
    "km": "រូបមន្តធ្វើម្ហូប៖ បាយ ពងទា ទឹកត្រី ខ្ទឹមក្រហម",
}
PHOTO = [{"file_id": "f", "file_unique_id": "u", "file_size": 1000, "width": 1, "height": 1}]
#: A PDF whose password nobody knows.
LOCKED = (
    b"%PDF-1.4\ntrailer << /Root 1 0 R /ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4"
    b" /O <" + b"ab" * 32 + b"> /U <" + b"cd" * 32 + b"> >> >>\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
)
PDF = {"file_id": "f", "file_unique_id": "u", "file_size": 1000, "file_name": "a.pdf", "mime_type": "application/pdf"}


def saved(image: Image.Image, kind: str = "JPEG") -> bytes:
    made = io.BytesIO()
    image.save(made, kind)
    return made.getvalue()


class TestFiles:
    """What a stranger sends is read, or said to be unreadable; it harms nobody."""

    @readable
    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("id_offer.jpg", ["KAMBOJA", "1.200 USD", "Tanpa pengalaman"]),
            ("km_offer.jpg", ["១២០០ ដុល្លារ", "លិខិតឆ្លងដែន"]),
            ("id_plea.jpg", ["disekap di Poipet"]),
            ("km_plea.jpg", ["ថៅកែយកលិខិតឆ្លងដែនខ្ញុំ"]),
            ("id_scan.pdf", ["KAMBOJA", "1.200 USD"]),
            ("km_offer.pdf", ["១២០០ ដុល្លារ"]),
        ],
    )
    async def test_posters_letters_and_scans_are_read(self, name: str, words: list[str]) -> None:
        found = await files.read((PICTURES / name).read_bytes())
        assert found.outcome == "words"
        assert [word for word in words if word not in found.text] == []

    async def test_a_pdf_tells_its_words_without_tesseract(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        found = await files.read((PICTURES / "id_offer.pdf").read_bytes())
        assert found.outcome == "words" and "Gaji 1.200 USD per bulan + bonus" in found.text

    async def test_without_tesseract_it_says_that_it_cannot(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        assert await files.read((PICTURES / "id_offer.jpg").read_bytes()) == Reading("off")

    @readable
    @pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180])
    @both
    async def test_a_photo_lying_on_its_side_is_read(self, lang: Lang, turn: Image.Transpose) -> None:
        image = Image.open(PICTURES / f"{lang}_offer.jpg").transpose(turn)
        found = await files.read(saved(image))
        assert {"id": "KAMBOJA", "km": "ដុល្លារ"}[lang] in found.text

    @readable
    @pytest.mark.parametrize(("lang", "words"), [("id", "saya diambil bos"), ("km", "លិខិតឆ្លងដែន")])
    async def test_two_lines_of_a_plea_upside_down_are_read(self, lang: str, words: str) -> None:
        lines = Image.open(PICTURES / f"{lang}_plea.jpg").crop((0, 110, 640, 215))
        found = await files.read(saved(lines.transpose(Image.Transpose.ROTATE_180)))
        assert words in found.text

    @readable
    @pytest.mark.parametrize(("lang", "words"), [("id", "saya diambil bos"), ("km", "លិខិតឆ្លងដែន")])
    async def test_a_plea_at_the_end_of_a_long_screenshot_is_read(self, lang: str, words: str) -> None:
        screen = Image.new("RGB", (640, 5000), "white")
        screen.paste(Image.open(PICTURES / f"{lang}_plea.jpg"), (0, 4400))
        assert words in (await files.read(saved(screen))).text

    @readable
    @pytest.mark.parametrize(
        ("content", "outcome"),
        [
            (saved(Image.new("RGB", (600, 400), "white")), "empty"),
            (saved(Image.new("RGBA", (600, 400), (0, 0, 0, 0)), "PNG"), "empty"),
            (saved(Image.new("RGB", (3, 3))), "empty"),
            (b"", "broken"),
            (b"\xff\xd8\xff" + b"x" * 500, "broken"),
            ((PICTURES / "id_offer.jpg").read_bytes()[:900], "broken"),
            (b"%PDF-1.7\n" + b"x" * 500, "broken"),
            (b"just words", "broken"),
            (LOCKED, "locked"),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(500), "foreign"),
            (saved(Image.new("1", (15_000, 15_000)), "PNG"), "broken"),
        ],
        ids=["white", "clear", "tiny", "nothing", "junk", "cut off", "no pdf", "text", "locked", "heic", "bomb"],
    )
    async def test_what_holds_no_words_is_said_to_hold_none(self, content: bytes, outcome: str) -> None:
        assert (await files.read(content)).outcome == outcome

    async def test_one_that_takes_for_ever_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(files, "CHILD_SECONDS", 0.01)
        assert await files.read((PICTURES / "id_offer.pdf").read_bytes()) == Reading("slow")

    def test_doubt_and_few_words_are_noted(self) -> None:
        assert files.judged("words", OFFER["id"], 0.95).outcome == "words"
        assert files.judged("words", OFFER["id"], 0.5).outcome == "unsure"
        assert files.judged("words", OFFER["id"], 0.95, whole=False).outcome == "unsure"
        assert files.judged("words", OFFER["id"], 0.4).outcome == "illegible"
        assert files.judged("words", "HALO", 0.95).outcome == "few"
        assert files.judged("words", "+ \n", 0.95).outcome == "empty"


class Reader:
    """A chat's files, with what reading each of them gives."""

    def __init__(self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rooms, self._patch = rooms, monkeypatch

    async def fetched(self, *rows: int, gone: bool = False) -> None:
        """The files of these messages are there, or gone from Telegram."""
        async with session() as s:
            state = "gone" if gone else "stored"
            await s.execute(update(Media).where(Media.update_id.in_(rows)).values(state=state, path="00/0.enc"))
            await s.commit()

    async def reads(self, *outcomes: Reading, of: list[int]) -> None:
        """Each file is read, in order, and its turn says what came of it."""
        given = iter(outcomes)

        async def found(content: bytes) -> Reading:
            return next(given)

        self._patch.setattr(files, "read", found)
        self._patch.setattr(stored, "read", lambda row: b"x")
        await self.fetched(*of)
        for row in of:
            async with session() as s:
                media = await s.scalar(select(Media.id).where(Media.update_id == row))
            if media is not None:
                await attachments.read_file(media=media)
                await attachments.tell_read(update=row)

    async def told(self) -> list[dict[str, Any]]:
        """What was said of files: the payloads, the edit first."""
        return [row.payload for row in await self.rooms.rows("read")]

    async def words(self) -> list[str]:
        return [payload["text"] for payload in await self.told()]


@pytest.fixture
def reader(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> Reader:
    return Reader(rooms, monkeypatch)


class TestAPhotoOfAnOffer:
    """Told at once, and the same verdict as if it were typed, in the place of "one moment"."""

    @both
    async def test_it_is_said_at_once_and_changed_into_the_verdict(
        self, rooms: Rooms, reader: Reader, lang: Lang
    ) -> None:
        row = await rooms.writes(lang=lang, photo=PHOTO)
        assert await rooms.screen() == [render("welcome", lang), render("read_begins", lang)]
        assert not rooms.rasa.heard
        await reader.reads(Reading("words", OFFER[lang]), of=[row])
        assert rooms.rasa.meant == ["ask_offer_check"]
        (told,) = await rooms.rows("read")
        assert (told.method, told.payload["text"]) == ("editMessageText", "jawaban")
        begun = [one for one in await rooms.rows("reply") if one.payload["text"] == render("read_begins", lang)]
        assert told.payload["of"] == begun[0].id

    @both
    async def test_the_words_are_the_offer_that_the_form_goes_on_about(
        self, rooms: Rooms, reader: Reader, lang: Lang
    ) -> None:
        row = await rooms.writes(lang=lang, photo=PHOTO, caption="aman?")
        await reader.reads(Reading("words", OFFER[lang]), of=[row])
        async with session() as s:
            assert await attachments.bundle.all_words(s, await s.get_one(Update, row)) == f"aman?\n{OFFER[lang]}"
            raw = await s.scalar(text("select words from media"))
        assert OFFER[lang][:8].encode() not in bytes(raw), "encrypted"

    @both
    async def test_an_album_is_one_offer(self, rooms: Rooms, reader: Reader, lang: Lang) -> None:
        lines = OFFER[lang].split("\n")
        rows = [await rooms.stores(rooms.update(lang=lang, photo=PHOTO, media_group_id="7")) for _ in range(len(lines))]
        await turns.take(update=rows[0])
        await reader.reads(*(Reading("words", line) for line in lines), of=rows)
        assert rooms.rasa.meant == ["ask_offer_check"], "judged once"
        async with session() as s:
            assert await attachments.bundle.all_words(s, await s.get_one(Update, rows[0])) == OFFER[lang]
        assert len(await reader.told()) == 1

    async def test_of_many_forwards_it_says_how_many_were_read(self, rooms: Rooms, reader: Reader) -> None:
        forward = {"forward_origin": {"type": "hidden_user", "sender_user_name": "Loker", "date": 1}}
        rows = [await rooms.stores(rooms.update(photo=PHOTO, **forward)) for _ in range(12)]
        await turns.take(update=rows[0])
        await reader.reads(*[Reading("words", OFFER["id"])] * 10, of=rows)
        assert render("read_first_only", "id", count=10) in (await reader.words())[0]

    @both
    async def test_a_plea_on_the_last_of_ten_photos_is_heard(self, rooms: Rooms, reader: Reader, lang: Lang) -> None:
        rows = [await rooms.stores(rooms.update(lang=lang, photo=PHOTO, media_group_id="7")) for _ in range(10)]
        await turns.take(update=rows[0])
        await reader.reads(*[Reading("empty")] * 9, Reading("words", PLEA[lang]), of=rows)
        assert {(await rooms.row(row)).case_id for row in rows} == {(await rooms.case()).id}

    @both
    @pytest.mark.parametrize("action", ["action_check_offer", "action_small_talk"])
    async def test_is_it_safe_asked_meanwhile_is_no_offer_by_itself(
        self, rooms: Rooms, reader: Reader, lang: Lang, action: str
    ) -> None:
        await attachments.offers.ready()  # as the action server before it serves
        photo = await rooms.writes(lang=lang, photo=PHOTO)
        asked = await rooms.row(await rooms.writes({"id": "kak ini aman ga?", "km": "បោកទេបង?"}[lang], lang=lang))
        assert asked.chat_id is not None
        said = [part["text"] for part in await act(action, "deny", asked.chat_id, asked.id, lang=lang)]
        assert said == ["read_begins"]
        await reader.reads(Reading("words", OFFER[lang]), of=[photo])
        said = [part["text"] for part in await act(action, "deny", asked.chat_id, asked.id, lang=lang)]
        assert said != ["read_begins"], "read by now"

    @both
    async def test_a_pdf_too(self, rooms: Rooms, reader: Reader, lang: Lang) -> None:
        row = await rooms.writes(lang=lang, document=PDF)
        await reader.reads(Reading("words", OFFER[lang]), of=[row])
        assert await reader.words() == ["jawaban"]

    @both
    async def test_doubt_is_said_and_the_main_facts_are_asked(self, rooms: Rooms, reader: Reader, lang: Lang) -> None:
        row = await rooms.writes(lang=lang, photo=PHOTO)
        await reader.reads(Reading("unsure", OFFER[lang]), of=[row])
        assert await reader.words() == [f"{render('read_unsure', lang)}\n\njawaban"]

    @both
    async def test_the_verdict_does_not_wait_for_rasa(self, rooms: Rooms, reader: Reader, lang: Lang) -> None:
        row = await rooms.writes(lang=lang, photo=PHOTO)
        rooms.rasa.parts = None
        await reader.reads(Reading("words", OFFER[lang]), of=[row])
        assert (await reader.words())[0].startswith(render("offer_verdict_high", lang))

    async def test_it_is_said_once_however_often_the_job_runs(self, rooms: Rooms, reader: Reader) -> None:
        row = await rooms.writes(photo=PHOTO)
        await reader.reads(Reading("words", OFFER["id"]), of=[row])
        for _ in range(2):
            await attachments.tell_read(update=row)
            await turns.take(update=row)
        assert len(await reader.told()) == 1 and len(rooms.rasa.heard) == 1

    async def test_the_buttons_of_a_question_follow_below(self, rooms: Rooms, reader: Reader) -> None:
        rooms.rasa.parts = [
            rasa_client.Part(body="jawaban"),
            rasa_client.Part(text="offer_ask_pays", buttons=((("offer_answer_pays_me", "offer:pays:me"),),)),
        ]
        row = await rooms.writes(photo=PHOTO)
        await reader.reads(Reading("words", OFFER["id"]), of=[row])
        first, second = await rooms.rows("read")
        assert (first.method, second.method) == ("editMessageText", "sendMessage")
        assert second.payload["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "offer:pays:me"

    @pytest.mark.parametrize("how", ["refused", "never sent"])
    async def test_where_it_cannot_be_changed_it_comes_anew(self, rooms: Rooms, reader: Reader, how: str) -> None:
        row = await rooms.writes(photo=PHOTO)
        if how == "refused":
            await rooms.delivers()
        await reader.reads(Reading("words", OFFER["id"]), of=[row])
        async with session() as s:
            edit = await s.scalar(select(Outgoing).where(Outgoing.purpose == "read"))
            assert edit is not None
            chat = await s.get_one(Chat, edit.chat_id)
            edit.state, edit.failure = ("failed", "bad_request") if how == "refused" else ("sent", None)
            for _ in range(2):
                await settle(s, edit, chat)
            await s.commit()
        assert [(one.method, one.payload["text"]) for one in (await rooms.rows("read"))[1:]] == [
            ("sendMessage", "jawaban")
        ]

    async def test_nothing_comes_back_to_a_phone_that_was_cleared(self, rooms: Rooms, reader: Reader) -> None:
        row = await rooms.writes(photo=PHOTO)
        await rooms.delivers()
        await rooms.writes("/hapus")
        await reader.reads(Reading("words", OFFER["id"]), of=[row])
        assert not await reader.told()


class TestAPhotoOfAPlea:
    """Words on a photo are triaged first, by the lexicon and by the model."""

    @both
    async def test_it_opens_a_case_and_is_no_offer(self, rooms: Rooms, reader: Reader, lang: Lang) -> None:
        row = await rooms.writes(lang=lang, photo=PHOTO)
        await reader.reads(Reading("words", PLEA[lang]), of=[row])
        case = await rooms.case()
        assert (case.kind, case.lang, case.found_by) == ("distress", lang, "lexicon")
        assert (await rooms.row(row)).case_id == case.id
        assert len(await rooms.rows("receipt")) == 1
        assert await reader.words() == [render("read_done", lang)]
        assert not rooms.rasa.heard

    @both
    async def test_hardly_legible_it_opens_one_all_the_same(self, rooms: Rooms, reader: Reader, lang: Lang) -> None:
        row = await rooms.writes(lang=lang, photo=PHOTO)
        await reader.reads(Reading("few", PLEA[lang]), of=[row])
        assert (await rooms.case()).kind == "distress"

    @both
    async def test_a_photo_of_leaves_is_no_plea_and_no_offer(
        self, rooms: Rooms, reader: Reader, lang: Lang, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is read there looks like anything: the model and the offer check are not asked, the lexicon is."""
        monkeypatch.setattr(attachments.model, "unaided", lambda words: of_kind("distress", []))
        row = await rooms.writes(lang=lang, photo=PHOTO)
        await reader.reads(Reading("illegible", OFFER[lang]), of=[row])
        assert await reader.words() == [render("read_few", lang)]
        assert not await rooms.cases()
        async with session() as s:
            assert await attachments.bundle.all_words(s, await s.get_one(Update, row)) == ""
        plea = await rooms.writes(lang=lang, photo=PHOTO)
        await reader.reads(Reading("illegible", PLEA[lang]), of=[plea])
        assert (await rooms.case()).found_by == "lexicon"

    @both
    async def test_an_advert_that_keeps_passports_is_judged_and_a_plea_heard(
        self, rooms: Rooms, reader: Reader, lang: Lang, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where the lexicon alone is alarmed, what tells pay and number and alarms no model is an advert."""

        monkeypatch.setattr(attachments.model, "ranking", lambda words: [("ask_offer_check", 0.97)])
        advert = {"id": ADVERT, "km": OFFER["km"]}[lang]
        assert attachments.triage(ADVERT).level == "distress"
        row = await rooms.writes(lang=lang, photo=PHOTO)
        await reader.reads(Reading("words", advert), of=[row])
        assert not await rooms.cases() and rooms.rasa.meant == ["ask_offer_check"]
        plea = await rooms.writes(lang=lang, photo=PHOTO)
        await reader.reads(Reading("words", PLEA[lang]), of=[plea])
        assert (await rooms.case()).kind == "distress"

    async def test_an_advert_without_a_number_is_no_plea_either(
        self, rooms: Rooms, reader: Reader, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(attachments.model, "ranking", lambda words: [("ask_offer_check", 0.97)])
        advert = "LOWONGAN KASIR, DALAM KOMPLEKS\nBokor, Rp 10,5 juta\nLibur: tidak ada\nPaspor: disimpan kantor"
        assert attachments.triage(advert).level == "distress" and not attachments._advertises(advert)
        row = await rooms.writes(photo=PHOTO)
        await reader.reads(Reading("words", advert), of=[row])
        assert not await rooms.cases() and rooms.rasa.meant == ["ask_offer_check"]

    async def test_what_only_the_model_hears(
        self, rooms: Rooms, reader: Reader, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(attachments.model, "unaided", lambda words: of_kind("distress", []))
        row = await rooms.writes(photo=PHOTO)
        await reader.reads(Reading("words", CALM["id"]), of=[row])
        assert (await rooms.case()).found_by == "model"

    @both
    async def test_once_a_case_is_open_a_photo_is_evidence(self, rooms: Rooms, reader: Reader, lang: Lang) -> None:
        """Also the one that was being read when the case was opened."""
        early = await rooms.writes(lang=lang, photo=PHOTO)
        await rooms.writes(PLEA[lang], lang=lang)
        await reader.reads(Reading("words", OFFER[lang]), of=[early])
        late = await rooms.writes(lang=lang, photo=PHOTO)
        case = await rooms.case()
        assert {(await rooms.row(row)).case_id for row in (early, late)} == {case.id}
        assert not rooms.rasa.heard
        assert await reader.words() == [render("read_done", lang)]
        async with session() as s:
            assert await s.scalar(select(Media.read_as).where(Media.update_id == late)) is None, "not even read"


class TestWhatIsNoOffer:
    """A clear sentence each, and a way on."""

    @both
    @pytest.mark.parametrize(
        ("found", "key"),
        [
            (Reading("empty"), "read_empty"),
            (Reading("broken"), "read_broken"),
            (Reading("few", "HALO"), "read_few"),
            (Reading("locked"), "read_locked"),
            (Reading("foreign"), "read_foreign"),
            (Reading("slow"), "read_away"),
            (Reading("off"), "read_away"),
            (Reading("words", "CALM"), "read_no_offer"),
        ],
        ids=lambda value: value.outcome if isinstance(value, Reading) else "",
    )
    async def test_is_said(self, rooms: Rooms, reader: Reader, lang: Lang, found: Reading, key: str) -> None:
        row = await rooms.writes(lang=lang, photo=PHOTO)
        await reader.reads(Reading(found.outcome, CALM[lang] if found.text == "CALM" else found.text), of=[row])
        assert await reader.words() == [render(key, lang)]
        assert not await rooms.cases()

    @both
    async def test_the_words_beside_it_are_answered(self, rooms: Rooms, reader: Reader, lang: Lang) -> None:
        row = await rooms.writes(lang=lang, photo=PHOTO, caption=OFFER[lang])
        await reader.reads(Reading("empty"), of=[row])
        assert rooms.rasa.meant == ["ask_offer_check"]
        assert await reader.words() == [f"{render('read_empty', lang)}\n\njawaban"]

    async def test_a_file_that_never_comes_keeps_nobody_waiting(self, rooms: Rooms, reader: Reader) -> None:
        row = await rooms.writes(photo=PHOTO)
        for _ in range(2):
            await attachments.read_late(update=row)
            await attachments.tell_read(update=row)
        assert await reader.words() == [render("read_away", "id")]
        await reader.reads(Reading("words", OFFER["id"]), of=[row])
        assert len(await reader.told()) == 1, "and what comes later is not said on top"

    async def test_a_fault_of_ours_keeps_nobody_waiting(
        self, rooms: Rooms, reader: Reader, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def breaks(words: str) -> None:
            raise RuntimeError(words)

        row = await rooms.writes(photo=PHOTO)
        monkeypatch.setattr(attachments, "triage", breaks)
        await reader.reads(Reading("words", OFFER["id"]), of=[row])
        assert await reader.words() == [render("read_away", "id")]

    async def test_a_program_is_not_opened(self, rooms: Rooms) -> None:
        await rooms.writes(document={**PDF, "file_name": "loker.apk", "mime_type": "application/x-thing"})
        assert (await rooms.screen())[-1] == render("media_document", "id")


@readable
@both
async def test_from_a_photo_to_a_verdict_through_the_jobs(rooms: Rooms, lang: Lang) -> None:
    """A real picture, stored encrypted, read by the real program."""
    row = await rooms.writes(lang=lang, photo=PHOTO)
    async with session() as s:
        media = await s.scalar(select(Media).where(Media.update_id == row))
        assert media is not None
        path = Path("00") / f"{media.id}.enc"
        await asyncio.to_thread(stored._keep, stored.folder() / path, (PICTURES / f"{lang}_offer.jpg").read_bytes())
        media.path = str(path)
        await s.commit()
    await stored._settle(media.id, state="stored")
    async with session() as s:
        names = (await s.scalars(text("select task_name from procrastinate_jobs where status = 'todo'"))).all()
    assert "turns.read_file" in names
    await attachments.read_file(media=media.id)
    rooms.rasa.parts = None
    await attachments.tell_read(update=row)
    (told,) = await rooms.rows("read")
    assert told.payload["text"].startswith(render("offer_verdict_high", lang))
    assert not await rooms.cases()
