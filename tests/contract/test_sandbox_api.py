"""The emulated Telegram accepts and refuses what the real one would, seen through python-telegram-bot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, ReplyKeyboardMarkup, ReplyParameters
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, RetryAfter

from tests.support.sandbox import TOKEN, Operator, Person, Sandbox, SandboxProcess


@pytest.fixture(scope="module")
def process() -> Any:
    """One sandbox for the module; every test plays people of its own."""
    process = SandboxProcess().start()
    yield process
    process.stop()


@pytest.fixture
async def sandbox(process: SandboxProcess) -> AsyncIterator[Sandbox]:
    """A client, and a bot with no updates left over from another test."""
    client = process.client()
    async with telegram_bot(client) as bot:
        await bot.delete_webhook(drop_pending_updates=True)
    yield client
    await client.clear_faults()
    await client.set_clock()
    await client.limits(enabled=False)
    await client.aclose()


def telegram_bot(sandbox: Sandbox, token: str = TOKEN) -> Bot:
    """A real python-telegram-bot Bot, pointed at the sandbox."""
    return Bot(token, base_url=f"{sandbox.api_url}/bot", base_file_url=f"{sandbox.api_url}/file/bot")


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    """The bot, initialised (getMe)."""
    async with telegram_bot(sandbox) as bot:
        yield bot


@pytest.fixture
async def budi(sandbox: Sandbox) -> Person:
    """A worker who has pressed Start."""
    person = await sandbox.person("Budi", "id")
    await person.starts()
    return person


@pytest.fixture
async def sari(sandbox: Sandbox) -> Operator:
    """An operator in the demo's group."""
    return await sandbox.operator("Sari")


async def refused(kind: type[Exception], text: str, call: Awaitable[Any]) -> None:
    """A call raises this class with these words; python-telegram-bot changes only their case."""
    with pytest.raises(kind) as caught:
        await call
    assert str(caught.value).lower() == text.lower()


async def test_a_wrong_token_is_unauthorized(sandbox: Sandbox) -> None:
    with pytest.raises(InvalidToken):
        await telegram_bot(sandbox, "100002:OTHER").initialize()


async def test_an_unknown_method_is_not_found(sandbox: Sandbox) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{sandbox.url}/bot{TOKEN}/sendTelepathy")
    assert answer.status_code == 404
    assert answer.json() == {"ok": False, "error_code": 404, "description": "Not Found: method not found"}


@pytest.mark.parametrize("style", ["query", "form", "json", "multipart"])
async def test_parameters_come_in_four_ways(sandbox: Sandbox, budi: Person, style: str) -> None:
    fields = {"chat_id": str(budi.id), "text": f"by {style}"}
    url = f"{sandbox.url}/bot{TOKEN}/SENDMESSAGE"
    async with httpx.AsyncClient() as http:
        answer = await {
            "query": lambda: http.get(url, params=fields),
            "form": lambda: http.post(url, data=fields),
            "json": lambda: http.post(url, json={**fields, "chat_id": budi.id}),
            "multipart": lambda: http.post(url, files={k: (None, v) for k, v in fields.items()}),
        }[style]()
    assert answer.json()["result"]["chat"] == {"id": budi.id, "first_name": "Budi", "type": "private"}
    await budi.sees(f"by {style}", within=1)


async def test_a_message_comes_back_as_telegram_would_give_it(bot: Bot, budi: Person) -> None:
    said = await budi.says("Apa kabar?")
    sent = await bot.send_message(
        budi.id,
        "<b>ជំរាបសួរ</b> 🙂 <a href='https://example.org'>baca</a> &lt;3",
        parse_mode="HTML",
        disable_notification=True,
        reply_parameters=ReplyParameters(said["id"]),
        reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("Ya", callback_data="y")]]),
    )
    assert sent.text == "ជំរាបសួរ 🙂 baca <3"
    bold, link = sent.entities
    assert (bold.type, bold.offset, bold.length) == ("bold", 0, len("ជំរាបសួរ"))
    assert sent.parse_entity(link) == "baca"
    assert link.url == "https://example.org"
    assert sent.from_user is not None and sent.from_user.is_bot
    assert sent.reply_to_message is not None and sent.reply_to_message.text == "Apa kabar?"
    assert sent.reply_markup is not None
    shown = await budi.sees("ជំរាបសួរ", within=1)
    assert shown["silent"] and shown["reply_to"] == said["id"] and shown["buttons"][0][0]["text"] == "Ya"


