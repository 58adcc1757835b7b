"""What is to be read about findings is there, in both languages, and true: its examples are those of the drawer of findings."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from triage.checking import KINDS
from triage.checking.pages import EXPLAINED, LOADING, page_of, sentence_of
from triage.findings import SEVERITIES
from triage.formats.parts import page
from triage.loading.mistakes import SENTENCES
from triage.model import LANGUAGES, Language

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "docs" / "findings"
DRAWER = ROOT / "tests" / "findings"
GRADES: dict[Language, tuple[str, ...]] = {"zh": ("错误", "警告", "提示"), "en": SEVERITIES}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _read(kind: str, language: Language) -> str:
    text = page_of(kind, language)
    assert text is not None
    return text


def _code(text: str) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)


def test_every_kind_has_a_page_of_its_own_and_no_page_is_left_over() -> None:
    assert KINDS.keys().isdisjoint({*SENTENCES, LOADING})
    assert {path.name for path in PAGES.iterdir()} == {"README.md", *(f"{kind}.md" for kind in (*KINDS, LOADING))}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_begins_with_name_and_grade_and_keeps_to_its_language(kind: str, language: Language) -> None:
    text = _read(kind, language)
    title, _, mark, *_ = text.splitlines()
    assert title == f"# {KINDS[kind].title.get(language)}"
    assert mark == f"`{kind}` · {GRADES[language][SEVERITIES.index(KINDS[kind].severity)]}"
    words = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    assert bool(CHINESE.search(words)) is (language == "zh")
    assert len(re.findall("^## ", text, re.MULTILINE)) == (4 if _code(text) else 3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_of_a_page_are_those_of_the_drawer(kind: str) -> None:
    chinese, english = (_code(_read(kind, language)) for language in LANGUAGES)
    assert chinese == english
    if not (DRAWER / kind / "broken").is_dir():
        assert chinese == []
        return
    broken, sound = chinese
    there = {
        which: [path.read_text("utf-8") for path in sorted((DRAWER / kind / which).iterdir())] for which in ("broken", "sound")
    }
    parts = {
        which: re.split(r"^(?=- id: |\w+:\n)", code, flags=re.MULTILINE) for which, code in (("broken", broken), ("sound", sound))
    }
    for which, entries in parts.items():
        assert [entry for entry in entries if not any(entry in text for text in there[which])] == []
    assert any(entry not in text for entry in parts["broken"] for text in there["sound"] if entry)
    assert f"tests/findings/{kind}/" in _read(kind, "en")


def test_the_index_lists_the_kinds_gravest_first_in_both_languages() -> None:
    halves = (PAGES / "README.md").read_text("utf-8").split("\n---\n")
    assert len(halves) == 2
    for language, half in zip(LANGUAGES, halves, strict=True):
        rows = re.findall(r"^\| \[`([a-z-]+)`\]\(([a-z-]+)\.md\) \| (\S+) \| (.+) \|$", half, re.MULTILINE)
        assert [name for name, *_ in rows] == [LOADING, *KINDS]
        assert all(name == link for name, link, *_ in rows)
        assert [grade for *_, grade, _ in rows[1:]] == [GRADES[language][SEVERITIES.index(k.severity)] for k in KINDS.values()]
        assert [title for *_, title in rows[1:]] == [kind.title.get(language) for kind in KINDS.values()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_about_loading_has_every_mistake_with_its_sentence(language: Language) -> None:
    listed = re.findall(r"^- `([a-z0-9-]+)`(?:：|: )(.+)$", _read(LOADING, language), re.MULTILINE)
    there = [(code, sentence_of(code).get(language)) for code in SENTENCES]
    assert set(listed) == set(there), f"docs/findings/loading.md lacks {set(there) - set(listed)}"
    assert listed == there


def test_a_sentence_is_shown_with_dots_for_its_parts() -> None:
    assert sentence_of("unknown-placeholder").en == "the placeholder `{…}` names nothing declared"
    assert sentence_of("broken-braces").en.count("{name}") == 1
    assert all(
        "{" not in sentence_of(code).zh.replace("{…}", "").replace("{name}", "").replace("{ticked", "") for code in SENTENCES
    )


@pytest.mark.parametrize("kind", EXPLAINED)
def test_wherever_a_finding_is_shown_its_page_is_one_that_exists(kind: str) -> None:
    assert (ROOT / page(kind)).is_file()
    for language in LANGUAGES:
        assert len(_read(kind, language)) > 20


@pytest.mark.parametrize("kind", ["README", "", "../findings/tie", "no-such-kind"])
def test_what_is_no_kind_has_no_page(kind: str) -> None:
    assert page_of(kind, "zh") is None


def test_the_pages_come_with_the_package() -> None:
    built = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert built["force-include"]["docs/findings"] == "triage/docs/findings"
