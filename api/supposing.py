"""Calls as they might have been: other answers tried, and the nearest call that ends otherwise. Nothing of this is logged.

REST and MCP both come here. Knows nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from api.asking import Asked
from api.doors import object_of
from api.evaluating import prepared
from api.problems import Gathering, from_input
from triage.assessment import Assessment, WhyNot
from triage.errors import InputError

__all__ = ["briefly", "check_variants", "nearest_with", "varied"]


def briefly(asked: Asked) -> Assessment:
    """The assessment of a call without its reasons and the questions ahead, which take the most time.

    Raises:
        InputError: Something is not accepted.
    """
    call, options = prepared(asked)
    return asked.base.system.assess(call, replace(options, explain="none", look_ahead=0))


def check_variants(asked: Asked, variants: Sequence[Any], pointer: str) -> None:
    """See that a call and other facts to be tried are accepted.

    Args:
        pointer: Where the variants stood in the request.

    Raises:
        ProblemError: Something is not; with everything that is not.
    """
    wrong = Gathering()
    with wrong:
        prepared(asked)
    for place, more in enumerate(variants):
        with wrong:
            try:
                prepared(Asked(asked.base, {"facts": object_of(more, f"{pointer}/{place}")}, {}, False, False))
            except InputError as error:
                raise from_input(error, f"{pointer}/{place}", "/facts") from None
    wrong.tell()


def varied(asked: Asked, more: Mapping[str, Any]) -> Assessment:
    """The assessment of a call with other facts besides.

    Raises:
        InputError: One of them is not accepted.
    """
    return briefly(asked.telling(more))


def nearest_with(asked: Asked, target: str, value: str) -> WhyNot:
    """The smallest change of answers after which a target would have a value.

    Raises:
        InputError: Something is not accepted.
        TooLargeError: The base is too large for exact answers.
    """
    call, options = prepared(asked)
    return asked.base.system.why_not(call, target, value, options)
