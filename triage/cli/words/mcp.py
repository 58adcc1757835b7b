"""What `triage mcp` says."""

from __future__ import annotations

from triage.model import Text

__all__ = ["WORDS"]

WORDS: dict[str, Text] = {
    "help-mcp": Text(
        "通过标准输入输出提供给大语言模型用的工具（MCP）。由宿主程序启动；triage serve 在 /mcp 提供同样的工具。"
        "不给 --data 或 --database 时，什么都不保存。",
        "Tools for language models (MCP) over standard input and output. Started by a host program; triage serve offers the same "
        "tools at /mcp. Without --data or --database nothing is kept.",
    ),
    "help-mcp-more": Text(
        "例：triage mcp · triage mcp power desk --data triage-data · TRIAGE_KEY=tk_… triage mcp --url https://triage.example",
        "Examples: triage mcp · triage mcp power desk --data triage-data · "
        "TRIAGE_KEY=tk_… triage mcp --url https://triage.example",
    ),
    "help-mcp-base": Text(
        "知识库的文件夹，或随软件附带的知识库的名字；第一个是默认用的。不给则用 power。",
        "Folders of bases, or names of shipped ones; the first is used where none is named. Otherwise power.",
    ),
    "help-mcp-url": Text(
        "不在本进程里判断，转给这个地址的服务；密钥放在环境变量 TRIAGE_KEY 里。",
        "Decide nothing here: hand everything on to the service at this address; its key stands in the environment variable "
        "TRIAGE_KEY.",
    ),
    "help-mcp-data": Text(
        "保存判断日志和结果的文件夹；可以和 triage serve 共用。",
        "Folder in which decisions and outcomes are kept; triage serve may use the same one.",
    ),
    "mcp-waiting": Text(
        "在等 MCP 客户端从标准输入发来消息；这个命令由宿主程序启动，不是给人用的。按 Ctrl-C 结束。",
        "Waiting for an MCP client on standard input: a host program starts this, it is not for people. Ctrl-C ends it.",
    ),
    "mcp-url": Text("看不懂地址 `{url}`；例如 http://127.0.0.1:8000", "`{url}` is no address; such as http://127.0.0.1:8000"),
    "mcp-url-alone": Text(
        "给了 --url 就由那边的服务判断；不能再给 BASE、--data 或 --database。",
        "With --url that service decides: BASE, --data and --database do not go with it.",
    ),
    "mcp-refused": Text(
        "{url} 不接受密钥。请把有效的密钥放在环境变量 {variable} 里（由管理员用 triage keys create 创建）。",
        "{url} does not accept the key. Put a valid one into the environment variable {variable} (an administrator makes it with "
        "triage keys create).",
    ),
    "mcp-not-reached": Text("连不上 {url}：{why}", "{url} cannot be reached: {why}"),
}
