"""`tolstoy admin …`: organizations, keys, and what else is done past the API by who has the machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from tolstoy.core.ids import PLATFORM
from tolstoy.core.permissions import PERMISSIONS

app = typer.Typer(
    help="Organizations, keys and audit logs, for who has the machine: docs/access.md and docs/audit.md.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_SHOWN_ONCE = "\nThe key is shown this once."


@app.command()
def create_organization(
    name: Annotated[str, typer.Option(help="What it is called.")],
    owner: Annotated[str, typer.Option(help="The e-mail address of its first user, an admin.")],
) -> None:
    """Make an organization, its admin, and the admin's key."""
    from tolstoy.cli import administration  # the other commands need no domain

    made, key = administration.organization(name, owner)
    typer.echo(f"organization  {made.id}  {made.name}")
    typer.echo(f"user          {key.user_id}  {owner}, admin")
    typer.echo(f"key           {key.key}")
    typer.echo(_SHOWN_ONCE, err=True)


@app.command()
def create_key(
    org: Annotated[str, typer.Option(help="The organization's id.")],
    user: Annotated[str, typer.Option(help="Whom the key acts as: an id or an e-mail address.")],
    name: Annotated[str, typer.Option(help="What it is called in lists.")] = "Made by tolstoy admin",
    scope: Annotated[
        list[str] | None,
        typer.Option(help=f"What it may do, once for each: {', '.join(PERMISSIONS)}. Left out: all."),
    ] = None,
    expires_in_days: Annotated[int | None, typer.Option(min=1, max=3650, help="Left out: never.")] = None,
) -> None:
    """Make an API key for a user of an organization, and print it: that is all on standard output."""
    from tolstoy.cli import administration

    typer.echo(administration.key(org, user, name, scope or [], expires_in_days).key)
    typer.echo(_SHOWN_ONCE, err=True)


@app.command("new-key")
def new_key(
    kms: Annotated[
        str | None,
        typer.Option(help="The KMS key that encrypts it: its id, ARN or alias. Left out: it is in clear."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--id", help="Its id; left out, it follows from the key.")
    ] = None,
) -> None:
    """Make a key for stored secrets, and print the setting: that is all on standard output. Needs no database."""
    from tolstoy.cli import new_keys

    typer.echo(f"APP_KEY={new_keys.made(kms, name)}")


@app.command("rotate-keys")
def rotate_keys(
    status: Annotated[
        bool, typer.Option("--status", help="Only say how many there are under which key.")
    ] = False,
) -> None:
    """Encrypt stored secrets anew under the first key of APP_KEYS, while the service goes on.

    It may be interrupted and begun again. docs/configuration.md tells how a key is replaced.
    """
    from tolstoy.cli import rotation

    raise typer.Exit(rotation.run(only_status=status))


@app.command("export-audit")
def export_audit(
    org: Annotated[UUID, typer.Option(help="The organization; left out: the platform's own log.")] = PLATFORM,
    out: Annotated[Path | None, typer.Option(help="A file; left out: to the terminal.")] = None,
) -> None:
    """Write an organization's audit log as JSON lines, the oldest event first."""
    from tolstoy.cli import administration, whole_files

    if out is None:
        administration.audit(org, sys.stdout.buffer)
        return
    with whole_files.written(out) as file:
        written = administration.audit(org, file)
    typer.echo(f"{written} events in {out}")


@app.command("export-org")
def export_org(
    org: Annotated[UUID, typer.Argument(help="The organization's id.")],
    to: Annotated[
        Path | None,
        typer.Option(help="A new file, packed where its name ends with .gz; left out: to the terminal."),
    ] = None,
    without_executions: Annotated[
        bool,
        typer.Option("--without-executions", help="Leave out runs, logs and what came and went by hooks."),
    ] = False,
) -> None:
    """Write an organization, but none of its secrets, as JSON lines: docs/privacy.md."""
    from tolstoy.cli import transfer

    foot = transfer.export(org, to, history=not without_executions)
    typer.echo(f"{foot.rows} rows, SHA-256 {foot.sha256}", err=to is None)


@app.command("import-org")
def import_org(
    file: Annotated[Path, typer.Argument(help="What export-org wrote.")],
    new_ids: Annotated[
        bool,
        typer.Option(
            "--new-ids", help="Make a copy under other ids, without runs, beside what may be here already."
        ),
    ] = False,
    sha256: Annotated[
        str | None, typer.Option(help="What export-org said, which the file must have.")
    ] = None,
) -> None:
    """Take in an organization from a file, all of it or nothing. Nothing of it runs before it is switched on."""
    from tolstoy.cli import transfer

    taken = transfer.take_in(file, new_ids=new_ids, sha256=sha256)
    typer.echo(f"organization  {taken.org_id}  {taken.name}")
    typer.echo(f"{taken.rows} rows; runs that were not over and are cancelled: {taken.cancelled}")


@app.command("delete-org")
def delete_org(
    org: Annotated[UUID, typer.Argument(help="The organization's id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Left out: only say what there is.")] = False,
) -> None:
    """Remove an organization and all that it has. It may be interrupted and begun again; there is no way back."""
    from tolstoy.cli import removal

    if yes:
        removal.remove(org, lambda table, number: typer.echo(f"{number:>9} of {table}"))
        typer.echo(f"The organization {org} is gone.")
        return
    for table, number in removal.held(org).items():
        typer.echo(f"{number:>9} {table}")
    typer.echo("Nothing was removed: add --yes to remove all of it.")
    raise typer.Exit(1)


@app.command("verify-audit")
def verify_audit(
    file: Annotated[Path, typer.Argument(help="What export-audit wrote.")],
    head: Annotated[
        str | None, typer.Option(help="A hash kept elsewhere, which one of the events must have.")
    ] = None,
) -> None:
    """Say whether an exported audit log is whole; exit 1 if not. Needs no database."""
    from tolstoy.cli import audit_files

    chain = audit_files.verify(file, head)
    typer.echo(f"intact: {chain.seq} events of {chain.org_id}, the last with the hash {chain.hash.hex()}")
