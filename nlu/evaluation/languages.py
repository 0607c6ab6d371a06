"""Measures who reads the language of a short message best: `python -m nlu.evaluation.languages`. Prints a table.

Ours, langdetect as it comes, langdetect with our profiles alone, and lingua with few candidates where it is installed
(`pip install lingua-language-detector`, or `uv run --with lingua-language-detector`; nothing of the hotline needs it).
The test half is only ever scored: nothing of it is printed but counts, and its hash.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from nlu.checks.examples import DATA, DataInvalid
from nlu.text import language
from nlu.text.files import LEXICON
from nlu.text.normalise import normalise
from nlu.text.train_language import corpora

#: The classes of the measuring set, in the order of the table; `mixed-km` is Khmer script with Latin words.
CLASSES = ("id", "km-Latn", "en", "km", "mixed-km", "other")
HELD_OUT = DATA / "heldout" / "language.jsonl"
#: What a chat was written in before, for a message of each class.
PRIORS = {"id": "id", "km-Latn": "km", "en": "en", "km": "km", "mixed-km": "km", "other": "other"}
#: What a chat of somebody else was written in: the hardest neighbour.
WRONG_PRIORS = {"id": "km", "km-Latn": "id", "en": "id", "km": "id", "mixed-km": "id", "other": "id"}
#: lingua's candidates: the two it shares with us, the neighbours, and who else writes to a hotline in the region.
LINGUA = ("INDONESIAN", "MALAY", "ENGLISH", "TAGALOG", "VIETNAMESE", "THAI", "CHINESE", "HINDI", "SPANISH", "FRENCH")

Detector = Callable[["Line"], str]


@dataclass(frozen=True)
class Line:
    """One held-out message with its class and half."""

    text: str
    lang: str
    half: str

    @property
    def wanted(self) -> str:
        """The code a detector has to give."""
        return "km" if self.lang == "mixed-km" else self.lang


def read(half: str, path: Path = HELD_OUT) -> list[Line]:
    """The lines of one half. Raises DataInvalid."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            raw = json.loads(line)
            one = Line(raw["text"], raw["lang"], raw["half"])
        except (ValueError, KeyError, TypeError) as problem:
            raise DataInvalid(f"{path.name}:{number}", str(problem)) from None
        if one.lang not in CLASSES:
            raise DataInvalid(f"{path.name}:{number}", f"no class {one.lang!r}, write one of {', '.join(CLASSES)}")
        if one.half == half:
            found.append(one)
    return found


def digest(half: str = "test", path: Path = HELD_OUT) -> str:
    """SHA-256 over the lines of a half as they stand in the file, in order."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return hashlib.sha256("".join(line for line in lines if json.loads(line)["half"] == half).encode()).hexdigest()


def _profiles_alone() -> Detector:
    """langdetect's own algorithm on our profiles."""
    from langdetect import detector_factory, lang_detect_exception

    create: Any = detector_factory.DetectorFactory
    factory = create()
    factory.set_seed(0)
    folder = LEXICON / "language" / "profiles"
    factory.load_json_profile([(folder / f"{code}.json").read_text(encoding="utf-8") for code in language.PROFILES])

    def ask(line: Line) -> str:
        detector = factory.create()
        detector.append(line.text.lower())
        try:
            found = str(detector.detect())
        except lang_detect_exception.LangDetectException:
            return "other"
        return language.counts_as(found) if found in language.PROFILES else "other"

    return ask


def _langdetect() -> Detector:
    from langdetect import detector_factory, lang_detect_exception

    detector_factory.DetectorFactory.seed = 0
    detect: Any = detector_factory.detect

    def ask(line: Line) -> str:
        try:
            found = str(detect(line.text))
        except lang_detect_exception.LangDetectException:  # Khmer letters, emoji: no n-gram it knows
            return "other"
        return found if found in ("id", "en") else "other"

    return ask


