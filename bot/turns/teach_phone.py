"""Makes data/phone/learned.json from the messages in data/phone and, as what says nothing of the phone, data/nlu.

    python -m bot.turns.teach_phone

Run it after a change of those files. Deterministic; about a minute.
"""

from __future__ import annotations

import json
import random
import sys

import numpy as np
import yaml
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from bot.turns.phone_words import FOLDER, LEARNED, READINGS, WRITINGS, features_of
from nlu.checks import examples

#: Messages of the assistant's training that are taken for what says nothing of the phone.
NEGATIVES = 12_000
#: Intents left out of them: they stop, deny, erase or ask who we are themselves.
NEAR = frozenset({"cancel", "erase_chat", "deny", "restart_chat", "ask_identity", "ask_privacy_safety"})
#: What an example weighs against such a message; how little a question of who we are weighs, which is short and plain.
OURS, OF_NONE, OF_IDENTITY = 8.0, 4.0, 1.5
#: Inverse regularisation; features kept; the smallest weight that is written down.
COST, KEPT, SMALL = 30.0, 12_000, 0.02


def main() -> int:
    """Teach, and write the file."""
    texts, labels, weights = _examples()
    vectors = TfidfVectorizer(analyzer=features_of, min_df=2, sublinear_tf=True, dtype=np.float32)
    table = vectors.fit_transform(texts)
    model = LogisticRegression(C=COST, max_iter=300).fit(table, labels, sample_weight=weights)
    names = vectors.get_feature_names_out()
    strength = np.abs(model.coef_ * vectors.idf_).max(axis=0)
    kinds, of_kind = _hours()
    seen = vectors.transform(kinds)
    of_hours = LogisticRegression(C=COST, max_iter=300).fit(seen, of_kind)
    strength = np.maximum(strength, np.abs(of_hours.coef_[0] * vectors.idf_))
    kept = sorted(np.argsort(-strength)[:KEPT])
    table = np.vstack([model.coef_, of_hours.coef_])
    features = {
        str(names[place]): [round(float(vectors.idf_[place]), 2), *(round(float(w), 2) for w in table[:, place])]
        for place in kept
        if strength[place] >= SMALL
    }
    intercept = [round(float(w), 3) for w in (*model.intercept_, *of_hours.intercept_)]
    found = {"classes": ["none", *READINGS], "intercept": intercept}
    rows = ",\n".join(f" {json.dumps(name, ensure_ascii=False)}: {json.dumps(row)}" for name, row in features.items())
    LEARNED.write_text(
        f'{json.dumps(found, ensure_ascii=False)[:-1]}, "features": {{\n{rows}\n}}}}\n', encoding="utf-8"
    )
    sys.stdout.write(f"{len(texts)} messages, {len(features)} features\n")
    return 0


def _hours() -> tuple[list[str], list[int]]:
    """Messages that name hours, and whether those are safe (1) or dangerous (0)."""
    texts, labels = [], []
    for writing in WRITINGS[:3]:
        raw = yaml.safe_load((FOLDER / f"{writing}.yml").read_text(encoding="utf-8"))
        for label, name in enumerate(("hours_danger", "hours_safe")):
            texts += [str(text) for text in raw[name]]
            labels += [label] * len(raw[name])
    return texts, labels


def _examples() -> tuple[list[str], list[int], list[float]]:
    """Messages, the number of each one's class (0 is none), and what it weighs."""
    texts, labels, weights = [], [], []
    for writing in WRITINGS[:3]:
        raw = yaml.safe_load((FOLDER / f"{writing}.yml").read_text(encoding="utf-8"))
        for number, name in enumerate(("none", *READINGS)):
            for text in raw[name]:
                texts.append(str(text))
                labels.append(number)
                weights.append(OURS if number else OF_NONE)
    known = [one for one in examples.utterances() if one.intent not in NEAR]
    random.Random(7).shuffle(known)
    for one in known[:NEGATIVES]:
        texts.append(one.text)
        labels.append(0)
        weights.append(1.0)
    for one in examples.utterances():
        if one.intent == "ask_identity":
            texts.append(one.text)
            labels.append(1)
            weights.append(OF_IDENTITY)
    return texts, labels, weights


if __name__ == "__main__":
    sys.exit(main())
