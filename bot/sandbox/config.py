"""Settings of the sandbox. They come from the command line or a test, never from the environment."""

from __future__ import annotations

import ipaddress
import time
from dataclasses import dataclass, field

#: The group the demo's operators share; a supergroup id as Telegram would give it.
DEFAULT_GROUP_ID = -1001000000001
#: The token of the demo. It has the shape of a real one and opens nothing.
DEFAULT_TOKEN = "100001:SANDBOX"
#: Ids count up from here plus the seconds since, so a restarted sandbox never repeats one.
ID_EPOCH = 1_700_000_000


@dataclass
class LimitsConfig:
    """Telegram's sending limits. Source: core.telegram.org/bots/faq, "My bot is hitting limits"."""

    enabled: bool = True
    #: Messages per second to all chats together.
    overall_per_second: int = 30
    #: Messages per second to one private chat, sustained.
    private_per_second: float = 1.0
    #: How many a private chat takes in one burst before the sustained rate counts. The real value is unpublished.
    private_burst: int = 20
    #: Messages per minute to one group.
    group_per_minute: int = 20


@dataclass(frozen=True)
class SandboxConfig:
    """Everything `create_app` needs to know."""

    token: str = DEFAULT_TOKEN
    bot_name: str = "Sandbox"
    bot_username: str = "sandbox_hotline_bot"
    #: Create the demo's group, operators and workers at the start.
    demo_people: bool = True
    limits: LimitsConfig = field(default_factory=LimitsConfig)
    #: Multiplies the waits between webhook retries; tests make it small.
    webhook_backoff_scale: float = 1.0
    #: Seconds a pressed button waits for its answer before the query is "too old".
    callback_lifetime_seconds: float = 30.0
    #: First id to hand out; None takes it from the time, so that restarts stay monotonic.
    first_id: int | None = None

    @property
    def bot_id(self) -> int:
        """The bot's user id: the number before the colon of its token, as with real tokens."""
        return int(self.token.split(":", 1)[0])

    def id_base(self) -> int:
        """Where message and update ids start."""
        return self.first_id if self.first_id is not None else int(time.time()) - ID_EPOCH


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host in {"localhost", "ip6-localhost"}:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
