"""Which of several Rasa servers a turn goes to. Pure: the caller gives the time.

A chat sticks to one, so that the turns of all chats are spread; any other will do, because what Rasa keeps of a chat is
in the database. A server that failed is asked last for a while.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

#: Seconds for which a server that failed is asked last.
AVOID_SECONDS = 5.0
#: Share of the time that is left which one server gets while another could still be asked. A turn takes tenths of a
#: second (docs/benchmarks.md): what is not there by then is not slow but gone.
SHARE = 0.6


@dataclass
class Servers:
    """The servers, and which of them failed lately."""

    addresses: Sequence[str]
    _failed: dict[str, float] = field(default_factory=dict)

    def in_order(self, sender: str, now: float) -> list[str]:
        """All servers, in the order in which they should be asked for a sender, `<chat row id>:<flow number>`."""
        chat = sender.partition(":")[0]
        first = int(chat) % len(self.addresses) if chat.isdecimal() else 0
        turned = [*self.addresses[first:], *self.addresses[:first]]
        return sorted(turned, key=lambda one: self._avoided(one, now))

    def failed(self, address: str, now: float) -> None:
        """A server did not answer, or answered nothing."""
        self._failed[address] = now

    def answered(self, address: str) -> None:
        """A server works."""
        self._failed.pop(address, None)

    def _avoided(self, address: str, now: float) -> bool:
        return now - self._failed.get(address, float("-inf")) < AVOID_SECONDS


def share(left: float, others: int) -> float:
    """Seconds a server may take, of those that are left, when `others` could be asked after it."""
    return left * SHARE if others else left
