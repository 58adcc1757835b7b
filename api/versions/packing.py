"""The files of a version: out of an archive or a folder, within limits, and into a folder for the loader.

Knows nothing of what the files say.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TypeVar

from api.problems import Fault, ProblemError
from triage.errors import KnowledgeError
from triage.loading.files import MAX_BYTES, MAX_FILES, list_files
from triage.loading.mistakes import Report
from triage.model import Text

__all__ = ["ARCHIVES", "MOST_BYTES", "Files", "as_folder", "from_archive", "from_folder", "from_texts"]

Files = dict[str, str]
"""Text by path within the base's folder, with `/` on every system."""

MOST_BYTES = 2 * MAX_BYTES
"""Knowledge and cases together, unpacked."""
MOST_FILES = 2 * MAX_FILES
MOST_ENTRIES = 10 * MOST_FILES
"""What an archive may hold, whatever it is."""
LONGEST_PATH = 200
ARCHIVES = ("application/zip", "application/x-tar", "application/gzip")
"""Kinds of archives that are taken: zip; tar, plain or gzipped."""
_YAML = (".yaml", ".yml")
_UNREADABLE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)

T = TypeVar("T")
Member = tuple[str, bytes]


def from_texts(given: Mapping[str, object]) -> Files:
    """Files from a JSON object of texts by path.

    Raises:
        ProblemError: A path is not safe, or something is no text; all of them told.
    """
    wrong = [path for path, text in given.items() if not isinstance(text, str)]
    faults = [Fault("wrong-type", _pointer(path), Text("应为文字", "expected text")) for path in wrong]
    if faults:
        raise ProblemError("invalid-input", faults[0].detail, faults)
    return _checked((path, str(text).encode()) for path, text in given.items())


def from_archive(data: bytes) -> Files:
    """Files from a zip or tar; what does not end like YAML, and hidden files, are left out as the loader leaves them out.

    Raises:
        ProblemError: It is no archive, or not a safe one.
    """
    try:
        if data[:4] == b"PK\x03\x04":
            return _checked(_zipped(data))
        return _checked(_tarred(data))
    except _UNREADABLE as error:
        zh, en = "读不懂这个压缩包（应为 zip、tar 或 tar.gz）", "the archive cannot be read (expected zip, tar or tar.gz)"
        raise _refused("not-an-archive", "", Text(zh, en)) from error


def from_folder(folder: Path) -> Files:
    """The files of a base's folder, as the loader would read them.

    Raises:
        KnowledgeError: They cannot be listed.
        ProblemError: Too many, too large, or no text.
        OSError: One cannot be read.
    """
    report = Report()
    listed = [list_files(folder, report, cases=cases) or [] for cases in (False, True)]
    if report.problems:
        raise KnowledgeError(folder, report.problems)
    return _checked((name, path.read_bytes()) for part in listed for name, path in part)


@contextmanager
def as_folder(files: Mapping[str, str]) -> Iterator[Path]:
    """A folder with these files, for as long as it is needed."""
    with TemporaryDirectory(prefix="triage-") as made:
        folder = Path(made)
        for path, text in files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode())
        yield folder


def _zipped(data: bytes) -> Iterator[Member]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in _few(archive.infolist()):
            if not entry.is_dir() and _wanted(entry.filename):
                kind = entry.external_attr >> 28  # of the mode Unix gave it; 0 where none did
                if kind not in (0, 8):
                    raise _unsafe(entry.filename)
                with archive.open(entry) as file:
                    yield entry.filename, file.read(MOST_BYTES + 1)


def _tarred(data: bytes) -> Iterator[Member]:
    with tarfile.open(fileobj=io.BytesIO(_unzipped(data)), mode="r:") as archive:
        for entry in _few(archive):
            if not entry.isdir() and _wanted(entry.name):
                file = archive.extractfile(entry) if entry.isreg() else None
                if file is None:
                    raise _unsafe(entry.name)
                yield entry.name, file.read(MOST_BYTES + 1)


def _unzipped(data: bytes) -> bytes:
    if data[:2] != b"\x1f\x8b":
        return data
    plain = gzip.GzipFile(fileobj=io.BytesIO(data)).read(2 * MOST_BYTES + 1)
    if len(plain) > 2 * MOST_BYTES:
        raise _too_large()
    return plain


def _few(entries: Iterable[T]) -> Iterator[T]:
    for count, entry in enumerate(entries):
        if count >= MOST_ENTRIES:
            raise _too_large()
        yield entry


def _wanted(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    hidden = any(part.startswith(".") and part not in (".", "..") for part in parts)
    return parts[-1].lower().endswith(_YAML) and not hidden


def _checked(members: Iterable[Member]) -> Files:
    """Files whose paths stay within their folder, within limits.

    Raises:
        ProblemError: They do not.
    """
    files: Files = {}
    left = MOST_BYTES
    for path, data in members:
        name = _safe(path)
        left -= len(data)
        if left < 0 or len(files) >= MOST_FILES:
            raise _too_large()
        if name in files:
            raise _refused("twice", _pointer(path), Text(f"`{path}` 出现两次", f"`{path}` is there twice"))
        try:
            files[name] = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            place = error.start + 1
            text = Text(f"`{path}` 的第 {place} 个字节不是 UTF-8", f"byte {place} of `{path}` is not UTF-8")
            raise _refused("not-text", _pointer(path), text) from None
    if not files:
        raise _refused("no-files", "", Text("没有 YAML 文件", "there are no YAML files"))
    return files


def _safe(path: str) -> str:
    """A path as it is kept.

    Raises:
        ProblemError: It leads elsewhere, is not one on every system, or does not end like YAML.
    """
    name = path.removeprefix("./")
    plain = PurePosixPath(name)
    odd = "\\" in name or ":" in name or not name.isprintable() or name != str(plain) or len(name) > LONGEST_PATH
    if odd or plain.is_absolute() or ".." in plain.parts or not name.lower().endswith(_YAML):
        raise _unsafe(path)
    return name


def _unsafe(path: str) -> ProblemError:
    shown = path[:80].encode("utf-8", "replace").decode()
    zh = f"`{shown}` 不能作为文件路径：应为相对路径、以 .yaml 结尾、没有 `..`、不是链接"
    en = f"`{shown}` cannot be a file here: expected a relative path that ends in .yaml, without `..`, not a link"
    return _refused("unsafe-path", _pointer(path), Text(zh, en))


def _too_large() -> ProblemError:
    zh = f"文件合计超过 {MOST_BYTES} 字节或 {MOST_FILES} 个"
    return ProblemError("too-large", Text(zh, f"more than {MOST_BYTES} bytes or {MOST_FILES} files in all"))


def _refused(code: str, pointer: str, text: Text) -> ProblemError:
    return ProblemError("invalid-input", text, [Fault(code, pointer, text)])


def _pointer(path: str) -> str:
    shown = path[:LONGEST_PATH].encode("utf-8", "replace").decode()
    return "/files/" + shown.replace("~", "~0").replace("/", "~1")
