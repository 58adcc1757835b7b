"""Versions of knowledge bases, going in and coming out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.schemas.answers import Answer
from api.schemas.requests import BodyModel
from triage.comparison import FactChange, Region, What
from triage.model import Text

__all__ = [
    "FilesAnswer",
    "LoadedAnswer",
    "RollbackRequest",
    "ShadowAnswer",
    "ShadowRequest",
    "VersionDiff",
    "VersionRequest",
    "VersionsAnswer",
]

Digest = Annotated[str, Field(description="Of what the version says: equal digests mean the same base, in whatever files.")]
Share = Annotated[float, Field(gt=0, le=1, description="Of live calls, which the candidate is asked about.")]


class VersionRequest(BodyModel):
    """The files of a version."""

    files: dict[str, str] = Field(
        min_length=1, description="Text by path, such as `rules/meter.yaml`: everything the base's folder holds."
    )


class ShadowRequest(BodyModel):
    """A candidate."""

    digest: str = Field(
        min_length=1, max_length=200, description="Of a version that was loaded; its beginning or the version's name will do."
    )
    share: Share = 1.0


class RollbackRequest(BodyModel):
    """Why."""

    reason: str | None = Field(default=None, max_length=500, description="For the history.")


class VersionShown(Answer):
    """A version."""

    name: str
    version: str
    digest: Digest
    origin: Literal["disk", "loaded"] = Field(description="`disk`: a process was started with it; `loaded`: it was sent.")
    active: bool
    withdrawn: bool = Field(description="Rolled back: calls begun with it go on with the active version.")
    loaded_at: datetime
    key_id: str | None
    note: str | None
    findings: int | None = Field(description="Warnings and notes of the check; null for one from disk: it was not checked here.")


class FindingShown(Answer):
    """Something the check found."""

    kind: str
    severity: Literal["error", "warning", "note"]
    about: str
    file: str | None
    line: int | None
    column: int | None
    text: Text
    example: dict[str, str] | None = Field(description="A smallest call that shows it.")


class LoadedAnswer(Answer):
    """A version that was loaded. It answers once it is activated."""

    version: VersionShown
    findings: list[FindingShown]


class FilesAnswer(Answer):
    """The files of a version, as they were sent."""

    version: VersionShown
    files: dict[str, str]


class InShadow(Answer):
    """A candidate in shadow."""

    digest: Digest
    share: Share
    since: datetime


class VersionEvent(Answer):
    """Something that was done."""

    number: int
    at: datetime
    kind: Literal["activated", "rolled_back", "shadow_began", "shadow_ended"]
    digest: Digest
    key_id: str | None
    before: str | None = Field(description="The digest it replaced or is compared with.")
    share: float | None
    reason: str | None


class VersionsAnswer(Answer):
    """The versions of a base."""

    base: str
    number: int = Field(description="As in the `ETag`: grows by one with everything that is done.")
    active: str | None = Field(description="The digest that answers.")
    previous: str | None = Field(description="The digest a roll-back leads to.")
    shadow: InShadow | None
    versions: list[VersionShown] = Field(description="Latest first.")
    history: list[VersionEvent] = Field(description="Latest first.")
    more: bool = Field(description="There are more of them than are shown.")


class Differing(Answer):
    """One kind of difference."""

    kind: Literal["status", "decision", "question", "alert", "input", "failure"] = Field(
        description="`decision`: an entry of the decision; `input`: the candidate does not accept the call; `failure`: it failed."
    )
    name: str = Field(description="Of the entry, the alert, or what failed.")
    before: str
    after: str
    count: int
    examples: list[str] = Field(description="Ids of decisions in the log.")


class ShadowAnswer(Answer):
    """What a candidate would have answered otherwise; the last one, if none is in shadow now."""

    base: str
    running: bool
    digest: Digest
    against: str | None = Field(description="The digest that answered.")
    share: float
    since: datetime
    compared: int
    same: int
    changed: int
    not_accepted: int = Field(description="Calls with answers the candidate does not know.")
    failed: int
    dropped: int = Field(description="Calls it was not asked about, as too much was going on.")
    differences: list[Differing] = Field(description="Most frequent first.")
    more: int = Field(description="Kinds of differences not shown.")


class EditedPart(Answer):
    """A part of an entry that is not as it was."""

    part: str = Field(description="As in the files, such as `priority`.")
    before: Text | str
    after: Text | str


class Edited(Answer):
    """An entry that is not as it was."""

    section: str = Field(description="As in the files, such as `rules`.")
    id: str
    what: What = Field(description="`reworded`: only what people read; `reweighed`: only how often or when it is asked.")
    parts: list[EditedPart] = Field(description="Nothing for what was added or removed.")


class VersionDiff(Answer):
    """What differs between two versions, over all calls; counts are exact."""

    old: Digest
    new: Digest
    decides_alike: bool
    only_texts: bool
    edits: list[Edited]
    total: int
    changed: Region | None
    facts: list[FactChange]
    said: dict[str, Region]
    silenced: dict[str, Region]
    clashing: Region | None
    cleared: Region | None
    appeared: list[str]
    vanished: list[str]
    only_old: dict[str, list[str]]
    only_new: dict[str, list[str]]
