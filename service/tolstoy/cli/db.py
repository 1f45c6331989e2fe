"""`tolstoy db …`: the database's schema, its demo data, a look inside."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from tolstoy.cli import studio as browser
from tolstoy.cli.addresses import embedded_folder, resolved
from tolstoy.core.database_urls import ConnectOptions, parse
from tolstoy.core.errors import ProblemError
from tolstoy.core.settings import Settings, load
from tolstoy.db import authoring, drift, embedded, migrate, prototype
from tolstoy.db.drift import State
from tolstoy.db.migrate import MigrationError

app = typer.Typer(
    help="Migrations, demo data and a data browser. docs/migrations.md tells the whole story.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@dataclass(frozen=True, slots=True)
class Place:
    """The database that the settings name: as its owner and as the service."""

    settings: Settings
    direct: ConnectOptions
    service: ConnectOptions


@contextmanager
def _place(development_only: str = "") -> Iterator[Place]:
    settings = load()
    if development_only and settings.production:
        raise MigrationError(
            f"`tolstoy db {development_only}` is for development and does nothing where APP_ENV (or NODE_ENV) is"
            " production; there, run `tolstoy db deploy`."
        )
    with resolved(settings) as ready:
        if ready.database_url is None or ready.direct_url is None:
            raise RuntimeError("resolved settings have the database's addresses")
        yield Place(ready, parse(ready.direct_url), parse(ready.database_url))


@app.command("migrate")
def migrate_command(
    name: Annotated[str, typer.Option(help="What changes, beginning with a verb: add_user_roles.")],
    apply: Annotated[
        bool, typer.Option("--apply/--no-apply", help="Apply it to this database at once.")
    ] = True,
    empty: Annotated[bool, typer.Option("--empty", help="A file for SQL of your own; not applied.")] = False,
) -> None:
    """Write a migration for what changed in the models, and apply it.

    For development. Aerich compares the models with what the newest migration remembers of them.
    """
    with _place("migrate") as place:
        written = asyncio.run(authoring.write(name, empty=empty, ask=sys.stdin.isatty()))
        if written is None:
            typer.echo("The models have nothing that the migrations lack: no file was written.")
        else:
            path, draft = written
            typer.echo(f"Wrote {_shown(path)}")
            if empty:
                typer.echo("Write SQL into its upgrade and its downgrade, then run `tolstoy db deploy`.")
                return
            typer.echo(f"\n{draft.upgrade}\n")
            _remind(draft.upgrade)
        if apply:
            asyncio.run(_refuse_drift(place.direct))
            _print_applied(asyncio.run(migrate.deploy(place.direct, place.service, on_wait=_say_waiting)))


def _remind(upgrade: str) -> None:
    if "CREATE TABLE" in upgrade:
        typer.echo(
            "The service may not touch a new table before a migration gives it row-level security, grants, the\n"
            "timestamps trigger and its keys: `tolstoy db migrate --empty --name isolate_…` (docs/migrations.md).\n"
        )
    if "DROP" in upgrade or "RENAME" in upgrade:
        typer.echo(
            "It takes away what the code now running may still use: docs/migrations.md, «Expand, then contract».\n"
        )


async def _refuse_drift(direct: ConnectOptions) -> None:
    state = await drift.inspect(direct)
    if state.by_hand:
        raise MigrationError(
            "Nothing was applied: this database is not what its migrations make"
            f"{' but a pushed prototype' if state.pushed else ''} ({'; '.join(state.by_hand[:3])}); begin anew with"
            " `tolstoy db reset`."
        )
    if state.unwritten:
        raise MigrationError(
            "Nothing was applied: the migrations do not make all that the models say, because Aerich does not see"
            f" every change ({'; '.join(state.unwritten[:3])}); write what is missing into the newest file, then run"
            " `tolstoy db deploy`."
        )


@app.command()
def deploy() -> None:
    """Apply what is pending; safe on many machines at once.

    Also creates the user of DATABASE_URL, as which the service connects, where it is missing.
    """
    with _place() as place:
        _print_applied(asyncio.run(migrate.deploy(place.direct, place.service, on_wait=_say_waiting)))
        if place.direct.user == place.service.user:
            typer.echo(
                f"DATABASE_URL connects as {place.service.user}, as DIRECT_URL does. The service refuses the owner of"
                " the tables: write another user and a new password into DATABASE_URL and deploy again, which"
                " creates that user.",
                err=True,
            )


def _say_waiting() -> None:
    typer.echo("Another process is migrating this database; waiting for it to end …")


def _print_applied(names: list[str]) -> None:
    for name in names:
        typer.echo(f"applied {name}")
    typer.echo(
        f"{len(names)} applied; the schema is current." if names else "Nothing to do: the schema is current."
    )


@app.command()
def status() -> None:
    """Say whether models, migrations and database agree; exit 1 if not."""
    with _place() as place:
        state = asyncio.run(drift.inspect(place.direct))
        typer.echo(f"database    {place.direct.redacted}")
        level = state.level
        ahead = f", {len(level.unknown)} unknown to this code" if level.unknown else ""
        typer.echo(
            f"migrations  {len(level.applied) - len(level.unknown)} applied, {len(level.pending)} pending{ahead}"
        )
        for line in _report(state):
            typer.echo(line)
        if not state.current:
            raise typer.Exit(1)
        typer.echo("current: the models, the migrations and the database agree")


def _report(state: State) -> Iterator[str]:
    """What is wrong and what to do about it."""
    if state.level.pending:
        yield "\nPending; run `tolstoy db deploy`:"
        yield from (f"  {name}" for name in state.level.pending)
    if state.level.unknown:
        yield "\nApplied, but not in this code, which is older than the database; deploy newer code:"
        yield from (f"  {name}" for name in state.level.unknown)
    if state.by_hand:
        yield "\nDrift: the database is not what its migrations make."
        yield from _listed(state.by_hand)
        if state.pushed:
            yield "A prototype was pushed here. Write it as a migration, then `tolstoy db reset`:"
            yield "`tolstoy db migrate --no-apply --name …`"
        else:
            yield "Undo by hand what was done by hand, or write it as a migration; in development `tolstoy db reset`."
    if state.unwritten:
        yield "\nDrift: the models say what no migration makes."
        yield from _listed(state.unwritten)
        if state.draft is not None:
            yield "Run `tolstoy db migrate --name …`; `tolstoy db diff` shows what it would write."
        else:
            yield "Aerich does not see it: run `tolstoy db migrate --empty --name …` and write the SQL."


def _listed(findings: tuple[str, ...], most: int = 15) -> Iterator[str]:
    yield from (f"  {finding}" for finding in findings[:most])
    if len(findings) > most:
        yield f"  … and {len(findings) - most} more"


@app.command()
def diff(
    from_empty: Annotated[bool, typer.Option("--from-empty", help="The whole schema, from nothing.")] = False,
) -> None:
    """Print the SQL that leads from the migrations to the models.

    It asks no database.
    """
    if from_empty:
        for name in migrate.known():
            typer.echo(f"-- {name}\n")
            for script in asyncio.run(authoring.scripts(name)):
                typer.echo(f"{script.strip()}\n")
        return
    draft = asyncio.run(authoring.pending())
    typer.echo("-- The models have nothing that the migrations lack." if draft is None else draft.upgrade)


@app.command()
def reset(
    force: Annotated[bool, typer.Option("--force", help="Do not ask.")] = False,
    seed: Annotated[bool, typer.Option("--seed", help="Make the demo organization afterwards.")] = False,
) -> None:
    """DESTROY ALL DATA and apply all migrations from nothing.

    For development.
    """
    with _place("reset") as place:
        database = place.direct.database
        if not force:
            if not sys.stdin.isatty():
                raise MigrationError(
                    "There is nobody to ask; `tolstoy db reset --force` destroys without asking."
                )
            typed = typer.prompt(f"This destroys all data in {place.direct.redacted}.\nIts name, to go on")
            if typed != database:
                raise MigrationError(f"The database is called {database!r}; nothing was destroyed.")
        applied = asyncio.run(migrate.reset(place.direct, place.service))
        typer.echo(f"Emptied {database!r}.")
        _print_applied(applied)
        if seed:
            _seed(place)


@app.command()
def push() -> None:
    """Make the models' tables without a migration, to try things out.

    For development.
    """
    with _place("push") as place:
        sql = asyncio.run(prototype.push(place.direct))
        if sql is None:
            typer.echo("Nothing to push: the database has all that the models have.")
            return
        typer.echo(sql)
        typer.echo(
            "\nPUSHED WITHOUT A MIGRATION: nobody else gets this change, and the service may not touch a new table."
            "\nWhen it is right: `tolstoy db migrate --no-apply --name …`, then `tolstoy db reset`.",
            err=True,
        )


@app.command()
def seed() -> None:
    """Make a demo organization; a second time it changes nothing.

    It has a user, a tool, three actions and a published flow.
    """
    with _place() as place:
        _seed(place)


def _seed(place: Place) -> None:
    from tolstoy.cli import seeding  # the other commands need no domain

    try:
        made = asyncio.run(seeding.plant(place.settings, place.direct, place.service))
    except ProblemError as exc:
        raise MigrationError(f"The demo could not be made: {exc.detail}") from exc
    typer.echo(seeding.told(made, place.settings))


@app.command("studio")
def studio_command() -> None:
    """Browse the data in the terminal, as the tables' owner."""
    with _place() as place:
        raise typer.Exit(browser.browse(place.direct))


@app.command("stop-embedded", hidden=True)
def stop_embedded() -> None:
    """Stop the embedded server of DATA_DIR, also one that a killed process left behind."""
    if embedded.MISSING:
        return
    if embedded.stop(embedded_folder(load())):
        typer.echo("Stopped the embedded Postgres.")


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
