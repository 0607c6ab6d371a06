"""What must not be, said from what there was to see: screens, calls, tables. Pure, so that it can be tried on made-up
histories.

Every text got its final reply on the screen, or a case its desk can see, within a minute of the last fault; whoever
holds a case has been shown every word of it; nobody has two cases for one plight; nothing is on a screen twice unless
the answer to the first call never reached us; what was set aside, somebody was told of; every update that Telegram made
is accounted for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

#: Seconds after the last fault within which everything must be answered or in a case.
GRACE_SECONDS = 60.0
#: Telegram's dates are whole seconds.
ROUNDING_SECONDS = 1.0
#: The closed list of reasons why an update needs no answer. Source: bot/storage/models/messages.py, Update.discard.
DISCARDS = frozenset({"channel_post", "foreign_group", "no_chat", "bot_sender", "service_message"})
#: Seconds before a kill of the sender in which a call may have been made whose outcome died with it unwritten, and
#: after it (the two are read from different processes).
UNWRITTEN_SECONDS = (1.5, 0.2)
#: Seconds after a kill of the database in which a sender may not be able yet to write down what Telegram answered:
#: recovery and new connections on a machine where everything else is killed too. It holds the answer and insists.
AWAY_SECONDS = 10.0
#: How a case is named wherever its desk sees it: on a card, on the list of who waits, in the name of its topic.
REF = re.compile(r"\bH-[0-9A-Z]{4}\b")


@dataclass(frozen=True)
class Said:
    """A message that Telegram took from a person."""

    chat: int
    message: int
    what: str
    at: float


@dataclass(frozen=True)
class Shown:
    """A message of the bot on a screen, also one that was deleted later."""

    chat: int
    message: int
    at: float
    text: str
    deleted: bool = False


@dataclass(frozen=True)
class Stored:
    """A row of the updates table. `chat` is None for what belongs to no chat we serve."""

    update: int
    chat: int | None
    message: int | None
    kind: str
    state: str
    discard: str | None = None
    case: str | None = None
    private: bool = True
    #: What it was answered together with: forwards in a row, an album. One reply answers them all.
    bundle: int | None = None


@dataclass(frozen=True)
class Sent:
    """A row of the outbox. `final` is False for what only says that the answer comes later."""

    row: int
    chat: int
    update: int | None
    purpose: str
    state: str
    messages: tuple[int, ...] = ()
    final: bool = True
    #: Whether it says that a message was set aside unread (`dead` updates).
    tells_of_dead: bool = False


@dataclass(frozen=True)
class OneCase:
    """A case of a chat that no operator split off another. `held`: by an operator, who reads all that is in it."""

    ref: str
    chat: int
    held: bool = False
    closed: bool = False


@dataclass(frozen=True)
class OneTopic:
    """A topic of the operators' group, and the reference in its name."""

    chat: int
    thread: int
    ref: str
    at: float


@dataclass(frozen=True)
class Lost:
    """A call that Telegram did and whose answer never reached us. why: answer_lost, caller_gone."""

    chat: int
    #: Id of the message it made, or of the topic.
    made: int
    why: str


@dataclass
class History:
    """Everything there was to see, and what the tables say."""

    said: list[Said] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    stored: list[Stored] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    cases: list[OneCase] = field(default_factory=list)
    topics: list[OneTopic] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    #: When the process that sends was killed.
    sender_kills: list[float] = field(default_factory=list)
    database_kills: list[float] = field(default_factory=list)
    #: Updates that Telegram made for the bot.
    made: int = 0
    last_fault: float = 0.0


