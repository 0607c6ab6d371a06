"""Trains the language profiles: `python -m nlu.text.train_language`. Sentences in, n-gram and word counts out.

Reads `data/lexicon/language` (`en.txt`, `id.txt`, `km-Latn.txt`, one file for each other language) and the messages the
intents are taught with, which are how people write here. Nothing is downloaded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml
from langdetect.utils.lang_profile import LangProfile

from nlu.text import khmer, languages
from nlu.text.files import LEXICON, read_yaml
from nlu.text.language import CODES, PROFILES, counts_as, grams, training_lines
from nlu.text.normalise import normalise

_WORD = re.compile(r"[^\W\d_]{2,}")
#: Of all uses of a word, so many must be in one language before it counts as a word of that language.
OWN_SHARE = 0.8
#: Of a message's words, so many must be in the list of English words before it counts as English.
ENGLISH_SHARE = 0.4
_profile: Any = LangProfile


def profile(code: str, lines: Iterable[str]) -> dict[str, Any]:
    """langdetect's counts of 1- to 3-grams of one language, as its profile files hold them."""
    made = _profile(code)
    for line in lines:
        for gram in grams(normalise(line).text):
            made.add(gram)
    return {"name": code, "freq": dict(sorted(made.freq.items())), "n_words": made.n_words}


def taught(lang: str) -> Iterator[tuple[str, bool]]:
    """The messages of `data/nlu/<lang>` in Latin letters, and whether each is mostly English."""
    english = frozenset(map(str, read_yaml("language/words.yml")["en"]))
    for path in sorted((LEXICON.parent / "nlu" / lang).glob("*.yml")):
        for intent in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            examples = intent.get("examples") or ""
            lines = examples.splitlines() if isinstance(examples, str) else [str(one["text"]) for one in examples]
            for line in lines:
                text = normalise(line.strip().removeprefix("- ")).text
                words = _WORD.findall(text)
                if words and not khmer.has_khmer(text):
                    yield text, sum(word in english for word in words) >= ENGLISH_SHARE * len(words)


def corpora() -> dict[str, list[str]]:
    """All training lines by code."""
    found = {code: list(training_lines(code)) for code in PROFILES}
    for lang, code in ((lang, languages.latin_writing(lang)) for lang in languages.LANGUAGES):
        for text, is_english in taught(lang):
            found["en" if is_english else code].append(text)
    return found


def vocabulary(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Words that are used (nearly) only in one language, by code.

    Names of places are nobody's, nor are the words that `words.yml` says are of several languages.
    """
    raw = read_yaml("language/words.yml")
    nobodys = {str(word) for name in ("ambiguous", "shared") for word in raw[name]}
    for place in read_yaml("places.yml")["places"]:
        nobodys.update(word for alias in place["aliases"] for word in _WORD.findall(normalise(str(alias)).text))
    uses: dict[str, dict[str, float]] = {}
    for code, lines in found.items():
        name = counts_as(code)
        total = sum(len(_WORD.findall(line)) for line in lines) or 1
        for line in lines:
            for word in _WORD.findall(normalise(line).text):
                # A share of the language's words, so that much text in one language does not claim everything.
                by_code = uses.setdefault(word, {})
                by_code[name] = by_code.get(name, 0.0) + (1.0 if name == "other" else min(1.0, 4000 / total))
    own: dict[str, list[str]] = {code: [] for code in CODES}
    for word, by_code in sorted(uses.items()):
        code, count = max(by_code.items(), key=lambda item: item[1])
        if word not in nobodys and count >= OWN_SHARE * sum(by_code.values()):
            own[code].append(word)
    return own


def main() -> None:
    """Write all profiles and the vocabulary to `data/lexicon/language/profiles`."""
    folder = LEXICON / "language" / "profiles"
    folder.mkdir(parents=True, exist_ok=True)
    found = corpora()
    for code, lines in found.items():
        data = profile(code, lines)
        (folder / f"{code}.json").write_text(json.dumps(data, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
        print(f"{code}: {len(lines)} lines, {len(data['freq'])} n-grams")
    own = vocabulary(found)
    (folder / "vocabulary.json").write_text(json.dumps(own, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    print("words: " + ", ".join(f"{code} {len(words)}" for code, words in own.items()))


if __name__ == "__main__":
    main()
