"""What tesseract's table says, and pictures made legible: white on red beside black on white."""

from __future__ import annotations

import io
import time
from functools import partial

import numpy as np
import pytest
from PIL import Image, ImageDraw

from bot.offers.reading import __main__ as child
from bot.offers.reading import pictures, tesseract

HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"


def row(line: int, word: str, sure: float, height: int = 20) -> str:
    return f"5\t1\t1\t1\t{line}\t1\t0\t0\t9\t{height}\t{sure}\t{word}"


def test_a_page_is_its_lines_and_as_sure_as_its_letters() -> None:
    table = "\n".join(
        [
            HEAD,
            row(1, "Gaji", 90),
            row(1, "besar", 90, 30),
            row(2, "ប្រាក់", 50, 30),
            "4\t1\t1\t1\t3\t0\t\t\t\t\t-1\t",
            "x",
        ]
    )
    page = tesseract.page_of(table)
    assert page.text == "Gaji besar\nប្រាក់"
    assert 0.5 < page.confidence < 0.9
    assert page.height == 30


@pytest.mark.parametrize("table", ["", HEAD, "\n\n", HEAD + "\n" + row(1, " ", 90)])
def test_an_empty_table_is_an_empty_page(table: str) -> None:
    assert tesseract.page_of(table) == tesseract.Page("", 0.0, 0)


def test_letters_are_dark_on_white_whatever_their_colours() -> None:
    image = Image.new("RGB", (400, 200), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 400, 100), fill=(193, 18, 31))
    for left, top, colour in ((50, 50, "white"), (50, 150, "black"), (200, 150, (230, 180, 0))):
        draw.rectangle((left, top, left + 60, top + 3), fill=colour)
    inked = np.asarray(pictures.ink(image))
    for left, top in ((80, 52), (80, 152), (230, 152)):
        assert inked[top, left] < 60, "a stroke"
    assert inked[30, 300] > 200 and inked[180, 300] > 200, "the ground, red and white"


@pytest.mark.parametrize(("size", "larger"), [((3000, 2000), True), ((300, 200), False)])
def test_a_picture_is_read_at_one_size(size: tuple[int, int], larger: bool) -> None:
    made = io.BytesIO()
    Image.effect_noise(size, 50).convert("RGB").save(made, "JPEG")
    image, was_larger = pictures.Opened(made.getvalue()).picture(0, pictures.READ_PIXELS)
    assert max(image.size) == min(pictures.READ_PIXELS, round(max(size) * pictures.ENLARGED))
    assert was_larger is larger


def test_the_camera_says_which_way_is_up() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    made = io.BytesIO()
    Image.effect_noise((900, 600), 50).convert("RGB").save(made, "JPEG", exif=exif.tobytes())
    image, _ = pictures.Opened(made.getvalue()).picture(0, pictures.READ_PIXELS)
    assert image.height > image.width


@pytest.mark.parametrize("sideways", [False, True])
def test_every_line_of_a_long_screenshot_stands_whole_in_one_of_its_parts(sideways: bool) -> None:
    image = Image.new("RGB", (540, 4000), "white")
    tops = range(20, 3960, 60)
    for top in tops:
        ImageDraw.Draw(image).rectangle((20, top, 60, top + 20), fill="black")
    made, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6 if sideways else 1
    (image.transpose(Image.Transpose.ROTATE_90) if sideways else image).save(made, "PNG", exif=exif.tobytes())
    found = pictures.Opened(made.getvalue())
    parts = [found.picture(number, pictures.READ_PIXELS) for number in range(found.parts)]
    whole = 0
    for part, larger in parts:
        assert part.width > 800 and not larger, "as large as a poster"
        dark = np.asarray(part.convert("L"))[:, part.width * 40 // 540] < 128
        edges = np.flatnonzero(np.diff(dark.astype(int)))
        whole += sum(36 < high < 46 for high in np.diff(edges)[int(dark[0]) :: 2])
    assert whole >= len(tops)


def test_it_is_said_where_there_was_no_time_to_read_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_read", lambda *_: tesseract.Page("Gaji besar", 0.9, 9))
    in_time = child._pages(lambda *_: (Image.new("L", (9, 9)), False), 3, time.monotonic() + 60)
    late = child._pages(lambda *_: (Image.new("L", (9, 9)), False), 3, time.monotonic() - 1)
    assert (in_time["text"].count("Gaji"), in_time["whole"]) == (3, True)
    assert (late["outcome"], late["text"], late["whole"]) == ("words", "Gaji besar", False)


@pytest.mark.parametrize("way", [None, *pictures.TURNS])
def test_small_letters_are_read_closer_only_when_it_is_known_which_way_is_up(
    monkeypatch: pytest.MonkeyPatch, way: Image.Transpose | None
) -> None:
    """A dense page upside down took all the time there was: its letters were read closer before it was turned."""
    upright = Image.new("RGB", (3000, 2000), "white")
    ImageDraw.Draw(upright).rectangle((0, 0, 1500, 500), fill="black")
    given = upright if way is None else upright.transpose(way)
    made = io.BytesIO()
    given.save(made, "JPEG")
    read: list[tuple[int, bool]] = []

    def sees(image: Image.Image, _: tuple[str, ...]) -> tesseract.Page:
        pixels = np.asarray(image)
        up = image.width > image.height and pixels[: image.height // 2, : image.width // 2].mean() < 128
        read.append((max(image.size), bool(up)))
        return tesseract.Page("words", 0.9 if up else 0.5, 700, 12)

    monkeypatch.setattr(tesseract, "read", sees)
    monkeypatch.setattr(pictures, "ink", lambda image: image)
    best = child._read(partial(pictures.Opened(made.getvalue()).picture, 0), time.monotonic() + 60)
    assert best.confidence == 0.9
    assert [up for size, up in read if size == pictures.CLOSE_PIXELS] == [True]
