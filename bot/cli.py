"""The `hotline` command."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot import log as logs
from bot.cases import commands as record
from bot.errors import HotlineError
from bot.offers import cli_registers as offers
from bot.processes import cli as running
from bot.settings import Settings, settings
from bot.storage.here import database, in_database
from nlu.text import languages

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
db_app = typer.Typer(no_args_is_help=True, help="The database.")
operators_app = typer.Typer(no_args_is_help=True, help="Who may answer.")
deadletters_app = typer.Typer(invoke_without_command=True, help="What failed: list it, or give it another try.")
keys_app = typer.Typer(no_args_is_help=True, help="The encryption keys.")
duty_app = typer.Typer(no_args_is_help=True, help="Who is called when nobody takes a P1 case.")
alarm_app = typer.Typer(no_args_is_help=True, help="The night alarm.")
model_app = typer.Typer(no_args_is_help=True, help="The trained models: which there are, which one is used.")
cases_app = typer.Typer(no_args_is_help=True, help="What is kept of a case, and for how long.")
facts_app = typer.Typer(no_args_is_help=True, help="What we tell workers: who looked at it, until when it is shown.")
app.add_typer(record.audit, name="audit")
app.add_typer(record.person, name="person")
app.add_typer(facts_app, name="facts")
app.add_typer(cases_app, name="cases")
app.add_typer(model_app, name="model")
app.add_typer(duty_app, name="duty")
app.add_typer(alarm_app, name="alarm")
app.add_typer(running.run_app, name="run")
app.add_typer(db_app, name="db")
app.add_typer(operators_app, name="operators")
app.add_typer(keys_app, name="keys")
app.add_typer(deadletters_app, name="deadletters")
app.add_typer(offers.agencies, name="agencies")
app.add_typer(offers.recruiters, name="recruiters")


#: In whose name a command is run; the log of who did what has the system's user beside it.
By = Annotated[str | None, typer.Option("--by", help="In whose name; it is kept in the audit log.")]


def _has_database(config: Settings) -> bool:
    """Whether this installation has a database already; a command that only looks starts none."""
    return config.database is not None or (config.hotline_home / "postgres" / "location").exists()


@db_app.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the newest schema."""
    from bot.storage import migrate

    async def upgrade() -> None:
        async with database(settings()):
            print(f"The database is at revision {migrate.head()}.")

    asyncio.run(upgrade())


@operators_app.command("add")
def operators_add(
    name: str,
    telegram_id: Annotated[int | None, typer.Option(help="Their Telegram user id (@userinfobot tells it).")] = None,
    site: Annotated[str | None, typer.Option(help="Desk of data/sites.yml; the fallback when empty.")] = None,
    role: Annotated[str, typer.Option(help="operator, supervisor or admin")] = "operator",
    lang: Annotated[str, typer.Option(help=" or ".join(languages.LANGUAGES))] = languages.DEFAULT,
    by: By = None,
) -> None:
    """List an operator. Only listed ones may act. Naming a Telegram id again changes its entry."""
    from bot.cases import operators

    print(in_database(lambda: operators.add(name, telegram_id=telegram_id, site=site, role=role, lang=lang), by=by))


@operators_app.command("list")
def operators_list() -> None:
    """Show who is listed."""
    from bot.cases import operators

    print(in_database(operators.table))


@operators_app.command("remove")
def operators_remove(telegram_id: int, by: By = None) -> None:
    """Take an operator off the list. What they did stays in the record."""
    from bot.cases import operators

    print(in_database(lambda: operators.remove(telegram_id), by=by))


@duty_app.command("show")
def duty_show() -> None:
    """Show who is called, in which order, by which ways."""
    from bot.alarm import duty

    print(in_database(duty.table))


