"""Strangers' files: what a camera wrote is taken out of the copy, and no file harms the process that receives it."""

from __future__ import annotations

import asyncio
import io
import json
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from typing import Any

import pytest
from PIL import Image
from pypdfium2 import PdfDocument

from bot.outbox.clean import files, pictures, remade
from bot.settings import ROOT
from tests.support.timed import under

#: Phnom Penh, as a phone writes it.
HERE = {1: "N", 2: (11.0, 33.0, 22.5), 3: "E", 4: (104.0, 55.0, 41.5)}
FOUND = [11.55625, 104.92819]
TAKEN = "2024-05-01T10:00:00"
SECRET = "Budi's phone"
#: Seconds and bytes that looking into one file may cost at most, on a busy machine.
SECONDS, CHILD_BYTES = files.CHILD_SECONDS + 5, 512 * 1024 * 1024


def exif(gps: dict[int, Any] | None = None, **tags: Any) -> Image.Exif:
    made = Image.Exif()
    made[0x010F] = SECRET
    made[0x0132] = "2024:05:01 10:00:00"
    made[0x8825] = HERE if gps is None else gps
    for tag, value in tags.items():
        made[int(tag[1:])] = value
    return made


def picture(kind: str, **options: Any) -> bytes:
    made = io.BytesIO()
    image = Image.effect_noise((64, 48), 60)
    (image if kind == "GIF" else image.convert("RGB")).save(made, kind, **options)
    return made.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def box(kind: bytes, *bodies: bytes) -> bytes:
    body = b"".join(bodies)
    return struct.pack(">I", 8 + len(body)) + kind + body


def video(track: bytes = b"vide") -> bytes:
    handler = box(b"hdlr", bytes(8), track, bytes(12))
    told = box(b"udta", box(b"\xa9xyz", struct.pack(">HH", 18, 0), b"+11.5562+104.9281/"), SECRET.encode())
    moov = box(b"moov", box(b"mvhd", bytes(100)), box(b"trak", box(b"mdia", handler)), told)
    return box(b"ftyp", b"isom", bytes(4)) + moov + box(b"mdat", b"frames" * 100)


def heic() -> bytes:
    """The skeleton of an iPhone's picture: one Exif item in the media data."""
    block = struct.pack(">I", 6) + exif().tobytes()
    names = box(b"iinf", bytes(4), struct.pack(">H", 1), box(b"infe", b"\2\0\0\0", struct.pack(">HH", 7, 0), b"Exif"))

    def whole(at: int) -> bytes:
        places = box(b"iloc", bytes(4), b"\x44\0", struct.pack(">HHHHII", 1, 7, 0, 1, at, len(block)))
        return box(b"ftyp", b"heic", bytes(4)) + box(b"meta", bytes(4), names, places) + box(b"mdat", b"XX", block)

    return whole(whole(0).index(b"XX") + 2)


