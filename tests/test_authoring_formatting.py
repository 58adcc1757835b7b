"""One layout: nothing that is said changes, no comment is lost, twice is as once, and what is well laid out stays as it is."""

from __future__ import annotations

import re
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.authoring import formatting
from triage.authoring.formatting import format_data, format_folder
from triage.authoring.layout import Layout, laid_out
from triage.cli import main
from triage.errors import KnowledgeError
from triage.loading import load_cases, load_knowledge

ROOT = Path(__file__).parent.parent
SHIPPED = [ROOT / "knowledge" / "power", ROOT / "knowledge" / "desk", ROOT / "triage" / "authoring" / "starter"]
FILES = sorted(path for folder in SHIPPED for path in folder.rglob("*.yaml"))
HOME = ROOT / "tests" / "cli_knowledge" / "home"


def formatted(text: str) -> str:
    """The canonical form of a text that has one."""
    after, problems = format_data("x.yaml", text.encode())
    assert after is not None, problems
    return after.decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a small base."""
    shutil.copytree(HOME, tmp_path / "home")
    return tmp_path / "home"


# the canonical form


def test_the_shipped_bases_are_in_their_layout() -> None:
    assert [file.path for folder in SHIPPED for file in format_folder(folder) if file.after is None or file.changed] == []


EXAMPLES = {
    "blanks within a line": ("a:   b\nc: {  d : e,f: [ g,h ] }\n", "a: b\nc: {d: e, f: [g, h]}\n"),
    "a list goes below its key": ("a:\n    - b\n    -   c\n", "a:\n- b\n- c\n"),
    "two blanks a level": ("a:\n     b:\n       - c: d\n         e: f\n", "a:\n  b:\n  - c: d\n    e: f\n"),
    "a list in a list": ("a:\n-   - b\n    - c\n", "a:\n- - b\n  - c\n"),
    "a list below a dash of its own": ("a:\n-\n    - b\n-\n    c: d\n", "a:\n-\n  - b\n-\n  c: d\n"),
    "a value on its own line": ("a:\n      b\nc:\n  d:\n      - e\n", "a:\n  b\nc:\n  d:\n  - e\n"),
    "blank lines": ("\n\na: b\n\n\n\nc: d\n\n\n", "a: b\n\nc: d\n"),
    "blanks at the end of lines": ("a: b  \nc:\t\n- d \n", "a: b\nc:\n- d\n"),
    "line ends": ("a: b\r\nc:\r\n- d\re: f", "a: b\nc:\n- d\ne: f\n"),
    "a byte order mark": ("\ufeffa: b\n", "a: b\n"),
    "tabs between words": ("a:\tb\t# c\n", "a: b # c\n"),
    "brackets below their first item": ("a: {b:  [c,\n   d,\n   e], f: g}\n", "a: {b: [c,\n  d,\n  e], f: g}\n"),
    "aligned brackets move along": ("a:     [b,\n        c]\n", "a: [b,\n    c]\n"),
    "an open bracket at the end of its line": (
        "a:\n- b: [\n    c,\n      d\n  ]\n",
        "a:\n- b: [\n      c,\n      d\n      ]\n".replace("      ", "    "),
    ),
    "a text in quotes over several lines": ('a:\n- b: "c\n     d\n\n   e"\n', 'a:\n- b: "c\n    d\n\n    e"\n'),
    "a plain text over several lines": ("a:\n-   b: c\n           d\n", "a:\n- b: c\n    d\n"),
    "a folded text": (
        "a:\n-   b: >-\n          c\n            d\n\n          e\n    f: g\n",
        "a:\n- b: >-\n    c\n      d\n\n    e\n  f: g\n",
    ),
    "a text with its own indentation": ("a:\n    b: |2\n        c\n       d\n", "a:\n  b: |2\n      c\n     d\n"),
    "a text that keeps its blank lines": ("a:\n   b: |+\n     c\n\n\n   d: e\n", "a:\n  b: |+\n    c\n\n\n  d: e\n"),
    "a text whose blank lines end it": ("a: |\n   b\n\n\n\nc: d\n", "a: |\n  b\n\nc: d\n"),
    "a comment goes with what stands below it": ("a:\n    # b\n    - c\n    # d\n    - e\n", "a:\n# b\n- c\n# d\n- e\n"),
    "a comment that ends an entry stays with it": ("a:\n  - b: c\n    # d\n  - e\n", "a:\n- b: c\n  # d\n- e\n"),
    "a comment at the margin stays there": ("a:\n  -  b: c\n# d\n     e: f\n", "a:\n- b: c\n# d\n  e: f\n"),
    "comments within brackets": ("a: [b,  # c\n      # d\n     e]\n", "a: [b,  # c\n    # d\n    e]\n"),
    "comments at the ends of the file": ("#a\n\n\n# b\nc: d\n  # e\n#f", "#a\n\n# b\nc: d\n# e\n#f\n"),
    "quotes and words stay": ("a: 'b'\nc: \"d\"\non: off\nno: 1.0\n", "a: 'b'\nc: \"d\"\non: off\nno: 1.0\n"),
    "an anchor and an alias": ("a: &x   {b: c}\nd:  *x\n", "a: &x {b: c}\nd: *x\n"),
    "an alias as a key": ("a: &x b\n*x : c\n", "a: &x b\n*x : c\n"),
    "a key with a question mark": ("a:\n   ?  b\n   :  - c\n", "a:\n  ? b\n  : - c\n"),
    "the mark of a document": ("---\na:   b\n...\n", "---\na: b\n...\n"),
}


@pytest.mark.parametrize(("untidy", "tidy"), EXAMPLES.values(), ids=EXAMPLES)
def test_a_file_is_brought_into_the_one_layout(untidy: str, tidy: str) -> None:
    assert formatted(untidy) == tidy
    assert formatted(tidy) == tidy


def test_a_line_is_never_cut_or_joined() -> None:
    long = "x" * 500 + " y" * 200
    text = f"a: {long}\nb: [{', '.join(['item'] * 100)}]\n"

    assert formatted(text) == text


# shipped files made untidy come back as they were


def with_deeper_lists(text: str) -> str:
    """Everything below a section moved right: lists in their own columns."""
    lines = text.split("\n")
    first = next(number for number, line in enumerate(lines) if line and not line.startswith("#"))
    moved = [line if not line or (line.rstrip().endswith(":") and line[0].isalpha()) else f"   {line}" for line in lines[first:]]
    return "\n".join([*lines[:first], *moved])


UNTIDY: dict[str, Callable[[str], str]] = {
    "line ends of Windows and a byte order mark": lambda text: "\ufeff" + text.replace("\n", "\r\n"),
    "more blank lines": lambda text: "\n\n" + text.replace("\n\n", "\n\n\n\n") + "\n\n",
    "no line end": lambda text: text.removesuffix("\n"),
    "blanks at the end of lines": lambda text: text if ">-" in text else text.replace("\n", "  \n"),
    "deeper lists": with_deeper_lists,
}


@pytest.mark.parametrize("way", UNTIDY)
def test_an_untidy_shipped_file_comes_back_to_the_byte(way: str) -> None:
    for path in FILES:
        text = path.read_text("utf-8")
        assert formatted(UNTIDY[way](text)) == text, path


def test_a_base_means_the_same_afterwards_and_so_do_its_cases(folder: Path) -> None:
    knowledge = load_knowledge(folder)
    told = [(case.name, [turn.told for turn in case.turns]) for case in load_cases(folder, knowledge)]
    for path in folder.rglob("*.yaml"):
        path.write_text(
            with_deeper_lists(path.read_text("utf-8")).replace("when: {", "when:   { ").replace("text: {", "text:  { "),
            encoding="utf-8",
        )
    untidy = {path: path.read_bytes() for path in folder.rglob("*.yaml")}

    assert main(["fmt", str(folder)]) == 0

    assert all(path.read_bytes() != data for path, data in untidy.items())
    again = load_knowledge(folder)
    assert again.digest == knowledge.digest
    assert [(case.name, [turn.told for turn in case.turns]) for case in load_cases(folder, again)] == told


# any file

WORDS = st.sampled_from(["a", "on", "1", "电表", "x y", "'q: r'", '"s\\tt"', "null", "~", "a#b", "{}", "[]", "'z # z'"])
KEYS = st.sampled_from(["k", "l", "m", "n", "'o p'", "电"])
TREES = st.recursive(
    WORDS,
    lambda below: st.lists(below, min_size=1, max_size=3) | st.dictionaries(KEYS, below, min_size=1, max_size=3),
    max_leaves=12,
)
Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass
class Untidy:
    """Writes trees as YAML, laid out as nobody would: lines of their own for every entry, each with its indentation."""

    draw: Draw

    def entries(self, tree: Any, indent: int) -> list[str]:
        """The entries of a list or mapping."""
        pairs = tree.items() if isinstance(tree, dict) else ((None, item) for item in tree)
        return [line for key, below in pairs for line in self.entry(key, below, indent)]

    def entry(self, key: str | None, below: Any, indent: int) -> list[str]:
        """An entry of a mapping, or of a list (no key), and what stands before it."""
        pad, head = " " * indent, "-" if key is None else f"{key}:"
        before = self.pick([], [], [""], [f"{pad}# remark"], ["# at the margin", ""], ["", "", f"{pad} # odd"])
        gap = " " * self.pick(1, 2, 3)
        if isinstance(below, str):
            first, *rest = self.text(below, indent)
            return [*before, f"{pad}{head}{gap}{first}", *rest]
        if self.pick(True, False, False):
            return [*before, f"{pad}{head}{gap}{self.brackets(below)}{self.remark()}"]
        if key is None and isinstance(below, dict) and self.pick(True, False):  # the first key beside the dash
            first, *rest = self.entries(below, indent + 1 + len(gap))
            if first.strip() and not first.lstrip().startswith("#"):
                return [*before, f"{pad}{head}{gap}{first.lstrip()}", *rest]
        beside = 0 if key is not None and isinstance(below, list) else 1
        return [*before, f"{pad}{head}{self.remark()}", *self.entries(below, indent + self.pick(beside, 1, 2, 4))]

    def text(self, word: str, indent: int) -> list[str]:
        """A text, perhaps on several lines."""
        pad = " " * (indent + self.pick(1, 2, 5))
        lines: list[str] = self.pick(
            [word + self.remark()],
            [word + self.remark()],
            ["|  # remark", f"{pad}one  two", f"{pad}  three", "", f"{pad}four", ""],
            [">-", f"{pad}one", "", f"{pad}two"],
            ["|+", f"{pad}one", "", ""],
            ['"one  ', f"{pad}two \\", f'{pad}  three"{self.remark()}'],
            ["one", f"{pad}two", "", f"{pad}three" + self.remark()],
        )
        return lines

    def brackets(self, tree: str | list[Any] | dict[str, Any]) -> str:
        """A tree in brackets."""
        if isinstance(tree, str):
            return tree
        blank, comma = self.pick("", " "), self.pick(",", ", ", " ,  ")
        if isinstance(tree, list):
            return f"[{blank}{comma.join(self.brackets(item) for item in tree)}{blank}]"
        pairs = (f"{key}:{self.pick(' ', '   ')}{self.brackets(below)}" for key, below in tree.items())
        return f"{{{blank}{comma.join(pairs)}{blank}}}"

    def remark(self) -> str:
        return str(self.pick("", "", "  # remark", " "))

    def pick(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))


@st.composite
def files(draw: Draw) -> str:
    tree = draw(st.dictionaries(KEYS, TREES, min_size=1, max_size=3))
    end: str = draw(st.sampled_from(["", "\n", "\n\n"]))
    return "\n".join(Untidy(draw).entries(tree, 0)) + end


def remarks(text: str) -> list[str]:
    """Comments, found by a reading of their own: no word in these files but quoted ones holds ` #`."""
    found = [line.replace("'z # z'", "").partition("# ") for line in text.splitlines()]
    return [f"# {after.strip()}" for _, mark, after in found if mark]


def plain(text: str) -> Any:
    """What a file says; a line end after the last line of a text says nothing."""
    return trimmed(yaml.load(text, Loader=yaml.CBaseLoader))  # noqa: S506 - it makes texts only


def trimmed(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: trimmed(below) for key, below in part.items()}
    return [trimmed(item) for item in part] if isinstance(part, list) else part.rstrip("\n")


@settings(max_examples=300)
@given(files())
def test_any_file_says_the_same_in_one_layout_with_all_its_comments_and_twice_is_as_once(text: str) -> None:
    expected = plain(text)

    after = formatted(text)

    assert plain(after) == expected
    assert remarks(after) == remarks(text)
    assert formatted(after) == after
    assert after.endswith("\n")


# what cannot be laid out


def test_a_layout_that_would_change_a_word_or_lose_a_comment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in (
        lambda text: Layout(text.replace("b", "c"), ("# d",)),
        lambda text: Layout(text.split("#")[0] + "\n", ("# d",)),
    ):

        def lay_out(text: str, wrong: Callable[[str], Layout] = wrong) -> Layout:
            return wrong(text) if "# d" in text else laid_out(text)

        monkeypatch.setattr(formatting, "laid_out", lay_out)
        after, problems = format_data("x.yaml", b"a: b  # d\n")
        assert after is None
        assert [problem.code for problem in problems] == ["not-formatted"]


def test_a_file_that_cannot_be_read_is_told_and_left_and_the_others_are_laid_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = {"rules.yaml": b"rules:\n- {id: a\n", "facts.yaml": b"facts: [a]\nfacts: [b]\n", "said.yaml": "没电".encode("gbk")}
    for name, data in broken.items():
        (folder / name).write_bytes(data)
    (folder / "base.yaml").write_bytes((folder / "base.yaml").read_bytes() + b"\n\n\n")
    (folder / "more.yml").write_bytes(b"a: b\n")

    assert main(["fmt", str(folder), "--lang", "en"]) == 3

    printed = capsys.readouterr()
    assert re.search(rf"{folder / 'rules.yaml'}:\d:\d: this cannot be read as YAML", printed.err)
    assert f"{folder / 'facts.yaml'}:2:1: `facts` stands here twice" in printed.err
    assert f"{folder / 'said.yaml'}:1:2: byte 3 is not UTF-8" in printed.err
    assert f"{folder / 'more.yml'}:1:1: `more.yml` would not be read" in printed.err
    assert f"laid out {folder / 'base.yaml'}" in printed.out
    assert (folder / "base.yaml").read_bytes().endswith(b"source: S1\n")
    assert {name: (folder / name).read_bytes() for name in broken} == broken


def test_a_folder_without_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError):
        list(format_folder(tmp_path))


# the command


def test_check_and_diff_write_nothing_and_tell(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "rules.yaml"
    path.write_text(path.read_text("utf-8").replace("id: tripped", "id:   tripped"), encoding="utf-8")
    untidy_bytes = path.read_bytes()

    assert main(["fmt", str(folder), "--check", "--lang", "en"]) == 1
    assert f"not in its layout: {path}" in capsys.readouterr().out
    assert main(["fmt", str(path), "--diff", "--lang", "zh"]) == 1
    shown = capsys.readouterr().out.splitlines()
    assert "-- id:   tripped" in shown
    assert "+- id: tripped" in shown
    assert path.read_bytes() == untidy_bytes
    assert main(["fmt", str(folder)]) == 0
    assert main(["fmt", str(folder), "--check"]) == 0


def test_the_rights_of_a_file_and_links_to_it_stay(folder: Path) -> None:
    path, link = folder / "rules.yaml", folder / "linked.yaml"
    path.rename(folder / "there.txt")
    (folder / "there.txt").chmod(0o640)
    link.symlink_to(folder / "there.txt")
    link.write_text(link.read_text("utf-8") + "\n\n", encoding="utf-8")

    assert main(["fmt", str(link)]) == 0

    assert link.is_symlink()
    assert stat.S_IMODE((folder / "there.txt").stat().st_mode) == 0o640
    assert not (folder / "there.txt").read_text("utf-8").endswith("\n\n")
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_what_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert main(["schema", "cases", "-o", str(tmp_path / "file" / "x.json"), "--lang", "en"]) == 2
    assert re.search(r"x.json` cannot be read or written: ", capsys.readouterr().err)


def test_what_is_no_yaml_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", str(ROOT / "README.md"), "--lang", "en"]) == 2
    assert "is no `.yaml` file" in capsys.readouterr().err