@duty_app.command("set")
def duty_set(
    who: Annotated[str, typer.Argument(help="Name or number of a listed operator.")],
    order: Annotated[int | None, typer.Option(help="Place in the desk's list; 0 takes them off duty.")] = None,
    email: Annotated[str | None, typer.Option(help="Mail address; empty removes it.")] = None,
    phone: Annotated[str | None, typer.Option(help="What ALERT_COMMAND is given; empty removes it.")] = None,
    by: By = None,
) -> None:
    """Put an operator on duty, or change how they are reached."""
    from bot.alarm import duty

    print(in_database(lambda: duty.change(who, order=order, email=email, phone=phone), by=by))


@alarm_app.command("ack")
def alarm_ack(
    ref: Annotated[str, typer.Argument(help="Reference of a case (H-7K3Q), or of a test (T-12).")],
    by: Annotated[str, typer.Option(help="Name or number of the listed operator who is awake.")],
) -> None:
    """Stop the alarm for a while: somebody looks. Unclaimed, it goes on with the next person."""
    from bot.alarm import commands

    print(in_database(lambda: commands.acknowledge(ref, by)))


@alarm_app.command("test")
def alarm_test(
    site: Annotated[str | None, typer.Option(help="One desk of data/sites.yml; all of them when empty.")] = None,
) -> None:
    """Call everybody on duty by every way, as the weekly test does. Ends with 1 when a call did not go out."""
    from bot.alarm import commands

    tried = in_database(lambda: commands.test(site))
    print("\n".join(tried.lines))
    raise SystemExit(1 if tried.failed else 0)


@facts_app.command("due")
def facts_due(
    days: Annotated[int, typer.Option(min=0, max=1000, help="How far ahead to look.")] = 30,
) -> None:
    """List what nobody confirmed, or must be confirmed anew. Ends with 1 when an answer's only number is wrong."""
    from bot.knowledge import service

    report, code = in_database(lambda: service.due(days))
    print(report)
    raise SystemExit(code)


@facts_app.command("confirm")
def facts_confirm(
    fact: Annotated[str, typer.Argument(metavar="ID", help="Id of the fact, as `hotline facts due` shows it.")],
    by: Annotated[str, typer.Option(help="The listed operator who called the number, or reread the source.")],
) -> None:
    """Say that a number answers, or a source still says so. Two different people are needed, never the proposer."""
    from bot.knowledge import service

    print(in_database(lambda: service.confirm(fact, by)))


@facts_app.command("coverage")
def facts_coverage() -> None:
    """Show which questions have an answer, by topic, nationality and destination."""
    from bot.knowledge import confirmed, coverage

    async def table() -> str:
        await confirmed.refresh()
        return coverage.table()

    print(in_database(table))


@cases_app.command("hold")
def cases_hold(
    ref: Annotated[str, typer.Argument(help="Reference of a case: H-7K3Q.")],
    why: Annotated[str, typer.Option(help="Why it must not be deleted; rests encrypted.")],
    by: Annotated[str, typer.Option(help="Who says so.")],
) -> None:
    """Legal hold: nothing of a case, its chat and what was split from it is deleted until it is released."""
    from bot.cases.retention import holds

    print(in_database(lambda: holds.hold(ref, why=why, by=by), by=by))


@cases_app.command("release")
def cases_release(ref: str, by: Annotated[str, typer.Option(help="Who says so.")]) -> None:
    """End a legal hold."""
    from bot.cases.retention import holds

    print(in_database(lambda: holds.release(ref, by=by), by=by))


@cases_app.command("holds")
def cases_holds() -> None:
    """Show every legal hold: since when, by whom, why."""
    from bot.cases.retention import holds

    print(in_database(holds.table))


@cases_app.command("deleted-by-hand")
def cases_deleted_by_hand(ref: str, by: Annotated[str, typer.Option(help="Who deleted it.")]) -> None:
    """Say that a topic which Telegram would not delete is gone: somebody deleted it in the group."""
    from bot.cases.retention import topics

    print(in_database(lambda: topics.deleted_by_hand(ref, by), by=by))


@app.command()
def retention(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="What the next run would delete. Deletes nothing.")
    ] = False,
    last: Annotated[int, typer.Option(min=1, max=1000, help="How many reports.")] = 10,
) -> None:
    """Print what was deleted lately, and which topics must be deleted by hand."""
    from bot.cases import retention as forgetting
    from bot.cases.retention import reports

    print(in_database(forgetting.preview if dry_run else lambda: reports.table(last)))


