"""What people live through, from the worker's phone to the operator's group and back, in both languages."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from bot.offers.reading import tesseract
from bot.texts import render
from tests.e2e.people import VOICES, Voice
from tests.support.hotline import REPLY_SECONDS, Hotline
from tests.support.sandbox import Json, Person, Topic

#: An offer as channels post it: in several messages.
PIECES = {
    "id": [
        "LOKER KAMBOJA 🔥 admin chat, gaji 15jt/bulan",
        "tanpa pengalaman, tiket & visa ditanggung",
        "berangkat minggu ini. Minat wa 0812xxxx",
    ],
    "km": [
        "🔥 ជ្រើសរើសបុគ្គលិកឆាត ប្រាក់ខែ 1,500$",
        "មិនត្រូវការបទពិសោធន៍ សំបុត្រយន្តហោះឥតគិតថ្លៃ",
        "ទៅដោយទិដ្ឋាការទេសចរណ៍ ទាក់ទង Telegram",
    ],
}
PICTURES = Path(__file__).parents[1] / "support" / "pictures"
#: Seconds reading a picture may take on a busy machine.
READ_SECONDS = 90.0
readable = pytest.mark.skipif(
    bool(tesseract.missing()), reason="tesseract is not installed here, and make setup could not install it"
)
both_languages = pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.lang)


async def first_card(topic: Topic) -> Json:
    """The card of a case: the message with the claim button."""
    return await topic.sees(lambda m: any("Claim" in b["text"] for row in m["buttons"] for b in row), REPLY_SECONDS)


async def open_case(hotline: Hotline, person: Person, words: str) -> Topic:
    """A worker writes; the case's topic appears."""
    seen = await hotline.topics_seen()
    await person.says(words)
    return await hotline.case_topic(seen)


@both_languages
async def test_a_greeting_is_answered_in_the_persons_language(hotline: Hotline, voice: Voice) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    await person.says(voice.greeting)
    welcome = await person.sees(voice.part("welcome"), REPLY_SECONDS)
    assert [b["text"] for row in welcome["buttons"] for b in row] == ["Bahasa Indonesia", "ភាសាខ្មែរ"]
    assert welcome["silent"], "a worker's phone never rings"
    await person.sees(voice.part("small_greet"), REPLY_SECONDS, anywhere=True)


@both_languages
async def test_a_question_is_answered_with_its_source_month(hotline: Hotline, voice: Voice) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    await person.starts()
    await person.sees(voice.part("welcome"), REPLY_SECONDS)
    await person.says(voice.question)
    answer = await person.sees(
        lambda m: m["from"]["is_bot"] and ("20" in m["text"] or "២០" in m["text"]), REPLY_SECONDS
    )
    assert len(answer["text"].split()) <= 110


@both_languages
async def test_a_pasted_offer_comes_back_judged_with_its_own_words(hotline: Hotline, voice: Voice) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    await person.says(voice.offer)
    verdict = await person.sees("🔴", REPLY_SECONDS)
    quoted = [words.strip("…") for words in re.findall("[“«]([^”»]+)[”»]", verdict["text"])]
    assert quoted, "reasons come with evidence"
    assert all(words in voice.offer for words in quoted), "in the person's own words"


@both_languages
async def test_one_line_of_distress_reaches_an_operator_who_answers_in_the_same_chat(
    hotline: Hotline, voice: Voice
) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    topic = await open_case(hotline, person, voice.distress)
    receipt = await person.sees(voice.part("case_first_distress"), REPLY_SECONDS)
    assert any(digit.isdigit() for digit in receipt["text"]), "never without a number to call"
    assert "H-" not in receipt["text"], "no reference on a watched phone"
    card = await first_card(topic)
    assert voice.distress not in " ".join(m["text"] for m in await topic.messages()), "alerts carry no testimony"

    sari = await hotline.sari()
    pressed = await sari.presses("Claim", message=card)
    assert pressed["answered"]
    await topic.sees(voice.distress, REPLY_SECONDS)
    await person.sees(voice.part("case_claimed"), REPLY_SECONDS, anywhere=True)

    await sari.replies(card, voice.operator_says)
    await person.sees(voice.operator_says, REPLY_SECONDS, anywhere=True)
    await topic.sees(render("desk_sent", "id"), REPLY_SECONDS)

    await person.says(voice.worker_says)
    relayed = await topic.sees(voice.worker_says, REPLY_SECONDS)
    await sari.replies(relayed, f"{voice.operator_says} 2")
    await person.sees(f"{voice.operator_says} 2", REPLY_SECONDS)

    await sari.posts("internal note, never for the worker", topic=topic)
    await sari.presses("Close", message=card)
    await topic.sees(lambda m: any("resolved" in b["text"] for row in m["buttons"] for b in row), REPLY_SECONDS)
    await sari.presses("resolved", message=card)
    await person.sees(voice.part("case_closed"), REPLY_SECONDS, anywhere=True)
    await person.sees_no("internal note")


