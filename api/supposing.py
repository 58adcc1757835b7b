"""Calls as they might have been: other answers tried, and the nearest call that ends otherwise. Nothing of this is logged.

REST and MCP both come here. Knows nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from api.asking import Asked
from api.evaluating import prepared
from api.problems import from_input
from triage.assessment import Assessment, WhyNot
from triage.errors import InputError

__all__ = ["briefly", "nearest_with", "varied"]


def briefly(asked: Asked) -> Assessment:
    """The assessment of a call without its reasons and the questions ahead, which take the most time.

    Raises:
        InputError: Something is not accepted.
    """
    call, options = prepared(asked)
    return asked.base.system.assess(call, replace(options, explain="none", look_ahead=0))


def varied(asked: Asked, more: Mapping[str, Any], pointer: str) -> Assessment:
    """The assessment of a call with other facts besides.

    Args:
        pointer: Where these facts stood in the request.

    Raises:
        ProblemError: One of them is not accepted.
    """
    try:
        prepared(Asked(asked.base, {"facts": more}, asked.options, False, False))
    except InputError as error:
        inside = error.path.removeprefix("/facts")
        raise from_input(InputError(error.code, inside, error.text, error.accepted, error.nearest), pointer) from None
    return briefly(asked.telling(more))


def nearest_with(asked: Asked, target: str, value: str) -> WhyNot:
    """The smallest change of answers after which a target would have a value.

    Raises:
        InputError: Something is not accepted.
        TooLargeError: The base is too large for exact answers.
    """
    call, options = prepared(asked)
    return asked.base.system.why_not(call, target, value, options)