@keys_app.command("new")
def keys_new() -> None:
    """Print a fresh key for HOTLINE_KEYS."""
    from bot.storage import crypto

    print(crypto.new_key())


@keys_app.command("rotate")
def keys_rotate(by: By = None) -> None:
    """Encrypt everything under a fresh key, then drop the old ones. Safe to run again after an interruption."""
    from bot.storage import rotate

    print(in_database(lambda: rotate.rotate(settings()), by=by))


@keys_app.command("fingerprint")
def keys_fingerprint(
    file: Annotated[Path | None, typer.Argument(help="A key file; the keys of this installation when empty.")] = None,
) -> None:
    """Print the names of keys, as a backup asks for them. They give nothing away."""
    from bot.storage import crypto
    from bot.storage.backup.manifest import fingerprints

    found = crypto.Keys(file.read_text().replace(",", " ").split()) if file else crypto.read_keys(settings())
    print("\n".join(fingerprints(found)) if found else "There are no keys here yet.")


@app.command()
def backup(
    folder: Path,
    keys: Annotated[Path | None, typer.Option(help="A folder apart, into which the keys are copied.")] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Check a finished backup instead of making one.")] = False,
    by: By = None,
) -> None:
    """Copy database, media, model and desks into a new folder, while the hotline runs. Secrets never go there."""
    from bot.storage import audit
    from bot.storage import backup as backups

    if verify:
        found = backups.verify(folder)
        print(f"Whole: {len(found.files)} files of {found.made_at}. It needs the key {', '.join(found.keys)}.")
        return
    config = settings()
    if not _has_database(config):
        raise HotlineError(f"There is no database in {config.hotline_home}, so there is nothing to copy.")

    async def do() -> None:
        audit.act_as_command(by)
        async with database(config, migrated=False) as url:
            print(await asyncio.to_thread(backups.take, config, url, folder, keys))

    asyncio.run(do())


@app.command()
def restore(
    folder: Path,
    keys: Annotated[Path | None, typer.Option(help="The file with its keys, unless HOTLINE_KEYS has them.")] = None,
) -> None:
    """Fill an empty HOTLINE_HOME and database from a backup. Overwrites nothing."""
    from bot.storage import backup as backups

    print(backups.restore(settings(), folder, keys))


@app.command()
def certificate(
    host: str, folder: Annotated[Path, typer.Option(help="Where to put it.")] = Path("var/webhook")
) -> None:
    """Make a self-signed certificate for the webhook: HOST is the host of TELEGRAM_WEBHOOK_URL."""
    from bot.chat import tls

    print(tls.command(host, folder.resolve()))


@app.command()
def doctor() -> None:
    """Print what is there, what is missing, and which feature is off without it."""
    from bot.processes import doctor as checks

    raise SystemExit(checks.print_report())


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="The same for a program.")] = False,
) -> None:
    """Print what is well, what waits, what to do next, numbers by language. Ends with 1 when something is broken."""
    from bot.watch import status as watched

    report, code = in_database(lambda: watched.report(as_json=as_json))
    print(report)
    raise SystemExit(code)


@deadletters_app.callback()
def deadletters(
    context: typer.Context,
    outgoing: Annotated[
        bool, typer.Option("--outgoing", help="Instead: messages of ours that could not be delivered.")
    ] = False,
) -> None:
    """List messages whose turn failed twice, without their words."""
    from bot.watch import deadletters as letters

    if context.invoked_subcommand is None:
        print(in_database(letters.outgoing_table if outgoing else letters.table))


@deadletters_app.command("replay")
def deadletters_replay(
    ids: Annotated[list[int] | None, typer.Argument()] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that workers wrote.")] = False,
    by: By = None,
) -> None:
    """Give dead letters another try, and say whether it worked. Ends with 1 when one failed again."""
    from bot.watch import deadletters as letters

    patience = letters.PATIENCE_SECONDS
    print(in_database(lambda: letters.replay(ids or [], everything=everything, patience_seconds=patience), by=by))


