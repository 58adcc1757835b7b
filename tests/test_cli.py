"""The command line as people meet it: piped answers, a real terminal, real exit codes, both languages."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from string import Formatter

import pytest
from rich.cells import cell_len

from triage.assessment import Option, QuestionToAsk
from triage.cli import Exit, main
from triage.cli.bases import base_folder, shipped_bases
from triage.cli.dialogue import Dialogue
from triage.cli.language import language_for, language_of
from triage.cli.paragraph import line_breaks
from triage.cli.screen import clean
from triage.cli.typed import Key, Reading, UnclearError, understand
from triage.cli.words import WORDS
from triage.model import Patience

ROOT = Path(__file__).parent.parent
HOME = str(ROOT / "tests/cli_knowledge/home")
CLI = ROOT / "triage/cli"


@dataclass
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    def after(self, words: str) -> str:
        """What was printed after some words, which must be there."""
        assert words in self.out, self.out
        return self.out.partition(words)[2]


Triage = Callable[..., Said]


@pytest.fixture
def triage(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Triage:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str, typed: str = "", lang: str = "en") -> Said:
        monkeypatch.setenv("LC_ALL", {"en": "C.UTF-8", "zh": "zh_CN.UTF-8"}[lang])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode())))
        code = main(arguments)
        printed = capsys.readouterr()
        out = "".join(f"{line.rstrip()}\n" for line in printed.out.splitlines())
        return Said(code, out, printed.err)

    return run


def answers(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def process(*arguments: str, typed: bytes = b"", **environ: str) -> subprocess.CompletedProcess[bytes]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "PYTHONIO"))}
    env |= {"PYTHONPATH": str(ROOT), "COLUMNS": "80", "LC_ALL": "C.UTF-8", **environ}
    command = [sys.executable, "-m", "triage", *arguments]
    return subprocess.run(command, input=typed, capture_output=True, env=env, timeout=60, check=False)


# -- ask: the way to a decision


def test_an_interview_ends_with_the_decision_and_its_reasons(triage: Triage) -> None:
    said = triage("ask", HOME, typed=answers("1", "0", "2", "1"))
    assert said.code == Exit.FINE
    end = said.after("Decided")
    assert "Provisional" not in end
    assert re.search(r"fault +the house", end)
    assert re.search(r"action +see to it yourself", end)
    assert re.search(r"normal · 90", end)
    assert "Unplug everything" in end
    assert "The main switch trips, so it is the house." in end
    assert "tripped · source: S1, S2" in end


def test_an_interview_speaks_chinese_where_the_environment_does(triage: Triage) -> None:
    said = triage("ask", HOME, typed=answers("1", "0", "2", "1"), lang="zh")
    assert said.code == Exit.FINE
    assert "总开关跳开，问题在家里。" in said.after("已有定论")
    own_words = re.sub(r"home|tripped|S1|S2|[\d.]+|[?busn>]", "", said.out)
    assert not re.search(r"[A-Za-z]{2}", own_words)


def test_alerts_come_before_the_next_question_once_and_again_with_the_decision(triage: Triage) -> None:
    said = triage("ask", HOME, typed=answers("1", "wire_down", "b", "1 2"))
    before, after = said.out.split("Decided", 1)
    assert before.count("Keep 8 metres away") == 1
    assert "Leave at once" not in before
    assert after.count("Leave at once and call 119.") == 2


def test_an_alert_that_had_gone_is_said_again_when_it_comes_back(triage: Triage) -> None:
    said = triage("ask", HOME, typed=answers("1", "1", "b", "0", "b", "1"))
    before, _, after = said.out.rpartition("Decided")
    assert before.count("Keep 8 metres away") == 2
    assert after.count("Keep 8 metres away") == 1


def test_the_region_fills_the_texts(triage: Triage) -> None:
    assert "Keep 20 metres away" in triage("ask", HOME, "--region", "hills", typed=answers("1", "1")).out


def test_how_many_questions_are_left_is_told_and_comes_down(triage: Triage) -> None:
    said = triage("ask", HOME, typed=answers("1", "0", "2", "1"))
    assert re.findall(r"Question \d · ([^─]+?) ─", said.out) == [
        "2–5 to go for the caller, about 3.4",
        "1–3 to go for the caller, about 2.3",
        "1–2 to go for the caller, about 1.6",
        "the last one",
    ]


def test_an_answer_may_be_a_number_an_id_a_label_or_full_width(triage: Triage) -> None:
    for typed in (
        ("1", "0", "2", "1"),
        ("no_power", "0", "fine", "tripped"),
        ("No Power", "0", "fine", "tripped"),
        ("１", "０", "２", "１"),
    ):
        assert "The main switch trips" in triage("ask", HOME, typed=answers(*typed)).out


def test_what_is_no_answer_is_asked_for_again(triage: Triage) -> None:
    said = triage("ask", HOME, typed=answers("9", "", "1 2", "x", "1"))
    assert said.out.count("Please answer with a number from 1 to 2, or u ? b s") == 2
    assert "Only one can hold here" in said.out
    assert said.out.count("What is the trouble?") == 1


def test_none_of_these_cannot_be_joined_with_a_tick(triage: Triage) -> None:
    said = triage("ask", HOME, typed=answers("1", "0 1", "1 u", "1、2"))
    assert "0 means none of these" in said.out
    assert "u means cannot tell" in said.out
    assert "Noted: a wire is down / fire" in said.out


def test_a_reading_may_be_typed_with_its_unit(triage: Triage) -> None:
    typed = ("flicker", "0", "1", "2")
    assert "voltage = low" in triage("ask", HOME, typed=answers(*typed, "197.5V")).out
    assert "voltage = within limits" in triage("ask", HOME, typed=answers(*typed, "198")).out
    unsure = triage("ask", HOME, typed=answers(*typed, "7"))
    assert "Please give a reading with its unit, such as 7V" in unsure.out


def test_why_tells_what_the_answers_would_tell_apart(triage: Triage) -> None:
    said = triage("ask", HOME, typed=answers("1", "0", "?", "2", "?"))
    scope, breaker = said.out.split("The answer changes the outcome:")[1:]
    assert re.search(r"out too\n +fault: the line; action: send a crew", scope)
    assert re.search(r"tripped\n +fault: the house; action: see to it yourself", breaker)


def test_why_of_an_earlier_question_leaves_its_own_answer_out(triage: Triage) -> None:
    said = triage("ask", HOME, typed=answers("1", "0", "2", "b", "?"))
    assert re.search(r"out too\n +fault: the line; action: send a crew", said.after("Back to question 3"))


def test_an_act_says_what_is_done(triage: Triage) -> None:
    said = triage("ask", HOME, typed=answers("1", "0", "2"))
    assert "Something is done here: close the main switch" in said.after("Question 4")


# -- ask: back and stop


def test_a_changed_answer_loses_no_other(triage: Triage) -> None:
    said = triage("ask", HOME, typed=answers("1", "0", "2", "b", "b", "b", "2", "b", "b", "b", "1", "1"))
    back = said.after("Back to question 1")
    assert "No longer applies" not in back  # nothing was told of the main switch yet
    assert "What about the lamps at home?" in back
    assert said.out.count("Is there any of these dangers?") == 3  # once asked, twice gone back to
    assert re.search(r"fault +the house", said.after("Decided"))


def test_answers_that_no_longer_apply_are_shown_and_kept(triage: Triage) -> None:
    typed = ("1", "0", "2", "2", "b", "b", "b", "b", "2", "b", "b", "b", "b", "1")
    said = triage("ask", HOME, typed=answers(*typed))
    assert "No longer applies (kept): main switch = closed" in said.out
    assert "Applies again: main switch = closed" in said.out
    assert said.out.count("Decided") == 2
    assert "somebody has to look" in said.out.rpartition("Decided")[2]


def test_enter_keeps_an_earlier_answer(triage: Triage) -> None:
    said = triage("ask", HOME, typed=answers("1", "0", "b", "", "2", "1"))
    assert "Answered: none of these (Enter keeps it)" in said.out
    assert "Unchanged" in said.out
    assert re.search(r"fault +the house", said.after("Decided"))


def test_there_is_no_way_back_from_the_first_question(triage: Triage) -> None:
    said = triage("ask", HOME, typed=answers("b", "1", "b", "b"))
    assert said.out.count("There is no earlier question") == 2


@pytest.mark.parametrize("end", ["s\n", ""])
def test_stopping_and_the_end_of_input_give_the_provisional_card(triage: Triage, end: str) -> None:
    said = triage("ask", HOME, typed=answers("1", "0") + end)
    assert said.code == Exit.UNDECIDED
    card = said.after("Stopped early: provisional decision")
    assert "Provisional decision (more would be asked)" in card
    assert re.search(r"action +send a crew", card)
    assert "What is your address?" not in card
    assert "Still missing: address, phone" in card


def test_an_interview_without_any_input_ends_at_once(triage: Triage) -> None:
    assert triage("ask", HOME).code == Exit.UNDECIDED


# -- ask: contradictions, patience, systems, fields


def test_a_contradiction_is_said_and_the_resolving_question_asked_again(triage: Triage) -> None:
    typed = ("2", "0", "1", "1", "b", "b", "2")
    said = triage("ask", HOME, typed=answers(*typed, "1"))
    clash = said.after("This does not fit together")
    assert "The street is dark and yet some of your lamps shine?" in clash
    assert "Answers that do not fit: lamp = some shine, neighbours = out too" in clash
    assert clash.index("Asked again") < clash.index("What about the lamps at home?") < clash.index("Decided")
    stopped = triage("ask", HOME, typed=answers(*typed, "s"))
    assert stopped.code == Exit.UNDECIDED
    assert "does not fit together" in stopped.after("Stopped early")


def test_too_many_answers_that_tell_nothing_end_the_base_s_patience(triage: Triage) -> None:
    said = triage("ask", HOME, typed=answers("1", "u", "u"))
    assert "2 times “cannot tell” in a row: taken as patience of the caller = used up" in said.out
    assert "somebody goes and looks" in said.after("Decided")
    assert "patience" not in triage("ask", HOME, typed=answers("1", "u", "2", "u", "b", "1")).out


def test_what_a_system_shows_is_typed_and_no_answer_moves_on(triage: Triage) -> None:
    shown = triage("ask", HOME, "--system", "outage_system", typed=answers("1", "0", "out"))
    assert "[outage system] Please type what the system shows" in shown.out
    assert shown.code == Exit.FINE
    silent = triage("ask", HOME, "--system", "outage_system", typed=answers("1", "0", "n", "2", "1"))
    assert silent.out.count("Do the neighbours have power?") == 2
    assert silent.out.count("[outage system] Please") == 1
    assert re.search(r"fault +the house", silent.after("Decided"))


def test_missing_fields_are_asked_and_may_be_skipped(triage: Triage) -> None:
    said = triage("ask", HOME, typed=answers("1", "0", "1", "12 Long\tStreet \x1b[31m", ""))
    order = said.after("Work order")
    assert "fault: the line; address: 12 Long Street [31m" in order
    assert "Still missing: phone" in order
    assert "\x1b" not in said.out
    rest = triage("ask", HOME, typed=answers("1", "0", "1", "s"))
    assert rest.code == Exit.FINE
    assert "What is your phone number?" not in rest.out


def test_a_field_too_long_is_asked_again(triage: Triage) -> None:
    said = triage("ask", HOME, typed=answers("1", "0", "1", "x" * 3000, "short"))
    assert "Too long" in said.out
    assert "address: short" in said.out


def test_a_field_leads_back_to_the_questions_and_is_kept(triage: Triage) -> None:
    said = triage("ask", HOME, typed=answers("1", "0", "1", "12 Long Street", "b", "2", "2", "555"))
    order = said.after("Work order")
    assert "fault: line or house; address: 12 Long Street" in order
    assert "Still missing" not in order
    assert said.out.count("What is your address?") == 1


# -- ask: screens


def test_at_width_60_nothing_is_wider(triage: Triage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    for lang in ("zh", "en"):
        said = triage("ask", HOME, typed=answers("1", "?", "1 2", "somewhere", "5"), lang=lang)
        assert said.code == Exit.FINE
        assert max(cell_len(line) for line in said.out.splitlines()) <= 60


def listen_to_interrupts() -> None:
    """Whoever started the tests may ignore Ctrl-C, as shells do for jobs in the background; children would inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """A process on a pseudo-terminal."""

    def __init__(self, *arguments: str, columns: int = 60, **environ: str) -> None:
        self.seen = ""
        self._child, self._terminal = pty.fork()
        if self._child == 0:
            listen_to_interrupts()
            env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "LC_ALL": "C.UTF-8", **environ}
            env.pop("COLUMNS", None)
            os.execve(sys.executable, [sys.executable, "-m", "triage", *arguments], env)  # noqa: S606
        ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))

    def until(self, words: str, keys: str = "", timeout: float = 30) -> str:
        """Read until some words have come; what has come since the last time.

        Args:
            keys: Typed every second until then: a key that comes while a line is being set up for editing may wait for the next.
        """
        new, end, typing = "", time.monotonic() + timeout, time.monotonic()
        while words not in new:
            assert time.monotonic() < end, f"{words!r} did not come, but {new!r}"
            if keys and time.monotonic() >= typing:
                self.type(keys)
                typing += 1
            if select.select([self._terminal], [], [], 0.1)[0]:
                new += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", os.read(self._terminal, 65536).decode(errors="replace"))
        self.seen += new
        return new

    def type(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def end(self) -> int:
        """The exit code, once the process has ended."""
        try:
            while os.read(self._terminal, 65536):
                pass
        except OSError:
            pass  # the other end is closed
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self._child, 0)[1])


