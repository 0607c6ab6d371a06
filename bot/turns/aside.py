"""What a message is while Rasa is away: its intent model, read without it.

The lexicon alone misses cries that are said by hints; the model, which is only a file, knows most of them. It is loaded
when it is first needed and let go some minutes after the last use, so that it costs memory during an outage only.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot import log as logs
from bot import trained
from bot.cases.rules import CASE_KINDS, Kind
from bot.settings import settings
from nlu import decision

if TYPE_CHECKING:
    from nlu.components.intent_model import IntentModel

log = logs.get(__name__)

#: Seconds after its last use that the model stays in memory.
KEPT_SECONDS = 600.0


class _Aside:
    """The model of this process, while it is loaded."""

    def __init__(self) -> None:
        self.model: IntentModel | None = None
        self._loading = asyncio.Lock()
        self._letting_go: asyncio.TimerHandle | None = None

    async def get(self) -> IntentModel | None:
        """The model in use; None where none is there or it cannot be read, which is logged."""
        async with self._loading:
            if self.model is None:
                self.model = await asyncio.to_thread(_load)
        if self._letting_go is not None:
            self._letting_go.cancel()
        self._letting_go = asyncio.get_running_loop().call_later(KEPT_SECONDS, self._let_go)
        return self.model

    def _let_go(self) -> None:
        self.model = None


_aside = _Aside()


def _load() -> IntentModel | None:
    try:
        from nlu.components.intent_model import IntentModel

        path = trained.in_use(settings())
        return IntentModel.from_archive(path) if path is not None else None
    except Exception as problem:  # an outage on top of an outage: the lexicon alone must do
        log.warning("model_not_read", why=type(problem).__name__)
        return None


async def urgent(text: str) -> Kind | None:
    """The kind of case a message would open if Rasa were there; None for anything else, and without a model."""
    model = await _aside.get()
    if model is None:
        return None
    found = decision.decide("none", await asyncio.to_thread(model.ranking, text))
    return next((kind for kind in CASE_KINDS[:3] if found.opens_case and kind == found.kind), None)
