"""A base is looked at again at every save: what changed is told, half-written files do no harm, and it ends when it is told to.

Library first, on files that are really written; then the command as a process of its own.
"""

from __future__ import annotations

import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from triage.authoring.starting import new_base
from triage.authoring.watching import Watch, saves
from triage.findings import Finding
from triage.model import KnowledgeBase, Text

ROOT = Path(__file__).parent.parent
LIMIT = 60
"""Seconds after which something that should have come is given up."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small sound base."""
    new_base(tmp_path / "kitchen")
    return tmp_path / "kitchen"


def change(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def names(outcomes: object) -> list[str]:
    return [outcome.case.name for outcome in outcomes]  # type: ignore[attr-defined]


# looking


def test_the_first_look_runs_all_cases_and_finds_all_there_is(folder: Path) -> None:
    watch = Watch(folder)
    look = watch.look()
    assert (look.problems, look.cases, look.ran, look.failing, look.changed) == ((), 5, 5, (), True)
    found = watch.check()
    assert found is not None
    assert (found.findings, found.new, found.gone) == ((), (), 0)


def test_only_cases_that_can_go_otherwise_are_run_and_what_turns_is_told(folder: Path) -> None:
    watch = Watch(folder)
    watch.look()

    change(folder, "rules/start.yaml", "{fault: bottle_empty, wet_floor: not_seen}", "{fault: bottle_empty, wet_floor: seen}")
    look = watch.look()
    assert look.changed
    assert 0 < look.ran < look.cases
    assert names(look.failing) == ["桶空了，地上没有水：自己换一桶"]
    assert (look.mended, look.still) == ((), ())

    change(folder, "rules/start.yaml", "# 示例", "# 还是示例")
    look = watch.look()
    assert not look.changed
    assert (look.ran, names(look.still), look.failing) == (1, ["桶空了，地上没有水：自己换一桶"], ())

    change(folder, "rules/start.yaml", "{fault: bottle_empty, wet_floor: seen}", "{fault: bottle_empty, wet_floor: not_seen}")
    look = watch.look()
    assert names(look.mended) == ["桶空了，地上没有水：自己换一桶"]
    assert (look.failing, look.still) == ((), ())


def test_cases_that_are_written_or_rewritten_are_run_and_deleted_ones_forgotten(folder: Path) -> None:
    watch = Watch(folder)
    watch.look()
    path = folder / "cases" / "start.cases.yaml"
    text = path.read_text("utf-8")

    more = "cases:\n- case: one more\n  source: S1\n  given: {trouble: leaking}\n  if_ended_now: {fault: bottle_empty}\n"
    (folder / "cases" / "more.cases.yaml").write_text(more, encoding="utf-8")
    look = watch.look()
    assert (look.cases, look.ran, names(look.failing)) == (6, 1, ["one more"])

    path.write_text(text.replace("status: decided, ", ""), encoding="utf-8")
    look = watch.look()
    assert (look.ran, names(look.still)) == (2, ["one more"])

    (folder / "cases" / "more.cases.yaml").unlink()
    look = watch.look()
    assert (look.cases, look.ran, look.still, look.mended) == (5, 0, (), ())


def test_mistakes_are_told_and_then_it_is_compared_with_the_last_time_all_was_well(folder: Path) -> None:
    watch = Watch(folder)
    watch.look()
    change(folder, "rules/start.yaml", "wet_floor: seen", "wet_flor: seen")

    look = watch.look()

    assert look.knowledge is None
    assert [problem.code for problem in look.problems] == ["unknown-fact"]
    assert watch.check() is None
    change(folder, "rules/start.yaml", "wet_flor: seen", "wet_floor: seen")
    look = watch.look()
    assert (look.problems, look.ran, look.cases) == ((), 0, 5)


def test_mistakes_in_cases_leave_out_those_cases_only(folder: Path) -> None:
    watch = Watch(folder)
    watch.look()
    change(folder, "cases/start.cases.yaml", "{trouble: unknown, wet_floor: not_seen}", "{truoble: unknown, wet_floor: not_seen}")
    look = watch.look()
    assert [problem.code for problem in look.problems] == ["unknown-fact"]
    assert (look.cases, look.failing, look.torn) == (4, (), ())


def test_a_case_file_torn_in_two_is_named(folder: Path) -> None:
    watch = Watch(folder)
    watch.look()
    change(folder, "cases/start.cases.yaml", "cases:", "cases: [")
    look = watch.look()
    assert (look.torn, look.cases) == (("cases/start.cases.yaml",), 0)
    change(folder, "cases/start.cases.yaml", "cases: [", "cases:")
    look = watch.look()
    assert (look.torn, look.cases, look.problems) == ((), 5, ())


def test_clauses_that_tie_are_a_mistake_with_its_example(folder: Path) -> None:
    change(folder, "rules/start.yaml", "{bottle: empty}\n", "{trouble: no_water}\n")
    look = Watch(folder).look()
    assert [problem.code for problem in look.problems] == ["tie"]


def test_findings_are_told_as_new_and_as_gone_and_only_sought_when_knowledge_changed(folder: Path) -> None:
    looked: list[KnowledgeBase] = []

    def examine(knowledge: KnowledgeBase) -> tuple[list[Finding], int]:
        looked.append(knowledge)
        about = [name for name in knowledge.rules if name.startswith("a")]
        return [Finding("some-kind", "note", name, None, Text("", "")) for name in about], 0

    watch = Watch(folder, examine)
    watch.look()
    first = watch.check()
    assert first is not None
    assert len(first.new) == len(first.findings) == 2

    change(folder, "rules/start.yaml", "id: a-leak-or-a-noise", "id: an-other-noise")
    change(folder, "cases/start.cases.yaml", "a-leak-or-a-noise", "an-other-noise")
    watch.look()
    second = watch.check()
    assert second is not None
    assert [finding.about for finding in second.new] == ["an-other-noise-is-the-machine"]
    assert second.gone == 1

    change(folder, "cases/start.cases.yaml", "# 示例", "# 还是示例")
    watch.look()
    third = watch.check()
    assert third is not None
    assert (third.findings, third.new, third.gone) == (second.findings, (), 0)
    assert len(looked) == 2


# noticing


class Noticed:
    """What `saves` yields, counted by a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self._times: queue.Queue[tuple[str, ...]] = queue.Queue()
        self._running = True
        threading.Thread(target=self._run, args=(saves(folder, pause=0.02),), daemon=True).start()

    def _run(self, noticed: Iterator[tuple[str, ...]]) -> None:
        for changed in noticed:
            if not self._running:
                return
            self._times.put(changed)

    def next(self) -> tuple[str, ...]:
        return self._times.get(timeout=LIMIT)

    def stop(self, folder: Path) -> int:
        """End it, and say how often more it was noticed."""
        self._running = False
        (folder / "last.yaml").write_text("a: b\n", encoding="utf-8")
        return self._times.qsize()


def rewritten(folder: Path) -> None:
    change(folder, "rules/start.yaml", "priority: 50", "priority: 55")


def renamed_over(folder: Path) -> None:
    (folder / "rules" / ".swap").write_text((folder / "rules" / "start.yaml").read_text("utf-8") + "# more\n", encoding="utf-8")
    (folder / "rules" / ".swap").replace(folder / "rules" / "start.yaml")


def added(folder: Path) -> None:
    (folder / "new").mkdir()
    (folder / "new" / "more.yaml").write_text("rules: []\n", encoding="utf-8")


def deleted(folder: Path) -> None:
    (folder / "parameters.yaml").unlink()


def taken_away(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))


@pytest.mark.parametrize("save", [rewritten, renamed_over, added, deleted, taken_away], ids=lambda save: save.__name__)
def test_every_way_of_saving_is_noticed(folder: Path, save: Callable[[Path], None]) -> None:
    noticed = Noticed(folder)
    noticed.next()
    save(folder)
    noticed.next()


def test_it_is_said_which_files_changed_came_or_went(folder: Path) -> None:
    noticed = Noticed(folder)
    assert noticed.next() == ()
    rewritten(folder)
    assert noticed.next() == (str(folder / "rules" / "start.yaml"),)
    deleted(folder)
    assert noticed.next() == (str(folder / "parameters.yaml"),)


def test_a_folder_that_comes_back_is_noticed(folder: Path) -> None:
    noticed = Noticed(folder)
    noticed.next()
    taken_away(folder)
    noticed.next()
    folder.with_name("elsewhere").rename(folder)
    noticed.next()


def test_hidden_files_and_files_that_are_no_yaml_are_not_noticed(folder: Path) -> None:
    noticed = Noticed(folder)
    noticed.next()
    (folder / ".rules.yaml.swp").write_text("x", encoding="utf-8")
    (folder / ".git").mkdir()
    (folder / ".git" / "a.yaml").write_text("x", encoding="utf-8")
    (folder / "notes.txt").write_text("x", encoding="utf-8")
    rewritten(folder)
    noticed.next()
    assert noticed.stop(folder) == 0


# the command


class Watching:
    """`triage watch` as a process; what it prints, line by line."""

    def __init__(self, *arguments: str, **environ: str) -> None:
        env = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "COLUMNS": "80", **environ}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "triage", "watch", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            env=env,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads run in the child yet
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def round(self, words: str, end: str = "waiting for a save") -> str:
        """The next round in which some words are printed: files may be seen while only some of them are written."""
        rounds = [self._one(end, ())]
        while words not in rounds[-1]:
            rounds.append(self._one(end, rounds))
        return rounds[-1]

    def _one(self, end: str, before: Sequence[str]) -> str:
        """What is printed until it waits again."""
        seen = ""
        while end not in seen:
            try:
                line = self._lines.get(timeout=LIMIT)
            except queue.Empty:
                line = None
            assert line is not None, [*before, seen]
            seen += line
        return seen

    def stop(self) -> tuple[int, str]:
        """Press Ctrl-C; the exit code, and what was still printed."""
        self._process.send_signal(signal.SIGINT)
        return self.finished()

    def finished(self) -> tuple[int, str]:
        """Wait for its end; the exit code, and what was still printed."""
        code = self._process.wait(LIMIT)
        rest = iter(lambda: self._lines.get(timeout=LIMIT), None)
        return code, "".join(line for line in rest if line)

    def end(self) -> None:
        self._process.kill()
        self._process.wait(LIMIT)
        if self._process.stdout is not None:
            self._process.stdout.close()


@pytest.fixture
def watching() -> Iterator[Callable[..., Watching]]:
    started: list[Watching] = []

    def start(*arguments: str, **environ: str) -> Watching:
        started.append(Watching(*arguments, **environ))
        return started[-1]

    yield start
    for one in started:
        one.end()


def test_an_author_at_work_sees_each_save_judged(folder: Path, watching: Callable[..., Watching]) -> None:
    watch = watching(str(folder))
    seen = watch.round("cases: 5 of 5 pass; run this time: 5")
    assert "checks: errors 0, warnings 0, notes 0; new 0, gone 0" in seen
    assert re.search(r"^\d\d:\d\d:\d\d · ", seen, re.MULTILINE)
    assert "changed" not in seen

    change(folder, "rules/start.yaml", "wet_floor: seen", "wet_flor: seen")
    seen = watch.round("mistakes: 1; cases and checks wait")
    assert f"{folder}/rules/start.yaml:8:10: unknown fact `wet_flor`; did you mean `wet_floor`?" in seen
    assert " · changed: rules/start.yaml\n" in seen

    change(folder, "rules/start.yaml", "wet_flor: seen", "wet_floor: seen")
    watch.round("cases: 5 of 5 pass; run this time: 0")

    change(folder, "rules/start.yaml", "{fault: bottle_empty, wet_floor: not_seen}", "{fault: bottle_empty}")
    seen = watch.round("cases: 4 of 5 pass")
    assert f"{folder}/cases/start.cases.yaml:12:3: fails: 桶空了，地上有没有水说不清：照样派人" in seen
    assert "`action` should be settled as `dispatch` (somebody is sent), but is `change_bottle`" in seen
    assert f"{folder}/facts/start.yaml:14:3: error: with `wet_floor` unknown nobody is sent" in seen
    assert "[evidence-law]\n  on {trouble: no_water, bottle: empty}\n" in seen
    assert "checks: errors 1, warnings 0, notes 0; new 1, gone 0" in seen

    change(folder, "rules/start.yaml", "when: {fault: bottle_empty}\n", "when: {fault: bottle_empty, wet_floor: not_seen}\n")
    seen = watch.round("cases: 5 of 5 pass")
    assert "passes again: 桶空了，地上有没有水说不清：照样派人" in seen

    change(folder, "cases/start.cases.yaml", "cases:", "cases: [")
    assert "cases/start.cases.yaml is not sound YAML: none of its cases was run\n" in watch.round("cases: 0 of 0 pass")
    change(folder, "cases/start.cases.yaml", "cases: [", "cases:")
    watch.round("cases: 5 of 5 pass")

    shutil.rmtree(folder)
    assert " and others, " in watch.round("is not a folder")
    new_base(folder)
    watch.round("cases: 5 of 5 pass")

    code, rest = watch.stop()
    assert code == 0
    assert rest.endswith("Stopped watching\n")
    assert "Traceback" not in rest


def test_it_speaks_chinese_and_keeps_the_editor_s_schema_up_to_date(
    folder: Path, tmp_path: Path, watching: Callable[..., Watching]
) -> None:
    watch = watching(str(folder), "--schema", str(tmp_path / "vscode"), LC_ALL="zh_CN.UTF-8")
    waits = "等您保存"
    watch.round("用例：5/5 通过，这次跑了 5 个", waits)
    schema = tmp_path / "vscode" / "kitchen-knowledge.schema.json"
    assert "焦味" not in schema.read_text("utf-8")
    more = "facts:\n- id: smell\n  text: {zh: 气味, en: smell}\n  values: {burnt: {zh: 焦味, en: burnt}}\n  source: S\n"
    more += "questions:\n- id: smell\n  fills: [smell]\n  text: {zh: 有气味吗？, en: Is there a smell?}\n"
    (folder / "facts" / "more.yaml").write_text(more, encoding="utf-8")
    watch.round("检查：", waits)
    assert "焦味" in schema.read_text("utf-8")
    code, rest = watch.stop()
    assert code == 0
    assert rest.endswith("不再守着了\n")


def test_notes_of_the_first_look_are_counted_and_said_where_to_be_seen_and_later_ones_shown(
    folder: Path, watching: Callable[..., Watching]
) -> None:
    more = "rules:\n- id: again\n  when: {bottle: empty}\n  then: {fault: bottle_empty}\n"
    more += "  because: {zh: 又一次, en: again}\n  source: S\n"
    (folder / "rules" / "more.yaml").write_text(more, encoding="utf-8")
    watch = watching(str(folder))
    seen = watch.round("checks: ")
    assert re.search(rf"warnings 0, notes [1-9]\d* \(triage check {folder} shows them\)\n", seen)
    assert "note:" not in seen

    (folder / "rules" / "more.yaml").write_text(more.replace("id: again", "id: once-more"), encoding="utf-8")
    seen = watch.round("once-more")
    assert "rules/more.yaml:2:3: note: without rule `once-more` every call ends the same" in seen
    assert re.search(r"warnings 0, notes [1-9]\d*; new [1-9]\d*, gone [1-9]", seen)


def test_a_base_that_is_not_there_is_an_error(tmp_path: Path, watching: Callable[..., Watching]) -> None:
    code, said = watching(str(tmp_path / "none")).finished()
    assert code == 2
    assert "there is no folder and no base" in said
