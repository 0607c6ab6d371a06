"""Whole conversations in both languages on the trained model; one hotline serves them all (tests/e2e/dialogues.py)."""

from __future__ import annotations

import pytest

from tests.e2e.dialogues import INDONESIAN, KHMER, Dialogue
from tests.support.hotline import REPLY_SECONDS, Hotline


@pytest.mark.parametrize("told", [*INDONESIAN, *KHMER], ids=lambda told: f"{told.lang}: {told.name}")
async def test_a_conversation_goes_as_people_talk(hotline: Hotline, told: Dialogue) -> None:
    person = await hotline.worker("Budi" if told.lang == "id" else "Sreymom", told.lang)
    for step in told.steps:
        await person.says(step.says, forward_from={"name": "Loker"} if step.forwarded else None)
        await person.sees(step.sees, REPLY_SECONDS)
