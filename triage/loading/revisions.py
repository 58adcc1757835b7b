"""The files of a base as they were at a git revision, in a folder of their own for as long as they are needed.

Reads the repository with git's own commands and writes nothing into it. Knows nothing of what the files say.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from triage.errors import TriageError, nearest
from triage.model import Language, Text

__all__ = ["RevisionError", "at_revision", "folder_at"]


class RevisionError(TriageError):
    """A folder or a git revision of it that cannot be had.

    Attributes:
        code: `git-missing`, `no-repository`, `git-failed`, `unknown-revision`, `unknown-path` or `not-a-folder`.
        text: What is wrong and what to do.
    """

    def __init__(self, code: str, text: Text) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text

    def render(self, language: Language) -> str:
        """What is wrong and what to do."""
        return self.text.get(language)


@contextmanager
def at_revision(spec: str) -> Iterator[Path]:
    """A folder as it stands, or as it was at a revision.

    Args:
        spec: A folder; or `REV:PATH`, with a revision of the repository the current directory is in (a branch, a tag, a commit,
            `HEAD~2` …) and a folder's path from the repository's root, or from here if it starts with `./` or `../`. What exists
            as a folder is a folder, whatever colons its name has.

    Yields:
        A folder that holds the `*.yaml` files; of a revision, without whatever else lay beside them. It is gone afterwards.

    Raises:
        RevisionError: There is no such folder, revision, or folder at that revision; or no git, or no repository.

    Example:
        >>> with at_revision("HEAD:knowledge/power") as folder:
        ...     load_knowledge(folder)
    """
    if Path(spec).is_dir():
        yield Path(spec)
        return
    revision, colon, path = spec.partition(":")
    if not colon or not revision:
        raise _problem("not-a-folder", spec=spec)
    repository = _Repository(Path())
    with _extracted(repository, revision, repository.from_root(path)) as folder:
        yield folder


@contextmanager
def folder_at(folder: Path, revision: str) -> Iterator[Path]:
    """A folder of a repository as it was at a revision; see `at_revision`.

    Args:
        folder: It must exist; its repository is the one that is asked.
    """
    repository = _Repository(folder)
    with _extracted(repository, revision, repository.from_root("./")) as found:
        yield found


_SENTENCES = {
    "git-missing": Text(
        "没有找到 git 命令；要用 git 里的旧版本，请先安装 git", "there is no `git` command; install git to look at revisions"
    ),
    "no-repository": Text(
        "`{folder}` 不在 git 仓库里，没有旧版本可看", "`{folder}` is in no git repository, so it has no revisions"
    ),
    "git-failed": Text("git 不能读这个仓库：{why}", "git cannot read the repository: {why}"),
    "unknown-revision": Text("git 仓库里没有版本 `{revision}`{near}", "the git repository has no revision `{revision}`{near}"),
    "unknown-path": Text("版本 `{revision}` 里没有文件夹 `{path}`", "there is no folder `{path}` at revision `{revision}`"),
    "not-a-folder": Text(
        "没有文件夹 `{spec}`，它也不是“版本:文件夹”（如 `main:knowledge/power`）",
        "there is no folder `{spec}`, nor is it a revision and a folder such as `main:knowledge/power`",
    ),
}
_NEAR = Text("；是不是想写 `{near}`？", "; did you mean `{near}`?")


def _problem(code: str, near: str | None = None, **parts: str) -> RevisionError:
    sentence = _SENTENCES[code]
    hint = Text(_NEAR.zh.format(near=near), _NEAR.en.format(near=near)) if near else Text("", "")
    return RevisionError(code, Text(sentence.zh.format(near=hint.zh, **parts), sentence.en.format(near=hint.en, **parts)))


# -- asking git

_OBJECT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_FILE, _LINK = "100", "120"
"""How the modes of files and of links begin; folders of other repositories (submodules) are neither."""
_YAML = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file of a tree: its path within the folder wanted, and what to ask git for."""

    path: str
    wanted: str