def test_an_interview_on_a_real_terminal() -> None:
    terminal = Terminal("ask", HOME, "--lang", "zh")
    for words, keys in (
        ("请问出了什么问题", "1\n"),
        ("有没有下面的危险", "1\n"),
        ("请离电线8米以外", ""),
        ("请问您的地址", "上海路8号\n"),
        ("请问您的电话", "\n"),
        ("回车结束", "b\n"),
        ("现在的回答：电线掉下来", "0\n"),
        ("邻居家有电吗", "\n2\n"),
        ("总开关合得上吗", "1\n"),
        ("回车结束", "\n"),
    ):
        terminal.until(words)
        time.sleep(0.1)
        terminal.type(keys)
    assert terminal.end() == Exit.FINE
    assert "地址：上海路8号" in terminal.seen
    assert "总开关跳开，问题在家里" in terminal.seen


def test_ctrl_c_ends_with_a_word_and_130() -> None:
    terminal = Terminal("ask", HOME)
    terminal.until("> ")
    assert "Traceback" not in terminal.until("Interrupted", keys="\x03")
    assert terminal.end() == Exit.INTERRUPTED


def test_ctrl_d_stops_with_the_provisional_card() -> None:
    terminal = Terminal("ask", HOME)
    terminal.until("> ")
    terminal.until("Stopped early", keys="\x04")
    assert terminal.end() == Exit.UNDECIDED


