"""When something is wrong, without I/O. The same bounds stand in docker/monitoring/alerts.yml; a test compares them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.alarm import status as alarm
from bot.watch.snapshot import Open, Snapshot

#: Seconds a P1 may wait for somebody to claim it.
P1_SECONDS = 300.0
#: Seconds the holder of a P1 may leave a message unanswered: by then supervisors were called. Source: data/lease.yml.
P1_UNANSWERED_SECONDS = 480.0
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
#: Seconds the counters may be behind; they are one or two minutes.
COUNTS_SECONDS = 1800.0
#: Hours since the last report of the forgetting; it leaves one a day even when there is nothing to forget.
SILENT_HOURS = 48
#: Hours since the last backup. One a night, and the time it takes. Source: docs/runbook.md#backups.
BACKUP_HOURS = 26
#: Of the disk of HOTLINE_HOME: the part, and the bytes, that should be free.
DISK_PART, DISK_BYTES = 0.1, 2e9
#: With less room the database soon stores nothing more: it writes ahead in files of 16 MB, and media are up to 20.
FULL_BYTES = 64e6
#: Somebody waits for these. The rest, redrawn cards and deletions, may take its time.
AWAITED = ("reply", "receipt", "operator", "card", "alert", "relay")
#: Why a message was not delivered when that is the person's doing, or nobody's: there is nothing to mend.
THEIR_DOING = ("blocked", "gone", "too_old", "other_bot")


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it works, what there is to say, and what to do next, if anything."""

    name: str
    ok: bool
    detail: str
    do: str = ""

    @property
    def grade(self) -> Literal["well", "look", "broken"]:
        """Broken: a promise is not kept right now. Look: all are kept, and somebody should see to it."""
        if not self.ok:
            return "broken"
        return "look" if self.do else "well"


def parts(now: Snapshot, *, rasa: bool | None = None) -> list[Finding]:
    """Whether each part does its work. `rasa`: whether it answered just now, when that was asked."""
    return [_gateway(now), _rasa(now, rasa), _jobs(now)]


def waits(now: Snapshot) -> list[Finding]:
    """Whether anything waits that should not."""
    late = {name: one for name, one in now.named("outbox").items() if name in AWAITED and one.oldest is not None}
    purpose = max(late, key=lambda name: late[name].oldest or 0.0, default=None)
    to_send = Open(now.total("outbox").number, late[purpose].oldest if purpose else None)
    dead = now.total("dead").number
    return [
        _old(
            "P1 unclaimed",
            now.total("unclaimed", "1"),
            P1_SECONDS,
            "Reach the operators by telephone: the case is in their group.",
        ),
        _old(
            "P1 unanswered",
            Open(int(1 in now.lying), now.lying.get(1)),
            P1_UNANSWERED_SECONDS,
            "Its holder does not answer: reach another operator by telephone.",
        ),
        _old("turns", now.total("pending"), TURNS_SECONDS, "Restart the worker; what waits is answered then."),
        _old(
            "waiting for Rasa",
            now.total("unanswered"),
            UNANSWERED_SECONDS,
            "Restart `nlu` and `actions`; they had a number to call meanwhile.",
        ),
        _old(
            "to send",
            to_send,
            OUTBOX_SECONDS,
            "Is Telegram away, or the bot out of the group? The log of `worker` says.",
            f" ({purpose})",
        ),
        Finding(
            "dead letters",
            not dead,
            str(dead),
            "`hotline deadletters` lists them: replay after the repair, or settle." if dead else "",
        ),
    ]


def upkeep(now: Snapshot, disk: tuple[int, int] | None) -> list[Finding]:
    """Whether what is promised beside answering is kept. `disk`: bytes free, and bytes in all."""
    return [
        *(_alarm(now), _group(now), _delivered(now), _deleted(now), _forgotten(now)),
        *(_facts(now), _backup(now), _disk(disk), _counts(now), _killed(now)),
    ]


def _gateway(now: Snapshot) -> Finding:
    running, age = now.processes.get("chat", 0), now.answered.get("chat")
    start = "Its log says why it ended: see there, then `hotline run`."
    network = "Network, token, or the webhook's proxy? The log of `chat` says."
    if not running:
        return Finding("gateway", False, "not running", start)
    if age is None:
        return Finding("gateway", False, "has not heard of Telegram yet", network)
    late = age > GATEWAY_SECONDS
    return Finding(
        "gateway", not late, f"{_times(running)}, Telegram answered {age_text(age)} ago", network if late else ""
    )


def _rasa(now: Snapshot, answers: bool | None) -> Finding:
    do = "See why `nlu` or `actions` ended, and start it. Case and number come without."
    if answers is not None:
        return Finding("rasa", answers, "answers" if answers else "does not answer", "" if answers else do)
    age = now.answered.get("worker")
    if age is None:
        return Finding("rasa", False, "has not answered yet", do)
    late = age > RASA_SECONDS
    return Finding("rasa", not late, f"answered {age_text(age)} ago", do if late else "")


def _jobs(now: Snapshot) -> Finding:
    running, oldest = now.processes.get("worker", 0), now.total("pending").oldest
    do = "Restart the worker (`hotline run`); what waits is answered then."
    if not running:
        return Finding("jobs", False, "no worker runs", do)
    if now.queue_beat is None or now.queue_beat > QUEUE_SECONDS:
        return Finding("jobs", False, "the worker takes no jobs", do)
    if oldest is not None and oldest > TURNS_SECONDS:
        return Finding("jobs", False, f"a message has waited {age_text(oldest)} for its turn", do)
    return Finding("jobs", True, f"{_times(running)}, taking jobs")


