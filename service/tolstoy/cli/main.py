"""The command line's commands, and how their expected failures are told."""

from __future__ import annotations

import sys
from typing import Annotated

import asyncpg
import typer

from tolstoy import __version__
from tolstoy.cli import admin, db
from tolstoy.cli.admin_error import AdminError
from tolstoy.cli.audit_files import AuditFileError
from tolstoy.cli.organization_files import OrganizationFileError
from tolstoy.core.app_keys import UnreadableKeyError
from tolstoy.core.aws_kms import KmsError
from tolstoy.core.aws_secrets import SecretError
from tolstoy.core.settings import SettingsError
from tolstoy.db.database import UnsafeRoleError
from tolstoy.db.embedded import EmbeddedUnavailable
from tolstoy.db.migrate import MigrationError

app = typer.Typer(
    name="tolstoy",
    help="Tolstoy: workflow automation you host yourself, for many organizations, API first.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they would hold the settings, secrets included
    rich_markup_mode=None,
)
app.add_typer(db.app, name="db")
app.add_typer(admin.app, name="admin")


@app.command()
def serve(
    reload: Annotated[bool, typer.Option("--reload", help="Restart when the code changes.")] = False,
) -> None:
    """Serve the HTTP API, on an embedded Postgres unless DATABASE_URL is set."""
    from tolstoy.cli import serving  # the other commands need no web server

    serving.serve(reload=reload)


@app.command()
def worker() -> None:
    """Run flows: any number of these, on any machines, beside `tolstoy serve`."""
    from tolstoy.cli import working

    working.work()


@app.command()
def health() -> None:
    """Say whether the API or the worker that runs in this container does its work; exit 1 if not."""
    from tolstoy.cli import health

    health.run()


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


EXPECTED = (
    AdminError,
    AuditFileError,
    OrganizationFileError,
    UnreadableKeyError,
    SettingsError,
    SecretError,
    KmsError,
    EmbeddedUnavailable,
    MigrationError,
    UnsafeRoleError,
)


def run() -> None:
    try:
        app()
    except EXPECTED as exc:
        sys.exit(f"tolstoy: {exc}")
    except (OSError, asyncpg.PostgresError) as exc:
        sys.exit(f"tolstoy: {type(exc).__name__}: {exc}")
