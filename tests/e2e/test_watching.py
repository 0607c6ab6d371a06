"""A running hotline can be watched: its pages, and the same in a terminal."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time

import httpx

from tests.support.hotline import Hotline
from tests.support.sandbox import REPOSITORY


async def command(hotline: Hotline, *words: str) -> tuple[str, int]:
    """A command of the installation; what it printed and how it ended."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.cli", *words),
        cwd=REPOSITORY,
        env=hotline.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return out.decode() + err.decode(), process.returncode or 0


async def test_every_part_of_a_running_hotline_is_seen_to_work(hotline: Hotline) -> None:
    person = await hotline.worker("Watched", "id")
    await person.says("berapa biaya paspor?")
    await person.sees(lambda m: m["from"]["is_bot"], 20)
    found = re.search(r"hotline: watch: (http://\S+)/readyz", hotline.log())
    assert found is not None
    async with httpx.AsyncClient(base_url=found[1], timeout=20) as http:
        deadline = time.monotonic() + 40
        while (answer := await http.get("/readyz")).status_code != 200:
            assert time.monotonic() < deadline, answer.text
            await asyncio.sleep(0.2)
        page = (await http.get("/metrics")).text
        # The welcome is on the screen before Rasa has answered.
        while sum(map(float, re.findall(r'^hotline_rasa_seconds_count{lang="id"} (\S+)', page, re.MULTILINE))) < 1:
            assert time.monotonic() < deadline, page
            await asyncio.sleep(0.2)
            page = (await http.get("/metrics")).text
    assert f'hotline_processes{{part="chat"}} {float(len(hotline.names("chat")))}' in page

    said, code = await command(hotline, "status", "--json")
    told = json.loads(said)
    assert (code == 0) is told["ok"] is (not told["broken"]), told
    assert "night alarm" in told["look"], "it is off here, and that is said"
    assert all(part["ok"] for part in told["parts"].values()), told
    assert told["today"]["messages"]["id"] >= 1 and told["today"]["answered"]["id"] >= 1
    assert told["metrics"]['hotline_rasa_seconds_count{lang="id"}'] >= 1, "the same as on the page"
    assert (await command(hotline, "deadletters", "--outgoing"))[1] == 0
    said, code = await command(hotline, "deadletters", "replay")
    assert (code, said) == (
        1,
        "hotline: Name the dead letters to replay (`hotline deadletters` lists them), or say --all.\n",
    )
