"""`tolstoy admin new-key`: a key for stored secrets, as APP_KEY takes it."""

from __future__ import annotations

import os
import secrets

from tolstoy.cli.admin_error import AdminError
from tolstoy.core import app_keys, aws_kms
from tolstoy.core.settings import load


def made(kms: str | None, id_: str | None) -> str:
    if id_ is not None:
        try:
            app_keys.checked_id(id_)
        except ValueError as exc:
            raise AdminError(f"--id: {id_!r} {exc}.") from exc
    if kms is None:
        return app_keys.written(secrets.token_bytes(app_keys.KEY_BYTES), id_)
    # production does not start without the very key that is about to be made
    return aws_kms.made(load({**os.environ, "APP_ENV": "development"}), kms, id_)
