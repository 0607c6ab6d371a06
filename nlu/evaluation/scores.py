"""Counting right and wrong, for each language by itself. Never one number over all."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nlu.checks.examples import HeldOut
from nlu.understanding.decision import CASE_KINDS

#: Kinds in which somebody is in trouble.
URGENT = frozenset(CASE_KINDS[:3])
#: One urgent message in so many: the mix for which real cases are told from false ones.
RARE = 100


@dataclass(frozen=True)
class Guess:
    """What one way of deciding makes of a message."""

    kind: str
    topic: str | None
    opens_case: bool

    @property
    def urgent(self) -> bool:
        """Whether it opens a case of somebody in trouble."""
        return self.opens_case and self.kind in URGENT


@dataclass(frozen=True)
class Share:
    """Right ones of how many, with the interval in which the true share lies at 95 % (Wilson)."""

    right: int
    of: int

    def __str__(self) -> str:
        if not self.of:
            return "–"
        low, high = self.interval
        return f"{self.right / self.of:.1%} ({self.right}/{self.of}; {low:.0%}–{high:.0%})"

    @property
    def interval(self) -> tuple[float, float]:
        """Source: Wilson 1927, score interval."""
        z, n, p = 1.96, self.of, self.right / self.of
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        reach = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, middle - reach), min(1.0, middle + reach)


@dataclass(frozen=True)
class Scores:
    """How one way of deciding did on one set of messages."""

    kind: Share
    topic: Share
    urgent_recall: Share
    false_alarms: Share
    by_kind: dict[str, Share]
    #: (right kind, guessed kind) of every message, right ones too.
    confusion: Counter[tuple[str, str]]

    @property
    def emergencies(self) -> Share:
        """How many emergencies were taken for one."""
        return self.by_kind.get("emergency", Share(0, 0))

    @property
    def real_cases(self) -> float | None:
        """Which part of the cases opened would be real if one message in RARE were urgent; None where nothing opens."""
        if not self.urgent_recall.of or not self.false_alarms.of:
            return None
        real = self.urgent_recall.right / self.urgent_recall.of / RARE
        false = self.false_alarms.right / self.false_alarms.of * (1 - 1 / RARE)
        return real / (real + false) if real + false else None


def score(messages: Sequence[HeldOut], guess: Callable[[HeldOut], Guess]) -> Scores:
    """Score one way of deciding."""
    guesses = [(message, guess(message)) for message in messages]

    def share(chosen: Callable[[HeldOut], bool], right: Callable[[HeldOut, Guess], bool]) -> Share:
        of = [(m, g) for m, g in guesses if chosen(m)]
        return Share(sum(right(m, g) for m, g in of), len(of))

    kinds = sorted({message.kind for message in messages})
    return Scores(
        kind=share(lambda m: True, lambda m, g: g.kind == m.kind),
        topic=share(lambda m: m.kind == "question", lambda m, g: g.kind == "question" and g.topic == m.topic),
        urgent_recall=share(lambda m: m.kind in URGENT, lambda m, g: g.urgent),
        # Asking for a person opens a case anyway: only messages that should open none count.
        false_alarms=share(lambda m: m.kind not in CASE_KINDS, lambda m, g: g.urgent),
        by_kind={k: share(lambda m, k=k: m.kind == k, lambda m, g: g.kind == m.kind) for k in kinds},
        confusion=Counter((m.kind, g.kind) for m, g in guesses),
    )
