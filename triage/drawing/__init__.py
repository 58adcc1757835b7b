"""Pictures of a knowledge base, as SVG and as Mermaid: what hangs on what, and the interview as a tree.

`dependencies` and `interviews` say what is drawn (`tree` follows the interview), `picture` is its shape, `layout` and `lettering`
set it out, `svg` and `mermaid` write it down.
"""

from triage.drawing.dependencies import dependencies
from triage.drawing.interviews import interview_picture
from triage.drawing.mermaid import as_mermaid
from triage.drawing.svg import as_svg

__all__ = ["as_mermaid", "as_svg", "dependencies", "interview_picture"]