def _unread(pipe: int) -> int:
    """Bytes in a pipe that nobody has read yet."""
    count = array("i", [0])
    ioctl(pipe, termios.FIONREAD, count)
    return count[0]


def test_an_interrupted_pipe_ends_with_130() -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "triage", "run", "-", "--base", HOME]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env,
        preexec_fn=listen_to_interrupts,  # noqa: PLW1509
    ) as running:
        assert running.stdin is not None
        running.stdin.write(b"{")
        running.stdin.flush()
        while _unread(running.stdin.fileno()):  # until it waits for the rest
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=30)
    assert running.returncode == Exit.INTERRUPTED
    assert b"Traceback" not in err


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_terminal_without_utf8_gets_question_marks_and_no_crash(lang: str) -> None:
    ended = process("ask", HOME, "--lang", lang, typed="1\n0\n2\n\xff\n1\n".encode("latin-1"), PYTHONIOENCODING="ascii")
    assert ended.returncode == Exit.FINE
    assert ended.stderr == b""
    ended.stdout.decode("ascii")


def test_a_broken_pipe_is_silent() -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    for arguments in (["ask", HOME], ["test", HOME]):
        read, write = os.pipe()
        os.close(read)
        command = [sys.executable, "-m", "triage", *arguments]
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=write, stderr=subprocess.PIPE, env=env, check=False)
        os.close(write)
        assert ended.stderr == b""
        assert ended.returncode == Exit.BROKEN_PIPE


