"""What the authors' tools take: check, coverage, mutation and difference on a base, and how they grow with facts and clauses."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from benchmarks.calls import ROOT, describe, load_base
from benchmarks.measuring import in_fresh_process, watched
from benchmarks.report import Cell, Section, Table, Target
from benchmarks.settings import Settings

__all__ = ["run"]

GROWING = ("random:1:40:100", "random:1:40:300", "random:1:40:1000", "random:1:100:300", "random:1:40:100:wild")
"""Facts and clauses of seeded bases whose rules read neighbouring facts; in the last they read any facts together."""

SAMPLE = 40
"""Mutants tried of a growing base; none of them is spared the diagrams, for there are no cases."""

COLUMNS = ("base", "facts", "clauses", "nodes", "check, s", "ms a mutant", "megabytes", "exact")
Found = dict[str, float]


def run(settings: Settings) -> Section:
    """The base's own figures, then growth."""
    folder = settings.base if settings.base.startswith("random:") else str(_folder(settings.base))
    rounds = settings.sized(3, 1)
    checks = [in_fresh_process("check", base=folder) for _ in watched(range(rounds), "check", rounds)]
    diffs = [in_fresh_process("difference", base=folder) for _ in watched(range(rounds), "diff", rounds)]
    mutation = in_fresh_process("mutation", base=folder, most=settings.sized(0, 5))
    covered = in_fresh_process("covered", base=folder)
    return Section(
        "authors",
        "Authors' tools: check, coverage, mutation, difference",
        (
            "Each in a Python process of its own, from files to the end; imports are not counted. Medians of three runs; "
            "mutation and"
            " coverage once.",
            "Check: every kind of finding over all calls, each example replayed through experta. Difference: the base against "
            "itself"
            " with its first rule deleted, loading of both included.",
            "Mutation: every mutant on every case; those no case notices are compared with the base over all calls.",
            f"Growth: seeded bases; {SAMPLE} mutants each, without cases, so that every mutant is compared over all calls.",
        ),
        describe(settings.base, load_base(settings.base)),
        (_times(checks, diffs, mutation, covered), _scores(mutation, covered), _growth(settings)),
        _targets(checks, diffs, mutation, covered),
    )


def _folder(name: str) -> Path:
    folder = Path(name)
    return folder if folder.is_absolute() else ROOT / folder


def _middle(found: list[Found], name: str) -> float:
    return median(one[name] for one in found)


def _times(checks: list[Found], diffs: list[Found], mutation: Found, covered: Found) -> Table:
    rows: list[list[Cell]] = [
        [
            "check",
            _middle(checks, "seconds"),
            f"{_middle(checks, 'findings'):.0f} findings; {_middle(checks, 'nodes'):.0f} nodes",
        ],
        ["difference", _middle(diffs, "seconds"), f"of which loading both {_middle(diffs, 'load'):.2f} s"],
        ["coverage", covered["seconds"], ""],
        ["mutation", mutation["seconds"], f"{mutation['mutants'] / mutation['seconds']:.0f} mutants a second"],
    ]
    return Table("Seconds", ("tool", "seconds", ""), rows)


def _scores(mutation: Found, covered: Found) -> Table:
    kinds = ("rule", "condition", "value", "message", "question")
    rows: list[list[Cell]] = [[f"coverage of {kind}s", f"{covered[kind]:.2%}"] for kind in kinds]
    rows += [[f"mutants {fate}", int(mutation[fate])] for fate in ("killed", "survived", "equivalent", "refused")]
    rows.append(["mutation score", f"{_score(mutation):.2%}"])
    return Table("What the cases are worth", ("", ""), rows, "Equivalent and refused mutants do not count in the score.")


def _score(mutation: Found) -> float:
    matter = mutation["killed"] + mutation["survived"]
    return mutation["killed"] / matter if matter else 1.0


def _growth(settings: Settings) -> Table:
    rows: list[list[Cell]] = []
    names = GROWING[: settings.sized(len(GROWING), 0)]
    for name in watched(names, "growth", len(names)):
        knowledge = load_base(name)
        clauses = sum(len(found) for found in knowledge.clauses.values())
        check = in_fresh_process("check", base=name)
        mutation = in_fresh_process("mutation", base=name, most=SAMPLE) if check["exact"] else {"mutants": 0.0, "seconds": 0.0}
        each = 1000 * mutation["seconds"] / mutation["mutants"] if mutation["mutants"] else None
        nodes = int(check["nodes"]) if check["exact"] else None
        exact = "yes" if check["exact"] else "no: stops and says so"
        rows.append([name, len(knowledge.facts), clauses, nodes, check["seconds"], each, check["megabytes"], exact])
    note = "Where a base is too large, `triage check` names the facts that take most nodes, the order tried, and what to do."
    return Table("Growth", COLUMNS, rows, note)


def _targets(checks: list[Found], diffs: list[Found], mutation: Found, covered: Found) -> tuple[Target, ...]:
    check, diff = _middle(checks, "seconds"), _middle(diffs, "seconds")
    return (
        Target("full check", "3 s", f"{check:.2f} s", check <= 3),
        Target("all mutants", "60 s", f"{mutation['seconds']:.1f} s", mutation["seconds"] <= 60),
        Target("difference", "1 s", f"{diff:.2f} s", diff <= 1),
        Target("mutation score", "at least 95 %", f"{_score(mutation):.2%}", _score(mutation) >= 0.95),
        Target("rules covered", "100 %", f"{covered['rule']:.2%}", covered["rule"] >= 1),
        Target("conditions covered both ways", "at least 95 %", f"{covered['condition']:.2%}", covered["condition"] >= 0.95),
    )
