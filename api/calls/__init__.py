"""Calls that are kept: opened, told more, closed, and what was found in the end.

`leading` changes calls, `drafting` works out what they come to, `told` is about what the caller told, `surroundings` about what
the service itself knows that bears on a call, `grouping` about other calls at the same place, `checking` about checks afterwards,
`showing` about how calls are shown.
"""

from api.calls.checking import open_check
from api.calls.leading import check_found, close_call, open_call, record_outcome, tell_call
from api.calls.showing import PLACES, etag, find_call, headers_of, history_of, language_of, shown, work_order

__all__ = [
    "PLACES",
    "check_found",
    "close_call",
    "etag",
    "find_call",
    "headers_of",
    "history_of",
    "language_of",
    "open_call",
    "open_check",
    "record_outcome",
    "shown",
    "tell_call",
    "work_order",
]
