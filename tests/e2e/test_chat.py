"""A maintainer talks to the assistant in a terminal, and nothing of it is left afterwards."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import signal
import sys
import tempfile
import termios
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.texts import render
from tests.e2e.people import VOICES, Voice
from tests.support.hotline import READY_SECONDS, REPLY_SECONDS, plain_only
from tests.support.sandbox import REPOSITORY

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    plain_only("`hotline chat` is one person's terminal, with one process of each kind"),
]
#: Seconds after which nothing may be left of it.
GONE_SECONDS = 60.0


@dataclass
class Terminal:
    """A terminal in which `hotline chat` runs."""

    process: asyncio.subprocess.Process
    screen: int
    temporary: Path
    shown: str = ""
    typed_at: int = 0

    def types(self, words: str) -> None:
        self.typed_at = len(self.shown)
        os.write(self.screen, f"{words}\n".encode())

    async def sees(self, wanted: str, seconds: float = REPLY_SECONDS) -> None:
        """Wait for words that came since something was typed last."""
        deadline = time.monotonic() + seconds
        while re.search(wanted, self.shown[self.typed_at :]) is None:
            assert time.monotonic() < deadline, f"{wanted} is not on the screen:\n{self.shown[-3000:]}"
            assert self.process.returncode is None, self.shown[-3000:]
            await asyncio.sleep(0.1)

    def read(self) -> None:
        try:
            self.shown += os.read(self.screen, 65536).decode(errors="replace").replace("\r", "")
        except OSError:
            asyncio.get_running_loop().remove_reader(self.screen)

    def left(self) -> list[str]:
        """Processes that still have the conversation's folder in their command or environment, and the folder."""
        found = [str(path) for path in self.temporary.glob("hotline-chat-*")]
        for process in Path("/proc").glob("[0-9]*"):
            try:
                of = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            except OSError:
                continue
            if str(self.temporary).encode() in of:
                found.append(process.name)
        return found


@asynccontextmanager
async def chatting(*arguments: str) -> AsyncIterator[Terminal]:
    """`hotline chat` in a terminal of its own, ready to be written to."""
    with tempfile.TemporaryDirectory(prefix="hotline-terminal-") as folder:
        Path(folder).chmod(0o711)
        screen, end = pty.openpty()
        quiet = termios.tcgetattr(end)
        quiet[3] &= ~termios.ECHO
        termios.tcsetattr(end, termios.TCSANOW, quiet)
        home = Path(os.environ.get("HOTLINE_MODELS", REPOSITORY / "var" / "models")).parent
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.cli", "chat", *arguments),
            cwd=REPOSITORY,
            env={**os.environ, "HOTLINE_HOME": str(home), "TMPDIR": folder, "PYTHONUNBUFFERED": "1"},
            stdin=end,
            stdout=end,
            stderr=end,
            start_new_session=True,
        )
        os.close(end)
        terminal = Terminal(process, screen, Path(folder))
        asyncio.get_running_loop().add_reader(screen, terminal.read)
        try:
            await terminal.sees("/quit ends", READY_SECONDS)
            yield terminal
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGINT)
                await asyncio.wait_for(process.wait(), GONE_SECONDS)
            asyncio.get_running_loop().remove_reader(screen)
            os.close(screen)


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.lang)
async def test_question_offer_and_distress_are_answered_and_nothing_is_left(voice: Voice) -> None:
    async with chatting("--lang", voice.lang) as terminal:
        terminal.types(voice.question)
        await terminal.sees(re.escape(voice.part("welcome")))
        await terminal.sees(r"\[1\] Bahasa Indonesia")
        await terminal.sees("20|២០")

        # An offer pasted in several lines is one message, and gets one verdict.
        terminal.types(voice.offer.replace(", ", ",\n", 2).replace(" មិន", "\nមិន", 1))
        await terminal.sees("🔴")
        assert terminal.shown.count("🔴") == 1

        terminal.types(voice.distress)
        await terminal.sees(re.escape(voice.part("case_first_distress")))
        await terminal.sees("a case was opened")
        terminal.types("/quit")
        assert await asyncio.wait_for(terminal.process.wait(), GONE_SECONDS) == 0
        assert terminal.left() == []


async def test_a_button_is_pressed_by_its_number_and_ctrl_c_leaves_nothing_behind() -> None:
    async with chatting() as terminal:
        terminal.types("halo")
        await terminal.sees(r"\[2\] ភាសាខ្មែរ")
        terminal.types("2")
        await terminal.sees(re.escape(render("language_set", "km")))
        assert len(terminal.left()) > 3, "every process of the hotline runs"
        terminal.process.send_signal(signal.SIGINT)
        terminal.process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(terminal.process.wait(), GONE_SECONDS) == 0
        assert terminal.left() == []