# -- run


CALL = {"facts": {"trouble": "no_power", "dangers": [], "neighbours": "fine", "breaker": "tripped"}}


@pytest.fixture
def call(tmp_path: Path) -> Callable[[object], str]:
    def write(data: object) -> str:
        path = tmp_path / "call.json"
        path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
        return str(path)

    return write


def test_run_prints_the_assessment_as_json(triage: Triage, call: Callable[[object], str]) -> None:
    said = triage("run", call(CALL), "--base", HOME)
    found = json.loads(said.out)
    assert said.code == Exit.FINE
    assert (found["status"], found["decision"]["fault"]["text"]) == ("decided", "the house")
    assert found["explanation"]["ruled_out"] == []
    assert said.err == ""


def test_run_reads_standard_input(triage: Triage) -> None:
    said = triage("run", "-", "--base", HOME, typed="\ufeff" + json.dumps(CALL))
    assert json.loads(said.out)["status"] == "decided"


def test_an_assessment_that_is_not_decided_is_fine_too(triage: Triage) -> None:
    said = triage("run", "-", "--base", HOME, typed="{}")
    assert (said.code, json.loads(said.out)["status"]) == (Exit.FINE, "needs_input")


def test_options_of_the_command_line_go_before_those_of_the_input(triage: Triage) -> None:
    options = {"explain": "none", "language": "zh", "questions": 1, "systems": []}
    typed = json.dumps({"facts": {"trouble": "no_power", "dangers": []}, "options": options})
    plain = json.loads(triage("run", "-", "--base", HOME, typed=typed).out)
    assert plain["question"]["text"] == "邻居家有电吗？"
    assert plain["question"]["why"] == []
    arguments = ("--explain", "full", "--language", "en", "--questions", "3", "--system", "outage_system", "--look-ahead", "0")
    told = json.loads(triage("run", "-", "--base", HOME, *arguments, typed=typed).out)
    assert told["question"]["text"] == "Do the neighbours have power?"
    assert told["question"]["ask_of"] == "outage_system"
    assert told["question"]["why"]
    assert len(told["questions"]) > 1
    assert told["ahead"] is None
    assert json.loads(triage("run", "-", "--base", HOME, "--max-questions", "0", typed=typed).out)["status"] == "handover"