@both_languages
async def test_danger_now_comes_first_with_what_helps_at_once_and_then_place_and_safety(
    hotline: Hotline, voice: Voice
) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    topic = await open_case(hotline, person, voice.emergency)
    await person.sees(voice.text("talk_moved"), REPLY_SECONDS)
    card = await first_card(topic)
    assert card["text"].startswith("P1")
    assert not card["silent"], "an alert rings"
    await person.says(voice.place)
    await person.sees(voice.text("ask_safe"), REPLY_SECONDS)
    await person.presses(voice.text("case_button_safe"))
    await person.sees(voice.text("ask_people"), REPLY_SECONDS)


@both_languages
async def test_a_mother_reports_her_child_and_is_not_told_whether_a_case_exists(hotline: Hotline, voice: Voice) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    topic = await open_case(hotline, person, voice.third_party)
    await person.sees(voice.text("talk_missing"), REPLY_SECONDS)
    assert (await first_card(topic))["text"].startswith(("P3", "P1", "P2"))


@both_languages
async def test_distress_in_the_middle_of_an_offer_check_beats_the_form(hotline: Hotline, voice: Voice) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    await person.says(voice.offer)
    await person.sees("🔴", REPLY_SECONDS)
    topic = await open_case(hotline, person, voice.distress)
    await person.sees(voice.part("case_first_distress"), REPLY_SECONDS)
    await first_card(topic)


@both_languages
async def test_the_language_is_switched_by_words_and_by_button(hotline: Hotline, voice: Voice) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    await person.starts()
    await person.sees(voice.part("welcome"), REPLY_SECONDS)
    other = "km" if voice.lang == "id" else "id"
    await person.says(voice.other_language)
    await person.sees(render("language_set", other), REPLY_SECONDS)
    await person.presses("Bahasa Indonesia" if voice.lang == "id" else "ភាសាខ្មែរ")
    await person.sees(voice.text("language_set"), REPLY_SECONDS)


@both_languages
async def test_two_operators_press_claim_and_the_second_learns_who_was_first(hotline: Hotline, voice: Voice) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    topic = await open_case(hotline, person, voice.distress)
    card = await first_card(topic)
    sari, dara = await hotline.sari(), await hotline.dara()
    assert (await sari.presses("Claim", message=card))["text"] == render("desk_you_claimed", "id")
    late = await dara.presses(data=next(b["data"] for row in card["buttons"] for b in row), message=card)
    assert "Sari" in late["text"]
    await dara.replies(card, "not the holder")
    await topic.sees(render("desk_not_holder", "id"), REPLY_SECONDS)
    await person.sees_no("not the holder")


@both_languages
async def test_a_stranger_in_the_group_cannot_act(hotline: Hotline, voice: Voice) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    topic = await open_case(hotline, person, voice.distress)
    card = await first_card(topic)
    stranger = await hotline.sandbox.operator("Somebody")
    pressed = await stranger.presses("Claim", message=card)
    assert pressed["text"] == render("desk_not_listed", "id")


@readable
@both_languages
async def test_a_photographed_offer_is_judged_and_its_question_asked(hotline: Hotline, voice: Voice) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    await person.sends_photo((PICTURES / f"{voice.lang}_offer.jpg").read_bytes())
    await person.sees(voice.part("offer_verdict_high"), READ_SECONDS)
    await person.sees_no(voice.part("read_begins"))


@readable
@both_languages
async def test_a_photographed_plea_reaches_an_operator(hotline: Hotline, voice: Voice) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    await person.sends_photo((PICTURES / f"{voice.lang}_plea.jpg").read_bytes())
    await person.sees(voice.part("read_done"), READ_SECONDS)
    await person.sees(lambda m: any(sign.isdigit() for sign in m["text"]), REPLY_SECONDS, anywhere=True)


