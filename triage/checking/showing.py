"""The example of a finding the way an author would give it in a case."""

from __future__ import annotations

from triage.examples import Given, as_given
from triage.findings import Finding
from triage.model import KnowledgeBase

__all__ = ["example_given"]

_OPEN = ("evidence-law", "delayed-alert")
"""Kinds whose examples count on what they leave open: nothing may be added to them, not even the rest of a list."""


def example_given(knowledge: KnowledgeBase, finding: Finding) -> Given | None:
    """The call that shows a finding, with its lists ticked; None where no call shows it."""
    if finding.example is None:
        return None
    return as_given(knowledge, finding.example, finding.example.__eq__ if finding.id in _OPEN else None)
