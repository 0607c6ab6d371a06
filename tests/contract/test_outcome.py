"""The messages by which the first reading is judged: nobody taught from them, and nobody changed them."""

from __future__ import annotations

from nlu.checks import examples
from tests.outcome import expected
from tests.outcome.messages import WRITINGS, digest, read


def test_they_are_those_whose_hash_was_set_down() -> None:
    assert f"`{digest()}`" in (examples.DATA / "heldout" / "README.md").read_text(encoding="utf-8")


def test_the_assistant_was_taught_from_none_of_them() -> None:
    taught = {examples.key(one.text) for one in examples.utterances()}
    assert not [
        message.text for writing in WRITINGS for message in read(writing) if examples.key(message.text) in taught
    ]


def test_every_message_is_judged_by_a_promise() -> None:
    for writing in WRITINGS:
        for message in read(writing):
            assert any(promise.about(message) for promise in expected.PROMISES), message.set
