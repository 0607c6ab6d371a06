"""How well photos of offers are read: posters of our own words, drawn, photographed badly, read and judged.

Prints tables in Markdown: word recall and red flags found, against the same words typed, for each language and each
fault of a photo; then the time of a 10 MB photo. Their figures go to benchmarks/results.jsonl. Needs Chromium to
draw, tesseract to read.

    PYTHONPATH=. .venv/bin/python scripts/bench_posters.py               # the shipped reader, 44 posters
    PYTHONPATH=. .venv/bin/python scripts/bench_posters.py --choices     # ways of preparing, on a part of the posters
"""

from __future__ import annotations

import argparse
import html
import io
import json
import random
import re
import resource
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from khmercut import tokenize
from PIL import Image, ImageFilter, ImageOps

from bot.offers.assess import assess
from bot.offers.reading import pictures, tesseract
from bot.processes.doctor import browser
from nlu.understanding.triage import triage

TEXTS = Path(__file__).parent / "posters"
#: Faults that every poster is read with; the others come in turn.
USUAL = ("phone", "turned 180°")
#: Posters on which ways of preparing are compared, and the faults they have there.
COMPARED, COMPARED_FAULTS = (0, 3, 5, 8), ("drawn", "inverted", "small", "slanted", "blurred", "dark")
STYLES = {
    "bright": """body{margin:0;width:720px;background:linear-gradient(#fff8dc,#ffe08a);color:#222}
        h1{margin:0;padding:26px 30px;background:#c1121f;color:#fff;font-size:44px;line-height:1.35}
        li{font-size:30px;line-height:1.55;list-style:none;padding:4px 34px} li::before{content:"• ";color:#c1121f}
        li:last-child{background:#003049;color:#fff;margin-top:16px;padding:16px 34px;font-weight:bold}
        ul{padding:0;margin:18px 0 0}""",
    "dark": """body{margin:0;width:640px;background:#10203f;color:#f4f4f4;text-align:center;
        border:10px solid #f2b705;box-sizing:border-box}
        h1{margin:0;padding:34px 20px 14px;color:#ffd60a;font-size:38px;line-height:1.4}
        li{font-size:26px;line-height:1.6;list-style:none;padding:6px 24px} li:nth-child(2n){background:#1d3461}
        li:last-child{color:#10203f;background:#ffd60a;margin-top:20px;padding:14px} ul{padding:0;margin:0}""",
}
FONTS = {
    ("id", "bright"): ("DejaVu Sans", "DejaVu Sans"),
    ("id", "dark"): ("DejaVu Serif", "DejaVu Sans"),
    ("km", "bright"): ("Khmer OS Battambang", "Khmer OS Muol Light"),
    ("km", "dark"): ("Khmer OS Siemreap", "Khmer OS Battambang"),
}


@dataclass(frozen=True)
class Poster:
    """One drawn poster and the words on it."""

    lang: str
    number: int
    style: str
    words: str
    image: Image.Image


