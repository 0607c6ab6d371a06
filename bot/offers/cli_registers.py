"""`hotline agencies` and `hotline recruiters`: bot/cli.py only hangs them in."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from bot.errors import HotlineError
from bot.storage.here import in_database

Who = Annotated[
    str, typer.Argument(metavar="WHO", help="A phone number, @name, link, mail address, or the name of an agency.")
]
By = Annotated[str, typer.Option(help="Name of a listed operator.")]

agencies = typer.Typer(no_args_is_help=True, help="Lists of licensed agencies that offers are compared with.")
recruiters = typer.Typer(
    no_args_is_help=True, help="Recruiters that people reported: kept as keyed hashes, so only counts are shown."
)


@agencies.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The list as .csv (UTF-8) or .xlsx; its first row names the columns.")],
    of: Annotated[str, typer.Option("--list", help="p3mi (Indonesia) or molvt (Cambodia).")],
    as_of: Annotated[str, typer.Option(help="The day of the list, 2026-11-01. Empty: its file name, else today.")] = "",
    source: Annotated[str, typer.Option(help="Where it came from: an office, an address.")] = "",
    part: Annotated[bool, typer.Option("--part", help="Only some names: a missing one then means nothing.")] = False,
) -> None:
    """Use a newer copy of a list. Names what could not be read, by line."""
    from bot.offers.agencies import service

    try:
        day = dt.date.fromisoformat(as_of) if as_of else None
    except ValueError:
        raise HotlineError(f"--as-of {as_of} is no day. Write it like 2026-11-01.") from None
    print(in_database(lambda: service.import_list(file, of, as_of=day, source=source, part=part)))


@agencies.command("list")
def list_() -> None:
    """Show the lists in use: how many names, of which day, from where."""
    from bot.offers.agencies import service

    print(in_database(service.table))


@agencies.command("show")
def show(name: Annotated[str, typer.Argument(help="Name of a company, or a licence number.")]) -> None:
    """Show what the lists say of a company. Never "safe"."""
    from bot.offers.agencies import service

    print(in_database(lambda: service.show(name)))


@recruiters.command("count")
def count() -> None:
    """Show how many are known, by kind."""
    from bot.offers import service

    print(in_database(service.counts))


@recruiters.command("show")
def show_recruiter(words: Who) -> None:
    """Show how many people reported one, and whether an operator confirmed it."""
    from bot.offers import service

    print(in_database(lambda: service.show_recruiter(words)))


@recruiters.command("confirm")
def confirm(words: Who, by: By) -> None:
    """Say that one deceives people: from now on workers are warned."""
    from bot.offers import service

    print(in_database(lambda: service.confirm_recruiter(words, by, confirmed=True)))


@recruiters.command("release")
def release(words: Who, by: By) -> None:
    """Take a confirmation back."""
    from bot.offers import service

    print(in_database(lambda: service.confirm_recruiter(words, by, confirmed=False)))