def test_json_is_ascii_where_the_stream_is_not_utf8() -> None:
    typed = json.dumps(CALL).encode()
    wide = process("run", "-", "--base", HOME, "--lang", "zh", typed=typed)
    narrow = process("run", "-", "--base", HOME, "--lang", "zh", typed=typed, PYTHONIOENCODING="latin-1")
    assert "家里" in wide.stdout.decode()
    assert json.loads(narrow.stdout.decode("ascii")) == json.loads(wide.stdout)


@pytest.mark.parametrize(
    ("data", "starts"),
    [
        ({"facts": {"trouble": "no_powr"}}, "/facts/trouble: `no_powr` is not accepted; did you mean `no_power`?"),
        ({"fact": {}}, "/fact: `fact` is not accepted; did you mean `facts`?"),
        ({"options": []}, "/options: expected an object"),
        ({"options": {"systems": ["desk", "x"]}}, "/options/systems/1: `x` is not accepted"),
        ({"fields": {"address": 1}}, "/fields/address: found `1`, expected text"),
        ("[1]", "expected a JSON object"),
        ('{"facts": }', "not JSON at line 1 column 11"),
        ('{"facts": {"voltage": NaN}}', "not usable as JSON"),
        ("[" * 100_000, "not usable as JSON"),
        ("", "not JSON at line 1 column 1"),
    ],
)
def test_wrong_input_is_told_with_its_place(triage: Triage, call: Callable[[object], str], data: object, starts: str) -> None:
    for command in ("run", "explain"):
        said = triage(command, call(data), "--base", HOME)
        assert said.code == Exit.WRONG_USE
        assert said.err.startswith(starts)
        assert said.out == ""


def test_input_that_is_not_utf8_or_not_there_is_told(triage: Triage, tmp_path: Path) -> None:
    path = tmp_path / "gbk.json"
    path.write_bytes('{"facts": {"没电": 1}}'.encode("gbk"))
    assert "byte 15 is not UTF-8" in triage("run", str(path), "--base", HOME).err
    assert "No such file" in triage("run", str(tmp_path / "no.json"), "--base", HOME).err
    assert "Is a directory" in triage("run", str(tmp_path), "--base", HOME).err


# -- explain


def test_explain_gives_the_chain_what_is_ruled_out_and_what_would_change_it(
    triage: Triage, call: Callable[[object], str]
) -> None:
    said = triage("explain", call(CALL), "--base", HOME)
    assert said.code == Exit.FINE
    known, reasons = said.out.partition("Reasons")[::2]
    assert re.search(r"a wire is down / fire +not seen", known)
    chain, excluded = reasons.partition("What is ruled out")[::2]
    assert "since " in chain
    assert "main switch = tripped" in chain
    ruled_out, changes = excluded.partition("Which single answer would change the outcome")[::2]
    assert re.search(r"fault is not [^·]*line or house[^·]*because [^·]*main switch = tripped", ruled_out)
    assert re.search(r"If neighbours were out too \(decided at once\)\s+fault: the house → the line", changes)


def test_explain_says_what_is_still_open(triage: Triage) -> None:
    said = triage("explain", "-", "--base", HOME, typed='{"facts": {"trouble": "no_power", "wrong": 1}}')
    assert "Not finished: provisional decision" in said.out
    assert "Next question: Is there any of these dangers?" in said.out
    assert "Note: `wrong` is not known and is ignored" in said.out


def test_explain_tells_a_contradiction(triage: Triage) -> None:
    said = triage("explain", "-", "--base", HOME, typed='{"facts": {"neighbours": "out", "lamp": "some"}}')
    assert "The answers contradict each other: no decision" in said.out
    assert "Next question: What about the lamps at home?" in said.out