def _lingua() -> Detector | None:
    try:
        api: Any = import_module("lingua")
    except ImportError:
        return None
    detector = api.LanguageDetectorBuilder.from_languages(*(getattr(api.Language, name) for name in LINGUA)).build()
    codes = {"INDONESIAN": "id", "MALAY": "id", "ENGLISH": "en"}

    def ask(line: Line) -> str:
        found = detector.detect_language_of(line.text)
        return codes.get(found.name, "other") if found else "other"

    return ask


def detectors() -> dict[str, Detector]:
    """What stands side by side, by name."""
    found: dict[str, Detector] = {
        "ours": lambda line: language.detect(line.text).code,
        "ours, chat of this language": lambda line: language.detect(line.text, PRIORS[line.lang]).code,
        "ours, chat of another": lambda line: language.detect(line.text, WRONG_PRIORS[line.lang]).code,
        "langdetect, our profiles": _profiles_alone(),
        "langdetect as it comes": _langdetect(),
    }
    lingua = _lingua()
    if lingua:
        found[f"lingua, {len(LINGUA)} candidates"] = lingua
    return found


@dataclass(frozen=True)
class Row:
    """One detector: the share it has right in each class, and what a message costs."""

    name: str
    shares: dict[str, float]
    micros: float


def measure(name: str, ask: Detector, lines: Sequence[Line]) -> Row:
    """Ask for every line twice; the second time is what is timed, with everything loaded."""
    answers = [ask(line) for line in lines]
    started = time.process_time()
    for line in lines:
        ask(line)
    spent = time.process_time() - started
    total = Counter(line.lang for line in lines)
    right = Counter(line.lang for line, answer in zip(lines, answers, strict=True) if answer == line.wanted)
    return Row(name, {lang: right[lang] / total[lang] for lang in CLASSES if total[lang]}, 1e6 * spent / len(lines))


def table(half: str) -> Iterator[str]:
    """The table of one half, and where langdetect wins or loses, a line at a time."""
    lines = read(half)
    counts = Counter(line.lang for line in lines)
    yield f"{half}: " + ", ".join(f"{lang} {counts[lang]}" for lang in CLASSES)
    yield "| % right | " + " | ".join(CLASSES) + " | µs |"
    yield "| --- " * (len(CLASSES) + 2) + "|"
    rows = {name: measure(name, ask, lines) for name, ask in detectors().items()}
    for row in rows.values():
        yield f"| {row.name} | " + " | ".join(f"{100 * row.shares[c]:.1f}" for c in CLASSES) + f" | {row.micros:.0f} |"
    trained = {normalise(text).text for found in corpora().values() for text in found}
    new = [line for line in lines if normalise(line.text).text not in trained]
    shares = measure("", lambda line: language.detect(line.text).code, new).shares
    yield (
        f"| ours, the {len(new)} lines it never saw | " + " | ".join(f"{100 * shares[c]:.1f}" for c in CLASSES) + " | |"
    )
    yield ""
    ours = rows["ours"].shares
    for name in ("langdetect, our profiles", "langdetect as it comes"):
        theirs = rows[name].shares
        wins = [lang for lang in CLASSES if theirs[lang] > ours[lang]]
        loses = [lang for lang in CLASSES if theirs[lang] < ours[lang]]
        yield f"{name}: wins on {', '.join(wins) or 'nothing'}; loses on {', '.join(loses) or 'nothing'}."


def main() -> None:
    """Print the tables; `--wrong` names what ours has wrong on dev."""
    parser = argparse.ArgumentParser(prog="python -m nlu.evaluation.languages", description=__doc__)
    parser.add_argument("--half", choices=("dev", "test", "both"), default="both")
    parser.add_argument("--wrong", action="store_true", help="also list what ours has wrong on the dev half")
    asked = parser.parse_args()
    for half in ("dev", "test") if asked.half == "both" else (asked.half,):
        print("\n".join(table(half)), end="\n\n")
    print(f"SHA-256 of the test lines: {digest()}")
    if asked.wrong:
        for line in read("dev"):
            found = language.detect(line.text)
            if found.code != line.wanted:
                print(f"{line.lang:9} {found.code:8} {found.confidence:.2f} {line.text}")


if __name__ == "__main__":
    main()