async def test_markdown_v2_is_parsed(bot: Bot, budi: Person) -> None:
    sent = await bot.send_message(
        budi.id, "*tebal* _miring __garis__ bawah_ ||rahasia|| `x*y` \\*\n>kutipan\n>lagi", parse_mode="MarkdownV2"
    )
    assert sent.text == "tebal miring garis bawah rahasia x*y *\nkutipan\nlagi"
    assert [e.type for e in sent.entities] == ["bold", "italic", "underline", "spoiler", "code", "blockquote"]


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        ("<b>x", "HTML", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<x>y</x>", "HTML", 'Unsupported start tag "x" at byte offset 0'),
        ("ខ</b>", "HTML", "Unexpected end tag at byte offset 3"),
        ("<b><i>x</b>", "HTML", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("1 < 2", "HTML", "Unclosed start tag at byte offset 2"),
        ("halo.", "MarkdownV2", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("*x", "MarkdownV2", "Can't find end of Bold entity at byte offset 0"),
    ],
)
async def test_broken_markup_is_refused(bot: Bot, budi: Person, text: str, mode: str, why: str) -> None:
    await refused(BadRequest, f"Can't parse entities: {why}", bot.send_message(budi.id, text, parse_mode=mode))


Refusal = tuple[str, Callable[[Bot, int], Awaitable[Any]]]
KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data="ខ" * 22)]])
REFUSALS: list[Refusal] = [
    ("message text is empty", lambda b, c: b.send_message(c, "")),
    ("text must be non-empty", lambda b, c: b.send_message(c, " \n ")),
    ("message is too long", lambda b, c: b.send_message(c, "x" * 4097)),
    ("message is too long", lambda b, c: b.send_message(c, "🙂" * 2049)),
    ("message caption is too long", lambda b, c: b.send_photo(c, b"\xff\xd8", caption="x" * 1025)),
    ("chat not found", lambda b, c: b.send_message(4242, "x")),
    ("chat_id is empty", lambda b, c: b.send_message("", "x")),
    ("message to be replied not found", lambda b, c: b.send_message(c, "x", reply_parameters=ReplyParameters(7))),
    ("message thread not found", lambda b, c: b.send_message(c, "x", message_thread_id=7)),
    ("message to edit not found", lambda b, c: b.edit_message_text("x", c, 7)),
    ("message to delete not found", lambda b, c: b.delete_message(c, 7)),
    ("message to forward not found", lambda b, c: b.forward_message(c, c, 7)),
    ("message to copy not found", lambda b, c: b.copy_message(c, c, 7)),
    ("BUTTON_DATA_INVALID", lambda b, c: b.send_message(c, "x", reply_markup=KEYBOARD)),
    ("too many message identifiers specified", lambda b, c: b.delete_messages(c, list(range(1, 102)))),
    ("invalid file_id", lambda b, c: b.get_file("nothing")),
    ("wrong file identifier/HTTP URL specified", lambda b, c: b.send_photo(c, "nothing")),
    ("the chat is not a forum", lambda b, c: b.create_forum_topic(c, "x")),
    (
        "query is too old and response timeout expired or query ID is invalid",
        lambda b, c: b.answer_callback_query("12345"),
    ),
    ("wrong parameter action in request", lambda b, c: b.send_chat_action(c, "dreaming")),
]


@pytest.mark.parametrize(("text", "call"), REFUSALS, ids=[f"{i}-{text[:24]}" for i, (text, _) in enumerate(REFUSALS)])
async def test_refusals(
    sandbox: Sandbox, bot: Bot, budi: Person, text: str, call: Callable[[Bot, int], Awaitable[Any]]
) -> None:
    await refused(BadRequest, text, call(bot, budi.id))
    assert (await sandbox.calls())[-1]["description"] == f"Bad Request: {text}"


async def test_limits_of_length_are_met_exactly(bot: Bot, budi: Person) -> None:
    assert len((await bot.send_message(budi.id, "<b>" + "x" * 4096 + "</b>", parse_mode="HTML")).text or "") == 4096
    assert (await bot.send_message(budi.id, "🙂" * 2048)).text
    kept = InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data="x" * 64)]])
    assert (await bot.send_photo(budi.id, b"\xff\xd8", caption="x" * 1024, reply_markup=kept)).caption


