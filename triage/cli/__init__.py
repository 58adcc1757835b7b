"""The command line: `triage ask`, `run`, `explain`, `test` and `wording`.

One module per command; what they share stands beside them: `words` (every sentence of the command line, in both languages),
`language`, `bases` (which base is meant), `facts_file`, `screen`, `cards`. Nothing here decides anything: that is
`triage.expert`'s business.
"""

from collections.abc import Sequence

from triage.cli.exits import Exit

__all__ = ["Exit", "main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; see `triage.cli.app.main`."""
    try:
        from triage.cli.app import main as run  # noqa: PLC0415  # takes a moment, in which people may press Ctrl-C
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    return run(arguments)