@deadletters_app.command("settle")
def deadletters_settle(ids: Annotated[list[int], typer.Argument()], by: By = None) -> None:
    """Count dead letters no longer: a person dealt with them."""
    from bot.watch import deadletters as letters

    print(in_database(lambda: letters.settle(ids), by=by))


@model_app.command("list")
def model_list() -> None:
    """Show every trained model, the newest first: when it was trained, on how many messages, whether it is in use."""
    from bot.runtime import model_in_use
    from nlu.model import registry

    print(registry.table(model_in_use.folder_of(settings())))


@model_app.command("use")
def model_use(
    name: Annotated[str, typer.Argument(help="A name of `hotline model list`, or its beginning; `newest` unpins.")],
    by: By = None,
) -> None:
    """Use this model from now on, whatever is trained: the way back from a bad one. A running Rasa takes it at once."""
    from bot.runtime import model_in_use
    from bot.storage import audited

    model_in_use.use(settings(), name, print)
    if _has_database(settings()):
        in_database(lambda: audited.note("model_used"), by=by)


@app.command("check-offer")
def check_offer(
    offer: Annotated[
        str | None,
        typer.Argument(help="A file with the offer (text, picture, PDF), or its words; standard input when empty."),
    ] = None,
    jsonl: Annotated[bool, typer.Option(help="One JSON object {text} a line in, one verdict a line out.")] = False,
) -> None:
    """Judge a job offer and show why."""
    from bot.offers import cli

    config = settings()
    opened = (lambda: database(config, migrated=False)) if _has_database(config) else None
    with cli.source(offer, jsonl=jsonl) as stream:
        raise SystemExit(cli.check(stream, sys.stdout, jsonl=jsonl, opened=opened, processes=os.cpu_count() or 1))


@app.command()
def review(
    only_list: Annotated[bool, typer.Option("--list", help="Show what waits; ask nothing, change nothing.")] = False,
    jsonl: Annotated[bool, typer.Option(help="With --list: one JSON object a line.")] = False,
) -> None:
    """Look at what was not understood, say what it means, and get a patch for data/nlu. Nothing trains by itself."""
    import datetime as dt

    from bot.learning import command

    if jsonl and not only_list:
        raise HotlineError("--jsonl goes with --list.")

    # The terminal is asked while no loop runs: Ctrl-C then ends the question, and what was decided is carried out.
    kept = in_database(command.load)
    if only_list or not kept:
        if found := command.listed(kept, jsonl=jsonl):
            print(found)
        return
    decided = command.ask_about(kept, sys.stdin)
    print(in_database(lambda: command.carry_out(settings(), decided, dt.datetime.now(dt.UTC).date())))


@app.command()
def chat(
    lang: Annotated[str, typer.Option(help=f"The phone's: {' or '.join(languages.LANGUAGES)}.")] = languages.DEFAULT,
) -> None:
    """Talk to the assistant in this terminal: trained model, real actions and texts, no Telegram."""
    from bot.talk import command
    from bot.texts import LANGS

    chosen = next((known for known in LANGS if known == lang), None)
    if chosen is None:
        raise HotlineError(f"--lang is one of {', '.join(LANGS)}.")
    asyncio.run(command.chat(settings(), chosen))


@app.command()
def understand(
    text: Annotated[str | None, typer.Argument(help="One message; standard input when empty.")] = None,
    jsonl: Annotated[bool, typer.Option(help="One JSON object {text} a line in, one decision a line out.")] = False,
) -> None:
    """Show how a first message would be understood and decided."""
    from bot.turns import understand as decide

    raise SystemExit(decide.command(text, sys.stdin, sys.stdout, jsonl=jsonl))


def main() -> None:
    """Run the command; an error of ours is one clear sentence, not a traceback."""
    # A command's output is its own; `run` turns the log up again.
    logs.configure("command")
    logging.getLogger().setLevel(logging.WARNING)
    try:
        app()
    except HotlineError as problem:
        print(f"hotline: {problem}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
