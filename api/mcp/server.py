"""The tools and a prompt given to the official SDK. Knows nothing of how requests come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
)

from api.logs import described
from api.mcp.asker import Asker
from api.mcp.calls import said
from api.mcp.prompt import PROMPT, prompt
from api.mcp.refusing import refusal
from api.mcp.tools import INSTRUCTIONS, TOOLS, Kind, offered
from api.observing import problem_for
from triage.errors import nearest

__all__ = ["NAME", "make_server"]

NAME = "power-triage"
FRESH = CacheHint(ttl_ms=60_000, scope="private")
"""How long a client may keep the list of tools: another version of a base may become active."""
_LOG = structlog.get_logger("triage.mcp")

Context = ServerRequestContext[Any, Any]


def make_server(asker_of: Callable[[Any], Asker], version: str) -> Server[Any]:
    """The server.

    Args:
        asker_of: Who sent the HTTP request a message came in; None on other ways.
    """

    async def list_tools(context: Context, _: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=offered(asker_of(context.request)))

    async def call_tool(context: Context, params: CallToolRequestParams) -> CallToolResult:
        asker = asker_of(context.request)
        kind = TOOLS.get(params.name)
        if kind is None or (kind.writes and not asker.lasting):
            raise _no_such("tool", params.name, [tool.name for tool in offered(asker)])
        return await _called(kind, asker, params.arguments or {})

    async def list_prompts(_: Context, __: PaginatedRequestParams | None) -> ListPromptsResult:
        return ListPromptsResult(prompts=[PROMPT])

    async def get_prompt(context: Context, params: GetPromptRequestParams) -> GetPromptResult:
        if params.name != PROMPT.name:
            raise _no_such("prompt", params.name, [PROMPT.name])
        return prompt(params.arguments or {}, asker_of(context.request).language)

    return Server(
        NAME,
        version=version,
        title="95598 故障研判 · Power fault triage",
        instructions=INSTRUCTIONS,
        cache_hints={"tools/list": FRESH, "prompts/list": FRESH},
        get_tool_input_schema=lambda _: None,  # no argument travels in a header
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_prompts=list_prompts,
        on_get_prompt=get_prompt,
    )


async def _called(kind: Kind, asker: Asker, given: dict[str, Any]) -> CallToolResult:
    """What a tool gives; whatever goes wrong is told to the model, in words it can act on."""
    try:
        shape, text = await kind.does(asker, given)
    except Exception as error:  # noqa: BLE001 - the last place before the SDK
        problem = problem_for(error)
        if problem.code == "internal":
            _LOG.error("failed", **described(error), request_id=asker.who.request_id, tool=kind.name)
        text = refusal(problem, said(asker, given), asker.who.request_id)
        return CallToolResult(content=[TextContent(text=text)], is_error=True)
    return CallToolResult(content=[TextContent(text=text)], structured_content=shape.plain())


def _no_such(what: str, name: str, known: list[str]) -> MCPError:
    near = nearest(name, known)
    advice = f"did you mean `{near}`?" if near else f"there are: {', '.join(known)}"
    return MCPError(INVALID_PARAMS, f"there is no {what} `{name[:40]}`; {advice}")