class _Repository:
    """The repository a folder is in.

    Raises:
        RevisionError: There is no git, or it finds no repository there.
    """

    def __init__(self, folder: Path) -> None:
        git = shutil.which("git")
        if git is None:
            raise _problem("git-missing")
        self._command = [git, "-C", str(folder)]
        asked = self._run("rev-parse", "--show-prefix")
        if asked.returncode:
            outside = b"not a git repository" in asked.stderr
            raise _problem("no-repository", folder=folder.absolute().as_posix()) if outside else _failed(asked)
        self._prefix = os.fsdecode(asked.stdout).removesuffix("\n")

    def from_root(self, path: str) -> str:
        """A path from the repository's root, without `.` and `..` where they can be resolved; empty for the root itself."""
        relative = path in (".", "..") or path.startswith(("./", "../"))
        found = posixpath.normpath(posixpath.join(self._prefix, path) if relative else path.rstrip("/") or ".")
        return "" if found == "." else found

    def tree(self, revision: str) -> str:
        """The object that holds all files of a revision."""
        asked = revision if revision.isprintable() and not revision.startswith("-") else ""
        found = self._ask("rev-parse", "--verify", "--quiet", f"{asked}^{{tree}}") if asked else ""
        if not _OBJECT.fullmatch(found):
            names = self._ask("for-each-ref", "--format=%(refname:short)").splitlines()
            raise _problem("unknown-revision", revision=revision, near=nearest(revision, names))
        return found

    def folder(self, tree: str, path: str) -> str | None:
        """The object of a folder within a tree; None where there is none."""
        found = self._ask("rev-parse", "--verify", "--quiet", f"{tree}:{path}")
        return found if _OBJECT.fullmatch(found) and self._ask("cat-file", "-t", found) == "tree" else None

    def files(self, tree: str, path: str, folder: str) -> Iterator[_Entry]:
        """The YAML files of a folder and of all folders in it; a link stands for the file it leads to within the tree."""
        listed = self._run("ls-tree", "-r", "-z", "--full-tree", folder)
        if listed.returncode:
            raise _failed(listed)
        for line in listed.stdout.split(b"\0"):
            facts, _, raw = line.partition(b"\t")
            mode, _, rest = facts.decode().partition(" ")
            name = os.fsdecode(raw)
            if not name.lower().endswith(_YAML) or not _stays_inside(name):
                continue
            if mode.startswith(_FILE):
                yield _Entry(name, rest.split(" ")[1])
            elif mode.startswith(_LINK) and "\n" not in name:
                yield _Entry(name, f"{tree}:{posixpath.join(path, name)}")

    def write(self, entries: Sequence[_Entry], folder: Path) -> None:
        """Write files into a folder."""
        wanted = os.fsencode("".join(f"{entry.wanted}\n" for entry in entries))
        found = self._run("cat-file", "--batch", "--follow-symlinks", told=wanted)
        if found.returncode:
            raise _failed(found)
        answers = BytesIO(found.stdout)
        for entry in entries:
            data = _answer(answers)
            if data is not None:
                place = folder / entry.path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)

    def _ask(self, *arguments: str) -> str:
        """The answer in one piece, without the end of its last line; empty where git fails."""
        done = self._run(*arguments)
        return "" if done.returncode else os.fsdecode(done.stdout).removesuffix("\n")

    def _run(self, *arguments: str, told: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = [*self._command, *arguments]
        return subprocess.run(command, input=told, capture_output=True, check=False, env=_environment())  # noqa: S603 - no shell


def _failed(asked: subprocess.CompletedProcess[bytes]) -> RevisionError:
    said = asked.stderr.decode(errors="replace").strip().splitlines()
    return _problem("git-failed", why=said[0] if said else f"{asked.args[3]} → {asked.returncode}")


@contextmanager
def _extracted(repository: _Repository, revision: str, path: str) -> Iterator[Path]:
    tree = repository.tree(revision)
    folder = repository.folder(tree, path)
    if folder is None:
        raise _problem("unknown-path", revision=revision, path=path)
    with TemporaryDirectory(prefix="triage-") as made:
        repository.write(list(repository.files(tree, path, folder)), Path(made))
        yield Path(made)


def _environment() -> dict[str, str]:
    """English messages, as they are looked at; no questions, and no refreshing of the index on the way."""
    return {**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}


def _stays_inside(name: str) -> bool:
    """Whether a name from a tree is a path below a folder: a tree made by hand may hold others."""
    return not posixpath.isabs(name) and ".." not in name.split("/")


def _answer(stream: IO[bytes]) -> bytes | None:
    """One file's bytes from `cat-file --batch`; None for a link that leads nowhere, out of the tree, or to a folder.

    A found object is told as `ID TYPE SIZE`, an unresolved link as `WORD SIZE`, each followed by that many bytes and a line end;
    nothing found at all as `WHAT missing`.
    """
    words = stream.readline().split()
    if words[-1:] == [b"missing"]:
        return None
    data = stream.read(int(words[-1]))
    stream.read(1)
    return data if len(words) == 3 and words[1] == b"blob" else None
