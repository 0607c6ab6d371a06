"""What the check must be better than: keywords and a plain text classifier, both made from the building set."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence

from bot.offers.evaluation.scores import Labelled
from nlu.text.normalise import normalise

#: Words on the list of keywords.
KEYWORDS = 40
#: A word must occur in so many offers to get onto the list.
LEAST = 5
_WORD = re.compile(r"[\u1780-\u17d3]{3,}|[^\W\d_\u1780-\u17ff]{3,}")

type Judge = Callable[[str], float]


def keywords(building: Sequence[Labelled]) -> Judge:
    """The words most typical of scams, by log odds; an offer scores by how many of them it holds."""
    scam, honest = Counter[str](), Counter[str]()
    for offer in building:
        counter = scam if offer.sort == "scam" else honest if offer.sort == "honest" else None
        if counter is not None:
            counter.update(set(_words(offer.text)))
    odds = {word: math.log((n + 0.5) / (honest[word] + 0.5)) for word, n in scam.items() if n >= LEAST}
    chosen = frozenset(sorted(odds, key=lambda word: -odds[word])[:KEYWORDS])
    return lambda text: float(len(chosen & set(_words(text))))


def text_classifier(building: Sequence[Labelled]) -> Judge:
    """TF-IDF over pieces of letters with logistic regression: scam against honest."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    clear = [offer for offer in building if offer.sort != "grey"]
    model = make_pipeline(
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2),
        LogisticRegression(C=10.0, max_iter=1000),
    ).fit([offer.text for offer in clear], [offer.sort == "scam" for offer in clear])
    return lambda text: float(model.predict_proba([text])[0, 1])


def _words(text: str) -> list[str]:
    return _WORD.findall(normalise(text).text)
