"""Rasa hangs in the middle of a message: nobody waits for it, a cry for help has its case, and Rasa comes back."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from bot.runtime import liveness
from tests.support.hotline import Hotline
from tests.support.timed import under

#: Seconds a distress may take from the phone to its receipt, and any reply to others.
DISTRESS_SECONDS, OTHERS_SECONDS = 2.0, 5.0
#: Seconds until a Rasa that hangs must have been replaced and has answered what waited: the looks, its start, a replay.
BACK_SECONDS = 150.0
#: A question of each kind of writing, and the same person's cry behind it.
LIVES = {
    "id": ("berapa biaya bikin paspor?", "tolong pak, saya disekap di bavet, paspor saya diambil bos"),
    "km": ("ធ្វើលិខិតឆ្លងដែនអស់ប៉ុន្មាន?", "ជួយខ្ញុំផង ខ្ញុំជាប់នៅក្នុងអគារ ថៅកែយកលិខិតឆ្លងដែនខ្ញុំ គេមិនឲ្យចេញក្រៅទេ"),
    "km-Latn": (
        "tver passport os ponman?",
        "jong tver ka nov thai te, chuoy knhom phong, ke chab knhom tuk min oy chenh",
    ),
}


@pytest.mark.timed
@pytest.mark.timeout(400)
async def test_while_rasa_hangs_nobody_waits_and_it_is_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    async with Hotline.running() as hotline:
        asking = [await hotline.worker(f"Penanya {lang}", lang[:2]) for lang in LIVES]
        for person in asking:
            await person.says("/start")
            await person.sees(lambda m: m["from"]["is_bot"], OTHERS_SECONDS * 4)
        others = [await hotline.worker(f"Tetangga {n}", lang) for n, lang in enumerate(("id", "km"))]
        first = hotline.pid("nlu")
        os.kill(first, signal.SIGSTOP)
        stopped = time.monotonic()
        waits: dict[str, float] = {}
        for person, (lang, (question, cry)) in zip(asking, LIVES.items(), strict=True):
            seen = await hotline.topics_seen()
            await person.says(question)
            await hotline.sandbox.all_updates_taken(10)
            began = time.monotonic()
            await person.says(cry)
            await person.sees(lambda m: m["from"]["is_bot"] and any(c.isdigit() for c in m["text"]), 20)
            waits[lang] = time.monotonic() - began
            await hotline.case_topic(seen)

        async def asks(number: int) -> float:
            began = time.monotonic()
            await others[number].says(LIVES[("id", "km")[number]][0])
            await others[number].sees(lambda m: m["from"]["is_bot"], 30)
            return time.monotonic() - began

        slowest = max(await asyncio.gather(*(asks(number) for number in range(len(others)))))

        async def back() -> bool | None:
            answered = hotline.pid("nlu") != first and not (await hotline.status())["updates"].get("unanswered", 0)
            return answered or None

        await hotline.sandbox.until(back, BACK_SECONDS, lambda: hotline.log()[-3000:])
        with capsys.disabled():
            cries = ", ".join(f"{lang} {seconds:.2f} s" for lang, seconds in waits.items())
            print(
                f"\nRasa hangs: cries {cries}; slowest other {slowest:.1f} s; back {time.monotonic() - stopped:.0f} s"
            )
        under(max(waits.values()), DISTRESS_SECONDS)
        under(slowest, OTHERS_SECONDS)
        assert liveness.killed(hotline.home)["nlu", "hung"] == 1
