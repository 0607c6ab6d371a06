"""Trains the language profiles: `python -m nlu.text.train_language`. Sentences in, n-gram counts out."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from langdetect.utils import ngram

from nlu.text.files import LEXICON
from nlu.text.language import CODES, training_lines
from nlu.text.normalise import normalise

_NGram: Any = ngram.NGram


def profile(code: str) -> dict[str, Any]:
    """Counts of 1- to 3-grams of one language in langdetect's own format, those seen once left out."""
    counts: Counter[str] = Counter()
    for line in training_lines(code):
        gram = _NGram()
        for char in _NGram.normalize_vi(f" {normalise(line).text} "):
            gram.add_char(char)
            for size in range(1, _NGram.N_GRAM + 1):
                piece = gram.get(size)
                if piece and piece.strip():
                    counts[piece] += 1
    kept = {piece: count for piece, count in sorted(counts.items()) if count > 1}
    sizes = [sum(count for piece, count in kept.items() if len(piece) == size) for size in (1, 2, 3)]
    return {"name": code, "freq": kept, "n_words": sizes}


def main() -> None:
    """Write all profiles to `data/lexicon/language/profiles`."""
    folder = LEXICON / "language" / "profiles"
    folder.mkdir(parents=True, exist_ok=True)
    for code in CODES:
        data = profile(code)
        (folder / f"{code}.json").write_text(json.dumps(data, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
        print(f"{code}: {len(training_lines(code))} lines, {len(data['freq'])} n-grams")


if __name__ == "__main__":
    main()