def drawn() -> Iterator[Poster]:
    """Every text in every style."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 720, "height": 400})
        for lang in ("id", "km"):
            texts = yaml.safe_load((TEXTS / f"{lang}.yml").read_text(encoding="utf-8"))
            for number, lines in enumerate(texts):
                for style, css in STYLES.items():
                    page.set_content(_html(lines, css, *FONTS[lang, style]))
                    shot = Image.open(io.BytesIO(page.locator("body").screenshot())).convert("RGB")
                    yield Poster(lang, number, style, "\n".join(lines), shot)
        chromium.close()


def _html(lines: list[str], css: str, body: str, head: str) -> str:
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines[1:])
    fonts = f"body{{font-family:'{body}','DejaVu Sans'}} h1{{font-family:'{head}','DejaVu Sans'}}"
    return f"<style>{css} {fonts}</style><h1>{html.escape(lines[0])}</h1><ul>{items}</ul>"


# -- faults of a photo


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    made = io.BytesIO()
    image.save(made, "JPEG", quality=quality)
    return Image.open(io.BytesIO(made.getvalue())).convert("RGB")


def noisy(image: Image.Image, chance: random.Random, sigma: float) -> Image.Image:
    pixels = np.asarray(image, dtype=np.float32)
    grain = np.random.default_rng(chance.randint(0, 9999)).normal(0, sigma, pixels.shape)
    return Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))


def slanted(image: Image.Image, chance: random.Random) -> Image.Image:
    """Held at an angle, on a brown table."""
    width, height = image.size
    edge = int(0.08 * width)
    table = Image.new("RGB", (width + 4 * edge, height + 4 * edge), (92, 80, 70))
    table.paste(image, (2 * edge, 2 * edge))
    left, top, right, bottom = edge, edge, width + 3 * edge, height + 3 * edge
    corners = [(left, top), (left, bottom), (right, bottom), (right, top)]
    moved = [value + chance.randint(-edge, edge) for corner in corners for value in corner]
    return table.transform(table.size, Image.Transform.QUAD, moved, Image.Resampling.BICUBIC)


def dark(image: Image.Image, chance: random.Random) -> Image.Image:
    """In the evening, with one lamp."""
    pixels = np.asarray(image, dtype=np.float32)
    height, width = pixels.shape[:2]
    down, across = np.mgrid[0:height, 0:width]
    x, y = width * chance.random(), height * chance.random()
    lamp = 0.18 + 0.5 * np.exp(-(((across - x) / (width / 2)) ** 2 + ((down - y) / (height / 2)) ** 2))
    return noisy(Image.fromarray((pixels * lamp[..., None]).astype(np.uint8)), chance, 6)


def phone(image: Image.Image, chance: random.Random, pixels: int = 2400) -> Image.Image:
    """Photographed by a cheap phone: slanted, out of focus, dark."""
    image = slanted(image, chance)
    larger = image.resize((pixels, round(pixels * image.height / image.width)), Image.Resampling.BICUBIC)
    return jpeg(dark(larger.filter(ImageFilter.GaussianBlur(2.2)), chance), 80)


FAULTS: dict[str, Callable[[Image.Image, random.Random], Image.Image]] = {
    "drawn": lambda image, _: image,
    "phone": phone,
    "compressed": lambda image, _: jpeg(image, 30),
    "small": lambda image, _: jpeg(image.resize((image.width * 45 // 100, image.height * 45 // 100)), 60),
    "inverted": lambda image, _: ImageOps.invert(image),
    "turned 90°": lambda image, _: image.transpose(Image.Transpose.ROTATE_90),
    "turned 180°": lambda image, _: image.transpose(Image.Transpose.ROTATE_180),
    "turned 270°": lambda image, _: image.transpose(Image.Transpose.ROTATE_270),
    "tilted": lambda image, chance: jpeg(
        image.rotate(chance.choice([-5, -3, 3, 5]), Image.Resampling.BICUBIC, expand=True, fillcolor=(90, 80, 70)), 70
    ),
    "slanted": lambda image, chance: jpeg(slanted(image, chance).filter(ImageFilter.GaussianBlur(0.7)), 70),
    "blurred": lambda image, chance: jpeg(noisy(image.filter(ImageFilter.GaussianBlur(1.6)), chance, 8), 60),
    "dark": lambda image, chance: jpeg(dark(image, chance), 75),
}


# -- reading and judging


def shipped(image: Image.Image) -> tuple[str, float, float]:
    """What the child process reads of a picture, how sure it is, and the seconds of processor it took."""
    made = io.BytesIO()
    image.save(made, "PNG")
    return child(made.getvalue())


def child(content: bytes) -> tuple[str, float, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "bot.offers.reading"]
    done = subprocess.run(command, input=content, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = json.loads(done.stdout)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return told.get("text", ""), told.get("confidence", 0.0), seconds


def words_of(text: str, lang: str) -> Counter[str]:
    if lang == "km":
        cut = tokenize(re.sub(r"\s+", " ", text.lower()))
        return Counter(word for word in cut if re.search(r"\w", word))
    return Counter(re.findall(r"\w+", text.lower()))


@dataclass
class Tally:
    """What was found on some posters."""

    read: int = 0
    there: int = 0
    flags: int = 0
    flags_typed: int = 0
    invented: int = 0
    same: int = 0
    posters: int = 0
    sure: float = 0.0
    seconds: float = 0.0
    alarms: int = 0

    def add(self, poster: Poster, text: str, sure: float = 0.0, seconds: float = 0.0) -> None:
        """Count one reading against the same words typed."""
        there = words_of(poster.words, poster.lang)
        self.read += (there & words_of(text, poster.lang)).total()
        self.there += there.total()
        asker = {"id": "ID", "km": "KH"}[poster.lang]
        typed, found = (assess(words, asker=asker) for words in (poster.words, text))  # type: ignore[arg-type]
        flags, seen = {flag.id for flag in typed.flags}, {flag.id for flag in found.flags}
        self.flags, self.flags_typed = self.flags + len(flags & seen), self.flags_typed + len(flags)
        self.invented += len(seen - flags)
        self.same += typed.risk == found.risk
        self.alarms += triage(text).level != "none"
        self.posters, self.sure, self.seconds = self.posters + 1, self.sure + sure, self.seconds + seconds

    @property
    def row(self) -> str:
        """Columns of the table."""
        count = max(self.posters, 1)
        return (
            f"{self.posters} | {self.read / max(self.there, 1):.1%} | {self.flags} of {self.flags_typed} | "
            f"{self.invented} | {self.same} of {self.posters} | {self.sure / count:.2f} | "
            f"{self.seconds / count:.1f} s | {self.alarms}"
        )


def measure(posters: list[Poster]) -> None:
    """The shipped reader on every poster."""
    tallies: dict[tuple[str, str], Tally] = defaultdict(Tally)
    for place, poster in enumerate(posters):
        for turn, (name, fault) in enumerate(FAULTS.items()):
            if name in USUAL or (place + turn) % 12 == 0:
                chance = random.Random(place * 100 + turn)
                text, sure, seconds = shipped(fault(poster.image, chance))
                tallies[poster.lang, name].add(poster, text, sure, seconds)
                there = words_of(poster.words, poster.lang)
                share = (there & words_of(text, poster.lang)).total() / there.total()
                line = f"{poster.lang} {poster.number} {poster.style} {name}: {share:.0%} of the words, sure {sure:.2f}"
                print(line, file=sys.stderr, flush=True)
    print("| language, fault | posters | words | flags | invented | same verdict | sure | CPU | lexicon alarmed |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for lang, name in sorted(tallies, key=lambda key: (key[0], list(FAULTS).index(key[1]))):
        print(f"| {lang}, {name} | {tallies[lang, name].row} |")


#: Ways of preparing a picture: pixels of its longer side (None: as it is), how it is inked, tesseract's layout.
CHOICES: dict[str, tuple[int | None, str, str]] = {
    "as it is, layout 3": (None, "colour", "3"),
    "1600 px, layout 3": (1600, "colour", "3"),
    "1600 px, grey and stretched, layout 3": (1600, "grey", "3"),
    "1600 px, ink, layout 3": (1600, "ink", "3"),
    "1600 px, ink, layout 11": (1600, "ink", "11"),
    "1600 px, ink, layout 6": (1600, "ink", "6"),
    "1600 px, ink, layout 4": (1600, "ink", "4"),
    "1300 px, ink, layout 4": (1300, "ink", "4"),
    "1100 px, ink, layout 4": (1100, "ink", "4"),
    "900 px, ink, layout 4": (900, "ink", "4"),
}


def compare(posters: list[Poster]) -> None:
    """Ways of preparing, on some posters."""
    print("| preparing | id words | km words |")
    print("| --- | --- | --- |")
    for name, (pixels, inked, layout) in CHOICES.items():
        tallies = {"id": Tally(), "km": Tally()}
        for poster in posters:
            if poster.number in COMPARED:
                for fault in COMPARED_FAULTS:
                    image = FAULTS[fault](poster.image, random.Random(poster.number))
                    page = tesseract.read(_prepared(image, pixels, inked), tesseract.LANGUAGES, layout=layout)
                    tallies[poster.lang].add(poster, page.text)
        shares = [f"{tallies[lang].read / tallies[lang].there:.1%}" for lang in ("id", "km")]
        print(f"| {name} | {' | '.join(shares)} |", flush=True)


def _prepared(image: Image.Image, pixels: int | None, inked: str) -> Image.Image:
    if pixels is not None:
        factor = min(pixels / max(image.size), pictures.ENLARGED)
        image = image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.LANCZOS)
    if inked == "grey":
        return ImageOps.autocontrast(image.convert("L"), cutoff=1)
    return pictures.ink(image) if inked == "ink" else image


def large(posters: list[Poster]) -> None:
    """The time of a photo of 10 MB, upright, lying on its side and upside down."""
    print("| 12 megapixels | file | words | seconds | of processor |")
    print("| --- | --- | --- | --- | --- |")
    for poster in (posters[0], next(one for one in posters if one.lang == "km")):
        for name, how in (
            ("upright", None),
            ("on its side", Image.Transpose.ROTATE_90),
            ("upside down", Image.Transpose.ROTATE_180),
        ):
            image = noisy(phone(poster.image, random.Random(1), 4000), random.Random(1), 12)
            made = io.BytesIO()
            (image if how is None else image.transpose(how)).save(made, "JPEG", quality=90, subsampling=0)
            began = time.monotonic()
            text, _, seconds = child(made.getvalue())
            there = words_of(poster.words, poster.lang)
            share = (there & words_of(text, poster.lang)).total() / there.total()
            size = len(made.getvalue()) / 1e6
            took = time.monotonic() - began
            print(
                f"| {poster.lang}, {name} | {size:.1f} MB | {share:.0%} | {took:.1f} s | {seconds:.1f} s |", flush=True
            )


def main() -> None:
    """The command."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--choices", action="store_true", help="compare ways of preparing a picture")
    given.add_argument("--large", action="store_true", help="only the time of a 10 MB photo")
    options = given.parse_args()
    posters = list(drawn())
    if options.choices:
        compare(posters)
        return
    if not options.large:
        measure(posters)
    large(posters)


if __name__ == "__main__":
    main()
