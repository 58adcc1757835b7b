"""Every mistake an author can make, in the words we tell them, and the report that collects them.

One entry per code. `{parts}` are filled by whoever finds the mistake; the author's own text stands in backticks, and the
sentence ends with what to do. Finding mistakes is the business of others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from triage.errors import Problem, nearest
from triage.model import Place, Text

__all__ = ["SENTENCES", "Part", "Report", "clipped", "one_of"]

Part = str | int | float | Text | Place
"""What a sentence is filled with; a `Text` is put in the language of the sentence."""

SENTENCES: Mapping[str, Text] = {
    # the folder and its files
    "not-a-folder": Text(
        "`{path}` 不是文件夹；请给出知识库所在的文件夹", "`{path}` is not a folder; name the folder of a knowledge base"
    ),
    "no-files": Text("文件夹里没有 `.yaml` 知识文件", "the folder holds no `.yaml` knowledge files"),
    "wrong-ending": Text(
        "`{name}` 不会被读取；请把文件名的结尾改成 `.yaml`", "`{name}` would not be read; rename it to end in `.yaml`"
    ),
    "unreadable-file": Text("文件打不开：{reason}", "the file cannot be opened: {reason}"),
    "too-many-files": Text(
        "有 {count} 个知识文件，最多 {limit} 个；请合并一些文件",
        "{count} knowledge files, at most {limit} are read; join some of them",
    ),
    "file-too-large": Text(
        "文件太大，一个文件最多 {limit} 字节；请拆成几个文件",
        "the file is too large (at most {limit} bytes); split it into several",
    ),
    "base-too-large": Text(
        "读到这个文件时，整个知识库已超过上限（{limit}）；请删减",
        "with this file the base is larger than the limit ({limit}); make it smaller",
    ),
    # YAML
    "not-utf8": Text(
        "第 {byte} 个字节不是 UTF-8 编码；请用编辑器另存为 UTF-8（不是 GBK 或 ANSI）",
        "byte {byte} is not UTF-8; save the file as UTF-8 (not GBK or ANSI)",
    ),
    "strange-character": Text(
        "这里有看不见的字符 {character}；请删掉", "an invisible character {character} stands here; delete it"
    ),
    "empty-file": Text("文件是空的；请写入内容或删掉文件", "the file is empty; fill it or delete it"),
    "several-documents": Text(
        "这里的 `---` 开始了第二份文档；一个文件只能有一份，请拆成两个文件",
        "`---` starts a second document here; a file holds one, so split it into two files",
    ),
    "directive": Text(
        "不使用 `%` 开头的指令；请删掉这一行", "directives (`%` at the start of a line) are not used; delete the line"
    ),
    "syntax": Text("YAML 读不懂这里：{why}", "this cannot be read as YAML: {why}"),
    "duplicate-key": Text(
        "`{key}` 在这里写了两次，第一次在 {first}；请删掉一个", "`{key}` stands here twice, first at {first}; delete one of them"
    ),
    "key-not-a-word": Text(
        "冒号前面应该是一个词，这里却是{found}", "before the colon there must be one word, but {found} stands here"
    ),
    "tag": Text("不使用标签 `{tag}`；请删掉", "tags such as `{tag}` are not used; delete it"),
    "merge-key": Text("不使用合并键 `<<`；请把内容写出来", "merge keys (`<<`) are not used; write the entries out"),
    "unknown-anchor": Text(
        "`*{name}` 没有对应的 `&{name}`；`*` 开头的文字请加引号",
        "`*{name}` has no `&{name}` before it; put text that starts with `*` in quotes",
    ),
    "endless-alias": Text(
        "`*{name}` 引用了它自己所在的部分；请把内容写出来", "`*{name}` refers to a part it stands in; write the content out"
    ),
    "too-deep": Text("嵌套超过 {limit} 层；请写得平一些", "nested more than {limit} levels deep; write it flatter"),
    "too-many-nodes": Text(
        "内容（展开引用后）超过 {limit} 项；请拆成几个文件", "more than {limit} entries (aliases written out); split the file"
    ),
    # shapes
    "wrong-type": Text("这里应该是{expected}，现在是{found}", "expected {expected}, but {found} stands here"),
    "needs-quotes": Text(
        '这里应该是文字，而 YAML 会把 `{found}` 读成别的东西；请加引号：`"{found}"`',
        'expected text, but YAML does not read `{found}` as text; put it in quotes: `"{found}"`',
    ),
    "braces-need-quotes": Text(
        "这里应该是文字，而 YAML 把{found} 读成了别的东西；有花括号的文字请加引号",
        "expected text, but YAML reads {found} here; put text that holds braces in quotes",
    ),
    "comma-needs-quotes": Text(
        "逗号把文字断开了，剩下 `{rest}`；花括号里有英文逗号的文字请加引号",
        "a comma cuts the text off before `{rest}`; within braces, put text that holds a comma in quotes",
    ),
    "missing-key": Text("{what}缺少 `{key}`；请补上", "{what} has no `{key}`; add it"),
    "unknown-key": Text("{what}里没有 `{key}` 这一项{near}", "{what} has no entry called `{key}`{near}"),
    "fullwidth-colon": Text(
        "`{key}` 用了中文的“：”或“，”；请改成英文的冒号或逗号加一个空格",
        "`{key}` has a full-width `：` or `，`; write an ordinary colon or comma followed by a space",
    ),
    "missing-language": Text(
        "缺少 `{key}` 的文字；中文（zh）和英文（en）都要写", "no text for `{key}`; every text needs both `zh` and `en`"
    ),
    "blank": Text("这里的文字是空的；请写上", "the text here is blank; write it"),
    "too-few": Text("{what}太少；至少要有 {least} 项", "{what} has too few entries; at least {least} needed"),
    "repeated": Text("`{name}` 在这里写了两次；请删掉一个", "`{name}` is listed twice; delete one of them"),
    "malformed-id": Text(
        "`{id}` 不能做名字；名字以小写字母开头，只用小写字母、数字和 `{joint}`，最多 {longest} 个字符",
        "`{id}` cannot be an id: lower-case letters, digits and `{joint}` only, a letter first, at most {longest} characters",
    ),
    "reserved-id": Text(
        "`{id}` 是保留的词，不能做名字；请换一个", "`{id}` is a reserved word and cannot be an id; choose another"
    ),
    "not-one-of": Text("`{found}` 不在可选的词里（{choices}）{near}", "`{found}` is not one of {choices}{near}"),
    "out-of-range": Text(
        "`{found}` 超出范围；应在 {low} 到 {high} 之间", "`{found}` is out of range; it must be {low} to {high}"
    ),
    # names
    "base-missing": Text("没有一个文件有 `base` 部分；请写一个", "no file has a `base` section; write one"),
    "base-twice": Text("`base` 写了两次，第一次在 {first}；只能有一个", "`base` is written twice, first at {first}; keep one"),
    "duplicate-id": Text(
        "{what} `{id}` 已经有了，在 {first}；请换个名字或删掉一个",
        "{what} `{id}` exists already, at {first}; rename or delete one",
    ),
    "name-taken": Text(
        "`{id}` 已经是{other}的名字，在 {first}；事实、推断、字段和参数共用一套名字，请换一个",
        "`{id}` is already {other}, at {first}; facts, inferred facts, fields and parameters share their names; choose another",
    ),
    "unknown-fact": Text("没有叫 `{id}` 的事实{near}", "unknown fact `{id}`{near}"),
    "wrong-kind": Text("`{id}` 是{found}，这里只能写{expected}", "`{id}` is {found}; only {expected} may stand here"),
    "unknown-value": Text(
        "`{fact}: {value}` 不是 `{fact}` 的值（{values}）{near}", "`{fact}: {value}` is not a value of `{fact}` ({values}){near}"
    ),
    "unknown-not-allowed": Text(
        "这里不能用 `{fact}: unknown`；请写明具体的值", "`{fact}: unknown` may not stand here; name values that were told"
    ),
    "unknown-question": Text("没有叫 `{id}` 的问题{near}", "unknown question `{id}`{near}"),
    "unknown-system": Text(
        "没有叫 `{id}` 的系统（系统在 `base.systems` 里声明）{near}",
        "unknown system `{id}` (systems are declared in `base.systems`){near}",
    ),
    "unknown-instruction": Text(
        "没有叫 `{id}` 的指示（指示在 `instructions` 里声明）{near}",
        "unknown instruction `{id}` (they are declared in `instructions`){near}",
    ),
    "resolves-nothing": Text(
        "问题 `{id}` 不问这个组合里的任何事实；请写一个能澄清矛盾的问题",
        "the question `{id}` fills no fact of this combination; name one that can settle the contradiction",
    ),
    "section-twice": Text(
        "`{section}` 写了两次，第一次在 {first}；只能有一个", "`{section}` is written twice, first at {first}; keep one"
    ),
    "not-asked-of": Text(
        "`{fact}` 由系统 `{system}` 来告知，它的问题却不问这个系统；请写进那个问题的 `ask_of`",
        "`{fact}` is told by the system `{system}`, which its question does not ask; add it to `ask_of` of that question",
    ),
    "takes-no-numbers": Text(
        "`{fact}` 要能用数告知；请给这个事实写上 `number`", "`{fact}` must take numbers; give that fact a `number`"
    ),
    "unknown-population": Text(
        "没有叫 `{id}` 的来电人群（在 `populations` 里声明）{near}",
        "unknown population `{id}` (they are declared in `populations`){near}",
    ),
    "unknown-parameter": Text("没有叫 `{id}` 的参数{near}", "unknown parameter `{id}`{near}"),
    "unknown-name": Text("没有叫 `{id}` 的推断或字段{near}", "there is no inferred fact or field called `{id}`{near}"),
    # texts
    "unknown-placeholder": Text(
        "`{{{id}}}` 里的 `{id}` 没有声明过{near}", "the placeholder `{{{id}}}` names nothing declared{near}"
    ),
    "placeholder-not-here": Text(
        "`{{{id}}}` 不能写在这里的文字里；这里{allowed}", "the placeholder `{{{id}}}` may not stand in this text; {allowed}"
    ),
    "broken-braces": Text(
        "`{text}` 里的花括号不成对或里面不是一个名字；占位写成 `{{name}}`，普通括号用（）",
        "the braces in `{text}` do not enclose one name; a placeholder is written `{{name}}`, and other braces are not used",
    ),
    # conditions
    "empty-condition": Text("条件是空的；请写上至少一个事实", "the condition is empty; name at least one fact"),
    "never-holds": Text(
        "除去写出的值，`{fact}` 没有别的值了，条件永远不成立；请改掉",
        "no other value of `{fact}` is left, so this never holds; change it",
    ),
    "gate-cycle": Text(
        "`applies_when` 绕成了圈：{path}；请断开一处", "`applies_when` goes round in a circle: {path}; break it somewhere"
    ),
    "rule-cycle": Text(
        "推断绕成了圈：{path}；一个推断不能取决于它自己",
        "the rules go round in a circle: {path}; no inferred fact may depend on itself",
    ),
    # single sections
    "not-asked": Text(
        "没有问题来问 `{fact}`；请把它写进一个问题的 `fills`", "no question asks for `{fact}`; add it to the `fills` of one"
    ),
    "asked-twice": Text(
        "`{fact}` 已经由另一个问题来问，在 {first}；只能由一个问题来问",
        "`{fact}` is already filled by the question at {first}; keep one",
    ),
    "tick-missing": Text(
        "一个问题问几个事实时要写 `tick: {{ticked: …, others: …}}`",
        "a question that fills several facts needs `tick: {{ticked: …, others: …}}`",
    ),
    "tick-not-needed": Text("只问一个事实时不写 `tick`；请删掉", "a question that fills one fact has no `tick`; delete it"),
    "tick-same": Text(
        "勾选和不勾选都是 `{value}`；两个值要不同", "ticked and not ticked both mean `{value}`; the two must differ"
    ),
    "bad-ranges": Text("分段不对：{why}", "the ranges do not work: {why}"),
    "not-a-number": Text(
        "参数 `{id}` 的值 `{value}` 不是数字，而这里要用数字；请改参数",
        "the parameter `{id}` is `{value}`, but a number is needed here; correct the parameter",
    ),
    "weights-incomplete": Text("没有 `{value}` 的权重；每个值都要写", "there is no weight for `{value}`; every value needs one"),
    "weights-incomplete-given": Text(
        "`{fact}` 为 `{value}` 时没有权重；请补上，或写 `otherwise`",
        "no weights where `{fact}` is `{value}`; add them, or `otherwise`",
    ),
    "weights-given-itself": Text("`{fact}` 的权重不能取决于它自己", "the weights of `{fact}` cannot depend on `{fact}` itself"),
    "weights-chain": Text(
        "`{given}` 的权重也取决于别的事实；`given` 只能用权重不取决于别人的事实",
        "the weights of `{given}` depend on another fact themselves; `given` must name a fact whose weights do not",
    ),
    "moment-missing": Text(
        "`kind: script` 的话术要写 `moment`（{choices}）", "a message of `kind: script` needs a `moment` ({choices})"
    ),
    "moment-not-needed": Text(
        "只有 `kind: script` 的话术才写 `moment`；请删掉", "only messages of `kind: script` have a `moment`; delete it"
    ),
    "time-of-day-not-needed": Text(
        "只有 `kind: script` 的话术才写 `time_of_day`；请删掉",
        "only messages of `kind: script` have a `time_of_day`; delete it",
    ),
    "bad-phrase": Text(
        "`{phrase}` 不能用来查找：{why}；写法见 docs/knowledge-format.md",
        "`{phrase}` cannot be looked for: {why}; docs/knowledge-format.md says how phrases are written",
    ),
    "other-house-forbids": Text(
        "别家（`house: other`）的规则只能是建议；请删掉 `severity` 或写 `advice`",
        "a rule of another house (`house: other`) is advice only; delete `severity` or write `advice`",
    ),
    "bad-group": Text(
        "`{value}` 是一组值的名字，组里不能有 `{member}`：{why}",
        "`{value}` is a group and cannot have `{member}` as a member: {why}",
    ),
    # cases
    "unknown-rule": Text("没有叫 `{id}` 的规则{near}", "unknown rule `{id}`{near}"),
    "unknown-message": Text("没有叫 `{id}` 的话术{near}", "unknown message `{id}`{near}"),
    "unknown-field": Text("没有叫 `{id}` 的字段{near}", "unknown field `{id}`{near}"),
    "question-not-fact": Text(
        "`{id}` 是问题，不是事实；请写它问的 `{facts}`", "`{id}` is a question, not a fact; name what it asks for, `{facts}`"
    ),
    "beside-expect": Text(
        "`{key}` 不是推断；请和 `expect` 并列，不要写在里面", "`{key}` is no inferred fact; write it beside `expect`, not in it"
    ),
    "unknown-region": Text("没有参数为地区 `{id}` 写了值{near}", "no parameter has a value for the region `{id}`{near}"),
    "not-a-target": Text(
        "`{id}` 不是目标，没有候选值；请用 `if_ended_now`",
        "`{id}` is not a target and has no candidates; use `if_ended_now`",
    ),
    "not-settled-yet": Text(
        "`status: {status}` 时 `{id}` 还没有定下来；请用 `if_ended_now`",
        "with `status: {status}` there is no settled `{id}`; use `if_ended_now`",
    ),
    "beside-turns": Text(
        "有 `turns` 时 `{key}` 要写在其中一轮里；请移进去", "with `turns`, `{key}` belongs into one of them; move it there"
    ),
    "expects-nothing": Text(
        "用例 `{case}` 什么也没有检查；请写上 `expect`、`asks_next` 等",
        "the case `{case}` expects nothing; add `expect`, `asks_next` or the like",
    ),
}


@dataclass(slots=True)
class Report:
    """Collects mistakes; nobody stops at the first one."""

    problems: list[Problem] = field(default_factory=list)
    suggestions_left: int = 200
    """Looking for near names takes long; whoever makes more mistakes than this has other worries."""

    def add(self, code: str, place: Place | None, **parts: Part) -> None:
        """Note one mistake: `code` chooses the sentence, `parts` fill it."""
        sentence = SENTENCES[code]
        zh = sentence.zh.format_map({name: _put(part, "zh") for name, part in parts.items()})
        en = sentence.en.format_map({name: _put(part, "en") for name, part in parts.items()})
        self.problems.append(Problem(code, place, Text(zh, en)))

    def near(self, name: str, known: Iterable[str], *, sure: bool = False) -> Text:
        """`; did you mean …?` where something known is near, else nothing; `sure`: only what can hardly be anything else."""
        if self.suggestions_left <= 0:
            return Text("", "")
        self.suggestions_left -= 1
        found = nearest(name, known, sure=sure)
        return Text(f"；是不是想写 `{found}`？", f"; did you mean `{found}`?") if found else Text("", "")


def clipped(text: str, longest: int = 60) -> str:
    """The author's own text for a one-line message: shortened, and with nothing a terminal would act on."""
    if len(text) <= longest and text.isprintable():
        return text
    shown = "".join(c if c.isprintable() else " " if c in "\n\t" else f"\\u{ord(c):04x}" for c in text[: longest + 1])
    return shown if len(text) <= longest else shown[: longest - 1] + "…"


def one_of(names: Iterable[str], most: int = 12) -> str:
    """A short list of names for a message."""
    shown = list(names)
    return ", ".join(shown[:most]) + (", …" if len(shown) > most else "")


def _put(part: Part, language: str) -> str:
    if isinstance(part, Text):
        return part.zh if language == "zh" else part.en
    return clipped(part, 200) if isinstance(part, str) else str(part)
