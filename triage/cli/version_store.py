"""Where `triage knowledge` works: on the service's database, or on a running service. Both answer as its REST interface does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from triage.cli.remote import RefusedError, Remote
from triage.errors import KnowledgeError
from triage.model import Language

if TYPE_CHECKING:
    from api.storage.database import Database
    from api.versions.history import Standing
    from api.versions.managing import Plan

__all__ = ["OnDatabase", "OverHttp", "Store"]

Answer = dict[str, Any]


class Store(Protocol):
    """What can be done with versions; each answers as the route of that name.

    Raises:
        RefusedError: It is refused, as over REST.
    """

    def bases(self) -> list[str]:
        """Names of bases that have versions."""

    def versions(self, base: str) -> Answer:
        """The versions of a base."""

    def load(self, folder: Path, allow_warnings: bool, note: str | None) -> Answer:
        """Check the version in a folder and keep it."""

    def activate(self, base: str, version: str) -> Answer:
        """Let a version answer."""

    def roll_back(self, base: str, reason: str | None) -> Answer:
        """Go back to the version before."""

    def begin_shadow(self, base: str, version: str, share: float) -> Answer:
        """Ask a candidate behind the answers."""

    def end_shadow(self, base: str) -> Answer:
        """Ask it no more."""

    def shadow(self, base: str) -> Answer:
        """What it would have answered otherwise."""


class OverHttp:
    """A running service."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    def bases(self) -> list[str]:
        """Names of bases that have versions."""
        return list(dict.fromkeys(base["name"] for base in self._remote.ask("GET", "/v1/knowledge")["knowledge"]))

    def versions(self, base: str) -> Answer:
        """The versions of a base."""
        return self._remote.ask("GET", f"/v1/knowledge/{base}/versions")

    def load(self, folder: Path, allow_warnings: bool, note: str | None) -> Answer:
        """Check the version in a folder and keep it."""
        from api.versions.packing import from_folder  # noqa: PLC0415 - the service is loaded by its own commands only
        from triage.loading import load_knowledge  # noqa: PLC0415

        base = load_knowledge(folder).identity.id
        body, allowed = {"files": from_folder(folder)}, str(allow_warnings).lower()
        return self._remote.ask("POST", f"/v1/knowledge/{base}/versions", body, allow_warnings=allowed, note=note)

    def activate(self, base: str, version: str) -> Answer:
        """Let a version answer."""
        return self._remote.ask("POST", f"/v1/knowledge/{base}/versions/{version}/activate", if_match="*")

    def roll_back(self, base: str, reason: str | None) -> Answer:
        """Go back to the version before."""
        return self._remote.ask("POST", f"/v1/knowledge/{base}/rollback", {"reason": reason}, if_match="*")

    def begin_shadow(self, base: str, version: str, share: float) -> Answer:
        """Ask a candidate behind the answers."""
        return self._remote.ask("PUT", f"/v1/knowledge/{base}/shadow", {"digest": version, "share": share})

    def end_shadow(self, base: str) -> Answer:
        """Ask it no more."""
        return self._remote.ask("DELETE", f"/v1/knowledge/{base}/shadow")

    def shadow(self, base: str) -> Answer:
        """What it would have answered otherwise."""
        return self._remote.ask("GET", f"/v1/knowledge/{base}/shadow")