@both_languages
async def test_pictures_voices_and_places_are_kept_and_reach_the_holder(hotline: Hotline, voice: Voice) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    await person.sends_photo()
    # What the sandbox sends is no whole picture: "one moment" becomes a clear sentence.
    await person.sees(voice.part("read_broken"), READ_SECONDS)
    topic = await open_case(hotline, person, voice.distress)
    card = await first_card(topic)
    sari = await hotline.sari()
    await sari.presses("Claim", message=card)
    await topic.sees(voice.distress, REPLY_SECONDS)
    await person.sends_photo(b"\xff\xd8bruises")
    await topic.sees(lambda m: m["kind"] == "photo", REPLY_SECONDS)
    await person.sends_voice()
    await topic.sees(lambda m: m["kind"] == "voice", REPLY_SECONDS)
    await person.sends_document(b"%PDF-contract")
    await topic.sees(lambda m: m["kind"] == "document", REPLY_SECONDS)
    await person.sends_location(11.08, 106.17)
    await topic.sees(lambda m: m["kind"] == "location", REPLY_SECONDS)
    await sari.replies(card, media="voice", content_b64="T2dnUw==")
    await person.sees(lambda m: m["kind"] == "voice" and m["from"]["is_bot"], REPLY_SECONDS)
    await sari.replies(card, media="photo", content_b64="/9g=")
    await person.sees(lambda m: m["kind"] == "photo" and m["from"]["is_bot"], REPLY_SECONDS, anywhere=True)


@both_languages
async def test_a_voice_note_from_an_unknown_chat_is_heard_by_a_person(hotline: Hotline, voice: Voice) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    seen = await hotline.topics_seen()
    await person.sends_voice()
    topic = await hotline.case_topic(seen)
    assert render("desk_card_unheard", "id") in (await first_card(topic))["text"]
    await person.sees(voice.part("case_first_human"), REPLY_SECONDS)


@both_languages
async def test_erasing_empties_the_phone_and_keeps_the_case(hotline: Hotline, voice: Voice) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    topic = await open_case(hotline, person, voice.distress)
    await person.sees(voice.part("case_first_distress"), REPLY_SECONDS)
    await first_card(topic)
    await person.says(voice.erase)
    await person.gone(voice.distress, REPLY_SECONDS)
    await person.gone(voice.part("case_first_distress"), REPLY_SECONDS)
    await person.sees(voice.part("erase_closing"), REPLY_SECONDS)
    await topic.sees(render("desk_wish_erase", "id"), REPLY_SECONDS)
    sari = await hotline.sari()
    await sari.presses("Claim", message=await first_card(topic))
    await topic.sees(voice.distress, REPLY_SECONDS)


@both_languages
async def test_a_silent_phone_is_not_written_to_until_the_worker_writes_again(hotline: Hotline, voice: Voice) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    topic = await open_case(hotline, person, voice.distress)
    card = await first_card(topic)
    sari = await hotline.sari()
    await sari.presses("Claim", message=card)
    await person.sees(voice.part("case_claimed"), REPLY_SECONDS)
    await hotline.query("update chats set last_heard_at = now() - interval '11 minutes' where kind = 'private'")
    await sari.replies(card, voice.operator_says)
    waiting = await topic.sees(render("desk_waiting", "id"), REPLY_SECONDS)
    await person.sees_no(voice.operator_says)
    await person.says(voice.worker_says)
    await person.sees(voice.operator_says, REPLY_SECONDS, anywhere=True)
    await topic.sees(render("desk_sent", "id"), REPLY_SECONDS)

    await hotline.query("update chats set last_heard_at = now() - interval '11 minutes' where kind = 'private'")
    before = {m["id"] for m in await topic.messages()}
    await sari.replies(card, "2 " + voice.operator_says)
    waiting = await topic.sees(render("desk_waiting", "id"), REPLY_SECONDS)
    await sari.presses("Send now", message=waiting)
    await person.sees("2 " + voice.operator_says, REPLY_SECONDS, anywhere=True)
    withdrawn = await topic.sees(
        lambda m: m["id"] not in before and any("Withdraw" in b["text"] for row in m["buttons"] for b in row),
        REPLY_SECONDS,
    )
    await sari.presses("Withdraw", message=withdrawn)
    await person.gone("2 " + voice.operator_says, REPLY_SECONDS)


