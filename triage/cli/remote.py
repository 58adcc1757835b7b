"""A running service, reached by its URL: requests in JSON, and what it refuses as a sentence."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from typing import Annotated, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

import typer

from triage.cli.bases import UsageError
from triage.cli.database import usage
from triage.model import Language, Text
from triage.refusals import refusal

__all__ = ["KEY", "URL", "Key", "RefusedError", "Remote"]

VARIABLE = "TRIAGE_KEY"
"""Environment variable with an API key, which does not show in lists of processes."""
SECONDS = 330
"""How long an answer may take: a check may take minutes."""
URL = typer.Option("--url", metavar="URL", help="help-url", show_default=False)
KEY = typer.Option("--key", metavar="KEY", help="help-key", show_default=False)
Key = Annotated[str | None, KEY]


class RefusedError(UsageError):
    """The service refused a request.

    Attributes:
        code: The kind of problem.
        errors: Its entries, each with `code`, `pointer`, `detail`.
    """

    def __init__(self, problem: dict[str, Any]) -> None:
        detail = str(problem.get("detail", ""))
        super().__init__(Text(detail, detail))
        self.code = str(problem.get("code", ""))
        self.errors: list[dict[str, Any]] = problem.get("errors", [])


class Remote:
    """A service.

    Raises:
        UsageError: The URL is none.
    """

    def __init__(self, url: str, key: str | None, language: Language) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise usage("remote-url", url=url)
        self._url = url.rstrip("/")
        self._headers = {"Accept-Language": language, "Accept": "application/json"}
        if key or os.environ.get(VARIABLE):
            self._headers["Authorization"] = f"Bearer {key or os.environ[VARIABLE]}"

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        """The answer to a request, JSON.

        Args:
            more: Query parameters; `if_match` is sent as the header.

        Raises:
            RefusedError: The service says no.
            UsageError: It cannot be reached.
        """
        with self.opened(method, path, body, **more) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    @contextmanager
    def opened(self, method: str, path: str, body: Any = None, **more: Any) -> Iterator[HTTPResponse]:
        """The answer to a request, to be read bit by bit; see `ask`."""
        headers = dict(self._headers)
        if "if_match" in more:
            headers["If-Match"] = more.pop("if_match")
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        query = urlencode({name: value for name, value in more.items() if value is not None})
        address = f"{self._url}{path}{'?' if query else ''}{query}"
        try:
            request = Request(address, data, headers, method=method)  # noqa: S310 - http or https, as looked at above
            with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                yield answer
        except HTTPError as error:
            raise _refused(error, self._url) from None
        except (URLError, HTTPException, OSError) as error:
            reason = getattr(error, "reason", error)
            why = refusal(reason) if isinstance(reason, OSError) else str(reason)
            raise usage("remote-gone", url=self._url, why=why) from None


def _refused(error: HTTPError, url: str) -> UsageError:
    try:
        problem = json.load(error)
        if isinstance(problem, dict) and "code" in problem:
            return RefusedError(problem)
    except ValueError:
        pass
    return usage("remote-gone", url=url, why=f"HTTP {error.code}")
