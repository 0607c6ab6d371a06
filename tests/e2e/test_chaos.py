"""Everything goes wrong while people write: nothing is lost, nothing shows twice. The long run is `make chaos`."""

from __future__ import annotations

import pytest

from tests.chaos.outages import outages
from tests.chaos.plan import VICTIMS
from tests.chaos.run import chaos
from tests.support.hotline import plain_only

pytestmark = plain_only("its plan names the processes of the plain shape, and reckons with their pauses")
SEED = 20
KILLS, PEOPLE, ROUND_SECONDS = 5, 30, 60.0


@pytest.mark.timeout(500)
async def test_five_kills_of_everything_and_every_other_fault_lose_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    result = await chaos(SEED, kills=KILLS, count=PEOPLE, lines=5, round_seconds=ROUND_SECONDS)
    with capsys.disabled():
        print("\n" + "\n".join(result.lines()))
    assert result.verdict.faults == []
    assert result.kills == dict.fromkeys(VICTIMS, KILLS)
    assert result.verdict.said > PEOPLE
    # Rasa's keeper logs without quotation marks.
    log = result.log.replace("'", "")
    for victim in VICTIMS[:-1]:
        assert log.count(f"process_died name={victim} code=-9") >= KILLS, f"{victim} was not killed so often"
    assert log.count("event=database_died") >= KILLS, "the database was not killed so often"


@pytest.mark.timeout(400)
async def test_after_an_outage_everything_is_cleared_without_a_hand(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = await outages(SEED, seconds=6.0, rate=4.0, only=("telegram", "database"))
    with capsys.disabled():
        print("\n" + "\n".join(outcome.lines()))
    assert outcome.faults == []
    assert all(one.backlog and one.cleared < 60 for one in outcome.clearings)
