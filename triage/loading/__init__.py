"""Loading: a folder of YAML files in; a checked knowledge base, or its cases, or every mistake at once out.

`files` finds the files, `documents` makes located nodes of YAML, `sections` and `shapes` drafts of nodes, `building` looks names
up and checks the whole; `knowledge` does all that for a base, `cases` for what authors expect of calls; `mistakes` has the words
for what is wrong. `belonging` finds the base a case file belongs to, `revisions` has the files as they were at a git revision.
"""

from triage.loading.cases import Case, Turn, load_cases, select, spoken_and_silent
from triage.loading.knowledge import load_knowledge

__all__ = ["Case", "Turn", "load_cases", "load_knowledge", "select", "spoken_and_silent"]