def test_why_not_gives_the_smallest_change(triage: Triage, call: Callable[[object], str]) -> None:
    said = triage("explain", call(CALL), "--base", HOME, "--why-not", "fault=line_or_house")
    assert "Why not fault = line or house" in said.out
    assert "· main switch: closed (now: tripped)" in said.out
    assert said.out.count("·") == 1
    assert "so already" in triage("explain", call(CALL), "--base", HOME, "--why-not", "fault=house").out
    added = triage("explain", call({}), "--base", HOME, "--why-not", "fault=line")
    assert "(not asked yet)" in added.out


@pytest.mark.parametrize(
    ("wanted", "says"), [("fault", "target=value"), ("falt=x", "no target `falt`"), ("fault=x", "no value `x`")]
)
def test_a_wrong_why_not_is_told(triage: Triage, call: Callable[[object], str], wanted: str, says: str) -> None:
    said = triage("explain", call(CALL), "--base", HOME, "--why-not", wanted)
    assert said.code == Exit.WRONG_USE
    assert says in said.err


# -- test


def test_the_cases_of_a_base_are_run_and_failures_shown_with_their_trace(triage: Triage) -> None:
    said = triage("test", HOME)
    assert said.code == Exit.CASES_FAILED
    assert "home.cases.yaml:13:3" in said.out
    assert "写错了期望" in said.out
    assert "`fault` should be settled as `house` (the house), but is `line` (the line)" in said.out
    assert "danger-means-line: fire=seen" in said.out
    assert "2 passed, 1 failed (3 cases)" in said.out
    assert said.out.rstrip().endswith("laws over all calls: all hold")
    assert "总开关跳开" not in said.out


def test_cases_are_chosen_by_tag_and_name(triage: Triage) -> None:
    right = triage("test", HOME, "--tag", "right", "--verbose", lang="zh")
    assert right.code == Exit.FINE
    assert "总开关跳开" in right.out
    assert right.out.rstrip().endswith("2 个用例全部通过")
    assert "1 case passed" in triage("test", HOME, "--tag", "right", "--tag", "house").out
    assert "1 case passed" in triage("test", HOME, "--name", "邻居").out
    assert "No case was chosen (of 3)" in triage("test", HOME, "--name", "nothing").out


# -- bases, usage, languages


def test_every_mistake_of_a_base_is_printed(triage: Triage, tmp_path: Path) -> None:
    folder = tmp_path / "spoilt"
    shutil.copytree(HOME, folder)
    (folder / "more.yaml").write_text("facts: 3\nrules: 4\n", encoding="utf-8")
    for command in (["ask"], ["test"], ["run", "-", "--base"], ["explain", "-", "--base"]):
        said = triage(*command, str(folder), typed="{}")
        assert said.code == Exit.WRONG_KNOWLEDGE
        assert said.out == ""
        assert f"{folder}/more.yaml:1:8: " in said.err
        assert f"{folder}/more.yaml:2:8: " in said.err
        assert "2 mistakes" in said.err


def test_which_base_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert base_folder(None) == shipped_bases()["power"]
    assert base_folder("power") == ROOT / "knowledge/power"
    own = tmp_path / "knowledge/power"
    own.mkdir(parents=True)
    assert base_folder(None).resolve() == own.resolve()
    assert base_folder(HOME) == Path(HOME)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ask", "powr"], "did you mean `power`?"),
        (["ask", str(ROOT / "pyproject.toml")], "is a file, not a folder"),
        (["ask", HOME, "--system", "outage"], "the base names no system `outage`"),
        (["ask", "--wrong"], "No such option: --wrong"),
        (["wrong"], "No such command 'wrong'"),
        (["run"], "Missing argument"),
        (["run", "-", "--questions", "many"], "--questions"),
        (["--lang", "fr", "test"], "'fr'"),
    ],
)
def test_wrong_usage_is_a_sentence_and_code_2(triage: Triage, arguments: list[str], says: str) -> None:
    said = triage(*arguments, typed="{}")
    assert said.code == Exit.WRONG_USE
    assert says in said.err
    assert "Traceback" not in said.err


def test_wrong_usage_is_told_in_chinese_too(triage: Triage) -> None:
    assert triage("run", lang="zh").err.startswith("用法不对：缺少 FACTS.json|-")
    assert triage("ask", "--sytem", "x", lang="zh").err.startswith("用法不对：没有选项 --sytem；是不是想写 --system")
    assert triage("wrong", lang="zh").err.startswith("用法不对：没有命令 'wrong'；是不是想写 'wording'？")
    assert triage("tset", lang="zh").err.startswith("用法不对：没有命令 'tset'；是不是想写 'test'？\n")
    assert triage("ask", "powr", lang="zh").err.startswith("没有文件夹或知识库 `powr`；是不是想写 `power`？")


