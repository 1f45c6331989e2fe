"""A worker's sign of life for those outside: a file that is as old as what it last got done."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path


class Heartbeat:
    def __init__(self, file: Path | None) -> None:
        self._file = file

    def begin(self) -> None:
        """The worker is there and has not worked yet. Raises OSError where the file cannot be made."""
        if self._file is not None:
            self._file.touch()
            os.utime(self._file, (0, 0))

    def beat(self) -> None:
        if self._file is not None:
            # one that cannot be written grows old, which says enough; the runs need not suffer
            with contextlib.suppress(OSError):
                self._file.touch()


def silent_for(file: Path) -> float | None:
    """Seconds since the worker's last sign of life; None before its first. Raises FileNotFoundError."""
    beaten = file.stat().st_mtime
    return None if beaten == 0 else time.time() - beaten