class TestWhatLeaves:
    """The copy shows the same picture and holds nothing else."""

    @pytest.mark.parametrize(
        ("kind", "options"),
        [
            ("JPEG", {"exif": exif(), "comment": SECRET.encode(), "xmp": f"<x>{SECRET}</x>".encode()}),
            ("JPEG", {"exif": exif(), "progressive": True, "icc_profile": b"profile" * 1000}),
            ("PNG", {"exif": exif()}),
            ("WEBP", {"exif": exif(), "xmp": SECRET.encode()}),
            ("WEBP", {"exif": exif(), "lossless": True}),
            ("GIF", {"comment": SECRET.encode()}),
        ],
    )
    async def test_same_pixels_no_metadata(self, kind: str, options: dict[str, Any]) -> None:
        original = picture(kind, **options)
        looked = await files.look(original)
        assert looked.outcome == "clean" and looked.clean is not None
        assert SECRET.encode() in original and SECRET.encode() not in looked.clean
        if kind != "GIF":
            assert looked.found == {"position": FOUND, "taken": TAKEN}
        before, after = Image.open(io.BytesIO(original)), Image.open(io.BytesIO(looked.clean))
        assert before.convert("RGB").tobytes() == after.convert("RGB").tobytes()
        assert not after.getexif().get_ifd(0x8825)
        assert (await files.look(looked.clean)).outcome == "nothing"

    async def test_a_picture_that_was_held_upright_stays_upright(self) -> None:
        looked = await files.look(picture("JPEG", exif=exif(_274=6)))
        assert looked.clean is not None
        assert dict(Image.open(io.BytesIO(looked.clean)).getexif()) == {274: 6}

    async def test_what_hangs_behind_a_picture_goes(self) -> None:
        hidden = io.BytesIO()
        with zipfile.ZipFile(hidden, "w") as archive:
            archive.writestr("x.js", "alert(1)")
        for kind in ("JPEG", "PNG", "GIF", "WEBP"):
            looked = await files.look(picture(kind) + hidden.getvalue())
            assert looked.clean is not None and b"x.js" not in looked.clean, kind

    async def test_a_video_keeps_its_frames_where_they_are(self) -> None:
        original = video()
        looked = await files.look(original)
        assert looked.outcome == "clean" and looked.clean is not None
        assert looked.found["position"] == [11.5562, 104.9281]
        assert len(looked.clean) == len(original)
        assert looked.clean.index(b"frames") == original.index(b"frames")
        assert SECRET.encode() not in looked.clean and b"+11.55" not in looked.clean

    async def test_a_video_that_follows_the_camera_second_by_second_is_said_to(self) -> None:
        assert (await files.look(video(b"meta"))).outcome == "unclean"

    async def test_an_iphones_picture(self) -> None:
        looked = await files.look(heic())
        assert looked.outcome == "clean" and looked.clean is not None
        assert looked.found == {"position": FOUND, "taken": TAKEN}
        assert SECRET.encode() not in looked.clean and len(looked.clean) == len(heic())

    async def test_a_scan_as_tiff_keeps_its_pages_and_nothing_else(self) -> None:
        tags = Image.Exif()
        tags.load(exif().tobytes())
        pages = [Image.effect_noise((64, 48), 60).convert("RGB") for _ in range(2)]
        made = io.BytesIO()
        pages[0].save(made, "TIFF", exif=tags, save_all=True, append_images=pages[1:])
        looked = await files.look(made.getvalue())
        assert (looked.outcome, looked.found) == ("clean", {"position": FOUND, "taken": TAKEN})
        assert looked.clean is not None and SECRET.encode() in made.getvalue() and SECRET.encode() not in looked.clean
        after = Image.open(io.BytesIO(looked.clean))
        for number, page in enumerate(pages):
            after.seek(number)
            assert after.convert("RGB").tobytes() == page.tobytes()
            assert not after.getexif().get_ifd(0x8825)

    async def test_a_pdf_is_made_anew_from_what_its_pages_show(self) -> None:
        made = io.BytesIO()
        picture = Image.new("RGB", (400, 300), "red")
        picture.save(made, "PDF", author=SECRET, title=SECRET, save_all=True, append_images=[picture])
        looked = await files.look(made.getvalue())
        assert looked.outcome == "clean" and looked.clean is not None
        assert PdfDocument(made.getvalue()).get_metadata_value("Author") == SECRET
        after = PdfDocument(looked.clean)
        assert len(after) == 2 and after[0].get_size() == (400, 300)
        assert not {after.get_metadata_value(name) for name in ("Author", "Title", "Producer")} - {""}
        red, green, blue = after[0].render().to_pil().convert("RGB").getpixel((200, 150))
        assert red > 240 and green < 15 and blue < 15

    async def test_a_pdf_that_is_locked_broken_or_very_long_is_said_to_be_unclean(self) -> None:
        made = io.BytesIO()
        page = Image.new("L", (10, 10))
        page.save(made, "PDF", save_all=True, append_images=[page] * remade.MOST_PAGES)
        for content in (made.getvalue(), made.getvalue()[:200], b"%PDF-1.7 /JS"):
            assert (await files.look(content)).outcome == "unclean"

    async def test_a_raw_picture_is_not_passed_off_as_clean(self) -> None:
        looked = await files.look(exif().tobytes().removeprefix(b"Exif\0\0"))
        assert (looked.outcome, looked.clean, looked.found["position"]) == ("unclean", None, FOUND)


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (999.0, 0.0, 0.0), 3: "E", 4: (104.0, 0.0, 0.0)},
        {1: "N", 2: (11.0, 75.0, 0.0), 3: "E", 4: (104.0, 0.0, 0.0)},
        {1: "N", 2: (11.0, 0.0, 0.0)},
        {1: "N", 2: 11.0, 3: "E", 4: 104.0},
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {2: (11.0, 0.0, 0.0), 4: (104.0, 0.0, 0.0)},
        {1: 7, 2: (11.0, 0.0, 0.0), 3: "E", 4: (104.0, 0.0)},
        {},
    ],
)
async def test_an_absurd_position_is_none_and_is_taken_out_all_the_same(gps: dict[int, Any]) -> None:
    looked = await files.look(picture("JPEG", exif=exif(gps)))
    assert looked.outcome == "clean"
    assert "position" not in looked.found