@dataclass
class Verdict:
    """What came of it."""

    #: How each update that Telegram made ended: answered, case, taken_back, acted, discarded, open.
    accounts: Counter[str] = field(default_factory=Counter)
    discards: Counter[str] = field(default_factory=Counter)
    #: Copies on a screen, by why there are two: answer_lost, caller_gone, unwritten, cleared, or without excuse.
    copies: Counter[str] = field(default_factory=Counter)
    said: int = 0
    cases: int = 0
    #: Updates made, minus all that are accounted for.
    balance: int = 0
    #: Seconds from the last fault until the last text had its reply or its case; negative: before the last fault.
    settled_after: float = float("-inf")
    faults: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The verdict for a person at a terminal."""

        def counted(what: Counter[str]) -> str:
            return ", ".join(f"{count} {name}" for name, count in sorted(what.items())) or "none"

        return [
            f"messages sent       {self.said}",
            f"updates             {sum(self.accounts.values())}: {counted(self.accounts)}; balance {self.balance}",
            f"discards            {counted(self.discards)}",
            f"cases               {self.cases}",
            f"shown twice         {counted(self.copies)}",
            f"last one settled    {self.settled_after:.0f} s after the last fault",
            *(f"WRONG               {fault}" for fault in self.faults[:40]),
            *([f"WRONG               and {len(self.faults) - 40} more"] if len(self.faults) > 40 else []),
        ]


def judge(history: History, *, allow_unwritten: bool = True) -> Verdict:
    """The verdict on a history. Everything in `faults` must not be.

    allow_unwritten: a copy is excused when the sender was killed between Telegram's answer and the commit.
    """
    verdict = Verdict(said=len(history.said), cases=len(history.cases))
    _answers(history, verdict)
    _read(history, verdict)
    _copies(history, verdict, allow_unwritten)
    _cases(history, verdict, allow_unwritten)
    verdict.balance = history.made - sum(count for name, count in verdict.accounts.items() if name != "open")
    if verdict.balance:
        verdict.faults.append(f"the balance is {verdict.balance}: so many updates are not accounted for")
    return verdict


def _answers(history: History, verdict: Verdict) -> None:
    """Account for every update, then find each text its reply or its case."""
    settled: dict[tuple[int, int], float] = {}
    for update, account, at in accounts(history):
        verdict.accounts[account] += 1
        if account == "discarded":
            verdict.discards[str(update.discard)] += 1
            if update.discard not in DISCARDS:
                verdict.faults.append(f"update {update.update} is discarded for no known reason: {update.discard}")
        if account == "open":
            verdict.faults.append(
                f"update {update.update} ({update.kind}, {update.state}) has neither reply nor case"
                f"{' but belongs to a case nobody sees' if update.case else ''}"
            )
        elif update.chat is not None and update.message is not None and update.kind == "message":
            settled[update.chat, update.message] = at
    known = {(update.chat, update.message) for update in history.stored}
    for said in history.said:
        key = (said.chat, said.message)
        if key not in known:
            verdict.faults.append(f"a {said.what} was taken by Telegram and is nowhere")
        elif key in settled:
            after = settled[key] - history.last_fault
            verdict.settled_after = max(verdict.settled_after, after)
            if after > GRACE_SECONDS + ROUNDING_SECONDS:
                verdict.faults.append(f"a {said.what} was settled {after:.0f} s after the last fault")


def _read(history: History, verdict: Verdict) -> None:
    """Who holds a case was shown each message in it; what was set aside unread, worker and desk were told of."""
    held = {case.ref for case in history.cases if case.held and not case.closed}
    on_screen = {(shown.chat, shown.message) for shown in history.shown}
    relayed = {
        row.update
        for row in history.sent
        if row.purpose == "relay"
        and (row.state == "withdrawn" or any((row.chat, message) in on_screen for message in row.messages))
    }
    told = {row.update for row in history.sent if row.tells_of_dead and row.messages}
    for update in history.stored:
        if update.state == "dead" and update.update not in told:
            verdict.faults.append(f"update {update.update} was set aside and nobody was told")
        if update.kind == "message" and update.private and update.case in held and update.update not in relayed:
            verdict.faults.append(f"update {update.update} is in a case that somebody holds, who was not shown it")


def accounts(history: History) -> Iterator[tuple[Stored, str, float]]:
    """How each update ended, and when a person could see it."""
    screens = {(one.chat, one.message): one for one in history.shown}
    bundles = {update.update: update.bundle for update in history.stored if update.bundle is not None}
    rows: dict[int, list[Sent]] = {}
    for row in history.sent:
        if row.update is not None:
            rows.setdefault(bundles.get(row.update, row.update), []).append(row)
    # In a surge a case stands on the list of who waits before there is room for its topic.
    named = [(topic.ref, topic.at) for topic in history.topics]
    named += [(ref, shown.at) for shown in history.shown if shown.chat < 0 for ref in REF.findall(shown.text)]
    seen_at = dict(sorted(named, key=lambda one: -one[1]))
    for update in history.stored:
        yield update, *_account(update, rows.get(update.bundle or update.update, []), screens, seen_at)


def _account(
    update: Stored, rows: Iterable[Sent], screens: dict[tuple[int, int], Shown], seen_at: dict[str, float]
) -> tuple[str, float]:
    """How an update ended, and when a person could see it."""
    if update.state == "discarded":
        return "discarded", 0.0
    rows = list(rows)
    seen = [
        screens[row.chat, message].at
        for row in rows
        if row.final and row.chat == update.chat
        for message in row.messages
        if (row.chat, message) in screens
    ]
    in_case = seen_at.get(update.case) if update.case is not None else None
    if update.state in {"pending", "unanswered"}:
        return "open", 0.0
    if seen and (in_case is None or min(seen) <= in_case):
        return "answered", min(seen)
    if in_case is not None:
        return "case", in_case
    if any(row.state == "withdrawn" for row in rows):
        return "taken_back", 0.0
    if update.kind != "message" or not update.private:
        return ("acted", 0.0) if update.state == "done" else ("open", 0.0)
    return "open", 0.0


def _copies(history: History, verdict: Verdict, allow_unwritten: bool) -> None:
    """Nothing of ours is on a screen that no row knows of, and nothing twice for one update."""
    screens = {(shown.chat, shown.message): shown for shown in history.shown}
    owners: dict[tuple[int, int], list[Sent]] = {}
    for row in history.sent:
        for message in row.messages:
            owners.setdefault((row.chat, message), []).append(row)
    lost = {(one.chat, one.made): one.why for one in history.lost}
    # Several messages of one worker are shown to their holder in one post while the group's minute is nearly spent.
    if any(len(rows) > 1 and {row.purpose for row in rows} != {"relay"} for rows in owners.values()):
        verdict.faults.append("one message stands for two rows of the outbox")
    spare = []
    for key, shown in screens.items():
        if key in owners:
            continue
        if shown.deleted and key not in lost:
            # A row knew of it, else nobody could have deleted it: it came onto a phone just as that was cleared, was
            # taken from it, and waits for the next message.
            verdict.copies["cleared"] += 1
        else:
            spare.append(shown)
    said: Counter[tuple[int, int, str]] = Counter()
    for row in history.sent:
        known: set[str] = set()
        # The one whose answer was lost is the copy, whichever came first.
        for key in sorted(((row.chat, message) for message in row.messages), key=lambda key: key in lost):
            text = screens[key].text if key in screens else ""
            if text and text in known:
                # Both are on the screen, and the row remembers both.
                spare.append(screens[key])
            elif text:
                known.add(text)
        said.update((row.update, row.chat, text) for text in known if row.update is not None)
    for shown in spare:
        what = f"a message ({'desk' if shown.chat < 0 else 'worker'}: {shown.text[:24]!r})"
        why = lost.get((shown.chat, shown.message))
        _excuse(verdict, what, why, shown.at, history, allow_unwritten)
    for (update, _, _), count in said.items():
        if count > 1:
            verdict.faults.append(f"update {update} was told the same words {count} times by rows of their own")


def _cases(history: History, verdict: Verdict, allow_unwritten: bool) -> None:
    """A further case of a chat only after the one before it was closed, one topic a case."""
    closed = Counter(case.chat for case in history.cases if case.closed)
    for chat, count in Counter(case.chat for case in history.cases).items():
        if count > 1 + closed[chat]:
            verdict.faults.append(f"a chat has {count} cases, of which {closed[chat]} were closed")
    lost = {(one.chat, one.made): one.why for one in history.lost}
    topics: dict[str, list[OneTopic]] = {}
    for topic in history.topics:
        topics.setdefault(topic.ref, []).append(topic)
    for found in topics.values():
        spare = len(found) - 1
        # The one that is used is not lost; each other must have been.
        for topic in sorted(found, key=lambda one: (one.chat, one.thread) not in lost)[:spare]:
            why = lost.get((topic.chat, topic.thread))
            _excuse(verdict, "a topic of a case", why, topic.at, history, allow_unwritten)


def _excuse(verdict: Verdict, what: str, why: str | None, at: float, history: History, allow_unwritten: bool) -> None:
    """Count a copy by what excuses it; a fault when nothing does."""
    if why is None and any(_unwritten(at, kill, history.database_kills) for kill in history.sender_kills):
        why = "unwritten"
    verdict.copies[why or "without excuse"] += 1
    if why is None or (why == "unwritten" and not allow_unwritten):
        after = {
            f"{name} killed {kill - at:+.1f} s": abs(kill - at)
            for name, kills in (("sender", history.sender_kills), ("database", history.database_kills))
            for kill in sorted(kills, key=lambda kill: abs(kill - at))[:1]
        }
        verdict.faults.append(f"{what} is there twice, and its call was answered ({', '.join(after) or 'no kill'})")


def _unwritten(at: float, kill: float, database_kills: Iterable[float]) -> bool:
    """Whether what was called at a time may have died with the sender, at its kill, before it was written down."""
    before, after = UNWRITTEN_SECONDS
    if -after <= kill - at <= before:
        return True
    return any(away - before <= at < kill <= away + AWAY_SECONDS for away in database_kills)
