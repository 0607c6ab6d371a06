"""The sandbox's page in a real browser: a worker writes on the left, the operator answers on the right."""

from __future__ import annotations

import pytest
from playwright.async_api import async_playwright, expect

from bot.processes.doctor import browser
from tests.e2e.people import VOICES, Voice
from tests.support.hotline import Hotline

#: As root Chromium needs its own sandbox switched off; the rest keeps it from looking for its maker's hosts.
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
WAIT_MILLISECONDS = 20_000


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.lang)
async def test_a_case_is_lived_through_on_the_page(hotline: Hotline, voice: Voice) -> None:
    expect.set_options(timeout=WAIT_MILLISECONDS)
    person = await hotline.worker(f"{voice.name} {voice.lang} page", voice.lang)
    seen = await hotline.topics_seen()
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=browser(), args=SWITCHES)
        page = await chromium.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda problem: faults.append(str(problem)))
        await page.goto(hotline.sandbox.url)
        await page.select_option("#worker", label=f"{person.name} · {voice.lang}")
        await page.fill("#phone-text", voice.distress)
        await page.press("#phone-text", "Enter")
        await expect(page.locator("#phone-screen")).to_contain_text(voice.part("case_first_distress"))

        topic = await hotline.case_topic(seen)
        await page.select_option("#operator", label="Sari · id")
        await page.click(f"#topics >> text={topic.name}")
        await page.click("#group-screen >> text=Claim")
        await expect(page.locator("#alert")).to_be_visible()
        await page.click("#alert >> text=OK")
        await expect(page.locator("#group-screen")).to_contain_text(voice.distress)
        await expect(page.locator("#phone-screen")).to_contain_text(voice.part("case_claimed"))
        await chromium.close()
    assert faults == []
