"""A stranger's file that takes over its reader gains nothing: no key, no word, no network. Or it is not opened."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.desk.shown import file_lines
from bot.errors import FileNotConfined
from bot.offers.reading import files as reading
from bot.outbox.clean import files as cleaning
from bot.processes import doctor
from bot.runtime import file_jail
from bot.settings import ROOT, Settings
from bot.storage.models import Media
from bot.texts import LANGS, Lang, render
from tests.support.cages import caged

PICTURES = ROOT / "tests" / "support" / "pictures"
#: Machines by what their kernel lacks: Docker's usual profile, an old kernel, and both.
CLOSES = ["unshare", "landlock"]
CANNOT = ["landlock,unshare", "seccomp"]


def on_a_kernel_without(lacking: str, monkeypatch: pytest.MonkeyPatch) -> None:
    started = file_jail.command

    def command(module: str) -> list[str]:
        return [sys.executable, "-m", "tests.support.older_kernel", lacking, *started(module)[2:]]

    monkeypatch.setattr(file_jail, "command", command)


@pytest.fixture
async def house(tmp_path: Path, config: Settings) -> Any:
    """A home with secrets in it, and a server that would answer."""
    (tmp_path / "media").mkdir()
    for name in ("keys", "password", "media/1.enc"):
        (tmp_path / name).write_text("secret")
        (tmp_path / name).chmod(0o600)
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    beside = await asyncio.start_unix_server(lambda _reader, writer: writer.close(), tmp_path / "s")
    port = server.sockets[0].getsockname()[1]
    yield {"home": str(tmp_path), "checkout": str(ROOT), "port": port, "socket": str(tmp_path / "s")}
    server.close()
    beside.close()


async def gained(house: Any, **environment: str) -> Any:
    out, code = await file_jail.look("tests.support.prisoner", json.dumps(house).encode(), 30, **environment)
    assert code == 0, out
    return json.loads(out)


@caged
class TestBehindTheWalls:
    """Whoever takes over the reader has its own file and nothing else."""

    async def test_the_reader_of_a_file_gains_nothing(self, house: Any) -> None:
        assert await gained(house) == {}
        assert sorted(path.name for path in (Path(house["home"]) / "media").iterdir()) == ["1.enc"]

    @pytest.mark.skipif(shutil.which("tesseract") is None, reason="no tesseract")
    async def test_the_reader_of_a_poster_starts_tesseract_alone_and_it_gains_nothing_either(self, house: Any) -> None:
        found = await gained(house, STARTING="1", PATH="/usr/local/bin:/usr/bin:/bin", OMP_THREAD_LIMIT="1")
        assert found == {}
        assert not list(Path(house["home"]).glob("written*"))

    @pytest.mark.parametrize("lacking", CLOSES)
    async def test_on_other_kernels_too(self, house: Any, lacking: str, monkeypatch: pytest.MonkeyPatch) -> None:
        on_a_kernel_without(lacking, monkeypatch)
        try:
            assert await gained(house) == {}
        except FileNotConfined:
            # This machine has only the wall that was just taken away.
            assert not file_jail.walls()[0]

    async def test_the_secrets_could_be_had_without_the_cage(self, house: Any) -> None:
        """The attempts are real: each of these succeeds from a process that is not confined."""
        from tests.support import prisoner

        outside = prisoner.attempts(house)
        for name in ("keys", "media", "own environment by the file", "the database by its socket", "a shell"):
            assert outside[name](), name


class TestWithoutWalls:
    """A machine that cannot confine the reader opens no file, keeps it, and says so."""

    @pytest.fixture(params=CANNOT)
    def bare(self, request: pytest.FixtureRequest, config: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        on_a_kernel_without(request.param, monkeypatch)

    async def test_nothing_is_read(self, bare: None, house: Any) -> None:
        with pytest.raises(FileNotConfined):
            await gained(house)

    async def test_a_picture_is_not_opened(self, bare: None) -> None:
        looked = await cleaning.look((PICTURES / "id_offer.jpg").read_bytes())
        assert looked == cleaning.Looked("unopened")

    async def test_a_poster_is_not_read(self, bare: None) -> None:
        assert await reading.read((PICTURES / "id_offer.jpg").read_bytes()) == reading.Reading("off")

    def test_doctor_names_it(self, bare: None) -> None:
        line = doctor._cage()
        assert line.ok is None and "no picture or document is opened" in line.detail

    async def test_a_home_among_programs_counts_as_no_wall(
        self, monkeypatch: pytest.MonkeyPatch, config: Settings
    ) -> None:
        monkeypatch.setattr("bot.runtime.file_jail.confine._SYSTEM", (str(config.hotline_home.parent),))
        with pytest.raises(FileNotConfined):
            await file_jail.look("tests.support.prisoner", b"{}", 30)
        assert not file_jail.walls()[0]


@pytest.mark.parametrize("lang", LANGS)
def test_the_operator_is_told_that_a_file_was_not_opened(lang: Lang) -> None:
    media = Media(kind="document", state="stored", looked="unopened", name="a.pdf")
    assert file_lines(media, lang) == {"desk_file_unopened": render("desk_file_unopened", lang)}
