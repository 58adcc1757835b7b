"""What the command line's exit codes mean; `triage --help` says the same."""

from enum import IntEnum

__all__ = ["Exit"]


class Exit(IntEnum):
    """How a command ended."""

    FINE = 0
    """Done: decided or handed over, an assessment printed, all cases passed, nothing forbidden in a text."""
    CASES_FAILED = 1
    FORBIDDEN_WORDING = CASES_FAILED
    """`wording` found a phrase that is forbidden. The same code: what was tried did not pass."""
    WRONG_USE = 2
    """Wrong arguments or input; nothing was assessed."""
    WRONG_KNOWLEDGE = 3
    """The knowledge base has mistakes; all of them were printed."""
    UNDECIDED = 4
    """`ask` was stopped before the matter was decided."""
    INTERNAL = 70
    """A mistake of the program itself (`EX_SOFTWARE`)."""
    INTERRUPTED = 130
    """Ctrl-C."""
    BROKEN_PIPE = 141
    """Whoever read the output went away."""
