"""Which worker of pytest-xdist runs what. Each has a PostgreSQL of its own, and ports that the kernel chose."""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

#: The files whose tests talk to the one hotline that runs through the session: one worker starts it.
ON_ONE_HOTLINE = frozenset(f"tests/e2e/test_{name}.py" for name in ("conversations", "dialogues", "page", "watching"))


class Spread(LoadScopeScheduling):
    """Keeps the tests of a file together, for what they share, and hands the files out in the order of collection."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "hotline" if file in ON_ONE_HOTLINE else file


def longest_first(items: list[pytest.Item]) -> None:
    """Put conversations before rooms before rules: the workers end together when the last files are short ones."""
    first = {"e2e": 0, "contract": 1, "unit": 2}
    items.sort(
        key=lambda item: (first.get(item.path.parent.name, 0), item.nodeid.partition("::")[0] not in ON_ONE_HOTLINE)
    )