@both_languages
async def test_an_operators_edit_reaches_the_worker(hotline: Hotline, voice: Voice) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    topic = await open_case(hotline, person, voice.distress)
    card = await first_card(topic)
    sari = await hotline.sari()
    await sari.presses("Claim", message=card)
    written = await sari.replies(card, voice.operator_says)
    await person.sees(voice.operator_says, REPLY_SECONDS, anywhere=True)
    await sari.edits(written, voice.operator_says + " (!)")
    await person.sees(voice.operator_says + " (!)", REPLY_SECONDS, anywhere=True)


@both_languages
async def test_a_deleted_topic_is_made_again_with_everything_in_it(hotline: Hotline, voice: Voice) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    topic = await open_case(hotline, person, voice.distress)
    sari = await hotline.sari()
    await sari.presses("Claim", message=await first_card(topic))
    await topic.sees(voice.distress, REPLY_SECONDS)
    seen = await hotline.topics_seen()
    await sari.deletes_topic(topic)
    await person.says(voice.worker_says)
    again = await hotline.case_topic(seen)
    await again.sees(voice.worker_says, REPLY_SECONDS)
    await again.sees(voice.distress, REPLY_SECONDS)
    await again.sees(lambda m: m["text"].startswith("P"), REPLY_SECONDS)


@both_languages
async def test_asking_who_reads_this_gets_a_true_answer(hotline: Hotline, voice: Voice) -> None:
    from bot.cases import sites

    person = await hotline.worker(voice.name, voice.lang)
    await person.says("/tentang" if voice.lang == "id" else "/ompi")
    about = await person.sees(voice.part("about"), REPLY_SECONDS)
    assert sites.fallback().name(voice.lang) in about["text"]


@both_languages
async def test_an_intent_typed_as_a_command_is_plain_text(hotline: Hotline, voice: Voice) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    seen = await hotline.topics_seen()
    await person.says('/report_emergency{"x": 1}')
    await person.sees(lambda m: m["from"]["is_bot"] and bool(m["text"]), REPLY_SECONDS)
    assert await hotline.topics_seen() == seen


@both_languages
async def test_what_cannot_be_understood_is_answered_and_offers_a_person(hotline: Hotline, voice: Voice) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    await person.says(voice.nonsense)
    await person.sees(lambda m: m["from"]["is_bot"], REPLY_SECONDS)


@both_languages
async def test_an_offer_forwarded_in_pieces_is_judged_once(hotline: Hotline, voice: Voice) -> None:
    person = await hotline.worker(voice.name, voice.lang)
    for piece in PIECES[voice.lang]:
        await person.sends(text=piece, forward_from={"name": "Loker"})
    verdict = await person.sees(re.compile("🔴|🟠"), REPLY_SECONDS)
    quoted = [words.strip("…") for words in re.findall("[“«]([^”»]+)[”»]", verdict["text"])]
    told = " ".join(PIECES[voice.lang])
    assert quoted and all(" ".join(said.split()) in told for said in quoted)
    await person.says("/bantuan" if voice.lang == "id" else "/help")
    await person.sees(voice.part("help"), REPLY_SECONDS)
    answers = [m for m in await person.messages() if m["from"]["is_bot"]]
    assert len(answers) == 3, f"welcome, one verdict, help: {[m['text'] for m in answers]}"


@both_languages
async def test_a_picture_as_a_file_reaches_the_holder_without_its_position_and_with_it_as_a_line(
    hotline: Hotline, voice: Voice
) -> None:
    tags = Image.Exif()
    tags[0x8825] = {1: "N", 2: (11.0, 33.0, 22.5), 3: "E", 4: (104.0, 55.0, 41.5)}
    made = io.BytesIO()
    Image.new("RGB", (40, 30)).save(made, "JPEG", exif=tags)
    person = await hotline.worker(voice.name, voice.lang)
    topic = await open_case(hotline, person, voice.distress)
    card = await first_card(topic)
    await (await hotline.sari()).presses("Claim", message=card)
    await person.sees(voice.part("case_claimed"), REPLY_SECONDS, anywhere=True)
    await person.sends_document(made.getvalue(), file_name="IMG_1.jpg")
    await topic.sees("11.55625, 104.92819", REPLY_SECONDS)
    shown = await topic.sees(lambda m: m["file"] is not None, REPLY_SECONDS)
    left = (await hotline.sandbox.http.get(hotline.sandbox.url + shown["file"]["url"])).content
    assert left and not Image.open(io.BytesIO(left)).getexif()