def jpeg_with(body: bytes) -> bytes:
    """A picture with an Exif block made by hand."""
    whole = picture("JPEG")
    return whole[:2] + b"\xff\xe1" + struct.pack(">H", 2 + len(body)) + body + whole[2:]


def bomb_png() -> bytes:
    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 6, 0, 0, 0)
    text = b"x\0\1\0\0\0" + zlib.compress(bytes(50_000_000), 9)
    data = zlib.compress(bytes(20_000_000), 9)
    return pictures.PNG + chunk(b"IHDR", head) + chunk(b"iTXt", text) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


#: File, and what may come of it.
HOSTILE = {
    "nothing at all": (lambda: b"", "other"),
    "one byte": (lambda: b"\xff", "other"),
    "50,000 by 50,000 pixels and a text that unpacks to 50 MB": (bomb_png, "clean"),
    "a picture cut off in its data": (lambda: picture("JPEG", exif=exif())[:-200], "clean"),
    "a picture cut off in its head": (lambda: picture("JPEG", exif=exif())[:60], "unclean"),
    "a picture's first bytes": (lambda: b"\xff\xd8\xff", "unclean"),
    "a PNG cut off": (lambda: picture("PNG")[:-20], "unclean"),
    "a WebP that lies about its length": (lambda: b"RIFF\xff\xff\xff\xffWEBPVP8 ", "unclean"),
    "a GIF that is JavaScript": (lambda: b"GIF89a/*" + b"A" * 300 + b"*/=1;alert(1)", "unclean"),
    "an Exif block that points at itself": (
        lambda: jpeg_with(b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">HHHII", 1, 0x8825, 4, 1, 8) + bytes(4)),
        "clean",
    ),
    "an Exif value of four thousand million parts": (
        lambda: jpeg_with(b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">HHHII", 1, 0x010F, 2, 0xFFFFFFFF, 8) + bytes(4)),
        "clean",
    ),
    "twenty megabytes of markers": (lambda: b"\xff\xd8" + b"\xff\xd0" * 10_000_000, "unclean"),
    "two million chunks": (lambda: pictures.PNG + chunk(b"tEXt", b"") * 1_600_000, "unclean"),
    "boxes in boxes in boxes": (
        lambda: box(b"ftyp", b"isom") + b"".join(struct.pack(">I4s", 80_000 - 8 * n, b"moov") for n in range(10_000)),
        None,
    ),
    "a box longer than the world": (
        lambda: box(b"ftyp", b"isom") + struct.pack(">I4sQ", 1, b"moov", 2**63),
        "unclean",
    ),
    "a HEIC whose Exif is elsewhere": (lambda: heic()[:-40], "unclean"),
}  # fmt: skip


