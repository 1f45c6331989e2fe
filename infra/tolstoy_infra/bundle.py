"""Files as one small text: a tar archive, packed and in base64."""

from __future__ import annotations

import base64
import bz2
import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class File:
    path: str  # absolute
    text: str
    mode: int = 0o644


def bundled(files: Iterable[File]) -> str:
    """Always the same for the same files: another text would be another machine.

    Hence bzip2, whose encoder has not changed in years. What gzip and xz make of a text differs between the versions
    and makes of their libraries, that is between two operators' laptops.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for file in sorted(files, key=lambda one: one.path):
            content = file.text.encode()
            entry = tarfile.TarInfo(file.path.removeprefix("/"))  # of root, from 1970
            entry.size, entry.mode = len(content), file.mode
            archive.addfile(entry, io.BytesIO(content))
    return base64.b64encode(bz2.compress(packed.getvalue())).decode()
