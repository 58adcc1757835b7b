"""A base as it was at a git revision: its files and nothing else, or a sentence that says why not. With real repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from triage.errors import TriageError
from triage.loading import load_cases, load_knowledge
from triage.loading.revisions import RevisionError, at_revision, folder_at
from triage.model import LANGUAGES

LAMP = Path(__file__).parent / "sample_knowledge" / "lamp"


def git(repository: Path, *arguments: str) -> str:
    named = ("-c", "user.name=author", "-c", "user.email=author@example.org", "-c", "commit.gpgsign=false")
    command = ["git", "-C", str(repository), *named, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the lamp base; `one` is a tag of its first commit, on `main` a rule is gone again."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:  # as set for hooks
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    root = tmp_path / "repository"
    shutil.copytree(LAMP, root / "knowledge/lamp")
    git(root.parent, "init", "--quiet", "--initial-branch=main", str(root))
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "one")
    git(root, "tag", "one")
    rules = root / "knowledge/lamp/rules.yaml"
    rules.write_text(rules.read_text("utf-8").replace("low-voltage", "voltage-is-low"), "utf-8")
    git(root, "commit", "--quiet", "--all", "--message", "two")
    monkeypatch.chdir(root)
    return root


def refusal(spec: str) -> RevisionError:
    with pytest.raises(RevisionError) as caught, at_revision(spec):
        pass
    for language in LANGUAGES:
        assert caught.value.render(language)
    assert isinstance(caught.value, TriageError)
    return caught.value


@pytest.mark.usefixtures("repository")
def test_a_base_is_read_as_it_was() -> None:
    with at_revision("one:knowledge/lamp") as before, at_revision("main:knowledge/lamp") as now:
        assert load_knowledge(before).digest == load_knowledge(LAMP).digest
        assert load_cases(before, load_knowledge(before)) == load_cases(LAMP, load_knowledge(LAMP))
        assert "voltage-is-low" in load_knowledge(now).rules
        assert "voltage-is-low" not in load_knowledge(before).rules


@pytest.mark.parametrize("revision", ["main~1", "HEAD^", "one", "refs/tags/one", "main@{0}~1", "one^{tree}"])
@pytest.mark.usefixtures("repository")
def test_a_revision_may_be_named_in_any_way_git_knows(revision: str) -> None:
    with at_revision(f"{revision}:knowledge/lamp") as before:
        assert "low-voltage" in load_knowledge(before).rules


def test_the_copy_is_gone_afterwards_and_the_repository_untouched(repository: Path) -> None:
    state = {path: path.stat().st_mtime_ns for path in repository.rglob("*") if path.is_file()}
    with at_revision("one:knowledge/lamp") as before:
        assert before.is_dir()
        assert not before.is_relative_to(repository)
    assert not before.exists()
    assert {path: path.stat().st_mtime_ns for path in repository.rglob("*") if path.is_file()} == state


def test_what_is_not_committed_is_not_seen(repository: Path) -> None:
    (repository / "knowledge/lamp/rules.yaml").write_text("not YAML: [", "utf-8")
    with at_revision("HEAD:knowledge/lamp") as now:
        assert "voltage-is-low" in load_knowledge(now).rules


@pytest.mark.parametrize(
    ("inside", "path"),
    [
        (".", "./knowledge/lamp"),
        (".", "knowledge/lamp/"),
        (".", "knowledge/../knowledge/lamp"),
        ("knowledge", "./lamp"),
        ("knowledge", "knowledge/lamp"),
        ("knowledge/lamp", "."),
        ("knowledge/lamp/cases", ".."),
        ("knowledge/lamp/cases", "../../lamp"),
    ],
)
def test_paths_start_at_the_root_of_the_repository_or_with_a_dot_here(
    repository: Path, inside: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository / inside)
    with at_revision(f"one:{path}") as before:
        assert "low-voltage" in load_knowledge(before).rules


def test_the_whole_repository_may_be_a_base(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "small"
    shutil.copytree(repository / "knowledge/lamp", root)
    git(tmp_path, "init", "--quiet", str(root))
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "one")
    monkeypatch.chdir(root)
    for spec in ("HEAD:", "HEAD:."):
        with at_revision(spec) as before:
            assert "voltage-is-low" in load_knowledge(before).rules


def test_an_existing_folder_is_a_folder_whatever_its_name(repository: Path) -> None:
    (repository / "one:knowledge").mkdir()
    with at_revision("one:knowledge") as found:
        assert found == Path("one:knowledge")
    assert found.is_dir()


@pytest.mark.usefixtures("repository")
def test_a_revision_that_is_not_there_is_named_with_the_nearest() -> None:
    error = refusal("mian:knowledge/lamp")
    assert error.code == "unknown-revision"
    assert str(error) == "the git repository has no revision `mian`; did you mean `main`?"
    assert error.render("zh") == "git 仓库里没有版本 `mian`；是不是想写 `main`？"


@pytest.mark.parametrize(
    "revision",
    ["-x", "--all", "--output=x", "^main", "main..one", "", " ", "a b", "HEAD\n", "HEAD\x00", "'", "$(touch x)", "@{-9}"],
)
def test_no_revision_is_taken_for_an_option_or_a_command(repository: Path, revision: str) -> None:
    assert refusal(f"{revision}:knowledge/lamp").code in ("unknown-revision", "not-a-folder")
    assert sorted(path.name for path in repository.iterdir()) == [".git", "knowledge"]


@pytest.mark.parametrize("path", ["knowledge/lapm", "knowledge/lamp/rules.yaml", "../elsewhere", "-x", ":(top)knowledge", "a\nb"])
@pytest.mark.usefixtures("repository")
def test_a_folder_that_was_not_there_is_named(path: str) -> None:
    error = refusal(f"main:{path}")
    assert error.code == "unknown-path"
    assert "`main`" in str(error)


@pytest.mark.usefixtures("repository")
def test_neither_folder_nor_revision_is_explained() -> None:
    error = refusal("knowledge/lapm")
    assert error.code == "not-a-folder"
    assert "`main:knowledge/power`" in str(error)


def test_outside_of_a_repository_there_are_no_revisions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    error = refusal("main:knowledge")
    assert error.code == "no-repository"
    assert tmp_path.name in str(error)


@pytest.mark.usefixtures("repository")
def test_without_git_it_is_said_that_git_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refusal("main:knowledge/lamp").code == "git-missing"


def test_a_repository_git_cannot_read_is_told_in_gits_words(repository: Path) -> None:
    (repository / ".git/config").write_text("[core\n", "utf-8")
    error = refusal("main:knowledge/lamp")
    assert error.code == "git-failed"
    assert "config" in str(error)


def test_links_are_followed_within_the_repository_and_not_out_of_it(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("secret: 1\n", "utf-8")
    folder = repository / "knowledge/lamp"
    (repository / "shared.yaml").write_text("# shared\n", "utf-8")
    for name, target in (
        ("shared.yaml", "../../shared.yaml"),
        ("out.yaml", str(tmp_path / "secret.yaml")),
        ("up.yaml", "../../../secret.yaml"),
        ("gone.yaml", "nowhere.yaml"),
        ("loop.yaml", "loop.yaml"),
        ("folder.yaml", "cases"),
    ):
        (folder / name).symlink_to(target)
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "links")
    with at_revision("HEAD:knowledge/lamp") as found:
        assert (found / "shared.yaml").read_text("utf-8") == "# shared\n"
        assert not (found / "shared.yaml").is_symlink()
        for name in ("out", "up", "gone", "loop", "folder"):
            assert not os.path.lexists(found / f"{name}.yaml")


def test_strange_file_names_come_through(repository: Path) -> None:
    names = ["a b.yaml", "卡表.yaml", 'quo"te.yaml', "new\nline.yaml", "-x.yaml", "deep/er/x.YML"]
    for name in names:
        path = repository / "knowledge/odd" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"# {name}\r\n".encode())
    (repository / "knowledge/odd/large.bin").write_bytes(b"x")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "odd")
    with at_revision("HEAD:knowledge/odd") as found:
        files = {path.relative_to(found).as_posix(): path.read_bytes() for path in found.rglob("*") if path.is_file()}
    assert files == {name: f"# {name}\r\n".encode() for name in names}


def test_a_folder_is_looked_up_in_its_own_repository(repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with folder_at(repository / "knowledge/lamp", "one") as before:
        assert "low-voltage" in load_knowledge(before).rules
    (repository / "knowledge/new").mkdir()
    with pytest.raises(RevisionError) as caught, folder_at(repository / "knowledge/new", "one"):
        pass
    assert caught.value.code == "unknown-path"
    assert "`knowledge/new`" in str(caught.value)