@pytest.mark.parametrize(
    "arguments", [["--lang", "zh", "test", HOME], ["test", HOME, "--lang", "zh"], ["test", "--lang=zh", HOME]]
)
def test_the_language_may_stand_before_and_after_the_command(triage: Triage, arguments: list[str]) -> None:
    assert "2 个通过，1 个不通过" in triage(*arguments).out


def test_help_is_there_in_both_languages_for_every_command(triage: Triage) -> None:
    english, chinese = triage("--help"), triage("--help", lang="zh")
    assert (english.code, chinese.code) == (Exit.FINE, Exit.FINE)
    for code in sorted({*Exit}):
        assert re.search(rf"\b{int(code)}\b", english.out)
        assert re.search(rf"\b{int(code)}\b", chinese.out)
    for command in ("ask", "run", "explain", "test"):
        assert command in english.out
        page = triage(command, "-h", "--lang", "zh").out
        assert "显示这份帮助并退出" in page
        assert "help-" not in page
    assert triage().out.strip() == english.out.strip()


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "en_GB"}, "zh"),
        ({"LC_ALL": "C", "LANG": "zh_CN"}, "en"),
    ],
)
def test_the_language_comes_from_the_environment(environ: dict[str, str], language: str) -> None:
    assert language_of(environ) == language


def test_the_last_language_given_counts_for_help() -> None:
    assert language_for(["--lang", "en", "ask", "--lang=zh"], {}) == "zh"
    assert language_for(["ask", "--", "--lang", "zh"], {}) == "en"
    assert language_for(["ask", "--lang"], {}) == "en"


