"""`tolstoy admin …`: organizations, keys, and what else is done past the API by who has the machine."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from tolstoy.core.permissions import PERMISSIONS

app = typer.Typer(
    help="Organizations and keys, for who has the machine: docs/access.md and docs/configuration.md.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_SHOWN_ONCE = "\nThe key is shown this once."


class AdminError(Exception):
    """What was asked for cannot be done; the sentence says why."""


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

    raise typer.Exit(asyncio.run(rotation.run(only_status=status)))
