"""What turned out to be the matter, kept with the decision it is about; decisions of kept calls and others alike.

Knows nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection

from api.bases import Base
from api.calls import record_outcome
from api.decisions import Who
from api.ids import is_id, new_id, now
from api.once import once
from api.problems import Fault, ProblemError
from api.service import Service
from api.storage import decisions as stored
from triage.errors import InputError, nearest
from triage.model import Text

__all__ = ["Outcome", "keep", "record_of_decision"]
