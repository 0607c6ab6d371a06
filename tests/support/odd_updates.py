"""Updates as Telegram sends them, of every kind, and as nobody ever should: for trying what intake survives.

The recorded ones have the shape of the Bot API's objects and invented content. Odd ones are text, not objects: some of
them could not be written down otherwise.
"""

from __future__ import annotations

import copy
import json
import random
from typing import Any

from hypothesis import strategies as st

from bot.settings import SANDBOX_OPERATORS_CHAT_ID

type Json = dict[str, Any]

PERSON = {
    "id": 4100,
    "is_bot": False,
    "first_name": "Budi",
    "last_name": "S",
    "username": "budi",
    "language_code": "id",
}
BOT = {"id": 100001, "is_bot": True, "first_name": "Hotline", "username": "hotline_bot"}
PRIVATE = {"id": 4100, "type": "private", "first_name": "Budi", "username": "budi"}
DESK = {"id": SANDBOX_OPERATORS_CHAT_ID, "type": "supergroup", "title": "Desk", "is_forum": True}
FILE = {"file_id": "AgACAgUAAxkBAAI", "file_unique_id": "AQADAgAT", "file_size": 12345}
PHOTO = {**FILE, "width": 90, "height": 67}
VIDEO = {**FILE, "width": 320, "height": 240, "duration": 3, "mime_type": "video/mp4", "thumbnail": PHOTO}
ORIGIN = {"type": "user", "date": 1700000000, "sender_user": PERSON}
MEMBER = {"status": "member", "user": BOT}
CRY = "tolong pak, saya disekap di bavet, paspor saya diambil bos"


def _message(chat: Json = PRIVATE, **content: Any) -> Json:
    return {"message_id": 7, "date": 1700000000, "chat": chat, "from": PERSON, **content}


_CONTENTS: tuple[Json, ...] = (
    {"text": "halo", "entities": [{"type": "bold", "offset": 0, "length": 4}]},
    {"text": CRY},
    {"text": "ខ្ញុំជាប់នៅក្នុងអគារ គេមិនឲ្យចេញក្រៅទេ ជួយផង"},
    {"text": "/start dari_iklan", "entities": [{"type": "bot_command", "offset": 0, "length": 6}]},
    {"text": "gaji 12jt di poipet, hub 0812-3456-7890 t.me/x", "link_preview_options": {"is_disabled": True}},
    {"photo": [PHOTO, {**PHOTO, "width": 800}], "caption": "kontrak saya", "media_group_id": "11"},
    {"voice": {**FILE, "duration": 4, "mime_type": "audio/ogg"}},
    {"video": VIDEO, "caption": CRY},
    {"video_note": {**FILE, "length": 240, "duration": 4, "thumbnail": PHOTO}},
    {"audio": {**FILE, "duration": 9, "performer": "x", "title": "y", "mime_type": "audio/mpeg"}},
    {"animation": VIDEO, "document": {**FILE, "file_name": "a.mp4"}},
    {"document": {**FILE, "file_name": "kontrak.pdf", "mime_type": "application/pdf"}},
    {"sticker": {**FILE, "width": 512, "height": 512, "type": "regular", "is_animated": False, "is_video": False}},
    {"location": {"latitude": 11.08, "longitude": 106.17, "live_period": 60}},
    {"venue": {"location": {"latitude": 11.0, "longitude": 106.0}, "title": "Gedung", "address": "Bavet"}},
    {"contact": {"phone_number": "+62812", "first_name": "Bos", "user_id": 5}},
    {
        "poll": {
            "id": "5",
            "question": "?",
            "options": [{"text": "a", "voter_count": 0}],
            "total_voter_count": 0,
            "is_closed": False,
            "is_anonymous": True,
            "type": "regular",
            "allows_multiple_answers": False,
        }
    },
    {"dice": {"emoji": "🎲", "value": 3}},
    {"text": "lowongan", "forward_origin": ORIGIN},
    {"text": "itu", "reply_to_message": _message(text="yang mana?"), "quote": {"text": "mana", "position": 5}},
    {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "Ya", "callback_data": "safe:yes"}]]}},
    {"story": {"chat": PRIVATE, "id": 3}},
    {"paid_media": {"star_count": 1, "paid_media": [{"type": "photo", "photo": [PHOTO]}]}},
    {"pinned_message": _message(text="x")},
    {"new_chat_members": [PERSON]},
)

