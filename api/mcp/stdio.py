"""The tools over standard input and output, for hosts that start a process of their own: embedded, or handed on to a service."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
)

from api.auth import SCOPES
from api.decisions import Who
from api.ids import new_id
from api.mcp.asker import Asker
from api.mcp.server import NAME, make_server
from api.service import Service
from triage.model import Language, Text

__all__ = ["RefusedError", "embedded", "relayed"]

Context = ServerRequestContext[Any, Any]
TIMEOUT_SECONDS = 30
GONE = Text(
    "服务现在连不上。请按人工流程继续：有险情先提醒，查不明就派人。",
    "The service cannot be reached now. Go on by hand: warn of danger first; where it cannot be made out, send somebody.",
)


class RefusedError(Exception):
    """A service that does not take the key. Its status stands in the message."""


async def embedded(service: Service, language: Language, lasting: bool, version: str) -> None:
    """Serve until the input ends, from a service of this process that is started.

    Args:
        language: Of answers, where the arguments do not say.
        lasting: What is logged outlives this process.
    """

    def asker(_: Any) -> Asker:
        return Asker(service, Who(new_id(), secrets.token_hex(16), ""), frozenset(SCOPES), language, lasting)

    await _serve(make_server(asker, version))


async def relayed(url: str, key: str | None, language: Language, connected: Callable[[], None]) -> None:
    """Hand everything on to the service at a URL, until the input ends.

    Args:
        key: An API key of that service.
        language: Of answers, where the arguments do not say.
        connected: Called once the service has answered.

    Raises:
        RefusedError: The service does not take the key.
        Exception: It does not answer, or not as it should; what comes is of the SDK or of HTTP.
    """
    headers = {"Accept-Language": language, **({"Authorization": f"Bearer {key}"} if key else {})}
    async with httpx2.AsyncClient(headers=headers, timeout=TIMEOUT_SECONDS) as http:
        await _try(http, url)
        async with Client(streamable_http_client(url, http_client=http)) as client:
            connected()
            await _serve(_relay(client, language))


async def _try(http: httpx2.AsyncClient, url: str) -> None:
    """See that the service answers at all; the SDK would not say why it does not."""
    ping = {"jsonrpc": "2.0", "id": 0, "method": "ping"}
    answer = await http.post(url, json=ping, headers={"Accept": "application/json, text/event-stream"})
    if answer.status_code in (401, 403):
        raise RefusedError(str(answer.status_code))
    answer.raise_for_status()


def _relay(client: Client, language: Language) -> Server[Any]:
    async def list_tools(_: Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return await client.list_tools()

    async def call_tool(_: Context, params: CallToolRequestParams) -> CallToolResult:
        try:
            return await client.call_tool(params.name, params.arguments)
        except MCPError:
            raise
        except Exception:  # noqa: BLE001 - however the connection broke, the model must know what to do
            return CallToolResult(content=[TextContent(text=GONE.get(language))], is_error=True)

    async def list_prompts(_: Context, __: PaginatedRequestParams | None) -> ListPromptsResult:
        return await client.list_prompts()

    async def get_prompt(_: Context, params: GetPromptRequestParams) -> GetPromptResult:
        return await client.get_prompt(params.name, params.arguments)

    told = client.server_info
    return Server(
        told.name if told else NAME,
        version=told.version if told else "",
        title=told.title if told else None,
        instructions=client.instructions,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_prompts=list_prompts,
        on_get_prompt=get_prompt,
    )


async def _serve(server: Server[Any]) -> None:
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
