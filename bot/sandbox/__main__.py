"""Start the sandbox: `python -m bot.sandbox --port 8081 --token 100001:SANDBOX`."""

from __future__ import annotations

import argparse
import re

from bot.sandbox.config import DEFAULT_TOKEN, LimitsConfig, SandboxConfig
from bot.sandbox.server import serve


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox", description="A local Telegram for demos and tests.")
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to listen on")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--token", default=DEFAULT_TOKEN, help="the bot's token, digits:text")
    parser.add_argument("--name", default="Sandbox", help="the bot's name on the page")
    parser.add_argument("--no-limits", action="store_true", help="never answer 429")
    parser.add_argument("--empty", action="store_true", help="start without the demo's group, operators and workers")
    parser.add_argument("--webhook-backoff-scale", type=float, default=1.0, help="multiplies waits between retries")
    parser.add_argument("--first-id", type=int, default=None, help="first message and update id")
    given = parser.parse_args()
    if not re.fullmatch(r"\d+:[A-Za-z0-9_-]+", given.token):
        parser.error("a token looks like 100001:SANDBOX")
    config = SandboxConfig(
        token=given.token,
        bot_name=given.name,
        demo_people=not given.empty,
        limits=LimitsConfig(enabled=not given.no_limits),
        webhook_backoff_scale=given.webhook_backoff_scale,
        first_id=given.first_id,
    )
    try:
        serve(config, given.host, given.port)
    except ValueError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
