"""What an administrator types about the log of who did what, and about everything that is kept of one person."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.storage.here import in_database

audit = typer.Typer(no_args_is_help=True, help="Who did what: the log that nobody can change.")
person = typer.Typer(no_args_is_help=True, help="Everything that is kept of one person.")


@audit.command("verify")
def audit_verify(
    head: Annotated[str | None, typer.Option(help="A hash noted earlier, which must still be there.")] = None,
) -> None:
    """Check that no entry was changed, taken out or added. Ends with 1 and names the first that is wrong."""
    from bot.storage import audited

    report, code = in_database(lambda: audited.verified(head))
    print(report)
    raise SystemExit(code)


@audit.command("show")
def audit_show(
    ref: Annotated[str | None, typer.Argument(help="Reference of a case; everything when empty.")] = None,
    last: Annotated[int, typer.Option(min=1, max=100_000, help="How many entries.")] = 50,
) -> None:
    """Print who did what, the newest at the end."""
    from bot.storage import audited

    print(in_database(lambda: audited.table(last, ref=ref)))


#: Whose data it is.
Person = Annotated[str, typer.Argument(metavar="REF", help="Reference of one of their cases, or their Telegram id.")]
By = Annotated[str | None, typer.Option("--by", help="In whose name; it is kept in the audit log.")]


@person.command("export")
def person_export(
    ref: Person,
    folder: Annotated[
        Path | None, typer.Option("--to", help="A new folder; one under HOTLINE_HOME/exports when empty.")
    ] = None,
    by: By = None,
) -> None:
    """Write everything that is kept of one person, decrypted: person.json and files, for you alone."""
    from bot.cases import person as persons

    print(in_database(lambda: persons.export(ref, folder), by=by))


@person.command("erase")
def person_erase(ref: Person, by: By = None) -> None:
    """Delete everything that is kept of one person; rows for statistics stay. Refuses under a legal hold."""
    from bot.cases.retention import person as erasing

    print(in_database(lambda: erasing.erase(ref), by=by))
