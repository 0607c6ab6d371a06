"""Reading updates below the library: whatever Telegram, or somebody pretending to be it, may send."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.parse_update import file_of, read

SENDER = {"id": 7, "is_bot": False, "first_name": "Budi", "language_code": "id"}
CHAT = {"id": 7, "type": "private", "first_name": "Budi"}


def message(**content: Any) -> dict[str, Any]:
    return {"update_id": 5, "message": {"message_id": 3, "date": 1, "chat": CHAT, "from": SENDER, **content}}


def test_a_text_is_read_with_its_sender() -> None:
    got = read(message(text="tolong"))
    assert (got.kind, got.content, got.text, got.chat_id, got.client_lang) == ("message", "text", "tolong", 7, "id")


def test_a_caption_counts_as_words() -> None:
    assert read(message(photo=[{"file_id": "a", "file_size": 9}], caption="ជួយខ្ញុំផង")).text == "ជួយខ្ញុំផង"


def test_the_largest_size_of_a_photo_is_kept() -> None:
    found = file_of(message(photo=[{"file_id": "small", "file_size": 1}, {"file_id": "large", "file_size": 9}]))
    assert found is not None
    assert found.file_id == "large"


def test_a_topic_made_by_hand_is_a_service_message() -> None:
    assert read(message(forum_topic_created={"name": "x", "icon_color": 1})).service


def test_something_without_an_update_id_is_no_update() -> None:
    with pytest.raises(ValueError):
        read({"message": {}})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
keys = st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member", "channel_post", "poll"])
fields = st.dictionaries(
    st.sampled_from(["chat", "from", "text", "photo", "voice", "message", "data", "id", "message_id", "caption"]),
    json_values,
    max_size=6,
)


@given(keys, fields | json_values)
def test_no_update_however_odd_stops_the_reading(kind: str, body: Any) -> None:
    got = read({"update_id": 1, kind: body})
    assert got.update_id == 1
    file_of({"update_id": 1, kind: body})
