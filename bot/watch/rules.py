"""When something is wrong, without I/O. The same bounds stand in docker/monitoring/alerts.yml; a test compares them."""

from __future__ import annotations

from dataclasses import dataclass

from bot.watch.snapshot import Snapshot

#: Seconds a P1 may wait for somebody to claim it.
P1_SECONDS = 300.0
#: Seconds a row may wait to be sent, if somebody waits for it.
OUTBOX_SECONDS = 60.0
#: Seconds a message may wait for Rasa to come back.
UNANSWERED_SECONDS = 600.0
#: Seconds a stored message may wait for its turn.
TURNS_SECONDS = 60.0
#: Seconds since Telegram last answered a gateway. A poll is held open for 25 by Telegram, and may time out at 35.
GATEWAY_SECONDS = 90.0
#: Seconds since Rasa last answered a worker, which asks every few.
RASA_SECONDS = 30.0
#: Seconds since a worker of the queue last beat; it does every second.
QUEUE_SECONDS = 15.0
#: Somebody waits for these. The rest, redrawn cards and deletions, may take its time.
AWAITED = ("reply", "receipt", "operator", "card", "alert", "relay")


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is well, and what there is to say."""

    name: str
    ok: bool
    detail: str


def parts(now: Snapshot, *, rasa: bool | None = None) -> list[Finding]:
    """Whether each part does its work. `rasa`: whether it answered just now, when that was asked."""
    return [_gateway(now), _rasa(now, rasa), _jobs(now)]


def waits(now: Snapshot) -> list[Finding]:
    """Whether anything waits that should not."""
    oldest = {purpose: age for purpose, (_, age) in now.outbox.items() if purpose in AWAITED}
    purpose = max(oldest, key=lambda name: oldest[name], default=None)
    return [
        _old("P1 unclaimed", now.unclaimed.get(1, 0), now.p1_oldest, P1_SECONDS),
        _old("turns", now.turns_waiting, now.turns_oldest, TURNS_SECONDS),
        _old("waiting for Rasa", now.unanswered, now.unanswered_oldest, UNANSWERED_SECONDS),
        _old(
            "to send",
            sum(number for number, _ in now.outbox.values()),
            oldest[purpose] if purpose else None,
            OUTBOX_SECONDS,
            f" ({purpose})",
        ),
        Finding(
            "dead letters",
            now.dead_letters == 0,
            f"{now.dead_letters}   see `hotline deadletters`" if now.dead_letters else "0",
        ),
    ]


def _gateway(now: Snapshot) -> Finding:
    running, age = now.processes.get("chat", 0), now.answered.get("chat")
    if not running:
        return Finding("gateway", False, "not running")
    if age is None:
        return Finding("gateway", False, "has not heard of Telegram yet")
    return Finding("gateway", age <= GATEWAY_SECONDS, f"{_times(running)}, Telegram answered {age_text(age)} ago")


def _rasa(now: Snapshot, answers: bool | None) -> Finding:
    if answers is not None:
        return Finding("rasa", answers, "answers" if answers else "does not answer")
    age = now.answered.get("worker")
    if age is None:
        return Finding("rasa", False, "has not answered yet")
    return Finding("rasa", age <= RASA_SECONDS, f"answered {age_text(age)} ago")


def _jobs(now: Snapshot) -> Finding:
    running = now.processes.get("worker", 0)
    if not running:
        return Finding("jobs", False, "no worker runs")
    if now.queue_beat is None or now.queue_beat > QUEUE_SECONDS:
        return Finding("jobs", False, "the worker takes no jobs")
    if now.turns_oldest is not None and now.turns_oldest > TURNS_SECONDS:
        return Finding("jobs", False, f"a message has waited {age_text(now.turns_oldest)} for its turn")
    return Finding("jobs", True, f"{_times(running)}, taking jobs")


def _times(running: int) -> str:
    return "running" if running == 1 else f"{running} running"


def _old(name: str, number: int, age: float | None, bound: float, more: str = "") -> Finding:
    if age is None:
        return Finding(name, True, str(number))
    return Finding(name, age <= bound, f"{number}   oldest {age_text(age)}{more}")


def age_text(seconds: float) -> str:
    """An age for people: 4 s, 12 min, 3 h, 2 d."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"