async def test_a_stranger_cannot_be_written_to_first(sandbox: Sandbox, bot: Bot) -> None:
    stranger = await sandbox.person("Asing")
    await refused(BadRequest, "Chat not found", bot.send_message(stranger.id, "x"))


async def test_a_missing_reply_may_be_allowed(bot: Bot, budi: Person) -> None:
    lenient = ReplyParameters(7, allow_sending_without_reply=True)
    assert (await bot.send_message(budi.id, "x", reply_parameters=lenient)).reply_to_message is None


async def test_who_blocks_the_bot_gets_nothing_and_the_bot_is_told(bot: Bot, budi: Person) -> None:
    await budi.blocks()
    await refused(Forbidden, "Forbidden: bot was blocked by the user", bot.send_message(budi.id, "x"))
    await budi.unblocks()
    await bot.send_message(budi.id, "kembali")
    changes = [u.my_chat_member for u in await bot.get_updates() if u.my_chat_member]
    assert [c.new_chat_member.status for c in changes] == ["kicked", "member"]


async def test_a_deleted_account_is_deactivated(bot: Bot, budi: Person) -> None:
    await budi.deactivates()
    await refused(Forbidden, "Forbidden: user is deactivated", bot.send_message(budi.id, "x"))


async def test_edits(bot: Bot, budi: Person) -> None:
    one = InlineKeyboardMarkup([[InlineKeyboardButton("1", callback_data="1")]])
    sent = await bot.send_message(budi.id, "lama", reply_markup=one)
    edited = await sent.edit_text("baru", reply_markup=one)
    assert not isinstance(edited, bool) and edited.edit_date is not None and edited.reply_markup is not None
    with pytest.raises(BadRequest, match="Message is not modified: specified new message content and reply markup are"):
        await sent.edit_text("baru", reply_markup=one)
    await sent.edit_reply_markup(None)
    assert (await budi.sees("baru", within=1))["buttons"] == []
    photo = await bot.send_photo(budi.id, b"\xff\xd8", caption="lama")
    await photo.edit_caption("baru juga")
    await refused(BadRequest, "There is no text in the message to edit", photo.edit_text("x"))
    own = await budi.says("punya saya")
    await refused(BadRequest, "Message can't be edited", bot.edit_message_text("x", budi.id, own["id"]))
    keys = await bot.send_message(budi.id, "x", reply_markup=ReplyKeyboardMarkup([["Ya"]]))
    assert keys.reply_markup is None and await budi.keyboard() == [["Ya"]]
    await refused(BadRequest, "Message can't be edited", keys.edit_text("y"))


async def test_nothing_older_than_48_hours_is_deleted(sandbox: Sandbox, bot: Bot, budi: Person, sari: Operator) -> None:
    private = await bot.send_message(budi.id, "hapus aku")
    asked = await budi.says("hapus juga")
    note = await sari.posts("lama")
    await sandbox.set_clock(hours=47.9)
    assert await bot.delete_messages(budi.id, [asked["id"], 7])
    await budi.gone("hapus juga", within=1)
    await sandbox.set_clock(hours=48.1)
    await refused(BadRequest, "Message can't be deleted for everyone", private.delete())
    await refused(BadRequest, "Message can't be deleted", bot.delete_message(sandbox.group.id, note["id"]))
    fresh = await bot.send_message(budi.id, "baru")
    await refused(
        BadRequest, "Message can't be deleted for everyone",
        bot.delete_messages(budi.id, [fresh.message_id, private.message_id]),
    )  # fmt: skip
    assert (await budi.messages())[-1]["text"] == "baru"  # all or nothing