def test_a_fault_of_the_program_is_a_sentence(triage: Triage, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("triage.cli.test.read_cases", broken)
    said = triage("test", HOME)
    assert said.code == Exit.INTERNAL
    assert "ZeroDivisionError: oh" in said.err
    monkeypatch.setenv("TRIAGE_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        triage("test", HOME)


# -- the parts


def test_every_sentence_has_the_same_parts_in_both_languages() -> None:
    def parts(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert {key for key, text in WORDS.items() if parts(text.zh) != parts(text.en)} == set()


def test_every_sentence_is_said_somewhere() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in CLI.glob("*.py"))
    built = ("interview-", *re.findall(r'"([a-z]+(?:-[a-z]+)*-)\{', source))  # followed by a word worked out
    unused = {key for key in WORDS if not re.search(rf'["}}\']{key}["\']', source) and not key.startswith(built)}
    assert unused == set()


def test_every_end_of_a_call_and_every_moment_has_its_words() -> None:
    stops = ("settled", "resolved", "contradictory", "question_budget", "nothing_left_to_ask", "engines_disagree", "open")
    moments = ("greeting", "ask", "wait", "confirm", "apology", "refusal", "transfer", "closing", "explain")
    assert {f"ended-{stop}" for stop in stops} | {f"moment-{moment}" for moment in moments} <= WORDS.keys()


def question(*values: str, several: bool = False, ask_of: str = "caller", name: str = "q") -> QuestionToAsk:
    options = tuple(Option(value if several else "fact", "yes" if several else value, value.upper()) for value in values)
    facts = values if several else ("fact",)
    none = "no" if several else None
    return QuestionToAsk(name, facts, "?", None, "decide", "look", ask_of, several, options, none, (), ())


def test_what_is_typed_is_understood() -> None:
    one, many = question("red", "blue"), question("rain", "snow", several=True)
    assert understand(" 2 ", one, {}) == {"fact": "blue"}
    assert understand("BLUE", one, {}) == {"fact": "blue"}
    assert understand("u", one, {}) == {"fact": "unknown"}
    assert understand("snow, 1", many, {}) == {"rain": "yes", "snow": "yes"}
    assert understand("2 2", many, {}) == {"rain": "no", "snow": "yes"}
    assert understand("0", many, {}) == {"rain": "no", "snow": "no"}
    assert understand("说不清", many, {}) == {"rain": "unknown", "snow": "unknown"}
    assert understand("？", one, {}) is Key.WHY
    assert understand("u", question("red", ask_of="billing"), {}) is Key.NO_ANSWER
    assert understand("230 v", one, {"fact": "V"}) == Reading("fact", 230.0)
    assert understand("=2", one, {"fact": "V"}) == Reading("fact", 2.0)
    assert understand("2", one, {"fact": "V"}) == {"fact": "blue"}
    for typed in ("0", "3", "-1", "n", "1 2", "230", "9" * 5000, "\x00", "red blue"):
        with pytest.raises(UnclearError):
            understand(typed, one, {})


def test_a_source_asked_first_counts_though_it_answers_later() -> None:
    dialogue = Dialogue()
    system, caller = question("red", "blue", ask_of="billing"), question("red", "blue")
    dialogue.answer(system, None)
    assert dialogue.call().no_answer == {"fact": ("billing",)}
    dialogue.answer(caller, {"fact": "blue"})
    assert dialogue.call().readings["fact"].value == "blue"
    dialogue.answer(system, {"fact": "red"}, place=0)
    assert dialogue.call().readings["fact"].value == "red"
    assert len(dialogue.turns) == 2


def test_patience_counts_answers_in_a_row_and_is_taken_back_with_one_of_them() -> None:
    dialogue = Dialogue(Patience(2, "patience", "gone"))
    asked = [question("red", name=name) for name in "abc"]
    for each, answer in zip(asked, ("unknown", "red", "unknown"), strict=True):
        dialogue.answer(each, {"fact": answer})
    assert "patience" not in dialogue.call().readings
    dialogue.answer(asked[1], {"fact": "unknown"}, place=1)
    assert dialogue.call().readings["patience"].value == "gone"
    dialogue.answer(asked[1], {"fact": "red"}, place=1)
    assert "patience" not in dialogue.call().readings


def lines(text: str, width: int) -> Iterator[str]:
    start = 0
    for place in [*line_breaks(text, width), len(text)]:
        yield text[start:place].rstrip()
        start = place


def test_chinese_breaks_anywhere_but_before_a_mark() -> None:
    assert list(lines("请您离开，快走。", 8)) == ["请您离", "开，快", "走。"]
    assert list(lines("a word（及说明）next", 9)) == ["a word", "（及说", "明）next"]
    assert list(lines("x" * 10, 4)) == ["xxxx", "xxxx", "xx"]
    for width in range(4, 40):
        for part in lines("表前刀闸 / 供电公司（属地规定）的产权，knife switch 由 customer 自己 maintained。", width):
            assert cell_len(part) <= width


def test_nothing_typed_or_told_can_command_the_terminal() -> None:
    assert (
        clean("a\x1b[2Jb\x07\u202e\u3000c\td\n")
        == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} c d\n"
    )


# -- interview


def test_interview_lengths_come_with_and_without_systems_and_name_cases_that_end_otherwise(triage: Triage) -> None:
    said = triage("interview", HOME, lang="en")
    assert said.code == Exit.FINE
    assert "no systems" in said.out
    assert "all systems connected" in said.out
    assert re.search(r"\d+ cases led with their own answers: \d+ end otherwise", said.out)
    chinese = triage("interview", HOME, lang="zh")
    assert "没有接入系统" in chinese.out
    assert "下限" in chinese.out


def test_interview_figures_as_json(triage: Triage) -> None:
    reports = json.loads(triage("interview", HOME, "--json").out)
    assert {(bool(report["systems"]), report["population"]) for report in reports} >= {(False, "author"), (False, "answering")}
    assert all(report["lower_bound"] <= report["best"]["expected"] for report in reports)


def test_a_base_whose_cases_pass_but_whose_laws_do_not_hold_fails_with_an_example(triage: Triage, tmp_path: Path) -> None:
    base = Path(shutil.copytree(ROOT / "tests" / "lamp_knowledge", tmp_path / "lamp"))
    rule = "{id: guess, when: {lamp: off}, then: {fault: bulb}, priority: 55, because: {zh: 猜, en: guess}, source: test}"
    (base / "guess.yaml").write_text(f"rules: [{rule}]", encoding="utf-8")
    case = "{case: off, source: test, given: {smoke: seen}, if_ended_now: {action: send}}"
    (base / "some.cases.yaml").write_text(f"cases: [{case}]", encoding="utf-8")
    said = triage("test", str(base), lang="en")
    assert said.code == Exit.CASES_FAILED
    assert "1 case passed" in said.out
    assert "unknown helps: with `voltage` unknown" in said.out
    assert "{lamp: off}" in said.out
    (base / "guess.yaml").unlink()
    assert triage("test", str(base), lang="en").code == Exit.FINE


def test_choosing_no_case_is_wrong_use(triage: Triage) -> None:
    assert triage("test", HOME, "--tag", "nowhere").code == Exit.WRONG_USE
