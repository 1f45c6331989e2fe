"""What there is to say about a document, each with a pointer into it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tolstoy.core.errors import MAX_FINDINGS, Finding, InvalidError

ROOT = "/document"
"""Where every pointer into a document begins, however the document was sent."""


@dataclass
class Notes:
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    def error(self, code: str, detail: str, at: str) -> None:
        """The document is refused."""
        self._add(self.errors, Finding(code, detail, pointer=at))

    def warn(self, code: str, detail: str, at: str) -> None:
        """The rest is imported all the same."""
        self._add(self.warnings, Finding(code, detail, pointer=at, severity="warning"))

    def raise_errors(self) -> None:
        if self.errors:
            raise InvalidError(findings=self.errors)

    def _add(self, to: list[Finding], finding: Finding) -> None:
        # the same schema is met from many operations
        if len(to) < MAX_FINDINGS and not any(
            other.code == finding.code and other.pointer == finding.pointer for other in to
        ):
            to.append(finding)


class LeftOutError(Exception):
    """This operation cannot be an action; the others can."""

    def __init__(self, code: str, detail: str, at: str) -> None:
        super().__init__(code, detail, at)
        self.code, self.detail, self.at = code, detail, at


def too_large(most: int, at: str) -> LeftOutError:
    return LeftOutError("too_large", f"left out: its inputs take more than {most} bytes to describe", at)


def refused(code: str, detail: str, at: str = ROOT) -> InvalidError:
    return InvalidError(findings=[Finding(code, detail, pointer=at)])
