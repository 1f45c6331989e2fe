"""How steps and runs fail: an error as data, as it stands in logs, in `steps.<key>.error` and in the run."""

from __future__ import annotations

from typing import Any


class StepError(Exception):
    """A step cannot go on. `more` is what else its error says, beside code and message."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.more = more

    @property
    def value(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, **self.more}


class StepFailedError(Exception):
    """A step has failed and its flow does not go on without it."""

    def __init__(self, path: str, error: dict[str, Any]) -> None:
        super().__init__(path)
        self.path = path
        self.error = error

    @property
    def value(self) -> dict[str, Any]:
        """The run's error: the step's, with the place where it began."""
        return {"step": self.path, **self.error}


class AbandonedError(Exception):
    """A sibling has failed: nothing new begins beside it."""


class HandedBackError(Exception):
    """The worker stops before the run has ended; the run is for another."""


class EndRunError(Exception):
    """The run ends here and now, in `status`, whatever its steps are at."""

    def __init__(self, status: str, error: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.error = error