async def test_files_go_both_ways(bot: Bot, budi: Person) -> None:
    await budi.sends_voice(b"OggS" * 100, duration_seconds=4)
    await budi.sends_document(b"%PDF-1.7 kontrak", "kontrak.pdf", caption="ini kontraknya")
    await budi.sends_document(b"x", "besar.zip", size=21 * 1024 * 1024)
    _, voice, document, huge = [u.message for u in await bot.get_updates()]
    assert voice and voice.voice and voice.voice.duration == 4 and voice.voice.mime_type == "audio/ogg"
    assert document and document.document and document.document.file_name == "kontrak.pdf"
    assert document.caption == "ini kontraknya"
    file = await document.document.get_file()
    assert bytes(await file.download_as_bytearray()) == b"%PDF-1.7 kontrak"
    assert huge and huge.document
    await refused(BadRequest, "File is too big", huge.document.get_file())
    again = await bot.send_document(budi.id, document.document.file_id)
    assert again.document and again.document.file_unique_id == document.document.file_unique_id
    for send in (bot.send_photo, bot.send_voice, bot.send_video, bot.send_audio):
        assert (await send(budi.id, b"isi")).effective_attachment
    location = await bot.send_location(budi.id, 11.5, 104.9)
    assert location.location and location.location.latitude == 11.5
    contact = await bot.send_contact(budi.id, "+628110000000", "KBRI")
    assert contact.contact and contact.contact.first_name == "KBRI"


async def test_forward_names_its_origin_and_copy_does_not(sandbox: Sandbox, bot: Bot, budi: Person) -> None:
    said = await budi.says("/help tolong", forward_from={"name": "Agen Jaya"})
    update = (await bot.get_updates())[-1]
    assert update.message and update.message.forward_origin
    assert update.message.forward_origin.type == "hidden_user"
    await budi.says("tolong")
    plain = (await budi.messages())[-1]
    moved = await bot.forward_message(sandbox.group.id, budi.id, plain["id"])
    assert moved.forward_origin and moved.forward_origin.sender_user.id == budi.id  # type: ignore[attr-defined]
    copied = await bot.copy_message(sandbox.group.id, budi.id, said["id"])
    shown = next(m for m in await sandbox.group.messages() if m["id"] == copied.message_id)
    assert (shown["text"], shown["forward_from"]) == ("/help tolong", None)


async def test_a_pressed_button_waits_for_its_answer(bot: Bot, budi: Person) -> None:
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("Kirim sekarang", callback_data="send:1")]])
    await bot.send_message(budi.id, "Kirim?", reply_markup=markup)
    await bot.get_updates(offset=-1)
    press = asyncio.create_task(budi.presses("Kirim"))
    queries: list[Any] = []
    offset = 0
    while not queries:
        updates = await bot.get_updates(offset=offset, timeout=5)
        offset = updates[-1].update_id + 1
        queries = [u.callback_query for u in updates if u.callback_query]
    assert queries[0].data == "send:1" and queries[0].message.text == "Kirim?"
    await queries[0].answer("Terkirim", show_alert=True)
    assert await press | {"id": ""} == {"id": "", "answered": True, "text": "Terkirim", "show_alert": True, "url": None}
    with pytest.raises(BadRequest, match="Query is too old"):
        await queries[0].answer("lagi")


async def test_topics(sandbox: Sandbox, bot: Bot, sari: Operator) -> None:
    group = sandbox.group
    made = await bot.create_forum_topic(group.id, "H-7K3Q")
    thread = made.message_thread_id
    sent = await bot.send_message(group.id, "kartu", message_thread_id=thread)
    assert sent.is_topic_message and sent.message_thread_id == thread
    assert sent.reply_to_message and sent.reply_to_message.forum_topic_created
    topic = await group.topic("H-7K3Q", within=1)
    reply = await topic.replies(sari, "saya ambil")
    heard = [u.message for u in await bot.get_updates()]
    assert heard[0] and heard[0].forum_topic_created and heard[0].forum_topic_created.name == "H-7K3Q"
    assert heard[-1] and heard[-1].message_id == reply["id"] and heard[-1].message_thread_id == thread
    assert heard[-1].reply_to_message and heard[-1].reply_to_message.text == "kartu"
    await bot.edit_forum_topic(group.id, thread, name="H-7K3Q ✔")
    await refused(BadRequest, "TOPIC_NOT_MODIFIED", bot.edit_forum_topic(group.id, thread, name="H-7K3Q ✔"))
    await bot.close_forum_topic(group.id, thread)
    await refused(BadRequest, "TOPIC_NOT_MODIFIED", bot.close_forum_topic(group.id, thread))
    await bot.send_message(group.id, "masih boleh", message_thread_id=thread)
    await group.change(sari, rights={"can_manage_topics": False})
    await refused(BadRequest, "TOPIC_CLOSED", bot.send_message(group.id, "x", message_thread_id=thread))
    await group.change(sari, rights={"can_manage_topics": True})
    await bot.reopen_forum_topic(group.id, thread)
    await bot.pin_chat_message(group.id, sent.message_id)
    assert (await topic.state())["pinned"] == [sent.message_id]
    await bot.unpin_all_forum_topic_messages(group.id, thread)
    await sari.deletes_topic(topic)
    await refused(BadRequest, "Message thread not found", bot.send_message(group.id, "x", message_thread_id=thread))
    await refused(BadRequest, "TOPIC_ID_INVALID", bot.reopen_forum_topic(group.id, thread))


