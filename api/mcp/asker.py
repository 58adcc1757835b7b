"""Who asks a tool, and what they may do: the same keys and scopes as over REST; alone with a process, everything."""

from __future__ import annotations

from dataclasses import dataclass

from api.decisions import Who
from api.problems import ProblemError
from api.service import Service
from triage.model import Language, Text

__all__ = ["Asker"]


@dataclass(frozen=True, slots=True)
class Asker:
    """One request.

    Attributes:
        language: Of the answer, where the arguments do not say.
        lasting: What is logged outlives this process.
    """

    service: Service
    who: Who
    scopes: frozenset[str]
    language: Language
    lasting: bool = True

    def need(self, scope: str) -> None:
        """See that the key is good for something.

        Raises:
            ProblemError: It is not.
        """
        if scope not in self.scopes:
            raise ProblemError("scope-needed", Text(f"需要权限 `{scope}`", f"the scope `{scope}` is needed"))
