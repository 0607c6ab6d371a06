"""Jobs whose worker died or that ended their worker: they are given back, put off, or blamed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from procrastinate import worker
from sqlalchemy import text

from bot import log as logs
from bot.storage.session import engine

log = logs.get(__name__)

#: A worker is taken for dead after this many seconds without a heartbeat; its jobs are back within 8 s.
STALLED_SECONDS = 5.0
#: Seconds for which a job that ended its worker waits, so that those it kept waiting go first.
PUT_OFF_SECONDS = 2.0
#: A job that came back this often is to blame, whatever ended its workers: by then it met too many deaths for chance.
CAME_BACK = 8

GIVE_BACK = (
    "update procrastinate_jobs set status = 'todo', attempts = attempts + 1, scheduled_at = null, "
    "abort_requested = false, queueing_lock = null, worker_id = null where status = 'doing'"
)
_STALLED = text(
    f"{GIVE_BACK} and (worker_id is null or worker_id in "
    "(select id from procrastinate_workers where last_heartbeat < now() - make_interval(secs => :seconds))) "
    "and (worker_id is null or worker_id <> all(:alive))"
)
OF_WORKER_BUT = text(f"{GIVE_BACK} and worker_id = :worker and id <> all(:running)")
#: The workers of this process by id. After an outage of the database their heartbeats are old, and yet they live.
living: dict[int, worker.Worker] = {}
OF_WORKERS = text(f"{GIVE_BACK} and worker_id = any(:workers)")


async def give_back(statement: Any, **values: Any) -> int:
    async with engine().begin() as connection:
        return (await connection.execute(statement, values)).rowcount


async def requeue_stalled(seconds: float = STALLED_SECONDS) -> int:
    """Give back the jobs of workers that died. Every job is idempotent, so running one again is safe."""
    count = await give_back(_STALLED, seconds=seconds, alive=list(living))
    if count:
        log.info("jobs_requeued", count=count)
    return count


#: Looked up after the jobs were read: a worker that connects meanwhile has none of them.
_OF_NOBODY = text(
    f"{GIVE_BACK} and queue_name = any(:queues) and not exists (select from pg_stat_activity "
    "where datname = current_database() and application_name like :role and application_name <> :me)"
)


async def requeue_if_alone(me: str, role: str, queues: Sequence[str]) -> int:
    """Give back every job of these queues marked running, unless another process of this role is connected.

    `me` is the name of this process's connection, which ends like those of all in its role with `-<role>`. Where
    several share a database, what a dead one did comes back by its missing heartbeat instead.
    """
    return await give_back(_OF_NOBODY, role=f"hotline-%-{role}", me=me, queues=list(queues))


_SUSPECTS = text(
    "select task_name, args from procrastinate_jobs "
    "where status in ('todo', 'doing') and (id = any(:guilty) or (status = 'doing' and attempts >= :often))"
)


async def suspects(guilty: Sequence[int]) -> list[tuple[str, dict[str, Any]]]:
    """Task and arguments of the jobs that ended a worker: those at work when it died, and who came back too often."""
    async with engine().connect() as connection:
        rows = await connection.execute(_SUSPECTS, {"guilty": list(guilty), "often": CAME_BACK})
        return [(str(task), dict(arguments)) for task, arguments in rows]


async def put_off(guilty: Sequence[int]) -> None:
    """Let jobs that ended a worker wait a little before they run again."""
    statement = text(
        "update procrastinate_jobs set scheduled_at = now() + make_interval(secs => :seconds) "
        "where id = any(:guilty) and status = 'todo'"
    )
    async with engine().begin() as connection:
        await connection.execute(statement, {"guilty": list(guilty), "seconds": PUT_OFF_SECONDS})