async def test_group_members_and_a_bot_thrown_out(sandbox: Sandbox, bot: Bot, sari: Operator, budi: Person) -> None:
    group = await sandbox.new_group("KBRI Phnom Penh")
    rani = await sandbox.operator("Rani", group=group)
    chat = await bot.get_chat(group.id)
    assert chat.is_forum and chat.title == "KBRI Phnom Penh"
    assert {m.user.id for m in await bot.get_chat_administrators(group.id)} == {rani.id, bot.id}
    assert (await bot.get_chat_member(group.id, rani.id)).status == "administrator"
    assert (await bot.get_chat_member(group.id, budi.id)).status == "left"
    await group.change(rani, bot_present=False)
    await refused(Forbidden, "Forbidden: bot was kicked from the supergroup chat", bot.send_message(group.id, "x"))


async def test_commands_texts_menu_and_reactions(bot: Bot, budi: Person) -> None:
    await bot.set_my_commands([BotCommand("start", "Mulai")], language_code="id")
    assert (await bot.get_my_commands(language_code="id"))[0].description == "Mulai"
    assert await bot.get_my_commands() == ()
    await bot.delete_my_commands(language_code="id")
    with pytest.raises(BadRequest):
        await bot.set_my_commands([("Bahasa!", "x")])
    await bot.set_my_name("Info Kerja", language_code="id")
    assert (await bot.get_my_name("id")).name == "Info Kerja"
    assert await bot.set_my_description("x") and await bot.set_my_short_description("x")
    assert await bot.set_chat_menu_button(budi.id)
    said = await budi.says("halo")
    assert await bot.set_message_reaction(budi.id, said["id"], "👍")
    assert (await budi.messages())[-1]["reactions"] == ["👍"]
    assert await bot.send_chat_action(budi.id, "typing")
    assert (await budi.state())["action"] == "typing"


async def test_too_many_messages_are_refused_with_the_time_to_wait(sandbox: Sandbox, bot: Bot, budi: Person) -> None:
    await sandbox.limits(enabled=True, private_burst=2, private_per_second=0.1, group_per_minute=1)
    await bot.send_message(budi.id, "1")
    await bot.send_message(budi.id, "2")
    with pytest.raises(RetryAfter) as private:
        await bot.send_message(budi.id, "3")
    assert 1 <= _seconds(private.value) <= 10
    other = await sandbox.new_group()
    await bot.send_message(other.id, "1")
    with pytest.raises(RetryAfter) as group:
        await bot.send_message(other.id, "2")
    assert 50 < _seconds(group.value) <= 60


def _seconds(error: RetryAfter) -> float:
    """retry_after is an int today and a timedelta in a coming python-telegram-bot."""
    given = error.retry_after
    return given.total_seconds() if hasattr(given, "total_seconds") else float(given)


async def test_every_call_is_in_the_audit_log(sandbox: Sandbox, bot: Bot, budi: Person) -> None:
    await bot.send_message(budi.id, "dicatat")
    with pytest.raises(BadRequest):
        await bot.send_message(budi.id, "")
    good, bad = await sandbox.calls("sendMessage", chat_id=budi.id)
    assert good["ok"] and good["params"]["text"] == "dicatat" and good["message_id"]
    assert (bad["ok"], bad["error_code"], bad["description"]) == (False, 400, "Bad Request: message text is empty")


async def test_conflict_is_the_class_python_telegram_bot_knows(sandbox: Sandbox, bot: Bot) -> None:
    await bot.set_webhook("http://127.0.0.1:9/nobody")
    try:
        await refused(
            Conflict,
            "Conflict: can't use getUpdates method while webhook is active;"
            " use deleteWebhook to delete the webhook first",
            bot.get_updates(),
        )
    finally:
        await bot.delete_webhook()
    await refused(
        BadRequest, "Bad webhook: the sandbox posts to this machine only", bot.set_webhook("https://example.org/")
    )
