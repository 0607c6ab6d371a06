"""Where Rasa keeps a conversation: one encrypted row a flow in PostgreSQL, holding only what the next turn needs.

Kept are slots, the open form, when and as what the last message was understood. Not kept: what anybody wrote, entities,
answers, the history. So a turn costs the same at the start of a conversation and after two hundred, and a stolen
table tells times and row ids.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import threading
import time
from typing import Any, Dict, Iterable, List, Optional, Text

import psycopg2
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from nlu.rasa_server import tracker_table

log = logging.getLogger("hotline.nlu")

#: Rows older than this are of no use to Rasa: a session ends after an hour. Source: nlu/domain/dialogue.yml.
KEEP_SECONDS = 2 * 3600
#: Seconds between two purges.
PURGE_SECONDS = 600
CONNECT_SECONDS = 2
#: Rasa fills this slot with a turn's metadata; the actions read the newest message's instead.
NOT_KEPT = frozenset({"session_started_metadata"})


class EncryptedTrackerStore(TrackerStore):
    """One row a sender, in the schema `rasa`. `key` is 64 hexadecimal digits."""

    def __init__(self, url: Text, key: Text, domain: Optional[Domain] = None) -> None:
        """Opens nothing yet: the first turn connects, so that a database which comes later is no failure."""
        super().__init__(domain)
        self._url = url
        self._fernet = Fernet(tracker_fernet_key(key))
        self._lock = threading.Lock()
        self._connection: Any = None
        self._purge_after = 0.0

    async def retrieve(self, sender_id: Text) -> Optional[DialogueStateTracker]:
        """The tracker of a flow, rebuilt from what was kept; None for a new one."""
        rows = await asyncio.to_thread(
            self._run, "select data from rasa.events where sender_id = %s", (sender_id,), True
        )
        if not rows:
            return None
        try:
            events = json.loads(self._fernet.decrypt(bytes(rows[0][0])))
        except InvalidToken:
            # Written under another key: the flow begins anew, nothing a worker sent is lost by that.
            log.warning("tracker_unreadable")
            return None
        return DialogueStateTracker.from_dict(sender_id, events, self.domain.slots)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep what the next turn needs, in place of what was kept before."""
        if not tracker.events:
            return
        now = time.time()
        data = self._fernet.encrypt(json.dumps([event.as_dict() for event in compact(tracker)]).encode())
        await asyncio.to_thread(
            self._run,
            "insert into rasa.events (sender_id, type_name, timestamp, data) values (%s, 'tracker', %s, %s) "
            "on conflict (sender_id) do update set timestamp = excluded.timestamp, data = excluded.data",
            (tracker.sender_id, now, psycopg2.Binary(data)),
            False,
        )
        if now > self._purge_after:
            self._purge_after = now + PURGE_SECONDS
            await asyncio.to_thread(
                self._run, "delete from rasa.events where timestamp < %s", (now - KEEP_SECONDS,), False
            )

    async def keys(self) -> Iterable[Text]:
        """Senders that have a row."""
        rows = await asyncio.to_thread(self._run, "select sender_id from rasa.events", (), True)
        return [row[0] for row in rows]

    def _run(self, sql: Text, values: tuple, fetch: bool) -> List[tuple]:
        """One statement on the one connection; once more on a fresh one when it broke."""
        with self._lock:
            for attempt in (1, 2):
                try:
                    if self._connection is None:
                        self._connection = self._connect()
                    with self._connection.cursor() as cursor:
                        cursor.execute(sql, values)
                        return cursor.fetchall() if fetch else []
                except (psycopg2.OperationalError, psycopg2.InterfaceError):
                    self._close()
                    if attempt == 2:
                        raise
        return []

    def _connect(self) -> Any:
        connection = psycopg2.connect(
            self._url, connect_timeout=CONNECT_SECONDS, options="-c statement_timeout=3000", application_name="rasa"
        )
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select to_regclass('rasa.events')")
            if cursor.fetchone()[0] is None:
                cursor.execute(tracker_table.CREATE)
        return connection

    def _close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg2.Error):
                self._connection.close()
        self._connection = None


def tracker_fernet_key(key: Text) -> bytes:
    """The Fernet key that belongs to HOTLINE_TRACKER_KEY. Raises ValueError unless it is 64 hexadecimal digits."""
    raw = bytes.fromhex(key)
    if len(raw) != 32:
        raise ValueError("HOTLINE_TRACKER_KEY must be 64 hexadecimal digits")
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"hotline rasa tracker").derive(raw)
    return base64.urlsafe_b64encode(derived)


def compact(tracker: DialogueStateTracker) -> List[Event]:
    """The few events from which Rasa rebuilds the state of a conversation, free of anybody's words."""
    last = tracker.get_last_event_for(UserUttered)
    began = last.timestamp if last is not None else time.time()
    events: List[Event] = [
        ActionExecuted("action_session_start", timestamp=began),
        SessionStarted(timestamp=began),
        ActionExecuted("action_listen", timestamp=began),
    ]
    if isinstance(last, UserUttered):
        intent: Dict[Text, Any] = {"name": last.intent_name, "confidence": 1.0}
        parsed: Any = {"intent": intent, "entities": [], "text": None}
        events.append(UserUttered(None, intent, [], parsed, timestamp=began))
    for name, slot in tracker.slots.items():
        if slot.value is not None and slot.value != slot.initial_value and name not in NOT_KEPT:
            events.append(SlotSet(name, slot.value, timestamp=began))
    if tracker.active_loop_name:
        events.append(ActiveLoop(tracker.active_loop_name, timestamp=began))
    events.append(ActionExecuted("action_listen", timestamp=began))
    return events
