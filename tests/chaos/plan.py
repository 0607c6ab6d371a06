"""What goes wrong, and when: decided by a seed before anything starts. Pure; the same seed gives the same plan."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from typing import Any

#: What is killed. "chat" is the gateway, "nlu" is Rasa, "database" is PostgreSQL's first process.
VICTIMS = ("chat", "worker", "nlu", "actions", "database")
#: Kills of one process in one round. The supervisor's pauses grow with deaths that follow each other closely (0.1
#: to 10 s, bot/processes/supervisor.py) and begin anew once a process lived a minute: five deaths cost 9 s of pauses,
#: ten a minute.
KILLS_A_ROUND = 5
#: Seconds of one round: kills close together in its first part, then more than a minute without a kill of that process.
ROUND_SECONDS = 100.0
#: Seconds within which a round's kills begin, by process: Rasa begins first, its starts take longest.
BEGINS = {"chat": (0, 14), "worker": (0, 14), "nlu": (0, 4), "actions": (0, 14)}
#: Seconds a restarted process lives until its next kill. Rasa needs ten to start: most of its kills hit the start.
LIVES = {"chat": (0.2, 2.5), "worker": (0.5, 3.0), "nlu": (0.5, 5.0), "actions": (0.3, 2.5)}
#: What says when it works; of the others we know only that they live.
SAY_READY = ("chat", "worker")
#: Seconds from the beginning of a round in which the database is killed, and the least between two kills.
DATABASE_SPAN, DATABASE_GAP = 45.0, 2.0
#: Methods of the Bot API that are struck by themselves; None is every call but getUpdates.
METHODS = (None, None, None, "sendMessage", "createForumTopic", "getUpdates", "getFile", "file")


@dataclass(frozen=True)
class Kill:
    """kill -9 of the process that runs once the round is `at` seconds old and it has lived for `lived` seconds."""

    victim: str
    #: Seconds since the beginning.
    at: float
    lived: float
    #: Counted from when it works, not from when it is started: half of the kills would only ever hit a start.
    working: bool = False


@dataclass(frozen=True)
class Strike:
    """Anything else that goes wrong at a time.

    what: `telegram` (a fault of bot/sandbox/faults.py), `disk` (the media folder is full), `clock` (one process stands
    still). `seconds` is how long disk and clock last.
    """

    what: str
    at: float
    seconds: float = 0.0
    victim: str | None = None
    fault: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """Everything that will go wrong."""

    seed: int
    kills: tuple[Kill, ...]
    strikes: tuple[Strike, ...]
    #: Seconds from the beginning until the last round is over.
    seconds: float

    def kills_of(self, victim: str) -> tuple[Kill, ...]:
        """The kills of one process, in order."""
        return tuple(kill for kill in self.kills if kill.victim == victim)


def make(seed: int, *, kills: int, round_seconds: float = ROUND_SECONDS) -> Plan:
    """A plan in which every process is killed `kills` times."""
    chance = random.Random(f"plan:{seed}")
    rounds = max(1, math.ceil(kills / KILLS_A_ROUND))
    planned: list[Kill] = []
    strikes: list[Strike] = []
    for number in range(rounds):
        begin = number * round_seconds
        count = min(KILLS_A_ROUND, kills - number * KILLS_A_ROUND)
        for victim, (soonest, latest) in BEGINS.items():
            at = begin + chance.uniform(soonest, latest)
            for kill in range(count):
                lived = 0.0 if kill == 0 else chance.uniform(*LIVES[victim])
                working = victim in SAY_READY and kill % 2 == 0
                planned.append(Kill(victim, round(at, 2), round(lived, 2), working))
        planned += _database_kills(chance, begin, count, min(DATABASE_SPAN, round_seconds * 0.6))
        strikes += _strikes(chance, begin, round_seconds, disk=number % 2 == 0)
    return Plan(seed, tuple(planned), tuple(sorted(strikes, key=lambda strike: strike.at)), rounds * round_seconds)


def _database_kills(chance: random.Random, begin: float, count: int, span: float) -> list[Kill]:
    moments = sorted(chance.uniform(0, span - DATABASE_GAP * count) for _ in range(count))
    return [
        Kill("database", round(begin + moment + DATABASE_GAP * number, 2), 0.0) for number, moment in enumerate(moments)
    ]


def _strikes(chance: random.Random, begin: float, seconds: float, *, disk: bool) -> list[Strike]:
    """The other faults of a round. None begins in its last tenth, so that it is over when the round is."""
    until = seconds * 0.9

    def moment() -> float:
        return round(begin + chance.uniform(0, until), 2)

    found = [Strike("telegram", moment(), fault=_fault(chance)) for _ in range(12)]
    # Each kind at least once a round, whatever the dice say.
    found += [Strike("telegram", moment(), fault=_fault(chance, kind)) for kind in KINDS]
    for _ in range(2):
        lasts = round(chance.uniform(1.0, 7.0), 1)
        victim = chance.choice(("chat", "worker", "nlu", "actions", "database"))
        found.append(Strike("clock", round(begin + chance.uniform(0, until - lasts), 2), lasts, victim))
    if disk:
        lasts = round(chance.uniform(5.0, 15.0), 1)
        found.append(Strike("disk", round(begin + chance.uniform(0, until - lasts), 2), lasts))
    return found


KINDS = ("latency", "error", "flood", "reset", "answer_lost", "duplicate_updates", "reorder_updates")


def _fault(chance: random.Random, kind: str | None = None) -> dict[str, Any]:
    """One fault of the sandbox: what it is, which calls it strikes, how many of them."""
    kind = kind or chance.choice(KINDS)
    fault: dict[str, Any] = {"kind": kind, "times": chance.randint(1, 6)}
    if kind in {"duplicate_updates", "reorder_updates"}:
        return fault
    fault["method"] = chance.choice(METHODS)
    if kind == "latency":
        fault["seconds"] = round(chance.uniform(0.2, 3.0), 1)
    elif kind == "error":
        fault["status"] = chance.choice((500, 500, 502, 504))
    elif kind == "flood":
        fault["retry_after"] = chance.randint(1, 3)
    return fault