class OnDatabase:
    """The database itself; services on it follow within a second or two."""

    def __init__(self, database: Database, language: Language) -> None:
        self._database = database
        self._language: Language = language

    def bases(self) -> list[str]:
        """Names of bases that have versions."""
        from api.storage import knowledge as stored  # noqa: PLC0415

        with self._database.reading() as connection:
            return stored.bases(connection)

    def versions(self, base: str) -> Answer:
        """The versions of a base."""
        return self._shown(base)

    def load(self, folder: Path, allow_warnings: bool, note: str | None) -> Answer:
        """Check the version in a folder and keep it."""
        from api.storage import knowledge as stored  # noqa: PLC0415
        from api.versions import managing  # noqa: PLC0415
        from api.versions.examining import examine  # noqa: PLC0415
        from api.versions.packing import from_folder  # noqa: PLC0415

        with self._refusing():
            files, examined = from_folder(folder), examine(folder)
            managing.accepted(examined, None, allow_warnings)
            row = managing.version_row(examined, files, "", note)
            with self._database.writing() as connection:
                stored.add_version(connection, row)
                base = str(examined.name)
                found, disk = managing.standing_of(connection, base), managing.disk_version(connection, base)
                kept = stored.version(connection, row["digest"]) or row
                findings = examined.findings + managing.namesakes(connection, examined)
            return {"version": managing.version_shown(kept, found, disk), "findings": findings}

    def activate(self, base: str, version: str) -> Answer:
        """Let a version answer."""
        from api.versions.managing import plan_activation  # noqa: PLC0415

        digest = self._tried(base, version)
        return self._do(base, lambda before, disk: plan_activation(before, base, digest, disk, ""))

    def roll_back(self, base: str, reason: str | None) -> Answer:
        """Go back to the version before."""
        from api.versions.managing import plan_rollback, standing_of  # noqa: PLC0415

        with self._refusing(), self._database.reading() as connection:
            plan = plan_rollback(standing_of(connection, base), base, "", reason)
        self._tried(base, str(plan.after.active))
        return self._do(base, lambda *_: plan)

    def begin_shadow(self, base: str, version: str, share: float) -> Answer:
        """Ask a candidate behind the answers."""
        from api.versions.managing import plan_shadow  # noqa: PLC0415

        digest = self._tried(base, version)
        return self._do(base, lambda before, disk: plan_shadow(before, base, digest, share, disk, ""))

    def end_shadow(self, base: str) -> Answer:
        """Ask it no more."""
        from api.versions.managing import plan_shadow_end  # noqa: PLC0415

        return self._do(base, lambda before, _: plan_shadow_end(before, base, ""))

    def shadow(self, base: str) -> Answer:
        """What it would have answered otherwise."""
        from api.versions.managing import shadow_shown  # noqa: PLC0415

        with self._refusing(), self._database.reading() as connection:
            return shadow_shown(connection, base)

    def _do(self, base: str, planned: Any) -> Answer:
        from api.versions import managing  # noqa: PLC0415

        with self._refusing(), self._database.writing() as connection:
            before: Standing = managing.standing_of(connection, base)
            plan: Plan = planned(before, managing.disk_version(connection, base))
            managing.write(connection, plan)
        return self._shown(base)

    def _shown(self, base: str) -> Answer:
        from api.problems import ProblemError  # noqa: PLC0415
        from api.versions import managing  # noqa: PLC0415

        with self._refusing(), self._database.reading() as connection:
            found = managing.shown(connection, base, managing.disk_version(connection, base))
            if not found["versions"]:
                raise ProblemError("not-found", managing.no_base(base))
            return found

    def _tried(self, base: str, version: str) -> str:
        """The digest of a version that opens here and on which both engines agree; nothing is changed before that is known.

        Raises:
            KnowledgeError: It has mistakes.
            RefusedError: There is none such, or it cannot be used for another reason.
        """
        from api.problems import ProblemError  # noqa: PLC0415
        from api.storage import knowledge as stored  # noqa: PLC0415
        from api.versions import managing  # noqa: PLC0415

        with self._refusing():
            with self._database.reading() as connection:
                digest: str = managing.find_version(connection, base, version)["digest"]
                files = stored.files_of(connection, digest) or {}
            if not _usable(digest, files, f"{base}@{digest[:12]}"):
                raise ProblemError("knowledge-refused", managing.NOT_USABLE)
            return digest

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """What is refused, as over REST."""
        from api.problems import ProblemError, rendered  # noqa: PLC0415

        try:
            yield
        except ProblemError as error:
            import orjson  # noqa: PLC0415

            problem: Mapping[str, Any] = orjson.loads(rendered(error, self._language, ""))
            raise RefusedError(dict(problem)) from None


def _usable(digest: str, files: Mapping[str, str], name: str) -> bool:
    """Whether a version opens as what it was when it was kept, and both engines agree on it.

    Args:
        name: What to call it where its files would be named: they are in no folder people know.

    Raises:
        KnowledgeError: It has mistakes.
    """
    from api.bases import Base, engines_agree  # noqa: PLC0415
    from api.versions.packing import as_folder  # noqa: PLC0415
    from triage.expert import ExpertSystem  # noqa: PLC0415

    with as_folder(files) as folder:
        try:
            found = Base(ExpertSystem.open(folder))
        except KnowledgeError as error:
            raise KnowledgeError(Path(name), error.problems) from None
        return found.name.digest == digest and engines_agree(found)
