"""The command line: `triage ask`, `run`, `explain` and `test`.

One module per command; what they share stands beside them: `words` (every sentence of the command line, in both languages),
`language`, `bases` (which base is meant), `facts_file`, `screen`, `cards`. Nothing here decides anything: that is
`triage.expert`'s business.
"""

from triage.cli.app import main
from triage.cli.exits import Exit

__all__ = ["Exit", "main"]