def _alarm(now: Snapshot) -> Finding:
    """Whether anybody is called at night: bot/alarm/status.py."""
    number = now.alarm.get
    said = alarm.sentence(now.alarm)
    if number("failed_tests"):
        return Finding("night alarm", False, said, "`hotline doctor` says why. Mend it, then `hotline alarm test`.")
    # A test calls whom the failed call did not reach: it says what is wrong, and once it gets through all is well.
    test = "`hotline alarm test` says whether it works now, and why not."
    if number("failed_calls"):
        return Finding("night alarm", False, said, test)
    if not number("ways"):
        return Finding("night alarm", True, said, "Set SMTP_URL or ALERT_COMMAND (night-alarm.md).")
    if number("ringing") or number("open_tests"):
        do = "Claim the case" if number("ringing") else "Press the test's button"
        return Finding("night alarm", True, said, f"{do} in the operators' group.")
    if number("failed_earlier"):
        return Finding("night alarm", True, said, test)
    return Finding("night alarm", True, said)


def _group(now: Snapshot) -> Finding:
    """Cases that somebody holds, and that stand in General because the group gives them no topic."""
    refused = now.total("no_topic").number
    if not refused:
        return Finding("topics of cases", True, f"held {now.total('held').number}, each has its own")
    return Finding(
        "topics of cases",
        False,
        f"the group gave {refused} of {now.total('held').number} none; they stand in General",
        "Switch Topics on, and give the bot the right to manage them.",
    )


def _delivered(now: Snapshot) -> Finding:
    failed = {why: one.number for why, one in sorted(now.named("failed").items())}
    ours = set(failed) - set(THEIR_DOING)
    said = ", ".join(f"{why} {number}" for why, number in failed.items())
    do = "`hotline deadletters --outgoing` lists them." if ours else ""
    return Finding("not delivered", True, f"{said or 0} in 24 h", do)


def _deleted(now: Snapshot) -> Finding:
    """Topics of anonymised cases: words stand in them until they are gone."""
    refused, left, held = (now.retention.get(name, 0) for name in ("topics_refused", "topics_left", "legal_holds"))
    told = f"{left} to delete   legal holds {held}"
    if refused:
        return Finding(
            "old topics",
            False,
            f"{refused} that Telegram would not delete   {left} more to delete",
            "`hotline retention` names them: give the right, or delete by hand.",
        )
    return Finding("old topics", True, told)


def _forgotten(now: Snapshot) -> Finding:
    hours = now.retention.get("silent_hours")
    if hours is None:
        return Finding("forgetting", True, "no report yet; the worker looks once an hour")
    late = hours > SILENT_HOURS
    do = "Old words stay: the log of `worker` says why." if late else ""
    return Finding("forgetting", True, f"last report {hours} h ago", do)


def _facts(now: Snapshot) -> Finding:
    """What workers are told: a number that is wrong is as bad as a message not sent."""
    hidden, soon, unconfirmed = (now.facts.get(name, 0) for name in ("hidden", "ending", "unconfirmed"))
    told = f"unconfirmed {unconfirmed}"
    if hidden or soon:
        told = f"wrong {hidden}, to renew within a week {soon}   {told}"
        return Finding("facts", not hidden, told, "`hotline facts due` names them; two people confirm each.")
    return Finding("facts", True, told)


def _backup(now: Snapshot) -> Finding:
    """How much would be lost with this machine. Whether the backup still lies anywhere cannot be seen from here."""
    if now.backed_up is None:
        return Finding("backup", True, "none yet", "Make one every night with `hotline backup` (runbook.md).")
    age = (now.at - now.backed_up).total_seconds()
    late = age > BACKUP_HOURS * 3600
    do = "None was made last night: run `hotline backup` by hand, it says why." if late else ""
    return Finding("backup", True, f"last {age_text(age)} ago", do)


def _disk(disk: tuple[int, int] | None) -> Finding:
    if disk is None:
        return Finding("disk", True, "cannot be looked at", "Is HOTLINE_HOME there?")
    free, size = disk
    if free < FULL_BYTES:
        return Finding(
            "disk", False, f"full: {free / 1e6:.0f} MB free", "Make room now: what people write cannot be stored."
        )
    full = free < DISK_BYTES or free < DISK_PART * size
    return Finding(
        "disk",
        True,
        f"{free / 1e9:.1f} of {size / 1e9:.1f} GB free",
        "Make room: a full disk stops the database." if full else "",
    )


def _counts(now: Snapshot) -> Finding:
    if now.counted_through is None:
        return Finding("counters", True, "nothing counted yet")
    behind = (now.at - now.counted_through).total_seconds()
    late = behind > COUNTS_SECONDS
    return Finding(
        "counters",
        True,
        f"{age_text(behind)} behind",
        "A long transaction (a backup)? The log of `worker` says upkeep_waits." if late else "",
    )


def _killed(now: Snapshot) -> Finding:
    """Processes that ran and did not work any more (bot/runtime/liveness.py); each was started again."""
    found = [f"{part} {why} {number}" for (part, why), number in sorted(now.killed.items()) if number]
    return Finding("killed", True, f"{', '.join(found) or '0'}   (hung, or full of memory)")


def _times(running: int) -> str:
    return "running" if running == 1 else f"{running} running"


def _old(name: str, found: Open, bound: float, do: str, more: str = "") -> Finding:
    if found.oldest is None:
        return Finding(name, True, str(found.number))
    late = found.oldest > bound
    return Finding(name, not late, f"{found.number}   oldest {age_text(found.oldest)}{more}", do if late else "")


def age_text(seconds: float) -> str:
    """An age for people: 4 s, 12 min, 3 h, 2 d."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"
