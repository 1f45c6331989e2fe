"""Processes that work for this one: they end well when told to, and none outlives it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing import resource_tracker
from multiprocessing.context import SpawnProcess
from typing import Any

from tolstoy.core import log
from tolstoy.core.settings import Settings

ENDING = (signal.SIGINT, signal.SIGTERM)


def spawned(target: Callable[..., None], *args: Any) -> SpawnProcess:
    """A process that begins with `begin`, and has the signals to end it blocked until it minds them."""
    process = multiprocessing.get_context("spawn").Process(target=target, args=args)
    # Starting Python's tracker of resources, as the first process does, would unblock them.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return process


def begin(settings: Settings) -> None:
    """Ctrl-C reaches it by itself; the end of the terminal by way of its parent."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    log.configure(settings.log_level, settings.log_format)


def _end_with_parent() -> None:
    """One whose parent was killed would go on for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
