"""Everything that can go wrong with a request, as RFC 9457 problems: what, where (JSON pointers), what to do.

One catalogue: a problem's `type` is the path of its page, `/problems/<code>`, on this host.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from triage.errors import InputError
from triage.model import Language, Text

__all__ = ["KINDS", "MEDIA_TYPE", "MOST_FAULTS", "Fault", "Gathering", "Kind", "ProblemError", "from_input", "rendered"]

MEDIA_TYPE = "application/problem+json"
MOST_FAULTS = 20
"""Mistakes that are told at once."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: its HTTP status, its title, and what to do about it."""

    status: int
    title: Text
    advice: Text


KINDS: Mapping[str, Kind] = {
    "invalid-input": Kind(
        422,
        Text("请求内容有误", "The request's content is not accepted"),
        Text(
            "`errors` 逐条说明：`pointer` 是位置，`accepted` 是可用的值，`nearest` 是可能想写的值。改正后重发。",
            "Each entry of `errors` says where (`pointer`), what would be accepted, and what was probably meant. Mend it and "
            "send it again.",
        ),
    ),
    "not-json": Kind(
        400,
        Text("请求体不是可用的 JSON", "The body is not usable JSON"),
        Text(
            "请发送 UTF-8 编码的 JSON 对象：没有重复的键，没有 NaN 或 Infinity，嵌套不要太深。",
            "Send a JSON object in UTF-8: no repeated keys, no NaN or Infinity, not nested too deeply.",
        ),
    ),
    "not-json-content": Kind(
        415,
        Text("请求体的类型不对", "The body's content type is not supported"),
        Text("请以 `Content-Type: application/json` 发送。", "Send it with `Content-Type: application/json`."),
    ),
    "too-large": Kind(
        413,
        Text("请求体太大", "The body is too large"),
        Text(
            "`detail` 说明上限。批量请拆成几次；单独一通电话用不到这么多，请检查多发了什么。",
            "`detail` says how large it may be. Send a batch in several requests; a single call never needs so much: see what "
            "else was sent.",
        ),
    ),
    "headers-too-large": Kind(
        431,
        Text("请求头太大", "The headers are too large"),
        Text("请减少请求头；要说的内容放在请求体里。", "Send fewer and shorter headers; what is to be told goes into the body."),
    ),
    "key-needed": Kind(
        401,
        Text("需要 API 密钥", "An API key is needed"),
        Text(
            "请带上 `Authorization: Bearer <密钥>`；密钥由管理员用 `triage keys create` 创建。",
            "Send `Authorization: Bearer <key>`; keys are made by an administrator with `triage keys create`.",
        ),
    ),
    "scope-needed": Kind(
        403,
        Text("密钥没有这项权限", "The key lacks the scope for this"),
        Text(
            "请向管理员要一把带有 `detail` 所说权限的密钥。", "Ask an administrator for a key with the scope named in `detail`."
        ),
    ),
    "local-only": Kind(
        403,
        Text("没有密钥时只接受本机请求", "Without keys only requests from this machine are answered"),
        Text(
            "请以 localhost 或 127.0.0.1 访问，或用 `triage keys create` 创建密钥。",
            "Use localhost or 127.0.0.1 as the host, or make a key with `triage keys create`.",
        ),
    ),
    "page-refused": Kind(
        403,
        Text("不接受网页发来的请求", "Requests from web pages are not answered here"),
        Text(
            "请从程序里调用（不带 `Origin`），或在本机打开页面。",
            "Call from a program (without `Origin`), or from a page on this machine.",
        ),
    ),
    "not-found": Kind(
        404,
        Text("没有找到", "There is no such thing"),
        Text("请核对地址和编号；所有接口见 `/docs`。", "Check the path and the id; `/docs` shows everything there is."),
    ),
    "method-not-allowed": Kind(
        405,
        Text("这个地址不支持这种方法", "This path does not take that method"),
        Text("`Allow` 头列出可用的方法。", "The header `Allow` lists the methods it takes."),
    ),
    "call-closed": Kind(
        409,
        Text("通话已结束", "The call is closed"),
        Text(
            "已结束的通话不再改动；请新开一通，用同一个 `caller_ref` 关联。",
            "A closed call is not changed any more; open another one with the same `caller_ref`.",
        ),
    ),
    "knowledge-gone": Kind(
        409,
        Text("通话所用的知识库没有载入", "The knowledge base of the call is not loaded"),
        Text("请管理员载入该知识库，或新开一通。", "Have an administrator load that base, or open another call."),
    ),
    "knowledge-refused": Kind(
        422,
        Text("这个版本不能用", "The version cannot be used"),
        Text(
            "`errors` 逐条说明：`pointer` 是文件、行、列，`code` 是问题的种类。改正后再传；`triage check` 在本机给出同样的结果。",
            "Each entry of `errors` says where (file, line, column) and what kind of finding it is. Mend the files and send them "
            "again; `triage check` finds the same on your machine.",
        ),
    ),
    "versions-changed": Kind(
        412,
        Text("知识库的版本在那之后有过变动", "The versions of the base were changed since"),
        Text(
            "请重新读取 `/v1/knowledge/{base}/versions`，看清之后用新的 `ETag` 再来。",
            "Read `/v1/knowledge/{base}/versions` again, look at what changed, and send it with the new `ETag`.",
        ),
    ),
    "several-versions": Kind(
        409,
        Text("有几个版本同名", "Several versions have that name"),
        Text(
            "请用 `detail` 里的摘要（至少 8 位）指名要哪一个。",
            "Name the one that is meant by its digest, or the first 8 digits or more of it; `detail` lists them.",
        ),
    ),
    "no-previous": Kind(
        409,
        Text("没有可以退回的版本", "There is no version to go back to"),
        Text(
            "`/v1/knowledge/{base}/versions` 列出全部版本；启用其中一个即可。",
            "`/v1/knowledge/{base}/versions` lists all versions; activate one of them.",
        ),
    ),
    "nothing-checks-it": Kind(
        409,
        Text("没有用来回访这种来电的知识库", "No base checks calls of this kind"),
        Text(
            "请管理员载入回访用的知识库（如 `restoration`），或者新开一通。",
            "Have an administrator load a base that does (such as `restoration`), or open another call.",
        ),
    ),
    "not-decided": Kind(
        409,
        Text("还没有结论", "There is no decision yet"),
        Text(
            "请先回答 `question`，或结束通话；之后才有工作单。",
            "Answer `question` first, or close the call; then there is a work order.",
        ),
    ),
    "in-progress": Kind(
        409,
        Text("同一个请求正在处理", "The same request is being worked on"),
        Text("请稍候再用同一个 `Idempotency-Key` 重试。", "Wait a moment and try again with the same `Idempotency-Key`."),
    ),
    "key-reused": Kind(
        422,
        Text("`Idempotency-Key` 已用于另一个请求", "The `Idempotency-Key` was used for another request"),
        Text(
            "每个新请求请用新的 `Idempotency-Key`；重试时请求内容必须一样。",
            "Use a new `Idempotency-Key` for every new request; a retry must be the same to the byte.",
        ),
    ),
    "changed-meanwhile": Kind(
        412,
        Text("通话在那之后有过改动", "The call was changed since"),
        Text(
            "请重新读取通话，看清改动，再用新的 `ETag` 提交。什么也没有合并。",
            "Read the call again, look at what changed, and send it with the new `ETag`. Nothing was merged.",
        ),
    ),
    "if-match-needed": Kind(
        428,
        Text("需要 `If-Match`", "`If-Match` is needed"),
        Text('请带上最近一次读到的 `ETag`：`If-Match: "3"`。', 'Send the `ETag` you last read: `If-Match: "3"`.'),
    ),
    "too-many-requests": Kind(
        429,
        Text("请求太密", "Too many requests"),
        Text("请按 `Retry-After` 等待。", "Wait as long as `Retry-After` says."),
    ),
    "too-complex": Kind(
        422,
        Text("规则库太大，无法精确回答", "The base is too large for an exact answer"),
        Text("请多给一些事实，或改用 `/v1/triage`。", "Tell more facts, or use `/v1/triage`."),
    ),
    "database-gone": Kind(
        503,
        Text("数据库暂时不可用", "The database cannot be reached at the moment"),
        Text(
            "请按 `Retry-After` 重试；`/v1/triage` 不受影响。",
            "Try again after `Retry-After`; `/v1/triage` goes on answering.",
        ),
    ),
    "overloaded": Kind(
        503,
        Text("服务繁忙", "The service is too busy"),
        Text("请按 `Retry-After` 重试。", "Try again after `Retry-After`."),
    ),
    "internal": Kind(
        500,
        Text("服务自身出错", "The service itself failed"),
        Text(
            "请把 `X-Request-Id` 告诉管理员；日志里有同样的编号。",
            "Tell an administrator the `X-Request-Id`; the log has the same id.",
        ),
    ),
    "bad-request": Kind(
        400,
        Text("请求有误", "The request cannot be understood"),
        Text("请对照 `/docs` 检查请求。", "Compare the request with `/docs`."),
    ),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a request.

    Attributes:
        pointer: JSON pointer into the body, or `header:<name>`, `query:<name>`.
        accepted: What would be accepted there; empty where that is not a list.
        nearest: The accepted entry that was probably meant, or None.
    """

    code: str
    pointer: str
    detail: Text
    accepted: tuple[str, ...] = ()
    nearest: str | None = None


class ProblemError(Exception):
    """A request that cannot be served, to be told as a problem.

    Attributes:
        code: A key of `KINDS`.
        detail: What is wrong this time; None where the title says it all.
        headers: Headers the answer needs, such as `Retry-After`.
    """

    def __init__(
        self,
        code: str,
        detail: Text | None = None,
        faults: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.faults = tuple(faults)
        self.headers = dict(headers or {})

    @property
    def status(self) -> int:
        """The HTTP status."""
        return KINDS[self.code].status


class Gathering:
    """Gathers what is wrong with a request while the rest of it is looked at: `with gathering: …`, then `tell`."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}

    def __enter__(self) -> None:
        """What is done within may find something wrong."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        problem = from_input(error) if isinstance(error, InputError) else error
        if not isinstance(problem, ProblemError) or problem.code != "invalid-input":
            return False
        for fault in problem.faults:
            self._faults.setdefault(fault.pointer, fault)
        return True

    @property
    def any(self) -> bool:
        """Whether anything was wrong."""
        return bool(self._faults)

    def tell(self) -> None:
        """Raise what was found.

        Raises:
            ProblemError: Something was.
        """
        if self.any:
            raise self.problem()

    def problem(self) -> ProblemError:
        """All of it; something was found."""
        faults = list(self._faults.values())[:MOST_FAULTS]
        return ProblemError("invalid-input", faults[0].detail, faults)


def from_input(error: InputError, before: str = "", inside: str = "") -> ProblemError:
    """What the expert system found wrong with its input, as a problem.

    Args:
        before: Pointer of the part of the body that was its input; empty for the whole.
        inside: Pointer, within the input, of what that part was made.
    """
    faults = [
        Fault(found.code, before + found.path.removeprefix(inside), found.text, found.accepted, found.nearest)
        for found in (error, *error.also)
    ]
    return ProblemError("invalid-input", error.text, faults)


def rendered(error: ProblemError, language: Language, request_id: str) -> bytes:
    """The body of a problem."""
    kind = KINDS[error.code]
    body: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "title": kind.title.get(language),
        "status": kind.status,
        "code": error.code,
        "detail": (error.detail or kind.title).get(language),
        "advice": kind.advice.get(language),
        "instance": f"urn:request:{request_id}",
        "errors": [_plain(fault, language) for fault in error.faults],
    }
    return orjson.dumps(body)


def _plain(fault: Fault, language: Language) -> dict[str, Any]:
    return {
        "code": fault.code,
        "pointer": fault.pointer,
        "detail": fault.detail.get(language),
        "accepted": list(fault.accepted),
        "nearest": fault.nearest,
    }
