"""What `tolstoy admin` refuses."""

from __future__ import annotations


class AdminError(Exception):
    """What was asked for cannot be done; the sentence says why."""