#: One of every kind of update there is. Source: Bot API, Update.
RECORDED: tuple[Json, ...] = (
    *({"message": _message(**content)} for content in _CONTENTS),
    *({"edited_message": _message(edit_date=1700000009, **content)} for content in _CONTENTS[:8]),
    *(
        {
            "callback_query": {
                "id": "1",
                "from": PERSON,
                "chat_instance": "2",
                "data": data,
                "message": _message(text="?"),
            }
        }
        for data in ("safe:yes", "human", "lang:km", "menu:offer", "offer:fee:yes", "ask:ask_fees", "nonsense")
    ),
    {
        "callback_query": {
            "id": "2",
            "from": PERSON,
            "chat_instance": "2",
            "data": "case:claim:1",
            "message": _message(DESK),
        }
    },
    {
        "callback_query": {
            "id": "3",
            "from": PERSON,
            "chat_instance": "2",
            "inline_message_id": "9",
            "game_short_name": "g",
        }
    },
    {"message": _message(DESK, text="sudah saya telepon", message_thread_id=12, is_topic_message=True)},
    {"message": _message(DESK, text="balas", message_thread_id=12, reply_to_message=_message(DESK, text="kartu"))},
    {"message": _message(DESK, forum_topic_created={"name": "H-7K3Q", "icon_color": 1})},
    {"edited_message": _message(DESK, text="sudah saya telepon!", edit_date=1700000009)},
    {
        "my_chat_member": {
            "chat": PRIVATE,
            "from": PERSON,
            "date": 1,
            "old_chat_member": MEMBER,
            "new_chat_member": MEMBER,
        }
    },
    {
        "my_chat_member": {
            "chat": PRIVATE,
            "from": PERSON,
            "date": 1,
            "old_chat_member": MEMBER,
            "new_chat_member": {"status": "kicked", "user": BOT, "until_date": 0},
        }
    },
    {"channel_post": {"message_id": 3, "date": 1, "chat": {"id": -1005, "type": "channel", "title": "c"}, "text": "x"}},
    {"edited_channel_post": {"message_id": 3, "date": 1, "chat": {"id": -1005, "type": "channel"}, "text": "x"}},
    {"message": _message({"id": -77, "type": "group", "title": "asing"}, text="halo semua")},
    {"business_message": _message(business_connection_id="b", text="x")},
    {"deleted_business_messages": {"business_connection_id": "b", "chat": PRIVATE, "message_ids": [1, 2]}},
    {"message_reaction": {"chat": PRIVATE, "message_id": 7, "user": PERSON, "date": 1, "old_reaction": []}},
    {"inline_query": {"id": "1", "from": PERSON, "query": "x", "offset": ""}},
    {"chosen_inline_result": {"result_id": "1", "from": PERSON, "query": "x"}},
    {"shipping_query": {"id": "1", "from": PERSON, "invoice_payload": "x"}},
    {"pre_checkout_query": {"id": "1", "from": PERSON, "currency": "IDR", "total_amount": 1, "invoice_payload": "x"}},
    {"poll": {"id": "1", "question": "?", "options": [], "is_closed": True}},
    {"poll_answer": {"poll_id": "1", "user": PERSON, "option_ids": [0]}},
    {"chat_join_request": {"chat": DESK, "from": PERSON, "user_chat_id": 4100, "date": 1}},
    {"chat_boost": {"chat": DESK, "boost": {"boost_id": "1", "add_date": 1}}},
    {"something_new": {"of": "next year"}},
)

#: What JSON text may hold and `json.dumps` cannot write, by the mark that stands for it.
UNWRITABLE = {
    "@@DIGITS@@": "9" * 5000,
    "@@DEEP@@": "[" * 3000 + "]" * 3000,
    "@@DEEPER@@": '{"a":' * 100_000 + "1" + "}" * 100_000,
}
ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        7.5,
        "",
        " ",
        "\x00",
        "a\x00b",
        "\ud800",
        "\udfff\ud83d",
        "🆘",
        "\u202e",
        "ខ្",
        "្" * 50,
    ),
    *(2**31, 2**53, 2**62, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**30, -(10**400), 292_000_000_000, 10**17),
    *(float("nan"), float("inf"), -float("inf"), 1e308, [], {}, [None], [[]], {"": {}}, {"id": None}, [{"id": "x"}]),
    *(
        "private",
        "message",
        "4100",
        "/start",
        CRY,
        "safe:yes",
        "x" * 300,
        "-100",
        "true",
        "null",
        "[]",
        "{}",
        "%s %(x)s {x}",
    ),
    *(
        PERSON,
        PRIVATE,
        DESK,
        {"id": -5, "type": "private"},
        {"id": 2**52, "type": "private"},
        {"id": 1, "type": "channel"},
    ),
    *({"inline_keyboard": None}, {"type": "private"}, [1, "a", None, {}], {"update_id": 5}, "@@DIGITS@@", "@@DEEP@@"),
)
#: Odd, and too large to come often.
RARE: tuple[Any, ...] = (
    "A" * 1_000_000,
    "ខ្ញុំ" * 100_000,
    "@@DEEPER@@",
    ["x"] * 50_000,
    {str(n): n for n in range(20_000)},
)


def written(update_id: Any, update: Any) -> str:
    """An update as JSON text."""
    if isinstance(update, dict):
        update = {"update_id": update_id, **{key: value for key, value in update.items() if key != "update_id"}}
    text = json.dumps(update)
    for mark, raw in UNWRITABLE.items():
        text = text.replace(json.dumps(mark), raw)
    return text


def mutated(rng: random.Random) -> Any:
    """A recorded update with one to four things in it changed, lost, doubled or renamed."""
    update = copy.deepcopy(rng.choice(RECORDED))
    for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3, 4))):
        places = list(_places(update))
        if not places:
            break
        holder, key = rng.choice(places)
        odd = rng.choice(RARE) if rng.random() < 0.002 else rng.choice(ODD)
        match rng.randrange(6):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[rng.choice(("", "\x00", "\ud800", "from", "chat", "text", "message", "x" * 200))] = holder.pop(
                    key
                )
            case 2:
                holder[key] = [copy.deepcopy(holder[key])] * rng.choice((1, 2, 50))
            case 3:
                holder[key] = {"id": copy.deepcopy(holder[key])}
            case _:
                holder[key] = copy.deepcopy(odd)
    return update


def _places(value: Any) -> Any:
    """Every place in a structure where something stands, as (holder, key)."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=30)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | st.sampled_from(ODD)
KEYS = ANY_TEXT | st.sampled_from(
    ("id", "type", "text", "chat", "from", "message", "date", "photo", "message_id", "data")
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=12
)
#: An update of a known kind whose inside hypothesis chose.
CHOSEN = st.builds(
    lambda kind, body, chat: {kind: {**body, "chat": chat} if isinstance(body, dict) else body},
    st.sampled_from(("message", "edited_message", "callback_query", "my_chat_member", "channel_post", "poll"))
    | ANY_TEXT,
    st.dictionaries(KEYS, VALUES, max_size=6) | VALUES,
    st.just(PRIVATE) | st.just(DESK) | VALUES,
)