#: A worker of its own for one file. The most memory a process or a child of it ever had is counted from birth, and
#: before that from the process that bore it: in the tests' own process the figure would be that of all other tests.
LOOKS = """
import asyncio, json, re, resource, sys
from bot.outbox.clean import files

def most():
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\\s+(\\d+)", status.read())[1]) * 1024

content = sys.stdin.buffer.read()
before = most()
outcome = asyncio.run(files.look(content)).outcome
child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
print(json.dumps({"outcome": outcome, "grown": most() - before, "child": child}))
"""


@pytest.mark.timed
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_costs_little_and_harms_nobody(name: str) -> None:
    make, outcome = HOSTILE[name]
    content = make()
    began = time.monotonic()
    ran = subprocess.run([sys.executable, "-c", LOOKS], cwd=ROOT, input=content, capture_output=True, timeout=60)
    under(time.monotonic() - began, SECONDS)
    assert ran.returncode == 0, ran.stderr.decode()
    looked = json.loads(ran.stdout)
    assert looked["outcome"] == outcome or outcome is None
    assert looked["grown"] < 4 * len(content) + 50_000_000, "this process does no more than carry the bytes"
    assert looked["child"] < CHILD_BYTES


@pytest.mark.parametrize("kind", ["zip", "office"])
async def test_archives_and_office_files_are_never_opened(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def started(*_: Any, **__: Any) -> None:
        raise AssertionError("no process may look into it")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", started)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(100_000_000))
    content = {"zip": bomb.getvalue(), "office": b"\xd0\xcf\x11\xe0"}[kind]
    assert (await files.look(content)).outcome == "other"


async def test_a_child_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CHILD_SECONDS", 0.01)
    assert (await files.look(picture("JPEG", exif=exif()))).outcome == "unclean"


def test_a_child_cannot_take_the_machines_memory_or_write_a_file() -> None:
    script = (
        "from bot.runtime.file_jail.confine import confine\n"
        "from bot.outbox.clean.__main__ import CPU_SECONDS, MEMORY_BYTES\n"
        "confine(MEMORY_BYTES, CPU_SECONDS)\n"
        "try:\n    bytearray(600 * 1024 * 1024)\nexcept MemoryError:\n    print('bounded')\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "import tempfile\n"
        "try:\n    f = tempfile.TemporaryFile(buffering=0); f.write(b'x')\nexcept OSError:\n    print('unwritable')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["bounded", "unwritable"]


async def test_the_child_knows_no_secret_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    whole = asyncio.create_subprocess_exec

    async def started(*what: Any, **how: Any) -> Any:
        given.update(how["env"])
        return await whole(*what, **how)

    monkeypatch.setenv("HOTLINE_KEYS", "secret")
    monkeypatch.setattr(asyncio, "create_subprocess_exec", started)
    await files.look(picture("JPEG"))
    assert set(given) == {"PYTHONDONTWRITEBYTECODE"}


@pytest.mark.parametrize(
    ("name", "mime", "runs"),
    [
        ("lowongan.apk", None, True),
        ("KONTRAK.EXE", None, True),
        ("foto.jpg.js", None, True),
        ("gaji\u202egpj.exe", None, True),
        ("visa.exe. ", None, True),
        (None, "application/vnd.android.package-archive", True),
        ("kontrak.pdf", "application/pdf", False),
        ("foto.jpg", None, False),
        ("exe", None, False),
        (None, None, False),
    ],
)
def test_files_that_run_are_known(name: str | None, mime: str | None, runs: bool) -> None:
    assert files.runs(name, mime) == runs


async def test_a_program_by_its_first_bytes_whatever_it_is_called() -> None:
    assert (await files.look(b"MZ\x90\0" + bytes(100))).outcome == "program"
