"""Logs of decisions as files: JSON Lines (also gzipped) and Parquet, read in batches of columns, and written.

Reading is tolerant: what cannot be used is told by its number, the rest is used. What a file is shows in its first bytes, not in
its name. Knows nothing of bases.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import IO, Any, cast

import orjson

from triage.batches import Batch, batch_of
from triage.errors import InputError, TriageError
from triage.model import Language, Text
from triage.records import Record, as_json, read_record
from triage.refusals import refusal

__all__ = ["MOST_BROKEN", "Broken", "Log", "LogError", "write_json_lines", "write_parquet"]

MOST_BROKEN = 20
"""Broken records that are told one by one; beyond, they are only counted."""
LONGEST_LINE = 1024 * 1024
"""Bytes of one record: a call with every field at its longest is far below this."""
LINES = 4_096
"""Records in a batch of lines: they are large until they are columns."""

_BOM = b"\xef\xbb\xbf"


class LogError(TriageError):
    """A log that cannot be read at all."""

    code = "log"

    def __init__(self, path: Path, text: Text) -> None:
        super().__init__(path, text)
        self.path = path
        self.text = text

    def render(self, language: Language) -> str:
        """Which file, what is wrong, what to do."""
        return f"{self.path.as_posix()}: {self.text.get(language)}"


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that could not be used: its line or row, counted from 1, and why."""

    number: int
    text: Text


@dataclass
class Log:
    """One log file.

    Attributes:
        broken: Records that could not be used, the first `MOST_BROKEN` of them; `broken_count` counts all. Like `done`, both are
            about the last reading.
        done, total: How much has been read, and how much there is: bytes, or rows of Parquet.

    Raises:
        LogError: It cannot be opened.
    """

    path: Path
    broken: list[Broken] = field(default_factory=list)
    broken_count: int = 0
    done: int = 0

    def __post_init__(self) -> None:
        with self._opened() as file:
            start = file.read(4)
        self._parquet = start == b"PAR1"
        self._gzip = start[:2] == b"\x1f\x8b"
        self.total = self._rows() if self._parquet else self.path.stat().st_size

    def batches(self) -> Iterator[Batch]:
        """All records that can be used, in the order of the file; may be called again.

        Raises:
            LogError: The file is not what it seems to be.
        """
        self._start()
        return self._row_groups() if self._parquet else self._lines()

    def records(self) -> Iterator[Record]:
        """The same one by one, whole."""
        self._start()
        if self._parquet:
            with self._readable():
                yield from _parquet(self.path).read_records(self.path, self._report)
        else:
            with self._opened() as file:
                yield from self._parsed(file, whole=True)

    def _start(self) -> None:
        self.broken, self.broken_count, self.done = [], 0, 0

    def _report(self, number: int, text: Text) -> None:
        self.broken_count += 1
        if len(self.broken) < MOST_BROKEN:
            self.broken.append(Broken(number, text))

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        try:
            with self.path.open("rb") as file:
                yield file
        except OSError as error:
            why = refusal(error)
            raise LogError(self.path, Text(f"打不开：{why.zh}", f"cannot be opened: {why.en}")) from error

    # -- JSON Lines

    def _lines(self) -> Iterator[Batch]:
        with self._opened() as file:
            read = self._parsed(file, whole=False)
            while (batch := batch_of(islice(read, LINES))).size:
                self.done = file.tell()
                yield batch

    def _parsed(self, file: IO[bytes], whole: bool) -> Iterator[Record]:
        plain = cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if self._gzip else file
        for number, line in enumerate(self._raw(plain), start=1):
            if not line.strip():
                continue
            try:
                yield read_record(_json(line), whole=whole)
            except InputError as error:
                self._report(number, Text(error.render("zh"), error.render("en")))

    def _raw(self, file: IO[bytes]) -> Iterator[bytes]:
        """Lines; one that is too long comes cut, and its rest is skipped. A damaged archive ends where it is damaged."""
        number = 0
        try:
            while line := file.readline(LONGEST_LINE):
                number += 1
                yield line.removeprefix(_BOM) if number == 1 else line
                while len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                    line = file.readline(LONGEST_LINE)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self._report(
                number + 1, Text("压缩文件到此损坏，后面的读不出来", "the archive is damaged here; the rest cannot be read")
            )

    # -- Parquet

    def _rows(self) -> int:
        with self._readable():
            return cast(int, _parquet(self.path).rows_in(self.path))

    def _row_groups(self) -> Iterator[Batch]:
        with self._readable():
            for batch in _parquet(self.path).read_rows(self.path, self._report):
                self.done += batch.size
                yield batch

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except InputError as error:
            raise LogError(self.path, error.text) from error
        except _parquet(self.path).UNREADABLE as error:
            text = Text(f"读不了这个 Parquet 文件（{error}）", f"this Parquet file cannot be read ({error})")
            raise LogError(self.path, text) from error


def write_json_lines(records: Iterable[Record], file: IO[bytes]) -> int:
    """Write records, one a line; how many they were."""
    count = 0
    for count, record in enumerate(records, start=1):  # noqa: B007 - the last one is the count
        file.write(orjson.dumps(as_json(record), option=orjson.OPT_APPEND_NEWLINE))
    return count


def write_parquet(records: Iterable[Record], path: Path, facts: Sequence[str], inferred: Sequence[str]) -> int:
    """Write records as Parquet; how many they were. Holds some ten thousand records at once.

    Args:
        facts, inferred: Facts that get columns; values of others are kept, but take longer to read.

    Raises:
        LogError: `pyarrow` is not installed, or the file cannot be written.
    """
    module = _parquet(path)
    try:
        return cast(int, module.write_rows(records, path, facts, inferred))
    except OSError as error:
        why = refusal(error)
        raise LogError(path, Text(f"写不进去：{why.zh}", f"cannot be written: {why.en}")) from error
    except module.UNREADABLE as error:
        raise LogError(path, Text(f"写不进去：{error}", f"cannot be written: {error}")) from error


def _parquet(path: Path) -> ModuleType:
    """What reads and writes Parquet.

    Raises:
        LogError: `pyarrow` is not installed.
    """
    try:
        from triage import parquet  # noqa: PLC0415 - pyarrow is large, and only those need it who use Parquet
    except ImportError as error:
        text = Text(
            "读写 Parquet 需要 pyarrow，这里没有装；请在 triage 所在的环境里运行 pip install pyarrow"
            "（或在本项目的文件夹里 pip install '.[parquet]'），或者改用 JSON Lines",
            "Parquet needs pyarrow, which is not installed here; run pip install pyarrow in the environment triage runs in (or "
            "pip install '.[parquet]' in the project's folder), or use JSON Lines",
        )
        raise LogError(path, text) from error
    return parquet


def _json(line: bytes) -> Any:
    """What a line holds.

    Raises:
        InputError: It is not JSON.
    """
    if len(line) == LONGEST_LINE:
        raise InputError("too-large", "", Text(f"超过 {LONGEST_LINE} 字节", f"more than {LONGEST_LINE} bytes"))
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InputError("not-json", "", Text(f"不是 JSON（{error}）", f"not JSON ({error})")) from error
