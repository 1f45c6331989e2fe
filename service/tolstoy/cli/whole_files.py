"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """A new file, which gets its name once all is in it; who is killed meanwhile leaves `.….part`, and no `path`.

    Only its owner may read it. Raises FileExistsError, at once where `path` is there.
    """
    if path.exists():
        raise FileExistsError(f"{path} is there already")
    number, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=".part")
    try:
        with os.fdopen(number, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)  # a rename would replace what came there meanwhile
    finally:
        os.unlink(part)
