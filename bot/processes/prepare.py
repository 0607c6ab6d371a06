"""What has to be done before the first process starts: the schema, the keys, the sandbox's own operators.

    PREPARE_DATABASE=postgresql://... python -m bot.processes.prepare     # prints one line of JSON

`hotline run` has it done by a process of its own, so that the supervisor, which lives for months, never loads what
talks to the database.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

from sqlalchemy import select

from bot import log as logs
from bot.cases import operators, sites
from bot.errors import HotlineError
from bot.outbox import service as outbox
from bot.settings import Settings, settings
from bot.storage import migrate, rasa_role, session
from bot.storage.models import Chat
from nlu.text import languages

#: The sandbox's own operators, listed so that a demo can answer: name, Telegram id, language.
SANDBOX_OPERATORS = tuple(
    (one.demo["operator"], 900_001 + n, lang) for n, (lang, one) in enumerate(languages.ANSWERED.items())
)


async def prepare(url: str, config: Settings) -> dict[str, str]:
    """Bring the database up to date, and prove that our keys open it. Returns what Rasa needs.

    A desk that is set up wrong stops the start, not the first message.
    """
    sites.sites()
    await asyncio.to_thread(migrate.migrate, url)
    # Keys are made, or proven, before any process that needs them starts.
    async with session.opened(url, config):
        key = await session.tracker_key()
        if config.sandboxed:
            for name, telegram_id, lang in SANDBOX_OPERATORS:
                await operators.add(name, telegram_id=telegram_id, site=None, role="operator", lang=lang)
        if config.own_sandbox:
            await cases_into_new_sandbox()
    return {"tracker_key": key, "rasa_database": await asyncio.to_thread(rasa_role.address, url, key)}


async def cases_into_new_sandbox() -> None:
    """The sandbox forgot its topics when it ended, our database did not: open cases are posted into the new group."""
    async with session.session() as s:
        for group in await s.scalars(select(Chat.id).where(Chat.desk_hash.is_not(None))):
            await outbox.group_renumbered(s, group)
        await s.commit()


def main() -> int:
    """The command: `{"tracker_key", "rasa_database"}`, or `{"problem"}` and 1 for what a person can mend."""
    config = settings()
    logs.configure("prepare", config.log_format)
    try:
        print(json.dumps(asyncio.run(prepare(os.environ["PREPARE_DATABASE"], config))))
        return 0
    except HotlineError as problem:
        print(json.dumps({"problem": str(problem)}))
        return 1


if __name__ == "__main__":
    sys.exit(main())
