"""A file of an organization: JSON lines between a line that says what follows, and one that proves it is all there.

{"tolstoyOrganization": 1, "organization": …, "migration": …, "counts": {"users": 2, …}, …}
{"table": "users", "row": {…}}
{"rows": 2, "sha256": "…"}        of all bytes before this line
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final, TypeVar, cast
from uuid import UUID

import msgspec

from tolstoy import __version__
from tolstoy.db import migrate
from tolstoy.domain.transfer.arriving import Row
from tolstoy.domain.transfer.reading import Snapshot
from tolstoy.domain.transfer.tables import BY_NAME, EXPORTED

T = TypeVar("T")

FORMAT: Final = 1
_MOST: Final = 256 * 1024 * 1024  # bytes of a line, of what may be no file of ours at all
_ID: Final = re.compile(
    rb'"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"'
)  # as Postgres writes it, and NewIds finds it
_ORDER: Final = {table.name: place for place, table in enumerate(EXPORTED)}


class OrganizationFileError(Exception):
    """A file is none of an organization, or not whole, or not as it was written."""


class Organization(msgspec.Struct):
    id: UUID
    name: str


class Head(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    tolstoy_organization: int
    version: str
    migration: str
    exported_at: datetime
    organization: Organization
    counts: dict[str, int]


class Foot(msgspec.Struct, forbid_unknown_fields=True):
    rows: int
    sha256: str


class Line(msgspec.Struct, forbid_unknown_fields=True):
    table: str
    row: msgspec.Raw


class _Format(msgspec.Struct, rename="camel"):
    tolstoy_organization: int


async def write(taken: Snapshot, out: BinaryIO) -> Foot:
    """The foot, which proves the file to who keeps it elsewhere."""
    digest = sha256()
    written: Counter[str] = Counter()

    def put(line: msgspec.Struct) -> None:
        text = msgspec.json.encode(line) + b"\n"
        digest.update(text)
        try:
            out.write(text)
        except OSError as exc:  # in the database's transaction it would be taken for the database's
            raise OrganizationFileError(f"the file cannot be written: {exc}") from exc

    put(
        Head(
            tolstoy_organization=FORMAT,
            version=__version__,
            migration=migrate.known()[-1],
            exported_at=datetime.now(UTC),
            organization=Organization(taken.org_id, taken.name),
            counts=dict(taken.counts),
        )
    )
    async for table, row in taken.rows():
        put(Line(table, msgspec.Raw(row)))
        written[table] += 1
    foot = Foot(written.total(), digest.hexdigest())
    put(foot)
    return foot


@contextmanager
def opened(file: Path) -> Iterator[Reader]:
    """Raises OrganizationFileError."""
    with ExitStack() as stack:
        raw = stack.enter_context(file.open("rb"))
        plain = file.suffix != ".gz"
        yield Reader(
            file, raw if plain else cast("BinaryIO", stack.enter_context(gzip.GzipFile(fileobj=raw)))
        )


class Reader:
    """Of a file from its first line to its last; what is wrong with it is raised where it is come to.

    So nothing of it may be kept before `rows` has ended: the last line says whether the others are those that were
    written.
    """

    def __init__(self, file: Path, lines: BinaryIO) -> None:
        self._file = file
        self._lines = lines
        self._digest = sha256()
        self._at = 0
        self.sha256 = ""  # of all rows, once they are read
        self.head = self._read_head()

    def rows(self, proof: str | None = None) -> Iterator[Row]:
        """`proof` is the SHA-256 that they are to have."""
        counts: Counter[str] = Counter()
        place = 0
        while True:
            before = self._digest.hexdigest()
            text = self._next()
            if text.startswith(b'{"rows"'):
                break
            line = self._decoded(text, Line)
            if line.table not in BY_NAME:
                raise self._wrong(f"there is no table {line.table!r} in such a file")
            if _ORDER[line.table] < place:
                raise self._wrong(f"a row of {line.table} comes too late")
            place = _ORDER[line.table]
            counts[line.table] += 1
            yield Row(self._at, line.table, self._columns(line))
        self._end(self._decoded(text, Foot), before, counts)
        if proof not in (None, self.sha256):
            raise self._wrong(f"it has the SHA-256 {self.sha256}, and is to have another one")

    def _columns(self, line: Line) -> dict[str, msgspec.Raw]:
        values = self._decoded(bytes(line.row), dict[str, msgspec.Raw])
        if unknown := values.keys() - set(BY_NAME[line.table].columns):
            raise self._wrong(f"{line.table} has no {', '.join(map(repr, sorted(unknown)))} in such a file")
        if not _ID.fullmatch(bytes(values.get("id", b""))):
            raise self._wrong(f"a row of {line.table} has no id")
        return values

    def _read_head(self) -> Head:
        text = self._next()
        format_ = self._decoded(text, _Format).tolstoy_organization
        if format_ != FORMAT:
            raise self._wrong(f"it is of the format {format_}, and this version reads {FORMAT}")
        head = self._decoded(text, Head)
        if head.migration not in migrate.known():
            raise self._wrong(
                f"it was written by {head.version} on a schema with {head.migration}, which this version does not"
                " know: take it in with that one, or a newer one"
            )
        return head

    def _end(self, foot: Foot, digest: str, counts: Mapping[str, int]) -> None:
        if foot.sha256 != digest:
            raise self._wrong("its lines are not those that were written: their SHA-256 is another one")
        said = {table: number for table, number in self.head.counts.items() if number}
        if said != counts or foot.rows != sum(counts.values()):
            raise self._wrong("it has not as many rows as its first line says")
        if self._read(1):
            raise self._wrong("something comes after its last line")
        self.sha256 = foot.sha256

    def _next(self) -> bytes:
        self._at += 1
        text = self._read(_MOST)
        if not text.endswith(b"\n"):
            raise self._wrong(
                "it is not whole: it ends here" if len(text) < _MOST else "the line is too long"
            )
        self._digest.update(text)
        return text

    def _read(self, most: int) -> bytes:
        """The rest of a line, up to so many bytes."""
        try:
            return self._lines.readline(most)
        except (EOFError, OSError, zlib.error) as exc:
            raise self._wrong(f"it cannot be read on: {exc}") from exc

    def _decoded(self, text: bytes, type_: type[T]) -> T:
        try:
            return msgspec.json.decode(text, type=type_)
        except RecursionError as exc:
            raise self._wrong("its values are nested too deeply") from exc
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as exc:
            raise self._wrong(f"it is none of an organization's file: {exc}") from exc

    def _wrong(self, what: str) -> OrganizationFileError:
        return OrganizationFileError(f"{self._file}: line {self._at}: {what}")
