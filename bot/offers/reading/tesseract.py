"""Tesseract, called as a program: a picture in, words with their confidence out. Runs in the child process alone."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image

#: The languages that are read, and the packages of Debian that bring them.
LANGUAGES = ("khm", "ind", "eng")
PACKAGES = ("tesseract-ocr", "tesseract-ocr-khm", "tesseract-ocr-ind")
#: One column of text of any size: a poster's lines are read from the top to the bottom, headline and footer too.
_ONE_COLUMN = "4"
_LETTER = re.compile(r"[^\W_]")


class Absent(Exception):
    """This machine cannot read pictures: `missing` says what it lacks."""


@dataclass(frozen=True)
class Page:
    """What was read of one picture, by lines."""

    text: str
    #: How sure tesseract is of it, 0 to 1, each word weighing as many letters as it has.
    confidence: float
    letters: int
    #: Pixels that a word is high, in the middle of all.
    height: int = 0

    @property
    def score(self) -> float:
        """Letters read for sure: by this one reading is compared with another."""
        return self.confidence * self.letters


@lru_cache(maxsize=1)
def missing() -> tuple[str, ...]:
    """What this machine lacks to read pictures: the program, or languages of it. Nothing when all is there."""
    if shutil.which("tesseract") is None:
        return ("tesseract",)
    try:
        listed = subprocess.run(
            ["tesseract", "--list-langs"], capture_output=True, text=True, timeout=20, check=False
        ).stdout.split()
    except (OSError, subprocess.TimeoutExpired):
        return ("tesseract",)
    return tuple(language for language in LANGUAGES if language not in listed)


def read(image: Image.Image, languages: tuple[str, ...], *, layout: str = _ONE_COLUMN) -> Page:
    """The words of a picture. Raises Absent where there is no tesseract, RuntimeError when it fails."""
    if missing():
        raise Absent
    given = io.BytesIO()
    image.save(given, "PPM")
    done = subprocess.run(
        ["tesseract", "stdin", "stdout", "-l", "+".join(languages), "--psm", layout, "tsv"],
        input=given.getvalue(),
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError("tesseract failed")
    return page_of(done.stdout.decode("utf-8", "replace"))


def page_of(table: str) -> Page:
    """The page of tesseract's table: a row a word, its line in columns 2 to 5, confidence and text in the last two."""
    lines: dict[tuple[str, ...], list[str]] = {}
    letters = 0
    heights: list[int] = []
    sure = 0.0
    for row in table.splitlines():
        cells = row.split("\t")
        if len(cells) != 12 or cells[0] != "5" or not (word := cells[11].strip()):
            continue
        lines.setdefault(tuple(cells[1:5]), []).append(word)
        count = len(_LETTER.findall(word))
        letters += count
        heights.append(int(cells[9]))
        sure += count * max(0.0, float(cells[10])) / 100
    text = "\n".join(" ".join(words) for words in lines.values())
    return Page(text, sure / letters if letters else 0.0, letters, sorted(heights)[len(heights) // 2] if heights else 0)
